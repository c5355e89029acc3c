//! Conversations: several turns, tools that the model may call, and hearing it while it speaks.
//!
//! One turn at a time: whoever holds the conversation carries the tool calls out, adds what came of
//! them, and asks for the next turn. So each turn can be journaled, charged and bounded by its owner.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::port::{Completion, Prompt};

/// A conversation so far, and what may come next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chat {
    /// What it is for: `research`; for traces and bills.
    pub purpose: String,
    /// How the model should behave.
    pub system: String,
    /// What was said, oldest first; the last one is what the model answers.
    pub messages: Vec<Message>,
    /// What the model may call; at most 64.
    pub tools: Vec<Tool>,
    /// Whether it may call them in this turn.
    pub tool_use: ToolUse,
    /// JSON Schema that a reply without calls must meet; none for plain text.
    pub schema: Option<Value>,
    /// Most tokens to be written in this turn.
    pub tokens_max: u32,
    /// 0 to 2; none for the server's default.
    pub temperature: Option<f32>,
}

impl From<&Prompt> for Chat {
    fn from(prompt: &Prompt) -> Self {
        Self {
            purpose: prompt.purpose.clone(),
            system: prompt.system.clone(),
            messages: vec![Message::User { text: prompt.user.clone() }],
            tools: Vec::new(),
            tool_use: ToolUse::May,
            schema: prompt.schema.clone(),
            tokens_max: prompt.tokens_max,
            temperature: prompt.temperature,
        }
    }
}

/// One thing said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Message {
    /// By us.
    User {
        /// The text.
        text: String,
    },
    /// By the model, as [`Turn::message`] gives it.
    Model {
        /// The text.
        text: String,
        /// The tools that it called.
        calls: Vec<Call>,
        /// What its server wants back unread: signed thoughts, for instance.
        #[serde(default)]
        kept: Vec<Value>,
    },
    /// What came of the calls: one outcome for each call of the message before.
    Tools {
        /// One for each call.
        outcomes: Vec<Outcome>,
    },
}

/// Something that the model may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name: letters, digits, `_` and `-`, at most 64.
    pub name: String,
    /// What it does and when it is of use.
    pub about: String,
    /// JSON Schema of its input: an object.
    pub input: Value,
}

/// Whether tools may be called in a turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolUse {
    /// As the model likes.
    #[default]
    May,
    /// At least one is called.
    Must,
    /// None is called: the last turn of a bounded loop.
    MustNot,
}

/// A tool call that the model asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Names the call within its turn.
    pub id: String,
    /// The tool.
    pub name: String,
    /// Its input; null when it could not be read.
    pub input: Value,
    /// Why it cannot be carried out: no such tool, or an input that the tool's schema does not
    /// admit. Given back as the [`Outcome`], it lets the model correct itself.
    pub fault: Option<String>,
}

/// What came of a tool call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The call's id.
    pub id: String,
    /// The tool.
    pub name: String,
    /// What the tool said.
    pub text: String,
    /// Whether it failed.
    pub failed: bool,
}

impl Outcome {
    /// What a tool said.
    #[must_use]
    pub fn of(call: &Call, text: impl Into<String>) -> Self {
        let (id, name) = (call.id.clone(), call.name.clone());
        Self { id, name, text: text.into(), failed: false }
    }

    /// Why a tool failed.
    #[must_use]
    pub fn failure(call: &Call, text: impl Into<String>) -> Self {
        Self { failed: true, ..Self::of(call, text) }
    }
}

/// What a model said in one turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// What it said, and what that cost.
    pub said: Completion,
    /// The tools that it calls; none when the turn is its answer.
    pub calls: Vec<Call>,
    /// What its server wants back unread.
    pub kept: Vec<Value>,
}

impl Turn {
    /// The turn as a part of the conversation.
    #[must_use]
    pub fn message(&self) -> Message {
        Message::Model {
            text: self.said.text.clone(),
            calls: self.calls.clone(),
            kept: self.kept.clone(),
        }
    }
}

/// What is heard while a model speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard<'a> {
    /// The next piece of its text.
    Text(&'a str),
    /// What was heard so far does not count: another try, another model, or a repair turn begins.
    Anew,
}

/// Somebody who hears a model while it speaks. What counts is the [`Turn`]; this is for people who
/// watch.
pub trait Ear: Send + Sync {
    /// Hears something; returns at once.
    fn hear(&self, heard: Heard<'_>);
}

/// Nobody listens.
impl Ear for () {
    fn hear(&self, _heard: Heard<'_>) {}
}

impl<F: Fn(Heard<'_>) + Send + Sync> Ear for F {
    fn hear(&self, heard: Heard<'_>) {
        self(heard);
    }
}
