//! A table in GitHub's Markdown: one line a row, numbers to the right, nothing in a cell read as markup.

use super::super::Tally;
use super::super::batch::Batch;
use super::Lines;
use crate::text::safe;
use crate::value::{Cell, Column};

/// Lines between pipes.
pub(in super::super) struct Md {
    columns: Vec<Column>,
}

impl Md {
    pub fn new(columns: &[Column]) -> Self {
        Self { columns: columns.to_vec() }
    }
}

impl Lines for Md {
    fn head(&self, out: &mut Vec<u8>, _tally: &mut Tally) {
        if self.columns.is_empty() {
            return;
        }
        for column in &self.columns {
            out.extend_from_slice(b"| ");
            escaped(&column.name, out);
            out.push(b' ');
        }
        out.extend_from_slice(b"|\n");
        for column in &self.columns {
            out.extend_from_slice(if column.kind.is_number() { b"| ---: " } else { b"| --- " });
        }
        out.extend_from_slice(b"|\n");
    }

    fn rows(&self, batch: &Batch<'_>, out: &mut Vec<u8>, _tally: &mut Tally) {
        if self.columns.is_empty() {
            return;
        }
        for row in 0..batch.height() {
            for column in 0..self.columns.len() {
                out.extend_from_slice(b"| ");
                match batch.cell(row, column).as_ref() {
                    Cell::Text(text) => escaped(text, out),
                    other => escaped(&other.plain(), out),
                }
                out.push(b' ');
            }
            out.extend_from_slice(b"|\n");
        }
    }
}

/// A table of texts; each column with its heading and whether its cells stand to the right.
pub(in super::super) fn table_of(columns: &[(String, bool)], rows: &[Vec<String>]) -> String {
    let mut out = Vec::new();
    let line = |out: &mut Vec<u8>, cells: &mut dyn Iterator<Item = &String>| {
        for cell in cells {
            out.extend_from_slice(b"| ");
            escaped(cell, out);
            out.push(b' ');
        }
        out.extend_from_slice(b"|\n");
    };
    line(&mut out, &mut columns.iter().map(|c| &c.0));
    columns.iter().for_each(|c| out.extend_from_slice(if c.1 { b"| ---: " } else { b"| --- " }));
    out.extend_from_slice(b"|\n");
    rows.iter().for_each(|row| line(&mut out, &mut row.iter()));
    String::from_utf8_lossy(&out).into_owned()
}

/// Text that reads as it is.
pub(in super::super) fn escaped(text: &str, out: &mut Vec<u8>) {
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.extend_from_slice(b"<br>");
        }
        let line = safe::line(line.strip_suffix('\r').unwrap_or(line));
        let mut before = ' ';
        let mut rest = line.chars().peekable();
        while let Some(c) = rest.next() {
            let next = rest.peek().copied().unwrap_or(' ');
            let markup = match c {
                '\\' | '|' | '<' | '`' | '*' | '[' | '~' => true,
                '&' => next.is_ascii_alphanumeric() || next == '#',
                // Within a word it is only a line below.
                '_' => !(before.is_alphanumeric() && next.is_alphanumeric()),
                _ => false,
            };
            if markup {
                out.push(b'\\');
            }
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            before = c;
        }
    }
}
