//! Random workflows and random commands.

use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// A random workflow.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    budget: Option<u16>,
    steps: Vec<StepPlan>,
}

#[derive(Debug, Clone)]
struct StepPlan {
    does: Does,
    after: Vec<Index>,
    each: bool,
    at_most: u8,
    when: Option<bool>,
    times: u8,
    allowance: Option<u8>,
    go: bool,
    undo: bool,
    revise: Option<(Index, u8)>,
}

#[derive(Debug, Clone, Copy)]
enum Does {
    Agent(u8),
    Approval(u8, &'static str),
    Goal,
    Wait(bool),
}

/// A random command. An index picks among what there is when it is made.
#[derive(Debug, Clone)]
pub(crate) enum Move {
    Done { pick: Index, again: bool, score: u8, percent: u8 },
    Fail { pick: Index, retryable: bool, percent: u8 },
    Progress(Index),
    Stale(Index),
    WrongEpoch(Index),
    WrongLease(Index),
    Repeat(Index),
    Intend(Index, u8),
    Settle(Index, u8, u8),
    Answer { pick: Index, by: u8, verdict: u8 },
    Child(Index, u8),
    Signal(Index),
    Stop(u8),
    Resume(u8),
    Cancel,
    Fire,
    OddFire(i16),
    Wait(u16),
    Submit,
    Note,
    Reject,
}

pub(crate) fn plans() -> impl Strategy<Value = Plan> {
    let budget = prop::option::of(1_u16..400);
    (budget, vec(step(), 1..6)).prop_map(|(budget, steps)| Plan { budget, steps })
}

fn step() -> impl Strategy<Value = StepPlan> {
    let does = prop_oneof![
        6 => (0_u8..2).prop_map(Does::Agent),
        1 => (1_u8..3, prop::sample::select(vec!["fail", "reject", "approve"]))
            .prop_map(|(quorum, otherwise)| Does::Approval(quorum, otherwise)),
        1 => Just(Does::Goal),
        1 => any::<bool>().prop_map(Does::Wait),
    ];
    let often = prop::bool::weighted(0.3);
    let revise = prop::option::weighted(0.3, (any::<Index>(), 1_u8..3));
    let key = (does, vec(any::<Index>(), 0..3), prop::option::weighted(0.2, any::<bool>()));
    let bounds = (1_u8..4, 1_u8..4, prop::option::of(1_u8..120));
    (key, bounds, (often, prop::bool::weighted(0.15), often), revise).prop_map(
        |((does, after, when), (at_most, times, allowance), (each, go, undo), revise)| StepPlan {
            does,
            after,
            each,
            at_most,
            when,
            times,
            allowance,
            go,
            undo,
            revise,
        },
    )
}

pub(crate) fn moves() -> impl Strategy<Value = Vec<Move>> {
    let pick = any::<Index>;
    let one = prop_oneof![
        12 => (pick(), any::<bool>(), 0_u8..4, 0_u8..130).prop_map(|(pick, again, score, percent)| {
            Move::Done { pick, again, score, percent }
        }),
        4 => (pick(), prop::bool::weighted(0.8), 0_u8..130)
            .prop_map(|(pick, retryable, percent)| Move::Fail { pick, retryable, percent }),
        1 => pick().prop_map(Move::Progress),
        2 => pick().prop_map(Move::Stale),
        1 => pick().prop_map(Move::WrongEpoch),
        1 => pick().prop_map(Move::WrongLease),
        1 => pick().prop_map(Move::Repeat),
        3 => (pick(), 0_u8..2).prop_map(|(pick, key)| Move::Intend(pick, key)),
        3 => (pick(), 0_u8..2, 0_u8..3).prop_map(|(pick, key, how)| Move::Settle(pick, key, how)),
        3 => (pick(), 0_u8..3, 0_u8..5)
            .prop_map(|(pick, by, verdict)| Move::Answer { pick, by, verdict }),
        2 => (pick(), 0_u8..4).prop_map(|(pick, how)| Move::Child(pick, how)),
        1 => pick().prop_map(Move::Signal),
        2 => (0_u8..5).prop_map(Move::Stop),
        3 => (0_u8..5).prop_map(Move::Resume),
        1 => prop::bool::weighted(0.3).prop_map(|yes| if yes { Move::Cancel } else { Move::Fire }),
        4 => Just(Move::Fire),
        1 => (-1_000_i16..1_000).prop_map(Move::OddFire),
        2 => (0_u16..4_000).prop_map(Move::Wait),
        1 => prop_oneof![Just(Move::Submit), Just(Move::Note), Just(Move::Reject)],
    ];
    vec(one, 0..40)
}

impl Plan {
    /// Its text. Steps are named `s0`, `s1`, …; a revision asks for `again` in the step's output.
    pub(crate) fn yaml(&self) -> String {
        let mut text = "workflow: random\n".to_owned();
        if let Some(tokens) = self.budget {
            writeln!(text, "budget: {{ tokens: {tokens} }}").unwrap();
        }
        text.push_str("steps:\n");
        for (index, step) in self.steps.iter().enumerate() {
            writeln!(text, "  s{index}: {{ {} }}", step.keys(index).join(", ")).unwrap();
        }
        text
    }
}

impl StepPlan {
    fn keys(&self, index: usize) -> Vec<String> {
        let mut keys = vec![match self.does {
            Does::Agent(kind) => format!("agent: k{kind}"),
            Does::Approval(quorum, _) => format!("approval: {{ quorum: {quorum}, within: 1h }}"),
            Does::Goal => "goal: sub".to_owned(),
            Does::Wait(true) => "wait: { signal: true }, within: 1h".to_owned(),
            Does::Wait(false) => "wait: { for: 10m }".to_owned(),
        }];
        let works = matches!(self.does, Does::Agent(_) | Does::Goal);
        let mut after: Vec<_> = match index {
            0 => Vec::new(),
            _ => self.after.iter().map(|earlier| earlier.index(index)).collect(),
        };
        after.sort_unstable();
        after.dedup();
        let names: Vec<_> = after.iter().map(|earlier| format!("s{earlier}")).collect();
        keys.push(format!("after: [{}]", names.join(", ")));
        keys.extend(self.when.map(|when| format!("when: '{when}'")));
        if self.go {
            keys.push("otherwise: { go: null }".to_owned());
        } else if let Does::Approval(_, otherwise) = self.does {
            keys.push(format!("otherwise: {otherwise}"));
        }
        if works {
            if self.each {
                keys.push("each: '${input.list}'".to_owned());
                keys.push(format!("at_most: {}", self.at_most));
            }
            keys.push(format!("retry: {{ times: {}, first: 5s }}", self.times));
            keys.extend(self.allowance.map(|tokens| format!("allowance: {{ tokens: {tokens} }}")));
            if self.undo {
                keys.push(format!("undo: {{ agent: k1, with: {{ was: '${{s{index}}}' }} }}"));
            }
        }
        if let (Some((from, rounds)), true, false) = (self.revise, works, self.each) {
            after.push(index);
            let from = from.get(&after);
            keys.push(format!(
                "revise: {{ from: s{from}, when: 's{index}.again == true', rounds: {rounds} }}"
            ));
        }
        keys
    }
}
