//! From the trees' SHAP values to what people read: by column, in the target's unit, checked to add up.
//!
//! Amounts keep the model's values. Probabilities: a row's values in log-odds are scaled by the slope between the base
//! probability and the row's, so that they add up to the difference of the two. Of several classes it is the mean slope
//! along the straight line between the two sets of margins (Aumann–Shapley), which for two classes is the same number.

use super::learn::{Learned, softmax};
use super::linear::sigmoid;
use super::measure;
use super::model::{Data, Model};
use super::prepare::{Part, Prepared};
use super::task::Task;
use crate::data::Control;
use crate::error::Result;
use crate::op::chart::read::Class;
use crate::op::sample::mixed;
use crate::text::Msg;
use crate::value::Kind;

/// Most rows explained.
pub const MOST_EXPLAINED: usize = 2_000;
/// Most bytes of one table of interactions.
const INTERACTIONS: usize = 64 << 20;
/// Rows whose interactions are looked at.
const PAIR_ROWS: usize = 200;

/// SHAP values of rows.
pub struct Explained {
    /// Rows of the prepared table.
    pub rows: Vec<u32>,
    /// How many numbers are explained for each row.
    pub outputs: usize,
    /// Columns: places of sources.
    pub columns: Vec<usize>,
    /// For each row and output one value of each column, in the target's unit.
    pub phi: Vec<f64>,
    /// For each output the value of a row about which nothing is known.
    pub base: Vec<f64>,
    /// For each row and output what the model says.
    pub predicted: Vec<f64>,
    /// The greatest distance, over rows and outputs, between what the model says and the base with all values added: in
    /// standard deviations of the target.
    pub error: f64,
    /// For each number of the table that the model saw its mean absolute value.
    pub parts: Vec<(usize, f64)>,
}

impl Explained {
    /// The value of a column (its place in `columns`) in a row.
    pub fn at(&self, row: usize, output: usize, column: usize) -> f64 {
        self.phi[(row * self.outputs + output) * self.columns.len() + column]
    }

    /// The mean absolute value of several columns together: summed in each row, then without sign. Over several classes
    /// half the sum, so that two classes give what one would.
    pub fn mean_abs(&self, columns: &[usize]) -> f64 {
        let sum: f64 = (0..self.outputs).map(|k| self.mean_abs_of(columns, k)).sum();
        if self.outputs > 1 { sum / 2.0 } else { sum }
    }

    /// As [`Self::mean_abs`], of one class.
    pub fn mean_abs_of(&self, columns: &[usize], output: usize) -> f64 {
        let n = self.rows.len().max(1) as f64;
        let of = |r: usize| columns.iter().map(|c| self.at(r, output, *c)).sum::<f64>().abs();
        (0..self.rows.len()).map(of).sum::<f64>() / n
    }
}

/// The factor of each output's margin values for one row: `factors[k][l]` takes margin l to unit k.
fn slopes(task: Task, base: &[f64], margins: &[f64], sd: f64) -> Vec<Vec<f64>> {
    match task {
        Task::Number => vec![vec![sd]],
        Task::YesNo => {
            let (p0, p) = (sigmoid(base[0]), sigmoid(margins[0]));
            let way = margins[0] - base[0];
            vec![vec![if way.abs() > 1e-6 { (p - p0) / way } else { p * (1.0 - p) }]]
        }
        Task::Classes => {
            // Gauss–Legendre with four points on each of eight pieces.
            const NODES: [(f64, f64); 4] = [
                (0.069_431_844_202_973_71, 0.173_927_422_568_726_93),
                (0.330_009_478_207_571_9, 0.326_072_577_431_273_07),
                (0.669_990_521_792_428_1, 0.326_072_577_431_273_07),
                (0.930_568_155_797_026_3, 0.173_927_422_568_726_93),
            ];
            const PIECES: usize = 8;
            let k = base.len();
            let mut out = vec![vec![0.0; k]; k];
            for piece in 0..PIECES {
                for (at, weight) in NODES {
                    let t = (piece as f64 + at) / PIECES as f64;
                    let here: Vec<f64> = base.iter().zip(margins).map(|(a, b)| a + t * (b - a)).collect();
                    let p = softmax(&here);
                    for (i, line) in out.iter_mut().enumerate() {
                        for (j, v) in line.iter_mut().enumerate() {
                            let own = if i == j { p[i] } else { 0.0 };
                            *v += weight / PIECES as f64 * (own - p[i] * p[j]);
                        }
                    }
                }
            }
            out
        }
    }
}

