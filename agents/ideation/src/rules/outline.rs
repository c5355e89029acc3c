//! From themes to an outline, and to the angles that could have been taken instead.

use std::collections::BTreeSet;

use galley_agents_knowledge::embed::{cosine, embed};
use galley_agents_knowledge::words::{Language, fold};
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::content::{Angle, Outline, OutlineSection};

use crate::rules::facets::{self, Facet};
use crate::rules::headings::title_case;
use crate::rules::reading::Reading;
use crate::rules::themes::{self, Theme};
use crate::rules::titles;
use crate::rules::topic::Topic;

/// Fewest and most terms of a section.
const TERMS_MIN: usize = 8;
const TERMS_MAX: usize = 16;
/// How many phrases of its passages lead a section's terms, after the words of its heading.
const OWN_PHRASES: usize = 2;
/// How many signs of its facet lead the terms of a section that a facet made.
const SIGNS: usize = 5;
/// How many of its phrases are among a section's terms at most.
const OWN_PHRASES_MAX: usize = 9;
/// How much more there is to say in a section that leads: that gives the article its title, or that it
/// dwells on.
const LEAD_SHARE: f64 = 3.0;
/// A section gets at least this share of an even split.
const WORDS_SHARE_MIN: f64 = 0.7;
/// A section before it stands in an outline.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Its heading.
    pub heading: String,
    /// What it is for.
    pub facet: Facet,
    /// What the reader wants to know.
    pub questions: Vec<String>,
    /// What it is searched by, weightiest first.
    pub terms: Vec<String>,
    /// How much there is to say, against the other sections.
    pub share: f64,
}

/// The sections for some themes. Where the documents say nothing of the topic, the sections are those
/// that any article would have, so that research has something to look for.
#[must_use]
pub fn plans(reading: &Reading, topic: &Topic, themes: &[Theme]) -> Vec<Plan> {
    if themes.is_empty() {
        let subject = subject_as_title(reading.language, topic);
        let usual = [Facet::Definition, Facet::Uses, Facet::Risks];
        return usual
            .iter()
            .map(|facet| usual_plan(reading.language, topic, *facet, &subject))
            .collect();
    }
    themes.iter().map(|theme| plan(reading, topic, theme)).collect()
}

fn plan(reading: &Reading, topic: &Topic, theme: &Theme) -> Plan {
    let language = reading.language;
    let mut questions = vec![asked(language, &theme.heading)];
    questions.extend(facets::questions(language, theme.facet, &topic.subject));
    questions.truncate(4);
    let mut terms = Terms::new(language);
    let common = themes::common_stems(reading, topic);
    let own = theme.phrases.iter().filter(|phrase| {
        phrase.is_name() && !phrase.stems.iter().all(|stem| common.contains(stem))
    });
    // The subject leads: a passage that names it nowhere is about something else.
    terms.add(&topic.subject);
    reading.other_names(topic).take(1).for_each(|name| terms.add(name));
    if theme.is_made {
        let signs = facets::search_terms(language, theme.facet);
        signs.iter().take(SIGNS).for_each(|term| terms.add(term));
    } else {
        terms.add_own_words(&theme.heading, &topic.stems);
    }
    own.clone().take(OWN_PHRASES).for_each(|phrase| terms.add(&phrase.text));
    own.take(OWN_PHRASES_MAX).for_each(|phrase| terms.add(&phrase.text));
    reading.also_called.iter().for_each(|name| terms.add(name));
    if terms.taken.len() < TERMS_MIN {
        facets::search_terms(language, theme.facet).iter().for_each(|term| terms.add(term));
    }
    topic.terms.iter().for_each(|term| terms.add(term));
    Plan {
        heading: theme.heading.clone(),
        facet: theme.facet,
        questions,
        terms: terms.taken,
        share: theme.share,
    }
}

fn usual_plan(language: Language, topic: &Topic, facet: Facet, subject: &str) -> Plan {
    let mut terms = Terms::new(language);
    topic.terms.iter().for_each(|term| terms.add(term));
    facets::search_terms(language, facet).iter().for_each(|term| terms.add(term));
    Plan {
        heading: facets::heading(language, facet, subject),
        facet,
        questions: facets::questions(language, facet, &topic.subject),
        terms: terms.taken,
        share: 1.0,
    }
}

fn subject_as_title(language: Language, topic: &Topic) -> String {
    if language == Language::English { title_case(&topic.subject) } else { topic.subject.clone() }
}

/// A heading as a question.
fn asked(language: Language, heading: &str) -> String {
    if heading.ends_with('?') {
        return heading.to_owned();
    }
    match language {
        Language::English | Language::Other => format!("What do the sources say on “{heading}”?"),
        Language::German => format!("Was sagen die Quellen zu „{heading}“?"),
        Language::French => format!("Que disent les sources sur « {heading} » ?"),
        Language::Spanish => format!("¿Qué dicen las fuentes sobre «{heading}»?"),
    }
}

/// Terms, each meaning once, at most 16.
#[derive(Debug)]
pub struct Terms {
    language: Language,
    taken: Vec<String>,
    stems: Vec<Vec<String>>,
}

