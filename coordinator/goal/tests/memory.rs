//! A coordinator holds many goals, so each is small. Alone in its process, because it measures it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use chrono::{DateTime, Utc};
use galley_coordinator_goal::workflow::Workflow;
use galley_coordinator_goal::{Command, Goal, Ids, decide};
use galley_schemas::amount::{Amount, Limits};
use galley_schemas::id::{Epoch, GoalId, InstanceId, LeaseToken, Principal};
use galley_schemas::input::{Autonomy, Submission};
use galley_schemas::record::{Act, Event};
use galley_schemas::report::{Body, Report};
use galley_schemas::task::Offer;
use serde_json::{Value, json};

/// The most that a goal half way through an article may take, in bytes, its outputs included.
const GOAL_BYTES_MAX: usize = 2 * 1024;

/// How many goals are held.
const GOALS: usize = 20_000;

const ARTICLE: &str = "
workflow: article
steps:
  brief: { agent: ingestion, with: { topic: '${input.topic}' } }
  ideas: { agent: ideation, with: { brief: '${brief}' } }
  research: { agent: research, each: '${ideas.sections}', with: { section: '${item}' } }
  draft: { agent: drafting, with: { ideas: '${ideas}', evidence: '${research}' } }
  seo: { agent: seo, with: { article: '${draft}' } }
  review: { agent: review, with: { article: '${seo}', evidence: '${research}' } }
  publish: { agent: publishing, with: { article: '${review.article}' } }
";

#[test]
fn a_goal_takes_little_memory() {
    let workflow = Arc::new(Workflow::parse(ARTICLE).unwrap());
    let id = goal_id();
    let events = story(&workflow, id);
    let Some(before) = resident_bytes() else {
        println!("skipped: this system does not tell how much memory is used");
        return;
    };
    let goals: Vec<Goal> = (0..GOALS)
        .map(|_| {
            let mut goal = Goal::new(id, Arc::clone(&workflow));
            for event in &events {
                galley_coordinator_goal::evolve(&mut goal, event).unwrap();
            }
            goal
        })
        .collect();
    let each = resident_bytes().unwrap().saturating_sub(before) / goals.len();
    println!("{each} bytes each");
    assert!(each < GOAL_BYTES_MAX, "{each} bytes each");
}

/// What happens to an article up to its review.
fn story(workflow: &Arc<Workflow>, id: GoalId) -> Vec<Event> {
    let mut goal = Goal::new(id, Arc::clone(workflow));
    let submission = Submission {
        goal: id,
        workflow: workflow.name.clone(),
        input: json!({ "topic": "tea", "words": 900 }),
        budget: Limits::default(),
        autonomy: Autonomy::Supervised,
        by: Principal::new("ann"),
        parent: None,
    };
    let submit = Command::Submit { submission, epoch: Epoch(0), standing: Vec::new() };
    let (mut events, mut commands) = (Vec::new(), vec![submit]);
    while let Some(command) = commands.pop() {
        let decision = decide(&goal, command, DateTime::<Utc>::UNIX_EPOCH, &mut Fixed);
        goal = decision.after.unwrap();
        events.extend(decision.events);
        for act in decision.acts {
            if let Act::Offer { offer } = act
                && offer.step.as_str() != "review"
            {
                commands.push(done(&offer));
            }
        }
    }
    events
}

fn done(offer: &Offer) -> Command {
    let output: Value = match offer.step.as_str() {
        "ideas" => json!({ "sections": ["leaf", "cup"] }),
        "research" => json!({ "section": 0, "claims": 12, "sources": 4 }),
        _ => json!({ "article": { "sha256": "0".repeat(64), "bytes": 5000 }, "words": 900 }),
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
