//! The words that the rules go by, by language.
//!
//! Phrases are matched against the folded words of a sentence, joined by single spaces. English is
//! thorough; German, French and Spanish hold what matters most; another language gets empty lists, so
//! that only the rules that need no words apply.

use galley_agents_knowledge::words::Language;

/// What a language's rules go by.
#[derive(Debug)]
pub(super) struct Lexicon {
    /// First words that lean on the sentence before.
    pub(super) leaning: &'static [&'static str],
    /// First words that lean on the sentence before when a comma follows.
    pub(super) leaning_with_comma: &'static [&'static str],
    /// Nouns that stand for something named before: `the program`.
    pub(super) generic: &'static [&'static str],
    /// Pronouns that point back when they come first.
    pub(super) pronouns: &'static [&'static str],
    /// Words of quantity: they point back when a verb follows, or `of them`.
    pub(super) quantities: &'static [&'static str],
    /// Words that point back when a noun follows: `these calls`.
    pub(super) pointing: &'static [&'static str],
    /// Nouns that make a pointing word harmless: `this year`.
    pub(super) times: &'static [&'static str],
    /// The writer alone.
    pub(super) writer: &'static [&'static str],
    /// The writer's side.
    pub(super) ours: &'static [&'static str],
    /// The reader.
    pub(super) reader: &'static [&'static str],
    /// Phrases of navigation, announcements, captions and notices: no claim has them.
    pub(super) notices: &'static [&'static str],
    /// What people are called for in a byline.
    pub(super) posts: &'static [&'static str],
    /// Words that are verbs in any sentence.
    pub(super) verbs: &'static [&'static str],
    /// Words that are verbs in some sentences and nouns in others.
    pub(super) perhaps_verbs: &'static [&'static str],
    /// Endings that verbs have.
    pub(super) verb_endings: &'static [&'static str],
    /// Signs of a definition.
    pub(super) definition: &'static [&'static str],
    /// Signs of advice.
    pub(super) advice: &'static [&'static str],
    /// First words of advice.
    pub(super) imperatives: &'static [&'static str],
    /// Signs that somebody thinks so.
    pub(super) opinion: &'static [&'static str],
    /// Signs of a case.
    pub(super) example: &'static [&'static str],
    /// Signs of news and announcements, which are soon out of date.
    pub(super) passing: &'static [&'static str],
    /// Signs of a consequence, which makes a statement worth quoting.
    pub(super) telling: &'static [&'static str],
}

/// The lexicon of a language.
pub(super) fn of(language: Language) -> &'static Lexicon {
    match language {
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
        Language::French => &FRENCH,
        Language::Spanish => &SPANISH,
        Language::Other => &NONE,
    }
}

