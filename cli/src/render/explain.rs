//! Why a goal went as it did: what it was, what each step cost, what was read and what was not, what
//! was chosen, what the review found, and every decision.

use std::time::Duration;

use galley_bus_core::log::Entry;
use galley_schemas::content::{Check, Corpus, Finding, Severity};
use galley_schemas::record::Event;
use galley_schemas::view::Status;

use super::history::{History, Past};
use super::status::{head, needs, time};
use super::text::{Line, Page, Tone, width};
use super::{At, digest, events, step, words};

/// Most skipped documents that are told one by one.
const SKIPPED_MAX: usize = 50;
/// Checks below this score are told.
const CHECK_GOOD: u8 = 7;
/// Where the text of a decision begins.
const INDENT: usize = 10;

/// What an explanation is made of, as far as it is there.
#[derive(Debug, Default)]
pub(crate) struct Story<'a> {
    pub(crate) entries: &'a [Entry],
    pub(crate) status: Option<&'a Status>,
    pub(crate) corpus: Option<Corpus>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) checks: Vec<Check>,
}

/// The whole explanation.
pub(crate) fn page(story: &Story<'_>, at: At) -> Page {
    let history = History::of(story.entries);
    let mut page = Page::new();
    if let Some(status) = story.status {
        page.extend(head(status, at));
        section(&mut page, "Steps", costs(status, &history, at));
    }
    section(&mut page, "Not read", skipped(story.corpus.as_ref(), at));
    section(&mut page, "Choices", choices(story.entries, at));
    section(&mut page, "Review", findings(&story.findings, at));
    section(&mut page, "Search engines", checks(&story.checks, at));
    section(&mut page, "Decisions", decisions(story.entries, &history, at));
    if let Some(status) = story.status {
        page.gap();
        page.extend(needs(status, at));
    }
    page
}

fn section(page: &mut Page, title: &str, content: Page) {
    if !content.lines().is_empty() {
        page.gap();
        page.push(Line::new().strong(title));
        page.extend(content);
    }
}

/// A column of the table of costs.
struct Cost {
    title: &'static str,
    width: usize,
    cell: fn(&Past, Option<Duration>) -> String,
}

/// What each step cost. Without a model there is nothing to tell but tries and time.
const COSTS: [Cost; 5] = [
    Cost { title: "tries", width: 7, cell: |past, _| past.attempts.to_string() },
    Cost { title: "time", width: 8, cell: |_, took| took.map(words::elapsed).unwrap_or_default() },
    Cost { title: "calls", width: 7, cell: |past, _| words::number(past.spent.calls) },
    Cost { title: "tokens", width: 9, cell: |past, _| words::number(past.spent.tokens) },
    Cost { title: "cost", width: 9, cell: |past, _| words::usd(past.spent.usd_micros) },
];

/// Each step with its time and its cost.
fn costs(status: &Status, history: &History, at: At) -> Page {
    let view = &status.view;
    let asked = view.spent.calls > 0 || view.spent.usd_micros > 0;
    let shown = COSTS.get(..if asked { 5 } else { 2 }).unwrap_or_default();
    let name = view.steps.iter().map(|step| width(step.step.as_str())).max().unwrap_or_default();
    let row = |line: Line, cell: &dyn Fn(&Cost) -> String| {
        shown.iter().fold(line.pad(name + 4), |line, cost| {
            let wide = cost.width;
            line.dim(format!("{:>wide$}", cell(cost)))
        })
    };
    let mut page = Page::new();
    page.push(row(Line::new(), &|cost| cost.title.to_owned()).cut(at.columns));
    for view in &view.steps {
        let (tone, mark) = step::mark(&view.progress);
        let line = Line::new().plain("  ").say(tone, mark).plain(format!(" {}", view.step));
        let past = history.step(&view.step);
        let line = row(line, &|cost| {
            let told = |past: &Past| (cost.cell)(past, time(past, &view.progress, at.now));
            past.map(told).unwrap_or_default()
        });
        page.push(line.plain("  ").join(step::doing(status, view)).cut(at.columns));
    }
    page
}

/// What could not be read, and why.
fn skipped(corpus: Option<&Corpus>, at: At) -> Page {
    let mut page = Page::new();
    let Some(corpus) = corpus.filter(|corpus| !corpus.skipped.is_empty()) else { return page };
    for skipped in corpus.skipped.iter().take(SKIPPED_MAX) {
        let line = Line::new()
            .plain("  ")
            .dim(&skipped.code)
            .plain("  ")
            .strong(&skipped.locator)
            .plain(format!(": {}", skipped.reason));
        page.push_wrapped(line, at.prose, 11);
    }
    let more = corpus.skipped.len().saturating_sub(SKIPPED_MAX);
    if more > 0 {
        page.push(Line::new().dim(format!("  and {more} more")));
    }
    let all = corpus.sources.len() + corpus.skipped.len();
    let sum = format!("  {} of {all} documents were skipped", corpus.skipped.len());
    page.push(Line::new().dim(sum));
    page
}

/// What was chosen, among what, with which probability.
fn choices(entries: &[Entry], at: At) -> Page {
    let mut page = Page::new();
    for event in entries.iter().flat_map(|entry| &entry.record.events) {
        let Event::Done { task, choices, .. } = event else { continue };
        for choice in choices {
            let line = Line::new().plain(format!("  {}: ", words::task(task)));
            page.push_wrapped(line.join(events::choice(choice)), at.prose, 4);
        }
    }
    page
}

fn findings(findings: &[Finding], at: At) -> Page {
    let mut page = Page::new();
    for finding in findings {
        let (tone, word) = match finding.severity {
            Severity::Note => (Tone::Dim, "note"),
            Severity::Minor => (Tone::Plain, "minor"),
            Severity::Major => (Tone::Warn, "major"),
            Severity::Blocking => (Tone::Bad, "blocking"),
        };
        let line = Line::new()
            .plain("  ")
            .say(tone, word)
            .pad(12)
            .dim(format!("{}: ", finding.rule.replace('_', " ")))
            .plain(&finding.advice);
        page.push_wrapped(line, at.prose, 12);
        if let Some(sentence) = &finding.sentence {
            let line = Line::new().plain(" ".repeat(12)).dim(digest::quoted(sentence));
            page.push_wrapped(line, at.prose, 12);
        }
    }
    page
}

/// The checks that could be better, and how.
fn checks(checks: &[Check], at: At) -> Page {
    let mut page = Page::new();
    for check in checks.iter().filter(|check| check.score < CHECK_GOOD && !check.fix.is_empty()) {
        let line = Line::new()
            .plain(format!("  {}/9  ", check.score))
            .dim(format!("{}: ", check.name.replace('_', " ")))
            .plain(format!("{} (wanted: {}); {}", check.value, check.wanted, check.fix));
        page.push_wrapped(line, at.prose, 7);
    }
    page
}

/// Every decision, in order: when, on which input, what happened, what it caused.
fn decisions(entries: &[Entry], history: &History, at: At) -> Page {
    let mut page = Page::new();
    let Some(first) = entries.first() else { return page };
    for Entry { seq, record } in entries {
        let time = words::elapsed(words::between(first.record.at, record.at));
        let head = Line::new()
            .dim(format!("{time:>8}  "))
            .strong(events::input(record, history))
            .dim(format!("  #{seq}"));
        page.push_wrapped(head, at.prose, INDENT);
        for line in events::happened(&record.events).into_iter().chain(events::acts(&record.acts)) {
            let line = Line::new().plain(" ".repeat(INDENT)).join(line);
            page.push_wrapped(line, at.prose, INDENT + 2);
        }
    }
    page
}
