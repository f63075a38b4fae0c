//! Planning a test: sample size, power, smallest detectable change, duration.
//!
//! All tests are two-sided. Sizes are of the baseline arm; the other arm has `allocation` times as many units. Sizes come
//! as real numbers: round them up with [`whole`].

use super::num::law::{Law, Shape};
use super::num::normal;
use super::num::roots::brent;
use super::num::tails::t_quantile;
use super::{AbError, Result};

/// Which formula for two proportions. They differ by parts of a percent, and web calculators by more: name the one used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Formula {
    /// Pooled variance under no effect, own variances under the effect (Fleiss): fits the pooled z test. The default.
    Pooled,
    /// Own variances throughout.
    Unpooled,
    /// Cohen's h, on the arcsine scale.
    Arcsine,
    /// The baseline's variance alone under no effect, as a widely used web calculator has it.
    BaselineVariance,
}

/// What a test is planned for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Design {
    /// Two-sided level, such as .05.
    pub alpha: f64,
    /// Probability to find the effect, such as .8.
    pub power: f64,
    /// Units of the arm for each unit of the baseline.
    pub allocation: f64,
}

impl Default for Design {
    fn default() -> Self {
        Self { alpha: 0.05, power: 0.8, allocation: 1.0 }
    }
}

impl Design {
    fn check(self) -> Result<()> {
        for level in [self.alpha, self.power] {
            super::freq::check_level(level)?;
        }
        let sane = self.allocation.is_finite() && self.allocation > 0.0 && self.power > self.alpha;
        if sane { Ok(()) } else { Err(AbError::OutOfRange) }
    }

    fn z_alpha(self) -> f64 {
        -normal::quantile(0.5 * self.alpha)
    }

    fn z_power(self) -> f64 {
        normal::quantile(self.power)
    }
}

fn check_rates(baseline: f64, arm: f64) -> Result<()> {
    let inside = |p: f64| (0.0..=1.0).contains(&p);
    if !inside(baseline) || !inside(arm) {
        return Err(AbError::OutOfRange);
    }
    if baseline == arm { Err(AbError::Unreachable) } else { Ok(()) }
}

/// Standard deviations, times √n of the baseline, of the estimated difference under no effect and under the effect.
fn spreads(baseline: f64, arm: f64, k: f64, formula: Formula) -> (f64, f64) {
    let own = (baseline * (1.0 - baseline) + arm * (1.0 - arm) / k).sqrt();
    let none = match formula {
        Formula::Pooled => {
            let pooled = (baseline + k * arm) / (1.0 + k);
            (pooled * (1.0 - pooled) * (1.0 + 1.0 / k)).sqrt()
        }
        Formula::BaselineVariance => (baseline * (1.0 - baseline) * (1.0 + 1.0 / k)).sqrt(),
        _ => own,
    };
    (none, own)
}

/// Cohen's h.
fn arcsine(baseline: f64, arm: f64) -> f64 {
    2.0 * arm.sqrt().asin() - 2.0 * baseline.sqrt().asin()
}

/// Units of the baseline arm needed to find the change from `baseline` to `arm`, as rates.
pub fn size_for_rates(baseline: f64, arm: f64, design: Design, formula: Formula) -> Result<f64> {
    design.check()?;
    check_rates(baseline, arm)?;
    let (za, zb, k) = (design.z_alpha(), design.z_power(), design.allocation);
    if formula == Formula::Arcsine {
        // With the other tail's share, which vanishes unless the power is low.
        return Ok(size_for_score(arcsine(baseline, arm).abs() / (1.0 + 1.0 / k).sqrt(), design));
    }
    let (none, own) = spreads(baseline, arm, k, formula);
    Ok(((za * none + zb * own) / (arm - baseline)).powi(2))
}

/// n for which a z test with mean √n·`unit` has the design's power, both tails counted.
fn size_for_score(unit: f64, design: Design) -> f64 {
    let za = design.z_alpha();
    let power = |mean: f64| normal::sf(za - mean) + normal::sf(za + mean);
    let mean = brent(0.0, za + 40.0, 1e-13, |m| power(m) - design.power);
    (mean / unit).powi(2)
}

