//! Charts of how numbers are spread: histogram, density, cumulative share, boxes.

use super::axes::{Edges, LeftOut, Split, assemble, axis, axis_of, check_span, group_notes, split_of, value_axis};
use super::gather::{Gather, Wanted};
use super::groups::Groups;
use super::read::{Class, Places, Var, numbers, words};
use super::survey::{Sampler, Span, Spread, quantile};
use super::{Context, Kind, Measure, Plan};
use crate::data::{Dataset, Flow};
use crate::error::{Error, Result};
use crate::op::push::ask::Asked;
use crate::result::figure::{Axis, Bar, BoxMark, Figure, Layer, Mark, Panel, Spacing};
use crate::result::scale;
use crate::text::Msg;

/// Places along a density and a cumulative curve.
const CURVE: usize = 500;
/// Most categories of boxes.
const BOXES: usize = 20;
/// Most values kept for all boxes together, and for each at least.
const KEPT: usize = 400_000;
const KEPT_EACH: usize = 2_000;
/// Most outliers drawn for a box.
const OUTLIERS: usize = 50;

/// Draws a chart of this family.
pub fn figure(plan: &Plan<'_>, rows: &mut dyn Gather) -> Asked<Figure> {
    if plan.kind == Kind::Box {
        return boxes(plan, rows);
    }
    let x = plan.x.as_ref().ok_or_else(|| Error::usage(Msg::new("chart-error-no-column")))?;
    let log = plan.log() && !matches!(x.class, Class::Moment { .. } | Class::Clock);
    let found = rows.survey(&Wanted { plan, worded: &Split::vars(plan), weight: None, numbered: &[x] })?;
    let split = split_of(plan, &found);
    let span = &found.spans[0];
    check_span(span, x, log)?;
    let curve = plan.kind != Kind::Histogram;
    let width = if plan.kind == Kind::Density { bandwidth(span, log, span.n) * 3.0 } else { 0.0 };
    let (edges, mut notes) = edges(plan, x, span, log, curve, width);
    let (counts, left) = rows.count(plan, x, &edges, &split, log)?;
    left.check()?;
    let mut figure = match plan.kind {
        Kind::Histogram => histogram(plan, x, &edges, &split, &counts, &left, log),
        Kind::Density => density(plan, x, span, &edges, &split, &counts, &left, log),
        _ => cumulative(plan, x, &edges, &split, &counts, &left, log),
    };
    notes.extend(group_notes(&split, None));
    notes.append(&mut figure.notes);
    figure.notes = notes;
    Ok(figure)
}

/// Where the bins lie, and what to say about them.
fn edges(plan: &Plan<'_>, x: &Var, span: &Span, log: bool, curve: bool, room: f64) -> (Edges, Vec<Msg>) {
    if let Some(n) = plan.chart.bins {
        let lo = if log { span.lo_positive } else { span.lo };
        return (Edges::even(lo, span.hi, n as usize, log), Vec::new());
    }
    let (lo, hi, _) = span.ends(log);
    if curve {
        if span.whole && !log && plan.kind == Kind::Cumulative && hi - lo < CURVE as f64 {
            let n = (hi - lo) as usize + 1;
            return (Edges((0..=n).map(|i| lo - 0.5 + i as f64).collect()), Vec::new());
        }
        let (lo, hi) = if log {
            (lo / 10f64.powf(room), hi * 10f64.powf(room))
        } else {
            ((lo - room).max(f64::MIN), (hi + room).min(f64::MAX))
        };
        return (Edges::even(lo, hi, CURVE, log), Vec::new());
    }
    if let Class::Moment { days } = x.class {
        let (edges, bucket) = Edges::calendar(lo, hi, 60, days);
        return (edges, vec![Msg::new("chart-note-bucket").with("column", &x.name).with("bucket", bucket.word())]);
    }
    if log {
        return (Edges::even(lo, hi, 30, true), Vec::new());
    }
    // D. Freedman and P. Diaconis (1981), within what can be seen.
    let middle = span.quantile(0.75) - span.quantile(0.25);
    let wanted = (hi - lo) / (2.0 * middle / (span.n as f64).cbrt());
    let wanted = if wanted.is_finite() { wanted.clamp(8.0, 50.0) } else { 20.0 };
    let mut width = scale::round_step((hi - lo) / wanted);
    if span.whole {
        width = width.max(1.0);
        if width == 1.0 && hi - lo < 1000.0 {
            let n = (hi - lo) as usize + 1;
            return (Edges((0..=n).map(|i| lo - 0.5 + i as f64).collect()), Vec::new());
        }
    }
    let edges = if lo < hi { Edges::round(lo, hi, width) } else { Edges::even(lo, hi, 1, false) };
    let shown = Msg::new("chart-note-width").with("column", &x.name).with("width", scale::short(width));
    (edges, vec![shown])
}

