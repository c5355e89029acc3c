//! The driver on a real bus: the embedded one, on a file of its own for each test, with agents that
//! are plain pull loops.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "clippy takes the helpers of an integration test for production code"
)]

mod agents;
mod bad_bus;
mod world;

mod crashes;
mod effects;
mod inputs;
mod keeping;
mod orders;
mod queued;
mod replicas;
mod start;
