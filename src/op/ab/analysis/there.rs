//! The sums of the arms made by the engine that has the rows: a few grouping queries, and none of the rows. What cannot be
//! had as a sum is left out and said, or leads back to the rows. Writes no SQL.
//!
//! The first query finds the arms, what the values are and where they lie; the sums are then those of distances from
//! there, so that a large offset costs no digits. (Where the values of one day or segment lie k of their standard deviations
//! from the mean of all, their variance is known to k² parts in 2⁵².) With a unit, a query within the query adds up each unit first.

mod by_unit;

use super::super::{Moments, PairMoments};
use super::gather::{ARMS, Arms, MOST_DAYS, MOST_SEGMENTS, Part, Plan, finish, kinds, names, negative_count};
use super::read::{self, Nature};
use super::sum::Sum;
use super::{Ab, Gathered, Kind, Second};
use crate::data::{Dataset, Place, Stretch, from_polars};
use crate::op::Context;
use crate::op::push::ask::{self, Answer, Asked, Asking, Stop, compare, either, int, minus, missing, not, real, times};
use crate::op::rank::keys::Coder;
use crate::sql::{Aggregate, Comparison, Constant, Relation, Term, Type};
use crate::text::Msg;
use crate::value::{Kind as Sort, Schema};

/// Most different words of a metric whose numbers are told to the engine one by one.
const MOST_WORDS: usize = 50;
/// Most groups of arm, segment and day that are asked for at once.
const MOST_MEETING: usize = 20_000;
/// Beyond this, and below its inverse, squares leave the range of floating-point numbers.
const FAR: f64 = 1e140;

/// What the first query says of the values of a column.
#[derive(Clone, Copy, Default)]
struct Facts {
    /// About where they lie.
    centre: f64,
    /// The smallest.
    low: f64,
}

/// The columns of the rows asked about have names of their own: `v` the variant, `u` the unit, `s` the segment, `d` the
/// day, `x` the second value, `y0` and on the metrics; of units, `a` is the arm's number, `m` whether there were several
/// segments, `t` how many rows, `r0` and on the sums of the rows and `q0` and on those of their squares.
fn numbered(letter: &str, m: usize) -> String {
    format!("{letter}{m}")
}

fn column(name: impl Into<String>) -> Term {
    Term::column(name)
}

struct There<'a> {
    ab: &'a Ab,
    plan: Plan<'a>,
    schema: &'a Schema,
    asking: Asking<'a>,
    natures: Vec<Nature>,
}

/// The sums of each arm, the baseline first; or why they cannot be had there.
pub fn gather(ab: &Ab, dataset: &Dataset, place: &Place, context: &Context) -> Asked<Gathered> {
    let plan = Plan::new(ab, dataset, context.memory)?;
    let natures = vec![Nature::default(); ab.metrics.len()];
    let asking = Asking::new(place, &context.control);
    let mut there = There { ab, plan, schema: dataset.schema(), asking, natures };
    let mut gathered = there.gather()?;
    gathered.said.push(ask::went(place));
    let ranked = |m: &&super::Metric| m.kind == Kind::Mean && m.second != Second::Denominator;
    if let Some(metric) = gathered.metrics.iter().find(ranked) {
        let name = metric.name.clone().unwrap_or_default();
        gathered.said.push(Msg::new("ab-note-no-ranks").with("column", name).with("place", place.remote.name()));
    }
    gathered.asked = there.asking.asked();
    Ok(gathered)
}

/// The mean of the means of several lots of values.
fn mean(counts: &[u64], means: &[f64]) -> f64 {
    let lots = || counts.iter().zip(means).filter(|(n, _)| **n > 0);
    let n = lots().map(|l| *l.0 as f64).sum::<f64>().max(1.0);
    lots().map(|(count, mean)| mean * (*count as f64 / n)).sum()
}

fn smallest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

fn greatest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// Asks for number, mean and ends of a column; [`facts`] reads them.
fn ends(name: &str) -> Vec<(String, Aggregate)> {
    let value = || column(name);
    vec![
        (format!("{name}_n"), Aggregate::Present(value())),
        (format!("{name}_mean"), Aggregate::Mean(value())),
        (format!("{name}_low"), Aggregate::Min(value())),
        (format!("{name}_high"), Aggregate::Max(value())),
    ]
}

