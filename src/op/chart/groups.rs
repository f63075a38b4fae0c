//! Which words get a place of their own: the commonest or greatest, and one place for all others.

use polars::prelude::PlHashMap;

use super::Measure;
use super::read::{Coded, Key, Var};
use crate::result::figure::Label;
use crate::text::Msg;
use crate::value::Kind;

/// What is known of the values that fell into one place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sums {
    /// How many rows.
    pub n: u64,
    /// Their sum, added up in row order.
    pub sum: f64,
    /// The smallest.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Default for Sums {
    fn default() -> Self {
        Self { n: 0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl Sums {
    /// Adds a value.
    #[inline]
    pub fn add(&mut self, v: f64) {
        self.n += 1;
        self.sum += v;
        self.min = self.min.min(v);
        self.max = self.max.max(v);
    }

    /// Adds what others have found in rows that follow.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The measure; none where there is no value.
    pub fn get(&self, measure: Measure) -> Option<f64> {
        match measure {
            Measure::Count => Some(self.n as f64),
            _ if self.n == 0 => None,
            Measure::Sum => Some(self.sum),
            Measure::Mean => Some(self.sum / self.n as f64),
            Measure::Min => Some(self.min),
            Measure::Max => Some(self.max),
        }
    }
}

/// Every key seen so far, in the order they first appeared.
#[derive(Default)]
pub struct Tally {
    index: PlHashMap<Key, u32>,
    keys: Vec<Key>,
    sums: Vec<Sums>,
    /// What fell out because there were too many keys to keep.
    rest: Sums,
    /// Keys that fell out, counted again if they came back.
    gone: u64,
    /// Whether no key came back after it fell out.
    exact: bool,
}

/// Bytes that a key takes, about.
const KEY_BYTES: u64 = 160;

impl Tally {
    /// Most keys kept, given so much memory.
    pub fn room(memory: u64) -> usize {
        usize::try_from(memory / 4 / KEY_BYTES).unwrap_or(usize::MAX).clamp(10_000, 4_000_000)
    }

    /// Adds the keys of a part. With more than `room` keys the rare ones fall out.
    pub fn add(&mut self, keys: Vec<Key>, sums: &[Sums], room: usize) {
        for (key, more) in keys.into_iter().zip(sums) {
            match self.index.get(&key) {
                Some(i) => self.sums[*i as usize].merge(more),
                None => {
                    self.index.insert(key.clone(), self.keys.len() as u32);
                    self.keys.push(key);
                    self.sums.push(*more);
                }
            }
        }
        if self.keys.len() > room {
            self.thin(room / 2);
        }
    }

    /// The greatest of `distinct` keys, counted to the end.
    pub fn of_greatest(keys: Vec<Key>, sums: Vec<Sums>, distinct: u64) -> Self {
        let gone = distinct.saturating_sub(keys.len() as u64);
        Self { index: PlHashMap::default(), keys, sums, rest: Sums::default(), gone, exact: true }
    }

    fn thin(&mut self, keep: usize) {
        let mut order: Vec<usize> = (0..self.keys.len()).collect();
        order.sort_by_key(|i| (std::cmp::Reverse(self.sums[*i].n), *i));
        for i in order.split_off(keep) {
            self.rest.merge(&self.sums[i]);
            self.gone += 1;
        }
        order.sort_unstable();
        self.keys = order.iter().map(|i| std::mem::replace(&mut self.keys[*i], Key::Missing)).collect();
        self.sums = order.iter().map(|i| self.sums[*i]).collect();
        self.index = self.keys.iter().cloned().zip(0..).collect();
    }

    /// Chooses at most `most` keys, the greatest by `measure`; what is left gets one place together. Whole numbers, days
    /// and yes/no that all have a place keep their own order.
    pub fn choose(&self, var: &Var, most: usize, measure: Measure, with_missing: bool) -> Groups {
        let weight = |i: usize| {
            let sums = &self.sums[i];
            match measure {
                Measure::Count => sums.n as f64,
                m => sums.get(m).unwrap_or(f64::NEG_INFINITY),
            }
        };
        let mut order: Vec<usize> = (0..self.keys.len())
            .filter(|i| self.sums[*i].n > 0 && (with_missing || self.keys[*i] != Key::Missing))
            .collect();
        let distinct = order.len() as u64 + self.gone;
        // Of equals the first by name: rows may come in any order.
        order.sort_by(|a, b| weight(*b).total_cmp(&weight(*a)).then_with(|| self.keys[*a].cmp(&self.keys[*b])));
        let all = order.len() <= most && self.gone == 0;
        if !all {
            order.truncate(most);
        }
        let by_value = !var.kind.is_text();
        if by_value && all {
            order.sort_by(|a, b| self.keys[*a].cmp(&self.keys[*b]));
        }
        self.chosen(var, order, distinct, with_missing)
    }

    /// Chooses at most `most` keys, those that came first, in that order.
    pub fn choose_first(&self, var: &Var, most: usize) -> Groups {
        let order = (0..self.keys.len().min(most)).collect();
        self.chosen(var, order, self.keys.len() as u64 + self.gone, true)
    }

    fn chosen(&self, var: &Var, order: Vec<usize>, distinct: u64, with_missing: bool) -> Groups {
        let all = order.len() as u64 == distinct;
        let mut labels: Vec<Label> = order.iter().map(|i| label(&self.keys[*i], &var.kind)).collect();
        let index = order.iter().map(|i| self.keys[*i].clone()).zip(0..).collect();
        let others = (!all).then_some(labels.len());
        if others.is_some() {
            labels.push(Msg::new("chart-others").with("count", distinct - order.len() as u64).into());
        }
        Groups { index, labels, others, with_missing, distinct, uncertain: self.gone > 0 && !self.exact }
    }
}

/// The words for a key.
fn label(key: &Key, kind: &Kind) -> Label {
    match (key, key.text(kind)) {
        (Key::Missing, _) => Msg::new("chart-missing").into(),
        (_, text) if text.is_empty() => Msg::new("chart-empty").into(),
        (Key::Int(v), _) if *kind == Kind::Boolean => Msg::new(if *v == 0 { "chart-no" } else { "chart-yes" }).into(),
        (_, text) => text.into(),
    }
}

/// The chosen keys.
pub struct Groups {
    index: PlHashMap<Key, usize>,
    /// The words for each place; the last is that of the others, if there are any.
    pub labels: Vec<Label>,
    /// The place of all others.
    pub others: Option<usize>,
    with_missing: bool,
    /// How many different values there are.
    pub distinct: u64,
    /// Whether rare values fell out before they could be counted to the end.
    pub uncertain: bool,
}

impl Groups {
    /// Where there is nothing to tell apart: one place for all.
    pub fn one() -> Self {
        Self {
            index: PlHashMap::default(),
            labels: vec![Label::from("")],
            others: Some(0),
            with_missing: true,
            distinct: 1,
            uncertain: false,
        }
    }

    /// The keys that have a place of their own, each with it.
    pub fn keyed(&self) -> Vec<(&Key, usize)> {
        let mut keyed: Vec<(&Key, usize)> = self.index.iter().map(|(key, at)| (key, *at)).collect();
        keyed.sort_by_key(|k| k.1);
        keyed
    }

    /// The place of missing values; none where they have none.
    pub fn of_missing(&self) -> Option<usize> {
        self.index.get(&Key::Missing).copied().or(self.others.filter(|_| self.with_missing))
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// The place of each key of a part; none where it has none.
    pub fn places(&self, coded: &Coded) -> Vec<Option<usize>> {
        coded
            .keys
            .iter()
            .map(|key| match (self.index.get(key), key) {
                (Some(i), _) => Some(*i),
                (None, Key::Missing) if !self.with_missing => None,
                (None, _) => self.others,
            })
            .collect()
    }
}
