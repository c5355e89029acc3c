//! What a page says around the article, in the article's language; in English where the language is
//! not among these.

use chrono::NaiveDate;
use galley_schemas::content::Writing;
use serde::Serialize;

/// The fixed words of a page.
#[derive(Debug, Serialize)]
pub(crate) struct Words {
    pub(crate) skip: &'static str,
    pub(crate) minutes: &'static str,
    pub(crate) source: &'static str,
    pub(crate) sources: &'static str,
    pub(crate) passage: &'static str,
    pub(crate) passages: &'static str,
    pub(crate) hash: &'static str,
    pub(crate) related: &'static str,
    pub(crate) evidence: &'static str,
    #[serde(skip)]
    date: &'static str,
    #[serde(skip)]
    one: &'static str,
    #[serde(skip)]
    many: &'static str,
    #[serde(skip)]
    digest: (&'static str, &'static str),
    #[serde(skip)]
    model: (&'static str, &'static str, &'static str),
}

const ENGLISH: Words = Words {
    skip: "Skip to the text",
    minutes: "min read",
    source: "Source",
    sources: "Sources",
    passage: "quoted passage",
    passages: "quoted passages",
    hash: "SHA-256 of the page as read",
    related: "Read on",
    evidence: "The evidence for every sentence",
    date: "%-d %B %Y",
    one: "1 source",
    many: "sources",
    digest: (
        "Digest of attributed quotes from ",
        ", put together by rules, without a language model.",
    ),
    model: (
        "Written by the language model ",
        " from ",
        "; every factual sentence cites its evidence.",
    ),
};

const GERMAN: Words = Words {
    skip: "Zum Text springen",
    minutes: "Min. Lesezeit",
    source: "Quelle",
    sources: "Quellen",
    passage: "zitierte Stelle",
    passages: "zitierte Stellen",
    hash: "SHA-256 der Seite, wie sie gelesen wurde",
    related: "Weiterlesen",
    evidence: "Die Belege für jeden Satz",
    date: "%-d.%-m.%Y",
    one: "1 Quelle",
    many: "Quellen",
    digest: (
        "Zusammenstellung von Zitaten aus ",
        ", nach Regeln und ohne Sprachmodell; jedes Zitat nennt seine Quelle.",
    ),
    model: ("Geschrieben vom Sprachmodell ", " aus ", "; jeder Tatsachensatz nennt seinen Beleg."),
};

const FRENCH: Words = Words {
    skip: "Aller au texte",
    minutes: "min de lecture",
    source: "Source",
    sources: "Sources",
    passage: "passage cité",
    passages: "passages cités",
    hash: "SHA-256 de la page telle qu’elle a été lue",
    related: "À lire aussi",
    evidence: "Les preuves de chaque phrase",
    date: "%d/%m/%Y",
    one: "1 source",
    many: "sources",
    digest: (
        "Recueil de citations attribuées, tirées de ",
        ", composé selon des règles, sans modèle de langue.",
    ),
    model: (
        "Écrit par le modèle de langue ",
        " à partir de ",
        " ; chaque phrase factuelle cite sa preuve.",
    ),
};

const SPANISH: Words = Words {
    skip: "Ir al texto",
    minutes: "min de lectura",
    source: "Fuente",
    sources: "Fuentes",
    passage: "pasaje citado",
    passages: "pasajes citados",
    hash: "SHA-256 de la página tal como se leyó",
    related: "Seguir leyendo",
    evidence: "Las pruebas de cada frase",
    date: "%d/%m/%Y",
    one: "1 fuente",
    many: "fuentes",
    digest: (
        "Recopilación de citas atribuidas de ",
        ", compuesta según reglas, sin modelo de lenguaje.",
    ),
    model: (
        "Escrito por el modelo de lenguaje ",
        " a partir de ",
        "; cada frase de hechos cita su prueba.",
    ),
};

impl Words {
    /// The words of a language, by its ISO 639-1 code.
    pub(crate) fn of(language: &str) -> &'static Self {
        match language {
            "de" => &GERMAN,
            "fr" => &FRENCH,
            "es" => &SPANISH,
            _ => &ENGLISH,
        }
    }

    /// A day, as it is written in the language.
    pub(crate) fn day(&self, day: NaiveDate) -> String {
        day.format(self.date).to_string()
    }

    /// How the text came to be, in one sentence for the reader.
    pub(crate) fn provenance(&self, writing: &Writing, sources: usize) -> String {
        let from_sources = self.count(sources);
        match writing {
            Writing::Digest => format!("{}{from_sources}{}", self.digest.0, self.digest.1),
            Writing::Model { model } => {
                let (by, from, end) = self.model;
                format!("{by}{model}{from}{from_sources}{end}")
            }
        }
    }

    /// So many sources.
    pub(crate) fn count(&self, sources: usize) -> String {
        if sources == 1 { self.one.to_owned() } else { format!("{sources} {}", self.many) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_text_came_to_be_is_told_in_its_language() {
        let model = Writing::Model { model: "m-1".to_owned() };
        for (language, digest, written) in [
            ("en", "attributed quotes from 2 sources", "model m-1 from 2 sources"),
            ("de", "Zitaten aus 2 Quellen", "Sprachmodell m-1 aus 2 Quellen"),
            ("fr", "citations attribuées, tirées de 2 sources", "m-1 à partir de 2 sources"),
            ("es", "citas atribuidas de 2 fuentes", "m-1 a partir de 2 fuentes"),
            ("sw", "attributed quotes from 2 sources", "model m-1 from 2 sources"),
        ] {
            let words = Words::of(language);
            let told = words.provenance(&Writing::Digest, 2);
            assert!(told.contains(digest), "{language}: {told}");
            let told = words.provenance(&model, 2);
            assert!(told.contains(written), "{language}: {told}");
        }
        assert!(Words::of("de").provenance(&model, 1).contains("aus 1 Quelle;"));
    }
}
