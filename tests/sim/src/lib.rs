//! The deterministic simulator: the real coordinator and the real agent loops over a model broker.
//!
//! ```text
//!   run        one seed: a world, processes, people; a stormy part, then a calm one; then the checks
//!   ├── faults     what goes wrong and how often         chance, clock   both decided by the seed
//!   ├── process    one life of a process                 crew            who runs, dies, comes back
//!   ├── broker     every port of the bus, in memory      link            what is lost on the way
//!   ├── agents     small agents on the real runner       desk, target    where they work and write
//!   ├── people     goals, answers, orders, nonsense      workflows       what the goals run on
//!   └── check      what must hold after every record, and in the end
//!   diary      what happened, as text and as a hash: the same, byte for byte, whenever a seed runs
//! ```
//!
//! `tests/chaos` takes the agents, the chance and the check of a goal's records from here.
//!
//! One thread, paused time, no chance but the seed's. A seed and a commit are a bug report:
//! `cargo run -p galley-tests-sim -- --seed 7 --trace`.

pub mod run;
pub mod summary;

pub mod agents;
pub mod chance;
pub mod check;
pub mod faults;

mod clock;
mod diary;
mod process;
mod world;

mod broker;
mod crew;
mod desk;
mod people;
mod target;
mod workflows;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks what only one thread ever uses.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
