//! The memory across goals: what was thought of and what was published, found again by words and by
//! meaning. Also the ranking that agents share with it (BM25 and vectors, fused).
//!
//! This crate must never know why something is remembered.

mod config;
pub mod embed;
mod embedder;
mod port;
mod postgres;
pub mod rank;
mod sqlite;
pub mod words;

pub use config::{Address, Config, Postgres};
pub use embed::{cosine, embed};
pub use embedder::{EmbedError, Embedder, Offline, TEXTS_MAX};
pub use port::{Entry, Hit, Knowledge, KnowledgeError, Query};
pub use postgres::{ConnectError, PostgresKnowledge};
pub use sqlite::SqliteKnowledge;
