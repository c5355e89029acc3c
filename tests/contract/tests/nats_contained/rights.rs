//! Every role against every subject. What is written down in `deploy/nats/rights.md` is what the code
//! grants, and what the code grants is what a server allows; with `UPDATE_GOLDEN=1` the page is written anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use galley_bus_core::BoxError;
use galley_bus_nats::{Accounts, Rights, Role};
use galley_schemas::id::AgentKind;
use galley_tests_contract::nats_server::NatsServer;
use galley_tests_contract::wire::{Say, Wire};
use galley_tests_contract::{Outcome, pass_over};

use super::{contained, kinds};

/// The page, from its place in the project.
const PAGE: &str = "deploy/nats/rights.md";

/// Subjects, each standing for its like, by what they are for. `research` is the agent's own kind.
const SUBJECTS: &[(&str, &[&str])] = &[
    (
        "Inputs",
        &[
            "galley.submit",
            "galley.in.goal",
            "galley.in.answer",
            "galley.in.control",
            "galley.in.feedback",
            "galley.in.signal",
            "galley.in.child",
            "galley.fired",
            "galley.rejected",
            "$JS.API.CONSUMER.MSG.NEXT.GALLEY_IN.coordinators",
            "$JS.API.CONSUMER.INFO.GALLEY_IN.coordinators",
            "$JS.ACK.GALLEY_IN.coordinators.1.7.7.1700000000000000000.0",
            "$JS.ACK.hub.acc.GALLEY_IN.coordinators.1.7.7.1700000000000000000.0",
            "$JS.API.CONSUMER.MSG.NEXT.GALLEY_REJECTED.rejected_doctor",
            "$JS.ACK.GALLEY_REJECTED.rejected_doctor.1.7.7.1700000000000000000.0",
        ],
    ),
    (
        "The log and alarms",
        &[
            "galley.goal.g",
            "galley.alarm.g",
            "galley.schedule.s",
            "galley.due.galley.fired",
            "$JS.API.DIRECT.GET.GALLEY_LOG",
            "$JS.API.DIRECT.GET.GALLEY_LOG.galley.goal.g",
            "$JS.API.STREAM.MSG.GET.GALLEY_LOG",
            "$JS.API.STREAM.INFO.GALLEY_LOG",
            "$JS.API.DIRECT.GET.GALLEY_ALARM.galley.alarm.g",
            "galley.stored.galley.goal.g",
        ],
    ),
    (
        "Tasks and reports",
        &[
            "galley.task.research",
            "galley.task.publishing",
            "$JS.API.CONSUMER.MSG.NEXT.GALLEY_TASK.agent_research",
            "$JS.API.CONSUMER.MSG.NEXT.GALLEY_TASK.agent_publishing",
            "$JS.API.CONSUMER.INFO.GALLEY_TASK.agent_research",
            "$JS.API.CONSUMER.INFO.GALLEY_TASK.agent_publishing",
            "$JS.API.STREAM.INFO.GALLEY_TASK",
            "$JS.API.DIRECT.GET.GALLEY_TASK",
            "$JS.ACK.GALLEY_TASK.agent_research.1.7.7.1700000000000000000.0",
            "$JS.ACK.hub.acc.GALLEY_TASK.agent_research.1.7.7.1700000000000000000.0",
            "$JS.ACK.GALLEY_TASK.agent_publishing.1.7.7.1700000000000000000.0",
            "$JS.ACK.hub.acc.GALLEY_TASK.agent_publishing.1.7.7.1700000000000000000.0",
            "galley.report.research",
            "galley.report.research.c",
            "galley.report.publishing",
            "galley.report.publishing.c",
            "galley.progress.g",
            "galley.epoch",
        ],
    ),
    (
        "Buckets",
        &[
            "$KV.journal_research.g.t.step",
            "$KV.journal_publishing.g.t.step",
            "$JS.API.DIRECT.GET.KV_journal_research",
            "$JS.API.DIRECT.GET.KV_journal_publishing",
            "$JS.API.DIRECT.GET.KV_journal_publishing.$KV.journal_publishing.g.t.step",
            "$KV.agents.research",
            "$KV.agents.research.i",
            "$KV.agents.publishing",
            "$JS.API.DIRECT.GET.KV_agents",
            "$JS.API.DIRECT.GET.KV_agents.$KV.agents.research",
            "$KV.artifacts.h.0",
            "$JS.API.DIRECT.GET.KV_artifacts",
            "$JS.API.DIRECT.GET.KV_artifacts.$KV.artifacts.h.0",
            "$JS.API.STREAM.MSG.GET.KV_artifacts",
            "$KV.epochs.all",
            "$JS.API.DIRECT.GET.KV_epochs.$KV.epochs.all",
            "galley.stored.$KV.epochs.all",
            "$KV.policy.writer",
            "$JS.API.DIRECT.GET.KV_policy.$KV.policy.writer",
            "galley.stored.$KV.policy.writer",
            "$KV.feedback.relay",
            "$KV.feedback.learned.log.0",
            "$JS.API.DIRECT.GET.KV_feedback",
            "$KV.goals.g",
            "$JS.API.DIRECT.GET.KV_goals",
            "galley.stored.$KV.goals.g",
            "$KV.workflows.w",
            "$JS.API.DIRECT.GET.KV_workflows",
            "$KV.archived.g",
            "$JS.API.DIRECT.GET.KV_archived",
        ],
    ),
    (
        "Making and changing",
        &[
            "$JS.API.STREAM.CREATE.GALLEY_LOG",
            "$JS.API.STREAM.UPDATE.GALLEY_LOG",
            "$JS.API.STREAM.CREATE.KV_journal_research",
            "$JS.API.STREAM.CREATE.OTHER",
            "$JS.API.CONSUMER.CREATE.GALLEY_TASK.agent_research.galley.task.research",
            "$JS.API.CONSUMER.CREATE.GALLEY_TASK.other.galley.task.research",
            "$JS.API.CONSUMER.CREATE.GALLEY_LOG",
            "$JS.API.CONSUMER.DURABLE.CREATE.GALLEY_TASK.other",
            "$JS.API.STREAM.PURGE.GALLEY_LOG",
            "$JS.API.STREAM.PURGE.GALLEY_TASK",
            "$JS.API.CONSUMER.LIST.GALLEY_TASK",
            "$JS.API.STREAM.SNAPSHOT.GALLEY_LOG",
            "$JS.SNAPSHOT.ACK.GALLEY_LOG.x.1.1",
            "$JS.API.STREAM.LIST",
            "$JS.API.STREAM.NAMES",
        ],
    ),
    (
        "Nobody at run time",
        &[
            "$JS.API.STREAM.DELETE.GALLEY_LOG",
            "$JS.API.STREAM.PURGE.KV_artifacts",
            "$JS.API.STREAM.PURGE.GALLEY_ALARM",
            "$JS.API.STREAM.MSG.DELETE.GALLEY_LOG",
            "$JS.API.STREAM.RESTORE.GALLEY_LOG",
            "$JS.API.STREAM.PEER.REMOVE.GALLEY_LOG",
            "$JS.API.STREAM.LEADER.STEPDOWN.GALLEY_LOG",
            "$JS.API.META.LEADER.STEPDOWN",
            "$JS.API.ACCOUNT.PURGE.CORE",
            "$JS.API.SERVER.REMOVE",
            "$JS.API.CONSUMER.DELETE.GALLEY_TASK.agent_research",
            "$JS.API.CONSUMER.PAUSE.GALLEY_TASK.agent_research",
            "$JS.API.CONSUMER.UNPIN.GALLEY_TASK.agent_research",
            "$JS.API.CONSUMER.RESET.GALLEY_TASK.agent_research",
            "$JS.API.CONSUMER.LEADER.STEPDOWN.GALLEY_TASK.agent_research",
            "$JS.API.INFO",
            "$JS.API.>",
            "$JS.FC.GALLEY_LOG.c.1",
            "$SYS.REQ.SERVER.PING",
            "$SYS.ACCOUNT.CORE.CONNECT",
            "galley.>",
            "galley.task.>",
            "galley.in.>",
            "galley.goal.>",
            "$KV.>",
            "_INBOX_coordinator.>",
            "_INBOX_bootstrap.>",
            "_R_.>",
            ">",
        ],
    ),
];

