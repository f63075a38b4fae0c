//! Rows put together by who they belong to: a few numbers for each unit, within the memory allowed.

use polars::prelude::DataType;

use super::super::{Histogram, PairMoments};
use super::gather::{ARMS, Days};
use super::read::NO_DAY;
use super::sum::{Near, Running, Sum, Tally};
use super::{Second, Units};
use crate::data::Stretch;
use crate::error::{Error, Result};
use crate::op::rank::keys::Coder;
use crate::text::{Msg, number};

/// No arm or segment was seen of a unit yet.
const NONE: u32 = u32::MAX;
/// Several were.
const SEVERAL: u32 = u32::MAX - 1;

/// The values of a metric in the rows of a unit.
#[derive(Clone, Copy, Debug, Default)]
struct Values {
    /// Rows with a value.
    n: u32,
    /// Rows with a second value.
    seconds: u32,
    y: f64,
    yy: f64,
    x: f64,
}

/// Units, each with its arm, its rows and, per metric, its values.
pub struct Folded {
    coder: Coder,
    arms: Vec<u32>,
    rows: Vec<u32>,
    /// The first day; `i64::MAX` where there is none.
    days: Vec<i64>,
    segments: Vec<u32>,
    values: Vec<Vec<Values>>,
    missing: u64,
    /// What the sum of a metric is capped at.
    caps: Vec<Option<f64>>,
}

/// What the units give.
#[derive(Default)]
pub struct Found {
    pub whole: Vec<Sum>,
    pub by_day: Vec<Sum>,
    pub by_segment: Vec<Sum>,
    pub tallies: Vec<Tally>,
    /// By arm: sum and number of a unit's rows, and the sum of all rows' squares.
    pub clusters: Vec<(PairMoments, f64)>,
}

/// Something is seen of a unit.
fn join(mine: &mut u32, seen: u32) {
    *mine = match *mine {
        NONE => seen,
        same if same == seen => seen,
        _ => SEVERAL,
    };
}

impl Folded {
    /// For units of this type and so many metrics.
    pub fn new(dtype: &DataType, metrics: usize) -> Self {
        Self {
            coder: Coder::new(dtype),
            arms: Vec::new(),
            rows: Vec::new(),
            days: Vec::new(),
            segments: Vec::new(),
            values: vec![Vec::new(); metrics],
            missing: 0,
            caps: vec![None; metrics],
        }
    }

    fn widen(&mut self) {
        let count = self.coder.len();
        self.arms.resize(count, NONE);
        self.rows.resize(count, 0);
        self.days.resize(count, i64::MAX);
        self.segments.resize(count, NONE);
        self.values.iter_mut().for_each(|v| v.resize(count, Values::default()));
    }

    /// The units of a stretch of rows: arms, which of them are none, days and segments (where there are any) and values.
    pub fn gather(
        &mut self,
        dtype: &DataType,
        column: &Stretch,
        arms: &[u32],
        blank: &[bool],
        days: &[i64],
        segments: &[u32],
        metrics: &[Vec<f64>],
        second: Option<&[f64]>,
    ) -> Result<()> {
        let who;
        (self.coder, who) = Coder::of(dtype, column)?;
        self.widen();
        let absent = self.coder.missing();
        for (row, unit) in who.iter().enumerate() {
            if absent == Some(*unit) {
                self.missing += 1;
                continue;
            }
            let arm = arms[row];
            if blank[arm as usize] {
                continue;
            }
            let at = *unit as usize;
            join(&mut self.arms[at], arm);
            self.rows[at] += 1;
            if let Some(day) = days.get(row).filter(|d| **d != NO_DAY) {
                self.days[at] = self.days[at].min(*day);
            }
            if let Some(segment) = segments.get(row) {
                join(&mut self.segments[at], *segment);
            }
            let x = second.map_or(f64::NAN, |s| s[row]);
            for (values, metric) in self.values.iter_mut().zip(metrics) {
                let (values, v) = (&mut values[at], metric[row]);
                if !v.is_nan() {
                    values.n += 1;
                    values.y += v;
                    values.yy += v * v;
                }
                if !x.is_nan() {
                    values.seconds += 1;
                    values.x += x;
                }
            }
        }
        Ok(())
    }

    /// Takes in the units of other rows; `arms` and `segments` say what each of theirs is here.
    pub fn absorb(&mut self, other: &Self, arms: &[u32], segments: &[u32], memory: u64) -> Result<()> {
        let who = self.coder.absorb(&other.coder)?;
        self.widen();
        self.missing += other.missing;
        let here = |map: &[u32], code: u32| match code {
            NONE | SEVERAL => code,
            code => map[code as usize],
        };
        for (at, to) in who.iter().enumerate() {
            let to = *to as usize;
            for (mine, seen) in [
                (&mut self.arms[to], here(arms, other.arms[at])),
                (&mut self.segments[to], here(segments, other.segments[at])),
            ] {
                if seen != NONE {
                    join(mine, seen);
                }
            }
            self.rows[to] += other.rows[at];
            self.days[to] = self.days[to].min(other.days[at]);
            for (mine, theirs) in self.values.iter_mut().zip(&other.values) {
                let (mine, theirs) = (&mut mine[to], theirs[at]);
                mine.n += theirs.n;
                mine.seconds += theirs.seconds;
                mine.y += theirs.y;
                mine.yy += theirs.yy;
                mine.x += theirs.x;
            }
        }
        let each = 20 + self.values.len() * size_of::<Values>();
        let (units, bytes) = (self.arms.len(), self.coder.bytes() + each * self.arms.len());
        if bytes as u64 > memory {
            let message = Msg::new("error-ab-memory").with("units", units).with("allowed", number::bytes(memory));
            return Err(Error::refused(message).hint(Msg::new("hint-ab-memory")));
        }
        Ok(())
    }

