//! Several files of one format as one table: one after the other, columns put together by name.
//!
//! Parquet files have their own way ([`crate::data::ParquetTable`]); this is for the other formats. Where files disagree
//! about a column's kind, the wider one holds, and text in the end.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use polars::prelude::{Column as PlColumn, DataFrame, DataType, ParquetReader, PlSmallStr, SerReader as _};

use super::Read;
use super::hive::Partitions;
use super::input::Input;
use crate::data::{Control, Part, RowCount, Table, constant, fitted, from_polars, kind_of, wider};
use crate::error::{Error, Result};
use crate::text::Msg;
use crate::value::{Column, Schema};

/// Files whose columns are compared before a folder is taken for one table.
const COMPARED: usize = 64;

/// What is said of a file that holds nothing.
const EMPTY: [&str; 2] = ["error-text-empty", "error-json-empty"];

struct Member {
    table: Arc<dyn Table>,
    path: PathBuf,
    partition: Vec<Option<String>>,
    /// For each column of the chain its place in this table.
    places: Vec<Option<usize>>,
}

/// Tables one after the other.
struct Chain {
    members: Vec<Member>,
    schema: Schema,
    types: Vec<DataType>,
    partitions: Vec<(String, DataType)>,
    /// Row number at the end of each table, as far as it is known.
    ends: Mutex<Vec<u64>>,
    /// Columns that lost something in the type all files share.
    lossy: Mutex<BTreeSet<usize>>,
}

/// Opens files with `open` and puts them one after the other.
pub fn open(
    shown: &str,
    files: Vec<PathBuf>,
    partitions: Partitions,
    open: &dyn Fn(&Input) -> Result<Read>,
    control: &Control,
) -> Result<Read> {
    let mut tables = Vec::new();
    let mut facts: Vec<Msg> = Vec::new();
    let mut notices: Vec<Msg> = Vec::new();
    let mut empty = None;
    for (path, partition) in files.into_iter().zip(partitions.values) {
        control.check()?;
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let read = match open(&Input::file(&path)) {
            // Files of no bytes are not counted either.
            Err(e) if EMPTY.contains(&e.message.id) => {
                notices.push(Msg::new("notice-file-empty").with("file", name));
                empty.get_or_insert(e);
                continue;
            }
            read => read?,
        };
        for fact in read.facts {
            if !facts.contains(&fact) {
                facts.push(fact);
            }
        }
        notices
            .extend(read.notices.into_iter().map(|n| Msg::new("notice-in-file").with("file", &name).with("notice", n)));
        tables.push((read.table, path, partition));
    }
    if let Some(e) = empty.filter(|_| tables.is_empty()) {
        return Err(e);
    }
    related(shown, &tables.iter().map(|(t, p, _)| (p.as_path(), names(t.schema()))).collect::<Vec<_>>())?;
    Ok(Read { table: Arc::new(Chain::new(tables, partitions.columns)?), facts, notices })
}

fn names(schema: &Schema) -> Vec<String> {
    schema.columns().iter().map(|c| c.name.clone()).collect()
}

/// Refuses a folder of Parquet files that have nothing in common.
pub fn related_parquet(shown: &str, files: &[PathBuf]) -> Result<()> {
    let mut tables = Vec::new();
    for path in files.iter().take(COMPARED) {
        // A file that cannot be read is reported by whoever opens it.
        let Ok(file) = std::fs::File::open(path) else { continue };
        let Ok(schema) = ParquetReader::new(file).schema() else { continue };
        tables.push((path.as_path(), schema.iter_names().map(|n| n.to_string()).collect()));
    }
    related(shown, &tables)
}

/// Refuses tables that are plainly different things: one shares fewer than half of its columns with the first.
fn related(shown: &str, tables: &[(&Path, Vec<String>)]) -> Result<()> {
    let Some(((first_path, first), rest)) = tables.split_first() else { return Ok(()) };
    for (path, columns) in rest {
        let shared = columns.iter().filter(|c| first.contains(c)).count();
        if shared * 2 < columns.len().min(first.len()) {
            let name = |p: &Path| p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let message = Msg::new("error-files-differ")
                .with("path", shown)
                .with("one", name(first_path))
                .with("other", name(path));
            return Err(Error::usage(message).hint(Msg::new("hint-files-differ")));
        }
    }
    Ok(())
}

impl Chain {
    fn new(
        tables: Vec<(Arc<dyn Table>, PathBuf, Vec<Option<String>>)>,
        partitions: Vec<(String, DataType)>,
    ) -> Result<Self> {
        let mut columns: Vec<String> = Vec::new();
        let mut types: Vec<DataType> = Vec::new();
        for (table, ..) in &tables {
            let all: Vec<usize> = (0..table.schema().len()).collect();
            let none = table.read(&all, 0, 0)?;
            for column in none.columns() {
                if partitions.iter().any(|(n, _)| n == column.name().as_str()) {
                    continue;
                }
                match columns.iter().position(|c| c == column.name().as_str()) {
                    Some(i) => types[i] = wider(&types[i], column.dtype()),
                    None => {
                        columns.push(column.name().to_string());
                        types.push(column.dtype().clone());
                    }
                }
            }
        }
        let own = columns.len();
        columns.extend(partitions.iter().map(|(n, _)| n.clone()));
        types.extend(partitions.iter().map(|(_, t)| t.clone()));
        let schema =
            columns.iter().zip(&types).map(|(name, t)| Column { name: name.clone(), kind: kind_of(t) }).collect();
        let members = tables
            .into_iter()
            .map(|(table, path, partition)| {
                let places = columns[..own].iter().map(|c| table.schema().position(c)).collect();
                Member { table, path, partition, places }
            })
            .collect();
        let chain = Self {
            members,
            schema: Schema::new(schema),
            types,
            partitions,
            ends: Mutex::default(),
            lossy: Mutex::default(),
        };
        chain.note_ends();
        Ok(chain)
    }

