//! A memory that lasts as long as a test.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use galley_agents_knowledge::{Entry, Hit, Knowledge, KnowledgeError, Query, cosine, embed};

/// A memory that lasts as long as a test: ranks by the offline embedder, then by shared words.
#[derive(Debug, Default)]
pub struct WordKnowledge {
    entries: Mutex<BTreeMap<(String, String), Entry>>,
}

#[async_trait]
impl Knowledge for WordKnowledge {
    async fn remember(&self, entries: &[Entry]) -> Result<(), KnowledgeError> {
        let mut kept = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            kept.insert((entry.space.clone(), entry.key.clone()), entry.clone());
        }
        Ok(())
    }

    async fn recall(&self, query: &Query) -> Result<Vec<Hit>, KnowledgeError> {
        let kept = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let in_space = kept.values().filter(|entry| entry.space == query.space);
        let mut hits: Vec<Hit> = in_space.map(|entry| hit(entry, &query.text)).collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score));
        hits.truncate(query.limit);
        Ok(hits)
    }

    async fn forget(&self, space: &str, key: &str) -> Result<(), KnowledgeError> {
        let mut kept = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&(space.to_owned(), key.to_owned()));
        Ok(())
    }
}

fn hit(entry: &Entry, text: &str) -> Hit {
    let similarity = f64::from(cosine(&embed(&entry.text), &embed(text)));
    let shared = words(&entry.text).intersection(&words(text)).count();
    let shared = f64::from(u32::try_from(shared).unwrap_or(u32::MAX));
    Hit { entry: entry.clone(), similarity, score: similarity + shared / 1000.0 }
}

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_lowercase).collect()
}
