//! From a table to numbers a model can learn from, in one pass: columns of all kinds as they are, dates taken apart,
//! words by number, a stratified sample where the table is larger than asked for or than memory allows.
//!
//! Nothing is decided here about what is worth learning from; [`super::screen`] does that.

use polars::prelude::{DataFrame, PlHashMap};

use super::task::{Target, Task};
use crate::data::{Dataset, Flow};
use crate::error::{Error, Result};
use crate::op::Context;
use crate::op::chart::read::{self, Class, Key, Var};
use crate::op::sample::mixed;
use crate::text::{Msg, number};
use crate::value::{Kind, time};

/// Most rows learned from unless another number is asked for.
pub const MOST_ROWS: u64 = 1_000_000;
/// Words told apart in one column; all others are one.
pub const MOST_LEVELS: usize = 50_000;
/// Most columns looked at.
pub const MOST_COLUMNS: usize = 5_000;
/// Bytes a row takes for each number, at the peak: as read, as learned from, and as bins.
const BYTES: u64 = 14;

/// What a number is of its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The value itself.
    Value,
    /// The number of its word.
    Level,
    /// The year.
    Year,
    /// The month, 1 to 12.
    Month,
    /// The day of the week, 1 (Monday) to 7.
    Weekday,
    /// The hour, 0 to 24, with minutes as a fraction.
    Hour,
    /// Days since 1970.
    Days,
}

impl Part {
    /// The name of a part of a date, for machines; none for whole columns.
    pub fn suffix(self) -> Option<&'static str> {
        match self {
            Self::Value | Self::Level => None,
            Self::Year => Some("year"),
            Self::Month => Some("month"),
            Self::Weekday => Some("weekday"),
            Self::Hour => Some("hour"),
            Self::Days => Some("days"),
        }
    }
}

/// A column that is learned from.
#[derive(Clone, Debug)]
pub struct Source {
    /// How it is read.
    pub var: Var,
    /// Its words by number, for columns of words.
    pub levels: Vec<String>,
    /// How many rows have each word.
    pub counts: Vec<u64>,
    /// Whether there were more words than are told apart.
    pub overflow: bool,
    /// Whether values rise, or fall, strictly from row to row.
    pub rising: bool,
    pub falling: bool,
    /// Whether values never fall from row to row, or never rise.
    pub sorted: bool,
    pub sorted_down: bool,
    /// Smallest and greatest value.
    pub range: (f64, f64),
    /// Rows without a value.
    pub missing: u64,
    /// Infinite values taken for missing ones.
    pub infinite: u64,
    last: f64,
    lookup: PlHashMap<String, u32>,
}

/// A number of each row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// Which source it comes from.
    pub source: usize,
    /// What it is of it.
    pub part: Part,
    /// What was subtracted before it became a number of 32 bits.
    pub offset: f64,
}

/// The table in numbers.
pub struct Prepared {
    /// Columns.
    pub sources: Vec<Source>,
    /// The numbers of each row.
    pub numbers: Vec<Number>,
    /// Their values less their offsets, row after row; NaN where missing.
    pub x: Vec<f32>,
    /// The target.
    pub y: Vec<f64>,
    /// The place of each row in the table, from 0.
    pub origin: Vec<u64>,
    /// Rows to learn from, by a column that says so.
    pub learn: Option<Vec<bool>>,
    /// The order in time, by a column that says so.
    pub time: Option<Vec<f64>>,
    /// How many rows with a target there are, where these are a sample of them.
    pub sampled_from: Option<u64>,
    /// Columns that cannot be learned from, with the word for their kind.
    pub unread: Vec<(String, Msg)>,
    passed: u64,
}

impl Prepared {
    /// How many rows.
    pub fn rows(&self) -> usize {
        self.y.len()
    }

    /// The numbers of a row.
    pub fn row(&self, row: usize) -> &[f32] {
        let width = self.numbers.len();
        &self.x[row * width..(row + 1) * width]
    }
}

