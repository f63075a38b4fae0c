//! What a person most likely wants compared, from names and the first rows. Guesses are shown and can be changed.

use std::collections::{BTreeSet, HashSet};

use super::{Ab, MOST_ARMS};
use crate::data::{Control, Dataset, Frame, Place};
use crate::error::{Error, Result};
use crate::op::push::ask::{Asking, Stop};
use crate::sql::{Aggregate, Term};
use crate::text::Msg;
use crate::value::{Column, Kind};

/// Rows looked at.
const LOOKED_AT: usize = 1000;

/// Rows in which a value of the unit is looked for twice: somebody who comes back does so later than in the first rows.
const IDS_LOOKED_AT: usize = 100_000;

/// Rows of a table somewhere else that are brought here to be looked at, where fewer are here already.
const BROUGHT: usize = 100;

/// How many rows are looked at: of those that are somewhere else, the ones that are here anyway.
fn looked_at(dataset: &Dataset) -> usize {
    match dataset.place() {
        Some(_) => usize::try_from(dataset.row_count().known()).unwrap_or(LOOKED_AT).clamp(BROUGHT, LOOKED_AT),
        None => LOOKED_AT,
    }
}

/// Names of an arm to which nothing was done.
const BASELINES: [&str; 16] = [
    "a",
    "control",
    "ctrl",
    "off",
    "baseline",
    "コントロール",
    "対照",
    "対照群",
    "統制群",
    "現行",
    "既存",
    "original",
    "old",
    "before",
    "false",
    "0",
];

/// Which arm is the baseline: by its name, else the first.
pub fn baseline(names: &[String]) -> usize {
    let is = |name: &String, wanted: &str| {
        let name = name.trim().to_lowercase();
        name == wanted || (wanted.chars().count() > 1 && name.split(['_', '-', ' ']).any(|word| word == wanted))
    };
    BASELINES.iter().find_map(|wanted| names.iter().position(|n| is(n, wanted))).unwrap_or(0)
}

/// How much a column's name speaks for a use.
fn speaks(name: &str, words: &[&str]) -> u32 {
    let name = name.trim().to_lowercase();
    if words.contains(&name.as_str()) {
        return 3;
    }
    let parts: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
    let within = |w: &&str| parts.contains(w) || (w.chars().count() > 1 && !w.is_ascii() && name.contains(*w));
    u32::from(words.iter().any(within)) * 2
}

const VARIANTS: [&str; 16] = [
    "variant",
    "variation",
    "group",
    "arm",
    "ab",
    "abtest",
    "ab_test",
    "bucket",
    "treatment",
    "experiment",
    "test",
    "バリアント",
    "グループ",
    "群",
    "パターン",
    "施策",
];
const UNITS: [&str; 12] = [
    "user_id",
    "userid",
    "user",
    "uid",
    "user_pseudo_id",
    "customer_id",
    "member_id",
    "visitor_id",
    "device_id",
    "ユーザー",
    "ユーザーid",
    "会員",
];
const CONVERSIONS: [&str; 16] = [
    "converted",
    "conversion",
    "cv",
    "is_cv",
    "purchased",
    "purchase",
    "bought",
    "clicked",
    "click",
    "signed_up",
    "retained",
    "success",
    "購入",
    "成約",
    "コンバージョン",
    "継続",
];
const AMOUNTS: [&str; 10] = ["revenue", "sales", "amount", "price", "total", "spend", "売上", "金額", "購入額", "値段"];

const CLICKS: [&str; 5] = ["clicks", "click_count", "taps", "クリック数", "クリック"];
const IMPRESSIONS: [&str; 8] =
    ["impressions", "imp", "imps", "views", "page_views", "pv", "表示回数", "インプレッション"];
const SEGMENTS: [&str; 18] = [
    "segment",
    "device",
    "device_type",
    "platform",
    "os",
    "browser",
    "country",
    "region",
    "gender",
    "age_group",
    "plan",
    "channel",
    "端末",
    "国",
    "地域",
    "性別",
    "年代",
    "流入元",
];
const DAYS: [&str; 5] = ["day", "date", "日", "日付", "年月日"];
/// Words that say a value is from before.
const BEFORE: [&str; 5] = ["pre", "before", "baseline", "prior", "事前"];

/// Most values of a column that is guessed to hold segments.
const MOST_SEGMENTS: usize = 20;

/// What the first rows say of a column.
struct Seen {
    values: BTreeSet<String>,
    /// More values than a test has arms.
    many: bool,
    two_fold: bool,
    /// Every value can be read as a number.
    amounts: bool,
}

