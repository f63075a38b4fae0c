//! One pass over a table: per arm, and per day and segment where asked for, the sums of each metric; with a unit, per unit
//! first.
//!
//! Without a unit nothing is held but the sums and, for ranks and medians, how often each value of an amount occurs. With
//! one, a few numbers for each unit are, and no more than the memory allowed. Winsorising rows reads them twice: once for
//! the limit.

use std::collections::{BTreeMap, HashMap};

use polars::prelude::DataType;

use super::read::{self, NO_DAY, Nature};
use super::sum::{Near, Running, Sum, Tally};
use super::units::{Folded, Found};
use super::{Ab, Gathered, Kind, MOST_ARMS, Metric, Second, Units};
use crate::data::{Dataset, Flow, Stretch};
use crate::error::{Error, Result};
use crate::op::Context;
use crate::op::push::{Answered, answered, ask};
use crate::op::rank::keys::Coder;
use crate::text::Msg;
use crate::value::Cell;

/// Places for arms, with room for the missing and the blank one.
pub const ARMS: usize = MOST_ARMS + 2;
/// Most segments.
pub const MOST_SEGMENTS: usize = 200;
/// Most days.
pub const MOST_DAYS: usize = 4000;

/// Days in the order in which they were first seen.
#[derive(Default)]
pub struct Days {
    places: HashMap<i64, u32>,
    pub list: Vec<i64>,
}

impl Days {
    /// The place of a day.
    #[inline]
    pub fn place(&mut self, day: i64) -> u32 {
        let next = self.list.len() as u32;
        let at = *self.places.entry(day).or_insert(next);
        if at == next {
            self.list.push(day);
        }
        at
    }
}

/// Sums of each metric by a key and the arm: the cell of key k and arm a is k × [`ARMS`] + a.
pub type Table = Vec<Vec<Sum>>;

/// What a stretch of rows gives, or all of them.
pub struct Part {
    pub variants: Coder,
    pub segments: Option<Coder>,
    pub days: Days,
    /// Rows of each arm.
    pub rows: Vec<u64>,
    pub whole: Table,
    pub by_segment: Table,
    pub by_day: Table,
    /// How often each value occurs, by metric and arm; nothing of a metric that is 0 or 1, whose sums tell.
    pub tallies: Vec<Vec<Tally>>,
    pub natures: Vec<Nature>,
    pub units: Option<Folded>,
}

pub struct Plan<'a> {
    pub ab: &'a Ab,
    /// Where each column lies among those read.
    variant: usize,
    unit: Option<usize>,
    day: Option<usize>,
    segment: Option<usize>,
    second: Option<usize>,
    metrics: Vec<usize>,
    places: Vec<usize>,
    types: Vec<DataType>,
    /// Most different values of an amount.
    limit: usize,
    /// What values of each metric are capped at.
    caps: Vec<Option<f64>>,
}

impl<'a> Plan<'a> {
    /// What is read of a table.
    pub fn new(ab: &'a Ab, dataset: &Dataset, memory: u64) -> Result<Self> {
        let schema = dataset.schema();
        let mut places: Vec<usize> = Vec::new();
        let mut column = |name: &str| -> Result<usize> {
            let place = schema.require(name)?;
            Ok(places.iter().position(|p| *p == place).unwrap_or_else(|| {
                places.push(place);
                places.len() - 1
            }))
        };
        let variant = column(&ab.variant)?;
        let mut optional = |name: &Option<String>| name.as_deref().map(&mut column).transpose();
        let (unit, day, segment) = (optional(&ab.unit)?, optional(&ab.day)?, optional(&ab.segment)?);
        let second = optional(if ab.denominator.is_some() { &ab.denominator } else { &ab.covariate })?;
        let metrics = ab.metrics.iter().map(|m| column(m)).collect::<Result<Vec<_>>>()?;
        // A table somewhere else knows its types without a row.
        let head = dataset.window(&places, 0, usize::from(dataset.place().is_none()))?;
        let types = head.inner().columns().iter().map(|c| c.dtype().clone()).collect();
        // An eighth of the memory for values, at some 32 bytes each, in both threads and all arms.
        let limit = (memory / 1024 / metrics.len().max(1) as u64).clamp(4096, 1 << 20) as usize;
        let caps = vec![None; metrics.len()];
        Ok(Self { ab, variant, unit, day, segment, second, metrics, places, types, limit, caps })
    }

