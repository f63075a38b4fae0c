//! Mean and spread in one pass that stays right for numbers far from zero.

/// Count, mean and sum of squared deviations of some numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    n: u64,
    mean: f64,
    m2: f64,
}

const LANES: usize = 8;

/// The sum in eight lanes, which the processor can add side by side.
#[inline(always)]
fn sum(values: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            *lane += f(*v);
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|v| f(*v)).sum::<f64>()
}

impl Moments {
    /// The moments of finite numbers, by two passes over them; meant for stretches that fit the processor's cache.
    pub fn of(values: &[f64]) -> Self {
        if values.is_empty() {
            return Self::default();
        }
        let n = values.len() as f64;
        // The first value as origin keeps the sum small where all values are far from zero.
        let origin = values[0];
        let mean = origin + sum(values, |v| v - origin) / n;
        Self { n: values.len() as u64, mean, m2: sum(values, |v| (v - mean) * (v - mean)) }
    }

    /// Adds the moments of other numbers (Chan, Golub & LeVeque, "Updating formulae and a pairwise algorithm for computing
    /// sample variances", 1979).
    pub fn merge(&mut self, other: &Self) {
        if other.n == 0 {
            return;
        }
        if self.n == 0 {
            *self = *other;
            return;
        }
        let (a, b) = (self.n as f64, other.n as f64);
        let delta = other.mean - self.mean;
        self.mean += delta * (b / (a + b));
        self.m2 += other.m2 + delta * delta * (a * b / (a + b));
        self.n += other.n;
    }

    /// How many numbers.
    pub fn count(&self) -> u64 {
        self.n
    }

    /// The mean; none of no numbers.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then_some(self.mean)
    }

    /// The standard deviation of a sample (n − 1); none below two numbers.
    pub fn sd(&self) -> Option<f64> {
        (self.n > 1).then(|| (self.m2.max(0.0) / (self.n - 1) as f64).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let m = Moments::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0, 5.0, 5.0]);
        assert_eq!((m.count(), m.mean()), (10, Some(5.0)));
        assert_eq!(m.sd(), Some((32.0f64 / 9.0).sqrt()));
        assert_eq!(Moments::of(&[3.0]).sd(), None);
        assert_eq!(Moments::default().mean(), None);
    }

    #[test]
    fn far_from_zero() {
        // 4, 7, 13, 16: mean 10, variance 30; the offset must change nothing but the mean.
        let block: Vec<f64> = [4.0, 7.0, 13.0, 16.0].repeat(1000).iter().map(|v| v + 1e9).collect();
        let mut all = Moments::default();
        for part in block.chunks(37) {
            all.merge(&Moments::of(part));
        }
        let n = block.len() as f64;
        // Two numbers near 1e9 are at least 1.2e-7 apart.
        assert!(all.mean().is_some_and(|m| (m - 1e9 - 10.0).abs() < 1e-6), "{:?}", all.mean());
        let want = (22.5 * n / (n - 1.0)).sqrt();
        assert!(all.sd().is_some_and(|sd| (sd / want - 1.0).abs() < 1e-9), "{:?} {want}", all.sd());
    }
}
