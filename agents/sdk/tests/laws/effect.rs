//! An outside write happens at most once, whatever breaks between its steps.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use galley_agents_sdk::harness::Harness;
use galley_agents_sdk::{Agent, Context, Effect, Effector, Observed};
use galley_schemas::artifact::Digest;
use galley_schemas::fault::Fault;
use galley_schemas::report::Settlement;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// How a write goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Write {
    Works,
    /// The target has it, and the answer is lost.
    LandsUnheard,
    /// The target does not have it, and nobody knows.
    FailsUnheard,
    /// The target refuses.
    IsRefused,
    /// The process dies before the target has it.
    DiesBefore,
    /// The process dies when the target has it.
    DiesAfter,
}

/// What the target says when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Truth,
    Shrug,
    NoAnswer,
}

/// The outside world: what was written to it, and how it behaves next.
struct World {
    writes: AtomicU32,
    write: Write,
    ask: Ask,
    dies: Semaphore,
}

impl World {
    fn new(writes: u32, write: Write, ask: Ask) -> Self {
        Self { writes: AtomicU32::new(writes), write, ask, dies: Semaphore::new(0) }
    }

    fn land(&self) {
        self.writes.fetch_add(1, Ordering::SeqCst);
    }

    fn writes(&self) -> u32 {
        self.writes.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Effector for World {
    async fn observe(&self) -> Result<Observed, Fault> {
        match self.ask {
            Ask::Truth if self.writes() > 0 => Ok(Observed::Happened(json!("seen"))),
            Ask::Truth => Ok(Observed::DidNotHappen),
            Ask::Shrug => Ok(Observed::CannotTell("no listing".to_owned())),
            Ask::NoAnswer => Err(Fault::transient("GLY0397", "the target does not answer")),
        }
    }

    async fn write(&self) -> Result<Value, Fault> {
        match self.write {
            Write::Works => {
                self.land();
                Ok(json!("written"))
            }
            Write::LandsUnheard => {
                self.land();
                Err(Fault::transient("GLY0396", "no answer"))
            }
            Write::FailsUnheard => Err(Fault::transient("GLY0396", "no answer")),
            Write::IsRefused => Err(Fault::permanent("GLY0395", "refused")),
            Write::DiesBefore => {
                self.dies.add_permits(1);
                std::future::pending().await
            }
            Write::DiesAfter => {
                self.land();
                self.dies.add_permits(1);
                std::future::pending().await
            }
        }
    }
}

/// Posts to a world, once; may be stopped before.
struct Posts {
    world: Arc<World>,
    before: Option<Arc<Harness>>,
}

#[async_trait]
impl Agent for Posts {
    type Input = ();
    type Output = Value;
    const KIND: &'static str = "posts";
    const SUMMARY: &'static str = "Posts once.";
    const EFFECTS: bool = true;

    async fn run(&self, ctx: &Context, (): ()) -> Result<Value, Fault> {
        if let Some(harness) = &self.before {
            harness.fence();
        }
        let effect = Effect {
            key: "post".to_owned(),
            target: "world".to_owned(),
            content: Digest::of(b"text"),
            summary: "post the text".to_owned(),
        };
        ctx.effect(effect, &*self.world).await
    }
}

/// How an effect stands after all attempts.
#[derive(Debug, PartialEq, Eq)]
enum Stands {
    Open,
    Done,
    NotDone,
    Unknown,
}

/// One attempt: its receipt, the code of its failure, or `died`.
async fn attempt(harness: &Harness, world: &Arc<World>) -> String {
    let agent = Posts { world: Arc::clone(world), before: None };
    tokio::select! {
        biased;
        _ = world.dies.acquire() => "died".to_owned(),
        ended = harness.run(&agent, ()) => match ended {
            Ok(receipt) => receipt.as_str().expect("receipts are texts here").to_owned(),
            Err(fault) => fault.code,
        }
    }
}

/// Attempts one after another on one world: each with how its write goes and what the target says.
/// Gives how each ended, how often the target was written to, and how the effect stands.
async fn play(attempts: &[(Write, Ask)]) -> (Vec<String>, u32, Stands) {
    let harness = Harness::new();
    let mut writes = 0;
    let mut ended = Vec::new();
    for (write, ask) in attempts {
        let world = Arc::new(World::new(writes, *write, *ask));
        ended.push(attempt(&harness, &world).await);
        writes = world.writes();
    }
    let [effect] = harness.effects().try_into().expect("one effect");
    let stands = match effect.settlement {
        None => Stands::Open,
        Some(Settlement::Done { .. }) => Stands::Done,
        Some(Settlement::NotDone { .. }) => Stands::NotDone,
        Some(Settlement::Unknown { .. }) => Stands::Unknown,
    };
    (ended, writes, stands)
}

async fn check(attempts: &[(Write, Ask, &str)], writes: u32, stands: Stands) {
    let script: Vec<_> = attempts.iter().map(|(write, ask, _)| (*write, *ask)).collect();
    let ended = attempts.iter().map(|(_, _, ended)| (*ended).to_owned()).collect();
    assert_eq!(play(&script).await, (ended, writes, stands), "{script:?}");
}

#[tokio::test]
async fn with_a_truthful_target_no_order_of_mishaps_writes_twice() {
    use Write::{DiesAfter, DiesBefore, FailsUnheard, IsRefused, LandsUnheard, Works};
    let writes = [Works, LandsUnheard, FailsUnheard, IsRefused, DiesBefore, DiesAfter];
    let each: Vec<_> =
        writes.into_iter().flat_map(|w| [(w, Ask::Truth), (w, Ask::NoAnswer)]).collect();
    for first in &each {
        for second in &each {
            for third in &each {
                let script = [*first, *second, *third, (Works, Ask::Truth)];
                let (ended, writes, stands) = play(&script).await;
                assert_eq!((writes, stands), (1, Stands::Done), "{script:?} ended {ended:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_write_that_works_is_done_once_however_often_the_task_runs() {
    use Ask::Truth;
    check(&[(Write::Works, Truth, "written")], 1, Stands::Done).await;
    let again = (Write::Works, Truth, "written");
    check(&[(Write::Works, Truth, "written"), again], 1, Stands::Done).await;
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_asked_about() {
    use Ask::{NoAnswer, Shrug, Truth};
    check(&[(Write::LandsUnheard, Truth, "seen")], 1, Stands::Done).await;
    let fails = |ask, code| (Write::FailsUnheard, ask, code);
    check(&[fails(Truth, "GLY0396")], 0, Stands::NotDone).await;
    let next = (Write::Works, Truth, "written");
    check(&[fails(Truth, "GLY0396"), next], 1, Stands::Done).await;
    check(&[fails(Shrug, "GLY0310")], 0, Stands::Unknown).await;
    check(&[fails(NoAnswer, "GLY0397")], 0, Stands::Open).await;
    let next = (Write::Works, Truth, "written");
    check(&[fails(NoAnswer, "GLY0397"), next], 1, Stands::Done).await;
    let next = (Write::Works, Truth, "seen");
    let lost = (Write::LandsUnheard, NoAnswer, "GLY0397");
    check(&[lost, next], 1, Stands::Done).await;
}

#[tokio::test]
async fn a_write_that_was_refused_did_not_happen() {
    let refused = (Write::IsRefused, Ask::Truth, "GLY0395");
    check(&[refused], 0, Stands::NotDone).await;
    let refused = (Write::IsRefused, Ask::Truth, "GLY0395");
    let next = (Write::Works, Ask::Truth, "written");
    check(&[refused, next], 1, Stands::Done).await;
}

#[tokio::test]
async fn after_a_crash_the_target_is_asked_before_any_write() {
    use Ask::{NoAnswer, Shrug, Truth};
    let before = || (Write::DiesBefore, Truth, "died");
    let after = || (Write::DiesAfter, Truth, "died");
    let next = |ask, ended| (Write::Works, ask, ended);
    check(&[before(), next(Truth, "written")], 1, Stands::Done).await;
    check(&[after(), next(Truth, "seen")], 1, Stands::Done).await;
    check(&[after(), next(Shrug, "GLY0310")], 1, Stands::Unknown).await;
    check(&[before(), next(Shrug, "GLY0310")], 0, Stands::Unknown).await;
    let silent = next(NoAnswer, "GLY0397");
    check(&[after(), silent, next(Truth, "seen")], 1, Stands::Done).await;
    check(&[before(), before(), after(), next(Truth, "seen")], 1, Stands::Done).await;
}

#[tokio::test]
async fn a_persons_answer_decides_what_nobody_could_tell() {
    for (answer, writes, want) in [
        (Settlement::Done { receipt: json!("seen") }, 1, "seen"),
        (Settlement::NotDone { reason: "it is not there".to_owned() }, 2, "written"),
    ] {
        let harness = Harness::new();
        let unheard = Arc::new(World::new(0, Write::LandsUnheard, Ask::Shrug));
        assert_eq!(attempt(&harness, &unheard).await, "GLY0310");
        harness.answer("post", answer);
        // The person is believed: one who errs is the only way to a second write.
        let next = Arc::new(World::new(1, Write::Works, Ask::Shrug));
        assert_eq!(attempt(&harness, &next).await, want);
        assert_eq!(next.writes(), writes);
    }
}

#[tokio::test]
async fn a_fenced_attempt_writes_nothing() {
    let harness = Arc::new(Harness::new());
    let world = Arc::new(World::new(0, Write::Works, Ask::Truth));
    let agent = Posts { world: Arc::clone(&world), before: Some(Arc::clone(&harness)) };
    assert_eq!(harness.run(&agent, ()).await.unwrap_err().code, "GLY0309");
    assert_eq!(world.writes(), 0);
    assert!(harness.effects().is_empty());
}
