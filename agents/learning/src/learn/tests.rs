mod world;

use std::collections::BTreeSet;

use galley_schemas::amount::Amount;
use galley_schemas::artifact::Digest;
use galley_schemas::choice::Choice;
use galley_schemas::content::ReviewVerdict;
use galley_schemas::feedback::{How, Said};
use galley_schemas::id::{Principal, TaskId, WorkflowName};
use galley_schemas::record::WorkflowRef;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use uuid::Uuid;

use super::*;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).unwrap()
}

fn goal(number: u64) -> GoalId {
    GoalId::new(Uuid::from_u128(u128::from(number)))
}

fn config(window_goals: usize) -> Config {
    let mut config = Config::default();
    config.policies.window_goals = window_goals;
    config
}

/// What is told of a goal, in order. Goals begin a minute apart.
fn story(number: u64, score: f64, option: u32) -> Vec<(Fact, DateTime<Utc>)> {
    let workflow = WorkflowRef {
        name: WorkflowName::new("article").unwrap(),
        version: Digest::of(b"article"),
    };
    let (by, task) = (Principal::new("mara"), TaskId::new("ideas"));
    let choice = Choice {
        decision: "style".to_owned(),
        options: vec!["a".to_owned(), "b".to_owned()],
        probabilities: vec![0.5, 0.5],
        chosen: option,
        policy: "uniform".to_owned(),
    };
    let review = |round: &str, score| What::Reviewed {
        task: TaskId::new(format!("review{round}")),
        score,
        verdict: ReviewVerdict::Pass,
    };
    let views = |value: u32| What::Measured {
        outcome: "views".to_owned(),
        value: f64::from(value),
        by: Principal::new("web"),
        at: at(i64::try_from(number).unwrap() + 10 + i64::from(value)),
    };
    let told = [
        What::Began { workflow, by: by.clone(), parent: None },
        What::Chose { task, choice },
        review("", 0.1),
        review("@1", score),
        What::Answered { task: TaskId::new("approve"), by, said: Said::Approved },
        What::Ended { how: How::Succeeded, code: None, spent: Amount::default() },
        views(100),
        views(500),
    ];
    let facts =
        (number * 100..).zip(told).map(|(seq, what)| Fact { goal: goal(number), seq, what });
    facts.map(|fact| (fact, at(i64::try_from(number).unwrap()))).collect()
}

fn learned(facts: &[(Fact, DateTime<Utc>)], config: &Config) -> State {
    let mut state = State::default();
    for (fact, at) in facts {
        state.learn(fact, *at, config);
    }
    state
}

/// Both, in one order of magnitude of rounding.
fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

#[test]
fn a_goal_counts_once_with_its_last_words() {
    let config = config(10);
    let state = learned(&story(1, 0.8, 1), &config);
    let stats = state.stats(&config);
    let arms = &stats.decisions["style"].arms;
    assert_eq!(arms.keys().collect::<Vec<_>>(), ["b"]);
    // Review 0.8 by 0.5, approval 1 by 0.5, 500 views 0.5 by 0.3, no cost 1 by 0.1.
    let want = (0.4 + 0.5 + 0.15 + 0.1) / 1.4;
    assert!(near(arms["b"].won, want), "{arms:?}, wanted {want}");
    assert!(near(arms["b"].won + arms["b"].lost, 1.0));
    assert!(near(arms["b"].inverse, 2.0));
}

#[test]
fn an_outcome_counts_until_its_goal_leaves_the_window_and_never_after() {
    let config = config(2);
    let facts: Vec<_> = (1..=5).flat_map(|n| story(n, 0.9, 0)).collect();
    let mut state = learned(&facts, &config);
    assert_eq!((state.window.len(), state.settled_goals), (2, 3));
    let before = state.clone();
    for (fact, at) in story(1, 0.2, 1).iter().chain(&story(3, 0.2, 1)) {
        assert_eq!(state.learn(fact, *at, &config), Learned::Late, "{fact:?}");
    }
    assert_eq!(State { late: before.late, ..state.clone() }, before);
    let late_but_held = Fact {
        goal: goal(5),
        seq: 999,
        what: What::Reviewed {
            task: TaskId::new("review@2"),
            score: 0.0,
            verdict: ReviewVerdict::Reject,
        },
    };
    assert_eq!(state.learn(&late_but_held, at(99), &config), Learned::Yes);
    assert_ne!(state.stats(&config), before.stats(&config));
}

