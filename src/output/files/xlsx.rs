//! An Excel workbook of one sheet, written row by row. Values keep their kind where Excel can hold them, and become text
//! where it would lose something. Nothing is ever a formula.

use std::borrow::Cow;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::super::Tally;
use super::super::batch::Batch;
use super::super::target::Out;
use super::{Ending, Writer, guarded};
use crate::error::{Error, Result};
use crate::text::{Msg, safe};
use crate::value::{Cell, Column, Kind};

/// Rows of a sheet, the header among them.
const ROWS: u64 = 1_048_576;
/// Columns of a sheet.
const COLUMNS: usize = 16_384;
/// UTF-16 units of a cell.
const TEXT: usize = 32_767;
/// Whole numbers up to this one are all held by a double.
const EXACT: i128 = crate::value::decimal::EXACT as i128;
/// Rows looked at for the widths of columns.
const MEASURED: usize = 200;
/// Widest column that is set, in characters.
const WIDEST: usize = 60;

const DAY: i128 = 86_400_000_000_000;
/// Days from Excel's day 0 to 1970-01-01.
const EPOCH: i64 = 25_569;
/// The first day number that means the same to every reader (1900-03-01; before it Excel has a day that never was).
const FIRST_DAY: i64 = 61;
/// 9999-12-31.
const LAST_DAY: i64 = 2_958_465;

/// A sheet that grows.
pub(in super::super) struct Xlsx<'a> {
    workbook: Workbook,
    sheet: Worksheet,
    formats: Formats,
    columns: Vec<Column>,
    widths: Vec<usize>,
    /// The next row.
    row: u32,
    out: &'a mut Out,
    tally: Tally,
}

struct Formats {
    head: Format,
    date: Format,
    second: Format,
    fraction: Format,
    time: Format,
    time_fraction: Format,
    span: Format,
}

/// Refuses what does not fit on a sheet.
pub(in super::super) fn check_size(rows: u64, columns: usize) -> Result<()> {
    let (id, count) = if columns > COLUMNS {
        ("error-xlsx-columns", columns as u64)
    } else if rows > ROWS - 1 {
        ("error-xlsx-rows", rows)
    } else {
        return Ok(());
    };
    Err(Error::refused(Msg::new(id).with("count", count)).hint(Msg::new(if columns > COLUMNS {
        "hint-xlsx-columns"
    } else {
        "hint-xlsx-rows"
    })))
}

fn from_xlsx(error: XlsxError) -> Error {
    Error::failed(Msg::new("error-output").with("cause", error.to_string())).caused_by(error)
}

impl<'a> Xlsx<'a> {
    pub fn new(columns: &[Column], out: &'a mut Out) -> Result<Self> {
        check_size(0, columns.len())?;
        guarded(|| {
            let mut workbook = Workbook::new();
            // The same table gives the same bytes whenever it is written.
            let made = ExcelDateTime::from_ymd(2000, 1, 1).map_err(from_xlsx)?;
            workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
            let mut sheet = workbook.new_worksheet_with_constant_memory().map_err(from_xlsx)?;
            let shown = |code: &str| Format::new().set_num_format(code);
            let formats = Formats {
                head: Format::new().set_bold(),
                date: shown("yyyy-mm-dd"),
                second: shown("yyyy-mm-dd hh:mm:ss"),
                fraction: shown("yyyy-mm-dd hh:mm:ss.000"),
                time: shown("hh:mm:ss"),
                time_fraction: shown("hh:mm:ss.000"),
                span: shown("[h]:mm:ss"),
            };
            let mut tally = Tally::default();
            for (i, column) in columns.iter().enumerate() {
                let name = fitting(&column.name, &mut tally);
                sheet.write_string_with_format(0, i as u16, name, &formats.head).map_err(from_xlsx)?;
                if let Kind::DateTime(Some(zone)) = &column.kind {
                    tally.zoned += 1;
                    tally.zone = Some(zone.clone());
                }
            }
            sheet.set_freeze_panes(1, 0).map_err(from_xlsx)?;
            // Room for the arrow of the filter.
            let widths = columns.iter().map(|c| safe::fit(&c.name, WIDEST).width + 3).collect();
            Ok(Self { workbook, sheet, formats, columns: columns.to_vec(), widths, row: 1, out, tally })
        })
    }

