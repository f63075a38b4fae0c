//! The difference and the ratio of two independent beta or two independent gamma variables, by quadrature.
//!
//! P(U > V + z) and P(ρU > V) are integrals of one density times the tail of the other along the curve where the event
//! begins. The curve is run through by a coordinate s on the whole real line (a logit for beta, a logarithm for gamma) in
//! which the integrand is analytic in a strip about the real axis, so the trapezoidal rule converges exponentially. The
//! narrower of the two laws gives the density, the wider one the tail. Everything is kept in logarithms relative to the
//! greatest value of the integrand: a probability of e^−10000 is as exact as one of a half.

use crate::op::ab::num::law::{Law, Point, Shape};
use crate::op::ab::num::normal;
use crate::op::ab::num::solve::Univariate;

/// Widest step of the trapezoidal rule.
const WIDEST_STEP: f64 = 0.24;
/// Step in units of the narrower law's width.
const STEP: f64 = 0.45;
/// Where the integrand is left off, in log units below its greatest value.
const NEGLIGIBLE: f64 = 35.0;

/// Part of the sum by which its two halves may differ.
const AGREED: f64 = 1e-7;
/// Step, relative to the place, below which neighbouring places are no longer told apart well.
const FINEST: f64 = 1e-10;

/// A place on a curve: both variables, and ln of their derivatives by s.
#[derive(Clone, Copy)]
struct Place {
    u: Point,
    v: Point,
    ln_du: f64,
    ln_dv: f64,
}

/// Where the event U > g(V) begins.
#[derive(Clone, Copy)]
enum Curve {
    /// U = V + z, z ≥ 0, both within (0, 1).
    UnitShift(f64),
    /// V = ρU, 0 < ρ ≤ 1, both within (0, 1); with 1 − ρ, which keeps the digits of ratios next to 1.
    UnitScale(f64, f64),
    /// U = V + z, z ≥ 0, both positive.
    Shift(f64),
    /// V = ρU, both positive.
    Scale(f64),
}

impl Curve {
    fn place(self, s: f64) -> Place {
        // ln e and ln ē of the logistic e = 1/(1+e^−s), ē = 1 − e.
        let logistic = || {
            let small = (-s.abs()).exp();
            let (near, far) = (1.0 / (1.0 + small), small / (1.0 + small));
            let ln_near = -small.ln_1p();
            let (e, rest) = if s >= 0.0 { (near, far) } else { (far, near) };
            (e, rest, 2.0 * ln_near - s.abs())
        };
        match self {
            Self::UnitShift(z) => {
                let (e, rest, ln_slope) = logistic();
                let room = 1.0 - z;
                let ln = room.ln() + ln_slope;
                let (v, last) = (room * e, room * rest);
                Place { u: Point { x: z + v, y: last }, v: Point { x: v, y: z + last }, ln_du: ln, ln_dv: ln }
            }
            Self::UnitScale(r, missing) => {
                let (e, rest, ln_slope) = logistic();
                let v = Point { x: r * e, y: missing + r * rest };
                Place { u: Point { x: e, y: rest }, v, ln_du: ln_slope, ln_dv: ln_slope + r.ln() }
            }
            Self::Shift(z) => {
                let e = s.exp();
                Place { u: Point::at(z + e), v: Point::at(e), ln_du: s, ln_dv: s }
            }
            Self::Scale(r) => {
                let e = s.exp();
                Place { u: Point::at(e), v: Point::at(r * e), ln_du: s, ln_dv: s + r.ln() }
            }
        }
    }

    /// Where `u` lies on the curve; a place near the end if it lies outside.
    fn at_u(self, u: Point) -> f64 {
        match self {
            Self::UnitShift(z) => (u.x - z).max(1e-6 * u.x).ln() - u.y.ln(),
            Self::UnitScale(..) => u.x.ln() - u.y.ln(),
            Self::Shift(z) => (u.x - z).max(1e-6 * u.x).ln(),
            Self::Scale(_) => u.x.ln(),
        }
    }

