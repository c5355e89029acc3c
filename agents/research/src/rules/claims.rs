//! Which sentences are worth quoting, and what sort of statement each is.
//!
//! A digest stands or falls with this: a quote is read without what stood around it. So a sentence
//! must be whole, say something, and be understood on its own; where it leans on the one before
//! ("They also …"), both are quoted together if they stay short enough.

mod clause;
mod leaning;
mod lexicon;
mod sentence;
mod shape;

use galley_agents_knowledge::words::Language;
use galley_schemas::content::ClaimKind;

use crate::rules::split::{Block, Span};
use sentence::Sentence;

/// Fewest words of a quote.
const WORDS_MIN: usize = 6;
/// Most words of a quote of one sentence.
const WORDS_MAX: usize = 42;
/// Most words of a quote of two sentences.
const PAIR_WORDS_MAX: usize = 48;
/// A quote below this is left out.
const QUALITY_MIN: f64 = 0.35;

/// A span that may be quoted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quotable {
    /// Where it stands.
    pub span: Span,
    /// Which block it stands in.
    pub block: usize,
    /// What sort of statement it is.
    pub kind: ClaimKind,
    /// How well it reads on its own, 0 to 1.
    pub quality: f64,
}

/// Why a sentence is not quoted on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Too few words.
    Short,
    /// Too many words.
    Long,
    /// A question, a shout, a heading, or something that leads to what follows.
    NoStatement,
    /// No verb.
    NoVerb,
    /// Markup, an address, or a quotation that begins or ends elsewhere.
    Broken,
    /// Navigation, an announcement, a caption, a notice, or a byline.
    Notice,
    /// The writer speaks of themselves.
    Writer,
    /// It is understood only with the sentence before it.
    Leans,
    /// Several small faults.
    Weak,
}

/// The quotable spans of a text, in order. Spans of two sentences overlap with their first one: a
/// chooser takes one of them.
#[must_use]
pub fn quotables(text: &str, blocks: &[Block], language: Language) -> Vec<Quotable> {
    let mut found = Vec::new();
    for (block, content) in blocks.iter().enumerate() {
        let mut before: Option<(Span, f64)> = None;
        for span in &content.sentences {
            let judged = judge(span.of(text), language);
            let alone = judged.as_ref().ok().map(|(_, quality)| (*span, *quality));
            match (judged, before) {
                (Ok((kind, quality)), _) => {
                    found.push(Quotable { span: *span, block, kind, quality })
                }
                (Err(Unfit::Leans), Some(first)) => {
                    found.extend(
                        pair(text, first, *span, language).map(|(span, kind, quality)| Quotable {
                            span,
                            block,
                            kind,
                            quality,
                        }),
                    );
                }
                (Err(_), _) => {}
            }
            before = alone;
        }
    }
    found
}

/// Two neighbouring sentences as one quote: the first stands on its own, the second leans on it.
fn pair(
    text: &str,
    (first, quality): (Span, f64),
    second: Span,
    language: Language,
) -> Option<(Span, ClaimKind, f64)> {
    let leaning = Sentence::read(second.of(text), language);
    let words = Sentence::read(first.of(text), language).words() + leaning.words();
    let fits = words <= PAIR_WORDS_MAX && leaning.words() >= 4 && leaning.refused_but_leaning();
    let quality = 0.75 * quality.min(leaning.quality());
    let span = Span { start: first.start, end: second.end };
    (fits && quality >= QUALITY_MIN).then(|| (span, leaning.kind(), quality))
}

