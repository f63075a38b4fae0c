//! Rows that stay with the data source: a saved query or a statement is wrapped in further ones, which Redash runs there.
//!
//! Every relation that is looked at is a run of its own on the server, for its first rows; steps on the way to it are none.
//! The whole is landed only when something needs every row. Where a data source cannot be asked so, the kept rows are opened
//! instead, and that is said.

use std::sync::{Arc, Mutex, OnceLock};

use polars::prelude::{DataFrame, DataType};
use serde_json::{Map, Value};

use super::columns::{Hint, Type};
use super::keep::{Provenance, Whole};
use super::land::{self, Again, Order};
use super::link::Thing;
use super::shape::Manner;
use super::{Redash, Shared, adhoc, age, merge, params, sweep};
use crate::data::{
    Control, Dataset, MemoryTable, Part, Place, Remote, RowCount, STAYS, Table, from_polars, gather_by_runs, schema_of,
};
use crate::error::{Error, ErrorKind, Result};
use crate::source::alone::{alone, lock};
use crate::source::{OpenOptions, Opened};
use crate::sql::{Aggregate, Dialect, Relation, Term, text};
use crate::text::{Msg, number};
use crate::value::Schema;

/// Rows fetched at once.
const HEAD: usize = 1_000;
/// Cells are what the data source has, since conditions are judged there.
const AS_THEY_ARE: Manner = Manner { html: false };
/// Begins what Redash puts a value in the place of.
const PLACEHOLDER: &str = "{{";
/// Whole numbers from here on are not all doubles, which is what Redash makes of exact sums.
const EXACT: f64 = crate::value::decimal::EXACT as f64;

/// What a data source of this type speaks; none where that cannot be written here.
fn dialect(kind: &str) -> Option<Dialect> {
    match kind {
        "pg" => Some(Dialect::Postgres),
        "redshift" | "redshift_iam" => Some(Dialect::Redshift),
        "bigquery" | "bigquery_gce" => Some(Dialect::BigQuery),
        "athena" | "presto" | "trino" => Some(Dialect::Trino),
        _ => None,
    }
}

/// What is asked, and of whom.
struct Question {
    source: u64,
    sql: String,
    parameters: Map<String, Value>,
    max_age: u64,
    title: String,
}

/// Opens a query or a statement so that its rows stay where they are.
pub fn open(redash: &Redash, of: Thing, options: &OpenOptions, control: &Control) -> Result<Opened> {
    let asked = question(redash, &of, options, control)?;
    let why = match asked {
        Ok(question) => match place(redash, &question, control)? {
            Ok((dialect, source)) => match begin(redash, question, dialect, source, control) {
                Err(e) if e.message.id == "error-redash-forbidden" => e.message,
                Err(e) if e.kind == ErrorKind::Failed && e.hint.is_none() => {
                    return Err(e.hint(Msg::new("hint-redash-live")));
                }
                other => return other,
            },
            Err(why) => why,
        },
        Err(why) => why,
    };
    let mut opened = crate::source::Source::open(redash, &of.path(), options, control)?;
    opened.notices.insert(0, Msg::new("notice-redash-kept").with("why", why));
    Ok(opened)
}

/// The question a thing means, or why there is none.
fn question(
    redash: &Redash,
    of: &Thing,
    options: &OpenOptions,
    control: &Control,
) -> Result<std::result::Result<Question, Msg>> {
    let max_age = options.max_age.unwrap_or(0);
    match of {
        Thing::Query { id, given } => {
            let query = redash.look(*id, control)?;
            let mut given = given.clone();
            merge(&mut given, options);
            let now = age::now(redash.shared.settings.zone);
            let values = params::resolve(&query.params, &given, now)?;
            if sweep::runs(&query.params, &given, &values, now)?.len() > 1 {
                return Ok(Err(Msg::new("redash-live-sweep")));
            }
            let title = format!("{}:{id} {}", redash.name(), query.name);
            let parameters = params::loose(&query.params, values);
            Ok(match query.data_source.filter(|_| !query.sql.trim().is_empty()) {
                Some(source) => Ok(Question { source, sql: query.sql, parameters, max_age, title }),
                None => Err(Msg::new("redash-live-hidden")),
            })
        }
        Thing::Sql { source, query: Some(sql) } => {
            let id = adhoc::number(redash.shared.api()?, source, control)?;
            let title = format!("{}:sql/{source}", redash.name());
            let parameters = adhoc::plain(options);
            Ok(Ok(Question { source: id, sql: sql.clone(), parameters, max_age, title }))
        }
        _ => Err(Error::usage(Msg::new("error-statement-missing")).hint(Msg::new("hint-statement-missing"))),
    }
}

