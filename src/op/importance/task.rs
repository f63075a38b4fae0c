//! What the target is: an amount, yes or no, or one of several classes. Looks at the target alone, in one pass.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::data::{Control, Dataset, Flow};
use crate::error::{Error, Result};
use crate::op::chart::read::{self, Class, Var};
use crate::text::Msg;
use crate::value::Kind;

/// Most classes a model is made for.
pub const MOST_CLASSES: usize = 30;
/// Values told apart before a target is taken for an amount or an identifier.
const TOLD_APART: usize = 2_000;
/// Fewest rows with a target.
pub const FEWEST_ROWS: u64 = 20;

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// An amount.
    Number,
    /// One of two.
    YesNo,
    /// One of several classes.
    Classes,
}

/// The names of the tasks, for flags and forms.
pub const TASKS: &[&str] = &["number", "yes-no", "classes"];

impl Task {
    /// The name for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => TASKS[0],
            Self::YesNo => TASKS[1],
            Self::Classes => TASKS[2],
        }
    }

    /// The task called `name`.
    pub fn from_name(name: &str) -> Result<Self> {
        match name {
            "number" => Ok(Self::Number),
            "yes-no" => Ok(Self::YesNo),
            "classes" => Ok(Self::Classes),
            _ => Err(Error::usage(Msg::new("importance-error-task").with("name", name))),
        }
    }

    /// The word for people.
    pub fn word(self) -> Msg {
        Msg::new(match self {
            Self::Number => "importance-task-number",
            Self::YesNo => "importance-task-yes-no",
            Self::Classes => "importance-task-classes",
        })
    }
}

/// The target column, looked at.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where it is and how it is read.
    pub var: Var,
    /// What is predicted.
    pub task: Task,
    /// The classes in their order, and how many rows each has; empty for amounts. Of two, the second is "yes".
    pub classes: Vec<(String, u64)>,
    /// Rows of the table.
    pub rows: u64,
    /// Rows with a target.
    pub present: u64,
    by_number: HashMap<u64, u32>,
    by_word: HashMap<String, u32>,
}

/// A number as the name of a class.
fn label(v: f64) -> String {
    if v.fract() == 0.0 && v.abs() < 1e15 { format!("{}", v as i64) } else { v.to_string() }
}

/// One bit pattern for each number.
fn bits(v: f64) -> u64 {
    (v + 0.0).to_bits()
}

#[derive(Default)]
struct Seen {
    rows: u64,
    present: u64,
    numbers: HashMap<u64, u64>,
    words: HashMap<String, u64>,
    overflow: bool,
    whole: bool,
}

impl Target {
    /// Looks at the column called `name`; `task` overrides the guess. Fails where there is nothing to predict.
    pub fn look(dataset: &Dataset, name: &str, task: Option<Task>, control: &Control) -> Result<Self> {
        let var = Var::of(dataset.schema(), name).map_err(|e| match e.message.id {
            "chart-error-nested" => Error::usage(Msg::new("importance-error-nested").with("column", name))
                .hint(Msg::new("importance-hint-target")),
            _ => e,
        })?;
        let numeric = var.class != Class::Words;
        let mut all = Seen { whole: true, ..Seen::default() };
        dataset.scan(
            &[var.place],
            control,
            |frame| {
                let mut seen = Seen { whole: true, rows: frame.height() as u64, ..Seen::default() };
                let column = &frame.columns()[0];
                if numeric {
                    for v in read::numbers(column, var.class)?.into_iter().filter(|v| v.is_finite()) {
                        seen.present += 1;
                        seen.whole &= v.fract() == 0.0;
                        if !seen.overflow {
                            *seen.numbers.entry(bits(v)).or_default() += 1;
                            seen.overflow = seen.numbers.len() > TOLD_APART;
                        }
                    }
                } else {
                    let coded = read::words(column, &var.kind)?;
                    let mut counts = vec![0u64; coded.keys.len()];
                    coded.codes.iter().for_each(|c| counts[*c as usize] += 1);
                    for (key, n) in coded.keys.iter().zip(counts) {
                        let text = key.text(&var.kind);
                        if *key == read::Key::Missing || text.trim().is_empty() {
                            continue;
                        }
                        seen.present += n;
                        *seen.words.entry(text).or_default() += n;
                    }
                }
                Ok(seen)
            },
            |seen| {
                all.rows += seen.rows;
                all.present += seen.present;
                all.whole &= seen.whole;
                all.overflow |= seen.overflow;
                for (k, n) in seen.numbers {
                    *all.numbers.entry(k).or_default() += n;
                }
                if all.words.len() <= 50 * TOLD_APART {
                    for (k, n) in seen.words {
                        *all.words.entry(k).or_default() += n;
                    }
                }
                all.overflow |= all.numbers.len() > TOLD_APART;
                if all.overflow {
                    all.numbers.clear();
                }
                Ok(Flow::Continue)
            },
        )?;
        Self::decide(var, numeric, all, task)
    }

