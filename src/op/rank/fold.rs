//! The figures of groups while rows go by: one state for each measure, with a place for each group.

use polars::prelude::{
    ChunkedArray, DataType, Float64Chunked, Int64Chunked, Int128Chunked, IntoSeries, NamedFrom, NewChunkedArray,
    PolarsNumericType, Series, StringChunked,
};

use super::keys::{Coder, Pairs, Shape};
use super::measure::{Measure, Of};
use super::sums::{DECIMALS, Sums};
use crate::data::{Stretch, from_polars};
use crate::error::Result;

enum State {
    Count(Vec<u64>),
    /// Sums of whole numbers, and of how many.
    Whole(Sums, Vec<u64>),
    /// Sums of floating-point numbers, and of how many.
    Real(Vec<f64>, Vec<u64>),
    /// The smallest or greatest whole number.
    WholeEnd(Vec<Option<i128>>),
    /// The smallest or greatest floating-point number.
    RealEnd(Vec<Option<f64>>),
    /// Every value, with its group.
    Values(Vec<(u32, f64)>),
    /// The different values, and which group has which.
    Distinct(Coder, Pairs),
    /// Values, and which of them each group has: its first, or the end of its text.
    Picked(Coder, Vec<Option<u32>>),
}

/// One measure of all groups.
pub struct Fold {
    measure: Measure,
    dtype: DataType,
    state: State,
    /// Values that are no numbers, which are left out.
    pub nan: u64,
}

/// The smaller or the greater.
fn end<T: PartialOrd>(of: Of, a: T, b: T) -> T {
    if (of == Of::Max) == (b > a) { b } else { a }
}

/// How many of the numbers that stand for values of a type make one.
fn scale_of(dtype: &DataType) -> f64 {
    match dtype {
        DataType::Decimal(_, scale) => 10f64.powi(*scale as i32),
        _ => 1.0,
    }
}

impl Fold {
    /// For a measure of a column of this type.
    pub fn new(measure: &Measure, dtype: &DataType) -> Self {
        let real = Shape::of(dtype) == Shape::Real;
        let state = match measure.of {
            Of::Count | Of::Present => State::Count(Vec::new()),
            Of::First => State::Picked(Coder::new(dtype), Vec::new()),
            Of::Min | Of::Max if Shape::of(dtype) == Shape::Text => State::Picked(Coder::new(dtype), Vec::new()),
            Of::Distinct => State::Distinct(Coder::new(dtype), Pairs::default()),
            Of::Sum | Of::Mean if real => State::Real(Vec::new(), Vec::new()),
            Of::Sum | Of::Mean => State::Whole(Sums::default(), Vec::new()),
            Of::Min | Of::Max if real => State::RealEnd(Vec::new()),
            Of::Min | Of::Max => State::WholeEnd(Vec::new()),
            Of::Median | Of::Quantile(_) => State::Values(Vec::new()),
        };
        Self { measure: measure.clone(), dtype: dtype.clone(), state, nan: 0 }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        match &self.state {
            State::Count(v) => v.capacity() * 8,
            State::Whole(v, _) => v.capacity() * 24,
            State::Real(v, _) => v.capacity() * 16,
            State::WholeEnd(v) => v.capacity() * 32,
            State::RealEnd(v) => v.capacity() * 16,
            State::Values(v) => v.capacity() * 16,
            State::Distinct(coder, pairs) => coder.bytes() + pairs.bytes(),
            State::Picked(coder, picks) => coder.bytes() + picks.capacity() * 8,
        }
    }

    /// Makes room for so many groups.
    fn widen(&mut self, groups: usize) {
        match &mut self.state {
            State::Count(v) => v.resize(groups, 0),
            State::Whole(v, n) => {
                v.resize(groups);
                n.resize(groups, 0);
            }
            State::Real(v, n) => {
                v.resize(groups, 0.0);
                n.resize(groups, 0);
            }
            State::WholeEnd(v) => v.resize(groups, None),
            State::RealEnd(v) => v.resize(groups, None),
            State::Picked(_, v) => v.resize(groups, None),
            State::Values(_) | State::Distinct(..) => {}
        }
    }

