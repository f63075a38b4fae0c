//! The exact check of what fingerprints proposed: columns value by value, renamings as maps in both directions, texts counted.
//! Reads only the columns that were proposed.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use polars::prelude::Series;

use super::offers::{TextCounts, TextTests};
use super::pass;
use super::quick::QuickMap;
use super::values::{self, Exact, Owned};
use crate::data::{Control, Dataset};
use crate::error::Result;

/// Different values that a renaming may map, at most.
pub const MOST: usize = 1 << 20;

/// Something to check. Columns are places in the dataset's schema.
#[derive(Clone, Debug)]
pub enum Job {
    /// Whether the others hold what the first holds.
    Identical(Vec<usize>),
    /// Whether the others hold what the first holds under other names, with at most so many different values.
    Renamed(Vec<usize>, usize),
    /// How many texts are what tests look for.
    Text(usize, TextTests),
}

impl Job {
    fn columns(&self) -> &[usize] {
        match self {
            Job::Identical(c) | Job::Renamed(c, _) => c,
            Job::Text(c, _) => std::slice::from_ref(c),
        }
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// For each of the others, whether it does; for renamings, how many different values there are.
    Columns(Vec<Option<usize>>),
    /// Counts.
    Text(TextCounts),
}

/// Values to values.
type Names = QuickMap<Owned, Owned>;

#[derive(Clone, Default)]
struct Renaming {
    forth: Names,
    back: Names,
    failed: bool,
}

#[derive(Clone)]
enum Found {
    Identical(Vec<bool>),
    Renamed(Vec<Renaming>),
    Text(TextCounts),
}

/// Carries the checks out, in one pass over the columns concerned.
pub fn check(dataset: &Dataset, jobs: &[Job], alike: bool, budget: u64, control: &Control) -> Result<Vec<Verdict>> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let all: HashSet<usize> = jobs.iter().flat_map(|j| j.columns().iter().copied()).collect();
    let room = pass::groups(dataset, all.len(), budget, control)?.first().map_or(1, ExactSizeIterator::len).max(1);
    // Jobs in groups, each group with the columns its jobs need.
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (i, job) in jobs.iter().enumerate() {
        if groups.last().is_none_or(|g| g.len() >= room) {
            groups.push(Vec::new());
            members.push(Vec::new());
        }
        if let (Some(group), Some(jobs)) = (groups.last_mut(), members.last_mut()) {
            jobs.push(i);
            group.extend_from_slice(job.columns());
        }
    }
    for group in &mut groups {
        group.sort_unstable();
        group.dedup();
    }
    let fresh = || -> HashMap<usize, Found> { HashMap::new() };
    let states = dataset.tiles(&groups, control, fresh, |state, tile| {
        let places = &groups[tile.group];
        let mut ready: HashMap<usize, Series> = HashMap::new();
        for job in &members[tile.group] {
            for c in jobs[*job].columns() {
                if let (Entry::Vacant(slot), Ok(at)) = (ready.entry(*c), places.binary_search(c)) {
                    slot.insert(values::physical(tile.frame.columns()[at].as_materialized_series())?);
                }
            }
            one(&jobs[*job], &ready, alike, state.entry(*job).or_insert_with(|| blank(&jobs[*job])))?;
        }
        Ok(())
    })?;
    let mut found: Vec<Found> = jobs.iter().map(blank).collect();
    for state in states {
        for (job, other) in state {
            merge(&mut found[job], other, &jobs[job]);
        }
    }
    Ok(found.into_iter().map(verdict).collect())
}

fn blank(job: &Job) -> Found {
    match job {
        Job::Identical(c) => Found::Identical(vec![true; c.len() - 1]),
        Job::Renamed(c, _) => Found::Renamed(vec![Renaming::default(); c.len() - 1]),
        Job::Text(..) => Found::Text(TextCounts::default()),
    }
}

