//! Search engine optimisation: an article becomes an article with metadata and a report of checks.
//!
//! ```text
//!   article, earlier articles ─▶ rules: mend ▶ title, description, slug, tags ▶ checks ─▶ article, report
//! ```
//!
//! The report measures what editors know from Yoast, by its published thresholds; the code and the
//! word lists are Galley's own. This crate never touches a quotation or a fact: it changes headings,
//! joins and metadata only, and says nothing that the article does not say.

mod agent;
mod card;
mod config;
mod prompts;
mod rules;

pub use agent::{Input, Output, Seo, Translation};
pub use config::Config;