    /// Where `v` lies on the curve; a place near the end if it lies outside.
    fn at_v(self, v: Point) -> f64 {
        match self {
            Self::UnitShift(z) => v.x.ln() - (v.y - z).max(1e-6 * v.y).ln(),
            Self::UnitScale(r, missing) => v.x.ln() - (v.y - missing).max(1e-6 * r).ln(),
            Self::Shift(_) => v.x.ln(),
            Self::Scale(r) => (v.x / r).ln(),
        }
    }
}

/// Standard deviation of a beta or gamma law.
pub(super) fn spread(law: &Law) -> f64 {
    match law.shape() {
        Shape::Beta { a, b } => {
            let c = law.centre();
            (c.x * c.y / (a + b + 1.0)).sqrt()
        }
        Shape::Gamma { shape, rate } => shape.sqrt() / rate,
        Shape::Student { scale, df, .. } => scale * if df > 2.0 { (df / (df - 2.0)).sqrt() } else { 1.0 },
        Shape::Normal { sd, .. } => sd,
    }
}

/// Integrates e^`height` over the real line, `height` having one peak near `start`; `step` gives the step at a place.
fn trapezoid(start: f64, height: impl Fn(f64) -> f64, step: impl Fn(f64) -> f64) -> f64 {
    let mut s = start;
    let mut top = height(s);
    let mut stride = 4.0 * step(s);
    let mut down = 0;
    for _ in 0..400 {
        let (ahead, behind) = (height(s + stride), height(s - stride));
        if ahead > top || (top == f64::NEG_INFINITY && down == 0) {
            (s, top) = (s + stride, ahead);
            stride *= 2.0;
        } else if behind > top {
            (s, top) = (s - stride, behind);
            stride *= -2.0;
        } else {
            down += 1;
            if stride.abs() <= 2.0 * step(s) || down > 60 {
                break;
            }
            stride *= 0.25;
        }
    }
    if top == f64::NEG_INFINITY || top.is_nan() {
        return f64::NEG_INFINITY;
    }
    // The laws' own widths give the first step. Far out, the product of a density and a tail can be narrower than either;
    // then the sums over the even and the odd places differ, and the step is halved until they do not. As the rule
    // converges exponentially, the whole sum is then right to about the square of that difference.
    let mut width = step(s);
    loop {
        let mut sums = [1.0, 0.0];
        let (mut best, mut at) = (top, s);
        for side in [1.0, -1.0] {
            let mut before = top;
            for k in 1..200_000_usize {
                let place = s + side * width * k as f64;
                let here = height(place);
                sums[k % 2] += (here - top).exp();
                if here > best {
                    (best, at) = (here, place);
                }
                if here.is_nan() || (here < best - NEGLIGIBLE && here <= before) {
                    break;
                }
                before = here;
            }
        }
        let sum = sums[0] + sums[1];
        if (sums[0] - sums[1]).abs() <= AGREED * sum || width < FINEST * s.abs().max(1.0) {
            return top + sum.ln() + width.ln();
        }
        (s, top) = (at, best);
        width *= 0.5;
    }
}

/// Step of the rule at a place, from the law that gives the density.
fn step_of(law: &Law, point: Point, ln_by_s: f64) -> f64 {
    let delta = law.delta(point);
    if !delta.is_finite() {
        return WIDEST_STEP;
    }
    let bend = law.curvature(0.0).max(law.curvature(delta));
    // ds/dδ at the place, as the integrand's width is known in δ.
    let by_delta = (law.ln_stretch(point, delta) - ln_by_s).exp();
    let width = STEP * by_delta / bend.sqrt();
    if width > 0.0 && width.is_finite() { width.min(WIDEST_STEP) } else { WIDEST_STEP }
}

/// ln of the density of the value, and δ.
fn ln_density(law: &Law, point: Point) -> (f64, f64) {
    let delta = law.delta(point);
    if !delta.is_finite() {
        return (f64::NEG_INFINITY, delta);
    }
    (law.ln_density(delta) - law.ln_stretch(point, delta), delta)
}

