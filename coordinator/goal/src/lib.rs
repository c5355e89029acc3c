//! The brain: the workflow language, the goal's state, and the three pure functions on it.
//!
//! ```text
//!   evolve(Goal, Event)                -> Goal       one closed table; running and recovering share it
//!   decide(&Goal, Command, now, ids)   -> Decision   what happened (events) and what it causes (acts)
//!   audit(&Goal)                       -> Vec<Broken> an independent check of the invariants
//! ```
//!
//! No tokio, no clock, no randomness, no I/O. This crate must never know which bus carries a record,
//! what an agent does, or what time it is.

pub mod workflow;

mod command;

pub use command::{Command, Decision, Ids, Reply};
