//! What is gathered about a column of numbers, dates, times or spans: one pass, bounded memory, mergeable.

use super::super::sketch::{Moments, Tally};
use super::bits::Bits;
use super::coding::{Key, Native};
use super::picks::Picks;

/// Most different values that are counted exactly.
pub(super) const CAP: usize = 65_536;
/// Values worked on in one go; all buffers of that size stay in the processor's nearest cache.
const BLOCK: usize = 1024;

/// Gathered by one thread; merged with those of the others.
pub(super) struct Numbers<K> {
    /// Counts of values.
    pub tally: Tally<K>,
    /// Values of the sampled rows.
    pub sample: Vec<K>,
    /// Values that are neither missing nor NaN.
    pub n: u64,
    /// NaNs.
    pub nan: u64,
    /// Infinite values, also among `n`.
    pub infinite: u64,
    /// Smallest and greatest value.
    pub ends: Option<(K, K)>,
}

/// Buffers for one block.
struct Scratch<K> {
    keys: [K; BLOCK],
    reals: [f64; BLOCK],
    hashes: [u64; BLOCK],
    chosen: [K; BLOCK],
}

impl<K: Key> Scratch<K> {
    fn new() -> Self {
        Self { keys: [K::default(); BLOCK], reals: [0.0; BLOCK], hashes: [0; BLOCK], chosen: [K::default(); BLOCK] }
    }
}

impl<K: Key> Default for Numbers<K> {
    fn default() -> Self {
        Self { tally: Tally::default(), sample: Vec::new(), n: 0, nan: 0, infinite: 0, ends: None }
    }
}

impl<K: Key> Numbers<K> {
    /// Adds a stretch of rows, the first of which is row `base` of its part, and gives the moments of its finite values.
    pub fn fold<T: Native<Key = K>>(
        &mut self,
        values: &[T],
        valid: Option<Bits<'_>>,
        picks: &Picks,
        base: usize,
    ) -> Moments {
        let mut moments = Moments::default();
        let (mut packed, mut numbers) = ([T::default(); BLOCK], [T::default(); BLOCK]);
        let mut scratch = Scratch::new();
        for (i, block) in values.chunks(BLOCK).enumerate() {
            let mut present = block;
            if let Some(bits) = valid {
                let n = bits.pack(block, i * BLOCK, &mut packed);
                present = &packed[..n];
            }
            if T::FLOAT {
                let nan = present.iter().filter(|v| v.is_nan()).count();
                if nan > 0 {
                    let mut n = 0;
                    for v in present {
                        numbers[n] = *v;
                        n += usize::from(!v.is_nan());
                    }
                    self.nan += nan as u64;
                    present = &numbers[..present.len() - nan];
                }
            }
            if !present.is_empty() {
                moments.merge(&self.block(present, picks, &mut scratch));
            }
        }
        if let Picks::At(rows) = picks {
            let from = rows.partition_point(|r| (*r as usize) < base);
            for row in rows[from..].iter().map(|r| *r as usize - base).take_while(|r| *r < values.len()) {
                if valid.is_none_or(|bits| bits.get(row)) && !values[row].is_nan() {
                    self.sample.push(values[row].key());
                }
            }
        }
        moments
    }

    /// Adds up to [`BLOCK`] values that are there.
    fn block<T: Native<Key = K>>(&mut self, values: &[T], picks: &Picks, scratch: &mut Scratch<K>) -> Moments {
        let Scratch { keys, reals, hashes, chosen } = scratch;
        let keys = &mut keys[..values.len()];
        for (key, v) in keys.iter_mut().zip(values) {
            *key = v.key();
        }
        for (real, v) in reals.iter_mut().zip(values) {
            *real = v.real();
        }
        self.n += values.len() as u64;
        let (mut min, mut max) = self.ends.unwrap_or((keys[0], keys[0]));
        for k in keys.iter() {
            min = min.min(*k);
            max = max.max(*k);
        }
        self.ends = Some((min, max));
        if matches!(picks, Picks::All) {
            self.sample.extend_from_slice(keys);
        }
        self.count(keys, hashes, chosen);
        let mut finite = values.len();
        if T::FLOAT && reals[..finite].iter().any(|v| !v.is_finite()) {
            finite = 0;
            for i in 0..values.len() {
                let v = reals[i];
                reals[finite] = v;
                finite += usize::from(v.is_finite());
            }
            self.infinite += (values.len() - finite) as u64;
        }
        Moments::of(&reals[..finite])
    }

    /// Counts the values. Those outside the tally's choice are dropped first, without a branch that could not be foreseen.
    fn count(&mut self, keys: &[K], hashes: &mut [u64; BLOCK], chosen: &mut [K; BLOCK]) {
        let limit = self.tally.limit();
        let mut n = 0;
        for key in keys {
            let h = key.hash();
            hashes[n] = h;
            chosen[n] = *key;
            n += usize::from(h <= limit);
        }
        for (h, key) in hashes[..n].iter().zip(&chosen[..n]) {
            self.tally.add(*h, 1, || *key);
        }
        while self.tally.len() > CAP {
            self.tally.raise();
        }
    }

    /// Adds what another thread gathered.
    pub fn absorb(&mut self, other: Self) {
        self.tally.raise_to(other.tally.level());
        let limit = self.tally.limit();
        for (h, n, key) in other.tally.iter().filter(|(h, _, _)| *h <= limit) {
            self.tally.add(h, n, || key);
        }
        while self.tally.len() > CAP {
            self.tally.raise();
        }
        self.sample.extend_from_slice(&other.sample);
        self.n += other.n;
        self.nan += other.nan;
        self.infinite += other.infinite;
        self.ends = match (self.ends, other.ends) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (a, b) => a.or(b),
        };
    }
}
