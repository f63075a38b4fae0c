//! From what was gathered about a column to its profile.

use std::borrow::Cow;

use polars::prelude::DataType;

use super::super::sketch::spread::Bins;
use super::super::sketch::{Moments, Spread};
use super::coding::{Coding, Key};
use super::gather::{ColumnState, Gathered};
use super::numbers::Numbers;
use super::picks::SAMPLE;
use super::texts::{Lengths, Store, Texts};
use crate::result::profile::{Bin, ColumnProfile, Estimate, Histogram, LengthProfile, LengthUnit, Quartiles, Top};
use crate::value::{Cell, Column};

/// Most common values given.
pub(super) const TOPS: usize = 10;
/// Bins of a histogram.
pub(super) const BINS: usize = 20;
/// Half of the 95 % interval, in standard errors.
const Z95: f64 = 1.96;
/// A value of a sample is named as common from so many occurrences on. Each of up to 129 threads that saw a part of the
/// sample would have had to meet a text only once for the text itself to be lost.
const LEAST: u64 = 130;

/// How a sample relates to the values it was drawn from.
#[derive(Clone, Copy)]
struct Scale {
    /// Values in all.
    all: u64,
    /// Values in the sample.
    sample: u64,
}

impl Scale {
    fn exact(self) -> bool {
        self.all == self.sample
    }

    /// The count in all that a count in the sample stands for.
    fn up(self, n: u64) -> u64 {
        if self.exact() || self.sample == 0 {
            n
        } else {
            (u128::from(n) * u128::from(self.all) / u128::from(self.sample)) as u64
        }
    }

    /// Half of the 95 % interval of a share `p`, with the correction for a finite population.
    fn error(self, p: f64) -> f64 {
        if self.exact() || self.sample == 0 {
            return 0.0;
        }
        let rest = 1.0 - self.sample as f64 / self.all as f64;
        Z95 * (p * (1.0 - p) / self.sample as f64 * rest).sqrt()
    }

    fn top(self, value: Cell<'static>, n: u64, cut: bool) -> Top {
        let p = n as f64 / self.sample.max(1) as f64;
        Top {
            value,
            count: self.up(n),
            exact: self.exact(),
            error: (self.error(p) * self.all as f64).ceil() as u64,
            cut,
        }
    }

    /// Occurrences in the sample below which a value is not common.
    fn least(self) -> u64 {
        LEAST.max(self.sample / 1000)
    }
}

/// The profile of a column from the merged states of all threads.
pub(super) fn finish(
    column: &Column,
    dtype: &DataType,
    state: ColumnState,
    moments: &Moments,
    examples: Vec<Cell<'static>>,
) -> ColumnProfile {
    let mut out = ColumnProfile { rows: state.rows, missing: state.missing, examples, ..ColumnProfile::new(column) };
    let present = state.rows - state.missing;
    match state.gathered {
        Gathered::Numbers(n) => numbers(*n, &Coding::new(dtype.clone()), moments, &mut out),
        Gathered::Wide(n) => numbers(*n, &Coding::new(dtype.clone()), moments, &mut out),
        Gathered::Texts(mut t) => texts(&mut t, dtype, &mut out),
        Gathered::Booleans(trues) => {
            let counts = [(false, present - trues), (true, trues)];
            let mut tops: Vec<_> = counts.into_iter().filter(|(_, n)| *n > 0).collect();
            out.distinct = Some(Estimate::exact(tops.len() as u64));
            out.min = tops.first().map(|(v, _)| Cell::Bool(*v));
            out.max = tops.last().map(|(v, _)| Cell::Bool(*v));
            tops.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
            let scale = Scale { all: present, sample: present };
            out.top = tops.into_iter().map(|(v, n)| scale.top(Cell::Bool(v), n, false)).collect();
            out.trues = Some(trues);
        }
        Gathered::Lists(lengths) => out.lengths = length_profile(&lengths, LengthUnit::Items),
        Gathered::Rest if column.kind.is_nested() => {}
        Gathered::Rest => out.distinct = Some(Estimate::exact(0)),
    }
    out
}

fn length_profile(l: &Lengths, unit: LengthUnit) -> Option<LengthProfile> {
    (l.n > 0).then(|| LengthProfile { unit, min: l.min, max: l.max, mean: l.sum as f64 / l.n as f64 })
}

fn numbers<K: Key>(mut n: Numbers<K>, coding: &Coding, moments: &Moments, out: &mut ColumnProfile) {
    out.nan = n.nan;
    out.infinite = n.infinite;
    out.min = n.ends.map(|(min, _)| coding.cell(min.wide()));
    out.max = n.ends.map(|(_, max)| coding.cell(max.wide()));
    out.mean = moments.mean().map(|m| coding.mean(m));
    out.sd = moments.sd().map(|s| coding.difference(s));

    let counted = n.tally.level() == 0;
    let spread = if counted {
        Spread::of_counts(n.tally.iter().map(|(_, count, key)| (key, count)).collect())
    } else {
        Spread::of_values(std::mem::take(&mut n.sample))
    };
    let scale = Scale { all: n.n, sample: spread.total() };
    out.distinct = Some(if scale.exact() { Estimate::exact(spread.distinct()) } else { n.tally.distinct() });
    let quartile = |which| spread.quartile(which).map(|b| coding.between(b));
    if let (Some(q1), Some(median), Some(q3)) = (quartile(1), quartile(2), quartile(3)) {
        out.quartiles = Some(Quartiles { q1, median, q3, exact: scale.exact(), rank_error: scale.error(0.5) });
    }
    let least = match scale.exact() {
        // Where no value repeats, none is common.
        true if spread.distinct() == spread.total() && spread.total() > TOPS as u64 => 2,
        true => 1,
        false => scale.least(),
    };
    out.top =
        spread.top(TOPS, least).into_iter().map(|(k, count)| scale.top(coding.cell(k.wide()), count, false)).collect();
    out.histogram = histogram(&spread, coding, scale);
}

