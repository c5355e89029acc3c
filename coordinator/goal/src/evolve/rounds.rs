//! Revision rounds.

use std::sync::Arc;

use super::Why;
use crate::goal::{Best, Goal, Over, Revisit, StepState};
use crate::graph::Graph;

/// Opens the steps of a revision again, and keeps how they ended if that was the best so far.
pub(super) fn revised(
    goal: &mut Goal,
    reviser: usize,
    round: u32,
    score: Option<f64>,
) -> Result<(), Why> {
    let workflow = Arc::clone(&goal.workflow);
    let span = Graph::of(&workflow).span(reviser);
    let most = goal.plan(reviser).revise.as_ref().map_or(0, |revise| revise.rounds);
    let made = goal.rounds.get(&reviser).map_or(0, |rounds| rounds.made);
    if made >= most || round != goal.next_round(&span) {
        return Err(Why::Round);
    }
    let ended = endings(goal, &span)?;
    let Some(Over::Done { output: review, .. }) = goal.step(reviser).over().cloned() else {
        return Err(Why::Step(goal.step_name(reviser)));
    };
    let mut rounds = goal.rounds.remove(&reviser).unwrap_or_default();
    rounds.made += 1;
    if let Some(score) = score.filter(|&score| rounds.rises(score)) {
        let round = goal.step(reviser).round;
        rounds.best = Some(Best { round, score, steps: ended.clone() });
    }
    for (index, previous) in ended {
        let step = goal.step_mut(index);
        step.round = round;
        step.state = StepState::Waiting;
        step.revisit = Some(Box::new(Revisit { review: review.clone(), previous }));
        // A loop within this one begins anew.
        goal.rounds.remove(&index);
    }
    goal.rounds.insert(reviser, rounds);
    Ok(())
}

/// Closes the loop, with the steps as they ended in the round that is kept.
pub(super) fn ended(goal: &mut Goal, reviser: usize, kept: u32) -> Result<(), Why> {
    let Some(Over::Done { .. }) = goal.step(reviser).over() else {
        return Err(Why::Step(goal.step_name(reviser)));
    };
    let mut rounds = goal.rounds.get(&reviser).cloned().unwrap_or_default();
    let best = rounds.best.take().filter(|best| best.round == kept);
    if best.is_none() && kept != goal.step(reviser).round {
        return Err(Why::Round);
    }
    for (index, over) in best.map(|best| best.steps).unwrap_or_default() {
        goal.step_mut(index).state = StepState::Over(over);
    }
    rounds.closed = true;
    goal.rounds.insert(reviser, rounds);
    Ok(())
}

fn endings(goal: &Goal, span: &[usize]) -> Result<Vec<(usize, Over)>, Why> {
    span.iter()
        .map(|&index| match goal.step(index).over() {
            Some(over) => Ok((index, over.clone())),
            None => Err(Why::Step(goal.step_name(index))),
        })
        .collect()
}

impl Goal {
    /// The round that comes after those in which these steps are.
    pub(crate) fn next_round(&self, span: &[usize]) -> u32 {
        span.iter().map(|&index| self.step(index).round).max().map_or(0, |round| round + 1)
    }
}
