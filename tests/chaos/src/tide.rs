//! Scaling under load: processes come and go by the signals that Kubernetes sends, while goals are under way and every write
//! is counted where it lands.
//!
//! ```text
//!   flood   a kind goes from none to twenty processes, and back to none, twice
//!   roll    every process is replaced, one after the other: the new one first, then SIGTERM for the old one
//! ```

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use galley_bus_core::Bus;
use galley_bus_core::topology;
use galley_bus_nats::Nats;
use galley_coordinator_driver::Registry;
use galley_schemas::id::AgentKind;
use galley_tests_support::dice::Dice;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::member::{Launch, Member, What};
use crate::people::{Known, People};
use crate::services::{self, Absent, Node};
use crate::target::{Counted, Target};
use crate::verdict::{self, Effects, Goals};
use crate::workflows;

/// The kind that writes, and that comes and goes.
const WRITER: &str = "press";
/// How many processes of it there are at high tide.
const HIGH: usize = 20;
/// What is replaced one after the other, with how many processes of each.
const CREW: [(&str, usize); 4] = [("coordinator", 2), ("maker", 2), ("judge", 1), ("eraser", 1)];
/// How long goals keep coming: for as long as processes come and go.
const SUBMITTED_WITHIN: Duration = Duration::from_secs(12);
/// Longest time for goals to come to what they wait for, and to end.
const WAIT_MAX: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(100);

/// What goes up and down.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Decides what is submitted.
    pub seed: u64,
    /// How many goals.
    pub goals: u32,
    /// The binary of Galley.
    pub galley: std::path::PathBuf,
    /// The program of this crate, which is also the small agents.
    pub program: std::path::PathBuf,
}

/// What came of it.
#[derive(Debug)]
pub struct Ebb {
    goals: Goals,
    effects: Effects,
    counted: Counted,
    late: Vec<String>,
    /// Processes that were started and asked to end.
    ends: usize,
    took: Duration,
}

impl Ebb {
    /// What does not hold; empty when all is well.
    #[must_use]
    pub fn wrong(&self) -> Vec<String> {
        let mut wrong = [&self.goals.wrong[..], &self.effects.wrong, &self.late].concat();
        if self.goals.lost > 0 {
            wrong.push(format!("{} goals are lost", self.goals.lost));
        }
        wrong
    }
}

impl std::fmt::Display for Ebb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let landed: usize = self.effects.landed.values().sum();
        write!(
            f,
            "{} goals with {} sub-goals: {} lost, {} stuck; {} requests to write, {landed} writes landed, {} of them more \
             than once; {} processes ended in order, {} late; {:.0?} in all",
            self.goals.submitted,
            self.goals.children,
            self.goals.lost,
            self.goals.stuck,
            self.counted.writes,
            self.effects.duplicates,
            self.ends,
            self.late.len(),
            self.took
        )
    }
}

/// Runs a plan.
///
/// # Errors
/// [`Absent`] in the chain where there is no NATS; else the run itself failed. What does not hold is in the outcome.
pub async fn ebb_and_flow(plan: &Plan) -> anyhow::Result<Ebb> {
    let folder = tempfile::Builder::new().prefix("galley-tide.").tempdir()?;
    let ebb = run(plan, folder.path()).await;
    if !ebb.as_ref().is_ok_and(|ebb| ebb.wrong().is_empty()) {
        let kept = folder.keep();
        eprintln!("logs and states are kept in {}", kept.display());
    }
    ebb
}

/// Where processes are started.
struct Shore<'p> {
    plan: &'p Plan,
    dir: &'p Path,
    node: Node,
    /// Where the small agents write.
    target: String,
    started: AtomicUsize,
}

impl Shore<'_> {
    /// What starts a coordinator, or an agent of a kind.
    fn member(&self, kind: &str) -> Member {
        let number = self.started.fetch_add(1, Ordering::Relaxed) + 1;
        let (program, what, args) = if kind == "coordinator" {
            let state = self.dir.join("state").display().to_string();
            let config = self.dir.join("galley.yaml").display().to_string();
            let args = ["--bus", &self.node.url(), "--state", &state, "--config", &config, kind];
            (&self.plan.galley, What::Coordinator, args.map(str::to_owned).to_vec())
        } else {
            let args = ["agent", kind, "--bus", &self.node.url(), "--target", &self.target];
            (&self.plan.program, What::Agent, args.map(str::to_owned).to_vec())
        };
        let launch = Launch::Program { program: program.clone(), args };
        Member::new(format!("{kind}-{number}"), what, launch, &self.dir.join("log"))
    }

    async fn start(&self, kind: &str) -> anyhow::Result<Member> {
        let member = self.member(kind);
        member.start().await?;
        Ok(member)
    }
}

