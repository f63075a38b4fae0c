//! The layers of a panel in cells.

use super::area::Plane;
use super::canvas::Canvas;
use super::{Glyphs, Ink};
use crate::result::figure::{Anchor, Bar, BoxMark, Direction, HeatCell, Interval, Layer, Panel, Role, Spacing};
use crate::text::safe;

/// Eighths of a cell, from the bottom and from the left.
const RISING: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const GROWING: [char; 9] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// Lines a category on y needs: one, or one for each bar or box beside another.
pub fn rows_each(panel: &Panel) -> usize {
    if panel.y.spacing != Spacing::Category {
        return 1;
    }
    let sides = |lying: &bool, sides: Vec<(f64, f64)>| {
        if !lying {
            return 1;
        }
        let mut first: Vec<i64> = sides
            .into_iter()
            .filter(|(a, b)| (a + b) / 2.0 < 0.5 && (a + b) / 2.0 > -0.5)
            .map(|(a, _)| (a * 1e6) as i64)
            .collect();
        first.sort_unstable();
        first.dedup();
        first.len().max(1)
    };
    panel
        .layers
        .iter()
        .map(|layer| match layer {
            Layer::Bars { lying, bars } => sides(lying, bars.iter().map(|b| b.sides).collect()),
            Layer::Boxes { lying, boxes } => sides(lying, boxes.iter().map(|b| b.sides).collect()),
            _ => 1,
        })
        .max()
        .unwrap_or(1)
}

/// Draws one layer.
pub fn draw(canvas: &mut Canvas, plane: &Plane<'_>, layer: &Layer) {
    match layer {
        Layer::Bars { lying: true, bars } => lying_bars(canvas, plane, bars),
        Layer::Bars { lying: false, bars } => standing_bars(canvas, plane, bars),
        Layer::Line { points, role, dashed, steps, .. } => line(canvas, plane, points, *role, *dashed, *steps),
        Layer::Area { points, role } => surface(canvas, plane, points, *role),
        Layer::Points { points, roles, .. } => {
            for (i, (x, y)) in points.iter().enumerate() {
                let role = roles.get(i).or(roles.last()).copied().unwrap_or(Role::Series(0));
                if let Some((x, y)) = dot_of(canvas, plane, *x, *y) {
                    put_dot(canvas, plane, x, y, role);
                }
            }
        }
        Layer::Boxes { lying, boxes } => boxes.iter().for_each(|b| one_box(canvas, plane, b, *lying)),
        Layer::Intervals { lying, intervals } => intervals.iter().for_each(|i| interval(canvas, plane, i, *lying)),
        Layer::Heat { cells } => heat(canvas, plane, cells),
        Layer::Rule { direction, at, role, label, .. } => rule(canvas, plane, *direction, *at, *role, label.as_ref()),
        Layer::Text { x, y, text, anchor, role } => {
            let text = text.to_string();
            let wide = safe::width(&safe::line(&text));
            if let Some((x, y)) = cell_of(plane, *x, *y) {
                let from = match anchor {
                    // A cell of air after a bar.
                    Anchor::Start => x + 1 + usize::from(!canvas.is_blank(x, y)),
                    Anchor::Middle => x.saturating_sub(wide / 2),
                    Anchor::End => x.saturating_sub(wide + 1),
                };
                if from >= plane.left && from + wide <= plane.left + plane.x.cells {
                    let ink = if *role == Role::Ink { Ink::Plain } else { Ink::Role(*role) };
                    canvas.put_free(from, y, &text, ink);
                }
            }
        }
    }
}

/// The cell of a place, if it is in the plane.
fn cell_of(plane: &Plane<'_>, x: f64, y: f64) -> Option<(usize, usize)> {
    let (columns, rows) = (plane.x.cells, plane.y.cells);
    let (cx, cy) = (plane.column(x, columns)?, plane.row(y, rows)?);
    if !(-1e-6..=columns as f64 + 1e-6).contains(&cx) || !(-1e-6..=rows as f64 + 1e-6).contains(&cy) {
        return None;
    }
    let cell = |v: f64, n: usize| (v.max(0.0) as usize).min(n - 1);
    Some((plane.left + cell(cx, columns), plane.top + cell(cy, rows)))
}