/// Counts in each bin, and of values before the first one.
pub struct Counts {
    pub bins: Vec<Vec<u64>>,
    pub below: Vec<u64>,
    pub above: Vec<u64>,
}

impl Counts {
    /// Of nothing yet.
    pub fn new(cells: usize, bins: usize) -> Self {
        Self { bins: vec![vec![0; bins]; cells], below: vec![0; cells], above: vec![0; cells] }
    }

    fn total(&self, cell: usize) -> u64 {
        self.bins[cell].iter().sum::<u64>() + self.below[cell] + self.above[cell]
    }
}

/// The second pass.
pub fn count(
    plan: &Plan<'_>,
    dataset: &Dataset,
    context: &Context,
    x: &Var,
    edges: &Edges,
    split: &Split,
    log: bool,
) -> Result<(Counts, LeftOut)> {
    let places = Places::of(std::iter::once(x).chain(Split::vars(plan)));
    let mut counts = Counts::new(split.cells(), edges.len());
    let mut left = LeftOut::default();
    let threads = dataset.scan_fold(
        places.list(),
        &context.control,
        || (Counts::new(split.cells(), edges.len()), LeftOut::default()),
        |(counts, left), part| {
            let cells = split.of(&places, &part)?;
            let values = numbers(places.column(&part, x)?, x.class)?;
            for (row, v) in values.into_iter().enumerate() {
                if !left.takes(v, log) {
                    continue;
                }
                left.used += 1;
                let cell = cells.cell(row);
                match edges.place(v) {
                    Some(bin) => counts.bins[cell][bin] += 1,
                    None => {
                        left.outside += 1;
                        let side = if v < edges.0[0] { &mut counts.below } else { &mut counts.above };
                        side[cell] += 1;
                    }
                }
            }
            Ok(())
        },
    )?;
    context.control.check()?;
    // Whole numbers: the order of the threads makes no difference.
    for (part, more) in threads {
        left.merge(&more);
        for (all, bins) in counts.bins.iter_mut().zip(&part.bins) {
            all.iter_mut().zip(bins).for_each(|(a, b)| *a += b);
        }
        counts.below.iter_mut().zip(&part.below).for_each(|(a, b)| *a += b);
        counts.above.iter_mut().zip(&part.above).for_each(|(a, b)| *a += b);
    }
    Ok((counts, left))
}

fn title(id: &'static str, x: &Var) -> crate::result::figure::Label {
    Msg::new(id).with("column", &x.name).into()
}

fn along(x: &Var, edges: &Edges, log: bool) -> Axis {
    Axis { grid: false, ..axis_of(x, edges.0[0], edges.0[edges.len()], log, false) }
}

fn histogram(
    plan: &Plan<'_>,
    x: &Var,
    edges: &Edges,
    split: &Split,
    counts: &Counts,
    left: &LeftOut,
    log: bool,
) -> Figure {
    let colours = split.colours.len();
    let mut most = 0;
    let mut drawn = Vec::new();
    for facet in 0..split.facets.len() {
        let mut bars = Vec::new();
        for i in 0..edges.len() {
            let mut sum = 0;
            for c in 0..colours {
                let n = counts.bins[facet * colours + c][i];
                if n > 0 {
                    let (from, to) = (sum as f64, (sum + n) as f64);
                    bars.push(Bar { sides: edges.sides(i), from, to, role: split.role(c) });
                    sum += n;
                }
            }
            most = most.max(sum);
        }
        drawn.push(bars);
    }
    let y = value_axis(Msg::new("chart-rows").into(), Class::Number, 0.0, most as f64, false);
    let x_axis = along(x, edges, log);
    let panel = |(facet, bars)| Panel {
        title: split.panel_title(facet),
        x: x_axis.clone(),
        y: y.clone(),
        layers: vec![Layer::Bars { lying: false, bars }],
    };
    let panels = drawn.into_iter().enumerate().map(panel).collect();
    assemble(plan, split, title("chart-title-histogram", x), left, panels, Mark::Fill)
}

