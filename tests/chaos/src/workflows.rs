//! What goals run on here: every kind of step, small agents, times that fit a run of a minute.
//!
//! A task whose agent was killed comes back from the queue after a minute; `within` is shorter, so
//! that the coordinator gives it up and hands out another attempt, as it does for an agent that hangs.

/// A line with a fan-out, rounds of revision and one write that can be undone.
const LINE: &str = r#"
workflow: line
input: { type: object, required: [topic], properties: { topic: { type: string, maxLength: 100 } } }
budget: { calls: 400, tokens: 40000, usd: 2.00 }
steps:
  plan:  { agent: maker, with: { topic: "${input.topic}" }, within: 12s, retry: { times: 10, first: 1s, most: 4s } }
  parts: { agent: maker, each: "${plan.items}", with: { item: "${item}" }, at_most: 3, within: 12s, retry: { times: 10, first: 1s, most: 4s } }
  look:
    agent: judge
    with: { parts: "${parts}" }
    within: 12s
    retry: { times: 10, first: 1s, most: 4s }
    revise: { from: parts, when: "look.verdict == 'revise'", rounds: 2 }
  post:
    agent: press
    with: { parts: "${parts}", look: "${look}" }
    within: 40s
    retry: { times: 10, first: 1s, most: 4s }
    undo: { agent: eraser, with: { was: "${post}" } }
"#;

/// People approve before a write.
const ASK: &str = r#"
workflow: ask
input: { type: object, required: [topic], properties: { topic: { type: string } } }
steps:
  plan: { agent: maker, with: { topic: "${input.topic}" }, within: 12s, retry: { times: 10, first: 1s, most: 4s } }
  ask:
    approval: { by: [ann, bob], quorum: 2, within: 10m, otherwise: reject }
    with: { plan: "${plan}" }
  post:
    agent: press
    with: { parts: "${ask}" }
    within: 40s
    retry: { times: 10, first: 1s, most: 4s }
    undo: { agent: eraser, with: { was: "${post}" } }
"#;

/// Writes and nothing else.
const POST: &str = r#"
workflow: post
input: { type: object, required: [topic], properties: { topic: { type: string } } }
steps:
  post:
    agent: press
    each: "${['a', 'b']}"
    with: { item: "${item}", topic: "${input.topic}" }
    within: 40s
    retry: { times: 10, first: 1s, most: 4s }
    undo: { agent: eraser, with: { was: "${post}", item: "${item}" } }
"#;

/// Sub-goals, one of which asks people.
const NEST: &str = r#"
workflow: nest
input: { type: object, required: [topic], properties: { topic: { type: string } } }
budget: { calls: 600, tokens: 80000 }
steps:
  plan: { agent: maker, with: { topic: "${input.topic}" }, within: 12s, retry: { times: 10, first: 1s, most: 4s } }
  each_one:
    goal: post
    each: "${plan.items}"
    with: { topic: "${item}" }
    at_most: 2
    within: 10m
  asked: { goal: ask, after: [each_one], with: { topic: "${input.topic}" }, within: 10m, otherwise: { go: none } }
"#;

/// Waits for a time and for a signal, and goes on without one.
const HOLD: &str = r#"
workflow: hold
input: { type: object, required: [topic], properties: { topic: { type: string } } }
steps:
  plan:  { agent: maker, with: { topic: "${input.topic}" }, within: 12s, retry: { times: 10, first: 1s, most: 4s } }
  pause: { wait: { for: 2s }, after: [plan] }
  word:  { wait: { signal: true, within: 8s, otherwise: { go: silence } }, after: [pause] }
  post:
    agent: press
    with: { word: "${word}" }
    within: 40s
    retry: { times: 10, first: 1s, most: 4s }
"#;

/// Fails at its end, more often than not: everything before is undone.
const DOOM: &str = r#"
workflow: doom
input: { type: object, required: [topic], properties: { topic: { type: string } } }
steps:
  one: { agent: press, with: { n: 1 }, within: 40s, retry: { times: 10, first: 1s, most: 4s }, undo: { agent: eraser, with: { was: "${one}" } } }
  two: { agent: press, with: { was: "${one}" }, within: 40s, retry: { times: 10, first: 1s, most: 4s }, undo: { agent: eraser, with: { was: "${two}" } } }
  end: { agent: judge, with: { doomed: true, was: "${two}" }, within: 12s, retry: { times: 3, first: 1s } }
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
    within: 40s
    retry: { times: 10, first: 1s, most: 4s }
    undo: { agent: eraser, with: { was: "${post}", item: "${item}" } }
  end: { agent: judge, with: { doomed: true }, within: 12s, retry: { times: 3, first: 1s } }
"#;

/// The texts of all workflows.
pub(crate) const TEXTS: [&str; 7] = [LINE, ASK, POST, NEST, HOLD, DOOM, RACE];
/// The workflow of a goal that names none.
pub(crate) const DEFAULT: &str = "line";
/// Their names: those that people submit more often stand more often.
pub(crate) const NAMES: [&str; 9] =
    ["line", "line", "line", "ask", "post", "nest", "hold", "doom", "race"];
/// The agent kinds that they name.
pub(crate) const KINDS: [&str; 4] = ["maker", "judge", "press", "eraser"];

#[cfg(test)]
mod tests {
    use galley_coordinator_goal::workflow::Workflow;

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
