//! The posteriors against reference numbers, against sums that are exact for small counts, and against themselves.

use proptest::prelude::*;

use super::*;
use crate::op::ab::cases::Case;
use crate::op::ab::num::special::ln_gamma;
use crate::op::ab::{AbError, Counts, Exposure, Moments};

fn counts(pairs: &[(u64, u64)]) -> Vec<Counts> {
    pairs.iter().map(|(c, n)| Counts::new(*c, *n).unwrap()).collect()
}

fn uniform(pairs: &[(u64, u64)]) -> Proportions {
    Proportions::new(&counts(pairs), BetaPrior::UNIFORM).unwrap()
}

fn check_summary(case: &Case, path: &str, got: &Summary) {
    let p = |key: &str| format!("{path}/{key}");
    case.check(&p("median"), got.median);
    case.check(&p("eti95_low"), got.eti[0]);
    case.check(&p("eti95_high"), got.eti[1]);
    case.check_option(&p("hdi95_low"), got.hdi.map(|h| h[0]));
    case.check_option(&p("hdi95_high"), got.hdi.map(|h| h[1]));
    case.check_option(&p("mean"), got.mean);
    if case.has(&p("sd")) {
        case.check_option(&p("sd"), got.sd);
    }
}

#[test]
fn two_arms_agree_with_reference_numbers() {
    for name in [
        "bayes_seed_2000",
        "bayes_tiny_0of5_1of5",
        "bayes_zero_zero_10",
        "bayes_n0_prior_only",
        "bayes_unbalanced_10_100k",
        "bayes_huge_10M",
    ] {
        let case = Case::open(name);
        let arms = [case.counts("a"), case.counts("b")];
        let posterior = Proportions::new(&arms, BetaPrior::UNIFORM).unwrap();
        check_summary(&case, "A", &posterior.posterior(0, MASS).unwrap());
        check_summary(&case, "B", &posterior.posterior(1, MASS).unwrap());
        // The reference has delta = A − B and lift = B/A − 1.
        let back = posterior.compare(0, 1, MASS).unwrap();
        check_summary(&case, "delta_a_minus_b", &back.difference);
        let forth = posterior.compare(1, 0, MASS).unwrap();
        check_summary(&case, "lift_b_over_a", &forth.lift.unwrap());
        case.check("prob_b_gt_a", forth.p_better.p);
        case.check("prob_a_gt_b", forth.p_worse.p);
        case.check("expected_loss_choose_a", forth.expected_loss_if_baseline.unwrap());
        case.check("expected_loss_choose_b", forth.expected_loss_if_arm.unwrap());
        case.check("prob_abs_delta_lt_1pt", posterior.within(1, 0, -0.01, 0.01).unwrap());
    }
}

#[test]
fn several_arms_agree_with_reference_numbers() {
    let case = Case::open("bayes_multiarm_4x4000");
    let names = ["A", "B", "C", "D"];
    let posterior = Proportions::new(&names.map(|n| case.counts(n)), BetaPrior::UNIFORM).unwrap();
    for (i, (name, got)) in names.iter().zip(posterior.standings(Best::Greatest)).enumerate() {
        case.check(&format!("prob_best/{name}"), got.p_best);
        case.check(&format!("expected_loss/{name}"), got.expected_loss);
        if i > 0 {
            case.check(&format!("prob_gt_A/{name}"), posterior.compare(i, 0, MASS).unwrap().p_better.p);
        }
        let greatest = posterior.posterior(i, MASS).unwrap().mean.unwrap() + got.expected_loss;
        case.check("expected_max", greatest);
    }
}

/// P(arm > baseline) as an exact finite sum for whole shapes: Σ over i < a of the arm.
fn p_better_by_sum(base: (u64, u64), arm: (u64, u64)) -> f64 {
    let ln_beta = |a: f64, b: f64| ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    let shapes = |(c, n): (u64, u64)| (c as f64 + 1.0, (n - c) as f64 + 1.0);
    let ((a1, b1), (_, b2)) = (shapes(base), shapes(arm));
    (0..arm.0 + 1)
        .map(|i| i as f64)
        .map(|i| (ln_beta(a1 + i, b1 + b2) - (b2 + i).ln() - ln_beta(1.0 + i, b2) - ln_beta(a1, b1)).exp())
        .sum()
}

