//! The brain: the workflow language, the goal's state, decide, evolve and audit; pure.
