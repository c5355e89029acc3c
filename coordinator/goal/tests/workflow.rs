//! Workflows as people write them, good and bad, against what is said of them.
//!
//! `tests/workflow/bad` has at least one text for each rule of the language; beside each stands what
//! is told, with its place. `tests/workflow/good` has texts without a fault; beside each stands its
//! picture. `UPDATE_GOLDEN=1 cargo test` writes those anew.

#[path = "workflow/cards.rs"]
mod cards;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use galley_coordinator_goal::workflow::{Parsed, Rule, Workflow};
use galley_schemas::agent::Card;
use galley_schemas::id::{AgentKind, StepName, WorkflowName};
use proptest::prelude::*;

fn texts(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workflow").join(folder);
    let mut texts: Vec<_> = fs::read_dir(folder)
        .expect("the folder can be listed")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| (path.clone(), fs::read_to_string(&path).expect("the file is a text")))
        .collect();
    texts.sort();
    assert!(!texts.is_empty());
    texts
}

#[expect(clippy::disallowed_methods, reason = "the switch that writes goldens anew is a variable")]
fn golden(path: &Path, got: &str) {
    let path = path.with_extension("txt");
    if std::env::var("UPDATE_GOLDEN").is_ok() {
        fs::write(&path, got).expect("a golden can be written");
    }
    let want = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(got, want, "{}", path.display());
}

static CARDS: LazyLock<BTreeMap<AgentKind, Card>> = LazyLock::new(cards::cards);

/// The workflows that sub-goals may run: the good ones.
static WORKFLOWS: LazyLock<BTreeMap<WorkflowName, Workflow>> = LazyLock::new(|| {
    texts("good")
        .into_iter()
        .map(|(path, text)| {
            let parsed = Parsed::read(&text);
            assert_eq!(parsed.faults(), [], "{}", path.display());
            let workflow = parsed.into_workflow().expect("it has no fault");
            (workflow.name.clone(), workflow)
        })
        .collect()
});

fn told(text: &str) -> String {
    let faults = Parsed::read(text).check(&CARDS, &WORKFLOWS);
    faults.iter().map(|fault| format!("{fault}\n")).collect()
}

#[test]
fn each_fault_is_told_with_its_place() {
    for (path, text) in texts("bad") {
        golden(&path, &told(&text));
    }
}

#[test]
fn each_rule_has_a_text_that_breaks_it() {
    let told: Vec<_> = texts("bad").iter().map(|(_, text)| told(text)).collect();
    for rule in Rule::ALL {
        let broken = told.iter().any(|told| told.contains(rule.code()));
        assert!(broken, "no text breaks {}", rule.code());
    }
}

#[test]
fn good_workflows_have_no_fault_and_a_picture() {
    for (path, text) in texts("good") {
        assert_eq!(told(&text), "", "{}", path.display());
        golden(&path, &Workflow::parse(&text).unwrap().picture());
    }
}

#[test]
fn the_version_is_the_hash_of_the_text() {
    let (_, text) = texts("good").swap_remove(0);
    let one = Workflow::parse(&text).unwrap();
    let other = Workflow::parse(&format!("{text}# the end\n")).unwrap();
    assert_eq!(one, Workflow::parse(&text).unwrap());
    assert_ne!(one.version, other.version);
    assert_eq!(one.steps, other.steps);
}

/// The first step that stands before one that it needs.
fn too_early(workflow: &Workflow) -> Option<&StepName> {
    let mut placed = BTreeSet::new();
    let mut steps = workflow.steps.iter();
    let early = steps.find(|step| {
        let early = !step.needs.iter().all(|need| placed.contains(need));
        placed.insert(&step.name);
        early
    });
    early.map(|step| &step.name)
}

/// For each step, the steps that it refers to: any, so often in cycles.
fn references() -> impl Strategy<Value = Vec<BTreeSet<usize>>> {
    (2_usize..9).prop_flat_map(|steps| {
        prop::collection::vec(prop::collection::btree_set(0..steps, 0..3), steps)
    })
}

fn written(references: &[BTreeSet<usize>]) -> String {
    let mut text = "workflow: w\nsteps:\n".to_owned();
    for (step, to) in references.iter().enumerate() {
        let given: Vec<_> = to.iter().map(|step| format!("\"${{s{step}}}\"")).collect();
        text.push_str(&format!("  s{step}: {{ agent: any, with: [{}] }}\n", given.join(", ")));
    }
    text
}

/// Whether steps can be taken away one by one, each when all that it refers to are gone.
fn can_be_ordered(mut references: Vec<BTreeSet<usize>>) -> bool {
    let mut gone = BTreeSet::new();
    for _ in 0..references.len() {
        for (step, to) in references.iter_mut().enumerate() {
            to.retain(|step| !gone.contains(step));
            if to.is_empty() {
                gone.insert(step);
            }
        }
    }
    gone.len() == references.len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,400}") {
        let _faults = told(&text);
    }

    #[test]
    fn any_yaml_like_text_is_read_or_refused(
        text in "(workflow|steps|agent|when|each|with|\\$\\{|\\}|[a-z:{}\\[\\],\\-'\"&*#|> \n]){0,60}"
    ) {
        let _faults = told(&format!("workflow: w\nsteps:\n  a: {{ agent: x, with: \"{text}\" }}\n  {text}"));
    }

    #[test]
    fn any_expression_is_read_or_refused(
        text in "(input|a|item|\\.|\\[|\\]|\\(|\\)|==|&&|\\|\\||\\?|:|!|-|[0-9]|'|\"|map|has|in|\\{|\\}|,|\\\\| |ä|\u{0}){0,40}"
    ) {
        let text = format!("workflow: w\nsteps:\n  a: {{ agent: seo }}\n  b:\n    agent: seo\n    when: |-\n      {text}\n");
        let _faults = told(&text);
    }

    #[test]
    fn a_good_text_with_a_slip_is_read_or_refused(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        length in 0_usize..12,
        put in "[\\PC\n]{0,6}",
    ) {
        let texts = texts("good");
        let (_, text) = which.get(&texts);
        let chars: Vec<char> = text.chars().collect();
        let begin = at.index(chars.len());
        let end = (begin + length).min(chars.len());
        let slipped: String =
            chars[..begin].iter().copied().chain(put.chars()).chain(chars[end..].iter().copied()).collect();
        for fault in Parsed::read(&slipped).check(&CARDS, &WORKFLOWS) {
            let lines = u32::try_from(slipped.lines().count()).unwrap() + 1;
            prop_assert!((1..=lines).contains(&fault.line) && fault.column >= 1, "{}", fault);
        }
    }

    #[test]
    fn steps_stand_after_those_that_they_need_or_a_cycle_is_told(references in references()) {
        let text = written(&references);
        match Workflow::parse(&text) {
            Ok(workflow) => {
                prop_assert_eq!(workflow.steps.len(), references.len());
                prop_assert_eq!(too_early(&workflow), None);
                prop_assert!(can_be_ordered(references));
                prop_assert_eq!(&workflow, &Workflow::parse(&text).unwrap());
            }
            Err(faults) => {
                prop_assert!(!can_be_ordered(references));
                prop_assert!(faults.iter().all(|fault| fault.rule == Rule::Cycle), "{:?}", faults);
            }
        }
    }
}
