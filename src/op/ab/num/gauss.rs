//! Gauss–Legendre nodes and weights, computed once by Newton's method.

use std::sync::OnceLock;

/// Points of the rule used on every panel. With 16 points a panel over which a log density moves by 3 is integrated to
/// rounding error.
pub const POINTS: usize = 16;

/// A rule on [−1, 1].
#[derive(Clone, Debug)]
pub struct Rule {
    /// Nodes, ascending.
    pub nodes: Vec<f64>,
    /// Weights, which sum to 2.
    pub weights: Vec<f64>,
}

/// Legendre polynomial of degree `n` at `x`, and its derivative.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut now) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, now) = (now, ((2.0 * k - 1.0) * x * now - (k - 1.0) * before) / k);
    }
    (now, n as f64 * (x * now - before) / (x * x - 1.0))
}

impl Rule {
    /// The rule with `n` points, at least 2.
    pub fn new(n: usize) -> Self {
        let n = n.max(2);
        let mut nodes = vec![0.0; n];
        let mut weights = vec![0.0; n];
        for i in 0..n.div_ceil(2) {
            let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
            for _ in 0..100 {
                let (p, slope) = legendre(n, x);
                let step = p / slope;
                x -= step;
                if step.abs() < 1e-16 {
                    break;
                }
            }
            if n % 2 == 1 && i == n / 2 {
                x = 0.0;
            }
            let (_, slope) = legendre(n, x);
            let weight = 2.0 / ((1.0 - x * x) * slope * slope);
            nodes[i] = -x;
            nodes[n - 1 - i] = x;
            weights[i] = weight;
            weights[n - 1 - i] = weight;
        }
        Self { nodes, weights }
    }

    /// The rule with [`POINTS`] points.
    pub fn standard() -> &'static Self {
        static RULE: OnceLock<Rule> = OnceLock::new();
        RULE.get_or_init(|| Self::new(POINTS))
    }

    /// The integral of `f` from `from` to `to`.
    pub fn integrate(&self, from: f64, to: f64, mut f: impl FnMut(f64) -> f64) -> f64 {
        let (middle, half) = (0.5 * (from + to), 0.5 * (to - from));
        half * self.nodes.iter().zip(&self.weights).map(|(x, w)| w * f(middle + half * x)).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_exact_for_polynomials_up_to_twice_its_points() {
        for n in [2, 3, 7, 16, 41] {
            let rule = Rule::new(n);
            assert!((rule.weights.iter().sum::<f64>() - 2.0).abs() < 1e-14);
            let degree = 2 * n - 2;
            let got = rule.integrate(-1.0, 1.0, |x| x.powi(degree as i32));
            assert!((got - 2.0 / (degree as f64 + 1.0)).abs() < 1e-15, "{n}: {got}");
        }
    }
}
