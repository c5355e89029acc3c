//! Writes to the outside world happen once.

use crate::script::check;

const PUBLISH: &str = "
workflow: w
steps:
  publish: { agent: publishing, retry: { times: 2, first: 5s } }
";

#[test]
fn a_write_is_announced_done_settled_and_never_done_again() {
    check(
        PUBLISH,
        "
        submit                   : submitted, offered publish#1, armed 30m
        intend publish post      : intended publish post
        settle publish post done : settled publish post done
        settle publish post done : -
        intend publish post      : =already \"url\"
        fail publish retryable   : attempt_failed publish GLY0999, retry publish 5s, armed 5s
        fire                     : fired, offered publish#2, armed 30m
        intend publish post      : =already \"url\"
        done publish             : done publish, ended succeeded, !disarm
        ",
    );
}

#[test]
fn whoever_announces_again_before_it_is_settled_asks_the_target_first() {
    check(
        PUBLISH,
        "
        submit              : submitted, offered publish#1, armed 30m
        intend publish post : intended publish post
        intend publish post : =reconcile
        fire                : fired, attempt_failed publish GLY0160, retry publish 5s, armed 5s
        intend publish post : =stale
        fire                : fired, offered publish#2, armed 30m
        intend publish post : =reconcile
        settle publish post not_done : settled publish post not_done
        intend publish post : intended publish post
        settle publish post done     : settled publish post done
        done publish        : done publish, ended succeeded, !disarm
        ",
    );
}

#[test]
fn a_write_that_nobody_can_tell_of_waits_for_a_person() {
    check(
        PUBLISH,
        "
        submit                      : submitted, offered publish#1, armed 30m
        intend publish post         : intended publish post
        settle publish post unknown : settled publish post unknown
        done publish                : =stale
        fire                        : fired
        answer publish ann approve  : =refused GLY0175
        answer publish ann happened \"url\" : answered publish ann happened, offered publish#2, armed 30m
        intend publish post         : =already \"url\"
        done publish                : done publish, ended succeeded, !disarm
        ",
    );
}

#[test]
fn a_task_that_fails_with_a_write_in_doubt_waits_for_a_person() {
    check(
        PUBLISH,
        "
        submit              : submitted, offered publish#1, armed 30m
        intend publish post : intended publish post
        fail publish        : attempt_failed publish GLY0999, settled publish post unknown
        answer publish ann did_not_happen : answered publish ann did_not_happen, offered publish#2
        fail publish        : attempt_failed publish GLY0999, failed publish GLY0999, unwinding failed GLY0999, ended failed GLY0999, !disarm
        ",
    );
}

#[test]
fn a_write_that_did_not_happen_may_be_done_again() {
    check(
        PUBLISH,
        "
        submit                      : submitted, offered publish#1, armed 30m
        intend publish post         : intended publish post
        settle publish post unknown : settled publish post unknown
        answer publish ann did_not_happen : answered publish ann did_not_happen, offered publish#2
        intend publish post         : intended publish post
        settle publish post done    : settled publish post done
        done publish                : done publish, ended succeeded, !disarm
        ",
    );
}

#[test]
fn a_result_with_an_open_write_is_refused() {
    check(
        PUBLISH,
        "
        submit                   : submitted, offered publish#1, armed 30m
        settle publish post done : =malformed GLY0165
        intend publish post      : intended publish post
        done publish             : attempt_failed publish GLY0164, retry publish 5s, armed 5s, =malformed GLY0164
        ",
    );
}

#[test]
fn a_stop_fences_off_a_write_that_was_not_announced() {
    check(
        PUBLISH,
        "
        submit              : submitted, offered publish#1, armed 30m
        intend publish post : intended publish post
        stop goal           : stopped goal, !disarm
        intend publish more : =stale
        settle publish post done : =stale
        resume goal         : resumed goal, offered publish#1, armed 30m
        intend publish post : =reconcile
        ",
    );
}
