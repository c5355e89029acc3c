//! The assembly of a coordinator: its parts, how each is started, and what its end means.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use galley_bus_core::Bus;
use galley_bus_core::calls::Call;
use galley_bus_core::clock::{Chance, Clock};
use galley_schemas::id::InstanceId;
use galley_schemas::subject;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::calls::Service;
use crate::config::Config;
use crate::fences::Fences;
use crate::hands::Hands;
use crate::kinds::Kinds;
use crate::load::Goals;
use crate::registry::Registry;
use crate::views::Board;
use crate::{discover, inputs, reports, sweep};

/// Delay before a part that panicked is started again.
const RESTART: Duration = Duration::from_secs(1);

/// A coordinator. Any number of them may run on one bus.
pub struct Coordinator {
    hands: Arc<Hands>,
}

impl fmt::Debug for Coordinator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coordinator")
            .field("instance", &self.hands.instance)
            .finish_non_exhaustive()
    }
}

/// What runs in a coordinator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Serves the stream of inputs.
    Inputs,
    /// Serves reports.
    Reports,
    /// Serves submissions by request and reply.
    Submissions,
    /// Looks after live goals.
    Sweep,
    /// Finds agent kinds.
    Discover,
    /// Keeps the snapshot of stop fences.
    Fences,
    /// Writes the status view.
    Views,
}

const PARTS: [Part; 7] = [
    Part::Fences,
    Part::Views,
    Part::Discover,
    Part::Sweep,
    Part::Inputs,
    Part::Reports,
    Part::Submissions,
];

impl Coordinator {
    /// A coordinator on a bus. It does nothing before it is run.
    ///
    /// The configuration is taken as it is; see [`Config::check`].
    #[must_use]
    pub fn new(bus: Bus, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>, config: Config) -> Self {
        let instance = chance.instance_id(clock.now());
        let kv = || Arc::clone(&bus.kv);
        let hands = Hands {
            registry: Registry::new(kv()),
            fences: Fences::new(kv()),
            board: Board::new(kv(), Arc::clone(&clock), config.progress_period()),
            goals: Goals::new(config.goals_cached_max),
            kinds: Kinds::new(config.kinds.iter().cloned()),
            overdue_told: AtomicBool::new(false),
            bus,
            clock,
            chance,
            config,
            instance,
        };
        Self { hands: Arc::new(hands) }
    }

    /// Which instance this is: agents report to it first on tasks that it handed out.
    #[must_use]
    pub fn instance(&self) -> InstanceId {
        self.hands.instance
    }

    /// Runs until stopped, then lets what is in hand end within the grace period and writes the
    /// status views that wait.
    pub async fn run(self, stop: CancellationToken) {
        let hands = self.hands;
        tracing::info!(instance = %hands.instance, "coordinator starts");
        // Reports are judged by the fences from the first one on.
        hands.fences.refresh().await;
        let slots = usize::try_from(hands.config.reports_in_flight).unwrap_or(usize::MAX);
        let slots = Arc::new(Semaphore::new(slots.clamp(1, Semaphore::MAX_PERMITS)));
        let mut parts = JoinSet::new();
        for part in PARTS {
            let (hands, slots) = (Arc::clone(&hands), Arc::clone(&slots));
            parts.spawn(keep_running(part, hands, slots, stop.clone()));
        }
        while parts.join_next().await.is_some() {}
        hands.board.flush_all().await;
        tracing::info!(instance = %hands.instance, "coordinator ended");
    }
}

/// Runs a part until stopped. A part ends by itself only if it panics, which is a bug: the others go
/// on, and it is started again, since everything that it knows can be read anew.
async fn keep_running(
    part: Part,
    hands: Arc<Hands>,
    slots: Arc<Semaphore>,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let mut running = JoinSet::new();
        running.spawn(run_part(part, Arc::clone(&hands), Arc::clone(&slots), stop.clone()));
        match running.join_next().await {
            Some(Err(error)) => tracing::error!(?part, %error, "part ended; started again"),
            Some(Ok(())) | None if stop.is_cancelled() => return,
            Some(Ok(())) | None => tracing::error!(?part, "part ended by itself; started again"),
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = hands.clock.sleep(RESTART) => {}
        }
    }
}

async fn run_part(part: Part, hands: Arc<Hands>, slots: Arc<Semaphore>, stop: CancellationToken) {
    match part {
        Part::Inputs => inputs::run(hands, stop).await,
        Part::Reports => reports::run(hands, slots, stop).await,
        Part::Submissions => {
            let subject = subject::SUBMIT.to_owned();
            Service { subject, answer: answer_submission, slots }.run(hands, stop).await;
        }
        Part::Sweep => sweep::run(hands, stop).await,
        Part::Discover => discover::run(hands, stop).await,
        Part::Fences => hands.fences.follow(hands.config.refresh_period(), stop).await,
        Part::Views => hands.board.run(hands.config.view_period(), stop).await,
    }
}

fn answer_submission(hands: Arc<Hands>, call: Call) -> BoxFuture<'static, ()> {
    async move {
        let answer = hands.answer_submission(call.payload).await;
        let answer = serde_json::to_vec(&answer).expect("wire types have string keys");
        if call.reply.send(answer.into()).is_err() {
            tracing::debug!("whoever submitted stopped waiting; the goal is kept");
        }
    }
    .boxed()
}
