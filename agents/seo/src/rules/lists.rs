//! Words that join sentences, and forms of the passive. Galley's own lists.

use galley_agents_knowledge::words::{Language, fold, words};

/// Whether a sentence holds a word or phrase that joins it to another.
pub(crate) fn has_transition(sentence: &str, language: Language) -> bool {
    let padded = padded(sentence);
    transitions(language).iter().any(|word| padded.contains(&format!(" {word} ")))
}

/// Whether a sentence has a verb in the passive, as far as forms show it.
pub(crate) fn is_passive(sentence: &str, language: Language) -> bool {
    let words: Vec<String> = words(sentence).map(|(_, word)| fold(word)).collect();
    let (auxiliaries, is_participle): (&[&str], fn(&str) -> bool) = match language {
        Language::English => (&BE, is_english_participle),
        Language::German => (&WERDEN, is_german_participle),
        Language::French => (&ETRE, is_french_participle),
        Language::Spanish => (&SER, is_spanish_participle),
        Language::Other => return false,
    };
    let reach = if language == Language::German { usize::MAX } else { REACH };
    words.iter().enumerate().any(|(at, word)| {
        auxiliaries.contains(&word.as_str())
            && words.iter().skip(at + 1).take(reach).any(|next| is_participle(next))
    })
}

/// How many words may stand between an auxiliary and its participle: `is not always answered`.
const REACH: usize = 3;

/// The words between single spaces, so that whole phrases can be looked for.
fn padded(sentence: &str) -> String {
    let words: Vec<String> = words(sentence).map(|(_, word)| fold(word)).collect();
    format!(" {} ", words.join(" "))
}

const BE: [&str; 11] =
    ["am", "is", "are", "was", "were", "be", "been", "being", "gets", "got", "isn't"];
const WERDEN: [&str; 8] =
    ["wird", "werden", "wurde", "wurden", "worden", "werde", "w\u{fc}rde", "w\u{fc}rden"];
const ETRE: [&str; 11] = [
    "est",
    "sont",
    "\u{e9}tait",
    "\u{e9}taient",
    "\u{e9}t\u{e9}",
    "\u{ea}tre",
    "sera",
    "seront",
    "fut",
    "furent",
    "serait",
];
const SER: [&str; 10] =
    ["es", "son", "fue", "fueron", "ser", "sido", "ser\u{e1}", "ser\u{e1}n", "era", "eran"];

/// Participles that do not end in -ed.
const IRREGULAR: [&str; 62] = [
    "begun",
    "bent",
    "bought",
    "bound",
    "bred",
    "broken",
    "brought",
    "built",
    "caught",
    "chosen",
    "cut",
    "done",
    "drawn",
    "driven",
    "eaten",
    "fed",
    "felt",
    "fought",
    "forgotten",
    "found",
    "frozen",
    "given",
    "grown",
    "heard",
    "held",
    "hidden",
    "hit",
    "hurt",
    "kept",
    "known",
    "laid",
    "led",
    "left",
    "lent",
    "lost",
    "made",
    "meant",
    "met",
    "overseen",
    "paid",
    "put",
    "read",
    "run",
    "said",
    "seen",
    "sent",
    "set",
    "shown",
    "shut",
    "sold",
    "sought",
    "spent",
    "split",
    "spoken",
    "spread",
    "stolen",
    "struck",
    "taken",
    "taught",
    "thrown",
    "told",
    "written",
];
/// Words in -ed that are no participles, or adjectives after `is`.
const NOT_PASSIVE: [&str; 14] = [
    "need",
    "indeed",
    "speed",
    "feed",
    "seed",
    "exceed",
    "proceed",
    "succeed",
    "hundred",
    "red",
    "interested",
    "tired",
    "excited",
    "limited",
];

fn is_english_participle(word: &str) -> bool {
    let regular = word.len() > 3 && word.ends_with("ed") && !NOT_PASSIVE.contains(&word);
    regular || IRREGULAR.contains(&word)
}

