//! Rows in hand as columns of a table. Cells that are HTML become their text; where they lead is a column of its own beside.

use polars::prelude::{
    BooleanChunked, Column as PlColumn, DataFrame, DataType, Float64Chunked, Int32Chunked, Int64Chunked,
    IntoColumn as _, IntoSeries as _, NewChunkedArray as _, StringChunked, TimeUnit, TimeZone,
};

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

    /// The rows in hand as a frame. None if they do not fit the plan.
    pub fn frame(&mut self, columns: &mut Columns, plan: &[(usize, Type)]) -> Result<Option<DataFrame>> {
        let rows = columns.rows();
        let names: Vec<String> = plan.iter().map(|(p, _)| columns.all()[*p].name.clone()).collect();
        let Some(cells) = columns.take(plan) else { return Ok(None) };
        let mut made: Vec<PlColumn> = Vec::with_capacity(names.len());
        let mut links: Vec<Option<PlColumn>> = Vec::with_capacity(names.len());
        for ((name, (_, kind)), cells) in names.iter().zip(plan).zip(cells) {
            let (column, beside) = self.column(name, *kind, cells);
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
        DataFrame::new(rows, made).map(Some).map_err(from_polars)
    }

    /// No rows of the columns as they will be.
    pub fn empty(&mut self, columns: &mut Columns, plan: &[(usize, Type)]) -> Result<DataFrame> {
        Ok(self.frame(columns, plan)?.unwrap_or_default())
    }

    /// Drops the rows in hand, but for what they say of HTML.
    pub fn learn(&mut self, columns: &mut Columns) {
        if self.manner.html {
            for column in columns.all() {
                for text in column.texts().filter(|t| memchr::memchr(b'<', t).is_some()) {
                    if let Some(plain) = html::plain(&String::from_utf8_lossy(text)) {
                        note(&mut self.html, &column.name);
                        if plain.link.is_some() {
                            note(&mut self.linked, &column.name);
                        }
                    }
                }
            }
        }
        columns.drop_rows();
    }

    fn column(&mut self, name: &str, kind: Type, cells: Cells) -> (PlColumn, Option<PlColumn>) {
        let named = || name.into();
        let some = |values: Vec<i64>, there: Vec<bool>| values.into_iter().zip(there).map(|(v, t)| t.then_some(v));
        let series = match (cells, kind) {
            (Cells::Flags(values), _) => BooleanChunked::from_iter_options(named(), values.into_iter()).into_series(),
            (Cells::Floats(values, there), _) => {
                let values = values.into_iter().zip(there).map(|(v, t)| t.then_some(v));
                Float64Chunked::from_iter_options(named(), values).into_series()
            }
            (Cells::Ints(values, there), Type::Date) => {
                let days = some(values, there).map(|d| d.and_then(|d| i32::try_from(d).ok()));
                Int32Chunked::from_iter_options(named(), days).into_date().into_series()
            }
            (Cells::Ints(values, there), Type::Local | Type::Instant { .. }) => {
                let zone = match kind {
                    Type::Instant { tokyo } => {
                        TimeZone::opt_try_new(Some(if tokyo { "Asia/Tokyo" } else { "UTC" })).ok().flatten()
                    }
                    _ => None,
                };
                Int64Chunked::from_iter_options(named(), some(values, there))
                    .into_datetime(TimeUnit::Microseconds, zone)
                    .into_series()
            }
            (Cells::Ints(values, there), _) => {
                Int64Chunked::from_iter_options(named(), some(values, there)).into_series()
            }
            (Cells::Text(text, ends, there), _) => {
                let mut start = 0;
                let pieces = ends.iter().zip(&there).map(|(end, there)| {
                    let piece = &text[start..*end];
                    start = *end;
                    there.then_some(piece)
                });
                if self.manner.html && text.contains('<') {
                    return self.plain(name, pieces);
                }
                StringChunked::from_iter_options(named(), pieces).into_series()
            }
        };
        (series.into_column(), None)
    }

    /// Texts some of which may be HTML, and where they lead.
    fn plain<'a>(&mut self, name: &str, pieces: impl Iterator<Item = Option<&'a str>>) -> (PlColumn, Option<PlColumn>) {
        let mut links: Vec<Option<String>> = Vec::new();
        let (mut changed, mut leads) = (false, false);
        let texts = pieces.map(|piece| {
            let plain = piece.filter(|p| p.contains('<')).and_then(html::plain);
            let Some(plain) = plain else {
                links.push(None);
                return piece.map(std::borrow::Cow::Borrowed);
            };
            changed = true;
            leads |= plain.link.is_some();
            links.push(plain.link);
            Some(std::borrow::Cow::Owned(plain.text))
        });
        let column = StringChunked::from_iter_options(name.into(), texts).into_series().into_column();
        if changed {
            note(&mut self.html, name);
        }
        if leads {
            note(&mut self.linked, name);
        }
        let beside = StringChunked::from_iter_options("".into(), links.into_iter()).into_series().into_column();
        (column, leads.then_some(beside))
    }
}
