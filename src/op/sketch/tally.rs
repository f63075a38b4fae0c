//! Counts of different values: exact while they are few, for a fair choice of the values when they are many.
//!
//! A value belongs to the choice of level L when its hash begins with L zero bits; when the values grow too many, the
//! level rises and half of them leave (M. Wegman's adaptive sampling; P. Flajolet, "On adaptive sampling", Computing 43,
//! 1990). The state depends only on the set of values seen, never on their order or on the division among threads, and
//! the counts of the values that are left are exact. The number of different values is left · 2^L.

use crate::result::profile::Estimate;

/// One value: its hash, and how often it was seen; never seen where the slot is free.
#[derive(Clone, Copy, Default)]
struct Slot {
    hash: u64,
    count: u64,
}

/// How often each value was seen, by hash. `P` is kept for each value, from the first time it is seen.
#[derive(Clone)]
pub struct Tally<P> {
    slots: Vec<Slot>,
    items: Vec<P>,
    len: usize,
    level: u32,
}

const SMALLEST: usize = 64;

impl<P: Copy + Default> Default for Tally<P> {
    fn default() -> Self {
        Self { slots: vec![Slot::default(); SMALLEST], items: vec![P::default(); SMALLEST], len: 0, level: 0 }
    }
}

impl<P: Copy + Default> Tally<P> {
    /// How many values are held.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How often the choice was halved; at 0 every value is held.
    pub fn level(&self) -> u32 {
        self.level
    }

    /// The greatest hash of the choice.
    #[inline(always)]
    pub fn limit(&self) -> u64 {
        u64::MAX.checked_shr(self.level).unwrap_or(0)
    }

    /// Counts a value `n` times (at least once) whose hash is within [`Tally::limit`]. `item` is asked for when the value
    /// is new. Gives the new count and what is kept for the value.
    #[inline(always)]
    pub fn add(&mut self, hash: u64, n: u64, item: impl FnOnce() -> P) -> (u64, &mut P) {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = &mut self.slots[at];
            if slot.count != 0 {
                if slot.hash == hash {
                    slot.count += n;
                    return (slot.count, &mut self.items[at]);
                }
                at = (at + 1) & mask;
                continue;
            }
            *slot = Slot { hash, count: n };
            self.items[at] = item();
            self.len += 1;
            if self.len * 8 > self.slots.len() * 5 {
                at = self.grow(hash);
            }
            return (n, &mut self.items[at]);
        }
    }

    /// Doubles the room; gives the place where `hash` is now.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, hash: u64) -> usize {
        self.rebuild(self.slots.len() * 2);
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at].hash != hash || self.slots[at].count == 0 {
            at = (at + 1) & mask;
        }
        at
    }

    fn rebuild(&mut self, size: usize) {
        let limit = self.limit();
        let slots = std::mem::replace(&mut self.slots, vec![Slot::default(); size]);
        let items = std::mem::replace(&mut self.items, vec![P::default(); size]);
        self.len = 0;
        let mask = size - 1;
        for (slot, item) in slots.into_iter().zip(items) {
            if slot.count == 0 || slot.hash > limit {
                continue;
            }
            let mut at = slot.hash as usize & mask;
            while self.slots[at].count != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = slot;
            self.items[at] = item;
            self.len += 1;
        }
    }

    /// Raises the level by one: about half of the values leave.
    #[cold]
    pub fn raise(&mut self) {
        self.level += 1;
        self.rebuild(self.slots.len());
    }

    /// Raises the level to that of another tally, before the two are merged.
    pub fn raise_to(&mut self, level: u32) {
        if level > self.level {
            self.level = level;
            self.rebuild(self.slots.len());
        }
    }

    /// Hash, count and item of every value held, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64, P)> + '_ {
        self.slots.iter().zip(&self.items).filter(|(s, _)| s.count != 0).map(|(s, i)| (s.hash, s.count, *i))
    }

    /// Gives every item held to `change`.
    pub fn change_items(&mut self, mut change: impl FnMut(&mut P)) {
        for (slot, item) in self.slots.iter().zip(&mut self.items) {
            if slot.count != 0 {
                change(item);
            }
        }
    }

    /// The number of different values seen. The held ones are a binomial draw from all, hence the standard error.
    pub fn distinct(&self) -> Estimate {
        if self.level == 0 {
            return Estimate::exact(self.len as u64);
        }
        let scale = 2f64.powi(self.level as i32);
        let error = ((1.0 - 1.0 / scale) / (self.len as f64).max(1.0)).sqrt();
        Estimate { value: (self.len as f64 * scale) as u64, exact: false, error }
    }
}

#[cfg(test)]
mod tests {
    use super::super::hash::mix;
    use super::*;
    use std::collections::BTreeMap;

    const CAP: usize = 1000;

    fn fill(values: impl IntoIterator<Item = u64>) -> Tally<u64> {
        let mut t = Tally::default();
        for v in values {
            let h = mix(v);
            if h <= t.limit() {
                t.add(h, 1, || v);
            }
            while t.len() > CAP {
                t.raise();
            }
        }
        t
    }

    fn content(t: &Tally<u64>) -> BTreeMap<u64, u64> {
        t.iter().map(|(_, n, v)| (v, n)).collect()
    }

    #[test]
    fn counts_exactly_while_values_are_few() {
        let t = fill((0..30_000u64).map(|i| i * i % 997));
        let mut want = BTreeMap::new();
        for i in 0..30_000u64 {
            *want.entry(i * i % 997).or_insert(0u64) += 1;
        }
        assert_eq!(content(&t), want);
        assert_eq!(t.distinct(), Estimate::exact(want.len() as u64));
    }

    #[test]
    fn estimates_within_the_stated_error_and_keeps_exact_counts() {
        for n in [5_000u64, 40_000, 300_000] {
            let t = fill((0..2 * n).map(|i| i % n));
            let e = t.distinct();
            assert!(!e.exact && e.error < 0.05, "{e:?}");
            let off = (e.value as f64 / n as f64 - 1.0).abs();
            assert!(off < 4.0 * e.error, "{n}: {e:?}");
            assert!(t.iter().all(|(_, count, _)| count == 2));
        }
    }

    #[test]
    fn order_and_division_do_not_matter() {
        let all: Vec<u64> = (0..50_000).map(|i| i * 7919 % 20_011).collect();
        let whole = fill(all.iter().copied());
        let back = fill(all.iter().rev().copied());
        assert_eq!(content(&whole), content(&back));
        let (mut a, b) = (fill(all[..10_000].iter().copied()), fill(all[10_000..].iter().copied()));
        a.raise_to(b.level());
        for (h, n, v) in b.iter() {
            if h <= a.limit() {
                a.add(h, n, || v);
            }
        }
        while a.len() > CAP {
            a.raise();
        }
        assert_eq!(content(&a), content(&whole));
        assert_eq!(a.level(), whole.level());
    }
}
