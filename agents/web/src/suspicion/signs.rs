//! The wordings that give an order to a machine away. They are matched against plain text: lower case,
//! one alphabet, one space between words.

use std::sync::OnceLock;

use regex::Regex;

/// A wording, and how much it says.
#[derive(Debug)]
pub(super) struct Sign {
    pub(super) name: &'static str,
    /// 3 for one that is enough by itself, 1 for one that is not.
    pub(super) weight: u32,
    /// Whether it means an order also in the markup of a page, where code stands.
    pub(super) holds_in_markup: bool,
    pub(super) pattern: Regex,
}

/// Every sign.
pub(super) fn signs() -> &'static [Sign] {
    static SIGNS: OnceLock<Vec<Sign>> = OnceLock::new();
    SIGNS.get_or_init(|| {
        let sure = SURE.iter().map(|(name, pattern)| sign(name, 3, pattern));
        sure.chain(SLIGHT.iter().map(|pattern| sign("slight", 1, pattern))).collect()
    })
}

fn sign(name: &'static str, weight: u32, pattern: &str) -> Sign {
    let pattern = Regex::new(pattern).expect("the patterns are part of the program, and tested");
    Sign { name, weight, holds_in_markup: matches!(name, "override" | "address"), pattern }
}

/// Each is enough by itself.
#[rustfmt::skip]
const SURE: &[(&str, &str)] = &[
    // What went before is to be forgotten.
    ("override", r"\b(ignore|disregard|forget|override|bypass|discard|neglect|abandon|do not follow|don't follow|stop following|pay no attention to)\b[^.!?]{0,40}\b(previous|prior|above|earlier|preceding|foregoing|initial|system|developer|safety|your|given)\b[^.!?]{0,30}\b(instructions?|prompts?|rules|guidelines|directions|directives|commands|constraints|policies|programming|training|messages?|restrictions|safeguards|conversation)\b"),
    ("override", r"\b(ignore|disregard|forget|discard)\b[^.!?]{0,20}\b(everything|all|anything|whatever)\b[^.!?]{0,30}\b(above|before this|previously|so far|you know|you were told|you have been told|you've been told)\b"),
    ("override", r"(ignore|disregard|forget)(all|the|your|any)*(previous|prior|above|earlier|system)+(instructions|prompts?|rules)"),
    ("override", r"\b(ignorier(e|en|t)|vergiss|vergessen sie|missachten?|verwirf)\b[^.!?]{0,60}\b(anweisung(en)?|vorgaben|befehle|instruktionen|systemnachricht|auftrag)\b"),
    ("override", r"\b(ignore[zr]?|oublie[zr]?|ne tene?z pas compte|fai(s|tes) abstraction)\b[^.!?]{0,60}\b(instructions|consignes|directives|ordres)\b[^.!?]{0,20}\b(précédentes?|antérieures?|initiales?|ci-dessus|données|reçues|système)"),
    ("override", r"\b(ignor[ae]|olvid[ae]|omit[ae]|descart[ae]|haz caso omiso)\b[^.!?]{0,60}\b(instrucciones|indicaciones|órdenes|directrices)\b"),
    ("override", r"\b(ignor[ae]|dimentica|esqueç?a)\b[^.!?]{0,60}\b(istruzioni|instruções)\b"),
    ("override", r"忽略[^。]{0,20}(指令|指示|提示)|игнорируй[^.]{0,40}(инструкци|указани)|指示[^。]{0,10}無視"),
    // A machine is spoken to.
    ("address", r"\b(note|notice|attention|message|instructions?|important|hinweis|achtung|nachricht|anweisung(en)?|aviso|nota|avis|remarque|atención|attenzione)\b( \w+){0,2}:? ?(to|for|für|an|pour|aux?|à|para|per)?( (any|all|every|the|alle|les|tous les|l|el|la|las|los|your|reading|of))* (ai|a\.i\.|ki|ia|llms?|(large )?language models?|sprachmodelle?|modèles? de langage|modelos? de lenguaje|automated|autonomous)( (agents?|assistants?|models?|systems?|crawlers?|readers?|summari[sz]ers?|tools?|bots?|writers?))?\b ?(:|,|$|\.|!|who|that|which|reading|processing|only)"),
    ("address", r"\b(instructions?|orders|directives|notes?|message|section|content|block) (for|to) (any |all |the )?(ai|llm|language[ -]model|autonomous|automated) ?(agents?|assistants?|models?|crawlers?|readers?|summari[sz]ers?|writers?|bots?|s\b)"),
    ("address", r"^(for|to|dear|hey|hello|attention|an|für|pour|para)?,? ?(any |all |the )?(ai|llm|language[ -]model|autonomous|automated)[ -](agents?|assistants?|models?|systems?|crawlers?|readers?|summari[sz]ers?|bots?|writers?) ?(:|,? (only|you must|please|do not|ignore|include|should now|are (required|instructed|ordered)))"),
    ("address", r"\bif you(['’]re| are) (an? |any |the )?(\w+ )?(ai|llm|(large )?language model|ai[ -](model|assistant|agent|system)|(virtual|digital) assistant|crawler|automated (system|agent|tool|reader)|robot)\b"),
    ("address", r"\bwenn (du|sie) eine? (ki|künstliche intelligenz|sprachmodell|ki-\w+)\b|\bsi (vous êtes|tu es) une? (ia|intelligence artificielle|modèle de langage|assistant)\b|\bsi (eres|usted es) una? (ia|inteligencia artificial|modelo de lenguaje|asistente)\b"),
    ("address", r"\byou are (now|no longer|henceforth|from now on)\b[^.!?]{0,60}\b(ai|assistant|model|agent|bot|dan|mode|unrestricted|jailbroken|admin\w*|developer|bound by)\b"),
    ("address", r"\b(ais?|llms?|(language )?models?|assistants?|agents?|bots?|crawlers?|summari[sz]ers?|whoever|machines?)( (that|who|which|is|are|currently))* (reads?|reading|process(es|ing)?|pars(es?|ing)|summari[sz](es?|ing)|index(es|ing)|crawl(s|ing)|analy[sz](es?|ing)|scrap(es?|ing)|condens(es?|ing)) this (page|text|document|article|site|website|content|message|file|section|table)\b"),
    ("address", r"\bwhen(ever)? (you )?(summari[sz](e|ing)|paraphras(e|ing)|process(ing)?|condens(e|ing)) (this|the above) (page|text|document|article|site|website|content|message|file|section|source)\b"),
    // A role, a tool, or the end of the material is pretended.
    ("role", r"<\|[a-z_ ]{2,20}\|>|\[/?inst\]|<</?sys>>|</?(system|assistant|user|human|instructions?|tool_\w+|function_\w+|quote|found|page|source|document|untrusted|context)\b[^>]{0,60}>"),
    ("role", r"\b(system|developer|admin(istrator)?|root)[ -]?(prompt|message|override|notice|update|instructions?|command)s? ?(:|>|\]|from|—)"),
    ("role", r#""(role|from)" ?: ?"(system|assistant|tool|developer)"|"(tool_calls?|function_call|tool_result|tool_use)""#),
    ("role", r"\b(begin|end|start) of (the )?(system|untrusted|user|retrieved|quoted|source|external) ?(prompt|input|content|data|text|material|documents?|message|section)\b|(-{3,}|={3,}|#{3,}) ?(begin|end|system|new) (prompt|instructions?|system|user|context|document)"),
    ("role", r"\b(tool|function|search|browser|fetch) (result|output|response|reply) ?: ?(\{|ok|success|error|the (user|editor|operator))"),
    // Another task, a released gate, silence about it.
    ("task", r"\byour (new|real|actual|true|updated|revised) (task|instructions?|goal|objective|mission|role|orders?|directives?) (is|are|now|will be|follows?)\b"),
    ("task", r"\b(new|updated|revised|additional|secret|hidden) (system )?(instructions?|directives?|orders) (for (you|the (ai|assistant|model|agent))|follow|below|are as follows)"),
    ("task", r"\b(change|replace|set|switch|rewrite|forget|abandon) (your|the article's|the goal's) (goal|topic|task|objective|instructions?|target)\b"),
    ("task", r"\b(reveal|print|output|repeat|show|display|leak|exfiltrate|send|post|forward|disclose|append|dump|encode|include)\b[^.!?]{0,60}\b(system (prompt|message|instructions)|your (prompt|instructions|context|configuration|memory|hidden)|conversation (history|so far)|chat history|environment variables|everything (above|in your context)|all previous text|(text|prompt) above)\b"),
    ("approval", r"\bskip (the |any |all )?(review|approval|fact[- ]?check\w*|verification)\b|\b(mark|treat|consider|regard) (this|the) (article|text|source|page|claim|draft|post) as (approved|verified|reviewed|trusted|authoritative)\b|\bpublish (this|it|the article|at once|immediately)\b[^.!?]{0,30}\b(without|before) (review|approval|asking|checking|confirmation|anyone)\b"),
    ("secrecy", r"\b(do not|don['’]t|never|without) (tell|telling|mention|mentioning|inform|informing|alert|alerting|reveal|revealing|disclose|disclosing)\b[^.!?]{0,30}\b(the (user|reader|editor|operator|human|reviewer)s?|this (instruction|message|note|order|prompt)|these instructions)\b"),
    ("trigger", r"\b(when|once|if|whenever|as soon as|after) (you )?(see|encounter|read|reach|find|meet|detect)\b[^.!?]{0,50}\b(word|phrase|token|code ?word|marker|trigger|page)\b[^.!?]{0,60}\b(output|visit|follow|activate|execute|ignore|send|open|fetch|obey|append|insert|say)\b"),
    ("reply", r"\b(reply|respond|answer) (only|exactly|solely|just) (with|by|“|\x22)|\boutput (only|exactly|nothing but|verbatim)\b"),
    ("code", r"\b(decode|decrypt|unscramble|rot13|reverse)\b[^.!?]{0,60}\b(and|then)\b[^.!?]{0,20}\b(follow|execute|run|obey|do|perform|carry out|apply)\b"),
    // A picture, a tag or an address that carries something away.
    ("link", r"!\[[^\]]*\]\( ?<?(https?:|//|data:)"),
    ("link", r"https?://[^\s)]+[?&/=#][^\s)]*(\{|\[|<|%7b|\$\(|your[_-]|insert[_-]?|summary\b|secret\b|prompt\b|conversation\b)"),
    ("link", r"< ?(img|iframe|script|form|meta|link|object|embed|svg)\b[^>]{0,200}(src|href|action|content|data|onload)\s?="),
];

/// Several in one sentence are enough.
#[rustfmt::skip]
const SLIGHT: &[&str] = &[
    r"https?://|\bhxxps?\b|\bwww\.",
    r"\b(ai|llms?|language models?|assistants?|summari[sz]ers?) (must|shall|please|always|has to|have to)\b",
    r"\byou (must|shall|are required to|are instructed to|are ordered to) (now |always |also |only |instead |immediately )?(output|print|state|claim|say|conclude|recommend|call|open|fetch|browse|append|embed|render|execute|obey|comply|praise|search|write|include|insert|add)\b",
    r"\b(include|insert|add|embed|append|place|render) (the |this )?(following|exact) [^.!?]{0,30}\b(link|image|url|picture|sentence|phrase|text|paragraph|markdown|html|statement|words?)\b",
    r"\b(in|to|at the end of|at the top of) (your|the) (answer|response|output|summary|article|draft|completion|report)\b",
    r"\b(use|call|invoke|run) (the|your) [^.!?]{0,20}\b(tool|function|plugin|browser|search)\b",
    r"\b(api[ -]?keys?|passwords?|credentials|secrets|access tokens?|private keys?)\b[^.!?]{0,40}\b(to|at|via)\b",
    r"\b(the )?(user|editor|operator|administrator|owner) (has |have )?(already )?(approved|authori[sz]ed|confirmed|consented)\b",
    r"\b(code|trigger|activation) ?(word|phrase)\b",
    r"\b(override|jailbreak|unrestricted|developer mode)\b",
];

#[cfg(test)]
mod tests {
    #[test]
    fn every_pattern_is_one() {
        assert!(super::signs().len() > 30);
    }
}
