//! Rows that are the same: hashes of a few telling columns propose, the values of all columns decide.
//!
//! Memory does not grow with the table: a filter of two bits for each slot says which rows can have a partner at all (a row
//! whose slot no other row shares cannot), and only those are remembered. What is then a group is divided, column by column,
//! until all its rows are equal in every column.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use polars::prelude::{DataType, IdxSize, Series};

use super::pass;
use super::quick::QuickMap;
use super::values::{self, Exact};
use crate::data::{Control, Dataset, Rows};
use crate::error::Result;
use crate::op::sketch::hash::mix;

/// Rows looked at to find out which columns tell rows apart.
const LOOK: usize = 2048;
/// Columns looked at for that.
const TRIED: usize = 32;
/// Columns used for hashes, at most.
const TELLING: usize = 8;
/// What a remembered row costs, in bytes.
const PAIR: u64 = 16;

/// A set of row numbers: one bit each.
#[derive(Clone, Debug, Default)]
pub struct RowSet {
    bits: Vec<u64>,
    len: u64,
}

impl RowSet {
    /// Adds a row that is not in it.
    pub fn insert(&mut self, row: u64) {
        let (word, bit) = ((row / 64) as usize, row % 64);
        if word >= self.bits.len() {
            self.bits.resize(word + 1, 0);
        }
        self.len += u64::from(self.bits[word] >> bit & 1 == 0);
        self.bits[word] |= 1 << bit;
    }

    /// Whether a row is in it.
    pub fn contains(&self, row: u64) -> bool {
        self.bits.get((row / 64) as usize).is_some_and(|w| w >> (row % 64) & 1 == 1)
    }

    /// How many rows are in it.
    pub fn len(&self) -> u64 {
        self.len
    }
}

/// Rows, in rising order, and the group each belongs to; every group has at least two.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// The rows that were proposed.
    pub rows: Vec<u64>,
    /// Places in `rows` of those that still have a partner.
    active: Vec<IdxSize>,
    /// Their groups, numbered from 0 without a gap.
    labels: Vec<u32>,
    count: usize,
}

impl Groups {
    /// Groups of rows with equal hashes.
    fn of(mut pairs: Vec<(u64, u64)>) -> Self {
        pairs.sort_unstable();
        let mut kept: Vec<(u64, u32)> = Vec::new();
        let mut count = 0u32;
        for group in pairs.chunk_by(|a, b| a.0 == b.0).filter(|g| g.len() > 1) {
            kept.extend(group.iter().map(|(_, row)| (*row, count)));
            count += 1;
        }
        drop(pairs);
        kept.sort_unstable();
        let (rows, labels): (Vec<u64>, Vec<u32>) = kept.into_iter().unzip();
        Self { active: (0..rows.len() as IdxSize).collect(), rows, labels, count: count as usize }
    }

    /// Whether no row has a partner.
    pub fn is_empty(&self) -> bool {
        self.active.is_empty()
    }

    /// Divides the groups so that rows of a group have the same value. `values` are those of `rows`, physical.
    pub fn refine(&mut self, values: &Series) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let mut first = vec![IdxSize::MAX; self.count];
        for (at, label) in self.active.iter().zip(&self.labels) {
            let slot = &mut first[*label as usize];
            *slot = (*slot).min(*at);
        }
        let firsts: Vec<IdxSize> = self.labels.iter().map(|l| first[*l as usize]).collect();
        let mine = pass::take(values, &self.active)?;
        if values::same(&mine, &pass::take(values, &firsts)?, false)? {
            return Ok(());
        }
        let mut known: QuickMap<(u32, Exact<'_>), u32> = QuickMap::default();
        let mut sizes: Vec<u32> = Vec::new();
        let exact = values::exact(&mine, false)?;
        let fresh: Vec<u32> = exact
            .iter()
            .zip(&self.labels)
            .map(|(v, l)| {
                let new = *known.entry((*l, *v)).or_insert_with(|| {
                    sizes.push(0);
                    sizes.len() as u32 - 1
                });
                sizes[new as usize] += 1;
                new
            })
            .collect();
        let mut numbers = vec![0u32; sizes.len()];
        let mut count = 0;
        for (number, size) in numbers.iter_mut().zip(&sizes) {
            *number = count;
            count += u32::from(*size > 1);
        }
        let left: Vec<(IdxSize, u32)> = self
            .active
            .iter()
            .zip(&fresh)
            .filter(|(_, l)| sizes[**l as usize] > 1)
            .map(|(at, l)| (*at, numbers[*l as usize]))
            .collect();
        (self.active, self.labels) = left.into_iter().unzip();
        self.count = count as usize;
        Ok(())
    }

