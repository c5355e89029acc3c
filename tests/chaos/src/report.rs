//! What came of a run, as a table.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use crate::learned::Learned;
use crate::member::{Blow, What};
use crate::run::Weather;
use crate::storm::{Dealt, Diary};
use crate::target::Counted;
use crate::verdict::{Effects, Goals};

/// Most of a list of faults that is shown.
const SHOWN_MAX: usize = 40;

/// What came of a run.
#[derive(Debug)]
pub struct Report {
    pub(crate) seed: u64,
    pub(crate) nodes: usize,
    pub(crate) goals: Goals,
    pub(crate) effects: Effects,
    pub(crate) counted: Counted,
    pub(crate) learned: Learned,
    pub(crate) doctor: Doctor,
    pub(crate) diary: Diary,
    pub(crate) weather: Weather,
}

/// What `galley doctor` said.
#[derive(Debug, Default)]
pub(crate) struct Doctor {
    /// Inputs that came too late: a signal, an answer or an order for what was over by then.
    refused: usize,
    /// What must not be.
    troubles: Vec<String>,
}

impl Doctor {
    /// Hears what it says with `--json`.
    pub(crate) fn hear(said: &str) -> Self {
        let (refused, troubles): (Vec<&str>, Vec<&str>) =
            said.lines().partition(|line| line.contains("\"trouble\":\"refused at "));
        let troubles = troubles.into_iter().map(str::to_owned).collect();
        Self { refused: refused.len(), troubles }
    }
}

impl Report {
    /// What does not hold; empty when all is well.
    #[must_use]
    pub fn wrong(&self) -> Vec<String> {
        let Self { goals, effects, learned, diary, .. } = self;
        let mut wrong = [&goals.wrong[..], &effects.wrong, &diary.wrong].concat();
        if goals.lost > 0 {
            wrong.push(format!("{} goals are lost", goals.lost));
        }
        if !self.weather.quiet {
            wrong.push("not everything ended in time".to_owned());
        }
        wrong.extend(learned.wrong());
        let troubles = self.doctor.troubles.iter();
        wrong.extend(troubles.map(|said| format!("galley doctor is not silent: {said}")));
        wrong
    }

    /// How many processes were killed.
    #[must_use]
    pub fn kills(&self) -> usize {
        self.diary.dealt.iter().filter(|dealt| is_kill(dealt)).count()
    }
}

fn is_kill(dealt: &Dealt) -> bool {
    matches!(dealt.blow, Blow::Kill { .. })
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.blows(f)?;
        self.counts(f)?;
        for line in &self.diary.ended {
            writeln!(f, "  {line}")?;
        }
        let wrong = self.wrong();
        for line in wrong.iter().take(SHOWN_MAX) {
            writeln!(f, "WRONG  {line}")?;
        }
        if wrong.is_empty() {
            writeln!(f, "all of it holds; seed {}", self.seed)
        } else {
            writeln!(f, "{} things do not hold; seed {}", wrong.len(), self.seed)
        }
    }
}

impl Report {
    /// Every blow, and how often each kind of process was struck.
    fn blows(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}, {} node(s) of NATS, one Kafka broker", self.seed, self.nodes)?;
        for Dealt { at, name, blow, .. } in &self.diary.dealt {
            let how = match blow {
                Blow::Kill { down } => format!("kill -9, away for {:.1} s", down.as_secs_f32()),
                Blow::Terminate => "SIGTERM, started again".to_owned(),
                Blow::Freeze { lasts } => format!("frozen for {:.1} s", lasts.as_secs_f32()),
            };
            writeln!(f, "{:>7.1} s  {name:<14} {how}", at.as_secs_f32())?;
        }
        let mut struck: BTreeMap<What, [usize; 3]> = BTreeMap::new();
        for dealt in &self.diary.dealt {
            let [kills, terms, freezes] = struck.entry(dealt.what).or_default();
            *match dealt.blow {
                Blow::Kill { .. } => kills,
                Blow::Terminate => terms,
                Blow::Freeze { .. } => freezes,
            } += 1;
        }
        writeln!(f, "\nprocess          kill -9  SIGTERM  frozen")?;
        for (what, [kills, terms, freezes]) in struck {
            writeln!(f, "{what:<15} {kills:>8} {terms:>8} {freezes:>7}")?;
        }
        writeln!(f)
    }

    fn counts(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let rows = [self.goals.rows(), self.effects.rows(&self.counted), self.rest()].concat();
        for (name, value) in rows {
            writeln!(f, "{name:<18} {value}")?;
        }
        Ok(())
    }

    fn rest(&self) -> Vec<Row> {
        let Self { goals, learned, weather, doctor, .. } = self;
        let Learned { facts, missing, again, foreign, counted, goals: learnable } = learned;
        let there = facts - missing;
        let secs = weather.lasted.as_secs_f64();
        let total = u32::try_from(goals.succeeded + goals.failed + goals.cancelled);
        let rate = f64::from(total.unwrap_or(u32::MAX)) / secs.max(f64::MIN_POSITIVE);
        let (storm, kills) = (weather.stormed.as_secs_f64(), self.kills());
        let Doctor { refused, troubles } = doctor;
        let troubles = troubles.len();
        vec![
            (
                "facts in Kafka",
                format!("{there} of {facts} by id, {again} came again, {foreign} foreign"),
            ),
            ("goals learned", format!("{counted:.3} of {learnable}")),
            (
                "galley doctor",
                format!("{troubles} troubles, {refused} inputs refused that came too late"),
            ),
            (
                "time",
                format!(
                    "{storm:.1} s of storm, {secs:.1} s in all, {rate:.1} goals/s, {kills} kills"
                ),
            ),
        ]
    }
}

/// A line of the table.
type Row = (&'static str, String);

impl Goals {
    fn rows(&self) -> Vec<Row> {
        let codes: Vec<String> =
            self.codes.iter().map(|(code, n)| format!("{code} × {n}")).collect();
        let audit = self.wrong.len();
        vec![
            ("goals submitted", format!("{} (and {} sub-goals)", self.submitted, self.children)),
            ("  succeeded", self.succeeded.to_string()),
            ("  failed", format!("{}  {}", self.failed, codes.join(", "))),
            ("  cancelled", self.cancelled.to_string()),
            ("  lost", self.lost.to_string()),
            ("  stuck", self.stuck.to_string()),
            ("records", format!("{}, {audit} faults found by the audit", self.records)),
        ]
    }
}

impl Effects {
    fn rows(&self, counted: &Counted) -> Vec<Row> {
        let landed: Vec<String> =
            self.landed.iter().map(|(what, n)| format!("{n} {what}")).collect();
        let Counted { writes, looks, .. } = counted;
        let Self { intents, untold, phantoms, left_open, left_behind, posts, published, .. } = self;
        let asked = format!("{writes} requests, {looks} questions, {intents} announced");
        vec![
            ("writes landed", format!("{} ({asked})", landed.join(", "))),
            ("  duplicates", self.duplicates.to_string()),
            ("  untold, phantom", format!("{untold}, {phantoms}")),
            ("  never undone", left_behind.to_string()),
            ("  left open", format!("{left_open} by goals that ended without success")),
            ("articles", format!("{posts} stand on the site, {published} published")),
        ]
    }
}
