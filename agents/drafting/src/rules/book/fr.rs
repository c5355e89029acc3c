//! French.

use galley_schemas::content::ClaimKind;

use super::{Book, Frame, Turn};

pub(super) static BOOK: Book = Book {
    quote,
    verbs,
    numbers: [
        "aucun", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix",
        "onze", "douze",
    ],
    years: ["un an", "{n} ans"],
    docs: ["article", "texte", "document"],
    adoc: [
        "un {doc} de {year}",
        "un {doc} sans date",
        "un {doc} de {publisher} ({year})",
        "un {doc} sans date de {publisher}",
    ],
    author_of: "{author} ({publisher})",
    and: "et",
    asking: &[
        "comment", "pourquoi", "quand", "où", "qui", "si", "quel", "quelle", "quels", "quelles",
    ],
    subordinate: &[
        "quand", "lorsque", "si", "bien", "comme", "après", "avant", "depuis", "avec", "sans",
        "pour",
    ],
    connectives: &[
        "Cependant,",
        "De plus,",
        "En outre,",
        "Par exemple,",
        "Ainsi,",
        "Enfin,",
        "Donc,",
        "Toutefois,",
        "Et",
        "Mais",
    ],
    pointing: &[
        "ce", "cela", "ceci", "cette", "ces", "cet", "il", "elle", "ils", "elles", "leur", "leurs",
        "son", "sa", "ses", "ici", "là", "alors", "celui", "celle", "ceux",
    ],
    first_person: &["je", "nous", "notre", "nos", "mon", "ma", "mes", "vous", "votre", "vos"],
    participle: "",
    finite: &[],
    imperatives: &["utilisez", "choisissez", "veillez", "pensez", "évitez", "prévoyez"],
    boilerplate: &[
        "cliquez",
        "inscrivez",
        "abonnez",
        "newsletter",
        "lire la suite",
        "en savoir plus",
        "contactez",
    ],
    marks: [
        &["doit", "doivent", "devrait", "devraient", "il faut", "recommande", "conseille"],
        &["par exemple", "notamment", "tel que", "telle que"],
        &["est un", "est une", "désigne", "signifie", "sont des"],
    ],
    frame: Frame {
        about: &["Ce florilège cherche à savoir {topic}.", "Ce florilège porte sur {subject}."],
        drawn: &[
            "Il puise dans {n} documents de {publisher}, publiés entre {from} et {to}.",
            "Il puise dans {n} documents de {publisher}, tous de {year}.",
            "Il puise dans {n} documents de {publishers}, publiés entre {from} et {to}.",
            "Il puise dans {n} documents, publiés entre {from} et {to}.",
            "Il puise dans {n} documents de {publisher}.",
            "Il puise dans {n} documents.",
            "Il puise dans un seul document de {publisher}.",
            "Il puise dans un seul document.",
        ],
        way: &[
            "D\u{2019}abord vient \u{2018}{h1}\u{2019}, puis \u{2018}{h2}\u{2019}, \u{2018}{h3}\u{2019} et \u{2018}{h4}\u{2019}.",
            "D\u{2019}abord vient \u{2018}{h1}\u{2019}, puis \u{2018}{h2}\u{2019}, \u{2018}{h3}\u{2019} et {rest} autres parties.",
            "D\u{2019}abord vient \u{2018}{h1}\u{2019}, puis \u{2018}{h2}\u{2019} et \u{2018}{h3}\u{2019}.",
            "D\u{2019}abord vient \u{2018}{h1}\u{2019}, puis \u{2018}{h2}\u{2019}.",
        ],
        method: &["Chaque citation est exacte, et son numéro mène à la source."],
        section_many: &[
            "{N} documents en parlent, le plus ancien de {from} et le plus récent de {to}.",
            "Sur ce point, {n} documents prennent la parole.",
            "Ici, les sources vont de {from} à {to}.",
            "Les passages de cette partie viennent de {n} documents.",
            "Cette partie met {n} documents côte à côte.",
        ],
        section_one: &[
            "Cette partie repose sur un seul document.",
            "Ici, un seul document prend la parole.",
            "Sur ce point, un seul document a été trouvé.",
        ],
        paragraph,
        repeated: [
            &[
                "Un autre document dit presque la même chose.",
                "Presque les mêmes mots figurent dans un autre document.",
            ],
            &[
                "{N} autres documents disent presque la même chose.",
                "Presque les mêmes mots figurent dans {n} autres documents.",
            ],
        ],
        disagree: &[
            "Les deux ne s\u{2019}accordent donc pas ({about}).",
            "Ici, les sources divergent ({about}).",
        ],
        open_heading: "Ce que les sources laissent ouvert",
        open: &[
            &["D\u{2019}abord, les sources divergent ({differ})."],
            &["Sur \u{2018}{unanswered}\u{2019}, rien n\u{2019}a pu être cité."],
            &[
                "Les {n} documents viennent tous de {publisher} ; d\u{2019}autres voix manquent donc ici.",
                "Le seul document vient de {publisher} ; d\u{2019}autres voix manquent donc ici.",
            ],
            &["De plus, le plus récent date de {newest}, et rien ici n\u{2019}est plus récent."],
            &[
                "La plupart des {k} passages reposent sur un seul document ; seuls {shared} se trouvent aussi dans un autre.",
                "La plupart des {k} passages reposent sur un seul document ; un seul{single} se trouve aussi dans un autre.",
                "Aucun des {k} passages ne se trouve dans un second document ; chacun repose donc sur une seule source.",
            ],
            &[
                "Enfin, un florilège répète ce que disent ses sources ; il ne vérifie pas si elles ont raison.",
            ],
        ],
    },
};

