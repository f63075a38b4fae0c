//! From the cells of a sheet to a table: where the header is, and what each column holds, losing nothing.

use std::collections::{BTreeMap, HashSet};

use calamine::Data;
use polars::prelude::{
    BooleanChunked, Column as PlColumn, DataFrame, DataType, Float64Chunked, Int64Chunked, IntoColumn as _,
    IntoSeries as _, NewChunkedArray as _, PlSmallStr, StringChunked, TimeUnit,
};

use super::Filled;
use crate::data::from_polars;
use crate::error::Result;
use crate::source::OpenOptions;
use crate::text::Msg;
use crate::value::{Cell, time};

/// Rows looked at to find the header.
const LOOKED: usize = 50;
const DAY_MS: i64 = 86_400_000;

/// A sheet as a table.
pub struct Built {
    /// The rows below the header.
    pub frame: DataFrame,
    /// What a person should know about it.
    pub notices: Vec<Msg>,
}

/// Makes a table of cells sorted by row and column.
pub fn build(cells: Vec<Filled>, options: &OpenOptions) -> Result<Built> {
    let mut rows: Vec<(u32, Vec<(u32, Data)>)> = Vec::new();
    for (row, column, data) in cells {
        match rows.last_mut() {
            Some((last, own)) if *last == row => own.push((column, data)),
            _ => rows.push((row, vec![(column, data)])),
        }
    }
    let mut notices = Vec::new();
    let start = table_start(&rows);
    let with_header = options.header.unwrap_or_else(|| rows.get(start).is_some_and(|(_, r)| is_header(r)));
    // A person who says there is a header means the first row of the table, not a title above it.
    let header = if with_header && start < rows.len() { Some(rows[start].clone()) } else { None };
    if start > 0 {
        let first = rows[0].1.first().map(|(_, d)| text_of(d)).unwrap_or_default();
        notices.push(Msg::new("notice-excel-preamble").with("count", start).with("text", first));
    }
    let body = &mut rows[start + usize::from(header.is_some())..];
    let above = header.as_ref().map(|(row, _)| *row);
    let gaps =
        body.iter().fold((0u32, above), |(gaps, last), (row, _)| (gaps + last.map_or(0, |l| row - l - 1), Some(*row)));
    if gaps.0 > 0 {
        notices.push(Msg::new("notice-excel-gaps").with("count", gaps.0));
    }
    let mut columns: BTreeMap<u32, Vec<(usize, Data)>> = BTreeMap::new();
    for (column, _) in header.iter().flat_map(|(_, r)| r) {
        columns.entry(*column).or_default();
    }
    let height = body.len();
    for (n, (_, row)) in body.iter_mut().enumerate() {
        for (column, data) in row.drain(..) {
            columns.entry(column).or_default().push((n, data));
        }
    }
    let names = names(&columns, header.as_ref().map(|(_, r)| r.as_slice()));
    let mut out = Vec::with_capacity(columns.len());
    let (mut errors, mut first_error, mut mixed) = (0u64, None, Vec::new());
    for ((_, mut cells), name) in columns.into_iter().zip(&names) {
        cells.retain(|(row, data)| match data {
            Data::Error(e) => {
                errors += 1;
                first_error.get_or_insert_with(|| (e.to_string(), name.clone(), *row + 1));
                false
            }
            _ => true,
        });
        let (column, is_mixed) = column(name, cells, height, options.all_text)?;
        if is_mixed {
            mixed.push(name.clone());
        }
        out.push(column);
    }
    if let Some((error, column, row)) = first_error {
        notices.push(
            Msg::new("notice-excel-errors")
                .with("count", errors)
                .with("error", error)
                .with("column", column)
                .with("row", row),
        );
    }
    if !mixed.is_empty() {
        notices.push(Msg::new("notice-excel-mixed").with("names", mixed.join(", ")));
    }
    Ok(Built { frame: DataFrame::new(height, out).map_err(from_polars)?, notices })
}

/// The first row that is as wide as a row of the table: titles above it fill one or two cells only.
fn table_start(rows: &[(u32, Vec<(u32, Data)>)]) -> usize {
    let looked = &rows[..rows.len().min(LOOKED)];
    let widest = looked.iter().map(|(_, r)| r.len()).max().unwrap_or(0);
    let enough = (widest * 3).div_ceil(5);
    looked.iter().position(|(_, r)| r.len() >= enough).unwrap_or(0)
}

