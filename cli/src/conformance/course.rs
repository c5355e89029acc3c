//! What an agent said and settled about one offer, in order.

use std::time::Duration;

use galley_schemas::report::{Body, Report, Settlement, Verdict};

/// Where a report came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Desk {
    /// The subject of the coordinator that the offer names.
    Named,
    /// The subject of all coordinators.
    Shared,
}

/// How a delivery was settled, or kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    /// Done with it.
    Acknowledged,
    /// Never again.
    Terminated,
    /// Again, later.
    GivenBack,
    /// Still at work.
    InProgress,
}

impl Settled {
    /// What a settlement on NATS says.
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        match payload {
            b"" | b"+ACK" | b"+OK" => Some(Self::Acknowledged),
            b"+TERM" => Some(Self::Terminated),
            b"+WPI" => Some(Self::InProgress),
            other if other.starts_with(b"+TERM ") => Some(Self::Terminated),
            other if other.starts_with(b"-NAK") => Some(Self::GivenBack),
            other if other.starts_with(b"+NXT") => Some(Self::Acknowledged),
            _ => None,
        }
    }

    /// Whether the message never comes again.
    pub(crate) const fn is_final(self) -> bool {
        matches!(self, Self::Acknowledged | Self::Terminated)
    }
}

/// A report, and what was answered.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) after: Duration,
    pub(crate) desk: Desk,
    pub(crate) report: Report,
    /// None when the answer was lost on purpose.
    pub(crate) answer: Option<Verdict>,
}

/// A settlement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settling {
    pub(crate) after: Duration,
    pub(crate) how: Settled,
}

/// What came of one offer. Times count from its publishing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Course {
    pub(crate) said: Vec<Said>,
    pub(crate) settled: Vec<Settling>,
    /// Reports that could not be read, and why.
    pub(crate) unreadable: Vec<String>,
    /// How long it was followed.
    pub(crate) took: Duration,
}

impl Course {
    /// The first report that says how the attempt ended.
    pub(crate) fn ended(&self) -> Option<&Said> {
        self.said.iter().find(|said| is_ending(&said.report.body))
    }

    /// How often the end of the attempt was reported.
    pub(crate) fn endings(&self) -> usize {
        self.said.iter().filter(|said| is_ending(&said.report.body)).count()
    }

    /// When the task was settled for good.
    pub(crate) fn settled_for_good(&self) -> Option<Settling> {
        self.settled.iter().find(|settling| settling.how.is_final()).copied()
    }

    /// When it was first kept alive.
    pub(crate) fn beat(&self) -> Option<Duration> {
        let beat = self.settled.iter().find(|settling| settling.how == Settled::InProgress);
        beat.map(|settling| settling.after)
    }

    /// When a verdict was first given that ends an attempt.
    pub(crate) fn released(&self) -> Option<Duration> {
        self.said.iter().find(|said| ends(said)).map(|said| said.after)
    }

    /// How many writes were settled as done.
    pub(crate) fn writes(&self) -> usize {
        let done = |said: &&Said| {
            matches!(
                said.report.body,
                Body::EffectSettled { settlement: Settlement::Done { .. }, .. }
            )
        };
        self.said.iter().filter(done).count()
    }
}

/// Whether a report says how its attempt ended.
pub(crate) const fn is_ending(body: &Body) -> bool {
    match body {
        Body::Done { .. } | Body::Failed { .. } => true,
        Body::EffectIntent { .. } | Body::EffectSettled { .. } | Body::Progress { .. } => false,
    }
}

/// Whether a verdict ended the attempt.
fn ends(said: &Said) -> bool {
    match &said.answer {
        Some(Verdict::Stale { .. }) => true,
        Some(Verdict::Accepted | Verdict::Malformed { .. }) => is_ending(&said.report.body),
        Some(Verdict::Reconcile { .. } | Verdict::AlreadyDone { .. }) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settlements_are_read_as_clients_write_them() {
        let check = |payload: &str, want| {
            assert_eq!(Settled::read(payload.as_bytes()), want, "{payload}");
        };
        check("", Some(Settled::Acknowledged));
        check("+ACK", Some(Settled::Acknowledged));
        check("+TERM a reason", Some(Settled::Terminated));
        check("-NAK {\"delay\":5}", Some(Settled::GivenBack));
        check("+WPI", Some(Settled::InProgress));
        check("hello", None);
    }
}
