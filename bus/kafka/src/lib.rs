//! The feedback topic on Apache Kafka.
