//! Workbooks (xlsx, xlsm, xlsb, xls, ods): which sheet, and its cells as they are stored.
//!
//! Cells are taken one by one where the format allows it, so that a stray cell in the last corner of a sheet does not
//! make it a grid of seventeen thousand million. Where the table begins and what its columns are is `grid`'s business.

mod grid;

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};

use calamine::{Data, Ods, Reader, SheetType, SheetVisible, Sheets, Xls, Xlsb, Xlsx};

use super::Read;
use super::input::{Input, caught};
use super::stamp::read_at;
use crate::data::{Control, MemoryTable};
use crate::error::{Error, Result};
use crate::source::OpenOptions;
use crate::text::Msg;

type Book = Sheets<BufReader<File>>;

/// A cell with something in it: row, column, value.
type Filled = (u32, u32, Data);

/// Opens one sheet of a workbook: the one named or numbered, else the first with anything in it.
pub fn open(input: &Input, sheet: Option<&str>, options: &OpenOptions, control: &Control) -> Result<Read> {
    caught(|| open_book(input, sheet, options, control))
}

fn open_book(input: &Input, sheet: Option<&str>, options: &OpenOptions, control: &Control) -> Result<Read> {
    let mut book = book(input)?;
    let names = worksheets(&book);
    let (chosen, cells) = match sheet {
        Some(wanted) => {
            let name = choose(input, wanted, &names)?;
            let cells = cells(&mut book, &name, input, control)?;
            (name, cells)
        }
        None => first_filled(&mut book, &names, input, control)?,
    };
    let others: Vec<&str> = names.iter().map(|(n, _)| n.as_str()).filter(|n| *n != chosen).collect();
    let built = grid::build(cells, options)?;
    let mut notices = Vec::new();
    if sheet.is_none() && !others.is_empty() {
        notices.push(
            Msg::new("notice-excel-sheets")
                .with("sheet", &chosen)
                .with("count", others.len())
                .with("others", others.join(", ")),
        );
    }
    notices.extend(built.notices);
    let facts = vec![Msg::new("fact-sheet").with("sheet", &chosen)];
    Ok(Read { facts, notices, ..Read::new(MemoryTable::new(built.frame)) })
}

/// The names of the sheets of a workbook.
pub fn sheets(input: &Input) -> Result<Vec<String>> {
    caught(|| Ok(worksheets(&book(input)?).into_iter().map(|(name, _)| name).collect()))
}

/// Names of the sheets with cells, and whether they are shown.
fn worksheets(book: &Book) -> Vec<(String, bool)> {
    let cells = book.sheets_metadata().iter().filter(|s| s.typ == SheetType::WorkSheet);
    cells.map(|s| (s.name.clone(), s.visible == SheetVisible::Visible)).collect()
}

/// Opens the workbook as what its bytes say it is.
fn book(input: &Input) -> Result<Book> {
    let mut file = input.open()?;
    let mut magic = [0; 8];
    read_at(&file, &mut magic, 0).map_err(|e| input.io(e))?;
    if magic == *b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" {
        return match Xls::new(BufReader::new(file)) {
            Ok(book) => Ok(Sheets::Xls(book)),
            Err(calamine::XlsError::Password) => Err(password(input)),
            // An encrypted xlsx lies in the container of the older format.
            Err(e) => match Xlsx::new(BufReader::new(input.open()?)) {
                Err(calamine::XlsxError::Password) => Err(password(input)),
                _ => Err(corrupt(input, &e.to_string())),
            },
        };
    }
    let names = directory(&mut file).map_err(|e| input.io(e))?;
    let holds = |what: &[u8]| names.windows(what.len()).any(|w| w == what);
    file.seek(SeekFrom::Start(0)).map_err(|e| input.io(e))?;
    let reader = BufReader::new(file);
    if holds(b"xl/workbook.bin") {
        return Xlsb::new(reader).map(Sheets::Xlsb).map_err(|e| match e {
            calamine::XlsbError::Password => password(input),
            e => corrupt(input, &e.to_string()),
        });
    }
    if holds(b"content.xml") && !holds(b"xl/workbook.xml") {
        return Ods::new(reader).map(Sheets::Ods).map_err(|e| match e {
            calamine::OdsError::Password => password(input),
            e => corrupt(input, &e.to_string()),
        });
    }
    Xlsx::new(reader).map(Sheets::Xlsx).map_err(|e| match e {
        calamine::XlsxError::Password => password(input),
        e => corrupt(input, &e.to_string()),
    })
}

