//! A goal's life under random commands.

use galley_coordinator_goal::{Command, Decision, Reply, view};
use galley_schemas::amount::Amount;
use galley_schemas::fault::Fault;
use galley_schemas::id::{EffectKey, Epoch, LeaseToken, Principal, StepName, TaskId};
use galley_schemas::input::{Feedback, Fired, Signal};
use galley_schemas::record::Event;
use galley_schemas::report::{Body, Report, Verdict};
use galley_schemas::task::Offer;
use galley_schemas::view::{OpenTask, Waits};
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::chance::Move;
use crate::script::{ending, intent, settlement};
use crate::world::{World, tokens};

pub(crate) struct Life {
    pub(crate) world: World,
    /// Whether somebody used more than allowed.
    pub(crate) overran: bool,
}

/// Orders are for one of these.
const SCOPES: [&[&str]; 5] = [&["all"], &["workflow"], &["goal"], &["kind", "k0"], &["kind", "k1"]];

impl Life {
    pub(crate) fn new(world: World) -> Self {
        Self { world, overran: false }
    }

    pub(crate) fn begin(&mut self) {
        let submission = self.world.submission(json!({ "list": [1, 2, 3] }));
        self.tell(&Command::Submit { submission, epoch: Epoch(0), standing: Vec::new() });
    }

    #[track_caller]
    fn tell(&mut self, command: &Command) -> Decision {
        let was_over = self.world.goal.ending().is_some();
        let decision = self.world.tell(command);
        let is_late = |event: &Event| {
            matches!(event, Event::OutcomeNoted { .. } | Event::InputRejected { .. })
        };
        assert!(!was_over || decision.events.iter().all(is_late), "{decision:?}");
        decision
    }

    /// What no attempt that is out has said changes nothing.
    #[track_caller]
    fn tell_in_vain(&mut self, report: Report) {
        let decision = self.tell(&Command::Report(report));
        assert!(decision.events.is_empty(), "{decision:?}");
        assert!(matches!(decision.reply, Reply::Verdict(Verdict::Stale { .. })), "{decision:?}");
    }

    fn open(&self, waits: impl Fn(&Waits) -> bool) -> Vec<OpenTask> {
        let steps = view(&self.world.goal).steps.into_iter();
        steps.flat_map(|step| step.open).filter(|task| waits(&task.waits)).collect()
    }

    /// An offer that is out.
    fn out(&self, pick: &Index) -> Option<Offer> {
        let open = self.open(|waits| *waits == Waits::Agent);
        (!open.is_empty()).then(|| self.world.offers[&pick.get(&open).task].clone())
    }

    fn report(&mut self, pick: &Index, body: Body) {
        if let Some(offer) = self.out(pick) {
            self.tell(&Command::Report(World::report(&offer, body)));
        }
    }

    /// A part of an attempt's allowance.
    fn used(&mut self, pick: &Index, percent: u8) -> Amount {
        let allowance = self.out(pick).and_then(|offer| offer.allowance.tokens).unwrap_or(100);
        let used = allowance * u64::from(percent) / 100;
        self.overran |= used > allowance;
        tokens(used)
    }

    #[track_caller]
    pub(crate) fn make(&mut self, one: &Move) {
        match one {
            Move::Done { pick, again, score, percent } => {
                let spent = self.used(pick, *percent);
                let output = json!({ "again": again, "score": score });
                self.report(pick, Body::Done { output, spent, choices: Vec::new() });
            }
            Move::Fail { pick, retryable, percent } => {
                let spent = self.used(pick, *percent);
                let fault = Fault { retryable: *retryable, ..Fault::permanent("GLY0999", "broke") };
                self.report(pick, Body::Failed { fault, spent });
            }
            Move::Progress(pick) => self
                .report(pick, Body::Progress { note: "busy".to_owned(), spent: Amount::default() }),
            Move::Intend(pick, key) => {
                let intent = intent(&format!("e{key}"));
                self.report(pick, Body::EffectIntent { intent });
            }
            Move::Settle(pick, key, how) => {
                let settlement = settlement(["done", "not_done", "unknown"][usize::from(*how)]);
                let key = EffectKey::new(format!("e{key}"));
                self.report(pick, Body::EffectSettled { key, settlement });
            }
            Move::Stale(_) | Move::WrongEpoch(_) | Move::WrongLease(_) | Move::Repeat(_) => {
                self.speak_out_of_turn(one);
            }
            Move::Answer { pick, by, verdict } => self.answer(pick, *by, *verdict),
            Move::Child(pick, how) => self.end_child(pick, *how),
            Move::Signal(pick) => {
                let name = &pick.get(&self.world.goal.workflow().steps).name;
                self.signal(name.clone());
            }
            Move::Stop(_) | Move::Resume(_) | Move::Cancel => self.steer(one),
            Move::Fire => self.fire(),
            Move::OddFire(secs) => {
                let at = self.world.now + chrono::TimeDelta::seconds(i64::from(*secs));
                let fired = Fired { goal: self.world.goal.id(), at };
                self.tell(&Command::Fire(fired));
            }
            Move::Wait(secs) => self.world.now += chrono::TimeDelta::seconds(i64::from(*secs)),
            Move::Submit => self.begin(),
            Move::Note => {
                let feedback = Feedback {
                    goal: self.world.goal.id(),
                    outcome: "views".to_owned(),
                    value: 1.0,
                    by: Principal::new("site"),
                    at: self.world.now,
                };
                self.tell(&Command::Note(feedback));
            }
            Move::Reject => {
                let fault = Fault::permanent("GLY0999", "unreadable");
                self.tell(&Command::Reject { fault });
            }
        }
    }

