//! Columns that may be known only once the target is: by their time, by where they are filled, by a value that gives the
//! target away, by their name. Says what was seen; whether it is so, only people know.

use super::prepare::{Part, Prepared};
use super::task::{Target, Task};
use super::tell::percent;
use crate::op::chart::read::Class;
use crate::text::{Msg, number};

/// Rows looked at.
const ROWS: usize = 20_000;
/// Fewest rows from which something is concluded.
const FEWEST: usize = 20;
/// Share of the rows from which on one time is taken to be after another.
const LATER: f64 = 0.95;
/// Share of the target's variance from which on it is remarkable that a column is filled at all.
const BY_FILLING: f64 = 0.5;
/// Share of the commonest number from which on the others are looked at by themselves.
const COMMONEST: f64 = 0.3;

/// Names of things that are settled with the target or after it.
const NAMES: [&str; 22] = [
    "cancel",
    "churn_date",
    "churn_reason",
    "closed_at",
    "close_date",
    "ended_at",
    "end_date",
    "outcome",
    "resolution",
    "refund",
    "recover",
    "chargeback",
    "termination",
    "exit_",
    "settled",
    "final_",
    "_final",
    "解約",
    "退会",
    "返金",
    "終了日",
    "結果",
];

/// The columns among `sources` (places), each with what was seen. `time` is the column that orders rows in time.
pub fn after(prepared: &Prepared, target: &Target, time: Option<&str>, sources: &[usize]) -> Vec<(usize, Msg)> {
    let rows: Vec<usize> = (0..prepared.rows()).step_by(prepared.rows().div_ceil(ROWS).max(1)).collect();
    let looks = Looks { prepared, target, rows };
    let found = |source: usize| {
        looks
            .later(source, time)
            .or_else(|| looks.filled(source))
            .or_else(|| looks.unless(source))
            .or_else(|| looks.named(source))
    };
    sources.iter().filter_map(|s| Some((*s, found(*s)?))).collect()
}

struct Looks<'a> {
    prepared: &'a Prepared,
    target: &'a Target,
    rows: Vec<usize>,
}

