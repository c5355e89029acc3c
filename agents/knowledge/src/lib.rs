//! The memory across goals: what was thought of and what was published, found again by words and by
//! meaning. Also the ranking that research shares with it (BM25 and vectors, fused).
//!
//! This crate must never know why something is remembered.

mod port;

pub use port::{Entry, Hit, Knowledge, KnowledgeError, Query};
