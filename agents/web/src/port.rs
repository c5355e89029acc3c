//! What agents need from the outside world.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::NaiveDate;
use galley_schemas::content::Heading;

/// A page as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The address after redirects.
    pub url: String,
    /// The HTTP status; 200 to 299.
    pub status: u16,
    /// The media type without parameters, lower case: `text/html`.
    pub media_type: String,
    /// The charset that the server named.
    pub charset: Option<String>,
    /// The body, decompressed.
    pub body: Bytes,
}

/// Why a page was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The guard does not let this address through.
    #[error("{url} is not allowed: {reason}")]
    Forbidden {
        /// The address.
        url: String,
        /// Why.
        reason: String,
    },
    /// The server answered with an error.
    #[error("{url} answered {status}")]
    Status {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// More bytes than are taken.
    #[error("{url} is larger than {bytes_max} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// The bound.
        bytes_max: u64,
    },
    /// No answer in time.
    #[error("{url} did not answer within {wait:?}")]
    Timeout {
        /// The address.
        url: String,
        /// The bound.
        wait: Duration,
    },
    /// No connection, or it broke off.
    #[error("{url} cannot be reached")]
    Unreachable {
        /// The address.
        url: String,
        /// Why.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl FetchError {
    /// The code under which it is explained to people.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Forbidden { .. } => "GLY0421",
            Self::Status { .. } => "GLY0422",
            Self::TooLarge { .. } => "GLY0423",
            Self::Timeout { .. } => "GLY0424",
            Self::Unreachable { .. } => "GLY0425",
        }
    }

    /// Whether another try may end differently.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::Unreachable { .. } => true,
            Self::Status { status, .. } => *status == 429 || *status >= 500,
            Self::Forbidden { .. } | Self::TooLarge { .. } => false,
        }
    }
}

/// Fetches pages, under guard.
///
/// Laws: no connection is made to an address that the policy forbids, whatever name or redirect
/// leads there; a call ends within the configured bounds on time, bytes and redirects.
#[async_trait]
pub trait Fetch: Send + Sync + std::fmt::Debug {
    /// Gets one page.
    async fn get(&self, url: &str) -> Result<Fetched, FetchError>;
}

/// A page that was fetched before, with what its server knows it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The page.
    pub page: Fetched,
    /// Its `ETag`.
    pub etag: Option<String>,
    /// Its `Last-Modified`.
    pub last_modified: Option<String>,
}

/// Keeps pages, so that a server need not send again what has not changed.
///
/// Laws: what comes back is whole and was put under the same address; anything may be forgotten at any
/// time. A kept page is only used after its server said that it has not changed.
#[async_trait]
pub trait Cache: Send + Sync + std::fmt::Debug {
    /// The page of an address, if it is still there.
    async fn get(&self, url: &str) -> Option<Kept>;

    /// Keeps a page of an address, in place of an earlier one.
    async fn put(&self, url: &str, kept: Kept);
}

/// A document before its text is taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawDocument {
    /// Where it was found: a URL, or a path relative to its folder.
    pub locator: String,
    /// The address to link to, when it has one.
    pub url: Option<String>,
    /// Its media type: `text/markdown`, `text/html`, `text/plain`, `application/pdf`.
    pub media_type: String,
    /// The charset that its server named.
    pub charset: Option<String>,
    /// Its bytes.
    pub bytes: Bytes,
}

/// A document's main text and what is known about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// Its title.
    pub title: String,
    /// Who wrote it.
    pub author: Option<String>,
    /// Who published it.
    pub publisher: Option<String>,
    /// When it was published.
    pub published: Option<NaiveDate>,
    /// ISO 639-1 code of its language, as declared or detected.
    pub language: Option<String>,
    /// Its canonical address, as it names it.
    pub url: Option<String>,
    /// Its headings, in order.
    pub headings: Vec<Heading>,
    /// Its main text: paragraphs separated by a blank line, no markup, no hidden text, no zero-width
    /// or bidirectional control characters.
    pub text: String,
}
