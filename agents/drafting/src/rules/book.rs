//! What a digest is worded with, one book a language.
//!
//! A book holds templates only. A template that names a slot for which there is no value (a year
//! that is not known, say) is passed over, so needs are never written down twice. No template states
//! anything about the subject: it names a source, says how sources stand to each other, or counts
//! them.

use std::collections::BTreeMap;

use galley_agents_knowledge::words::Language;
use galley_schemas::content::ClaimKind;

mod de;
mod en;
mod es;
mod fr;

/// How a quote stands to what was said before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn {
    /// It stands for itself.
    Open,
    /// It adds to what came before, from another source.
    More,
    /// From the same source as the one before, further on.
    Same,
    /// From the same source as the one before, anywhere.
    SameElsewhere,
    /// On the same point as the one before, from another source.
    Agrees,
    /// Against the one before.
    Contrast,
    /// Published later than the one before.
    Later,
    /// Published earlier than the one before.
    Earlier,
    /// Published in the same year as the one before.
    SameYear,
    /// It tells of a case.
    Example,
    /// It carries a number.
    Figure,
    /// It recommends something.
    Advice,
    /// It says what something is.
    Definition,
    /// The source itself repeats somebody there.
    Quoted,
}

/// Values for the slots of a template.
pub(crate) type Slots = BTreeMap<&'static str, String>;

/// The wording of one language.
///
/// Slots of quotes: `who`/`Who` (author or publisher), `past`/`present` (a verb for `who`), `year`,
/// `title`, `doc` (the bare noun), `adoc`/`Adoc` (with article, year and publisher as needed),
/// `years`/`Years` (time since the one before), and one of the quote's forms: `q` (whole), `qf`
/// (whole without its full stop), `q1` and `q2` (in two parts), `that` (fit to follow "that").
#[derive(Debug)]
pub(crate) struct Book {
    /// Templates that bring a quote in.
    pub(crate) quote: fn(Turn) -> &'static [&'static str],
    /// Verbs by kind of claim, as (past, present).
    pub(crate) verbs: fn(ClaimKind) -> &'static [(&'static str, &'static str)],
    /// 0 to 12 in words, as they count documents.
    pub(crate) numbers: [&'static str; 13],
    /// A span of one year, and of `{n}` years.
    pub(crate) years: [&'static str; 2],
    /// Nouns for an article, a web page and any other document.
    pub(crate) docs: [&'static str; 3],
    /// A document with its year, without one, and either with its publisher.
    pub(crate) adoc: [&'static str; 4],
    /// An author with the publisher.
    pub(crate) author_of: &'static str,
    /// Joins the last of several names.
    pub(crate) and: &'static str,
    /// Words that a topic begins with when it is an indirect question already.
    pub(crate) asking: &'static [&'static str],
    /// Conjunctions that open a clause which may be quoted on its own.
    pub(crate) subordinate: &'static [&'static str],
    /// Connectives at the start of a sentence that are left out of a quote.
    pub(crate) connectives: &'static [&'static str],
    /// Words at the start of a sentence that point back at what is not quoted.
    pub(crate) pointing: &'static [&'static str],
    /// Words of the first person.
    pub(crate) first_person: &'static [&'static str],
    /// The ending of participles that begin fragments, and verbs that show that it is none.
    pub(crate) participle: &'static str,
    /// See `participle`.
    pub(crate) finite: &'static [&'static str],
    /// Verbs that begin a piece of advice.
    pub(crate) imperatives: &'static [&'static str],
    /// Words that mark boilerplate.
    pub(crate) boilerplate: &'static [&'static str],
    /// Words that mark advice, an example, a definition.
    pub(crate) marks: [&'static [&'static str]; 3],
    /// Joins of the article's own parts.
    pub(crate) frame: Frame,
}

