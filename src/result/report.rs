//! A report: a sentence to act on, then what stands behind it. Plain values and words; computes nothing.

use serde_json::Value;

use super::figure::Figure;
use super::table::ResultTable;
use crate::text::{Msg, number, safe};
use crate::value::Cell;

/// What follows from the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// An arm is better than the baseline.
    Win,
    /// The baseline is better than every other arm.
    Lose,
    /// The data do not decide.
    Undecided,
    /// A check forbids reading the result.
    Blocked,
    /// There is an explanation.
    Explained,
    /// There is a faint one.
    Weak,
    /// There is none.
    Nothing,
    /// It is too good to be true.
    Suspect,
}

impl Status {
    /// The name for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Win => "win",
            Self::Lose => "lose",
            Self::Undecided => "undecided",
            Self::Blocked => "blocked",
            Self::Explained => "explained",
            Self::Weak => "weak",
            Self::Nothing => "nothing",
            Self::Suspect => "suspect",
        }
    }
}

/// The answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What follows.
    pub status: Status,
    /// In one sentence that can be repeated.
    pub sentence: Msg,
    /// What to do next, where there is something.
    pub next: Option<Msg>,
}

/// What an analysis gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What was analysed.
    pub title: Msg,
    /// The answer.
    pub verdict: Verdict,
    /// What to keep in mind when repeating it.
    pub warnings: Vec<Msg>,
    /// The numbers in short, written for people.
    pub tables: Vec<ResultTable>,
    /// Every number, for those who ask; the first table is the one for machines.
    pub details: Vec<ResultTable>,
    /// Drawings.
    pub figures: Vec<Figure>,
    /// By what means the numbers were found, what was left out.
    pub notes: Vec<Msg>,
    /// Every number under stable keys.
    pub data: Value,
    /// A check that failed, for the exit code.
    pub failed: Option<Msg>,
}

impl Report {
    /// As JSON: the numbers under the analysis's own keys, with the words in the language in force.
    pub fn to_json(&self) -> Value {
        let mut value = self.data.clone();
        if let Value::Object(map) = &mut value {
            map.insert("schema_version".into(), 1.into());
            let mut verdict = serde_json::Map::new();
            verdict.insert("status".into(), self.verdict.status.name().into());
            verdict.insert("sentence".into(), self.verdict.sentence.to_string().into());
            map.insert("verdict".into(), verdict.into());
            let words = |list: &[Msg]| Value::from(list.iter().map(ToString::to_string).collect::<Vec<_>>());
            if !map.contains_key("warnings") {
                map.insert("warnings".into(), words(&self.warnings));
            }
            map.insert("notes".into(), words(&self.notes));
        }
        value
    }

    /// Everything in lines of text, at most `width` cells where words can be wrapped: the sentence first. With `all`,
    /// the details too.
    pub fn lines(&self, width: usize, all: bool) -> Vec<String> {
        let mut lines = Vec::new();
        let mut say = |text: String, mark: &str| {
            let room = width.saturating_sub(safe::width(mark)).max(8);
            let (wrapped, _) = safe::wrap(&safe::line(&text), room, 40);
            for (i, line) in wrapped.iter().enumerate() {
                let head = if i == 0 { mark.to_owned() } else { " ".repeat(safe::width(mark)) };
                lines.push(format!("{head}{line}"));
            }
        };
        say(self.verdict.sentence.to_string(), "");
        if let Some(next) = &self.verdict.next {
            say(next.to_string(), "→ ");
        }
        for warning in &self.warnings {
            say(warning.to_string(), "! ");
        }
        for table in self.tables.iter().chain(self.details.iter().filter(|_| all)) {
            lines.push(String::new());
            lines.push(table.title.to_string());
            lines.extend(table_lines(table));
        }
        lines.push(String::new());
        let mut say = |text: String| {
            let (wrapped, _) = safe::wrap(&safe::line(&text), width.max(8), 40);
            lines.extend(wrapped.iter().map(|l| (*l).to_string()));
        };
        for note in &self.notes {
            say(note.to_string());
        }
        lines
    }
}

/// A table as lines of text, without the last columns where they do not fit.
pub fn table_within(table: &ResultTable, width: usize) -> Vec<String> {
    let mut table = table.clone();
    loop {
        let lines = table_lines(&table);
        if table.columns.len() < 3 || lines.iter().all(|l| safe::width(l) <= width) {
            return lines;
        }
        table.columns.pop();
        table.rows.iter_mut().for_each(|row| drop(row.pop()));
    }
}

/// A table as lines of text, its headings first; numbers stand to the right.
pub fn table_lines(table: &ResultTable) -> Vec<String> {
    let heads: Vec<String> = table.columns.iter().map(|c| c.heading.to_string()).collect();
    let rows: Vec<Vec<String>> =
        table.rows.iter().map(|row| row.iter().map(|cell| safe::line(&shown(cell)).into_owned()).collect()).collect();
    let widths: Vec<usize> = (0..heads.len())
        .map(|i| rows.iter().map(|r| safe::width(&r[i])).chain([safe::width(&heads[i])]).max().unwrap_or(0))
        .collect();
    let line = |cells: &[String]| {
        let cells = cells
            .iter()
            .enumerate()
            .map(|(i, text)| safe::pad(text, widths[i], i > 0 && table.columns[i].column.kind.is_number()));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    [line(&heads)].into_iter().chain(rows.iter().map(|r| line(r))).collect()
}

fn shown(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Null => "–".to_owned(),
        Cell::Float(v) => number::readable(*v, 7),
        Cell::Int(v) => number::grouped(&v.to_string()),
        Cell::UInt(v) => number::grouped(&v.to_string()),
        cell => cell.plain(),
    }
}