/// The dot of a place, counted from the plane's corner; may be outside.
fn dot_of(canvas: &Canvas, plane: &Plane<'_>, x: f64, y: f64) -> Option<(i64, i64)> {
    let (across, down) = canvas.dots();
    let (columns, rows) = (plane.x.cells * across, plane.y.cells * down);
    let (dx, dy) = (plane.column(x, columns - 1)?, plane.row(y, rows - 1)?);
    Some((dx.round() as i64, dy.round() as i64))
}

fn put_dot(canvas: &mut Canvas, plane: &Plane<'_>, x: i64, y: i64, role: Role) {
    let (across, down) = canvas.dots();
    let (columns, rows) = ((plane.x.cells * across) as i64, (plane.y.cells * down) as i64);
    if (0..columns).contains(&x) && (0..rows).contains(&y) {
        canvas.dot(plane.left * across + x as usize, plane.top * down + y as usize, role);
    }
}

fn line(canvas: &mut Canvas, plane: &Plane<'_>, points: &[(f64, f64)], role: Role, dashed: bool, steps: bool) {
    let mut before: Option<(i64, i64)> = None;
    let mut drawn = 0;
    for (x, y) in points {
        let Some(to) = dot_of(canvas, plane, *x, *y) else {
            before = None;
            continue;
        };
        let Some(from) = before.replace(to) else {
            put_dot(canvas, plane, to.0, to.1, role);
            continue;
        };
        let corner = (to.0, from.1);
        let legs = if steps { vec![(from, corner), (corner, to)] } else { vec![(from, to)] };
        for (a, b) in legs {
            let n = (b.0 - a.0).abs().max((b.1 - a.1).abs()).clamp(1, 20_000);
            for i in 0..=n {
                let at = |a: i64, b: i64| a + ((b - a) as f64 * i as f64 / n as f64).round() as i64;
                drawn += 1;
                if !dashed || drawn % 6 < 4 {
                    put_dot(canvas, plane, at(a.0, b.0), at(a.1, b.1), role);
                }
            }
        }
    }
}

/// A surface, in every fourth dot so that lines over it stay to be seen.
fn surface(canvas: &mut Canvas, plane: &Plane<'_>, points: &[(f64, f64, f64)], role: Role) {
    if canvas.options().glyphs == Glyphs::Ascii || !canvas.options().colour {
        return;
    }
    let edges: Vec<(i64, i64, i64)> = points
        .iter()
        .filter_map(|(x, lo, hi)| {
            let (dx, low) = dot_of(canvas, plane, *x, *lo)?;
            let (_, high) = dot_of(canvas, plane, *x, *hi)?;
            Some((dx, high, low))
        })
        .collect();
    let most = (plane.y.cells * canvas.dots().1) as i64;
    for pair in edges.windows(2) {
        let ((x0, high0, low0), (x1, high1, low1)) = (pair[0], pair[1]);
        for x in x0..x1.max(x0 + 1) {
            let share = if x1 > x0 { (x - x0) as f64 / (x1 - x0) as f64 } else { 0.0 };
            let at = |a: i64, b: i64| a + ((b - a) as f64 * share).round() as i64;
            for y in at(high0, high1).max(0)..=at(low0, low1).min(most) {
                if x % 2 == 0 && y % 2 == (x / 2) % 2 {
                    put_dot(canvas, plane, x, y, role);
                }
            }
        }
    }
}

/// Ends of a bar in cells along its axis; where it has no place it begins at the edge.
fn reach(at: impl Fn(f64) -> Option<f64>, most: f64, from: f64, to: f64, edge: f64) -> (f64, f64) {
    let end = |v: f64| at(v).unwrap_or(edge).clamp(0.0, most);
    let (a, b) = (end(from), end(to));
    (a.min(b), a.max(b))
}

fn lying_bars(canvas: &mut Canvas, plane: &Plane<'_>, bars: &[Bar]) {
    let (columns, rows) = (plane.x.cells, plane.y.cells);
    for bar in bars {
        let (Some(a), Some(b)) = (plane.row(bar.sides.0, rows), plane.row(bar.sides.1, rows)) else { continue };
        let (first, last) = (a.min(b), a.max(b));
        let top = (first + 1e-6).round().max(0.0) as usize;
        let bottom = ((last - 1e-6).round() as usize).clamp(top + 1, rows.max(top + 1));
        let (from, to) = reach(|v| plane.column(v, columns), columns as f64, bar.from, bar.to, 0.0);
        for y in top..bottom.min(rows) {
            for x in from as usize..(to.ceil() as usize).min(columns) {
                let covered = ((to - x as f64).min(1.0) - (from - x as f64).max(0.0)).max(0.0);
                let starts = from <= x as f64 + 1e-9;
                if let Some(c) = partial(canvas, bar.role, covered, starts, x as f64 + 1.0 > to, &GROWING) {
                    canvas.set(plane.left + x, plane.top + y, c, Ink::Role(bar.role));
                }
            }
        }
    }
}

