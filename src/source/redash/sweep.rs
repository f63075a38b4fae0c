//! One query over many values of its parameters: a few runs at a time, their results one below the other, each row with
//! the values it belongs to. A value that fails is tried again at the end, and named if it fails once more.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::DateTime;
use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::api::Query;
use super::params::{Kind, Param, written};
use super::{Shared, land, run};
use crate::data::{Control, Dataset};
use crate::error::{Error, ErrorKind, Result};
use crate::source::{LEFT_OUT, Opened};
use crate::text::Msg;

/// Runs under way at once.
const AT_ONCE: usize = 3;
/// Most runs of one sweep.
const MOST: usize = 10_000;
/// Most bytes of results held before they are a table.
const BYTES: usize = 2 << 30;

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

/// Gets the bytes of one result.
fn get(shared: &Shared, query: &Query, run: &Run, max_age: Option<u64>, control: &Control) -> Result<Vec<u8>> {
    let order = run::Order { query: query.id, before: query.result, parameters: &run.values, max_age };
    let mut body = run::result(shared.api()?, &order, shared.settings.pace, control)?;
    let mut bytes = body.head;
    while let Some(piece) = body.stream.next(control)? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > BYTES {
            return Err(Error::refused(Msg::new("error-redash-sweep-large")));
        }
    }
    Ok(bytes)
}

/// Runs all of them and stacks what comes.
pub(super) fn open(
    shared: &Shared,
    query: &Query,
    runs: Vec<Run>,
    max_age: Option<u64>,
    title: String,
    control: &Control,
) -> Result<Opened> {
    let results: Vec<Mutex<Option<Result<Vec<u8>>>>> = runs.iter().map(|_| Mutex::new(None)).collect();
    let held = AtomicUsize::new(0);
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
                        if control.check().is_err() || held.load(Ordering::Relaxed) > BYTES {
                            return;
                        }
                        let got = get(shared, query, &runs[*i], max_age, control);
                        if let Ok(bytes) = &got {
                            held.fetch_add(bytes.len(), Ordering::Relaxed);
                            control.advance(1);
                        }
                        *results[*i].lock().unwrap_or_else(|e| e.into_inner()) = Some(got);
                    }
                });
            }
        });
        control.check()?;
        if held.load(Ordering::Relaxed) > BYTES {
            return Err(Error::refused(Msg::new("error-redash-sweep-large")));
        }
    }
    let mut bodies = Vec::new();
    let mut notices = Vec::new();
    let mut failed = Vec::new();
    for (run, result) in runs.into_iter().zip(results) {
        match result.into_inner().unwrap_or_else(|e| e.into_inner()) {
            Some(Ok(bytes)) => bodies.push((run.shown, bytes)),
            Some(Err(error)) => failed.push((run.shown, error)),
            None => return Err(Error::interrupted()),
        }
    }
    if bodies.is_empty()
        && let Some((_, error)) = failed.pop()
    {
        return Err(error);
    }
    for (shown, error) in failed {
        let values = shown.iter().map(|(n, v, _)| format!("{n}={v}")).collect::<Vec<_>>().join(", ");
        notices.push(Msg::new(LEFT_OUT).with("values", values).with("cause", error.message));
    }
    let count = bodies.len() as u64;
    let (frame, remarks) = land::stack(bodies, shared.settings.manner)?;
    notices.extend(remarks.sentences());
    let facts = vec![Msg::new("redash-sweep").with("count", count)];
    Ok(Opened { dataset: Dataset::from_frame(frame), title, facts, notices })
}
