//! Rows in hand as columns of a table. Cells that are HTML become their text; where they lead is a column of its own at the
//! end.

use memchr::memchr;
use polars::prelude::{
    BooleanChunked, Column as PlColumn, DataFrame, Float64Chunked, Int32Chunked, Int64Chunked, IntoColumn as _,
    IntoSeries as _, NewChunkedArray as _, PlSmallStr, Series, TimeUnit, TimeZone,
};
use polars_arrow::array::{Array, Utf8Array};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::ArrowDataType;
use polars_arrow::offset::OffsetsBuffer;

use super::columns::{Cells, Columns, Type};
use super::html;
use crate::data::from_polars;
use crate::error::Result;
use crate::text::link;

/// How to read.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Cells that are HTML become their text.
    pub html: bool,
}

/// The types of the columns, in the order to show them.
pub fn plan(columns: &Columns) -> Vec<(usize, Type)> {
    let all = columns.all();
    columns.order().into_iter().map(|p| (p, all[p].seen().best(all[p].hint))).collect()
}

/// The names and types of the columns of a plan.
fn named(columns: &Columns, plan: &[(usize, Type)]) -> Vec<(String, Type)> {
    plan.iter().map(|(place, kind)| (columns.all()[*place].name.clone(), *kind)).collect()
}

/// Rows taken out of columns, as the server sent them.
pub struct Taken {
    columns: Vec<(String, Type)>,
    cells: Vec<Cells>,
    rows: usize,
}

impl Taken {
    /// The rows in hand. None if they do not fit the plan.
    pub fn of(columns: &mut Columns, plan: &[(usize, Type)]) -> Option<Self> {
        let rows = columns.rows();
        let cells = columns.take(plan)?;
        Some(Self { columns: named(columns, plan), cells, rows })
    }
}

/// A column of a table: whose it is, whether it says where that one leads, and its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The name of the result's column.
    pub name: String,
    /// It holds the links of that column.
    pub links: bool,
    /// What it is read as.
    pub kind: Type,
}

/// Rows of a table.
pub struct Block {
    columns: Vec<(Made, Cells)>,
    rows: usize,
}

impl Block {
    /// No rows of such columns.
    pub fn none(columns: &[Made]) -> Self {
        let cells = |made: &Made| match made.kind {
            Type::Boolean => Cells::Flags(Vec::new()),
            Type::Float => Cells::Floats(Vec::new(), Vec::new()),
            Type::Text => Cells::Text(Vec::new(), Vec::new(), Vec::new()),
            _ => Cells::Ints(Vec::new(), Vec::new()),
        };
        Self { columns: columns.iter().map(|made| (made.clone(), cells(made))).collect(), rows: 0 }
    }

    /// The columns.
    pub fn made(&self) -> Vec<Made> {
        self.columns.iter().map(|(made, _)| made.clone()).collect()
    }

    /// The rows as a frame.
    pub fn frame(self) -> Result<DataFrame> {
        let names: Vec<String> = self.columns.iter().filter(|(m, _)| !m.links).map(|(m, _)| m.name.clone()).collect();
        let column = |(made, cells): (Made, Cells)| {
            let name = match made.links {
                true => link::beside(&made.name, |n| names.iter().any(|m| m == n)),
                false => made.name,
            };
            Ok(series(&name, made.kind, cells)?.into_column())
        };
        let columns = self.columns.into_iter().map(column).collect::<Result<Vec<PlColumn>>>()?;
        DataFrame::new(self.rows, columns).map_err(from_polars)
    }
}

/// Makes rows of a table, and knows which columns had HTML in them so far.
pub struct Shaper {
    manner: Manner,
    /// Columns with HTML.
    pub html: Vec<String>,
    /// Columns whose cells lead somewhere: each has another one at the end of the table.
    pub linked: Vec<String>,
}

/// Adds a name to those known.
pub fn note(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|n| n == name) {
        names.push(name.to_owned());
    }
}

impl Shaper {
    /// One that has seen nothing.
    pub fn new(manner: Manner) -> Self {
        Self { manner, html: Vec::new(), linked: Vec::new() }
    }

    /// The columns of a table by this plan: those of the result, then the links of those that have some.
    pub fn made(&self, columns: &Columns, plan: &[(usize, Type)]) -> Vec<Made> {
        self.made_of(named(columns, plan))
    }

    fn made_of(&self, columns: Vec<(String, Type)>) -> Vec<Made> {
        let linked = columns.iter().map(|(name, _)| name).filter(|name| self.linked.contains(name));
        let links: Vec<Made> = linked.map(|n| Made { name: n.clone(), links: true, kind: Type::Text }).collect();
        columns.into_iter().map(|(name, kind)| Made { name, links: false, kind }).chain(links).collect()
    }

    /// Rows of a table.
    pub fn block(&mut self, taken: Taken) -> Block {
        let Taken { columns, cells, rows } = taken;
        let mut own = Vec::with_capacity(cells.len());
        let mut links = Vec::new();
        for ((name, _), cells) in columns.iter().zip(cells) {
            match cells {
                Cells::Text(text, ends, there) if self.manner.html && memchr(b'<', &text).is_some() => {
                    let (words, leading) = self.plain(name, &text, &ends, there);
                    own.push(words);
                    links.push(leading);
                }
                cells => {
                    own.push(cells);
                    links.push(None);
                }
            }
        }
        let missing = || Cells::Text(Vec::new(), vec![0; rows], vec![false; rows]);
        let linked = columns.iter().zip(links).filter(|((name, _), _)| self.linked.contains(name));
        let linked: Vec<Cells> = linked.map(|(_, links)| links.unwrap_or_else(missing)).collect();
        Block { columns: self.made_of(columns).into_iter().zip(own.into_iter().chain(linked)).collect(), rows }
    }

