//! The topic: one line, no markup, nothing that policy forbids.

/// The longest topic, in characters.
pub(crate) const CHARS_MAX: usize = 300;

/// Why a topic is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// Nothing is left of it.
    #[error("the topic is empty")]
    Empty,
    /// It is no topic but a text.
    #[error("the topic has {chars} characters; at most {CHARS_MAX} are taken")]
    TooLong { chars: usize },
    /// Policy forbids it.
    #[error("the topic contains “{term}”, which the configuration forbids")]
    Forbidden { term: String },
}

/// One line of plain text: markup, control and invisible characters gone, white space folded.
pub(crate) fn normalised(text: &str) -> Result<String, Refused> {
    // A bound before the work: whatever comes in, the work stays small.
    let chars = text.chars().count();
    if chars > CHARS_MAX * 20 {
        return Err(Refused::TooLong { chars });
    }
    let line = galley_agents_web::plain_line(text);
    let line = line.trim_matches(|c: char| c.is_whitespace() || "#*_`>\"“”".contains(c));
    match line.chars().count() {
        0 => Err(Refused::Empty),
        chars if chars > CHARS_MAX => Err(Refused::TooLong { chars }),
        _ if !line.chars().any(char::is_alphanumeric) => Err(Refused::Empty),
        _ => Ok(line.to_owned()),
    }
}

/// Refuses a topic that contains a forbidden term as whole words.
pub(crate) fn permitted(topic: &str, forbidden: &[String]) -> Result<(), Refused> {
    let topic = folded(topic);
    let hit = forbidden.iter().find(|term| {
        let term = folded(term);
        term.len() > 2 && topic.contains(&term)
    });
    hit.map_or(Ok(()), |term| Err(Refused::Forbidden { term: term.clone() }))
}

/// Lower-case words with one space around each.
fn folded(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(String::from(" "), |line, word| line + word + " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: Result<&str, Refused>) {
        assert_eq!(normalised(text), want.map(str::to_owned), "{text:?}");
    }

    #[test]
    fn a_topic_is_one_line_of_plain_text() {
        check(
            "How AI chatbots change customer service",
            Ok("How AI chatbots change customer service"),
        );
        check(
            "  # How **AI**\n\t<b>chatbots</b> &amp; people\u{200B} ",
            Ok("How AI chatbots & people"),
        );
        check("<script>alert(1)</script>Service", Ok("Service"));
        check("\u{202E}Service\u{7}", Ok("Service"));
        check("\"Quoted\"", Ok("Quoted"));
        check("a < b", Ok("a < b"));
        check("Was ist „Künstliche Intelligenz“?", Ok("Was ist „Künstliche Intelligenz“?"));
    }

    #[test]
    fn what_is_no_topic_is_refused() {
        check("", Err(Refused::Empty));
        check(" \u{200B}\n ", Err(Refused::Empty));
        check("<br>", Err(Refused::Empty));
        check("?!", Err(Refused::Empty));
        check(&"a".repeat(301), Err(Refused::TooLong { chars: 301 }));
        check(&"a".repeat(10_000), Err(Refused::TooLong { chars: 10_000 }));
        assert!(normalised(&"ä".repeat(300)).is_ok());
    }

    #[test]
    fn forbidden_terms_are_whole_words() {
        let forbidden = ["Make a bomb".to_owned(), "spam".to_owned(), String::new()];
        let is_forbidden = |topic: &str| permitted(topic, &forbidden).is_err();
        assert!(is_forbidden("How to make  a BOMB at home"));
        assert!(is_forbidden("Spam!"));
        assert!(!is_forbidden("Spammers and bombast"));
        assert!(!is_forbidden("Make a bombastic speech"));
    }
}