fn one(job: &Job, ready: &HashMap<usize, Series>, alike: bool, found: &mut Found) -> Result<()> {
    let columns: Vec<&Series> = job.columns().iter().filter_map(|c| ready.get(c)).collect();
    let [first, others @ ..] = columns.as_slice() else { return Ok(()) };
    match (job, found) {
        (Job::Identical(_), Found::Identical(hold)) => {
            for (other, hold) in others.iter().zip(hold) {
                *hold = *hold && values::same(first, other, alike)?;
            }
        }
        (Job::Renamed(_, most), Found::Renamed(maps)) => {
            let keys = values::exact(first, false)?;
            for (other, map) in others.iter().zip(maps).filter(|(_, m)| !m.failed) {
                rename(&keys, &values::exact(other, false)?, *most, map);
            }
        }
        (Job::Text(_, tests), Found::Text(counts)) => {
            for value in values::exact(first, false)? {
                if let Exact::Bytes(bytes) = value {
                    tests.count(bytes, counts);
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// Notes which value stands for which in one part, and what contradicts it.
fn rename(a: &[Exact<'_>], b: &[Exact<'_>], most: usize, map: &mut Renaming) {
    let mut forth: QuickMap<Exact<'_>, Exact<'_>> = QuickMap::default();
    let mut back: QuickMap<Exact<'_>, Exact<'_>> = QuickMap::default();
    let mut last = None;
    for pair in a.iter().copied().zip(b.iter().copied()) {
        if last == Some(pair) {
            continue;
        }
        last = Some(pair);
        let (x, y) = pair;
        // Missing stays missing, NaN stays NaN: these are no names.
        let names = if x.is_absent() || y.is_absent() {
            x == y
        } else {
            *forth.entry(x).or_insert(y) == y && *back.entry(y).or_insert(x) == x
        };
        if !names || forth.len() > most {
            map.failed = true;
            return;
        }
    }
    for (x, y) in forth {
        note(map, x.owned(), y.owned(), most);
    }
}

fn note(map: &mut Renaming, x: Owned, y: Owned, most: usize) {
    if map.failed {
        return;
    }
    let agrees = map.forth.get(&x).is_none_or(|known| *known == y) && map.back.get(&y).is_none_or(|known| *known == x);
    map.forth.insert(x.clone(), y.clone());
    map.back.insert(y, x);
    if !agrees || map.forth.len() > most {
        *map = Renaming { failed: true, ..Renaming::default() };
    }
}

fn merge(into: &mut Found, other: Found, job: &Job) {
    match (into, other) {
        (Found::Identical(a), Found::Identical(b)) => a.iter_mut().zip(b).for_each(|(a, b)| *a &= b),
        (Found::Renamed(a), Found::Renamed(b)) => {
            let Job::Renamed(_, most) = job else { return };
            for (a, b) in a.iter_mut().zip(b) {
                a.failed |= b.failed;
                for (x, y) in b.forth {
                    note(a, x, y, *most);
                }
            }
        }
        (Found::Text(a), Found::Text(b)) => a.merge(&b),
        _ => {}
    }
}

fn verdict(found: Found) -> Verdict {
    match found {
        Found::Identical(hold) => Verdict::Columns(hold.into_iter().map(|h| h.then_some(0)).collect()),
        Found::Renamed(maps) => {
            Verdict::Columns(maps.into_iter().map(|m| (!m.failed).then_some(m.forth.len())).collect())
        }
        Found::Text(counts) => Verdict::Text(counts),
    }
}

/// Numbers the values of a sample by where each appears first, and says what comes of it: a fingerprint that renamings share,
/// how many different values there are. Stand-ins for missing values count as values.
pub fn first_seen(sample: impl Iterator<Item = u64>) -> (u64, usize) {
    let mut codes: QuickMap<u64, u64> = QuickMap::default();
    let mut print = 0u64;
    for (i, x) in sample.enumerate() {
        let next = codes.len() as u64;
        let code = *codes.entry(x).or_insert(next);
        print = print.wrapping_add((code + 1).wrapping_mul(crate::op::sketch::hash::mix(i as u64 + 1) | 1));
    }
    (print, codes.len())
}
