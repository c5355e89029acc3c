//! Research: a section becomes an evidence set of claims with quote spans and source hashes.
