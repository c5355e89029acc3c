//! Numbers in a text: which there are, and whether they measure something.

use galley_agents_knowledge::words::{fold, words};

/// A number as it stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// As written, without a trailing comma: `2.2`, `1,200`.
    pub text: String,
    /// The folded word after it, or `%`: what it counts.
    pub unit: String,
}

/// Words that are numbers, or make one large.
const WORDS: [&str; 14] = [
    "percent",
    "million",
    "billion",
    "trillion",
    "thousand",
    "thousands",
    "millions",
    "billions",
    "half",
    "twice",
    "double",
    "doubled",
    "tripled",
    "prozent",
];

/// Words after which a number is a name: `Section 280`.
const NAMING: [&str; 22] = [
    "section",
    "circular",
    "part",
    "order",
    "chapter",
    "title",
    "figure",
    "table",
    "page",
    "step",
    "lesson",
    "version",
    "level",
    "phase",
    "channel",
    "route",
    "form",
    "web",
    "article",
    "volume",
    "room",
    "generation",
];

/// The numbers that measure or count something: no years, no numbers of sections, no list numbers.
#[must_use]
pub fn figures(text: &str) -> Vec<Number> {
    let all: Vec<(usize, &str)> = words(text).collect();
    let mut found = Vec::new();
    for (place, (at, word)) in all.iter().enumerate() {
        if !word.starts_with(|c: char| c.is_ascii_digit()) || !word.chars().all(is_of_number) {
            continue;
        }
        let before = place.checked_sub(1).and_then(|place| all.get(place));
        let before = before.map_or_else(String::new, |(_, word)| fold(word));
        let after = text.get(at + word.len()..).unwrap_or_default();
        let unit = unit_after(after, all.get(place + 1).map(|(_, word)| *word));
        let preceded = text.get(..*at).unwrap_or_default();
        let is_name = NAMING.contains(&before.as_str()) || preceded.ends_with('-');
        if !is_name && !is_year(word, &unit, preceded) {
            found.push(Number { text: (*word).to_owned(), unit });
        }
    }
    found
}

/// Whether a text carries a number that measures something.
#[must_use]
pub fn has_figure(text: &str) -> bool {
    let large = figures(text).iter().any(|number| {
        number.text.len() > 1 || number.unit == "%" || WORDS.contains(&number.unit.as_str())
    });
    large || text.contains(['$', '€', '£', '%']) || {
        words(text).any(|(_, word)| WORDS.contains(&fold(word).as_str()) && fold(word) != "half")
    }
}

fn is_of_number(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '.' | ',' | '\'')
}

fn unit_after(after: &str, next: Option<&str>) -> String {
    if after.trim_start().starts_with('%') {
        return "%".to_owned();
    }
    let unit = next.map(fold).unwrap_or_default();
    if matches!(unit.as_str(), "percent" | "prozent") { "%".to_owned() } else { unit }
}

fn is_year(word: &str, unit: &str, preceded: &str) -> bool {
    let year =
        word.parse::<u16>().is_ok_and(|year| (1000..2100).contains(&year)) && word.len() == 4;
    let money = preceded.ends_with(['$', '€', '£']);
    year && !money && unit != "%"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &[(&str, &str)]) {
        let got: Vec<(String, String)> =
            figures(text).into_iter().map(|number| (number.text, number.unit)).collect();
        let want: Vec<(String, String)> =
            want.iter().map(|(text, unit)| ((*text).to_owned(), (*unit).to_owned())).collect();
        assert_eq!(got, want, "{text}");
    }

    #[test]
    fn what_measures_is_a_figure_and_what_names_is_none() {
        check(
            "It answered 2.2 million calls, 40% of 1,200.",
            &[("2.2", "million"), ("40", "%"), ("1,200", "")],
        );
        check("Section 280 of Circular A-11 dates from 2015.", &[]);
        check("It cost $2000 and saved 12 percent.", &[("2000", "and"), ("12", "%")]);
        assert!(has_figure("Half a million people called."));
        assert!(!has_figure("In 1995 the third office opened."));
    }
}
