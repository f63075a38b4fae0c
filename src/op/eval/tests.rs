//! Each operator and kind against results found by hand.

use super::*;
use crate::sql::expr::{Function, parse};
use polars::prelude::{Categories, Column, NamedFrom, Series, TimeZone};

fn frame() -> DataFrame {
    let ts = Column::new("ts".into(), [Some(0i64), Some(1_793_491_200_000_000), None, Some(1_793_545_199_999_999)])
        .cast(&moment::datetime_type(&Kind::DateTime(Some("Asia/Tokyo".into())), TimeUnit::Microseconds))
        .unwrap();
    let day = Column::new("day".into(), [Some(0i32), Some(20_758), None, Some(20_759)]).cast(&DataType::Date).unwrap();
    let small = Column::new("small".into(), [Some(1i8), Some(-5), None, Some(127)]);
    let big = Column::new("big".into(), [Some(u64::MAX), Some(1 << 60), None, Some(0)]);
    DataFrame::new(
        4,
        vec![
            Column::new("x".into(), [Some(1.5), Some(f64::NAN), None, Some(-2.0)]),
            Column::new("n".into(), [Some(10i64), Some(0), None, Some(i64::MAX)]),
            Column::new("国".into(), [Some("日本"), Some("JP"), None, Some("")]),
            Column::new("b".into(), [Some(true), Some(false), None, Some(true)]),
            Column::new("^w.*$".into(), [1i64, 2, 3, 4]),
            ts,
            day,
            small,
            big,
        ],
    )
    .unwrap()
}

fn verdicts(text: &str, frame: &DataFrame) -> String {
    let e = parse(text).unwrap();
    match check(&e, &schema_of(frame)).and_then(|()| mask(&e, frame)) {
        Ok(m) => m.iter().map(|v| if v == Some(true) { '1' } else { '0' }).collect(),
        Err(e) => format!("error: {e}"),
    }
}

fn rows(text: &str) -> String {
    verdicts(text, &frame())
}

/// Kinds whose values are easily rounded to something else.
fn exact() -> DataFrame {
    let at = |name: &str, values: [i64; 2], dtype: DataType| {
        Column::new(name.into(), [Some(values[0]), Some(values[1]), None]).cast(&dtype).unwrap()
    };
    let new_york = TimeZone::opt_try_new(Some("America/New_York")).unwrap();
    let decimal = |name: &str, precision, scale| {
        Column::new(name.into(), [Some("1.25"), Some("-0.05"), None])
            .cast(&DataType::Decimal(precision, scale))
            .unwrap()
    };
    let hour = 3_600_000_000_000;
    // 1,793,491,200 s is 2026-11-01T00:00:00Z, 20,758 days.
    DataFrame::new(
        3,
        vec![
            at("ms", [1_793_491_200_000, 0], DataType::Datetime(TimeUnit::Milliseconds, None)),
            at("ns", [1_793_491_200_000_001_500, 0], DataType::Datetime(TimeUnit::Nanoseconds, None)),
            at("tz", [1_793_491_200_000_000, i64::MAX], DataType::Datetime(TimeUnit::Microseconds, new_york)),
            at("dur", [1_500, -3], DataType::Duration(TimeUnit::Milliseconds)),
            at("tm", [hour, 1], DataType::Time),
            Column::new("day".into(), [Some(20_758), Some(i32::MAX), None]).cast(&DataType::Date).unwrap(),
            decimal("dec", 10, 2),
            decimal("dec3", 20, 3),
            Column::new("cat".into(), [Some("a"), Some("b"), None])
                .cast(&DataType::from_categories(Categories::global()))
                .unwrap(),
            Column::new(
                "list".into(),
                [Some(Series::new("".into(), [1i64])), Some(Series::new("".into(), [2i64])), None],
            ),
            Column::new("f".into(), [Some(f64::INFINITY), Some(f64::NAN), None]),
            Column::new("g".into(), [Some(f64::NAN), Some(f64::NAN), Some(f64::NAN)]),
            Column::new("f32".into(), [Some(0.1f32), Some(f32::NAN), None]),
            Column::new("i".into(), [Some(1i64), Some(-7), None]),
            Column::new("u".into(), [Some(u64::MAX), Some(9_007_199_254_740_993), None]),
            Column::new("l".into(), [Some(i64::MAX), Some(9_007_199_254_740_992), None]),
            Column::new("s".into(), [Some("a"), Some("%_x"), None]),
            Column::full_null("nil".into(), 3, &DataType::Null),
            Column::new("b".into(), [Some(true), Some(false), None]),
        ],
    )
    .unwrap()
}