/// What the data source of a question speaks and is called, or why it cannot be asked.
fn place(
    redash: &Redash,
    question: &Question,
    control: &Control,
) -> Result<std::result::Result<(Dialect, String), Msg>> {
    let sources = match redash.shared.api()?.data_sources(control) {
        // A query's own key sees no data sources.
        Err(e) if matches!(e.message.id, "error-redash-forbidden" | "error-redash-login") => return Ok(Err(e.message)),
        other => other?,
    };
    let Some(source) = sources.into_iter().find(|s| s.id == question.source) else {
        return Ok(Err(Msg::new("redash-live-hidden")));
    };
    Ok(match dialect(&source.kind) {
        Some(dialect) => Ok((dialect, source.name)),
        None => Err(Msg::new("redash-live-dialect").with("name", source.name).with("kind", source.kind)),
    })
}

/// Runs the question for its first rows, which tell the columns.
fn begin(redash: &Redash, question: Question, dialect: Dialect, source: String, control: &Control) -> Result<Opened> {
    let title = question.title.clone();
    let relation = Relation::Query(question.sql.clone());
    let line = Line { shared: redash.shared.clone(), question, dialect };
    let judge = |_: &str, hint, kind| line.judge(hint, kind);
    let (head, order, cut) = line.head(&relation, &judge, control)?;
    let name = format!("{} · {source}", redash.name());
    let fact = Msg::new(STAYS).with("name", format!("{source} ({})", dialect.name()));
    let relation = line.exact(relation, &order);
    let ground = Arc::new(Ground { line, name, order, none: MemoryTable::new(head.slice(0, 0)) });
    let table = Live::new(ground, relation, Some(Head::new(head, cut)), control);
    let notices = vec![Msg::new("notice-redash-live")];
    Ok(Opened { dataset: Dataset::new(Arc::new(table)), title, facts: vec![fact], notices })
}

/// The way to the answers of a question.
struct Line {
    shared: Arc<Shared>,
    question: Question,
    dialect: Dialect,
}

impl Line {
    /// The text of a relation, or why it cannot be sent.
    fn text(&self, relation: &Relation) -> Result<String> {
        let text = text::query(relation, self.dialect).map_err(Error::failed)?;
        // A condition on such text would be filled in by the server.
        let of = |text: &str| text.matches(PLACEHOLDER).count();
        match of(&text) == of(&self.question.sql) {
            true => Ok(text),
            false => Err(Error::usage(Msg::new("error-redash-live-braces"))),
        }
    }

    /// A run of a relation, which is about to begin.
    fn again(&self, relation: &Relation, control: &Control) -> Result<Again> {
        let q = &self.question;
        let text = self.text(relation)?;
        control.note_sent(&text);
        Ok(adhoc::runner(self.shared.clone(), q.source, text, q.parameters.clone(), q.max_age))
    }

    /// The first rows of a relation, the order of its columns, and whether there are more.
    fn head(&self, relation: &Relation, judge: land::Judge, control: &Control) -> Result<(DataFrame, Order, bool)> {
        let again = self.again(&relation.clone().limit(HEAD as u64 + 1, 0), control)?;
        let held = land::held(&again, HEAD + 1, judge, AS_THEY_ARE, control)?;
        let changed = || Error::failed(Msg::new("error-redash-changed")).hint(Msg::new("hint-reload"));
        let (frame, order) = held.ok_or_else(changed)?;
        let cut = frame.height() > HEAD;
        Ok((frame.slice(0, HEAD), order, cut))
    }

    /// What a column is whose values look like this. PostgreSQL's own words for numbers and dates are all known, so that
    /// other values that look like them are text there.
    fn judge(&self, hint: Hint, kind: Type) -> Type {
        let own = matches!(self.dialect, Dialect::Postgres | Dialect::Redshift);
        match (kind, hint) {
            (Type::Date | Type::Local | Type::Instant { .. }, Hint::None | Hint::Text) if own => Type::Text,
            (Type::Date, Hint::DateTime) => Type::Local,
            _ => kind,
        }
    }

