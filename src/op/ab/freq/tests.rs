//! The tests and intervals against reference numbers, and what must hold for any numbers.

use proptest::prelude::*;

use super::intervals::Method;
use super::multiple::{Correction, adjust};
use super::*;
use crate::op::ab::cases::Case;
use crate::op::ab::{Counts, Exposure, Histogram, Moments, PairMoments};

fn at(conversions: u64, n: u64) -> Counts {
    Counts::new(conversions, n).unwrap()
}

#[test]
fn two_proportions_agree_with_reference_numbers() {
    for name in ["freq_prop_seed_2000", "freq_prop_medium_4000", "freq_prop_tiny_0_5"] {
        let case = Case::open(name);
        let (a, b) = (case.counts("a"), case.counts("b"));
        let z = proportions::z_pooled(a, b).unwrap();
        case.check("z_pooled", z.statistic);
        case.check("p_z_pooled_two_sided", z.two_sided.p);
        case.check("p_z_pooled_greater_b", z.greater.unwrap().p);
        let own = proportions::z_unpooled(a, b, 0.95).unwrap();
        case.check("se_unpooled", own.se);
        case.check("z_unpooled", own.test.statistic);
        case.check("p_z_unpooled_two_sided", own.test.two_sided.p);
        case.check_interval("ci95_diff_b_minus_a_wald", own.ci);
        case.check_interval("ci95_diff_b_minus_a_wald", intervals::wald(a, b, 0.95).unwrap());
        case.check("diff_b_minus_a", own.value);
        let chi = proportions::chi_square(&[a, b]).unwrap();
        case.check("chi2", chi.statistic);
        case.check("p_chi2", chi.two_sided.p);
        let yates = proportions::yates(a, b).unwrap();
        case.check("chi2_yates", yates.statistic);
        case.check("p_chi2_yates", yates.two_sided.p);
        let g = proportions::g_test(&[a, b]).unwrap();
        case.check("g_stat", g.statistic);
        case.check("p_g", g.two_sided.p);
        case.check("min_expected_count", proportions::smallest_expected(&[a, b]).unwrap());
        case.check_option("odds_ratio_b_vs_a_sample", proportions::odds_ratio(a, b));
        let exact = fisher::fisher(a, b).unwrap();
        case.check("p_fisher_two_sided", exact.two_sided.p);
        case.check("p_fisher_greater_b", exact.greater.p);
        case.check("p_fisher_less_b", exact.less.p);
        for (key, method) in [
            ("wilson", Method::Wilson),
            ("clopper_pearson", Method::ClopperPearson),
            ("agresti_coull", Method::AgrestiCoull),
            ("jeffreys", Method::Jeffreys),
            ("wald", Method::Wald),
        ] {
            case.check_interval(&format!("ci95_a_{key}"), intervals::interval(a, method, 0.95).unwrap());
            case.check_interval(&format!("ci95_b_{key}"), intervals::interval(b, method, 0.95).unwrap());
        }
        let of = |key: &str| format!("ci95_diff_b_minus_a_{key}");
        case.check_interval(&of("newcombe"), intervals::newcombe(a, b, 0.95).unwrap());
        case.check_interval(&of("agresti_caffo"), intervals::agresti_caffo(a, b, 0.95).unwrap());
        case.check_interval(&of("miettinen_nurminen"), intervals::miettinen_nurminen(a, b, 0.95).unwrap());
        case.check_interval(&of("mee"), intervals::mee(a, b, 0.95).unwrap());
        if case.has("risk_ratio") {
            let lift = proportions::lift_by_delta(a, b, 0.95).unwrap();
            case.check("lift", lift.value);
            case.check("risk_ratio", lift.value + 1.0);
            case.check_interval("ci95_lift_delta_method", lift.ci);
            case.check_interval("ci95_ratio_log", proportions::ratio_interval_log(a, b, 0.95).unwrap());
            let ratio = intervals::miettinen_nurminen_ratio(a, b, 0.95).unwrap();
            case.check_interval("ci95_ratio_miettinen_nurminen", ratio);
        }
    }
}

