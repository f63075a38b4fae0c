//! One panel in cells: its axes and the words along them.

use super::canvas::Canvas;
use super::{Ink, layers};
use crate::result::figure::{Axis, Panel, Spacing};
use crate::text::safe;

/// Where a panel stands.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// First cell of what is drawn, right of the axis's words.
    pub left: usize,
    /// First line, title included.
    pub top: usize,
    /// Cells across, without the words at the left.
    pub width: usize,
    /// Lines, with title and the words below.
    pub height: usize,
    /// Cells for the words at the left; none where another panel shows them.
    pub gutter: usize,
}

/// Room for the words at the left and the line after them.
pub fn gutter(y: &Axis, width: usize) -> usize {
    let widest = y.ticks.iter().map(|t| safe::width(&safe::line(&t.text.to_string()))).max().unwrap_or(0);
    widest.min((width * 2 / 5).max(6)) + 1
}

/// How categories share the cells of a side.
#[derive(Clone, Copy, Debug)]
pub struct Bands {
    /// Cells for each, with the gap after it.
    pub per: usize,
    /// Cells of a bar: all, or all but the gap.
    pub bar: usize,
    /// How many fit.
    pub fit: usize,
}

impl Bands {
    /// Cells from the beginning of the side to a position: bars reach from 0.4 before a category to 0.4 behind it and
    /// leave the gap free, fields from 0.5 to 0.5 and fill it.
    fn at(&self, v: f64) -> f64 {
        let category = (v + 0.5 - 1e-9).floor();
        let off = v - category;
        let inner = ((off + 0.4) / 0.8).clamp(0.0, 1.0) * self.bar as f64;
        let gap = ((off - 0.4) / 0.1).clamp(0.0, 1.0) * (self.per - self.bar) as f64;
        category * self.per as f64 + inner + gap
    }
}

/// How positions along one side become cells.
#[derive(Clone, Copy, Debug)]
pub struct Side {
    /// Cells along it.
    pub cells: usize,
    /// For categories: how they share the cells.
    pub bands: Option<Bands>,
}

impl Side {
    fn new(axis: &Axis, cells: usize, each: usize) -> Self {
        if axis.spacing != Spacing::Category {
            return Self { cells, bands: None };
        }
        let n = axis.ticks.len().max(1);
        let fit = (cells / each).clamp(1, n);
        let per = (cells / fit).max(1);
        let bar = if per > each { per - 1 } else { per };
        Self { cells, bands: Some(Bands { per, bar, fit }) }
    }
}

/// A panel and the cells it is drawn into.
pub struct Plane<'a> {
    /// The panel.
    pub panel: &'a Panel,
    /// First cell of the plane.
    pub left: usize,
    /// First line of the plane.
    pub top: usize,
    /// Along x.
    pub x: Side,
    /// Along y.
    pub y: Side,
}

impl Plane<'_> {
    /// Where a position on x lies, as a share of the plane's width in `steps` steps; none outside.
    pub fn column(&self, v: f64, steps: usize) -> Option<f64> {
        share(&self.panel.x, self.x, v, false).map(|s| s * steps as f64)
    }

    /// Where a position on y lies, in `steps` steps from the top; none outside.
    pub fn row(&self, v: f64, steps: usize) -> Option<f64> {
        share(&self.panel.y, self.y, v, true).map(|s| s * steps as f64)
    }
}

/// Where a position lies from the left or the top, from 0 to 1; may be outside of that.
fn share(axis: &Axis, side: Side, v: f64, from_top: bool) -> Option<f64> {
    let at = match side.bands {
        // Categories have whole cells each, so that none falls between two lines.
        Some(bands) => {
            let up = axis.lo < axis.hi;
            let place = bands.at(v) / side.cells as f64;
            if v > bands.fit as f64 - 0.5 + 1e-9 {
                return None;
            }
            return Some(if from_top && up { 1.0 - place } else { place });
        }
        None => axis.at(v),
    };
    at.is_finite().then_some(if from_top { 1.0 - at } else { at })
}

