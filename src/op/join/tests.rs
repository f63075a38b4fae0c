//! Joins against two plain loops, and what is said when they cannot be.

use super::preview::{Preview, preview};
use super::suggest::suggest;
use super::*;
use crate::data::{Control, OpenOptions};
use crate::op::Lookup;
use proptest::prelude::*;
use std::sync::Arc;

struct One(Dataset);

impl Lookup for One {
    fn table(&self, _locator: &str, _open: &OpenOptions, _control: &Control) -> Result<Dataset> {
        Ok(self.0.clone())
    }
}

fn context(other: &Dataset, memory: u64) -> Context {
    Context { tables: Arc::new(One(other.clone())), ..Context::new(Control::new(), memory) }
}

fn table(key: &str, keys: &[Option<i64>], value: &str) -> Dataset {
    let values: Vec<String> = (0..keys.len()).map(|i| format!("{value}{i}")).collect();
    let columns = vec![PlColumn::new(key.into(), keys), PlColumn::new("v".into(), values)];
    Dataset::from_frame(DataFrame::new(keys.len(), columns).unwrap())
}

fn rows(data: &Dataset) -> Vec<String> {
    let all: Vec<usize> = (0..data.schema().len()).collect();
    let frame = data.window(&all, 0, 9_999).unwrap();
    (0..frame.height()).map(|r| all.iter().map(|c| frame.cell(r, *c).plain()).collect::<Vec<_>>().join("|")).collect()
}

fn joined(left: &Dataset, right: &Dataset, on: &str, how: How) -> Result<Dataset> {
    let join = Join::new(Other::new("other"), pairs(on)?, how);
    Ok(join.run(left, &context(right, 1 << 26))?.dataset)
}

/// The same by two loops.
fn naive(l: &[Option<i64>], r: &[Option<i64>], how: How) -> Vec<String> {
    let word = |k: Option<i64>| k.map(|k| k.to_string()).unwrap_or_default();
    let mut out = Vec::new();
    for (i, a) in l.iter().enumerate() {
        let met: Vec<usize> = (0..r.len()).filter(|j| a.is_some() && r[*j] == *a).collect();
        match how {
            How::Anti if met.is_empty() => out.push(format!("{}|l{i}", word(*a))),
            How::Semi if !met.is_empty() => out.push(format!("{}|l{i}", word(*a))),
            How::Anti | How::Semi => {}
            _ => {
                out.extend(met.iter().map(|j| format!("{}|l{i}|r{j}", word(*a))));
                if met.is_empty() && how != How::Inner {
                    out.push(format!("{}|l{i}|", word(*a)));
                }
            }
        }
    }
    if how == How::Outer {
        let alone = r.iter().enumerate().filter(|(_, b)| b.is_none() || !l.contains(b));
        out.extend(alone.map(|(j, b)| format!("{}||r{j}", word(*b))));
    }
    out
}

