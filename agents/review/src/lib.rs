//! Review: an article and its evidence become a verdict, a score and edits.
