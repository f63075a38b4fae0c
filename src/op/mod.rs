//! Operations: one file each, and the table that lists them.

