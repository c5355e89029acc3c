//! Every port of the bus on NATS JetStream.
