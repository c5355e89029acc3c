//! A workflow read from its text: every fault at once, each with its place.

mod action;
mod step;

use std::collections::BTreeSet;

use galley_schemas::amount::Limits;
use galley_schemas::artifact::Digest;
use galley_schemas::id::StepName;
use serde_json::Value;

use super::bounds::{BUDGET, STEPS_MAX};
use super::diagnostic::{Diagnostic, Rule, settled};
use super::document::{Document, Spans};
use super::model::Workflow;
use super::order::{Draft, arrange};
use super::reader::{At, Reader};
use super::schema::Schema;
use super::scope::NAMES;

/// Names that an expression reads as something else than a step.
const RESERVED: [&str; 32] = [
    "as",
    "bool",
    "break",
    "bytes",
    "const",
    "continue",
    "double",
    "dyn",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "int",
    "let",
    "list",
    "loop",
    "map",
    "namespace",
    "null",
    "null_type",
    "optional",
    "package",
    "return",
    "string",
    "true",
    "type",
    "uint",
    "var",
    "void",
];

/// A workflow's text, read as far as it can be, with its faults.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// What could be read. With faults it is for checking only.
    pub(super) workflow: Workflow,
    pub(super) spans: Spans,
    pub(super) faults: Vec<Diagnostic>,
}

impl Workflow {
    /// Reads a workflow from its YAML text. What the agents make of it is for [`Parsed::check`].
    ///
    /// # Errors
    /// Every fault of the text, by place.
    pub fn parse(yaml: &str) -> Result<Self, Vec<Diagnostic>> {
        Parsed::read(yaml).into_workflow()
    }
}

impl Parsed {
    /// Reads a text as far as it can be read.
    #[must_use]
    pub fn read(yaml: &str) -> Self {
        let empty = Workflow { version: Digest::of(yaml.as_bytes()), ..Workflow::empty() };
        match Document::read(yaml) {
            Ok(document) => Self::of_document(document, empty),
            Err(fault) => Self { workflow: empty, spans: Spans::default(), faults: vec![fault] },
        }
    }

    /// The faults of the text by itself, by place.
    #[must_use]
    pub fn faults(&self) -> &[Diagnostic] {
        &self.faults
    }

    /// The workflow, if its text has no fault.
    ///
    /// # Errors
    /// Every fault of the text, by place.
    pub fn into_workflow(self) -> Result<Workflow, Vec<Diagnostic>> {
        if self.faults.is_empty() { Ok(self.workflow) } else { Err(self.faults) }
    }

    fn of_document(document: Document, empty: Workflow) -> Self {
        let Document { value, spans, faults } = document;
        let mut reader = Reader::new(&spans, faults);
        let root = At::root(&value);
        let mut workflow = empty;
        let mut drafts = Vec::new();
        let mut written = BTreeSet::new();
        if value.is_null() {
            let hint = "a workflow has 'workflow', 'input', 'budget' and 'steps'";
            reader.fault(Rule::Form, &root, "the text is empty".to_owned(), hint);
        } else if reader.object(&root, &["workflow", "input", "budget", "steps"]).is_some() {
            if let Some(name) = reader.required(&root, "workflow").and_then(|at| reader.name(&at)) {
                workflow.name = name;
            }
            if let Some(input) = root.get("input").and_then(|at| read_input(&mut reader, &at)) {
                workflow.input = input;
            }
            workflow.budget = read_budget(&mut reader, &root);
            drafts = read_steps(&mut reader, &root, &mut written);
        }
        let mut faults = reader.into_faults();
        let (steps, of_order) = arrange(drafts, &written, &spans);
        faults.extend(of_order);
        workflow.steps = steps;
        Self { workflow, spans, faults: settled(faults) }
    }
}

/// The JSON Schema of the input. A fault in it stands where the schema has it.
fn read_input(reader: &mut Reader<'_>, at: &At<'_>) -> Option<Schema> {
    Schema::new(at.value.clone())
        .map_err(|error| {
            let part = error.pointer.as_str();
            let part = At {
                value: at.value.pointer(part).unwrap_or(&Value::Null),
                pointer: format!("{}{part}", at.pointer),
            };
            let message = format!("'input' is not a JSON Schema: {}", error.message);
            reader.fault(Rule::InputSchema, &part, message, "");
        })
        .ok()
}

fn read_budget<'d>(reader: &mut Reader<'d>, root: &At<'d>) -> Limits {
    root.get("budget").map_or(BUDGET, |at| reader.limits(&at))
}

fn read_steps<'d>(
    reader: &mut Reader<'d>,
    root: &At<'d>,
    written: &mut BTreeSet<&'d str>,
) -> Vec<Draft> {
    let Some(at) = reader.required(root, "steps") else { return Vec::new() };
    let entries: Vec<_> = at.entries().collect();
    if !at.value.is_object() {
        let message = "'steps' is not an object of steps by name".to_owned();
        reader.fault(Rule::Form, &at, message, "");
    } else if entries.is_empty() {
        reader.fault(Rule::Form, &at, "a workflow has at least one step".to_owned(), "");
    } else if entries.len() > STEPS_MAX {
        let message = format!("a workflow has at most {STEPS_MAX} steps, not {}", entries.len());
        reader.fault_of_key(Rule::Bound, &at, message, "move some of them into a sub-goal");
    }
    written.extend(entries.iter().map(|(name, _)| *name));
    entries
        .into_iter()
        .take(STEPS_MAX)
        .filter_map(|(name, at)| {
            let name = step_name(reader, name, &at);
            let draft = step::read(reader, &at, name.clone());
            name.and(draft)
        })
        .collect()
}

fn step_name(reader: &mut Reader<'_>, name: &str, at: &At<'_>) -> Option<StepName> {
    let reserved = NAMES.iter().chain(&RESERVED).any(|reserved| *reserved == name);
    if reserved {
        let message = format!("'{name}' has a meaning of its own in expressions");
        reader.fault_of_key(Rule::Name, at, message, "give the step another name");
        return None;
    }
    if name.contains('-') {
        let message = format!("an expression would read '{name}' as a difference");
        let hint = format!("name the step '{}'", name.replace('-', "_"));
        reader.fault_of_key(Rule::Name, at, message, &hint);
        return None;
    }
    StepName::new(name)
        .map_err(|error| reader.fault_of_key(Rule::Name, at, error.to_string(), ""))
        .ok()
}
