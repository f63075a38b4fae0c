//! From what was seen to findings.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use polars::prelude::DataType;

use super::check::{self, Job, MOST, Verdict, first_seen};
use super::findings::{Doing, Duplicates, Finding, FindingKind, Findings};
use super::offers::{Suggestion, TextCounts, suggest};
use super::pass::{self, Plan, Seen, joined};
use super::rows::{self, Groups, RowSet};
use super::{Clean, values};
use crate::data::{Dataset, Rows, panicked};
use crate::error::{Error, Result};
use crate::text::{Msg, number};

/// Shares from which on a column is offered as nearly empty or nearly constant, where none was given.
const NEARLY_EMPTY: f64 = 0.95;
const NEARLY_CONSTANT: f64 = 0.99;
/// Rounds of comparing columns that may be renamings of one another.
const ROUNDS: usize = 8;

/// A finding of the standard preprocessing about one column.
pub(super) struct Verdicts {
    /// By place.
    pub kinds: Vec<Option<(FindingKind, Option<usize>, u64)>>,
}

pub(super) fn decide(clean: &Clean, dataset: &Dataset, context: &super::Context) -> Result<Findings> {
    let control = &context.control;
    let budget = context.memory.max(64 << 20);
    clean.check(dataset)?;
    let rows = dataset.count(control)?;
    let schema = dataset.schema();
    let places: Vec<usize> = (0..schema.len()).collect();
    let mut findings = Findings::none(clean, rows, places.len());
    if rows == 0 || places.is_empty() {
        return Ok(findings);
    }
    let none = dataset.with_rows(Rows::All).window(&places, 0, 0)?;
    let types: Vec<DataType> = none.inner().columns().iter().map(|c| c.dtype().clone()).collect();

    // Rows that may be duplicates, before the pass, so that it can take them out.
    let keys: Vec<usize> = clean.keys.iter().map(|k| schema.require(k)).collect::<Result<_>>()?;
    let compared: Vec<usize> = if keys.is_empty() { places.clone() } else { keys.clone() };
    let mut proposed: Vec<Groups> = Vec::new();
    let mut several = false;
    let telling = if keys.is_empty() { rows::telling(dataset, &compared)? } else { keys.clone() };
    let wants_rows = clean.duplicate_rows && rows > 1;
    if wants_rows {
        rows::propose(dataset, &telling, rows, budget, control, |groups| {
            several |= !proposed.is_empty();
            proposed.truncate(0);
            proposed.push(groups);
            Ok(())
        })?;
    }
    let width: u64 = compared.iter().map(|p| rows::cell_bytes(&types[*p])).sum();
    let first = proposed.pop().unwrap_or_default();
    let inline = !several && (first.rows.len() as u64).saturating_mul(width) <= budget / 4;
    let takes: Vec<bool> = places.iter().map(|p| inline && compared.contains(p)).collect();
    let plan = Plan {
        places: &places,
        types: &types,
        rows,
        alike: clean.numbers_alike,
        wanted: if inline { &first.rows } else { &[] },
        takes: &takes,
        budget,
    };
    let mut seen = pass::pass(dataset, &plan, control)?;

    // Columns.
    let mut verdicts = Verdicts { kinds: single_columns(clean, &seen, rows) };
    let offers = Offers::of(clean, dataset, &mut seen, &types, &verdicts)?;
    let check = |jobs: &[Job]| check::check(dataset, jobs, clean.numbers_alike, budget, control);
    same_columns(clean, dataset, &seen, &types, rows, &offers, &mut verdicts, &mut findings, &check)?;

    // Rows.
    let mut duplicates = RowSet::default();
    if wants_rows {
        let columns: Vec<(usize, DataType)> = compared
            .iter()
            .filter(|p| !keys.is_empty() || stays(clean, dataset, &verdicts, **p))
            .map(|p| (*p, types[*p].clone()))
            .collect();
        if !several {
            let mut groups = first;
            if inline && !groups.is_empty() {
                for (p, _) in &columns {
                    groups.refine(&joined(std::mem::take(&mut seen[*p].kept))?)?;
                }
            } else {
                rows::decide(dataset, &mut groups, &columns, budget, control)?;
            }
            groups.without_first(dataset.rows(), &mut duplicates);
        } else {
            drop(first);
            // The rows of a group are all proposed together, so each lot can be decided by itself.
            rows::propose(dataset, &telling, rows, budget, control, |mut groups| {
                rows::decide(dataset, &mut groups, &columns, budget, control)?;
                groups.without_first(dataset.rows(), &mut duplicates);
                Ok(())
            })?;
        }
    }
    control.check()?;
    list(clean, dataset, &verdicts, &seen, rows, duplicates.len(), offers, &mut findings);
    findings.duplicates = Duplicates::Here(Arc::new(duplicates));
    Ok(findings)
}

