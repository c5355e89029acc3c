//! The brain: the workflow language, the goal's state, and the pure functions on it.
//!
//! ```text
//!   evolve(&mut Goal, Event)           one closed table; running and recovering share it
//!   decide(&Goal, Command, now, ids)   what happened (events) and what it causes (acts)
//!   audit(&Goal)                       an independent check of the invariants
//!   view(&Goal)                        how it stands, for people
//! ```
//!
//! No tokio, no clock, no randomness, no I/O. This crate must never know which bus carries a record,
//! what an agent does, or what time it is.

pub mod workflow;

mod content;
mod fault;
mod graph;
mod place;

mod goal;

mod evolve;

mod command;
mod decide;

mod audit;
mod view;

pub use audit::{Broken, audit};
pub use command::{Command, Decision, Ids, Reply};
pub use content::content_hash;
pub use decide::decide;
pub use evolve::{IllegalEvent, evolve};
pub use goal::Goal;
pub use view::view;
