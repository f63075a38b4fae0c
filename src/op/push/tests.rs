//! What is pushed and what is not, by the text of the query; that the answers are the same is shown on a real server.

use super::condition;
use crate::sql::{Aggregate, Dialect, Nature, Order, Relation, Term, expr, text};
use crate::value::{Column, Kind, Schema};

fn schema() -> Schema {
    let column = |name: &str, kind| Column { name: name.into(), kind };
    Schema::new(vec![
        column("n", Kind::Integer),
        column("x", Kind::Float),
        column("price", Kind::Decimal(2)),
        column("name", Kind::Text),
        column("ok", Kind::Boolean),
        column("day", Kind::Date),
        column("at", Kind::DateTime(None)),
        column("stamp", Kind::DateTime(Some("Asia/Tokyo".into()))),
        column("a \"b\" c", Kind::Integer),
    ])
}

fn pushed(text: &str, dialect: Dialect) -> Option<String> {
    let term = condition(&expr::parse(text).unwrap(), &schema()).ok()?;
    text::term(&term, dialect).ok()
}

#[test]
fn conditions_say_the_same_over_there() {
    let nan = "cast('NaN' as double precision)";
    for (condition, want) in [
        ("n = 5", "\"n\" = 5".to_owned()),
        ("5 < n", "\"n\" > 5".to_owned()),
        ("n >= -5", "\"n\" >= (-5)".to_owned()),
        ("\"a \"\"b\"\" c\" = 1", "\"a \"\"b\"\" c\" = 1".to_owned()),
        ("name = 'O''Neil \\ 東京'", "\"name\" = 'O''Neil \\ 東京'".to_owned()),
        ("name < 'b'", "\"name\" collate \"C\" < 'b'".to_owned()),
        ("name contains '%'", "position('%' in \"name\") > 0".to_owned()),
        ("name starts with '東京'", "left(\"name\", 2) = '東京'".to_owned()),
        ("price = 1.5", "\"price\" = cast('1.5' as numeric)".to_owned()),
        ("ok", "\"ok\"".to_owned()),
        ("not ok and n is missing", "(not \"ok\") and (\"n\" is null)".to_owned()),
        ("x > 1", format!("(\"x\" > cast('1e0' as double precision)) and (not (\"x\" = {nan}))")),
        ("x <> 1", format!("(\"x\" <> cast('1e0' as double precision)) or (\"x\" = {nan})")),
        ("x = 0.1", format!("(\"x\" = '0.1') and (not (\"x\" = {nan}))")),
        ("day = '2026-11-01'", "\"day\" = date '2026-11-01'".to_owned()),
        // Values that have no place here are found as they are there.
        ("at < '2026-11-01 09:30'", "\"at\" < timestamp '2026-11-01 09:30:00.000000'".to_owned()),
        ("not (price > 1.5 or ok)", "(\"price\" <= cast('1.5' as numeric)) and (not \"ok\")".to_owned()),
        ("day is missing", "\"day\" is null".to_owned()),
        // Nine hours east of UTC.
        (
            "stamp >= '2026-11-01'",
            "\"stamp\" >= cast('2026-10-31 15:00:00.000000+00' as timestamp with time zone)".to_owned(),
        ),
        ("n in (1, 2)", "\"n\" in (1, 2)".to_owned()),
        ("n between 1 and 2 or n = 3", "((\"n\" >= 1) and (\"n\" <= 2)) or (\"n\" = 3)".to_owned()),
    ] {
        assert_eq!(pushed(condition, Dialect::Postgres), Some(want), "{condition}");
    }
}

#[test]
fn what_would_not_mean_the_same_stays_here() {
    for condition in [
        "lower(name) = 'a'",
        "name like 'a%'",
        "n + 1 = 2",
        "x = x",
        "price = 1.555",
        "n = 1.5",
        "n = 99999999999999999999999",
        "at = '2026-11-01T00:00:00.000000001'",
        "n in (1, null)",
    ] {
        assert_eq!(pushed(condition, Dialect::Postgres), None, "{condition}");
    }
}

#[test]
fn constants_are_written_as_each_engine_reads_them() {
    let all = |condition: &str| Dialect::ALL.map(|d| pushed(condition, d).unwrap());
    assert_eq!(
        all("name = 'a\\''b'"),
        ["\"name\" = 'a\\''b'", "\"name\" = 'a\\\\''b'", "`name` = 'a\\\\\\'b'", "\"name\" = 'a\\''b'"]
    );
    assert_eq!(
        all("stamp = '2026-11-01T00:00:00Z'")[2..],
        [
            "`stamp` = timestamp '2026-11-01 00:00:00.000000+00:00'",
            "\"stamp\" = timestamp '2026-11-01 00:00:00.000000 UTC'",
        ]
    );
}

