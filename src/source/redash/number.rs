//! Numbers as JSON writes them, and `NaN` and `Infinity`, which old servers write. What a column makes of them is not known
//! here.

use crate::value::decimal::scaled;

/// Digits that are within 64 bits whatever they are.
const DIGITS: usize = 18;

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number of 64 bits.
    Whole(i64),
    /// One with a fraction or an exponent, or none of the finite ones.
    Double(f64),
    /// A whole number beyond 64 bits.
    Beyond,
}

/// A double as servers, which are written in Python, write it in JSON (`float.__repr__`).
pub fn spelled(value: f64) -> String {
    match value {
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        _ => {
            let text = format!("{value:?}");
            match text.split_once('e') {
                None => text,
                Some((digits, exponent)) => {
                    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |e| ('-', e));
                    format!("{digits}e{sign}{exponent:0>2}")
                }
            }
        }
    }
}

/// The value of `digits` after `value`, and how many there are. Wraps beyond [`DIGITS`].
#[inline]
fn digits(bytes: &[u8], mut value: u64) -> (u64, usize) {
    let mut count = 0;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        count += 1;
    }
    (value, count)
}

/// The number at the beginning of `bytes` and its length, if it is written as most are: digits, and perhaps a fraction, and
/// then something that ends it.
#[inline]
pub fn plain(bytes: &[u8]) -> Option<(Number, usize)> {
    let negative = bytes.first() == Some(&b'-');
    let start = usize::from(negative);
    let (value, count) = digits(&bytes[start..], 0);
    let mut end = start + count;
    if count == 0 || count > DIGITS {
        return None;
    }
    let number = match bytes.get(end)? {
        b'.' => {
            let (value, fraction) = digits(&bytes[end + 1..], value);
            end += 1 + fraction;
            if fraction == 0 {
                return None;
            }
            let double = match scaled(value, -(fraction as i32)).filter(|_| count + fraction <= DIGITS) {
                Some(double) => double,
                None => std::str::from_utf8(&bytes[start..end]).ok()?.parse().ok()?,
            };
            Number::Double(if negative { -double } else { double })
        }
        _ if negative && value == 0 => return None,
        _ => Number::Whole(if negative { -(value as i64) } else { value as i64 }),
    };
    matches!(bytes.get(end)?, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r').then_some((number, end))
}

/// The number that `text` is, all of it.
pub fn read(text: &[u8]) -> Number {
    let words = std::str::from_utf8(text).unwrap_or_default();
    // `-0` is a double.
    if let Ok(value) = words.parse::<i64>()
        && words != "-0"
    {
        return Number::Whole(value);
    }
    let value = match words {
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => words.parse::<f64>().ok(),
    };
    let fraction = text.iter().any(|b| matches!(b, b'.' | b'e' | b'E' | b'N' | b'I'));
    value.filter(|_| fraction).map_or(Number::Beyond, Number::Double)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_plainly_is_read_at_once() {
        for (text, number) in [
            ("0,", Number::Whole(0)),
            ("-12}", Number::Whole(-12)),
            ("9007199254740993 ", Number::Whole(9_007_199_254_740_993)),
            ("-0.0]", Number::Double(-0.0)),
            ("0.1,", Number::Double(0.1)),
            ("9007199254740.993,", Number::Double(9_007_199_254_740.993)),
            ("0.30000000000000004,", Number::Double(0.300_000_000_000_000_04)),
            ("1.00000000000000000000000000001,", Number::Double(1.0)),
        ] {
            assert_eq!(plain(text.as_bytes()), Some((number, text.len() - 1)), "{text}");
        }
        for text in ["1", "1.", "1.5", "-", "-0,", "1e3,", "1.5e3,", "NaN,", "9223372036854775808,", "1x,", "\"1\","] {
            assert_eq!(plain(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn it_is_the_number_that_was_written(whole: i64, double: f64, cents in -1_000_000_000i64..1_000_000_000) {
            for (text, wanted) in [
                (whole.to_string(), Number::Whole(whole)),
                (spelled(double), Number::Double(double)),
                (format!("{:?}", cents as f64 / 100.0), Number::Double(cents as f64 / 100.0)),
            ] {
                prop_assert!(read(text.as_bytes()) == wanted || double.is_nan());
                if let Some((number, length)) = plain(format!("{text},").as_bytes()) {
                    prop_assert_eq!((number, length), (wanted, text.len()));
                }
            }
        }
    }
}
