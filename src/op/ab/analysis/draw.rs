//! The figure the team knows: above, where each arm's value probably lies; below, the difference, with its interval and
//! zero.

use super::super::bayes::Curve;
use super::Gathered;
use super::answer::Answer;
use super::daily::Track;
use crate::result::figure::{Axis, Direction, Figure, Key, Label, Layer, Mark, Panel, Role, Spacing, Tick};
use crate::result::scale;
use crate::text::Msg;

fn axis(lo: f64, hi: f64, label: Option<Label>, wanted: usize, widen: bool) -> Axis {
    let scaled = scale::linear(lo, hi, wanted, widen);
    Axis { label, spacing: Spacing::Linear, lo: scaled.lo, hi: scaled.hi, ticks: scaled.ticks, grid: false }
}

/// A density needs no numbers at its height.
fn height(curves: &[&Curve]) -> Axis {
    let top = curves.iter().flat_map(|c| c.iter()).map(|p| p.1).filter(|v| v.is_finite()).fold(0.0, f64::max);
    // Room above for the numbers at the rules.
    let top = if top > 0.0 { 1.15 * top } else { 1.0 };
    let ticks: Vec<Tick> = Vec::new();
    Axis { label: None, spacing: Spacing::Linear, lo: 0.0, hi: top, ticks, grid: false }
}

fn scaled(curve: &Curve, by: f64) -> Curve {
    curve.iter().filter(|p| p.1.is_finite()).map(|(x, y)| (by * x, *y)).collect()
}

/// `seen` is a value to be in the picture unless that would make the curves small.
fn panel(
    title: Label,
    x: Label,
    curves: Vec<(Curve, Role, bool)>,
    rules: Vec<Layer>,
    seen: Option<f64>,
) -> Option<Panel> {
    let all: Vec<&Curve> = curves.iter().map(|c| &c.0).collect();
    let xs = || all.iter().flat_map(|c| c.iter()).map(|p| p.0);
    let (lo, hi) = (xs().fold(f64::INFINITY, f64::min), xs().fold(f64::NEG_INFINITY, f64::max));
    if !(lo < hi) {
        return None;
    }
    let (wide, margin) = (hi - lo, 0.02 * (hi - lo));
    let (lo, hi) = match seen {
        Some(at) if at < lo && lo - at < 2.0 * wide => (at - margin, hi),
        Some(at) if at > hi && at - hi < 2.0 * wide => (lo, at + margin),
        _ => (lo, hi),
    };
    let (x, y) = (axis(lo, hi, Some(x), 6, false), height(&all));
    let mut layers = Vec::new();
    for (points, role, filled) in &curves {
        if *filled {
            layers.push(Layer::Area { points: points.iter().map(|p| (p.0, 0.0, p.1)).collect(), role: *role });
        }
    }
    for (points, role, _) in curves {
        layers.push(Layer::Line { points, role, width: 1.5, dashed: false, steps: false });
    }
    let within = |l: &Layer| !matches!(l, Layer::Rule { at, .. } if *at < x.lo || *at > x.hi);
    layers.extend(rules.into_iter().filter(within));
    Some(Panel { title: Some(title), x, y, layers })
}

