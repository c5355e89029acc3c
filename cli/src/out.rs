//! The one place where this program prints: results to standard output, notes to standard error.
//!
//! Text that people read comes as lines, which hold nothing that a terminal would obey. Raw text
//! (a workflow's YAML, a completion script) is made harmless when a terminal would show it. What is
//! drawn in place and what is said while it is drawn go through one lock, so that neither garbles
//! the other.

mod region;

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use console::Term;
use serde::Serialize;

use crate::out::region::Region;
use crate::render::text::{Colours, Line, Page, harmless_lines, is_harmless};

/// Columns where there is no terminal: nothing is cut there.
const WIDE: usize = 10_000;
/// Columns of a terminal that does not say.
const UNSAID: (u16, u16) = (24, 80);
/// Longest lines of running text: longer ones are hard to read.
const PROSE: usize = 100;

/// What is drawn in place, on the terminal of standard error. A process has one.
static SCREEN: Mutex<Region> = Mutex::new(Region::new());

/// Whether the cursor stands behind a question.
static ASKING: AtomicBool = AtomicBool::new(false);

fn screen() -> MutexGuard<'static, Region> {
    SCREEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many columns there are for a result.
pub(crate) fn columns() -> usize {
    let term = Term::stdout();
    if term.is_term() { size(&term).1 } else { WIDE }
}

/// How many columns there are for running text, also where a file or a pager takes it.
pub(crate) fn prose() -> usize {
    columns().min(PROSE)
}

/// How many columns there are for notes. A log of them is searched: nothing is wrapped there.
pub(crate) fn notes() -> usize {
    let term = Term::stderr();
    if term.is_term() { size(&term).1.min(PROSE) } else { WIDE }
}

/// Whether standard error is a terminal that can be drawn on.
pub(crate) fn is_drawable() -> bool {
    console::user_attended_stderr() && !console::is_dumb()
}

/// A terminal's rows and columns.
fn size(term: &Term) -> (usize, usize) {
    let said = term.size_checked().filter(|(rows, columns)| *rows > 0 && *columns > 0);
    let (rows, columns) = said.unwrap_or(UNSAID);
    (rows.into(), columns.into())
}

/// A result for people.
pub(crate) fn show(page: &Page) {
    let colours = if console::colors_enabled() { Colours::On } else { Colours::Off };
    write_out(&page.paint(colours));
}

/// A result as it is.
pub(crate) fn text(text: &str) {
    if console::user_attended() { write_out(&harmless_lines(text)) } else { write_out(text) }
}

/// A result as it is, on a line of its own.
pub(crate) fn line(line: &str) {
    text(&format!("{line}\n"));
}

/// A result for machines, as JSON on a line of its own.
pub(crate) fn json(value: &impl Serialize) {
    if let Ok(text) = serde_json::to_string(value) {
        write_out(&(escaped(&text) + "\n"));
    }
}

/// A note for people.
pub(crate) fn note(page: impl Into<Page>) {
    write_err(&page.into().paint(colours_of_notes()));
}

/// A note for machines, as JSON on a line of its own.
pub(crate) fn json_note(text: &str) {
    write_err(&(escaped(text) + "\n"));
}

/// JSON with what a terminal may obey as escapes. Such characters can only stand in its texts, so it
/// stays the same value.
fn escaped(json: &str) -> String {
    let escape = |c: char| {
        if is_harmless(c) {
            return c.to_string();
        }
        c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
    };
    json.chars().map(escape).collect()
}

/// Draws lines in place of those that were drawn last; they are made for the columns and rows that
/// there are.
pub(crate) fn draw(lines: impl FnOnce(usize, usize) -> Vec<Line>) {
    let mut screen = screen();
    let (rows, columns) = size(&Term::stderr());
    // The last column stays free: terminals differ in what they do at the edge.
    let lines = lines(columns.saturating_sub(1), rows);
    if lines != screen.lines() {
        put(&screen.draw(lines, columns, colours_of_notes()));
    }
}

/// Draws lines in place of those that were drawn last, to stay.
pub(crate) fn draw_last(lines: impl FnOnce(usize) -> Vec<Line>) {
    let mut screen = screen();
    let (_, columns) = size(&Term::stderr());
    put(&screen.draw(lines(columns.saturating_sub(1)), columns, colours_of_notes()));
    screen.leave();
}

/// Asks a person at the terminal; gives the line that was typed.
pub(crate) fn prompt(question: &str) -> io::Result<String> {
    write_err(&harmless_lines(question));
    ASKING.store(true, Ordering::Relaxed);
    let mut line = String::new();
    let read = io::stdin().read_line(&mut line);
    ASKING.store(false, Ordering::Relaxed);
    read.map(|_| line)
}

/// Where the log goes: standard error, above what is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        around(|| drop(io::stderr().lock().write_all(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn colours_of_notes() -> Colours {
    if console::colors_enabled_stderr() { Colours::On } else { Colours::Off }
}

/// A reader that went away (`galley goals | head`) is no failure.
fn write_out(text: &str) {
    around(|| {
        let mut out = io::stdout().lock();
        drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
    });
}

fn write_err(text: &str) {
    let gap = if ASKING.swap(false, Ordering::Relaxed) { "\n" } else { "" };
    around(|| put(&format!("{gap}{text}")));
}

fn put(text: &str) {
    drop(io::stderr().lock().write_all(text.as_bytes()));
}

/// Writes above what is drawn.
fn around(write: impl FnOnce()) {
    let mut screen = screen();
    let drawn = screen.lines().to_vec();
    if drawn.is_empty() {
        return write();
    }
    let (_, columns) = size(&Term::stderr());
    put(&screen.erase(columns));
    write();
    put(&screen.draw(drawn, columns, colours_of_notes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_the_same_value_and_gives_no_orders() {
        let value = serde_json::json!({ "title": "a\u{9b}31m\x1b[2Jb\x7fc\u{202e}" });
        let text = escaped(&value.to_string());
        assert!(text.chars().all(is_harmless), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