    fn speak_out_of_turn(&mut self, one: &Move) {
        let progress = Body::Progress { note: "busy".to_owned(), spent: Amount::default() };
        let failed =
            Body::Failed { fault: Fault::transient("GLY0999", "broke"), spent: Amount::default() };
        match one {
            Move::Stale(pick) if !self.world.old.is_empty() => {
                let report = World::report(pick.get(&self.world.old), failed);
                self.tell_in_vain(report);
            }
            Move::WrongEpoch(pick) => {
                if let Some(offer) = self.out(pick) {
                    let epoch = Epoch(offer.epoch.0 + 1);
                    self.tell_in_vain(Report { epoch, ..World::report(&offer, progress) });
                }
            }
            Move::WrongLease(pick) => {
                if let Some(offer) = self.out(pick) {
                    let lease = LeaseToken::new("guessed");
                    self.tell_in_vain(Report { lease, ..World::report(&offer, failed) });
                }
            }
            Move::Repeat(pick) => self.repeat(pick),
            _ => {}
        }
    }

    /// A result that was accepted is told again: it is accepted or stale, and changes nothing.
    fn repeat(&mut self, pick: &Index) {
        let open: Vec<_> = self.open(|_| true).into_iter().map(|open| open.task).collect();
        let settled: Vec<_> = self
            .world
            .offers
            .values()
            .filter(|offer| !open.contains(&offer.task))
            .cloned()
            .collect();
        if !settled.is_empty() {
            let output = json!({ "again": true, "score": 9 });
            let body = Body::Done { output, spent: tokens(1), choices: Vec::new() };
            let report = World::report(pick.get(&settled), body);
            let decision = self.tell(&Command::Report(report));
            assert!(decision.events.is_empty(), "{decision:?}");
        }
    }

    fn answer(&mut self, pick: &Index, by: u8, verdict: u8) {
        let open = self.open(|waits| *waits == Waits::Person);
        if !open.is_empty() {
            let by = ["ann", "bob", "cat"][usize::from(by)];
            let verdicts = ["approve", "reject", "edit", "happened", "did_not_happen"];
            let verdict = verdicts[usize::from(verdict)];
            let task = pick.get(&open).task.to_string();
            let answer = self.world.answer(&task, by, verdict, Some(json!({ "by": by })));
            self.tell(&Command::Answer(answer));
        }
    }

    fn end_child(&mut self, pick: &Index, how: u8) {
        let children: Vec<_> = self.world.children.keys().cloned().collect();
        if !children.is_empty() {
            let how = ["succeeded", "failed", "retryable", "cancelled"][usize::from(how)];
            let ending = ending(how, json!({ "again": false }));
            let ended = self.world.child_ended(pick.get(&children), ending, tokens(0));
            self.tell(&Command::ChildEnded(ended));
        }
    }

    fn signal(&mut self, step: StepName) {
        let signal = Signal { goal: self.world.goal.id(), step, value: json!(1) };
        self.tell(&Command::Signal(signal));
    }

    fn steer(&mut self, one: &Move) {
        let (order, scope) = match one {
            Move::Stop(scope) => ("stop", SCOPES[usize::from(*scope)]),
            Move::Resume(scope) => ("resume", SCOPES[usize::from(*scope)]),
            _ => ("cancel", SCOPES[2]),
        };
        let control = self.world.control(order, scope);
        let epoch = self.world.next_epoch();
        self.tell(&Command::Steer { control, epoch });
    }

    fn fire(&mut self) {
        if let Some(at) = self.world.goal.alarm() {
            self.world.now = self.world.now.max(at);
            self.tell(&Command::Fire(Fired { goal: self.world.goal.id(), at }));
        }
    }

    /// Lifts every stop, does every task, says yes to every question.
    #[track_caller]
    pub(crate) fn settle_everything(&mut self) {
        for scope in 0..5 {
            self.make(&Move::Resume(scope));
        }
        for turn in 0..2_000 {
            // Reviews ask for more at first, so that loops run into their bounds.
            let again = turn < 100;
            if self.world.goal.ending().is_some() {
                return;
            }
            match self.open(|waits| !matches!(waits, Waits::Turn | Waits::Retry)).first() {
                Some(open) => self.settle(&open.task, &open.waits, &json!({ "again": again })),
                None => self.fire(),
            }
        }
    }

    fn settle(&mut self, task: &TaskId, waits: &Waits, output: &Value) {
        match waits {
            Waits::Agent => {
                let offer = self.world.offers[task].clone();
                // What an agent has announced it settles.
                for key in ["e0", "e1"] {
                    let settled = Body::EffectSettled {
                        key: EffectKey::new(key),
                        settlement: settlement("done"),
                    };
                    self.tell(&Command::Report(World::report(&offer, settled)));
                }
                let body = Body::Done {
                    output: output.clone(),
                    spent: Amount::default(),
                    choices: Vec::new(),
                };
                self.tell(&Command::Report(World::report(&offer, body)));
            }
            Waits::Person => {
                for (by, verdict) in [
                    ("ann", "happened"),
                    ("ann", "approve"),
                    ("bob", "approve"),
                    ("cat", "approve"),
                ] {
                    let answer = self.world.answer(task.as_str(), by, verdict, None);
                    self.tell(&Command::Answer(answer));
                }
            }
            Waits::Goal { .. } => {
                let ending = ending("succeeded", output.clone());
                let ended = self.world.child_ended(task, ending, Amount::default());
                self.tell(&Command::ChildEnded(ended));
            }
            Waits::Signal => {
                self.signal(
                    StepName::new(task.as_str().split(['.', '@']).next().unwrap()).unwrap(),
                );
                self.fire();
            }
            Waits::Turn | Waits::Retry => self.fire(),
        }
    }
}
