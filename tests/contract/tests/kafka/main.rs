//! Feedback: from the log to Kafka to policies, on a real broker; and without Kafka.
//!
//! Where no broker can be had these tests say so and pass, unless `CI` or `GALLEY_REQUIRE_SERVICES=1`
//! is set. `deploy/services/kafka` starts the broker.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail by panicking, and say what was not run"
)]

mod broker;
mod chaos;
mod following;
mod learning;
mod pace;
mod role;
mod secure;
mod stories;
mod topic;