    /// The relation with what only reads as text made text over there as well, where types are not told apart.
    fn exact(&self, relation: Relation, order: &Order) -> Relation {
        if !matches!(self.dialect, Dialect::Postgres | Dialect::Redshift) {
            return relation;
        }
        let unclear = |hint: Hint, kind: Type| kind == Type::Text && hint != Hint::Text;
        if !order.named().any(|(_, hint, kind)| unclear(hint, kind)) {
            return relation;
        }
        let columns = order.named().map(|(name, hint, kind)| {
            let term = Term::column(name);
            (name.to_owned(), if unclear(hint, kind) { Term::Text(Box::new(term)) } else { term })
        });
        relation.select(columns.collect())
    }
}

/// What all relations of one question share.
struct Ground {
    line: Line,
    /// For titles and notes.
    name: String,
    order: Order,
    /// No rows, of the columns.
    none: MemoryTable,
}

impl Ground {
    /// What a column of an answer is: that of the question where it has its name.
    fn judge(&self, name: &str, hint: Hint, kind: Type) -> Type {
        let own = self.order.named().find(|(n, ..)| *n == name);
        own.map_or_else(|| self.line.judge(hint, kind), |(_, _, kind)| kind)
    }

    fn provenance(&self) -> Provenance {
        let settings = &self.line.shared.settings;
        Provenance {
            server: settings.base.to_string(),
            name: self.line.question.title.clone(),
            ..Provenance::default()
        }
    }
}

/// The first rows of a relation.
struct Head {
    rows: MemoryTable,
    /// There are more.
    cut: bool,
}

impl Head {
    fn new(frame: DataFrame, cut: bool) -> Self {
        Self { rows: MemoryTable::new(frame), cut }
    }

    /// Whether this row, or that there is none, is known.
    fn has(&self, row: u64) -> bool {
        !self.cut || row < self.rows.rows().known()
    }
}

/// A relation over there. Its first rows are fetched when somebody looks at it.
struct Live {
    ground: Arc<Ground>,
    relation: Relation,
    head: OnceLock<Head>,
    landed: OnceLock<Arc<Whole>>,
    /// Held by who fetches.
    fetching: Mutex<()>,
    counted: OnceLock<u64>,
    /// Of whoever looks at rows.
    control: Mutex<Control>,
}

impl Live {
    fn new(ground: Arc<Ground>, relation: Relation, head: Option<Head>, control: &Control) -> Self {
        Self {
            ground,
            relation,
            head: head.map(OnceLock::from).unwrap_or_default(),
            landed: OnceLock::new(),
            fetching: Mutex::default(),
            counted: OnceLock::new(),
            control: Mutex::new(control.part()),
        }
    }

    /// The first rows.
    fn head(&self, control: &Control) -> Result<&Head> {
        if let Some(head) = self.head.get() {
            return Ok(head);
        }
        let _alone = alone(&self.fetching, control)?;
        if let Some(head) = self.head.get() {
            return Ok(head);
        }
        let ground = &self.ground;
        let judge = |name: &str, hint, kind| ground.judge(name, hint, kind);
        let (frame, _, cut) = ground.line.head(&self.relation, &judge, control)?;
        if schema_of(&frame) != *ground.none.schema() {
            return Err(Error::failed(Msg::new("error-redash-changed")).hint(Msg::new("hint-reload")));
        }
        Ok(self.head.get_or_init(|| Head::new(frame, cut)))
    }

    /// Brings every row here.
    fn land(&self, control: &Control) -> Result<&Arc<Whole>> {
        let _alone = alone(&self.fetching, control)?;
        if let Some(landed) = self.landed.get() {
            return Ok(landed);
        }
        let again = self.ground.line.again(&self.relation, control)?;
        control.restart(0);
        let landed = land::known(&again, &self.ground.order, AS_THEY_ARE, &self.ground.provenance(), control)?;
        Ok(self.landed.get_or_init(|| Arc::new(landed)))
    }

    /// The first rows, where they are all there are.
    fn small(&self) -> Option<&MemoryTable> {
        self.head.get().filter(|head| !head.cut).map(|head| &head.rows)
    }
}

impl Table for Live {
    fn schema(&self) -> &Schema {
        self.ground.none.schema()
    }

    fn rows(&self) -> RowCount {
        match (self.landed.get(), self.small(), self.counted.get()) {
            (Some(landed), ..) => landed.rows(),
            (None, Some(rows), _) => rows.rows(),
            (None, None, Some(rows)) => RowCount::Exact(*rows),
            (None, None, None) => RowCount::AtLeast(self.head.get().map_or(0, |head| head.rows.rows().known())),
        }
    }

