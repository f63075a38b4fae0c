//! CSV and TSV: RFC 4180, lines ended by LF, values for machines. A missing value is empty, an empty text is `""`.

use super::super::batch::{Batch, Item};
use super::super::{Tally, WriteOptions, literal};
use super::Lines;
use crate::value::{Cell, Column};

/// Lines of fields.
pub(in super::super) struct Csv {
    names: Vec<String>,
    delimiter: u8,
    bom: bool,
    excel_safe: bool,
}

impl Csv {
    pub fn new(columns: &[Column], delimiter: u8, options: &WriteOptions) -> Self {
        Self {
            names: columns.iter().map(|c| c.name.clone()).collect(),
            delimiter,
            bom: options.bom,
            excel_safe: options.excel_safe,
        }
    }

    /// A field of text, in quotes where it needs them.
    #[inline]
    fn text(&self, text: &str, out: &mut Vec<u8>, tally: &mut Tally) {
        let guard = self.excel_safe && text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        tally.guarded += u64::from(guard);
        let bytes = text.as_bytes();
        let quoted =
            bytes.is_empty() || bytes.iter().any(|b| *b == self.delimiter || matches!(b, b'"' | b'\n' | b'\r'));
        if !quoted {
            if guard {
                out.push(b'\'');
            }
            out.extend_from_slice(bytes);
            return;
        }
        out.push(b'"');
        if guard {
            out.push(b'\'');
        }
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(|b| *b == b'"') {
            out.extend_from_slice(&rest[..=at]);
            out.push(b'"');
            rest = &rest[at + 1..];
        }
        out.extend_from_slice(rest);
        out.push(b'"');
    }
}

impl Lines for Csv {
    fn head(&self, out: &mut Vec<u8>, tally: &mut Tally) {
        if self.bom {
            out.extend_from_slice("\u{feff}".as_bytes());
        }
        for (i, name) in self.names.iter().enumerate() {
            if i > 0 {
                out.push(self.delimiter);
            }
            self.text(name, out, tally);
        }
        if !self.names.is_empty() {
            out.push(b'\n');
        }
    }

    fn rows(&self, batch: &Batch<'_>, out: &mut Vec<u8>, tally: &mut Tally) {
        let columns: Vec<_> = (0..self.names.len()).map(|i| batch.values(i)).collect();
        if columns.is_empty() {
            return;
        }
        for row in 0..batch.height() {
            for (i, column) in columns.iter().enumerate() {
                if i > 0 {
                    out.push(self.delimiter);
                }
                match column.item(row) {
                    // Many readers skip empty lines, and would lose the row.
                    Item::Null if columns.len() == 1 => out.extend_from_slice(b"\"\""),
                    Item::Text(text) => self.text(text, out, tally),
                    Item::Cell(cell) => match cell.as_ref() {
                        Cell::Text(text) => self.text(text, out, tally),
                        Cell::List(_) | Cell::Struct(_) => self.text(&cell.plain(), out, tally),
                        other => out.extend_from_slice(other.plain().as_bytes()),
                    },
                    item => literal::push(out, &item),
                }
            }
            out.push(b'\n');
        }
    }
}
