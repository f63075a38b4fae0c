//! A figure as data: axes with their ticks resolved, layers of plain numbers, colours as roles.
//!
//! Whoever makes a figure has done all arithmetic; whoever paints it only puts numbers in their places. Positions are in
//! the units of the axes: numbers as they are, moments as seconds since 1970-01-01T00:00 in the zone shown, categories as
//! 0, 1, 2, …

use std::fmt;

use crate::text::Msg;

/// Words in a figure: as the data give them, or a text in both languages.
#[derive(Clone, Debug, PartialEq)]
pub enum Label {
    /// A name or value out of the data.
    Plain(String),
    /// A text.
    Msg(Msg),
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => f.write_str(text),
            Self::Msg(msg) => msg.fmt(f),
        }
    }
}

impl From<String> for Label {
    fn from(text: String) -> Self {
        Self::Plain(text)
    }
}
impl From<&str> for Label {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}
impl From<Msg> for Label {
    fn from(msg: Msg) -> Self {
        Self::Msg(msg)
    }
}

/// What a colour means; the painters know which colour that is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    /// One of up to eight groups.
    Series(u8),
    /// All that did not get a colour of its own.
    Others,
    /// What the eye should go to.
    Emphasis,
    /// What stands back.
    Muted,
    /// Lines and words of the figure itself.
    Ink,
    /// Something that adds.
    Rise,
    /// Something that takes away.
    Fall,
    /// A quantity from 0 (little) to 1 (much).
    Level(f32),
    /// A quantity from -1 over 0 (neutral) to 1.
    Diverging(f32),
}

/// How many groups have a colour of their own.
pub const SERIES: usize = 8;

/// A place on an axis with words.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where.
    pub at: f64,
    /// What stands there.
    pub text: Label,
}

/// How positions lie on an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// Evenly.
    Linear,
    /// By their logarithm; both ends are above zero.
    Log,
    /// Evenly, as moments.
    Time,
    /// As places in a row: 0, 1, 2, …
    Category,
}

/// One axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What is shown along it, with its unit; none where the ticks say it all.
    pub label: Option<Label>,
    /// How positions lie.
    pub spacing: Spacing,
    /// The position at the left or bottom end.
    pub lo: f64,
    /// The position at the right or top end; less than `lo` where the axis runs the other way.
    pub hi: f64,
    /// Ticks, from `lo` to `hi`.
    pub ticks: Vec<Tick>,
    /// Whether a faint line goes through the panel at each tick.
    pub grid: bool,
}

impl Axis {
    /// Where a position lies: 0 at the beginning of the axis, 1 at its end. Not a number where it lies nowhere.
    pub fn at(&self, v: f64) -> f64 {
        match self.spacing {
            Spacing::Log => (v.log10() - self.lo.log10()) / (self.hi.log10() - self.lo.log10()),
            _ => (v - self.lo) / (self.hi - self.lo),
        }
    }

    /// An axis of categories, the first one at the left or, with `down`, at the top.
    pub fn categories(labels: Vec<Label>, down: bool) -> Self {
        let n = labels.len().max(1) as f64;
        let ticks = labels.into_iter().enumerate().map(|(i, text)| Tick { at: i as f64, text }).collect();
        let (lo, hi) = if down { (n - 0.5, -0.5) } else { (-0.5, n - 0.5) };
        Self { label: None, spacing: Spacing::Category, lo, hi, ticks, grid: false }
    }
}

/// One bar, from one position to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// Where its two long sides lie: on x, or on y for bars that lie.
    pub sides: (f64, f64),
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// Its colour.
    pub role: Role,
}

/// Five numbers of a distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxMark {
    /// Where its two long sides lie.
    pub sides: (f64, f64),
    /// End of the lower whisker.
    pub low: f64,
    /// Lower quartile.
    pub q1: f64,
    /// Median.
    pub median: f64,
    /// Upper quartile.
    pub q3: f64,
    /// End of the upper whisker.
    pub high: f64,
    /// Values beyond the whiskers that are drawn.
    pub outliers: Vec<f64>,
    /// Its colour.
    pub role: Role,
}

