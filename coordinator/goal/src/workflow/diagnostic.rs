//! What is wrong with a workflow, and where.

use std::fmt;

/// One fault of a workflow's text. Sorts by its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// The line, from 1.
    pub line: u32,
    /// The column, in characters from 1.
    pub column: u32,
    /// The rule that is broken.
    pub rule: Rule,
    /// What is wrong; one sentence, lower case, no full stop.
    pub message: String,
    /// What to do; empty when the message says it.
    pub hint: String,
}

impl Diagnostic {
    /// The code of the rule, as in `schemas/src/fault/codes.md`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.rule.code()
    }
}

/// `12:5 GLY0103 unknown key 'wen' (did you mean 'when'?)`
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {} {}", self.line, self.column, self.code(), self.message)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, " ({})", self.hint) }
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident = $code:literal,)*) => {
        /// The rules of the workflow language; each has a code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule {
            $($(#[$doc])* $rule,)*
        }

        impl Rule {
            /// Every rule, by code.
            pub const ALL: &[Self] = &[$(Self::$rule,)*];

            /// Its code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$rule => $code,)* }
            }
        }
    };
}

rules! {
    /// The text is YAML, one document, and within the bounds.
    Syntax = "GLY0101",
    /// A value has the type and the form that its key asks for.
    Form = "GLY0102",
    /// A key is known.
    UnknownKey = "GLY0103",
    /// A key that must be there is.
    MissingKey = "GLY0104",
    /// A key stands once.
    RepeatedKey = "GLY0105",
    /// Names are names, and not reserved.
    Name = "GLY0106",
    /// Expressions compile.
    Expression = "GLY0107",
    /// Numbers and times are within their bounds.
    Bound = "GLY0108",
    /// A step does one thing and has the keys that go with it.
    Action = "GLY0109",
    /// `input` is a JSON Schema.
    InputSchema = "GLY0110",
    /// A name that is referred to exists, and has a value there.
    UnknownName = "GLY0120",
    /// Steps do not need each other in a cycle.
    Cycle = "GLY0121",
    /// An agent kind is registered.
    UnknownKind = "GLY0122",
    /// The workflow of a sub-goal exists.
    UnknownWorkflow = "GLY0123",
    /// What an agent must be given is given.
    MissingInput = "GLY0124",
    /// What an agent is given is something it takes.
    UnknownInput = "GLY0125",
    /// Values have the types that are asked for.
    TypeMismatch = "GLY0126",
    /// A way leads to something that the value has.
    UnknownProperty = "GLY0127",
    /// A fan-out runs over a list.
    NotAList = "GLY0128",
    /// Every step can run.
    NeverRuns = "GLY0129",
    /// What could go on for ever has a bound.
    MissingBound = "GLY0130",
    /// A revision begins at a step that leads to it.
    NotUpstream = "GLY0131",
    /// Sub-goals end, and nest within the bound.
    Nesting = "GLY0132",
}

/// Most faults that are told of one text; one with more has one cause for many.
pub(super) const FAULTS_MAX: usize = 100;

/// Puts faults in the order of their places, each once.
pub(super) fn settled(mut faults: Vec<Diagnostic>) -> Vec<Diagnostic> {
    faults.sort();
    faults.dedup();
    faults.truncate(FAULTS_MAX);
    faults
}

/// The name among `known` that is nearest to `name`, if one is near: `did you mean 'when'?`
pub(super) fn did_you_mean<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    let near_enough = 1 + name.chars().count() / 4;
    known
        .into_iter()
        .map(|known| (distance(name, known), known))
        .filter(|(distance, _)| *distance <= near_enough)
        .min()
        .map(|(_, known)| format!("did you mean '{known}'?"))
        .unwrap_or_default()
}

/// [`did_you_mean`], or else all that is known, up to 20.
pub(super) fn suggest<'k>(name: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> String {
    let near = did_you_mean(name, known.clone());
    if !near.is_empty() {
        return near;
    }
    let mut known = known.into_iter();
    let listed: Vec<_> = known.by_ref().take(20).collect();
    match (listed.is_empty(), known.next()) {
        (true, _) => String::new(),
        (false, None) => format!("known: {}", listed.join(", ")),
        (false, Some(_)) => format!("known: {}, …", listed.join(", ")),
    }
}

/// How many characters must be put in, taken out, replaced or swapped with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().take(64).collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    let mut previous = None;
    for (row, c) in one.chars().take(64).enumerate() {
        let mut line = vec![row + 1];
        for (column, o) in other.iter().enumerate() {
            let at =
                |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX / 2);
            let mut least = (at(&last, column + 1) + 1)
                .min(at(&line, column) + 1)
                .min(at(&last, column) + usize::from(c != *o));
            let swapped = column > 0 && previous == Some(*o) && other.get(column - 1) == Some(&c);
            if swapped {
                least = least.min(at(&before_last, column - 1) + 1);
            }
            line.push(least);
        }
        previous = Some(c);
        before_last = std::mem::replace(&mut last, line);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        let kinds = ["research", "review", "seo", "drafting"];
        for (name, want) in [
            ("reserach", "did you mean 'research'?"),
            ("reviews", "did you mean 'review'?"),
            ("sea", "did you mean 'seo'?"),
            ("draft", ""),
            ("poetry", ""),
        ] {
            assert_eq!(did_you_mean(name, kinds), want, "{name}");
        }
        assert_eq!(suggest("poetry", kinds), "known: research, review, seo, drafting");
        assert_eq!(suggest("poetry", []), "");
    }

    #[test]
    fn codes_rise_and_are_explained() {
        let codes: Vec<_> = Rule::ALL.iter().map(|rule| rule.code()).collect();
        assert!(codes.is_sorted_by(|one, other| one < other), "{codes:?}");
        let help = include_str!("../../../../schemas/src/fault/codes.md");
        for code in codes.into_iter().chain(["GLY0140", "GLY0150", "GLY0151"]) {
            assert!(help.contains(&format!("\n## {code}\n")), "{code} is not explained");
        }
    }
}