/// Explains rows.
pub fn explain(prepared: &Prepared, learned: &Learned, rows: Vec<u32>, control: &Control) -> Result<Explained> {
    let task = learned.settings.task;
    let features = &learned.encoding.features;
    let width = features.len();
    let mut columns: Vec<usize> = features.iter().map(|f| prepared.numbers[f.number].source).collect();
    columns.dedup();
    let of: Vec<usize> =
        features.iter().map(|f| columns.partition_point(|c| *c < prepared.numbers[f.number].source)).collect();
    let categorical = learned.encoding.categorical();
    let outputs = learned.model.outputs();
    let units = outputs;
    let n = rows.len();
    let mut out = Explained {
        rows: Vec::new(),
        outputs: units,
        phi: Vec::with_capacity(n * units * columns.len()),
        base: Vec::new(),
        predicted: Vec::with_capacity(n * units),
        error: 0.0,
        parts: features.iter().map(|f| (f.number, 0.0)).collect(),
        columns,
    };
    let sd = match task {
        Task::Number => learned.scale.1,
        _ => 1.0,
    };
    control.restart(n as u64);
    control.say(Some(Msg::new("importance-stage-explain")));
    // In stretches, so that work can be cancelled and memory stays small.
    for some in rows.chunks(250) {
        control.check()?;
        let values = learned.encoding.rows(prepared, some, false);
        let margins = learned.model.margins(&values)?;
        let said = learned.predicted(&margins);
        let data = Data::new(values, &categorical, &vec![0.0; some.len()])?;
        let shap = learned.model.contributions(&data)?;
        for (i, row) in shap.chunks(outputs * (width + 1)).enumerate() {
            let base: Vec<f64> = row.chunks(width + 1).map(|r| f64::from(r[width])).collect();
            let margin: Vec<f64> = margins[i * outputs..(i + 1) * outputs].iter().map(|m| f64::from(*m)).collect();
            let factors = slopes(task, &base, &margin, sd);
            if out.base.is_empty() {
                out.base = match task {
                    Task::Number => vec![base[0] * learned.scale.1 + learned.scale.0],
                    Task::YesNo => vec![sigmoid(base[0])],
                    Task::Classes => softmax(&base),
                };
            }
            for (k, line) in factors.iter().enumerate() {
                let first = out.phi.len();
                out.phi.resize(first + out.columns.len(), 0.0);
                for f in 0..width {
                    let v: f64 = line.iter().enumerate().map(|(l, s)| s * f64::from(row[l * (width + 1) + f])).sum();
                    out.phi[first + of[f]] += v;
                    out.parts[f].1 += v.abs() / n as f64 / if units > 1 { 2.0 } else { 1.0 };
                }
                let sum = out.base[k] + out.phi[first..].iter().sum::<f64>();
                out.error = out.error.max((sum - said[i * units + k]).abs());
            }
        }
        out.predicted.extend(said);
        control.advance(some.len() as u64);
    }
    out.rows = rows;
    let spread = match task {
        Task::Number => sd,
        _ => spread(&out),
    };
    out.error /= spread.max(1e-12);
    control.say(None);
    Ok(out)
}

/// The standard deviation of the likeliest class's indicator, by the base probabilities.
fn spread(explained: &Explained) -> f64 {
    explained.base.iter().map(|p| (p * (1.0 - p)).sqrt()).fold(f64::INFINITY, f64::min).max(1e-3)
}