/// The character of a cell that is covered in part: eighths at the bar's end, whole elsewhere.
fn partial(canvas: &Canvas, role: Role, covered: f64, starts: bool, ends: bool, eighths: &[char; 9]) -> Option<char> {
    if covered <= 0.0 {
        return None;
    }
    let full = canvas.fill(role);
    if starts && ends && full == '█' {
        let n = ((covered * 8.0).round() as usize).clamp(1, 8);
        return Some(eighths[n]);
    }
    // The tip of a bar that is hardly there must not vanish.
    (covered >= 0.5 || (starts && ends && covered > 0.1)).then_some(full)
}

fn standing_bars(canvas: &mut Canvas, plane: &Plane<'_>, bars: &[Bar]) {
    let (columns, rows) = (plane.x.cells, plane.y.cells);
    let spans: Vec<(f64, f64, f64, f64, Role)> = bars
        .iter()
        .filter_map(|bar| {
            let (a, b) = (plane.column(bar.sides.0, columns)?, plane.column(bar.sides.1, columns)?);
            let (top, bottom) = reach(|v| plane.row(v, rows), rows as f64, bar.from, bar.to, rows as f64);
            Some((a, b, top, bottom, bar.role))
        })
        .collect();
    for (i, (a, b, top, bottom, role)) in spans.iter().enumerate() {
        // Columns whose middle the bar covers; narrow bars share columns, and the highest of a column is seen.
        let first = (a + 0.5).floor().max(0.0) as usize;
        let last = (b + 0.5).floor().min(columns as f64) as usize;
        let (first, last) = if first < last { (first, last) } else { (a.max(0.0) as usize, a.max(0.0) as usize + 1) };
        let narrow = b - a < 1.0;
        for x in first..last.min(columns) {
            let hidden = narrow
                && spans.iter().enumerate().any(|(j, o)| {
                    j != i && o.1 - o.0 < 1.0 && o.0.max(0.0) as usize == x && a.max(0.0) as usize == x && o.2 < *top
                });
            if hidden {
                continue;
            }
            for y in *top as usize..(bottom.ceil() as usize).min(rows) {
                let covered = ((bottom - y as f64).min(1.0) - (top - y as f64).max(0.0)).max(0.0);
                let starts = *bottom >= y as f64 + 1.0 - 1e-9;
                let ends = *top > y as f64;
                if let Some(c) = partial(canvas, *role, covered, starts, ends, &RISING) {
                    canvas.set(plane.left + x, plane.top + y, c, Ink::Role(*role));
                }
            }
        }
    }
}

fn heat(canvas: &mut Canvas, plane: &Plane<'_>, cells: &[HeatCell]) {
    let (columns, rows) = (plane.x.cells, plane.y.cells);
    // Fields smaller than a cell share it; the strongest is seen.
    let mut seen: Vec<Option<(f64, Role)>> = vec![None; columns * rows];
    for c in cells {
        let ends = |a: Option<f64>, b: Option<f64>, most: usize| -> Option<(usize, usize)> {
            let (a, b) = (a?, b?);
            let (a, b) = (a.min(b).max(0.0), a.max(b).min(most as f64));
            let first = (a + 0.5 - 1e-9).floor() as usize;
            let last = (b + 0.5 - 1e-9).floor() as usize;
            Some(if first < last { (first, last) } else { (a as usize, a as usize + 1) })
        };
        let Some((x0, x1)) = ends(plane.column(c.x.0, columns), plane.column(c.x.1, columns), columns) else {
            continue;
        };
        let Some((y0, y1)) = ends(plane.row(c.y.0, rows), plane.row(c.y.1, rows), rows) else { continue };
        for y in y0..y1.min(rows) {
            for x in x0..x1.min(columns) {
                let cell = &mut seen[y * columns + x];
                if cell.is_none_or(|(value, _)| value < c.value) {
                    *cell = Some((c.value, c.role));
                }
            }
        }
    }
    for (i, cell) in seen.into_iter().enumerate() {
        if let Some((_, role)) = cell {
            let shade = canvas.shade(role);
            canvas.put(plane.left + i % columns, plane.top + i / columns, &shade, 1, Ink::Role(role));
        }
    }
}

