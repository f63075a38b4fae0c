//! How numbers of a comparison are written for people: as many digits as the interval is sharp, and never a probability
//! of none or all.

use super::super::num::tails::PValue;
use crate::text::{Msg, number};

/// A metric's unit: percent for rates, its own for amounts.
#[derive(Clone, Copy, Debug)]
pub struct Digits {
    is_rate: bool,
    decimals: usize,
}

/// Most digits behind the point.
const FINEST: usize = 12;

impl Digits {
    /// Digits that suit an interval as wide as this.
    pub fn of(is_rate: bool, width: f64) -> Self {
        let width = if is_rate { 100.0 * width } else { width };
        let decimals = if width.is_finite() && width > 0.0 {
            (2.0 - width.log10().floor()).clamp(0.0, FINEST as f64) as usize
        } else {
            2
        };
        Self { is_rate, decimals }
    }

    fn plain(self, v: f64) -> String {
        let mut decimals = self.decimals;
        let mut text = format!("{v:.decimals$}");
        // What is not zero is not written as zero.
        while v != 0.0 && decimals < FINEST && text.parse::<f64>().is_ok_and(|t| t == 0.0) {
            decimals += 1;
            text = format!("{v:.decimals$}");
        }
        if text.parse::<f64>().is_ok_and(|t| t == 0.0) {
            text = text.trim_start_matches('-').to_owned();
            if v != 0.0 {
                let least = format!("{:.1$}1", 0.0, FINEST - 1);
                return if v > 0.0 { format!("<{least}") } else { format!(">−{least}") };
            }
        }
        number::grouped(&text).replace('-', "−")
    }

    /// A difference: in points for rates.
    pub fn difference(self, v: f64) -> String {
        self.plain(if self.is_rate { 100.0 * v } else { v })
    }

    /// A difference with its sign. One that is nothing beside the interval is what computing leaves of two equal values.
    pub fn signed(self, v: f64) -> String {
        const LEFT: i32 = 6;
        let least = 10f64.powi(-(self.decimals as i32) - LEFT);
        let v = if (if self.is_rate { 100.0 * v } else { v }).abs() < least { 0.0 } else { v };
        let text = self.difference(v);
        if v > 0.0 { format!("+{text}") } else { text }
    }

    /// A rate or mean. A rate of none or all is not rounded to.
    pub fn value(self, v: f64) -> String {
        if !self.is_rate {
            return self.plain(v);
        }
        let mut finer = self;
        while v < 1.0 && finer.decimals < FINEST && format!("{:.*}", finer.decimals, 100.0 * v).starts_with("100") {
            finer.decimals += 1;
        }
        format!("{}%", finer.plain(100.0 * v))
    }

    /// An observed rate, or how many it was of where it is none or all.
    pub fn observed(self, v: f64, n: u64) -> Msg {
        match v {
            0.0 if self.is_rate => Msg::new("ab-none-of").with("n", n),
            1.0 if self.is_rate => Msg::new("ab-all-of").with("n", n),
            v => Msg::new("ab-value").with("value", self.value(v)),
        }
    }

    /// Low and high end.
    pub fn range(self, ends: [f64; 2]) -> String {
        format!("{} … {}", self.signed(ends[0]), self.signed(ends[1]))
    }

    /// Low and high end of rates or means.
    pub fn values(self, ends: [f64; 2]) -> String {
        format!("{} … {}", self.value(ends[0]), self.value(ends[1]))
    }
}

/// A change in percent of what was.
pub fn lift(v: f64) -> String {
    let percent = 100.0 * v;
    let decimals = if percent.abs() >= 99.95 { 0 } else { 1 };
    let text = number::grouped(&format!("{percent:.decimals$}")).replace('-', "−");
    let text = if text == "−0.0" { "0.0".to_owned() } else { text };
    if percent > 0.0 { format!("+{text}%") } else { format!("{text}%") }
}

/// Low and high end of a change in percent.
pub fn lifts(ends: [f64; 2]) -> String {
    format!("{} … {}", lift(ends[0]), lift(ends[1]))
}

/// A probability and what is missing to 1.
pub fn probability(p: f64, rest: f64) -> String {
    if rest < 1e-4 {
        ">99.99%".to_owned()
    } else if p < 1e-4 {
        "<0.01%".to_owned()
    } else {
        let decimals = if p.min(rest) < 1e-3 { 2 } else { 1 };
        format!("{:.decimals$}%", 100.0 * p)
    }
}

/// A p-value.
pub fn p_value(p: PValue) -> String {
    if p.p < 1e-4 { "<0.0001".to_owned() } else { number::readable(p.p, 4) }
}

/// A p-value with its sign, as it stands in a sentence.
pub fn p_words(p: PValue) -> String {
    let text = p_value(p);
    if text.starts_with('<') { format!("p {}", text.replace('<', "< ")) } else { format!("p = {text}") }
}
