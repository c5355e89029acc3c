//! From bytes to text, whatever their encoding.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How far into a page its encoding may be declared.
const DECLARATION_BYTES_MAX: usize = 1024;
/// How many bytes are looked at to guess.
const SAMPLE_BYTES_MAX: usize = 64 * 1024;

/// Decodes bytes: by their byte order mark, the declared charset, a declaration inside HTML, or by
/// looking at them. Never fails: what cannot be decoded becomes a replacement character.
pub(crate) fn decode(bytes: &[u8], declared: Option<&str>) -> String {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return decode_as(encoding, bytes.get(mark..).unwrap_or_default());
    }
    if let Some(encoding) = wide(bytes) {
        return decode_as(encoding, bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let named = declared.and_then(|label| Encoding::for_label(label.as_bytes()));
    let named = named.or_else(|| declared_inside(bytes)).filter(|encoding| *encoding != UTF_8);
    match named {
        Some(encoding) => decode_as(encoding, bytes),
        None if is_nearly_utf8(bytes) => decode_as(UTF_8, bytes),
        None => decode_as(guess(bytes), bytes),
    }
}

fn decode_as(encoding: &'static Encoding, bytes: &[u8]) -> String {
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// UTF-16 without a mark: western text has a zero in every other byte.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = bytes.get(..bytes.len().min(1024))?;
    let zeros = |offset: usize| sample.iter().skip(offset).step_by(2).filter(|b| **b == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), sample.len() / 2);
    if half < 8 {
        None
    } else if odd > half * 4 / 5 && even < half / 10 {
        Some(UTF_16LE)
    } else if even > half * 4 / 5 && odd < half / 10 {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// `<meta charset=…>` or `<?xml encoding="…"?>`.
fn declared_inside(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..bytes.len().min(DECLARATION_BYTES_MAX))?;
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let after = ["charset=", "encoding="]
        .iter()
        .find_map(|name| head.find(name).and_then(|at| head.get(at + name.len()..)))?;
    let label = after
        .trim_start_matches(['"', '\'', ' '])
        .split(|c: char| !(c.is_ascii_alphanumeric() || "-_:.".contains(c)))
        .next()?;
    Encoding::for_label(label.as_bytes())
}

/// A few broken bytes in text that is otherwise UTF-8 do not make it something else.
fn is_nearly_utf8(bytes: &[u8]) -> bool {
    let sample = bytes.get(..bytes.len().min(SAMPLE_BYTES_MAX)).unwrap_or_default();
    let (mut good, mut broken) = (0_usize, 0_usize);
    for chunk in sample.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    good > broken
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes.get(..bytes.len().min(SAMPLE_BYTES_MAX)).unwrap_or_default(), true);
    detector.guess(None, Utf8Detection::Allow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], declared: Option<&str>, want: &str) {
        assert_eq!(decode(bytes, declared), want);
    }

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn utf8_needs_no_declaration_and_survives_a_wrong_one() {
        check("naïve café".as_bytes(), None, "naïve café");
        check("naïve café".as_bytes(), Some("iso-8859-1"), "naïve café");
        check(b"\xEF\xBB\xBFmarked", None, "marked");
    }

    #[test]
    fn declared_encodings_are_used() {
        check(b"caf\xE9", Some("ISO-8859-1"), "café");
        check(
            b"<meta charset=\"windows-1252\">\x93quoted\x94",
            None,
            "<meta charset=\"windows-1252\">“quoted”",
        );
        check(&[0x82, 0xA0], Some("shift_jis"), "あ");
    }

    #[test]
    fn utf16_is_seen_with_and_without_a_mark() {
        let text = "Sixteen bits for every letter.";
        check(&utf16(text, u16::to_le_bytes), None, text);
        check(&utf16(text, u16::to_be_bytes), None, text);
        check(&[&[0xFF, 0xFE], utf16(text, u16::to_le_bytes).as_slice()].concat(), None, text);
    }

    #[test]
    fn what_is_undeclared_is_guessed() {
        let text =
            b"Le caf\xE9 est ferm\xE9 apr\xE8s l'\xE9t\xE9, o\xF9 l'on d\xEEne \xE0 c\xF4t\xE9.";
        check(text, None, "Le café est fermé après l'été, où l'on dîne à côté.");
    }

    #[test]
    fn one_broken_byte_does_not_spoil_the_rest() {
        check(
            "Überfällige Grüße aus Köln \u{FFFD} heute".as_bytes(),
            None,
            "Überfällige Grüße aus Köln \u{FFFD} heute",
        );
        let mut bytes = "Überfällige Grüße aus Köln ".as_bytes().to_vec();
        bytes.push(0xFF);
        check(&bytes, None, "Überfällige Grüße aus Köln \u{FFFD}");
    }
}
