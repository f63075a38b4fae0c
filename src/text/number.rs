//! How numbers, sizes and spans of time are written for people. Data written for machines never comes through here.

/// Puts thousands separators into a plain decimal number (`-1234567.5` → `-1,234,567.5`).
pub fn grouped(plain: &str) -> String {
    let (sign, rest) = match plain.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", plain),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (whole, tail) = rest.split_at(end);
    let mut out = String::with_capacity(plain.len() + plain.len() / 3);
    out.push_str(sign);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(tail);
    out
}

/// A count with thousands separators.
pub fn count(n: u64) -> String {
    grouped(&n.to_string())
}

/// A size in bytes, in decimal units with three significant digits (`1.45 GB`).
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    if n < 1000 {
        return format!("{n} B");
    }
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = if value < 9.995 {
        2
    } else if value < 99.95 {
        1
    } else {
        0
    };
    format!("{value:.digits$} {}", UNITS[unit])
}

/// A share as a percentage with one decimal; never `0.0%` or `100.0%` unless it is exactly none or all.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    if part == 0 {
        return "0%".to_owned();
    }
    if part == whole {
        return "100%".to_owned();
    }
    let p = part as f64 / whole as f64 * 100.0;
    if p < 0.1 {
        "<0.1%".to_owned()
    } else if p > 99.9 {
        ">99.9%".to_owned()
    } else {
        format!("{p:.1}%")
    }
}

/// Digits of a figure that can be compared at a glance.
pub const AT_A_GLANCE: usize = 6;

/// The number nearest to `x` with about `digits` significant digits; all of those before the point.
pub fn rounded(x: f64, digits: usize) -> f64 {
    let magnitude = x.abs().log10().floor();
    if !(-5.0..15.0).contains(&magnitude) {
        return x;
    }
    let decimals = (digits as i32 - 1 - magnitude as i32).max(0) as usize;
    format!("{x:.decimals$}").parse().unwrap_or(x)
}

/// A number to read, with about `digits` significant digits and thousands separators; exact for small integers.
pub fn readable(x: f64, digits: usize) -> String {
    if x.is_nan() {
        return "NaN".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "∞".to_owned() } else { "-∞".to_owned() };
    }
    if x == 0.0 {
        return "0".to_owned();
    }
    let magnitude = x.abs().log10().floor() as i32;
    if !(-5..15).contains(&magnitude) {
        return format!("{x:.*e}", digits.saturating_sub(1));
    }
    let decimals = (digits as i32 - 1 - magnitude).max(0) as usize;
    let s = format!("{x:.decimals$}");
    let s = if s.contains('.') { s.trim_end_matches('0').trim_end_matches('.') } else { &s };
    grouped(s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands() {
        for (plain, want) in [("0", "0"), ("999", "999"), ("1000", "1,000"), ("-1234567.25", "-1,234,567.25"), ("", "")]
        {
            assert_eq!(grouped(plain), want);
        }
    }

    #[test]
    fn sizes() {
        for (n, want) in
            [(0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (999_600, "1.00 MB"), (4_400_000_000, "4.40 GB")]
        {
            assert_eq!(bytes(n), want);
        }
    }

    #[test]
    fn shares_do_not_round_to_none_or_all() {
        assert_eq!(percent(1, 10_000_000), "<0.1%");
        assert_eq!(percent(9_999_999, 10_000_000), ">99.9%");
        assert_eq!(percent(1, 3), "33.3%");
        assert_eq!(percent(0, 3), "0%");
    }

    #[test]
    fn rounded_numbers() {
        for (x, want) in [
            (247_846.610_000_000_02, 247_847.0),
            (1_234_567.5, 1_234_568.0),
            (3.141_592_653_589_793, 3.14159),
            (-0.000_123_456_78, -0.000_123_457),
            (1.5e20, 1.5e20),
            (0.0, 0.0),
            (f64::INFINITY, f64::INFINITY),
        ] {
            assert_eq!(rounded(x, AT_A_GLANCE), want, "{x}");
        }
        assert!(rounded(f64::NAN, AT_A_GLANCE).is_nan());
    }

    #[test]
    fn readable_numbers() {
        for (x, want) in
            [(1234567.0, "1,234,567"), (0.001234, "0.001234"), (1.5, "1.5"), (1e20, "1.000e20"), (-0.5, "-0.5")]
        {
            assert_eq!(readable(x, 4), want, "{x}");
        }
    }
}
