//! One query over many values of its parameters: a few runs at a time, their results one below the other, each row with
//! the values it belongs to. A value that fails is tried again at the end, and named if it fails once more. Results are
//! kept aside as they come, and read into one table when it is known what their columns hold; as long as some are missing
//! they stay aside, so that only those need be asked for again.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use chrono::DateTime;
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::columns::Columns;
use super::keep::{Provenance, Remarks, Whole, file, keep, parquet};
use super::land::{Aside, Order, aside, reread};
use super::params::{Kind, Param, written};
use super::shape::{Shaper, note};
use super::things::Query;
use super::{Shared, run};
use crate::data::{Around, Control, Dataset, Table};
use crate::error::{Error, ErrorKind, Result};
use crate::source::alone::lock;
use crate::source::{LEFT_OUT, Opened};
use crate::text::Msg;

/// Runs under way at once.
const AT_ONCE: usize = 3;
/// Most runs of one sweep.
const MOST: usize = 10_000;

/// One run: what to send, and the values its rows carry.
pub struct Run {
    /// What to send.
    pub values: Map<String, Value>,
    /// Name, value, and whether it is a number.
    pub shown: Vec<(String, String, bool)>,
}

/// The runs that what was given means: one, unless a parameter that takes one value was given several.
pub fn runs(
    params: &[Param],
    given: &[(String, String)],
    values: &Map<String, Value>,
    now: DateTime<Tz>,
) -> Result<Vec<Run>> {
    let mut runs = vec![Run { values: values.clone(), shown: Vec::new() }];
    for param in params.iter().filter(|p| !p.several) {
        let texts: Vec<&str> = given.iter().filter(|(n, _)| *n == param.name).map(|(_, v)| v.as_str()).collect();
        if texts.len() < 2 {
            continue;
        }
        if runs.len().saturating_mul(texts.len()) > MOST {
            return Err(Error::refused(Msg::new("error-redash-sweep").with("most", MOST as u64)));
        }
        let mut next = Vec::with_capacity(runs.len() * texts.len());
        for run in &runs {
            for text in &texts {
                let value = param.value(text, now)?;
                let mut values = run.values.clone();
                let mut shown = run.shown.clone();
                shown.push((param.name.clone(), written(&value), param.kind == Kind::Number));
                values.insert(param.name.clone(), value);
                next.push(Run { values, shown });
            }
        }
        runs = next;
    }
    Ok(runs)
}

/// A sweep that was begun: its runs, and what came of them by now.
struct Sweep {
    shared: Arc<Shared>,
    query: Query,
    max_age: Option<u64>,
    runs: Vec<Run>,
    /// What came of each run; none of one that was not carried out.
    results: Vec<Mutex<Option<Result<Aside>>>>,
    /// Held by who asks for what has not come.
    asking: Mutex<()>,
}

impl Sweep {
    /// Gets one result and keeps it aside.
    fn get(&self, run: &Run, control: &Control) -> Result<Aside> {
        let (id, before) = (self.query.id, self.query.result);
        let order = run::Order { query: id, before, parameters: &run.values, max_age: self.max_age };
        let body = run::result(self.shared.api()?, &order, self.shared.settings.pace, control)?;
        aside(body, &run.shown, self.shared.settings.manner, control)
    }

