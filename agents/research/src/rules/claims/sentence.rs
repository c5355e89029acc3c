//! One sentence under judgement.

use galley_agents_knowledge::words::{Language, fold, words};
use galley_schemas::content::ClaimKind;

use super::lexicon::{self, Lexicon};
use super::{Unfit, WORDS_MAX, WORDS_MIN, shape};
use crate::rules::numbers;

/// A sentence with its words.
#[derive(Debug)]
pub(super) struct Sentence<'a> {
    pub(super) text: &'a str,
    pub(super) lexicon: &'static Lexicon,
    pub(super) language: Language,
    pub(super) folded: Vec<String>,
    /// The folded words with a space before and after each, to find phrases in.
    pub(super) joined: String,
}

impl<'a> Sentence<'a> {
    pub(super) fn read(text: &'a str, language: Language) -> Self {
        let folded: Vec<String> = words(text).map(|(_, word)| fold(word)).collect();
        let joined = format!(" {} ", folded.join(" "));
        Self { text, lexicon: lexicon::of(language), language, folded, joined }
    }

    pub(super) fn words(&self) -> usize {
        self.folded.len()
    }

    /// Why it is not quoted on its own, if there is a reason.
    pub(super) fn refused(&self) -> Option<Unfit> {
        let words = self.words();
        let checks = [
            (words < WORDS_MIN, Unfit::Short),
            (words > WORDS_MAX, Unfit::Long),
            (self.leans(), Unfit::Leans),
        ];
        self.refused_as_such()
            .or_else(|| checks.into_iter().find(|(bad, _)| *bad).map(|(_, why)| why))
    }

    /// Whether nothing but leaning speaks against it.
    pub(super) fn refused_but_leaning(&self) -> bool {
        self.refused_as_such().is_none()
    }

    fn refused_as_such(&self) -> Option<Unfit> {
        let checks: [(bool, Unfit); 5] = [
            (shape::is_broken(self.text), Unfit::Broken),
            (!self.is_statement(), Unfit::NoStatement),
            (self.is_notice(), Unfit::Notice),
            (self.has_any(self.lexicon.writer) || self.opens_with_us(), Unfit::Writer),
            (!self.has_verb() || self.lacks_subject(), Unfit::NoVerb),
        ];
        checks.into_iter().find(|(bad, _)| *bad).map(|(_, why)| why)
    }

    /// How well it reads on its own, 0 to 1.
    pub(super) fn quality(&self) -> f64 {
        let words = self.words();
        let mut quality = 0.75;
        if (10..=28).contains(&words) {
            quality += 0.1;
        }
        if self.has_any(self.lexicon.telling) {
            quality += 0.1;
        }
        if numbers::has_figure(self.text) {
            quality += 0.05;
        }
        for (weak, factor) in self.weaknesses() {
            if weak {
                quality *= factor;
            }
        }
        quality
    }

    fn weaknesses(&self) -> [(bool, f64); 15] {
        let words = self.words();
        let opens_with_quote = self.text.starts_with(['"', '“', '«', '„', '‘', '\'']);
        [
            (words < 9, 0.8),
            (words > 34, 0.85),
            (self.has_any(self.lexicon.ours), 0.5),
            (self.has_any(self.lexicon.reader), 0.75),
            // News passes; and praise of what is to come informs nobody.
            (self.has_any(self.lexicon.passing), 0.55),
            // Marks within marks are hard to read.
            (self.text.contains(['"', '“', '”']), 0.7),
            (self.is_bare_order(), 0.8),
            (self.counts_what_is_near(), 0.7),
            (self.points_later(), 0.55),
            // "also" points to what was said before.
            (self.folded.iter().take(8).any(|word| word == "also"), 0.75),
            (opens_with_quote, 0.7),
            (self.text.contains(['(', ';', '[']), 0.9),
            (
                self.text.contains(" – ") || self.text.contains('—') || self.text.contains(" - "),
                0.95,
            ),
            (self.is_dated(), 0.7),
            (self.name_share() > 0.34, 0.75),
        ]
    }

    /// What sort of statement it is.
    pub(super) fn kind(&self) -> ClaimKind {
        if numbers::has_figure(self.text) {
            ClaimKind::Figure
        } else if self.is_definition() {
            ClaimKind::Definition
        } else if self.has_any(self.lexicon.example) {
            ClaimKind::Example
        } else if self.has_any(self.lexicon.advice) || self.is_imperative() {
            ClaimKind::Advice
        } else if self.has_any(self.lexicon.opinion) {
            ClaimKind::Opinion
        } else {
            ClaimKind::Fact
        }
    }

    pub(super) fn first(&self) -> &str {
        self.folded.first().map_or("", String::as_str)
    }

    pub(super) fn word(&self, place: usize) -> &str {
        self.folded.get(place).map_or("", String::as_str)
    }

