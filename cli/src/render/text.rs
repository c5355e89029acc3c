//! Text for people, as lines of toned pieces.
//!
//! Everything that this program says to people is made of [`Line`]s. A line takes text in through
//! one door, which takes away whatever a terminal would obey: so a title, a note or a topic from
//! outside can never move the cursor, hide text or name a window. Escape sequences are made in one
//! place, [`Line::paint`], from tones alone.

use std::fmt;

use console::measure_text_width;

/// How a piece of text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it is.
    Plain,
    /// Less important than its neighbours.
    Dim,
    /// What the eye should find first.
    Strong,
    /// It went well.
    Good,
    /// It is under way.
    Busy,
    /// A person should look.
    Warn,
    /// It failed.
    Bad,
}

impl Tone {
    /// The parameters of its escape sequence (ECMA-48, SGR).
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Dim => Some("2"),
            Self::Strong => Some("1"),
            Self::Good => Some("32"),
            Self::Busy => Some("36"),
            Self::Warn => Some("33"),
            Self::Bad => Some("31"),
        }
    }
}

/// Whether escape sequences for tones are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colours {
    /// They are.
    On,
    /// Tones are dropped.
    Off,
}

/// A character and how it is meant.
type Toned = (Tone, char);

/// One line of toned pieces. Holds no character that a terminal obeys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pieces: Vec<(Tone, String)>,
}

impl Line {
    /// An empty line.
    pub(crate) const fn new() -> Self {
        Self { pieces: Vec::new() }
    }

    /// With a piece more at its end.
    pub(crate) fn say(mut self, tone: Tone, text: impl AsRef<str>) -> Self {
        let text = harmless(text.as_ref());
        if !text.is_empty() {
            self.pieces.push((tone, text));
        }
        self
    }

    pub(crate) fn plain(self, text: impl AsRef<str>) -> Self {
        self.say(Tone::Plain, text)
    }

    pub(crate) fn dim(self, text: impl AsRef<str>) -> Self {
        self.say(Tone::Dim, text)
    }

    pub(crate) fn strong(self, text: impl AsRef<str>) -> Self {
        self.say(Tone::Strong, text)
    }

    pub(crate) fn warn(self, text: impl AsRef<str>) -> Self {
        self.say(Tone::Warn, text)
    }

    /// With another line at its end.
    pub(crate) fn join(mut self, other: Self) -> Self {
        self.pieces.extend(other.pieces);
        self
    }

    /// With spaces up to a column; nothing when the line is as long already.
    pub(crate) fn pad(self, column: usize) -> Self {
        let missing = column.saturating_sub(self.width());
        self.plain(" ".repeat(missing))
    }