/// ln P(U > g(V)).
fn ln_tail(upper: &Law, lower: &Law, curve: Curve) -> f64 {
    let relative = match curve {
        Curve::UnitScale(r, _) | Curve::Scale(r) => r,
        _ => 1.0,
    };
    if spread(lower) <= relative * spread(upper) {
        let height = |s: f64| {
            let p = curve.place(s);
            ln_density(lower, p.v).0 + p.ln_dv + upper.ln_right(upper.delta(p.u))
        };
        let step = |s: f64| {
            let p = curve.place(s);
            step_of(lower, p.v, p.ln_dv)
        };
        trapezoid(curve.at_v(lower.centre()), height, step)
    } else {
        let height = |s: f64| {
            let p = curve.place(s);
            ln_density(upper, p.u).0 + p.ln_du + lower.ln_left(lower.delta(p.v))
        };
        let step = |s: f64| {
            let p = curve.place(s);
            step_of(upper, p.u, p.ln_du)
        };
        trapezoid(curve.at_u(upper.centre()), height, step)
    }
}

/// ln ∫ f_U f_V weight along the curve, by U; weight is u for a ratio and 1 for a difference.
fn ln_joint_density(upper: &Law, lower: &Law, curve: Curve) -> f64 {
    let (relative, ratio) = match curve {
        Curve::UnitScale(r, _) | Curve::Scale(r) => (r, true),
        _ => (1.0, false),
    };
    let lower_is_narrow = spread(lower) <= relative * spread(upper);
    let height = |s: f64| {
        let p = curve.place(s);
        let weight = if ratio { p.u.x.ln() } else { 0.0 };
        ln_density(lower, p.v).0 + ln_density(upper, p.u).0 + p.ln_du + weight
    };
    let step = |s: f64| {
        let p = curve.place(s);
        if lower_is_narrow { step_of(lower, p.v, p.ln_dv) } else { step_of(upper, p.u, p.ln_du) }
    };
    let start = if lower_is_narrow { curve.at_v(lower.centre()) } else { curve.at_u(upper.centre()) };
    trapezoid(start, height, step)
}

/// Whether both shapes of a beta law lie below 1, so that its density has two peaks.
pub(super) fn two_peaked(law: &Law) -> bool {
    matches!(law.shape(), Shape::Beta { a, b } if a < 1.0 && b < 1.0)
}

fn first_shape(law: &Law) -> f64 {
    match law.shape() {
        Shape::Beta { a, .. } => a,
        Shape::Gamma { shape, .. } => shape,
        _ => f64::INFINITY,
    }
}

fn last_shape(law: &Law) -> f64 {
    if let Shape::Beta { b, .. } = law.shape() { b } else { f64::INFINITY }
}

fn is_unit(law: &Law) -> bool {
    matches!(law.shape(), Shape::Beta { .. })
}

/// The law of `arm` − `baseline`.
#[derive(Clone, Copy, Debug)]
pub struct Difference<'a> {
    arm: &'a Law,
    baseline: &'a Law,
}

impl<'a> Difference<'a> {
    /// The difference of two beta or of two gamma laws.
    pub fn new(arm: &'a Law, baseline: &'a Law) -> Self {
        Self { arm, baseline }
    }

    fn curve(self, z: f64) -> Curve {
        if is_unit(self.arm) { Curve::UnitShift(z) } else { Curve::Shift(z) }
    }

    /// ln P(arm − baseline > z) for z ≥ 0.
    pub fn ln_above(self, z: f64) -> f64 {
        if is_unit(self.arm) && z >= 1.0 { f64::NEG_INFINITY } else { ln_tail(self.arm, self.baseline, self.curve(z)) }
    }

    /// ln P(arm − baseline < −z) for z ≥ 0.
    pub fn ln_below(self, z: f64) -> f64 {
        Difference { arm: self.baseline, baseline: self.arm }.ln_above(z)
    }

    /// Density at `z`.
    pub fn pdf(self, z: f64) -> f64 {
        self.ln_density(z).exp()
    }

    fn sd(self) -> f64 {
        spread(self.arm).hypot(spread(self.baseline))
    }
}

