//! What tests share: a scripted model server, waiting on conditions, and the shared corpus.

#![expect(clippy::missing_panics_doc, reason = "in tests, a panic is the report")]

pub mod corpus;
pub mod galley;
pub mod model_server;
pub mod wait;