    fn count(&self, control: &Control) -> Result<u64> {
        if let RowCount::Exact(rows) = self.rows() {
            return Ok(rows);
        }
        let relation = self.relation.clone().group(Vec::new(), vec![("mekiki_rows".to_owned(), Aggregate::Count)]);
        let again = self.ground.line.again(&relation, control)?;
        let held = land::held(&again, 1, &|_, _, kind| kind, AS_THEY_ARE, control)?;
        let first = held.as_ref().and_then(|(frame, _)| frame.columns().first());
        let rows = first.and_then(|c| c.cast(&DataType::UInt64).ok()?.u64().ok()?.get(0));
        let rows = rows.ok_or_else(|| Error::failed(Msg::new("error-redash-changed")))?;
        Ok(*self.counted.get_or_init(|| rows))
    }

    fn read(&self, columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
        if let Some(landed) = self.landed.get() {
            return landed.read(columns, start, len);
        }
        if len == 0 {
            // Only the types are asked for.
            return self.ground.none.read(columns, 0, 0);
        }
        let control = lock(&self.control).clone();
        let head = self.head(&control)?;
        match head.has((start + len as u64).saturating_sub(1)) {
            true => head.rows.read(columns, start, len),
            false => self.land(&control)?.read(columns, start, len),
        }
    }

    fn parts(&self, control: &Control) -> Result<Vec<Part>> {
        match self.small() {
            Some(rows) => rows.parts(control),
            None => self.land(control)?.parts(control),
        }
    }

    fn is_at_hand(&self, row: u64) -> bool {
        self.landed.get().is_some() || self.head.get().is_some_and(|head| head.has(row))
    }

    fn give_up(&self) {
        std::mem::take(&mut *lock(&self.control)).cancel();
    }

    fn place(&self) -> Option<Place> {
        let remote = Arc::new(Engine { ground: self.ground.clone() });
        Some(Place { remote, relation: self.relation.clone() })
    }

    fn landed(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        let table: Arc<dyn Table> = match self.small() {
            Some(rows) => Arc::new(rows.clone()),
            None => self.land(control)?.clone(),
        };
        Ok(Some(table))
    }

    fn gather(&self, columns: &[usize], rows: &[u64]) -> Result<DataFrame> {
        gather_by_runs(self.schema(), columns, rows, |start, len| self.read(columns, start, len))
    }
}

/// The data source, for relations with the columns of one question.
struct Engine {
    ground: Arc<Ground>,
}

impl Remote for Engine {
    fn name(&self) -> &str {
        &self.ground.name
    }

    fn dialect(&self) -> Dialect {
        self.ground.line.dialect
    }

    fn gives_windows(&self) -> bool {
        false
    }

    fn open(&self, relation: &Relation, control: &Control) -> Result<Arc<dyn Table>> {
        self.ground.line.text(relation)?;
        Ok(Arc::new(Live::new(self.ground.clone(), relation.clone(), None, control)))
    }

    fn fetch(&self, relation: &Relation, most: usize, control: &Control) -> Result<Option<DataFrame>> {
        let ground = &self.ground;
        let relation = match relation {
            Relation::Limit(_, rows, _) if *rows <= most as u64 + 1 => relation.clone(),
            _ => relation.clone().limit(most as u64 + 1, 0),
        };
        let again = ground.line.again(&relation, control)?;
        let judge = |name: &str, hint, kind| ground.judge(name, hint, kind);
        let Some((frame, _)) = land::held(&again, most + 1, &judge, AS_THEY_ARE, control)? else { return Ok(None) };
        if frame.height() > most {
            let message = Msg::new("error-redash-many").with("most", number::count(most as u64));
            return Err(Error::refused(message).hint(Msg::new("hint-limit-rows")));
        }
        Ok(exact(&frame)?.then_some(frame))
    }
}

/// Whether no number of an answer may have lost digits on its way.
fn exact(frame: &DataFrame) -> Result<bool> {
    for column in frame.columns().iter().filter(|c| *c.dtype() == DataType::Float64) {
        let column = column.f64().map_err(from_polars)?;
        if column.iter().flatten().any(|x| x.abs() >= EXACT) {
            return Ok(false);
        }
    }
    Ok(true)
}
