//! What people read, word for word, at 80 columns; and that no text can break it.

mod samples;

use std::collections::BTreeMap;
use std::path::Path;

use chrono::TimeDelta;
use galley_schemas::artifact::Digest;
use galley_schemas::content::{Article, Check, Corpus, Finding};
use galley_schemas::view::{Progress, Status};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::doctor::{Health, Trouble};
use super::explain::Story;
use super::frame::{Scene, frame};
use super::history::History;
use super::text::{Colours, Line, Page};
use super::{At, doctor, ended, explain, live, proof, status};

const COLUMNS: usize = 80;

fn at() -> At {
    At { now: samples::start() + TimeDelta::milliseconds(62_250), columns: COLUMNS, prose: COLUMNS }
}

fn history() -> History {
    History::of(&samples::entries(&samples::records()[..3]))
}

fn lines(lines: &[Line]) -> String {
    lines.iter().map(|line| line.paint(Colours::Off) + "\n").collect()
}

/// Compares with the golden file; `UPDATE_GOLDEN=1` rewrites it.
#[track_caller]
fn check(name: &str, said: &str) {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/render/tests/golden"));
    let file = folder.join(name).with_extension("txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, said).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(said, golden, "{name} changed; UPDATE_GOLDEN=1 accepts it:\n{said}");
}

fn picture(value: Value, rows: Option<usize>) -> Vec<Line> {
    let status = samples::status(value);
    let history = history();
    frame(Scene { status: &status, history: &history, now: at().now, columns: COLUMNS - 1, rows })
}

#[test]
fn a_goal_under_way() {
    check("under_way", &lines(&picture(samples::under_way(), Some(24))));
}

#[test]
fn a_screen_that_is_too_low_shows_what_is_going_on() {
    check("low_screen", &lines(&picture(samples::under_way(), Some(8))));
}

#[test]
fn a_goal_that_failed_keeps_its_picture() {
    check("failed", &lines(&picture(samples::failed(), None)));
}

#[test]
fn plain_lines_say_each_step_once_in_each_round() {
    let mut said = BTreeMap::new();
    let mut all = Vec::new();
    let mut status = samples::status(samples::under_way());
    let mut look = |status: &Status| all.extend(live::changes(status, &history(), &mut said));
    look(&status);
    status.view.steps[2].progress = Progress::Running { done: 2, of: 3 };
    look(&status);
    look(&status);
    status.view.steps[3].progress = Progress::Running { done: 0, of: 1 };
    look(&status);
    status.view.steps[3].progress = Progress::Pending;
    look(&status);
    status.view.steps[3].round = 1;
    status.view.steps[3].progress = Progress::Running { done: 0, of: 1 };
    look(&status);
    check("plain", &lines(&all));
}

#[test]
fn a_goal_that_asks() {
    let status = samples::status(samples::asking());
    check("asking", &status::goal(&status, &history(), at()).to_string());
}

#[test]
fn a_list_of_goals() {
    let list = [samples::asking(), samples::failed()].map(samples::status);
    check("goals", &status::goals(&list, &status::Around::default(), at()).to_string());
}

fn findings() -> Value {
    json!([{ "rule": "uncited_fact", "severity": "major", "section": 1,
        "sentence": "Bees are blue.", "advice": "give a source for it, or take it out of the text" }])
}

fn checks() -> Value {
    json!([
        { "name": "title_width", "value": "612 px", "wanted": "1-600 px", "score": 3, "fix": "shorten the title" },
        { "name": "slug", "value": "bees", "wanted": "1-5 words", "score": 9, "fix": "" },
    ])
}

fn corpus() -> Value {
    json!({ "sources": [], "skipped": [
        { "locator": "empty.md", "code": "GLY0432", "reason": "it has 0 words of text; 40 are needed" }] })
}

#[test]
fn a_goal_explained() {
    let status = samples::status(samples::failed());
    let entries = samples::entries(&samples::records());
    let story = Story {
        entries: &entries,
        status: Some(&status),
        corpus: serde_json::from_value(corpus()).ok(),
        findings: serde_json::from_value(findings()).unwrap(),
        checks: serde_json::from_value(checks()).unwrap(),
    };
    check("explained", &explain::page(&story, at()).to_string());
}

#[test]
fn an_article_proven() {
    let article: Article = serde_json::from_value(samples::article()).unwrap();
    check("proven", &proof::page(&article, at()).to_string());
}

#[test]
fn a_system_examined() {
    let health = Health {
        waiting: 2,
        goals: 3,
        live: vec![samples::status(samples::asking())],
        stops: vec![serde_json::from_value(json!({ "scope": { "of": "all" }, "order": "stop", "by": "ops", "reason": "drill" })).unwrap()],
        is_up: false,
        troubles: vec![Trouble { goal: None, what: "refused".to_owned() }],
    };
    check("examined", &doctor::page(&health, at()).to_string());
}

fn is_free(text: &str) -> bool {
    text != "article" && text.parse::<Digest>().is_err()
}

/// Replaces the texts that anybody may write.
fn poison(value: &mut Value, text: &str) {
    const FREE: [&str; 26] = [
        "topic", "title", "message", "hint", "reason", "note", "summary", "target", "url",
        "locator", "by", "advice", "sentence", "text", "heading", "rule", "decision", "policy",
        "code", "path", "task", "key", "id", "name", "value", "fix",
    ];
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                match value {
                    // Names and digests are checked where they are read.
                    Value::String(old) if FREE.contains(&name.as_str()) && is_free(old) => {
                        *old = text.to_owned();
                    }
                    Value::Array(items) if items.iter().all(Value::is_string) => {
                        items.iter_mut().for_each(|item| *item = json!(text));
                    }
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Array(_)
                    | Value::Object(_) => poison(value, text),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn poisoned<T: serde::de::DeserializeOwned>(mut value: Value, text: &str) -> T {
    poison(&mut value, text);
    serde_json::from_value(value).unwrap()
}

/// Every page there is, of values that say this text wherever they can.
fn everything(text: &str, columns: usize) -> Vec<Page> {
    let at = At { columns, prose: columns, ..at() };
    let mut records = samples::records();
    records.iter_mut().for_each(|record| poison(record, text));
    let entries = samples::entries(&records);
    let history = History::of(&entries);
    let all = [samples::under_way(), samples::asking(), samples::failed()];
    let all: Vec<Status> = all.into_iter().map(|value| poisoned(value, text)).collect();
    let mut pages = vec![
        status::goals(&all, &status::Around::default(), at),
        proof::page(&poisoned::<Article>(samples::article(), text), at),
    ];
    for status in &all {
        let rows = Some(24);
        let scene = Scene { status, history: &history, now: at.now, columns, rows };
        let mut picture = Page::new();
        frame(scene).into_iter().for_each(|line| picture.push(line));
        let story = Story {
            entries: &entries,
            status: Some(status),
            corpus: Some(poisoned::<Corpus>(corpus(), text)),
            findings: poisoned::<Vec<Finding>>(findings(), text),
            checks: poisoned::<Vec<Check>>(checks(), text),
        };
        pages.extend([picture, status::goal(status, &history, at), explain::page(&story, at)]);
        let house = ended::House { site: Some(Path::new("site")), has_model: false };
        // Paths and addresses are not parted: they may be wider.
        let end = ended::done(status, house).to_string();
        assert!(!end.replace('\n', "").chars().any(char::is_control), "{end:?}");
    }
    pages
}

#[track_caller]
fn assert_harmless(text: &str, columns: usize) {
    for page in everything(text, columns) {
        for line in page.lines() {
            let said = line.paint(Colours::Off);
            assert!(!said.chars().any(char::is_control), "{said:?}");
            assert!(line.width() <= columns, "{} > {columns}: {said:?}", line.width());
        }
    }
}

#[test]
fn evil_texts_come_out_harmless() {
    for text in [
        "\x1b[2J\x1b]0;owned\x07",
        "\u{9b}31m\u{90}\u{9c}",
        "a\r\nb\tc\0d\u{8}",
        "\u{202e}desrever\u{2066}",
        "👩‍👩‍👧‍👦 ❤️ 日本語 ﷽",
        "",
        "   ",
    ] {
        assert_harmless(text, COLUMNS);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn no_text_breaks_a_page(text in any::<String>(), columns in COLUMNS..140) {
        assert_harmless(&text, columns);
    }
}
