//! A stop while tasks are in hand and others wait.

use std::collections::{BTreeMap, BTreeSet};

use galley_schemas::id::GoalId;
use galley_schemas::report::Verdict;
use tokio::time::Instant;

use super::{LINGER, ON_ITS_WAY, Tried, seconds};
use crate::conformance::contract::{Check, Finding};
use crate::conformance::stand_in::{Asked, Heard, Occupied, over};

/// How many tasks are out when the stop comes.
const OUT: usize = 6;

/// What was seen after the stop.
#[derive(Debug, Default)]
struct Stopped {
    settled: BTreeSet<u64>,
    /// When each was told that it is stale.
    told: BTreeMap<GoalId, Instant>,
    /// How many reports came although it had been told.
    late: usize,
}

impl Tried<'_> {
    pub(super) async fn stop(&mut self) -> Result<Vec<Finding>, Occupied> {
        let mut goals = BTreeSet::new();
        for _ in 0..OUT {
            let offer = self.stand_in.offer(self.sample.input.clone());
            self.stand_in.publish(self.stand_in.envelope(&offer).to_string()).await?;
            goals.insert(offer.goal);
        }
        let mut stopped = Stopped::default();
        // The verdict waits for the stop: so at least this one is in hand when it comes.
        let first = self.first(&goals, &mut stopped).await;
        self.stand_in.stop().await?;
        if let Some(asked) = first {
            self.refuse(asked, &mut stopped);
        }
        let mut until = Instant::now() + self.sample.wait;
        while let Some(heard) = self.stand_in.next(until).await {
            match heard {
                Heard::Settled { seq, how } => {
                    if how.is_final() && !self.stand_in.is_over(seq) {
                        stopped.settled.insert(seq);
                    }
                }
                Heard::Asked(asked) => self.refuse(asked, &mut stopped),
            }
            if stopped.settled.len() >= OUT {
                until = until.min(Instant::now() + LINGER + ON_ITS_WAY);
            }
        }
        stopped.settled.iter().for_each(|seq| self.stand_in.leave(*seq));
        Ok(vec![finding(&stopped, &seconds(self.sample.wait))])
    }

    /// The first report on one of these goals.
    async fn first(&mut self, goals: &BTreeSet<GoalId>, stopped: &mut Stopped) -> Option<Asked> {
        let until = Instant::now() + self.sample.wait;
        while let Some(heard) = self.stand_in.next(until).await {
            match heard {
                Heard::Asked(asked) => match &asked.report {
                    Ok(report) if goals.contains(&report.goal) => return Some(asked),
                    Ok(_) | Err(_) => self.stand_in.answer(asked, Some(over())),
                },
                Heard::Settled { seq, how } => {
                    if how.is_final() && !self.stand_in.is_over(seq) {
                        stopped.settled.insert(seq);
                    }
                }
            }
        }
        None
    }

    fn refuse(&self, asked: Asked, stopped: &mut Stopped) {
        if let Ok(report) = &asked.report {
            let now = Instant::now();
            let told = *stopped.told.entry(report.goal).or_insert(now);
            stopped.late += usize::from(now.duration_since(told) > ON_ITS_WAY);
        }
        let reason = "a stop fenced it off".to_owned();
        self.stand_in.answer(asked, Some(Verdict::Stale { reason }));
    }
}

fn finding(stopped: &Stopped, waited: &str) -> Finding {
    let check = Check::Stop;
    let (settled, told) = (stopped.settled.len(), stopped.told.len());
    if settled < OUT {
        return Finding::broken(check, format!("{settled} of {OUT} were dropped in {waited}"));
    }
    if stopped.late > 0 {
        let seen = format!("{} reports came after their attempt was told stale", stopped.late);
        return Finding::broken(check, seen);
    }
    let unheard = OUT.saturating_sub(told);
    Finding::kept(check, format!("{unheard} dropped at the broadcast, {told} at their verdict"))
}
