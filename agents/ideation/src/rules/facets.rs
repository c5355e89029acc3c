//! What a section is for: so that sections stand in an order that a reader expects, and ask what a
//! reader wants to know.

use galley_agents_knowledge::words::{Language, fold, words};

/// What a section is for. The order of the variants is the order of the sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Facet {
    /// What it is.
    Definition,
    /// Where it comes from.
    Background,
    /// How it works.
    Workings,
    /// What it is used for.
    Uses,
    /// What is gained.
    Benefits,
    /// What changes for people.
    People,
    /// What can go wrong.
    Risks,
    /// How it is done.
    Practice,
    /// How it is measured.
    Measurement,
    /// What comes next.
    Outlook,
}

impl Facet {
    /// Its name, as an option of the choice `angle`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::Background => "background",
            Self::Workings => "workings",
            Self::Uses => "uses",
            Self::Benefits => "benefits",
            Self::People => "people",
            Self::Risks => "risks",
            Self::Practice => "practice",
            Self::Measurement => "measurement",
            Self::Outlook => "outlook",
        }
    }
}

const ALL: [Facet; 10] = [
    Facet::Definition,
    Facet::Background,
    Facet::Workings,
    Facet::Uses,
    Facet::Benefits,
    Facet::People,
    Facet::Risks,
    Facet::Practice,
    Facet::Measurement,
    Facet::Outlook,
];

/// A sign in a heading weighs as much as so many signs per hundred words of text.
const HEADING_WEIGHT: f64 = 6.0;
/// With fewer signs per hundred words, a text says nothing of its purpose.
const SIGNS_MIN: f64 = 0.8;

/// The facet of a heading and the texts that it stands for.
#[must_use]
pub fn facet_of<'t>(
    language: Language,
    heading: &str,
    texts: impl Iterator<Item = &'t str>,
) -> Facet {
    let heading = format!(" {} ", folded(heading).join(" "));
    let body: Vec<String> = texts.flat_map(folded).collect();
    let per_hundred = 100.0 / (body.len().max(50) as f64);
    let body = format!(" {} ", body.join(" "));
    let scored = ALL.iter().map(|facet| {
        let signs = signs(language, *facet);
        let in_heading = signs.iter().any(|sign| heading.contains(&format!(" {sign} ")));
        let in_body: usize =
            signs.iter().map(|sign| body.matches(&format!(" {sign} ")).count()).sum();
        // "Promise and perils" is about the perils: that is what a reader comes for.
        let weight = if *facet == Facet::Risks { 1.5 * HEADING_WEIGHT } else { HEADING_WEIGHT };
        let score = if in_heading { weight } else { 0.0 };
        (*facet, score + in_body as f64 * per_hundred)
    });
    // Of equals, the first in order.
    let best = scored
        .fold((Facet::Uses, SIGNS_MIN), |best, next| if next.1 > best.1 { next } else { best });
    best.0
}

fn folded(text: &str) -> Vec<String> {
    words(text).map(|(_, word)| fold(word)).collect()
}

/// How strongly a text speaks of each facet, in signs per hundred words; facets without a sign are left
/// out.
#[must_use]
pub fn facets_in(language: Language, text: &str) -> Vec<(Facet, f64)> {
    let body = folded(text);
    let per_hundred = 100.0 / (body.len().max(50) as f64);
    let body = format!(" {} ", body.join(" "));
    let count = |facet: Facet| -> usize {
        signs(language, facet).iter().map(|sign| body.matches(&format!(" {sign} ")).count()).sum()
    };
    let all = ALL.iter().map(|facet| (*facet, count(*facet)));
    all.filter(|(_, count)| *count > 0)
        .map(|(facet, count)| (facet, count as f64 * per_hundred))
        .collect()
}

