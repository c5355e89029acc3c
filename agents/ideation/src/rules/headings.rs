//! Headings fit for an outline, from the titles and headings of documents.

use std::collections::BTreeMap;

use galley_agents_knowledge::words::{Language, fold, words};

use crate::rules::facets;
use crate::rules::reading::Reading;

/// Longest heading in characters.
pub const CHARS_MAX: usize = 72;
/// Most words of a heading.
const WORDS_MAX: usize = 10;

/// Makes headings out of what documents are called.
#[derive(Debug)]
pub struct Cleaner<'a> {
    reading: &'a Reading,
    /// What stands before a colon in several titles: the name of a series.
    series: Vec<String>,
}

/// A heading that reads well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// The heading.
    pub text: String,
    /// Whether nothing was cut off it but a frame.
    pub is_whole: bool,
}

impl<'a> Cleaner<'a> {
    /// A cleaner for the documents of a reading.
    #[must_use]
    pub fn new(reading: &'a Reading) -> Self {
        let mut heads: BTreeMap<String, usize> = BTreeMap::new();
        for document in &reading.documents {
            if let Some((head, _)) = document.title.split_once(':') {
                let head = fold(head.trim());
                let head = head.strip_prefix("the ").unwrap_or(&head).to_owned();
                *heads.entry(head).or_default() += 1;
            }
        }
        let series =
            heads.into_iter().filter(|(_, count)| *count >= 2).map(|(head, _)| head).collect();
        Self { reading, series }
    }

    /// A heading that reads well, if one can be made of this.
    #[must_use]
    pub fn clean(&self, raw: &str) -> Option<Cleaned> {
        let whole = self.without_frame(raw);
        let heading = self.trimmed(&whole)?;
        let fits =
            heading.chars().count() <= CHARS_MAX && is_sound(self.reading.language, &heading);
        fits.then(|| Cleaned { text: self.set(&heading), is_whole: heading == whole })
    }

    /// Without the number, the series and the site around it.
    fn without_frame(&self, raw: &str) -> String {
        let raw = raw.replace(['\u{2018}', '\u{2019}'], "'");
        let mut heading = raw.split(" | ").next().unwrap_or_default().trim();
        if let Some((head, rest)) = heading.split_once(':') {
            let folded = fold(head.trim());
            let folded = folded.strip_prefix("the ").unwrap_or(&folded);
            if self.series.iter().any(|series| series == folded) || is_numbering(folded) {
                heading = rest.trim();
            }
        }
        if let Some((number, rest)) = heading.split_once(['.', ')'])
            && is_numbering(&fold(number.trim()))
        {
            heading = rest.trim();
        }
        let heading = heading.trim_end_matches(['.', ':', '…', ' ', ',', ';']);
        let joined = heading.replace(" – and ", " and ").replace(" — and ", " and ");
        expanded(&joined.replace(" – of ", " of ").replace(" — of ", " of "))
    }

    /// As it is, or without its last part when only that holds words which no other document has, or
    /// when it is too long.
    fn trimmed(&self, heading: &str) -> Option<String> {
        let mut heading = heading.to_owned();
        for _ in 0..3 {
            let short =
                words(&heading).count() <= WORDS_MAX && heading.chars().count() <= CHARS_MAX;
            if short && self.is_shared(&heading) {
                return Some(heading);
            }
            heading = without_last_part(self.reading.language, &heading)?;
        }
        None
    }

    /// Whether the words that carry a subject stand in at least two documents (or the documents are so
    /// few that this says nothing). A longer heading may have one word of its own.
    fn is_shared(&self, heading: &str) -> bool {
        let enough = if self.reading.documents.len() < 4 { 1 } else { 2 };
        let language = self.reading.language;
        let content: Vec<String> = words(heading)
            .map(|(_, word)| fold(word))
            .filter(|word| !language.is_stop(word))
            .collect();
        let is_own = |word: &&String| {
            self.reading.frequency(&language.stem(word)) < enough
                && !facets::is_sign(language, word)
        };
        let own = content.iter().filter(is_own).count();
        own == 0 || (own == 1 && content.len() >= 4)
    }

    /// In the capitals that headings have in this language.
    fn set(&self, heading: &str) -> String {
        match self.reading.language {
            Language::English => title_case(heading),
            Language::German | Language::French | Language::Spanish | Language::Other => {
                capitalised(heading)
            }
        }
    }
}

/// `1`, `lesson 2`, `step iv`.
fn is_numbering(folded: &str) -> bool {
    let mut parts = folded.split_whitespace();
    let (first, second) = (parts.next().unwrap_or(""), parts.next());
    let is_number = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_digit());
    let counts = matches!(
        first,
        "step"
            | "lesson"
            | "part"
            | "chapter"
            | "tip"
            | "phase"
            | "rule"
            | "trend"
            | "schritt"
            | "teil"
            | "kapitel"
            | "étape"
            | "partie"
            | "paso"
            | "parte"
    );
    parts.next().is_none()
        && match second {
            None => is_number(first),
            Some(second) => {
                counts && (is_number(second) || matches!(second, "i" | "ii" | "iii" | "iv" | "v"))
            }
        }
}

