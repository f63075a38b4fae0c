//! Log-concave laws tabulated once and then read at any point: beta, gamma, Student's t and normal.
//!
//! Each law is written in a coordinate δ on the whole real line, measured from its mode there: the logit for beta, the
//! logarithm for gamma, asinh(x/√ν) for Student, the standard score for normal. In it the log density is concave, smooth
//! and zero at δ = 0, so neither shapes below 1 nor shapes of thousands of millions need another formula, and no
//! incomplete beta or gamma function is called. Composite Gauss–Legendre panels, cut so that the log density moves little
//! in each, carry the cumulated mass from both ends: both tails keep their relative accuracy.

use super::gauss::{POINTS, Rule};
use super::special::{expm1mx, log1pmx};

/// Which law, with its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// On (0, 1), density ∝ x^(a−1) (1−x)^(b−1).
    Beta {
        /// Exponent at 0.
        a: f64,
        /// Exponent at 1.
        b: f64,
    },
    /// On (0, ∞), density ∝ x^(shape−1) e^(−rate·x).
    Gamma {
        /// Shape.
        shape: f64,
        /// Rate, the inverse of the scale.
        rate: f64,
    },
    /// Location and scale times Student's t.
    Student {
        /// Degrees of freedom.
        df: f64,
        /// Centre.
        location: f64,
        /// Scale; not the standard deviation.
        scale: f64,
    },
    /// Normal.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
}

/// A value with what is missing from it to 1, so that values next to 1 keep their digits. The complement matters for beta
/// laws alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The value.
    pub x: f64,
    /// 1 − x.
    pub y: f64,
}

impl Point {
    /// The point at `x`.
    pub fn at(x: f64) -> Self {
        Self { x, y: 1.0 - x }
    }
}

/// One piece of a tabulated law.
#[derive(Clone, Debug)]
struct Panel {
    /// Left edge, in δ.
    from: f64,
    /// Right edge, in δ.
    to: f64,
    /// Mass left of the panel.
    left: f64,
    /// Mass right of the panel.
    right: f64,
    /// Mass within.
    mass: f64,
    /// Legendre coefficients of the mass from the left edge.
    series: [f64; POINTS + 1],
}

/// A tabulated law.
#[derive(Clone, Debug)]
pub struct Law {
    shape: Shape,
    /// The mode in δ, as a value.
    centre: Point,
    /// What δ = 0 is in the plain coordinate (logit, logarithm).
    offset: f64,
    ln_mass: f64,
    panels: Vec<Panel>,
}

/// How far down, in log density, a law is tabulated unless more is asked for.
pub const DEPTH: f64 = 60.0;
/// The deepest table worth having: e^−745 is the smallest number there is.
pub const MAX_DEPTH: f64 = 760.0;
/// Largest change of log density within a panel.
const CHANGE: f64 = 2.5;
/// Widest panel where the log density is not yet a straight line.
const WIDEST: f64 = 1.5;

impl Law {
    /// Tabulates a law. None if a parameter is not positive and finite (location and mean: finite).
    pub fn new(shape: Shape) -> Option<Self> {
        Self::with_depth(shape, DEPTH)
    }

    /// Tabulates a law down to e^−depth of its greatest density in δ.
    pub fn with_depth(shape: Shape, depth: f64) -> Option<Self> {
        let positive = |v: f64| v.is_finite() && v > 0.0;
        let (centre, offset) = match shape {
            Shape::Beta { a, b } if positive(a) && positive(b) => {
                let centre = Point { x: a / (a + b), y: b / (a + b) };
                (centre, centre.x.ln() - centre.y.ln())
            }
            Shape::Gamma { shape, rate } if positive(shape) && positive(rate) => {
                let x = shape / rate;
                if !positive(x) {
                    return None;
                }
                (Point::at(x), x.ln())
            }
            Shape::Student { df, location, scale } if positive(df) && location.is_finite() && positive(scale) => {
                (Point::at(location), 0.0)
            }
            Shape::Normal { mean, sd } if mean.is_finite() && positive(sd) => (Point::at(mean), 0.0),
            _ => return None,
        };
        let mut law = Self { shape, centre, offset, ln_mass: 0.0, panels: Vec::new() };
        law.tabulate(depth.clamp(DEPTH, MAX_DEPTH));
        Some(law)
    }

