//! The types of values, as far as JSON Schemas tell.
//!
//! A type is a choice of alternatives; an alternative is a set of schemas that hold together. So
//! `anyOf` and `oneOf` become choices, `allOf` and references become sets, and an optional value is
//! a choice between `null` and the rest. What cannot be told is a set without schemas: anything.

use std::collections::BTreeSet;

use serde_json::Value;

use super::kind::{Kind, kinds_of, words};
use crate::workflow::expr::Segment;
use crate::workflow::schema::resolved;

/// How deep schemas are unfolded, and how many alternatives are kept apart; beyond, a type is
/// anything.
const DEPTH_MAX: usize = 8;
const ALTERNATIVES_MAX: usize = 64;

/// A schema, with the schema that its references lead into.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rooted<'s> {
    schema: &'s Value,
    root: &'s Value,
}

/// Schemas that hold together.
type Set<'s> = Vec<Rooted<'s>>;

/// The type of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Type<'s>(Vec<Alternative<'s>>);

/// One of the things that a value can be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Alternative<'s> {
    /// What fits all of these.
    All(Set<'s>),
    /// A list of such items.
    List(Box<Type<'s>>),
    /// Something of this kind, and no more is known.
    Of(Kind),
}

/// What a way leads to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step<'s> {
    /// A value of this type.
    To(Type<'s>),
    /// Nothing: the object has only these properties.
    NoProperty(BTreeSet<String>),
    /// Nothing: the value has no parts of that sort.
    NoParts,
}

impl<'s> Type<'s> {
    /// Anything.
    pub(super) fn any() -> Self {
        Self(vec![Alternative::All(Vec::new())])
    }

    /// Something of a kind.
    pub(super) fn of(kind: Kind) -> Self {
        Self(vec![Alternative::Of(kind)])
    }

    /// A list of such items.
    pub(super) fn list(items: Self) -> Self {
        Self(vec![Alternative::List(Box::new(items))])
    }

    /// What fits a schema.
    pub(super) fn schema(schema: &'s Value) -> Self {
        Self::unfolded(Rooted { schema, root: schema })
    }

    fn unfolded(schema: Rooted<'s>) -> Self {
        Self(unfold(schema, DEPTH_MAX).into_iter().map(Alternative::All).collect())
    }

    fn both(schemas: Vec<Rooted<'s>>) -> Self {
        let sets = schemas.into_iter().map(|schema| unfold(schema, DEPTH_MAX));
        Self(
            sets.fold(vec![Vec::new()], |all, set| product(&all, &set))
                .into_iter()
                .map(Alternative::All)
                .collect(),
        )
    }

    fn or(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        if self.0.len() > ALTERNATIVES_MAX { Self::any() } else { self }
    }

    /// Its alternatives, without `null` where there are others.
    pub(super) fn alternatives(&self) -> Vec<&Alternative<'s>> {
        let null = |at: &&Alternative<'_>| at.kinds() == [Kind::Null];
        let (nulls, others): (Vec<_>, Vec<_>) = self.0.iter().partition(null);
        if others.is_empty() { nulls } else { others }
    }

    /// The kinds that a value of this type can have.
    pub(super) fn kinds(&self) -> BTreeSet<Kind> {
        self.0.iter().flat_map(Alternative::kinds).collect()
    }

    /// Whether a value of this type can be of a kind.
    pub(super) fn can_be(&self, kind: Kind) -> bool {
        self.kinds().into_iter().any(|own| own.meets(kind))
    }

    /// Whether every value of this type is of a kind.
    pub(super) fn only(&self, kind: Kind) -> bool {
        self.alternatives().iter().all(|at| at.kinds() == [kind])
    }

    /// Its kinds in words: `a text or a list`.
    pub(super) fn words(&self) -> String {
        words(self.kinds())
    }

    /// The only texts that a value of this type can be, if they are few and known.
    pub(super) fn texts(&self) -> Option<Vec<&'s str>> {
        let mut texts = Vec::new();
        for alternative in self.alternatives() {
            for value in alternative.values()? {
                texts.push(value.as_str()?);
            }
        }
        Some(texts)
    }

    /// Where a segment of a way leads. `null` has every part, as `null`.
    pub(super) fn step(&self, segment: &Segment) -> Step<'s> {
        let mut found: Option<Self> = None;
        let mut known: Option<BTreeSet<String>> = None;
        for alternative in self.alternatives() {
            match alternative.step(segment) {
                Step::To(part) => found = Some(found.map_or(part.clone(), |all| all.or(part))),
                Step::NoProperty(names) => known.get_or_insert_default().extend(names),
                Step::NoParts => {}
            }
        }
        match (found, known) {
            (Some(found), _) => Step::To(found),
            (None, Some(known)) => Step::NoProperty(known),
            (None, None) => Step::NoParts,
        }
    }

    /// The items of a list of this type.
    pub(super) fn items(&self) -> Self {
        match self.step(&Segment::Index(0)) {
            Step::To(items) => items,
            Step::NoProperty(_) | Step::NoParts => Self::any(),
        }
    }
}

