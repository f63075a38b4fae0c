//! Looking before the end: what repeated looks cost, boundaries that pay for them, and p-values that are valid at any time.
//!
//! Sources: Armitage, McPherson and Rowe 1969 (recursive integration); Pocock 1977; O'Brien and Fleming 1979; Lan and
//! DeMets 1983 (spending); Robbins 1970 and Johari, Koomen, Pekelis and Walsh 2017 (mixture sequential test).

use super::num::gauss::Rule;
use super::num::normal;
use super::num::roots::brent;
use super::{AbError, PValue, Result};

/// Most looks that are computed.
pub const MOST_LOOKS: usize = 200;

/// How the error is spent over the information.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spending {
    /// Like O'Brien and Fleming: very little early.
    OBrienFleming,
    /// Like Pocock: about evenly.
    Pocock,
}

impl Spending {
    /// Share of the one-sided `alpha` spent when the fraction `t` of the information is in.
    pub fn spent(self, alpha: f64, t: f64) -> f64 {
        if t <= 0.0 {
            return 0.0;
        }
        let t = t.min(1.0);
        match self {
            Self::OBrienFleming => 2.0 * normal::sf(-normal::quantile(0.5 * alpha) / t.sqrt()),
            Self::Pocock => alpha * ((std::f64::consts::E - 1.0) * t).ln_1p(),
        }
    }
}

/// The part of the paths that have not crossed, as a density on nodes of the running sum S (variance t at time t).
struct Alive {
    time: f64,
    nodes: Vec<f64>,
    /// Density times weight of the rule.
    masses: Vec<f64>,
}

impl Alive {
    fn start() -> Self {
        Self { time: 0.0, nodes: vec![0.0], masses: vec![1.0] }
    }

    /// Probability to lie beyond ±`bound` (of S) at `time`.
    fn crossing(&self, time: f64, bound: f64) -> f64 {
        let sd = (time - self.time).sqrt();
        let beyond = |s: f64| normal::sf((bound - s) / sd) + normal::sf((bound + s) / sd);
        self.nodes.iter().zip(&self.masses).map(|(s, m)| m * beyond(*s)).sum()
    }

    /// The paths that lie within ±`bound` at `time`.
    fn within(&self, time: f64, bound: f64) -> Self {
        let sd = (time - self.time).sqrt();
        // Panels no wider than the step's spread, cut off where even the widest path has thinned out.
        let reach = bound.min(9.0 * time.sqrt());
        let panels = ((2.0 * reach / (2.0 * sd)).ceil() as usize).clamp(1, 400);
        let rule = Rule::standard();
        let (mut nodes, mut masses) = (Vec::new(), Vec::new());
        for k in 0..panels {
            let width = 2.0 * reach / panels as f64;
            let middle = -reach + (k as f64 + 0.5) * width;
            for (x, w) in rule.nodes.iter().zip(&rule.weights) {
                let s = middle + 0.5 * width * x;
                let density: f64 =
                    self.nodes.iter().zip(&self.masses).map(|(from, m)| m * normal::pdf((s - from) / sd)).sum();
                nodes.push(s);
                masses.push(0.5 * width * w * density / sd);
            }
        }
        Self { time, nodes, masses }
    }
}

fn check_times(times: &[f64]) -> Result<()> {
    let rising = times.windows(2).all(|w| w[1] > w[0]) && times.iter().all(|t| t.is_finite() && *t > 0.0);
    if !rising || times.is_empty() {
        return Err(AbError::OutOfRange);
    }
    if times.len() > MOST_LOOKS { Err(AbError::OutOfRange) } else { Ok(()) }
}

/// Probability, under no effect, that |z| exceeds its boundary at one of the looks; one value per look, cumulated. `times`
/// are the amounts of information (say, sample sizes) at the looks, rising; `bounds` the critical values of |z|.
pub fn crossing_probabilities(times: &[f64], bounds: &[f64]) -> Result<Vec<f64>> {
    check_times(times)?;
    if bounds.len() != times.len() || bounds.iter().any(|b| b.is_nan() || *b <= 0.0) {
        return Err(AbError::OutOfRange);
    }
    let last = times[times.len() - 1];
    let mut alive = Alive::start();
    let mut sum = 0.0;
    let mut found = Vec::with_capacity(times.len());
    for (i, (time, z)) in times.iter().zip(bounds).enumerate() {
        let time = time / last;
        let bound = z * time.sqrt();
        sum += alive.crossing(time, bound);
        found.push(sum.min(1.0));
        if i + 1 < times.len() {
            alive = alive.within(time, bound);
        }
    }
    Ok(found)
}

