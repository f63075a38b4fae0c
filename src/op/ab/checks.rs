//! What must be looked at before any verdict: each check gives a value, a p-value where there is one, and how grave it is.
//! The words belong to whoever shows it.

use super::num::tails::PValue;
use super::{AbError, Counts, Result};
pub use crate::result::report::Grade as Status;

/// Which check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// The arms' sizes do not fit the planned split.
    SampleRatio,
    /// Units occur more than once: events were taken for units.
    RepeatedUnits,
    /// Units occur in more than one arm.
    UnitsInSeveralArms,
    /// The planned end is not reached.
    BeforePlannedEnd,
    /// Too few units to see the change that matters.
    TooSmall,
    /// Several metrics or arms are tested.
    SeveralTests,
    /// Fewer than seven days.
    FewDays,
    /// Days that do not make whole weeks.
    PartWeeks,
    /// The effect changes with time.
    Novelty,
    /// The direction turns within segments.
    SimpsonReversal,
    /// The segments are mixed differently in the arms.
    UnevenMix,
    /// The arms differed before the start.
    DifferenceBefore,
    /// A lift too large to believe.
    ImplausibleLift,
    /// Every value is the same.
    ZeroVariance,
    /// An arm with fewer than two units.
    TooFewUnits,
    /// A cell of the table is expected to hold fewer than five: use Fisher's test.
    SmallExpectedCount,
    /// Values are missing.
    MissingValues,
    /// A conversion that is neither 0 nor 1.
    NotBinary,
    /// Names of arms that differ in their spelling only.
    AlikeArms,
    /// Values from before the start are missing.
    MissingBefore,
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finding {
    /// Which check.
    pub check: Check,
    /// How grave it is.
    pub status: Status,
    /// The number it is judged by; its meaning belongs to the check.
    pub value: f64,
    /// The p-value, where the check is a test.
    pub p: Option<PValue>,
}

impl Finding {
    fn new(check: Check, status: Status, value: f64) -> Self {
        Self { check, status, value, p: None }
    }

    /// Judged by a p-value against a level that warns and one that blocks.
    fn tested(check: Check, value: f64, p: PValue, warn: f64, block: f64) -> Self {
        let status = if p.p < block {
            Status::Block
        } else if p.p < warn {
            Status::Warn
        } else {
            Status::Ok
        };
        Self { check, status, value, p: Some(p) }
    }
}

/// Below this p-value a sample-ratio mismatch blocks the verdict.
pub const RATIO_BLOCKS: f64 = 0.001;
/// Below this p-value a sample-ratio mismatch warns.
pub const RATIO_WARNS: f64 = 0.01;

/// The test of the arms' sizes against the planned split.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleRatio {
    /// Pearson's statistic.
    pub chi_square: f64,
    /// Arms − 1.
    pub df: f64,
    /// Its p-value.
    pub p: PValue,
    /// What follows.
    pub status: Status,
}

impl SampleRatio {
    /// As a finding; the value is the statistic.
    pub fn finding(self) -> Finding {
        Finding { check: Check::SampleRatio, status: self.status, value: self.chi_square, p: Some(self.p) }
    }
}

/// Tests the arms' sizes against weights in any unit (50:50, 1:1:2).
pub fn sample_ratio(observed: &[u64], weights: &[f64]) -> Result<SampleRatio> {
    if observed.len() < 2 || observed.len() != weights.len() {
        return Err(AbError::Arms { got: observed.len() });
    }
    let sum: f64 = weights.iter().sum();
    if weights.iter().any(|w| !w.is_finite() || *w <= 0.0) || !sum.is_finite() {
        return Err(AbError::OutOfRange);
    }
    let n: f64 = observed.iter().map(|o| *o as f64).sum();
    if n == 0.0 {
        return Err(AbError::NoData);
    }
    let term = |(o, w): (&u64, &f64)| {
        let expected = n * (w / sum);
        (*o as f64 - expected).powi(2) / expected
    };
    let chi_square: f64 = observed.iter().zip(weights).map(term).sum();
    let df = (observed.len() - 1) as f64;
    let p = PValue::chi_square(chi_square, df);
    let status = Finding::tested(Check::SampleRatio, chi_square, p, RATIO_WARNS, RATIO_BLOCKS).status;
    Ok(SampleRatio { chi_square, df, p, status })
}

/// Rows against units: more rows than units means that units repeat. The value is rows per unit.
pub fn repeated_units(rows: u64, units: u64) -> Finding {
    let status = if rows > units { Status::Warn } else { Status::Ok };
    Finding::new(Check::RepeatedUnits, status, if units == 0 { 1.0 } else { rows as f64 / units as f64 })
}

/// Units seen in more than one arm. The value is their number.
pub fn units_in_several_arms(units: u64) -> Finding {
    Finding::new(Check::UnitsInSeveralArms, if units > 0 { Status::Warn } else { Status::Ok }, units as f64)
}

