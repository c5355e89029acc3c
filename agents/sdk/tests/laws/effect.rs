//! An outside write happens at most once, whatever breaks between its steps.

use std::sync::Mutex;

use async_trait::async_trait;
use galley_agents_sdk::harness::Harness;
use galley_agents_sdk::{Agent, Context, Effect, Effector, Observed};
use galley_schemas::artifact::Digest;
use galley_schemas::fault::Fault;
use galley_schemas::report::Settlement;
use serde_json::{Value, json};

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
    writes: Mutex<u32>,
    write: Write,
    ask: Ask,
    dies: tokio::sync::Semaphore,
}

impl World {
    fn land(&self) {
        *self.writes.lock().unwrap() += 1;
    }
}

#[async_trait]
impl Effector for World {
    async fn observe(&self) -> Result<Observed, Fault> {
        match self.ask {
            Ask::Truth if *self.writes.lock().unwrap() > 0 => Ok(Observed::Happened(json!("seen"))),
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

struct Poster<'a>(&'a World);

impl Poster<'_> {
    async fn post(&self, ctx: &Context) -> Result<Value, Fault> {
        let effect = Effect {
            key: "post".to_owned(),
            target: "world".to_owned(),
            content: Digest::of(b"text"),
            summary: "post the text".to_owned(),
        };
        ctx.effect(effect, self.0).await
    }
}

/// The agent of one attempt; the world is handed over by way of a leaked reference, as agents are
/// `'static`.
struct Posts(&'static World);

#[async_trait]
impl Agent for Posts {
    type Input = ();
    type Output = Value;
    const KIND: &'static str = "posts";
    const SUMMARY: &'static str = "Posts once.";
    const EFFECTS: bool = true;

    async fn run(&self, ctx: &Context, (): ()) -> Result<Value, Fault> {
        Poster(self.0).post(ctx).await
    }
}

/// How an attempt ended.
#[derive(Debug, PartialEq)]
enum Ended {
    With(&'static str),
    Failed(&'static str),
    Died,
}
use Ended::{Died, Failed, With};

/// How an effect stands after all attempts.
#[derive(Debug, PartialEq, Eq)]
enum Stands {
    Open,
    Done,
    NotDone,
    Unknown,
}

async fn attempt(harness: &Harness, world: &'static World) -> Ended {
    let agent = Posts(world);
    tokio::select! {
        biased;
        _ = world.dies.acquire() => Died,
        ended = harness.run(&agent, ()) => match ended {
            Ok(receipt) if receipt == json!("written") => With("written"),
            Ok(receipt) if receipt == json!("seen") => With("seen"),
            Ok(receipt) => panic!("{receipt}"),
            Err(fault) => Failed(Box::leak(fault.code.into_boxed_str())),
        }
    }
}

/// Attempts one after another on one world: each with how its write goes, what the target says, and
/// how it ends. In the end: how often the target was written to, and how the effect stands.
async fn check(attempts: &[(Write, Ask, Ended)], writes: u32, stands: Stands) {
    let harness = Harness::new();
    let mut landed = 0;
    for (index, (write, ask, want)) in attempts.iter().enumerate() {
        let world: &'static World = Box::leak(Box::new(World {
            writes: Mutex::new(landed),
            write: *write,
            ask: *ask,
            dies: tokio::sync::Semaphore::new(0),
        }));
        let got = attempt(&harness, world).await;
        assert_eq!(got, *want, "attempt {index} of {attempts:?}");
        landed = *world.writes.lock().unwrap();
    }
    assert_eq!(landed, writes, "{attempts:?}");
    let [effect] = harness.effects().try_into().expect("one effect");
    let got = match effect.settlement {
        None => Stands::Open,
        Some(Settlement::Done { .. }) => Stands::Done,
        Some(Settlement::NotDone { .. }) => Stands::NotDone,
        Some(Settlement::Unknown { .. }) => Stands::Unknown,
    };
    assert_eq!(got, stands, "{attempts:?}");
}

#[tokio::test]
async fn a_write_that_works_is_done_once_however_often_the_task_runs() {
    use Ask::Truth;
    check(&[(Write::Works, Truth, With("written"))], 1, Stands::Done).await;
    let again = (Write::Works, Truth, With("written"));
    check(&[(Write::Works, Truth, With("written")), again], 1, Stands::Done).await;
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_asked_about() {
    use Ask::{NoAnswer, Shrug, Truth};
    check(&[(Write::LandsUnheard, Truth, With("seen"))], 1, Stands::Done).await;
    let fails = |ask, code| (Write::FailsUnheard, ask, Failed(code));
    check(&[fails(Truth, "GLY0396")], 0, Stands::NotDone).await;
    let next = (Write::Works, Truth, With("written"));
    check(&[fails(Truth, "GLY0396"), next], 1, Stands::Done).await;
    check(&[fails(Shrug, "GLY0310")], 0, Stands::Unknown).await;
    check(&[fails(NoAnswer, "GLY0397")], 0, Stands::Open).await;
    let next = (Write::Works, Truth, With("written"));
    check(&[fails(NoAnswer, "GLY0397"), next], 1, Stands::Done).await;
    let next = (Write::Works, Truth, With("seen"));
    let lost = (Write::LandsUnheard, NoAnswer, Failed("GLY0397"));
    check(&[lost, next], 1, Stands::Done).await;
}

#[tokio::test]
async fn a_write_that_was_refused_did_not_happen() {
    let refused = (Write::IsRefused, Ask::Truth, Failed("GLY0395"));
    check(&[refused], 0, Stands::NotDone).await;
    let refused = (Write::IsRefused, Ask::Truth, Failed("GLY0395"));
    let next = (Write::Works, Ask::Truth, With("written"));
    check(&[refused, next], 1, Stands::Done).await;
}

#[tokio::test]
async fn after_a_crash_the_target_is_asked_before_any_write() {
    use Ask::{NoAnswer, Shrug, Truth};
    let before = || (Write::DiesBefore, Truth, Died);
    let after = || (Write::DiesAfter, Truth, Died);
    let next = |ask, ended| (Write::Works, ask, ended);
    check(&[before(), next(Truth, With("written"))], 1, Stands::Done).await;
    check(&[after(), next(Truth, With("seen"))], 1, Stands::Done).await;
    check(&[after(), next(Shrug, Failed("GLY0310"))], 1, Stands::Unknown).await;
    check(&[before(), next(Shrug, Failed("GLY0310"))], 0, Stands::Unknown).await;
    let silent = next(NoAnswer, Failed("GLY0397"));
    check(&[after(), silent, next(Truth, With("seen"))], 1, Stands::Done).await;
    check(&[before(), before(), after(), next(Truth, With("seen"))], 1, Stands::Done).await;
}

#[tokio::test]
async fn a_persons_answer_decides_what_nobody_could_tell() {
    for (answer, writes, want) in [
        (Settlement::Done { receipt: json!("seen") }, 1, With("seen")),
        (Settlement::NotDone { reason: "it is not there".to_owned() }, 2, With("written")),
    ] {
        let harness = Harness::new();
        let world = |write, writes| -> &'static World {
            let (writes, dies) = (Mutex::new(writes), tokio::sync::Semaphore::new(0));
            Box::leak(Box::new(World { writes, write, ask: Ask::Shrug, dies }))
        };
        let unheard = world(Write::LandsUnheard, 0);
        assert_eq!(attempt(&harness, unheard).await, Failed("GLY0310"));
        harness.answer("post", answer);
        // The person is believed: one who errs is the only way to a second write.
        let next = world(Write::Works, 1);
        assert_eq!(attempt(&harness, next).await, want);
        assert_eq!(*next.writes.lock().unwrap(), writes);
    }
}

#[tokio::test]
async fn a_fenced_attempt_writes_nothing() {
    struct Stopped<'a>(&'a Harness, &'static World);
    #[async_trait]
    impl Agent for Stopped<'static> {
        type Input = ();
        type Output = Value;
        const KIND: &'static str = "stopped";
        const SUMMARY: &'static str = "Is stopped before it posts.";

        async fn run(&self, ctx: &Context, (): ()) -> Result<Value, Fault> {
            self.0.fence();
            Poster(self.1).post(ctx).await
        }
    }
    let harness: &'static Harness = Box::leak(Box::new(Harness::new()));
    let world: &'static World = Box::leak(Box::new(World {
        writes: Mutex::new(0),
        write: Write::Works,
        ask: Ask::Truth,
        dies: tokio::sync::Semaphore::new(0),
    }));
    let fault = harness.run(&Stopped(harness, world), ()).await.unwrap_err();
    assert_eq!(fault.code, "GLY0309");
    assert_eq!(*world.writes.lock().unwrap(), 0);
    assert!(harness.effects().is_empty());
}