impl Terms {
    /// None yet.
    #[must_use]
    pub fn new(language: Language) -> Self {
        Self { language, taken: Vec::new(), stems: Vec::new() }
    }

    /// Adds a term, unless one with the same words is there or there are enough.
    pub fn add(&mut self, term: &str) {
        let stems = self.language.terms(term);
        let term = term.trim();
        let known = stems.is_empty() || self.stems.contains(&stems);
        if !known && self.taken.len() < TERMS_MAX {
            self.taken.push(term.to_owned());
            self.stems.push(stems);
        }
    }

    /// The terms.
    #[must_use]
    pub fn into_vec(self) -> Vec<String> {
        self.taken
    }

    /// Adds the runs of words of a heading that set it apart from the topic.
    fn add_own_words(&mut self, heading: &str, topic: &[String]) {
        let mut run: Vec<String> = Vec::new();
        for word in heading.split(' ').chain([""]) {
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
            let folded = fold(bare);
            let own = !bare.is_empty()
                && !self.language.is_stop(&folded)
                && !topic.contains(&self.language.stem(&folded));
            if own {
                let acronym = bare.chars().filter(|c| c.is_uppercase()).count() > 1;
                run.push(if acronym { bare.to_owned() } else { folded });
            }
            if (!own || !word.ends_with(bare)) && !run.is_empty() {
                self.add(&run.join(" "));
                run.clear();
            }
        }
    }
}

/// The outline: sections of some plans, with the words split by how much there is to say.
#[must_use]
pub fn outline(
    title: String,
    keyphrase: &str,
    words: u32,
    corpus: &ArtifactRef,
    plans: Vec<Plan>,
) -> Outline {
    let shares: Vec<f64> = plans.iter().map(|plan| plan.share.max(0.01).sqrt()).collect();
    let split = split_words(words, &shares);
    let sections = plans
        .into_iter()
        .zip(split)
        .zip(0..)
        .map(|((plan, words), index)| OutlineSection {
            index,
            heading: plan.heading,
            questions: plan.questions,
            terms: plan.terms,
            words,
            corpus: corpus.clone(),
        })
        .collect();
    Outline { title, keyphrase: keyphrase.to_owned(), sections }
}

/// Splits words by shares, each at least [`WORDS_SHARE_MIN`] of an even split; the sum is exact.
fn split_words(words: u32, shares: &[f64]) -> Vec<u32> {
    let Ok(count) = u32::try_from(shares.len()) else { return Vec::new() };
    if count == 0 {
        return Vec::new();
    }
    let sum: f64 = shares.iter().sum();
    let floor = f64::from(words) * WORDS_SHARE_MIN / f64::from(count);
    let rest = f64::from(words) * (1.0 - WORDS_SHARE_MIN);
    let mut split: Vec<u32> =
        shares.iter().map(|share| whole(floor + rest * share / sum)).collect();
    let given: u32 = split.iter().sum();
    if let Some(first) = split.first_mut() {
        *first += words.saturating_sub(given);
    }
    split
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "word counts are small and not negative"
)]
fn whole(number: f64) -> u32 {
    number.max(0.0).floor() as u32
}

/// The angles: the whole topic, and each theme for itself; by support, best first.
#[must_use]
pub fn angles(
    language: Language,
    topic: &Topic,
    title: &str,
    keyphrase: &str,
    themes: &[Theme],
) -> Vec<Angle> {
    let headings: Vec<&str> = themes.iter().map(|theme| theme.heading.as_str()).collect();
    let whole = Angle {
        title: title.to_owned(),
        summary: whole_summary(language, topic, &headings),
        support: themes.iter().map(|theme| theme.share).sum::<f64>().clamp(0.0, 1.0),
        novelty: 1.0,
    };
    let mut narrow: Vec<Angle> =
        themes.iter().map(|theme| narrow(language, topic, keyphrase, theme)).collect();
    narrow.sort_by(|one, other| other.support.total_cmp(&one.support));
    std::iter::once(whole).chain(narrow).collect()
}

fn whole_summary(language: Language, topic: &Topic, headings: &[&str]) -> String {
    let list = headings.join("; ");
    match language {
        Language::English | Language::Other => format!("The whole of {}: {list}.", topic.subject),
        Language::German => format!("Alles zu {}: {list}.", topic.subject),
        Language::French => format!("L'ensemble du sujet {} : {list}.", topic.subject),
        Language::Spanish => format!("Todo sobre {}: {list}.", topic.subject),
    }
}

