//! Fan-outs: one task for each item.

use serde_json::json;

use crate::script::check;

const FAN: &str = "
workflow: fan
steps:
  parts: { agent: k }
  each: { agent: k, each: '${parts}', at_most: 2, with: { item: '${item}', at: '${index}' } }
  join: { agent: k, with: { all: '${each}' } }
";

#[test]
fn outputs_stand_in_the_order_of_the_items_whoever_is_first() {
    let world = check(
        FAN,
        r#"
        submit               : submitted, offered parts#1, armed 30m
        done parts ["a","b","c"] : done parts, fanned each 3, offered each.0#1, offered each.1#1
        done each.1 "B"      : done each.1, offered each.2#1
        done each.2 "C"      : done each.2
        again each.1 "B"     : -
        done each.0 "A"      : done each.0, offered join#1
        again each.2         : -
        "#,
    );
    assert_eq!(world.offer("each.2").input, json!({"item": "c", "at": 2}));
    assert_eq!(world.offer("join").input, json!({"all": ["A", "B", "C"]}));
}

#[test]
fn nothing_to_fan_out_over_gives_an_empty_list() {
    let world = check(
        FAN,
        "
        submit       : submitted, offered parts#1, armed 30m
        done parts [] : done parts, fanned each 0, offered join#1
        ",
    );
    assert_eq!(world.offer("join").input, json!({"all": []}));
}

#[test]
fn a_task_that_rests_makes_room_for_another() {
    check(
        FAN,
        r#"
        submit                : submitted, offered parts#1, armed 30m
        done parts [1,2,3]     : done parts, fanned each 3, offered each.0#1, offered each.1#1
        fail each.0 retryable : attempt_failed each.0 GLY0999, retry each.0 1s, offered each.2#1, armed 1s
        fire                  : fired, armed 1799s
        done each.1           : done each.1, offered each.0#2
        "#,
    );
}

#[test]
fn one_item_that_fails_for_good_fails_the_goal() {
    check(
        FAN,
        "
        submit          : submitted, offered parts#1, armed 30m
        done parts [1,2] : done parts, fanned each 2, offered each.0#1, offered each.1#1
        fail each.0     : attempt_failed each.0 GLY0999, failed each.0 GLY0999, unwinding failed GLY0999, ended failed GLY0999, !disarm
        done each.1     : =stale
        ",
    );
}

#[test]
fn one_item_may_fail_where_there_is_something_to_go_on_with() {
    let world = check(
        "workflow: w
steps:
  each: { agent: k, each: '${input.list}', with: { n: '${item}' }, otherwise: { go: null } }
  join: { agent: k, with: { all: '${each}' } }",
        r#"
        submit {"list": [1, 2]} : submitted, fanned each 2, offered each.0#1, offered each.1#1, armed 30m
        fail each.0             : attempt_failed each.0 GLY0999, failed each.0 GLY0999
        done each.1 "B"         : done each.1, offered join#1
        "#,
    );
    assert_eq!(world.offer("join").input, json!({"all": [null, "B"]}));
}

#[test]
fn what_is_no_list_or_too_long_a_list_fails_its_step() {
    check(
        FAN,
        r#"
        submit          : submitted, offered parts#1, armed 30m
        done parts "no" : done parts, failed each GLY0140, unwinding failed GLY0140, ended failed GLY0140, !disarm
        "#,
    );
    let long = vec!["1"; 1_001].join(",");
    check(
        FAN,
        &format!(
            "
            submit : submitted, offered parts#1, armed 30m
            done parts [{long}] : done parts, failed each GLY0140, unwinding failed GLY0140, ended failed GLY0140, !disarm
            "
        ),
    );
}

#[test]
fn a_fan_out_over_a_step_that_was_left_out_is_empty() {
    let world = check(
        "workflow: w
steps:
  parts: { agent: k, when: 'false' }
  each: { agent: k, each: '${parts}' }
  join: { agent: k, with: { all: '${each}', parts: '${parts}' } }",
        "
        submit : submitted, skipped parts, fanned each 0, offered join#1, armed 30m
        ",
    );
    assert_eq!(world.offer("join").input, json!({"all": [], "parts": null}));
}

#[test]
fn a_wide_fan_out_is_handed_out_over_several_decisions() {
    let items = (0..100).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let mut world = check(
        "workflow: w
budget: { calls: 100 }
steps:
  each: { agent: k, each: '${input.list}', at_most: 100, allowance: { calls: 1 } }",
        "",
    );
    let submission =
        world.submission(serde_json::from_str(&format!("{{\"list\":[{items}]}}")).unwrap());
    let submit = galley_coordinator_goal::Command::Submit {
        submission,
        epoch: world.goal.epoch(),
        standing: Vec::new(),
    };
    assert_eq!(world.tell(&submit).acts.len(), 64 + 1);
    world = crate::script::play(world, "progress each.0 : -");
    let done = galley_schemas::report::Body::Done {
        output: json!(1),
        spent: galley_schemas::amount::Amount::default(),
        choices: Vec::new(),
    };
    let report = crate::world::World::report(world.offer("each.0"), done);
    let decision = world.tell(&galley_coordinator_goal::Command::Report(report));
    assert_eq!(decision.acts.len(), 36);
}
