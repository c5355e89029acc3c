//! The laws of the small types: ids, amounts and limits, digests, the envelope.

use chrono::{DateTime, Utc};
use galley_schemas::amount::{Amount, Limits};
use galley_schemas::artifact::{Digest, InvalidDigest};
use galley_schemas::envelope::{CloudEvent, SPEC_VERSION};
use galley_schemas::id::{
    AgentKind, EffectKey, Epoch, GoalId, InstanceId, LeaseToken, MessageId, NAME_BYTES_MAX,
    Principal, StepName, TaskId, WorkflowName,
};
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
use proptest::{collection, option};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

/// Reads what was written; its JSON must be `text` alone.
fn as_json<T: Serialize + DeserializeOwned>(id: &T, text: &str) -> T {
    let json = serde_json::to_value(id).unwrap();
    assert_eq!(json, Value::from(text));
    serde_json::from_value(json).unwrap()
}

/// An amount far from the greatest number, so that sums are exact.
fn modest() -> impl Strategy<Value = Amount> {
    amounts(0_u64..1 << 40)
}

fn any_amount() -> impl Strategy<Value = Amount> {
    amounts(any::<u64>())
}

fn amounts(part: impl Strategy<Value = u64> + Clone) -> impl Strategy<Value = Amount> {
    (part.clone(), part.clone(), part.clone(), part).prop_map(
        |(usd_micros, tokens, calls, wall_ms)| Amount { usd_micros, tokens, calls, wall_ms },
    )
}

fn limits() -> impl Strategy<Value = Limits> {
    let part = || option::of(0_u64..1 << 41);
    (part(), part(), part(), part()).prop_map(|(usd_micros, tokens, calls, wall_ms)| Limits {
        usd_micros,
        tokens,
        calls,
        wall_ms,
    })
}

/// Whether every part of `a` is at most that of `b`.
fn within(a: &Amount, b: &Amount) -> bool {
    a.minus(*b) == Amount::default()
}

fn is_name(text: &str) -> bool {
    let first = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    let all = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    first && text.len() <= NAME_BYTES_MAX && text.bytes().all(all)
}

