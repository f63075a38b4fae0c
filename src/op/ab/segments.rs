//! The same comparison within segments: does the direction turn (Simpson), and is the effect the same everywhere?
//!
//! Sources: Mantel and Haenszel 1959; Cochran 1954; Breslow and Day 1980.

use super::freq::{Test, proportions};
use super::{AbError, Counts, Result};

/// Which way a difference points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The arm is smaller.
    Down,
    /// No difference at all.
    Level,
    /// The arm is greater.
    Up,
}

impl Direction {
    /// The direction of a difference.
    pub fn of(difference: f64) -> Self {
        if difference > 0.0 {
            Self::Up
        } else if difference < 0.0 {
            Self::Down
        } else {
            Self::Level
        }
    }
}

/// One segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Counts of the baseline.
    pub baseline: Counts,
    /// Counts of the arm.
    pub arm: Counts,
    /// arm − baseline of the rates.
    pub difference: f64,
    /// Which way it points.
    pub direction: Direction,
}

/// All segments together.
#[derive(Clone, Debug, PartialEq)]
pub struct Segments {
    /// The segments in which both arms have units, in the order given.
    pub parts: Vec<Segment>,
    /// The whole, as if there were no segments.
    pub pooled: Segment,
    /// Segments whose direction is opposite to the pooled one.
    pub against: usize,
    /// Whether every segment that has a direction points against the pooled one: Simpson's paradox.
    pub reversal: bool,
    /// Whether the segments are mixed alike in both arms (chi-square); `None` for one segment.
    pub mix: Option<Test>,
    /// The common odds ratio, arm over baseline, of Mantel and Haenszel; `None` where it is infinite or undefined.
    pub odds_ratio: Option<f64>,
    /// Cochran, Mantel and Haenszel's test of no effect within segments, without continuity correction.
    pub common: Option<Test>,
    /// Breslow and Day's test that the odds ratio is the same everywhere, without Tarone's correction.
    pub homogeneity: Option<Test>,
}

fn segment(baseline: Counts, arm: Counts) -> Result<Segment> {
    let difference = proportions::difference(baseline, arm)?;
    Ok(Segment { baseline, arm, difference, direction: Direction::of(difference) })
}

/// Compares (baseline, arm) within segments. Segments in which an arm has no units are left out.
pub fn compare(segments: &[(Counts, Counts)]) -> Result<Segments> {
    let parts: Vec<Segment> = segments.iter().filter_map(|(b, a)| segment(*b, *a).ok()).collect();
    if parts.is_empty() {
        return Err(AbError::NoData);
    }
    let sum = |pick: fn(&Segment) -> Counts| parts.iter().map(pick).fold(Counts::default(), Counts::merge);
    let pooled = segment(sum(|s| s.baseline), sum(|s| s.arm))?;
    let opposite = |d: Direction| {
        matches!((d, pooled.direction), (Direction::Up, Direction::Down) | (Direction::Down, Direction::Up))
    };
    let against = parts.iter().filter(|p| opposite(p.direction)).count();
    let with_direction = parts.iter().filter(|p| p.direction != Direction::Level).count();
    let odds_ratio = mantel_haenszel(&parts);
    Ok(Segments {
        against,
        reversal: against > 0 && against == with_direction,
        mix: mix(&parts),
        odds_ratio,
        common: cochran(&parts),
        homogeneity: odds_ratio.and_then(|ratio| breslow_day(&parts, ratio)),
        parts,
        pooled,
    })
}

fn total(part: &Segment) -> f64 {
    part.baseline.n() as f64 + part.arm.n() as f64
}

fn mix(parts: &[Segment]) -> Option<Test> {
    if parts.len() < 2 {
        return None;
    }
    let all: f64 = parts.iter().map(total).sum();
    let (nb, na): (f64, f64) =
        (parts.iter().map(|p| p.baseline.n() as f64).sum(), parts.iter().map(|p| p.arm.n() as f64).sum());
    let term = |n: f64, of: f64, part: &Segment| {
        let expected = of * (total(part) / all);
        (n - expected).powi(2) / expected
    };
    let sum = parts.iter().map(|p| term(p.baseline.n() as f64, nb, p) + term(p.arm.n() as f64, na, p)).sum();
    Some(Test::chi_square(sum, (parts.len() - 1) as f64))
}

