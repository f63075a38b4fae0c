//! Where title, legend, panels and notes stand in an image, and the axes of each panel.

use super::font;
use super::panel;
use super::paper::{Ink, Paper};
use crate::output::palette::rgb;
use crate::result::figure::{Axis, Figure, Key, Mark, Panel, Role, Spacing};

/// Sizes of letters, in points.
const TITLE: f64 = 19.0;
const TEXT: f64 = 13.0;
const TICK: f64 = 12.0;
const NOTE: f64 = 11.0;
/// Free space around everything.
const MARGIN: f64 = 18.0;

pub const INK: Ink = ((51, 51, 51), 1.0);
pub const DIM: Ink = ((102, 102, 102), 1.0);
const GRID: Ink = ((228, 228, 228), 1.0);
const AXIS: Ink = ((120, 120, 120), 1.0);

/// A rectangle: left, top, right, bottom.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Area {
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

/// Draws a figure on paper of this size.
pub fn paint(paper: &mut dyn Paper, figure: &Figure, width: f64, height: f64) {
    let room = width - 2.0 * MARGIN;
    let mut y = MARGIN;
    for line in font::wrap(&figure.title.to_string(), TITLE, room, 2) {
        paper.text(MARGIN, y + TITLE * 0.85, &line, TITLE, INK);
        y += TITLE * 1.4;
    }
    if let Some(subtitle) = &figure.subtitle {
        for line in font::wrap(&subtitle.to_string(), TEXT, room, 2) {
            paper.text(MARGIN, y + TEXT * 0.85, &line, TEXT, DIM);
            y += TEXT * 1.4;
        }
    }
    y += 4.0;
    y = legend(paper, figure, y, room, height * 0.4);
    let mut bottom = height - MARGIN;
    let lines: Vec<String> =
        figure.notes.iter().flat_map(|n| font::wrap(&n.to_string(), NOTE, room, 3)).take(5).collect();
    for line in lines.iter().rev() {
        paper.text(MARGIN, bottom - NOTE * 0.15, line, NOTE, DIM);
        bottom -= NOTE * 1.45;
    }
    if !lines.is_empty() {
        bottom -= 4.0;
    }
    panels(paper, figure, Area { left: MARGIN, top: y + 4.0, right: width - MARGIN, bottom });
}

/// Keys of groups and of the scale of colours; gives where what follows may begin.
fn legend(paper: &mut dyn Paper, figure: &Figure, top: f64, room: f64, lowest: f64) -> f64 {
    let mut y = top;
    if !figure.legend.is_empty() {
        let mut x = MARGIN;
        if let Some(title) = &figure.legend_title {
            let title = font::fit(&title.to_string(), TEXT, room / 3.0);
            paper.text(x, y + TEXT, &title, TEXT, DIM);
            x += font::width(&title, TEXT) + 14.0;
        }
        for key in &figure.legend {
            let text = font::fit(&key.label.to_string(), TEXT, room / 2.0);
            let wide = 20.0 + font::width(&text, TEXT) + 16.0;
            if x + wide > MARGIN + room + 16.0 && x > MARGIN {
                x = MARGIN;
                y += TEXT * 1.5;
                if y > lowest {
                    break;
                }
            }
            key_mark(paper, key, x, y + TEXT * 0.6);
            paper.text(x + 20.0, y + TEXT, &text, TEXT, INK);
            x += wide;
        }
        y += TEXT * 1.7;
    }
    if let Some(ramp) = &figure.ramp {
        let label = font::fit(&ramp.label.to_string(), TEXT, room / 2.0);
        paper.text(MARGIN, y + TEXT, &label, TEXT, DIM);
        let mut x = MARGIN + font::width(&label, TEXT) + 14.0;
        paper.text(x, y + TEXT, &ramp.lo, TEXT, INK);
        x += font::width(&ramp.lo, TEXT) + 8.0;
        const STEPS: u8 = 60;
        let wide = 150.0 / f64::from(STEPS);
        for i in 0..STEPS {
            let share = f32::from(i) / f32::from(STEPS - 1);
            let role = if ramp.diverging { Role::Diverging(share * 2.0 - 1.0) } else { Role::Level(share) };
            let left = x + f64::from(i) * wide;
            paper.rect((left, y + 1.0), (left + wide + 0.3, y + TEXT + 2.0), (rgb(role), 1.0));
        }
        paper.text(x + 158.0, y + TEXT, &ramp.hi, TEXT, INK);
        y += TEXT * 1.7;
    }
    y
}