fn is_german_participle(word: &str) -> bool {
    let ends = word.ends_with('t') || word.ends_with("en");
    let begins = word.starts_with("ge")
        || word.contains("ge")
        || word.starts_with("ver")
        || word.starts_with("be");
    word.chars().count() > 5 && ends && (begins || word.ends_with("iert"))
}

fn is_french_participle(word: &str) -> bool {
    ["\u{e9}", "\u{e9}e", "\u{e9}s", "\u{e9}es"].iter().any(|end| word.ends_with(end))
        && word.chars().count() > 3
        && word != "\u{e9}t\u{e9}"
}

fn is_spanish_participle(word: &str) -> bool {
    ["ado", "ada", "ados", "adas", "ido", "ida", "idos", "idas"]
        .iter()
        .any(|end| word.ends_with(end))
        && word.chars().count() > 4
        && word != "sido"
}

const fn transitions(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => EN,
        Language::German => DE,
        Language::French => FR,
        Language::Spanish => ES,
        Language::Other => &[],
    }
}

#[rustfmt::skip]
static EN: &[&str] = &[
    "above all", "accordingly", "additionally", "after all", "after that", "afterwards", "again", "all in all",
    "also", "alternatively", "although", "another", "as a consequence", "as a result", "as an illustration", "as far back as",
    "as for", "as long as", "as soon as", "as well as", "at first", "at last", "at least", "at the same time", "back in",
    "because", "before", "besides", "briefly", "but", "by contrast", "by comparison", "by the same token", "certainly",
    "chiefly", "consequently", "conversely", "correspondingly", "despite", "due to", "during", "earlier", "elsewhere",
    "equally", "especially", "even if", "even so", "even though", "eventually", "finally", "first", "firstly",
    "following", "for example", "for instance", "for that reason", "for this reason", "from then on", "further",
    "furthermore", "generally", "granted", "hence", "here", "however", "if", "in addition", "in any case", "in brief",
    "in conclusion", "in contrast", "in fact", "in general", "in numbers", "in other words", "in particular",
    "in practical terms", "in short", "in spite of", "in summary", "in the end", "in the meantime", "in the words of", "in turn",
    "indeed", "instead", "just as", "lastly", "later", "likewise", "mainly", "meanwhile", "moreover", "most of all",
    "namely", "naturally", "nevertheless", "next", "nonetheless", "not only", "notwithstanding", "obviously", "of course",
    "on the contrary", "on the one hand", "on the other hand", "on this point", "on the whole", "once", "otherwise", "overall",
    "particularly", "rather", "regardless", "secondly", "similarly", "since", "so", "so far", "so that", "specifically", "still",
    "subsequently", "such as", "that is", "the same", "then", "therefore", "thereby", "thirdly", "though", "thus",
    "to begin with", "to give an example", "to recap", "to sum up", "together with", "too", "ultimately", "unless", "unlike",
    "until", "when", "whenever", "whereas", "while", "yet", "along the same lines", "as an example", "a case in point",
    "this part", "between", "on the same subject", "by the time",
];

#[rustfmt::skip]
static DE: &[&str] = &[
    "aber", "abgesehen davon", "allerdings", "also", "anders", "andererseits", "anschließend", "auch", "auf diese weise", "aus diesem grund",
    "außerdem", "bevor", "beispielsweise", "da", "dabei", "dadurch", "dagegen", "daher", "damit", "danach", "dann",
    "dar\u{fc}ber hinaus", "darum", "davor", "dazu", "denn", "dennoch", "deshalb", "deswegen", "doch", "ebenfalls", "ebenso", "einerseits",
    "endlich", "erstens", "etwa", "falls", "ferner", "folglich", "gleichzeitig", "hier", "hingegen", "im gegensatz", "immerhin",
    "in der tat", "in dieselbe richtung", "indem", "insbesondere", "insgesamt", "jedoch", "kurz gesagt", "nachdem", "nat\u{fc}rlich", "n\u{e4}mlich", "nicht nur",
    "obwohl", "schließlich", "schon", "sobald", "sodass", "sofern", "somit", "sondern", "sp\u{e4}ter", "sowohl", "statt", "trotz",
    "trotzdem", "\u{fc}berdies", "vor allem", "w\u{e4}hrend", "weil", "weiter", "weiterhin", "wenn", "zuerst", "zudem",
    "zuletzt", "zum beispiel", "zun\u{e4}chst", "zuvor", "zwar", "zweitens", "\u{e4}hnlich", "an anderer stelle",
];

