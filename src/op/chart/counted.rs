//! Charts that count or add up what falls into a place: bars, lines, heat maps, shares of a whole.

use super::axes::{Edges, LeftOut, Split, assemble, axis_of, check_span, group_notes, split_of, value_axis};
use super::gather::{Gather, Wanted};
use super::groups::{Groups, Sums};
use super::read::{Class, Places, Var, numbers, words};
use super::survey::{Span, Survey};
use super::{Context, Kind, Measure, Plan};
use crate::data::{Dataset, Flow};
use crate::error::{Error, Result};
use crate::op::push::ask::Asked;
use crate::result::figure::{Anchor, Axis, Bar, Figure, HeatCell, Label, Layer, Mark, Panel, Ramp, Role, Spacing};
use crate::result::scale::{self, Bucket};
use crate::text::Msg;

/// Most categories of bars, and along a side of a heat map.
const BARS: usize = 20;
const FIELDS: usize = 30;
/// Most points of a line, and bins along a side of a heat map.
const POINTS: usize = 300;
const BINS: usize = 40;

/// Places along an axis.
pub enum Slots {
    Words(Groups),
    Bins(Edges, Option<Bucket>),
}

impl Slots {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Words(g) => g.len(),
            Self::Bins(e, _) => e.len(),
        }
    }

    /// Whether a column gets words along the axis in this kind of chart.
    fn worded(plan: &Plan<'_>, var: &Var) -> bool {
        match plan.kind {
            Kind::Bar => !matches!(var.class, Class::Moment { .. }),
            Kind::Line => false,
            _ => var.class == Class::Words,
        }
    }
}

/// Where the sums of a place stand.
pub struct Grid {
    /// x, y.
    size: (usize, usize),
    sums: Vec<Sums>,
}

impl Grid {
    /// Of nothing yet.
    pub fn new(slots: &[Slots], split: &Split) -> Self {
        let size = (slots[0].len(), slots.get(1).map_or(1, Slots::len));
        Self { size, sums: vec![Sums::default(); split.cells() * size.0 * size.1] }
    }

    /// The sums of a place.
    pub fn at_mut(&mut self, cell: usize, x: usize, y: usize) -> &mut Sums {
        &mut self.sums[(cell * self.size.0 + x) * self.size.1 + y]
    }

    fn at(&self, cell: usize, x: usize, y: usize) -> &Sums {
        &self.sums[(cell * self.size.0 + x) * self.size.1 + y]
    }
}

/// Draws a chart of this family.
pub fn figure(plan: &Plan<'_>, rows: &mut dyn Gather) -> Asked<Figure> {
    let x = plan.x.as_ref().ok_or_else(|| Error::usage(Msg::new("chart-error-no-column")))?;
    let heat = plan.kind == Kind::Heatmap;
    let sides: Vec<&Var> = if heat { plan.x.iter().chain(&plan.y).collect() } else { vec![x] };
    let worded: Vec<&Var> = sides.iter().copied().filter(|v| Slots::worded(plan, v)).collect();
    let numbered: Vec<&Var> = sides.iter().copied().filter(|v| !Slots::worded(plan, v)).collect();
    let all: Vec<&Var> = worded.iter().copied().chain(Split::vars(plan)).collect();
    let found = rows.survey(&Wanted { plan, worded: &all, weight: plan.measured.as_ref(), numbered: &numbered })?;
    let split = split_of(plan, &found);
    let slots = slots_of(plan, &sides, &found)?;
    let (grid, left) = rows.fill(plan, &sides, &slots, &split)?;
    left.check()?;
    let mut figure = match plan.kind {
        Kind::Heatmap => heat_map(plan, &sides, &slots, &split, &grid, &left)?,
        Kind::Cumulative => shares(plan, x, &slots, &split, &grid, &left),
        Kind::Line => lines(plan, x, &slots, &split, &grid, &left)?,
        _ => bars(plan, x, &slots, &split, &grid, &left)?,
    };
    let mut notes = Vec::new();
    for (var, slot) in sides.iter().zip(&slots) {
        match slot {
            Slots::Words(groups) => notes.extend(group_notes(&split, Some((*var, groups)))),
            // That days are days goes without saying.
            Slots::Bins(_, Some(Bucket::Days(1))) if var.class == (Class::Moment { days: true }) => {}
            Slots::Bins(_, Some(bucket)) => {
                notes.push(Msg::new("chart-note-bucket").with("column", &var.name).with("bucket", bucket.word()));
            }
            Slots::Bins(edges, None) if !unit_wide(edges) => {
                notes.push(Msg::new("chart-note-bins").with("column", &var.name).with("bins", edges.len()));
            }
            Slots::Bins(..) => {}
        }
    }
    if !slots.iter().any(|s| matches!(s, Slots::Words(_))) {
        notes.extend(group_notes(&split, None));
    }
    notes.dedup();
    notes.append(&mut figure.notes);
    figure.notes = notes;
    Ok(figure)
}

