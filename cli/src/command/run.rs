//! `galley run`: one goal from topic to published article, all in this process.

use std::path::Path;

use console::style;
use galley_schemas::content::Post;
use galley_schemas::id::{GoalId, Principal};
use galley_schemas::input::{Answer, AnswerVerdict, Autonomy};
use galley_schemas::record::Ending;
use galley_schemas::view::{Phase, Question, Status, StepView};
use galley_schemas::{envelope, subject};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::args::{Common, Run};
use crate::assemble::House;
use crate::command::submit::{Wish, hand_in_as};
use crate::failure::{Exit, Failure};
use crate::goals::{self, Followed};
use crate::last_run::{self, LastRun};
use crate::render::{live, status, words};
use crate::{input, out, send, signals};

pub(crate) async fn run(common: &Common, args: Run) -> anyhow::Result<Exit> {
    let wish = args.topic.as_ref().map(|topic| wish(topic, &args)).transpose()?;
    let mut house = House::open(common).await?;
    let goal = match wish {
        Some(wish) => begin(&mut house, &args, wish).await?,
        None => interrupted(&mut house, args.out.as_deref()).await?,
    };
    let stop = CancellationToken::new();
    let mut running = house.start().await?;
    let mut watching = tokio::task::JoinSet::new();
    signals::watch(&mut watching, &stop);
    let followed = tokio::select! {
        biased;
        followed = carry(common, &house, &goal, &stop) => followed,
        fault = running.broken() => Err(fault.into()),
    };
    running.drain().await;
    watching.shutdown().await;
    let exit = tell(common, &house, followed?);
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
    if status.is_none() {
        hand_in_as(house, last.goal, last.wish).await?;
    }
    Ok(last.goal)
}

/// Follows the goal, and asks a person at the terminal when it asks.
async fn carry(
    common: &Common,
    house: &House,
    goal: &GoalId,
    stop: &CancellationToken,
) -> anyhow::Result<Followed> {
    loop {
        let mut show = live::display(common.json, &house.clock);
        let followed = goals::follow(&house.bus, goal, show.as_mut(), stop).await?;
        let at_terminal = console::user_attended() && !common.json;
        match &followed {
            Followed::Asks(status) if at_terminal => {
                if !ask(house, status).await? {
                    return Ok(followed);
                }
            }
            Followed::Asks(_)
            | Followed::Ended(_)
            | Followed::Stopped(_)
            | Followed::Interrupted => return Ok(followed),
        }
    }
}

/// Puts the first approval that is asked for to the person; whether there was an answer.
async fn ask(house: &House, found: &Status) -> anyhow::Result<bool> {
    let Some(Question::Approval { task, content, shown, .. }) = found.view.questions.first() else {
        return Ok(false);
    };
    out::note(&format!(
        "\n{} {}",
        style("asks").yellow().bold(),
        words::cut(&shown.to_string(), 400)
    ));
    let said = tokio::task::spawn_blocking(|| {
        out::prompt("approve? [y]es, [n]o, anything else to decide later: ")
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
    match followed {
        Followed::Ended(found) => {
            let exit = exit_of(&found);
            if !common.json {
                match exit {
                    Exit::Done => out::text(&summary(house, &found)),
                    Exit::Failed
                    | Exit::Usage
                    | Exit::Waiting
                    | Exit::NotFound
                    | Exit::Interrupted => out::note(&format!(
                        "\n{}\n  why: galley explain {}",
                        status::ended(&found).unwrap_or_default(),
                        found.view.goal
                    )),
                }
            }
            exit
        }
        Followed::Asks(found) | Followed::Stopped(found) => {
            if !common.json {
                out::text(&status::goal(&found, house.clock.now()));
                out::note("then go on with: galley run --resume");
            }
            Exit::Waiting
        }
        Followed::Interrupted => {
            out::note("interrupted; nothing is lost: galley run --resume goes on");
            Exit::Interrupted
        }
    }
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

fn output<'a>(status: &'a Status, step: &str) -> Option<&'a Value> {
    let is_meant = |view: &&StepView| view.step.as_str() == step;
    status.view.steps.iter().find(is_meant).and_then(|view| view.output.as_ref())
}

/// What came of it: where it stands, how good it is, what it cost, how to see why.
fn summary(house: &House, status: &Status) -> String {
    let view = &status.view;
    let site = &house.loaded.config.agents.publishing.out;
    let posts: Vec<Post> = output(status, "publish")
        .and_then(|output| output.get("posts"))
        .and_then(|posts| serde_json::from_value(posts.clone()).ok())
        .unwrap_or_default();
    let null = json!(null);
    let review = output(status, "review").unwrap_or(&null);
    let number = |name: &str| review.get(name).and_then(Value::as_u64).unwrap_or_default();
    let score = review.get("score").and_then(Value::as_f64).unwrap_or_default();
    let took = view.started.zip(view.ended).map(|(from, to)| words::between(from, to));
    let mut out = String::from("\n");
    for post in &posts {
        let path = site.join(&post.id).join("index.html");
        let place =
            if post.target == "site" { path.display().to_string() } else { post.url.clone() };
        out.push_str(&format!("{}  {place}\n", style("published").green().bold()));
    }
    out.push_str(&format!(
        "  score {score:.2} · {} from {} · {} · {}\n",
        words::count(number("claims"), "claim", "claims"),
        words::count(number("sources"), "source", "sources"),
        words::spend(&view.spent, &view.budget),
        took.map(words::elapsed).unwrap_or_default(),
    ));
    if house.loaded.config.model.url.is_empty() {
        out.push_str(
            "  a digest of attributed quotes, since no model is configured: \
             set GALLEY_MODEL_URL or ANTHROPIC_API_KEY for prose\n",
        );
    }
    out.push_str(&format!("  why:   galley explain {}\n", view.goal));
    out.push_str(&format!("  proof: galley explain {} --proof\n", view.goal));
    out.push_str(&format!("  look:  {}\n", look_at(site)));
    out
}

/// How to look at the site.
fn look_at(site: &Path) -> String {
    let index = site.join("index.html");
    let index = index.canonicalize().unwrap_or(index);
    format!("file://{}", index.display())
}
