//! Sums of whole numbers, one for each group, exact however great they get. Knows nothing of what is counted.

use std::collections::BTreeMap;

/// One more than a decimal number of 38 digits can be.
pub const DECIMALS: i128 = 10i128.pow(38);

/// A sum for each group.
#[derive(Default)]
pub struct Sums {
    low: Vec<i128>,
    /// How often the sum of a group went beyond 128 bits, which hardly any does; below them if negative.
    carries: BTreeMap<usize, i64>,
}

impl Sums {
    /// How many groups there is room for.
    pub fn capacity(&self) -> usize {
        self.low.capacity()
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.low.len()
    }

    /// Makes room for so many groups.
    pub fn resize(&mut self, groups: usize) {
        self.low.resize(groups, 0);
    }

    /// Adds a number to the sum of a group.
    pub fn add(&mut self, group: usize, number: i128) {
        let (sum, over) = self.low[group].overflowing_add(number);
        self.low[group] = sum;
        if over {
            *self.carries.entry(group).or_default() += if number < 0 { -1 } else { 1 };
        }
    }

    /// Adds the sum of a group of others.
    pub fn absorb(&mut self, group: usize, others: &Self, of: usize) {
        self.add(group, others.low[of]);
        if let Some(carry) = others.carries.get(&of) {
            *self.carries.entry(group).or_default() += carry;
        }
    }

    /// The sum of a group; 0 for one without numbers, none beyond 128 bits.
    pub fn exact(&self, group: usize) -> Option<i128> {
        match self.carries.get(&group) {
            None | Some(0) => Some(self.low.get(group).copied().unwrap_or(0)),
            Some(_) => None,
        }
    }

    /// The sum of a group, rounded.
    pub fn real(&self, group: usize) -> f64 {
        let carry = self.carries.get(&group).copied().unwrap_or(0) as f64;
        carry * 2f64.powi(128) + self.low.get(group).copied().unwrap_or(0) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_beyond_128_bits_are_kept() {
        let mut sums = Sums::default();
        sums.resize(3);
        for _ in 0..5 {
            sums.add(0, i128::MAX);
            sums.add(1, i128::MIN);
        }
        let mut all = Sums::default();
        all.resize(2);
        all.absorb(0, &sums, 0);
        assert_eq!((all.exact(0), all.exact(1), all.exact(7)), (None, Some(0), Some(0)));
        // Five times 2 to the power of 127.
        assert_eq!((all.real(0), sums.real(1)), (5.0 * 2f64.powi(127), -5.0 * 2f64.powi(127)));
        all.absorb(0, &sums, 1);
        assert_eq!(all.exact(0), Some(-5), "there and back");
    }
}
