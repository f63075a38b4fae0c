//! Small summaries of many values: counts of different values, moments, spreads. They take plain numbers and bytes, can
//! be filled on several threads and merged, and know neither tables nor files.

pub mod hash;
pub mod moments;
pub mod spread;
pub mod tally;

pub use moments::Moments;
pub use spread::Spread;
pub use tally::Tally;