/// The end of a zip archive, where the names of its members stand.
fn directory(file: &mut File) -> std::io::Result<Vec<u8>> {
    const TAIL: u64 = 256 * 1024;
    let len = file.metadata()?.len();
    let mut tail = vec![0; len.min(TAIL) as usize];
    let n = read_at(file, &mut tail, len.saturating_sub(TAIL))?;
    tail.truncate(n);
    Ok(tail)
}

fn password(input: &Input) -> Error {
    Error::failed(input.msg("error-excel-password")).hint(Msg::new("hint-excel-password"))
}

fn corrupt(input: &Input, cause: &str) -> Error {
    Error::failed(input.msg("error-excel").with("cause", cause)).hint(Msg::new("hint-excel"))
}

/// The sheet a person means: by name, by number from 1, or by name in other capitals.
fn choose(input: &Input, wanted: &str, names: &[(String, bool)]) -> Result<String> {
    let by_number = || wanted.parse::<usize>().ok().and_then(|n| names.get(n.checked_sub(1)?));
    names
        .iter()
        .find(|(n, _)| n == wanted)
        .or_else(by_number)
        .or_else(|| names.iter().find(|(n, _)| n.to_lowercase() == wanted.to_lowercase()))
        .map(|(n, _)| n.clone())
        .ok_or_else(|| {
            let list: Vec<&str> = names.iter().map(|(n, _)| n.as_str()).collect();
            Error::usage(input.msg("error-sheet-missing").with("sheet", wanted))
                .hint(Msg::new("hint-sheet-missing").with("sheets", list.join(", ")))
        })
}

/// The first sheet with anything in it; hidden ones come last.
fn first_filled(
    book: &mut Book,
    names: &[(String, bool)],
    input: &Input,
    control: &Control,
) -> Result<(String, Vec<Filled>)> {
    let visible = names.iter().filter(|(_, v)| *v);
    for (name, _) in visible.chain(names.iter().filter(|(_, v)| !*v)) {
        let cells = cells(book, name, input, control)?;
        if !cells.is_empty() {
            return Ok((name.clone(), cells));
        }
    }
    Err(Error::failed(input.msg("error-excel-empty")).hint(Msg::new("hint-excel-empty")))
}

/// The filled cells of a sheet, by row and column.
fn cells(book: &mut Book, name: &str, input: &Input, control: &Control) -> Result<Vec<Filled>> {
    /// Cells between two looks at whether to stop.
    const STEP: usize = 1 << 16;
    let bad = |e: &dyn std::fmt::Display| corrupt(input, &e.to_string());
    let filled = |data: &Data| !matches!(data, Data::Empty) && !matches!(data, Data::String(s) if s.is_empty());
    let mut out: Vec<Filled> = Vec::new();
    let mut take = |row: u32, column: u32, data: Data| -> Result<()> {
        if filled(&data) {
            out.push((row, column, data));
            if out.len().is_multiple_of(STEP) {
                control.check()?;
                control.advance(STEP as u64);
            }
        }
        Ok(())
    };
    match book {
        Sheets::Xlsx(book) => {
            let mut reader = book.worksheet_cells_reader(name).map_err(|e| bad(&e))?;
            while let Some(cell) = reader.next_cell().map_err(|e| bad(&e))? {
                let (row, column) = cell.get_position();
                take(row, column, cell.get_value().clone().into())?;
            }
        }
        Sheets::Xlsb(book) => {
            let mut reader = book.worksheet_cells_reader(name).map_err(|e| bad(&e))?;
            while let Some(cell) = reader.next_cell().map_err(|e| bad(&e))? {
                let (row, column) = cell.get_position();
                take(row, column, cell.get_value().clone().into())?;
            }
        }
        other => {
            let range = other.worksheet_range(name).map_err(|e| bad(&e))?;
            let (top, left) = range.start().unwrap_or_default();
            for (row, column, data) in range.used_cells() {
                take(top + row as u32, left + column as u32, data.clone())?;
            }
        }
    }
    out.sort_by_key(|(row, column, _)| (*row, *column));
    Ok(out)
}

#[cfg(test)]
mod tests;
