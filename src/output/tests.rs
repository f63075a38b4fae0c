//! Each format read back by means of its own.
