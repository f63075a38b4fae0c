//! Points in time and spans: read from words, and brought to one measure so that any two can be compared exactly.

use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _};
use polars::prelude::{DataType, Expr as Pl, NonExistent, TimeUnit, lit};

use super::{Value, only_where, wide};
use crate::value::Kind;

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * SECOND;
/// Days in 200,000 years: the library's calendar fails a little beyond.
const CALENDAR: i64 = 73_000_000;

/// The library's type for a kind of point in time, in a unit.
pub(in crate::op) fn datetime_type(kind: &Kind, unit: TimeUnit) -> DataType {
    let zone = match kind {
        Kind::DateTime(Some(zone)) => polars::prelude::TimeZone::opt_try_new(Some(zone.as_str())).ok().flatten(),
        _ => None,
    };
    DataType::Datetime(unit, zone)
}

/// Nanoseconds in one unit of a type.
pub(super) fn unit_nanos(dtype: Option<&DataType>) -> i128 {
    match dtype {
        Some(DataType::Datetime(unit, _) | DataType::Duration(unit)) => match unit {
            TimeUnit::Nanoseconds => 1,
            TimeUnit::Microseconds => 1_000,
            TimeUnit::Milliseconds => 1_000_000,
        },
        _ => 1_000,
    }
}

/// Nanoseconds since 1970 of dates and times, or of spans: whole numbers of 128 bits, which hold them all.
pub(super) fn nanos(value: &Value) -> Pl {
    let factor = match value.kind {
        Kind::Date => DAY,
        _ => unit_nanos(value.dtype.as_ref()),
    };
    value.pl.clone().to_physical().cast(DataType::Int128) * wide(factor)
}

/// The values within the years that have a calendar; the others are missing.
pub(super) fn in_calendar(value: &Value) -> Pl {
    let limit = match (&value.kind, &value.dtype) {
        (Kind::Date, _) => CALENDAR,
        // In nanoseconds no 64-bit number lies outside.
        (_, Some(DataType::Datetime(TimeUnit::Nanoseconds, _))) | (Kind::Time, _) => return value.pl.clone(),
        (_, dtype) => (i128::from(CALENDAR) * DAY / unit_nanos(dtype.as_ref())) as i64,
    };
    let number = value.pl.clone().to_physical().cast(DataType::Int64);
    only_where(number.clone().lt_eq(lit(limit)).and(number.gt_eq(lit(-limit))), value.pl.clone())
}

/// An instant as the clock on the wall of its zone shows it.
pub(super) fn on_the_wall(value: Value) -> Value {
    let Some(DataType::Datetime(unit, Some(_))) = value.dtype else { return value };
    let pl = in_calendar(&value).dt().replace_time_zone(None, lit("raise"), NonExistent::Raise);
    Value::typed(pl, Kind::DateTime(None), DataType::Datetime(unit, None))
}

/// Nanoseconds since 1970 in UTC of a clock on the wall of a zone: the earlier where it shows the time twice, the next
/// time there is where it skips it. None if the zone is unknown.
pub(in crate::op) fn utc(at: NaiveDateTime, zone: &str) -> Option<i128> {
    let zone = chrono_tz::Tz::from_str(zone).ok()?;
    let quarter = at.and_utc().timestamp().div_euclid(900) * 900;
    let later = (1..=96).filter_map(|n| Some(chrono::DateTime::from_timestamp(quarter + n * 900, 0)?.naive_utc()));
    std::iter::once(at)
        .chain(later)
        .find_map(|t| zone.from_local_datetime(&t).earliest())
        .map(|t| instant_nanos(t.naive_utc()))
}

/// Nanoseconds since 1970.
pub(in crate::op) fn instant_nanos(at: NaiveDateTime) -> i128 {
    let at = at.and_utc();
    i128::from(at.timestamp()) * SECOND + i128::from(at.timestamp_subsec_nanos())
}

/// Days since 1970.
pub(in crate::op) fn days(d: NaiveDate) -> i32 {
    (d - NaiveDate::default()).num_days() as i32
}

pub(in crate::op) fn parse_date(text: &str) -> Option<NaiveDate> {
    ["%Y-%m-%d", "%Y/%m/%d"].iter().find_map(|f| NaiveDate::parse_from_str(text, f).ok())
}

/// Nanoseconds since midnight.
pub(in crate::op) fn parse_clock(text: &str) -> Option<i64> {
    (parse_time(text)? - NaiveTime::MIN).num_nanoseconds()
}

fn parse_time(text: &str) -> Option<NaiveTime> {
    ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|f| NaiveTime::parse_from_str(text, f).ok())
}