/// Whether a row names columns: words only, or words and a rising run of years or days.
fn is_header(row: &[(u32, Data)]) -> bool {
    let mut words = 0;
    let mut last = f64::NEG_INFINITY;
    for (_, data) in row {
        let point = match data {
            Data::String(_) => {
                words += 1;
                continue;
            }
            Data::Int(v) if (1900..=2200).contains(v) => *v as f64,
            Data::Float(v) if v.fract() == 0.0 && (1900.0..=2200.0).contains(v) => *v,
            Data::DateTime(d) if d.is_datetime() => d.as_f64(),
            _ => return false,
        };
        if point <= last {
            return false;
        }
        last = point;
    }
    words > 0 && (words == row.len() || row.len() - words >= 2)
}

/// Names for all columns, each once: `name`, `name_2`; `column_3` where there is none.
fn names(columns: &BTreeMap<u32, Vec<(usize, Data)>>, header: Option<&[(u32, Data)]>) -> Vec<String> {
    let given: Vec<String> = columns
        .keys()
        .map(|c| {
            let cell = header.and_then(|h| h.iter().find(|(column, _)| column == c));
            // A line break inside a header cell is layout.
            cell.map(|(_, d)| text_of(d).split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default()
        })
        .collect();
    let mut taken: HashSet<String> = given.iter().filter(|n| !n.is_empty()).cloned().collect();
    let mut used: HashSet<String> = HashSet::new();
    given
        .into_iter()
        .enumerate()
        .map(|(i, name)| {
            let base = if name.is_empty() { format!("column_{}", i + 1) } else { name.clone() };
            let fresh = if name.is_empty() { !taken.contains(&base) } else { !used.contains(&base) };
            let chosen = if fresh {
                base
            } else {
                let mut n = 2;
                while taken.contains(&format!("{base}_{n}")) {
                    n += 1;
                }
                format!("{base}_{n}")
            };
            taken.insert(chosen.clone());
            used.insert(chosen.clone());
            chosen
        })
        .collect()
}

/// A cell's value in the form its column is built from.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Bool(bool),
    Number(f64),
    Integer(i64),
    Text(String),
    /// Milliseconds since 1970-01-01T00:00, of a day and time.
    Moment(i64),
    /// Milliseconds since midnight.
    Clock(i64),
    /// Milliseconds.
    Span(i64),
}

fn value_of(data: Data) -> Option<Value> {
    Some(match data {
        Data::Int(v) => Value::Integer(v),
        Data::Float(v) => Value::Number(v),
        Data::String(s) => Value::Text(s),
        Data::Bool(v) => Value::Bool(v),
        Data::DateTime(d) if d.is_duration() => Value::Span((d.as_f64() * DAY_MS as f64).round() as i64),
        Data::DateTime(d) => {
            let serial = d.as_f64();
            // Days of the calendar Excel knows; anything else is a number in a strange dress.
            if !(0.0..2_958_466.0).contains(&serial) {
                Value::Number(serial)
            } else if serial < 1.0 {
                Value::Clock(((serial * DAY_MS as f64).round() as i64).min(DAY_MS - 1))
            } else {
                let (y, m, d, h, min, s, ms) = d.to_ymd_hms_milli();
                let day = time::days(i64::from(y), u32::from(m), u32::from(d));
                let clock = (i64::from(h) * 3600 + i64::from(min) * 60 + i64::from(s)) * 1000 + i64::from(ms);
                Value::Moment(day * DAY_MS + clock)
            }
        }
        Data::DateTimeIso(s) => iso_moment(&s).map_or(Value::Text(s), Value::Moment),
        Data::DurationIso(s) => match iso_span(&s) {
            Some(ms) if (0..DAY_MS).contains(&ms) => Value::Clock(ms),
            Some(ms) => Value::Span(ms),
            None => Value::Text(s),
        },
        Data::Error(_) | Data::Empty => return None,
    })
}

/// Milliseconds of `2026-11-01` or `2026-11-01T12:34:56.789`.
fn iso_moment(text: &str) -> Option<i64> {
    match time::iso_day(text) {
        Some(day) => Some(i64::from(day) * DAY_MS),
        None => time::iso_moment(text).map(|(micros, _)| micros.div_euclid(1000)),
    }
}

/// Milliseconds of `PT12H30M5.5S`.
fn iso_span(text: &str) -> Option<i64> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    let mut total = 0.0;
    let mut number = String::new();
    for c in rest.strip_prefix('P')?.chars() {
        match c {
            '0'..='9' | '.' => number.push(c),
            'T' => {}
            'D' | 'H' | 'M' | 'S' => {
                let n: f64 = number.parse().ok()?;
                number.clear();
                total += n * match c {
                    'D' => 86_400.0,
                    'H' => 3600.0,
                    'M' => 60.0,
                    _ => 1.0,
                };
            }
            _ => return None,
        }
    }
    Some((sign * total * 1000.0).round() as i64)
}

/// A cell as text: numbers with the digits they are stored with.
fn text_of(data: &Data) -> String {
    match value_of(data.clone()) {
        Some(value) => value.text(),
        None => String::new(),
    }
}

