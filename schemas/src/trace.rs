//! Trace context as it travels: the W3C `traceparent`, in a message's header of that name and in the
//! CloudEvents attribute of the same name.
//!
//! A goal is one trace. Its trace id is the goal's id, and its root span is known from that id too,
//! so whoever works on the goal after a crash, an alarm or a month finds its way into the trace
//! without having been told.
//!
//! Source: <https://www.w3.org/TR/trace-context/>.

use crate::id::GoalId;

/// The header that carries it.
pub const TRACEPARENT: &str = "traceparent";

/// A span, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanRef {
    /// The trace.
    pub trace: [u8; 16],
    /// The span in it.
    pub span: [u8; 8],
    /// Whether the trace is recorded.
    pub is_sampled: bool,
}

impl SpanRef {
    /// The root span of a goal.
    #[must_use]
    pub fn of_goal(goal: &GoalId) -> Self {
        let trace = *goal.uuid().as_bytes();
        let [_, _, _, _, _, _, _, _, span @ ..] = trace;
        Self { trace, span, is_sampled: true }
    }

    /// Reads a `traceparent`; none when it is not one, or says nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let (version, trace, span, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let [version] = bytes(version)?;
        // A later version may carry more behind; version 0 must not.
        if version == 0xff || (version == 0 && parts.next().is_some()) {
            return None;
        }
        let [flags] = bytes(flags)?;
        let named = Self { trace: bytes(trace)?, span: bytes(span)?, is_sampled: flags & 1 == 1 };
        (named.trace != [0; 16] && named.span != [0; 8]).then_some(named)
    }
}

impl std::fmt::Display for SpanRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("00-")?;
        self.trace.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("-")?;
        self.span.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, "-{:02x}", u8::from(self.is_sampled))
    }
}

/// Lower-case hexadecimal of exactly so many bytes.
fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let digits = hex.as_bytes();
    if digits.len() != 2 * N || !digits.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_its_own_trace() {
        let goal: GoalId = "01936f5e-7c00-7abc-8def-0123456789ab".parse().unwrap();
        let text = SpanRef::of_goal(&goal).to_string();
        assert_eq!(text, "00-01936f5e7c007abc8def0123456789ab-8def0123456789ab-01");
        assert_eq!(SpanRef::parse(&text), Some(SpanRef::of_goal(&goal)));
    }

    #[test]
    fn what_is_no_trace_context_is_passed_over() {
        let trace = "0af7651916cd43dd8448eb211c80319c";
        let good = format!("00-{trace}-b7ad6b7169203331-00");
        assert!(SpanRef::parse(&good).is_some_and(|span| !span.is_sampled));
        assert!(SpanRef::parse(&format!("cc-{trace}-b7ad6b7169203331-01-more")).is_some());
        for bad in [
            String::new(),
            format!("00-{trace}-b7ad6b7169203331"),
            format!("ff-{trace}-b7ad6b7169203331-01"),
            format!("00-{trace}-b7ad6b7169203331-01-more"),
            format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{}-b7ad6b7169203331-01", trace.to_uppercase()),
            "00-é-b7ad6b7169203331-01".to_owned(),
        ] {
            assert_eq!(SpanRef::parse(&bad), None, "{bad}");
        }
    }
}
