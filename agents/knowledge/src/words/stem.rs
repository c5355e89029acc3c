//! Light stemming: one word form to the form it is counted under.

/// English: plurals, `'s`, `-ed`, `-ing`, `-ly` and a final `-e`.
pub(super) fn english(word: &str) -> String {
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix('\'')).unwrap_or(word);
    if word.len() < 4 || !word.is_ascii() || word.bytes().any(|b| b.is_ascii_digit()) {
        return word.to_owned();
    }
    let singular = english_singular(word);
    let base = english_base(&singular);
    match base.strip_suffix('e') {
        Some(short) if short.len() >= 3 => short.to_owned(),
        Some(_) | None => base,
    }
}

fn english_singular(word: &str) -> String {
    if let Some(start) = word.strip_suffix("ies").filter(|start| start.len() >= 2) {
        return format!("{start}y");
    }
    for ending in ["sses", "shes", "ches", "xes"] {
        if word.ends_with(ending) {
            return word.get(..word.len() - 2).unwrap_or(word).to_owned();
        }
    }
    let kept = ["ss", "us", "is", "ous"].iter().any(|ending| word.ends_with(ending));
    match word.strip_suffix('s') {
        Some(start) if !kept => start.to_owned(),
        Some(_) | None => word.to_owned(),
    }
}

/// Without `-ied`, `-ed`, `-ing`, `-ly`, where a stem with a vowel of at least three letters stays.
fn english_base(word: &str) -> String {
    if let Some(start) = word.strip_suffix("ied").filter(|start| start.len() >= 2) {
        return format!("{start}y");
    }
    for ending in ["ing", "ed"] {
        if let Some(start) = word.strip_suffix(ending).filter(|start| is_stem(start)) {
            return undouble(start);
        }
    }
    match word.strip_suffix("ly") {
        Some(start) if start.len() >= 4 => start.to_owned(),
        Some(_) | None => word.to_owned(),
    }
}

fn is_stem(start: &str) -> bool {
    start.len() >= 3 && start.bytes().any(|b| b"aeiouy".contains(&b))
}

/// `planned` leaves `plann`; the doubled consonant goes, save in `ll`, `ss` and `zz` (`calling`).
fn undouble(start: &str) -> String {
    let mut ends = start.bytes().rev();
    match (ends.next(), ends.next()) {
        (Some(last), Some(before)) if last == before && !b"aeioulsz".contains(&last) => {
            start.get(..start.len() - 1).unwrap_or(start).to_owned()
        }
        (Some(_) | None, Some(_) | None) => start.to_owned(),
    }
}

/// German: umlauts and the endings of number and case.
pub(super) fn german(word: &str) -> String {
    let plain: String = word
        .chars()
        .map(|c| match c {
            'ä' => 'a',
            'ö' => 'o',
            'ü' => 'u',
            other => other,
        })
        .collect::<String>()
        .replace('ß', "ss");
    strip_first(&plain, &["ern", "em", "en", "er", "es", "e", "n", "s"], 4)
}

/// French: plurals, feminines and a few verb endings.
pub(super) fn french(word: &str) -> String {
    let word = word.rsplit('\'').next().unwrap_or(word);
    let singular = match word.strip_suffix("aux").filter(|start| start.chars().count() >= 3) {
        Some(start) => format!("{start}al"),
        None => strip_first(word, &["s", "x"], 3),
    };
    let plain: String = singular
        .chars()
        .map(|c| match c {
            'é' | 'è' | 'ê' => 'e',
            'à' | 'â' => 'a',
            'ô' => 'o',
            'î' | 'ï' => 'i',
            'û' | 'ù' => 'u',
            other => other,
        })
        .collect();
    strip_first(&plain, &["er", "ez", "e"], 4)
}

/// Spanish: accents, plurals and gender.
pub(super) fn spanish(word: &str) -> String {
    let plain: String = word
        .chars()
        .map(|c| match c {
            'á' => 'a',
            'é' => 'e',
            'í' => 'i',
            'ó' => 'o',
            'ú' | 'ü' => 'u',
            other => other,
        })
        .collect();
    strip_first(&plain, &["ces", "es", "os", "as", "s", "o", "a", "e"], 4)
}

/// The word without the first of the endings that leaves at least `keep` letters.
fn strip_first(word: &str, endings: &[&str], keep: usize) -> String {
    endings
        .iter()
        .filter_map(|ending| word.strip_suffix(ending))
        .find(|start| start.chars().count() >= keep)
        .unwrap_or(word)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_word_share_a_stem() {
        let check = |stem: fn(&str) -> String, forms: &str| {
            let stems: Vec<String> = forms.split(' ').map(stem).collect();
            assert!(stems.windows(2).all(|pair| pair[0] == pair[1]), "{forms}: {stems:?}");
        };
        check(english, "change changes changed changing");
        check(english, "agency agencies agency's");
        check(english, "service services servicing");
        check(english, "plan plans planned planning");
        check(english, "reply replies replied replying");
        check(english, "business businesses");
        check(english, "quick quickly");
        check(english, "call calls called calling");
        check(german, "kunde kunden");
        check(german, "haus hauser häuser");
        check(french, "journal journaux");
        check(french, "client clients l'client");
        check(spanish, "cliente clientes");
        check(spanish, "nación naciones");
    }

    #[test]
    fn words_that_only_look_like_forms_stay_apart() {
        let check = |one: &str, other: &str| assert_ne!(english(one), english(other));
        check("business", "busy");
        check("thing", "the");
        check("status", "stat");
        check("need", "knee");
        check("analysis", "analyst");
    }

    #[test]
    fn numbers_are_left_alone() {
        assert_eq!(english("1990s"), "1990s");
    }
}