/// Puts what was found in order.
pub(super) fn list(
    clean: &Clean,
    dataset: &Dataset,
    verdicts: &Verdicts,
    seen: &[Seen],
    rows: u64,
    duplicates: u64,
    offers: Offers,
    findings: &mut Findings,
) {
    for (p, kind) in verdicts.kinds.iter().enumerate() {
        if let Some((kind, twin, count)) = kind {
            findings.list.push(column_finding(clean, dataset, p, *kind, *twin, *count, &seen[p], rows));
        }
    }
    if duplicates > 0 {
        findings.list.push(Finding {
            kind: FindingKind::DuplicateRows,
            column: None,
            twin: None,
            rows: duplicates,
            why: match clean.keys.is_empty() {
                true => Msg::new("clean-why-rows").with("rows", duplicates),
                false => {
                    Msg::new("clean-why-rows-keys").with("rows", duplicates).with("columns", clean.keys.join(", "))
                }
            },
            doing: Doing::Drop,
            decided: Doing::Drop,
            tells_rows: false,
        });
    }
    offers.findings(clean, dataset, verdicts, findings);
}

/// Whether a column stays, as far as the standard preprocessing goes.
pub(super) fn stays(clean: &Clean, dataset: &Dataset, verdicts: &Verdicts, place: usize) -> bool {
    verdicts.kinds[place].is_none_or(|(kind, ..)| kept(clean, dataset, place, kind))
}

/// Whether the person wants to keep a column about which this was found.
fn kept(clean: &Clean, dataset: &Dataset, place: usize, kind: FindingKind) -> bool {
    let name = &dataset.schema().columns()[place].name;
    clean.unasked(kind) == Doing::Leave || clean.keep.contains(name)
}

impl Clean {
    /// Looks whether the columns named are there and the shares are shares.
    pub(super) fn check(&self, dataset: &Dataset) -> Result<()> {
        let lists = [&self.keys, &self.keep, &self.drop, &self.mask, &self.trim, &self.fold, &self.sentinels];
        let names = lists.into_iter().flatten().filter(|n| *n != "*").chain(self.cast.keys());
        for name in names {
            dataset.schema().require(name)?;
        }
        for share in [self.nearly_empty, self.nearly_constant].into_iter().flatten() {
            if !(share > 0.0 && share <= 1.0) {
                return Err(Error::usage(Msg::new("clean-bad-share").with("share", number::readable(share, 4))));
            }
        }
        Ok(())
    }
}

/// Columns that are all missing or constant.
pub(super) fn single_columns(
    clean: &Clean,
    seen: &[Seen],
    rows: u64,
) -> Vec<Option<(FindingKind, Option<usize>, u64)>> {
    seen.iter()
        .map(|s| {
            let on = |on: bool, n: u64| if on { n } else { 0 };
            let c = s.counts;
            let missing =
                on(clean.missing_null, c.missing) + on(clean.missing_nan, c.nan) + on(clean.missing_empty, c.empty);
            let absent = c.missing + c.nan;
            if missing == rows {
                Some((FindingKind::Missing, None, rows))
            } else if s.varied || absent == rows || rows < 2 {
                None
            } else if absent == 0 {
                clean.constant.then_some((FindingKind::Constant, None, rows))
            } else {
                clean.constant_or_missing.then_some((FindingKind::ConstantOrMissing, None, rows - absent))
            }
        })
        .collect()
}