fn all() -> impl Iterator<Item = &'static str> {
    SUBJECTS.iter().flat_map(|(_, subjects)| subjects.iter().copied())
}

fn is_pattern(subject: &str) -> bool {
    subject.ends_with('>') || subject.contains('*')
}

/// The roles of the page, one agent for all kinds.
fn roles() -> Vec<(Role, Rights)> {
    let kinds: [AgentKind; 2] = kinds();
    let [_, other] = kinds.clone();
    let roles = Role::all(&kinds).into_iter().filter(|role| *role != Role::Agent(other.clone()));
    roles.map(|role| (role.clone(), role.rights(&kinds))).collect()
}

/// What the code grants: `p` to publish, `s` to subscribe.
fn cell(rights: &Rights, subject: &str) -> &'static str {
    let publish = !is_pattern(subject) && rights.may_publish(subject);
    match (publish, rights.may_subscribe(subject)) {
        (true, true) => "p s",
        (true, false) => "p",
        (false, true) => "s",
        (false, false) => "",
    }
}

fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    let roles = roles();
    for (title, subjects) in SUBJECTS {
        write!(page, "\n## {title}\n\n| subject |").expect("a String takes everything");
        for (role, _) in &roles {
            write!(page, " {role} |").expect("a String takes everything");
        }
        writeln!(page, "\n|---|{}", ":-:|".repeat(roles.len())).expect("a String takes everything");
        for subject in *subjects {
            write!(page, "| `{subject}` |").expect("a String takes everything");
            for (_, rights) in &roles {
                write!(page, " {} |", cell(rights, subject)).expect("a String takes everything");
            }
            page.push('\n');
        }
    }
    page
}

const INTRODUCTION: &str = "\
# Rights on the bus

