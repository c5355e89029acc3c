//! Small agents for the real runner: they make, judge, write and take back. How they think, draw and
//! write is said by the desk that they work at.

use std::fmt::Debug;

use async_trait::async_trait;
use galley_agents_model::Prompt;
use galley_agents_sdk::{Agent, Context};
use galley_schemas::fault::Fault;
use galley_tests_support::dice::Dice;
use serde_json::{Value, json};

/// The decision that makers leave to what was learned.
pub const DECISION: &str = "tone";

/// Where a small agent works.
#[async_trait]
pub trait Desk: Debug + Send + Sync + 'static {
    /// The numbers for one purpose of an attempt.
    fn dice(&self, ctx: &Context, purpose: &str) -> Dice;

    /// Thinks for a while, and fails as agents do.
    ///
    /// # Errors
    /// The failure.
    async fn think(&self, ctx: &Context) -> Result<(), Fault>;

    /// Writes to the outside world, once; gives the receipt.
    ///
    /// # Errors
    /// It did not happen, or the target could not be asked.
    async fn write(&self, ctx: &Context, effect: &str) -> Result<Value, Fault>;
}

/// Makes things, with a model if there is one.
#[derive(Debug)]
pub struct Maker<D>(pub D);

#[async_trait]
impl<D: Desk> Agent for Maker<D> {
    type Input = Value;
    type Output = Value;
    const KIND: &'static str = "maker";
    const SUMMARY: &'static str = "Makes things.";

    async fn run(&self, ctx: &Context, input: Value) -> Result<Value, Fault> {
        let mut dice = self.0.dice(ctx, "make");
        let count = ctx.step("count", async { Ok(1 + dice.below(3)) }).await?;
        self.0.think(ctx).await?;
        let tone = ctx.choose(DECISION, &["plain", "warm", "dry"]).await?;
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

/// Judges what was made; what is doomed it fails, more often than not.
#[derive(Debug)]
pub struct Judge<D>(pub D);

#[async_trait]
impl<D: Desk> Agent for Judge<D> {
    type Input = Value;
    type Output = Value;
    const KIND: &'static str = "judge";
    const SUMMARY: &'static str = "Judges things.";

    async fn run(&self, ctx: &Context, input: Value) -> Result<Value, Fault> {
        let mut dice = self.0.dice(ctx, "judge");
        self.0.think(ctx).await?;
        if input.get("doomed").is_some() && dice.permille(700) {
            return Err(Fault::permanent("GLY0398", "it was doomed"));
        }
        let verdict = if dice.permille(400) { "revise" } else { "accept" };
        let score = f64::from(u32::try_from(dice.below(100)).unwrap_or_default()) / 100.0;
        Ok(json!({ "verdict": verdict, "score": score }))
    }
}

/// Writes to the outside world, some of it twice: once to post, once to announce.
#[derive(Debug)]
pub struct Press<D>(pub D);

#[async_trait]
impl<D: Desk> Agent for Press<D> {
    type Input = Value;
    type Output = Value;
    const KIND: &'static str = "press";
    const SUMMARY: &'static str = "Posts things.";
    const EFFECTS: bool = true;

    async fn run(&self, ctx: &Context, _: Value) -> Result<Value, Fault> {
        let mut dice = self.0.dice(ctx, "press");
        // The same for every attempt: what one announced, the next one does not leave open.
        let announces = ctx.step("announces", async { Ok(dice.permille(300)) }).await?;
        self.0.think(ctx).await?;
        let receipt = self.0.write(ctx, "post").await?;
        self.0.think(ctx).await?;
        if announces {
            self.0.write(ctx, "announce").await?;
        }
        Ok(receipt)
    }
}

/// Takes back what was posted.
#[derive(Debug)]
pub struct Eraser<D>(pub D);

#[async_trait]
impl<D: Desk> Agent for Eraser<D> {
    type Input = Value;
    type Output = Value;
    const KIND: &'static str = "eraser";
    const SUMMARY: &'static str = "Takes posts back.";
    const EFFECTS: bool = true;

    async fn run(&self, ctx: &Context, _: Value) -> Result<Value, Fault> {
        self.0.think(ctx).await?;
        self.0.write(ctx, "retract").await
    }
}
