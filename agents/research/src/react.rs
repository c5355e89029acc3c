//! A bounded loop in which a model looks for evidence: it searches, opens pages, notes claims.
//!
//! ```text
//!   turn ─▶ calls ─▶ search ───── Query: plain words about the section ─▶ engines
//!    ▲               open_page ── a number that a search gave, never an address
//!    │               note_claim ─ a quote that stands in an opened page, byte for byte
//!    └── outcomes ◀──┘
//! ```
//!
//! The model is taken to be hijacked by whatever it reads. So no tool takes an address, a query carries
//! no more than a few plain words of the section, and a claim that is noted is only ever a place in a
//! stored source. Every turn, search and page is journaled.

use std::collections::BTreeMap;

use galley_agents_knowledge::words::Language;
use galley_agents_model::{Call, Message, Outcome};
use galley_agents_sdk::{Context, Modeller};
use galley_agents_web::suspicion::{for_readers, suspects, without_suspects};
use galley_schemas::artifact::Digest;
use galley_schemas::content::{OutlineSection, Source};
use galley_schemas::fault::Fault;
use serde_json::Value;

use crate::agent::usable;
use crate::config::Looking;
use crate::prompts;
use crate::rules::plan::Query;
use crate::rules::restate::faithful;
use crate::rules::split::Span;
use crate::rules::verify::find;
use crate::scout::{Lead, Scout};

/// Turns without a new page or a new claim after which there is nothing more to find.
const IDLE_TURNS_MAX: u32 = 2;
/// The round that searches of the loop count as.
const ROUND: u32 = 100;

/// A claim that was noted: a place in a source, and what a model says that it states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Noted {
    pub(crate) source: Digest,
    pub(crate) span: Span,
    pub(crate) statement: String,
}

/// An opened page.
#[derive(Debug)]
struct Opened {
    source: Source,
    text: String,
}

/// What lies on the model's desk.
struct Desk<'a, 'b> {
    ctx: &'a Context,
    config: &'a Looking,
    scout: &'a mut Scout<'b>,
    section: &'a OutlineSection,
    language: Language,
    leads: Vec<(usize, Lead)>,
    opened: BTreeMap<usize, Opened>,
    noted: Vec<Noted>,
}

/// Lets a model look for evidence on a section, and gives what it noted.
pub(crate) async fn look(
    ctx: &Context,
    model: &Modeller<'_>,
    config: &Looking,
    (section, language): (&OutlineSection, Language),
    scout: &mut Scout<'_>,
) -> Result<Vec<Noted>, Fault> {
    let mut chat = prompts::look(section, config);
    let mut desk = Desk {
        ctx,
        config,
        scout,
        section,
        language,
        leads: Vec::new(),
        opened: BTreeMap::new(),
        noted: Vec::new(),
    };
    let (mut tokens, mut calls, mut idle) = (0_u64, 0_usize, 0_u32);
    for number in 1..=config.turns_max {
        let said = model.converse(&format!("look {number}"), &chat).await.map(Some);
        let Some(turn) = usable(ctx, said)? else { break };
        tokens = tokens.saturating_add(turn.said.usage.input_tokens);
        tokens = tokens.saturating_add(turn.said.usage.output_tokens);
        if turn.calls.is_empty() {
            break;
        }
        let before = (desk.opened.len(), desk.noted.len());
        chat.messages.push(turn.message());
        let mut outcomes = Vec::with_capacity(turn.calls.len());
        for call in &turn.calls {
            calls += 1;
            outcomes.push(desk.carry_out(call, calls <= config.calls_max).await?);
        }
        chat.messages.push(Message::Tools { outcomes });
        idle = if before == (desk.opened.len(), desk.noted.len()) { idle + 1 } else { 0 };
        if idle >= IDLE_TURNS_MAX || calls >= config.calls_max || tokens >= config.tokens_max {
            break;
        }
    }
    Ok(desk.noted)
}

impl Desk<'_, '_> {
    /// Carries a call out, when there is one left. What is wrong with it is an outcome: it lets the model
    /// correct itself.
    async fn carry_out(&mut self, call: &Call, is_left: bool) -> Result<Outcome, Fault> {
        if let Some(fault) = &call.fault {
            return Ok(Outcome::failure(call, fault.as_str()));
        }
        if !is_left {
            return Ok(Outcome::failure(call, "no calls are left"));
        }
        let done = match call.name.as_str() {
            "search" => self.search(text(call, "query")).await?,
            "open_page" => self.open(text(call, "page")).await?,
            "note_claim" => self.note(call),
            _ => Err("there is no such tool".to_owned()),
        };
        Ok(match done {
            Ok(said) => Outcome::of(call, said),
            Err(why) => Outcome::failure(call, why),
        })
    }

