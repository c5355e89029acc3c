//! What can be set.

use std::path::PathBuf;

use galley_schemas::subject::FEEDBACK_TOPIC;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Kafka, for feedback. Without brokers, learning reads the log itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The brokers to begin with, as `host:port` with commas between; empty for no Kafka.
    pub brokers: String,
    /// The topic.
    pub topic: String,
    /// The consumer group of learners; each partition is read by one of its members.
    pub group: String,
    /// A name that this process keeps over restarts, as that of a StatefulSet's pod: then its
    /// partitions wait for it for a while instead of moving. Empty for none.
    pub instance: String,
    /// How long a delivery may take before it counts as failed and is tried again, in seconds.
    pub deliver_secs: u32,
    /// How long a member of the group may be silent before its partitions go to others, in seconds.
    pub session_secs: u32,
    /// For making the topic: into how many partitions it is cut. Never changed later, because a
    /// goal's facts must stay in one partition.
    pub partitions: u16,
    /// For making the topic: how many brokers keep each partition; 0 for 3, or as many as there are.
    pub replication: u16,
    /// For making the topic: how many of them must have a fact before it counts as delivered; 0 for
    /// one less than keep it, so that one may be down, but at least 1.
    pub in_sync_min: u16,
    /// For making the topic: how long facts are kept, in days.
    pub retention_days: u32,
    /// Encryption; none for plain connections.
    pub tls: Option<Tls>,
    /// Who this process is; none for nobody in particular.
    pub sasl: Option<Sasl>,
}

/// Encryption of the connections.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// The authority that signed the brokers' certificates, a PEM file; none for the system's.
    pub ca_file: Option<PathBuf>,
    /// This process's certificate, a PEM file, when brokers ask for one.
    pub certificate_file: Option<PathBuf>,
    /// Its private key, a PEM file.
    pub key_file: Option<PathBuf>,
}

/// A name and a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sasl {
    /// The user.
    pub user: String,
    /// A file that holds the password, read whenever a connection is set up anew.
    pub password_file: PathBuf,
    /// How the password is proven.
    #[serde(default)]
    pub mechanism: Mechanism,
}

/// How a password is proven.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Mechanism {
    /// Salted challenge and response, RFC 5802 with SHA-512.
    #[default]
    #[serde(rename = "scram-sha-512")]
    ScramSha512,
    /// The same with SHA-256.
    #[serde(rename = "scram-sha-256")]
    ScramSha256,
    /// As it is; only over TLS.
    #[serde(rename = "plain")]
    Plain,
}

#[cfg(feature = "client")]
impl Mechanism {
    /// As Kafka calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::Plain => "PLAIN",
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            brokers: String::new(),
            topic: FEEDBACK_TOPIC.to_owned(),
            group: "galley-learner".to_owned(),
            instance: String::new(),
            deliver_secs: 30,
            session_secs: 12,
            partitions: 6,
            replication: 0,
            in_sync_min: 0,
            retention_days: 90,
            tls: None,
            sasl: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mechanisms_are_written_as_people_know_them() {
        for mechanism in [Mechanism::ScramSha512, Mechanism::ScramSha256, Mechanism::Plain] {
            let text = serde_json::to_value(mechanism).unwrap();
            assert_eq!(text.as_str().unwrap().to_uppercase(), mechanism.name());
        }
    }
}
