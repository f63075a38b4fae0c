//! The figures: the ranking as bars, every row as a swarm, one column's dependence, one row's waterfall.

use super::explain::{self, Explained};
use super::measure;
use super::prepare::Part;
use super::task::Task;
use super::tell::title_of;
use super::{Answer, Drawn, Importance, Ranked};
use crate::error::{Error, Result};
use crate::op::chart::read::Class;
use crate::result::figure::{
    Axis, Bar, Direction as Along, Figure, Key, Label, Layer, Mark, Panel, Ramp, Role, SERIES, Spacing,
};
use crate::result::scale;
use crate::text::{Msg, number};
use crate::value::{Kind, time};

/// Columns that are drawn.
const SHOWN: usize = 15;
/// Most points of one column in a swarm.
const SWARM: usize = 400;
/// Most words along an axis.
const WORDS: usize = 12;

fn linear(lo: f64, hi: f64, label: Option<Label>) -> Axis {
    let (lo, hi) = if lo < hi { (lo, hi) } else { (lo - 1.0, hi + 1.0) };
    let s = scale::linear(lo, hi, 6, true);
    Axis { label, spacing: Spacing::Linear, lo: s.lo, hi: s.hi, ticks: s.ticks, grid: true }
}

fn along(class: Class, lo: f64, hi: f64, label: Option<Label>) -> Axis {
    let s = match class {
        Class::Moment { .. } if lo < hi => scale::calendar(lo, hi, 5),
        Class::Clock if lo < hi => scale::clock(lo, hi, 6),
        _ => return linear(lo, hi, label),
    };
    let spacing = if class == Class::Clock { Spacing::Linear } else { Spacing::Time };
    Axis { label, spacing, lo: s.lo, hi: s.hi, ticks: s.ticks, grid: true }
}

/// How SHAP values are drawn: percentage points for probabilities.
fn factor(answer: &Answer) -> f64 {
    if answer.target.task == Task::Number { 1.0 } else { 100.0 }
}

fn unit(answer: &Answer, mean: bool) -> Label {
    let id = match (answer.target.task, mean) {
        (Task::Number, true) => "importance-axis-mean",
        (Task::Number, false) => "importance-axis-shap",
        (_, true) => "importance-axis-mean-points",
        (_, false) => "importance-axis-shap-points",
    };
    Msg::new(id).with("target", &answer.target.var.name).into()
}

fn figure(title: Msg, answer: &Answer, rows: usize, panels: Vec<Panel>) -> Figure {
    Figure {
        title: title.into(),
        subtitle: Some(
            Msg::new("importance-figure-rows").with("rows", rows).with("of", answer.split.held.len()).into(),
        ),
        notes: vec![Msg::new("importance-note-cause")],
        panels,
        columns: Some(1),
        legend_title: None,
        legend: Vec::new(),
        ramp: None,
    }
}

fn shown(answer: &Answer) -> Vec<&Ranked> {
    answer.groups.iter().filter(|g| g.mean_abs > 0.0).take(SHOWN).collect()
}

/// The figures of a report: the one `wanted` names, or all there are; none where nothing was explained.
pub fn figures(answer: &Answer, wanted: &Importance) -> Result<Vec<Figure>> {
    let Some(explained) = &answer.explained else { return Ok(Vec::new()) };
    let strongest = answer.columns.first().map(|c| c.columns[0]);
    let column = match &wanted.feature {
        None => strongest,
        Some(name) => match answer.columns.iter().find(|c| c.names[0] == *name) {
            Some(c) => Some(c.columns[0]),
            None => return Err(Error::usage(Msg::new("importance-error-feature").with("name", name))),
        },
    };
    let row = match wanted.row {
        None => 0,
        Some(row) => {
            let place = |r: &u32| answer.prepared.origin[*r as usize] + 1;
            explained.rows.iter().position(|r| place(r) == row).ok_or_else(|| {
                let near = explained.rows.iter().map(place).min_by_key(|p| p.abs_diff(row)).unwrap_or_default();
                Error::usage(Msg::new("importance-error-row").with("row", row))
                    .hint(Msg::new("importance-hint-row").with("row", near))
            })?
        }
    };
    let drawn = |figure: Drawn| match figure {
        Drawn::Bars => bars(answer),
        Drawn::Beeswarm => beeswarm(answer),
        Drawn::Dependence => column.and_then(|c| dependence(answer, c, None)),
        Drawn::Waterfall => waterfall(answer, row),
    };
    let wanted = wanted.figure.map_or(Drawn::ALL.to_vec(), |one| vec![one]);
    Ok(wanted.into_iter().filter_map(drawn).collect())
}