fn narrow(language: Language, topic: &Topic, keyphrase: &str, theme: &Theme) -> Angle {
    let alone = titles::holds(language, &theme.heading, keyphrase);
    let title = if alone {
        theme.heading.clone()
    } else {
        format!("{}: {}", subject_as_title(language, topic), theme.heading)
    };
    let (passages, documents) = (theme.passages.len(), theme.documents);
    let summary = match language {
        Language::English | Language::Other => {
            format!(
                "One theme told closely: {passages} passages in {documents} documents speak of it."
            )
        }
        Language::German => format!(
            "Ein Thema aus der Nähe: {passages} Stellen in {documents} Dokumenten sprechen davon."
        ),
        Language::French => {
            format!("Un thème de près : {passages} passages dans {documents} documents en parlent.")
        }
        Language::Spanish => {
            format!("Un tema de cerca: {passages} pasajes en {documents} documentos hablan de él.")
        }
    };
    Angle { title, summary, support: theme.share.clamp(0.0, 1.0), novelty: 1.0 }
}

/// The plans with the section that the title speaks of given more room, when it speaks of one alone.
#[must_use]
pub fn with_lead(mut plans: Vec<Plan>, title: &str) -> Vec<Plan> {
    plans.iter_mut().filter(|plan| title.ends_with(&plan.heading)).for_each(lead);
    plans
}

/// The plans when the article dwells on a facet.
#[must_use]
pub fn dwelling(mut plans: Vec<Plan>, on: Option<Facet>) -> Vec<Plan> {
    plans.iter_mut().filter(|plan| Some(plan.facet) == on).for_each(lead);
    plans
}

fn lead(plan: &mut Plan) {
    plan.share = (plan.share * LEAD_SHARE).max(1.0);
}

/// What an article could dwell on: the facets of its themes, in order; none when they all have the same.
#[must_use]
pub fn leanings(themes: &[Theme]) -> Vec<Facet> {
    let facets: BTreeSet<Facet> = themes.iter().map(|theme| theme.facet).collect();
    if facets.len() < 2 { Vec::new() } else { facets.into_iter().collect() }
}

/// How alike two titles are, 0 to 1.
#[must_use]
pub fn likeness(one: &str, other: &str) -> f64 {
    f64::from(cosine(&embed(&fold(one)), &embed(&fold(other)))).max(0.0)
}

/// Ranks angles by support and novelty. The one for the whole topic stays first, unless it was published
/// before.
pub fn rank(angles: &mut [Angle], novelty_min: f64) {
    let worth = |angle: &Angle| {
        let fresh = if angle.novelty < novelty_min { 0.0 } else { 1.0 };
        fresh + 0.7 * angle.support + 0.3 * angle.novelty
    };
    angles.sort_by(|one, other| worth(other).total_cmp(&worth(one)));
}

#[cfg(test)]
mod tests {
    use galley_schemas::artifact::Digest;

    use super::*;

    #[test]
    fn words_are_split_to_the_last_one() {
        for shares in [vec![1.0], vec![0.1, 0.9], vec![0.3, 0.3, 0.4, 0.0, 2.0]] {
            let split = split_words(901, &shares);
            assert_eq!(split.iter().sum::<u32>(), 901);
            assert!(
                split.iter().all(|words| f64::from(*words) > 0.6 * 901.0 / shares.len() as f64)
            );
        }
        assert!(split_words(900, &[]).is_empty());
    }

    #[test]
    fn a_section_that_the_article_dwells_on_has_more_words_than_the_others() {
        let plan = |facet: Facet| Plan {
            heading: facet.name().to_owned(),
            facet,
            questions: Vec::new(),
            terms: Vec::new(),
            share: 0.5,
        };
        let corpus = ArtifactRef {
            sha256: Digest::of(b"corpus"),
            bytes: 6,
            media_type: "application/json".to_owned(),
        };
        let words = |on: Option<Facet>| -> Vec<u32> {
            let plans = dwelling([Facet::Uses, Facet::Benefits, Facet::Risks].map(plan).into(), on);
            let outline = outline("Title".to_owned(), "title", 900, &corpus, plans);
            outline.sections.iter().map(|section| section.words).collect()
        };
        assert_eq!(words(None), [300, 300, 300]);
        assert_eq!(words(Some(Facet::Outlook)), [300, 300, 300]);
        let risks = words(Some(Facet::Risks));
        assert_eq!(risks.iter().sum::<u32>(), 900);
        assert!(risks[2] > risks[0] + 20 && risks[2] > risks[1] + 20, "{risks:?}");
    }

    #[test]
    fn terms_stand_once_and_in_order() {
        let mut terms = Terms::new(Language::English);
        terms
            .add_own_words("How to Build a Chatbot for Federal Employees", &["chatbot".to_owned()]);
        terms.add("chatbots");
        terms.add("chatbot");
        terms.add("the");
        assert_eq!(terms.into_vec(), ["build", "federal employees", "chatbots"]);
    }

    #[test]
    fn what_was_published_goes_to_the_end() {
        let angle = |title: &str, support: f64, novelty: f64| Angle {
            title: title.to_owned(),
            summary: String::new(),
            support,
            novelty,
        };
        let mut angles =
            [angle("old", 1.0, 0.05), angle("new", 0.2, 0.6), angle("newer", 0.3, 0.9)];
        rank(&mut angles, 0.2);
        let order: Vec<&str> = angles.iter().map(|angle| angle.title.as_str()).collect();
        assert_eq!(order, ["newer", "new", "old"]);
    }
}
