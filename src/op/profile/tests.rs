//! Profiles against figures worked out by hand, and against brute force.

use std::collections::BTreeMap;

use polars::prelude::*;
use serde_json::json;

use super::*;
use crate::data::PickedBuilder;
use crate::result::profile::{Estimate, LengthUnit};
use crate::text::Lang;
use crate::value::Zone;

fn column(name: &str, values: impl IntoSeries) -> polars::prelude::Column {
    values.into_series().with_name(name.into()).into()
}

fn dataset(columns: Vec<polars::prelude::Column>) -> Dataset {
    let height = columns.first().map_or(0, |c| c.len());
    Dataset::from_frame(DataFrame::new(height, columns).expect("a frame"))
}

fn of(dataset: &Dataset) -> TableProfile {
    Profile::default().run(dataset, &Control::new()).expect("a profile")
}

fn one(series: Series) -> ColumnProfile {
    of(&dataset(vec![series.into()])).columns.remove(0)
}

fn ints(values: &[i128]) -> Vec<Cell<'static>> {
    values.iter().map(|v| Cell::Int(*v)).collect()
}

fn quartiles(c: &ColumnProfile) -> Vec<Cell<'static>> {
    let q = c.quartiles.as_ref().expect("quartiles");
    vec![q.q1.clone(), q.median.clone(), q.q3.clone()]
}

fn tops(c: &ColumnProfile) -> Vec<(Cell<'static>, u64)> {
    c.top.iter().map(|t| (t.value.clone(), t.count)).collect()
}

#[test]
fn integers_of_every_width() {
    let base = Series::new("a".into(), [Some(3i64), None, Some(1), Some(2), Some(2), Some(7)]);
    for dtype in [
        DataType::Int8,
        DataType::Int16,
        DataType::Int32,
        DataType::Int64,
        DataType::Int128,
        DataType::UInt8,
        DataType::UInt16,
        DataType::UInt32,
        DataType::UInt64,
        DataType::UInt128,
    ] {
        let c = one(base.cast(&dtype).expect("cast"));
        assert_eq!((c.rows, c.missing, c.nan, c.empty, c.distinct), (6, 1, 0, 0, Some(Estimate::exact(4))), "{dtype}");
        assert_eq!((c.min.clone(), c.max.clone()), (Some(Cell::Int(1)), Some(Cell::Int(7))), "{dtype}");
        // 1 2 2 3 7: mean 3, squared deviations 4 + 1 + 1 + 0 + 16 = 22, over 4.
        assert_eq!((c.mean.clone(), c.sd.clone()), (Some(Cell::Float(3.0)), Some(Cell::Float(5.5f64.sqrt()))));
        assert_eq!(quartiles(&c), ints(&[2, 2, 3]), "{dtype}");
        assert_eq!(tops(&c)[..2], [(Cell::Int(2), 2), (Cell::Int(1), 1)]);
        assert!(c.is_exact() && c.quartiles.as_ref().is_some_and(|q| q.exact && q.rank_error == 0.0));
        let h = c.histogram.as_ref().expect("bins");
        assert_eq!(h.bins.iter().map(|b| b.count).sum::<u64>() + h.above + h.below, 5);
        assert_eq!(c.examples, ints(&[3, 1, 2]));
    }
}

#[test]
fn integers_at_the_edges() {
    let c = one(Series::new("a".into(), [u64::MAX, 0, i64::MAX as u64 + 1]));
    assert_eq!(c.max, Some(Cell::Int(u64::MAX.into())));
    assert_eq!(quartiles(&c)[1], Cell::Int(i128::from(i64::MAX) + 1));
    let c = one(Series::new("a".into(), [i64::MIN, i64::MAX, 0]));
    assert_eq!((c.min, c.max), (Some(Cell::Int(i64::MIN.into())), Some(Cell::Int(i64::MAX.into()))));
    let c = one(Series::new("a".into(), [i128::MIN, i128::MAX, 5]));
    assert_eq!((c.min.clone(), c.max.clone()), (Some(Cell::Int(i128::MIN)), Some(Cell::Int(i128::MAX))));
    assert_eq!((c.distinct, quartiles(&c)[1].clone()), (Some(Estimate::exact(3)), Cell::Int(5)));
    let c = one(Series::new("a".into(), [u128::MAX, 1]));
    assert_eq!(c.max, Some(Cell::UInt(u128::MAX)));
}

