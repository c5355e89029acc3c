//! Choices are recorded, follow the policy, and stay.

use galley_agents_sdk::harness::Harness;
use galley_schemas::choice::Policy;
use serde_json::{Value, json};

use crate::fake::does;

fn policy(version: &str, weights: &[(&str, f64)]) -> Policy {
    let weights = weights.iter().map(|(option, weight)| ((*option).to_owned(), *weight));
    Policy { version: version.to_owned(), weights: weights.collect() }
}

#[tokio::test]
async fn without_a_policy_every_option_is_as_likely() {
    let harness = Harness::new();
    let agent = does!(|ctx, _| Ok(json!(ctx.choose("style", &["a", "b"]).await?)));
    harness.run(&agent, Value::Null).await.unwrap();
    let choices = harness.choices();
    assert_eq!(choices.len(), 1);
    assert_eq!(choices[0].probabilities, [0.5, 0.5]);
    assert_eq!(choices[0].policy, "uniform");
}

#[tokio::test]
async fn a_choice_stays_when_the_policy_changes_between_attempts() {
    let harness = Harness::new();
    let agent = does!(|ctx, _| Ok(json!(ctx.choose("style", &["a", "b"]).await?)));
    harness.policy("style", &policy("1", &[("a", 0.0), ("b", 1.0)])).await.unwrap();
    assert_eq!(harness.run(&agent, Value::Null).await, Ok(json!(1)));
    let first = harness.choices();
    assert_eq!(first[0].policy, "1");
    harness.policy("style", &policy("2", &[("a", 1.0), ("b", 0.0)])).await.unwrap();
    assert_eq!(harness.run(&agent, Value::Null).await, Ok(json!(1)));
    assert_eq!(harness.choices(), first, "the report of every attempt carries the choice");
}

#[tokio::test]
async fn the_same_task_chooses_the_same_without_its_journal() {
    let agent = does!(|ctx, _| {
        let options = ["a", "b", "c", "d", "e", "f", "g", "h"];
        Ok(json!([ctx.choose("one", &options).await?, ctx.choose("two", &options).await?]))
    });
    let first = Harness::new().run(&agent, Value::Null).await.unwrap();
    assert_eq!(Harness::new().run(&agent, Value::Null).await.unwrap(), first);
}

#[tokio::test]
async fn nothing_cannot_be_chosen_from() {
    let agent = does!(|ctx, _| Ok(json!(ctx.choose("style", &[]).await?)));
    assert_eq!(Harness::new().run(&agent, Value::Null).await.unwrap_err().code, "GLY0313");
}
