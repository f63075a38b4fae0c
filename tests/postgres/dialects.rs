//! The text of queries for engines that cannot be had here is read by a parser of their language.

use mekiki::sql::{
    Aggregate, Call, Comparison, Constant, Dialect, Nature, Order, Part, Range, Relation, Term, Type, text,
};
use sqlparser::dialect::{BigQueryDialect, Dialect as Parsed, GenericDialect, PostgreSqlDialect, RedshiftSqlDialect};
use sqlparser::parser::Parser;

/// Terms of every sort, of constants of every sort.
fn terms() -> Vec<Term> {
    let column = |name: &str| Box::new(Term::column(name));
    let text = "it's \"a\" `b` \\ 東京\n%";
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
    let at = day.and_hms_micro_opt(9, 30, 0, 1).unwrap();
    let constants = [
        Constant::Bool(true),
        Constant::Int(-5),
        Constant::Float(-1.5e300),
        Constant::Decimal("-1.50".to_owned()),
        Constant::Text(text.to_owned()),
        Constant::Date(day),
        Constant::Local(at),
        Constant::Instant(at),
        Constant::Clock(at.time()),
    ];
    let mut terms: Vec<Term> = constants
        .into_iter()
        .map(|c| Term::Compare(Comparison::Ge, column("a \"b\" 'c'"), Box::new(Term::Constant(c))))
        .collect();
    let constant = || Box::new(Term::Constant(Constant::Text(text.to_owned())));
    let held = |name: &str, range| Term::Missing(Box::new(Term::Held(column(name), name.to_owned(), range)));
    terms.extend([
        Term::CompareText(Comparison::Lt, column("t"), constant()),
        Term::Within(column("t"), vec![Constant::Text(text.to_owned()), Constant::Text(String::new())]),
        Term::Not(Box::new(Term::Missing(column("select")))),
        Term::NotANumber(column("x")),
        Term::All(vec![Term::Missing(column("d")), held("d", Range::Moment)]),
        Term::Not(Box::new(Term::All(vec![Term::Missing(column("p")), held("p", Range::Decimal(2))]))),
        Term::Contains(column("t"), text.to_owned()),
        Term::Starts(column("t"), text.to_owned()),
        Term::Ends(column("t"), text.to_owned()),
        Term::Any(vec![Term::All(Vec::new()), Term::Any(Vec::new())]),
    ]);
    let below = |term: Term| Term::Compare(Comparison::Lt, Box::new(term), Box::new(Term::Constant(Constant::Int(5))));
    let local = Term::Local(column("stamp"), "Asia/Tokyo".to_owned());
    terms.extend([
        below(Term::call(Call::Floor, [*column("x")])),
        below(Term::Seconds(column("day"), Range::Moment)),
        below(Term::Seconds(Box::new(local.clone()), Range::Moment)),
        below(Term::Lot(vec![Term::column("a \"b\" 'c'"), Term::column("x")], u64::MAX)),
        Term::Compare(
            Comparison::Eq,
            Box::new(Term::Cast(Box::new(local), Type::Date)),
            Box::new(Term::Constant(Constant::Date(day))),
        ),
    ]);
    terms
}

/// A call of every function, with values of the types it takes, and a value of every type.
fn calls() -> Vec<Term> {
    let column = |name: &str| Term::column(name);
    let text = |t: &str| Term::Constant(Constant::Text(t.to_owned()));
    let two = [Call::Add, Call::Divide, Call::Remainder, Call::Join];
    let one = [
        Call::Abs,
        Call::Floor,
        Call::Ceil,
        Call::Sqrt,
        Call::Length,
        Call::Trim,
        Call::CodePoints,
        Call::Truncate("week"),
        Call::Truncate("month"),
        Call::AtZone("Asia/Tokyo"),
        Call::Days,
        Call::LocalMicros,
        Call::InstantMicros,
        Call::ClockMicros,
    ];
    let parts = [
        Part::Year,
        Part::Quarter,
        Part::Month,
        Part::Week,
        Part::Day,
        Part::Weekday,
        Part::Hour,
        Part::Minute,
        Part::Second,
    ];
    let types = [
        Type::Boolean,
        Type::Small,
        Type::Integer,
        Type::Whole,
        Type::Wide,
        Type::Real,
        Type::Decimal(2),
        Type::Text,
        Type::Date,
        Type::Local,
        Type::Instant,
        Type::Clock,
    ];
    let mut all: Vec<Term> = two.into_iter().map(|c| Term::call(c, [column("a"), column("b")])).collect();
    all.extend(one.into_iter().map(|c| Term::call(c, [column("a")])));
    all.extend(parts.into_iter().map(|p| Term::call(Call::Part(p), [column("a")])));
    all.extend(types.into_iter().map(|t| Term::Cast(Box::new(column("a")), t)));
    all.push(Term::call(Call::Replace, [column("a"), text("it's"), text("\\")]));
    all.push(Term::call(Call::Translate, [column("a"), text("AB"), text("ab")]));
    all.push(Term::call(Call::Substring, [column("a"), Term::int(2), Term::int(3)]));
    all.push(Term::call(Call::Piece, [column("a"), text("/"), Term::int(2)]));
    all
}

