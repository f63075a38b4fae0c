//! What a chart needs of its rows, asked of the engine that has them: values become the numbers of places over there, and
//! what comes back is a row for each place. Writes no SQL.
//!
//! Places are told apart by comparisons with the very edges that would be used here, so that every value falls where it
//! falls here. A value that has no place has a number below zero, which says why.

mod boxes;

use super::axes::{Edges, LeftOut, Split};
use super::counted::{Grid, Slots, ranked_by};
use super::gather::{Gather, Here, Wanted};
use super::groups::{Groups, Sums, Tally};
use super::points::{Points, Sides, are_fields};
use super::read::{Class, Key, Var, words};
use super::spread::{Boxes, Counts};
use super::survey::{FRINGE, Span, Spread, Survey};
use super::{Context, Kind as ChartKind, Measure, Plan};
use crate::data::{Dataset, Place};
use crate::op::push::ask::{
    self, Answer, Asked, Asking, Stop, compare, either, int, minus, missing, not, real, times, unless,
};
use crate::op::push::{self, lot};
use crate::result::figure::Figure;
use crate::sql::{Aggregate, Call, Comparison, Constant, Nature, Order, Range, Relation, Term};
use crate::text::Msg;
use crate::value::{Kind, time};

/// Most different words that are all fetched; of more, those with the greatest measure.
const WORDS: usize = 2_000;
/// Most groups of an answer.
const GROUPS: usize = 200_000;
/// Most points of a scatter chart that is a sample.
const POINTS: u64 = 5_000;

/// Why a value has no place: it is missing, infinite, beyond the last edge, before the first, or has no logarithm.
const MISSING: i64 = -1;
const INFINITE: i64 = -2;
const ABOVE: i64 = -3;
const BELOW: i64 = -4;
const NOT_POSITIVE: i64 = -5;

/// Draws a chart of rows that are at `place`; or why it cannot be done there.
pub fn figure(plan: &Plan<'_>, dataset: &Dataset, place: &Place, context: &Context) -> Asked<Figure> {
    let mut asking = Asking::new(place, &context.control);
    if plan.kind == ChartKind::Scatter {
        let mut counted = vec![("rows".to_owned(), Aggregate::Count)];
        let names = named(plan);
        counted.extend(ask::present(dataset.schema().columns().iter().filter(|c| names.contains(&c.name.as_str()))));
        let rows =
            asking.ask(&asking.rows().group(Vec::new(), counted), 1)?.counts("rows")?.first().copied().unwrap_or(0);
        if !are_fields(plan, rows) {
            return scatter(plan, dataset, place, context, asking, rows);
        }
    }
    let mut there = There { asking, dataset };
    let mut figure = plan.figure(&mut there)?;
    figure.notes.push(ask::went(place));
    Ok(figure)
}

/// The columns of a chart.
fn named<'a>(plan: &'a Plan<'_>) -> Vec<&'a str> {
    [&plan.x, &plan.y, &plan.colour, &plan.facet].into_iter().flatten().map(|v| v.name.as_str()).collect()
}

/// Points: of all rows, or of a sample drawn over there.
fn scatter(
    plan: &Plan<'_>,
    dataset: &Dataset,
    place: &Place,
    context: &Context,
    mut asking: Asking<'_>,
    rows: u64,
) -> Asked<Figure> {
    let sampled = rows > POINTS;
    let relation = match sampled {
        true => lot::sample(&mut asking, place, dataset, (POINTS, rows), 0)?,
        false => place.relation.clone(),
    };
    let Some(table) = place.remote.narrow(&relation, &named(plan), &context.control)? else {
        return not("push-no-step");
    };
    let few = Dataset::new(table).whole(&context.control)?;
    let again = plan.chart.plan(few.schema())?;
    let mut figure = again.figure(&mut Here { dataset: &few, context })?;
    if sampled {
        let drawn = few.count(&context.control)?;
        figure.notes.push(Msg::new("chart-note-sample").with("drawn", drawn).with("rows", rows));
    }
    Ok(figure)
}

struct There<'a> {
    asking: Asking<'a>,
    dataset: &'a Dataset,
}

fn column(name: &str) -> Term {
    Term::column(name)
}

