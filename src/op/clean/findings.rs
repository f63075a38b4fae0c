//! What was found, what is to be done about each finding, and doing it: instant, since all was decided before.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Clean;
use super::change::{Change, changed};
use super::offers::{Personal, Target};
use super::rows::RowSet;
use super::there::{self, Making, Spot};
use crate::data::{Dataset, Picked, PickedBuilder, Rows};
use crate::error::{Error, Result};
use crate::op::{Outcome, Product};
use crate::result::receipt::{Effect, Entry, Receipt};
use crate::text::Msg;

/// What sort of finding it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// A column without a single value.
    Missing,
    /// A column with one value in every row.
    Constant,
    /// A column with one value, and none in some rows (pandas' `nunique() == 1`).
    ConstantOrMissing,
    /// A column that holds what another holds.
    Identical,
    /// A column that holds what another holds, under other names.
    Renamed,
    /// Rows that are the same as an earlier one.
    DuplicateRows,
    /// A column with hardly a value.
    NearlyEmpty,
    /// A column with hardly more than one value.
    NearlyConstant,
    /// Texts with blanks at an end.
    Blanks,
    /// Texts that differ in case or blanks only.
    Spellings,
    /// Texts that say "missing".
    Sentinels,
    /// Texts that are numbers, days or truth values.
    Readable(Target),
    /// A column of personal data.
    Personal(Personal),
    /// A column the person named.
    Asked,
}

/// What is to be done about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Nothing.
    Leave,
    /// Drop the column or the rows.
    Drop,
    /// Change the values.
    Change,
    /// Make the values unreadable.
    Mask,
}

impl FindingKind {
    /// The name for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Constant => "constant",
            Self::ConstantOrMissing => "constant_or_missing",
            Self::Identical => "identical",
            Self::Renamed => "renamed",
            Self::DuplicateRows => "duplicate_rows",
            Self::NearlyEmpty => "nearly_empty",
            Self::NearlyConstant => "nearly_constant",
            Self::Blanks => "blanks",
            Self::Spellings => "spellings",
            Self::Sentinels => "sentinels",
            Self::Readable(_) => "readable",
            Self::Personal(_) => "personal",
            Self::Asked => "asked",
        }
    }

    /// The words for people.
    pub fn word(self) -> Msg {
        Msg::new(match self {
            Self::Missing => "clean-missing",
            Self::Constant => "clean-constant",
            Self::ConstantOrMissing => "clean-constant-or-missing",
            Self::Identical => "clean-identical",
            Self::Renamed => "clean-renamed",
            Self::DuplicateRows => "clean-duplicate-rows",
            Self::NearlyEmpty => "clean-nearly-empty",
            Self::NearlyConstant => "clean-nearly-constant",
            Self::Blanks => "clean-blanks",
            Self::Spellings => "clean-spellings",
            Self::Sentinels => "clean-sentinels",
            Self::Readable(_) => "clean-readable",
            Self::Personal(_) => "clean-personal",
            Self::Asked => "clean-asked",
        })
    }

    /// Whether it belongs to the standard preprocessing, rather than being offered.
    pub fn is_standard(self) -> bool {
        matches!(
            self,
            Self::Missing
                | Self::Constant
                | Self::ConstantOrMissing
                | Self::Identical
                | Self::Renamed
                | Self::DuplicateRows
        )
    }

    /// What can be done about it, in the order it is offered.
    pub fn choices(self) -> &'static [Doing] {
        match self {
            Self::Blanks | Self::Spellings | Self::Sentinels | Self::Readable(_) => &[Doing::Leave, Doing::Change],
            Self::Personal(_) | Self::Asked => &[Doing::Leave, Doing::Mask, Doing::Drop],
            _ => &[Doing::Leave, Doing::Drop],
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// The column; none where it is about rows.
    pub column: Option<String>,
    /// The column that holds the same.
    pub twin: Option<String>,
    /// Rows concerned.
    pub rows: u64,
    /// Why, in a sentence.
    pub why: Msg,
    /// What is to be done.
    pub doing: Doing,
    /// What was to be done when the rows were compared.
    pub(super) decided: Doing,
    /// Whether rows would compare otherwise with this column than without it.
    pub(super) tells_rows: bool,
}

