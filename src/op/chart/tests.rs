//! Charts against counts made the naive way and against numpy and scipy.

use polars::prelude::{DataFrame, DataType, IntoSeries, NamedFrom as _, Series};

use super::*;
use crate::data::Control;
use crate::result::figure::{Axis, Bar, Label, Layer, Role, Spacing};
use crate::value::time;

fn column(name: &str, values: impl IntoSeries) -> polars::prelude::Column {
    values.into_series().with_name(name.into()).into()
}

fn dataset(columns: Vec<polars::prelude::Column>) -> Dataset {
    let height = columns.first().map_or(0, polars::prelude::Column::len);
    Dataset::from_frame(DataFrame::new(height, columns).expect("a frame"))
}

fn floats(name: &str, values: Vec<f64>) -> polars::prelude::Column {
    column(name, Series::new("".into(), values))
}

fn texts(name: &str, values: &[Option<&str>]) -> polars::prelude::Column {
    column(name, Series::new("".into(), values.to_vec()))
}

fn context() -> Context {
    Context::new(Control::new(), 1 << 30)
}

fn drawn(chart: &Chart, dataset: &Dataset) -> Figure {
    chart.figure(dataset, &context()).expect("a figure")
}

fn of(x: &str) -> Chart {
    Chart { x: Some(x.into()), ..Chart::default() }
}

fn bars(figure: &Figure) -> Vec<Bar> {
    let Layer::Bars { bars, .. } = &figure.panels[0].layers[0] else { panic!("{:?}", figure.panels[0].layers) };
    bars.clone()
}

fn line(figure: &Figure) -> Vec<(f64, f64)> {
    let found = figure.panels[0].layers.iter().find_map(|l| match l {
        Layer::Line { points, .. } => Some(points.clone()),
        _ => None,
    });
    found.expect("a line")
}

fn words(axis: &Axis) -> Vec<String> {
    axis.ticks.iter().map(|t| t.text.in_english()).collect()
}

impl Label {
    fn in_english(&self) -> String {
        match self {
            Self::Plain(t) => t.clone(),
            Self::Msg(m) => m.in_lang(crate::text::Lang::En),
        }
    }
}

/// Values whose references below were computed by numpy 2 and scipy 1.
fn squares() -> Vec<f64> {
    (0..1009u64).map(|i| ((i * 7919) % 1009).pow(2) as f64 / 1000.0).collect()
}

#[test]
fn histograms_count_as_numpy_does() {
    let table = dataset(vec![floats("v", squares())]);
    let figure = drawn(&Chart { bins: Some(8), kind: Some(Kind::Histogram), ..of("v") }, &table);
    let counts: Vec<f64> = bars(&figure).iter().map(|b| b.to - b.from).collect();
    assert_eq!(counts, [357.0, 147.0, 114.0, 95.0, 84.0, 76.0, 70.0, 66.0]);
}

#[test]
fn bins_of_round_widths_hold_every_value_once() {
    // More rows than one worker reads in one go.
    let values: Vec<f64> = (0..150_000u64).map(|i| (i * i % 9973) as f64 / 100.0).collect();
    let figure = drawn(&of("v"), &dataset(vec![floats("v", values.clone())]));
    let drawn = bars(&figure);
    assert_eq!(drawn.iter().map(|b| b.to - b.from).sum::<f64>(), 150_000.0);
    let last = drawn.last().expect("bars").sides.1;
    for b in &drawn {
        let (a, z) = b.sides;
        let naive = values.iter().filter(|v| **v >= a && (**v < z || (z == last && **v == z))).count();
        assert_eq!(b.to, naive as f64, "{a} – {z}");
    }
    let width = drawn[0].sides.1 - drawn[0].sides.0;
    assert!([1.0, 2.0, 5.0].iter().any(|w| (width - w).abs() < 1e-9), "{width}");
}

