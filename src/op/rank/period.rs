//! The last full period of a time column and the one before it, as stretches of the numbers the column is stored as.

use std::ops::Range;
use std::str::FromStr;

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use polars::prelude::{DataType, TimeUnit};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::text::Msg;

/// A span of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Period {
    /// A day.
    Day,
    /// A week from Monday.
    Week,
    /// A month.
    Month,
    /// Three months, from January.
    Quarter,
    /// A year.
    Year,
}

/// The names of the periods, as they are spelt.
pub const NAMES: &[&str] = &["day", "week", "month", "quarter", "year"];

impl FromStr for Period {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|p| p.name() == text).ok_or_else(|| {
            Error::usage(Msg::new("error-period").with("text", text))
                .hint(Msg::new("hint-one-of").with("names", NAMES.join(", ")))
        })
    }
}

impl Period {
    /// Every period, from the shortest.
    pub const ALL: [Self; 5] = [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// Its name, as it is spelt.
    pub fn name(self) -> &'static str {
        NAMES[self as usize]
    }

    /// Its name for people.
    pub fn word(self) -> Msg {
        Msg::new(match self {
            Self::Day => "period-day",
            Self::Week => "period-week",
            Self::Month => "period-month",
            Self::Quarter => "period-quarter",
            Self::Year => "period-year",
        })
    }

    /// The first day of the period that holds `day`.
    fn start(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => Some(day),
            Self::Week => day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday()))),
            Self::Month => day.with_day(1),
            Self::Quarter => day.with_day(1)?.with_month0(day.month0() / 3 * 3),
            Self::Year => NaiveDate::from_ymd_opt(day.year(), 1, 1),
        }
    }

    /// The day so many periods (which may be negative) after the first day of one.
    fn shift(self, start: NaiveDate, by: i32) -> Option<NaiveDate> {
        let days = |n: u64| match by >= 0 {
            true => start.checked_add_days(Days::new(n * by.unsigned_abs() as u64)),
            false => start.checked_sub_days(Days::new(n * by.unsigned_abs() as u64)),
        };
        let months = |n: u32| match by >= 0 {
            true => start.checked_add_months(Months::new(n * by.unsigned_abs())),
            false => start.checked_sub_months(Months::new(n * by.unsigned_abs())),
        };
        match self {
            Self::Day => days(1),
            Self::Week => days(7),
            Self::Month => months(1),
            Self::Quarter => months(3),
            Self::Year => months(12),
        }
    }

    /// The first day of the last period that is over by the end of `last`, and of the two around it: before, it, after.
    pub fn last_full(self, last: NaiveDate) -> Option<[NaiveDate; 3]> {
        let start = self.start(last)?;
        let next = self.shift(start, 1)?;
        // The period of the last day is full if that day ends it.
        let start = if last.succ_opt() == Some(next) { start } else { self.shift(start, -1)? };
        Some([self.shift(start, -1)?, start, self.shift(start, 1)?])
    }
}

/// The two periods that are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    /// The last full period, in stored numbers.
    pub current: Range<i64>,
    /// The one before it.
    pub previous: Range<i64>,
    /// The first day of the last full period, and the day after its last.
    pub days: (NaiveDate, NaiveDate),
}

fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Nanoseconds => 1_000_000_000,
        TimeUnit::Microseconds => 1_000_000,
        TimeUnit::Milliseconds => 1_000,
    }
}

/// How a column of time stores the days of its calendar.
struct Clock<'a> {
    dtype: &'a DataType,
    zone: Option<chrono_tz::Tz>,
}

impl<'a> Clock<'a> {
    /// None for types that hold no days, and for zones that are not known.
    fn of(dtype: &'a DataType) -> Option<Self> {
        let zone = match dtype {
            DataType::Date | DataType::Datetime(_, None) => None,
            DataType::Datetime(_, Some(zone)) => Some(zone.as_str().parse().ok()?),
            _ => return None,
        };
        Some(Self { dtype, zone })
    }

    /// The day a stored number lies in. None beyond the calendar.
    fn day(&self, stored: i64) -> Option<NaiveDate> {
        match self.dtype {
            DataType::Datetime(unit, _) => {
                let utc = chrono::DateTime::from_timestamp(stored.div_euclid(per_second(*unit)), 0)?.naive_utc();
                Some(match self.zone {
                    Some(zone) => zone.from_utc_datetime(&utc).date_naive(),
                    None => utc.date(),
                })
            }
            _ => NaiveDate::default().checked_add_signed(chrono::TimeDelta::try_days(stored)?),
        }
    }

