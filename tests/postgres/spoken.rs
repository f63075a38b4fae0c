//! What is sent for every sort of work to engines that cannot be had here: a server answers, and the statements are written
//! for another engine, read by a parser of its language, and, once another program has said them in the server's language,
//! answered by it.

use std::sync::{Arc, Mutex};

use mekiki::data::{Control, Dataset, Origin, Part, Place, Remote, RowCount, Table};
use mekiki::error::Result;
use mekiki::op::clean::Clean;
use mekiki::op::profile::Profile;
use mekiki::op::search::Search;
use mekiki::op::{Context, Step};
use mekiki::source::OpenOptions;
use mekiki::sql::{Dialect, Relation, text};
use mekiki::value::Schema;
use polars::prelude::DataFrame;
use sqlparser::dialect::{BigQueryDialect, Dialect as Parsed, GenericDialect, RedshiftSqlDialect};
use sqlparser::parser::Parser;

use super::oracle::{Numbers, source};
use super::transpiled::{self, Statement};
use super::{ab, chart, server};

/// An engine that answers as another one does and speaks another language.
#[derive(Clone)]
struct Spoken {
    inner: Arc<dyn Remote>,
    dialect: Dialect,
    said: Arc<Mutex<Vec<Statement>>>,
}

impl Spoken {
    fn hear(&self, relation: &Relation) {
        // What has no words in the language must not get so far.
        let written = |dialect| text::query(relation, dialect).unwrap_or_else(|why| panic!("{why}: {relation:?}"));
        let statement = Statement { text: written(self.dialect), own: written(Dialect::Postgres) };
        self.said.lock().unwrap().push(statement);
    }

    fn over(&self, table: Arc<dyn Table>) -> Arc<dyn Table> {
        Arc::new(Told { table, by: self.clone() })
    }
}

impl Remote for Spoken {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn open(&self, relation: &Relation, control: &Control) -> Result<Arc<dyn Table>> {
        self.hear(relation);
        Ok(self.over(self.inner.open(relation, control)?))
    }

    fn narrow(&self, relation: &Relation, columns: &[&str], control: &Control) -> Result<Option<Arc<dyn Table>>> {
        Ok(self.inner.narrow(relation, columns, control)?.map(|table| self.over(table)))
    }

    fn with_columns(&self, columns: &[(String, Origin)]) -> Option<Arc<dyn Remote>> {
        let inner = self.inner.with_columns(columns)?;
        Some(Arc::new(Self { inner, ..self.clone() }))
    }

    fn first(&self, relation: &Relation, rows: usize, control: &Control) -> Result<Option<DataFrame>> {
        self.hear(relation);
        self.inner.first(relation, rows, control)
    }

    fn fetch(&self, relation: &Relation, most: usize, control: &Control) -> Result<Option<DataFrame>> {
        self.hear(relation);
        self.inner.fetch(relation, most, control)
    }
}

/// A table of such an engine.
struct Told {
    table: Arc<dyn Table>,
    by: Spoken,
}

impl Table for Told {
    fn schema(&self) -> &Schema {
        self.table.schema()
    }

    fn rows(&self) -> RowCount {
        self.table.rows()
    }

    fn count(&self, control: &Control) -> Result<u64> {
        self.table.count(control)
    }

    fn read(&self, columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
        self.table.read(columns, start, len)
    }

    fn parts(&self, control: &Control) -> Result<Vec<Part>> {
        self.table.parts(control)
    }

    fn place(&self) -> Option<Place> {
        let relation = self.table.place()?.relation;
        Some(Place { remote: Arc::new(self.by.clone()), relation })
    }

    fn landed(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        self.table.landed(control)
    }

    fn gather(&self, columns: &[usize], rows: &[u64]) -> Result<DataFrame> {
        self.table.gather(columns, rows)
    }
}

fn step(text: &str) -> Step {
    toml::from_str(text).unwrap()
}

