//! One contract suite over every adapter of the bus.
