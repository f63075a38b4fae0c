//! A relation on a server as a table: the windows that are looked at are fetched through a cursor, the whole only when
//! something needs every row, and then it is landed as Parquet.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use polars::prelude::DataFrame;

use super::engine::Engine;
use super::line::{Line, Way};
use super::misfits::Misfits;
use super::read::{self, Block, Cursor};
use super::wire::{Described, Form, Oddities};
use super::{catalogue, explain};
use crate::data::{
    Allowance, Collector, Control, Estimate, Flow, Part, Place, RowCount, STAYS, Table, from_polars, schema_of,
};
use crate::error::{ErrorKind, Result};
use crate::source::alone::{alone, lock};
use crate::sql::Relation;
use crate::text::{Msg, names};
use crate::value::Schema;

/// Rows fetched first: a screen and a little more.
const FIRST: usize = 200;
/// Rows fetched to open a table: those who ask for its answers alone never look at one.
const OPENING: usize = 10;
/// Rows fetched at once later on.
const BLOCK: usize = 2_000;
/// How far beyond what is fetched a cursor is moved; a window further on is asked for by itself.
const AHEAD: u64 = 20_000;
/// Bytes of fetched rows that are kept.
const KEPT: usize = 64 << 20;
/// Bytes of a landed table that stay in memory.
const LANDED: u64 = 32 << 20;

/// How long a block may take to come, about: what is slow to make comes in smaller ones.
const PACE: Duration = Duration::from_millis(200);
/// Rows of the smallest block.
const SMALL: f64 = 20.0;

/// What has been fetched; never locked while something is waited for.
#[derive(Default)]
struct Fetched {
    /// From the beginning on.
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

    /// These rows, if all of them that there are have been fetched.
    fn window(&self, start: u64, len: usize) -> Option<DataFrame> {
        let end = start + len as u64;
        if end <= self.rows() || self.ended {
            let frame = self.frame.as_ref()?;
            return Some(frame.slice(start.min(frame.height() as u64) as i64, len));
        }
        let within = |(from, frame): &&(u64, DataFrame)| *from <= start && end <= from + frame.height() as u64;
        self.apart.as_ref().filter(within).map(|(from, frame)| frame.slice((start - from) as i64, len))
    }
}

/// What fetches; locked as long as a fetch takes.
#[derive(Default)]
struct Fetching {
    cursor: Option<Cursor>,
    /// Rows of the next block, by how long the last one took.
    block: usize,
    /// Whether some row cannot be made: those before it come in the smallest blocks.
    broken: bool,
    /// How many of the first rows may be read.
    allowed: usize,
}

/// A relation, read as it is looked at.
pub struct RelationTable {
    way: Arc<Way>,
    allowance: Arc<Allowance>,
    relation: Relation,
    columns: Vec<Described>,
    schema: Schema,
    fetched: Mutex<Fetched>,
    fetching: Mutex<Fetching>,
    landed: OnceLock<Arc<dyn Table>>,
    landing: Mutex<()>,
    odd: Mutex<Oddities>,
    misfits: Misfits,
    /// The same rows with those columns as text, once somebody has asked for them.
    other: Mutex<Option<Arc<RelationTable>>>,
    counted: OnceLock<u64>,
    /// Columns that may not be read.
    hidden: Vec<String>,
    /// Columns read as text by whose values, as the server has them, the rows are in order.
    ordered: Vec<String>,
    /// Of whoever looks at rows.
    control: Mutex<Control>,
}

impl Drop for RelationTable {
    fn drop(&mut self) {
        let cursor = self.fetching.get_mut().ok().and_then(|f| f.cursor.take());
        if let Some(cursor) = cursor {
            cursor.close(&self.way);
        }
    }
}

fn empty(columns: &[Described], zone: &str) -> Result<DataFrame> {
    Ok(read::Frames::new(columns, zone).take()?.0)
}

/// How many of the first rows of a relation may be read, where so many are wanted: some views read all that is behind them
/// before they give their first row. More come where nobody has to be asked, so that there is something to look at.
fn beginning(
    (way, line): (&Way, &Line),
    allowance: &Allowance,
    relation: &Relation,
    wanted: usize,
    control: &Control,
) -> Result<usize> {
    let of = |rows: usize| explain::admitted(way, line, allowance, &relation.clone().limit(rows as u64, 0), control);
    match of(FIRST) {
        Err(error) if error.kind == ErrorKind::Refused && wanted < FIRST => of(wanted).map(|_| wanted),
        done => done.map(|_| FIRST),
    }
}

