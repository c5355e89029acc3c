//! Markdown: rendered to a tree, so that the HTML that people write inside it reads alike.

use dom_query::Document as Tree;
use pulldown_cmark::{
    BrokenLink, CodeBlockKind, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd,
    TextMergeStream, html,
};

use super::blocks::{self, Blocks};
use super::front_matter::{self, Fields};
use super::{Draft, ExtractError, clean, dates, html as page};

/// The longest template tag that is recognised, in bytes.
const TEMPLATE_BYTES_MAX: usize = 4000;
/// The longest address of a link before a title, in bytes.
const ADDRESS_BYTES_MAX: usize = 4000;
/// The longest footnote mark or attribute list that is recognised, in bytes.
const SPAN_BYTES_MAX: usize = 200;
/// The longest title of a link that is recognised, in bytes.
const TITLE_BYTES_MAX: usize = 500;

/// Takes the text out of a Markdown file.
pub(crate) fn extract(text: &str) -> Result<Draft, ExtractError> {
    let (fields, body) = front_matter::split(text);
    let rendered = render(&without_titles(&without_templates(body)));
    page::check_nesting(&rendered)?;
    let tree = Tree::fragment(rendered);
    page::check_depth(&tree)?;
    let Blocks { paragraphs, headings, .. } = blocks::read(&tree.root());
    let first = headings.iter().find(|h| h.level == 1).or_else(|| headings.first());
    let title = field(&fields, &["title"]).or_else(|| first.map(|h| h.text.clone()));
    let date = field(&fields, &["date", "published", "pubdate", "publishdate", "date_published"]);
    Ok(Draft {
        title,
        author: field(&fields, &["author", "authors", "byline"]),
        publisher: field(&fields, &["publisher", "site_name", "site", "organization"]),
        published: date.as_deref().and_then(dates::parse),
        language: field(&fields, &["language", "lang", "locale"]),
        url: ["source", "canonical", "canonical_url", "source_url", "original", "url", "link"]
            .iter()
            .find_map(|key| fields.get(*key).filter(|url| super::is_web_address(url)).cloned()),
        headings,
        paragraphs,
    })
}

/// The first of several fields that says something, as plain text.
fn field(fields: &Fields, keys: &[&str]) -> Option<String> {
    let value = keys.iter().find_map(|key| fields.get(*key))?;
    let tree = Tree::fragment(value.as_str());
    tree.select("script, style, template, noscript").remove();
    let text = clean::line(&tree.root().text());
    let text = without_marks(&text);
    if text.is_empty() { None } else { Some(text) }
}

fn render(body: &str) -> String {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_GFM
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_WIKILINKS;
    // `[text][name]` is a link even when nothing defines the name; a plain `[text]` is not.
    let mut mend = |link: BrokenLink<'_>| {
        let is_named = matches!(link.link_type, LinkType::Reference | LinkType::Collapsed);
        is_named.then(|| (CowStr::from(""), CowStr::from("")))
    };
    let events = Parser::new_with_broken_link_callback(body, options, Some(&mut mend));
    let mut out = String::with_capacity(body.len() * 3 / 2);
    html::push_html(
        &mut out,
        Readable { events: TextMergeStream::new(events), skipping: 0, indented: None },
    );
    out
}

/// The events that read as text: no code, images, footnotes or anchors.
struct Readable<I> {
    events: I,
    /// How many elements that are not read are open.
    skipping: usize,
    /// An indented block that is open: most are no code but text that somebody moved to the right.
    indented: Option<String>,
}

impl<'a, I: Iterator<Item = Event<'a>>> Iterator for Readable<I> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        loop {
            let event = self.events.next()?;
            if let Some(html) = self.moved(&event) {
                self.skipping -= 1;
                return Some(Event::Html(html.into()));
            }
            if let Event::Start(tag) = &event
                && is_skipped(tag)
            {
                self.skipping += 1;
            } else if let Event::End(tag) = &event
                && is_skipped_end(*tag)
            {
                self.skipping = self.skipping.saturating_sub(1);
            } else if self.skipping == 0
                && !matches!(event, Event::FootnoteReference(_) | Event::TaskListMarker(_))
            {
                return Some(plain(event));
            }
        }
    }
}

impl<I> Readable<I> {
    /// Follows indented blocks; gives one as HTML at its end when it reads as text.
    fn moved(&mut self, event: &Event<'_>) -> Option<String> {
        if matches!(event, Event::Start(Tag::CodeBlock(CodeBlockKind::Indented))) {
            self.indented = Some(String::new());
        } else if let (Event::Text(text), Some(block)) = (event, &mut self.indented) {
            block.push_str(text);
        } else if matches!(event, Event::End(TagEnd::CodeBlock)) {
            let block = self.indented.take()?;
            let is_read = self.skipping == 1 && (block.starts_with('<') || is_prose(&block));
            return is_read.then(|| format!("<div>{block}</div>\n"));
        }
        None
    }
}

