//! Ticks: from the ends of an axis to round positions and the words that stand at them. Knows numbers and the calendar,
//! and no data.

use crate::text::{Msg, number};
use crate::value::time;

use super::figure::{Label, Tick};

/// An axis's ends and ticks.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaled {
    /// Where the axis begins.
    pub lo: f64,
    /// Where it ends.
    pub hi: f64,
    /// Round positions between the ends.
    pub ticks: Vec<Tick>,
    /// What one unit of the ticks' words stands for, where that is not one (`millions`).
    pub unit: Option<Msg>,
}

/// The smallest of 1, 2 and 5 times a power of ten that is not below `width`.
pub fn round_step(width: f64) -> f64 {
    if !width.is_finite() || width <= 0.0 {
        return 1.0;
    }
    let exponent = width.log10().floor();
    let base = power(exponent);
    for factor in [1.0, 2.0, 5.0, 10.0] {
        // A hair's breadth of rounding must not cost a whole step.
        if base * factor >= width * (1.0 - 1e-9) {
            return base * factor;
        }
    }
    base * 10.0
}

/// A power of ten, exact where a double can be.
fn power(exponent: f64) -> f64 {
    // Powers below one as quotients: 1e-3 is nearer to a thousandth than 10⁻¹ multiplied up.
    if exponent < 0.0 { 1.0 / 10f64.powf(-exponent) } else { 10f64.powf(exponent) }
}

/// The `k`-th multiple of a step, without adding up rounding: 3 × 0.1 is 0.3.
pub fn multiple(k: f64, step: f64) -> f64 {
    if step < 1.0 {
        let per = (1.0 / step).round();
        if (per * step - 1.0).abs() < 1e-9 {
            return k / per;
        }
    }
    k * step
}

fn ends(lo: f64, hi: f64) -> (f64, f64) {
    let (lo, hi) = (if lo.is_finite() { lo } else { 0.0 }, if hi.is_finite() { hi } else { 1.0 });
    let (lo, hi) = if lo <= hi { (lo, hi) } else { (hi, lo) };
    // Steps between numbers so near to one another cannot be told apart.
    if hi - lo < 1e-290 {
        let room = if lo.abs() < 1e-290 { 1.0 } else { lo.abs() / 2.0 };
        return (lo - room, hi + room);
    }
    // A span beyond the range of doubles cannot be divided.
    if (hi - lo).is_finite() { (lo, hi) } else { (lo / 4.0, hi / 4.0) }
}

/// About `wanted` ticks from `lo` to `hi`; with `widen` the ends are moved out to ticks.
pub fn linear(lo: f64, hi: f64, wanted: usize, widen: bool) -> Scaled {
    let (lo, hi) = ends(lo, hi);
    let step = round_step((hi - lo) / wanted.max(1) as f64);
    let slack = 1e-9;
    let (first, last) = if widen {
        ((lo / step + slack).floor(), (hi / step - slack).ceil())
    } else {
        ((lo / step - slack).ceil(), (hi / step + slack).floor())
    };
    let count = ((last - first) as usize).min(200);
    let at: Vec<f64> = (0..=count).map(|i| multiple(first + i as f64, step)).collect();
    let (lo, hi) = match (widen, at.first(), at.last()) {
        (true, Some(a), Some(b)) => (*a, *b),
        _ => (lo, hi),
    };
    let (unit, divisor) = unit_of(lo.abs().max(hi.abs()), step);
    let texts = plain_texts(&at, step, divisor);
    let ticks = at.into_iter().zip(texts).map(|(at, text)| Tick { at, text: Label::from(text) }).collect();
    Scaled { lo, hi, ticks, unit }
}

/// In what unit numbers of this size are written, so that their words stay short.
fn unit_of(largest: f64, step: f64) -> (Option<Msg>, f64) {
    const UNITS: [(f64, &str); 3] =
        [(1e12, "figure-unit-trillions"), (1e9, "figure-unit-billions"), (1e6, "figure-unit-millions")];
    if !(1e7..1e16).contains(&largest) {
        return (None, 1.0);
    }
    match UNITS.iter().find(|(size, _)| largest >= size * 10.0 && step >= size / 1000.0) {
        Some((size, name)) => (Some(Msg::new(name)), *size),
        None => (None, 1.0),
    }
}

