//! An Arrow IPC file, uncompressed so that it can be mapped into memory, in the types every reader knows.

use polars::io::ipc::{BatchedWriter, IpcWriter};
use polars::prelude::PolarsResult;
use polars::prelude::{CompatLevel, DataFrame, DataType, Field, Schema as PlSchema, SerWriter as _};

use super::super::batch::Batch;
use super::super::target::Out;
use super::super::{Tally, WriteOptions};
use super::columnar::{Gathered, frame_of, from_polars};
use super::{Ending, Writer, guarded};
use crate::error::Result;
use crate::value::Column;

/// Rows of a record batch.
const BATCH_ROWS: usize = 65_536;
/// Bytes that end a record batch early, for wide rows.
const BATCH_BYTES: usize = 256 << 20;

/// Record batches, one after the other.
pub(in super::super) struct Arrow<'a> {
    columns: Vec<Column>,
    batch_bytes: usize,
    out: Option<&'a mut Out>,
    open: Option<Open<'a>>,
}

struct Open<'a> {
    writer: BatchedWriter<&'a mut Out>,
    gathered: Gathered,
}

impl<'a> Arrow<'a> {
    pub fn new(columns: &[Column], options: &WriteOptions, out: &'a mut Out) -> Self {
        let batch_bytes = BATCH_BYTES.min(usize::try_from(options.budget / 4).unwrap_or(usize::MAX)).max(1 << 20);
        Self { columns: columns.to_vec(), batch_bytes, out: Some(out), open: None }
    }

    fn open(&mut self, first: &DataFrame) -> Result<()> {
        if let Some(out) = self.out.take() {
            let schema: PlSchema =
                first.schema().iter().map(|(n, t)| Field::new(n.clone(), without_dictionaries(t))).collect();
            let template = like(IpcWriter::<std::io::Sink>::batched);
            let make = |children, dictionary| {
                let mut field = template.clone();
                field.fields = children;
                field.dictionary_id = dictionary;
                field
            };
            let mut dictionaries = 0;
            let fields = schema.iter_values().map(|t| ipc_field(t, &mut dictionaries, &make)).collect();
            let writer = IpcWriter::new(out)
                .with_compat_level(CompatLevel::oldest())
                .batched(&schema, fields)
                .map_err(from_polars)?;
            self.open = Some(Open { writer, gathered: Gathered::new(schema, BATCH_ROWS, self.batch_bytes) });
        }
        Ok(())
    }
}

impl Writer for Arrow<'_> {
    fn rows(&mut self, batch: &Batch<'_>) -> Result<()> {
        let frame = frame_of(&self.columns, batch)?;
        guarded(|| {
            self.open(&frame)?;
            let Some(Open { writer, gathered }) = &mut self.open else { return Ok(()) };
            gathered.add(frame, |batch| writer.write_batch(batch).map_err(from_polars))
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

/// The type with categories as text: an IPC file has one dictionary a column, and the categories of a stream are not
/// known before its end. Fixed sets keep theirs.
fn without_dictionaries(dtype: &DataType) -> DataType {
    match dtype {
        DataType::Categorical(..) => DataType::String,
        DataType::List(inner) => DataType::List(Box::new(without_dictionaries(inner))),
        DataType::Array(inner, width) => DataType::Array(Box::new(without_dictionaries(inner)), *width),
        DataType::Struct(fields) => DataType::Struct(
            fields.iter().map(|f| Field::new(f.name().clone(), without_dictionaries(f.dtype()))).collect(),
        ),
        other => other.clone(),
    }
}

/// A value of the type the batched writer wants for each field, which the table library does not name in public.
fn like<W, S, F: Default, B>(_batched: fn(W, &S, Vec<F>) -> PolarsResult<B>) -> F {
    F::default()
}

/// How a field is laid out: its children, and the number of its dictionary if it has one.
fn ipc_field<F: Default>(dtype: &DataType, dictionaries: &mut i64, make: &dyn Fn(Vec<F>, Option<i64>) -> F) -> F {
    match dtype {
        DataType::List(inner) | DataType::Array(inner, _) => make(vec![ipc_field(inner, dictionaries, make)], None),
        DataType::Struct(fields) => {
            make(fields.iter().map(|f| ipc_field(f.dtype(), dictionaries, make)).collect(), None)
        }
        DataType::Enum(..) => {
            let number = *dictionaries;
            *dictionaries += 1;
            make(vec![F::default()], Some(number))
        }
        _ => F::default(),
    }
}
