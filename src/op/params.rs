//! Lists of keys with values into a column for each key: what Google Analytics 4 exports as `event_params`, where a value
//! stands in one of several fields by its kind. Computed as it is read; the keys and kinds are found by one pass.

use std::collections::BTreeMap;
use std::sync::Arc;

use polars::prelude::{
    Column as PlColumn, DataFrame, DataType, ExplodeOptions, IdxCa, IdxSize, ListNameSpaceImpl as _,
};
use serde::{Deserialize, Serialize};

use super::columns::{Columns, free_name};
use super::convert::{Reading, Target, convert};
use super::flatten::field;
use super::keys::in_type;
use super::{Context, Outcome};
use crate::data::{Compute, Dataset, Derivation, Flow, from_polars};
use crate::error::{Error, Result};
use crate::text::Msg;
use crate::value::{Column, Kind};

/// Keys that become columns unless they are named.
const MOST: usize = 50;

/// Put a column for each key in the place of a list of keys with values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The column of lists.
    pub column: String,
    /// The keys wanted; none for the most frequent ones.
    #[serde(default)]
    pub keys: Vec<String>,
    /// What stands before a key in its column's name.
    #[serde(default)]
    pub prefix: String,
    /// Whether the list stays beside its columns.
    #[serde(default)]
    pub keep: bool,
}

impl std::str::FromStr for Params {
    type Err = Error;

    /// Reads `COLUMN` or `COLUMN:KEY,KEY…`.
    fn from_str(text: &str) -> Result<Self> {
        let (column, keys) = text.split_once(':').unwrap_or((text, ""));
        let keys = keys.split(',').map(str::trim).filter(|k| !k.is_empty()).map(str::to_owned).collect();
        Ok(Self { column: column.to_owned(), keys, prefix: String::new(), keep: false })
    }
}

/// Where keys and values stand in an item.
#[derive(Clone)]
struct Item {
    key: usize,
    /// Paths to the fields a value may stand in, with their kinds.
    values: Vec<(Vec<usize>, Kind)>,
}

/// How often a key occurs, and in which field its value stands.
#[derive(Clone, Default)]
struct Seen {
    rows: u64,
    fields: Vec<u64>,
}

impl Params {
    /// The step in words.
    pub fn words(&self) -> Msg {
        match self.keys.is_empty() {
            true => Msg::new("step-params").with("column", &self.column),
            false => Msg::new("step-params-keys").with("column", &self.column).with("keys", self.keys.join(", ")),
        }
    }

    /// The dataset with the columns. Reads the lists in view once.
    pub fn run(&self, dataset: &Dataset, context: &Context) -> Result<Outcome> {
        let mut columns = Columns::of(dataset);
        let at = columns.require(&self.column)?;
        let item = item_of(&self.column, &dataset.schema().columns()[at].kind)?;
        let seen = count(dataset, at, &item, context)?;
        let mut notes = Vec::new();
        let chosen: Vec<(String, Seen)> = if self.keys.is_empty() {
            let mut all: Vec<(String, Seen)> = seen.into_iter().collect();
            all.sort_by(|a, b| b.1.rows.cmp(&a.1.rows).then_with(|| a.0.cmp(&b.0)));
            if all.len() > MOST {
                let left: Vec<&str> = all[MOST..].iter().take(8).map(|(k, _)| k.as_str()).collect();
                notes.push(
                    Msg::new("note-params-left")
                        .with("keys", all.len() - MOST)
                        .with("shown", MOST)
                        .with("names", left.join(", ")),
                );
                all.truncate(MOST);
            }
            all
        } else {
            let absent: Vec<&str> = self.keys.iter().filter(|k| !seen.contains_key(*k)).map(String::as_str).collect();
            if !absent.is_empty() {
                notes.push(Msg::new("note-params-absent").with("keys", absent.join(", ")));
            }
            self.keys.iter().map(|k| (k.clone(), seen.get(k).cloned().unwrap_or_default())).collect()
        };
        if chosen.is_empty() {
            return Err(Error::failed(Msg::new("error-params-none").with("column", &self.column)));
        }
        let mut made: Vec<Derivation> = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for (key, seen) in chosen {
            let gone = |n: &str| n == self.column && !self.keep;
            let wanted = format!("{}{key}", self.prefix);
            let wanted = if wanted.trim().is_empty() { "key".to_owned() } else { wanted };
            let name = free_name(&wanted, |n| columns.has(n) && !gone(n) || names.iter().any(|m| m == n));
            let kind = resolved(&item, &seen);
            let (item, of) = (item.clone(), kind.clone());
            let compute: Compute = Arc::new(move |f: &DataFrame| values_of(&f.columns()[0], &item, &key, &of));
            made.push(Columns::computed(&name, kind, vec![dataset.places()[at]], compute));
            names.push(name);
        }
        if self.keep {
            let list = Derivation::Base { place: dataset.places()[at], name: self.column.clone() };
            made.insert(0, list);
        }
        columns.splice(at, made);
        Ok(Outcome { notes, ..columns.finish()?.into() })
    }
}

