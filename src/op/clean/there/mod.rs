//! Cleaning decided by the engine that has the rows: a few queries, each with one row of numbers for an answer, and a sample.
//!
//! What is found is what [`super::decide`] finds on the same rows, by the same rules: only who counts is another. One query
//! counts what each column holds, one takes fingerprints of the columns that may hold the same (sums of hashes, in no order),
//! one or two confirm what these propose exactly, one counts the rows that are there once.

mod made;
mod terms;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use polars::prelude::{DataFrame, DataType};

pub use self::made::{Plan as Making, Spot};
use self::terms::{count_if, exact, spelt};
use super::check::{Job, Verdict};
use super::decide::{Offers, Verdicts, list, same_columns, single_columns, stays};
use super::findings::{Duplicates, Findings};
use super::offers::TextCounts;
use super::pass::{self, Plan, Seen};
use super::values::{self, Counts};
use super::{Clean, Context, rows};
use crate::data::{Control, Dataset, Place, Rows, cell_of, from_polars};
use crate::error::{Error, Result};
use crate::op::push::ask::{Asked, Stop, held};
use crate::sql::{Aggregate, Call, Comparison, Constant, Term, text};
use crate::text::Msg;
use crate::value::{Cell as Value, Column, Kind};

/// Numbers asked for in one query, at most: engines have a limit to the columns of an answer.
const MOST: usize = 500;

/// A conversation with the engine about one table.
struct Asking<'a> {
    dataset: &'a Dataset,
    place: &'a Place,
    control: &'a Control,
    /// The columns in view.
    columns: &'a [Column],
    /// By column: how many NaNs it has.
    nan: Vec<u64>,
    /// Whether whole numbers may equal floating-point ones.
    alike: bool,
    /// Why the engine cannot be asked.
    why: RefCell<Option<Msg>>,
    queries: Cell<usize>,
}

/// As [`super::decide::decide`], by asking the engine at `place`.
pub fn decide(clean: &Clean, dataset: &Dataset, place: &Place, context: &Context) -> Asked<Findings> {
    clean.check(dataset)?;
    let columns = dataset.schema().columns();
    if let Some(column) = columns.iter().find(|c| !terms::is_comparable(&c.kind)) {
        let why = Msg::new("push-no-kind").with("column", &column.name).with("kind", column.kind.word());
        return Err(Stop::Not(why));
    }
    let mut asking = Asking {
        dataset,
        place,
        control: &context.control,
        columns,
        nan: vec![0; columns.len()],
        alike: clean.numbers_alike,
        why: RefCell::default(),
        queries: Cell::new(0),
    };
    let decided = asking.decide(clean, context);
    context.control.say(None);
    match (decided, asking.why.take()) {
        (Err(_), Some(why)) => Err(Stop::Not(why)),
        (decided, _) => Ok(decided?),
    }
}

/// The cleaned rows, still where they are. Runs nothing.
pub fn cleaned(dataset: &Dataset, spot: &Spot, plan: &Making<'_>) -> Result<Dataset> {
    let place = dataset.place().ok_or_else(|| Error::failed(Msg::new("clean-elsewhere")))?;
    let (relation, columns) = spot.cleaned(place.relation, plan);
    text::query(&relation, place.remote.dialect()).map_err(Error::failed)?;
    let none = || Error::failed(Msg::new("clean-elsewhere"));
    let remote = place.remote.with_columns(&columns).ok_or_else(none)?;
    Ok(Dataset::new(remote.open(&relation, &Control::new())?))
}

fn not(term: Term) -> Term {
    Term::Not(Box::new(term))
}

