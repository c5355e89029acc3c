//! What tests share: scripted model and web servers, waiting on conditions, and the shared corpus.

#![expect(clippy::missing_panics_doc, reason = "in tests, a panic is the report")]

pub mod collector;
pub mod corpus;
pub mod dice;
pub mod galley;
pub mod gate;
pub mod http;
pub mod injections;
pub mod model_server;
pub mod postgres;
pub mod search_server;
pub mod services;
pub mod targets;
pub mod wait;
pub mod web_server;
pub mod wordpress;