/// What decides which words get a place.
pub fn ranked_by(plan: &Plan<'_>) -> Measure {
    if matches!(plan.kind, Kind::Heatmap | Kind::Box) { Measure::Count } else { plan.measure }
}

/// Whether each place holds one whole number.
fn unit_wide(edges: &Edges) -> bool {
    edges.0.windows(2).all(|e| e[1] - e[0] == 1.0)
}

fn slots_of(plan: &Plan<'_>, sides: &[&Var], found: &Survey) -> Result<Vec<Slots>> {
    let (mut tallies, mut spans) = (found.tallies.iter(), found.spans.iter());
    let mut out = Vec::new();
    for var in sides {
        if Slots::worded(plan, var) {
            let most = match plan.chart.bins {
                Some(n) => n as usize,
                None if plan.kind == Kind::Heatmap => FIELDS,
                None => BARS,
            };
            let Some(tally) = tallies.next() else { continue };
            let groups = match plan.chart.columns.is_empty() {
                true => tally.choose(var, most, ranked_by(plan), false),
                false => tally.choose_first(var, most),
            };
            if groups.labels.is_empty() {
                let column = plan.measured.as_ref().map_or(&var.name, |v| &v.name);
                return Err(Error::failed(Msg::new("chart-error-column-empty").with("column", column))
                    .hint(Msg::new("chart-hint-nothing")));
            }
            out.push(Slots::Words(groups));
        } else {
            let Some(span) = spans.next() else { continue };
            check_span(span, var, false)?;
            out.push(bins(plan, var, span));
        }
    }
    Ok(out)
}

fn bins(plan: &Plan<'_>, var: &Var, span: &Span) -> Slots {
    let usual = if plan.kind == Kind::Heatmap { BINS } else { POINTS };
    let most = plan.chart.bins.map_or(usual, |n| n as usize);
    if let Class::Moment { days } = var.class {
        let most = if plan.kind == Kind::Bar && plan.chart.bins.is_none() { 60 } else { most };
        let (edges, bucket) = Edges::calendar(span.lo, span.hi, most, days);
        return Slots::Bins(edges, Some(bucket));
    }
    if span.whole && span.hi - span.lo < most as f64 {
        let n = (span.hi - span.lo) as usize;
        return Slots::Bins(Edges((0..=n + 1).map(|i| span.lo - 0.5 + i as f64).collect()), None);
    }
    let (lo, hi, _) = if plan.kind == Kind::Heatmap { span.ends(false) } else { (span.lo, span.hi, false) };
    Slots::Bins(Edges::round(lo, hi, (hi - lo) / most as f64), None)
}