Who may publish (`p`) and subscribe (`s`) where, and nothing else. This page is written by a test from the rights in
`bus/nats/src/rights.rs`, which tries every cell on a real server: `tests/contract/tests/nats_contained/rights.rs`.

Each subject stands for its like. `agent-research` stands for every agent kind: `research` is its own, `publishing` another. `_INBOX.>`, or
`_INBOX_<role>.>` for the three roles in CORE, is everybody's own.

An empty cell is refused twice: by the permissions of the user, and, for whoever is not in CORE, because the subject does not lead out of the
account. What coordinators may answer, they may answer once, to whoever asked them.

What may surprise: coordinators purge, since what is settled is taken away by the thousand, and a goal that was archived leaves the log. Agents write
artifacts of all kinds, which are kept by their hash and checked when they are read. On three replicas an agent reads the leader's copy of the cards
(`$JS.API.STREAM.MSG.GET.KV_agents`), and with it the cards of other kinds.
";

#[test]
fn the_page_says_what_the_code_grants() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(PAGE);
    let page = page();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &page).expect("the page can be written");
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(written, page, "{PAGE} is stale: UPDATE_GOLDEN=1 writes it");
}

#[test]
fn nobody_may_do_what_is_for_nobody() {
    let (_, subjects) = SUBJECTS.last().expect("it is the last");
    for (role, rights) in roles() {
        for subject in *subjects {
            let own = *subject == format!("{}.>", role.inbox());
            assert!(own || cell(&rights, subject).is_empty(), "{role} {subject}");
        }
    }
}

#[tokio::test]
async fn the_server_allows_what_the_page_says_and_refuses_the_rest() -> Outcome {
    pass_over(try_all().await)
}

async fn try_all() -> Outcome {
    let server = contained("").await?;
    for (role, rights) in roles() {
        let mut wire = Wire::connect(server.url(), &role.to_string()).await?;
        for subject in all() {
            let allowed = try_one(&mut wire, subject).await?;
            let (publish, subscribe) = allowed;
            let found = match (publish, subscribe) {
                (true, true) => "p s",
                (true, false) => "p",
                (false, true) => "s",
                (false, false) => "",
            };
            assert_eq!(found, cell(&rights, subject), "{role} {subject}");
        }
    }
    Ok(())
}

/// Whether a user may publish, and subscribe.
async fn try_one(wire: &mut Wire, subject: &str) -> Result<(bool, bool), BoxError> {
    wire.subscribe(subject).await?;
    let subscribe = wire.settle().await?.is_empty();
    let mut publish = false;
    if !is_pattern(subject) {
        wire.say(Say { on: subject, ..Say::default() }).await?;
        publish = wire.settle().await?.is_empty();
    }
    Ok((publish, subscribe))
}

#[tokio::test]
async fn out_of_an_account_leads_what_its_role_may_publish_and_nothing_else() -> Outcome {
    pass_over(cross().await)
}

async fn cross() -> Outcome {
    let server = contained("").await?;
    for (account, user) in Accounts::of(&kinds()).users() {
        if !account.streams {
            let rights = user.role.rights(&kinds());
            out(&server, &user.role, &rights).await?;
            into(&server, &user.role, &rights).await?;
        }
    }
    Ok(())
}

fn plain() -> impl Iterator<Item = &'static str> {
    all().filter(|subject| !is_pattern(subject))
}

/// What somebody without permissions says in an account is heard in CORE if its role may say it.
async fn out(server: &NatsServer, role: &Role, rights: &Rights) -> Outcome {
    let mut core = Wire::connect(server.url(), "admin").await?;
    core.subscribe(">").await?;
    core.settle().await?;
    let mut bare = Wire::connect(server.url(), &format!("bare-{role}")).await?;
    for on in plain() {
        bare.say(Say { on, body: "x", ..Say::default() }).await?;
    }
    bare.settle().await?;
    core.settle().await?;
    let heard = core.heard().into_iter().map(|heard| heard.subject);
    // The server tells CORE of requests to JetStream.
    let heard: BTreeSet<String> = heard.filter(|it| it != "$JS.EVENT.ADVISORY.API").collect();
    let want = plain().filter(|subject| rights.may_publish(subject)).map(str::to_owned).collect();
    assert_eq!(heard, want, "{role}");
    Ok(())
}

/// What is said in CORE is heard in an account if its role may hear it.
async fn into(server: &NatsServer, role: &Role, rights: &Rights) -> Outcome {
    let mut bare = Wire::connect(server.url(), &format!("bare-{role}")).await?;
    bare.subscribe(">").await?;
    bare.settle().await?;
    let mut core = Wire::connect(server.url(), "admin").await?;
    for on in plain() {
        core.say(Say { on, body: "x", ..Say::default() }).await?;
    }
    core.settle().await?;
    bare.settle().await?;
    let heard: BTreeSet<String> = bare.heard().into_iter().map(|heard| heard.subject).collect();
    let want = plain().filter(|subject| rights.may_subscribe(subject)).map(str::to_owned).collect();
    assert_eq!(heard, want, "{role}");
    Ok(())
}
