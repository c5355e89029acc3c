//! Names to addresses, under guard. The client connects to what comes out of here and looks nothing
//! up again, so a name that answers differently the second time gains nothing.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::guard::Guard;

/// The most addresses of one name that are tried.
const ADDRESSES_MAX: usize = 16;

/// Every address of a name was refused.
#[derive(Debug, thiserror::Error)]
#[error("{host} leads to {what}")]
pub(super) struct Refused {
    pub(super) host: String,
    pub(super) what: &'static str,
}

/// The system's resolver.
#[derive(Debug)]
pub(super) struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.take(ADDRESSES_MAX).collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// A resolver of which only vetted answers come through.
pub(super) struct Guarded {
    pub(super) guard: Arc<Guard>,
    pub(super) inner: Arc<dyn Resolve>,
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("guard", &self.guard).finish_non_exhaustive()
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let guard = Arc::clone(&self.guard);
        let answers = self.inner.resolve(name);
        Box::pin(async move {
            let mut refused = "nothing";
            let vetted: Vec<SocketAddr> = answers
                .await?
                .take(ADDRESSES_MAX)
                .filter(|addr| match guard.vet_answer(&host, *addr) {
                    Ok(()) => true,
                    Err(what) => {
                        refused = what;
                        false
                    }
                })
                .collect();
            if vetted.is_empty() {
                return Err(Refused { host, what: refused }.into());
            }
            Ok(Box::new(vetted.into_iter()) as Addrs)
        })
    }
}
