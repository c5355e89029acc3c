//! The model as a task sees it.

use galley_agents_model::{Chat, Completion, Model, ModelCard, ModelError, Prompt, Turn, Usage};
use galley_schemas::amount::Amount;
use galley_schemas::fault::Fault;
use serde_json::json;

use crate::context::attempt::Attempt;
use crate::context::journal::{Journal, Slot};
use crate::faults;

/// Most texts of one call to embed.
const TEXTS_MAX: usize = 256;
/// Bytes of text to a token, on the low side of what tokenizers do with prose: an estimate that holds
/// tokens and money before a call.
const BYTES_PER_TOKEN: u64 = 3;

/// The model as a task sees it: every call is journaled under its name, charged to the allowance,
/// and cancelled when the task is fenced off.
#[derive(Clone, Copy)]
pub struct Modeller<'a> {
    attempt: &'a Attempt,
    model: &'a dyn Model,
}

impl std::fmt::Debug for Modeller<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Modeller").field("model", self.card()).finish_non_exhaustive()
    }
}

impl<'a> Modeller<'a> {
    pub(crate) fn new(attempt: &'a Attempt, model: &'a dyn Model) -> Self {
        Self { attempt, model }
    }

    /// What the model is.
    #[must_use]
    pub fn card(&self) -> &ModelCard {
        self.model.card()
    }

    /// Asks once: a later attempt of the task gets the same reply back without a call. The prompt
    /// is part of the name: a changed prompt is another call. Names are unique within a task.
    ///
    /// # Errors
    /// A [`Fault`] when the call failed or the allowance does not admit it.
    pub async fn complete(&self, name: &str, prompt: &Prompt) -> Result<Completion, Fault> {
        self.attempt.claim("model call", name)?;
        let slot = Slot::new("model", name, &content(prompt));
        let journal = self.attempt.journal().await?;
        if let Some(completion) = journal.recall(&slot).await? {
            return Ok(completion);
        }
        let hold = self.attempt.ledger.admit(self.most(prompt))?;
        self.attempt.note(&format!("asking the model: {name}"));
        match self.model.complete(prompt).await {
            Ok(completion) => {
                let cost = cost(completion.usage, completion.usd_micros);
                hold.settle(cost);
                journal.keep(&slot, &completion, cost).await
            }
            Err(error) => {
                let usage = usage(&error);
                let cost = cost(usage, self.model.price(usage));
                hold.settle(cost);
                self.keep_cost(journal, name, cost).await;
                Err(fault(name, &error))
            }
        }
    }

    /// Asks for the next turn of a conversation once: a later attempt of the task gets the same turn
    /// back without a call. The whole conversation is part of the name. Names are unique within a task.
    ///
    /// # Errors
    /// A [`Fault`] when the call failed or the allowance does not admit it.
    pub async fn converse(&self, name: &str, chat: &Chat) -> Result<Turn, Fault> {
        self.attempt.claim("model turn", name)?;
        let content = json!(chat).to_string().into_bytes();
        let slot = Slot::new("turn", name, &content);
        let journal = self.attempt.journal().await?;
        if let Some(turn) = journal.recall(&slot).await? {
            return Ok(turn);
        }
        let written = u64::from(chat.tokens_max);
        let mut most = Usage { input_tokens: tokens(content.len()), output_tokens: written };
        if chat.schema.is_some() {
            most = twice(most);
        }
        let hold = self.attempt.ledger.admit(cost(most, self.model.price(most)))?;
        self.attempt.note(&format!("asking the model: {name}"));
        match self.model.converse(chat, &()).await {
            Ok(turn) => {
                let cost = cost(turn.said.usage, turn.said.usd_micros);
                hold.settle(cost);
                journal.keep(&slot, &turn, cost).await
            }
            Err(error) => {
                let usage = usage(&error);
                let cost = cost(usage, self.model.price(usage));
                hold.settle(cost);
                self.keep_cost(journal, name, cost).await;
                Err(fault(name, &error))
            }
        }
    }

