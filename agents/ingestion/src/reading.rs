//! Reading every source: find, read many at a time, fold near-duplicates, store.
//!
//! Documents pass through in their stable order, so that the first of two near-duplicates is the
//! same one in every run; only a few are held at a time, and their artifacts are stored many at a
//! time, so that the bus can group its commits.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::FutureExt as _;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use galley_agents_sdk::Context;
use galley_agents_web::suspicion::for_readers;
use galley_agents_web::{Found, Read, Reader, Sketch, fold_address};
use galley_schemas::artifact::{ArtifactRef, Digest};
use galley_schemas::content::{Corpus, Search, Skipped, Source, SourceSpec};
use galley_schemas::fault::Fault;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::agent::Wish;
use crate::config::Config;
use crate::explore::{self, Reach};
use crate::rules::keyphrase::Candidates;
use crate::rules::language;

/// How many progress notes one reading makes at most.
const NOTES_MAX: usize = 20;
/// What is written in when nothing tells the language.
const LANGUAGE: &str = "en";

/// What reading gives; kept in the task's journal.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reading {
    pub(crate) corpus: ArtifactRef,
    pub(crate) sources: u32,
    pub(crate) skipped: u32,
    pub(crate) language: String,
    pub(crate) keyphrase: String,
}

/// Reads every source.
pub(crate) async fn read(
    ctx: &Context,
    reader: &Reader,
    config: &Config,
    wish: &Wish,
    (specs, search): (&[SourceSpec], &Search),
) -> Result<Reading, Fault> {
    let explored = explore::explore(ctx, config, wish, search).await;
    let found = if stands_in(specs) && !explored.found.is_empty() {
        explored.found
    } else {
        without_twins(find(ctx, reader, specs).await, explored.found)
    };
    let reach = &explored.reach;
    let total = found.iter().filter(|found| found.is_ok()).count();
    let progress = Progress { ctx, total, done: AtomicUsize::new(0) };
    let mut sieve = Sieve {
        candidates: Candidates::of(&wish.topic, wish.language.as_deref()),
        duplicate_from: config.duplicate_from,
        kept: Vec::new(),
    };
    let room = Arc::new(Semaphore::new(room_of(config.at_once_bytes) as usize));
    let enter = |found| enter(Arc::clone(&room), config.at_once_bytes, found);
    let entering: Vec<_> = found.into_iter().map(enter).collect();
    let stored: Vec<Result<Source, Skipped>> = stream::iter(entering)
        // One after the other, so that the first that waits for room is the first to get it.
        .then(|entering| entering)
        .map(|(held, found)| one(reader, &progress, reach, found).map(|read| (held, read)))
        .buffered(config.at_once.max(1))
        .map(|(held, read)| (held, read.and_then(|read| sieve.pass(read))))
        .map(|(held, read)| store(ctx, read).inspect(|_| drop(held)))
        .buffered(config.at_once.max(1))
        .try_collect()
        .await?;
    let mut corpus = Corpus::default();
    for outcome in stored {
        match outcome {
            Ok(source) => corpus.sources.push(source),
            Err(skipped) => corpus.skipped.push(skipped),
        }
    }
    if corpus.sources.is_empty() {
        return Err(nothing_to_read(&corpus.skipped));
    }
    let languages = corpus.sources.iter().filter_map(|source| source.language.as_deref());
    let language = wish.language.clone().or_else(|| language::of_most(languages));
    Ok(Reading {
        sources: count(corpus.sources.len()),
        skipped: count(corpus.skipped.len()),
        corpus: ctx.put(&corpus).await?,
        language: language.unwrap_or_else(|| LANGUAGE.to_owned()),
        keyphrase: sieve.candidates.choose(&wish.topic),
    })
}

/// The most room that can be reckoned with.
const ROOM_MAX: u32 = u32::MAX >> 4;
/// The unit of room.
const ROOM_BYTES: u64 = 64 * 1024;
/// What is reckoned for a page that was not fetched yet.
const PAGE_BYTES: u64 = 2 * 1024 * 1024;

/// How much room so many bytes take.
fn room_of(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(ROOM_BYTES)).unwrap_or(u32::MAX).clamp(1, ROOM_MAX)
}

/// Waits until a document may be held beside the others; one that is larger than all room is held
/// alone.
async fn enter(
    room: Arc<Semaphore>,
    bytes_max: u64,
    found: Result<Found, Skipped>,
) -> (Option<OwnedSemaphorePermit>, Result<Found, Skipped>) {
    let Ok(some) = &found else { return (None, found) };
    let bytes = some.bytes().unwrap_or(PAGE_BYTES);
    (room.acquire_many_owned(room_of(bytes.min(bytes_max))).await.ok(), found)
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Everything that the sources hold, each address once, in the order that they were named in.
async fn find(ctx: &Context, reader: &Reader, specs: &[SourceSpec]) -> Vec<Result<Found, Skipped>> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for (index, spec) in specs.iter().enumerate() {
        ctx.progress(format!("looking through {}", name(spec)));
        for found in reader.find(spec, ctx.web()).await {
            // Paths are relative to their source; addresses are not.
            let key = found.as_ref().ok().map(|found| match fold_address(found.locator()) {
                address if address.contains("://") => address,
                path => format!("{index}:{path}"),
            });
            if key.is_none_or(|key| seen.insert(key)) {
                all.push(found);
            }
        }
    }
    all
}