fn seen(frame: &Frame, place: usize) -> Seen {
    let mut seen = Seen { values: BTreeSet::new(), many: false, two_fold: true, amounts: true };
    for row in 0..frame.height() {
        let cell = frame.cell(row, place);
        if cell.is_null() {
            continue;
        }
        let text = cell.plain();
        if text.trim().is_empty() {
            continue;
        }
        seen.two_fold &= super::read::two_fold(&text).is_some();
        seen.amounts &= super::read::amount(&text).is_some();
        seen.values.insert(text);
    }
    seen.many = seen.values.len() > MOST_ARMS;
    seen
}

/// The column that looks like the unit, where there is one besides those that are used, and whether its values repeat in
/// the first rows.
pub fn unit(dataset: &Dataset, ab: &Ab, control: &Control) -> Result<Option<(String, bool)>> {
    let used = |name: &String| *name == ab.variant || ab.metrics.contains(name);
    let columns = dataset.schema().columns().iter().enumerate();
    let named = columns.filter(|(_, c)| !c.kind.is_nested() && !used(&c.name) && speaks(&c.name, &UNITS) > 0);
    let Some((place, column)) = named.max_by_key(|(i, c)| (speaks(&c.name, &UNITS), usize::MAX - i)) else {
        return Ok(None);
    };
    if let Some(there) = dataset.place() {
        return Ok(unit_there(&there, &column.name, control)?.map(|repeats| (column.name.clone(), repeats)));
    }
    let frame = dataset.window(&[place], 0, IDS_LOOKED_AT)?;
    let (mut ids, mut repeats) = (HashSet::new(), false);
    for row in 0..frame.height() {
        let cell = frame.cell(row, 0);
        if !cell.is_null() {
            repeats |= !ids.insert(cell.plain());
        }
        if repeats && ids.len() > MOST_ARMS {
            break;
        }
    }
    Ok((ids.len() > MOST_ARMS).then(|| (column.name.clone(), repeats)))
}

/// The same asked of the engine that has the rows: whether values repeat, of a column with many.
fn unit_there(place: &Place, name: &str, control: &Control) -> Result<Option<bool>> {
    let asked = |what: &str, aggregate: fn(Term) -> Aggregate| (what.to_owned(), aggregate(Term::column(name)));
    let head = place.relation.clone().columns([name]).limit(LOOKED_AT as u64, 0);
    let counts = head.group(Vec::new(), vec![asked("n", Aggregate::Present), asked("distinct", Aggregate::Distinct)]);
    let answer = match Asking::new(place, control).ask(&counts, 1) {
        Ok(answer) => answer,
        Err(Stop::Not(_)) => return Ok(None),
        Err(Stop::Error(error)) => return Err(error),
    };
    let (n, distinct) = (answer.counts("n")?[0], answer.counts("distinct")?[0]);
    Ok((distinct > MOST_ARMS as u64).then_some(n > distinct))
}

/// Why no column was taken for the arms.
pub fn no_variant(dataset: &Dataset) -> Error {
    let columns = dataset.schema().columns().iter().enumerate();
    let named = columns.filter(|(_, c)| !c.kind.is_nested() && speaks(&c.name, &VARIANTS) > 0);
    let named = named.max_by_key(|(i, c)| (speaks(&c.name, &VARIANTS), usize::MAX - i));
    let found = named.and_then(|(place, column)| {
        let frame = dataset.window(&[place], 0, looked_at(dataset)).ok()?;
        Some((column, seen(&frame, 0)))
    });
    let of = |id: &'static str, column: &Column| Msg::new(id).with("column", &column.name).with("most", MOST_ARMS);
    match found {
        Some((column, seen)) if seen.many => {
            Error::usage(of("error-ab-variant-many", column)).hint(Msg::new("hint-ab-variant-many"))
        }
        Some((column, seen)) if seen.values.len() == 1 => {
            let value = seen.values.into_iter().next().unwrap_or_default();
            Error::usage(of("error-ab-variant-one", column).with("value", value)).hint(Msg::new("hint-ab-variant-one"))
        }
        _ => Error::usage(Msg::new("error-ab-no-variant")).hint(Msg::new("hint-ab-variants")),
    }
}

