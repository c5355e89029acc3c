//! What is said: every type on a wire or in a log, and the subjects it travels on.
//!
//! This crate holds words and no behaviour: no I/O, no clock, no decisions. It must never know who
//! sends a message, who reads it, or which broker carries it. A type here is a promise to agents in
//! other languages; its JSON Schema is checked in under `schemas/json` and tested against the code.
//!
//! Two rules of evolution. Wire types tolerate what they do not know (no `deny_unknown_fields`), so
//! that an older reader survives a newer writer. Log types ([`record`]) are closed: a reader that
//! does not know an event must stop rather than fold a different goal.

pub mod id;

pub mod amount;
pub mod artifact;
pub mod fault;

pub mod agent;
pub mod choice;
pub mod envelope;
pub mod input;
pub mod record;
pub mod report;
pub mod task;
pub mod view;

pub mod content;
pub mod subject;