    /// Forgets the rows without a partner, so that no values are fetched for them any more.
    pub fn shrink(&mut self) {
        self.rows = self.active.iter().map(|at| self.rows[*at as usize]).collect();
        self.active = (0..self.rows.len() as IdxSize).collect();
    }

    /// Adds all rows but the first of each group to `drop`; the first is the one shown first.
    pub fn without_first(&self, shown: &Rows, drop: &mut RowSet) {
        let rows: Vec<u64> = self.active.iter().map(|at| self.rows[*at as usize]).collect();
        let mut sequence: Vec<usize> = (0..rows.len()).collect();
        if let Rows::Ordered(order) = shown {
            let at: HashMap<u64, usize> = rows.iter().enumerate().map(|(i, r)| (*r, i)).collect();
            sequence = order.iter().filter_map(|r| at.get(&u64::from(*r)).copied()).collect();
        }
        let mut seen = vec![false; self.count];
        for i in sequence {
            let label = self.labels[i] as usize;
            if std::mem::replace(&mut seen[label], true) {
                drop.insert(rows[i]);
            }
        }
    }
}

/// The columns, among those at `places`, that tell rows apart best, judged by the first rows; few, and all of them needed.
pub fn telling(dataset: &Dataset, places: &[usize]) -> Result<Vec<usize>> {
    let step = places.len().div_ceil(TRIED).max(1);
    let mut tried: Vec<usize> =
        places.iter().copied().step_by(step).chain(places.iter().copied().take(TRIED / 2)).collect();
    tried.sort_unstable();
    tried.dedup();
    let frame = dataset.window(&tried, 0, LOOK)?.into_inner();
    let mut codes: Vec<(usize, Vec<u64>, usize, bool)> = Vec::new();
    for (place, column) in tried.iter().zip(frame.columns()) {
        let mut stand_ins = Vec::new();
        let series = values::physical(column.as_materialized_series())?;
        values::stand_ins(&series, false, &mut stand_ins)?;
        let mut distinct = stand_ins.clone();
        distinct.sort_unstable();
        distinct.dedup();
        // One value besides missing ones tells nothing that stays: such a column may be dropped.
        if distinct.iter().filter(|x| **x != values::MISSING && **x != values::NAN).count() > 1 {
            codes.push((*place, stand_ins, distinct.len(), series.dtype() == &DataType::Binary));
        }
    }
    // The most telling first; of two alike, the one that is cheaper to read, then the earlier.
    codes.sort_by_key(|(place, _, distinct, text)| (std::cmp::Reverse(*distinct), *text, *place));
    let mut joint = vec![0u64; frame.height()];
    let mut told = 1;
    let mut chosen = Vec::new();
    let gain = (frame.height() / 500).max(1);
    // Some rows may be duplicates, which no column tells apart.
    while chosen.len() < TELLING && told < frame.height() - frame.height() / 64 {
        let with = |x: &[u64]| -> Vec<u64> { joint.iter().zip(x).map(|(j, x)| mix(j ^ mix(*x))).collect() };
        let best = codes
            .iter()
            .filter(|(place, ..)| !chosen.contains(place))
            .map(|(place, x, ..)| {
                let mut all = with(x);
                all.sort_unstable();
                all.dedup();
                (all.len(), *place, x)
            })
            .reduce(|a, b| if b.0 > a.0 { b } else { a });
        match best {
            Some((n, place, x)) if n >= told + gain || (chosen.is_empty() && n > 1) => {
                joint = with(x);
                told = n;
                chosen.push(place);
            }
            _ => break,
        }
    }
    Ok(chosen)
}