#[test]
fn floats_with_nan_and_infinities() {
    let values = [1.5, f64::NAN, -0.0, 0.0, f64::INFINITY, 4.5, f64::NEG_INFINITY];
    let c = one(Series::new("a".into(), values.map(Some).into_iter().chain([None]).collect::<Vec<_>>()));
    assert_eq!((c.rows, c.missing, c.nan, c.infinite), (8, 1, 1, 2));
    assert_eq!(c.present(), 6);
    assert_eq!(c.distinct, Some(Estimate::exact(5)), "negative zero is zero");
    assert_eq!(
        (c.min.clone(), c.max.clone()),
        (Some(Cell::Float(f64::NEG_INFINITY)), Some(Cell::Float(f64::INFINITY)))
    );
    assert_eq!(c.mean, Some(Cell::Float(1.5)));
    // Of 0 0 1.5 4.5: 2.25 + 2.25 + 0 + 9 = 13.5, over 3.
    assert_eq!(c.sd, Some(Cell::Float(4.5f64.sqrt())));
    // Ranks 1.25, 2.5 and 3.75 of -inf 0 0 1.5 4.5 inf.
    assert_eq!(quartiles(&c), [Cell::Float(0.0), Cell::Float(0.75), Cell::Float(3.75)]);
    assert_eq!(tops(&c)[0], (Cell::Float(0.0), 2));
    let h = c.histogram.as_ref().expect("bins");
    assert_eq!((h.below, h.above, h.bins.iter().map(|b| b.count).sum::<u64>()), (1, 1, 4));

    let c = one(Series::new("a".into(), [0.1f32, 0.1, 0.2]));
    assert_eq!((c.min, c.top[0].value.clone()), (Some(Cell::Float32(0.1)), Cell::Float32(0.1)));
    let c = one(Series::new("a".into(), [f64::NAN, f64::NAN]));
    assert_eq!((c.nan, c.distinct, c.min, c.quartiles, c.histogram), (2, Some(Estimate::exact(0)), None, None, None));
}

#[test]
fn far_from_zero_the_deviation_is_right() {
    let values: Vec<f64> = [4.0, 7.0, 13.0, 16.0].iter().cycle().take(400_000).map(|v| v + 1e9).collect();
    let c = one(Series::new("a".into(), values));
    assert_eq!(c.mean, Some(Cell::Float(1e9 + 10.0)));
    let sd = c.sd.and_then(|s| s.as_f64()).expect("a deviation");
    let want = (22.5f64 * 400_000.0 / 399_999.0).sqrt();
    assert!((sd / want - 1.0).abs() < 1e-10, "{sd} {want}");
}

#[test]
fn decimals_are_exact() {
    let s = Series::new("a".into(), [1050i128, 1000, 1001, 2000]);
    let s = s.i128().expect("i128").clone().into_decimal(38, 2).expect("decimal").into_series();
    let c = one(s);
    assert_eq!(c.kind, crate::value::Kind::Decimal(2));
    assert_eq!((c.min.clone(), c.max.clone()), (Some(Cell::Decimal(1000, 2)), Some(Cell::Decimal(2000, 2))));
    // 10.00 10.01 10.50 20.00 at ranks 0.75, 1.5, 2.25
    assert_eq!(quartiles(&c), [Cell::Decimal(100_075, 4), Cell::Decimal(10_255, 3), Cell::Decimal(12_875, 3)]);
    assert_eq!(c.mean, Some(Cell::Float(12.6275)));
    assert_eq!(c.distinct, Some(Estimate::exact(4)));
}