/// The second pass.
pub fn fill(
    plan: &Plan<'_>,
    dataset: &Dataset,
    context: &Context,
    sides: &[&Var],
    slots: &[Slots],
    split: &Split,
) -> Result<(Grid, LeftOut)> {
    let value = plan.measured.as_ref();
    let places = Places::of(sides.iter().copied().chain(value).chain(Split::vars(plan)));
    let mut grid = Grid::new(slots, split);
    let size = grid.size;
    let mut left = LeftOut::default();
    dataset.scan(
        places.list(),
        &context.control,
        |part| {
            let mut left = LeftOut::default();
            let cells = split.of(&places, &part)?;
            let sorted: Vec<Vec<Option<u32>>> = sides
                .iter()
                .zip(slots)
                .map(|(var, slot)| placed(&places, &part, var, slot, &mut left))
                .collect::<Result<_>>()?;
            let values = value.map(|v| numbers(places.column(&part, v)?, v.class)).transpose()?;
            let mut sums = vec![Sums::default(); split.cells() * size.0 * size.1];
            for row in 0..part.height() {
                let Some(x) = sorted[0][row] else { continue };
                let y = match sorted.get(1) {
                    Some(y) => match y[row] {
                        Some(y) => y as usize,
                        None => continue,
                    },
                    None => 0,
                };
                let v = values.as_ref().map_or(0.0, |v| v[row]);
                if left.takes(v, false) {
                    left.used += 1;
                    sums[(cells.cell(row) * size.0 + x as usize) * size.1 + y].add(v);
                }
            }
            Ok((sums, left))
        },
        |(sums, more)| {
            for (all, part) in grid.sums.iter_mut().zip(&sums) {
                all.merge(part);
            }
            left.merge(&more);
            Ok(Flow::Continue)
        },
    )?;
    context.control.check()?;
    Ok((grid, left))
}

/// The place of each row of a part along one side.
fn placed(
    places: &Places,
    part: &polars::prelude::DataFrame,
    var: &Var,
    slot: &Slots,
    left: &mut LeftOut,
) -> Result<Vec<Option<u32>>> {
    let column = places.column(part, var)?;
    match slot {
        Slots::Words(groups) => {
            let coded = words(column, &var.kind)?;
            let at = groups.places(&coded);
            Ok(coded
                .codes
                .iter()
                .map(|code| {
                    let place = at[*code as usize].map(|p| p as u32);
                    left.missing += u64::from(place.is_none());
                    place
                })
                .collect())
        }
        Slots::Bins(edges, _) => Ok(numbers(column, var.class)?
            .into_iter()
            .map(|v| {
                let place = if left.takes(v, false) { edges.place(v).map(|p| p as u32) } else { return None };
                left.outside += u64::from(place.is_none());
                place
            })
            .collect()),
    }
}

fn measured(plan: &Plan<'_>) -> Msg {
    plan.measure.of(plan.measured.as_ref().map_or("", |v| v.name.as_str()))
}

fn value_class(plan: &Plan<'_>) -> Class {
    match (&plan.y, plan.measure) {
        (Some(y), m) if m != Measure::Count => y.class,
        _ => Class::Number,
    }
}

fn title(plan: &Plan<'_>, x: &Var) -> Label {
    Msg::new("chart-title-by").with("what", measured(plan)).with("column", &x.name).into()
}

/// An axis for values between these ends; moments are shown as such.
fn measure_axis(plan: &Plan<'_>, lo: f64, hi: f64) -> Result<Axis> {
    let class = value_class(plan);
    if let (Class::Moment { .. } | Class::Clock, Some(y)) = (class, &plan.y) {
        return Ok(axis_of(y, lo, hi, false, false));
    }
    if plan.log() && hi <= 0.0 {
        return Err(Error::failed(Msg::new("chart-error-not-positive").with("column", measured(plan).to_string()))
            .hint(Msg::new("chart-hint-nothing")));
    }
    Ok(value_axis(measured(plan).into(), class, lo, hi, plan.log()))
}

/// The smallest and greatest of values; with the logarithm only those above zero count.
fn reach(values: impl Iterator<Item = f64>, log: bool) -> (f64, f64) {
    values
        .filter(|v| v.is_finite() && (!log || *v > 0.0))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), v| (lo.min(v), hi.max(v)))
}

