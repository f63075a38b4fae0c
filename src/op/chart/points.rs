//! Scatter: a point for each row while they are few; beyond, a fair sample of them, or their counts in fields.

use super::axes::{Edges, LeftOut, Split, assemble, axis_of, check_span, group_notes, split_of};
use super::gather::{Gather, Wanted};
use super::read::{Class, Places, Var, numbers};
use super::survey::Sampler;
use super::{Context, Plan};
use crate::data::{Dataset, Flow};
use crate::error::{Error, Result};
use crate::op::push::ask::Asked;
use crate::result::figure::{Figure, HeatCell, Layer, Mark, Panel, Ramp, Role};
use crate::result::scale;
use crate::text::Msg;

/// Most points drawn one by one.
const POINTS: usize = 5_000;
/// Rows from which fields are counted in place of points, where no colours tell points apart.
const MANY: u64 = 20_000;
/// Fields along x and y.
const FIELDS: (usize, usize) = (80, 50);

/// Draws a scatter chart.
pub fn figure(plan: &Plan<'_>, rows: &mut dyn Gather) -> Asked<Figure> {
    let (Some(x), Some(y)) = (&plan.x, &plan.y) else {
        return Err(Error::usage(Msg::new("chart-error-no-column")).into());
    };
    let found = rows.survey(&Wanted { plan, worded: &Split::vars(plan), weight: None, numbered: &[x, y] })?;
    let split = split_of(plan, &found);
    let log = |class: Class| plan.log() && matches!(class, Class::Number | Class::Span);
    let (log_x, log_y) = (log(x.class), log(y.class));
    check_span(&found.spans[0], x, log_x)?;
    check_span(&found.spans[1], y, log_y)?;
    let fields = are_fields(plan, found.rows);
    let ends = |i: usize, log: bool| {
        let (lo, hi, _) = found.spans[i].ends(log);
        if fields { (lo, hi) } else { (if log { lo } else { found.spans[i].lo }, found.spans[i].hi) }
    };
    let (ends_x, ends_y) = (ends(0, log_x), ends(1, log_y));
    let bins = plan.chart.bins.map_or(FIELDS, |n| (n as usize, n as usize));
    let edges = (Edges::even(ends_x.0, ends_x.1, bins.0, log_x), Edges::even(ends_y.0, ends_y.1, bins.1, log_y));
    let Points { drawn, counts, left } =
        rows.points(&Sides { plan, x, y, log: (log_x, log_y), edges: &edges, split: &split, fields })?;
    let facets = split.facets.len();
    left.check()?;
    let axes = (axis_of(x, ends_x.0, ends_x.1, log_x, !fields), axis_of(y, ends_y.0, ends_y.1, log_y, !fields));
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let panels = (0..facets)
        .map(|facet| {
            let layer = match fields {
                true => heat(&edges, &counts[facet * bins.0 * bins.1..(facet + 1) * bins.0 * bins.1], most),
                false => {
                    let colours = split.colours.len();
                    let own = drawn.iter().filter(|(cell, _, _)| *cell as usize / colours == facet);
                    let (points, roles) =
                        own.map(|(cell, x, y)| ((*x, *y), split.role(*cell as usize % colours))).unzip();
                    Layer::Points { points, roles, size: 1.0 }
                }
            };
            Panel { title: split.panel_title(facet), x: axes.0.clone(), y: axes.1.clone(), layers: vec![layer] }
        })
        .collect();
    let title = Msg::new("chart-title-scatter").with("x", &x.name).with("y", &y.name).into();
    let mut figure = assemble(plan, &split, title, &left, panels, Mark::Point);
    let mut notes = group_notes(&split, None);
    if fields {
        notes.push(Msg::new("chart-note-fields").with("rows", left.used).with("x", bins.0).with("y", bins.1));
        let label = Msg::new("chart-rows").into();
        figure.ramp = Some(Ramp { label, lo: "1".into(), hi: scale::short(most as f64), diverging: false });
    } else if (drawn.len() as u64) < left.used {
        notes.push(Msg::new("chart-note-sample").with("drawn", drawn.len()).with("rows", left.used));
    }
    notes.append(&mut figure.notes);
    figure.notes = notes;
    Ok(figure)
}

/// Whether fields are counted in place of points.
pub fn are_fields(plan: &Plan<'_>, rows: u64) -> bool {
    plan.colour.is_none() && rows > MANY
}

/// What lies along both sides.
pub struct Sides<'a> {
    pub plan: &'a Plan<'a>,
    pub x: &'a Var,
    pub y: &'a Var,
    /// Whether each lies by its logarithm.
    pub log: (bool, bool),
    pub edges: &'a (Edges, Edges),
    pub split: &'a Split,
    /// Whether fields are counted in place of points.
    pub fields: bool,
}

/// What there is to draw: points with their cells, or counts by panel, x and y.
pub struct Points {
    pub drawn: Vec<(u32, f64, f64)>,
    pub counts: Vec<u64>,
    pub left: LeftOut,
}

/// The second pass.
pub fn points(sides: &Sides<'_>, dataset: &Dataset, context: &Context) -> Result<Points> {
    let Sides { plan, x, y, log, edges, split, fields } = *sides;
    let bins = (edges.0.len(), edges.1.len());
    let places = Places::of([x, y].into_iter().chain(Split::vars(plan)));
    let mut left = LeftOut::default();
    let mut sampler: Sampler<(u32, f64, f64)> = Sampler::new(POINTS);
    let facets = split.facets.len();
    let mut counts = vec![0u64; if fields { facets * bins.0 * bins.1 } else { 0 }];
    dataset.scan(
        places.list(),
        &context.control,
        |part| {
            let mut left = LeftOut::default();
            let cells = split.of(&places, &part)?;
            let (xs, ys) = (numbers(places.column(&part, x)?, x.class)?, numbers(places.column(&part, y)?, y.class)?);
            let mut points = Vec::with_capacity(if fields { 0 } else { xs.len() });
            let mut counted: Vec<u32> = Vec::with_capacity(if fields { xs.len() } else { 0 });
            for (row, (a, b)) in xs.into_iter().zip(ys).enumerate() {
                if !left.takes(a, log.0) || !left.takes(b, log.1) {
                    continue;
                }
                left.used += 1;
                let cell = cells.cell(row);
                if !fields {
                    points.push((cell as u32, a, b));
                    continue;
                }
                match (edges.0.place(a), edges.1.place(b)) {
                    (Some(i), Some(j)) => counted.push(((cell * bins.0 + i) * bins.1 + j) as u32),
                    _ => left.outside += 1,
                }
            }
            Ok((points, counted, left))
        },
        |(points, counted, more)| {
            left.merge(&more);
            points.into_iter().for_each(|p| sampler.add(p));
            counted.into_iter().for_each(|i| counts[i as usize] += 1);
            Ok(Flow::Continue)
        },
    )?;
    context.control.check()?;
    Ok(Points { drawn: sampler.finish(), counts, left })
}

/// Fields by their counts; by the logarithm, since most rows lie in few fields.
fn heat(edges: &(Edges, Edges), counts: &[u64], most: u64) -> Layer {
    let down = edges.1.len();
    let cells = counts
        .iter()
        .enumerate()
        .filter(|(_, n)| **n > 0)
        .map(|(i, n)| {
            let level = (*n as f64).ln_1p() / (most as f64).ln_1p();
            let (x, y) = (edges.0.sides(i / down), edges.1.sides(i % down));
            HeatCell { x, y, value: *n as f64, role: Role::Level(level as f32) }
        })
        .collect();
    Layer::Heat { cells }
}
