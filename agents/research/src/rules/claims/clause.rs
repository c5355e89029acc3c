//! Whether an English sentence has a main clause of its own: a subject, and a finite verb outside its
//! relative and subordinate clauses. `A chatbot for nine agencies, including two that pay benefits.` has none.
//!
//! Without a parser this counts: verbs that can only be finite where they stand, against the words
//! that open a clause and use one up.

use super::sentence::Sentence;

/// Verbs that are finite wherever they stand.
#[rustfmt::skip]
const FINITE: &[&str] = &[
    "is", "are", "was", "were", "am", "has", "have", "had", "does", "do", "did", "can", "could", "will", "would", "shall", "should",
    "may", "might", "must", "cannot", "isn't", "aren't", "wasn't", "weren't", "hasn't", "haven't", "hadn't", "don't", "doesn't",
    "didn't", "can't", "couldn't", "won't", "wouldn't", "shouldn't", "it's", "that's", "there's", "they're", "you're", "we're",
    "became", "began", "brought", "came", "fell", "gave", "goes", "grew", "knew", "took", "went", "wrote", "said", "says", "saw",
];

/// Words that open a clause with a finite verb of its own.
const OPENS_CLAUSE: &[&str] = &[
    "that", "which", "who", "whose", "what", "how", "when", "if", "because", "while", "although",
    "where", "whether", "unless", "why", "though",
];

/// Words after which no finite verb stands: what follows is an infinitive or a noun.
#[rustfmt::skip]
const BEFORE_NOUN: &[&str] = &[
    "to", "a", "an", "the", "of", "for", "in", "from", "with", "by", "at", "into", "on", "its", "their", "our", "your", "his", "her",
    "each", "every", "no", "any", "more", "less", "better", "new", "as", "between", "through", "about", "over", "without", "than",
];

/// Words after which the word before was a noun: `benefits of automation`, `programs from nine agencies`.
const AFTER_NOUN: &[&str] = &[
    "of",
    "from",
    "beyond",
    "including",
    "among",
    "between",
    "and",
    "or",
    "is",
    "are",
    "was",
    "were",
    "that",
    "who",
    "which",
];

/// Verbs in the third person that are no nouns: a sentence that opens with one has lost its subject.
#[rustfmt::skip]
const THIRD_PERSON: &[&str] = &[
    "requires", "provides", "includes", "allows", "enables", "establishes", "directs", "ensures", "describes", "defines",
    "creates", "makes", "gives", "takes", "adds", "becomes", "contains", "encourages", "explains", "mandates", "identifies",
    "improves", "eliminates", "expands", "introduces", "promotes", "replaces", "serves", "builds", "gets", "keeps", "brings",
    "helps", "shows", "outlines", "calls", "sets", "offers", "displays", "has", "is", "was", "are", "were", "does", "can", "will",
];

impl Sentence<'_> {
    /// Whether a main clause is there: more finite verbs than clauses that are not the main one.
    pub(super) fn has_main_clause(&self) -> bool {
        let verbs = (0..self.words()).fold(0, |verbs: usize, place| {
            // After "and" stands a second verb only where there was a first.
            let joined = place > 0 && matches!(self.word(place - 1), "and" | "or");
            let counts = self.is_finite(place) && (!joined || verbs > 0);
            verbs + usize::from(counts)
        });
        let clauses = (0..self.words()).filter(|place| self.opens_clause(*place)).count();
        verbs > clauses
    }

    /// `Requires agencies to post …`: an entry of a list that leaves its subject out.
    pub(super) fn opens_with_predicate(&self) -> bool {
        let bare = THIRD_PERSON.contains(&self.first());
        // "Calls are answered", "Sets of questions": there it is a noun.
        let noun = FINITE.contains(&self.word(1)) || AFTER_NOUN.contains(&self.word(1));
        let question_like = self.first().len() <= 4 && FINITE.contains(&self.first());
        bare && (!noun || question_like)
    }

    fn opens_clause(&self, place: usize) -> bool {
        let (word, after) = (self.word(place), self.word(place + 1));
        // "how to ask" holds no finite verb, and neither does "that call".
        OPENS_CLAUSE.contains(&word) && after != "to" && !(word == "when" && after.ends_with("ing"))
    }

    fn is_finite(&self, place: usize) -> bool {
        let word = self.word(place);
        if FINITE.contains(&word) {
            return place == 0 || self.word(place - 1) != "to";
        }
        let Some(before) = place.checked_sub(1).map(|before| self.word(before)) else {
            return false;
        };
        let after = self.word(place + 1);
        // "the benefits." ends with a noun, "when the pressure falls." with a verb.
        let has_subject = place >= 2 && BEFORE_NOUN.contains(&self.word(place - 2));
        let last = word.ends_with('s') && after.is_empty() && !has_subject;
        let noun = BEFORE_NOUN.contains(&before) || last;
        let plural = word.ends_with('s') && AFTER_NOUN.contains(&after);
        self.is_verb(word) && !noun && !plural && !(word.ends_with("ing"))
    }
}