    /// The second column of a metric.
    pub fn second(&self) -> Second {
        match (&self.ab.denominator, &self.ab.covariate) {
            (Some(_), _) => Second::Denominator,
            (None, Some(_)) => Second::Covariate,
            _ => Second::None,
        }
    }

    /// Nothing yet.
    pub fn fresh(&self) -> Part {
        let metrics = self.metrics.len();
        let table = || vec![Vec::new(); metrics];
        Part {
            variants: Coder::new(&self.types[self.variant]),
            segments: self.segment.map(|s| Coder::new(&self.types[s])),
            days: Days::default(),
            rows: Vec::new(),
            whole: table(),
            by_segment: table(),
            by_day: table(),
            tallies: (0..metrics).map(|_| Vec::new()).collect(),
            natures: vec![Nature::default(); metrics],
            units: self.unit.map(|u| Folded::new(&self.types[u], metrics)),
        }
    }

    /// That there are too many arms.
    pub fn too_many(&self) -> Error {
        let message = Msg::new("error-ab-variants").with("column", &self.ab.variant).with("most", MOST_ARMS);
        Error::usage(message).hint(Msg::new("hint-ab-variants"))
    }

    /// That there are too many days or segments.
    pub fn too_many_parts(&self, column: Option<&String>, most: usize) -> Error {
        let column = column.cloned().unwrap_or_default();
        let message = Msg::new("error-ab-parts").with("column", column).with("most", most);
        Error::usage(message).hint(Msg::new("hint-ab-parts"))
    }

    fn gather(&self, columns: &[Stretch]) -> Result<Part> {
        let mut part = self.fresh();
        let arms;
        (part.variants, arms) = Coder::of(&self.types[self.variant], &columns[self.variant])?;
        // Missing and blank are no arms.
        if part.variants.len() > ARMS {
            return Err(self.too_many());
        }
        part.rows = vec![0; ARMS];
        arms.iter().for_each(|a| part.rows[*a as usize] += 1);
        let mut segments = Vec::new();
        if let Some(at) = self.segment {
            let coder;
            (coder, segments) = Coder::of(&self.types[at], &columns[at])?;
            let coder = part.segments.insert(coder);
            if coder.len() > MOST_SEGMENTS + 1 {
                return Err(self.too_many_parts(self.ab.segment.as_ref(), MOST_SEGMENTS));
            }
        }
        let mut days = Vec::new();
        if let Some(at) = self.day {
            let read = read::days(self.ab.day.as_deref().unwrap_or_default(), &columns[at].values()?)?;
            days = read.iter().map(|d| part.days.place(*d)).collect();
            if part.days.list.len() > MOST_DAYS + 1 {
                return Err(self.too_many_parts(self.ab.day.as_ref(), MOST_DAYS));
            }
        }
        let second = match self.second {
            None => None,
            Some(at) => {
                let name = self.ab.denominator.as_ref().or(self.ab.covariate.as_ref());
                let name = name.map(String::as_str).unwrap_or_default();
                Some(read::numbers(name, &columns[at].values()?, &mut Nature::default())?)
            }
        };
        let mut metrics = Vec::with_capacity(self.metrics.len());
        for (m, at) in self.metrics.iter().enumerate() {
            let mut values = read::numbers(&self.ab.metrics[m], &columns[*at].values()?, &mut part.natures[m])?;
            if let Some(cap) = self.caps[m] {
                values.iter_mut().for_each(|v| *v = if *v > cap { cap } else { *v });
            }
            // Without its denominator a value says nothing.
            if let (Second::Denominator, Some(second)) = (self.second(), &second) {
                values.iter_mut().zip(second).for_each(|(v, x)| *v = if x.is_nan() { f64::NAN } else { *v });
            }
            metrics.push(values);
        }
        if let (Some(units), Some(at)) = (&mut part.units, self.unit) {
            let blank = blanks(&part.variants)?;
            let days: Vec<i64> = days.iter().map(|d| part.days.list[*d as usize]).collect();
            units.gather(
                &self.types[at],
                &columns[at],
                &arms,
                &blank,
                &days,
                &segments,
                &metrics,
                second.as_deref(),
            )?;
            return Ok(part);
        }
        let cells =
            |keys: &[u32]| -> Vec<u32> { keys.iter().zip(&arms).map(|(key, arm)| key * ARMS as u32 + arm).collect() };
        let by_segment = part.segments.as_ref().map(|s| (cells(&segments), s.len()));
        let by_day = self.day.map(|_| (cells(&days), part.days.list.len()));
        for (m, values) in metrics.iter().enumerate() {
            let second = second.as_deref();
            if let Some((cells, keys)) = &by_segment {
                part.by_segment[m] = sums(values, second, cells, *keys);
            }
            if let Some((cells, keys)) = &by_day {
                part.by_day[m] = sums(values, second, cells, *keys);
            }
            part.whole[m] = match (&by_segment, &by_day) {
                (Some(_), _) => together(&part.by_segment[m]),
                (None, Some(_)) => together(&part.by_day[m]),
                (None, None) => sums(values, second, &arms, 1),
            };
            if !part.natures[m].two_fold() && self.second() != Second::Denominator {
                part.tallies[m] = tallies(values, &arms, self.limit);
            }
        }
        Ok(part)
    }

