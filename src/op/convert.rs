//! Values of one kind made into values of another, each on its own. What has no counterpart becomes missing; whoever asks
//! counts those. Text is read as people write it: spaces around, thousands in groups, full-width digits.

use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use polars::prelude::{Column as PlColumn, DataType, IntoColumn as _, NamedFrom as _, Series, TimeUnit};
use serde::{Deserialize, Serialize};

use super::eval::moment::{datetime_type, days, instant_nanos, parse_clock, parse_date, parse_datetime, utc};
use crate::data::{cell_of, from_polars, kind_of};
use crate::error::{Error, Result};
use crate::text::{Msg, narrow};
use crate::value::{Cell, Kind};

/// What values are made into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Target {
    Number,
    Whole,
    Text,
    Date,
    Datetime,
    Time,
    Boolean,
}

impl Target {
    /// Every target.
    pub const ALL: [Target; 7] =
        [Target::Number, Target::Whole, Target::Text, Target::Date, Target::Datetime, Target::Time, Target::Boolean];

    /// Its name in recipes and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Whole => "whole",
            Self::Text => "text",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::Time => "time",
            Self::Boolean => "boolean",
        }
    }

    /// The target of a name, or an error that lists the names.
    pub fn parse(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|t| t.name() == text.trim().to_lowercase());
        found.ok_or_else(|| {
            Error::usage(Msg::new("error-target").with("name", text))
                .hint(Msg::new("hint-one-of").with("names", Self::ALL.map(Self::name).join(", ")))
        })
    }

    /// The word for it, for people.
    pub fn word(self) -> Msg {
        self.kind(None).word()
    }

    /// The kind of its values; points in time are in `zone`.
    pub fn kind(self, zone: Option<&str>) -> Kind {
        match self {
            Self::Number => Kind::Float,
            Self::Whole => Kind::Integer,
            Self::Text => Kind::Text,
            Self::Date => Kind::Date,
            Self::Datetime => Kind::DateTime(zone.map(str::to_owned)),
            Self::Time => Kind::Time,
            Self::Boolean => Kind::Boolean,
        }
    }

    /// The library's type of its values; points in time are in `zone`.
    pub fn dtype(self, zone: Option<&str>) -> DataType {
        match self {
            Self::Number => DataType::Float64,
            Self::Whole => DataType::Int64,
            Self::Text => DataType::String,
            Self::Date => DataType::Date,
            Self::Datetime => datetime_type(&self.kind(zone), TimeUnit::Microseconds),
            Self::Time => DataType::Time,
            Self::Boolean => DataType::Boolean,
        }
    }

    /// Whether values of a kind can be made into these at all.
    pub fn takes(self, from: &Kind) -> bool {
        use Kind as K;
        match (self, from) {
            (_, K::Empty) | (Self::Text, _) => true,
            (_, K::Text | K::Category) => true,
            (Self::Number | Self::Whole, k) => k.is_number() || *k == K::Boolean,
            (Self::Boolean, k) => k.is_number() || *k == K::Boolean,
            (Self::Date, k) => matches!(k, K::Date | K::DateTime(_)),
            (Self::Datetime, k) => matches!(k, K::Date | K::DateTime(_) | K::Integer | K::Float),
            (Self::Time, k) => matches!(k, K::Time | K::DateTime(_)),
        }
    }

    /// Whether every value of a kind has its counterpart, so that nothing needs to be counted.
    pub fn always(self, from: &Kind) -> bool {
        use Kind as K;
        match (self, from) {
            (_, K::Empty) | (Self::Text, _) => true,
            (Self::Number, k) => k.is_number() || *k == K::Boolean,
            (Self::Whole, K::Boolean) | (Self::Boolean, K::Boolean) => true,
            (Self::Date | Self::Datetime, K::Date | K::DateTime(_)) => true,
            (Self::Time, K::Time | K::DateTime(_)) => true,
            _ => false,
        }
    }
}

/// How values are read, besides what they are made into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The form of dates and times in text, in the signs of `strftime`.
    pub format: Option<String>,
    /// The zone of times that say none; without it they stay local.
    pub zone: Option<String>,
    /// Numbers of this many parts of a second since 1970 are meant by numbers made into times.
    pub per_second: Option<i64>,
}

