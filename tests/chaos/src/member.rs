//! One process that may be struck: started, killed, asked to end, frozen, started again.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

/// Longest time for an end in order; then it is killed, and that is told.
const END_MAX: Duration = Duration::from_secs(30);
/// How often a process that is no child is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// What a member is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// Decides.
    Coordinator,
    /// Works on tasks.
    Agent,
    /// Carries facts to Kafka.
    Relay,
    /// Learns from Kafka.
    Learner,
    /// Carries everything.
    Nats,
    /// Carries facts.
    Kafka,
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Coordinator => "coordinator",
            Self::Agent => "agent",
            Self::Relay => "relay",
            Self::Learner => "learner",
            Self::Nats => "nats-server",
            Self::Kafka => "kafka broker",
        })
    }
}

/// How a member is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blow {
    /// `kill -9`, and so long until it is started again.
    Kill {
        /// How long it is away.
        down: Duration,
    },
    /// SIGTERM; started again when it has ended.
    Terminate,
    /// SIGSTOP, and SIGCONT after so long.
    Freeze {
        /// How long it stands still.
        lasts: Duration,
    },
}

/// What came of a blow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Struck {
    /// The blow was dealt.
    Yes,
    /// It was down, or another blow was under way.
    Busy,
    /// It did not end in time when it was asked to, and was killed.
    DidNotEnd,
}

/// How a process is started.
#[derive(Debug, Clone)]
pub(crate) enum Launch {
    /// A program.
    Program {
        /// Where it lies.
        program: PathBuf,
        /// Its arguments.
        args: Vec<String>,
    },
    /// A Kafka broker with its folder, by `deploy/services/kafka`.
    Kafka {
        /// Its folder.
        dir: PathBuf,
    },
}

/// One process that may be struck.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) what: What,
    launch: Launch,
    log: PathBuf,
    /// Held for as long as a blow lasts, up to the new start.
    running: Mutex<Option<Running>>,
}

/// A process that runs. It is killed when it is dropped.
#[derive(Debug)]
enum Running {
    Child(Box<Child>),
    /// Started by a script that is over: its id.
    Apart(u32),
}

impl Member {
    pub(crate) fn new(name: String, what: What, launch: Launch, logs: &Path) -> Self {
        let log = logs.join(&name);
        Self { name, what, launch, log, running: Mutex::new(None) }
    }

    /// Starts it.
    pub(crate) async fn start(&self) -> anyhow::Result<()> {
        let mut running = self.running.lock().await;
        *running = Some(self.launch().await?);
        Ok(())
    }

    /// Strikes it, and brings it back.
    pub(crate) async fn strike(&self, blow: Blow) -> anyhow::Result<Struck> {
        let Ok(mut place) = self.running.try_lock() else { return Ok(Struck::Busy) };
        let Some(running) = place.as_mut() else { return Ok(Struck::Busy) };
        if running.has_ended() {
            return Ok(Struck::Busy);
        }
        let mut struck = Struck::Yes;
        match blow {
            Blow::Kill { down } => {
                running.kill().await?;
                *place = None;
                sleep(down).await;
            }
            Blow::Terminate => {
                running.signal("-TERM")?;
                if !running.ended_within(END_MAX).await {
                    running.kill().await?;
                    struck = Struck::DidNotEnd;
                }
                *place = None;
            }
            Blow::Freeze { lasts } => {
                running.signal("-STOP")?;
                sleep(lasts).await;
                running.signal("-CONT")?;
                return Ok(struck);
            }
        }
        *place = Some(self.launch().await?);
        Ok(struck)
    }

    /// Starts it again if it ended by itself; says how it ended then.
    pub(crate) async fn look_after(&self) -> anyhow::Result<Option<String>> {
        let Ok(mut place) = self.running.try_lock() else { return Ok(None) };
        let Some(running) = place.as_mut() else { return Ok(None) };
        if !running.has_ended() {
            return Ok(None);
        }
        let how = running.how_ended();
        *place = Some(self.launch().await?);
        Ok(Some(how))
    }

    /// Ends it for good, in order; whether it ended in time.
    pub(crate) async fn end(&self) -> anyhow::Result<bool> {
        let Some(mut running) = self.running.lock().await.take() else { return Ok(true) };
        if running.has_ended() {
            return Ok(true);
        }
        running.signal("-TERM")?;
        let ended = running.ended_within(END_MAX).await;
        if !ended {
            running.kill().await?;
        }
        Ok(ended)
    }

