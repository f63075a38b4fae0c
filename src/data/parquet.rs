//! A table in one or several Parquet files, read by window: only the row groups and columns a window touches.
//!
//! Several files are one table, one after the other. Footers are read when they are needed, so that a folder of
//! thousands of files opens as fast as its first one.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use polars::io::parquet::read::FileMetadata;
use polars::prelude::{
    ArrowSchema, Column as PlColumn, DataFrame, DataType, ParallelStrategy, ParquetReader, PolarsResult,
    Schema as PlSchema, SchemaExt as _, SerReader,
};

use super::chunks;
use super::control::Control;
use super::frame::kind_of;
use super::scan::from_polars;
use super::stretch::Stretch;
use super::table::{Part, RowCount, Table};
use super::together::{fitted, wider};
use crate::error::{Error, Result};
use crate::text::Msg;
use crate::value::{Column, Schema};

/// Most rows a worker reads in one go; larger row groups are divided.
const PART: usize = 131_072;
/// Windows up to this many rows are read by one caller at a time, so their columns may be decoded in parallel.
const WINDOW: usize = 8_192;
/// Footers read on opening, to know all columns of the table.
const FOOTERS_AT_ONCE: usize = 64;

/// One file, opened.
struct Opened {
    file: File,
    stamp: Stamp,
    metadata: Arc<FileMetadata>,
    fields: ArrowSchema,
}

/// What tells that a file was written to after we looked at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    len: u64,
    modified: Option<std::time::SystemTime>,
}

impl Stamp {
    fn of(file: &File) -> std::io::Result<Self> {
        let m = file.metadata()?;
        Ok(Self { len: m.len(), modified: m.modified().ok() })
    }
}

/// A file of the table, with the values its place in the folders gives to columns.
struct Member {
    path: PathBuf,
    partition: Vec<Option<String>>,
    opened: OnceLock<Opened>,
}

/// A table made of Parquet files.
pub struct ParquetTable {
    members: Vec<Member>,
    schema: Schema,
    types: Vec<DataType>,
    /// Places of the columns whose values come from folder names (`day=2026-11-01/`).
    first_partition: usize,
    /// Row number at the end of each file, as far as footers were read.
    ends: Mutex<Vec<u64>>,
    /// Columns that were met without a dictionary, which is not asked for again.
    plain: Vec<AtomicBool>,
    findings: Mutex<Findings>,
}

/// In what the files of a table differ.
#[derive(Debug, Default)]
struct Findings {
    /// Whether any file has other columns or types than the table.
    differ: bool,
    /// Columns that lost something in the type of the table.
    lossy: BTreeSet<usize>,
    /// Columns that were met too late to be columns of the table.
    late: BTreeSet<String>,
}

impl ParquetTable {
    /// Opens files as one table. `partitions` names the columns that come from folder names, and each path carries its
    /// values for them. Fails if the first file is not Parquet.
    pub fn open(paths: Vec<(PathBuf, Vec<Option<String>>)>, partitions: Vec<(String, DataType)>) -> Result<Self> {
        let members: Vec<Member> =
            paths.into_iter().map(|(path, partition)| Member { path, partition, opened: OnceLock::new() }).collect();
        let mut fields: PlSchema = PlSchema::default();
        for member in members.iter().take(FOOTERS_AT_ONCE) {
            for (name, dtype) in PlSchema::from_arrow_schema(&member.open()?.fields).iter() {
                let both = fields.get(name).map_or_else(|| dtype.clone(), |known| wider(known, dtype));
                fields.with_column(name.clone(), both);
            }
        }
        let (mut columns, mut types): (Vec<Column>, Vec<DataType>) =
            fields.iter().map(|(name, t)| (Column { name: name.to_string(), kind: kind_of(t) }, t.clone())).unzip();
        for (name, dtype) in &partitions {
            // A file that carries its partition column as well is believed in the folder's favour, as engines do.
            if let Some(i) = columns.iter().position(|c| c.name == *name) {
                columns.remove(i);
                types.remove(i);
            }
            columns.push(Column { name: name.clone(), kind: kind_of(dtype) });
            types.push(dtype.clone());
        }
        let first_partition = columns.len() - partitions.len();
        let plain = types.iter().map(|t| AtomicBool::new(*t != DataType::String)).collect();
        let ends = Mutex::new(Vec::new());
        let findings = Mutex::default();
        let table = Self { members, schema: Schema::new(columns), types, first_partition, ends, plain, findings };
        table.know_files(table.members.len().min(FOOTERS_AT_ONCE))?;
        Ok(table)
    }

