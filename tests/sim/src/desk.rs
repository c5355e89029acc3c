//! Where the simulated agents work: in the world of the simulation, which decides what goes wrong; and
//! the model that they ask.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use galley_agents_model::{Completion, Finish, Model, ModelCard, ModelError, Prompt, Usage};
use galley_agents_sdk::{Context, Effect};
use galley_schemas::artifact::Digest;
use galley_schemas::fault::Fault as Failure;
use galley_tests_support::dice::Dice;
use serde_json::Value;

use crate::agents::Desk;
use crate::faults::Fault;
use crate::process::Process;
use crate::target::{self, Target, Write};
use crate::world::World;

/// How long a thought takes.
const THOUGHT: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(12));
/// How long an agent hangs: longer than any step may take.
const HANGING: Duration = Duration::from_secs(600);

/// A desk in the simulation.
#[derive(Debug, Clone)]
pub(crate) struct SimDesk {
    pub(crate) world: Arc<World>,
    pub(crate) target: Arc<Target>,
    pub(crate) process: Arc<Process>,
}

#[async_trait]
impl Desk for SimDesk {
    fn dice(&self, _: &Context, _: &str) -> Dice {
        self.world.draw(Dice::fork)
    }

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

/// A model that takes its time and its price.
#[derive(Debug)]
pub(crate) struct Oracle {
    desk: SimDesk,
    card: ModelCard,
}

impl Oracle {
    pub(crate) fn new(desk: SimDesk) -> Self {
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
