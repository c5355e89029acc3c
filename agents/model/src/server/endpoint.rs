//! One model at one provider: tries, within what the provider admits and what the model's health
//! allows.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::client::Client;
use super::health::{Admission, Health, Sort};
use super::provider::Provider;
use super::retry::{Failed, Retry, seed, spread};
use crate::chat::{Chat, Ear, Heard};
use crate::config::Price;
use crate::port::{ModelError, Usage};
use crate::price::{self, Tokens};
use crate::protocol::{self, Ask, Collected, Quirks, Wire};

/// Most things that one call may learn of a server.
const LESSONS_MAX: u32 = 8;
/// Largest request in bytes.
const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of text to a token: an estimate on the safe side, for servers that do not tell.
const BYTES_PER_TOKEN: usize = 3;

/// One model at one provider.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) model: String,
    pub(super) client: Client,
    pub(super) provider: Arc<Provider>,
    pub(super) retry: Retry,
    pub(super) context_max: u32,
    /// Prices that the user set.
    pub(super) prices: Arc<BTreeMap<String, Price>>,
    pub(super) health: Mutex<Health>,
    pub(super) quirks: Mutex<Quirks>,
}

/// What is asked for.
#[derive(Clone, Copy)]
pub(super) enum Job<'a> {
    /// The next turn of a conversation.
    Converse(&'a Chat),
    /// Vectors for texts.
    Embed(&'a [String]),
}

/// A call on its way through a chain of models.
#[derive(Clone, Copy)]
pub(super) struct Errand<'a> {
    pub(super) job: Job<'a>,
    pub(super) ear: &'a dyn Ear,
    /// When its time is over.
    pub(super) until: Instant,
}

/// What a call used so far, over all tries and models.
#[derive(Debug, Default)]
pub(super) struct Bill {
    pub(super) usage: Usage,
    pub(super) usd_micros: u64,
}

/// Why there is no reply.
#[derive(Debug)]
pub(super) enum Unsaid {
    /// The model was not asked at all; it may be after so long.
    NotAsked { wait: Duration, error: ModelError },
    /// It was asked, and this came of it.
    Failed(ModelError),
}

impl Bill {
    fn add(&mut self, price: Option<Price>, tokens: &Tokens) {
        let Usage { input_tokens, output_tokens } = tokens.usage();
        self.usage.input_tokens = self.usage.input_tokens.saturating_add(input_tokens);
        self.usage.output_tokens = self.usage.output_tokens.saturating_add(output_tokens);
        let usd_micros = price.map_or(0, |price| price.usd_micros(tokens));
        self.usd_micros = self.usd_micros.saturating_add(usd_micros);
    }
}

impl Errand<'_> {
    /// What it is for.
    pub(super) fn purpose(&self) -> &str {
        match self.job {
            Job::Converse(chat) => &chat.purpose,
            Job::Embed(_) => "embed",
        }
    }

    fn seed(&self) -> u64 {
        match self.job {
            Job::Converse(chat) => {
                let last = chat.messages.last().map(|message| format!("{message:?}"));
                seed(&last.unwrap_or_default())
            }
            Job::Embed(texts) => seed(texts.first().map_or("", String::as_str)),
        }
    }

    fn tokens_max(&self) -> u64 {
        match self.job {
            Job::Converse(chat) => chat.tokens_max.into(),
            Job::Embed(_) => 0,
        }
    }
}

impl Endpoint {
    /// Asks, as often as is allowed. What was used is added to the bill, also when it comes to nothing.
    pub(super) async fn ask(
        &self,
        errand: &Errand<'_>,
        bill: &mut Bill,
    ) -> Result<Collected, Unsaid> {
        let (mut tries, mut lessons, mut last) = (1, 0, None);
        loop {
            let failed = match self.attempt(errand, bill, &mut lessons).await {
                Ok(collected) => return Ok(collected),
                Err(Attempt::Learned) => continue,
                Err(Attempt::Failed(failed)) => failed,
                Err(Attempt::NotAsked(unsaid)) => {
                    return Err(last.map_or(unsaid, Unsaid::Failed));
                }
            };
            let wait = self.retry.next(&failed, tries, errand.seed());
            let Some(wait) = wait.filter(|wait| Instant::now() + *wait <= errand.until) else {
                return Err(Unsaid::Failed(failed.error));
            };
            tracing::debug!(
                purpose = errand.purpose(), model = %self.model, tries, ?wait, error = %failed.error,
                "model call is tried again"
            );
            errand.ear.hear(Heard::Anew);
            tokio::time::sleep(wait).await;
            tries += 1;
            last = Some(failed.error);
        }
    }

    /// One try.
    async fn attempt(
        &self,
        errand: &Errand<'_>,
        bill: &mut Bill,
        lessons: &mut u32,
    ) -> Result<Collected, Attempt> {
        let pass = self.pass(errand).await.map_err(Attempt::NotAsked)?;
        let known = self.known();
        let wire = self.wire(&errand.job, &known.quirks);
        let sent = wire.body.to_string().len();
        if sent > REQUEST_BYTES_MAX {
            return Err(Attempt::Failed(too_large(sent).into()));
        }
        let about = tokens(sent).saturating_add(errand.tokens_max());
        let place = self.provider.place(about, errand.until).await;
        let place = place.map_err(|wait| Attempt::NotAsked(busy(wait)))?;
        let tried = match errand.job {
            Job::Converse(_) => self.client.converse(&wire, errand.ear).await,
            Job::Embed(texts) => self.client.embed(&wire, texts.len()).await,
        };
        match tried {
            Ok(mut collected) => {
                if collected.tokens.total() == 0 {
                    collected.tokens = estimate(sent, &collected);
                }
                place.settle(collected.tokens.total());
                pass.answered();
                bill.add(self.price(&collected.model), &collected.tokens);
                Ok(collected)
            }
            Err(failed) => {
                place.settle(failed.tokens.total());
                bill.add(self.price(""), &failed.tokens);
                if *lessons < LESSONS_MAX && self.learns(&failed.error, &wire, &known) {
                    *lessons += 1;
                    pass.answered();
                    return Err(Attempt::Learned);
                }
                pass.failed(&failed);
                Err(Attempt::Failed(failed))
            }
        }
    }

