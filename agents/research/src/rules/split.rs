//! From a source's text to blocks and sentences, as byte spans into that very text.
//!
//! A block is a paragraph, a list item or a heading; blocks are separated by a blank line. A sentence
//! never reaches over a block, headings are no sentences, and every span is verbatim: what it covers is
//! what the source says, byte for byte.

use galley_schemas::content::Heading;

/// A piece of a text: first byte, and one past the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// What it covers; empty when the text is not the one that it was made for.
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether the two share a byte.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// A paragraph, a list item or a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Where it stands, without white space around it.
    pub span: Span,
    /// Its sentences; none for a heading.
    pub sentences: Vec<Span>,
    /// The heading that it stands under.
    pub under: Option<Span>,
}

impl Block {
    /// Whether it is a heading.
    #[must_use]
    pub fn is_heading(&self) -> bool {
        self.sentences.is_empty()
    }
}

/// Splits a text. `headings` are those that its reader found; a block that equals one is a heading.
#[must_use]
pub fn split(text: &str, headings: &[Heading]) -> Vec<Block> {
    let mut under = None;
    let mut blocks = Vec::new();
    for span in paragraphs(text) {
        let is_heading = headings.iter().any(|heading| heading.text.trim() == span.of(text));
        if is_heading {
            under = Some(span);
        }
        let sentences = if is_heading { Vec::new() } else { sentences(text, span) };
        blocks.push(Block { span, sentences, under });
    }
    blocks
}

/// The pieces between blank lines.
fn paragraphs(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut open: Option<Span> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        match (line.trim().is_empty(), &mut open) {
            (true, _) => found.extend(open.take()),
            (false, Some(span)) => span.end = end,
            (false, None) => open = Some(Span { start: at, end }),
        }
        at = end;
    }
    found.extend(open);
    found.into_iter().map(|span| trimmed(text, span)).collect()
}

/// The sentences of one block.
fn sentences(text: &str, block: Span) -> Vec<Span> {
    let body = block.of(text);
    let mut found = Vec::new();
    let mut start = 0;
    for (at, mark) in body.char_indices().filter(|(_, c)| is_terminal(*c)) {
        let Some(end) = boundary(body, start, at, mark) else { continue };
        found.push(Span { start, end });
        start = end;
    }
    if start < body.len() {
        found.push(Span { start, end: body.len() });
    }
    found
        .into_iter()
        .map(|span| Span { start: block.start + span.start, end: block.start + span.end })
        .map(|span| trimmed(text, span))
        .filter(|span| span.start < span.end)
        .collect()
}

fn is_terminal(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？')
}

fn is_closer(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | ')' | ']' | '»' | '“')
}

/// One past the end of the sentence that the mark at `at` ends, if it ends one.
fn boundary(body: &str, start: usize, at: usize, mark: char) -> Option<usize> {
    let rest = body.get(at..)?;
    let run = rest.chars().take_while(|c| is_terminal(*c)).map(char::len_utf8).sum::<usize>();
    if mark != rest.chars().next()? || body.get(..at)?.chars().next_back().is_some_and(is_terminal)
    {
        // Inside a run of marks: its first one decides for all.
        return None;
    }
    let after_run = rest.get(run..)?;
    // “ closes in German and opens in English: it closes only where no space stands before it.
    let closers =
        after_run.chars().take_while(|c| is_closer(*c)).map(char::len_utf8).sum::<usize>();
    let end = at + run + closers;
    let next = body.get(end..)?;
    if next.trim().is_empty() {
        return Some(body.len());
    }
    if !next.starts_with(char::is_whitespace) && !matches!(mark, '。' | '！' | '？') {
        return None;
    }
    let follows = next.trim_start();
    let ends = starts_sentence(follows)
        && !(mark == '.' && run == 1 && is_inside(body.get(start..at)?, follows));
    ends.then_some(end)
}

/// Whether what follows a mark can open a sentence.
fn starts_sentence(follows: &str) -> bool {
    let opener = |c: char| matches!(c, '"' | '\'' | '“' | '‘' | '(' | '[' | '«' | '„' | '¿' | '¡');
    let first = follows.trim_start_matches(opener).chars().next();
    first.is_some_and(|c| c.is_numeric() || (c.is_alphabetic() && !c.is_lowercase()))
}

