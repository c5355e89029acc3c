//! Whether a sentence is understood only with the one before it.

use galley_agents_knowledge::words::{Language, fold, words};

use super::sentence::Sentence;

impl Sentence<'_> {
    /// Whether it is understood only with the sentence before it.
    pub(super) fn leans(&self) -> bool {
        let first = self.first();
        let lexicon = self.lexicon;
        lexicon.leaning.iter().any(|opener| self.starts_with(opener))
            || self.opens_with_comma(lexicon.leaning_with_comma)
            || self.quantity_points_back()
            || self.generic_subject()
            || self.points_early()
            || self.someone_before_named()
            || self.object_before_named()
            || (lexicon.pronouns.contains(&first) && !self.is_expletive() && !self.is_time(1))
    }

    fn opens_with_comma(&self, openers: &[&str]) -> bool {
        let opening = self.text.split(',').next().filter(|opening| opening.len() < self.text.len());
        let Some(opening) = opening else { return false };
        let folded: Vec<String> = words(opening).map(|(_, word)| fold(word)).collect();
        folded.len() <= 3 && openers.contains(&folded.join(" ").as_str())
    }

    /// `Many were …`, `Most of them …`.
    fn quantity_points_back(&self) -> bool {
        let (second, third) = (self.word(1), self.word(2));
        let back = |word: &str| {
            self.lexicon.pointing.contains(&word)
                || self.lexicon.pronouns.contains(&word)
                || word == "the"
        };
        self.lexicon.quantities.contains(&self.first())
            && ((self.lexicon.verbs.contains(&second) && self.language == Language::English)
                || (second == "of" && back(third)))
    }

    /// `The program grew`: which one, only the text before says.
    fn generic_subject(&self) -> bool {
        let (article, noun, verb) = (self.first(), self.word(1), self.word(2));
        let definite =
            matches!(article, "the" | "der" | "die" | "das" | "le" | "la" | "el" | "los" | "las");
        let bare = self.is_verb(verb)
            || matches!(
                verb,
                "also" | "then" | "of" | "for" | "itself" | "in" | "from" | "at" | "that"
            )
            || self.text.split_whitespace().nth(1).is_some_and(|word| word.ends_with(','));
        definite && self.lexicon.generic.contains(&noun) && bare
    }

    /// `When she began …`: a pronoun before any noun that it could stand for.
    fn someone_before_named(&self) -> bool {
        const PERSONS: [&str; 8] = ["he", "she", "they", "it", "his", "her", "their", "its"];
        let opening = self.folded.iter().take(5);
        let place = opening.clone().position(|word| PERSONS.contains(&word.as_str()));
        let unnamed = |place: usize| {
            self.folded.iter().take(place).all(|word| {
                self.language.is_stop(word) || self.lexicon.times.contains(&word.as_str())
            })
        };
        // "When it comes to" names what it is about next.
        self.language == Language::English
            && place
                .is_some_and(|place| place > 0 && unnamed(place) && self.word(place + 1) != "comes")
    }

    /// `Farmers prune it …`: what is pruned was named before.
    fn object_before_named(&self) -> bool {
        const EMPTY: [&str; 14] = [
            "easier",
            "easy",
            "possible",
            "impossible",
            "harder",
            "hard",
            "clear",
            "difficult",
            "necessary",
            "simple",
            "simpler",
            "comes",
            "takes",
            "is",
        ];
        self.language == Language::English
            && (1..=4).any(|place| match self.word(place) {
                "them" => true,
                // "Chatbots make it easier to …" points nowhere.
                "it" => !EMPTY.contains(&self.word(place + 1)),
                _ => false,
            })
    }

    /// `For these callers …`: within the first words, nothing else can be meant.
    fn points_early(&self) -> bool {
        (1..5).any(|place| self.points_at(place))
    }

    pub(super) fn points_later(&self) -> bool {
        (5..self.words()).any(|place| self.points_at(place))
    }

    fn points_at(&self, place: usize) -> bool {
        let (word, after) = (self.word(place), self.word(place + 1));
        // "that" mostly joins clauses, and "such as" lists.
        let joins = matches!(word, "that" | "die" | "este" | "esta")
            || (word == "such" && matches!(after, "as" | "a" | "an"));
        self.lexicon.pointing.contains(&word) && !joins && !self.is_time(place + 1)
    }

    fn is_time(&self, place: usize) -> bool {
        self.lexicon.times.contains(&self.word(place))
    }

    /// `It is important to …`, where `it` stands for what follows.
    fn is_expletive(&self) -> bool {
        if self.language != Language::English {
            return false;
        }
        let after = [
            "it is",
            "it was",
            "it can be",
            "it may be",
            "it will be",
            "it would be",
            "it's",
            "it takes",
            "it makes",
        ]
        .iter()
        .find(|opener| self.starts_with(opener));
        let Some(opener) = after else { return false };
        let next = opener.split(' ').count();
        let about = self.word(next);
        let participle = about.ends_with("ed")
            || matches!(
                about,
                "able"
                    | "meant"
                    | "set"
                    | "built"
                    | "about"
                    | "going"
                    | "made"
                    | "here"
                    | "there"
                    | "also"
                    | "not"
            );
        let follows =
            |word: &String| matches!(word.as_str(), "to" | "that" | "when" | "how" | "for");
        !participle && self.folded.iter().skip(next + 1).take(2).any(follows)
    }
}