/// Words of multiples of a step: all with the digits the step needs.
fn plain_texts(at: &[f64], step: f64, divisor: f64) -> Vec<String> {
    let largest = at.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let step = step / divisor;
    if largest / divisor >= 1e15 || (step < 1e-6 && largest < 1e-3) {
        return at.iter().map(|v| short(*v)).collect();
    }
    let decimals = (-step.log10().floor()).clamp(0.0, 15.0) as usize;
    at.iter().map(|v| plain(v / divisor, decimals)).collect()
}

fn plain(v: f64, decimals: usize) -> String {
    let text = format!("{v:.decimals$}");
    let zero = text.bytes().all(|b| matches!(b, b'-' | b'0' | b'.'));
    number::grouped(if zero { text.trim_start_matches('-') } else { &text })
}

/// A number in as few digits as it has, with an exponent where it is very large or small.
pub fn short(v: f64) -> String {
    if v == 0.0 {
        return "0".into();
    }
    let magnitude = v.abs().log10();
    if !(-4.0..7.0).contains(&magnitude) {
        let text = format!("{v:.3e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
        return format!("{digits}e{exponent}");
    }
    number::readable(v, 6)
}

/// Ticks at powers of ten, and at 2 and 5 times them where there are few. Both ends must be above zero.
pub fn log(lo: f64, hi: f64) -> Scaled {
    let usable = |v: f64| v.is_finite() && v > 0.0;
    let (mut lo, mut hi) = match (usable(lo), usable(hi)) {
        (true, true) => (lo.min(hi), lo.max(hi)),
        (true, false) => (lo, lo * 10.0),
        (false, true) => (hi / 10.0, hi),
        (false, false) => (1.0, 10.0),
    };
    // Below this, powers of ten lose their digits.
    (lo, hi) = (lo.max(1e-290), hi.max(1e-290));
    if lo == hi {
        (lo, hi) = (lo / 2.0, hi * 2.0);
    }
    let decades = hi.log10() - lo.log10();
    let every = (decades / 8.0).ceil().max(1.0);
    let factors: &[f64] = if decades <= 3.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let mut ticks = Vec::new();
    let mut exponent = lo.log10().floor();
    while exponent <= hi.log10().ceil() && ticks.len() < 100 {
        if exponent.rem_euclid(every) == 0.0 {
            for factor in factors {
                let at = power(exponent) * factor;
                if at >= lo * (1.0 - 1e-9) && at <= hi * (1.0 + 1e-9) {
                    ticks.push(Tick { at, text: Label::from(short(at)) });
                }
            }
        }
        exponent += 1.0;
    }
    Scaled { lo, hi, ticks, unit: None }
}

/// A stretch of the calendar that divides time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// So many seconds, counted from midnight; divides a day, or is a part of a second when `0`.
    Seconds(u32),
    /// So many days, counted from 1970-01-01; one.
    Days(u32),
    /// Seven days from Monday on.
    Week,
    /// So many months, counted from January; divides a year.
    Months(u32),
    /// So many years, counted from year 0.
    Years(u64),
}

const DAY: f64 = 86_400.0;

impl Bucket {
    /// Every bucket from the finest, with about how many seconds it lasts.
    fn ladder() -> impl Iterator<Item = (Bucket, f64)> {
        let seconds = [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200];
        let year = 365.2425 * DAY;
        let years = (0..20u32).flat_map(|k| [1, 2, 5].map(move |f| f * 10u64.saturating_pow(k))).take(50);
        seconds
            .into_iter()
            .map(|s| (Bucket::Seconds(s), f64::from(s)))
            .chain([
                (Bucket::Days(1), DAY),
                (Bucket::Days(2), 2.0 * DAY),
                (Bucket::Week, 7.0 * DAY),
                (Bucket::Days(14), 14.0 * DAY),
            ])
            .chain([1, 3, 6].map(|m| (Bucket::Months(m), f64::from(m) * year / 12.0)))
            .chain(years.map(move |y| (Bucket::Years(y), y as f64 * year)))
    }