/// Whether a block reads as sentences and not as code.
fn is_prose(block: &str) -> bool {
    let words = block.split_ascii_whitespace().count();
    let odd = block.chars().filter(|c| "{}[]<>;=|\\$&#".contains(*c)).count();
    words >= 8 && odd * 10 < words
}

/// Text without loose marks; words in angle brackets that are no tag as text.
fn plain(event: Event<'_>) -> Event<'_> {
    if let Event::Text(text) = &event {
        Event::Text(without_marks(text).into())
    } else if let Event::InlineHtml(tag) = &event
        && !page::is_known_tag(tag)
    {
        Event::Text(tag.clone())
    } else {
        event
    }
}

fn is_skipped(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::CodeBlock(_) | Tag::Image { .. } | Tag::FootnoteDefinition(_) | Tag::MetadataBlock(_)
    )
}

fn is_skipped_end(tag: TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::CodeBlock | TagEnd::Image | TagEnd::FootnoteDefinition | TagEnd::MetadataBlock(_)
    )
}

/// What opens and closes a span that nobody means to be read: undefined footnotes (`[^1]`),
/// attribute lists (`{:.class}`), embedded media of blogs (`[youtube=…]`).
const SPANS: [(&str, &str); 12] = [
    ("[^", "]"),
    ("{:", "}"),
    ("{#", "}"),
    ("{.", "}"),
    ("[youtube", "]"),
    ("[vimeo", "]"),
    ("[embed", "]"),
    ("[/embed", "]"),
    ("[caption", "]"),
    ("[/caption", "]"),
    ("[gallery", "]"),
    ("[slideshare", "]"),
];

/// Takes out emphasis that the rules of Markdown leave standing (`**so **`), and [`SPANS`].
fn without_marks(text: &str) -> String {
    let mut out = without_loose_marks(&text.replace("**", "").replace("__", ""));
    for (open, close) in SPANS {
        out = without_spans(&out, open, close);
    }
    out
}

/// Takes out stars and underscores that hang on one end of a word.
fn without_loose_marks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        let hangs = before.is_alphanumeric() != after.is_alphanumeric();
        if !(matches!(c, '*' | '_') && hangs) {
            out.push(c);
        }
        before = c;
    }
    out
}