impl Univariate for Difference<'_> {
    fn tails(&self, z: f64) -> (f64, f64) {
        if z >= 0.0 {
            let above = self.ln_above(z).exp().min(1.0);
            (1.0 - above, above)
        } else {
            let below = self.ln_below(-z).exp().min(1.0);
            (below, 1.0 - below)
        }
    }

    fn ln_density(&self, z: f64) -> f64 {
        if is_unit(self.arm) && z.abs() >= 1.0 {
            f64::NEG_INFINITY
        } else if z >= 0.0 {
            ln_joint_density(self.arm, self.baseline, self.curve(z))
        } else {
            ln_joint_density(self.baseline, self.arm, self.curve(-z))
        }
    }

    fn ln_stretch(&self, _: f64) -> f64 {
        0.0
    }

    fn value(&self, z: f64) -> f64 {
        z
    }

    fn range(&self) -> (f64, f64) {
        if is_unit(self.arm) {
            return (-1.0, 1.0);
        }
        let far = 60.0 * self.sd() + 60.0 * (self.arm.centre().x + self.baseline.centre().x);
        (-far, far)
    }

    fn guess(&self, score: f64) -> f64 {
        let mean = (self.arm.centre().x - self.baseline.centre().x) + score * self.sd();
        let (low, high) = self.range();
        mean.clamp(0.98 * low, 0.98 * high)
    }

    fn ends_that_may_peak(&self) -> (Option<f64>, Option<f64>) {
        if !is_unit(self.arm) {
            return (None, None);
        }
        // Near −1 the density goes like (1 + z)^(a + d − 1).
        let low = first_shape(self.arm) + last_shape(self.baseline);
        let high = last_shape(self.arm) + first_shape(self.baseline);
        const END: f64 = 1.0 - 1e-13;
        ((low <= 1.0).then_some(-END), (high <= 1.0).then_some(END))
    }

    fn support(&self) -> (f64, f64) {
        if is_unit(self.arm) { (-1.0, 1.0) } else { (f64::NEG_INFINITY, f64::INFINITY) }
    }
}

/// The law of the lift, `arm`/`baseline` − 1; its coordinate is the logarithm of the ratio.
#[derive(Clone, Copy, Debug)]
pub struct Lift<'a> {
    arm: &'a Law,
    baseline: &'a Law,
}

impl<'a> Lift<'a> {
    /// The lift of one beta law over another, or of one gamma law over another.
    pub fn new(arm: &'a Law, baseline: &'a Law) -> Self {
        Self { arm, baseline }
    }

    /// The curve of the ratio e^c or e^−c, whichever is not above 1.
    fn curve(self, c: f64) -> Curve {
        let r = (-c.abs()).exp();
        if is_unit(self.arm) { Curve::UnitScale(r, -(-c.abs()).exp_m1()) } else { Curve::Scale(r) }
    }

    /// Standard deviation of the logarithm of the ratio, roughly.
    fn log_sd(self) -> f64 {
        let one = |law: &Law| match law.shape() {
            Shape::Beta { a, b } => b / (a * (a + b)),
            Shape::Gamma { shape, .. } => 1.0 / shape,
            _ => 0.0,
        };
        (one(self.arm) + one(self.baseline)).sqrt()
    }
}

impl Univariate for Lift<'_> {
    fn tails(&self, c: f64) -> (f64, f64) {
        if c <= 0.0 {
            // arm/baseline < r: r·baseline > arm.
            let below = ln_tail(self.baseline, self.arm, self.curve(c)).exp().min(1.0);
            (below, 1.0 - below)
        } else {
            let above = ln_tail(self.arm, self.baseline, self.curve(c)).exp().min(1.0);
            (1.0 - above, above)
        }
    }

    fn ln_density(&self, c: f64) -> f64 {
        if c <= 0.0 {
            ln_joint_density(self.baseline, self.arm, self.curve(c))
        } else {
            ln_joint_density(self.arm, self.baseline, self.curve(c)) - 2.0 * c
        }
    }

    fn ln_stretch(&self, c: f64) -> f64 {
        c
    }

    fn value(&self, c: f64) -> f64 {
        c.exp_m1()
    }

    fn range(&self) -> (f64, f64) {
        (-600.0, 600.0)
    }

    fn guess(&self, score: f64) -> f64 {
        let middle = (self.arm.centre().x / self.baseline.centre().x).ln();
        (middle + score * self.log_sd().min(6.0)).clamp(-590.0, 590.0)
    }

    fn ends_that_may_peak(&self) -> (Option<f64>, Option<f64>) {
        ((first_shape(self.arm) <= 1.0).then_some(-80.0), None)
    }

    fn support(&self) -> (f64, f64) {
        (-1.0, f64::INFINITY)
    }
}

