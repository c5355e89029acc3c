//! What one live goal costs in memory: with all that a coordinator keeps of it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use galley_bus_core::log::Entry;
use galley_coordinator_goal::{Command, Ids, decide};
use galley_schemas::amount::{Amount, Limits};
use galley_schemas::artifact::Digest;
use galley_schemas::id::{InstanceId, LeaseToken, Principal};
use galley_schemas::input::{Autonomy, Submission};
use galley_schemas::record::{Act, Record};
use galley_schemas::report::{Body, Report};
use galley_schemas::task::Offer;
use serde_json::{Value, json};

use super::*;
use crate::config::Config;

/// The most that a goal in memory may take half way through the flagship workflow, in bytes. Of it,
/// 2.4 KiB are what its agents gave, as they gave it.
const HELD_BYTES_MAX: usize = 4_608;

/// The most that a live goal may take on average, over those in memory and those that are not.
const LIVE_BYTES_MAX: usize = 2 * 1024;

/// How many goals are live.
const LIVE: u32 = 20_000;

#[tokio::test]
async fn a_live_goal_takes_little_memory() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../cli/workflows/article.yaml");
    let workflow = Workflow::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
    let workflow = Arc::new(workflow);
    let story = story(&workflow);
    let held = Config::default().goals_cached_max;
    let Some(before) = resident_bytes() else {
        println!("skipped: this system does not tell how much memory is used");
        return;
    };
    let goals = Goals::new(held);
    let now = DateTime::<Utc>::UNIX_EPOCH;
    for number in 0..LIVE {
        let id: GoalId = format!("{number:032x}").parse().unwrap();
        let mut known = Known::new(goal_id(), Arc::clone(&workflow));
        for entry in &story {
            known.fold(entry).unwrap();
        }
        *goals.slot(id, now).lock().await = Some(known);
    }
    assert!(goals.slots.len() <= usize::try_from(held).unwrap());
    let taken = resident_bytes().unwrap().saturating_sub(before);
    let [of_held, of_live] = [held, LIVE].map(|count| taken / usize::try_from(count).unwrap());
    println!("{of_held} bytes for each goal in memory, {of_live} for each that is live");
    assert!(of_held < HELD_BYTES_MAX, "{of_held} bytes for each in memory");
    assert!(of_live < LIVE_BYTES_MAX, "{of_live} bytes for each that is live");
}

/// The records of an article up to its draft.
fn story(workflow: &Arc<Workflow>) -> Vec<Entry> {
    let id = goal_id();
    let mut goal = Goal::new(id, Arc::clone(workflow));
    let input = json!({ "topic": "How AI chatbots change customer service" });
    let submission = Submission {
        goal: id,
        workflow: workflow.name.clone(),
        input: workflow.admit(input).unwrap(),
        budget: Limits::default(),
        autonomy: Autonomy::Full,
        by: Principal::new("ann"),
        parent: None,
    };
    let submit = Command::Submit { submission, epoch: Epoch(0), standing: Vec::new() };
    let (mut story, mut commands) = (Vec::new(), vec![submit]);
    while let Some(command) = commands.pop() {
        let at = DateTime::<Utc>::UNIX_EPOCH;
        let decision = decide(&goal, command, at, &mut Fixed);
        goal = decision.after.unwrap();
        for act in &decision.acts {
            if let Act::Offer { offer } = act
                && offer.step.as_str() != "draft"
            {
                commands.push(done(offer));
            }
        }
        let seq = Seq(u64::try_from(story.len()).unwrap() + 1);
        let cause = MessageId::new(format!("report-{seq}"));
        let record = Record { goal: id, at, cause, events: decision.events, acts: decision.acts };
        story.push(Entry { seq, record });
    }
    assert!(story.len() > 5, "brief, ideas, and a section or more of research");
    story
}

/// Outputs as those of the real agents.
fn done(offer: &Offer) -> Command {
    let output: Value = match offer.step.as_str() {
        "brief" => json!({
            "topic": "How AI chatbots change customer service", "keyphrase": "AI chatbots",
            "language": "en", "intention": "explain", "audience": null, "words": 900,
            "corpus": artifact("corpus"), "sources": 13, "skipped": 0, "similar": [],
        }),
        "ideas" => json!({
            "angles": [{
                "title": "AI Chatbots and Customer Service: 3 Things to Know",
                "summary": "The whole of AI chatbots.", "support": 0.0, "novelty": 1.0,
            }],
            "outline": {
                "title": "AI Chatbots and Customer Service: 3 Things to Know",
                "keyphrase": "AI chatbots",
                "sections": [section(0), section(1), section(2)],
            },
        }),
        _ => json!({
            "section": 1, "evidence": artifact(offer.task.as_str()), "claims": 12, "sources": 4,
        }),
    };
    Command::Report(Report {
        goal: offer.goal,
        task: offer.task.clone(),
        kind: offer.kind.clone(),
        attempt: offer.attempt,
        lease: offer.lease.clone(),
        epoch: offer.epoch,
        body: Body::Done { output, spent: Amount::default(), choices: Vec::new() },
    })
}

fn artifact(of: &str) -> Value {
    let sha256 = Digest::of(of.as_bytes());
    json!({ "sha256": sha256, "bytes": 9381, "media_type": "application/json" })
}

fn section(index: u32) -> Value {
    json!({
        "index": index,
        "heading": "The Risks and Limits of AI Chatbots",
        "questions": ["What can go wrong with them?", "Where are the limits?", "What do critics say?"],
        "terms": [
            "AI chatbots", "customer service", "risk", "peril", "limit", "limitation", "problem",
            "challenge", "danger", "dangerous",
        ],
        "words": 300,
        "corpus": artifact("corpus"),
    })
}

struct Fixed;

impl Ids for Fixed {
    fn lease(&mut self) -> LeaseToken {
        LeaseToken::new("0".repeat(32))
    }
    fn goal(&mut self) -> GoalId {
        goal_id()
    }
    fn instance(&self) -> InstanceId {
        "00000000-0000-0000-0000-000000000000".parse().unwrap()
    }
}

fn goal_id() -> GoalId {
    "00000000-0000-0000-0000-000000000001".parse().unwrap()
}

/// Resident memory of this process, where the system tells.
fn resident_bytes() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    pages.split_whitespace().nth(1)?.parse::<usize>().ok().map(|pages| pages * 4096)
}
