//! A goal made by hand, as JSON, so that any text of it can be replaced.

use chrono::{DateTime, TimeDelta, Utc};
use galley_bus_core::log::{Entry, Seq};
use galley_schemas::view::Status;
use serde_json::{Value, json};

const GOAL: &str = "01a202c0-5c89-79d5-b5b8-df6794fe528b";

/// When the goal began.
pub(super) fn start() -> DateTime<Utc> {
    "2026-11-22T10:04:50.921176808Z".parse().unwrap()
}

fn at(millis: i64) -> DateTime<Utc> {
    start() + TimeDelta::milliseconds(millis)
}

pub(super) fn artifact() -> Value {
    json!({ "sha256": "a".repeat(64), "bytes": 39_747, "media_type": "application/json" })
}

fn step(name: &str, does: &Value, progress: &Value) -> Value {
    json!({ "step": name, "does": does, "round": 0, "progress": progress })
}

fn agent(kind: &str) -> Value {
    json!({ "is": "agent", "kind": kind })
}

fn brief() -> Value {
    json!({ "topic": "Bees", "words": 900, "corpus": artifact(), "sources": 68, "skipped": 3 })
}

fn outline() -> Value {
    json!({ "angles": [], "outline": { "title": "How Bees Live", "sections": [{}, {}, {}] } })
}

/// A goal in the middle of its research.
pub(super) fn under_way() -> Value {
    let mut steps = vec![
        step("brief", &agent("ingestion"), &json!({ "is": "done" })),
        step("ideas", &agent("ideation"), &json!({ "is": "done" })),
        step("research", &agent("research"), &json!({ "is": "running", "done": 1, "of": 3 })),
        step("draft", &agent("drafting"), &json!({ "is": "pending" })),
        step("review", &agent("review"), &json!({ "is": "pending" })),
        step("approve", &json!({ "is": "approval" }), &json!({ "is": "pending" })),
        step("publish", &agent("publishing"), &json!({ "is": "pending" })),
    ];
    steps[0]["output"] = brief();
    steps[1]["output"] = outline();
    steps[2]["open"] = json!([
        { "task": "research.1", "attempt": 1, "waits": { "for": "agent" } },
        { "task": "research.2", "attempt": 2, "waits": { "for": "retry" } },
    ]);
    json!({
        "goal": GOAL,
        "workflow": { "name": "article", "version": "b".repeat(64) },
        "by": "cli", "autonomy": "full",
        "input": { "topic": "How bees live", "words": 900, "sources": [{ "from": "folder", "path": "/docs" }] },
        "phase": { "is": "running" },
        "steps": steps,
        "questions": [], "stops": [], "epoch": 0,
        "budget": { "usd_micros": 2_000_000, "tokens": 400_000 },
        "spent": { "usd_micros": 12_300, "tokens": 4_120, "calls": 3, "wall_ms": 1 },
        "reserved": {}, "alarm": null, "started": start(), "ended": null,
        "seq": 5, "acted": 5,
        "progress": { "research.1": "looking for evidence on “The hive”" },
    })
}

/// The same goal, waiting for people, with one write that nobody can tell about, stopped.
pub(super) fn asking() -> Value {
    let mut value = under_way();
    value["steps"][2]["progress"] = json!({ "is": "done" });
    value["steps"][2]["open"] = json!([]);
    value["steps"][3]["progress"] = json!({ "is": "done" });
    value["steps"][3]["round"] = json!(1);
    value["steps"][3]["output"] =
        json!({ "article": artifact(), "words": 939, "claims": 30, "sources": 16 });
    value["steps"][4]["progress"] = json!({ "is": "failed", "fault": fault() });
    value["steps"][5]["progress"] = json!({ "is": "running", "done": 0, "of": 1 });
    value["steps"][5]["open"] =
        json!([{ "task": "approve@1", "attempt": 1, "waits": { "for": "person" } }]);
    let shown = json!({ "article": artifact(), "verdict": "revise", "score": 0.72 });
    value["questions"] = json!([
        { "is": "approval", "task": "approve@1", "by": ["editors"], "quorum": 2, "approved": ["ed"],
          "content": "c".repeat(64), "shown": shown, "deadline": at(7_200_000) },
        { "is": "effect", "task": "publish", "key": "post", "target": "site /srv/www",
          "summary": "publish \"How Bees Live\"", "reason": "the connection broke" },
    ]);
    value["stops"] = json!([{ "of": "kind", "kind": "publishing" }]);
    value
}