/// What is wanted besides the target.
pub struct Wanted<'a> {
    /// Columns left out.
    pub drop: &'a [String],
    /// Most rows.
    pub sample: Option<u64>,
    /// Decides which rows.
    pub seed: u64,
    /// The column that orders rows in time.
    pub time: Option<&'a str>,
    /// The column that says which rows to learn from.
    pub split: Option<&'a str>,
}

fn parts(class: Class, words: bool) -> &'static [Part] {
    match class {
        Class::Moment { days: true } => &[Part::Year, Part::Month, Part::Weekday, Part::Days],
        Class::Moment { days: false } => &[Part::Year, Part::Month, Part::Weekday, Part::Hour, Part::Days],
        Class::Words if words => &[Part::Level],
        _ => &[Part::Value],
    }
}

/// One part of a moment, in seconds since 1970.
fn of_moment(seconds: f64, part: Part) -> f64 {
    let days = (seconds / 86_400.0).floor();
    match part {
        Part::Days => seconds / 86_400.0,
        Part::Hour => (seconds - days * 86_400.0) / 3600.0,
        Part::Weekday => (days as i64 + 3).rem_euclid(7) as f64 + 1.0,
        Part::Year => time::civil(days as i64).0 as f64,
        Part::Month => f64::from(time::civil(days as i64).1),
        Part::Value | Part::Level => seconds,
    }
}

/// The rows of one part of the table.
struct Block {
    y: Vec<f64>,
    /// For each source its values, or the local numbers of its words.
    values: Vec<Vec<f64>>,
    words: Vec<Vec<String>>,
    infinite: Vec<u64>,
    learn: Option<Vec<f64>>,
    time: Option<Vec<f64>>,
}

/// Takes about `wanted` of `of` rows, one at random out of each stretch of equal length.
struct Picker {
    wanted: u64,
    of: u64,
    at: u64,
    seed: u64,
}

impl Picker {
    fn take(&mut self) -> bool {
        let k = self.at;
        self.at += 1;
        if self.wanted >= self.of {
            return true;
        }
        let (wanted, of) = (u128::from(self.wanted), u128::from(self.of));
        let stretch = u128::from(k) * wanted / of;
        let start = (stretch * of).div_ceil(wanted) as u64;
        let end = ((stretch + 1) * of).div_ceil(wanted) as u64;
        k == start + mixed(self.seed, stretch as u64) % (end - start).max(1)
    }
}

