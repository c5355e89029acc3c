//! The sample documents that come with Galley: short factual texts about coffee, written for the project.
//!
//! `galley run` without `--sources` reads them, whatever the topic is. A topic that they know something
//! about ("How coffee gets from the plant to the cup", "What caffeine does to the body") becomes an article
//! with evidence from several of them; they overlap on purpose. A topic that they do not touch ends with
//! little or no evidence, which is the honest outcome. All addresses are under `example.org`, which is
//! reserved for examples.

/// The samples, as (file name, bytes), in the order of their names.
#[must_use]
pub fn samples() -> &'static [(&'static str, &'static [u8])] {
    SAMPLES
}

static SAMPLES: &[(&str, &[u8])] = &[
    ("brewing-methods.md", include_bytes!("../samples/brewing-methods.md")),
    ("caffeine-and-the-body.md", include_bytes!("../samples/caffeine-and-the-body.md")),
    ("chemistry-of-brewing.md", include_bytes!("../samples/chemistry-of-brewing.md")),
    ("coffee-and-climate.md", include_bytes!("../samples/coffee-and-climate.md")),
    ("coffee-roasting.md", include_bytes!("../samples/coffee-roasting.md")),
    ("coffee-trade.md", include_bytes!("../samples/coffee-trade.md")),
    ("decaffeination.md", include_bytes!("../samples/decaffeination.md")),
    ("espresso.md", include_bytes!("../samples/espresso.md")),
    ("freshness-and-storage.md", include_bytes!("../samples/freshness-and-storage.md")),
    ("growing-regions.md", include_bytes!("../samples/growing-regions.md")),
    ("harvest-and-processing.md", include_bytes!("../samples/harvest-and-processing.md")),
    ("history-of-coffee.md", include_bytes!("../samples/history-of-coffee.md")),
    ("the-coffee-plant.md", include_bytes!("../samples/the-coffee-plant.md")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_names_its_title_and_an_address_that_nobody_owns() {
        assert!(samples().len() >= 12);
        assert!(samples().is_sorted());
        for (name, bytes) in samples() {
            let text = std::str::from_utf8(bytes).unwrap();
            for field in ["title: ", "date: ", "author: ", "source: https://example.org/"] {
                assert!(
                    text.lines().take(7).any(|line| line.starts_with(field)),
                    "{name}: {field}"
                );
            }
        }
    }
}