/// The price of peeking: probability that a test at the two-sided level `alpha` shows an effect at one of `looks` evenly
/// spaced looks when there is none.
pub fn peeking(looks: usize, alpha: f64) -> Result<f64> {
    let times: Vec<f64> = (1..=looks).map(|k| k as f64).collect();
    peeking_at(&times, alpha)
}

/// As [`peeking`], for looks at these amounts of information.
pub fn peeking_at(times: &[f64], alpha: f64) -> Result<f64> {
    super::freq::check_level(alpha)?;
    let z = -normal::quantile(0.5 * alpha);
    let all = crossing_probabilities(times, &vec![z; times.len()])?;
    all.last().copied().ok_or(AbError::OutOfRange)
}

/// One look of a plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Fraction of the planned information.
    pub information: f64,
    /// Two-sided error spent up to here.
    pub spent: f64,
    /// Critical value of |z|; infinite where nothing is spent yet.
    pub z: f64,
    /// Two-sided nominal level of this look.
    pub nominal: f64,
}

/// Boundaries for looks at fractions `information` of the plan (rising, at most 1), two-sided level `alpha`, by a spending
/// function on each side.
pub fn spending_boundaries(information: &[f64], alpha: f64, spending: Spending) -> Result<Vec<Look>> {
    super::freq::check_level(alpha)?;
    check_times(information)?;
    if information.iter().any(|t| *t > 1.0 + 1e-12) {
        return Err(AbError::OutOfRange);
    }
    let mut alive = Alive::start();
    let mut before = 0.0;
    let mut looks = Vec::with_capacity(information.len());
    for time in information {
        let spent = 2.0 * spending.spent(0.5 * alpha, *time);
        let due = spent - before;
        // The first look's bound follows from the normal law; later ones lie below 40 standard errors or nowhere.
        let root = time.sqrt();
        let z = if due <= 1e-300 || alive.crossing(*time, 38.0 * root) >= due {
            f64::INFINITY
        } else {
            brent(1e-6, 38.0, 1e-12, |z| (alive.crossing(*time, z * root) / due).ln())
        };
        let nominal = if z.is_finite() { normal::two_sided(z) } else { 0.0 };
        looks.push(Look { information: *time, spent, z, nominal });
        alive = alive.within(*time, z.min(40.0) * root);
        before = spent;
    }
    Ok(looks)
}

/// The classical boundaries for evenly spaced looks: a constant |z| (Pocock), or |z| ∝ 1/√information (O'Brien–Fleming).
pub fn classical_boundaries(looks: usize, alpha: f64, spending: Spending) -> Result<Vec<Look>> {
    super::freq::check_level(alpha)?;
    let times: Vec<f64> = (1..=looks).map(|k| k as f64 / looks as f64).collect();
    check_times(&times)?;
    let bounds = |c: f64| -> Vec<f64> {
        let shape = |t: &f64| if spending == Spending::Pocock { c } else { c / t.sqrt() };
        times.iter().map(shape).collect()
    };
    let last = |c: f64| crossing_probabilities(&times, &bounds(c)).ok().and_then(|p| p.last().copied());
    let c = brent(0.1, 12.0, 1e-10, |c| last(c).map_or(f64::NAN, |p| (p / alpha).ln()));
    let spent = crossing_probabilities(&times, &bounds(c))?;
    Ok(times
        .iter()
        .zip(bounds(c))
        .zip(spent)
        .map(|((t, z), spent)| Look { information: *t, spent, z, nominal: normal::two_sided(z) })
        .collect())
}

/// A result that may be read at any time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlwaysValid {
    /// p-value of this look alone; over looks, the smallest so far is valid.
    pub p: PValue,
    /// Confidence interval that covers at all times together with the level.
    pub ci: [f64; 2],
}

/// The mixture sequential test of an estimate with its standard error: effects under the alternative are taken as normal
/// about zero with standard deviation `effect_sd`, in the effect's unit.
pub fn mixture(value: f64, se: f64, effect_sd: f64, level: f64) -> Result<AlwaysValid> {
    super::freq::check_level(level)?;
    if !value.is_finite() || !se.is_finite() {
        return Err(AbError::NotFinite);
    }
    if se <= 0.0 {
        return Err(AbError::ZeroVariance);
    }
    if !effect_sd.is_finite() || effect_sd <= 0.0 {
        return Err(AbError::Prior);
    }
    let (v, t) = (se * se, effect_sd * effect_sd);
    // ln of the likelihood ratio of the mixture over no effect.
    let ln_ratio = -0.5 * (t / v).ln_1p() + 0.5 * (value / se).powi(2) * (t / (v + t));
    let reach = (v * (v + t) / t * ((t / v).ln_1p() - 2.0 * (1.0 - level).ln())).sqrt();
    Ok(AlwaysValid { p: PValue::from_ln(-ln_ratio), ci: [value - reach, value + reach] })
}

