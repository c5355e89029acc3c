//! Searching: queries over the configured engines, pages through the guard, texts as sources.
//!
//! Everything is a step of the journal: a restart repeats no search and fetches no page again. What a
//! page says decides nothing here; an address comes from an engine's answer alone, and passes the goal's
//! domains before it is fetched and, where redirects led elsewhere, before its text is read.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _};
use galley_agents_sdk::Context;
use galley_agents_web::search::{Domains, Hit, SearchQuery};
use galley_agents_web::suspicion::for_readers;
use galley_agents_web::{Fetched, RawDocument, Sketch, extract_apart, fold_address};
use galley_schemas::artifact::{ArtifactRef, Digest};
use galley_schemas::content::{Dossier, Folded, Search, Searched, Skipped, Source};
use galley_schemas::fault::Fault;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::config::Searching;
use crate::rules::plan::Query;
use crate::rules::shelf::{Book, Shelf};
use crate::rules::twins::{Compared, sift};
use crate::rules::weigh::{host_of, origin};

/// Longest title and snippet of a hit that are kept, in characters.
const TITLE_CHARS_MAX: usize = 200;
const SNIPPET_CHARS_MAX: usize = 300;

/// A page that an engine named; what is kept of a [`Hit`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Lead {
    /// Its address; of a file, its path.
    pub(crate) locator: String,
    pub(crate) title: String,
    pub(crate) snippet: String,
    author: Option<String>,
    publisher: Option<String>,
    published: Option<chrono::NaiveDate>,
    /// The document, when the engine gave it.
    document: Option<Given>,
}

/// A document that an engine gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Given {
    bytes: ArtifactRef,
    url: Option<String>,
    charset: Option<String>,
}

/// What engines answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Answered {
    leads: Vec<Lead>,
    failed: Vec<String>,
}

/// What a search named.
#[derive(Debug)]
pub(crate) struct Named {
    /// Its number.
    pub(crate) search: usize,
    pub(crate) leads: Vec<Lead>,
}

/// A page that was read, or why not.
type Outcome = Result<Source, Skipped>;

/// Everything that searching has brought so far.
#[derive(Debug, Default)]
pub(crate) struct Finds {
    pub(crate) sources: Vec<Source>,
    pub(crate) searches: Vec<Searched>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) folded: Vec<(Digest, Folded)>,
}

impl Finds {
    /// Notes in a dossier what was searched, what was left out, and what was folded into what.
    pub(crate) fn note_in(self, dossier: &mut Dossier) {
        dossier.searches = self.searches;
        dossier.skipped = self.skipped;
        for (kept, folded) in self.folded {
            if let Some(note) = dossier.notes.iter_mut().find(|note| note.source == kept) {
                note.folded.push(folded);
            }
        }
    }
}

/// Searches for one section.
pub(crate) struct Scout<'a> {
    ctx: &'a Context,
    config: &'a Searching,
    language: Option<String>,
    domains: Domains,
    /// Folded addresses that were looked at, or are in the corpus.
    seen: BTreeSet<String>,
    known: Vec<Compared>,
    per_origin: BTreeMap<String, usize>,
    pages: usize,
    pub(crate) finds: Finds,
}

impl<'a> Scout<'a> {
    /// Somebody who searches beside a corpus, within a goal's bounds; nobody, when nothing may be
    /// searched or no engine is configured.
    pub(crate) fn new(
        ctx: &'a Context,
        config: &'a Searching,
        wish: &Search,
        shelf: &Shelf,
    ) -> Option<Self> {
        if wish.off || ctx.search().is_empty() || config.rounds_max == 0 {
            return None;
        }
        let compared =
            |book: &Book| Compared { source: book.source.clone(), sketch: Sketch::of(&book.text) };
        let addresses = shelf.books.iter().flat_map(|book| {
            book.source.url.iter().chain([&book.source.locator]).map(|url| fold_address(url))
        });
        Some(Self {
            ctx,
            config,
            language: shelf.books.iter().find_map(|book| book.source.language.clone()),
            domains: Domains { allow: wish.allow.clone(), block: wish.block.clone() },
            seen: addresses.collect(),
            known: shelf.books.iter().map(compared).collect(),
            per_origin: BTreeMap::new(),
            pages: 0,
            finds: Finds::default(),
        })
    }

