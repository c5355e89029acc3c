//! What a topic is about: its subject, its object, and the words it is searched by.

use galley_agents_knowledge::words::{Language, fold, words};

/// A topic, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// The topic as given.
    pub text: String,
    /// What acts or is acted on: `AI chatbots`.
    pub subject: String,
    /// The subject as headings name it: short, without "measuring", and with the article that the topic
    /// has before it.
    pub name: String,
    /// What it acts on, when the topic names it: `customer service`.
    pub object: Option<String>,
    /// The verb between them: `change`.
    pub verb: Option<String>,
    /// Words and phrases to search by, weightiest first.
    pub terms: Vec<String>,
    /// The stems of the words that carry the subject.
    pub stems: Vec<String>,
}

/// Verbs that topics are built with: they say that something happens, not what it is about.
#[rustfmt::skip]
const VERBS: &[&str] = &[
    "do", "does", "did", "is", "are", "was", "were", "can", "will", "should", "has", "have", "means", "mean", "matters", "matter", "needs", "need",
    "change", "changes", "changed", "changing", "affect", "affects", "transform", "transforms", "transforming", "improve", "improves",
    "improving", "shape", "shapes", "shaping", "help", "helps", "helping", "make", "makes", "work", "works", "become", "becomes", "get", "gets", "reach", "reaches", "reshape", "reshapes", "influence", "influences",
    "use", "uses", "replace", "replaces", "support", "supports", "serve", "serves", "save", "saves", "reduce", "reduces", "increase",
    "increases", "drive", "drives", "impact", "impacts", "grow", "grows", "came", "come", "comes", "rises", "rise", "made", "conquered", "spread", "spreads",
    "verändern", "verändert", "verbessern", "verbessert", "beeinflussen", "beeinflusst", "helfen", "hilft", "wirken", "wirkt", "entsteht", "entstehen",
    "changent", "change", "améliorent", "améliore", "transforment", "transforme", "influencent", "influence", "aident", "aide",
    "cambian", "cambia", "mejoran", "mejora", "transforman", "transforma", "influyen", "influye", "ayudan", "ayuda",
];

/// Words that open a topic and are not part of it.
#[rustfmt::skip]
const OPENERS: &[&str] = &[
    "how", "why", "what", "when", "where", "which", "who", "is", "are", "do", "does", "can", "will", "should", "to", "the", "a", "an", "guide",
    "introduction", "wie", "warum", "was", "welche", "wann", "der", "die", "das", "comment", "pourquoi", "quels", "quelles", "le", "la",
    "les", "l'", "cómo", "por", "qué", "cuáles", "el", "los", "las", "about", "on", "into",
];

/// Words that open a question.
const ASKING: &[&str] = &[
    "how", "why", "what", "when", "where", "which", "who", "is", "are", "do", "does", "can",
    "will", "should", "wie", "warum", "was", "welche", "wann", "wo", "comment", "pourquoi",
    "quels", "quelles", "que", "cómo", "por", "qué", "cuáles",
];

impl Topic {
    /// Whether it is put as a question, or as what would answer one.
    #[must_use]
    pub fn asks(&self) -> bool {
        let first = fold(self.text.split(' ').next().unwrap_or_default());
        ASKING.contains(&first.as_str())
    }

    /// Takes a topic apart; `keyphrase` is what the article should be found by.
    #[must_use]
    pub fn new(language: Language, text: &str, keyphrase: &str) -> Self {
        let text = text.trim().trim_end_matches(['?', '.', '!']).trim();
        let tokens: Vec<(usize, &str)> = words(text).collect();
        let is = |list: &[&str], word: &str| list.contains(&fold(word).as_str());
        let start = tokens.iter().position(|(_, word)| !is(OPENERS, word)).unwrap_or(0);
        let verb = tokens.iter().skip(start + 1).position(|(_, word)| is(VERBS, word));
        let verb = verb.map(|place| place + start + 1);
        let subject = piece(text, &tokens, start, verb.unwrap_or(tokens.len()));
        let object =
            verb.map(|verb| piece(text, &tokens, verb + 1, tokens.len())).filter(|o| !o.is_empty());
        // "What makes a good contact center" begins with its verb: the phrase says what it is about.
        let led_by_verb = tokens.get(start).is_some_and(|(_, word)| is(VERBS, word));
        let subject = if subject.split(' ').count() > 6 || subject.is_empty() || led_by_verb {
            keyphrase.to_owned()
        } else {
            subject
        };
        let verb_word = verb.and_then(|verb| tokens.get(verb)).map(|(_, word)| fold(word));
        let (subject, object) = process(language, subject, verb_word.as_deref(), object);
        let mut terms: Vec<String> = Vec::new();
        for term in
            [Some(subject.as_str()), Some(keyphrase), object.as_deref()].into_iter().flatten()
        {
            if !term.is_empty() && !terms.iter().any(|known| fold(known) == fold(term)) {
                terms.push(term.to_owned());
            }
        }
        let stems = stems_of(language, &subject);
        let verb = verb.and_then(|verb| tokens.get(verb)).map(|(_, word)| (*word).to_owned());
        let name = name(language, (text, &subject), keyphrase);
        Self { text: text.to_owned(), subject, name, object, verb, terms, stems }
    }
}

