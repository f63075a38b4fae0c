//! Parquet files of the program's own, written group by group. Which columns are worth a dictionary is learnt from the first
//! group: counting what is different in every group costs more than writing it. Where files lie is not known here.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use polars::error::PolarsResult;
use polars::io::parquet::write::get_encodings;
use polars::prelude::{
    Column as PlColumn, CompatLevel, DataFrame, DataType, Field, Schema as PlSchema, SchemaExt as _,
};
use polars_arrow::array::Array;
use polars_parquet::write::{
    CompressedPage, CompressionOptions, DynIter, DynStreamingIterator, Encoding, FileWriter, Page, ParquetType,
    StatisticsOptions, Version, WriteOptions, array_to_columns, compress, fallible_streaming_iterator,
};

use super::free::room;
use super::scan::{from_polars, panicked};
use crate::error::{Error, Result};

/// Rows in a row group.
const GROUP: usize = 131_072;
/// Bytes in a row group, where rows are long.
const GROUP_BYTES: usize = 128 << 20;
/// Bytes written at once.
const BUFFER: usize = 1 << 18;
/// Bytes of a group that are worth a thread of their own.
const SHARE: usize = 4 << 20;
/// Compression that costs little: such files are read more often than they are written.
const OPTIONS: WriteOptions = WriteOptions {
    statistics: StatisticsOptions {
        min_value: true,
        max_value: true,
        distinct_count: false,
        null_count: true,
        binary_statistics_truncate_length: None,
    },
    version: Version::V1,
    compression: CompressionOptions::Lz4Raw,
    data_page_size: None,
};

/// A Parquet file being written.
pub struct ParquetFile {
    path: PathBuf,
    file: Option<File>,
    open: Option<Open>,
    waiting: Option<DataFrame>,
    bytes: usize,
    /// Bytes in a row group.
    group: usize,
}

/// The file, and how the leaves of each column are written.
struct Open {
    writer: FileWriter<BufWriter<File>>,
    types: Vec<ParquetType>,
    encodings: Vec<Vec<Encoding>>,
}

/// The pages of one leaf of a column.
type Pages = Vec<CompressedPage>;

impl ParquetFile {
    /// A Parquet file at `path`, to be written to `file`.
    pub fn new(path: &Path, file: File) -> Self {
        Self { path: path.to_owned(), file: Some(file), open: None, waiting: None, bytes: 0, group: GROUP_BYTES }
    }

    /// The same, with at most about so many bytes of rows held in memory at a time.
    pub fn holding(self, group: usize) -> Self {
        Self { group, ..self }
    }

    /// Fixes the columns: those of `like`.
    pub fn begin(&mut self, like: &DataFrame) -> Result<()> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let kept = |field: Field| match stored(&field.dtype) {
            Some(dtype) => field.with_dtype(dtype),
            None => field,
        };
        let schema: PlSchema = like.schema().iter_fields().map(kept).collect();
        let schema = schema.to_arrow(CompatLevel::newest());
        let encodings = get_encodings(&schema).to_vec();
        let writer = FileWriter::try_new(BufWriter::with_capacity(BUFFER, file), schema, OPTIONS);
        let writer = writer.map_err(|e| self.failed(e))?;
        let types = writer.parquet_schema().fields().to_vec();
        self.open = Some(Open { writer, types, encodings });
        Ok(())
    }

    /// Adds rows.
    pub fn push(&mut self, frame: DataFrame) -> Result<()> {
        if frame.height() > GROUP {
            return (0..frame.height()).step_by(GROUP).try_for_each(|at| self.push(frame.slice(at as i64, GROUP)));
        }
        let frame = storable(frame)?;
        self.bytes += frame.estimated_size();
        match &mut self.waiting {
            None => self.waiting = Some(frame),
            Some(waiting) => {
                waiting.vstack_mut(&frame).map_err(from_polars)?;
            }
        }
        if self.bytes >= self.group || self.waiting.as_ref().is_some_and(|w| w.height() >= GROUP) {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        let Some(mut frame) = self.waiting.take() else { return Ok(()) };
        room(&self.path, self.bytes as u64)?;
        let bytes = std::mem::take(&mut self.bytes);
        if frame.max_n_chunks() > 1 {
            frame.rechunk_mut_par();
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        // The library may panic on what it cannot write.
        let written = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| open.write(&frame, bytes)));
        written.map_err(|panic| panicked(&*panic))?.map_err(|e| self.failed(e))
    }

    /// Writes what is waiting, and the end.
    pub fn finish(mut self) -> Result<()> {
        self.flush()?;
        let Some(mut open) = self.open.take() else { return Ok(()) };
        open.writer.end(None).map(drop).map_err(|e| self.failed(e))
    }

    fn failed(&self, error: polars::error::PolarsError) -> Error {
        match error {
            polars::error::PolarsError::IO { error, .. } => {
                Error::io(&self.path, std::io::Error::new(error.kind(), error.to_string()))
            }
            other => from_polars(other),
        }
    }
}

impl Open {
    /// Writes the rows of a frame in one piece as a row group.
    fn write(&mut self, frame: &DataFrame, bytes: usize) -> PolarsResult<()> {
        for batch in frame.iter_chunks(CompatLevel::newest(), false) {
            if batch.is_empty() {
                continue;
            }
            let leaves = self.encoded(batch.columns(), bytes)?;
            let group = leaves.iter().map(|pages| {
                let pages = pages.iter().map(PolarsResult::Ok);
                Ok(DynStreamingIterator::new(fallible_streaming_iterator::convert(pages)))
            });
            self.writer.write(batch.len() as u64, DynIter::new(group))?;
        }
        Ok(())
    }