#[rustfmt::skip]
static ENGLISH: Lexicon = Lexicon {
    leaning: &[
        "and", "but", "or", "so", "nor", "yet", "then", "thus", "hence", "therefore", "however", "moreover",
        "furthermore", "further", "additionally", "also", "besides", "likewise", "similarly", "instead", "otherwise",
        "consequently", "accordingly", "meanwhile", "nevertheless", "nonetheless", "conversely", "of course",
        "in addition", "in fact", "in other words", "in short", "in turn", "in contrast", "by contrast",
        "in summary", "in conclusion", "in closing", "to recap", "to sum up", "in sum", "to summarize", "as a result", "as such", "as mentioned",
        "as noted", "as stated", "for example", "for instance", "for one", "for this reason", "from this", "among these",
        "for that reason", "on the other hand", "on the one hand", "on top of", "that said", "that way",
        "at the same time", "after all", "even so", "even better", "even then", "because of this", "like the",
        "after that", "before that", "with that", "to that end", "to this end", "to do so", "to do this",
        "to do that", "doing so", "by doing so", "by doing this", "if so", "if not", "in that case", "in both cases",
        "in either case", "in each case", "the same", "the former", "the latter", "the other", "the others", "in an extreme", "in a similar", "in the extreme", "with the report", "in other", "on other", "for other",
        "the first", "the second", "the third", "the next", "the last", "the final", "the result is", "the reason is", "the reasons",
        "the answer", "the key is", "the goal is", "the idea is", "the point is", "the good news", "the bad news",
        "the bottom line", "the alternative", "no wonder", "not only that", "more importantly", "most importantly", "another", "other",
        "others", "one of the", "one way", "one example", "one thing", "one final", "either way", "to the contrary", "all in all", "simply put", "put simply", "to be clear",
        "once there", "from there", "from here", "here", "which", "whose", "as they", "as it", "as he", "as she", "when they", "when it", "if they", "if it",
        "once they", "once it", "since it", "since they", "while it", "while they", "because they", "because it", "although it", "although they", "though it", "though they", "in doing so", "like many", "unlike",
        "given this", "given these", "given that", "along with", "together with that", "the more", "the question", "the challenge", "the problem is", "the trick", "the difference", "the best part",
    ],
    leaning_with_comma: &[
        "still", "finally", "lastly", "next", "first", "firstly", "second", "secondly", "third", "thirdly", "plus",
        "rather", "again", "indeed", "afterwards", "subsequently", "fortunately", "unfortunately", "surprisingly", "not surprisingly", "overall", "sure",
        "yes", "no", "well", "now", "specifically", "ultimately", "essentially", "clearly", "obviously", "interestingly", "importantly", "later", "soon", "more recently", "most recently", "initially", "eventually", "as always", "in particular", "previously", "basically", "generally", "historically",
        "remember", "luckily", "hopefully", "sadly", "recently", "lately", "today", "currently", "for now", "to start", "to begin",
    ],
    generic: &[
        "program", "programme", "team", "teams", "agency", "project", "group", "tool", "app", "application", "system", "company", "organization",
        "organisation", "report", "study", "survey", "event", "exercise", "pilot", "site", "website", "process", "model", "office", "department", "author", "authors",
        "researchers", "result", "results", "change", "changes", "effort", "efforts", "initiative", "goal", "goals", "idea", "plan", "article", "book", "paper", "data", "findings",
        "bot", "panel", "speaker", "speakers", "participants", "session", "sessions", "workshop", "community", "list", "answer", "answers", "response", "responses",
        "purpose", "objective", "approach", "method", "technology", "product", "platform", "solution", "feature", "features", "service", "campaign", "contest", "award", "awards", "winner", "winners", "map", "test",
        "guidance", "document", "memo", "order", "law", "act", "policy", "challenge", "challenges", "problem", "issue", "reason", "reasons", "benefit", "benefits", "next", "two", "three", "four", "five",
    ],
    pronouns: &[
        "it", "it's", "its", "they", "they're", "they've", "they'll", "their", "theirs", "them", "he",
        "he's", "his", "she", "she's", "her", "hers", "him", "this", "that", "that's", "these", "those",
        "such",
    ],
    quantities: &[
        "both", "neither", "each", "either", "all", "some", "many", "most", "few", "several", "none", "more", "less", "half", "one", "two",
    ],
    pointing: &["this", "these", "those", "such", "that"],
    times: &[
        "year", "years", "month", "months", "week", "weeks", "day", "days", "century", "decade", "time",
        "morning", "summer", "spring", "winter", "autumn", "fall", "season",
    ],
    writer: &[
        "i", "i'm", "i've", "i'd", "i'll", "me", "my", "mine", "myself",
    ],
    ours: &["we", "we're", "we've", "we'd", "we'll", "us", "our", "ours", "ourselves", "let's"],
    reader: &["you", "you're", "you've", "you'd", "you'll", "your", "yours", "yourself"],
    notices: &[
        "click here", "click on", "click the", "learn more about", "read more", "find out more", "more information",
        "for more", "sign up", "subscribe", "register", "registration", "rsvp", "check out", "stay tuned",
        "follow us", "join us", "join our", "join the", "contact us", "contact me", "email us", "let us know",
        "tell us", "share your", "send us", "visit our", "visit the", "see our", "see the", "see below",
        "see above", "see also", "watch the", "watch our", "view the", "download", "log in", "login",
        "cookie", "cookies", "privacy policy", "terms of use", "terms of service", "all rights reserved",
        "copyright", "disclaimer", "endorsement", "opinions are", "opinions expressed", "views expressed", "was originally published",
        "originally published", "guest post", "guest blog", "this post", "this blog", "this article", "this page",
        "this site", "this website", "this guide", "this section", "this chapter", "this series", "this edition", "this month's", "this week's",
        "this video", "this webinar", "this presentation", "this report", "this toolkit", "this resource",
        "this recap", "this year's", "blog post", "previous post", "next post", "last post", "earlier post", "prior article",
        "previous article", "in part one", "in part two", "part two of", "part 2", "photo by", "photo credit", "image credit",
        "image courtesy", "photo courtesy", "courtesy of", "screenshot", "screen shot", "pictured", "illustration of", "figure 1",
        "table below", "chart below", "graph below", "image below", "diagram below", "graphic below", "list below", "steps below", "links below", "below",
        "shown above", "the above", "above steps", "steps above", "listed above", "described above", "mentioned above", "mentioned earlier", "discussed earlier", "above mentioned",
        "the following", "as follows", "here are", "here is", "here's", "here's how", "below are", "below is", "we invite", "we hope", "we look forward", "looking forward to",
        "i look forward", "i hope", "we'll be", "we will be", "i'll be", "i will be", "we are excited", "we're excited", "we are pleased", "excited to announce",
        "pleased to announce", "happy to announce", "thank you", "thanks to all", "thanks for", "special thanks", "congratulations", "happy customer", "good luck",
        "comment below", "comments below", "in the comments", "leave a comment", "listserv", "mailing list", "webinar", "hashtag",
        "tune in", "save the date", "press release", "newsletter", "slides", "slide deck", "recording", "podcast episode",
        "editor's note", "about the author", "is the author of", "last week", "next week", "last month", "next month", "yesterday",
        "tomorrow", "tonight", "later today", "earlier this", "later this", "last friday", "last thursday", "last year", "next year",
        "today's post", "in today's", "in this", "as you can see", "you can see", "you see", "you'll find", "you will find", "you have probably", "you may have", "you might have", "you've probably", "as we discussed", "we discussed", "we talked about", "we have talked", "i wrote", "you might be wondering", "you may be wondering", "you may be asking", "imagine", "picture this",
        "stop by", "feel free", "don't hesitate", "reach out", "get in touch", "take a look", "have a look", "look no further",
        "want to know", "have questions", "have you", "did you", "do you", "are you", "would you like", "ever wonder", "let me", "let's", "with that in mind", "in mind",
        "to connect with other", "community of practice members", "contact the", "may be able to assist", "has witnessed", "co-chair", "case study on", "more on", "footnote", "ibid", "et al", "accessed", "retrieved",
    ],
    posts: &[
        "director", "manager", "administrator", "specialist", "analyst", "editor", "writer", "strategist", "officer",
        "professor", "author", "intern", "contractor", "member", "lead", "chief", "consultant", "fellow", "coordinator", "developer", "designer", "president", "founder", "ceo",
        "co-lead", "host", "journalist", "researcher", "scientist", "librarian", "advisor", "program", "supervisor",
    ],
    verbs: &[
        "is", "are", "was", "were", "am", "be", "been", "has", "have", "had", "do", "does", "did", "can", "could",
        "will", "would", "shall", "should", "may", "might", "must", "isn't", "aren't", "wasn't", "weren't",
        "hasn't", "haven't", "hadn't", "don't", "doesn't", "didn't", "can't", "cannot", "couldn't", "won't",
        "wouldn't", "shouldn't", "it's", "that's", "there's", "they're", "you're", "we're",
        "make", "makes", "made", "take", "takes", "took", "give", "gives", "gave", "get", "gets", "got", "go", "goes", "went",
        "come", "comes", "came", "see", "sees", "saw", "say", "says", "said", "know", "knows", "knew", "think",
        "thinks", "thought", "find", "finds", "found", "tell", "tells", "told", "become", "becomes", "became", "show",
        "shows", "leave", "leaves", "left", "feel", "feels", "felt", "put", "puts", "bring", "brings",
        "brought", "begin", "begins", "began", "keep", "keeps", "kept", "hold", "holds", "held", "write",
        "writes", "wrote", "stand", "stands", "stood", "hear", "heard", "let", "lets", "mean", "means", "meant", "set",
        "sets", "meet", "meets", "met", "run", "runs", "ran", "pay", "pays", "paid", "sit", "speak", "speaks", "spoke", "lie",
        "lead", "leads", "led", "read", "reads", "grow", "grows", "grew", "lose", "loses", "lost", "fall", "falls", "fell", "send", "sends", "sent",
        "build", "builds", "built", "understand", "understands", "understood", "draw", "draws", "drew", "break", "breaks", "broke", "spend", "spends", "spent",
        "cut", "cuts", "rise", "rises", "rose", "drive", "drives", "drove", "buy", "buys", "bought", "wear", "choose", "chooses", "chose",
        "need", "needs", "want", "wants", "use", "uses", "work", "works", "help", "helps", "offer", "offers", "provide", "provides",
        "allow", "allows", "require", "requires", "include", "includes", "contain", "contains", "cause", "causes", "produce", "produces",
        "reduce", "reduces", "increase", "increases", "improve", "improves", "remain", "remains", "expect", "expects", "depend", "depends", "enable", "enables",
        "create", "creates", "change", "changes", "answer", "answers", "learn", "learns", "serve", "serves", "support", "supports", "turn", "turns",
        "start", "starts", "live", "lives", "believe", "believes", "happen", "happens", "carry", "carries", "follow", "follows", "act", "acts", "add", "adds", "appear", "appears",
        "call", "calls", "collect", "collects", "ensure", "ensures", "focus", "focuses", "exist", "exists", "seem", "seems", "tend", "tends", "play", "plays", "move", "moves", "like", "likes", "look", "looks", "prefer", "prefers", "try", "tries", "ask", "asks", "rely", "relies", "save", "saves", "cost", "costs", "vary", "varies", "consist", "consists",
    ],
    perhaps_verbs: &[
        "breed", "brew", "boil", "heat", "cool", "dry", "soak", "grind", "pour", "prune", "bake", "cook", "carve", "forbid", "cure", "adopt", "adapt", "assess", "assign", "assist", "attend", "automate", "benefit", "capture", "close", "collapse", "compete", "consume", "cool", "decline", "detect", "digest", "disturb", "double", "educate", "enter", "equip", "escape", "evolve", "exhibit", "expire", "expose", "express", "fund", "govern", "host", "improve", "inspire", "invite", "judge", "kill", "label", "lend", "lift", "load", "lock", "merge", "migrate", "motivate", "negotiate", "own", "oversee", "participate", "predict", "prohibit", "purchase", "quote", "rank", "rate", "rebuild", "reject", "repeat", "request", "rescue", "retire", "revolutionize", "reshape", "score", "search", "secure", "signal", "sleep", "span", "spark", "submit", "succeed", "swell", "tackle", "target", "thrive", "touch", "undergo", "unite", "vanish", "view", "violate",
        "absorb", "accept", "achieve", "affect", "agree", "aim", "apply", "arise", "arrive", "attract", "avoid", "balance", "base", "bear", "belong", "block", "book", "boost", "burn", "catch", "check",
        "combine", "communicate", "compare", "complete", "concern", "conduct", "confirm", "connect", "consider", "continue", "contribute", "control", "convert", "count", "cover", "cross", "damage", "deal", "decide", "define", "deliver",
        "demand", "demonstrate", "deserve", "design", "destroy", "determine", "develop", "differ", "direct", "disappear", "discover", "dissolve", "divide", "draft", "drink", "drop", "earn", "eat", "emphasize", "employ", "encourage",
        "engage", "enjoy", "establish", "estimate", "evaluate", "examine", "exceed", "exchange", "expand", "explain", "explore", "export", "extend", "extract", "face", "facilitate", "fail", "favor", "feed", "fight", "fill", "fit", "flow", "form", "gather", "generate",
        "guarantee", "guide", "handle", "harm", "harvest", "hate", "identify", "ignore", "illustrate", "imagine", "implement", "imply", "import", "indicate", "influence", "inform", "integrate", "introduce", "invest", "involve", "join", "lack", "last", "launch", "limit", "link", "listen", "lower", "maintain",
        "manage", "mark", "match", "matter", "measure", "mention", "mix", "monitor", "multiply", "notice", "obtain", "occur", "open", "operate", "order", "organize", "outline", "own", "pass", "perform", "permit", "pick", "place", "plan", "plant", "point", "possess", "prepare", "present", "preserve", "press", "prevent", "process", "profit", "promise", "promote",
        "protect", "prove", "publish", "pull", "push", "raise", "range", "reach", "react", "realize", "receive", "recognize", "recommend", "record", "reflect", "refer", "regulate", "relate", "release", "remove", "replace", "report", "represent", "resist", "resolve", "respond", "rest", "restore", "retain", "return", "reveal", "review", "reward", "ripen", "roast", "route", "seek",
        "select", "sell", "separate", "share", "shift", "shop", "sink", "slow", "smell", "solve", "sort", "sound", "spread", "start", "state", "stay", "steep", "stop", "store", "streamline", "strengthen", "stress", "struggle", "suffer", "suggest", "suit", "supply", "surround", "survive", "switch", "take", "talk", "taste", "teach", "test", "track", "trade", "train", "transfer", "transform", "translate", "travel", "treat", "trust", "understand", "update", "value", "visit", "vote", "wait", "walk", "warn", "wash", "waste", "watch", "weigh", "win", "wonder", "worry", "yield",
    ],
    verb_endings: &["ed", "izes", "ises", "ates", "ifies"],
    definition: &[
        "is a", "is an", "are a", "is defined as", "are defined as", "refers to", "refer to", "is called", "are called",
        "is known as", "are known as", "is the process of", "is the practice of", "is the ability", "is the study", "stands for", "means that", "is a type of", "are programs that",
    ],
    advice: &[
        "should", "must", "need to", "needs to", "ought to", "have to", "has to", "recommend", "recommends", "recommended",
        "make sure", "it is important to", "it's important to", "is essential to", "is critical to", "best practice", "avoid", "you will want to", "you may want to",
    ],
    imperatives: &[
        "use", "make", "keep", "ensure", "consider", "avoid", "provide", "identify", "create", "develop", "collect", "establish", "build",
        "give", "get", "set", "focus", "determine", "define", "review", "monitor", "measure", "train", "test", "start", "ask", "listen", "include",
        "don't", "do", "be", "try", "think", "remember", "write", "plan", "work", "track", "offer", "encourage", "share", "look", "find", "choose",
        "select", "design", "document", "let", "take", "put", "treat", "apply", "store", "rinse", "learn", "allow", "hire", "engage", "analyze", "analyse", "understand", "know", "map", "follow", "implement", "record", "limit", "publish",
    ],
    opinion: &[
        "believe", "believes", "think", "thinks", "said", "says", "argue", "argues", "argued", "predict", "predicts", "predicted",
        "according to", "suggest", "suggests", "expects", "claims", "in the opinion", "feel that", "feels that", "in my view", "likely",
    ],
    example: &["for example", "for instance", "one example", "such as when", "in one case", "a case in point"],
    passing: &[
        "soon", "recently", "currently", "right now", "upcoming", "announced", "announces", "excited", "proud", "kicked off", "kicks off", "launching",
        "is launching", "just launched", "newly", "has been hosting", "is hosting", "has been working", "is working on", "is working with", "plans to", "stepped down", "took place", "will take place",
        "most advanced", "cutting edge", "state of the art", "revolutionizing", "revolutionize", "at one time", "these days", "nowadays", "today", "this year", "as of",
    ],
    telling: &[
        "because", "leads to", "led to", "results in", "resulted in", "reduces", "reduced", "reduce", "increases",
        "increased", "increase", "improves", "improved", "improve", "saves", "saved", "save", "enables", "allows", "allow", "helps", "help", "means", "requires", "require", "depends on",
        "makes", "more than", "less than", "rather than", "instead of", "compared", "faster", "cheaper", "without", "risk", "risks", "benefit", "benefits", "cost", "costs", "causes", "prevents", "found that", "shows that", "showed that",
    ],
};