#[test]
fn several_arms_agree_with_reference_numbers() {
    let case = Case::open("freq_multiarm");
    let names = ["A", "B", "C", "D"];
    let arms = names.map(|n| case.counts(n));
    let overall = proportions::chi_square(&arms).unwrap();
    case.check("chi2_overall", overall.statistic);
    case.check("p_overall", overall.two_sided.p);
    let tests: Vec<Test> = (1..4).map(|i| proportions::z_pooled(arms[0], arms[i]).unwrap()).collect();
    let raw: Vec<f64> = tests.iter().map(|t| t.two_sided.p).collect();
    for (i, name) in names.iter().skip(1).enumerate() {
        case.check(&format!("z_{name}_vs_A"), tests[i].statistic);
        case.check(&format!("p_raw_{name}"), raw[i]);
        for (key, correction) in [
            ("bonferroni", Correction::Bonferroni),
            ("sidak", Correction::Sidak),
            ("holm", Correction::Holm),
            ("holm_sidak", Correction::HolmSidak),
            ("hommel", Correction::Hommel),
            ("bh", Correction::BenjaminiHochberg),
            ("by", Correction::BenjaminiYekutieli),
        ] {
            case.check(&format!("p_{key}_{name}"), adjust(&raw, correction)[i]);
        }
    }
    let pairs: Vec<(usize, usize)> = (0..4).flat_map(|i| (i + 1..4).map(move |j| (i, j))).collect();
    let p: Vec<f64> =
        pairs.iter().map(|(i, j)| proportions::z_pooled(arms[*i], arms[*j]).unwrap().two_sided.p).collect();
    for ((i, j), (raw, holm)) in pairs.iter().zip(p.iter().zip(adjust(&p, Correction::Holm))) {
        case.check(&format!("pair_{}{}_raw", names[*i], names[*j]), *raw);
        case.check(&format!("pair_{}{}_holm", names[*i], names[*j]), holm);
    }
}

#[test]
fn means_agree_with_reference_numbers() {
    let case = Case::open("freq_means_revenue");
    let (a, b) = (case.histogram("a"), case.histogram("b"));
    let (ma, mb) = (a.moments(), b.moments());
    case.check("mean_a", ma.mean());
    case.check("mean_b", mb.mean());
    case.check("sd_a", ma.sd().unwrap());
    case.check("sd_b", mb.sd().unwrap());
    let welch = means::welch(ma, mb, 0.95).unwrap();
    case.check("diff_b_minus_a", welch.value);
    case.check("welch_t", welch.test.statistic);
    case.check("welch_df", welch.test.df.unwrap());
    case.check("welch_p", welch.test.two_sided.p);
    case.check_interval("welch_ci95", welch.ci);
    let student = means::student(ma, mb, 0.95).unwrap();
    case.check("student_t", student.test.statistic);
    case.check("student_p", student.test.two_sided.p);
    case.check_interval("student_ci95", student.ci);
    let (d, g) = means::standardised(ma, mb).unwrap();
    case.check("cohen_d", d);
    case.check("hedges_g_approx", g);
    let ranks = ranks::mann_whitney(&a, &b).unwrap();
    case.check("mwu_U_b", ranks.u);
    case.check("mwu_p_asymptotic_cc", ranks.test.two_sided.p);
    case.check("mwu_p_asymptotic_nocc", ranks.uncorrected.two_sided.p);
    case.check("prob_superiority_b", ranks.superiority);
    let munzel = ranks::brunner_munzel(&a, &b).unwrap();
    case.check("brunner_munzel_stat", munzel.statistic);
    case.check("brunner_munzel_p", munzel.two_sided.p);
    let (distance, p) = ranks::kolmogorov_smirnov(&a, &b).unwrap();
    case.check("ks_D", distance);
    case.check("ks_p", p.p);

    let case = Case::open("freq_means_zero_variance");
    let (a, b) = (case.histogram("a"), case.histogram("b"));
    case.check("diff_b_minus_a", b.moments().mean() - a.moments().mean());
    case.check_option("welch_p", means::welch(a.moments(), b.moments(), 0.95).ok().map(|e| e.test.two_sided.p));
    assert_eq!(means::welch(a.moments(), b.moments(), 0.95), Err(AbError::ZeroVariance));
    assert_eq!(ranks::mann_whitney(&a, &b), Err(AbError::ZeroVariance));
}

