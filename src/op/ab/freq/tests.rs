//! The tests and intervals against reference numbers, and what must hold for any numbers.

use proptest::prelude::*;

use super::intervals::Method;
use super::multiple::{Correction, adjust};
use super::*;
use crate::op::ab::cases::Case;
use crate::op::ab::{Counts, Histogram, Moments, PairMoments};

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
