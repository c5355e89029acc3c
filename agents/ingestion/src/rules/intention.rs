//! What a topic asks for.

use galley_schemas::content::Intention;

/// Phrases that give an intention away, strongest intention first; as whole words.
const SIGNS: [(Intention, &[&str]); 3] = [
    (
        Intention::Compare,
        &[
            "vs",
            "versus",
            "compared",
            "compare",
            "comparing",
            "comparison",
            "alternatives",
            "difference between",
            "differences between",
            "pros and cons",
            "better than",
            "which is best",
            "vergleich",
            "im vergleich",
            "unterschied",
            "unterschiede",
            "oder doch",
            "comparaison",
            "comparer",
            "différence entre",
            "comparación",
            "comparar",
            "diferencia entre",
            "mejor que",
        ],
    ),
    (
        Intention::Guide,
        &[
            "how to",
            "how do i",
            "how can i",
            "how can we",
            "how should",
            "guide",
            "tutorial",
            "checklist",
            "step by step",
            "steps to",
            "steps for",
            "tips",
            "best practices",
            "getting started",
            "set up",
            "playbook",
            "anleitung",
            "leitfaden",
            "schritt für schritt",
            "wie man",
            "wie kann ich",
            "tipps",
            "checkliste",
            "comment faire",
            "comment créer",
            "guide pratique",
            "étapes",
            "conseils",
            "cómo hacer",
            "guía",
            "paso a paso",
            "consejos",
        ],
    ),
    (
        Intention::News,
        &[
            "news",
            "latest",
            "update",
            "updates",
            "announced",
            "announces",
            "what s new",
            "this week",
            "this month",
            "breaking",
            "recap",
            "neuigkeiten",
            "aktuell",
            "aktuelle",
            "neues",
            "actualités",
            "nouveautés",
            "dernières",
            "noticias",
            "novedades",
            "últimas",
        ],
    ),
];

/// What a topic asks for; to understand something, when it asks for nothing else.
pub(crate) fn of(topic: &str) -> Intention {
    let lower = topic.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let line = words.fold(String::from(" "), |line, word| line + word + " ");
    let asks = |signs: &[&str]| signs.iter().any(|sign| line.contains(&format!(" {sign} ")));
    SIGNS
        .iter()
        .find(|(_, signs)| asks(signs))
        .map_or(Intention::Explain, |(intention, _)| *intention)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_words_tell_what_is_asked() {
        for (topic, want) in [
            ("How AI chatbots change customer service", Intention::Explain),
            ("What is customer experience?", Intention::Explain),
            ("Why contact centers matter", Intention::Explain),
            ("Chatbots", Intention::Explain),
            ("How to set up a contact center", Intention::Guide),
            ("Contact center best practices", Intention::Guide),
            ("A guide to journey mapping", Intention::Guide),
            ("Wie man einen Chatbot einführt", Intention::Guide),
            ("Comment créer un chatbot", Intention::Guide),
            ("Guía de chatbots", Intention::Guide),
            ("Chatbots vs. live chat", Intention::Compare),
            ("The difference between UX and CX", Intention::Compare),
            ("Chatbot und Telefon im Vergleich", Intention::Compare),
            ("Latest news on customer service", Intention::News),
            ("What's new in contact centers", Intention::News),
            ("Noticias sobre chatbots", Intention::News),
        ] {
            assert_eq!(of(topic), want, "{topic}");
        }
    }
}