fn bars(plan: &Plan<'_>, x: &Var, slots: &[Slots], split: &Split, grid: &Grid, left: &LeftOut) -> Result<Figure> {
    let colours = split.colours.len();
    let stacked = colours > 1 && plan.measure.adds_up() && !plan.log();
    let n = grid.size.0;
    let lying = matches!(slots[0], Slots::Words(_));
    let mut drawn: Vec<Vec<Bar>> = Vec::new();
    for facet in 0..split.facets.len() {
        let mut bars = Vec::new();
        for i in 0..n {
            let (side, other) = match &slots[0] {
                Slots::Words(_) => (i as f64 - 0.4, i as f64 + 0.4),
                Slots::Bins(edges, _) => {
                    let (a, b) = edges.sides(i);
                    (a + (b - a) * 0.06, b - (b - a) * 0.06)
                }
            };
            let (mut above, mut below) = (0.0, 0.0);
            for c in 0..colours {
                let Some(v) = grid.at(facet * colours + c, i, 0).get(plan.measure) else { continue };
                if v == 0.0 && (colours > 1 || !lying) {
                    continue;
                }
                let is_rest = matches!(&slots[0], Slots::Words(g) if g.others == Some(i));
                let role = if is_rest && colours == 1 { Role::Others } else { split.role(c) };
                if stacked {
                    let base = if v >= 0.0 { &mut above } else { &mut below };
                    bars.push(Bar { sides: (side, other), from: *base, to: *base + v, role });
                    *base += v;
                } else {
                    let wide = (other - side) / colours as f64;
                    let side = side + wide * c as f64;
                    bars.push(Bar { sides: (side, side + wide), from: 0.0, to: v, role });
                }
            }
        }
        drawn.push(bars);
    }
    let lone = colours == 1 && split.facets.len() <= 4 && lying;
    let (lo, hi) = reach(drawn.iter().flatten().map(|b| b.to), plan.log());
    // Room for the number after the longest bar.
    let values = measure_axis(plan, lo, if lone && hi > 0.0 { hi * 1.1 } else { hi })?;
    let named = match &slots[0] {
        Slots::Words(groups) => {
            Axis { label: Some(x.name.as_str().into()), ..Axis::categories(groups.labels.clone(), true) }
        }
        Slots::Bins(edges, _) => {
            let ends = (edges.0[0], edges.0[edges.len()]);
            Axis { grid: false, ..axis_of(x, ends.0, ends.1, false, false) }
        }
    };
    // Where bars begin: at zero, or where the axis does.
    let base = if values.lo > 0.0 || values.spacing == Spacing::Time { values.lo } else { 0.0 };
    let panels = drawn
        .into_iter()
        .enumerate()
        .map(|(facet, mut bars)| {
            if !stacked {
                bars.iter_mut().for_each(|b| b.from = base);
            }
            let texts: Vec<Layer> = bars
                .iter()
                .filter(|_| lone && value_class(plan) == Class::Number)
                .map(|b| Layer::Text {
                    x: b.to.max(base),
                    y: (b.sides.0 + b.sides.1) / 2.0,
                    text: scale::short(b.to).into(),
                    anchor: Anchor::Start,
                    role: Role::Ink,
                })
                .collect();
            let (x, y) = if lying { (values.clone(), named.clone()) } else { (named.clone(), values.clone()) };
            let layers = std::iter::once(Layer::Bars { lying, bars }).chain(texts).collect();
            Panel { title: split.panel_title(facet), x, y, layers }
        })
        .collect();
    Ok(assemble(plan, split, title(plan, x), left, panels, Mark::Fill))
}

