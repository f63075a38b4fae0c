//! A delimited file as a table: windows of typed rows, and the pass that checks every value.
//!
//! Column types come from the beginning of the file and are fixed for the life of a table. `Table::settle` looks at the
//! rest and gives a table whose types fit all of it; until then a value that does not fit is shown as missing, with a
//! notice that quotes it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use polars::prelude::DataFrame;

use super::index::Index;
use super::infer::{self, Seen, Type};
use super::parse::{Extract, Misfit, Sink, split};
use crate::data::{Control, Part, RowCount, Table};
use crate::error::{Error, Result};
use crate::source::files::encoding;
use crate::text::Msg;
use crate::value::decimal::EXACT;
use crate::value::{Column, Kind, Schema};

/// Characters of a value that a notice quotes.
const QUOTED: usize = 40;

/// What all tables over one file share.
pub struct Core {
    index: Index,
    names: Vec<String>,
    /// Types that the beginning of the file suggests.
    types: Vec<Type>,
    /// What was seen there.
    seen: Vec<Seen>,
    /// Places that could not be decoded when the file was converted as a whole.
    undecodable: u64,
    checking: Mutex<()>,
    checked: OnceLock<Checked>,
    /// Values shown as missing, by column.
    hidden: Mutex<BTreeMap<usize, Quote>>,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
struct Quote {
    line: u64,
    value: String,
}

/// Rows with a wrong number of fields.
#[derive(Clone, Copy, Debug, Default)]
struct Ragged {
    count: u64,
    /// The first one and its number of fields.
    first: Option<(u64, usize)>,
}

impl Ragged {
    fn add(&mut self, row: u64, fields: usize) {
        self.count += 1;
        self.merge_first(Some((row, fields)));
    }

    fn merge_first(&mut self, other: Option<(u64, usize)>) {
        self.first = match (self.first, other) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    fn merge(&mut self, other: &Ragged) {
        self.count += other.count;
        self.merge_first(other.first);
    }
}

/// What the pass over all values found.
#[derive(Default)]
struct Checked {
    types: Vec<Type>,
    misfits: BTreeMap<usize, Quote>,
    long: Ragged,
    long_line: u64,
    short: Ragged,
    short_line: u64,
    undecodable: u64,
}

/// A delimited file seen as a table.
pub struct DelimitedTable {
    core: Arc<Core>,
    types: Vec<Type>,
    schema: Schema,
}

impl Core {
    /// Puts together what is known of a file. `seen` is what its beginning holds, by column.
    pub fn new(index: Index, names: Vec<String>, seen: Vec<Seen>, all_text: bool, undecodable: u64) -> Self {
        let types = seen.iter().map(|s| if all_text { Type::Text } else { s.best() }).collect();
        Self {
            index,
            names,
            types,
            seen,
            undecodable,
            checking: Mutex::new(()),
            checked: OnceLock::new(),
            hidden: Mutex::new(BTreeMap::new()),
        }
    }

    /// The index of the rows.
    pub fn index(&self) -> &Index {
        &self.index
    }

    fn line_of(&self, row: Option<(u64, usize)>) -> Result<u64> {
        row.map_or(Ok(0), |(row, _)| self.index.line_of(row))
    }

    /// The pass over all values, once, while the index is still being built. Progress counts bytes.
    fn check(&self, control: &Control) -> Result<&Checked> {
        let _one = self.checking.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(done) = self.checked.get() {
            return Ok(done);
        }
        control.restart(self.index.size());
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let claimed = AtomicUsize::new(0);
        let stop = AtomicBool::new(false);
        let work = || -> Result<Check<'_>> {
            let mut check = Check::new(&self.types);
            while !stop.load(Ordering::Relaxed) {
                let part = self.index.part(claimed.fetch_add(1, Ordering::Relaxed), control);
                let done = part.and_then(|part| part.map(|p| self.check_part(p, &mut check)).transpose());
                match done.inspect_err(|_| stop.store(true, Ordering::Relaxed))? {
                    Some(bytes) => control.advance(bytes),
                    None => break,
                }
            }
            Ok(check)
        };
        let results: Vec<Result<Check<'_>>> =
            std::thread::scope(|scope| {
                let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
                let mut results = vec![work()];
                results.extend(others.into_iter().map(|t| {
                    t.join().unwrap_or_else(|_| Err(Error::failed(Msg::new("error-panic").with("cause", ""))))
                }));
                results
            });
        let mut all = Check::new(&self.types);
        for result in results {
            all.merge(result?);
        }
        let mut misfits = BTreeMap::new();
        for (i, misfit) in all.misfits.into_iter().enumerate() {
            if let Some(m) = misfit {
                misfits.insert(i, Quote { line: self.index.line_of(m.row)?, value: m.value });
            }
        }
        let types = self
            .types
            .iter()
            .zip(self.seen.iter().zip(&all.seen))
            .map(|(t, (head, rest))| {
                let mut seen = *head;
                seen.add(*rest);
                if *t == Type::Text { Type::Text } else { seen.best() }
            })
            .collect();
        let checked = Checked {
            types,
            misfits,
            long_line: self.line_of(all.long.first)?,
            long: all.long,
            short_line: self.line_of(all.short.first)?,
            short: all.short,
            undecodable: self.undecodable + all.undecodable,
        };
        Ok(self.checked.get_or_init(|| checked))
    }

