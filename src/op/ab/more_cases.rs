//! Further reference numbers, made by other ways than ours (`tests/fixtures/ab/more.py` says how).

use serde_json::Value;

use super::bayes::{BetaPrior, GammaPrior, MASS, Proportions, Rates, Summary};
use super::cases::Case;
use super::freq::multiple::{Correction, adjust};
use super::freq::{equivalence, fisher, intervals, means, proportions, ranks, rates};
use super::num::{normal, special};
use super::plan::{Design, Formula, power_for_means, power_for_rates};
use super::{Counts, Exposure, Histogram, Moments, PValue, segments};

fn each<'a>(case: &'a Case, path: &str) -> Vec<(String, &'a Value)> {
    let rows = case.expected(path).as_array().unwrap();
    assert!(!rows.is_empty());
    rows.iter().enumerate().map(|(i, row)| (format!("{path}/{i}"), row)).collect()
}

fn number(row: &Value, key: &str) -> f64 {
    row[key].as_f64().unwrap()
}

fn counts(pair: &Value) -> Counts {
    Counts::new(pair[0].as_u64().unwrap(), pair[1].as_u64().unwrap()).unwrap()
}

fn exposure(pair: &Value) -> Exposure {
    Exposure::new(pair[0].as_f64().unwrap(), pair[1].as_f64().unwrap()).unwrap()
}

