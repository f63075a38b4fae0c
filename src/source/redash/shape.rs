//! Rows in hand as columns of a table. Cells that are HTML become their text; where they lead is a column of its own beside.

use memchr::memchr;
use polars::prelude::{
    BooleanChunked, Column as PlColumn, DataFrame, DataType, Float64Chunked, Int32Chunked, Int64Chunked,
    IntoColumn as _, IntoSeries as _, NewChunkedArray as _, PlSmallStr, Series, TimeUnit, TimeZone,
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

/// Rows taken out of columns: for each column its name, its type and its cells.
pub struct Block {
    columns: Vec<(String, Type, Cells)>,
    rows: usize,
}

impl Block {
    /// The rows in hand. None if they do not fit the plan.
    pub fn of(columns: &mut Columns, plan: &[(usize, Type)]) -> Option<Self> {
        let rows = columns.rows();
        let cells = columns.take(plan)?;
        let named = plan.iter().map(|(p, kind)| (columns.all()[*p].name.clone(), *kind));
        Some(Self { columns: named.zip(cells).map(|((name, kind), cells)| (name, kind, cells)).collect(), rows })
    }
}

/// Makes frames of rows, and knows which columns had HTML in them so far.
pub struct Shaper {
    manner: Manner,
    /// Columns with HTML.
    pub html: Vec<String>,
    /// Columns whose cells lead somewhere: each has another one at the end of the table.
    pub linked: Vec<String>,
}

fn note(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|n| n == name) {
        names.push(name.to_owned());
    }
}

impl Shaper {
    /// One that has seen nothing.
    pub fn new(manner: Manner) -> Self {
        Self { manner, html: Vec::new(), linked: Vec::new() }
    }

    /// How it reads.
    pub fn manner(&self) -> Manner {
        self.manner
    }

    /// The rows in hand as a frame. None if they do not fit the plan.
    pub fn frame(&mut self, columns: &mut Columns, plan: &[(usize, Type)]) -> Result<Option<DataFrame>> {
        Block::of(columns, plan).map(|block| self.shape(block)).transpose()
    }

    /// Rows as a frame.
    pub fn shape(&mut self, block: Block) -> Result<DataFrame> {
        let Block { columns, rows } = block;
        let names: Vec<String> = columns.iter().map(|c| c.0.clone()).collect();
        let mut made: Vec<PlColumn> = Vec::with_capacity(names.len());
        let mut links: Vec<Option<PlColumn>> = Vec::with_capacity(names.len());
        for (name, kind, cells) in columns {
            let (column, beside) = self.column(&name, kind, cells)?;
            made.push(column);
            links.push(beside);
        }
        for (name, beside) in names.iter().zip(links) {
            if self.linked.contains(name) {
                let wanted = link::beside(name, |n| names.iter().any(|m| m == n));
                let beside = beside.unwrap_or_else(|| PlColumn::full_null("".into(), rows, &DataType::String));
                made.push(beside.with_name(wanted.as_str().into()));
            }
        }
        DataFrame::new(rows, made).map_err(from_polars)
    }

    /// No rows of the columns as they will be.
    pub fn empty(&mut self, columns: &mut Columns, plan: &[(usize, Type)]) -> Result<DataFrame> {
        Ok(self.frame(columns, plan)?.unwrap_or_default())
    }

    /// Takes over what another one has seen.
    pub fn absorb(&mut self, other: Self) {
        other.html.iter().for_each(|name| note(&mut self.html, name));
        other.linked.iter().for_each(|name| note(&mut self.linked, name));
    }

    /// Drops the rows in hand, but for what they say of HTML.
    pub fn learn(&mut self, columns: &mut Columns) {
        if self.manner.html {
            let mut read = Vec::new();
            for column in columns.all() {
                for text in column.texts().filter(|t| memchr::memchr(b'<', t).is_some()) {
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

    fn column(&mut self, name: &str, kind: Type, cells: Cells) -> Result<(PlColumn, Option<PlColumn>)> {
        let named = || name.into();
        let series = match (cells, kind) {
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
            (Cells::Text(text, ends, there), _) => {
                if self.manner.html && memchr(b'<', &text).is_some() {
                    return self.plain(name, &text, &ends, there);
                }
                strings(name, text, ends, there)?
            }
        };
        Ok((series.into_column(), None))
    }

    /// Texts some of which may be HTML, and where they lead.
    fn plain(
        &mut self,
        name: &str,
        text: &[u8],
        ends: &[usize],
        there: Vec<bool>,
    ) -> Result<(PlColumn, Option<PlColumn>)> {
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
        let column = strings(name, words, word_ends, there)?.into_column();
        let beside = leads.then(|| strings("", links, link_ends, leading)).transpose()?;
        Ok((column, beside.map(|b| b.into_column())))
    }
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