/// Power with `n` units in the baseline arm, both tails counted.
pub fn power_for_rates(baseline: f64, arm: f64, n: f64, design: Design, formula: Formula) -> Result<f64> {
    design.check()?;
    if !n.is_finite() || n <= 0.0 {
        return Err(AbError::OutOfRange);
    }
    if baseline == arm && (0.0..=1.0).contains(&baseline) {
        return Ok(design.alpha);
    }
    check_rates(baseline, arm)?;
    let (za, k) = (design.z_alpha(), design.allocation);
    if formula == Formula::Arcsine {
        let mean = arcsine(baseline, arm).abs() * (n / (1.0 + 1.0 / k)).sqrt();
        return Ok(normal::sf(za - mean) + normal::sf(za + mean));
    }
    let (none, own) = spreads(baseline, arm, k, formula);
    let gap = (arm - baseline).abs() * n.sqrt();
    if own == 0.0 {
        return Ok(if gap > za * none { 1.0 } else { 0.0 });
    }
    Ok(normal::sf((za * none - gap) / own) + normal::sf((za * none + gap) / own))
}

/// The smallest arm rates below and above the baseline that `n` units in the baseline arm find with the design's power;
/// `None` on a side where even 0 or 1 would not be found.
pub fn detectable_rates(baseline: f64, n: f64, design: Design, formula: Formula) -> Result<(Option<f64>, Option<f64>)> {
    design.check()?;
    if !(0.0..=1.0).contains(&baseline) || !n.is_finite() || n <= 0.0 {
        return Err(AbError::OutOfRange);
    }
    let need = |arm: f64| match size_for_rates(baseline, arm, design, formula) {
        Ok(size) => (size / n).ln(),
        Err(_) => f64::INFINITY,
    };
    let side = |end: f64| {
        let near = baseline + (end - baseline) * 1e-9;
        // The needed size may turn up again next to 0 or 1, so the first crossing is looked for on a grid.
        let mut before = near;
        for i in 1..=2000 {
            let here = baseline + (end - baseline) * (1e-9_f64).powf(1.0 - f64::from(i) / 2000.0);
            if here != baseline && need(here) <= 0.0 {
                return Some(brent(before, here, 1e-15, need));
            }
            before = here;
        }
        None
    };
    let low = if baseline > 0.0 { side(0.0) } else { None };
    let high = if baseline < 1.0 { side(1.0) } else { None };
    Ok((low, high))
}

/// Units of the baseline arm needed to find a difference of means of `d` standard deviations, by the normal law.
pub fn size_for_means_normal(d: f64, design: Design) -> Result<f64> {
    design.check()?;
    if !d.is_finite() || d == 0.0 {
        return Err(AbError::Unreachable);
    }
    Ok(size_for_score(d.abs() / (1.0 + 1.0 / design.allocation).sqrt(), design))
}

/// The same by the t test, whose power follows the noncentral t. At least two units in all beyond the arms themselves.
pub fn size_for_means(d: f64, design: Design) -> Result<f64> {
    let normal = size_for_means_normal(d, design)?;
    // With n + k·n − 2 ≥ 1 degrees of freedom.
    let least = 3.0 / (1.0 + design.allocation);
    let miss = |n: f64| power_for_means(d, n, design).map_or(f64::NAN, |p| p - design.power);
    if miss(least) >= 0.0 {
        return Ok(least);
    }
    let mut high = normal.max(least) + 4.0;
    while miss(high) < 0.0 && high < 1e15 {
        high *= 1.5;
    }
    Ok(brent(normal.max(least), high, 1e-9 * normal.max(1.0), miss))
}

