//! Rows of a relation: what its columns are, and the ways to fetch them: a few into memory, window by window through a
//! cursor, or all of them as a stream.

use std::collections::HashSet;

use futures_util::{StreamExt as _, pin_mut};
use polars::prelude::DataFrame;
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Row, Statement};

use super::explain::admitted;
use super::line::{Fault, Line, Way};
use super::wire::{Described, Form, Gatherer, Odd, Oddities, decimal, shown_scale};
use crate::data::{Allowance, Control, Flow, from_polars};
use crate::error::{Error, Result};
use crate::sql::{Aggregate, Dialect, Relation, Term, text};
use crate::text::Msg;

/// Rows of a stream that are handed on together.
const BATCH: usize = 65_536;
/// Bytes of a stream that are handed on together, where rows are long.
const BATCH_BYTES: usize = 32 << 20;

/// A value as it came.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> std::result::Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A value as it came, in the bytes of its type.
pub fn value(row: &Row, i: usize) -> Option<&[u8]> {
    row.try_get::<_, Option<Raw<'_>>>(i).ok().flatten().map(|raw| raw.0)
}

impl Way {
    /// What the server at the end of this way speaks.
    pub fn dialect(&self) -> Dialect {
        if self.settings.redshift { Dialect::Redshift } else { Dialect::Postgres }
    }
}

/// The text of a relation's query.
pub fn query(way: &Way, relation: &Relation) -> Result<String> {
    text::query(relation, way.dialect()).map_err(Error::failed)
}

/// The columns of a relation by the server's own description, which runs nothing; and the relation in which they have these
/// names and types that can be read and compared here: names that are empty or occur twice get numbers, and what has no
/// counterpart here is text.
pub fn describe(way: &Way, line: &Line, relation: Relation, control: &Control) -> Result<(Relation, Vec<Described>)> {
    let statement = line.run(control, line.client().prepare(&query(way, &relation)?))?;
    let columns = described(&statement);
    if columns.iter().zip(statement.columns()).all(|(ours, theirs)| ours.name == theirs.name()) {
        return Ok((readable(relation, &columns), columns));
    }
    let names: Vec<String> = columns.iter().map(|c| way.dialect().identifier(&c.name)).collect();
    let text = format!("select * from (\n{}\n) t ({})", query(way, &relation)?, names.join(", "));
    Ok((readable(Relation::Query(text), &columns), columns))
}

/// The relation with what has no counterpart here as text.
pub fn readable(relation: Relation, columns: &[Described]) -> Relation {
    let cast: Vec<usize> = (0..columns.len()).filter(|i| columns[*i].form.is_cast()).collect();
    as_text(relation, columns, &cast)
}

/// The relation with the columns at these places read as text, since their types do not hold every value.
pub fn reread(relation: Relation, mut columns: Vec<Described>, places: &[usize]) -> (Relation, Vec<Described>) {
    let relation = as_text(relation, &columns, places);
    for place in places {
        columns[*place].form = Form::Misfit;
    }
    (relation, columns)
}

/// The relation with the columns at these places as text.
fn as_text(relation: Relation, columns: &[Described], places: &[usize]) -> Relation {
    if places.is_empty() {
        return relation;
    }
    let term = |(i, c): (usize, &Described)| {
        let column = Term::column(&c.name);
        (c.name.clone(), if places.contains(&i) { Term::Text(Box::new(column)) } else { column })
    };
    relation.select(columns.iter().enumerate().map(term).collect())
}

fn described(statement: &Statement) -> Vec<Described> {
    let mut seen = HashSet::new();
    let mut columns = Vec::new();
    for column in statement.columns() {
        let base = if column.name().is_empty() { "column" } else { column.name() };
        let mut name = base.to_owned();
        let mut n = 2;
        while !seen.insert(name.clone()) {
            name = format!("{base}_{n}");
            n += 1;
        }
        let form = Form::of(column.type_(), column.type_modifier());
        let place = Some(columns.len());
        columns.push(Described { name, form, type_name: column.type_().name().to_owned(), place });
    }
    columns
}

/// The relation with the columns described and no others.
fn shaped(relation: &Relation, columns: &[Described]) -> Relation {
    relation.clone().columns(columns.iter().map(|c| c.name.as_str()))
}

/// Gathers rows into a frame.
pub struct Frames<'a> {
    columns: &'a [Described],
    zone: &'a str,
    gatherers: Vec<Gatherer>,
    rows: usize,
    bytes: usize,
}