/// Which way a column moves the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The target rises with it.
    Rises,
    /// The target falls with it.
    Falls,
    /// Up here and down there.
    Mixed,
    /// By the word in it.
    ByCategory,
    /// By class.
    ByClass,
    /// The model did not use it.
    None,
}

impl Direction {
    /// The name for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rises => "rises",
            Self::Falls => "falls",
            Self::Mixed => "mixed",
            Self::ByCategory => "by category",
            Self::ByClass => "by class",
            Self::None => "none",
        }
    }

    /// The words for people.
    pub fn word(self) -> Msg {
        Msg::new(match self {
            Self::Rises => "importance-rises",
            Self::Falls => "importance-falls",
            Self::Mixed => "importance-mixed",
            Self::ByCategory => "importance-by-category",
            Self::ByClass => "importance-by-class",
            Self::None => "importance-unused",
        })
    }
}

/// Rank correlation from which on a direction is named.
const MONOTONE: f64 = 0.7;
/// Share of the way gone that has to be made good for the same.
const CLIMBS: f64 = 0.9;

/// The values of a column in the rows explained: amounts, days, hours, or the numbers of words.
pub fn values(prepared: &Prepared, explained: &Explained, column: usize) -> Vec<f64> {
    let source = explained.columns[column];
    let of = |part: Part| prepared.numbers.iter().position(|n| n.source == source && n.part == part);
    let Some(at) = of(Part::Days).or_else(|| of(Part::Value)).or_else(|| of(Part::Level)) else {
        return vec![f64::NAN; explained.rows.len()];
    };
    let offset = prepared.numbers[at].offset;
    explained.rows.iter().map(|r| f64::from(prepared.row(*r as usize)[at]) + offset).collect()
}

/// The part of a column of times that adds most, where it is not the day itself; and its value in the rows explained.
pub fn strongest_part(prepared: &Prepared, explained: &Explained, column: usize) -> Option<(Part, Vec<f64>)> {
    let own = explained.parts.iter().filter(|p| prepared.numbers[p.0].source == explained.columns[column]);
    let (at, _) = own.copied().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let number = prepared.numbers[at];
    let values = || explained.rows.iter().map(|r| f64::from(prepared.row(*r as usize)[at]) + number.offset).collect();
    number.part.suffix().filter(|_| number.part != Part::Days).map(|_| (number.part, values()))
}

/// Which way a column moves the target.
pub fn direction(prepared: &Prepared, explained: &Explained, column: usize) -> Direction {
    if explained.mean_abs(&[column]) == 0.0 {
        return Direction::None;
    }
    if explained.outputs > 1 {
        return Direction::ByClass;
    }
    let source = &prepared.sources[explained.columns[column]];
    if source.is_words() {
        return Direction::ByCategory;
    }
    let x = values(prepared, explained, column);
    let (x, phi): (Vec<f64>, Vec<f64>) =
        x.into_iter().enumerate().filter(|(_, v)| !v.is_nan()).map(|(r, v)| (v, explained.at(r, 0, column))).unzip();
    let known = source.var.kind == Kind::Boolean || source.var.class != Class::Words;
    let (rho, climb) = (measure::spearman(&x, &phi), climb(&x, &phi));
    match known {
        true if rho >= MONOTONE || (rho > 0.0 && climb >= CLIMBS) => Direction::Rises,
        true if rho <= -MONOTONE || (rho < 0.0 && climb <= -CLIMBS) => Direction::Falls,
        _ => Direction::Mixed,
    }
}

