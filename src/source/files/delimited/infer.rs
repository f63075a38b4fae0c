//! What a field's characters mean: numbers, truth values, dates, or text; and what a whole column is.
//!
//! A value counts as a number only if it can be turned back into the same characters but for trailing zeros: leading
//! zeros, leading plus signs, spaces, thousands separators, digits beyond 64 bits or beyond a double stay text.

use polars::prelude::TimeUnit;

use super::short::Short;
use crate::value::decimal::{EXACT, scaled};
use crate::value::{Kind, time};

/// Most significant digits of a decimal fraction that a double can give back.
const DIGITS: u32 = 17;
const DAY: i64 = 86_400;

/// What a column is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Text.
    Text,
    /// 64-bit whole numbers.
    Integer,
    /// Doubles.
    Float,
    /// `true` and `false`.
    Boolean,
    /// Days.
    Date,
    /// Date and time of day: an instant in UTC or local, in nanoseconds or microseconds.
    DateTime {
        /// Values carry an offset and are instants.
        utc: bool,
        /// Every offset is Japan's: shown in that zone, so that days are the days of the file.
        tokyo: bool,
        /// Fractions of a second have more than six digits.
        nanos: bool,
    },
}

impl Type {
    /// The kind people see.
    pub fn kind(self) -> Kind {
        match self {
            Self::Text => Kind::Text,
            Self::Integer => Kind::Integer,
            Self::Float => Kind::Float,
            Self::Boolean => Kind::Boolean,
            Self::Date => Kind::Date,
            Self::DateTime { utc, tokyo, .. } => Kind::DateTime(zone(utc, tokyo).map(str::to_owned)),
        }
    }
}

/// The name of the zone instants are shown in; none for local times.
pub fn zone(utc: bool, tokyo: bool) -> Option<&'static str> {
    utc.then_some(if tokyo { "Asia/Tokyo" } else { "UTC" })
}

/// The unit date-times are held in.
pub fn unit(nanos: bool) -> TimeUnit {
    if nanos { TimeUnit::Nanoseconds } else { TimeUnit::Microseconds }
}

/// What values were seen in a column, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen(u16);

impl Seen {
    /// A whole number that is also a double.
    pub const INT: Seen = Seen(1);
    /// A whole number of 64 bits that no double holds.
    pub const BIG: Seen = Seen(2);
    /// A number with a fraction or an exponent.
    pub const FLOAT: Seen = Seen(4);
    /// NaN or an infinity.
    pub const SPECIAL: Seen = Seen(8);
    /// True or false.
    pub const BOOL: Seen = Seen(16);
    /// A day.
    pub const DATE: Seen = Seen(32);
    /// A local date and time.
    pub const LOCAL: Seen = Seen(64);
    /// An instant.
    pub const UTC: Seen = Seen(128);
    /// A date and time with more than six digits after the second.
    pub const NANOS: Seen = Seen(256);
    /// A date and time that nanoseconds in 64 bits cannot hold.
    pub const FAR: Seen = Seen(512);
    /// Digits that a number would lose something of.
    pub const LOSSY: Seen = Seen(1024);
    /// Anything else.
    pub const TEXT: Seen = Seen(2048);
    /// An instant written with Japan's offset.
    pub const TOKYO: Seen = Seen(4096);

    /// Adds what the other has.
    pub fn add(&mut self, other: Seen) {
        self.0 |= other.0;
    }

    fn within(self, set: &[Seen]) -> bool {
        self.0 & !set.iter().fold(0, |a, s| a | s.0) == 0
    }

    /// Whether the column can be nothing but text.
    pub fn is_text(self) -> bool {
        self.has(Self::TEXT)
    }

    fn has(self, one: Seen) -> bool {
        self.0 & one.0 != 0
    }

