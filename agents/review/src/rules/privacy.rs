//! Personal data that no article needs: addresses of people, telephone numbers, accounts and cards.

use galley_schemas::content::{Finding, Severity};

use super::material::{Case, about};

/// Digits that a number of a card has.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;
/// Digits that a telephone number in international form has.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 9..=15;

/// Sentences that carry somebody's data; also where a source has it.
pub(crate) fn check(case: &Case<'_>) -> Vec<Finding> {
    let finding = |what: &str| format!("it carries {what}; take it out");
    case.sentences()
        .filter_map(|placed| {
            let what = personal(&placed.sentence.text)?;
            Some(about(placed, "personal_data", Severity::Major, finding(what)))
        })
        .collect()
}

/// What personal data a text carries.
fn personal(text: &str) -> Option<&'static str> {
    if text.split_whitespace().any(is_mail) {
        return Some("an e-mail address");
    }
    let runs = digit_runs(text);
    if runs.iter().any(|run| CARD_DIGITS.contains(&run.digits.len()) && is_luhn(&run.digits)) {
        return Some("the number of a payment card");
    }
    if runs.iter().any(|run| run.has_plus && PHONE_DIGITS.contains(&run.digits.len())) {
        return Some("a telephone number");
    }
    text.split(|c: char| !c.is_alphanumeric())
        .any(is_iban)
        .then_some("the number of a bank account")
}

fn is_mail(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    word.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.contains('@')
    })
}

/// Digits with no more than one space, dash, dot or bracket between two of them.
#[derive(Debug, Default)]
struct Run {
    has_plus: bool,
    digits: Vec<u32>,
}

fn digit_runs(text: &str) -> Vec<Run> {
    let (mut runs, mut run, mut gap) = (Vec::new(), Run::default(), 0);
    for c in text.chars() {
        match c.to_digit(10) {
            Some(digit) => {
                run.digits.push(digit);
                gap = 0;
            }
            None if c == '+' => {
                runs.push(std::mem::take(&mut run));
                run.has_plus = true;
            }
            None if gap < 2 && " -().\u{a0}".contains(c) => gap += 1,
            None => runs.push(std::mem::take(&mut run)),
        }
    }
    runs.push(run);
    runs
}

/// The check digit of payment cards (ISO/IEC 7812).
fn is_luhn(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let weigh = |(place, digit): (usize, &u32)| {
        if place.is_multiple_of(2) { *digit } else { doubled(*digit) }
    };
    let sum: u32 = digits.iter().rev().enumerate().map(weigh).sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != 0)
}

/// Two letters of a country, two check digits, and an account in one piece (ISO 13616): the whole
/// leaves 1 when divided by 97.
fn is_iban(word: &str) -> bool {
    let is_shaped = (15..=34).contains(&word.len())
        && word.is_ascii()
        && word.chars().take(2).all(|c| c.is_ascii_uppercase())
        && word.chars().skip(2).take(2).all(|c| c.is_ascii_digit());
    let Some((head, rest)) = is_shaped.then(|| word.split_at(4)) else { return false };
    let rest = rest.chars().chain(head.chars()).try_fold(0_u32, |left, c| {
        let value = c.to_digit(36)?;
        Some(if value < 10 { (left * 10 + value) % 97 } else { (left * 100 + value) % 97 })
    });
    rest == Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_of_people_is_told_from_other_numbers() {
        for (text, want) in [
            ("Write to jo.vela@example.org.", Some("an e-mail address")),
            ("Call +49 30 1234567 now.", Some("a telephone number")),
            ("Card 4111 1111 1111 1111 works.", Some("the number of a payment card")),
            ("Pay to DE89370400440532013000.", Some("the number of a bank account")),
            ("In 2016, 1,200 calls came in 14 weeks.", None),
            ("It rose from 120,000 to 340,000 in 2021.", None),
            ("Calls @ night are rare.", None),
        ] {
            assert_eq!(personal(text), want, "{text}");
        }
    }
}
