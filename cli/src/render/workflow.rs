//! The faults of a workflow file, each with its place, as compilers say it.

use galley_coordinator_goal::workflow::Diagnostic;

use super::text::{Line, Page, Tone, width};
use super::words;

/// Every fault, and how many there are.
pub(crate) fn faults(file: &str, text: &str, diagnostics: &[Diagnostic], columns: usize) -> Page {
    let mut page = Page::new();
    for diagnostic in diagnostics {
        page.push_wrapped(
            Line::new()
                .strong(format!("{file}:{}:{}: ", diagnostic.line, diagnostic.column))
                .say(Tone::Bad, format!("error[{}]", diagnostic.code()))
                .plain(format!(": {}", diagnostic.message)),
            columns,
            2,
        );
        page.extend(excerpt(text, diagnostic, columns));
        if !diagnostic.hint.is_empty() {
            let hint = Line::new().strong("  help: ").plain(&diagnostic.hint);
            page.push_wrapped(hint, columns, 4);
        }
    }
    page.gap();
    page.push(match diagnostics.len() {
        0 => Line::new().say(Tone::Good, "✓ ").plain(format!("{file}: no faults")),
        many => {
            let many = words::count(many as u64, "fault", "faults");
            Line::new().say(Tone::Bad, "✗ ").plain(format!("{file}: {many}"))
        }
    });
    page
}

/// The line that a fault is on, with a mark below its column; nothing when the mark would lie beyond
/// the screen.
fn excerpt(text: &str, diagnostic: &Diagnostic, columns: usize) -> Page {
    let mut page = Page::new();
    let (Ok(line), Ok(column)) =
        (usize::try_from(diagnostic.line), usize::try_from(diagnostic.column))
    else {
        return page;
    };
    let Some(line) = text.lines().nth(line.saturating_sub(1)) else { return page };
    let before: String = line.chars().take(column.saturating_sub(1)).collect();
    let edge = format!("{:>5} | ", diagnostic.line);
    let mark = width(&edge) + width(&super::text::harmless(&before));
    if mark < columns {
        page.push(Line::new().dim(&edge).plain(line).cut(columns));
        let bar = width(&edge).saturating_sub(2);
        page.push(Line::new().pad(bar).dim("| ").pad(mark).say(Tone::Bad, "^"));
    }
    page
}

#[cfg(test)]
mod tests {
    use galley_coordinator_goal::workflow::Parsed;

    use super::*;

    #[test]
    fn a_fault_points_at_its_place() {
        let text = "workflow: w\nsteps:\n  a: { agent: seo, wen: \"true\" }\n";
        let found = Parsed::read(text).check(&Default::default(), &Default::default());
        let found: Vec<Diagnostic> =
            found.into_iter().filter(|fault| fault.code() == "GLY0103").collect();
        let said = faults("w.yaml", text, &found, 80).to_string();
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines[0].starts_with("w.yaml:3:"), "{said}");
        let (excerpt, mark) = (lines[1], lines[2]);
        assert_eq!(excerpt.find("wen"), mark.find('^'), "{said}");
        assert_eq!(lines.last(), Some(&"✗ w.yaml: 1 fault"));
    }
}
