//! What calls cost is counted once, and against the allowance.

use std::sync::Arc;

use galley_agents_model::{Chat, Message};
use galley_agents_sdk::Agent;
use galley_agents_sdk::harness::Harness;
use galley_schemas::amount::{Amount, Limits};
use serde_json::{Value, json};

use crate::fake::{Chain, CountingModel, TOKENS, USD_MICROS, does, prompt};

fn calls(n: u64) -> Amount {
    Amount { usd_micros: USD_MICROS * n, tokens: TOKENS * n, calls: n, wall_ms: 0 }
}

fn spent(harness: &Harness) -> Amount {
    Amount { wall_ms: 0, ..harness.spent() }
}

#[tokio::test]
async fn what_a_crash_left_unreported_is_reported_by_the_next_attempt() {
    let model = Arc::new(CountingModel::new());
    let harness = Harness::new().model(Arc::clone(&model) as _);
    let agent = Chain { calls: 5, fail_after: 0 };
    model.fall_silent_at(3);
    tokio::select! {
        biased;
        () = model.fell_silent() => {}
        _ = harness.run(&agent, ()) => panic!("ended before the crash"),
    }
    model.fall_silent_at(0);
    harness.run(&agent, ()).await.unwrap();
    assert_eq!(spent(&harness), calls(5), "two by the first attempt, three by the second");
}

#[tokio::test]
async fn what_a_failed_attempt_reported_is_not_reported_again() {
    let harness = Harness::new().model(Arc::new(CountingModel::new()));
    harness.run(&Chain { calls: 5, fail_after: 2 }, ()).await.unwrap_err();
    assert_eq!(spent(&harness), calls(2));
    harness.run(&Chain { calls: 5, fail_after: 0 }, ()).await.unwrap();
    assert_eq!(spent(&harness), calls(3));
}

#[tokio::test]
async fn a_refused_call_is_charged_even_across_a_crash() {
    let harness = Harness::new().model(Arc::new(CountingModel::new()));
    let agent = does!(|ctx, input| {
        let model = ctx.model().unwrap();
        let refused = model.complete("a", &prompt("refuse")).await.unwrap_err();
        assert_eq!((refused.code.as_str(), refused.retryable), ("GLY0503", false));
        if input == json!("crash") {
            ctx.progress("refused");
            std::future::pending::<()>().await;
        }
        Ok(Value::Null)
    });
    {
        let mut run = std::pin::pin!(harness.run(&agent, json!("crash")));
        while !harness.progress().contains(&"refused".to_owned()) {
            assert!(futures::poll!(run.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
    }
    harness.run(&agent, Value::Null).await.unwrap();
    assert_eq!(spent(&harness), Amount { tokens: 10, calls: 2, ..Amount::default() });
}

/// Two turns of a conversation: the second answers what came of the first.
fn turns() -> impl Agent<Input = Value, Output = Value> {
    does!(|ctx, _input| {
        let model = ctx.model().unwrap();
        let mut chat = Chat::from(&prompt("begin"));
        let first = model.converse("turn 1", &chat).await?;
        chat.messages = vec![Message::User { text: first.said.text }];
        let second = model.converse("turn 2", &chat).await?;
        Ok(json!(second.said.text))
    })
}

#[tokio::test]
async fn a_turn_of_a_conversation_is_charged_and_kept_as_any_call() {
    let model = Arc::new(CountingModel::new());
    let harness = Harness::new().model(Arc::clone(&model) as _);
    assert_eq!(harness.run(&turns(), Value::Null).await, Ok(json!("answer 2")));
    assert_eq!(spent(&harness), calls(2));
    assert_eq!(harness.run(&turns(), Value::Null).await, Ok(json!("answer 2")));
    assert_eq!(model.answered(), 2, "nothing is asked again");
    let allowance = Limits { calls: Some(1), ..Limits::default() };
    let harness = Harness::new().model(Arc::new(CountingModel::new())).allowance(allowance);
    assert_eq!(harness.run(&turns(), Value::Null).await.unwrap_err().code, "GLY0308");
}

/// Ten calls under this allowance: how many are answered, and how the attempt ends.
async fn check(allowance: Limits, answered: u32) {
    let model = Arc::new(CountingModel::new());
    let harness = Harness::new().model(Arc::clone(&model) as _).allowance(allowance);
    let fault = harness.run(&Chain { calls: 10, fail_after: 0 }, ()).await.unwrap_err();
    assert_eq!((fault.code.as_str(), fault.retryable), ("GLY0308", false), "{allowance:?}");
    assert_eq!(model.answered(), answered, "{allowance:?}");
    assert_eq!(spent(&harness), calls(answered.into()));
}

#[tokio::test]
async fn no_call_is_made_that_the_allowance_does_not_admit() {
    check(Limits { calls: Some(3), ..Limits::default() }, 3).await;
    check(Limits { tokens: Some(4 * TOKENS), ..Limits::default() }, 4).await;
    check(Limits { usd_micros: Some(5 * USD_MICROS), ..Limits::default() }, 5).await;
    check(Limits { calls: Some(0), ..Limits::default() }, 0).await;
}