#[test]
fn whole_numbers_get_a_bar_each() {
    let figure = drawn(&of("n"), &dataset(vec![column("n", Series::new("".into(), [1i64, 1, 2, 5, 5, 5]))]));
    let found: Vec<(f64, f64)> = bars(&figure).iter().map(|b| ((b.sides.0 + b.sides.1) / 2.0, b.to)).collect();
    assert_eq!(found, [(1.0, 2.0), (2.0, 1.0), (5.0, 3.0)]);
}

#[test]
fn boxes_have_the_quartiles_of_numpy() {
    let group = |i: usize| Some(if i < 1009 { "a" } else { "b" });
    let mut values = squares();
    values.extend((0..500u64).map(|i| (i * i % 97) as f64));
    let names: Vec<Option<&str>> = (0..values.len()).map(group).collect();
    let table = dataset(vec![floats("v", values), texts("g", &names)]);
    let chart = Chart { kind: Some(Kind::Box), y: Some("v".into()), ..of("g") };
    let figure = drawn(&chart, &table);
    let Layer::Boxes { boxes, .. } = &figure.panels[0].layers[0] else { panic!() };
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
    for (found, want) in [
        (boxes[0].q1, 63.504),
        (boxes[0].median, 254.016),
        (boxes[0].q3, 571.536),
        (boxes[0].low, 0.0),
        (boxes[0].high, 1016.064),
        (boxes[1].q1, 22.0),
        (boxes[1].median, 48.0),
        (boxes[1].q3, 73.0),
    ] {
        close(found, want);
    }
    // The columns may be named either way round.
    let turned = Chart { kind: Some(Kind::Box), x: Some("v".into()), y: Some("g".into()), ..Chart::default() };
    assert_eq!(drawn(&turned, &table).panels, figure.panels);
}

#[test]
fn outliers_beyond_the_whiskers_are_drawn_and_counted() {
    let mut values: Vec<f64> = (0..100).map(f64::from).collect();
    values.extend((0..200).map(|i| 10_000.0 + f64::from(i)));
    values.extend((0..1000).map(|i| f64::from(i % 100)));
    let figure = drawn(&Chart { kind: Some(Kind::Box), ..of("v") }, &dataset(vec![floats("v", values)]));
    let Layer::Boxes { boxes, .. } = &figure.panels[0].layers[0] else { panic!() };
    assert_eq!((boxes[0].low, boxes[0].high), (0.0, 99.0));
    assert_eq!(boxes[0].outliers.last(), Some(&10_199.0));
    let said = figure.notes.iter().any(|n| n.id == "chart-note-outliers");
    assert!(said && boxes[0].outliers.len() <= 51, "{:?}", figure.notes);
}

#[test]
fn densities_are_those_of_scipy() {
    let figure = drawn(&Chart { kind: Some(Kind::Density), ..of("v") }, &dataset(vec![floats("v", squares())]));
    let curve = line(&figure);
    for (at, want) in [
        (0.0, 0.0016316457),
        (100.0, 0.0017546042),
        (250.0, 0.0010263651),
        (500.0, 0.0007059472),
        (900.0, 0.0005023373),
    ] {
        let i = curve.partition_point(|p| p.0 < at);
        let ((x0, y0), (x1, y1)) = (curve[i - 1], curve[i]);
        let found = y0 + (y1 - y0) * (at - x0) / (x1 - x0);
        assert!((found / want - 1.0).abs() < 0.005, "{at}: {found} {want}");
    }
    let area: f64 = curve.windows(2).map(|w| (w[1].0 - w[0].0) * (w[0].1 + w[1].1) / 2.0).sum();
    assert!((area - 1.0).abs() < 0.01, "{area}");
}

#[test]
fn cumulative_shares_end_at_all() {
    let figure = drawn(
        &Chart { kind: Some(Kind::Cumulative), ..of("n") },
        &dataset(vec![column("n", Series::new("".into(), [1i64, 1, 2, 4]))]),
    );
    assert_eq!(line(&figure), [(0.5, 0.0), (1.5, 50.0), (2.5, 75.0), (3.5, 75.0), (4.5, 100.0)]);
    let table = dataset(vec![texts("g", &[Some("a"), Some("b"), Some("b"), None, Some("b"), Some("c")])]);
    let figure = drawn(&Chart { kind: Some(Kind::Cumulative), ..of("g") }, &table);
    assert_eq!(words(&figure.panels[0].x), ["b", "a", "c"]);
    assert_eq!(line(&figure), [(0.0, 60.0), (1.0, 80.0), (2.0, 100.0)]);
}