    /// Looks at a part; its size in bytes.
    fn check_part(&self, part: Part, check: &mut Check<'_>) -> Result<u64> {
        let end = part.start + part.len as u64;
        let bytes = self.index.rows(part.start, end)?;
        let (text, bad) = encoding::decode(self.index.encoding(), &bytes);
        check.undecodable += bad;
        check.row = part.start;
        split(&text, &self.index.dialect, part.start, &self.literal(part.start, end), part.len as u64, check);
        Ok(bytes.len() as u64)
    }

    /// The rows in a range whose quotes are ordinary characters.
    fn literal(&self, start: u64, end: u64) -> Vec<u64> {
        let known = self.index.known();
        let from = known.literal.partition_point(|r| *r < start);
        let to = known.literal.partition_point(|r| *r < end);
        known.literal[from..to].to_vec()
    }
}

/// Looks whether values fit their types.
struct Check<'a> {
    types: &'a [Type],
    seen: Vec<Seen>,
    misfits: Vec<Option<Misfit>>,
    row: u64,
    surplus: bool,
    long: Ragged,
    short: Ragged,
    undecodable: u64,
}

impl<'a> Check<'a> {
    fn new(types: &'a [Type]) -> Self {
        Self {
            types,
            seen: vec![Seen::default(); types.len()],
            misfits: vec![None; types.len()],
            row: 0,
            surplus: false,
            long: Ragged::default(),
            short: Ragged::default(),
            undecodable: 0,
        }
    }

    fn merge(&mut self, other: Check<'_>) {
        for (mine, theirs) in self.seen.iter_mut().zip(&other.seen) {
            mine.add(*theirs);
        }
        for (mine, theirs) in self.misfits.iter_mut().zip(other.misfits) {
            if let Some(m) = theirs
                && mine.as_ref().is_none_or(|x| m.row < x.row)
            {
                *mine = Some(m);
            }
        }
        self.long.merge(&other.long);
        self.short.merge(&other.short);
        self.undecodable += other.undecodable;
    }
}

impl Sink for Check<'_> {
    #[inline]
    fn wants(&self, place: usize) -> bool {
        self.types.get(place).is_none_or(|t| *t != Type::Text)
    }

    #[inline]
    fn field(&mut self, place: usize, text: &str, _quoted: bool) {
        if text.is_empty() {
            return;
        }
        let Some(kind) = self.types.get(place) else {
            self.surplus = true;
            return;
        };
        let b = text.as_bytes();
        let fits = match kind {
            Type::Text => true,
            Type::Integer => infer::int(b).is_some_and(|v| {
                if v.unsigned_abs() > EXACT {
                    self.seen[place].add(Seen::BIG);
                }
                true
            }),
            Type::Float => infer::float(b).is_some(),
            Type::Boolean => infer::boolean(b).is_some(),
            Type::Date => infer::date(b).is_some(),
            Type::DateTime { utc, nanos, .. } => infer::moment(b, *utc, *nanos).is_some_and(|v| {
                if !nanos && v.checked_mul(1000).is_none() {
                    self.seen[place].add(Seen::FAR);
                }
                true
            }),
        };
        if !fits {
            self.seen[place].add(infer::classify(b));
            if self.misfits[place].as_ref().is_none_or(|m| self.row < m.row) {
                self.misfits[place] = Some(Misfit { row: self.row, value: text.to_owned() });
            }
        }
    }

    #[inline]
    fn end(&mut self, row: u64, _start: usize, fields: usize) {
        if fields < self.types.len() {
            self.short.add(row, fields);
        } else if self.surplus {
            self.long.add(row, fields);
        }
        self.surplus = false;
        self.row = row + 1;
    }
}

impl DelimitedTable {
    /// The table with the types that the beginning of the file suggests.
    pub fn new(core: Arc<Core>) -> Self {
        let types = core.types.clone();
        Self::typed(core, types)
    }

    fn typed(core: Arc<Core>, types: Vec<Type>) -> Self {
        let columns = core.names.iter().zip(&types).map(|(n, t)| Column { name: n.clone(), kind: t.kind() }).collect();
        Self { core, types, schema: Schema::new(columns) }
    }