#[test]
fn texts() {
    let long = "長".repeat(400);
    let values = [
        Some(""),
        Some("b"),
        None,
        Some("日本語"),
        Some("b"),
        Some("b"),
        Some(""),
        Some("abcdefghijklmnopqrstuvwxyz"),
        Some(&long),
    ];
    let c = one(Series::new("a".into(), values));
    assert_eq!((c.rows, c.missing, c.empty, c.distinct), (9, 1, 2, Some(Estimate::exact(5))));
    assert_eq!((c.min.clone(), c.quartiles.clone(), c.mean.clone()), (Some(Cell::Text("".into())), None, None));
    assert_eq!(tops(&c)[..2], [(Cell::Text("b".into()), 3), (Cell::Text("".into()), 2)]);
    let l = c.lengths.expect("lengths");
    assert_eq!((l.unit, l.min, l.max), (LengthUnit::Characters, 0, 400));
    assert_eq!(l.mean, (3.0 + 3.0 + 26.0 + 400.0) / 8.0);
    let cut = c.top.iter().find(|t| t.cut).expect("a cut value");
    assert_eq!((&cut.value, cut.count), (&Cell::Text("長".repeat(170).into()), 1));
    assert_eq!(c.max, Some(Cell::Text("長".repeat(170).into())));
}

#[test]
fn booleans_bytes_categories_and_nothing() {
    let c = one(Series::new("a".into(), [Some(true), Some(false), None, Some(true)]));
    assert_eq!((c.missing, c.trues, c.distinct), (1, Some(2), Some(Estimate::exact(2))));
    assert_eq!(tops(&c), [(Cell::Bool(true), 2), (Cell::Bool(false), 1)]);

    let c = one(Series::new("a".into(), [Some(&b"\xff\x00"[..]), None, Some(b""), Some(b"\xff\x00")]));
    assert_eq!((c.missing, c.empty, c.distinct), (1, 1, Some(Estimate::exact(2))));
    assert_eq!(tops(&c)[0], (Cell::Binary(vec![255, 0].into()), 2));
    assert_eq!(c.lengths.map(|l| (l.unit, l.max)), Some((LengthUnit::Bytes, 2)));

    let text = Series::new("a".into(), [Some("x"), Some("y"), None, Some("y")]);
    let c = one(text.cast(&DataType::from_categories(Categories::global())).expect("categories"));
    assert_eq!((c.kind.clone(), c.missing, c.distinct), (crate::value::Kind::Category, 1, Some(Estimate::exact(2))));
    assert_eq!(tops(&c), [(Cell::Text("y".into()), 2), (Cell::Text("x".into()), 1)]);

    let c = one(Series::new_null("a".into(), 3));
    assert_eq!((c.rows, c.missing, c.distinct, c.examples.len()), (3, 3, Some(Estimate::exact(0)), 0));
    let c = one(Series::full_null("a".into(), 3, &DataType::Float64));
    assert_eq!((c.missing, c.nan, c.distinct, c.min, c.mean), (3, 0, Some(Estimate::exact(0)), None, None));
}

#[test]
fn points_in_time_and_spans() {
    let days = Series::new("a".into(), [19_723i32, 19_724, 19_730]).cast(&DataType::Date).expect("dates");
    let c = one(days);
    assert_eq!(
        (c.min.clone(), c.max.clone(), c.mean.clone()),
        (Some(Cell::Date(19_723)), Some(Cell::Date(19_730)), Some(Cell::Date(19_726)))
    );
    assert_eq!(quartiles(&c), [Cell::Date(19_723), Cell::Date(19_724), Cell::Date(19_727)]);
    // Deviations from 19,725⅔ in days: √(43/3).
    let Some(Cell::Duration(sd)) = c.sd else { panic!("a span") };
    assert_eq!(sd / 1_000_000, ((43.0f64 / 3.0).sqrt() * 86_400_000.0) as i128);

    let zone = TimeZone::opt_try_new(Some("Asia/Tokyo")).expect("a zone");
    let at = |unit, zone: Option<TimeZone>| {
        Series::new("a".into(), [0i64, 1000, 3000]).cast(&DataType::Datetime(unit, zone)).expect("times")
    };
    let c = one(at(TimeUnit::Milliseconds, zone));
    let tokyo = Some(Zone { offset: 32_400 });
    assert_eq!(c.max, Some(Cell::DateTime(32_403_000_000_000, tokyo)));
    assert_eq!(quartiles(&c)[2], Cell::DateTime(32_402_000_000_000, tokyo));
    let c = one(at(TimeUnit::Nanoseconds, None));
    assert_eq!((c.min.clone(), quartiles(&c)[0].clone()), (Some(Cell::DateTime(0, None)), Cell::DateTime(500, None)));

    let c = one(Series::new("a".into(), [1i64, 3]).cast(&DataType::Duration(TimeUnit::Microseconds)).expect("spans"));
    assert_eq!((c.mean.clone(), quartiles(&c)[1].clone()), (Some(Cell::Duration(2000)), Cell::Duration(2000)));
    let c = one(Series::new("a".into(), [0i64, 1]).cast(&DataType::Time).expect("clock times"));
    assert_eq!((c.min.clone(), c.max.clone()), (Some(Cell::Time(0)), Some(Cell::Time(1))));
}

