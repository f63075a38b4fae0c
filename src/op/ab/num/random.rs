//! Seeded random numbers for resampling: the same seed gives the same numbers on every machine.
//!
//! Sources: Blackman and Vigna's xoshiro256++; Hörmann, "The generation of binomial random variates" (1993, algorithm
//! BTRS) and "The transformed rejection method for generating Poisson random variables" (1993, algorithm PTRS).

use super::special::{ln_binomial_pmf, ln_gamma};

/// A generator.
#[derive(Clone, Debug)]
pub struct Random([u64; 4]);

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        let mut state = seed;
        Self([(); 4].map(|()| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        let s = &mut self.0;
        let out = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// Uniform within (0, 1), ends excluded.
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// Uniform among 0 … n − 1; 0 if n is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// Successes in `n` trials at rate `p`.
    pub fn binomial(&mut self, n: u64, p: f64) -> u64 {
        if n == 0 || p <= 0.0 {
            return 0;
        }
        if p >= 1.0 {
            return n;
        }
        if p > 0.5 {
            return n - self.binomial(n, 1.0 - p);
        }
        let size = n as f64;
        if size * p < 12.0 {
            return self.binomial_by_gaps(n, p);
        }
        let spread = (size * p * (1.0 - p)).sqrt();
        let b = 1.15 + 2.53 * spread;
        let a = -0.0873 + 0.0248 * b + 0.01 * p;
        let centre = size * p + 0.5;
        let v_r = 0.92 - 4.2 / b;
        let alpha = (2.83 + 5.1 / b) * spread;
        let mode = ((size + 1.0) * p).floor();
        let top = ln_binomial_pmf(mode, size, p, 1.0 - p);
        loop {
            let u = self.uniform() - 0.5;
            let v = self.uniform();
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + centre).floor();
            if us >= 0.07 && v <= v_r {
                return k as u64;
            }
            if k < 0.0 || k > size {
                continue;
            }
            let v = (v * alpha / (a / (us * us) + b)).ln();
            if v <= ln_binomial_pmf(k, size, p, 1.0 - p) - top {
                return k as u64;
            }
        }
    }

    /// By the gaps between successes: as many steps as there are successes.
    fn binomial_by_gaps(&mut self, n: u64, p: f64) -> u64 {
        let scale = (-p).ln_1p();
        let (mut place, mut count) = (0.0, 0);
        loop {
            place += (self.uniform().ln() / scale).floor() + 1.0;
            if place > n as f64 {
                return count;
            }
            count += 1;
        }
    }

    /// A Poisson count of the given mean.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        if mean <= 0.0 {
            return 0;
        }
        if mean < 10.0 {
            let (limit, mut product, mut count) = ((-mean).exp(), self.uniform(), 0);
            while product > limit {
                product *= self.uniform();
                count += 1;
            }
            return count;
        }
        let b = 0.931 + 2.53 * mean.sqrt();
        let a = -0.059 + 0.02483 * b;
        let inverse = 1.1239 + 1.1328 / (b - 3.4);
        let v_r = 0.9277 - 3.6224 / (b - 2.0);
        loop {
            let u = self.uniform() - 0.5;
            let v = self.uniform();
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + mean + 0.43).floor();
            if us >= 0.07 && v <= v_r {
                return k as u64;
            }
            if k < 0.0 || (us < 0.013 && v > us) {
                continue;
            }
            if (v * inverse / (a / (us * us) + b)).ln() <= k * mean.ln() - mean - ln_gamma(k + 1.0) {
                return k as u64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of many draws lie within five standard errors of what they should be.
    fn moments(mut draw: impl FnMut() -> f64, mean: f64, variance: f64) {
        let n = 40_000.0;
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..40_000 {
            let x = draw() - mean;
            sum += x;
            squares += x * x;
        }
        assert!((sum / n).abs() < 5.0 * (variance / n).sqrt(), "mean {} of {mean}", sum / n);
        assert!(
            (squares / n / variance - 1.0).abs() < 5.0 * (3.0_f64 / n).sqrt(),
            "variance {}",
            squares / n / variance
        );
    }

    #[test]
    fn draws_have_the_right_moments() {
        let mut random = Random::new(7);
        moments(|| random.uniform(), 0.5, 1.0 / 12.0);
        for (n, p) in [(5, 0.3), (100, 0.02), (100, 0.4), (100, 0.95), (10_000_000, 0.1)] {
            let size = n as f64;
            moments(|| random.binomial(n, p) as f64, size * p, size * p * (1.0 - p));
        }
        for mean in [0.2, 9.0, 11.0, 1e6] {
            moments(|| random.poisson(mean) as f64, mean, mean);
        }
        assert_eq!(Random::new(3).bits(), Random::new(3).bits());
    }
}
