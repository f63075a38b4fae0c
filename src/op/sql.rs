//! A query in SQL over tables, carried out by the table library's streaming engine. Only questions are answered: nothing
//! is created, changed or written. Tables that are Parquet files are read by the engine itself, as far as the query needs;
//! others are handed over in memory, or in a temporary file where they are large.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use polars::prelude::{
    DataFrame, Engine, LazyFrame, OptFlags, PlRefPath, PlanCallback, PolarsError, ScanArgsParquet, col,
};
use polars::sql::{SQLContext, extract_table_identifiers};
use serde::{Deserialize, Serialize};

use super::columns::{all_places, no_rows};
use super::other::Other;
use super::{Context, Outcome};
use crate::data::{Collector, Control, Dataset, Flow, Rows, from_polars, panicked};
use crate::error::{Error, Result};
use crate::text::Msg;

/// The name of the table a query is asked of, besides the one it is given.
pub const THIS: &str = "this";

/// Answer a query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sql {
    /// The query: one SELECT.
    pub query: String,
    /// What the table at hand is called in it, besides `this`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Other tables by the names they have in it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: BTreeMap<String, Other>,
}

/// A name that needs no quotes in SQL, made of a file's or a tab's: its last part, without its ending.
pub fn table_name(text: &str) -> String {
    let last = text.trim_end_matches('/').rsplit(['/', '\\', ':']).next().unwrap_or(text);
    let stem = last.split('.').find(|p| !p.is_empty()).unwrap_or(last);
    let mut name: String = stem.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    if name.is_empty() || name.starts_with(|c: char| c.is_numeric()) {
        name.insert(0, 't');
    }
    name
}

impl Sql {
    /// The step in words.
    pub fn words(&self) -> Msg {
        let query: String = self.query.split_whitespace().collect::<Vec<_>>().join(" ");
        Msg::new("step-sql").with("query", query)
    }

    /// Makes sure that a query asks and does nothing else, before any table is opened.
    pub fn check(&self) -> Result<()> {
        let words = without_comments(&self.query);
        let first = words.trim_start_matches(['(', ' ', '\n', '\t', '\r']);
        let first: String = first.chars().take_while(|c| c.is_alphabetic()).collect::<String>().to_lowercase();
        if !["select", "with", "from", "values"].contains(&first.as_str()) {
            return Err(
                Error::usage(Msg::new("error-sql-select").with("word", first)).hint(Msg::new("hint-sql-select"))
            );
        }
        extract_table_identifiers(&self.query, false, true).map_err(|e| self.explain(&e, &[]))?;
        Ok(())
    }

    /// The answer to a query over the table at hand and others.
    pub fn run(&self, dataset: &Dataset, context: &Context) -> Result<Outcome> {
        self.over(Some(dataset), context)
    }

    /// The answer to a query over the named tables only.
    pub fn answer(&self, context: &Context) -> Result<Outcome> {
        self.over(None, context)
    }

    fn over(&self, dataset: Option<&Dataset>, context: &Context) -> Result<Outcome> {
        self.check()?;
        let used = extract_table_identifiers(&self.query, false, true).map_err(|e| self.explain(&e, &[]))?;
        let wants = |name: &str| used.iter().any(|u| u.eq_ignore_ascii_case(name));
        // Words of the library would stand on the terminal.
        polars::error::set_warning_function(|_, _| {});
        let mut sql = SQLContext::new();
        let own = self.name.as_deref().into_iter().chain([THIS]).filter(|_| dataset.is_some());
        let names: Vec<String> = own.clone().map(str::to_owned).chain(self.tables.keys().cloned()).collect();
        let mut notes = Vec::new();
        // Temporary files must outlive the query.
        let mut kept: Vec<Dataset> = Vec::new();
        let own: Vec<&str> = own.filter(|n| wants(n)).collect();
        if let (Some(dataset), false) = (dataset, own.is_empty()) {
            let (lazy, data) = self.lazy(dataset, context)?;
            let lazy = watched(lazy, &context.control);
            own.iter().for_each(|name| sql.register(name, lazy.clone()));
            kept.push(data);
        }
        for (name, other) in self.tables.iter().filter(|(name, _)| wants(name)) {
            let (data, mut said) = other.open(context)?;
            notes.append(&mut said);
            let (lazy, data) = self.lazy(&data, context)?;
            sql.register(name, watched(lazy, &context.control));
            kept.push(data);
        }
        context.control.check()?;
        context.control.restart(0);
        let mut lazy = sql.execute(&self.query).map_err(|e| self.explain(&e, &names))?;
        let schema = lazy.collect_schema().map_err(|e| self.explain(&e, &names))?;
        let empty = DataFrame::empty_with_schema(&schema);
        let out = self.collected(lazy, &empty, context, &names)?;
        drop(kept);
        Ok(Outcome { notes, ..out.into() })
    }