fn lines(plan: &Plan<'_>, x: &Var, slots: &[Slots], split: &Split, grid: &Grid, left: &LeftOut) -> Result<Figure> {
    let Slots::Bins(edges, bucket) = &slots[0] else { return Err(x.unfit(plan.kind)) };
    // A bucket of time stands at its start, a bin of numbers at its middle.
    let at = |i: usize| if bucket.is_some() { edges.0[i] } else { edges.middle(i, false) };
    let colours = split.colours.len();
    let series: Vec<Vec<(f64, f64)>> = (0..split.cells())
        .map(|cell| {
            let filled: Vec<usize> = (0..edges.len()).filter(|i| grid.at(cell, *i, 0).n > 0).collect();
            let (Some(first), Some(last)) = (filled.first(), filled.last()) else { return Vec::new() };
            (*first..=*last)
                .filter_map(|i| {
                    let sums = grid.at(cell, i, 0);
                    // Nothing happened is a fact for counts and sums, and no value for the rest.
                    let v = sums.get(plan.measure).or((plan.measure == Measure::Sum).then_some(0.0))?;
                    (!plan.log() || v > 0.0).then_some((at(i), v))
                })
                .collect()
        })
        .collect();
    let (lo, hi) = reach(series.iter().flatten().map(|p| p.1), plan.log());
    let mut values = measure_axis(plan, lo, hi)?;
    if !plan.measure.adds_up() && !plan.log() && value_class(plan) == Class::Number && lo > 0.0 && lo > hi * 0.5 {
        // A line need not stand on zero where that would flatten it.
        values =
            super::axes::axis(measured(plan).into(), Class::Number, scale::linear(lo, hi, 6, true), Spacing::Linear);
    }
    let (first, last) = reach(series.iter().flatten().map(|p| p.0), false);
    let along = axis_of(x, first, last, false, false);
    let panels = (0..split.facets.len())
        .map(|facet| {
            let mut layers = Vec::new();
            for c in 0..colours {
                let points = &series[facet * colours + c];
                if points.is_empty() {
                    continue;
                }
                let role = split.role(c);
                layers.push(Layer::Line { points: points.clone(), role, width: 1.0, dashed: false, steps: false });
                if points.len() <= 40 {
                    layers.push(Layer::Points { points: points.clone(), roles: vec![role], size: 1.0 });
                }
            }
            Panel { title: split.panel_title(facet), x: along.clone(), y: values.clone(), layers }
        })
        .collect();
    Ok(assemble(plan, split, title(plan, x), left, panels, Mark::Line))
}

fn side_axis(var: &Var, slots: &Slots, down: bool) -> Axis {
    match slots {
        Slots::Words(g) => Axis { label: Some(var.name.as_str().into()), ..Axis::categories(g.labels.clone(), down) },
        Slots::Bins(edges, _) => Axis { grid: false, ..axis_of(var, edges.0[0], edges.0[edges.len()], false, false) },
    }
}

/// How values become colours.
struct Shades {
    lo: f64,
    hi: f64,
    log: bool,
}

impl Shades {
    /// Values on both sides of zero diverge from it. Others begin at zero, where none is below; means and single values,
    /// which stand for no amount, begin at the smallest.
    fn of(plan: &Plan<'_>, values: impl Iterator<Item = f64>) -> Result<Self> {
        let (count, log) = (plan.measure == Measure::Count, plan.log());
        let (lo, hi) = reach(values, log && !count);
        if lo > hi {
            return Err(Error::failed(Msg::new("chart-error-not-positive").with("column", measured(plan).to_string()))
                .hint(Msg::new("chart-hint-nothing")));
        }
        let (lo, hi) = match (log, plan.measure.adds_up()) {
            _ if count => (0.0, hi.max(1.0)),
            (true, _) => (lo, hi),
            _ if lo < 0.0 && hi > 0.0 => (lo.min(-hi), hi.max(-lo)),
            (_, true) => (lo.min(0.0), hi.max(0.0)),
            _ => (lo, hi),
        };
        Ok(Self { lo, hi, log })
    }

    fn diverging(&self) -> bool {
        self.lo < 0.0 && self.hi > 0.0
    }

    /// The colour of a value; none where the logarithm has no place for it.
    fn role(&self, v: f64) -> Option<Role> {
        let part = |v: f64, lo: f64, hi: f64| if hi > lo { (v - lo) / (hi - lo) } else { 1.0 };
        Some(match self.log {
            true if self.lo == 0.0 => Role::Level(part((v + 1.0).ln(), 0.0, (self.hi + 1.0).ln()) as f32),
            true if v > 0.0 => Role::Level(part(v.ln(), self.lo.ln(), self.hi.ln()) as f32),
            true => return None,
            false if self.diverging() => Role::Diverging((v / self.hi) as f32),
            false => Role::Level(part(v, self.lo, self.hi) as f32),
        })
    }
}

