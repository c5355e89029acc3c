//! From a parsed tree to paragraphs: the one place that knows how HTML elements read as text.

use dom_query::NodeRef;
use galley_schemas::content::Heading;

use super::clean;

/// Elements deeper than this are not read; parsers refuse such trees before (see `html`).
const DEPTH_MAX: usize = 300;

/// What was read, in order. Headings stand among the paragraphs too.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    pub(crate) paragraphs: Vec<String>,
    pub(crate) headings: Vec<Heading>,
    /// The paragraph that is being read; `\n` is a line break that the document asks for.
    open: String,
}

/// Reads a tree.
pub(crate) fn read(root: &NodeRef<'_>) -> Blocks {
    let mut blocks = Blocks::default();
    blocks.children(root, 0);
    blocks.close();
    blocks
}

/// How an element reads.
enum Reads {
    /// Not at all.
    Not,
    /// As a paragraph, or several, of its own.
    Apart,
    /// As part of the line.
    Inline,
    Heading(u8),
    Break,
    Row,
    Raised,
    Quoted,
}

fn reads(name: &str) -> Reads {
    match name {
        "script" | "style" | "noscript" | "template" | "svg" | "math" | "canvas" | "iframe"
        | "object" | "embed" | "audio" | "video" | "img" | "picture" | "source" | "track"
        | "map" | "figcaption" | "pre" | "button" | "select" | "input" | "textarea" | "option"
        | "datalist" | "dialog" | "head" | "title" | "meta" | "link" | "base" | "frameset"
        | "nav" => Reads::Not,
        "h1" => Reads::Heading(1),
        "h2" => Reads::Heading(2),
        "h3" => Reads::Heading(3),
        "h4" => Reads::Heading(4),
        "h5" => Reads::Heading(5),
        "h6" => Reads::Heading(6),
        "br" => Reads::Break,
        "tr" => Reads::Row,
        "sup" => Reads::Raised,
        "q" => Reads::Quoted,
        "p" | "div" | "section" | "article" | "main" | "header" | "footer" | "aside" | "ul"
        | "ol" | "li" | "dl" | "dt" | "dd" | "blockquote" | "figure" | "table" | "thead"
        | "tbody" | "tfoot" | "caption" | "td" | "th" | "hr" | "form" | "fieldset" | "legend"
        | "address" | "details" | "summary" | "center" | "body" | "html" | "hgroup" | "menu" => {
            Reads::Apart
        }
        // Whatever else there is, its text belongs to the line.
        _ => Reads::Inline,
    }
}

impl Blocks {
    fn children(&mut self, node: &NodeRef<'_>, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        for child in node.children_it(false) {
            if child.is_text() {
                let text = child.text();
                self.open.extend(text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }));
            } else if child.is_element() && !is_hidden(&child) {
                self.element(&child, depth);
            }
        }
    }

    fn element(&mut self, node: &NodeRef<'_>, depth: usize) {
        let name = node.node_name().unwrap_or_default();
        match reads(&name) {
            Reads::Not => {}
            Reads::Inline => self.children(node, depth + 1),
            Reads::Break => self.open.push('\n'),
            Reads::Heading(level) => {
                self.close();
                self.children(node, depth + 1);
                self.heading(level);
            }
            Reads::Apart => {
                self.close();
                self.children(node, depth + 1);
                self.close();
            }
            Reads::Row => self.row(node, depth),
            Reads::Raised => {
                if !is_note_mark(&node.text()) {
                    self.children(node, depth + 1);
                }
            }
            Reads::Quoted => {
                self.open.push('“');
                self.children(node, depth + 1);
                self.open.push('”');
            }
        }
    }

    /// A row of a table reads as one line, unless its cells hold paragraphs of their own: such a
    /// table only lays the page out.
    fn row(&mut self, node: &NodeRef<'_>, depth: usize) {
        self.close();
        let cells: Vec<_> =
            node.children_it(false).filter(|c| c.has_name("td") || c.has_name("th")).collect();
        let lays_out = cells.iter().any(|cell| {
            cell.descendants_it().any(|inner| {
                inner.is_element()
                    && matches!(
                        reads(&inner.node_name().unwrap_or_default()),
                        Reads::Apart | Reads::Heading(_) | Reads::Row
                    )
            })
        });
        let mut line = String::new();
        for cell in cells {
            self.children(&cell, depth + 1);
            if lays_out {
                self.close();
                continue;
            }
            let text = clean::line(&std::mem::take(&mut self.open));
            if !line.is_empty() && !text.is_empty() {
                line.push_str("; ");
            }
            line.push_str(&text);
        }
        clean::push(&mut self.paragraphs, &line);
    }

    fn heading(&mut self, level: u8) {
        let text = clean::line(&std::mem::take(&mut self.open));
        if text.chars().any(char::is_alphanumeric) {
            self.headings.push(Heading { level, text: text.clone() });
            self.paragraphs.push(text);
        }
    }

    /// Ends the open paragraph. An empty line or a bullet starts another one.
    fn close(&mut self) {
        let open = std::mem::take(&mut self.open);
        let mut piece = String::new();
        for row in open.split('\n') {
            let starts_anew = row.trim().is_empty() || row.trim_start().starts_with(BULLETS);
            if starts_anew {
                self.piece(&std::mem::take(&mut piece));
            }
            piece.push_str(row);
            piece.push(' ');
        }
        self.piece(&piece);
    }

    fn piece(&mut self, text: &str) {
        for item in split_bullets(text) {
            clean::push(&mut self.paragraphs, item);
        }
    }
}