/// The ranking as bars.
pub fn bars(answer: &Answer) -> Option<Figure> {
    let explained = answer.explained.as_ref()?;
    let by = factor(answer);
    let groups = shown(answer);
    let most = by * groups.first()?.mean_abs;
    let role = |g: &Ranked| if g.is_noise() { Role::Muted } else { Role::Series(0) };
    let bars = groups.iter().enumerate().map(|(i, g)| {
        let at = i as f64;
        Bar { sides: (at - 0.36, at + 0.36), from: 0.0, to: by * g.mean_abs, role: role(g) }
    });
    let panel = Panel {
        title: None,
        x: linear(0.0, most, Some(unit(answer, true))),
        y: Axis::categories(groups.iter().map(|g| title_of(g).into()).collect(), true),
        layers: vec![Layer::Bars { lying: true, bars: bars.collect() }],
    };
    let title = Msg::new("importance-title").with("target", &answer.target.var.name);
    let mut figure = figure(title, answer, explained.rows.len(), vec![panel]);
    if groups.iter().any(|g| g.is_noise()) {
        let label = Msg::new("importance-noise").into();
        figure.legend = vec![Key { role: Role::Muted, mark: Mark::Fill, label }];
    }
    Some(figure)
}

/// Places of values between 0 and 1 by rank; one half where they do not vary or are missing.
fn levels(values: &[f64]) -> Vec<f32> {
    let there: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    let ranks = measure::ranks(&there);
    let n = there.len().max(2) as f64;
    let mut ranks = ranks.into_iter();
    values
        .iter()
        .map(|v| if v.is_nan() { 0.5 } else { ((ranks.next().unwrap_or(1.0) - 1.0) / (n - 1.0)) as f32 })
        .collect()
}

/// The class that is drawn of several: the commonest.
pub fn drawn_class(answer: &Answer) -> usize {
    let classes = answer.target.classes.iter().enumerate();
    if answer.target.task != Task::Classes {
        return 0;
    }
    classes.max_by(|a, b| a.1.1.cmp(&b.1.1).then(b.0.cmp(&a.0))).map_or(0, |c| c.0)
}

/// A title that says which class is drawn, where there are several.
fn of_class(answer: &Answer, title: Msg) -> Msg {
    match answer.target.task {
        Task::Classes => Msg::new("importance-figure-of-class")
            .with("title", title)
            .with("class", &answer.target.classes[drawn_class(answer)].0),
        _ => title,
    }
}

