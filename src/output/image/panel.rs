//! The layers of a panel in an image.

use super::font;
use super::paint::{Area, DIM, INK, x_of, y_of};
use super::paper::{Ink, Paper};
use crate::output::palette::rgb;
use crate::result::figure::{Anchor, Axis, BoxMark, Direction, Interval, Layer, Panel, Role, Spacing};

const SMALL: f64 = 11.0;

fn solid(role: Role) -> Ink {
    (rgb(role), 1.0)
}

fn inside(v: f64, from: f64, to: f64) -> f64 {
    v.clamp(from, to)
}

/// A place in the panel, or none where a position lies on no axis or far outside.
fn place(p: &Panel, area: Area, x: f64, y: f64) -> Option<(f64, f64)> {
    let (px, py) = (x_of(&p.x, area, x), y_of(&p.y, area, y));
    (px.is_finite() && py.is_finite()).then_some((px, py))
}

fn within(area: Area, (x, y): (f64, f64)) -> bool {
    const HAIR: f64 = 0.5;
    (area.left - HAIR..=area.right + HAIR).contains(&x) && (area.top - HAIR..=area.bottom + HAIR).contains(&y)
}

/// The two ends of a bar along its axis; one that begins where the axis has no place begins at the axis's own.
fn reach(axis: &Axis, from: f64, to: f64) -> (f64, f64) {
    let end = |v: f64| {
        let at = axis.at(v);
        if at.is_nan() || at == f64::NEG_INFINITY { 0.0 } else { at.clamp(0.0, 1.0) }
    };
    (end(from), end(to))
}

/// Draws one layer.
pub fn draw(paper: &mut dyn Paper, p: &Panel, layer: &Layer, area: Area) {
    match layer {
        Layer::Bars { lying, bars } => {
            for bar in bars {
                if *lying {
                    let (from, to) = reach(&p.x, bar.from, bar.to);
                    let (a, b) = (y_of(&p.y, area, bar.sides.0), y_of(&p.y, area, bar.sides.1));
                    let x = |share: f64| area.left + share * area.width();
                    paper.rect(
                        (x(from), inside(a, area.top, area.bottom)),
                        (x(to), inside(b, area.top, area.bottom)),
                        solid(bar.role),
                    );
                } else {
                    let (from, to) = reach(&p.y, bar.from, bar.to);
                    let (a, b) = (x_of(&p.x, area, bar.sides.0), x_of(&p.x, area, bar.sides.1));
                    let y = |share: f64| area.bottom - share * area.height();
                    let (a, b) = (inside(a, area.left, area.right), inside(b, area.left, area.right));
                    // A hair of paper between neighbours, where there is room for it.
                    let gap = if b - a > 6.0 { 0.5 } else { 0.0 };
                    paper.rect((a + gap, y(from)), (b - gap, y(to)), solid(bar.role));
                }
            }
        }
        Layer::Line { points, role, width, dashed, steps } => {
            let mut run: Vec<(f64, f64)> = Vec::new();
            let width = f64::from(*width) * 2.0;
            for (x, y) in points {
                match place(p, area, *x, *y) {
                    Some((px, py)) => {
                        let at = (inside(px, area.left, area.right), inside(py, area.top, area.bottom));
                        if let (true, Some(last)) = (*steps, run.last().copied()) {
                            run.push((at.0, last.1));
                        }
                        run.push(at);
                    }
                    None => stroke(paper, &std::mem::take(&mut run), width, solid(*role), *dashed),
                }
            }
            stroke(paper, &run, width, solid(*role), *dashed);
        }
        Layer::Area { points, role } => {
            let edge = |pick: fn(&(f64, f64, f64)) -> f64| {
                points
                    .iter()
                    .filter_map(|t| place(p, area, t.0, pick(t)))
                    .map(|(x, y)| (inside(x, area.left, area.right), inside(y, area.top, area.bottom)))
                    .collect::<Vec<_>>()
            };
            let mut outline = edge(|t| t.2);
            let mut lower = edge(|t| t.1);
            lower.reverse();
            outline.extend(lower);
            paper.polygon(&outline, (rgb(*role), 0.25));
        }
        Layer::Points { points, roles, size } => {
            let alpha = if points.len() > 800 { 0.55 } else { 0.85 };
            for (i, (x, y)) in points.iter().enumerate() {
                let role = roles.get(i).or(roles.last()).copied().unwrap_or(Role::Series(0));
                if let Some(at) = place(p, area, *x, *y).filter(|at| within(area, *at)) {
                    paper.disc(at, 2.6 * f64::from(*size), (rgb(role), alpha));
                }
            }
        }
        Layer::Boxes { lying, boxes } => boxes.iter().for_each(|b| one_box(paper, p, b, *lying, area)),
        Layer::Intervals { lying, intervals } => intervals.iter().for_each(|i| interval(paper, p, i, *lying, area)),
        Layer::Heat { cells } => {
            for c in cells {
                let (x0, x1) = (x_of(&p.x, area, c.x.0), x_of(&p.x, area, c.x.1));
                let (y0, y1) = (y_of(&p.y, area, c.y.0), y_of(&p.y, area, c.y.1));
                let left = inside(x0.min(x1), area.left, area.right);
                let right = inside(x0.max(x1), area.left, area.right);
                let top = inside(y0.min(y1), area.top, area.bottom);
                let bottom = inside(y0.max(y1), area.top, area.bottom);
                let apart = p.x.spacing == Spacing::Category || p.y.spacing == Spacing::Category;
                let gap = if apart && right - left > 8.0 && bottom - top > 8.0 { 0.5 } else { 0.0 };
                paper.rect((left + gap, top + gap), (right - gap, bottom - gap), solid(c.role));
            }
        }
        Layer::Rule { direction, at, role, dashed, label } => {
            let ends = match direction {
                Direction::Across => {
                    let y = y_of(&p.y, area, *at);
                    [(area.left, y), (area.right, y)]
                }
                Direction::Up => {
                    let x = x_of(&p.x, area, *at);
                    [(x, area.bottom), (x, area.top)]
                }
            };
            if !ends.iter().all(|e| within(area, *e)) {
                return;
            }
            stroke(paper, &ends, 1.4, solid(*role), *dashed);
            if let Some(label) = label {
                let text = font::fit(&label.to_string(), SMALL, area.width() / 2.0);
                let wide = font::width(&text, SMALL);
                let (x, y) = match direction {
                    Direction::Across => (area.right - wide - 2.0, ends[0].1 - 3.0),
                    Direction::Up => {
                        let right = ends[0].0 + 4.0;
                        (if right + wide > area.right { ends[0].0 - 4.0 - wide } else { right }, area.top + SMALL)
                    }
                };
                paper.text(x, y, &text, SMALL, DIM);
            }
        }
        Layer::Text { x, y, text, anchor, role } => {
            let Some((px, py)) = place(p, area, *x, *y) else { return };
            let text = text.to_string();
            let wide = font::width(&text, SMALL);
            let left = match anchor {
                Anchor::Start => px + 4.0,
                Anchor::Middle => px - wide / 2.0,
                Anchor::End => px - wide - 4.0,
            };
            let ink = if *role == Role::Ink { INK } else { solid(*role) };
            // Words that would leave the panel stand at its edge.
            let left = left.min(area.right - wide).max(area.left);
            paper.text(left, py + SMALL * 0.36, &text, SMALL, ink);
        }
    }
}

