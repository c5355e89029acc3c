//! The goal's machine, told as scripts: each line is a command and what comes of it.
//!
//! After every command the laws hold too (see [`world::World::tell`]): the audit finds nothing, the
//! state that was kept is the one that the records fold to, and every event is carried by its act.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking, and looks at what it asks for"
)]

mod chance;
mod laws;
mod life;
mod script;
mod trace;
mod world;

mod approval;
mod budget;
mod child;
mod effect;
mod fan;
mod linear;
mod order;
mod revise;
mod steer;
mod undo;
mod wait;
