//! Submissions: from the stream, and by request and reply.
//!
//! A request is checked here, kept on the stream of inputs, and answered: so an answer with a goal's
//! id means that the goal will be, whatever crashes next. The stream's reader then decides it.
//!
//! Steps for a submission from the stream:
//! 1. Find the workflow by name, hold the input to its schema, fill in defaults.
//! 2. Read the orders that stand for the goal's scopes, and begin the goal under them.
//! 3. Write the goal's status, so that whoever gives an order from now on finds the goal.
//! 4. Read the orders again; tell the goal those that it does not stand by, until it does.
//!
//! Guarantee: no order is missed. Either it was given before step 4, which finds it, or after step 3,
//! and then whoever gave it finds the goal. A crash between: the submission comes again, and goes
//! through step 4. What the goal began under does not matter there, only how it stands.

use std::sync::Arc;

use galley_bus_core::message::Message;
use galley_bus_core::queue::PublishError;
use galley_bus_core::serve::Settle;
use galley_bus_core::{BoxError, Unreachable};
use galley_coordinator_goal::workflow::Workflow;
use galley_coordinator_goal::{Command, Reply};
use galley_schemas::amount::Amount;
use galley_schemas::artifact::Digest;
use galley_schemas::envelope::kind;
use galley_schemas::fault::Fault;
use galley_schemas::id::{Epoch, GoalId, MessageId};
use galley_schemas::input::{
    ChildEnded, INPUT_BYTES_MAX, Parent, Scope, Standing, Submission, SubmitReply,
};
use galley_schemas::record::Ending;
use galley_schemas::subject;

use crate::acts::Said;
use crate::commit::{CommitError, Told};
use crate::hands::Hands;
use crate::inputs::Taken;
use crate::load::scopes_of;
use crate::registry::ResolveError;
use crate::{fault, fences, intake, rejects};

impl Hands {
    /// Answers a submission by request and reply.
    pub(crate) async fn answer_submission(&self, payload: bytes::Bytes) -> SubmitReply {
        let now = self.clock.now();
        let message = Message::new(subject::SUBMIT, self.chance.message_id(now), payload);
        match self.keep_submission(&message).await {
            Ok(goal) => SubmitReply::Accepted { goal },
            Err(ResolveError::Unreachable(error)) => {
                SubmitReply::Refused { fault: fault::unreachable(&error) }
            }
            Err(ResolveError::Refused(fault)) => {
                let keep = rejects::keep(&self.bus, &message, fault.clone(), now);
                if let Err(error) = self.within("keep a refused goal", keep).await {
                    // The caller has the fault: nothing is lost that nobody knows of.
                    tracing::warn!(%error, "a refused goal was not kept");
                }
                SubmitReply::Refused { fault }
            }
        }
    }

    async fn keep_submission(&self, message: &Message) -> Result<GoalId, ResolveError> {
        let now = self.clock.now();
        let value =
            intake::json(&message.payload, INPUT_BYTES_MAX).map_err(ResolveError::Refused)?;
        let submission =
            intake::submission(value, &self.config.default_workflow, || self.chance.goal_id(now))
                .map_err(ResolveError::Refused)?;
        self.admit(submission.clone()).await?;
        let content = serde_json::to_vec(&submission).expect("wire types have string keys");
        let id = MessageId::new(format!("submit-{}", Digest::of(&content)));
        let kept = Said { at: now, id }.message(
            subject::IN_GOAL.to_owned(),
            kind::SUBMISSION,
            submission.goal,
            &submission,
        );
        self.publish(kept).await?;
        Ok(submission.goal)
    }

    /// Finds the workflow and holds the input to its schema, with its defaults filled in.
    async fn admit(
        &self,
        submission: Submission,
    ) -> Result<(Submission, Arc<Workflow>), ResolveError> {
        let current = self.registry.current(&submission.workflow);
        let workflow = self.within("read a workflow", current).await?;
        let input = workflow
            .admit(submission.input)
            .map_err(|refusal| ResolveError::Refused(refusal.fault()))?;
        self.kinds.learn_of(&workflow);
        Ok((Submission { input, ..submission }, workflow))
    }

    /// Works on a submission from the stream.
    ///
    /// # Errors
    /// What may pass.
    pub(crate) async fn take_submission(
        &self,
        taken: Taken<'_>,
        submission: Submission,
    ) -> Result<Settle, Unreachable> {
        match self.admit(submission.clone()).await {
            Ok((admitted, workflow)) => {
                let goal = admitted.goal;
                match self.begin(taken, admitted, workflow).await {
                    Ok(Reply::Refused(fault)) | Err(CommitError::TooLarge(fault)) => {
                        self.refuse_submission(taken, submission, fault).await
                    }
                    result => self.settle(taken, goal, result).await,
                }
            }
            Err(ResolveError::Unreachable(error)) => Err(error),
            Err(ResolveError::Refused(fault)) => {
                self.refuse_submission(taken, submission, fault).await
            }
        }
    }