    /// Carries a plan out, its rows collected as they come.
    fn collected(&self, lazy: LazyFrame, empty: &DataFrame, context: &Context, names: &[String]) -> Result<Dataset> {
        let collector = Arc::new(Mutex::new((Collector::new(empty, context.memory / 2), None::<Error>)));
        let (sink, control) = (collector.clone(), context.control.clone());
        let take = PlanCallback::new(move |frame: DataFrame| {
            let mut held = sink.lock().unwrap_or_else(|e| e.into_inner());
            if let Err(e) = control.check().and_then(|()| held.0.push(frame)) {
                held.1.get_or_insert(e);
                return Ok(true);
            }
            Ok(false)
        });
        let plan = lazy.sink_batches(take, true, None).map_err(|e| self.explain(&e, names))?;
        let done = catch_unwind(AssertUnwindSafe(|| plan.collect_with_engine(Engine::Streaming)))
            .map_err(|p| panicked(&*p))?;
        let mut held = collector.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(e) = held.1.take() {
            return Err(e);
        }
        context.control.check()?;
        done.map_err(|e| self.explain(&e, names))?;
        std::mem::replace(&mut held.0, Collector::new(empty, 0)).finish()
    }

    /// A table as the engine reads it, and what must be kept meanwhile.
    fn lazy(&self, data: &Dataset, context: &Context) -> Result<(LazyFrame, Dataset)> {
        let whole = matches!(data.rows(), Rows::All);
        if whole && let Some(files) = data.table().parquet_files() {
            let all = data.places().len() == data.table().schema().len();
            let lazy = scanned(&files)?;
            let names: Vec<&str> = data.schema().columns().iter().map(|c| c.name.as_str()).collect();
            // A name that looks like a pattern would be read as one.
            let plain = names.iter().all(|n| !n.starts_with('^') && *n != "*");
            if all {
                return Ok((lazy, data.clone()));
            }
            if plain {
                return Ok((lazy.select(names.iter().map(|n| col(*n)).collect::<Vec<_>>()), data.clone()));
            }
        }
        let data = data.with_columns(&self.needed(data));
        let mut collector = Collector::new(&no_rows(&data)?, context.memory / 4);
        data.stream(&all_places(&data), context.memory / 8, &context.control, |frame| {
            collector.push(frame)?;
            Ok(Flow::Continue)
        })?;
        context.control.check()?;
        let landed = collector.finish()?;
        let lazy = match landed.table().parquet_files() {
            Some(files) => scanned(&files)?,
            None => {
                let rows = landed.row_count().known() as usize;
                polars::prelude::IntoLazy::lazy(landed.window(&all_places(&landed), 0, rows)?.into_inner())
            }
        };
        Ok((lazy, landed))
    }

    /// Places of the columns a query can mean: all where it asks for all, else those whose names stand in it.
    fn needed(&self, data: &Dataset) -> Vec<usize> {
        let squeezed: String = self.query.to_lowercase().split_whitespace().collect();
        let all = squeezed.replace("count(*)", "").contains('*')
            || squeezed.contains("columns(")
            || squeezed.contains("natural");
        let text = self.query.to_lowercase();
        let named: Vec<usize> = all_places(data)
            .into_iter()
            .filter(|i| {
                let name = data.schema().columns()[*i].name.to_lowercase();
                all || text.contains(&name) || text.contains(&name.replace('"', "\"\""))
            })
            .collect();
        if named.is_empty() && !data.schema().is_empty() { vec![0] } else { named }
    }

    /// An error of the engine, with the place it speaks of.
    fn explain(&self, error: &polars::error::PolarsError, names: &[String]) -> Error {
        use polars::error::PolarsError as E;
        let cause = error.to_string();
        let cause = cause.split("\n\n").next().unwrap_or_default();
        // The engine lists the columns it was given, which are those the query names.
        let cause = cause.split("; valid columns:").next().unwrap_or_default().trim().to_owned();
        let at = parsed_place(&cause, &self.query).or_else(|| {
            let quoted = cause.split(['"', '\'', '`']).nth(1).filter(|w| !w.is_empty())?;
            place_of(&self.query, quoted)
        });
        let hint = match error {
            E::ColumnNotFound(_) | E::SchemaFieldNotFound(_) => Msg::new("hint-sql-column"),
            _ if names.is_empty() => Msg::new("hint-sql"),
            _ => Msg::new("hint-sql-tables").with("names", names.join(", ")),
        };
        let text = match at {
            Some(at) => Msg::new("error-sql-at")
                .with("place", at + 1)
                .with("text", pointed(&self.query, at))
                .with("cause", cause),
            None => Msg::new("error-sql").with("cause", cause),
        };
        Error::usage(text).hint(hint)
    }
}

