//! Learning and judging: rows held out, the number of rounds, the model beside a plain one and beside no knowledge at all.

use super::encode::Encoding;
use super::linear::{Linear, sigmoid};
use super::measure::{self, Quality};
use super::model::{Data, Model, Settings};
use super::prepare::Prepared;
use super::task::{Target, Task};
use crate::data::Control;
use crate::error::{Error, Result};
use crate::op::sample::mixed;
use crate::text::Msg;

/// Share of the rows held out.
const HELD: f64 = 0.25;
/// Most held-out rows that are looked at.
const MOST_HELD: usize = 100_000;
/// Rows below which the number of rounds is judged by cross-validation.
const FEW: usize = 5_000;
/// Rows from which on the model that was judged is kept, not learned anew from all rows.
const MANY: usize = 20_000;
/// Folds of the cross-validation.
const FOLDS: usize = 5;
/// Held-out rows below which all rows say whether there is anything to explain, each by a model of other rows.
const TOO_FEW: usize = 60;
/// Numbers of a row from which on fewer bins do where there are few rows.
const MANY_NUMBERS: usize = 50;
/// Numbers of a row from which on a tree costs more for its numbers than for its rows: their bins get wider, and fewer folds
/// are tried.
const WIDE: usize = 300;

/// How rows are held out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// At random.
    Chance,
    /// The last in time.
    Time,
    /// By a column.
    Column,
}

/// Rows to learn from and rows held out.
#[derive(Clone, Debug)]
pub struct Split {
    /// Rows to learn from.
    pub learn: Vec<u32>,
    /// Rows held out.
    pub held: Vec<u32>,
    /// How they were told apart.
    pub by: By,
}

impl Split {
    /// Tells the rows apart. Fails where too few are on one side.
    pub fn new(prepared: &Prepared, task: Task, seed: u64) -> Result<Self> {
        let all: Vec<u32> = (0..prepared.rows() as u32).collect();
        let (learn, held, by) = if let Some(is) = &prepared.learn {
            let (learn, held) = all.into_iter().partition(|r| is[*r as usize]);
            (learn, held, By::Column)
        } else if let Some(time) = &prepared.time {
            let mut order = all;
            order.sort_by(|a, b| time[*a as usize].total_cmp(&time[*b as usize]));
            let cut = order.len() - held_of(order.len());
            let (learn, held) = order.split_at(cut);
            (sorted(learn.to_vec()), sorted(held.to_vec()), By::Time)
        } else {
            // Each class is held out in the same share.
            let class = |r: u32| if task == Task::Number { 0 } else { prepared.y[r as usize] as u32 };
            let mut order = all;
            order.sort_by_cached_key(|r| (class(*r), mixed(seed, u64::from(*r))));
            let (mut learn, mut held) = (Vec::new(), Vec::new());
            for rows in order.chunk_by(|a, b| class(*a) == class(*b)) {
                let (h, l) = rows.split_at(held_of(rows.len()));
                held.extend_from_slice(h);
                learn.extend_from_slice(l);
            }
            (sorted(learn), sorted(held), By::Chance)
        };
        if learn.len() < 10 || held.len() < 3 {
            let message = Msg::new("importance-error-sides").with("learn", learn.len()).with("held", held.len());
            return Err(Error::failed(message).hint(Msg::new("importance-hint-sides")));
        }
        let same = |rows: &[u32]| rows.windows(2).all(|w| prepared.y[w[0] as usize] == prepared.y[w[1] as usize]);
        if same(&learn) {
            return Err(
                Error::failed(Msg::new("importance-error-learn-constant")).hint(Msg::new("importance-hint-sides"))
            );
        }
        Ok(Self { learn, held: thinned(held, MOST_HELD, seed), by })
    }
}

fn held_of(n: usize) -> usize {
    ((n as f64 * HELD).round() as usize).max(usize::from(n > 1))
}

fn sorted(mut rows: Vec<u32>) -> Vec<u32> {
    rows.sort_unstable();
    rows
}

/// At most `most` of the rows, at random, in their order.
pub fn thinned(rows: Vec<u32>, most: usize, seed: u64) -> Vec<u32> {
    apart(rows, most, seed ^ 0x7417).0
}