impl<'a> Frames<'a> {
    /// For rows of these columns.
    pub fn new(columns: &'a [Described], zone: &'a str) -> Self {
        let gatherers = columns.iter().map(|c| Gatherer::new(c, zone)).collect();
        Self { columns, zone, gatherers, rows: 0, bytes: 0 }
    }

    fn row(&mut self, row: &Row) -> Result<()> {
        for (i, gatherer) in self.gatherers.iter_mut().enumerate() {
            gatherer.push(value(row, i))?;
        }
        self.rows += 1;
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.rows >= BATCH || self.bytes >= BATCH_BYTES
    }

    /// The rows so far, and what was odd in them; begins anew.
    pub fn take(&mut self) -> Result<(DataFrame, Oddities)> {
        let next = self.columns.iter().map(|c| Gatherer::new(c, self.zone)).collect();
        let gathered = std::mem::replace(&mut self.gatherers, next);
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        let mut odd = Oddities::default();
        let mut columns = Vec::new();
        for gatherer in gathered {
            let (column, found) = gatherer.finish()?;
            odd.absorb(found);
            columns.push(column);
        }
        Ok((DataFrame::new(rows, columns).map_err(from_polars)?, odd))
    }
}

/// Gives decimals of unknown scale the one their first values show; the places of those that do not fit, which have to be
/// text.
fn settle_scales(columns: &mut [Described], rows: &[Row]) -> Vec<usize> {
    let mut unfit = Vec::new();
    for (i, column) in columns.iter_mut().enumerate() {
        if column.form == Form::Decimal(None) {
            let values = || rows.iter().filter_map(|row| value(row, i));
            let scale = values().filter_map(shown_scale).max().unwrap_or(0);
            let fits = scale <= 20 && values().all(|v| !matches!(decimal(v, scale), Ok(Err(Odd::Digits))));
            column.form = if fits { Form::Decimal(Some(scale)) } else { Form::Misfit };
            if !fits {
                unfit.push(i);
            }
        }
    }
    unfit
}

/// The rows of an answer, in memory; else the names of its columns with values that cannot be held here.
pub fn answer(
    (way, line): (&Way, &Line),
    allowance: &Allowance,
    relation: &Relation,
    most: usize,
    control: &Control,
) -> Result<std::result::Result<DataFrame, Vec<String>>> {
    let (relation, mut columns) = describe(way, line, relation.clone(), control)?;
    admitted(way, line, allowance, &relation, control)?;
    let sql = query(way, &shaped(&relation, &columns).limit(most as u64 + 1, 0))?;
    control.note_sent(&sql);
    let mut rows = line.run(control, line.client().query(sql.as_str(), &[]))?;
    if rows.len() > most {
        return Err(
            Error::refused(Msg::new("error-postgres-many").with("most", most)).hint(Msg::new("hint-limit-rows"))
        );
    }
    let unfit = settle_scales(&mut columns, &rows);
    if !unfit.is_empty() {
        let sql = query(way, &as_text(shaped(&relation, &columns), &columns, &unfit).limit(most as u64, 0))?;
        control.note_sent(&sql);
        rows = line.run(control, line.client().query(sql.as_str(), &[]))?;
    }
    let zone = way.settings.zone.name();
    let mut frames = Frames::new(&columns, zone);
    rows.iter().try_for_each(|row| frames.row(row))?;
    let (frame, odd) = frames.take()?;
    Ok(match odd.is_empty() {
        true => Ok(frame),
        false => Err(odd.places(&columns).into_iter().map(|i| columns[i].name.clone()).collect()),
    })
}

/// A cursor over the rows of a relation, in a transaction of its own in which nothing changes.
pub struct Cursor {
    line: Line,
    columns: Vec<Described>,
}

/// A few rows, what was odd in them, and whether they are the last.
pub struct Block {
    /// The rows.
    pub frame: DataFrame,
    /// What was odd.
    pub odd: Oddities,
    /// Whether there are no more.
    pub last: bool,
}

/// What comes of opening a cursor.
pub struct Begun {
    /// The cursor.
    pub cursor: Cursor,
    /// Its first rows.
    pub block: Block,
    /// The relation it reads, with what does not fit the columns read as text.
    pub relation: Relation,
    /// Its columns, all forms known.
    pub columns: Vec<Described>,
}