/// Marks that people type where a list is meant.
const BULLETS: [char; 7] = ['•', '▪', '◦', '‣', '●', '■', '►'];

/// Parts a line at bullets typed into it, and takes marks away that only start a list item.
fn split_bullets(text: &str) -> impl Iterator<Item = &str> {
    text.split(BULLETS).map(|item| {
        let item = item.trim();
        ["- ", "– ", "* ", "· ", "o "]
            .iter()
            .find_map(|mark| item.strip_prefix(mark))
            .unwrap_or(item)
    })
}

/// Whether raised text only points to a note: `[1]`, `12`, `*`.
fn is_note_mark(text: &str) -> bool {
    let text = text.trim();
    text.chars().count() <= 6
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || c.is_ascii_punctuation() || "†‡§¶ ".contains(c))
}

/// Whether an element says itself that it is not to be seen, or only by a screen reader.
pub(crate) fn is_hidden(node: &NodeRef<'_>) -> bool {
    node.has_attr("hidden")
        || node.attr("aria-hidden").is_some_and(|value| &*value == "true")
        || node.attr("style").is_some_and(|style| hides(&style))
        || node.class().is_some_and(|class| class.split_ascii_whitespace().any(hides_by_name))
}

/// Class names that stand for invisibility in the common style sheets.
fn hides_by_name(class: &str) -> bool {
    let name = class.strip_prefix("usa-").unwrap_or(class);
    matches!(
        name,
        "sr-only"
            | "visually-hidden"
            | "visuallyhidden"
            | "screen-reader-text"
            | "element-invisible"
    )
}

/// Whether declarations make text invisible.
pub(crate) fn hides(style: &str) -> bool {
    let style = style.to_ascii_lowercase();
    let declarations: Vec<(&str, &str)> = style
        .split(';')
        .filter_map(|declaration| declaration.split_once(':'))
        .map(|(name, value)| (name.trim(), value.trim().trim_end_matches("!important").trim()))
        .collect();
    declarations.iter().any(|(name, value)| hides_alone(name, value))
        || is_tone_on_tone(&declarations)
}

fn hides_alone(name: &str, value: &str) -> bool {
    match name {
        "display" => value == "none",
        "visibility" => matches!(value, "hidden" | "collapse"),
        "opacity" | "font-size" | "max-height" => is_zero(value),
        "left" | "top" | "text-indent" => is_far_away(value),
        "clip-path" => value.contains("inset(50%") || value.contains("inset(100%"),
        "color" => value == "transparent",
        _ => false,
    }
}

