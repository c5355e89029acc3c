//! The laws of the port, held against every adapter. A further one is a [`place::Place`] and a line of
//! [`hold`].

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "in tests, a panic is the report"
)]

mod laws;
mod place;
mod postgres;
mod sqlite;

/// Holds every law against an adapter.
macro_rules! hold {
    ($adapter:ident is $place:ty) => {
        $crate::hold! { $adapter is $place:
            what_was_remembered_is_found_as_it_was
            remembering_a_key_again_keeps_one_entry
            of_two_with_one_key_the_later_counts
            the_limit_holds_and_the_same_state_gives_the_same_hits
            spaces_do_not_see_each_other
            what_was_forgotten_is_gone_and_forgetting_again_is_nothing
            hostile_text_is_only_text
            a_word_in_another_form_is_found
            long_texts_and_long_questions_are_taken
            a_restart_forgets_nothing
            those_who_open_at_once_share_one_memory
            four_writers_lose_nothing
            writers_of_the_same_keys_do_not_stop_each_other
            another_embedder_sees_what_was_remembered_before_it_came
            what_is_replaced_has_no_old_vector
            all_or_none_is_kept
        }
    };
    ($adapter:ident is $place:ty: $($law:ident)+) => {
        mod $adapter {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $law() {
                    let Some(place) = <$place as crate::place::Place>::make().await else { return };
                    crate::laws::$law(&place).await;
                }
            )+
        }
    };
}
use hold;

hold!(on_sqlite is crate::sqlite::File);
hold!(on_postgres is crate::postgres::Database);

/// A law that is written and not listed would never be held against anybody.
#[test]
fn every_law_is_listed() {
    let list = include_str!("main.rs");
    let laws = include_str!("laws.rs").split("pub(crate) async fn ").skip(1);
    for law in laws.filter_map(|law| law.split_once("(place: &impl Place)")).map(|(name, _)| name) {
        assert!(list.contains(&format!(" {law}\n")), "{law} is held against nobody");
    }
}
