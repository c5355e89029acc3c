//! The model port, and the servers behind it: any OpenAI-compatible one, Anthropic, and recorded
//! replies. No model at all is [`Option::None`] where a model is wanted, never a pretended one.
//!
//! This crate must never know what a prompt is for.

mod port;

pub use port::{Completion, Finish, Model, ModelCard, ModelError, Prompt, Usage};
