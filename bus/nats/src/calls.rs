//! Request and reply on plain subjects: servers of a subject form one group, so a request reaches one
//! of them.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, HeaderMap, Message, Subject, Subscriber};
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{BoxStream, FuturesUnordered};
use futures::{FutureExt as _, StreamExt as _};
use galley_bus_core::Unreachable;
use galley_bus_core::calls::{Call, CallError, Calls};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use crate::error::NatsError;
use crate::nats::Tasks;
use crate::wire::{Wire, header};

/// How many requests wait unread at one server.
const UNREAD_MAX: usize = 1_024;
/// The one group of all servers.
const GROUP: &str = "galley";
/// On an answer that is none: whoever served this subject has ended.
const GONE: &str = "Galley-Gone";

/// Calls on subjects.
#[derive(Debug)]
pub(crate) struct SubjectCalls {
    wire: Wire,
    tasks: Arc<Tasks>,
}

impl SubjectCalls {
    pub(crate) fn new(wire: Wire, tasks: Arc<Tasks>) -> Self {
        Self { wire, tasks }
    }
}

#[async_trait]
impl Calls for SubjectCalls {
    async fn call(
        &self,
        subject: &str,
        payload: Bytes,
        wait: Duration,
    ) -> Result<Bytes, CallError> {
        let wire = Wire { timeout: wait, ..self.wire.clone() };
        let nobody = || CallError::NoResponder { subject: subject.to_owned() };
        match wire.request(subject, subject.to_owned(), HeaderMap::new(), payload).await {
            Ok(answer) if header(answer.headers.as_ref(), GONE).is_some() => Err(nobody()),
            Ok(answer) => Ok(answer.payload),
            Err(NatsError::NotThere { .. }) => Err(nobody()),
            Err(NatsError::Timeout(_)) => {
                Err(CallError::Timeout { subject: subject.to_owned(), wait })
            }
            Err(error) => Err(error.unreachable(format!("call {subject}")).into()),
        }
    }

    async fn serve(&self, subject: &str) -> Result<BoxStream<'static, Call>, Unreachable> {
        let listening = self.wire.listen(subject, Some(GROUP)).await;
        let requests = listening.map_err(|error| error.unreachable(format!("serve {subject}")))?;
        let (hand_over, calls) = mpsc::channel(UNREAD_MAX);
        let client = self.wire.client.clone();
        let desk = Desk { client, hand_over, answers: FuturesUnordered::new() };
        // It ends once nobody takes calls any more and what was taken is answered.
        self.tasks.spawn(desk.run(requests));
        let next = |mut calls: mpsc::Receiver<Call>| async { Some((calls.recv().await?, calls)) };
        Ok(futures::stream::unfold(calls, next).boxed())
    }
}

type Answer = futures::future::BoxFuture<'static, Option<(Subject, Bytes)>>;

/// Where requests are handed over and answers sent out.
struct Desk {
    client: Client,
    hand_over: mpsc::Sender<Call>,
    answers: FuturesUnordered<Answer>,
}

impl Desk {
    async fn run(mut self, mut requests: Subscriber) {
        let hand_over = self.hand_over.clone();
        loop {
            tokio::select! {
                biased;
                () = hand_over.closed() => break,
                Some(answer) = self.answers.next(), if !self.answers.is_empty() => {
                    send(&self.client, answer).await;
                }
                request = requests.next() => match request {
                    Some(request) => self.take(request).await,
                    None => break,
                },
            }
        }
        self.leave(requests).await;
    }

    /// Hands a request over. When too many wait already, its caller times out.
    async fn take(&mut self, request: Message) {
        let Some(reply_to) = request.reply else { return };
        let (reply, answer) = oneshot::channel();
        let subject = request.subject.to_string();
        match self.hand_over.try_send(Call { subject, payload: request.payload, reply }) {
            Ok(()) => {
                let answer = answer.map(|answer| answer.ok().map(|payload| (reply_to, payload)));
                self.answers.push(answer.boxed());
            }
            Err(TrySendError::Full(_)) => {}
            Err(TrySendError::Closed(_)) => turn_away(&self.client, reply_to).await,
        }
    }

    /// Takes no more requests, says so to those that are on their way, and sends the answers that
    /// are still owed.
    async fn leave(mut self, mut requests: Subscriber) {
        if requests.drain().await.is_ok() {
            while let Some(request) = requests.next().await {
                if let Some(reply_to) = request.reply {
                    turn_away(&self.client, reply_to).await;
                }
            }
        }
        while let Some(answer) = self.answers.next().await {
            send(&self.client, answer).await;
        }
    }
}

/// Says that nobody serves the subject any more. A caller that is not told times out.
async fn turn_away(client: &Client, reply_to: Subject) {
    let mut headers = HeaderMap::new();
    headers.insert(GONE, "1");
    drop(client.publish_with_headers(reply_to, headers, Bytes::new()).await);
}

async fn send(client: &Client, answer: Option<(Subject, Bytes)>) {
    let Some((reply_to, payload)) = answer else { return };
    if let Err(error) = client.publish(reply_to, payload).await {
        tracing::warn!(%error, "an answer could not be sent; its caller times out");
    }
}