/// Half the width of the bell laid over each value: B. W. Silverman's rule (1986, eq. 3.31), on the values or their
/// logarithms to base ten.
fn bandwidth(span: &Span, log: bool, n: u64) -> f64 {
    let (sd, middle, last) = match &span.spread {
        Spread::Known(_, sd) => (*sd, (span.quantile(0.75) - span.quantile(0.25)) / 1.34, span.hi),
        Spread::Sample(sample) => {
            let values: Vec<f64> = match log {
                true => sample.iter().filter(|v| **v > 0.0).map(|v| v.log10()).collect(),
                false => sample.clone(),
            };
            let count = values.len() as f64;
            let mean = values.iter().sum::<f64>() / count;
            let sd = (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (count - 1.0).max(1.0)).sqrt();
            let middle = (quantile(&values, 0.75) - quantile(&values, 0.25)) / 1.34;
            (sd, middle, values.last().copied().unwrap_or(1.0))
        }
    };
    let spread = if middle > 0.0 { sd.min(middle) } else { sd };
    let h = 0.9 * spread * (n.max(1) as f64).powf(-0.2);
    // Equal values spread by no more than rounding.
    let least = 1e-9 * last.abs();
    if h.is_finite() && h > least {
        h
    } else if log {
        0.05
    } else {
        span.lo.abs().max(1.0) * 0.01
    }
}

fn density(
    plan: &Plan<'_>,
    x: &Var,
    span: &Span,
    edges: &Edges,
    split: &Split,
    counts: &Counts,
    left: &LeftOut,
    log: bool,
) -> Figure {
    let place = |i: usize| if log { edges.middle(i, true).log10() } else { edges.middle(i, false) };
    let width = place(1) - place(0);
    let curves: Vec<Vec<(f64, f64)>> = (0..split.cells())
        .map(|cell| {
            let total = counts.total(cell);
            if total == 0 {
                return Vec::new();
            }
            let h = bandwidth(span, log, total);
            let reach = ((h * 5.0 / width).ceil() as usize).clamp(1, edges.len());
            let factor = 1.0 / (total as f64 * h * (2.0 * std::f64::consts::PI).sqrt());
            (0..edges.len())
                .map(|i| {
                    let near = i.saturating_sub(reach)..(i + reach + 1).min(edges.len());
                    let sum: f64 = near
                        .map(|j| {
                            let z = (i as f64 - j as f64) * width / h;
                            counts.bins[cell][j] as f64 * (-0.5 * z * z).exp()
                        })
                        .sum();
                    (edges.middle(i, log), sum * factor)
                })
                .collect()
        })
        .collect();
    let most = curves.iter().flatten().map(|p| p.1).fold(0.0, f64::max);
    let y = value_axis(Msg::new("chart-density-axis").into(), Class::Number, 0.0, most, false);
    let x_axis = along(x, edges, log);
    let colours = split.colours.len();
    let panels = (0..split.facets.len())
        .map(|facet| {
            let mut layers = Vec::new();
            for c in 0..colours {
                let points = &curves[facet * colours + c];
                let role = split.role(c);
                if colours <= 3 {
                    layers.push(Layer::Area { points: points.iter().map(|p| (p.0, 0.0, p.1)).collect(), role });
                }
                layers.push(Layer::Line { points: points.clone(), role, width: 1.0, dashed: false, steps: false });
            }
            Panel { title: split.panel_title(facet), x: x_axis.clone(), y: y.clone(), layers }
        })
        .collect();
    let mut figure = assemble(plan, split, title("chart-title-density", x), left, panels, Mark::Line);
    let h = bandwidth(span, log, left.used);
    figure.notes.push(Msg::new("chart-note-bandwidth").with("width", scale::short(h)));
    figure
}

