//! What a text must keep to before it is handed to the CEL parser.
//!
//! Parser and interpreter descend by recursion, and cost up to 170 KiB of stack for a bracket and
//! 40 KiB for an operator in an unoptimised build; a thread has 2 MiB. So both are counted first.
//! For the count to be the parser's own, texts are of the plainest form: on one line, with few
//! escapes, without prefixes and triple quotes; and there are no comments.

use super::ExpressionError;

/// How deep brackets may nest.
const BRACKETS_MAX: usize = 8;
/// Most operators, calls and indexes; `&&`, `||` and `.` cost nothing.
const OPERATORS_MAX: usize = 24;

/// Holds an expression to its bounds.
pub(super) fn check(text: &str) -> Result<(), ExpressionError> {
    let chars: Vec<char> = text.chars().collect();
    let mut scan = Scan { chars: &chars, at: 0, depth: 0, operators: 0 };
    while scan.at < chars.len() {
        scan.token()?;
    }
    Ok(())
}

struct Scan<'t> {
    chars: &'t [char],
    at: usize,
    depth: usize,
    operators: usize,
}

impl Scan<'_> {
    fn token(&mut self) -> Result<(), ExpressionError> {
        match self.peek(0) {
            Some(quote @ ('\'' | '"')) => return self.quoted(quote),
            Some('/') if self.peek(1) == Some('/') => {
                return Err(self.refuse("an expression has no comments"));
            }
            Some('(' | '[' | '{') => {
                self.depth += 1;
                self.operator()?;
            }
            Some(')' | ']' | '}') => self.depth = self.depth.saturating_sub(1),
            Some(c) if is_operator(c) => {
                self.operator()?;
                self.skip(is_operator);
                return Ok(());
            }
            Some(c) if is_word(c) => return self.word(),
            Some(_) | None => {}
        }
        if self.depth > BRACKETS_MAX {
            return Err(self.refuse("brackets nest at most 8 deep"));
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self) -> Result<(), ExpressionError> {
        let begin = self.at;
        self.skip(is_word);
        let word = self.chars.get(begin..self.at).unwrap_or_default();
        if matches!(self.peek(0), Some('\'' | '"')) {
            return Err(self.refuse("a text has no prefix"));
        }
        if word == ['i', 'n'] { self.operator() } else { Ok(()) }
    }

    /// A text in quotes, up to and with its last quote.
    fn quoted(&mut self, quote: char) -> Result<(), ExpressionError> {
        let begin = self.at;
        if self.peek(1) == Some(quote) && self.peek(2) == Some(quote) {
            return Err(self.refuse("a text stands in single or double quotes"));
        }
        self.at += 1;
        loop {
            match self.peek(0) {
                Some(c) if c == quote => break,
                Some('\\') if matches!(self.peek(1), Some('\\' | '\'' | '"' | 'n' | 'r' | 't')) => {
                    self.at += 2;
                }
                Some('\\') => {
                    return Err(self.refuse("the escapes are \\n, \\r, \\t, \\\\, \\' and \\\""));
                }
                Some('\n' | '\r') | None => {
                    self.at = begin;
                    return Err(self.refuse("this text does not end"));
                }
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        Ok(())
    }

    fn operator(&mut self) -> Result<(), ExpressionError> {
        self.operators += 1;
        if self.operators > OPERATORS_MAX {
            return Err(self.refuse("an expression has at most 24 operators, calls and indexes"));
        }
        Ok(())
    }

    fn skip(&mut self, while_it: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&while_it) {
            self.at += 1;
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn refuse(&self, message: &str) -> ExpressionError {
        ExpressionError { offset: self.at, message: message.to_owned() }
    }
}

fn is_operator(c: char) -> bool {
    matches!(c, '+' | '-' | '*' | '/' | '%' | '<' | '>' | '=' | '!' | '?')
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use galley_schemas::id::StepName;
    use serde_json::{Value, json};

    use super::*;
    use crate::workflow::{Condition, Scope};

    fn check_text(text: &str, want: Option<(usize, &str)>) {
        let error = check(text).err();
        let got = error.as_ref().map(|error| (error.offset, error.message.as_str()));
        assert_eq!(got, want, "{text}");
    }

    #[test]
    fn ordinary_expressions_pass() {
        for text in [
            "goal.autonomy != 'full' || review.score < 0.8",
            "a.filter(s, size(s.t.filter(t, (t.x in [1, 2]))) > 1).map(s, {'k': [s.y]})",
            "x == 'it\\'s (((((((((((' && y == \"\\\\\"",
            "a ? b : c",
            "'ä' + \"'\"",
        ] {
            check_text(text, None);
        }
    }

    #[test]
    fn what_would_exhaust_the_stack_does_not() {
        check_text(&"(".repeat(9), Some((8, "brackets nest at most 8 deep")));
        check_text(&"[{(".repeat(3), Some((8, "brackets nest at most 8 deep")));
        let many = "an expression has at most 24 operators, calls and indexes";
        check_text(&["1"; 26].join("+"), Some((49, many)));
        check_text(&["1"; 26].join(" in "), Some((124, many)));
        check_text(&format!("a{}", "[0]".repeat(25)), Some((73, many)));
        check_text(&format!("a{}", ".b()".repeat(25)), Some((99, many)));
    }

    #[test]
    fn texts_and_the_parser_agree_on_where_a_text_ends() {
        let escapes = "the escapes are \\n, \\r, \\t, \\\\, \\' and \\\"";
        check_text("'\\q((((((((('", Some((1, escapes)));
        check_text("1 + 'a\n((((((((('", Some((4, "this text does not end")));
        check_text("'a", Some((0, "this text does not end")));
        check_text("r'\\'((((((((('", Some((1, "a text has no prefix")));
        check_text("1 // '\n((((((((('", Some((2, "an expression has no comments")));
        check_text("''' ' '''", Some((0, "a text stands in single or double quotes")));
        check_text("'' + ''", None);
    }

    #[test]
    fn the_worst_that_passes_fits_a_small_stack() {
        let nested = |open: &str, close: &str, inner: &str| {
            format!("{}{inner}{}", open.repeat(8), close.repeat(8))
        };
        let sum = ["1"; 17].join(" + ");
        let calls = format!("'a'{}", ".size()".repeat(16));
        let worst = [
            nested("(", ")", &sum),
            nested("[", "]", &calls),
            nested("size(", ")", &["1"; 17].join(" == ")),
            format!("[1].map(x, [1].map(y, {}))", nested("(", ")", "x")),
            format!("[1].map(x, [1].map(y, ((((x{})))))", " + x".repeat(14)),
            ["true"; 330].join("||"),
            ["x"; 990].join("."),
            "!".repeat(1_990) + "true",
        ];
        let run = move || {
            for text in worst {
                let parsed = Condition::new(&text);
                let (input, outputs) = (json!(1), BTreeMap::<StepName, Value>::new());
                let scope = Scope::new(&input, &input, &outputs);
                if let Ok(condition) = parsed {
                    let _value = condition.holds(&scope);
                }
            }
        };
        std::thread::Builder::new().stack_size(1_536 * 1024).spawn(run).unwrap().join().unwrap();
    }
}
