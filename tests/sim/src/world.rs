//! Everything that the parts of one simulation share: chance, weather, diary, checks.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use galley_tests_support::dice::Dice;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::check::Checks;
use crate::clock::WallClock;
use crate::diary::Diary;
use crate::faults::{Fault, Weather};
use crate::lock;
use crate::process::Process;
use crate::run::Sabotage;

/// What the parts of one simulation share.
#[derive(Debug)]
pub(crate) struct World {
    began: Instant,
    dice: Mutex<Dice>,
    weather: Mutex<Weather>,
    outage_until: Mutex<Option<Instant>>,
    background: Mutex<JoinSet<()>>,
    /// The bus's own clock.
    pub(crate) clock: Arc<WallClock>,
    /// What happened.
    pub(crate) diary: Diary,
    /// What must hold.
    pub(crate) checks: Checks,
    /// The law that is broken on purpose, to see whether the checks notice.
    pub(crate) sabotage: Sabotage,
}

impl World {
    /// A world in which nothing has happened. Made inside the runtime whose time it runs on.
    pub(crate) fn new(dice: Dice, weather: Weather, sabotage: Sabotage) -> Self {
        let began = Instant::now();
        Self {
            began,
            dice: Mutex::new(dice),
            weather: Mutex::new(weather),
            outage_until: Mutex::new(None),
            background: Mutex::new(JoinSet::new()),
            clock: Arc::new(WallClock::new(began)),
            diary: Diary::default(),
            checks: Checks::default(),
            sabotage,
        }
    }

    /// The true time since the beginning.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// When it began.
    pub(crate) const fn began(&self) -> Instant {
        self.began
    }

    /// Draws from the world's chance.
    pub(crate) fn draw<T>(&self, draw: impl FnOnce(&mut Dice) -> T) -> T {
        draw(&mut lock(&self.dice))
    }

    /// Looks at the weather, or changes it.
    pub(crate) fn weather<T>(&self, look: impl FnOnce(&mut Weather) -> T) -> T {
        look(&mut lock(&self.weather))
    }

    /// Whether a fault strikes now.
    pub(crate) fn strikes(&self, fault: Fault) -> bool {
        lock(&self.weather).strikes(fault, &mut lock(&self.dice))
    }

    /// Writes a line into the diary.
    pub(crate) fn say(&self, who: &str, what: &str) {
        self.diary.write(self.elapsed(), who, what);
    }

    /// The bus has no leader for a while.
    pub(crate) fn begin_outage(&self, for_: Duration) {
        *lock(&self.outage_until) = Some(Instant::now() + for_);
    }

    /// Whether a process can reach the bus.
    pub(crate) fn reaches_bus(&self, process: &Process) -> bool {
        let is_out = lock(&self.outage_until).is_some_and(|until| Instant::now() < until);
        !is_out && !process.is_cut()
    }

    /// Lets something happen by itself: it belongs to no process and dies with the world.
    pub(crate) fn later(&self, what: impl Future<Output = ()> + Send + 'static) {
        let mut background = lock(&self.background);
        while background.try_join_next().is_some() {}
        background.spawn(what);
    }
}

impl World {
    /// Ends everything that happens by itself.
    pub(crate) fn end(&self) {
        lock(&self.background).abort_all();
    }
}
