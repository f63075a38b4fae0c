//! Small tables reckoned by hand, and any tables against a plain reckoning.

use std::collections::BTreeMap;

use polars::prelude::NamedFrom;
use proptest::prelude::*;

use super::*;
use crate::data::{Control, Frame};

fn context() -> Context {
    Context::new(Control::new(), 1 << 30)
}

fn dataset(columns: Vec<PlColumn>) -> Dataset {
    Dataset::from_frame(DataFrame::new(columns[0].len(), columns).expect("a frame"))
}

fn sales() -> Dataset {
    dataset(vec![
        PlColumn::new(
            "city".into(),
            [Some("Osaka"), Some("Tokyo"), None, Some("Osaka"), Some("Kyoto"), Some("Osaka"), Some("Tokyo")],
        ),
        PlColumn::new("qty".into(), [Some(1i32), Some(5), Some(2), Some(3), None, Some(4), Some(7)]),
        PlColumn::new("price".into(), [1.0, 2.0, f64::NAN, 4.0, 8.0, 1.0, 3.0]),
        PlColumn::new("size".into(), ["S", "M", "M", "S", "M", "M", "S"]),
    ])
}

/// Every value of a result as text, row by row.
fn table(rank: &Rank, data: &Dataset) -> (Vec<String>, Vec<Vec<String>>, Vec<&'static str>) {
    let outcome = rank.run(data, &context()).expect("a ranking");
    let frame =
        outcome.dataset.window(&(0..outcome.dataset.schema().len()).collect::<Vec<_>>(), 0, 1000).expect("rows");
    let names = outcome.dataset.schema().columns().iter().map(|c| c.name.clone()).collect::<Vec<_>>();
    let rows = (0..frame.height())
        .map(|r| {
            (0..names.len())
                .map(|c| if frame.cell(r, c).is_null() { "∅".into() } else { frame.cell(r, c).plain() })
                .collect()
        })
        .collect();
    (names, rows, outcome.notes.iter().map(|n| n.id).collect())
}

fn rank(by: &[&str], measures: &[&str]) -> Rank {
    Rank {
        by: by.iter().map(|b| (*b).to_owned()).collect(),
        measures: measures.iter().map(|m| m.parse().expect("a measure")).collect(),
        ..Rank::default()
    }
}

#[test]
fn the_most_frequent_values_with_ties_and_the_rest() {
    let (names, rows, notes) = table(&rank(&["city"], &[]), &sales());
    assert_eq!(names, ["city", "count", "share", "cumulative_share"]);
    let firsts: Vec<(&str, &str)> = rows.iter().map(|r| (r[0].as_str(), r[1].as_str())).collect();
    assert_eq!(firsts, [("Osaka", "3"), ("Tokyo", "2"), ("Kyoto", "1"), ("∅", "1")]);
    assert_eq!(rows[3][3], "1.0");
    assert!(notes.is_empty());
    // The third and the fourth are equal, so a top of three has four rows.
    let (_, rows, notes) = table(&Rank { top: Some(3), ..rank(&["city"], &[]) }, &sales());
    assert_eq!((rows.len(), notes), (4, vec!["note-rank-ties"]));
    let (_, rows, notes) =
        table(&Rank { top: Some(1), others: true, ..rank(&["city"], &["count", "sum:qty", "median:price"]) }, &sales());
    assert_eq!(rows[0][..4], ["Osaka", "3", "8", "1.0"]);
    // What is left: Tokyo 5 and 7, the nameless 2; prices 2, 3 and 8.
    assert_eq!(rows[1][..4], ["others", "4", "14", "3.0"]);
    assert_eq!(notes, ["note-rank-nan", "note-rank-others"]);
}