/// The figure; none where there is no density to draw.
pub fn figure(gathered: &Gathered, answer: &Answer, shown: usize) -> Option<Figure> {
    let by = if answer.is_rate { 100.0 } else { 1.0 };
    let versus = answer.versus.get(shown)?;
    let bayes = versus.bayes.as_ref()?;
    let role = |arm: usize| if arm < crate::result::figure::SERIES { Role::Series(arm as u8) } else { Role::Others };
    let digits = super::judge::digits(answer, versus);
    let rule = |at: f64, role: Role, dashed: bool, word: Option<String>| Layer::Rule {
        direction: Direction::Up,
        at: by * at,
        role,
        dashed,
        label: word.map(|w| w.as_str().into()),
    };
    let arms = answer.arms.iter().enumerate();
    let above = panel(
        Msg::new("ab-figure-arms").into(),
        Msg::new(if answer.is_rate { "ab-axis-rate" } else { "ab-axis-mean" }).into(),
        arms.clone().map(|(i, a)| (scaled(&a.curve, by), role(i), false)).collect(),
        arms.clone()
            .filter_map(|(i, a)| {
                let median = a.posterior?.median;
                Some(rule(median, role(i), true, Some(digits.value(median))))
            })
            .collect(),
        None,
    );
    let [low, high] = bayes.difference.hdi.unwrap_or(bayes.difference.eti);
    let below = panel(
        Msg::new("ab-figure-difference")
            .with("arm", &gathered.names[versus.arm])
            .with("baseline", &gathered.names[0])
            .into(),
        Msg::new(if answer.is_rate { "ab-axis-points" } else { "ab-axis-difference" }).into(),
        vec![(scaled(answer.differences.get(shown)?, by), Role::Emphasis, false)],
        vec![
            rule(0.0, Role::Ink, false, None),
            rule(low, Role::Muted, true, Some(digits.signed(low))),
            rule(bayes.difference.median, Role::Emphasis, true, Some(digits.signed(bayes.difference.median))),
            rule(high, Role::Muted, true, Some(digits.signed(high))),
        ],
        Some(0.0),
    );
    let legend =
        arms.map(|(i, _)| Key { role: role(i), mark: Mark::Line, label: gathered.names[i].as_str().into() }).collect();
    Some(Figure {
        title: Msg::new("ab-figure-title").into(),
        subtitle: None,
        notes: Vec::new(),
        panels: [above, below].into_iter().flatten().collect(),
        columns: Some(1),
        legend_title: None,
        legend,
        ramp: None,
    })
}

/// The difference of all days up to each, with its band and zero; none for fewer than two days with a difference.
pub fn daily(gathered: &Gathered, answer: &Answer, track: &Track, arm: usize) -> Option<Figure> {
    const DAY: f64 = 86_400.0;
    let by = if answer.is_rate { 100.0 } else { 1.0 };
    let step = if gathered.dates { DAY } else { 1.0 };
    let seen: Vec<(f64, f64, [f64; 2])> = track
        .rows
        .iter()
        .filter_map(|r| r.so_far.map(|(d, [low, high])| (step * r.day as f64, by * d, [by * low, by * high])))
        .collect();
    let (first, last) = (seen.first()?.0, seen.last()?.0);
    if seen.len() < 2 {
        return None;
    }
    let lowest = seen.iter().map(|s| s.2[0]).fold(0.0, f64::min);
    let highest = seen.iter().map(|s| s.2[1]).fold(0.0, f64::max);
    let scaled = match gathered.dates {
        true => scale::calendar(first, last, 6),
        false => scale::linear(first, last, 6, false),
    };
    let label = Msg::new("ab-axis-day");
    let x = Axis {
        label: Some(label.into()),
        spacing: if gathered.dates { Spacing::Time } else { Spacing::Linear },
        lo: scaled.lo,
        hi: scaled.hi,
        ticks: scaled.ticks,
        grid: false,
    };
    let unit = Msg::new(if answer.is_rate { "ab-axis-points" } else { "ab-axis-difference" });
    let y = axis(lowest, highest, Some(unit.into()), 5, true);
    let points = |of: &dyn Fn(&(f64, f64, [f64; 2])) -> f64| seen.iter().map(|s| (s.0, of(s))).collect::<Vec<_>>();
    let line = |points, role, dashed| Layer::Line { points, role, width: 1.5, dashed, steps: false };
    let layers = vec![
        line(points(&|s| s.2[0]), Role::Muted, true),
        line(points(&|s| s.2[1]), Role::Muted, true),
        line(points(&|s| s.1), Role::Emphasis, false),
        Layer::Rule { direction: Direction::Across, at: 0.0, role: Role::Ink, dashed: false, label: None },
    ];
    let title = Msg::new("ab-figure-daily").with("arm", &gathered.names[arm]).with("baseline", &gathered.names[0]);
    Some(Figure {
        title: title.into(),
        subtitle: None,
        notes: Vec::new(),
        panels: vec![Panel { title: None, x, y, layers }],
        columns: Some(1),
        legend_title: None,
        legend: Vec::new(),
        ramp: None,
    })
}
