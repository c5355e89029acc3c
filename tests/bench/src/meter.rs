//! Runs goals in a closed loop, so many at once, and measures their steps. The floor and Galley are
//! driven by the same loop and measured at the same place: where a step's work begins.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use galley_bus_core::BoxError;
use galley_bus_core::clock::{Chance as _, Clock as _, SystemChance, SystemClock};
use galley_schemas::id::GoalId;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};

use crate::shape::Shape;
use crate::stats::{Figures, Spread, number};

/// Longest time that a goal may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// How much is run.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// How many goals are under way at once.
    pub at_once: usize,
    /// For how long goals are handed in.
    pub time: Duration,
}

/// Counts the steps of goals under way.
#[derive(Debug)]
pub struct Meter {
    shape: Shape,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    goals: BTreeMap<GoalId, Course>,
    steps: u64,
    strangers: u64,
    times: Vec<Duration>,
}

#[derive(Debug)]
struct Course {
    steps: u32,
    first: Instant,
    last: Instant,
    over: Option<oneshot::Sender<()>>,
}

impl Meter {
    /// For goals of a shape.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        Self { shape, state: Mutex::default() }
    }

    /// The work of one step of a goal begins.
    pub fn begins(&self, goal: GoalId) {
        let now = Instant::now();
        let mut state = self.state();
        let State { goals, steps, strangers, times } = &mut *state;
        let Some(course) = goals.get_mut(&goal) else {
            *strangers += 1;
            return;
        };
        *steps += 1;
        course.steps += 1;
        match self.shape {
            Shape::Chain(_) if course.steps > 1 => times.push(now - course.last),
            Shape::Fan(width) if course.steps == width + 2 => {
                times.push((now - course.first) / (width + 1));
            }
            Shape::Chain(_) => {}
            Shape::Fan(_) if course.steps == 1 => course.first = now,
            Shape::Fan(_) => {}
        }
        course.last = now;
        if course.steps == self.shape.steps()
            && let Some(over) = course.over.take()
        {
            goals.remove(&goal);
            if over.send(()).is_err() {
                // Nobody waits any more: the run was given up.
                state.goals.clear();
            }
        }
    }

    /// Hands in goals, `load.at_once` under way at any time, and measures until all are over.
    ///
    /// # Errors
    /// A goal could not be handed in, or was not over in two minutes.
    pub async fn run<F>(
        &self,
        load: Load,
        submit: impl Fn(GoalId) -> F,
    ) -> Result<Figures, BoxError>
    where
        F: Future<Output = Result<(), BoxError>>,
    {
        let start = Instant::now();
        let (warm, end) = (start + load.time / 5, start + load.time);
        let one = async || -> Result<u64, BoxError> {
            let mut goals = 0;
            while Instant::now() < end {
                let goal = SystemChance.goal_id(SystemClock.now());
                let over = self.enter(goal);
                submit(goal).await?;
                timeout(PATIENCE, over)
                    .await
                    .map_err(|_late| format!("goal {goal} does not end"))??;
                goals += 1;
            }
            Ok(goals)
        };
        let paced = async {
            sleep_until(warm).await;
            let (from, before) = (Instant::now(), self.state().steps);
            sleep_until(end).await;
            number(self.state().steps - before) / from.elapsed().as_secs_f64()
        };
        let (slots, steps_a_second) =
            tokio::join!(join_all((0..load.at_once).map(|_| one())), paced);
        let goals = slots.into_iter().sum::<Result<u64, BoxError>>()?;
        let mut state = self.state();
        if state.strangers > 0 {
            return Err(format!("{} steps of goals that were over", state.strangers).into());
        }
        let step = Spread::of(std::mem::take(&mut state.times));
        Ok(Figures { goals, steps: state.steps, steps_a_second, step })
    }

    fn enter(&self, goal: GoalId) -> oneshot::Receiver<()> {
        let (over, is_over) = oneshot::channel();
        let now = Instant::now();
        let course = Course { steps: 0, first: now, last: now, over: Some(over) };
        self.state().goals.insert(goal, course);
        is_over
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
