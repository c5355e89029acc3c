//! Titles for an article, in several styles.

use galley_agents_knowledge::words::{Language, fold};

use crate::rules::facets::is_plural;
use crate::rules::headings::{capitalised, title_case};
use crate::rules::topic::Topic;

/// Longest title that search results show whole, in characters.
pub const CHARS_MAX: usize = 60;

/// Fewest sections that a list of things to know has.
const LIST_MIN: usize = 3;

/// The styles that a title can have; their names are the options of the choice `headline_style`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `How AI Chatbots Change Customer Service`.
    How,
    /// `AI Chatbots and Customer Service: 6 Things to Know`.
    List,
    /// `What Do AI Chatbots Mean for Customer Service?`.
    Question,
    /// `AI Chatbots and Customer Service: What the Sources Say`.
    Statement,
}

/// All styles, in the order in which they are offered.
pub const STYLES: [Style; 4] = [Style::How, Style::List, Style::Question, Style::Statement];

impl Style {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::How => "how",
            Self::List => "list",
            Self::Question => "question",
            Self::Statement => "statement",
        }
    }
}

/// A title in a style that holds every word of the keyphrase and stays within [`CHARS_MAX`] characters
/// where it can. `count` is how many sections there are.
#[must_use]
pub fn title(
    language: Language,
    topic: &Topic,
    keyphrase: &str,
    style: Style,
    count: usize,
) -> String {
    let drafts = match language {
        Language::English | Language::Other => english(topic, style, count),
        Language::German => german(topic, style, count),
        Language::French => french(topic, style, count),
        Language::Spanish => spanish(topic, style, count),
    };
    let drafts: Vec<String> = drafts.into_iter().map(|draft| set(language, &draft)).collect();
    let holds = |draft: &&String| holds(language, draft, keyphrase);
    let fits = |draft: &&String| draft.chars().count() <= CHARS_MAX;
    let best = drafts.iter().find(|draft| holds(draft) && fits(draft));
    let best = best.or_else(|| drafts.iter().find(holds)).cloned();
    best.unwrap_or_else(|| with_keyphrase(language, &drafts, keyphrase))
}

/// Whether a title holds every word of the keyphrase, in any form.
#[must_use]
pub fn holds(language: Language, title: &str, keyphrase: &str) -> bool {
    let held = language.terms(title);
    language.terms(keyphrase).iter().all(|stem| held.contains(stem))
}

fn with_keyphrase(language: Language, drafts: &[String], keyphrase: &str) -> String {
    let phrase = set(language, keyphrase);
    let led = drafts.iter().map(|draft| format!("{phrase}: {draft}"));
    led.min_by_key(|title| title.chars().count()).unwrap_or(phrase)
}

fn set(language: Language, text: &str) -> String {
    match language {
        Language::English => title_case(text),
        Language::German | Language::French | Language::Spanish | Language::Other => {
            capitalised(text)
        }
    }
}

/// What the article is about, as a noun: `AI chatbots and customer service`.
fn matter(topic: &Topic, and: &str) -> String {
    match &topic.object {
        Some(object) if topic.verb.is_some() && is_noun_phrase(object) => {
            format!("{} {and} {object}", topic.subject)
        }
        Some(_) | None if topic.verb.is_none() && !topic.asks() => topic.text.clone(),
        Some(_) | None => topic.name.clone(),
    }
}

/// Whether a phrase can stand after "and": one that starts with a preposition cannot.
fn is_noun_phrase(phrase: &str) -> bool {
    let first = fold(phrase.split(' ').next().unwrap_or_default());
    let led = [
        "from", "to", "in", "into", "on", "for", "with", "by", "at", "how", "when", "as", "than",
        "better", "more", "aus", "von", "zu", "in", "mit", "de", "du", "dans", "en", "por",
    ];
    let is_participle = first.ends_with("ed") && !phrase.contains(' ');
    !is_participle && !led.contains(&first.as_str())
}

/// The topic itself, when it already reads as a title: "What caffeine does to the body".
fn itself(topic: &Topic) -> Option<String> {
    // "Is tea healthy" is a question that lost its mark.
    let first = fold(topic.text.split(' ').next().unwrap_or_default());
    let inverted = ["is", "are", "do", "does", "can", "will", "should"].contains(&first.as_str());
    let second = fold(topic.text.split(' ').nth(1).unwrap_or_default());
    let asked =
        ["is", "are", "do", "does", "did", "can", "will", "should"].contains(&second.as_str());
    let reads = topic.asks() && topic.text.split(' ').count() >= 3;
    let mark = if inverted || asked { "?" } else { "" };
    reads.then(|| format!("{}{mark}", topic.text))
}