impl Value {
    fn text(self) -> String {
        match self {
            Self::Text(s) => s,
            Self::Bool(v) => v.to_string(),
            Self::Integer(v) => v.to_string(),
            Self::Number(v) if v.fract() == 0.0 && v.abs() < 1e15 => format!("{v:.0}"),
            Self::Number(v) => Cell::Float(v).plain(),
            Self::Moment(ms) if ms.rem_euclid(DAY_MS) == 0 => time::date(ms.div_euclid(DAY_MS)),
            Self::Moment(ms) => Cell::DateTime(i128::from(ms) * 1_000_000, None).plain().replacen('T', " ", 1),
            Self::Clock(ms) => time::clock(ms * 1_000_000),
            Self::Span(ms) => time::span(i128::from(ms) * 1_000_000),
        }
    }
}

/// A column of the narrowest kind that holds every value, and whether kinds were mixed and it became text.
fn column(name: &str, cells: Vec<(usize, Data)>, height: usize, all_text: bool) -> Result<(PlColumn, bool)> {
    let mut values: Vec<Option<Value>> = vec![None; height];
    for (row, data) in cells {
        values[row] = value_of(data);
    }
    let name: PlSmallStr = name.into();
    let given = || values.iter().flatten();
    let all = |test: fn(&Value) -> bool| given().all(test);
    if given().next().is_none() {
        return Ok((PlColumn::full_null(name, height, &DataType::Null), false));
    }
    let cast = |ca: Int64Chunked, dtype: &[DataType]| -> Result<PlColumn> {
        let mut column = ca.into_series().into_column();
        for t in dtype {
            column = column.cast(t).map_err(from_polars)?;
        }
        Ok(column)
    };
    let ms = |v: &Value| match v {
        Value::Moment(ms) | Value::Clock(ms) | Value::Span(ms) => Some(*ms),
        _ => None,
    };
    if !all_text {
        if all(|v| matches!(v, Value::Bool(_))) {
            let ca = BooleanChunked::from_iter_options(
                name,
                values.iter().map(|v| v.as_ref().map(|v| matches!(v, Value::Bool(true)))),
            );
            return Ok((ca.into_series().into_column(), false));
        }
        if all(|v| matches!(v, Value::Number(_) | Value::Integer(_))) {
            /// Whole numbers a double holds exactly.
            const EXACT: f64 = crate::value::decimal::EXACT as f64;
            let whole = all(|v| {
                matches!(v, Value::Number(n) if n.fract() == 0.0 && n.abs() <= EXACT) || matches!(v, Value::Integer(_))
            });
            let column = if whole {
                let number = |v: &Value| match v {
                    Value::Integer(n) => *n,
                    Value::Number(n) => *n as i64,
                    _ => 0,
                };
                cast(Int64Chunked::from_iter_options(name, values.iter().map(|v| v.as_ref().map(number))), &[])?
            } else {
                let number = |v: &Value| match v {
                    Value::Integer(n) => *n as f64,
                    Value::Number(n) => *n,
                    _ => f64::NAN,
                };
                let ca = Float64Chunked::from_iter_options(name, values.iter().map(|v| v.as_ref().map(number)));
                ca.into_series().into_column()
            };
            return Ok((column, false));
        }
        let times = || values.iter().map(|v| v.as_ref().and_then(ms));
        if all(|v| matches!(v, Value::Clock(_))) {
            let nanos = Int64Chunked::from_iter_options(name, times().map(|t| t.map(|t| t * 1_000_000)));
            return Ok((cast(nanos, &[DataType::Time])?, false));
        }
        if all(|v| matches!(v, Value::Span(_) | Value::Clock(_))) {
            let spans = Int64Chunked::from_iter_options(name, times());
            return Ok((cast(spans, &[DataType::Duration(TimeUnit::Milliseconds)])?, false));
        }
        if all(|v| matches!(v, Value::Moment(_))) {
            let days = all(|v| matches!(v, Value::Moment(ms) if ms.rem_euclid(DAY_MS) == 0));
            let column = if days {
                let days = Int64Chunked::from_iter_options(name, times().map(|t| t.map(|t| t.div_euclid(DAY_MS))));
                cast(days, &[DataType::Int32, DataType::Date])?
            } else {
                cast(
                    Int64Chunked::from_iter_options(name, times()),
                    &[DataType::Datetime(TimeUnit::Milliseconds, None)],
                )?
            };
            return Ok((column, false));
        }
    }
    let mixed = !all_text && !all(|v| matches!(v, Value::Text(_)));
    let ca = StringChunked::from_iter_options(name, values.into_iter().map(|v| v.map(Value::text)));
    Ok((ca.into_series().into_column(), mixed))
}
