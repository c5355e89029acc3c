//! Publishing: an approved article becomes a live page, once.