/// The lift of one mean over another whose law is normal or Student's and far from zero on the baseline's side: the law of
/// a quotient by Hinkley's formula (Biometrika 1969), which is Fieller's interval read as a distribution.
#[derive(Clone, Copy, Debug)]
pub struct Quotient {
    arm: f64,
    arm_scale: f64,
    baseline: f64,
    baseline_scale: f64,
}

impl Quotient {
    /// Smallest baseline, in standard errors, for which a lift means anything.
    pub const LEAST_SCORE: f64 = 5.0;

    /// None if the baseline lies within [`Self::LEAST_SCORE`] standard errors of zero, where the lift has no useful law.
    pub fn new(arm: f64, arm_scale: f64, baseline: f64, baseline_scale: f64) -> Option<Self> {
        let finite = [arm, arm_scale, baseline, baseline_scale].iter().all(|v| v.is_finite());
        let scaled = arm_scale >= 0.0 && baseline_scale >= 0.0 && arm_scale + baseline_scale > 0.0;
        if !finite || !scaled || baseline == 0.0 || baseline.abs() < Self::LEAST_SCORE * baseline_scale {
            return None;
        }
        let sign = baseline.signum();
        Some(Self { arm: sign * arm, arm_scale, baseline: sign * baseline, baseline_scale })
    }

    /// The standard score of a lift.
    fn score(&self, lift: f64) -> f64 {
        let r = 1.0 + lift;
        (r * self.baseline - self.arm) / self.arm_scale.hypot(r * self.baseline_scale)
    }

    /// The lift at a standard score: Fieller's limit.
    pub fn at_score(&self, z: f64) -> f64 {
        // (rB − A)² = z² (σA² + r² σB²), the root on the side of z.
        let (b, a) = (self.baseline, self.arm);
        let (vb, va) = (self.baseline_scale.powi(2), self.arm_scale.powi(2));
        let quadratic = b * b - z * z * vb;
        let root = (a * a * vb + b * b * va - z * z * va * vb).max(0.0).sqrt();
        (a * b + z * root) / quadratic - 1.0
    }

    /// Density of the lift at `lift` under the normal law.
    pub fn pdf(&self, lift: f64) -> f64 {
        self.ln_density(lift).exp()
    }
}

impl Univariate for Quotient {
    fn tails(&self, lift: f64) -> (f64, f64) {
        let z = self.score(lift);
        (normal::cdf(z), normal::sf(z))
    }

    fn ln_density(&self, lift: f64) -> f64 {
        let r = 1.0 + lift;
        let scale = self.arm_scale.hypot(r * self.baseline_scale);
        let slope =
            (self.baseline * self.arm_scale.powi(2) + r * self.arm * self.baseline_scale.powi(2)) / scale.powi(3);
        normal::ln_pdf(self.score(lift)) + slope.max(0.0).ln()
    }

    fn ln_stretch(&self, _: f64) -> f64 {
        0.0
    }

    fn value(&self, lift: f64) -> f64 {
        lift
    }

    fn range(&self) -> (f64, f64) {
        let far = 0.9 * Self::LEAST_SCORE;
        (self.at_score(-far), self.at_score(far))
    }

    fn guess(&self, score: f64) -> f64 {
        self.at_score(score)
    }

    fn ends_that_may_peak(&self) -> (Option<f64>, Option<f64>) {
        (None, None)
    }

    fn support(&self) -> (f64, f64) {
        (f64::NEG_INFINITY, f64::INFINITY)
    }
}
