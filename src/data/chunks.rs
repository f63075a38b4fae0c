//! Column chunks of a Parquet file, mapped and decoded one by one: for passes over the rows of a row group.
//!
//! Only the bytes of a chunk are mapped, and only while it is decoded. Mapping the whole file for every part, as the table
//! library's reader does, costs more in unmapping than the decoding of a narrow column.

use std::fs::File;
use std::ops::Range;

use polars::prelude::{ArrowField, DataType, PolarsResult, Series};
use polars_arrow::array::{Array, DictionaryArray};
use polars_arrow::datatypes::{ArrowDataType, DTYPE_CATEGORICAL_NEW, IntegerType, Metadata};
use polars_buffer::Buffer;
use polars_parquet::read::{ColumnChunkMetadata, Filter, RowGroupMetadata};

use super::stretch::Listed;

/// Rows `rows` of column `field` in a row group. None if the group has no such column.
pub(super) fn column(
    file: &File,
    group: &RowGroupMetadata,
    field: &ArrowField,
    rows: Range<usize>,
) -> PolarsResult<Option<Series>> {
    let Some(chunks) = chunks(file, group, field)? else { return Ok(None) };
    let arrays = decode(chunks, field.clone(), rows)?;
    Series::try_from((field, arrays)).map(Some)
}

/// As [`column`], for text stored as places in a dictionary throughout. None if it is not, or there is no such column.
pub(super) fn listed(
    file: &File,
    group: &RowGroupMetadata,
    field: &ArrowField,
    rows: Range<usize>,
) -> PolarsResult<Option<Listed>> {
    if field.dtype != ArrowDataType::Utf8View || field.metadata.is_some() {
        return Ok(None);
    }
    let Some(chunks) = chunks(file, group, field)? else { return Ok(None) };
    if !chunks.iter().all(|(meta, _)| meta.dictionary_page_offset().is_some_and(|o| o > 0)) {
        return Ok(None);
    }
    // This is how the decoder is asked to leave the places as they are. It refuses pages of plain values, which follow
    // where the dictionary grew too large.
    let dtype = ArrowDataType::Dictionary(IntegerType::UInt32, Box::new(ArrowDataType::Utf8View), false);
    let mut asked = ArrowField::new(field.name.clone(), dtype, field.is_nullable);
    asked.metadata = Some(Metadata::from([(DTYPE_CATEGORICAL_NEW.into(), "".into())]).into());
    let Ok(arrays) = decode(chunks, asked, rows) else { return Ok(None) };
    let [array] = arrays.as_slice() else { return Ok(None) };
    let Some(array) = array.as_any().downcast_ref::<DictionaryArray<u32>>() else { return Ok(None) };
    let values = Series::try_from((field, vec![array.values().clone()]))?;
    let keys = array.keys();
    let Some(valid) = keys.validity().filter(|_| keys.null_count() > 0) else {
        return Ok(Some(Listed::new(keys.values().clone(), values)));
    };
    let missing = values.len() as u32;
    let codes = keys.values().iter().zip(valid.iter()).map(|(code, valid)| if valid { *code } else { missing });
    let codes: Vec<u32> = codes.collect();
    let mut values = values;
    values.append(&Series::full_null(field.name.clone(), 1, &DataType::String))?;
    Ok(Some(Listed::new(codes.into(), values.rechunk())))
}

type Chunks<'a> = Vec<(&'a ColumnChunkMetadata, Buffer<u8>)>;

fn chunks<'a>(file: &File, group: &'a RowGroupMetadata, field: &ArrowField) -> PolarsResult<Option<Chunks<'a>>> {
    let Some(chunks) = group.columns_under_root_iter(&field.name) else { return Ok(None) };
    let chunks = chunks.map(|meta| Ok((meta, bytes(file, meta.byte_range())?)));
    chunks.collect::<std::io::Result<_>>().map(Some).map_err(Into::into)
}

fn decode(chunks: Chunks<'_>, field: ArrowField, rows: Range<usize>) -> PolarsResult<Vec<Box<dyn Array>>> {
    let filter = Filter::new_ranged(rows.start, rows.end);
    Ok(polars::io::parquet::read::_internal::to_deserializer(chunks, field, Some(filter))?.0)
}

/// The bytes of a stretch of a file; an error where the file ends before it.
#[cfg(unix)]
fn bytes(file: &File, range: Range<u64>) -> std::io::Result<Buffer<u8>> {
    use std::os::fd::AsRawFd;

    struct Map {
        at: *mut libc::c_void,
        len: usize,
        skip: usize,
    }
    // SAFETY: the mapping is read-only and belongs to this value alone.
    unsafe impl Send for Map {}
    impl AsRef<[u8]> for Map {
        fn as_ref(&self) -> &[u8] {
            // SAFETY: `at` is a readable mapping of `len` bytes until this value is dropped, and `skip` is within it.
            unsafe { std::slice::from_raw_parts(self.at.cast::<u8>().add(self.skip), self.len - self.skip) }
        }
    }
    impl Drop for Map {
        fn drop(&mut self) {
            // SAFETY: `at` and `len` are those of a mapping made below, unmapped here only.
            unsafe { libc::munmap(self.at, self.len) };
        }
    }

    let short = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    if range.end < range.start || range.end > file.metadata()?.len() {
        return Err(short());
    }
    if range.is_empty() {
        return Ok(Vec::new().into());
    }
    // SAFETY: asks for a number only.
    let page = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096).max(1);
    let start = range.start - range.start % page;
    let len = usize::try_from(range.end - start).map_err(|_| short())?;
    let offset = libc::off_t::try_from(start).map_err(|_| short())?;
    // SAFETY: a new mapping at an address of the system's choice; the descriptor is open.
    let at =
        unsafe { libc::mmap(std::ptr::null_mut(), len, libc::PROT_READ, libc::MAP_PRIVATE, file.as_raw_fd(), offset) };
    if at == libc::MAP_FAILED {
        return Err(std::io::Error::last_os_error());
    }
    Ok(Buffer::from_owner(Map { at, len, skip: (range.start - start) as usize }))
}

/// The bytes of a stretch of a file; an error where the file ends before it.
#[cfg(not(unix))]
fn bytes(file: &File, range: Range<u64>) -> std::io::Result<Buffer<u8>> {
    use std::io::{Read, Seek, SeekFrom};

    // A handle opened anew would not be the file that was looked at; two threads must not share one position.
    static POSITION: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _alone = POSITION.lock().unwrap_or_else(|e| e.into_inner());
    let mut file = file;
    file.seek(SeekFrom::Start(range.start))?;
    let mut out = Vec::new();
    file.take(range.end.saturating_sub(range.start)).read_to_end(&mut out)?;
    match out.len() as u64 == range.end - range.start {
        true => Ok(out.into()),
        false => Err(std::io::ErrorKind::UnexpectedEof.into()),
    }
}