fn key_mark(paper: &mut dyn Paper, key: &Key, x: f64, middle: f64) {
    let ink = (rgb(key.role), 1.0);
    match key.mark {
        Mark::Fill => paper.rect((x, middle - 5.5), (x + 14.0, middle + 5.5), ink),
        Mark::Line => paper.line(&[(x, middle), (x + 15.0, middle)], 2.5, ink),
        Mark::Point => paper.disc((x + 7.0, middle), 4.5, ink),
    }
}

/// How many panels stand side by side.
pub fn columns(figure: &Figure) -> usize {
    let n = figure.panels.len();
    let usual = match n {
        0 | 1 => 1,
        2 | 4 => 2,
        3 | 5 | 6 | 9 => 3,
        _ => 4,
    };
    figure.columns.unwrap_or(usual).clamp(1, n.max(1))
}

fn panels(paper: &mut dyn Paper, figure: &Figure, area: Area) {
    let n = figure.panels.len();
    if n == 0 || area.height() < 30.0 {
        return;
    }
    let across = columns(figure);
    let down = n.div_ceil(across);
    // Panels on the same axes share the words along them.
    let same = |f: fn(&Panel) -> &Axis| n > 1 && figure.panels.windows(2).all(|p| f(&p[0]) == f(&p[1]));
    let (same_x, same_y) = (same(|p| &p.x), same(|p| &p.y));
    const GAP: f64 = 18.0;
    let gutter = |p: &Panel| gutter(&p.y, area.width() / across as f64);
    let shared = figure.panels.first().map_or(0.0, gutter);
    let lead = if same_y { shared } else { 0.0 };
    let wide = (area.width() - lead - GAP * (across - 1) as f64) / across as f64;
    let high = (area.height() - GAP * 0.5 * (down - 1) as f64) / down as f64;
    for (i, p) in figure.panels.iter().enumerate() {
        let (row, column) = (i / across, i % across);
        let left = area.left + lead + column as f64 * (wide + GAP);
        let top = area.top + row as f64 * (high + GAP * 0.5);
        let place = Area { left, top, right: left + wide, bottom: top + high };
        let own = if same_y { 0.0 } else { gutter(p) };
        let lowest = i + across >= n;
        one(paper, p, place, own, !same_y || column == 0, !same_x || lowest);
    }
}

/// Room for the words along the left axis.
fn gutter(y: &Axis, width: f64) -> f64 {
    let widest = y.ticks.iter().map(|t| font::width(&t.text.to_string(), TICK)).fold(0.0, f64::max);
    widest.min(width * 0.34) + 9.0
}

fn one(paper: &mut dyn Paper, p: &Panel, place: Area, own: f64, words_y: bool, words_x: bool) {
    let mut top = place.top;
    if let Some(title) = &p.title {
        let title = font::fit(&title.to_string(), TEXT, place.width());
        paper.text(place.left, top + TEXT, &title, TEXT, INK);
        top += TEXT * 1.5;
    }
    if let Some(label) = p.y.label.as_ref().filter(|_| words_y) {
        let label = font::fit(&label.to_string(), TICK, place.width());
        // It stands over the axis, level: no one has to turn their head, and Japanese stays readable.
        paper.text(
            place.left - if own > 0.0 { 0.0 } else { (place.left - MARGIN).min(40.0) },
            top + TICK,
            &label,
            TICK,
            DIM,
        );
    }
    if p.y.label.is_some() {
        top += TICK * 1.9;
    }
    // Panels without words below still leave a little room, so that rows of panels do not touch.
    let below = TICK * 1.6 + if p.x.label.is_some() { TICK * 1.4 } else { 0.0 };
    let area = Area { left: place.left + own, top: top + 2.0, right: place.right, bottom: place.bottom - below };
    if area.width() < 10.0 || area.height() < 10.0 {
        return;
    }
    grid(paper, p, area);
    for layer in &p.layers {
        panel::draw(paper, p, layer, area);
    }
    frame(paper, p, area);
    if words_y {
        ticks_y(paper, &p.y, area, if own > 0.0 { own } else { area.left - MARGIN });
    }
    if words_x {
        ticks_x(paper, &p.x, area);
        if let Some(label) = &p.x.label {
            let label = font::fit(&label.to_string(), TICK, area.width());
            let x = area.right - font::width(&label, TICK);
            paper.text(x, area.bottom + TICK * 2.85, &label, TICK, DIM);
        }
    }
}