fn facts(answer: &Answer, name: &str, whole: bool) -> Asked<Facts> {
    let reals = |what: &str| answer.reals(&format!("{name}_{what}"));
    let low = smallest(&reals("low")?);
    let far = low.abs().max(greatest(&reals("high")?).abs());
    if far.is_finite() && far != 0.0 && !(FAR.recip()..FAR).contains(&far) {
        return not("push-no-squares");
    }
    let centre = mean(&answer.counts(&format!("{name}_n"))?, &reals("mean")?);
    Ok(Facts { centre: if whole { centre.round() } else { centre }, low })
}

impl There<'_> {
    fn kind(&self, name: &str) -> Sort {
        self.schema.position(name).map_or(Sort::Empty, |i| self.schema.columns()[i].kind.clone())
    }

    /// Whether the values of a column are whole numbers, so that sums of distances from one are exact.
    fn is_whole(&self, name: &str) -> bool {
        matches!(self.kind(name), Sort::Integer | Sort::Boolean)
    }

    /// A column as finite floating-point numbers.
    fn number(&mut self, name: &str, nature: &mut Nature) -> Asked<Term> {
        let kind = self.kind(name);
        match ask::number(name, &kind) {
            Some(number) if kind == Sort::Float => Ok(ask::unless(ask::odd(number.clone()), number)),
            Some(number) => Ok(number),
            None if kind == Sort::Text => self.words(name, nature),
            None => Err(Stop::Not(Msg::new("push-no-kind").with("column", name).with("kind", kind.word()))),
        }
    }

    /// A column of words as the numbers they stand for.
    fn words(&mut self, name: &str, nature: &mut Nature) -> Asked<Term> {
        let counted = vec![("n".to_owned(), Aggregate::Count)];
        let most = MOST_WORDS + 1;
        let list = self.asking.rows().group(vec![name.to_owned()], counted).limit(most as u64, 0);
        let answer = self.asking.ask(&list, most)?;
        if answer.height() == most {
            return Err(Stop::Not(Msg::new("push-no-words").with("column", name)));
        }
        let series = answer.series(name)?;
        let values = read::numbers(name, &series, nature)?;
        let texts = series.str().map_err(from_polars)?;
        let mut term = Term::Null;
        for (text, value) in texts.iter().zip(values).filter(|(_, v)| !v.is_nan()) {
            if let Some(text) = text {
                let is = Term::Within(Box::new(column(name)), vec![Constant::Text(text.to_owned())]);
                term = either(is, real(value), term);
            }
        }
        Ok(Term::Real(Box::new(term)))
    }

    fn day(&self, name: &str) -> Asked<Term> {
        let kind = self.kind(name);
        let held = ask::held(name, &kind);
        match &kind {
            Sort::Date | Sort::Integer => Ok(held),
            Sort::DateTime(None) => Ok(Term::Cast(Box::new(held), Type::Date)),
            Sort::DateTime(Some(zone)) => {
                Ok(Term::Cast(Box::new(Term::Local(Box::new(held), zone.clone())), Type::Date))
            }
            // Text has another order than the days it stands for.
            Sort::Text if self.ab.unit.is_none() => Ok(held),
            _ => Err(Stop::Not(Msg::new("push-no-kind").with("column", name).with("kind", kind.word()))),
        }
    }

    /// The segment, as what has a smallest and a greatest value everywhere.
    fn segment(&self, name: &str) -> Asked<Term> {
        match (self.kind(name), self.ab.unit.is_some()) {
            (Sort::Boolean, true) => Ok(column(name).as_number()),
            (Sort::Text | Sort::Integer | Sort::Decimal(_) | Sort::Date, _) | (Sort::Boolean, false) => {
                Ok(ask::held(name, &self.kind(name)))
            }
            (kind, _) => Err(Stop::Not(Msg::new("push-no-kind").with("column", name).with("kind", kind.word()))),
        }
    }

    /// The columns that the analysis is about.
    fn base(&mut self) -> Asked<Relation> {
        let ab = self.ab;
        let held = |name: &str| ask::held(name, &self.kind(name));
        let mut columns = vec![("v".to_owned(), held(&ab.variant))];
        columns.extend(ab.unit.iter().map(|unit| ("u".to_owned(), held(unit))));
        if let Some(name) = &ab.segment {
            columns.push(("s".to_owned(), self.segment(name)?));
        }
        if let Some(name) = &ab.day {
            columns.push(("d".to_owned(), self.day(name)?));
        }
        let second = ab.denominator.as_ref().or(ab.covariate.as_ref());
        let x = second.map(|name| self.number(name, &mut Nature::default())).transpose()?;
        for (m, name) in ab.metrics.iter().enumerate() {
            let mut nature = Nature::default();
            let y = self.number(name, &mut nature)?;
            // How many there are of each is counted with the rest.
            self.natures[m] = Nature { others: 0, ..nature };
            let y = match (&x, self.plan.second()) {
                // Without its denominator a value says nothing.
                (Some(x), Second::Denominator) => ask::unless(missing(x.clone()), y),
                _ => y,
            };
            columns.push((numbered("y", m), y));
        }
        columns.extend(x.map(|x| ("x".to_owned(), x)));
        Ok(self.asking.rows().select(columns))
    }

    fn has_second(&self) -> bool {
        self.plan.second() != Second::None
    }

    fn metrics(&self) -> std::ops::Range<usize> {
        0..self.ab.metrics.len()
    }

    fn gather(&mut self) -> Asked<Gathered> {
        let base = self.base()?;
        let mut asked = vec![("rows".to_owned(), Aggregate::Count)];
        if self.ab.unit.is_some() {
            asked.push(("units".to_owned(), Aggregate::Present(column("u"))));
        }
        for m in self.metrics() {
            let y = numbered("y", m);
            let two_fold = Term::Within(Box::new(column(&y)), vec![Constant::Int(0), Constant::Int(1)]);
            let other = either(Term::Not(Box::new(two_fold)), int(1), Term::Null);
            asked.push((format!("{y}_others"), Aggregate::Present(other)));
            asked.push((format!("{y}_ones"), Aggregate::Present(one(&y))));
            asked.extend(ends(&y));
        }
        if self.has_second() {
            asked.extend(ends("x"));
        }
        let most = ARMS + 1;
        let first = base.clone().group(vec!["v".to_owned()], asked).limit(most as u64, 0);
        let first = self.asking.ask(&first, most)?;
        let mut part = self.plan.fresh();
        let variants = first.series("v")?;
        let codes;
        (part.variants, codes) = Coder::of(&variants.dtype().clone(), &Stretch::Values(variants.clone()))?;
        if part.variants.len() > ARMS {
            return Err(self.plan.too_many().into());
        }
        let rows = first.counts("rows")?;
        part.rows = vec![0; ARMS];
        codes.iter().zip(&rows).for_each(|(code, n)| part.rows[*code as usize] += n);
        let mut found = Vec::new();
        for m in self.metrics() {
            let y = numbered("y", m);
            self.natures[m].others = first.counts(&format!("{y}_others"))?.iter().sum();
            found.push(facts(&first, &y, self.is_whole(&self.ab.metrics[m]))?);
        }
        part.natures.clone_from(&self.natures);
        let kinds = kinds(self.ab, &self.natures)?;
        if self.ab.bootstrap.is_some() && kinds.contains(&Kind::Mean) {
            return not("push-no-bootstrap");
        }
        let arms = Arms::of(self.ab, &self.plan, &part)?;
        let in_arms = in_arms(&names(&part.variants)?, &self.kind(&self.ab.variant));
        if self.ab.unit.is_some() {
            let missing = rows.iter().sum::<u64>() - first.counts("units")?.iter().sum::<u64>();
            return self.by_unit(base, in_arms, part, arms, &kinds, missing);
        }
        let limits = self.limits(&base.clone().filter(in_arms))?;
        self.check_counts(&kinds, &found)?;
        let x = if self.has_second() { facts(&first, "x", self.is_second_whole())? } else { Facts::default() };
        if !self.has_second() && self.ab.day.is_none() && self.ab.segment.is_none() && self.are_two_fold() {
            for m in self.metrics() {
                let y = numbered("y", m);
                let (n, ones) = (first.counts(&format!("{y}_n"))?, first.counts(&format!("{y}_ones"))?);
                part.whole[m] = vec![Sum::default(); ARMS];
                for (i, code) in codes.iter().enumerate() {
                    let y = Moments::from_sums(n[i], ones[i] as f64, ones[i] as f64, 0.0).unwrap_or_default();
                    let sum = Sum { ones: ones[i], missing: rows[i] - n[i], y, ..Sum::default() };
                    let cell = &mut part.whole[m][*code as usize];
                    *cell = cell.merge(sum);
                }
            }
            return Ok(finish(&self.plan, &mut part, arms, &limits, &kinds, None)?);
        }
        let centred = self.centred(&self.capped(base, &limits), &["v", "s", "d"], &found, x);
        let mut whole: Option<Vec<Vec<Sum>>> = None;
        let both = self.both(&centred, &["v", "s", "d"], &[])?;
        if let Some(name) = &self.ab.segment {
            let most = ARMS * (MOST_SEGMENTS + 1);
            let answer = match both.clone() {
                Some(both) => Some(both),
                None => self.cells(&centred, &["v", "s"], Vec::new(), most)?,
            };
            let answer = &answer.ok_or_else(|| self.plan.too_many_parts(Some(name), MOST_SEGMENTS))?;
            let series = answer.series("s")?;
            let (coder, keys) = Coder::of(&series.dtype().clone(), &Stretch::Values(series))?;
            if coder.len() > MOST_SEGMENTS + 1 {
                return Err(self.plan.too_many_parts(Some(name), MOST_SEGMENTS).into());
            }
            let at = self.arms_of(&mut part, answer)?;
            for m in self.metrics() {
                part.by_segment[m] = table(&keys, &at, &self.sums(answer, m, &found, x)?, coder.len());
            }
            part.segments = Some(coder);
            whole = Some(part.by_segment.clone());
        }
        if let Some(name) = &self.ab.day {
            let answer = match both.clone() {
                Some(both) => Some(both),
                None => self.cells(&centred, &["v", "d"], Vec::new(), ARMS * (MOST_DAYS + 1))?,
            };
            let answer = &answer.ok_or_else(|| self.plan.too_many_parts(Some(name), MOST_DAYS))?;
            let keys = self.days(&mut part, name, answer)?;
            let at = self.arms_of(&mut part, answer)?;
            for m in self.metrics() {
                part.by_day[m] = table(&keys, &at, &self.sums(answer, m, &found, x)?, part.days.list.len());
            }
            whole = whole.or_else(|| Some(part.by_day.clone()));
        }
        match whole {
            Some(parts) => part.whole = parts.iter().map(|cells| super::gather::together(cells)).collect(),
            None => {
                let answer = self.cells(&centred, &["v"], Vec::new(), ARMS)?;
                let answer = answer.ok_or_else(|| self.plan.too_many())?;
                let at = self.arms_of(&mut part, &answer)?;
                for m in self.metrics() {
                    part.whole[m] = table(&vec![0; at.len()], &at, &self.sums(&answer, m, &found, x)?, 1);
                }
            }
        }
        Ok(finish(&self.plan, &mut part, arms, &limits, &kinds, None)?)
    }

    fn is_second_whole(&self) -> bool {
        self.ab.denominator.as_ref().or(self.ab.covariate.as_ref()).is_some_and(|name| self.is_whole(name))
    }

    fn are_two_fold(&self) -> bool {
        self.natures.iter().all(Nature::two_fold)
    }

    fn check_counts(&self, kinds: &[Kind], found: &[Facts]) -> Asked<()> {
        let negative = |m: &usize| kinds[*m] == Kind::Count && found[*m].low < 0.0;
        match self.metrics().filter(|_| self.plan.second() != Second::Denominator).find(negative) {
            Some(m) => Err(negative_count(&self.ab.metrics[m]).into()),
            None => Ok(()),
        }
    }

    /// What amounts are put to beyond the quantile asked for.
    fn limits(&mut self, rows: &Relation) -> Asked<Vec<Option<f64>>> {
        let mut limits = vec![None; self.ab.metrics.len()];
        let Some(p) = self.ab.winsorise.filter(|_| self.ab.denominator.is_none()) else { return Ok(limits) };
        let amounts: Vec<usize> = self.metrics().filter(|m| !self.natures[*m].two_fold()).collect();
        if amounts.is_empty() {
            return Ok(limits);
        }
        let quantile = |m: &usize| (numbered("y", *m), Aggregate::Quantile(column(numbered("y", *m)), p));
        let answer = self.asking.ask(&rows.clone().group(Vec::new(), amounts.iter().map(quantile).collect()), 1)?;
        for m in amounts {
            limits[m] = answer.reals(&numbered("y", m))?.first().copied().filter(|v| v.is_finite());
        }
        Ok(limits)
    }

    /// The same columns with the metrics put to their limits.
    fn capped(&self, rows: Relation, limits: &[Option<f64>]) -> Relation {
        if limits.iter().all(Option::is_none) {
            return rows;
        }
        let y = |m: usize| {
            let name = numbered("y", m);
            let value = column(&name);
            let capped = match limits[m] {
                Some(cap) => either(compare(Comparison::Gt, value.clone(), real(cap)), real(cap), value),
                None => value,
            };
            (name, capped)
        };
        let kept = self.keys(&["v", "s", "d", "a", "m", "t", "x"]).into_iter().chain(self.of_rows());
        let columns = kept.map(|k| (k.clone(), column(k))).chain(self.metrics().map(y)).collect();
        rows.select(columns)
    }

    /// Those of these columns that there are.
    fn keys(&self, wanted: &[&str]) -> Vec<String> {
        let units = self.ab.unit.is_some();
        let is = |name: &&str| match *name {
            "v" => !units,
            "s" => self.ab.segment.is_some(),
            "m" => units && self.ab.segment.is_some(),
            "d" => self.ab.day.is_some(),
            "x" => self.has_second(),
            _ => units,
        };
        wanted.iter().copied().filter(is).map(str::to_owned).collect()
    }

    /// The columns with what the rows of a unit add up to.
    fn of_rows(&self) -> Vec<String> {
        match self.ab.unit {
            Some(_) => self.metrics().flat_map(|m| [numbered("r", m), numbered("q", m)]).collect(),
            None => Vec::new(),
        }
    }

    /// Distances from the centres: `d0` and on of metrics; `p0` and on of those that have a second value, whose own
    /// distance is then `e0`.
    fn centred(&self, rows: &Relation, keys: &[&str], found: &[Facts], x: Facts) -> Relation {
        let mut columns: Vec<(String, Term)> = self.keys(keys).into_iter().map(|k| (k.clone(), column(k))).collect();
        for (m, facts) in found.iter().enumerate() {
            let y = numbered("y", m);
            let d = minus(column(&y), real(facts.centre));
            if self.has_second() {
                let e = minus(column("x"), real(x.centre));
                columns.push((numbered("p", m), ask::unless(missing(column("x")), d.clone())));
                columns.push((numbered("e", m), ask::unless(missing(column(&y)), e)));
            }
            columns.push((numbered("d", m), d));
            columns.push((y, column(numbered("y", m))));
        }
        rows.clone().select(columns)
    }

    /// The sums by segment and day at once, where both are asked for and few enough meet: rows are then read, and units
    /// added up, once for both.
    fn both(&mut self, rows: &Relation, keys: &[&str], more: &[(String, Aggregate)]) -> Asked<Option<Answer>> {
        match self.ab.segment.is_some() && self.ab.day.is_some() {
            true => self.cells(rows, keys, more.to_vec(), MOST_MEETING),
            false => Ok(None),
        }
    }

    /// The sums of each group, and whatever else is asked about it; none where there are more groups than may be.
    fn cells(
        &mut self,
        rows: &Relation,
        keys: &[&str],
        more: Vec<(String, Aggregate)>,
        most: usize,
    ) -> Asked<Option<Answer>> {
        let mut asked = vec![("rows".to_owned(), Aggregate::Count)];
        for m in self.metrics() {
            let [y, d, p, e] = ["y", "d", "p", "e"].map(|letter| numbered(letter, m));
            let of = |a: &str, b: &str| Aggregate::Sum(times(column(a), column(b)));
            asked.push((format!("{d}_n"), Aggregate::Present(column(&d))));
            asked.push((format!("{y}_ones"), Aggregate::Present(one(&y))));
            asked.push((format!("{d}_1"), Aggregate::Sum(column(&d))));
            asked.push((format!("{d}_2"), of(&d, &d)));
            if self.has_second() {
                asked.extend(pair(&p, &e));
            }
        }
        asked.extend(more);
        let keys = keys.iter().map(|k| (*k).to_owned()).collect();
        let answer = self.asking.ask(&rows.clone().group(keys, asked).limit(most as u64 + 1, 0), most + 1)?;
        Ok((answer.height() <= most).then_some(answer))
    }

    fn sums(&self, answer: &Answer, m: usize, found: &[Facts], x: Facts) -> Asked<Vec<Sum>> {
        let [y, d, p, e] = ["y", "d", "p", "e"].map(|letter| numbered(letter, m));
        let rows = answer.counts("rows")?;
        let (n, ones) = (answer.counts(&format!("{d}_n"))?, answer.counts(&format!("{y}_ones"))?);
        let (one, two) = (answer.reals(&format!("{d}_1"))?, answer.reals(&format!("{d}_2"))?);
        let pairs = match self.has_second() {
            true => pairs(answer, (&p, &e), (found[m].centre, x.centre))?,
            false => vec![PairMoments::default(); rows.len()],
        };
        let sum = |i: usize| Sum {
            ones: ones[i],
            missing: rows[i].saturating_sub(n[i]),
            y: Moments::from_sums(n[i], one[i], two[i], found[m].centre).unwrap_or_default(),
            pair: pairs[i],
        };
        Ok((0..rows.len()).map(sum).collect())
    }

    /// The number of each group's arm.
    fn arms_of(&self, part: &mut Part, answer: &Answer) -> Asked<Vec<u32>> {
        let series = answer.series("v")?;
        let (coder, codes) = Coder::of(&series.dtype().clone(), &Stretch::Values(series))?;
        let map = part.variants.absorb(&coder)?;
        if part.variants.len() > ARMS {
            return Err(self.plan.too_many().into());
        }
        Ok(codes.into_iter().map(|c| map[c as usize]).collect())
    }

    /// The place of each group's day.
    fn days(&self, part: &mut Part, name: &str, answer: &Answer) -> Asked<Vec<u32>> {
        let days = read::days(name, &answer.series("d")?)?;
        let places = days.into_iter().map(|d| part.days.place(d)).collect();
        if part.days.list.len() > MOST_DAYS + 1 {
            return Err(self.plan.too_many_parts(Some(&name.to_owned()), MOST_DAYS).into());
        }
        Ok(places)
    }
}

