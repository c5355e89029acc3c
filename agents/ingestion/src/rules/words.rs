//! Word lists: what carries no meaning of its own.

/// Words that hold sentences together, by language.
const STOP: [(&str, &str); 4] = [
    (
        "en",
        "a about above across after against all also am among an and any are around as at be because been \
        before being below between both but by can cannot could did do does doing don during each every few \
        for from further had has have having he her here hers him his how i if in into is it its itself just \
        may me might more most much must my nor not of off on once only or other our out over own per same \
        shall she should so some such than that the their them then there these they this those through to \
        too toward towards under until up upon us versus very via vs was we were what when where whether \
        which while who whom whose why will with within without would you your",
    ),
    (
        "de",
        "aber alle als also am an auch auf aus bei beim bin bis da damit dann das dass dem den denn der des \
        die dies diese dieser doch dort du durch ein eine einem einen einer eines er es etwas euch für gegen \
        habe haben hat hatte ich ihr ihre im in ins ist ja kann können man mehr mein mit muss nach nicht noch \
        nun nur ob oder ohne sehr sein seine seit sich sie sind so soll sollte über um und uns unser unsere \
        unter vom von vor während wann war warum was weil welche welcher wenn wer werden wie wieso wir wird \
        wo wurde zu zum zur zwischen",
    ),
    (
        "fr",
        "à afin ainsi alors après au aucun aussi autre aux avec avant avoir car ce ceci cela ces cet cette \
        ceux chaque chez ci comme comment d dans de depuis des donc dont du elle elles en encore entre est et \
        être eu faire fait il ils j je jusqu l la le les leur leurs lors lui m ma mais mes même moins mon n \
        ne ni nos notre nous on ont ou où par parce pas pendant peut plus pour pourquoi qu quand que quel \
        quelle quelles quels qui quoi s sa sans se ses si son sont sous sur t ta tes ton tous tout toute \
        très tu un une vers vos votre vous y",
    ),
    (
        "es",
        "a al algo ante antes aquí así aún aunque bajo bien cada casi como cómo con contra cual cuál cuando \
        cuándo de del desde donde dónde durante e el él ella ellas ellos en entre era eres es esa ese eso esta \
        está estas este esto estos fue ha hacer hacia han hasta hay la las le les lo los más me mi mientras \
        muy nada ni no nos nosotros o otra otro para pero poco por porque puede pues que qué quien quién se \
        según ser si sí sin sobre son su sus también tan te tiene todo todos tu un una unas uno unos y ya yo",
    ),
];

/// Words that topics are made with but that nobody searches for: what is asked, not what about.
const WEAK: &str = "advantage advantages agency agencies analysis approach approaches article basics become \
    becoming benefit benefits best better build building business businesses case challenge challenges company \
    companies consequences cost costs create creating difference differences effect effective effectively \
    effects era everything examples explained explain future get getting give giving good great growing guide \
    help helping helps history ideas importance important improving increase increasing introduction \
    keep key know latest learn lessons like look make makes making matter matters mean means need needs new \
    news now organization organizations organisations overview people perspective perspectives pitfalls power \
    practice practices pros cons real reasons reduce reducing report review rise role run running see start starting \
    state steps stop strategies success successful support take taking think thing things tips today tomorrow \
    top trend trends truth understand understanding update use used uses using ways way work works world year \
    years auswirkungen bedeutung beste besten chancen einsatz entwicklung folgen grundlagen heute \
    leitfaden nutzen neue neuen risiken rolle tipps trends vorteile nachteile zukunft warum \
    avantages avenir aujourd effets enjeux guide impact inconvénients meilleures meilleurs nouvelle nouveau \
    rôle tendances ventajas desventajas efectos futuro guía hoy impacto mejores nueva nuevo papel tendencias";

/// Beginnings of verbs of change: they say what happens to the subject.
const WEAK_STEMS: [&str; 26] = [
    "affect",
    "boost",
    "chang",
    "disrupt",
    "enabl",
    "impact",
    "improv",
    "influenc",
    "reshap",
    "revolutioni",
    "shap",
    "transform",
    "veränder",
    "verbesser",
    "beeinfluss",
    "hilft",
    "helfen",
    "nutz",
    "amélior",
    "modifi",
    "influ",
    "aider",
    "cambi",
    "mejor",
    "ayud",
    "utilis",
];

/// The stop words of a language; none for languages that are not known.
pub(crate) fn stop_words(language: &str) -> Option<impl Iterator<Item = &'static str>> {
    let (_, words) = STOP.iter().find(|(code, _)| *code == language)?;
    Some(words.split_ascii_whitespace())
}

/// The languages whose stop words are known.
pub(crate) fn languages() -> impl Iterator<Item = &'static str> {
    STOP.iter().map(|(code, _)| *code)
}

/// Whether a lower-case word only holds a sentence together, in a language or, when that is not
/// known, in any.
pub(crate) fn is_stop(word: &str, language: Option<&str>) -> bool {
    let holds =
        |code: &str| stop_words(code).is_some_and(|mut words| words.any(|stop| stop == word));
    match language {
        Some(code) => holds(code),
        None => languages().any(holds),
    }
}

/// Whether a lower-case word says what is asked and not what about.
pub(crate) fn is_weak(word: &str) -> bool {
    WEAK.split_ascii_whitespace().any(|weak| weak == word)
        || WEAK_STEMS.iter().any(|stem| word.starts_with(stem))
        || word.chars().all(|c| c.is_ascii_digit())
}
