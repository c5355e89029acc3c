//! Ideation: a brief becomes ranked angles, titles and an outline.
//!
//! ```text
//!   corpus ─▶ rules: read ▶ weigh by topic ▶ harvest headings and phrases ▶ themes ─▶ outline
//!                                   └▶ [prompts: outline] ─▶ rules: check and repair ──┘
//!   memory of ideas and articles ─▶ novelty ─▶ which angle leads
//! ```
//!
//! Without a model the themes are those that the documents' own headings and phrases cover together. With
//! one, it proposes angles and an outline from the same harvest, and the same rules check and repair it.
//! This crate must never know how evidence is found or an article is written.

mod agent;
mod config;
mod prompts;
pub mod rules;

pub use agent::{Ideation, Input, Output};
pub use config::Config;
