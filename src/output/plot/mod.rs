//! A figure as the cells of a terminal: braille, blocks or ASCII. Computes nothing, knows no terminal and moves no cursor:
//! the interface and the headless program put the lines where they want them.

mod area;
mod canvas;
mod layers;

use self::area::{Frame, gutter};
use self::canvas::Canvas;
use super::palette;
use crate::result::figure::{Figure, Mark, Panel, Ramp, Role, Spacing};
use crate::text::{Msg, is_unicode, safe};

/// Which characters a terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// All, braille patterns among them.
    Braille,
    /// Blocks and lines, no braille.
    Blocks,
    /// ASCII only.
    Ascii,
}

impl Glyphs {
    /// What a terminal can show, by its name and its locale's encoding.
    pub fn of(term: &str, utf8: bool) -> Self {
        match (utf8, term) {
            (false, _) => Self::Ascii,
            // The console of Linux has fonts of at most 512 characters.
            (true, "linux") => Self::Blocks,
            (true, _) => Self::Braille,
        }
    }
}

impl Glyphs {
    /// What the terminal of this process can show.
    pub fn from_env() -> Self {
        Self::of(&std::env::var("TERM").unwrap_or_default(), is_unicode())
    }
}

/// How a figure is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlotOptions {
    /// Width in cells.
    pub width: usize,
    /// Height in lines.
    pub height: usize,
    /// The characters to use.
    pub glyphs: Glyphs,
    /// Whether colours tell groups apart; otherwise characters do.
    pub colour: bool,
}

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ink {
    /// As the terminal writes.
    Plain,
    /// Strong.
    Bold,
    /// Faint.
    Dim,
    /// In the colour of a role.
    Role(Role),
}

/// Neighbouring cells that look the same. The text is safe for a terminal.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The characters.
    pub text: String,
    /// Their look.
    pub ink: Ink,
}

/// One line.
pub type Line = Vec<Span>;

/// Narrowest and lowest panel that says something.
const PANEL: (usize, usize) = (26, 7);

/// How many panels stand side by side.
fn across(figure: &Figure, width: usize) -> usize {
    super::image::columns(figure).min((width / PANEL.0).max(1))
}

/// A good height for a figure on a screen of this width, in lines: every category of bars has a line, every panel has room.
pub fn natural_height(figure: &Figure, width: usize) -> usize {
    let around = 5 + figure.notes.len().min(4) + usize::from(!figure.legend.is_empty() || figure.ramp.is_some());
    let panel = |p: &Panel| match p.y.spacing {
        Spacing::Category => p.y.ticks.len() * layers::rows_each(p) + 4,
        _ if figure.panels.len() > 1 => 11,
        _ => 17,
    };
    let down = figure.panels.len().div_ceil(across(figure, width));
    around + figure.panels.iter().map(panel).max().unwrap_or(10) * down.max(1)
}

/// Draws a figure.
pub fn plot(figure: &Figure, options: &PlotOptions) -> Vec<Line> {
    let (width, height) = (options.width, options.height);
    let mut canvas = Canvas::new(width, height, *options);
    if width < 8 || height < 4 {
        canvas.put(0, 0, &figure.title.to_string(), width, Ink::Bold);
        return canvas.lines();
    }
    canvas.put(0, 0, &figure.title.to_string(), width, Ink::Bold);
    let mut top = 1;
    if let Some(subtitle) = &figure.subtitle
        && height >= 8
    {
        canvas.put(0, top, &subtitle.to_string(), width, Ink::Dim);
        top += 1;
    }
    top += legend(&mut canvas, figure, top, if height < 14 { 1 } else { 3 });
    let mut notes: Vec<Msg> = figure.notes.clone();
    let room = if height < 14 { 1 } else { 4 };
    let across = across(figure, width);
    let down = figure.panels.len().div_ceil(across).max(1);
    let mut bottom = height;
    let fits = ((bottom.saturating_sub(top + notes.len().min(room))) / PANEL.1).clamp(1, down);
    let shown = (fits * across).min(figure.panels.len());
    if shown < figure.panels.len() {
        notes.insert(0, Msg::new("plot-more-panels").with("count", figure.panels.len() - shown));
    }
    let lines: Vec<String> = notes.iter().flat_map(|n| safe::wrap(&n.to_string(), width, 2).0).take(room).collect();
    bottom -= lines.len();
    let cut = panels(&mut canvas, figure, shown, across, (top, bottom));
    for (i, line) in lines.iter().enumerate() {
        canvas.put(0, bottom + i, line, width, Ink::Dim);
    }
    if cut > 0 {
        // Said where the categories end.
        let text = Msg::new("plot-more-categories").with("count", cut).to_string();
        let y = bottom.saturating_sub(1);
        let end = canvas.put(0, y, &text, width, Ink::Dim);
        if end < width && !canvas.is_blank(end, y) {
            // Half of the axis's own words would say nothing.
            canvas.put(end, y, &" ".repeat(width - end), width, Ink::Dim);
        }
    }
    canvas.lines()
}