#[test]
fn shares_are_of_the_exact_total() {
    let of_each = 9_007_199_254_740_993i64;
    let data = dataset(vec![
        PlColumn::new("who".into(), ["a", "b", "c"]),
        PlColumn::new("n".into(), [of_each, of_each, 1]),
        PlColumn::new("far".into(), [i64::MAX, i64::MAX, i64::MIN]),
    ]);
    let share = |measure: &str| {
        let (_, rows, _) = table(&rank(&["who"], &[measure]), &data);
        rows.iter().map(|r| r[2].parse().expect("a share")).collect::<Vec<f64>>()
    };
    // By hand: all are 18014398509481987, which is not among the floating-point numbers; one by one they give …984.
    assert_eq!(share("sum:n")[0], 9_007_199_254_740_992.0 / 18_014_398_509_481_988.0);
    // 9223372036854775806; as floating-point numbers they give 9223372036854775808 as well.
    assert_eq!(share("sum:far"), [1.0, 1.0, -1.0]);
}

#[test]
fn sums_that_decimals_cannot_hold_are_rounded() {
    // 28 nines, a point and 10 nines, ten times: 10 to the power of 29, but for what no floating-point number shows.
    let nines = PlColumn::new("n".into(), vec![10i128.pow(38) - 1; 10]).take_materialized_series();
    let nines = nines.i128().expect("whole numbers").clone().into_decimal_unchecked(38, 10).into_series();
    let who = ["a", "a", "a", "a", "a", "b", "b", "b", "b", "b"];
    let data = dataset(vec![PlColumn::new("who".into(), who), nines.into()]);
    let rows = |measure: &str| table(&rank(&["who"], &[measure]), &data).1;
    let near = |shown: &str, want: f64| {
        let shown: f64 = shown.parse().expect("a number");
        assert!((shown / want - 1.0).abs() < 1e-15, "{shown}");
    };
    near(&rows("sum:n")[0][1], 5e28);
    near(&rows("sum:n")[0][2], 0.5);
    near(&rows("mean:n")[0][1], 1e28);
    // One of each has a place.
    let (_, rows, _) = table(&Rank { top: Some(1), others: true, ..rank(&["n"], &["count"]) }, &data);
    assert_eq!(rows[0][1], "10");
}

#[test]
fn where_everything_is_equal_the_top_is_cut() {
    let ids = dataset(vec![PlColumn::new("id".into(), (0..1000i64).collect::<Vec<_>>())]);
    let (_, rows, notes) = table(&Rank { top: Some(10), ..rank(&["id"], &[]) }, &ids);
    assert_eq!((rows.len(), notes), (10, vec!["note-rank-ties-cut", "note-rank-top"]));
}

#[test]
fn every_measure() {
    let measures = [
        "sum:qty",
        "mean:price",
        "median:qty",
        "min:qty",
        "max:price",
        "quantile:qty:0.25",
        "distinct:size",
        "distinct:qty",
    ];
    let (names, rows, notes) = table(&rank(&["city"], &measures), &sales());
    assert_eq!(
        names[1..9],
        ["sum_qty", "mean_price", "median_qty", "min_qty", "max_price", "p25_qty", "distinct_size", "distinct_qty"]
    );
    assert_eq!(rows[0][..9], ["Tokyo", "12", "2.5", "6.0", "5", "3.0", "5.5", "2", "2"]);
    assert_eq!(rows[1][..9], ["Osaka", "8", "2.0", "3.0", "1", "4.0", "2.0", "2", "3"]);
    assert_eq!(rows[2][..9], ["∅", "2", "∅", "2.0", "2", "∅", "2.0", "1", "1"]);
    assert_eq!(rows[3][..9], ["Kyoto", "0", "8.0", "∅", "∅", "8.0", "∅", "1", "0"]);
    assert_eq!(notes, ["note-rank-nan", "note-rank-nan"]);
}