    /// The law's name and parameters.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The mode in δ, as a value. For a beta or gamma law it is the mean.
    pub fn centre(&self) -> Point {
        self.centre
    }

    /// What δ = 0 is as a logit (beta) or a logarithm (gamma); 0 for the others.
    pub fn offset(&self) -> f64 {
        self.offset
    }

    /// Log density in δ relative to its greatest value.
    pub fn height(&self, delta: f64) -> f64 {
        match self.shape {
            Shape::Beta { a, b } => {
                let (p, d) = if self.centre.x <= 0.5 { (self.centre.x, delta) } else { (self.centre.y, -delta) };
                let n = a + b;
                if d > 700.0 {
                    return n * (p * d - d - p.ln());
                }
                let e = d.exp_m1();
                let pe = p * e;
                if pe < 0.5 { -n * (p * expm1mx(d) + log1pmx(pe)) } else { n * (p * d - pe.ln_1p()) }
            }
            Shape::Gamma { shape, .. } => -shape * expm1mx(delta),
            Shape::Student { df, .. } => -df * ln_cosh(delta),
            Shape::Normal { .. } => -0.5 * delta * delta,
        }
    }

    /// First derivative of [`Self::height`].
    fn slope(&self, delta: f64) -> f64 {
        match self.shape {
            Shape::Beta { a, b } => {
                let p = self.point(delta);
                a * p.y - b * p.x
            }
            Shape::Gamma { shape, .. } => -shape * delta.exp_m1(),
            Shape::Student { df, .. } => -df * delta.tanh(),
            Shape::Normal { .. } => -delta,
        }
    }

    /// Second derivative of [`Self::height`], with its sign turned: never negative.
    pub fn curvature(&self, delta: f64) -> f64 {
        match self.shape {
            Shape::Beta { a, b } => {
                let p = self.point(delta);
                (a + b) * p.x * p.y
            }
            Shape::Gamma { shape, .. } => shape * delta.exp(),
            Shape::Student { df, .. } => df / delta.cosh().powi(2),
            Shape::Normal { .. } => 1.0,
        }
    }

    /// The value at δ.
    pub fn point(&self, delta: f64) -> Point {
        match self.shape {
            Shape::Beta { .. } => {
                let Point { x, y } = self.centre;
                if delta <= 0.0 {
                    let e = delta.exp();
                    let sum = x * e + y;
                    Point { x: x * e / sum, y: y / sum }
                } else {
                    let e = (-delta).exp();
                    let sum = x + y * e;
                    Point { x: x / sum, y: y * e / sum }
                }
            }
            Shape::Gamma { .. } => Point::at(self.centre.x * delta.exp()),
            Shape::Student { df, location, scale } => Point::at(location + scale * df.sqrt() * delta.sinh()),
            Shape::Normal { mean, sd } => Point::at(mean + sd * delta),
        }
    }

    /// δ of a value; infinite at and beyond the ends of the support.
    pub fn delta(&self, point: Point) -> f64 {
        match self.shape {
            Shape::Beta { .. } => {
                if point.x <= 0.0 {
                    f64::NEG_INFINITY
                } else if point.y <= 0.0 {
                    f64::INFINITY
                } else {
                    (point.x.ln() - point.y.ln()) - self.offset
                }
            }
            Shape::Gamma { .. } => {
                if point.x <= 0.0 {
                    f64::NEG_INFINITY
                } else {
                    (point.x / self.centre.x).ln()
                }
            }
            Shape::Student { df, location, scale } => ((point.x - location) / (scale * df.sqrt())).asinh(),
            Shape::Normal { mean, sd } => (point.x - mean) / sd,
        }
    }

