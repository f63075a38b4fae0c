//! One pass over a table: per arm, how many there are and the sums of each metric; with a unit, per unit first.
//!
//! Without a unit nothing is held but the sums. With one, a few numbers for each unit are, and no more than the memory
//! allowed.

use polars::prelude::{DataType, Series};

use super::super::{Counts, Moments};
use super::{Ab, Gathered, MOST_ARMS, Metric, Sums, Units, refused};
use crate::data::{Dataset, Flow, Stretch, from_polars};
use crate::error::{Error, Result};
use crate::op::Context;
use crate::op::rank::keys::Coder;
use crate::text::{Msg, number};
use crate::value::Cell;

/// No arm was seen of a unit yet.
const NONE: u32 = u32::MAX;
/// Several arms were.
const SEVERAL: u32 = u32::MAX - 1;

/// A text that means yes (1) or no (0).
pub fn two_fold(text: &str) -> Option<f64> {
    const YES: [&str; 12] = ["1", "1.0", "true", "yes", "y", "t", "on", "はい", "有", "あり", "○", "済"];
    const NO: [&str; 12] = ["0", "0.0", "false", "no", "n", "f", "off", "いいえ", "無", "なし", "×", "未"];
    let text = text.trim().to_lowercase();
    if YES.contains(&text.as_str()) { Some(1.0) } else { NO.contains(&text.as_str()).then_some(0.0) }
}

/// What was summed of a metric in one arm.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    n: u64,
    ones: u64,
    missing: u64,
    moments: Moments,
    // Of the part being read: values minus the first one, so that a large offset costs no digits.
    shift: f64,
    sum: f64,
    squares: f64,
    reading: u64,
}

impl Sum {
    fn add(&mut self, v: Option<f64>) {
        let Some(v) = v else {
            self.missing += 1;
            return;
        };
        if self.reading == 0 {
            self.shift = v;
        }
        let d = v - self.shift;
        self.reading += 1;
        self.sum += d;
        self.squares += d * d;
        self.ones += u64::from(v == 1.0);
    }

    /// The part is read.
    fn close(&mut self) {
        if let Ok(part) = Moments::from_sums(self.reading, self.sum, self.squares, self.shift) {
            self.moments = self.moments.merge(part);
        }
        self.n += self.reading;
        (self.shift, self.sum, self.squares, self.reading) = (0.0, 0.0, 0.0, 0);
    }

    fn absorb(&mut self, other: &Self) {
        self.n += other.n;
        self.ones += other.ones;
        self.missing += other.missing;
        self.moments = self.moments.merge(other.moments);
    }
}

/// What is known of the values of a metric as a whole.
#[derive(Clone, Copy, Debug)]
struct Nature {
    /// Nothing but 0 and 1.
    two_fold: bool,
    /// Words such as yes and no among them.
    words: bool,
}

impl Nature {
    fn merge(&mut self, other: Self) {
        self.two_fold &= other.two_fold;
        self.words |= other.words;
    }
}

/// Units, each with its arm, its rows and, per metric, its values and their sum.
struct Folded {
    coder: Coder,
    arms: Vec<u32>,
    rows: Vec<u32>,
    values: Vec<Vec<(u32, f64)>>,
    missing: u64,
}

struct Part {
    variants: Coder,
    assigned: Vec<u64>,
    sums: Vec<Vec<Sum>>,
    natures: Vec<Nature>,
    units: Option<Folded>,
}

struct Plan<'a> {
    ab: &'a Ab,
    places: Vec<usize>,
    variant: DataType,
    unit: Option<DataType>,
}