#[test]
fn one_column_down_and_one_across() {
    let crossed = Rank { across: Some("size".into()), ..rank(&["city"], &["sum:qty"]) };
    let (names, rows, _) = table(&crossed, &sales());
    assert_eq!(names, ["city", "M", "S"]);
    assert_eq!(rows, [["Tokyo", "5", "7"], ["Osaka", "4", "4"], ["∅", "2", "∅"], ["Kyoto", "0", "∅"]]);
}

#[test]
fn the_last_full_month_against_the_one_before() {
    let days = ["2026-09-30", "2026-10-01", "2026-10-31", "2026-09-02", "2026-11-02", "2026-10-05"];
    let days = Series::new("day".into(), days).cast(&DataType::Date).expect("days");
    let data = dataset(vec![
        PlColumn::new("shop".into(), ["a", "a", "a", "b", "b", "c"]),
        days.into(),
        PlColumn::new("n".into(), [4i64, 1, 2, 9, 9, 5]),
    ]);
    let compared = Rank { time: Some("day".into()), period: Some(Period::Month), ..rank(&["shop"], &["sum:n"]) };
    let (names, rows, notes) = table(&compared, &data);
    assert_eq!(names, ["shop", "sum_n", "share", "cumulative_share", "previous_sum_n", "change_sum_n"]);
    let picked: Vec<[&str; 4]> = rows.iter().map(|r| [r[0].as_str(), &r[1], &r[4], &r[5]]).collect();
    assert_eq!(picked, [["c", "5", "0", "∅"], ["a", "3", "4", "-0.25"], ["b", "0", "9", "-1.0"]]);
    assert_eq!(notes, ["note-rank-period"]);
}