/// The spread of effects for which [`mixture`] is sharpest when the standard error will be about `se`: the one that makes
/// its interval shortest there.
pub fn sharpest_effect_sd(se: f64, level: f64) -> f64 {
    // Minimise ln((1 + r)(ln(1 + r) − 2 ln α)/r) over r = τ²/se².
    let alpha = 1.0 - level;
    let width = |ln_r: f64| {
        let r = ln_r.exp();
        (1.0 + r) / r * (r.ln_1p() - 2.0 * alpha.ln())
    };
    let (mut low, mut high) = (-5.0_f64, 12.0_f64);
    for _ in 0..200 {
        let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if width(a) < width(b) { high = b } else { low = a }
    }
    se * (0.25 * (low + high)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::ab::cases::Case;
    use crate::op::ab::num::random::Random;

    #[test]
    fn peeking_agrees_with_reference_numbers() {
        let case = Case::open("seq_peeking_inflation");
        for k in [1, 2, 3, 4, 5, 10, 20, 50] {
            case.check(&format!("rate/{k}"), peeking(k, 0.05).unwrap());
        }
        assert!(peeking(0, 0.05).is_err() && peeking(3, 0.0).is_err() && peeking_at(&[1.0, 1.0], 0.05).is_err());
    }

    #[test]
    fn boundaries_agree_with_published_tables() {
        // Jennison and Turnbull 2000, tables 2.1 and 2.3: five looks, two-sided .05.
        let pocock = classical_boundaries(5, 0.05, Spending::Pocock).unwrap();
        assert!(pocock.iter().all(|l| (l.z - 2.413).abs() < 5e-4), "{pocock:?}");
        let fleming = classical_boundaries(5, 0.05, Spending::OBrienFleming).unwrap();
        assert!((fleming[4].z - 2.040).abs() < 5e-4 && (fleming[0].z - 2.040 * 5.0_f64.sqrt()).abs() < 2e-3);
        assert!((fleming[4].spent - 0.05).abs() < 1e-9);
        // Lan–DeMets spending, as gsDesign and the program of Reboussin et al. print it.
        let even = [0.2, 0.4, 0.6, 0.8, 1.0];
        let looks = spending_boundaries(&even, 0.05, Spending::OBrienFleming).unwrap();
        for (look, z) in looks.iter().zip([4.8769, 3.3569, 2.6803, 2.2898, 2.0310]) {
            assert!((look.z - z).abs() < 2e-4, "{look:?} {z}");
        }
        let looks = spending_boundaries(&even, 0.05, Spending::Pocock).unwrap();
        for (look, z) in looks.iter().zip([2.4380, 2.4268, 2.4101, 2.3966, 2.3859]) {
            assert!((look.z - z).abs() < 2e-4, "{look:?} {z}");
        }
    }

    #[test]
    fn spending_spends_exactly_what_it_says() {
        let times = [0.07, 0.1, 0.55, 0.56, 1.0];
        for spending in [Spending::Pocock, Spending::OBrienFleming] {
            let looks = spending_boundaries(&times, 0.03, spending).unwrap();
            let z: Vec<f64> = looks.iter().map(|l| l.z.min(37.0)).collect();
            let crossed = crossing_probabilities(&times, &z).unwrap();
            for (look, crossed) in looks.iter().zip(crossed) {
                assert!((look.spent - crossed).abs() < 1e-9, "{look:?} {crossed}");
            }
            assert!((looks[4].spent - 0.03).abs() < 1e-12);
        }
    }

    #[test]
    fn the_mixture_test_keeps_its_level_over_many_looks() {
        let mut random = Random::new(11);
        let mut wrong = 0;
        for _ in 0..2000 {
            let mut sum = 0.0;
            for n in 1..=200 {
                sum += normal::quantile(random.uniform());
                let n = f64::from(n);
                let got = mixture(sum / n, n.sqrt().recip(), 0.3, 0.95).unwrap();
                assert_eq!(got.p.p < 0.05, got.ci[0] > 0.0 || got.ci[1] < 0.0);
                if got.p.p < 0.05 {
                    wrong += 1;
                    break;
                }
            }
        }
        assert!(wrong < 100 && wrong > 5, "{wrong} of 2000");
        let sd = sharpest_effect_sd(2.0, 0.95);
        let width = |sd: f64| mixture(0.0, 2.0, sd, 0.95).unwrap().ci[1];
        assert!(width(sd) < width(sd * 1.1) && width(sd) < width(sd / 1.1));
    }
}
