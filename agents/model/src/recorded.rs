//! Recorded replies: what tests and rehearsals run on.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;

use crate::port::{Completion, Model, ModelCard, ModelError, Prompt};

/// A model that answers with what was recorded, by purpose, in order.
#[derive(Debug)]
pub struct Recorded {
    card: ModelCard,
    replies: Mutex<BTreeMap<String, VecDeque<Completion>>>,
    asked: Mutex<Vec<Prompt>>,
}

impl Recorded {
    /// A model with these replies, each for the next prompt of its purpose.
    pub fn new(replies: impl IntoIterator<Item = (String, Completion)>) -> Self {
        let mut by_purpose: BTreeMap<String, VecDeque<Completion>> = BTreeMap::new();
        for (purpose, completion) in replies {
            by_purpose.entry(purpose).or_default().push_back(completion);
        }
        let card = ModelCard {
            name: "recorded".to_owned(),
            protocol: "recorded".to_owned(),
            embeds: false,
        };
        Self { card, replies: Mutex::new(by_purpose), asked: Mutex::default() }
    }

    /// The prompts that were asked so far, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Prompt> {
        self.asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Model for Recorded {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    async fn complete(&self, prompt: &Prompt) -> Result<Completion, ModelError> {
        let mut asked = self.asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        asked.push(prompt.clone());
        let mut replies = self.replies.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        replies.get_mut(&prompt.purpose).and_then(VecDeque::pop_front).ok_or_else(|| {
            ModelError::Rejected {
                status: 404,
                message: format!("no reply is recorded for '{}'", prompt.purpose),
            }
        })
    }

    async fn embed(&self, _texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        Err(ModelError::Rejected { status: 404, message: "no vectors are recorded".to_owned() })
    }
}
