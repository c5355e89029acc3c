//! Every port of the bus on one SQLite file: the default, with nothing to install.
//!
//! ```text
//!   embedded    open, hand out the ports, close
//!   schema      what is in the file, and whose file it is
//!   instance    who has the file open, and who died with loans in hand
//!   store       one writer (commits grouped), a few readers, who waits for what
//!   log · queue · calls · broadcast · alarms · kv · artifacts      one port each
//!   sweep       what is level-triggered: dead instances, old ids, old messages
//! ```
//!
//! Durability: WAL with `synchronous = FULL`, so what was answered `Ok` survives a power cut. One
//! thread writes; it takes all requests that wait, runs each in a savepoint of one transaction, and
//! answers them after the one commit.
//!
//! Several processes may open the same file at the same time. The log, queues, alarms, key-value
//! buckets and artifacts are shared by all of them: writers take turns by SQLite's lock, and what
//! another process commits is seen within [`POLL`]. Calls and broadcasts stay within one process:
//! an agent in another process must be reached by a queue. The file must be on a local disk; WAL
//! does not work over a network file system.
//!
//! This crate must never know what a goal or a task is.

mod alarms;
mod artifacts;
mod broadcast;
mod calls;
mod embedded;
mod error;
mod instance;
mod kv;
mod log;
mod queue;
mod schema;
mod store;
mod sweep;

pub use embedded::Embedded;
pub use error::{OpenError, StorageError};
pub use store::POLL;
