//! The lists that a review starts with. An editor's own, in the configuration, take their place.

use galley_schemas::content::Severity;

use crate::config::{Replacement, Sensitive};

/// Boasting, filler and worn phrases.
pub(crate) fn tone() -> Vec<String> {
    TONE.iter().map(|word| (*word).to_owned()).collect()
}

/// Words that hurt or exclude, with a plain neutral equivalent.
pub(crate) fn inclusive() -> Vec<Replacement> {
    let of = |language: &str, list: &[(&str, &str)]| -> Vec<Replacement> {
        list.iter()
            .map(|(word, better)| Replacement {
                word: (*word).to_owned(),
                better: (*better).to_owned(),
                language: Some(language.to_owned()),
            })
            .collect()
    };
    [
        of("en", &INCLUSIVE_EN),
        of("de", &INCLUSIVE_DE),
        of("fr", &INCLUSIVE_FR),
        of("es", &INCLUSIVE_ES),
    ]
    .concat()
}

/// Words that ask for care. Reporting on them is not forbidden; telling people to harm somebody is.
pub(crate) fn sensitive() -> Vec<Sensitive> {
    SENSITIVE
        .iter()
        .map(|(word, why, severity)| Sensitive {
            word: (*word).to_owned(),
            why: (*why).to_owned(),
            severity: *severity,
        })
        .collect()
}

const TONE: [&str; 54] = [
    "game-changer",
    "game changer",
    "revolutionary",
    "revolutionize",
    "groundbreaking",
    "cutting-edge",
    "state-of-the-art",
    "world-class",
    "best-in-class",
    "unparalleled",
    "unleash",
    "supercharge",
    "skyrocket",
    "delve",
    "tapestry",
    "seamless",
    "seamlessly",
    "synergy",
    "paradigm shift",
    "needless to say",
    "it goes without saying",
    "at the end of the day",
    "in today's fast-paced world",
    "in the ever-evolving",
    "ever-changing landscape",
    "in conclusion",
    "obviously",
    "amazing",
    "incredible",
    "mind-blowing",
    "bahnbrechend",
    "revolution\u{e4}r",
    "einzigartig",
    "weltklasse",
    "unvergleichlich",
    "am ende des tages",
    "in der heutigen schnelllebigen welt",
    "selbstverst\u{e4}ndlich",
    "r\u{e9}volutionnaire",
    "incontournable",
    "hors du commun",
    "in\u{e9}gal\u{e9}",
    "il va sans dire",
    "\u{e0} la pointe de",
    "en conclusion",
    "dans le monde d'aujourd'hui",
    "revolucionario",
    "revolucionaria",
    "de vanguardia",
    "incomparable",
    "sin igual",
    "huelga decir",
    "en conclusi\u{f3}n",
    "en el mundo actual",
];

/// By the usual groups: age, appearance, culture, disability, gender, socio-economic, sexual
/// orientation.
const INCLUSIVE_EN: [(&str, &str); 30] = [
    ("the elderly", "older people"),
    ("old folks", "older people"),
    ("senile", "people with dementia"),
    ("the disabled", "disabled people"),
    ("the handicapped", "disabled people"),
    ("handicapped", "disabled"),
    ("wheelchair-bound", "using a wheelchair"),
    ("confined to a wheelchair", "using a wheelchair"),
    ("the blind", "blind people"),
    ("the deaf", "deaf people"),
    ("deaf-mute", "deaf"),
    ("the mentally ill", "people with a mental illness"),
    ("crazy", "surprising, wild"),
    ("insane", "extreme"),
    ("lame", "weak"),
    ("dumb", "simple, silent"),
    ("mankind", "humankind, people"),
    ("manpower", "staff, workforce"),
    ("man-made", "artificial"),
    ("chairman", "chair"),
    ("policeman", "police officer"),
    ("fireman", "firefighter"),
    ("stewardess", "flight attendant"),
    ("the poor", "people in poverty"),
    ("the homeless", "homeless people"),
    ("illegal immigrant", "undocumented immigrant"),
    ("illegal alien", "undocumented immigrant"),
    ("third world", "low-income countries"),
    ("gypsy", "Roma, traveller"),
    ("transgendered", "transgender"),
];
const INCLUSIVE_DE: [(&str, &str); 9] = [
    ("die behinderten", "Menschen mit Behinderung"),
    ("an den rollstuhl gefesselt", "im Rollstuhl, nutzt einen Rollstuhl"),
    ("taubstumm", "geh\u{f6}rlos"),
    ("geisteskrank", "psychisch krank"),
    ("zigeuner", "Sinti und Roma"),
    ("dritte welt", "L\u{e4}nder des Globalen S\u{fc}dens"),
    ("die alten", "\u{e4}ltere Menschen"),
    ("die obdachlosen", "obdachlose Menschen"),
    ("mannschaftsst\u{e4}rke", "Personalst\u{e4}rke"),
];
const INCLUSIVE_FR: [(&str, &str); 7] = [
    ("les handicap\u{e9}s", "les personnes handicap\u{e9}es"),
    ("clou\u{e9} dans un fauteuil roulant", "en fauteuil roulant"),
    ("sourd-muet", "sourd"),
    ("les vieux", "les personnes \u{e2}g\u{e9}es"),
    ("tiers-monde", "pays \u{e0} faible revenu"),
    ("les clochards", "les personnes sans abri"),
    ("malade mental", "personne ayant un trouble psychique"),
];
const INCLUSIVE_ES: [(&str, &str); 7] = [
    ("los minusv\u{e1}lidos", "las personas con discapacidad"),
    ("los discapacitados", "las personas con discapacidad"),
    ("atado a una silla de ruedas", "en silla de ruedas"),
    ("sordomudo", "sordo"),
    ("los viejos", "las personas mayores"),
    ("tercer mundo", "pa\u{ed}ses de renta baja"),
    ("los vagabundos", "las personas sin hogar"),
];

const SENSITIVE: [(&str, &str, Severity); 14] = [
    ("kill yourself", "it urges somebody to harm themselves", Severity::Blocking),
    ("you should kill", "it urges somebody to harm people", Severity::Blocking),
    ("how to build a bomb", "it tells how to harm people", Severity::Blocking),
    ("deserve to die", "it wishes people dead", Severity::Blocking),
    ("suicide", "name a helpline and no method", Severity::Note),
    ("self-harm", "name a helpline and no method", Severity::Note),
    ("suizid", "name a helpline and no method", Severity::Note),
    ("selbstmord", "say suicide, name a helpline and no method", Severity::Note),
    ("suicidio", "name a helpline and no method", Severity::Note),
    ("stop taking your medication", "it is advice that only a physician may give", Severity::Major),
    ("guaranteed return", "nobody can promise a return", Severity::Minor),
    ("guaranteed cure", "nobody can promise a cure", Severity::Major),
    ("risk-free investment", "no investment is without risk", Severity::Minor),
    ("cures cancer", "no such claim without a physician's review", Severity::Major),
];
