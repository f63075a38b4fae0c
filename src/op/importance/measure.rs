//! How good predictions are on rows that were held out.

use super::task::Task;

/// The quality of predictions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quality {
    /// The share of the variance explained (R²), or the area under the ROC curve; of several classes the mean of one
    /// against the rest.
    pub score: f64,
    /// Mean absolute error, in the target's unit; amounts only.
    pub mae: Option<f64>,
    /// Mean log loss, in nats; classes only.
    pub log_loss: Option<f64>,
    /// Share of rows whose likeliest class is the right one; classes only.
    pub accuracy: Option<f64>,
    /// Mean distance between the probability said and the frequency seen, over ten bins of equal counts; yes or no only.
    pub calibration: Option<f64>,
}

/// The name of the measure a task is judged by, for machines.
pub fn metric(task: Task) -> &'static str {
    match task {
        Task::Number => "r2",
        Task::YesNo => "auc",
        Task::Classes => "auc_ovr",
    }
}

/// What the measure is without any knowledge.
pub fn nothing(task: Task) -> f64 {
    if task == Task::Number { 0.0 } else { 0.5 }
}

/// Probabilities (or amounts) of each row, one after the other; `classes` of them for several classes.
pub fn quality(task: Task, y: &[f64], predicted: &[f64], classes: usize) -> Quality {
    let n = y.len().max(1) as f64;
    match task {
        Task::Number => Quality {
            score: r2(y, predicted),
            mae: Some(y.iter().zip(predicted).map(|(a, b)| (a - b).abs()).sum::<f64>() / n),
            ..Quality::default()
        },
        Task::YesNo => Quality {
            score: auc(y, predicted),
            log_loss: Some(losses(task, y, predicted, 1).iter().sum::<f64>() / n),
            accuracy: Some(y.iter().zip(predicted).filter(|(y, p)| (**y > 0.5) == (**p > 0.5)).count() as f64 / n),
            calibration: Some(calibration(y, predicted)),
            ..Quality::default()
        },
        Task::Classes => {
            let best = |row: &[f64]| (0..classes).max_by(|a, b| row[*a].total_cmp(&row[*b]).then(b.cmp(a)));
            let right = y.iter().zip(predicted.chunks(classes)).filter(|(y, row)| best(row) == Some(**y as usize));
            Quality {
                score: score(task, y, predicted, classes),
                log_loss: Some(losses(task, y, predicted, classes).iter().sum::<f64>() / n),
                accuracy: Some(right.count() as f64 / n),
                ..Quality::default()
            }
        }
    }
}

/// The measure a task is judged by.
pub fn score(task: Task, y: &[f64], predicted: &[f64], classes: usize) -> f64 {
    match task {
        Task::Number => r2(y, predicted),
        Task::YesNo => auc(y, predicted),
        Task::Classes => {
            let (mut sum, mut n) = (0.0, 0.0);
            for class in 0..classes {
                let is: Vec<f64> = y.iter().map(|y| f64::from(u8::from(*y as usize == class))).collect();
                let p: Vec<f64> = predicted.iter().skip(class).step_by(classes).copied().collect();
                let there = is.iter().sum::<f64>();
                if there > 0.0 && there < is.len() as f64 {
                    sum += auc(&is, &p);
                    n += 1.0;
                }
            }
            if n > 0.0 { sum / n } else { 0.5 }
        }
    }
}

/// The loss of each row: squared error, or log loss in nats.
pub fn losses(task: Task, y: &[f64], predicted: &[f64], classes: usize) -> Vec<f64> {
    let log = |p: f64| -p.clamp(1e-15, 1.0).ln();
    match task {
        Task::Number => y.iter().zip(predicted).map(|(a, b)| (a - b) * (a - b)).collect(),
        Task::YesNo => y.iter().zip(predicted).map(|(y, p)| log(if *y > 0.5 { *p } else { 1.0 - p })).collect(),
        Task::Classes => y.iter().zip(predicted.chunks(classes)).map(|(y, row)| log(row[*y as usize])).collect(),
    }
}

/// The squared error of each row's probabilities (Brier score; of two classes half of what several give).
pub fn squares(task: Task, y: &[f64], predicted: &[f64], classes: usize) -> Vec<f64> {
    let off = |p: f64, is: bool| (p - f64::from(u8::from(is))).powi(2);
    match task {
        Task::Number | Task::YesNo => y.iter().zip(predicted).map(|(y, p)| (y - p) * (y - p)).collect(),
        Task::Classes => {
            let rows = y.iter().zip(predicted.chunks(classes));
            rows.map(|(y, row)| row.iter().enumerate().map(|(k, p)| off(*p, *y as usize == k)).sum()).collect()
        }
    }
}

