//! `galley run`: one goal from topic to published article, all in this process.

use std::path::Path;

use galley_schemas::id::{GoalId, Principal};
use galley_schemas::input::{Answer, AnswerVerdict, Autonomy};
use galley_schemas::record::Ending;
use galley_schemas::view::{Phase, Question, Status};
use galley_schemas::{envelope, subject};
use tokio_util::sync::CancellationToken;

use crate::args::{Common, Run};
use crate::assemble::{House, loaded};
use crate::command::submit::{Wish, hand_in_as};
use crate::failure::{Exit, Failure};
use crate::follow::{Followed, follow};
use crate::last_run::{self, LastRun};
use crate::lock::Share;
use crate::render::{ended, live, status};
use crate::signals::Signals;
use crate::{goals, input, out, previews, send};

pub(crate) async fn run(common: &Common, args: Run) -> anyhow::Result<Exit> {
    let wish = args.topic.as_ref().map(|topic| wish(topic, &args)).transpose()?;
    let signals = Signals::catch()?;
    let mut house = House::open_to_work(common, &loaded(common)?, Share::Alone).await?;
    let goal = match wish {
        Some(wish) => begin(&mut house, &args, wish).await?,
        None => interrupted(&mut house, args.out.as_deref()).await?,
    };
    let stop = CancellationToken::new();
    let mut watching = tokio::task::JoinSet::new();
    signals.watch(&mut watching, &stop);
    let mut running = house.start().await?;
    let followed = tokio::select! {
        biased;
        followed = carry(&house, &goal, &stop) => followed,
        fault = running.broken() => Err(fault.into()),
    };
    running.drain().await;
    watching.shutdown().await;
    let followed = followed?;
    let shown = match &followed {
        Followed::Ended(found) => previews::keep(&house, found).await?,
        Followed::Asks(_) | Followed::Stopped(_) | Followed::Interrupted => Vec::new(),
    };
    let exit = tell(common, &house, followed);
    if !common.json {
        shown.iter().for_each(|path| out::note(format!("shown in   {}\n", path.display())));
    }
    house.close().await?;
    Ok(exit)
}

fn wish(topic: &str, args: &Run) -> Result<Wish, Failure> {
    Ok(Wish {
        workflow: "article".to_owned(),
        input: input::article(topic, &args.article)?,
        budget_usd: args.article.budget,
        autonomy: if args.supervised { Autonomy::Supervised } else { Autonomy::Full },
    })
}

/// Hands the goal in. What it may read is kept first, so that a resumed run may read it too.
async fn begin(house: &mut House, args: &Run, wish: Wish) -> anyhow::Result<GoalId> {
    let agents = &mut house.loaded.config.agents;
    // Naming a folder on this command line is the permission to read it.
    let roots = input::folders(&args.article);
    agents.ingestion.sources.roots.extend(roots.iter().cloned());
    if let Some(site) = &args.out {
        agents.publishing.out.clone_from(site);
    }
    agents.check_site()?;
    let site = std::path::absolute(&agents.publishing.out)?;
    let goal = house.chance.goal_id(house.clock.now());
    let run = LastRun { goal, wish, roots, site };
    last_run::keep(&house.common.state, &run)?;
    hand_in_as(house, goal, run.wish).await?;
    Ok(goal)
}

/// The goal that was begun last, when it is not over; it may read and write what it might before.
async fn interrupted(house: &mut House, out: Option<&Path>) -> anyhow::Result<GoalId> {
    let none = |what: String| Failure::not_found(what, "begin one: galley run \"a topic\"");
    let Some(last) = last_run::read(&house.common.state) else {
        return Err(none("no goal was interrupted".to_owned()).into());
    };
    let status = goals::status(&house.bus, &last.goal).await?;
    if status.as_ref().is_some_and(|found| matches!(found.view.phase, Phase::Ended { .. })) {
        let what = format!("no goal was interrupted: the last one, {}, is over", last.goal);
        return Err(none(what).into());
    }
    let agents = &mut house.loaded.config.agents;
    agents.ingestion.sources.roots.extend(last.roots);
    agents.publishing.out = out.map_or(last.site, Path::to_owned);
    agents.check_site()?;
    if status.is_none() {
        hand_in_as(house, last.goal, last.wish).await?;
    }
    Ok(last.goal)
}

/// Follows the goal, and asks a person at the terminal when it asks.
async fn carry(house: &House, goal: &GoalId, stop: &CancellationToken) -> anyhow::Result<Followed> {
    let mut show = live::display(&house.common, &house.clock);
    loop {
        let followed = follow(house, goal, show.as_mut(), stop).await?;
        let Followed::Asks(status) = &followed else { return Ok(followed) };
        if !at_terminal(&house.common) {
            return Ok(followed);
        }
        let said = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(Followed::Interrupted),
            said = ask(house, status) => said?,
        };
        if !said {
            return Ok(followed);
        }
    }
}

/// Whether a person sits there who can be asked.
fn at_terminal(common: &Common) -> bool {
    console::user_attended() && console::user_attended_stderr() && !common.json
}

/// Puts what the goal asks to the person; whether there was an answer to the first approval.
async fn ask(house: &House, found: &Status) -> anyhow::Result<bool> {
    out::note("\n");
    out::note(status::questions(found, house.at()));
    let first = found.view.questions.first();
    let Some(Question::Approval { task, content, .. }) = first else { return Ok(false) };
    let said = tokio::task::spawn_blocking(|| {
        out::prompt("\napprove? [y]es, [n]o, anything else to decide later: ")
    })
    .await??;
    let verdict = match said.trim().to_lowercase().as_str() {
        "y" | "yes" => AnswerVerdict::Approve,
        "n" | "no" => AnswerVerdict::Reject,
        _ => return Ok(false),
    };
    let answer = Answer {
        goal: found.view.goal,
        task: task.clone(),
        by: Principal::new("cli"),
        verdict,
        content: Some(content.clone()),
        note: String::new(),
    };
    let id = send::message_id(house);
    send::send(house, subject::IN_ANSWER, envelope::kind::ANSWER, id, answer).await?;
    Ok(true)
}

/// Says how it ended.
fn tell(common: &Common, house: &House, followed: Followed) -> Exit {
    let asked = matches!(followed, Followed::Asks(_)) && at_terminal(common);
    let (exit, found) = match followed {
        Followed::Ended(found) => (exit_of(&found), found),
        Followed::Asks(found) | Followed::Stopped(found) => (Exit::Waiting, found),
        Followed::Interrupted => {
            out::note("\ninterrupted; nothing is lost: galley run --resume goes on");
            return Exit::Interrupted;
        }
    };
    if common.json {
        return exit;
    }
    out::note("\n");
    match exit {
        Exit::Done => out::show(&ended::done(&found, house.site())),
        Exit::Waiting => {
            if !asked {
                out::show(&status::needs(&found, house.at()));
            }
            out::note("then go on with: galley run --resume");
        }
        Exit::Failed | Exit::Usage | Exit::NotFound | Exit::Interrupted => {
            out::note(ended::failed(&found, house.at()));
        }
    }
    exit
}

/// The exit code that an ended goal stands for.
pub(crate) const fn exit_of(status: &Status) -> Exit {
    match status.view.phase {
        Phase::Ended { ending: Ending::Succeeded { .. } } => Exit::Done,
        Phase::Ended { ending: Ending::Failed { .. } | Ending::Cancelled { .. } }
        | Phase::New
        | Phase::Running
        | Phase::Stopped
        | Phase::Unwinding { .. } => Exit::Failed,
    }
}
