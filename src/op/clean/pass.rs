//! The one pass over all columns: what each holds, a fingerprint of its values and one of where they change, a sample, and
//! the rows that may be duplicates, taken out on the way.

use polars::prelude::{DataType, IdxCa, IdxSize, Series};

use super::values::{self, Counts, Exact, MISSING, NAN, Owned};
use crate::data::{Control, Dataset, Tile, from_polars};
use crate::error::Result;
use crate::op::sketch::hash::mix;

/// Rows of each column that are looked at more closely, at most.
const SAMPLE: u64 = 8192;
/// Memory for the samples of all columns, in bytes.
const SAMPLES: u64 = 32 << 20;
/// Texts of a column that are looked at more closely, at most.
const TEXTS: usize = 1024;
/// Memory that a tile may take, in bytes, at most.
const TILE: u64 = 160 << 20;

/// What is asked of the pass.
pub struct Plan<'a> {
    /// Places of the columns in the dataset's schema.
    pub places: &'a [usize],
    /// Their types.
    pub types: &'a [DataType],
    /// Rows in view.
    pub rows: u64,
    /// Whether whole numbers may equal floating-point ones.
    pub alike: bool,
    /// Rows to take out, in rising order, of the columns at these places among `places`.
    pub wanted: &'a [u64],
    /// Whether a column's wanted rows are taken out.
    pub takes: &'a [bool],
    /// Memory to stay within, in bytes.
    pub budget: u64,
}

/// What was seen of a column.
#[derive(Clone, Default)]
pub struct Seen {
    /// Missing, NaN, empty.
    pub counts: Counts,
    /// Fingerprint of the values and where they stand.
    pub print: u128,
    /// Fingerprint of the rows at which the value is another than in the row before.
    pub changes: u64,
    /// How many rows hold the same as the row before.
    pub repeats: u64,
    /// The first value that is neither missing nor NaN, of any part.
    pub first: Option<Owned>,
    /// Whether there is another such value.
    pub varied: bool,
    /// Stand-ins of the sampled rows, by the first row of their part.
    pub sample: Vec<(u64, Vec<u64>)>,
    /// Texts of sampled rows, by part.
    pub texts: Vec<(u64, Series)>,
    /// The wanted rows, by part.
    pub kept: Vec<(u64, Series)>,
}

impl Seen {
    fn merge(&mut self, other: Self) {
        self.counts.missing += other.counts.missing;
        self.counts.nan += other.counts.nan;
        self.counts.empty += other.counts.empty;
        self.print = self.print.wrapping_add(other.print);
        self.changes = self.changes.wrapping_add(other.changes);
        self.repeats += other.repeats;
        self.varied |= other.varied || matches!((&self.first, &other.first), (Some(a), Some(b)) if a != b);
        self.first = self.first.take().or(other.first);
        self.sample.extend(other.sample);
        self.texts.extend(other.texts);
        self.kept.extend(other.kept);
    }

    /// The sampled stand-ins in row order.
    pub fn sampled(&self) -> impl Iterator<Item = u64> + '_ {
        self.sample.iter().flat_map(|(_, s)| s.iter().copied())
    }
}

/// Puts series of parts together in row order.
pub fn joined(mut parts: Vec<(u64, Series)>) -> Result<Series> {
    parts.sort_by_key(|(start, _)| *start);
    let mut parts = parts.into_iter().map(|(_, s)| s);
    let Some(mut all) = parts.next() else { return Ok(values::nothing()) };
    for s in parts {
        all.append(&s).map_err(from_polars)?;
    }
    Ok(all.rechunk())
}