    /// Takes the first and only rows in: the group of each, and its value (of no use to a count). More are absorbed.
    pub fn take(&mut self, codes: &[u32], groups: usize, stretch: Option<&Stretch>) -> Result<()> {
        self.widen(groups);
        let of = self.measure.of;
        if let (State::Count(counts), Of::Count) = (&mut self.state, of) {
            codes.iter().for_each(|g| counts[*g as usize] += 1);
            return Ok(());
        }
        let Some(stretch) = stretch else { return Ok(()) };
        if let State::Count(counts) = &mut self.state {
            for (g, there) in codes.iter().zip(stretch.values()?.is_not_null().iter()) {
                counts[*g as usize] += u64::from(there == Some(true));
            }
            return Ok(());
        }
        if let State::Picked(coder, picks) = &mut self.state {
            let values;
            (*coder, values) = Coder::of(&self.dtype, stretch)?;
            let better = better(of, coder)?;
            let missing = coder.missing();
            for (group, value) in codes.iter().zip(values).filter(|(_, value)| Some(*value) != missing) {
                let pick = &mut picks[*group as usize];
                *pick = Some(pick.map_or(value, |had| if better(value, had) { value } else { had }));
            }
            return Ok(());
        }
        if let State::Distinct(coder, pairs) = &mut self.state {
            let values;
            (*coder, values) = Coder::of(&self.dtype, stretch)?;
            let missing = coder.missing();
            for (group, value) in codes.iter().zip(values).filter(|(_, value)| Some(*value) != missing) {
                pairs.number((*group, value));
            }
            return Ok(());
        }
        let shape = Shape::of(&self.dtype);
        let values = shape.values(&stretch.values()?)?;
        let (nan, scale) = (&mut self.nan, scale_of(&self.dtype));
        match (&mut self.state, shape) {
            (State::Whole(sums, counts), Shape::Whole) => each(codes, values.i64().map_err(from_polars)?, |g, v| {
                sums.add(g, i128::from(v));
                counts[g] += 1;
            }),
            (State::Whole(sums, counts), _) => each(codes, values.i128().map_err(from_polars)?, |g, v| {
                sums.add(g, v);
                counts[g] += 1;
            }),
            (State::WholeEnd(ends), Shape::Whole) => each(codes, values.i64().map_err(from_polars)?, |g, v| {
                let v = i128::from(v);
                ends[g] = Some(ends[g].map_or(v, |e| end(of, e, v)));
            }),
            (State::WholeEnd(ends), _) => each(codes, values.i128().map_err(from_polars)?, |g, v| {
                ends[g] = Some(ends[g].map_or(v, |e| end(of, e, v)));
            }),
            (State::Real(sums, counts), _) => each_number(codes, &values, nan, |g, v| {
                sums[g] += v;
                counts[g] += 1;
            })?,
            (State::RealEnd(ends), _) => each_number(codes, &values, nan, |g, v| {
                ends[g] = Some(ends[g].map_or(v, |e| end(of, e, v)));
            })?,
            (State::Values(all), _) => each_number(codes, &values, nan, |g, v| all.push((g as u32, v / scale)))?,
            (State::Count(_) | State::Distinct(..) | State::Picked(..), _) => {}
        }
        Ok(())
    }

