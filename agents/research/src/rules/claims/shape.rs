//! Whether a sentence is whole as it stands: no markup, nothing that begins or ends elsewhere.

/// Marks that no plain sentence has.
const MARKS: [&str; 15] =
    ["<", ">", "{", "}", "|", "\\", "](", "_", "*", "http", "www.", "[…]", "[...]", "…", "..."];

/// Markup, addresses, quotations that begin or end elsewhere, sentences run together.
pub(super) fn is_broken(text: &str) -> bool {
    let tagged = |mark: char| {
        text.split(mark).skip(1).any(|rest| rest.starts_with(|c: char| c.is_alphanumeric()))
    };
    MARKS.iter().any(|mark| text.contains(mark))
        || tagged('@')
        || tagged('#')
        || text.starts_with(['•', '-', '–', '—', ')', ',', ';', ':'])
        || !is_balanced(text)
        || runs_together(text)
        || is_labelled(text)
        || starts_small(text)
}

fn starts_small(text: &str) -> bool {
    let mut letters = text.chars().skip_while(|c| !c.is_alphanumeric());
    let first_is_small = letters.next().is_some_and(char::is_lowercase);
    // "iPhones sell" starts small and is whole.
    first_is_small && !letters.next().is_some_and(char::is_uppercase)
}

/// Whether quotation marks and brackets that open also close.
fn is_balanced(text: &str) -> bool {
    let count = |mark: char| text.chars().filter(|c| *c == mark).count();
    let german = count('„');
    let opened = count('“') + german;
    let closed = count('”') + if german > 0 { count('“') } else { 0 };
    let curly = if german > 0 { german == closed } else { opened == closed };
    curly
        && count('"').is_multiple_of(2)
        && count('(') == count(')')
        && count('[') == count(']')
        && count('«') == count('»')
}

/// Whether it begins with the label of a list item: `Timestamp—Displays the time`.
fn is_labelled(text: &str) -> bool {
    let mut parts = text.splitn(2, ['—', ':']);
    let (label, rest) = (parts.next().unwrap_or_default(), parts.next());
    let short = label.split_whitespace().count() <= 4;
    short && rest.is_some_and(|rest| rest.trim_start().starts_with(char::is_uppercase))
}

/// Whether a full stop stands between a small and a capital letter without a space: two sentences that
/// lost what was between them.
fn runs_together(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    chars.windows(4).any(|four| match four {
        [before, '.' | '!' | '?', after, then] => {
            before.is_lowercase() && after.is_uppercase() && then.is_lowercase()
        }
        _ => false,
    })
}