#[rustfmt::skip]
static GERMAN: Lexicon = Lexicon {
    leaning: &[
        "und", "aber", "oder", "doch", "denn", "also", "dann", "deshalb", "daher", "darum", "deswegen", "somit", "zudem",
        "außerdem", "auch", "jedoch", "trotzdem", "dennoch", "allerdings", "schließlich", "zunächst", "zum beispiel",
        "so", "dabei", "dadurch", "dafür", "dagegen", "damit", "danach", "daraus", "darin", "darüber hinaus", "davon", "dazu",
        "hier", "andererseits", "einerseits", "im gegensatz dazu", "mit anderen worten", "kurz", "erstens", "zweitens", "drittens", "weil", "was",
    ],
    leaning_with_comma: &["heute", "zunächst", "schließlich", "später", "natürlich", "leider", "ja", "nein"],
    generic: &["studie", "bericht", "projekt", "programm", "team", "unternehmen", "behörde", "ergebnis", "ergebnisse", "verfahren", "system", "autoren", "ziel"],
    pronouns: &[
        "er", "sie", "es", "ihr", "ihre", "ihnen", "ihm", "sein", "seine", "dies", "das", "diese", "dieser", "dieses", "diesem", "diesen",
        "jene", "jener", "solche", "solcher", "andere",
    ],
    quantities: &["beide", "manche", "einige", "viele", "alle", "wenige", "jede", "jeder", "jedes"],
    pointing: &["dieser", "diese", "dieses", "diesem", "diesen", "jener", "jene", "solche", "solcher", "solchen"],
    times: &["jahr", "jahre", "monat", "woche", "tag", "tage", "jahrhundert", "zeit"],
    writer: &["ich", "mein", "meine", "meiner", "mich", "mir"],
    ours: &["wir", "uns", "unser", "unsere", "unseren", "unserer"],
    reader: &["du", "dich", "dir", "dein", "deine", "euch"],
    notices: &[
        "klicken sie", "mehr erfahren", "mehr dazu", "weiterlesen", "jetzt anmelden", "newsletter", "abonnieren", "alle rechte vorbehalten",
        "datenschutz", "impressum", "siehe auch", "siehe unten", "siehe oben", "in diesem artikel", "in diesem beitrag", "in diesem abschnitt", "foto", "quelle",
        "wir freuen uns", "vielen dank", "folgen sie uns", "kontaktieren sie", "weitere informationen", "im folgenden", "folgenden",
    ],
    posts: &["leiter", "leiterin", "direktor", "direktorin", "redakteur", "redakteurin", "professor", "professorin", "autor", "autorin"],
    verbs: &[
        "ist", "sind", "war", "waren", "hat", "haben", "hatte", "hatten", "wird", "werden", "wurde", "wurden", "kann", "können", "konnte",
        "muss", "müssen", "soll", "sollen", "sollte", "darf", "dürfen", "mag", "will", "wollen", "gibt", "geben", "geht", "gehen", "macht",
        "machen", "führt", "führen", "zeigt", "zeigen", "bleibt", "bleiben", "kommt", "kommen", "steht", "stehen", "liegt", "liegen", "hilft", "helfen",
        "nutzt", "nutzen", "braucht", "brauchen", "entsteht", "entstehen", "lässt", "lassen", "bietet", "bieten", "wächst", "wachsen", "findet", "finden", "hält", "halten",
    ],
    perhaps_verbs: &[],
    verb_endings: &["te", "ten", "tet", "iert", "ieren"],
    definition: &["ist ein", "ist eine", "sind", "bezeichnet", "versteht man", "nennt man", "bedeutet"],
    advice: &["sollte", "sollten", "muss", "müssen", "empfiehlt", "empfehlen", "wichtig ist", "es ist wichtig", "vermeiden"],
    imperatives: &["nutzen", "achten", "prüfen", "vermeiden", "beachten"],
    opinion: &["glaubt", "glauben", "meint", "meinen", "sagt", "sagte", "laut", "vermutet", "erwartet", "wahrscheinlich"],
    example: &["zum beispiel", "beispielsweise", "etwa wenn"],
    passing: &["kürzlich", "demnächst", "bald", "neulich", "derzeit", "zurzeit", "heute", "in kürze", "stolz"],
    telling: &["weil", "führt zu", "senkt", "erhöht", "verbessert", "spart", "ermöglicht", "hilft", "bedeutet", "mehr als", "weniger als", "ohne", "risiko", "kosten"],
};

