//! Who said it, and in which form the words are repeated.
//!
//! Whatever form is taken, what stands between the quotation marks is a verbatim piece of the
//! claim's quote: never a byte is changed, only a connective before it or a full stop after it may
//! stay outside.

use chrono::Datelike;
use galley_schemas::content::{Claim, Source};

use super::book::{Book, Slots, fill};
use super::fitness::{ends_as_a_sentence, starts_with_connective};
use super::text::{count_words, upper_first};

const TITLE_WORDS_MAX: usize = 9;
const INVERTED_WORDS_MAX: usize = 22;
const SPLIT_WORDS_MAX: usize = 34;

/// The year that a source was published in.
pub(crate) fn year(source: &Source) -> Option<i32> {
    source.published.map(|day| day.year())
}

/// Names the source: the slots `who`, `year`, `title`, `doc`, `adoc` and their capitals.
pub(crate) fn name(source: &Source, publishers: Publishers, book: &Book) -> Slots {
    let mut slots = Slots::new();
    if let Some(year) = year(source) {
        slots.insert("year", year.to_string());
    }
    let publisher = source.publisher.as_deref().map(publisher_name).filter(|name| !name.is_empty());
    slots.extend(publisher.clone().map(|name| ("publisher", name)));
    slots.insert("doc", doc(source, book).to_owned());
    slots.extend(title(&source.title).map(|title| ("title", format!("\u{2018}{title}\u{2019}"))));
    let author = source.author.as_deref().and_then(person);
    slots.extend(author.map(|author| ("author", author)));
    // Where all is from one publisher, the lead names it, and authors stand by themselves.
    let in_full = fill(book.author_of, &slots).filter(|_| publishers == Publishers::Several);
    // A lone publisher tells documents apart no more; their titles do.
    let told_apart = publishers == Publishers::Several || !slots.contains_key("title");
    let house = publisher.filter(|_| told_apart);
    let who = in_full.or_else(|| slots.get("author").cloned()).or(house);
    let [dated, undated, dated_from, undated_from] = book.adoc;
    let forms = match publishers {
        Publishers::Lone => [dated, undated, dated, undated],
        Publishers::Several => [dated_from, undated_from, dated, undated],
    };
    let adoc = forms.iter().find_map(|form| fill(form, &slots));
    for (small, capital, value) in [("who", "Who", who), ("adoc", "Adoc", adoc)] {
        if let Some(value) = value {
            slots.insert(capital, upper_first(&value));
            slots.insert(small, value);
        }
    }
    slots
}

/// Whether all that is quoted comes from one publisher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Publishers {
    /// One, or none is known.
    Lone,
    /// More than one.
    Several,
}

/// A publisher's name as it is printed: a host without its `www.`.
pub(crate) fn publisher_name(name: &str) -> String {
    let name = name.trim();
    let name = name.strip_prefix("www.").unwrap_or(name);
    if is_host(name) { upper_first(name) } else { name.to_owned() }
}

fn is_host(name: &str) -> bool {
    name.contains('.') && !name.contains(' ') && name.chars().all(|c| !c.is_uppercase())
}

fn doc(source: &Source, book: &Book) -> &'static str {
    let [article, page, document] = book.docs;
    let place = source.url.as_deref().unwrap_or(&source.locator);
    let is_news = ["/news/", "/blog", "/post", "/article", "/20"].iter().any(|p| place.contains(p));
    match &source.url {
        Some(_) if is_news => article,
        Some(_) => page,
        None => document,
    }
}

/// A title short enough to be named in a sentence; of a long one, the part after its colon.
fn title(title: &str) -> Option<String> {
    let title = title.trim().trim_end_matches('.');
    let plain = |text: &str| {
        let unmarked =
            !text.contains(['\u{201c}', '\u{201d}', '"', '?', '!', '\u{2018}', '|', '\n']);
        (unmarked && (2..=TITLE_WORDS_MAX).contains(&count_words(text)))
            .then(|| text.trim().to_owned())
    };
    // What stands before a colon is mostly the name of a series.
    plain(title).or_else(|| plain(title.split_once(": ")?.1))
}

/// An author's name, when it looks like a person's.
fn person(name: &str) -> Option<String> {
    let name = name.trim();
    let parts: Vec<&str> = name.split_whitespace().collect();
    let is_named = (2..=4).contains(&parts.len())
        && parts.iter().all(|part| part.starts_with(char::is_uppercase))
        && !name.contains(['@', '/', '|', ';', '"'])
        && !name.chars().any(|c| c.is_ascii_digit());
    is_named.then(|| name.to_owned())
}

/// The forms in which a claim's words can be repeated: the slots `q`, `qf`, `q1` and `q2`, or `that`.
pub(crate) fn forms(claim: &Claim, book: &Book) -> Slots {
    let text = claim.quote.text.as_str();
    if let Some(connective) = starts_with_connective(text, book) {
        let rest = text.get(connective.len()..).unwrap_or(text);
        return Slots::from([("that", stopped(rest))]);
    }
    if text.starts_with(char::is_lowercase) {
        return Slots::from([("that", stopped(text))]);
    }
    let mut slots = Slots::from([("q", stopped(text))]);
    if let Some(body) = single_sentence(text) {
        if count_words(body) <= INVERTED_WORDS_MAX {
            slots.insert("qf", marked(body));
        }
        if let Some((first, second)) = split(body, book) {
            slots.insert("q1", marked(first));
            slots
                .insert("q2", stopped(text.get(text.len() - second.len() - 1..).unwrap_or(second)));
        }
    }
    slots
}

