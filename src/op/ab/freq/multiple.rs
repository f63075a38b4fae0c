//! Corrections for several comparisons. Each takes p-values in any order and gives adjusted ones in the same order.

/// Which correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correction {
    /// Multiply by the number of tests.
    Bonferroni,
    /// 1 − (1 − p)^m.
    Sidak,
    /// Holm's step-down: the family-wise error, uniformly better than Bonferroni. The default.
    Holm,
    /// Holm's with Šidák's levels.
    HolmSidak,
    /// Hommel's closed test by Simes.
    Hommel,
    /// Benjamini and Hochberg: the false discovery rate.
    BenjaminiHochberg,
    /// Benjamini and Yekutieli: the false discovery rate under any dependence.
    BenjaminiYekutieli,
}

/// Adjusted p-values. What is not a number is left as it is and not counted.
pub fn adjust(p: &[f64], correction: Correction) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).filter(|i| !p[*i].is_nan()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let sorted: Vec<f64> = order.iter().map(|i| p[*i]).collect();
    let m = sorted.len() as f64;
    let sidak = |p: f64, m: f64| -(m * (-p).ln_1p()).exp_m1();
    let down = |f: &dyn Fn(usize, f64) -> f64| {
        let mut most = 0.0_f64;
        let step = |(i, p): (usize, &f64)| {
            most = most.max(f(i, *p).min(1.0));
            most
        };
        sorted.iter().enumerate().map(step).collect::<Vec<_>>()
    };
    let up = |f: &dyn Fn(usize, f64) -> f64| {
        let mut least = 1.0_f64;
        let mut found: Vec<f64> = sorted
            .iter()
            .enumerate()
            .rev()
            .map(|(i, p)| {
                least = least.min(f(i, *p));
                least
            })
            .collect();
        found.reverse();
        found
    };
    let adjusted = match correction {
        Correction::Bonferroni => sorted.iter().map(|p| (p * m).min(1.0)).collect(),
        Correction::Sidak => sorted.iter().map(|p| sidak(*p, m)).collect(),
        Correction::Holm => down(&|i, p| p * (m - i as f64)),
        Correction::HolmSidak => down(&|i, p| sidak(p, m - i as f64)),
        Correction::Hommel => hommel(&sorted),
        Correction::BenjaminiHochberg => up(&|i, p| p * m / (i as f64 + 1.0)),
        Correction::BenjaminiYekutieli => {
            let harmonic: f64 = (1..=sorted.len()).map(|k| 1.0 / k as f64).sum();
            up(&|i, p| p * m * harmonic / (i as f64 + 1.0))
        }
    };
    let mut found = p.to_vec();
    for (i, value) in order.into_iter().zip(adjusted) {
        found[i] = value;
    }
    found
}

/// Hommel's adjusted p-values of sorted ones (Wright 1992).
fn hommel(p: &[f64]) -> Vec<f64> {
    let n = p.len();
    let mut adjusted = p.to_vec();
    for m in (2..=n).rev() {
        let size = m as f64;
        let least = (n - m + 1..n).map(|i| size * p[i] / (size - (n - i - 1) as f64)).fold(f64::INFINITY, f64::min);
        for value in adjusted.iter_mut().skip(n - m + 1) {
            *value = value.max(least);
        }
        for i in 0..=n - m {
            adjusted[i] = adjusted[i].max(least.min(size * p[i]));
        }
    }
    adjusted.iter().map(|v| v.min(1.0)).collect()
}
