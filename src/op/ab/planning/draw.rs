//! The figure of a plan: power by size and, where the traffic is known, the smallest detectable change by weeks.

use super::Plan;
use crate::result::figure::{Axis, Direction, Figure, Label, Layer, Panel, Role, Spacing};
use crate::result::scale;
use crate::text::Msg;

fn axis(lo: f64, hi: f64, label: Label, wanted: usize) -> Axis {
    let scaled = scale::linear(lo, hi, wanted, true);
    Axis { label: Some(label), spacing: Spacing::Linear, lo: scaled.lo, hi: scaled.hi, ticks: scaled.ticks, grid: true }
}

/// The axis of sizes, with what a unit of its ticks stands for.
fn people(most: f64) -> Axis {
    let label = match scale::linear(0.0, most, 5, true).unit {
        Some(unit) => Msg::new("plan-axis-n-unit").with("unit", unit),
        None => Msg::new("plan-axis-n"),
    };
    axis(0.0, most, label.into(), 5)
}

fn rule(direction: Direction, at: f64) -> Layer {
    Layer::Rule { direction, at, role: Role::Muted, dashed: true, label: None }
}

/// Power by the units of the baseline arm, in percent.
fn power(plan: &Plan) -> Panel {
    let points: Vec<(f64, f64)> = plan.curve.iter().map(|(n, p)| (*n, 100.0 * p)).collect();
    let most = points.last().map_or(1.0, |p| p.0);
    Panel {
        title: None,
        x: people(most),
        y: axis(0.0, 100.0, Msg::new("plan-axis-power").into(), 5),
        layers: vec![
            rule(Direction::Across, 100.0 * plan.question.power),
            rule(Direction::Up, plan.arms[0] as f64),
            Layer::Line { points, role: Role::Series(0), width: 2.0, dashed: false, steps: false },
        ],
    }
}

/// The smallest detectable change, in percent of the baseline where there is one, by weeks.
fn weeks(plan: &Plan) -> Option<Panel> {
    let by = match plan.question.baseline.value() {
        v if v > 0.0 => 100.0 / v,
        _ => 1.0,
    };
    let points: Vec<(f64, f64)> =
        plan.weeks.iter().filter_map(|w| Some((w.weeks as f64, by * w.change?.abs()))).collect();
    if points.len() < 2 {
        return None;
    }
    let most = points.iter().map(|p| p.1).fold(0.0, f64::max).max(by * plan.change.abs());
    let label = if by == 1.0 { "plan-axis-change" } else { "plan-axis-change-percent" };
    Some(Panel {
        title: None,
        x: axis(0.0, super::WEEKS as f64, Msg::new("plan-axis-weeks").into(), 8),
        y: axis(0.0, most, Msg::new(label).into(), 5),
        layers: vec![
            rule(Direction::Across, by * plan.change.abs()),
            Layer::Line { points: points.clone(), role: Role::Series(1), width: 2.0, dashed: false, steps: false },
            Layer::Points { points, roles: vec![Role::Series(1)], size: 1.0 },
        ],
    })
}

/// The figure.
pub fn figure(plan: &Plan) -> Figure {
    Figure {
        title: Msg::new("plan-figure").with("change", super::tell::change(plan)).into(),
        subtitle: None,
        notes: Vec::new(),
        panels: [Some(power(plan)), weeks(plan)].into_iter().flatten().collect(),
        columns: Some(1),
        legend_title: None,
        legend: Vec::new(),
        ramp: None,
    }
}
