//! The receipt of a cleaning: what was found, what was done about it, and what was left. Plain values; computes nothing.

use serde_json::{Value, json};

use super::table::{ResultColumn, ResultTable};
use crate::text::Msg;
use crate::value::{Cell, Column, Kind};

/// What was done about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The column or the rows are gone.
    Dropped,
    /// Values were changed.
    Changed,
    /// Values were made unreadable.
    Masked,
    /// Nothing, because the person wanted it so.
    Kept,
    /// Nothing; it was only offered.
    Offered,
}

impl Effect {
    /// The name for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Changed => "changed",
            Self::Masked => "masked",
            Self::Kept => "kept",
            Self::Offered => "offered",
        }
    }

    /// The word for people.
    pub fn word(self) -> Msg {
        Msg::new(match self {
            Self::Dropped => "clean-effect-dropped",
            Self::Changed => "clean-effect-changed",
            Self::Masked => "clean-effect-masked",
            Self::Kept => "clean-effect-kept",
            Self::Offered => "clean-effect-offered",
        })
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What it is, for machines.
    pub kind: &'static str,
    /// What it is, for people.
    pub what: Msg,
    /// The column; none where it is about rows.
    pub column: Option<String>,
    /// The column that holds the same.
    pub twin: Option<String>,
    /// Rows concerned.
    pub rows: u64,
    /// Why, in a sentence.
    pub why: Msg,
    /// What was done.
    pub effect: Effect,
}

/// What a cleaning did.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// Rows before.
    pub rows_before: u64,
    /// Rows after.
    pub rows_after: u64,
    /// Columns before.
    pub columns_before: u64,
    /// Columns after.
    pub columns_after: u64,
    /// The findings, in the order they were shown.
    pub entries: Vec<Entry>,
}

impl Receipt {
    /// Whether anything was dropped.
    pub fn drops(&self) -> bool {
        self.rows_after < self.rows_before || self.columns_after < self.columns_before
    }

    /// In one line.
    pub fn line(&self) -> Msg {
        Msg::new("clean-receipt")
            .with("rows", self.rows_after)
            .with("columns", self.columns_after)
            .with("rows-gone", self.rows_before - self.rows_after)
            .with("columns-gone", self.columns_before - self.columns_after)
    }

    /// As JSON. Keys: `schema_version`, `rows` {`before`, `after`}, `columns` {`before`, `after`}, `findings` [{`kind`,
    /// `column`, `twin`, `rows`, `effect`}]. `kind` is one of `missing`, `constant`, `constant_or_missing`, `identical`,
    /// `renamed`, `duplicate_rows`, `nearly_empty`, `nearly_constant`, `blanks`, `spellings`, `sentinels`, `readable`,
    /// `personal`, `asked`; `effect` one of `dropped`, `changed`, `masked`, `kept`, `offered`; `rows` the number of rows
    /// concerned.
    pub fn to_json(&self) -> Value {
        let entry = |e: &Entry| json!({"kind": e.kind, "column": e.column, "twin": e.twin, "rows": e.rows, "effect": e.effect.name()});
        let findings: Vec<Value> = self.entries.iter().map(entry).collect();
        json!({
            "schema_version": 1,
            "rows": {"before": self.rows_before, "after": self.rows_after},
            "columns": {"before": self.columns_before, "after": self.columns_after},
            "findings": findings,
        })
    }

    /// As a table with one row for each finding. Words are in the language in force.
    pub fn to_table(&self) -> ResultTable {
        let columns = [
            ("effect", Kind::Text, "clean-effect"),
            ("column", Kind::Text, "clean-column"),
            ("kind", Kind::Text, "clean-kind"),
            ("why", Kind::Text, "clean-why"),
            ("rows", Kind::Integer, "clean-rows"),
        ];
        let text = |s: String| Cell::Text(s.into());
        let row = |e: &Entry| {
            vec![
                text(e.effect.word().to_string()),
                e.column.clone().map_or(Cell::Null, text),
                text(e.what.to_string()),
                text(e.why.to_string()),
                Cell::Int(e.rows.into()),
            ]
        };
        ResultTable {
            title: self.line(),
            columns: columns
                .map(|(name, kind, heading)| ResultColumn {
                    column: Column { name: name.into(), kind },
                    heading: Msg::new(heading),
                })
                .into(),
            rows: self.entries.iter().map(row).collect(),
            notes: Vec::new(),
        }
    }
}