/// Whether a full stop belongs to the word before it: an abbreviation, an initial, the number of a list.
fn is_inside(before: &str, follows: &str) -> bool {
    let word =
        before.rsplit(|c: char| c.is_whitespace() || "(\"“‘[„«".contains(c)).next().unwrap_or("");
    let is_first = word.len() == before.trim().len();
    if word.chars().all(|c| c.is_ascii_digit()) {
        // "1. Listen" numbers an item; "am 3. Oktober" is a German ordinal, which a year never is.
        return !word.is_empty() && (is_first || (word.len() <= 2 && is_month(follows)));
    }
    let folded = word.to_lowercase();
    if is_initial(word) {
        return true;
    }
    if ENDS_OR_NOT.contains(&folded.as_str()) {
        let next = follows.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
        return !STARTERS.contains(&next);
    }
    ABBREVIATIONS.contains(&folded.as_str())
}

/// A single capital, as in `J. Smith`; but not the pronoun.
fn is_initial(word: &str) -> bool {
    let mut chars = word.chars();
    matches!((chars.next(), chars.next()), (Some(c), None) if c.is_uppercase() && c != 'I')
}

fn is_month(follows: &str) -> bool {
    const MONTHS: [&str; 12] = [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ];
    let word = follows.split(|c: char| !c.is_alphabetic()).next().unwrap_or("");
    MONTHS.contains(&word)
}

fn trimmed(text: &str, span: Span) -> Span {
    let piece = span.of(text);
    let start = span.start + (piece.len() - piece.trim_start().len());
    Span { start, end: start + piece.trim().len() }
}

/// Abbreviations that something always follows. Folded, without their last full stop.
#[rustfmt::skip]
const ABBREVIATIONS: &[&str] = &[
    // English
    "mr", "mrs", "ms", "dr", "prof", "rev", "hon", "gen", "col", "capt", "lt", "sgt", "sen", "rep", "gov",
    "pres", "st", "mt", "ft", "vs", "v", "e.g", "i.e", "eg", "ie", "cf", "viz", "approx", "ca", "est",
    "dept", "univ", "fig", "figs", "eq", "ch", "sec", "vol", "no", "nos", "pp", "ed", "eds", "al", "assn",
    "bros", "messrs", "ave", "blvd", "rd", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept", "sep",
    "oct", "nov", "dec",
    // German
    "z", "z.b", "d.h", "u.a", "bzw", "ggf", "evtl", "sog", "vgl", "nr", "abs", "art", "hr", "fr", "str",
    "ca", "inkl", "zzgl", "mio", "mrd", "usf",
    // French and Spanish
    "mme", "mlle", "p.ex", "sr", "sra", "srta", "dña", "ud", "uds", "p.ej", "ee", "núm", "pág", "art",
];

/// Abbreviations that may end a sentence; the next word decides.
const ENDS_OR_NOT: &[&str] = &[
    "u.s", "u.k", "e.u", "u.n", "d.c", "a.m", "p.m", "inc", "ltd", "co", "corp", "llc", "jr", "sr",
    "ph.d", "etc", "usw", "uu",
];