impl<'s> Alternative<'s> {
    /// The kinds that it can have.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        match self {
            Self::List(_) => vec![Kind::List],
            Self::Of(kind) => vec![*kind],
            Self::All(schemas) => {
                let sets: Vec<_> = schemas.iter().filter_map(|at| kinds_of(at.schema)).collect();
                // A whole number fits wherever a number does; not the other way round.
                let fits = |kind: &Kind| {
                    let wider = if *kind == Kind::Integer { Kind::Number } else { *kind };
                    sets.iter().all(|set| set.contains(kind) || set.contains(&wider))
                };
                Kind::ALL.into_iter().filter(fits).collect()
            }
        }
    }

    /// The only values that it can have, if the schema lists them.
    pub(super) fn values(&self) -> Option<Vec<&'s Value>> {
        let Self::All(schemas) = self else { return None };
        schemas.iter().find_map(|at| match (at.schema.get("const"), at.schema.get("enum")) {
            (Some(value), _) => Some(vec![value]),
            (None, Some(values)) => Some(values.as_array()?.iter().collect()),
            (None, None) => None,
        })
    }

    /// The properties that an object must be given: those that are required and have no default.
    pub(super) fn required(&self) -> BTreeSet<&'s str> {
        let Self::All(schemas) = self else { return BTreeSet::new() };
        let required = schemas.iter().filter_map(|at| at.schema.get("required")?.as_array());
        let names = required.flatten().filter_map(Value::as_str);
        names.filter(|name| !schemas.iter().any(|at| at.has_default(name))).collect()
    }

    /// The properties that are listed.
    pub(super) fn listed(&self) -> BTreeSet<&'s str> {
        let Self::All(schemas) = self else { return BTreeSet::new() };
        let listed = schemas.iter().filter_map(|at| at.schema.get("properties")?.as_object());
        listed.flat_map(|properties| properties.keys().map(String::as_str)).collect()
    }

    /// Where a segment of a way leads.
    pub(super) fn step(&self, segment: &Segment) -> Step<'s> {
        match (self, segment) {
            (Self::List(items), Segment::Index(_)) => Step::To((**items).clone()),
            (Self::Of(Kind::Null), _) => Step::To(Type::of(Kind::Null)),
            (Self::Of(Kind::List), Segment::Index(_))
            | (Self::Of(Kind::Object), Segment::Key(_)) => Step::To(Type::any()),
            (Self::List(_) | Self::Of(_), _) => Step::NoParts,
            (Self::All(schemas), Segment::Key(key)) => self.property(schemas, key),
            (Self::All(schemas), Segment::Index(_)) if self.kinds().contains(&Kind::List) => {
                let items = schemas.iter().filter_map(|at| at.part(at.schema.get("items")?));
                Step::To(Type::both(items.collect()))
            }
            (Self::All(_), Segment::Index(_)) => Step::NoParts,
        }
    }

    fn property(&self, schemas: &[Rooted<'s>], key: &str) -> Step<'s> {
        if !self.kinds().contains(&Kind::Object) {
            return Step::NoParts;
        }
        let named = |at: &Rooted<'s>| at.part(at.schema.get("properties")?.get(key)?);
        let found: Vec<_> = schemas.iter().filter_map(named).collect();
        if !found.is_empty() {
            return Step::To(Type::both(found));
        }
        match schemas.iter().find_map(Rooted::others) {
            Some(others) => Step::To(others),
            None if self.listed().is_empty() => Step::To(Type::any()),
            None => Step::NoProperty(self.listed().into_iter().map(str::to_owned).collect()),
        }
    }
}

impl<'s> Rooted<'s> {
    fn part(&self, schema: &'s Value) -> Option<Self> {
        Some(Self { schema, root: self.root })
    }

    fn has_default(&self, name: &str) -> bool {
        let property = self.schema.get("properties").and_then(|properties| properties.get(name));
        property.is_some_and(|property| property.get("default").is_some())
    }

    /// What properties that are not listed may be, if the schema allows them in so many words.
    fn others(&self) -> Option<Type<'s>> {
        if self.schema.get("patternProperties").is_some() {
            return Some(Type::any());
        }
        let schema = self.schema.get("additionalProperties")?;
        let none = *schema == Value::Bool(false);
        (!none).then(|| Type::unfolded(Self { schema, root: self.root }))
    }
}

