//! Sitemaps (<https://www.sitemaps.org/protocol.html>): lists of pages, and lists of lists; plain or
//! packed with gzip.

use chrono::NaiveDate;

use crate::extract::{clean, dates};
use crate::packed::{Unpacking, gunzipped};
use crate::xml::{Piece, name, pieces};

/// The longest sitemap that is read, unpacked: what the protocol allows.
const BYTES_MAX: u64 = 50 * 1024 * 1024;
/// The most addresses of one: what the protocol allows.
const ADDRESSES_MAX: usize = 50_000;
/// The longest address.
const ADDRESS_BYTES_MAX: usize = 2048;

/// What a sitemap lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sitemap {
    /// Whether its addresses are those of more sitemaps.
    pub(crate) is_index: bool,
    /// Its addresses, in order.
    pub(crate) places: Vec<Place>,
}

/// An address with what is said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The address.
    pub(crate) url: String,
    /// When the page last changed.
    pub(crate) changed: Option<NaiveDate>,
    /// Of a news sitemap: its title.
    pub(crate) title: Option<String>,
    /// Of a news sitemap: when it was published.
    pub(crate) published: Option<NaiveDate>,
}

/// Reads a sitemap; what is none lists nothing.
pub(crate) fn read(body: &[u8]) -> Result<Sitemap, Unpacking> {
    let unpacked = gunzipped(body, BYTES_MAX)?;
    let body = unpacked.as_deref().unwrap_or(body);
    let most = usize::try_from(BYTES_MAX).unwrap_or(usize::MAX);
    let text = String::from_utf8_lossy(body.get(..body.len().min(most)).unwrap_or_default());
    Ok(parse(&text))
}

fn parse(text: &str) -> Sitemap {
    let mut map = Sitemap::default();
    let mut open = String::new();
    let mut said = String::new();
    for piece in pieces(text) {
        match piece {
            Piece::Open(element) => {
                let name = name(&element);
                map.is_index |= name == "sitemapindex";
                name.clone_into(&mut open);
                said.clear();
            }
            Piece::Text(text) => said.push_str(&text),
            Piece::Close(name) if name == open => {
                note(&mut map.places, &name, &clean::line(&said));
                open.clear();
            }
            Piece::Close(_) | Piece::Empty(_) => {}
        }
        if map.places.len() > ADDRESSES_MAX {
            break;
        }
    }
    map.places.truncate(ADDRESSES_MAX);
    map.places.retain(|place| !place.url.is_empty() && place.url.len() <= ADDRESS_BYTES_MAX);
    map
}

/// Notes what an element says: an address begins an entry, everything else is said of the last one.
fn note(places: &mut Vec<Place>, name: &str, said: &str) {
    if name == "loc" {
        places.push(Place { url: said.to_owned(), ..Place::default() });
        return;
    }
    let Some(place) = places.last_mut() else { return };
    match name {
        "lastmod" => place.changed = dates::parse(said),
        "title" => place.title = Some(said.to_owned()).filter(|title| !title.is_empty()),
        "publication_date" => place.published = dates::parse(said),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_read_with_what_is_said_of_them() {
        let map = r#"<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
            xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
            <url><loc> https://e.org/a?x=1&amp;y=2 </loc><lastmod>2026-03-01T10:00:00Z</lastmod>
              <news:news><news:publication_date>2026-02-28</news:publication_date>
              <news:title>Tea &amp; more</news:title></news:news></url>
            <url><loc><![CDATA[https://e.org/b]]></loc></url><url><loc></loc></url></urlset>"#;
        let Sitemap { is_index, places } = read(map.as_bytes()).unwrap();
        assert!(!is_index && places.len() == 2);
        assert_eq!(places[0].url, "https://e.org/a?x=1&y=2");
        assert_eq!(places[0].title.as_deref(), Some("Tea & more"));
        assert_eq!(places[0].changed, NaiveDate::from_ymd_opt(2026, 3, 1));
        assert_eq!(places[0].published, NaiveDate::from_ymd_opt(2026, 2, 28));
        assert_eq!(places[1], Place { url: "https://e.org/b".into(), ..Place::default() });
    }

    #[test]
    fn an_index_is_told_and_nonsense_lists_nothing() {
        let index =
            "<sitemapindex><sitemap><loc>https://e.org/1.xml.gz</loc></sitemap></sitemapindex>";
        let map = read(index.as_bytes()).unwrap();
        assert!(map.is_index && map.places[0].url == "https://e.org/1.xml.gz");
        assert_eq!(read(b"<html><p>no map").unwrap(), Sitemap::default());
        assert_eq!(read(b"\xFF\x00<<<").unwrap(), Sitemap::default());
        let long = "<loc>x</loc>".repeat(60_000);
        assert_eq!(read(long.as_bytes()).unwrap().places.len(), ADDRESSES_MAX);
    }
}