/// The subject as headings name it.
fn name(language: Language, (text, subject): (&str, &str), keyphrase: &str) -> String {
    let shorter = !keyphrase.is_empty()
        && fold(subject).contains(&fold(keyphrase))
        && subject.split(' ').count() > 3;
    let name = if shorter { keyphrase } else { subject };
    if language != Language::English {
        return name.to_owned();
    }
    let (first, rest) = name.split_once(' ').unwrap_or((name, ""));
    let is_gerund = first.len() > 5 && first.ends_with("ing") && !rest.is_empty();
    let name = if is_gerund { rest } else { name };
    let folded = fold(text);
    let before = folded.split_once(&fold(name)).map_or("", |(before, _)| before);
    let has_article =
        before.split_whitespace().rev().take(2).any(|word| matches!(word, "a" | "an"));
    match has_article {
        true if fold(name).starts_with(['a', 'e', 'i', 'o', 'u']) => format!("an {name}"),
        true => format!("a {name}"),
        false => name.to_owned(),
    }
}

/// `coffee is roasted` is about coffee roasting.
fn process(
    language: Language,
    subject: String,
    verb: Option<&str>,
    object: Option<String>,
) -> (String, Option<String>) {
    let is_passive = language == Language::English && matches!(verb, Some("is" | "are"));
    let done =
        object.as_deref().filter(|_| is_passive).and_then(|object| object.strip_suffix("ed"));
    let done = done.filter(|stem| stem.len() > 2 && !stem.contains(' '));
    match done {
        Some(stem) => (format!("{subject} {stem}ing"), None),
        None => (subject, object),
    }
}

/// The stems of a phrase's words, without verbs that topics are built with.
fn stems_of(language: Language, phrase: &str) -> Vec<String> {
    words(phrase)
        .map(|(_, word)| fold(word))
        .filter(|word| !language.is_stop(word) && !VERBS.contains(&word.as_str()))
        .map(|word| language.stem(&word))
        .collect()
}

fn piece(text: &str, tokens: &[(usize, &str)], from: usize, to: usize) -> String {
    let start = tokens.get(from).map_or(text.len(), |(at, _)| *at);
    let end = match to.checked_sub(1).and_then(|last| tokens.get(last)) {
        Some((at, word)) if to > from => at + word.len(),
        Some(_) | None => start,
    };
    text.get(start..end).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, subject: &str, object: Option<&str>) {
        let topic = Topic::new(Language::English, text, "key phrase");
        assert_eq!((topic.subject.as_str(), topic.object.as_deref()), (subject, object), "{text}");
    }

    #[test]
    fn a_topic_has_a_subject_and_perhaps_an_object() {
        check("How AI chatbots change customer service", "AI chatbots", Some("customer service"));
        check(
            "How coffee gets from the plant to the cup?",
            "coffee",
            Some("from the plant to the cup"),
        );
        check("How coffee is roasted", "coffee roasting", None);
        check("What makes a good contact center", "key phrase", None);
        check("Why is sourdough popular", "sourdough popular", None);
        check("Why cats purr", "cats purr", None);
        check("The history of coffee", "history of coffee", None);
        check("What caffeine does to the body", "caffeine", Some("to the body"));
        check("Coffee", "Coffee", None);
        check("", "key phrase", None);
    }

    #[test]
    fn headings_name_the_subject_shortly_and_with_its_article() {
        for (text, keyphrase, want) in [
            ("What makes a good contact center", "contact center", "a contact center"),
            (
                "Measuring customer experience in government",
                "Measuring customer experience",
                "customer experience",
            ),
            ("Journey mapping for public services", "Journey mapping", "Journey mapping"),
            ("How AI chatbots change customer service", "AI chatbots", "AI chatbots"),
            ("How coffee is roasted", "coffee", "coffee roasting"),
        ] {
            let topic = Topic::new(Language::English, text, keyphrase);
            assert_eq!(topic.name, want);
        }
    }
}