fn cumulative(
    plan: &Plan<'_>,
    x: &Var,
    edges: &Edges,
    split: &Split,
    counts: &Counts,
    left: &LeftOut,
    log: bool,
) -> Figure {
    let ticks = scale::linear(0.0, 100.0, 5, true);
    let y = axis(Msg::new("chart-share-up-to").into(), Class::Number, ticks, Spacing::Linear);
    let x_axis = along(x, edges, log);
    let colours = split.colours.len();
    let panels = (0..split.facets.len())
        .map(|facet| {
            let mut layers = Vec::new();
            for c in 0..colours {
                let cell = facet * colours + c;
                let total = counts.total(cell) as f64;
                if total == 0.0 {
                    continue;
                }
                let mut sum = counts.below[cell];
                let mut points = vec![(edges.0[0], sum as f64 / total * 100.0)];
                for (i, n) in counts.bins[cell].iter().enumerate() {
                    sum += n;
                    points.push((edges.0[i + 1], sum as f64 / total * 100.0));
                }
                layers.push(Layer::Line { points, role: split.role(c), width: 1.0, dashed: false, steps: false });
            }
            Panel { title: split.panel_title(facet), x: x_axis.clone(), y: y.clone(), layers }
        })
        .collect();
    assemble(plan, split, title("chart-title-cumulative", x), left, panels, Mark::Line)
}

fn boxes(plan: &Plan<'_>, rows: &mut dyn Gather) -> Asked<Figure> {
    let y = plan.y.as_ref().ok_or_else(|| Error::usage(Msg::new("chart-error-no-column")))?;
    let log = plan.log();
    let by: Vec<&Var> = plan.x.iter().collect();
    let worded: Vec<&Var> = by.iter().copied().chain(Split::vars(plan)).collect();
    let found = rows.survey(&Wanted { plan, worded: &worded, weight: None, numbered: &[y] })?;
    let split = split_of(plan, &found);
    check_span(&found.spans[0], y, log)?;
    let most = plan.chart.bins.map_or(BOXES, |n| n as usize);
    let groups = match &plan.x {
        Some(x) => found.tallies[0].choose(x, most, Measure::Count, false),
        None => Groups::one(),
    };
    let Boxes { boxes, sampled, left } = rows.boxes(plan, y, &groups, &split, log)?;
    left.check()?;
    let colours = split.colours.len();
    let mut hidden = 0;
    let mut drawn: Vec<Vec<BoxMark>> = (0..split.facets.len()).map(|_| Vec::new()).collect();
    for (i, found) in boxes.into_iter().enumerate() {
        let Some(found) = found else { continue };
        let (cell, group) = (i / groups.len(), i % groups.len());
        let wide = 0.72 / colours as f64;
        let side = group as f64 - 0.36 + wide * (cell % colours) as f64;
        hidden += found.hidden;
        drawn[cell / colours].push(found.mark((side, side + wide * 0.9), split.role(cell % colours)));
    }
    let ends = drawn.iter().flatten().flat_map(|b| b.outliers.iter().copied().chain([b.low, b.high]));
    let (lo, hi) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), v| (lo.min(v), hi.max(v)));
    let along = axis_of(y, lo, hi, log, true);
    let names = match &plan.x {
        Some(x) => Axis { label: Some(x.name.as_str().into()), ..Axis::categories(groups.labels.clone(), true) },
        None => Axis::categories(groups.labels.clone(), true),
    };
    let panel = |(facet, boxes)| Panel {
        title: split.panel_title(facet),
        x: along.clone(),
        y: names.clone(),
        layers: vec![Layer::Boxes { lying: true, boxes }],
    };
    let panels = drawn.into_iter().enumerate().map(panel).collect();
    let name = match &plan.x {
        Some(x) => Msg::new("chart-title-by").with("what", &y.name).with("column", &x.name).into(),
        None => title("chart-title-histogram", y),
    };
    let mut figure = assemble(plan, &split, name, &left, panels, Mark::Fill);
    figure.notes.insert(0, Msg::new("chart-note-boxes"));
    if sampled {
        figure.notes.push(Msg::new("chart-note-box-sample"));
    }
    if hidden > 0 {
        figure.notes.push(Msg::new("chart-note-outliers").with("count", hidden));
    }
    figure.notes.extend(group_notes(&split, plan.x.as_ref().map(|x| (x, &groups))));
    Ok(figure)
}

/// What is drawn of the values of one box.
#[derive(Clone)]
pub struct Summary {
    pub low: f64,
    pub q1: f64,
    pub median: f64,
    pub q3: f64,
    pub high: f64,
    pub outliers: Vec<f64>,
    /// Outliers that are not drawn.
    pub hidden: u64,
}

impl Summary {
    fn mark(self, sides: (f64, f64), role: crate::result::figure::Role) -> BoxMark {
        let Self { low, q1, median, q3, high, outliers, .. } = self;
        BoxMark { sides, low, q1, median, q3, high, outliers, role }
    }
}

