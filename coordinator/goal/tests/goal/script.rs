//! Scripts: a line is a command, a colon, and what comes of it.
//!
//! ```text
//! submit [json]                          answer T BY approve|reject|happened|did_not_happen|edit [json]
//! done T [spent N] [json]                child T succeeded|failed|retryable|cancelled [spent N] [json]
//! fail T [retryable] [spent N]           signal STEP [json]
//! intend T KEY · settle T KEY done|not_done|unknown
//! again T · stale T · progress T         stop|resume all|workflow|goal|kind K · cancel goal|all
//! fire · wait DURATION                   note · reject
//! ```

use galley_coordinator_goal::workflow::parse_duration;
use galley_coordinator_goal::{Command, view};
use galley_schemas::amount::Amount;
use galley_schemas::artifact::Digest;
use galley_schemas::fault::Fault;
use galley_schemas::id::{EffectKey, Principal, StepName, TaskId};
use galley_schemas::input::{
    Answer, AnswerVerdict, Control, Feedback, Fired, Order, Scope, Signal, Submission,
};
use galley_schemas::record::Ending;
use galley_schemas::report::{Body, Intent, Settlement};
use galley_schemas::task::Offer;
use galley_schemas::view::Question;
use serde_json::{Value, json};

use crate::trace::trace;
use crate::world::{World, tokens, workflow};

/// Plays a script on a workflow. Every line must come out as it says.
#[track_caller]
pub(crate) fn check(yaml: &str, script: &str) -> World {
    play(World::new(workflow(yaml)), script)
}

/// Goes on with a script.
#[track_caller]
pub(crate) fn play(mut world: World, script: &str) -> World {
    let mut wanted = String::new();
    let mut got = String::new();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (command, want) = line.split_once(" : ").unwrap_or((line, ""));
        let (command, want) = (command.trim(), want.trim());
        let came = match world.parse(command) {
            Some(parsed) => trace(&world.tell(&parsed), world.now),
            None => "-".to_owned(),
        };
        // The clock moves by a millisecond with every command; spans are told without it.
        wanted.push_str(&format!("{command} : {want}\n"));
        got.push_str(&format!("{command} : {came}\n"));
    }
    assert!(wanted == got, "wanted:\n{wanted}\ngot:\n{got}");
    assert_eq!(world.replay(), world.goal, "the records do not fold to the goal");
    world
}

impl World {
    /// Reads a command; `None` for one that only moves the clock.
    fn parse(&mut self, text: &str) -> Option<Command> {
        let (text, payload) = match text.find(['{', '[', '"']) {
            Some(at) => (&text[..at], Some(serde_json::from_str::<Value>(&text[at..]).unwrap())),
            None => (text, None),
        };
        let words: Vec<_> = text.split_whitespace().collect();
        let spent = words.iter().position(|word| *word == "spent").map(|at| words[at + 1]);
        let spent = tokens(spent.map_or(0, |number| number.parse().unwrap()));
        let json = payload.clone().unwrap_or(json!({}));
        Some(match words[0] {
            "submit" => Command::Submit {
                submission: self.submission(json),
                epoch: self.goal.epoch(),
                standing: Vec::new(),
            },
            "done" | "again" | "stale" | "progress" | "fail" | "intend" | "settle" => {
                let offer = match words[0] {
                    "stale" => self.old.iter().rfind(|offer| offer.task.as_str() == words[1]),
                    _ => Some(self.offer(words[1])),
                };
                Command::Report(World::report(offer.unwrap(), body(&words, json, spent)))
            }
            "answer" => Command::Answer(self.answer(words[1], words[2], words[3], payload)),
            "child" => {
                let ending = ending(words[2], json);
                let task = TaskId::new(words[1]);
                Command::ChildEnded(self.child_ended(&task, ending, spent))
            }
            "signal" => Command::Signal(Signal {
                goal: self.goal.id(),
                step: StepName::new(words[1]).unwrap(),
                value: json,
            }),
            "stop" | "resume" | "cancel" => Command::Steer {
                control: self.control(words[0], &words[1..]),
                epoch: self.next_epoch(),
            },
            "fire" => {
                let at = self.goal.alarm().expect("an alarm is armed");
                self.now = self.now.max(at);
                Command::Fire(Fired { goal: self.goal.id(), at })
            }
            "wait" => {
                self.now += parse_duration(words[1]).unwrap();
                return None;
            }
            "note" => Command::Note(Feedback {
                goal: self.goal.id(),
                outcome: "views".to_owned(),
                value: 3.0,
                by: Principal::new("site"),
                at: self.now,
            }),
            "reject" => Command::Reject { fault: Fault::permanent("GLY0999", "unreadable") },
            other => panic!("no command {other}"),
        })
    }

