//! Drawing outcomes: as files, as text for a terminal, as images. Computes nothing.
//!
//! A table is written by [`write_dataset`] (any size, in bounded memory) or [`write_table`] (a result in hand); one
//! format is one file in `files/`.

mod batch;
mod files;
mod format;
pub mod image;
mod literal;
pub mod palette;
pub mod plot;
pub mod report;
mod statement;
mod target;
mod term;
#[cfg(test)]
mod tests;

pub use format::{Compression, Format};
pub use statement::{statement, statements};
pub use target::{Target, fail_at_limits};

use self::batch::Batch;
use self::files::{Ending, Lines, LinesWriter, Writer};
use self::target::Out;
use crate::data::{Control, Dataset, Flow, Frame, RowCount, Rows};
use crate::error::{Error, Result};
use crate::result::table::ResultTable;
use crate::text::Msg;
use crate::value::{Cell, Column};

/// Rows up to which a limited table is read by window, without looking for the end of the table.
const WINDOWED: u64 = 100_000;
/// Values read at once by window.
const WINDOW_CELLS: usize = 4_000_000;

/// How a table is to be written.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    /// The format.
    pub format: Format,
    /// What wraps the bytes of a text format.
    pub compression: Compression,
    /// Begin CSV and TSV with a byte order mark, which Excel needs to see that it is UTF-8.
    pub bom: bool,
    /// Put an apostrophe before text in CSV and TSV that a spreadsheet would take for a formula.
    pub excel_safe: bool,
    /// Bytes of memory that may be used for rows at one time.
    pub budget: u64,
    /// Width of the terminal in cells, where lines have to fit one.
    pub width: Option<usize>,
    /// Whether text for a terminal may be coloured.
    pub colour: bool,
    /// Whether text for a terminal has the kinds of values under the names.
    pub kinds: bool,
    /// Widest a column of text for a terminal gets, in cells.
    pub widest: usize,
    /// That the rows are a sample, for formats that can say so.
    pub sampled: Option<Sampled>,
    /// Name of the view that a statement is to make; it gives the rows itself without one.
    pub view: Option<String>,
}

impl WriteOptions {
    /// The usual way to write a format: nothing added, half of the free memory at most.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            compression: Compression::None,
            bom: false,
            excel_safe: false,
            budget: crate::data::free_memory() / 2,
            width: None,
            colour: false,
            kinds: true,
            widest: 40,
            sampled: None,
            view: None,
        }
    }
}

/// That there are more rows than are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The rows that were asked for at most.
    pub limit: u64,
}

/// That rows are a random sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampled {
    /// Rows in the sample.
    pub rows: u64,
    /// Rows it was drawn from.
    pub of: u64,
    /// The seed that draws the same again.
    pub seed: u64,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// Rows, without a header.
    pub rows: u64,
    /// Columns.
    pub columns: usize,
    /// Bytes, after compression.
    pub bytes: u64,
    /// Whether the reader went away before the end; that is no failure.
    pub closed: bool,
    /// Whether there were more rows.
    pub cut: Option<Cut>,
    /// What a person should know.
    pub notices: Vec<Msg>,
}

/// What was remarkable about the values.
#[derive(Clone, Debug, Default)]
struct Tally {
    /// Texts that a spreadsheet would have taken for a formula.
    guarded: u64,
    /// Numbers that are not numbers, written as null.
    nan: u64,
    /// Infinite numbers, written as null.
    infinite: u64,
    /// Texts cut to what a cell of Excel holds.
    cut_texts: u64,
    /// Numbers with more digits than Excel keeps, written as text.
    long_numbers: u64,
    /// Columns whose zone was lost, and the zone of one.
    zoned: u64,
    zone: Option<String>,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.guarded += other.guarded;
        self.nan += other.nan;
        self.infinite += other.infinite;
        self.cut_texts += other.cut_texts;
        self.long_numbers += other.long_numbers;
        self.zoned += other.zoned;
    }

    fn notices(&self) -> Vec<Msg> {
        let mut out = Vec::new();
        for (id, count) in [
            ("notice-guarded", self.guarded),
            ("notice-nulled", self.nan + self.infinite),
            ("notice-text-cut", self.cut_texts),
            ("notice-long-numbers", self.long_numbers),
        ] {
            if count > 0 {
                out.push(Msg::new(id).with("count", count));
            }
        }
        if let Some(zone) = &self.zone {
            out.push(Msg::new("notice-zone-lost").with("count", self.zoned).with("zone", zone));
        }
        out
    }
}