/// Progress against the plan. The value is the fraction of the planned units that are there.
pub fn planned_end(units: u64, planned: u64) -> Finding {
    let share = if planned == 0 { 1.0 } else { units as f64 / planned as f64 };
    Finding::new(Check::BeforePlannedEnd, if share < 1.0 { Status::Warn } else { Status::Ok }, share)
}

/// Whether the smallest detectable change is larger than the one that matters (both in the same unit). The value is the
/// former.
pub fn too_small(detectable: f64, matters: f64) -> Finding {
    let status = if detectable > matters { Status::Warn } else { Status::Ok };
    Finding::new(Check::TooSmall, status, detectable)
}

/// Number of comparisons made. The value is that number.
pub fn several_tests(comparisons: usize) -> Finding {
    let status = if comparisons > 1 { Status::Warn } else { Status::Ok };
    Finding::new(Check::SeveralTests, status, comparisons as f64)
}

/// Days with data: fewer than seven, then part weeks. The value is the number of days.
pub fn days(days: u64) -> Vec<Finding> {
    let warn = |found: bool| if found { Status::Warn } else { Status::Ok };
    vec![
        Finding::new(Check::FewDays, warn(days < 7), days as f64),
        Finding::new(Check::PartWeeks, warn(days >= 7 && !days.is_multiple_of(7)), days as f64),
    ]
}

/// Judges the trend of daily effects: p < .01 warns. The value is the slope per day.
pub fn novelty(trend: &super::trend::Trend) -> Finding {
    Finding::tested(Check::Novelty, trend.slope, trend.test.two_sided, 0.01, 0.0)
}

/// Judges segments: a reversal warns. The value is the number of segments against the pooled direction.
pub fn simpson(segments: &super::segments::Segments) -> Finding {
    let status = if segments.reversal { Status::Warn } else { Status::Ok };
    Finding::new(Check::SimpsonReversal, status, segments.against as f64)
}

/// Judges whether the segments are mixed alike in both arms: p < .01 warns. The value is the chi-square statistic.
pub fn uneven_mix(segments: &super::segments::Segments) -> Option<Finding> {
    segments.mix.map(mixed)
}

/// Judges the test of whether the segments are mixed alike: p < .01 warns. The value is the statistic.
pub fn mixed(test: super::freq::Test) -> Finding {
    Finding::tested(Check::UnevenMix, test.statistic, test.two_sided, 0.01, 0.0)
}

/// Judges a difference before the start (an A/A test on the covariate): p < .01 warns. The value is the difference.
pub fn difference_before(effect: &super::freq::Effect) -> Finding {
    Finding::tested(Check::DifferenceBefore, effect.value, effect.test.two_sided, 0.01, 0.0)
}

/// A lift beyond ±50% in arms of a thousand units or more: the logging is the likelier cause. The value is the lift.
pub fn implausible_lift(lift: f64, smallest_arm: u64) -> Finding {
    let status = if lift.abs() > 0.5 && smallest_arm >= 1000 { Status::Warn } else { Status::Ok };
    Finding::new(Check::ImplausibleLift, status, lift)
}

/// Missing values of the metric. The value is their share.
pub fn missing(missing: u64, rows: u64) -> Finding {
    let share = if rows == 0 { 0.0 } else { missing as f64 / rows as f64 };
    Finding::new(Check::MissingValues, if missing > 0 { Status::Warn } else { Status::Ok }, share)
}

/// Values of a conversion that are neither 0 nor 1. The value is their number.
pub fn not_binary(values: u64) -> Finding {
    Finding::new(Check::NotBinary, if values > 0 { Status::Block } else { Status::Ok }, values as f64)
}

