//! One contract suite over every adapter of the bus.
//!
//! The laws are those in the documentation of the ports (`bus/core`); each is a function here, in
//! the module of its port. An adapter plugs in by a [`Harness`] and `suite!(ItsHarness)`, which makes
//! one test of each law:
//!
//! ```text
//!   struct Embedded { … }
//!   impl Harness for Embedded { … }
//!   galley_tests_contract::suite!(Embedded);
//! ```
//!
//! Nothing here sleeps: time passes by waiting for something on the bus that does not come.

pub mod alarms;
pub mod artifacts;
pub mod broadcast;
pub mod calls;
pub mod crash;
pub mod kv;
pub mod log;
pub mod manual_clock;
pub mod nats_server;
pub mod queue;
pub mod wire;

mod samples;

use std::future::Future;
use std::time::Duration;

use galley_bus_core::topology::Stream;
use galley_bus_core::{BoxError, Bus};

/// How a law ends: kept, or with what the bus answered instead.
pub type Outcome = Result<(), BoxError>;

/// The real part that a law needs is not here. Where it need not be, the law is not held against
/// anybody, and the test says so.
#[derive(Debug)]
pub struct Absent {
    /// What is missing, and how it could be had.
    pub why: String,
}

impl std::fmt::Display for Absent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not run: {}", self.why)
    }
}

impl std::error::Error for Absent {}

/// Passes a test over that could not be run, with a line that says so.
///
/// # Errors
/// What the test ended with otherwise.
#[expect(clippy::print_stdout, reason = "what was not run must not look as if it was")]
pub fn pass_over(outcome: Outcome) -> Outcome {
    match outcome {
        Err(error) if error.is::<Absent>() => {
            println!("{error}");
            Ok(())
        }
        outcome => outcome,
    }
}

/// Longest wait for what must come. What comes, comes long before; so this is no delay.
pub const SOON: Duration = Duration::from_secs(20);
/// How long to wait for what must not come.
pub const NEVER: Duration = Duration::from_millis(150);

/// An adapter under test, with nothing in it at first.
pub trait Harness: Sized + Send {
    /// A bus of its own, with these streams.
    fn open(streams: Vec<Stream>) -> impl Future<Output = Result<Self, BoxError>> + Send;

    /// The ports.
    fn bus(&self) -> Bus;

    /// The ports as another process has them, on the same bus.
    fn other(&mut self) -> impl Future<Output = Result<Bus, BoxError>> + Send;

    /// Ends every process without any cleaning up, and starts one again. The ports of before are
    /// dead; [`Harness::bus`] gives new ones.
    fn crash(&mut self) -> impl Future<Output = Outcome> + Send;
}

/// Makes one test of each law.
#[macro_export]
macro_rules! suite {
    ($harness:ident) => {
        $crate::laws! { $harness
            log {
                an_append_where_the_log_ends_is_kept
                an_append_elsewhere_is_a_conflict_and_stores_nothing
                of_many_appends_at_the_same_place_one_wins
                records_survive_a_crash
                records_come_in_order_each_once
                a_record_may_be_large_but_not_too_large
                a_wait_for_a_change_ends_with_an_append
                a_wait_for_a_change_ends_with_an_append_of_another_process
                a_wait_for_a_change_ends_in_time
                a_purge_takes_what_it_was_asked_to_and_no_more
            }
            queue {
                what_is_published_is_delivered_as_it_was_until_it_is_settled
                what_is_not_settled_survives_a_crash_and_what_is_does_not_return
                a_message_on_loan_is_not_delivered_again
                a_loan_that_ran_out_is_delivered_again
                a_loan_in_progress_does_not_run_out
                a_retry_comes_no_sooner_than_asked
                a_loan_that_is_out_again_cannot_be_settled_by_the_first
                a_late_settle_counts_until_the_message_is_out_again
                a_consumer_has_no_more_loans_than_it_may
                the_same_id_is_kept_once_in_its_window
                the_same_id_is_kept_again_after_its_window
                a_subject_keeps_its_order
                places_rise_in_the_order_of_publishing
                many_pullers_never_share_a_loan
                a_pull_wakes_for_a_message
                a_pull_wakes_for_a_message_of_another_process
                every_consumer_gets_its_own
                a_new_consumer_sees_what_is_kept
                a_message_without_a_queue_is_refused
                a_message_may_be_large_but_not_too_large
                a_full_stream_refuses_until_there_is_room
                a_message_is_not_kept_past_its_age
                a_dropped_pull_leaves_no_loan
                depth_counts_what_is_before_and_what_is_out
            }
            calls {
                a_request_is_answered_by_one_server
                a_reply_reaches_its_caller_only
                a_subject_that_nobody_serves_is_refused_at_once
                a_request_without_an_answer_times_out
                a_server_has_a_bounded_number_unread
            }
            broadcast {
                a_listener_hears_its_subjects_in_order
                a_listener_that_is_behind_loses_the_oldest
                nobody_need_listen
            }
            alarms {
                an_alarm_goes_off_at_its_time
                an_alarm_past_due_goes_off_at_once
                an_alarm_goes_off_once_however_many_look
                an_alarm_takes_the_place_of_the_one_before
                a_disarmed_alarm_does_not_go_off
                an_alarm_goes_off_after_a_crash
                an_alarm_that_no_queue_would_take_is_refused
                a_recurrence_that_cannot_be_read_is_refused
            }
            kv {
                a_value_is_read_as_it_was_put
                of_many_puts_that_expect_the_same_one_wins
                an_expectation_that_does_not_hold_changes_nothing
                revisions_rise_with_every_put
                counting_together_loses_nothing
                values_survive_a_crash
                a_value_past_its_time_is_gone
                a_put_without_a_time_stays
                keys_are_sorted_and_limited_to_their_prefix
                what_is_no_key_is_refused_and_not_found
                a_value_may_be_large_but_not_too_large
                a_watch_gives_what_is_there_then_what_changes
                a_watch_sees_a_value_run_out
                a_watch_sees_changes_of_another_process
            }
            artifacts {
                what_is_stored_is_read_as_it_was
                the_same_bytes_have_the_same_reference
                an_artifact_survives_a_crash
                what_was_never_stored_is_missing
                an_artifact_may_be_large_but_not_too_large
            }
        }
    };
}

/// The other half of [`suite!`].
#[doc(hidden)]
#[macro_export]
macro_rules! laws {
    ($harness:ident $($port:ident { $($law:ident)+ })+) => {
        $(
            mod $port {
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $law() -> $crate::Outcome {
                        $crate::pass_over($crate::$port::$law::<super::$harness>().await)
                    }
                )+
            }
        )+
    };
}

#[cfg(test)]
mod tests {
    /// A law that is written and not listed would never be held against anybody.
    #[test]
    fn every_law_is_listed() {
        let list = include_str!("lib.rs");
        let ports = [
            include_str!("alarms.rs"),
            include_str!("artifacts.rs"),
            include_str!("broadcast.rs"),
            include_str!("calls.rs"),
            include_str!("kv.rs"),
            include_str!("log.rs"),
            include_str!("queue.rs"),
            include_str!("queue/bounds.rs"),
        ];
        let mut laws = 0;
        for line in ports.iter().flat_map(|text| text.lines()) {
            if let Some(rest) = line.strip_prefix("pub async fn ") {
                let law = rest.split_once('<').map_or(rest, |(law, _)| law);
                assert!(list.lines().any(|line| line.trim() == law), "{law} is not in suite!");
                laws += 1;
            }
        }
        assert!(laws > 60, "only {laws} laws were found");
    }
}
