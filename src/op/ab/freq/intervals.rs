//! Intervals of one proportion and of the difference and ratio of two.
//!
//! Sources: Wilson 1927; Clopper and Pearson 1934; Agresti and Coull 1998; Brown, Cai and DasGupta 2001 (Jeffreys);
//! Newcombe 1998 (method 10); Agresti and Caffo 2000; Miettinen and Nurminen 1985; Mee 1984.

use super::{Interval, check_level, critical};
use crate::op::ab::num::law::{Law, Shape};
use crate::op::ab::num::roots::brent;
use crate::op::ab::{AbError, Counts, Result};

/// Intervals of one proportion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Score interval.
    Wilson,
    /// Exact in the sense of never covering less than the level.
    ClopperPearson,
    /// Wald's about Wilson's centre, cut to [0, 1].
    AgrestiCoull,
    /// Equal tails of the posterior under Jeffreys' prior.
    Jeffreys,
    /// Estimate ± standard errors, cut to [0, 1]: only for comparison with other programs.
    Wald,
}

/// The interval of one proportion.
pub fn interval(counts: Counts, method: Method, level: f64) -> Result<Interval> {
    check_level(level)?;
    let p = counts.rate().ok_or(AbError::NoData)?;
    let (x, n) = (counts.conversions() as f64, counts.n() as f64);
    let z = critical(level, None);
    let tail = 0.5 * (1.0 - level);
    let quantile = |a: f64, b: f64, p: f64| -> Result<f64> {
        Ok(Law::new(Shape::Beta { a, b }).ok_or(AbError::NotFinite)?.quantile(p).x)
    };
    Ok(match method {
        Method::Wilson => {
            let (centre, half) = wilson(x, n, z);
            [
                if counts.conversions() == 0 { 0.0 } else { (centre - half).max(0.0) },
                if counts.failures() == 0 { 1.0 } else { (centre + half).min(1.0) },
            ]
        }
        Method::ClopperPearson => [
            if counts.conversions() == 0 { 0.0 } else { quantile(x, n - x + 1.0, tail)? },
            if counts.failures() == 0 { 1.0 } else { quantile(x + 1.0, n - x, 1.0 - tail)? },
        ],
        Method::AgrestiCoull => {
            let size = n + z * z;
            let centre = (x + 0.5 * z * z) / size;
            let half = z * (centre * (1.0 - centre) / size).sqrt();
            [(centre - half).max(0.0), (centre + half).min(1.0)]
        }
        Method::Jeffreys => [quantile(x + 0.5, n - x + 0.5, tail)?, quantile(x + 0.5, n - x + 0.5, 1.0 - tail)?],
        Method::Wald => {
            let half = z * (p * (1.0 - p) / n).sqrt();
            [(p - half).max(0.0), (p + half).min(1.0)]
        }
    })
}

/// Centre and half width of Wilson's interval.
fn wilson(x: f64, n: f64, z: f64) -> (f64, f64) {
    let square = z * z;
    let centre = (x + 0.5 * square) / (n + square);
    (centre, z / (n + square) * (x * ((n - x) / n) + 0.25 * square).sqrt())
}

/// Newcombe's hybrid score interval of the difference arm − baseline, without continuity correction.
pub fn newcombe(baseline: Counts, arm: Counts, level: f64) -> Result<Interval> {
    let (b, a) = (baseline.rate().ok_or(AbError::NoData)?, arm.rate().ok_or(AbError::NoData)?);
    let [b_low, b_high] = interval(baseline, Method::Wilson, level)?;
    let [a_low, a_high] = interval(arm, Method::Wilson, level)?;
    let d = super::proportions::difference(baseline, arm)?;
    Ok([d - (a - a_low).hypot(b_high - b), d + (a_high - a).hypot(b - b_low)])
}

/// Agresti and Caffo's interval of the difference: Wald's after adding one success and one failure to each arm.
pub fn agresti_caffo(baseline: Counts, arm: Counts, level: f64) -> Result<Interval> {
    check_level(level)?;
    let more = |c: Counts| {
        let n = c.n() as f64 + 2.0;
        let p = (c.conversions() as f64 + 1.0) / n;
        (p, p * (1.0 - p) / n)
    };
    let ((b, vb), (a, va)) = (more(baseline), more(arm));
    let half = critical(level, None) * (va + vb).sqrt();
    Ok([(a - b - half).max(-1.0), (a - b + half).min(1.0)])
}

/// Wald's interval of the difference: only for comparison with other programs.
pub fn wald(baseline: Counts, arm: Counts, level: f64) -> Result<Interval> {
    check_level(level)?;
    let d = super::proportions::difference(baseline, arm)?;
    let half = critical(level, None) * super::proportions::se_unpooled(baseline, arm)?;
    Ok([d - half, d + half])
}

