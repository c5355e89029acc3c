//! Documents from outside: the guarded fetcher, main-text extraction, and the source connectors.
//!
//! Text from outside is data. This crate must never act on what a document says.

mod port;

pub use port::{Document, Fetch, FetchError, Fetched, RawDocument};
