//! The hands: take an input, load the goal, decide, append one record, act, settle.
//!
//! ```text
//!   coordinator   the parts and how they run
//!   inputs        from the stream: goals, answers, orders, signals, outcomes, alarms     intake  decodes
//!   lanes         inputs of one goal in their order                                      steer   orders
//!   submit        goals, also by request and reply
//!   reports       from agents, by request and reply                                      calls   serves
//!   commit        the heart: one input to one goal, decided, recorded, carried out
//!   load          goals in memory                  recall   goals read from the log
//!   acts          what a record causes             rejects  inputs that were refused
//!   fences        stops in force                   registry the workflows
//!   views         the status view                  sweep    what a crash left undone
//!   archive       goals that ended long ago        discover agent kinds
//! ```
//!
//! Any number of coordinators run on one bus, without a leader: what makes it safe is the append of
//! one record where the goal's log is known to end, and nothing else. This crate decides nothing by
//! itself (that is `coordinator/goal`), and must never know which bus it runs on or what an agent
//! does.

mod coordinator;

mod config;

mod calls;
mod inputs;
mod intake;
mod lanes;
mod reports;
mod steer;
mod submit;

mod commit;

mod acts;
mod load;
mod recall;
mod rejects;

mod archive;
mod discover;
mod fences;
mod kinds;
mod registry;
mod sweep;
mod views;

mod fault;
mod hands;

pub use config::Config;
pub use coordinator::Coordinator;
pub use registry::{RegisterError, Registry, ResolveError};
