//! Whether the effect changes over the days of the test: novelty wears off, learning sets in.

use super::freq::Test;
use super::{AbError, Counts, Exposure, Moments, PairMoments, Result};

/// Sufficient statistics from which a difference and its variance follow.
pub trait Sums: Copy {
    /// Both together.
    fn join(self, other: Self) -> Self;
    /// arm − baseline and its variance; `None` where there is none, or where it is zero.
    fn effect(baseline: Self, arm: Self) -> Option<(f64, f64)>;
}

impl Sums for Counts {
    fn join(self, other: Self) -> Self {
        self.merge(other)
    }

    fn effect(baseline: Self, arm: Self) -> Option<(f64, f64)> {
        let difference = super::freq::proportions::difference(baseline, arm).ok()?;
        let se = super::freq::proportions::se_unpooled(baseline, arm).ok()?;
        (se > 0.0).then_some((difference, se * se))
    }
}

impl Sums for Moments {
    fn join(self, other: Self) -> Self {
        self.merge(other)
    }

    fn effect(baseline: Self, arm: Self) -> Option<(f64, f64)> {
        let variance = baseline.variance()? / baseline.n() + arm.variance()? / arm.n();
        (variance > 0.0).then_some((arm.gap(baseline), variance))
    }
}

impl Sums for PairMoments {
    fn join(self, other: Self) -> Self {
        self.merge(other)
    }

    fn effect(baseline: Self, arm: Self) -> Option<(f64, f64)> {
        let (b, a) = (super::freq::ratio::ratio(baseline).ok()?, super::freq::ratio::ratio(arm).ok()?);
        let variance = a.variance + b.variance;
        (variance > 0.0).then_some((a.value - b.value, variance))
    }
}

impl Sums for Exposure {
    fn join(self, other: Self) -> Self {
        self.merge(other)
    }

    fn effect(baseline: Self, arm: Self) -> Option<(f64, f64)> {
        let effect = super::freq::rates::wald(baseline, arm, super::bayes::MASS).ok()?;
        Some((effect.value, effect.se * effect.se))
    }
}

/// The sums of one day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Day<S> {
    /// The day, as a number.
    pub day: f64,
    /// The baseline's sums on that day alone.
    pub baseline: S,
    /// The arm's sums on that day alone.
    pub arm: S,
}

/// The effect of one day, or of all days up to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Daily {
    /// The day, as a number.
    pub day: f64,
    /// arm − baseline.
    pub difference: f64,
    /// Variance of the difference, positive.
    pub variance: f64,
}

/// The effect of each day, days ascending; days without one are left out.
pub fn daily<S: Sums>(days: &[Day<S>]) -> Vec<Daily> {
    let one = |d: &Day<S>| {
        let (difference, variance) = S::effect(d.baseline, d.arm)?;
        Some(Daily { day: d.day, difference, variance })
    };
    sorted(days).iter().filter_map(one).collect()
}

/// The effect of all days up to each day, days ascending: what a reader would have seen on that day.
pub fn cumulative<S: Sums>(days: &[Day<S>]) -> Vec<Daily> {
    let mut so_far: Option<Day<S>> = None;
    let mut found = Vec::new();
    for day in sorted(days) {
        let all = match so_far {
            None => day,
            Some(b) => Day { day: day.day, baseline: b.baseline.join(day.baseline), arm: b.arm.join(day.arm) },
        };
        so_far = Some(all);
        if let Some((difference, variance)) = S::effect(all.baseline, all.arm) {
            found.push(Daily { day: day.day, difference, variance });
        }
    }
    found
}

fn sorted<S: Copy>(days: &[Day<S>]) -> Vec<Day<S>> {
    let mut days = days.to_vec();
    days.sort_by(|a, b| a.day.total_cmp(&b.day));
    days
}

/// How daily effects move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Change of the difference per day, days weighted by the inverse of their variance.
    pub slope: f64,
    /// Its standard error, the daily variances being taken as known.
    pub slope_se: f64,
    /// The z test of no trend.
    pub test: Test,
    /// Cochran's test that all days have the same effect.
    pub heterogeneity: Test,
    /// The first seven days against the last seven; `None` for fewer than fourteen days.
    pub weeks: Option<Weeks>,
}

/// The first seven days against the last seven, each week's sums taken together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weeks {
    /// Difference in the first seven days.
    pub first: f64,
    /// Difference in the last seven days.
    pub last: f64,
    /// The test of first − last.
    pub test: Test,
}

