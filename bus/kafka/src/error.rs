//! How Kafka fails.

use std::path::PathBuf;

use galley_bus_core::Unreachable;
use galley_schemas::fault::Fault;
use rdkafka::error::KafkaError;

/// Why something with Kafka did not work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// TLS or SASL is configured, and this program was built without it.
    #[error("this program was built without TLS for Kafka")]
    WithoutTls,
    /// A file that the configuration names cannot be read.
    #[error("{} cannot be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The configuration makes no sense to the client.
    #[error("the configuration for Kafka cannot be used")]
    Config(#[source] Box<KafkaError>),
    /// No broker answered in time, or it closed the connection.
    #[error("Kafka at {brokers} does not answer{}", said(last))]
    Silent {
        /// The brokers that were asked.
        brokers: String,
        /// What the client said last about it; may be empty.
        last: String,
        /// Why.
        #[source]
        cause: Box<KafkaError>,
    },
    /// The topic is not there.
    #[error("there is no topic {topic}")]
    NoTopic {
        /// The topic.
        topic: String,
    },
    /// The broker refused.
    #[error("Kafka refuses to {what}")]
    Refused {
        /// What was tried.
        what: String,
        /// Why.
        #[source]
        cause: Box<KafkaError>,
    },
    /// The thread that polls has ended.
    #[error("reading from Kafka has ended")]
    Ended,
}

fn said(last: &str) -> String {
    if last.is_empty() { String::new() } else { format!(" ({last})") }
}

impl Error {
    /// The failure as a person meets it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let (code, hint, passes) = match self {
            Self::WithoutTls => {
                ("GLY0250", "build it with --features kafka, or use plain connections", false)
            }
            Self::File { .. } | Self::Config(_) => {
                ("GLY0251", "mend the section `kafka` of the configuration", false)
            }
            Self::Silent { .. } | Self::Ended => {
                ("GLY0252", "check the address, the network, and user and password", true)
            }
            Self::NoTopic { .. } => ("GLY0253", "make it with `galley bus init`", true),
            Self::Refused { .. } => {
                ("GLY0254", "check the rights of this user on the topic", false)
            }
        };
        let mut fault = Fault::permanent(code, self.to_string()).hint(hint);
        fault.retryable = passes;
        match std::error::Error::source(self) {
            Some(cause) => fault.because(cause),
            None => fault,
        }
    }

    /// The client takes no such configuration.
    pub(crate) fn config(cause: KafkaError) -> Self {
        Self::Config(Box::new(cause))
    }

    /// As every port reports it.
    pub(crate) fn unreachable(self, what: impl Into<String>) -> Unreachable {
        Unreachable { what: what.into(), cause: Box::new(self) }
    }
}
