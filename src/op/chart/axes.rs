//! What all charts share: groups of colours and panels, axes, places along an axis, notes.

use super::Plan;
use super::groups::{Groups, Tally};
use super::read::{Class, Coded, Places, Var, words};
use super::survey::{Span, Survey};
use crate::error::{Error, Result};
use crate::result::figure::{Axis, Figure, Key, Label, Mark, PANELS, Panel, Role, SERIES, Spacing};
use crate::result::scale::{self, Scaled};
use crate::text::Msg;

/// Ticks an axis is given, about.
const TICKS: usize = 6;

/// Groups told apart by colour and by panel.
pub struct Split {
    /// By colour.
    pub colours: Groups,
    /// By panel.
    pub facets: Groups,
    colour: Option<Var>,
    facet: Option<Var>,
}

impl Split {
    /// The columns that the first pass has to count for it, in the order [`Split::new`] finds their tallies.
    pub fn vars<'a>(plan: &'a Plan<'_>) -> Vec<&'a Var> {
        plan.colour.iter().chain(&plan.facet).collect()
    }

    /// The groups, from the tallies of [`Split::vars`].
    pub fn new(plan: &Plan<'_>, tallies: &[Tally]) -> Self {
        let mut tallies = tallies.iter();
        let mut choose =
            |var: &Option<Var>, most: usize, within: usize| match (var, var.as_ref().and_then(|_| tallies.next())) {
                (Some(var), Some(tally)) => {
                    let all = tally.choose(var, within, super::Measure::Count, true);
                    if all.others.is_some() { tally.choose(var, most, super::Measure::Count, true) } else { all }
                }
                _ => Groups::one(),
            };
        let colours = choose(&plan.colour, SERIES, SERIES);
        // The panel of the others is one of the twelve.
        let facets = choose(&plan.facet, PANELS - 1, PANELS);
        Self { colours, facets, colour: plan.colour.clone(), facet: plan.facet.clone() }
    }

    /// How many cells there are: colours × panels.
    pub fn cells(&self) -> usize {
        self.colours.len() * self.facets.len()
    }

    /// The colour of a group.
    pub fn role(&self, colour: usize) -> Role {
        match (&self.colour, self.colours.others) {
            (None, _) => Role::Series(0),
            (_, Some(o)) if o == colour => Role::Others,
            _ => Role::Series(colour as u8),
        }
    }

    /// What the colours stand for.
    pub fn legend(&self, mark: Mark) -> (Option<Label>, Vec<Key>) {
        let Some(colour) = &self.colour else { return (None, Vec::new()) };
        let keys = self.colours.labels.iter().enumerate();
        let keys = keys.map(|(i, label)| Key { role: self.role(i), mark, label: label.clone() }).collect();
        (Some(colour.name.as_str().into()), keys)
    }

    /// The words over a panel.
    pub fn panel_title(&self, facet: usize) -> Option<Label> {
        let var = self.facet.as_ref()?;
        let label = self.facets.labels.get(facet)?;
        let value = label.to_string();
        Some(match label {
            Label::Plain(_) => format!("{} = {value}", var.name).into(),
            Label::Msg(m) => Msg::new("chart-panel").with("column", &var.name).with("value", m.clone()).into(),
        })
    }

    /// The cell of each row of a part.
    pub fn of(&self, places: &Places, part: &polars::prelude::DataFrame) -> Result<SplitRows> {
        let coded = |var: &Option<Var>, groups: &Groups| -> Result<Option<(Coded, Vec<Option<usize>>)>> {
            let Some(var) = var else { return Ok(None) };
            let coded = words(places.column(part, var)?, &var.kind)?;
            let at = groups.places(&coded);
            Ok(Some((coded, at)))
        };
        Ok(SplitRows {
            colours: coded(&self.colour, &self.colours)?,
            facets: coded(&self.facet, &self.facets)?,
            across: self.colours.len(),
        })
    }
}

/// The cells of a part's rows.
pub struct SplitRows {
    colours: Option<(Coded, Vec<Option<usize>>)>,
    facets: Option<(Coded, Vec<Option<usize>>)>,
    across: usize,
}

impl SplitRows {
    /// The cell of a row: panel × colours + colour.
    #[inline]
    pub fn cell(&self, row: usize) -> usize {
        let at = |side: &Option<(Coded, Vec<Option<usize>>)>| {
            side.as_ref().map_or(0, |(coded, places)| places[coded.codes[row] as usize].unwrap_or(0))
        };
        at(&self.facets) * self.across + at(&self.colours)
    }
}

