//! When a recurrence comes: to know what was missed. The server reckons for itself when it publishes.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use galley_bus_core::alarms::{RecurError, Recurrence};

/// The times of a recurrence.
#[derive(Debug, Clone)]
pub(super) struct Times {
    when: Recurrence,
    cron: Cron,
    zone: Tz,
}

impl Times {
    pub(super) fn new(when: Recurrence) -> Result<Self, RecurError> {
        let parser =
            CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(&when.cron).map_err(|error| invalid(&when, &error.to_string()));
        let zone = when.time_zone.parse::<Tz>();
        let zone = zone.map_err(|error| invalid(&when, &error.to_string()));
        Ok(Self { cron: cron?, zone: zone?, when })
    }

    pub(super) fn recurrence(&self) -> &Recurrence {
        &self.when
    }

    /// The first time after another, in milliseconds since 1970; none when there is none.
    pub(super) fn first_after(&self, after_ms: i64) -> Option<i64> {
        let after = DateTime::<Utc>::from_timestamp_millis(after_ms)?.with_timezone(&self.zone);
        let next = self.cron.find_next_occurrence(&after, false).ok()?;
        Some(next.timestamp_millis())
    }

    /// The refusal of this recurrence.
    pub(super) fn invalid(&self, reason: &str) -> RecurError {
        invalid(&self.when, reason)
    }
}

fn invalid(when: &Recurrence, reason: &str) -> RecurError {
    let Recurrence { cron, time_zone } = when.clone();
    RecurError::Invalid { cron, time_zone, reason: reason.to_owned() }
}
