//! The command line: what can be said, and what help says about it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand};
use galley_schemas::id::Principal;

mod examples;
mod roles;

pub(crate) use roles::{Accounts, Agent, Bus, Conformance, Init, Relay, Role};

const GLOBAL: &str = "Global options";

/// What `--version` says: which Galley, of which commit when whoever built it said so, and with what.
static VERSION: LazyLock<String> = LazyLock::new(|| version(option_env!("GALLEY_COMMIT")));

/// How many digits of a commit are shown: enough to find it.
const COMMIT_LEN: usize = 12;

fn version(commit: Option<&str>) -> String {
    let kafka = if cfg!(feature = "kafka") { "with" } else { "without" };
    let is_digit = |c: &char| c.is_ascii_hexdigit();
    let commit: String =
        commit.unwrap_or_default().chars().take_while(is_digit).take(COMMIT_LEN).collect();
    let of = if commit.is_empty() { String::new() } else { format!(" of commit {commit}") };
    format!("{}{of} {kafka} Kafka", env!("CARGO_PKG_VERSION"))
}

/// Turns goals into finished, proven work.
#[derive(Debug, Parser)]
#[command(name = "galley", version, long_version = VERSION.as_str(), after_help = examples::GALLEY)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// Folder that holds everything Galley knows.
    #[arg(
        long,
        global = true,
        env = "GALLEY_STATE",
        hide_env_values = true,
        default_value = ".galley",
        value_name = "DIR",
        help_heading = GLOBAL
    )]
    pub(crate) state: PathBuf,
    /// The bus: addresses of NATS servers, with commas between [default: a file in the state folder].
    #[arg(
        long,
        global = true,
        env = "GALLEY_BUS",
        hide_env_values = true,
        value_name = "URL",
        value_delimiter = ',',
        help_heading = GLOBAL
    )]
    pub(crate) bus: Vec<String>,
    /// Configuration file (YAML); every setting has a default.
    #[arg(
        long,
        global = true,
        env = "GALLEY_CONFIG",
        hide_env_values = true,
        value_name = "FILE",
        help_heading = GLOBAL
    )]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON for machines, one value a line.
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub(crate) json: bool,
    /// Log more: -v what is done, -vv every decision.
    #[arg(
        long,
        short,
        global = true,
        action = clap::ArgAction::Count,
        help_heading = GLOBAL
    )]
    pub(crate) verbose: u8,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Carry out one goal, from topic to published article, in this process.
    #[command(after_help = examples::RUN)]
    Run(Run),
    /// Carry out every goal that is handed in, until stopped.
    #[command(after_help = examples::UP)]
    Up(Up),
    /// Hand a goal in; a running `galley up`, or the next one, carries it out.
    #[command(after_help = examples::SUBMIT)]
    Submit(Submit),
    /// Follow a goal until it ends.
    #[command(after_help = examples::WATCH)]
    Watch(Watch),
    /// List goals, newest first.
    #[command(after_help = examples::GOALS)]
    Goals(Goals),
    /// Show how a goal stands: its steps, what it used, what it asks.
    #[command(after_help = examples::SHOW)]
    Show(OneGoal),
    /// Show why a goal went as it did, the proof of its article, or what a code means.
    #[command(after_help = examples::EXPLAIN)]
    Explain(Explain),
    /// Approve what a goal asks.
    #[command(after_help = examples::APPROVE)]
    Approve(Approve),
    /// Reject what a goal asks.
    #[command(after_help = examples::REJECT)]
    Reject(Reject),
    /// Stop everything, a workflow, an agent kind or a goal; nothing is lost.
    #[command(after_help = examples::STOP)]
    Stop(Steer),
    /// Lift a stop: go on from the same point.
    #[command(after_help = examples::RESUME)]
    Resume(Steer),
    /// End a goal: what has an undo is undone, in reverse order.
    #[command(after_help = examples::CANCEL)]
    Cancel(Cancel),
    /// Find goals that are stuck or broken, and inputs that were refused.
    #[command(after_help = examples::DOCTOR)]
    Doctor,
    /// Check or show workflows.
    #[command(subcommand)]
    Workflow(Workflow),
    /// Run a coordinator; any number may run on one bus.
    #[command(after_help = examples::COORDINATOR)]
    Coordinator(Role),
    /// Run the agent of a kind; any number may run on one bus. Or list the kinds.
    #[command(subcommand)]
    Agent(Agent),
    /// Carry what happened from the log to the feedback topic on Kafka.
    #[command(after_help = examples::RELAY)]
    Relay(Relay),
    /// Prepare the bus, or look at it.
    #[command(subcommand)]
    Bus(Bus),
    /// Say what became of a published article: views, a rating, an edit.
    #[command(after_help = examples::FEEDBACK)]
    Feedback(Feedback),
    /// Check an agent of your own, in any language, against the contract.
    #[command(after_help = examples::CONFORMANCE)]
    Conformance(Conformance),
    /// Print a completion script for a shell.
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// What an article is made from and where it goes.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Article {
    /// Where to read: folders, files, pages, feeds [default: the samples of Galley].
    #[arg(long, value_name = "FOLDER|URL", num_args = 1..)]
    pub(crate) sources: Vec<String>,
    /// Domains that pages found by search may come from [default: any].
    #[arg(long, value_name = "DOMAIN", num_args = 1..)]
    pub(crate) allow: Vec<String>,
    /// Domains that no page found by search may come from.
    #[arg(long, value_name = "DOMAIN", num_args = 1..)]
    pub(crate) block: Vec<String>,
    /// Search nothing, although search engines are configured.
    #[arg(long)]
    pub(crate) no_search: bool,
    /// How long the article should be, in words [default: 900].
    #[arg(long, value_name = "N")]
    pub(crate) words: Option<u32>,
    /// Who reads it.
    #[arg(long, value_name = "WHO")]
    pub(crate) audience: Option<String>,
    /// How it should be written: tone, terms, what to avoid.
    #[arg(long, value_name = "HOW")]
    pub(crate) style: Option<String>,
    /// Language to write in: en, de, fr, es [default: the topic's].
    #[arg(long, value_name = "CODE")]
    pub(crate) language: Option<String>,
    /// The most it may cost, in US dollars [default: the workflow's].
    #[arg(long, value_name = "USD", allow_negative_numbers = true)]
    pub(crate) budget: Option<f64>,
    /// How far publishing goes; a target's own setting may be less [default: live].
    #[arg(long, value_name = "HOW", value_parser = ["dry-run", "draft", "live"])]
    pub(crate) mode: Option<String>,
    /// When the article becomes live: 2026-12-01T08:00:00Z [default: at once].
    #[arg(long, value_name = "TIME")]
    pub(crate) publish_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// What the article is about.
    #[arg(required_unless_present = "resume")]
    pub(crate) topic: Option<String>,
    #[command(flatten)]
    pub(crate) article: Article,
    /// Folder of the site [default: site, or the configuration's].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Go on with the goal that was begun last, where an interruption left it.
    #[arg(long, conflicts_with = "topic")]
    pub(crate) resume: bool,
    /// Ask before publishing.
    #[arg(long)]
    pub(crate) supervised: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Up {
    /// Folder of the site [default: site, or the configuration's].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Folders that goals may read, beside those of the configuration.
    #[arg(long, value_name = "DIR", num_args = 1..)]
    pub(crate) read: Vec<PathBuf>,
    /// Where /healthz, /readyz and /metrics are answered; port 0 takes any free one [default: nowhere].
    #[arg(long, env = "GALLEY_LISTEN", hide_env_values = true, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
}