#[test]
fn ratios_and_clusters_agree_with_reference_numbers() {
    let case = Case::open("freq_ratio_clicks_impressions");
    let got = ratio::delta_method(case.pairs("a"), case.pairs("b"), 0.95).unwrap();
    case.check("ratio_a", got.baseline.value);
    case.check("ratio_b", got.arm.value);
    case.check("var_a", got.baseline.variance);
    case.check("var_b", got.arm.variance);
    case.check("diff", got.difference.value);
    case.check("se_delta", got.difference.se);
    case.check("z", got.difference.test.statistic);
    case.check("p", got.difference.test.two_sided.p);
    case.check_interval("ci95", got.difference.ci);
    let lift = got.lift.unwrap();
    case.check("lift", lift.value);
    case.check("lift_se", lift.se);
    case.check_interval("ci95_lift", lift.ci);
    let events = |p: PairMoments| at(p.y().sum().round() as u64, p.x().sum().round() as u64);
    let naive = proportions::se_unpooled(events(case.pairs("a")), events(case.pairs("b"))).unwrap();
    case.check("naive_binomial_se", naive);
    case.check("design_effect", (got.difference.se / naive).powi(2));

    let case = Case::open("unit_mismatch_events");
    let got = ratio::clustered(case.pairs("a"), case.pairs("b"), 0.95).unwrap();
    case.check("rows", got.events.round());
    case.check("users", got.units);
    case.check("diff", got.robust.value);
    case.check("se_cluster_cr1", got.robust.se);
    case.check("p_cluster_normal", got.robust.test.two_sided.p);
    case.check("se_naive", got.naive.se);
    case.check("p_naive", got.naive.test.two_sided.p);
    case.check("deff", got.design_effect);
}

#[test]
fn cuped_agrees_with_reference_numbers() {
    let case = Case::open("freq_cuped");
    let got = cuped::cuped(case.pairs("a"), case.pairs("b"), 0.95).unwrap();
    case.check("theta", got.theta);
    case.check("correlation", got.correlation);
    case.check("diff_raw", got.raw.value);
    case.check_interval("ci95_raw", got.raw.ci);
    case.check("p_raw", got.raw.test.two_sided.p);
    case.check("mean_adj_a", got.baseline_mean);
    case.check("mean_adj_b", got.arm_mean);
    case.check("diff_cuped", got.adjusted.value);
    case.check_interval("ci95_cuped", got.adjusted.ci);
    case.check("p_cuped", got.adjusted.test.two_sided.p);
    case.check("variance_reduction", got.variance_reduction);
}

#[test]
fn bootstraps_agree_with_reference_numbers() {
    use bootstrap::{Plan, Resampling, Statistic, bootstrap};
    let case = Case::open("freq_bootstrap_session");
    let (a, b) = (case.histogram("a"), case.histogram("b"));
    let median = bootstrap(&a, &b, Statistic::Quantile(0.5), Plan::default()).unwrap();
    case.check("diff_median", median.difference);
    case.check_interval("boot_percentile_ci95_median", median.percentile);
    assert_eq!(median.bca, None);
    for resampling in [Resampling::Multinomial, Resampling::Poisson] {
        let mean = bootstrap(&a, &b, Statistic::Mean, Plan { resampling, ..Plan::default() }).unwrap();
        case.check("diff_mean", mean.difference);
        case.check_interval("boot_percentile_ci95_mean", mean.percentile);
        case.check_interval("boot_bca_ci95_mean", mean.bca.unwrap());
    }
    case.check_interval("welch_ci95", means::welch(a.moments(), b.moments(), 0.95).unwrap().ci);
    let twice = || bootstrap(&a, &b, Statistic::Mean, Plan { resamples: 99, ..Plan::default() });
    assert_eq!(twice(), twice());
}

