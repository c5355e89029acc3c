//! Words that carry a statement's sense, by language: what denies, what turns round, what counts.
//!
//! The lists are ours, and short: a word stands here when it can turn a true sentence into a false one
//! while nearly all of its words stay those of the source.

use galley_agents_knowledge::words::Language;

mod de;
mod en;
mod es;
mod fr;

/// Two sides that exclude each other. An entry is a whole folded word, or with `*` at its end the
/// beginning of one.
pub(crate) type Opposites = (&'static [&'static str], &'static [&'static str]);

/// One language's lists; all words are folded.
#[derive(Debug)]
pub(crate) struct Lexicon {
    /// Words that deny.
    pub(crate) denials: &'static [&'static str],
    /// Pairs of sides.
    pub(crate) opposites: &'static [Opposites],
    /// Units by their name in figures: `h`, `%`, `1e6`. Equal units have equal names in all languages.
    pub(crate) units: &'static [(&'static str, &'static [&'static str])],
    /// 0 to 20 in words.
    pub(crate) small: [&'static str; 21],
    /// 30 to 90 by tens, in words.
    pub(crate) tens: [&'static str; 7],
    /// The months, January first.
    pub(crate) months: [&'static str; 12],
}

impl Lexicon {
    /// The lists of a language; none where there are none.
    pub(crate) const fn of(language: Language) -> Option<&'static Self> {
        match language {
            Language::English => Some(&en::LEXICON),
            Language::German => Some(&de::LEXICON),
            Language::French => Some(&fr::LEXICON),
            Language::Spanish => Some(&es::LEXICON),
            Language::Other => None,
        }
    }

    /// A number in words, as digits; none when the folded word is no number up to 99.
    pub(crate) fn number(&self, word: &str) -> Option<String> {
        if let Some(place) = self.small.iter().position(|known| *known == word) {
            return Some(place.to_string());
        }
        let (ten, rest) = word.split_once(['-', '\u{2010}']).unwrap_or((word, ""));
        let twenty = self.small.get(20).is_some_and(|known| *known == ten).then_some(2);
        let ten = twenty.or_else(|| Some(self.tens.iter().position(|known| *known == ten)? + 3))?;
        let unit = match rest {
            "" => 0,
            rest => self.small.iter().take(10).position(|known| *known == rest)?,
        };
        Some((10 * ten + unit).to_string())
    }

    /// The unit that a folded word or sign names.
    pub(crate) fn unit(&self, word: &str) -> Option<&'static str> {
        self.units.iter().find(|(_, names)| names.contains(&word)).map(|(unit, _)| *unit)
    }
}

/// Whether a folded word is on a side.
pub(crate) fn is_on(side: &[&str], word: &str) -> bool {
    side.iter().any(|entry| match entry.strip_suffix('*') {
        Some(beginning) => word.starts_with(beginning),
        None => word == *entry,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Language; 4] =
        [Language::English, Language::German, Language::French, Language::Spanish];

    #[test]
    fn numbers_in_words_are_read_in_every_language() {
        for (language, word, want) in [
            (Language::English, "fourteen", Some("14")),
            (Language::English, "twenty-five", Some("25")),
            (Language::English, "ninety", Some("90")),
            (Language::English, "many", None),
            (Language::German, "zw\u{f6}lf", Some("12")),
            (Language::French, "quarante", Some("40")),
            (Language::Spanish, "veinte", Some("20")),
        ] {
            let lexicon = Lexicon::of(language).unwrap();
            assert_eq!(lexicon.number(word).as_deref(), want, "{word}");
        }
    }

    #[test]
    fn no_word_is_on_both_sides() {
        for language in ALL {
            for (one, other) in Lexicon::of(language).unwrap().opposites {
                let bare = |entry: &&str| entry.trim_end_matches('*').to_owned();
                for word in one.iter().map(bare) {
                    assert!(!is_on(other, &word), "{language:?}: {word}");
                }
                for word in other.iter().map(bare) {
                    assert!(!is_on(one, &word), "{language:?}: {word}");
                }
            }
        }
    }

    #[test]
    fn units_have_one_name_in_all_languages() {
        for (language, word, want) in [
            (Language::English, "percent", "%"),
            (Language::German, "prozent", "%"),
            (Language::French, "semaines", "wk"),
            (Language::Spanish, "a\u{f1}os", "yr"),
        ] {
            assert_eq!(Lexicon::of(language).unwrap().unit(word), Some(want), "{word}");
        }
    }
}
