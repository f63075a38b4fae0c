//! What is different between the table a recipe was saved on and the table in hand, as far as its steps care.

use toml::Value;

use super::variables::Language;
use super::{Play, Was, language, paths};
use crate::error::Result;
use crate::sql::expr;
use crate::text::{Arg, Msg};
use crate::value::{Kind, Schema};

/// Kinds by the beginnings of their names.
const KINDS: [(&str, Kind); 13] = [
    ("integer", Kind::Integer),
    ("decimal", Kind::Decimal(0)),
    ("float", Kind::Float),
    ("boolean", Kind::Boolean),
    ("text", Kind::Text),
    ("category", Kind::Category),
    ("date", Kind::Date),
    ("datetime", Kind::DateTime(None)),
    ("time", Kind::Time),
    ("duration", Kind::Duration),
    ("binary", Kind::Binary),
    ("list", Kind::Empty),
    ("empty", Kind::Empty),
];

/// The names of kinds without what follows them in brackets.
pub fn names() -> String {
    KINDS.iter().map(|(name, _)| *name).chain(["struct"]).collect::<Vec<_>>().join(", ")
}

/// The word for a kind that is known by its name; none if there is no such kind.
pub fn word(name: &str) -> Option<Msg> {
    let base = name.split(['(', '[', '{']).next().unwrap_or_default();
    Some(match base {
        "list" => Kind::List(Box::new(Kind::Empty)).word(),
        "struct" => Kind::Struct(Vec::new()).word(),
        "datetime" if name.len() > base.len() => Kind::DateTime(Some(String::new())).word(),
        _ => KINDS.iter().find(|(known, _)| *known == base)?.1.word(),
    })
}

/// The saved columns that a step speaks of: by a text or key that is their name, or in an expression or query.
pub fn uses(op: &str, step: &toml::Table, columns: &[Was]) -> Vec<String> {
    let mut found: Vec<&str> = Vec::new();
    let several = step.keys().any(|name| paths::is_other(op, name));
    for (name, value) in step.iter().filter(|(name, _)| *name != "op" && !paths::is_other(op, name)) {
        // A query over several tables does not tell which of them a column belongs to.
        if several && language(op, name) == Language::Sql {
            continue;
        }
        look(value, language(op, name), columns, &mut found);
    }
    let mut names: Vec<String> = columns.iter().map(|c| c.name.clone()).collect();
    names.retain(|name| found.contains(&name.as_str()));
    names
}

fn look<'a>(value: &Value, language: Language, columns: &'a [Was], found: &mut Vec<&'a str>) {
    let mut note = |is: &dyn Fn(&str) -> bool| found.extend(columns.iter().map(|c| c.name.as_str()).filter(|n| is(n)));
    match (value, language) {
        (Value::String(text), Language::Plain) => {
            // `sum:price` and `price:desc` speak of a column too.
            note(&|name| text == name || text.split(':').any(|part| part == name));
        }
        (Value::String(text), Language::Expression) => {
            let used = expr::parse(text).map(|e| e.columns()).unwrap_or_default();
            note(&|name| used.iter().any(|u| u == name));
        }
        (Value::String(text), Language::Sql) => note(&|name| has_word(text, name)),
        (Value::Array(list), _) => list.iter().for_each(|v| look(v, language, columns, found)),
        (Value::Table(table), _) => {
            note(&|name| table.contains_key(name));
            // The right of two keys to join by is a column of the other table.
            table.iter().filter(|(k, _)| *k != "right").for_each(|(_, v)| look(v, language, columns, found));
        }
        _ => {}
    }
}

/// Whether `word` stands in `text` with no letter, digit or underscore beside it.
fn has_word(text: &str, word: &str) -> bool {
    let inner = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    !word.is_empty()
        && text
            .match_indices(word)
            .any(|(at, _)| !inner(text[..at].chars().next_back()) && !inner(text[at + word.len()..].chars().next()))
}

