//! Dates as documents write them.

use chrono::{DateTime, Datelike as _, NaiveDate};

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// A date in any of the common notations; a year outside 1900 to 2100 is not believed.
pub(crate) fn parse(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_rfc2822(text))
        .map(|at| at.date_naive())
        .ok()
        .or_else(|| numeric(text))
        .or_else(|| in_words(text))
        .filter(|date| (1900..=2100).contains(&date.year()))
}

/// The date that a file's name starts with: `2024-05-01-title.md`.
pub(crate) fn of_file_name(name: &str) -> Option<NaiveDate> {
    let prefix = name.get(..10)?;
    let ends = name.as_bytes().get(10).is_none_or(|next| !next.is_ascii_digit());
    NaiveDate::parse_from_str(prefix, "%Y-%m-%d").ok().filter(|_| ends)
}

/// `2024-05-01`, `2024/5/1`, `2024.05.01`, `20240501`, each with anything after it.
fn numeric(text: &str) -> Option<NaiveDate> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    if digits.len() == 8 {
        return NaiveDate::parse_from_str(&digits, "%Y%m%d").ok();
    }
    let date = text.split([' ', 'T']).next()?;
    let mut parts = date.split(['-', '/', '.']);
    let year = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    NaiveDate::from_ymd_opt(year, month, day)
}

/// `May 1, 2024`, `1 May 2024`, `1st of May, 2024`.
fn in_words(text: &str) -> Option<NaiveDate> {
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).take(8).collect();
    let month = words.iter().find_map(|word| {
        let place = MONTHS.iter().position(|month| word.starts_with(month))?;
        u32::try_from(place + 1).ok()
    })?;
    let mut numbers = words.iter().filter_map(|word| {
        word.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse::<i32>().ok()
    });
    let (first, second) = (numbers.next()?, numbers.next()?);
    let (year, day) = if first > 31 { (first, second) } else { (second, first) };
    NaiveDate::from_ymd_opt(year, month, u32::try_from(day).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: Option<&str>) {
        assert_eq!(parse(text).map(|d| d.to_string()).as_deref(), want, "{text}");
    }

    #[test]
    fn common_notations_are_read() {
        for text in [
            "2024-05-01",
            " 2024-05-01 ",
            "2024-05-01T10:00:00Z",
            "2024-05-01T23:00:00-05:00",
            "2024-05-01 10:00:00 -0500",
            "2024/5/1",
            "2024.05.01",
            "20240501",
            "20240501T100000Z",
            "Wed, 01 May 2024 10:00:00 GMT",
            "May 1, 2024",
            "May 1st, 2024 at 10 pm",
            "1 May 2024",
            "1st of May 2024",
        ] {
            check(text, Some("2024-05-01"));
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in
            ["", "yesterday", "2024", "May", "May 2024", "2024-13-01", "0024-05-01", "99999999"]
        {
            check(text, None);
        }
    }

    #[test]
    fn a_file_name_may_start_with_a_date() {
        assert_eq!(of_file_name("2012-05-12-a-title.md"), NaiveDate::from_ymd_opt(2012, 5, 12));
        assert_eq!(of_file_name("2012-05-123.md"), None);
        assert_eq!(of_file_name("notes.md"), None);
        assert_eq!(of_file_name("überaus-"), None);
    }
}
