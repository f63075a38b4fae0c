//! Tails and quantiles of Student's t, chi-square and F-free tests, on top of the tabulated laws: always from the tail
//! itself, never as one minus the other side, and in logarithms where the number would vanish.

use super::law::{Law, Shape};
use super::normal;

/// Degrees of freedom from which Student's t is told from the normal law by less than its rounding.
const NORMAL_DF: f64 = 1e15;

/// A p-value with its logarithm, which stays finite when the p-value is too small for a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PValue {
    /// The p-value, in [0, 1].
    pub p: f64,
    /// Its natural logarithm.
    pub ln_p: f64,
}

impl PValue {
    /// From a logarithm.
    pub fn from_ln(ln_p: f64) -> Self {
        let ln_p = ln_p.min(0.0);
        Self { p: ln_p.exp(), ln_p }
    }

    /// From the number itself.
    pub fn from_p(p: f64) -> Self {
        let p = p.clamp(0.0, 1.0);
        Self { p, ln_p: p.ln() }
    }

    /// Two-sided, of a statistic that is standard normal.
    pub fn normal_two_sided(z: f64) -> Self {
        Self { p: normal::two_sided(z), ln_p: normal::ln_two_sided(z) }
    }

    /// Upper tail of a statistic that is standard normal.
    pub fn normal_upper(z: f64) -> Self {
        Self { p: normal::sf(z), ln_p: normal::ln_sf(z) }
    }

    /// Two-sided, of a t statistic. NaN if `df` is not positive.
    pub fn t_two_sided(t: f64, df: f64) -> Self {
        let upper = Self::t_upper(t.abs(), df);
        Self { p: (2.0 * upper.p).min(1.0), ln_p: (upper.ln_p + std::f64::consts::LN_2).min(0.0) }
    }

    /// Upper tail of a t statistic. NaN if `df` is not positive.
    pub fn t_upper(t: f64, df: f64) -> Self {
        if df >= NORMAL_DF {
            return Self::normal_upper(t);
        }
        let Some(law) = student(df) else { return Self { p: f64::NAN, ln_p: f64::NAN } };
        let delta = (t / df.sqrt()).asinh();
        Self { p: law.tails(delta).1, ln_p: law.ln_right(delta) }
    }

    /// Upper tail of a chi-square statistic. NaN if `df` is not positive or the statistic is negative.
    pub fn chi_square(statistic: f64, df: f64) -> Self {
        if df == 1.0 && statistic >= 0.0 {
            return Self::normal_two_sided(statistic.sqrt());
        }
        let nan = Self { p: f64::NAN, ln_p: f64::NAN };
        if statistic.is_nan() || statistic < 0.0 {
            return nan;
        }
        let Some(law) = Law::new(Shape::Gamma { shape: 0.5 * df, rate: 0.5 }) else { return nan };
        let delta = (statistic / df).ln();
        Self { p: law.tails(delta).1, ln_p: law.ln_right(delta) }
    }
}

fn student(df: f64) -> Option<Law> {
    Law::new(Shape::Student { df, location: 0.0, scale: 1.0 })
}

/// The t with `p` of Student's law to its left. NaN if `df` is not positive or `p` not within (0, 1).
pub fn t_quantile(p: f64, df: f64) -> f64 {
    if !(p > 0.0 && p < 1.0) {
        return f64::NAN;
    }
    if df >= NORMAL_DF {
        return normal::quantile(p);
    }
    if p == 0.5 {
        return 0.0;
    }
    student(df).map_or(f64::NAN, |law| law.quantile(p).x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn student_and_chi_square_agree_with_tabled_values() {
        // mpmath, 30 digits.
        for (t, df, want) in [
            (1.0, 1.0, 0.5),
            (2.0, 10.0, 0.073388034770740366),
            (1.96, 1e6, 0.049996082633), // rounded
            (12.0, 5.0, 7.0859999e-5),   // rounded
        ] {
            let got = PValue::t_two_sided(t, df).p;
            assert!((got / want - 1.0).abs() < 1e-2, "{t} {df}: {got}");
        }
        assert!((t_quantile(0.975, 1e6) - 1.959_966_354).abs() < 1e-8, "{}", t_quantile(0.975, 1e6));
        for (x, df) in [(0.0, 2.0), (2.0, 2.0), (700.0, 2.0), (3000.0, 2.0)] {
            let p = PValue::chi_square(x, df);
            assert!((p.ln_p + 0.5 * x).abs() < 1e-11 * x.max(1.0), "{x}: {p:?}");
        }
        // Four degrees: e^{−x/2}(1 + x/2).
        let p = PValue::chi_square(9.0, 4.0).p;
        assert!((p / ((-4.5_f64).exp() * 5.5) - 1.0).abs() < 1e-13);
    }
}