    fn write(&mut self, column: usize, cell: &Cell<'_>) -> Result<(), XlsxError> {
        let (row, place, f, sheet) = (self.row, column as u16, &self.formats, &mut self.sheet);
        match cell {
            Cell::Null => return Ok(()),
            Cell::Bool(v) => sheet.write_boolean(row, place, *v)?,
            Cell::Int(v) if v.abs() <= EXACT => sheet.write_number(row, place, *v as f64)?,
            Cell::Decimal(v, _) if v.unsigned_abs() <= EXACT as u128 => {
                sheet.write_number(row, place, cell.as_f64().unwrap_or_default())?
            }
            Cell::Float(v) if v.is_finite() => sheet.write_number(row, place, *v)?,
            // Through its digits: 0.1 stays 0.1.
            Cell::Float32(v) if v.is_finite() => match v.to_string().parse::<f64>() {
                Ok(v) => sheet.write_number(row, place, v)?,
                Err(_) => sheet.write_number(row, place, f64::from(*v))?,
            },
            Cell::Date(d) if on_calendar(i64::from(*d)) => {
                sheet.write_number_with_format(row, place, (i64::from(*d) + EPOCH) as f64, &f.date)?
            }
            Cell::DateTime(n, _) if on_calendar(n.div_euclid(DAY) as i64) => {
                let serial = (n.div_euclid(DAY) + i128::from(EPOCH)) as f64 + n.rem_euclid(DAY) as f64 / DAY as f64;
                let format = if n % 1_000_000_000 == 0 { &f.second } else { &f.fraction };
                sheet.write_number_with_format(row, place, serial, format)?
            }
            Cell::Time(n) if (0..DAY).contains(&i128::from(*n)) => {
                let format = if n % 1_000_000_000 == 0 { &f.time } else { &f.time_fraction };
                sheet.write_number_with_format(row, place, *n as f64 / DAY as f64, format)?
            }
            // Excel shows no negative spans, and its format has whole seconds.
            Cell::Duration(n) if *n >= 0 && n % 1_000_000_000 == 0 && n / DAY < i128::from(LAST_DAY) => {
                sheet.write_number_with_format(row, place, *n as f64 / DAY as f64, &f.span)?
            }
            Cell::Text(text) => {
                let text = fitting(text, &mut self.tally);
                sheet.write_string(row, place, text)?
            }
            other => {
                let text = other.plain();
                if matches!(other, Cell::Int(_) | Cell::UInt(_) | Cell::Decimal(..)) {
                    self.tally.long_numbers += 1;
                }
                let text = fitting(&text, &mut self.tally);
                sheet.write_string(row, place, text)?
            }
        };
        Ok(())
    }
}

fn on_calendar(days: i64) -> bool {
    days.checked_add(EPOCH).is_some_and(|d| (FIRST_DAY..=LAST_DAY).contains(&d))
}

/// As much of the text as a cell holds.
fn fitting<'t>(text: &'t str, tally: &mut Tally) -> Cow<'t, str> {
    if text.len() <= TEXT || text.encode_utf16().count() <= TEXT {
        return Cow::Borrowed(text);
    }
    tally.cut_texts += 1;
    let mut units = 0;
    let end = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > TEXT
    });
    Cow::Borrowed(&text[..end.map_or(text.len(), |(at, _)| at)])
}

/// Takes everything, since the library underneath prints to the terminal when it cannot write its last bytes. The target
/// remembers the failure, and it is told when the target is closed.
struct Quiet<'a>(&'a mut Out);

impl std::io::Write for Quiet<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _ = self.0.write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

impl Writer for Xlsx<'_> {
    fn rows(&mut self, batch: &Batch<'_>) -> Result<()> {
        check_size(u64::from(self.row) - 1 + batch.height() as u64, self.columns.len())?;
        guarded(|| {
            for row in 0..batch.height() {
                for column in 0..self.columns.len() {
                    let cell = batch.cell(row, column);
                    if (self.row as usize) <= MEASURED {
                        let width = match cell.as_ref() {
                            Cell::Text(text) => safe::fit(text, WIDEST).width,
                            other => other.plain().len().min(WIDEST),
                        };
                        self.widths[column] = self.widths[column].max(width + 1);
                    }
                    self.write(column, &cell).map_err(from_xlsx)?;
                }
                self.row += 1;
            }
            Ok(())
        })
    }

    fn finish(self: Box<Self>, _ending: &Ending) -> Result<Tally> {
        let Self { mut workbook, mut sheet, columns, widths, row, out, tally, .. } = *self;
        guarded(move || {
            for (i, width) in widths.iter().enumerate() {
                sheet.set_column_width(i as u16, *width as f64).map_err(from_xlsx)?;
            }
            if let Some(last) = columns.len().checked_sub(1) {
                sheet.autofilter(0, 0, row - 1, last as u16).map_err(from_xlsx)?;
            }
            workbook.push_worksheet(sheet);
            workbook.save_to_writer(Quiet(out)).map_err(from_xlsx)?;
            Ok(tally)
        })
    }
}