#[test]
fn text_gives_the_commonest_values_and_the_others_together() {
    let names: Vec<String> = (0..100_000u32).map(|i| format!("v{:02}", (f64::from(i).sqrt() as u32) % 40)).collect();
    let views: Vec<Option<&str>> = names.iter().map(|n| Some(n.as_str())).collect();
    let figure = drawn(&of("g"), &dataset(vec![texts("g", &views)]));
    let labels = words(&figure.panels[0].y);
    assert_eq!((labels.len(), labels[20].as_str()), (21, "20 others"));
    let count = |name: &str| names.iter().filter(|n| *n == name).count() as f64;
    let drawn = bars(&figure);
    for (label, bar) in labels.iter().zip(&drawn).take(20) {
        assert_eq!(bar.to, count(label), "{label}");
    }
    assert!(drawn[..20].windows(2).all(|w| w[0].to >= w[1].to));
    assert_eq!(drawn.iter().map(|b| b.to).sum::<f64>(), 100_000.0);
    assert_eq!(drawn[20].role, Role::Others);
    assert!(figure.notes.iter().any(|n| n.id == "chart-note-others"));
}

#[test]
fn missing_and_infinite_values_are_counted_and_not_fatal() {
    let table = dataset(vec![
        floats("v", vec![1.0, f64::NAN, f64::INFINITY, 2.0, f64::NEG_INFINITY, 3.0]),
        texts("g", &[Some("a"), Some("a"), Some("b"), None, Some("b"), Some("b")]),
    ]);
    let figure = drawn(&Chart { y: Some("v".into()), ..of("g") }, &table);
    assert_eq!(figure.subtitle, Some(Msg::new("chart-n-missing").with("rows", 2u64).with("missing", 2u64).into()));
    assert!(figure.notes.contains(&Msg::new("chart-note-infinite").with("rows", 2u64)));
    assert_eq!(bars(&figure).iter().map(|b| b.to).collect::<Vec<_>>(), [3.0, 1.0]);
    drawn(&of("v"), &table);
}

#[test]
fn measures_by_hand() {
    let table =
        dataset(vec![floats("v", vec![1.0, 5.0, 3.0, 4.0]), texts("g", &[Some("a"), Some("b"), Some("a"), Some("b")])]);
    for (measure, want) in [
        (Measure::Count, [("a", 2.0), ("b", 2.0)]),
        (Measure::Sum, [("b", 9.0), ("a", 4.0)]),
        (Measure::Mean, [("b", 4.5), ("a", 2.0)]),
        (Measure::Min, [("b", 4.0), ("a", 1.0)]),
        (Measure::Max, [("b", 5.0), ("a", 3.0)]),
    ] {
        let figure = drawn(&Chart { y: Some("v".into()), measure: Some(measure), ..of("g") }, &table);
        let found: Vec<(String, f64)> =
            words(&figure.panels[0].y).into_iter().zip(bars(&figure).iter().map(|b| b.to)).collect();
        let found: Vec<(&str, f64)> = found.iter().map(|(w, v)| (w.as_str(), *v)).collect();
        assert_eq!(found, want, "{measure:?}");
    }
}

#[test]
fn time_is_put_together_by_the_calendar() {
    let days: Vec<i32> = (0..3000).map(|i| time::days(2018, 1, 1) as i32 + i).collect();
    let dates = Series::new("".into(), days.clone()).cast(&DataType::Date).expect("dates");
    let figure = drawn(&of("d"), &dataset(vec![column("d", dates)]));
    let points = line(&figure);
    // 3000 days are 99 months; the month of the last one is not over.
    assert_eq!(points.len(), 99);
    assert_eq!(points[0], (time::days(2018, 1, 1) as f64 * 86_400.0, 31.0));
    assert_eq!(points[1].1, 28.0);
    assert_eq!(points.iter().map(|p| p.1).sum::<f64>(), 3000.0);
    assert_eq!(figure.panels[0].x.spacing, Spacing::Time);
}

