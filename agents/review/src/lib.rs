//! Review: an article and its evidence become a verdict, a score and edits.
//!
//! ```text
//!   article, evidence, source bytes ─▶ rules: find ▶ mend ▶ find again ▶ score ─▶ verdict, report
//!                                    (a model adds findings, and never takes one away)
//! ```
//!
//! The review trusts nothing that drafting says: every cited quote is looked up in the stored bytes
//! of its source. It must never know how the article was written, and never adds a fact to it.

mod agent;
mod config;
mod links;
mod lists;
mod prompts;
mod report;
mod rules;

pub use agent::{Input, Output, Researched, Review};
pub use config::{Config, LinkConfig, Replacement, Sensitive};
pub use report::{Ground, Report};