/// The place of a position, in points.
pub fn x_of(axis: &Axis, area: Area, v: f64) -> f64 {
    area.left + axis.at(v) * area.width()
}

/// The place of a position, in points from the top.
pub fn y_of(axis: &Axis, area: Area, v: f64) -> f64 {
    area.bottom - axis.at(v) * area.height()
}

fn grid(paper: &mut dyn Paper, p: &Panel, area: Area) {
    if p.x.grid {
        for t in &p.x.ticks {
            let x = x_of(&p.x, area, t.at);
            paper.line(&[(x, area.top), (x, area.bottom)], 1.0, GRID);
        }
    }
    if p.y.grid {
        for t in &p.y.ticks {
            let y = y_of(&p.y, area, t.at);
            paper.line(&[(area.left, y), (area.right, y)], 1.0, GRID);
        }
    }
}

fn frame(paper: &mut dyn Paper, p: &Panel, area: Area) {
    if p.y.spacing == Spacing::Category {
        paper.line(&[(area.left, area.top), (area.left, area.bottom)], 1.0, AXIS);
    } else {
        paper.line(&[(area.left, area.bottom), (area.right, area.bottom)], 1.0, AXIS);
    }
}

fn ticks_y(paper: &mut dyn Paper, axis: &Axis, area: Area, room: f64) {
    let mut last: Option<f64> = None;
    let mut places: Vec<(f64, String)> =
        axis.ticks.iter().map(|t| (y_of(axis, area, t.at), t.text.to_string())).collect();
    places.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (y, text) in places {
        if !(area.top - 1.0..=area.bottom + 1.0).contains(&y) || last.is_some_and(|l| l - y < TICK * 1.02) {
            continue;
        }
        let text = font::fit(&text, TICK, room - 7.0);
        let x = area.left - 6.0 - font::width(&text, TICK);
        paper.text(x, y + TICK * 0.36, &text, TICK, INK);
        last = Some(y);
    }
}

fn ticks_x(paper: &mut dyn Paper, axis: &Axis, area: Area) {
    let category = axis.spacing == Spacing::Category;
    let slot = area.width() / axis.ticks.len().max(1) as f64;
    // Words of categories may be cut before some are left out.
    let fitted =
        |text: &str| if category { font::fit(text, TICK, (slot - 4.0).max(TICK * 3.2)) } else { text.to_owned() };
    let places: Vec<(f64, String, f64)> = axis
        .ticks
        .iter()
        .map(|t| {
            let text = fitted(&t.text.to_string());
            let wide = font::width(&text, TICK);
            (x_of(axis, area, t.at), text, wide)
        })
        .filter(|(x, _, _)| (area.left - 1.0..=area.right + 1.0).contains(x))
        .collect();
    let clear = |every: usize| {
        let kept: Vec<_> = places.iter().step_by(every).collect();
        kept.windows(2).all(|w| w[0].0 + w[0].2 / 2.0 + 8.0 <= w[1].0 - w[1].2 / 2.0)
    };
    let every = (1..=places.len().max(1)).find(|n| clear(*n)).unwrap_or(1);
    for (i, (x, text, wide)) in places.iter().enumerate() {
        if !category {
            paper.line(&[(*x, area.bottom), (*x, area.bottom + 4.0)], 1.0, AXIS);
        }
        if i % every == 0 {
            let left = (x - wide / 2.0).min(area.right + MARGIN - 4.0 - wide).max(0.0);
            paper.text(left, area.bottom + TICK * 1.45, text, TICK, INK);
        }
    }
}
