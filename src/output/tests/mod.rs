//! Each format read back by means that are not ours, and targets that fail.

mod formats;
#[cfg(unix)]
mod targets;

use std::path::{Path, PathBuf};

use polars::prelude::{
    Categories, Column, DataFrame, DataType, FrozenCategories, Int64Chunked, IntoColumn as _, IntoSeries as _,
    IpcReader, NamedFrom as _, ParquetReader, SerReader as _, Series, StructChunked, TimeUnit, TimeZone,
};

use super::*;
use crate::data::{Part, Table, schema_of};
use crate::error::{Error, ErrorKind};
use crate::value::Schema as Columns;

fn names_of(frame: &DataFrame) -> Vec<&str> {
    frame.get_column_names().into_iter().map(|n| n.as_str()).collect()
}

/// Texts that try to break out of their cell.
const HOSTILE: [&str; 12] = [
    "",
    "a,b\tc",
    "say \"hi\"",
    "line\nbreak\r\nand\rmore",
    "=1+1",
    "@SUM(A1)",
    "+81-90",
    "日本酒｜純米 🍶",
    "\u{1b}[31mred\u{0}\u{7}",
    "a|b\\|c <img src=x> `x` *b* [l](u)",
    "_x0041_ \u{202e}rtl\u{feff}",
    " padded ",
];

/// A column of every kind, `HOSTILE.len()` rows, with missing values.
fn everything() -> DataFrame {
    let n = HOSTILE.len();
    let text = Column::new("text".into(), HOSTILE);
    let with_null = |v: Vec<Option<i64>>| -> Vec<Option<i64>> { v.into_iter().cycle().take(n).collect() };
    let big = with_null(vec![Some(i64::MIN), Some(9_007_199_254_740_993), None, Some(0), Some(-7), Some(i64::MAX)]);
    let days = with_null(vec![Some(0), Some(-719_529), None, Some(2_932_897), Some(19_723), Some(-1)]);
    let instants = with_null(vec![
        Some(0),
        Some(-1),
        None,
        Some(1_700_000_000_123_456),
        Some(-62_167_219_200_000_001),
        Some(1_710_054_000_000_000),
        Some(9_223_372_036_854_775),
    ]);
    let stamp = |name: &str, unit, zone: Option<&str>| {
        Int64Chunked::new(name.into(), &instants)
            .into_series()
            .cast(&DataType::Datetime(unit, TimeZone::opt_try_new(zone).unwrap()))
            .unwrap()
            .into_column()
    };
    let floats: Vec<Option<f64>> = [
        Some(0.1),
        Some(-0.0),
        None,
        Some(f64::NAN),
        Some(f64::INFINITY),
        Some(f64::NEG_INFINITY),
        Some(1e300),
        Some(5e-324),
        Some(123_456.75),
        Some(1e15),
        Some(1e16),
        Some(-3.0),
    ]
    .to_vec();
    let singles: Vec<Option<f32>> = floats.iter().map(|v| v.map(|v| v as f32)).collect();
    let lists: Vec<Option<Series>> = (0..n)
        .map(|i| (i % 3 != 0).then(|| Series::new("".into(), vec![Some(i as f64), None, Some(f64::NAN)])))
        .collect();
    let fields = [Series::new("名".into(), HOSTILE), Series::new("v".into(), (0..n as i64).collect::<Vec<_>>())];
    let columns = vec![
        text.clone(),
        Column::new("int".into(), &big),
        Column::new("small".into(), (0..n).map(|i| i as i8 - 5).collect::<Vec<_>>()),
        Column::new("unsigned".into(), (0..n).map(|i| u64::MAX - i as u64).collect::<Vec<_>>()),
        Column::new("huge".into(), (0..n).map(|i| i128::from(i64::MAX) * (i as i128 + 1)).collect::<Vec<_>>()),
        Column::new("float".into(), &floats),
        Column::new("single".into(), &singles),
        Column::new("bool".into(), (0..n).map(|i| [Some(true), Some(false), None][i % 3]).collect::<Vec<_>>()),
        text.cast(&DataType::from_categories(Categories::global())).unwrap().with_name("category".into()),
        Int64Chunked::new("date".into(), &days)
            .into_series()
            .cast(&DataType::Int32)
            .unwrap()
            .cast(&DataType::Date)
            .unwrap()
            .into_column(),
        stamp("local_ms", TimeUnit::Milliseconds, None),
        stamp("local_us", TimeUnit::Microseconds, None),
        stamp("local_ns", TimeUnit::Nanoseconds, None),
        stamp("utc", TimeUnit::Microseconds, Some("UTC")),
        stamp("tokyo", TimeUnit::Microseconds, Some("Asia/Tokyo")),
        stamp("new_york", TimeUnit::Microseconds, Some("America/New_York")),
        stamp("kathmandu", TimeUnit::Milliseconds, Some("Asia/Kathmandu")),
        Int64Chunked::new(
            "time".into(),
            with_null(vec![Some(0), Some(86_399_999_999_999), None, Some(3_600_000_000_000), Some(1_500_000_000)]),
        )
        .into_series()
        .cast(&DataType::Time)
        .unwrap()
        .into_column(),
        Int64Chunked::new("duration".into(), with_null(vec![Some(0), Some(-61_000), None, Some(90_061_000)]))
            .into_series()
            .cast(&DataType::Duration(TimeUnit::Milliseconds))
            .unwrap()
            .into_column(),
        Column::new("decimal".into(), (0..n as i64).map(|i| i * 1001 - 5000).collect::<Vec<_>>())
            .cast(&DataType::Decimal(20, 3))
            .unwrap(),
        Column::new("binary".into(), (0..n).map(|i| (i != 1).then(|| vec![i as u8, 255, b'"'])).collect::<Vec<_>>()),
        Column::new("list".into(), lists),
        StructChunked::from_series("struct".into(), n, fields.iter()).unwrap().into_series().into_column(),
        Column::full_null("empty".into(), n, &DataType::Null),
    ];
    DataFrame::new(n, columns).unwrap()
}

