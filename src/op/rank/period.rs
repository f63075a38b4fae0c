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
        Ok(match text {
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            _ => {
                return Err(Error::usage(Msg::new("error-period").with("text", text))
                    .hint(Msg::new("hint-one-of").with("names", NAMES.join(", "))));
            }
        })
    }
}

impl Period {
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

/// The windows for a column of this type whose greatest stored number is `greatest`. None for other types, and for times
/// beyond the calendar.
pub fn windows(period: Period, dtype: &DataType, greatest: i64) -> Option<Windows> {
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1)?;
    let zone: Option<chrono_tz::Tz> = match dtype {
        DataType::Datetime(_, Some(zone)) => Some(zone.as_str().parse().ok()?),
        _ => None,
    };
    let last = match dtype {
        DataType::Date => epoch.checked_add_signed(chrono::TimeDelta::try_days(greatest)?)?,
        DataType::Datetime(unit, _) => {
            let utc = chrono::DateTime::from_timestamp(greatest.div_euclid(per_second(*unit)), 0)?.naive_utc();
            match zone {
                Some(zone) => zone.from_utc_datetime(&utc).date_naive(),
                None => utc.date(),
            }
        }
        _ => return None,
    };
    let [before, start, after] = period.last_full(last)?;
    let stored = |day: NaiveDate| -> Option<i64> {
        match dtype {
            DataType::Date => Some(day.signed_duration_since(epoch).num_days()),
            DataType::Datetime(unit, _) => {
                let local = NaiveDateTime::new(day, NaiveTime::MIN);
                let seconds = match zone {
                    // A midnight that a change of clocks skips is the first moment after it.
                    Some(zone) => (0..=3)
                        .find_map(|h| zone.from_local_datetime(&(local + chrono::TimeDelta::hours(h))).earliest())?
                        .timestamp(),
                    None => local.and_utc().timestamp(),
                };
                seconds.checked_mul(per_second(*unit))
            }
            _ => None,
        }
    };
    let (before, from, to) = (stored(before)?, stored(start)?, stored(after)?);
    Some(Windows { current: from..to, previous: before..from, days: (start, after) })
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
}
