//! Which of Postgres's text search configurations a text is read with.

use whatlang::Lang;

/// How many characters are looked at.
const SAMPLE_CHARS_MAX: usize = 1000;

/// What is taken where the language is in doubt: short texts mostly, and SQLite's stemmer is English too.
const IN_DOUBT: &str = "english";
/// Words as they are: for languages whose endings Postgres does not know.
const NONE: &str = "simple";

/// The configurations that every server since version 12 has, for languages that can be told apart.
const KNOWN: [(Lang, &str); 18] = [
    (Lang::Ara, "arabic"),
    (Lang::Dan, "danish"),
    (Lang::Nld, "dutch"),
    (Lang::Eng, "english"),
    (Lang::Fin, "finnish"),
    (Lang::Fra, "french"),
    (Lang::Deu, "german"),
    (Lang::Hun, "hungarian"),
    (Lang::Ind, "indonesian"),
    (Lang::Ita, "italian"),
    (Lang::Nob, "norwegian"),
    (Lang::Por, "portuguese"),
    (Lang::Ron, "romanian"),
    (Lang::Rus, "russian"),
    (Lang::Spa, "spanish"),
    (Lang::Swe, "swedish"),
    (Lang::Tam, "tamil"),
    (Lang::Tur, "turkish"),
];

/// The configuration for a text.
pub(super) fn configuration(text: &str) -> &'static str {
    let sample: String = text.chars().take(SAMPLE_CHARS_MAX).collect();
    let Some(info) = whatlang::detect(&sample).filter(whatlang::Info::is_reliable) else {
        return IN_DOUBT;
    };
    let known = KNOWN.iter().find(|(lang, _)| *lang == info.lang());
    known.map_or(NONE, |(_, name)| name)
}

/// Every configuration that an entry may have been read with.
pub(super) fn configurations() -> Vec<&'static str> {
    std::iter::once(NONE).chain(KNOWN.iter().map(|(_, name)| *name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_in_its_language() {
        let german = "Die Häuser der alten Städte sind im Winter für die Bewohner oft zu kalt.";
        assert_eq!(configuration(german), "german");
        let english = "The small children were running through the gardens behind the school.";
        assert_eq!(configuration(english), "english");
        let polish = "Pszczoły tańczą, żeby pokazać innym pszczołom drogę do kwiatów na łące.";
        assert_eq!(configuration(polish), "simple");
        assert_eq!(configuration("…"), "english");
    }

    #[test]
    fn whatever_a_text_was_read_with_is_looked_through() {
        let all = configurations();
        assert!(all.contains(&IN_DOUBT) && all.contains(&NONE));
    }
}