/// Whether the sources are only what stands in where nothing was named.
fn stands_in(specs: &[SourceSpec]) -> bool {
    matches!(specs, [SourceSpec::Samples] | [])
}

/// What sources hold, then what was found beyond them, each address once.
fn without_twins(
    mut named: Vec<Result<Found, Skipped>>,
    explored: Vec<Result<Found, Skipped>>,
) -> Vec<Result<Found, Skipped>> {
    let addresses: BTreeSet<String> =
        named.iter().flatten().map(|found| fold_address(found.locator())).collect();
    named.extend(explored.into_iter().filter(|found| {
        found.as_ref().is_ok_and(|found| !addresses.contains(&fold_address(found.locator())))
    }));
    named
}

fn name(spec: &SourceSpec) -> &str {
    match spec {
        SourceSpec::Folder { path } => path,
        SourceSpec::Url { url } | SourceSpec::Feed { url } => url,
        SourceSpec::Samples => "the samples",
    }
}

/// Tells people how far reading is, a bounded number of times.
struct Progress<'a> {
    ctx: &'a Context,
    total: usize,
    done: AtomicUsize,
}

impl Progress<'_> {
    fn one_more(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if done == self.total || done.is_multiple_of(self.total.div_ceil(NOTES_MAX).max(1)) {
            self.ctx.progress(format!("reading {done} of {}", self.total));
        }
    }
}

async fn one(
    reader: &Reader,
    progress: &Progress<'_>,
    reach: &Reach,
    found: Result<Found, Skipped>,
) -> Result<Read, Skipped> {
    let found = found?;
    let named = found.locator().to_owned();
    let read = reader.read(found, progress.ctx.web()).await;
    progress.one_more();
    read.and_then(|read| reach.admit(&named, read))
}

/// Lets a document through once, and counts what it speaks of.
struct Sieve {
    candidates: Candidates,
    duplicate_from: f64,
    kept: Vec<(Sketch, String)>,
}

impl Sieve {
    fn pass(&mut self, read: Read) -> Result<Read, Skipped> {
        let sketch = Sketch::of(&read.document.text);
        let twin = self.kept.iter().find(|(kept, _)| kept.is_like(&sketch, self.duplicate_from));
        if let Some((_, locator)) = twin {
            return Err(Skipped {
                locator: read.raw.locator,
                code: "GLY0415".into(),
                reason: format!("it is nearly the same as {locator}"),
            });
        }
        self.candidates.count(&read.document.text);
        self.kept.push((sketch, read.raw.locator.clone()));
        Ok(read)
    }
}

/// Stores a document's bytes and text.
async fn store(
    ctx: &Context,
    read: Result<Read, Skipped>,
) -> Result<Result<Source, Skipped>, Fault> {
    let Read { raw, document } = match read {
        Ok(read) => read,
        Err(skipped) => return Ok(Err(skipped)),
    };
    let words = count(document.text.unicode_words().count());
    let id = Digest::of(&raw.bytes);
    let (original, text) = futures::try_join!(
        ctx.put_bytes(raw.bytes, &raw.media_type),
        ctx.put_bytes(document.text.into(), "text/plain"),
    )?;
    Ok(Ok(Source {
        id,
        original,
        text,
        title: for_readers(document.title).unwrap_or_else(|| raw.locator.clone()),
        author: document.author.and_then(for_readers),
        publisher: document.publisher.and_then(for_readers),
        locator: raw.locator,
        url: document.url,
        published: document.published,
        language: document.language,
        words,
        headings: document.headings,
    }))
}

/// The failure that lists why nothing could be read; passing when another try may find the servers
/// awake.
fn nothing_to_read(skipped: &[Skipped]) -> Fault {
    let is_passing = |skipped: &Skipped| matches!(skipped.code.as_str(), "GLY0424" | "GLY0425");
    let message = format!("none of the sources can be used; {} were looked at", skipped.len());
    let mut fault = if skipped.iter().any(is_passing) {
        Fault::transient("GLY0404", message)
    } else {
        Fault::permanent("GLY0404", message)
    };
    let reasons = skipped.iter().take(8);
    fault.causes = reasons.map(|s| format!("{}: {} ({})", s.locator, s.reason, s.code)).collect();
    fault.hint(if skipped.iter().any(|skipped| skipped.code == "GLY0421") {
        "an address inside of your own network is read when `fetch.allow` in the configuration names it"
    } else {
        "name a folder that may be read, or addresses that answer"
    })
}