impl Finding {
    /// Goes on to the next thing that can be done.
    pub fn turn(&mut self) {
        let choices = self.kind.choices();
        let at = choices.iter().position(|c| *c == self.doing).map_or(0, |i| i + 1);
        self.doing = choices[at % choices.len()];
    }

    /// What is, or would be, done.
    pub fn effect(&self) -> Effect {
        match self.doing {
            Doing::Drop => Effect::Dropped,
            Doing::Change => Effect::Changed,
            Doing::Mask => Effect::Masked,
            Doing::Leave if self.kind.is_standard() => Effect::Kept,
            Doing::Leave => Effect::Offered,
        }
    }
}

/// All findings about a table.
#[derive(Clone)]
pub struct Findings {
    /// The findings: columns first, then rows, then what is only offered.
    pub list: Vec<Finding>,
    /// Rows looked at.
    pub rows: u64,
    /// Columns looked at.
    pub columns: u64,
    /// What could not be judged.
    pub notes: Vec<Msg>,
    pub(super) clean: Clean,
    pub(super) duplicates: Duplicates,
    /// The rows as they were looked at, where another reading of them turned out to be right than the one asked about.
    pub(super) reading: Option<Dataset>,
}

/// The rows that are the same as an earlier one.
#[derive(Clone, Debug)]
pub(super) enum Duplicates {
    /// By number.
    Here(Arc<RowSet>),
    /// As the engine that has the rows was asked.
    There(Arc<Spot>),
}

impl Duplicates {
    fn len(&self) -> u64 {
        match self {
            Self::Here(rows) => rows.len(),
            Self::There(spot) => spot.duplicates,
        }
    }
}

impl Findings {
    /// No findings.
    pub(super) fn none(clean: &Clean, rows: u64, columns: usize) -> Self {
        Self {
            list: Vec::new(),
            rows,
            columns: columns as u64,
            notes: Vec::new(),
            clean: clean.clone(),
            duplicates: Duplicates::Here(Arc::default()),
            reading: None,
        }
    }