    /// Carries out the runs whose results have not come, a few at a time, and those that failed once more. What came stays,
    /// whatever happens to the others.
    fn carry_out(&self, control: &Control) -> Result<()> {
        for round in 0..2 {
            let wanted: Vec<usize> = (0..self.runs.len())
                .filter(|i| match &*lock(&self.results[*i]) {
                    None => true,
                    Some(Err(e)) => round == 0 || e.kind != ErrorKind::Usage,
                    Some(Ok(_)) => false,
                })
                .collect();
            if round == 0 {
                control.restart(wanted.len() as u64);
            }
            let next = AtomicUsize::new(0);
            std::thread::scope(|scope| {
                for _ in 0..AT_ONCE.min(wanted.len()) {
                    scope.spawn(|| {
                        while let Some(i) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                            if control.check().is_err() {
                                return;
                            }
                            let got = self.get(&self.runs[*i], control);
                            if got.is_ok() {
                                control.advance(1);
                            }
                            *lock(&self.results[*i]) = Some(got);
                        }
                    });
                }
            });
            control.check()?;
        }
        Ok(())
    }

    /// What could not be had, by its values, and why.
    fn left_out(&self) -> Vec<Msg> {
        let of = |(run, result): (&Run, &Mutex<Option<Result<Aside>>>)| match &*lock(result) {
            Some(Err(error)) => {
                let values = run.shown.iter().map(|(n, v, _)| format!("{n}={v}")).collect::<Vec<_>>().join(", ");
                Some(Msg::new(LEFT_OUT).with("values", values).with("cause", error.message.clone()))
            }
            _ => None,
        };
        self.runs.iter().zip(&self.results).filter_map(of).collect()
    }

    /// Lands what came as one table.
    fn table(self: &Arc<Self>, control: &Control) -> Result<Swept> {
        let left_out = self.left_out();
        let manner = self.shared.settings.manner;
        let results: Vec<_> = self.results.iter().map(lock).collect();
        let results = self.runs.iter().zip(&results);
        let found: Vec<(&Run, &Aside)> =
            results.filter_map(|(run, result)| Some((run, result.as_ref()?.as_ref().ok()?))).collect();
        let mut all = Columns::default();
        let mut shaper = Shaper::new(manner);
        let mut provenance = Provenance {
            server: self.shared.settings.base.to_string(),
            query: Some(self.query.id),
            name: self.query.name.clone(),
            version: self.query.version,
            ..Provenance::default()
        };
        for (run, aside) in &found {
            all.absorb(&aside.outline, &run.shown);
            aside.linked.iter().for_each(|name| note(&mut shaper.linked, name));
            // The table is as old as the oldest of its results.
            let at = aside.facts.get("retrieved_at").and_then(Value::as_str).map(str::to_owned);
            provenance.retrieved_at = match (provenance.retrieved_at.take(), at) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        let order = Order::of(&all);
        let names = all.constants();
        let file = file()?;
        let mut to = parquet(&file)?;
        let mut columns = order.columns();
        to.begin(&shaper.empty(&columns, &order.plan)?)?;
        control.restart(found.len() as u64);
        for (run, aside) in &found {
            let values: Vec<(String, String, bool)> = names
                .iter()
                .cloned()
                .zip(&run.shown)
                .map(|(name, (_, value, number))| (name, value.clone(), *number))
                .collect();
            columns.begin(&values);
            reread(&aside.path, &mut columns, &order.plan, &mut shaper, &mut to, control)?;
            control.advance(1);
        }
        to.finish()?;
        provenance.remarks = Remarks::of(&all, shaper.html);
        let (had, of) = (found.len(), self.runs.len());
        Ok(Swept {
            whole: keep(file, provenance, manner.html)?,
            had,
            of,
            left_out: Mutex::new(left_out),
            sweep: (had < of).then(|| self.clone()),
        })
    }
}

/// The results of a sweep as one table.
struct Swept {
    whole: Whole,
    /// Runs whose results are in the table, and runs in all.
    had: usize,
    of: usize,
    /// What could not be had, and why.
    left_out: Mutex<Vec<Msg>>,
    /// The way to ask again, with what came until then; none where nothing is missing.
    sweep: Option<Arc<Sweep>>,
}

impl Around for Swept {
    fn table(&self) -> &dyn Table {
        &self.whole
    }

    fn notices(&self) -> Vec<Msg> {
        let mut notices = lock(&self.left_out).clone();
        notices.extend(Around::notices(&self.whole));
        notices
    }

    fn facts(&self) -> Vec<Msg> {
        let runs = match self.of - self.had {
            0 => Msg::new("redash-sweep").with("count", self.of),
            _ => Msg::new("redash-sweep-part").with("count", self.had).with("of", self.of),
        };
        std::iter::once(runs).chain(Around::facts(&self.whole)).collect()
    }

    fn missing(&self) -> usize {
        self.of - self.had
    }

    fn completed(&self, control: &Control) -> Result<Option<Arc<dyn Table>>> {
        let Some(sweep) = &self.sweep else { return Ok(None) };
        let _alone = lock(&sweep.asking);
        sweep.carry_out(control)?;
        let left_out = sweep.left_out();
        if left_out.len() == self.of - self.had {
            *lock(&self.left_out) = left_out;
            return Ok(None);
        }
        Ok(Some(Arc::new(sweep.table(control)?)))
    }
}

/// Runs all of them and lands what comes as one table.
pub(super) fn open(
    shared: &Arc<Shared>,
    query: Query,
    runs: Vec<Run>,
    max_age: Option<u64>,
    title: String,
    control: &Control,
) -> Result<Opened> {
    let results = runs.iter().map(|_| Mutex::default()).collect();
    let sweep = Sweep { shared: shared.clone(), query, max_age, runs, results, asking: Mutex::default() };
    sweep.carry_out(control)?;
    if !sweep.results.iter().any(|r| matches!(&*lock(r), Some(Ok(_))))
        && let Some(Err(error)) = sweep.results.last().and_then(|r| lock(r).take())
    {
        return Err(error);
    }
    let table = Arc::new(sweep).table(control)?;
    let (facts, notices) = (Around::facts(&table), Around::notices(&table));
    Ok(Opened { dataset: Dataset::new(Arc::new(table)), title, facts, notices })
}
