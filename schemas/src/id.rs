//! Identifiers, one newtype each, so that no two can be confused.
//!
//! Names that people write (steps, agent kinds, workflows) are checked when they are made and when
//! they are read: they become parts of subjects and must not carry a dot, a wildcard or a space.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Longest name of a step, agent kind or workflow, in bytes.
pub const NAME_BYTES_MAX: usize = 48;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{text}' is not a name: use 1 to {NAME_BYTES_MAX} of a-z, 0-9, '_' and '-', a letter first"
)]
pub struct InvalidName {
    /// The text that was refused, shortened to 60 characters.
    pub text: String,
}

fn check_name(text: &str) -> Result<(), InvalidName> {
    let well_formed = text.len() <= NAME_BYTES_MAX
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'));
    if well_formed { Ok(()) } else { Err(InvalidName { text: text.chars().take(60).collect() }) }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(
            with = "String",
            extend("pattern" = "^[a-z][a-z0-9_-]*$", "maxLength" = NAME_BYTES_MAX)
        )]
        pub struct $name(String);

        impl $name {
            /// Checks and wraps a name.
            ///
            /// # Errors
            /// [`InvalidName`] when the text has other characters than a-z, 0-9, `_`, `-`, does not
            /// start with a letter, or is longer than [`NAME_BYTES_MAX`].
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidName> {
                let text = text.into();
                check_name(&text)?;
                Ok(Self(text))
            }
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(text: String) -> Result<Self, InvalidName> {
                Self::new(text)
            }
        }
        impl FromStr for $name {
            type Err = InvalidName;
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::new(text)
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text of an id made elsewhere.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID (version 7, so that ids sort by time).
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }
            /// The id as a UUID.
            #[must_use]
            pub const fn uuid(&self) -> Uuid {
                self.0
            }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_id! {
    /// One goal, by a UUID: of version 7, so that ids sort by time; of version 8 when it is made
    /// from the id of a bare message.
    GoalId
}
uuid_id! {
    /// One running process (a coordinator instance, an agent replica), by a UUID of version 7.
    InstanceId
}

name! {
    /// A step of a workflow, as written in its YAML: a letter, then a-z, 0-9, `_` and `-`.
    StepName
}
name! {
    /// A kind of agent: `research`, `drafting`, or one that a user brings.
    AgentKind
}
name! {
    /// A workflow's name; its version is its content hash.
    WorkflowName
}

text_id! {
    /// A task: one step handed to an agent. Unique within its goal and readable: `draft`,
    /// `research.2` (third item of a fan-out), `draft@1` (first revision round), `research.2@1`,
    /// and with a trailing `!` the undo of that task: `publish!`.
    TaskId
}
text_id! {
    /// The key of one effect within its task, chosen by the agent: `post`, `image.1`.
    EffectKey
}
text_id! {
    /// 128 random bits in hexadecimal (32 characters) that only the coordinator and the current attempt know. A
    /// report with another token is stale.
    LeaseToken
}
text_id! {
    /// Who acts: an editor, a token's subject, or `system`.
    Principal
}
text_id! {
    /// The id of a message on the bus (the CloudEvent `id`).
    MessageId
}

/// The stop fence: 0 at first, raised by every stop; what was handed out under a lower epoch is
/// stale.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct Epoch(pub u64);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_subject_parts_so_they_are_narrow() {
        for good in ["a", "draft", "fact-check", "step_2"] {
            assert_eq!(StepName::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "A", "2x", "a.b", "a*", "a b", "ä", ">", &"a".repeat(49)] {
            assert!(StepName::new(bad).is_err(), "{bad} was accepted");
        }
    }

    #[test]
    fn names_are_checked_when_read() {
        assert!(serde_json::from_str::<AgentKind>("\"research\"").is_ok());
        assert!(serde_json::from_str::<AgentKind>("\"task.*\"").is_err());
    }
}
