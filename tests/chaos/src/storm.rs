//! What strikes whom, when: drawn from the seed before anything runs; then dealt.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use galley_tests_support::dice::Dice;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::crew::Crew;
use crate::member::{Blow, Member, Struck, What};
use crate::services::Node;
use crate::target;

/// Pause between two blows.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_millis(2_000));
/// How long a killed process is away.
const DOWN: (Duration, Duration) = (Duration::ZERO, Duration::from_millis(2_000));
/// How long a frozen one stands still: as a rule, and one time in six. A frozen agent outlives its
/// hold on an effect only in the second case.
const FREEZE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(4));
const LONG_FREEZE: (Duration, Duration) = (Duration::from_secs(8), Duration::from_secs(20));
/// How often processes that ended by themselves are looked for.
const LOOK: Duration = Duration::from_millis(250);
/// How long a node of a cluster has to catch up before another one may be struck.
const CATCH_UP_MAX: Duration = Duration::from_secs(30);

/// Who is struck how often, of a hundred.
const SHARES: [(What, u64); 6] = [
    (What::Coordinator, 26),
    (What::Agent, 40),
    (What::Relay, 9),
    (What::Learner, 7),
    (What::Nats, 11),
    (What::Kafka, 7),
];

/// One blow, before it is known who is there to take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stroke {
    /// The pause before it.
    pub(crate) after: Duration,
    /// Whom it is for.
    pub(crate) what: What,
    /// Which of them.
    pub(crate) which: u64,
    /// What is done.
    pub(crate) blow: Blow,
}

/// The strokes of a seed, with so many kills among them. The first kills hit every kind once.
#[must_use]
pub(crate) fn plan(dice: &mut Dice, kills: u32, long_freezes: Freezes) -> Vec<Stroke> {
    let mut first: Vec<What> = SHARES.iter().map(|(what, _)| *what).collect();
    let mut left = kills;
    let mut strokes = Vec::new();
    while left > 0 {
        let kind = dice.below(100);
        let down = dice.between(DOWN.0, DOWN.1);
        let blow = match kind {
            0..15 => Blow::Freeze { lasts: freeze(dice, long_freezes) },
            15..25 => Blow::Terminate,
            _ => Blow::Kill { down },
        };
        let is_kill = matches!(blow, Blow::Kill { .. });
        let what = match (is_kill, first.len()) {
            (false, _) | (true, 0) => drawn(dice),
            (true, some) => first.swap_remove(index(dice, some)),
        };
        left -= u32::from(is_kill);
        let after = dice.between(PAUSE.0, PAUSE.1);
        strokes.push(Stroke { after, what, which: dice.roll(), blow });
    }
    strokes
}

/// Whether processes may be frozen for longer than an effect is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freezes {
    /// For moments only.
    Short,
    /// Also for longer than anything waits for them.
    Long,
}

fn freeze(dice: &mut Dice, freezes: Freezes) -> Duration {
    let long = dice.below(6) == 0;
    let (least, most) = if long && freezes == Freezes::Long { LONG_FREEZE } else { FREEZE };
    dice.between(least, most)
}

fn drawn(dice: &mut Dice) -> What {
    let mut share = dice.below(100);
    for (what, of_hundred) in SHARES {
        match share.checked_sub(of_hundred) {
            Some(rest) => share = rest,
            None => return what,
        }
    }
    What::Agent
}

fn index(dice: &mut Dice, bound: usize) -> usize {
    let index = dice.below(u64::try_from(bound).unwrap_or(u64::MAX));
    usize::try_from(index).unwrap_or_default()
}

/// How long the strokes take, when nothing gets in their way.
pub(crate) fn lasts(strokes: &[Stroke]) -> Duration {
    strokes.iter().map(|stroke| stroke.after).sum()
}

/// What was dealt, to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dealt {
    pub(crate) at: Duration,
    pub(crate) name: String,
    pub(crate) what: What,
    pub(crate) blow: Blow,
}

/// What went on with processes.
#[derive(Debug, Default)]
pub(crate) struct Diary {
    pub(crate) dealt: Vec<Dealt>,
    /// Those that ended by themselves, and how.
    pub(crate) ended: Vec<String>,
    /// What must not be: one that does not start, or does not end when asked to.
    pub(crate) wrong: Vec<String>,
}

/// The storm: deals blows, and starts again what ends by itself.
#[derive(Debug)]
pub(crate) struct Storm {
    crew: Arc<Crew>,
    diary: Mutex<Diary>,
    began: Instant,
    /// Of a cluster, one node may be away at a time: held until it has caught up.
    quorum: tokio::sync::Mutex<()>,
}