fn one_box(canvas: &mut Canvas, plane: &Plane<'_>, b: &BoxMark, lying: bool) {
    let middle = (b.sides.0 + b.sides.1) / 2.0;
    let place = |v: f64| if lying { cell_of(plane, v, middle) } else { cell_of(plane, middle, v) };
    let ink = Ink::Role(b.role);
    let (Some(low), Some(q1), Some(median), Some(q3), Some(high)) =
        (place(b.low), place(b.q1), place(b.median), place(b.q3), place(b.high))
    else {
        return;
    };
    let steps = |a: (usize, usize), z: (usize, usize)| -> Vec<(usize, usize)> {
        if lying {
            (a.0.min(z.0)..=a.0.max(z.0)).map(|x| (x, a.1)).collect()
        } else {
            (a.1.min(z.1)..=a.1.max(z.1)).map(|y| (a.0, y)).collect()
        }
    };
    let (along, begin, end) = if lying { ('─', '├', '┤') } else { ('│', '┴', '┬') };
    for value in &b.outliers {
        if let Some((x, y)) = place(*value) {
            let c = canvas.rule('·');
            canvas.set(x, y, c, ink);
        }
    }
    for (x, y) in steps(low, high) {
        let c = canvas.rule(along);
        canvas.set(x, y, c, ink);
    }
    for (at, c) in [(low, begin), (high, end)] {
        let c = canvas.rule(c);
        canvas.set(at.0, at.1, c, ink);
    }
    for (x, y) in steps(q1, q3) {
        let c = canvas.rule('▒');
        canvas.set(x, y, c, ink);
    }
    let c = if lying { canvas.rule('┃') } else { canvas.rule('━') };
    canvas.set(median.0, median.1, c, Ink::Bold);
}

fn interval(canvas: &mut Canvas, plane: &Plane<'_>, i: &Interval, lying: bool) {
    let place = |v: f64| if lying { cell_of(plane, v, i.at) } else { cell_of(plane, i.at, v) };
    let (Some(low), Some(mid), Some(high)) = (place(i.low), place(i.mid), place(i.high)) else { return };
    let ink = Ink::Role(i.role);
    let (along, begin, end) = if lying { ('─', '├', '┤') } else { ('│', '┴', '┬') };
    let c = canvas.rule(along);
    for x in low.0.min(high.0)..=low.0.max(high.0) {
        for y in low.1.min(high.1)..=low.1.max(high.1) {
            canvas.set(x, y, c, ink);
        }
    }
    for (at, c) in [(low, begin), (high, end), (mid, '•')] {
        let c = canvas.rule(c);
        canvas.set(at.0, at.1, c, ink);
    }
}

fn rule(
    canvas: &mut Canvas,
    plane: &Plane<'_>,
    direction: Direction,
    at: f64,
    role: Role,
    label: Option<&crate::result::figure::Label>,
) {
    let (columns, rows) = (plane.x.cells, plane.y.cells);
    let inside = |v: Option<f64>, most: usize| {
        v.filter(|v| (-1e-6..=most as f64 + 1e-6).contains(v)).map(|v| (v.max(0.0) as usize).min(most - 1))
    };
    let ink = Ink::Role(role);
    match direction {
        Direction::Across => {
            let Some(row) = inside(plane.row(at, rows), rows) else { return };
            let y = plane.top + row;
            if let Some(label) = label {
                let text = label.to_string();
                let wide = safe::width(&safe::line(&text));
                canvas.put_free((plane.left + columns).saturating_sub(wide), y.saturating_sub(1), &text, Ink::Dim);
            }
            let c = canvas.rule('╌');
            for x in plane.left..plane.left + columns {
                if canvas.is_blank(x, y) {
                    canvas.set(x, y, c, ink);
                }
            }
        }
        Direction::Up => {
            let Some(column) = inside(plane.column(at, columns), columns) else { return };
            let x = plane.left + column;
            if let Some(label) = label {
                let text = label.to_string();
                canvas.put_free(x + 1, plane.top, &text, Ink::Dim);
            }
            let c = canvas.rule('╎');
            for y in plane.top..plane.top + rows {
                if canvas.is_blank(x, y) {
                    canvas.set(x, y, c, ink);
                }
            }
        }
    }
}
