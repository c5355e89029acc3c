//! What ingestion decides without a model: pure functions, no I/O.

pub(crate) mod intention;
pub(crate) mod keyphrase;
pub(crate) mod language;
pub(crate) mod topic;
mod words;