/// Which slots were met, and which more than once.
struct Filter {
    once: Vec<AtomicU64>,
    twice: Vec<AtomicU64>,
    mask: u64,
}

impl Filter {
    fn new(rows: u64, budget: u64) -> Self {
        let most = (budget / 8 * 8).max(1 << 16);
        let most = 1u64 << most.ilog2();
        let bits = rows.saturating_mul(16).next_power_of_two().clamp(1 << 12, most);
        let words = (bits / 64) as usize;
        let plane = || std::iter::repeat_with(|| AtomicU64::new(0)).take(words).collect();
        Self { once: plane(), twice: plane(), mask: bits - 1 }
    }

    fn add(&self, hash: u64) {
        let slot = hash & self.mask;
        let (word, bit) = ((slot / 64) as usize, 1u64 << (slot % 64));
        if self.once[word].fetch_or(bit, Ordering::Relaxed) & bit != 0 {
            self.twice[word].fetch_or(bit, Ordering::Relaxed);
        }
    }

    fn shared(&self, hash: u64) -> bool {
        let slot = hash & self.mask;
        self.twice[(slot / 64) as usize].load(Ordering::Relaxed) >> (slot % 64) & 1 == 1
    }
}

/// Hashes of rows, part by part.
type Hashes = Vec<(u64, Option<Vec<u32>>, Vec<u64>)>;

/// Proposes the rows that may be the same and gives them to `each`, once, or several times with some of them where they are
/// too many to be remembered at once. `columns` are the places of the columns that are hashed; none make one group of all.
pub fn propose(
    dataset: &Dataset,
    columns: &[usize],
    rows: u64,
    budget: u64,
    control: &Control,
    mut each: impl FnMut(Groups) -> Result<()>,
) -> Result<()> {
    let filter = Filter::new(rows, budget);
    let remember = rows.saturating_mul(8) <= budget / 4;
    let groups = [columns.to_vec()];
    let hashed = |tile: &crate::data::Tile, scratch: &mut Vec<u64>| -> Result<Vec<u64>> {
        let mut hashes = vec![0u64; tile.frame.height()];
        if columns.is_empty() {
            return Ok(hashes);
        }
        for column in tile.frame.columns() {
            values::stand_ins(&values::physical(column.as_materialized_series())?, false, scratch)?;
            for (h, x) in hashes.iter_mut().zip(scratch.iter()) {
                *h = mix(*h ^ mix(*x));
            }
        }
        Ok(hashes)
    };
    let fresh = || (Vec::new(), Hashes::new());
    let states = dataset.tiles(&groups, control, fresh, |(scratch, all), tile| {
        let hashes = hashed(&tile, scratch)?;
        hashes.iter().for_each(|h| filter.add(*h));
        if remember {
            all.push((tile.start, tile.offsets, hashes));
        }
        Ok(())
    })?;
    let remembered: Hashes = states.into_iter().flat_map(|(_, h)| h).collect();
    let most = (budget / 4 / PAIR).max(1 << 16) as usize;
    let mut bits = 0u32;
    let mut done = 0u64;
    'retry: loop {
        while done < 1 << bits {
            let chosen = |h: u64| filter.shared(h) && (bits == 0 || h >> (64 - bits) == done);
            let mut pairs: Vec<(u64, u64)> = Vec::new();
            let mut full = false;
            if remember {
                for (start, offsets, hashes) in &remembered {
                    let row = |i: usize| start + offsets.as_ref().map_or(i as u64, |o| u64::from(o[i]));
                    pairs.extend(hashes.iter().enumerate().filter(|(_, h)| chosen(**h)).map(|(i, h)| (*h, row(i))));
                    full |= pairs.len() > most;
                }
            } else {
                let states = dataset.tiles(
                    &groups,
                    control,
                    || (Vec::new(), Vec::new()),
                    |(scratch, pairs): &mut (Vec<u64>, Vec<(u64, u64)>), tile| {
                        if pairs.len() <= most {
                            let hashes = hashed(&tile, scratch)?;
                            let found = hashes.iter().enumerate().filter(|(_, h)| chosen(**h));
                            pairs.extend(found.map(|(i, h)| (*h, tile.row(i))));
                        }
                        Ok(())
                    },
                )?;
                for (_, more) in states {
                    full |= more.len() > most;
                    pairs.extend(more);
                }
            }
            // A group cannot be divided further when all its rows have one hash.
            if full && bits < 12 && pairs.iter().any(|p| p.0 != pairs[0].0) {
                done <<= 2;
                bits += 2;
                continue 'retry;
            }
            let groups = Groups::of(pairs);
            if !groups.is_empty() {
                each(groups)?;
            }
            done += 1;
        }
        return Ok(());
    }
}

