//! A relation on a server as a table: the windows that are looked at are fetched through a cursor, the whole only when
//! something needs every row, and then it is landed as Parquet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, TryLockError};
use std::time::{Duration, Instant};

use polars::prelude::DataFrame;

use super::line::Way;
use super::read::{self, Block, Cursor};
use super::wire::{Described, Form, Oddities};
use super::{catalogue, explain};
use crate::data::{
    About, Allowance, Collector, Control, Estimate, Flow, Misfit, Origin, Part, Place, Remote, RowCount, STAYS, Table,
    from_polars, schema_of,
};
use crate::error::{ErrorKind, Result};
use crate::sql::{Dialect, Relation};
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
}

/// What is known of the columns of the table that was opened whose types here do not hold every value of the server's.
#[derive(Default)]
struct Narrow {
    /// Their places in it, by every name they have been given since.
    places: BTreeMap<String, BTreeSet<usize>>,
    /// Places of those with a value that was not held.
    unfit: BTreeSet<usize>,
}

impl Narrow {
    /// Notes what columns are called.
    fn named(&mut self, columns: &[Described]) {
        for column in columns.iter().filter(|c| c.form.is_narrower()) {
            self.places.entry(column.name.clone()).or_default().extend(column.place);
        }
    }

    /// Notes that a column did not hold a value.
    fn did_not_hold(&mut self, name: &str) {
        self.unfit.extend(self.places.get(name).into_iter().flatten());
    }

    fn is_unfit(&self, column: &Described) -> bool {
        column.form.is_narrower() && column.place.is_some_and(|p| self.unfit.contains(&p))
    }
}

/// Shared by all tables made of the one that was opened: what is read of its rows in another order is known of it, too.
type Misfits = Arc<Mutex<Narrow>>;

/// Keeps in mind the column that a statement stopped at.
fn met<T>(misfits: &Misfits, done: Result<T>) -> Result<T> {
    if let Err(error) = &done
        && let Some(column) = Misfit::of(error)
    {
        lock(misfits).did_not_hold(column);
    }
    done
}