#[test]
fn each_operator_by_hand() {
    for (text, want) in [
        ("x > 0", "1000"),
        ("x <= 1.5", "1001"),
        ("x <> 1.5", "0101"),
        ("is_nan(x)", "0100"),
        ("x is missing", "0010"),
        ("x is not null", "1101"),
        ("n = 10 or b", "1001"),
        ("not b", "0100"),
        ("b and x > 0", "1000"),
        ("n + 1 > n", "1101"),
        ("n * n > 0", "1001"),
        ("10 / n = 1", "1000"),
        ("n % 3 = 1", "1001"),
        ("10 / n is missing", "0110"),
        ("国 = '日本'", "1000"),
        ("国 contains '本'", "1000"),
        ("国 starts with 'J' or 国 ends with '本'", "1100"),
        ("国 like 'J_'", "0100"),
        ("国 ilike 'j%'", "0100"),
        ("国 matches '^.{2}$'", "1100"),
        ("国 not contains 'J'", "1001"),
        ("国 in ('JP', '')", "0101"),
        ("国 not in ('JP')", "1001"),
        ("n between 0 and 10", "1100"),
        ("length(国) = 2", "1100"),
        ("lower(国) = 'jp'", "0100"),
        ("国 || '!' = 'JP!'", "0100"),
        ("coalesce(国, 'none') = 'none'", "0010"),
        ("if(b, 1, 0) = 1", "1001"),
        ("abs(x) = 2", "0001"),
        ("round(x) = 2", "1000"),
        ("\"^w.*$\" >= 3", "0011"),
        ("true", "1111"),
        ("null", "0000"),
        ("x = null", "0000"),
        ("1 = 1", "1111"),
        ("small = 300", "0000"),
        ("small > -300", "1101"),
        ("big = 18446744073709551615", "1000"),
        ("big > 1152921504606846975", "1100"),
        ("big = -1", "0000"),
    ] {
        assert_eq!(rows(text), want, "{text}");
    }
}

#[test]
fn dates_and_times_in_words() {
    // 1,793,491,200 s is 2026-11-01T00:00:00 in UTC and nine o'clock in Tokyo.
    for (text, want) in [
        ("ts = '2026-11-01T09:00:00'", "0100"),
        ("ts = '2026-11-01T00:00:00Z'", "0100"),
        ("ts >= '2026-11-01T09:00:00+09:00'", "0101"),
        ("ts < '2026-11-02'", "1101"),
        ("ts >= '2026-11-02'", "0000"),
        ("hour(ts) = 9", "1100"),
        ("date(ts) = '2026-11-01'", "0101"),
        ("day = '2026-11-01'", "0100"),
        ("day > '2026/11/01'", "0001"),
        ("year(day) = 2026 and weekday(day) = 7", "0100"),
    ] {
        assert_eq!(rows(text), want, "{text}");
    }
}

#[test]
fn what_makes_no_sense_is_said() {
    for text in [
        "n = 'abc'",
        "国 > 3",
        "day = 'soon'",
        "n",
        "not n",
        "nothing = 1",
        "国 matches '('",
        "b + 1 = 2",
        "upper(n) = 'A'",
        "国 like 国",
    ] {
        assert!(rows(text).starts_with("error"), "{text}: {}", rows(text));
    }
}

#[test]
fn unknown_is_neither_true_nor_false() {
    // Kleene's tables, with b = null in row 2.
    for (text, want) in [
        ("b or true", "1111"),
        ("b and false", "0000"),
        ("not (b and false)", "1111"),
        ("b or false", "1001"),
        ("not b or b", "1101"),
    ] {
        assert_eq!(rows(text), want, "{text}");
    }
}