#[test]
fn instants_stand_in_their_zone() {
    // 15:30 in UTC is half past midnight of the next day in Tokyo.
    let micros = (time::days(2026, 11, 20) * 86_400 + 15 * 3600 + 1800) * 1_000_000;
    let zone = polars::prelude::TimeZone::opt_try_new(Some("Asia/Tokyo")).expect("a zone");
    let dtype = DataType::Datetime(polars::prelude::TimeUnit::Microseconds, zone);
    let far = micros + 200 * 86_400_000_000;
    let moments = Series::new("".into(), [micros, far]).cast(&dtype).expect("moments");
    let figure = drawn(&of("t"), &dataset(vec![column("t", moments)]));
    assert_eq!(line(&figure)[0].0, time::days(2026, 11, 21) as f64 * 86_400.0);
}

#[test]
fn dates_beyond_the_calendar_are_no_disaster() {
    let dates = Series::new("".into(), [i32::MIN, 0, i32::MAX]).cast(&DataType::Date).expect("dates");
    let table = dataset(vec![column("d", dates), floats("v", vec![1.0, 2.0, 3.0])]);
    for kind in [Kind::Line, Kind::Bar, Kind::Histogram, Kind::Density, Kind::Cumulative] {
        drawn(&Chart { kind: Some(kind), ..of("d") }, &table);
    }
    let moments = Series::new("".into(), [i64::MIN, i64::MAX])
        .cast(&DataType::Datetime(polars::prelude::TimeUnit::Milliseconds, None));
    let table = dataset(vec![column("t", moments.expect("moments")), floats("v", vec![f64::MIN, f64::MAX])]);
    drawn(&of("t"), &table);
    drawn(&Chart { y: Some("v".into()), ..of("t") }, &table);
    for kind in [Kind::Histogram, Kind::Density, Kind::Cumulative, Kind::Box] {
        drawn(&Chart { kind: Some(kind), ..of("v") }, &table);
    }
    drawn(&Chart { y: Some("v".into()), kind: Some(Kind::Scatter), ..of("t") }, &table);
}

#[test]
fn odd_columns_are_drawn_or_refused_in_words() {
    let table = dataset(vec![
        floats("same", vec![7.0; 5]),
        floats("none", vec![f64::NAN; 5]),
        floats("low", vec![-1.0, 0.0, -2.0, -3.0, 0.0]),
        texts("t", &[Some("a"), None, Some(""), Some("b"), Some("a")]),
        column("b", Series::new("".into(), [Some(true), Some(false), None, Some(true), Some(true)])),
    ]);
    for kind in [Kind::Histogram, Kind::Density, Kind::Cumulative, Kind::Box] {
        for log in [false, true] {
            drawn(&Chart { kind: Some(kind), log, ..of("same") }, &table);
        }
    }
    let id = |chart: Chart| chart.figure(&table, &context()).expect_err("an error").message.id;
    assert_eq!(id(of("none")), "chart-error-column-empty");
    assert_eq!(id(Chart { log: true, ..of("low") }), "chart-error-not-positive");
    assert_eq!(id(of("nowhere")), "error-column-missing");
    assert_eq!(id(Chart::default()), "chart-error-no-column");
    assert_eq!(id(Chart { kind: Some(Kind::Histogram), ..of("t") }), "chart-error-kind");
    assert_eq!(id(Chart { kind: Some(Kind::Bar), y: Some("t".into()), ..of("b") }), "chart-error-kind");
    assert_eq!(id(Chart { kind: Some(Kind::Scatter), ..of("same") }), "chart-error-second");
    assert_eq!(
        id(Chart { kind: Some(Kind::Histogram), y: Some("low".into()), ..of("same") }),
        "chart-error-one-column"
    );
    assert_eq!(id(Chart { measure: Some(Measure::Sum), ..of("t") }), "chart-error-measure");
    assert_eq!(id(Chart { bins: Some(0), ..of("same") }), "chart-error-bins");
    assert_eq!(id(Chart { y: Some("none".into()), ..of("t") }), "chart-error-column-empty");
    let apart = dataset(vec![floats("v", vec![f64::NAN, 1.0]), texts("g", &[Some("a"), None])]);
    let nothing = Chart { y: Some("v".into()), kind: Some(Kind::Box), ..of("g") }.figure(&apart, &context());
    assert_eq!(nothing.expect_err("nothing").message.id, "chart-error-nothing");
    let figure = drawn(&of("b"), &table);
    assert_eq!(words(&figure.panels[0].y), ["no", "yes"]);
    assert_eq!(words(&drawn(&of("t"), &table).panels[0].y), ["a", "(empty text)", "b"]);
    let empty = table.with_rows(crate::data::Rows::Ordered(std::sync::Arc::new(Vec::new())));
    assert_eq!(of("same").figure(&empty, &context()).expect_err("empty").message.id, "chart-error-column-empty");
    assert_eq!(of("t").figure(&empty, &context()).expect_err("empty").message.id, "chart-error-column-empty");
}

