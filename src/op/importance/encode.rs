//! From numbers as read to the numbers a model learns from: few words as categories, many words by the target's mean (of
//! several classes: by the share of each) among other rows that share the word.
//!
//! The mean a row gets never comes from the row itself: rows learned from are dealt into folds, and each fold gets the
//! means of the others (out-of-fold target encoding; Micci-Barreca 2001 for the shrinkage).

use super::prepare::{Part, Prepared};
use super::task::{Target, Task};
use crate::op::sample::mixed;

/// Most words a column has as categories of the model.
pub const MOST_CATEGORIES: usize = 16;
/// Likewise where the target is one of several classes, each of which would need means of its own.
const MOST_OF_CLASSES: usize = 64;
/// Most classes for which shares are made; of more the words beyond the commonest are one category.
const MOST_SHARES: usize = 12;
/// Folds of the means.
const FOLDS: usize = 5;
/// How many rows of the whole table's mean are mixed into each word's mean.
const SHRINKAGE: f64 = 10.0;

/// A number the model sees.
#[derive(Clone, Debug)]
pub struct Feature {
    /// Which number of the table it is made of.
    pub number: usize,
    how: How,
}

#[derive(Clone, Debug)]
enum How {
    /// As it is.
    Plain,
    /// As one of few words; the code of each word.
    Category(Vec<f32>),
    /// By the mean of the target: for each word its sum and count, overall and in each fold.
    Mean { all: Vec<[f64; 2]>, folds: Vec<[[f64; 2]; FOLDS]>, prior: f64 },
}

/// How the table's numbers become the model's.
#[derive(Clone, Debug)]
pub struct Encoding {
    /// What the model sees.
    pub features: Vec<Feature>,
    seed: u64,
}

impl Encoding {
    /// Decides how, by the rows `learn`. Columns in `out` are left out.
    pub fn new(prepared: &Prepared, target: &Target, out: &[bool], learn: &[u32], seed: u64) -> Self {
        let mut features = Vec::new();
        for (i, number) in prepared.numbers.iter().enumerate() {
            if out[number.source] {
                continue;
            }
            let hows = match number.part {
                Part::Level => of_words(prepared, i, target, learn, seed),
                // Parts of dates that are the same in every row.
                _ if number.part.suffix().is_some() && is_constant(prepared, i) => continue,
                _ => vec![How::Plain],
            };
            features.extend(hows.into_iter().map(|how| Feature { number: i, how }));
        }
        Self { features, seed }
    }

    /// Which features are categories.
    pub fn categorical(&self) -> Vec<bool> {
        self.features.iter().map(|f| matches!(f.how, How::Category(_))).collect()
    }

    /// The model's numbers of these rows, row after row. `learned` rows get the means of other folds.
    pub fn rows(&self, prepared: &Prepared, rows: &[u32], learned: bool) -> Vec<f32> {
        let mut out = Vec::with_capacity(rows.len() * self.features.len());
        for row in rows {
            let values = prepared.row(*row as usize);
            out.extend(self.features.iter().map(|feature| {
                let v = values[feature.number];
                match &feature.how {
                    _ if v.is_nan() => v,
                    How::Plain => v,
                    How::Category(codes) => codes.get(v as usize).copied().unwrap_or(f32::NAN),
                    How::Mean { all, folds, prior } => {
                        let [mut sum, mut n] = all[v as usize];
                        if learned {
                            let [s, m] = folds[v as usize][fold(self.seed, *row)];
                            (sum, n) = (sum - s, n - m);
                        }
                        ((sum + SHRINKAGE * prior) / (n + SHRINKAGE)) as f32
                    }
                }
            }));
        }
        out
    }
}

fn fold(seed: u64, row: u32) -> usize {
    (mixed(seed ^ 0x5eed, u64::from(row)) % FOLDS as u64) as usize
}

fn is_constant(prepared: &Prepared, number: usize) -> bool {
    let width = prepared.numbers.len();
    let mut values = prepared.x.iter().skip(number).step_by(width).filter(|v| !v.is_nan());
    let first = values.next();
    values.all(|v| Some(v) == first)
}

fn of_words(prepared: &Prepared, number: usize, target: &Target, learn: &[u32], seed: u64) -> Vec<How> {
    let source = &prepared.sources[prepared.numbers[number].source];
    let levels = source.counts.iter().filter(|n| **n > 0).count();
    let classes = target.classes.len();
    let few = match target.task {
        Task::Classes if classes > MOST_SHARES => usize::MAX,
        Task::Classes => MOST_OF_CLASSES - 1,
        _ => MOST_CATEGORIES,
    };
    if levels <= few {
        // Ordered by words, so that the order rows come in decides nothing.
        let mut kept: Vec<usize> = (0..source.levels.len()).filter(|l| source.counts[*l] > 0).collect();
        kept.sort_by(|a, b| source.counts[*b].cmp(&source.counts[*a]).then(source.levels[*a].cmp(&source.levels[*b])));
        kept.truncate(MOST_OF_CLASSES - 1);
        let others = kept.len() as f32;
        kept.sort_by(|a, b| source.levels[*a].cmp(&source.levels[*b]));
        let mut codes = vec![others; source.levels.len()];
        for (code, level) in kept.into_iter().enumerate() {
            codes[level] = code as f32;
        }
        return vec![How::Category(codes)];
    }
    let mean = |value: &dyn Fn(f64) -> f64| {
        let mut all = vec![[0.0; 2]; source.levels.len()];
        let mut folds = vec![[[0.0; 2]; FOLDS]; source.levels.len()];
        let (mut total, mut n) = (0.0, 0.0);
        for row in learn {
            let (level, y) = (prepared.row(*row as usize)[number], value(prepared.y[*row as usize]));
            total += y;
            n += 1.0;
            if !level.is_nan() {
                for sums in [&mut all[level as usize], &mut folds[level as usize][fold(seed, *row)]] {
                    sums[0] += y;
                    sums[1] += 1.0;
                }
            }
        }
        How::Mean { all, folds, prior: total / f64::max(n, 1.0) }
    };
    match target.task {
        Task::Classes => (0..classes).map(|k| mean(&|y| f64::from(u8::from(y as usize == k)))).collect(),
        _ => vec![mean(&|y| y)],
    }
}