impl RelationTable {
    /// A relation whose columns the server has to describe, with its first rows fetched. Columns that may not be read are
    /// left out.
    pub fn open(way: Arc<Way>, relation: Relation, control: &Control) -> Result<Self> {
        let allowance = way.allowance(read::query(&way, &relation)?);
        let (described, columns, rows) = way.with(control, |line| {
            let (mut described, mut columns) = read::describe(&way, line, relation.clone(), control)?;
            if let Relation::Table(parts) = &relation
                && !way.settings.redshift
                && columns.iter().any(|c| c.form.is_narrower())
            {
                // Where there are no statistics to be had, the rows will tell.
                let known = catalogue::odd(line, &way.dialect().table(parts), control).unwrap_or_default();
                let unfit = |i: &usize| columns[*i].form.is_narrower() && known.contains(&columns[*i].name);
                let unfit: Vec<usize> = (0..columns.len()).filter(unfit).collect();
                (described, columns) = read::reread(described, columns, &unfit);
            }
            // How many digits decimals have, the first rows show.
            let unsettled = columns.iter().any(|c| c.form == Form::Decimal(None));
            let rows = if unsettled { FIRST } else { OPENING };
            let allowed = beginning((&way, line), &allowance, &described, rows, control)?;
            Ok((described, columns, (rows, allowed)))
        })?;
        let begin = |relation, columns| Self::begin(way.clone(), allowance.clone(), relation, columns, rows, control);
        match begin(described, columns.clone()) {
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
                let mut table = begin(relation, columns)?;
                table.hidden = hidden.into_iter().map(|c| c.name).collect();
                Ok(table)
            }
            done => done,
        }
    }

    fn begin(
        way: Arc<Way>,
        allowance: Arc<Allowance>,
        relation: Relation,
        columns: Vec<Described>,
        (rows, allowed): (usize, usize),
        control: &Control,
    ) -> Result<Self> {
        let begun = Cursor::open(&way, relation, columns, rows, control)?;
        let table = Self::new(way, allowance, begun.relation, begun.columns, Misfits::default(), control)?;
        let mut fetching = lock(&table.fetching);
        fetching.allowed = allowed;
        table.keep(&mut fetching, Some(begun.cursor), begun.block)?;
        drop(fetching);
        Ok(table)
    }

    /// A relation whose columns are known. Asks the server for nothing; `control` stops what is fetched later, too, while
    /// the work that opened the table goes on.
    pub fn new(
        way: Arc<Way>,
        allowance: Arc<Allowance>,
        relation: Relation,
        columns: Vec<Described>,
        misfits: Misfits,
        control: &Control,
    ) -> Result<Self> {
        misfits.named(&columns);
        Ok(Self {
            schema: schema_of(&empty(&columns, way.settings.zone.name())?),
            way,
            allowance,
            relation,
            columns,
            fetched: Mutex::default(),
            fetching: Mutex::default(),
            landed: OnceLock::new(),
            landing: Mutex::default(),
            counted: OnceLock::new(),
            hidden: Vec::new(),
            ordered: Vec::new(),
            odd: Mutex::default(),
            misfits,
            other: Mutex::default(),
            control: Mutex::new(control.part()),
        })
    }

    /// What a relation made of this one is expected to take, once it may.
    fn admitted(&self, relation: &Relation, control: &Control) -> Result<Option<Estimate>> {
        self.way.with(control, |line| explain::admitted(&self.way, line, &self.allowance, relation, control))
    }

    /// Keeps in mind what did not fit.
    fn note(&self, odd: Oddities) {
        self.misfits.found(odd.places(&self.columns).into_iter().map(|i| &self.columns[i]));
        lock(&self.odd).absorb(odd);
    }

    /// The same rows with the columns as text whose types did not hold what was read; none if all did.
    fn other(&self) -> Result<Option<Arc<Self>>> {
        let unfit: Vec<usize> = {
            let read = lock(&self.odd).places(&self.columns);
            (0..self.columns.len()).filter(|i| read.contains(i) || self.misfits.is_unfit(&self.columns[*i])).collect()
        };
        if unfit.is_empty() {
            return Ok(None);
        }
        let mut other = lock(&self.other);
        if let Some(other) = &*other {
            // Its rows may be here already.
            let last = other.other()?.unwrap_or_else(|| other.clone());
            if unfit.iter().all(|i| last.columns[*i].form == Form::Misfit) {
                return Ok(Some(last));
            }
        }
        let of_unfit = |column: &String| unfit.iter().any(|i| self.columns[*i].name == *column);
        let ordered = self.relation.order().into_iter().map(|o| o.column).filter(of_unfit).collect();
        let (relation, columns) = read::reread(self.relation.clone(), self.columns.clone(), &unfit);
        let (way, allowance) = (self.way.clone(), self.allowance.clone());
        let control = lock(&self.control).clone();
        let mut made = Self::new(way, allowance, relation, columns, self.misfits.clone(), &control)?;
        made.hidden.clone_from(&self.hidden);
        made.ordered = ordered;
        let made = Arc::new(made);
        *other = Some(made.clone());
        Ok(Some(made))
    }

    fn keep(&self, fetching: &mut Fetching, cursor: Option<Cursor>, block: Block) -> Result<()> {
        self.note(block.odd);
        let mut fetched = lock(&self.fetched);
        fetched.bytes += block.frame.estimated_size();
        match &mut fetched.frame {
            None => fetched.frame = Some(block.frame),
            Some(all) => {
                all.vstack_mut(&block.frame).map_err(from_polars)?;
            }
        }
        fetched.ended = block.last;
        drop(fetched);
        fetching.cursor = cursor;
        if block.last
            && let Some(cursor) = fetching.cursor.take()
        {
            cursor.close(&self.way);
        }
        Ok(())
    }

    /// Moves the cursor on until row `end` is fetched, if it is near.
    fn fetch_to(&self, fetching: &mut Fetching, end: u64, control: &Control) -> Result<()> {
        loop {
            let given = {
                let fetched = lock(&self.fetched);
                let near = fetched.bytes < KEPT && end <= fetched.rows() + AHEAD;
                if fetched.ended || fetched.rows() >= end || !near {
                    return Ok(());
                }
                fetched.rows()
            };
            let wanted = FIRST.min(end as usize);
            if fetching.allowed < wanted {
                let begins = |line: &_| beginning((&self.way, line), &self.allowance, &self.relation, wanted, control);
                fetching.allowed = self.way.with(control, begins)?;
            }
            let missing = fetching.allowed.saturating_sub(given as usize);
            let started = Instant::now();
            let most = if fetching.broken { SMALL as usize } else { BLOCK };
            let rows = if missing > 0 { missing.min(most) } else { fetching.block.clamp(SMALL as usize, most) };
            let cursor = match fetching.cursor.take().filter(Cursor::is_open) {
                Some(cursor) => cursor,
                // Behind the rows given by a session that was lost, or waited too long for more to be looked at.
                None => Cursor::resume(&self.way, &self.relation, &self.columns, given, control)?,
            };
            let block = match cursor.next(&self.way, rows, control) {
                Err(e) if e.kind == ErrorKind::Failed && !fetching.broken => {
                    fetching.broken = true;
                    continue;
                }
                block => block?,
            };
            let share = PACE.as_secs_f64() / started.elapsed().as_secs_f64().max(1e-6);
            fetching.block = (block.frame.height() as f64 * share).clamp(SMALL, BLOCK as f64) as usize;
            self.keep(fetching, Some(cursor), block)?;
        }
    }

    /// Brings every row here; if `strictly`, until there is a value that does not fit, and then there is none of this
    /// reading.
    fn land(&self, strictly: bool, control: &Control) -> Result<Option<&Arc<dyn Table>>> {
        let _one = alone(&self.landing, control)?;
        if let Some(landed) = self.landed.get() {
            return Ok(Some(landed));
        }
        let expected = self.admitted(&self.relation, control)?;
        control.restart(expected.and_then(|e| e.rows).unwrap_or(0));
        control.say(Some(Msg::new("stage-landing").with("name", self.way.settings.name.as_str())));
        let mut collector = Collector::new(&empty(&self.columns, self.way.settings.zone.name())?, LANDED);
        let mut odd = Oddities::default();
        let landed = read::stream(&self.way, &self.relation, &self.columns, control, |frame, found| {
            odd.absorb(found);
            match strictly && !odd.is_empty() {
                true => Ok(Flow::Stop),
                false => collector.push(frame).map(|()| Flow::Continue),
            }
        });
        control.say(None);
        self.misfits.met(landed)?;
        let cut = strictly && !odd.is_empty();
        *lock(&self.odd) = Oddities::default();
        self.note(odd);
        if cut {
            return Ok(None);
        }
        let table = collector.finish()?.table().clone();
        Ok(Some(self.landed.get_or_init(|| table)))
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
        let rows = self.misfits.met(read::count(&self.way, &self.allowance, &self.relation, control))?;
        Ok(*self.counted.get_or_init(|| rows))
    }

    fn read(&self, columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
        if let Some(landed) = self.landed.get() {
            return landed.read(columns, start, len);
        }
        if let Some(held) = lock(&self.fetched).window(start, len) {
            return self.chosen(&held, columns);
        }
        let control = lock(&self.control).clone();
        let mut fetching = lock(&self.fetching);
        self.misfits.met(self.fetch_to(&mut fetching, start + len as u64, &control))?;
        if let Some(held) = lock(&self.fetched).window(start, len) {
            return self.chosen(&held, columns);
        }
        let ended = lock(&self.fetched).ended;
        let (frame, odd) = match ended {
            true => (empty(&self.columns, self.way.settings.zone.name())?, Oddities::default()),
            false => {
                let rows = (start, len.max(BLOCK));
                self.misfits.met(read::window(&self.way, &self.relation, &self.columns, rows, &control))?
            }
        };
        self.note(odd);
        let window = self.chosen(&frame.slice(0, len), columns);
        lock(&self.fetched).apart = Some((start, frame));
        window
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
        match self.land(false, control)? {
            Some(landed) => landed.parts(control),
            None => Ok(Vec::new()),
        }
    }

    fn settle(&self, _control: &Control) -> Result<Option<Arc<dyn Table>>> {
        Ok(self.other()?.map(|other| other as Arc<dyn Table>))
    }

    fn settle_whole(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        let here = self.landed.get().is_some() || lock(&self.fetched).ended;
        if !here {
            self.land(true, control)?;
        }
        let Some(other) = self.other()? else { return Ok(None) };
        Ok(Some(other.settle_whole(control)?.unwrap_or(other)))
    }

    fn is_misread(&self) -> bool {
        self.columns.iter().any(|c| self.misfits.is_unfit(c))
    }

    fn is_at_hand(&self, row: u64) -> bool {
        self.landed.get().is_some() || lock(&self.fetched).window(row, 1).is_some()
    }

    fn give_up(&self) {
        std::mem::take(&mut *lock(&self.control)).cancel();
    }

    fn notices(&self) -> Vec<Msg> {
        let all: Vec<usize> = (0..self.columns.len()).collect();
        let mut notices = self.notices_about(&all);
        if !self.hidden.is_empty() {
            notices.push(Msg::new("notice-postgres-denied").with("columns", names(&self.hidden)));
        }
        notices
    }

    fn notices_about(&self, columns: &[usize]) -> Vec<Msg> {
        // Nothing is missing in the reading that was asked for since.
        let known = lock(&self.other).clone();
        let asked = known.or_else(|| self.other().ok().flatten().filter(|_| lock(&self.odd).is_empty()));
        if let Some(other) = asked {
            return other.notices_about(columns);
        }
        let about: Vec<&Described> = columns.iter().filter_map(|i| self.columns.get(*i)).collect();
        let of =
            |form: Form| -> Vec<&str> { about.iter().filter(|c| c.form == form).map(|c| c.name.as_str()).collect() };
        let (cast, misfit) = (of(Form::Cast), of(Form::Misfit));
        let mut notices = Vec::new();
        if !cast.is_empty() {
            notices.push(Msg::new("notice-postgres-text").with("columns", names(&cast)));
        }
        if !misfit.is_empty() {
            notices.push(Msg::new("notice-postgres-misfit").with("columns", names(&misfit)));
        }
        if !self.ordered.is_empty() {
            notices.push(Msg::new("notice-postgres-order").with("columns", names(&self.ordered)));
        }
        let named: Vec<&str> = about.iter().map(|c| c.name.as_str()).collect();
        notices.extend(lock(&self.odd).notices(&named));
        notices
    }

    fn facts(&self) -> Vec<Msg> {
        let id = if self.landed.get().is_some() { "fact-landed" } else { STAYS };
        vec![Msg::new(id).with("name", self.way.settings.name.as_str())]
    }

    fn place(&self) -> Option<Place> {
        let (way, allowance) = (self.way.clone(), self.allowance.clone());
        let remote = Engine::new(way, allowance, self.columns.clone(), self.misfits.clone());
        Some(Place { remote: Arc::new(remote), relation: self.relation.clone() })
    }

    fn landed(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        match self.settle_whole(control)? {
            Some(other) => other.landed(control),
            None => Ok(self.land(false, control)?.cloned()),
        }
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
