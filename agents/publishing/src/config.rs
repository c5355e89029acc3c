//! What can be set.

mod targets;

use std::collections::BTreeSet;
use std::path::PathBuf;

use galley_schemas::fault::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use targets::To;
pub use targets::{
    Bluesky, Ghost, Git, IndexNow, Mastodon, Mode, Site, Target, Visibility, Webhook, WordPress,
};

/// Most targets of one process.
const TARGETS_MAX: usize = 16;

/// Where articles are published, and under which name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The folder of the site; made when it is absent.
    pub out: PathBuf,
    /// The address that the folder is served under; feeds, sitemap and canonical links need it.
    pub base_url: String,
    /// The site's name, in its header and feeds.
    pub site_name: String,
    /// The organisation named as author and publisher.
    pub author: String,
    /// Most entries in a feed; the newest stay.
    pub feed_entries_max: usize,
    /// Where articles go, in this order: pages first, then what announces them. Without any, the site alone.
    pub targets: Vec<Target>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            out: PathBuf::from("site"),
            base_url: "http://localhost:8000/".to_owned(),
            site_name: "Galley".to_owned(),
            author: "Galley".to_owned(),
            feed_entries_max: 50,
            targets: Vec::new(),
        }
    }
}

impl Config {
    /// The targets, each under its name: those that are set, or the site alone.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        if self.targets.is_empty() { vec![Target::site()] } else { self.targets.clone() }
    }

    /// Whether articles go to the folder of the site.
    #[must_use]
    pub fn has_site(&self) -> bool {
        self.targets().iter().any(|target| target.site.is_some())
    }

    /// Every fault of these settings.
    #[must_use]
    pub fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.targets.len() > TARGETS_MAX {
            faults.push(format!("{} targets, more than {TARGETS_MAX}", self.targets.len()));
        }
        let kinds: Vec<_> = self.targets().iter().filter_map(|target| target.to().ok()).collect();
        if kinds.iter().all(To::announces) && !kinds.is_empty() {
            faults.push("what is announced needs a page: name a target that makes one".to_owned());
        }
        let mut names = BTreeSet::new();
        for target in self.targets() {
            let name = target.name();
            faults
                .extend(target.faults().into_iter().map(|fault| format!("target {name}: {fault}")));
            if !names.insert(name.clone()) {
                faults.push(format!("two targets are called '{name}': give each a `name`"));
            }
        }
        faults
            .into_iter()
            .map(|fault| Fault::permanent("GLY0715", format!("agents.publishing: {fault}")))
            .collect()
    }
}

#[cfg(test)]
mod tests;
