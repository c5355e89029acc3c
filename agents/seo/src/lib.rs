//! Search engine optimisation: an article becomes an article with metadata and a report of checks.
