//! Request and reply, measured.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use galley_bus_core::Unreachable;
use galley_bus_core::calls::{self, Call, CallError};

use super::Meters;

pub(super) struct Calls {
    pub(super) inner: Arc<dyn calls::Calls>,
    pub(super) meters: Arc<Meters>,
}

#[async_trait]
impl calls::Calls for Calls {
    async fn call(
        &self,
        subject: &str,
        payload: Bytes,
        wait: Duration,
    ) -> Result<Bytes, CallError> {
        self.meters.time(("calls", "call"), self.inner.call(subject, payload, wait)).await
    }

    async fn serve(&self, subject: &str) -> Result<BoxStream<'static, Call>, Unreachable> {
        self.meters.time(("calls", "serve"), self.inner.serve(subject)).await
    }
}