/// `measuring customer experience`: "understanding" before it would be one gerund too many.
fn is_gerund(matter: &str) -> bool {
    let first = matter.split(' ').next().unwrap_or_default();
    first.len() > 5 && first.ends_with("ing") && matter.contains(' ')
}

fn without_article(name: &str) -> &str {
    name.strip_prefix("a ").or_else(|| name.strip_prefix("an ")).unwrap_or(name)
}

fn english(topic: &Topic, style: Style, count: usize) -> Vec<String> {
    let subject = &topic.name;
    let matter = matter(topic, "and");
    // Two things are no list.
    let style = if style == Style::List && count < LIST_MIN { Style::How } else { style };
    // Before a colon stands the name alone.
    let label = without_article(&matter);
    let mean = if is_plural(subject) { "Do" } else { "Does" };
    let things = format!("{count} Things to Know");
    match style {
        Style::How => vec![
            itself(topic).unwrap_or_else(|| match is_gerund(&matter) {
                true => matter.clone(),
                false => format!("Understanding {matter}"),
            }),
            format!("Understanding {subject}"),
        ],
        Style::List => {
            vec![format!("{label}: {things}"), format!("{}: {things}", without_article(subject))]
        }
        Style::Question => {
            let object = topic.object.as_ref().filter(|object| is_noun_phrase(object));
            let asked = object.map(|object| format!("What {mean} {subject} Mean for {object}?"));
            let plain = format!("What Do We Know About {matter}?");
            asked.into_iter().chain([plain, format!("{matter}: What Do We Know?")]).collect()
        }
        Style::Statement => vec![
            format!("{label}: What the Sources Say"),
            format!("{}: What the Sources Say", without_article(subject)),
        ],
    }
}

fn german(topic: &Topic, style: Style, count: usize) -> Vec<String> {
    let matter = matter(topic, "und");
    match style {
        Style::How => {
            itself(topic).into_iter().chain([format!("{matter}: So hängt es zusammen")]).collect()
        }
        Style::List => vec![format!("{matter}: {count} Dinge, die man wissen sollte")],
        Style::Question => vec![format!("{matter}: Was ist bekannt?")],
        Style::Statement => vec![format!("{matter}: Was die Quellen sagen")],
    }
}

fn french(topic: &Topic, style: Style, count: usize) -> Vec<String> {
    let matter = matter(topic, "et");
    match style {
        Style::How => {
            itself(topic).into_iter().chain([format!("{matter} : comment ça marche")]).collect()
        }
        Style::List => vec![format!("{matter} : {count} choses à savoir")],
        Style::Question => vec![format!("{matter} : que sait-on ?")],
        Style::Statement => vec![format!("{matter} : ce que disent les sources")],
    }
}