#[test]
fn a_goal_that_never_ended_counts_only_when_it_leaves() {
    let config = config(1);
    let facts = story(1, 0.8, 0);
    let mut state = learned(&facts[..4], &config);
    assert!(state.stats(&config).decisions.is_empty());
    let (next, at) = &story(2, 0.8, 0)[0];
    state.learn(next, *at, &config);
    assert!(near(state.stats(&config).decisions["style"].arms["a"].won, 0.8));
}

#[test]
fn older_outcomes_count_less() {
    let mut config = config(10);
    config.policies.half_life_days = 1.0 / 1_440.0;
    let facts: Vec<_> = [story(1, 1.0, 0), story(3, 1.0, 1)].concat();
    let stats = learned(&facts, &config).stats(&config);
    let mass = |option: &str| {
        let arm = stats.decisions["style"].arms[option];
        arm.won + arm.lost
    };
    assert!(near(mass("a"), 0.25) && near(mass("b"), 1.0), "{stats:?}");
    let later = stats.at(at(4), config.policies.half_life_days);
    let arm = later.decisions["style"].arms["b"];
    assert!(near(arm.won + arm.lost, 0.5) && near(arm.inverse_squared, 1.0), "{arm:?}");
}

#[test]
fn a_choice_without_sense_is_refused() {
    let config = config(10);
    let told = &story(1, 0.8, 1)[1].0.what;
    let What::Chose { choice: good, .. } = told else { panic!("{told:?}") };
    let bad: [fn(&mut Choice); 7] = [
        |c| c.probabilities = vec![0.5],
        |c| c.probabilities = vec![0.9, 0.9],
        |c| c.probabilities = vec![f64::NAN, 0.5],
        |c| c.probabilities = vec![1.0, 0.0],
        |c| c.chosen = 2,
        |c| c.options = vec!["a".to_owned(), "a".to_owned()],
        |c| c.decision = "d".repeat(300),
    ];
    for spoil in bad {
        let mut choice = good.clone();
        spoil(&mut choice);
        let mut state = learned(&story(1, 0.8, 1)[..1], &config);
        let what = What::Chose { task: TaskId::new("t"), choice: choice.clone() };
        let fact = Fact { goal: goal(1), seq: 1, what };
        assert_eq!(state.learn(&fact, at(1), &config), Learned::Refused, "{choice:?}");
    }
}

#[test]
fn a_state_stays_small_whatever_goals_bring() {
    let config = config(100_000);
    let mut state = State::default();
    for number in 1..3_000 {
        for (fact, at) in story(number, 0.5, 0) {
            state.learn(&fact, at, &config);
        }
    }
    let value = state.encode(&config);
    assert!(value.len() <= STATE_BYTES_MAX);
    assert!(state.settled_goals > 0 && !state.window.is_empty());
    assert_eq!(serde_json::from_slice::<State>(&value).unwrap().position, state.position);
}

fn stories() -> impl Strategy<Value = Vec<(Fact, DateTime<Utc>)>> {
    let one = (0.0..1.0_f64, 0_u32..2);
    vec(one, 1..12).prop_map(|goals| {
        (1..).zip(goals).flat_map(|(n, (score, option))| story(n, score, option)).collect()
    })
}

