//! Charts against numbers from elsewhere.