    /// One round: every query is asked, and what is new among the answers is read. Returns the sources
    /// that this added.
    pub(crate) async fn round(
        &mut self,
        number: u32,
        queries: &[Query],
    ) -> Result<Vec<Source>, Fault> {
        let mut leads = Vec::new();
        for query in queries {
            leads.push(self.asked(number, query).await?);
        }
        let chosen = self.choose(&leads);
        self.read(chosen).await
    }

    /// What engines name for a query; for a broader one, when they name nothing. With the number of the
    /// search that named it.
    pub(crate) async fn asked(&mut self, round: u32, query: &Query) -> Result<Named, Fault> {
        let mut leads = self.ask(round, query).await?;
        if let Some(broader) = query.broader().filter(|_| leads.is_empty()) {
            leads = self.ask(round, &broader).await?;
        }
        Ok(Named { search: self.finds.searches.len().saturating_sub(1), leads })
    }

    fn was_asked(&self, query: &Query) -> bool {
        self.finds.searches.iter().any(|searched| searched.query == query.text())
    }

    async fn ask(&mut self, round: u32, query: &Query) -> Result<Vec<Lead>, Fault> {
        if self.was_asked(query) {
            return Ok(Vec::new());
        }
        self.ctx.progress(format!("searching for “{}”", query.text()));
        let name = format!("search {}", query.text());
        let answered = self.ctx.step(&name, self.answers(query)).await?;
        self.finds.searches.push(Searched {
            query: query.text().to_owned(),
            round,
            found: count(answered.leads.len()),
            added: 0,
            failed: answered.failed,
        });
        Ok(answered.leads)
    }

    async fn answers(&self, query: &Query) -> Result<Answered, Fault> {
        let query = SearchQuery {
            text: query.text().to_owned(),
            language: self.language.clone(),
            domains: self.domains.clone(),
            today: Some(self.ctx.now().date_naive()),
            newer_than: None,
        };
        let findings = self.ctx.search().search(&query, self.config.hits_max).await;
        let mut leads = Vec::new();
        for hit in findings.hits.into_iter().take(self.config.hits_max) {
            leads.push(lead(self.ctx, hit).await?);
        }
        let failed = findings.failed.iter().map(|error| format!("{error} ({})", error.code()));
        Ok(Answered { leads, failed: failed.collect() })
    }

    /// The leads to follow: each page once, those of all queries in turn, few of one origin.
    fn choose(&mut self, named: &[Named]) -> Vec<(usize, Lead)> {
        let mut chosen = Vec::new();
        let longest = named.iter().map(|named| named.leads.len()).max().unwrap_or(0);
        for place in 0..longest {
            for Named { search, leads } in named {
                let Some(lead) = leads.get(place) else { continue };
                if self.may_follow(lead) {
                    chosen.push((*search, lead.clone()));
                }
            }
        }
        chosen
    }

    /// Whether a page is to be read; counts it when it is.
    pub(crate) fn may_follow(&mut self, lead: &Lead) -> bool {
        let origin = host_of(&lead.locator).unwrap_or_else(|| "files".to_owned());
        let of_origin = self.per_origin.get(&origin).copied().unwrap_or(0);
        let fits = self.pages < self.config.pages_max && of_origin < self.config.per_origin_max;
        let may = fits
            && self.domains.permit(&lead.locator)
            && self.seen.insert(fold_address(&lead.locator));
        if may {
            self.pages += 1;
            self.per_origin.insert(origin, of_origin + 1);
        }
        may
    }

