//! What tests share: a scripted model server, a hostile web server, corpora and process helpers.