/// Every row as a point: where it lies says what the column adds, its colour how great the value is.
pub fn beeswarm(answer: &Answer) -> Option<Figure> {
    let explained = answer.explained.as_ref()?;
    let by = factor(answer);
    let class = drawn_class(answer);
    let groups = shown(answer);
    let step = explained.rows.len().div_ceil(SWARM).max(1);
    let mut layers = Vec::new();
    let (mut lo, mut hi) = (0.0f64, 0.0f64);
    for (i, g) in groups.iter().enumerate() {
        let rows: Vec<usize> = (0..explained.rows.len()).step_by(step).collect();
        let phi: Vec<f64> =
            rows.iter().map(|r| by * g.columns.iter().map(|c| explained.at(*r, class, *c)).sum::<f64>()).collect();
        let all = explain::values(&answer.prepared, explained, g.columns[0]);
        let values: Vec<f64> = rows.iter().map(|r| all[*r]).collect();
        let words = answer.prepared.sources[explained.columns[g.columns[0]]].is_words();
        let roles =
            levels(&values).into_iter().map(|l| if words { Role::Muted } else { Role::Diverging(2.0 * l - 1.0) });
        let points = spread(&phi).into_iter().zip(&phi).map(|(d, x)| (*x, i as f64 + d)).collect();
        lo = phi.iter().copied().fold(lo, f64::min);
        hi = phi.iter().copied().fold(hi, f64::max);
        layers.push(Layer::Points { points, roles: roles.collect(), size: 0.7 });
    }
    layers.insert(0, Layer::Rule { direction: Along::Up, at: 0.0, role: Role::Muted, dashed: false, label: None });
    let panel = Panel {
        title: None,
        x: linear(lo, hi, Some(unit(answer, false))),
        y: Axis::categories(groups.iter().map(|g| title_of(g).into()).collect(), true),
        layers,
    };
    let title = of_class(answer, Msg::new("importance-figure-swarm").with("target", &answer.target.var.name));
    let mut figure = figure(title, answer, explained.rows.len(), vec![panel]);
    figure.ramp = Some(ramp(Msg::new("importance-ramp-value").into()));
    Some(figure)
}

fn ramp(label: Label) -> Ramp {
    Ramp {
        label,
        lo: Msg::new("importance-low").to_string(),
        hi: Msg::new("importance-high").to_string(),
        diverging: true,
    }
}

/// Moves points that lie on one another apart, up and down in turn, within a row of height one.
fn spread(values: &[f64]) -> Vec<f64> {
    const CELLS: f64 = 90.0;
    let (lo, hi) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |s, v| (s.0.min(*v), s.1.max(*v)));
    let width = ((hi - lo) / CELLS).max(1e-300);
    let cell = |v: f64| ((v - lo) / width) as usize;
    let mut counts = vec![0usize; CELLS as usize + 2];
    let places: Vec<usize> = values
        .iter()
        .map(|v| {
            counts[cell(*v)] += 1;
            counts[cell(*v)]
        })
        .collect();
    let most = counts.iter().copied().max().unwrap_or(1).max(4) as f64;
    places
        .into_iter()
        .map(|n| {
            let away = (n / 2) as f64 / most * 0.84;
            if n % 2 == 0 { away } else { -away }
        })
        .collect()
}