    fn known(&self) -> Known {
        let quirks = self.quirks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Known { quirks, key: self.client.key.edition() }
    }

    fn wire(&self, job: &Job<'_>, quirks: &Quirks) -> Wire {
        let protocol = self.client.protocol;
        match job {
            Job::Converse(chat) => {
                let Self { model, context_max, .. } = self;
                protocol::request(protocol, &Ask { model, chat, quirks, context_max: *context_max })
            }
            Job::Embed(texts) => protocol::embedding(protocol, &self.model, texts),
        }
    }

    /// Whether the server's refusal teaches how to ask it, with another key or in another way; also
    /// when another call learned that while this one was out.
    fn learns(&self, error: &ModelError, wire: &Wire, known: &Known) -> bool {
        let ModelError::Rejected { status, message } = error else { return false };
        match status {
            401 | 403 => self.client.key.reread(known.key),
            400 | 404 | 415 | 422 | 501 => {
                let mut quirks = self.quirks.lock().unwrap_or_else(PoisonError::into_inner);
                if *quirks != known.quirks {
                    return true;
                }
                let Some(learned) = quirks.learn(message, &wire.body) else { return false };
                tracing::info!(model = %self.model, ?learned, message, "asking the server in another way");
                *quirks = learned;
                true
            }
            _ => false,
        }
    }

    /// Waits as long as the server asked to, within the bounds, or says why the model is not asked.
    async fn pass(&self, errand: &Errand<'_>) -> Result<Pass<'_>, Unsaid> {
        loop {
            let now = Instant::now();
            match self.with_health(|health| health.admit(now)) {
                Admission::Open(sort) => return Ok(Pass { endpoint: self, sort, settled: false }),
                Admission::Asked(wait) if wait <= self.retry.most && now + wait <= errand.until => {
                    // Everybody waits for the same moment; not everybody comes back in it.
                    let late = spread(wait / 4, errand.seed());
                    tokio::time::sleep(wait + late).await;
                }
                Admission::Asked(wait) => return Err(busy(wait)),
                Admission::Shut(wait) => {
                    let what = self.with_health(|health| health.complaint());
                    let error = ModelError::Unavailable { what, cause: None };
                    return Err(Unsaid::NotAsked { wait, error });
                }
            }
        }
    }

    /// What its tokens cost: by its name, or by the name that the server gives it.
    pub(super) fn price(&self, answered: &str) -> Option<Price> {
        let named = price::of(&self.prices, &self.model);
        let price = named.or_else(|| price::of(&self.prices, answered))?;
        let dear = self.client.protocol.maker() == "anthropic";
        Some(if dear { price.with_dear_cache() } else { price })
    }

    fn with_health<T>(&self, work: impl FnOnce(&mut Health) -> T) -> T {
        work(&mut self.health.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What was known of a server when a request was sent.
struct Known {
    quirks: Quirks,
    /// The key's edition.
    key: u64,
}

/// How one try ended, if not with a reply.
enum Attempt {
    NotAsked(Unsaid),
    /// The server is asked in another way, at once.
    Learned,
    Failed(Failed),
}

fn too_large(bytes: usize) -> ModelError {
    let message = format!("a request of {bytes} bytes is larger than {REQUEST_BYTES_MAX}");
    ModelError::Rejected { status: 413, message }
}

fn busy(wait: Duration) -> Unsaid {
    let error = ModelError::Busy { status: 429, after: Some(wait) };
    Unsaid::NotAsked { wait, error }
}

/// An admitted try: it says how the model fares, also when its caller goes away.
struct Pass<'a> {
    endpoint: &'a Endpoint,
    sort: Sort,
    settled: bool,
}

impl Pass<'_> {
    fn answered(mut self) {
        self.settled = true;
        self.endpoint.with_health(Health::answered);
    }

    fn failed(mut self, failed: &Failed) {
        self.settled = true;
        let now = Instant::now();
        self.endpoint.with_health(|health| {
            match &failed.error {
                // Too many requests are our doing; a server that says so is well.
                ModelError::Busy { status: 429, .. }
                | ModelError::Refused { .. }
                | ModelError::Invalid { .. }
                | ModelError::Rejected { .. } => health.answered(),
                error @ (ModelError::Busy { .. }
                | ModelError::Unavailable { .. }
                | ModelError::Timeout { .. }) => health.failed(now, error.to_string()),
            }
            if let Some(after) = failed.after {
                health.asked_to_wait(now, after);
            }
        });
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if !self.settled && self.sort == Sort::Probe {
            self.endpoint.with_health(|health| health.abandoned(Instant::now()));
        }
    }
}

fn tokens(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(u64::MAX)
}

/// What a call used, where the server does not tell.
fn estimate(sent: usize, collected: &Collected) -> Tokens {
    let calls: usize = collected.calls.values().map(|call| call.input.len()).sum();
    let written = tokens(collected.text.len().saturating_add(calls));
    Tokens { read: tokens(sent), written, ..Tokens::default() }
}