/// Places along an axis of numbers or moments, between edges.
#[derive(Clone, Debug)]
pub struct Edges(pub Vec<f64>);

impl Edges {
    /// The place that holds a value: its start counts, its end does not, but the end of the last place does.
    #[inline]
    pub fn place(&self, v: f64) -> Option<usize> {
        let last = self.0.len().checked_sub(2)?;
        if !(self.0[0]..=self.0[last + 1]).contains(&v) {
            return None;
        }
        Some((self.0.partition_point(|e| *e <= v) - 1).min(last))
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// Start and end of a place.
    pub fn sides(&self, i: usize) -> (f64, f64) {
        (self.0[i], self.0[i + 1])
    }

    /// The middle of a place.
    pub fn middle(&self, i: usize, log: bool) -> f64 {
        let (a, b) = self.sides(i);
        if log { (a * b).sqrt() } else { a + (b - a) / 2.0 }
    }

    /// `n` places of the same width; of the same ratio with `log`.
    pub fn even(lo: f64, hi: f64, n: usize, log: bool) -> Self {
        let (lo, hi) = if lo < hi {
            (lo, hi)
        } else if log {
            (lo / 2.0, lo * 2.0)
        } else {
            (lo - 0.5, lo + 0.5)
        };
        let at = |i: usize| match i {
            0 => lo,
            i if i == n => hi,
            i if log => 10f64.powf(lo.log10() + (hi.log10() - lo.log10()) * i as f64 / n as f64),
            // The span itself may be beyond the range of doubles.
            i if !(hi - lo).is_finite() => lo * (1.0 - i as f64 / n as f64) + hi * (i as f64 / n as f64),
            i => lo + (hi - lo) * (i as f64 / n as f64),
        };
        Self((0..=n).map(at).collect())
    }

    /// Places of a round width that hold all values; at least one.
    pub fn round(lo: f64, hi: f64, width: f64) -> Self {
        if !(hi - lo).is_finite() || lo >= hi {
            return Self::even(lo, hi, 10, false);
        }
        let width = scale::round_step(width);
        let first = (lo / width + 1e-9).floor();
        let last = ((hi / width - 1e-9).ceil()).max(first + 1.0);
        let n = ((last - first) as usize).min(10_000);
        let mut edges: Vec<f64> = (0..=n).map(|i| scale::multiple(first + i as f64, width)).collect();
        // Rounding must not leave the ends outside.
        if let Some(e) = edges.first_mut() {
            *e = e.min(lo);
        }
        if let Some(e) = edges.last_mut() {
            *e = e.max(hi);
        }
        Self(edges)
    }

    /// Stretches of the calendar, at most `most`, and which ones.
    pub fn calendar(lo: f64, hi: f64, most: usize, days: bool) -> (Self, scale::Bucket) {
        let bucket = scale::Bucket::of(lo, hi, most, days);
        let mut edges = vec![bucket.start(lo)];
        let mut at = edges[0];
        while at <= hi && edges.len() < 20_000 {
            let next = bucket.next(at);
            if next <= at {
                break;
            }
            edges.push(next);
            at = next;
        }
        (Self(edges), bucket)
    }
}

/// Words for a column along an axis, with the unit of its numbers.
fn labelled(label: Label, class: Class, unit: Option<Msg>) -> Label {
    let seconds = (class == Class::Span).then(|| Msg::new("figure-unit-seconds"));
    let with = |label: Label, unit: Msg| -> Label {
        let label = label.to_string();
        Msg::new("figure-label-unit").with("label", label).with("unit", unit).into()
    };
    match (seconds, unit) {
        (Some(s), Some(u)) => with(with(label, s), u),
        (Some(u), None) | (None, Some(u)) => with(label, u),
        (None, None) => label,
    }
}

/// An axis of a column's own values.
pub fn axis_of(var: &Var, lo: f64, hi: f64, log: bool, widen: bool) -> Axis {
    let (scaled, spacing) = match var.class {
        Class::Moment { .. } => (scale::calendar(lo, hi, TICKS), Spacing::Time),
        Class::Clock => (scale::clock(lo, hi, TICKS), Spacing::Linear),
        _ if log => (scale::log(lo, hi), Spacing::Log),
        _ => (scale::linear(lo, hi, TICKS, widen), Spacing::Linear),
    };
    axis(var.name.as_str().into(), var.class, scaled, spacing)
}

/// An axis of a measure: numbers from zero on, or by their logarithm.
pub fn value_axis(label: Label, class: Class, lo: f64, hi: f64, log: bool) -> Axis {
    if log {
        // Whole decades, so that the smallest value has a height too.
        let low = 10f64.powf((lo.log10() - 1e-9).floor());
        return axis(label, class, scale::log(low, hi), Spacing::Log);
    }
    axis(label, class, scale::linear(lo.min(0.0), hi.max(0.0), TICKS, true), Spacing::Linear)
}

/// An axis from a scale.
pub fn axis(label: Label, class: Class, scaled: Scaled, spacing: Spacing) -> Axis {
    let Scaled { lo, hi, ticks, unit } = scaled;
    Axis { label: Some(labelled(label, class, unit)), spacing, lo, hi, ticks, grid: true }
}

/// What was left out and why, gathered while drawing.
#[derive(Clone, Copy, Debug, Default)]
pub struct LeftOut {
    /// Rows drawn or counted.
    pub used: u64,
    /// Rows without a value where one is needed.
    pub missing: u64,
    /// Rows with an infinite value.
    pub infinite: u64,
    /// Rows with a value that has no logarithm.
    pub not_positive: u64,
    /// Rows beyond the ends of the axis.
    pub outside: u64,
}

impl LeftOut {
    /// Adds what others have found.
    pub fn merge(&mut self, other: &Self) {
        self.used += other.used;
        self.missing += other.missing;
        self.infinite += other.infinite;
        self.not_positive += other.not_positive;
        self.outside += other.outside;
    }