    /// Whether they are about rows that are somewhere else, so that a query does what is to be done.
    pub fn are_there(&self) -> bool {
        matches!(self.duplicates, Duplicates::There(_))
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether the duplicate rows hold for what is now to be done: taking back a column that tells rows apart changes which
    /// rows are the same, and needs deciding anew.
    pub fn is_settled(&self) -> bool {
        self.list.iter().all(|f| !f.tells_rows || f.doing == f.decided)
    }

    /// The step that does what is now to be done, on any table.
    pub fn step(&self) -> Clean {
        let mut clean = self.clean.clone();
        let named = |which: &dyn Fn(&Finding) -> bool| -> Vec<String> {
            self.list.iter().filter(|f| which(f)).filter_map(|f| f.column.clone()).collect()
        };
        let unasked = |f: &Finding| self.clean.unasked(f.kind) == Doing::Drop;
        clean.keep = named(&|f| unasked(f) && f.doing == Doing::Leave);
        clean.drop = named(&|f| !unasked(f) && f.doing == Doing::Drop);
        clean.mask = named(&|f| f.doing == Doing::Mask);
        clean.trim = named(&|f| f.kind == FindingKind::Blanks && f.doing == Doing::Change);
        clean.fold = named(&|f| f.kind == FindingKind::Spellings && f.doing == Doing::Change);
        clean.sentinels = named(&|f| f.kind == FindingKind::Sentinels && f.doing == Doing::Change);
        clean.cast = self
            .list
            .iter()
            .filter(|f| f.doing == Doing::Change)
            .filter_map(|f| match f.kind {
                FindingKind::Readable(target) => Some((f.column.clone()?, target)),
                _ => None,
            })
            .collect();
        if let Some(rows) = self.list.iter().find(|f| f.kind == FindingKind::DuplicateRows) {
            clean.duplicate_rows = rows.doing == Doing::Drop;
        }
        clean
    }

    /// Names of the columns to be dropped.
    fn dropped(&self) -> BTreeSet<&str> {
        self.list.iter().filter(|f| f.doing == Doing::Drop).filter_map(|f| f.column.as_deref()).collect()
    }

    fn drops_rows(&self) -> bool {
        self.list.iter().any(|f| f.kind == FindingKind::DuplicateRows && f.doing == Doing::Drop)
    }

    /// What the table will be, in numbers.
    pub fn receipt(&self) -> Receipt {
        let entry = |f: &Finding| Entry {
            kind: f.kind.name(),
            what: f.kind.word(),
            column: f.column.clone(),
            twin: f.twin.clone(),
            rows: f.rows,
            why: f.why.clone(),
            effect: f.effect(),
        };
        Receipt {
            rows_before: self.rows,
            rows_after: self.rows - if self.drops_rows() { self.duplicates.len() } else { 0 },
            columns_before: self.columns,
            columns_after: self.columns - self.dropped().len() as u64,
            entries: self.list.iter().map(entry).collect(),
        }
    }

    /// Does it, to the table the findings are about. Fails if no column would be left.
    pub fn apply(&self, dataset: &Dataset) -> Result<(Dataset, Receipt)> {
        let dataset = self.reading.as_ref().unwrap_or(dataset);
        let receipt = self.receipt();
        if receipt.columns_after == 0 {
            return Err(Error::failed(Msg::new("clean-nothing-left").with("columns", receipt.columns_before))
                .hint(Msg::new("clean-nothing-left-hint")));
        }
        let mut changes: Vec<(&str, Vec<Change>)> = Vec::new();
        let dropped = self.dropped();
        for f in &self.list {
            let Some(column) = f.column.as_deref().filter(|c| !dropped.contains(c)) else { continue };
            let change = match (f.kind, f.doing) {
                (_, Doing::Mask) => Change::Mask,
                (FindingKind::Blanks, Doing::Change) => Change::Trim,
                (FindingKind::Spellings, Doing::Change) => Change::Fold,
                (FindingKind::Sentinels, Doing::Change) => Change::Sentinels,
                (FindingKind::Readable(target), Doing::Change) => Change::Cast(target),
                _ => continue,
            };
            match changes.iter_mut().find(|(c, _)| *c == column) {
                Some((_, all)) => all.push(change),
                None => changes.push((column, vec![change])),
            }
        }
        let columns = dataset.schema().columns();
        let kept: Vec<usize> = (0..columns.len()).filter(|i| !dropped.contains(columns[*i].name.as_str())).collect();
        let rows = match &self.duplicates {
            Duplicates::Here(rows) => rows,
            Duplicates::There(spot) => {
                let plan = Making {
                    columns,
                    places: dataset.places(),
                    kept: kept.iter().map(|i| &columns[*i]).collect(),
                    drops_rows: self.drops_rows() && spot.duplicates > 0,
                    changes: &changes,
                };
                return Ok((there::cleaned(dataset, spot, &plan)?, receipt));
            }
        };
        let mut out = dataset.with_columns(&kept);
        if self.drops_rows() && rows.len() > 0 {
            out = out.with_rows(without(dataset, rows));
        }
        if !changes.is_empty() {
            out = changed(&out, &changes)?;
        }
        Ok((out, receipt))
    }
}

impl Findings {
    /// Does it, as what a step gives.
    pub(super) fn outcome(self, dataset: &Dataset) -> Result<Outcome> {
        let (dataset, receipt) = self.apply(dataset)?;
        Ok(Outcome { dataset, product: Some(Product::Receipt(receipt)), notes: self.notes })
    }
}

/// The rows in view but these.
fn without(dataset: &Dataset, gone: &RowSet) -> Rows {
    const BLOCK: u64 = 1 << 16;
    if let Rows::Ordered(order) = dataset.rows() {
        return Rows::Ordered(Arc::new(order.iter().copied().filter(|r| !gone.contains(u64::from(*r))).collect()));
    }
    let rows = dataset.table().rows().known();
    let mut builder = PickedBuilder::new();
    let keep = |picked: Option<&Picked>, row: u64| picked.is_none_or(|p| p.contains(row)) && !gone.contains(row);
    let picked = match dataset.rows() {
        Rows::Picked(p) => Some(p.as_ref()),
        _ => None,
    };
    for start in (0..rows).step_by(BLOCK as usize) {
        let len = BLOCK.min(rows - start);
        builder.push(start, len as usize, (start..start + len).map(|r| keep(picked, r)));
    }
    Rows::Picked(Arc::new(builder.finish()))
}