/// Every number of an effect is finite and its interval holds it.
fn sane(effect: &Effect) {
    let p = effect.test.two_sided;
    assert!(effect.se.is_finite() && p.p >= 0.0 && p.p <= 1.0 && !p.ln_p.is_nan(), "{effect:?}");
    assert!(effect.ci[0] <= effect.value && effect.value <= effect.ci[1], "{effect:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn swapping_arms_turns_signs_and_nothing_else(
        n1 in 1_u64..3000, n2 in 1_u64..3000, x in 0.0_f64..=1.0, y in 0.0_f64..=1.0
    ) {
        let (b, a) = (at((x * n1 as f64) as u64, n1), at((y * n2 as f64) as u64, n2));
        let close = |x: f64, y: f64| (x - y).abs() <= 1e-9;
        for f in [intervals::newcombe, intervals::miettinen_nurminen, intervals::mee, intervals::agresti_caffo] {
            let (forth, back) = (f(b, a, 0.95).unwrap(), f(a, b, 0.95).unwrap());
            prop_assert!(close(forth[0], -back[1]) && close(forth[1], -back[0]), "{forth:?} {back:?}");
            let d = proportions::difference(b, a).unwrap();
            prop_assert!(forth[0] >= -1.0 - 1e-12 && forth[1] <= 1.0 + 1e-12, "{forth:?} {d}");
        }
        let (forth, back) = (fisher::fisher(b, a).unwrap(), fisher::fisher(a, b).unwrap());
        prop_assert!((forth.two_sided.ln_p - back.two_sided.ln_p).abs() < 1e-8, "{forth:?} {back:?}");
        prop_assert!((forth.greater.ln_p - back.less.ln_p).abs() < 1e-8);
        match (proportions::z_pooled(b, a), proportions::z_pooled(a, b)) {
            (Ok(forth), Ok(back)) => {
                prop_assert_eq!(forth.statistic, -back.statistic);
                let chi = proportions::chi_square(&[b, a]).unwrap();
                prop_assert!((chi.statistic - forth.statistic.powi(2)).abs() < 1e-9 * chi.statistic.max(1e-3));
                let score_low = intervals::mee(b, a, 0.95).unwrap();
                // The score interval of the difference and the pooled z test agree about zero.
                let inside = score_low[0] <= 0.0 && 0.0 <= score_low[1];
                prop_assert!(inside == (forth.two_sided.p >= 0.05) || (forth.two_sided.p - 0.05).abs() < 1e-9);
            }
            (forth, back) => prop_assert_eq!(forth, back),
        }
    }

    #[test]
    fn merging_pieces_changes_nothing(
        values in prop::collection::vec((-100.0_f64..100.0, 0.0_f64..10.0), 4..60), cut in 0.0_f64..1.0, offset in -1e9_f64..1e9
    ) {
        let at = (cut * values.len() as f64) as usize;
        let moved: Vec<(f64, f64)> = values.iter().map(|(y, x)| (y + offset, *x)).collect();
        let whole = PairMoments::of(moved.iter().copied()).unwrap();
        let parts = PairMoments::of(moved[..at].iter().copied()).unwrap();
        let parts = parts.merge(PairMoments::of(moved[at..].iter().copied()).unwrap());
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(1.0);
        prop_assert!(close(whole.y().mean(), parts.y().mean()) && close(whole.y().squares(), parts.y().squares()));
        prop_assert!(close(whole.products(), parts.products()) && close(whole.x().squares(), parts.x().squares()));
        // The order of rows does not matter either.
        let turned = PairMoments::of(moved.iter().rev().copied()).unwrap();
        prop_assert!(close(whole.products(), turned.products()) && close(whole.y().squares(), turned.y().squares()));
        let (mut reversed, mut sorted) = (moved.clone(), moved);
        reversed.reverse();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let of = |v: &[(f64, f64)]| Histogram::of(v.iter().map(|p| p.0)).unwrap();
        prop_assert_eq!(of(&reversed), of(&sorted));
    }

    #[test]
    fn adjusted_p_values_keep_order_and_never_shrink(p in prop::collection::vec(0.0_f64..=1.0, 0..12)) {
        for correction in [
            Correction::Bonferroni, Correction::Sidak, Correction::Holm, Correction::HolmSidak, Correction::Hommel,
            Correction::BenjaminiHochberg, Correction::BenjaminiYekutieli,
        ] {
            let got = adjust(&p, correction);
            prop_assert_eq!(got.len(), p.len());
            for i in 0..p.len() {
                prop_assert!(got[i] >= p[i] * (1.0 - 1e-12) && got[i] <= 1.0);
                for j in 0..p.len() {
                    prop_assert!(p[i] > p[j] || got[i] <= got[j] * (1.0 + 1e-12));
                }
            }
        }
        let (holm, bonferroni) = (adjust(&p, Correction::Holm), adjust(&p, Correction::Bonferroni));
        prop_assert!(holm.iter().zip(&bonferroni).all(|(h, b)| *h <= b * (1.0 + 1e-12)));
    }

    #[test]
    fn any_moments_give_numbers_or_an_error(
        n in 2.0_f64..1e6, m in 2.0_f64..1e6, x in -1e6_f64..1e6, y in -1e6_f64..1e6, s in 0.0_f64..1e9, t in 0.0_f64..1e9
    ) {
        let (b, a) = (Moments::new(n.floor(), x, s).unwrap(), Moments::new(m.floor(), y, t).unwrap());
        for test in [means::welch, means::student, means::lift_by_delta] {
            if let Ok(effect) = test(b, a, 0.95) {
                sane(&effect);
            }
        }
        let (b, a) = (Exposure::new(s.floor(), n).unwrap(), Exposure::new(t.floor(), m).unwrap());
        if let Ok(effect) = rates::wald(b, a, 0.9) {
            sane(&effect);
        }
        prop_assert!(rates::exact(b, a).unwrap().two_sided.ln_p <= 0.0);
    }
}