/// Draws the panels; gives how many categories did not fit.
fn panels(canvas: &mut Canvas, figure: &Figure, shown: usize, across: usize, (top, bottom): (usize, usize)) -> usize {
    let panels = &figure.panels[..shown];
    let Some(first) = panels.first() else { return 0 };
    let down = shown.div_ceil(across).max(1);
    const GAP: usize = 2;
    let same_y = shown > 1 && panels.windows(2).all(|p| p[0].y == p[1].y);
    let width = canvas.width();
    let each = width / across;
    let lead = if same_y { gutter(&first.y, each) } else { 0 };
    let wide = (width - lead).saturating_sub(GAP * (across - 1)) / across;
    let high = (bottom.saturating_sub(top)) / down;
    let mut cut = 0;
    for (i, panel) in panels.iter().enumerate() {
        let (row, column) = (i / across, i % across);
        let own = if same_y { 0 } else { gutter(&panel.y, wide) };
        let left = lead + column * (wide + GAP);
        let frame = Frame {
            left: left + own,
            top: top + row * high,
            width: wide.saturating_sub(own),
            height: if row + 1 == down { bottom - (top + row * high) } else { high },
            gutter: if same_y { if column == 0 { lead } else { 0 } } else { own },
        };
        cut = cut.max(area::draw(canvas, panel, frame, GAP));
    }
    cut
}

/// Writes the keys; gives how many lines they took.
fn legend(canvas: &mut Canvas, figure: &Figure, top: usize, most: usize) -> usize {
    let mut lines = 0;
    let width = canvas.width();
    if !figure.legend.is_empty() {
        let mut x = 0;
        if let Some(title) = &figure.legend_title {
            x = canvas.put(0, top, &format!("{title}:"), width / 3, Ink::Dim) + 1;
        }
        for (i, key) in figure.legend.iter().enumerate() {
            let label = key.label.to_string();
            let label = safe::fit(&label, (width / 2).min(24));
            if x + label.width + 3 > width && x > 0 {
                if lines + 1 == most {
                    let left = figure.legend.len() - i;
                    canvas.put(x.min(width.saturating_sub(4)), top + lines, &format!("+{left}"), 4, Ink::Dim);
                    break;
                }
                lines += 1;
                x = 2;
            }
            let mark = canvas.key(key.mark, key.role, i);
            canvas.put(x, top + lines, &mark, 1, Ink::Role(key.role));
            x = canvas.put(x + 2, top + lines, &label.text, label.width, Ink::Plain) + 2;
        }
        lines += 1;
    }
    if let Some(Ramp { label, lo, hi, diverging }) = &figure.ramp {
        let mut x = canvas.put(0, top + lines, &format!("{label} {lo} "), width / 2, Ink::Dim);
        for i in 0..8u8 {
            let share = f32::from(i) / 7.0;
            let role = if *diverging { Role::Diverging(share * 2.0 - 1.0) } else { Role::Level(share) };
            let text = canvas.shade(role);
            x = canvas.put(x, top + lines, &text, 1, Ink::Role(role));
        }
        canvas.put(x + 1, top + lines, hi, width.saturating_sub(x + 1), Ink::Dim);
        lines += 1;
    }
    lines
}

/// The lines as text with the terminal's codes for colours, or without any.
pub fn text(lines: &[Line], colour: bool) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for line in lines {
        let mut written = String::new();
        for span in line {
            let code = match span.ink {
                _ if !colour => None,
                Ink::Plain => None,
                Ink::Bold => Some("1".to_owned()),
                Ink::Dim | Ink::Role(Role::Ink) => Some("2".to_owned()),
                Ink::Role(role) => Some(format!("38;5;{}", palette::indexed(role))),
            };
            match code {
                Some(code) if !span.text.trim().is_empty() => {
                    let _ = write!(written, "\u{1b}[{code}m{}\u{1b}[0m", span.text);
                }
                _ => written.push_str(&span.text),
            }
        }
        out.push_str(written.trim_end_matches(' '));
        out.push('\n');
    }
    out
}

/// Characters that tell groups apart where colours do not.
const MARKS: [char; 8] = ['*', '+', 'x', 'o', '#', '%', '@', '&'];

impl Canvas {
    /// The character of a key of the legend.
    fn key(&self, mark: Mark, role: Role, i: usize) -> String {
        match mark {
            _ if !self.options().colour && mark != Mark::Fill => MARKS[i % MARKS.len()].to_string(),
            Mark::Fill => self.fill(role).to_string(),
            Mark::Line if self.options().glyphs != Glyphs::Ascii => "━".to_owned(),
            Mark::Point if self.options().glyphs != Glyphs::Ascii => "•".to_owned(),
            Mark::Line => "-".to_owned(),
            Mark::Point => "o".to_owned(),
        }
    }
}