/// Digits as a person writes them, in plain characters and without the marks between thousands. None for what is no
/// number.
fn digits(text: &str) -> Option<String> {
    let plain: String = text
        .trim()
        .chars()
        .map(|c| match c {
            '０'..='９' | '．' | '，' | '－' | '＋' | 'ｅ' | 'Ｅ' => narrow(c),
            '−' => '-',
            c => c,
        })
        .collect();
    let body = plain.trim_start_matches(['-', '+']);
    if !body.starts_with(|c: char| c.is_ascii_digit() || c == '.') || plain.len() - body.len() > 1 {
        return None;
    }
    if !plain.contains(',') {
        return Some(plain);
    }
    let (whole, rest) = match body.find('.') {
        Some(i) => body.split_at(i),
        None => (body, ""),
    };
    let mut groups = whole.split(',');
    let first = groups.next().is_some_and(|g| (1..=3).contains(&g.len()) && g.bytes().all(|b| b.is_ascii_digit()));
    let even = groups.all(|g| g.len() == 3 && g.bytes().all(|b| b.is_ascii_digit()));
    (first && even && !rest.contains(',')).then(|| plain.replace(',', ""))
}

/// A number in words.
pub fn read_number(text: &str) -> Option<f64> {
    digits(text)?.parse().ok()
}

/// A whole number in words; `3.0` and `1e3` are whole.
pub fn read_whole(text: &str) -> Option<i64> {
    let plain = digits(text)?;
    if let Ok(n) = plain.parse() {
        return Some(n);
    }
    if let Some((whole, zeros)) = plain.split_once('.')
        && zeros.bytes().all(|b| b == b'0')
    {
        return whole.parse().ok();
    }
    whole_of(plain.parse().ok()?)
}

/// A floating-point number without a fraction that a whole number can stand for exactly.
fn whole_of(x: f64) -> Option<i64> {
    const EXACT: f64 = crate::value::decimal::EXACT as f64;
    (x.fract() == 0.0 && x.abs() <= EXACT).then_some(x as i64)
}

fn read_boolean(text: &str) -> Option<bool> {
    const YES: [&str; 10] = ["true", "t", "yes", "y", "1", "on", "はい", "真", "○", "有"];
    const NO: [&str; 11] = ["false", "f", "no", "n", "0", "off", "いいえ", "偽", "×", "無", "ー"];
    let word = text.trim().to_lowercase();
    if YES.contains(&word.as_str()) {
        return Some(true);
    }
    NO.contains(&word.as_str()).then_some(false)
}

fn read_date(text: &str, format: Option<&str>) -> Option<i32> {
    let text = text.trim();
    if let Some(format) = format {
        let date = NaiveDate::parse_from_str(text, format).ok();
        return date.or_else(|| NaiveDateTime::parse_from_str(text, format).ok().map(|t| t.date())).map(days);
    }
    let common = || {
        ["%Y年%m月%d日", "%Y.%m.%d", "%d-%b-%Y", "%b %d, %Y"]
            .iter()
            .find_map(|f| NaiveDate::parse_from_str(text, f).ok())
    };
    let compact = || {
        let eight = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
        eight.then(|| NaiveDate::parse_from_str(text, "%Y%m%d").ok()).flatten()
    };
    let date = parse_date(text).or_else(compact).or_else(common);
    date.or_else(|| parse_datetime(text).map(|(at, _)| at.date())).map(days)
}

/// A time in words, and seconds east of UTC if it says so.
pub fn read_datetime(text: &str, format: Option<&str>) -> Option<(NaiveDateTime, Option<i32>)> {
    let text = text.trim();
    match format {
        Some(format) => {
            if let Ok(at) = chrono::DateTime::parse_from_str(text, format) {
                return Some((at.naive_local(), Some(at.offset().local_minus_utc())));
            }
            let at = NaiveDateTime::parse_from_str(text, format).ok();
            let date = || NaiveDate::parse_from_str(text, format).ok().map(|d| d.and_time(NaiveTime::MIN));
            at.or_else(date).map(|at| (at, None))
        }
        None => parse_datetime(text),
    }
}

fn read_time(text: &str, format: Option<&str>) -> Option<i64> {
    match format {
        Some(format) => (NaiveTime::parse_from_str(text.trim(), format).ok()? - NaiveTime::MIN).num_nanoseconds(),
        None => parse_clock(text.trim()),
    }
}

fn texts<T>(column: &PlColumn, read: impl Fn(&str) -> Option<T>) -> Result<Vec<Option<T>>> {
    let text = column.cast(&DataType::String).map_err(from_polars)?;
    Ok(text.str().map_err(from_polars)?.iter().map(|t| t.and_then(&read)).collect())
}

