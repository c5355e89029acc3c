//! A model's angles and outline, checked and repaired by rules.

use galley_agents_knowledge::words::fold;
use galley_agents_web::suspicion::is_plain;
use galley_schemas::content::{Angle, Brief};
use serde::Deserialize;
use serde_json::Value;

use crate::rules::facets;
use crate::rules::headings::{Cleaner, title_case};
use crate::rules::outline::{Plan, Terms, likeness};
use crate::rules::reading::Reading;
use crate::rules::titles;
use crate::rules::topic::Topic;

/// Most sections, questions of a section, and angles that are taken from a reply.
const SECTIONS_MAX: usize = 12;
const QUESTIONS_MAX: usize = 4;
const ANGLES_MAX: usize = 6;
/// Longest heading, question, summary and title.
const HEADING_CHARS_MAX: usize = 72;
const QUESTION_CHARS_MAX: usize = 200;
const SUMMARY_CHARS_MAX: usize = 300;
const TITLE_CHARS_MAX: usize = 90;
/// Two headings that are at least this alike are one.
const SAME_HEADING: f64 = 0.85;
/// With fewer sound sections, the rules' outline is the better one.
const SECTIONS_MIN: usize = 2;

/// Plans of sections, and angles.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The sections, in order.
    pub plans: Vec<Plan>,
    /// The angles; the first is the outline's.
    pub angles: Vec<Angle>,
}

#[derive(Debug, Deserialize)]
struct Reply {
    #[serde(default)]
    title: String,
    #[serde(default)]
    angles: Vec<ReplyAngle>,
    #[serde(default)]
    sections: Vec<ReplySection>,
}

#[derive(Debug, Deserialize)]
struct ReplyAngle {
    title: String,
    summary: String,
}

#[derive(Debug, Deserialize)]
struct ReplySection {
    heading: String,
    #[serde(default)]
    questions: Vec<String>,
    #[serde(default)]
    terms: Vec<String>,
}

/// What of a reply holds, filled up from what the rules found; all of the rules' when nothing holds.
#[must_use]
pub fn repaired(
    reading: &Reading,
    topic: &Topic,
    brief: &Brief,
    rules: Proposal,
    reply: Option<&Value>,
) -> Proposal {
    let reply: Option<Reply> = reply.and_then(|value| serde_json::from_value(value.clone()).ok());
    let Some(reply) = reply else { return rules };
    let plans = plans(reading, topic, &rules.plans, reply.sections);
    let plans = if plans.len() < SECTIONS_MIN { rules.plans } else { plans };
    let support = rules.angles.first().map_or(0.5, |angle| angle.support);
    let mut angles: Vec<Angle> = Vec::new();
    let lead = ReplyAngle { title: reply.title, summary: String::new() };
    let offered = std::iter::once(lead).chain(reply.angles.into_iter().take(ANGLES_MAX));
    for (place, offered) in offered.enumerate() {
        let title = line(&offered.title);
        let fits = !title.is_empty()
            && title.chars().count() <= TITLE_CHARS_MAX
            && is_plain(&title)
            && is_plain(&offered.summary);
        let leads = titles::holds(reading.language, &title, &brief.keyphrase);
        let known = angles.iter().any(|known| likeness(&known.title, &title) >= SAME_HEADING);
        if !fits || known || (place == 0 && !leads) {
            continue;
        }
        let summary: String = line(&offered.summary).chars().take(SUMMARY_CHARS_MAX).collect();
        // The first is the one that the outline was made for.
        let support = if place == 0 { support } else { support * 0.8 };
        angles.push(Angle { title, summary, support, novelty: 1.0 });
    }
    angles.extend(rules.angles);
    Proposal { plans, angles }
}

fn plans(
    reading: &Reading,
    topic: &Topic,
    rules: &[Plan],
    sections: Vec<ReplySection>,
) -> Vec<Plan> {
    let mut plans: Vec<Plan> = Vec::new();
    for section in sections.into_iter().take(SECTIONS_MAX) {
        let Some(heading) = heading(reading, &section.heading) else { continue };
        if !is_plain(&heading) || !is_of_the_documents(reading, &heading) {
            continue;
        }
        if plans.iter().any(|known| likeness(&known.heading, &heading) >= SAME_HEADING) {
            continue;
        }
        let mut questions: Vec<String> = section
            .questions
            .iter()
            .map(|question| line(question))
            .filter(|question| {
                !question.is_empty()
                    && question.chars().count() <= QUESTION_CHARS_MAX
                    && is_plain(question)
            })
            .take(QUESTIONS_MAX)
            .collect();
        if questions.is_empty() {
            questions.push(format!("{}?", heading.trim_end_matches('?')));
        }
        let terms = terms(reading, topic, rules, &heading, &section.terms);
        let facet = facets::facet_of(reading.language, &heading, std::iter::empty());
        plans.push(Plan { heading, facet, questions, terms, share: 1.0 });
    }
    plans
}

/// Whether the documents speak of what a heading names, at least in one word. What a model may have been
/// talked into is no section.
fn is_of_the_documents(reading: &Reading, heading: &str) -> bool {
    let stems = reading.language.terms(heading);
    stems.is_empty() || stems.iter().any(|stem| reading.frequency(stem) > 0)
}

/// A model's heading: as it is when it is short and plain, else as a heading of a document would be made.
fn heading(reading: &Reading, raw: &str) -> Option<String> {
    let text = line(raw);
    let text = text.trim_start_matches(|c: char| "#.) ".contains(c) || c.is_ascii_digit());
    let plain = text.chars().filter(|c| c.is_alphabetic()).count() >= 4
        && !text.contains(['<', '>', '[', ']', '{', '}', '*', '_', '`', '|']);
    if plain && text.chars().count() <= HEADING_CHARS_MAX {
        let english = reading.language == galley_agents_knowledge::words::Language::English;
        return Some(if english { title_case(text) } else { text.to_owned() });
    }
    Cleaner::new(reading).clean(text).map(|cleaned| cleaned.text)
}

/// The subject, a model's terms as far as the documents have their words, then those that the rules found
/// for the section whose heading is nearest.
fn terms(
    reading: &Reading,
    topic: &Topic,
    rules: &[Plan],
    heading: &str,
    offered: &[String],
) -> Vec<String> {
    let known = |term: &&String| {
        let stems = reading.language.terms(term);
        !stems.is_empty() && stems.iter().all(|stem| reading.frequency(stem) > 0)
    };
    let mut terms = Terms::new(reading.language);
    terms.add(&topic.subject);
    reading.other_names(topic).take(1).for_each(|name| terms.add(name));
    offered.iter().filter(known).for_each(|term| terms.add(&fold_unless_name(term)));
    let near = rules.iter().max_by(|one, other| {
        likeness(&one.heading, heading).total_cmp(&likeness(&other.heading, heading))
    });
    near.into_iter().flat_map(|plan| &plan.terms).for_each(|term| terms.add(term));
    topic.terms.iter().for_each(|term| terms.add(term));
    terms.into_vec()
}

fn fold_unless_name(term: &str) -> String {
    let term = line(term);
    let large = term.chars().filter(|c| c.is_uppercase()).count();
    if large > 1 { term } else { fold(&term) }
}

/// One line, one space between words.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
