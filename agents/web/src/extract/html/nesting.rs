//! Bounds on a page's tree. Parsing takes quadratic time in its depth and in the attributes of a
//! tag, and readers of the tree recurse; so a hostile page is refused before it is parsed, by a look
//! at its tags, and again afterwards, exactly.

use dom_query::Document as Tree;

use crate::extract::ExtractError;

/// Elements inside each other. Browsers stop at 512; honest pages stay below 100.
const DEPTH_MAX: usize = 256;
/// Tags that open an element.
const TAGS_MAX: usize = 200_000;
/// Attributes of one tag, counted generously.
const ATTRIBUTES_MAX: usize = 1000;

const TOO_DEEP: ExtractError = too_many("nested elements", DEPTH_MAX);

const fn too_many(what: &'static str, most: usize) -> ExtractError {
    ExtractError::TooComplex { what, most }
}

/// Elements that close themselves, or that their next sibling closes.
fn closes_itself(name: &[u8]) -> bool {
    matches!(
        name,
        b"area"
            | b"base"
            | b"br"
            | b"col"
            | b"embed"
            | b"hr"
            | b"img"
            | b"input"
            | b"link"
            | b"meta"
            | b"param"
            | b"source"
            | b"track"
            | b"wbr"
            | b"p"
            | b"li"
            | b"dt"
            | b"dd"
            | b"tr"
            | b"td"
            | b"th"
            | b"thead"
            | b"tbody"
            | b"tfoot"
            | b"option"
            | b"rp"
            | b"rt"
    )
}

/// Refuses text whose tags are too many, open far more elements than they close, or carry too many
/// attributes.
pub(crate) fn check_nesting(html: &str) -> Result<(), ExtractError> {
    let bytes = html.as_bytes();
    let (mut depth, mut tags, mut at) = (0_usize, 0_usize, 0_usize);
    while let Some(offset) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| *b == b'<')) {
        at += offset + 1;
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.starts_with(b"!--") {
            at += past_comment(rest);
            continue;
        }
        let closes = rest.first() == Some(&b'/');
        at += usize::from(closes);
        let rest = bytes.get(at..).unwrap_or_default();
        let name = name_of(rest);
        if !name.first().is_some_and(u8::is_ascii_alphabetic) {
            continue;
        }
        at += past_tag(rest)?;
        tags += usize::from(!closes);
        if tags > TAGS_MAX {
            return Err(too_many("elements", TAGS_MAX));
        }
        if closes_itself(&name) {
            continue;
        }
        if closes {
            depth = depth.saturating_sub(1);
        } else if holds_raw_text(&name) {
            let end = [b"</".as_slice(), &name].concat();
            at += skip_past(bytes.get(at..).unwrap_or_default(), &end);
        } else {
            depth += 1;
            if depth > DEPTH_MAX {
                return Err(TOO_DEEP);
            }
        }
    }
    Ok(())
}

/// Where in a tag a byte stands; the states of the HTML tokenizer that matter for where it ends.
#[derive(Clone, Copy)]
enum Within {
    TagName,
    /// Before an attribute's name.
    Between,
    Name,
    /// After an attribute's name; an equals sign may follow.
    AfterName,
    BeforeValue,
    Bare,
    Quoted(u8),
}

impl Within {
    /// Where the next byte stands; none when the tag ends.
    const fn next(self, byte: u8) -> Option<Self> {
        let is_space = matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0C');
        Some(match (self, byte) {
            (Self::Quoted(quote), _) if byte != quote => self,
            (Self::Quoted(_), _) => Self::Between,
            (_, b'>') => return None,
            (Self::BeforeValue, b'"' | b'\'') => Self::Quoted(byte),
            (Self::BeforeValue, _) if is_space => self,
            (Self::BeforeValue, _) => Self::Bare,
            (Self::Bare, _) if !is_space => self,
            (Self::Bare, _) => Self::Between,
            (_, b'/') => Self::Between,
            (Self::Name | Self::AfterName, b'=') => Self::BeforeValue,
            (Self::Name | Self::AfterName, _) if is_space => Self::AfterName,
            (Self::TagName | Self::Between, _) if is_space => Self::Between,
            (Self::TagName, _) => self,
            (Self::Between | Self::Name | Self::AfterName, _) => Self::Name,
        })
    }
}

/// How many bytes to go until past a tag.
fn past_tag(tag: &[u8]) -> Result<usize, ExtractError> {
    let (mut within, mut attributes) = (Within::TagName, 0_usize);
    for (at, byte) in tag.iter().copied().enumerate() {
        let Some(next) = within.next(byte) else { return Ok(at + 1) };
        let starts = !matches!(within, Within::Name) && matches!(next, Within::Name);
        attributes += usize::from(starts);
        if attributes > ATTRIBUTES_MAX {
            return Err(too_many("attributes of one element", ATTRIBUTES_MAX));
        }
        within = next;
    }
    Ok(tag.len())
}

