//! Looking beyond the sources that a goal names: what search engines find for its topic.
//!
//! So the outline can grow from what others wrote on the subject, also when nobody named a source.
//! Research searches again, section by section.

use std::collections::BTreeSet;

use galley_agents_knowledge::words::{fold, is_stop_anywhere, words};
use galley_agents_sdk::Context;
use galley_agents_web::search::{Domains, SearchQuery};
use galley_agents_web::{Found, Read};
use galley_schemas::content::{Search, Skipped};

use crate::agent::Wish;
use crate::config::Config;

/// Most words of a query; a longer topic is asked by its first ones.
const WORDS_MAX: usize = 8;
/// With how many of them a query is asked again that found nothing.
const BROADER: usize = 2;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Explored {
    pub(crate) found: Vec<Result<Found, Skipped>>,
    pub(crate) reach: Reach,
}

/// Where pages may come from that a search found.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    domains: Vec<Domains>,
    /// The addresses that searches named; what a goal itself names may lie anywhere.
    named: BTreeSet<String>,
}

impl Reach {
    /// Lets a page through whose address is permitted, also where redirects led.
    pub(crate) fn admit(&self, named: &str, read: Read) -> Result<Read, Skipped> {
        let led_to = &read.raw.locator;
        let is_within = self.domains.iter().all(|domains| domains.permit(led_to));
        if is_within || !self.named.contains(named) {
            return Ok(read);
        }
        let reason = format!("it led to {led_to}, where nothing may come from");
        Err(Skipped { locator: named.to_owned(), code: "GLY0449".to_owned(), reason })
    }
}

/// What the engines find for a topic; nothing, when there are none or the goal does not want it.
pub(crate) async fn explore(
    ctx: &Context,
    config: &Config,
    wish: &Wish,
    search: &Search,
) -> Explored {
    if search.off || config.explore_max == 0 || ctx.search().is_empty() {
        return Explored::default();
    }
    let domains = Domains { allow: search.allow.clone(), block: search.block.clone() };
    let carried = carried(&wish.topic);
    let mut hits = Vec::new();
    for most in [WORDS_MAX, BROADER] {
        let text = carried.get(..most.min(carried.len())).unwrap_or_default().join(" ");
        if text.is_empty() || !hits.is_empty() {
            break;
        }
        ctx.progress(format!("searching for “{text}”"));
        let query = SearchQuery {
            text,
            language: wish.language.clone(),
            domains: domains.clone(),
            today: Some(ctx.now().date_naive()),
            newer_than: None,
        };
        let findings = ctx.search().search(&query, config.explore_max).await;
        for error in &findings.failed {
            tracing::warn!(%error, code = error.code(), "a search engine gave nothing");
            ctx.progress(format!("a search engine gave nothing: {error}"));
        }
        hits = findings.hits;
    }
    let named = hits.iter().map(|hit| hit.url.clone()).collect();
    let reach = Reach { domains: vec![domains, ctx.search().domains().clone()], named };
    Explored { found: hits.into_iter().map(|hit| Ok(hit.into())).collect(), reach }
}

/// The words of a topic that carry its subject.
fn carried(topic: &str) -> Vec<&str> {
    words(topic).map(|(_, word)| word).filter(|word| !is_stop_anywhere(&fold(word))).collect()
}