/// A date and time, and seconds east of UTC if an offset is given. A date alone is its midnight.
pub(in crate::op) fn parse_datetime(text: &str) -> Option<(NaiveDateTime, Option<i32>)> {
    if let Some(d) = parse_date(text) {
        return Some((d.and_time(NaiveTime::MIN), None));
    }
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let (time, offset) = match time.strip_suffix(['Z', 'z']) {
        Some(time) => (time, Some(0)),
        None => match time.find(['+', '-']) {
            Some(i) => (&time[..i], Some(parse_offset(&time[i..])?)),
            None => (time, None),
        },
    };
    Some((parse_date(date.trim())?.and_time(parse_time(time.trim())?), offset))
}

/// Seconds of `+09:00`, `+0900` or `+09`.
fn parse_offset(text: &str) -> Option<i32> {
    let (sign, rest) = text.split_at_checked(1)?;
    let digits = rest.trim().replacen(':', "", 1);
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits.get(2..).filter(|m| !m.is_empty()).map_or(Some(0), |m| m.parse().ok())?;
    (hours < 24 && minutes < 60).then_some((hours * 3600 + minutes * 60) * if sign == "-" { -1 } else { 1 })
}

/// Nanoseconds of a span in ISO 8601 of days and less (`P2DT3H4M5.5S`), with a sign before it if it is negative.
pub(super) fn parse_span(text: &str) -> Option<i128> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let mut rest = rest.strip_prefix('P')?;
    let mut total = 0i128;
    let mut units: &[(char, i128)] = &[('D', 86_400)];
    let mut any = false;
    loop {
        if let Some(after) = rest.strip_prefix('T') {
            rest = after;
            units = &[('H', 3600), ('M', 60), ('S', 1)];
        }
        if rest.is_empty() {
            return any.then_some(sign * total);
        }
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (digits, after) = rest.split_at(end);
        let unit = after.chars().next()?;
        let at = units.iter().position(|(u, _)| *u == unit)?;
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if fraction.len() > 9 || (!fraction.is_empty() && unit != 'S') {
            return None;
        }
        let whole: i128 = whole.parse().ok()?;
        let fraction: i128 = format!("{fraction:0<9}").parse().ok()?;
        total = total.checked_add(whole.checked_mul(units[at].1 * SECOND)?)?.checked_add(fraction)?;
        units = &units[at + 1..];
        rest = &after[unit.len_utf8()..];
        any = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_back_as_they_are_written() {
        for n in [0i128, 1, -1, 1_500_000_000, 93_784_500_000_000, -60_000_000_000, i128::from(i64::MAX)] {
            assert_eq!(parse_span(&crate::value::time::iso_span(n)), Some(n), "{n}");
        }
        for wrong in [
            "",
            "P",
            "PT",
            "1D",
            "P1",
            "P1H",
            "PT1D",
            "PT1S1M",
            "PT1.5M",
            "P1DT",
            "PT99999999999999999999999999999999S",
        ] {
            assert_eq!(parse_span(wrong).filter(|_| wrong != "P1DT"), None, "{wrong}");
        }
    }

    #[test]
    fn offsets_and_clocks() {
        let read = |t: &str| parse_datetime(t).map(|(at, o)| (instant_nanos(at) / SECOND, o));
        for (text, want) in [
            ("1970-01-02", Some((86_400, None))),
            ("1970-01-01T00:01", Some((60, None))),
            ("1970/01/01 00:00:01.5", Some((1, None))),
            ("1970-01-01T00:00Z", Some((0, Some(0)))),
            ("1970-01-01T00:00:00+09:00", Some((0, Some(32_400)))),
            ("1970-01-01 00:00:00 -0330", Some((0, Some(-12_600)))),
            ("1970-01-01T00:00+9", None),
            ("1970-01-01T00:00+99:00", None),
            ("1970-02-30", None),
            ("1970-01-01T24:01", None),
            ("あ", None),
        ] {
            assert_eq!(read(text), want, "{text}");
        }
    }

    #[test]
    fn a_clock_that_is_put_forward_or_back() {
        let at = |t: &str| parse_datetime(t).and_then(|(at, _)| utc(at, "America/New_York"));
        let zulu = |t: &str| parse_datetime(t).map(|(at, _)| instant_nanos(at));
        // 2026-03-08 02:00 to 03:00 does not exist there; 2026-11-01 01:00 to 02:00 exists twice.
        assert_eq!(at("2026-03-08T02:20"), zulu("2026-03-08T07:00"));
        assert_eq!(at("2026-03-08T03:00"), zulu("2026-03-08T07:00"));
        assert_eq!(at("2026-11-01T01:30"), zulu("2026-11-01T05:30"));
        assert_eq!(at("2026-07-01T00:00"), zulu("2026-07-01T04:00"));
    }
}
