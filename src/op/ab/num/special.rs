//! Elementary and gamma functions that stay exact where the plain formulas lose digits.
//!
//! Sources: Loader, "Fast and accurate computation of binomial probabilities" (2000) for the saddle-point form of
//! binomial probabilities; Stirling's series for the gamma function.

use std::f64::consts::PI;

/// ln √(2π).
pub const LN_SQRT_2PI: f64 = 0.918_938_533_204_672_8;

/// ln(1 + x) − x, exact for small x. NaN for x < −1.
pub fn log1pmx(x: f64) -> f64 {
    if x.abs() > 0.5 {
        return x.ln_1p() - x;
    }
    // ln(1+x) = 2 atanh(r) with r = x/(2+x); 2r − x = −x r.
    let r = x / (2.0 + x);
    let square = r * r;
    let (mut term, mut sum) = (square * r, 0.0);
    let mut k = 3.0;
    loop {
        let next = sum + term / k;
        if next == sum {
            break;
        }
        sum = next;
        term *= square;
        k += 2.0;
    }
    2.0 * sum - x * r
}

/// eˣ − 1 − x, exact for small x.
pub fn expm1mx(x: f64) -> f64 {
    if x.abs() > 0.4 {
        return x.exp_m1() - x;
    }
    let (mut term, mut sum) = (0.5 * x * x, 0.0);
    let mut k = 3.0;
    loop {
        let next = sum + term;
        if next == sum {
            return sum;
        }
        sum = next;
        term *= x / k;
        k += 1.0;
    }
}

/// ln(1 − eˣ) for x < 0.
pub fn ln_one_minus_exp(x: f64) -> f64 {
    if x > -std::f64::consts::LN_2 { (-x.exp_m1()).ln() } else { (-x.exp()).ln_1p() }
}

/// The error of Stirling's formula: ln Γ(x) − [(x − ½) ln x − x + ln √(2π)], for x > 0.
pub fn stirling_error(x: f64) -> f64 {
    if x < 16.0 {
        // Shift up: ln Γ(x) = ln Γ(x + k) − ln x(x+1)…(x+k−1).
        let mut product = 1.0;
        let mut y = x;
        while y < 16.0 {
            product *= y;
            y += 1.0;
        }
        let shifted = (y - 0.5) * y.ln() - y + stirling_error(y) - product.ln();
        return shifted - ((x - 0.5) * x.ln() - x);
    }
    let s = 1.0 / (x * x);
    (1.0 / 12.0
        - s * (1.0 / 360.0 - s * (1.0 / 1260.0 - s * (1.0 / 1680.0 - s * (1.0 / 1188.0 - s * 691.0 / 360_360.0)))))
        / x
}

/// ln Γ(x) for x > 0.
pub fn ln_gamma(x: f64) -> f64 {
    (x - 0.5) * x.ln() - x + LN_SQRT_2PI + stirling_error(x)
}

/// ln [Γ(x + ½) / Γ(x)] for x > 0, without cancellation at large x.
pub fn ln_gamma_half_ratio(x: f64) -> f64 {
    if x < 16.0 {
        return ln_gamma(x + 0.5) - ln_gamma(x);
    }
    x * (0.5 / x).ln_1p() + 0.5 * x.ln() - 0.5 + stirling_error(x + 0.5) - stirling_error(x)
}

/// The deviance part x ln(x/m) + m − x of a Poisson probability.
fn deviance(x: f64, m: f64) -> f64 {
    if x == 0.0 {
        m
    } else if (m - x).abs() > 0.5 * x {
        x * (x / m).ln() + m - x
    } else {
        -x * log1pmx((m - x) / x)
    }
}

/// ln of the probability of `x` successes in `n` trials at rate `p`, with `q` = 1 − p. Needs 0 ≤ x ≤ n.
pub fn ln_binomial_pmf(x: f64, n: f64, p: f64, q: f64) -> f64 {
    if x == 0.0 {
        return if n == 0.0 {
            0.0
        } else if p < 0.1 {
            n * (-p).ln_1p()
        } else {
            n * q.ln()
        };
    }
    if x == n {
        return if q < 0.1 { n * (-q).ln_1p() } else { n * p.ln() };
    }
    // Stirling's error here is that of ln x!, which is the one of Γ(x) shifted by ln x.
    let factorial_error = |v: f64| stirling_error(v);
    let lead = factorial_error(n) - factorial_error(x) - factorial_error(n - x);
    lead - deviance(x, n * p) - deviance(n - x, n * q) - 0.5 * (2.0 * PI * x * ((n - x) / n)).ln()
}

/// ln of the hypergeometric probability that `x` of `n` drawn are marked, when `marked` of `total` are.
/// Needs max(0, n + marked − total) ≤ x ≤ min(n, marked).
pub fn ln_hypergeometric_pmf(x: f64, n: f64, marked: f64, total: f64) -> f64 {
    if total == 0.0 || n == 0.0 || n == total || marked == 0.0 || marked == total {
        return 0.0;
    }
    let (p, q) = (n / total, (total - n) / total);
    ln_binomial_pmf(x, marked, p, q) + ln_binomial_pmf(n - x, total - marked, p, q) - ln_binomial_pmf(n, total, p, q)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancelling_forms_agree_with_their_series() {
        for x in [1e-9, -1e-9, 1e-5, -3e-4, 0.003] {
            let (x2, x3, x4) = (x * x, x * x * x, x * x * x * x);
            let series = -x2 / 2.0 + x3 / 3.0 - x4 / 4.0 + x4 * x / 5.0 - x3 * x3 / 6.0 + x4 * x3 / 7.0 - x4 * x4 / 8.0;
            assert!((log1pmx(x) / series - 1.0).abs() < 1e-14, "{x}");
            let series = x2 / 2.0 + x3 / 6.0 + x4 / 24.0 + x4 * x / 120.0 + x3 * x3 / 720.0;
            assert!((expm1mx(x) / series - 1.0).abs() < 1e-13, "{x}");
        }
        for x in [-0.5000001, -0.4999999, 0.4999999, 0.5000001, 3.0] {
            assert!((log1pmx(x) - (x.ln_1p() - x)).abs() < 1e-15);
        }
    }

    #[test]
    fn gamma_agrees_with_factorials() {
        let mut factorial = 0.0;
        for n in 1..170 {
            assert!((ln_gamma(f64::from(n)) - factorial).abs() <= 4e-15 * factorial.abs().max(4.0), "{n}");
            factorial += f64::from(n).ln();
        }
        assert!((ln_gamma(0.5) - 0.5 * PI.ln()).abs() < 1e-14);
        assert!((ln_gamma_half_ratio(0.5) + 0.5 * PI.ln()).abs() < 1e-14);
        // Γ(x + ½)/Γ(x) = √x (1 − 1/8x + …)
        let x = 1e9_f64;
        assert!((ln_gamma_half_ratio(x) - 0.5 * x.ln() + 0.125 / x).abs() < 1e-14);
    }

    #[test]
    fn probabilities_of_small_tables_are_exact_and_sum_to_one() {
        // 2 of 4 drawn out of 10 with 3 marked: C(3,2) C(7,2) / C(10,4) = 3·21/210.
        assert!((ln_hypergeometric_pmf(2.0, 4.0, 3.0, 10.0).exp() - 0.3).abs() < 1e-14);
        let sum: f64 = (0..=30).map(|x| ln_binomial_pmf(f64::from(x), 30.0, 0.07, 0.93).exp()).sum();
        assert!((sum - 1.0).abs() < 1e-14);
    }
}
