//! Streams cut into what they consist of: server-sent events, or lines of JSON.
//!
//! Source: the HTML standard, section 9.2 (<https://html.spec.whatwg.org/multipage/server-sent-events.html>),
//! as far as model servers use it: the `data` of each event.

/// How a stream is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Server-sent events: an empty line ends one.
    Events,
    /// Each line is one.
    Lines,
}

/// Takes bytes as they come and gives each frame that is complete. Its caller bounds the bytes.
#[derive(Debug)]
pub(crate) struct Frames {
    cut: Cut,
    line: Vec<u8>,
    data: String,
}

impl Frames {
    pub(crate) const fn new(cut: Cut) -> Self {
        Self { cut, line: Vec::new(), data: String::new() }
    }

    /// Takes the next bytes.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut frames = Vec::new();
        for &byte in bytes {
            if byte == b'\n' {
                frames.extend(self.end_line());
            } else {
                self.line.push(byte);
            }
        }
        frames
    }

    /// The stream is over: what stands there counts, although servers should end it.
    pub(crate) fn end(&mut self) -> Vec<String> {
        let mut frames = Vec::new();
        frames.extend(self.end_line());
        frames.extend(self.event());
        frames
    }

    fn end_line(&mut self) -> Option<String> {
        let line = String::from_utf8_lossy(&self.line).trim_end_matches('\r').to_owned();
        self.line.clear();
        if self.cut == Cut::Lines {
            return Some(line).filter(|line| !line.trim().is_empty());
        }
        if let Some(data) = line.strip_prefix("data:") {
            if !self.data.is_empty() {
                self.data.push('\n');
            }
            self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
        }
        if line.is_empty() { self.event() } else { None }
    }

    fn event(&mut self) -> Option<String> {
        (!self.data.is_empty()).then(|| std::mem::take(&mut self.data))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cut: Cut, parts: &[&str], want: &[&str]) {
        let mut frames = Frames::new(cut);
        let mut got: Vec<String> = parts.iter().flat_map(|p| frames.take(p.as_bytes())).collect();
        got.push("|".to_owned());
        got.extend(frames.end());
        assert_eq!(got, want);
    }

    #[test]
    fn an_event_ends_with_an_empty_line_or_the_stream() {
        check(Cut::Events, &["data: a\n\ndata: b\n"], &["a", "|", "b"]);
        check(Cut::Events, &["data: a\r\n\r\n"], &["a", "|"]);
        check(Cut::Events, &["event: x\n: comment\ndata:a\ndata: b\n\n"], &["a\nb", "|"]);
    }

    #[test]
    fn bytes_may_come_in_any_pieces() {
        let whole = "data: {\"t\":\"gr\u{fc}n\"}\n\n";
        for at in (0..whole.len()).filter(|at| whole.is_char_boundary(*at)) {
            let (head, tail) = whole.split_at(at);
            check(Cut::Events, &[head, tail], &["{\"t\":\"gr\u{fc}n\"}", "|"]);
        }
        let mut frames = Frames::new(Cut::Lines);
        let got: Vec<String> = "\u{fc}\n".bytes().flat_map(|byte| frames.take(&[byte])).collect();
        assert_eq!(got, ["\u{fc}"], "also in the middle of a character");
    }

    #[test]
    fn lines_are_frames() {
        check(
            Cut::Lines,
            &["{\"a\":1}\n\n{\"b\"", ":2}\n{}"],
            &["{\"a\":1}", "{\"b\":2}", "|", "{}"],
        );
    }
}
