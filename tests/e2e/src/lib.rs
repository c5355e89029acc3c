//! The whole system as a user meets it: the binary, real input, crashes.