/// What sort of statement a sentence is and how well it reads on its own.
///
/// # Errors
/// Why it is not quoted on its own.
pub fn judge(text: &str, language: Language) -> Result<(ClaimKind, f64), Unfit> {
    let sentence = Sentence::read(text, language);
    if let Some(unfit) = sentence.refused() {
        return Err(unfit);
    }
    let quality = sentence.quality();
    if quality < QUALITY_MIN { Err(Unfit::Weak) } else { Ok((sentence.kind(), quality)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::split::split;

    fn check(text: &str, want: Result<ClaimKind, Unfit>) {
        assert_eq!(judge(text, Language::English).map(|(kind, _)| kind), want, "{text}");
    }

    #[test]
    fn statements_that_read_on_their_own_are_claims() {
        for (text, kind) in [
            ("Chatbots answer routine questions at any hour of the day.", ClaimKind::Fact),
            ("The assistant answered 2.2 million questions in its first year.", ClaimKind::Figure),
            (
                "A chatbot is a program that talks with people in plain language.",
                ClaimKind::Definition,
            ),
            (
                "Agencies should test a chatbot with real customers before they publish it.",
                ClaimKind::Advice,
            ),
            ("Use plain language in every answer that a customer reads.", ClaimKind::Advice),
            (
                "Experts believe that chatbots change the work of contact centers.",
                ClaimKind::Opinion,
            ),
            ("It is important to train agents before calls are transferred.", ClaimKind::Advice),
            ("Chatbots make it easier to get an answer at night.", ClaimKind::Fact),
            ("Most agencies publish their service levels once a year.", ClaimKind::Fact),
            ("The number of calls to the center increased by half within a year.", ClaimKind::Fact),
            ("Calls that reach a person cost more than calls that reach a bot.", ClaimKind::Fact),
            (
                "Foam forms because gas dissolves and rises when the pressure falls.",
                ClaimKind::Fact,
            ),
            ("What callers want most is an answer without any waiting.", ClaimKind::Fact),
            ("The U.S. government receives calls such as complaints and thanks.", ClaimKind::Fact),
        ] {
            check(text, Ok(kind));
        }
    }

    #[test]
    fn what_says_nothing_by_itself_is_no_claim() {
        for (text, why) in [
            ("Bots help.", Unfit::Short),
            ("Have you ever talked to a chatbot about your taxes?", Unfit::NoStatement),
            ("The benefits of chatbots for every agency are:", Unfit::NoStatement),
            ("Top Ten Best Practices for Federal Contact Centers Today.", Unfit::NoStatement),
            ("Click here to read the full report on contact centers.", Unfit::Notice),
            ("Sign up for the next session on chatbots in public service.", Unfit::Notice),
            ("Ann Smith is the director of a contact center in Ohio.", Unfit::Notice),
            ("See the chart below for how the costs of calls are split.", Unfit::Notice),
            ("I think that chatbots are a fine thing for all of us.", Unfit::Writer),
            ("Better products and services due to feedback from the customer.", Unfit::NoVerb),
            ("Defining the monitoring process and the benchmarks.", Unfit::NoVerb),
            ("Called for agencies to engage customers in talks about service.", Unfit::NoVerb),
            ("Requires agencies to post their service levels on a public page.", Unfit::NoVerb),
            (
                "A single chatbot for programs from nine agencies, including taxes, and state benefits.",
                Unfit::NoVerb,
            ),
            ("Benefits of automation beyond the cost of labor in the office.", Unfit::NoVerb),
            (
                "New requirements of a law asking agencies for annual plans that must name their goals.",
                Unfit::NoVerb,
            ),
            ("The relative costs of the single lines and of the larger circuits.", Unfit::NoVerb),
            ("We will also open a new roadmap for everyone in the fall.", Unfit::Writer),
            ("Our chatbot answers the questions of callers at any hour.", Unfit::Writer),
            ("They also answer questions that customers send by email.", Unfit::Leans),
            ("This makes the work of the agents much easier than before.", Unfit::Leans),
            ("However, chatbots do not understand every question they get.", Unfit::Leans),
            ("When she began the survey in 2013, few customers took part.", Unfit::Leans),
            ("Farmers prune it to about two metres every single year.", Unfit::Leans),
            ("Only two of them matter for the trade of the world.", Unfit::Leans),
            ("The program reduced the number of calls within a year.", Unfit::Leans),
            ("For these callers a chatbot is of little use at night.", Unfit::Leans),
            ("Most of them were glad to get an answer at once.", Unfit::Leans),
            ("and so the agents have more time for difficult calls.", Unfit::Broken),
            ("Read https://example.org/chatbots and you will know it all.", Unfit::Broken),
            ("The agent said that “chatbots are here to stay in service.", Unfit::Broken),
            ("Timestamp—Displays the time at which a message was sent.", Unfit::Broken),
            ("Chatbots save money.They also save time for the agents.", Unfit::Broken),
        ] {
            check(text, Err(why));
        }
    }

    #[test]
    fn news_orders_without_a_reason_and_marks_within_marks_are_worth_less() {
        let quality =
            |text: &str| judge(text, Language::English).map_or(0.0, |(_, quality)| quality);
        for (better, worse) in [
            (
                "Citizens can ask a chatbot about their taxes at any hour.",
                "Citizens will soon be able to ask a chatbot about their taxes.",
            ),
            (
                "Publish the waiting time, because it reduces calls from impatient people.",
                "Set goals for the center, measure results, and report on progress.",
            ),
            (
                "The chatbot uses therapy to help people with anxiety and with grief.",
                "The chatbot uses therapy to help “people with anxiety and with grief.”",
            ),
        ] {
            assert!(quality(better) > 1.2 * quality(worse), "{better} / {worse}");
        }
    }

    #[test]
    fn a_sentence_that_leans_is_quoted_with_the_one_before() {
        let text = "Chatbots answer routine questions at any hour. They never lose their patience with a caller.";
        let found = quotables(text, &split(text, &[]), Language::English);
        let quotes: Vec<&str> = found.iter().map(|quotable| quotable.span.of(text)).collect();
        assert_eq!(quotes, ["Chatbots answer routine questions at any hour.", text]);
        assert!(found[0].quality > found[1].quality);
        let alone = "Why do they do it? They never lose their patience with a caller.";
        assert!(quotables(alone, &split(alone, &[]), Language::English).is_empty());
    }

    #[test]
    fn other_languages_have_their_rules() {
        let check = |language, text: &str, want: bool| {
            assert_eq!(judge(text, language).is_ok(), want, "{text}");
        };
        check(
            Language::German,
            "Chatbots beantworten einfache Fragen, weil sie immer erreichbar sind.",
            true,
        );
        check(Language::German, "Sie beantworten auch Fragen, die nachts gestellt werden.", false);
        check(
            Language::French,
            "Les robots répondent aux questions simples et cela aide les agents.",
            true,
        );
        check(Language::French, "Ils répondent aussi aux questions que posent les clients.", false);
        check(
            Language::Spanish,
            "Los asistentes virtuales son útiles porque responden de noche.",
            true,
        );
        check(
            Language::Spanish,
            "Haga clic aquí para leer el informe completo sobre robots.",
            false,
        );
        check(
            Language::Other,
            "Chatboty odpovídají na jednoduché otázky v každou denní dobu.",
            true,
        );
    }
}
