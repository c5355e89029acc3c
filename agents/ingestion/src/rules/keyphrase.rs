//! The phrase that the article should be found by.
//!
//! A topic falls into runs of words that mean something, parted by words that hold it together
//! ("how", "in") and by words that only say what is asked ("future", "change"). The first run is
//! the subject. The documents decide how much of it is kept: what none of them speaks of cannot be
//! written about.

use super::words;

/// Content words of a keyphrase.
const WORDS_MAX: usize = 4;

/// Phrases that may become the keyphrase, and how many documents speak of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidates {
    /// Runs in the order of the topic; each with its windows, the longest first.
    runs: Vec<Vec<Candidate>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    phrase: String,
    /// Its words' stems, lower case.
    stems: Vec<String>,
    documents: usize,
}

impl Candidates {
    /// The phrases of a topic.
    pub(crate) fn of(topic: &str, language: Option<&str>) -> Self {
        let mut runs: Vec<Vec<String>> = vec![Vec::new()];
        let mut before = String::new();
        let mut is_joined = false;
        for token in topic.split_whitespace() {
            let word = token.trim_matches(|c: char| !c.is_alphanumeric());
            let word = ["'s", "’s"].iter().find_map(|s| word.strip_suffix(s)).unwrap_or(word);
            let lower = word.to_lowercase();
            let is_verb = follows_pronoun(&before, language);
            let joins = joins(&lower, language)
                && runs.last().is_some_and(|run| !run.is_empty())
                && !token.ends_with([',', ':', ';', '.', '?', '!']);
            before.clone_from(&lower);
            if joins {
                is_joined = true;
                continue;
            }
            let means = !word.is_empty()
                && !is_verb
                && !words::is_stop(&lower, language)
                && !words::is_weak(&lower);
            if let (true, true, Some(last)) =
                (std::mem::take(&mut is_joined), means, runs.last_mut().and_then(|r| r.last_mut()))
            {
                last.push_str(" de ");
                last.push_str(word);
                if token.ends_with([',', ':', ';', '.', '?', '!']) {
                    runs.push(Vec::new());
                }
                continue;
            }
            let parted_before = token.starts_with(['(', '“', '"']);
            let parted_after = token.ends_with([',', ':', ';', '.', '?', '!', ')', '”', '"']);
            if !means || parted_before {
                runs.push(Vec::new());
            }
            if let (true, Some(run)) = (means, runs.last_mut()) {
                run.push(word.to_owned());
            }
            if parted_after {
                runs.push(Vec::new());
            }
        }
        Self { runs: runs.iter().filter(|run| !run.is_empty()).map(|run| windows(run)).collect() }
    }

    /// Counts one more document.
    pub(crate) fn count(&mut self, text: &str) {
        let text = text.to_lowercase();
        for candidate in self.runs.iter_mut().flatten() {
            let speaks = candidate.stems.iter().all(|stem| has_word(&text, stem));
            candidate.documents += usize::from(speaks);
        }
    }

    /// The phrase: of the first run that documents speak of, as many words as they speak of.
    /// Without any, the first run; without any run, the topic's first words.
    pub(crate) fn choose(&self, topic: &str) -> String {
        let spoken = self.runs.iter().find_map(|run| run.iter().find(|c| c.documents > 0));
        let first = || self.runs.first().and_then(|run| run.first());
        spoken.or_else(first).map_or_else(
            || topic.split_whitespace().take(WORDS_MAX).collect::<Vec<_>>().join(" "),
            |candidate| candidate.phrase.clone(),
        )
    }
}

/// Whether a word joins two nouns into the name of one thing: `aceite de oliva`.
fn joins(lower: &str, language: Option<&str>) -> bool {
    lower == "de" && matches!(language, Some("es" | "fr"))
}

/// Whether a verb comes after this word: `cómo se produce`, `comment on fabrique`.
fn follows_pronoun(lower: &str, language: Option<&str>) -> bool {
    match language {
        Some("es") => lower == "se",
        Some("fr") => matches!(lower, "on" | "se"),
        Some(_) | None => false,
    }
}

/// Every part of a run that may be a keyphrase, longest first, of two the later one: in most
/// languages here, the noun that counts stands last.
fn windows(run: &[String]) -> Vec<Candidate> {
    let longest = run.len().min(WORDS_MAX);
    let mut all = Vec::new();
    for length in (1..=longest).rev() {
        for window in run.windows(length).rev() {
            all.push(Candidate {
                phrase: window.join(" "),
                stems: window.iter().map(|word| stem(word)).collect(),
                documents: 0,
            });
        }
    }
    all
}

/// A word without the ending that its plural takes.
fn stem(word: &str) -> String {
    let lower = word.to_lowercase();
    let long = lower.chars().count() > 4;
    let cut = ["ies", "es", "en", "s", "n"].iter().find_map(|end| lower.strip_suffix(end));
    cut.filter(|_| long).map_or_else(|| lower.clone(), str::to_owned)
}

/// Whether a word of the text starts with the stem; a short stem must be the whole word.
fn has_word(text: &str, stem: &str) -> bool {
    text.match_indices(stem).any(|(at, _)| {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + stem.len()..).and_then(|t| t.chars().next());
        let starts = !before.is_some_and(char::is_alphanumeric);
        let ends = stem.chars().count() > 3 || !after.is_some_and(char::is_alphanumeric);
        starts && ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(topic: &str, documents: &[&str], want: &str) {
        let language = crate::rules::language::of_topic(topic);
        let mut candidates = Candidates::of(topic, language.as_deref());
        for document in documents {
            candidates.count(document);
        }
        assert_eq!(candidates.choose(topic), want, "{topic}");
    }

    #[test]
    fn the_subject_is_the_keyphrase() {
        for (topic, want) in [
            ("How AI chatbots change customer service", "AI chatbots"),
            ("The future of customer service", "customer service"),
            ("What is customer journey mapping?", "customer journey mapping"),
            ("How much will my agency's contact center cost?", "contact center"),
            ("10 tips for better contact centers", "contact centers"),
            ("Customer service", "Customer service"),
            ("Chatbots: what people need to know", "Chatbots"),
            ("Wie KI-Chatbots den Kundenservice verändern", "KI-Chatbots"),
            ("Comment les chatbots changent le service client", "chatbots"),
            (
                "Cómo los asistentes virtuales cambian la atención al cliente",
                "asistentes virtuales",
            ),
            ("Cómo se produce el aceite de oliva", "aceite de oliva"),
            ("Comment on fabrique le fromage de ferme", "fromage de ferme"),
            ("Why?", "Why?"),
        ] {
            check(topic, &[], want);
        }
    }

    #[test]
    fn documents_decide_how_much_is_kept() {
        let topic = "How AI chatbots change customer service";
        check(topic, &["AI is in every chatbot."], "AI chatbots");
        check(topic, &["Chatbots answer.", "Artificial intelligence."], "chatbots");
        check(topic, &["Good customer service."], "customer service");
        check(topic, &["Bees make honey."], "AI chatbots");
    }

    #[test]
    fn a_long_run_is_cut_to_four_words() {
        check(
            "Federal government public sector contact center operations",
            &[],
            "sector contact center operations",
        );
    }

    #[test]
    fn short_stems_are_whole_words() {
        assert!(has_word("the ai is", "ai"));
        assert!(!has_word("the aim said", "ai"));
        assert!(has_word("two chatbots", "chatbot"));
    }
}