    /// Turns texts into vectors; journaled by the texts.
    pub(crate) async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, Fault> {
        if texts.len() > TEXTS_MAX {
            return Err(faults::too_many_texts(texts.len(), TEXTS_MAX));
        }
        let slot = Slot::new("embed", &self.card().name, json!(texts).to_string().as_bytes());
        let journal = self.attempt.journal().await?;
        if let Some(vectors) = journal.recall(&slot).await? {
            return Ok(vectors);
        }
        let read: usize = texts.iter().map(String::len).sum();
        // The port does not say what embedding costs; the estimate is charged.
        let cost = Amount { tokens: tokens(read), calls: 1, ..Amount::default() };
        let hold = self.attempt.ledger.admit(cost)?;
        let vectors = self.model.embed(texts).await.map_err(|error| fault("embed", &error))?;
        hold.settle(cost);
        journal.keep(&slot, &vectors, cost).await
    }

    /// The most that a call may cost, as far as that is known before it: with a schema, a reply that does
    /// not meet it is shown to the model once more.
    fn most(&self, prompt: &Prompt) -> Amount {
        let schema = prompt.schema.as_ref().map_or(0, |schema| schema.to_string().len());
        let read = tokens(prompt.system.len() + prompt.user.len() + schema);
        let mut usage = Usage { input_tokens: read, output_tokens: u64::from(prompt.tokens_max) };
        if prompt.schema.is_some() {
            usage = twice(usage);
        }
        cost(usage, self.model.price(usage))
    }

    /// Keeps what a failed call cost, so that a crash does not hide it.
    async fn keep_cost(&self, journal: &Journal, name: &str, cost: Amount) {
        let attempt = self.attempt.offer.attempt;
        let slot = Slot::new("failed", name, &attempt.to_be_bytes());
        if let Err(error) = journal.keep(&slot, &(), cost).await {
            tracing::warn!(name, %error, "the cost of a failed model call was not journaled");
        }
    }
}

/// What a call uses whose reply is shown to the model once more.
const fn twice(usage: Usage) -> Usage {
    let Usage { input_tokens, output_tokens } = usage;
    Usage {
        input_tokens: input_tokens.saturating_mul(2).saturating_add(output_tokens),
        output_tokens: output_tokens.saturating_mul(2),
    }
}

/// What makes a prompt another prompt.
fn content(prompt: &Prompt) -> Vec<u8> {
    let Prompt { purpose, system, user, schema, tokens_max, temperature } = prompt;
    json!([purpose, system, user, schema, tokens_max, temperature]).to_string().into_bytes()
}

fn tokens(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX).div_ceil(BYTES_PER_TOKEN)
}

fn cost(usage: Usage, usd_micros: u64) -> Amount {
    let tokens = usage.input_tokens.saturating_add(usage.output_tokens);
    Amount { usd_micros, tokens, calls: 1, wall_ms: 0 }
}

fn usage(error: &ModelError) -> Usage {
    match error {
        ModelError::Refused { usage, .. } | ModelError::Invalid { usage, .. } => *usage,
        ModelError::Busy { .. }
        | ModelError::Unavailable { .. }
        | ModelError::Timeout { .. }
        | ModelError::Rejected { .. } => Usage::default(),
    }
}

fn fault(name: &str, error: &ModelError) -> Fault {
    let failed = format!("the model call '{name}' failed");
    match error {
        ModelError::Busy { .. } => Fault::transient("GLY0501", failed)
            .hint("the model server asks to wait; the task is retried"),
        ModelError::Unavailable { .. } | ModelError::Timeout { .. } => {
            Fault::transient("GLY0502", failed).hint("check the model server and its address")
        }
        ModelError::Refused { .. } => Fault::permanent("GLY0503", failed)
            .hint("the model declined; rephrase the goal or use another model"),
        ModelError::Invalid { .. } => Fault::transient("GLY0504", failed)
            .hint("the model does not keep to the schema; use a stronger model"),
        ModelError::Rejected { .. } => Fault::permanent("GLY0505", failed)
            .hint("check the model's name, its key and its limits"),
    }
    .because(error)
}