/// What one column adds by its value, coloured by another.
pub fn dependence(answer: &Answer, column: usize, partner: Option<usize>) -> Option<Figure> {
    let explained = answer.explained.as_ref()?;
    let source = &answer.prepared.sources[*explained.columns.get(column)?];
    let class = drawn_class(answer);
    let by = factor(answer);
    let partner = partner.or_else(|| answer.partners(column).first().copied());
    let phi: Vec<f64> = (0..explained.rows.len()).map(|r| by * explained.at(r, class, column)).collect();
    let part = explain::strongest_part(&answer.prepared, explained, column);
    let of_part = part.as_ref().map(|p| p.0);
    let mut x = part.map_or_else(|| explain::values(&answer.prepared, explained, column), |p| p.1);
    if of_part.is_none() && matches!(source.var.class, Class::Moment { .. }) {
        // Days as seconds, as axes of time want them.
        x.iter_mut().for_each(|v| *v *= 86_400.0);
    }
    let (roles, legend, shown_ramp) = match partner {
        Some(p) => colours(answer, explained, p),
        None => (vec![Role::Series(0); phi.len()], Vec::new(), None),
    };
    let ends = |v: &[f64]| {
        let some = v.iter().copied().filter(|v| v.is_finite());
        some.fold((f64::INFINITY, f64::NEG_INFINITY), |s, v| (s.0.min(v), s.1.max(v)))
    };
    let (lo, hi) = ends(&phi);
    let name: Label = match of_part.and_then(Part::suffix) {
        Some(part) => format!("{}.{part}", source.var.name).into(),
        None => source.var.name.as_str().into(),
    };
    let discrete = source.is_words() || source.var.kind == Kind::Boolean;
    let (mut points, mut own) = (Vec::new(), Vec::new());
    let axis = if discrete {
        let codes = common(answer, explained, column, &x);
        let labels = codes.iter().map(|c| word(answer, column, *c).into()).collect();
        let rows: Vec<Vec<usize>> = codes
            .iter()
            .map(|c| (0..x.len()).filter(|r| x[*r] == *c || (x[*r].is_nan() && c.is_nan())).collect())
            .collect();
        for (place, rows) in rows.iter().enumerate() {
            let values: Vec<f64> = rows.iter().map(|r| phi[*r]).collect();
            for (d, r) in spread(&values).into_iter().zip(rows) {
                points.push((place as f64 + 0.9 * d, phi[*r]));
                own.push(roles[*r]);
            }
        }
        Axis { label: Some(name), ..Axis::categories(labels, false) }
    } else {
        let (a, b) = ends(&x);
        for (r, v) in x.iter().enumerate().filter(|(_, v)| v.is_finite()) {
            points.push((*v, phi[r]));
            own.push(roles[r]);
        }
        if of_part.is_some() { linear(a, b, Some(name)) } else { along(source.var.class, a, b, Some(name)) }
    };
    let missing: Vec<f64> = phi.iter().zip(&x).filter(|(_, v)| v.is_nan()).map(|(p, _)| *p).collect();
    let rule = Layer::Rule { direction: Along::Across, at: 0.0, role: Role::Muted, dashed: false, label: None };
    let panel = Panel {
        title: None,
        x: axis,
        y: linear(lo.min(0.0), hi.max(0.0), Some(unit(answer, false))),
        layers: vec![rule, Layer::Points { points, roles: own, size: 0.8 }],
    };
    let title = Msg::new("importance-figure-dependence")
        .with("column", answer.name(column))
        .with("target", &answer.target.var.name);
    let mut figure = figure(of_class(answer, title), answer, explained.rows.len(), vec![panel]);
    if !missing.is_empty() && !discrete {
        let mean = missing.iter().sum::<f64>() / missing.len() as f64;
        figure.notes.insert(
            0,
            Msg::new("importance-note-dependence-missing")
                .with("rows", missing.len())
                .with("value", number::readable(mean, 3)),
        );
    }
    figure.legend_title = partner.map(|p| answer.name(p).into());
    figure.legend = legend;
    figure.ramp = shown_ramp;
    Some(figure)
}

/// Colours by the values of a column.
fn colours(answer: &Answer, explained: &Explained, column: usize) -> (Vec<Role>, Vec<Key>, Option<Ramp>) {
    let source = &answer.prepared.sources[explained.columns[column]];
    let values = explain::values(&answer.prepared, explained, column);
    if !source.is_words() && source.var.kind != Kind::Boolean {
        let roles = levels(&values).into_iter().map(|l| Role::Diverging(2.0 * l - 1.0)).collect();
        return (roles, Vec::new(), Some(ramp(answer.name(column).into())));
    }
    let codes = common(answer, explained, column, &values);
    let place = |v: f64| codes.iter().position(|c| *c == v || (c.is_nan() && v.is_nan()));
    let of = |i: usize| if i < SERIES { Role::Series(i as u8) } else { Role::Others };
    let roles = values.iter().map(|v| place(*v).map_or(Role::Others, of)).collect();
    let keys = codes.iter().take(SERIES).enumerate();
    let legend =
        keys.map(|(i, c)| Key { role: of(i), mark: Mark::Point, label: word(answer, column, *c).into() }).collect();
    (roles, legend, None)
}

/// The commonest words of a column among the rows explained, by their mean effect; missing is one of them.
fn common(answer: &Answer, explained: &Explained, column: usize, values: &[f64]) -> Vec<f64> {
    let class = drawn_class(answer);
    let mut sums: Vec<(f64, usize, f64)> = Vec::new();
    for (r, v) in values.iter().enumerate() {
        let phi = explained.at(r, class, column);
        match sums.iter_mut().find(|s| s.0 == *v || (s.0.is_nan() && v.is_nan())) {
            Some(s) => (s.1, s.2) = (s.1 + 1, s.2 + phi),
            None => sums.push((*v, 1, phi)),
        }
    }
    sums.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.total_cmp(&b.0)));
    sums.truncate(WORDS);
    sums.sort_by(|a, b| (b.2 / b.1 as f64).total_cmp(&(a.2 / a.1 as f64)));
    sums.into_iter().map(|s| s.0).collect()
}

