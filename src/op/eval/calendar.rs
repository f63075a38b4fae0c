//! Spans of the calendar in a zone: where a day, a week or a month begins, how many lie between two moments, and a moment
//! some of them later. Times without a zone are taken as they stand; a point in time is taken as the clock on the wall of
//! its zone shows it. Weeks begin on Monday (ISO 8601).

use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, Offset as _, TimeZone as _};
use chrono_tz::Tz;
use polars::prelude::{Column as PlColumn, DataType, IntoColumn as _, NamedFrom as _, Series, TimeUnit};
use serde::{Deserialize, Serialize};

use super::moment::{datetime_type, instant_nanos, utc};
use crate::data::{from_polars, kind_of};
use crate::error::{Error, Result};
use crate::text::Msg;
use crate::value::Kind;
use crate::value::time::{civil, days};

const DAY: i64 = 86_400;

/// A span of the clock or of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    /// Every unit, shortest first.
    pub const ALL: [Unit; 8] =
        [Unit::Second, Unit::Minute, Unit::Hour, Unit::Day, Unit::Week, Unit::Month, Unit::Quarter, Unit::Year];

    /// Its name in expressions and recipes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The unit of a name, or an error that lists the names.
    pub fn parse(text: &str) -> Result<Self> {
        let wanted = text.trim().to_lowercase();
        let found = Self::ALL.into_iter().find(|u| u.name() == wanted || format!("{}s", u.name()) == wanted);
        found.ok_or_else(|| {
            Error::usage(Msg::new("error-unit").with("name", text))
                .hint(Msg::new("hint-one-of").with("names", Self::ALL.map(Self::name).join(", ")))
        })
    }

    /// The word for it, for people.
    pub fn word(self) -> Msg {
        Msg::new(match self {
            Self::Second => "unit-second",
            Self::Minute => "unit-minute",
            Self::Hour => "unit-hour",
            Self::Day => "unit-day",
            Self::Week => "unit-week",
            Self::Month => "unit-month",
            Self::Quarter => "unit-quarter",
            Self::Year => "unit-year",
        })
    }

    /// Seconds, for the units of the clock; those of the calendar differ in length.
    pub fn clock(self) -> Option<i64> {
        match self {
            Self::Second => Some(1),
            Self::Minute => Some(60),
            Self::Hour => Some(3_600),
            _ => None,
        }
    }

    /// The first day of the span a day lies in.
    fn start(self, day: i64) -> i64 {
        let (year, month, _) = civil(day);
        match self {
            Self::Week => day - (day + 3).rem_euclid(7),
            Self::Month => days(year, month, 1),
            Self::Quarter => days(year, (month - 1) / 3 * 3 + 1, 1),
            Self::Year => days(year, 1, 1),
            _ => day,
        }
    }

    /// The number of the span that so many local seconds since 1970 lie in.
    fn number(self, seconds: i64) -> i64 {
        if let Some(size) = self.clock() {
            return seconds.div_euclid(size);
        }
        let day = seconds.div_euclid(DAY);
        let (year, month, _) = civil(day);
        match self {
            Self::Week => (day + 3).div_euclid(7),
            Self::Month => year * 12 + i64::from(month),
            Self::Quarter => year * 4 + i64::from((month - 1) / 3),
            Self::Year => year,
            _ => day,
        }
    }

    /// The day `n` spans of the calendar after another; the last of its month where that is too short.
    fn later(self, day: i64, n: i64) -> Option<i64> {
        let months = match self {
            Self::Day => return day.checked_add(n),
            Self::Week => return day.checked_add(n.checked_mul(7)?),
            Self::Month => n,
            Self::Quarter => n.checked_mul(3)?,
            Self::Year => n.checked_mul(12)?,
            _ => return None,
        };
        // Beyond, the calendar has no days a column could hold.
        const MOST: i64 = 12 * 400_000;
        let (year, month, d) = civil(day);
        let total = (year * 12 + i64::from(month) - 1).checked_add(months).filter(|t| t.abs() < MOST)?;
        let (y, m) = (total.div_euclid(12), total.rem_euclid(12) as u32 + 1);
        let next = if m == 12 { days(y + 1, 1, 1) } else { days(y, m + 1, 1) };
        Some((days(y, m, 1) + i64::from(d) - 1).min(next - 1))
    }
}

/// A zone of the IANA database by its name, or an error.
pub fn zone(name: &str) -> Result<Tz> {
    Tz::from_str(name).map_err(|_| Error::usage(Msg::new("error-zone").with("name", name)).hint(Msg::new("hint-zone")))
}

/// How far the clock on the wall of a zone is ahead of UTC, remembered for the moments nearby.
struct Offsets {
    zone: Option<Tz>,
    quarter: i64,
    offset: i64,
}