/// At most `most` of the rows, at random, and the others, each in their order.
fn apart(mut rows: Vec<u32>, most: usize, seed: u64) -> (Vec<u32>, Vec<u32>) {
    if rows.len() <= most {
        return (rows, Vec::new());
    }
    rows.select_nth_unstable_by_key(most, |r| mixed(seed, u64::from(*r)));
    let others = rows.split_off(most);
    (sorted(rows), sorted(others))
}

/// What was learned, and how good it is.
pub struct Learned {
    /// How numbers become the model's.
    pub encoding: Encoding,
    /// The trees.
    pub model: Model,
    /// Mean and standard deviation of an amount, which the model sees centred and scaled; 0 and 1 for classes.
    pub scale: (f64, f64),
    /// How the model learned.
    pub settings: Settings,
    /// Rows learned from, ready for the model, while they are needed.
    pub data: Option<Data>,
    /// How many rows were learned from.
    pub rows: usize,
    /// The model on rows it never saw.
    pub quality: Quality,
    /// The model on rows it learned from.
    pub on_learned: Quality,
    /// The plain model on rows it never saw.
    pub linear: Option<Quality>,
    /// No knowledge, on the same rows.
    pub baseline: Quality,
    /// By how much the model's loss is below that of no knowledge, as a share, and how many of its standard errors that is.
    pub gain: (f64, f64),
    /// Whether that was judged on all rows, each by a model of others, as too few were held out.
    pub crossed: bool,
}

impl Learned {
    /// Amounts or probabilities from the margins of rows.
    pub fn predicted(&self, margins: &[f32]) -> Vec<f64> {
        predicted(self.settings.task, margins, self.model.outputs(), self.scale)
    }
}

/// Amounts or probabilities from margins.
pub fn predicted(task: Task, margins: &[f32], outputs: usize, scale: (f64, f64)) -> Vec<f64> {
    match task {
        Task::Number => margins.iter().map(|m| f64::from(*m) * scale.1 + scale.0).collect(),
        Task::YesNo => margins.iter().map(|m| sigmoid(f64::from(*m))).collect(),
        Task::Classes => margins
            .chunks(outputs)
            .flat_map(|row| {
                let row: Vec<f64> = row.iter().map(|m| f64::from(*m)).collect();
                softmax(&row)
            })
            .collect(),
    }
}

/// Probabilities from margins.
pub fn softmax(margins: &[f64]) -> Vec<f64> {
    let top = margins.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = margins.iter().map(|m| (m - top).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|p| p / sum).collect()
}

/// The least sum of second derivatives in a leaf: about so many rows as are a tenth of all, at most 20.
fn weight(task: Task, n: usize, shares: &[f64]) -> f64 {
    let rows = (n as f64 / 10.0).clamp(1.0, 20.0);
    match task {
        Task::Number => rows,
        // The derivatives get smaller as the model gets sure of its rows: about by half.
        Task::YesNo => rows / 2.0 * shares[1] * (1.0 - shares[1]),
        Task::Classes => rows / shares.len() as f64 * (1.0 - 1.0 / shares.len() as f64),
    }
}

/// How many bins a number's values get: fewer where there are many numbers, and more of them than few rows can tell apart.
fn bins(rows: usize, width: usize) -> usize {
    match width {
        w if w > WIDE => (255 * WIDE / w).min(rows / 8).max(32),
        w if w >= MANY_NUMBERS => (rows / 8).clamp(64, 255),
        _ => 255,
    }
}