/// A value of a column in words.
pub fn word(answer: &Answer, column: usize, value: f64) -> String {
    let Some(explained) = &answer.explained else { return String::new() };
    let source = &answer.prepared.sources[explained.columns[column]];
    if value.is_nan() {
        return Msg::new("importance-missing").to_string();
    }
    match source.var.class {
        Class::Words if source.var.kind == Kind::Boolean => (value != 0.0).to_string(),
        Class::Words => source.levels.get(value as usize).cloned().unwrap_or_default(),
        Class::Moment { .. } => time::date(value.floor() as i64),
        _ => number::readable(value, 4),
    }
}

/// From the base value to what the model says of one row (its place among the rows explained).
pub fn waterfall(answer: &Answer, row: usize) -> Option<Figure> {
    const STEPS: usize = 12;
    let explained = answer.explained.as_ref().filter(|e| row < e.rows.len())?;
    let class = drawn_class(answer);
    let by = factor(answer);
    let mut steps: Vec<(usize, f64)> =
        (0..explained.columns.len()).map(|c| (c, by * explained.at(row, class, c))).collect();
    steps.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let others: f64 = steps.iter().skip(STEPS).map(|s| s.1).sum();
    let rest = steps.len().saturating_sub(STEPS);
    steps.truncate(STEPS);
    let mut labels: Vec<Label> = Vec::new();
    let mut bars = Vec::new();
    let mut at = by * explained.base[class];
    let base = at;
    let (mut lo, mut hi) = (at, at);
    let mut push = |label: Label, v: f64| {
        let i = bars.len() as f64;
        let role = if v < 0.0 { Role::Fall } else { Role::Rise };
        bars.push(Bar { sides: (i - 0.36, i + 0.36), from: at, to: at + v, role });
        at += v;
        (lo, hi) = (lo.min(at), hi.max(at));
        labels.push(label);
    };
    for (c, v) in &steps {
        let value = explain::values(&answer.prepared, explained, *c)[row];
        push(format!("{} = {}", answer.name(*c), word(answer, *c, value)).into(), *v);
    }
    if rest > 0 {
        push(Msg::new("importance-others").with("count", rest).into(), others);
    }
    let said = by * explained.predicted[row * explained.outputs + class];
    let rule = |at: f64, id: &'static str, role: Role| Layer::Rule {
        direction: Along::Up,
        at,
        role,
        dashed: true,
        label: Some(Msg::new(id).into()),
    };
    let id = if answer.target.task == Task::Number { "importance-axis-value" } else { "importance-axis-probability" };
    let panel = Panel {
        title: None,
        x: linear(lo, hi, Some(Msg::new(id).with("target", &answer.target.var.name).into())),
        y: Axis::categories(labels, true),
        layers: vec![
            Layer::Bars { lying: true, bars },
            rule(base, "importance-rule-base", Role::Muted),
            rule(said, "importance-rule-said", Role::Emphasis),
        ],
    };
    let place = answer.prepared.origin[explained.rows[row] as usize] + 1;
    let unit = if answer.target.task == Task::Number { "" } else { "%" };
    let value = format!("{}{unit}", number::readable(said, 4));
    let title = Msg::new("importance-figure-waterfall").with("row", place).with("value", value);
    let mut figure = figure(of_class(answer, title), answer, 1, vec![panel]);
    figure.subtitle = Some(actual(answer, explained.rows[row]).into());
    Some(figure)
}

/// What the target really is in a row of the prepared table.
fn actual(answer: &Answer, row: u32) -> Msg {
    let y = answer.prepared.y[row as usize];
    let text = match answer.target.task {
        Task::Number => number::readable(y, 5),
        _ => answer.target.classes.get(y as usize).map_or(String::new(), |c| c.0.clone()),
    };
    Msg::new("importance-figure-actual").with("target", &answer.target.var.name).with("value", text)
}