/// What counts alone can tell: arms with fewer than two units, no variance, small expected counts.
pub fn counts(arms: &[Counts]) -> Vec<Finding> {
    let least = arms.iter().map(|a| a.n()).min().unwrap_or(0);
    let mut found = Vec::new();
    if least < 2 {
        found.push(Finding::new(Check::TooFewUnits, Status::Block, least as f64));
    }
    match super::freq::proportions::smallest_expected(arms) {
        Err(AbError::ZeroVariance) => found.push(Finding::new(Check::ZeroVariance, Status::Warn, 0.0)),
        Ok(expected) if expected < 5.0 => {
            found.push(Finding::new(Check::SmallExpectedCount, Status::Warn, expected));
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::ab::cases::Case;

    #[test]
    fn sample_ratios_agree_with_reference_numbers() {
        for name in ["srm_bad_50_50", "srm_ok_50_50", "srm_three_arm"] {
            let case = Case::open(name);
            let list = |key: &str| case.input()[key].as_array().unwrap().clone();
            let observed: Vec<u64> = list("observed").iter().map(|v| v.as_u64().unwrap()).collect();
            let weights: Vec<f64> = list("weights").iter().map(|v| v.as_f64().unwrap()).collect();
            let got = sample_ratio(&observed, &weights).unwrap();
            case.check("chi2", got.chi_square);
            case.check("df", got.df);
            case.check("p", got.p.p);
            assert_eq!(case.expected("flag_at_0_001").as_bool(), Some(got.status == Status::Block));
            assert_eq!(case.expected("flag_at_0_01").as_bool(), Some(got.status >= Status::Warn));
        }
        assert_eq!(sample_ratio(&[10_000, 10_300], &[50.0, 50.0]).unwrap().status, Status::Ok);
        assert_eq!(sample_ratio(&[1000, 3000], &[1.0, 3.0]).unwrap().p.p, 1.0);
        assert!(sample_ratio(&[0, 0], &[1.0, 1.0]).is_err() && sample_ratio(&[1, 2], &[0.0, 1.0]).is_err());
        // As far as numbers go and further.
        let worst = sample_ratio(&[1_000_000, 2_000_000], &[1.0, 1.0]).unwrap();
        assert!(worst.p.p == 0.0 && worst.p.ln_p.is_finite() && worst.status == Status::Block);
    }

    #[test]
    fn a_fair_split_warns_as_often_as_it_says() {
        let mut random = crate::op::ab::num::random::Random::new(99);
        let runs = 20_000;
        let mut seen = [0; 3];
        for _ in 0..runs {
            let left = random.binomial(30_000, 1.0 / 3.0);
            seen[sample_ratio(&[left, 30_000 - left], &[1.0, 2.0]).unwrap().status as usize] += 1;
        }
        let expected = |p: f64| (p * f64::from(runs), 4.0 * (p * f64::from(runs)).sqrt());
        for (count, p) in [(seen[1] + seen[2], RATIO_WARNS), (seen[2], RATIO_BLOCKS)] {
            let (mean, room) = expected(p);
            assert!((f64::from(count) - mean).abs() < room, "{seen:?}");
        }
    }

    #[test]
    fn without_an_effect_tests_and_checks_find_one_as_often_as_they_say() {
        use crate::op::ab::num::random::Random;
        use crate::op::ab::{freq, trend};
        let mut random = Random::new(7);
        let runs = 8000;
        let (mut z, mut novel) = (0, 0);
        for _ in 0..runs {
            let mut draw = |n: u64| Counts::new(random.binomial(n, 0.2), n).unwrap();
            let days: Vec<trend::Day<Counts>> =
                (0..14).map(|d| trend::Day { day: f64::from(d), baseline: draw(1000), arm: draw(1000) }).collect();
            let sum =
                |of: fn(&trend::Day<Counts>) -> Counts| days.iter().map(of).fold(Counts::default(), Counts::merge);
            let test = freq::proportions::z_pooled(sum(|d| d.baseline), sum(|d| d.arm)).unwrap();
            z += usize::from(test.two_sided.p < 0.05);
            novel += usize::from(novelty(&trend::trend(&days).unwrap()).status == Status::Warn);
        }
        let near = |count: usize, p: f64| {
            let (mean, sd) = (p * runs as f64, (p * (1.0 - p) * runs as f64).sqrt());
            assert!((count as f64 - mean).abs() < 4.0 * sd, "{count} instead of {mean} ± {sd}");
        };
        near(z, 0.05);
        near(novel, 0.01);
    }

    #[test]
    fn limits_are_where_they_are_said_to_be() {
        let status = |f: Finding| f.status;
        assert_eq!(status(repeated_units(10, 10)), Status::Ok);
        assert_eq!(repeated_units(30, 10).value, 3.0);
        assert_eq!(days(6).iter().map(|f| f.status).collect::<Vec<_>>(), [Status::Warn, Status::Ok]);
        assert_eq!(days(7).iter().map(|f| f.status).collect::<Vec<_>>(), [Status::Ok, Status::Ok]);
        assert_eq!(days(10).iter().map(|f| f.status).collect::<Vec<_>>(), [Status::Ok, Status::Warn]);
        assert_eq!(status(implausible_lift(0.51, 1000)), Status::Warn);
        assert_eq!(status(implausible_lift(0.51, 999)), Status::Ok);
        assert_eq!(status(planned_end(99, 100)), Status::Warn);
        assert_eq!(status(planned_end(100, 100)), Status::Ok);
        assert_eq!(status(several_tests(1)), Status::Ok);
        assert_eq!(status(not_binary(1)), Status::Block);
        assert_eq!(status(missing(0, 10)), Status::Ok);
        assert_eq!(status(too_small(0.6, 0.1)), Status::Warn);
        assert_eq!(status(units_in_several_arms(1)), Status::Warn);
        let at = |c, n| Counts::new(c, n).unwrap();
        let checks = |arms: &[Counts]| counts(arms).iter().map(|f| f.check).collect::<Vec<_>>();
        assert_eq!(checks(&[at(0, 5), at(1, 5)]), [Check::SmallExpectedCount]);
        assert_eq!(checks(&[at(0, 50), at(0, 50)]), [Check::ZeroVariance]);
        assert_eq!(checks(&[at(0, 1), at(0, 50)]), [Check::TooFewUnits, Check::ZeroVariance]);
        assert_eq!(checks(&[at(50, 100), at(40, 100)]), []);
    }
}