fn holds(cases: &[(&str, &str)]) {
    let frame = exact();
    for (text, want) in cases {
        assert_eq!(verdicts(text, &frame), *want, "{text}");
    }
}

#[test]
fn points_in_time_are_not_rounded() {
    holds(&[
        ("ms = '2026-11-01'", "100"),
        ("ms = '2026-11-01T00:00:00.0005'", "000"),
        ("ms < '2026-11-01T00:00:00.0005'", "110"),
        ("ns > '2026-11-01T00:00:00.000001'", "100"),
        ("ns = '2026-11-01T00:00:00.000001'", "000"),
        ("ns = '2026-11-01T00:00:00.0000015'", "100"),
        ("ms = ns", "010"),
        ("ns > ms", "100"),
        ("ms between '2026-01-01' and '2026-12-31'", "100"),
        ("'2026-01-01' < ms", "100"),
        ("day < '2026-11-01T01:00'", "100"),
        ("day > '2026-11-01T01:00'", "010"),
        ("ms >= day", "100"),
        ("dur = 'PT1.5S'", "100"),
        ("dur = 'PT1.5005S'", "000"),
        ("dur < 'PT1.5005S'", "110"),
        ("dur < 'PT0S'", "010"),
        ("tm = '01:00'", "100"),
        ("hour(tm) = 1", "100"),
        ("date('2026-11-01') = day", "100"),
        ("coalesce(ms, ns) = ms", "110"),
    ]);
}

#[test]
fn instants_beside_local_times_and_far_from_any_calendar() {
    holds(&[
        ("tz = '2026-10-31T20:00:00'", "100"),
        ("tz = '2026-11-01T00:00:00Z'", "100"),
        ("tz = '2026-10-31T21:00:00-03:00'", "100"),
        ("tz < day", "100"),
        ("tz = ms", "000"),
        ("tz < ms", "100"),
        ("hour(tz) = 20", "100"),
        ("year(tz) is missing", "011"),
        ("date(tz) = '2026-10-31'", "100"),
        ("year(day) = 2026", "100"),
        ("month(day) is missing", "011"),
        ("tz > '2027-01-01'", "010"),
    ]);
    for text in ["ms = '2026-11-01T00:00:00Z'", "day = '2026-11-01T00:00:00Z'"] {
        assert!(verdicts(text, &exact()).starts_with("error"), "{text}");
    }
}

#[test]
fn numbers_are_exact_across_types() {
    holds(&[
        ("u = l", "000"),
        ("u > l", "110"),
        ("u >= i", "110"),
        ("u in (18446744073709551615, 1, 2, 3, 4, 5, 6, 7, -1)", "100"),
        ("i not in (1, 2, 3, 4, 5, 6, 7, 8, 9)", "010"),
        ("dec = 1.25", "100"),
        ("dec = '1.250'", "100"),
        ("dec = 1.255", "000"),
        ("dec < 1.255", "110"),
        ("dec = dec3", "110"),
        ("dec > i", "110"),
        ("i < dec", "110"),
        ("dec < 1e300", "110"),
        ("coalesce(dec, 1) > 0", "101"),
        ("if(b, dec, i) = 1.25", "100"),
        ("round(dec, 1) = 1.3", "100"),
        ("f32 = 0.1", "100"),
        ("i = 99999999999999999999999999", "000"),
        ("i < 99999999999999999999999999", "110"),
        ("i = '1'", "100"),
        ("i > '0.5'", "100"),
        ("i in (1, 2.5, null)", "100"),
        ("i not in (1, null)", "000"),
    ]);
}

#[test]
fn computing_ends_in_missing_not_in_nonsense() {
    holds(&[
        ("u * u > 0", "010"),
        ("u * u is missing", "101"),
        ("l * l * l is missing", "111"),
        ("l + l > l", "110"),
        ("i % 2 = -1", "010"),
        ("-i % 2 = 1", "010"),
        ("i % -2 = -1", "010"),
        ("-7.5 % 2 = -1.5", "111"),
        ("i % 0 is missing", "111"),
        ("5 % 0 is missing and 5 / 0 is missing and 5 % 3 = 2 and -5 % 3 = -2", "111"),
        ("99999999999999999999 * 99999999999999999999 is missing", "111"),
        ("2 * 3 + abs(-4) - 1 = i + 8", "100"),
        ("f / 0.0 is missing", "111"),
        ("i / 2 = 0.5", "100"),
        ("nil + 1 is missing", "111"),
        ("year(nil) is missing and hour(nil) is missing and date(nil) is missing", "111"),
    ]);
}

