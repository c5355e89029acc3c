//! What goes over the wire, as pure functions: a request's body, and what its stream adds up to.

mod anthropic;
mod openai;

use serde_json::Value;

use crate::config::Protocol;
use crate::port::{Finish, Prompt, Usage};

/// A turn that went wrong: what the model said, and why that will not do.
#[derive(Debug, Clone)]
pub(crate) struct Repair {
    pub(crate) said: String,
    pub(crate) reason: String,
}

/// A request without its address.
#[derive(Debug)]
pub(crate) struct Wire {
    /// Below the server's address.
    pub(crate) path: &'static str,
    pub(crate) body: Value,
}

/// What a stream added up to so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Collected {
    pub(crate) text: String,
    pub(crate) model: String,
    pub(crate) usage: Usage,
    pub(crate) finish: Option<Finish>,
    pub(crate) refusal: Option<String>,
    /// The server said that it failed, in the middle of the stream.
    pub(crate) failure: Option<String>,
}

impl Collected {
    /// Whether the model came to an end.
    pub(crate) const fn is_complete(&self) -> bool {
        self.finish.is_some() || self.refusal.is_some()
    }
}

/// The request for a prompt.
pub(crate) fn request(
    protocol: Protocol,
    model: &str,
    prompt: &Prompt,
    repair: Option<&Repair>,
) -> Wire {
    match protocol {
        Protocol::Openai => openai::request(model, prompt, repair),
        Protocol::Anthropic => anthropic::request(model, prompt, repair),
    }
}

/// Adds one event of a stream; what cannot be read is skipped, as both protocols ask for.
pub(crate) fn collect(protocol: Protocol, into: &mut Collected, event: &str) {
    let Ok(value) = serde_json::from_str::<Value>(event) else { return };
    match protocol {
        Protocol::Openai => openai::collect(into, &value),
        Protocol::Anthropic => anthropic::collect(into, &value),
    }
}

/// Reads a whole reply, from a server that does not stream.
pub(crate) fn whole(protocol: Protocol, value: &Value) -> Collected {
    match protocol {
        Protocol::Openai => openai::whole(value),
        Protocol::Anthropic => anthropic::whole(value),
    }
}

/// What a server says of its own error, shortened.
pub(crate) fn error_message(body: &str) -> String {
    let message = serde_json::from_str::<Value>(body).ok().and_then(|value| {
        let error = value.get("error")?;
        error.get("message").or(Some(error)).and_then(Value::as_str).map(str::to_owned)
    });
    message.unwrap_or_else(|| body.to_owned()).chars().take(500).collect()
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn count(value: &Value, pointer: &str) -> Option<u64> {
    value.pointer(pointer).and_then(Value::as_u64)
}
