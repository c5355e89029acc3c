//! Server-sent events, as far as model servers use them: the `data` of each event.
//!
//! Source: the HTML standard, section 9.2 (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).

/// Takes bytes as they come and gives the `data` of each event that is complete.
#[derive(Debug, Default)]
pub(crate) struct Events {
    line: Vec<u8>,
    data: String,
}

impl Events {
    /// Takes the next bytes.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut events = Vec::new();
        for &byte in bytes {
            if byte != b'\n' {
                self.line.push(byte);
                continue;
            }
            let line = String::from_utf8_lossy(&self.line).trim_end_matches('\r').to_owned();
            self.line.clear();
            if let Some(data) = line.strip_prefix("data:") {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
            } else if line.is_empty() && !self.data.is_empty() {
                events.push(std::mem::take(&mut self.data));
            }
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(parts: &[&str], want: &[&str]) {
        let mut events = Events::default();
        let got: Vec<String> = parts.iter().flat_map(|p| events.take(p.as_bytes())).collect();
        assert_eq!(got, want);
    }

    #[test]
    fn an_event_ends_with_an_empty_line() {
        check(&["data: a\n\ndata: b\n"], &["a"]);
        check(&["data: a\r\n\r\n"], &["a"]);
        check(&["event: x\n: comment\ndata:a\ndata: b\n\n"], &["a\nb"]);
    }

    #[test]
    fn bytes_may_come_in_any_pieces() {
        check(&["da", "ta: {\"t\":\"gr\u{fc}n\"}", "\n", "\n"], &["{\"t\":\"gr\u{fc}n\"}"]);
    }
}
