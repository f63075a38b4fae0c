//! The comparison by day: what a reader would have seen on each of them, and whether the effect moves.

use super::super::bayes::MASS;
use super::super::freq::critical;
use super::super::trend::{self, Day, Sums, Trend};
use super::{Kind, Metric, Sum};

/// A day of a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    pub day: i64,
    /// Units of the baseline and of the arm on that day alone.
    pub n: [u64; 2],
    /// arm − baseline on that day alone.
    pub difference: Option<f64>,
    /// arm − baseline of all days up to it, with the interval of that look alone.
    pub so_far: Option<(f64, [f64; 2])>,
}

/// An arm against the baseline, day by day.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    pub rows: Vec<Row>,
    /// How the daily difference moves; none for fewer than three days with a difference.
    pub trend: Option<Trend>,
}

impl Track {
    /// The first day from which whole weeks are in: seven days after the first at least. None where they are in.
    pub fn decide_from(&self) -> Option<i64> {
        let (first, last) = (self.rows.first()?.day, self.rows.last()?.day);
        let span = last.checked_sub(first)?.checked_add(1)?;
        let weeks = (span + 6) / 7 * 7;
        (span != weeks).then(|| first + weeks)
    }
}

/// The days of a metric's arm; none without days.
pub fn track(metric: &Metric, arm: usize) -> Option<Track> {
    if metric.days.is_empty() || metric.is_broken() {
        return None;
    }
    Some(match metric.kind {
        Kind::Conversion => follow(metric, arm, |s| Some(s.counts())),
        Kind::Mean => follow(metric, arm, |s| Some(s.y)),
        Kind::Ratio => follow(metric, arm, |s| Some(s.pair)),
        Kind::Count => follow(metric, arm, |s| metric.exposure(s)),
    })
}

fn follow<S: Sums>(metric: &Metric, arm: usize, of: impl Fn(&Sum) -> Option<S>) -> Track {
    let days: Vec<Day<S>> = metric
        .days
        .iter()
        .filter_map(|(day, arms)| Some(Day { day: *day as f64, baseline: of(&arms[0])?, arm: of(&arms[arm])? }))
        .collect();
    let (alone, so_far) = (trend::daily(&days), trend::cumulative(&days));
    let reach = critical(MASS, None);
    let rows = metric.days.iter().map(|(day, arms)| {
        let at = *day as f64;
        let found = so_far.iter().find(|d| d.day == at);
        Row {
            day: *day,
            n: [arms[0].n(), arms[arm].n()],
            difference: alone.iter().find(|d| d.day == at).map(|d| d.difference),
            so_far: found.map(|d| {
                let half = reach * d.variance.sqrt();
                (d.difference, [d.difference - half, d.difference + half])
            }),
        }
    });
    Track { rows: rows.collect(), trend: trend::trend(&days).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_weeks_end_when_they_end() {
        let row = |day| Row { day, n: [1, 1], difference: None, so_far: None };
        let track = |days: &[i64]| Track { rows: days.iter().map(|d| row(*d)).collect(), trend: None };
        assert_eq!(track(&[10, 11, 12]).decide_from(), Some(17));
        assert_eq!(track(&[10, 16]).decide_from(), None);
        assert_eq!(track(&[10, 17]).decide_from(), Some(24));
        assert_eq!(track(&[i64::MIN + 1, i64::MAX]).decide_from(), None);
        assert_eq!(track(&[]).decide_from(), None);
    }
}
