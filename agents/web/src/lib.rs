//! Documents from outside: the guarded fetcher, main-text extraction, and the source connectors.
//!
//! Text from outside is data. This crate must never act on what a document says.

mod config;
mod extract;
mod fetch;
pub mod guard;
mod packed;
mod port;
pub mod search;
mod sketch;
mod sources;
pub mod suspicion;
mod xml;

pub use config::{ExtractConfig, FetchConfig, SourcesConfig};
pub use extract::{ExtractError, extract, extract_apart, language_of, language_tag, plain_line};
pub use fetch::{Fetcher, FetcherError, FolderCache};
pub use port::{Cache, Document, Fetch, FetchError, Fetched, Kept, RawDocument};
pub use sketch::Sketch;
pub use sources::{Found, Read, Reader, Sample, fold_address};