/// The most likely rate of the baseline when the arm's is p + shift: the root of the score, which falls in p.
fn constrained(baseline: Counts, arm: Counts, shift: f64) -> f64 {
    let (low, high) = ((-shift).max(0.0), (1.0 - shift).min(1.0));
    let (xb, fb) = (baseline.conversions() as f64, baseline.failures() as f64);
    let (xa, fa) = (arm.conversions() as f64, arm.failures() as f64);
    let share = |x: f64, p: f64| if x == 0.0 { 0.0 } else { x / p };
    let score = |p: f64| {
        let (q, pa) = (1.0 - p, p + shift);
        share(xb, p) - share(fb, q) + share(xa, pa) - share(fa, 1.0 - pa)
    };
    // At an end the score is infinite with the right sign unless the data put the root there.
    root_of_falling(low, high, score)
}

/// The root of a falling function between `low` and `high`; an end if there is none inside.
fn root_of_falling(low: f64, high: f64, score: impl Fn(f64) -> f64) -> f64 {
    let width = high - low;
    if width <= 0.0 {
        return low;
    }
    let (near, far) = (low + width * 1e-15, high - width * 1e-15);
    if score(near) <= 0.0 {
        return low;
    }
    if score(far) >= 0.0 {
        return high;
    }
    // Halving the exponent first, as the root may lie at 1e-9 of the width.
    let (mut a, mut b) = (near, far);
    for _ in 0..60 {
        let middle = low + ((a - low) * (b - low)).sqrt();
        if !(middle > a && middle < b) || b - low <= 4.0 * (a - low) {
            break;
        }
        if score(middle) > 0.0 { a = middle } else { b = middle }
    }
    brent(a, b, 1e-17 * b, score)
}

/// The score statistic of "arm − baseline = shift" with rates at their most likely values under it.
fn score_of_shift(baseline: Counts, arm: Counts, shift: f64, corrected: bool) -> f64 {
    let (nb, na) = (baseline.n() as f64, arm.n() as f64);
    let d = arm.conversions() as f64 / na - baseline.conversions() as f64 / nb;
    let p = constrained(baseline, arm, shift);
    let pa = (p + shift).clamp(0.0, 1.0);
    let mut variance = p * (1.0 - p) / nb + pa * (1.0 - pa) / na;
    if corrected {
        variance *= (nb + na) / (nb + na - 1.0);
    }
    let gap = d - shift;
    if gap == 0.0 { 0.0 } else { gap / variance.sqrt() }
}

/// Miettinen and Nurminen's score interval of the difference arm − baseline.
pub fn miettinen_nurminen(baseline: Counts, arm: Counts, level: f64) -> Result<Interval> {
    score_interval(baseline, arm, level, true)
}

/// Mee's score interval of the difference: as Miettinen and Nurminen's without the factor N/(N − 1).
pub fn mee(baseline: Counts, arm: Counts, level: f64) -> Result<Interval> {
    score_interval(baseline, arm, level, false)
}

fn score_interval(baseline: Counts, arm: Counts, level: f64, corrected: bool) -> Result<Interval> {
    check_level(level)?;
    let d = super::proportions::difference(baseline, arm)?;
    let z = critical(level, None);
    let score = |shift: f64| score_of_shift(baseline, arm, shift, corrected);
    let low = if d <= -1.0 { -1.0 } else { brent(-1.0 + 1e-14, d, 1e-14, |s| score(s) - z) };
    let high = if d >= 1.0 { 1.0 } else { brent(d, 1.0 - 1e-14, 1e-14, |s| score(s) + z) };
    Ok([low, high])
}

/// Miettinen and Nurminen's score interval of the ratio arm/baseline. The high end is infinite where the baseline has no
/// conversions.
pub fn miettinen_nurminen_ratio(baseline: Counts, arm: Counts, level: f64) -> Result<Interval> {
    check_level(level)?;
    let (b, a) = (baseline.rate().ok_or(AbError::NoData)?, arm.rate().ok_or(AbError::NoData)?);
    let (nb, na) = (baseline.n() as f64, arm.n() as f64);
    if baseline.conversions() == 0 && arm.conversions() == 0 {
        return Err(AbError::ZeroVariance);
    }
    let z = critical(level, None);
    let score = |ln_ratio: f64| {
        let r = ln_ratio.exp();
        let (xb, xa) = (baseline.conversions() as f64, arm.conversions() as f64);
        // Rate of the baseline under arm = r·baseline: a quadratic (Miettinen and Nurminen, equation 12).
        let total = nb + na;
        let linear = na * r + xa + nb + xb * r;
        let p = (linear - (linear * linear - 4.0 * total * r * (xa + xb)).max(0.0).sqrt()) / (2.0 * total * r);
        let p = p.clamp(0.0, 1.0);
        let pa = (r * p).min(1.0);
        let variance = (pa * (1.0 - pa) / na + r * r * p * (1.0 - p) / nb) * (total / (total - 1.0));
        (a - r * b) / variance.sqrt()
    };
    let centre = if a > 0.0 && b > 0.0 { (a / b).ln() } else { 0.0 };
    let low = if arm.conversions() == 0 {
        0.0
    } else {
        brent(centre - 50.0, if b > 0.0 { centre } else { 50.0 }, 1e-14, |c| score(c) - z).exp()
    };
    let high = if baseline.conversions() == 0 {
        f64::INFINITY
    } else {
        brent(if a > 0.0 { centre } else { -50.0 }, centre + 50.0, 1e-14, |c| score(c) + z).exp()
    };
    Ok([low, high])
}
