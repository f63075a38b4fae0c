//! The trees' SHAP values against brute force over all subsets and against the classic recursion, both in 64 bits.

use hessboost::tree::RegTree;

use super::*;
use crate::op::sample::mixed;

fn random(seed: u64, i: u64) -> f64 {
    mixed(seed, i) as f64 / u64::MAX as f64
}

/// Rows of `width` numbers, the last a category, a tenth missing; and a target with interactions.
fn data(rows: usize, width: usize, seed: u64) -> (Vec<f32>, Vec<f32>) {
    let mut x = Vec::new();
    let mut y = Vec::new();
    for r in 0..rows {
        let row: Vec<f64> = (0..width)
            .map(|c| {
                let v = random(seed, (r * width + c) as u64);
                let missing = random(seed ^ 9, (r * width + c) as u64) < 0.1;
                if missing {
                    f64::NAN
                } else if c + 1 == width {
                    (v * 5.0).floor()
                } else {
                    v
                }
            })
            .collect();
        let at = |c: usize| if row[c].is_nan() { 0.3 } else { row[c] };
        y.push(
            (3.0 * at(0) + at(1) * at(2) * 4.0 + (at(width - 1) * 1.7).sin() + random(seed ^ 5, r as u64) * 0.1) as f32,
        );
        x.extend(row.iter().map(|v| *v as f32));
    }
    (x, y)
}

fn goes_left(tree: &RegTree, node: usize, row: &[f32]) -> bool {
    let n = tree.node(node);
    let v = row[n.split_feature as usize];
    if v.is_nan() {
        n.default_left
    } else if n.is_categorical {
        tree.split_categories(node).contains(&(v as u32))
    } else {
        v < n.split_cond
    }
}

/// What a tree says when only the features in `known` are known: others follow the weights of the rows learned from.
fn expected(tree: &RegTree, node: usize, row: &[f32], known: u32) -> f64 {
    let n = tree.node(node);
    if n.is_leaf() {
        return f64::from(n.leaf_value);
    }
    let (left, right) = (n.left as usize, n.right as usize);
    if known & (1 << n.split_feature) != 0 {
        return expected(tree, if goes_left(tree, node, row) { left } else { right }, row, known);
    }
    let weight = |c: usize| f64::from(tree.node(c).sum_hess);
    let (l, r) = (weight(left), weight(right));
    (l * expected(tree, left, row, known) + r * expected(tree, right, row, known)) / f64::from(n.sum_hess)
}

/// Shapley's formula over all subsets.
fn brute(trees: &[RegTree], row: &[f32]) -> Vec<f64> {
    let width = row.len();
    let value: Vec<f64> =
        (0..1u32 << width).map(|known| trees.iter().map(|t| expected(t, 0, row, known)).sum()).collect();
    let factorial = |n: usize| (1..=n).map(|i| i as f64).product::<f64>();
    (0..width)
        .map(|f| {
            (0..1u32 << width)
                .filter(|s| s & (1 << f) == 0)
                .map(|s| {
                    let k = s.count_ones() as usize;
                    let weight = factorial(k) * factorial(width - k - 1) / factorial(width);
                    weight * (value[(s | 1 << f) as usize] - value[s as usize])
                })
                .sum()
        })
        .collect()
}

#[derive(Clone, Copy)]
struct Step {
    feature: i64,
    zero: f64,
    one: f64,
    weight: f64,
}

fn extend(path: &mut Vec<Step>, zero: f64, one: f64, feature: i64) {
    let depth = path.len();
    path.push(Step { feature, zero, one, weight: if depth == 0 { 1.0 } else { 0.0 } });
    for i in (0..depth).rev() {
        path[i + 1].weight += one * path[i].weight * (i + 1) as f64 / (depth + 1) as f64;
        path[i].weight *= zero * (depth - i) as f64 / (depth + 1) as f64;
    }
}

fn unwind(path: &mut Vec<Step>, at: usize) {
    let depth = path.len() - 1;
    let (one, zero) = (path[at].one, path[at].zero);
    let mut next = path[depth].weight;
    for i in (0..depth).rev() {
        if one != 0.0 {
            let kept = path[i].weight;
            path[i].weight = next * (depth + 1) as f64 / ((i + 1) as f64 * one);
            next = kept - path[i].weight * zero * (depth - i) as f64 / (depth + 1) as f64;
        } else {
            path[i].weight = path[i].weight * (depth + 1) as f64 / (zero * (depth - i) as f64);
        }
    }
    for i in at..depth {
        (path[i].feature, path[i].zero, path[i].one) = (path[i + 1].feature, path[i + 1].zero, path[i + 1].one);
    }
    path.pop();
}

