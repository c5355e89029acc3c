//! The failures of this crate, one function each; explained in `schemas/src/fault/codes.md`.

use galley_schemas::fault::Fault;
use galley_schemas::task::VALUE_BYTES_MAX;

pub(crate) fn malformed_input(kind: &str, error: &serde_json::Error) -> Fault {
    Fault::permanent("GLY0301", format!("the task's input is not what {kind} takes: {error}"))
        .hint("compare the step's `with` in the workflow with the agent's input schema")
}

pub(crate) fn output_too_large(bytes: usize) -> Fault {
    let message = format!("the task's output has {bytes} bytes, more than {VALUE_BYTES_MAX}");
    Fault::permanent("GLY0302", message)
        .hint("store large things with Context::put, and return their references")
}

pub(crate) fn output_not_json(error: &serde_json::Error) -> Fault {
    Fault::permanent("GLY0302", format!("the task's output cannot be written as JSON: {error}"))
}

pub(crate) fn panicked(text: &str) -> Fault {
    Fault::transient("GLY0303", format!("the agent panicked: {text}"))
        .hint("this is a defect in the agent; its log names the line")
}

pub(crate) fn out_of_time(millis: u64) -> Fault {
    Fault::transient("GLY0304", format!("the attempt ran out of its time of {millis} ms"))
        .hint("give the step a longer `within` or more wall time in `allowance`")
}

pub(crate) fn journal_unreachable(error: &(dyn std::error::Error + 'static)) -> Fault {
    Fault::transient("GLY0305", "the task's journal cannot be reached").because(error)
}

pub(crate) fn journal_too_long(entries_max: usize) -> Fault {
    let message = format!("the task's journal has more than {entries_max} entries");
    Fault::permanent("GLY0305", message).hint("put more work into each journaled step")
}

pub(crate) fn name_used_twice(what: &str, name: &str) -> Fault {
    Fault::permanent("GLY0306", format!("the {what} '{name}' was named twice in one attempt"))
        .hint("this is a defect in the agent: give each step and each model call its own name")
}

pub(crate) fn not_journalable(name: &str, error: &serde_json::Error) -> Fault {
    let message = format!("the result of '{name}' does not survive the journal: {error}");
    Fault::permanent("GLY0307", message)
        .hint("this is a defect in the agent: a journaled result must read back from its own JSON")
}

pub(crate) fn allowance_used_up(what: &str, used: u64, limit: u64) -> Fault {
    let message = format!(
        "the allowance does not admit another model call: {used} {what} with it, {limit} allowed"
    );
    Fault::permanent("GLY0308", message).hint("raise the goal's budget or the step's `allowance`")
}

pub(crate) fn fenced_off(reason: &str) -> Fault {
    Fault::permanent("GLY0309", format!("the attempt was fenced off: {reason}"))
}

pub(crate) fn awaits_person(key: &str, reason: &str) -> Fault {
    let message = format!("nobody can tell whether the effect '{key}' happened: {reason}");
    Fault::permanent("GLY0310", message).hint("look at the target, then answer the goal's question")
}

pub(crate) fn still_open(key: &str) -> Fault {
    let message = format!("the effect '{key}' was opened by somebody else meanwhile");
    Fault::transient("GLY0311", message)
}

pub(crate) fn verdict_out_of_place(what: &str) -> Fault {
    Fault::permanent("GLY0312", format!("a coordinator gave a verdict that does not fit {what}"))
        .hint("run coordinators and agents of the same version")
}

pub(crate) fn verdict_unknown(is: &str) -> Fault {
    let is: String = is.chars().take(60).collect();
    Fault::permanent(
        "GLY0312",
        format!("a coordinator gave the verdict '{is}', which this version cannot read"),
    )
    .hint("run coordinators and agents of the same version")
}

pub(crate) fn bad_choice(decision: &str, options: usize) -> Fault {
    let message = format!("the decision '{decision}' has {options} options; 1 to 32 are possible");
    Fault::permanent("GLY0313", message).hint("this is a defect in the agent")
}

pub(crate) fn artifact_not_stored(error: &(dyn std::error::Error + 'static)) -> Fault {
    Fault::permanent("GLY0314", "an artifact was not stored").because(error)
}

pub(crate) fn artifact_not_read(error: &(dyn std::error::Error + 'static)) -> Fault {
    Fault::permanent("GLY0315", "an artifact cannot be used").because(error)
}

pub(crate) fn artifacts_unreachable(error: &(dyn std::error::Error + 'static)) -> Fault {
    Fault::transient("GLY0316", "the artifact store cannot be reached").because(error)
}

pub(crate) fn too_many_texts(texts: usize, texts_max: usize) -> Fault {
    Fault::permanent("GLY0317", format!("{texts} texts to embed at once, more than {texts_max}"))
        .hint("this is a defect in the agent")
}

pub(crate) fn malformed_offer(reason: &str) -> Fault {
    Fault::permanent("GLY0318", format!("a task message cannot be read: {reason}"))
        .hint("run coordinators and agents of the same version")
}
