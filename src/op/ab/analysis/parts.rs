//! The comparison within segments: does the direction turn, and are the segments mixed alike in the arms?

use super::super::Counts;
use super::super::bayes::MASS;
use super::super::freq::{Test, critical};
use super::super::segments::{self, Direction};
use super::super::trend::Sums;
use super::{Kind, Metric, Sum};

/// A segment of a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Its place among the segments.
    pub segment: usize,
    /// Units of the baseline and of the arm.
    pub n: [u64; 2],
    /// Rate, mean or ratio of both.
    pub values: [Option<f64>; 2],
    /// arm − baseline with its 95% interval; none without spread.
    pub difference: Option<(f64, [f64; 2])>,
}

/// An arm against the baseline, segment by segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    pub rows: Vec<Row>,
    /// Segments whose direction is opposite to the whole's.
    pub against: usize,
    /// Whether all that have a direction are.
    pub reversal: bool,
    /// Whether the segments are mixed alike in both arms.
    pub mix: Option<Test>,
}

/// The segments of a metric's arm; none without segments.
pub fn parts(metric: &Metric, arm: usize) -> Option<Parts> {
    if metric.segments.is_empty() || metric.is_broken() {
        return None;
    }
    Some(match metric.kind {
        Kind::Conversion => divide(metric, arm, |s| Some(s.counts()), |s| s.counts().rate()),
        Kind::Mean => divide(metric, arm, |s| Some(s.y), |s| (s.n() > 0).then(|| s.y.mean())),
        Kind::Ratio => divide(metric, arm, |s| Some(s.pair), |s| share(s.pair.y().sum(), s.pair.x().sum())),
        Kind::Count => divide(
            metric,
            arm,
            |s| metric.exposure(s),
            |s| metric.exposure(s).and_then(|e| share(e.events(), e.exposure())),
        ),
    })
}

fn share(above: f64, below: f64) -> Option<f64> {
    (below != 0.0).then(|| above / below)
}

fn divide<S: Sums>(
    metric: &Metric,
    arm: usize,
    of: impl Fn(&Sum) -> Option<S>,
    value: impl Fn(&Sum) -> Option<f64>,
) -> Parts {
    let reach = critical(MASS, None);
    let both = |arms: &[Sum]| Some((of(&arms[0])?, of(&arms[arm])?));
    let rows: Vec<Row> = metric
        .segments
        .iter()
        .enumerate()
        .map(|(segment, arms)| {
            let effect = both(arms).and_then(|(b, a)| S::effect(b, a));
            Row {
                segment,
                n: [arms[0].n(), arms[arm].n()],
                values: [value(&arms[0]), value(&arms[arm])],
                difference: effect.map(|(d, v)| (d, [d - reach * v.sqrt(), d + reach * v.sqrt()])),
            }
        })
        .collect();
    let gap = |values: [Option<f64>; 2]| Some(Direction::of(values[1]? - values[0]?));
    let whole = gap([value(&metric.whole[0]), value(&metric.whole[arm])]);
    let opposite = |d: Direction| {
        matches!((d, whole), (Direction::Up, Some(Direction::Down)) | (Direction::Down, Some(Direction::Up)))
    };
    let ways: Vec<Direction> = rows.iter().filter_map(|r| gap(r.values)).filter(|d| *d != Direction::Level).collect();
    let against = ways.iter().filter(|d| opposite(**d)).count();
    let sizes: Vec<(Counts, Counts)> =
        rows.iter().filter_map(|r| Some((Counts::new(0, r.n[0]).ok()?, Counts::new(0, r.n[1]).ok()?))).collect();
    Parts {
        against,
        reversal: against > 0 && against == ways.len(),
        mix: segments::compare(&sizes).ok().and_then(|s| s.mix),
        rows,
    }
}