/// Words that open a sentence and are seldom part of a name.
#[rustfmt::skip]
const STARTERS: &[&str] = &[
    "The", "A", "An", "In", "It", "This", "That", "These", "Those", "They", "We", "He", "She", "You", "I",
    "But", "And", "For", "As", "At", "On", "If", "When", "While", "With", "To", "From", "By", "There",
    "However", "Many", "Some", "Most", "One", "Our", "Its", "Their", "After", "Before", "Since", "Each",
    "Der", "Die", "Das", "Es", "Im", "Wir", "Le", "La", "Les", "Il", "Elle", "El", "Los", "Las",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, want: &[&str]) {
        let blocks = split(text, &[]);
        let got: Vec<&str> =
            blocks.iter().flat_map(|b| b.sentences.iter().map(|s| s.of(text))).collect();
        assert_eq!(got, want, "{text}");
    }

    #[test]
    fn sentences_end_at_their_marks() {
        check(
            "One is here. Two is there! Is three? Yes.",
            &["One is here.", "Two is there!", "Is three?", "Yes."],
        );
        check(
            "It works… Or does it?! Nobody knows",
            &["It works…", "Or does it?!", "Nobody knows"],
        );
        check(
            "It grew to 3.5 million. 40 more came.",
            &["It grew to 3.5 million.", "40 more came."],
        );
    }

    #[test]
    fn abbreviations_and_initials_do_not_end_a_sentence() {
        check(
            "Dr. J. R. Smith met Mr. Jones, e.g. on Sept. 3, vs. Nov. 4.",
            &["Dr. J. R. Smith met Mr. Jones, e.g. on Sept. 3, vs. Nov. 4."],
        );
        check("The U.S. Department of State agreed.", &["The U.S. Department of State agreed."]);
        check(
            "It began in the U.S. The rest followed.",
            &["It began in the U.S.", "The rest followed."],
        );
        check(
            "Acme Inc. Europe sells phones, etc. They last.",
            &["Acme Inc. Europe sells phones, etc.", "They last."],
        );
        check(
            "Am 3. Oktober, z. B. in Bonn, feiert man. Dann nicht.",
            &["Am 3. Oktober, z. B. in Bonn, feiert man.", "Dann nicht."],
        );
    }

    #[test]
    fn quotation_marks_belong_to_their_sentence() {
        check(
            "“It works.” She left. (He stayed.) “Why?” she asked.",
            &["“It works.”", "She left.", "(He stayed.)", "“Why?” she asked."],
        );
        check("„Das geht.“ Er ging.", &["„Das geht.“", "Er ging."]);
        check(
            "¿Por qué? ¡Nadie sabe! «Oui.» Non.",
            &["¿Por qué?", "¡Nadie sabe!", "«Oui.»", "Non."],
        );
    }

    #[test]
    fn addresses_and_list_numbers_are_left_whole() {
        check(
            "See https://example.org/a.b?c=D.E for more. Then go.",
            &["See https://example.org/a.b?c=D.E for more.", "Then go."],
        );
        check("1. Listen to the customer. 2. Act.", &["1. Listen to the customer.", "2. Act."]);
    }

    #[test]
    fn blocks_end_sentences_and_headings_are_none() {
        let text = "What It Is\n\nA bot talks\nand listens. It helps.\n \nWhy\n\nBecause.";
        let heading = |text: &str| Heading { level: 2, text: text.to_owned() };
        let blocks = split(text, &[heading("What It Is"), heading("Why")]);
        let shown: Vec<(bool, usize, Option<&str>)> = blocks
            .iter()
            .map(|b| (b.is_heading(), b.sentences.len(), b.under.map(|span| span.of(text))))
            .collect();
        assert_eq!(
            shown,
            [
                (true, 0, Some("What It Is")),
                (false, 2, Some("What It Is")),
                (true, 0, Some("Why")),
                (false, 1, Some("Why")),
            ]
        );
        check("", &[]);
        check(" \n\n \n", &[]);
    }

    proptest! {
        #[test]
        fn spans_are_verbatim_in_order_and_never_overlap(
            text in r#"([A-Za-zé“”"'. !?…\n(){0,3}]|U\.S\. |Dr\. |3\.5|„|“|\n\n|ß|\u{1F600}){0,120}"#
        ) {
            let mut last = 0;
            for block in split(&text, &[]) {
                for span in &block.sentences {
                    prop_assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end));
                    prop_assert!(span.start >= last && span.start < span.end && span.end <= text.len());
                    prop_assert!(block.span.start <= span.start && span.end <= block.span.end);
                    prop_assert_eq!(span.of(&text).trim(), span.of(&text));
                    last = span.end;
                }
            }
        }

        #[test]
        fn no_letter_is_lost(text in r"[A-Za-z0-9é“” .!?\n]{0,200}") {
            let kept: String = split(&text, &[])
                .iter()
                .flat_map(|b| b.sentences.iter().map(|s| s.of(&text).to_owned()))
                .collect();
            let letters = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&kept), letters(&text));
        }
    }
}