    pub(super) fn has_any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.has(phrase))
    }

    fn has(&self, phrase: &str) -> bool {
        self.joined.match_indices(phrase).any(|(at, _)| self.bounded(at, at + phrase.len()))
    }

    fn bounded(&self, start: usize, end: usize) -> bool {
        let bytes = self.joined.as_bytes();
        start > 0 && bytes.get(start - 1) == Some(&b' ') && bytes.get(end) == Some(&b' ')
    }

    pub(super) fn starts_with(&self, phrase: &str) -> bool {
        let rest = self.joined.get(1..).and_then(|joined| joined.strip_prefix(phrase));
        rest.is_some_and(|rest| rest.starts_with(' '))
    }

    /// Whether it ends as a statement does, and is not set like a heading.
    fn is_statement(&self) -> bool {
        let end = self.text.trim_end_matches(['"', '”', '’', '\'', ')', '»', '“', ']']);
        let aside = self.text.starts_with('(');
        end.ends_with('.') && !aside && !self.text.contains('?') && self.name_share() < 0.6
    }

    fn is_notice(&self) -> bool {
        self.has_any(self.lexicon.notices) || self.is_byline()
    }

    /// `Ann Smith is the Director of …`.
    fn is_byline(&self) -> bool {
        let verb = self.folded.iter().take(6).position(|word| {
            matches!(word.as_str(), "is" | "was" | "works" | "serves" | "ist" | "est" | "es")
        });
        let Some(verb) = verb else { return false };
        let names = words(self.text).take(verb).filter(|(_, word)| starts_upper(word)).count();
        let person = (2..=4).contains(&names) && names == verb && !self.text.starts_with("The ");
        let title = self.folded.iter().skip(verb + 1).take(8);
        person && title.clone().any(|word| self.lexicon.posts.contains(&word.as_str()))
    }

    fn has_verb(&self) -> bool {
        if self.lexicon.verbs.is_empty() {
            return true;
        }
        // The first word is capitalised whatever it is; an imperative may stand there.
        let opens_with_gerund = self.language == Language::English
            && self.first().ends_with("ing")
            && self.first().len() > 5;
        if opens_with_gerund {
            // "Defining the process" has a word that may be a verb, and says nothing.
            return self.folded.iter().any(|word| self.lexicon.verbs.contains(&word.as_str()));
        }
        if self.language == Language::English {
            return self.is_imperative() || self.has_main_clause();
        }
        self.folded.iter().any(|word| self.is_verb(word)) || self.is_imperative()
    }

    /// `Called for agencies to listen.`: an entry of a list that leaves its subject out.
    fn lacks_subject(&self) -> bool {
        let (first, second) = (self.first(), self.word(1));
        let english = self.language == Language::English;
        let past = english && first.len() > 4 && first.ends_with("ed");
        let opening: String = self.text.chars().take(60).collect();
        (past && self.language.is_stop(second) && !opening.contains(','))
            || (english && self.opens_with_predicate())
    }

    pub(super) fn is_verb(&self, word: &str) -> bool {
        let known = |form: &str| {
            self.lexicon.verbs.contains(&form) || self.lexicon.perhaps_verbs.contains(&form)
        };
        let third = word.strip_suffix('s').filter(|_| self.language == Language::English);
        known(word)
            || third.is_some_and(|form| known(form) || form.strip_suffix('e').is_some_and(known))
            || (word.len() > 4 && self.lexicon.verb_endings.iter().any(|end| word.ends_with(end)))
    }

    /// `Our team will …`, `We also open …`: the organisation speaks of itself.
    fn opens_with_us(&self) -> bool {
        self.folded.iter().take(4).any(|word| self.lexicon.ours.contains(&word.as_str()))
    }

    /// Advice that gives no reason: `Set goals, measure results.`
    fn is_bare_order(&self) -> bool {
        self.is_imperative() && !self.has_any(self.lexicon.telling)
    }

    /// `Another reason`, `the second step`: one of a row that is not quoted.
    fn counts_what_is_near(&self) -> bool {
        const ORDINALS: [&str; 8] =
            ["another", "second", "third", "fourth", "fifth", "first", "final", "next"];
        self.folded.iter().take(2).any(|word| ORDINALS.contains(&word.as_str()))
    }

    fn is_imperative(&self) -> bool {
        self.lexicon.imperatives.contains(&self.first())
    }

    /// `X is a Y that …`.
    fn is_definition(&self) -> bool {
        // What is defined comes first, and is not one thing that was named before.
        let clause = self.text.split(',').next().unwrap_or_default();
        let clause = words(clause).take(9).map(|(_, word)| fold(word)).collect::<Vec<_>>();
        if clause.first().is_some_and(|first| first == "the") {
            return false;
        }
        let opening = clause.join(" ");
        let opening = format!(" {opening} ");
        let says =
            self.lexicon.definition.iter().any(|sign| opening.contains(&format!(" {sign} ")));
        let plain_is = ["is a", "is an", "are a"].iter().any(|sign| opening.contains(sign))
            && !opening.contains(" called ")
            && !opening.contains(" defined ");
        let explains = [
            " that ",
            " which ",
            " who ",
            " used ",
            " designed ",
            " process ",
            " type ",
            " kind ",
            " form ",
            " method ",
            " measure ",
        ];
        says && (!plain_is || explains.iter().any(|word| self.joined.contains(word)))
    }

    /// Whether it tells of one day.
    fn is_dated(&self) -> bool {
        const MONTHS: [&str; 12] = [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ];
        self.folded.windows(2).any(|pair| match pair {
            [month, day] => MONTHS.contains(&month.as_str()) && day.parse::<u8>().is_ok(),
            _ => false,
        })
    }

    /// How many of the words after the first are capitalised.
    fn name_share(&self) -> f64 {
        if self.language == Language::German {
            return 0.0;
        }
        let later: Vec<&str> = words(self.text).skip(1).map(|(_, word)| word).collect();
        let upper = later.iter().filter(|word| starts_upper(word) && **word != "I").count();
        upper as f64 / later.len().max(1) as f64
    }
}

fn starts_upper(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}