/// An estimate with its uncertainty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Where it stands on the other axis.
    pub at: f64,
    /// Lower end.
    pub low: f64,
    /// The estimate.
    pub mid: f64,
    /// Upper end.
    pub high: f64,
    /// Its colour.
    pub role: Role,
}

/// One field of a heat map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeatCell {
    /// Left and right side.
    pub x: (f64, f64),
    /// Lower and upper side.
    pub y: (f64, f64),
    /// The number behind the colour.
    pub value: f64,
    /// Its colour.
    pub role: Role,
}

/// Which way a line across the panel runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From left to right.
    Across,
    /// From bottom to top.
    Up,
}

/// Where words stand in relation to their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// To the right of it.
    Start,
    /// Over it.
    Middle,
    /// To the left of it.
    End,
}

/// Numbers drawn in one way. Layers are painted in order, the first at the back.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// Bars; `lying` ones run along x.
    Bars { lying: bool, bars: Vec<Bar> },
    /// A line through points, or with `steps` a staircase that holds each height up to the next point.
    Line { points: Vec<(f64, f64)>, role: Role, width: f32, dashed: bool, steps: bool },
    /// A surface between two heights, as (x, lower, upper).
    Area { points: Vec<(f64, f64, f64)>, role: Role },
    /// Points; one role for all or one for each. `size` is their diameter, 1 is usual.
    Points { points: Vec<(f64, f64)>, roles: Vec<Role>, size: f32 },
    /// Boxes with whiskers; `lying` ones run along x.
    Boxes { lying: bool, boxes: Vec<BoxMark> },
    /// Estimates with intervals; `lying` ones run along x.
    Intervals { lying: bool, intervals: Vec<Interval> },
    /// Fields of a heat map.
    Heat { cells: Vec<HeatCell> },
    /// A line across the whole panel, with a word where there is room.
    Rule { direction: Direction, at: f64, role: Role, dashed: bool, label: Option<Label> },
    /// Words at a place.
    Text { x: f64, y: f64, text: Label, anchor: Anchor, role: Role },
}

/// One pair of axes and what is drawn in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What sets it apart from the others; none where it is alone.
    pub title: Option<Label>,
    /// Along the bottom.
    pub x: Axis,
    /// Along the left side.
    pub y: Axis,
    /// What is drawn.
    pub layers: Vec<Layer>,
}

/// What a key of the legend looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A filled field.
    Fill,
    /// A line.
    Line,
    /// A point.
    Point,
}

/// One entry of the legend.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The colour.
    pub role: Role,
    /// How it is drawn.
    pub mark: Mark,
    /// What it stands for.
    pub label: Label,
}

/// What the ends of a scale of colours stand for.
#[derive(Clone, Debug, PartialEq)]
pub struct Ramp {
    /// What is shown by colour.
    pub label: Label,
    /// The number at the pale end.
    pub lo: String,
    /// The number at the strong end.
    pub hi: String,
    /// Whether the middle is neutral.
    pub diverging: bool,
}

/// Most panels of a figure.
pub const PANELS: usize = 12;

/// A figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What it shows.
    pub title: Label,
    /// How many rows it is made of, and what is missing.
    pub subtitle: Option<Label>,
    /// What to know when reading it: binned, thinned, sampled, left out.
    pub notes: Vec<Msg>,
    /// One or several pairs of axes, in reading order.
    pub panels: Vec<Panel>,
    /// How many panels stand side by side; none leaves it to the painter.
    pub columns: Option<usize>,
    /// What the colours are about.
    pub legend_title: Option<Label>,
    /// What each colour stands for; empty where there is nothing to tell apart.
    pub legend: Vec<Key>,
    /// What pale and strong colours stand for.
    pub ramp: Option<Ramp>,
}