fn histogram<K: Key>(spread: &Spread<K>, coding: &Coding, scale: Scale) -> Option<Histogram> {
    let up = |n| scale.up(n);
    Some(match coding.is_whole() {
        true => whole_histogram(&spread.whole_bins(BINS, |k| coding.whole(k.wide()))?, coding, scale.exact(), up),
        false => real_histogram(&spread.bins(BINS, |k| coding.real(k.wide()))?, scale.exact(), up),
    })
}

fn outlined<T>(b: &Bins<T>, exact: bool, up: impl Fn(u64) -> u64, edge: impl Fn(usize) -> Cell<'static>) -> Histogram {
    let bin = |(i, n): (usize, &u64)| Bin { lo: edge(i), hi: edge(i + 1), count: up(*n) };
    Histogram { bins: b.counts.iter().enumerate().map(bin).collect(), below: up(b.below), above: up(b.above), exact }
}

/// The histogram of whole numbers of a unit.
pub(super) fn whole_histogram(b: &Bins<i128>, coding: &Coding, exact: bool, up: impl Fn(u64) -> u64) -> Histogram {
    outlined(b, exact, up, |i| coding.whole_cell(b.start.saturating_add(b.width.saturating_mul(i as i128))))
}

/// The histogram of real numbers.
pub(super) fn real_histogram(b: &Bins<f64>, exact: bool, up: impl Fn(u64) -> u64) -> Histogram {
    outlined(b, exact, up, |i| Cell::Float(b.start + b.width * i as f64))
}

fn texts(t: &mut Texts, dtype: &DataType, out: &mut ColumnProfile) {
    let binary = matches!(dtype, DataType::Binary | DataType::BinaryOffset);
    let cell = |bytes: &[u8], cut: bool| -> Cell<'static> {
        if binary {
            return Cell::Binary(Cow::Owned(bytes.to_vec()));
        }
        let mut text = String::from_utf8_lossy(bytes).into_owned();
        // A cut may have gone through a character.
        while cut && text.ends_with(char::REPLACEMENT_CHARACTER) {
            text.pop();
        }
        Cell::Text(text.into())
    };
    out.empty = t.empty;
    let counted = t.tally.level() == 0;
    let sample = if counted { t.n } else { t.sample.iter().map(|(_, n, _)| n).sum() };
    let scale = Scale { all: t.n, sample };
    // A sample of all rows has every value.
    out.distinct = Some(if !counted && scale.exact() { t.sample.distinct() } else { t.tally.distinct() });
    let mut tops: Vec<(u64, &[u8], bool)> = if counted {
        t.tally.iter().map(|(_, n, span)| (n, t.store.get(span), Store::is_cut(span))).collect()
    } else {
        let common = t.sample.iter().filter(|(_, n, _)| *n >= scale.least());
        common.filter_map(|(_, n, span)| span.map(|s| (n, t.sample_store.get(s), Store::is_cut(s)))).collect()
    };
    if counted && tops.len() > TOPS && tops.iter().all(|(n, _, _)| *n == 1) {
        tops.clear();
    }
    let order = |a: &(u64, &[u8], bool), b: &(u64, &[u8], bool)| b.0.cmp(&a.0).then(a.1.cmp(b.1));
    if tops.len() > TOPS {
        tops.select_nth_unstable_by(TOPS, order);
        tops.truncate(TOPS);
    }
    tops.sort_unstable_by(order);
    out.top = tops.into_iter().map(|(n, bytes, cut)| scale.top(cell(bytes, cut), n, cut)).collect();

    let (lengths, ends) = t.finish();
    let shown = |bytes: &[u8]| cell(&bytes[..bytes.len().min(super::texts::KEPT)], bytes.len() > super::texts::KEPT);
    if let Some((min, max)) = ends {
        out.min = Some(shown(min));
        out.max = Some(shown(max));
    }
    out.lengths = length_profile(&lengths, if binary { LengthUnit::Bytes } else { LengthUnit::Characters });
}

/// Rows of the sample, where one was needed.
pub(super) fn sampled(columns: &[ColumnProfile], rows: u64) -> Option<u64> {
    let stride = super::picks::Picks::stride(rows);
    let used = |c: &ColumnProfile| {
        c.quartiles.as_ref().is_some_and(|q| !q.exact)
            || c.top.iter().any(|t| !t.exact)
            || c.distinct.is_some_and(|d| !d.exact)
    };
    (rows > SAMPLE && columns.iter().any(used)).then(|| rows / stride)
}
