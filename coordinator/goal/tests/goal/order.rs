//! What goes before what.

use crate::script::check;

#[test]
fn a_step_that_was_left_out_counts_as_over() {
    check(
        "workflow: w
steps:
  a: { agent: k, when: \"input.deep == true\" }
  b: { agent: k, after: [a] }",
        r#"
        submit {"deep": false} : submitted, skipped a, offered b#1, armed 30m
        "#,
    );
}

#[test]
fn what_does_not_depend_on_each_other_goes_side_by_side() {
    check(
        "workflow: w
steps:
  a: { agent: k, within: 30m }
  b: { agent: k, within: 10m }
  c: { agent: k, after: [a, b] }",
        "
        submit : submitted, offered a#1, offered b#1, armed 10m
        done b : done b
        fire   : fired, armed 20m
        done a : done a, offered c#1
        done c : done c, ended succeeded, !disarm
        ",
    );
}

#[test]
fn autonomy_decides_what_is_asked() {
    let mut world = check(
        "workflow: w
steps:
  draft: { agent: k }
  approve: { approval: {}, when: \"goal.autonomy != 'full' || draft.score < 0.8\" }
  publish: { agent: k, with: { a: '${draft}' } }",
        "",
    );
    let mut submission = world.submission(serde_json::json!({}));
    submission.autonomy = galley_schemas::input::Autonomy::Full;
    world.tell(&galley_coordinator_goal::Command::Submit {
        submission,
        epoch: galley_schemas::id::Epoch(0),
        standing: Vec::new(),
    });
    crate::script::play(
        world,
        r#"done draft {"score": 0.9} : done draft, skipped approve, offered publish#1"#,
    );
}
