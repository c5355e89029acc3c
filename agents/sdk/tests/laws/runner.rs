//! From a task on the queue to a verdict on its result.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use galley_bus_core::queue::Depth;
use galley_bus_core::topology;
use galley_schemas::agent::{Card, Presence};
use galley_schemas::fault::Fault;
use galley_schemas::id::MessageId;
use galley_schemas::input::Rejected;
use galley_schemas::report::{Body, Verdict};
use galley_schemas::subject::{self, bucket};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::bench::{Bench, Flaky, accept};
use crate::fake::{Chain, CountingModel, TOKENS, does};

/// Echoes its input.
macro_rules! echo {
    () => {
        does!(|_ctx, input| Ok(input))
    };
}

fn failed(body: &Body) -> &Fault {
    let Body::Failed { fault, .. } = body else { panic!("{body:?}") };
    fault
}

#[tokio::test(start_paused = true)]
async fn a_result_goes_to_the_coordinator_that_handed_the_task_out_and_the_task_is_over() {
    let mut bench = Bench::new("chain", accept).await;
    bench.model(Arc::new(CountingModel::new()));
    bench.publish().await;
    let (to, body) = bench.first_report(Chain { calls: 2, fail_after: 0 }).await;
    assert_eq!(to, subject::report_to(&bench.offer.kind, &bench.offer.report_to));
    let Body::Done { output, spent, .. } = body else { panic!("{body:?}") };
    assert_eq!(output, json!("answer 2"));
    assert_eq!((spent.calls, spent.tokens), (2, 2 * TOKENS));
    assert_eq!(bench.left().await, Depth::default());
    let journal = bucket::journal(&bench.offer.kind);
    assert!(bench.ports.kv.keys(&journal, "").await.unwrap().is_empty(), "the journal is cleared");
}

#[tokio::test(start_paused = true)]
async fn a_result_goes_to_any_coordinator_when_the_nearest_is_gone() {
    let mut bench = Bench::deaf("does");
    let group = subject::report(&bench.offer.kind);
    bench.listen(std::slice::from_ref(&group), Box::new(accept)).await;
    bench.publish().await;
    let (to, _) = bench.first_report(echo!()).await;
    assert_eq!(to, group);
    assert_eq!(bench.left().await, Depth::default());
}

#[tokio::test(start_paused = true)]
async fn a_task_is_not_over_before_its_verdict() {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    // The first answers are lost on the way; the report is made again until one comes through.
    let mut bench = Bench::new("does", |_| {
        (ASKED.fetch_add(1, Ordering::SeqCst) >= 4).then_some(Verdict::Accepted)
    })
    .await;
    bench.publish().await;
    let (_, first) = bench.first_report(echo!()).await;
    assert!(ASKED.load(Ordering::SeqCst) >= 5);
    while let Ok((_, again)) = bench.reports.try_recv() {
        assert_eq!(again, first, "the same report is made again");
    }
    assert_eq!(bench.left().await, Depth::default());
}

#[tokio::test(start_paused = true)]
async fn with_no_coordinator_the_task_stays() {
    static RAN: Semaphore = Semaphore::const_new(0);
    let bench = Bench::deaf("does");
    bench.publish().await;
    let agent = does!(|_ctx, input| {
        RAN.add_permits(1);
        Ok(input)
    });
    bench.work(agent, async { RAN.acquire().await.unwrap().forget() }).await;
    let left = bench.left().await;
    assert_eq!(left.pending + left.in_flight, 1);
}

/// One attempt of an agent on an input: the code that it fails with, and whether it may be retried.
async fn check<A: galley_agents_sdk::Agent>(agent: A, input: Value, want: (&str, bool)) -> Fault {
    let mut bench = Bench::new(A::KIND, accept).await;
    bench.offer.input = input;
    bench.publish().await;
    let (_, body) = bench.first_report(agent).await;
    let fault = failed(&body).clone();
    assert_eq!((fault.code.as_str(), fault.retryable), want, "{fault}");
    assert_eq!(bench.left().await, Depth::default());
    fault
}

#[tokio::test(start_paused = true)]
async fn whatever_breaks_is_a_failure_with_a_reason() {
    let chain = Chain { calls: 0, fail_after: 0 };
    check(chain, json!({"no": "unit"}), ("GLY0301", false)).await;
    let large = does!(|_ctx, _| Ok(json!("x".repeat(70_000))));
    check(large, Value::Null, ("GLY0302", false)).await;
    let panics = does!(|_ctx, input| panic!("cannot stand {input}"));
    let fault = check(panics, json!(7), ("GLY0303", true)).await;
    assert!(fault.message.contains("cannot stand 7"), "{fault}");
    let hangs = does!(|_ctx, _| std::future::pending().await);
    check(hangs, Value::Null, ("GLY0304", true)).await;
    let own = does!(|_ctx, _| Err(Fault::transient("GLY0394", "its own")));
    check(own, Value::Null, ("GLY0394", true)).await;
}

