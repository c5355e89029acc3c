//! The published contract is what the types say, old messages stay readable, and the small types
//! keep their laws.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests fail by panicking"
)]

mod asyncapi;
mod book;
mod goldens;
mod laws;
mod samples;
