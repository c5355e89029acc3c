//! What a task has done, no later attempt does again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use galley_agents_sdk::harness::Harness;
use galley_schemas::fault::Fault;
use serde_json::{Value, json};

use crate::fake::{Chain, CountingModel, does, prompt};

/// Runs until the model falls silent, and drops the attempt there: what a crash leaves.
async fn crash(harness: &Harness, model: &CountingModel, agent: &Chain) {
    tokio::select! {
        biased;
        () = model.fell_silent() => {}
        ended = harness.run(agent, ()) => panic!("ended before the crash: {ended:?}"),
    }
}

#[tokio::test]
async fn a_task_restarted_after_any_of_its_calls_makes_none_twice() {
    for finished in 0..5 {
        let model = Arc::new(CountingModel::new());
        let harness = Harness::new().model(Arc::clone(&model) as _);
        let agent = Chain { calls: 5, fail_after: 0 };
        model.fall_silent_at(finished + 1);
        crash(&harness, &model, &agent).await;
        assert_eq!(model.answered(), finished);
        model.fall_silent_at(0);
        assert_eq!(harness.run(&agent, ()).await, Ok("answer 5".to_owned()));
        assert_eq!(model.answered(), 5, "after a crash behind call {finished}");
    }
}

#[tokio::test]
async fn a_task_that_crashes_behind_every_call_still_makes_five() {
    let model = Arc::new(CountingModel::new());
    let harness = Harness::new().model(Arc::clone(&model) as _);
    let agent = Chain { calls: 5, fail_after: 0 };
    for finished in 0..5 {
        model.fall_silent_at(finished + 1);
        crash(&harness, &model, &agent).await;
    }
    model.fall_silent_at(0);
    assert_eq!(harness.run(&agent, ()).await, Ok("answer 5".to_owned()));
    assert_eq!(model.answered(), 5);
}

#[tokio::test]
async fn embedding_is_a_call_too() {
    let model = Arc::new(CountingModel::new());
    let harness = Harness::new().model(Arc::clone(&model) as _);
    let agent = does!(|ctx, _| Ok(json!(ctx.embed(&["one".to_owned()]).await?)));
    let first = harness.run(&agent, Value::Null).await.unwrap();
    assert_eq!(harness.run(&agent, Value::Null).await.unwrap(), first);
    assert_eq!(model.answered(), 1);
}

#[tokio::test]
async fn a_changed_prompt_is_another_call() {
    let model = Arc::new(CountingModel::new());
    let harness = Harness::new().model(Arc::clone(&model) as _);
    let agent = does!(|ctx, input| {
        let user = input.as_str().unwrap();
        Ok(json!(ctx.model().unwrap().complete("call", &prompt(user)).await?.text))
    });
    for (user, answer) in [("a", "answer 1"), ("b", "answer 2"), ("a", "answer 1")] {
        assert_eq!(harness.run(&agent, json!(user)).await, Ok(json!(answer)), "prompt {user}");
    }
}

#[tokio::test]
async fn a_step_gives_the_same_back_whatever_its_size() {
    static DONE: AtomicU32 = AtomicU32::new(0);
    let harness = Harness::new();
    let agent = does!(|ctx, _| {
        let small = ctx
            .step("small", async {
                DONE.fetch_add(1, Ordering::SeqCst);
                Ok(0.1_f64 + 0.2)
            })
            .await?;
        let large = ctx
            .step("large", async {
                DONE.fetch_add(1, Ordering::SeqCst);
                Ok("x".repeat(2_000_000))
            })
            .await?;
        Ok(json!([small, large.len()]))
    });
    let first = harness.run(&agent, Value::Null).await.unwrap();
    assert_eq!(first, json!([0.1 + 0.2, 2_000_000]));
    assert_eq!(harness.run(&agent, Value::Null).await.unwrap(), first);
    assert_eq!(DONE.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    static TRIES: AtomicU32 = AtomicU32::new(0);
    let harness = Harness::new();
    let agent = does!(|ctx, _| {
        ctx.step("once more", async {
            match TRIES.fetch_add(1, Ordering::SeqCst) {
                0 => Err(Fault::transient("GLY0398", "not yet")),
                tries => Ok(json!(tries)),
            }
        })
        .await
    });
    assert_eq!(harness.run(&agent, Value::Null).await.unwrap_err().code, "GLY0398");
    assert_eq!(harness.run(&agent, Value::Null).await, Ok(json!(1)));
}

#[tokio::test]
async fn a_name_is_used_once() {
    let harness = Harness::new();
    let agent = does!(|ctx, _| {
        ctx.step("same", async { Ok(1) }).await?;
        ctx.step("same", async { Ok(2) }).await?;
        Ok(Value::Null)
    });
    let fault = harness.run(&agent, Value::Null).await.unwrap_err();
    assert_eq!((fault.code.as_str(), fault.retryable), ("GLY0306", false));
    assert!(fault.message.contains("same"), "{fault}");
}

#[tokio::test]
async fn a_result_that_would_not_survive_a_crash_fails_before_one() {
    let harness = Harness::new();
    let agent = does!(|ctx, _| Ok(json!(ctx.step("nan", async { Ok(f64::NAN) }).await?)));
    assert_eq!(harness.run(&agent, Value::Null).await.unwrap_err().code, "GLY0307");
}
