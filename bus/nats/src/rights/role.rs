//! Who connects: kinds of processes, and people.

use std::fmt;

use galley_schemas::id::AgentKind;
use serde::{Serialize, Serializer};

use super::Rights;

/// Who connects. Each has a user of its own; how many processes share it does not matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// `galley coordinator`.
    Coordinator,
    /// `galley bus init`.
    Bootstrap,
    /// Whoever takes copies of everything.
    Backup,
    /// `galley relay`.
    Relay,
    /// `galley agent learning`.
    Learner,
    /// Programs that hand in goals, and nothing else.
    Submitter,
    /// People, with the command line.
    Person,
    /// `galley agent <kind>`, or an agent in another language.
    Agent(AgentKind),
}

impl Role {
    /// Every role, with an agent for each of these kinds.
    #[must_use]
    pub fn all(kinds: &[AgentKind]) -> Vec<Self> {
        let mut roles = vec![
            Self::Coordinator,
            Self::Bootstrap,
            Self::Backup,
            Self::Relay,
            Self::Learner,
            Self::Submitter,
            Self::Person,
        ];
        roles.extend(kinds.iter().cloned().map(Self::Agent));
        roles
    }

    /// The account that it is in. Whoever makes the streams, decides, or copies everything is where the
    /// streams are; everybody else has an account of its own.
    #[must_use]
    pub fn account(&self) -> String {
        match self {
            Self::Coordinator | Self::Bootstrap | Self::Backup => CORE.to_owned(),
            Self::Relay | Self::Learner | Self::Submitter | Self::Person => {
                self.to_string().to_ascii_uppercase()
            }
            Self::Agent(kind) => format!("AGENT_{kind}"),
        }
    }

    /// Where its answers come in: its `inbox_prefix`. Alone in an account, it needs none of its own.
    #[must_use]
    pub fn inbox(&self) -> String {
        match self {
            Self::Coordinator | Self::Bootstrap | Self::Backup => format!("_INBOX_{self}"),
            Self::Relay | Self::Learner | Self::Submitter | Self::Person | Self::Agent(_) => {
                "_INBOX".to_owned()
            }
        }
    }

    /// What it may do, beside agents of these kinds.
    #[must_use]
    pub fn rights(&self, kinds: &[AgentKind]) -> Rights {
        let inbox = &self.inbox();
        match self {
            Self::Coordinator => Rights::coordinator(inbox),
            Self::Bootstrap => Rights::bootstrap(kinds, inbox),
            Self::Backup => Rights::backup(kinds, inbox),
            Self::Relay => Rights::relay(inbox),
            Self::Learner => Rights::learner(inbox),
            Self::Submitter => Rights::submitter(inbox),
            Self::Person => Rights::person(inbox),
            Self::Agent(kind) => Rights::agent(kind, inbox),
        }
    }
}

/// The account that holds the streams.
pub(crate) const CORE: &str = "CORE";

impl fmt::Display for Role {
    /// Its name, as in names of files: `coordinator`, `agent-research`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Coordinator => f.write_str("coordinator"),
            Self::Bootstrap => f.write_str("bootstrap"),
            Self::Backup => f.write_str("backup"),
            Self::Relay => f.write_str("relay"),
            Self::Learner => f.write_str("learner"),
            Self::Submitter => f.write_str("submitter"),
            Self::Person => f.write_str("person"),
            Self::Agent(kind) => write!(f, "agent-{kind}"),
        }
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
