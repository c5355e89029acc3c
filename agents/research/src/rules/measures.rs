//! Quantities as intervals: what a number with its unit, its scale and its hedges admits.
//!
//! "About 15 percent" and "more than 2.2 million calls" are no points. Two statements disagree on a
//! quantity only when no value fits both.

use galley_agents_knowledge::words::{fold, words};

/// How far a hedged number may be off, as a share of it.
const ABOUT: f64 = 0.1;
/// How far an exact one may be off: rounding.
const EXACT: f64 = 0.005;

/// A quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// The number as it is written, with its scale: `2.2 million`.
    pub text: String,
    /// The folded word for what is counted, or `%`; empty when there is none.
    pub unit: String,
    /// The least value that it admits.
    pub least: f64,
    /// The most.
    pub most: f64,
}

impl Measure {
    /// Whether a value fits both.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.least <= other.most && other.least <= self.most
    }
}

/// The quantities in a text: no years, and nothing without a unit.
#[must_use]
pub fn measures(text: &str) -> Vec<Measure> {
    let all: Vec<(usize, &str)> = words(text).collect();
    let mut found: Vec<Measure> = Vec::new();
    for (place, (at, word)) in all.iter().enumerate() {
        let Some(value) = value(word) else { continue };
        let before = text.get(..*at).unwrap_or_default();
        let after = text.get(at + word.len()..).unwrap_or_default();
        let next = |offset: usize| all.get(place + offset).map(|(_, word)| fold(word));
        let scale = next(1).and_then(|word| scale(&word));
        let unit = if after.trim_start().starts_with('%') {
            "%".to_owned()
        } else {
            unit(next(if scale.is_some() { 2 } else { 1 }))
        };
        if unit.is_empty() || is_year(word, &unit) || before.ends_with('-') {
            continue;
        }
        let shown = match (scale, all.get(place + 1)) {
            (Some(_), Some((_, scale))) => format!("{word} {scale}"),
            _ => (*word).to_owned(),
        };
        let value = value * scale.unwrap_or(1.0);
        let (least, most) = admitted(value, before);
        found.push(Measure { text: shown, unit, least, most });
    }
    found
}

/// The years that a text names.
#[must_use]
pub fn years(text: &str) -> Vec<u16> {
    let year = |word: &str| word.parse().ok().filter(|year| (1000..2100).contains(year));
    let all: Vec<(usize, &str)> = words(text).collect();
    let places = all.iter().enumerate();
    places
        .filter(|(_, (_, word))| word.len() == 4)
        .filter(|(place, _)| {
            let next = all.get(place + 1).map(|(_, word)| fold(word)).unwrap_or_default();
            !UNITS.contains(&next.as_str())
        })
        .filter_map(|(_, (_, word))| year(word))
        .collect()
}

fn value(word: &str) -> Option<f64> {
    let starts = word.starts_with(|c: char| c.is_ascii_digit());
    let is_number = starts && word.chars().all(|c| c.is_ascii_digit() || ".,'".contains(c));
    if !is_number {
        return None;
    }
    let groups = |mark: char| word.split(mark).skip(1).all(|group| group.len() == 3);
    // A comma before three digits groups them; before others it is a decimal one.
    let plain = if word.contains(',') && !groups(',') {
        word.replace('.', "").replace(',', ".")
    } else {
        word.replace([',', '\''], "")
    };
    plain.trim_end_matches('.').parse().ok()
}

fn scale(word: &str) -> Option<f64> {
    Some(match word {
        "thousand" | "tausend" | "mille" | "mil" => 1e3,
        "million" | "millions" | "millionen" | "millones" | "mio" => 1e6,
        "billion" | "billions" | "milliarden" | "milliarde" | "milliards" => 1e9,
        _ => return None,
    })
}

fn unit(word: Option<String>) -> String {
    match word.unwrap_or_default().as_str() {
        "percent" | "prozent" | "pourcent" => "%".to_owned(),
        word if word.starts_with(|c: char| c.is_ascii_digit()) || LEADS_ON.contains(&word) => {
            String::new()
        }
        word => word.to_owned(),
    }
}

