//! One seed: a world, a stormy part, a calm part, the checks.
//!
//! 1. The weather is drawn; workflows are registered; machines start.
//! 2. For some minutes, goals come in and things go wrong: by call, and by time.
//! 3. It clears up. Stops are lifted, questions answered. Everything must come to its end and fall
//!    quiet, within a bound of virtual time.
//! 4. Everybody stops in order, and what must hold in the end is checked.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Once};
use std::time::Duration;

use galley_coordinator_driver::Registry;
use galley_tests_support::dice::Dice;
use tokio::task::JoinSet;

use crate::broker::{Broker, Link, alarms};
use crate::check::{Endings, Violation, finish};
use crate::crew::{self, Crew, Machine};
use crate::faults::{Event, Fault, Weather};
use crate::people::People;
use crate::target::Target;
use crate::workflows::TEXTS;
use crate::world::World;

/// Shortest and longest stormy part.
const STORM: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(300));
/// Longest time between two things that come by time.
const PAUSE_MAX: Duration = Duration::from_secs(6);
/// How many goals people submit.
const GOALS: (u64, u64) = (2, 8);
/// Within this time of calm everything must have fallen quiet.
const CALM_MAX: Duration = Duration::from_secs(90 * 60);
/// How often people look whether it is quiet.
const LOOK: Duration = Duration::from_secs(15);
/// How long everybody has to stop in order.
const GRACE: Duration = Duration::from_secs(120);
/// Furthest that a clock is wrong.
const SKEW_MAX_MS: u64 = 20_000;

/// A law that is broken on purpose, to see that the checks notice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sabotage {
    /// None.
    #[default]
    None,
    /// The log appends wherever it ends.
    AppendWithoutCompare,
    /// Buckets put whatever was expected.
    PutWithoutCompare,
    /// One publish in twenty is acknowledged and not kept.
    LosePublishes,
    /// An agent never asks its target whether a write happened.
    NeverAsk,
}

/// What is run.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The seed that decides everything.
    pub seed: u64,
    /// The faults that there are, each at its highest rate, when the seed is not to draw them.
    pub faults: Option<Vec<Fault>>,
    /// A law that is broken on purpose.
    pub sabotage: Sabotage,
}

impl Plan {
    /// What a seed decides.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// What did not hold.
    pub violations: Vec<Violation>,
    /// The diary around the first thing that did not hold.
    pub excerpt: Vec<String>,
    /// The whole diary.
    pub diary: String,
    /// How often each fault was injected.
    pub injected: BTreeMap<Fault, u64>,
    /// How the goals ended.
    pub endings: Endings,
    /// How many records were appended.
    pub records: u64,
    /// How many calls were made to the bus.
    pub calls: u64,
    /// How many writes to the outside world landed.
    pub writes: u64,
    /// How much time went by in it.
    pub virtual_time: Duration,
}

thread_local! {
    static PANICS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Runs a plan. The same plan gives the same outcome, to the last byte of the diary.
///
/// # Panics
/// When there can be no runtime.
#[must_use]
pub fn run(plan: &Plan) -> Outcome {
    listen_for_panics();
    PANICS.with_borrow_mut(Vec::clear);
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime of one thread needs nothing but memory");
    let outcome = runtime.block_on(simulate(plan));
    drop(runtime);
    outcome
}

/// A panic of the system under test is caught and survived by it; it is a fault all the same. (The
/// panics that agents are made to have do not come by here.)
fn listen_for_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.with_borrow_mut(|panics| panics.push(info.to_string()));
            before(info);
        }));
    });
}

async fn simulate(plan: &Plan) -> Outcome {
    let mut dice = Dice::new(plan.seed);
    let drawn = Weather::drawn(&mut dice);
    let weather = plan.faults.as_deref().map_or(drawn, Weather::only);
    let world = Arc::new(World::new(dice, Weather::calm(), plan.sabotage));
    let broker = Broker::new(&world);
    let target = Arc::new(Target::default());
    let people = People::new(Link::new(&broker, &crew::people(&world)), Arc::clone(&target));
    register(&broker).await;
    world.later(alarms::ring(Arc::clone(&broker)));
    let crew = Crew::start(&broker, &target);
    world.weather(|now| *now = weather);
    let sim = Sim { world, broker, target, people, crew };
    sim.storm().await;
    sim.calm().await;
    sim.end(plan.seed).await
}

async fn register(broker: &Arc<Broker>) {
    let link = Link::new(broker, &crew::people(&broker.world));
    for text in TEXTS {
        let registry = Registry::new(link.bus().kv);
        registry.register(text).await.expect("nothing goes wrong yet, and the text is a workflow");
    }
}

struct Sim {
    world: Arc<World>,
    broker: Arc<Broker>,
    target: Arc<Target>,
    people: People,
    crew: Crew,
}

