//! Why a document cannot be used.

use std::time::Duration;

/// Why a document cannot be used. No other attempt would end differently.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// Not text at all.
    #[error("it is {what}, not text")]
    Binary {
        /// What it is.
        what: &'static str,
    },
    /// No text, or too little to quote.
    #[error("it has {words} words of text; {words_min} are needed")]
    TooShort {
        /// How many words it has.
        words: usize,
        /// How many are needed.
        words_min: usize,
    },
    /// A page that asks for a proof of being human, and not what was asked for.
    #[error("it is a challenge page (“{sign}”), not the document")]
    Challenge {
        /// What gave it away.
        sign: &'static str,
    },
    /// Nested deeper or larger than any honest document.
    #[error("it has more than {most} {what}")]
    TooComplex {
        /// What there is too much of.
        what: &'static str,
        /// The bound.
        most: usize,
    },
    /// Broken in a way that leaves no text.
    #[error("its format is broken")]
    Malformed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Its parser gave up.
    #[error("its format is broken: the parser gave up")]
    Crashed,
    /// It needs a password.
    #[error("it is encrypted")]
    Encrypted,
    /// Its parser did not end in time.
    #[error("taking its text out took longer than {wait:?}")]
    Timeout {
        /// The bound.
        wait: Duration,
    },
    /// No format that is read.
    #[error("its format {media_type} is not read")]
    Unsupported {
        /// Its media type.
        media_type: String,
    },
    /// More bytes than are taken.
    #[error("it is larger than {bytes_max} bytes")]
    TooLarge {
        /// The bound.
        bytes_max: u64,
    },
}

impl ExtractError {
    /// The code under which it is explained to people.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Binary { .. } => "GLY0431",
            Self::TooShort { .. } => "GLY0432",
            Self::Challenge { .. } => "GLY0433",
            Self::TooComplex { .. } | Self::Malformed(_) | Self::Crashed | Self::Encrypted => {
                "GLY0434"
            }
            Self::Timeout { .. } => "GLY0435",
            Self::Unsupported { .. } => "GLY0436",
            Self::TooLarge { .. } => "GLY0423",
        }
    }
}

/// Titles of pages that stand in for the one that was asked for.
const TITLES: [&str; 8] = [
    "just a moment",
    "attention required! | cloudflare",
    "access denied",
    "please wait...",
    "are you a robot",
    "verifying you are human",
    "security check",
    "ddos-guard",
];

/// Sentences of such pages; believed only where there is hardly any other text.
const SENTENCES: [&str; 10] = [
    "enable javascript and cookies to continue",
    "checking your browser before accessing",
    "verify you are human",
    "verify that you are not a robot",
    "complete the security check",
    "unusual traffic from your computer network",
    "please enable js and disable any ad blocker",
    "you need to enable javascript to run this app",
    "please enable javascript",
    "solve this captcha",
];

/// A document with more text than this is no challenge page, whatever it says.
const CHALLENGE_CHARS_MAX: usize = 1500;

/// Refuses a page that only asks for a proof of being human, or for JavaScript.
pub(super) fn check_challenge(
    page: &str,
    title: &Option<String>,
    paragraphs: &[String],
) -> Result<(), ExtractError> {
    let chars: usize = paragraphs.iter().map(String::len).sum();
    if chars > CHALLENGE_CHARS_MAX {
        return Ok(());
    }
    let title = title.as_deref().unwrap_or_default().to_lowercase();
    let head: String = page.chars().take(100_000).collect::<String>().to_lowercase();
    let by_title = TITLES.iter().find(|sign| title.starts_with(**sign));
    let sign = by_title.or_else(|| SENTENCES.iter().find(|sign| head.contains(**sign)));
    sign.map_or(Ok(()), |sign| Err(ExtractError::Challenge { sign }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_challenge(title: &str, text: &str) -> bool {
        let page = format!("<title>{title}</title><p>{text}</p>");
        check_challenge(&page, &Some(title.to_owned()), &[text.to_owned()]).is_err()
    }

    #[test]
    fn challenge_pages_are_told_from_pages_about_them() {
        assert!(is_challenge(
            "Just a moment...",
            "example.org needs to review the security of your connection"
        ));
        assert!(is_challenge("example.org", "Enable JavaScript and cookies to continue"));
        assert!(is_challenge("App", "You need to enable JavaScript to run this app."));
        assert!(!is_challenge(
            "How captchas work",
            &"A captcha asks people to verify you are human. ".repeat(60)
        ));
        assert!(!is_challenge("A short page", "With a few words on customer service."));
    }
}
