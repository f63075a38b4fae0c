//! A relation on a server as a table: the windows that are looked at are fetched through a cursor, the whole only when
//! something needs every row, and then it is landed as Parquet.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use polars::prelude::DataFrame;

use super::line::Way;
use super::read::{self, Block, Cursor};
use super::wire::{Described, Form, Oddities};
use super::{catalogue, explain};
use crate::data::{
    Collector, Control, Estimate, Origin, Part, Place, Remote, RowCount, STAYS, Table, from_polars, schema_of,
};
use crate::error::{Error, Result};
use crate::sql::{Dialect, Relation};
use crate::text::{Msg, number};
use crate::value::Schema;

/// Rows fetched first: a screen and a little more.
const FIRST: usize = 200;
/// Rows fetched at once later on.
const BLOCK: usize = 2_000;
/// How far beyond what is fetched a cursor is moved; a window further on is asked for by itself.
const AHEAD: u64 = 20_000;
/// Bytes of fetched rows that are kept.
const KEPT: usize = 64 << 20;
/// Bytes of a landed table that stay in memory.
const LANDED: u64 = 32 << 20;

/// What has been fetched from the beginning on.
#[derive(Default)]
struct Fetched {
    cursor: Option<Cursor>,
    frame: Option<DataFrame>,
    bytes: usize,
    ended: bool,
    /// The window asked for by itself last.
    apart: Option<(u64, DataFrame)>,
}

impl Fetched {
    fn rows(&self) -> u64 {
        self.frame.as_ref().map_or(0, |f| f.height() as u64)
    }
}

/// A relation, read as it is looked at.
pub struct RelationTable {
    way: Arc<Way>,
    relation: Relation,
    columns: Vec<Described>,
    schema: Schema,
    fetched: Mutex<Fetched>,
    landed: OnceLock<Arc<dyn Table>>,
    landing: Mutex<()>,
    odd: Mutex<Oddities>,
    counted: OnceLock<u64>,
    /// Columns that may not be read.
    hidden: Vec<String>,
    control: Control,
}