proptest! {
    #[test]
    fn replays_from_anywhere_count_nothing_twice(
        facts in stories(),
        replays in vec((any::<u32>(), any::<u32>()), 0..6),
        window in 1_usize..6,
    ) {
        let config = config(window);
        let once = learned(&facts, &config);
        // Reading goes on, but again and again it begins some way back.
        let mut state = State::default();
        let mut stops: Vec<usize> = replays.iter().map(|r| r.0 as usize % facts.len()).collect();
        stops.sort_unstable();
        let mut next = 0;
        for (stop, (_, back)) in stops.iter().zip(&replays) {
            for (fact, at) in &facts[next.min(*stop)..*stop] {
                state.learn(fact, *at, &config);
            }
            next = stop.saturating_sub(*back as usize % (stop + 1));
        }
        for (fact, at) in &facts[next..] {
            state.learn(fact, *at, &config);
        }
        prop_assert_eq!(state.stats(&config), once.stats(&config));
        prop_assert_eq!(state.settled_goals, once.settled_goals);
        prop_assert_eq!(state.window, once.window);
    }

    #[test]
    fn the_order_of_a_goals_facts_does_not_matter(
        order in Just((1..8_usize).collect::<Vec<_>>()).prop_shuffle(),
        twice in vec(1..8_usize, 0..5),
    ) {
        let config = config(10);
        let facts = story(1, 0.7, 1);
        let mut shuffled = vec![facts[0].clone()];
        shuffled.extend(order.iter().chain(&twice).map(|index| facts[*index].clone()));
        let (a, b) = (learned(&facts, &config), learned(&shuffled, &config));
        prop_assert_eq!(a.window, b.window);
    }

    #[test]
    fn sums_over_partitions_are_those_over_all(facts in stories(), parts in 1_u64..4) {
        let config = config(100);
        let all = learned(&facts, &config).stats(&config);
        let mut merged = Stats::default();
        for part in 0..parts {
            let of_part = |(fact, _): &&(Fact, DateTime<Utc>)| {
                fact.goal.uuid().as_u128() % u128::from(parts) == u128::from(part)
            };
            let own: Vec<_> = facts.iter().filter(of_part).cloned().collect();
            merged.merge(&learned(&own, &config).stats(&config), &config);
        }
        let names: BTreeSet<_> = merged.decisions.keys().collect();
        prop_assert_eq!(names, all.decisions.keys().collect::<BTreeSet<_>>());
        for (name, decision) in &all.decisions {
            for (option, arm) in &decision.arms {
                let other = merged.decisions[name].arms[option];
                prop_assert!(near(arm.won, other.won), "{:?} {:?}", arm, other);
                prop_assert!(near(arm.inverse_squared, other.inverse_squared));
            }
        }
    }

    #[test]
    fn a_state_is_read_as_it_was_written(facts in stories(), window in 1_usize..6) {
        let config = config(window);
        let mut state = learned(&facts, &config);
        let read: State = serde_json::from_slice(&state.encode(&config)).unwrap();
        prop_assert_eq!(&read.horizon, &state.horizon);
        prop_assert_eq!(read.window.keys().collect::<Vec<_>>(), state.window.keys().collect::<Vec<_>>());
        let replayed = learned(&facts, &config);
        let mut again = read;
        for (fact, at) in &facts {
            again.learn(fact, *at, &config);
        }
        prop_assert_eq!(again.settled_goals, replayed.settled_goals);
    }

    #[test]
    fn nothing_that_is_told_makes_a_panic(
        whats in vec(prop_oneof![
            (any::<f64>(), any::<f64>()).prop_map(|(score, value)| vec![
                What::Reviewed { task: TaskId::new("r"), score, verdict: ReviewVerdict::Pass },
                What::Measured {
                    outcome: "views".to_owned(), value, by: Principal::new("x"), at: at(1),
                },
            ]),
            (vec(any::<f64>(), 0..4), any::<u32>()).prop_map(|(probabilities, chosen)| {
                let options = (0..probabilities.len()).map(|n| n.to_string()).collect();
                let decision = "d".to_owned();
                let policy = String::new();
                let choice = Choice { decision, options, probabilities, chosen, policy };
                vec![What::Chose { task: TaskId::new("t"), choice }]
            }),
        ], 0..20),
    ) {
        let config = config(2);
        let mut state = learned(&story(1, 0.5, 0), &config);
        for what in whats.concat() {
            state.learn(&Fact { goal: goal(1), seq: 9, what }, at(1), &config);
        }
        for ruled in rule(&[state], |_| Stands::default(), at(2), &config) {
            prop_assert!(ruled.ruling.standing.reward.is_finite());
        }
    }
}