/// The same goal, at its end.
pub(super) fn failed() -> Value {
    let mut value = asking();
    value["questions"] = json!([]);
    value["stops"] = json!([]);
    value["phase"] = json!({ "is": "ended", "ending": { "is": "failed", "fault": fault() } });
    value["ended"] = json!(at(61_500));
    value
}

pub(super) fn fault() -> Value {
    json!({ "code": "GLY0701", "message": "the review rejected the article", "retryable": false,
        "hint": "see what it found", "causes": ["two claims have no source"] })
}

pub(super) fn status(value: Value) -> Status {
    serde_json::from_value(value).unwrap()
}

fn offered(task: &str, step: &str, (kind, attempt, round): (&str, u32, u32)) -> Value {
    json!({ "is": "offered", "task": task, "step": step, "item": null, "round": round, "kind": kind,
        "attempt": attempt, "lease": GOAL, "epoch": 0, "allowance": {}, "deadline": at(60_000) })
}

fn offer(task: &str, step: &str, (kind, attempt): (&str, u32)) -> Value {
    json!({ "is": "offer", "offer": { "goal": GOAL, "task": task, "step": step, "kind": kind,
        "attempt": attempt, "lease": GOAL, "epoch": 0, "input": {}, "allowance": {},
        "deadline": at(60_000), "report_to": GOAL } })
}

fn done(task: &str, output: &Value, calls: u64) -> Value {
    json!({ "is": "done", "task": task, "attempt": 1, "output": output, "choices": [],
        "spent": { "usd_micros": calls * 4_100, "tokens": calls * 1_000, "calls": calls, "wall_ms": 900 } })
}

/// Records that hold every sort of event and act.
pub(super) fn records() -> Vec<Value> {
    let cancelled = json!({ "is": "cancelled", "by": "ed", "reason": "no longer wanted" });
    let mut ideas = done("ideas", &outline(), 3);
    ideas["choices"] = json!([{ "decision": "headline_style", "options": ["how", "list"],
        "probabilities": [0.25, 0.75], "chosen": 1, "policy": "uniform" }]);
    let spent = json!({ "usd_micros": 12_300, "tokens": 3_000, "calls": 3, "wall_ms": 1_000 });
    let no_cost = json!({ "usd_micros": 0, "tokens": 0, "calls": 0, "wall_ms": 10 });
    let submission = json!({ "goal": GOAL, "workflow": "article", "input": { "topic": "How bees live" }, "by": "cli" });
    let child = json!({ "goal": GOAL, "task": "t", "child": GOAL, "ending": { "is": "succeeded", "output": {} }, "spent": no_cost });
    let scope = json!({ "of": "goal", "goal": GOAL });
    let intent = json!({ "key": "post", "target": "site /srv/www", "content": "c".repeat(64), "summary": "publish \"How Bees Live\"" });
    let receipt = json!({ "target": "site", "id": "bees", "url": "http://localhost:8000/bees/" });
    let control = json!({ "scope": scope, "order": "stop", "by": "ops", "reason": "drill" });
    let workflow = json!({ "name": "article", "version": "b".repeat(64) });
    vec![
        json!([0, "goal", [{ "is": "submitted", "submission": submission, "workflow": workflow, "budget": {}, "epoch": 0, "at": start() },
            offered("brief", "brief", ("ingestion", 1, 0)), { "is": "alarm_armed", "at": at(60_000) }],
            [offer("brief", "brief", ("ingestion", 1)), { "is": "arm", "at": at(60_000) }]]),
        json!([
            1_700,
            "report-1",
            [done("brief", &brief(), 0), offered("ideas", "ideas", ("ideation", 1, 0))],
            [offer("ideas", "ideas", ("ideation", 1))]
        ]),
        json!([3_400, "report-2", [ideas, { "is": "fanned_out", "step": "research", "round": 0, "items": 3 },
            offered("research.0", "research", ("research", 1, 0)), offered("research.1", "research", ("research", 1, 0))],
            [offer("research.0", "research", ("research", 1)), offer("research.1", "research", ("research", 1))]]),
        json!([4_000, "report-3", [{ "is": "attempt_failed", "task": "research.1", "attempt": 1, "fault": fault(), "spent": no_cost },
            { "is": "retry_due", "task": "research.1", "at": at(5_000) }], []]),
        json!([5_000, "alarm-1", [{ "is": "alarm_fired", "at": at(5_000) }, offered("research.1", "research", ("research", 2, 0))],
            [offer("research.1", "research", ("research", 2))]]),
        json!([5_500, "report-4", [{ "is": "attempt_failed", "task": "research.1", "attempt": 2, "fault": fault(), "spent": no_cost },
            { "is": "task_failed", "task": "research.1", "fault": fault() }, { "is": "skipped", "step": "approve", "round": 0 }], []]),
        json!([6_000, "report-5", [{ "is": "revised", "step": "review", "from": "draft", "round": 1, "score": 0.72 }], []]),
        json!([6_100, "report-6", [{ "is": "revision_ended", "step": "review", "kept": 1, "reason": "no progress" },
            { "is": "approval_opened", "task": "approve@1", "step": "approve", "round": 1, "by": ["editors"], "quorum": 2,
              "content": "c".repeat(64), "shown": {}, "deadline": at(60_000) }], []]),
        json!([6_200, "answer-1", [{ "is": "answered", "task": "approve@1", "by": "ed", "verdict": { "is": "approve" }, "note": "good" },
            { "is": "approval_closed", "task": "approve@1", "approved": true, "value": {} }], []]),
        json!([6_300, "report-7", [{ "is": "effect_intended", "task": "publish", "intent": intent }], []]),
        json!([6_400, "report-8", [{ "is": "effect_settled", "task": "publish", "key": "post", "settlement": { "is": "done", "receipt": receipt } }], []]),
        json!([6_500, "report-9", [{ "is": "effect_settled", "task": "publish", "key": "post", "settlement": { "is": "unknown", "reason": "cut off" } }], []]),
        json!([6_600, "c-1", [{ "is": "stopped", "scope": scope, "epoch": 1, "by": "ops", "reason": "drill" }], [{ "is": "steer", "control": control }]]),
        json!([6_700, "c-2", [{ "is": "resumed", "scope": scope, "epoch": 2, "by": "ops" }], []]),
        json!([6_800, "g-1", [{ "is": "child_submitted", "task": "t", "step": "draft", "item": null, "round": 0, "child": GOAL, "allowance": {}, "deadline": at(0) }],
            [{ "is": "submit", "submission": submission }]]),
        json!([6_900, "g-2", [{ "is": "child_ended", "ended": child }], []]),
        json!([7_000, "s-1", [{ "is": "wait_began", "task": "w", "step": "draft", "round": 0, "until": at(60_000), "signal": true }], []]),
        json!([7_100, "s-2", [{ "is": "wait_ended", "task": "w", "value": null }], []]),
        json!([7_200, "f-1", [{ "is": "outcome_noted", "feedback": { "goal": GOAL, "outcome": "views", "value": 12.5, "by": "site", "at": start() } }], []]),
        json!([7_300, "x-1", [{ "is": "input_rejected", "fault": fault() }], []]),
        json!([7_400, "c-3", [{ "is": "unwinding", "ending": cancelled }, { "is": "undo_failed", "task": "publish!", "fault": fault() }], []]),
        json!([61_500, "report-10", [{ "is": "ended", "ending": cancelled, "spent": spent, "at": at(61_500) }],
            [{ "is": "disarm" }, { "is": "tell_parent", "ended": child }]]),
    ]
}