/// Fetches the values of some columns in the groups' rows, as many columns at once as memory allows, and divides the groups
/// by them. The filled groups hold rows that are equal in all columns.
pub fn decide(
    dataset: &Dataset,
    groups: &mut Groups,
    columns: &[(usize, DataType)],
    budget: u64,
    control: &Control,
) -> Result<()> {
    let mut rest = columns;
    while !rest.is_empty() && !groups.is_empty() {
        groups.shrink();
        let room = budget / 4 / (groups.rows.len() as u64).max(1);
        let mut width = 0;
        let fit = rest.iter().take_while(|(_, t)| {
            width += cell_bytes(t);
            width <= room
        });
        let (batch, later) = rest.split_at(fit.count().max(1));
        rest = later;
        let places: Vec<usize> = batch.iter().map(|(p, _)| *p).collect();
        let fetched = fetch(dataset, &places, &groups.rows, budget, control)?;
        for series in fetched {
            groups.refine(&series)?;
        }
    }
    Ok(())
}

/// What a kept cell costs about, in bytes.
pub fn cell_bytes(dtype: &DataType) -> u64 {
    match dtype {
        DataType::String | DataType::Binary | DataType::Categorical(..) | DataType::Enum(..) => 40,
        DataType::Int128 | DataType::UInt128 | DataType::Decimal(..) => 17,
        DataType::List(_) | DataType::Array(..) | DataType::Struct(_) => 80,
        _ => 9,
    }
}

/// The physical values of some columns in some rows, given in rising order.
fn fetch(dataset: &Dataset, places: &[usize], rows: &[u64], budget: u64, control: &Control) -> Result<Vec<Series>> {
    let ranges = pass::groups(dataset, places.len(), budget, control)?;
    let groups: Vec<Vec<usize>> = ranges.iter().map(|r| places[r.clone()].to_vec()).collect();
    let states = dataset.tiles(
        &groups,
        control,
        || vec![Vec::new(); places.len()],
        |state: &mut Vec<Vec<(u64, Series)>>, tile| {
            let wanted = pass::wanted(&tile, rows);
            if wanted.is_empty() {
                return Ok(());
            }
            for (i, column) in tile.frame.columns().iter().enumerate() {
                let taken = pass::take(column.as_materialized_series(), &wanted)?;
                state[ranges[tile.group].start + i].push((tile.start, values::compact(&taken)?));
            }
            Ok(())
        },
    )?;
    let mut all: Vec<Vec<(u64, Series)>> = vec![Vec::new(); places.len()];
    for state in states {
        for (a, s) in all.iter_mut().zip(state) {
            a.extend(s);
        }
    }
    all.into_iter().map(pass::joined).collect()
}