/// Learns and judges.
pub fn learn(
    prepared: &Prepared,
    target: &Target,
    split: &Split,
    out: &[bool],
    seed: u64,
    control: &Control,
) -> Result<Learned> {
    let task = target.task;
    let encoding = Encoding::new(prepared, target, out, &split.learn, seed);
    let categorical = encoding.categorical();
    let width = categorical.len();
    let y = |rows: &[u32]| rows.iter().map(|r| prepared.y[*r as usize]).collect::<Vec<f64>>();
    let (learn_y, held_y) = (y(&split.learn), y(&split.held));
    let n = learn_y.len();
    let (scale, shares) = match task {
        Task::Number => (moments(&learn_y), Vec::new()),
        _ => {
            let mut shares = vec![0.0; target.classes.len()];
            learn_y.iter().for_each(|c| shares[*c as usize] += 1.0 / n as f64);
            ((0.0, 1.0), shares)
        }
    };
    // Of many rows some judge how many rounds do good, and the model is learned from the others only.
    let many = n >= MANY;
    let (judges, rows) = apart(split.learn.clone(), if many { (n / 10).min(10_000) } else { 0 }, seed ^ 0xf01d);
    let matrix = |rows: &[u32], values: Vec<f32>| {
        let labels: Vec<f32> = y(rows).iter().map(|v| ((v - scale.0) / scale.1) as f32).collect();
        Data::new(values, &categorical, &labels)
    };
    let values = encoding.rows(prepared, &rows, true);
    let held_values = encoding.rows(prepared, &split.held, false);
    control.say(Some(Msg::new("importance-stage-linear")));
    let plain = Linear::learn(task, target.classes.len(), &values, &categorical, &y(&rows));
    control.check()?;
    let sample = rows.len().min(MOST_HELD / 10);
    let first_values: Vec<f32> = values[..sample * width].to_vec();
    let data = matrix(&rows, values)?;
    let judges = if many { Some(matrix(&judges, encoding.rows(prepared, &judges, true))?) } else { None };
    let settings = Settings {
        task,
        classes: target.classes.len(),
        rounds: if many { 60 } else { 150 },
        eta: if many { 0.16 } else { 0.1 },
        weight: weight(task, n, &shares),
        leaves: 31,
        bins: bins(n, width),
        seed,
    };
    control.say(Some(Msg::new("importance-stage-learn")));
    let folds = match n {
        _ if width > WIDE => 2,
        n if n < FEW => FOLDS,
        _ => 1,
    };
    let (model, settings) = grow(settings, &data, judges, folds, control)?;
    let outputs = model.outputs();
    let of = |values: &[f32]| Ok::<_, Error>(predicted(task, &model.margins(values)?, outputs, scale));
    let classes = target.classes.len();
    let predictions = of(&held_values)?;
    let no_knowledge = nothing_known(task, scale.0, &shares).repeat(held_y.len());
    let judge = |p: &[f64]| measure::quality(task, &held_y, p, classes);
    let linear = plain.map(|m| judge(&m.predict(&held_values, width)));
    let crossed = split.by == By::Chance && split.held.len() < TOO_FEW;
    let gain = if crossed {
        let told = cross(prepared, target, split, out, &settings, control)?;
        gain(task, &told.y, &told.without, &told.with, classes)
    } else {
        gain(task, &held_y, &no_knowledge, &predictions, classes)
    };
    let quality = judge(&predictions);
    let baseline = judge(&no_knowledge);
    let on_learned = measure::quality(task, &y(&rows[..sample]), &of(&first_values)?, classes);
    let rows = data.rows();
    let data = Some(data);
    Ok(Learned { encoding, model, scale, settings, data, rows, quality, on_learned, linear, baseline, gain, crossed })
}

/// What is said of a row by no knowledge: the mean, or the shares of the classes.
fn nothing_known(task: Task, mean: f64, shares: &[f64]) -> Vec<f64> {
    match task {
        Task::Number => vec![mean],
        Task::YesNo => vec![shares[1]],
        Task::Classes => shares.to_vec(),
    }
}

/// Finds how many rounds do good, by `judges` or by `tried` folds of a cross-validation, and learns.
fn grow(
    mut settings: Settings,
    data: &Data,
    judges: Option<Data>,
    tried: usize,
    control: &Control,
) -> Result<(Model, Settings)> {
    if let Some(judges) = judges {
        control.restart(settings.rounds as u64);
        let (model, _) = Model::learn(&settings, data, Some((&judges, 10)), control)?;
        settings.rounds = model.rounds();
        return Ok((model, settings));
    }
    let n = data.rows();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|r| mixed(settings.seed ^ 0xf01d, *r as u64));
    control.restart((settings.rounds * (tried + 1)) as u64);
    let mut losses: Vec<Vec<f64>> = Vec::new();
    for fold in 0..tried {
        let (held, rest): (Vec<usize>, Vec<usize>) = (0..n).partition(|i| i % FOLDS == fold);
        let pick = |places: Vec<usize>| {
            let mut rows: Vec<usize> = places.into_iter().map(|i| order[i]).collect();
            rows.sort_unstable();
            rows
        };
        let (held, rest) = (data.some(&pick(held))?, data.some(&pick(rest))?);
        losses.push(Model::learn(&settings, &rest, Some((&held, 40)), control)?.1);
    }
    let longest = losses.iter().map(Vec::len).min().unwrap_or(1);
    let mean = |round: usize| losses.iter().map(|l| l[round]).sum::<f64>();
    let best = (0..longest).min_by(|a, b| mean(*a).total_cmp(&mean(*b))).unwrap_or(0);
    settings.rounds = best + 1;
    let (model, _) = Model::learn(&settings, data, None, control)?;
    Ok((model, settings))
}

