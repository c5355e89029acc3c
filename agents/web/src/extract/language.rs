//! Which language a text is in.

use whatlang::Lang;

/// How many characters are looked at.
const SAMPLE_CHARS_MAX: usize = 4000;

/// The ISO 639-1 code of the language a text is written in, when that is reasonably sure.
#[must_use]
pub fn language_of(text: &str) -> Option<String> {
    let sample: String = text.chars().take(SAMPLE_CHARS_MAX).collect();
    let info = whatlang::detect(&sample)?;
    if info.is_reliable() { code(info.lang()).map(str::to_owned) } else { None }
}

/// The ISO 639-1 code in a language tag: `en` in `en-US` or `EN_gb`.
#[must_use]
pub fn language_tag(tag: &str) -> Option<String> {
    let code = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
    let is_code = code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase());
    if is_code { Some(code) } else { None }
}

/// The two-letter code of a language that the detector knows by its ISO 639-3 code.
fn code(lang: Lang) -> Option<&'static str> {
    const CODES: &str = "afr af aka ak amh am ara ar aze az bel be ben bn bul bg cat ca ces cs cmn zh cym cy \
        dan da deu de ell el eng en epo eo est et fin fi fra fr guj gu heb he hin hi hrv hr \
        hun hu hye hy ind id ita it jav jv jpn ja kan kn kat ka khm km kor ko lat la lav lv \
        lit lt mal ml mar mr mkd mk mya my nep ne nld nl nob nb ori or pan pa pes fa pol pl \
        por pt ron ro rus ru sin si slk sk slv sl sna sn spa es srp sr swe sv tam ta tel te \
        tgl tl tha th tuk tk tur tr ukr uk urd ur uzb uz vie vi yid yi zul zu";
    CODES.split_once(lang.code())?.1.split_ascii_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_recognised() {
        for (text, want) in [
            (
                "Customer service is the assistance that a company gives to the people who buy its products.",
                "en",
            ),
            (
                "Der Kundendienst ist die Unterstützung, die ein Unternehmen den Menschen gibt, die seine Produkte kaufen.",
                "de",
            ),
            (
                "Le service à la clientèle est l'assistance qu'une entreprise donne aux personnes qui achètent ses produits.",
                "fr",
            ),
            (
                "El servicio al cliente es la ayuda que una empresa da a las personas que compran sus productos.",
                "es",
            ),
        ] {
            assert_eq!(language_of(text).as_deref(), Some(want), "{text}");
        }
        assert_eq!(language_of("AI"), None);
    }

    #[test]
    fn every_language_of_the_detector_has_a_code() {
        for lang in Lang::all() {
            assert!(code(*lang).is_some(), "{}", lang.code());
        }
    }

    #[test]
    fn tags_are_cut_to_their_language() {
        assert_eq!(language_tag("en-US").as_deref(), Some("en"));
        assert_eq!(language_tag(" DE_at ").as_deref(), Some("de"));
        assert_eq!(language_tag("english"), None);
        assert_eq!(language_tag(""), None);
    }
}
