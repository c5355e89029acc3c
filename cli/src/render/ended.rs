//! What a run leaves its user with: where the article stands, how good it is, how to see why.

use std::path::Path;

use galley_schemas::content::{Post, PostState};
use galley_schemas::view::Status;
use serde_json::Value;

use super::text::{Line, Page, Tone};
use super::{At, status, words};

/// What a run knows of its surroundings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct House<'a> {
    /// The folder of the site, where it is known.
    pub(crate) site: Option<&'a Path>,
    /// Whether a model writes, as far as is known.
    pub(crate) has_model: bool,
}

/// The goal was carried out by another process, and nothing is known of its surroundings.
pub(crate) const ELSEWHERE: House<'static> = House { site: None, has_model: true };

/// The end of a goal that was done.
pub(crate) fn done(status: &Status, house: House<'_>) -> Page {
    let mut page = Page::new();
    let goal = words::short(&status.view.goal);
    for post in posts(status) {
        let place = match house.site {
            Some(site) if post.target == "site" => {
                site.join(&post.id).join("index.html").display().to_string()
            }
            Some(_) | None => post.url,
        };
        let (tone, how) = match post.state {
            PostState::Live => (Tone::Good, "published"),
            PostState::Draft => (Tone::Plain, "draft    "),
            PostState::Scheduled => (Tone::Plain, "scheduled"),
        };
        page.push(Line::new().say(tone, how).plain("  ").strong(place));
    }
    for preview in listed(status, "previews") {
        let target = preview.get("target").and_then(Value::as_str).unwrap_or_default();
        page.push(fact("dry run", &format!("{target}: nothing written")));
    }
    for missed in listed(status, "missed") {
        let target = missed.get("target").and_then(Value::as_str).unwrap_or_default();
        let why = missed.pointer("/fault/message").and_then(Value::as_str).unwrap_or_default();
        page.push(Line::new().say(Tone::Warn, "missed").pad(11).plain(format!("{target}: {why}")));
    }
    page.push(fact("", &judged(status)));
    page.push(fact("", &cost(status)));
    if !house.has_model {
        page.push(fact("", "a digest of attributed quotes, since no model is configured:"));
        page.push(fact("", "set GALLEY_MODEL_URL or ANTHROPIC_API_KEY for prose"));
    }
    page.push(fact("why", &format!("galley explain {goal}")));
    page.push(fact("proof", &format!("galley explain {goal} --proof")));
    if let Some(site) = house.site {
        page.push(fact("look", &address(site)));
    }
    page
}

/// The end of a goal that was not done.
pub(crate) fn failed(found: &Status, at: At) -> Page {
    let mut page = status::needs(found, at);
    page.push(
        Line::new()
            .dim("  why: ")
            .plain(format!("galley explain {}", words::short(&found.view.goal))),
    );
    page
}

fn fact(name: &str, value: &str) -> Line {
    Line::new().dim(name).pad(11).plain(value)
}

fn output<'a>(status: &'a Status, step: &str) -> Option<&'a Value> {
    let found = status.view.steps.iter().find(|view| view.step.as_str() == step);
    found.and_then(|view| view.output.as_ref())
}

fn posts(status: &Status) -> Vec<Post> {
    let posts = output(status, "publish").and_then(|output| output.get("posts"));
    posts.and_then(|posts| serde_json::from_value(posts.clone()).ok()).unwrap_or_default()
}

/// A list of what publishing gave.
pub(crate) fn listed<'a>(status: &'a Status, name: &str) -> &'a [Value] {
    let list = output(status, "publish").and_then(|output| output.get(name));
    list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// How good it is and what it rests on.
fn judged(status: &Status) -> String {
    let review = output(status, "review");
    let field = |name: &str| review.and_then(|review| review.get(name));
    let number = |name: &str| field(name).and_then(Value::as_u64);
    let score = field("score").and_then(Value::as_f64).map(|score| format!("score {score:.2}"));
    let rests = number("claims").zip(number("sources")).map(|(claims, sources)| {
        let claims = words::count(claims, "claim", "claims");
        format!("{claims} from {}", words::count(sources, "source", "sources"))
    });
    let said: Vec<String> = [score, rests].into_iter().flatten().collect();
    said.join(" · ")
}

/// What it cost.
fn cost(status: &Status) -> String {
    let view = &status.view;
    let spend = words::spend(&view.spent, &view.budget);
    let took = view.started.zip(view.ended).map(|(from, to)| words::between(from, to));
    took.map_or_else(|| spend.clone(), |took| format!("{} · {spend}", words::elapsed(took)))
}

/// How to look at the site.
fn address(site: &Path) -> String {
    let index = site.join("index.html");
    let index = index.canonicalize().unwrap_or(index);
    url::Url::from_file_path(&index)
        .map_or_else(|()| index.display().to_string(), |address| address.to_string())
}
