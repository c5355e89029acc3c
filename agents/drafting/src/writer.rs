//! Writing with a model: section by section from the evidence, the lead last.
//!
//! Calls are bounded: for each section one to write and at most one to reword, and the same for the
//! lead. What the rules refuse is quoted instead or left out, never asked for again.

use std::collections::{BTreeMap, BTreeSet};

use galley_agents_knowledge::words::{Language, fold, words};
use galley_agents_model::Prompt;
use galley_agents_sdk::{Context, Modeller};
use galley_schemas::content::{
    Article, Claim, Evidence, OutlineSection, Paragraph, Section, Sentence, Source, Writing,
};
use galley_schemas::fault::Fault;

use crate::agent::{Given, Reviewed, nothing_to_quote};
use crate::config::Config;
use crate::prompts::{self, Exhibit, LeadAsk, SectionAsk};
use crate::rules::ground::{Fate, Shown, judge};
use crate::rules::{Quoter, cite, revise, sources_of};

/// Writes one article with a model.
pub(crate) struct Writer<'a> {
    pub(crate) ctx: &'a Context,
    pub(crate) model: Modeller<'a>,
    pub(crate) given: &'a Given,
    pub(crate) config: &'a Config,
}

/// What one piece of text may rest on.
struct Bench<'a> {
    shown: Shown<'a>,
    quoter: Quoter,
}

