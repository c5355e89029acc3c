//! Reports of agents: decided, recorded, carried out, and only then answered.
//!
//! An agent that gets no answer reports again. So a report that cannot be decided now is dropped
//! without one.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use galley_bus_core::calls::Call;
use galley_bus_core::trace;
use galley_coordinator_goal::{Command, Reply};
use galley_schemas::artifact::Digest;
use galley_schemas::envelope::{CloudEvent, SPEC_VERSION, kind};
use galley_schemas::fault::Fault;
use galley_schemas::id::{AgentKind, MessageId};
use galley_schemas::report::{Body, Doing, Report, Verdict};
use galley_schemas::subject;
use galley_schemas::trace::TRACEPARENT;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::calls::Service;
use crate::commit::{CommitError, Told};
use crate::hands::Hands;
use crate::{fault, intake};

/// The part that serves the reports of every kind that is known, on the subject of this instance
/// and on the one of all.
pub(crate) async fn run(hands: Arc<Hands>, slots: Arc<Semaphore>, stop: CancellationToken) {
    let mut kinds = hands.kinds.subscribe();
    let mut served = BTreeSet::new();
    let mut services = JoinSet::new();
    loop {
        let known: Vec<AgentKind> =
            kinds.borrow_and_update().difference(&served).cloned().collect();
        for kind in known {
            let own = subject::report_to(&kind, &hands.instance);
            for subject in [own, subject::report(&kind)] {
                let service = Service { subject, answer, slots: Arc::clone(&slots) };
                services.spawn(service.run(Arc::clone(&hands), stop.clone()));
            }
            served.insert(kind);
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            changed = kinds.changed() => changed.expect("the hands keep the sender"),
            Some(ended) = services.join_next() => {
                // A bug in one service: all of them begin anew.
                tracing::error!(?ended, "reports were no longer served");
                return;
            }
        }
    }
    while services.join_next().await.is_some() {}
}

fn answer(hands: Arc<Hands>, call: Call) -> BoxFuture<'static, ()> {
    async move {
        let Call { subject, payload, reply } = call;
        let asked = Asked::read(&payload);
        let span = tracing::info_span!(
            "report",
            otel.name = format!("process {subject}"),
            otel.kind = "server",
            messaging.operation.type = "process",
            messaging.destination.name = subject,
        );
        trace::adopt(&span, asked.traceparent.as_deref());
        let verdict = match asked.report {
            Ok(report) => match is_own(&report.kind, &subject) {
                true => hands.report(report, asked.id).instrument(span).await,
                false => Some(Verdict::Malformed {
                    fault: fault::foreign_kind(report.kind.as_str(), &subject),
                }),
            },
            Err(fault) => Some(Verdict::Malformed { fault }),
        };
        let Some(verdict) = verdict else { return };
        let answer =
            if asked.enveloped { enveloped(&hands, &asked.goal, verdict) } else { bare(&verdict) };
        if reply.send(answer).is_err() {
            // The agent stopped waiting; it reports again and hears the same.
            tracing::debug!(%subject, "the answer came too late");
        }
    }
    .boxed()
}

/// A report as it was asked.
struct Asked {
    report: Result<Report, Fault>,
    enveloped: bool,
    goal: Option<String>,
    /// The id of the message; none when the report came bare.
    id: Option<MessageId>,
    traceparent: Option<String>,
}

impl Asked {
    fn read(payload: &Bytes) -> Self {
        // Larger than an input may be is fine here: the bus bounds it, and a result's own bound is
        // the goal's to judge.
        let value = serde_json::from_slice::<serde_json::Value>(payload);
        let value =
            value.map_err(|error| fault::unreadable(format!("the report is no JSON: {error}")));
        let enveloped = value.as_ref().is_ok_and(intake::is_event);
        let attribute = |name: &str| {
            let value = value.as_ref().ok().filter(|_| enveloped)?;
            value.get(name)?.as_str().map(str::to_owned)
        };
        let (id, traceparent) = (attribute("id").map(MessageId::new), attribute(TRACEPARENT));
        let report = value.and_then(|value| intake::open::<Report>(value, kind::REPORT));
        let goal = report.as_ref().ok().map(|report| report.goal.to_string());
        Self { report, enveloped, goal, id, traceparent }
    }
}