#[test]
fn many_groups_become_eight_colours_and_twelve_panels() {
    let names: Vec<String> = (0..400).map(|i| format!("g{:02}", i % 20)).collect();
    let views: Vec<Option<&str>> = names.iter().map(|n| Some(n.as_str())).collect();
    let values: Vec<f64> = (0..400).map(f64::from).collect();
    let table = dataset(vec![floats("v", values), texts("g", &views)]);
    let chart = Chart { colour: Some("g".into()), facet: Some("g".into()), ..of("v") };
    let figure = drawn(&chart, &table);
    assert_eq!((figure.legend.len(), figure.panels.len()), (9, 12));
    assert_eq!(figure.legend[8].role, Role::Others);
    let all: f64 = figure
        .panels
        .iter()
        .flat_map(|p| &p.layers)
        .map(|l| match l {
            Layer::Bars { bars, .. } => bars.iter().map(|b| b.to - b.from).sum(),
            _ => 0.0,
        })
        .sum();
    assert_eq!(all, 400.0);
}

#[test]
fn a_million_points_are_not_drawn_one_by_one() {
    let n = 200_000u64;
    let values = |k: u64| (0..n).map(|i| (i.wrapping_mul(2_654_435_761 + k) % 10_007) as f64).collect::<Vec<_>>();
    let names: Vec<Option<&str>> = (0..n).map(|i| Some(if i % 3 == 0 { "a" } else { "b" })).collect();
    let table = dataset(vec![floats("x", values(0)), floats("y", values(7)), texts("g", &names)]);
    let chart = Chart { y: Some("y".into()), ..of("x") };
    let figure = drawn(&chart, &table);
    let Layer::Heat { cells } = &figure.panels[0].layers[0] else { panic!() };
    assert_eq!(cells.iter().map(|c| c.value).sum::<f64>(), n as f64);
    assert!(cells.len() <= 80 * 50 && figure.notes.iter().any(|m| m.id == "chart-note-fields"));
    let coloured = Chart { colour: Some("g".into()), ..chart };
    let figure = drawn(&coloured, &table);
    let Layer::Points { points, roles, .. } = &figure.panels[0].layers[0] else { panic!() };
    assert_eq!(points.len(), 5000);
    assert!(figure.notes.iter().any(|m| m.id == "chart-note-sample"));
    // A third of the rows is in the smaller group: 1667 expected, standard deviation 33.
    let smaller = roles.iter().filter(|r| **r == Role::Series(1)).count();
    assert!((1500..1834).contains(&smaller), "{smaller}");
    assert_eq!(drawn(&coloured, &table), figure);
    let lines = drawn(&Chart { kind: Some(Kind::Line), ..Chart { y: Some("y".into()), ..of("x") } }, &table);
    assert!(line(&lines).len() <= 300);
}

