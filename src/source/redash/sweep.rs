//! One query over many values of its parameters: a few runs at a time, their results one below the other, each row with
//! the values it belongs to. A value that fails is tried again at the end, and named if it fails once more. Results are
//! kept aside as they come, and read into one table when it is known what their columns hold.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use chrono::DateTime;
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::api::Query;
use super::columns::Columns;
use super::keep::{Provenance, Remarks, file, keep, parquet};
use super::land::{Aside, Order, aside, reread};
use super::params::{Kind, Param, written};
use super::shape::Shaper;
use super::{Shared, age, run};
use crate::data::{Control, Dataset, Table};
use crate::error::{Error, ErrorKind, Result};
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

/// Gets one result and keeps it aside.
fn get(shared: &Shared, query: &Query, run: &Run, max_age: Option<u64>, control: &Control) -> Result<Aside> {
    let order = run::Order { query: query.id, before: query.result, parameters: &run.values, max_age };
    let body = run::result(shared.api()?, &order, shared.settings.pace, control)?;
    aside(body, &run.shown, shared.settings.manner, control)
}

/// What became of each run; none where it was given up.
type Results = Vec<Option<Result<Aside>>>;

/// Carries all runs out, a few at a time, and those that failed once more.
fn carried_out(
    shared: &Shared,
    query: &Query,
    runs: &[Run],
    max_age: Option<u64>,
    control: &Control,
) -> Result<Results> {
    let results: Vec<Mutex<Option<Result<Aside>>>> = runs.iter().map(|_| Mutex::new(None)).collect();
    control.restart(runs.len() as u64);
    for round in 0..2 {
        let wanted: Vec<usize> = (0..runs.len())
            .filter(|i| match &*results[*i].lock().unwrap_or_else(|e| e.into_inner()) {
                None => true,
                Some(Err(e)) => round > 0 && e.kind != ErrorKind::Usage,
                Some(Ok(_)) => false,
            })
            .collect();
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE.min(wanted.len()) {
                scope.spawn(|| {
                    while let Some(i) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if control.check().is_err() {
                            return;
                        }
                        let got = get(shared, query, &runs[*i], max_age, control);
                        if got.is_ok() {
                            control.advance(1);
                        }
                        *results[*i].lock().unwrap_or_else(|e| e.into_inner()) = Some(got);
                    }
                });
            }
        });
        control.check()?;
    }
    Ok(results.into_iter().map(|r| r.into_inner().unwrap_or_else(|e| e.into_inner())).collect())
}

/// Runs all of them and lands what comes as one table.
pub(super) fn open(
    shared: &Shared,
    query: &Query,
    runs: Vec<Run>,
    max_age: Option<u64>,
    title: String,
    control: &Control,
) -> Result<Opened> {
    let results = carried_out(shared, query, &runs, max_age, control)?;
    let mut found: Vec<(Run, Aside)> = Vec::new();
    let mut notices = Vec::new();
    let mut failed = Vec::new();
    for (run, result) in runs.into_iter().zip(results) {
        match result {
            Some(Ok(aside)) => found.push((run, aside)),
            Some(Err(error)) => failed.push((run.shown, error)),
            None => return Err(Error::interrupted()),
        }
    }
    if found.is_empty()
        && let Some((_, error)) = failed.pop()
    {
        return Err(error);
    }
    for (shown, error) in failed {
        let values = shown.iter().map(|(n, v, _)| format!("{n}={v}")).collect::<Vec<_>>().join(", ");
        notices.push(Msg::new(LEFT_OUT).with("values", values).with("cause", error.message));
    }
    let manner = shared.settings.manner;
    let mut all = Columns::default();
    let mut shaper = Shaper::new(manner);
    let mut provenance = Provenance {
        server: shared.settings.base.to_string(),
        query: Some(query.id),
        name: query.name.clone(),
        version: query.version,
        ..Provenance::default()
    };
    for (run, aside) in &mut found {
        all.absorb(&aside.outline, &run.shown);
        for name in std::mem::take(&mut aside.linked) {
            if !shaper.linked.contains(&name) {
                shaper.linked.push(name);
            }
        }
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
    let mut facts = vec![Msg::new("redash-sweep").with("count", found.len())];
    facts.extend(age::facts(provenance.retrieved_at.as_deref()));
    let whole = keep(file, provenance, manner.html)?;
    notices.extend(whole.notices());
    Ok(Opened { dataset: Dataset::new(Arc::new(whole)), title, facts, notices })
}