    /// The narrowest type that loses nothing of what was seen; text if nothing was.
    pub fn best(self) -> Type {
        let times = |utc| {
            let nanos = self.has(Self::NANOS);
            if nanos && self.has(Self::FAR) {
                Type::Text
            } else {
                Type::DateTime { utc, tokyo: utc && !self.has(Self::UTC), nanos }
            }
        };
        match self {
            s if s.0 == 0 => Type::Text,
            s if s.within(&[Self::INT, Self::BIG]) => Type::Integer,
            s if s.within(&[Self::INT, Self::FLOAT, Self::SPECIAL]) && !s.within(&[Self::SPECIAL]) => Type::Float,
            s if s.within(&[Self::BOOL]) => Type::Boolean,
            s if s.within(&[Self::DATE]) => Type::Date,
            s if s.within(&[Self::LOCAL, Self::NANOS, Self::FAR]) => times(false),
            s if s.within(&[Self::UTC, Self::TOKYO, Self::NANOS, Self::FAR]) => times(true),
            _ => Type::Text,
        }
    }

    /// Whether all values are digits, yet numbers would lose some of them.
    pub fn digits_kept_as_text(self) -> bool {
        self.best() == Type::Text
            && self.0 != 0
            && self.within(&[Self::INT, Self::BIG, Self::FLOAT, Self::SPECIAL, Self::LOSSY])
            && !self.within(&[Self::SPECIAL])
    }
}

/// What one value is; it must not be empty.
pub fn classify(value: &[u8]) -> Seen {
    let Some(first) = value.first() else { return Seen::default() };
    match first {
        b'0'..=b'9' | b'-' | b'.' | b'+' => {}
        b't' | b'T' | b'f' | b'F' if boolean(value).is_some() => return Seen::BOOL,
        b'n' | b'N' | b'i' | b'I' if special(value).is_some() => return Seen::SPECIAL,
        _ => return Seen::TEXT,
    }
    if let Some(v) = int(value) {
        return if v.unsigned_abs() <= EXACT { Seen::INT } else { Seen::BIG };
    }
    if special(value).is_some() {
        return Seen::SPECIAL;
    }
    if float(value).is_some() {
        return Seen::FLOAT;
    }
    if date(value).is_some() {
        return Seen::DATE;
    }
    if let Some(t) = date_time(value) {
        let mut seen = match (t.utc, t.tokyo) {
            (true, true) => Seen::TOKYO,
            (true, false) => Seen::UTC,
            _ => Seen::LOCAL,
        };
        if t.nanos % 1000 != 0 {
            seen.add(Seen::NANOS);
        }
        if t.value(true).is_none() {
            seen.add(Seen::FAR);
        }
        return seen;
    }
    let unsigned = value.strip_prefix(b"-").or(value.strip_prefix(b"+")).unwrap_or(value);
    let points = unsigned.iter().filter(|b| **b == b'.').count();
    let digits = unsigned.iter().filter(|b| b.is_ascii_digit()).count();
    if points <= 1 && digits > 0 && digits + points == unsigned.len() { Seen::LOSSY } else { Seen::TEXT }
}

