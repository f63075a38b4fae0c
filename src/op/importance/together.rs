//! A target that is made of two columns: their sum, difference, product or quotient, times a constant. No column alone gives
//! such a target away, and the trees only come near to it, so the formulas are tried. Only amounts are looked at.

use super::prepare::{Part, Prepared};
use super::task::{Target, Task};
use crate::text::number;

/// Most columns tried with each other: the strongest.
pub const MOST: usize = 10;
/// Rows looked at.
const ROWS: usize = 2_000;
/// Fewest rows from which something is concluded.
const FEWEST: usize = 20;
/// Share of the rows in which the formula has to hold.
const HOLDS: f64 = 0.95;
/// How far a row may be off: as a share of the target's standard deviation, or by rounding up to so much of it.
const OFF: f64 = 1e-3;
const ROUNDED: f64 = 0.02;
/// How far a row may be off, as a share of itself, for the constant to be read from it.
const ROUGH: f64 = 1e-3;
/// Distance from 1 up to which the constant is taken for 1.
const ONE: f64 = 1e-3;

/// A formula that gives the target.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// The two columns: places of sources.
    pub columns: [usize; 2],
    /// The formula, by their names.
    pub text: String,
    /// Share of the rows in which it holds.
    pub share: f64,
}

#[derive(Clone, Copy)]
enum Sign {
    Plus,
    Minus,
    Times,
    Over,
}

impl Sign {
    fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Plus => a + b,
            Self::Minus => a - b,
            Self::Times => a * b,
            Self::Over => a / b,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "−",
            Self::Times => "×",
            Self::Over => "÷",
        }
    }
}

/// The formula that gives the target in most rows, of those over two of the columns (places of sources); none where none
/// does.
pub fn formula(prepared: &Prepared, target: &Target, columns: &[usize]) -> Option<Formula> {
    if target.task != Task::Number {
        return None;
    }
    let rows: Vec<usize> = (0..prepared.rows()).step_by(prepared.rows().div_ceil(ROWS).max(1)).collect();
    let y: Vec<f64> = rows.iter().map(|r| prepared.y[*r]).collect();
    let mean = y.iter().sum::<f64>() / y.len().max(1) as f64;
    let sd = (y.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / y.len().max(1) as f64).sqrt();
    let off = (OFF * sd).max(half_a_digit(&y).filter(|h| *h <= ROUNDED * sd).unwrap_or(0.0) * 1.01);
    let values: Vec<(usize, Vec<f64>)> = columns
        .iter()
        .filter_map(|source| {
            let of = |n: &super::prepare::Number| n.source == *source && matches!(n.part, Part::Value | Part::Days);
            let at = prepared.numbers.iter().position(of)?;
            let offset = prepared.numbers[at].offset;
            Some((*source, rows.iter().map(|r| f64::from(prepared.row(*r)[at]) + offset).collect()))
        })
        .take(MOST)
        .collect();
    let mut best: Option<Formula> = None;
    for (i, (a, first)) in values.iter().enumerate() {
        for (j, (b, second)) in values.iter().enumerate().filter(|(j, _)| *j != i) {
            for sign in [Sign::Plus, Sign::Minus, Sign::Times, Sign::Over] {
                if matches!(sign, Sign::Plus | Sign::Times) && j < i {
                    continue;
                }
                let said: Vec<f64> = first.iter().zip(second).map(|(a, b)| sign.of(*a, *b)).collect();
                let Some((constant, share)) = holds(&y, &said, off) else { continue };
                if best.as_ref().is_none_or(|f| share > f.share) {
                    let name = |source: usize| &prepared.sources[source].var.name;
                    let both = format!("{} {} {}", name(*a), sign.text(), name(*b));
                    let text = match (constant, sign) {
                        (c, _) if (c - 1.0).abs() <= ONE => both,
                        (c, Sign::Plus | Sign::Minus) => format!("{} × ({both})", number::readable(c, 4)),
                        (c, _) => format!("{} × {both}", number::readable(c, 4)),
                    };
                    best = Some(Formula { columns: [*a, *b], text, share });
                }
            }
        }
    }
    best
}

/// The constant that takes one list to the other, and the share of rows in which it does; none where it does not.
fn holds(y: &[f64], said: &[f64], off: f64) -> Option<(f64, f64)> {
    let filled = said.iter().filter(|s| s.is_finite()).count();
    // Two zeros agree too easily.
    let known = || y.iter().zip(said).filter(|(y, s)| s.is_finite() && (**y != 0.0 || **s != 0.0));
    let mut quotients: Vec<f64> = known().filter(|(_, s)| **s != 0.0).map(|(y, s)| y / s).collect();
    if quotients.len() < FEWEST || filled * 2 < y.len() {
        return None;
    }
    let n = known().count();
    let middle = quotients.len() / 2;
    let rough = *quotients.select_nth_unstable_by(middle, f64::total_cmp).1;
    // One quotient carries the rounding of its row; least squares over the rows it comes near to does not.
    let near = |y: f64, s: f64| (y - rough * s).abs() <= off.max(ROUGH * (rough * s).abs());
    let sums =
        known().filter(|(y, s)| near(**y, **s)).fold((0.0, 0.0), |sums, (y, s)| (sums.0 + y * s, sums.1 + s * s));
    let constant = if sums.1 > 0.0 { sums.0 / sums.1 } else { rough };
    let constant = if (constant - 1.0).abs() <= ONE { 1.0 } else { constant };
    let right = known().filter(|(y, s)| (*y - constant * **s).abs() <= off).count();
    let share = right as f64 / n as f64;
    (constant != 0.0 && share >= HOLDS).then_some((constant, share))
}

/// Half a unit of the last decimal all values have; none where they have too many.
fn half_a_digit(values: &[f64]) -> Option<f64> {
    (0..=6).map(|d| 10f64.powi(d)).find_map(|scale| {
        let whole = |v: &f64| (v * scale - (v * scale).round()).abs() <= f64::max(1e-6, 1e-12 * (v * scale).abs());
        values.iter().all(whole).then_some(0.5 / scale)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constant_is_found_through_rounding_and_a_few_wrong_rows() {
        let said: Vec<f64> = (1..=100).map(|i| f64::from(i * i) / 7.0).collect();
        let mut y: Vec<f64> = said.iter().map(|s| (108.0 * s).round() / 100.0).collect();
        (y[3], y[50]) = (0.0, 9e9);
        assert_eq!(half_a_digit(&y), Some(0.005));
        let (constant, share) = holds(&y, &said, 0.006).unwrap();
        assert!((constant - 1.08).abs() < 1e-4 && share == 0.98, "{constant} {share}");
        y.iter_mut().step_by(10).for_each(|v| *v += 1.0);
        assert_eq!(holds(&y, &said, 0.006), None);
    }

    #[test]
    fn values_with_many_decimals_are_not_rounded() {
        assert_eq!(half_a_digit(&[1.0, 2.0]), Some(0.5));
        assert_eq!(half_a_digit(&[0.1234567, 2.0]), None);
    }
}