    /// Sizes and times of the files on disk as they were when opened: whether any was written to since.
    pub fn changed(&self) -> bool {
        self.members.iter().filter_map(|m| m.opened.get()).any(|o| Stamp::of(&o.file).ok() != Some(o.stamp))
    }

    fn ends(&self) -> std::sync::MutexGuard<'_, Vec<u64>> {
        self.ends.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Reads footers until the first `n` files are known.
    fn know_files(&self, n: usize) -> Result<()> {
        loop {
            let known = self.ends().len();
            if known >= n.min(self.members.len()) {
                return Ok(());
            }
            let opened = self.members[known].open()?;
            if self.members.len() > 1 {
                self.compare(&opened.fields);
            }
            let rows = opened.metadata.num_rows as u64;
            let mut ends = self.ends();
            if ends.len() == known {
                let end = ends.last().copied().unwrap_or(0) + rows;
                ends.push(end);
            }
        }
    }

    fn findings(&self) -> std::sync::MutexGuard<'_, Findings> {
        self.findings.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Takes note of how a file's columns differ from the table's.
    fn compare(&self, fields: &ArrowSchema) {
        let own = || self.schema.columns().iter().zip(&self.types);
        let schema = PlSchema::from_arrow_schema(fields);
        let same = schema.iter().map(|(n, t)| (n.as_str(), t)).eq(own().map(|(c, t)| (c.name.as_str(), t)));
        if !same {
            let late = schema.iter_names().map(|n| n.to_string()).filter(|n| self.schema.position(n).is_none());
            let unfit = schema.iter().filter_map(|(name, t)| {
                let place = self.schema.position(name).filter(|p| *p < self.first_partition)?;
                (wider(&self.types[place], t) != self.types[place]).then_some(place)
            });
            let mut findings = self.findings();
            findings.differ = true;
            findings.late.extend(late);
            findings.lossy.extend(unfit);
        }
    }

    /// Reads footers until row `row` is known or the files end.
    fn know_row(&self, row: u64) -> Result<()> {
        loop {
            let known = {
                let ends = self.ends();
                if ends.len() == self.members.len() || ends.last().is_some_and(|e| *e > row) {
                    return Ok(());
                }
                ends.len()
            };
            self.know_files(known + 1)?;
        }
    }

    /// One file as it was when it was first looked at; an error if it was written to since.
    fn unchanged(&self, index: usize) -> Result<(&Member, &Opened)> {
        let member = &self.members[index];
        let opened = member.open()?;
        if Stamp::of(&opened.file).ok() != Some(opened.stamp) {
            return Err(Error::failed(Msg::new("error-file-changed").with("path", member.path.display().to_string()))
                .hint(Msg::new("hint-reload")));
        }
        Ok((member, opened))
    }

    /// Rows `[start, start + len)` of one file.
    fn read_member(&self, index: usize, columns: &[usize], start: usize, len: usize) -> Result<DataFrame> {
        let (member, opened) = self.unchanged(index)?;
        let projection: Vec<usize> = columns
            .iter()
            .filter(|c| **c < self.first_partition)
            .filter_map(|c| opened.fields.index_of(&self.schema.columns()[*c].name))
            .collect();
        let mut distinct = projection.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let mut read = if distinct.is_empty() {
            DataFrame::empty_with_height(len)
        } else {
            guarded(member, || match len <= WINDOW {
                true => window(opened, distinct, start, len),
                false => rows(opened, &distinct, start, len),
            })?
        };
        let mut out = Vec::with_capacity(columns.len());
        for c in columns {
            let name = self.schema.columns()[*c].name.as_str();
            let dtype = &self.types[*c];
            let column = if *c >= self.first_partition {
                self.partition_column(member, *c, len)?
            } else {
                match read.column(name) {
                    Ok(found) => {
                        let (fit, lost) = fitted(found, dtype);
                        if lost {
                            self.findings().lossy.insert(*c);
                        }
                        fit
                    }
                    Err(_) => PlColumn::full_null(name.into(), len, dtype),
                }
            };
            out.push(column);
        }
        read = DataFrame::new(len, out).map_err(from_polars)?;
        Ok(read)
    }

