//! Which engines are asked, and within which bounds.

use std::collections::BTreeMap;
use std::path::PathBuf;

use galley_schemas::fault::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::Domains;
use crate::config::outside;

/// The most engines that are asked.
const ENGINES_MAX: usize = 32;

/// How sources are searched for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SearchConfig {
    /// The engines, asked all at the same time. None by default: then nothing is searched.
    pub engines: Vec<EngineConfig>,
    /// Where hits may come from, for every search.
    pub domains: Domains,
    /// The most hits that one engine is asked for.
    pub hits_max: usize,
    /// How long one engine may take, waiting for its turn included, in milliseconds.
    pub engine_ms_max: u64,
    /// The most bytes of one answer, unpacked.
    pub bytes_max: u64,
}

impl Default for SearchConfig {
    fn default() -> Self {
        Self {
            engines: Vec::new(),
            domains: Domains::default(),
            hits_max: 20,
            engine_ms_max: 20_000,
            bytes_max: 8 * 1024 * 1024,
        }
    }
}

impl SearchConfig {
    /// Every value that cannot be used.
    #[must_use]
    pub fn check(&self) -> Vec<Fault> {
        let mut faults = outside(
            "search",
            &[
                ("hits_max", self.hits_max as u64, 1, 100),
                ("engine_ms_max", self.engine_ms_max, 1, 600_000),
                ("bytes_max", self.bytes_max, 1024, 1 << 28),
            ],
        );
        let wrong = |message: String| Fault::permanent("GLY0002", message);
        if self.engines.len() > ENGINES_MAX {
            faults.push(wrong(format!("search.engines names more than {ENGINES_MAX} engines")));
        }
        let domains = self.domains.unreadable();
        faults.extend(domains.map(|domain| {
            wrong(format!("search.domains: “{domain}” is no domain such as example.org"))
        }));
        for (place, engine) in self.engines.iter().enumerate() {
            let found = engine.faults().into_iter();
            faults.extend(found.map(|what| wrong(format!("search.engines[{place}]: {what}"))));
        }
        faults
    }
}

/// One engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EngineConfig {
    /// A SearXNG instance; its JSON format must be enabled.
    Searxng(SearxngConfig),
    /// Brave's search interface, with a key.
    Brave(BraveConfig),
    /// Tavily's search interface, with a key.
    Tavily(TavilyConfig),
    /// A wiki on MediaWiki, such as Wikipedia.
    Mediawiki(MediaWikiConfig),
    /// arXiv.
    Arxiv(ArxivConfig),
    /// Crossref: what scholarly publishers register.
    Crossref(CrossrefConfig),
    /// A feed: RSS, Atom or JSON Feed.
    Feed(FeedConfig),
    /// A site, by its sitemap.
    Sitemap(SitemapConfig),
    /// A folder of documents on this machine.
    Folder(FolderConfig),
    /// A tool of an MCP server.
    Mcp(McpConfig),
}

impl EngineConfig {
    fn faults(&self) -> Vec<String> {
        match self {
            Self::Searxng(SearxngConfig { url, .. })
            | Self::Brave(BraveConfig { url, .. })
            | Self::Tavily(TavilyConfig { url, .. })
            | Self::Arxiv(ArxivConfig { url, .. })
            | Self::Crossref(CrossrefConfig { url, .. }) => address(url).into_iter().collect(),
            Self::Mediawiki(MediaWikiConfig { url, .. }) => {
                address(&url.replace("{language}", "en")).into_iter().collect()
            }
            Self::Feed(FeedConfig { url }) => {
                address(&url.replace("{query}", "x")).into_iter().collect()
            }
            Self::Sitemap(SitemapConfig { url, sitemaps_max }) => {
                let many = (!(1..=1000).contains(sitemaps_max))
                    .then(|| format!("sitemaps_max is {sitemaps_max}, outside of 1 to 1000"));
                address(url).into_iter().chain(many).collect()
            }
            Self::Mcp(config) => config.faults(),
            Self::Folder(FolderConfig { documents_max, .. }) => (!(1..=20_000)
                .contains(documents_max))
            .then(|| format!("documents_max is {documents_max}, outside of 1 to 20000"))
            .into_iter()
            .collect(),
        }
    }
}

/// A SearXNG instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearxngConfig {
    /// Its address: `http://searxng:8080`. It may stand anywhere.
    pub url: String,
    /// The categories to search, such as `news` or `science`; the instance's own choice where empty.
    #[serde(default)]
    pub categories: Vec<String>,
}

/// Brave's search interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BraveConfig {
    /// The file that holds the key.
    pub key_file: PathBuf,
    /// Its address; Brave's own where nothing is said.
    #[serde(default = "BraveConfig::home")]
    pub url: String,
    /// The least time between two requests, in milliseconds: the smallest plan allows one a second.
    #[serde(default = "BraveConfig::pause")]
    pub pause_ms: u64,
}

impl BraveConfig {
    fn home() -> String {
        "https://api.search.brave.com".to_owned()
    }