    /// How many columns it takes.
    pub(crate) fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| width(text)).sum()
    }

    /// Whether nothing is on it.
    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The line in at most so many columns, with an ellipsis when something is missing.
    pub(crate) fn cut(self, columns: usize) -> Self {
        if self.width() <= columns {
            return self;
        }
        let mut kept = self.toned();
        let mut taken = 0;
        let fitting = kept.iter().take_while(|(_, c)| {
            taken += columns_of(*c);
            taken < columns
        });
        let fitting = fitting.count();
        kept.truncate(fitting);
        while kept.last().is_some_and(|(_, c)| *c == ' ') {
            kept.pop();
        }
        if columns > 0 {
            let tone = kept.last().map_or(Tone::Plain, |(tone, _)| *tone);
            kept.push((tone, '…'));
        }
        Self::of(&kept)
    }

    /// The line as several, none wider than so many columns; all but the first begin with `hang`
    /// spaces. It is parted at spaces where there are any.
    pub(crate) fn wrap(self, columns: usize, hang: usize) -> Vec<Self> {
        let columns = columns.max(hang + 8);
        if self.width() <= columns {
            return vec![self];
        }
        let all = self.toned();
        let mut rest = all.as_slice();
        let mut lines = Vec::new();
        while !rest.is_empty() {
            let indent = if lines.is_empty() { 0 } else { hang };
            let (now, later) = part(rest, columns - indent);
            lines.push(Self::new().plain(" ".repeat(indent)).join(Self::of(now)));
            rest = later;
        }
        lines
    }

    /// Without spaces at its end.
    pub(crate) fn trimmed(self) -> Self {
        let mut all = self.toned();
        while all.last().is_some_and(|(_, c)| *c == ' ') {
            all.pop();
        }
        Self::of(&all)
    }

    /// As it goes to a terminal or a file.
    pub(crate) fn paint(&self, colours: Colours) -> String {
        let piece = |(tone, text): &(Tone, String)| match (tone.code(), colours) {
            (Some(code), Colours::On) => format!("\x1b[{code}m{text}\x1b[0m"),
            (_, Colours::Off) | (None, Colours::On) => text.clone(),
        };
        self.pieces.iter().map(piece).collect()
    }

    fn toned(&self) -> Vec<Toned> {
        let chars = |(tone, text): &(Tone, String)| {
            let tone = *tone;
            text.chars().map(move |c| (tone, c)).collect::<Vec<_>>()
        };
        self.pieces.iter().flat_map(chars).collect()
    }

    fn of(toned: &[Toned]) -> Self {
        let runs = toned.chunk_by(|(one, _), (other, _)| one == other);
        let pieces = runs.filter_map(|run| {
            let (tone, _) = run.first()?;
            Some((*tone, run.iter().map(|(_, c)| *c).collect()))
        });
        Self { pieces: pieces.collect() }
    }
}

/// The part of a text that fits on a line, and what is left for the next one.
fn part(text: &[Toned], columns: usize) -> (&[Toned], &[Toned]) {
    let mut taken = 0;
    let fitting = text.iter().take_while(|(_, c)| {
        taken += columns_of(*c);
        taken <= columns
    });
    let fitting = fitting.count().max(1);
    if fitting == text.len() {
        return (text, &[]);
    }
    let is_space = |at: usize| text.get(at).is_some_and(|(_, c)| *c == ' ');
    // A break needs something before it: indents are no place to part a line.
    let begins = text.iter().take_while(|(_, c)| *c == ' ').count();
    let at = (begins + 1..=fitting).rev().find(|at| is_space(*at)).unwrap_or(fitting);
    let (now, later) = text.split_at(at);
    let gap = later.iter().take_while(|(_, c)| *c == ' ').count();
    let end = now.iter().rev().take_while(|(_, c)| *c == ' ').count();
    (now.get(..now.len() - end).unwrap_or(now), later.get(gap..).unwrap_or_default())
}

/// Several lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Page {
    lines: Vec<Line>,
}

impl Page {
    /// Nothing yet.
    pub(crate) const fn new() -> Self {
        Self { lines: Vec::new() }
    }

    /// One line more.
    pub(crate) fn push(&mut self, line: Line) {
        self.lines.push(line.trimmed());
    }

    /// One text more, in as many lines as it needs; all but the first begin with `hang` spaces.
    pub(crate) fn push_wrapped(&mut self, line: Line, columns: usize, hang: usize) {
        line.wrap(columns, hang).into_iter().for_each(|line| self.push(line));
    }

    /// An empty line, unless nothing or an empty line stands before it.
    pub(crate) fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(Line::new());
        }
    }

    /// Every line of another page more.
    pub(crate) fn extend(&mut self, page: Self) {
        self.lines.extend(page.lines);
    }

    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// As it goes to a terminal or a file.
    pub(crate) fn paint(&self, colours: Colours) -> String {
        self.lines.iter().map(|line| line.paint(colours) + "\n").collect()
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.paint(Colours::Off))
    }
}

impl From<Line> for Page {
    fn from(line: Line) -> Self {
        Self { lines: vec![line] }
    }
}

impl From<&str> for Page {
    fn from(text: &str) -> Self {
        Self { lines: text.lines().map(|line| Line::new().plain(line)).collect() }
    }
}

