//! Columns as an analysis reads them: a metric as numbers, a day as a number. Says what cannot be read.

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate};
use polars::prelude::{DataType, Series, TimeUnit};

use crate::data::from_polars;
use crate::error::{Error, Result};
use crate::text::Msg;
use crate::value::Cell;

/// A text that means yes (1) or no (0).
pub fn two_fold(text: &str) -> Option<f64> {
    const YES: [&str; 12] = ["1", "1.0", "true", "yes", "y", "t", "on", "はい", "有", "あり", "○", "済"];
    const NO: [&str; 12] = ["0", "0.0", "false", "no", "n", "f", "off", "いいえ", "無", "なし", "×", "未"];
    let text = text.trim().to_lowercase();
    if YES.contains(&text.as_str()) { Some(1.0) } else { NO.contains(&text.as_str()).then_some(0.0) }
}

/// A number as it is written: plain, or an amount of money with its sign and with commas between thousands.
pub fn amount(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Ok(plain) = text.parse::<f64>() {
        return Some(plain);
    }
    let (sign, rest) = match text.strip_prefix(['-', '−', '▲', '△']) {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    let rest = rest.trim_start_matches(['¥', '￥', '$', '€', '£']).trim();
    let rest = rest.strip_suffix('円').unwrap_or(rest).trim_end();
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let mut groups = whole.split(',');
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let first = groups.next().filter(|g| digits(g) && !g.is_empty())?;
    let grouped = whole.contains(',');
    if (grouped && first.len() > 3) || !groups.all(|g| g.len() == 3 && digits(g)) || !digits(fraction) {
        return None;
    }
    rest.replace(',', "").parse::<f64>().ok().map(|v| sign * v)
}

/// What is known of the values of a metric as a whole.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nature {
    /// Values that are neither 0 nor 1.
    pub others: u64,
    /// Words such as yes and no among them.
    pub words: bool,
}

impl Nature {
    /// Nothing but 0 and 1.
    pub fn two_fold(&self) -> bool {
        self.others == 0
    }

    /// Takes in what is known of other rows.
    pub fn merge(&mut self, other: Self) {
        self.others += other.others;
        self.words |= other.words;
    }
}

/// The values of a metric; missing, blank and what is not finite as NaN.
pub fn numbers(name: &str, series: &Series, nature: &mut Nature) -> Result<Vec<f64>> {
    let not = |value: &str| {
        Error::usage(
            Msg::new("error-ab-metric").with("column", name).with("value", value.chars().take(40).collect::<String>()),
        )
        .hint(Msg::new("hint-ab-metric"))
    };
    let mut values = Vec::with_capacity(series.len());
    match series.dtype() {
        DataType::String | DataType::Categorical(..) | DataType::Enum(..) => {
            let texts = series.cast(&DataType::String).map_err(from_polars)?;
            for text in texts.str().map_err(from_polars)?.iter() {
                values.push(match text.map(str::trim).filter(|t| !t.is_empty()) {
                    None => f64::NAN,
                    Some(text) => match (amount(text), two_fold(text)) {
                        (Some(v), _) => v,
                        (_, Some(v)) => {
                            nature.words = true;
                            v
                        }
                        _ => return Err(not(text)),
                    },
                });
            }
        }
        dtype if dtype.is_primitive_numeric() || matches!(dtype, DataType::Boolean | DataType::Decimal(..)) => {
            let numbers = series.cast(&DataType::Float64).map_err(from_polars)?;
            let numbers = numbers.f64().map_err(from_polars)?;
            match numbers.null_count() {
                0 => numbers.downcast_iter().for_each(|a| values.extend_from_slice(a.values())),
                _ => values.extend(numbers.iter().map(|v| v.unwrap_or(f64::NAN))),
            }
        }
        _ => {
            let column = series.clone().into();
            let first = (0..series.len()).map(|i| crate::data::cell_of(&column, i)).find(|c| !c.is_null());
            match first {
                None => values.resize(series.len(), f64::NAN),
                Some(cell) => return Err(not(&cell.plain())),
            }
        }
    }
    let mut others = 0;
    for v in &mut values {
        if v.is_infinite() {
            *v = f64::NAN;
        }
        others += u64::from(*v != 0.0 && *v != 1.0 && !v.is_nan());
    }
    nature.others += others;
    Ok(values)
}

/// A row without a day.
pub const NO_DAY: i64 = i64::MIN;

