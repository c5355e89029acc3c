//! Drafting: an outline and evidence become an article whose every factual sentence is cited.
//!
//! ```text
//!   evidence ─▶ rules: choose quotes ▶ arrange ▶ attribute ▶ join ──────────────▶ digest  ┐
//!            └▶ prompts: section by section ▶ rules: ground (drop what has no proof) ▶ prose ┴▶ article
//! ```
//!
//! Without a model the article is a digest: quotes with attribution, joined by sentences that state
//! nothing of their own. With one, prose from the evidence alone, held to it by the same rules. This
//! crate must never know where evidence comes from, and never adds a fact to it.

mod agent;
mod config;
mod prompts;
mod rules;
mod writer;

pub use agent::{Drafting, Input, Output, Researched};
pub use config::Config;