#[test]
fn nested_values() {
    let items = |v: &[i32]| Series::new("".into(), v);
    let list = Series::new("a".into(), [Some(items(&[1, 2, 3])), None, Some(items(&[])), Some(items(&[4]))]);
    let c = one(list);
    assert_eq!((c.missing, c.distinct, c.top.len()), (1, None, 0));
    let l = c.lengths.expect("lengths");
    assert_eq!((l.unit, l.min, l.max, l.mean), (LengthUnit::Items, 0, 3, 4.0 / 3.0));
    assert_eq!(c.examples[0], Cell::List(ints(&[1, 2, 3])));
    assert!(c.no_distinct().is_some());

    let fields = [Series::new("x".into(), [1i32, 2]), Series::new("y".into(), ["p", "q"])];
    let s = StructChunked::from_series("a".into(), 2, fields.iter()).expect("a struct").into_series();
    let c = one(s);
    assert_eq!((c.rows, c.missing, c.distinct, c.examples.len()), (2, 0, None, 2));
}

#[test]
fn no_row_and_one_row() {
    let empty = dataset(vec![
        column("n", Int32Chunked::from_vec("".into(), vec![])),
        column("s", StringChunked::full_null("".into(), 0)),
    ]);
    let p = of(&empty);
    assert_eq!((p.rows, p.sampled, p.columns.len()), (0, None, 2));
    for c in &p.columns {
        assert_eq!((c.rows, c.missing, c.distinct, c.top.len()), (0, 0, Some(Estimate::exact(0)), 0));
    }
    assert_eq!(p.to_table().rows.len(), 2);
    let c = one(Series::new("a".into(), [5i32]));
    assert_eq!((c.mean.clone(), c.sd.clone(), quartiles(&c)), (Some(Cell::Float(5.0)), None, ints(&[5, 5, 5])));
    assert!(c.is_unique());
}

/// Numbers as a generator of D. Lehmer's kind gives them: the same on every run.
fn noise(n: usize, mut seed: u64) -> Vec<u64> {
    (0..n)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed >> 20
        })
        .collect()
}

