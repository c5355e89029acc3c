//! What a goal makes of what it is told: what happened, and what that causes.
//!
//! Every decision has two halves. First the command is taken in by the file of its concern, which
//! records what it means and nothing more. Then [`advance`] records everything that has become
//! possible: it looks at the state alone, never at what changed it, so that every path, through
//! success, failure, stop and resume, goes on by the same rules.

mod advance;
mod alarm;
mod answer;
mod begin;
mod budget;
mod child;
mod effect;
mod frame;
mod hand_out;
mod offer;
mod question;
mod report;
mod revise;
mod settle;
mod signal;
mod start;
mod steer;
mod submit;
mod turn;
mod unwind;

use chrono::{DateTime, Utc};
use galley_schemas::record::Event;

use crate::command::{Command, Decision, Ids, Reply};
use crate::goal::Goal;

use turn::Turn;

/// What a goal makes of a command. Pure: the same goal, command, time and ids give the same decision.
///
/// A command that is late, repeated or refused makes no events; the reply says which. An event of the
/// decision never fails to fold: `decision.after` is the goal with all of them.
#[must_use]
pub fn decide(goal: &Goal, command: Command, now: DateTime<Utc>, ids: &mut dyn Ids) -> Decision {
    let mut turn = Turn::new(goal, now, ids);
    let reply = take_in(&mut turn, command);
    if turn.has_changed() {
        advance::advance(&mut turn);
    }
    turn.decision(reply)
}

fn take_in(turn: &mut Turn<'_>, command: Command) -> Reply {
    match command {
        Command::Submit { submission, epoch, standing } => {
            submit::submit(turn, submission, epoch, standing)
        }
        Command::Report(report) => Reply::Verdict(report::report(turn, report)),
        Command::Fire(fired) => alarm::fire(turn, &fired),
        Command::Answer(answer) => answer::answer(turn, answer),
        Command::Steer { control, epoch } => steer::steer(turn, control, epoch),
        Command::Signal(signal) => signal::signal(turn, &signal),
        Command::ChildEnded(ended) => child::ended(turn, ended),
        Command::Note(feedback) => turn.keep(Event::OutcomeNoted { feedback }),
        Command::Reject { fault } => turn.keep(Event::InputRejected { fault }),
    }
}