    const fn pause() -> u64 {
        1_000
    }
}

/// Tavily's search interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TavilyConfig {
    /// The file that holds the key.
    pub key_file: PathBuf,
    /// Its address; Tavily's own where nothing is said.
    #[serde(default = "TavilyConfig::home")]
    pub url: String,
}

impl TavilyConfig {
    fn home() -> String {
        "https://api.tavily.com".to_owned()
    }
}

/// A wiki on MediaWiki.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MediaWikiConfig {
    /// The address of its `api.php`; `{language}` stands for the language that is searched for.
    /// Wikipedia where nothing is said.
    pub url: String,
    /// The language where a search names none.
    pub language: String,
}

impl Default for MediaWikiConfig {
    fn default() -> Self {
        let url = "https://{language}.wikipedia.org/w/api.php".to_owned();
        Self { url, language: "en".to_owned() }
    }
}

/// arXiv's interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ArxivConfig {
    /// Its address; arXiv's own where nothing is said.
    pub url: String,
    /// The least time between two requests, in milliseconds: arXiv asks for three seconds.
    pub pause_ms: u64,
}

impl Default for ArxivConfig {
    fn default() -> Self {
        Self { url: "https://export.arxiv.org".to_owned(), pause_ms: 3_000 }
    }
}

/// Crossref's interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CrossrefConfig {
    /// Its address; Crossref's own where nothing is said.
    pub url: String,
    /// Whom Crossref may write to: who says so is served better.
    pub mailto: String,
}

impl Default for CrossrefConfig {
    fn default() -> Self {
        Self { url: "https://api.crossref.org".to_owned(), mailto: String::new() }
    }
}

/// A feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedConfig {
    /// Its address. With `{query}` in it, the words go there and the feed's own order counts; without,
    /// its entries are searched.
    pub url: String,
}

/// A site, by its sitemap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SitemapConfig {
    /// The address of its sitemap or of the index of them.
    pub url: String,
    /// How many sitemaps of an index are read.
    #[serde(default = "SitemapConfig::sitemaps")]
    pub sitemaps_max: usize,
}

impl SitemapConfig {
    const fn sitemaps() -> usize {
        20
    }
}

/// A folder of documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FolderConfig {
    /// The folder. Naming it here is the permission to read it, with everything below it.
    pub path: PathBuf,
    /// How many documents are read.
    #[serde(default = "FolderConfig::documents")]
    pub documents_max: usize,
}

impl FolderConfig {
    const fn documents() -> usize {
        2_000
    }
}

/// A tool of an MCP server: a command to start, or an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct McpConfig {
    /// The server as a program with its arguments; it is spoken to over its standard streams.
    #[serde(default)]
    pub command: Vec<String>,
    /// The program's environment: this and a `PATH` of the system's folders are all that it gets.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// The server's address instead, for streamable HTTP.
    #[serde(default)]
    pub url: Option<String>,
    /// The file that holds the key which is sent as a bearer token to the address.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    /// The tool that searches.
    pub tool: String,
    /// Which of its arguments takes the words.
    #[serde(default = "McpConfig::query")]
    pub query_argument: String,
    /// Which of its arguments takes how many hits are wanted; none where nothing is said.
    #[serde(default)]
    pub limit_argument: Option<String>,
    /// Other arguments, as they are.
    #[serde(default)]
    pub arguments: BTreeMap<String, serde_json::Value>,
}

impl McpConfig {
    fn query() -> String {
        "query".to_owned()
    }

    fn faults(&self) -> Vec<String> {
        let mut faults: Vec<String> = self.url.as_deref().and_then(address).into_iter().collect();
        if self.command.is_empty() == self.url.is_none() {
            faults.push("mcp wants a command or a url, one of them".to_owned());
        }
        if self.tool.is_empty() {
            faults.push("mcp wants a tool".to_owned());
        }
        faults
    }
}

/// What is wrong with the address of a server; none when nothing is.
pub(super) fn address(url: &str) -> Option<String> {
    let is_fine = Url::parse(url).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty()
    });
    (!is_fine).then(|| format!("“{url}” is no address such as https://search.example.org"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_used_and_nonsense_is_told_all_at_once() {
        assert_eq!(SearchConfig::default().check(), []);
        let searxng = |url: &str| {
            EngineConfig::Searxng(SearxngConfig { url: url.to_owned(), categories: Vec::new() })
        };
        let config = SearchConfig {
            engines: vec![
                searxng("http://10.0.0.1:8080/searx"),
                searxng("searx"),
                searxng("ftp://a/"),
            ],
            domains: Domains { allow: vec!["no domain".into()], block: Vec::new() },
            hits_max: 0,
            ..SearchConfig::default()
        };
        let faults = config.check();
        assert_eq!(faults.len(), 4, "{faults:?}");
        assert!(faults[2].message.starts_with("search.engines[1]: “searx”"), "{faults:?}");
    }
}
