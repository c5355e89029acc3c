//! A model that counts, and agents that do as they are told.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use galley_agents_model::{Completion, Finish, Model, ModelCard, ModelError, Prompt, Usage};
use galley_agents_sdk::{Agent, Context};
use galley_schemas::fault::Fault;
use tokio::sync::Semaphore;

/// A model that answers with the number of the call, and may fall silent at one of them.
#[derive(Debug)]
pub(crate) struct CountingModel {
    card: ModelCard,
    /// Calls that were answered.
    pub(crate) answered: AtomicU32,
    /// The call at which it falls silent; 0 for none.
    silent_at: AtomicU32,
    fell_silent: Semaphore,
    pub(crate) asked: Mutex<Vec<String>>,
}

/// What each answer of the model costs.
pub(crate) const TOKENS: u64 = 30;
pub(crate) const USD_MICROS: u64 = 7;

impl CountingModel {
    pub(crate) fn new() -> Self {
        Self {
            card: ModelCard {
                name: "counting".to_owned(),
                protocol: "openai".to_owned(),
                embeds: true,
            },
            answered: AtomicU32::new(0),
            silent_at: AtomicU32::new(0),
            fell_silent: Semaphore::new(0),
            asked: Mutex::default(),
        }
    }

    pub(crate) fn answered(&self) -> u32 {
        self.answered.load(Ordering::SeqCst)
    }

    /// From now on the model falls silent at this call, for ever.
    pub(crate) fn fall_silent_at(&self, call: u32) {
        self.silent_at.store(call, Ordering::SeqCst);
    }

    pub(crate) async fn fell_silent(&self) {
        self.fell_silent.acquire().await.unwrap().forget();
    }

    async fn turn(&self) -> u32 {
        let next = self.answered() + 1;
        if next == self.silent_at.load(Ordering::SeqCst) {
            self.fell_silent.add_permits(1);
            std::future::pending::<()>().await;
        }
        self.answered.fetch_add(1, Ordering::SeqCst);
        next
    }
}

#[async_trait]
impl Model for CountingModel {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    async fn complete(&self, prompt: &Prompt) -> Result<Completion, ModelError> {
        let turn = self.turn().await;
        self.asked.lock().unwrap().push(prompt.user.clone());
        if prompt.user.contains("refuse") {
            let usage = Usage { input_tokens: 5, output_tokens: 0 };
            return Err(ModelError::Refused { reason: "no".to_owned(), usage });
        }
        Ok(Completion {
            text: format!("answer {turn}"),
            value: None,
            model: "counting".to_owned(),
            usage: Usage { input_tokens: TOKENS - 10, output_tokens: 10 },
            usd_micros: USD_MICROS,
            finish: Finish::Stop,
        })
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        self.turn().await;
        Ok(texts.iter().map(|text| vec![0.1, text.len() as f32 / 3.0]).collect())
    }
}

pub(crate) fn prompt(user: impl Into<String>) -> Prompt {
    Prompt {
        purpose: "test".to_owned(),
        system: String::new(),
        user: user.into(),
        schema: None,
        tokens_max: 20,
        temperature: None,
    }
}

/// Asks the model a number of times, each time with the answer before; gives the last answer.
pub(crate) struct Chain {
    pub(crate) calls: u32,
    /// Fails for good after that many calls; 0 for never.
    pub(crate) fail_after: u32,
}

#[async_trait]
impl Agent for Chain {
    type Input = ();
    type Output = String;
    const KIND: &'static str = "chain";
    const SUMMARY: &'static str = "Asks the model a number of times.";

    async fn run(&self, ctx: &Context, (): ()) -> Result<String, Fault> {
        let model = ctx.model().unwrap();
        let mut last = "begin".to_owned();
        for call in 1..=self.calls {
            last = model.complete(&format!("call {call}"), &prompt(last)).await?.text;
            if call == self.fail_after {
                return Err(Fault::permanent("GLY0399", "told to fail"));
            }
        }
        Ok(last)
    }
}

/// An agent made of a function.
pub(crate) struct Does<F>(pub(crate) F);

#[async_trait]
impl<F> Agent for Does<F>
where
    F: AsyncDo + Send + Sync + 'static,
{
    type Input = serde_json::Value;
    type Output = serde_json::Value;
    const KIND: &'static str = "does";
    const SUMMARY: &'static str = "Does as it is told.";
    const EFFECTS: bool = true;

    async fn run(
        &self,
        ctx: &Context,
        input: serde_json::Value,
    ) -> Result<serde_json::Value, Fault> {
        self.0.run(ctx, input).await
    }
}

/// What a [`Does`] does.
#[async_trait]
pub(crate) trait AsyncDo {
    async fn run(
        &self,
        ctx: &Context,
        input: serde_json::Value,
    ) -> Result<serde_json::Value, Fault>;
}

/// Makes an [`Agent`] of a block.
macro_rules! does {
    (|$ctx:ident, $input:pat_param| $body:expr) => {{
        struct Told;
        #[async_trait::async_trait]
        impl $crate::fake::AsyncDo for Told {
            async fn run(
                &self,
                $ctx: &galley_agents_sdk::Context,
                $input: serde_json::Value,
            ) -> Result<serde_json::Value, galley_schemas::fault::Fault> {
                $body
            }
        }
        $crate::fake::Does(Told)
    }};
}
pub(crate) use does;