    /// Keeps the first value of each column that was shown as missing.
    fn note(&self, misfits: Vec<(usize, Misfit)>) {
        for (place, misfit) in misfits {
            let known = self.core.hidden.lock().unwrap_or_else(|e| e.into_inner()).contains_key(&place);
            if !known && let Ok(line) = self.core.index.line_of(misfit.row) {
                let mut hidden = self.core.hidden.lock().unwrap_or_else(|e| e.into_inner());
                hidden.entry(place).or_insert(Quote { line, value: misfit.value });
            }
        }
    }

    fn about(&self, id: &'static str, place: usize, quote: &Quote) -> Msg {
        let kind = self.schema.columns().get(place).map_or(Kind::Text, |c| c.kind.clone());
        Msg::new(id)
            .with("column", self.core.names.get(place).cloned().unwrap_or_default())
            .with("line", quote.line)
            .with("value", super::quoted(&quote.value, QUOTED))
            .with("kind", kind.word())
    }
}

impl Table for DelimitedTable {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> RowCount {
        let known = self.core.index.known();
        if known.complete { RowCount::Exact(known.end.row) } else { RowCount::AtLeast(known.end.row) }
    }

    fn read(&self, columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
        let index = &self.core.index;
        let end = start.saturating_add(len as u64);
        index.know(end)?;
        let end = end.min(index.known().end.row);
        let rows = end.saturating_sub(start) as usize;
        let mut places: Vec<usize> = Vec::with_capacity(columns.len());
        let mut taken = vec![false; self.types.len()];
        for c in columns.iter().filter(|c| **c < self.types.len()) {
            if !std::mem::replace(&mut taken[*c], true) {
                places.push(*c);
            }
        }
        let mut extract =
            Extract::new(&places, start, rows, |place| (self.core.names[place].as_str(), self.types[place]));
        if rows > 0 {
            if places.is_empty() {
                return Ok(DataFrame::empty_with_height(rows));
            }
            let bytes = index.rows(start, end)?;
            let (text, _) = encoding::decode(index.encoding(), &bytes);
            split(&text, &index.dialect, start, &self.core.literal(start, end), rows as u64, &mut extract);
        }
        self.note(std::mem::take(&mut extract.misfits));
        let (height, columns) = extract.finish();
        DataFrame::new(height, columns)
            .map_err(|e| Error::failed(Msg::new("error-data").with("cause", e.to_string())).caused_by(e))
    }

    fn parts(&self, control: &Control) -> Result<Vec<Part>> {
        self.core.index.know_all(control)?;
        Ok(self.core.index.parts())
    }

    fn settle(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        let checked = self.core.check(control)?;
        if checked.types == self.types {
            return Ok(None);
        }
        Ok(Some(Arc::new(Self::typed(self.core.clone(), checked.types.clone()))))
    }

    fn notices(&self) -> Vec<Msg> {
        let all: Vec<usize> = (0..self.types.len()).collect();
        self.notices_about(&all)
    }

    fn notices_about(&self, columns: &[usize]) -> Vec<Msg> {
        let index = &self.core.index;
        let mut out = Vec::new();
        let (decided, literal, first, nuls) = {
            let known = index.known();
            (known.decided_at, known.literal.len(), known.literal.first().copied(), known.nuls)
        };
        if let Some(line) = decided.and_then(|at| index.line_at(at).ok())
            && index.encoding() != encoding_rs::UTF_8
        {
            let name = encoding::name(index.encoding());
            out.push(Msg::new("notice-text-encoding-late").with("line", line).with("encoding", name));
        }
        if let Some(line) = first.and_then(|row| index.line_of(row).ok()) {
            out.push(Msg::new("notice-text-open-quote").with("count", literal).with("line", line));
        }
        if nuls > 0 {
            out.push(Msg::new("notice-text-nuls").with("count", nuls));
        }
        let checked = self.core.checked.get();
        let undecodable = checked.map_or(self.core.undecodable, |c| c.undecodable);
        if undecodable > 0 {
            let name = encoding::name(index.encoding());
            out.push(Msg::new("notice-text-undecodable").with("count", undecodable).with("encoding", name));
        }
        if let Some(c) = checked {
            for (id, ragged, line) in
                [("notice-text-long", c.long, c.long_line), ("notice-text-short", c.short, c.short_line)]
            {
                if let Some((_, fields)) = ragged.first {
                    out.push(
                        Msg::new(id)
                            .with("count", ragged.count)
                            .with("line", line)
                            .with("fields", fields)
                            .with("columns", self.types.len()),
                    );
                }
            }
        }
        let hidden = self.core.hidden.lock().unwrap_or_else(|e| e.into_inner());
        let misfits = checked.map_or(&*hidden, |c| &c.misfits);
        for (place, quote) in misfits.iter().filter(|(place, _)| columns.contains(place)) {
            let settled = checked.is_some_and(|c| c.types[*place] == self.types[*place]);
            let id = if settled { "notice-text-retyped" } else { "notice-text-misfit" };
            out.push(self.about(id, *place, quote));
        }
        out
    }
}