#[tokio::test(start_paused = true)]
async fn a_short_outage_of_the_journal_costs_no_call() {
    for (puts, keys) in [(0, 3), (5, 0), (3, 1)] {
        let mut bench = Bench::new("chain", accept).await;
        let model = Arc::new(CountingModel::new());
        bench.model(Arc::clone(&model) as _);
        let inner = Arc::clone(&bench.ports.kv);
        bench.ports.kv = Arc::new(Flaky::new(inner, puts, keys));
        bench.publish().await;
        let (_, body) = bench.first_report(Chain { calls: 3, fail_after: 0 }).await;
        assert!(matches!(body, Body::Done { .. }), "{body:?}");
        assert_eq!(model.answered(), 3);
        assert_eq!(bench.left().await, Depth::default());
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_needs_no_journal_does_not_wait_for_one() {
    let mut bench = Bench::new("does", accept).await;
    let inner = Arc::clone(&bench.ports.kv);
    bench.ports.kv = Arc::new(Flaky::new(inner, 0, u32::MAX));
    bench.publish().await;
    let (_, body) = bench.first_report(does!(|_ctx, _| Ok(json!("done")))).await;
    assert!(matches!(body, Body::Done { .. }), "{body:?}");
    assert_eq!(bench.left().await, Depth::default());
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_no_offer_is_kept_aside() {
    for payload in [&b"\xff\x00"[..], b"{}", b""] {
        let bench = Bench::new("does", accept).await;
        bench.publish_raw(MessageId::new("bad"), payload.to_vec()).await;
        let reader = topology::rejected("test");
        let wait = std::time::Duration::from_secs(3_600);
        let kept = bench.work(echo!(), bench.ports.queue.pull(&reader, 1, wait)).await.unwrap();
        let rejected: Rejected = serde_json::from_slice(&kept[0].message.payload).unwrap();
        assert_eq!(rejected.fault.code, "GLY0318");
        assert_eq!(rejected.id, MessageId::new("bad"));
        assert_eq!(bench.left().await, Depth::default());
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_whose_deadline_has_passed_is_not_begun() {
    let mut bench = Bench::new("does", accept).await;
    let deadline = bench.offer.deadline;
    bench.offer.deadline = bench.ports.clock.now();
    bench.offer.input = json!("late");
    bench.publish().await;
    bench.offer.deadline = deadline;
    bench.offer.input = json!("in time");
    bench.publish().await;
    let (_, body) = bench.first_report(echo!()).await;
    assert!(matches!(&body, Body::Done { output, .. } if *output == json!("in time")), "{body:?}");
    assert!(bench.reports.try_recv().is_err(), "nothing else was reported");
    assert_eq!(bench.left().await, Depth::default());
}

#[tokio::test(start_paused = true)]
async fn an_offer_that_came_twice_is_worked_on_once_at_a_time() {
    static AT_WORK: AtomicU32 = AtomicU32::new(0);
    static MOST: AtomicU32 = AtomicU32::new(0);
    let mut bench = Bench::new("does", accept).await;
    bench.publish().await;
    bench.publish().await;
    let agent = does!(|ctx, input| {
        MOST.fetch_max(AT_WORK.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        AT_WORK.fetch_sub(1, Ordering::SeqCst);
        ctx.progress("done");
        Ok(input)
    });
    let (_, idle) = tokio::sync::mpsc::channel(1);
    let mut reports = std::mem::replace(&mut bench.reports, idle);
    let both = async { (reports.recv().await.unwrap(), reports.recv().await.unwrap()) };
    bench.work(agent, both).await;
    assert_eq!(MOST.load(Ordering::SeqCst), 1);
    assert_eq!(bench.left().await, Depth::default());
}

#[tokio::test(start_paused = true)]
async fn a_kind_shows_its_card_and_who_is_there_while_it_works() {
    let mut bench = Bench::new("chain", accept).await;
    bench.model(Arc::new(CountingModel::new()));
    bench.publish().await;
    let kv = Arc::clone(&bench.ports.kv);
    let shown = async {
        loop {
            let keys = kv.keys(bucket::AGENTS, "chain").await.unwrap();
            if keys.len() == 2 {
                return keys;
            }
            tokio::task::yield_now().await;
        }
    };
    let keys = bench.work(Chain { calls: 1, fail_after: 0 }, shown).await;
    let card = kv.get(bucket::AGENTS, "chain").await.unwrap().unwrap();
    let card: Card = serde_json::from_slice(&card.value).unwrap();
    assert_eq!((card.kind.as_str(), card.output["type"].as_str()), ("chain", Some("string")));
    assert!(keys[1].starts_with("chain/"));
    let sign = kv.get(bucket::AGENTS, &keys[1]).await.unwrap();
    let sign = sign.map(|entry| serde_json::from_slice::<Presence>(&entry.value));
    assert!(sign.is_none(), "who left is not there");
}
