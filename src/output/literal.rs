//! Values as bytes for machines, quickly: the same words as [`Cell::plain`](crate::value::Cell::plain), without making
//! a string for each. No quoting here.

use std::io::Write as _;

use super::batch::Item;
use crate::value::{Cell, time};

/// Writes a value that is not text; nothing for a missing one.
#[inline]
pub(super) fn push(out: &mut Vec<u8>, item: &Item<'_>) {
    match item {
        Item::Null => {}
        Item::Bool(v) => out.extend_from_slice(if *v { b"true" } else { b"false" }),
        Item::Int(v) => {
            if *v < 0 {
                out.push(b'-');
            }
            push_digits(out, v.unsigned_abs());
        }
        Item::UInt(v) => push_digits(out, *v),
        Item::Float(v) => push_float(out, *v),
        Item::Float32(v) => out.extend_from_slice(Cell::Float32(*v).plain().as_bytes()),
        Item::Text(v) => out.extend_from_slice(v.as_bytes()),
        Item::Date(v) => push_date(out, i64::from(*v)),
        Item::Time(v) => push_clock(out, v.div_euclid(1_000_000_000), v.rem_euclid(1_000_000_000) as u32),
        Item::DateTime(seconds, nanos, offset) => {
            push_date(out, seconds.div_euclid(86_400));
            out.push(b'T');
            push_clock(out, seconds.rem_euclid(86_400), *nanos);
            match offset {
                None => {}
                Some(0) => out.push(b'Z'),
                Some(offset) => {
                    let minutes = offset.unsigned_abs() / 60;
                    out.push(if *offset < 0 { b'-' } else { b'+' });
                    push_two(out, minutes / 60);
                    out.push(b':');
                    push_two(out, minutes % 60);
                }
            }
        }
        Item::Cell(cell) => out.extend_from_slice(cell.plain().as_bytes()),
    }
}

const PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819\
2021222324252627282930313233343536373839\
4041424344454647484950515253545556575859\
6061626364656667686970717273747576777879\
8081828384858687888990919293949596979899";

fn push_digits(out: &mut Vec<u8>, mut v: u64) {
    const DIGITS: usize = 20;
    let mut buffer = [0u8; DIGITS];
    let mut at = DIGITS;
    while v >= 100 {
        let pair = (v % 100) as usize * 2;
        v /= 100;
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    }
    if v >= 10 {
        let pair = v as usize * 2;
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    } else {
        at -= 1;
        buffer[at] = b'0' + v as u8;
    }
    out.extend_from_slice(&buffer[at..]);
}

/// Two digits; `v` below 100.
fn push_two(out: &mut Vec<u8>, v: u32) {
    let pair = (v % 100) as usize * 2;
    out.extend_from_slice(&PAIRS[pair..pair + 2]);
}

fn push_date(out: &mut Vec<u8>, days: i64) {
    /// The days of the years 0000 to 9999.
    const FOUR_DIGITS: std::ops::RangeInclusive<i64> = -719_528..=2_932_896;
    if !FOUR_DIGITS.contains(&days) {
        out.extend_from_slice(time::date(days).as_bytes());
        return;
    }
    // H. Hinnant's civil calendar, as in `value::time`, in 32 bits: one era earlier so that nothing is negative.
    let z = (days + 719_468 + 146_097) as u32;
    let era = z / 146_097;
    let doe = z % 146_097;
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + u32::from(month <= 2) - 400;
    push_two(out, year / 100);
    push_two(out, year % 100);
    out.push(b'-');
    push_two(out, month);
    out.push(b'-');
    push_two(out, day);
}

/// `seconds` within a day.
fn push_clock(out: &mut Vec<u8>, seconds: i64, nanos: u32) {
    if !(0..86_400).contains(&seconds) {
        out.extend_from_slice(time::clock(seconds * 1_000_000_000 + i64::from(nanos)).as_bytes());
        return;
    }
    let s = seconds as u32;
    push_two(out, s / 3600);
    out.push(b':');
    push_two(out, s / 60 % 60);
    out.push(b':');
    push_two(out, s % 60);
    if nanos == 0 {
        return;
    }
    let (digits, mut rest) = if nanos.is_multiple_of(1_000_000) {
        (3, nanos / 1_000_000)
    } else if nanos.is_multiple_of(1000) {
        (6, nanos / 1000)
    } else {
        (9, nanos)
    };
    let mut buffer = [b'0'; 9];
    for place in (0..digits).rev() {
        buffer[place] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.push(b'.');
    out.extend_from_slice(&buffer[..digits]);
}

/// The shortest digits that read back as the same number.
fn push_float(out: &mut Vec<u8>, v: f64) {
    // Most numbers in tables have a few decimals. A decimal of at most 15 digits belongs to one double only, so if one
    // gives `v` back it is the shortest; with the fewest decimals it has no zeros at its end.
    const DECIMALS: usize = 6;
    const POWERS: [f64; DECIMALS + 1] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];
    let a = v.abs();
    if (1e-5..1e15).contains(&a) {
        for (decimals, power) in POWERS.into_iter().enumerate() {
            let scaled = (a * power).round();
            if scaled >= 1e15 {
                break;
            }
            if scaled / power == a {
                if v < 0.0 {
                    out.push(b'-');
                }
                let (whole, mut fraction) = (scaled as u64 / power as u64, scaled as u64 % power as u64);
                push_digits(out, whole);
                out.push(b'.');
                if decimals == 0 {
                    out.push(b'0');
                    return;
                }
                let mut buffer = [b'0'; DECIMALS];
                for place in (0..decimals).rev() {
                    buffer[place] = b'0' + (fraction % 10) as u8;
                    fraction /= 10;
                }
                out.extend_from_slice(&buffer[..decimals]);
                return;
            }
        }
        if (1e0..1e15).contains(&a) {
            // Such a number is not whole, so its digits have a point.
            let _ = write!(out, "{v}");
            return;
        }
    }
    out.extend_from_slice(Cell::Float(v).plain().as_bytes());
}