/// Columns that hold what another holds, as it is or under other names, by what `check` says of the columns proposed. Has it
/// count texts on the way.
pub(super) fn same_columns(
    clean: &Clean,
    dataset: &Dataset,
    seen: &[Seen],
    types: &[DataType],
    rows: u64,
    offers: &Offers,
    verdicts: &mut Verdicts,
    findings: &mut Findings,
    check: &dyn Fn(&[Job]) -> Result<Vec<Verdict>>,
) -> Result<()> {
    let left: Vec<usize> = (0..seen.len()).filter(|p| verdicts.kinds[*p].is_none()).collect();
    let mut prints: BTreeMap<(String, u64, u64, u128), Vec<usize>> = BTreeMap::new();
    for p in &left {
        let s = &seen[*p];
        let family = values::family(&types[*p], clean.numbers_alike);
        prints.entry((family, s.counts.missing, s.counts.nan, s.print)).or_default().push(*p);
    }
    let mut twins: Vec<Vec<usize>> = prints.into_values().collect();
    twins.sort_unstable();
    // One of each class stands for the others.
    let heads: Vec<usize> = twins.iter().map(|c| c[0]).collect();
    twins.retain(|c| c.len() > 1);
    let mut renamed = if clean.renamed { alike(seen, &heads, rows) } else { Vec::new() };
    let most = |p: usize| MOST.min((present(&seen[p], rows) / 2) as usize);
    for round in 0..ROUNDS {
        let first = round == 0;
        let mut jobs: Vec<Job> = renamed.iter().map(|c| Job::Renamed(c.clone(), most(c[0]))).collect();
        let maps = jobs.len();
        if first {
            jobs.extend(twins.iter().cloned().map(Job::Identical));
            jobs.extend(offers.jobs());
        }
        let found = check(&jobs)?;
        let mut again = Vec::new();
        for (i, (job, verdict)) in jobs.iter().zip(found).enumerate() {
            let (Job::Identical(class) | Job::Renamed(class, _), Verdict::Columns(hold)) = (job, &verdict) else {
                if let (Job::Text(p, _), Verdict::Text(counts)) = (job, verdict) {
                    offers.counted(*p, counts);
                }
                continue;
            };
            let mut rest = Vec::new();
            for (p, holds) in class[1..].iter().zip(hold) {
                match holds {
                    Some(values) if i < maps => {
                        verdicts.kinds[*p] = Some((FindingKind::Renamed, Some(class[0]), *values as u64))
                    }
                    Some(_) if clean.identical => {
                        verdicts.kinds[*p] = Some((FindingKind::Identical, Some(class[0]), rows))
                    }
                    Some(_) => {}
                    None => rest.push(*p),
                }
            }
            if i < maps && rest.len() > 1 {
                again.push(rest);
            }
        }
        renamed = again;
        if renamed.is_empty() {
            return Ok(());
        }
    }
    let names: Vec<&str> = renamed.iter().flatten().map(|p| dataset.schema().columns()[*p].name.as_str()).collect();
    findings.notes.push(Msg::new("clean-note-unjudged").with("names", crate::text::names(&names)));
    Ok(())
}

fn present(seen: &Seen, rows: u64) -> u64 {
    rows - seen.counts.missing - seen.counts.nan
}

/// Classes of columns that may be renamings of one another: missing in as many rows, changing in the same rows, with the same
/// pattern of first appearances in the sample. Columns whose values hardly recur are left out: any two lists of identifiers
/// are renamings of each other, and say nothing of it.
fn alike(seen: &[Seen], heads: &[usize], rows: u64) -> Vec<Vec<usize>> {
    let mut coarse: HashMap<(u64, u64, u64), Vec<usize>> = HashMap::new();
    for p in heads {
        let s = &seen[*p];
        coarse.entry((s.counts.missing, s.counts.nan, s.changes)).or_default().push(*p);
    }
    let mut fine: HashMap<(u64, u64, u64, u64), Vec<usize>> = HashMap::new();
    for ((missing, nan, changes), class) in coarse.into_iter().filter(|(_, c)| c.len() > 1) {
        for p in class {
            let sampled = seen[p].sampled().count();
            let (print, distinct) = first_seen(seen[p].sampled());
            if recurs(&seen[p], rows, sampled as u64, distinct as u64) {
                fine.entry((missing, nan, changes, print)).or_default().push(p);
            }
        }
    }
    let mut classes: Vec<Vec<usize>> = fine.into_values().filter(|c| c.len() > 1).collect();
    classes.iter_mut().for_each(|c| c.sort_unstable());
    classes.sort_unstable();
    classes
}

