//! All arms at once: the probability that each is best, and what choosing it would cost on average.
//!
//! P(i best) = ∫ fᵢ ∏ⱼ Fⱼ dx and E[maxⱼ Xⱼ − Xᵢ] = ∫ Fᵢ (1 − ∏ⱼ Fⱼ) dx over j ≠ i: one-dimensional integrals whose
//! integrands are positive, taken on the panels of all arms' tables together. Where the smallest is best, upper tails take
//! the place of lower ones.

use crate::op::ab::num::gauss::Rule;
use crate::op::ab::num::law::{Law, MAX_DEPTH, Point, Shape};

/// Which value is the best one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Best {
    /// The greatest.
    #[default]
    Greatest,
    /// The smallest: complaints, waiting times.
    Smallest,
}

/// What is known of one arm among all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Probability that it has the best value.
    pub p_best: f64,
    /// Expected distance of its value from the best one, in the value's unit: the cost of choosing it.
    pub expected_loss: f64,
}

/// Tabulates laws of one kind, each deep enough that wherever two of them meet both are in their tables.
pub fn tabulate(shapes: &[Shape]) -> Option<Vec<Law>> {
    let first: Vec<Law> = shapes.iter().map(|s| Law::new(*s)).collect::<Option<_>>()?;
    first
        .iter()
        .map(|law| {
            let deepest = first.iter().map(|other| meeting_depth(law, other)).fold(0.0, f64::max);
            if deepest < 25.0 {
                Some(law.clone())
            } else {
                Law::with_depth(law.shape(), (deepest + 40.0).min(MAX_DEPTH))
            }
        })
        .collect()
}

/// How far below their peaks two laws' densities lie together where their product is greatest.
fn meeting_depth(one: &Law, other: &Law) -> f64 {
    let joint = |x: f64| {
        let delta = one.delta(Point::at(x));
        (one.height(delta), one.height(delta) + other.height(other.delta(Point::at(x))))
    };
    let (mut low, mut high) = (one.centre().x.min(other.centre().x), one.centre().x.max(other.centre().x));
    if high - low <= 0.0 {
        return 0.0;
    }
    // Both heights are monotone between the centres and concave in the laws' own coordinate: one peak.
    for _ in 0..60 {
        let (left, right) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if joint(left).1 < joint(right).1 {
            low = left;
        } else {
            high = right;
        }
        if high - low <= 1e-6 * high.abs() {
            break;
        }
    }
    -joint(0.5 * (low + high)).1
}

/// The standing of each arm. For laws of one kind, from [`tabulate`]; empty for none.
pub fn standings(laws: &[Law], best: Best) -> Vec<Standing> {
    let mut edges: Vec<f64> = laws.iter().flat_map(Law::edges).filter(|e| e.is_finite()).collect();
    edges.sort_by(f64::total_cmp);
    // The edges of several tables together are closer than those of one: fewer points do.
    static FEW: std::sync::OnceLock<Rule> = std::sync::OnceLock::new();
    let rule = FEW.get_or_init(|| Rule::new(10));
    let count = laws.len();
    let edges = filled(&edges, laws);
    let mut found = vec![Standing { p_best: 0.0, expected_loss: 0.0 }; count];
    let mut left = vec![0.0; count];
    let mut right = vec![0.0; count];
    let mut density = vec![0.0; count];
    for pair in edges.windows(2) {
        let (middle, half) = (0.5 * (pair[0] + pair[1]), 0.5 * (pair[1] - pair[0]));
        if half <= 0.0 {
            continue;
        }
        for (node, weight) in rule.nodes.iter().zip(&rule.weights) {
            let s = middle + half * node;
            let weight = half * weight;
            // dx/ds; the densities are by s too.
            let mut stretch = 1.0;
            for (i, law) in laws.iter().enumerate() {
                let (delta, by_s) = match law.shape() {
                    Shape::Beta { .. } | Shape::Gamma { .. } => {
                        let delta = s - law.offset();
                        if i == 0 {
                            let p = law.point(delta);
                            stretch = if matches!(law.shape(), Shape::Beta { .. }) { p.x * p.y } else { p.x };
                        }
                        (delta, 1.0)
                    }
                    _ => {
                        let delta = law.delta(Point::at(s));
                        (delta, (-law.ln_stretch(Point::at(s), delta)).exp())
                    }
                };
                density[i] = law.ln_density(delta).exp() * by_s;
                (left[i], right[i]) = law.tails_in_table(delta);
                if best == Best::Smallest {
                    std::mem::swap(&mut left[i], &mut right[i]);
                }
            }
            for i in 0..count {
                let (mut all_below, mut some_above) = (1.0, 0.0);
                for j in (0..count).filter(|j| *j != i) {
                    all_below *= left[j];
                    some_above += (1.0 - some_above) * right[j];
                }
                found[i].p_best += weight * density[i] * all_below;
                found[i].expected_loss += weight * stretch * left[i] * some_above;
            }
        }
    }
    found
}

/// The edges with wide gaps between the tables cut up, as the measure dx itself bends there.
fn filled(edges: &[f64], laws: &[Law]) -> Vec<f64> {
    let curved = laws.first().is_some_and(|l| matches!(l.shape(), Shape::Beta { .. } | Shape::Gamma { .. }));
    let mut all: Vec<f64> = edges.first().copied().into_iter().collect();
    for pair in edges.windows(2) {
        let gap = pair[1] - pair[0];
        if curved && gap > 1.5 && pair[1] > -40.0 {
            let pieces = (gap / 1.5).ceil();
            all.extend((1..pieces as usize).map(|k| pair[0] + gap * k as f64 / pieces));
        }
        if gap > 0.0 {
            all.push(pair[1]);
        }
    }
    all
}