#[test]
fn a_line_for_each_group_over_the_months() {
    let days =
        [Some("2026-01-30"), Some("2026-02-01"), Some("2026-02-28"), Some("2026-03-05"), None, Some("2026-03-31")];
    let days = Series::new("day".into(), days).cast(&DataType::Date).expect("days");
    let data = dataset(vec![
        PlColumn::new("shop".into(), ["a", "a", "b", "a", "c", "b"]),
        days.into(),
        PlColumn::new("n".into(), [1i64, 2, 3, 4, 5, 6]),
    ]);
    let lined = |measure: &str| Rank { spark: Some(Period::Month), ..rank(&["shop"], &[measure, "count"]) };
    let lines = |rank: &Rank| -> Vec<String> {
        table(rank, &data).1.iter().map(|r| format!("{} {} {}", r[0], r[1], r[2])).collect()
    };
    let (names, _, notes) = table(&lined("sum:n"), &data);
    assert_eq!(names, ["shop", "sum_n", "sum_n_by_month", "count", "share", "cumulative_share"]);
    assert_eq!(notes, ["note-rank-line", "note-rank-line-missing"]);
    assert_eq!(lines(&lined("sum:n")), ["b 9 [0,3,6]", "a 7 [1,2,4]", "c 5 [0,0,0]"]);
    // Where nothing is, there is no mean; the others have a line of their own.
    assert_eq!(lines(&lined("max:n")), ["b 6 [null,3,6]", "c 5 [null,null,null]", "a 4 [1,2,4]"]);
    let top = Rank { top: Some(1), others: true, ..lined("sum:n") };
    assert_eq!(lines(&top)[0], "b 9 [0,3,6]");
    assert!(lines(&top)[1].ends_with(" 12 [1,2,4]"), "{:?}", lines(&top));
    let cut = Rank { top: Some(1), ..lined("sum:n") };
    assert_eq!(lines(&cut), ["b 9 [0,3,6]"]);
    // The line covers all there is, also where two periods are compared.
    let both = Rank { time: Some("day".into()), period: Some(Period::Month), ..lined("count") };
    assert_eq!(lines(&both), ["a 1 [1,1,1]", "b 1 [0,1,1]"]);
    let failed = |r: Rank| r.run(&data, &context()).err().map(|e| e.message.id);
    assert_eq!(failed(Rank { across: Some("n".into()), ..lined("count") }), Some("error-rank-line-across"));
    assert_eq!(failed(lined("max:day")), Some("error-rank-line-measure"));
    assert_eq!(failed(Rank { time: Some("n".into()), ..lined("count") }), Some("error-rank-time"));
    let undated = rank(&["city"], &[]);
    let undated = Rank { spark: Some(Period::Day), ..undated }.run(&sales(), &context());
    assert_eq!(undated.err().map(|e| e.message.id), Some("error-rank-line-time"));
    let far = Series::new("day".into(), ["1999-01-01", "9999-12-31"]).cast(&DataType::Date).expect("days");
    let far = dataset(vec![PlColumn::new("shop".into(), ["a", "a"]), far.into()]);
    let found = Rank { spark: Some(Period::Day), ..rank(&["shop"], &[]) }.run(&far, &context());
    assert_eq!(found.err().map(|e| e.message.id), Some("error-rank-line-long"));
    let beyond = Series::new("day".into(), [0, i32::MAX]).cast(&DataType::Date).expect("days");
    let beyond = dataset(vec![PlColumn::new("shop".into(), ["a", "a"]), beyond.into()]);
    let found = Rank { spark: Some(Period::Year), ..rank(&["shop"], &[]) }.run(&beyond, &context());
    assert_eq!(found.err().map(|e| e.message.id), Some("error-rank-time-beyond"));
    // What would not fit is refused before it is begun.
    let ids = PlColumn::new("id".into(), (0..2_000i64).collect::<Vec<_>>());
    let days = Series::new("day".into(), (0..2_000i32).map(|i| i % 900).collect::<Vec<_>>());
    let wide = dataset(vec![ids, days.cast(&DataType::Date).expect("days").into()]);
    let every = Rank { spark: Some(Period::Day), ..rank(&["id"], &[]) };
    let little = Context::new(Control::new(), 1 << 24);
    assert_eq!(every.run(&wide, &little).err().map(|e| e.message.id), Some("error-rank-line-memory"));
    assert!(Rank { top: Some(9), ..every }.run(&wide, &little).is_ok());
    let nothing = dataset(vec![
        PlColumn::new("shop".into(), Vec::<&str>::new()),
        Series::new("day".into(), Vec::<i32>::new()).cast(&DataType::Date).expect("days").into(),
    ]);
    assert!(Rank { spark: Some(Period::Day), ..rank(&["shop"], &[]) }.run(&nothing, &context()).is_err());
}

#[test]
fn what_cannot_be_ranked_is_said() {
    let failed = |r: Rank| r.run(&sales(), &context()).err().map(|e| e.message.id);
    assert_eq!(failed(rank(&["city"], &["sum:size"])), Some("error-rank-measure-kind"));
    assert_eq!(failed(rank(&[], &[])), Some("error-rank-by"));
    assert_eq!(
        failed(Rank { time: Some("qty".into()), period: Some(Period::Day), ..rank(&["city"], &[]) }),
        Some("error-rank-time")
    );
    assert_eq!(failed(Rank { period: Some(Period::Day), ..rank(&["city"], &[]) }), Some("error-rank-period"));
    assert!(rank(&["nowhere"], &[]).run(&sales(), &context()).is_err());
    let many = dataset(vec![PlColumn::new("id".into(), (0..200_000i64).collect::<Vec<_>>())]);
    let little = Context::new(Control::new(), 1 << 20);
    assert_eq!(rank(&["id"], &[]).run(&many, &little).err().map(|e| e.message.id), Some("error-memory-rank"));
    let nothing = dataset(vec![PlColumn::new("id".into(), Vec::<i64>::new())]);
    assert_eq!(table(&rank(&["id"], &["count", "max:id"]), &nothing).1.len(), 0);
}

