//! A YAML text as a plain value, with the place of every part.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Location, MessageFormatter, Spanned, UserMessageFormatter};

use super::diagnostic::{Diagnostic, Rule};
use super::pointer;

/// Longest text of a workflow in bytes.
pub const YAML_BYTES_MAX: usize = 64 * 1024;

/// A line and a column, both from 1.
pub(super) type Place = (u32, u32);

/// A YAML text, read.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) value: Value,
    pub(super) spans: Spans,
    /// Keys that stand more than once; the first of them counts.
    pub(super) faults: Vec<Diagnostic>,
}

/// Where the parts of a document stand, by JSON pointer.
#[derive(Debug, Default, Clone)]
pub(super) struct Spans {
    parts: BTreeMap<String, Span>,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    key: Option<Place>,
    value: Place,
    /// Where the characters of a text begin, when they stand in the document one by one.
    text: Option<Place>,
}

impl Spans {
    /// Where a value stands; of a part that is not there, where the nearest part around it does.
    pub(super) fn value(&self, pointer: &str) -> Place {
        self.nearest(pointer).map_or((1, 1), |span| span.value)
    }

    /// Where the key of a value stands, or the value itself when it has none.
    pub(super) fn key(&self, pointer: &str) -> Place {
        self.nearest(pointer).map_or((1, 1), |span| span.key.unwrap_or(span.value))
    }

    /// Where a character of a text stands; of one that is folded or escaped, where the text does.
    pub(super) fn within(&self, pointer: &str, offset: usize) -> Place {
        match self.parts.get(pointer).and_then(|span| span.text) {
            Some((line, column)) => {
                (line, column.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX)))
            }
            None => self.value(pointer),
        }
    }

    /// Whether the document has this part.
    pub(super) fn has(&self, pointer: &str) -> bool {
        self.parts.contains_key(pointer)
    }

    fn nearest(&self, pointer: &str) -> Option<&Span> {
        let mut at = pointer;
        loop {
            if let Some(span) = self.parts.get(at) {
                return Some(span);
            }
            at = at.rsplit_once('/')?.0;
        }
    }
}

impl Document {
    /// Reads a text: one document, within the bounds.
    pub(super) fn read(text: &str) -> Result<Self, Diagnostic> {
        if text.len() > YAML_BYTES_MAX {
            let message =
                format!("a workflow has at most {YAML_BYTES_MAX} bytes, this has {}", text.len());
            return Err(syntax((1, 1), message));
        }
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! {
                max_depth: 32,
                max_nodes: 20_000,
                max_aliases: 100,
                max_anchors: 100,
            },
            duplicate_keys: DuplicateKeyPolicy::PassThrough,
            with_snippet: false,
        };
        let tree: Spanned<Node> =
            serde_saphyr::from_str_with_options(text, options).map_err(|error| {
                let at = error.location().map_or((1, 1), place);
                syntax(at, UserMessageFormatter.format_message(&error).into_owned())
            })?;
        let mut flat = Flat { text, spans: Spans::default(), faults: Vec::new() };
        let value = flat.take(tree, &mut String::new(), None);
        Ok(Self { value, spans: flat.spans, faults: flat.faults })
    }
}

fn syntax((line, column): Place, message: String) -> Diagnostic {
    Diagnostic { line, column, rule: Rule::Syntax, message, hint: String::new() }
}

fn place(location: Location) -> Place {
    let bounded = |number: u64| u32::try_from(number).unwrap_or(u32::MAX).max(1);
    (bounded(location.line()), bounded(location.column()))
}

/// Takes a tree apart into its value and the places of its parts.
struct Flat<'t> {
    text: &'t str,
    spans: Spans,
    faults: Vec<Diagnostic>,
}

impl Flat<'_> {
    fn take(&mut self, node: Spanned<Node>, pointer: &mut String, key: Option<Place>) -> Value {
        let value = place(node.referenced);
        let text = match &node.value {
            Node::Text(text) => self.verbatim(text, node.referenced),
            Node::Fixed(_) | Node::List(_) | Node::Map(_) => None,
        };
        self.spans.parts.insert(pointer.clone(), Span { key, value, text });
        match node.value {
            Node::Fixed(value) => value,
            Node::Text(text) => Value::String(text),
            Node::List(items) => self.take_list(items, pointer),
            Node::Map(entries) => self.take_map(entries, pointer),
        }
    }

    fn take_list(&mut self, items: Vec<Spanned<Node>>, pointer: &mut String) -> Value {
        let outside = pointer.len();
        let mut list = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            pointer::push(pointer, &index.to_string());
            list.push(self.take(item, pointer, None));
            pointer.truncate(outside);
        }
        Value::Array(list)
    }

    fn take_map(
        &mut self,
        entries: Vec<(Spanned<String>, Spanned<Node>)>,
        pointer: &mut String,
    ) -> Value {
        let outside = pointer.len();
        let mut map = Map::with_capacity(entries.len());
        for (key, node) in entries {
            let at = place(key.referenced);
            if map.contains_key(&key.value) {
                self.faults.push(repeated(&key.value, at));
                continue;
            }
            pointer::push(pointer, &key.value);
            let value = self.take(node, pointer, Some(at));
            pointer.truncate(outside);
            map.insert(key.value, value);
        }
        Value::Object(map)
    }

    /// Where the characters of a text begin, behind its quote if it has one.
    fn verbatim(&self, text: &str, location: Location) -> Option<Place> {
        let (line, column) = place(location);
        let begin = usize::try_from(location.span().byte_offset()?).ok()?;
        let rest = self.text.get(begin..)?;
        if text.contains('\n') {
            return None;
        }
        let quoted = rest.strip_prefix(['"', '\'']);
        let (inner, skipped) = quoted.map_or((rest, 0), |inner| (inner, 1));
        inner.starts_with(text).then_some((line, column + skipped))
    }
}

