//! What to know before believing a ranking: leaks, identifiers, copies, constants, order in time.

use super::alike::Alike;
use super::learn::{By, Split};
use super::measure;
use super::prepare::{Part, Prepared};
use super::screen::Why;
use super::task::{Target, Task};
use super::tell::percent;
use super::together::Formula;
use crate::op::chart::read::Class;
use crate::text::{Msg, number};

/// What sort of warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A column alone predicts almost perfectly.
    Leakage,
    /// A column that may be known only once the target is.
    Afterwards,
    /// A word in a column has one class only.
    OneClass,
    /// Rows lie in order of time and were split at random.
    TimeOrder,
    /// Columns that say the same.
    Duplicate,
    /// Columns that say nearly the same.
    NearDuplicate,
    /// Left out: every row has a value of its own.
    Identifier,
    /// Left out: one value.
    Constant,
    /// Left out: cannot be read.
    Unread,
}

impl Kind {
    /// The name for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Leakage => "leakage",
            Self::Afterwards => "known_afterwards",
            Self::OneClass => "one_class",
            Self::TimeOrder => "time_order",
            Self::Duplicate => "duplicate",
            Self::NearDuplicate => "near_duplicate",
            Self::Identifier => "identifier",
            Self::Constant => "constant",
            Self::Unread => "not_read",
        }
    }

    /// What can be done about it with one key.
    pub fn remedy(self) -> Option<Remedy> {
        match self {
            Self::Leakage | Self::Afterwards | Self::OneClass => Some(Remedy::LeaveOut),
            Self::Duplicate | Self::NearDuplicate => Some(Remedy::LeaveOutOthers),
            Self::TimeOrder => Some(Remedy::SplitByTime),
            Self::Identifier | Self::Constant | Self::Unread => None,
        }
    }
}

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Leave the columns out.
    LeaveOut,
    /// Leave all but the first out.
    LeaveOutOthers,
    /// Hold the last rows in time out.
    SplitByTime,
}

/// One warning.
#[derive(Clone, Debug, PartialEq)]
pub struct Warning {
    /// What sort.
    pub kind: Kind,
    /// The columns it is about.
    pub columns: Vec<String>,
    /// The sentence.
    pub text: Msg,
}

impl Warning {
    fn new(kind: Kind, columns: Vec<String>, text: Msg) -> Self {
        Self { kind, columns, text }
    }
}

/// R² from which on one column alone is taken for a leak.
const LEAK_R2: f64 = 0.98;
/// Area under the curve likewise.
const LEAK_AUC: f64 = 0.99;
/// Rows looked at on either side.
const ROWS: usize = 4_000;
/// Most columns named in one sentence.
const NAMED: usize = 8;

