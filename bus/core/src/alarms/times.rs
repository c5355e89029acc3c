//! When a recurrence comes: cron in a time zone.
//!
//! Where the clocks change: a time of day that does not exist comes at the first that does; one that
//! exists twice comes once, at the first; "every so many minutes" follows the minutes as they pass.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use super::{RecurError, Recurrence};

/// The times of a recurrence.
#[derive(Debug, Clone)]
pub struct Times {
    when: Recurrence,
    cron: Cron,
    zone: Tz,
}

impl Times {
    /// Reads a recurrence.
    ///
    /// # Errors
    /// [`RecurError::Invalid`] when the expression has other than five fields, or the expression or
    /// the time zone cannot be read.
    pub fn new(when: Recurrence) -> Result<Self, RecurError> {
        let parser =
            CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(&when.cron).map_err(|error| when.invalid(error));
        let zone = when.time_zone.parse::<Tz>().map_err(|error| when.invalid(error));
        Ok(Self { cron: cron?, zone: zone?, when })
    }

    /// What they are the times of.
    #[must_use]
    pub const fn recurrence(&self) -> &Recurrence {
        &self.when
    }

    /// The first time after another.
    ///
    /// # Errors
    /// [`RecurError::Invalid`] when there is none: the 30th of February.
    pub fn first_after(&self, after: DateTime<Utc>) -> Result<DateTime<Utc>, RecurError> {
        let next = self.cron.find_next_occurrence(&after.with_timezone(&self.zone), false);
        next.map(|at| at.with_timezone(&Utc)).map_err(|error| self.when.invalid(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(cron: &str, zone: &str) -> Result<Times, RecurError> {
        Times::new(Recurrence { cron: cron.to_owned(), time_zone: zone.to_owned() })
    }

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    fn check(cron: &str, zone: &str, after: &str, want: &[&str]) {
        let times = times(cron, zone).unwrap();
        let mut now = at(after);
        for want in want {
            now = times.first_after(now).unwrap();
            assert_eq!(now, at(want), "{cron} in {zone} after {after}");
        }
    }

    #[test]
    fn a_time_of_day_is_read_in_its_zone() {
        let winter_and_summer = ["2026-01-05T06:00:00Z", "2026-01-06T06:00:00Z"];
        check("0 7 * * 1-5", "Europe/Berlin", "2026-01-02T12:00:00Z", &winter_and_summer);
        check("0 7 * * *", "Europe/Berlin", "2026-07-01T12:00:00Z", &["2026-07-02T05:00:00Z"]);
        check("0 7 * * *", "Asia/Tokyo", "2026-07-01T12:00:00Z", &["2026-07-01T22:00:00Z"]);
        check("0 7 * * *", "UTC", "2026-07-01T12:00:00Z", &["2026-07-02T07:00:00Z"]);
    }

    #[test]
    fn a_time_that_the_clocks_skip_comes_at_the_first_that_exists() {
        // Berlin skips 02:00 to 03:00 on 29 March 2026, at 01:00 UTC.
        let times = ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"];
        check("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z", &times);
    }

    #[test]
    fn a_time_that_the_clocks_repeat_comes_once() {
        // Berlin repeats 02:00 to 03:00 on 25 October 2026, at 01:00 UTC.
        let times = ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"];
        check("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", &times);
    }

    #[test]
    fn minutes_that_pass_are_counted_as_they_pass() {
        let skipped = ["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"];
        check("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", &skipped);
        let repeated = ["2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"];
        check("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", &repeated);
    }

    #[test]
    fn what_cannot_be_read_or_never_comes_is_refused() {
        let unreadable = [
            ("", "UTC"),
            ("* * * *", "UTC"),
            ("61 * * * *", "UTC"),
            ("0 0 7 * * *", "UTC"),
            ("0 7 * * *", "Mars/Olympus"),
        ];
        for (cron, zone) in unreadable {
            let error = times(cron, zone).unwrap_err();
            assert!(matches!(error, RecurError::Invalid { .. }), "{cron} in {zone}: {error:?}");
        }
        let never = times("0 0 30 2 *", "UTC").unwrap();
        assert!(never.first_after(at("2026-01-01T00:00:00Z")).is_err());
    }
}
