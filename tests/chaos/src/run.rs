//! One run: start everybody, let it storm, let it calm down, check.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use galley_bus_nats::Nats;
use galley_coordinator_driver::Registry;
use galley_tests_support::dice::Dice;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::crew::{Crew, Means};
use crate::people::People;
use crate::report::{Doctor, Report};
use crate::services::{Node, Servers};
use crate::storm::{self, Freezes, Storm, Stroke};
use crate::target::Target;
use crate::{learned, member, verdict, workflows};

/// Within this time after the last blow everything must have ended: loans of a minute run out in it,
/// and what they held is tried again.
const CALM_MAX: Duration = Duration::from_secs(180);
/// How often progress is told.
const TELL: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(200);

/// What is run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The seed that decides what is submitted and who is struck when.
    pub seed: u64,
    /// Goals of the small agents.
    pub goals: u32,
    /// Articles, by the agents that come with Galley.
    pub articles: u32,
    /// `kill -9`s.
    pub kills: u32,
    /// How long processes may be frozen.
    pub freezes: Freezes,
    /// Nodes of NATS: 1, or 3 for a cluster that keeps everything on all of them.
    pub nodes: usize,
    /// The program of this crate, which is also the small agents.
    pub program: PathBuf,
    /// Whether progress is told.
    pub telling: Telling,
}

/// Whether progress is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// A line every other second, on standard error.
    Progress,
    /// Nothing.
    Nothing,
}

/// Runs a plan on these servers; everything that was started is ended, whatever comes.
///
/// # Errors
/// The run itself failed. What does not hold is in the report.
pub async fn run(plan: &Plan, servers: &Servers) -> anyhow::Result<Report> {
    let folder = tempfile::Builder::new().prefix("galley-chaos.").tempdir()?;
    let ran = tokio::select! {
        biased;
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            Err(anyhow::anyhow!("interrupted"))
        }
        ran = run_in(plan, servers, folder.path()) => ran,
    };
    member::kill_broker(&folder.path().join("kafka"));
    // What went wrong is looked into afterwards.
    if !ran.as_ref().is_ok_and(|report| report.wrong().is_empty()) {
        let kept = folder.keep();
        eprintln!("logs and states are kept in {}", kept.display());
    }
    ran
}

async fn run_in(plan: &Plan, servers: &Servers, dir: &Path) -> anyhow::Result<Report> {
    let mut dice = Dice::new(plan.seed);
    let strokes = storm::plan(&mut dice, plan.kills, plan.freezes);
    let target = Arc::new(Target::start(dice.fork()).await?);
    let means = Means {
        servers: servers.clone(),
        agent: plan.program.clone(),
        dir: dir.to_owned(),
        target: target.host.clone(),
        nodes: plan.nodes,
        writers: plan.articles > 0,
    };
    let crew = Arc::new(Crew::start(&means).await?);
    let nats = connect(&crew).await?;
    let bus = nats.bus();
    for text in workflows::TEXTS {
        let registered = Registry::new(Arc::clone(&bus.kv)).register(text).await;
        registered.context("a workflow is registered")?;
    }
    let people = People::new(bus.clone(), Arc::clone(&target), dice.fork());
    let began = Instant::now();
    let storm = Storm::new(Arc::clone(&crew), began);
    let stage = Stage { plan, people, storm: Arc::clone(&storm), began };
    let weather = stage.play(strokes).await?;

    let (logs, told) = verdict::logs(&bus).await?;
    let known = stage.people.known().clone();
    let courses = verdict::courses(&bus, &logs).await?;
    let goals = verdict::goals(&logs, &courses, &known);
    let counted = target.counted();
    let mut effects = verdict::effects(&logs, &courses, &counted);
    verdict::site(&mut effects, &logs, &dir.join("site"))?;
    let learned = learned::examine(&bus, &dir.join("kafka"), &told).await?;
    let doctor = Doctor::hear(&crew.galley(&["doctor", "--json"]).await?.1);
    nats.close().await?;
    for late in crew.end().await? {
        storm.diary().wrong.push(format!("{late} did not end in time in the end"));
    }
    let diary = std::mem::take(&mut *storm.diary());
    let (seed, nodes) = (plan.seed, plan.nodes);
    Ok(Report { seed, nodes, goals, effects, counted, learned, doctor, diary, weather })
}

