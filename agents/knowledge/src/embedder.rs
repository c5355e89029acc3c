//! What turns texts into vectors, as the memory sees it.

use async_trait::async_trait;

use crate::embed::embed;
use crate::port::KnowledgeError;

/// Why texts were not turned into vectors.
#[derive(Debug, thiserror::Error)]
#[error("embedder {embedder} failed")]
pub struct EmbedError {
    /// Its name.
    pub embedder: String,
    /// Why.
    #[source]
    pub cause: Box<dyn std::error::Error + Send + Sync>,
}

/// Turns texts into vectors: offline, or through a model.
///
/// Laws: one vector for each text, in the same order, all of one length; the same text gives the same
/// vector for as long as the name stays the same.
#[async_trait]
pub trait Embedder: Send + Sync + std::fmt::Debug {
    /// Names the embedder and its version. Vectors of different names are never compared.
    fn name(&self) -> &str;

    /// Turns texts into vectors; at most [`TEXTS_MAX`] at a time.
    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError>;
}

/// Most texts that are handed to an embedder at a time.
pub const TEXTS_MAX: usize = 256;

/// The embedder that needs nothing: see [`crate::embed`](mod@crate::embed).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Offline;

#[async_trait]
impl Embedder for Offline {
    fn name(&self) -> &'static str {
        "offline-hash-256-v1"
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        Ok(texts.iter().map(|text| embed(text)).collect())
    }
}

/// A vector for each text, whatever their number.
pub(crate) async fn vectors(
    embedder: &dyn Embedder,
    texts: &[String],
) -> Result<Vec<Vec<f32>>, KnowledgeError> {
    let failed = |cause| KnowledgeError { what: "embed texts".to_owned(), cause };
    let mut vectors = Vec::with_capacity(texts.len());
    for batch in texts.chunks(TEXTS_MAX) {
        let made = embedder.embed(batch).await.map_err(|cause| failed(Box::new(cause)))?;
        if made.len() != batch.len() {
            let cause = format!("{} vectors for {} texts", made.len(), batch.len());
            return Err(failed(cause.into()));
        }
        vectors.extend(made);
    }
    Ok(vectors)
}