#[derive(Debug, Args)]
pub(crate) struct Submit {
    /// What the article is about; for another workflow use --input.
    #[arg(required_unless_present_any = ["input", "workflow"])]
    pub(crate) topic: Option<String>,
    #[command(flatten)]
    pub(crate) article: Article,
    /// The workflow to run.
    #[arg(long, default_value = "article", value_name = "NAME")]
    pub(crate) workflow: String,
    /// The workflow's input as JSON, or @FILE, or - for standard input.
    #[arg(long, value_name = "JSON", conflicts_with = "topic")]
    pub(crate) input: Option<String>,
    /// Do not ask before publishing (unless the score is too low).
    #[arg(long)]
    pub(crate) autonomous: bool,
    /// Follow it until it ends.
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) patience: Patience,
}

/// How long something is followed.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct Patience {
    /// Follow it for so many seconds at most; ends with 1 when it is not over by then.
    #[arg(
        long,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u32).range(1..=86_400)
    )]
    pub(crate) within: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct Watch {
    #[command(flatten)]
    pub(crate) goal: OneGoal,
    #[command(flatten)]
    pub(crate) patience: Patience,
}

#[derive(Debug, Args)]
pub(crate) struct OneGoal {
    /// The goal's id, or the end of it [default: the newest goal].
    pub(crate) goal: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Goals {
    /// Only those that are not over.
    #[arg(long)]
    pub(crate) open: bool,
    /// Those that ended long ago and were archived.
    #[arg(long, conflicts_with = "open")]
    pub(crate) archived: bool,
    /// At most this many.
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) limit: usize,
}