impl Writer<'_> {
    /// The sections and how they came to be.
    pub(crate) async fn write(&self) -> Result<(Vec<Section>, Writing), Fault> {
        let sections = match &self.given.review {
            Some(review) => self.rewrite(review).await?,
            None => self.write_all().await?,
        };
        Ok((sections, Writing::Model { model: self.model.card().name.clone() }))
    }

    async fn write_all(&self) -> Result<Vec<Section>, Fault> {
        let mut sections = Vec::new();
        for section in &self.given.outline.sections {
            let name = format!("section-{}", section.index);
            sections.extend(self.section(&name, section, Vec::new()).await?);
        }
        if sections.is_empty() {
            return Err(nothing_to_quote());
        }
        let lead = self.lead("lead", &sections).await?;
        sections.splice(0..0, lead);
        Ok(sections)
    }

    /// Writes again only the sections that the review names; without any, drops what it names.
    async fn rewrite(&self, review: &Reviewed) -> Result<Vec<Section>, Fault> {
        let findings = revise::weighty(&review.findings);
        let Some(article) = review.articles.first() else { return self.write_all().await };
        let mut sections = article.sections.clone();
        for (place, section) in sections.iter_mut().enumerate() {
            let advice: Vec<&str> = findings
                .iter()
                .filter(|f| f.section.and_then(|s| usize::try_from(s).ok()) == Some(place))
                .map(|f| f.advice.as_str())
                .collect();
            let outlined = self.outlined(article, place);
            if let (Some(outlined), false) = (outlined, advice.is_empty()) {
                let name = format!("round-{}-section-{}", review.round, outlined.index);
                if let Some(written) = self.section(&name, outlined, advice).await? {
                    section.paragraphs = written.paragraphs;
                }
            }
        }
        Ok(revise::without(sections, &findings))
    }

    /// The outline's section behind one of the article's: by heading, else by the claims it cites.
    fn outlined(&self, article: &Article, place: usize) -> Option<&OutlineSection> {
        let section = article.sections.get(place)?;
        let heading = section.heading.as_deref()?;
        let outline = &self.given.outline.sections;
        outline.iter().find(|outlined| outlined.heading == heading).or_else(|| {
            let cited: BTreeSet<&str> = cite::sentences(std::slice::from_ref(section))
                .flat_map(|sentence| sentence.claims.iter().map(String::as_str))
                .collect();
            let held = |outlined: &&OutlineSection| {
                self.evidence(outlined.index)
                    .flat_map(|evidence| &evidence.claims)
                    .filter(|claim| cited.contains(claim.id.as_str()))
                    .count()
            };
            outline.iter().max_by_key(held).filter(|outlined| held(outlined) > 0)
        })
    }

    async fn section(
        &self,
        name: &str,
        outlined: &OutlineSection,
        findings: Vec<&str>,
    ) -> Result<Option<Section>, Fault> {
        let claims: Vec<(&Claim, &Source)> = self
            .evidence(outlined.index)
            .flat_map(|evidence| &evidence.claims)
            .filter_map(|claim| {
                Some((claim, *sources_of(&self.given.evidence).get(&claim.quote.source)?))
            })
            .take(self.config.claims_per_prompt_max)
            .collect();
        if claims.is_empty() {
            return Ok(None);
        }
        self.ctx.progress(format!("writing \"{}\"", outlined.heading));
        let ask = SectionAsk {
            topic: &self.given.brief.topic,
            audience: self.given.brief.audience.as_deref(),
            style: self.given.brief.style.as_deref(),
            language: &self.given.brief.language,
            heading: &outlined.heading,
            words: outlined.words,
            questions: &outlined.questions,
            claims: exhibits(&claims),
            disputes: self
                .evidence(outlined.index)
                .flat_map(|evidence| evidence.contradictions.iter().map(|c| c.about.as_str()))
                .collect(),
            findings,
        };
        let prompt = prompts::section(&ask, self.config.temperature);
        let mut bench = self.bench(&claims);
        let mut paragraphs = self.ask(name, &prompt, &mut bench).await?;
        if paragraphs.is_empty() {
            let quotes = claims.iter().take(3);
            let sentences: Vec<Sentence> =
                quotes.filter_map(|(claim, source)| bench.quoter.quote(claim, source)).collect();
            paragraphs.push(Paragraph { style: galley_schemas::content::Style::Body, sentences });
        }
        paragraphs.retain(|paragraph| !paragraph.sentences.is_empty());
        let heading = Some(outlined.heading.clone());
        Ok((!paragraphs.is_empty()).then_some(Section { heading, paragraphs }))
    }

    async fn lead(&self, name: &str, sections: &[Section]) -> Result<Option<Section>, Fault> {
        self.ctx.progress("writing the lead");
        let (claims, _) = cite::cited(sections, &self.given.evidence);
        let sources = sources_of(&self.given.evidence);
        let claims: Vec<(&Claim, &Source)> = claims
            .iter()
            .filter_map(|claim| Some((claim, *sources.get(&claim.quote.source)?)))
            .collect();
        let text = sections.iter().map(text_of).collect::<Vec<_>>().join("\n\n");
        let ask = LeadAsk {
            title: &self.given.outline.title,
            keyphrase: &self.given.outline.keyphrase,
            audience: self.given.brief.audience.as_deref(),
            style: self.given.brief.style.as_deref(),
            language: &self.given.brief.language,
            text,
            claims: exhibits(&claims),
        };
        let prompt = prompts::lead(&ask, self.config.temperature);
        let paragraphs = self.ask(name, &prompt, &mut self.bench(&claims)).await?;
        Ok((!paragraphs.is_empty()).then_some(Section { heading: None, paragraphs }))
    }

    /// Asks, judges every sentence, and has those that copy worded anew, once.
    async fn ask(
        &self,
        name: &str,
        prompt: &Prompt,
        bench: &mut Bench<'_>,
    ) -> Result<Vec<Paragraph>, Fault> {
        let mut paragraphs = self.complete(name, prompt).await?;
        let mut copied = Vec::new();
        for paragraph in &mut paragraphs {
            let judged = std::mem::take(&mut paragraph.sentences);
            for sentence in judged {
                match judge(sentence, &bench.shown) {
                    Fate::Keep(sentence) => paragraph.sentences.push(sentence),
                    Fate::Reword(sentence) => {
                        copied.push(sentence.clone());
                        paragraph.sentences.push(sentence);
                    }
                    Fate::Quote(id) => paragraph.sentences.extend(bench.quote(&id)),
                    Fate::Drop => {}
                }
            }
        }
        if !copied.is_empty() {
            let reworded = self.reword(name, &copied, bench).await?;
            for sentence in paragraphs.iter_mut().flat_map(|p| &mut p.sentences) {
                if let Some(new) = reworded.get(&sentence.text) {
                    *sentence = new.clone();
                }
            }
        }
        drop_repeats(&mut paragraphs);
        Ok(paragraphs)
    }

    /// New words for each sentence that copies, or its claim as a quote.
    async fn reword(
        &self,
        name: &str,
        copied: &[Sentence],
        bench: &mut Bench<'_>,
    ) -> Result<BTreeMap<String, Sentence>, Fault> {
        let claims: Vec<(&Claim, &Source)> = bench.shown.claims.values().copied().collect();
        let language = &self.given.brief.language;
        let prompt = prompts::reword(copied, &exhibits(&claims), language, self.config.temperature);
        let paragraphs = self.complete(&format!("{name}-reword"), &prompt).await?;
        let mut new = paragraphs.into_iter().flat_map(|paragraph| paragraph.sentences);
        let mut reworded = BTreeMap::new();
        for old in copied {
            let candidate = new.next().map(|text| Sentence { claims: old.claims.clone(), ..text });
            let kept = match candidate.map(|sentence| judge(sentence, &bench.shown)) {
                Some(Fate::Keep(sentence)) => Some(sentence),
                Some(Fate::Reword(_) | Fate::Quote(_) | Fate::Drop) | None => {
                    old.claims.first().and_then(|id| bench.quote(id))
                }
            };
            reworded.extend(kept.map(|sentence| (old.text.clone(), sentence)));
        }
        Ok(reworded)
    }

    async fn complete(&self, name: &str, prompt: &Prompt) -> Result<Vec<Paragraph>, Fault> {
        let completion = self.model.complete(name, prompt).await?;
        completion.value.as_ref().and_then(prompts::paragraphs).ok_or_else(|| {
            Fault::transient("GLY0632", format!("the model's reply to {name} holds no paragraphs"))
                .hint("use a model that can answer with JSON by schema")
        })
    }

    fn evidence(&self, index: u32) -> impl Iterator<Item = &Evidence> {
        self.given.evidence.iter().filter(move |evidence| evidence.section == index)
    }

    fn bench<'c>(&self, claims: &[(&'c Claim, &'c Source)]) -> Bench<'c> {
        let language = Language::of(&self.given.brief.language);
        let known = [&self.given.brief.topic, &self.given.outline.title];
        let headings = self.given.outline.sections.iter().map(|section| &section.heading);
        let names = known
            .into_iter()
            .chain(headings)
            .flat_map(|text| words(text).map(|(_, word)| fold(word)))
            .collect();
        let claims =
            claims.iter().map(|(claim, source)| (claim.id.as_str(), (*claim, *source))).collect();
        Bench {
            shown: Shown { claims, names, language },
            quoter: Quoter::new(language, &self.given.outline.title),
        }
    }
}