/// The alternatives of a schema, each a set of schemas without choices.
fn unfold(at: Rooted<'_>, depth: usize) -> Vec<Set<'_>> {
    let Rooted { schema, root } = at;
    if depth == 0 {
        return vec![Vec::new()];
    }
    let mut all = match schema.get("$ref") {
        None => vec![vec![at]],
        Some(_) => match resolved(schema, root) {
            Some(target) => unfold(Rooted { schema: target, root }, depth - 1),
            None => vec![Vec::new()],
        },
    };
    let members = |key: &str| schema.get(key).and_then(Value::as_array);
    for member in members("allOf").into_iter().flatten() {
        all = product(&all, &unfold(Rooted { schema: member, root }, depth - 1));
    }
    for choice in [members("anyOf"), members("oneOf")].into_iter().flatten() {
        all = product(&all, &alternatives(choice, root, depth - 1));
    }
    all
}

/// The alternatives of a choice. Too many, or anything among them, is anything: so the work is
/// bounded by what is kept.
fn alternatives<'s>(choice: &'s [Value], root: &'s Value, depth: usize) -> Vec<Set<'s>> {
    let mut all = Vec::new();
    for one in choice {
        let unfolded = unfold(Rooted { schema: one, root }, depth);
        if unfolded.iter().any(Vec::is_empty) || all.len() + unfolded.len() > ALTERNATIVES_MAX {
            return vec![Vec::new()];
        }
        all.extend(unfolded);
    }
    all
}

fn product<'s>(one: &[Set<'s>], other: &[Set<'s>]) -> Vec<Set<'s>> {
    if one.len().saturating_mul(other.len()) > ALTERNATIVES_MAX {
        return vec![Vec::new()];
    }
    one.iter()
        .flat_map(|one| other.iter().map(|other| one.iter().chain(other).copied().collect()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Follows a way of keys, `*` for the items of a list, and tells where it ends.
    fn check(schema: &Value, way: &str, want: &str) {
        let mut at = Type::schema(schema);
        for part in way.split('.').filter(|part| !part.is_empty()) {
            let segment = match part {
                "*" => Segment::Index(0),
                key => Segment::Key(key.to_owned()),
            };
            at = match at.step(&segment) {
                Step::To(part) => part,
                Step::NoProperty(known) => {
                    let known: Vec<_> = known.into_iter().collect();
                    assert_eq!(format!("only {}", known.join(", ")), want, "{way}");
                    return;
                }
                Step::NoParts => {
                    assert_eq!("no parts", want, "{way}");
                    return;
                }
            };
        }
        let anything = at.kinds().len() == Kind::ALL.len();
        let shown = if anything { "anything".to_owned() } else { at.words() };
        assert_eq!(shown, want, "{way}");
    }

    #[test]
    fn ways_lead_through_references_options_and_lists() {
        let schema = json!({
            "type": "object",
            "properties": {
                "title": { "type": ["string", "null"] },
                "author": { "anyOf": [{ "$ref": "#/$defs/Author" }, { "type": "null" }] },
                "notes": { "type": "array", "items": { "$ref": "#/$defs/Note" } },
                "labels": { "type": "object", "additionalProperties": { "type": "integer" } },
                "free": { "type": "object" },
                "lost": { "$ref": "#/$defs/Nowhere" },
                "never": false,
            },
            "$defs": {
                "Author": { "type": "object", "properties": { "name": { "type": "string" } } },
                "Note": {
                    "allOf": [
                        { "$ref": "#/$defs/Author" },
                        { "properties": { "text": { "const": "x" } } },
                    ],
                },
            },
        });
        check(&schema, "title", "a text");
        check(&schema, "author.name", "a text");
        check(&schema, "author.nmae", "only name");
        check(&schema, "notes.*.name", "a text");
        check(&schema, "notes.*.text", "a text");
        check(&schema, "notes.*.other", "only name, text");
        check(&schema, "notes.name", "no parts");
        check(&schema, "title.x", "no parts");
        check(&schema, "labels.any", "a whole number");
        check(&schema, "free.any.thing", "anything");
        check(&schema, "lost.any", "anything");
        check(&schema, "never.any", "no parts");
        check(&schema, "other", "only author, free, labels, lost, never, notes, title");
    }

    #[test]
    fn tagged_choices_have_the_properties_of_each() {
        let schema = json!({
            "oneOf": [
                { "type": "object", "properties": { "is": { "const": "a" }, "x": { "type": "integer" } } },
                { "type": "object", "properties": { "is": { "const": "b" }, "x": { "type": "string" } } },
            ],
            "properties": { "id": { "type": "string" } },
        });
        check(&schema, "x", "a whole number or a text");
        check(&schema, "id", "a text");
        check(&schema, "y", "only id, is, x");
        let Step::To(tag) = Type::schema(&schema).step(&Segment::Key("is".into())) else {
            panic!()
        };
        assert_eq!(tag.texts(), Some(vec!["a", "b"]));
    }

    #[test]
    fn schemas_without_end_are_cut_off() {
        let list = json!({
            "$ref": "#/$defs/List",
            "$defs": { "List": {
                "type": "object",
                "properties": { "next": { "anyOf": [{ "$ref": "#/$defs/List" }, { "type": "null" }] } },
            } },
        });
        check(&list, "next.next.next.next.next.next.next.next.next.next.next.next", "an object");
        check(&list, "next.prev", "only next");
        let cycle = json!({ "$ref": "#/$defs/A", "$defs": { "A": { "$ref": "#/$defs/A" } } });
        check(&cycle, "x", "anything");
        let each = json!({ "anyOf": vec![json!({ "$ref": "#/$defs/A" }); 9] });
        let wide = json!({ "$ref": "#/$defs/A", "$defs": { "A": each } });
        check(&wide, "x", "anything");
    }
}