/// Mean and standard deviation; the latter 1 where there is none.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().map(|v| v / n).sum::<f64>();
    let sd = (values.iter().map(|v| (v - mean) * (v - mean) / n).sum::<f64>()).sqrt();
    (mean, if sd > 0.0 && sd.is_finite() { sd } else { 1.0 })
}

/// What is said of every row by models that never saw it, and by no knowledge.
struct Crossed {
    y: Vec<f64>,
    without: Vec<f64>,
    with: Vec<f64>,
}

/// Deals all rows into folds, each class alike, and judges each fold by a model of the others.
fn cross(
    prepared: &Prepared,
    target: &Target,
    split: &Split,
    out: &[bool],
    settings: &Settings,
    control: &Control,
) -> Result<Crossed> {
    let task = target.task;
    let class = |r: u32| if task == Task::Number { 0 } else { prepared.y[r as usize] as u32 };
    let mut rows = [split.learn.as_slice(), &split.held].concat();
    rows.sort_by_cached_key(|r| (class(*r), mixed(settings.seed ^ 0xc055, u64::from(*r))));
    let mut all = Crossed { y: Vec::new(), without: Vec::new(), with: Vec::new() };
    control.restart((settings.rounds * FOLDS) as u64);
    for fold in 0..FOLDS {
        let of = |own: bool| -> Vec<u32> {
            let some = rows.iter().enumerate().filter(|(i, _)| (i % FOLDS == fold) == own);
            sorted(some.map(|(_, r)| *r).collect())
        };
        let (rest, judged) = (of(false), of(true));
        let y = |rows: &[u32]| rows.iter().map(|r| prepared.y[*r as usize]).collect::<Vec<f64>>();
        let rest_y = y(&rest);
        let scale = if task == Task::Number { moments(&rest_y) } else { (0.0, 1.0) };
        let encoding = Encoding::new(prepared, target, out, &rest, settings.seed);
        let labels: Vec<f32> = rest_y.iter().map(|v| ((v - scale.0) / scale.1) as f32).collect();
        let data = Data::new(encoding.rows(prepared, &rest, true), &encoding.categorical(), &labels)?;
        let (model, _) = Model::learn(settings, &data, None, control)?;
        let margins = model.margins(&encoding.rows(prepared, &judged, false))?;
        all.with.extend(predicted(task, &margins, model.outputs(), scale));
        let share = |class: usize| rest_y.iter().filter(|y| **y as usize == class).count() as f64 / rest.len() as f64;
        let shares: Vec<f64> = (0..target.classes.len()).map(share).collect();
        all.without.extend(nothing_known(task, scale.0, &shares).repeat(judged.len()));
        all.y.extend(y(&judged));
    }
    Ok(all)
}

/// The gain over no knowledge, as a share of its loss, and how many standard errors over rows that is. Of classes the log
/// loss or the squared error of the probabilities, whichever is surer: a single row that a model is wrongly sure of outweighs
/// all others in the one, a rare class hardly counts in the other.
fn gain(task: Task, y: &[f64], without: &[f64], with: &[f64], classes: usize) -> (f64, f64) {
    let judged = |losses: &dyn Fn(&[f64]) -> Vec<f64>| share(&losses(without), &losses(with));
    let first = judged(&|said| measure::losses(task, y, said, classes));
    if task == Task::Number {
        return first;
    }
    let second = judged(&|said| measure::squares(task, y, said, classes));
    if second.1 > first.1 { second } else { first }
}

/// By how much one list of losses is below the other, as a share of it, and how many standard errors that is.
fn share(without: &[f64], with: &[f64]) -> (f64, f64) {
    let n = without.len().max(2) as f64;
    let whole = without.iter().sum::<f64>() / n;
    let differences: Vec<f64> = without.iter().zip(with).map(|(a, b)| a - b).collect();
    let mean = differences.iter().sum::<f64>() / n;
    let variance = differences.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / (n - 1.0);
    if whole > 0.0 && mean != 0.0 { (mean / whole, mean / (variance / n).sqrt()) } else { (0.0, 0.0) }
}