    /// Rows that lie in one row group, of a column that is stored with a dictionary. None if it is not, or they do not.
    fn listed(&self, column: usize, start: u64, len: usize) -> Result<Option<Stretch>> {
        if column >= self.first_partition || self.plain[column].load(Ordering::Relaxed) {
            return Ok(None);
        }
        self.know_row(start)?;
        let ends = self.ends().clone();
        let index = ends.partition_point(|e| *e <= start);
        if index >= ends.len() {
            return Ok(None);
        }
        let (member, opened) = self.unchanged(index)?;
        let mut at = (start - if index == 0 { 0 } else { ends[index - 1] }) as usize;
        let Some(group) = opened.metadata.row_groups.iter().find(|group| {
            let here = at < group.num_rows();
            if !here {
                at -= group.num_rows();
            }
            here
        }) else {
            return Ok(None);
        };
        let field = opened.fields.get(&self.schema.columns()[column].name);
        let Some(field) = field.filter(|_| at + len <= group.num_rows()) else { return Ok(None) };
        let listed = guarded(member, || chunks::listed(&opened.file, group, field, at..at + len))?;
        self.plain[column].fetch_or(listed.is_none(), Ordering::Relaxed);
        Ok(listed.map(Stretch::Listed))
    }

    fn partition_column(&self, member: &Member, column: usize, len: usize) -> Result<PlColumn> {
        let name = self.schema.columns()[column].name.as_str();
        let dtype = &self.types[column];
        let value = member.partition.get(column - self.first_partition).and_then(Option::as_deref);
        constant(name, value, dtype, len)
    }
}

/// Carries out what the table library may panic in.
fn guarded<T>(member: &Member, read: impl FnOnce() -> PolarsResult<T>) -> Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read))
        .map_err(|p| super::scan::panicked(&*p))?
        .map_err(|e| corrupt(&member.path, &e.to_string()))
}

/// A few rows of the fields at these places, whose columns may be decoded in parallel.
fn window(opened: &Opened, fields: Vec<usize>, start: usize, len: usize) -> PolarsResult<DataFrame> {
    let (metadata, offset) = narrowed(&opened.metadata, start, len);
    let mut reader = ParquetReader::new(opened.file.try_clone()?);
    reader.set_metadata(metadata);
    reader
        .with_slice(Some((start - offset, len)))
        .with_projection(Some(fields))
        .read_parallel(ParallelStrategy::Columns)
        .finish()
}

/// Many rows of the fields at these places, on this thread alone.
fn rows(opened: &Opened, fields: &[usize], start: usize, len: usize) -> PolarsResult<DataFrame> {
    let mut out: Option<DataFrame> = None;
    let mut first = 0;
    for group in &opened.metadata.row_groups {
        let (from, to) = (start.max(first), (start + len).min(first + group.num_rows()));
        if from < to {
            let mut columns = Vec::with_capacity(fields.len());
            for (_, field) in fields.iter().filter_map(|f| opened.fields.get_at_index(*f)) {
                let found = chunks::column(&opened.file, group, field, from - first..to - first)?;
                columns.extend(found.map(PlColumn::from));
            }
            let part = DataFrame::new(to - from, columns)?;
            match &mut out {
                None => out = Some(part),
                Some(frame) => {
                    frame.vstack_mut(&part)?;
                }
            }
        }
        first += group.num_rows();
    }
    Ok(out.unwrap_or_default())
}

/// A column with one value, given as text, in every row. Casting text to dates is avoided: the table library prints a
/// warning about it on the terminal.
pub(crate) fn constant(name: &str, value: Option<&str>, dtype: &DataType, len: usize) -> Result<PlColumn> {
    use polars::prelude::{PlSmallStr, Scalar};
    let name: PlSmallStr = name.into();
    let column = match (value, dtype) {
        (None, _) => return Ok(PlColumn::full_null(name, len, dtype)),
        (Some(v), DataType::Date) => match crate::value::time::iso_day(v) {
            Some(day) => PlColumn::new_scalar(name, Scalar::from(day), len),
            None => return Ok(PlColumn::full_null(name, len, dtype)),
        },
        (Some(v), _) => PlColumn::new_scalar(name, Scalar::from(PlSmallStr::from(v)), len),
    };
    column.cast(dtype).map_err(from_polars)
}