/// Reads the table.
pub fn prepare(dataset: &Dataset, target: &Target, wanted: &Wanted<'_>, context: &Context) -> Result<Prepared> {
    let schema = dataset.schema();
    for name in wanted.drop {
        schema.require(name)?;
    }
    let var = |name: &str| Var::of(schema, name);
    let time = wanted.time.map(var).transpose()?;
    let split = wanted.split.map(var).transpose()?;
    if let Some(v) = time.as_ref().filter(|v| v.class == Class::Words) {
        return Err(Error::usage(Msg::new("importance-error-time").with("column", &v.name)));
    }
    if let Some(v) = split.as_ref().filter(|v| v.kind != Kind::Boolean && v.class != Class::Number) {
        return Err(Error::usage(Msg::new("importance-error-split").with("column", &v.name)));
    }
    let mut unread = Vec::new();
    let mut sources = Vec::new();
    for column in schema.columns() {
        let name = &column.name;
        let used = *name == target.var.name || wanted.split == Some(name.as_str());
        if used || wanted.drop.contains(name) {
            continue;
        }
        match Var::of(schema, name) {
            Ok(v) if v.kind != Kind::Empty => sources.push(Source::new(v)),
            _ => unread.push((name.clone(), column.kind.word())),
        }
    }
    if sources.is_empty() {
        return Err(Error::failed(Msg::new("importance-error-alone").with("column", &target.var.name))
            .hint(Msg::new("importance-hint-alone")));
    }
    if sources.len() > MOST_COLUMNS {
        let message = Msg::new("importance-error-columns").with("count", sources.len()).with("most", MOST_COLUMNS);
        return Err(Error::refused(message).hint(Msg::new("importance-hint-columns")));
    }
    let mut numbers = Vec::new();
    for (source, s) in sources.iter().enumerate() {
        let parts = parts(s.var.class, s.is_words());
        numbers.extend(parts.iter().map(|part| Number { source, part: *part, offset: 0.0 }));
    }
    let width = numbers.len();
    let row_bytes = BYTES * width as u64 + 64;
    let allowed = context.memory / 2 / row_bytes;
    if allowed < target.present.min(1_000) {
        let message = Msg::new("importance-error-memory")
            .with("columns", sources.len())
            .with("needed", number::bytes(2 * row_bytes * target.present.min(1_000)))
            .with("allowed", number::bytes(context.memory));
        return Err(Error::refused(message).hint(Msg::new("importance-hint-memory")));
    }
    let most = wanted.sample.unwrap_or(MOST_ROWS).min(allowed);
    let groups: Vec<u64> = match target.task {
        Task::Number => vec![target.present],
        _ => target.classes.iter().map(|c| c.1).collect(),
    };
    let mut pickers: Vec<Picker> = groups
        .iter()
        .enumerate()
        .map(|(i, n)| {
            let share = (u128::from(*n) * u128::from(most)).div_ceil(u128::from(target.present.max(1))) as u64;
            Picker { wanted: share.clamp(1, (*n).max(1)), of: *n, at: 0, seed: wanted.seed ^ (i as u64) << 40 }
        })
        .collect();
    let capacity = most.min(target.present) as usize + groups.len();
    let mut out = Prepared {
        sources,
        numbers,
        x: Vec::new(),
        y: Vec::with_capacity(capacity),
        origin: Vec::with_capacity(capacity),
        learn: split.as_ref().map(|_| Vec::new()),
        time: time.as_ref().map(|_| Vec::new()),
        sampled_from: (most < target.present).then_some(target.present),
        unread,
        passed: 0,
    };
    out.x.reserve_exact(capacity.saturating_mul(width));
    let vars: Vec<Var> = out.sources.iter().map(|s| s.var.clone()).collect();
    let all = vars.iter().chain([&target.var]).chain(&time).chain(&split);
    let places = read::Places::of(all);
    context.control.say(Some(Msg::new("importance-stage-read")));
    dataset.scan(
        places.list(),
        &context.control,
        |frame| block(&frame, &places, &vars, target, time.as_ref(), split.as_ref()),
        |block| {
            out.take(block, target, &mut pickers);
            Ok(Flow::Continue)
        },
    )?;
    context.control.say(None);
    Ok(out)
}

fn block(
    frame: &DataFrame,
    places: &read::Places,
    vars: &[Var],
    target: &Target,
    time: Option<&Var>,
    split: Option<&Var>,
) -> Result<Block> {
    let values_of = |var: &Var| read::numbers(places.column(frame, var)?, var.class);
    let mut block = Block {
        y: target.values(places.column(frame, &target.var)?)?,
        values: Vec::with_capacity(vars.len()),
        words: Vec::with_capacity(vars.len()),
        infinite: vec![0; vars.len()],
        learn: split.map(values_of).transpose()?,
        time: time.map(values_of).transpose()?,
    };
    for (i, var) in vars.iter().enumerate() {
        let column = places.column(frame, var)?;
        if var.class == Class::Words && var.kind != Kind::Boolean {
            let coded = read::words(column, &var.kind)?;
            let missing = coded.keys.iter().position(|k| *k == Key::Missing || k.text(&var.kind).is_empty());
            let of = |c: &u32| if Some(*c as usize) == missing { f64::NAN } else { f64::from(*c) };
            block.values.push(coded.codes.iter().map(of).collect());
            block.words.push(coded.keys.iter().map(|k| k.text(&var.kind)).collect());
        } else {
            let mut values = read::numbers(column, var.class)?;
            for v in values.iter_mut().filter(|v| v.is_infinite()) {
                *v = f64::NAN;
                block.infinite[i] += 1;
            }
            block.values.push(values);
            block.words.push(Vec::new());
        }
    }
    Ok(block)
}