    /// What it wrote last.
    pub(crate) fn last_words(&self, lines: usize) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let last: Vec<&str> = text.lines().rev().take(lines).collect();
        last.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    async fn launch(&self) -> anyhow::Result<Running> {
        match &self.launch {
            Launch::Program { program, args } => {
                let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
                let child = program_command(program, args, log)?.spawn();
                let child = child.with_context(|| format!("{} does not start", self.name))?;
                Ok(Running::Child(Box::new(child)))
            }
            Launch::Kafka { dir } => {
                let mut start = kafka(&["start", &dir.display().to_string()]);
                let started = start.kill_on_drop(true).output().await?;
                let why = String::from_utf8_lossy(&started.stderr);
                ensure!(started.status.success(), "the Kafka broker does not start: {why}");
                let pid = std::fs::read_to_string(dir.join("pid"))?;
                Ok(Running::Apart(pid.trim().parse().context("the broker's process id")?))
            }
        }
    }
}

fn program_command(program: &PathBuf, args: &[String], log: File) -> anyhow::Result<Command> {
    let mut command = Command::new(program);
    command.args(args).env("NO_COLOR", "1").env("RUST_BACKTRACE", "0").stdin(Stdio::null());
    command.stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
    // A Ctrl-C is for the one who started all; they end everybody.
    command.process_group(0);
    Ok(command)
}

/// Kills the broker of a folder, if one runs: one that was being started when all was given up.
pub(crate) fn kill_broker(dir: &Path) {
    let Ok(text) = std::fs::read_to_string(dir.join("pid")) else { return };
    let Ok(id) = text.trim().parse::<u32>() else { return };
    let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    // The id may be another's by now.
    if String::from_utf8_lossy(&line).contains(&dir.display().to_string()) {
        drop(Running::Apart(id));
    }
}

/// The script that starts brokers; one that the environment names is not one to kill.
pub(crate) fn kafka(args: &[&str]) -> Command {
    let mut command = Command::new(crate::services::script("kafka"));
    command.args(args).env_remove("GALLEY_TEST_KAFKA").stdin(Stdio::null()).process_group(0);
    command
}

impl Running {
    fn id(&self) -> Option<u32> {
        match self {
            Self::Child(child) => child.id(),
            Self::Apart(id) => Some(*id),
        }
    }

    fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let Some(id) = self.id() else { bail!("it is over: no process to send {signal} to") };
        let sent = std::process::Command::new("kill").args([signal, &id.to_string()]).status()?;
        ensure!(sent.success(), "{signal} could not be sent to {id}");
        Ok(())
    }

    async fn kill(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Child(child) => Ok(child.kill().await?),
            Self::Apart(_) => {
                self.signal("-KILL")?;
                ensure!(self.ended_within(END_MAX).await, "it does not die");
                Ok(())
            }
        }
    }

    fn has_ended(&mut self) -> bool {
        match self {
            Self::Child(child) => !matches!(child.try_wait(), Ok(None)),
            Self::Apart(id) => is_over(*id),
        }
    }

    fn how_ended(&mut self) -> String {
        match self {
            Self::Child(child) => match child.try_wait() {
                Ok(Some(status)) => status.to_string(),
                Ok(None) => "it runs".to_owned(),
                Err(error) => error.to_string(),
            },
            Self::Apart(_) => "it is gone".to_owned(),
        }
    }

    async fn ended_within(&mut self, most: Duration) -> bool {
        match self {
            Self::Child(child) => timeout(most, child.wait()).await.is_ok(),
            Self::Apart(id) => {
                let start = Instant::now();
                while !is_over(*id) && start.elapsed() < most {
                    sleep(LOOK).await;
                }
                is_over(*id)
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Self::Apart(id) = self
            && !is_over(*id)
        {
            // What is left of a run that was given up.
            drop(self.signal("-KILL"));
        }
    }
}

/// Whether a process is gone, or dead and waited for by nobody.
fn is_over(id: u32) -> bool {
    let Ok(text) = std::fs::read_to_string(format!("/proc/{id}/stat")) else { return true };
    let state = text.rsplit_once(") ").map(|(_, rest)| rest.chars().next());
    state == Some(Some('Z'))
}