/// The keys of a column of lists, the most frequent first, and how many rows have each.
pub fn keys_of(dataset: &Dataset, column: &str, context: &Context) -> Result<Vec<(String, u64)>> {
    let at = dataset.schema().require(column)?;
    let item = item_of(column, &dataset.schema().columns()[at].kind)?;
    let mut all: Vec<(String, u64)> =
        count(dataset, at, &item, context)?.into_iter().map(|(k, seen)| (k, seen.rows)).collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(all)
}

/// Whether a kind is a list of keys with values.
pub fn is_params(kind: &Kind) -> bool {
    item_of("", kind).is_ok()
}

fn item_of(name: &str, kind: &Kind) -> Result<Item> {
    let wrong = || {
        Error::usage(Msg::new("error-not-params").with("name", name).with("kind", kind.word()))
            .hint(Msg::new("hint-not-params"))
    };
    let Kind::List(inner) = kind else { return Err(wrong()) };
    let Kind::Struct(fields) = inner.as_ref() else { return Err(wrong()) };
    let named = |names: &[&str]| fields.iter().position(|f| names.contains(&f.name.to_lowercase().as_str()));
    let key =
        named(&["key", "name", "k"]).or_else(|| fields.iter().position(|f| f.kind.is_text())).ok_or_else(wrong)?;
    let value = named(&["value", "val", "v"])
        .or_else(|| (0..fields.len()).find(|i| *i != key))
        .filter(|v| *v != key && fields[key].kind.is_text())
        .ok_or_else(wrong)?;
    let values = match &fields[value].kind {
        Kind::Struct(inner) => {
            inner.iter().enumerate().map(|(i, Column { kind, .. })| (vec![value, i], kind.clone())).collect()
        }
        kind => vec![(vec![value], kind.clone())],
    };
    Ok(Item { key, values })
}

/// All items of a column of lists in one, and how many each row has.
fn items(column: &PlColumn) -> Result<(PlColumn, Vec<usize>)> {
    let list = match column.dtype() {
        DataType::Array(inner, _) => column.cast(&DataType::List(inner.clone())).map_err(from_polars)?,
        _ => column.clone(),
    };
    let lengths = list.list().map_err(from_polars)?.lst_lengths().iter().map(|n| n.unwrap_or(0) as usize).collect();
    let flat = list.explode(ExplodeOptions { empty_as_null: false, keep_nulls: false }).map_err(from_polars)?;
    Ok((flat, lengths))
}

fn texts(column: &PlColumn) -> Result<PlColumn> {
    in_type(column, &DataType::String)
}

fn count(dataset: &Dataset, at: usize, item: &Item, context: &Context) -> Result<BTreeMap<String, Seen>> {
    let mut all: BTreeMap<String, Seen> = BTreeMap::new();
    dataset.scan(
        &[at],
        &context.control,
        |frame| {
            let (flat, lengths) = items(&frame.columns()[0])?;
            let keys = texts(&field(&flat, &[item.key])?)?;
            let there = item
                .values
                .iter()
                .map(|(path, _)| Ok(field(&flat, path)?.is_not_null()))
                .collect::<Result<Vec<_>>>()?;
            let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
            let keys = keys.str().map_err(from_polars)?;
            let mut i = 0;
            for length in lengths {
                for _ in 0..length {
                    if let Some(key) = keys.get(i) {
                        let entry = match seen.get_mut(key) {
                            Some(entry) => entry,
                            None => seen.entry(key.to_owned()).or_default(),
                        };
                        entry.rows += 1;
                        entry.fields.resize(there.len(), 0);
                        for (n, mask) in entry.fields.iter_mut().zip(&there) {
                            *n += u64::from(mask.get(i) == Some(true));
                        }
                    }
                    i += 1;
                }
            }
            Ok(seen)
        },
        |seen| {
            for (key, found) in seen {
                let entry = all.entry(key).or_default();
                entry.rows += found.rows;
                entry.fields.resize(found.fields.len(), 0);
                entry.fields.iter_mut().zip(found.fields).for_each(|(a, b)| *a += b);
            }
            Ok(Flow::Continue)
        },
    )?;
    Ok(all)
}

/// The one kind that holds every value of a key.
fn resolved(item: &Item, seen: &Seen) -> Kind {
    let kinds: Vec<&Kind> =
        item.values.iter().zip(&seen.fields).filter(|(_, n)| **n > 0).map(|((_, kind), _)| kind).collect();
    match kinds.split_first() {
        None => Kind::Text,
        Some((first, rest)) if rest.iter().all(|k| k == first) && !first.is_nested() => match first {
            Kind::Category | Kind::Empty => Kind::Text,
            Kind::Decimal(_) => Kind::Float,
            kind => (*kind).clone(),
        },
        Some(_) if kinds.iter().all(|k| k.is_number()) => Kind::Float,
        Some(_) => Kind::Text,
    }
}

