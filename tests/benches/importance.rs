//! What importance costs in processor time, step by step: the comparison with other programs counts learning and explaining
//! alone, without reading the table.

use mekiki::data::{Control, Dataset};
use mekiki::op::Context;
use mekiki::op::importance::learn::{self, Split};
use mekiki::op::importance::prepare::{self, Wanted};
use mekiki::op::importance::task::Target;
use mekiki::op::importance::{Importance, explain, screen};
use polars::prelude::{Column, DataFrame};

/// Normal columns, of which five move a yes or no: straight, by a square, by a product, and weakly.
fn table(rows: usize, columns: usize) -> Dataset {
    let mut state = 7u64;
    let mut even = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    };
    // Box and Muller (1958).
    let mut normal = move || (-2.0 * even().ln()).sqrt() * (std::f64::consts::TAU * even()).cos();
    let x: Vec<Vec<f64>> = (0..columns).map(|_| (0..rows).map(|_| normal()).collect()).collect();
    let moved = |i: usize| 2.0 * x[0][i] + x[1][i].powi(2) - x[2][i] * x[3][i] + 0.5 * x[4][i];
    let y: Vec<i32> = (0..rows).map(|i| i32::from(moved(i) + normal() > 0.8)).collect();
    let mut frame: Vec<Column> =
        x.into_iter().enumerate().map(|(i, x)| Column::new(format!("x{i}").into(), x)).collect();
    frame.push(Column::new("y".into(), y));
    Dataset::from_frame(DataFrame::new(rows, frame).expect("a frame"))
}

/// Seconds of processor time this process has taken.
#[cfg(unix)]
fn cpu() -> f64 {
    // SAFETY: the structure is plain numbers, filled by the call.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

#[cfg(not(unix))]
fn cpu() -> f64 {
    f64::NAN
}

/// Prints the processor time of each step on tables of two sizes.
pub fn print() {
    println!("\n{:<44} {:>10} {:>10} {:>10} {:>10}", "importance, CPU seconds", "prepare", "learn", "explain", "all");
    for (rows, columns) in [(100_000, 50), (1_000_000, 30)] {
        let dataset = table(rows, columns);
        let control = Control::new();
        let context = Context::new(control.clone(), 4 << 30);
        let mut at = vec![cpu()];
        let target = Target::look(&dataset, "y", None, &control).expect("a target");
        let wanted = Wanted { drop: &[], sample: None, seed: 0, time: None, split: None };
        let prepared = prepare::prepare(&dataset, &target, &wanted, &context).expect("numbers");
        let mut out = vec![false; prepared.sources.len()];
        screen::screen(&prepared).iter().for_each(|l| out[l.0] = true);
        let split = Split::new(&prepared, target.task, 0).expect("two sides");
        at.push(cpu());
        let learned = learn::learn(&prepared, &target, &split, &out, 0, &control).expect("a model");
        at.push(cpu());
        let some = learn::thinned(split.held.clone(), explain::MOST_EXPLAINED, 0);
        let explained = explain::explain(&prepared, &learned, some, &control).expect("SHAP values");
        at.push(cpu());
        drop((prepared, learned, explained));
        let step = Importance { target: "y".into(), ..Importance::default() };
        step.answer(&dataset, &context).expect("an answer");
        at.push(cpu());
        let took: Vec<f64> = at.windows(2).map(|w| w[1] - w[0]).collect();
        let [prepare, learn, explain, all] = took[..] else { return };
        println!(
            "{:<44} {prepare:>10.2} {learn:>10.2} {explain:>10.2} {all:>10.2}",
            format!("{rows} rows of {columns} columns")
        );
    }
}
