//! Research: a section becomes an evidence set of claims with quote spans and source hashes.
//!
//! ```text
//!   corpus ─▶ shelf: split ▶ judge ▶ index (once for all sections)
//!   section ─▶ [prompts: questions] ─▶ scout: plan ▶ search ▶ read ▶ sift (rounds) ─▶ [react: search, open, note]
//!           ─▶ rules: rank ▶ diversify ▶ fold ─▶ [prompts: statements] ─▶ evidence with its dossier
//! ```
//!
//! In brackets: only with a model. Searching happens when engines are configured and the goal does not
//! forbid it; with the corpus alone, nothing goes out.
//!
//! Without a model each claim is a quote that reads on its own. With one, the questions come from several
//! perspectives and the claims are restated, each still tied to its quote; a restatement that carries
//! other numbers or names than its quote is not believed. This crate must never know what is written from
//! the evidence, and takes nothing as evidence that is not a verbatim span of a stored source.

mod agent;
mod config;
mod prompts;
mod react;
pub mod rules;
mod samples;
mod scout;
mod shelves;

pub use agent::{Input, Output, Research};
pub use config::{Config, Looking, Searching};
pub use samples::samples;
