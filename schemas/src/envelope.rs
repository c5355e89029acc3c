//! The envelope of messages on the bus: CloudEvents 1.0, structured JSON mode.
//!
//! Inputs, offers, reports and verdicts travel in it. Inputs and reports may also come as their
//! payload alone, as typed by hand. Without it go what nobody routes by its type: a goal's records
//! in the log, broadcasts, answers to a submission, refused inputs, and values in buckets.
//!
//! Source: <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md>.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::MessageId;

/// The version of the CloudEvents specification.
pub const SPEC_VERSION: &str = "1.0";

/// The media type of a structured-mode CloudEvent.
pub const MEDIA_TYPE: &str = "application/cloudevents+json";

/// A message with its envelope: the payload is in `data`, its name in `type`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CloudEvent<T> {
    /// Always [`SPEC_VERSION`].
    pub specversion: String,
    /// Unique for this source; repeated when the same message is sent again.
    pub id: MessageId,
    /// Who sent it: `/galley/coordinator`, `/galley/agent/research`, `/galley/cli`.
    pub source: String,
    /// What it says: the name of its payload's type, one of those in [`kind`].
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is about: the goal's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it was made.
    pub time: DateTime<Utc>,
    /// Media type of the payload: `application/json`.
    #[serde(default = "json_media_type")]
    pub datacontenttype: String,
    /// W3C trace context (CloudEvents distributed tracing extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The payload.
    pub data: T,
}

fn json_media_type() -> String {
    "application/json".to_owned()
}

/// Names of payloads, for [`CloudEvent::kind`].
pub mod kind {
    /// [`crate::input::Submission`].
    pub const SUBMISSION: &str = "dev.galley.goal.submission.v1";
    /// [`crate::input::Answer`].
    pub const ANSWER: &str = "dev.galley.goal.answer.v1";
    /// [`crate::input::Control`].
    pub const CONTROL: &str = "dev.galley.control.v1";
    /// [`crate::input::Feedback`].
    pub const FEEDBACK: &str = "dev.galley.goal.feedback.v1";
    /// [`crate::input::Signal`].
    pub const SIGNAL: &str = "dev.galley.goal.signal.v1";
    /// [`crate::input::ChildEnded`].
    pub const CHILD_ENDED: &str = "dev.galley.goal.child-ended.v1";
    /// [`crate::input::Fired`].
    pub const FIRED: &str = "dev.galley.goal.alarm-fired.v1";
    /// [`crate::task::Offer`].
    pub const OFFER: &str = "dev.galley.task.offer.v1";
    /// [`crate::report::Report`].
    pub const REPORT: &str = "dev.galley.task.report.v1";
    /// [`crate::report::Verdict`].
    pub const VERDICT: &str = "dev.galley.task.verdict.v1";
    /// [`crate::feedback::Fact`].
    pub const FACT: &str = "dev.galley.goal.fact.v1";
    /// [`crate::record::Record`].
    pub const RECORD: &str = "dev.galley.goal.record.v1";
}