    /// The finest bucket that people count in, of which at most `most` lie between two moments; `whole_days` for dates.
    pub fn of(lo: f64, hi: f64, most: usize, whole_days: bool) -> Bucket {
        Self::ladder()
            .filter(|(b, _)| !matches!(b, Bucket::Days(2..) | Bucket::Seconds(5 | 15 | 30 | 10_800 | 21_600 | 43_200)))
            .filter(|(b, _)| !whole_days || !matches!(b, Bucket::Seconds(_)))
            .find(|(_, length)| (hi - lo) / length < most as f64)
            .map_or(Bucket::Years(1_000_000_000), |(b, _)| b)
    }

    /// The start of the bucket that holds a moment (seconds since 1970-01-01T00:00).
    pub fn start(self, at: f64) -> f64 {
        let day = (at / DAY).floor();
        match self {
            Bucket::Seconds(n) => (at / f64::from(n.max(1))).floor() * f64::from(n.max(1)),
            Bucket::Days(n) => (day / f64::from(n)).floor() * f64::from(n) * DAY,
            // 1970-01-05 was a Monday.
            Bucket::Week => (((day - 4.0) / 7.0).floor() * 7.0 + 4.0) * DAY,
            Bucket::Months(n) => {
                let (y, m, _) = time::civil(day as i64);
                time::days(y, (m - 1) / n * n + 1, 1) as f64 * DAY
            }
            Bucket::Years(n) => {
                let (y, _, _) = time::civil(day as i64);
                time::days(y.div_euclid(n as i64) * n as i64, 1, 1) as f64 * DAY
            }
        }
    }

    /// The start of the bucket after the one that starts here.
    pub fn next(self, start: f64) -> f64 {
        let (y, m, _) = time::civil((start / DAY).floor() as i64);
        match self {
            Bucket::Seconds(n) => start + f64::from(n.max(1)),
            Bucket::Days(n) => start + f64::from(n) * DAY,
            Bucket::Week => start + 7.0 * DAY,
            Bucket::Months(n) => {
                let m = m - 1 + n;
                time::days(y + i64::from(m / 12), m % 12 + 1, 1) as f64 * DAY
            }
            Bucket::Years(n) => time::days(y.saturating_add(n as i64), 1, 1) as f64 * DAY,
        }
    }

    /// The bucket's name (`day`, `15 minutes`) for people.
    pub fn word(self) -> Msg {
        match self {
            Bucket::Seconds(1) => Msg::new("bucket-second"),
            Bucket::Seconds(60) => Msg::new("bucket-minute"),
            Bucket::Seconds(3600) => Msg::new("bucket-hour"),
            Bucket::Seconds(n) if n % 60 == 0 => Msg::new("bucket-minutes").with("n", n / 60),
            Bucket::Seconds(n) => Msg::new("bucket-seconds").with("n", n),
            Bucket::Days(1) => Msg::new("bucket-day"),
            Bucket::Days(n) => Msg::new("bucket-days").with("n", n),
            Bucket::Week => Msg::new("bucket-week"),
            Bucket::Months(1) => Msg::new("bucket-month"),
            Bucket::Months(3) => Msg::new("bucket-quarter"),
            Bucket::Months(n) => Msg::new("bucket-months").with("n", n),
            Bucket::Years(1) => Msg::new("bucket-year"),
            Bucket::Years(n) => Msg::new("bucket-years").with("n", n),
        }
    }

    /// A moment in the digits this bucket needs; with `whole`, nothing is left out that stands in the tick before.
    fn text(self, at: f64, whole: bool) -> String {
        let day = (at / DAY).floor();
        let (y, m, d) = time::civil(day as i64);
        let clock = || {
            let s = (at - day * DAY) as u32;
            let minutes = format!("{:02}:{:02}", s / 3600, s / 60 % 60);
            if matches!(self, Bucket::Seconds(n) if n < 60) { format!("{minutes}:{:02}", s % 60) } else { minutes }
        };
        match (self, whole) {
            (Bucket::Seconds(_), true) => format!("{} {}", time::date(day as i64), clock()),
            (Bucket::Seconds(_), false) => clock(),
            (Bucket::Days(_) | Bucket::Week, true) => time::date(day as i64),
            (Bucket::Days(_) | Bucket::Week, false) => format!("{m:02}-{d:02}"),
            (Bucket::Months(_), _) => format!("{y:04}-{m:02}"),
            (Bucket::Years(_), _) => y.to_string(),
        }
    }
}

