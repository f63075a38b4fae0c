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
    /// What difference there may be is smaller than the one that matters.
    Same,
    /// The data do not decide.
    Undecided,
    /// A check forbids reading the result.
    Blocked,
    /// A test is planned; nothing was measured yet.
    Planned,
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
            Self::Same => "no_difference",
            Self::Undecided => "undecided",
            Self::Blocked => "blocked",
            Self::Planned => "planned",
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

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Nothing found.
    Ok,
    /// To be kept in mind.
    Warn,
    /// No verdict until it is resolved.
    Block,
}

impl Grade {
    /// The word for people.
    pub fn word(self) -> Msg {
        Msg::new(match self {
            Self::Ok => "ab-grade-ok",
            Self::Warn => "ab-grade-warn",
            Self::Block => "ab-grade-block",
        })
    }

    /// The name for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Block => "block",
        }
    }
}

/// A check that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The name for machines.
    pub name: &'static str,
    /// What was found.
    pub grade: Grade,
    /// What it looks at.
    pub title: Msg,
    /// Its number; empty without one.
    pub value: String,
    /// Its p-value with its sign, where it is a test.
    pub p: Option<String>,
    /// What it means, and what to do where something was found.
    pub meaning: Msg,
}

impl Check {
    /// The status as a mark before the line, as wide for each.
    pub fn mark(&self) -> String {
        let words = [Grade::Ok, Grade::Warn, Grade::Block].map(|g| g.word().to_string());
        let wide = words.iter().map(|w| safe::width(w)).max().unwrap_or(0);
        format!("{}  ", safe::pad(&self.grade.word().to_string(), wide, false))
    }

    /// In a line: what it looks at, its number, its meaning.
    pub fn words(&self) -> Msg {
        let id = match (self.value.is_empty(), &self.p) {
            (true, _) => "ab-check-line-bare",
            (false, None) => "ab-check-line",
            (false, Some(_)) => "ab-check-line-p",
        };
        Msg::new(id)
            .with("title", self.title.clone())
            .with("value", self.value.as_str())
            .with("p", self.p.clone().unwrap_or_default())
            .with("meaning", self.meaning.clone())
    }
}

/// All checks in a line: how many found nothing, and which found something. None without checks.
pub fn strip(checks: &[Check]) -> Option<Msg> {
    let titles = |grade: Grade| {
        let found: Vec<String> = checks.iter().filter(|c| c.grade == grade).map(|c| c.title.to_string()).collect();
        found.join(", ")
    };
    let (warn, block) = (titles(Grade::Warn), titles(Grade::Block));
    let fine = checks.iter().filter(|c| c.grade == Grade::Ok).count();
    let id = match (warn.is_empty(), block.is_empty()) {
        _ if checks.is_empty() => return None,
        (true, true) => "ab-strip-ok",
        (false, true) => "ab-strip-warn",
        (true, false) => "ab-strip-block",
        (false, false) => "ab-strip-both",
    };
    Some(Msg::new(id).with("count", fine).with("warn", warn).with("block", block))
}

/// A part of a report that is shown on request: by day, by segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Pane {
    /// The key that shows it.
    pub key: &'static str,
    /// The word of the key.
    pub hint: &'static str,
    /// What to know before reading it.
    pub notes: Vec<Msg>,
    /// Its tables.
    pub tables: Vec<ResultTable>,
    /// Its drawings.
    pub figures: Vec<Figure>,
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
    /// The checks that were made.
    pub checks: Vec<Check>,
    /// The numbers in short, written for people.
    pub tables: Vec<ResultTable>,
    /// Every number, for those who ask; the first table is the one for machines.
    pub details: Vec<ResultTable>,
    /// Drawings.
    pub figures: Vec<Figure>,
    /// Parts shown on request.
    pub panes: Vec<Pane>,
    /// A table too long to be shown, for machines instead of the first of the details, where it was asked for.
    pub rows: Option<ResultTable>,
    /// By what means the numbers were found, what was left out.
    pub notes: Vec<Msg>,
    /// Every number under stable keys.
    pub data: Value,
    /// A check that failed, for the exit code.
    pub failed: Option<Msg>,
}

