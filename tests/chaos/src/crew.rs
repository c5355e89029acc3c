//! Everybody who runs: the servers, and Galley's processes on them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};

use crate::member::{Launch, Member, What};
use crate::services::{self, Node, Servers};
use crate::workflows;

/// How many processes of the small agents there are.
const AGENTS: [(&str, usize); 4] = [("maker", 2), ("judge", 1), ("press", 2), ("eraser", 1)];
/// The agents that write articles.
const WRITERS: [&str; 7] =
    ["ingestion", "ideation", "research", "drafting", "seo", "review", "publishing"];

/// What a run is made of.
#[derive(Debug, Clone)]
pub(crate) struct Means {
    pub(crate) servers: Servers,
    /// This program, which is also the small agents.
    pub(crate) agent: PathBuf,
    pub(crate) dir: PathBuf,
    /// Where the small agents write.
    pub(crate) target: String,
    /// Nodes of NATS: 1, or 3 for a cluster.
    pub(crate) nodes: usize,
    pub(crate) writers: bool,
}

/// Everybody who runs. They are killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Crew {
    pub(crate) members: Vec<Arc<Member>>,
    pub(crate) nodes: Vec<Node>,
    galley: PathBuf,
    common: Vec<String>,
}

impl Crew {
    /// Starts the servers, prepares them, starts everybody else.
    pub(crate) async fn start(means: &Means) -> anyhow::Result<Self> {
        let (nodes, mut members) = servers(means)?;
        let (nats, kafka): (Vec<_>, Vec<_>) = members.iter().partition(|m| m.what == What::Nats);
        for member in nats {
            member.start().await?;
        }
        for member in kafka {
            member.start().await?;
        }
        let kafka = std::fs::read_to_string(means.dir.join("kafka/address"))?.trim().to_owned();
        let urls: Vec<String> = nodes.iter().map(Node::url).collect();
        let config = means.dir.join("galley.yaml");
        std::fs::write(&config, configuration(&kafka, means))?;
        let common = common(&urls, &config, &means.dir.join("state"));
        let galley = means.servers.galley.clone();
        prepare(&galley, &common).await?;
        let others = processes(means, &common, &urls.join(","));
        for member in &others {
            member.start().await?;
        }
        members.extend(others);
        Ok(Self { members, nodes, galley, common })
    }

    /// Runs a command of `galley` to its end: its exit code and what it said.
    pub(crate) async fn galley(&self, args: &[&str]) -> anyhow::Result<(i32, String)> {
        galley(&self.galley, &self.common, args).await
    }

    /// Ends everybody in order, the servers last; says who did not end in time.
    pub(crate) async fn end(&self) -> anyhow::Result<Vec<String>> {
        let mut late = Vec::new();
        let is_server = |member: &&Arc<Member>| matches!(member.what, What::Nats | What::Kafka);
        let (servers, others): (Vec<_>, Vec<_>) = self.members.iter().partition(is_server);
        for part in [others, servers] {
            let ends = part.iter().map(|member| async move { (member, member.end().await) });
            for (member, ended) in futures::future::join_all(ends).await {
                if !ended? {
                    late.push(member.name.clone());
                }
            }
        }
        Ok(late)
    }
}

fn servers(means: &Means) -> anyhow::Result<(Vec<Node>, Vec<Arc<Member>>)> {
    let logs = means.dir.join("log");
    std::fs::create_dir_all(&logs)?;
    let nodes = services::nodes(&means.dir, means.nodes)?;
    let mut members = Vec::new();
    for (n, node) in nodes.iter().enumerate() {
        let args = vec!["--config".to_owned(), node.config.display().to_string()];
        let launch = Launch::Program { program: means.servers.nats.clone(), args };
        members.push(Member::new(format!("nats-{}", n + 1), What::Nats, launch, &logs));
    }
    let kafka = Launch::Kafka { dir: means.dir.join("kafka") };
    members.push(Member::new("kafka".to_owned(), What::Kafka, kafka, &logs));
    Ok((nodes, members.into_iter().map(Arc::new).collect()))
}

