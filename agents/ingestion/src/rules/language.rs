//! Which language to write in.

use std::collections::BTreeMap;

use super::words;

/// A topic with fewer characters is too short for statistics.
const SURE_CHARS_MIN: usize = 60;

/// The language of a topic: by the small words in it, and by statistics when it is long.
pub(crate) fn of_topic(topic: &str) -> Option<String> {
    let lower = topic.to_lowercase();
    let tokens: Vec<&str> =
        lower.split(|c: char| !c.is_alphabetic()).filter(|t| !t.is_empty()).collect();
    let mut votes: Vec<(usize, &str)> = words::languages()
        .map(|code| (tokens.iter().filter(|token| words::is_stop(token, Some(code))).count(), code))
        .collect();
    votes.sort_by(|a, b| b.cmp(a));
    match votes.as_slice() {
        [(most, code), (next, _), ..] if most > next => Some((*code).to_owned()),
        _ if topic.chars().count() >= SURE_CHARS_MIN => galley_agents_web::language_of(topic),
        _ => None,
    }
}

/// The language that most documents are in; of two, the one that comes first in the alphabet.
pub(crate) fn of_most<'a>(languages: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for language in languages {
        *counts.entry(language).or_default() += 1;
    }
    let best = counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0)))?;
    Some(best.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(topic: &str, want: Option<&str>) {
        assert_eq!(of_topic(topic).as_deref(), want, "{topic}");
    }

    #[test]
    fn small_words_give_a_topic_away() {
        check("How AI chatbots change customer service", Some("en"));
        check("Wie KI-Chatbots den Kundenservice verändern", Some("de"));
        check("Comment les chatbots changent le service client", Some("fr"));
        check("Cómo los chatbots cambian la atención al cliente", Some("es"));
        check("Die Zukunft der Arbeit", Some("de"));
    }

    #[test]
    fn a_few_nouns_do_not() {
        check("customer service", None);
        check("AI", None);
        check("", None);
    }

    #[test]
    fn the_majority_counts() {
        assert_eq!(of_most(["en", "de", "en"].into_iter()).as_deref(), Some("en"));
        assert_eq!(of_most(["en", "de"].into_iter()).as_deref(), Some("de"));
        assert_eq!(of_most([].into_iter()), None);
    }
}