/// The rows of a table on their way into the engine: they are counted, and stop coming when the work is to stop.
fn watched(lazy: LazyFrame, control: &Control) -> LazyFrame {
    let control = control.clone();
    let look = move |frame: DataFrame| {
        control.check().map_err(|e| PolarsError::ComputeError(e.to_string().into()))?;
        control.advance(frame.height() as u64);
        Ok(frame)
    };
    let allowed = OptFlags::PREDICATE_PUSHDOWN | OptFlags::PROJECTION_PUSHDOWN | OptFlags::STREAMING;
    lazy.map(look, allowed, None, None)
}

fn scanned(files: &[std::path::PathBuf]) -> Result<LazyFrame> {
    let paths =
        files.iter().map(|f| PlRefPath::try_from_path(f)).collect::<Result<Vec<_>, _>>().map_err(from_polars)?;
    let args = ScanArgsParquet { glob: false, allow_missing_columns: files.len() > 1, ..ScanArgsParquet::default() };
    LazyFrame::scan_parquet_files(paths.into(), args).map_err(from_polars)
}

/// A query without what is said aside.
fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['-', '/', '\'', '"']) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let skip = |end: Option<usize>| end.map_or(after.len(), |e| e.min(after.len()));
        let end = if after.starts_with("--") {
            skip(after.find('\n'))
        } else if after.starts_with("/*") {
            skip(after.find("*/").map(|e| e + 2))
        } else if after.starts_with(['\'', '"']) {
            let quote = &after[..1];
            let end = skip(after[1..].find(quote).map(|e| e + 2));
            out.push_str(&after[..end]);
            end
        } else {
            out.push_str(&after[..1]);
            1
        };
        rest = &after[end..];
    }
    out.push_str(rest);
    out
}

/// The character a parser's message speaks of (`at Line: 1, Column: 8`), from 0.
fn parsed_place(message: &str, query: &str) -> Option<usize> {
    let rest = &message[message.rfind("Line: ")? + 6..];
    let number = |t: &str| t.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<usize>().ok();
    let line = number(rest)?;
    let column = number(&rest[rest.find("Column: ")? + 8..])?;
    let before: usize = query.split('\n').take(line.checked_sub(1)?).map(|l| l.chars().count() + 1).sum();
    Some((before + column.checked_sub(1)?).min(query.chars().count()))
}

/// The character at which a word stands on its own.
fn place_of(query: &str, word: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let found = query.match_indices(word).find(|(at, _)| {
        let before = query[..*at].chars().next_back().is_some_and(is_part);
        let after = query[at + word.len()..].chars().next().is_some_and(is_part);
        !before && !after
    })?;
    Some(query[..found.0].chars().count())
}

