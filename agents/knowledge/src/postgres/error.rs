//! How Postgres fails: when it is connected to, and later.

use std::error::Error as StdError;
use std::time::Duration;

use deadpool_postgres::PoolError;
use galley_schemas::fault::Fault;
use tokio_postgres::error::SqlState;

type BoxError = Box<dyn StdError + Send + Sync>;

/// Why there is no memory on Postgres. No variant shows the address: it may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The configuration cannot be used: a file that cannot be read, an address that is none.
    #[error("the configuration of Postgres cannot be used: {what}")]
    Config {
        /// What cannot be used.
        what: String,
        /// Why, unless that would show the address.
        #[source]
        cause: Option<BoxError>,
    },
    /// Nobody answers there.
    #[error("no Postgres server answers at {host}")]
    Unreachable {
        /// Where it was looked for.
        host: String,
        /// Why.
        #[source]
        cause: BoxError,
    },
    /// The server does not let this user in, or not do what is needed.
    #[error("the Postgres server at {host} refuses what is needed")]
    Denied {
        /// The server.
        host: String,
        /// Why.
        #[source]
        cause: BoxError,
    },
    /// No encrypted connection came about.
    #[error("no encrypted connection to {host} came about")]
    Tls {
        /// The server.
        host: String,
        /// Why.
        #[source]
        cause: BoxError,
    },
    /// The server has no pgvector.
    #[error("the Postgres server at {host} has no pgvector that can be used")]
    NoVectors {
        /// The server.
        host: String,
        /// Why.
        #[source]
        cause: BoxError,
    },
    /// A later Galley made the tables.
    #[error("the memory at {host} has tables of version {found}; this Galley knows {known}")]
    TooNew {
        /// The server.
        host: String,
        /// The tables' version.
        found: i32,
        /// The newest version that is known here.
        known: i32,
    },
}

impl ConnectError {
    /// As it is reported at borders.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let (code, hint) = match self {
            Self::Config { .. } => (
                "GLY0280",
                "name postgres://user:password@host:5432/database in `knowledge.postgres.url_file`",
            ),
            Self::Unreachable { .. } => {
                ("GLY0281", "start the server, or correct its address in `knowledge.postgres`")
            }
            Self::Denied { .. } => {
                ("GLY0282", "the server's words say why: user, password, database or a right")
            }
            Self::Tls { .. } => (
                "GLY0283",
                "name who signed the server's certificate in `knowledge.postgres.ca_file`",
            ),
            Self::NoVectors { .. } => {
                ("GLY0284", "install pgvector; its owner runs CREATE EXTENSION vector once")
            }
            Self::TooNew { .. } => ("GLY0285", "update this Galley, or name another database"),
        };
        let mut fault = Fault::permanent(code, self.to_string()).hint(hint);
        fault.retryable = matches!(self, Self::Unreachable { .. });
        match self.source() {
            Some(cause) => fault.because(cause),
            None => fault,
        }
    }

    /// What a failure at connecting means.
    pub(super) fn of(host: &str, error: LinkError) -> Self {
        let (host, cause) = (host.to_owned(), Box::new(error));
        match cause.reason() {
            Reason::Passing => Self::Unreachable { host, cause },
            Reason::Encryption => Self::Tls { host, cause },
            Reason::Refused => Self::Denied { host, cause },
        }
    }
}

/// Why a transaction did not happen.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    /// There is no connection.
    #[error("no connection to Postgres")]
    Connection(#[source] tokio_postgres::Error),
    /// No connection was free, or none was made, in time.
    #[error("no connection to Postgres in time")]
    Pool(#[source] PoolError),
    /// The server said no, or the connection was lost on the way.
    #[error("Postgres did not do it")]
    Query(#[source] tokio_postgres::Error),
    /// No answer.
    #[error("no answer from Postgres within {0:?}")]
    Slow(Duration),
}

/// What a failure means for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// It may pass: a server that is away, that restarts, or that stopped one of two in each other's way.
    Passing,
    /// The encryption.
    Encryption,
    /// It will be the same the next time.
    Refused,
}

impl From<PoolError> for LinkError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => Self::Connection(error),
            other @ (PoolError::Timeout(_)
            | PoolError::Closed
            | PoolError::NoRuntimeSpecified
            | PoolError::PostCreateHook(_)) => Self::Pool(other),
        }
    }
}

impl LinkError {
    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::Slow(_) | Self::Pool(_) => Reason::Passing,
            Self::Connection(error) | Self::Query(error) => judge(error),
        }
    }

    /// Whether the connection broke, or the server undid it for another's sake: then it is done again at
    /// once. What takes too long is not.
    pub(super) fn is_worth_repeating(&self) -> bool {
        let Self::Query(error) = self else { return false };
        self.reason() == Reason::Passing && error.code() != Some(&SqlState::QUERY_CANCELED)
    }
}

fn judge(error: &tokio_postgres::Error) -> Reason {
    if let Some(state) = error.code() {
        return if is_passing(state) { Reason::Passing } else { Reason::Refused };
    }
    // The client keeps its kinds of errors to itself; this one's cause may be a mere text.
    let handshake = error.to_string().starts_with("error performing TLS handshake");
    if handshake || causes(error).any(is_encryption) {
        return Reason::Encryption;
    }
    let lost = error.is_closed() || causes(error).any(|cause| cause.is::<std::io::Error>());
    if lost { Reason::Passing } else { Reason::Refused }
}

/// States that pass by themselves: class 08 is a connection's, 53 a lack of resources, 57P0x a server that
/// starts or ends; a transaction that was sacrificed can be done again.
fn is_passing(state: &SqlState) -> bool {
    let class = state.code().get(..2).unwrap_or_default();
    let sacrificed = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::QUERY_CANCELED,
        SqlState::LOCK_NOT_AVAILABLE,
    ];
    matches!(class, "08" | "53") || state.code().starts_with("57P0") || sacrificed.contains(state)
}

fn is_encryption(cause: &(dyn StdError + 'static)) -> bool {
    let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    cause.is::<rustls::Error>() || inner.is_some_and(|inner| inner.is::<rustls::Error>())
}

fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn StdError + 'static) = *error;
        error.source()
    })
}