#[test]
fn every_sort_of_work_is_written_in_every_language() {
    let database = server().database();
    // Rows are added up in the same order whatever the statistics of the server say by then.
    let name = &database.name;
    database.sql(&format!(
        "alter database {name} set enable_hashagg = off; alter database {name} set max_parallel_workers_per_gather = 0"
    ));
    let mut numbers = Numbers(0x7370_6f6b_656e);
    chart::make(&database, "charted", false, &mut numbers);
    ab::make(&database, "compared", false, &mut numbers);
    database.sql("create view public.v as select * from public.charted");
    let source = source(&database);
    let open = |name: &str| source.open(name, &OpenOptions::default(), &Control::new()).unwrap().dataset;
    let (charted, compared) = (open("public.v"), open("public.compared"));
    let languages: [(Dialect, Box<dyn Parsed>); 3] = [
        (Dialect::Redshift, Box::new(RedshiftSqlDialect {})),
        (Dialect::BigQuery, Box::new(BigQueryDialect)),
        (Dialect::Trino, Box::new(GenericDialect {})),
    ];
    let mut everything = Vec::new();
    for (dialect, parser) in &languages {
        let mut statements = Vec::new();
        let said = Arc::new(Mutex::new(Vec::new()));
        let spoken = |dataset: &Dataset| {
            let inner = dataset.place().unwrap().remote;
            let by = Spoken { inner, dialect: *dialect, said: said.clone() };
            Dataset::new(by.over(dataset.table().clone()))
        };
        let (charted, compared) = (spoken(&charted), spoken(&compared));
        let context = || Context::new(Control::new(), 1 << 30);
        // What was said for some work; whether it was any.
        let mut heard = |what: &str| {
            let all = std::mem::take(&mut *said.lock().unwrap());
            for sql in all.iter().map(|s| &s.text) {
                let read = Parser::parse_sql(parser.as_ref(), sql);
                assert!(read.as_ref().is_ok_and(|s| s.len() == 1), "{dialect:?}, {what}: {read:?}\n{sql}");
            }
            let some = !all.is_empty();
            statements.extend(all);
            some
        };
        let steps = [
            "op = 'filter'\nwhere = \"word = 'a' and x > 1\"",
            "op = 'sort'\nby = [{ column = 'word' }, { column = 'x', descending = true }]",
            "op = 'limit'\nrows = 5",
            "op = 'rank'\nby = ['word', 'ok']\nmeasures = ['count', 'mean:few']\ntop = 3",
            "op = 'rank'\nby = ['word']\nmeasures = ['sum:n']\ntop = 2\nothers = true\nspark = 'week'\ntime = 'at'",
        ];
        for text in steps {
            step(text).run(&charted, &context(), &mut |_| {}).unwrap();
            assert!(heard(text), "{dialect:?}: {text}");
        }
        // Its quantiles are values of the column, which only PostgreSQL gives; the rows are read for other engines.
        Profile::default().run(&charted, &Control::new()).unwrap();
        heard("profile");
        Clean::default().decide(&charted, &context()).unwrap();
        assert!(heard("clean"), "{dialect:?}");
        Search::new("zzz").find_around(&charted, &[0], (0, 0), true, &Control::new()).unwrap();
        assert!(heard("search"), "{dialect:?}");
        let mut drawn = 0;
        for _ in 0..60 {
            let chart = chart::chart(&mut numbers);
            let figure = chart.figure(&charted, &context());
            drawn += usize::from(heard("chart") && figure.is_ok_and(|f| f.notes.iter().any(|n| n.id == "note-pushed")));
        }
        assert!(drawn > 5, "{dialect:?}: {drawn} charts were gathered there");
        let mut analysed = 0;
        for _ in 0..30 {
            let report = ab::analysis(&mut numbers).report(&compared, &context());
            analysed += usize::from(heard("ab") && report.is_ok());
        }
        assert!(analysed > 4, "{dialect:?}: {analysed} analyses were done there");
        step("op = 'importance'\ntarget = 'n'\nsample = 50").run(&charted, &context(), &mut |_| {}).ok();
        assert!(heard("importance"), "{dialect:?}");
        everything.push((*dialect, statements));
    }
    transpiled::check(&database, everything);
}
