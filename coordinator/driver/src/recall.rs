//! Reading goals from the log: the first time, and when they went on elsewhere.

use std::sync::Arc;

use galley_bus_core::log::{Entry, ReadError, Seq};
use galley_coordinator_goal::workflow::Workflow;
use galley_coordinator_goal::{Broken, audit};
use galley_schemas::id::GoalId;

use crate::commit::CommitError;
use crate::fault;
use crate::hands::Hands;
use crate::load::{Known, Snapshot};
use crate::registry::ResolveError;

/// How a goal was found.
#[derive(Debug)]
pub(crate) struct Look {
    /// How it stands.
    pub snapshot: Snapshot,
    /// The invariants that do not hold: faults of the coordinator.
    pub broken: Vec<Broken>,
}

impl Hands {
    /// Brings a goal up to date and carries out what it owes, without telling it anything.
    ///
    /// # Errors
    /// As [`Hands::commit`].
    pub(crate) async fn look_after(&self, goal: GoalId) -> Result<Look, CommitError> {
        let slot = self.goals.slot(goal, self.clock.now());
        let mut place = slot.lock().await;
        let known = match place.take() {
            Some(mut known) => self.refresh(&mut known).await.map(|_| known),
            None => self.load(goal, None).await,
        };
        let known = place.insert(known?);
        self.discharge(known).await?;
        Ok(Look { snapshot: known.snapshot(), broken: audit(&known.goal) })
    }

    /// How a goal stands, as it is known here after it was just told something.
    ///
    /// # Errors
    /// As [`Hands::commit`].
    pub(crate) async fn snapshot_of(&self, goal: GoalId) -> Result<Snapshot, CommitError> {
        let slot = self.goals.slot(goal, self.clock.now());
        let known = slot.lock().await.as_ref().map(Known::snapshot);
        match known {
            Some(snapshot) => Ok(snapshot),
            None => Ok(self.look_after(goal).await?.snapshot),
        }
    }

    /// Folds a goal from its log, or begins it.
    pub(crate) async fn load(
        &self,
        goal: GoalId,
        begin: Option<Arc<Workflow>>,
    ) -> Result<Known, CommitError> {
        let entries = self.read(&goal, Seq::START).await?;
        let Some(first) = entries.first() else {
            let workflow = begin.ok_or(CommitError::UnknownGoal(goal))?;
            return Ok(Known::new(goal, workflow));
        };
        let version = first.record.workflow().ok_or_else(|| {
            CommitError::Damaged(fault::unreadable(format!(
                "the log of goal {goal} does not begin with its submission"
            )))
        })?;
        let workflow = match self.within("read a workflow", self.registry.version(version)).await {
            Ok(workflow) => workflow,
            Err(ResolveError::Unreachable(error)) => return Err(error.into()),
            Err(ResolveError::Refused(fault)) => return Err(CommitError::Damaged(fault)),
        };
        self.kinds.learn_of(&workflow);
        let mut known = Known::new(goal, workflow);
        self.fold(&mut known, &entries).await?;
        Ok(known)
    }

    /// Takes in what others recorded; says whether there was anything. A goal that others began is not
    /// taken in but has to be loaded: they may have begun it on another version of its workflow.
    pub(crate) async fn refresh(&self, known: &mut Known) -> Result<bool, CommitError> {
        let entries = self.read(&known.id(), known.seq).await?;
        if known.seq > Seq::START {
            self.fold(known, &entries).await?;
        }
        Ok(!entries.is_empty())
    }

    async fn read(&self, goal: &GoalId, after: Seq) -> Result<Vec<Entry>, CommitError> {
        let read = self.within("read a goal's log", self.bus.log.read(goal, after)).await;
        read.map_err(|error| match error {
            ReadError::Unreachable(error) => CommitError::Unreachable(error),
            undecodable @ ReadError::Undecodable { .. } => {
                CommitError::Damaged(fault::unfoldable(goal, &undecodable))
            }
        })
    }

    async fn fold(&self, known: &mut Known, entries: &[Entry]) -> Result<(), CommitError> {
        for entry in entries {
            let folded = known.fold(entry);
            folded.map_err(|error| CommitError::Damaged(fault::unfoldable(&known.id(), &error)))?;
        }
        if let Some(last) = entries.last().filter(|last| !last.record.acts.is_empty()) {
            let acted = self.within("read a status", self.board.acted(&known.id())).await?;
            known.owed = (acted < last.seq).then(|| Box::new(last.clone()));
        }
        Ok(())
    }
}