/// Connects as people do; refuses servers that do not write to the disk before they answer.
async fn connect(crew: &Crew) -> anyhow::Result<Nats> {
    let monitor = crew.nodes.first().map(|node| format!("http://127.0.0.1:{}", node.monitor));
    let config = galley_bus_nats::Config {
        servers: crew.nodes.iter().map(Node::url).collect(),
        name: "chaos people".to_owned(),
        replicas: crew.nodes.len(),
        monitor,
        strict_durability: true,
        reconnect_pause_max_ms: 500,
        ..galley_bus_nats::Config::default()
    };
    Nats::connect(&config).await.context("the people cannot connect to NATS")
}

/// How long what took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weather {
    /// Until the last blow was dealt and everybody was back.
    pub(crate) stormed: Duration,
    /// Until every goal had ended.
    pub(crate) lasted: Duration,
    /// Whether all had in time.
    pub(crate) quiet: bool,
}

/// Who is on the stage while it storms.
struct Stage<'p> {
    plan: &'p Plan,
    people: Arc<People>,
    storm: Arc<Storm>,
    began: Instant,
}

impl Stage<'_> {
    /// The storm, and the calm after it.
    async fn play(&self, strokes: Vec<Stroke>) -> anyhow::Result<Weather> {
        let (calm, over) = (CancellationToken::new(), CancellationToken::new());
        let mut always = JoinSet::new();
        always.spawn(Arc::clone(&self.people).tend(over.clone()));
        always.spawn(Arc::clone(&self.storm).look_after(over.clone()));
        let mut storming = JoinSet::new();
        let over_time = storm::lasts(&strokes);
        let Plan { goals, articles, .. } = *self.plan;
        storming.spawn(Arc::clone(&self.people).submit_all(goals, over_time));
        if articles > 0 {
            storming.spawn(Arc::clone(&self.people).submit_articles(articles, over_time));
        }
        let mut stopping = JoinSet::new();
        stopping.spawn(Arc::clone(&self.people).stop_and_resume(calm.clone()));
        storming.spawn(Arc::clone(&self.storm).rage(strokes));
        while let Some(done) = self.with_progress(storming.join_next()).await {
            done.context("a part of the storm broke down")?;
        }
        calm.cancel();
        while let Some(done) = self.with_progress(stopping.join_next()).await {
            done.context("whoever stops and resumes broke down")?;
        }
        let stormed = self.began.elapsed();
        let quiet = timeout(CALM_MAX, self.with_progress(self.quiet())).await.is_ok();
        let lasted = self.began.elapsed();
        over.cancel();
        while let Some(done) = always.join_next().await {
            done.context("whoever looks after goals or processes broke down")?;
        }
        Ok(Weather { stormed, lasted, quiet })
    }

    async fn quiet(&self) {
        while !self.people.known().is_quiet() {
            sleep(LOOK).await;
        }
    }

    async fn with_progress<T>(&self, waiting: impl Future<Output = T>) -> T {
        let telling = async {
            loop {
                sleep(TELL).await;
                if self.plan.telling == Telling::Progress {
                    self.tell();
                }
            }
        };
        tokio::select! {
            biased;
            done = waiting => done,
            () = telling => unreachable!("it tells for ever"),
        }
    }

    fn tell(&self) {
        let at = self.began.elapsed().as_secs();
        let (kills, Plan { kills: planned, .. }) = (self.storm.kills(), self.plan);
        let known = self.people.known();
        let (submitted, seen, ended) = (known.submitted.len(), known.goals.len(), known.ended());
        eprintln!(
            "{at:>4} s  {kills}/{planned} kills  {submitted}/{} submitted  {seen} goals with sub-goals, {ended} ended",
            self.plan.goals + self.plan.articles
        );
    }
}
