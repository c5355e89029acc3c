//! Recorded replies: what tests and rehearsals run on.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::chat::{Chat, Ear, Heard, Turn};
use crate::port::{Completion, Model, ModelCard, ModelError, Prompt};

/// A model that answers with what was recorded, by purpose, in order.
#[derive(Debug)]
pub struct Recorded {
    card: ModelCard,
    replies: Mutex<BTreeMap<String, VecDeque<Turn>>>,
    asked: Mutex<Vec<Prompt>>,
    conversed: Mutex<Vec<Chat>>,
}

impl Recorded {
    /// A model with these replies, each for the next prompt of its purpose.
    pub fn new(replies: impl IntoIterator<Item = (String, Completion)>) -> Self {
        let turn = |said| Turn { said, calls: Vec::new(), kept: Vec::new() };
        Self::conversing(replies.into_iter().map(|(purpose, said)| (purpose, turn(said))))
    }

    /// A model with these turns, each for the next prompt or conversation of its purpose.
    pub fn conversing(turns: impl IntoIterator<Item = (String, Turn)>) -> Self {
        let mut by_purpose: BTreeMap<String, VecDeque<Turn>> = BTreeMap::new();
        for (purpose, turn) in turns {
            by_purpose.entry(purpose).or_default().push_back(turn);
        }
        let card = ModelCard {
            name: "recorded".to_owned(),
            protocol: "recorded".to_owned(),
            embeds: false,
        };
        let replies = Mutex::new(by_purpose);
        Self { card, replies, asked: Mutex::default(), conversed: Mutex::default() }
    }

    /// The prompts that were asked so far, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Prompt> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The conversations whose next turn was asked for so far, in order.
    #[must_use]
    pub fn conversed(&self) -> Vec<Chat> {
        self.conversed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn next(&self, purpose: &str) -> Result<Turn, ModelError> {
        let mut replies = self.replies.lock().unwrap_or_else(PoisonError::into_inner);
        let next = replies.get_mut(purpose).and_then(VecDeque::pop_front);
        next.ok_or_else(|| {
            let message = format!("no reply is recorded for '{purpose}'");
            ModelError::Rejected { status: 404, message }
        })
    }
}

#[async_trait]
impl Model for Recorded {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    async fn complete(&self, prompt: &Prompt) -> Result<Completion, ModelError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(prompt.clone());
        Ok(self.next(&prompt.purpose)?.said)
    }

    async fn converse(&self, chat: &Chat, ear: &dyn Ear) -> Result<Turn, ModelError> {
        self.conversed.lock().unwrap_or_else(PoisonError::into_inner).push(chat.clone());
        let turn = self.next(&chat.purpose)?;
        ear.hear(Heard::Text(&turn.said.text));
        Ok(turn)
    }

    async fn embed(&self, _texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        Err(ModelError::Rejected { status: 404, message: "no vectors are recorded".to_owned() })
    }
}