impl Source {
    fn new(var: Var) -> Self {
        Self {
            var,
            levels: Vec::new(),
            counts: Vec::new(),
            overflow: false,
            rising: true,
            falling: true,
            sorted: true,
            sorted_down: true,
            range: (f64::INFINITY, f64::NEG_INFINITY),
            missing: 0,
            infinite: 0,
            last: f64::NAN,
            lookup: PlHashMap::default(),
        }
    }

    /// Whether its values are words.
    pub fn is_words(&self) -> bool {
        self.var.class == Class::Words && self.var.kind != Kind::Boolean
    }

    /// The number of a word; the last of all where there are too many.
    fn code(&mut self, word: &str) -> u32 {
        if let Some(code) = self.lookup.get(word) {
            return *code;
        }
        let code = self.levels.len() as u32;
        if self.levels.len() >= MOST_LEVELS {
            self.overflow = true;
            return code - 1;
        }
        self.levels.push(word.to_owned());
        self.counts.push(0);
        self.lookup.insert(word.to_owned(), code);
        code
    }

    fn note(&mut self, v: f64) {
        if self.last.is_finite() {
            self.rising &= v > self.last;
            self.falling &= v < self.last;
            self.sorted &= v >= self.last;
            self.sorted_down &= v <= self.last;
        }
        self.last = v;
        self.range = (self.range.0.min(v), self.range.1.max(v));
    }
}

impl Prepared {
    fn take(&mut self, block: Block, target: &Target, pickers: &mut [Picker]) {
        let first = self.y.is_empty();
        let mut codes: Vec<Vec<f64>> = vec![Vec::new(); self.sources.len()];
        for (i, words) in block.words.iter().enumerate() {
            codes[i] = words.iter().map(|w| f64::from(self.sources[i].code(w))).collect();
            self.sources[i].infinite += block.infinite[i];
        }
        if first {
            for number in &mut self.numbers {
                if number.part == Part::Value {
                    number.offset = offset(&block.values[number.source]);
                } else if number.part == Part::Days {
                    let values = block.values[number.source].iter().find(|v| v.is_finite());
                    number.offset = values.map_or(0.0, |v| of_moment(*v, Part::Days).floor());
                }
            }
        }
        for (row, y) in block.y.iter().enumerate() {
            let learn = block.learn.as_ref().map(|l| l[row]);
            let time = block.time.as_ref().map(|t| t[row]);
            if y.is_nan() {
                continue;
            }
            let group = if target.task == Task::Number { 0 } else { *y as usize };
            if !pickers[group].take() || learn.is_some_and(f64::is_nan) || time.is_some_and(f64::is_nan) {
                continue;
            }
            self.y.push(*y);
            self.origin.push(self.passed + row as u64);
            if let (Some(all), Some(v)) = (&mut self.learn, learn) {
                all.push(v != 0.0);
            }
            if let (Some(all), Some(v)) = (&mut self.time, time) {
                all.push(v);
            }
            for (source, values) in self.sources.iter_mut().zip(&block.values) {
                if values[row].is_nan() {
                    source.missing += 1;
                } else if !source.is_words() {
                    source.note(values[row]);
                }
            }
            for number in &self.numbers {
                let v = block.values[number.source][row];
                let v = match number.part {
                    _ if v.is_nan() => v,
                    Part::Value => v - number.offset,
                    Part::Level => codes[number.source][v as usize],
                    part => of_moment(v, part) - number.offset,
                };
                let v = v as f32;
                // Beyond the range of 32 bits lies the greatest number of 32 bits.
                self.x.push(if v.is_infinite() { f32::MAX.copysign(v) } else { v });
                if let (Part::Level, false) = (number.part, v.is_nan()) {
                    self.sources[number.source].counts[v as usize] += 1;
                }
            }
        }
        self.passed += block.y.len() as u64;
    }
}

/// What to subtract, so that numbers of 32 bits tell values apart that lie close together far from zero.
fn offset(values: &[f64]) -> f64 {
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let (lo, hi) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let far = lo.abs().max(hi.abs());
    if lo <= hi && far > 1e3 && far > 100.0 * (hi - lo) { lo } else { 0.0 }
}