    /// Adds what was gathered elsewhere; `map` gives the group here for each group there.
    pub fn absorb(&mut self, other: &Self, map: &[u32], groups: usize) -> Result<()> {
        self.widen(groups);
        self.nan += other.nan;
        let of = self.measure.of;
        let to = |g: usize| map[g] as usize;
        match (&mut self.state, &other.state) {
            (State::Count(mine), State::Count(theirs)) => {
                theirs.iter().enumerate().for_each(|(g, n)| mine[to(g)] += n);
            }
            (State::Whole(mine, n), State::Whole(theirs, m)) => {
                for g in 0..theirs.len() {
                    mine.absorb(to(g), theirs, g);
                    n[to(g)] += m[g];
                }
            }
            (State::Real(mine, n), State::Real(theirs, m)) => {
                for g in 0..theirs.len() {
                    mine[to(g)] += theirs[g];
                    n[to(g)] += m[g];
                }
            }
            (State::WholeEnd(mine), State::WholeEnd(theirs)) => merge(mine, theirs, to, of),
            (State::RealEnd(mine), State::RealEnd(theirs)) => merge(mine, theirs, to, of),
            (State::Values(mine), State::Values(theirs)) => {
                mine.extend(theirs.iter().map(|(g, v)| (map[*g as usize], *v)));
            }
            (State::Distinct(coder, pairs), State::Distinct(their_coder, their_pairs)) => {
                let values = coder.absorb(their_coder)?;
                for (g, v) in their_pairs.all() {
                    pairs.number((map[*g as usize], values[*v as usize]));
                }
            }
            (State::Picked(coder, mine), State::Picked(their_coder, theirs)) => {
                let values = coder.absorb(their_coder)?;
                let better = better(of, coder)?;
                for (g, theirs) in theirs.iter().enumerate() {
                    if let Some(value) = theirs.map(|v| values[v as usize]) {
                        let pick = &mut mine[to(g)];
                        *pick = Some(pick.map_or(value, |had| if better(value, had) { value } else { had }));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The same with other groups: `map` says which group each becomes part of.
    pub fn regrouped(&self, map: &[u32], groups: usize) -> Result<Self> {
        let mut fresh = Self::new(&self.measure, &self.dtype);
        fresh.absorb(self, map, groups)?;
        Ok(fresh)
    }

    /// The figures of groups 0 to `groups` as a column.
    pub fn finish(&self, groups: usize) -> Result<Series> {
        let name = self.measure.name();
        let name = name.as_str();
        let mean = self.measure.of == Of::Mean;
        Ok(match &self.state {
            State::Count(counts) => {
                let counts = (0..groups).map(|g| counts.get(g).map_or(0, |n| *n as i64));
                Int64Chunked::from_iter_values(name.into(), counts).into_series()
            }
            State::Distinct(_, pairs) => {
                let mut counts = vec![0i64; groups];
                pairs.all().iter().for_each(|(g, _)| counts[*g as usize] += 1);
                Series::new(name.into(), counts)
            }
            State::Picked(coder, picks) => coder.column(name, (0..groups).map(|g| picks.get(g).copied().flatten()))?,
            State::Real(sums, counts) => {
                let at = |g: usize| match counts.get(g) {
                    Some(n) if *n > 0 => Some(if mean { sums[g] / *n as f64 } else { sums[g] }),
                    _ => (!mean).then_some(0.0),
                };
                Float64Chunked::from_iter_options(name.into(), (0..groups).map(at)).into_series()
            }
            State::Whole(sums, counts) if mean => {
                let scale = scale_of(&self.dtype);
                let at = |g: usize| counts.get(g).filter(|n| **n > 0).map(|n| sums.real(g) / *n as f64 / scale);
                if matches!(self.dtype, DataType::Duration(_)) {
                    let whole = (0..groups).map(|g| at(g).map(|v| v.round() as i64));
                    let spans = Int64Chunked::from_iter_options(name.into(), whole).into_series();
                    return spans.cast(&self.dtype).map_err(from_polars);
                }
                Float64Chunked::from_iter_options(name.into(), (0..groups).map(at)).into_series()
            }
            State::Whole(sums, _) => {
                let exact: Option<Vec<i128>> = (0..groups).map(|g| sums.exact(g)).collect();
                let fits = |v: &i128| v.unsigned_abs() < DECIMALS.unsigned_abs();
                let decimal = matches!(self.dtype, DataType::Decimal(..));
                let Some(exact) = exact.filter(|all| !decimal || all.iter().all(fits)) else {
                    let real = (0..groups).map(|g| sums.real(g) / scale_of(&self.dtype));
                    return Ok(Float64Chunked::from_iter_values(name.into(), real).into_series());
                };
                let sums = || exact.iter().copied();
                let wide = || Int128Chunked::from_iter_values(name.into(), sums());
                match &self.dtype {
                    DataType::Decimal(_, scale) => wide().into_decimal_unchecked(38, *scale).into_series(),
                    _ if sums().all(|v| i64::try_from(v).is_ok()) => {
                        let whole = Int64Chunked::from_iter_values(name.into(), sums().map(|v| v as i64)).into_series();
                        match &self.dtype {
                            DataType::Duration(_) => whole.cast(&self.dtype).map_err(from_polars)?,
                            _ => whole,
                        }
                    }
                    _ => wide().into_series(),
                }
            }
            State::WholeEnd(ends) => {
                let ends = (0..groups).map(|g| ends.get(g).copied().flatten());
                match Shape::of(&self.dtype) {
                    Shape::Whole => {
                        let whole = Int64Chunked::from_iter_options(name.into(), ends.map(|v| v.map(|v| v as i64)));
                        Shape::Whole.restore(whole.into_series(), &self.dtype)?
                    }
                    shape => {
                        shape.restore(Int128Chunked::from_iter_options(name.into(), ends).into_series(), &self.dtype)?
                    }
                }
            }
            State::RealEnd(ends) => {
                let ends = (0..groups).map(|g| ends.get(g).copied().flatten());
                Float64Chunked::from_iter_options(name.into(), ends)
                    .into_series()
                    .cast(&self.dtype)
                    .map_err(from_polars)?
            }
            State::Values(all) => {
                let share = match self.measure.of {
                    Of::Quantile(share) => share,
                    _ => 0.5,
                };
                let mut sorted = all.clone();
                sorted.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
                let mut found: Vec<Option<f64>> = vec![None; groups];
                for run in sorted.chunk_by(|a, b| a.0 == b.0) {
                    found[run[0].0 as usize] = Some(between(run, share));
                }
                Float64Chunked::from_iter_options(name.into(), found.into_iter()).into_series()
            }
        })
    }
}

/// Whether one value of a coder takes the place of another that came before it.
fn better(of: Of, coder: &Coder) -> Result<impl Fn(u32, u32) -> bool> {
    let ends = matches!(of, Of::Min | Of::Max);
    let texts = match ends {
        true => {
            let all = coder.column("", (0..coder.len() as u32).map(Some))?;
            Shape::Text.values(&all)?.str().map_err(from_polars)?.rechunk().into_owned()
        }
        false => StringChunked::from_iter_options("".into(), std::iter::empty::<Option<&str>>()),
    };
    Ok(move |new: u32, had: u32| {
        let at = |n: u32| texts.get(n as usize);
        ends && new != had && (at(new) < at(had)) == (of == Of::Min)
    })
}

/// Calls `f` with the group and the value of every row that has one.
#[inline(always)]
fn each<T: PolarsNumericType>(codes: &[u32], values: &ChunkedArray<T>, mut f: impl FnMut(usize, T::Native)) {
    let mut codes = codes;
    for chunk in values.downcast_iter() {
        let (here, rest) = codes.split_at(chunk.len().min(codes.len()));
        codes = rest;
        let here = here.iter().map(|g| *g as usize).zip(chunk.values().iter().copied());
        match chunk.validity().filter(|valid| valid.unset_bits() > 0) {
            None => here.for_each(|(g, v)| f(g, v)),
            Some(valid) => here.zip(valid.iter()).for_each(|((g, v), valid)| {
                if valid {
                    f(g, v);
                }
            }),
        }
    }
}

/// As [`each`], with values as floating-point numbers; counts those that are no numbers.
#[inline(always)]
fn each_number(codes: &[u32], values: &Series, nan: &mut u64, mut f: impl FnMut(usize, f64)) -> Result<()> {
    let values = values.cast(&DataType::Float64).map_err(from_polars)?;
    each(codes, values.f64().map_err(from_polars)?, |g, v| match v.is_nan() {
        true => *nan += 1,
        false => f(g, v),
    });
    Ok(())
}

fn merge<T: PartialOrd + Copy>(mine: &mut [Option<T>], theirs: &[Option<T>], to: impl Fn(usize) -> usize, of: Of) {
    for (g, v) in theirs.iter().enumerate() {
        if let Some(v) = v {
            let at = &mut mine[to(g)];
            *at = Some(at.map_or(*v, |e| end(of, e, *v)));
        }
    }
}

/// The quantile of sorted values (at least one): linear between neighbours, definition 7 of Hyndman and Fan (1996).
fn between(sorted: &[(u32, f64)], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[at.floor() as usize].1, sorted[at.ceil() as usize].1);
    if low == high { low } else { low + (high - low) * (at - at.floor()) }
}