/// Whether the values of a column may recur often enough for it to be a renaming: twice on average. A sample of m rows meets
/// at least about m²/4D of D values again if each is held by two rows or more; half of that is asked for.
fn recurs(seen: &Seen, rows: u64, sampled: u64, distinct: u64) -> bool {
    let present = present(seen, rows);
    let most = (MOST as u64).min(present / 2).max(1);
    if sampled == rows {
        // Missing and NaN were counted as values.
        return distinct <= present / 2 + 2;
    }
    let met_again = sampled - distinct;
    met_again * most * 8 >= sampled * sampled || met_again * 2 > sampled || seen.repeats * 4 >= present
}

fn column_finding(
    clean: &Clean,
    dataset: &Dataset,
    place: usize,
    kind: FindingKind,
    twin: Option<usize>,
    count: u64,
    seen: &Seen,
    rows: u64,
) -> Finding {
    let names = dataset.schema().columns();
    let name = names[place].name.clone();
    let twin = twin.map(|t| names[t].name.clone());
    let c = seen.counts;
    let other = || twin.clone().unwrap_or_default();
    let why = match kind {
        FindingKind::Missing if c.missing == rows => Msg::new("clean-why-null"),
        FindingKind::Missing if c.nan == rows => Msg::new("clean-why-nan"),
        FindingKind::Missing if c.empty == rows => Msg::new("clean-why-empty"),
        FindingKind::Missing => Msg::new("clean-why-missing"),
        FindingKind::Constant => Msg::new("clean-why-constant"),
        FindingKind::ConstantOrMissing => Msg::new("clean-why-constant-or-missing").with("rows", c.missing + c.nan),
        FindingKind::Identical => Msg::new("clean-why-identical").with("twin", other()),
        _ => Msg::new("clean-why-renamed").with("twin", other()).with("values", count),
    };
    let doing = if kept(clean, dataset, place, kind) { Doing::Leave } else { clean.unasked(kind) };
    // A column that is the same in every row tells no rows apart; neither does one that follows from another.
    let uniform = c.missing == rows || c.nan == rows || c.empty == rows || kind == FindingKind::Constant;
    let tells_rows =
        matches!(kind, FindingKind::Missing | FindingKind::ConstantOrMissing) && !uniform && clean.keys.is_empty();
    let concerned = match kind {
        FindingKind::Renamed => rows,
        _ => count,
    };
    Finding { kind, column: Some(name), twin, rows: concerned, why, doing, decided: doing, tells_rows }
}

/// What is offered about columns, before it is counted.
pub(super) struct Offers {
    /// By place: what the sample of its texts suggests.
    texts: BTreeMap<usize, Suggestion>,
    counts: std::sync::Mutex<BTreeMap<usize, TextCounts>>,
    /// By place: rows missing or empty.
    empty: BTreeMap<usize, u64>,
    /// By place: share of the sampled rows that hold the most common value, and how many rows were sampled.
    common: BTreeMap<usize, (f64, u64)>,
}

impl Offers {
    /// Looks at the samples.
    pub fn of(
        clean: &Clean,
        dataset: &Dataset,
        seen: &mut [Seen],
        types: &[DataType],
        verdicts: &Verdicts,
    ) -> Result<Self> {
        let mut offers = Self {
            texts: BTreeMap::new(),
            counts: Default::default(),
            empty: BTreeMap::new(),
            common: BTreeMap::new(),
        };
        let rows = seen.first().map_or(0, |s| s.sampled().count() as u64);
        let looked: Vec<Option<Suggestion>> = suggestions(clean, dataset, seen, types, verdicts)?;
        for (p, (s, found)) in seen.iter().zip(looked).enumerate() {
            if verdicts.kinds[p].is_some() {
                continue;
            }
            if let Some(found) = found {
                offers.texts.insert(p, found);
            }
            let absent = s.counts.missing + s.counts.nan + s.counts.empty;
            offers.empty.insert(p, absent);
            if rows > 1
                && let Some(share) = commonest(s)
            {
                offers.common.insert(p, (share, rows));
            }
        }
        Ok(offers)
    }

