//! Spanish.

use galley_schemas::content::ClaimKind;

use super::{Book, Frame, Turn};

pub(super) static BOOK: Book = Book {
    quote,
    verbs,
    numbers: [
        "ningún", "un", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez",
        "once", "doce",
    ],
    years: ["un año", "{n} años"],
    docs: ["artículo", "texto", "documento"],
    adoc: [
        "un {doc} de {year}",
        "un {doc} sin fecha",
        "un {doc} de {publisher} ({year})",
        "un {doc} sin fecha de {publisher}",
    ],
    author_of: "{author} ({publisher})",
    and: "y",
    asking: &["cómo", "qué", "cuándo", "dónde", "quién", "cuál", "cuáles"],
    subordinate: &[
        "cuando", "si", "aunque", "mientras", "como", "desde", "con", "sin", "para", "antes",
    ],
    connectives: &[
        "Sin embargo,",
        "Además,",
        "Por ejemplo,",
        "Por lo tanto,",
        "Así,",
        "Finalmente,",
        "No obstante,",
        "Y",
        "Pero",
    ],
    pointing: &[
        "este", "esta", "esto", "estos", "estas", "ese", "esa", "eso", "esos", "esas", "él",
        "ella", "ellos", "ellas", "su", "sus", "aquí", "allí", "entonces", "tal", "tales", "ambos",
    ],
    first_person: &[
        "yo", "nosotros", "nuestro", "nuestra", "nuestros", "nuestras", "mi", "mis", "usted",
        "ustedes",
    ],
    participle: "",
    finite: &[],
    imperatives: &["utilice", "elija", "procure", "evite", "considere", "asegúrese"],
    boilerplate: &[
        "haga clic",
        "regístrese",
        "suscríbase",
        "boletín",
        "leer más",
        "más información",
        "contáctenos",
    ],
    marks: [
        &["debe", "deben", "debería", "deberían", "hay que", "recomienda", "conviene"],
        &["por ejemplo", "tal como", "como por ejemplo"],
        &["es un", "es una", "significa", "se define", "son un"],
    ],
    frame: Frame {
        about: &["Esta recopilación examina {topic}.", "Esta recopilación trata de {subject}."],
        drawn: &[
            "Se basa en {n} documentos de {publisher}, publicados entre {from} y {to}.",
            "Se basa en {n} documentos de {publisher}, todos de {year}.",
            "Se basa en {n} documentos de {publishers}, publicados entre {from} y {to}.",
            "Se basa en {n} documentos, publicados entre {from} y {to}.",
            "Se basa en {n} documentos de {publisher}.",
            "Se basa en {n} documentos.",
            "Se basa en un solo documento de {publisher}.",
            "Se basa en un solo documento.",
        ],
        way: &[
            "Primero viene \u{2018}{h1}\u{2019}, después \u{2018}{h2}\u{2019}, \u{2018}{h3}\u{2019} y \u{2018}{h4}\u{2019}.",
            "Primero viene \u{2018}{h1}\u{2019}, después \u{2018}{h2}\u{2019}, \u{2018}{h3}\u{2019} y {rest} partes más.",
            "Primero viene \u{2018}{h1}\u{2019}, después \u{2018}{h2}\u{2019} y \u{2018}{h3}\u{2019}.",
            "Primero viene \u{2018}{h1}\u{2019}, después \u{2018}{h2}\u{2019}.",
        ],
        method: &["Cada cita es literal, y su número lleva a la fuente."],
        section_many: &[
            "{N} documentos hablan de ello, el más antiguo de {from} y el más reciente de {to}.",
            "Sobre este punto, {n} documentos toman la palabra.",
            "Aquí, las fuentes van de {from} a {to}.",
            "Los pasajes de esta parte vienen de {n} documentos.",
            "Esta parte pone {n} documentos uno al lado del otro.",
        ],
        section_one: &[
            "Esta parte descansa en un solo documento.",
            "Aquí, un solo documento toma la palabra.",
            "Sobre este punto se encontró un solo documento.",
        ],
        paragraph,
        repeated: [
            &[
                "Otro documento dice casi lo mismo.",
                "Casi las mismas palabras están en otro documento.",
            ],
            &[
                "Otros {n} documentos dicen casi lo mismo.",
                "Casi las mismas palabras están en otros {n} documentos.",
            ],
        ],
        disagree: &[
            "Los dos, por tanto, no coinciden ({about}).",
            "Aquí, las fuentes difieren ({about}).",
        ],
        open_heading: "Lo que las fuentes dejan abierto",
        open: &[
            &["En primer lugar, las fuentes difieren ({differ})."],
            &["Sobre \u{2018}{unanswered}\u{2019} no se encontró nada que citar."],
            &[
                "Los {n} documentos vienen todos de {publisher}; por eso faltan aquí otras voces.",
                "El único documento viene de {publisher}; por eso faltan aquí otras voces.",
            ],
            &["Además, el más reciente es de {newest}, y nada aquí es posterior."],
            &[
                "La mayoría de los {k} pasajes descansan en un solo documento; solo {shared} se encuentran también en otro.",
                "La mayoría de los {k} pasajes descansan en un solo documento; solo uno{single} se encuentra también en otro.",
                "Ninguno de los {k} pasajes se encontró en un segundo documento; cada uno descansa en una sola fuente.",
            ],
            &[
                "Por último, una recopilación repite lo que dicen sus fuentes; no comprueba si tienen razón.",
            ],
        ],
    },
};

