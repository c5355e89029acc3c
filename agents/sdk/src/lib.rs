//! The agent loop, and the context that offers only safe ways to touch the world.
//!
//! An agent is a type that turns a task's input into its output ([`Agent`]); [`Context`] is all it
//! sees of Galley. The loop ([`Runner`]) pulls, decodes, runs, reports, settles and drains.
//!
//! ```text
//!   task ─▶ runner ─▶ Agent::run(&Context, input) ─▶ output ─▶ report ─▶ verdict ─▶ ack
//!             │           │
//!             │           ├── step, model ── journal: done before? then not again
//!             │           ├── effect ─────── intent ─▶ write ─▶ settle; reconcile after a crash
//!             │           └── choose, put, get, knowledge, web, search, progress
//!             └── fences: a stop or a newer attempt drops the work at its next `await`
//! ```
//!
//! Agents are tested with [`harness`].
//!
//! This crate must never know what an agent kind does.

mod agent;
mod backoff;
mod config;
mod context;
pub mod effect;
mod faults;
pub mod harness;
mod ports;
mod reporter;
mod runner;

pub use agent::{Agent, card, kind};
pub use config::Config;
pub use context::{Context, Modeller};
pub use effect::{Effect, Effector, Observed};
pub use ports::{Ports, Tools};
pub use runner::Runner;