/// Who says it.
#[derive(Debug, Args)]
pub(crate) struct By {
    /// Who says so: a person, or a program.
    #[arg(
        long,
        env = "USER",
        hide_env_values = true,
        default_value = "anyone",
        value_name = "NAME"
    )]
    by: String,
}

impl From<By> for Principal {
    fn from(By { by }: By) -> Self {
        Self::new(by)
    }
}

/// Which question, and who answers.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The goal's id, or the end of it.
    pub(crate) goal: String,
    /// The task that asks; needed only when several do.
    #[arg(long, value_name = "TASK")]
    pub(crate) task: Option<String>,
    #[command(flatten)]
    pub(crate) by: By,
    /// Why.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    pub(crate) note: String,
}

#[derive(Debug, Args)]
pub(crate) struct Approve {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Approve this value instead of the one shown: JSON, or @FILE, or - for standard input.
    #[arg(long, value_name = "JSON")]
    pub(crate) edited: Option<String>,
    /// For an effect whose outcome is unknown: it did happen; this is what the target gave.
    #[arg(long, value_name = "JSON", conflicts_with = "edited")]
    pub(crate) happened: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Reject {
    #[command(flatten)]
    pub(crate) which: Which,
    /// For an effect whose outcome is unknown: it did not happen; it may be done again.
    #[arg(long)]
    pub(crate) did_not_happen: bool,
}

/// What a stop or a resume is for.
#[derive(Debug, Args)]
#[group(id = "scope", required = true, multiple = false)]
pub(crate) struct ScopeArgs {
    /// This goal: its id, or the end of it.
    pub(crate) goal: Option<String>,
    /// Everything.
    #[arg(long)]
    pub(crate) all: bool,
    /// Every goal of a workflow.
    #[arg(long, value_name = "NAME")]
    pub(crate) workflow: Option<String>,
    /// Every task of an agent kind.
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
}

/// Who gives an order, and why.
#[derive(Debug, Args)]
pub(crate) struct Said {
    #[command(flatten)]
    pub(crate) by: By,
    /// Why.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct Steer {
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) said: Said,
}

#[derive(Debug, Args)]
pub(crate) struct Cancel {
    /// The goal's id, or the end of it.
    pub(crate) goal: String,
    #[command(flatten)]
    pub(crate) said: Said,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A goal's id, or the end of it, or an error code [default: the newest goal].
    pub(crate) what: Option<String>,
    /// Every sentence of the article with the quotes that it rests on.
    #[arg(long)]
    pub(crate) proof: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Workflow {
    /// Find every fault of a workflow file, with line and column.
    #[command(after_help = examples::CHECK)]
    Check {
        /// The file (YAML).
        file: PathBuf,
    },
    /// Show a picture of a workflow's steps, or its text.
    #[command(after_help = examples::PICTURE)]
    Show {
        /// Its name, or a file.
        #[arg(default_value = "article")]
        workflow: String,
        /// The YAML text instead of the picture.
        #[arg(long)]
        text: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Feedback {
    /// The goal's id, or the end of it.
    pub(crate) goal: String,
    /// What was measured: views, rating, edit_distance.
    pub(crate) outcome: String,
    /// The measure.
    #[arg(allow_negative_numbers = true)]
    pub(crate) value: f64,
    #[command(flatten)]
    pub(crate) by: By,
}

impl Command {
    /// What this process is, for whoever collects its log.
    pub(crate) fn role(&self) -> String {
        match self {
            Self::Run(_) => "run".to_owned(),
            Self::Up(_) => "up".to_owned(),
            Self::Coordinator(_) => "coordinator".to_owned(),
            Self::Relay(_) => "relay".to_owned(),
            Self::Agent(agent) => agent.kind().unwrap_or("cli").to_owned(),
            Self::Submit(_)
            | Self::Watch(_)
            | Self::Goals(_)
            | Self::Show(_)
            | Self::Explain(_)
            | Self::Approve(_)
            | Self::Reject(_)
            | Self::Stop(_)
            | Self::Resume(_)
            | Self::Cancel(_)
            | Self::Doctor
            | Self::Workflow(_)
            | Self::Bus(_)
            | Self::Feedback(_)
            | Self::Conformance(_)
            | Self::Completions { .. } => "cli".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_names_the_commit_that_it_was_built_of() {
        let said = |commit| version(commit).split(" with").next().map(str::to_owned);
        let plain = env!("CARGO_PKG_VERSION").to_owned();
        let commit = "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad6";
        assert_eq!(said(Some(commit)), Some(format!("{plain} of commit 4bf5122f3445")));
        for none in [None, Some(""), Some("unknown")] {
            assert_eq!(said(none), Some(plain.clone()), "{none:?}");
        }
        assert_eq!(*VERSION, version(option_env!("GALLEY_COMMIT")));
    }
}
