//! The hands: take an input, load the goal, decide, append one record, act, settle.