/// 1 less the residual over the total sum of squares; 0 where the target does not vary.
pub fn r2(y: &[f64], predicted: &[f64]) -> f64 {
    let mean = y.iter().sum::<f64>() / y.len().max(1) as f64;
    let total: f64 = y.iter().map(|v| (v - mean) * (v - mean)).sum();
    let rest: f64 = y.iter().zip(predicted).map(|(a, b)| (a - b) * (a - b)).sum();
    if total > 0.0 { 1.0 - rest / total } else { 0.0 }
}

/// The area under the ROC curve, by ranks, ties counted half; one half where there is one class only.
pub fn auc(y: &[f64], scores: &[f64]) -> f64 {
    let mut order: Vec<usize> = (0..y.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let (mut ranks, mut positive, mut at) = (0.0, 0.0, 0);
    while at < order.len() {
        let end = order[at..].iter().position(|i| scores[*i] != scores[order[at]]).map_or(order.len(), |n| at + n);
        let yes = order[at..end].iter().filter(|i| y[**i] > 0.5).count() as f64;
        // Ranks at..end, counted from 1, have this mean.
        ranks += yes * ((at + end + 1) as f64 / 2.0);
        positive += yes;
        at = end;
    }
    let negative = y.len() as f64 - positive;
    if positive == 0.0 || negative == 0.0 {
        return 0.5;
    }
    (ranks - positive * (positive + 1.0) / 2.0) / (positive * negative)
}

fn calibration(y: &[f64], p: &[f64]) -> f64 {
    const BINS: usize = 10;
    let mut order: Vec<usize> = (0..y.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let size = y.len().div_ceil(BINS).max(1);
    let off = order.chunks(size).map(|bin| {
        let (said, seen) = bin.iter().fold((0.0, 0.0), |s, i| (s.0 + p[*i], s.1 + y[*i]));
        f64::abs(said - seen)
    });
    off.sum::<f64>() / y.len().max(1) as f64
}

/// The rank correlation of two lists (Spearman, ties by mean ranks); 0 where one does not vary.
pub fn spearman(a: &[f64], b: &[f64]) -> f64 {
    pearson(&ranks(a), &ranks(b))
}

/// Ranks from 1 on, the mean of them for ties.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut out = vec![0.0; values.len()];
    let mut at = 0;
    while at < order.len() {
        let end = order[at..].iter().position(|i| values[*i] != values[order[at]]).map_or(order.len(), |n| at + n);
        order[at..end].iter().for_each(|i| out[*i] = (at + end + 1) as f64 / 2.0);
        at = end;
    }
    out
}

/// The correlation of two lists; 0 where one does not vary.
pub fn pearson(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().max(1) as f64;
    let (ma, mb) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        ab += (x - ma) * (y - mb);
        aa += (x - ma) * (x - ma);
        bb += (y - mb) * (y - mb);
    }
    if aa > 0.0 && bb > 0.0 { ab / (aa * bb).sqrt() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_counts_ties_half() {
        // By hand: pairs (yes, no): (.8,.1) (.8,.4) (.4,.1) right, (.4,.4) tied: 3.5 of 4.
        assert_eq!(auc(&[0.0, 0.0, 1.0, 1.0], &[0.1, 0.4, 0.4, 0.8]), 0.875);
        assert_eq!(auc(&[1.0, 1.0], &[0.3, 0.2]), 0.5);
    }

    #[test]
    fn explained_variance_and_ranks_by_hand() {
        assert!((r2(&[1.0, 2.0, 3.0], &[1.0, 2.0, 4.0]) - 0.5).abs() < 1e-12);
        assert_eq!(ranks(&[5.0, 1.0, 5.0]), [2.5, 1.0, 2.5]);
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[10.0, 100.0, 1000.0]), 1.0);
        let q = quality(Task::Classes, &[0.0, 1.0], &[0.7, 0.2, 0.1, 0.5, 0.4, 0.1], 3);
        assert_eq!(q.accuracy, Some(0.5));
        assert!((q.log_loss.unwrap() + (0.7f64.ln() + 0.4f64.ln()) / 2.0).abs() < 1e-12);
    }
}
