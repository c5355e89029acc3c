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
    "do", "does", "did", "is", "are", "was", "were", "can", "could", "will", "would", "should", "might", "must", "has", "have", "means", "mean", "matters", "matter", "needs", "need",
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
        asks(&self.text)
    }

    /// Takes a topic apart; `keyphrase` is what the article should be found by.
    #[must_use]
    pub fn new(language: Language, text: &str, keyphrase: &str) -> Self {
        let text = text.trim().trim_end_matches(['?', '.', '!']).trim();
        let tokens: Vec<(usize, &str)> = words(text).collect();
        let is = |list: &[&str], word: &str| list.contains(&fold(word).as_str());
        let opened = |from: usize| {
            let rest = tokens.get(from..).unwrap_or_default();
            rest.iter().position(|(_, word)| !is(OPENERS, word)).map(|place| from + place)
        };
        // "Comment on fabrique le fromage" and "cómo se produce el aceite" begin with who does it.
        let start = opened(0).unwrap_or(0);
        let is_romance = matches!(language, Language::French | Language::Spanish);
        let mut led = tokens.iter().take(start + 1).filter(|_| is_romance);
        let doer = led.position(|(_, word)| is(&["on", "se"], word));
        let start = doer.and_then(|doer| opened(doer + 2)).unwrap_or(start);
        let verb = tokens.iter().skip(start + 1).position(|(_, word)| is(VERBS, word));
        let verb = verb.map(|place| place + start + 1);
        let subject = piece(text, &tokens, start, verb.unwrap_or(tokens.len()));
        let object = verb.map(|verb| piece(text, &tokens, after(&tokens, verb), tokens.len()));
        let object = object.filter(|object| !object.is_empty());
        // "What makes a good contact center" begins with its verb: the phrase says what it is about.
        let led_by_verb = tokens.get(start).is_some_and(|(_, word)| is(VERBS, word));
        let subject = if subject.split(' ').count() > 6 || subject.is_empty() || led_by_verb {
            keyphrase.to_owned()
        } else {
            subject
        };
        let verb_word = verb.and_then(|verb| tokens.get(verb)).map(|(_, word)| fold(word));
        let (subject, object) = process(language, subject, verb_word.as_deref(), object);
        let subject = match verb {
            None if asks(text) => bare(language, subject, keyphrase),
            Some(_) | None => subject,
        };
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

fn asks(text: &str) -> bool {
    let first = fold(text.split(' ').next().unwrap_or_default());
    ASKING.contains(&first.as_str())
}

/// Where what a verb acts on begins: behind it, and behind the verb that it helps ("can change").
fn after(tokens: &[(usize, &str)], verb: usize) -> usize {
    let word = |place: usize| tokens.get(place).map(|(_, word)| fold(word)).unwrap_or_default();
    let next = word(verb + 1);
    let helps = match word(verb).as_str() {
        "can" | "could" | "will" | "would" | "should" | "might" | "must" => true,
        "has" | "have" => VERBS.contains(&next.as_str()) || next.ends_with("ed"),
        _ => false,
    };
    if helps { verb + 2 } else { verb + 1 }
}

/// A question whose verb is not known, by what it is to be found by: `cats sleep` asks about cat
/// sleeping.
fn bare(language: Language, subject: String, keyphrase: &str) -> String {
    let held = language.terms(&subject);
    let wanted = language.terms(keyphrase);
    let is_held = !wanted.is_empty() && wanted.iter().all(|stem| held.contains(stem));
    if is_held && subject.contains(' ') { keyphrase.to_owned() } else { subject }
}

/// `coffee is roasted` is about coffee roasting. What something is ("popular", "dying") is nothing
/// that it acts on.
fn process(
    language: Language,
    subject: String,
    verb: Option<&str>,
    object: Option<String>,
) -> (String, Option<String>) {
    let is_copula = matches!(verb, Some("is" | "are" | "was" | "were"));
    if language != Language::English || !is_copula {
        return (subject, object);
    }
    let said = object.unwrap_or_default();
    let mut words = said.split(' ').filter(|word| !word.ends_with("ly"));
    // What was done is over: it is no trade or habit to write about.
    let is_done = matches!(verb, Some("is" | "are"));
    match words.next().filter(|_| is_done).and_then(doing) {
        Some(doing) => (format!("{subject} {doing}"), None),
        None => (subject, None),
    }
}

/// Past participles that do not end in "ed", with what is done while it happens.
#[rustfmt::skip]
const DOINGS: &[(&str, &str)] = &[
    ("bought", "buying"), ("bound", "binding"), ("bred", "breeding"), ("built", "building"), ("caught", "catching"), ("cut", "cutting"),
    ("drawn", "drawing"), ("driven", "driving"), ("drunk", "drinking"), ("eaten", "eating"), ("fed", "feeding"), ("fought", "fighting"),
    ("found", "finding"), ("frozen", "freezing"), ("ground", "grinding"), ("grown", "growing"), ("held", "holding"), ("kept", "keeping"),
    ("made", "making"), ("paid", "paying"), ("read", "reading"), ("run", "running"), ("sent", "sending"), ("sold", "selling"),
    ("spent", "spending"), ("spoken", "speaking"), ("spun", "spinning"), ("stolen", "stealing"), ("taught", "teaching"), ("thrown", "throwing"),
    ("told", "telling"), ("won", "winning"), ("woven", "weaving"), ("written", "writing"),
];

/// What is done, by its past participle: `roasted` is roasting.
fn doing(participle: &str) -> Option<String> {
    let folded = fold(participle);
    if let Some((_, doing)) = DOINGS.iter().find(|(done, _)| *done == folded) {
        return Some((*doing).to_owned());
    }
    let stem = folded.strip_suffix("ed").filter(|stem| stem.len() > 2)?;
    Some(match stem.strip_suffix('i') {
        Some(stem) => format!("{stem}ying"),
        None if stem.ends_with('e') => format!("{stem}eing"),
        None => format!("{stem}ing"),
    })
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
        check("How tea is grown", "tea growing", None);
        check("How bread is usually made at home", "bread making", None);
        check("How herbs are dried", "herbs drying", None);
        check("Why tea is popular", "tea", None);
        check("Why bees are dying", "bees", None);
        check("How AI will change banking", "AI", Some("banking"));
        check("How AI has changed banking", "AI", Some("banking"));
        check("Why cats have whiskers", "cats", Some("whiskers"));
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
