//! Chooses how to say a thing, so that nothing sounds said before.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::book::{Slots, fill};
use super::text::{first_word, hash};

/// How many sentences back a repeated opening is noticed.
const MEMORY: usize = 4;

/// The choice among templates: the one used least, never with the opening of the sentence before,
/// ties broken by a hash. The same text gives the same choices.
#[derive(Debug)]
pub(crate) struct Voice {
    seed: u64,
    uses: BTreeMap<String, u32>,
    openings: VecDeque<String>,
    /// Whether the last sentence ended with a quotation mark.
    closed: bool,
    /// What was said, word for word: it is not said again.
    said: BTreeSet<String>,
}

impl Voice {
    /// A voice whose ties are broken by this name.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            seed: hash(&[name]),
            uses: BTreeMap::new(),
            openings: VecDeque::new(),
            closed: false,
            said: BTreeSet::new(),
        }
    }

    /// Says one of the templates whose slots can all be filled, but nothing word for word again;
    /// none when there is none. Each comes with a penalty: the higher, the less it is wanted.
    pub(crate) fn say(
        &mut self,
        templates: impl IntoIterator<Item = (&'static str, u32)>,
        slots: &Slots,
    ) -> Option<String> {
        let (_, template, text) = templates
            .into_iter()
            .filter_map(|(template, penalty)| Some((penalty, template, fill(template, slots)?)))
            .filter(|(_, _, text)| !self.said.contains(text))
            .min_by_key(|(penalty, template, text)| {
                (penalty + self.wear(template, text), hash(&[template, text]) ^ self.seed)
            })?;
        *self.uses.entry(template.to_owned()).or_default() += 1;
        self.heard(&text);
        self.said.insert(text.clone());
        Some(text)
    }

    /// The pair used least, for verbs.
    pub(crate) fn turn<'a>(
        &mut self,
        pairs: &'a [(&'a str, &'a str)],
    ) -> Option<(&'a str, &'a str)> {
        let pair = *pairs.iter().min_by_key(|(word, _)| {
            (self.uses.get(*word).copied().unwrap_or_default(), hash(&[word]) ^ self.seed)
        })?;
        *self.uses.entry(pair.0.to_owned()).or_default() += 1;
        Some(pair)
    }

    /// Notes a sentence that was said by other means.
    pub(crate) fn heard(&mut self, text: &str) {
        self.openings.push_front(first_word(text));
        self.openings.truncate(MEMORY);
        self.closed = text.ends_with('\u{201d}');
    }

    fn wear(&self, template: &str, text: &str) -> u32 {
        let uses = self.uses.get(template).copied().unwrap_or_default();
        let opening = first_word(text);
        let repeated = self.openings.iter().position(|heard| *heard == opening);
        let echo = match repeated {
            Some(0) => 200,
            Some(1) => 60,
            Some(_) => 15,
            None => 0,
        };
        // Two quotations back to back would read as one.
        let collision = if self.closed && text.starts_with('\u{201c}') { 200 } else { 0 };
        uses.saturating_mul(20) + echo + collision
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_take_turns_openings_do_not_repeat_and_nothing_is_said_twice() {
        let mut voice = Voice::new("x");
        let options = [("Then {n} a.", 0), ("Then {n} b.", 0), ("Later {n} c.", 0)];
        let mut say = |n: usize| voice.say(options, &Slots::from([("n", n.to_string())]));
        let said: Vec<String> = (0..6).filter_map(&mut say).collect();
        for pair in said.windows(2) {
            assert_ne!(first_word(&pair[0]), first_word(&pair[1]), "{said:?}");
        }
        assert_eq!(said.iter().filter(|text| text.starts_with("Later")).count(), 3);
        let again: Vec<Option<String>> = (0..4).map(|_| say(9)).collect();
        assert_eq!(again.iter().flatten().count(), 3);
    }

    #[test]
    fn the_same_name_says_the_same() {
        let said = |name| Voice::new(name).say([("A.", 0), ("B.", 0), ("C.", 0)], &Slots::new());
        assert_eq!(said("x"), said("x"));
        assert_eq!(Voice::new("x").say([], &Slots::new()), None);
    }
}