#[test]
fn operations_are_nested_where_their_order_matters() {
    let base = || Relation::Table(vec!["mart".into(), "v".into()]);
    let is = |text: &str| condition(&expr::parse(text).unwrap(), &schema()).unwrap();
    let by = |name: &str| Order { column: name.into(), descending: true, nature: Nature::Plain };
    let written = |r: &Relation| text::query(r, Dialect::Postgres).unwrap().replace('\n', " ");
    assert_eq!(
        written(&base().filter(is("n = 1")).filter(is("ok")).sort(vec![by("n")]).limit(5, 10)),
        "select * from \"mart\".\"v\" where (\"n\" = 1) and \"ok\" order by \"n\" desc nulls last limit 5 offset 10"
    );
    // The rows cut are those before the condition, and stay in their order.
    assert_eq!(
        written(&base().sort(vec![by("n")]).limit(5, 0).filter(is("ok"))),
        "select * from ( select * from \"mart\".\"v\" order by \"n\" desc nulls last limit 5 ) t \
         where \"ok\" order by \"n\" desc nulls last"
    );
    // A later order comes before an earlier one.
    assert_eq!(
        written(&base().sort(vec![by("n")]).sort(vec![by("day")])),
        "select * from \"mart\".\"v\" order by \"day\" desc nulls last, \"n\" desc nulls last"
    );
    let grouped = base().group(vec!["name".into()], vec![("c".into(), Aggregate::Sum(Term::column("n")))]);
    assert_eq!(
        written(&grouped.sort(vec![by("c")]).limit(3, 0)),
        "select * from ( select \"name\", coalesce(sum(\"n\"), 0) as \"c\" from \"mart\".\"v\" group by 1 ) t \
         order by \"c\" desc nulls last limit 3"
    );
    // A comment at the end of a person's query does not reach beyond it.
    assert_eq!(
        text::query(&Relation::Query("select 1 -- one\n;".into()).limit(1, 0), Dialect::Postgres).unwrap(),
        "select *\nfrom (\nselect 1 -- one\n) t\nlimit 1"
    );
}

/// The text of an expression's value there, of columns of 64 bits.
fn value(text: &str, dialect: Dialect) -> Option<String> {
    use polars::prelude::{DataType, TimeUnit};
    let zone = polars::prelude::TimeZone::opt_try_new(Some("Asia/Tokyo")).unwrap();
    let types = [
        DataType::Int64,
        DataType::Float64,
        DataType::Decimal(38, 2),
        DataType::String,
        DataType::Boolean,
        DataType::Date,
        DataType::Datetime(TimeUnit::Microseconds, None),
        DataType::Datetime(TimeUnit::Microseconds, zone),
        DataType::Int64,
    ];
    let (schema, expression) = (schema(), expr::parse(text).unwrap());
    let value = super::Translation { schema: &schema, types: Some(&types) }.value(&expression).ok()?;
    crate::sql::text::term(&value.term, dialect).ok()
}

#[test]
fn values_are_written_as_each_engine_reads_them() {
    let all = |text: &str| Dialect::ALL.map(|d| value(text, d).unwrap_or_default());
    assert_eq!(
        all("n * 2"),
        [
            "(cast(\"n\" as numeric) * 2)",
            "(cast(\"n\" as decimal(38, 0)) * 2)",
            "(cast(`n` as bignumeric) * 2)",
            "(cast(\"n\" as decimal(38, 0)) * 2)",
        ]
    );
    assert_eq!(
        all("length(name) / 4"),
        [
            "(cast(length(\"name\") as double precision) / cast('4e0' as double precision))",
            "(cast(length(\"name\") as double precision) / cast('4e0' as double precision))",
            "(cast(length(`name`) as float64) / 4e0)",
            "(cast(length(\"name\") as double) / 4e0)",
        ]
    );
    assert_eq!(
        all("date_trunc('week', at)").map(|t| t.contains("isoweek") || t.contains("date_trunc('week'")),
        [true; 4]
    );
    assert_eq!(all("split_part(name, '/', 2)")[2], "coalesce(split(`name`, '/')[safe_ordinal(2)], left(`name`, 0))");
    assert_eq!(all("weekday(day)").map(|t| t.contains("+ 6, 7) + 1")), [false, true, false, false]);
    // What another engine cannot do exactly it is not asked for.
    assert_eq!(all("week(day)")[1], "");
    for text in ["x * x", "1 / x", "round(x, 2)", "lower(name)", "n * n * n", "text(x)", "hour(day)"] {
        assert_eq!(value(text, Dialect::Postgres), None, "{text}");
    }
    // It grows too large from this number on, and no later.
    let grown = value("x * 1.1", Dialect::Postgres).unwrap();
    let most =
        grown.split("<= cast('").nth(1).or(grown.split("<= cast(cast('").nth(1)).and_then(|t| t.split('\'').next());
    let most: f64 = most.unwrap().parse().unwrap();
    assert!((most * 1.1).is_finite() && (most.next_up() * 1.1).is_infinite());
}

#[test]
fn columns_are_made_last_and_orders_are_kept() {
    let base = || Relation::Table(vec!["v".into()]);
    let by = |name: &str| Order { column: name.into(), descending: false, nature: Nature::Plain };
    let written = |r: &Relation| text::query(r, Dialect::Postgres).unwrap().replace('\n', " ");
    let twice = |name: &str| Term::Times(Box::new(Term::column(name)), Box::new(Term::int(2)));
    let made = || vec![("a".to_owned(), Term::column("n")), ("b".to_owned(), twice("n"))];
    let is =
        |name: &str| Term::Compare(crate::sql::Comparison::Eq, Box::new(Term::column(name)), Box::new(Term::int(4)));
    assert_eq!(
        written(&base().sort(vec![by("m")]).select(made()).filter(is("b")).limit(3, 0)),
        "select \"n\" as \"a\", (\"n\" * 2) as \"b\" from \"v\" where ((\"n\" * 2) = 4) order by \"m\" asc nulls last limit 3"
    );
    // An order by what is computed, before that by a column that is gone.
    assert_eq!(
        written(&base().sort(vec![by("m")]).select(made()).sort(vec![by("b")])),
        "select \"a\", \"b\" from ( select \"n\" as \"a\", (\"n\" * 2) as \"b\", \"m\" as \"mekiki_k2\" from \"v\" ) t \
         order by \"b\" asc nulls last, \"mekiki_k2\" asc nulls last"
    );
    // A column that has the name of the one it is ordered by.
    assert_eq!(
        written(&base().sort(vec![by("n")]).select(vec![("n".to_owned(), twice("n"))])),
        "select (\"n\" * 2) as \"n\" from ( select * from \"v\" ) t order by t.\"n\" asc nulls last"
    );
}