impl Cursor {
    /// Opens a cursor and fetches its first rows. Columns whose types do not hold every value among them are read as text.
    pub fn open(
        way: &Way,
        relation: Relation,
        mut columns: Vec<Described>,
        rows: usize,
        control: &Control,
    ) -> Result<Begun> {
        let mut cursor = Self::declare(way, &relation, &columns, control)?;
        let first = cursor.rows(rows, control)?;
        let mut unfit = settle_scales(&mut columns, &first.0);
        cursor.columns.clone_from(&columns);
        let block = cursor.block(way, first)?;
        unfit.extend(block.odd.places(&columns));
        if unfit.is_empty() {
            return Ok(Begun { cursor, block, relation, columns });
        }
        cursor.close(way);
        let (relation, columns) = reread(relation, columns, &unfit);
        Self::open(way, relation, columns, rows, control)
    }

    /// Opens a cursor behind the rows that one before it has given.
    pub fn resume(
        way: &Way,
        relation: &Relation,
        columns: &[Described],
        given: u64,
        control: &Control,
    ) -> Result<Self> {
        match given {
            0 => Self::declare(way, relation, columns, control),
            _ => Self::declare(way, &relation.clone().limit(i64::MAX as u64, given), columns, control),
        }
    }

    /// Whether its session still stands.
    pub fn is_open(&self) -> bool {
        !self.line.client().is_closed()
    }

    fn declare(way: &Way, relation: &Relation, columns: &[Described], control: &Control) -> Result<Self> {
        let line = way.line(control)?;
        let sql = query(way, &shaped(relation, columns))?;
        let begin = match way.settings.redshift {
            true => "begin read only",
            false => "begin isolation level repeatable read read only",
        };
        control.note_sent(&sql);
        line.run(
            control,
            line.client().batch_execute(&format!("{begin}; declare mekiki no scroll cursor for\n{sql}")),
        )?;
        Ok(Self { line, columns: columns.to_vec() })
    }

    fn rows(&self, rows: usize, control: &Control) -> Result<(Vec<Row>, bool)> {
        let sql = format!("fetch forward {rows} from mekiki");
        let found = self.line.run(control, self.line.client().query(sql.as_str(), &[]))?;
        let last = found.len() < rows;
        Ok((found, last))
    }

    fn block(&self, way: &Way, (rows, last): (Vec<Row>, bool)) -> Result<Block> {
        let mut frames = Frames::new(&self.columns, way.settings.zone.name());
        rows.iter().try_for_each(|row| frames.row(row))?;
        let (frame, odd) = frames.take()?;
        Ok(Block { frame, odd, last })
    }

    /// The next rows.
    pub fn next(&self, way: &Way, rows: usize, control: &Control) -> Result<Block> {
        self.block(way, self.rows(rows, control)?)
    }

    /// Ends the transaction and gives the session back.
    pub fn close(self, way: &Way) {
        if self.line.run(&Control::new(), self.line.client().batch_execute("rollback")).is_ok() {
            way.put_back(self.line);
        }
    }
}

/// The rows of a relation from `skip` on, at most so many.
pub fn window(
    way: &Way,
    relation: &Relation,
    columns: &[Described],
    (skip, rows): (u64, usize),
    control: &Control,
) -> Result<(DataFrame, Oddities)> {
    // Through a cursor as the rows before them: a query by itself may be shared out among processes, in any order.
    let cursor = Cursor::declare(way, &relation.clone().limit(rows as u64, skip), columns, control)?;
    let block = cursor.next(way, rows, control)?;
    cursor.close(way);
    Ok((block.frame, block.odd))
}

/// What stopped a stream.
enum Stop {
    /// The line.
    Fault(Fault),
    /// What was done with the rows.
    Error(Error),
    /// No more rows are wanted.
    Enough,
}

/// Every row of a relation, in batches given to `sink` as they come, until it has enough.
pub fn stream(
    way: &Way,
    relation: &Relation,
    columns: &[Described],
    control: &Control,
    mut sink: impl FnMut(DataFrame, Oddities) -> Result<Flow>,
) -> Result<()> {
    let sql = query(way, &shaped(relation, columns))?;
    let line = way.line(control)?;
    control.note_sent(&sql);
    let zone = way.settings.zone.name();
    let mut frames = Frames::new(columns, zone);
    let mut stopped: Option<Result<()>> = None;
    // Rows that several processes give come in another order each time.
    let alone = !way.settings.redshift;
    if alone {
        line.run(control, line.client().batch_execute("set max_parallel_workers_per_gather = 0"))?;
    }
    let work = async {
        let done = match way.settings.redshift {
            false => copied(&line, &sql, &mut frames, control, &mut sink).await,
            true => queried(&line, &sql, &mut frames, control, &mut sink).await,
        };
        match done {
            Ok(()) => Ok(()),
            Err(Stop::Fault(fault)) => Err(fault),
            Err(Stop::Error(error)) => {
                stopped = Some(Err(error));
                Ok(())
            }
            Err(Stop::Enough) => {
                stopped = Some(Ok(()));
                Ok(())
            }
        }
    };
    line.run(control, work)?;
    if let Some(done) = stopped {
        // The stream was left in the middle, so the session is not used again.
        return done;
    }
    let (frame, odd) = frames.take()?;
    sink(frame, odd)?;
    if alone {
        line.run(control, line.client().batch_execute("reset max_parallel_workers_per_gather"))?;
    }
    way.put_back(line);
    Ok(())
}