/// A value where it is 1.
fn one(name: &str) -> Term {
    either(compare(Comparison::Eq, column(name), int(1)), int(1), Term::Null)
}

/// Whether a row belongs to an arm: its variant is neither missing nor blank.
fn in_arms(names: &[Option<String>], kind: &Sort) -> Term {
    let present = Term::Not(Box::new(missing(column("v"))));
    if *kind != Sort::Text {
        return present;
    }
    let list = names.iter().flatten().map(|name| Constant::Text(name.clone())).collect();
    Term::All(vec![present, Term::Within(Box::new(column("v")), list)])
}

/// Asks for the sums of a pair of distances.
fn pair(p: &str, e: &str) -> Vec<(String, Aggregate)> {
    let of = |a: &str, b: &str| Aggregate::Sum(times(column(a), column(b)));
    let both = ask::unless(missing(column(e)), column(p));
    vec![
        (format!("{p}_n"), Aggregate::Present(both)),
        (format!("{p}_1"), Aggregate::Sum(column(p))),
        (format!("{p}_2"), of(p, p)),
        (format!("{e}_1"), Aggregate::Sum(column(e))),
        (format!("{e}_2"), of(e, e)),
        (format!("{p}_{e}"), of(p, e)),
    ]
}

fn pairs(answer: &Answer, (p, e): (&str, &str), shift: (f64, f64)) -> Asked<Vec<PairMoments>> {
    let n = answer.counts(&format!("{p}_n"))?;
    let reals = |name: String| answer.reals(&name);
    let (p1, p2) = (reals(format!("{p}_1"))?, reals(format!("{p}_2"))?);
    let (e1, e2, pe) = (reals(format!("{e}_1"))?, reals(format!("{e}_2"))?, reals(format!("{p}_{e}"))?);
    let of = |i: usize| PairMoments::from_sums(n[i], (p1[i], e1[i]), (p2[i], e2[i]), pe[i], shift);
    Ok((0..n.len()).map(|i| of(i).unwrap_or_default()).collect())
}

/// Cells by key and arm, of groups with these keys and arms.
fn table(keys: &[u32], arms: &[u32], sums: &[Sum], length: usize) -> Vec<Sum> {
    let mut cells = vec![Sum::default(); length.max(1) * ARMS];
    for ((key, arm), sum) in keys.iter().zip(arms).zip(sums) {
        if let Some(cell) = cells.get_mut(*key as usize * ARMS + *arm as usize) {
            *cell = cell.merge(*sum);
        }
    }
    cells
}
