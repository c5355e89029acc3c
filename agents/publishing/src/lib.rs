//! Publishing: an approved article becomes live pages, each once, and what announces them.
//!
//! ```text
//!   article ─▶ agent (which target, in which order, how far) ─▶ publication (an effect each) ─▶ target
//!                 └─ rules (what a reader sees: pages, Markdown, feeds, HTML for others, short posts)
//!   target: site · wordpress · ghost · git · webhook, then mastodon · bluesky · indexnow
//! ```
//!
//! This crate holds the targets' keys and reaches the hosts of its targets, and no other. It must never
//! change what the article says.

mod agent;
mod config;
mod http;
mod publication;
mod rules;
mod target;
mod targets;
mod trouble;

pub use agent::{Input, Missed, Output, Preview, Publishing, PublishingVerdict};
pub use config::{
    Bluesky, Config, Ghost, Git, IndexNow, Mastodon, Mode, Site, Target, Visibility, Webhook,
    WordPress,
};

use galley_schemas::fault::Fault;

/// Whether articles can be published as configured, as far as this machine can tell: asked before any
/// work is done for them. Nothing is left behind, and nothing is sent.
///
/// # Errors
/// GLY0708 and GLY0715.
pub fn check(config: &Config) -> Result<(), Vec<Fault>> {
    let mut faults = config.check();
    if config.has_site() {
        faults.extend(targets::site::check(&config.out).err());
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}