fn marked(text: &str) -> String {
    format!("\u{201c}{text}\u{201d}")
}

/// In quotation marks, at the end of a sentence: with a full stop after them where none is inside.
fn stopped(text: &str) -> String {
    let stop = if ends_as_a_sentence(text) { "" } else { "." };
    format!("\u{201c}{text}\u{201d}{stop}")
}

/// The text without its full stop, when it is one plain sentence without marks of its own.
fn single_sentence(text: &str) -> Option<&str> {
    let body = text.strip_suffix('.')?;
    let is_plain = !body.contains(['\u{201c}', '\u{201d}', '"', '\n', '!', '?'])
        && !body.ends_with('.')
        && !body.contains(". ");
    is_plain.then_some(body)
}

/// The sentence in two parts at its first comma, when a subordinate clause or an adverbial comes
/// first and both parts can stand.
fn split<'a>(body: &'a str, book: &Book) -> Option<(&'a str, &'a str)> {
    let (first, second) = body.split_once(", ")?;
    let opener = first.split_whitespace().next()?.to_lowercase();
    let stands = book.subordinate.contains(&opener.as_str())
        && (3..=12).contains(&count_words(first))
        && count_words(second) >= 5
        && !second.starts_with("and ")
        && !second.starts_with("or ")
        && first.matches(' ').count() + second.matches(' ').count() < SPLIT_WORDS_MAX
        // Two commas close together are an enumeration or an insertion, which no attribution may cut.
        && second.find(", ").is_none_or(|at| count_words(second.get(..at).unwrap_or_default()) >= 5);
    stands.then_some((first, second))
}

#[cfg(test)]
mod tests {
    use galley_agents_knowledge::words::Language;

    use super::*;
    use crate::rules::sample::{claim, source};
    use crate::rules::text::quoted_spans;

    fn book() -> &'static Book {
        Book::of(Language::English)
    }

    #[test]
    fn every_form_is_a_verbatim_piece_of_the_quote() {
        for text in [
            "Chatbots answer routine questions at any hour of the day.",
            "When a caller waits, the line that should help only adds to the anger.",
            "However, nobody measured what the callers thought of it.",
            "He called it \u{201c}a small miracle\u{201d} in front of the staff.",
            "a fragment of a list without an end",
            "Two sentences stand here. Both are kept as they are.",
        ] {
            let forms = forms(&claim("a", text), book());
            assert!(!forms.is_empty(), "{text}");
            for form in forms.values() {
                for span in quoted_spans(form) {
                    assert!(text.contains(span), "{span} is not in {text}");
                }
            }
        }
    }

    #[test]
    fn a_connective_stays_outside_the_marks() {
        let forms = forms(&claim("a", "However, nobody measured what callers thought."), book());
        assert_eq!(forms["that"], "\u{201c}nobody measured what callers thought.\u{201d}");
        assert!(!forms.contains_key("q"));
    }

    #[test]
    fn a_subordinate_clause_may_be_quoted_apart() {
        let forms = forms(
            &claim("a", "When a caller waits, every further minute adds to the anger."),
            book(),
        );
        assert_eq!(forms["q1"], "\u{201c}When a caller waits\u{201d}");
        assert_eq!(forms["q2"], "\u{201c}every further minute adds to the anger.\u{201d}");
    }

    #[test]
    fn names_leave_out_what_is_not_known() {
        let mut one = source("s", "Waiting in Line", 2016);
        let slots = name(&one, Publishers::Lone, book());
        assert_eq!(slots["adoc"], "a 2016 document");
        assert!(!slots.contains_key("Who"), "the title tells more than the only publisher");
        assert!(name(&one, Publishers::Several, book()).contains_key("Who"));
        let untitled = name(&source("s", "?", 2016), Publishers::Lone, book());
        assert_eq!(untitled["Who"], "Example Press");
        assert_eq!(slots["title"], "\u{2018}Waiting in Line\u{2019}");
        assert_eq!(
            name(&one, Publishers::Several, book())["adoc"],
            "a 2016 document from Example Press"
        );
        one.publisher = None;
        one.published = None;
        let slots = name(&one, Publishers::Several, book());
        assert_eq!(slots["adoc"], "an undated document");
        assert!(!slots.contains_key("who") && !slots.contains_key("year"));
    }

    #[test]
    fn a_host_is_printed_as_a_name_and_a_robot_is_no_person() {
        assert_eq!(publisher_name("www.digital.gov"), "Digital.gov");
        assert_eq!(publisher_name("The Times"), "The Times");
        assert_eq!(person("Jo Vela"), Some("Jo Vela".to_owned()));
        assert_eq!(person("admin"), None);
        assert_eq!(person("team@example.org"), None);
    }

    #[test]
    fn of_a_long_title_the_part_after_the_colon_is_named() {
        let long = "The Data Letter, Week by Week: How to Prepare Data for Chatbots";
        assert_eq!(title(long), Some("How to Prepare Data for Chatbots".to_owned()));
        let longer = "The Data Letter: How to Best Prepare All the Data Sets of a Government";
        assert_eq!(title(longer), None);
        assert_eq!(title("Why wait?"), None);
    }
}