/// How far a column's effect goes one way from its smallest values to its greatest: the way made good over the way gone,
/// from -1 to 1, over the means of bins of equal counts. Where most rows lie where nothing happens, ranks say little.
fn climb(x: &[f64], phi: &[f64]) -> f64 {
    const BINS: usize = 20;
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_by(|a, b| x[*a].total_cmp(&x[*b]));
    let mean = |bin: &[usize]| bin.iter().map(|i| phi[*i]).sum::<f64>() / bin.len() as f64;
    let means: Vec<f64> = order.chunks(x.len().div_ceil(BINS).max(1)).map(mean).collect();
    let gone: f64 = means.windows(2).map(|m| (m[1] - m[0]).abs()).sum();
    match (means.first(), means.last()) {
        (Some(first), Some(last)) if gone > 0.0 => (last - first) / gone,
        _ => 0.0,
    }
}

/// By how much the measure falls when a column's values are dealt out anew among the held-out rows; none where it was not
/// tried.
pub fn permutation(
    prepared: &Prepared,
    learned: &Learned,
    explained: &Explained,
    seed: u64,
    control: &Control,
) -> Result<Vec<Option<f64>>> {
    const MOST_TRIED: usize = 300;
    let width = learned.encoding.features.len();
    let columns = explained.columns.len();
    let rows: &[u32] = if columns > 100 { &explained.rows[..explained.rows.len().min(500)] } else { &explained.rows };
    let repeats = if columns * rows.len() <= 40_000 { 5 } else { 1 };
    let values = learned.encoding.rows(prepared, rows, false);
    let y: Vec<f64> = rows.iter().map(|r| prepared.y[*r as usize]).collect();
    let (task, classes) = (learned.settings.task, learned.settings.classes);
    let score = |values: &[f32]| {
        Ok::<_, crate::error::Error>(measure::score(
            task,
            &y,
            &learned.predicted(&learned.model.margins(values)?),
            classes,
        ))
    };
    let whole = score(&values)?;
    let strength: Vec<f64> = (0..columns).map(|c| explained.mean_abs(&[c])).collect();
    let mut order: Vec<usize> = (0..columns).collect();
    order.sort_by(|a, b| strength[*b].total_cmp(&strength[*a]));
    let mut out = vec![None; columns];
    control.restart(columns as u64);
    control.say(Some(Msg::new("importance-stage-permutation")));
    for (rank, column) in order.into_iter().enumerate() {
        control.check()?;
        control.advance(1);
        if strength[column] == 0.0 {
            out[column] = Some(0.0);
            continue;
        }
        if rank >= MOST_TRIED {
            continue;
        }
        let own: Vec<usize> = (0..width)
            .filter(|f| prepared.numbers[learned.encoding.features[*f].number].source == explained.columns[column])
            .collect();
        let mut lost = 0.0;
        for repeat in 0..repeats {
            let mut order: Vec<usize> = (0..rows.len()).collect();
            let salt = seed ^ ((column * 31 + repeat + 1) as u64) << 20;
            order.sort_by_key(|r| mixed(salt, *r as u64));
            let mut shuffled = values.clone();
            for (to, from) in order.into_iter().enumerate() {
                for f in &own {
                    shuffled[to * width + f] = values[from * width + f];
                }
            }
            lost += whole - score(&shuffled)?;
        }
        out[column] = Some(lost / repeats as f64);
    }
    control.say(None);
    Ok(out)
}