fn heat_map(
    plan: &Plan<'_>,
    sides: &[&Var],
    slots: &[Slots],
    split: &Split,
    grid: &Grid,
    left: &LeftOut,
) -> Result<Figure> {
    let (x, y) = (sides[0], sides[1]);
    let value = |sums: &Sums| sums.get(plan.measure).filter(|v| plan.measure != Measure::Count || *v > 0.0);
    let shades = Shades::of(plan, grid.sums.iter().filter_map(value))?;
    let ends = |slots: &Slots, i: usize| match slots {
        Slots::Words(_) => (i as f64 - 0.5, i as f64 + 0.5),
        Slots::Bins(edges, _) => edges.sides(i),
    };
    let axes = (side_axis(x, &slots[0], false), side_axis(y, &slots[1], true));
    let panels = (0..split.facets.len())
        .map(|facet| {
            let mut cells = Vec::new();
            for i in 0..grid.size.0 {
                for j in 0..grid.size.1 {
                    let Some(value) = value(grid.at(facet, i, j)) else { continue };
                    let Some(role) = shades.role(value) else { continue };
                    cells.push(HeatCell { x: ends(&slots[0], i), y: ends(&slots[1], j), value, role });
                }
            }
            let layers = vec![Layer::Heat { cells }];
            Panel { title: split.panel_title(facet), x: axes.0.clone(), y: axes.1.clone(), layers }
        })
        .collect();
    let pair = Msg::new("chart-title-heat").with("x", &x.name).with("y", &y.name);
    let title = match &plan.measured {
        Some(_) => Msg::new("chart-title-by").with("what", measured(plan)).with("column", pair),
        None => pair,
    };
    let mut figure = assemble(plan, split, title.into(), left, panels, Mark::Fill);
    let (lo, hi) = (scale::short(shades.lo), scale::short(shades.hi));
    figure.ramp = Some(Ramp { label: measured(plan).into(), lo, hi, diverging: shades.diverging() });
    Ok(figure)
}

/// Shares of a whole, greatest first, and how they add up.
fn shares(plan: &Plan<'_>, x: &Var, slots: &[Slots], split: &Split, grid: &Grid, left: &LeftOut) -> Figure {
    let Slots::Words(groups) = &slots[0] else {
        return assemble(plan, split, title(plan, x), left, Vec::new(), Mark::Fill);
    };
    let ticks = scale::linear(0.0, 100.0, 5, true);
    let y = super::axes::axis(Msg::new("chart-share").into(), Class::Number, ticks, Spacing::Linear);
    let along = Axis { label: Some(x.name.as_str().into()), ..Axis::categories(groups.labels.clone(), false) };
    let panels = (0..split.facets.len())
        .map(|facet| {
            let values: Vec<f64> =
                (0..grid.size.0).map(|i| grid.at(facet, i, 0).get(plan.measure).unwrap_or(0.0).max(0.0)).collect();
            let whole: f64 = values.iter().sum::<f64>();
            let whole = if whole > 0.0 { whole } else { 1.0 };
            let (mut bars, mut line, mut sum) = (Vec::new(), Vec::new(), 0.0);
            for (i, v) in values.iter().enumerate() {
                sum += v;
                let role = if groups.others == Some(i) { Role::Others } else { Role::Series(0) };
                bars.push(Bar { sides: (i as f64 - 0.4, i as f64 + 0.4), from: 0.0, to: v / whole * 100.0, role });
                line.push((i as f64, sum / whole * 100.0));
            }
            let layers = vec![
                Layer::Bars { lying: false, bars },
                Layer::Line { points: line.clone(), role: Role::Emphasis, width: 1.0, dashed: false, steps: false },
                Layer::Points { points: line, roles: vec![Role::Emphasis], size: 1.0 },
            ];
            Panel { title: split.panel_title(facet), x: along.clone(), y: y.clone(), layers }
        })
        .collect();
    let what = measured(plan);
    let title = Msg::new("chart-title-shares").with("what", what).with("column", &x.name);
    assemble(plan, split, title.into(), left, panels, Mark::Fill)
}
