//! Publishing: an approved article becomes a live page, once.
//!
//! ```text
//!   article ─▶ rules (what a reader sees: pages, feeds, sitemap) ─▶ site (folders and files, atomically)
//! ```
//!
//! This crate holds the target's secret and never fetches an arbitrary host. It must never change
//! what the article says.

mod agent;
mod config;
mod rules;
mod site;

pub use agent::{Input, Output, Publishing, PublishingVerdict};
pub use config::Config;
pub use site::check;