fn list(row: &Value, key: &str) -> Vec<f64> {
    row[key].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn check_summary(case: &Case, path: &str, got: &Summary) {
    case.check(&format!("{path}/median"), got.median);
    case.check(&format!("{path}/eti95_low"), got.eti[0]);
    case.check(&format!("{path}/eti95_high"), got.eti[1]);
    if case.has(&format!("{path}/hdi95_low")) {
        case.check(&format!("{path}/hdi95_low"), got.hdi.unwrap()[0]);
        case.check(&format!("{path}/hdi95_high"), got.hdi.unwrap()[1]);
    }
}

#[test]
fn posteriors_of_rates() {
    let case = Case::open("more");
    for (path, row) in each(&case, "beta") {
        let prior = BetaPrior { alpha: row["prior"][0].as_f64().unwrap(), beta: row["prior"][1].as_f64().unwrap() };
        let got = Proportions::new(&[counts(&row["baseline"]), counts(&row["arm"])], prior).unwrap();
        let got = got.compare(1, 0, MASS).unwrap();
        check_summary(&case, &format!("{path}/difference"), &got.difference);
        if case.has(&format!("{path}/lift")) {
            check_summary(&case, &format!("{path}/lift"), &got.lift.unwrap());
        }
        if case.has(&format!("{path}/p_better")) {
            case.check(&format!("{path}/p_better"), got.p_better.p);
            case.check(&format!("{path}/p_worse"), got.p_worse.p);
            case.check(&format!("{path}/loss_if_arm"), got.expected_loss_if_arm.unwrap());
            case.check(&format!("{path}/loss_if_baseline"), got.expected_loss_if_baseline.unwrap());
        }
    }
    let best = case.expected("best");
    let arms: Vec<Counts> = best["arms"].as_array().unwrap().iter().map(counts).collect();
    for (i, got) in
        Proportions::new(&arms, BetaPrior::UNIFORM).unwrap().standings(super::bayes::Best::Greatest).iter().enumerate()
    {
        case.check(&format!("best/p_best/{i}"), got.p_best);
        case.check(&format!("best/expected_loss/{i}"), got.expected_loss);
    }
}

#[test]
fn posteriors_of_count_rates() {
    let case = Case::open("more");
    for (path, row) in each(&case, "gamma") {
        let arms = [exposure(&row["baseline"]), exposure(&row["arm"])];
        let got = Rates::new(&arms, GammaPrior::default()).unwrap().compare(1, 0, MASS).unwrap();
        case.check(&format!("{path}/p_better"), got.p_better.p);
        check_summary(&case, &format!("{path}/difference"), &got.difference);
        check_summary(&case, &format!("{path}/lift"), &got.lift.unwrap());
    }
    for (path, row) in each(&case, "rates") {
        let (b, a) = (exposure(&row["baseline"]), exposure(&row["arm"]));
        case.check(&format!("{path}/exact_greater"), rates::exact(b, a).unwrap().greater.p);
        case.check(&format!("{path}/score"), rates::score(b, a).unwrap().two_sided.p);
    }
}

#[test]
fn tails_of_the_common_laws() {
    let case = Case::open("more");
    for (path, row) in each(&case, "tails/t") {
        let got = PValue::t_upper(number(row, "t"), number(row, "df"));
        case.check(&format!("{path}/upper"), got.p);
        case.check(&format!("{path}/ln_upper"), got.ln_p);
    }
    for (path, row) in each(&case, "tails/chi_square") {
        case.check(&format!("{path}/ln_upper"), PValue::chi_square(number(row, "x"), number(row, "df")).ln_p);
    }
    for (path, row) in each(&case, "tails/normal") {
        case.check(&format!("{path}/ln_upper"), normal::ln_sf(number(row, "z")));
    }
    assert!((special::ln_gamma(1e9) - 1.972_326_582_750_371_8e10).abs() < 1e-5);
}

#[test]
fn tests_of_proportions_and_strata() {
    let case = Case::open("more");
    for (path, row) in each(&case, "proportions") {
        let (b, a) = (counts(&row["baseline"]), counts(&row["arm"]));
        let exact = fisher::fisher(b, a).unwrap();
        case.check(&format!("{path}/fisher"), exact.two_sided.p);
        case.check(&format!("{path}/fisher_greater"), exact.greater.p);
        case.check(&format!("{path}/yates"), proportions::yates(b, a).unwrap().two_sided.p);
        case.check(&format!("{path}/z"), proportions::z_pooled(b, a).unwrap().statistic);
        case.check_interval(&format!("{path}/newcombe"), intervals::newcombe(b, a, 0.95).unwrap());
    }
    let strata = case.expected("strata")["strata"].as_array().unwrap();
    let strata: Vec<(Counts, Counts)> = strata.iter().map(|s| (counts(&s[0]), counts(&s[1]))).collect();
    let got = segments::compare(&strata).unwrap();
    case.check("strata/odds_ratio", got.odds_ratio.unwrap());
    case.check("strata/cmh", got.common.unwrap().two_sided.p);
    case.check("strata/breslow_day", got.homogeneity.unwrap().two_sided.p);
}

#[test]
fn tests_of_means_and_ranks() {
    let case = Case::open("more");
    let row = case.expected("means");
    let (b, a) = (list(row, "baseline"), list(row, "arm"));
    let shifted = |v: &[f64]| Moments::of(v.iter().map(|x| x + 1e9)).unwrap();
    let welch = means::welch(shifted(&b), shifted(&a), 0.95).unwrap();
    case.check("means/welch_t", welch.test.statistic);
    case.check("means/welch_df", welch.test.df.unwrap());
    case.check("means/welch_p", welch.test.two_sided.p);
    let plain = means::welch(Moments::of(b).unwrap(), Moments::of(a).unwrap(), 0.95).unwrap();
    let margin = number(row, "tost_margin");
    let tost = equivalence::tost(&plain, -margin, margin, 0.05).unwrap();
    case.check("means/tost_p", tost.p.p);
    case.check("means/tost_above_low", tost.above_low.p);
    case.check("means/tost_below_high", tost.below_high.p);
    let within = tost.ci[0] > -margin && tost.ci[1] < margin;
    assert_eq!(within, tost.p.p < 0.05);
    assert_eq!(equivalence::non_inferiority(&plain, margin).unwrap(), tost.above_low);
    let of = |key: &str| Histogram::of(list(row, key)).unwrap();
    let (b, a) = (of("ranks_baseline"), of("ranks_arm"));
    let whitney = ranks::mann_whitney(&b, &a).unwrap();
    case.check("means/mw_u", whitney.u);
    case.check("means/mw_p", whitney.test.two_sided.p);
    case.check("means/mw_greater", whitney.test.greater.unwrap().p);
    let munzel = ranks::brunner_munzel(&b, &a).unwrap();
    // The reference turns the sign with the order of its arguments.
    case.check("means/bm", munzel.statistic);
    case.check("means/bm_p", munzel.two_sided.p);
}

#[test]
fn corrections_and_power() {
    let case = Case::open("more");
    let p = list(case.expected("multiple"), "p");
    for (key, correction) in [
        ("bonferroni", Correction::Bonferroni),
        ("sidak", Correction::Sidak),
        ("holm", Correction::Holm),
        ("holm-sidak", Correction::HolmSidak),
        ("hommel", Correction::Hommel),
        ("fdr_bh", Correction::BenjaminiHochberg),
        ("fdr_by", Correction::BenjaminiYekutieli),
    ] {
        for (i, got) in adjust(&p, correction).into_iter().enumerate() {
            case.check(&format!("multiple/{key}/{i}"), got);
        }
    }
    for (path, row) in each(&case, "plan/means") {
        let design = Design { alpha: number(row, "alpha"), power: 0.8, allocation: number(row, "ratio") };
        case.check(&format!("{path}/power"), power_for_means(number(row, "d"), number(row, "n"), design).unwrap());
    }
    for (path, row) in each(&case, "plan/rates") {
        let design = Design { allocation: number(row, "ratio"), ..Design::default() };
        let (base, arm, n) = (number(row, "baseline"), number(row, "arm"), number(row, "n"));
        case.check(&format!("{path}/power"), power_for_rates(base, arm, n, design, Formula::Pooled).unwrap());
    }
}