fn numbers(summary: &Summary) -> Vec<f64> {
    let mut all = vec![summary.median, summary.eti[0], summary.eti[1]];
    all.extend(summary.mean);
    all.extend(summary.sd);
    all.extend(summary.hdi.into_iter().flatten());
    all
}

/// What must hold of any comparison, whatever the counts.
fn sane(pairs: &[(u64, u64)], prior: BetaPrior) {
    let posterior = Proportions::new(&counts(pairs), prior).unwrap();
    let forth = posterior.compare(1, 0, MASS).unwrap();
    let back = posterior.compare(0, 1, MASS).unwrap();
    let context = format!("{pairs:?} {prior:?} {forth:?}");
    assert!(
        numbers(&forth.difference).into_iter().chain(numbers(&forth.lift.unwrap())).all(f64::is_finite),
        "{context}"
    );
    assert!((forth.p_better.p + forth.p_worse.p - 1.0).abs() < 1e-12, "{context}");
    let same = |a: f64, b: f64, unit: f64| assert!((a - b).abs() <= 1e-7 * unit, "{a} {b} {context}");
    assert!((forth.p_better.ln_p - back.p_worse.ln_p).abs() < 1e-12 * forth.p_better.ln_p.abs().max(1.0), "{context}");
    let sd = forth.difference.sd.unwrap();
    same(forth.difference.median, -back.difference.median, sd);
    same(forth.difference.eti[0], -back.difference.eti[1], sd);
    if let (Some(a), Some(b)) = (forth.difference.hdi, back.difference.hdi) {
        same(a[0], -b[1], 10.0 * sd);
        same(a[1], -b[0], 10.0 * sd);
        let within = posterior.within(1, 0, a[0], a[1]).unwrap();
        assert!((within - MASS).abs() < 1e-7, "{within} {context}");
        let narrower = a[1] - a[0] - (forth.difference.eti[1] - forth.difference.eti[0]);
        assert!(narrower <= 1e-7 * sd, "{context}");
    }
    assert!(forth.difference.eti[0] < forth.difference.median && forth.difference.median < forth.difference.eti[1]);
    // The losses differ by the means' difference, and both schemes of integration agree.
    let (arm, base) = (forth.expected_loss_if_arm.unwrap(), forth.expected_loss_if_baseline.unwrap());
    assert!(arm >= 0.0 && base >= 0.0, "{context}");
    let gap = (base - arm - forth.difference.mean.unwrap()).abs();
    assert!(gap <= 1e-9 * arm.max(base), "{gap} {arm} {base} {context}");
    let standings = posterior.standings(Best::Greatest);
    assert!((standings.iter().map(|s| s.p_best).sum::<f64>() - 1.0).abs() < 1e-10, "{context}");
    let small = forth.p_better.p.min(forth.p_worse.p);
    let other = standings[0].p_best.min(standings[1].p_best);
    if pairs.len() == 2 && small > 1e-290 {
        assert!((other / small - 1.0).abs() < 1e-9, "{other} {small} {context}");
    }
}

#[test]
fn far_out_both_ways_of_integrating_agree() {
    sane(&[(5, 1060), (7461, 21156)], BetaPrior::UNIFORM);
    sane(&[(0, 1060), (7461, 21156)], BetaPrior::UNIFORM);
    sane(&[(3, 82), (58, 193)], BetaPrior::JEFFREYS);
}

