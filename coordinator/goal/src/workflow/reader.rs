//! Reads typed values off a document and keeps every fault with its place.

use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use galley_schemas::amount::Limits;
use galley_schemas::id::InvalidName;
use serde_json::{Map, Value};

use super::diagnostic::{Diagnostic, FAULTS_MAX, Rule, suggest};
use super::document::{Place, Spans};
use super::duration::{DurationError, parse_duration};
use super::expr::type_name;
use super::pointer;
use super::template::{Condition, Template};

/// A part of a document.
#[derive(Debug, Clone)]
pub(super) struct At<'d> {
    pub(super) value: &'d Value,
    pub(super) pointer: String,
}

impl<'d> At<'d> {
    pub(super) fn root(value: &'d Value) -> Self {
        Self { value, pointer: String::new() }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        Some(self.of(key, self.value.get(key)?))
    }

    /// The entries of an object.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'d str, Self)> {
        let map = self.value.as_object().into_iter().flatten();
        map.map(|(key, value)| (key.as_str(), self.of(key, value)))
    }

    /// The items of a list; a single value is a list of one.
    pub(super) fn items(&self) -> Vec<Self> {
        match self.value.as_array() {
            None => vec![self.clone()],
            Some(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| self.of(&index.to_string(), item))
                .collect(),
        }
    }

    /// Its key, or its index in a list.
    pub(super) fn key(&self) -> &str {
        self.pointer.rsplit('/').next().unwrap_or_default()
    }

    fn of(&self, part: &str, value: &'d Value) -> Self {
        let mut pointer = self.pointer.clone();
        pointer::push(&mut pointer, part);
        Self { value, pointer }
    }
}

/// Reads typed values; what cannot be read is a fault and `None`.
#[derive(Debug)]
pub(super) struct Reader<'d> {
    spans: &'d Spans,
    faults: Vec<Diagnostic>,
}

impl<'d> Reader<'d> {
    pub(super) fn new(spans: &'d Spans, faults: Vec<Diagnostic>) -> Self {
        Self { spans, faults }
    }

    pub(super) fn into_faults(self) -> Vec<Diagnostic> {
        self.faults
    }

    /// A fault of a value.
    pub(super) fn fault(&mut self, rule: Rule, at: &At<'_>, message: String, hint: &str) {
        self.push(rule, self.spans.value(&at.pointer), message, hint);
    }

    /// A fault of a key: that it stands there, or what is missing beneath it.
    pub(super) fn fault_of_key(&mut self, rule: Rule, at: &At<'_>, message: String, hint: &str) {
        self.push(rule, self.spans.key(&at.pointer), message, hint);
    }