impl Looks<'_> {
    fn name(&self, source: usize) -> &str {
        &self.prepared.sources[source].var.name
    }

    /// Which of a row's numbers is the source's, and what was subtracted from it.
    fn number(&self, source: usize, part: Option<Part>) -> Option<(usize, f64)> {
        let mut numbers = self.prepared.numbers.iter().enumerate();
        let found = numbers.find(|(_, n)| n.source == source && part.is_none_or(|p| n.part == p))?;
        Some((found.0, found.1.offset))
    }

    /// The values of a source in the rows looked at.
    fn values(&self, source: usize, part: Option<Part>) -> Vec<f64> {
        let Some((at, offset)) = self.number(source, part) else { return Vec::new() };
        self.rows.iter().map(|r| f64::from(self.prepared.row(*r)[at]) + offset).collect()
    }

    fn is_moment(&self, source: usize) -> bool {
        matches!(self.prepared.sources[source].var.class, Class::Moment { .. })
    }

    /// A time after the one of the row: of the column that orders rows, of a target that is a time, or, where it is not
    /// filled in every row, of another column that is.
    fn later(&self, source: usize, time: Option<&str>) -> Option<Msg> {
        if !self.is_moment(source) {
            return None;
        }
        let own = self.values(source, Some(Part::Days));
        let told = |other: &[f64], name: &str, least: f64| {
            let both: Vec<bool> =
                own.iter().zip(other).filter(|(a, b)| !a.is_nan() && !b.is_nan()).map(|(a, b)| a > b).collect();
            let share = both.iter().filter(|later| **later).count() as f64 / both.len().max(1) as f64;
            (both.len() >= FEWEST && share >= least).then(|| {
                Msg::new("importance-warn-later")
                    .with("column", self.name(source))
                    .with("time", name)
                    .with("target", &self.target.var.name)
                    .with("share", percent(share))
            })
        };
        if self.target.task == Task::Number && matches!(self.target.var.class, Class::Moment { .. }) {
            let days: Vec<f64> = self.rows.iter().map(|r| self.prepared.y[*r] / 86_400.0).collect();
            return told(&days, &self.target.var.name, LATER);
        }
        let others = (0..self.prepared.sources.len()).filter(|s| *s != source && self.is_moment(*s));
        if let Some(time) = time {
            let reference = others.into_iter().find(|s| self.name(*s) == time)?;
            return told(&self.values(reference, Some(Part::Days)), time, LATER);
        }
        // What is not there yet in some rows has not happened yet.
        let missing = |values: &[f64]| values.iter().filter(|v| v.is_nan()).count() as f64 / values.len().max(1) as f64;
        if missing(&own) < 0.01 {
            return None;
        }
        others.into_iter().find_map(|s| {
            let other = self.values(s, Some(Part::Days));
            if missing(&other) < 0.01 { told(&other, self.name(s), 0.99) } else { None }
        })
    }

    /// Filled, or missing, only where the target is of one class, or moved by that alone.
    fn filled(&self, source: usize) -> Option<Msg> {
        let filled: Vec<bool> = self.values(source, None).iter().map(|v| !v.is_nan()).collect();
        if self.target.task == Task::Number {
            let there: Vec<f64> = filled.iter().map(|f| f64::from(u8::from(*f))).collect();
            let y: Vec<f64> = self.rows.iter().map(|r| self.prepared.y[*r]).collect();
            let least = there.iter().sum::<f64>().min(there.iter().map(|f| 1.0 - f).sum());
            let share = super::measure::pearson(&there, &y).powi(2);
            return (least >= FEWEST as f64 && share >= BY_FILLING).then(|| {
                Msg::new("importance-warn-filled-amount")
                    .with("column", self.name(source))
                    .with("target", &self.target.var.name)
                    .with("share", percent(share))
            });
        }
        [(true, "importance-warn-filled"), (false, "importance-warn-missing")].into_iter().find_map(|(side, id)| {
            let (class, share) = self.one_class(|i| filled[i] == side)?;
            Some(self.told(id, source, class, share))
        })
    }

    /// Numbers other than the commonest one only where the target is of one class.
    fn unless(&self, source: usize) -> Option<Msg> {
        if self.target.task == Task::Number || self.is_moment(source) || self.prepared.sources[source].is_words() {
            return None;
        }
        let values = self.values(source, None);
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        let runs = sorted.chunk_by(|a, b| a == b);
        let commonest =
            runs.max_by_key(|run| run.len()).filter(|run| run.len() as f64 >= COMMONEST * values.len() as f64)?;
        let usual = commonest[0];
        let (class, share) = self.one_class(|i| !values[i].is_nan() && values[i] != usual)?;
        Some(self.told("importance-warn-unless", source, class, share).with("value", number::readable(usual, 4)))
    }

    fn named(&self, source: usize) -> Option<Msg> {
        let (name, of_target) = (self.name(source).to_lowercase(), self.target.var.name.to_lowercase());
        let derived = of_target.chars().count() >= 4 && name.contains(&of_target);
        (derived || NAMES.iter().any(|w| name.contains(w))).then(|| {
            Msg::new("importance-warn-afterwards")
                .with("column", self.name(source))
                .with("target", &self.target.var.name)
        })
    }

    fn told(&self, id: &'static str, source: usize, class: usize, share: f64) -> Msg {
        Msg::new(id)
            .with("column", self.name(source))
            .with("target", &self.target.var.name)
            .with("class", &self.target.classes[class].0)
            .with("share", percent(share))
    }

    /// The class that nearly all of these rows (by their place among those looked at) have, and its share, where the other
    /// classes are at most a tenth as frequent as elsewhere and that is hardly chance.
    fn one_class(&self, is: impl Fn(usize) -> bool) -> Option<(usize, f64)> {
        let mut counts = vec![[0.0; 2]; self.target.classes.len()];
        for (i, row) in self.rows.iter().enumerate() {
            counts[self.prepared.y[*row] as usize][usize::from(is(i))] += 1.0;
        }
        let [others, n] = counts.iter().fold([0.0; 2], |s, c| [s[0] + c[0], s[1] + c[1]]);
        if n < FEWEST as f64 || others < FEWEST as f64 {
            return None;
        }
        let (class, count) = counts.iter().enumerate().max_by(|a, b| a.1[1].total_cmp(&b.1[1]))?;
        let (share, usual) = (count[1] / n, count[0] / others);
        let chance = (usual * (1.0 - usual) / n).sqrt();
        let remarkable = share >= 0.98 && 1.0 - share <= (1.0 - usual) / 10.0 && share - usual >= 6.0 * chance;
        remarkable.then_some((class, share))
    }
}
