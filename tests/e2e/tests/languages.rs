//! Articles in other languages than English, from small documents in them: page, front
//! matter and headings are in that language.

use std::fs;

use galley_tests_e2e::Place;

/// A language with a topic, documents on it, and words of other languages that must not head a
/// section of it.
struct Case {
    language: &'static str,
    topic: &'static str,
    documents: [(&'static str, &'static str); 3],
}

const FOREIGN: [&str; 6] = ["What ", "How ", "Why ", "Conclusion", "Summary", "Sources Say"];

const CASES: [Case; 2] = [
    Case {
        language: "fr",
        topic: "Comment on fabrique le fromage",
        documents: [
            (
                "lait.md",
                "# Le lait et le fromage\n\nPour un kilogramme de fromage, il faut environ dix litres de lait de vache. \
                 Le lait est chauffé à 32 degrés avant que la présure soit ajoutée. La présure fait cailler le lait en quarante minutes. \
                 Selon la fédération des fromagers, la France produit plus de mille sortes de fromage. Le lait cru garde toute sa flore.",
            ),
            (
                "affinage.md",
                "# L'affinage du fromage\n\nLe fromage mûrit dans une cave où la température reste entre 8 et 12 degrés. \
                 L'affinage dure trois semaines pour un camembert et plus d'un an pour un comté. Les fromages sont retournés deux fois par semaine. \
                 La croûte du fromage se forme pendant les dix premiers jours. L'humidité de la cave est tenue à 95 pour cent.",
            ),
            (
                "marche.md",
                "# Le marché du fromage\n\nEn 2020, chaque habitant de la France a mangé 27 kilogrammes de fromage. \
                 Les fermes vendent un tiers de leur fromage sur les marchés. Le prix du fromage de ferme a augmenté de 12 pour cent en cinq ans. \
                 Les fromages d'appellation viennent de quarante-six régions. L'exportation du fromage rapporte trois milliards d'euros par an.",
            ),
        ],
    },
    Case {
        language: "es",
        topic: "Cómo se produce el aceite de oliva",
        documents: [
            (
                "cosecha.md",
                "# La cosecha de la aceituna\n\nLa cosecha de la aceituna comienza en octubre y termina en enero. \
                 Un olivo adulto da entre 20 y 50 kilogramos de aceituna al año. Para un litro de aceite de oliva hacen falta unos cinco kilogramos de aceituna. \
                 Según la asociación de productores, España tiene 340 millones de olivos. La aceituna llega al molino antes de veinticuatro horas.",
            ),
            (
                "molino.md",
                "# El molino de aceite\n\nEn el molino la aceituna se lava y se tritura hasta formar una pasta. \
                 La pasta se bate durante treinta minutos a menos de 27 grados. Una centrífuga separa el aceite de oliva del agua. \
                 El aceite de oliva virgen extra tiene una acidez de menos de 0,8 por ciento. El aceite se guarda en depósitos de acero sin luz.",
            ),
            (
                "mercado.md",
                "# El mercado del aceite de oliva\n\nEspaña produce cerca del 45 por ciento del aceite de oliva del mundo. \
                 En 2022 la cosecha de aceite de oliva bajó a 660.000 toneladas por la sequía. El precio del aceite de oliva subió un 70 por ciento en un año. \
                 Italia compra una tercera parte del aceite de oliva español. Los hogares consumen siete litros de aceite de oliva al año.",
            ),
        ],
    },
];

#[test]
fn an_article_is_in_the_language_of_its_topic() {
    for Case { language, topic, documents } in CASES {
        let place = Place::new();
        let folder = place.path("documents");
        fs::create_dir(&folder).unwrap();
        for (name, text) in documents {
            fs::write(folder.join(name), text).unwrap();
        }
        let sources = folder.to_str().unwrap();
        let _ran = place.run_topic(topic, &["--words", "300", "--sources", sources]).success();
        let (slug, proof) = place.posts().pop_first().unwrap();
        let read = |name: &str| fs::read_to_string(place.site().join(name)).unwrap();
        let page = read(&format!("{slug}/index.html"));
        assert!(page.contains(&format!("<html lang=\"{language}\"")), "{language}: {page}");
        let text = read(&format!("{slug}/index.md"));
        assert!(text.contains(&format!("language: \"{language}\"")), "{language}: {text}");
        let headings: Vec<&str> = proof["sections"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|it| it["heading"].as_str())
            .collect();
        assert!(!headings.is_empty(), "{language}");
        for heading in headings {
            assert!(!FOREIGN.iter().any(|word| heading.contains(word)), "{language}: {heading}");
        }
    }
}