    /// Reads pages, each with the number of the search that named it, sifts out near-duplicates, and
    /// keeps the rest.
    pub(crate) async fn read(&mut self, leads: Vec<(usize, Lead)>) -> Result<Vec<Source>, Fault> {
        let (ctx, config, domains) = (self.ctx, self.config, &self.domains);
        let outcomes: Vec<(usize, Outcome)> = futures::stream::iter(leads)
            .map(|(search, lead)| async move {
                let name = format!("page {}", fold_address(&lead.locator));
                let page = ctx.step(&name, read(ctx, config, domains, lead)).await?;
                Ok::<_, Fault>((search, page))
            })
            .buffered(config.at_once.max(1))
            .try_collect()
            .await?;
        let (mut new, mut named_by) = (Vec::new(), BTreeMap::new());
        for (search, outcome) in outcomes {
            match outcome {
                Ok(source) => {
                    named_by.insert(source.id.clone(), search);
                    let text = self.ctx.get_bytes(&source.text).await?;
                    let sketch = Sketch::of(&String::from_utf8_lossy(&text));
                    new.push(Compared { source, sketch });
                }
                Err(skipped) => self.finds.skipped.push(skipped),
            }
        }
        let sifted = sift(&self.known, new, self.config.duplicate_from);
        self.finds.folded.extend(sifted.folded);
        let kept: Vec<Source> = sifted.kept.iter().map(|one| one.source.clone()).collect();
        for search in kept.iter().filter_map(|source| named_by.get(&source.id)) {
            if let Some(searched) = self.finds.searches.get_mut(*search) {
                searched.added = searched.added.saturating_add(1);
            }
        }
        self.finds.sources.extend(kept.iter().cloned());
        self.known.extend(sifted.kept);
        Ok(kept)
    }
}

async fn lead(ctx: &Context, hit: Hit) -> Result<Lead, Fault> {
    let short = |text: String, most: usize| text.chars().take(most).collect::<String>();
    let document = match hit.document {
        Some(raw) => Some(Given {
            bytes: ctx.put_bytes(raw.bytes, &raw.media_type).await?,
            url: raw.url,
            charset: raw.charset,
        }),
        None => None,
    };
    Ok(Lead {
        locator: hit.url,
        title: short(hit.title, TITLE_CHARS_MAX),
        snippet: short(hit.snippet, SNIPPET_CHARS_MAX),
        author: hit.author,
        publisher: hit.publisher,
        published: hit.published,
        document,
    })
}

/// Reads a page and stores it. What is wrong with the page is an outcome; only a store that cannot be
/// reached is a fault.
async fn read(
    ctx: &Context,
    config: &Searching,
    domains: &Domains,
    lead: Lead,
) -> Result<Outcome, Fault> {
    let raw = match &lead.document {
        Some(given) => RawDocument {
            locator: lead.locator.clone(),
            url: given.url.clone(),
            media_type: given.bytes.media_type.clone(),
            charset: given.charset.clone(),
            bytes: ctx.get_bytes(&given.bytes).await?,
        },
        None => match ctx.web().get(&lead.locator).await {
            Ok(page) => of_page(page),
            Err(error) => return Ok(Err(skipped(&lead.locator, error.code(), error.to_string()))),
        },
    };
    if !domains.permit(&raw.locator) || !ctx.search().domains().permit(&raw.locator) {
        let reason = format!("it led to {}, where nothing may come from", raw.locator);
        return Ok(Err(skipped(&lead.locator, "GLY0449", reason)));
    }
    let document = match extract_apart(raw.clone(), config.extract.clone()).await {
        Ok(document) => document,
        Err(error) => return Ok(Err(skipped(&raw.locator, error.code(), error.to_string()))),
    };
    let words = count(document.text.unicode_words().count());
    let (original, text) = futures::try_join!(
        ctx.put_bytes(raw.bytes, &raw.media_type),
        ctx.put_bytes(document.text.into(), "text/plain"),
    )?;
    let mut source = Source {
        id: original.sha256.clone(),
        original,
        text,
        title: for_readers(document.title).unwrap_or_else(|| raw.locator.clone()),
        author: document.author.or(lead.author).and_then(for_readers),
        publisher: document.publisher.or(lead.publisher).and_then(for_readers),
        published: document.published.or(lead.published),
        language: document.language,
        url: raw.url.clone(),
        locator: raw.locator,
        words,
        headings: document.headings,
    };
    // A page's word for its own address counts only within its own domain.
    let canonical = Source { url: document.url.clone(), ..source.clone() };
    if document.url.is_some() && origin(&canonical) == origin(&source) {
        source.url = document.url;
    }
    Ok(Ok(source))
}

fn of_page(page: Fetched) -> RawDocument {
    RawDocument {
        locator: page.url.clone(),
        url: Some(page.url),
        media_type: page.media_type,
        charset: page.charset,
        bytes: page.body,
    }
}

fn skipped(locator: &str, code: &str, reason: String) -> Skipped {
    Skipped { locator: locator.to_owned(), code: code.to_owned(), reason }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