/// About `wanted` ticks at round places of the calendar between two moments (seconds since 1970-01-01T00:00).
pub fn calendar(lo: f64, hi: f64, wanted: usize) -> Scaled {
    // Beyond this no calendar counts, and doubles hold no seconds.
    const FAR: f64 = 1e17;
    let clamp = |v: f64| if v.is_nan() { 0.0 } else { v.clamp(-FAR, FAR) };
    let (mut lo, mut hi) = (clamp(lo.min(hi)), clamp(hi.max(lo)));
    if lo == hi {
        (lo, hi) = (lo - DAY / 2.0, hi + DAY / 2.0);
    }
    if hi - lo < 4.0 {
        let seconds = linear(lo, hi, wanted.min(4), false);
        let ticks = seconds
            .ticks
            .into_iter()
            .map(|t| {
                let day = (t.at / DAY).floor();
                let text = time::clock(((t.at - day * DAY) * 1e6).round() as i64 * 1000);
                Tick { at: t.at, text: Label::from(text) }
            })
            .collect();
        return Scaled { lo, hi, ticks, unit: None };
    }
    let bucket = Bucket::ladder()
        .find(|(_, length)| (hi - lo) / length <= wanted.max(1) as f64)
        .map_or(Bucket::Years(1_000_000_000), |(b, _)| b);
    let mut ticks: Vec<Tick> = Vec::new();
    let mut at = bucket.start(lo);
    let mut before: Option<f64> = None;
    while at <= hi && ticks.len() < 100 {
        if at >= lo {
            let whole = before.is_none_or(|b| match bucket {
                Bucket::Seconds(_) => (b / DAY).floor() != (at / DAY).floor(),
                _ => time::civil((b / DAY).floor() as i64).0 != time::civil((at / DAY).floor() as i64).0,
            });
            ticks.push(Tick { at, text: Label::from(bucket.text(at, whole)) });
            before = Some(at);
        }
        let next = bucket.next(at);
        if next <= at {
            break;
        }
        at = next;
    }
    Scaled { lo, hi, ticks, unit: None }
}