/// An answer, or none where a statement stopped at a value.
fn held<T>(done: Result<T>) -> Result<Option<T>> {
    match done {
        Err(error) if Misfit::of(&error).is_some() => Ok(None),
        done => done.map(Some),
    }
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
        let allowance = way.allowance(read::query(&way, &relation)?);
        let (described, columns) = way.with(control, |line| {
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
            // Some views read all that is behind them before they give their first row.
            let beginning = described.clone().limit(FIRST as u64, 0);
            explain::admitted(&way, line, &allowance, &beginning, control)?;
            Ok((described, columns))
        })?;
        let begin = |relation, columns| Self::begin(way.clone(), allowance.clone(), relation, columns, control);
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
        control: &Control,
    ) -> Result<Self> {
        // How many digits decimals have, the first rows show.
        let unsettled = columns.iter().any(|c| c.form == Form::Decimal(None));
        let rows = if unsettled { FIRST } else { OPENING };
        let begun = Cursor::open(&way, relation, columns, rows, control)?;
        let table = Self::new(way, allowance, begun.relation, begun.columns, Misfits::default(), control)?;
        table.keep(&mut lock(&table.fetching), Some(begun.cursor), begun.block)?;
        Ok(table)
    }

    /// A relation whose columns are known. Asks the server for nothing; `control` stops what is fetched later, too, while
    /// the work that opened the table goes on.
    fn new(
        way: Arc<Way>,
        allowance: Arc<Allowance>,
        relation: Relation,
        columns: Vec<Described>,
        misfits: Misfits,
        control: &Control,
    ) -> Result<Self> {
        lock(&misfits).named(&columns);
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
        let places = odd.places(&self.columns);
        lock(&self.misfits).unfit.extend(places.into_iter().filter_map(|i| self.columns[i].place));
        lock(&self.odd).absorb(odd);
    }

    /// The same rows with the columns as text whose types did not hold what was read; none if all did.
    fn other(&self) -> Result<Option<Arc<Self>>> {
        let unfit: Vec<usize> = {
            let (odd, misfits) = (lock(&self.odd), lock(&self.misfits));
            let read = odd.places(&self.columns);
            (0..self.columns.len()).filter(|i| read.contains(i) || misfits.is_unfit(&self.columns[*i])).collect()
        };
        if unfit.is_empty() {
            return Ok(None);
        }
        let mut other = lock(&self.other);
        if let Some(other) = &*other
            && unfit.iter().all(|i| other.columns[*i].form == Form::Misfit)
        {
            return Ok(Some(other.clone()));
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
            let (fetched, missing) = {
                let fetched = lock(&self.fetched);
                let near = fetched.bytes < KEPT && end <= fetched.rows() + AHEAD;
                if fetched.ended || fetched.rows() >= end || !near {
                    return Ok(());
                }
                (fetched.frame.is_some().then(|| fetched.rows()), FIRST.saturating_sub(fetched.rows() as usize))
            };
            let started = Instant::now();
            let most = if fetching.broken { SMALL as usize } else { BLOCK };
            let rows = if missing > 0 { missing.min(most) } else { fetching.block.clamp(SMALL as usize, most) };
            let cursor = match fetching.cursor.take().filter(Cursor::is_open) {
                Some(cursor) => cursor,
                None => {
                    if fetched.is_none() {
                        self.admitted(&self.relation.clone().limit(FIRST as u64, 0), control)?;
                    }
                    // Behind the rows given by a session that was lost, or waited too long for more to be looked at.
                    let given = fetched.unwrap_or(0);
                    Cursor::resume(&self.way, &self.relation, &self.columns, given, control)?
                }
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
        let _one = loop {
            match self.landing.try_lock() {
                Ok(one) => break one,
                Err(TryLockError::Poisoned(one)) => break one.into_inner(),
                // Another task brings the rows here.
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            }
            control.check()?;
        };
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
        met(&self.misfits, landed)?;
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
        let rows = met(&self.misfits, read::count(&self.way, &self.allowance, &self.relation, control))?;
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
        met(&self.misfits, self.fetch_to(&mut fetching, start + len as u64, &control))?;
        if let Some(held) = lock(&self.fetched).window(start, len) {
            return self.chosen(&held, columns);
        }
        let ended = lock(&self.fetched).ended;
        let (frame, odd) = match ended {
            true => (empty(&self.columns, self.way.settings.zone.name())?, Oddities::default()),
            false => {
                let rows = (start, len.max(BLOCK));
                met(&self.misfits, read::window(&self.way, &self.relation, &self.columns, rows, &control))?
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
        let misfits = lock(&self.misfits);
        self.columns.iter().any(|c| misfits.is_unfit(c))
    }

    fn is_at_hand(&self, row: u64) -> bool {
        self.landed.get().is_some() || lock(&self.fetched).window(row, 1).is_some()
    }

    fn give_up(&self) {
        std::mem::take(&mut *lock(&self.control)).cancel();
    }

    fn notices(&self) -> Vec<Msg> {
        // Nothing is missing in the reading that was asked for since.
        let known = lock(&self.other).clone();
        let asked = known.or_else(|| self.other().ok().flatten().filter(|_| lock(&self.odd).is_empty()));
        if let Some(other) = asked {
            return other.notices();
        }
        let of = |form: Form| -> Vec<&str> {
            self.columns.iter().filter(|c| c.form == form).map(|c| c.name.as_str()).collect()
        };
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
        if !self.hidden.is_empty() {
            notices.push(Msg::new("notice-postgres-denied").with("columns", names(&self.hidden)));
        }
        notices.extend(lock(&self.odd).notices());
        notices
    }

    fn facts(&self) -> Vec<Msg> {
        let id = if self.landed.get().is_some() { "fact-landed" } else { STAYS };
        vec![Msg::new(id).with("name", self.way.settings.name.as_str())]
    }

    fn place(&self) -> Option<Place> {
        let remote = Engine {
            way: self.way.clone(),
            allowance: self.allowance.clone(),
            columns: self.columns.clone(),
            misfits: self.misfits.clone(),
        };
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

/// The server, for relations with these columns.
struct Engine {
    way: Arc<Way>,
    allowance: Arc<Allowance>,
    columns: Vec<Described>,
    misfits: Misfits,
}

impl Engine {
    /// Rows with these columns.
    fn table(&self, relation: &Relation, columns: Vec<Described>, control: &Control) -> Result<Arc<dyn Table>> {
        let (way, allowance, misfits) = (self.way.clone(), self.allowance.clone(), self.misfits.clone());
        Ok(Arc::new(RelationTable::new(way, allowance, relation.clone(), columns, misfits, control)?))
    }
}

impl Remote for Engine {
    fn name(&self) -> &str {
        &self.way.settings.name
    }

    fn dialect(&self) -> Dialect {
        self.way.dialect()
    }

    fn answers_side_by_side(&self) -> bool {
        // The other kind shares few places out among all who ask.
        !self.way.settings.redshift
    }

    fn open(&self, relation: &Relation, control: &Control) -> Result<Arc<dyn Table>> {
        self.table(relation, self.columns.clone(), control)
    }

    fn narrow(&self, relation: &Relation, columns: &[&str], control: &Control) -> Result<Option<Arc<dyn Table>>> {
        let kept = self.columns.iter().filter(|c| columns.contains(&c.name.as_str())).cloned().collect();
        self.table(relation, kept, control).map(Some)
    }

    fn with_columns(&self, columns: &[(String, Origin)]) -> Option<Arc<dyn Remote>> {
        let column = |(name, origin): &(String, Origin)| match origin {
            Origin::Kept(place) => Some(Described { name: name.clone(), ..self.columns.get(*place)?.clone() }),
            Origin::Made(dtype) => {
                let form = Form::made(dtype, self.way.settings.zone.name())?;
                Some(Described { name: name.clone(), form, type_name: String::new(), place: None })
            }
        };
        let columns: Vec<_> = columns.iter().map(column).collect::<Option<_>>()?;
        lock(&self.misfits).named(&columns);
        let (way, allowance, misfits) = (self.way.clone(), self.allowance.clone(), self.misfits.clone());
        Some(Arc::new(Self { way, allowance, columns, misfits }))
    }

    fn misfits(&self, columns: &[&str]) {
        let mut misfits = lock(&self.misfits);
        columns.iter().for_each(|name| misfits.did_not_hold(name));
    }

    fn first(&self, relation: &Relation, rows: usize, control: &Control) -> Result<Option<DataFrame>> {
        // Through a cursor as the table's own rows: a query by itself may be shared out among processes, in any order.
        let (relation, columns) =
            self.way.with(control, |line| read::describe(&self.way, line, relation.clone(), control))?;
        let wanted = relation.clone().limit(rows as u64, 0);
        self.way.with(control, |line| explain::admitted(&self.way, line, &self.allowance, &wanted, control))?;
        let begun = met(&self.misfits, Cursor::open(&self.way, relation, columns, rows, control));
        Ok(held(begun)?.map(|begun| {
            begun.cursor.close(&self.way);
            begun.block.frame
        }))
    }

    fn about(&self, relation: &Relation, column: &str, control: &Control) -> Result<Option<About>> {
        let Some((table, column)) = relation.source_of(column).filter(|_| !self.way.settings.redshift) else {
            return Ok(None);
        };
        let name = self.way.dialect().table(table);
        self.way.with(control, |line| catalogue::told(line, &name, column, control))
    }

    fn fetch(&self, relation: &Relation, most: usize, control: &Control) -> Result<Option<DataFrame>> {
        let answer =
            self.way.with(control, |line| read::answer((&self.way, line), &self.allowance, relation, most, control));
        Ok(held(met(&self.misfits, answer))?.and_then(|answer| {
            let name = |odd: Vec<String>| {
                // Groups have the names of the columns they are of.
                let names: Vec<&str> = odd.iter().map(String::as_str).collect();
                self.misfits(&names);
            };
            answer.map_err(name).ok()
        }))
    }

    fn estimate(&self, relation: &Relation, control: &Control) -> Result<Option<Estimate>> {
        self.way.with(control, |line| explain::estimate(&self.way, line, relation, control))
    }
}