impl Play {
    /// Compares the columns that the steps use with those of the table in hand. A column that is gone is an error; one
    /// that holds another kind of values now is something to know.
    pub fn check(&self, schema: &Schema) -> Result<Vec<Msg>> {
        let mut notices = Vec::new();
        for entry in &self.entries {
            for name in &entry.uses {
                let Some(place) = schema.position(name) else {
                    let what = Msg::new("recipe-column-missing").with("name", name).with("step", entry.number);
                    let error = self.error(entry, what);
                    return Err(match schema.require(name).err().and_then(|e| e.hint) {
                        Some(hint) => error.hint(hint),
                        None => error,
                    });
                };
                let (Some(was), now) = (self.columns.iter().find(|c| c.name == *name), &schema.columns()[place].kind)
                else {
                    continue;
                };
                notices.extend(changed(was, now).filter(|m| !notices.contains(m)));
            }
        }
        Ok(notices)
    }
}

/// What to say where a column's kind is another one now.
fn changed(was: &Was, now: &Kind) -> Option<Msg> {
    let name = now.name();
    if was.kind == name {
        return None;
    }
    let (mut before, mut after): (Arg, Arg) = (word(&was.kind)?.into(), now.word().into());
    if before == after {
        (before, after) = (Arg::Text(was.kind.clone()), Arg::Text(name));
    }
    Some(Msg::new("notice-recipe-kind").with("name", &was.name).with("was", before).with("is", after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Column;

    #[test]
    fn every_kind_is_known_by_its_name() {
        let kinds = [
            Kind::Integer,
            Kind::Decimal(2),
            Kind::Float,
            Kind::Boolean,
            Kind::Text,
            Kind::Category,
            Kind::Date,
            Kind::DateTime(None),
            Kind::DateTime(Some("Asia/Tokyo".into())),
            Kind::Time,
            Kind::Duration,
            Kind::Binary,
            Kind::List(Box::new(Kind::Integer)),
            Kind::Struct(vec![Column { name: "a".into(), kind: Kind::Text }]),
            Kind::Empty,
        ];
        for kind in kinds {
            assert_eq!(word(&kind.name()), Some(kind.word()), "{kind:?}");
            assert_eq!(changed(&Was { name: "a".into(), kind: kind.name() }, &kind), None);
        }
        assert_eq!(word("intger"), None);
    }

    #[test]
    fn columns_are_found_where_steps_speak_of_them() {
        let columns: Vec<Was> = ["price", "day", "国 名"].map(|n| Was { name: n.into(), kind: "text".into() }).to_vec();
        let used = |text: &str| {
            let table: toml::Table = toml::from_str(text).unwrap();
            uses(table["op"].as_str().unwrap(), &table, &columns)
        };
        assert_eq!(used("op = \"filter\"\nwhere = \"\\\"国 名\\\" = 'price'\""), ["国 名"]);
        assert_eq!(used("op = \"sort\"\nby = [{ column = \"day\" }]"), ["day"]);
        assert_eq!(used("op = \"rename\"\ncolumns = { price = \"cost\" }"), ["price"]);
        assert_eq!(used("op = \"rank\"\nmeasures = [\"sum:price\"]\nby = [\"day\"]"), ["price", "day"]);
        assert_eq!(used("op = \"derive\"\ncolumn = \"x\"\nvalue = \"day + 1\""), ["day"]);
        assert_eq!(used("op = \"sql\"\nsql = \"select prices, today, `国 名` from t\""), ["国 名"]);
        assert_eq!(used("op = \"join\"\nwith = \"price\"\non = [{ left = \"day\", right = \"price\" }]"), ["day"]);
        assert_eq!(used("op = \"sql\"\nquery = \"select day from t\"\ntables = { t = \"day\" }"), [""; 0]);
        assert_eq!(used("op = \"day\""), [""; 0]);
    }
}