/// The day of each row: days since 1970-01-01 of a date or, on the spot's own clock, of a moment; a whole number as it is.
pub fn days(name: &str, series: &Series) -> Result<Vec<i64>> {
    let not = |value: &str| {
        let value = value.chars().take(40).collect::<String>();
        Error::usage(Msg::new("error-ab-day").with("column", name).with("value", value)).hint(Msg::new("hint-ab-day"))
    };
    let whole = |series: &Series| -> Result<Vec<i64>> {
        let physical = series.to_physical_repr().cast(&DataType::Int64).map_err(from_polars)?;
        Ok(physical.i64().map_err(from_polars)?.iter().map(|v| v.unwrap_or(NO_DAY)).collect())
    };
    let dtype = series.dtype();
    match dtype {
        DataType::Datetime(unit, _) => {
            let per_second = match unit {
                TimeUnit::Nanoseconds => 1_000_000_000,
                TimeUnit::Microseconds => 1_000_000,
                TimeUnit::Milliseconds => 1_000,
            };
            // Every clock is ahead of the universal one by whole quarters of an hour.
            let quarter = 900 * per_second;
            let column = series.clone().into();
            let mut known: HashMap<i64, i64> = HashMap::new();
            let mut last = (NO_DAY, NO_DAY);
            let stored = whole(series)?;
            let mut days = Vec::with_capacity(stored.len());
            for (row, v) in stored.into_iter().enumerate() {
                let at = v.div_euclid(quarter);
                if v == NO_DAY {
                    days.push(NO_DAY);
                    continue;
                }
                if last.0 != at {
                    let day = *known.entry(at).or_insert_with(|| match crate::data::cell_of(&column, row) {
                        Cell::DateTime(nanos, _) => nanos.div_euclid(86_400_000_000_000) as i64,
                        _ => NO_DAY,
                    });
                    last = (at, day);
                }
                days.push(last.1);
            }
            Ok(days)
        }
        DataType::Date => whole(series),
        _ if dtype.is_integer() => whole(series),
        DataType::String | DataType::Categorical(..) | DataType::Enum(..) => {
            let texts = series.cast(&DataType::String).map_err(from_polars)?;
            let mut days = Vec::with_capacity(series.len());
            for text in texts.str().map_err(from_polars)?.iter() {
                days.push(match text.map(str::trim).filter(|t| !t.is_empty()) {
                    None => NO_DAY,
                    Some(text) => day_of(text).ok_or_else(|| not(text))?,
                });
            }
            Ok(days)
        }
        DataType::Null => Ok(vec![NO_DAY; series.len()]),
        _ => {
            let column = series.clone().into();
            let first = (0..series.len()).map(|i| crate::data::cell_of(&column, i)).find(|c| !c.is_null());
            match first {
                None => Ok(vec![NO_DAY; series.len()]),
                Some(cell) => Err(not(&cell.plain())),
            }
        }
    }
}

/// Days before 1970-01-01 in the common era's count.
const EPOCH: i64 = 719_163;

fn day_of(text: &str) -> Option<i64> {
    let date = text.split(['T', ' ']).next()?;
    let mut parts = date.split(['-', '/', '.']).map(|p| p.parse::<u32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    parts.next().is_none().then(|| i64::from(date.num_days_from_ce()) - EPOCH)
}

/// Whether days of a column of this type are dates; whole numbers otherwise.
pub fn is_dates(dtype: &DataType) -> bool {
    !dtype.is_integer()
}

/// A day in words.
pub fn day_words(day: i64, dates: bool) -> String {
    let date = i32::try_from(day + EPOCH).ok().and_then(NaiveDate::from_num_days_from_ce_opt);
    match date.filter(|_| dates) {
        Some(date) => format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day()),
        None => day.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::NamedFrom;

    #[test]
    fn amounts_are_read_as_they_are_written() {
        let good = [("12", 12.0), ("1,234.5", 1234.5), ("¥1,234,567", 1_234_567.0), ("-$5", -5.0), ("3,000円", 3000.0)];
        for (text, value) in good.into_iter().chain([("▲1,200", -1200.0), ("￥ 80 円", 80.0), ("1e3", 1000.0)]) {
            assert_eq!(amount(text), Some(value), "{text}");
        }
        for bad in ["", "¥", "1,23", "12,34,567", ",123", "1,2345", "1234,567", "x", "12%", "1.2.3", "--5", "1,234.5,6"]
        {
            assert_eq!(amount(bad), None, "{bad}");
        }
    }

    #[test]
    fn days_are_read_from_dates_moments_texts_and_numbers() {
        // 2026-11-20T15:00Z is the 21st in Tokyo.
        let ms = Series::new("t".into(), [1_795_186_800_000i64, 1_795_186_799_999]);
        let zone = polars::prelude::TimeZone::opt_try_new(Some("Asia/Tokyo")).unwrap();
        let tokyo = ms.cast(&DataType::Datetime(TimeUnit::Milliseconds, zone)).unwrap();
        let day = days("t", &tokyo).unwrap();
        assert_eq!(day.iter().map(|d| day_words(*d, true)).collect::<Vec<_>>(), ["2026-11-21", "2026-11-20"]);
        let texts = Series::new("d".into(), [Some("2026-11-21"), Some("2026/11/21 03:04"), None, Some("")]);
        assert_eq!(days("d", &texts).unwrap(), [day[0], day[0], NO_DAY, NO_DAY]);
        assert_eq!(days("d", &Series::new("d".into(), [1i32, 14])).unwrap(), [1, 14]);
        assert_eq!(day_words(14, false), "14");
        for bad in ["x", "2026-13-01", "2026-11", "1-2-3-4"] {
            assert_eq!(days("d", &Series::new("d".into(), [bad])).unwrap_err().message.id, "error-ab-day", "{bad}");
        }
        assert!(days("d", &Series::new("d".into(), [1.5])).is_err());
    }
}
