//! Fisher's exact test of two proportions, for tables of any size: probabilities by Loader's saddle-point form, summed by
//! their ratios from the observed table outward.

use crate::op::ab::num::special::ln_hypergeometric_pmf;
use crate::op::ab::num::tails::PValue;
use crate::op::ab::{AbError, Counts, Result};

/// The three p-values of Fisher's exact test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fisher {
    /// Two-sided: all tables no more likely than the observed one.
    pub two_sided: PValue,
    /// Against "the arm is greater".
    pub greater: PValue,
    /// Against "the arm is smaller".
    pub less: PValue,
}

/// The conditional law of the arm's conversions given the margins.
struct Conditional {
    n: f64,
    marked: f64,
    total: f64,
    low: f64,
    high: f64,
}

impl Conditional {
    fn ln_pmf(&self, x: f64) -> f64 {
        ln_hypergeometric_pmf(x, self.n, self.marked, self.total)
    }

    /// pmf(x + 1)/pmf(x).
    fn ratio(&self, x: f64) -> f64 {
        (self.marked - x) * (self.n - x) / ((x + 1.0) * (self.total - self.marked - self.n + x + 1.0))
    }

    fn mode(&self) -> f64 {
        ((self.n + 1.0) * ((self.marked + 1.0) / (self.total + 2.0))).floor().clamp(self.low, self.high)
    }

    /// ln Σ pmf from `x` to the high end (`up`) or to the low end.
    fn ln_tail(&self, x: f64, up: bool) -> f64 {
        if x < self.low || x > self.high {
            return if (x < self.low) == up { 0.0 } else { f64::NEG_INFINITY };
        }
        let (mut term, mut sum, mut at) = (1.0, 1.0, x);
        // A tail that holds the mode is summed from there too: terms grow first, then vanish.
        loop {
            if up {
                if at >= self.high {
                    break;
                }
                term *= self.ratio(at);
                at += 1.0;
            } else {
                if at <= self.low {
                    break;
                }
                term /= self.ratio(at - 1.0);
                at -= 1.0;
            }
            sum += term;
            if term > 1e250 {
                // Far on the other side of the mode: the whole is 1 but for the other tail.
                let rest = if up { self.ln_tail(x - 1.0, false) } else { self.ln_tail(x + 1.0, true) };
                return (-rest.exp()).ln_1p();
            }
            if term < sum * 1e-18 {
                break;
            }
        }
        (self.ln_pmf(x) + sum.ln()).min(0.0)
    }
}

/// Fisher's exact test; all p-values are 1 where a margin is zero.
pub fn fisher(baseline: Counts, arm: Counts) -> Result<Fisher> {
    if baseline.n() == 0 || arm.n() == 0 {
        return Err(AbError::NoData);
    }
    let (n, total) = (arm.n() as f64, baseline.n() as f64 + arm.n() as f64);
    let marked = baseline.conversions() as f64 + arm.conversions() as f64;
    let law = Conditional { n, marked, total, low: (n + marked - total).max(0.0), high: n.min(marked) };
    let x = arm.conversions() as f64;
    let one = PValue { p: 1.0, ln_p: 0.0 };
    if law.low >= law.high {
        return Ok(Fisher { two_sided: one, greater: one, less: one });
    }
    let (greater, less) = (law.ln_tail(x, true), law.ln_tail(x, false));
    let mode = law.mode();
    let seen = law.ln_pmf(x);
    let limit = seen + 1e-7;
    let ln_two_sided = if x == mode || law.ln_pmf(mode) <= limit {
        0.0
    } else if x > mode {
        // The greatest table left of the mode that is no more likely.
        let (mut low, mut high) = (law.low - 1.0, mode);
        while high - low > 1.0 {
            let middle = ((low + high) / 2.0).floor();
            if law.ln_pmf(middle) <= limit { low = middle } else { high = middle }
        }
        ln_sum(greater, law.ln_tail(low, false))
    } else {
        let (mut low, mut high) = (mode, law.high + 1.0);
        while high - low > 1.0 {
            let middle = ((low + high) / 2.0).floor();
            if law.ln_pmf(middle) <= limit { high = middle } else { low = middle }
        }
        ln_sum(less, law.ln_tail(high, true))
    };
    Ok(Fisher {
        two_sided: PValue::from_ln(ln_two_sided),
        greater: PValue::from_ln(greater),
        less: PValue::from_ln(less),
    })
}

/// ln(eᵃ + eᵇ).
fn ln_sum(a: f64, b: f64) -> f64 {
    let (most, least) = (a.max(b), a.min(b));
    if least == f64::NEG_INFINITY { most } else { most + (least - most).exp().ln_1p() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::ab::num::special::ln_gamma;

    /// By factorials, over every table.
    fn brute(b: Counts, a: Counts) -> (f64, f64, f64) {
        let ln_choose = |n: f64, k: f64| ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0);
        let (n, m, total) = (a.n(), a.conversions() + b.conversions(), a.n() + b.n());
        let pmf = |x: u64| {
            (ln_choose(m as f64, x as f64) + ln_choose((total - m) as f64, (n - x) as f64)
                - ln_choose(total as f64, n as f64))
            .exp()
        };
        let seen = pmf(a.conversions());
        let all: Vec<u64> = ((n + m).saturating_sub(total)..=n.min(m)).collect();
        let sum = |keep: &dyn Fn(u64) -> bool| all.iter().filter(|x| keep(**x)).map(|x| pmf(*x)).sum::<f64>();
        (sum(&|x| pmf(x) <= seen * (1.0 + 1e-7)), sum(&|x| x >= a.conversions()), sum(&|x| x <= a.conversions()))
    }

    #[test]
    fn sums_over_all_tables_agree() {
        for (bc, bn, ac, an) in [
            (0, 5, 1, 5),
            (5, 5, 0, 5),
            (3, 10, 9, 20),
            (9, 20, 3, 10),
            (1, 300, 12, 280),
            (250, 300, 260, 280),
            (118, 2000, 90, 2000),
            (40, 90, 41, 92),
        ] {
            let (b, a) = (Counts::new(bc, bn).unwrap(), Counts::new(ac, an).unwrap());
            let (two, greater, less) = brute(b, a);
            let got = fisher(b, a).unwrap();
            for (got, want) in [(got.two_sided, two), (got.greater, greater), (got.less, less)] {
                assert!((got.p / want - 1.0).abs() < 2e-11, "{bc}/{bn} {ac}/{an}: {got:?} {want}");
            }
        }
    }

    #[test]
    fn large_and_empty_tables_have_answers() {
        let at = |c, n| Counts::new(c, n).unwrap();
        assert_eq!(fisher(at(0, 10), at(0, 20)).unwrap().two_sided.p, 1.0);
        assert_eq!(fisher(at(0, 0), at(0, 20)), Err(AbError::NoData));
        // Next to the normal limit.
        let got = fisher(at(100_000_000, 1_000_000_000), at(100_050_000, 1_000_000_000)).unwrap();
        let z =
            crate::op::ab::freq::proportions::z_pooled(at(100_000_000, 1_000_000_000), at(100_050_000, 1_000_000_000));
        assert!((got.two_sided.p / z.unwrap().two_sided.p - 1.0).abs() < 1e-3);
        let far = fisher(at(1_000_000, 10_000_000), at(2_000_000, 10_000_000)).unwrap();
        assert!(far.two_sided.ln_p < -100_000.0 && far.less.p == 1.0 && far.two_sided.ln_p.is_finite());
    }
}
