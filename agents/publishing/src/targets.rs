//! The targets that come with Galley, and how they are made from their settings.

mod bluesky;
mod ghost;
mod git;
mod indexnow;
mod mastodon;
pub(crate) mod site;
mod webhook;
mod wordpress;

use std::sync::Arc;

use galley_schemas::fault::Fault;

use crate::config::{Config, Mode, To};
use crate::target::Target;

/// A target under its name.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) target: Arc<dyn Target>,
    /// How far it may go.
    pub(crate) mode: Mode,
}

/// Makes the targets of a configuration.
///
/// # Errors
/// GLY0715, when settings cannot be used.
pub(crate) fn build(config: &Config) -> Result<Vec<Named>, Fault> {
    if let Some(fault) = config.check().into_iter().next() {
        return Err(fault);
    }
    let named = config.targets().into_iter().map(|set| {
        let name = set.name();
        let unusable = |why: String| {
            Fault::permanent("GLY0715", format!("agents.publishing: target {name}: {why}"))
        };
        let to = set.to().map_err(unusable)?;
        let target = one(&name, to, config).map_err(unusable)?;
        Ok(Named { name, target, mode: set.mode })
    });
    named.collect()
}

fn one(name: &str, to: To, config: &Config) -> Result<Arc<dyn Target>, String> {
    Ok(match to {
        To::Site => Arc::new(Arc::new(site::Site::new(name, config.clone()))),
        To::WordPress(to) => Arc::new(wordpress::WordPress::new(name, to)?),
        To::Ghost(to) => Arc::new(ghost::Ghost::new(name, to)?),
        To::Git(to) => Arc::new(git::Git::new(name, to, config)),
        To::Webhook(to) => Arc::new(webhook::Webhook::new(name, to, config)?),
        To::Mastodon(to) => Arc::new(mastodon::Mastodon::new(name, to)?),
        To::Bluesky(to) => Arc::new(bluesky::Bluesky::new(name, to)?),
        To::IndexNow(to) => Arc::new(indexnow::IndexNow::new(name, to, config)?),
    })
}

#[cfg(test)]
pub(crate) mod tests;
