//! What can be set.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
}

impl Default for Config {
    fn default() -> Self {
        Self {
            out: PathBuf::from("site"),
            base_url: "http://localhost:8000/".to_owned(),
            site_name: "Galley".to_owned(),
            author: "Galley".to_owned(),
            feed_entries_max: 50,
        }
    }
}