impl Bench<'_> {
    fn quote(&mut self, id: &str) -> Option<Sentence> {
        let (claim, source) = self.shown.claims.get(id)?;
        self.quoter.quote(claim, source)
    }
}

fn exhibits<'a>(claims: &[(&'a Claim, &'a Source)]) -> Vec<Exhibit<'a>> {
    claims.iter().map(|(claim, source)| Exhibit::new(claim, source)).collect()
}

fn text_of(section: &Section) -> String {
    let sentences = cite::sentences(std::slice::from_ref(section)).map(|s| s.text.as_str());
    let heading = section.heading.as_deref().unwrap_or_default();
    std::iter::once(heading).chain(sentences).collect::<Vec<_>>().join(" ")
}

/// A claim is quoted once, however many sentences failed on it.
fn drop_repeats(paragraphs: &mut Vec<Paragraph>) {
    let mut seen: BTreeSet<Vec<String>> = BTreeSet::new();
    for paragraph in paragraphs.iter_mut() {
        paragraph.sentences.retain(|sentence| {
            let spans = crate::rules::text::quoted_spans(&sentence.text);
            let spans: Vec<String> = spans.into_iter().map(str::to_owned).collect();
            spans.is_empty() || seen.insert(spans)
        });
    }
    paragraphs.retain(|paragraph| !paragraph.sentences.is_empty());
}