    fn absorb(&self, all: &mut Part, part: &Part, memory: u64) -> Result<()> {
        let map = all.variants.absorb(&part.variants)?;
        if all.variants.len() > ARMS {
            return Err(self.too_many());
        }
        all.rows.resize(ARMS, 0);
        for (n, to) in part.rows.iter().zip(&map) {
            all.rows[*to as usize] += n;
        }
        let segments = match (&mut all.segments, &part.segments) {
            (Some(mine), Some(theirs)) => mine.absorb(theirs)?,
            _ => Vec::new(),
        };
        if all.segments.as_ref().is_some_and(|s| s.len() > MOST_SEGMENTS + 1) {
            return Err(self.too_many_parts(self.ab.segment.as_ref(), MOST_SEGMENTS));
        }
        let days: Vec<u32> = part.days.list.iter().map(|d| all.days.place(*d)).collect();
        if all.days.list.len() > MOST_DAYS + 1 {
            return Err(self.too_many_parts(self.ab.day.as_ref(), MOST_DAYS));
        }
        for m in 0..self.metrics.len() {
            merge(&mut all.whole[m], &part.whole[m], &[0], &map);
            merge(&mut all.by_segment[m], &part.by_segment[m], &segments, &map);
            merge(&mut all.by_day[m], &part.by_day[m], &days, &map);
            self.absorb_tallies(all, part, m, &map);
            all.natures[m].merge(part.natures[m]);
        }
        match (&mut all.units, &part.units) {
            (Some(mine), Some(theirs)) => mine.absorb(theirs, &map, &segments, memory),
            _ => Ok(()),
        }
    }

    fn absorb_tallies(&self, all: &mut Part, part: &Part, m: usize, map: &[u32]) {
        if part.units.is_some() || self.second() == Second::Denominator {
            return;
        }
        let mine = &mut all.tallies[m];
        mine.resize_with(ARMS, Tally::default);
        match part.natures[m].two_fold() {
            true => {
                for (sum, to) in part.whole[m].iter().zip(map) {
                    for (v, count) in [(0.0, sum.n() - sum.ones), (1.0, sum.ones)] {
                        if count > 0 {
                            mine[*to as usize].add(v, count, self.limit);
                        }
                    }
                }
            }
            false => {
                for (tally, to) in part.tallies[m].iter().zip(map) {
                    mine[*to as usize].absorb(tally, self.limit);
                }
            }
        }
    }

    fn pass(&self, dataset: &Dataset, context: &Context) -> Result<Part> {
        let mut all = self.fresh();
        dataset.scan_stretches(
            &self.places,
            &context.control,
            |columns| self.gather(&columns),
            |part| {
                self.absorb(&mut all, &part, context.memory)?;
                Ok(Flow::Continue)
            },
        )?;
        context.control.check()?;
        Ok(all)
    }
}