/// The text around a place, with the place marked.
fn pointed(text: &str, at: usize) -> String {
    const AROUND: usize = 30;
    let chars: Vec<char> = text.chars().map(|c| if c == '\n' { ' ' } else { c }).collect();
    let (from, to) = (at.saturating_sub(AROUND), (at + AROUND).min(chars.len()));
    let (head, tail): (String, String) = (chars[from..at].iter().collect(), chars[at..to].iter().collect());
    format!("{}{head}▸{tail}{}", if from > 0 { "…" } else { "" }, if to < chars.len() { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::OpenOptions;
    use crate::op::Lookup;
    use polars::prelude::Column as PlColumn;

    struct Users;

    impl Lookup for Users {
        fn table(&self, locator: &str, _open: &OpenOptions, _control: &Control) -> Result<Dataset> {
            let id = PlColumn::new("id".into(), [1i64, 2]);
            let name = PlColumn::new("名前".into(), ["花子", "太郎"]);
            match locator {
                "users.csv" => Ok(Dataset::from_frame(DataFrame::new(2, vec![id, name]).unwrap())),
                other => Err(Error::usage(Msg::new("error-no-other-tables").with("name", other))),
            }
        }
    }

    fn sales() -> Dataset {
        let user = PlColumn::new("who".into(), (0..10_000i64).map(|i| i % 4).collect::<Vec<_>>());
        let n = PlColumn::new("n".into(), (0..10_000i64).collect::<Vec<_>>());
        let day = PlColumn::new("day".into(), vec!["2026-11-20"; 10_000]);
        Dataset::from_frame(DataFrame::new(10_000, vec![user, n, day]).unwrap())
    }

    #[test]
    fn rows_stop_coming_when_the_work_is_to_stop() {
        let lazy = || polars::prelude::IntoLazy::lazy(sales().window(&[0, 1], 0, 10_000).unwrap().into_inner());
        let control = Control::new();
        let groups = |lazy: LazyFrame| lazy.group_by([col("who")]).agg([col("n").sum()]);
        let done = groups(watched(lazy(), &control)).collect_with_engine(Engine::Streaming);
        assert_eq!(done.map(|found| found.unwrap_single().height()).unwrap(), 4);
        assert_eq!(control.progress().done, 10_000);
        control.cancel();
        assert!(groups(watched(lazy(), &control)).collect_with_engine(Engine::Streaming).is_err());
    }

    fn ask(query: &str, data: &Dataset, memory: u64) -> Result<Vec<String>> {
        let sql = Sql {
            query: query.to_owned(),
            name: Some("sales".to_owned()),
            tables: [("users".to_owned(), Other::new("users.csv"))].into(),
        };
        let context = Context { tables: Arc::new(Users), ..Context::new(Control::new(), memory) };
        let out = sql.run(data, &context)?.dataset;
        let all = all_places(&out);
        let frame = out.window(&all, 0, 99)?;
        assert_eq!(out.schema(), frame.schema());
        Ok((0..frame.height())
            .map(|r| all.iter().map(|c| frame.cell(r, *c).plain()).collect::<Vec<_>>().join("|"))
            .collect())
    }

    #[test]
    fn groups_and_joins_in_memory_and_from_a_temporary_file() {
        for memory in [1 << 30, 64 << 10] {
            let query = "select who, count(*) as c, sum(n) as s from sales group by who order by who";
            assert_eq!(
                ask(query, &sales(), memory).unwrap(),
                ["0|2500|12495000", "1|2500|12497500", "2|2500|12500000", "3|2500|12502500"]
            );
            let query = "with t as (select who, max(n) as m from this group by who) \
                         select 名前, m from t join users on t.who = users.id order by m";
            assert_eq!(ask(query, &sales(), memory).unwrap(), ["花子|9997", "太郎|9998"]);
        }
        let first = sales().with_rows(Rows::Ordered(Arc::new(vec![7, 3])));
        assert_eq!(ask("select n from this", &first, 1 << 20).unwrap(), ["7", "3"]);
        assert_eq!(ask("-- so many\nselect count(*) from sales", &sales(), 1 << 20).unwrap(), ["10000"]);
        assert_eq!(ask("select cast(day as date) as d from sales limit 1", &sales(), 1 << 20).unwrap(), ["2026-11-20"]);
        assert_eq!(ask("select n from sales where n < 0", &sales(), 1 << 20).unwrap(), [""; 0]);
    }

    #[test]
    fn only_questions_and_errors_that_point() {
        let fails = |query: &str| ask(query, &sales(), 1 << 20).err().unwrap_or_else(|| panic!("{query}"));
        for query in
            ["drop table sales", "create table x as select 1", "delete from sales", "/* select */ truncate sales", ""]
        {
            assert_eq!(fails(query).message.id, "error-sql-select", "{query}");
        }
        assert_eq!(fails("select 1; select 2").kind, crate::error::ErrorKind::Usage);
        let text = |query: &str| fails(query).message.in_lang(crate::text::Lang::En);
        assert!(text("select who frm sales wher").contains("▸"), "{}", text("select who frm sales wher"));
        assert!(text("select whom from sales").contains("select ▸whom"), "{}", text("select whom from sales"));
        assert!(text("select who from slaes").contains("▸slaes"), "{}", text("select who from slaes"));
        let hint = fails("select who from slaes").hint.map(|h| h.in_lang(crate::text::Lang::En));
        assert!(hint.is_some_and(|h| h.contains("users")));
    }

    #[test]
    fn names_of_tables() {
        for (text, name) in [
            ("data/my-sales.csv", "my_sales"),
            ("sample:events", "events"),
            ("logs/2026.parquet", "t2026"),
            ("売上.xlsx", "売上"),
            ("a/b/", "b"),
        ] {
            assert_eq!(table_name(text), name);
        }
    }
}