#[test]
fn random_rows_against_brute_force() {
    const N: usize = 100_000;
    let raw = noise(N, 7);
    let floats: Vec<Option<f64>> =
        raw.iter().map(|r| (r % 11 != 0).then(|| (r % 1_000_003) as f64 / 7.0 - 50_000.0)).collect();
    let words: Vec<Option<String>> =
        raw.iter().map(|r| (r % 13 != 0).then(|| format!("word number {}", (r / 13) % 700 * ((r / 13) % 3)))).collect();
    let p = of(&dataset(vec![
        column("f", Float64Chunked::from_iter(floats.iter().copied())),
        column("w", StringChunked::from_iter(words.iter().map(|w| w.as_deref()))),
    ]));

    let mut sorted: Vec<f64> = floats.iter().flatten().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let f = &p.columns[0];
    assert_eq!(f.missing as usize, N - sorted.len());
    let mut different = sorted.clone();
    different.dedup();
    assert_eq!(f.distinct, Some(Estimate::exact(different.len() as u64)), "all rows are in the sample");
    assert_eq!(
        (f.min.clone(), f.max.clone()),
        (Some(Cell::Float(sorted[0])), Some(Cell::Float(sorted[sorted.len() - 1])))
    );
    for (cell, p) in quartiles(f).iter().zip([0.25, 0.5, 0.75]) {
        let at = (sorted.len() - 1) as f64 * p;
        let (low, share) = (at.floor() as usize, at.fract());
        let want = sorted[low] + (sorted[low + 1] - sorted[low]) * share;
        assert_eq!(cell, &Cell::Float(want));
    }
    let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
    let sd = (sorted.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (sorted.len() - 1) as f64).sqrt();
    let near = |c: &Option<Cell>, want: f64| {
        c.as_ref().and_then(Cell::as_f64).is_some_and(|v| ((v - want) / want).abs() < 1e-9)
    };
    assert!(near(&f.mean, mean) && near(&f.sd, sd), "{:?} {mean} {:?} {sd}", f.mean, f.sd);

    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for w in words.iter().flatten() {
        *counts.entry(w).or_default() += 1;
    }
    let w = &p.columns[1];
    assert_eq!(w.distinct, Some(Estimate::exact(counts.len() as u64)));
    assert_eq!(w.min.as_ref().map(|c| c.plain()), counts.keys().next().map(|s| s.to_string()));
    assert_eq!(w.max.as_ref().map(|c| c.plain()), counts.keys().next_back().map(|s| s.to_string()));
    let mut common: Vec<(&str, u64)> = counts.into_iter().collect();
    common.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let got: Vec<(String, u64)> = w.top.iter().map(|t| (t.value.plain(), t.count)).collect();
    let want: Vec<(String, u64)> = common[..10].iter().map(|(s, n)| (s.to_string(), *n)).collect();
    assert_eq!(got, want);
}

/// More rows and values than are counted exactly: unique numbers, unique texts, a heavy value among many.
fn many() -> Dataset {
    const N: usize = 300_000;
    let raw = noise(N, 99);
    let unique = Int64Chunked::from_iter((0..N as i64).map(Some));
    let texts = StringChunked::from_iter(raw.iter().enumerate().map(|(i, r)| match r % 4 {
        0 => Some("the common one".to_owned()),
        1 if r % 3 == 0 => None,
        _ => Some(format!("{i}{}", "x".repeat((r % 30) as usize))),
    }));
    let floats = Float64Chunked::from_iter(raw.iter().map(|r| Some(if r % 5 == 0 { 1.25 } else { *r as f64 + 1e9 })));
    let wide =
        Int128Chunked::from_iter(raw.iter().enumerate().map(|(i, r)| Some(if r % 2 == 0 { -1 } else { i as i128 })));
    dataset(vec![column("u", unique), column("t", texts), column("f", floats), column("w", wide)])
}