/// The sums of a metric by cell.
fn sums(values: &[f64], second: Option<&[f64]>, cells: &[u32], keys: usize) -> Vec<Sum> {
    let near = Near::of(values, second);
    let mut running = vec![Running::default(); keys.max(1) * ARMS];
    match second {
        None => cells.iter().zip(values).for_each(|(cell, v)| running[*cell as usize].add(*v, near)),
        Some(second) => {
            for ((cell, v), x) in cells.iter().zip(values).zip(second) {
                let sum = &mut running[*cell as usize];
                sum.add(*v, near);
                sum.add_pair(*v, *x, near);
            }
        }
    }
    running.iter().map(|r| r.close(near)).collect()
}

/// All keys together, by arm.
pub fn together(cells: &[Sum]) -> Vec<Sum> {
    let mut all = vec![Sum::default(); ARMS];
    for (at, sum) in cells.iter().enumerate() {
        all[at % ARMS] = all[at % ARMS].merge(*sum);
    }
    all
}

fn tallies(values: &[f64], arms: &[u32], limit: usize) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = std::iter::repeat_with(Tally::default).take(ARMS).collect();
    // Most amounts are nothing at all.
    let mut zeros = [0u64; ARMS];
    for (v, arm) in values.iter().zip(arms) {
        if *v == 0.0 {
            zeros[*arm as usize] += 1;
        } else if !v.is_nan() {
            tallies[*arm as usize].add(*v, 1, limit);
        }
    }
    for (tally, zeros) in tallies.iter_mut().zip(zeros).filter(|t| t.1 > 0) {
        tally.add(0.0, zeros, limit);
    }
    tallies
}

/// Adds cells to others: `keys` and `arms` say what each key and arm there is here.
fn merge(mine: &mut Vec<Sum>, theirs: &[Sum], keys: &[u32], arms: &[u32]) {
    for (key, to) in theirs.chunks(ARMS).zip(keys) {
        let at = *to as usize * ARMS;
        if mine.len() < at + ARMS {
            mine.resize(at + ARMS, Sum::default());
        }
        for (sum, arm) in key.iter().zip(arms) {
            let cell = &mut mine[at + *arm as usize];
            *cell = cell.merge(*sum);
        }
    }
}

/// The names of what a coder has numbers for; none for what is missing or blank.
pub fn names(coder: &Coder) -> Result<Vec<Option<String>>> {
    let column = coder.column("name", (0..coder.len() as u32).map(Some))?.into();
    let name = |i: usize| match crate::data::cell_of(&column, i) {
        Cell::Null => None,
        cell => Some(cell.plain()).filter(|t| !t.trim().is_empty()),
    };
    Ok((0..coder.len()).map(name).collect())
}

fn blanks(variants: &Coder) -> Result<Vec<bool>> {
    Ok(names(variants)?.iter().map(Option::is_none).collect())
}

/// The sums of each arm, the baseline first: from where the rows are, if the engine there can add them up.
pub fn gather(ab: &Ab, dataset: &Dataset, context: &Context) -> Result<Gathered> {
    if ab.metrics.is_empty() {
        return Err(Error::usage(Msg::new("error-ab-no-metric")).hint(Msg::new("hint-ab-metric")));
    }
    match answered(dataset, &context.control, |rows, place| super::there::gather(ab, rows, place, context))? {
        Answered::There(gathered) => Ok(gathered),
        Answered::Here(rows, None) => gather_here(ab, &rows, context),
        Answered::Here(rows, why) => {
            let named = [&ab.unit, &ab.denominator, &ab.covariate, &ab.day, &ab.segment].into_iter().flatten();
            let names: Vec<&str> = named.chain(&ab.metrics).chain([&ab.variant]).map(String::as_str).collect();
            let rows = ask::narrowed(&rows, &names, &context.control)?;
            let mut gathered = gather_here(ab, &rows, context)?;
            gathered.said.extend(why);
            Ok(gathered)
        }
    }
}