/// How well a column alone predicts: by the target's mean (or each class's share) in up to 64 bins of its values.
pub fn alone(prepared: &Prepared, target: &Target, split: &Split, number: usize) -> f64 {
    const BINS: usize = 64;
    let thin = |rows: &[u32]| -> Vec<u32> { rows.iter().step_by(rows.len().div_ceil(ROWS).max(1)).copied().collect() };
    let (learn, held) = (thin(&split.learn), thin(&split.held));
    let value = |r: u32| prepared.row(r as usize)[number];
    let mut sorted: Vec<f32> = learn.iter().map(|r| value(*r)).filter(|v| !v.is_nan()).collect();
    sorted.sort_by(f32::total_cmp);
    let words = prepared.numbers[number].part == Part::Level;
    let mut edges: Vec<f32> = if words {
        Vec::new()
    } else {
        (1..BINS).filter_map(|b| sorted.get(b * sorted.len() / BINS).copied()).collect()
    };
    edges.dedup();
    let levels = prepared.sources[prepared.numbers[number].source].levels.len();
    // The last bin is of missing values.
    let bins = if words { levels } else { edges.len() + 1 } + 1;
    let bin = |v: f32| match v {
        v if v.is_nan() => bins - 1,
        v if words => (v as usize).min(bins - 2),
        v => edges.partition_point(|e| *e <= v),
    };
    let outputs = target.outputs();
    let mut sums = vec![vec![0.0; outputs + 1]; bins];
    let mut all = vec![0.0; outputs + 1];
    for r in &learn {
        let y = prepared.y[*r as usize];
        let k = if target.task == Task::Classes { y as usize } else { 0 };
        let v = if target.task == Task::Classes { 1.0 } else { y };
        for s in [&mut sums[bin(value(*r))], &mut all] {
            s[k] += v;
            s[outputs] += 1.0;
        }
    }
    let mean = |s: &[f64], k: usize| {
        let prior = all[k] / all[outputs];
        (s[k] + 0.1 * prior) / (s[outputs] + 0.1)
    };
    let y: Vec<f64> = held.iter().map(|r| prepared.y[*r as usize]).collect();
    let said: Vec<f64> = held
        .iter()
        .flat_map(|r| {
            let s = &sums[bin(value(*r))];
            (0..outputs).map(move |k| mean(s, k))
        })
        .collect();
    measure::score(target.task, &y, &said, outputs)
}

/// That the model uses where a row lies in time, though rows were held out at random.
pub fn of_time(column: &str) -> Warning {
    let text = Msg::new("importance-warn-time-used").with("column", column);
    Warning::new(Kind::TimeOrder, vec![column.to_owned()], text)
}

/// That the target is made of two columns.
pub fn of_formula(prepared: &Prepared, target: &Target, formula: &Formula) -> Warning {
    let columns = formula.columns.map(|c| prepared.sources[c].var.name.clone());
    let text = Msg::new("importance-warn-formula")
        .with("target", &target.var.name)
        .with("formula", &formula.text)
        .with("share", percent(formula.share))
        .with("columns", columns.join(", "));
    Warning::new(Kind::Leakage, columns.into(), text)
}

/// All warnings, gravest first. `time` is the column that orders rows in time; `left_out` are places of sources; `seen`
/// marks the sources the model saw.
pub fn warnings(
    prepared: &Prepared,
    target: &Target,
    split: &Split,
    time: Option<&str>,
    left_out: &[(usize, Why)],
    seen: &[usize],
    alike: &[Alike],
) -> Vec<Warning> {
    let name = |i: usize| prepared.sources[i].var.name.clone();
    let mut out = Vec::new();
    let leak = if target.task == Task::Number { LEAK_R2 } else { LEAK_AUC };
    let mut leaking = Vec::new();
    for source in seen {
        let numbers = prepared.numbers.iter().enumerate().filter(|(_, n)| n.source == *source);
        let best = numbers.map(|(i, _)| alone(prepared, target, split, i)).fold(0.0, f64::max);
        if best >= leak {
            leaking.push(*source);
            let text = Msg::new("importance-warn-leakage")
                .with("column", name(*source))
                .with("target", &target.var.name)
                .with("metric", Msg::new(metric_word(target.task)))
                .with("score", number::readable(best, 4));
            out.push(Warning::new(Kind::Leakage, vec![name(*source)], text));
        }
    }
    let whole: Vec<usize> = seen.iter().filter(|s| !leaking.contains(s)).copied().collect();
    let told = super::after::after(prepared, target, time, &whole);
    out.extend(told.into_iter().map(|(source, text)| Warning::new(Kind::Afterwards, vec![name(source)], text)));
    if target.task != Task::Number {
        out.extend(one_class(prepared, target, &whole));
    }
    if split.by == By::Chance {
        let in_order = prepared.sources.iter().find(|s| {
            matches!(s.var.class, Class::Moment { .. }) && (s.sorted || s.sorted_down) && s.range.0 < s.range.1
        });
        if let Some(source) = in_order {
            let text = Msg::new("importance-warn-time").with("column", &source.var.name);
            out.push(Warning::new(Kind::TimeOrder, vec![source.var.name.clone()], text));
        }
    }
    let groups = super::alike::groups(seen, alike);
    for group in groups.into_iter().filter(|g| g.len() > 1) {
        let exact = alike.iter().filter(|p| group.contains(&p.a) && group.contains(&p.b)).all(|p| p.exact);
        let columns: Vec<String> = group.into_iter().map(name).collect();
        let (kind, id) = match exact {
            true => (Kind::Duplicate, "importance-warn-duplicate"),
            false => (Kind::NearDuplicate, "importance-warn-near-duplicate"),
        };
        let text = Msg::new(id).with("columns", listed(&columns));
        out.push(Warning::new(kind, columns, text));
    }
    for (why, kind, id) in [
        (Why::Identifier, Kind::Identifier, "importance-warn-identifier"),
        (Why::Constant, Kind::Constant, "importance-warn-constant"),
        (Why::Json, Kind::Unread, "importance-warn-json"),
    ] {
        let columns: Vec<String> = left_out.iter().filter(|l| l.1 == why).map(|l| name(l.0)).collect();
        if !columns.is_empty() {
            let text = Msg::new(id).with("columns", listed(&columns));
            out.push(Warning::new(kind, columns, text));
        }
    }
    if !prepared.unread.is_empty() {
        let columns: Vec<String> = prepared.unread.iter().map(|u| u.0.clone()).collect();
        let text = Msg::new("importance-warn-unread").with("columns", listed(&columns));
        out.push(Warning::new(Kind::Unread, columns, text));
    }
    out
}