/// An analysis filled in, as far as names and the first rows tell: what could not be guessed is empty.
pub fn guess(dataset: &Dataset) -> Result<Ab> {
    let columns: Vec<Column> = dataset.schema().columns().to_vec();
    let plain: Vec<usize> = (0..columns.len()).filter(|i| !columns[*i].kind.is_nested()).collect();
    let frame = dataset.window(&plain, 0, looked_at(dataset))?;
    let mut facts: Vec<Option<Seen>> = columns.iter().map(|_| None).collect();
    for (at, place) in plain.iter().enumerate().filter(|(_, p)| !columns[**p].kind.is_temporal()) {
        facts[*place] = Some(seen(&frame, at));
    }
    let best = |score: &dyn Fn(usize, &Column, &Seen) -> u32| -> Option<usize> {
        let scored = columns.iter().enumerate().filter_map(|(i, c)| Some((i, score(i, c, facts[i].as_ref()?))));
        let most = scored.filter(|(_, s)| *s > 0).max_by_key(|(i, s)| (*s, usize::MAX - i))?;
        Some(most.0)
    };
    let variant = best(&|_, column, seen| {
        let conversion = seen.two_fold && speaks(&column.name, &CONVERSIONS) > speaks(&column.name, &VARIANTS);
        if seen.many || seen.values.len() < 2 || conversion {
            return 0;
        }
        let arms = seen.values.iter().any(|v| BASELINES[..9].contains(&v.trim().to_lowercase().as_str()));
        1 + 4 * speaks(&column.name, &VARIANTS)
            + 2 * u32::from(arms)
            + u32::from(column.kind.is_text() || seen.values.len() == 2)
    });
    let unit = best(&|i, column, seen| if Some(i) == variant || !seen.many { 0 } else { speaks(&column.name, &UNITS) });
    let impressions = |c: &Column| c.kind.is_number() && speaks(&c.name, &IMPRESSIONS) > 0;
    let is_day = |c: &Column| speaks(&c.name, &DAYS) == 3;
    let metric = best(&|i, column, seen| {
        if Some(i) == variant || Some(i) == unit {
            return 0;
        }
        if seen.two_fold && seen.values.len() <= 2 && !seen.values.is_empty() {
            return 8 + 4 * speaks(&column.name, &CONVERSIONS);
        }
        let other = column.name.to_lowercase().ends_with("id") || is_day(column) || speaks(&column.name, &BEFORE) > 0;
        let number = column.kind.is_number() || (seen.amounts && !seen.values.is_empty() && !column.kind.is_temporal());
        match number && !other {
            true if impressions(column) => 1,
            true => 2 + speaks(&column.name, &AMOUNTS) + speaks(&column.name, &CLICKS),
            false => 0,
        }
    });
    let others = |i: usize| ![variant, unit, metric].contains(&Some(i));
    let whole =
        metric.filter(|m| speaks(&columns[*m].name, &CLICKS) > 0 && facts[*m].as_ref().is_some_and(|s| !s.two_fold));
    let denominator = whole.and_then(|_| (0..columns.len()).find(|i| others(*i) && impressions(&columns[*i])));
    let covariate = metric.filter(|_| denominator.is_none()).and_then(|m| {
        let name = columns[m].name.to_lowercase();
        let before = |c: &Column| {
            let own = c.name.to_lowercase();
            c.kind.is_number() && speaks(&own, &BEFORE) > 0 && own.contains(&name)
        };
        (0..columns.len()).find(|i| others(*i) && before(&columns[*i]))
    });
    let first =
        |fits: &dyn Fn(usize, &Column) -> bool| (0..columns.len()).find(|i| others(*i) && fits(*i, &columns[*i]));
    let day = first(&|_, c| matches!(c.kind, Kind::Date))
        .or_else(|| first(&|_, c| matches!(c.kind, Kind::DateTime(_))))
        .or_else(|| first(&|i, c| is_day(c) && facts[i].is_some()));
    let segment = best(&|i, column, seen| {
        let few = (2..=MOST_SEGMENTS).contains(&seen.values.len());
        if others(i) && few { speaks(&column.name, &SEGMENTS) } else { 0 }
    });
    let name = |place: Option<usize>| place.map(|p| columns[p].name.clone());
    let arms: Vec<String> =
        variant.and_then(|v| facts[v].as_ref()).map(|s| s.values.iter().cloned().collect()).unwrap_or_default();
    Ok(Ab {
        variant: name(variant).unwrap_or_default(),
        metrics: name(metric).into_iter().collect(),
        baseline: arms.get(baseline(&arms)).cloned(),
        unit: name(unit),
        denominator: name(denominator),
        covariate: name(covariate),
        day: name(day),
        segment: name(segment),
        ..Ab::default()
    })
}