    fn jobs(&self) -> impl Iterator<Item = Job> + '_ {
        self.texts.iter().filter(|(_, s)| s.worth).map(|(p, s)| Job::Text(*p, s.tests))
    }

    fn counted(&self, place: usize, counts: TextCounts) {
        self.counts.lock().unwrap_or_else(|e| e.into_inner()).insert(place, counts);
    }

    fn findings(self, clean: &Clean, dataset: &Dataset, verdicts: &Verdicts, findings: &mut Findings) {
        let counts = self.counts.into_inner().unwrap_or_else(|e| e.into_inner());
        let rows = findings.rows;
        let mut named: HashSet<String> = HashSet::new();
        for (p, column) in dataset.schema().columns().iter().enumerate() {
            if verdicts.kinds[p].is_some_and(|(kind, ..)| !kept(clean, dataset, p, kind)) {
                continue;
            }
            let name = &column.name;
            let listed = |list: &[String]| list.iter().any(|n| n == name || n == "*");
            let drop = clean.drop.contains(name);
            let mask = clean.mask.contains(name);
            let mut push = |kind: FindingKind, rows: u64, why: Msg, doing: Doing| {
                let doing = match doing {
                    Doing::Leave if clean.unasked(kind) == Doing::Drop && !clean.keep.contains(name) => Doing::Drop,
                    other => other,
                };
                findings.list.push(Finding {
                    kind,
                    column: Some(name.clone()),
                    twin: None,
                    rows,
                    why,
                    doing,
                    decided: doing,
                    tells_rows: false,
                });
            };
            let asked = |on: bool| if on { Doing::Change } else { Doing::Leave };
            let percent = |share: f64| number::readable((share * 1000.0).floor() / 10.0, 4);
            if verdicts.kinds[p].is_none() {
                let absent = self.empty.get(&p).copied().unwrap_or(0);
                let share = absent as f64 / rows.max(1) as f64;
                if absent > 0 && share >= clean.nearly_empty.unwrap_or(NEARLY_EMPTY) {
                    let why = Msg::new("clean-why-nearly-empty").with("percent", percent(share));
                    push(FindingKind::NearlyEmpty, absent, why, if drop { Doing::Drop } else { Doing::Leave });
                    named.insert(name.clone());
                }
                if let Some((share, looked)) = self.common.get(&p)
                    && *share >= clean.nearly_constant.unwrap_or(NEARLY_CONSTANT)
                {
                    let why =
                        Msg::new("clean-why-nearly-constant").with("percent", percent(*share)).with("rows", *looked);
                    push(
                        FindingKind::NearlyConstant,
                        (share * rows as f64) as u64,
                        why,
                        if drop { Doing::Drop } else { Doing::Leave },
                    );
                    named.insert(name.clone());
                }
            }
            let suggestion = self.texts.get(&p);
            let c = counts.get(&p).copied().unwrap_or_default();
            if c.padded > 0 || clean.trim.contains(name) {
                push(
                    FindingKind::Blanks,
                    c.padded,
                    Msg::new("clean-why-blanks").with("rows", c.padded),
                    asked(listed(&clean.trim)),
                );
            }
            if let Some(n) = suggestion.map(|s| s.variants).filter(|n| *n > 0 || clean.fold.contains(name)) {
                push(
                    FindingKind::Spellings,
                    n as u64,
                    Msg::new("clean-why-spellings").with("values", n),
                    asked(listed(&clean.fold)),
                );
            }
            if c.sentinels > 0 || clean.sentinels.contains(name) {
                let why = Msg::new("clean-why-sentinels").with("rows", c.sentinels);
                push(FindingKind::Sentinels, c.sentinels, why, asked(listed(&clean.sentinels)));
            }
            let chosen = clean.cast.get(name);
            if let Some(target) = chosen.copied().or(suggestion.and_then(|s| s.tests.target))
                && (chosen.is_some() || c.read > 0 && c.unread == 0)
                && suggestion.is_some()
            {
                let word = Msg::new(match target {
                    super::Target::Integer => "kind-integer",
                    super::Target::Float => "kind-float",
                    super::Target::Date => "kind-date",
                    super::Target::Boolean => "kind-boolean",
                });
                let why = Msg::new("clean-why-readable")
                    .with("kind", word)
                    .with("rows", c.read)
                    .with("lost", c.unread + c.sentinels);
                push(FindingKind::Readable(target), c.read, why, asked(chosen.is_some()));
            }
            let doing = match (drop, mask) {
                (true, _) => Doing::Drop,
                (_, true) => Doing::Mask,
                _ => Doing::Leave,
            };
            if let Some(personal) = suggestion.and_then(|s| s.tests.personal) {
                let what = Msg::new(match personal {
                    super::offers::Personal::Email => "clean-why-email",
                    super::offers::Personal::Phone => "clean-why-phone",
                    super::offers::Personal::Name => "clean-why-name",
                    super::offers::Personal::Address => "clean-why-address",
                });
                push(FindingKind::Personal(personal), c.texts, what, doing);
            } else if doing == Doing::Mask || doing == Doing::Drop && !named.contains(name) {
                push(FindingKind::Asked, rows, Msg::new("clean-why-asked"), doing);
            }
        }
    }
}

