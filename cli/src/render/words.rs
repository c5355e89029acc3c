//! Numbers, times and names in words.

use std::time::Duration;

use chrono::{DateTime, Utc};
use galley_schemas::amount::{Amount, Limits};
use galley_schemas::id::{GoalId, TaskId};

/// How much of a goal's id people are shown: its end, which is drawn by chance.
const SHORT: usize = 8;

/// Money, to the cent, or finer when it is less than one.
pub(crate) fn usd(micros: u64) -> String {
    let (dollars, rest) = (micros / 1_000_000, micros % 1_000_000);
    if micros > 0 && micros < 10_000 {
        format!("${dollars}.{:04}", rest / 100)
    } else {
        format!("${dollars}.{:02}", rest / 10_000)
    }
}

/// A length of time, as short as it stays clear.
pub(crate) fn elapsed(time: Duration) -> String {
    let secs = time.as_secs();
    match secs {
        0 if time.as_millis() < 100 => format!("{}ms", time.as_millis()),
        0..60 => format!("{}.{}s", secs, time.subsec_millis() / 100),
        60..3_600 => format!("{}m{:02}s", secs / 60, secs % 60),
        3_600..86_400 => format!("{}h{:02}m", secs / 3_600, secs % 3_600 / 60),
        _ => format!("{}d{:02}h", secs / 86_400, secs % 86_400 / 3_600),
    }
}

/// A length of time in one unit, for how long ago something was.
pub(crate) fn age(time: Duration) -> String {
    let secs = time.as_secs();
    match secs {
        0..60 => format!("{secs}s"),
        60..3_600 => format!("{}m", secs / 60),
        3_600..86_400 => format!("{}h", secs / 3_600),
        _ => format!("{}d", secs / 86_400),
    }
}

/// A point in time, to the second.
pub(crate) fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The time between two points; nothing when the second lies before the first.
pub(crate) fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> Duration {
    (to - from).to_std().unwrap_or_default()
}

/// What was used, and of what.
pub(crate) fn spend(spent: &Amount, budget: &Limits) -> String {
    let of = |most: Option<String>| most.map(|most| format!(" of {most}")).unwrap_or_default();
    format!(
        "{}{} · {}{} tokens",
        usd(spent.usd_micros),
        of(budget.usd_micros.map(usd)),
        number(spent.tokens),
        of(budget.tokens.map(number)),
    )
}

/// A number with its thousands apart.
pub(crate) fn number(value: u64) -> String {
    let digits = value.to_string();
    let first = digits.len() % 3;
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 3 == first {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A size in bytes.
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// A count with its noun.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {many}", self::number(number)) }
}

/// As much of a goal's id as people need: every command takes it.
pub(crate) fn short(goal: &GoalId) -> String {
    let id = goal.to_string();
    id.get(id.len().saturating_sub(SHORT)..).unwrap_or(&id).to_owned()
}

/// Whether a task undoes another one.
pub(crate) fn undoes(task: &TaskId) -> bool {
    task.as_str().ends_with('!')
}

/// A task as people say it: `research.3`, `draft in round 2`, `the undo of publish`.
pub(crate) fn task(task: &TaskId) -> String {
    let id = task.as_str();
    let (id, undo) = id.strip_suffix('!').map_or((id, ""), |id| (id, "the undo of "));
    match id.split_once('@').and_then(|(id, round)| Some((id, round.parse::<u32>().ok()?))) {
        Some((id, round)) => format!("{undo}{id} in round {}", round.saturating_add(1)),
        None => format!("{undo}{id}"),
    }
}

/// A text cut to so many characters, with an ellipsis when something is missing.
pub(crate) fn cut(text: &str, chars_max: usize) -> String {
    let line = text.replace(['\n', '\r', '\t'], " ");
    if line.chars().count() <= chars_max {
        return line;
    }
    let kept: String = line.chars().take(chars_max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_never_rounded_up_to_a_cent() {
        for (micros, want) in
            [(0, "$0.00"), (1_500, "$0.0015"), (10_000, "$0.01"), (2_345_678, "$2.34")]
        {
            assert_eq!(usd(micros), want);
        }
    }

    #[test]
    fn times_are_short() {
        for (millis, want) in [
            (47, "47ms"),
            (1_240, "1.2s"),
            (61_000, "1m01s"),
            (3_720_000, "1h02m"),
            (180_000_000, "2d02h"),
        ] {
            assert_eq!(elapsed(Duration::from_millis(millis)), want);
        }
        assert_eq!(age(Duration::from_secs(7_300)), "2h");
    }

    #[test]
    fn numbers_have_their_thousands_apart() {
        for (value, want) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (400_000, "400,000"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(number(value), want);
        }
        assert_eq!(bytes(39_747), "39.7 kB");
    }

    #[test]
    fn tasks_are_told_by_step_item_and_round() {
        for (id, want) in [
            ("draft", "draft"),
            ("research.3", "research.3"),
            ("research.3@1", "research.3 in round 2"),
            ("publish!", "the undo of publish"),
        ] {
            assert_eq!(task(&TaskId::new(id)), want);
        }
    }

    #[test]
    fn a_cut_text_shows_that_it_is_cut() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("ab\ncd", 4), "ab…");
    }
}