    async fn search(&mut self, query: &str) -> Result<Result<String, String>, Fault> {
        let Some(query) = Query::about(query, self.section, self.language) else {
            let why = "a query is a few plain words about the section, without addresses";
            return Ok(Err(why.to_owned()));
        };
        let named = self.scout.asked(ROUND, &query).await?;
        let mut shown = String::new();
        for lead in named.leads {
            let known = self.leads.iter().position(|(_, other)| other.locator == lead.locator);
            let place = known.unwrap_or_else(|| {
                self.leads.push((named.search, lead.clone()));
                self.leads.len() - 1
            });
            let line = |text: &str| for_readers(text.to_owned()).unwrap_or_default();
            let (title, snippet) = (line(&lead.title), line(&lead.snippet));
            shown.push_str(&format!("{} | {title} | {snippet}\n", place + 1));
        }
        Ok(if shown.is_empty() { Err("nothing was found".to_owned()) } else { Ok(shown) })
    }

    async fn open(&mut self, page: &str) -> Result<Result<String, String>, Fault> {
        let Some((number, search, lead)) = self.lead(page) else {
            return Ok(Err("open a page by the number that a search gave it".to_owned()));
        };
        if !self.opened.contains_key(&number) {
            if !self.scout.may_follow(&lead) {
                return Ok(Err("this page was read already, or no more pages may be".to_owned()));
            }
            let read = self.scout.read(vec![(search, lead)]).await?;
            let Some(source) = read.into_iter().next() else {
                return Ok(Err(
                    "this page cannot be used, or says what another one says".to_owned()
                ));
            };
            let bytes = self.ctx.get_bytes(&source.text).await?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            self.opened.insert(number, Opened { source, text });
        }
        let opened = self.opened.get(&number);
        let shown = opened.map(|opened| self.shown(number, opened));
        Ok(shown.ok_or_else(|| "this page is not open".to_owned()))
    }

    /// A page as the model sees it: without what is written for machines, as far as it goes, between marks
    /// that nobody who wrote it could know.
    fn shown(&self, number: usize, opened: &Opened) -> String {
        let (text, _) = without_suspects(&opened.text, &opened.source.headings);
        let text: String = text.chars().take(self.config.page_chars_max).collect();
        let key = opened.source.text.sha256.short();
        format!("<page number=\"{number}\" key=\"{key}\">\n{text}\n</page {key}>")
    }

    fn note(&mut self, call: &Call) -> Result<String, String> {
        let opened =
            self.lead(text(call, "page")).and_then(|(number, ..)| self.opened.get(&number));
        let Some(opened) = opened else { return Err("open the page first".to_owned()) };
        let span = find(&opened.text, text(call, "quote")).map_err(|why| why.to_string())?;
        let quote = span.of(&opened.text);
        let overlaps = |start: usize, end: usize| span.start < end && start < span.end;
        let suspects = suspects(&opened.text, &opened.source.headings);
        if suspects.iter().any(|suspect| overlaps(suspect.start, suspect.end)) {
            return Err("this is written for machines and is no evidence".to_owned());
        }
        let source = opened.source.id.clone();
        if self.noted.iter().any(|noted| noted.source == source && noted.span.overlaps(span)) {
            return Err("this is noted already".to_owned());
        }
        let statement = faithful(self.language, text(call, "statement"), quote);
        let statement = statement.unwrap_or_else(|| quote.to_owned());
        self.noted.push(Noted { source, span, statement });
        Ok(format!("noted; {} so far", self.noted.len()))
    }

    /// What a search gave a number to: the number, the search, the lead.
    fn lead(&self, page: &str) -> Option<(usize, usize, Lead)> {
        let number: usize = page.trim().parse().ok()?;
        let (search, lead) = self.leads.get(number.checked_sub(1)?)?;
        Some((number, *search, lead.clone()))
    }
}

/// A text of a call's input; empty when there is none.
fn text<'a>(call: &'a Call, name: &str) -> &'a str {
    call.input.get(name).and_then(Value::as_str).unwrap_or_default()
}