    /// The first stored number of a day.
    fn stored(&self, day: NaiveDate) -> Option<i64> {
        match self.dtype {
            DataType::Datetime(unit, _) => {
                let local = NaiveDateTime::new(day, NaiveTime::MIN);
                let seconds = match self.zone {
                    // A midnight that a change of clocks skips is the first moment after it.
                    Some(zone) => (0..=3)
                        .find_map(|h| zone.from_local_datetime(&(local + chrono::TimeDelta::hours(h))).earliest())?
                        .timestamp(),
                    None => local.and_utc().timestamp(),
                };
                seconds.checked_mul(per_second(*unit))
            }
            _ => Some(day.signed_duration_since(NaiveDate::default()).num_days()),
        }
    }
}

/// The error that a column holds dates no calendar reaches.
pub fn beyond(column: &str) -> Error {
    Error::usage(Msg::new("error-rank-time-beyond").with("column", column)).hint(Msg::new("hint-rank-time-beyond"))
}

/// The windows for a column of this type whose greatest stored number is `greatest`. None for other types, and for times
/// beyond the calendar.
pub fn windows(period: Period, dtype: &DataType, greatest: i64) -> Option<Windows> {
    let clock = Clock::of(dtype)?;
    let [before, start, after] = period.last_full(clock.day(greatest)?)?;
    let (before, from, to) = (clock.stored(before)?, clock.stored(start)?, clock.stored(after)?);
    Some(Windows { current: from..to, previous: before..from, days: (start, after) })
}

/// The periods from the one of the stored number `least` to the one of `greatest`, at most `most`: the first day of each,
/// and its first stored number. At least one; None as for [`windows`].
pub fn spans(
    period: Period,
    dtype: &DataType,
    least: i64,
    greatest: i64,
    most: usize,
) -> Option<Vec<(NaiveDate, i64)>> {
    let clock = Clock::of(dtype)?;
    let mut day = period.start(clock.day(least)?)?;
    let last = clock.day(greatest)?;
    let mut spans = Vec::new();
    while day <= last && spans.len() < most {
        spans.push((day, clock.stored(day)?));
        day = period.shift(day, 1)?;
    }
    Some(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_counts_once_it_is_over() {
        for (period, last, start) in [
            (Period::Day, "2026-11-20", "2026-11-20"),
            (Period::Week, "2026-11-21", "2026-11-09"),
            (Period::Week, "2026-11-22", "2026-11-16"),
            (Period::Month, "2026-11-20", "2026-10-01"),
            (Period::Month, "2024-02-29", "2024-02-01"),
            (Period::Quarter, "2026-01-15", "2025-10-01"),
            (Period::Year, "2026-12-31", "2026-01-01"),
        ] {
            assert_eq!(period.last_full(day(last)).map(|d| d[1]), Some(day(start)), "{period:?} {last}");
        }
    }

    #[test]
    fn days_begin_at_midnight_of_the_zone() {
        // 2026-11-20T15:00Z is midnight of the 21st in Tokyo.
        let at = 1_795_186_800i64 * 1_000;
        let utc = windows(Period::Day, &DataType::Datetime(TimeUnit::Milliseconds, None), at).unwrap();
        assert_eq!(utc.days.0, day("2026-11-20"));
        let zone = polars::prelude::TimeZone::opt_try_new(Some("Asia/Tokyo")).unwrap();
        let tokyo = windows(Period::Day, &DataType::Datetime(TimeUnit::Milliseconds, zone), at).unwrap();
        assert_eq!(tokyo.days.0, day("2026-11-21"));
        assert_eq!(tokyo.current.start, at);
        assert_eq!(tokyo.previous, at - 86_400_000..at);
    }

    #[test]
    fn spans_cover_what_there_is() {
        let days = |text: &str| day(text).signed_duration_since(NaiveDate::default()).num_days();
        let found = spans(Period::Month, &DataType::Date, days("2025-11-30"), days("2026-02-01"), 9).unwrap();
        let first: Vec<String> = found.iter().map(|s| s.0.to_string()).collect();
        assert_eq!(first, ["2025-11-01", "2025-12-01", "2026-01-01", "2026-02-01"]);
        assert_eq!(found[3].1, days("2026-02-01"));
        assert_eq!(spans(Period::Day, &DataType::Date, 0, 99, 10).map(|s| s.len()), Some(10));
        assert_eq!(spans(Period::Day, &DataType::Date, 0, i64::MAX, 10), None);
        // The day of 23 hours in New York: its successor begins 23 hours later.
        let zone = polars::prelude::TimeZone::opt_try_new(Some("America/New_York")).unwrap();
        let dtype = DataType::Datetime(TimeUnit::Milliseconds, zone);
        let at = 1_772_946_000_000; // 2026-03-08T00:00-05:00
        let found = spans(Period::Day, &dtype, at, at + 23 * 3_600_000, 9).unwrap();
        assert_eq!(found.iter().map(|s| s.1 - at).collect::<Vec<_>>(), [0, 23 * 3_600_000]);
    }
}