/// `What's a Bot?` is written out.
fn expanded(heading: &str) -> String {
    let written_out = [
        ("What's", "What Is"),
        ("what's", "what is"),
        ("It's", "It Is"),
        ("it's", "it is"),
        ("Don't", "Do Not"),
        ("Can't", "Cannot"),
    ];
    written_out.iter().fold(heading.to_owned(), |text, (short, long)| text.replace(short, long))
}

/// `How to Build a Chatbot in a Weekend` without ` in a Weekend`; none when nothing would be left.
fn without_last_part(language: Language, heading: &str) -> Option<String> {
    let joints: &[&str] = match language {
        Language::English => &[
            "in", "for", "at", "with", "on", "from", "through", "and", "by", "during", "across",
            "under", "to", "of", "—", "–", "-", "as",
        ],
        Language::German => &["in", "für", "mit", "von", "und", "bei", "im", "–"],
        Language::French => &["dans", "pour", "avec", "de", "et", "des", "–"],
        Language::Spanish => &["en", "para", "con", "de", "y", "del", "–"],
        Language::Other => &["–"],
    };
    let tokens: Vec<&str> = heading.split(' ').collect();
    let cut = tokens.iter().rposition(|token| joints.contains(&fold(token).as_str()))?;
    let kept = tokens.get(..cut)?;
    // "How to" is no heading, and an infinitive keeps its "to".
    let content = kept.iter().filter(|token| !language.is_stop(&fold(token))).count();
    // A clause that lost its object is no heading: "Managers will focus".
    let clause = kept
        .iter()
        .skip(1)
        .any(|token| matches!(fold(token).as_str(), "will" | "can" | "should" | "is" | "are"));
    // "the work" of whom? What "of" tells cannot be cut off.
    let relation = tokens.get(cut).is_some_and(|joint| fold(joint) == "of")
        && cut >= 2
        && tokens
            .get(cut - 2)
            .is_some_and(|word| matches!(fold(word).as_str(), "the" | "a" | "an"));
    if relation && !clause {
        return without_last_part(language, &kept.join(" "));
    }
    (content >= 2 && !clause)
        .then(|| kept.join(" ").trim_end_matches([',', ':', ' ', '–', '—', '-']).to_owned())
}

/// Whether a heading is whole, speaks to nobody, and says more than that there is something.
fn is_sound(language: Language, heading: &str) -> bool {
    let folded: Vec<String> = words(heading).map(|(_, word)| fold(word)).collect();
    let joined = format!(" {} ", folded.join(" "));
    let content = folded.iter().filter(|word| !language.is_stop(word)).count();
    let speaks = ADDRESSES.iter().any(|word| folded.iter().any(|own| own == word));
    let empty = EMPTY.iter().any(|phrase| joined.contains(&format!(" {phrase} ")));
    let ends = folded.last().is_some_and(|last| DANGLING.contains(&last.as_str()));
    let starts = folded.first().is_some_and(|first| OPENERS.contains(&first.as_str()));
    let letters = heading.chars().filter(|c| c.is_alphabetic()).count();
    let marks = heading.chars().any(|c| "!&#;@/\\[]{}<>*_\"“”…".contains(c) || c.is_ascii_digit());
    let asks = heading.contains('?') && !heading.ends_with('?');
    content >= 1 && letters >= 4 && !(speaks || empty || ends || starts || marks || asks)
}

/// Words that speak to somebody or of oneself.
#[rustfmt::skip]
const ADDRESSES: &[&str] = &[
    "i", "me", "my", "we", "our", "us", "you", "your", "yours", "let's", "i'm", "we're", "you're", "mine", "ich", "wir", "uns", "unser", "unsere", "ihr", "ihre",
    "je", "nous", "notre", "nos", "vous", "votre", "vos", "yo", "nosotros", "nuestro", "nuestra", "usted", "su",
];

/// Headings that only say that there is something.
#[rustfmt::skip]
const EMPTY: &[&str] = &[
    "footnote", "footnotes", "resources", "resource", "next steps", "conclusion", "conclusions", "introduction", "overview", "summary", "contact us", "related", "references",
    "about", "results", "what is next", "what's next", "takeaways", "get involved", "events", "event", "topics", "faq", "frequently asked", "more", "appendix", "table of contents", "recap",
    "update", "webinar", "symposium", "case study", "roundup", "round up", "kicking off", "week", "further reading", "comments", "share", "subscribe", "detailed list", "final thought",
    "agency stories", "stories", "call to action", "but wait", "up next", "progress", "similarities", "differences", "in practice", "a solution", "why it is important", "what to consider", "what we", "how we",
    "things to consider", "how it worked", "why we", "some ground rules", "key things", "its role", "part two", "part one", "did", "before getting started", "desirable features", "how to implement",
    "inhalt", "fazit", "einleitung", "quellen", "siehe auch", "zusammenfassung", "sommaire", "résumé", "voir aussi", "sources", "resumen", "conclusión", "véase también", "fuentes", "everything", "here", "this", "these", "that", "it is the law",
    "what s", "lessons learned", "areas of focus", "level of training", "background", "predictions and trends", "conversation with", "opportunity for", "the good", "no longer", "what makes it", "news", "blog",
];

