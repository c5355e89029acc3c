//! Every port of the bus on one SQLite file, in one process: the default, with nothing to install.