/// A column as a chart's numbers: see [`super::read::numbers`].
fn value(var: &Var) -> Asked<Term> {
    let held = || Box::new(ask::held(&var.name, &var.kind));
    match (&var.kind, var.class) {
        (Kind::Date | Kind::DateTime(None), _) => Ok(Term::Seconds(held(), Range::Moment)),
        (Kind::DateTime(Some(zone)), _) => {
            Ok(Term::Seconds(Box::new(Term::Local(held(), zone.clone())), Range::Moment))
        }
        (Kind::Time, _) => Ok(Term::Seconds(held(), Range::Clock)),
        (kind, _) => ask::number(&var.name, kind).ok_or_else(|| unlike(var)),
    }
}

fn unlike(var: &Var) -> Stop {
    Stop::Not(Msg::new("push-no-kind").with("column", &var.name).with("kind", var.kind.word()))
}

/// A number that is missing unless it is finite.
fn finite(name: &str) -> Term {
    unless(ask::odd(column(name)), column(name))
}

/// 1 where a number is infinite.
fn infinite(name: &str) -> Term {
    let nan = Term::Not(Box::new(Term::NotANumber(Box::new(column(name)))));
    either(Term::All(vec![ask::odd(column(name)), nan]), int(1), Term::Null)
}

/// The place of a number between edges.
fn between(name: &str, edges: &Edges, log: bool) -> Term {
    fn pick(name: &str, edges: &[f64], from: usize, to: usize) -> Term {
        if to - from <= 1 {
            return int(from as i128);
        }
        let middle = from + (to - from) / 2;
        let before = compare(Comparison::Lt, Term::column(name), real(edges[middle]));
        either(before, pick(name, edges, from, middle), pick(name, edges, middle, to))
    }
    let n = edges.len();
    let (Some(first), Some(last)) = (edges.0.first(), edges.0.last()) else { return int(ABOVE) };
    let mut term = pick(name, &edges.0, 0, n);
    term = either(compare(Comparison::Gt, column(name), real(*last)), int(ABOVE), term);
    term = either(compare(Comparison::Lt, column(name), real(*first)), int(BELOW), term);
    if log {
        term = either(compare(Comparison::Le, column(name), real(0.0)), int(NOT_POSITIVE), term);
    }
    let nothing = Term::Any(vec![missing(column(name)), Term::NotANumber(Box::new(column(name)))]);
    term = either(ask::odd(column(name)), int(INFINITE), term);
    either(nothing, int(MISSING), term)
}

/// A key as a constant of its column's kind.
fn constant(key: &Key, kind: &Kind) -> Option<Constant> {
    Some(match (key, kind) {
        (Key::Text(t), Kind::Text) => Constant::Text(t.clone()),
        (Key::Int(n), Kind::Boolean) => Constant::Bool(*n != 0),
        (Key::Int(n), Kind::Integer) => Constant::Int(i128::from(*n)),
        (Key::Int(n), Kind::Date) => {
            let (year, month, day) = time::civil(*n);
            Constant::Date(chrono::NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?)
        }
        (Key::Text(t), Kind::Decimal(_)) => Constant::Decimal(t.clone()),
        _ => return None,
    })
}

/// The place of a word among groups.
fn among(var: &Var, groups: &Groups) -> Asked<Term> {
    let other = groups.others.map_or(MISSING, |o| o as i64);
    let mut term = int(other);
    for (key, at) in groups.keyed().into_iter().rev().filter(|(key, _)| **key != Key::Missing) {
        let constant = constant(key, &var.kind).ok_or_else(|| unlike(var))?;
        term = either(compare(Comparison::Eq, column(&var.name), Term::Constant(constant)), int(at as i128), term);
    }
    let of_missing = groups.of_missing().map_or(MISSING, |at| at as i64);
    Ok(either(missing(ask::held(&var.name, &var.kind)), int(of_missing), term))
}

/// Rows with a number for each place, and how to read them back.
struct Coded {
    columns: Vec<(String, Term)>,
    names: Vec<String>,
}

impl Coded {
    fn new() -> Self {
        Self { columns: Vec::new(), names: Vec::new() }
    }

