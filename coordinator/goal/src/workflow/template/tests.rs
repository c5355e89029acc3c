//! What templates are worth, and what is said of those that are worth nothing.

use std::collections::BTreeMap;

use galley_schemas::id::StepName;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::workflow::Segment;

fn in_scope<T>(run: impl FnOnce(&Scope<'_>) -> T) -> T {
    let input = json!({ "topic": "tea", "words": 900, "audience": null });
    let goal = json!({ "id": "0192", "autonomy": "supervised" });
    let outputs: BTreeMap<StepName, Value> = [
        ("ideas", json!({ "outline": { "sections": [{ "n": 1 }, { "n": 2 }] } })),
        ("review", json!({ "score": 0.75, "verdict": "revise", "findings": 3, "b": 1, "a": 2 })),
        ("skipped", Value::Null),
        ("long", json!(vec![0; ITEMS_MAX + 1])),
    ]
    .into_iter()
    .map(|(name, output)| (StepName::new(name).unwrap(), output))
    .collect();
    let (item, index) = (json!({ "n": 7 }), json!(4));
    run(&Scope::new(&input, &goal, &outputs).of_item(&item, &index))
}

fn check(template: &Value, want: Value) {
    let compiled = Template::new(template).unwrap();
    assert_eq!(in_scope(|scope| compiled.eval(scope)), Ok(want), "{template}");
    assert_eq!(&compiled.source(), template, "its source");
    assert_eq!(Template::new(template).unwrap(), compiled);
}

#[test]
fn one_expression_keeps_its_type() {
    check(&json!("${ideas.outline.sections}"), json!([{ "n": 1 }, { "n": 2 }]));
    check(&json!("${ideas.outline.sections[1].n}"), json!(2));
    check(&json!("${input.words}"), json!(900));
    check(&json!("${item}"), json!({ "n": 7 }));
    check(&json!("${review.findings + 1}"), json!(4));
    check(&json!("${review.score >= 0.5 ? 'good' : 'bad'}"), json!("good"));
    check(&json!("${ideas.outline.sections.map(s, s.n * 10)}"), json!([10, 20]));
    check(&json!("${ideas.outline.sections.filter(s, s.n > 1)}"), json!([{ "n": 2 }]));
    check(&json!("${[index, size(ideas.outline.sections)]}"), json!([4, 2]));
}

#[test]
fn a_longer_text_is_filled_in() {
    check(&json!("on ${input.topic} in ${input.words}"), json!("on tea in 900"));
    check(&json!("${input.audience}!"), json!("!"));
    check(&json!("${ideas.outline.sections[0]}."), json!("{\"n\":1}."));
    check(&json!("$${input.topic} costs $5"), json!("${input.topic} costs $5"));
    check(&json!("${'}' + \"}\"}"), json!("}}"));
    check(&json!("a ${{'k': 1}.k} b"), json!("a 1 b"));
}

#[test]
fn expressions_may_stand_anywhere_in_a_value() {
    check(
        &json!({ "a": [1, "${input.topic}", { "b": "${index}" }], "c": "plain", "d": null }),
        json!({ "a": [1, "tea", { "b": 4 }], "c": "plain", "d": null }),
    );
}

#[test]
fn what_is_absent_is_null_in_a_path_and_in_cel() {
    check(&json!("${input.nothing.at.all}"), json!(null));
    check(&json!("${skipped.score}"), json!(null));
    check(&json!("${ideas.outline.sections[9].n}"), json!(null));
    check(&json!("${input.nothing == null && skipped.score == null}"), json!(true));
    check(&json!("${has(review.score) && !has(review.nothing)}"), json!(true));
}

#[test]
fn an_object_runs_in_the_order_of_its_keys() {
    check(&json!("${review.map(key, key)}"), json!(["score", "verdict", "findings", "b", "a"]));
    check(&json!("${[review][0]}"), in_scope(|scope| scope.root("review").unwrap().clone()));
    check(&json!("${{'b': 1, 'a': 2}}"), json!({ "a": 2, "b": 1 }));
    check(&json!("${item == item && item != review}"), json!(true));
}

fn refused(text: &str, offset: usize, message: &str) {
    let errors = Template::new(&json!({ "at": [text] })).unwrap_err();
    let [error] = errors.as_slice() else { panic!("{errors:?}") };
    assert_eq!(error.pointer, "/at/0");
    assert_eq!((error.error.offset, error.error.message.as_str()), (offset, message), "{text}");
}

#[test]
fn a_fault_says_where_it_stands() {
    refused("${", 0, "'${' without its '}'");
    refused("ä ${input.topic", 2, "'${' without its '}'");
    refused("${}", 2, "an empty expression");
    refused("${ input. }", 9, "'.' cannot stand here");
    refused("a ${1 +}", 7, "the expression ends too early");
    refused("${{'a': 1}.map(k, k)}", 14, "a map that is written here cannot be run over");
    refused("${{'a': 1} == review}", 11, "a map that is written here cannot be compared");
    refused(
        "${input.a.map(x, input.a.map(y, input.a.map(z, z)))}",
        43,
        "comprehensions nest at most 2 deep",
    );
}

fn fails(text: &str, want: &str) {
    let template = Template::new(&json!(text)).unwrap();
    let error = in_scope(|scope| template.eval(scope)).unwrap_err();
    assert_eq!(error.to_string(), want, "{text}");
}

#[test]
fn what_has_no_value_says_why() {
    fails("${nobody.x}", "'nobody' has no value here, in 'nobody.x'");
    fails("${input.topic.x}", "'input.topic.x' leads into a value that has no parts");
    fails("${1 / 0}", "'1 / 0' has no value: Division by zero of Int(1)");
    fails("${size(long)}", "a list has 1001 items, more than 1000");
    fails("${bytes('x')}", "'bytes('x')' has no value: a result of type bytes has no JSON");
}

#[test]
fn a_condition_is_true_or_false() {
    let holds = |text: &str| {
        let condition = Condition::new(text).unwrap();
        in_scope(|scope| condition.holds(scope)).map_err(|error| error.to_string())
    };
    assert_eq!(holds("review.verdict == 'revise'"), Ok(true));
    assert_eq!(holds("goal.autonomy != 'full' || review.score < 0.8"), Ok(true));
    assert_eq!(holds("${ review.score > 0.8 }"), Ok(false));
    assert_eq!(holds("false"), Ok(false));
    let want = "the condition 'review.score' is a number, not true or false";
    assert_eq!(holds("review.score"), Err(want.to_owned()));
}

#[test]
fn references_are_the_names_outside_and_their_ways() {
    let text = "${a.b.exists(x, x.c == d[0].e && has(f.g)) && type(h) == int} ${i[size(j)].k}";
    let template = Template::new(&json!({ "in": text })).unwrap();
    let shown: Vec<_> = template
        .references()
        .into_iter()
        .map(|reference| {
            let way = reference.way.iter().map(|segment| match segment {
                Segment::Key(key) => format!(".{key}"),
                Segment::Index(index) => format!("[{index}]"),
            });
            format!("{}:{}{}", reference.offset, reference.root, way.collect::<String>())
        })
        .collect();
    assert_eq!(shown, ["0:a.b", "21:d[0].e", "35:f", "49:h", "0:i", "7:j"]);
}

#[test]
fn a_fan_out_needs_a_list() {
    let items = |text: &str| {
        let template = Template::new(&json!(text)).unwrap();
        in_scope(|scope| template.items(scope)).map_err(|error| error.to_string())
    };
    assert_eq!(items("${ideas.outline.sections}").map(|items| items.len()), Ok(2));
    assert_eq!(items("${skipped.sections}"), Ok(vec![]));
    assert_eq!(items("${input.topic}"), Err("the fan-out is over a text, not a list".into()));
    assert_eq!(items("${long}"), Err("a list has 1001 items, more than 1000".into()));
}

#[test]
fn a_plain_path_borrows_what_it_leads_to() {
    let input = json!({ "a": { "b": [1, 2, 3] } });
    let outputs: BTreeMap<StepName, Value> = BTreeMap::new();
    let scope = Scope::new(&input, &Value::Null, &outputs);
    let value = Expression::parse("input.a.b").unwrap().eval(&scope).unwrap();
    assert!(matches!(value, Cow::Borrowed(value) if std::ptr::eq(value, &input["a"]["b"])));
}

/// Parts of expressions, put together at random; some of the results compile.
fn soup() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "input.words",
        "input.topic",
        "review",
        "review.score",
        "item.n",
        "skipped",
        "index",
        "ideas.outline.sections",
        ".map(s, s.n)",
        ".filter(s, s > 1)",
        ".exists(s, true)",
        ".size()",
        "size(",
        "[",
        "]",
        "(",
        ")",
        "{'k': ",
        "}",
        "'a'",
        "1",
        "1.5",
        "null",
        "true",
        " + ",
        " - ",
        " * ",
        " / ",
        " % ",
        " == ",
        " != ",
        " < ",
        " in ",
        " && ",
        " || ",
        " ? ",
        " : ",
        "!",
        "-",
        ", ",
        "[0]",
        ".n",
        "has(",
        ".matches('a+')",
        "string(",
        "int(",
        "type(",
        "optional.of(",
        ".?n",
        "b",
        "u",
        "9223372036854775807",
    ]);
    prop::collection::vec(parts, 1..9).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn an_expression_has_the_same_value_every_time(text in soup()) {
        if let Ok(expression) = Expression::parse(&text) {
            let eval = || in_scope(|scope| expression.eval(scope).map(Cow::into_owned));
            let (one, other) = (eval(), eval());
            prop_assert_eq!(one.is_ok(), other.is_ok());
            if let (Ok(one), Ok(other)) = (one, other) {
                prop_assert_eq!(one.to_string(), other.to_string());
            }
        }
    }
}