/// Words that no heading ends with.
#[rustfmt::skip]
const DANGLING: &[&str] = &[
    "the", "a", "an", "of", "in", "for", "to", "and", "or", "with", "on", "at", "by", "from", "into", "as", "is", "are", "that", "it", "them", "your", "its", "their", "not", "be", "can", "will", "using", "does",
    "der", "die", "das", "und", "oder", "von", "mit", "für", "im", "zu", "le", "la", "les", "de", "des", "et", "ou", "pour", "el", "los", "y", "o", "del", "para", "con",
];

/// Words that no heading starts with.
const OPENERS: &[&str] = &[
    "and", "or", "but", "of", "to", "than", "that", "which", "und", "oder", "aber", "et", "mais",
    "y", "pero", "do", "not", "don't", "it", "they", "he", "she", "its", "their",
];

/// Words that stay small in an English title, save first and last.
const SMALL: &[&str] = &[
    "a", "an", "the", "and", "but", "or", "nor", "for", "of", "in", "on", "at", "to", "by", "as",
    "from", "into", "with", "per", "via", "vs", "than", "that", "over",
];

/// English title case. Words with capitals inside keep them.
#[must_use]
pub fn title_case(text: &str) -> String {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let last = tokens.len().saturating_sub(1);
    let mut after_colon = true;
    let mut set = Vec::with_capacity(tokens.len());
    for (place, token) in tokens.iter().enumerate() {
        let small =
            SMALL.contains(&fold(token.trim_matches(|c: char| !c.is_alphanumeric())).as_str());
        let keep_small = small && place != last && !after_colon;
        set.push(if keep_small {
            fold(token)
        } else {
            token.split('-').map(capitalised).collect::<Vec<_>>().join("-")
        });
        after_colon = token.ends_with([':', '?', '–', '—']);
    }
    set.join(" ")
}

/// With its first letter large.
#[must_use]
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if !text.chars().skip(1).any(|c| c.is_uppercase()) || first.is_uppercase() => {
            first.to_uppercase().chain(letters).collect()
        }
        // "iPhone" and sentences with names keep their first letter only when it is one word.
        Some(first) if text.contains(' ') => first.to_uppercase().chain(letters).collect(),
        Some(_) | None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::reading::Document;
    use crate::rules::topic::Topic;

    fn reading() -> Reading {
        let text = "Chatbots build promise perils artificial emotional intelligence government datasets defined role best prepare \
                    federal employees replace augment tools rise conversational commerce customer service bot lesson roasting";
        let document = |title: &str| Document {
            title: title.to_owned(),
            headings: Vec::new(),
            text: format!("{title} {text}"),
        };
        let titles = ["The Briefing: One", "Briefing: Two", "Three", "Four"];
        let topic = Topic::new(Language::English, "Chatbots", "chatbots");
        Reading::new(Language::English, titles.map(document).into(), &topic)
    }

    fn check(raw: &str, want: Option<&str>) {
        let reading = reading();
        let got = Cleaner::new(&reading).clean(raw).map(|cleaned| cleaned.text);
        assert_eq!(got.as_deref(), want, "{raw}");
    }

    #[test]
    fn titles_become_headings() {
        check("The Briefing: How to Build a Chatbot in a Weekend", Some("How to Build a Chatbot"));
        check(
            "Briefing: The promise and perils of artificial emotional intelligence",
            Some("The Promise and Perils of Artificial Emotional Intelligence"),
        );
        check("1. AI Defined", None);
        check("Lesson 2. Government datasets", Some("Government Datasets"));
        check("What’s a Bot?", Some("What Is a Bot?"));
        check(
            "Chatbots and the Rise of Conversational Commerce and Citizen Experience",
            Some("Chatbots and the Rise of Conversational Commerce"),
        );
        check("Roasting", Some("Roasting"));
    }

    #[test]
    fn what_does_not_read_as_a_heading_is_left_out() {
        for raw in [
            "Footnotes",
            "What’s Next?",
            "Use Your Chatbots",
            "Build Chatbots!",
            "3 Chatbots",
            "And chatbots",
            "",
            "…",
            "Chatbots &#8217; tools",
            "What We Did",
        ] {
            check(raw, None);
        }
    }

    #[test]
    fn title_case_keeps_small_words_and_acronyms() {
        assert_eq!(
            title_case("the rise of AI in customer-service teams"),
            "The Rise of AI in Customer-Service Teams"
        );
        assert_eq!(title_case("chatbots: the what for"), "Chatbots: The What For");
        assert_eq!(capitalised("iPhone"), "iPhone");
    }
}
