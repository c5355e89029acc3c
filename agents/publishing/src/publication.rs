//! What is written to a target, as effects: a post, an announcement, and taking one back.

use std::sync::Arc;

use async_trait::async_trait;
use galley_agents_sdk::{Effector, Observed};
use galley_schemas::content::Post;
use galley_schemas::fault::Fault;
use serde_json::{Value, json};

use crate::target::{Item, Look, Stage, Target, Trouble};

/// One article in one target.
#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) target: Arc<dyn Target>,
    pub(crate) item: Item,
}

impl Publication {
    async fn look(&self) -> Result<Observed, Trouble> {
        let look = self.target.look(&self.item.sought()).await?;
        Ok(match look {
            Look::Absent => Observed::DidNotHappen,
            Look::Stands(post, None) => Observed::Happened(json!(post)),
            Look::Stands(post, Some(revision)) if revision == self.item.revision() => {
                Observed::Happened(json!(post))
            }
            // It stands as it was before: this write, which would have changed it, did not happen.
            Look::Stands(..) => Observed::DidNotHappen,
            Look::CannotTell(why) => Observed::CannotTell(why),
        })
    }
}

#[async_trait]
impl Effector for Publication {
    async fn observe(&self) -> Result<Observed, Fault> {
        match (self.look().await, self.target.stage()) {
            (Ok(observed), _) => Ok(observed),
            (Err(trouble), Stage::Page) => Err(trouble.fault()),
            // An attempt that failed here would come again, and in the end take the page with it.
            (Err(trouble), Stage::Announcement) => Ok(Observed::CannotTell(trouble.to_string())),
        }
    }

    async fn write(&self) -> Result<Value, Fault> {
        let written = self.target.put(&self.item).await;
        written.map(|post| json!(post)).map_err(|trouble| {
            let mut fault = trouble.fault();
            if self.target.stage() == Stage::Announcement || trouble.may_have_happened() {
                fault.retryable = trouble.may_have_happened();
            }
            fault
        })
    }
}

/// Taking a post back.
#[derive(Debug)]
pub(crate) struct Retraction {
    pub(crate) target: Arc<dyn Target>,
    pub(crate) post: Post,
}

#[async_trait]
impl Effector for Retraction {
    async fn observe(&self) -> Result<Observed, Fault> {
        let stands = self.target.stands(&self.post).await.map_err(|trouble| trouble.fault())?;
        Ok(match stands {
            Some(true) => Observed::DidNotHappen,
            Some(false) => Observed::Happened(Value::Null),
            None => Observed::CannotTell(format!(
                "{} cannot tell whether {} was taken back",
                self.target.describe(),
                self.post.url
            )),
        })
    }

    async fn write(&self) -> Result<Value, Fault> {
        self.target.retract(&self.post).await.map_err(|trouble| trouble.fault())?;
        Ok(Value::Null)
    }
}
