//! Rows to learn from are drawn on the server: the same for the same seed whatever order they are stored in, with each
//! class's share, and all of them where they are few.

use mekiki::data::{Control, Dataset};
use mekiki::op::Context;
use mekiki::op::importance::{Answer, Importance};
use mekiki::source::OpenOptions;

use super::oracle::{copy, source};
use super::server;

fn answer(dataset: &Dataset, target: &str, sample: Option<u64>, seed: u64) -> Answer {
    let step = Importance { target: target.to_owned(), sample, seed, ..Importance::default() };
    step.answer(dataset, &Context::new(Control::new(), 1 << 30)).unwrap()
}

/// The numbers of each row drawn, in order.
fn drawn(answer: &Answer) -> Vec<Vec<u32>> {
    let rows = (0..answer.prepared.rows()).map(|r| answer.prepared.row(r).iter().map(|v| v.to_bits()).collect());
    let mut rows: Vec<Vec<u32>> = rows.collect();
    rows.sort();
    rows
}

#[test]
fn a_sample_follows_from_the_seed_and_keeps_the_shares_of_classes() {
    let database = server().database();
    database.sql(
        "create table a as select i as id, case when i % 50 = 0 then 'rare' when i % 2 = 0 then 'even' else null end as kind,
           (i * 7919 % 1000)::float8 as x, i % 3 = 0 as third, repeat('z', 20) as unused from generate_series(1, 6000) i;
         create table b as select * from a order by md5(id::text);
         create table equals as select i % 2 = 0 as target, i % 3 = 0 as third, i % 7 = 0 as seventh
           from generate_series(1, 6000) i",
    );
    let source = source(&database);
    let open =
        |name: &str| source.open(&format!("public.{name}"), &OpenOptions::default(), &Control::new()).unwrap().dataset;
    let (a, b) = (open("a"), open("b"));
    let first = answer(&a, "kind", Some(500), 7);
    assert_eq!(first.said.as_ref().map(|m| m.id), Some("importance-note-there"));
    assert_eq!(first.prepared.sampled_from, Some(3000));
    // 120 of 3,000 are rare, so 20 of 500.
    let rare = first.target.classes.iter().position(|c| c.0 == "rare").unwrap() as f64;
    let count = first.prepared.y.iter().filter(|y| **y == rare).count();
    assert_eq!((count, first.prepared.rows()), (20, 500));
    assert_eq!(drawn(&first), drawn(&answer(&b, "kind", Some(500), 7)));
    assert_ne!(drawn(&first), drawn(&answer(&a, "kind", Some(500), 8)));

    // An amount has no classes; the sample has as many rows as were asked for.
    let amount = answer(&a, "x", Some(700), 1);
    assert_eq!((amount.prepared.rows(), amount.prepared.sampled_from), (700, Some(6000)));
    assert_eq!(drawn(&amount), drawn(&answer(&b, "x", Some(700), 1)));
    // The mean of 700 of 6,000 evenly spread from 0 to 999 lies within five standard errors.
    let mean = amount.prepared.y.iter().sum::<f64>() / 700.0;
    assert!((mean - 499.5).abs() < 5.0 * 289.0 / 700f64.sqrt(), "{mean}");

    // Rows that are equal are drawn one by one, not all or none.
    let equals = answer(&open("equals"), "target", Some(600), 3);
    let different: std::collections::BTreeSet<Vec<u32>> = drawn(&equals).into_iter().collect();
    assert_eq!(different.len(), 4);
    assert!((598..=602).contains(&equals.prepared.rows()), "{}", equals.prepared.rows());
    let third = drawn(&equals).iter().filter(|row| row[0] == 1f32.to_bits()).count();
    assert!((130..=270).contains(&third), "{third} of 200 expected");
}

#[test]
fn few_rows_are_learned_from_as_they_are_here() {
    let database = server().database();
    database.sql(
        "create table few as select case when i % 5 < 2 then 'yes' else 'no' end as bought, i % 5 as visits,
           (i * 31 % 17)::float8 as age, case when i % 4 = 0 then 'web' else 'app' end as device from generate_series(1, 300) i",
    );
    let there = source(&database).open("public.few", &OpenOptions::default(), &Control::new()).unwrap().dataset;
    let here = copy(&there);
    let (far, near) = (answer(&there, "bought", None, 1), answer(&here, "bought", None, 1));
    assert_eq!((far.prepared.sampled_from, &far.prepared.y), (None, &near.prepared.y));
    let ranking = |a: &Answer| a.columns.iter().map(|c| (c.names.clone(), c.mean_abs)).collect::<Vec<_>>();
    assert_eq!(ranking(&far), ranking(&near));
    assert_eq!(ranking(&far)[0].0, ["visits"]);
}
