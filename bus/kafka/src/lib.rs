//! The feedback topic on Apache Kafka: written by the relay, read by learners.
//!
//! ```text
//!   KafkaTopic   deliver parcels: idempotent, all acknowledgements, nothing kept in memory after
//!   KafkaSource  read in a group: own thread for polling, positions from whoever keeps them
//!   admin        make the topic: what differs, then the change
//! ```
//!
//! The feature `client` compiles librdkafka in, which needs make; without it there is only the
//! configuration, so that whoever names Kafka can be told. TLS and SASL need the feature `tls`, which
//! links the system's OpenSSL. This crate alone names
//! rdkafka; it must never know what a fact says.

#[cfg(feature = "client")]
pub mod admin;
#[cfg(feature = "client")]
mod client;
mod config;
#[cfg(feature = "client")]
mod error;
#[cfg(feature = "client")]
mod source;
#[cfg(feature = "client")]
mod topic;

pub use config::{Config, Mechanism, Sasl, Tls};
#[cfg(feature = "client")]
pub use error::Error;
#[cfg(feature = "client")]
pub use source::KafkaSource;
#[cfg(feature = "client")]
pub use topic::KafkaTopic;
