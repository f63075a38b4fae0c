//! The statistics of A/B tests: sufficient statistics in, numbers out.
//!
//! Rows are never needed: [`stats`] holds what has to be summed, per arm, wherever the data lies. [`bayes`] gives exact
//! posteriors, [`freq`] the named tests and intervals, [`plan`] sample sizes, [`sequential`] looks before the end, and
//! [`checks`] what must be looked at before any verdict. Nothing in these speaks to people: results are numbers with units,
//! findings are enums. [`analysis`] puts them together into the step and its report, in words.

pub mod analysis;
pub mod bayes;
pub mod checks;
pub mod freq;
pub mod num;
pub mod plan;
pub mod planning;
pub mod segments;
pub mod sequential;
pub mod stats;
pub mod trend;

pub use num::tails::PValue;
pub use stats::{Counts, Exposure, Histogram, Moments, PairMoments};

/// Why a number cannot be given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AbError {
    /// More successes than trials.
    MoreConversionsThanTrials {
        /// Successes.
        conversions: u64,
        /// Trials.
        n: u64,
    },
    /// A value, sum or parameter is missing, infinite or negative where it must not be.
    NotFinite,
    /// No observation at all.
    NoData,
    /// Fewer observations than the method needs.
    TooFew {
        /// How many it needs.
        needed: u64,
        /// How many there are.
        got: u64,
    },
    /// Every value is the same.
    ZeroVariance,
    /// A denominator is zero.
    ZeroDenominator,
    /// The prior's parameters are out of range.
    Prior,
    /// A level, mass or power is not strictly between 0 and 1.
    Level {
        /// What was given.
        got: f64,
    },
    /// Too few or too many arms, or lists of unequal length.
    Arms {
        /// How many were given.
        got: usize,
    },
    /// There is no arm of this index.
    NoSuchArm {
        /// The index.
        arm: usize,
    },
    /// Joint moments of variables with different counts.
    UnequalCounts,
    /// A parameter is outside the range in which the question makes sense.
    OutOfRange,
    /// No sample size reaches what was asked for.
    Unreachable,
}

/// A number, or why there is none.
pub type Result<T> = std::result::Result<T, AbError>;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod more_cases;