/// What joins the parts of a digest. `n` counts documents unless said otherwise.
#[derive(Debug)]
pub(crate) struct Frame {
    /// First sentence of the lead; slots `topic` (an indirect question) or `subject`.
    pub(crate) about: &'static [&'static str],
    /// Where it comes from; slots `n`, `publisher`/`publishers`, `from`, `to`.
    pub(crate) drawn: &'static [&'static str],
    /// The way through it; slots `h1`, `h2`, `h3`, `h4` (where there are four) or
    /// `rest` (how many parts more).
    pub(crate) way: &'static [&'static str],
    /// How it quotes.
    pub(crate) method: &'static [&'static str],
    /// Opens a section on several documents; slots `n`, `N`, `from`, `to`, `k` and `K` (passages).
    pub(crate) section_many: &'static [&'static str],
    /// Opens a section on one document; slots `year`, `title`.
    pub(crate) section_one: &'static [&'static str],
    /// Opens a paragraph of one kind of claims.
    pub(crate) paragraph: fn(ClaimKind) -> &'static [&'static str],
    /// After a quote that other documents repeat, one and several; slot `n`, `N`.
    pub(crate) repeated: [&'static [&'static str]; 2],
    /// After two quotes that disagree; slot `about`.
    pub(crate) disagree: &'static [&'static str],
    /// The heading of the last section.
    pub(crate) open_heading: &'static str,
    /// The sentences of the last section, in order; each is said when its slots can be filled:
    /// `differ` (what is disagreed on), `publisher` (the only one), `newest` (a year),
    /// `n`/`N` (documents), `k` (passages), `shared` or `single` (passages that stand in another
    /// document as well), `unanswered` (a heading).
    pub(crate) open: &'static [&'static [&'static str]],
}

impl Book {
    /// The book of a language; English where there is none.
    pub(crate) fn of(language: Language) -> &'static Self {
        match language {
            Language::German => &de::BOOK,
            Language::French => &fr::BOOK,
            Language::Spanish => &es::BOOK,
            Language::English | Language::Other => &en::BOOK,
        }
    }

    /// A number as it is written in running text.
    pub(crate) fn number(&self, n: usize) -> String {
        self.numbers.get(n).map_or_else(|| n.to_string(), |word| (*word).to_owned())
    }

    /// Names in a row: `A, B and C`.
    pub(crate) fn row(&self, names: &[String]) -> String {
        match names {
            [] => String::new(),
            [one] => one.clone(),
            [most @ .., last] => format!("{} {} {last}", most.join(", "), self.and),
        }
    }
}

/// The template with its slots filled; none when a slot has no value.
pub(crate) fn fill(template: &str, slots: &Slots) -> Option<String> {
    let mut text = String::with_capacity(template.len() * 4);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (slot, after) = after.split_once('}')?;
        text.push_str(before);
        text.push_str(slots.get(slot)?);
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURNS: [Turn; 14] = [
        Turn::Open,
        Turn::More,
        Turn::Same,
        Turn::SameElsewhere,
        Turn::Agrees,
        Turn::Contrast,
        Turn::Later,
        Turn::Earlier,
        Turn::SameYear,
        Turn::Example,
        Turn::Figure,
        Turn::Advice,
        Turn::Definition,
        Turn::Quoted,
    ];

    #[test]
    fn a_template_without_a_value_for_its_slot_is_passed_over() {
        let slots = Slots::from([("year", "2016".to_owned())]);
        assert_eq!(fill("In {year}.", &slots), Some("In 2016.".to_owned()));
        assert_eq!(fill("In {year}, {who}.", &slots), None);
        assert_eq!(fill("Plain.", &slots), Some("Plain.".to_owned()));
    }

    #[test]
    fn every_book_can_bring_in_any_quote_that_has_neither_year_nor_publisher() {
        let slots = Slots::from([
            ("q", "\u{201c}Q.\u{201d}".to_owned()),
            ("doc", "document".to_owned()),
            ("adoc", "one document".to_owned()),
            ("Adoc", "One document".to_owned()),
            ("past", "said".to_owned()),
            ("present", "says".to_owned()),
        ]);
        for language in [Language::English, Language::German, Language::French, Language::Spanish] {
            let book = Book::of(language);
            for turn in [Turn::Open, Turn::Quoted] {
                let said = (book.quote)(turn).iter().filter_map(|t| fill(t, &slots)).count();
                assert!(said >= 2, "{language:?} {turn:?}");
            }
        }
    }

    #[test]
    fn every_template_shows_the_quote_once_and_names_only_known_slots() {
        let forms = ["{q}", "{qf}", "{that}", "{q1}"];
        for language in [Language::English, Language::German, Language::French, Language::Spanish] {
            for turn in TURNS {
                for template in (Book::of(language).quote)(turn) {
                    let shown: usize =
                        forms.iter().map(|form| template.matches(form).count()).sum();
                    assert_eq!(shown, 1, "{language:?} {turn:?}: {template}");
                    assert_eq!(
                        template.contains("{q1}"),
                        template.contains("{q2}"),
                        "{language:?}: {template}"
                    );
                }
            }
        }
    }
}
