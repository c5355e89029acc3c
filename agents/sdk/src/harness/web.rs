//! The few pages that a test puts on the web.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use galley_agents_web::{Fetch, FetchError, Fetched};

/// The few pages that a test puts on the web; every other address answers 404.
#[derive(Debug, Default)]
pub struct Pages {
    pages: Mutex<BTreeMap<String, Fetched>>,
}

impl Pages {
    /// Puts a page on the web.
    pub fn add(&self, url: &str, media_type: &str, body: Bytes) {
        let page = Fetched {
            url: url.to_owned(),
            status: 200,
            media_type: media_type.to_owned(),
            charset: None,
            body,
        };
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.insert(url.to_owned(), page);
    }
}

#[async_trait]
impl Fetch for Pages {
    async fn get(&self, url: &str) -> Result<Fetched, FetchError> {
        let pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = || FetchError::Status { url: url.to_owned(), status: 404 };
        pages.get(url).cloned().ok_or_else(missing)
    }
}
