//! Columns that say the same: duplicates, and columns so close that a model may use either. Their credit is shown
//! together.

use std::collections::HashMap;

use super::encode::Encoding;
use super::measure::pearson;
use super::prepare::{Part, Prepared};

/// Correlation from which on two columns are taken for near-duplicates.
const CLOSE: f64 = 0.97;
/// Rows that are compared at first.
const SCREEN: usize = 500;
/// Rows that are compared to make sure.
const SURE: usize = 5_000;
/// Most columns that are compared with each other.
const MOST: usize = 600;

/// Two columns (places of sources) that say the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alike {
    /// The first, in the order of the table.
    pub a: usize,
    /// The second.
    pub b: usize,
    /// Whether each value of one stands for one value of the other, without exception.
    pub exact: bool,
}

/// Finds columns that say the same among those the model saw. Looks at rows `learn`.
pub fn alike(prepared: &Prepared, encoding: &Encoding, learn: &[u32]) -> Vec<Alike> {
    let mut columns: Vec<(usize, usize)> = Vec::new();
    for feature in &encoding.features {
        let number = prepared.numbers[feature.number];
        let whole = matches!(number.part, Part::Value | Part::Level | Part::Days);
        let taken = columns.last().is_some_and(|c| c.1 == feature.number);
        if whole && !taken && columns.len() < MOST {
            columns.push((number.source, feature.number));
        }
    }
    let step = learn.len().div_ceil(SURE).max(1);
    let rows: Vec<u32> = learn.iter().step_by(step).copied().collect();
    let few: Vec<u32> = rows.iter().step_by(rows.len().div_ceil(SCREEN).max(1)).copied().collect();
    let take = |number: usize, rows: &[u32]| -> Vec<f64> {
        rows.iter().map(|r| f64::from(prepared.row(*r as usize)[number])).collect()
    };
    // Columns that part the rows in the same way have the same numbers.
    let parted: Vec<(u64, usize)> = columns.iter().map(|(_, number)| partition(&take(*number, &rows))).collect();
    let short: Vec<Option<Vec<f64>>> = columns
        .iter()
        .map(|(source, number)| (!prepared.sources[*source].is_words()).then(|| filled(take(*number, &few))))
        .collect();
    let mut out = Vec::new();
    for i in 0..columns.len() {
        for j in 0..i {
            let (a, b) = (columns[j].0, columns[i].0);
            // Two columns of one kind of value in each row part nothing, or everything, alike by chance.
            let telling =
                parted[i].1 > 1 && (parted[i].1 * 2 < rows.len() || (short[i].is_some() && short[j].is_some()));
            let same = telling && parted[i] == parted[j];
            let correlated = |x: &Option<Vec<f64>>, y: &Option<Vec<f64>>| match (x, y) {
                (Some(x), Some(y)) => pearson(x, y).abs(),
                _ => 0.0,
            };
            let near = correlated(&short[i], &short[j]) >= CLOSE - 0.02
                && pearson(&filled(take(columns[i].1, &rows)), &filled(take(columns[j].1, &rows))).abs() >= CLOSE;
            // Where nearly every row has its own value any two columns part the rows alike: then their order tells.
            let telling = parted[i].1 * 2 < rows.len();
            let exact = same && (telling || same_order(&take(columns[j].1, &rows), &take(columns[i].1, &rows)));
            if near || (exact && telling) {
                out.push(Alike { a, b, exact });
            }
        }
    }
    out.sort_by_key(|p| (p.a, p.b));
    out
}

/// Missing values at the mean of the others.
fn filled(mut values: Vec<f64>) -> Vec<f64> {
    let (sum, n) = values.iter().filter(|v| !v.is_nan()).fold((0.0, 0.0), |s, v| (s.0 + v, s.1 + 1.0));
    let mean = if n > 0.0 { sum / n } else { 0.0 };
    values.iter_mut().filter(|v| v.is_nan()).for_each(|v| *v = mean);
    values
}

/// Whether one column puts the rows in the same order as the other, or in the opposite one.
fn same_order(a: &[f64], b: &[f64]) -> bool {
    let order = |values: &[f64], way: f64| {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|i, j| (way * values[*i]).total_cmp(&(way * values[*j])).then(i.cmp(j)));
        order
    };
    let first = order(a, 1.0);
    first == order(b, 1.0) || first == order(b, -1.0)
}

/// A number for the way a column parts rows into groups of equal values, whatever the values are; and how many groups.
fn partition(values: &[f64]) -> (u64, usize) {
    let mut seen: HashMap<u64, u64> = HashMap::new();
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    for v in values {
        let bits = if v.is_nan() { u64::MAX } else { (v + 0.0).to_bits() };
        let next = seen.len() as u64;
        hash.update(&seen.entry(bits).or_insert(next).to_le_bytes());
    }
    (hash.digest(), seen.len())
}

/// Groups of columns that say the same, as lists of places of sources; columns alone are groups of one. In the order of
/// their first members.
pub fn groups(columns: &[usize], alike: &[Alike]) -> Vec<Vec<usize>> {
    let mut group: HashMap<usize, usize> = columns.iter().map(|c| (*c, *c)).collect();
    fn root(group: &HashMap<usize, usize>, mut c: usize) -> usize {
        while group.get(&c).is_some_and(|up| *up != c) {
            c = group[&c];
        }
        c
    }
    for pair in alike {
        if group.contains_key(&pair.a) && group.contains_key(&pair.b) {
            let (a, b) = (root(&group, pair.a), root(&group, pair.b));
            group.insert(a.max(b), a.min(b));
        }
    }
    let mut out: Vec<Vec<usize>> = Vec::new();
    let mut place: HashMap<usize, usize> = HashMap::new();
    for c in columns {
        let at = *place.entry(root(&group, *c)).or_insert_with(|| {
            out.push(Vec::new());
            out.len() - 1
        });
        out[at].push(*c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_of_parting_rows_does_not_depend_on_the_values() {
        assert_eq!(partition(&[1.0, 2.0, 1.0, 3.0]), partition(&[9.0, 7.0, 9.0, f64::NAN]));
        assert_ne!(partition(&[1.0, 2.0, 1.0]).0, partition(&[1.0, 2.0, 2.0]).0);
    }

    #[test]
    fn a_copy_on_another_scale_keeps_the_order_and_a_blurred_one_does_not() {
        let celsius = [21.5, 3.0, 17.25, -4.0, 30.0];
        assert!(same_order(&celsius, &celsius.map(|c| c * 1.8 + 32.0)));
        assert!(same_order(&celsius, &celsius.map(|c| -c)));
        assert!(!same_order(&celsius, &[21.5, 18.0, 17.25, -4.0, 30.0]));
    }

    #[test]
    fn chains_of_pairs_are_one_group() {
        let pair = |a, b| Alike { a, b, exact: true };
        assert_eq!(groups(&[0, 1, 2, 5], &[pair(1, 5), pair(0, 5)]), [vec![0, 1, 5], vec![2]]);
    }
}
