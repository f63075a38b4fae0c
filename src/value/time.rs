//! Calendar arithmetic that never panics, for every value a 64-bit timestamp can hold.
//!
//! Days and seconds count from 1970-01-01T00:00:00. Formula of the civil calendar: H. Hinnant, "chrono-compatible
//! low-level date algorithms" (proleptic Gregorian).

use std::fmt::Write;

/// Year, month (1–12) and day (1–31) of a day number.
pub fn civil(days: i64) -> (i64, u32, u32) {
    let z = days as i128 + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    let year = yoe + era * 400 + i128::from(month <= 2);
    (year as i64, month, day)
}

/// The day number of a date of the calendar.
#[inline]
pub fn days(year: i64, month: u32, day: u32) -> i64 {
    let y = year - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let m = i64::from(month);
    let doy = (153 * (if m > 2 { m - 3 } else { m + 9 }) + 2) / 5 + i64::from(day) - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// The day number of `YYYY-MM-DD`, if there is such a day.
#[inline]
pub fn iso_day(text: impl AsRef<[u8]>) -> Option<i32> {
    let b = text.as_ref();
    if b.len() != 10 || b[4] != b'-' || b[7] != b'-' {
        return None;
    }
    let digit = |at: usize| Some(u32::from(b[at].wrapping_sub(b'0'))).filter(|d| *d < 10);
    let pair = |at: usize| Some(digit(at)? * 10 + digit(at + 1)?);
    let (year, month, day) = (i64::from(pair(0)? * 100 + pair(2)?), pair(5)?, pair(8)?);
    if !(1..=month_days(year, month)).contains(&day) {
        return None;
    }
    i32::try_from(days(year, month, day)).ok()
}

/// How many days a month of a year has; none if there is no such month.
#[inline]
pub fn month_days(year: i64, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

/// Microseconds since 1970-01-01T00:00 of `YYYY-MM-DDTHH:MM[:SS[.ffffff]]` (or with a space for the T), and whether an
/// offset or `Z` made it an instant, which is then in UTC. None if there is no such time, or digits would be lost.
#[inline]
pub fn iso_moment(text: impl AsRef<[u8]>) -> Option<(i64, bool)> {
    let (day, rest) = text.as_ref().split_at_checked(10)?;
    let day = i64::from(iso_day(day)?);
    let (b'T' | b' ', rest) = rest.split_first()? else { return None };
    let pair = |at: usize| {
        let (a, b) = (rest.get(at)?, rest.get(at + 1)?);
        (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i64::from(a - b'0') * 10 + i64::from(b - b'0'))
    };
    let (hour, minute) = (pair(0)?, pair(3)?);
    let mut at = 5;
    let (mut second, mut micros) = (0, 0);
    if rest.get(at) == Some(&b':') {
        second = pair(at + 1)?;
        at += 3;
        if rest.get(at) == Some(&b'.') {
            let digits = rest[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
            if !(1..=6).contains(&digits) {
                return None;
            }
            micros = rest[at + 1..=at + digits].iter().fold(0, |n, b| n * 10 + i64::from(b - b'0'))
                * 10i64.pow(6 - digits as u32);
            at += 1 + digits;
        }
    }
    if rest.get(2) != Some(&b':') || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let local = ((day * 24 + hour) * 60 + minute) * 60 + second;
    let (offset, instant) = match (rest.get(at), rest.len() - at) {
        (None, _) => (0, false),
        (Some(b'Z'), 1) => (0, true),
        (Some(sign @ (b'+' | b'-')), length) => {
            let (minutes, seconds) = match length {
                3 => (0, 0),
                5 => (pair(at + 3)?, 0),
                6 if rest[at + 3] == b':' => (pair(at + 4)?, 0),
                // Offsets from before the zones: Tokyo was at +09:18:59.
                9 if rest[at + 3] == b':' && rest[at + 6] == b':' => (pair(at + 4)?, pair(at + 7)?),
                _ => return None,
            };
            let east = pair(at + 1)? * 3600 + minutes * 60 + seconds;
            (if *sign == b'-' { -east } else { east }, true)
        }
        _ => return None,
    };
    Some(((local - offset) * 1_000_000 + micros, instant))
}

/// `YYYY-MM-DD`; years outside 0–9999 carry their sign and all their digits.
pub fn date(days: i64) -> String {
    let (y, m, d) = civil(days);
    if (0..=9999).contains(&y) { format!("{y:04}-{m:02}-{d:02}") } else { format!("{y:+05}-{m:02}-{d:02}") }
}

/// `HH:MM:SS` with as many digits after the second as are needed (0, 3, 6 or 9); `nanos` within a day.
pub fn clock(nanos: i64) -> String {
    let (s, n) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
    let mut out = format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
    if n != 0 {
        let _ = if n % 1_000_000 == 0 {
            write!(out, ".{:03}", n / 1_000_000)
        } else if n % 1000 == 0 {
            write!(out, ".{:06}", n / 1000)
        } else {
            write!(out, ".{n:09}")
        };
    }
    out
}

/// A span of time in days, hours, minutes and seconds (`2d 03:04:05`), or in parts of a second when shorter than one.
pub fn span(nanos: i128) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let n = nanos.unsigned_abs();
    let (seconds, rest) = (n / 1_000_000_000, n % 1_000_000_000);
    if seconds == 0 && rest != 0 {
        return match rest {
            r if r % 1_000_000 == 0 => format!("{sign}{}ms", r / 1_000_000),
            r if r % 1000 == 0 => format!("{sign}{}µs", r / 1000),
            r => format!("{sign}{r}ns"),
        };
    }
    let time = clock((seconds % 86_400) as i64 * 1_000_000_000 + rest as i64);
    match seconds / 86_400 {
        0 => format!("{sign}{time}"),
        d => format!("{sign}{d}d {time}"),
    }
}

/// A span of time in ISO 8601 (`P2DT3H4M5.5S`), for machines.
pub fn iso_span(nanos: i128) -> String {
    let n = nanos.unsigned_abs();
    let (seconds, rest) = (n / 1_000_000_000, n % 1_000_000_000);
    let (d, h, m, s) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let mut out = String::from(if nanos < 0 { "-P" } else { "P" });
    if d > 0 {
        let _ = write!(out, "{d}D");
    }
    if h > 0 || m > 0 || s > 0 || rest > 0 || d == 0 {
        out.push('T');
        if h > 0 {
            let _ = write!(out, "{h}H");
        }
        if m > 0 {
            let _ = write!(out, "{m}M");
        }
        if rest > 0 {
            let fraction = format!("{rest:09}");
            let _ = write!(out, "{s}.{}S", fraction.trim_end_matches('0'));
        } else if s > 0 || (h == 0 && m == 0) {
            let _ = write!(out, "{s}S");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar() {
        for (n, want) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (19_723, "2024-01-01"),
            (11_016, "2000-02-29"),
            (-719_528, "0000-01-01"),
            (-719_529, "-0001-12-31"),
            (2_932_896, "9999-12-31"),
            (2_932_897, "+10000-01-01"),
        ] {
            assert_eq!(date(n), want);
        }
        for n in (-1_000_000..1_000_000).step_by(997) {
            let (y, m, d) = civil(n);
            assert_eq!(days(y, m, d), n);
        }
        date(i64::MAX);
        date(i64::MIN);
    }

    #[test]
    fn days_of_the_calendar_only() {
        assert_eq!(iso_day("2024-02-29"), Some(19_782));
        for bad in ["2023-02-29", "2024-2-29", "2024-13-01", "2024-00-10", "２０２４-01-01", "2024/01/01", ""] {
            assert_eq!(iso_day(bad), None, "{bad}");
        }
    }

    #[test]
    fn moments() {
        for (text, want) in [
            ("1970-01-01T00:00", Some((0, false))),
            ("1970-01-02 01:02:03.5", Some((90_123_500_000, false))),
            ("1970-01-01T09:00:00+09:00", Some((0, true))),
            ("1970-01-01T00:00:00.000001Z", Some((1, true))),
            ("1969-12-31T19:30:00-0430", Some((0, true))),
            ("1970-01-01T01:00:00+01", Some((0, true))),
            ("1970-01-01", None),
            ("1970-01-01T24:00:00", None),
            ("1970-01-01T00:00:60", None),
            ("1970-01-01T00:00:00.1234567", None),
            ("1970-01-01T00:00:00 UTC", None),
            ("1970-01-01T00-00", None),
            ("1970-01-01T00:00:", None),
            ("1970-01-01T00:00:00+9:00", None),
            ("日本の1970-01-01T00:00", None),
        ] {
            assert_eq!(iso_moment(text), want, "{text}");
        }
    }

    #[test]
    fn clocks_and_spans() {
        assert_eq!(clock(86_399_999_000_000), "23:59:59.999");
        assert_eq!(clock(1), "00:00:00.000000001");
        assert_eq!(span(93_784_500_000_000), "1d 02:03:04.500");
        assert_eq!(span(-5_000_000), "-5ms");
        assert_eq!(span(0), "00:00:00");
        assert_eq!(iso_span(93_784_500_000_000), "P1DT2H3M4.5S");
        assert_eq!(iso_span(0), "PT0S");
        assert_eq!(iso_span(-60_000_000_000), "-PT1M");
    }
}
