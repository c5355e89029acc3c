//! Checks on the code base itself: the arrows, the layout, the sizes and the names.