impl Asking<'_> {
    fn decide(&mut self, clean: &Clean, context: &Context) -> Result<Findings> {
        let budget = context.memory.max(64 << 20);
        let dataset = self.dataset;
        let places: Vec<usize> = (0..self.columns.len()).collect();
        let mut findings = Findings::none(clean, 0, places.len());
        if places.is_empty() {
            return Ok(findings);
        }
        self.say("clean-stage-count");
        let (rows, counted) = self.counts()?;
        findings.rows = rows;
        if rows == 0 {
            return Ok(findings);
        }
        let none = dataset.with_rows(Rows::All).window(&places, 0, 0)?;
        let types: Vec<DataType> = none.inner().columns().iter().map(|c| c.dtype().clone()).collect();

        self.say("clean-stage-sample");
        let sample = self.sample(rows, &places)?;
        let sampled = sample.height() as u64;
        let plan = Plan {
            places: &places,
            types: &types,
            rows: sampled,
            alike: self.alike,
            wanted: &[],
            takes: &vec![false; places.len()],
            budget,
        };
        let mut seen = pass::pass(&Dataset::from_frame(sample), &plan, self.control)?;
        for (seen, (counts, varied)) in seen.iter_mut().zip(counted) {
            seen.counts = counts;
            seen.varied = varied;
        }

        self.say("clean-stage-columns");
        let mut verdicts = Verdicts { kinds: single_columns(clean, &seen, rows) };
        self.prints(&mut seen, &types, &verdicts)?;
        let offers = Offers::of(clean, dataset, &mut seen, &types, &verdicts)?;
        let found = |jobs: &[Job]| self.check(jobs, &seen, rows);
        same_columns(clean, dataset, &seen, &types, rows, &offers, &mut verdicts, &mut findings, &found)?;

        let keys: Vec<usize> = clean.keys.iter().map(|k| dataset.schema().require(k)).collect::<Result<_>>()?;
        let compared: Vec<usize> = match keys.is_empty() {
            true => places.iter().copied().filter(|p| stays(clean, dataset, &verdicts, *p)).collect(),
            false => keys.clone(),
        };
        let mut spot = Spot { by_keys: !keys.is_empty(), ..Spot::default() };
        if clean.duplicate_rows && rows > 1 {
            self.say("clean-stage-rows");
            spot.duplicates = rows.saturating_sub(self.different(&compared)?);
        }
        self.control.check()?;
        spot.compared = compared.iter().map(|p| self.columns[*p].name.clone()).collect();
        self.notes(&spot, sampled, &mut findings);
        list(clean, dataset, &verdicts, &seen, rows, spot.duplicates, offers, &mut findings);
        findings.duplicates = Duplicates::There(std::sync::Arc::new(spot));
        Ok(findings)
    }

    fn say(&self, stage: &'static str) {
        self.control.say(Some(Msg::new(stage).with("name", self.place.remote.name())));
    }

    /// What a person should know about how it was found out.
    fn notes(&self, spot: &Spot, sampled: u64, findings: &mut Findings) {
        let remote = &self.place.remote;
        findings.notes.push(
            Msg::new("clean-note-there")
                .with("place", remote.name())
                .with("engine", remote.dialect().name())
                .with("queries", self.queries.get())
                .with("rows", sampled),
        );
        if spot.by_keys && spot.duplicates > 0 {
            let order: Vec<String> = self.place.relation.order().into_iter().map(|o| o.column).collect();
            findings.notes.push(match order.is_empty() {
                true => Msg::new("clean-note-any-row").with("place", remote.name()),
                false => Msg::new("clean-note-first-row").with("columns", crate::text::names(&order)),
            });
        }
    }

    /// The answer to a question that cannot be put.
    fn refused(&self, why: Msg) -> Error {
        *self.why.borrow_mut() = Some(why.clone());
        Error::failed(why)
    }

    /// The only row of a relation as whole numbers, missing being 0.
    fn numbers(&self, relation: &crate::sql::Relation, names: usize) -> Result<Vec<i128>> {
        self.control.check()?;
        let remote = &self.place.remote;
        text::query(relation, remote.dialect()).map_err(|why| self.refused(why))?;
        self.queries.set(self.queries.get() + 1);
        let answer = remote.fetch(relation, 1, self.control)?;
        let frame = answer.ok_or_else(|| self.refused(Msg::new("push-no-odd")))?;
        (0..names)
            .map(|i| {
                let cell = cell_of(frame.column(&number_name(i)).map_err(from_polars)?, 0);
                let text = cell.plain();
                let digits = text.split_once('.').map_or(text.as_str(), |(whole, _)| whole);
                match cell {
                    Value::Null => Ok(0),
                    _ => digits.parse().map_err(|_| self.refused(Msg::new("push-no-odd"))),
                }
            })
            .collect()
    }

    /// What is taken of all rows.
    fn ask(&self, aggregates: Vec<Aggregate>) -> Result<Vec<i128>> {
        let mut answers = Vec::new();
        for some in aggregates.chunks(MOST) {
            let named = some.iter().enumerate().map(|(i, a)| (number_name(i), a.clone())).collect();
            answers.extend(self.numbers(&self.place.relation.clone().group(Vec::new(), named), some.len())?);
        }
        Ok(answers)
    }

    fn value(&self, p: usize) -> Term {
        Term::column(&self.columns[p].name)
    }

    fn exact(&self, p: usize) -> Term {
        exact(&self.columns[p])
    }

    /// Rows, and for each column what is missing, NaN and empty, and whether it has different values. Asked first, and of
    /// every value, so that those that this program does not have are come upon.
    fn counts(&mut self) -> Result<(u64, Vec<(Counts, bool)>)> {
        let mut asked = vec![Aggregate::Count];
        for column in self.columns {
            let own = || Term::column(&column.name);
            asked.push(Aggregate::Present(held(&column.name, &column.kind)));
            asked.push(Aggregate::Varied(terms::ordered(column)));
            match column.kind {
                Kind::Float => asked.push(count_if(Term::NotANumber(Box::new(own())))),
                Kind::Text | Kind::Binary => asked.push(count_if(terms::is_empty(column))),
                _ => {}
            }
        }
        let mut answers = self.ask(asked)?.into_iter().map(|n| n as u64);
        let mut next = || answers.next().unwrap_or(0);
        let rows = next();
        let mut counted = Vec::new();
        for (p, column) in self.columns.iter().enumerate() {
            let (there, varied) = (next(), next() > 0);
            let mut counts = Counts { missing: rows.saturating_sub(there), ..Counts::default() };
            match column.kind {
                Kind::Float => counts.nan = next(),
                Kind::Text | Kind::Binary => counts.empty = next(),
                _ => {}
            }
            self.nan[p] = counts.nan;
            counted.push((counts, varied));
        }
        Ok((rows, counted))
    }

    /// All rows where they are few, else some of them, drawn by what the columns that tell rows apart hold: the same ones
    /// each time.
    fn sample(&self, rows: u64, places: &[usize]) -> Result<DataFrame> {
        let most = pass::sample_rows(places.len());
        let first = |n: u64| Ok(self.dataset.window(places, 0, n as usize)?.into_inner());
        if rows <= most {
            return first(rows);
        }
        let telling = rows::telling(self.dataset, places)?;
        if telling.is_empty() {
            return first(most);
        }
        let told = telling.iter().map(|p| spelt(&self.columns[*p], false)).collect();
        let drawn = Term::call(Call::Remainder, [Term::Hash(told), Term::int(rows.div_ceil(most))]);
        let zero = Term::Constant(Constant::Int(0));
        let relation =
            self.place.relation.clone().filter(Term::Compare(Comparison::Eq, Box::new(drawn), Box::new(zero)));
        text::query(&relation, self.place.remote.dialect()).map_err(|why| self.refused(why))?;
        self.queries.set(self.queries.get() + 1);
        let table = self.place.remote.open(&relation, self.control)?;
        let drawn = self.dataset.over(table).window(places, 0, most as usize * 2)?.into_inner();
        if drawn.height() == 0 { first(most) } else { Ok(drawn) }
    }

    /// Fingerprints of the columns that the sample cannot tell from another; what it can has one of its own.
    fn prints(&self, seen: &mut [Seen], types: &[DataType], verdicts: &Verdicts) -> Result<()> {
        let mut classes: HashMap<(String, u64, u64, u64, Vec<u64>), Vec<usize>> = HashMap::new();
        for (p, s) in seen.iter().enumerate().filter(|(p, _)| verdicts.kinds[*p].is_none()) {
            let key = (values::family(&types[p], self.alike), s.counts.missing, s.counts.nan, s.counts.empty);
            let key = (key.0, key.1, key.2, key.3, s.sampled().collect());
            classes.entry(key).or_default().push(p);
        }
        for (p, s) in seen.iter_mut().enumerate() {
            s.print = u128::MAX - p as u128;
        }
        let mut alike: Vec<usize> = classes.into_values().filter(|c| c.len() > 1).flatten().collect();
        alike.sort_unstable();
        let print = |p: &usize| {
            let spelt = spelt(&self.columns[*p], self.alike);
            Aggregate::WideSum(Term::Hash(vec![spelt]))
        };
        let prints = if alike.is_empty() { Vec::new() } else { self.ask(alike.iter().map(print).collect())? };
        for (p, print) in alike.into_iter().zip(prints) {
            seen[p].print = print as u128;
        }
        Ok(())
    }

    /// Whether two columns differ in a row.
    fn differ(&self, a: usize, b: usize) -> Term {
        let (x, y) = (&self.columns[a].kind, &self.columns[b].kind);
        let (mut one, mut two) = (self.value(a), self.value(b));
        let mut large = Vec::new();
        for (kind, term) in [(x, &mut one), (y, &mut two)] {
            if x != y && *kind == Kind::Integer {
                // Beyond these not every whole number is a floating-point one.
                let end = |op, n| Term::Compare(op, Box::new(term.clone()), Box::new(Term::Constant(Constant::Int(n))));
                large.extend([end(Comparison::Gt, 1 << 53), end(Comparison::Lt, -(1 << 53))]);
                *term = Term::Real(Box::new(term.clone()));
            }
        }
        let differ = Term::Differ(terms::nature(x), Box::new(one), Box::new(two));
        if large.is_empty() { differ } else { Term::Any(std::iter::once(differ).chain(large).collect()) }
    }

    /// Counts what decides.
    fn check(&self, jobs: &[Job], seen: &[Seen], rows: u64) -> Result<Vec<Verdict>> {
        let mut asked = Vec::new();
        for job in jobs {
            match job {
                Job::Identical(class) => asked.extend(class[1..].iter().map(|p| count_if(self.differ(class[0], *p)))),
                Job::Renamed(class, _) => {
                    asked.extend(class.iter().map(|p| Aggregate::Distinct(self.exact(*p))));
                    // As many NaNs need not be in the same rows.
                    let nan = |p: usize| Term::NotANumber(Box::new(self.value(p)));
                    let apart = |p: &usize| match self.nan[class[0]] {
                        0 => Aggregate::Present(Term::Null),
                        _ => count_if(Term::All(vec![nan(class[0]), not(nan(*p))])),
                    };
                    asked.extend(class[1..].iter().map(apart));
                }
                Job::Text(p, tests) => {
                    let value = self.value(*p);
                    let trimmed = Term::call(Call::Trim, [value.clone()]);
                    asked.extend([count_if(terms::is_padded(&value)), count_if(terms::is_sentinel(&trimmed))]);
                    if let Some(target) = tests.target {
                        let (readable, read) = terms::is_read(&trimmed, target);
                        asked.push(count_if(readable.clone()));
                        asked.push(count_if(Term::All(vec![readable, read])));
                    }
                }
            }
        }
        let answers = if asked.is_empty() { Vec::new() } else { self.ask(asked)? };
        let mut answers = answers.into_iter().map(|n| n as u64);
        let mut next = || answers.next().unwrap_or(0);
        let mut verdicts = Vec::new();
        for job in jobs {
            verdicts.push(match job {
                Job::Identical(class) => {
                    Verdict::Columns(class[1..].iter().map(|_| (next() == 0).then_some(0)).collect())
                }
                Job::Renamed(class, most) => {
                    let different: Vec<u64> = class.iter().map(|_| next()).collect();
                    let apart: Vec<u64> = class[1..].iter().map(|_| next()).collect();
                    let may = |(n, apart): (&u64, &u64)| *n == different[0] && *apart == 0 && *n as usize <= *most;
                    let may: Vec<bool> = different[1..].iter().zip(&apart).map(may).collect();
                    let names = self.names(class, &may)?;
                    Verdict::Columns(names.into_iter().map(|n| n.then_some(different[0] as usize)).collect())
                }
                Job::Text(p, tests) => {
                    let mut counts = TextCounts {
                        texts: rows.saturating_sub(seen[*p].counts.missing),
                        padded: next(),
                        sentinels: next(),
                        ..TextCounts::default()
                    };
                    if tests.target.is_some() {
                        let readable = next();
                        counts.read = next();
                        counts.unread = readable.saturating_sub(counts.read);
                    }
                    Verdict::Text(counts)
                }
            });
        }
        Ok(verdicts)
    }

    /// Which of the other columns of a class, among those that may, have one value for each value of the first. Since they
    /// have as many different values, each of theirs then stands for one of the first; and since they are missing in as many
    /// rows, they are missing in the same.
    fn names(&self, class: &[usize], may: &[bool]) -> Result<Vec<bool>> {
        let tried: Vec<usize> = (0..may.len()).filter(|i| may[*i]).collect();
        let mut names = vec![false; may.len()];
        for some in tried.chunks(MOST / 2) {
            let (key, count) = ("mekiki_key", "mekiki_count");
            let other = |i: usize| format!("mekiki_v{i}");
            let (different, present) = (|i: usize| format!("mekiki_d{i}"), |i: usize| format!("mekiki_p{i}"));
            let mut columns = vec![(key.to_owned(), self.exact(class[0]))];
            let mut measures = vec![(count.to_owned(), Aggregate::Count)];
            let mut totals = Vec::new();
            for (n, i) in some.iter().enumerate() {
                let p = class[i + 1];
                columns.push((other(n), terms::ordered(&self.columns[p])));
                measures.push((different(n), Aggregate::Varied(Term::column(other(n)))));
                measures.push((present(n), Aggregate::Present(Term::column(other(n)))));
                let fewer =
                    Term::Compare(Comparison::Ne, Box::new(Term::column(present(n))), Box::new(Term::column(count)));
                totals.push((number_name(2 * n), Aggregate::Sum(Term::column(different(n)))));
                totals.push((number_name(2 * n + 1), count_if(fewer)));
            }
            let there = not(Term::Missing(Box::new(Term::column(key))));
            let groups =
                self.place.relation.clone().select(columns).filter(there).group(vec![key.to_owned()], measures);
            let answers = self.numbers(&groups.group(Vec::new(), totals), some.len() * 2)?;
            for (i, answer) in some.iter().zip(answers.chunks(2)) {
                names[*i] = answer.iter().all(|n| *n == 0);
            }
        }
        Ok(names)
    }

    /// How many rows are different in these columns.
    fn different(&self, columns: &[usize]) -> Result<u64> {
        if columns.is_empty() {
            return Ok(1);
        }
        let values = columns.iter().map(|p| (self.columns[*p].name.clone(), self.value(*p))).collect();
        let count = vec![(number_name(0), Aggregate::Count)];
        let relation = self.place.relation.clone().select(values).distinct().group(Vec::new(), count);
        Ok(self.numbers(&relation, 1)?.first().map_or(0, |n| *n as u64))
    }
}

fn number_name(i: usize) -> String {
    format!("mekiki_{i}")
}
