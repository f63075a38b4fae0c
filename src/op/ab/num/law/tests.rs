//! The tabulated laws against closed forms.

use super::*;

fn close(got: f64, want: f64, relative: f64) {
    assert!((got - want).abs() <= relative * want.abs(), "{got} instead of {want}");
}

#[test]
fn beta_with_whole_shapes_is_a_binomial_sum() {
    for (a, b) in [(1, 1), (1, 6), (2, 5), (30, 4), (200, 300)] {
        let law = Law::new(Shape::Beta { a: f64::from(a), b: f64::from(b) }).unwrap();
        for x in [1e-6, 0.01, 0.2, 0.4, 0.63, 0.9, 0.999] {
            // P(X ≤ x) = P(Binomial(a+b−1, x) ≥ a)
            let n = f64::from(a + b - 1);
            let term = |k: i32| super::super::special::ln_binomial_pmf(f64::from(k), n, x, 1.0 - x).exp();
            let (left, right): (f64, f64) = ((a..a + b).map(term).sum(), (0..a).map(term).sum());
            close(law.cdf(x), left, 1e-12);
            close(law.sf(x), right, 1e-12);
        }
    }
}

#[test]
fn extreme_shapes_have_known_laws() {
    // Beta(½, ½) is the arcsine law; Beta(1, b) and Beta(a, 1) are powers.
    let arcsine = Law::new(Shape::Beta { a: 0.5, b: 0.5 }).unwrap();
    for x in [1e-30_f64, 1e-9, 0.3, 0.5, 0.99] {
        close(arcsine.cdf(x), 2.0 / std::f64::consts::PI * x.sqrt().asin(), 1e-13);
    }
    let never = Law::new(Shape::Beta { a: 1.0, b: 1e9 }).unwrap();
    for x in [1e-12_f64, 1e-9, 3e-9, 4e-8, 5e-7] {
        close(never.sf(x), (1e9 * (-x).ln_1p()).exp(), 1e-12);
        close(never.cdf(x), -(1e9 * (-x).ln_1p()).exp_m1(), 1e-12);
    }
    let always = Law::new(Shape::Beta { a: 1e7, b: 1.0 }).unwrap();
    close(always.tails(always.delta(Point { x: 1.0 - 1e-7, y: 1e-7 })).0, (1e7 * (-1e-7_f64).ln_1p()).exp(), 1e-12);
}

#[test]
fn gamma_student_and_normal_have_known_tails() {
    let exponential = Law::new(Shape::Gamma { shape: 1.0, rate: 2.0 }).unwrap();
    for x in [1e-9_f64, 0.3, 5.0, 60.0] {
        close(exponential.sf(x), (-2.0 * x).exp(), 1e-12);
        close(exponential.cdf(x), -(-2.0 * x).exp_m1(), 1e-12);
    }
    let cauchy = Law::new(Shape::Student { df: 1.0, location: 0.0, scale: 1.0 }).unwrap();
    for x in [0.0, 0.5, 3.0, 1e6] {
        close(cauchy.sf(x), (1.0_f64 / x).atan() / std::f64::consts::PI, 1e-12);
    }
    let normal = Law::new(Shape::Normal { mean: 3.0, sd: 2.0 }).unwrap();
    for z in [0.0, 0.7, 2.0, 9.0, 14.0, 36.0] {
        close(normal.sf(3.0 + 2.0 * z), super::super::normal::sf(z), 1e-12);
    }
    assert!((normal.ln_right(100.0) - super::super::normal::ln_sf(100.0)).abs() < 1e-9);
}

#[test]
fn quantiles_invert_tails_and_tables_may_go_deeper() {
    for shape in [
        Shape::Beta { a: 0.5, b: 1e7 },
        Shape::Beta { a: 5e8, b: 5e8 },
        Shape::Gamma { shape: 0.5, rate: 1.0 },
        Shape::Student { df: 3.5, location: -2.0, scale: 0.1 },
    ] {
        let law = Law::new(shape).unwrap();
        let deep = Law::with_depth(shape, 700.0).unwrap();
        for p in [1e-12, 0.025, 0.5, 0.7, 0.975, 1.0 - 1e-9] {
            let delta = law.quantile_delta(p);
            close(law.tails(delta).0, p, 1e-13);
            close(deep.tails(delta).0, p, 1e-13);
        }
        let edge = law.panels[0].from - 0.01;
        close(law.tails(edge).0, deep.tails(edge).0, 1e-12);
        let edge = law.panels.last().unwrap().to + 0.01;
        close(law.tails(edge).1, deep.tails(edge).1, 1e-12);
    }
    assert!(Law::new(Shape::Beta { a: 0.0, b: 1.0 }).is_none());
    assert!(Law::new(Shape::Gamma { shape: f64::NAN, rate: 1.0 }).is_none());
}