/// As the server streams tables to files: the fastest way it has.
async fn copied(
    line: &Line,
    sql: &str,
    frames: &mut Frames<'_>,
    control: &Control,
    sink: &mut impl FnMut(DataFrame, Oddities) -> Result<Flow>,
) -> std::result::Result<(), Stop> {
    /// What a stream begins with, before its flags and the length of what may follow them.
    const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
    let broken = || Stop::Error(Error::failed(Msg::new("error-postgres-wire")));
    let copy = format!("copy (\n{sql}\n) to stdout (format binary)");
    let stream = line.client().copy_out(copy.as_str()).await.map_err(Stop::Fault)?;
    pin_mut!(stream);
    let mut begun = false;
    while let Some(message) = stream.next().await {
        let message = message.map_err(Stop::Fault)?;
        let mut rest: &[u8] = &message;
        if !begun {
            begun = true;
            rest = rest.strip_prefix(SIGNATURE).ok_or_else(broken)?;
            let more = rest.get(4..8).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes).ok_or_else(broken)?;
            rest = rest.get(8 + more as usize..).ok_or_else(broken)?;
        }
        while let Some((head, after)) = rest.split_first_chunk::<2>() {
            rest = after;
            // The end of the stream is a row of minus one fields.
            if i16::from_be_bytes(*head) < 0 {
                break;
            }
            if usize::from(u16::from_be_bytes(*head)) != frames.gatherers.len() {
                return Err(broken());
            }
            for gatherer in &mut frames.gatherers {
                let (length, after) = rest.split_first_chunk::<4>().ok_or_else(broken)?;
                let length = i32::from_be_bytes(*length);
                let (field, after) = match usize::try_from(length) {
                    Ok(length) => after.split_at_checked(length).map(|(f, a)| (Some(f), a)).ok_or_else(broken)?,
                    Err(_) => (None, after),
                };
                gatherer.push(field).map_err(Stop::Error)?;
                rest = after;
            }
            frames.rows += 1;
        }
        frames.bytes += message.len();
        if frames.is_full() {
            hand_on(frames, control, sink)?;
        }
    }
    Ok(())
}

/// As the answer of a query, where there is no other way.
async fn queried(
    line: &Line,
    sql: &str,
    frames: &mut Frames<'_>,
    control: &Control,
    sink: &mut impl FnMut(DataFrame, Oddities) -> Result<Flow>,
) -> std::result::Result<(), Stop> {
    let none: [&(dyn tokio_postgres::types::ToSql + Sync); 0] = [];
    let stream = line.client().query_raw(sql, none).await.map_err(Stop::Fault)?;
    pin_mut!(stream);
    while let Some(row) = stream.next().await {
        let row = row.map_err(Stop::Fault)?;
        frames.row(&row).map_err(Stop::Error)?;
        frames.bytes += row.raw_size_bytes();
        if frames.is_full() {
            hand_on(frames, control, sink)?;
        }
    }
    Ok(())
}

fn hand_on(
    frames: &mut Frames<'_>,
    control: &Control,
    sink: &mut impl FnMut(DataFrame, Oddities) -> Result<Flow>,
) -> std::result::Result<(), Stop> {
    let (frame, odd) = frames.take().map_err(Stop::Error)?;
    control.advance(frame.height() as u64);
    match sink(frame, odd).map_err(Stop::Error)? {
        Flow::Continue => Ok(()),
        Flow::Stop => Err(Stop::Enough),
    }
}

/// Rows of a relation, counted by the server.
pub fn count(way: &Way, allowance: &Allowance, relation: &Relation, control: &Control) -> Result<u64> {
    let counted = relation.clone().group(Vec::new(), vec![("rows".to_owned(), Aggregate::Count)]);
    let sql = query(way, &counted)?;
    let row = way.with(control, |line| {
        admitted(way, line, allowance, &counted, control)?;
        control.note_sent(&sql);
        line.run(control, line.client().query_one(sql.as_str(), &[]))
    })?;
    Ok(row.try_get::<_, i64>(0).ok().and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
}
