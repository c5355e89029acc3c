//! The laws of the context and of the loop, each by the public face of the crate alone.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod bench;
mod choice;
mod cost;
mod effect;
mod fake;
mod journal;
mod latch;
mod runner;
mod stop;
