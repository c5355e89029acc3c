//! Why nothing was found: each variant is something else to do.

use std::path::PathBuf;
use std::time::Duration;

use galley_schemas::fault::Fault;

/// Any error from below.
pub(super) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why an engine gave no hits.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// It does not take the key, or wants one: nothing helps but another key.
    #[error("{engine} refuses access with {status}")]
    Unauthorized {
        /// The engine.
        engine: String,
        /// The HTTP status.
        status: u16,
    },
    /// It was asked too often, or the plan is used up: wait, or do without.
    #[error("{engine} takes no more questions for now")]
    Limited {
        /// The engine.
        engine: String,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// It answered something else than its protocol says: the address or its settings are wrong.
    #[error("{engine} gave no answer that can be read: {what}")]
    Malformed {
        /// The engine.
        engine: String,
        /// What is wrong, and what to do where that is known.
        what: String,
    },
    /// It answered with an error of its own.
    #[error("{engine} answered {status}: {said}")]
    Status {
        /// The engine.
        engine: String,
        /// The HTTP status.
        status: u16,
        /// The start of what it said, without the key.
        said: String,
    },
    /// More bytes than are taken.
    #[error("{engine} answered more than {bytes_max} bytes")]
    TooLarge {
        /// The engine.
        engine: String,
        /// The bound.
        bytes_max: u64,
    },
    /// No answer in time.
    #[error("{engine} did not answer within {wait:?}")]
    Timeout {
        /// The engine.
        engine: String,
        /// The bound.
        wait: Duration,
    },
    /// No connection, or it broke off.
    #[error("{engine} cannot be reached")]
    Unreachable {
        /// The engine.
        engine: String,
        /// Why.
        #[source]
        cause: Cause,
    },
}

impl SearchError {
    /// The code under which it is explained to people.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized { .. } => "GLY0441",
            Self::Limited { .. } => "GLY0442",
            Self::Malformed { .. } => "GLY0443",
            Self::TooLarge { .. } => "GLY0444",
            Self::Timeout { .. } => "GLY0445",
            Self::Unreachable { .. } => "GLY0446",
            Self::Status { .. } => "GLY0447",
        }
    }

    /// Whether the same search may succeed later.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Limited { .. } | Self::Timeout { .. } | Self::Unreachable { .. } => true,
            Self::Status { status, .. } => *status >= 500,
            Self::Unauthorized { .. } | Self::Malformed { .. } | Self::TooLarge { .. } => false,
        }
    }
}

/// Why an engine cannot be made ready.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Its key cannot be read.
    #[error("the key file {} of {engine} cannot be read", path.display())]
    KeyFile {
        /// The engine.
        engine: String,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// A setting cannot be used.
    #[error("{engine}: {what}")]
    Setting {
        /// The engine.
        engine: String,
        /// What is wrong.
        what: String,
    },
    /// The web client cannot be made: its user agent or its TLS.
    #[error("the web client of the search engines cannot be made")]
    Client(#[source] Cause),
}

impl EngineError {
    /// As it is told to people.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let fault = Fault::permanent("GLY0448", self.to_string());
        match std::error::Error::source(self) {
            Some(cause) => fault.because(cause),
            None => fault,
        }
    }
}
