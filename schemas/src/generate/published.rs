//! The list of published types: whatever another program may send, receive, read or keep.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::envelope::{CloudEvent, kind};
use crate::{agent, choice, content, feedback, input, record, report, task, view};

/// A published type.
#[derive(Debug, Clone, Copy)]
pub struct Published {
    /// Its name: of its file, its sample and its `$id`.
    pub name: &'static str,
    /// What it is made of.
    pub payload: Payload,
    /// What becomes of fields that it does not know.
    pub unknown: Unknown,
    /// Reads a value as today's code does, and writes it again.
    pub reread: fn(&Value) -> Result<Value, serde_json::Error>,
}

/// What a published type is made of.
#[derive(Debug, Clone, Copy)]
pub enum Payload {
    /// A Rust type, by the root schema that is derived from it.
    Type(fn(SchemaGenerator) -> Schema),
    /// The envelope of another published type.
    Enveloped {
        /// The CloudEvents type: one of [`kind`].
        kind: &'static str,
        /// The name of the payload.
        data: &'static str,
    },
}

/// What becomes of fields that a type does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// A reader passes over them: wire types.
    Tolerated,
    /// A reader stops: log types.
    Refused,
}

/// Every published type: messages, then what is kept, then the contents of articles.
#[must_use]
pub fn published() -> Vec<Published> {
    let mut list = vec![of::<CloudEvent<Value>>("cloudevent")];
    list.extend(messages());
    list.extend(bare());
    list.extend(contents());
    list
}

/// What travels in an envelope: each payload, followed by its envelope.
fn messages() -> Vec<Published> {
    [
        enveloped::<input::Submission>("submission", "submission-cloudevent", kind::SUBMISSION),
        enveloped::<input::Answer>("answer", "answer-cloudevent", kind::ANSWER),
        enveloped::<input::Control>("control", "control-cloudevent", kind::CONTROL),
        enveloped::<input::Feedback>("feedback", "feedback-cloudevent", kind::FEEDBACK),
        enveloped::<input::Signal>("signal", "signal-cloudevent", kind::SIGNAL),
        enveloped::<input::ChildEnded>("child-ended", "child-ended-cloudevent", kind::CHILD_ENDED),
        enveloped::<input::Fired>("fired", "fired-cloudevent", kind::FIRED),
        enveloped::<task::Offer>("offer", "offer-cloudevent", kind::OFFER),
        enveloped::<report::Report>("report", "report-cloudevent", kind::REPORT),
        enveloped::<report::Verdict>("verdict", "verdict-cloudevent", kind::VERDICT),
        enveloped::<feedback::Fact>("fact", "fact-cloudevent", kind::FACT),
        enveloped::<record::Record>("record", "record-cloudevent", kind::RECORD).map(closed),
    ]
    .concat()
}

/// What travels or is kept without an envelope.
fn bare() -> Vec<Published> {
    vec![
        of::<input::SubmitReply>("submit-reply"),
        of::<input::Rejected>("rejected"),
        of::<input::Fence>("fence"),
        of::<input::Standing>("standing"),
        of::<report::Doing>("doing"),
        of::<view::Status>("status"),
        of::<view::Archived>("archived"),
        of::<agent::Card>("card"),
        of::<agent::Presence>("presence"),
        of::<choice::Policy>("policy"),
        of::<feedback::Cursor>("cursor"),
        of::<feedback::Ruling>("ruling"),
    ]
}

/// What the agents of the article workflow hand to each other.
fn contents() -> Vec<Published> {
    vec![
        of::<content::SourceSpec>("source-spec"),
        of::<content::Corpus>("corpus"),
        of::<content::Brief>("brief"),
        of::<content::Angle>("angle"),
        of::<content::Outline>("outline"),
        of::<content::Evidence>("evidence"),
        of::<content::Article>("article"),
        of::<content::Check>("check"),
        of::<content::Finding>("finding"),
        of::<content::Edit>("edit"),
        of::<content::ReviewVerdict>("review-verdict"),
        of::<content::Post>("post"),
    ]
}

fn of<T: JsonSchema + Serialize + DeserializeOwned>(name: &'static str) -> Published {
    Published {
        name,
        payload: Payload::Type(SchemaGenerator::into_root_schema_for::<T>),
        unknown: Unknown::Tolerated,
        reread: reread::<T>,
    }
}

fn enveloped<T: JsonSchema + Serialize + DeserializeOwned>(
    data: &'static str,
    envelope: &'static str,
    kind: &'static str,
) -> [Published; 2] {
    let enveloped = Published {
        name: envelope,
        payload: Payload::Enveloped { kind, data },
        unknown: Unknown::Tolerated,
        reread: reread::<CloudEvent<T>>,
    };
    [of::<T>(data), enveloped]
}

/// The envelope of a log type is a wire type all the same.
fn closed(published: Published) -> Published {
    match published.payload {
        Payload::Type(_) => Published { unknown: Unknown::Refused, ..published },
        Payload::Enveloped { .. } => published,
    }
}

fn reread<T: Serialize + DeserializeOwned>(value: &Value) -> Result<Value, serde_json::Error> {
    serde_json::to_value(T::deserialize(value)?)
}
