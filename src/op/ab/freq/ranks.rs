//! Tests by ranks, from how often each value occurs: Mann–Whitney, Brunner–Munzel, Kolmogorov–Smirnov.

use super::Test;
use crate::op::ab::num::tails::PValue;
use crate::op::ab::stats::side_by_side;
use crate::op::ab::{AbError, Histogram, Result};

/// The Mann–Whitney test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MannWhitney {
    /// U of the arm: pairs in which the arm's value is greater, ties counted half.
    pub u: f64,
    /// U over the number of pairs: probability that a value of the arm exceeds one of the baseline, ties half.
    pub superiority: f64,
    /// The normal approximation with tie correction and continuity correction.
    pub test: Test,
    /// The same without continuity correction.
    pub uncorrected: Test,
}

/// The Mann–Whitney U test; an error where all values are the same.
pub fn mann_whitney(baseline: &Histogram, arm: &Histogram) -> Result<MannWhitney> {
    if baseline.n() == 0 || arm.n() == 0 {
        return Err(AbError::NoData);
    }
    let (nb, na) = (baseline.n() as f64, arm.n() as f64);
    let n = nb + na;
    let (mut below, mut u, mut ties) = (0.0, 0.0, 0.0);
    for (_, b, a) in side_by_side(baseline, arm) {
        let (b, a) = (b as f64, a as f64);
        u += a * (below + 0.5 * b);
        below += b;
        let t = a + b;
        ties += (t * t - 1.0) * (t / n);
    }
    let variance = nb * na / 12.0 * ((n + 1.0) - ties / (n - 1.0));
    if variance.is_nan() || variance <= 0.0 {
        return Err(AbError::ZeroVariance);
    }
    let sd = variance.sqrt();
    let gap = u - 0.5 * nb * na;
    // The correction moves each tail by a half toward the middle; the two-sided one never crosses it.
    let mut test = Test::z((gap.abs() - 0.5).copysign(gap) / sd);
    test.two_sided = PValue::normal_two_sided(((gap.abs() - 0.5) / sd).max(0.0));
    test.greater = Some(PValue::normal_upper((gap - 0.5) / sd));
    test.less = Some(PValue::normal_upper((-gap - 0.5) / sd));
    Ok(MannWhitney { u, superiority: u / (nb * na), test, uncorrected: Test::z(gap / sd) })
}

/// The Brunner–Munzel test: as Mann–Whitney, but the arms' spreads may differ. The statistic is positive where the arm's
/// values are greater.
pub fn brunner_munzel(baseline: &Histogram, arm: &Histogram) -> Result<Test> {
    if baseline.n() < 2 || arm.n() < 2 {
        return Err(AbError::TooFew { needed: 2, got: baseline.n().min(arm.n()) });
    }
    let (nb, na) = (baseline.n() as f64, arm.n() as f64);
    // Placements: how many of the other arm lie below, ties half.
    let (mut below_a, mut below_b, mut sum_b, mut sum_a) = (0.0, 0.0, 0.0, 0.0);
    let rows = side_by_side(baseline, arm);
    let mut placements = Vec::with_capacity(rows.len());
    for (_, b, a) in rows {
        let (b, a) = (b as f64, a as f64);
        let (of_b, of_a) = (below_a + 0.5 * a, below_b + 0.5 * b);
        placements.push((b, of_b, a, of_a));
        sum_b += b * of_b;
        sum_a += a * of_a;
        below_a += a;
        below_b += b;
    }
    let (mean_b, mean_a) = (sum_b / nb, sum_a / na);
    let (mut vb, mut va) = (0.0, 0.0);
    for (b, of_b, a, of_a) in placements {
        vb += b * (of_b - mean_b).powi(2);
        va += a * (of_a - mean_a).powi(2);
    }
    // Variances of the probability itself, from either arm.
    let (eb, ea) = (vb / (nb - 1.0) / (na * na) / nb, va / (na - 1.0) / (nb * nb) / na);
    let sum = ea + eb;
    if sum <= 0.0 {
        return Err(AbError::ZeroVariance);
    }
    let df = sum / (ea / sum * ea / (na - 1.0) + eb / sum * eb / (nb - 1.0));
    Ok(Test::t((sum_a / (na * nb) - 0.5) / sum.sqrt(), df))
}

/// Most pairs for which the Kolmogorov–Smirnov p-value is counted rather than approximated.
const MOST_PAIRS: f64 = 1e7;

/// P(D ≥ d) by counting the paths that stay closer (Hodges 1957), as if there were no ties.
fn smirnov(d: f64, nb: u64, na: u64) -> f64 {
    let (m, n) = (nb.min(na) as f64, nb.max(na) as f64);
    let limit = (0.5 + (d * m * n - 1e-7).floor()) / (m * n);
    let wide = n as usize;
    let mut paths: Vec<f64> = (0..=wide).map(|j| if j as f64 / n > limit { 0.0 } else { 1.0 }).collect();
    for i in 1..=m as usize {
        let row = i as f64;
        let weight = row / (row + n);
        paths[0] = if row / m > limit { 0.0 } else { weight * paths[0] };
        for j in 1..=wide {
            let outside = (row / m - j as f64 / n).abs() > limit;
            paths[j] = if outside { 0.0 } else { weight * paths[j] + paths[j - 1] };
        }
    }
    1.0 - paths[wide]
}

/// The two-sample Kolmogorov–Smirnov distance with its p-value: exact up to ten million pairs of values unless it is
/// below 1e-9, asymptotic beyond.
pub fn kolmogorov_smirnov(baseline: &Histogram, arm: &Histogram) -> Result<(f64, PValue)> {
    if baseline.n() == 0 || arm.n() == 0 {
        return Err(AbError::NoData);
    }
    let (nb, na) = (baseline.n() as f64, arm.n() as f64);
    let (mut b_seen, mut a_seen, mut d) = (0.0, 0.0, 0.0_f64);
    for (_, b, a) in side_by_side(baseline, arm) {
        b_seen += b as f64 / nb;
        a_seen += a as f64 / na;
        d = d.max((a_seen - b_seen).abs());
    }
    if nb * na <= MOST_PAIRS {
        let p = smirnov(d, baseline.n(), arm.n());
        if p > 1e-9 {
            return Ok((d, PValue::from_p(p)));
        }
    }
    // Kolmogorov's series; its small-argument form converges where the alternating one does not.
    let x = d * (nb * na / (nb + na)).sqrt();
    if x < 1.0 {
        let term = |k: i32| (-(f64::from(2 * k - 1) * std::f64::consts::PI / x).powi(2) / 8.0).exp();
        let below =
            if x < 0.04 { 0.0 } else { (2.0 * std::f64::consts::PI).sqrt() / x * (1..20).map(term).sum::<f64>() };
        return Ok((d, PValue::from_p(1.0 - below)));
    }
    let tail: f64 = (2..60)
        .map(|k| {
            let k = f64::from(k);
            let sign = if k % 2.0 == 0.0 { -1.0 } else { 1.0 };
            sign * (-2.0 * (k * k - 1.0) * x * x).exp()
        })
        .sum();
    Ok((d, PValue::from_ln(std::f64::consts::LN_2 - 2.0 * x * x + tail.ln_1p())))
}
