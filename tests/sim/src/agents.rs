//! Small agents on the real runner. They think, ask a model, choose, write, fail, panic and hang.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use galley_agents_model::{Completion, Finish, Model, ModelCard, ModelError, Prompt, Usage};
use galley_agents_sdk::{Agent, Context, Effect};
use galley_schemas::artifact::Digest;
use galley_schemas::fault::Fault as Failure;
use serde_json::{Value, json};

use crate::faults::Fault;
use crate::process::Process;
use crate::target::{self, Target, Write};
use crate::world::World;

/// How long a thought takes.
const THOUGHT: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(12));
/// How long an agent hangs: longer than any step may take.
const HANGING: Duration = Duration::from_secs(600);

/// What an agent of the simulation is given.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) world: Arc<World>,
    pub(crate) target: Arc<Target>,
    pub(crate) process: Arc<Process>,
}

impl Desk {
    /// Thinks for a while, and fails as agents do.
    async fn think(&self, ctx: &Context) -> Result<(), Failure> {
        ctx.progress("thinking");
        let thought = self.world.draw(|dice| dice.between(THOUGHT.0, THOUGHT.1));
        tokio::time::sleep(thought).await;
        self.process.live().await;
        if self.world.strikes(Fault::AgentHangs) {
            tokio::time::sleep(HANGING).await;
        }
        if self.world.strikes(Fault::AgentPanics) {
            // As a panic, but for the message on standard error.
            std::panic::resume_unwind(Box::new("the agent's panic"));
        }
        if self.world.strikes(Fault::AgentFails) {
            return Err(Failure::transient("GLY0399", "the agent stumbled"));
        }
        if self.world.strikes(Fault::AgentGivesUp) {
            return Err(Failure::permanent("GLY0398", "the agent gives up"));
        }
        Ok(())
    }

    /// Writes to the outside world.
    async fn write(&self, ctx: &Context, effect: &str) -> Result<Value, Failure> {
        let offer = ctx.offer();
        let key = target::key(&offer.goal, offer.task.as_str(), effect);
        let write = Write {
            world: Arc::clone(&self.world),
            target: Arc::clone(&self.target),
            process: Arc::clone(&self.process),
            goal: offer.goal,
            key: key.clone(),
        };
        let effect = Effect {
            key: effect.to_owned(),
            target: "site".to_owned(),
            content: Digest::of(key.as_bytes()),
            summary: format!("{effect} for {}", offer.task),
        };
        ctx.effect(effect, &write).await
    }
}

/// Makes things, with a model.
#[derive(Debug)]
pub(crate) struct Maker(pub(crate) Desk);

#[async_trait]
impl Agent for Maker {
    type Input = Value;
    type Output = Value;
    const KIND: &'static str = "maker";
    const SUMMARY: &'static str = "Makes things.";

    async fn run(&self, ctx: &Context, input: Value) -> Result<Value, Failure> {
        let count =
            ctx.step("count", async { Ok(1 + self.0.world.draw(|dice| dice.below(3))) }).await?;
        self.0.think(ctx).await?;
        let tone = ctx.choose("tone", &["plain", "warm", "dry"]).await?;
        let text = match ctx.model() {
            Some(model) => model.complete("text", &prompt(&input)).await?.text,
            None => "no model".to_owned(),
        };
        let items: Vec<String> = (0..count).map(|n| format!("item {n}")).collect();
        Ok(json!({ "items": items, "text": text, "tone": tone }))
    }
}

fn prompt(input: &Value) -> Prompt {
    Prompt {
        purpose: "text".to_owned(),
        system: "You make things.".to_owned(),
        user: input.to_string(),
        schema: None,
        tokens_max: 200,
        temperature: None,
    }
}

/// Judges what was made.
#[derive(Debug)]
pub(crate) struct Judge(pub(crate) Desk);

#[async_trait]
impl Agent for Judge {
    type Input = Value;
    type Output = Value;
    const KIND: &'static str = "judge";
    const SUMMARY: &'static str = "Judges things.";

    async fn run(&self, ctx: &Context, input: Value) -> Result<Value, Failure> {
        self.0.think(ctx).await?;
        let (revise, score) = self.0.world.draw(|dice| (dice.permille(400), dice.below(100)));
        if input.get("doomed").is_some() && self.0.world.draw(|dice| dice.permille(700)) {
            return Err(Failure::permanent("GLY0398", "it was doomed"));
        }
        let verdict = if revise { "revise" } else { "accept" };
        Ok(json!({ "verdict": verdict, "score": score }))
    }
}

/// Writes to the outside world.
#[derive(Debug)]
pub(crate) struct Press(pub(crate) Desk);

#[async_trait]
impl Agent for Press {
    type Input = Value;
    type Output = Value;
    const KIND: &'static str = "press";
    const SUMMARY: &'static str = "Posts things.";
    const EFFECTS: bool = true;

    async fn run(&self, ctx: &Context, _: Value) -> Result<Value, Failure> {
        self.0.think(ctx).await?;
        let receipt = self.0.write(ctx, "post").await?;
        self.0.think(ctx).await?;
        if self.0.world.draw(|dice| dice.permille(300)) {
            self.0.write(ctx, "announce").await?;
        }
        Ok(receipt)
    }
}

/// Takes back what was posted.
#[derive(Debug)]
pub(crate) struct Eraser(pub(crate) Desk);

#[async_trait]
impl Agent for Eraser {
    type Input = Value;
    type Output = Value;
    const KIND: &'static str = "eraser";
    const SUMMARY: &'static str = "Takes posts back.";
    const EFFECTS: bool = true;

    async fn run(&self, ctx: &Context, _: Value) -> Result<Value, Failure> {
        self.0.think(ctx).await?;
        self.0.write(ctx, "retract").await
    }
}

/// A model that takes its time and its price.
#[derive(Debug)]
pub(crate) struct Oracle {
    desk: Desk,
    card: ModelCard,
}

impl Oracle {
    pub(crate) fn new(desk: Desk) -> Self {
        let (name, protocol) = ("oracle".to_owned(), "openai".to_owned());
        Self { desk, card: ModelCard { name, protocol, embeds: false } }
    }
}

#[async_trait]
impl Model for Oracle {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    async fn complete(&self, _: &Prompt) -> Result<Completion, ModelError> {
        let world = &self.desk.world;
        let (takes, tokens) =
            world.draw(|dice| (dice.between(THOUGHT.0, THOUGHT.1), 10 + dice.below(200)));
        tokio::time::sleep(takes).await;
        self.desk.process.live().await;
        if world.strikes(Fault::ModelFails) {
            return Err(ModelError::Timeout { wait: takes });
        }
        Ok(Completion {
            text: format!("{tokens} words"),
            value: None,
            model: "oracle".to_owned(),
            usage: Usage { input_tokens: 20, output_tokens: tokens },
            usd_micros: tokens * 10,
            finish: Finish::Stop,
        })
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        Ok(texts.iter().map(|_| vec![1.0]).collect())
    }
}
