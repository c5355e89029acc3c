//! Subjects with wildcards: `*` stands for one token, a last `>` for one or more.

/// Whether everything that a narrower pattern means is meant by a wider one. A plain subject is a
/// pattern that means itself.
pub(crate) fn covers(wider: &str, narrower: &str) -> bool {
    let (mut wide, mut narrow) = (wider.split('.'), narrower.split('.'));
    loop {
        match (wide.next(), narrow.next()) {
            (None, None) => return true,
            (Some(">"), Some(_)) => return true,
            (Some("*"), Some(token)) if token != ">" => {}
            (Some(wide), Some(narrow)) if wide == narrow => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wider: &str, narrower: &str, want: bool) {
        assert_eq!(covers(wider, narrower), want, "{wider} {narrower}");
    }

    #[test]
    fn a_pattern_covers_what_it_means_and_nothing_beside() {
        check("a.b", "a.b", true);
        check("a.b", "a.c", false);
        check("a.b", "a", false);
        check("a.*", "a.b", true);
        check("a.*", "a.b.c", false);
        check("a.>", "a.b.c", true);
        check("a.>", "a", false);
        check("a.>", "a.>", true);
        check("a.>", "a.*", true);
        check("a.*", "a.>", false);
        check("a.b", "a.*", false);
        check(">", "a", true);
        check("a.>", ">", false);
    }
}
