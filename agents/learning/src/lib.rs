//! Learning: outcomes become policy.