impl Plan<'_> {
    fn fresh(&self) -> Part {
        let metrics = self.ab.metrics.len();
        Part {
            variants: Coder::new(&self.variant),
            assigned: Vec::new(),
            sums: vec![Vec::new(); metrics],
            natures: vec![Nature { two_fold: true, words: false }; metrics],
            units: self.unit.as_ref().map(|dtype| Folded {
                coder: Coder::new(dtype),
                arms: Vec::new(),
                rows: Vec::new(),
                values: vec![Vec::new(); metrics],
                missing: 0,
            }),
        }
    }

    fn too_many(&self) -> Error {
        let message = Msg::new("error-ab-variants").with("column", &self.ab.variant).with("most", MOST_ARMS);
        Error::usage(message).hint(Msg::new("hint-ab-variants"))
    }

    fn gather(&self, columns: &[Stretch]) -> Result<Part> {
        let mut part = self.fresh();
        let codes;
        (part.variants, codes) = Coder::of(&self.variant, &columns[0])?;
        // Missing and blank are no arms.
        if part.variants.len() > MOST_ARMS + 2 {
            return Err(self.too_many());
        }
        let arms = part.variants.len();
        part.assigned = vec![0; arms];
        for code in &codes {
            part.assigned[*code as usize] += 1;
        }
        let first = 1 + usize::from(self.unit.is_some());
        let mut metrics = Vec::new();
        for (m, name) in self.ab.metrics.iter().enumerate() {
            metrics.push(read(name, &columns[first + m].values()?, &mut part.natures[m])?);
        }
        let Some(units) = &mut part.units else {
            for (sums, values) in part.sums.iter_mut().zip(&metrics) {
                *sums = vec![Sum::default(); arms];
                for (code, v) in codes.iter().zip(values) {
                    sums[*code as usize].add(*v);
                }
                sums.iter_mut().for_each(Sum::close);
            }
            return Ok(part);
        };
        let who;
        (units.coder, who) = Coder::of(self.unit.as_ref().unwrap_or(&self.variant), &columns[1])?;
        let absent = units.coder.missing();
        units.arms = vec![NONE; units.coder.len()];
        units.rows = vec![0; units.coder.len()];
        units.values.iter_mut().for_each(|v| *v = vec![(0, 0.0); units.arms.len()]);
        let blank = blanks(&part.variants)?;
        for (row, (unit, arm)) in who.iter().zip(&codes).enumerate() {
            if Some(*unit) == absent {
                units.missing += 1;
                continue;
            }
            if blank[*arm as usize] {
                continue;
            }
            let at = *unit as usize;
            join(&mut units.arms[at], *arm);
            units.rows[at] += 1;
            for (values, metric) in units.values.iter_mut().zip(&metrics) {
                if let Some(v) = metric[row] {
                    values[at].0 += 1;
                    values[at].1 += v;
                }
            }
        }
        Ok(part)
    }

    fn absorb(&self, all: &mut Part, part: &Part, memory: u64) -> Result<()> {
        let map = all.variants.absorb(&part.variants)?;
        let arms = all.variants.len();
        if arms > MOST_ARMS + 2 {
            return Err(self.too_many());
        }
        all.assigned.resize(arms, 0);
        for (n, to) in part.assigned.iter().zip(&map) {
            all.assigned[*to as usize] += n;
        }
        for (mine, theirs) in all.sums.iter_mut().zip(&part.sums) {
            mine.resize(arms, Sum::default());
            for (sum, to) in theirs.iter().zip(&map) {
                mine[*to as usize].absorb(sum);
            }
        }
        for (mine, theirs) in all.natures.iter_mut().zip(&part.natures) {
            mine.merge(*theirs);
        }
        let (Some(mine), Some(theirs)) = (&mut all.units, &part.units) else { return Ok(()) };
        let who = mine.coder.absorb(&theirs.coder)?;
        let count = mine.coder.len();
        mine.arms.resize(count, NONE);
        mine.rows.resize(count, 0);
        mine.missing += theirs.missing;
        for (at, to) in who.iter().enumerate() {
            let to = *to as usize;
            match theirs.arms[at] {
                NONE => {}
                SEVERAL => mine.arms[to] = SEVERAL,
                arm => join(&mut mine.arms[to], map[arm as usize]),
            }
            mine.rows[to] += theirs.rows[at];
        }
        let mut bytes = mine.coder.bytes() + 8 * count;
        for (values, more) in mine.values.iter_mut().zip(&theirs.values) {
            values.resize(count, (0, 0.0));
            for ((n, sum), to) in more.iter().zip(&who) {
                values[*to as usize].0 += n;
                values[*to as usize].1 += sum;
            }
            bytes += 16 * count;
        }
        if bytes as u64 > memory {
            let message = Msg::new("error-ab-memory").with("units", count).with("allowed", number::bytes(memory));
            return Err(Error::refused(message).hint(Msg::new("hint-ab-memory")));
        }
        Ok(())
    }
}

