//! What a turn must look like: the schema of its reply, and those of its tools.

use serde_json::Value;

use crate::chat::{Call, Chat};
use crate::port::{Finish, ModelError};
use crate::protocol::{Collected, RawCall};
use crate::structured::Shape;

/// Most tools that a model may be offered.
const TOOLS_MAX: usize = 64;

/// What a turn must look like.
#[derive(Debug)]
pub(super) struct Shapes {
    reply: Option<Shape>,
    tools: Vec<(String, Shape)>,
}

impl Shapes {
    /// Reads the schemas: one that is none is told before anything is paid.
    pub(super) fn of(chat: &Chat) -> Result<Self, ModelError> {
        let rejected = |message| ModelError::Rejected { status: 400, message };
        if chat.tools.len() > TOOLS_MAX {
            let tools = chat.tools.len();
            return Err(rejected(format!("{tools} tools are more than {TOOLS_MAX}")));
        }
        let reply = chat.schema.as_ref().map(Shape::new).transpose().map_err(rejected)?;
        let tool = |tool: &crate::chat::Tool| {
            let shape = Shape::new(&tool.input);
            let shape = shape.map_err(|why| rejected(format!("tool '{}': {why}", tool.name)))?;
            Ok((tool.name.clone(), shape))
        };
        let tools = chat.tools.iter().map(tool).collect::<Result<_, ModelError>>()?;
        Ok(Self { reply, tools })
    }

    /// The value of a reply, if one was asked for and it is no call; or what is wrong with it.
    pub(super) fn value(&self, said: &Collected) -> Result<Option<Value>, String> {
        match &self.reply {
            Some(shape) if said.calls.is_empty() => {
                shape.read(&said.text, said.finish.unwrap_or(Finish::Stop)).map(Some)
            }
            Some(_) | None => Ok(None),
        }
    }

    /// What the model is told when its reply will not do.
    pub(super) fn complaint(&self, reason: &str) -> String {
        self.reply.as_ref().map_or_else(|| reason.to_owned(), |shape| shape.complaint(reason))
    }

    /// The calls of a turn, each checked against its tool.
    pub(super) fn calls(&self, said: &Collected) -> Vec<Call> {
        said.calls.iter().map(|(place, raw)| self.call(*place, raw)).collect()
    }

    fn call(&self, place: u64, raw: &RawCall) -> Call {
        let text = if raw.input.trim().is_empty() { "{}" } else { raw.input.as_str() };
        let (input, read) = match serde_json::from_str::<Value>(text) {
            Ok(input) => (input, Ok(())),
            Err(error) => (Value::Null, Err(format!("its input is not JSON: {error}"))),
        };
        let fault =
            read.and_then(|()| match self.tools.iter().find(|(name, _)| *name == raw.name) {
                Some((_, shape)) => shape.check(&input),
                None => Err(format!("there is no tool '{}'", raw.name)),
            });
        let id = if raw.id.is_empty() { format!("call_{place}") } else { raw.id.clone() };
        Call { id, name: raw.name.clone(), input, fault: fault.err() }
    }
}
