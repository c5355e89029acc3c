//! Every port of the bus on NATS JetStream; the only crate that names `async-nats`.
//!
//! ```text
//!   nats        connect, hand out the ports, look and change (init)
//!   config      how to reach the server
//!   connect     who we are, whom we trust
//!   server      what kind of server it is, and what its answers are worth
//!   wire · get  what all ports ask of the server: requests, storing, reading
//!   log · queue · calls · broadcast · alarms · kv · artifacts      one port each
//!   init        streams, consumers and buckets: what would change, and changing it
//!   rights      what each kind of process may do there
//!   accounts    who is in which account, and what passes between them
//! ```
//!
//! At run time nothing is made and no consumer comes and goes: the log is read in runs by sequence,
//! changes are heard of by plain subjects that streams send hints to, and queues are pulled from
//! consumers that `galley bus init` made. So a process needs few rights, and a server with a hundred
//! thousand goals has a handful of consumers.
//!
//! Durability is the server's: see [`Durability`]. What it acknowledges survives any crash of a
//! process; a loss of power only when it writes to the disk before it answers.
//!
//! This crate must never know what a goal or a task is.

mod accounts;
mod alarms;
mod artifacts;
mod broadcast;
mod calls;
mod config;
mod connect;
mod error;
mod get;
mod init;
mod kv;
mod log;
mod nats;
mod queue;
mod rights;
mod server;
mod wire;

pub use accounts::{
    Account, Accounts, Crossing, Export, File, Form, Import, InvalidKey, Key, KeyOf, User,
};
pub use config::{Config, Missing, Tls};
pub use error::{ConnectError, NatsError};
pub use init::{Change, Plan, Setting, Step, Thing, Wanted};
pub use nats::{Counts, Nats};
pub use rights::{Rights, Role};
pub use server::{Class, DiskSync, Durability};
