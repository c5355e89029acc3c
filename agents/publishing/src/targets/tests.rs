mod bench;
mod crash;
mod feats;
mod git;
mod wordpress;

use chrono::DateTime;
use galley_schemas::artifact::Digest;
use galley_schemas::id::{GoalId, TaskId};

use super::*;
use crate::rules::tests::article;
use crate::target::{Item, Mark, State};

/// An article on its way to a target.
pub(crate) fn item() -> Item {
    Item {
        mark: Mark::of(GoalId::new(uuid::Uuid::from_u128(1)), &TaskId::new("publish")),
        content: Digest::of(b"article"),
        article: article(),
        picture: None,
        published: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
        state: State::Live,
        page: None,
    }
}

#[test]
fn without_any_target_the_site_is_the_one() {
    let built = build(&Config::default()).unwrap();
    assert_eq!(built.iter().map(|named| named.name.as_str()).collect::<Vec<_>>(), ["site"]);
}

#[test]
fn a_mark_is_read_back_and_finds_its_revision() {
    let item = item();
    let mark = Mark::read(item.mark.as_str()).unwrap();
    assert_eq!(mark, item.mark);
    let page = format!("<p>x</p>{}", mark.comment(&item.revision()));
    assert_eq!(mark.revision_in(&page), Some(item.revision().as_str()));
    let other = Mark::of(mark.goal(), &TaskId::new("publish.2"));
    assert_eq!(other.revision_in(&page), None);
    for text in ["", "galley-", "galley-x-12345678", "galley-0190-1' OR 1=1"] {
        assert!(Mark::read(text).is_none(), "{text}");
    }
}
