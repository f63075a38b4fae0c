//! The plain model beside the trees: least squares or logistic regression on standardised numbers, with a little ridge.
//! It says how much of the answer is a matter of straight lines.

use super::task::Task;

/// Most numbers it looks at: those that go most with the target.
const MOST: usize = 300;
/// Floating-point operations it may take, about.
const WORK: usize = 200_000_000;
/// Steps of Newton's method.
const STEPS: usize = 8;
/// Most rows it learns from.
const ROWS: usize = 20_000;

/// One number of the plain model.
#[derive(Clone, Debug)]
enum Term {
    /// A number, standardised; missing ones at the mean.
    Value { feature: usize, mean: f64, sd: f64 },
    /// Whether a category is this one.
    Is { feature: usize, code: f32 },
    /// Whether a value is missing.
    Missing { feature: usize },
}

impl Term {
    fn of(&self, row: &[f32]) -> f64 {
        match self {
            Self::Value { feature, mean, sd } => {
                let v = f64::from(row[*feature]);
                if v.is_nan() { 0.0 } else { (v - mean) / sd }
            }
            Self::Is { feature, code } => f64::from(u8::from(row[*feature] == *code)),
            Self::Missing { feature } => f64::from(u8::from(row[*feature].is_nan())),
        }
    }
}

/// A plain model.
pub struct Linear {
    task: Task,
    terms: Vec<Term>,
    /// For each output its intercept and slopes.
    weights: Vec<Vec<f64>>,
}

impl Linear {
    /// Learns from rows of `categorical.len()` numbers; none where the equations cannot be solved.
    pub fn learn(task: Task, classes: usize, values: &[f32], categorical: &[bool], y: &[f64]) -> Option<Self> {
        let width = categorical.len();
        let step = y.len().div_ceil(ROWS).max(1);
        let rows: Vec<usize> = (0..y.len()).step_by(step).collect();
        let row = |r: &usize| &values[r * width..(r + 1) * width];
        let mut terms = Vec::new();
        for (feature, is_category) in categorical.iter().enumerate() {
            let column = || rows.iter().map(|r| row(r)[feature]);
            let missing = column().filter(|v| v.is_nan()).count();
            if missing > 0 && missing < rows.len() {
                terms.push(Term::Missing { feature });
            }
            if *is_category {
                let most = column().filter(|v| !v.is_nan()).fold(-1.0, f32::max);
                terms.extend((0..(most + 1.0) as usize).map(|c| Term::Is { feature, code: c as f32 }));
            } else {
                let present = (rows.len() - missing).max(1) as f64;
                let mean = column().filter(|v| !v.is_nan()).map(f64::from).sum::<f64>() / present;
                let square = |v: f32| (f64::from(v) - mean) * (f64::from(v) - mean);
                let sd = (column().filter(|v| !v.is_nan()).map(square).sum::<f64>() / present).sqrt();
                if sd > 0.0 && sd.is_finite() {
                    terms.push(Term::Value { feature, mean, sd });
                }
            }
        }
        if terms.len() > MOST {
            let some: Vec<&usize> = rows.iter().step_by(rows.len().div_ceil(1_000).max(1)).collect();
            let target: Vec<f64> = some.iter().map(|r| y[**r]).collect();
            let mut keyed: Vec<(f64, Term)> = terms
                .into_iter()
                .map(|t| {
                    let column: Vec<f64> = some.iter().map(|r| t.of(row(r))).collect();
                    (super::measure::pearson(&column, &target).abs(), t)
                })
                .collect();
            keyed.sort_by(|a, b| b.0.total_cmp(&a.0));
            terms = keyed.into_iter().take(MOST).map(|k| k.1).collect();
        }
        let p = terms.len() + 1;
        let outputs = if task == Task::Classes { classes } else { 1 };
        let steps = if task == Task::Number { 1 } else { STEPS * outputs };
        let affordable = (WORK / (p * p * steps)).max(4 * p).max(500);
        let thin = rows.len().div_ceil(affordable).max(1);
        let rows: Vec<usize> = rows.into_iter().step_by(thin).collect();
        let design: Vec<f64> =
            rows.iter().flat_map(|r| [1.0].into_iter().chain(terms.iter().map(|t| t.of(row(r))))).collect();
        let target: Vec<f64> = rows.iter().map(|r| y[*r]).collect();
        let weights = match task {
            Task::Number => vec![newton(&design, &target, p, false)?],
            Task::YesNo => vec![newton(&design, &target, p, true)?],
            Task::Classes => (0..classes)
                .map(|c| {
                    let is: Vec<f64> = target.iter().map(|y| f64::from(u8::from(*y as usize == c))).collect();
                    newton(&design, &is, p, true)
                })
                .collect::<Option<_>>()?,
        };
        Some(Self { task, terms, weights })
    }

