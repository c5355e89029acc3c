//! English.

use galley_schemas::content::ClaimKind;

use super::{Book, Frame, Turn};

pub(super) static BOOK: Book = Book {
    quote,
    verbs,
    numbers: [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ],
    years: ["a year", "{n} years"],
    docs: ["article", "page", "document"],
    adoc: [
        "a {year} {doc}",
        "an undated {doc}",
        "a {year} {doc} from {publisher}",
        "an undated {doc} from {publisher}",
    ],
    author_of: "{author} of {publisher}",
    and: "and",
    asking: &["how", "why", "what", "when", "where", "which", "who", "whether"],
    subordinate: &[
        "when", "if", "while", "as", "because", "although", "since", "with", "by", "in", "for",
        "to", "through", "before", "after", "once", "without", "at", "on", "until", "unlike",
    ],
    connectives: &[
        "However,",
        "In addition,",
        "Additionally,",
        "Therefore,",
        "For example,",
        "For instance,",
        "As a result,",
        "Also,",
        "Thus,",
        "Moreover,",
        "Furthermore,",
        "Finally,",
        "Lastly,",
        "In fact,",
        "Of course,",
        "Consequently,",
        "Similarly,",
        "Instead,",
        "Unfortunately,",
        "In short,",
        "Secondly,",
        "Second,",
        "Third,",
        "In other words,",
        "So,",
        "And",
        "But",
        "So",
        "Yet",
    ],
    pointing: &[
        "this",
        "that",
        "these",
        "those",
        "it",
        "its",
        "it's",
        "they",
        "their",
        "he",
        "she",
        "his",
        "her",
        "such",
        "here",
        "there",
        "then",
        "both",
        "another",
        "others",
        "each",
        "either",
        "neither",
        "similarly",
        "likewise",
        "again",
        "too",
        "either",
        "one",
        "some",
        "many",
    ],
    first_person: &[
        "i", "i'm", "i've", "we", "we're", "we've", "our", "my", "us", "me", "you", "your",
    ],
    boilerplate: &[
        "click",
        "sign up",
        "register",
        "join us",
        "subscribe",
        "stay tuned",
        "read more",
        "check out",
        "contact us",
        "learn more",
        "disclaimer",
        "webinar",
        "follow us",
        "e-mail",
        "email us",
        "see below",
        "listed below",
        "guest post",
        "this post",
        "this article",
        "blog post",
        "in this series",
        "last week",
        "next week",
        "tomorrow",
        "below",
    ],
    marks: [
        &[
            "should",
            "must",
            "need to",
            "needs to",
            "have to",
            "make sure",
            "consider",
            "recommend",
            "ensure",
        ],
        &["for example", "for instance", "such as", "launched", "case study", "pilot"],
        &["is a", "is an", "are a", "refers to", "means", "is defined", "is called"],
    ],
    frame: Frame {
        about: &["This digest looks at {topic}.", "This digest is about {subject}."],
        drawn: &[
            "It draws on {n} documents from {publisher}, published between {from} and {to}.",
            "It draws on {n} documents from {publisher}, all of {year}.",
            "It draws on {n} documents by {publishers}, published between {from} and {to}.",
            "It draws on {n} documents, published between {from} and {to}.",
            "It draws on {n} documents from {publisher}.",
            "It draws on {n} documents.",
            "It draws on a single document from {publisher}.",
            "It draws on a single document.",
        ],
        way: &[
            "First comes \u{2018}{h1}\u{2019}; then follow \u{2018}{h2}\u{2019}, \u{2018}{h3}\u{2019} and {rest} more parts.",
            "First comes \u{2018}{h1}\u{2019}; then follow \u{2018}{h2}\u{2019} and \u{2018}{h3}\u{2019}.",
            "First comes \u{2018}{h1}\u{2019}, and then \u{2018}{h2}\u{2019}.",
        ],
        method: &["Every quotation is word for word, and its number leads to the source."],
        section_many: &[
            "{N} documents speak to this, the oldest from {from} and the newest from {to}.",
            "On this point, {n} documents have something to say.",
            "Here, the sources reach from {from} to {to}.",
            "The passages in this part come from {n} documents.",
            "{K} passages from {n} documents belong here.",
            "This part sets {n} documents side by side.",
            "Between {from} and {to}, {n} documents took this up.",
        ],
        section_one: &[
            "This part rests on a single document, from {year}.",
            "Here, one document is the only witness.",
            "On this point, only one document has something to say.",
            "A single document covers this part.",
        ],
        paragraph,
        repeated: [
            &[
                "Another document says nearly the same.",
                "Nearly the same words stand in one more document.",
                "It is not alone: another document repeats the point.",
            ],
            &[
                "{N} other documents say nearly the same.",
                "Nearly the same words stand in {n} more documents.",
                "It is not alone: {n} other documents repeat the point.",
            ],
        ],
        disagree: &[
            "On {about}, therefore, the two do not agree.",
            "The two differ, then, on {about}.",
            "Here, the sources part ways on {about}.",
        ],
        open_heading: "What the sources leave open",
        open: &[
            &["First of all, the sources disagree on {differ}."],
            &["On \u{2018}{unanswered}\u{2019}, they offered nothing that could be quoted."],
            &[
                "All {n} documents come from {publisher}, so other voices are missing here.",
                "The only document comes from {publisher}, so other voices are missing here.",
            ],
            &[
                "Moreover, the newest of them dates from {newest}, and nothing in this digest is more recent.",
            ],
            &[
                "Most of the {k} passages rest on one document each; only {shared} of them could be found in another as well.",
                "Most of the {k} passages rest on one document each; only one of them{single} could be found in another as well.",
                "None of the {k} passages was found in a second document, so each rests on one source alone.",
            ],
            &[
                "Finally, a digest repeats what its sources say; it does not test whether they are right.",
            ],
        ],
    },
};