impl Report {
    /// The details that say something: those with rows.
    pub fn told(&self) -> impl Iterator<Item = &ResultTable> {
        self.details.iter().filter(|t| !t.rows.is_empty())
    }

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
        self.lines_with(width, all, &table_lines)
    }

    /// As [`Self::lines`] with all details, for a screen: tables too are at most `width` cells wide.
    pub fn lines_within(&self, width: usize) -> Vec<String> {
        self.lines_with(width, true, &|table| table_within(table, width))
    }

    fn lines_with(&self, width: usize, all: bool, of: &dyn Fn(&ResultTable) -> Vec<String>) -> Vec<String> {
        let mut lines = Vec::new();
        let mut say = |text: String, mark: &str| lines.extend(wrapped(&text, mark, width));
        say(self.verdict.sentence.to_string(), "");
        if let Some(next) = &self.verdict.next {
            say(next.to_string(), "→ ");
        }
        for warning in &self.warnings {
            say(warning.to_string(), "! ");
        }
        if let Some(strip) = strip(&self.checks) {
            say(strip.to_string(), "");
        }
        let panes = self.panes.iter().filter(|_| all);
        let parts = panes.clone().flat_map(|p| &p.tables);
        for table in self.tables.iter().chain(parts).chain(self.told().filter(|_| all)) {
            lines.push(String::new());
            lines.push(table.title.to_string());
            lines.extend(of(table));
        }
        let mut say = |text: String, mark: &str| lines.extend(wrapped(&text, mark, width));
        if all && !self.checks.is_empty() {
            say(String::new(), "");
            say(Msg::new("ab-table-checks").to_string(), "");
            for check in &self.checks {
                say(check.words().to_string(), &check.mark());
            }
        }
        say(String::new(), "");
        for note in panes.flat_map(|p| &p.notes).chain(&self.notes) {
            say(note.to_string(), "");
        }
        lines
    }
}

/// A text in lines of at most `width` cells, the first with a mark before it, the others as far in.
pub fn wrapped(text: &str, mark: &str, width: usize) -> Vec<String> {
    let room = width.saturating_sub(safe::width(mark)).max(8);
    let (lines, _) = safe::wrap(&safe::line(text), room, 40);
    let blank = " ".repeat(safe::width(mark));
    lines.iter().enumerate().map(|(i, line)| format!("{}{line}", if i == 0 { mark } else { &blank })).collect()
}

/// A table as lines of text of at most `width` cells: columns that do not fit go beneath, each time after the first column
/// (or the first two, where it takes both to tell the rows apart), so that nothing is left out.
pub fn table_within(table: &ResultTable, width: usize) -> Vec<String> {
    let columns = table.columns.len();
    let twice = |i: usize| table.rows[..i].iter().any(|row| row.first() == table.rows[i].first());
    let lead = if (0..table.rows.len()).any(twice) { 2 } else { 1 };
    let part = |from: usize, to: usize| {
        let pick = |i: usize| i < lead || (from..to).contains(&i);
        let kept = |i: &usize| pick(*i);
        ResultTable {
            columns: (0..columns).filter(kept).map(|i| table.columns[i].clone()).collect(),
            rows: table
                .rows
                .iter()
                .map(|row| row.iter().enumerate().filter(|c| pick(c.0)).map(|c| c.1.clone()).collect())
                .collect(),
            ..table.clone()
        }
    };
    let fits = |lines: &[String]| lines.iter().all(|l| safe::width(l) <= width);
    let (mut all, mut from) = (Vec::new(), lead.min(columns));
    loop {
        let mut to = columns;
        let mut lines = table_lines(&part(from, to));
        while to > from + 1 && !fits(&lines) {
            to -= 1;
            lines = table_lines(&part(from, to));
        }
        all.extend(lines);
        if to >= columns {
            return all;
        }
        from = to;
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

/// A cell as people read it.
pub fn shown(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Null => "–".to_owned(),
        // What is not quite one is not written as one.
        Cell::Float(v) if *v < 1.0 && number::readable(*v, 7) == "1" => number::readable(*v, 16),
        Cell::Float(v) => number::readable(*v, 7),
        Cell::Int(v) => number::grouped(&v.to_string()),
        Cell::UInt(v) => number::grouped(&v.to_string()),
        cell => cell.plain(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::table::ResultColumn;
    use crate::value::{Column, Kind};

    fn table(rows: &[[&str; 4]]) -> ResultTable {
        let column = |name: &str| ResultColumn {
            column: Column { name: name.into(), kind: Kind::Text },
            heading: Msg::new("ab-value").with("value", name),
        };
        let cell = |text: &&str| Cell::Text((*text).to_owned().into());
        ResultTable {
            title: Msg::new("ab-table"),
            columns: ["arm", "test", "number", "source"].map(column).into(),
            rows: rows.iter().map(|r| r.iter().map(cell).collect()).collect(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn columns_that_do_not_fit_go_beneath() {
        let one = table(&[["A", "z", "1", "here"], ["B", "t", "2", "there"]]);
        let wide = ["arm  test  number  source", "A    z     1       here", "B    t     2       there"];
        assert_eq!(table_within(&one, 80), wide);
        let narrow = ["arm  test  number", "A    z     1", "B    t     2", "arm  source", "A    here", "B    there"];
        assert_eq!(table_within(&one, 20), narrow);
        // Two columns go with each part where the first one does not tell the rows apart.
        let two = table(&[["A", "z", "1", "here"], ["A", "t", "2", "there"]]);
        let beneath = table_within(&two, 20);
        assert_eq!(beneath[3..], ["arm  test  source", "A    z     here", "A    t     there"]);
        // What fits nowhere is still there.
        assert_eq!(table_within(&one, 3).len(), 9);
    }
}
