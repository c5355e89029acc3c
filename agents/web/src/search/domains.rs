//! Which domains hits may come from. Engines do not keep their own filters, so this is asked of every
//! hit, whatever the engine was told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// Domains that count, each with everything below it: `example.org` is also `www.example.org`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Domains {
    /// When there are any, hits come from these alone.
    pub allow: Vec<String>,
    /// Never from these, even below an allowed one.
    pub block: Vec<String>,
}

impl Domains {
    /// Whether a hit may come from an address. What has no domain (a file in a folder that the
    /// configuration names) is no matter of domains and may.
    #[must_use]
    pub fn permit(&self, address: &str) -> bool {
        let Ok(url) = Url::parse(address) else { return true };
        let Some(host) = url.host_str().map(|host| host.trim_end_matches('.')) else { return true };
        let within = |domains: &[String]| domains.iter().any(|domain| is_within(host, domain));
        (self.allow.is_empty() || within(&self.allow)) && !within(&self.block)
    }

    /// The entries that name no domain.
    pub(super) fn unreadable(&self) -> impl Iterator<Item = &str> {
        let all = self.allow.iter().chain(&self.block);
        all.map(String::as_str).filter(|domain| folded(domain).is_none())
    }
}

fn is_within(host: &str, domain: &str) -> bool {
    folded(domain).is_some_and(|domain| {
        host.strip_suffix(domain.as_str())
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

/// A domain as an address spells it: lower case, in ASCII, without `*.` before it or a dot after it.
fn folded(domain: &str) -> Option<String> {
    let domain = domain.trim().trim_start_matches("*.").trim_end_matches('.');
    let host = Host::parse(domain).ok()?;
    Some(host.to_string()).filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(allow: &[&str], block: &[&str], address: &str, want: bool) {
        let owned = |list: &[&str]| list.iter().map(|&domain| domain.to_owned()).collect();
        let domains = Domains { allow: owned(allow), block: owned(block) };
        assert_eq!(domains.permit(address), want, "{allow:?} {block:?} {address}");
    }

    #[test]
    fn a_domain_stands_for_everything_below_it_and_nothing_beside_it() {
        check(&[], &[], "https://a.org/", true);
        check(&["example.org"], &[], "https://example.org/a", true);
        check(&["example.org"], &[], "https://WWW.Example.org:8443/a", true);
        check(&["example.org"], &[], "https://example.org./a", true);
        check(&["*.Example.org."], &[], "https://www.example.org/a", true);
        check(&["example.org"], &[], "https://badexample.org/", false);
        check(&["example.org"], &[], "https://example.org.evil.net/", false);
        check(&["example.org"], &[], "https://evil.net/?u=https://example.org/", false);
        check(&["example.org"], &[], "https://example.org@evil.net/", false);
        check(&["bücher.example"], &[], "https://xn--bcher-kva.example/", true);
        check(&[], &["example.org"], "https://sub.example.org/", false);
        check(&["example.org"], &["ads.example.org"], "https://ads.example.org/", false);
        check(&["example.org"], &["ads.example.org"], "https://news.example.org/", true);
        check(&["example.org"], &["example.org"], "notes/a.md", true);
    }

    #[test]
    fn what_names_no_domain_is_told() {
        let domains = Domains {
            allow: vec!["example.org".into(), "https://a.org/x".into(), String::new()],
            block: vec!["two words".into(), "*.b.org".into()],
        };
        assert_eq!(domains.unreadable().collect::<Vec<_>>(), ["https://a.org/x", "", "two words"]);
    }
}
