//! Drafting: an outline and evidence become an article whose every factual sentence is cited.