    /// ln of dx/dδ at a value whose δ is known.
    pub fn ln_stretch(&self, point: Point, delta: f64) -> f64 {
        match self.shape {
            Shape::Beta { .. } => point.x.ln() + point.y.ln(),
            Shape::Gamma { .. } => point.x.ln(),
            Shape::Student { df, scale, .. } => (scale * df.sqrt()).ln() + ln_cosh(delta),
            Shape::Normal { sd, .. } => sd.ln(),
        }
    }

    /// ln of the density in δ.
    pub fn ln_density(&self, delta: f64) -> f64 {
        self.height(delta) - self.ln_mass
    }

    /// Density of the value.
    pub fn pdf(&self, point: Point) -> f64 {
        let delta = self.delta(point);
        if !delta.is_finite() {
            return self.pdf_at_end(delta > 0.0);
        }
        (self.ln_density(delta) - self.ln_stretch(point, delta)).exp()
    }

    /// Density at an end of the support.
    fn pdf_at_end(&self, right: bool) -> f64 {
        let (own, other) = match self.shape {
            Shape::Beta { a, b } => {
                if right {
                    (b, a)
                } else {
                    (a, b)
                }
            }
            Shape::Gamma { shape, rate } if !right => (shape, rate),
            _ => return 0.0,
        };
        // Beta(1, b) has density b at 0, Gamma(1, rate) has its rate.
        if own > 1.0 {
            0.0
        } else if own == 1.0 {
            other
        } else {
            f64::INFINITY
        }
    }

    fn tabulate(&mut self, depth: f64) {
        let mut right = self.march(1.0, depth);
        let left = self.march(-1.0, depth);
        let mut edges: Vec<f64> = left.into_iter().rev().collect();
        edges.push(0.0);
        edges.append(&mut right);
        let rule = Rule::standard();
        let mut panels: Vec<Panel> = edges
            .windows(2)
            .map(|pair| {
                let (middle, half) = (0.5 * (pair[0] + pair[1]), 0.5 * (pair[1] - pair[0]));
                let values: Vec<f64> = rule.nodes.iter().map(|x| self.height(middle + half * x).exp()).collect();
                let series = mass_series(rule, &values, half);
                let mass = half * rule.weights.iter().zip(&values).map(|(w, v)| w * v).sum::<f64>();
                Panel { from: pair[0], to: pair[1], left: 0.0, right: 0.0, mass, series }
            })
            .collect();
        let mut sum = self.outside(edges[0], 1.0).exp();
        for panel in &mut panels {
            panel.left = sum;
            sum += panel.mass;
        }
        let mut sum = self.outside(edges[edges.len() - 1], -1.0).exp();
        for panel in panels.iter_mut().rev() {
            panel.right = sum;
            sum += panel.mass;
        }
        // Both sums start small: the half that holds less mass is the exact one on either side.
        let middle = panels.iter().position(|p| p.from >= 0.0).unwrap_or(0);
        let total = panels.get(middle).map_or(sum, |p| p.left + p.mass + p.right);
        for panel in &mut panels {
            panel.left /= total;
            panel.right /= total;
            panel.mass /= total;
            for c in &mut panel.series {
                *c /= total;
            }
        }
        self.ln_mass = total.ln();
        self.panels = panels;
    }

    /// Panel edges on one side of the mode, outward.
    fn march(&self, side: f64, depth: f64) -> Vec<f64> {
        let mut edges = Vec::new();
        let (mut at, mut height) = (0.0, 0.0);
        while height > -depth && edges.len() < 20_000 {
            let bend = self.curvature(at);
            let mut width = if bend > 1e-16 { (1.25 / bend.sqrt()).min(WIDEST) } else { f64::INFINITY };
            let slope = self.slope(at).abs();
            if slope > 0.0 {
                width = width.min(1.2 * CHANGE / slope);
            }
            loop {
                let next = at + side * width;
                let reached = self.height(next);
                if height - reached <= CHANGE && self.curvature(next) * width * width <= CHANGE {
                    (at, height) = (next, reached);
                    break;
                }
                width *= 0.75;
            }
            edges.push(at);
        }
        edges
    }

