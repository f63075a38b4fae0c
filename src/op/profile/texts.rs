//! What is gathered about a column of text or bytes: one pass, bounded memory, mergeable.

use super::super::sketch::{Tally, hash};
use super::bits::Bits;
use super::numbers::CAP;
use super::picks::Picks;

/// Longest value kept whole, in bytes; of longer ones the beginning is kept.
pub(super) const KEPT: usize = 512;
/// Most bytes of values kept for exact counts.
const ROOM: usize = 4 << 20;
/// Values worked on in one go.
const BLOCK: usize = 1024;

/// Lengths of values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lengths {
    /// How many values.
    pub n: u64,
    /// The shortest.
    pub min: u64,
    /// The longest.
    pub max: u64,
    /// All together.
    pub sum: u128,
}

impl Lengths {
    /// Adds `n` values of one length.
    #[inline(always)]
    pub fn add(&mut self, length: u64, n: u64) {
        self.merge(&Self { n, min: length, max: length, sum: u128::from(length) * u128::from(n) });
    }

    /// Adds other lengths.
    #[inline(always)]
    pub fn merge(&mut self, other: &Self) {
        if other.n == 0 {
            return;
        }
        self.min = if self.n == 0 { other.min } else { self.min.min(other.min) };
        self.max = self.max.max(other.max);
        self.n += other.n;
        self.sum += other.sum;
    }
}

/// A value in a store: where its kept bytes begin, and how many bytes it has in all.
#[derive(Clone, Copy, Default)]
pub(super) struct Span {
    at: u32,
    len: u32,
}

/// Kept values, one after the other.
#[derive(Default)]
pub(super) struct Store {
    bytes: Vec<u8>,
}

impl Store {
    fn keep(&mut self, value: &[u8], len: u32) -> Span {
        let at = self.bytes.len() as u32;
        self.bytes.extend_from_slice(&value[..value.len().min(KEPT)]);
        Span { at, len }
    }

    /// The kept bytes of a value.
    pub fn get(&self, span: Span) -> &[u8] {
        let at = span.at as usize;
        self.bytes.get(at..at + (span.len as usize).min(KEPT)).unwrap_or_default()
    }

    /// Whether only the beginning is kept.
    pub fn is_cut(span: Span) -> bool {
        span.len as usize > KEPT
    }
}

/// Gathered by one thread; merged with those of the others.
pub(super) struct Texts {
    /// Whether the values are text (their lengths count characters) or bytes.
    text: bool,
    /// Counts of values, and the values.
    pub tally: Tally<Span>,
    pub store: Store,
    /// Counts of the values of the sampled rows, and those values that were met twice.
    pub sample: Tally<Option<Span>>,
    pub sample_store: Store,
    /// Values that are not missing.
    pub n: u64,
    /// Values without a character.
    pub empty: u64,
    /// Lengths and ends are taken from every row; before that, from the tally, which has all values.
    direct: bool,
    pub lengths: Lengths,
    min: Option<Vec<u8>>,
    max: Option<Vec<u8>>,
}

impl Texts {
    /// Nothing gathered yet.
    pub fn new(text: bool) -> Self {
        Self {
            text,
            tally: Tally::default(),
            store: Store::default(),
            sample: Tally::default(),
            sample_store: Store::default(),
            n: 0,
            empty: 0,
            direct: false,
            lengths: Lengths::default(),
            min: None,
            max: None,
        }
    }