fn gather_here(ab: &Ab, dataset: &Dataset, context: &Context) -> Result<Gathered> {
    let mut plan = Plan::new(ab, dataset, context.memory)?;
    let mut all = plan.pass(dataset, context)?;
    let arms = Arms::of(ab, &plan, &all)?;
    let mut limits = vec![None; plan.metrics.len()];
    let capped =
        |m: usize| ab.winsorise.filter(|_| !all.natures[m].two_fold() && ab.denominator.is_none()).map(|p| (m, p));
    if let (Some(p), Some(units)) = (ab.winsorise, &mut all.units) {
        for (m, limit) in limits.iter_mut().enumerate() {
            if !all.natures[m].two_fold() && ab.denominator.is_none() {
                *limit = units.cap(m, p, &arms.place);
            }
        }
    } else {
        for (m, p) in (0..plan.metrics.len()).filter_map(capped).collect::<Vec<_>>() {
            let mut tally = Tally::default();
            for at in &arms.order {
                if let Some(own) = all.tallies[m].get(at.0) {
                    tally.absorb(own, plan.limit);
                }
            }
            limits[m] = tally.histogram().quantile(p);
        }
        if limits.iter().any(Option::is_some) {
            let natures = all.natures.clone();
            plan.caps.clone_from(&limits);
            all = plan.pass(dataset, context)?;
            // What is 0 and 1 only after capping was not so before.
            all.natures = natures;
        }
    }
    let kinds = kinds(ab, &all.natures)?;
    let units = all.units.take().map(|folded| {
        let facts = folded.facts(ab.unit.clone().unwrap_or_default(), &arms.place);
        let segments = all.segments.as_ref().map_or(0, Coder::len);
        let second = plan.second();
        let mut found = |(m, kind): (usize, &Kind)| {
            folded.sums(m, *kind == Kind::Conversion, second, &mut all.days, segments, plan.limit)
        };
        (facts, kinds.iter().enumerate().map(&mut found).collect())
    });
    finish(&plan, &mut all, arms, &limits, &kinds, units)
}

/// The arms in the order of the report: their codes and names.
pub struct Arms {
    pub order: Vec<(usize, String)>,
    /// Where each code stands in the report; none for what is no arm.
    place: Vec<Option<usize>>,
    no_variant: u64,
}

impl Arms {
    /// The arms among the values of the variant that were seen.
    pub fn of(ab: &Ab, plan: &Plan<'_>, all: &Part) -> Result<Self> {
        let found = names(&all.variants)?;
        let mut order: Vec<(usize, String)> =
            found.iter().cloned().enumerate().filter_map(|(i, n)| Some((i, n?))).collect();
        order.sort_by(|a, b| a.1.cmp(&b.1));
        if order.len() > MOST_ARMS {
            return Err(plan.too_many());
        }
        if order.len() < 2 {
            let names = order.into_iter().next().map_or_else(String::new, |o| o.1);
            let message = Msg::new("error-ab-one-arm").with("column", &ab.variant).with("names", names);
            return Err(Error::usage(message).hint(Msg::new("hint-ab-variants")));
        }
        let names: Vec<String> = order.iter().map(|o| o.1.clone()).collect();
        let baseline = order.remove(ab.first(&names)?);
        order.insert(0, baseline);
        let mut place = vec![None; found.len()];
        order.iter().enumerate().for_each(|(at, o)| place[o.0] = Some(at));
        let no_variant = found.iter().zip(&all.rows).filter(|(n, _)| n.is_none()).map(|(_, rows)| rows).sum();
        Ok(Self { order, place, no_variant })
    }

    /// The cells of a key, in the order of the report.
    fn pick(&self, cells: &[Sum]) -> Vec<Sum> {
        self.order.iter().map(|o| cells.get(o.0).copied().unwrap_or_default()).collect()
    }
}

/// What the metrics are compared as, by their values.
pub fn kinds(ab: &Ab, natures: &[Nature]) -> Result<Vec<Kind>> {
    for (name, nature) in ab.metrics.iter().zip(natures) {
        if nature.words && !nature.two_fold() {
            return Err(Error::usage(Msg::new("error-ab-mixed").with("column", name)).hint(Msg::new("hint-ab-metric")));
        }
    }
    natures.iter().map(|n| kind(ab, *n)).collect()
}

/// That counts below zero were found.
pub fn negative_count(column: &str) -> Error {
    let message = Msg::new("error-ab-negative-count").with("column", column);
    Error::usage(message).hint(Msg::new("hint-ab-negative-count"))
}