/// A heading for a facet of the subject, which may begin with an article. Some name the subject and some do
/// not: in a row, a name in each would weary.
#[must_use]
pub fn heading(language: Language, facet: Facet, subject: &str) -> String {
    let of = |english: &str, german: &str, french: &str, spanish: &str| match language {
        Language::English | Language::Other => english_heading(english, subject),
        Language::German => german.to_owned(),
        Language::French => french.to_owned(),
        Language::Spanish => spanish.to_owned(),
    };
    match facet {
        Facet::Definition => {
            of("What {} {is}", "Worum es geht", "De quoi il s'agit", "De qué se trata")
        }
        Facet::Background => {
            of("Where {} Come{s} From", "Wie es begann", "Les origines", "Los orígenes")
        }
        Facet::Workings => {
            of("How {} Work{s}", "Wie es funktioniert", "Comment cela fonctionne", "Cómo funciona")
        }
        Facet::Uses => of("{bare} in Practice", "Wo es genutzt wird", "Les usages", "Los usos"),
        Facet::Benefits => {
            of("The Benefits of {}", "Was es bringt", "Les avantages", "Las ventajas")
        }
        Facet::People => of(
            "What Changes for People",
            "Was sich für Menschen ändert",
            "Ce qui change pour les personnes",
            "Lo que cambia para las personas",
        ),
        Facet::Risks => of(
            "The Risks and Limits of {}",
            "Risiken und Grenzen",
            "Risques et limites",
            "Riesgos y límites",
        ),
        Facet::Practice => {
            of("How to Get {} Right", "So gelingt es", "Comment bien faire", "Cómo hacerlo bien")
        }
        Facet::Measurement => of(
            "How Results Are Measured",
            "Wie der Erfolg gemessen wird",
            "Comment mesurer les résultats",
            "Cómo se miden los resultados",
        ),
        Facet::Outlook => of(
            "What Comes Next for {}",
            "Wie es weitergeht",
            "Ce qui vient ensuite",
            "Lo que viene después",
        ),
    }
}

/// An English heading with the subject in it, in the number that the subject has.
fn english_heading(template: &str, subject: &str) -> String {
    let (is, s) = if is_plural(subject) { ("Are", "") } else { ("Is", "s") };
    let bare = subject.strip_prefix("a ").or_else(|| subject.strip_prefix("an "));
    template
        .replace("{is}", is)
        .replace("{s}", s)
        .replace("{bare}", bare.unwrap_or(subject))
        .replace("{}", subject)
}

/// The facets for which [`heading`] has a heading of its own, in order.
#[must_use]
pub fn all() -> [Facet; 10] {
    ALL
}

/// The words that a facet is searched by.
#[must_use]
pub fn search_terms(language: Language, facet: Facet) -> Vec<String> {
    let mut stems = std::collections::BTreeSet::new();
    let single =
        signs(language, facet).iter().filter(|sign| !language.is_stop(sign) && !sign.contains(' '));
    // "Risk" and "risks" find the same.
    let single = single.filter(|sign| stems.insert(language.stem(sign)));
    single.take(8).map(|sign| (*sign).to_owned()).collect()
}

/// Whether a folded word is a sign of a facet: it says what a section is for.
#[must_use]
pub fn is_sign(language: Language, folded: &str) -> bool {
    ALL.iter().any(|facet| signs(language, *facet).contains(&folded))
}

/// Whether an English phrase names several.
#[must_use]
pub fn is_plural(phrase: &str) -> bool {
    let last = phrase.rsplit(' ').next().unwrap_or_default();
    let ends = |ending: &str| last.ends_with(ending);
    (ends("s") && !ends("ss") && !ends("us") && !ends("is") && !ends("ics"))
        || matches!(last, "people" | "children" | "data" | "media")
}

/// What a reader wants to know in a section of a facet; `subject` is the topic's.
#[must_use]
pub fn questions(language: Language, facet: Facet, subject: &str) -> Vec<String> {
    let templates = match language {
        Language::German => GERMAN_QUESTIONS,
        Language::French => FRENCH_QUESTIONS,
        Language::Spanish => SPANISH_QUESTIONS,
        Language::English | Language::Other => ENGLISH_QUESTIONS,
    };
    let of_facet = templates.iter().find(|(known, _)| *known == facet).map_or(&[][..], |(_, q)| *q);
    of_facet.iter().map(|question| question.replace("{}", subject)).collect()
}

fn signs(language: Language, facet: Facet) -> &'static [&'static str] {
    let lexicon = match language {
        Language::German => GERMAN_SIGNS,
        Language::French => FRENCH_SIGNS,
        Language::Spanish => SPANISH_SIGNS,
        Language::English | Language::Other => ENGLISH_SIGNS,
    };
    lexicon.iter().find(|(known, _)| *known == facet).map_or(&[], |(_, signs)| signs)
}