/// Draws a panel; gives how many categories did not fit.
pub fn draw(canvas: &mut Canvas, panel: &Panel, frame: Frame, margin: usize) -> usize {
    let mut top = frame.top;
    let mut bottom = frame.top + frame.height;
    if let Some(title) = &panel.title {
        canvas.put(frame.left, top, &title.to_string(), frame.width, Ink::Bold);
        top += 1;
    }
    let spare = bottom.saturating_sub(top);
    if let Some(label) = panel.y.label.as_ref().filter(|_| spare >= 8) {
        if frame.gutter > 0 {
            let from = frame.left - frame.gutter;
            // Nothing else stands on this line where panels share their words.
            let room = canvas.width() - from;
            canvas.put(from, top, &label.to_string(), room, Ink::Dim);
        }
        top += 1;
    }
    let below = 2 + usize::from(panel.x.label.is_some() && spare >= 8);
    bottom = bottom.saturating_sub(below);
    if bottom <= top || frame.width < 4 {
        return 0;
    }
    let (rows, columns) = (bottom - top, frame.width);
    let plane = Plane {
        panel,
        left: frame.left,
        top,
        x: Side::new(&panel.x, columns, 1),
        y: Side::new(&panel.y, rows, layers::rows_each(panel)),
    };
    for layer in &panel.layers {
        layers::draw(canvas, &plane, layer);
    }
    left_words(canvas, &plane, frame, rows);
    bottom_words(canvas, &plane, frame, bottom, columns, margin, below > 2);
    let cut = |axis: &Axis, side: Side| side.bands.map_or(0, |b| axis.ticks.len().saturating_sub(b.fit));
    cut(&panel.x, plane.x).max(cut(&panel.y, plane.y))
}

fn left_words(canvas: &mut Canvas, plane: &Plane<'_>, frame: Frame, rows: usize) {
    let x = frame.left.saturating_sub(1);
    if frame.gutter == 0 {
        return;
    }
    for y in plane.top..plane.top + rows {
        let line = canvas.rule('│');
        canvas.set(x, y, line, Ink::Dim);
    }
    let room = frame.gutter - 1;
    let mut taken: Vec<usize> = Vec::new();
    for tick in &plane.panel.y.ticks {
        let Some(row) = plane.row(tick.at, rows) else { continue };
        if !(-0.01..=rows as f64 + 0.01).contains(&row) {
            continue;
        }
        let y = plane.top + (row.max(0.0) as usize).min(rows - 1);
        if taken.contains(&y) {
            continue;
        }
        taken.push(y);
        let text = tick.text.to_string();
        let text = safe::fit(&text, room);
        canvas.put(x - text.width, y, &text.text, room, Ink::Plain);
        if plane.y.bands.is_none() {
            let mark = canvas.rule('┤');
            canvas.set(x, y, mark, Ink::Dim);
        }
    }
}

fn bottom_words(
    canvas: &mut Canvas,
    plane: &Plane<'_>,
    frame: Frame,
    y: usize,
    columns: usize,
    margin: usize,
    label: bool,
) {
    if frame.gutter > 0 {
        let corner = canvas.rule('└');
        canvas.set(frame.left - 1, y, corner, Ink::Dim);
    }
    for x in frame.left..frame.left + columns {
        let line = canvas.rule('─');
        canvas.set(x, y, line, Ink::Dim);
    }
    let axis = &plane.panel.x;
    let slot = match plane.x.bands {
        Some(bands) => bands.bar.max(5),
        None => usize::MAX,
    };
    let mut words: Vec<(usize, usize, usize, String)> = Vec::new();
    for tick in &axis.ticks {
        let Some(at) = plane.column(tick.at, columns).filter(|c| (-0.01..=columns as f64 + 0.01).contains(c)) else {
            continue;
        };
        let column = frame.left + (at.max(0.0) as usize).min(columns - 1);
        let text = tick.text.to_string();
        let text = safe::fit(&text, slot.min(columns));
        // Words may reach over the edge by what is free there.
        let furthest = (frame.left + columns + margin / 2).min(canvas.width());
        let from = column.saturating_sub(text.width / 2).min(furthest.saturating_sub(text.width));
        words.push((column, from, from + text.width, text.text.into_owned()));
    }
    let clear = |every: usize| {
        let kept: Vec<_> = words.iter().step_by(every).collect();
        kept.windows(2).all(|w| w[0].2 < w[1].1)
    };
    let every = (1..=words.len().max(1)).find(|n| clear(*n)).unwrap_or(1);
    for (column, from, to, text) in words.iter().step_by(every) {
        if plane.x.bands.is_none() {
            let mark = canvas.rule('┬');
            canvas.set(*column, y, mark, Ink::Dim);
        }
        canvas.put(*from, y + 1, text, to - from, Ink::Plain);
    }
    if let Some(text) = axis.label.as_ref().filter(|_| label) {
        let text = text.to_string();
        let text = safe::fit(&text, columns);
        canvas.put(frame.left + columns - text.width, y + 2, &text.text, columns, Ink::Dim);
    }
}