/// Algorithm 2 of Lundberg, Erion & Lee, "Consistent individualized feature attribution for tree ensembles" (2018).
fn classic(
    tree: &RegTree,
    row: &[f32],
    phi: &mut [f64],
    node: usize,
    path: &[Step],
    zero: f64,
    one: f64,
    feature: i64,
) {
    let mut path = path.to_vec();
    extend(&mut path, zero, one, feature);
    let n = tree.node(node);
    if n.is_leaf() {
        for i in 1..path.len() {
            let mut without = path.clone();
            unwind(&mut without, i);
            let weight: f64 = without.iter().map(|s| s.weight).sum();
            phi[path[i].feature as usize] += weight * (path[i].one - path[i].zero) * f64::from(n.leaf_value);
        }
        return;
    }
    let (left, right) = (n.left as usize, n.right as usize);
    let (hot, cold) = if goes_left(tree, node, row) { (left, right) } else { (right, left) };
    let (mut before_zero, mut before_one) = (1.0, 1.0);
    let f = i64::from(n.split_feature);
    if let Some(at) = path.iter().skip(1).position(|s| s.feature == f).map(|i| i + 1) {
        (before_zero, before_one) = (path[at].zero, path[at].one);
        unwind(&mut path, at);
    }
    let share = |c: usize| f64::from(tree.node(c).sum_hess) / f64::from(n.sum_hess);
    classic(tree, row, phi, hot, &path, before_zero * share(hot), before_one, f);
    classic(tree, row, phi, cold, &path, before_zero * share(cold), 0.0, f);
}

fn learned(rows: usize, width: usize, rounds: usize, leaves: usize) -> (Model, Data, Vec<f32>) {
    let (x, y) = data(rows, width, 7);
    let mut categorical = vec![false; width];
    categorical[width - 1] = true;
    let data = Data::new(x.clone(), &categorical, &y).unwrap();
    let settings =
        Settings { task: Task::Number, classes: 0, rounds, eta: 0.3, weight: 5.0, leaves, bins: 255, seed: 0 };
    (Model::learn(&settings, &data, None, &Control::new()).unwrap().0, data, x)
}

#[test]
fn shap_values_are_those_of_all_subsets() {
    let width = 5;
    let (model, data, x) = learned(400, width, 4, 8);
    let shap = model.contributions(&data).unwrap();
    for r in 0..25 {
        let want = brute(model.trees.trees(), &x[r * width..(r + 1) * width]);
        let scale = want.iter().map(|v| v.abs()).sum::<f64>().max(0.1);
        for (f, w) in want.iter().enumerate() {
            let got = f64::from(shap[r * (width + 1) + f]);
            assert!((w - got).abs() <= 1e-5 * scale, "row {r}, feature {f}: {w} or {got}");
        }
    }
}

#[test]
fn shap_values_are_those_of_the_classic_recursion() {
    // Paths of more features than the quadrature's seven.
    let width = 12;
    let (model, data, x) = learned(3_000, width, 30, 31);
    let shap = model.contributions(&data).unwrap();
    for r in 0..40 {
        let row = &x[r * width..(r + 1) * width];
        let mut want = vec![0.0; width];
        for tree in model.trees.trees() {
            classic(tree, row, &mut want, 0, &[], 1.0, 1.0, -1);
        }
        let scale = want.iter().map(|v| v.abs()).sum::<f64>().max(0.1);
        for (f, w) in want.iter().enumerate() {
            let got = f64::from(shap[r * (width + 1) + f]);
            assert!((w - got).abs() <= 1e-5 * scale, "row {r}, feature {f}: {w} or {got}");
        }
    }
}

#[test]
fn interactions_add_up_to_the_values() {
    let width = 5;
    let (model, data, _) = learned(400, width, 10, 16);
    let (shap, pairs) = (model.contributions(&data).unwrap(), model.interactions(&data).unwrap());
    let side = width + 1;
    for (row, matrix) in shap.chunks(side).zip(pairs.chunks(side * side)) {
        for f in 0..width {
            let sum: f64 = matrix[f * side..f * side + width].iter().map(|v| f64::from(*v)).sum();
            assert!((sum - f64::from(row[f])).abs() < 1e-5);
        }
    }
}
