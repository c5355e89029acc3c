//! Acts: what a record causes, carried out on the bus. An act may be carried out more than once:
//! its id is made of goal, place and index, and its bytes of the record alone, so a repeated act is
//! the same message.

use chrono::{DateTime, Utc};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use galley_bus_core::log::Entry;
use galley_bus_core::message::Message;
use galley_bus_core::queue::PublishError;
use galley_bus_core::{Bus, Unreachable};
use galley_schemas::envelope::{CloudEvent, SPEC_VERSION, kind};
use galley_schemas::id::{GoalId, MessageId};
use galley_schemas::input::Fired;
use galley_schemas::record::Act;
use galley_schemas::subject;
use galley_schemas::trace::{SpanRef, TRACEPARENT};
use serde::Serialize;

/// How many acts of one record are carried out at once.
const AT_ONCE: usize = 16;

/// Carries out every act of a record.
///
/// # Errors
/// The bus was out of reach for one of them: the record's acts are still owed, all of them.
pub(crate) async fn carry_out(bus: &Bus, entry: &Entry) -> Result<(), Unreachable> {
    let acts = entry.record.acts.iter().enumerate();
    let acts: Vec<_> = acts.map(|(index, act)| carry_out_one(bus, entry, index, act)).collect();
    stream::iter(acts).buffer_unordered(AT_ONCE).try_collect::<()>().await
}

async fn carry_out_one(
    bus: &Bus,
    entry: &Entry,
    index: usize,
    act: &Act,
) -> Result<(), Unreachable> {
    let goal = entry.record.goal;
    let said = Said { at: entry.record.at, id: act_id(entry, index) };
    let message = match act {
        Act::Arm { at } => return arm(bus, goal, *at, said).await,
        Act::Disarm => return bus.alarms.disarm(&subject::alarm(&goal)).await,
        Act::Offer { offer } => {
            said.message(subject::task(&offer.kind), kind::OFFER, goal, offer.as_ref())
        }
        Act::Submit { submission } => said.message(
            subject::IN_GOAL.to_owned(),
            kind::SUBMISSION,
            submission.goal,
            submission.as_ref(),
        ),
        Act::Steer { control } => {
            said.message(subject::IN_CONTROL.to_owned(), kind::CONTROL, goal, control)
        }
        Act::TellParent { ended } => {
            said.message(subject::IN_CHILD.to_owned(), kind::CHILD_ENDED, ended.goal, ended)
        }
    };
    publish(bus, message).await
}

/// Arms a goal's alarm.
///
/// # Errors
/// The bus was out of reach.
pub(crate) async fn arm(
    bus: &Bus,
    goal: GoalId,
    at: DateTime<Utc>,
    said: Said,
) -> Result<(), Unreachable> {
    let fired = Fired { goal, at };
    let message = said.message(subject::FIRED.to_owned(), kind::FIRED, goal, &fired);
    bus.alarms.arm(&subject::alarm(&goal), at, message).await
}

/// Publishes, and tells what may pass from what never will.
///
/// A message that no queue will ever take would keep the goal from going on for ever if it were
/// owed. It is given up instead, loudly: the attempt's deadline then decides what becomes of the
/// goal.
async fn publish(bus: &Bus, message: Message) -> Result<(), Unreachable> {
    let (subject, id) = (message.subject.clone(), message.id.clone());
    match bus.queue.publish(message).await {
        Ok(()) => Ok(()),
        Err(PublishError::Unreachable(error)) => Err(error),
        Err(error @ PublishError::Full { .. }) => {
            Err(Unreachable { what: format!("publish {id} on {subject}"), cause: Box::new(error) })
        }
        Err(error @ (PublishError::NoQueue { .. } | PublishError::TooLarge { .. })) => {
            tracing::error!(%subject, message = %id, %error, "an act can never be carried out");
            Ok(())
        }
    }
}

/// The envelope of something that a coordinator says.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    /// When it was decided.
    pub at: DateTime<Utc>,
    /// Its id.
    pub id: MessageId,
}

impl Said {
    /// A message with this envelope.
    pub(crate) fn message<T: Serialize>(
        self,
        subject: String,
        kind: &str,
        goal: GoalId,
        data: &T,
    ) -> Message {
        let traceparent = SpanRef::of_goal(&goal).to_string();
        let event = CloudEvent {
            specversion: SPEC_VERSION.to_owned(),
            id: self.id.clone(),
            source: "/galley/coordinator".to_owned(),
            kind: kind.to_owned(),
            subject: Some(goal.to_string()),
            time: self.at,
            datacontenttype: "application/json".to_owned(),
            traceparent: Some(traceparent.clone()),
            data,
        };
        let payload = serde_json::to_vec(&event).expect("wire types have string keys");
        let mut message = Message::new(subject, self.id, payload);
        message.headers.insert(TRACEPARENT.to_owned(), traceparent);
        message
    }
}

/// The id of an act: the same whenever it is repeated.
fn act_id(entry: &Entry, index: usize) -> MessageId {
    MessageId::new(format!("{}-{}-{index}", entry.record.goal, entry.seq))
}
