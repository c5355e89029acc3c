//! Revision: bounded rounds, an early end without progress, the best round kept.

use serde_json::json;

use crate::script::check;

const LOOP: &str = "
workflow: loop
steps:
  plan: { agent: k }
  draft: { agent: k, with: { plan: '${plan}' } }
  seo: { agent: k, with: { draft: '${draft}' } }
  review:
    agent: k
    with: { article: '${seo}', plan: '${plan}' }
    revise: { from: draft, when: \"review.verdict == 'revise'\", rounds: 2 }
  publish: { agent: k, with: { article: '${seo}', review: '${review}', draft: '${draft}' } }
";

#[test]
fn another_round_opens_the_steps_between_again_with_what_is_to_be_revised() {
    let world = check(
        LOOP,
        r#"
        submit      : submitted, offered plan#1, armed 30m
        done plan   : done plan, offered draft#1
        done draft "d0" : done draft, offered seo#1
        done seo "s0"   : done seo, offered review#1
        done review {"verdict": "revise", "score": 0.5} : done review, revised review draft@1, offered draft@1#1
        again draft "d0" : =stale
        done draft@1 "d1" : done draft@1, offered seo@1#1
        done seo@1 "s1" : done seo@1, offered review@1#1
        done review@1 {"verdict": "pass", "score": 0.4} : done review@1, offered publish#1
        done publish : done publish, ended succeeded, !disarm
        "#,
    );
    let revision = |task: &str| serde_json::to_value(&world.offer(task).revision).unwrap();
    let review = json!({"verdict": "revise", "score": 0.5});
    assert_eq!(revision("draft"), json!(null));
    assert_eq!(revision("draft@1"), json!({"round": 1, "review": review, "previous": "d0"}));
    assert_eq!(revision("review@1"), json!({"round": 1, "review": review, "previous": review}));
    assert_eq!(world.offer("publish").input["article"], json!("s1"));
    assert_eq!(world.offer("publish").revision, None);
}

#[test]
fn without_progress_the_best_round_is_kept_as_a_whole() {
    let world = check(
        LOOP,
        r#"
        submit      : submitted, offered plan#1, armed 30m
        done plan   : done plan, offered draft#1
        done draft "d0" : done draft, offered seo#1
        done seo "s0"   : done seo, offered review#1
        done review {"verdict": "revise", "score": 0.5} : done review, revised review draft@1, offered draft@1#1
        done draft@1 "d1" : done draft@1, offered seo@1#1
        done seo@1 "s1" : done seo@1, offered review@1#1
        done review@1 {"verdict": "revise", "score": 0.5} : done review@1, revision_ended review kept 0, offered publish#1
        "#,
    );
    let review = json!({"verdict": "revise", "score": 0.5});
    let want = json!({"article": "s0", "review": review, "draft": "d0"});
    assert_eq!(world.offer("publish").input, want);
}

#[test]
fn rounds_are_bounded_even_while_scores_rise() {
    let world = check(
        LOOP,
        r#"
        submit      : submitted, offered plan#1, armed 30m
        done plan   : done plan, offered draft#1
        done draft "d0" : done draft, offered seo#1
        done seo "s0"   : done seo, offered review#1
        done review {"verdict": "revise", "score": 0.5} : done review, revised review draft@1, offered draft@1#1
        done draft@1 "d1" : done draft@1, offered seo@1#1
        done seo@1 "s1" : done seo@1, offered review@1#1
        done review@1 {"verdict": "revise", "score": 0.6} : done review@1, revised review draft@2, offered draft@2#1
        done draft@2 "d2" : done draft@2, offered seo@2#1
        done seo@2 "s2" : done seo@2, offered review@2#1
        done review@2 {"verdict": "revise", "score": 0.7} : done review@2, revision_ended review kept 2, offered publish#1
        "#,
    );
    assert_eq!(world.offer("publish").input["article"], json!("s2"));
}

#[test]
fn a_review_without_a_score_goes_on_to_the_bound() {
    check(
        "workflow: w
steps:
  draft: { agent: k, revise: { from: draft, when: 'draft.again', rounds: 1 } }",
        r#"
        submit : submitted, offered draft#1, armed 30m
        done draft {"again": true} : done draft, revised draft draft@1, offered draft@1#1
        done draft@1 {"again": true} : done draft@1, revision_ended draft kept 1, ended succeeded, !disarm
        "#,
    );
}

#[test]
fn a_fan_out_in_a_round_gets_back_what_each_item_gave() {
    let world = check(
        "workflow: w
steps:
  parts: { agent: k, each: '${input.list}', with: { n: '${item}' } }
  review: { agent: k, with: { parts: '${parts}' }, revise: { from: parts, when: 'review.again', rounds: 1 } }",
        r#"
        submit {"list": [1, 2]}     : submitted, fanned parts 2, offered parts.0#1, offered parts.1#1, armed 30m
        done parts.0 "a"            : done parts.0
        done parts.1 "b"            : done parts.1, offered review#1
        done review {"again": true} : done review, revised review parts@1, fanned parts 2, offered parts.0@1#1, offered parts.1@1#1
        "#,
    );
    assert_eq!(world.offer("parts.1@1").revision.as_ref().unwrap().previous, json!("b"));
}

#[test]
fn who_reads_from_inside_of_a_loop_waits_until_it_is_decided() {
    check(
        "workflow: w
steps:
  draft: { agent: k }
  social: { agent: k, with: { draft: '${draft}' } }
  review: { agent: k, with: { draft: '${draft}' }, revise: { from: draft, when: 'review.again', rounds: 1 } }",
        r#"
        submit                      : submitted, offered draft#1, armed 30m
        done draft                  : done draft, offered review#1
        done review {"again": true} : done review, revised review draft@1, offered draft@1#1
        done draft@1                : done draft@1, offered review@1#1
        done review@1 {"again": false} : done review@1, offered social#1
        "#,
    );
}

#[test]
fn a_condition_without_a_value_fails_the_goal() {
    check(
        "workflow: w
steps:
  draft: { agent: k, revise: { from: draft, when: 'draft.again', rounds: 1 } }",
        r#"
        submit : submitted, offered draft#1, armed 30m
        done draft {"again": "perhaps"} : done draft, unwinding failed GLY0140, ended failed GLY0140, !disarm
        "#,
    );
}