/// The metadata of the row groups that hold rows `[start, start + len)`, and the number of the first row they hold: the
/// reader visits every row group it is told of.
fn narrowed(metadata: &Arc<FileMetadata>, start: usize, len: usize) -> (Arc<FileMetadata>, usize) {
    let mut first = 0;
    let mut offset = 0;
    while first < metadata.row_groups.len() && offset + metadata.row_groups[first].num_rows() <= start {
        offset += metadata.row_groups[first].num_rows();
        first += 1;
    }
    let mut last = first;
    let mut end = offset;
    while last < metadata.row_groups.len() && end < start + len {
        end += metadata.row_groups[last].num_rows();
        last += 1;
    }
    let part = FileMetadata {
        num_rows: end - offset,
        row_groups: metadata.row_groups[first..last].to_vec(),
        version: metadata.version,
        max_row_group_height: metadata.max_row_group_height,
        created_by: None,
        key_value_metadata: metadata.key_value_metadata.clone(),
        schema_descr: metadata.schema_descr.clone(),
        column_orders: None,
        footer_buf: metadata.footer_buf.clone(),
    };
    (Arc::new(part), offset)
}

impl Member {
    fn open(&self) -> Result<&Opened> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let opened = open_file(&self.path)?;
        Ok(self.opened.get_or_init(|| opened))
    }
}

fn open_file(path: &Path) -> Result<Opened> {
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    let stamp = Stamp::of(&file).map_err(|e| Error::io(path, e))?;
    let clone = file.try_clone().map_err(|e| Error::io(path, e))?;
    let mut reader = ParquetReader::new(clone);
    let metadata = reader.get_metadata().map_err(|e| corrupt(path, &e.to_string()))?.clone();
    let fields = polars::io::parquet::read::infer_schema(&metadata).map_err(|e| corrupt(path, &e.to_string()))?;
    Ok(Opened { file, stamp, metadata, fields })
}

fn corrupt(path: &Path, cause: &str) -> Error {
    Error::failed(Msg::new("error-parquet").with("path", path.display().to_string()).with("cause", cause))
        .hint(Msg::new("hint-parquet"))
}

impl Table for ParquetTable {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> RowCount {
        let ends = self.ends();
        let known = ends.last().copied().unwrap_or(0);
        if ends.len() == self.members.len() { RowCount::Exact(known) } else { RowCount::AtLeast(known) }
    }

