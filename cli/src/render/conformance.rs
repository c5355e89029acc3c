//! What was found about an agent's promises.

use crate::conformance::{Finding, Outcome};

use super::text::{Line, Page, Tone};

/// The column of what was seen.
const SEEN_COLUMN: usize = 20;

/// One finding: how it ended, what was seen, and what the contract says.
pub(crate) fn finding_page(finding: &Finding, columns: usize) -> Page {
    let Finding { check, outcome, seen } = finding;
    let mark = match outcome {
        Outcome::Kept => Line::new().say(Tone::Good, "✓ "),
        Outcome::Broken => Line::new().say(Tone::Bad, "✗ "),
        Outcome::NotObserved => Line::new().say(Tone::Warn, "? "),
    };
    let seen = match outcome {
        Outcome::Kept | Outcome::Broken => seen.clone(),
        Outcome::NotObserved => format!("not observed: {seen}"),
    };
    let mut page = Page::new();
    let head = mark.strong(check.name()).pad(SEEN_COLUMN).plain(seen);
    page.push_wrapped(head, columns, SEEN_COLUMN);
    let law = Line::new().plain(" ".repeat(SEEN_COLUMN)).dim(check.law());
    page.push_wrapped(law, columns, SEEN_COLUMN);
    page
}

/// How many promises were kept, broken and not observed.
pub(crate) fn sum(findings: &[Finding]) -> Line {
    let count = |outcome| findings.iter().filter(|finding| finding.outcome == outcome).count();
    let (kept, broken) = (count(Outcome::Kept), count(Outcome::Broken));
    let unseen = count(Outcome::NotObserved);
    let mark = match broken {
        0 => Line::new().say(Tone::Good, "✓ "),
        _ => Line::new().say(Tone::Bad, "✗ "),
    };
    mark.plain(format!("{kept} kept, {broken} broken, {unseen} not observed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::Check;

    #[test]
    fn a_broken_promise_is_shown_with_what_was_seen_and_what_was_promised() {
        let finding = Finding::broken(Check::ReportsTo, "the first report went to all");
        assert_eq!(
            finding_page(&finding, 70).to_string(),
            "✗ reports-to        the first report went to all\n                    a report goes to the coordinator that the offer\n                    names, first\n"
        );
        assert_eq!(Page::from(sum(&[finding])).to_string(), "✗ 0 kept, 1 broken, 0 not observed\n");
    }
}
