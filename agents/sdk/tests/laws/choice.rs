//! Choices are recorded, follow the policy, and stay.

use std::sync::Arc;

use async_trait::async_trait;
use galley_agents_model::{Completion, Model, ModelCard, ModelError, Prompt};
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

/// A model of several, as far as choosing goes.
#[derive(Debug)]
struct OneOf(ModelCard);

impl OneOf {
    fn named(name: &str) -> Self {
        let (name, protocol) = (name.to_owned(), "openai".to_owned());
        Self(ModelCard { name, protocol, embeds: false })
    }
}

#[async_trait]
impl Model for OneOf {
    fn card(&self) -> &ModelCard {
        &self.0
    }

    fn names(&self) -> Vec<String> {
        ["one", "two"].map(str::to_owned).to_vec()
    }

    fn preferring(&self, name: &str) -> Option<Arc<dyn Model>> {
        (name != self.0.name).then(|| Arc::new(Self::named(name)) as _)
    }

    async fn complete(&self, _: &Prompt) -> Result<Completion, ModelError> {
        unreachable!("nothing is asked")
    }

    async fn embed(&self, _: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        unreachable!("nothing is asked")
    }
}

#[tokio::test]
async fn a_model_is_chosen_as_learned_and_once_for_a_task() {
    let agent = does!(|ctx, _| {
        let first = ctx.chosen_model().await?.unwrap().card().name.clone();
        let again = ctx.chosen_model().await?.unwrap().card().name.clone();
        Ok(json!([first, again]))
    });
    for chosen in ["one", "two"] {
        let harness = Harness::new().model(Arc::new(OneOf::named("one")));
        let weights = [("one", 0.0), ("two", 0.0), (chosen, 1.0)];
        harness.policy("model", &policy("1", &weights)).await.unwrap();
        assert_eq!(harness.run(&agent, Value::Null).await, Ok(json!([chosen, chosen])));
        assert_eq!(harness.choices().len(), 1, "{:?}", harness.choices());
    }
    let none = does!(|ctx, _| Ok(json!(ctx.chosen_model().await?.is_none())));
    assert_eq!(Harness::new().run(&none, Value::Null).await, Ok(json!(true)));
}