proptest! {
    #[test]
    fn a_name_is_read_as_it_was_written(text in "[a-z][a-z0-9_-]{0,47}") {
        let step = StepName::new(text.clone()).unwrap();
        prop_assert_eq!(as_json(&step, &text), step);
        let kind: AgentKind = text.parse().unwrap();
        prop_assert_eq!(as_json(&kind, &text), kind);
        let workflow = WorkflowName::try_from(text.clone()).unwrap();
        prop_assert_eq!(as_json(&workflow, &text), workflow);
    }

    #[test]
    fn a_text_is_a_name_by_its_characters_alone(
        text in "[a-c.0A_>ä -]{0,4}|[a-z]{40,60}|\\PC{0,8}",
    ) {
        prop_assert_eq!(StepName::new(text.clone()).is_ok(), is_name(&text));
        let read = serde_json::from_value::<AgentKind>(Value::from(text.clone()));
        prop_assert_eq!(read.is_ok(), is_name(&text));
    }

    #[test]
    fn a_refusal_stays_short(text in "\\PC{0,200}") {
        if let Err(refused) = StepName::new(text) {
            prop_assert!(refused.text.chars().count() <= 60);
        }
    }

    #[test]
    fn any_text_is_an_id_that_stays_what_it_is(text in ".*") {
        prop_assert_eq!(&as_json(&TaskId::new(text.clone()), &text).to_string(), &text);
        prop_assert_eq!(&as_json(&EffectKey::new(text.clone()), &text).to_string(), &text);
        prop_assert_eq!(&as_json(&LeaseToken::new(text.clone()), &text).to_string(), &text);
        prop_assert_eq!(&as_json(&Principal::new(text.clone()), &text).to_string(), &text);
        prop_assert_eq!(&as_json(&MessageId::new(text.clone()), &text).to_string(), &text);
    }

    #[test]
    fn uuid_ids_are_read_as_they_were_written(bits in any::<u128>()) {
        let goal = GoalId::new(Uuid::from_u128(bits));
        prop_assert_eq!(goal.to_string().parse::<GoalId>(), Ok(goal));
        prop_assert_eq!(as_json(&goal, &goal.to_string()), goal);
        let instance = InstanceId::new(Uuid::from_u128(bits));
        prop_assert_eq!(as_json(&instance, &instance.to_string()).uuid().as_u128(), bits);
    }

    #[test]
    fn epochs_are_plain_numbers(epoch in any::<u64>()) {
        let json = serde_json::to_value(Epoch(epoch)).unwrap();
        prop_assert_eq!(&json, &Value::from(epoch));
        prop_assert_eq!(serde_json::from_value::<Epoch>(json).unwrap(), Epoch(epoch));
    }

    #[test]
    fn amounts_add_up(a in any_amount(), b in any_amount(), c in any_amount()) {
        prop_assert_eq!(a.plus(b), b.plus(a));
        prop_assert_eq!(a.plus(b).plus(c), a.plus(b.plus(c)));
        prop_assert_eq!(a.plus(Amount::default()), a);
        prop_assert!(within(&a, &a.plus(b)));
    }

    #[test]
    fn amounts_are_taken_away(a in any_amount(), b in any_amount(), c in any_amount()) {
        prop_assert_eq!(a.minus(Amount::default()), a);
        prop_assert_eq!(a.minus(a), Amount::default());
        prop_assert!(within(&a.minus(b), &a));
        prop_assert_eq!(a.minus(b).minus(c), a.minus(b.plus(c)));
    }

    #[test]
    fn what_was_added_can_be_taken_away(a in modest(), b in modest()) {
        prop_assert_eq!(a.plus(b).minus(b), a);
    }

    #[test]
    fn what_is_left_admits_what_the_whole_would(
        l in limits(), used in modest(), more in modest(),
    ) {
        let both = l.admits(&used) && l.left(&used).admits(&more);
        prop_assert_eq!(l.admits(&used.plus(more)), both);
        prop_assert_eq!(l.left(&used).left(&more), l.left(&used.plus(more)));
        prop_assert_eq!(l.left(&Amount::default()), l);
    }

    #[test]
    fn the_tighter_limit_admits_what_both_do(
        a in limits(), b in limits(), c in limits(), used in modest(),
    ) {
        prop_assert_eq!(a.tighter(&b).admits(&used), a.admits(&used) && b.admits(&used));
        prop_assert_eq!(a.tighter(&b), b.tighter(&a));
        prop_assert_eq!(a.tighter(&b).tighter(&c), a.tighter(&b.tighter(&c)));
        prop_assert_eq!(a.tighter(&a), a);
        prop_assert_eq!(a.tighter(&Limits::default()), a);
        prop_assert_eq!(a.tighter(&b).left(&used), a.left(&used).tighter(&b.left(&used)));
    }

    #[test]
    fn amounts_and_limits_are_read_as_they_were_written(a in any_amount(), l in limits()) {
        let json = serde_json::to_string(&(a, l)).unwrap();
        prop_assert_eq!(serde_json::from_str::<(Amount, Limits)>(&json).unwrap(), (a, l));
    }

    #[test]
    fn a_digest_is_read_as_it_was_written(bytes in collection::vec(any::<u8>(), 0..200)) {
        let digest = Digest::of(&bytes);
        prop_assert_eq!(&digest, &Digest::of(&bytes));
        prop_assert_eq!(digest.as_str().parse::<Digest>(), Ok(digest.clone()));
        prop_assert_eq!(&as_json(&digest, digest.as_str()), &digest);
        prop_assert!(digest.as_str().starts_with(digest.short()) && digest.short().len() == 12);
    }

    #[test]
    fn only_64_small_hexadecimal_digits_are_a_digest(
        text in "[0-9a-f]{62,66}|[0-9a-fA-Fg]{64}|\\PC{0,64}",
    ) {
        let digits = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let want = if digits && text.len() == 64 { Ok(text.clone()) } else { Err(InvalidDigest) };
        prop_assert_eq!(text.parse::<Digest>().map(String::from), want);
    }

    #[test]
    fn an_envelope_is_read_as_it_was_written(event in events()) {
        let json = serde_json::to_value(&event).unwrap();
        prop_assert_eq!(json.get("subject").is_some(), event.subject.is_some());
        prop_assert_eq!(json.get("traceparent").is_some(), event.traceparent.is_some());
        prop_assert_eq!(&json["type"], &Value::from(event.kind.clone()));
        prop_assert_eq!(serde_json::from_value::<CloudEvent<Amount>>(json).unwrap(), event);
    }
}

fn events() -> impl Strategy<Value = CloudEvent<Amount>> {
    let texts = (".{1,20}", ".{1,20}", option::of(".{0,20}"), option::of(".{0,55}"));
    // The years 1 to 9999, which RFC 3339 can say.
    let time = -62_135_596_800_000_i64..253_402_300_800_000;
    (texts, time, modest()).prop_map(|((id, kind, subject, traceparent), millis, data)| {
        CloudEvent {
            specversion: SPEC_VERSION.to_owned(),
            id: MessageId::new(id),
            source: "/galley/coordinator".to_owned(),
            kind,
            subject,
            time: DateTime::<Utc>::from_timestamp_millis(millis).unwrap(),
            datacontenttype: "application/json".to_owned(),
            traceparent,
            data,
        }
    })
}
