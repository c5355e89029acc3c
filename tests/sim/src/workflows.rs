//! What the simulated goals run on: together they use every kind of step and every common key.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use galley_coordinator_goal::workflow::Workflow;
use galley_schemas::artifact::Digest;

/// A line with a fan-out, rounds of revision and one write that can be undone.
const LINE: &str = r#"
workflow: line
input: { type: object, required: [topic], properties: { topic: { type: string, maxLength: 100 } } }
budget: { calls: 80, tokens: 40000, usd: 2.00 }
steps:
  plan:  { agent: maker, with: { topic: "${input.topic}" }, within: 3m, retry: { times: 5, first: 2s } }
  parts: { agent: maker, each: "${plan.items}", with: { item: "${item}" }, at_most: 2, within: 3m, retry: { times: 5, first: 2s } }
  look:
    agent: judge
    with: { parts: "${parts}" }
    within: 3m
    retry: { times: 5, first: 1s }
    revise: { from: parts, when: "look.verdict == 'revise'", rounds: 2 }
  post:
    agent: press
    with: { parts: "${parts}", look: "${look}" }
    within: 4m
    retry: { times: 6, first: 3s }
    undo: { agent: eraser, with: { was: "${post}" } }
  tail: { agent: maker, with: { was: "${post}" }, within: 3m, retry: { times: 2, first: 2s } }
"#;

/// People approve before and after a write.
const ASK: &str = r#"
workflow: ask
input: { type: object, required: [topic], properties: { topic: { type: string } } }
steps:
  plan: { agent: maker, with: { topic: "${input.topic}" }, within: 3m, retry: { times: 4, first: 2s } }
  ask:
    approval: { by: [ann, bob], quorum: 2, within: 10m, otherwise: reject }
    with: { plan: "${plan}" }
  post:
    agent: press
    with: { parts: "${ask}" }
    within: 4m
    retry: { times: 5, first: 3s }
    undo: { agent: eraser, with: { was: "${post}" } }
  sure:
    approval: { by: [ann], quorum: 1, within: 5m, otherwise: approve }
    with: { url: "${post.url}" }
"#;

/// A few writes and nothing else: what the agents' half of an effect must survive.
const POST: &str = r#"
workflow: post
input: { type: object, required: [topic], properties: { topic: { type: string } } }
steps:
  post:
    agent: press
    each: "${['a', 'b', 'c']}"
    with: { item: "${item}", topic: "${input.topic}" }
    within: 2m
    retry: { times: 6, first: 1s }
    undo: { agent: eraser, with: { was: "${post}", item: "${item}" } }
  done: { agent: maker, with: { all: "${post}" }, within: 3m, retry: { times: 2, first: 1s } }
"#;

/// Sub-goals, some of which ask people.
const NEST: &str = r#"
workflow: nest
input: { type: object, required: [topic], properties: { topic: { type: string } } }
budget: { calls: 120, tokens: 80000 }
steps:
  plan: { agent: maker, with: { topic: "${input.topic}" }, within: 3m, retry: { times: 4, first: 2s } }
  each_one:
    goal: post
    each: "${plan.items}"
    with: { topic: "${item}" }
    at_most: 2
    within: 20m
    retry: { times: 2, first: 5s }
  asked: { goal: ask, after: [each_one], with: { topic: "${input.topic}" }, within: 20m, otherwise: { go: none } }
  close: { agent: maker, with: { all: "${each_one}" }, after: [asked], within: 3m, retry: { times: 4, first: 2s } }
"#;

/// Waits for a time and for a signal, and goes on without one.
const HOLD: &str = r#"
workflow: hold
input: { type: object, required: [topic], properties: { topic: { type: string } } }
steps:
  plan:  { agent: maker, with: { topic: "${input.topic}" }, within: 3m, retry: { times: 4, first: 2s } }
  pause: { wait: { for: 40s }, after: [plan] }
  word:  { wait: { signal: true, within: 6m, otherwise: { go: silence } }, after: [pause] }
  post:
    agent: press
    with: { word: "${word}" }
    within: 4m
    retry: { times: 5, first: 3s }
"#;

/// Fails at its end, more often than not: everything before is undone.
const DOOM: &str = r#"
workflow: doom
input: { type: object, required: [topic], properties: { topic: { type: string } } }
steps:
  one: { agent: press, with: { n: 1 }, within: 4m, retry: { times: 4, first: 2s }, undo: { agent: eraser, with: { was: "${one}" } } }
  two: { agent: press, with: { was: "${one}" }, within: 4m, retry: { times: 4, first: 2s }, undo: { agent: eraser, with: { was: "${two}" } } }
  end: { agent: judge, with: { doomed: true, was: "${two}" }, within: 3m, retry: { times: 2, first: 1s } }
"#;

/// Writes beside what fails, more often than not: what is under way then is finished and undone.
const RACE: &str = r#"
workflow: race
input: { type: object, required: [topic], properties: { topic: { type: string } } }
steps:
  post:
    agent: press
    each: "${['a', 'b']}"
    with: { item: "${item}", topic: "${input.topic}" }
    within: 2m
    retry: { times: 6, first: 1s }
    undo: { agent: eraser, with: { was: "${post}", item: "${item}" } }
  end: { agent: judge, with: { doomed: true }, within: 3m, retry: { times: 2, first: 1s } }
"#;

/// The texts of all workflows.
pub(crate) const TEXTS: [&str; 7] = [LINE, ASK, POST, NEST, HOLD, DOOM, RACE];
/// Their names: those that people submit more often stand more often.
pub(crate) const NAMES: [&str; 10] =
    ["line", "line", "ask", "post", "post", "nest", "hold", "doom", "race", "race"];

/// The workflow with a version. Parsed once for all runs.
pub(crate) fn at_version(version: &Digest) -> Option<Arc<Workflow>> {
    static PARSED: OnceLock<BTreeMap<Digest, Arc<Workflow>>> = OnceLock::new();
    let parsed = PARSED.get_or_init(|| {
        let parse = |text| Workflow::parse(text).expect("a workflow of the simulation is one");
        TEXTS.map(parse).into_iter().map(|w| (w.version.clone(), Arc::new(w))).collect()
    });
    parsed.get(version).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workflow_parses_and_has_its_name() {
        for text in TEXTS {
            let faults = Workflow::parse(text).err().unwrap_or_default();
            let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
            assert_eq!(told, Vec::<String>::new(), "{text}");
        }
        let names: Vec<_> = TEXTS.map(|t| Workflow::parse(t).unwrap().name.to_string()).into();
        assert!(NAMES.iter().all(|name| names.iter().any(|known| known == name)));
    }
}