    /// How many there are; `place` says which arms count.
    pub fn facts(&self, column: String, place: &[Option<usize>]) -> Units {
        let mut facts = Units { column, rows: 0, units: 0, several: 0, missing: self.missing };
        for (arm, rows) in self.arms.iter().zip(&self.rows) {
            if *arm == SEVERAL {
                facts.several += 1;
            } else if place.get(*arm as usize).copied().flatten().is_some() {
                facts.units += 1;
                facts.rows += u64::from(*rows);
            }
        }
        facts
    }

    /// Caps the sums of a metric at their quantile over the units of all arms, and gives it.
    pub fn cap(&mut self, metric: usize, p: f64, place: &[Option<usize>]) -> Option<f64> {
        let counts = |arm: &u32| place.get(*arm as usize).copied().flatten().is_some();
        let of = self.values[metric].iter().zip(&self.arms).filter(|(v, arm)| v.n > 0 && counts(arm));
        let limit = Histogram::of(of.map(|(v, _)| v.y)).ok()?.quantile(p);
        self.caps[metric] = limit;
        limit
    }

    /// The sums of a metric over units: of one that is 0 or 1 whether there was a 1, of others the sum of the unit's rows.
    /// The second value is the sum of a denominator and the mean of a covariate.
    pub fn sums(
        &self,
        metric: usize,
        two_fold: bool,
        second: Second,
        days: &mut Days,
        segments: usize,
        limit: usize,
    ) -> Found {
        let cap = self.caps[metric];
        let value = |v: &Values| match v.n {
            0 => f64::NAN,
            _ if two_fold => v.y.min(1.0),
            _ => cap.map_or(v.y, |c| v.y.min(c)),
        };
        let other = |v: &Values| match (v.seconds, second) {
            (0, _) | (_, Second::None) => f64::NAN,
            (_, Second::Denominator) => v.x,
            (n, Second::Covariate) => v.x / f64::from(n),
        };
        let all = &self.values[metric];
        let first = |f: &dyn Fn(&Values) -> f64| all.iter().map(f).find(|v| !v.is_nan());
        let near = Near::of(&[first(&value).unwrap_or(0.0)], Some(&[first(&other).unwrap_or(0.0)]));
        let by_days = self.days.iter().any(|d| *d != i64::MAX);
        let several = segments > 0 && self.segments.contains(&SEVERAL);
        let mut whole = vec![Running::default(); ARMS];
        let mut by_segment = vec![Running::default(); (segments + usize::from(several)) * ARMS];
        let mut by_day: Vec<Running> = Vec::new();
        let mut tallies: Vec<Tally> = Vec::new();
        if second != Second::Denominator && !two_fold {
            tallies.resize_with(ARMS, Tally::default);
        }
        let near_rows = Near::of(&[first(&|v| if v.n > 0 { v.y } else { f64::NAN }).unwrap_or(0.0)], Some(&[1.0]));
        let mut clusters = vec![(Running::default(), 0.0); ARMS];
        for (at, v) in all.iter().enumerate() {
            let arm = self.arms[at];
            if arm >= ARMS as u32 {
                continue;
            }
            let arm = arm as usize;
            let (y, x) = (value(v), other(v));
            let add = |sum: &mut Running| {
                sum.add(y, near);
                sum.add_pair(y, x, near);
            };
            add(&mut whole[arm]);
            if segments > 0 && self.segments[at] != NONE {
                let key = if self.segments[at] == SEVERAL { segments } else { self.segments[at] as usize };
                add(&mut by_segment[key * ARMS + arm]);
            }
            if by_days && self.days[at] != i64::MAX {
                let key = days.place(self.days[at]) as usize;
                if by_day.len() < (key + 1) * ARMS {
                    by_day.resize((key + 1) * ARMS, Running::default());
                }
                add(&mut by_day[key * ARMS + arm]);
            }
            if let Some(tally) = tallies.get_mut(arm).filter(|_| !y.is_nan()) {
                tally.add(y, 1, limit);
            }
            if v.n > 0 {
                clusters[arm].0.add_pair(v.y, f64::from(v.n), near_rows);
                clusters[arm].1 += v.yy;
            }
        }
        let close = |all: Vec<Running>| -> Vec<Sum> { all.iter().map(|r| r.close(near)).collect() };
        let clusters = clusters.into_iter().map(|(rows, yy)| (rows.close(near_rows).pair, yy));
        Found {
            whole: close(whole),
            by_day: close(by_day),
            by_segment: close(by_segment),
            tallies,
            clusters: clusters.collect(),
        }
    }
}