fn weeks<S: Sums>(days: &[Day<S>]) -> Option<Weeks> {
    if days.len() < 14 {
        return None;
    }
    let week = |days: &[Day<S>]| {
        let (first, rest) = days.split_first()?;
        let all = rest.iter().fold((first.baseline, first.arm), |s, d| (s.0.join(d.baseline), s.1.join(d.arm)));
        S::effect(all.0, all.1)
    };
    let days = sorted(days);
    let ((first, v1), (last, v2)) = (week(&days[..7])?, week(&days[days.len() - 7..])?);
    Some(Weeks { first, last, test: Test::z((first - last) / (v1 + v2).sqrt()) })
}

/// The trend of daily effects; at least three days with an effect.
pub fn trend<S: Sums>(days: &[Day<S>]) -> Result<Trend> {
    if days.iter().any(|d| !d.day.is_finite()) {
        return Err(AbError::NotFinite);
    }
    let effects = daily(days);
    if effects.len() < 3 {
        return Err(AbError::TooFew { needed: 3, got: effects.len() as u64 });
    }
    let weight: f64 = effects.iter().map(|d| 1.0 / d.variance).sum();
    let mean = |pick: fn(&Daily) -> f64| effects.iter().map(|d| pick(d) / d.variance).sum::<f64>() / weight;
    let (overall, middle) = (mean(|d| d.difference), mean(|d| d.day));
    let spread: f64 = effects.iter().map(|d| (d.day - middle).powi(2) / d.variance).sum();
    if spread <= 0.0 {
        return Err(AbError::ZeroVariance);
    }
    let slope = effects.iter().map(|d| (d.day - middle) * (d.difference - overall) / d.variance).sum::<f64>() / spread;
    let slope_se = spread.sqrt().recip();
    let q: f64 = effects.iter().map(|d| (d.difference - overall).powi(2) / d.variance).sum();
    Ok(Trend {
        slope,
        slope_se,
        test: Test::z(slope / slope_se),
        heterogeneity: Test::chi_square(q, (effects.len() - 1) as f64),
        weeks: weeks(days),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::ab::cases::Case;

    #[test]
    fn a_fading_effect_agrees_with_reference_numbers() {
        let case = Case::open("novelty_14days");
        let days: Vec<Day<Counts>> = case.input()["days"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                let f = |i: usize| row[i].as_u64().unwrap();
                let counts = |at: usize| Counts::new(f(at + 1), f(at)).unwrap();
                Day { day: f(0) as f64, baseline: counts(1), arm: counts(3) }
            })
            .collect();
        let got = trend(&days).unwrap();
        case.check("slope_per_day", got.slope);
        case.check("z_slope_known_variance", got.test.statistic);
        case.check("p_slope", got.test.two_sided.p);
        case.check("heterogeneity_Q", got.heterogeneity.statistic);
        case.check("p_Q", got.heterogeneity.two_sided.p);
        let weeks = got.weeks.unwrap();
        case.check("diff_first7", weeks.first);
        case.check("diff_last7", weeks.last);
        case.check("z_first_vs_last", weeks.test.statistic);
        assert_eq!(crate::op::ab::checks::novelty(&got).status, crate::op::ab::checks::Status::Warn);
    }

    #[test]
    fn too_little_to_see_a_trend_is_an_error() {
        let counts = |c| Counts::new(c, 10).unwrap();
        let day = |day: f64| Day { day, baseline: counts(3), arm: counts(4) };
        assert_eq!(trend(&[day(1.0), day(2.0)]), Err(AbError::TooFew { needed: 3, got: 2 }));
        assert_eq!(trend(&[day(1.0), day(1.0), day(1.0)]), Err(AbError::ZeroVariance));
        assert!(trend(&[day(1.0), day(2.0), day(f64::NAN)]).is_err());
        let silent = Day { day: 3.0, baseline: counts(0), arm: counts(0) };
        assert_eq!(trend(&[day(1.0), day(2.0), silent]), Err(AbError::TooFew { needed: 3, got: 2 }));
        let seen = cumulative(&[day(2.0), silent, day(1.0)]);
        assert_eq!(seen.iter().map(|d| d.day).collect::<Vec<_>>(), [1.0, 2.0, 3.0]);
        assert!((seen[1].difference - 0.1).abs() < 1e-15 && seen[1].variance < seen[0].variance);
    }
}