impl Sim {
    /// Things go wrong.
    async fn storm(&self) {
        let (lasts, goals) = self.world.draw(|dice| {
            (dice.between(STORM.0, STORM.1), GOALS.0 + dice.below(GOALS.1 - GOALS.0 + 1))
        });
        let mut crowd = JoinSet::new();
        for _ in 0..goals {
            let wait = self.world.draw(|dice| dice.between(Duration::ZERO, lasts / 2));
            let people = self.people.clone();
            crowd.spawn(async move {
                tokio::time::sleep(wait).await;
                people.submit().await;
            });
        }
        while self.world.elapsed() < lasts {
            let pause = self.world.draw(|dice| dice.between(Duration::ZERO, PAUSE_MAX));
            tokio::time::sleep(pause).await;
            let people = self.people.clone();
            match self.world.draw(|dice| dice.below(8)) {
                0 | 1 => drop(crowd.spawn(async move { people.answer_some().await })),
                2 => drop(crowd.spawn(async move { people.signal_and_rate().await })),
                _ => self.strike(&mut crowd),
            }
        }
        while crowd.join_next().await.is_some() {}
    }

    /// Something that comes by time.
    fn strike(&self, crowd: &mut JoinSet<()>) {
        let next = self.world.draw(|dice| dice.fork());
        let Some(event) = self.world.weather(|now| now.next_event(&mut { next })) else { return };
        let people = self.people.clone();
        match event {
            Event::Poison => drop(crowd.spawn(async move { people.poison().await })),
            Event::Order => drop(crowd.spawn(async move { people.order().await })),
            Event::OddInput => drop(crowd.spawn(async move { people.odd().await })),
            Event::Outage => {
                let secs = self.some_secs(40);
                self.world.say("bus", &format!("has no leader for {secs:.1?}"));
                self.world.begin_outage(secs);
                self.broker.change_leader();
            }
            Event::ClockJump => self.jump(),
            Event::Crash | Event::Restart | Event::Cut => self.strike_process(event),
        }
    }

    /// Something that comes by time to one process; to a machine that is down, nothing.
    fn strike_process(&self, event: Event) {
        let Some(process) = self.any_machine().and_then(|machine| machine.process()) else {
            return;
        };
        if event == Event::Crash {
            self.world.say(&process.name, "is killed");
            process.kill();
        } else if event == Event::Restart {
            self.world.say(&process.name, "is asked to stop");
            process.stop.cancel();
        } else {
            let secs = self.some_secs(150);
            self.world.say(&process.name, &format!("is cut off for {secs:.1?}"));
            process.cut(secs);
            self.broker.end_streams();
        }
    }

    fn any_machine(&self) -> Option<Arc<Machine>> {
        self.world.draw(|dice| dice.pick(&self.crew.machines).cloned())
    }

    fn some_secs(&self, most: u64) -> Duration {
        self.world.draw(|dice| dice.between(Duration::from_secs(1), Duration::from_secs(most)))
    }

    fn jump(&self) {
        let Some(machine) = self.any_machine() else { return };
        let (skew, bus) = self.world.draw(|dice| {
            let skew = i64::try_from(dice.below(2 * SKEW_MAX_MS)).unwrap_or(0);
            let most = i64::try_from(SKEW_MAX_MS).unwrap_or(0);
            (skew - most, dice.permille(250))
        });
        let clock = if bus { &self.world.clock } else { &machine.clock };
        clock.skew(skew);
        self.world.say("clock", &format!("{skew} ms wrong (bus: {bus})"));
    }

    /// Nothing goes wrong any more: everything must come to its end.
    async fn calm(&self) {
        self.world.weather(Weather::clear_up);
        self.world.say("weather", "clears up");
        let began = self.world.elapsed();
        self.people.lift_all().await;
        let mut quiet = 0;
        while quiet < 2 {
            tokio::time::sleep(LOOK).await;
            let asked = self.people.answer_one().await;
            let unrest = finish::unrest(&self.broker, &self.people.acknowledged());
            quiet = if unrest.is_empty() && !asked { quiet + 1 } else { 0 };
            if self.world.elapsed() - began > CALM_MAX {
                let goal = self.first_live();
                for what in unrest.into_iter().take(5) {
                    self.world.checks.violate(&self.world, goal, format!("not quiet: {what}"));
                }
                return;
            }
        }
        self.world.say("weather", "is quiet");
        for (goal, what) in finish::verdict(&self.broker, &self.target) {
            self.world.checks.violate(&self.world, goal, what);
        }
    }

    fn first_live(&self) -> Option<galley_schemas::id::GoalId> {
        let live = self.world.checks.each(|id, known| (!known.is_over()).then_some(*id));
        live.into_iter().flatten().next()
    }

    /// Everybody stops; what came of it.
    async fn end(self, seed: u64) -> Outcome {
        let Self { world, broker: _, target, people: _, crew } = self;
        for name in crew.stop(GRACE).await {
            world.checks.violate(&world, None, format!("{name} did not stop in time"));
        }
        for panic in PANICS.with_borrow_mut(std::mem::take) {
            world.checks.violate(&world, None, format!("a panic: {panic}"));
        }
        world.end();
        let violations = world.checks.violations();
        let about = violations.first().and_then(|violation| violation.goal);
        let excerpt = match violations.is_empty() {
            true => Vec::new(),
            false => world.diary.around(about.as_ref(), 60),
        };
        Outcome {
            seed,
            violations,
            excerpt,
            diary: world.diary.text(),
            injected: world.weather(|now| now.injected().clone()),
            endings: world.checks.endings(),
            records: world.checks.records(),
            calls: world.diary.calls(),
            writes: target.total(),
            virtual_time: world.elapsed(),
        }
    }
}
