//! The words that carry no subject, by language. Each list is sorted, for binary search.

/// English.
#[rustfmt::skip]
pub(super) static EN: &[&str] = &[
    "a", "about", "above", "across", "actually", "after", "again", "against", "ago", "all", "almost", "along",
    "already", "also", "although", "always", "am", "among", "an", "and", "another", "any", "anyone", "anything",
    "are", "aren't", "around", "as", "at", "away", "back", "be", "became", "because", "become", "becomes", "been",
    "before", "began", "behind", "being", "below", "best", "better", "between", "beyond", "both", "but", "by",
    "came", "can", "can't", "cannot", "come", "comes", "could", "couldn't", "did", "didn't", "do", "does",
    "doesn't", "doing", "don't", "done", "down", "during", "each", "either", "else", "enough", "especially",
    "etc", "even", "ever", "every", "everyone", "everything", "example", "far", "few", "find", "first",
    "following", "for", "former", "found", "from", "further", "gave", "get", "gets", "getting", "give", "given",
    "gives", "go", "goes", "going", "gone", "good", "got", "great", "had", "has", "hasn't", "have", "haven't",
    "having", "he", "he's", "help", "her", "here", "here's", "hers", "herself", "him", "himself", "his", "how",
    "however", "i", "i'd", "i'll", "i'm", "i've", "if", "in", "include", "included", "includes", "including",
    "indeed", "instead", "into", "is", "isn't", "it", "it's", "its", "itself", "just", "keep", "kept", "know",
    "known", "last", "least", "less", "let", "let's", "like", "likely", "little", "long", "look", "looking",
    "lot", "made", "mainly", "make", "makes", "making", "many", "may", "maybe", "me", "might", "mine", "more",
    "most", "mostly", "much", "must", "my", "myself", "near", "nearly", "need", "needs", "neither", "never",
    "next", "no", "nor", "not", "nothing", "now", "of", "off", "often", "on", "once", "one", "ones", "only",
    "onto", "or", "other", "others", "our", "ours", "ourselves", "out", "over", "own", "part", "particularly",
    "per", "perhaps", "please", "possible", "put", "quite", "rather", "read", "really", "recently", "same", "say",
    "says", "see", "seem", "seems", "seen", "several", "shall", "she", "should", "shouldn't", "simply", "since",
    "so", "some", "someone", "something", "sometimes", "soon", "still", "such", "take", "taken", "takes", "than",
    "that", "that's", "the", "their", "theirs", "them", "themselves", "then", "there", "there's", "therefore",
    "these", "they", "they're", "they've", "thing", "things", "think", "this", "those", "though", "through",
    "throughout", "thus", "to", "together", "too", "took", "toward", "towards", "under", "unless", "until", "up",
    "upon", "us", "use", "used", "uses", "using", "usually", "various", "very", "via", "want", "wants", "was",
    "wasn't", "way", "ways", "we", "we'll", "we're", "we've", "well", "went", "were", "weren't", "what", "what's",
    "whatever", "when", "where", "whether", "which", "while", "who", "who's", "whole", "whom", "whose", "why",
    "will", "with", "within", "without", "won't", "work", "would", "wouldn't", "yes", "yet", "you", "you'd",
    "you'll", "you're", "you've", "your", "yours", "yourself", "yourselves",
];

/// German.
#[rustfmt::skip]
pub(super) static DE: &[&str] = &[
    "ab", "aber", "alle", "allem", "allen", "aller", "allerdings", "alles", "als", "also", "am", "an", "andere",
    "anderem", "anderen", "anderer", "anderes", "auch", "auf", "aus", "außer", "außerdem", "bei", "beide",
    "beiden", "beim", "bereits", "bevor", "bin", "bis", "bisher", "bist", "da", "dabei", "dadurch", "dafür",
    "dagegen", "daher", "dahin", "damals", "damit", "danach", "dann", "daran", "darauf", "daraus", "darf",
    "darin", "darum", "darunter", "darüber", "das", "dass", "davon", "davor", "dazu", "dein", "deine", "dem",
    "den", "denen", "denn", "dennoch", "der", "deren", "des", "deshalb", "dessen", "desto", "die", "dies",
    "diese", "diesem", "diesen", "dieser", "dieses", "doch", "dort", "du", "durch", "dürfen", "ebenso", "ein",
    "eine", "einem", "einen", "einer", "eines", "einige", "einigen", "einiger", "einiges", "einmal", "er", "es",
    "etwa", "etwas", "euch", "euer", "eure", "für", "gab", "ganz", "gar", "gegen", "genau", "gerade", "gewesen",
    "gibt", "gleich", "hab", "habe", "haben", "hat", "hatte", "hatten", "hier", "hin", "hinter", "ich", "ihm",
    "ihn", "ihnen", "ihr", "ihre", "ihrem", "ihren", "ihrer", "ihres", "im", "immer", "in", "indem", "ins", "ist",
    "ja", "je", "jede", "jedem", "jeden", "jeder", "jedes", "jedoch", "jene", "jener", "jetzt", "kann", "kannst",
    "kein", "keine", "keinem", "keinen", "keiner", "können", "könnte", "könnten", "lassen", "machen", "macht",
    "man", "manche", "manchmal", "mehr", "mein", "meine", "meist", "mich", "mir", "mit", "muss", "musste",
    "möchte", "müssen", "nach", "nachdem", "neben", "nein", "nicht", "nichts", "noch", "nun", "nur", "nämlich",
    "ob", "oder", "oft", "ohne", "schon", "sehr", "sein", "seine", "seinem", "seinen", "seiner", "seines", "seit",
    "seitdem", "selbst", "sich", "sie", "sind", "so", "sobald", "sodass", "sogar", "solche", "sollen", "sollte",
    "sollten", "somit", "sondern", "sonst", "soweit", "sowie", "statt", "trotz", "trotzdem", "um", "und", "uns",
    "unser", "unsere", "unserem", "unseren", "unserer", "unter", "viel", "viele", "vielen", "vom", "von", "vor",
    "wann", "war", "waren", "warum", "was", "wegen", "weil", "weitere", "weiteren", "welche", "welchem",
    "welchen", "welcher", "welches", "wenig", "wenige", "wenn", "wer", "werde", "werden", "weshalb", "wie",
    "wieder", "will", "wir", "wird", "wo", "wobei", "wodurch", "wohl", "wollen", "worden", "wurde", "wurden",
    "während", "zu", "zudem", "zum", "zur", "zwar", "zwischen", "über",
];

