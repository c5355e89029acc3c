//! How NATS fails: when it is connected to, and later.

use std::time::Duration;

use galley_bus_core::{BoxError, Unreachable};
use galley_schemas::fault::Fault;

/// Why there is no connection that Galley can work with.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The configuration cannot be used: a file that cannot be read, an address that is none.
    #[error("the configuration of NATS cannot be used: {what}")]
    Config {
        /// What cannot be used.
        what: String,
        /// Why.
        #[source]
        cause: BoxError,
    },
    /// Nobody answers there.
    #[error("no NATS server answers at {servers}")]
    Unreachable {
        /// Where it was looked for.
        servers: String,
        /// Why.
        #[source]
        cause: BoxError,
    },
    /// The server does not let this user in.
    #[error("the NATS server at {servers} refused the credentials")]
    Denied {
        /// The server.
        servers: String,
        /// Why.
        #[source]
        cause: BoxError,
    },
    /// No encrypted connection came about.
    #[error("no encrypted connection to {servers} came about")]
    Tls {
        /// The server.
        servers: String,
        /// Why.
        #[source]
        cause: BoxError,
    },
    /// Too old.
    #[error("the NATS server has version {found}; Galley needs {least} or newer")]
    TooOld {
        /// Its version.
        found: String,
        /// The oldest that will do.
        least: &'static str,
    },
    /// The server or the account has no JetStream.
    #[error("JetStream is not enabled: {why}")]
    NoJetStream {
        /// Where it is missing.
        why: String,
    },
    /// Less durable than demanded.
    #[error("the NATS server is not as durable as demanded: {why}")]
    NotDurable {
        /// What is missing.
        why: String,
    },
    /// It stopped answering while it was looked at.
    #[error("the NATS server could not be looked at")]
    Broken(#[source] NatsError),
}

impl ConnectError {
    /// The failure as a person meets it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let (code, hint) = match self {
            Self::Config { .. } => ("GLY0220", "correct the setting, or the file that it names"),
            Self::Unreachable { .. } => {
                ("GLY0221", "start the server, or name its address in `nats.servers`")
            }
            Self::Denied { .. } => (
                "GLY0222",
                "name the right credentials in `nats.credentials_file` or `nats.nkey_file`",
            ),
            Self::Tls { .. } => {
                ("GLY0223", "name who signed the server's certificate in `nats.tls.ca_file`")
            }
            Self::TooOld { .. } => ("GLY0224", "update the server; 2.14 brought message schedules"),
            Self::NoJetStream { .. } => {
                ("GLY0225", "start the server with `--jetstream`, or enable it for the account")
            }
            Self::NotDurable { .. } => (
                "GLY0226",
                "set `jetstream { sync_interval: always }`, or do without strict durability",
            ),
            Self::Broken(cause) => return cause.fault(),
        };
        let mut fault = Fault::permanent(code, self.to_string()).hint(hint);
        fault.retryable = matches!(self, Self::Unreachable { .. });
        match std::error::Error::source(self) {
            Some(cause) => fault.because(cause),
            None => fault,
        }
    }
}

/// Why NATS did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum NatsError {
    /// No answer: the server is gone, or the connection to it. It may have done what was asked.
    #[error("no answer from the NATS server within {0:?}")]
    Timeout(Duration),
    /// Nobody listens where this is asked: what is asked of does not exist, or has no leader now.
    #[error("{what} is not there: run `galley bus init`")]
    NotThere {
        /// What is asked of.
        what: String,
    },
    /// The server said no.
    #[error("the NATS server refused: {description} ({code})")]
    Refused {
        /// JetStream's own code.
        code: u64,
        /// Its words.
        description: String,
    },
    /// More bytes than the server takes.
    #[error("{bytes} bytes are more than the NATS server takes")]
    TooLarge {
        /// How many.
        bytes: usize,
    },
    /// The answer makes no sense.
    #[error("the answer of the NATS server cannot be read")]
    Unreadable(#[source] BoxError),
    /// What is there has other settings than Galley can work with, and they cannot be changed.
    #[error("{what} cannot be used as it is: {why}")]
    Unfit {
        /// What is there.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The connection is closed.
    #[error("the connection to NATS is closed")]
    Closed(#[source] BoxError),
}

impl NatsError {
    /// The failure as a person meets it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let (code, hint) = match self {
            Self::Timeout(_) => ("GLY0230", "see whether the server runs; it is tried again"),
            Self::NotThere { .. } => ("GLY0231", "run `galley bus init` once for this server"),
            Self::Refused { .. } => ("GLY0232", "the server's words say why; see also its log"),
            Self::TooLarge { .. } => ("GLY0233", "set `max_payload: 2MB` in the server's settings"),
            Self::Unreadable(_) => ("GLY0234", "see that client and server are of one line"),
            Self::Unfit { .. } => ("GLY0235", "change or remove it by hand; it may hold messages"),
            Self::Closed(_) => ("GLY0236", "start again"),
        };
        let mut fault = Fault::permanent(code, self.to_string()).hint(hint);
        fault.retryable = matches!(self, Self::Timeout(_) | Self::NotThere { .. });
        match std::error::Error::source(self) {
            Some(cause) => fault.because(cause),
            None => fault,
        }
    }

    /// As every port reports it.
    pub(crate) fn unreachable(self, what: impl Into<String>) -> Unreachable {
        Unreachable { what: what.into(), cause: Box::new(self) }
    }

    /// JetStream's own code, when it refused.
    pub(crate) fn refusal(&self) -> Option<u64> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            Self::Timeout(_)
            | Self::NotThere { .. }
            | Self::TooLarge { .. }
            | Self::Unreadable(_)
            | Self::Unfit { .. }
            | Self::Closed(_) => None,
        }
    }
}