impl Offsets {
    fn new(zone: Option<Tz>) -> Self {
        Self { zone, quarter: i64::MIN, offset: 0 }
    }

    /// Seconds east of UTC at a moment; none outside the years the zones know.
    fn at(&mut self, utc: i64) -> i64 {
        // Since then clocks change on the quarter of an hour only.
        const EVEN: i64 = 94_694_400;
        let Some(zone) = self.zone else { return 0 };
        let quarter = utc.div_euclid(900);
        if quarter != self.quarter || utc < EVEN {
            self.quarter = quarter;
            self.offset = DateTime::from_timestamp(utc, 0)
                .map_or(0, |at| i64::from(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()));
        }
        self.offset
    }
}

/// Dates or times as whole numbers, and how to read them.
struct Moments {
    values: Vec<Option<i64>>,
    /// Parts of a second in one; none for dates.
    per_second: Option<i64>,
    unit: TimeUnit,
    zone: Option<String>,
}

fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Nanoseconds => 1_000_000_000,
        TimeUnit::Microseconds => 1_000_000,
        TimeUnit::Milliseconds => 1_000,
    }
}

impl Moments {
    fn of(column: &PlColumn) -> Result<Self> {
        let numbers = || -> Result<Vec<Option<i64>>> {
            let physical = column.to_physical_repr().cast(&DataType::Int64).map_err(from_polars)?;
            Ok(physical.i64().map_err(from_polars)?.iter().collect())
        };
        match column.dtype() {
            DataType::Date => {
                Ok(Self { values: numbers()?, per_second: None, unit: TimeUnit::Microseconds, zone: None })
            }
            DataType::Datetime(unit, zone) => Ok(Self {
                values: numbers()?,
                per_second: Some(per_second(*unit)),
                unit: *unit,
                zone: zone.as_ref().map(|z| z.to_string()),
            }),
            DataType::Null => Ok(Self {
                values: vec![None; column.len()],
                per_second: None,
                unit: TimeUnit::Microseconds,
                zone: None,
            }),
            other => Err(wrong_kind(column.name().as_str(), &kind_of(other))),
        }
    }

    fn tz(&self) -> Result<Option<Tz>> {
        self.zone.as_deref().map(zone).transpose()
    }

    /// Whole seconds since 1970, in UTC or local as the values are.
    fn seconds(&self, value: i64) -> i64 {
        match self.per_second {
            None => value.saturating_mul(DAY),
            Some(per) => value.div_euclid(per),
        }
    }
}

fn wrong_kind(name: &str, kind: &Kind) -> Error {
    Error::usage(Msg::new("error-not-time").with("name", name).with("kind", kind.word()))
        .hint(Msg::new("hint-not-time"))
}

fn dates(name: &str, values: Vec<Option<i32>>) -> Result<PlColumn> {
    Series::new(name.into(), values).into_column().cast(&DataType::Date).map_err(from_polars)
}

fn times(name: &str, values: Vec<Option<i64>>, unit: TimeUnit, zone: Option<String>) -> Result<PlColumn> {
    let dtype = datetime_type(&Kind::DateTime(zone), unit);
    Series::new(name.into(), values).into_column().cast(&dtype).map_err(from_polars)
}

/// The kind that [`truncate`] gives for a column of a kind.
pub fn truncated_kind(name: &str, kind: &Kind, unit: Unit, wanted: Option<&str>) -> Result<Kind> {
    if let Some(wanted) = wanted {
        zone(wanted)?;
    }
    match (kind, unit.clock()) {
        (Kind::Date | Kind::Empty, None) | (Kind::DateTime(_), None) => Ok(Kind::Date),
        (Kind::DateTime(None), _) => Ok(Kind::DateTime(None)),
        (Kind::DateTime(Some(own)), _) => Ok(Kind::DateTime(Some(wanted.unwrap_or(own).to_owned()))),
        (Kind::Date | Kind::Empty, Some(_)) => {
            Err(Error::usage(Msg::new("error-date-clock").with("name", name).with("unit", unit.word())))
        }
        (kind, _) => Err(wrong_kind(name, kind)),
    }
}

/// The beginning of the span each moment lies in, as the clock of `wanted` (else of the column's own zone) shows it: a
/// date for days and longer, a time of the same sort for hours and shorter. Times without a zone are not shifted.
pub fn truncate(column: &PlColumn, unit: Unit, wanted: Option<&str>) -> Result<PlColumn> {
    let name = column.name().as_str();
    let mut moments = Moments::of(column)?;
    if moments.zone.is_some()
        && let Some(wanted) = wanted
    {
        moments.zone = Some(wanted.to_owned());
    }
    let mut offsets = Offsets::new(moments.tz()?);
    match (unit.clock(), moments.per_second) {
        (Some(_), None) => Err(Error::usage(Msg::new("error-date-clock").with("name", name).with("unit", unit.word()))),
        (Some(size), Some(per)) => {
            let start = |v: i64| {
                let utc = v.div_euclid(per);
                let offset = offsets.at(utc);
                ((utc + offset).div_euclid(size) * size - offset).checked_mul(per)
            };
            let values = moments.values.to_vec();
            let mut start = start;
            times(name, values.into_iter().map(|v| v.and_then(&mut start)).collect(), moments.unit, moments.zone)
        }
        (None, _) => {
            let values = moments.values.iter().map(|v| {
                let seconds = moments.seconds((*v)?);
                let local = seconds.checked_add(offsets.at(seconds))?;
                i32::try_from(unit.start(local.div_euclid(DAY))).ok()
            });
            dates(name, values.collect())
        }
    }
}