#[rustfmt::skip]
static FRENCH: Lexicon = Lexicon {
    leaning: &[
        "et", "mais", "ou", "donc", "or", "car", "alors", "ainsi", "cependant", "pourtant", "toutefois", "néanmoins", "de plus", "en outre",
        "par ailleurs", "aussi", "enfin", "ensuite", "puis", "d'abord", "par exemple", "en effet", "en revanche", "au contraire", "par conséquent",
        "c'est pourquoi", "autrement dit", "bref", "finalement", "premièrement", "deuxièmement", "ici", "parce",
    ],
    leaning_with_comma: &["aujourd'hui", "bien sûr", "malheureusement", "heureusement", "oui", "non", "plus tard"],
    generic: &["étude", "rapport", "projet", "programme", "équipe", "entreprise", "résultat", "résultats", "système", "auteurs", "objectif"],
    pronouns: &[
        "il", "elle", "ils", "elles", "ce", "c'est", "cela", "ça", "ceci", "ceux", "celles", "celui", "celle", "leur", "leurs", "son", "sa", "ses",
        "cet", "cette", "ces", "d'autres", "lequel", "laquelle",
    ],
    quantities: &["certains", "certaines", "plusieurs", "tous", "toutes", "beaucoup", "chacun", "chacune"],
    pointing: &["ce", "cet", "cette", "ces", "tel", "telle", "tels", "telles"],
    times: &["année", "années", "mois", "semaine", "jour", "jours", "siècle"],
    writer: &["je", "j'ai", "mon", "ma", "mes", "moi", "me"],
    ours: &["nous", "notre", "nos"],
    reader: &["tu", "vous", "votre", "vos", "ton", "ta", "tes"],
    notices: &[
        "cliquez", "en savoir plus", "lire la suite", "inscrivez-vous", "abonnez-vous", "tous droits réservés", "mentions légales", "cookies",
        "voir aussi", "ci-dessous", "ci-dessus", "dans cet article", "crédit photo", "contactez-nous", "suivez-nous", "merci", "newsletter", "suivants", "suivantes",
    ],
    posts: &["directeur", "directrice", "rédacteur", "rédactrice", "professeur", "auteur", "responsable"],
    verbs: &[
        "est", "sont", "était", "étaient", "a", "ont", "avait", "avaient", "sera", "seront", "peut", "peuvent", "doit", "doivent", "fait", "font", "va", "vont",
        "permet", "permettent", "offre", "offrent", "reste", "restent", "devient", "deviennent", "donne", "donnent", "montre", "montrent", "aide", "aident",
        "vient", "viennent", "prend", "prennent", "faut", "existe", "existent", "contient", "contiennent", "fut", "furent",
    ],
    perhaps_verbs: &[],
    verb_endings: &["aient", "ait", "èrent", "ent"],
    definition: &["est un", "est une", "sont des", "désigne", "signifie", "s'appelle", "consiste à"],
    advice: &["doit", "doivent", "il faut", "il est important", "recommande", "mieux vaut", "évitez"],
    imperatives: &["utilisez", "évitez", "pensez", "vérifiez"],
    opinion: &["pense", "pensent", "estime", "estiment", "selon", "affirme", "croit", "prévoit", "probablement"],
    example: &["par exemple", "notamment quand"],
    passing: &["récemment", "bientôt", "prochainement", "actuellement", "aujourd'hui", "dernièrement"],
    telling: &["parce que", "réduit", "augmente", "améliore", "permet", "aide", "signifie", "plus de", "moins de", "sans", "risque", "coût", "coûts"],
};

