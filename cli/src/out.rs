//! The two places where this program prints: results to standard output, notes to standard error.

use std::io::Write as _;

/// A result. A reader that went away (`galley goals | head`) is no failure.
pub(crate) fn text(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// A result, on a line of its own.
pub(crate) fn line(line: &str) {
    text(&format!("{line}\n"));
}

/// A note for people, on a line of its own.
pub(crate) fn note(line: &str) {
    let mut out = std::io::stderr().lock();
    drop(out.write_all(format!("{line}\n").as_bytes()));
}

/// Asks a person at the terminal; gives the line that was typed.
pub(crate) fn prompt(question: &str) -> std::io::Result<String> {
    let mut out = std::io::stderr().lock();
    out.write_all(question.as_bytes())?;
    out.flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line)
}
