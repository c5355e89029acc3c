//! Where a law is tried.

use std::sync::Arc;

use galley_agents_knowledge::{Embedder, Knowledge, Offline};

/// A memory of some adapter, empty at first. Whatever is opened of one place is the same memory.
pub(crate) trait Place: Sized + Sync {
    /// A new one; none where what it needs is not here and need not be, which it says.
    async fn make() -> Option<Self>;

    /// Opens it, as another process would.
    async fn open(&self, embedder: Arc<dyn Embedder>) -> Arc<dyn Knowledge>;

    /// Opens it with the embedder that needs nothing.
    async fn opened(&self) -> Arc<dyn Knowledge> {
        self.open(Arc::new(Offline)).await
    }
}
