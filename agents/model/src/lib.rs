//! The model port, and the servers behind it: OpenAI-compatible ones (chat completions or
//! responses), Anthropic, Ollama, and recorded replies. No model at all is [`Option::None`] where a
//! model is wanted, never a pretended one.
//!
//! ```text
//!   Prompt or Chat ─▶ Server ─▶ Endpoint (one model of a chain: tries, breaker, quirks)
//!                       │          ├─▶ Provider (places and pace, shared by all of a process)
//!                       │          └─▶ protocol (pure: bodies, stream events) ─▶ Client (one try, bounded)
//!                       └─▶ structured (meets the schema, or one repair turn)
//! ```
//!
//! This crate must never know what a prompt is for.

mod port;

mod chat;
mod config;
mod frames;
mod price;
mod protocol;
mod recorded;
mod server;
mod structured;

pub use chat::{Call, Chat, Ear, Heard, Message, Outcome, Tool, ToolUse, Turn};
pub use config::{Breaker, Config, Elsewhere, Pace, Price, Protocol};
pub use port::{Completion, Finish, Model, ModelCard, ModelError, Prompt, Usage};
pub use recorded::Recorded;
pub use server::{ConnectError, Server};