fn numbers(n: i64) -> Dataset {
    Dataset::from_frame(
        DataFrame::new(
            n as usize,
            vec![
                Column::new("n".into(), (0..n).collect::<Vec<_>>()),
                Column::new("t".into(), (0..n).map(|i| format!("行 {i}")).collect::<Vec<_>>()),
            ],
        )
        .unwrap(),
    )
}

fn file(folder: &tempfile::TempDir, name: &str) -> PathBuf {
    folder.path().join(name)
}

fn write(dataset: &Dataset, limit: Option<u64>, path: &Path, options: &WriteOptions) -> Result<Written> {
    write_dataset(dataset, limit, None, &Target::File(path.to_owned()), options, &Control::new())
}

/// Writes to a file of a new folder and gives its bytes.
fn written(dataset: &Dataset, limit: Option<u64>, options: &WriteOptions) -> (Vec<u8>, Written) {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "x");
    let done = write(dataset, limit, &path, options).unwrap_or_else(|e| panic!("{e:?}"));
    (std::fs::read(path).unwrap(), done)
}

fn text(dataset: &Dataset, options: &WriteOptions) -> String {
    String::from_utf8(written(dataset, None, options).0).unwrap()
}

/// The fields of RFC 4180 text, by the letter of its grammar; the flag says whether the field stood in quotes.
fn parse_csv(text: &str, delimiter: char) -> Vec<Vec<(String, bool)>> {
    let mut records = vec![];
    let mut record = vec![];
    let mut chars = text.chars().peekable();
    while chars.peek().is_some() {
        let mut field = String::new();
        let quoted = chars.next_if_eq(&'"').is_some();
        if quoted {
            loop {
                match chars.next().expect("a closing quote") {
                    '"' if chars.next_if_eq(&'"').is_some() => field.push('"'),
                    '"' => break,
                    c => field.push(c),
                }
            }
        } else {
            while let Some(c) = chars.next_if(|c| *c != delimiter && *c != '\n') {
                assert!(c != '"' && c != '\r', "a bare {c:?}");
                field.push(c);
            }
        }
        record.push((field, quoted));
        match chars.next() {
            Some('\n') => records.push(std::mem::take(&mut record)),
            Some(c) if c == delimiter => assert!(chars.peek().is_some(), "a record without its end"),
            other => panic!("{other:?} after a field"),
        }
    }
    assert!(record.is_empty(), "the last line has its end");
    records
}

/// A table whose later parts cannot be read.
struct Failing {
    schema: Columns,
}

impl Failing {
    fn dataset() -> Dataset {
        let frame = DataFrame::new(1, vec![Column::new("n".into(), [1i64])]).unwrap();
        Dataset::new(std::sync::Arc::new(Self { schema: schema_of(&frame) }))
    }
}

impl Table for Failing {
    fn schema(&self) -> &Columns {
        &self.schema
    }
    fn rows(&self) -> RowCount {
        RowCount::Exact(3000)
    }
    fn read(&self, _columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
        if start >= 1000 {
            return Err(Error::new(ErrorKind::Connect, Msg::new("error-interrupted")));
        }
        let rows: Vec<i64> = (start as i64..start as i64 + len as i64).collect();
        DataFrame::new(len, vec![Column::new("n".into(), rows)]).map_err(|e| Error::usage(Msg::new("x")).caused_by(e))
    }
    fn parts(&self, _control: &Control) -> Result<Vec<Part>> {
        Ok((0..3).map(|i| Part { start: i * 1000, len: 1000 }).collect())
    }
}