    fn ends(&self) -> Vec<u64> {
        self.ends.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// Takes up the row counts that have become known, in order, up to the first that is not.
    fn note_ends(&self) {
        let mut ends = self.ends.lock().unwrap_or_else(|e| e.into_inner());
        while let Some(member) = self.members.get(ends.len()) {
            let RowCount::Exact(n) = member.table.rows() else { break };
            let end = ends.last().copied().unwrap_or(0) + n;
            ends.push(end);
        }
    }

    fn fitted(&self, column: usize, found: &PlColumn) -> PlColumn {
        let (fit, lost) = fitted(found, &self.types[column]);
        if lost {
            self.lossy.lock().unwrap_or_else(|e| e.into_inner()).insert(column);
        }
        fit
    }

    /// Reads rows of one member, in the types of the chain.
    fn read_member(&self, index: usize, columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
        let member = &self.members[index];
        let wanted: Vec<usize> = columns.iter().filter_map(|c| member.places.get(*c).copied().flatten()).collect();
        let read = member.table.read(&wanted, start, len)?;
        let height = match (wanted.is_empty(), member.table.rows()) {
            (false, _) => read.height(),
            (true, rows) => (rows.known().saturating_sub(start) as usize).min(len),
        };
        let mut next = 0;
        let mut out = Vec::with_capacity(columns.len());
        for c in columns {
            let name: PlSmallStr = self.schema.columns()[*c].name.as_str().into();
            let dtype = &self.types[*c];
            let column = match member.places.get(*c) {
                Some(Some(_)) => {
                    let found = &read.columns()[next];
                    next += 1;
                    self.fitted(*c, found)
                }
                Some(None) => PlColumn::full_null(name, height, dtype),
                None => {
                    let value = member.partition.get(*c - member.places.len()).and_then(Option::as_deref);
                    constant(&name, value, dtype, height)?
                }
            };
            out.push(column);
        }
        DataFrame::new(height, out).map_err(from_polars)
    }
}

impl Table for Chain {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> RowCount {
        self.note_ends();
        let ends = self.ends();
        let known = ends.last().copied().unwrap_or(0);
        match self.members.get(ends.len()) {
            None => RowCount::Exact(known),
            Some(member) => RowCount::AtLeast(known + member.table.rows().known()),
        }
    }

    fn read(&self, columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
        self.note_ends();
        let mut out: Option<DataFrame> = None;
        let mut at = start;
        let mut left = len;
        let mut index = self.ends().partition_point(|e| *e <= start);
        loop {
            let ends = self.ends();
            let first = if index == 0 { 0 } else { ends.get(index - 1).copied().unwrap_or(u64::MAX) };
            if index >= self.members.len() || at < first {
                break;
            }
            let part = self.read_member(index, columns, at - first, left)?;
            at += part.height() as u64;
            left -= part.height().min(left);
            match &mut out {
                None => out = Some(part),
                Some(frame) => {
                    frame.vstack_mut(&part).map_err(from_polars)?;
                }
            }
            self.note_ends();
            // Beyond a table whose end is not known nothing can be numbered.
            if left == 0 || self.ends().get(index).is_none_or(|end| *end != at) {
                break;
            }
            index += 1;
        }
        match out {
            Some(frame) => Ok(frame),
            None => {
                let none = columns
                    .iter()
                    .map(|c| PlColumn::new_empty(self.schema.columns()[*c].name.as_str().into(), &self.types[*c]))
                    .collect();
                DataFrame::new(0, none).map_err(from_polars)
            }
        }
    }

    fn parts(&self, control: &Control) -> Result<Vec<Part>> {
        let mut parts = Vec::new();
        let mut start = 0;
        for member in &self.members {
            control.check()?;
            let own = member.table.parts(control)?;
            parts.extend(own.iter().map(|p| Part { start: start + p.start, len: p.len }));
            start += member.table.rows().known();
        }
        self.note_ends();
        Ok(parts)
    }

    fn notices(&self) -> Vec<Msg> {
        let named = |member: &Member, notice| {
            let name = member.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            Msg::new("notice-in-file").with("file", name).with("notice", notice)
        };
        let lossy = self.lossy.lock().unwrap_or_else(|e| e.into_inner()).clone();
        let own = lossy.iter().map(|c| Msg::new("notice-files-lossy").with("column", &self.schema.columns()[*c].name));
        own.chain(self.members.iter().flat_map(|m| m.table.notices().into_iter().map(move |n| named(m, n)))).collect()
    }

    fn settle(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        let mut changed = false;
        let mut tables = Vec::with_capacity(self.members.len());
        for member in &self.members {
            let settled = member.table.settle(control)?;
            changed |= settled.is_some();
            tables.push((
                settled.unwrap_or_else(|| member.table.clone()),
                member.path.clone(),
                member.partition.clone(),
            ));
        }
        if !changed {
            return Ok(None);
        }
        Ok(Some(Arc::new(Self::new(tables, self.partitions.clone())?)))
    }
}