/// What is said to every process of Galley.
fn common(urls: &[String], config: &Path, state: &Path) -> Vec<String> {
    let path = |path: &Path| path.display().to_string();
    let words = ["--bus".to_owned(), urls.join(","), "--config".to_owned(), path(config)];
    [&words[..], &["--state".to_owned(), path(state)]].concat()
}

/// Short periods, so that what a run of a minute shows is what a day would.
fn configuration(kafka: &str, means: &Means) -> String {
    let default = workflows::DEFAULT;
    let site = means.dir.join("site").display().to_string();
    let replicas = means.nodes;
    format!(
        "nats: {{ replicas: {replicas}, reconnect_pause_max_ms: 500 }}\n\
         kafka: {{ brokers: \"{kafka}\", replication: 1, in_sync_min: 1, partitions: 3, deliver_secs: 5, session_secs: 6 }}\n\
         coordinator: {{ default_workflow: {default}, sweep_period_secs: 10, refresh_period_secs: 2, grace_secs: 3 }}\n\
         agents: {{ grace_secs: 3, publishing: {{ out: \"{site}\" }} }}\n\
         learning:\n\
         \x20 relay: {{ records_max: 32, standby_secs: 2, grace_secs: 3 }}\n\
         \x20 reward: {{ source_share_max: 1, outside_share_max: 1 }}\n\
         \x20 policies: {{ keep_secs: 1, pause_secs: 5, half_life_days: 1e9, window_goals: {} }}\n",
        crate::learned::WINDOW_GOALS
    )
}

/// `galley bus init`, as soon as the servers take it.
async fn prepare(galley_bin: &Path, common: &[String]) -> anyhow::Result<()> {
    let init = [&["bus", "init", "--kinds"][..], &workflows::KINDS].concat();
    let mut last = String::new();
    for _ in 0..30 {
        let (code, said) = galley(galley_bin, common, &init).await?;
        if code == 0 {
            return Ok(());
        }
        last = said;
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    ensure!(last.is_empty(), "galley bus init failed: {last}");
    Ok(())
}

async fn galley(program: &Path, common: &[String], args: &[&str]) -> anyhow::Result<(i32, String)> {
    let mut command = tokio::process::Command::new(program);
    command.args(common).args(args).env("NO_COLOR", "1").kill_on_drop(true);
    let ran = command.output().await.context("galley does not start")?;
    let said = [ran.stdout, ran.stderr].concat();
    Ok((ran.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned()))
}

fn processes(means: &Means, common: &[String], bus: &str) -> Vec<Arc<Member>> {
    let logs = means.dir.join("log");
    let galley = |name: &str, what, words: &[&str]| {
        let words = words.iter().map(|word| (*word).to_owned());
        let args = common.iter().cloned().chain(words).collect();
        let launch = Launch::Program { program: means.servers.galley.clone(), args };
        Member::new(name.to_owned(), what, launch, &logs)
    };
    let mut members = Vec::new();
    for n in 1..=2 {
        members.push(galley(&format!("coordinator-{n}"), What::Coordinator, &["coordinator"]));
        members.push(galley(&format!("relay-{n}"), What::Relay, &["relay"]));
    }
    members.push(galley("learner-1", What::Learner, &["agent", "learning"]));
    for (kind, number) in AGENTS {
        for n in 1..=number {
            let args = ["agent", kind, "--bus", bus, "--target", &means.target];
            let args = args.map(str::to_owned).to_vec();
            let launch = Launch::Program { program: means.agent.clone(), args };
            members.push(Member::new(format!("{kind}-{n}"), What::Agent, launch, &logs));
        }
    }
    if means.writers {
        members.extend(WRITERS.map(|kind| galley(kind, What::Agent, &["agent", kind])));
    }
    members.into_iter().map(Arc::new).collect()
}
