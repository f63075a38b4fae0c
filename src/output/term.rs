//! A table as aligned text, for a person at a terminal who did not open the interface. Moves no cursor.

use std::io::Write as _;

use super::batch::Batch;
use super::files::{Ending, Writer, interrupted_output};
use super::target::Out;
use super::{Tally, WriteOptions};
use crate::error::Result;
use crate::text::{Msg, safe, tr};
use crate::value::{Cell, Column};

/// Rows that decide the widths; later ones are cut to them.
const MEASURED: usize = 1000;
/// Narrowest remainder of a line that still shows a column.
const NARROWEST: usize = 6;
/// Between columns.
const GAP: &str = "  ";

const BOLD: &str = "\u{1b}[1m";
const DIM: &str = "\u{1b}[2m";
const PLAIN: &str = "\u{1b}[0m";

/// One value made fit for the terminal.
struct Shown {
    text: String,
    missing: bool,
}

/// Lines of columns.
pub(super) struct Term<'a> {
    columns: Vec<Column>,
    width: Option<usize>,
    colour: bool,
    kinds: bool,
    widest: usize,
    missing: String,
    out: &'a mut Out,
    /// Rows that wait for the widths.
    waiting: Vec<Vec<Shown>>,
    /// Widths of the columns that are shown, once they are known.
    widths: Option<Vec<usize>>,
    buffer: Vec<u8>,
}

impl<'a> Term<'a> {
    pub fn new(columns: &[Column], options: &WriteOptions, out: &'a mut Out) -> Self {
        Self {
            columns: columns.to_vec(),
            width: options.width,
            colour: options.colour,
            kinds: options.kinds,
            widest: options.widest,
            missing: tr("output-missing"),
            out,
            waiting: Vec::new(),
            widths: None,
            buffer: Vec::new(),
        }
    }

    fn shown(&self, cell: &Cell<'_>) -> Shown {
        match cell {
            Cell::Null => Shown { text: self.missing.clone(), missing: true },
            cell => Shown { text: safe::fit(&cell.display(), self.widest).text.into_owned(), missing: false },
        }
    }

    /// Decides the widths and writes what has waited for them.
    fn begin(&mut self) -> Vec<usize> {
        let mut widths: Vec<usize> = self
            .columns
            .iter()
            .map(|c| {
                let kind = if self.kinds { safe::width(&c.kind.word().to_string()).min(self.widest) } else { 0 };
                safe::fit(&c.name, self.widest).width.max(kind).max(1)
            })
            .collect();
        for row in &self.waiting {
            for (width, shown) in widths.iter_mut().zip(row) {
                *width = (*width).max(safe::width(&shown.text));
            }
        }
        if let Some(width) = self.width {
            fit_line(&mut widths, width.max(1));
        }
        if widths.is_empty() {
            self.waiting.clear();
            return widths;
        }
        let names: Vec<String> = self.columns.iter().map(|c| c.name.clone()).collect();
        let words: Vec<String> = self.columns.iter().map(|c| c.kind.word().to_string()).collect();
        self.head_line(&names, &widths, BOLD);
        if self.kinds {
            self.head_line(&words, &widths, DIM);
        }
        for row in std::mem::take(&mut self.waiting) {
            self.line(&row, &widths);
        }
        widths
    }

    fn head_line(&mut self, texts: &[String], widths: &[usize], style: &str) {
        let cells: Vec<String> = texts
            .iter()
            .zip(widths)
            .zip(&self.columns)
            .map(|((text, width), column)| safe::pad(&safe::fit(text, *width).text, *width, column.kind.is_number()))
            .collect();
        let line = cells.join(GAP);
        let line = line.trim_end();
        if self.colour {
            self.buffer.extend_from_slice(format!("{style}{line}{PLAIN}\n").as_bytes());
        } else {
            self.buffer.extend_from_slice(format!("{line}\n").as_bytes());
        }
    }

    fn line(&mut self, row: &[Shown], widths: &[usize]) {
        let mut line = String::new();
        // Spaces are written when something follows them, so that no line ends in any.
        let mut owed = 0;
        for (i, (shown, width)) in row.iter().zip(widths).enumerate() {
            if i > 0 {
                owed += GAP.len();
            }
            let fitted = safe::fit(&shown.text, *width);
            let missing = width - fitted.width;
            let right = self.columns[i].kind.is_number();
            if fitted.width > 0 {
                line.extend(std::iter::repeat_n(' ', owed + if right { missing } else { 0 }));
                owed = if right { 0 } else { missing };
                if shown.missing && self.colour {
                    line.push_str(DIM);
                    line.push_str(&fitted.text);
                    line.push_str(PLAIN);
                } else {
                    line.push_str(&fitted.text);
                }
            } else {
                owed += missing;
            }
        }
        self.buffer.extend_from_slice(line.trim_end_matches(' ').as_bytes());
        self.buffer.push(b'\n');
    }

    fn send(&mut self) -> Result<()> {
        self.out.write_all(&self.buffer).map_err(interrupted_output)?;
        self.buffer.clear();
        Ok(())
    }
}

/// Keeps as many columns as fit on a line of `width` cells; the last may be made narrower, and one always stays.
fn fit_line(widths: &mut Vec<usize>, width: usize) {
    let mut used = 0;
    for i in 0..widths.len() {
        let gap = if i == 0 { 0 } else { GAP.len() };
        let left = width.saturating_sub(used + gap);
        if widths[i] <= left {
            used += gap + widths[i];
            continue;
        }
        let keep = i == 0 || left >= NARROWEST;
        if keep {
            widths[i] = left;
        }
        widths.truncate(i + usize::from(keep));
        return;
    }
}

impl Writer for Term<'_> {
    fn rows(&mut self, batch: &Batch<'_>) -> Result<()> {
        for row in 0..batch.height() {
            let places = self.widths.as_ref().map_or(self.columns.len(), Vec::len);
            let shown: Vec<Shown> = (0..places).map(|c| self.shown(&batch.cell(row, c))).collect();
            match self.widths.take() {
                Some(widths) => {
                    self.line(&shown, &widths);
                    self.widths = Some(widths);
                }
                None => {
                    self.waiting.push(shown);
                    if self.waiting.len() >= MEASURED {
                        self.widths = Some(self.begin());
                    }
                }
            }
        }
        self.send()
    }

    fn finish(mut self: Box<Self>, _ending: &Ending) -> Result<Tally> {
        let widths = match self.widths.take() {
            Some(widths) => widths,
            None => self.begin(),
        };
        let hidden = self.columns.len() - widths.len();
        if hidden > 0 {
            let note = Msg::new("output-more-columns").with("count", hidden).to_string();
            let note = if self.colour { format!("{DIM}{note}{PLAIN}\n") } else { format!("{note}\n") };
            self.buffer.extend_from_slice(note.as_bytes());
        }
        self.send()?;
        Ok(Tally::default())
    }
}