/// The name of the measure for people.
pub fn metric_word(task: Task) -> &'static str {
    match task {
        Task::Number => "importance-metric-r2",
        Task::YesNo => "importance-metric-auc",
        Task::Classes => "importance-metric-auc-ovr",
    }
}

/// Names in one line, the first of them where there are many.
pub fn listed(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > NAMED { format!("{shown}, … ({})", names.len()) } else { shown }
}

/// Words whose rows all have one class, though that is hardly chance.
fn one_class(prepared: &Prepared, target: &Target, sources: &[usize]) -> Vec<Warning> {
    /// Chance below which it is told.
    const HARDLY: f64 = 1e-4;
    let classes = target.classes.len();
    let total: u64 = target.classes.iter().map(|c| c.1).sum();
    let mut out = Vec::new();
    for source in sources.iter().filter(|s| prepared.sources[**s].is_words()) {
        let Some(number) = prepared.numbers.iter().position(|n| n.source == *source) else { continue };
        let levels = &prepared.sources[*source].levels;
        let mut counts = vec![0u64; levels.len() * classes];
        for row in 0..prepared.rows() {
            let level = prepared.row(row)[number];
            if !level.is_nan() {
                counts[level as usize * classes + prepared.y[row] as usize] += 1;
            }
        }
        let mut found: Vec<(u64, usize, usize)> = Vec::new();
        for (level, counts) in counts.chunks(classes).enumerate() {
            let n: u64 = counts.iter().sum();
            if let Some(class) = counts.iter().position(|c| *c == n && n >= 10) {
                let share = target.classes[class].1 as f64 / total.max(1) as f64;
                if share.powf(n as f64) < HARDLY / levels.len() as f64 {
                    found.push((n, level, class));
                }
            }
        }
        found.sort_by_key(|f| std::cmp::Reverse(f.0));
        if let Some((rows, level, class)) = found.first() {
            let column = &prepared.sources[*source].var.name;
            let text = Msg::new("importance-warn-one-class")
                .with("column", column)
                .with("word", &levels[*level])
                .with("class", &target.classes[*class].0)
                .with("rows", *rows)
                .with("others", found.len() - 1);
            out.push(Warning::new(Kind::OneClass, vec![column.clone()], text));
        }
    }
    out
}