    fn decide(var: Var, numeric: bool, seen: Seen, task: Option<Task>) -> Result<Self> {
        let name = var.name.clone();
        let hinted = |id: &'static str, hint: &'static str| {
            Error::failed(Msg::new(id).with("column", &name).with("rows", seen.present).with("total", seen.rows))
                .hint(Msg::new(hint))
        };
        let refuse = |id: &'static str| hinted(id, "importance-hint-target");
        if seen.present == 0 {
            return Err(refuse("importance-error-empty"));
        }
        if seen.present < FEWEST_ROWS {
            return Err(refuse("importance-error-few"));
        }
        let mut numbers: Vec<(f64, u64)> = seen.numbers.iter().map(|(b, n)| (f64::from_bits(*b), *n)).collect();
        numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut words: Vec<(String, u64)> = seen.words.iter().map(|(w, n)| (w.clone(), *n)).collect();
        words.sort();
        let levels = match (numeric, seen.overflow) {
            (true, true) => usize::MAX,
            (true, false) => numbers.len(),
            (false, _) => words.len(),
        };
        if levels == 1 {
            return Err(refuse("importance-error-constant"));
        }
        let guessed = if levels == 2 {
            Task::YesNo
        } else if !numeric || (named_class(&name) && seen.whole && counted_through(&numbers)) {
            Task::Classes
        } else {
            Task::Number
        };
        let task = task.unwrap_or(guessed);
        match task {
            Task::Number if !numeric && var.kind != Kind::Boolean => {
                return Err(hinted("importance-error-no-number", "importance-hint-task"));
            }
            Task::Number => {}
            Task::YesNo if levels != 2 => {
                return Err(hinted("importance-error-not-two", "importance-hint-task"));
            }
            _ if !numeric && levels as u64 == seen.present => return Err(refuse("importance-error-distinct")),
            _ if levels > MOST_CLASSES => {
                let shown = if levels == usize::MAX { TOLD_APART } else { levels };
                let message = Msg::new("importance-error-classes")
                    .with("column", &name)
                    .with("count", shown)
                    .with("most", MOST_CLASSES);
                return Err(Error::failed(message).hint(Msg::new("importance-hint-classes")));
            }
            _ => {}
        }
        let mut target = Self {
            var,
            task,
            classes: Vec::new(),
            rows: seen.rows,
            present: seen.present,
            by_number: HashMap::new(),
            by_word: HashMap::new(),
        };
        if task != Task::Number || !numeric {
            if numeric {
                for (i, (v, n)) in numbers.iter().enumerate() {
                    target.by_number.insert(bits(*v), i as u32);
                    target.classes.push((label(*v), *n));
                }
            } else {
                if words.len() == 2 && says_yes(&words[0].0) && !says_yes(&words[1].0) {
                    words.swap(0, 1);
                }
                for (i, (w, _)) in words.iter().enumerate() {
                    target.by_word.insert(w.clone(), i as u32);
                }
                target.classes = words;
            }
        }
        if task == Task::Number {
            target.classes.clear();
        }
        Ok(target)
    }

    /// The target in each row of a part: an amount or the place of its class; NaN where there is none.
    pub fn values(&self, column: &polars::prelude::Column) -> Result<Vec<f64>> {
        if self.var.class != Class::Words {
            let values = read::numbers(column, self.var.class)?;
            return Ok(match self.task {
                Task::Number => values.into_iter().map(|v| if v.is_finite() { v } else { f64::NAN }).collect(),
                _ => {
                    let class = |v: f64| self.by_number.get(&bits(v)).map_or(f64::NAN, |c| f64::from(*c));
                    values.into_iter().map(class).collect()
                }
            });
        }
        let coded = read::words(column, &self.var.kind)?;
        let of: Vec<f64> = coded
            .keys
            .iter()
            .map(|k| self.by_word.get(&k.text(&self.var.kind)).map_or(f64::NAN, |c| f64::from(*c)))
            .collect();
        Ok(coded.codes.iter().map(|c| of[*c as usize]).collect())
    }

    /// How many numbers the model gives for a row.
    pub fn outputs(&self) -> usize {
        if self.task == Task::Classes { self.classes.len() } else { 1 }
    }
}

/// Whole numbers without a gap from 0 or 1 on, few enough to be codes of classes.
fn counted_through(numbers: &[(f64, u64)]) -> bool {
    let first = numbers.first().map_or(2.0, |n| n.0);
    (3..=12).contains(&numbers.len())
        && (first == 0.0 || first == 1.0)
        && numbers.iter().enumerate().all(|(i, n)| n.0 == first + i as f64)
}

fn named_class(name: &str) -> bool {
    const WORDS: [&str; 11] =
        ["class", "label", "target", "species", "category", "type", "cluster", "segment", "group", "分類", "種類"];
    let name = name.to_lowercase();
    WORDS.iter().any(|w| name.contains(w))
}

fn says_yes(word: &str) -> bool {
    const YES: [&str; 10] = ["yes", "y", "true", "t", "1", "on", "はい", "有", "あり", "○"];
    YES.contains(&word.trim().to_lowercase().as_str())
}
