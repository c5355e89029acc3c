//! Ingestion: a topic and its sources become a brief.
//!
//! ```text
//!   topic ─▶ rules (normalise ▶ permit ▶ language, intention, keyphrase) ─────────────┐
//!   sources ─▶ read, many at a time ─▶ near-duplicates fold ─▶ artifacts ─▶ corpus ─▶ brief
//! ```
//!
//! What cannot be read is listed with its reason and never stops the rest. This crate must never
//! judge what a document says; text from outside is data.

mod agent;
mod config;
mod explore;
mod reading;
mod rules;

pub use agent::{Ingestion, Input};
pub use config::Config;