#[test]
fn nan_is_equal_to_nothing() {
    holds(&[
        ("f = f", "100"),
        ("f <> f", "010"),
        ("f > 1", "100"),
        ("f <= 1 or f > 1", "100"),
        ("f not between 0 and 1", "110"),
        ("not f = g", "110"),
        ("f <> g", "110"),
        ("is_nan(f32)", "010"),
        ("not is_nan(i)", "110"),
        ("f = 1e999", "100"),
        ("f in (1, 2, 3, 4, 5, 6, 7, 8, 9e9)", "000"),
        ("f32 not in (1, 2, 3, 4, 5, 6, 7, 8, 0.1)", "010"),
    ]);
}

#[test]
fn words_of_a_set_and_nothing_at_all() {
    holds(&[
        ("cat = 'a'", "100"),
        ("cat < 'b'", "100"),
        ("cat = s", "100"),
        ("cat in ('a', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j')", "100"),
        ("cat not in ('a', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j')", "010"),
        ("coalesce(cat, s, 'z') = 'z'", "001"),
        ("s like '\\%%'", "000"),
        ("s contains '%'", "010"),
        ("s contains s", "110"),
        ("list is missing", "001"),
        ("nil is missing", "111"),
        ("nil = nil or nil <> 1", "000"),
        ("coalesce(nil, 's') = 's'", "111"),
        ("if(nil, 1, 2) = 2", "111"),
    ]);
    for text in ["list = 1", "length(list) = 1", "if(b, s, 1) = 'a'", "day = 2026-11-01", "b = 1", "dur = '1h'"] {
        assert!(verdicts(text, &exact()).starts_with("error"), "{text}");
    }
}

#[test]
fn frames_of_any_height() {
    let mask = |text: &str, frame: &DataFrame| mask(&parse(text).unwrap(), frame).unwrap().len();
    for height in [0, 1, 3] {
        let part = exact().head(Some(height));
        assert_eq!(mask("i = 1 or s = 'a'", &part), height);
        assert_eq!(mask("1 = 1", &part), height);
    }
    assert_eq!(mask("1 = 1", &DataFrame::empty_with_height(5)), 5);
}

#[test]
fn a_value_becomes_a_column() {
    let column = value(&parse("i * 2 + 1").unwrap(), "twice", &exact()).unwrap();
    assert_eq!(column.name().as_str(), "twice");
    let cells: Vec<_> = (0..3).map(|i| crate::data::cell_of(&column, i).plain()).collect();
    assert_eq!(cells, ["3", "-13", ""]);
    assert_eq!(value(&parse("'x'").unwrap(), "x", &exact()).unwrap().len(), 3);
}

#[test]
fn long_and_deep_conditions_fit_on_the_stack() {
    let frame = exact();
    let many: Vec<String> = (0..900).map(|n| format!("i = {n}")).collect();
    assert_eq!(verdicts(&many.join(" or "), &frame), "100");
    let list: Vec<String> = (0..9_000).map(|n| n.to_string()).collect();
    assert_eq!(verdicts(&format!("i in ({})", list.join(", ")), &frame), "100");
    assert_eq!(verdicts(&format!("f in ({})", list.join(", ")), &frame), "000");
    let mut deepest = None;
    for depth in 1..200 {
        let text = format!("{}i = 1{}", "if(true, ".repeat(depth), ", false)".repeat(depth));
        match parse(&text) {
            Ok(_) => deepest = Some(text),
            Err(_) => break,
        }
    }
    assert_eq!(verdicts(&deepest.unwrap(), &frame), "100");
    let mut longest = None;
    for terms in 1..2_000 {
        let text = format!("i{} > 0", " + 1".repeat(terms));
        match parse(&text) {
            Ok(_) => longest = Some(text),
            Err(_) => break,
        }
    }
    assert_eq!(verdicts(&longest.unwrap(), &frame), "110");
}