/// Whether text has the very colour that the same rule gives to what is behind it.
fn is_tone_on_tone(declarations: &[(&str, &str)]) -> bool {
    let last = |names: &[&str]| {
        declarations.iter().rev().find(|(name, _)| names.contains(name)).map(|(_, value)| *value)
    };
    let colour = last(&["color"]);
    colour.is_some_and(|colour| last(&["background", "background-color"]) == Some(colour))
}

fn is_zero(value: &str) -> bool {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    number.parse::<f32>().is_ok_and(|n| n.abs() < 0.02)
}

/// Off the page to the left or above.
fn is_far_away(value: &str) -> bool {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    number.parse::<f32>().is_ok_and(|n| n <= -500.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dom_query::Document;

    fn check(html: &str, want: &[&str]) {
        let document = Document::fragment(html);
        assert_eq!(read(&document.root()).paragraphs, want, "{html}");
    }

    #[test]
    fn blocks_read_apart_and_inline_text_together() {
        check("<p>A <b>bold</b><i>er</i> word.</p>Rest", &["A bolder word.", "Rest"]);
        check("<div>one<div>two</div>three</div>", &["one", "two", "three"]);
        check("<ul><li>a<ul><li>b</li></ul></li><li><p>c</p></li></ul>", &["a", "b", "c"]);
        check("<dl><dt>Term</dt><dd>Meaning</dd></dl>", &["Term", "Meaning"]);
        check("He said <q>yes</q>", &["He said “yes”"]);
    }

    #[test]
    fn breaks_part_only_where_a_paragraph_is_meant() {
        check("<p>one<br>line</p>", &["one line"]);
        check("<p>one<br><br>two</p>", &["one", "two"]);
        check("<p>• one<br>• two<br>\n more</p>", &["one", "two more"]);
        check("<p>- an item</p>", &["an item"]);
        check("<p>well-known – and 3 - 2</p>", &["well-known – and 3 - 2"]);
    }

    #[test]
    fn rows_read_as_lines_and_layout_tables_as_paragraphs() {
        check(
            "<table><tr><th>Name</th><th>Age</th></tr><tr><td>Ann</td><td>7</td></tr></table>",
            &["Name; Age", "Ann; 7"],
        );
        check(
            "<table><tr><td><p>one</p><p>two</p></td><td>three</td></tr></table>",
            &["one", "two", "three"],
        );
    }

    #[test]
    fn note_marks_go_and_ordinals_stay() {
        check(
            "<p>21<sup>st</sup> century<sup>[12]</sup>, said<sup><a href=#n>3</a></sup>.</p>",
            &["21st century, said."],
        );
    }

    #[test]
    fn what_is_hidden_is_not_read() {
        for attributes in [
            "hidden",
            "aria-hidden='true'",
            "style='display: none'",
            "style='VISIBILITY:hidden;'",
            "style='font-size:0px'",
            "style='opacity: 0.0'",
            "style='position:absolute;left:-9999px'",
            "style='display:none !important'",
            "style='color: #FFF; background:#fff'",
            "style='background-color:white;COLOR:White'",
            "style='color:transparent'",
            "class='usa-sr-only'",
            "class='big visually-hidden'",
        ] {
            check(&format!("<p>seen<span {attributes}> unseen</span></p>"), &["seen"]);
        }
        check("<p style='left:10px;opacity:1;font-size:14px'>seen</p>", &["seen"]);
        check("<p style='color:#000;background:#fff'>seen</p>", &["seen"]);
        check("<p style='background:white;border-color:white'>seen</p>", &["seen"]);
        check(
            "a<!-- comment --><script>x</script><style>y</style><template>z</template>b",
            &["ab"],
        );
    }

    #[test]
    fn headings_are_listed_and_stand_in_the_text() {
        let document = Document::fragment("<h2>One <em>two</em></h2><p>text</p><h3> </h3>");
        let blocks = read(&document.root());
        assert_eq!(blocks.headings, [Heading { level: 2, text: "One two".into() }]);
        assert_eq!(blocks.paragraphs, ["One two", "text"]);
    }
}
