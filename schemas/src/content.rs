//! What the agents of the article workflow hand to each other.
//!
//! The kinds never see each other's code; these types are their contract. Large ones (a corpus, an
//! evidence set, an article, a review) travel as artifacts in JSON; the output of a task carries
//! their [`ArtifactRef`](crate::artifact::ArtifactRef).

mod article;
mod brief;
mod evidence;
mod outcome;

pub use article::{
    Article, Card, Length, Meta, Paragraph, Role, Section, Sentence, Style, Writing,
};
pub use brief::{
    Angle, Brief, Corpus, Heading, Intention, Outline, OutlineSection, Search, Similar, Skipped,
    Source, SourceSpec,
};
pub use evidence::{
    Claim, ClaimKind, Contradiction, Dossier, Evidence, Folded, Quote, Searched, SourceNote,
};
pub use outcome::{Check, Edit, Finding, Post, PostState, ReviewVerdict, Severity};