fn cells<T>(column: &PlColumn, read: impl Fn(Cell<'_>) -> Option<T>) -> Vec<Option<T>> {
    (0..column.len()).map(|i| read(cell_of(column, i))).collect()
}

/// Parts of a second that whole numbers near now are likely to count: seconds, milli-, micro- or nanoseconds since 1970,
/// judged by the largest.
pub fn likely_per_second(largest: f64) -> i64 {
    match largest.abs() {
        x if x < 1e11 => 1,
        x if x < 1e14 => 1_000,
        x if x < 1e17 => 1_000_000,
        _ => 1_000_000_000,
    }
}

/// The note that the numbers of a column were taken for so many parts of a second since 1970.
pub fn epoch_note(column: &str, per_second: i64) -> Msg {
    let unit = match per_second {
        1 => "unit-seconds",
        1_000 => "unit-milliseconds",
        1_000_000 => "unit-microseconds",
        _ => "unit-nanoseconds",
    };
    Msg::new("note-epoch").with("column", column).with("unit", Msg::new(unit))
}

/// The column with each value made into one of another kind; missing where that has no counterpart.
pub fn convert(column: &PlColumn, to: Target, reading: &Reading) -> Result<PlColumn> {
    let name = column.name().clone();
    let kind = kind_of(column.dtype());
    if !to.takes(&kind) {
        return Err(Error::usage(
            Msg::new("error-convert").with("name", name.as_str()).with("kind", kind.word()).with("target", to.word()),
        ));
    }
    let format = reading.format.as_deref();
    let target = to.dtype(reading.zone.as_deref());
    if kind == Kind::Empty {
        return Ok(PlColumn::full_null(name, column.len(), &target));
    }
    let in_words = kind.is_text();
    let numbers =
        |values: Vec<Option<i64>>| Series::new(name.clone(), values).into_column().cast(&target).map_err(from_polars);
    match to {
        Target::Text if in_words => column.cast(&target).map_err(from_polars),
        Target::Text => Ok(PlColumn::new(name, cells(column, |c| (!c.is_null()).then(|| c.plain())))),
        Target::Number if in_words => Ok(PlColumn::new(name, texts(column, read_number)?)),
        Target::Number => column.cast(&target).map_err(from_polars),
        Target::Whole if in_words => Ok(PlColumn::new(name, texts(column, read_whole)?)),
        Target::Whole if kind == Kind::Boolean => column.cast(&target).map_err(from_polars),
        Target::Whole => Ok(PlColumn::new(
            name,
            cells(column, |c| match c {
                Cell::Int(n) => i64::try_from(n).ok(),
                c => whole_of(c.as_f64()?),
            }),
        )),
        Target::Boolean if in_words => Ok(PlColumn::new(name, texts(column, read_boolean)?)),
        Target::Boolean => Ok(PlColumn::new(
            name,
            cells(column, |c| match c {
                Cell::Bool(b) => Some(b),
                c => match c.as_f64()? {
                    0.0 => Some(false),
                    1.0 => Some(true),
                    _ => None,
                },
            }),
        )),
        Target::Date if in_words => {
            let days = texts(column, |t| read_date(t, format))?;
            Series::new(name, days).into_column().cast(&target).map_err(from_polars)
        }
        Target::Date => super::eval::calendar::truncate(column, super::eval::calendar::Unit::Day, None),
        Target::Time if in_words => numbers(texts(column, |t| read_time(t, format))?),
        Target::Time => numbers(cells(column, |c| match c {
            Cell::Time(n) => Some(n),
            Cell::DateTime(n, _) => i64::try_from(n.rem_euclid(86_400_000_000_000)).ok(),
            _ => None,
        })),
        Target::Datetime => numbers(datetimes(column, &kind, reading)?),
    }
}

/// Microseconds since 1970: of the clock on the wall, or in UTC where there is a zone.
fn datetimes(column: &PlColumn, kind: &Kind, reading: &Reading) -> Result<Vec<Option<i64>>> {
    let zone = reading.zone.as_deref();
    let micros = |nanos: i128| i64::try_from(nanos.div_euclid(1_000)).ok();
    let placed = |at: NaiveDateTime| match zone {
        Some(zone) => utc(at, zone),
        None => Some(instant_nanos(at)),
    };
    if kind.is_text() {
        return texts(column, |t| {
            let (at, offset) = read_datetime(t, reading.format.as_deref())?;
            match (offset, zone) {
                (Some(seconds), Some(_)) => micros(instant_nanos(at) - i128::from(seconds) * 1_000_000_000),
                // Without a zone to put it in, an instant would lose its meaning.
                (Some(_), None) => None,
                (None, _) => micros(placed(at)?),
            }
        });
    }
    let per = reading.per_second.unwrap_or(1);
    Ok(match kind {
        Kind::Integer => cells(column, |c| match c {
            Cell::Int(n) => micros(n.checked_mul(1_000_000_000)? / i128::from(per)),
            _ => None,
        }),
        Kind::Float => cells(column, |c| {
            let micros = (c.as_f64()? / per as f64 * 1e6).round();
            (micros.abs() < 9.2e18).then_some(micros as i64)
        }),
        _ => cells(column, |c| {
            let (local, offset) = match c {
                Cell::Date(d) => (i128::from(d) * 86_400_000_000_000, None),
                Cell::DateTime(n, zone) => (n, zone.map(|z| z.offset)),
                _ => return None,
            };
            match (offset, zone) {
                (Some(offset), Some(_)) => micros(local - i128::from(offset) * 1_000_000_000),
                (_, None) => micros(local),
                (None, Some(_)) => {
                    let seconds = i64::try_from(local.div_euclid(1_000_000_000)).ok()?;
                    let rest = local.rem_euclid(1_000_000_000);
                    micros(placed(chrono::DateTime::from_timestamp(seconds, 0)?.naive_utc())? + rest)
                }
            }
        }),
    })
}

/// Whether a form of dates and times can be read, before anything is.
pub fn check_format(format: &str) -> Result<()> {
    use chrono::format::{Item, StrftimeItems};
    match StrftimeItems::new(format).any(|item| item == Item::Error) {
        true => Err(Error::usage(Msg::new("error-format").with("format", format)).hint(Msg::new("hint-format"))),
        false => Ok(()),
    }
}

/// Whether there is a zone of this name.
pub fn check_zone(name: &str) -> Result<()> {
    match chrono_tz::Tz::from_str(name) {
        Ok(_) => Ok(()),
        Err(_) => super::eval::calendar::zone(name).map(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(values: &[&str], to: Target, reading: &Reading) -> Vec<String> {
        let column = convert(&PlColumn::new("t".into(), values), to, reading).unwrap();
        (0..column.len()).map(|i| cell_of(&column, i).plain()).collect()
    }

    #[test]
    fn text_as_people_write_it() {
        let plain = Reading::default();
        assert_eq!(
            made(
                &[
                    " 1,234.5 ",
                    "１２３",
                    "1e3",
                    "-.5",
                    "12,34",
                    "1,2345",
                    "nan",
                    "inf",
                    "",
                    "--1",
                    "１，０００",
                    "1_000"
                ],
                Target::Number,
                &plain
            ),
            ["1234.5", "123.0", "1000.0", "-0.5", "", "", "", "", "", "", "1000.0", ""]
        );
        assert_eq!(
            made(&["3.0", "3.5", "9223372036854775807", "9223372036854775808", "1e3", "-0"], Target::Whole, &plain),
            ["3", "", "9223372036854775807", "", "1000", "0"]
        );
        assert_eq!(
            made(&["Yes", "いいえ", "1", "2", "TRUE"], Target::Boolean, &plain),
            ["true", "false", "true", "", "true"]
        );
        assert_eq!(
            made(
                &["2026-11-20", "2026/1/2", "20261120", "2026年11月20日", "2026-11-20 23:59:59", "2026-02-30", "1"],
                Target::Date,
                &plain
            ),
            ["2026-11-20", "2026-01-02", "2026-11-20", "2026-11-20", "2026-11-20", "", ""]
        );
        let form = Reading { format: Some("%d/%m/%Y".into()), ..Reading::default() };
        assert_eq!(made(&["20/11/2026", "2026-11-20"], Target::Date, &form), ["2026-11-20", ""]);
        assert_eq!(made(&["23:59", "24:00"], Target::Time, &plain), ["23:59:00", ""]);
    }

    #[test]
    fn times_are_read_in_the_zone_given() {
        let tokyo = Reading { zone: Some("Asia/Tokyo".into()), ..Reading::default() };
        assert_eq!(
            made(&["2026-11-20 09:00", "2026-11-20T00:00:00Z"], Target::Datetime, &tokyo),
            ["2026-11-20T09:00:00+09:00", "2026-11-20T09:00:00+09:00"]
        );
        let local = made(&["2026-11-20 09:00", "2026-11-20T00:00:00Z"], Target::Datetime, &Reading::default());
        assert_eq!(local, ["2026-11-20T09:00:00", ""]);
        let epoch = PlColumn::new("n".into(), [1_795_132_800_000_000i64]);
        let reading = Reading {
            per_second: Some(likely_per_second(1_795_132_800_000_000.0)),
            zone: Some("UTC".into()),
            ..Reading::default()
        };
        let column = convert(&epoch, Target::Datetime, &reading).unwrap();
        assert_eq!(cell_of(&column, 0).plain(), "2026-11-20T00:00:00Z");
    }

    #[test]
    fn kinds_without_a_way_are_refused() {
        let numbers = PlColumn::new("n".into(), [1.5, 2.0]);
        assert!(convert(&numbers, Target::Time, &Reading::default()).is_err());
        let whole = convert(&numbers, Target::Whole, &Reading::default()).unwrap();
        assert_eq!(whole.i64().unwrap().to_vec(), [None, Some(2)]);
        assert!(check_format("%Q").is_err() && check_format("%Y-%m").is_ok());
    }
}
