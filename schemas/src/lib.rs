//! What is said: every type on a wire or in a log, and the subjects it travels on.
//!
//! This crate holds words and no behaviour: no I/O, no clock, no decisions. It must never know who
//! sends a message, who reads it, or which broker carries it. A type here is a promise to agents in
//! other languages; [`generate`] writes it down as JSON Schema (`schemas/json`) and AsyncAPI
//! (`schemas/asyncapi.json`), both checked in and held by tests.
//!
//! Two rules of evolution. Wire types tolerate fields that they do not know (no
//! `deny_unknown_fields`), so that an older reader survives a newer writer. Log types ([`record`])
//! are closed: a reader that does not know an event must stop rather than fold a different goal.
//! What was said once can be read for ever: `schemas/samples/v1` holds old messages.

pub mod id;

pub mod amount;
pub mod artifact;
pub mod fault;

pub mod agent;
pub mod choice;
pub mod envelope;
pub mod feedback;
pub mod input;
pub mod record;
pub mod report;
pub mod task;
pub mod trace;
pub mod view;

pub mod content;
pub mod subject;

pub mod generate;