#[rustfmt::skip]
static FR: &[&str] = &[
    "ailleurs", "ainsi", "alors", "apr\u{e8}s", "au contraire", "au lieu", "auparavant", "aussi", "autrement", "avant", "bien que", "bref", "car",
    "cependant", "certes", "c'est pourquoi", "d'abord", "d'ailleurs", "d'une part", "dans le m\u{ea}me sens", "de m\u{ea}me", "de plus", "d\u{e8}s", "donc", "effectivement",
    "en conclusion", "en effet", "en fait", "en outre", "en particulier", "en pratique", "en r\u{e9}sum\u{e9}", "en revanche", "enfin",
    "ensuite", "entre", "et puis", "finalement", "ici", "la m\u{ea}me ann\u{e9}e", "lorsque", "mais", "malgr\u{e9}", "n\u{e9}anmoins", "notamment", "or",
    "outre", "par ailleurs", "par cons\u{e9}quent", "par contre", "par exemple", "parce que", "pendant", "plus loin", "plus tard", "pourtant", "puis",
    "puisque", "quand", "quant", "selon", "si", "sur ce point", "surtout", "tandis que", "toujours en", "toutefois",
];

#[rustfmt::skip]
static ES: &[&str] = &[
    "a continuaci\u{f3}n", "a pesar", "adem\u{e1}s", "ahora bien", "al contrario", "al mismo tiempo", "antes", "aqu\u{ed}", "as\u{ed}", "as\u{ed} que", "asimismo",
    "aunque", "cuando", "de hecho", "de modo que", "del mismo modo", "despu\u{e9}s", "en cambio", "en conclusi\u{f3}n", "en definitiva",
    "en el mismo sentido", "en efecto", "en general", "en la pr\u{e1}ctica", "en otras palabras", "en particular", "en primer lugar", "en realidad", "en resumen", "entonces",
    "finalmente", "igualmente", "incluso", "luego", "m\u{e1}s adelante", "m\u{e1}s tarde", "mientras", "no obstante", "para empezar", "pero", "por ejemplo", "por eso",
    "por lo tanto", "por otra parte", "por \u{fa}ltimo", "por tanto", "porque", "primero", "puesto que", "seg\u{fa}n", "si", "sin embargo",
    "sobre este punto", "sobre todo", "tambi\u{e9}n", "tras", "ya en", "ya que",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_passive_is_seen_by_its_forms() {
        for (sentence, language, want) in [
            ("The call was answered by a clerk.", Language::English, true),
            ("The call is not always answered.", Language::English, true),
            ("Books were written there.", Language::English, true),
            ("The clerk answered the call.", Language::English, false),
            ("There is a need for help.", Language::English, false),
            ("Der Anruf wurde schnell beantwortet.", Language::German, true),
            ("Der Angestellte beantwortet ihn.", Language::German, false),
            ("L\u{2019}appel est trait\u{e9} ici.", Language::French, true),
            ("La llamada fue atendida.", Language::Spanish, true),
        ] {
            assert_eq!(is_passive(sentence, language), want, "{sentence}");
        }
    }

    #[test]
    fn transitions_are_whole_words() {
        assert!(has_transition("For example, clerks answer.", Language::English));
        assert!(has_transition("Clerks, however, answer.", Language::English));
        assert!(!has_transition("Butter and thistles.", Language::English));
        assert!(has_transition("Au\u{df}erdem kam er.", Language::German));
    }
}
