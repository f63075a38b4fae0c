//! Quantiles and highest-density intervals of any law whose tails and density can be computed at a point.

/// A one-dimensional law seen through a coordinate c that grows with the value and in which the law is well scaled.
pub trait Univariate {
    /// Masses left and right of `c`.
    fn tails(&self, c: f64) -> (f64, f64);
    /// ln of the density of the *value* at `c`.
    fn ln_density(&self, c: f64) -> f64;
    /// ln of d value / dc.
    fn ln_stretch(&self, c: f64) -> f64;
    /// The value at `c`.
    fn value(&self, c: f64) -> f64;
    /// Ends of the range of `c` (finite; the mass beyond is nil).
    fn range(&self) -> (f64, f64);
    /// About where the quantile of the standard score `z` lies.
    fn guess(&self, z: f64) -> f64;
    /// Coordinates next to the low and the high end of the support, where the density of the value may be greatest there.
    fn ends_that_may_peak(&self) -> (Option<f64>, Option<f64>);
    /// Ends of the support, as values.
    fn support(&self) -> (f64, f64);
}

/// The coordinate with mass `p` to its left, 0 < p < 1.
pub fn quantile(law: &impl Univariate, p: f64, guess: f64) -> f64 {
    quantile_of(law, p, 1.0 - p, guess)
}

/// As [`quantile`], with the mass to the right given too, so that neither loses digits.
fn quantile_of(law: &impl Univariate, p: f64, q: f64, guess: f64) -> f64 {
    let (mut low, mut high) = law.range();
    let mut c = if guess > low && guess < high { guess } else { 0.5 * (low + high) };
    let mut best = (f64::INFINITY, c);
    for _ in 0..200 {
        let (left, right) = law.tails(c);
        // Newton on the logarithm of the smaller tail, which is concave for log-concave laws.
        let (error, tail) = if p <= q { (left.ln() - p.ln(), left) } else { (q.ln() - right.ln(), right) };
        let size = error.abs();
        let slope = (law.ln_density(c) + law.ln_stretch(c)).exp() / tail;
        let step = error / slope;
        // The last step is below rounding, or the tails' own rounding lets it come no nearer.
        if size < 1e-13 || (size < 1e-6 && size >= 0.5 * best.0) {
            return if size < best.0 && step.is_finite() { (c - step).clamp(low, high) } else { best.1 };
        }
        if size < best.0 {
            best = (size, c);
        }
        if error > 0.0 {
            high = c;
        } else {
            low = c;
        }
        let mut next = c - step;
        if !(next > low && next < high) {
            next = 0.5 * (low + high);
        }
        if high - low <= 4e-16 * c.abs().max(1e-300) {
            return next;
        }
        c = next;
    }
    c
}

/// The shortest interval that holds `mass`, as coordinates; found by equating the densities at its ends. For a law whose
/// density has one peak.
pub fn highest_density(law: &impl Univariate, mass: f64, low: f64, high: f64) -> (f64, f64) {
    let miss = 1.0 - mass;
    let (at_low, at_high) = law.ends_that_may_peak();
    // The interval begins at an end of the support if the density there is not the smaller one.
    if let Some(end) = at_low {
        let b = quantile_of(law, mass, miss, high);
        if law.ln_density(end) >= law.ln_density(b) {
            return (f64::NEG_INFINITY, b);
        }
    }
    if let Some(end) = at_high {
        let a = quantile(law, miss, low);
        if law.ln_density(end) >= law.ln_density(a) {
            return (a, f64::INFINITY);
        }
    }
    newton(law, mass, low, high).unwrap_or_else(|| by_bracket(law, mass, low, high))
}

/// Newton's method in both ends at once, with slopes of the log density by differences (they only steer).
fn newton(law: &impl Univariate, mass: f64, mut low: f64, mut high: f64) -> Option<(f64, f64)> {
    let (floor, ceiling) = law.range();
    let unit = high - low;
    for _ in 0..16 {
        let step = 1e-4 * (high - low);
        let (fl, fh) = (law.ln_density(low), law.ln_density(high));
        let slope = |c: f64| (law.ln_density(c + step) - law.ln_density(c - step)) / (2.0 * step);
        let (sl, sh) = (slope(low), slope(high));
        let (ll, _) = law.tails(low);
        let (_, rh) = law.tails(high);
        let missing = (ll + rh) - (1.0 - mass);
        let (dl, dh) = ((fl + law.ln_stretch(low)).exp(), (fh + law.ln_stretch(high)).exp());
        // dh·δh − dl·δl = missing;  sl·δl − sh·δh = fh − fl.
        let determinant = dh * sl - dl * sh;
        let gap = fh - fl;
        let move_low = (dh * gap + sh * missing) / determinant;
        let move_high = (sl * missing + dl * gap) / determinant;
        let longest = move_low.abs().max(move_high.abs());
        if !longest.is_finite() || longest > 10.0 * unit {
            return None;
        }
        let damp = (0.3 * unit / longest).min(1.0);
        low += damp * move_low;
        high += damp * move_high;
        if low <= floor || high >= ceiling || low >= high {
            return None;
        }
        if longest < 1e-9 * unit {
            return Some((low, high));
        }
    }
    None
}

/// By the mass left of the interval, on a bracket: slower, but it cannot run away.
fn by_bracket(law: &impl Univariate, mass: f64, low: f64, high: f64) -> (f64, f64) {
    let miss = 1.0 - mass;
    let (mut a, mut b) = (low, high);
    let tolerance = 1e-9 * miss;
    super::roots::brent(tolerance * 1e-3, miss - tolerance * 1e-3, tolerance, |p| {
        (a, b) = (quantile(law, p, a), quantile_of(law, p + mass, miss - p, b));
        law.ln_density(a) - law.ln_density(b)
    });
    (a, b)
}