    /// Amounts or probabilities of rows of `width` numbers.
    pub fn predict(&self, values: &[f32], width: usize) -> Vec<f64> {
        let mut out = Vec::with_capacity(values.len() / width.max(1) * self.weights.len());
        for row in values.chunks(width) {
            let terms: Vec<f64> = self.terms.iter().map(|t| t.of(row)).collect();
            let first = out.len();
            for w in &self.weights {
                let z = w[0] + terms.iter().zip(&w[1..]).map(|(a, b)| a * b).sum::<f64>();
                out.push(if self.task == Task::Number { z } else { sigmoid(z) });
            }
            if self.task == Task::Classes {
                let sum: f64 = out[first..].iter().sum();
                out[first..].iter_mut().for_each(|p| *p /= sum.max(1e-300));
            }
        }
        out
    }
}

/// 1 / (1 + e^-z).
pub fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// Weights that fit: least squares in one step, or logistic regression by iteratively reweighted least squares.
fn newton(design: &[f64], y: &[f64], p: usize, logistic: bool) -> Option<Vec<f64>> {
    let mut w = vec![0.0; p];
    let ridge = 1e-3 * y.len() as f64;
    for _ in 0..if logistic { STEPS } else { 1 } {
        let mut a = vec![0.0; p * p];
        let mut g = vec![0.0; p];
        for (row, y) in design.chunks(p).zip(y) {
            let z: f64 = row.iter().zip(&w).map(|(a, b)| a * b).sum();
            let (mean, weight) = if logistic {
                let m = sigmoid(z.clamp(-30.0, 30.0));
                (m, (m * (1.0 - m)).max(1e-6))
            } else {
                (z, 1.0)
            };
            for i in 0..p {
                let v = weight * row[i];
                g[i] += row[i] * (y - mean);
                if v != 0.0 {
                    let (line, rest) = (&mut a[i * p..i * p + i + 1], &row[..=i]);
                    line.iter_mut().zip(rest).for_each(|(a, b)| *a += v * b);
                }
            }
        }
        for i in 1..p {
            a[i * p + i] += ridge;
            g[i] -= ridge * w[i];
        }
        let step = solve(&mut a, &g, p)?;
        w.iter_mut().zip(&step).for_each(|(w, s)| *w += s);
        if step.iter().all(|s| s.abs() < 1e-6) {
            break;
        }
    }
    w.iter().all(|v| v.is_finite()).then_some(w)
}

/// Solves `a x = b` for a positive definite matrix given by its lower half (Cholesky).
fn solve(a: &mut [f64], b: &[f64], p: usize) -> Option<Vec<f64>> {
    for i in 0..p {
        for j in 0..=i {
            let mut sum = a[i * p + j];
            for k in 0..j {
                sum -= a[i * p + k] * a[j * p + k];
            }
            if i == j {
                if sum <= 1e-12 {
                    return None;
                }
                a[i * p + i] = sum.sqrt();
            } else {
                a[i * p + j] = sum / a[j * p + j];
            }
        }
    }
    let mut x = b.to_vec();
    for i in 0..p {
        let sum: f64 = (0..i).map(|k| a[i * p + k] * x[k]).sum();
        x[i] = (x[i] - sum) / a[i * p + i];
    }
    for i in (0..p).rev() {
        let sum: f64 = (i + 1..p).map(|k| a[k * p + i] * x[k]).sum();
        x[i] = (x[i] - sum) / a[i * p + i];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_line_is_found_again() {
        let values: Vec<f32> = (0..200).flat_map(|i| [i as f32, ((i * 7) % 13) as f32]).collect();
        let y: Vec<f64> = values.chunks(2).map(|r| 3.0 * f64::from(r[0]) - 2.0 * f64::from(r[1]) + 5.0).collect();
        let model = Linear::learn(Task::Number, 0, &values, &[false, false], &y).unwrap();
        let found = model.predict(&values, 2);
        // The ridge holds slopes back by a thousandth.
        assert!(super::super::measure::r2(&y, &found) > 0.999_99);
    }

    #[test]
    fn logistic_regression_agrees_with_counts() {
        // With one yes-or-no column the fitted probabilities are the shares: 30 of 100 and 80 of 100.
        let values: Vec<f32> = (0..200).map(|i| f32::from(u8::from(i >= 100))).collect();
        let y: Vec<f64> = (0..200).map(|i| f64::from(u8::from(if i < 100 { i < 30 } else { i < 180 }))).collect();
        let model = Linear::learn(Task::YesNo, 0, &values, &[false], &y).unwrap();
        let p = model.predict(&[0.0, 1.0], 1);
        assert!((p[0] - 0.3).abs() < 0.01 && (p[1] - 0.8).abs() < 0.01, "{p:?}");
    }
}