    /// Adds a stretch of rows, the first of which is row `base` of its part. `view` gives a row's value in the form of a
    /// view: its length in the low 32 bits and, up to twelve bytes, the bytes themselves; `bytes` gives the bytes.
    pub fn fold<'a>(
        &mut self,
        len: usize,
        valid: Option<Bits<'_>>,
        view: impl Fn(usize) -> u128,
        bytes: impl Fn(usize) -> &'a [u8],
        picks: &Picks,
        base: usize,
    ) {
        let hashed = |row: usize| {
            let v = view(row);
            if (v as u32) as usize <= hash::SHORT { (v, hash::short(v)) } else { (v, hash::long(bytes(row))) }
        };
        let places: [u16; BLOCK] = std::array::from_fn(|i| i as u16);
        let mut packed = [0u16; BLOCK];
        let mut chosen = [(0u64, 0u16); BLOCK];
        for start in (0..len).step_by(BLOCK) {
            let mut present = &places[..BLOCK.min(len - start)];
            if let Some(bits) = valid {
                let n = bits.pack(present, start, &mut packed);
                present = &packed[..n];
            }
            self.n += present.len() as u64;
            let limit = self.tally.limit();
            let direct = self.direct;
            let mut n = 0;
            for place in present {
                let row = start + usize::from(*place);
                let (v, h) = hashed(row);
                let length = v as u32;
                self.empty += u64::from(length == 0);
                chosen[n] = (h, *place);
                n += usize::from(h <= limit);
                if direct || length as usize > KEPT {
                    self.note(bytes(row), 1);
                }
            }
            for (h, place) in &chosen[..n] {
                let row = start + usize::from(*place);
                self.tally.add(*h, 1, || self.store.keep(bytes(row), view(row) as u32));
            }
            self.settle();
        }
        let mut sampled = |row: usize| {
            if valid.is_some_and(|bits| !bits.get(row)) {
                return;
            }
            let (v, h) = hashed(row);
            let (count, span) = self.sample.add(h, 1, || None);
            if count > 1 && span.is_none() {
                *span = Some(self.sample_store.keep(bytes(row), v as u32));
            }
        };
        match picks {
            Picks::All => (0..len).for_each(&mut sampled),
            Picks::At(rows) => {
                let from = rows.partition_point(|r| (*r as usize) < base);
                rows[from..].iter().map(|r| *r as usize - base).take_while(|r| *r < len).for_each(&mut sampled);
            }
        }
    }

    /// Takes `n` occurrences of a value into lengths and ends.
    #[inline]
    fn note(&mut self, value: &[u8], n: u64) {
        let length = if self.text {
            // Every byte but the continuations begins a character.
            value.iter().map(|b| u64::from(*b as i8 >= -0x40)).sum()
        } else {
            value.len() as u64
        };
        self.lengths.add(length, n);
        match &mut self.min {
            Some(min) if value >= min.as_slice() => {}
            min => *min = Some(value.to_vec()),
        }
        match &mut self.max {
            Some(max) if value <= max.as_slice() => {}
            max => *max = Some(value.to_vec()),
        }
    }

    /// From now on lengths and ends are taken from every row: what the tally holds is taken over.
    fn go_direct(&mut self) {
        if self.direct {
            return;
        }
        self.direct = true;
        self.note_tally();
    }

    /// Long values were taken when they were met, since they are not kept whole.
    fn note_tally(&mut self) {
        let store = std::mem::take(&mut self.store);
        let held: Vec<(u64, Span)> = self.tally.iter().map(|(_, n, span)| (n, span)).collect();
        for (n, span) in held.into_iter().filter(|(_, span)| !Store::is_cut(*span)) {
            self.note(store.get(span), n);
        }
        self.store = store;
    }

    /// Raises the level until the values held are few and short enough.
    fn settle(&mut self) {
        while self.tally.len() > CAP || self.store.bytes.len() > ROOM {
            self.raise_to(self.tally.level() + 1);
        }
    }

    fn raise_to(&mut self, level: u32) {
        if level <= self.tally.level() {
            return;
        }
        self.go_direct();
        self.tally.raise_to(level);
        let old = std::mem::take(&mut self.store);
        let store = &mut self.store;
        self.tally.change_items(|span| *span = store.keep(old.get(*span), span.len));
    }

    /// Adds what another thread gathered.
    pub fn absorb(&mut self, mut other: Self) {
        if self.direct || other.direct {
            self.go_direct();
            other.go_direct();
        }
        self.raise_to(other.tally.level());
        let limit = self.tally.limit();
        for (h, n, span) in other.tally.iter().filter(|(h, _, _)| *h <= limit) {
            self.tally.add(h, n, || self.store.keep(other.store.get(span), span.len));
        }
        for (h, n, span) in other.sample.iter() {
            let (_, mine) = self.sample.add(h, n, || None);
            if let (None, Some(span)) = (*mine, span) {
                *mine = Some(self.sample_store.keep(other.sample_store.get(span), span.len));
            }
        }
        self.n += other.n;
        self.empty += other.empty;
        self.lengths.merge(&other.lengths);
        for value in [other.min, other.max].into_iter().flatten() {
            if self.min.as_ref().is_none_or(|m| value < *m) {
                self.min = Some(value.clone());
            }
            if self.max.as_ref().is_none_or(|m| value > *m) {
                self.max = Some(value);
            }
        }
        self.settle();
    }

    /// Lengths, first and last value in the order of their bytes, of everything gathered.
    pub fn finish(&mut self) -> (Lengths, Option<(&[u8], &[u8])>) {
        self.go_direct();
        (self.lengths, self.min.as_deref().zip(self.max.as_deref()))
    }
}
