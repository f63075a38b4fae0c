//! The trees.
