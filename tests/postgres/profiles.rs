//! A profile counted on the server has the figures it has when the same rows are here.

use mekiki::data::{Control, Dataset};
use mekiki::op::profile::Profile;
use mekiki::op::{Context, Step};
use mekiki::source::OpenOptions;
use serde_json::Value;

use super::oracle::{Numbers, condition, copy, make, open, source, source_as};
use super::{PASSWORD, server};

/// The figures of a table; those that are sums of floating-point numbers apart.
fn figures(dataset: &Dataset) -> (Value, Vec<(String, Value, Value)>) {
    let profile = Profile::default().run(dataset, &Control::new()).unwrap();
    assert_eq!(dataset.place().is_some(), profile.ran.iter().any(|n| n.id == "note-pushed"), "{:?}", profile.ran);
    let mut json = profile.to_json();
    let sums = json["columns"].as_array_mut().unwrap().iter_mut().map(|c| {
        let name = c["name"].as_str().unwrap().to_owned();
        (name, c["mean"].take(), c["sd"].take())
    });
    let sums = sums.collect();
    (json, sums)
}

/// A number, or the microseconds of a moment or a span; what else there may be is compared as it is.
fn near(a: &Value, b: &Value, size: f64) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * (a.abs().max(b.abs()) + size),
        // Moments and spans differ by a rounding at most: their seconds are left out.
        _ => {
            let short = |v: &Value| {
                let text = v.as_str()?;
                Some(if text.starts_with('P') {
                    text.split('M').next()?.to_owned()
                } else {
                    text.chars().take(16).collect()
                })
            };
            a == b || (short(a).is_some() && short(a) == short(b))
        }
    }
}

#[track_caller]
pub(super) fn alike(there: &Dataset, here: &Dataset) {
    let ((far, far_sums), (near_by, near_sums)) = (figures(there), figures(here));
    for (far, near_by) in far["columns"].as_array().unwrap().iter().zip(near_by["columns"].as_array().unwrap()) {
        for (key, value) in far.as_object().unwrap() {
            assert_eq!(value, &near_by[key], "{key} of {}", far["name"]);
        }
    }
    assert_eq!(far["rows"], near_by["rows"]);
    for ((name, mean, sd), (_, other_mean, other_sd)) in far_sums.iter().zip(&near_sums) {
        let size = sd.as_f64().unwrap_or(0.0);
        // Numbers whose squares are beyond floating point have no deviation here.
        let beyond = other_sd.is_null() && other_mean.as_f64().is_some_and(|m| m.abs() > 1e150);
        assert!(beyond || near(sd, other_sd, 0.0), "sd of {name}: {sd} there, {other_sd} here");
        assert!(near(mean, other_mean, size), "mean of {name}: {mean} there, {other_mean} here");
    }
}

#[test]
fn a_profile_is_the_same_there_and_here() {
    let database = server().database_in_english();
    let source = source(&database);
    let mut numbers = Numbers(0x7072_6f66_696c);
    for round in 0..12 {
        make(&database, &format!("p{round}"), round % 3 == 0, &mut numbers);
        let there = open(&source, &format!("p{round}"));
        alike(&there, &copy(&there));
        let filter: toml::Table =
            [("op".to_owned(), "filter".into()), ("where".to_owned(), condition(&mut numbers).into())]
                .into_iter()
                .collect();
        let step: Step = filter.try_into().unwrap();
        let kept = step.run(&there, &Context::new(Control::new(), 1 << 30), &mut |_| {});
        if let Ok(kept) = kept.map(|outcome| outcome.dataset)
            && kept.place().is_some()
        {
            alike(&kept, &copy(&kept));
        }
    }
}