async fn run(plan: &Plan, dir: &Path) -> anyhow::Result<Ebb> {
    let began = Instant::now();
    let mut dice = Dice::new(plan.seed);
    let target = Arc::new(Target::start(dice.fork()).await?);
    let (server, node) = serve(dir).await?;
    let nats = connect(&node).await?;
    make(plan, dir, &node).await?;
    let bus = nats.bus();
    for text in workflows::TEXTS {
        let registered = Registry::new(Arc::clone(&bus.kv)).register(text).await;
        registered.context("a workflow is registered")?;
    }
    let people = People::new(bus.clone(), Arc::clone(&target), dice.fork());
    let shore =
        Shore { plan, dir, node, target: target.host.clone(), started: AtomicUsize::new(0) };
    let mut tide = Tide { shore, bus: bus.clone(), crew: Vec::new(), ends: 0, late: Vec::new() };
    tide.begin().await?;
    let over = CancellationToken::new();
    let mut always = JoinSet::new();
    always.spawn(Arc::clone(&people).tend(over.clone()));
    always.spawn(Arc::clone(&people).submit_all(plan.goals, SUBMITTED_WITHIN));
    tide.flood().await?;
    tide.roll().await?;
    tide.flood().await?;
    tide.calm(&people).await?;
    over.cancel();
    while let Some(done) = always.join_next().await {
        done.context("whoever looks after goals broke down")?;
    }
    let known = people.known().clone();
    let (ends, late) = tide.end().await?;
    let counted = target.counted();
    let (goals, effects) = judge(&bus, &known, &counted).await?;
    nats.close().await?;
    ensure!(server.end().await?, "NATS did not end in time");
    Ok(Ebb { goals, effects, counted, late, ends, took: began.elapsed() })
}

/// Starts a server, and says where it is.
async fn serve(dir: &Path) -> anyhow::Result<(Member, Node)> {
    let logs = dir.join("log");
    std::fs::create_dir_all(&logs)?;
    let default = workflows::DEFAULT;
    let config = format!(
        "coordinator: {{ default_workflow: {default}, sweep_period_secs: 10, refresh_period_secs: 2, grace_secs: 3 }}\n"
    );
    std::fs::write(dir.join("galley.yaml"), config)?;
    let program = services::nats()?;
    let node = services::nodes(dir, 1)?.into_iter().next().context("one node was asked for")?;
    let args = vec!["--config".to_owned(), node.config.display().to_string()];
    let launch = Launch::Program { program, args };
    let server = Member::new("nats".to_owned(), What::Nats, launch, &logs);
    server.start().await?;
    Ok((server, node))
}

/// Reads what happened from the logs, and compares it with what landed.
async fn judge(bus: &Bus, known: &Known, counted: &Counted) -> anyhow::Result<(Goals, Effects)> {
    let (logs, _) = verdict::logs(bus).await?;
    let courses = verdict::courses(bus, &logs).await?;
    let goals = verdict::goals(&logs, &courses, known);
    Ok((goals, verdict::effects(&logs, &courses, counted)))
}

async fn connect(node: &Node) -> anyhow::Result<Nats> {
    let config = galley_bus_nats::Config {
        servers: vec![node.url()],
        name: "tide people".to_owned(),
        ..galley_bus_nats::Config::default()
    };
    let connected = async {
        loop {
            match Nats::connect(&config).await {
                Ok(nats) => return nats,
                Err(_) => sleep(LOOK).await,
            }
        }
    };
    timeout(Duration::from_secs(20), connected).await.context("no NATS answers")
}

