//! The model port, and the servers behind it: any OpenAI-compatible one, Anthropic, and recorded
//! replies. No model at all is [`Option::None`] where a model is wanted, never a pretended one.
//!
//! ```text
//!   Prompt ─▶ protocol (pure: request bodies, stream events) ─▶ server (sends, bounds, tries again)
//!                                                          └─▶ structured (meets the schema, or one repair turn)
//! ```
//!
//! This crate must never know what a prompt is for.

mod port;

mod config;
mod price;
mod protocol;
mod recorded;
mod server;
mod sse;
mod structured;

pub use config::{Config, Price, Protocol};
pub use port::{Completion, Finish, Model, ModelCard, ModelError, Prompt, Usage};
pub use recorded::Recorded;
pub use server::{ConnectError, Server};