/// A unit is seen in an arm.
fn join(mine: &mut u32, arm: u32) {
    *mine = match *mine {
        NONE => arm,
        same if same == arm => arm,
        _ => SEVERAL,
    };
}

/// The names of the arms by their codes; none for what is no arm.
fn names(variants: &Coder) -> Result<Vec<Option<String>>> {
    let column = variants.column("variant", (0..variants.len() as u32).map(Some))?.into();
    let name = |i: usize| match crate::data::cell_of(&column, i) {
        Cell::Null => None,
        cell => Some(cell.plain()).filter(|t| !t.trim().is_empty()),
    };
    Ok((0..variants.len()).map(name).collect())
}

fn blanks(variants: &Coder) -> Result<Vec<bool>> {
    Ok(names(variants)?.iter().map(Option::is_none).collect())
}

/// The values of a metric as numbers; missing, blank and what is not finite as none.
fn read(name: &str, series: &Series, nature: &mut Nature) -> Result<Vec<Option<f64>>> {
    let not = |value: &str| {
        Error::usage(
            Msg::new("error-ab-metric").with("column", name).with("value", value.chars().take(40).collect::<String>()),
        )
        .hint(Msg::new("hint-ab-metric"))
    };
    let values: Vec<Option<f64>> = match series.dtype() {
        DataType::String | DataType::Categorical(..) | DataType::Enum(..) => {
            let texts = series.cast(&DataType::String).map_err(from_polars)?;
            let texts = texts.str().map_err(from_polars)?;
            let mut values = Vec::with_capacity(texts.len());
            for text in texts.iter() {
                values.push(match text.map(str::trim).filter(|t| !t.is_empty()) {
                    None => None,
                    Some(text) => match (text.parse::<f64>(), two_fold(text)) {
                        (Ok(v), _) => Some(v),
                        (_, Some(v)) => {
                            nature.words = true;
                            Some(v)
                        }
                        _ => return Err(not(text)),
                    },
                });
            }
            values
        }
        dtype if dtype.is_primitive_numeric() || matches!(dtype, DataType::Boolean | DataType::Decimal(..)) => {
            let numbers = series.cast(&DataType::Float64).map_err(from_polars)?;
            numbers.f64().map_err(from_polars)?.iter().collect()
        }
        DataType::Null => vec![None; series.len()],
        _ => {
            let column = series.clone().into();
            let first = (0..series.len()).map(|i| crate::data::cell_of(&column, i)).find(|c| !c.is_null());
            return match first {
                None => Ok(vec![None; series.len()]),
                Some(cell) => Err(not(&cell.plain())),
            };
        }
    };
    let values: Vec<Option<f64>> = values.into_iter().map(|v| v.filter(|v| v.is_finite())).collect();
    nature.two_fold &= values.iter().flatten().all(|v| *v == 0.0 || *v == 1.0);
    Ok(values)
}

/// The sums of each arm, the baseline first.
pub fn gather(ab: &Ab, dataset: &Dataset, context: &Context) -> Result<Gathered> {
    let schema = dataset.schema();
    if ab.metrics.is_empty() {
        return Err(Error::usage(Msg::new("error-ab-no-metric")).hint(Msg::new("hint-ab-metric")));
    }
    let mut places = vec![schema.require(&ab.variant)?];
    for name in ab.unit.iter().chain(&ab.metrics) {
        places.push(schema.require(name)?);
    }
    let head = dataset.window(&places, 0, 1)?;
    let dtype = |i: usize| head.inner().columns()[i].dtype().clone();
    let plan = Plan { ab, variant: dtype(0), unit: ab.unit.as_ref().map(|_| dtype(1)), places };
    let mut all = plan.fresh();
    dataset.scan_stretches(
        &plan.places,
        &context.control,
        |columns| plan.gather(&columns),
        |part| {
            plan.absorb(&mut all, &part, context.memory)?;
            Ok(Flow::Continue)
        },
    )?;
    finish(ab, &all)
}