async fn make(plan: &Plan, dir: &Path, node: &Node) -> anyhow::Result<()> {
    let mut init = tokio::process::Command::new(&plan.galley);
    init.args(["--bus", &node.url(), "--state"]).arg(dir.join("state"));
    init.args(["bus", "init", "--kinds"]).args(workflows::KINDS);
    let made = init.output().await?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Ok(())
}

/// The processes, and how they ended.
struct Tide<'s> {
    shore: Shore<'s>,
    bus: Bus,
    crew: Vec<(&'static str, Member)>,
    ends: usize,
    late: Vec<String>,
}

impl Tide<'_> {
    /// Starts everybody but the writers.
    async fn begin(&mut self) -> anyhow::Result<()> {
        for (kind, number) in CREW {
            for _ in 0..number {
                self.crew.push((kind, self.shore.start(kind).await?));
            }
        }
        Ok(())
    }

    /// From none to many while goals wait for it; and to none again while they are at work.
    async fn flood(&mut self) -> anyhow::Result<()> {
        self.until("goals to wait for a writer", |pending, _| pending > 0).await?;
        let high = self.raise(HIGH).await?;
        self.until("writers to be at work", |_, in_flight| in_flight > 0).await?;
        self.lower(high).await
    }

    async fn raise(&self, number: usize) -> anyhow::Result<Vec<Member>> {
        let mut members = Vec::new();
        for _ in 0..number {
            members.push(self.shore.start(WRITER).await?);
        }
        Ok(members)
    }

    async fn lower(&mut self, members: Vec<Member>) -> anyhow::Result<()> {
        let ends = members.iter().map(|member| async move { (&member.name, member.end().await) });
        for (name, ended) in futures::future::join_all(ends).await {
            self.ends += 1;
            if !ended? {
                self.late.push(format!("{name} did not end in time"));
            }
        }
        Ok(())
    }

    /// Replaces every process, one after the other, while there are two writers.
    async fn roll(&mut self) -> anyhow::Result<()> {
        let writers = self.raise(2).await?;
        for place in 0..self.crew.len() {
            let Some((kind, _)) = self.crew.get(place) else { continue };
            let kind = *kind;
            let new = self.shore.start(kind).await?;
            self.crew.push((kind, new));
            let (_, old) = self.crew.swap_remove(place);
            self.lower(vec![old]).await?;
        }
        let new = self.raise(2).await?;
        self.lower(writers).await?;
        self.lower(new).await
    }

    /// Waits with two writers until every goal is over.
    async fn calm(&mut self, people: &People) -> anyhow::Result<()> {
        let last = self.raise(2).await?;
        let all = usize::try_from(self.shore.plan.goals).unwrap_or(usize::MAX);
        let is_quiet = || {
            let known = people.known();
            known.is_quiet() && known.submitted.len() == all
        };
        let quiet = async {
            while !is_quiet() {
                sleep(LOOK).await;
            }
        };
        if timeout(WAIT_MAX, quiet).await.is_err() {
            self.late.push("not every goal ended in time".to_owned());
        }
        self.lower(last).await
    }

    /// Ends everybody: how many processes there were, and who was late.
    async fn end(mut self) -> anyhow::Result<(usize, Vec<String>)> {
        let (agents, coordinators): (Vec<_>, Vec<_>) = std::mem::take(&mut self.crew)
            .into_iter()
            .partition(|(kind, _)| *kind != "coordinator");
        for part in [agents, coordinators] {
            self.lower(part.into_iter().map(|(_, member)| member).collect()).await?;
        }
        Ok((self.ends, self.late))
    }

    /// Waits until the writers' queue is as it should be: what waits, and what is in hand.
    async fn until(&self, what: &str, is_so: impl Fn(u64, u64) -> bool) -> anyhow::Result<()> {
        let tasks = topology::tasks(&AgentKind::new(WRITER).expect("it is a name"));
        let looking = async {
            loop {
                let depth = self.bus.queue.depth(&tasks).await?;
                if is_so(depth.pending, depth.in_flight) {
                    return anyhow::Ok(());
                }
                sleep(LOOK).await;
            }
        };
        timeout(WAIT_MAX, looking).await.with_context(|| format!("waited for {what}"))?
    }
}

/// Whether a run failed because there is no NATS here.
#[must_use]
pub fn is_absent(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Absent>().is_some()
}