/// Records from what [`records`] gives.
pub(super) fn entries(records: &[Value]) -> Vec<Entry> {
    let entry = |(index, record): (u64, &Value)| {
        let at = at(record[0].as_i64().unwrap());
        let record = json!({ "goal": GOAL, "at": at, "cause": record[1], "events": record[2], "acts": record[3] });
        Entry { seq: Seq(index), record: serde_json::from_value(record).unwrap() }
    };
    (1..).zip(records).map(entry).collect()
}

/// An article of two sentences.
pub(super) fn article() -> Value {
    let source = json!({ "id": "d".repeat(64), "original": artifact(), "text": artifact(), "locator": "bees.md",
        "url": null, "title": "All about bees", "author": null, "publisher": null, "published": null,
        "language": "en", "words": 100, "headings": [] });
    let quote = json!({ "source": "d".repeat(64), "text_sha256": "e".repeat(64), "start": 10, "end": 52,
        "text": "A colony keeps one queen for all its life." });
    json!({
        "title": "How Bees Live", "language": "en", "keyphrase": "bees", "writing": { "is": "digest" },
        "drafted": start(),
        "sections": [
            { "heading": null, "paragraphs": [{ "sentences": [
                { "text": "This is about bees.", "role": "comment" }] }] },
            { "heading": "The hive", "paragraphs": [{ "sentences": [
                { "text": "A hive has one queen.", "role": "fact", "claims": ["c1"] }] }] },
        ],
        "claims": [{ "id": "c1", "statement": "one queen", "quote": quote, "kind": "fact", "relevance": 0.5 }],
        "sources": [source], "length": { "words": 9, "minutes": 1 },
    })
}
