//! What a person most likely wants compared, from names and the first rows. Guesses are shown and can be changed.

use std::collections::BTreeSet;

use super::{Ab, MOST_ARMS};
use crate::data::Dataset;
use crate::error::Result;
use crate::value::Column;

/// Rows looked at.
const LOOKED_AT: usize = 1000;

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
    u32::from(words.iter().any(|w| within(w))) * 2
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

/// What the first rows say of a column.
struct Seen {
    values: BTreeSet<String>,
    many: bool,
    two_fold: bool,
}

fn seen(dataset: &Dataset, place: usize) -> Result<Seen> {
    let frame = dataset.window(&[place], 0, LOOKED_AT)?;
    let mut seen = Seen { values: BTreeSet::new(), many: false, two_fold: true };
    for row in 0..frame.height() {
        let cell = frame.cell(row, 0);
        if cell.is_null() {
            continue;
        }
        let text = cell.plain();
        if text.trim().is_empty() {
            continue;
        }
        seen.two_fold &= super::gather::two_fold(&text).is_some();
        if seen.values.len() <= MOST_ARMS {
            seen.values.insert(text);
        }
    }
    seen.many = seen.values.len() > MOST_ARMS;
    Ok(seen)
}

/// An analysis filled in: variant, metric, baseline, unit. What could not be guessed is empty.
pub fn guess(dataset: &Dataset) -> Result<Ab> {
    let columns: Vec<Column> = dataset.schema().columns().to_vec();
    let mut facts = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        facts.push(match column.kind.is_nested() || column.kind.is_temporal() {
            true => None,
            false => Some(seen(dataset, place)?),
        });
    }
    let best = |score: &dyn Fn(usize, &Column, &Seen) -> u32| -> Option<usize> {
        let scored = columns.iter().enumerate().filter_map(|(i, c)| Some((i, score(i, c, facts[i].as_ref()?))));
        let most = scored.filter(|(_, s)| *s > 0).max_by_key(|(i, s)| (*s, usize::MAX - i))?;
        Some(most.0)
    };
    let variant = best(&|_, column, seen| {
        if seen.many || seen.values.len() < 2 {
            return 0;
        }
        let arms = seen.values.iter().any(|v| BASELINES[..9].contains(&v.trim().to_lowercase().as_str()));
        1 + 4 * speaks(&column.name, &VARIANTS)
            + 2 * u32::from(arms)
            + u32::from(column.kind.is_text() || seen.values.len() == 2)
    });
    let unit = best(&|i, column, seen| if Some(i) == variant || !seen.many { 0 } else { speaks(&column.name, &UNITS) });
    let metric = best(&|i, column, seen| {
        if Some(i) == variant || Some(i) == unit {
            return 0;
        }
        if seen.two_fold && seen.values.len() <= 2 && !seen.values.is_empty() {
            return 8 + 4 * speaks(&column.name, &CONVERSIONS);
        }
        let id = column.name.to_lowercase().ends_with("id");
        if column.kind.is_number() && !id { 1 + speaks(&column.name, &AMOUNTS) } else { 0 }
    });
    let name = |place: Option<usize>| place.map(|p| columns[p].name.clone());
    let arms: Vec<String> =
        variant.and_then(|v| facts[v].as_ref()).map(|s| s.values.iter().cloned().collect()).unwrap_or_default();
    Ok(Ab {
        variant: name(variant).unwrap_or_default(),
        metrics: name(metric).into_iter().collect(),
        baseline: arms.get(baseline(&arms)).cloned(),
        unit: name(unit),
        ..Ab::default()
    })
}