fn some_keys() -> impl Strategy<Value = Vec<Option<i64>>> {
    prop::collection::vec(prop::option::weighted(0.9, 0i64..12), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn as_two_loops_would(l in some_keys(), r in some_keys()) {
        let (left, right) = (table("id", &l, "l"), table("id", &r, "r"));
        for how in How::ALL {
            let want = naive(&l, &r, how);
            prop_assert_eq!(rows(&joined(&left, &right, "id", how).unwrap()), want.clone(), "{:?}", how);
            let seen = preview(&left, &right, &pairs("id").unwrap(), &context(&right, 1 << 26)).unwrap();
            prop_assert_eq!(seen.rows(how), want.len() as u64, "{:?}", how);
            // The same rows come of keeping the other side, in another order.
            let join = Join::new(Other::new("other"), pairs("id").unwrap(), how);
            let kept = if how.adds_columns() { right.clone() } else { keys_only(&right, &join.on).unwrap() };
            let sides = Sides::new(left.clone(), kept, &join.on).unwrap();
            let plan = Plan::new(&join, &sides).unwrap();
            let mut collector = Collector::new(&plan.empty, 1 << 20);
            join.keep_left(&sides, &plan, &context(&right, 1 << 26), &mut collector).unwrap();
            let (mut swapped, mut want) = (rows(&collector.finish().unwrap()), want);
            swapped.sort();
            want.sort();
            prop_assert_eq!(swapped, want, "{:?}", how);
        }
    }
}

#[test]
fn keys_of_other_widths_meet_and_columns_keep_apart() {
    let left = table("id", &[Some(1), Some(2), None], "l");
    let small = PlColumn::new("user".into(), [2i8, 3]);
    let right = Dataset::from_frame(DataFrame::new(2, vec![small, PlColumn::new("v".into(), [1.5, 2.5])]).unwrap());
    let out = joined(&left, &right, "id=user", How::Outer).unwrap();
    assert_eq!(out.schema().columns().iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["id", "v", "v_2"]);
    assert_eq!(rows(&out), ["1|l0|", "2|l1|1.5", "|l2|", "3||2.5"]);
    let seen = preview(&left, &right, &pairs("id=user").unwrap(), &context(&right, 1 << 26)).unwrap();
    let want = Preview { left: 3, left_met: 1, left_missing: 1, right: 2, right_met: 1, pairs: 1, most: 1 };
    assert_eq!(seen, want);
}

#[test]
fn an_order_is_kept_and_fan_out_is_told() {
    let left = table("id", &[Some(1), Some(2), Some(1)], "l").with_rows(Rows::Ordered(Arc::new(vec![2, 1, 0])));
    let right = table("id", &[Some(1), Some(1), Some(5)], "r");
    assert_eq!(
        rows(&joined(&left, &right, "id", How::Left).unwrap()),
        ["1|l2|r0", "1|l2|r1", "2|l1|", "1|l0|r0", "1|l0|r1"]
    );
    let seen = preview(&left, &right, &pairs("id").unwrap(), &context(&right, 1 << 26)).unwrap();
    assert_eq!((seen.most, seen.pairs, seen.rows(How::Left)), (2, 4, 5));
    assert_eq!(seen.words(How::Left).id, "join-preview-fan-out");
}

#[test]
fn what_cannot_be_joined_is_said() {
    let left = table("id", &[Some(1)], "l");
    let right = table("id", &[Some(1)], "r");
    let id = |on: &str, how| joined(&left, &right, on, how).err().map(|e| e.message.id);
    assert_eq!(id("id=v", How::Left), Some("error-join-kinds"));
    assert_eq!(id("idd", How::Left), Some("error-column-missing"));
    assert_eq!(id("=x", How::Left), Some("error-join-key"));
    let many = table("id", &vec![Some(1); 100_000], "x");
    let join = Join::new(Other::new("other"), pairs("id").unwrap(), How::Left);
    let error = join.run(&many, &context(&many, 1 << 20)).err().unwrap();
    assert_eq!((error.kind, error.message.id), (crate::error::ErrorKind::Refused, "error-join-memory"));
}

#[test]
fn keys_are_found_by_name_and_by_values() {
    let n = |name: &str, f: &dyn Fn(i64) -> i64| PlColumn::new(name.into(), (0..100).map(f).collect::<Vec<i64>>());
    let left = Dataset::from_frame(
        DataFrame::new(100, vec![n("amount", &|i| i % 7), n("user_id", &|i| i % 50 + 1_000)]).unwrap(),
    );
    let right = Dataset::from_frame(DataFrame::new(100, vec![n("id", &|i| i + 1_000), n("age", &|i| i % 80)]).unwrap());
    let found = suggest(&left, &right, &Control::new()).unwrap();
    assert_eq!(found[0].pair.to_string(), "user_id=id");
    assert_eq!(found[0].overlap, 1.0);
    // Without a likeness of names, values that agree are enough.
    let other = Dataset::from_frame(DataFrame::new(100, vec![n("member", &|i| i + 1_000)]).unwrap());
    assert_eq!(suggest(&left, &other, &Control::new()).unwrap()[0].pair.to_string(), "user_id=member");
    let join = Join::new(Other::new("other"), Vec::new(), How::Inner);
    let out = join.run(&left, &context(&right, 1 << 26)).unwrap();
    assert_eq!(out.dataset.row_count().known(), 100);
    assert_eq!(out.notes[0].id, "note-join-guess");
}