impl Drop for RelationTable {
    fn drop(&mut self) {
        let cursor = self.fetched.get_mut().ok().and_then(|f| f.cursor.take());
        if let Some(cursor) = cursor {
            cursor.close(&self.way);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

fn empty(columns: &[Described], zone: &str) -> Result<DataFrame> {
    Ok(read::Frames::new(columns, zone).take()?.0)
}

impl RelationTable {
    /// A relation whose columns the server has to describe, with its first rows fetched. Columns that may not be read are
    /// left out.
    pub fn open(way: Arc<Way>, relation: Relation, control: &Control) -> Result<Self> {
        let (described, columns) = way.with(control, |line| read::describe(&way, line, relation.clone(), control))?;
        match Self::begin(way.clone(), described, columns.clone(), control) {
            Err(error) if control.check().is_ok() => {
                let Relation::Table(parts) = &relation else { return Err(error) };
                let name = way.dialect().table(parts);
                // A second failure says less than the first.
                let denied = way.with(control, |line| catalogue::denied(line, &name, control)).unwrap_or_default();
                let (columns, hidden): (Vec<_>, Vec<_>) = columns.into_iter().partition(|c| !denied.contains(&c.name));
                if columns.is_empty() || hidden.is_empty() {
                    return Err(error);
                }
                let relation = read::readable(relation, &columns);
                let mut table = Self::begin(way, relation, columns, control)?;
                table.hidden = hidden.into_iter().map(|c| c.name).collect();
                Ok(table)
            }
            done => done,
        }
    }

    fn begin(way: Arc<Way>, relation: Relation, columns: Vec<Described>, control: &Control) -> Result<Self> {
        let begun = Cursor::open(&way, relation, columns, FIRST, control)?;
        let table = Self::new(way, begun.relation, begun.columns, control)?;
        let mut fetched = lock(&table.fetched);
        fetched.cursor = Some(begun.cursor);
        table.keep(&mut fetched, begun.block)?;
        drop(fetched);
        Ok(table)
    }

    /// A relation whose columns are known. Asks the server for nothing; `control` stops what is fetched later, too, while
    /// the work that opened the table goes on.
    fn new(way: Arc<Way>, relation: Relation, columns: Vec<Described>, control: &Control) -> Result<Self> {
        Ok(Self {
            schema: schema_of(&empty(&columns, way.settings.zone.name())?),
            way,
            relation,
            columns,
            fetched: Mutex::default(),
            landed: OnceLock::new(),
            landing: Mutex::default(),
            counted: OnceLock::new(),
            hidden: Vec::new(),
            odd: Mutex::default(),
            control: control.clone(),
        })
    }

    fn keep(&self, fetched: &mut Fetched, block: Block) -> Result<()> {
        lock(&self.odd).absorb(block.odd);
        fetched.bytes += block.frame.estimated_size();
        match &mut fetched.frame {
            None => fetched.frame = Some(block.frame),
            Some(all) => {
                all.vstack_mut(&block.frame).map_err(from_polars)?;
            }
        }
        fetched.ended = block.last;
        if block.last
            && let Some(cursor) = fetched.cursor.take()
        {
            cursor.close(&self.way);
        }
        Ok(())
    }

    /// Moves the cursor on until row `end` is fetched, if it is near.
    fn fetch_to(&self, fetched: &mut Fetched, end: u64, control: &Control) -> Result<()> {
        while !fetched.ended && fetched.rows() < end && fetched.bytes < KEPT && end <= fetched.rows() + AHEAD {
            let block = match &fetched.cursor {
                Some(cursor) => cursor.next(&self.way, BLOCK, control),
                None if fetched.frame.is_none() => {
                    let (relation, columns) = (self.relation.clone(), self.columns.clone());
                    Cursor::open(&self.way, relation, columns, FIRST, control).map(|begun| {
                        fetched.cursor = Some(begun.cursor);
                        begun.block
                    })
                }
                // The session was lost; what lies beyond is asked for by itself.
                None => return Ok(()),
            };
            match block {
                Ok(block) => self.keep(fetched, block)?,
                Err(error) => {
                    fetched.cursor = None;
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Brings every row here.
    fn land(&self, control: &Control) -> Result<&Arc<dyn Table>> {
        let _one = lock(&self.landing);
        if let Some(landed) = self.landed.get() {
            return Ok(landed);
        }
        let most = self.way.settings.most_rows;
        let expected = read::estimate(&self.way, &self.relation, control)?;
        if let Some(rows) = expected.filter(|rows| *rows > most) {
            let message =
                Msg::new("error-postgres-too-many").with("rows", number::count(rows)).with("most", number::count(most));
            return Err(Error::refused(message).hint(Msg::new("hint-postgres-too-many")));
        }
        control.restart(expected.unwrap_or(0));
        control.say(Some(Msg::new("stage-landing").with("name", self.way.settings.name.as_str())));
        let mut collector = Collector::new(&empty(&self.columns, self.way.settings.zone.name())?, LANDED);
        let mut odd = Oddities::default();
        let landed = read::stream(&self.way, &self.relation, &self.columns, control, |frame, found| {
            odd.absorb(found);
            collector.push(frame)
        });
        control.say(None);
        landed?;
        *lock(&self.odd) = odd;
        let table = collector.finish()?.table().clone();
        Ok(self.landed.get_or_init(|| table))
    }

    fn chosen(&self, frame: &DataFrame, columns: &[usize]) -> Result<DataFrame> {
        let chosen = columns.iter().filter_map(|i| frame.columns().get(*i).cloned()).collect();
        DataFrame::new(frame.height(), chosen).map_err(from_polars)
    }
}

impl Table for RelationTable {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> RowCount {
        if let Some(landed) = self.landed.get() {
            return landed.rows();
        }
        let fetched = lock(&self.fetched);
        match (fetched.ended, self.counted.get()) {
            (true, _) => RowCount::Exact(fetched.rows()),
            (false, Some(rows)) => RowCount::Exact(*rows),
            (false, None) => RowCount::AtLeast(fetched.rows()),
        }
    }

    fn count(&self, control: &Control) -> Result<u64> {
        if let RowCount::Exact(rows) = self.rows() {
            return Ok(rows);
        }
        let rows = read::count(&self.way, &self.relation, control)?;
        Ok(*self.counted.get_or_init(|| rows))
    }

    fn read(&self, columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
        if let Some(landed) = self.landed.get() {
            return landed.read(columns, start, len);
        }
        let control = &self.control;
        let mut fetched = lock(&self.fetched);
        let end = start + len as u64;
        self.fetch_to(&mut fetched, end, control)?;
        if end <= fetched.rows() || fetched.ended {
            return match &fetched.frame {
                Some(frame) => {
                    let start = start.min(frame.height() as u64);
                    self.chosen(&frame.slice(start as i64, len), columns)
                }
                None => self.chosen(&empty(&self.columns, self.way.settings.zone.name())?, columns),
            };
        }
        let within = |(from, frame): &(u64, DataFrame)| *from <= start && end <= from + frame.height() as u64;
        if !fetched.apart.as_ref().is_some_and(within) {
            let wanted = (start, len.max(BLOCK));
            let (frame, odd) = read::window(&self.way, &self.relation, &self.columns, wanted, control)?;
            lock(&self.odd).absorb(odd);
            fetched.apart = Some((start, frame));
        }
        match &fetched.apart {
            Some((from, frame)) => self.chosen(&frame.slice((start - from) as i64, len), columns),
            None => self.chosen(&empty(&self.columns, self.way.settings.zone.name())?, columns),
        }
    }

    fn parts(&self, control: &Control) -> Result<Vec<Part>> {
        if self.landed.get().is_none() {
            let fetched = lock(&self.fetched);
            if fetched.ended {
                let rows = fetched.rows();
                let step = u64::try_from(BLOCK).unwrap_or(1) * 32;
                let part = |start| Part { start, len: step.min(rows - start) as usize };
                return Ok((0..rows).step_by(step as usize).map(part).collect());
            }
        }
        self.land(control)?.parts(control)
    }

    fn notices(&self) -> Vec<Msg> {
        let cast: Vec<&str> = self.columns.iter().filter(|c| c.form == Form::Cast).map(|c| c.name.as_str()).collect();
        let mut notices = Vec::new();
        if !cast.is_empty() {
            notices.push(Msg::new("notice-postgres-text").with("columns", cast.join(", ")));
        }
        if !self.hidden.is_empty() {
            notices.push(Msg::new("notice-postgres-denied").with("columns", self.hidden.join(", ")));
        }
        notices.extend(lock(&self.odd).notices());
        notices
    }

    fn facts(&self) -> Vec<Msg> {
        let id = if self.landed.get().is_some() { "fact-landed" } else { STAYS };
        vec![Msg::new(id).with("name", self.way.settings.name.as_str())]
    }

    fn place(&self) -> Option<Place> {
        let remote = Engine { way: self.way.clone(), columns: self.columns.clone() };
        Some(Place { remote: Arc::new(remote), relation: self.relation.clone() })
    }

    fn landed(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        self.land(control).cloned().map(Some)
    }

    fn gather(&self, columns: &[usize], rows: &[u64]) -> Result<DataFrame> {
        match self.landed.get() {
            Some(landed) => landed.gather(columns, rows),
            None => {
                crate::data::gather_by_runs(self.schema(), columns, rows, |start, len| self.read(columns, start, len))
            }
        }
    }
}

/// The server, for relations with these columns.
struct Engine {
    way: Arc<Way>,
    columns: Vec<Described>,
}

impl Remote for Engine {
    fn name(&self) -> &str {
        &self.way.settings.name
    }

    fn dialect(&self) -> Dialect {
        self.way.dialect()
    }

    fn open(&self, relation: &Relation, control: &Control) -> Result<Arc<dyn Table>> {
        let table = RelationTable::new(self.way.clone(), relation.clone(), self.columns.clone(), control)?;
        Ok(Arc::new(table))
    }

    fn with_columns(&self, columns: &[(String, Origin)]) -> Option<Arc<dyn Remote>> {
        let column = |(name, origin): &(String, Origin)| match origin {
            Origin::Kept(place) => Some(Described { name: name.clone(), ..self.columns.get(*place)?.clone() }),
            Origin::Made(dtype) => {
                let form = Form::made(dtype, self.way.settings.zone.name())?;
                Some(Described { name: name.clone(), form, type_name: String::new() })
            }
        };
        let columns = columns.iter().map(column).collect::<Option<_>>()?;
        Some(Arc::new(Self { way: self.way.clone(), columns }))
    }

    fn estimate(&self, relation: &Relation, control: &Control) -> Result<Option<Estimate>> {
        self.way.with(control, |line| explain::estimate(&self.way, line, relation, control))
    }

    fn fetch(&self, relation: &Relation, most: usize, control: &Control) -> Result<Option<DataFrame>> {
        self.way.with(control, |line| read::answer(&self.way, line, relation, most, control))
    }
}
