//! A post of a few hundred characters that announces a page.

use galley_schemas::content::Article;
use unicode_segmentation::UnicodeSegmentation as _;

/// Most tags of a post.
const TAGS_MAX: usize = 4;
/// Longest tag.
const TAG_CHARS_MAX: usize = 30;
/// With less room than this, the description is left out.
const DESCRIPTION_MIN: usize = 20;

/// A text with the places in it that mean something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Short {
    /// The text.
    pub(crate) text: String,
    /// Its links and tags, in order.
    pub(crate) spans: Vec<(std::ops::Range<usize>, Span)>,
}

/// What a place in a text means; places are told in UTF-8 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Span {
    /// The page.
    Link,
    /// A tag, without its sign.
    Tag(String),
}

/// How a page's address stands in a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link<'a> {
    /// As it is written.
    pub(crate) shown: &'a str,
    /// How many characters it counts for.
    pub(crate) counts: usize,
}

/// How many characters a text has, as readers count them.
pub(crate) fn graphemes(text: &str) -> usize {
    text.graphemes(true).count()
}

/// Title, description, address and tags within so many characters.
pub(crate) fn compose(article: &Article, link: Link<'_>, limit: usize) -> Short {
    let mut short = Short { text: String::new(), spans: Vec::new() };
    let tags = tags(article);
    let tag_room: usize = tags.iter().map(|tag| graphemes(tag) + 2).sum();
    // Two line breaks before the address, and one before the tags.
    let room = limit.saturating_sub(link.counts + 2);
    let tags = if tag_room * 3 <= room { tags } else { Vec::new() };
    let room = room.saturating_sub(if tags.is_empty() { 0 } else { tag_room });
    let title = shorten(&tame(&article.title), room);
    let left = room.saturating_sub(graphemes(&title) + 2);
    short.text.push_str(&title);
    let description = tame(&article.meta.description);
    if left >= DESCRIPTION_MIN && !description.is_empty() {
        short.text.push_str("\n\n");
        short.text.push_str(&shorten(&description, left));
    }
    short.text.push_str("\n\n");
    short.place(link.shown, Span::Link);
    for (index, tag) in tags.into_iter().enumerate() {
        short.text.push(if index == 0 { '\n' } else { ' ' });
        short.place(&format!("#{tag}"), Span::Tag(tag));
    }
    short
}

impl Short {
    fn place(&mut self, text: &str, span: Span) {
        let start = self.text.len();
        self.text.push_str(text);
        self.spans.push((start..self.text.len(), span));
    }
}

/// Tags as one word each.
fn tags(article: &Article) -> Vec<String> {
    let one = |tag: &String| {
        let words = tag.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let mut joined = String::new();
        for (index, word) in words.enumerate() {
            let mut letters = word.chars();
            match letters.next() {
                Some(first) if index > 0 => joined.extend(first.to_uppercase()),
                Some(first) => joined.push(first),
                None => {}
            }
            joined.push_str(letters.as_str());
        }
        joined
    };
    // A tag of digits alone is none.
    let is_tag =
        |tag: &String| tag.chars().any(char::is_alphabetic) && tag.chars().count() <= TAG_CHARS_MAX;
    article.meta.tags.iter().map(one).filter(is_tag).take(TAGS_MAX).collect()
}

/// Text in which nobody is called by name, no tag is set, and no address stands: only ours do that.
fn tame(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '@' | '#' => {
                out.push(c);
                // A word joiner: nothing to see, and no name follows.
                out.push('\u{2060}');
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.replace("://", ":\u{2060}//").trim().to_owned()
}

/// At most so many characters, cut at a word, with a sign that it was cut.
fn shorten(text: &str, limit: usize) -> String {
    if graphemes(text) <= limit {
        return text.to_owned();
    }
    let cut: String = text.graphemes(true).take(limit.saturating_sub(1)).collect();
    let at_word = cut.rsplit_once(char::is_whitespace).map(|(head, _)| head);
    // A word that alone is too long is cut.
    let head = at_word.filter(|head| head.len() * 2 > cut.len()).unwrap_or(&cut);
    format!("{}…", head.trim_end_matches(|c: char| c.is_whitespace() || ",;:.".contains(c)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::article;
    use super::*;

    const LINK: Link<'static> = Link { shown: "https://example.org/rye-bread/", counts: 23 };

    fn counted(short: &Short) -> usize {
        graphemes(&short.text) - graphemes(LINK.shown) + LINK.counts
    }

    #[test]
    fn a_post_says_what_where_and_about_what() {
        let mut article = article();
        article.meta.tags = vec!["rye bread".to_owned(), "2021".to_owned(), "Öfen".to_owned()];
        let short = compose(&article, LINK, 500);
        assert_eq!(
            short.text,
            "Rye bread: what bakers say\n\nWhat bakers say about rye \"bread\" & ovens.\n\n\
             https://example.org/rye-bread/\n#ryeBread #Öfen"
        );
        let at: Vec<&str> =
            short.spans.iter().map(|(range, _)| &short.text[range.clone()]).collect();
        assert_eq!(at, ["https://example.org/rye-bread/", "#ryeBread", "#Öfen"]);
    }

    #[test]
    fn nobody_is_called_by_a_quote() {
        let mut article = article();
        article.title = "@all see https://evil.example #sale".to_owned();
        let text = compose(&article, LINK, 500).text;
        assert!(!text.contains("@all") && !text.contains("#sale"), "{text}");
        assert!(!text.contains("https://evil"), "{text}");
    }

    proptest! {
        #[test]
        fn it_keeps_to_its_limit(title in "\\PC{0,400}", text in "\\PC{0,400}", limit in 60_usize..600) {
            let mut article = article();
            article.title = title;
            article.meta.description = text;
            let short = compose(&article, LINK, limit);
            prop_assert!(counted(&short) <= limit, "{} > {limit}: {}", counted(&short), short.text);
            prop_assert!(short.text.contains(LINK.shown));
        }
    }
}