/// Power of the two-sided t test for a difference of `d` standard deviations with `n` units in the baseline arm.
pub fn power_for_means(d: f64, n: f64, design: Design) -> Result<f64> {
    design.check()?;
    let df = n * (1.0 + design.allocation) - 2.0;
    if !d.is_finite() || !n.is_finite() || df <= 0.0 {
        return Err(AbError::OutOfRange);
    }
    let shift = d.abs() * (n / (1.0 + 1.0 / design.allocation)).sqrt();
    let t = t_quantile(1.0 - 0.5 * design.alpha, df);
    // Over the law of χ²/df: P(|Z + shift| > t s).
    let law = Law::new(Shape::Gamma { shape: 0.5 * df, rate: 0.5 * df }).ok_or(AbError::OutOfRange)?;
    let rule = super::num::gauss::Rule::standard();
    let edges: Vec<f64> = law.edges().iter().map(|e| e - law.offset()).collect();
    let sum: f64 = edges
        .windows(2)
        .filter(|e| law.height(e[0]).max(law.height(e[1])) > -38.0)
        .map(|e| {
            rule.integrate(e[0], e[1], |delta| {
                let s = law.point(delta).x.sqrt();
                law.ln_density(delta).exp() * (normal::sf(t * s - shift) + normal::sf(t * s + shift))
            })
        })
        .sum();
    Ok(sum.min(1.0))
}

/// The smallest difference, in standard deviations, that `n` units in the baseline arm find.
pub fn detectable_means(n: f64, design: Design) -> Result<f64> {
    design.check()?;
    let start = (design.z_alpha() + design.z_power()) * ((1.0 + 1.0 / design.allocation) / n).sqrt();
    let miss = |d: f64| power_for_means(d, n, design).map_or(f64::NAN, |p| p - design.power);
    power_for_means(start, n, design)?;
    let mut high = start.abs() * 2.0;
    while miss(high) < 0.0 && high < 1e9 {
        high *= 2.0;
    }
    Ok(brent(0.0, high, 1e-13 * high, miss))
}

/// Power at each of several sizes of the baseline arm, for drawing.
pub fn curve(sizes: &[f64], power: impl Fn(f64) -> Result<f64>) -> Result<Vec<(f64, f64)>> {
    sizes.iter().map(|n| Ok((*n, power(*n)?))).collect()
}

/// A size as whole units, rounded up; what rounding error put above a whole number is taken off first.
pub fn whole(size: f64) -> u64 {
    (size - 1e-9 * size.abs().max(1.0)).ceil().max(0.0) as u64
}

/// Units of all arms together when each other arm has `allocation` times the baseline's `size`.
pub fn total(size: f64, other_arms: usize, allocation: f64) -> u64 {
    whole(size).saturating_add(whole(size * allocation).saturating_mul(other_arms as u64))
}

/// How long a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration {
    /// Days until the units are there.
    pub days: u64,
    /// The same in whole weeks, at least one, so that every weekday counts alike.
    pub weeks: u64,
}

/// How long it takes until `units` units have entered at `per_day` units a day, of which the share `exposed` takes part.
pub fn duration(units: u64, per_day: f64, exposed: f64) -> Result<Duration> {
    let flow = per_day * exposed;
    if !flow.is_finite() || flow <= 0.0 || exposed > 1.0 {
        return Err(AbError::OutOfRange);
    }
    let days = whole(units as f64 / flow).max(1);
    Ok(Duration { days, weeks: days.div_ceil(7) })
}

