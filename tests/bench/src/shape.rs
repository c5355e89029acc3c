//! What the goals look like that are run: their workflow, and how many steps that is.

use std::fmt;

/// Text that goes into every step and comes out of it: about as much as a step's references take.
pub const TEXT: &str =
    "How AI chatbots change customer service: what is measured, what is claimed, and who says so";
/// The kind that gives back what it is given.
pub const NOOP: &str = "noop";
/// The kind that makes a list for others.
pub const LISTER: &str = "lister";

/// What a goal looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// So many steps, one after the other.
    Chain(u32),
    /// One step that makes a list, so many at once over it, and one after them.
    Fan(u32),
}

impl Shape {
    /// The workflow's name.
    #[must_use]
    pub fn workflow(self) -> String {
        match self {
            Self::Chain(steps) => format!("bench-chain-{steps}"),
            Self::Fan(width) => format!("bench-fan-{width}"),
        }
    }

    /// How many steps a goal has, each of a fan-out counted.
    #[must_use]
    pub const fn steps(self) -> u32 {
        match self {
            Self::Chain(steps) => steps,
            Self::Fan(width) => width + 2,
        }
    }

    /// How many tasks are handed out when so many were reported.
    #[must_use]
    pub const fn handed_out_after(self, reported: u32) -> u32 {
        match self {
            Self::Chain(steps) => (reported < steps) as u32,
            Self::Fan(width) if reported == 1 => width,
            Self::Fan(width) => (reported == 0 || reported == width + 1) as u32,
        }
    }

    /// The workflow. Every step may use next to nothing, so that a budget carries all of them at once.
    #[must_use]
    pub fn text(self) -> String {
        const INPUT: &str = "input: { type: object, required: [text], properties: { text: { type: string } } }\n\
             budget: { usd: 100, tokens: 1000000, wall: 24h }\nsteps:\n";
        const MAY: &str = "allowance: { usd: 0.01, tokens: 10, wall: 10s }";
        let name = self.workflow();
        let mut text = format!("workflow: {name}\n{INPUT}");
        match self {
            Self::Chain(steps) => {
                for step in 1..=steps {
                    let of = if step == 1 { "input".to_owned() } else { format!("s{}", step - 1) };
                    text.push_str(&format!(
                        "  s{step}: {{ agent: {NOOP}, with: {{ text: \"${{{of}.text}}\" }}, {MAY} }}\n"
                    ));
                }
            }
            Self::Fan(width) => text.push_str(&format!(
                "  plan: {{ agent: {LISTER}, with: {{ text: \"${{input.text}}\", count: {width} }}, {MAY} }}\n  \
                   parts: {{ agent: {NOOP}, each: \"${{plan.items}}\", at_most: {width}, with: {{ text: \"${{item}}\" }}, {MAY} }}\n  \
                   last: {{ agent: {NOOP}, with: {{ text: \"${{input.text}}\" }}, after: [parts], {MAY} }}\n"
            )),
        }
        text
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chain(steps) => write!(f, "chain of {steps}"),
            Self::Fan(width) => write!(f, "fan-out over {width}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use galley_coordinator_goal::workflow::Workflow;

    fn check(shape: Shape) {
        let workflow = Workflow::parse(&shape.text()).unwrap();
        assert_eq!(workflow.name.as_str(), shape.workflow());
        let handed_out: u32 = (0..=shape.steps()).map(|r| shape.handed_out_after(r)).sum();
        assert_eq!(handed_out, shape.steps(), "{shape}");
    }

    #[test]
    fn every_step_is_handed_out_once() {
        check(Shape::Chain(1));
        check(Shape::Chain(7));
        check(Shape::Fan(2));
        check(Shape::Fan(100));
    }
}