#[expect(clippy::too_many_lines, reason = "a table; cutting it would hide what belongs together")]
fn quote(turn: Turn) -> &'static [&'static str] {
    match turn {
        Turn::Open => &[
            "{Who} {past} in {year}: {q}",
            "In {year}, {who} {past}: {q}",
            "{qf}, {who} {past} in {year}.",
            "{Adoc} {present}: {q}",
            "{qf}, {present} {adoc}.",
            "In the words of {adoc}, {q}",
            "{title} ({year}) {present}: {q}",
            "The {doc} {title} {present}: {q}",
            "{q1}, {who} {past} in {year}, {q2}",
            "{q1}, {present} {adoc}, {q2}",
            "In {title}, {who} {present}: {q}",
            "{Adoc} puts it this way: {q}",
            "{Adoc} {thatpresent} that {that}",
            "In {year}, {who} {thatpast} that {that}",
            "{Who} {thatpast} in {year} that {that}",
            "As {adoc} has it, {that}",
        ],
        Turn::More => &[
            "In addition, {adoc} {present}: {q}",
            "{Adoc} also {present}: {q}",
            "Another passage comes from {adoc}: {q}",
            "Besides, {adoc} {present}: {q}",
            "{Adoc}, too, takes up the point: {q}",
            "In addition, {adoc} {thatpresent} that {that}",
            "{Adoc} also {thatpresent} that {that}",
        ],
        Turn::Same => &[
            "It goes on: {q}",
            "Further on, it {present}: {q}",
            "{qf}, it adds.",
            "The same {doc} adds: {q}",
            "Then it adds: {q}",
            "It adds that {that}",
            "Further on, it {thatpresent} that {that}",
        ],
        Turn::SameElsewhere => &[
            "The same {doc} also {present}: {q}",
            "Elsewhere, the same {doc} {present}: {q}",
            "{qf}, the same {doc} {present}.",
            "The same {doc} also {thatpresent} that {that}",
        ],
        Turn::Agrees => &[
            "Similarly, {who} {past} in {year}: {q}",
            "{Adoc} makes a related point: {q}",
            "Likewise, {adoc} {present}: {q}",
            "Along the same lines, {adoc} {present}: {q}",
            "On the same subject, {adoc} {present}: {q}",
            "Similarly, {adoc} {thatpresent} that {that}",
        ],
        Turn::Contrast => &[
            "By contrast, {adoc} {present}: {q}",
            "On the other hand, {adoc} {present}: {q}",
            "{Adoc} sees it differently: {q}",
            "By contrast, {adoc} {thatpresent} that {that}",
        ],
        Turn::Later => &[
            "{Years} later, {who} {past}: {q}",
            "Later, in {year}, {who} {past}: {q}",
            "By {year}, {who} put it like this: {q}",
            "Then, in {year}, {who} {past}: {q}",
            "{Years} later, {adoc} {past}: {q}",
            "{qf}, {who} {past} {years} later.",
            "Later, in {year}, {who} {thatpast} that {that}",
        ],
        Turn::Earlier => &[
            "Earlier, in {year}, {who} {past}: {q}",
            "Back in {year}, {who} {past}: {q}",
            "{Years} earlier, {who} {past}: {q}",
            "Earlier, in {year}, {who} {thatpast} that {that}",
        ],
        Turn::SameYear => &[
            "The same year, {who} {past}: {q}",
            "Also in {year}, {who} {past}: {q}",
            "Also in {year}, {who} {thatpast} that {that}",
        ],
        Turn::Example => &[
            "For example, {adoc} {present}: {q}",
            "A case in point comes from {adoc}: {q}",
            "For instance, {who} {past} in {year}: {q}",
            "To give an example, {adoc} {thatpresent} that {that}",
        ],
        Turn::Figure => &[
            "{Adoc} gives a figure: {q}",
            "One figure comes from {adoc}: {q}",
            "As for numbers, {who} {past} in {year}: {q}",
            "As for numbers, {adoc} {thatpresent} that {that}",
        ],
        Turn::Advice => &[
            "{Adoc} offers advice: {q}",
            "In practical terms, {adoc} {present}: {q}",
            "As for what to do, {who} {past} in {year}: {q}",
            "As for what to do, {adoc} {thatpresent} that {that}",
        ],
        Turn::Definition => &[
            "To begin with, {adoc} {present}: {q}",
            "In the words of {adoc}, {q}",
            "First, a definition from {adoc}: {q}",
            "To begin with, {adoc} {thatpresent} that {that}",
        ],
        Turn::Quoted => &[
            "{Adoc} quotes a voice of its own: {q}",
            "{Adoc} repeats what somebody else said: {q}",
            "In {year}, {who} passed on this remark: {q}",
        ],
    }
}