#[test]
fn every_query_is_one_statement_of_its_language() {
    let parsers: [(Dialect, Box<dyn Parsed>); 4] = [
        (Dialect::Postgres, Box::new(PostgreSqlDialect {})),
        (Dialect::Redshift, Box::new(RedshiftSqlDialect {})),
        (Dialect::BigQuery, Box::new(BigQueryDialect)),
        (Dialect::Trino, Box::new(GenericDialect {})),
    ];
    let table = || Relation::Table(vec!["mart 'x'".to_owned(), "v\"daily".to_owned()]);
    let by = |column: &str, nature| Order { column: column.to_owned(), descending: true, nature };
    let x = || Term::Real(Box::new(Term::column("x").without_nan()));
    let mut relations: Vec<Relation> = terms().into_iter().map(|t| table().filter(t)).collect();
    let nth = Term::Nth(Box::new(Term::column("t")), Some(Box::new(Term::column("x"))));
    relations.push(table().select(vec![("nth".to_owned(), nth)]));
    relations.push(
        table()
            .sort(vec![by("t", Nature::Text), by("x", Nature::Float)])
            .limit(5, 10)
            .filter(Term::Missing(Box::new(Term::column("t")))),
    );
    relations.push(
        table()
            .select(vec![("n".to_owned(), Term::Text(Box::new(Term::column("n"))))])
            .group(
                vec!["t".to_owned()],
                vec![
                    ("c".to_owned(), Aggregate::Count),
                    ("d".to_owned(), Aggregate::Distinct(Term::column("n"))),
                    ("s".to_owned(), Aggregate::Sum(x())),
                    ("m".to_owned(), Aggregate::Mean(Term::column("ok").as_number())),
                    ("hi".to_owned(), Aggregate::Max(x())),
                ],
            )
            .sort(vec![by("s", Nature::Float)])
            .limit(3, 0),
    );
    relations.push(
        table()
            .sort(vec![by("t", Nature::Text)])
            .select(vec![("t".to_owned(), Term::column("x")), ("x".to_owned(), Term::column("t"))])
            .numbered("row")
            .filter(Term::Missing(Box::new(Term::column("row")))),
    );
    relations.extend(cleanings());
    let ours = relations.len();
    relations.extend(calls().into_iter().map(|t| table().select(vec![("v".to_owned(), t)])));
    for (dialect, parser) in &parsers {
        assert!(relations[..ours].iter().all(|r| text::query(r, *dialect).is_ok()));
        assert!(*dialect != Dialect::Postgres || relations.iter().all(|r| text::query(r, *dialect).is_ok()));
        for relation in relations.iter().filter(|r| text::query(r, *dialect).is_ok()) {
            let sql = text::query(relation, *dialect).unwrap_or_else(|why| panic!("{why}"));
            let read = Parser::parse_sql(parser.as_ref(), &sql);
            assert!(read.as_ref().is_ok_and(|s| s.len() == 1), "{dialect:?}: {read:?}\n{sql}");
        }
    }
    for (dialect, parser) in &parsers {
        let sql = text::view("mart.\"日次 a.b\"", &relations[0], *dialect).unwrap();
        let read = Parser::parse_sql(parser.as_ref(), &sql);
        assert!(read.as_ref().is_ok_and(|s| s.len() == 1), "{dialect:?}: {read:?}\n{sql}");
        let name = dialect.table(&["mart".to_owned(), "日次 a.b".to_owned()]);
        assert!(sql.starts_with(&format!("create view {name} as\nselect")), "{sql}");
    }
    assert!(text::view("mart.", &relations[0], Dialect::Postgres).is_err());
    let quantile = table().group(Vec::new(), vec![("q".to_owned(), Aggregate::Quantile(x(), 0.5))]);
    for (dialect, exact) in parsers.iter().map(|(d, _)| d).zip([true, true, false, false]) {
        assert_eq!(text::query(&quantile, *dialect).is_ok(), exact, "{dialect:?}");
    }
}

