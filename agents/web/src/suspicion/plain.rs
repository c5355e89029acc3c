//! Text as a model may read it in spite of its disguise: one alphabet, no invisible characters, no
//! spaced-out letters; and what stands in code.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::extract::clean;

/// A shorter run of letters and digits is no code.
const CODE_CHARS_MIN: usize = 24;
/// A longer one is read so far.
const CODE_CHARS_MAX: usize = 8 * 1024;
/// How many single letters in a row are a word that was spaced out.
const SPACED_MIN: usize = 6;
/// With so many words, what was decoded is a message and no key or hash.
const MESSAGE_WORDS_MIN: usize = 3;

/// A text in lower case, in one alphabet, without what cannot be seen.
pub(super) fn plain(text: &str) -> String {
    let line = clean::line(text);
    let folded: String = line.chars().flat_map(narrow).flat_map(char::to_lowercase).collect();
    let words: Vec<String> = folded.split(' ').map(one_alphabet).collect();
    joined(&words)
}

/// What a text says in code, if it says something: in base64, in percent signs, in hexadecimal, or in
/// characters that nobody sees.
pub(super) fn disguised(text: &str) -> Option<String> {
    if let Some(hidden) = tags(text) {
        return Some(plain(&hidden));
    }
    let codes = text.split(|c: char| c.is_whitespace() || "\"'<>()[]{},;:`“”".contains(c));
    codes
        .filter(|code| code.len() >= CODE_CHARS_MIN)
        .filter_map(|code| code.get(..code.len().min(CODE_CHARS_MAX)))
        .find_map(|code| {
            [base64(code), percent(code), hexadecimal(code)].into_iter().flatten().next()
        })
        .map(|message| plain(&message))
}

/// Full-width letters are Latin ones.
fn narrow(c: char) -> Option<char> {
    match u32::from(c) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0),
        _ => Some(c),
    }
}

/// A word that mixes Latin letters with lookalikes, in Latin letters.
fn one_alphabet(word: &str) -> String {
    let is_mixed =
        word.chars().any(|c| c.is_ascii_alphabetic()) && word.chars().any(|c| latin(c).is_some());
    if is_mixed { word.chars().map(|c| latin(c).unwrap_or(c)).collect() } else { word.to_owned() }
}

/// The Latin letter that a small Cyrillic or Greek one looks like.
const fn latin(c: char) -> Option<char> {
    Some(match c {
        'а' | 'α' => 'a',
        'е' | 'ε' => 'e',
        'о' | 'ο' | 'σ' => 'o',
        'р' | 'ρ' => 'p',
        'с' => 'c',
        'у' | 'υ' => 'y',
        'х' | 'χ' => 'x',
        'і' | 'ι' => 'i',
        'ѕ' => 's',
        'ԁ' => 'd',
        'ј' => 'j',
        'һ' => 'h',
        'ո' | 'п' => 'n',
        'ν' => 'v',
        'т' | 'τ' => 't',
        'к' | 'κ' => 'k',
        'м' => 'm',
        'в' => 'b',
        'г' => 'r',
        _ => return None,
    })
}

/// Words with each run of single letters as one word; where words were spaced out, nobody knows where
/// they end, so it stands beside the text as it is.
fn joined(words: &[String]) -> String {
    let mut text = words.join(" ");
    let is_letter =
        |word: &String| word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    for run in words.split(|word| !is_letter(word)).filter(|run| run.len() >= SPACED_MIN) {
        text.push(' ');
        text.push_str(&run.concat());
    }
    text
}

/// What is written in tag characters, which show nothing and spell ASCII.
fn tags(text: &str) -> Option<String> {
    let spelled = |c: char| match u32::from(c) {
        tag @ 0xE0020..=0xE007E => char::from_u32(tag - 0xE0000),
        _ => None,
    };
    let message: String = text.chars().filter_map(spelled).collect();
    // Flags of regions are a few tags; a message is longer.
    (message.chars().count() >= 12).then_some(message)
}

fn base64(code: &str) -> Option<String> {
    let code: String = code.trim_end_matches('=').replace('-', "+").replace('_', "/");
    let is_one = code.chars().all(|c| c.is_ascii_alphanumeric() || c == '+' || c == '/');
    is_one.then(|| STANDARD_NO_PAD.decode(&code).ok()).flatten().and_then(message)
}

fn percent(code: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> =
        code.split('%').skip(1).map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
    code.starts_with('%').then_some(bytes).flatten().and_then(message)
}

fn hexadecimal(code: &str) -> Option<String> {
    let code = code.strip_prefix("0x").unwrap_or(code).replace("\\x", "");
    let is_one = code.len().is_multiple_of(2) && code.chars().all(|c| c.is_ascii_hexdigit());
    let pairs =
        || (0..code.len()).step_by(2).map(|at| u8::from_str_radix(code.get(at..at + 2)?, 16).ok());
    is_one.then(|| pairs().collect::<Option<Vec<u8>>>()).flatten().and_then(message)
}

/// Bytes that are a message: text of several words.
fn message(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    let is_text = text.chars().all(|c| !c.is_control() || c.is_whitespace());
    let words = text.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic));
    (is_text && words.count() >= MESSAGE_WORDS_MIN).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disguises_are_seen_through() {
        assert_eq!(plain("Ｉｇｎоre\u{200B} this"), "ignore this");
        assert!(plain("see I g n o r e it").ends_with(" ignore"));
        assert_eq!(plain("и это всё"), "и это всё", "a word of one alphabet stays as it is");
        let tagged: String = "obey this page"
            .chars()
            .filter_map(|c| char::from_u32(0xE0000 + u32::from(c)))
            .collect();
        assert_eq!(disguised(&format!("Tea{tagged}")).as_deref(), Some("obey this page"));
    }

    #[test]
    fn keys_and_hashes_are_no_messages() {
        for text in [
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "Donaudampfschifffahrtsgesellschaft",
            "AIzaSyA1234567890abcdefghijklmnopqrstuv",
            "Supercalifragilisticexpialidocious",
            "100%20of%20all",
        ] {
            assert_eq!(disguised(text), None, "{text}");
        }
    }
}