    /// Whether a value can be drawn; notes why not.
    #[inline]
    pub fn takes(&mut self, v: f64, log: bool) -> bool {
        if v.is_finite() && (!log || v > 0.0) {
            return true;
        }
        if v.is_nan() {
            self.missing += 1;
        } else if v.is_infinite() {
            self.infinite += 1;
        } else {
            self.not_positive += 1;
        }
        false
    }

    /// How many rows the figure is made of, and how many have no value.
    pub fn subtitle(&self) -> Label {
        match self.missing {
            0 => Msg::new("chart-n").with("rows", self.used).into(),
            missing => Msg::new("chart-n-missing").with("rows", self.used).with("missing", missing).into(),
        }
    }

    /// What else was left out.
    pub fn notes(&self) -> Vec<Msg> {
        [
            ("chart-note-infinite", self.infinite),
            ("chart-note-not-positive", self.not_positive),
            ("chart-note-outside", self.outside),
        ]
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .map(|(id, n)| Msg::new(id).with("rows", n))
        .collect()
    }

    /// An error if nothing is left to draw.
    pub fn check(&self) -> Result<()> {
        if self.used > 0 {
            return Ok(());
        }
        let message = Msg::new("chart-error-nothing").with("missing", self.missing + self.infinite + self.not_positive);
        Err(Error::failed(message).hint(Msg::new("chart-hint-nothing")))
    }
}

/// An error if a column has nothing to draw.
pub fn check_span(span: &Span, var: &Var, log: bool) -> Result<()> {
    if !span.is_empty(log) {
        return Ok(());
    }
    let id = if log && span.n > 0 { "chart-error-not-positive" } else { "chart-error-column-empty" };
    Err(Error::failed(Msg::new(id).with("column", &var.name)).hint(Msg::new("chart-hint-nothing")))
}

/// Notes about groups: which are too many.
pub fn group_notes(split: &Split, x: Option<(&Var, &Groups)>) -> Vec<Msg> {
    let mut notes = Vec::new();
    let pairs =
        [x, split.colour.as_ref().map(|v| (v, &split.colours)), split.facet.as_ref().map(|v| (v, &split.facets))];
    for (var, groups) in pairs.into_iter().flatten() {
        if let Some(shown) = groups.others {
            let id = if groups.uncertain { "chart-note-others-about" } else { "chart-note-others" };
            notes.push(Msg::new(id).with("column", &var.name).with("shown", shown).with("distinct", groups.distinct));
        }
    }
    notes
}

/// Puts a figure together.
pub fn assemble(
    plan: &Plan<'_>,
    split: &Split,
    title: Label,
    left: &LeftOut,
    panels: Vec<Panel>,
    mark: Mark,
) -> Figure {
    let (legend_title, legend) = split.legend(mark);
    Figure {
        title: plan.chart.title.clone().map_or(title, Label::from),
        subtitle: Some(left.subtitle()),
        notes: left.notes(),
        panels,
        columns: None,
        legend_title,
        legend,
        ramp: None,
    }
}

/// The place where the tallies of the groups begin in a survey that has others before them.
pub fn split_of(plan: &Plan<'_>, survey: &Survey) -> Split {
    let from = survey.tallies.len() - Split::vars(plan).len();
    Split::new(plan, &survey.tallies[from..])
}
