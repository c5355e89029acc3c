//! How wide a title is in search results.

/// Pixels of a letter of 1000 units at the size that result pages use.
const FONT_PX: u32 = 20;
/// The same for descriptions.
const DESCRIPTION_FONT_PX: u32 = 14;
const UNITS: u32 = 1000;

/// The width of a text in pixels, set in Arial: the advance widths of its metric twin Helvetica
/// (Adobe font metrics). Letters with marks are as wide as without; others count as a wide letter.
pub(crate) fn px(text: &str) -> u32 {
    px_at(text, FONT_PX)
}

/// The width of a description, which is set smaller.
pub(crate) fn description_px(text: &str) -> u32 {
    px_at(text, DESCRIPTION_FONT_PX)
}

fn px_at(text: &str, font_px: u32) -> u32 {
    let units: u32 = text.chars().map(units).sum();
    (units * font_px).div_ceil(UNITS)
}

const fn units(c: char) -> u32 {
    match c {
        'i' | 'j' | 'l' | '\u{2018}' | '\u{2019}' => 222,
        '\'' => 191,
        ' ' | 'f' | 't' | 'I' | '.' | ',' | ':' | ';' | '!' | '/' | '\\' | '[' | ']' | '\u{a0}' => {
            278
        }
        'r' | '-' | '(' | ')' | '\u{201c}' | '\u{201d}' | '\u{a1}' => 333,
        '"' => 355,
        '*' => 389,
        'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' | 'J' => 500,
        '+' | '=' | '<' | '>' | '~' => 584,
        'F' | 'T' | 'Z' | '\u{bf}' | '\u{df}' => 611,
        'A' | 'B' | 'E' | 'K' | 'P' | 'S' | 'V' | 'X' | 'Y' | '&' => 667,
        'C' | 'D' | 'H' | 'N' | 'R' | 'U' | 'w' => 722,
        'G' | 'O' | 'Q' => 778,
        'm' | 'M' => 833,
        '%' => 889,
        'W' => 944,
        '\u{2014}' | '\u{2026}' | '@' => 1000,
        'a'..='z' | '0'..='9' | '?' | '$' | '#' | '_' | '\u{2013}' | 'L' => 556,
        '\u{e0}'..='\u{fc}' => 556,
        '\u{c0}'..='\u{dc}' => 722,
        _ => 800,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_add_up() {
        for (text, want) in [("", 0), ("i", 5), ("W", 19), ("Hello", 46)] {
            assert_eq!(px(text), want, "{text}");
        }
        // The rule of thumb: about sixty letters fit.
        let title = "How chatbots change the customer service of public offices";
        assert!((480..600).contains(&px(title)), "{}", px(title));
    }
}