/// A whole number of 64 bits in its only spelling.
#[inline]
pub fn int(value: &[u8]) -> Option<i64> {
    if let Some(short) = Short::of(value) {
        return short.integer();
    }
    let (negative, digits) = match value {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || digits.len() > 19 || (digits[0] == b'0' && (digits.len() > 1 || negative)) {
        return None;
    }
    let mut v = 0u64;
    for c in digits {
        let d = c.wrapping_sub(b'0');
        if d > 9 {
            return None;
        }
        v = v * 10 + u64::from(d);
    }
    if negative { (v <= 1 << 63).then(|| (v as i64).wrapping_neg()) } else { i64::try_from(v).ok() }
}

fn special(value: &[u8]) -> Option<f64> {
    match value {
        b"NaN" | b"nan" => Some(f64::NAN),
        b"inf" | b"Inf" | b"Infinity" => Some(f64::INFINITY),
        b"-inf" | b"-Inf" | b"-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// A double whose digits can be given back. An upper-case exponent needs a point or a sign (`12E5` is a part number).
#[inline]
pub fn float(value: &[u8]) -> Option<f64> {
    if let Some(v) = Short::of(value).and_then(Short::float) {
        return Some(v);
    }
    let negative = value.first() == Some(&b'-');
    let body = &value[usize::from(negative)..];
    let (mut mantissa, mut kept, mut significant, mut pending) = (0u64, 0u32, 0u32, 0u32);
    let (mut whole, mut fraction, mut point) = (0usize, 0i32, false);
    let mut i = 0;
    while let Some(c) = body.get(i) {
        match c {
            b'0'..=b'9' => {
                if !point {
                    whole += 1;
                } else {
                    fraction += 1;
                }
                if kept < 19 {
                    mantissa = mantissa * 10 + u64::from(c - b'0');
                    kept += u32::from(mantissa != 0);
                } else {
                    kept += 1;
                }
                if *c != b'0' {
                    significant += pending + 1;
                    pending = 0;
                } else if significant > 0 {
                    pending += 1;
                }
            }
            b'.' if !point => point = true,
            _ => break,
        }
        i += 1;
    }
    if significant > DIGITS || (point && fraction == 0) || (whole == 0 && !point) {
        return if body.first().is_some_and(u8::is_ascii_digit) { None } else { special(value) };
    }
    if whole > 1 && body[0] == b'0' {
        return None;
    }
    let mut exponent = 0i32;
    if let Some(e) = body.get(i) {
        let rest = body.get(i + 1..)?;
        let (signed, minus) = match rest.first() {
            Some(b'-') => (true, true),
            Some(b'+') => (true, false),
            _ => (false, false),
        };
        let digits = &rest[usize::from(signed)..];
        let plain = !signed && !point;
        if !(*e == b'e' || (*e == b'E' && !plain)) || digits.is_empty() || digits.len() > 4 {
            return None;
        }
        for c in digits {
            if !c.is_ascii_digit() {
                return None;
            }
            exponent = exponent * 10 + i32::from(c - b'0');
        }
        if minus {
            exponent = -exponent;
        }
    } else if !point && (mantissa > EXACT || kept > 19) {
        return None;
    }
    let v = match scaled(mantissa, exponent - fraction).filter(|_| kept <= 19) {
        Some(v) if negative => -v,
        Some(v) => v,
        None => std::str::from_utf8(value).ok()?.parse::<f64>().ok()?,
    };
    // A number beyond the range of doubles would be lost.
    if v.is_infinite() || (v == 0.0 && significant > 0) { None } else { Some(v) }
}

/// `true`, `True`, `TRUE` and their opposites.
pub fn boolean(value: &[u8]) -> Option<bool> {
    match value {
        b"true" | b"True" | b"TRUE" => Some(true),
        b"false" | b"False" | b"FALSE" => Some(false),
        _ => None,
    }
}

/// One or two digits (exactly two where `strict`), and what follows them.
#[inline]
fn pair(s: &[u8], strict: bool) -> Option<(u32, &[u8])> {
    let digit = |i: usize| s.get(i).map(|c| u32::from(c.wrapping_sub(b'0'))).filter(|d| *d <= 9);
    match (digit(0)?, digit(1)) {
        (a, Some(b)) => Some((a * 10 + b, &s[2..])),
        (a, None) if !strict => Some((a, &s[1..])),
        _ => None,
    }
}

/// The day at the beginning, what follows it, and whether single digits are allowed (`2024/1/5`).
#[inline]
fn leading_date(s: &[u8]) -> Option<(i64, &[u8], bool)> {
    let separator = *s.get(4)?;
    let loose = match separator {
        b'-' => false,
        b'/' => true,
        _ => return None,
    };
    let (century, _) = pair(s, true)?;
    let (rest, _) = pair(&s[2..], true)?;
    let (month, s) = pair(&s[5..], !loose)?;
    let (day, s) = pair(s.strip_prefix(&[separator])?, !loose)?;
    let year = i64::from(century * 100 + rest);
    ((1..=time::month_days(year, month)).contains(&day) && year > 0).then(|| (time::days(year, month, day), s, loose))
}

/// Days since 1970-01-01 of `yyyy-mm-dd` or `yyyy/m/d`.
#[inline]
pub fn date(value: &[u8]) -> Option<i32> {
    match leading_date(value)? {
        (days, [], _) => i32::try_from(days).ok(),
        _ => None,
    }
}

/// A date and time as read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970-01-01T00:00.
    seconds: i64,
    /// Nanoseconds within the second.
    nanos: i64,
    /// It carried an offset, and the seconds are those of UTC.
    utc: bool,
    /// The offset was nine hours east.
    tokyo: bool,
}

impl Moment {
    /// Since 1970-01-01T00:00 in nanoseconds or microseconds, if they can hold it without loss.
    fn value(self, nanos: bool) -> Option<i64> {
        if nanos {
            self.seconds.checked_mul(1_000_000_000)?.checked_add(self.nanos)
        } else if self.nanos % 1000 == 0 {
            Some(self.seconds * 1_000_000 + self.nanos / 1000)
        } else {
            None
        }
    }
}

/// The value of a column of date-times.
#[inline]
pub fn moment(value: &[u8], utc: bool, nanos: bool) -> Option<i64> {
    date_time(value).filter(|m| m.utc == utc).and_then(|m| m.value(nanos))
}

/// `yyyy-mm-dd hh:mm[:ss[.fraction]]` with `T` or a space between, and `Z`, `UTC` or an offset at the end.
pub fn date_time(value: &[u8]) -> Option<Moment> {
    let (days, s, loose) = leading_date(value)?;
    let s = s.strip_prefix(b"T").or(s.strip_prefix(b" "))?;
    let (hour, s) = pair(s, !loose)?;
    let (minute, mut s) = pair(s.strip_prefix(b":")?, true)?;
    let (mut second, mut nanos) = (0, 0i64);
    if let Some(rest) = s.strip_prefix(b":") {
        (second, s) = pair(rest, true)?;
        if let Some(rest) = s.strip_prefix(b".") {
            let digits = rest.iter().take_while(|c| c.is_ascii_digit()).count();
            if digits == 0 || digits > 9 {
                return None;
            }
            nanos = rest[..digits].iter().fold(0, |n, c| n * 10 + i64::from(c - b'0'));
            nanos *= 10i64.pow(9 - digits as u32);
            s = &rest[digits..];
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (offset, utc) = match s {
        [] => (0, false),
        b"Z" | b" UTC" | b" Z" => (0, true),
        _ => {
            let s = s.strip_prefix(b" ").unwrap_or(s);
            let east = match s.first()? {
                b'+' => 1,
                b'-' => -1,
                _ => return None,
            };
            let (hours, s) = pair(&s[1..], true)?;
            let minutes = match s {
                [] => 0,
                _ => match pair(s.strip_prefix(b":").unwrap_or(s), true)? {
                    (m, []) => m,
                    _ => return None,
                },
            };
            if hours > 18 || minutes > 59 {
                return None;
            }
            (east * i64::from(hours * 3600 + minutes * 60), true)
        }
    };
    let seconds = days * DAY + i64::from(hour * 3600 + minute * 60 + second) - offset;
    Some(Moment { seconds, nanos, utc, tokyo: offset == 9 * 3600 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(values: &[&str]) -> Type {
        let mut seen = Seen::default();
        for v in values {
            seen.add(classify(v.as_bytes()));
        }
        seen.best()
    }

    #[test]
    fn columns_find_their_type() {
        for (values, want) in [
            (&["1", "-2", "0", "9223372036854775807", "-9223372036854775808"][..], Type::Integer),
            (&["1", "2.5", "-0", "1e-7", "1.5E3", ".5", "NaN"], Type::Float),
            (&["true", "FALSE", "True"], Type::Boolean),
            (&["0", "true"], Type::Text),
            (&["2024-02-29", "2024/1/5"], Type::Date),
            (&["2024-02-30"], Type::Text),
            (&["2024-01-01 00:00", "2024/1/5 9:03"], Type::DateTime { utc: false, tokyo: false, nanos: false }),
            (
                &["2024-01-01T00:00:00.5Z", "2025-01-01 00:00:02.261586+0900"],
                Type::DateTime { utc: true, tokyo: false, nanos: false },
            ),
            (
                &["2024-01-01T00:00:00+09:00", "2025-01-01 00:00:02+0900"],
                Type::DateTime { utc: true, tokyo: true, nanos: false },
            ),
            (&["2024-01-01T00:00:00.123456789"], Type::DateTime { utc: false, tokyo: false, nanos: true }),
            (&["2024-01-01T00:00:00.123456789", "9999-01-01 00:00"], Type::Text),
            (&["2024-01-01", "2024-01-01 00:00"], Type::Text),
            (&["2024-01-01 00:00Z", "2024-01-01 00:00"], Type::Text),
            (&["007"], Type::Text),
            (&["1", "+5"], Type::Text),
            (&["12345678901234567890"], Type::Text),
            (&["9007199254740993", "0.5"], Type::Text),
            (&["0.123456789012345678"], Type::Text),
            (&["1,234"], Type::Text),
            (&[" 1"], Type::Text),
            (&["12E5", "3"], Type::Text),
            (&["1e999"], Type::Text),
            (&["NaN", "inf"], Type::Text),
            (&["NA", "1"], Type::Text),
            (&["-"], Type::Text),
            (&["5."], Type::Text),
            (&["1.2.3"], Type::Text),
            (&[], Type::Text),
        ] {
            assert_eq!(best(values), want, "{values:?}");
        }
        assert!(!Seen::TEXT.digits_kept_as_text());
        assert!(classify(b"0123").digits_kept_as_text());
        assert!(!classify(b"090-1234-5678").digits_kept_as_text());
    }

    #[test]
    fn floats_agree_with_the_standard_library() {
        for text in [
            "0.1",
            "447.14",
            "-0.17336416",
            "1e22",
            "1e23",
            "123456789012345.67",
            "2.2250738585072014e-308",
            "0.000001",
            "9007199254740992",
            "179769313486231570000000000000000000000e270",
            "1.7976931348623157e308",
            "00.5",
            "1e5",
            "100000000000000000000.5",
        ] {
            if let Some(v) = float(text.as_bytes()) {
                assert_eq!(Ok(v.to_bits()), text.parse::<f64>().map(f64::to_bits), "{text}");
            } else {
                assert!(["00.5", "100000000000000000000.5"].contains(&text), "{text}");
            }
        }
        assert_eq!(float(b"-0").map(f64::to_bits), Some((-0.0f64).to_bits()));
        proptest::proptest!(|(v in proptest::num::f64::NORMAL)| {
            // The shortest digits that mean a double always come back.
            let text = format!("{v:e}");
            assert_eq!(float(text.as_bytes()), Some(v), "{}", text);
        });
    }

    #[test]
    fn moments() {
        let at = |s: &str, utc| moment(s.as_bytes(), utc, false);
        assert_eq!(at("1970-01-01 09:00:00+09:00", true), Some(0));
        assert_eq!(at("1970-01-01T00:00:00.000001Z", true), Some(1));
        assert_eq!(at("1969-12-31 23:59:59 UTC", true), Some(-1_000_000));
        assert_eq!(at("1970-01-02 00:00", false), Some(86_400_000_000));
        assert_eq!(at("1970-01-02 24:00", false), None);
        assert_eq!(at("1970-01-02 00:00", true), None);
        assert_eq!(date(b"1970/1/2"), Some(1));
        assert_eq!(date(b"1970-1-2"), None);
        assert_eq!(date(b"2000-02-29"), Some(11_016));
    }
}