/// The boxes by cell and group; none where there is no value.
pub struct Boxes {
    pub boxes: Vec<Option<Summary>>,
    /// Whether some come from a choice of their values.
    pub sampled: bool,
    pub left: LeftOut,
}

/// The boxes of the rows, each from its values or a fair choice of them.
pub fn boxes_of(
    plan: &Plan<'_>,
    dataset: &Dataset,
    context: &Context,
    y: &Var,
    groups: &Groups,
    split: &Split,
    log: bool,
) -> Result<Boxes> {
    let (values, left) = gather(plan, dataset, context, y, groups, split, log)?;
    let mut sampled = false;
    let mut of = |sampler: Sampler<f64>| {
        let seen = sampler.seen();
        let mut values = sampler.finish();
        sampled |= (values.len() as u64) < seen;
        values.sort_unstable_by(f64::total_cmp);
        (!values.is_empty()).then(|| box_of(&values))
    };
    let boxes = values.into_iter().map(&mut of).collect();
    Ok(Boxes { boxes, sampled, left })
}

/// The values of each box, or a fair choice of them.
fn gather(
    plan: &Plan<'_>,
    dataset: &Dataset,
    context: &Context,
    y: &Var,
    groups: &Groups,
    split: &Split,
    log: bool,
) -> Result<(Vec<Sampler<f64>>, LeftOut)> {
    let n = split.cells() * groups.len();
    let each = (KEPT / n.max(1)).max(KEPT_EACH);
    let mut values: Vec<Sampler<f64>> = (0..n).map(|_| Sampler::new(each)).collect();
    let mut left = LeftOut::default();
    let places = Places::of(std::iter::once(y).chain(&plan.x).chain(Split::vars(plan)));
    dataset.scan(
        places.list(),
        &context.control,
        |part| {
            let mut left = LeftOut::default();
            let cells = split.of(&places, &part)?;
            let by = match &plan.x {
                Some(x) => {
                    let coded = words(places.column(&part, x)?, &x.kind)?;
                    let at = groups.places(&coded);
                    Some((coded, at))
                }
                None => None,
            };
            let mut found: Vec<(u32, f64)> = Vec::with_capacity(part.height());
            for (row, v) in numbers(places.column(&part, y)?, y.class)?.into_iter().enumerate() {
                let group = match &by {
                    Some((coded, at)) => at[coded.codes[row] as usize],
                    None => Some(0),
                };
                let Some(group) = group else {
                    left.missing += 1;
                    continue;
                };
                if left.takes(v, log) {
                    left.used += 1;
                    found.push(((cells.cell(row) * groups.len() + group) as u32, v));
                }
            }
            Ok((found, left))
        },
        |(found, more)| {
            left.merge(&more);
            found.into_iter().for_each(|(i, v)| values[i as usize].add(v));
            Ok(Flow::Continue)
        },
    )?;
    context.control.check()?;
    Ok((values, left))
}

/// How far whiskers may reach beyond the box: one and a half times its length (J. W. Tukey 1977).
pub fn fences(q1: f64, q3: f64) -> (f64, f64) {
    let reach = (q3 - q1) * 1.5;
    (q1 - reach, q3 + reach)
}

/// A box of values in rising order. Whiskers end at the outermost values within the fences.
fn box_of(values: &[f64]) -> Summary {
    let [q1, median, q3] = [0.25, 0.5, 0.75].map(|p| quantile(values, p));
    let (low, high) = fences(q1, q3);
    let inner: Vec<f64> = values.iter().copied().filter(|v| (low..=high).contains(v)).collect();
    let low = inner.first().copied().unwrap_or(q1).min(q1);
    let high = inner.last().copied().unwrap_or(q3).max(q3);
    let outside: Vec<f64> = values.iter().copied().filter(|v| *v < low || *v > high).collect();
    let outliers = thinned(&outside);
    let hidden = (outside.len() - outliers.len()) as u64;
    Summary { low, q1, median, q3, high, outliers, hidden }
}

/// Those of the outliers, in rising order, that are drawn; the outermost are among them.
pub fn thinned(outside: &[f64]) -> Vec<f64> {
    let every = outside.len().div_ceil(OUTLIERS).max(1);
    let mut outliers: Vec<f64> = outside.iter().copied().step_by(every).collect();
    if let Some(last) = outside.last().filter(|l| outliers.last() != Some(*l)) {
        outliers.push(*last);
    }
    outliers
}