/// Takes out what stands between `open` and `close` in one line, with both.
fn without_spans(text: &str, open: &str, close: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        out.push_str(before);
        let end = find_within(after, close, SPAN_BYTES_MAX);
        match end.map(|end| after.split_at(end)).filter(|(inner, _)| !inner.contains('\n')) {
            Some((_, behind)) => rest = behind.get(close.len()..).unwrap_or_default(),
            None => {
                out.push_str(open);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Looks for something near the start only: looking everywhere, for each of many starts, would take
/// quadratic time.
fn find_within(text: &str, wanted: &str, bytes_max: usize) -> Option<usize> {
    text.get(..text.floor_char_boundary(bytes_max))?.find(wanted)
}

/// Takes out the titles of links: nobody reads them, and quotes inside them, or a missing address
/// before them, would make the link no link: `[text]( "a "title"")`.
fn without_titles(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut parts = body.split("](");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        out.push_str("](");
        match titled(part) {
            Some((address, rest)) => {
                out.push_str(if address.is_empty() { "#" } else { address });
                out.push_str(rest);
            }
            None => out.push_str(part),
        }
    }
    out
}

/// The address before a title, and what follows the title from its bracket on.
fn titled(part: &str) -> Option<(&str, &str)> {
    let head = part.get(..part.floor_char_boundary(ADDRESS_BYTES_MAX))?;
    let (address, behind) = part.split_at(head.find([' ', '\t', '\n', ')'])?);
    let title = behind.trim_start().strip_prefix('"')?;
    let close = find_within(title, "\")", TITLE_BYTES_MAX)?;
    Some((address, title.get(close + 1..)?))
}

/// Takes out the tags of static site generators: `{{< figure >}}`, `{{% note %}}`, `{% include %}`,
/// `{{ page.title }}`. What stands between an opening and a closing tag stays.
fn without_templates(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, tag)) = rest.split_once('{') {
        out.push_str(before);
        let close = match tag.chars().next() {
            Some('{') => "}}",
            Some('%') => "%}",
            _ => "",
        };
        let end = find_within(tag, close, TEMPLATE_BYTES_MAX).filter(|_| !close.is_empty());
        match end {
            Some(end) => rest = tag.get(end + close.len()..).unwrap_or_default(),
            None => {
                out.push('{');
                rest = tag;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &[&str]) {
        assert_eq!(extract(text).unwrap().paragraphs, want, "{text}");
    }

    #[test]
    fn marks_do_not_show() {
        check(
            "A **bold _and_ fine** [link](http://e.org \"t\"), `code`, ~~old~~ new.",
            &["A bold and fine link, code, old new."],
        );
        check(
            "# One {#id}\n\nTwo\n===\n\n### <a name='x'></a>**Three** {.c}",
            &["One", "Two", "Three"],
        );
        check("![picture](a.png) Text ![](b.png)[](c)", &["Text"]);
        check("[text][undefined] and [f]ederal and [gone]()", &["text and [f]ederal and gone"]);
        check("**Broken: **strong and **left", &["Broken: strong and left"]);
        check("[a](http://e.org \"a \"b\" (c) d\"), [e](f \"g\").", &["a, e."]);
        check("[text]( \"title\") [two](  \"t\") snake_case 2 * 3", &["text two snake_case 2 * 3"]);
        check("_Loose marks_ and stray*, _ones", &["Loose marks and stray, ones"]);
        check("A note[^1] here[^x].\n\n[^1]: The note.", &["A note here."]);
        check(
            "[youtube=http://e.org/w?v=1&w=6]Text [caption id=1]of it[/caption] [sic]",
            &["Text of it [sic]"],
        );
        check("&#8217;s &mdash; &amp; &nbsp;x", &["’s — & x"]);
        check("Line {:target=\"_blank\"}\n{: .class}", &["Line"]);
        check("> quoted\n> text", &["quoted text"]);
        check("[[Page]] <https://e.org/a>", &["Page https://e.org/a"]);
    }

    #[test]
    fn lists_and_tables_read_as_lines() {
        check(
            "- one\n- two\n  more\n\n  second\n    1. three",
            &["one", "two more", "second", "three"],
        );
        check("- [ ] to do\n- [x] done", &["to do", "done"]);
        check("| A | B |\n|---|---|\n| 1 | 2 |", &["A; B", "1; 2"]);
        check("• one\n  \n• two", &["one", "two"]);
    }

    #[test]
    fn html_inside_reads_as_html() {
        check(
            "<p>\n  One <a href=\"x\">link</a>\n</p>\n\n  * <p>\n      two\n    </p>",
            &["One link", "two"],
        );
        check("Type <your name> <b>here</b><br/>now", &["Type <your name> here now"]);
        check("Seen <span style=\"display:none\">unseen</span><!-- never -->", &["Seen"]);
    }

    #[test]
    fn code_is_left_out_and_indented_text_is_not() {
        check("Before\n\n```rust\nlet x = 1;\n```\n\nAfter", &["Before", "After"]);
        check("Before\n\n    let x = [1];\n\nAfter", &["Before", "After"]);
        check(
            "Before\n\n    These are words that somebody moved to the right.\n\nAfter",
            &["Before", "These are words that somebody moved to the right.", "After"],
        );
        check("<ul>\n  <li>one</li>\n\n    <li>two</li>\n</ul>\n\nAfter", &["one", "two", "After"]);
    }

    #[test]
    fn templates_are_taken_out() {
        check(
            "{{< img src=\"a\" >}}Text {{% box %}}inside{{% /box %}} {% include x %}",
            &["Text inside"],
        );
        check("{{ page.title }} {{ never closed", &["{{ never closed"]);
    }

    #[test]
    fn front_matter_names_the_document() {
        let draft = extract(
            "---\ntitle: 'The Center&#8217;s **Program**'\ndate: 2012-05-12\nsource: https://e.org/a\nurl: /relative\nlang: en-US\nauthors:\n  - Ann\n---\n# Other\n\nText",
        )
        .unwrap();
        assert_eq!(draft.title.as_deref(), Some("The Center’s Program"));
        assert_eq!(draft.published.map(|d| d.to_string()).as_deref(), Some("2012-05-12"));
        assert_eq!(draft.url.as_deref(), Some("https://e.org/a"));
        assert_eq!(draft.author.as_deref(), Some("Ann"));
        assert_eq!(draft.language.as_deref(), Some("en-US"));
        assert_eq!(
            extract("## Only heading\n\nText").unwrap().title.as_deref(),
            Some("Only heading")
        );
    }
}