    /// The pages of all leaves, column by column.
    fn encoded(&mut self, columns: &[Box<dyn Array>], bytes: usize) -> PolarsResult<Vec<Pages>> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (next, threads) = (AtomicUsize::new(0), cores.min(bytes / SHARE).min(columns.len()));
        let (types, encodings) = (&self.types, &self.encodings);
        let work = || -> PolarsResult<Vec<(usize, Vec<Pages>)>> {
            let mut done = Vec::new();
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                let Some(column) = columns.get(i) else { return Ok(done) };
                done.push((i, pages(column.as_ref(), &types[i], &encodings[i])?));
            }
        };
        let mut done = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut done = work()?;
            for other in others {
                done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
            }
            PolarsResult::Ok(done)
        })?;
        done.sort_unstable_by_key(|(i, _)| *i);
        for (i, leaves) in &done {
            for (encoding, pages) in self.encodings[*i].iter_mut().zip(leaves) {
                if !matches!(pages.first(), Some(CompressedPage::Dict(_))) && *encoding == Encoding::RleDictionary {
                    *encoding = Encoding::Plain;
                }
            }
        }
        Ok(done.into_iter().flat_map(|(_, leaves)| leaves).collect())
    }
}

/// The pages of each leaf of a column.
fn pages(column: &dyn Array, kind: &ParquetType, encodings: &[Encoding]) -> PolarsResult<Vec<Pages>> {
    let leaves = array_to_columns(column, kind.clone(), OPTIONS, encodings)?;
    let packed = |page: PolarsResult<Page>| Ok(compress(page?, Vec::new(), OPTIONS.compression)?);
    leaves.into_iter().map(|leaf| leaf.map(packed).collect()).collect()
}

/// The type a column is stored as that every reader of Parquet knows; none if that is its own.
fn stored(dtype: &DataType) -> Option<DataType> {
    match dtype {
        DataType::Null => Some(DataType::String),
        DataType::Int128 | DataType::UInt128 => Some(DataType::Float64),
        _ => None,
    }
}

fn storable(mut frame: DataFrame) -> Result<DataFrame> {
    for i in 0..frame.width() {
        let column = &frame.columns()[i];
        let stored = match stored(column.dtype()) {
            // Nothing but missing values.
            Some(DataType::String) => PlColumn::full_null(column.name().clone(), column.len(), &DataType::String),
            Some(dtype) => column.cast(&dtype).map_err(from_polars)?,
            None => continue,
        };
        frame.replace_column(i, stored).map_err(from_polars)?;
    }
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, SeekFrom};

    use polars::prelude::{IntoLazy as _, ParquetReader, SerReader as _, df, lit};

    use super::*;

    #[test]
    fn types_that_parquet_lacks_are_stored_as_ones_it_has() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let mut file = tempfile::tempfile()?;
        let mut to = ParquetFile::new(Path::new("x"), file.try_clone()?);
        let sums = PlColumn::new("sum".into(), [Some(1i64 << 40), None, Some(-7)]).cast(&DataType::Int128)?;
        let none = PlColumn::full_null("none".into(), 3, &DataType::Null);
        let frame = DataFrame::new(3, vec![sums, none])?;
        to.begin(&frame)?;
        to.push(frame)?;
        to.finish()?;
        file.seek(SeekFrom::Start(0))?;
        let read = ParquetReader::new(file).finish()?;
        let none: [Option<&str>; 3] = [None; 3];
        assert!(
            read.equals_missing(&df!["sum" => [Some((1i64 << 40) as f64), None, Some(-7.0)], "none" => none]?),
            "{read}"
        );
        Ok(())
    }

    #[test]
    fn what_was_pushed_comes_back_whatever_became_of_dictionaries()
    -> std::result::Result<(), Box<dyn std::error::Error>> {
        let mut file = tempfile::tempfile()?;
        let mut to = ParquetFile::new(Path::new("x"), file.try_clone()?).holding(1);
        let mut all: Option<DataFrame> = None;
        // Different texts at first, the same ones afterwards, and the other way round.
        for group in 0..3i64 {
            let rows = 0..2_000i64;
            let texts = |few: bool| {
                rows.clone().map(move |i| (i % 7 > 0).then(|| format!("text {}", if few { i % 3 } else { i })))
            };
            let frame = df![
                "n" => rows.clone().map(|i| i * 1_000_003 + group).collect::<Vec<_>>(),
                "x" => rows.clone().map(|i| (i % 5 > 0).then_some(i as f64 / 3.0)).collect::<Vec<_>>(),
                "flag" => rows.clone().map(|i| i % 2 == 0).collect::<Vec<_>>(),
                "one" => texts(group > 0).collect::<Vec<_>>(),
                "two" => texts(group == 0).collect::<Vec<_>>(),
            ]?;
            let lists = polars::prelude::concat_list(["n", "n"])?.alias("list");
            let frame = frame.lazy().with_columns([lists, lit(1i32).alias("day").cast(DataType::Date)]).collect()?;
            match &mut all {
                None => {
                    to.begin(&frame)?;
                    all = Some(frame.clone());
                }
                Some(all) => {
                    all.vstack_mut(&frame)?;
                }
            }
            to.push(frame)?;
        }
        to.finish()?;
        file.seek(SeekFrom::Start(0))?;
        let read = ParquetReader::new(file).finish()?;
        assert!(read.equals_missing(&all.unwrap_or_default()), "{read}");
        Ok(())
    }
}