impl From<String> for Page {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

/// How many columns a text takes, at most: marks that join characters may make it fewer.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

fn columns_of(c: char) -> usize {
    if c.is_ascii() { 1 } else { measure_text_width(c.encode_utf8(&mut [0; 4])) }
}

/// A text on one line, with nothing in it that a terminal obeys: characters that control it are
/// shown as pictures, those that turn the direction of writing are dropped.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().filter_map(harmless_char).collect()
}

/// A text of several lines, as [`harmless`].
pub(crate) fn harmless_lines(text: &str) -> String {
    let line = |line: &str| harmless(line.strip_suffix('\n').unwrap_or(line));
    text.split_inclusive('\n')
        .map(|text| if text.ends_with('\n') { line(text) + "\n" } else { line(text) })
        .collect()
}

/// Whether a terminal obeys nothing in it.
pub(crate) fn is_harmless(c: char) -> bool {
    harmless_char(c) == Some(c)
}

fn harmless_char(c: char) -> Option<char> {
    match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
        '\u{0}'..='\u{1f}' => char::from_u32(u32::from(c) + 0x2400),
        '\u{7f}' => Some('\u{2421}'),
        '\u{80}'..='\u{9f}' => Some(char::REPLACEMENT_CHARACTER),
        // Marks, embeddings, overrides and isolates of writing direction; the shape selector that
        // makes the width of a character depend on the terminal.
        '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{fe0f}' => None,
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_from_outside_reaches_the_terminal_as_an_order() {
        let evil = "a\x1b]0;owned\x07b\x1b[2J\u{9b}31m\r\n\tc\u{202e}d\x7f";
        let line = Line::new().plain(evil);
        assert_eq!(line.paint(Colours::On), "a␛]0;owned␇b␛[2J\u{fffd}31m   cd␡");
        assert_eq!(harmless_lines("a\x1b\nb\n"), "a␛\nb\n");
    }

    #[test]
    fn tones_are_dropped_without_colours() {
        let line = Line::new().say(Tone::Good, "✓").plain(" done");
        assert_eq!(line.paint(Colours::On), "\x1b[32m✓\x1b[0m done");
        assert_eq!(line.paint(Colours::Off), "✓ done");
    }

    #[test]
    fn a_cut_line_shows_that_it_is_cut() {
        let check = |text: &str, columns, want: &str| {
            let cut = Line::new().plain(text).cut(columns);
            assert_eq!(cut.paint(Colours::Off), want, "{text} in {columns}");
        };
        check("abc", 3, "abc");
        check("abcd", 3, "ab…");
        check("ab cd", 4, "ab…");
        check("日本語", 4, "日…");
        check("abc", 0, "");
    }

    #[test]
    fn a_wrapped_text_hangs() {
        let line = Line::new().plain("  ").strong("One two three four five six seven");
        let lines: Vec<String> =
            line.wrap(16, 4).iter().map(|line| line.paint(Colours::Off)).collect();
        assert_eq!(lines, ["  One two three", "    four five", "    six seven"]);
    }

    proptest! {
        #[test]
        fn whatever_is_said_stays_in_its_columns(
            texts in prop::collection::vec((any::<String>(), any::<bool>()), 0..6),
            columns in 0_usize..90,
            hang in 0_usize..12,
        ) {
            let line = texts.iter().fold(Line::new(), |line, (text, strong)| {
                if *strong { line.strong(text) } else { line.plain(text) }
            });
            let painted = line.paint(Colours::Off);
            prop_assert!(!painted.chars().any(char::is_control));
            prop_assert!(line.clone().cut(columns).width() <= columns);
            let wrapped = line.wrap(columns, hang);
            let most = columns.max(hang + 8);
            prop_assert!(wrapped.iter().all(|line| line.width() <= most));
            // Nothing but spaces is lost at the breaks.
            let solid = |text: &str| text.replace(' ', "");
            let again: String = wrapped.iter().map(|line| line.paint(Colours::Off)).collect();
            prop_assert_eq!(solid(&again), solid(&painted));
        }
    }
}