/// Rows of columns of which some may hold one value for all.
pub(super) fn height(columns: &[PlColumn]) -> usize {
    match columns.iter().any(|c| c.is_empty()) {
        true => 0,
        false => columns.iter().map(|c| c.len()).max().unwrap_or(0),
    }
}

/// The value of row `i`, of many or of one for all.
pub(super) fn pick<T: Copy>(values: &[Option<T>], i: usize) -> Option<T> {
    if values.len() == 1 { values[0] } else { values.get(i).copied().flatten() }
}

/// How many beginnings of a span lie after `from` and not after `to`; negative the other way round.
pub(super) fn difference(unit: Unit, columns: &[PlColumn]) -> Result<PlColumn> {
    let rows = height(columns);
    let [from, to] = columns else { return Ok(PlColumn::full_null("".into(), rows, &DataType::Int64)) };
    let (from, to) = (Moments::of(from)?, Moments::of(to)?);
    // Hours between points in time are real ones, whatever clocks do.
    let absolute = unit.clock().is_some() && from.zone.is_some() && to.zone.is_some();
    let zones = |m: &Moments| -> Result<Offsets> { Ok(Offsets::new(if absolute { None } else { m.tz()? })) };
    let (mut a, mut b) = (zones(&from)?, zones(&to)?);
    let number = |m: &Moments, o: &mut Offsets, i: usize| {
        let seconds = m.seconds(pick(&m.values, i)?);
        Some(unit.number(seconds.checked_add(o.at(seconds))?))
    };
    let values: Vec<Option<i64>> =
        (0..rows).map(|i| number(&to, &mut b, i)?.checked_sub(number(&from, &mut a, i)?)).collect();
    Ok(PlColumn::new("".into(), values))
}