/// Divides columns into groups that are read together: so many that a tile stays small and all cores have work, and no
/// more, since a text file is gone through once for each group.
pub fn groups(
    dataset: &Dataset,
    columns: usize,
    budget: u64,
    control: &Control,
) -> Result<Vec<std::ops::Range<usize>>> {
    const CELL: u64 = 12;
    const FEWEST: usize = 16;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let parts = dataset.table().parts(control)?;
    let longest = parts.iter().map(|p| p.len as u64).max().unwrap_or(0).max(1);
    let room = (budget / (threads as u64 * 6)).clamp(8 << 20, TILE);
    let by_memory = usize::try_from(room / (longest * CELL)).unwrap_or(usize::MAX).max(1);
    let wanted = if parts.len() >= threads * 3 { 1 } else { (threads * 8).div_ceil(parts.len().max(1)) };
    let by_work = columns.div_ceil(wanted).max(FEWEST);
    let each = by_memory.min(by_work).max(1);
    let count = columns.div_ceil(each).max(1);
    let each = columns.div_ceil(count).max(1);
    Ok((0..columns).step_by(each).map(|s| s..(s + each).min(columns)).collect())
}

/// Rows of each of so many columns that are looked at more closely, at most.
pub fn sample_rows(columns: usize) -> u64 {
    (SAMPLES / 8 / (columns as u64).max(1)).clamp(1024, SAMPLE)
}

/// Carries the pass out; what was seen, in the order of the plan's columns.
pub fn pass(dataset: &Dataset, plan: &Plan<'_>, control: &Control) -> Result<Vec<Seen>> {
    let ranges = groups(dataset, plan.places.len(), plan.budget, control)?;
    let groups: Vec<Vec<usize>> = ranges.iter().map(|r| plan.places[r.clone()].to_vec()).collect();
    let stride = plan.rows.div_ceil(sample_rows(plan.places.len())).max(1);
    let states = dataset.tiles(
        &groups,
        control,
        || State { seen: vec![Seen::default(); plan.places.len()], scratch: Scratch::default() },
        |state, tile| state.fold(plan, ranges[tile.group].start, stride, tile),
    )?;
    let mut states = states.into_iter().map(|s| s.seen);
    let mut all = states.next().unwrap_or_default();
    for other in states {
        for (a, b) in all.iter_mut().zip(other) {
            a.merge(b);
        }
    }
    for seen in &mut all {
        seen.sample.sort_by_key(|(start, _)| *start);
    }
    Ok(all)
}

#[derive(Default)]
struct Scratch {
    stand_ins: Vec<u64>,
    keys: Vec<u64>,
}

struct State {
    seen: Vec<Seen>,
    scratch: Scratch,
}

impl State {
    fn fold(&mut self, plan: &Plan<'_>, first: usize, stride: u64, tile: Tile) -> Result<()> {
        let height = tile.frame.height();
        if height == 0 {
            return Ok(());
        }
        let Scratch { stand_ins, keys } = &mut self.scratch;
        keys.clear();
        keys.extend((0..height as u64).map(|i| mix(tile.start + i) | 1));
        let picks = picks(height, stride, tile.start);
        let wanted = wanted(&tile, plan.wanted);
        for (i, column) in tile.frame.columns().iter().enumerate() {
            let place = first + i;
            let seen = &mut self.seen[place];
            let series = column.as_materialized_series();
            let physical = values::physical(series)?;
            let counts = values::stand_ins(&physical, plan.alike, stand_ins)?;
            seen.print = seen.print.wrapping_add(print(stand_ins, keys));
            let (changes, repeats) = changes(stand_ins, keys);
            seen.changes = seen.changes.wrapping_add(changes);
            seen.repeats += repeats;
            single(seen, &physical, stand_ins, counts, plan.alike)?;
            seen.counts.missing += counts.missing;
            seen.counts.nan += counts.nan;
            seen.counts.empty += counts.empty;
            seen.sample.push((tile.start, picks.iter().map(|p| stand_ins[*p as usize]).collect()));
            if plan.types[place] == DataType::String && counts.missing < height as u64 {
                let some = spread(&picks, TEXTS);
                seen.texts.push((tile.start, values::compact(&take(series, &some)?)?));
            }
            if plan.takes.get(place) == Some(&true) && !wanted.is_empty() {
                seen.kept.push((tile.start, values::compact(&take(series, &wanted)?)?));
            }
        }
        Ok(())
    }
}