    /// ln ∫ e^height beyond δ, to the left if `side` is 1, to the right if −1. For δ on that side of the mode.
    fn outside(&self, delta: f64, side: f64) -> f64 {
        const CUTS: [f64; 5] = [0.0, 1.5, 4.0, 10.0, 40.0];
        let height = self.height(delta);
        let slope = self.slope(delta).abs();
        if !delta.is_finite() || !height.is_finite() || slope == 0.0 {
            return f64::NEG_INFINITY;
        }
        let rule = Rule::standard();
        let sum: f64 = CUTS
            .windows(2)
            .map(|c| rule.integrate(c[0], c[1], |v| (self.height(delta - side * v / slope) - height).exp()))
            .sum();
        height + sum.ln() - slope.ln()
    }

    /// Masses left and right of δ; each with its relative accuracy.
    pub fn tails(&self, delta: f64) -> (f64, f64) {
        let (first, last) = match (self.panels.first(), self.panels.last()) {
            (Some(first), Some(last)) => (first.from, last.to),
            _ => return (f64::NAN, f64::NAN),
        };
        if delta < first {
            let left = (self.outside(delta, 1.0) - self.ln_mass).exp();
            return (left, 1.0 - left);
        }
        if delta >= last {
            let right = if delta.is_finite() { (self.outside(delta, -1.0) - self.ln_mass).exp() } else { 0.0 };
            return (1.0 - right, right);
        }
        let panel = &self.panels[self.panels.partition_point(|p| p.to <= delta).min(self.panels.len() - 1)];
        let u = ((delta - panel.from) - (panel.to - delta)) / (panel.to - panel.from);
        let within = legendre_sum(&panel.series, u).clamp(0.0, panel.mass);
        (panel.left + within, panel.right + (panel.mass - within))
    }

    /// As [`Self::tails`], but beyond the table the mass outside is taken as nil.
    pub fn tails_in_table(&self, delta: f64) -> (f64, f64) {
        match (self.panels.first(), self.panels.last()) {
            (Some(first), _) if delta < first.from => (0.0, 1.0),
            (_, Some(last)) if delta >= last.to => (1.0, 0.0),
            _ => self.tails(delta),
        }
    }

    /// ln of the mass left of δ, finite far beyond the smallest number.
    pub fn ln_left(&self, delta: f64) -> f64 {
        match (self.panels.first(), self.panels.last()) {
            (Some(first), _) if delta < first.from => self.outside(delta, 1.0) - self.ln_mass,
            // Less than e^−DEPTH is missing.
            (_, Some(last)) if delta >= last.to => 0.0,
            _ => small_side(self.tails(delta)),
        }
    }

    /// ln of the mass right of δ, finite far beyond the smallest number.
    pub fn ln_right(&self, delta: f64) -> f64 {
        match (self.panels.first(), self.panels.last()) {
            (Some(first), _) if delta < first.from => 0.0,
            (_, Some(last)) if delta >= last.to => self.outside(delta, -1.0) - self.ln_mass,
            _ => {
                let (left, right) = self.tails(delta);
                small_side((right, left))
            }
        }
    }

    /// P(X ≤ x).
    pub fn cdf(&self, x: f64) -> f64 {
        self.tails(self.delta(Point::at(x))).0
    }

    /// P(X > x).
    pub fn sf(&self, x: f64) -> f64 {
        self.tails(self.delta(Point::at(x))).1
    }

