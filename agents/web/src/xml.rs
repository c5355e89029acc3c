//! Small helpers over the XML reader: names without prefixes, text whatever it is written as. The
//! reader goes through flat text event by event, expands no entity of a document's own, and keeps
//! nothing, so that depth and entities cost nothing.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

/// What stands in an XML text, piece by piece.
#[derive(Debug)]
pub(crate) enum Piece<'a> {
    /// An element opens.
    Open(BytesStart<'a>),
    /// An element that is empty opens and closes.
    Empty(BytesStart<'a>),
    /// An element of this name closes.
    Close(String),
    /// Text between them.
    Text(Cow<'a, str>),
}

/// The pieces of a text, to its end or to where it stops to be XML.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_dangling_amp = true;
    std::iter::from_fn(move || {
        loop {
            return Some(match reader.read_event().ok()? {
                Event::Start(element) => Piece::Open(element),
                Event::Empty(element) => Piece::Empty(element),
                Event::End(element) => Piece::Close(element.local_name().as_ref().to_owned()),
                Event::Text(text) => Piece::Text(text.into_inner()),
                Event::CData(text) => Piece::Text(text.into_inner()),
                Event::GeneralRef(name) => match unescape(&format!("&{};", &*name)) {
                    Ok(text) => Piece::Text(text.into_owned().into()),
                    // An entity of the document's own: it stands for nothing here.
                    Err(_) => continue,
                },
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
                Event::Eof => return None,
            });
        }
    })
}

/// The name of an element without its prefix.
pub(crate) fn name<'a>(element: &'a BytesStart<'_>) -> &'a str {
    let name = element.name().into_inner();
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// An attribute by its name without prefix.
pub(crate) fn attribute(element: &BytesStart<'_>, wanted: &str) -> Option<String> {
    element.attributes().flatten().find_map(|attribute| {
        let name = attribute.key.into_inner();
        let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
        (local == wanted).then(|| unescape(&attribute.value).ok().map(Cow::into_owned))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_whatever_it_is_written_as() {
        let text = "<a:b c:d='1 &amp; 2'>x &lt;&#65;<![CDATA[<y>]]>&own;<!-- z --></a:b> & <e/><f";
        let told: Vec<String> = pieces(text)
            .map(|piece| match piece {
                Piece::Open(e) => format!("({} {:?}", name(&e), attribute(&e, "d")),
                Piece::Empty(e) => format!("[{}]", name(&e)),
                Piece::Close(name) => format!("{name})"),
                Piece::Text(text) => text.into_owned(),
            })
            .collect();
        assert_eq!(told.concat(), "(b Some(\"1 & 2\")x <A<y>b) & [e]");
    }

    #[test]
    fn a_tower_and_a_laugh_cost_nothing() {
        assert_eq!(pieces(&"<a>".repeat(100_000)).count(), 100_000);
        let laugh = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><l>&b;</l>";
        assert_eq!(pieces(laugh).filter(|p| matches!(p, Piece::Text(_))).count(), 0);
    }
}