fn quote(turn: Turn) -> &'static [&'static str] {
    match turn {
        Turn::Open => &[
            "{Who} {present} en {year} : {q}",
            "En {year}, {who} {present} : {q}",
            "{Adoc} {present} : {q}",
            "Selon {adoc}, {q}",
            "Pour citer {adoc} : {q}",
            "{title} ({year}) {present} : {q}",
            "Dans {title}, on lit : {q}",
            "On lit dans {adoc} : {q}",
            "Selon {adoc}, {that}",
            "Pour {who}, {that}",
        ],
        Turn::More => &[
            "En outre, {adoc} {present} : {q}",
            "{Adoc} {present} aussi : {q}",
            "Un autre passage vient de {who} : {q}",
            "De plus, selon {adoc}, {that}",
        ],
        Turn::Same => &[
            "Plus loin, on lit : {q}",
            "Le même {doc} ajoute : {q}",
            "Puis il ajoute : {q}",
            "Plus loin, il note que {that}",
        ],
        Turn::SameElsewhere => &[
            "Ailleurs, le même {doc} {present} : {q}",
            "Le même {doc} {present} aussi : {q}",
            "Ailleurs, selon le même {doc}, {that}",
        ],
        Turn::Agrees => &[
            "De même, {adoc} {present} : {q}",
            "Dans le même sens, {who} {present} en {year} : {q}",
            "De même, selon {adoc}, {that}",
        ],
        Turn::Contrast => &[
            "En revanche, {adoc} {present} : {q}",
            "{Adoc} voit la chose autrement : {q}",
            "En revanche, selon {adoc}, {that}",
        ],
        Turn::Later => &[
            "{Years} plus tard, {who} {present} : {q}",
            "Plus tard, en {year}, {who} {present} : {q}",
            "Puis, en {year}, {who} {present} : {q}",
            "Plus tard, selon {adoc}, {that}",
        ],
        Turn::Earlier => &[
            "Auparavant, en {year}, {who} {present} : {q}",
            "Dès {year}, {who} {present} : {q}",
            "Auparavant, selon {adoc}, {that}",
        ],
        Turn::SameYear => {
            &["La même année, {who} {present} : {q}", "Toujours en {year}, {who} {present} : {q}"]
        }
        Turn::Example => &["Par exemple, {adoc} {present} : {q}", "{Adoc} donne un exemple : {q}"],
        Turn::Figure => {
            &["{Adoc} donne un chiffre : {q}", "En chiffres, {who} {present} en {year} : {q}"]
        }
        Turn::Advice => &["{Adoc} donne un conseil : {q}", "En pratique, {adoc} {present} : {q}"],
        Turn::Definition => {
            &["D\u{2019}abord, {adoc} {present} : {q}", "{Adoc} définit le terme : {q}"]
        }
        Turn::Quoted => &["{Adoc} rapporte une autre voix : {q}", "{Adoc} cite : {q}"],
    }
}

fn verbs(kind: ClaimKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        ClaimKind::Fact | ClaimKind::Figure | ClaimKind::Example => {
            &[("a noté", "note"), ("a écrit", "écrit"), ("a observé", "observe"), ("a dit", "dit")]
        }
        ClaimKind::Definition => &[("a expliqué", "explique"), ("a écrit", "écrit")],
        ClaimKind::Advice => &[("a conseillé", "conseille"), ("a recommandé", "recommande")],
        ClaimKind::Opinion => &[("a estimé", "estime"), ("a soutenu", "soutient")],
    }
}

fn paragraph(kind: ClaimKind) -> &'static [&'static str] {
    match kind {
        ClaimKind::Fact => &[],
        ClaimKind::Figure => {
            &["Viennent ensuite les chiffres.", "Les sources donnent aussi des chiffres."]
        }
        ClaimKind::Definition => &["D\u{2019}abord, les termes."],
        ClaimKind::Advice => {
            &["Que conseillent donc les sources ?", "Certains passages sont des conseils."]
        }
        ClaimKind::Opinion => {
            &["Certains passages tiennent plus de l\u{2019}opinion que du constat."]
        }
        ClaimKind::Example => &["Les sources racontent aussi des cas.", "Suivent des exemples."],
    }
}