impl Storm {
    pub(crate) fn new(crew: Arc<Crew>, began: Instant) -> Arc<Self> {
        let (diary, quorum) = (Mutex::default(), tokio::sync::Mutex::default());
        Arc::new(Self { crew, diary, began, quorum })
    }

    /// What went on so far.
    pub(crate) fn diary(&self) -> std::sync::MutexGuard<'_, Diary> {
        self.diary.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many were killed so far.
    pub(crate) fn kills(&self) -> usize {
        let is_kill = |dealt: &&Dealt| matches!(dealt.blow, Blow::Kill { .. });
        self.diary().dealt.iter().filter(is_kill).count()
    }

    /// Deals all strokes, and waits until everybody is back.
    pub(crate) async fn rage(self: Arc<Self>, strokes: Vec<Stroke>) {
        let mut under_way = JoinSet::new();
        for stroke in strokes {
            sleep(stroke.after).await;
            let this = Arc::clone(&self);
            under_way.spawn(async move { this.deal(stroke).await });
        }
        while under_way.join_next().await.is_some() {}
    }

    async fn deal(&self, stroke: Stroke) {
        // Everybody of the kind may be down; a kill must not be lost for that.
        loop {
            let of_kind = self.crew.members.iter().filter(|member| member.what == stroke.what);
            let of_kind: Vec<_> = of_kind.collect();
            let count = of_kind.len();
            let first = index(&mut Dice::new(stroke.which), count);
            for n in 0..count {
                let Some(member) = of_kind.get((first + n) % count) else { continue };
                if self.strike(member, stroke.blow).await {
                    return;
                }
            }
            sleep(LOOK).await;
        }
    }

    /// Strikes a member; whether it was there to be struck.
    async fn strike(&self, member: &Member, blow: Blow) -> bool {
        let in_cluster = member.what == What::Nats && self.crew.nodes.len() > 1;
        let quorum = if in_cluster { Some(self.quorum.lock().await) } else { None };
        let at = self.began.elapsed();
        let struck = member.strike(blow).await;
        let name = member.name.clone();
        let wrong = match struck {
            Ok(Struck::Busy) => return false,
            Ok(Struck::Yes) => None,
            Ok(Struck::DidNotEnd) => Some(format!("{name} did not end within 30 s of a SIGTERM")),
            Err(error) => Some(format!("{name}: {error:#}")),
        };
        self.note(Dealt { at, name, what: member.what, blow }, wrong);
        if quorum.is_some() {
            self.caught_up().await;
        }
        true
    }

    fn note(&self, dealt: Dealt, wrong: Option<String>) {
        let mut diary = self.diary();
        diary.dealt.push(dealt);
        diary.wrong.extend(wrong);
    }

    /// Waits until every node of the cluster says that it is well.
    async fn caught_up(&self) {
        let start = Instant::now();
        while start.elapsed() < CATCH_UP_MAX {
            let asked = self.crew.nodes.iter().map(is_well);
            if futures::future::join_all(asked).await.into_iter().all(|well| well) {
                return;
            }
            sleep(LOOK).await;
        }
        self.diary().wrong.push(format!("the cluster did not catch up in {CATCH_UP_MAX:?}"));
    }

    /// Starts again what ended by itself, until stopped.
    pub(crate) async fn look_after(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            for member in &self.crew.members {
                match member.look_after().await {
                    Ok(None) => {}
                    Ok(Some(how)) => {
                        let at = self.began.elapsed().as_secs_f32();
                        let words = member.last_words(1);
                        let told =
                            format!("{at:.1} s: {} ended by itself ({how}): {words}", member.name);
                        self.diary().ended.push(told);
                    }
                    Err(error) => self.diary().wrong.push(format!("{}: {error:#}", member.name)),
                }
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = sleep(LOOK) => {}
            }
        }
    }
}

async fn is_well(node: &Node) -> bool {
    let host = format!("127.0.0.1:{}", node.monitor);
    target::request(&host, "GET", "healthz").await.is_ok_and(|status| status == 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_every_stroke_and_every_kind_is_killed() {
        for seed in 0..50 {
            let plan = |freezes| plan(&mut Dice::new(seed), 10, freezes);
            let strokes = plan(Freezes::Short);
            assert_eq!(strokes, plan(Freezes::Short));
            let kills = || strokes.iter().filter(|s| matches!(s.blow, Blow::Kill { .. }));
            assert_eq!(kills().count(), 10);
            for (what, _) in SHARES {
                assert!(kills().any(|stroke| stroke.what == what), "{what} with seed {seed}");
            }
        }
    }
}
