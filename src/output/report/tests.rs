//! Reports as documents.
