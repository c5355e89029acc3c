//! German.

use galley_schemas::content::ClaimKind;

use super::{Book, Frame, Turn};

pub(super) static BOOK: Book = Book {
    quote,
    verbs,
    numbers: [
        "keine", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn",
        "elf", "zwölf",
    ],
    years: ["ein Jahr", "{n} Jahre"],
    docs: ["Artikel", "Text", "Text"],
    adoc: [
        "ein {doc} von {year}",
        "ein undatierter {doc}",
        "ein {doc} von {publisher} ({year})",
        "ein undatierter {doc} von {publisher}",
    ],
    author_of: "{author} ({publisher})",
    and: "und",
    asking: &["wie", "warum", "was", "wann", "wo", "welche", "welcher", "welches", "wer", "ob"],
    subordinate: &[
        "wenn", "während", "weil", "obwohl", "seit", "bevor", "nachdem", "sobald", "solange", "da",
    ],
    // Only those after which the word order stays: "Aber das Telefon bleibt", not "Jedoch bleibt".
    connectives: &["Und", "Aber", "Denn"],
    pointing: &[
        "dies",
        "diese",
        "dieser",
        "dieses",
        "das",
        "es",
        "sie",
        "er",
        "ihr",
        "ihre",
        "sein",
        "seine",
        "solche",
        "hier",
        "dort",
        "dann",
        "beide",
        "dabei",
        "dazu",
        "damit",
        "davon",
        "dafür",
        "dadurch",
        "so",
        "auch",
        "außerdem",
        "allerdings",
        "jedoch",
        "daher",
        "deshalb",
        "zudem",
    ],
    first_person: &["ich", "wir", "unser", "unsere", "uns", "mein", "meine", "sie"],
    participle: "",
    finite: &[],
    imperatives: &[],
    boilerplate: &[
        "klicken",
        "anmelden",
        "abonnieren",
        "newsletter",
        "mehr lesen",
        "weiterlesen",
        "kontaktieren",
    ],
    marks: [
        &["sollte", "sollten", "muss", "müssen", "empfiehlt", "empfehlen", "ratsam"],
        &["zum beispiel", "beispielsweise", "etwa"],
        &["ist ein", "ist eine", "sind ein", "bezeichnet", "bedeutet", "heißt"],
    ],
    frame: Frame {
        about: &[
            "Diese Zusammenstellung geht der Frage nach, {topic}.",
            "Diese Zusammenstellung handelt von {subject}.",
        ],
        drawn: &[
            "Sie stützt sich auf {n} Texte von {publisher} aus den Jahren {from} bis {to}.",
            "Sie stützt sich auf {n} Texte von {publisher} aus dem Jahr {year}.",
            "Sie stützt sich auf {n} Texte von {publishers} aus den Jahren {from} bis {to}.",
            "Sie stützt sich auf {n} Texte aus den Jahren {from} bis {to}.",
            "Sie stützt sich auf {n} Texte von {publisher}.",
            "Sie stützt sich auf {n} Texte.",
            "Sie stützt sich auf einen einzigen Text von {publisher}.",
            "Sie stützt sich auf einen einzigen Text.",
        ],
        way: &[
            "Zuerst geht es um \u{2018}{h1}\u{2019}, dann um \u{2018}{h2}\u{2019}, \u{2018}{h3}\u{2019} und \u{2018}{h4}\u{2019}.",
            "Zuerst geht es um \u{2018}{h1}\u{2019}, dann um \u{2018}{h2}\u{2019}, \u{2018}{h3}\u{2019} und {rest} weitere Teile.",
            "Zuerst geht es um \u{2018}{h1}\u{2019}, dann um \u{2018}{h2}\u{2019} und \u{2018}{h3}\u{2019}.",
            "Zuerst geht es um \u{2018}{h1}\u{2019}, dann um \u{2018}{h2}\u{2019}.",
        ],
        method: &["Jedes Zitat ist wörtlich, und seine Nummer führt zur Quelle."],
        section_many: &[
            "{N} Texte äußern sich dazu, der älteste von {from}, der neueste von {to}.",
            "Zu diesem Punkt kommen {n} Texte zu Wort.",
            "Hier reichen die Quellen von {from} bis {to}.",
            "Die Stellen in diesem Teil stammen aus {n} Texten.",
            "Dieser Teil stellt {n} Texte nebeneinander.",
        ],
        section_one: &[
            "Dieser Teil beruht auf einem einzigen Text.",
            "Hier kommt nur ein Text zu Wort.",
            "Zu diesem Punkt fand sich nur ein Text.",
        ],
        paragraph,
        repeated: [
            &[
                "Ein weiterer Text sagt fast dasselbe.",
                "Fast dieselben Worte stehen in einem weiteren Text.",
            ],
            &[
                "{N} weitere Texte sagen fast dasselbe.",
                "Fast dieselben Worte stehen in {n} weiteren Texten.",
            ],
        ],
        disagree: &[
            "Die beiden widersprechen sich also ({about}).",
            "Hier gehen die Quellen auseinander ({about}).",
        ],
        open_heading: "Was die Quellen offenlassen",
        open: &[
            &["Zunächst widersprechen sich die Quellen ({differ})."],
            &["Zu \u{2018}{unanswered}\u{2019} fand sich nichts, was sich zitieren ließe."],
            &[
                "Alle {n} Texte stammen von {publisher}, andere Stimmen fehlen hier also.",
                "Der einzige Text stammt von {publisher}, andere Stimmen fehlen hier also.",
            ],
            &[
                "Außerdem ist der neueste von {newest}, und nichts in dieser Zusammenstellung ist jünger.",
            ],
            &[
                "Die meisten der {k} Stellen beruhen auf je einem Text; nur {shared} davon fanden sich auch in einem anderen.",
                "Die meisten der {k} Stellen beruhen auf je einem Text; nur eine davon{single} fand sich auch in einem anderen.",
                "Keine der {k} Stellen fand sich in einem zweiten Text, jede beruht also auf nur einer Quelle.",
            ],
            &[
                "Schließlich gibt eine Zusammenstellung wieder, was ihre Quellen sagen; sie prüft nicht, ob sie recht haben.",
            ],
        ],
    },
};

