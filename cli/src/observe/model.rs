//! Model calls, measured and traced, in the words of the semantic conventions for generative AI:
//! <https://opentelemetry.io/docs/specs/semconv/gen-ai/>.

use std::sync::Arc;

use async_trait::async_trait;
use galley_agents_model::{
    Chat, Completion, Ear, Finish, Model, ModelCard, ModelError, Prompt, Turn, Usage,
};
use tokio::time::Instant;
use tracing::{Instrument as _, Span, field};

use super::Meters;

#[derive(Debug)]
pub(super) struct Measured {
    pub(super) inner: Arc<dyn Model>,
    pub(super) meters: Arc<Meters>,
}

#[async_trait]
impl Model for Measured {
    fn card(&self) -> &ModelCard {
        self.inner.card()
    }

    fn price(&self, usage: Usage) -> u64 {
        self.inner.price(usage)
    }

    fn names(&self) -> Vec<String> {
        self.inner.names()
    }

    fn preferring(&self, name: &str) -> Option<Arc<dyn Model>> {
        let inner = self.inner.preferring(name)?;
        Some(Arc::new(Self { inner, meters: Arc::clone(&self.meters) }))
    }

    async fn complete(&self, prompt: &Prompt) -> Result<Completion, ModelError> {
        Ok(self.converse(&Chat::from(prompt), &()).await?.said)
    }

    async fn converse(&self, chat: &Chat, ear: &dyn Ear) -> Result<Turn, ModelError> {
        let card = self.inner.card();
        let span = tracing::info_span!(
            "chat",
            otel.name = format!("chat {}", card.name),
            otel.kind = "client",
            otel.status_code = field::Empty,
            gen_ai.operation.name = "chat",
            gen_ai.provider.name = card.protocol,
            gen_ai.request.model = card.name,
            gen_ai.request.max_tokens = chat.tokens_max,
            gen_ai.request.temperature = chat.temperature.map(f64::from),
            gen_ai.output.r#type = if chat.schema.is_some() { "json" } else { "text" },
            gen_ai.response.model = field::Empty,
            gen_ai.response.finish_reasons = field::Empty,
            gen_ai.usage.input_tokens = field::Empty,
            gen_ai.usage.output_tokens = field::Empty,
            error.r#type = field::Empty,
            galley.purpose = chat.purpose,
        );
        let begun = Instant::now();
        let done = self.inner.converse(chat, ear).instrument(span.clone()).await;
        let outcome = match &done {
            Ok(turn) => {
                note(&span, &turn.said);
                "ok"
            }
            Err(error) => {
                span.record("otel.status_code", "ERROR");
                span.record("error.type", name(error));
                name(error)
            }
        };
        let usage = match &done {
            Ok(turn) => turn.said.usage,
            Err(ModelError::Refused { usage, .. } | ModelError::Invalid { usage, .. }) => *usage,
            Err(
                ModelError::Busy { .. }
                | ModelError::Unavailable { .. }
                | ModelError::Timeout { .. }
                | ModelError::Rejected { .. },
            ) => Usage::default(),
        };
        self.meters.used(&card.name, usage);
        self.meters.called(&card.name, &chat.purpose, outcome, begun.elapsed());
        done
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        let card = self.inner.card();
        let span = tracing::info_span!(
            "embeddings",
            otel.name = format!("embeddings {}", card.name),
            otel.kind = "client",
            gen_ai.operation.name = "embeddings",
            gen_ai.provider.name = card.protocol,
            gen_ai.request.model = card.name,
        );
        let begun = Instant::now();
        let done = self.inner.embed(texts).instrument(span).await;
        let outcome = done.as_ref().err().map_or("ok", name);
        self.meters.called(&card.name, "embeddings", outcome, begun.elapsed());
        done
    }
}

fn note(span: &Span, completion: &Completion) {
    span.record("gen_ai.response.model", &completion.model);
    let finish = match completion.finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
    };
    span.record("gen_ai.response.finish_reasons", finish);
    span.record("gen_ai.usage.input_tokens", completion.usage.input_tokens);
    span.record("gen_ai.usage.output_tokens", completion.usage.output_tokens);
}

/// What went wrong, in one word.
fn name(error: &ModelError) -> &'static str {
    match error {
        ModelError::Busy { .. } => "busy",
        ModelError::Unavailable { .. } => "unavailable",
        ModelError::Timeout { .. } => "timeout",
        ModelError::Refused { .. } => "refused",
        ModelError::Invalid { .. } => "invalid",
        ModelError::Rejected { .. } => "rejected",
    }
}