    fn push(&mut self, rule: Rule, (line, column): Place, message: String, hint: &str) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Diagnostic { line, column, rule, message, hint: hint.to_owned() });
        }
    }

    fn wrong(&mut self, at: &At<'_>, wanted: &str) {
        let message = format!("'{}' is {}, not {wanted}", at.key(), type_name(at.value));
        self.fault(Rule::Form, at, message, "");
    }

    /// An object that has no other keys than these.
    pub(super) fn object(&mut self, at: &At<'d>, keys: &[&str]) -> Option<&'d Map<String, Value>> {
        let Some(map) = at.value.as_object() else {
            self.wrong(at, "an object");
            return None;
        };
        for (key, entry) in at.entries() {
            if !keys.contains(&key) {
                let hint = suggest(key, keys.iter().copied());
                self.fault_of_key(Rule::UnknownKey, &entry, format!("unknown key '{key}'"), &hint);
            }
        }
        Some(map)
    }

    /// The value of a key that must be there.
    pub(super) fn required(&mut self, at: &At<'d>, key: &str) -> Option<At<'d>> {
        let found = at.get(key);
        if found.is_none() {
            let what = if at.key().is_empty() { "the workflow" } else { at.key() };
            self.fault_of_key(Rule::MissingKey, at, format!("'{key}' is missing in {what}"), "");
        }
        found
    }

    pub(super) fn text(&mut self, at: &At<'d>) -> Option<&'d str> {
        let text = at.value.as_str();
        if text.is_none() {
            self.wrong(at, "a text");
        }
        text
    }

    pub(super) fn flag(&mut self, at: &At<'_>) -> Option<bool> {
        let flag = at.value.as_bool();
        if flag.is_none() {
            self.wrong(at, "true or false");
        }
        flag
    }

    pub(super) fn name<T: FromStr<Err = InvalidName>>(&mut self, at: &At<'d>) -> Option<T> {
        let text = self.text(at)?;
        text.parse()
            .map_err(|error: InvalidName| {
                self.fault(Rule::Name, at, error.to_string(), "");
            })
            .ok()
    }

    pub(super) fn whole(&mut self, at: &At<'_>, bounds: RangeInclusive<u32>) -> Option<u32> {
        let Some(number) = at.value.as_i64() else {
            self.wrong(at, "a whole number");
            return None;
        };
        let within = u32::try_from(number).ok().filter(|number| bounds.contains(number));
        if within.is_none() {
            let (least, most) = bounds.into_inner();
            let message = format!("'{}' is {number}, not {least} to {most}", at.key());
            self.fault(Rule::Bound, at, message, "");
        }
        within
    }

    pub(super) fn number(&mut self, at: &At<'_>, bounds: RangeInclusive<f64>) -> Option<f64> {
        let Some(number) = at.value.as_f64() else {
            self.wrong(at, "a number");
            return None;
        };
        if bounds.contains(&number) {
            return Some(number);
        }
        let (least, most) = bounds.into_inner();
        let message = format!("'{}' is {number}, not {least} to {most}", at.key());
        self.fault(Rule::Bound, at, message, "");
        None
    }

    pub(super) fn duration(&mut self, at: &At<'d>) -> Option<Duration> {
        let Some(text) = at.value.as_str() else {
            self.wrong(at, "a duration such as 90s or 1h30m");
            return None;
        };
        match parse_duration(text) {
            Ok(duration) => Some(duration),
            Err(error) => {
                let rule = match error {
                    DurationError::Form => Rule::Form,
                    DurationError::TooLong => Rule::Bound,
                };
                self.fault(rule, at, format!("'{}' is '{text}': {error}", at.key()), "");
                None
            }
        }
    }

    /// `{ usd, tokens, calls, wall }`; parts that are left out are not limited.
    pub(super) fn limits(&mut self, at: &At<'d>) -> Limits {
        /// Most money that can be written down.
        const USD_MAX: f64 = 1_000_000.0;
        if self.object(at, &["usd", "tokens", "calls", "wall"]).is_none() {
            return Limits::default();
        }
        let usd = at.get("usd").and_then(|at| self.number(&at, 0.0..=USD_MAX));
        let count = |reader: &mut Self, key| {
            at.get(key).and_then(|at| reader.whole(&at, 0..=u32::MAX)).map(u64::from)
        };
        let (tokens, calls) = (count(self, "tokens"), count(self, "calls"));
        let wall = at.get("wall").and_then(|at| self.duration(&at));
        Limits {
            usd_micros: usd.map(micros),
            tokens,
            calls,
            wall_ms: wall.map(|wall| u64::try_from(wall.as_millis()).unwrap_or(u64::MAX)),
        }
    }

    /// A value with expressions in it.
    pub(super) fn template(&mut self, at: &At<'_>) -> Option<Template> {
        let errors = match Template::new(at.value) {
            Ok(template) => return Some(template),
            Err(errors) => errors,
        };
        for error in errors {
            let pointer = format!("{}{}", at.pointer, error.pointer);
            let place = self.spans.within(&pointer, error.error.offset);
            self.push(Rule::Expression, place, error.error.message, "");
        }
        None
    }

    /// An expression that is true or false; `true` and `false` may stand there as they are.
    pub(super) fn condition(&mut self, at: &At<'_>) -> Option<Condition> {
        let compiled = match at.value {
            Value::String(text) => Condition::new(text),
            Value::Bool(fixed) => Condition::new(&fixed.to_string()),
            Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                self.wrong(at, "an expression");
                return None;
            }
        };
        compiled
            .map_err(|error| {
                let place = self.spans.within(&at.pointer, error.offset);
                self.push(Rule::Expression, place, error.message, "");
            })
            .ok()
    }
}

/// Dollars in millionths.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number was read as one from 0 to a million"
)]
fn micros(usd: f64) -> u64 {
    (usd * 1e6).round() as u64
}