/// A line, whole or in dashes.
fn stroke(paper: &mut dyn Paper, points: &[(f64, f64)], width: f64, ink: Ink, dashed: bool) {
    const DASH: f64 = 5.0;
    if points.len() < 2 {
        if let [at] = points {
            paper.disc(*at, width, ink);
        }
        return;
    }
    if !dashed {
        paper.line(points, width, ink);
        return;
    }
    let mut drawn = 0.0;
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = (x1 - x0).hypot(y1 - y0);
        let mut from = 0.0;
        while from < length {
            let in_dash = (drawn / DASH) as i64 % 2 == 0;
            let to = (from + DASH - drawn % DASH).min(length);
            let at = |d: f64| (x0 + (x1 - x0) * d / length, y0 + (y1 - y0) * d / length);
            if in_dash {
                paper.line(&[at(from), at(to)], width, ink);
            }
            drawn += (to - from).max(1e-3);
            from = to.max(from + 1e-3);
        }
    }
}

/// Draws in a panel whose bars may lie: turns (along the value, across it) into a place.
fn turned(p: &Panel, area: Area, lying: bool, value: f64, across: f64) -> (f64, f64) {
    let (x, y) = if lying { (value, across) } else { (across, value) };
    let (px, py) = (x_of(&p.x, area, x), y_of(&p.y, area, y));
    (inside(px, area.left, area.right), inside(py, area.top, area.bottom))
}

fn one_box(paper: &mut dyn Paper, p: &Panel, b: &BoxMark, lying: bool, area: Area) {
    let (side, other) = b.sides;
    let middle = (side + other) / 2.0;
    let at = |value: f64, across: f64| turned(p, area, lying, value, across);
    let ink = solid(b.role);
    for (from, to) in [(b.low, b.q1), (b.q3, b.high)] {
        paper.line(&[at(from, middle), at(to, middle)], 1.3, ink);
    }
    let quarter = (other - side) / 4.0;
    for end in [b.low, b.high] {
        paper.line(&[at(end, middle - quarter), at(end, middle + quarter)], 1.3, ink);
    }
    paper.rect(at(b.q1, side), at(b.q3, other), (rgb(b.role), 0.45));
    let corners = [at(b.q1, side), at(b.q3, side), at(b.q3, other), at(b.q1, other), at(b.q1, side)];
    paper.line(&corners, 1.3, ink);
    paper.line(&[at(b.median, side), at(b.median, other)], 2.6, ink);
    for value in &b.outliers {
        let here = at(*value, middle);
        paper.disc(here, 1.8, (rgb(b.role), 0.6));
    }
}

fn interval(paper: &mut dyn Paper, p: &Panel, i: &Interval, lying: bool, area: Area) {
    let at = |value: f64| turned(p, area, lying, value, i.at);
    let ink = solid(i.role);
    paper.line(&[at(i.low), at(i.high)], 2.0, ink);
    for end in [i.low, i.high] {
        let (x, y) = at(end);
        let ends = if lying { [(x, y - 4.0), (x, y + 4.0)] } else { [(x - 4.0, y), (x + 4.0, y)] };
        paper.line(&ends, 1.6, ink);
    }
    paper.disc(at(i.mid), 4.0, ink);
}