/// Writes a result. Machines read the names of its columns, people the headings.
pub fn write_result(table: &ResultTable, target: &Target, options: &WriteOptions) -> Result<Written> {
    let people = matches!(options.format, Format::Term | Format::Md | Format::Xlsx);
    let columns: Vec<Column> = table
        .columns
        .iter()
        .map(|c| Column {
            name: if people { c.heading.to_string() } else { c.column.name.clone() },
            kind: c.column.kind.clone(),
        })
        .collect();
    write_table(&columns, &table.rows, None, target, options)
}

/// Writes the rows in view, in the order they are shown, at most `limit` of them. `cut` says that rows are missing
/// already. One row more than the limit is asked for, so that [`Written::cut`] is known.
///
/// A file target appears, or replaces the one before, only when all is written; on any error it is as it was.
pub fn write_dataset(
    dataset: &Dataset,
    limit: Option<u64>,
    cut: Option<Cut>,
    target: &Target,
    options: &WriteOptions,
    control: &Control,
) -> Result<Written> {
    if options.format == Format::Sql {
        return statement::write(dataset, limit, target, options);
    }
    let columns = dataset.schema().columns();
    if options.format == Format::Xlsx {
        let rows = dataset.row_count().known();
        files::xlsx::check_size(limit.map_or(rows, |l| rows.min(l)), columns.len())?;
    }
    to_target(columns, target, options, |out, rows| {
        let places: Vec<usize> = (0..columns.len()).collect();
        let lines = lines_of(columns, options);
        // Rows in another order come one after the other anyway, and a limit is counted in order.
        let parallel = limit.is_none() && !matches!(dataset.rows(), Rows::Ordered(_));
        if let (Some(lines), true) = (&lines, parallel) {
            let mut writer = LinesWriter::new(lines.as_ref(), out)?;
            dataset.scan(
                &places,
                control,
                |frame| {
                    let frame = Frame::new(frame);
                    let (mut bytes, mut tally) = (Vec::new(), Tally::default());
                    lines.rows(&Batch::Frame(&frame), &mut bytes, &mut tally);
                    Ok((frame.height() as u64, bytes, tally))
                },
                |(height, bytes, tally)| {
                    writer.push(&bytes, &tally)?;
                    *rows += height;
                    Ok(Flow::Continue)
                },
            )?;
            control.check()?;
            return finish(Box::new(writer), *rows, cut);
        }
        let mut writer = writer_of(columns, lines.as_deref(), options, out)?;
        let more = feed(dataset, &places, limit, options.budget, control, |frame| {
            writer.rows(&Batch::Frame(&frame))?;
            *rows += frame.height() as u64;
            Ok(())
        })?;
        if *rows == 0 {
            // A format that stores types learns them from a stretch without rows.
            writer.rows(&Batch::Frame(&dataset.window(&places, 0, 0)?))?;
        }
        control.check()?;
        finish(writer, *rows, limit.filter(|_| more).map(|limit| Cut { limit }).or(cut))
    })
}

