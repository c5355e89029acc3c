//! What a goal's outcome is worth.

use galley_schemas::feedback::Said;

use super::goal::Goal;
use crate::config::Reward;

/// An outcome: what it is worth, and how much it counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outcome {
    /// 0 to 1.
    pub reward: f64,
    /// 0 to 1: less than 1 when outside sources would decide more than they may.
    pub mass: f64,
}

/// One part of an outcome.
struct Part {
    weight: f64,
    value: f64,
    from: From,
}

/// Where a part comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    /// From Galley itself: a review, a cost.
    Inside,
    /// From the people whom the workflow asks.
    Asked,
    /// From outside.
    Outside,
}

/// The outcome of a goal; none when nothing is known of it, or nothing but its cost.
pub(super) fn outcome(goal: &Goal, config: &Reward) -> Option<Outcome> {
    let mut parts = judgements(goal, config);
    parts.extend(measures(goal, config));
    parts.retain(|part| part.weight > 0.0);
    if parts.is_empty() {
        return None;
    }
    parts.extend(cost(goal, config).filter(|part| part.weight > 0.0));
    Some(weighed(&parts, config))
}

fn judgements(goal: &Goal, config: &Reward) -> Vec<Part> {
    let scores = mean(goal.scores.values().map(|(_, score)| *score));
    let said = |said: &Said| match said {
        Said::Approved => 1.0,
        Said::Edited => config.edited,
        Said::Rejected => 0.0,
    };
    let answers = mean(goal.answers.values().map(|(_, answer)| said(answer)));
    let part = |weight, from| move |value| Part { weight, value, from };
    let scores = scores.map(part(config.review, From::Inside));
    scores.into_iter().chain(answers.map(part(config.approval, From::Asked))).collect()
}

/// Each source of an outcome has an equal share of its weight.
fn measures<'a>(goal: &'a Goal, config: &'a Reward) -> impl Iterator<Item = Part> + 'a {
    goal.measures.iter().flat_map(|(name, sources)| {
        let measure = config.outcomes.get(name);
        sources.values().filter_map(move |(_, value)| {
            let measure = measure?;
            let weight = measure.weight / count(sources.len());
            Some(Part { weight, value: measure.squash.of(*value), from: From::Outside })
        })
    })
}

fn cost(goal: &Goal, config: &Reward) -> Option<Part> {
    let micros = goal.cost?;
    #[expect(clippy::cast_precision_loss, reason = "nobody pays so much that a millionth matters")]
    let usd = micros as f64 / 1e6;
    let value = config.cost_half_usd / (config.cost_half_usd + usd);
    let value = if value.is_finite() { value } else { 0.0 };
    Some(Part { weight: config.cost, value, from: From::Inside })
}

/// The weighted mean, with outside parts held to what they may decide: what is beyond counts for
/// nothing, instead of being handed to the others.
fn weighed(parts: &[Part], config: &Reward) -> Outcome {
    let total: f64 = parts.iter().map(|part| part.weight).sum();
    let share = |part: &Part| match part.from {
        From::Inside | From::Asked => part.weight / total,
        From::Outside => (part.weight / total).min(config.source_share_max),
    };
    let outside = parts.iter().filter(|part| part.from == From::Outside);
    let outside: f64 = outside.map(share).sum();
    let held =
        if outside > config.outside_share_max { config.outside_share_max / outside } else { 1.0 };
    let share = |part: &Part| match part.from {
        From::Inside | From::Asked => share(part),
        From::Outside => share(part) * held,
    };
    let mass: f64 = parts.iter().map(share).sum();
    let worth: f64 = parts.iter().map(|part| share(part) * part.value).sum();
    Outcome { reward: if mass > 0.0 { worth / mass } else { 0.0 }, mass: mass.clamp(0.0, 1.0) }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let number = values.len();
    (number > 0).then(|| values.sum::<f64>() / count(number))
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use galley_schemas::id::Principal;

    use super::*;

    /// A goal from words: `score 0.8`, `approved`, `edited`, `rejected`, `cost 2`, `views 500 web`.
    fn goal(words: &str) -> Goal {
        let at = DateTime::from_timestamp_millis(0).unwrap();
        let mut goal = Goal::new(at);
        for (n, part) in words.split(", ").enumerate() {
            let fields: Vec<&str> = part.split(' ').collect();
            let number = || fields[1].parse::<f64>().unwrap();
            let mut says = |said| goal.answers.insert(format!("approve {n}"), (1, said));
            match fields[0] {
                "" => {}
                "score" => drop(goal.scores.insert(format!("review.{n}"), (1, number()))),
                "approved" => drop(says(Said::Approved)),
                "edited" => drop(says(Said::Edited)),
                "rejected" => drop(says(Said::Rejected)),
                "cost" => goal.cost = Some(fields[1].parse::<u64>().unwrap() * 1_000_000),
                name => {
                    let sources = goal.measures.entry(name.to_owned()).or_default();
                    sources.insert(Principal::new(fields[2]), (at, number()));
                }
            }
        }
        goal
    }

    fn check(words: &str, want: Option<(f64, f64)>) {
        let got = outcome(&goal(words), &Reward::default()).map(|o| (o.reward, o.mass));
        let near = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).abs() + (a.1 - b.1).abs() < 1e-9;
        let equal = match (got, want) {
            (Some(got), Some(want)) => near(got, want),
            (got, want) => got == want,
        };
        assert!(equal, "{words}: {got:?}, wanted {want:?}");
    }

    #[test]
    fn what_is_known_is_weighed_and_what_is_not_is_left_out() {
        check("", None);
        check("cost 1", None);
        check("score 0.8", Some((0.8, 1.0)));
        check("score 0.8, score 0.4", Some((0.6, 1.0)));
        check("score 0.8, approved", Some((0.9, 1.0)));
        check("score 0.8, rejected", Some((0.4, 1.0)));
        check("edited", Some((0.6, 1.0)));
        // Weights 0.5 and 0.1; a dollar is worth a half.
        check("score 0.8, cost 1", Some(((0.5 * 0.8 + 0.1 * 0.5) / 0.6, 1.0)));
        check("unheard 7 web", None);
    }

    #[test]
    fn outside_sources_decide_no_more_than_they_may() {
        // Alone, a source has 0.4 of the goal's worth and the rest counts for nothing.
        check("rating 5 web", Some((1.0, 0.4)));
        // Two sources with 0.25 each of the weight, beside a review of 0.5.
        check("score 0, rating 5 a, rating 5 b", Some((0.5, 1.0)));
        // Two of three quarters in all are held to 0.6.
        check("rating 5 a, views 500 b", Some(((0.4 + 0.375 * 0.5) / 0.775, 0.6)));
        // Sixteen voices for the same outcome are one outcome.
        let many: Vec<String> = (0..16).map(|n| format!("rating 5 s{n}")).collect();
        check(&format!("score 0, {}", many.join(", ")), Some((0.5, 1.0)));
    }
}