fn repeated(key: &str, (line, column): Place) -> Diagnostic {
    Diagnostic {
        line,
        column,
        rule: Rule::RepeatedKey,
        message: format!("the key '{key}' stands here twice"),
        hint: "take one of them out".to_owned(),
    }
}

/// A value with places inside.
enum Node {
    Fixed(Value),
    Text(String),
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNode)
    }
}

struct AnyNode;

impl<'de> Visitor<'de> for AnyNode {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Fixed(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Fixed(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Fixed(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Fixed(Value::from(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Fixed(Value::from(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Fixed(Number::from_f64(value).map_or(Value::Null, Value::Number)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_part_has_its_place() {
        let text = "a: 1\nb:\n  - { c: \"x y\", 'd/e': null }\n  - 1.5\nf: plain # no\n";
        let document = Document::read(text).unwrap();
        assert_eq!(
            document.value,
            json!({ "a": 1, "b": [{ "c": "x y", "d/e": null }, 1.5], "f": "plain" })
        );
        let spans = &document.spans;
        assert_eq!((spans.key("/a"), spans.value("/a")), ((1, 1), (1, 4)));
        assert_eq!((spans.key("/b/0/c"), spans.value("/b/0/c")), ((3, 7), (3, 10)));
        assert_eq!(spans.within("/b/0/c", 2), (3, 13));
        assert_eq!(spans.key("/b/0/d~1e"), (3, 17));
        assert_eq!(spans.value("/b/1"), (4, 5));
        assert_eq!(spans.within("/f", 1), (5, 5));
        assert_eq!(spans.value("/f/not/there"), (5, 4));
        assert!(document.faults.is_empty());
    }

    #[test]
    fn folded_and_escaped_texts_stand_where_they_begin() {
        let text = "a: |\n  one\n  two\nb: \"x\\ty\"\nc: \"ä${1}\"\nd: 'it''s'\n";
        let document = Document::read(text).unwrap();
        assert_eq!(document.value["a"], json!("one\ntwo\n"));
        assert_eq!(document.spans.within("/b", 2), document.spans.value("/b"));
        assert_eq!(document.spans.within("/c", 1), (5, 6));
        assert_eq!(document.spans.within("/d", 4), document.spans.value("/d"));
    }

    fn refused(text: &str, want: &str) {
        assert_eq!(Document::read(text).unwrap_err().to_string(), want, "{text}");
    }

    #[test]
    fn what_is_not_yaml_is_refused_with_its_place() {
        refused("a: [1, 2\nb: 3\n", "2:2 GLY0101 illegal placement of ':' indicator");
        refused("a: 1\n b: 2\n", "2:3 GLY0101 mapping values are not allowed in this context");
        refused("a: *nobody\n", "1:4 GLY0101 reference to unknown value");
        refused("a: 'x", "1:4 GLY0101 unclosed quote");
        refused("a: \u{0}", "1:4 GLY0101 unexpected character: `\\u{0}'");
        refused("a: .nan", "1:4 GLY0101 value `.nan` is not a finite number");
        let many = "only single YAML document expected but multiple found";
        refused("---\na: 1\n---\nb: 2\n", &format!("4:1 GLY0101 {many}"));
    }

    #[test]
    fn what_is_too_large_or_too_deep_is_refused() {
        let bytes = YAML_BYTES_MAX + 1;
        let want =
            format!("1:1 GLY0101 a workflow has at most {YAML_BYTES_MAX} bytes, this has {bytes}");
        refused(&" ".repeat(bytes), &want);
        let error = Document::read(&("[".repeat(40) + &"]".repeat(40))).unwrap_err();
        assert_eq!((error.line, error.column), (1, 33), "{error}");
        let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: &d [*c, *c]\n";
        let bomb = (0..12).fold(bomb.to_owned(), |text, n| {
            format!("{text}e{n}: &e{n} [{}]\n", "*d, *d, *d, *d, *d, *d, *d, *d, *d")
        });
        assert!(Document::read(&bomb).is_err(), "aliases are bounded");
    }

    #[test]
    fn a_repeated_key_is_told_and_the_first_counts() {
        let document = Document::read("a: 1\nb: 2\na: 3\n").unwrap();
        assert_eq!(document.value, json!({ "a": 1, "b": 2 }));
        let told: Vec<_> = document.faults.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["3:1 GLY0105 the key 'a' stands here twice (take one of them out)"]);
    }
}