/// Writes a table in hand. `cut` says that rows are missing from it.
pub fn write_table(
    columns: &[Column],
    rows: &[Vec<Cell<'static>>],
    cut: Option<Cut>,
    target: &Target,
    options: &WriteOptions,
) -> Result<Written> {
    if options.format == Format::Sql {
        return Err(Error::usage(Msg::new("error-output-sql")).hint(Msg::new("hint-output-sql")));
    }
    if options.format == Format::Xlsx {
        files::xlsx::check_size(rows.len() as u64, columns.len())?;
    }
    to_target(columns, target, options, |out, done| {
        let lines = lines_of(columns, options);
        let mut writer = writer_of(columns, lines.as_deref(), options, out)?;
        writer.rows(&Batch::Cells(rows))?;
        *done = rows.len() as u64;
        finish(writer, *done, cut)
    })
}

/// Writes a text that is already in its form.
pub fn write_text(text: &str, target: &Target) -> Result<Written> {
    write_bytes(text.as_bytes(), target, &WriteOptions::new(Format::Term))
}

/// Writes what is already in its form, compressed if that is wanted.
pub fn write_bytes(bytes: &[u8], target: &Target, options: &WriteOptions) -> Result<Written> {
    use std::io::Write as _;
    to_target(&[], target, options, |out, _| {
        out.write_all(bytes).map_err(files::interrupted_output)?;
        Ok((Tally::default(), None))
    })
}

/// Opens the target, lets `write` fill it, and puts it in place; sorts out what a failure means.
fn to_target(
    columns: &[Column],
    target: &Target,
    options: &WriteOptions,
    write: impl FnOnce(&mut Out, &mut u64) -> Result<(Tally, Option<Cut>)>,
) -> Result<Written> {
    let mut out = Out::open(target, options.compression)?;
    let mut rows = 0;
    let done = write(&mut out, &mut rows).and_then(|done| out.commit().map(|()| done));
    let written = Written { rows, columns: columns.len(), bytes: out.bytes(), ..Written::default() };
    match done {
        Ok((tally, cut)) => {
            let mut notices = tally.notices();
            if let Some(Cut { limit }) = cut.filter(|_| options.format != Format::Json) {
                notices.insert(0, Msg::new("notice-cut").with("limit", limit));
            }
            Ok(Written { cut, notices, ..written })
        }
        Err(_) if out.closed() => Ok(Written { closed: true, ..written }),
        Err(error) => Err(out.failure().unwrap_or(error)),
    }
}

fn finish(writer: Box<dyn Writer + '_>, rows: u64, cut: Option<Cut>) -> Result<(Tally, Option<Cut>)> {
    Ok((writer.finish(&Ending { rows, cut })?, cut))
}

/// The formats that are written line by line.
fn lines_of(columns: &[Column], options: &WriteOptions) -> Option<Box<dyn Lines>> {
    Some(match options.format {
        Format::Csv => Box::new(files::csv::Csv::new(columns, b',', options)),
        Format::Tsv => Box::new(files::csv::Csv::new(columns, b'\t', options)),
        Format::Json => Box::new(files::json::Json::new(columns, false, options.sampled)),
        Format::Jsonl => Box::new(files::json::Json::new(columns, true, options.sampled)),
        Format::Md => Box::new(files::md::Md::new(columns)),
        _ => return None,
    })
}

fn writer_of<'a>(
    columns: &[Column],
    lines: Option<&'a dyn Lines>,
    options: &WriteOptions,
    out: &'a mut Out,
) -> Result<Box<dyn Writer + 'a>> {
    Ok(match (lines, options.format) {
        (Some(lines), _) => Box::new(LinesWriter::new(lines, out)?),
        (None, Format::Parquet) => Box::new(files::parquet::Parquet::new(columns, options, out)),
        (None, Format::Arrow) => Box::new(files::arrow::Arrow::new(columns, options, out)),
        (None, Format::Xlsx) => Box::new(files::xlsx::Xlsx::new(columns, out)?),
        (None, _) => Box::new(term::Term::new(columns, options, out)),
    })
}

/// Hands over at most `limit` rows in the order they are shown; whether there are more.
fn feed(
    dataset: &Dataset,
    places: &[usize],
    limit: Option<u64>,
    budget: u64,
    control: &Control,
    mut take: impl FnMut(Frame) -> Result<()>,
) -> Result<bool> {
    let Some(limit) = limit else {
        dataset.stream(places, budget, control, |frame| take(Frame::new(frame)).map(|()| Flow::Continue))?;
        return Ok(false);
    };
    let mut left = limit;
    if limit > WINDOWED {
        let mut more = false;
        dataset.stream(places, budget, control, |frame| {
            if frame.height() as u64 > left {
                more = true;
                if left > 0 {
                    take(Frame::new(frame.head(Some(left as usize))))?;
                }
                return Ok(Flow::Stop);
            }
            left -= frame.height() as u64;
            take(Frame::new(frame)).map(|()| Flow::Continue)
        })?;
        return Ok(more);
    }
    let at_once = (WINDOW_CELLS / places.len().max(1)).max(1024) as u64;
    control.restart(match dataset.row_count() {
        RowCount::Exact(n) => n.min(limit),
        RowCount::AtLeast(_) => limit,
    });
    loop {
        control.check()?;
        let wanted = (left + 1).min(at_once) as usize;
        let frame = dataset.window(places, limit - left, wanted)?;
        let height = frame.height() as u64;
        let (frame, more) = if height > left {
            (Frame::new(frame.into_inner().head(Some(left as usize))), true)
        } else {
            (frame, false)
        };
        let taken = frame.height() as u64;
        left -= taken;
        control.advance(taken);
        if taken > 0 {
            take(frame)?;
        }
        if more || height < wanted as u64 {
            return Ok(more);
        }
    }
}
