//! The part of a terminal that is drawn over: what to send so that lines stand in place of others.
//!
//! Pure: it gives texts, and somebody else writes them. The cursor always rests at the beginning of
//! the line below the region, and is never hidden: whatever ends the process leaves a usable
//! terminal.

use crate::render::text::{Colours, Line};

/// Lines that are on the screen now and will be drawn over.
#[derive(Debug)]
pub(crate) struct Region {
    lines: Vec<Line>,
}

impl Region {
    /// Nothing is drawn.
    pub(crate) const fn new() -> Self {
        Self { lines: Vec::new() }
    }

    /// Whether something is drawn.
    pub(crate) fn is_up(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Puts these lines in place of what is drawn. Each overwrites what stands there before the
    /// rest of it is erased, so that nothing flickers.
    pub(crate) fn draw(&mut self, lines: Vec<Line>, columns: usize, colours: Colours) -> String {
        let mut out = self.home(columns);
        for line in &lines {
            out.push_str(&line.paint(colours));
            out.push_str("\x1b[K\n");
        }
        out.push_str("\x1b[J");
        self.lines = lines;
        out
    }

    /// Takes away what is drawn; the cursor stands where it began.
    pub(crate) fn erase(&mut self, columns: usize) -> String {
        let out = if self.is_up() { self.home(columns) + "\x1b[J" } else { String::new() };
        self.lines.clear();
        out
    }

    /// What is drawn stays as it is, for good.
    pub(crate) fn leave(&mut self) {
        self.lines.clear();
    }

    /// The lines that are drawn.
    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// To the beginning of the region. A screen that became narrower since has wrapped its lines.
    fn home(&self, columns: usize) -> String {
        let columns = columns.max(1);
        let rows: usize = self.lines.iter().map(|line| line.width().div_ceil(columns).max(1)).sum();
        if rows == 0 { "\r".to_owned() } else { format!("\r\x1b[{rows}A") }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A terminal that knows as much as the region uses: what it shows, line by line.
    #[derive(Debug, Default)]
    struct Terminal {
        rows: Vec<Vec<char>>,
        row: usize,
        column: usize,
    }

    impl Terminal {
        fn feed(&mut self, text: &str) {
            let mut rest = text.chars();
            while let Some(c) = rest.next() {
                match c {
                    '\r' => self.column = 0,
                    '\n' => (self.row, self.column) = (self.row + 1, 0),
                    '\x1b' => {
                        assert_eq!(rest.next(), Some('['));
                        let mut order = String::new();
                        while !order.ends_with(char::is_alphabetic) {
                            order.push(rest.next().expect("an order ends with a letter"));
                        }
                        self.obey(&order);
                    }
                    c => self.put(c),
                }
            }
        }

        fn put(&mut self, c: char) {
            if self.rows.len() <= self.row {
                self.rows.resize(self.row + 1, Vec::new());
            }
            let row = &mut self.rows[self.row];
            if row.len() <= self.column {
                row.resize(self.column + 1, ' ');
            }
            row[self.column] = c;
            self.column += 1;
        }

        fn obey(&mut self, order: &str) {
            match order {
                "K" => {
                    if let Some(row) = self.rows.get_mut(self.row) {
                        row.truncate(self.column);
                    }
                }
                "J" => {
                    self.obey("K");
                    self.rows.truncate(self.row + 1);
                }
                up if up.ends_with('A') => {
                    let rows: usize = up.trim_end_matches('A').parse().unwrap();
                    self.row = self.row.checked_sub(rows).expect("never above what was drawn");
                }
                tone => assert!(tone.ends_with('m'), "an unknown order {tone}"),
            }
        }

        fn text(&self) -> Vec<String> {
            let mut rows: Vec<String> = self.rows.iter().map(|row| row.iter().collect()).collect();
            while rows.last().is_some_and(String::is_empty) {
                rows.pop();
            }
            rows
        }
    }

    fn lines(texts: &[String]) -> Vec<Line> {
        texts.iter().map(|text| Line::new().strong(text)).collect()
    }

    #[test]
    fn a_shorter_picture_leaves_nothing_of_a_longer_one() {
        let mut region = Region::new();
        let mut terminal = Terminal::default();
        for texts in [&["aaaa", "bbbb", "cccc"][..], &["d", ""][..]] {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            terminal.feed(&region.draw(lines(&texts), 80, Colours::On));
        }
        assert_eq!(terminal.text(), ["d"]);
    }

    proptest! {
        #[test]
        fn the_screen_shows_what_was_left_and_the_last_picture(
            pictures in prop::collection::vec(
                (prop::collection::vec("[a-z]{0,12}", 0..5), any::<bool>(), any::<bool>()), 0..12),
        ) {
            let mut region = Region::new();
            let mut terminal = Terminal::default();
            let mut want: Vec<String> = Vec::new();
            let mut up: Vec<String> = Vec::new();
            for (texts, note, leave) in pictures {
                terminal.feed(&region.draw(lines(&texts), 80, Colours::On));
                up.clone_from(&texts);
                if note {
                    let before = region.lines().to_vec();
                    terminal.feed(&region.erase(80));
                    terminal.feed("note\n");
                    terminal.feed(&region.draw(before, 80, Colours::Off));
                    want.push("note".to_owned());
                }
                if leave {
                    region.leave();
                    want.append(&mut up);
                }
            }
            want.append(&mut up);
            while want.last().is_some_and(String::is_empty) {
                want.pop();
            }
            prop_assert_eq!(terminal.text(), want);
        }
    }
}