#[test]
fn far_values_do_not_flatten_the_rest() {
    let mut values: Vec<f64> = (0..10_000).map(|i| f64::from(i % 100)).collect();
    values.push(1e12);
    let figure = drawn(&of("v"), &dataset(vec![floats("v", values)]));
    assert!(bars(&figure).len() >= 8, "{}", bars(&figure).len());
    assert!(figure.notes.contains(&Msg::new("chart-note-outside").with("rows", 1u64)));
}

#[test]
fn the_kind_follows_from_the_columns() {
    let dates = Series::new("".into(), [1i32, 2]).cast(&DataType::Date).expect("dates");
    let table = dataset(vec![floats("n", vec![1.0, 2.0]), texts("t", &[Some("a"), Some("b")]), column("d", dates)]);
    let kind =
        |x: &str, y: Option<&str>| Chart { y: y.map(str::to_owned), ..of(x) }.kind_for(table.schema()).expect("a kind");
    assert_eq!(kind("n", None), Kind::Histogram);
    assert_eq!(kind("t", None), Kind::Bar);
    assert_eq!(kind("d", None), Kind::Line);
    assert_eq!(kind("d", Some("n")), Kind::Line);
    assert_eq!(kind("n", Some("n")), Kind::Scatter);
    assert_eq!(kind("t", Some("n")), Kind::Bar);
    assert_eq!(kind("n", Some("t")), Kind::Box);
    assert_eq!(kind("t", Some("t")), Kind::Heatmap);
    assert_eq!(of("t").kinds(table.schema()), [Kind::Bar, Kind::Cumulative]);
    assert!(of("n").kinds(table.schema()).len() >= 5);
    // Every kind that is offered can be drawn.
    for (x, y) in [
        ("n", None),
        ("t", None),
        ("d", None),
        ("d", Some("n")),
        ("n", Some("n")),
        ("t", Some("n")),
        ("n", Some("t")),
        ("t", Some("t")),
    ] {
        let chart = Chart { y: y.map(str::to_owned), ..of(x) };
        for kind in chart.kinds(table.schema()) {
            drawn(&Chart { kind: Some(kind), ..chart.clone() }, &table);
        }
    }
}

#[test]
fn a_heat_map_shows_a_measure_of_a_third_column() {
    let table = dataset(vec![
        texts("a", &[Some("p"), Some("p"), Some("q"), Some("q"), Some("q")]),
        texts("b", &[Some("x"), Some("x"), Some("x"), Some("y"), Some("y")]),
        floats("v", vec![1.0, 3.0, -8.0, 5.0, f64::NAN]),
    ]);
    let chart = Chart { y: Some("b".into()), colour: Some("v".into()), kind: Some(Kind::Heatmap), ..of("a") };
    let cells = |chart: &Chart| {
        let figure = drawn(chart, &table);
        let Layer::Heat { cells } = &figure.panels[0].layers[0] else { panic!("{:?}", figure.panels[0].layers) };
        let named = |axis: &Axis, sides: (f64, f64)| words(axis)[((sides.0 + sides.1) / 2.0) as usize].clone();
        let panel = &figure.panels[0];
        let mut found: Vec<(String, String, f64, Role)> =
            cells.iter().map(|c| (named(&panel.x, c.x), named(&panel.y, c.y), c.value, c.role)).collect();
        found.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        (found, figure.ramp.expect("a ramp"))
    };
    let field = |a: &str, b: &str, v: f64, role| (a.to_owned(), b.to_owned(), v, role);
    // Means on both sides of zero: colours diverge from it, as strong as the value furthest away.
    let (found, ramp) = cells(&chart);
    let wanted = [
        field("p", "x", 2.0, Role::Diverging(0.25)),
        field("q", "x", -8.0, Role::Diverging(-1.0)),
        field("q", "y", 5.0, Role::Diverging(0.625)),
    ];
    assert_eq!(found, wanted);
    assert!(ramp.diverging && (ramp.lo.as_str(), ramp.hi.as_str()) == ("-8", "8"), "{ramp:?}");
    let most = Chart { measure: Some(Measure::Max), ..chart.clone() };
    assert_eq!(cells(&most).0[0].2, 3.0);
    // Rows are counted where nothing is measured; words are no measure, and the kind is then not offered.
    let counted = Chart { colour: None, ..chart.clone() };
    let (found, ramp) = cells(&counted);
    assert_eq!(found.iter().map(|c| c.2).collect::<Vec<_>>(), [2.0, 1.0, 2.0]);
    assert_eq!((ramp.lo.as_str(), ramp.hi.as_str()), ("0", "2"));
    let worded = Chart { colour: Some("b".into()), ..chart };
    assert!(worded.figure(&table, &context()).is_err());
    assert!(!worded.kinds(table.schema()).contains(&Kind::Heatmap));
}