fn verbs(kind: ClaimKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        ClaimKind::Fact => &[
            ("noted", "notes"),
            ("wrote", "writes"),
            ("said", "says"),
            ("observed", "observes"),
            ("stated", "states"),
        ],
        ClaimKind::Figure => &[
            ("reported", "reports"),
            ("stated", "states"),
            ("noted", "notes"),
            ("wrote", "writes"),
        ],
        ClaimKind::Definition => {
            &[("explained", "explains"), ("wrote", "writes"), ("said", "says")]
        }
        ClaimKind::Advice => &[
            ("advised", "advises"),
            ("recommended", "recommends"),
            ("wrote", "writes"),
            ("suggested", "suggests"),
        ],
        ClaimKind::Opinion => {
            &[("argued", "argues"), ("wrote", "writes"), ("held", "holds"), ("said", "says")]
        }
        ClaimKind::Example => {
            &[("reported", "reports"), ("wrote", "writes"), ("noted", "notes"), ("said", "says")]
        }
    }
}

fn paragraph(kind: ClaimKind) -> &'static [&'static str] {
    match kind {
        ClaimKind::Fact => &[],
        ClaimKind::Figure => &["Then there are the figures.", "The sources also give numbers."],
        ClaimKind::Definition => &["First, the terms."],
        ClaimKind::Advice => &[
            "What, then, do the sources advise?",
            "Some of the passages are advice.",
            "The sources also say what to do.",
        ],
        ClaimKind::Opinion => {
            &["Some passages are opinion rather than report.", "Views, too, are on record."]
        }
        ClaimKind::Example => &[
            "The sources also tell of cases.",
            "Examples follow.",
            "What does that look like in practice?",
        ],
    }
}