    pub(crate) fn offer(&self, task: &str) -> &Offer {
        let task = TaskId::new(task);
        self.offers.get(&task).unwrap_or_else(|| panic!("{task} was never offered"))
    }

    pub(crate) fn control(&self, order: &str, scope: &[&str]) -> Control {
        Control {
            scope: match scope[0] {
                "all" => Scope::All,
                "workflow" => Scope::Workflow { workflow: self.goal.workflow().name.clone() },
                "goal" => Scope::Goal { goal: self.goal.id() },
                "kind" => Scope::Kind { kind: scope[1].parse().unwrap() },
                other => panic!("no scope {other}"),
            },
            order: match order {
                "stop" => Order::Stop,
                "resume" => Order::Resume,
                _ => Order::Cancel,
            },
            by: Principal::new("eve"),
            reason: "so ordered".to_owned(),
        }
    }

    pub(crate) fn answer(
        &self,
        task: &str,
        by: &str,
        verdict: &str,
        edit: Option<Value>,
    ) -> Answer {
        Answer {
            goal: self.goal.id(),
            task: TaskId::new(task),
            by: Principal::new(by),
            verdict: match verdict {
                "approve" => AnswerVerdict::Approve,
                "reject" => AnswerVerdict::Reject,
                "edit" => AnswerVerdict::ApproveEdited { value: edit.unwrap_or_default() },
                "happened" => AnswerVerdict::Happened { receipt: edit.unwrap_or_default() },
                _ => AnswerVerdict::DidNotHappen,
            },
            content: self.content(task),
            note: "as I see it".to_owned(),
        }
    }

    /// The content that an approval shows now.
    pub(crate) fn content(&self, asking: &str) -> Option<Digest> {
        view(&self.goal).questions.into_iter().find_map(|question| match question {
            Question::Approval { task, content, .. } if task.as_str() == asking => Some(content),
            Question::Approval { .. } | Question::Effect { .. } => None,
        })
    }

    /// Where a sub-goal was submitted for a task.
    pub(crate) fn child(&self, task: &str) -> &Submission {
        &self.children[&TaskId::new(task)]
    }
}

/// What an agent reports: the words of the command, its payload, and what was spent.
fn body(words: &[&str], output: Value, spent: Amount) -> Body {
    match words[0] {
        "progress" => Body::Progress { note: "busy".to_owned(), spent },
        "fail" => {
            let retryable = words.get(2) == Some(&"retryable");
            let fault = Fault { retryable, ..Fault::permanent("GLY0999", "it broke") };
            Body::Failed { fault, spent }
        }
        "intend" => Body::EffectIntent { intent: intent(words[2]) },
        "settle" => {
            Body::EffectSettled { key: EffectKey::new(words[2]), settlement: settlement(words[3]) }
        }
        _ => Body::Done { output, spent, choices: Vec::new() },
    }
}

pub(crate) fn intent(key: &str) -> Intent {
    Intent {
        key: EffectKey::new(key),
        target: "site /srv/www".to_owned(),
        content: Digest::of(b"post"),
        summary: "publish the article".to_owned(),
    }
}

pub(crate) fn settlement(word: &str) -> Settlement {
    match word {
        "done" => Settlement::Done { receipt: json!("url") },
        "not_done" => Settlement::NotDone { reason: "refused".to_owned() },
        _ => Settlement::Unknown { reason: "the line went dead".to_owned() },
    }
}

pub(crate) fn ending(word: &str, output: Value) -> Ending {
    let fault = Fault::permanent("GLY0999", "it broke");
    match word {
        "succeeded" => Ending::Succeeded { output },
        "failed" => Ending::Failed { fault },
        "retryable" => Ending::Failed { fault: Fault { retryable: true, ..fault } },
        _ => Ending::Cancelled { by: Principal::new("eve"), reason: "no".to_owned() },
    }
}