fn finish(ab: &Ab, all: &Part) -> Result<Gathered> {
    for (name, nature) in ab.metrics.iter().zip(&all.natures) {
        if nature.words && !nature.two_fold {
            return Err(Error::usage(Msg::new("error-ab-mixed").with("column", name)).hint(Msg::new("hint-ab-metric")));
        }
    }
    let found = names(&all.variants)?;
    let mut order: Vec<(usize, String)> =
        found.iter().cloned().enumerate().filter_map(|(i, n)| Some((i, n?))).collect();
    order.sort_by(|a, b| a.1.cmp(&b.1));
    if order.len() > MOST_ARMS {
        let message = Msg::new("error-ab-variants").with("column", &ab.variant).with("most", MOST_ARMS);
        return Err(Error::usage(message).hint(Msg::new("hint-ab-variants")));
    }
    if order.len() < 2 {
        let names = order.into_iter().next().map_or_else(String::new, |o| o.1);
        let message = Msg::new("error-ab-one-arm").with("column", &ab.variant).with("names", names);
        return Err(Error::usage(message).hint(Msg::new("hint-ab-variants")));
    }
    let names: Vec<String> = order.iter().map(|o| o.1.clone()).collect();
    let first = ab.first(&names)?;
    let baseline = order.remove(first);
    order.insert(0, baseline);
    let no_variant = found.iter().zip(&all.assigned).filter(|(n, _)| n.is_none()).map(|(_, rows)| rows).sum();
    let mut assigned: Vec<u64> = order.iter().map(|o| all.assigned[o.0]).collect();
    let mut units = None;
    let mut sums: Vec<Vec<Sum>> =
        all.sums.iter().map(|s| order.iter().map(|o| s.get(o.0).copied().unwrap_or_default()).collect()).collect();
    if let Some(folded) = &all.units {
        let mut place = vec![None; found.len()];
        order.iter().enumerate().for_each(|(at, o)| place[o.0] = Some(at));
        assigned = vec![0; order.len()];
        sums = vec![vec![Sum::default(); order.len()]; ab.metrics.len()];
        let mut facts = Units {
            column: ab.unit.clone().unwrap_or_default(),
            rows: 0,
            units: 0,
            several: 0,
            missing: folded.missing,
        };
        for (at, arm) in folded.arms.iter().enumerate() {
            if *arm == SEVERAL {
                facts.several += 1;
                continue;
            }
            let Some(to) = place.get(*arm as usize).copied().flatten() else { continue };
            assigned[to] += 1;
            facts.units += 1;
            facts.rows += u64::from(folded.rows[at]);
            for (m, values) in folded.values.iter().enumerate() {
                let (n, sum) = values[at];
                let value = if all.natures[m].two_fold { sum.min(1.0) } else { sum };
                sums[m][to].add((n > 0).then_some(value));
            }
        }
        sums.iter_mut().flatten().for_each(Sum::close);
        units = Some(facts);
    }
    let mut metrics = Vec::new();
    for ((name, nature), sums) in ab.metrics.iter().zip(&all.natures).zip(sums) {
        metrics.push(Metric {
            name: Some(name.clone()),
            missing: sums.iter().map(|s| s.missing).sum(),
            sums: match nature.two_fold {
                true => Sums::Counts(
                    sums.iter()
                        .map(|s| Counts::new(s.ones, s.n))
                        .collect::<std::result::Result<_, _>>()
                        .map_err(refused)?,
                ),
                false => Sums::Means(sums.iter().map(|s| s.moments).collect()),
            },
        });
    }
    Ok(Gathered { names, assigned, metrics, no_variant, units, from_table: true }.ordered(&order))
}

impl Gathered {
    /// With the names in the order of the sums.
    fn ordered(mut self, order: &[(usize, String)]) -> Self {
        self.names = order.iter().map(|o| o.1.clone()).collect();
        self
    }
}