    /// The δ with mass `p` to its left, for 0 < p < 1.
    pub fn quantile_delta(&self, p: f64) -> f64 {
        let q = 1.0 - p;
        let at =
            self.panels.partition_point(|panel| if p < 0.5 { panel.left + panel.mass <= p } else { panel.right > q });
        let Some(panel) = self.panels.get(at.min(self.panels.len().saturating_sub(1))) else { return f64::NAN };
        let (mut low, mut high) = (panel.from, panel.to);
        if at == 0 && p < panel.left {
            low -= 1e4;
        }
        if at >= self.panels.len() {
            high += 1e4;
        }
        let mut delta = 0.5 * (panel.from + panel.to);
        for _ in 0..100 {
            let (left, right) = self.tails(delta);
            let error = if p < 0.5 { left - p } else { q - right };
            if error > 0.0 {
                high = delta;
            } else {
                low = delta;
            }
            let density = self.ln_density(delta).exp();
            let mut next = delta - error / density;
            if !(next > low && next < high) {
                next = 0.5 * (low + high);
            }
            if (next - delta).abs() <= 2e-16 * delta.abs() || high - low <= 4e-16 * delta.abs() {
                return next;
            }
            delta = next;
        }
        delta
    }

    /// The value with mass `p` to its left, for 0 < p < 1.
    pub fn quantile(&self, p: f64) -> Point {
        self.point(self.quantile_delta(p))
    }

    /// Panel edges as logits (beta), logarithms (gamma) or values (the others).
    pub fn edges(&self) -> Vec<f64> {
        let place = |delta: f64| match self.shape {
            Shape::Beta { .. } | Shape::Gamma { .. } => delta + self.offset,
            _ => self.point(delta).x,
        };
        let mut edges: Vec<f64> = self.panels.iter().map(|p| place(p.from)).collect();
        edges.extend(self.panels.last().map(|p| place(p.to)));
        edges
    }
}

/// ln of the first of two masses that sum to 1.
fn small_side((own, other): (f64, f64)) -> f64 {
    if own < 0.5 { own.ln() } else { (-other).ln_1p() }
}

/// ln cosh, exact near 0 and for large arguments.
fn ln_cosh(x: f64) -> f64 {
    let x = x.abs();
    if x < 1.0 {
        let s = x.sinh();
        0.5 * (s * s).ln_1p()
    } else {
        x + (-2.0 * x).exp().ln_1p() - std::f64::consts::LN_2
    }
}

/// Legendre coefficients, on [−1, 1], of the integral from −1 of the function with these values at the rule's nodes, times
/// `half`.
fn mass_series(rule: &Rule, values: &[f64], half: f64) -> [f64; POINTS + 1] {
    let mut plain = [0.0; POINTS];
    for ((x, w), v) in rule.nodes.iter().zip(&rule.weights).zip(values) {
        let (mut before, mut now) = (0.0, 1.0);
        for (k, c) in plain.iter_mut().enumerate() {
            *c += (k as f64 + 0.5) * w * v * now;
            let k = k as f64;
            (before, now) = (now, ((2.0 * k + 1.0) * x * now - k * before) / (k + 1.0));
        }
    }
    // ∫P₀ = x + 1; ∫P_k = (P_{k+1} − P_{k−1}) / (2k + 1).
    let mut series = [0.0; POINTS + 1];
    series[0] += half * plain[0];
    series[1] += half * plain[0];
    for k in 1..POINTS {
        let c = half * plain[k] / (2.0 * k as f64 + 1.0);
        series[k + 1] += c;
        series[k - 1] -= c;
    }
    series
}

/// Σ c_k P_k(x), by Clenshaw's recurrence.
fn legendre_sum(series: &[f64; POINTS + 1], x: f64) -> f64 {
    const STEPS: [(f64, f64); POINTS + 1] = {
        let mut steps = [(0.0, 0.0); POINTS + 1];
        let mut k = 0;
        while k <= POINTS {
            let n = k as f64;
            steps[k] = ((2.0 * n + 1.0) / (n + 1.0), (n + 1.0) / (n + 2.0));
            k += 1;
        }
        steps
    };
    let (mut b1, mut b2) = (0.0, 0.0);
    for k in (0..=POINTS).rev() {
        (b1, b2) = (series[k] + STEPS[k].0 * x * b1 - STEPS[k].1 * b2, b1);
    }
    b1
}

#[cfg(test)]
mod tests;