#[rustfmt::skip]
static SPANISH: Lexicon = Lexicon {
    leaning: &[
        "y", "pero", "o", "pues", "entonces", "así", "sin embargo", "no obstante", "además", "también", "por tanto", "por lo tanto", "por eso", "por ello",
        "por ejemplo", "en cambio", "al contrario", "es decir", "en resumen", "finalmente", "luego", "después", "primero", "segundo", "aquí", "porque", "aunque",
    ],
    leaning_with_comma: &["hoy", "claro", "lamentablemente", "sí", "más tarde", "por último"],
    generic: &["estudio", "informe", "proyecto", "programa", "equipo", "empresa", "resultado", "resultados", "sistema", "autores", "objetivo"],
    pronouns: &[
        "él", "ella", "ellos", "ellas", "esto", "eso", "esta", "este", "estos", "estas", "ese", "esa", "esos", "esas", "aquello", "su", "sus", "lo",
        "otros", "otras", "cual", "cuyo",
    ],
    quantities: &["algunos", "algunas", "muchos", "muchas", "todos", "todas", "ambos", "cada"],
    pointing: &["este", "esta", "estos", "estas", "ese", "esa", "esos", "esas", "dicho", "dicha", "tal", "tales"],
    times: &["año", "años", "mes", "meses", "semana", "día", "días", "siglo"],
    writer: &["yo", "mi", "mis", "me"],
    ours: &["nosotros", "nos", "nuestro", "nuestra", "nuestros", "nuestras"],
    reader: &["tú", "usted", "ustedes", "te", "tus"],
    notices: &[
        "haga clic", "haz clic", "más información", "leer más", "suscríbase", "suscríbete", "todos los derechos reservados", "política de privacidad", "cookies",
        "ver también", "en este artículo", "a continuación", "contáctenos", "síguenos", "gracias", "boletín", "siguientes",
    ],
    posts: &["director", "directora", "editor", "editora", "profesor", "profesora", "autor", "autora", "responsable"],
    verbs: &[
        "es", "son", "era", "eran", "fue", "fueron", "ha", "han", "había", "tiene", "tienen", "puede", "pueden", "debe", "deben", "hace", "hacen", "está", "están",
        "permite", "permiten", "ofrece", "ofrecen", "queda", "quedan", "da", "dan", "ayuda", "ayudan", "muestra", "muestran", "existe", "existen", "hay", "será", "serán",
        "contiene", "contienen", "necesita", "necesitan", "crece", "crecen", "usa", "usan",
    ],
    perhaps_verbs: &[],
    verb_endings: &["aron", "ieron", "aban", "ían", "ará", "arán"],
    definition: &["es un", "es una", "son los", "se define", "significa", "se llama", "consiste en"],
    advice: &["debe", "deben", "hay que", "es importante", "recomienda", "conviene", "evite"],
    imperatives: &["use", "evite", "asegúrese", "considere"],
    opinion: &["cree", "creen", "opina", "según", "afirma", "piensa", "espera", "probablemente"],
    example: &["por ejemplo"],
    passing: &["recientemente", "pronto", "próximamente", "actualmente", "hoy"],
    telling: &["porque", "reduce", "aumenta", "mejora", "permite", "ayuda", "significa", "más de", "menos de", "sin", "riesgo", "costo", "coste", "costes"],
};

static NONE: Lexicon = Lexicon {
    leaning: &[],
    leaning_with_comma: &[],
    generic: &[],
    pronouns: &[],
    quantities: &[],
    pointing: &[],
    times: &[],
    writer: &[],
    ours: &[],
    reader: &[],
    notices: &[],
    posts: &[],
    verbs: &[],
    perhaps_verbs: &[],
    verb_endings: &[],
    definition: &[],
    advice: &[],
    imperatives: &[],
    opinion: &[],
    example: &[],
    passing: &[],
    telling: &[],
};
