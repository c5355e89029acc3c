//! Learning: outcomes become policy.
//!
//! ```text
//!   log ─▶ relay ─▶ topic ─▶ learner: window of goals ─▶ statistics ─▶ posterior ─▶ offline check ─▶ policy
//!     └──────────────────────▶ (the log itself, without Kafka)                                        │
//!                                                                          `choose` reads it ◀────────┘
//! ```
//!
//! The decisions are pure and stand in `learn`: what a fact changes, what a goal is worth, what is
//! believed of an option, whether a policy may stand. [`Relay`] and [`Learner`] only read, keep and
//! publish. This crate must never know what is chosen among, nor which broker carries it.

mod config;
mod gauges;
mod learn;
mod learner;
mod relay;

pub use config::{Config, Measure, Policies, RelayConfig, Reward};
pub use gauges::Gauges;
pub use learn::State;
pub use learner::Learner;
pub use relay::Relay;