#[test]
fn estimates_hold_their_stated_errors() {
    let data = many();
    let p = of(&data);
    assert_eq!(p.rows, 300_000);
    assert_eq!(p.sampled, Some(100_000));
    let raw = noise(300_000, 99);
    let within = |c: &ColumnProfile, want: f64| {
        let d = c.distinct.expect("a count");
        assert!(!d.exact && d.error > 0.0 && d.error < 0.01, "{}: {d:?}", c.name);
        assert!((d.value as f64 / want - 1.0).abs() < 4.0 * d.error, "{}: {d:?} {want}", c.name);
    };
    let u = &p.columns[0];
    within(u, 300_000.0);
    assert_eq!(u.mean, Some(Cell::Float(149_999.5)));
    assert!(u.top.is_empty(), "{:?}", u.top);
    let q = u.quartiles.as_ref().expect("quartiles");
    assert!(!q.exact && q.rank_error > 0.0 && q.rank_error < 0.005);
    for (cell, share) in quartiles(u).iter().zip([0.25, 0.5, 0.75]) {
        let off = cell.as_f64().expect("a number") / 300_000.0 - share;
        assert!(off.abs() < 2.0 * q.rank_error, "{cell:?} {off}");
    }
    let h = u.histogram.as_ref().expect("bins");
    let total: u64 = h.bins.iter().map(|b| b.count).sum();
    assert!(!h.exact && total.abs_diff(300_000) < 30, "{total}");
    assert!(h.bins.iter().all(|b| b.count.abs_diff(15_000) < 600), "{h:?}");

    let t = &p.columns[1];
    let missing = raw.iter().filter(|r| *r % 4 == 1 && *r % 3 == 0).count() as u64;
    let common = raw.iter().filter(|r| *r % 4 == 0).count() as u64;
    assert_eq!(t.missing, missing);
    within(t, (300_000 - missing - common + 1) as f64);
    assert_eq!(t.top.len(), 1);
    assert_eq!(t.top[0].value, Cell::Text("the common one".into()));
    assert!(!t.top[0].exact && t.top[0].error > 0);
    assert!(t.top[0].count.abs_diff(common) < 2 * t.top[0].error, "{:?} {common}", t.top[0]);
    let lengths: Vec<u64> = raw
        .iter()
        .enumerate()
        .filter(|(_, r)| !(*r % 4 == 1 && *r % 3 == 0))
        .map(|(i, r)| if r % 4 == 0 { 14 } else { i.to_string().len() as u64 + r % 30 })
        .collect();
    let l = t.lengths.expect("lengths");
    assert_eq!((l.min, l.max), (*lengths.iter().min().unwrap_or(&0), *lengths.iter().max().unwrap_or(&0)));
    assert_eq!(l.mean, lengths.iter().sum::<u64>() as f64 / lengths.len() as f64);
    assert_eq!(t.max, Some(Cell::Text("the common one".into())));

    let f = &p.columns[2];
    assert_eq!((f.top.len(), f.top[0].value.clone(), f.min.clone()), (1, Cell::Float(1.25), Some(Cell::Float(1.25))));
    let w = &p.columns[3];
    within(w, raw.iter().filter(|r| *r % 2 == 1).count() as f64 + 1.0);
    assert_eq!(w.top[0].value, Cell::Int(-1));
}

#[test]
fn the_same_every_time() {
    let data = many();
    let first = of(&data);
    for _ in 0..3 {
        assert_eq!(of(&data), first);
    }
    let alone = profile_column(&data, 2, &Control::new()).expect("a profile");
    assert_eq!(alone, first.columns[2], "the other columns do not matter");
}

#[test]
fn long_texts_leave_room() {
    // 30,000 texts of 300 bytes are more than the room for exact counts.
    let values: Vec<String> = (0..30_000).map(|i| format!("{:0>300}", i % 29_000)).collect();
    let c = one(Series::new("a".into(), values));
    assert_eq!(c.distinct, Some(Estimate::exact(29_000)), "there are few enough rows to count them all");
    assert_eq!(c.lengths.map(|l| (l.min, l.max, l.mean)), Some((300, 300, 300.0)));
    assert_eq!(
        (c.min, c.max),
        (Some(Cell::Text(format!("{:0>300}", 0).into())), Some(Cell::Text(format!("{:0>300}", 28_999).into())))
    );
}

#[test]
fn only_the_rows_in_view() {
    let n = 200_000i64;
    let data = dataset(vec![
        column("a", Int64Chunked::from_iter((0..n).map(Some))),
        column("b", Int32Chunked::from_iter((0..n as i32).map(|i| Some(i % 10)))),
    ]);
    let mut picked = PickedBuilder::new();
    picked.push(0, n as usize, (0..n).map(|i| i % 10 == 3 && i >= 100_000));
    let some = data.with_rows(Rows::Picked(std::sync::Arc::new(picked.finish())));
    let p = of(&some);
    assert_eq!(p.rows, 10_000);
    assert_eq!(
        (p.columns[0].min.clone(), p.columns[0].max.clone()),
        (Some(Cell::Int(100_003)), Some(Cell::Int(199_993)))
    );
    assert_eq!(p.columns[0].distinct, Some(Estimate::exact(10_000)));
    assert_eq!(tops(&p.columns[1]), [(Cell::Int(3), 10_000)]);
    let none = data.with_rows(Rows::Picked(std::sync::Arc::new(PickedBuilder::new().finish())));
    assert_eq!((of(&none).rows, of(&none).columns[1].distinct), (0, Some(Estimate::exact(0))));
    let ordered = data.with_rows(Rows::Ordered(std::sync::Arc::new(vec![5, 3, 4])));
    assert_eq!(of(&ordered).columns[0].mean, Some(Cell::Float(4.0)));
}