#[test]
fn sums_beyond_64_bits_are_exact() {
    let data = dataset(vec![PlColumn::new("g".into(), ["x", "x"]), PlColumn::new("n".into(), [i64::MAX, i64::MAX])]);
    assert_eq!(table(&rank(&["g"], &["sum:n"]), &data).1[0][1], "18446744073709551614");
}

#[test]
fn a_step_is_read_and_written_as_it_is_spelt() {
    let step = Rank { top: Some(5), ..rank(&["city"], &["sum:qty", "quantile:qty:0.9"]) };
    let text = toml::to_string(&step).expect("toml");
    assert_eq!(text, "by = [\"city\"]\nmeasures = [\"sum:qty\", \"quantile:qty:0.9\"]\ntop = 5\n");
    assert_eq!(toml::from_str::<Rank>(&text).expect("a step"), step);
    assert!(toml::from_str::<Rank>("by = [\"a\"]\nbogus = 1").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Counts, sums and extremes of any rows in any parts, against a map.
    #[test]
    fn any_rows(rows in prop::collection::vec((prop::option::of(0u8..4), prop::option::of("[a-c]{0,14}"), prop::option::of(-50i64..50)), 0..200)) {
        let data = dataset(vec![
            PlColumn::new("a".into(), rows.iter().map(|r| r.0.map(u32::from)).collect::<Vec<_>>()),
            PlColumn::new("b".into(), rows.iter().map(|r| r.1.clone()).collect::<Vec<_>>()),
            PlColumn::new("n".into(), rows.iter().map(|r| r.2).collect::<Vec<_>>()),
        ]);
        let mut plain: BTreeMap<(Option<u8>, Option<String>), (i64, i64, Option<i64>)> = BTreeMap::new();
        for (a, b, n) in &rows {
            let e = plain.entry((*a, b.clone())).or_insert((0, 0, None));
            e.0 += 1;
            e.1 += n.unwrap_or(0);
            e.2 = e.2.max(*n);
        }
        let outcome = rank(&["a", "b"], &["sum:n", "count", "max:n"]).run(&data, &context()).expect("a ranking");
        let frame: Frame = outcome.dataset.window(&[0, 1, 2, 3, 4], 0, 1000).expect("rows");
        prop_assert_eq!(frame.height(), plain.len());
        let mut last = i64::MAX;
        for r in 0..frame.height() {
            let int = |c: usize| match frame.cell(r, c) { Cell::Int(v) => Some(v as i64), _ => None };
            let b = match frame.cell(r, 1) { Cell::Text(t) => Some(t.to_string()), _ => None };
            let found = (int(3).unwrap_or(-1), int(2).unwrap_or(-999), int(4));
            prop_assert_eq!(plain.get(&(int(0).map(|v| v as u8), b)), Some(&found));
            prop_assert!(found.1 <= last);
            last = found.1;
        }
    }
}

#[test]
fn values_that_are_there_and_the_first_of_them() {
    let group = PlColumn::new("g".into(), ["a", "b", "a", "b", "a"]);
    let text = PlColumn::new("t".into(), [None, Some("y"), Some("z"), Some("x"), Some("w")]);
    let day = PlColumn::new("d".into(), [None, Some(9i64), None, Some(7), Some(5)]);
    let data = Dataset::from_frame(DataFrame::new(5, vec![group, text, day]).unwrap());
    let measures = ["present:t", "first:t", "present:d", "first:d"].map(|m| m.parse().unwrap()).to_vec();
    let rank = Rank { by: vec!["g".into()], measures, ..Rank::default() };
    let out = rank.run(&data, &Context::new(Control::new(), 1 << 24)).unwrap().dataset;
    let frame = out.window(&[0, 1, 2, 3, 4], 0, 9).unwrap();
    let row = |r: usize| (0..5).map(|c| frame.cell(r, c).plain()).collect::<Vec<_>>().join(" ");
    assert_eq!([row(0), row(1)], ["a 2 z 1 5", "b 2 y 2 9"]);
}