/// French.
#[rustfmt::skip]
pub(super) static FR: &[&str] = &[
    "afin", "ai", "ainsi", "ais", "alors", "après", "as", "assez", "au", "aucun", "aucune", "aujourd'hui",
    "auquel", "aura", "auront", "aussi", "autant", "autre", "autres", "aux", "avaient", "avais", "avait", "avant",
    "avec", "avez", "avoir", "avons", "bien", "c", "car", "ce", "ceci", "cela", "celle", "celles", "celui",
    "cependant", "ces", "cet", "cette", "ceux", "chaque", "chez", "ci", "comme", "comment", "d", "dans", "de",
    "depuis", "dernier", "des", "desquels", "deux", "doit", "doivent", "donc", "dont", "du", "duquel", "durant",
    "dès", "elle", "elles", "en", "encore", "enfin", "entre", "envers", "es", "est", "et", "eu", "eux", "faire",
    "fait", "faut", "font", "furent", "fut", "grâce", "hors", "ici", "il", "ils", "j", "je", "jusqu", "jusque",
    "l", "la", "laquelle", "le", "lequel", "les", "lesquelles", "lesquels", "leur", "leurs", "lors", "lorsque",
    "lui", "là", "m", "ma", "mais", "malgré", "me", "mes", "mieux", "moi", "moins", "mon", "même", "mêmes", "n",
    "ne", "ni", "non", "nos", "notamment", "notre", "nous", "on", "ont", "ou", "oui", "où", "par", "parce",
    "parfois", "parmi", "pas", "pendant", "peu", "peut", "peuvent", "plus", "plusieurs", "plutôt", "pour",
    "pourquoi", "pourtant", "près", "puis", "puisque", "qu", "quand", "que", "quel", "quelle", "quelles",
    "quelque", "quelques", "quels", "qui", "quoi", "s", "sa", "sans", "sauf", "se", "selon", "sera", "seront",
    "ses", "si", "sinon", "soi", "soit", "son", "sont", "sous", "souvent", "suis", "sur", "surtout", "t", "ta",
    "tandis", "te", "tel", "telle", "telles", "tels", "tes", "toi", "ton", "toujours", "tous", "tout", "toute",
    "toutes", "trop", "très", "tu", "un", "une", "vers", "via", "voici", "voilà", "vos", "votre", "vous", "y",
    "à", "ça", "étaient", "était", "étant", "été", "être",
];

/// Spanish.
#[rustfmt::skip]
pub(super) static ES: &[&str] = &[
    "a", "acerca", "además", "ahora", "al", "algo", "alguna", "algunas", "alguno", "algunos", "algún", "allí",
    "ambos", "ante", "antes", "aquel", "aquella", "aquellas", "aquello", "aquellos", "aquí", "así", "aun",
    "aunque", "aún", "bajo", "bastante", "bien", "cada", "casi", "como", "con", "contra", "cual", "cuales",
    "cualquier", "cuando", "cuanto", "cuál", "cuándo", "cómo", "de", "debe", "deben", "debido", "del", "demás",
    "dentro", "desde", "después", "donde", "dos", "durante", "dónde", "e", "el", "ella", "ellas", "ellos",
    "embargo", "en", "encima", "entonces", "entre", "era", "eran", "eres", "es", "esa", "esas", "ese", "eso",
    "esos", "esta", "estaba", "estaban", "estamos", "estar", "estas", "este", "esto", "estos", "está", "están",
    "etc", "fue", "fueron", "gran", "ha", "haber", "había", "habían", "hace", "hacen", "hacer", "hacia", "han",
    "has", "hasta", "hay", "he", "inclusive", "incluso", "la", "las", "le", "les", "lo", "los", "luego", "me",
    "medio", "mejor", "menos", "mi", "mientras", "mis", "misma", "mismas", "mismo", "mismos", "mucha", "muchas",
    "mucho", "muchos", "muy", "más", "nada", "ni", "ninguna", "ninguno", "ningún", "no", "nos", "nosotros",
    "nuestra", "nuestras", "nuestro", "nuestros", "nunca", "o", "os", "otra", "otras", "otro", "otros", "para",
    "pero", "poca", "pocas", "poco", "pocos", "por", "porque", "pronto", "pudo", "puede", "pueden", "pues", "que",
    "quien", "quienes", "quién", "qué", "se", "según", "ser", "será", "serán", "si", "sido", "siempre", "siendo",
    "sin", "sino", "sobre", "sola", "solamente", "solo", "son", "su", "sus", "sí", "sólo", "tal", "tales",
    "también", "tampoco", "tan", "tanta", "tantas", "tanto", "tantos", "te", "tener", "tenía", "tiene", "tienen",
    "toda", "todas", "todavía", "todo", "todos", "tras", "tu", "tus", "tú", "un", "una", "unas", "uno", "unos",
    "usted", "ustedes", "va", "van", "varias", "varios", "ver", "vez", "y", "ya", "yo", "él", "ésta", "éste",
];