/// How many bytes to go until past a comment; `<!-->` is one, and `--!>` ends one too.
fn past_comment(rest: &[u8]) -> usize {
    let end = |at: usize| match rest.get(at..at + 4) {
        Some([b'-', b'-', b'>', _]) => Some(at + 3),
        Some(b"--!>") => Some(at + 4),
        _ => None,
    };
    (1..rest.len()).find_map(end).unwrap_or(rest.len())
}

/// A tag's name in lower case, at most 16 bytes of it.
fn name_of(tag: &[u8]) -> Vec<u8> {
    tag.iter()
        .take(16)
        .take_while(|b| b.is_ascii_alphanumeric())
        .map(u8::to_ascii_lowercase)
        .collect()
}

fn holds_raw_text(name: &[u8]) -> bool {
    matches!(
        name,
        b"script" | b"style" | b"textarea" | b"title" | b"xmp" | b"noframes" | b"noembed"
    )
}

/// How many bytes to go until past `end`, whatever its case; all of them when it never comes.
fn skip_past(bytes: &[u8], end: &[u8]) -> usize {
    bytes
        .windows(end.len())
        .position(|window| window.eq_ignore_ascii_case(end))
        .map_or(bytes.len(), |at| at + end.len())
}

/// Refuses a tree that is too deep.
pub(crate) fn check_depth(tree: &Tree) -> Result<(), ExtractError> {
    let mut depth = 0_usize;
    let mut node = Some(tree.root());
    while let Some(here) = node {
        if let Some(child) = here.first_child() {
            depth += 1;
            if depth > DEPTH_MAX {
                return Err(TOO_DEEP);
            }
            node = Some(child);
            continue;
        }
        let mut up = Some(here);
        node = None;
        while let Some(here) = up {
            if let Some(next) = here.next_sibling() {
                node = Some(next);
                break;
            }
            up = here.parent();
            depth = depth.saturating_sub(1);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, fits: bool) {
        assert_eq!(check_nesting(html).is_ok(), fits, "{}…", html.get(..60).unwrap_or(html));
        if fits {
            assert!(check_depth(&Tree::from(html)).is_ok());
        }
    }

    #[test]
    fn ordinary_pages_fit() {
        check(&"<p>text<li>item<br>".repeat(5000), true);
        check(&"<div><span>text</span></div>".repeat(5000), true);
        check(&format!("<script>{}</script>", "'<div>'".repeat(5000)), true);
        check(&format!("<!-- {} -->", "<div>".repeat(5000)), true);
        check(&"1 < 2 <3 <".repeat(5000), true);
        check(&"<a title='<div>' href=\"<div>\">x</a>".repeat(5000), true);
        check("<p a=\"never closed", true);
    }

    #[test]
    fn towers_do_not() {
        check(&"<div>".repeat(10_000), false);
        check(&"<b class=x>".repeat(10_000), false);
        check(&"<table><tr><td>".repeat(1000), false);
        check(&"<ul><li>".repeat(1000), false);
        check(&format!("<!-->{}", "<div>".repeat(1000)), false);
        check(&format!("<textarea><script></textarea>{}", "<div>".repeat(1000)), false);
        check(&"<div><!--</div>-->".repeat(1000), false);
        check(&format!("<!-- --!>{}", "<div>".repeat(1000)), false);
        for start in [
            "<a =\">",
            "<a b==\">",
            "<a b=x=\">",
            "<a=\">",
            "<a b/=\">",
            "<a b'c=\"\">",
            "</a =\">",
        ] {
            check(&format!("{start}{}", "<div>".repeat(1000)), false);
        }
    }

    #[test]
    fn crowds_do_not_fit() {
        let attributes =
            |count: usize| (0..count).map(|n| format!(" a{n}='x'")).collect::<String>();
        check(&format!("<p{}>", attributes(900)), true);
        check(&format!("<p{}>", attributes(1100)), false);
        check(&format!("<p{}>", attributes(1100).replace(' ', "/")), false);
        check(&format!("<p a=''{}>", "b=''".repeat(1100)), false);
        check(&"<br>".repeat(200_001), false);
    }

    #[test]
    fn the_tree_itself_is_measured_too() {
        // What the look at the tags misses: elements that only seem to close themselves.
        let nested = "<math>".repeat(200) + &"<tr>".repeat(200);
        assert_eq!(
            check_depth(&Tree::from(nested.as_str())).is_err(),
            nested_depth(&nested) > DEPTH_MAX
        );
    }

    fn nested_depth(html: &str) -> usize {
        let tree = Tree::from(html);
        tree.root().descendants_it().map(|n| n.ancestors_it(None).count()).max().unwrap_or(0)
    }
}