#[test]
fn extremes_have_answers() {
    let (u, j) = (BetaPrior::UNIFORM, BetaPrior::JEFFREYS);
    for pairs in [
        [(0, 0), (0, 0)],
        [(0, 0), (5, 10)],
        [(0, 1), (1, 1)],
        [(0, 5), (5, 5)],
        [(12, 10_000_000), (25, 10_000_000)],
        [(0, 10_000_000), (25, 10_000_000)],
        [(0, 10_000_000), (0, 10)],
        [(10_000_000, 10_000_000), (9_999_999, 10_000_000)],
        [(1_000_000, 10_000_000), (2_000_000, 10_000_000)],
        [(1_000_000_000, 1_000_000_000), (999_999_990, 1_000_000_000)],
        [(100_000_000, 1_000_000_000), (100_010_000, 1_000_000_000)],
        [(1, 3), (300_000_000, 1_000_000_000)],
        [(0, 1_000_000_000), (1_000_000_000, 1_000_000_000)],
    ] {
        sane(&pairs, u);
        sane(&pairs, j);
    }
    sane(&[(3, 10), (4, 11)], BetaPrior { alpha: 0.05, beta: 0.2 });
    sane(&[(3, 10), (4, 11)], BetaPrior { alpha: 3e5, beta: 7e5 });
    // A probability far below the smallest number keeps its logarithm.
    let far = uniform(&[(1_000_000, 10_000_000), (2_000_000, 10_000_000)]).compare(1, 0, MASS).unwrap();
    assert!(far.p_worse.p == 0.0 && far.p_worse.ln_p < -190_000.0 && far.p_better.p == 1.0);
}

#[test]
fn what_cannot_be_answered_is_an_error() {
    let two = counts(&[(1, 2), (1, 3)]);
    let prior = |alpha, beta| Proportions::new(&two, BetaPrior { alpha, beta }).map(|_| ());
    assert_eq!(prior(0.0, 1.0), Err(AbError::Prior));
    assert_eq!(prior(1.0, f64::NAN), Err(AbError::Prior));
    assert!(matches!(Proportions::new(&[], BetaPrior::UNIFORM), Err(AbError::Arms { got: 0 })));
    assert!(matches!(Proportions::new(&[two[0]; 11], BetaPrior::UNIFORM), Err(AbError::Arms { got: 11 })));
    assert_eq!(uniform(&[(1, 2)]).compare(1, 0, MASS), Err(AbError::NoSuchArm { arm: 1 }));
    assert_eq!(uniform(&[(1, 2), (1, 2)]).compare(1, 0, 1.0), Err(AbError::Level { got: 1.0 }));
    assert!(Counts::new(3, 2).is_err());
    let none = Exposure::new(0.0, 0.0).unwrap();
    assert!(matches!(Rates::new(&[none, none], GammaPrior::default()), Err(AbError::NoData)));
    let constant = Moments::of([3.0, 3.0]).unwrap();
    assert!(matches!(Means::new(&[constant, constant], None), Err(AbError::ZeroVariance)));
    assert!(matches!(Means::new(&[Moments::default()], None), Err(AbError::TooFew { .. })));
}

