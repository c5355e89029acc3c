//! Bounds on a tree's depth. Parsing takes quadratic time in it and readers of the tree recurse, so
//! a hostile page is refused before it is parsed, by a look at its tags, and again afterwards,
//! exactly.

use dom_query::Document as Tree;

use crate::extract::ExtractError;

/// Elements inside each other. Browsers stop at 512.
const DEPTH_MAX: usize = 512;

const TOO_DEEP: ExtractError =
    ExtractError::TooComplex { what: "nested elements", most: DEPTH_MAX };

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

/// Refuses text whose tags open far more elements than they close.
pub(crate) fn check_nesting(html: &str) -> Result<(), ExtractError> {
    let bytes = html.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(offset) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| *b == b'<')) {
        at += offset + 1;
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.starts_with(b"!--") {
            at += past_comment(rest);
            continue;
        }
        let closes = rest.first() == Some(&b'/');
        let name = name_of(rest.get(usize::from(closes)..).unwrap_or_default());
        let is_tag = name.first().is_some_and(u8::is_ascii_alphabetic);
        if !is_tag || closes_itself(&name) {
            continue;
        }
        if closes {
            depth = depth.saturating_sub(1);
        } else if holds_raw_text(&name) {
            let end = [b"</".as_slice(), &name].concat();
            at += skip_past(rest, &end);
        } else {
            depth += 1;
            if depth > DEPTH_MAX {
                return Err(TOO_DEEP);
            }
        }
    }
    Ok(())
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
    }

    #[test]
    fn the_tree_itself_is_measured_too() {
        // What the look at the tags misses: elements that only seem to close themselves.
        let tower = format!("<svg>{}", "<p/><g>".repeat(400));
        let deep = format!("{}{}{}", "<i>".repeat(300), "<div>".repeat(200), "<i></i>");
        assert!(check_depth(&Tree::from(deep.as_str())).is_ok());
        assert!(check_nesting(&tower).is_ok());
        let nested = "<math>".repeat(500) + &"<tr>".repeat(200);
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
