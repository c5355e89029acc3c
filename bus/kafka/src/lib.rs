//! The feedback topic on Apache Kafka: written by the relay, read by learners.
//!
//! ```text
//!   KafkaTopic   deliver parcels: idempotent, all acknowledgements, nothing kept in memory after
//!   KafkaSource  read in a group: own thread for polling, positions from whoever keeps them
//!   admin        make the topic: what differs, then the change
//! ```
//!
//! TLS and SASL need the feature `tls`, which links the system's OpenSSL. This crate alone names
//! rdkafka; it must never know what a fact says.

pub mod admin;
mod client;
mod config;
mod error;
mod source;
mod topic;

pub use config::{Config, Mechanism, Sasl, Tls};
pub use error::Error;
pub use source::KafkaSource;
pub use topic::KafkaTopic;