#[test]
fn the_step_names_its_columns() {
    let data = dataset(vec![
        column("a", Int32Chunked::from_vec("".into(), vec![1])),
        column("b", Int32Chunked::from_vec("".into(), vec![2])),
    ]);
    let step: Profile = serde_json::from_value(json!({"columns": ["b"]})).expect("a step");
    let p = step.run(&data, &Control::new()).expect("a profile");
    assert_eq!(p.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["b"]);
    let wrong = Profile { columns: vec!["c".into()] };
    assert_eq!(wrong.run(&data, &Control::new()).err().map(|e| e.kind), Some(crate::error::ErrorKind::Usage));
    assert!(serde_json::from_value::<Profile>(json!({"column": "b"})).is_err());
    let stopped = Control::new();
    stopped.cancel();
    assert!(step.run(&data, &stopped).is_err());
}

#[test]
fn many_columns_are_read_a_few_at_a_time() {
    let all: Vec<(usize, DataType)> = (0..2000).map(|i| (i, DataType::Float64)).collect();
    let parts = groups(&all, 20_000_000);
    assert!(parts.len() > 1);
    assert_eq!(parts.concat(), all);
    let few: Vec<(usize, DataType)> = all[..3].to_vec();
    assert_eq!(groups(&few, 20_000_000).len(), 1);
    assert!(groups(&[], 5).concat().is_empty());
}

#[test]
fn as_json_and_as_a_table() {
    let p = of(&dataset(vec![
        column("n", Float64Chunked::from_iter([Some(1.0), Some(f64::INFINITY), Some(f64::NAN), None])),
        column("s", StringChunked::from_iter(["x", "x", "", "y"].map(Some))),
    ]));
    let j = p.to_json();
    assert_eq!((&j["schema_version"], &j["rows"], &j["sampled_rows"]), (&json!(1), &json!(4), &json!(null)));
    let n = &j["columns"][0];
    assert_eq!(n["distinct"], json!({"value": 2, "exact": true, "relative_error": 0.0}));
    assert_eq!(
        (&n["missing"], &n["missing_share"], &n["nan"], &n["infinite"]),
        (&json!(1), &json!(0.25), &json!(1), &json!(1))
    );
    assert_eq!(
        (n["min"].to_string(), &n["max"], n["mean"].to_string()),
        ("1.0".to_owned(), &json!(null), "1.0".to_owned())
    );
    let s = &j["columns"][1];
    assert_eq!(s["top"][0], json!({"value": "x", "count": 2, "share": 0.5, "exact": true, "error": 0, "cut": false}));
    assert_eq!((&s["empty"], &s["length"]["mean"], &s["quartiles"]), (&json!(1), &json!(0.75), &json!(null)));

    let t = p.to_table();
    assert_eq!(t.rows.len(), 2);
    assert!(t.rows.iter().all(|r| r.len() == t.columns.len()));
    let at = |row: usize, name: &str| {
        let i = t.columns.iter().position(|c| c.column.name == name).expect("a column");
        t.rows[row][i].clone()
    };
    assert_eq!((at(0, "missing"), at(0, "missing_percent")), (Cell::Int(1), Cell::Float(25.0)));
    assert_eq!(
        (at(1, "top"), at(1, "top_percent"), at(1, "distinct")),
        (Cell::Text("x".into()), Cell::Float(50.0), Cell::Int(3))
    );
    for lang in Lang::ALL {
        for msg in t.notes.iter().chain(t.columns.iter().map(|c| &c.heading)).chain([&t.title]) {
            assert_ne!(msg.in_lang(lang), msg.id);
            assert!(!msg.in_lang(lang).contains("{"), "{}", msg.in_lang(lang));
        }
    }
    assert_eq!(
        t.notes.iter().map(|n| n.id).collect::<Vec<_>>(),
        ["profile-note-nan", "profile-note-infinite", "profile-note-empty"]
    );
}