fn quote(turn: Turn) -> &'static [&'static str] {
    match turn {
        Turn::Open => &[
            "{Who} {past} en {year}: {q}",
            "En {year}, {who} {past}: {q}",
            "{qf}, {past} {who} en {year}.",
            "{Adoc} {present}: {q}",
            "Según {adoc}, {q}",
            "{title} ({year}) {present}: {q}",
            "En {title} se lee: {q}",
            "Según {adoc}, {that}",
            "Para {who}, {that}",
        ],
        Turn::More => &[
            "Además, {adoc} {present}: {q}",
            "{Adoc} también {present}: {q}",
            "Otro pasaje viene de {adoc}: {q}",
            "Además, según {adoc}, {that}",
        ],
        Turn::Same => &[
            "Más adelante se lee: {q}",
            "El mismo {doc} añade: {q}",
            "Luego añade: {q}",
            "Más adelante dice que {that}",
        ],
        Turn::SameElsewhere => &[
            "En otro lugar, el mismo {doc} {present}: {q}",
            "El mismo {doc} también {present}: {q}",
            "Según el mismo {doc}, {that}",
        ],
        Turn::Agrees => &[
            "Del mismo modo, {adoc} {present}: {q}",
            "En el mismo sentido, {who} {past} en {year}: {q}",
            "Del mismo modo, según {adoc}, {that}",
        ],
        Turn::Contrast => &[
            "En cambio, {adoc} {present}: {q}",
            "{Adoc} lo ve de otro modo: {q}",
            "En cambio, según {adoc}, {that}",
        ],
        Turn::Later => &[
            "{Years} después, {who} {past}: {q}",
            "Más tarde, en {year}, {who} {past}: {q}",
            "Luego, en {year}, {who} {past}: {q}",
            "Más tarde, según {adoc}, {that}",
        ],
        Turn::Earlier => &[
            "Antes, en {year}, {who} {past}: {q}",
            "Ya en {year}, {who} {past}: {q}",
            "Antes, según {adoc}, {that}",
        ],
        Turn::SameYear => {
            &["El mismo año, {who} {past}: {q}", "También en {year}, {who} {past}: {q}"]
        }
        Turn::Example => &["Por ejemplo, {adoc} {present}: {q}", "{Adoc} da un ejemplo: {q}"],
        Turn::Figure => &["{Adoc} da una cifra: {q}", "En cifras, {who} {past} en {year}: {q}"],
        Turn::Advice => &["{Adoc} da un consejo: {q}", "En la práctica, {adoc} {present}: {q}"],
        Turn::Definition => {
            &["Para empezar, {adoc} {present}: {q}", "{Adoc} define el término: {q}"]
        }
        Turn::Quoted => &["{Adoc} recoge otra voz: {q}", "{Adoc} cita: {q}"],
    }
}

fn verbs(kind: ClaimKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        ClaimKind::Fact | ClaimKind::Figure | ClaimKind::Example => &[
            ("señaló", "señala"),
            ("escribió", "escribe"),
            ("observó", "observa"),
            ("dijo", "dice"),
        ],
        ClaimKind::Definition => &[("explicó", "explica"), ("escribió", "escribe")],
        ClaimKind::Advice => &[("aconsejó", "aconseja"), ("recomendó", "recomienda")],
        ClaimKind::Opinion => &[("opinó", "opina"), ("sostuvo", "sostiene")],
    }
}

fn paragraph(kind: ClaimKind) -> &'static [&'static str] {
    match kind {
        ClaimKind::Fact => &[],
        ClaimKind::Figure => &["Luego están las cifras.", "Las fuentes también dan cifras."],
        ClaimKind::Definition => &["Primero, los términos."],
        ClaimKind::Advice => {
            &["¿Qué aconsejan, pues, las fuentes?", "Algunos pasajes son consejos."]
        }
        ClaimKind::Opinion => &["Algunos pasajes son más opinión que relato."],
        ClaimKind::Example => &["Las fuentes también cuentan casos.", "Siguen ejemplos."],
    }
}