#[test]
fn columns_side_by_side_are_fields_in_their_order() {
    let table = dataset(vec![
        texts("city", &[Some("Osaka"), Some("Kobe"), Some("Osaka")]),
        floats("10", vec![1.0, 2.0, 5.0]),
        floats("9", vec![f64::NAN, 4.0, 3.0]),
    ]);
    let chart = Chart {
        kind: Some(Kind::Heatmap),
        y: Some("city".into()),
        colour: Some("sum".into()),
        measure: Some(Measure::Sum),
        columns: vec!["10".into(), "9".into()],
        ..of("hour")
    };
    assert_eq!(chart.kind_for(table.schema()).ok(), Some(Kind::Heatmap));
    let figure = drawn(&chart, &table);
    let panel = &figure.panels[0];
    assert_eq!(
        (words(&panel.x), words(&panel.y)),
        (vec!["10".into(), "9".into()], vec!["Osaka".into(), "Kobe".into()])
    );
    assert_eq!(panel.x.label.as_ref().map(Label::in_english).as_deref(), Some("hour"));
    let Layer::Heat { cells } = &panel.layers[0] else { panic!("{:?}", panel.layers) };
    let mut values: Vec<f64> = cells.iter().map(|c| c.value).collect();
    values.sort_by(f64::total_cmp);
    assert_eq!(values, [2.0, 3.0, 4.0, 6.0]);
    let failed = |chart: Chart| chart.kind_for(table.schema()).err().map(|e| e.message.id);
    assert_eq!(failed(Chart { columns: vec!["city".into()], ..chart.clone() }), Some("chart-error-kind"));
    assert_eq!(failed(Chart { kind: Some(Kind::Bar), ..chart.clone() }), Some("chart-error-kind"));
    assert_eq!(failed(Chart { x: Some("city".into()), ..chart }), Some("error-column-exists"));
}

#[test]
fn a_chart_is_data_in_a_recipe() {
    let chart = Chart { kind: Some(Kind::Heatmap), y: Some("b".into()), log: true, ..of("a") };
    let text = toml::to_string(&crate::op::Step::Chart(chart.clone())).expect("toml");
    assert_eq!(text, "op = \"chart\"\nkind = \"heatmap\"\nx = \"a\"\ny = \"b\"\nlog = true\n");
    assert_eq!(toml::from_str::<crate::op::Step>(&text).expect("a step"), crate::op::Step::Chart(chart));
    assert!(toml::from_str::<Chart>("colr = \"a\"").is_err());
}

#[test]
fn rare_values_fall_out_when_there_are_too_many() {
    let mut tally = super::groups::Tally::default();
    let one = super::groups::Sums { n: 1, ..Default::default() };
    for i in 0..1000i64 {
        tally.add(vec![super::read::Key::Int(i), super::read::Key::Int(-1)], &[one, one], 100);
    }
    let schema =
        crate::value::Schema::new(vec![crate::value::Column { name: "n".into(), kind: crate::value::Kind::Integer }]);
    let groups = tally.choose(&Var::of(&schema, "n").expect("a column"), 5, Measure::Count, false);
    assert_eq!(groups.labels[0], Label::from("-1"));
    assert!(groups.uncertain && groups.others == Some(5) && groups.distinct == 1001);
}
