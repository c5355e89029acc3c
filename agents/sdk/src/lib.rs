//! The agent loop, and the context that offers only safe ways to touch the world.
//!
//! An agent is a type that turns a task's input into its output ([`Agent`]); [`Context`] is all it
//! sees of Galley. The loop pulls, verifies, decodes, heartbeats, runs, settles and drains.
//!
//! This crate must never know what an agent kind does.

mod agent;
mod context;
mod effect;

pub use agent::Agent;
pub use context::{Context, Modeller};
pub use effect::{Effect, Effector, Observed};