    fn read(&self, columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
        let end = start.saturating_add(len as u64);
        self.know_row(end)?;
        let ends = self.ends().clone();
        let mut out: Option<DataFrame> = None;
        let mut at = start;
        let mut index = ends.partition_point(|e| *e <= start);
        while at < end && index < ends.len() {
            let first = if index == 0 { 0 } else { ends[index - 1] };
            let take = (end.min(ends[index]) - at) as usize;
            if take > 0 {
                let part = self.read_member(index, columns, (at - first) as usize, take)?;
                match &mut out {
                    None => out = Some(part),
                    Some(frame) => {
                        frame.vstack_mut(&part).map_err(from_polars)?;
                    }
                }
            }
            at += take as u64;
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

    fn stretches(&self, columns: &[usize], start: u64, len: usize) -> Result<Vec<Stretch>> {
        let mut out: Vec<Option<Stretch>> = Vec::with_capacity(columns.len());
        for column in columns {
            out.push(self.listed(*column, start, len)?);
        }
        let rest: Vec<usize> = columns.iter().zip(&out).filter(|(_, o)| o.is_none()).map(|(c, _)| *c).collect();
        let mut values = match rest.is_empty() {
            true => Vec::new(),
            false => self.read(&rest, start, len)?.into_columns(),
        }
        .into_iter();
        Ok(out.into_iter().filter_map(|o| o.or_else(|| values.next().map(Stretch::from))).collect())
    }

    fn notices(&self) -> Vec<Msg> {
        const NAMED: usize = 10;
        let findings = self.findings();
        let lossy = findings.lossy.iter().map(|c| &self.schema.columns()[*c].name);
        let mut notices: Vec<Msg> = lossy.map(|c| Msg::new("notice-files-lossy").with("column", c)).collect();
        if !findings.late.is_empty() {
            let mut names: Vec<&str> = findings.late.iter().take(NAMED).map(String::as_str).collect();
            if findings.late.len() > NAMED {
                names.push("…");
            }
            let late = Msg::new("notice-files-late").with("count", FOOTERS_AT_ONCE).with("columns", names.join(", "));
            notices.push(late);
        }
        notices
    }

    fn parquet_files(&self) -> Option<Vec<PathBuf>> {
        // Engines refuse files that differ.
        let alike = self.know_files(self.members.len()).is_ok() && !self.findings().differ;
        let whole = self.first_partition == self.schema.len() && alike;
        whole.then(|| self.members.iter().map(|m| m.path.clone()).collect())
    }

    fn parts(&self, control: &Control) -> Result<Vec<Part>> {
        let mut parts = Vec::new();
        let mut start = 0u64;
        for member in &self.members {
            control.check()?;
            for group in &member.open()?.metadata.row_groups {
                let rows = group.num_rows();
                let pieces = rows.div_ceil(PART).max(1);
                let piece = rows.div_ceil(pieces).max(1);
                let mut done = 0;
                while done < rows {
                    let len = piece.min(rows - done);
                    parts.push(Part { start: start + done as u64, len });
                    done += len;
                }
                start += rows as u64;
            }
        }
        self.know_files(self.members.len())?;
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(version: u8) -> ParquetTable {
        let file = format!("{}/tests/fixtures/parquet/pages-v{version}.parquet", env!("CARGO_MANIFEST_DIR"));
        ParquetTable::open(vec![(file.into(), Vec::new())], Vec::new()).expect("a table")
    }

    /// What the fixture was written from, at row `i`: see the columns' names.
    fn written(column: &str, i: usize) -> Option<String> {
        match column {
            "city" => (i % 7 != 3).then(|| format!("city {}", i * i % 11)),
            "long" => Some(format!("a long name that no view can hold within itself: {}", i % 20)),
            "mixed" if i % 1000 < 300 => Some("few".to_owned()),
            "mixed" => Some(format!("value {i} of many")),
            "plain" => Some(format!("p{}", i % 5)),
            "num" => (i % 5 != 0).then(|| (i % 13).to_string()),
            _ => None,
        }
    }

    #[test]
    fn stretches_say_what_is_stored() {
        for version in [1, 2] {
            for (start, len) in
                [(0, 1000), (1000, 1000), (0, 1), (7, 250), (1300, 700), (2999, 1), (900, 200), (0, 3000)]
            {
                let table = open(version);
                let stretches = table.stretches(&[0, 1, 2, 3, 4, 5], start, len).expect("stretches");
                for (column, stretch) in table.schema().columns().iter().zip(&stretches) {
                    assert_eq!(stretch.height(), len);
                    let within_a_group = start / 1000 == (start + len as u64 - 1) / 1000;
                    let listed = matches!(column.name.as_str(), "city" | "long" | "none");
                    if column.name != "mixed" {
                        let found = matches!(stretch, Stretch::Listed(_));
                        assert_eq!(found, listed && within_a_group, "{} {start} {len}", column.name);
                    }
                    let values: PlColumn = stretch.values().expect("values").into();
                    for i in 0..len {
                        let found = crate::data::cell_of(&values, i);
                        let found = (!found.is_null()).then(|| found.plain());
                        let row = start as usize + i;
                        assert_eq!(found, written(&column.name, row), "{} v{version} row {row}", column.name);
                    }
                }
            }
        }
    }

    #[test]
    fn a_list_without_what_no_row_has() {
        let stretches = open(1).stretches(&[0], 3, 1).expect("stretches");
        let [Stretch::Listed(listed)] = stretches.as_slice() else { panic!("not listed") };
        let (codes, values) = listed.compact().expect("a list");
        assert_eq!((codes, values.len(), values.null_count()), (vec![0], 1, 1));
    }

    #[test]
    fn many_rows_at_once_are_those_of_the_windows() {
        let table = open(2);
        let opened = table.members[0].open().expect("a file");
        for (start, len) in [(0, 3000), (999, 2), (500, 2000), (1000, 1000)] {
            let fields: Vec<usize> = (0..6).collect();
            let windows = window(opened, fields.clone(), start, len).expect("a window");
            assert!(rows(opened, &fields, start, len).expect("rows").equals_missing(&windows), "{start} {len}");
        }
    }
}