/// The moments `n` spans later, on the clock of their zone for spans of the calendar.
pub(super) fn add(unit: Unit, columns: &[PlColumn]) -> Result<PlColumn> {
    let rows = height(columns);
    let [n, at] = columns else { return Ok(PlColumn::full_null("".into(), rows, &DataType::Date)) };
    let n: Vec<Option<i64>> =
        n.cast(&DataType::Int64).map_err(from_polars)?.i64().map_err(from_polars)?.iter().collect();
    let at = Moments::of(at)?;
    let Some(per) = at.per_second else {
        let later = |i| i32::try_from(unit.later(pick(&at.values, i)?, pick(&n, i)?)?).ok();
        return dates("", (0..rows).map(later).collect());
    };
    let mut offsets = Offsets::new(at.tz()?);
    let mut later = |i: usize| {
        let (v, n) = (pick(&at.values, i)?, pick(&n, i)?);
        if let Some(size) = unit.clock() {
            return v.checked_add(n.checked_mul(size)?.checked_mul(per)?);
        }
        let (utc_seconds, rest) = (v.div_euclid(per), v.rem_euclid(per));
        let local = utc_seconds.checked_add(offsets.at(utc_seconds))?;
        let day = unit.later(local.div_euclid(DAY), n)?;
        let local = day.checked_mul(DAY)?.checked_add(local.rem_euclid(DAY))?;
        let seconds = match &at.zone {
            None => local,
            Some(zone) => {
                let wall: NaiveDateTime = DateTime::from_timestamp(local, 0)?.naive_utc();
                let nanos = utc(wall, zone).unwrap_or_else(|| instant_nanos(wall));
                i64::try_from(nanos.div_euclid(1_000_000_000)).ok()?
            }
        };
        seconds.checked_mul(per)?.checked_add(rest)
    };
    let values = (0..rows).map(&mut later).collect();
    times("", values, at.unit, at.zone.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::cell_of;

    fn instants(seconds: &[i64], zone: &str) -> PlColumn {
        let micros: Vec<Option<i64>> = seconds.iter().map(|s| Some(s * 1_000_000)).collect();
        times("t", micros, TimeUnit::Microseconds, Some(zone.to_owned())).unwrap()
    }

    fn shown(column: &PlColumn) -> Vec<String> {
        (0..column.len()).map(|i| cell_of(column, i).plain()).collect()
    }

    #[test]
    fn days_of_a_zone() {
        // 2026-11-20T14:59:59Z and 15:00:00Z are either side of midnight in Tokyo.
        let t = instants(&[1_795_186_799, 1_795_186_800], "UTC");
        assert_eq!(shown(&truncate(&t, Unit::Day, Some("Asia/Tokyo")).unwrap()), ["2026-11-20", "2026-11-21"]);
        assert_eq!(shown(&truncate(&t, Unit::Day, None).unwrap()), ["2026-11-20", "2026-11-20"]);
        let naive = times("t", vec![Some(1_795_186_800_000_000)], TimeUnit::Microseconds, None).unwrap();
        assert_eq!(shown(&truncate(&naive, Unit::Day, Some("Asia/Tokyo")).unwrap()), ["2026-11-20"]);
    }

    #[test]
    fn spans_begin_where_the_calendar_says() {
        let day = |text: &str| Some(crate::value::time::iso_day(text).unwrap());
        let column = dates("d", vec![day("2026-11-22"), day("2026-11-23"), day("2024-02-29"), None]).unwrap();
        for (unit, want) in [
            (Unit::Day, ["2026-11-22", "2026-11-23", "2024-02-29", ""]),
            (Unit::Week, ["2026-11-16", "2026-11-23", "2024-02-26", ""]),
            (Unit::Month, ["2026-11-01", "2026-11-01", "2024-02-01", ""]),
            (Unit::Quarter, ["2026-10-01", "2026-10-01", "2024-01-01", ""]),
            (Unit::Year, ["2026-01-01", "2026-01-01", "2024-01-01", ""]),
        ] {
            assert_eq!(shown(&truncate(&column, unit, None).unwrap()), want, "{unit:?}");
        }
        assert!(truncate(&column, Unit::Hour, None).is_err());
    }

    #[test]
    fn an_hour_that_comes_twice_is_two_hours_and_one_that_is_skipped_is_none() {
        // New York, 2026-11-01: 05:30Z is 01:30 in summer time, 06:30Z is 01:30 in winter time.
        let back = instants(&[1_793_511_000, 1_793_514_600], "America/New_York");
        let hours = truncate(&back, Unit::Hour, None).unwrap();
        assert_eq!(shown(&hours), ["2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-05:00"]);
        // 2026-03-08: 06:59:59Z is 01:59:59, 07:00:00Z is 03:00:00.
        let forward = instants(&[1_772_953_199, 1_772_953_200], "America/New_York");
        assert_eq!(
            shown(&truncate(&forward, Unit::Hour, None).unwrap()),
            ["2026-03-08T01:00:00-05:00", "2026-03-08T03:00:00-04:00"]
        );
        // The day of the change has 25 hours, all of them its own.
        let whole: Vec<i64> = (0..25).map(|h| 1_793_505_600 + h * 3_600).collect();
        let days = truncate(&instants(&whole, "America/New_York"), Unit::Day, None).unwrap();
        assert!(shown(&days).iter().all(|d| d == "2026-11-01"));
        let kathmandu = truncate(&instants(&[1_793_511_000], "Asia/Kathmandu"), Unit::Hour, None).unwrap();
        assert_eq!(shown(&kathmandu), ["2026-11-01T11:00:00+05:45"]);
    }

    #[test]
    fn later_and_between() {
        let day = |text: &str| i64::from(crate::value::time::iso_day(text).unwrap());
        assert_eq!(Unit::Month.later(day("2026-01-31"), 1), Some(day("2026-02-28")));
        assert_eq!(Unit::Month.later(day("2024-03-31"), -1), Some(day("2024-02-29")));
        assert_eq!(Unit::Year.later(day("2024-02-29"), 1), Some(day("2025-02-28")));
        assert_eq!(Unit::Quarter.later(day("2026-11-30"), 1), Some(day("2027-02-28")));
        assert_eq!(Unit::Year.later(0, i64::MAX), None);
        // A day later on the clock: 24 hours, or 25 where the clock is put back.
        let at = instants(&[1_793_505_600], "America/New_York");
        let one = PlColumn::new("".into(), [1i64]);
        assert_eq!(shown(&add(Unit::Day, &[one.clone(), at.clone()]).unwrap()), ["2026-11-02T00:00:00-05:00"]);
        assert_eq!(shown(&add(Unit::Hour, &[one, at.clone()]).unwrap()), ["2026-11-01T01:00:00-04:00"]);
        let next = instants(&[1_793_505_600 + 25 * 3_600], "America/New_York");
        let between = |unit| shown(&difference(unit, &[at.clone(), next.clone()]).unwrap());
        assert_eq!((between(Unit::Hour), between(Unit::Day)), (vec!["25".to_owned()], vec!["1".to_owned()]));
        assert_eq!(between(Unit::Month), ["0"]);
    }
}