fn is_year(word: &str, unit: &str) -> bool {
    let year = word.len() == 4 && word.parse().is_ok_and(|year: u16| (1000..2100).contains(&year));
    year && !UNITS.contains(&unit)
}

/// What a number admits, by the words before it.
fn admitted(value: f64, before: &str) -> (f64, f64) {
    let before = fold(before.trim_end());
    let says = |hedges: &[&str]| hedges.iter().any(|hedge| before.ends_with(hedge));
    if says(&[
        "more than",
        "over",
        "at least",
        "above",
        "mehr als",
        "über",
        "mindestens",
        "plus de",
        "más de",
    ]) {
        (value, f64::INFINITY)
    } else if says(&[
        "less than",
        "under",
        "at most",
        "up to",
        "below",
        "fewer than",
        "weniger als",
        "höchstens",
        "bis zu",
        "moins de",
        "menos de",
    ]) {
        (f64::NEG_INFINITY, value)
    } else if says(&[
        "about",
        "around",
        "roughly",
        "nearly",
        "almost",
        "approximately",
        "some",
        "etwa",
        "rund",
        "fast",
        "environ",
        "cerca de",
        "unos",
    ]) {
        (value * (1.0 - ABOUT), value * (1.0 + ABOUT))
    } else {
        (value * (1.0 - EXACT), value * (1.0 + EXACT))
    }
}

/// Words that count nothing when they follow a number.
const LEADS_ON: [&str; 22] = [
    "and", "or", "to", "of", "in", "on", "at", "by", "for", "from", "the", "a", "is", "was",
    "were", "und", "bis", "der", "et", "de", "y", "with",
];

/// Units that make a number with four digits a quantity and no year.
const UNITS: [&str; 22] = [
    "%",
    "percent",
    "prozent",
    "people",
    "calls",
    "customers",
    "dollars",
    "euros",
    "metres",
    "meters",
    "feet",
    "miles",
    "kilometres",
    "tonnes",
    "tons",
    "employees",
    "visitors",
    "milligrams",
    "words",
    "hours",
    "menschen",
    "personnes",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &[(&str, &str, f64)]) {
        let got: Vec<(String, String)> =
            measures(text).into_iter().map(|m| (m.text, m.unit)).collect();
        let shown: Vec<(String, String)> =
            want.iter().map(|(text, unit, _)| ((*text).to_owned(), (*unit).to_owned())).collect();
        assert_eq!(got, shown, "{text}");
        for (measure, (_, _, value)) in measures(text).iter().zip(want) {
            assert!(measure.least <= *value && *value <= measure.most, "{measure:?}");
        }
    }

    #[test]
    fn quantities_carry_their_scale_and_unit() {
        check("It answered 2.2 million calls.", &[("2.2 million", "calls", 2.2e6)]);
        check("It fell by 40% in 2019.", &[("40", "%", 40.0)]);
        check("In 1995 it began with 1,200 people.", &[("1,200", "people", 1200.0)]);
        check("Um 2,5 Prozent", &[("2,5", "%", 2.5)]);
        check("Section 280 of 12", &[]);
    }

    #[test]
    fn hedges_widen_what_is_admitted() {
        let meets = |one: &str, other: &str| measures(one)[0].meets(&measures(other)[0]);
        assert!(meets("about 15 percent", "14%"));
        assert!(meets("more than 10 calls", "12 calls"));
        assert!(meets("up to 10 calls", "9 calls"));
        assert!(meets("2,500,000 calls", "2.5 million calls"));
        assert!(!meets("more than 10 calls", "9 calls"));
        assert!(!meets("15 percent", "20 percent"));
    }

    #[test]
    fn years_are_no_quantities() {
        assert_eq!(
            years("From 1995 to 2004 it sold 2000 metres and 1850 people came."),
            [1995, 2004]
        );
    }
}
