//! What is said to processes of one role, and about the bus that they share.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use galley_schemas::id::AgentKind;
use galley_schemas::task::LOAN_SECS;

use super::examples;
use crate::conformance::Check;

/// How a process of one role runs.
#[derive(Debug, Clone, Args)]
pub(crate) struct Role {
    /// Where /healthz, /readyz and /metrics are answered; port 0 takes any free one.
    #[arg(
        long,
        env = "GALLEY_LISTEN",
        hide_env_values = true,
        default_value = "127.0.0.1:0",
        value_name = "ADDRESS"
    )]
    pub(crate) listen: SocketAddr,
    /// How many seconds work in hand may take to end after a SIGTERM [default: the configuration's].
    #[arg(long, env = "GALLEY_GRACE", hide_env_values = true, value_name = "SECONDS")]
    pub(crate) grace: Option<u32>,
}

/// How a relay runs, or that none will run any more.
#[derive(Debug, Args)]
pub(crate) struct Relay {
    #[command(flatten)]
    pub(crate) role: Role,
    /// Run nothing: let the log go on without a relay, for good. For whoever stops using Kafka.
    #[arg(long)]
    pub(crate) retire: bool,
}

/// How an agent of one kind runs.
#[derive(Debug, Clone, Args)]
pub(crate) struct Work {
    #[command(flatten)]
    pub(crate) role: Role,
    /// How many tasks are worked on at once [default: 4, or the configuration's].
    #[arg(
        long,
        env = "GALLEY_SLOTS",
        hide_env_values = true,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=256)
    )]
    pub(crate) slots: Option<u32>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Agent {
    /// List the agent kinds: what they do, take and give.
    #[command(after_help = examples::KINDS)]
    List,
    /// Read sources, and make a brief of a topic.
    #[command(after_help = examples::INGESTION)]
    Ingestion {
        #[command(flatten)]
        work: Work,
        /// Folders that goals may read, beside those of the configuration.
        #[arg(long, value_name = "DIR", num_args = 1..)]
        read: Vec<PathBuf>,
    },
    /// Find angles, titles and an outline.
    #[command(after_help = examples::work!("ideation"))]
    Ideation(Work),
    /// Gather evidence for a section.
    #[command(after_help = examples::work!("research"))]
    Research(Work),
    /// Write the article from the evidence.
    #[command(after_help = examples::work!("drafting"))]
    Drafting(Work),
    /// Make the article ready for search engines.
    #[command(after_help = examples::work!("seo"))]
    Seo(Work),
    /// Check every claim, and decide what must be better.
    #[command(after_help = examples::work!("review"))]
    Review(Work),
    /// Publish.
    #[command(after_help = examples::PUBLISHING)]
    Publishing {
        #[command(flatten)]
        work: Work,
        /// Folder of the site [default: site, or the configuration's].
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Learn from outcomes which options to prefer.
    #[command(after_help = examples::LEARNING)]
    Learning(Role),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Bus {
    /// Make the streams, consumers and buckets that Galley needs. Shows what it would change first.
    #[command(after_help = examples::INIT)]
    Init(Init),
    /// Write the accounts of a NATS server that keeps agents apart: one for each kind, with the least
    /// rights.
    #[command(after_help = examples::ACCOUNTS)]
    Accounts(Accounts),
    /// Show which bus this is, and how durable it is.
    #[command(after_help = examples::BUS)]
    Show,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Show what would be changed, and change nothing. Exits with 1 when there is anything.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Further agent kinds, of your own.
    #[arg(long, value_name = "KIND", num_args = 1..)]
    pub(crate) kinds: Vec<AgentKind>,
}

/// How users show the server who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// A key each, named in the server's configuration.
    Nkeys,
    /// A JWT each, signed by their account, which an operator signed.
    Jwt,
}

impl From<Form> for galley_bus_nats::Form {
    fn from(form: Form) -> Self {
        match form {
            Form::Nkeys => Self::Nkeys,
            Form::Jwt => Self::Jwt,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Accounts {
    /// Folder for the configuration and the secrets. Keys that are there are kept.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// How users show who they are.
    #[arg(long, value_enum, default_value = "nkeys")]
    pub(crate) form: Form,
    /// Show what would be written, and write nothing. Exits with 1 when there is anything.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Further agent kinds, of your own.
    #[arg(long, value_name = "KIND", num_args = 1..)]
    pub(crate) kinds: Vec<AgentKind>,
}

/// Which agent is checked, with what, and for what.
#[derive(Debug, Args)]
pub(crate) struct Conformance {
    /// The agent's kind.
    pub(crate) kind: AgentKind,
    /// A task's input: JSON, or @FILE, or - for standard input [default: the example of the kind's
    /// card].
    #[arg(long, value_name = "JSON")]
    pub(crate) input: Option<String>,
    /// Only these checks.
    #[arg(long, value_name = "CHECK", num_args = 1.., hide_possible_values = true)]
    pub(crate) only: Vec<Check>,
    /// How many seconds anything that must come is waited for.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(1..=3600)
    )]
    pub(crate) wait: u64,
    /// How many seconds a task may be in hand without a sign of life; another number than the
    /// contract's is for an agent that shows one more often.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = LOAN_SECS,
        value_parser = clap::value_parser!(u64).range(1..=3600)
    )]
    pub(crate) loan: u64,
}

impl Agent {
    /// The kind that is to run.
    pub(crate) fn kind(&self) -> Option<&'static str> {
        match self {
            Self::List => None,
            Self::Ingestion { .. } => Some("ingestion"),
            Self::Ideation(_) => Some("ideation"),
            Self::Research(_) => Some("research"),
            Self::Drafting(_) => Some("drafting"),
            Self::Seo(_) => Some("seo"),
            Self::Review(_) => Some("review"),
            Self::Publishing { .. } => Some("publishing"),
            Self::Learning(_) => Some("learning"),
        }
    }
}