/// Whether a kind reports on its own subject.
fn is_own(kind: &AgentKind, subject: &str) -> bool {
    let own = subject::report(kind);
    subject.strip_prefix(&own).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn bare(verdict: &Verdict) -> Bytes {
    serde_json::to_vec(verdict).expect("wire types have string keys").into()
}

fn enveloped(hands: &Hands, goal: &Option<String>, verdict: Verdict) -> Bytes {
    let now = hands.clock.now();
    let event = CloudEvent {
        specversion: SPEC_VERSION.to_owned(),
        id: hands.chance.message_id(now),
        source: "/galley/coordinator".to_owned(),
        kind: kind::VERDICT.to_owned(),
        subject: goal.clone(),
        time: now,
        datacontenttype: "application/json".to_owned(),
        traceparent: None,
        data: verdict,
    };
    serde_json::to_vec(&event).expect("wire types have string keys").into()
}

impl Hands {
    /// Decides a report. None: it cannot be decided now; the agent reports again.
    async fn report(&self, report: Report, id: Option<MessageId>) -> Option<Verdict> {
        let (goal, task) = (report.goal, report.task.clone());
        // One that came without an id is a new one each time that it comes.
        let id = id.unwrap_or_else(|| self.chance.message_id(self.clock.now()));
        let cause = cause_of(&report, &id);
        match self.commit(Told::new(goal, cause, Command::Report(report.clone()))).await {
            Ok(Reply::Verdict(verdict)) => {
                if verdict == Verdict::Accepted {
                    self.tell_progress(report).await;
                }
                Some(verdict)
            }
            Ok(Reply::Refused(fault)) | Err(CommitError::TooLarge(fault)) => {
                Some(Verdict::Malformed { fault })
            }
            // A report is always answered by a verdict; this says nothing, and so does the answer.
            Ok(Reply::Noted) => Some(Verdict::Accepted),
            Err(CommitError::UnknownGoal(goal)) => {
                Some(Verdict::Stale { reason: format!("there is no goal {goal}") })
            }
            Err(
                error @ (CommitError::Damaged(_)
                | CommitError::Contended(_)
                | CommitError::Unreachable(_)),
            ) => {
                tracing::warn!(%goal, %task, %error, "report not decided; the agent asks again");
                None
            }
        }
    }

    /// Tells whoever watches what a task is doing.
    async fn tell_progress(&self, report: Report) {
        let Report { goal, task, kind, attempt, body, .. } = report;
        let Body::Progress { note, spent } = body else { return };
        let doing = Doing { task, kind, attempt, note, spent };
        let payload = serde_json::to_vec(&doing).expect("wire types have string keys");
        let subject = subject::progress(&goal);
        let send = self.bus.broadcast.send(&subject, payload.into());
        if let Err(error) = self.within("broadcast progress", send).await {
            tracing::debug!(%goal, %error, "nobody hears of progress");
        }
    }
}

/// The cause that a report's record names: the same for the same report, and for another one with
/// the same words another.
fn cause_of(report: &Report, id: &MessageId) -> MessageId {
    let said = serde_json::to_vec(&(report, id)).expect("wire types have string keys");
    MessageId::new(format!("report-{}", Digest::of(&said)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_reports_on_its_own_subjects_only() {
        let kind = AgentKind::new("seo").unwrap();
        assert!(is_own(&kind, "galley.report.seo"));
        assert!(is_own(&kind, "galley.report.seo.01890000-0000-7000-8000-000000000001"));
        assert!(!is_own(&kind, "galley.report.seo-extra"));
        assert!(!is_own(&kind, "galley.report.publishing"));
    }
}