    /// The rows in hand as a frame. None if they do not fit the plan.
    pub fn frame(&mut self, columns: &mut Columns, plan: &[(usize, Type)]) -> Result<Option<DataFrame>> {
        Taken::of(columns, plan).map(|taken| self.block(taken).frame()).transpose()
    }

    /// No rows of the columns as they will be.
    pub fn empty(&self, columns: &Columns, plan: &[(usize, Type)]) -> Result<DataFrame> {
        Block::none(&self.made(columns, plan)).frame()
    }

    /// Drops the rows in hand, but for what they say of HTML.
    pub fn learn(&mut self, columns: &mut Columns) {
        if self.manner.html {
            let mut read = Vec::new();
            for column in columns.all() {
                for text in column.texts().filter(|t| memchr(b'<', t).is_some()) {
                    read.clear();
                    if let Some(link) = html::plain(text, &mut read) {
                        note(&mut self.html, &column.name);
                        if link.is_some() {
                            note(&mut self.linked, &column.name);
                        }
                    }
                }
            }
        }
        columns.drop_rows();
    }

    /// What a person reads of texts some of which may be HTML, and where they lead, if any does.
    fn plain(&mut self, name: &str, text: &[u8], ends: &[usize], there: Vec<bool>) -> (Cells, Option<Cells>) {
        let (mut words, mut links) = (Vec::with_capacity(text.len()), Vec::new());
        let (mut word_ends, mut link_ends) = (Vec::with_capacity(ends.len()), Vec::with_capacity(ends.len()));
        let mut leading = Vec::with_capacity(ends.len());
        let (mut changed, mut leads, mut start) = (false, false, 0);
        for end in ends {
            let piece = &text[start..*end];
            start = *end;
            let found = html::plain(piece, &mut words);
            changed |= found.is_some();
            if found.is_none() {
                words.extend_from_slice(piece);
            }
            let link = found.flatten();
            leading.push(link.is_some());
            leads |= link.is_some();
            links.extend_from_slice(&link.unwrap_or_default());
            word_ends.push(words.len());
            link_ends.push(links.len());
        }
        if changed {
            note(&mut self.html, name);
        }
        if leads {
            note(&mut self.linked, name);
        }
        (Cells::Text(words, word_ends, there), leads.then(|| Cells::Text(links, link_ends, leading)))
    }
}

/// Cells as a series.
fn series(name: &str, kind: Type, cells: Cells) -> Result<Series> {
    let named = || name.into();
    Ok(match (cells, kind) {
        (Cells::Flags(values), _) => BooleanChunked::from_iter_options(named(), values.into_iter()).into_series(),
        (Cells::Floats(values, there), _) => {
            Float64Chunked::from_vec_validity(named(), values, validity(there)).into_series()
        }
        (Cells::Ints(values, there), Type::Date) => {
            // Days of four-digit years.
            let days = values.into_iter().map(|d| d as i32).collect();
            Int32Chunked::from_vec_validity(named(), days, validity(there)).into_date().into_series()
        }
        (Cells::Ints(values, there), Type::Local | Type::Instant { .. }) => {
            let zone = match kind {
                Type::Instant { tokyo } => {
                    TimeZone::opt_try_new(Some(if tokyo { "Asia/Tokyo" } else { "UTC" })).ok().flatten()
                }
                _ => None,
            };
            Int64Chunked::from_vec_validity(named(), values, validity(there))
                .into_datetime(TimeUnit::Microseconds, zone)
                .into_series()
        }
        (Cells::Ints(values, there), _) => {
            Int64Chunked::from_vec_validity(named(), values, validity(there)).into_series()
        }
        (Cells::Text(text, ends, there), _) => strings(name, text, ends, there)?,
    })
}

/// Which values are there, unless all are.
fn validity(there: Vec<bool>) -> Option<Bitmap> {
    (!there.iter().all(|t| *t)).then(|| Bitmap::from(there))
}

/// Texts that lie one after the other; what is not UTF-8 becomes the replacement character.
fn strings(name: &str, text: Vec<u8>, ends: Vec<usize>, there: Vec<bool>) -> Result<Series> {
    let (text, ends) = match simdutf8::basic::from_utf8(&text) {
        Ok(whole) if ends.iter().all(|end| whole.is_char_boundary(*end)) => (text, ends),
        _ => mended(&text, &ends),
    };
    let offsets: Vec<i64> = std::iter::once(0).chain(ends.iter().map(|e| *e as i64)).collect();
    let offsets = OffsetsBuffer::try_from(offsets).map_err(from_polars)?;
    let texts = Utf8Array::try_new(ArrowDataType::LargeUtf8, offsets, text.into(), validity(there));
    let texts: Box<dyn Array> = Box::new(texts.map_err(from_polars)?);
    Series::try_from((PlSmallStr::from_str(name), texts)).map_err(from_polars)
}

/// Texts with the replacement character where they were not UTF-8, and their ends.
fn mended(text: &[u8], ends: &[usize]) -> (Vec<u8>, Vec<usize>) {
    let (mut out, mut start) = (String::with_capacity(text.len()), 0);
    let mend = |end: &usize| {
        out.push_str(&String::from_utf8_lossy(&text[start..*end]));
        start = *end;
        out.len()
    };
    let ends = ends.iter().map(mend).collect();
    (out.into_bytes(), ends)
}