/// By how much a test by groups needs more units than one by single units: 1 + (m − 1)ρ, with m units in a group and the
/// correlation ρ within it.
pub fn design_effect(group_size: f64, correlation: f64) -> Result<f64> {
    if !group_size.is_finite() || group_size < 1.0 || !(-1.0..=1.0).contains(&correlation) {
        return Err(AbError::OutOfRange);
    }
    let effect = 1.0 + (group_size - 1.0) * correlation;
    if effect > 0.0 { Ok(effect) } else { Err(AbError::OutOfRange) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::ab::cases::Case;

    #[test]
    fn sizes_for_rates_agree_with_reference_numbers() {
        let case = Case::open("power_proportions");
        for (i, row) in case.input()["rows"].as_array().unwrap().iter().enumerate() {
            let f = |k: &str| row[k].as_f64().unwrap();
            let design = Design { alpha: f("alpha"), power: f("power"), allocation: 1.0 };
            let (base, arm) = (f("baseline"), f("baseline") * (1.0 + f("relative_mde")));
            let size = |formula| size_for_rates(base, arm, design, formula).unwrap();
            let at = |key: &str| format!("rows/{i}/{key}");
            case.check(&at("n_per_arm_arcsine_h"), size(Formula::Arcsine));
            case.check(&at("n_per_arm_unpooled"), size(Formula::Unpooled));
            case.check(&at("n_per_arm_pooled_fleiss"), size(Formula::Pooled));
            case.check(&at("n_per_arm_statsmodels_2indep"), size(Formula::Pooled));
            case.check(&at("n_per_arm_evan_miller"), size(Formula::BaselineVariance));
            case.check(&at("ceil_pooled"), whole(size(Formula::Pooled)) as f64);
            for formula in [Formula::Arcsine, Formula::Unpooled, Formula::Pooled] {
                let n = size(formula);
                let back = power_for_rates(base, arm, n, design, formula).unwrap();
                assert!((back - design.power).abs() < 1e-6, "{back}");
                let (_, high) = detectable_rates(base, n, design, formula).unwrap();
                assert!((high.unwrap() / arm - 1.0).abs() < 1e-9, "{high:?} {arm}");
            }
        }
    }

    #[test]
    fn sizes_for_means_agree_with_reference_numbers() {
        let case = Case::open("power_means");
        for (i, row) in case.input()["rows"].as_array().unwrap().iter().enumerate() {
            let f = |k: &str| row[k].as_f64().unwrap();
            let design = Design { alpha: 0.05, power: f("power"), allocation: f("ratio") };
            let n = size_for_means(f("d"), design).unwrap();
            case.check(&format!("rows/{i}/n_a_ttest"), n);
            case.check(&format!("rows/{i}/n_a_normal"), size_for_means_normal(f("d"), design).unwrap());
            assert!((detectable_means(n, design).unwrap() / f("d") - 1.0).abs() < 1e-8);
        }
    }

    #[test]
    fn numbers_known_by_heart() {
        // 1,000 per arm at 5%: a change of +62% is the smallest found.
        let (low, high) = detectable_rates(0.05, 1000.0, Design::default(), Formula::Pooled).unwrap();
        assert!((high.unwrap() / 0.05 - 1.62).abs() < 0.01, "{high:?}");
        assert!(low.unwrap() < 0.03);
        assert_eq!(detectable_rates(0.05, 20.0, Design::default(), Formula::Pooled).unwrap().0, None);
        assert_eq!(duration(62_468, 5_000.0, 1.0).unwrap(), Duration { days: 13, weeks: 2 });
        assert_eq!(duration(1, 5_000.0, 0.5).unwrap(), Duration { days: 1, weeks: 1 });
        assert!((design_effect(20.0, 0.05).unwrap() - 1.95).abs() < 1e-15);
        assert_eq!(total(100.2, 2, 1.0), 303);
    }

    #[test]
    fn questions_without_an_answer_are_errors() {
        let d = Design::default();
        assert_eq!(size_for_rates(0.1, 0.1, d, Formula::Pooled), Err(AbError::Unreachable));
        assert_eq!(size_for_rates(0.1, 1.2, d, Formula::Pooled), Err(AbError::OutOfRange));
        assert!(size_for_rates(0.1, 0.2, Design { power: 1.0, ..d }, Formula::Pooled).is_err());
        assert!(size_for_means(0.0, d).is_err());
        assert!(power_for_means(0.1, 1.0, d).is_err());
        assert!(duration(10, 0.0, 1.0).is_err());
        assert!(design_effect(0.5, 0.1).is_err());
    }
}
