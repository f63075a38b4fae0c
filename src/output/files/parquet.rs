//! Parquet: zstd, statistics, row groups of a size every engine reads well.

use polars::io::parquet::write::{BatchedWriter, KeyValueMetadata, ParquetCompression, ParquetWriter};
use polars::prelude::DataFrame;

use super::super::batch::Batch;
use super::super::target::Out;
use super::super::{Tally, WriteOptions};
use super::columnar::{Gathered, frame_of, from_polars};
use super::{Ending, Writer, guarded};
use crate::error::Result;
use crate::value::Column;

/// Rows of a row group, as other engines make them.
const GROUP_ROWS: usize = 122_880;
/// Bytes in memory that end a row group early, for wide rows.
const GROUP_BYTES: usize = 256 << 20;

/// Row groups, one after the other.
pub(in super::super) struct Parquet<'a> {
    columns: Vec<Column>,
    group_bytes: usize,
    out: Option<&'a mut Out>,
    open: Option<Open<'a>>,
}

struct Open<'a> {
    writer: BatchedWriter<&'a mut Out>,
    gathered: Gathered,
}

impl<'a> Parquet<'a> {
    pub fn new(columns: &[Column], options: &WriteOptions, out: &'a mut Out) -> Self {
        let group_bytes = GROUP_BYTES.min(usize::try_from(options.budget / 4).unwrap_or(usize::MAX)).max(1 << 20);
        Self { columns: columns.to_vec(), group_bytes, out: Some(out), open: None }
    }

    /// The types are known from the first rows, or from a stretch without any.
    fn open(&mut self, first: &DataFrame) -> Result<()> {
        if let Some(out) = self.out.take() {
            let schema = first.schema().as_ref().clone();
            let made_by = format!("mekiki {}", env!("CARGO_PKG_VERSION"));
            let writer = ParquetWriter::new(out)
                .with_compression(ParquetCompression::Zstd(None))
                .with_key_value_metadata(Some(KeyValueMetadata::from_static(vec![("created_by".into(), made_by)])))
                .batched(&schema)
                .map_err(from_polars)?;
            self.open = Some(Open { writer, gathered: Gathered::new(schema, GROUP_ROWS, self.group_bytes) });
        }
        Ok(())
    }
}

impl Writer for Parquet<'_> {
    fn rows(&mut self, batch: &Batch<'_>) -> Result<()> {
        let frame = frame_of(&self.columns, batch)?;
        guarded(|| {
            self.open(&frame)?;
            let Some(Open { writer, gathered }) = &mut self.open else { return Ok(()) };
            gathered.add(frame, |group| writer.write_batch(group).map_err(from_polars))
        })
    }

    fn finish(self: Box<Self>, _ending: &Ending) -> Result<Tally> {
        guarded(|| {
            if let Some(Open { mut writer, gathered }) = self.open {
                let rest = gathered.rest();
                if rest.height() > 0 {
                    writer.write_batch(&rest).map_err(from_polars)?;
                }
                writer.finish().map_err(from_polars)?;
            }
            Ok(Tally::default())
        })
    }
}