#[test]
fn extreme_tables_have_intervals() {
    for (b, a) in [
        (at(0, 1), at(1, 1)),
        (at(0, 10), at(0, 20)),
        (at(10, 10), at(20, 20)),
        (at(0, 1_000_000_000), at(1_000_000_000, 1_000_000_000)),
        (at(12, 10_000_000), at(25, 10_000_000)),
        (at(0, 10_000_000), at(3, 10_000_000)),
        (at(999_999_999, 1_000_000_000), at(500, 1000)),
    ] {
        for f in [intervals::newcombe, intervals::miettinen_nurminen, intervals::mee, intervals::agresti_caffo] {
            let [low, high] = f(b, a, 0.95).unwrap();
            let d = proportions::difference(b, a).unwrap();
            assert!(low <= d + 1e-9 && d <= high + 1e-9 && low < high, "{b:?} {a:?}: {low} {d} {high}");
        }
        for method in [Method::Wilson, Method::ClopperPearson, Method::AgrestiCoull, Method::Jeffreys, Method::Wald] {
            let [low, high] = intervals::interval(a, method, 0.95).unwrap();
            assert!((0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high) && low <= high, "{method:?} {a:?}");
        }
    }
    assert_eq!(proportions::z_pooled(at(0, 5), at(0, 5)), Err(AbError::ZeroVariance));
    assert_eq!(proportions::z_pooled(at(0, 0), at(0, 5)), Err(AbError::NoData));
    assert_eq!(proportions::lift(at(0, 5), at(1, 5)), Ok(None));
    assert_eq!(intervals::interval(at(0, 0), Method::Wilson, 0.95), Err(AbError::NoData));
    assert!(intervals::newcombe(at(1, 2), at(1, 2), 1.5).is_err());
}

#[test]
fn without_effect_the_z_test_errs_as_often_as_it_says() {
    let mut random = crate::op::ab::num::random::Random::new(2026);
    let runs = 20_000;
    let wrong = (0..runs)
        .filter(|_| {
            let mut arm = || at(random.binomial(5000, 0.1), 5000);
            proportions::z_pooled(arm(), arm()).unwrap().two_sided.p < 0.05
        })
        .count();
    // Four standard errors.
    assert!(
        (wrong as f64 / f64::from(runs) - 0.05).abs() < 4.0 * (0.05_f64 * 0.95 / f64::from(runs)).sqrt(),
        "{wrong}"
    );
}

#[test]
fn winsorising_puts_one_limit_on_all_arms() {
    let arms = [Histogram::of([1.0, 2.0, 3.0, 100.0]).unwrap(), Histogram::of([2.0, 50.0, 4.0, 5.0]).unwrap()];
    let (limit, capped) = crate::op::ab::stats::winsorise(&arms, 0.75).unwrap();
    // Ranks 5 and 6 of 1 2 2 3 4 5 50 100, a quarter of the way.
    assert_eq!(limit, 5.0 + 0.25 * 45.0);
    assert_eq!(capped[0].bins().last(), Some(&(limit, 1)));
    assert_eq!(capped[1].n(), 4);
    assert_eq!(crate::op::ab::stats::winsorise(&[Histogram::default()], 0.9), None);
}
