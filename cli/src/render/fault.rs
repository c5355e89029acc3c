//! A fault as people read it: what failed, why, what to do.

use galley_schemas::fault::Fault;

use super::text::{Line, Page, Tone};

/// What failed, why, what to do, and where more is to be read.
pub(crate) fn page(fault: &Fault, columns: usize) -> Page {
    let mut page = Page::new();
    let head = Line::new()
        .say(Tone::Bad, format!("error[{}]", fault.code))
        .plain(format!(": {}", fault.message));
    page.push_wrapped(head, columns, 2);
    for cause in fault.causes.iter().filter(|cause| !fault.message.contains(cause.as_str())) {
        page.push_wrapped(Line::new().dim("  because: ").plain(cause), columns, 4);
    }
    if !fault.hint.is_empty() {
        page.push_wrapped(Line::new().strong("  help: ").plain(&fault.hint), columns, 4);
    }
    page.push(Line::new().dim(format!("  more: galley explain {}", fault.code)));
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_what_why_and_what_to_do() {
        let mut fault = Fault::permanent("GLY0004", "there is no goal 7f")
            .hint("list them with `galley goals`");
        fault.causes.push("disk is full".to_owned());
        assert_eq!(
            page(&fault, 80).to_string(),
            "error[GLY0004]: there is no goal 7f\n  because: disk is full\n  help: list them with `galley goals`\n  more: galley explain GLY0004\n"
        );
    }

    #[test]
    fn a_fault_that_quotes_a_page_gives_no_orders() {
        let fault = Fault::permanent("GLY0401", "cannot read \x1b[2Jevil\n\x1b]0;x\x07");
        let said = page(&fault, 80).to_string();
        assert!(said.starts_with("error[GLY0401]: cannot read ␛[2Jevil ␛]0;x␇\n"), "{said}");
    }
}
