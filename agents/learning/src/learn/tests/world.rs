//! A world in which options are worth something: does learning find out, and does it notice when
//! that changes?

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::*;

const OPTIONS: [&str; 3] = ["a", "b", "c"];
/// Goals between two looks at the policies.
const LOOK_EVERY: u64 = 20;

/// What each option is worth, on average; a goal's score is 0 or 1.
struct World {
    worth: [f64; 3],
    chance: StdRng,
    state: State,
    stands: Stands,
    config: Config,
    goals: u64,
    won: f64,
}

impl World {
    fn new(worth: [f64; 3], seed: u64) -> Self {
        let mut config = config(100);
        config.reward.cost = 0.0;
        Self {
            worth,
            chance: StdRng::seed_from_u64(seed),
            state: State::default(),
            stands: Stands::default(),
            config,
            goals: 0,
            won: 0.0,
        }
    }

    fn share(&self, option: usize) -> f64 {
        let policy = self.stands.policy.as_ref();
        policy.map_or(1.0 / 3.0, |policy| policy.weights[OPTIONS[option]])
    }

    fn live(&mut self, goals: u64) {
        for _ in 0..goals {
            self.goals += 1;
            self.one_goal();
            if self.goals.is_multiple_of(LOOK_EVERY) {
                self.look();
            }
        }
    }

    fn one_goal(&mut self) {
        let shares: Vec<f64> = (0..3).map(|option| self.share(option)).collect();
        let sum: f64 = shares.iter().sum();
        let draw: f64 = self.chance.random::<f64>() * sum;
        let chosen =
            if draw < shares[0] { 0 } else { 1 + usize::from(draw >= shares[0] + shares[1]) };
        let score = if self.chance.random::<f64>() < self.worth[chosen] { 1.0 } else { 0.0 };
        self.won += score;
        let mut facts = story(self.goals, score, 0);
        // Without what people and readers say: the score alone.
        facts.retain(|(fact, _)| {
            !matches!(fact.what, What::Answered { .. } | What::Measured { .. })
        });
        for (mut fact, at) in facts {
            if let What::Chose { choice, .. } = &mut fact.what {
                choice.options = OPTIONS.map(str::to_owned).to_vec();
                choice.probabilities = shares.iter().map(|share| share / sum).collect();
                choice.chosen = u32::try_from(chosen).unwrap();
            }
            self.state.learn(&fact, at, &self.config);
        }
    }

    fn look(&mut self) {
        let now = at(i64::try_from(self.goals).unwrap());
        let stands = self.stands.clone();
        for ruled in rule(std::slice::from_ref(&self.state), |_| stands.clone(), now, &self.config)
        {
            self.stands.before = ruled.ruling.before;
            self.stands.policy = ruled.publish.or(self.stands.policy.take());
        }
    }
}

#[test]
fn the_best_option_is_found_and_drawn_most() {
    let mut drawn = Vec::new();
    for seed in 0..5 {
        let mut world = World::new([0.4, 0.5, 0.8], seed);
        world.live(800);
        drawn.push((world.share(2), world.won / 800.0));
    }
    println!("share of the best of 0.4, 0.5, 0.8, and goals won, after 800: {drawn:.2?}");
    for (share, won) in &drawn {
        assert!(*share > 0.7, "the best is drawn seldom: {drawn:?}");
        // Even choice wins 0.57 of the goals.
        assert!(*won > 0.64, "it paid too little: {drawn:?}");
    }
}

#[test]
fn what_is_no_longer_good_is_drawn_less() {
    let mut world = World::new([0.8, 0.4, 0.4], 3);
    // Goals begin a minute apart: an outcome counts half after 100 of them.
    world.config.policies.half_life_days = 100.0 / 1_440.0;
    world.live(600);
    assert!(world.share(0) > 0.6, "{:?}", world.stands);
    world.worth = [0.1, 0.4, 0.8];
    world.live(900);
    assert!(world.share(2) > 0.6 && world.share(0) < 0.15, "{:?}", world.stands);
}

#[test]
fn where_nothing_differs_nothing_is_closed() {
    let mut world = World::new([0.5, 0.5, 0.5], 4);
    world.live(600);
    for option in 0..3 {
        assert!(world.share(option) > 0.03, "{:?}", world.stands);
    }
}