    async fn begin(
        &self,
        taken: Taken<'_>,
        submission: Submission,
        workflow: Arc<Workflow>,
    ) -> Result<Reply, CommitError> {
        let goal = submission.goal;
        let scopes = scopes_of(goal, &workflow);
        let (is_archived, standing) =
            tokio::try_join!(self.is_archived(&goal), self.standing(&scopes))?;
        if is_archived {
            // It was carried out long ago.
            return Ok(Reply::Noted);
        }
        let epoch = standing.iter().map(|standing| standing.epoch).max().unwrap_or_default();
        let command = Command::Submit { submission, epoch, standing };
        let told = Told {
            begin: Some(workflow),
            new: taken.tries == 1,
            ..Told::new(goal, taken.message.id.clone(), command)
        };
        let reply = self.commit(told).await?;
        if let Reply::Refused(_) = reply {
            return Ok(reply);
        }
        let snapshot = self.snapshot_of(goal).await?;
        self.within("write a status", self.board.write(&snapshot)).await?;
        self.tell_late(goal, &scopes).await?;
        Ok(reply)
    }

    /// How these scopes stand, by the bucket.
    async fn standing(&self, scopes: &[Scope]) -> Result<Vec<Standing>, Unreachable> {
        match self.within("read stop fences", self.fences.drawn()).await? {
            // Nobody ever gave an order.
            Epoch(0) => Ok(Vec::new()),
            Epoch(_) => self.within("read stop fences", self.fences.read(scopes)).await,
        }
    }

    /// Tells a goal the orders that were given while it began, in this delivery of its submission or
    /// in one before: until it stands as they say.
    async fn tell_late(&self, goal: GoalId, scopes: &[Scope]) -> Result<(), CommitError> {
        for _ in 0..self.config.conflicts_max {
            let standing = self.standing(scopes).await?;
            if standing.is_empty() {
                return Ok(());
            }
            let snapshot = self.snapshot_of(goal).await?;
            let mut late = standing.into_iter().filter(|order| !snapshot.heeds(order)).peekable();
            if late.peek().is_none() {
                return Ok(());
            }
            for late in late {
                let cause = fences::cause(&late);
                let Standing { control, epoch, .. } = late;
                self.commit(Told::new(goal, cause, Command::Steer { control, epoch })).await?;
            }
        }
        Err(CommitError::Contended(goal))
    }

    /// Refuses a submission, and tells whoever waits for it; unless an earlier delivery of it began
    /// the goal.
    async fn refuse_submission(
        &self,
        taken: Taken<'_>,
        submission: Submission,
        fault: Fault,
    ) -> Result<Settle, Unreachable> {
        let Submission { goal, parent, .. } = submission.clone();
        let command = Command::Submit { submission, epoch: Epoch(0), standing: Vec::new() };
        match self.commit(Told::new(goal, taken.message.id.clone(), command)).await {
            Err(CommitError::UnknownGoal(_)) => {
                if let Some(parent) = parent {
                    self.tell_refused(goal, parent, fault.clone()).await?;
                }
                self.refuse(taken, None, fault).await
            }
            result => self.settle(taken, goal, result).await,
        }
    }

    async fn tell_refused(
        &self,
        child: GoalId,
        parent: Parent,
        fault: Fault,
    ) -> Result<(), Unreachable> {
        let Parent { goal, task, .. } = parent;
        let ending = Ending::Failed { fault };
        let ended = ChildEnded { goal, task, child, ending, spent: Amount::default() };
        let said = Said { at: self.clock.now(), id: MessageId::new(format!("refused-{child}")) };
        let subject = subject::IN_CHILD.to_owned();
        self.publish(said.message(subject, kind::CHILD_ENDED, goal, &ended)).await
    }

    /// Publishes on a queue; what the queue does not take counts as out of reach.
    pub(crate) async fn publish(&self, message: Message) -> Result<(), Unreachable> {
        let what = format!("publish {} on {}", message.id, message.subject);
        let published = self.within(&what, self.bus.queue.publish(message)).await;
        published.map_err(|error| match error {
            PublishError::Unreachable(error) => error,
            error @ (PublishError::NoQueue { .. }
            | PublishError::Full { .. }
            | PublishError::TooLarge { .. }) => {
                let cause: BoxError = Box::new(error);
                Unreachable { what, cause }
            }
        })
    }
}
