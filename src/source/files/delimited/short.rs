//! Numbers of at most eight characters, read all at once: most numbers of most files. Whatever else a value is, is read
//! character by character in `infer`; both give the same.

use crate::value::decimal::scaled;

/// The character `0` eight times.
const ZEROS: u64 = 0x3030_3030_3030_3030;
const POINTS: u64 = 0x2e2e_2e2e_2e2e_2e2e;

/// Digits with at least one before the point, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short {
    minus: bool,
    /// The digits without the point.
    digits: u64,
    /// Digits before the point.
    whole: u32,
    /// Digits after the point, where there is one.
    fraction: Option<u32>,
    /// Whether the first digit is a zero.
    zero: bool,
}

impl Short {
    /// Takes a value apart; nothing if it is longer or has other characters.
    #[inline]
    pub fn of(value: &[u8]) -> Option<Self> {
        const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
        let word = word(value)?;
        let minus = word as u8 == b'-';
        let word = word >> (8 * u32::from(minus));
        let length = value.len() as u32 - u32::from(minus);
        let x = word ^ POINTS;
        let points = !(((x & LOW) + LOW) | x | LOW);
        let whole = (points.trailing_zeros() / 8).min(length);
        let point = whole < length;
        // The first point is taken out; a second one is no digit.
        let before = 1u64.checked_shl(8 * whole).map_or(!0, |bit| bit - 1);
        let without = (word & before) | ((word >> 8) & !before);
        let count = length - u32::from(point);
        if whole == 0 {
            return None;
        }
        let missing = 8 * (8 - count);
        let digits = eight((without << missing) | (ZEROS & !(!0 << missing)))?;
        Some(Self { minus, digits, whole, fraction: point.then_some(count - whole), zero: word as u8 == b'0' })
    }

    /// The whole number, if this is its only spelling.
    #[inline]
    pub fn integer(self) -> Option<i64> {
        if self.fraction.is_some() || (self.zero && (self.whole > 1 || self.minus)) {
            return None;
        }
        let v = self.digits as i64;
        Some(if self.minus { -v } else { v })
    }

    /// The double; nothing for leading zeros and a point with nothing behind it.
    #[inline]
    pub fn float(self) -> Option<f64> {
        if (self.zero && self.whole > 1) || self.fraction == Some(0) {
            return None;
        }
        let v = scaled(self.digits, -(self.fraction.unwrap_or(0) as i32))?;
        Some(if self.minus { -v } else { v })
    }
}

/// One to eight bytes, the first one lowest.
#[inline]
fn word(value: &[u8]) -> Option<u64> {
    let four = |at: usize| value.get(at..)?.first_chunk::<4>().map(|b| u64::from(u32::from_le_bytes(*b)));
    match value.len() {
        8 => value.first_chunk::<8>().map(|b| u64::from_le_bytes(*b)),
        n @ 4..=7 => Some(four(0)? | four(n - 4)? << (8 * (n - 4))),
        n @ 1..=3 => {
            let at = |i: usize| u64::from(value[i]) << (8 * i);
            Some(at(0) | at(n / 2) | at(n - 1))
        }
        _ => None,
    }
}

/// The number that eight digits make, the first one lowest in the word: pairs, fours, eight.
#[inline]
fn eight(digits: u64) -> Option<u64> {
    const HIGH: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    let over = digits.wrapping_add(0x0606_0606_0606_0606) & HIGH;
    if (digits & HIGH) | (over >> 4) != 0x3333_3333_3333_3333 {
        return None;
    }
    let pairs = (digits & 0x0f0f_0f0f_0f0f_0f0f).wrapping_mul(10 << 8 | 1) >> 8;
    let fours = (pairs & 0x00ff_00ff_00ff_00ff).wrapping_mul(100 << 16 | 1) >> 16;
    Some((fours & 0x0000_ffff_0000_ffff).wrapping_mul(10_000 << 32 | 1) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let integer = |s: &str| Short::of(s.as_bytes()).and_then(Short::integer);
        for (text, want) in [("0", 0), ("7", 7), ("-7", -7), ("12", 12), ("-123", -123), ("1234567", 1_234_567)] {
            assert_eq!(integer(text), Some(want), "{text}");
        }
        assert_eq!((integer("99999999"), integer("-9999999")), (Some(99_999_999), Some(-9_999_999)));
        for none in ["", "-", "-0", "00", "01", "1.0", "1e5", "+1", " 1", "1 ", "/1", ":1", "123456789", "٣"] {
            assert_eq!(integer(none), None, "{none:?}");
        }
        let float = |s: &str| Short::of(s.as_bytes()).and_then(Short::float);
        let given = [("0.1", 0.1), ("109.499", 109.499), ("-30.8135", -30.8135), ("0.000001", 0.000_001), ("5", 5.0)];
        for (text, want) in given {
            assert_eq!(float(text), Some(want), "{text}");
        }
        assert_eq!(float("-0").map(f64::to_bits), Some((-0.0f64).to_bits()));
        for none in [".5", "5.", "-.5", "1.2.3", "..", "00.5", "1e5", "1,5", "-", "--1", "1.-2"] {
            assert_eq!(float(none), None, "{none:?}");
        }
    }

    /// Every text of up to six of these characters, beside the standard library.
    #[test]
    fn the_same_as_digit_by_digit() {
        const LETTERS: &[u8] = b"09.-e5";
        for length in 1..=6u32 {
            for n in 0..(LETTERS.len() as u64).pow(length) {
                let text: Vec<u8> = (0..length)
                    .map(|i| LETTERS[(n / (LETTERS.len() as u64).pow(i) % LETTERS.len() as u64) as usize])
                    .collect();
                let Some(short) = Short::of(&text) else { continue };
                let text = std::str::from_utf8(&text).unwrap();
                if let Some(v) = short.float() {
                    assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(v.to_bits()), "{text}");
                }
                if let Some(v) = short.integer() {
                    assert_eq!((text.parse::<i64>(), v.to_string().as_str()), (Ok(v), text));
                }
            }
        }
    }
}