/// Ticks for times of a day, in seconds since midnight.
pub fn clock(lo: f64, hi: f64, wanted: usize) -> Scaled {
    let (lo, hi) = ends(lo, hi);
    let steps = [1.0, 5.0, 15.0, 30.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0, 21_600.0];
    let step = steps.into_iter().find(|s| (hi - lo) / s <= wanted.max(1) as f64).unwrap_or(21_600.0);
    let mut ticks = Vec::new();
    let mut at = (lo / step).ceil() * step;
    while at <= hi && ticks.len() < 100 {
        let s = at as i64;
        let text = match step < 60.0 {
            true => format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60),
            false => format!("{:02}:{:02}", s / 3600, s / 60 % 60),
        };
        ticks.push(Tick { at, text: Label::from(text) });
        at += step;
    }
    Scaled { lo, hi, ticks, unit: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(s: &Scaled) -> Vec<String> {
        s.ticks.iter().map(|t| t.text.to_string()).collect()
    }

    #[test]
    fn steps_are_one_two_or_five() {
        for (width, want) in
            [(1.0, 1.0), (1.1, 2.0), (3.0, 5.0), (7.0, 10.0), (0.03, 0.05), (0.1, 0.1), (2e9, 2e9), (0.0, 1.0)]
        {
            assert!((round_step(width) / want - 1.0).abs() < 1e-12, "{width}");
        }
        assert_eq!(multiple(3.0, 0.1), 0.3);
        assert_eq!(multiple(7.0, 0.01), 0.07);
    }

    #[test]
    fn linear_ticks_by_hand() {
        let s = linear(0.0, 97.0, 5, true);
        assert_eq!((s.lo, s.hi), (0.0, 100.0));
        assert_eq!(words(&s), ["0", "20", "40", "60", "80", "100"]);
        let s = linear(0.12, 0.58, 5, false);
        assert_eq!((s.lo, s.hi), (0.12, 0.58));
        assert_eq!(words(&s), ["0.2", "0.3", "0.4", "0.5"]);
        assert_eq!(words(&linear(-1500.0, 1500.0, 3, true)), ["-2,000", "-1,000", "0", "1,000", "2,000"]);
        let s = linear(0.0, 48_000_000.0, 5, true);
        assert_eq!(words(&s), ["0", "10", "20", "30", "40", "50"]);
        assert_eq!(s.unit, Some(Msg::new("figure-unit-millions")));
        assert_eq!(s.ticks[1].at, 1e7);
    }

    #[test]
    fn odd_ends_give_an_axis_all_the_same() {
        for (lo, hi) in
            [(5.0, 5.0), (0.0, 0.0), (f64::NAN, f64::INFINITY), (f64::MIN, f64::MAX), (1e300, 1e300), (1e-320, 2e-320)]
        {
            for s in [linear(lo, hi, 6, true), log(lo, hi), calendar(lo, hi, 6), clock(lo, hi, 6)] {
                assert!(s.lo < s.hi, "{lo} {hi}: {s:?}");
                assert!(s.ticks.len() < 250);
            }
        }
    }

    #[test]
    fn log_ticks_by_hand() {
        assert_eq!(words(&log(1.0, 1e5)), ["1", "10", "100", "1,000", "10,000", "100,000"]);
        assert_eq!(words(&log(3.0, 70.0)), ["5", "10", "20", "50"]);
        assert_eq!(words(&log(0.001, 10.0)), ["0.001", "0.01", "0.1", "1", "10"]);
        assert_eq!(words(&log(1.0, 1e9)), ["1", "100", "10,000", "1,000,000", "1e8"]);
    }

    #[test]
    fn the_calendar_is_kept() {
        let day = |y, m, d| time::days(y, m, d) as f64 * DAY;
        assert_eq!(
            words(&calendar(day(2024, 1, 1), day(2024, 12, 31), 6)),
            ["2024-01", "2024-04", "2024-07", "2024-10"]
        );
        assert_eq!(
            words(&calendar(day(2026, 12, 28), day(2027, 1, 3), 6)),
            ["2026-12-28", "12-29", "12-30", "12-31", "2027-01-01", "01-02", "01-03"]
        );
        assert_eq!(
            words(&calendar(day(1999, 6, 1), day(2011, 1, 1), 6)),
            ["2000", "2002", "2004", "2006", "2008", "2010"]
        );
        let noon = day(2026, 11, 20) + 43_200.0;
        assert_eq!(
            words(&calendar(noon, noon + 86_400.0, 4)),
            ["2026-11-20 12:00", "18:00", "2026-11-21 00:00", "06:00", "12:00"]
        );
        assert_eq!(words(&clock(0.0, 86_400.0, 4)), ["00:00", "06:00", "12:00", "18:00", "24:00"]);
    }

    #[test]
    fn buckets_hold_their_moments() {
        let day = |y, m, d| time::days(y, m, d) as f64 * DAY;
        let at = day(2026, 11, 20) + 12_345.0;
        for (bucket, start, next) in [
            (Bucket::Days(1), day(2026, 11, 20), day(2026, 11, 21)),
            (Bucket::Week, day(2026, 11, 16), day(2026, 11, 23)),
            (Bucket::Months(1), day(2026, 11, 1), day(2026, 12, 1)),
            (Bucket::Months(3), day(2026, 10, 1), day(2027, 1, 1)),
            (Bucket::Years(1), day(2026, 1, 1), day(2027, 1, 1)),
            (Bucket::Years(10), day(2020, 1, 1), day(2030, 1, 1)),
            (Bucket::Seconds(3600), day(2026, 11, 20) + 10_800.0, day(2026, 11, 20) + 14_400.0),
        ] {
            assert_eq!((bucket.start(at), bucket.next(bucket.start(at))), (start, next), "{bucket:?}");
        }
        assert_eq!(Bucket::of(day(2026, 1, 1), day(2026, 3, 1), 100, true), Bucket::Days(1));
        assert_eq!(Bucket::of(day(2020, 1, 1), day(2026, 3, 1), 100, true), Bucket::Months(1));
        assert_eq!(Bucket::of(day(1970, 1, 1), day(1970, 1, 1) + 50.0, 100, false), Bucket::Seconds(1));
    }
}
