//! Chaos: real processes on a real NATS server and a real Kafka broker, killed, frozen and ended at
//! random while goals are under way; then what must hold is read from the logs, from the target of
//! the writes, and from Kafka.
//!
//! ```text
//!   run       start everybody, storm, calm, check           services   where servers come from
//!   storm     who is struck when: drawn from the seed       crew       who runs
//!   people    submit, answer, stop, resume, cancel, rate    member     one process that may be struck
//!   agents    small agents as processes of their own        target     what they write to: it counts
//!   verdict   logs folded anew, writes compared             learned    feedback: complete, counted once
//!   report    the table                                    tide       no blows: processes come and go
//! ```
//!
//! A seed decides what is submitted and who is struck when and how. It does not decide what then
//! happens to be under way: a seed that failed is worth running again, and may pass.

#![expect(clippy::print_stderr, reason = "progress is told to whoever waits")]

mod agents;
mod crew;
mod learned;
mod member;
mod people;
mod report;
mod run;
mod services;
mod storm;
mod target;
mod tide;
mod verdict;
mod workflows;

pub use agents::{Process, serve};
pub use report::Report;
pub use run::{Plan, Telling, run};
pub use services::{Absent, Servers, find};
pub use storm::Freezes;
pub use tide::{Ebb, Plan as Tide, ebb_and_flow, is_absent};