fn spanish(topic: &Topic, style: Style, count: usize) -> Vec<String> {
    let matter = matter(topic, "y");
    match style {
        Style::How => {
            itself(topic).into_iter().chain([format!("{matter}: cómo funciona")]).collect()
        }
        Style::List => vec![format!("{matter}: {count} cosas que saber")],
        Style::Question => vec![format!("{matter}: ¿qué se sabe?")],
        Style::Statement => vec![format!("{matter}: lo que dicen las fuentes")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, keyphrase: &str, style: Style, want: &str) {
        let topic = Topic::new(Language::English, text, keyphrase);
        assert_eq!(title(Language::English, &topic, keyphrase, style, 6), want);
    }

    #[test]
    fn each_style_has_its_title() {
        let text = "How AI chatbots change customer service";
        check(text, "AI chatbots", Style::How, "How AI Chatbots Change Customer Service");
        check(
            text,
            "AI chatbots",
            Style::List,
            "AI Chatbots and Customer Service: 6 Things to Know",
        );
        check(
            text,
            "AI chatbots",
            Style::Question,
            "What Do AI Chatbots Mean for Customer Service?",
        );
        check(
            text,
            "AI chatbots",
            Style::Statement,
            "AI Chatbots and Customer Service: What the Sources Say",
        );
    }

    #[test]
    fn a_topic_that_is_no_sentence_has_titles_too() {
        check("Coffee", "coffee", Style::How, "Understanding Coffee");
        check("Coffee", "coffee", Style::Question, "What Do We Know About Coffee?");
        check(
            "How coffee gets from the plant to the cup",
            "coffee",
            Style::Statement,
            "Coffee: What the Sources Say",
        );
    }

    #[test]
    fn questions_and_noun_phrases_keep_their_grammar() {
        check(
            "What caffeine does to the body",
            "caffeine",
            Style::How,
            "What Caffeine Does to the Body",
        );
        check(
            "What caffeine does to the body",
            "caffeine",
            Style::Question,
            "What Do We Know About Caffeine?",
        );
        check("Is coffee healthy?", "coffee", Style::How, "Is Coffee Healthy?");
        check(
            "The history of coffee",
            "coffee history",
            Style::Question,
            "What Do We Know About the History of Coffee?",
        );
        check("The history of coffee", "coffee", Style::How, "Understanding the History of Coffee");
        check(
            "What makes a good contact center",
            "contact center",
            Style::Statement,
            "Contact Center: What the Sources Say",
        );
        check("How coffee is roasted", "coffee", Style::How, "How Coffee Is Roasted");
        check(
            "How coffee is roasted",
            "coffee",
            Style::Question,
            "What Do We Know About Coffee Roasting?",
        );
        check(
            "Measuring customer experience in government",
            "customer experience",
            Style::How,
            "Measuring Customer Experience in Government",
        );
    }

    #[test]
    fn no_topic_is_too_awkward_for_a_question() {
        for (text, keyphrase, want) in [
            ("How tea is grown", "tea", "What Do We Know About Tea Growing?"),
            ("How bread is made at home", "bread", "What Do We Know About Bread Making?"),
            ("How coffee was discovered", "coffee", "What Do We Know About Coffee?"),
            ("Why tea is popular", "tea", "What Do We Know About Tea?"),
            ("Why bees are dying", "bees", "What Do We Know About Bees?"),
            ("Is tea healthy?", "tea", "What Do We Know About Tea?"),
            ("Why do cats sleep?", "cat sleeping", "What Do We Know About Cat Sleeping?"),
            ("How to brew coffee", "coffee", "What Do We Know About Coffee?"),
            ("What is blockchain?", "blockchain", "What Do We Know About Blockchain?"),
            ("Bitcoin", "bitcoin", "What Do We Know About Bitcoin?"),
            ("How AI can help banks", "AI", "What Does AI Mean for Banks?"),
            ("How AI will change banking", "AI", "What Does AI Mean for Banking?"),
            ("Roasting coffee at home", "coffee", "What Do We Know About Roasting Coffee at Home?"),
        ] {
            check(text, keyphrase, Style::Question, want);
        }
    }

    #[test]
    fn a_question_in_another_language_is_no_label() {
        for (language, text, keyphrase, want) in [
            (Language::German, "Wie Tee angebaut wird", "Tee", "Tee: Was die Quellen sagen"),
            (Language::German, "Wie wird Brot gebacken?", "Brot", "Brot: Was die Quellen sagen"),
            (Language::French, "Comment pousse le thé", "thé", "Thé : ce que disent les sources"),
            (
                Language::French,
                "Comment on fabrique le fromage",
                "fromage",
                "Fromage : ce que disent les sources",
            ),
            (Language::Spanish, "Cómo se cultiva el té", "té", "Té: lo que dicen las fuentes"),
        ] {
            let topic = Topic::new(language, text, keyphrase);
            assert_eq!(title(language, &topic, keyphrase, Style::Statement, 5), want, "{text}");
        }
    }

    #[test]
    fn the_keyphrase_is_always_in_the_title() {
        for style in STYLES {
            for (text, keyphrase) in [
                ("How AI chatbots change customer service", "customer service chatbots"),
                ("Bees", "wild honey bees"),
                ("Why do cats purr?", "cat purring"),
            ] {
                let topic = Topic::new(Language::English, text, keyphrase);
                let title = title(Language::English, &topic, keyphrase, style, 5);
                assert!(holds(Language::English, &title, keyphrase), "{title}");
                assert!(title.chars().count() <= 90, "{title}");
            }
        }
    }
}