    fn push(&mut self, name: &str, term: Term) {
        self.columns.push((name.to_owned(), term));
        self.names.push(name.to_owned());
    }

    /// The places of colours and panels.
    fn split(&mut self, plan: &Plan<'_>, split: &Split) -> Asked<()> {
        for (name, var, groups) in [("c", &plan.colour, &split.colours), ("f", &plan.facet, &split.facets)] {
            if let Some(var) = var {
                self.push(name, among(var, groups)?);
            }
        }
        Ok(())
    }
}

/// The cell of each row of an answer: panel × colours + colour.
fn cells(answer: &Answer, plan: &Plan<'_>, split: &Split) -> Asked<Vec<usize>> {
    let part = |name: &str, there: bool| -> Asked<Vec<usize>> {
        let none = || vec![0; answer.height()];
        let places = if there { answer.counts(name)?.into_iter().map(|n| n as usize).collect() } else { none() };
        Ok(places)
    };
    let (colours, facets) = (part("c", plan.colour.is_some())?, part("f", plan.facet.is_some())?);
    Ok(facets.iter().zip(&colours).map(|(f, c)| f * split.colours.len() + c).collect())
}

fn place(n: Option<i64>) -> i64 {
    n.unwrap_or(MISSING)
}

impl There<'_> {
    /// Numbers of these columns under names of their own, beside all others.
    fn with(&self, values: &[(&str, &Var)]) -> Asked<Relation> {
        let mut columns: Vec<(String, Term)> = Vec::new();
        for c in self.dataset.schema().columns() {
            columns.push((c.name.clone(), column(&c.name)));
        }
        for (name, var) in values {
            columns.push(((*name).to_owned(), value(var)?));
        }
        Ok(self.asking.rows().select(columns))
    }

    /// The words of a column, weighed.
    fn tally(&mut self, var: &Var, weight: Option<&Var>, rank: Measure) -> Asked<Tally> {
        const NAMES: [&str; 4] = ["mekiki_n", "mekiki_sum", "mekiki_min", "mekiki_max"];
        let values: Vec<(&str, &Var)> = weight.map(|w| ("mekiki_v", w)).into_iter().collect();
        let rows = self.with(&values)?;
        let asked = match weight {
            None => vec![(NAMES[0].to_owned(), Aggregate::Count)],
            Some(_) => {
                let v = || finite("mekiki_v");
                let all = [Aggregate::Present(v()), Aggregate::Sum(v()), Aggregate::Min(v()), Aggregate::Max(v())];
                NAMES.map(str::to_owned).into_iter().zip(all).collect()
            }
        };
        let groups = rows.group(vec![var.name.clone()], asked);
        let answer = self.asking.ask(&groups.clone().limit(WORDS as u64 + 1, 0), WORDS + 1)?;
        if answer.height() <= WORDS {
            let (keys, sums) = tallied(&answer, var, weight.is_some())?;
            let distinct = keys.len() as u64;
            return Ok(Tally::of_greatest(keys, sums, distinct));
        }
        let by = match rank {
            Measure::Count => NAMES[0],
            Measure::Sum => NAMES[1],
            Measure::Min => NAMES[2],
            Measure::Max => NAMES[3],
            Measure::Mean => return not("push-no-spread-of-words"),
        };
        let nature = push::nature(&var.kind).ok_or_else(|| unlike(var))?;
        let order = vec![
            Order { column: by.to_owned(), descending: true, nature: Nature::Float },
            Order { column: var.name.clone(), descending: false, nature },
        ];
        let some = groups.filter(compare(Comparison::Gt, column(NAMES[0]), int(0)));
        let missed = either(missing(column(&var.name)), int(1), Term::Null);
        let whole = vec![("n".to_owned(), Aggregate::Count), ("missed".to_owned(), Aggregate::Present(missed))];
        let answer = self.asking.ask(&some.clone().group(Vec::new(), whole), 1)?;
        let distinct = answer.counts("n")?[0];
        let with_missing = answer.counts("missed")?[0] > 0;
        let answer = self.asking.ask(&some.sort(order).limit(WORDS as u64, 0), WORDS)?;
        let (keys, sums) = tallied(&answer, var, weight.is_some())?;
        // Missing is no word where it has no place; whether it has one, who chooses knows.
        let among = keys.contains(&Key::Missing);
        Ok(Tally::of_greatest(keys, sums, distinct - u64::from(with_missing && !among)))
    }

    fn spans(&mut self, vars: &[&Var], kind: ChartKind) -> Asked<(Vec<Span>, u64)> {
        let names: Vec<String> = (0..vars.len()).map(|i| format!("mekiki_{i}")).collect();
        let values: Vec<(&str, &Var)> = names.iter().map(String::as_str).zip(vars.iter().copied()).collect();
        let rows = self.with(&values)?;
        let mut asked = vec![("rows".to_owned(), Aggregate::Count)];
        // What has bins of its own needs no quantiles.
        let spread = !matches!(kind, ChartKind::Bar | ChartKind::Line | ChartKind::Box);
        const SHARES: [f64; 4] = [FRINGE, 0.25, 0.75, 1.0 - FRINGE];
        for name in &names {
            let f = || finite(name);
            let positive = || either(compare(Comparison::Gt, column(name), int(0)), f(), Term::Null);
            let part = compare(Comparison::Ne, f(), Term::call(Call::Floor, [f()]));
            let parts = either(part, int(1), Term::Null);
            let mut ask = |what: &str, aggregate| asked.push((format!("{name}_{what}"), aggregate));
            ask("n", Aggregate::Present(f()));
            ask("lo", Aggregate::Min(f()));
            ask("hi", Aggregate::Max(f()));
            ask("mean", Aggregate::Mean(f()));
            ask("lo_positive", Aggregate::Min(positive()));
            ask("positive", Aggregate::Present(positive()));
            ask("infinite", Aggregate::Present(infinite(name)));
            ask("parts", Aggregate::Present(parts));
            for (i, p) in SHARES.iter().enumerate().filter(|_| spread) {
                ask(&i.to_string(), Aggregate::Quantile(f(), *p));
            }
        }
        let answer = self.asking.ask(&rows.clone().group(Vec::new(), asked), 1)?;
        let mut spans = Vec::new();
        for (name, var) in names.iter().zip(vars) {
            let count = |what: &str| Ok::<u64, Stop>(answer.counts(&format!("{name}_{what}"))?[0]);
            let number = |what: &str| Ok::<f64, Stop>(answer.reals(&format!("{name}_{what}"))?[0]);
            let or = |v: f64, other: f64| if v.is_nan() { other } else { v };
            let mut quantiles = Vec::new();
            for (i, p) in SHARES.iter().enumerate().filter(|_| spread) {
                quantiles.push((*p, number(&i.to_string())?));
            }
            let mut sd = f64::NAN;
            if kind == ChartKind::Density {
                let away = minus(finite(name), real(or(number("mean")?, 0.0)));
                let squares = vec![("squares".to_owned(), Aggregate::Sum(times(away.clone(), away)))];
                let found = self.asking.ask(&rows.clone().group(Vec::new(), squares), 1)?.reals("squares")?[0];
                sd = (found / (count("n")? as f64 - 1.0).max(1.0)).sqrt();
            }
            spans.push(Span {
                n: count("n")?,
                lo: or(number("lo")?, f64::INFINITY),
                hi: or(number("hi")?, f64::NEG_INFINITY),
                lo_positive: or(number("lo_positive")?, f64::INFINITY),
                positive: count("positive")?,
                infinite: count("infinite")?,
                whole: var.class == Class::Number && count("parts")? == 0,
                spread: Spread::Known(quantiles, sd),
            });
        }
        Ok((spans, answer.counts("rows")?[0]))
    }

    fn grouped(
        &mut self,
        rows: Relation,
        coded: Coded,
        more: &[&str],
        asked: Vec<(String, Aggregate)>,
    ) -> Asked<Answer> {
        let mut columns = coded.columns;
        columns.extend(more.iter().map(|name| ((*name).to_owned(), column(name))));
        let groups = rows.select(columns).group(coded.names, asked).limit(GROUPS as u64 + 1, 0);
        let answer = self.asking.ask(&groups, GROUPS + 1)?;
        if answer.height() > GROUPS { not("push-no-groups") } else { Ok(answer) }
    }
}