/// What was gathered, in the order of the report; `units` are sums over units, for each metric, in place of those over rows.
pub fn finish(
    plan: &Plan<'_>,
    all: &mut Part,
    arms: Arms,
    limits: &[Option<f64>],
    kinds: &[Kind],
    units: Option<(Units, Vec<Found>)>,
) -> Result<Gathered> {
    let ab = plan.ab;
    let mut clusters = vec![Vec::new(); ab.metrics.len()];
    let units = units.map(|(facts, found)| {
        for (m, found) in found.into_iter().enumerate() {
            all.whole[m] = found.whole;
            all.by_day[m] = found.by_day;
            all.by_segment[m] = found.by_segment;
            all.tallies[m] = found.tallies;
            if facts.rows > facts.units && ab.denominator.is_none() {
                clusters[m] = arms.order.iter().map(|o| found.clusters[o.0]).collect();
            }
        }
        facts
    });
    let mut labels: Vec<Option<String>> = match &all.segments {
        Some(coder) => names(coder)?,
        None => Vec::new(),
    };
    // Units seen in several segments have a place of their own behind the others.
    let several = all.by_segment.first().is_some_and(|t| t.len() > labels.len() * ARMS);
    let mut metrics = Vec::new();
    for (m, name) in ab.metrics.iter().enumerate() {
        let whole = arms.pick(&all.whole[m]);
        let mut days: BTreeMap<i64, Vec<Sum>> = BTreeMap::new();
        for (day, cells) in all.days.list.iter().zip(all.by_day[m].chunks(ARMS)) {
            days.insert(*day, arms.pick(cells));
        }
        days.remove(&NO_DAY);
        days.retain(|_, cells| cells.iter().any(|sum| sum.all() > 0));
        let segments: Vec<Vec<Sum>> = all.by_segment[m].chunks(ARMS).map(|cells| arms.pick(cells)).collect();
        let tallies = &all.tallies[m];
        let kept = kinds[m] != Kind::Conversion && !tallies.is_empty();
        metrics.push(Metric {
            name: Some(name.clone()),
            kind: kinds[m],
            second: plan.second(),
            days: days.into_iter().collect(),
            segments,
            histograms: match kept {
                true => arms.order.iter().map(|o| tallies[o.0].histogram()).collect(),
                false => Vec::new(),
            },
            coarse: kept && arms.order.iter().any(|o| tallies[o.0].is_coarse()),
            limit: limits[m],
            clusters: std::mem::take(&mut clusters[m]),
            not_binary: all.natures[m].others,
            whole,
        });
    }
    let negative = |m: &&Metric| m.histograms.iter().any(|h| h.bins().first().is_some_and(|b| b.0 < 0.0));
    if let Some(metric) = metrics.iter().filter(|m| m.kind == Kind::Count).find(negative) {
        return Err(negative_count(metric.name.as_deref().unwrap_or_default()));
    }
    if several {
        labels.push(Some(crate::text::tr("ab-segment-several")));
    }
    let segment_names = labels.into_iter().map(|l| l.unwrap_or_else(|| crate::text::tr("ab-segment-none"))).collect();
    let assigned = metrics.first().map_or_else(Vec::new, |m| m.whole.iter().map(Sum::all).collect());
    let mut gathered = Gathered {
        names: arms.order.into_iter().map(|o| o.1).collect(),
        assigned,
        metrics,
        no_variant: arms.no_variant,
        units,
        from_table: true,
        dates: plan.day.is_none_or(|d| read::is_dates(&plan.types[d])),
        segment_names,
        suspect: None,
        said: Vec::new(),
        asked: Vec::new(),
    };
    gathered.sort_segments();
    Ok(gathered)
}

/// What a metric is compared as.
fn kind(ab: &Ab, nature: Nature) -> Result<Kind> {
    match (ab.kind, ab.denominator.is_some()) {
        (Some(Kind::Ratio), false) => {
            Err(Error::usage(Msg::new("error-ab-no-denominator")).hint(Msg::new("hint-ab-denominator")))
        }
        (Some(Kind::Count), _) => Ok(Kind::Count),
        (_, true) => Ok(Kind::Ratio),
        (Some(kind), false) => Ok(kind),
        (None, false) => Ok(if nature.two_fold() { Kind::Conversion } else { Kind::Mean }),
    }
}