#[test]
fn means_follow_welch_and_the_prior() {
    let (b, a) = (Moments::of((0..40).map(|i| f64::from(i % 7))), Moments::of((0..30).map(|i| f64::from(i % 9))));
    let (b, a) = (b.unwrap(), a.unwrap());
    let means = Means::new(&[b, a], None).unwrap();
    let got = means.compare(1, 0, MASS).unwrap();
    let welch = crate::op::ab::freq::means::welch(b, a, MASS).unwrap();
    for (x, y) in got.difference.eti.iter().zip(welch.ci) {
        assert!((x - y).abs() < 1e-12);
    }
    assert!((got.p_worse.p - welch.test.less.unwrap().p).abs() > 0.0);
    assert!((got.p_better.p - welch.test.less.unwrap().p).abs() < 1e-13);
    assert!((got.p_better.p + got.p_worse.p - 1.0).abs() < 1e-13);
    let (arm, base) = (got.expected_loss_if_arm.unwrap(), got.expected_loss_if_baseline.unwrap());
    assert!((base - arm - welch.value).abs() < 1e-12, "{base} {arm} {}", welch.value);
    let standing = means.standings(Best::Greatest);
    assert_eq!((standing[1].p_best, standing[0].expected_loss), (got.p_better.p, base));
    // Among three, of which one is hopeless, the other two stand nearly as they compare.
    let third = Moments::of((0..40).map(|i| f64::from(i % 7) - 50.0)).unwrap();
    let three = Means::new(&[b, a, third], None).unwrap().standings(Best::Greatest);
    assert!((three[1].p_best - got.p_better.p).abs() < 5e-3 && three[2].p_best < 1e-20, "{three:?}");
    assert!((three.iter().map(|s| s.p_best).sum::<f64>() - 1.0).abs() < 1e-10);
    // A weak prior changes nothing, a strong one wins.
    let weak = Means::new(&[b, a], Some(NormalPrior { mean: 0.0, sd: 1e6 })).unwrap();
    let weak = weak.compare(1, 0, MASS).unwrap().difference;
    assert!((weak.median - welch.value).abs() < 1e-9 && (weak.sd.unwrap() / welch.se - 1.0).abs() < 1e-9);
    let strong = Means::new(&[b, a], Some(NormalPrior { mean: 7.0, sd: 1e-6 })).unwrap();
    assert!((strong.posterior(0, MASS).unwrap().median - 7.0).abs() < 1e-6);
    // A normal loss by its closed form.
    let z: f64 = 1.7;
    let two = [Estimate { value: 0.0, se: 3.0, df: None }, Estimate { value: 5.0 * z, se: 4.0, df: None }];
    let normal = Means::from_estimates(&two, None).unwrap();
    let loss = normal.compare(1, 0, MASS).unwrap().expected_loss_if_arm.unwrap();
    let want =
        5.0 * ((-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt() - z * crate::op::ab::num::normal::sf(z));
    assert!((loss / want - 1.0).abs() < 1e-12);
    assert!((normal.standings(Best::Greatest)[1].expected_loss / want - 1.0).abs() < 1e-9);
    // The lift is Fieller's; next to zero there is none.
    assert_eq!(normal.compare(1, 0, MASS).unwrap().lift, None);
    let lift = Means::from_estimates(
        &[Estimate { value: 100.0, se: 1.0, df: None }, Estimate { value: 110.0, se: 2.0, df: None }],
        None,
    );
    let lift = lift.unwrap().compare(1, 0, MASS).unwrap().lift.unwrap();
    assert!((lift.median - 0.1).abs() < 1e-12 && lift.eti[0] < 0.06 && lift.hdi.unwrap()[1] > 0.13, "{lift:?}");
}

#[test]
fn the_shortest_interval_holds_its_mass_by_densities_alone() {
    let rule = crate::op::ab::num::gauss::Rule::standard();
    for pairs in [
        [(118, 2000), (90, 2000)],
        [(1, 5), (3, 7)],
        [(3, 10), (30_000, 100_000)],
        [(12, 10_000_000), (25, 10_000_000)],
    ] {
        let arms = pairs.map(|(c, n): (u64, u64)| Shape::Beta { a: c as f64 + 1.0, b: (n - c) as f64 + 1.0 });
        let laws = arms.map(|shape| Law::new(shape).unwrap());
        let difference = pair::Difference::new(&laws[1], &laws[0]);
        let [low, high] = uniform(&pairs).compare(1, 0, MASS).unwrap().difference.hdi.unwrap();
        // The density bends at zero, so zero is an edge.
        let pieces = |from: f64, to: f64| -> f64 {
            let at = |k: i32| from + (to - from) * f64::from(k) / 20.0;
            (0..20).map(|k| rule.integrate(at(k), at(k + 1), |z| difference.pdf(z))).sum()
        };
        let mass = if low < 0.0 && high > 0.0 { pieces(low, 0.0) + pieces(0.0, high) } else { pieces(low, high) };
        assert!((mass - MASS).abs() < 1e-8, "{pairs:?}: {mass}");
        assert!((difference.pdf(low) / difference.pdf(high) - 1.0).abs() < 1e-7);
    }
}

#[test]
fn curves_hold_the_mass_and_touch_the_ends() {
    for pairs in [[(118, 2000), (90, 2000)], [(0, 5), (5, 5)], [(12, 10_000_000), (25, 10_000_000)]] {
        let posterior = uniform(&pairs);
        for curve in [posterior.curve(0, 400).unwrap(), posterior.difference_curve(1, 0, 400).unwrap()] {
            let area: f64 = curve.windows(2).map(|w| 0.5 * (w[1].0 - w[0].0) * (w[0].1 + w[1].1)).sum();
            assert!((area - 0.9995).abs() < 1e-3, "{area}");
        }
    }
    assert_eq!(uniform(&[(0, 5)]).curve(0, 3).unwrap()[0], (0.0, 6.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn small_counts_are_the_finite_sum(n1 in 0_u64..60, n2 in 0_u64..60, x in 0.0_f64..=1.0, y in 0.0_f64..=1.0) {
        let (base, arm) = (((x * n1 as f64) as u64, n1), ((y * n2 as f64) as u64, n2));
        let got = uniform(&[base, arm]).compare(1, 0, MASS).unwrap();
        prop_assert!((got.p_better.p / p_better_by_sum(base, arm) - 1.0).abs() < 1e-11);
        prop_assert!((got.p_worse.p / p_better_by_sum(arm, base) - 1.0).abs() < 1e-11);
    }

    #[test]
    fn any_counts_are_sane(
        n1 in 0.0_f64..20.0, n2 in 0.0_f64..20.0, x in 0.0_f64..=1.0, y in 0.0_f64..=1.0, half in any::<bool>()
    ) {
        let pair = |ln_n: f64, share: f64| {
            let n = ln_n.exp() as u64;
            ((share * share * n as f64) as u64, n)
        };
        sane(&[pair(n1, x), pair(n2, y)], if half { BetaPrior::JEFFREYS } else { BetaPrior::UNIFORM });
    }

    #[test]
    fn the_best_of_many_is_one_of_them(rates in prop::collection::vec((0_u64..200, 200_u64..4000), 2..=10)) {
        let standings = uniform(&rates).standings(Best::Greatest);
        prop_assert!((standings.iter().map(|s| s.p_best).sum::<f64>() - 1.0).abs() < 1e-10);
        prop_assert!(standings.iter().all(|s| s.expected_loss >= 0.0 && s.p_best >= 0.0));
        // Every arm's mean plus its loss is the expected greatest value.
        let greatest: Vec<f64> = rates
            .iter()
            .zip(&standings)
            .map(|((c, n), s)| (*c as f64 + 1.0) / (*n as f64 + 2.0) + s.expected_loss)
            .collect();
        prop_assert!(greatest.iter().all(|g| (g / greatest[0] - 1.0).abs() < 1e-9), "{:?}", greatest);
    }
}

#[test]
fn the_smallest_rate_is_best_where_its_complement_is_the_greatest() {
    let rates = [(200, 4000), (250, 4000), (231, 4000)].map(|(c, n)| Counts::new(c, n).unwrap());
    let others = rates.map(|r| Counts::new(r.failures(), r.n()).unwrap());
    let lowest = Proportions::new(&rates, BetaPrior::UNIFORM).unwrap().standings(Best::Smallest);
    let highest = Proportions::new(&others, BetaPrior::UNIFORM).unwrap().standings(Best::Greatest);
    for (low, high) in lowest.iter().zip(&highest) {
        assert!((low.p_best - high.p_best).abs() < 1e-9, "{low:?} {high:?}");
        assert!((low.expected_loss - high.expected_loss).abs() < 1e-9 * high.expected_loss, "{low:?} {high:?}");
    }
    // Means, two arms by their comparison and three by their tables.
    let moments = |mean: f64| Moments::new(50.0, mean, 200.0).unwrap();
    for count in [2, 3] {
        let all: Vec<Moments> = [1.0, 1.3, 0.8].iter().take(count).map(|m| moments(*m)).collect();
        let turned: Vec<Moments> = [-1.0, -1.3, -0.8].iter().take(count).map(|m| moments(*m)).collect();
        let lowest = Means::new(&all, None).unwrap().standings(Best::Smallest);
        let highest = Means::new(&turned, None).unwrap().standings(Best::Greatest);
        for (low, high) in lowest.iter().zip(&highest) {
            assert!((low.p_best - high.p_best).abs() < 1e-9 && (low.expected_loss - high.expected_loss).abs() < 1e-9);
        }
    }
}