/// How strong the groups (lists of places in `columns`) are in small models of parts of the rows, one list for each part.
pub fn folds(
    prepared: &Prepared,
    learned: &Learned,
    explained: &Explained,
    seed: u64,
    control: &Control,
) -> Result<Vec<Vec<f64>>> {
    const FOLDS: usize = 5;
    let features = &learned.encoding.features;
    let width = features.len();
    let Some(learned_from) = &learned.data else { return Ok(Vec::new()) };
    let n = learned_from.rows();
    let most = (1_000_000 / width.max(1)).clamp(200, 4_000).min(n * 4 / 5).max(8);
    let mut settings = learned.settings;
    // As far as forty rounds of a tenth go, with trees for fewer rows: what a tree costs here are its leaves.
    settings.rounds = settings.rounds.min((4.0 / settings.eta) as usize);
    settings.leaves = 15;
    let rows = &explained.rows[..explained.rows.len().min(300)];
    let categorical = learned.encoding.categorical();
    let data = Data::new(learned.encoding.rows(prepared, rows, false), &categorical, &vec![0.0; rows.len()])?;
    let mut out = Vec::new();
    control.say(Some(Msg::new("importance-stage-folds")));
    control.restart((FOLDS * settings.rounds) as u64);
    for fold in 0..FOLDS {
        let mut order: Vec<usize> =
            (0..n).filter(|r| mixed(seed ^ 0xf0, *r as u64) % FOLDS as u64 != fold as u64).collect();
        if order.len() > most {
            order.select_nth_unstable_by_key(most, |r| mixed(seed ^ (fold as u64 + 1) << 32, *r as u64));
            order.truncate(most);
        }
        order.sort_unstable();
        let (model, _) = Model::learn(&settings, &learned_from.some(&order)?, None, control)?;
        let outputs = model.outputs();
        let shap = model.contributions(&data)?;
        let mut strength = vec![0.0; explained.columns.len()];
        for row in shap.chunks(outputs * (width + 1)) {
            for line in row.chunks(width + 1) {
                let mut sums = vec![0.0; explained.columns.len()];
                for (f, feature) in features.iter().enumerate() {
                    let source = prepared.numbers[feature.number].source;
                    sums[explained.columns.partition_point(|c| *c < source)] += f64::from(line[f]);
                }
                strength.iter_mut().zip(sums).for_each(|(s, v)| *s += v.abs());
            }
        }
        out.push(strength);
    }
    control.say(None);
    Ok(out)
}

/// Two columns whose effects depend on each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Places in the columns explained.
    pub columns: (usize, usize),
    /// Mean absolute interaction value as a share of all mean absolute SHAP values, on the model's own scale.
    pub strength: f64,
}

/// The interactions of columns, strongest first; none where there are too many columns to look.
pub fn pairs(
    prepared: &Prepared,
    learned: &Learned,
    explained: &Explained,
    control: &Control,
) -> Result<Option<Vec<Pair>>> {
    let features = &learned.encoding.features;
    let width = features.len() + 1;
    let outputs = learned.model.outputs();
    let affordable = INTERACTIONS / (4 * width * width * outputs);
    let rows = &explained.rows[..explained.rows.len().min(PAIR_ROWS).min(affordable)];
    if rows.len() < 20.min(explained.rows.len()) || width > 120 {
        return Ok(None);
    }
    control.check()?;
    let values = learned.encoding.rows(prepared, rows, false);
    let data = Data::new(values, &learned.encoding.categorical(), &vec![0.0; rows.len()])?;
    let all = learned.model.interactions(&data)?;
    let columns = explained.columns.len();
    let of: Vec<usize> = features
        .iter()
        .map(|f| explained.columns.partition_point(|c| *c < prepared.numbers[f.number].source))
        .collect();
    let mut sums = vec![0.0; columns * columns];
    let mut whole = 0.0;
    let mut own = vec![0.0; columns * columns];
    for matrix in all.chunks(width * width) {
        own.fill(0.0);
        for (i, a) in of.iter().enumerate() {
            for (j, b) in of.iter().enumerate() {
                own[a * columns + b] += f64::from(matrix[i * width + j]);
            }
        }
        whole += own.chunks(columns).map(|line| line.iter().sum::<f64>().abs()).sum::<f64>();
        for a in 0..columns {
            for b in 0..a {
                sums[a * columns + b] += (2.0 * own[a * columns + b]).abs();
            }
        }
    }
    let mut pairs: Vec<Pair> = (0..columns)
        .flat_map(|a| (0..a).map(move |b| (b, a)))
        .map(|(b, a)| Pair { columns: (b, a), strength: sums[a * columns + b] / f64::max(whole, 1e-300) })
        .filter(|p| p.strength > 0.0)
        .collect();
    pairs.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    Ok(Some(pairs))
}