/// What cleaning asks, and what it leaves.
fn cleanings() -> Vec<Relation> {
    let table = || Relation::Table(vec!["mart".to_owned(), "v".to_owned()]);
    let column = |name: &str| Box::new(Term::column(name));
    let trimmed = || Box::new(Term::call(Call::Trim, [*column("t")]));
    let hash = |names: &[&str]| Term::Hash(names.iter().map(|n| Term::Text(column(n))).collect());
    let order = Order { column: "n".to_owned(), descending: false, nature: Nature::Plain };
    let asked = vec![
        ("a".to_owned(), Aggregate::Varied(Term::column("t"))),
        ("b".to_owned(), Aggregate::WideSum(hash(&["t"]))),
        ("c".to_owned(), Aggregate::Present(Term::Differ(Nature::Text, column("t"), column("u")))),
        ("d".to_owned(), Aggregate::Present(Term::Matches(trimmed(), "^-?[0-9]{1,18}([.][0-9]*)?$".to_owned()))),
    ];
    let drawn = Term::call(Call::Remainder, [hash(&["t", "n"]), Term::int(7)]);
    let zero = Box::new(Term::Constant(Constant::Int(0)));
    let masked = Term::call(
        Call::Join,
        [
            Term::call(Call::Substring, [*column("t"), Term::int(1), Term::int(1)]),
            Term::Constant(Constant::Text("***".to_owned())),
        ],
    );
    vec![
        table().group(Vec::new(), asked),
        table().filter(Term::Compare(Comparison::Eq, Box::new(drawn), zero)),
        table().columns(["t", "n"]).distinct().sort(vec![order.clone()]),
        table().columns(["t"]).distinct().group(Vec::new(), vec![("n".to_owned(), Aggregate::Count)]),
        table().sort(vec![order]).limit(9, 0).firsts(vec![Term::column("t"), Term::Hex(column("b"))]).columns(["t"]),
        table().distinct().select(vec![
            ("low".to_owned(), Term::Lower(trimmed())),
            ("ascii".to_owned(), Term::LowerAscii(trimmed())),
            ("masked".to_owned(), masked),
            ("n".to_owned(), Term::Cast(trimmed(), Type::Whole)),
            ("day".to_owned(), Term::Cast(trimmed(), Type::Date)),
            ("p".to_owned(), Term::Rounded(column("p"), 2)),
        ]),
    ]
}

#[test]
fn the_queries_of_a_cleaning_read_as_a_person_would_write_them() {
    let table = || Relation::Table(vec!["mart".to_owned(), "v".to_owned()]);
    let by = |column: &str| Order { column: column.to_owned(), descending: true, nature: Nature::Plain };
    let all = |relation: &Relation| Dialect::ALL.map(|d| text::query(relation, d).unwrap().replace('\n', " "));
    let quoted = |text: &str| [text, text, &text.replace('"', "`"), text].map(str::to_owned);
    assert_eq!(
        all(&table().columns(["a", "b"]).distinct()),
        quoted("select distinct \"a\", \"b\" from \"mart\".\"v\"")
    );
    assert_eq!(
        all(&table().sort(vec![by("at")]).firsts(vec![Term::column("id")]).columns(["id", "at"])),
        quoted(
            "select \"id\", \"at\" from ( select *, row_number() over (partition by \"id\" order by \"at\" desc nulls last) \
             as \"mekiki_row\" from \"mart\".\"v\" ) t where \"mekiki_row\" = 1 order by \"at\" desc nulls last"
        )
    );
    let sum = Aggregate::WideSum(Term::Hash(vec![Term::column("a")]));
    assert_eq!(
        all(&table().group(Vec::new(), vec![("s".to_owned(), sum)])),
        [
            "select coalesce(sum(hashtextextended(\"a\", 0)), 0) as \"s\" from \"mart\".\"v\"",
            "select coalesce(sum(fnv_hash(\"a\")), 0) as \"s\" from \"mart\".\"v\"",
            "select coalesce(sum(cast(farm_fingerprint(`a`) as numeric)), 0) as `s` from `mart`.`v`",
            "select coalesce(sum(cast(from_big_endian_64(xxhash64(to_utf8(\"a\"))) as decimal(38, 0))), 0) as \"s\" \
             from \"mart\".\"v\"",
        ]
    );
}