fn mantel_haenszel(parts: &[Segment]) -> Option<f64> {
    let (mut above, mut below) = (0.0, 0.0);
    for p in parts {
        let n = total(p);
        above += p.arm.conversions() as f64 * (p.baseline.failures() as f64 / n);
        below += p.arm.failures() as f64 * (p.baseline.conversions() as f64 / n);
    }
    (above > 0.0 && below > 0.0).then(|| above / below)
}

fn cochran(parts: &[Segment]) -> Option<Test> {
    let (mut gap, mut variance) = (0.0, 0.0);
    for p in parts {
        let n = total(p);
        let (na, nb) = (p.arm.n() as f64, p.baseline.n() as f64);
        let converted = p.arm.conversions() as f64 + p.baseline.conversions() as f64;
        gap += p.arm.conversions() as f64 - na * (converted / n);
        if n > 1.0 {
            variance += (na / n) * (nb / n) * converted * ((n - converted) / (n - 1.0));
        }
    }
    (variance > 0.0).then(|| {
        let z = gap / variance.sqrt();
        let sided = Test::z(z);
        Test { statistic: z * z, df: Some(1.0), ..sided }
    })
}

fn breslow_day(parts: &[Segment], ratio: f64) -> Option<Test> {
    let mut sum = 0.0;
    let mut counted = 0;
    for p in parts {
        let (na, nb) = (p.arm.n() as f64, p.baseline.n() as f64);
        let m = p.arm.conversions() as f64 + p.baseline.conversions() as f64;
        let n = na + nb;
        if m == 0.0 || m == n {
            continue;
        }
        // Arm's conversions x with x (nb − m + x) = ratio (m − x)(na − x): the root within the margins.
        let (low, high) = ((m - nb).max(0.0), m.min(na));
        let x = super::num::roots::brent(low, high, 1e-13 * n, |x| x * (nb - m + x) - ratio * (m - x) * (na - x));
        let cells = [x, na - x, m - x, nb - m + x];
        if cells.iter().any(|c| *c <= 0.0) {
            continue;
        }
        let precision: f64 = cells.iter().map(|c| 1.0 / c).sum();
        sum += (p.arm.conversions() as f64 - x).powi(2) * precision;
        counted += 1;
    }
    (counted > 1).then(|| Test::chi_square(sum, f64::from(counted - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::ab::cases::Case;

    #[test]
    fn the_kidney_stones_turn() {
        let case = Case::open("simpson_kidney");
        let counts = |stratum: &str, arm: &str| {
            let pair = &case.input()["strata"][stratum][arm];
            Counts::new(pair[0].as_u64().unwrap(), pair[1].as_u64().unwrap()).unwrap()
        };
        // The reference compares A against B.
        let strata = ["small", "large"].map(|s| (counts(s, "B"), counts(s, "A")));
        let got = compare(&strata).unwrap();
        case.check("pooled_rate_a", got.pooled.arm.rate().unwrap());
        case.check("pooled_rate_b", got.pooled.baseline.rate().unwrap());
        case.check("small_rate_a", got.parts[0].arm.rate().unwrap());
        case.check("small_rate_b", got.parts[0].baseline.rate().unwrap());
        case.check("large_rate_a", got.parts[1].arm.rate().unwrap());
        case.check("large_rate_b", got.parts[1].baseline.rate().unwrap());
        case.check("mantel_haenszel_or_a_vs_b", got.odds_ratio.unwrap());
        case.check("cmh_stat", got.common.unwrap().statistic);
        case.check("cmh_p", got.common.unwrap().two_sided.p);
        case.check("breslow_day_stat", got.homogeneity.unwrap().statistic);
        case.check("breslow_day_p", got.homogeneity.unwrap().two_sided.p);
        assert_eq!(case.expected("reversal").as_bool(), Some(got.reversal));
        assert_eq!((got.against, got.pooled.direction), (2, Direction::Down));
        assert!(got.mix.unwrap().two_sided.p < 1e-6);
    }

    #[test]
    fn segments_that_agree_do_not_turn() {
        let at = |c, n| Counts::new(c, n).unwrap();
        let got = compare(&[(at(10, 100), at(20, 100)), (at(30, 100), at(29, 100)), (at(0, 0), at(1, 2))]).unwrap();
        assert_eq!((got.parts.len(), got.against, got.reversal), (2, 1, false));
        assert!(compare(&[]).is_err());
        let empty = compare(&[(at(0, 5), at(0, 5))]).unwrap();
        assert_eq!((empty.common, empty.odds_ratio, empty.homogeneity, empty.reversal), (None, None, None, false));
    }
}