/// Single rows of a series.
pub fn take(series: &Series, rows: &[IdxSize]) -> Result<Series> {
    series.take(&IdxCa::from_vec("".into(), rows.to_vec())).map_err(from_polars)
}

/// Places in the tile of the rows that are wanted.
pub fn wanted(tile: &Tile, rows: &[u64]) -> Vec<IdxSize> {
    let height = tile.frame.height();
    if height == 0 {
        return Vec::new();
    }
    let (first, last) = (tile.row(0), tile.row(height - 1));
    let range = rows.partition_point(|r| *r < first)..rows.partition_point(|r| *r <= last);
    let place = |row: u64| match &tile.offsets {
        None => Some((row - tile.start) as IdxSize),
        Some(offsets) => offsets.binary_search(&((row - tile.start) as u32)).ok().map(|i| i as IdxSize),
    };
    rows[range].iter().filter_map(|r| place(*r)).collect()
}

/// The rows of a stretch that are sampled: one out of each `stride`, the place drawn anew each time.
fn picks(height: usize, stride: u64, start: u64) -> Vec<IdxSize> {
    let height = height as u64;
    let rows = (0..height.div_ceil(stride)).map(|i| i * stride + mix(start ^ i << 20 ^ stride) % stride);
    rows.filter(|r| *r < height).map(|r| r as IdxSize).collect()
}

/// At most `most` of the picks, spread over them.
fn spread(picks: &[IdxSize], most: usize) -> Vec<IdxSize> {
    picks.iter().copied().step_by(picks.len().div_ceil(most).max(1)).collect()
}

/// Sum of stand-ins, each multiplied by the key of its row: tells columns apart that hold the same values in another order,
/// and can be added up in any order.
fn print(stand_ins: &[u64], keys: &[u64]) -> u128 {
    const SALT: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut sum = 0u128;
    for (x, k) in stand_ins.iter().zip(keys) {
        sum = sum.wrapping_add(u128::from(x ^ SALT) * u128::from(*k));
    }
    sum
}

/// Sum of the keys of the rows that differ from the row before, the same for columns that are renamings of each other; and
/// how many do not differ.
fn changes(stand_ins: &[u64], keys: &[u64]) -> (u64, u64) {
    let (mut sum, mut differ) = (0u64, 0u64);
    for (pair, k) in stand_ins.windows(2).zip(&keys[1..]) {
        let other = u64::from(pair[0] != pair[1]);
        sum = sum.wrapping_add(k & other.wrapping_neg());
        differ += other;
    }
    (sum, (stand_ins.len() as u64).saturating_sub(1) - differ)
}

/// Looks whether the stretch goes on with the one value the column has had so far.
fn single(seen: &mut Seen, physical: &Series, stand_ins: &[u64], counts: Counts, alike: bool) -> Result<()> {
    if seen.varied || counts.missing + counts.nan == stand_ins.len() as u64 {
        return Ok(());
    }
    let absent = |x: u64| x == MISSING || x == NAN;
    // Small stretches first: most columns vary at once.
    let some = stand_ins.iter().copied().find(|x| !absent(*x));
    if let Some(some) = some
        && stand_ins.iter().any(|x| *x != some && !absent(*x))
    {
        seen.varied = true;
        return Ok(());
    }
    // The stand-ins only propose: a value can look like a missing one, two texts can share a stand-in.
    let exact = values::exact(physical, alike)?;
    let mut present = exact.into_iter().filter(|v| !v.is_absent());
    let first = match (&seen.first, present.next()) {
        (_, None) => return Ok(()),
        (None, Some(v)) => {
            seen.first = Some(v.owned());
            v
        }
        (Some(known), Some(v)) if known.exact() == v => v,
        (Some(_), Some(_)) => {
            seen.varied = true;
            return Ok(());
        }
    };
    seen.varied = present.any(|v: Exact<'_>| v != first);
    Ok(())
}