fn quote(turn: Turn) -> &'static [&'static str] {
    match turn {
        Turn::Open => &[
            "{Who} {past} {year}: {q}",
            "Im Jahr {year} {past} {who}: {q}",
            "{qf}, {past} {who} {year}.",
            "{Adoc} {present}: {q}",
            "{qf}, {present} {adoc}.",
            "{title} ({year}) {present}: {q}",
            "In {title} heißt es: {q}",
            "So {present} es {adoc}: {q}",
            "{q1}, {past} {who} {year}, {q2}",
            "{Adoc} {present}, {that}",
            "Mit den Worten von {who}: {that}",
        ],
        Turn::More => &[
            "Außerdem {present} {adoc}: {q}",
            "{Adoc} {present} auch: {q}",
            "Zudem {present} {adoc}, {that}",
        ],
        Turn::Same => &[
            "Weiter heißt es dort: {q}",
            "Außerdem heißt es dort: {q}",
            "{qf}, heißt es dort auch.",
            "Derselbe {doc} fügt hinzu: {q}",
            "Weiter heißt es dort, {that}",
        ],
        Turn::SameElsewhere => &[
            "An anderer Stelle {present} derselbe {doc} außerdem: {q}",
            "Derselbe {doc} {present} auch: {q}",
            "Derselbe {doc} {present} auch, {that}",
        ],
        Turn::Agrees => &[
            "Ähnlich {past} {who} {year}: {q}",
            "In dieselbe Richtung geht {adoc}: {q}",
            "Ebenso {present} {adoc}: {q}",
            "Ebenso {present} {adoc}, {that}",
        ],
        Turn::Contrast => &[
            "Dagegen {present} {adoc}: {q}",
            "{Adoc} sieht es anders: {q}",
            "Dagegen {present} {adoc}, {that}",
        ],
        Turn::Later => &[
            "{Years} danach {past} {who}: {q}",
            "Später, im Jahr {year}, {past} {who}: {q}",
            "Dann, {year}, {past} {who}: {q}",
            "Später, im Jahr {year}, {past} {who}, {that}",
        ],
        Turn::Earlier => &[
            "Zuvor, im Jahr {year}, {past} {who}: {q}",
            "Schon {year} {past} {who}: {q}",
            "Zuvor, im Jahr {year}, {past} {who}, {that}",
        ],
        Turn::SameYear => {
            &["Ebenfalls {year} {past} {who}: {q}", "Im selben Jahr {past} {who}: {q}"]
        }
        Turn::Example => &["Zum Beispiel {present} {adoc}: {q}", "Ein Beispiel gibt {adoc}: {q}"],
        Turn::Figure => &["Eine Zahl nennt {adoc}: {q}", "In Zahlen {past} {who} {year}: {q}"],
        Turn::Advice => &["Einen Rat gibt {adoc}: {q}", "Für die Praxis {present} {adoc}: {q}"],
        Turn::Definition => &["Zunächst {present} {adoc}: {q}", "Den Begriff klärt {adoc}: {q}"],
        Turn::Quoted => &["{Adoc} gibt eine fremde Stimme wieder: {q}", "{Adoc} zitiert: {q}"],
    }
}

fn verbs(kind: ClaimKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        ClaimKind::Fact | ClaimKind::Figure | ClaimKind::Example => &[
            ("schrieb", "schreibt"),
            ("berichtete", "berichtet"),
            ("bemerkte", "bemerkt"),
            ("sagte", "sagt"),
        ],
        ClaimKind::Definition => &[("erklärte", "erklärt"), ("schrieb", "schreibt")],
        ClaimKind::Advice => &[("riet", "rät"), ("empfahl", "empfiehlt"), ("schrieb", "schreibt")],
        ClaimKind::Opinion => &[("meinte", "meint"), ("schrieb", "schreibt")],
    }
}

fn paragraph(kind: ClaimKind) -> &'static [&'static str] {
    match kind {
        ClaimKind::Fact => &[],
        ClaimKind::Figure => &["Dazu kommen Zahlen.", "Die Quellen nennen auch Zahlen."],
        ClaimKind::Definition => &["Zuerst zu den Begriffen."],
        ClaimKind::Advice => &["Was also raten die Quellen?", "Einige Stellen sind Ratschläge."],
        ClaimKind::Opinion => &["Manche Stellen sind eher Meinung als Bericht."],
        ClaimKind::Example => &["Die Quellen erzählen auch von Fällen.", "Es folgen Beispiele."],
    }
}
