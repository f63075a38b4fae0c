//! Drawing outcomes: as files, as text for a terminal, as images. Computes nothing.