/// What the texts of each column suggest, on all cores.
fn suggestions(
    clean: &Clean,
    dataset: &Dataset,
    seen: &mut [Seen],
    types: &[DataType],
    verdicts: &Verdicts,
) -> Result<Vec<Option<Suggestion>>> {
    let mut out: Vec<Option<Suggestion>> = vec![None; seen.len()];
    let names = dataset.schema().columns();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let each = seen.len().div_ceil(threads * 8).max(1);
    let one = |p: usize, s: &mut Seen| -> Result<Option<Suggestion>> {
        let texts = joined(std::mem::take(&mut s.texts))?;
        if verdicts.kinds[p].is_some() || types[p] != DataType::String {
            return Ok(None);
        }
        let name = &names[p].name;
        let mut found = suggest(name, &texts);
        found.tests.target = clean.cast.get(name).copied().or(found.tests.target);
        found.worth |= [&clean.trim, &clean.fold, &clean.sentinels].into_iter().any(|l| l.contains(name))
            || clean.cast.contains_key(name);
        Ok(Some(found))
    };
    let jobs = std::sync::Mutex::new(seen.chunks_mut(each).zip(out.chunks_mut(each)).enumerate());
    let work = || -> Result<()> {
        loop {
            let job = jobs.lock().unwrap_or_else(|e| e.into_inner()).next();
            let Some((n, (seen, out))) = job else { return Ok(()) };
            for (i, (s, o)) in seen.iter_mut().zip(out).enumerate() {
                *o = one(n * each + i, s)?;
            }
        }
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mine = work();
        others.into_iter().map(|t| t.join().unwrap_or_else(|p| Err(panicked(&*p)))).fold(mine, Result::and)
    })?;
    Ok(out)
}

/// The share of the sampled rows that hold the commonest value, if one holds most (R. Boyer and J. Moore's majority vote).
fn commonest(seen: &Seen) -> Option<f64> {
    let absent = |x: &u64| *x == values::MISSING || *x == values::NAN;
    let (mut candidate, mut votes, mut n) = (0u64, 0i64, 0u64);
    for x in seen.sampled() {
        n += 1;
        if votes == 0 {
            candidate = x;
        }
        votes += if x == candidate { 1 } else { -1 };
    }
    let held = seen.sampled().filter(|x| *x == candidate).count();
    (n > 0 && held as u64 * 2 > n && !absent(&candidate)).then(|| held as f64 / n as f64)
}