#[test]
fn many_values_are_counted_and_spread_as_they_are_here() {
    let database = server().database();
    // Fewer rows than a sample has, more values than ten, outliers on both sides, long texts, ties.
    database.sql(
        "create table wide as select g as id, (g * 7919 % 1000)::int2 as small, (g * 104729 % 100003)::numeric(12,3) / 8 as p, \
         case when g % 500 = 0 then 1e12 * (g - 1000) else sqrt(g) end as x, (sqrt(g) * 3)::float4 as y, \
         repeat('長い', g % 400) || g % 30 as name, date '2026-01-01' + (g * 31 % 97) as day, \
         timestamptz '2026-01-01 00:00+00' + g * interval '17 minutes 0.25 seconds' as stamp, \
         time '00:00' + g * interval '11 seconds' as clock, g % 3 = 0 as ok, null::text as nothing \
         from generate_series(1, 2000) g",
    );
    let source = source(&database);
    let there = source.open("public.wide", &OpenOptions::default(), &Control::new()).unwrap().dataset;
    let places: Vec<usize> = (0..there.schema().len()).collect();
    let here = Dataset::from_frame(there.window(&places, 0, 5000).unwrap().into_inner());
    alike(&there, &here);
    // By hand: 2,000 rows, every third of them true, a quarter of the identifiers up to 500.75.
    let profile = Profile { columns: vec!["id".into(), "ok".into()] }.run(&there, &Control::new()).unwrap();
    assert_eq!((profile.columns[0].distinct.unwrap().value, profile.columns[1].trues), (2000, Some(666)));
    assert_eq!(profile.columns[0].quartiles.as_ref().unwrap().q1.plain(), "500.75");
}

#[test]
fn values_that_are_few_only_at_first_are_all_counted() {
    let database = server().database();
    database.sql(
        "create view late as select case when g <= 11000 then g % 5 else g end as id, \
         case when g <= 11000 then 0.5 when g = 12000 then 'NaN' when g = 12001 then 'Infinity' else g / 8.0::float8 end as x, \
         (g % 3000)::numeric(8,2) as price, case when g <= 11000 then 'same' else 'n' || g end as name, \
         'kind ' || g % 6000 as kind, timestamp '2200-01-01' + g * interval '1.000001 seconds' as far, \
         timestamp '2026-01-01' + g * interval '1.000001 seconds' as near \
         from generate_series(1, 20000) g order by g",
    );
    let source = source(&database);
    let there = source.open("public.late", &OpenOptions::default(), &Control::new()).unwrap().dataset;
    let places: Vec<usize> = (0..there.schema().len()).collect();
    let here = Dataset::from_frame(there.window(&places, 0, 25_000).unwrap().into_inner());
    alike(&there, &here);
    // By hand: five values and 9,000 more; 3,000 prices, 6,000 kinds.
    let profile = Profile::default().run(&there, &Control::new()).unwrap();
    let distinct: Vec<u64> = profile.columns.iter().map(|c| c.distinct.unwrap().value).collect();
    assert_eq!(distinct, [9_005, 9_000, 3_000, 9_001, 6_000, 20_000, 20_000]);
    // What is asked side by side is told in one order.
    let sent = || {
        let control = Control::new();
        Profile::default().run(&there, &control).unwrap();
        control.sent()
    };
    let told = sent();
    assert!((0..3).all(|_| sent() == told) && told.iter().any(|s| s.contains("sum(1) over ()")), "{told:#?}");
}

#[test]
fn a_server_with_no_session_to_spare_profiles_all_the_same() {
    let database = server().database();
    let role = format!("few_{}", database.name);
    database.sql(&format!(
        "create role {role} login password '{PASSWORD}' connection limit 2; \
         create table t as select g as id, g % 3 as k, 'n' || g as name from generate_series(1, 500) g; \
         grant select on t to {role}"
    ));
    let source = source_as(&database, &role);
    let there = source.open("public.t", &OpenOptions::default(), &Control::new()).unwrap().dataset;
    let profile = Profile::default().run(&there, &Control::new()).unwrap();
    let distinct: Vec<u64> = profile.columns.iter().map(|c| c.distinct.unwrap().value).collect();
    assert_eq!(distinct, [500, 3, 500]);
    assert_eq!(profile.columns[0].quartiles.as_ref().unwrap().median.plain(), "250.5");
}