/// The value of a key in each row, the first where it occurs twice.
fn values_of(column: &PlColumn, item: &Item, key: &str, kind: &Kind) -> Result<PlColumn> {
    let (flat, lengths) = items(column)?;
    let keys = texts(&field(&flat, &[item.key])?)?;
    let keys = keys.str().map_err(from_polars)?;
    let mut picks: Vec<Option<IdxSize>> = Vec::with_capacity(lengths.len());
    let mut start = 0;
    for length in lengths {
        picks.push((start..start + length).find(|i| keys.get(*i) == Some(key)).map(|i| i as IdxSize));
        start += length;
    }
    let picks = IdxCa::from_iter(picks);
    let mut out: Option<PlColumn> = None;
    for (path, of) in &item.values {
        let fits = of == kind || *kind == Kind::Text || (*kind == Kind::Float && of.is_number());
        if !fits {
            continue;
        }
        let found = field(&flat, path)?.take(&picks).map_err(from_polars)?;
        let found = match kind {
            Kind::Text => convert(&found, Target::Text, &Reading::default())?,
            Kind::Float => in_type(&found, &DataType::Float64)?,
            Kind::Integer => in_type(&found, &DataType::Int64)?,
            _ => found,
        };
        out = Some(match out {
            None => found,
            Some(before) => before.zip_with(&before.is_not_null(), &found).map_err(from_polars)?,
        });
    }
    out.map_or_else(|| Ok(PlColumn::full_null("".into(), column.len(), &DataType::String)), Ok)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::data::Control;
    use polars::prelude::{IntoColumn as _, JsonReader, NamedFrom as _, SerReader as _, Series};

    /// Three events as Google Analytics 4 exports them.
    pub fn events() -> Dataset {
        let value = |s: &str, i: &str, f: &str, d: &str| {
            format!(r#"{{"string_value":{s},"int_value":{i},"float_value":{f},"double_value":{d}}}"#)
        };
        let string = |s: &str| value(&format!("\"{s}\""), "null", "null", "null");
        let int = |i: &str| value("null", i, "null", "null");
        let double = |d: &str| value("null", "null", "null", d);
        let param = |k: &str, v: String| format!(r#"{{"key":"{k}","value":{v}}}"#);
        let row = |name: &str, params: &[String]| {
            format!(r#"{{"event_name":"{name}","event_params":[{}]}}"#, params.join(","))
        };
        let rows = [
            row(
                "page_view",
                &[
                    param("page_title", string("りんご")),
                    param("ga_session_id", int("1700000001")),
                    param("value", int("3")),
                ],
            ),
            row(
                "purchase",
                &[param("ga_session_id", int("1700000002")), param("value", double("12.5")), param("mixed", int("7"))],
            ),
            row("scroll", &[param("mixed", string("x"))]),
        ];
        let json = format!("[{}]", rows.join(","));
        let frame = JsonReader::new(std::io::Cursor::new(json.into_bytes())).finish().unwrap();
        // A fourth event without a list.
        let none = PlColumn::full_null("event_params".into(), 1, frame.column("event_params").unwrap().dtype());
        let name = Series::new("event_name".into(), ["none"]).into_column();
        let mut all = frame;
        all.vstack_mut(&DataFrame::new(1, vec![name, none]).unwrap()).unwrap();
        Dataset::from_frame(all)
    }

    #[test]
    fn a_column_for_each_key_with_the_kind_its_values_have() {
        let op: Params = "event_params".parse().unwrap();
        let out = op.run(&events(), &Context::new(Control::new(), 1 << 20)).unwrap().dataset;
        let columns: Vec<(&str, &Kind)> = out.schema().columns().iter().map(|c| (c.name.as_str(), &c.kind)).collect();
        assert_eq!(
            columns,
            [
                ("event_name", &Kind::Text),
                ("ga_session_id", &Kind::Integer),
                ("mixed", &Kind::Text),
                ("value", &Kind::Float),
                ("page_title", &Kind::Text),
            ]
        );
        let frame = out.window(&[0, 1, 2, 3, 4], 0, 9).unwrap();
        let rows: Vec<String> =
            (0..4).map(|r| (0..5).map(|c| frame.cell(r, c).plain()).collect::<Vec<_>>().join("|")).collect();
        assert_eq!(
            rows,
            ["page_view|1700000001||3.0|りんご", "purchase|1700000002|7|12.5|", "scroll||x||", "none||||"]
        );
        assert_eq!(out.schema(), frame.schema());
    }

    #[test]
    fn chosen_keys_in_their_order_and_what_is_not_there_is_said() {
        let op: Params = "event_params:value,nothing".parse().unwrap();
        let out = op.run(&events(), &Context::new(Control::new(), 1 << 20)).unwrap();
        assert_eq!(
            out.dataset.schema().columns()[1..].iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
            ["value", "nothing"]
        );
        assert_eq!(out.notes.iter().map(|n| n.id).collect::<Vec<_>>(), ["note-params-absent"]);
        let wrong: Params = "event_name".parse().unwrap();
        let error = wrong.run(&events(), &Context::new(Control::new(), 1 << 20)).err();
        assert_eq!(error.map(|e| e.message.id), Some("error-not-params"));
    }
}