#[test]
fn every_function_gives_what_its_example_says() {
    let frame = DataFrame::new(1, vec![Column::new("a".into(), [1i64])]).unwrap();
    for named in Function::ALL {
        let same = format!("{} = {}", named.example, named.gives);
        assert_eq!(verdicts(&same, &frame), "1", "{same}");
        let other = format!("{} <> {}", named.example, named.gives);
        assert_eq!(verdicts(&other, &frame), "0", "{other}");
    }
}

mod random {
    use super::*;
    use crate::sql::expr::Pattern;
    use proptest::prelude::*;

    fn expr() -> impl Strategy<Value = Expr> {
        let columns: Vec<String> = schema_of(&exact()).columns().iter().map(|c| c.name.clone()).collect();
        let literals = [
            "0",
            "-7",
            "1.25",
            "1e999",
            "'a'",
            "'2026-11-01'",
            "'PT1S'",
            "'01:00'",
            "true",
            "null",
            "99999999999999999999",
        ];
        let leaf = prop_oneof![
            3 => prop::sample::select(columns).prop_map(Expr::Column),
            1 => prop::sample::select(literals.to_vec()).prop_map(|t| parse(t).unwrap()),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            let b = || inner.clone().prop_map(Box::new);
            let op = prop::sample::select(vec![
                Binary::Or, Binary::And, Binary::Eq, Binary::Ne, Binary::Lt, Binary::Ge, Binary::Add, Binary::Sub,
                Binary::Mul, Binary::Div, Binary::Rem, Binary::Concat,
            ]);
            let pattern = prop::sample::select(vec![Pattern::Like, Pattern::Contains, Pattern::Starts, Pattern::Matches]);
            let function = prop::sample::select(Function::ALL.to_vec());
            prop_oneof![
                1 => b().prop_map(Expr::Not),
                1 => b().prop_map(Expr::Negative),
                6 => (op, b(), b()).prop_map(|(o, x, y)| Expr::Binary(o, x, y)),
                1 => (b(), any::<bool>()).prop_map(|(e, n)| Expr::Missing(e, n)),
                1 => (b(), prop::collection::vec(inner.clone(), 1..10), any::<bool>()).prop_map(|(e, l, n)| Expr::In(e, l, n)),
                1 => (b(), b(), b(), any::<bool>()).prop_map(|(e, x, y, n)| Expr::Between(e, x, y, n)),
                1 => (pattern, b(), b(), any::<bool>()).prop_map(|(p, x, y, n)| Expr::Match(p, x, y, n)),
                4 => (function, prop::collection::vec(inner, 3)).prop_map(|(named, mut l)| {
                    l.truncate(named.most);
                    Expr::Call(named.function, l)
                }),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn what_is_found_good_can_be_carried_out(e in expr()) {
            let frame = exact();
            let condition = check(&e, &schema_of(&frame)).is_ok();
            match mask(&e, &frame) {
                Ok(m) => prop_assert!(condition && m.len() == 3 && m.null_count() == 0),
                Err(error) => prop_assert!(!condition && error.message.id != "error-data", "{}: {}", e, error),
            }
            if let Err(error) = value(&e, "v", &frame) {
                prop_assert!(error.message.id != "error-data", "{}: {}", e, error);
            }
        }

        #[test]
        fn a_condition_its_opposite_and_the_unknown_share_out_the_rows(e in expr()) {
            let frame = exact();
            if check(&e, &schema_of(&frame)).is_ok() {
                let not = Expr::Not(Box::new(e.clone()));
                let unknown = Expr::Missing(Box::new(e.clone()), false);
                let (yes, no, unknown) = (mask(&e, &frame).unwrap(), mask(&not, &frame).unwrap(), mask(&unknown, &frame).unwrap());
                for row in 0..3 {
                    let of = |m: &BooleanChunked| usize::from(m.get(row) == Some(true));
                    prop_assert_eq!(of(&yes) + of(&no) + of(&unknown), 1, "{}", &e);
                }
            }
        }
    }
}