type Lexicon = &'static [(Facet, &'static [&'static str])];

#[rustfmt::skip]
const ENGLISH_SIGNS: Lexicon = &[
    (Facet::Definition, &[
        "what is", "what are", "what's a", "what's an", "what it is", "defined", "definition", "definitions", "define", "refers to", "known as", "basics", "explained",
        "meaning", "introduction to", "anatomy of", "types of", "kinds of",
    ]),
    (Facet::Background, &[
        "history", "origin", "origins", "began", "decades", "evolution", "evolved", "ancient", "century", "centuries", "first used", "rise of",
        "background", "invented", "once", "early days",
    ]),
    (Facet::Workings, &[
        "how it works", "works", "technology", "technologies", "process", "algorithm", "algorithms", "system", "systems", "chemistry", "mechanism", "processing", "species", "variety", "varieties", "plant", "plants",
        "architecture", "components", "made of", "structure", "inside",
    ]),
    (Facet::Uses, &[
        "use of", "using", "uses", "used for", "applications", "application", "role", "role in", "services", "serving", "opening", "deploy", "deployed", "cases", "example", "examples", "in practice", "industry", "market", "trade", "economy",
    ]),
    (Facet::Benefits, &[
        "benefit", "benefits", "advantage", "advantages", "promise", "value", "why it matters", "why it's important", "importance", "faster", "save", "saves", "savings",
        "improve", "improves", "improved", "improving", "better", "convenience", "health", "opportunity", "opportunities",
    ]),
    (Facet::People, &[
        "employee", "employees", "staff", "worker", "workers", "workforce", "jobs", "team", "teams", "people", "culture", "training", "skills", "human", "humans",
        "farmers", "community", "careers",
    ]),
    (Facet::Risks, &[
        "risk", "risks", "peril", "perils", "limit", "limits", "limitation", "limitations", "problem", "problems", "challenge", "challenges", "danger", "dangers", "dangerous", "privacy", "bias",
        "security", "fail", "fails", "failure", "failures", "mistake", "mistakes", "concern", "concerns", "threat", "threats", "disease", "diseases", "pests", "side effects", "fraud", "fraudulent", "pitfalls", "myths", "ethics", "ethical",
    ]),
    (Facet::Practice, &[
        "how to", "build", "building", "getting started", "get started", "steps", "guide", "tips", "best practices", "implement", "implementing", "implementation", "plan", "planning",
        "design", "designing", "prepare", "preparing", "develop", "developing", "create", "creating", "choose", "choosing", "recipe", "method", "methods", "technique", "brewing", "baking",
    ]),
    (Facet::Measurement, &[
        "measure", "measures", "measuring", "measurement", "metric", "metrics", "score", "scores", "index", "survey", "surveys", "feedback", "analytics", "performance", "indicators",
        "satisfaction", "track", "tracking", "evaluate", "results", "quality", "queries",
    ]),
    (Facet::Outlook, &[
        "future", "next", "outlook", "trend", "trends", "tomorrow", "ahead", "prediction", "predictions", "coming years", "forecast", "frontier",
    ]),
];

#[rustfmt::skip]
const ENGLISH_QUESTIONS: Lexicon = &[
    (Facet::Definition, &["What is meant by {}?", "Which kinds are there?", "How is it told apart from what is similar?"]),
    (Facet::Background, &["How did it begin?", "What led to the rise of {}?", "What has changed since?"]),
    (Facet::Workings, &["What is behind {}?", "Which parts does it need?", "What does it depend on?"]),
    (Facet::Uses, &["What is known about the use of {}?", "Who uses it, and for what?", "Which examples are there?"]),
    (Facet::Benefits, &["What is gained with {}?", "Who gains from it?", "Which figures show it?"]),
    (Facet::People, &["What changes for people with {}?", "Which skills are needed?", "What stays in human hands?"]),
    (Facet::Risks, &["What can go wrong with {}?", "Where are the limits?", "What do critics say?"]),
    (Facet::Practice, &["What does it take to get started with {}?", "Which steps come first?", "Which mistakes can be avoided?"]),
    (Facet::Measurement, &["How are results with {} measured?", "Which figures show success?", "Where does feedback come from?"]),
    (Facet::Outlook, &["What comes next for {}?", "What is still open?"]),
];

#[rustfmt::skip]
const GERMAN_SIGNS: Lexicon = &[
    (Facet::Definition, &["was ist", "was sind", "definition", "begriff", "bedeutet", "grundlagen", "arten"]),
    (Facet::Background, &["geschichte", "ursprung", "herkunft", "entwicklung", "jahrhundert", "begann", "früher"]),
    (Facet::Workings, &["funktioniert", "technik", "technologie", "verfahren", "system", "aufbau", "chemie", "pflanze"]),
    (Facet::Uses, &["einsatz", "anwendung", "anwendungen", "nutzung", "verwendung", "beispiel", "beispiele", "handel", "markt"]),
    (Facet::Benefits, &["vorteil", "vorteile", "nutzen", "chancen", "besser", "schneller", "gesundheit"]),
    (Facet::People, &["mitarbeiter", "beschäftigte", "menschen", "team", "kultur", "schulung", "bauern"]),
    (Facet::Risks, &["risiko", "risiken", "grenzen", "gefahr", "gefahren", "problem", "probleme", "herausforderung", "herausforderungen", "datenschutz", "fehler"]),
    (Facet::Practice, &["anleitung", "schritte", "umsetzung", "planung", "einführung", "tipps", "bauen", "zubereitung"]),
    (Facet::Measurement, &["messen", "messung", "kennzahlen", "kennzahl", "umfrage", "feedback", "qualität", "zufriedenheit"]),
    (Facet::Outlook, &["zukunft", "ausblick", "trend", "trends", "künftig", "morgen"]),
];

#[rustfmt::skip]
const GERMAN_QUESTIONS: Lexicon = &[
    (Facet::Definition, &["Was ist mit {} gemeint?", "Welche Arten gibt es?"]),
    (Facet::Background, &["Wie fing es an?", "Was hat sich seither geändert?"]),
    (Facet::Workings, &["Was steckt hinter {}?", "Wovon hängt es ab?"]),
    (Facet::Uses, &["Was ist über den Einsatz von {} bekannt?", "Welche Beispiele gibt es?"]),
    (Facet::Benefits, &["Was bringt {}?", "Welche Zahlen zeigen es?"]),
    (Facet::People, &["Was ändert sich für die Menschen?", "Welche Kenntnisse braucht es?"]),
    (Facet::Risks, &["Was kann schiefgehen?", "Wo liegen die Grenzen?"]),
    (Facet::Practice, &["Wie fängt man an?", "Welche Fehler lassen sich vermeiden?"]),
    (Facet::Measurement, &["Wie wird der Erfolg gemessen?", "Welche Zahlen gibt es?"]),
    (Facet::Outlook, &["Wie geht es weiter?", "Was ist noch offen?"]),
];

#[rustfmt::skip]
const FRENCH_SIGNS: Lexicon = &[
    (Facet::Definition, &["qu'est", "définition", "signifie", "notions", "types"]),
    (Facet::Background, &["histoire", "origine", "origines", "évolution", "siècle"]),
    (Facet::Workings, &["fonctionne", "fonctionnement", "technologie", "système", "procédé", "chimie", "plante"]),
    (Facet::Uses, &["utilisation", "usage", "usages", "application", "applications", "exemple", "exemples", "commerce", "marché"]),
    (Facet::Benefits, &["avantage", "avantages", "bénéfice", "bénéfices", "mieux", "santé"]),
    (Facet::People, &["employés", "salariés", "équipe", "équipes", "personnes", "culture", "formation"]),
    (Facet::Risks, &["risque", "risques", "limites", "danger", "dangers", "problème", "problèmes", "défis", "confidentialité"]),
    (Facet::Practice, &["comment", "étapes", "guide", "conseils", "planification", "préparer", "préparation"]),
    (Facet::Measurement, &["mesurer", "mesure", "indicateurs", "enquête", "qualité", "satisfaction", "résultats"]),
    (Facet::Outlook, &["avenir", "tendance", "tendances", "demain", "perspectives"]),
];

#[rustfmt::skip]
const FRENCH_QUESTIONS: Lexicon = &[
    (Facet::Definition, &["Que veut dire {} ?", "Quelles en sont les formes ?"]),
    (Facet::Background, &["Comment cela a-t-il commencé ?", "Qu'est-ce qui a changé depuis ?"]),
    (Facet::Workings, &["Qu'y a-t-il derrière {} ?", "De quoi cela dépend-il ?"]),
    (Facet::Uses, &["Que sait-on de l'usage : {} ?", "Quels exemples existent ?"]),
    (Facet::Benefits, &["Qu'apporte {} ?", "Quels chiffres le montrent ?"]),
    (Facet::People, &["Qu'est-ce qui change pour les personnes ?", "Quelles compétences faut-il ?"]),
    (Facet::Risks, &["Que peut-il mal se passer ?", "Où sont les limites ?"]),
    (Facet::Practice, &["Comment commencer ?", "Quelles erreurs éviter ?"]),
    (Facet::Measurement, &["Comment mesure-t-on les résultats ?", "Quels chiffres existent ?"]),
    (Facet::Outlook, &["Et la suite ?", "Qu'est-ce qui reste ouvert ?"]),
];

#[rustfmt::skip]
const SPANISH_SIGNS: Lexicon = &[
    (Facet::Definition, &["qué es", "qué son", "definición", "significa", "tipos"]),
    (Facet::Background, &["historia", "origen", "orígenes", "evolución", "siglo"]),
    (Facet::Workings, &["funciona", "funcionamiento", "tecnología", "sistema", "proceso", "química", "planta"]),
    (Facet::Uses, &["uso", "usos", "aplicación", "aplicaciones", "ejemplo", "ejemplos", "comercio", "mercado"]),
    (Facet::Benefits, &["ventaja", "ventajas", "beneficio", "beneficios", "mejor", "salud"]),
    (Facet::People, &["empleados", "trabajadores", "equipo", "equipos", "personas", "cultura", "formación"]),
    (Facet::Risks, &["riesgo", "riesgos", "límites", "peligro", "peligros", "problema", "problemas", "desafíos", "privacidad"]),
    (Facet::Practice, &["cómo", "pasos", "guía", "consejos", "planificación", "preparar", "preparación"]),
    (Facet::Measurement, &["medir", "medición", "indicadores", "encuesta", "calidad", "satisfacción", "resultados"]),
    (Facet::Outlook, &["futuro", "tendencia", "tendencias", "mañana", "perspectivas"]),
];

#[rustfmt::skip]
const SPANISH_QUESTIONS: Lexicon = &[
    (Facet::Definition, &["¿Qué se entiende por {}?", "¿Qué tipos hay?"]),
    (Facet::Background, &["¿Cómo empezó?", "¿Qué ha cambiado desde entonces?"]),
    (Facet::Workings, &["¿Qué hay detrás de {}?", "¿De qué depende?"]),
    (Facet::Uses, &["¿Qué se sabe del uso de {}?", "¿Qué ejemplos hay?"]),
    (Facet::Benefits, &["¿Qué aporta {}?", "¿Qué cifras lo muestran?"]),
    (Facet::People, &["¿Qué cambia para las personas?", "¿Qué conocimientos hacen falta?"]),
    (Facet::Risks, &["¿Qué puede salir mal?", "¿Dónde están los límites?"]),
    (Facet::Practice, &["¿Cómo se empieza?", "¿Qué errores se pueden evitar?"]),
    (Facet::Measurement, &["¿Cómo se miden los resultados?", "¿Qué cifras hay?"]),
    (Facet::Outlook, &["¿Qué viene después?", "¿Qué queda abierto?"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(heading: &str, body: &str, want: Facet) {
        let got = facet_of(Language::English, heading, std::iter::once(body));
        assert_eq!(got, want, "{heading}");
    }

    #[test]
    fn a_heading_says_what_its_section_is_for() {
        check("What Is a Chatbot?", "", Facet::Definition);
        check("How to Build a Chatbot", "", Facet::Practice);
        check("Privacy and Other Perils", "", Facet::Risks);
        check("Measuring Success", "", Facet::Measurement);
        check("Chatbots", "Employees and staff keep their jobs.", Facet::People);
        check("Chatbots", "Rain fell.", Facet::Uses);
    }

    #[test]
    fn every_facet_has_questions_in_every_language() {
        for language in [
            Language::English,
            Language::German,
            Language::French,
            Language::Spanish,
            Language::Other,
        ] {
            for facet in ALL {
                let asked = questions(language, facet, "bees");
                assert!((2..=6).contains(&asked.len()), "{language:?} {facet:?}");
                assert!(
                    asked
                        .iter()
                        .all(|question| question.ends_with('?') && !question.contains("{}"))
                );
            }
        }
    }
}
