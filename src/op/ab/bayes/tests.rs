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
    for (i, (name, got)) in names.iter().zip(posterior.standings()).enumerate() {
        case.check(&format!("prob_best/{name}"), got.p_best);
        case.check(&format!("expected_loss/{name}"), got.expected_loss);
        if i > 0 {
            case.check(&format!("prob_gt_A/{name}"), posterior.compare(i, 0, MASS).unwrap().p_better.p);
        }
        let greatest = posterior.posterior(i, MASS).unwrap().mean.unwrap() + got.expected_loss;
        case.check("expected_max", greatest);
    }
}
