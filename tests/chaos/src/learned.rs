//! Feedback: every fact of the log is in Kafka under its one id, and every goal was learned from once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use galley_agents_learning::{Config, State};
use galley_bus_core::Bus;
use galley_bus_core::feedback::Parcel;
use galley_bus_core::feedback::cursor::carried_up_to;
use galley_bus_core::kv::KeyValue;
use galley_bus_core::log::Seq;
use galley_schemas::feedback::{Fact, What};
use galley_schemas::id::GoalId;
use galley_schemas::subject::FEEDBACK_TOPIC;
use galley_schemas::subject::bucket::FEEDBACK;
use galley_tests_sim::agents::DECISION;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::member;

/// How many goals a partition holds open: fewer than come, so that some are settled, and more than
/// begin while one is under way.
pub(crate) const WINDOW_GOALS: usize = 60;
/// Longest wait for the relay and the learner to be done.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK: Duration = Duration::from_millis(200);
/// After so many milliseconds without a message, a reader has seen all; and how often it is read
/// again when something is missing.
const WAIT_MS: u32 = 4_000;
const READS_MAX: u32 = 3;

/// What came of the feedback.
#[derive(Debug, Clone, Default)]
pub(crate) struct Learned {
    /// Facts of the log.
    pub(crate) facts: usize,
    /// Those of them that are not in Kafka.
    pub(crate) missing: usize,
    /// Ids in Kafka that the log does not tell.
    pub(crate) foreign: usize,
    /// Messages beyond one an id.
    pub(crate) again: usize,
    /// Goals that chose and were judged.
    pub(crate) goals: usize,
    /// Goals that the learner counted.
    pub(crate) counted: f64,
}

impl Learned {
    /// What does not hold.
    pub(crate) fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.missing + self.foreign > 0 {
            let Self { missing, foreign, .. } = self;
            wrong.push(format!("{missing} facts are not in Kafka, {foreign} there are of no log"));
        }
        if !self.is_counted() {
            let Self { goals, counted, .. } = self;
            wrong.push(format!("{goals} goals could be learned from, {counted} were counted"));
        }
        wrong
    }

    fn is_counted(&self) -> bool {
        let goals = f64::from(u32::try_from(self.goals).unwrap_or(u32::MAX));
        (self.counted - goals).abs() < 1e-3
    }
}

/// Waits for relay and learner to have done all, and reads what they did.
pub(crate) async fn examine(bus: &Bus, broker: &Path, told: &[Parcel]) -> anyhow::Result<Learned> {
    carried(bus).await?;
    let mut learned = in_kafka(broker, told).await?;
    learned.goals = to_be_counted(told)?.len();
    let start = Instant::now();
    loop {
        learned.counted = counted(&*bus.kv).await?;
        if learned.is_counted() || start.elapsed() > PATIENCE {
            break;
        }
        sleep(LOOK).await;
    }
    // Once more a while later: what is counted twice may come late.
    sleep(LOOK * 10).await;
    learned.counted = counted(&*bus.kv).await?;
    Ok(learned)
}

/// Waits until the relay carried the whole log.
async fn carried(bus: &Bus) -> anyhow::Result<()> {
    let start = Instant::now();
    loop {
        let end = bus.log.changed(Seq::START, Duration::ZERO).await?;
        let carried = carried_up_to(&*bus.kv).await?;
        if carried == Some(end) {
            return Ok(());
        }
        ensure!(start.elapsed() < PATIENCE, "the log ends at {end}, carried is {carried:?}");
        sleep(LOOK).await;
    }
}

async fn in_kafka(broker: &Path, told: &[Parcel]) -> anyhow::Result<Learned> {
    let wanted: BTreeMap<&str, &Bytes> = told.iter().map(|p| (p.id.as_str(), &p.payload)).collect();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut learned = Learned { facts: wanted.len(), ..Learned::default() };
    for payload in read_all(broker, wanted.len()).await? {
        let event: Value = serde_json::from_str(&payload).context("a message in Kafka")?;
        let id = event.get("id").and_then(Value::as_str).unwrap_or_default();
        match wanted.get(id) {
            Some(want) => ensure!(**want == payload.as_bytes(), "{id} says another thing in Kafka"),
            None => learned.foreign += 1,
        }
        if !seen.insert(id.to_owned()) {
            learned.again += 1;
        }
    }
    learned.missing = wanted.keys().filter(|id| !seen.contains(**id)).count();
    Ok(learned)
}

/// Everything in the topic, as Kafka's own console consumer shows it: at least so much, unless it is
/// not there.
async fn read_all(broker: &Path, at_least: usize) -> anyhow::Result<Vec<String>> {
    let (broker, wait) = (broker.display().to_string(), WAIT_MS.to_string());
    let reads = ["tool", &broker, "consumer.ConsoleConsumer", "--topic", FEEDBACK_TOPIC];
    let all = ["--from-beginning", "--timeout-ms", &wait, "--formatter-property", "print.key=true"];
    let mut lines = Vec::new();
    for _ in 0..READS_MAX {
        // It ends with an error when nothing more comes, which is what is waited for.
        let output = member::kafka(&[&reads[..], &all].concat()).output().await?;
        let text = String::from_utf8(output.stdout).context("what the console consumer shows")?;
        // Its own log stands between.
        let messages = text.lines().filter_map(|line| line.split_once("\t{"));
        lines = messages.map(|(_, rest)| format!("{{{rest}")).collect();
        if lines.len() >= at_least {
            break;
        }
    }
    Ok(lines)
}

/// The goals that a learner must count for the decision: they chose, somebody judged them, and they
/// ended.
fn to_be_counted(told: &[Parcel]) -> anyhow::Result<BTreeSet<GoalId>> {
    let (mut chose, mut judged, mut ended) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for parcel in told {
        let event: Value = serde_json::from_slice(&parcel.payload)?;
        let fact: Fact = serde_json::from_value(event.get("data").cloned().unwrap_or_default())?;
        match &fact.what {
            What::Chose { choice, .. } if choice.decision == DECISION => chose.insert(fact.goal),
            What::Reviewed { .. } | What::Answered { .. } | What::Measured { .. } => {
                judged.insert(fact.goal)
            }
            What::Ended { .. } => ended.insert(fact.goal),
            What::Chose { .. } | What::Began { .. } | What::Spent { .. } | What::Settled { .. } => {
                false
            }
        };
    }
    Ok(chose.intersection(&judged).filter(|goal| ended.contains(goal)).copied().collect())
}

/// How many goals the learner counted for the decision, over all partitions.
async fn counted(kv: &dyn KeyValue) -> anyhow::Result<f64> {
    let config = config();
    let mut counted = 0.0;
    for key in kv.keys(FEEDBACK, "learned/").await? {
        let Some(entry) = kv.get(FEEDBACK, &key).await? else { continue };
        let state: State = serde_json::from_slice(&entry.value)?;
        let sums = state.sums(&config);
        let of_decision = sums.iter().filter(|((decision, _), _)| decision == DECISION);
        counted += of_decision.map(|(_, (won, lost))| won + lost).sum::<f64>();
    }
    Ok(counted)
}

/// As the learner is set: nothing counts less for its age or for who said it.
fn config() -> Config {
    let mut config = Config::default();
    config.policies.half_life_days = 1e9;
    config.policies.window_goals = WINDOW_GOALS;
    config.reward.source_share_max = 1.0;
    config.reward.outside_share_max = 1.0;
    config
}