/// The words of an answer, and their sums.
fn tallied(answer: &Answer, var: &Var, weighed: bool) -> Asked<(Vec<Key>, Vec<Sums>)> {
    let coded = words(&answer.series(&var.name)?.into(), &var.kind)?;
    let n = answer.counts("mekiki_n")?;
    let zeros = || vec![0.0; n.len()];
    let (sum, min, max) = match weighed {
        true => (answer.reals("mekiki_sum")?, answer.reals("mekiki_min")?, answer.reals("mekiki_max")?),
        false => (zeros(), zeros(), zeros()),
    };
    let mut sums = vec![Sums::default(); coded.keys.len()];
    for (row, code) in coded.codes.iter().enumerate().filter(|(row, _)| n[*row] > 0) {
        sums[*code as usize].merge(&Sums { n: n[row], sum: sum[row], min: min[row], max: max[row] });
    }
    Ok((coded.keys, sums))
}

impl Gather for There<'_> {
    fn survey(&mut self, wanted: &Wanted<'_>) -> Asked<Survey> {
        let own = wanted.worded.len() - Split::vars(wanted.plan).len();
        let mut tallies = Vec::new();
        for (i, var) in wanted.worded.iter().enumerate() {
            let rank = if i < own { ranked_by(wanted.plan) } else { Measure::Count };
            tallies.push(self.tally(var, wanted.weight, rank)?);
        }
        if wanted.plan.log() && wanted.plan.kind == ChartKind::Density {
            return not("push-no-log");
        }
        let (spans, rows) = match wanted.numbered {
            [] => (Vec::new(), 0),
            vars => self.spans(vars, wanted.plan.kind)?,
        };
        Ok(Survey { tallies, spans, rows })
    }

    fn fill(&mut self, plan: &Plan<'_>, sides: &[&Var], slots: &[Slots], split: &Split) -> Asked<(Grid, LeftOut)> {
        const SIDES: [(&str, &str); 2] = [("mekiki_x", "x"), ("mekiki_y", "y")];
        let measured = plan.measured.as_ref();
        let binned = |i: &usize| matches!(slots[*i], Slots::Bins(..));
        let mut values: Vec<(&str, &Var)> = (0..sides.len()).filter(binned).map(|i| (SIDES[i].0, sides[i])).collect();
        values.extend(measured.map(|v| ("mekiki_v", v)));
        let rows = self.with(&values)?;
        let mut coded = Coded::new();
        for (i, slot) in slots.iter().enumerate() {
            let term = match slot {
                Slots::Words(groups) => among(sides[i], groups)?,
                Slots::Bins(edges, _) => between(SIDES[i].0, edges, false),
            };
            coded.push(SIDES[i].1, term);
        }
        coded.split(plan, split)?;
        let mut asked = vec![("rows".to_owned(), Aggregate::Count)];
        if measured.is_some() {
            let v = || finite("mekiki_v");
            let all = [
                ("n", Aggregate::Present(v())),
                ("sum", Aggregate::Sum(v())),
                ("min", Aggregate::Min(v())),
                ("max", Aggregate::Max(v())),
                ("infinite", Aggregate::Present(infinite("mekiki_v"))),
            ];
            asked.extend(all.map(|(name, aggregate)| (name.to_owned(), aggregate)));
        }
        let more: &[&str] = if measured.is_some() { &["mekiki_v"] } else { &[] };
        let answer = self.grouped(rows, coded, more, asked)?;
        let mut grid = Grid::new(slots, split);
        let mut left = LeftOut::default();
        let cells = cells(&answer, plan, split)?;
        let rows = answer.counts("rows")?;
        let of_sides = (0..slots.len()).map(|i| answer.whole(SIDES[i].1)).collect::<Result<Vec<_>, _>>()?;
        let (n, bad) = match measured {
            Some(_) => (answer.counts("n")?, answer.counts("infinite")?),
            None => (rows.clone(), vec![0; rows.len()]),
        };
        let ends = match measured {
            Some(_) => [answer.reals("sum")?, answer.reals("min")?, answer.reals("max")?],
            None => std::array::from_fn(|_| vec![0.0; rows.len()]),
        };
        for row in 0..rows.len() {
            let mut at = [0usize; 2];
            let mut placed = true;
            for (i, side) in of_sides.iter().enumerate() {
                match usize::try_from(place(side[row])) {
                    Ok(place) => at[i] = place,
                    Err(_) => {
                        placed = false;
                        leave(&mut left, place(side[row]), rows[row]);
                    }
                }
            }
            if !placed {
                continue;
            }
            left.used += n[row];
            left.infinite += bad[row];
            left.missing += rows[row].saturating_sub(n[row] + bad[row]);
            if n[row] > 0 {
                let sums = Sums { n: n[row], sum: ends[0][row], min: ends[1][row], max: ends[2][row] };
                grid.at_mut(cells[row], at[0], at[1]).merge(&sums);
            }
        }
        Ok((grid, left))
    }

    fn count(&mut self, plan: &Plan<'_>, x: &Var, edges: &Edges, split: &Split, log: bool) -> Asked<(Counts, LeftOut)> {
        let rows = self.with(&[("mekiki_x", x)])?;
        let mut coded = Coded::new();
        coded.push("x", between("mekiki_x", edges, log));
        coded.split(plan, split)?;
        let answer = self.grouped(rows, coded, &[], vec![("rows".to_owned(), Aggregate::Count)])?;
        let mut counts = Counts::new(split.cells(), edges.len());
        let mut left = LeftOut::default();
        let cells = cells(&answer, plan, split)?;
        let xs = answer.whole("x")?;
        for ((x, cell), n) in xs.into_iter().zip(cells).zip(answer.counts("rows")?) {
            let x = place(x);
            match (usize::try_from(x), x) {
                (Ok(bin), _) => counts.bins[cell][bin] += n,
                (_, BELOW) => counts.below[cell] += n,
                (_, ABOVE) => counts.above[cell] += n,
                _ => {}
            }
            if x >= 0 || x == BELOW || x == ABOVE {
                left.used += n;
            }
            leave(&mut left, x, n);
        }
        Ok((counts, left))
    }

    fn boxes(&mut self, plan: &Plan<'_>, y: &Var, groups: &Groups, split: &Split, log: bool) -> Asked<Boxes> {
        self.boxes_of(plan, y, groups, split, log)
    }

    fn points(&mut self, sides: &Sides<'_>) -> Asked<Points> {
        let Sides { plan, x, y, log, edges, split, .. } = *sides;
        let rows = self.with(&[("mekiki_x", x), ("mekiki_y", y)])?;
        let mut coded = Coded::new();
        coded.push("x", between("mekiki_x", &edges.0, log.0));
        coded.push("y", between("mekiki_y", &edges.1, log.1));
        coded.split(plan, split)?;
        let answer = self.grouped(rows, coded, &[], vec![("rows".to_owned(), Aggregate::Count)])?;
        let bins = (edges.0.len(), edges.1.len());
        let mut counts = vec![0; split.facets.len() * bins.0 * bins.1];
        let mut left = LeftOut::default();
        let cells = cells(&answer, plan, split)?;
        let (xs, ys) = (answer.whole("x")?, answer.whole("y")?);
        for (row, n) in answer.counts("rows")?.into_iter().enumerate() {
            let (i, j) = (place(xs[row]), place(ys[row]));
            let drawn = |at: i64| at >= 0 || at == BELOW || at == ABOVE;
            if !drawn(i) || !drawn(j) {
                leave(&mut left, if drawn(i) { j } else { i }, n);
                continue;
            }
            left.used += n;
            match (usize::try_from(i), usize::try_from(j)) {
                (Ok(i), Ok(j)) => counts[(cells[row] * bins.0 + i) * bins.1 + j] += n,
                _ => left.outside += n,
            }
        }
        Ok(Points { drawn: Vec::new(), counts, left })
    }
}

/// Counts rows that have no place.
fn leave(left: &mut LeftOut, place: i64, rows: u64) {
    match place {
        MISSING => left.missing += rows,
        INFINITE => left.infinite += rows,
        NOT_POSITIVE => left.not_positive += rows,
        BELOW | ABOVE => left.outside += rows,
        _ => {}
    }
}
