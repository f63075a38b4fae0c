//! Shaping steps as they are written on a command line: `price:whole`, `channel:sum:price by day`. Each form is that of one
//! flag; columns whose names hold the marks themselves are for recipes.

use std::collections::BTreeMap;

use super::Step;
use super::bucket::Bucket;
use super::cast::Cast;
use super::convert::Target;
use super::derive::Derive;
use super::explode::Explode;
use super::flatten::Flatten;
use super::join::{How, Join, pairs};
use super::limit::Limit;
use super::params::Params;
use super::pivot::{Measure, Pivot};
use super::rename::Rename;
use super::sessions::Sessions;
use super::unpivot::Unpivot;
use crate::error::{Error, Result};
use crate::text::Msg;

fn wrong(flag: &str, text: &str, form: &'static str) -> Error {
    Error::usage(Msg::new("error-spelling").with("flag", flag).with("text", text))
        .hint(Msg::new("hint-spelling").with("form", form))
}

fn names(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|n| !n.is_empty()).map(str::to_owned).collect()
}

/// The step that a flag (`rename`, `cast` …) and its value stand for. None if the flag is no step.
pub fn step(flag: &str, text: &str) -> Result<Option<Step>> {
    Ok(Some(match flag {
        "rename" => {
            let pair = |t: &str| {
                let (from, to) = t.split_once('=').ok_or_else(|| wrong(flag, text, "old=new"))?;
                Ok((from.trim().to_owned(), to.trim().to_owned()))
            };
            let columns = text.split(',').map(pair).collect::<Result<BTreeMap<_, _>>>()?;
            Step::Rename(Rename { columns })
        }
        "cast" => Step::Cast(cast(text)?),
        "derive" => Step::Derive(text.parse::<Derive>()?),
        "flatten" => {
            Step::Flatten(Flatten { columns: if text == "*" { Vec::new() } else { names(text) }, deep: text == "*" })
        }
        "params" => Step::Params(text.parse::<Params>()?),
        "bucket" => Step::Bucket(text.parse::<Bucket>()?),
        "explode" => Step::Explode(Explode { columns: names(text), drop_empty: false }),
        "unpivot" => Step::Unpivot(Unpivot::new(names(text))),
        "pivot" => Step::Pivot(pivot(text)?),
        "join" => Step::Join(join(text)?),
        "sessions" => Step::Sessions(text.parse::<Sessions>()?),
        "session-table" => Step::Sessions(Sessions { summary: true, ..text.parse()? }),
        "first" => {
            let rows = text.trim().parse().map_err(|_| wrong(flag, text, "100"))?;
            Step::Limit(Limit { rows })
        }
        _ => return Ok(None),
    }))
}

/// Reads `COL,…:KIND` or `COL,…:KIND:ZONE` or `COL,…:KIND:FORMAT`; a form of dates has a `%` in it.
fn cast(text: &str) -> Result<Cast> {
    const FORM: &str = "price:whole, day:date:%d/%m/%Y, time:datetime:Asia/Tokyo";
    for (at, _) in text.match_indices(':') {
        let rest = &text[at + 1..];
        let (kind, extra) = rest.split_once(':').map_or((rest, None), |(k, e)| (k, Some(e.to_owned())));
        let Ok(to) = Target::parse(kind) else { continue };
        let columns = names(&text[..at]);
        if columns.is_empty() {
            break;
        }
        let is_format = extra.as_ref().is_some_and(|e| e.contains('%'));
        let (format, zone) = if is_format { (extra, None) } else { (None, extra) };
        return Ok(Cast { columns, to, format, zone });
    }
    match text.rsplit_once(':') {
        Some((columns, kind)) if !columns.trim().is_empty() => {
            Err(Target::parse(kind).err().unwrap_or_else(|| wrong("cast", text, FORM)))
        }
        _ => Err(wrong("cast", text, FORM)),
    }
}

/// Reads `COL`, `COL:MEASURE` or `COL:MEASURE:VALUE`, each with ` by ROW,…` behind it or not.
fn pivot(text: &str) -> Result<Pivot> {
    let (what, rows) = text.rsplit_once(" by ").map_or((text, Vec::new()), |(w, r)| (w, names(r)));
    let what = what.trim();
    for (at, _) in what.match_indices(':') {
        let rest = &what[at + 1..];
        let (measure, value) = rest.split_once(':').map_or((rest, None), |(m, v)| (m, Some(v.trim().to_owned())));
        if let Ok(measure) = Measure::parse(measure)
            && at > 0
        {
            return Ok(Pivot { rows, columns: what[..at].to_owned(), measure, value });
        }
    }
    if let Some((_, measure)) = what.rsplit_once(':') {
        Measure::parse(measure)?;
    }
    match what.is_empty() {
        true => Err(wrong("pivot", text, "channel:sum:price by day,country")),
        false => Ok(Pivot { rows, columns: what.to_owned(), measure: Measure::Count, value: None }),
    }
}

/// Reads `LOCATOR`, with ` with OPTION=VALUE …`, ` on KEY,…` and ` as HOW` behind it or not.
fn join(text: &str) -> Result<Join> {
    let (rest, how) = match text.rsplit_once(" as ") {
        Some((rest, how)) => (rest, How::parse(how)?),
        None => (text, How::Left),
    };
    let (table, on) = match rest.rsplit_once(" on ") {
        Some((table, on)) => (table, pairs(on)?),
        None => (rest, Vec::new()),
    };
    match table.trim().is_empty() {
        true => Err(wrong("join", text, "users.csv on user_id=id as inner")),
        false => Ok(Join::new(table.parse()?, on, how)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(flag: &str, text: &str) -> Step {
        step(flag, text).unwrap_or_else(|e| panic!("{flag} {text}: {e}")).unwrap()
    }

    #[test]
    fn each_flag_has_its_form() {
        let cast = |t: &str| match read("cast", t) {
            Step::Cast(c) => (c.columns.join("+"), c.to, c.format, c.zone),
            other => panic!("{other:?}"),
        };
        assert_eq!(cast("a,b:whole"), ("a+b".into(), Target::Whole, None, None));
        assert_eq!(cast("a:b:date:%H:%M"), ("a:b".into(), Target::Date, Some("%H:%M".into()), None));
        assert_eq!(cast("t:datetime:Asia/Tokyo"), ("t".into(), Target::Datetime, None, Some("Asia/Tokyo".into())));
        let pivot = |t: &str| match read("pivot", t) {
            Step::Pivot(p) => (p.rows.join("+"), p.columns, p.measure, p.value),
            other => panic!("{other:?}"),
        };
        assert_eq!(pivot("channel"), (String::new(), "channel".into(), Measure::Count, None));
        assert_eq!(
            pivot("c:sum:price by day, who"),
            ("day+who".into(), "c".into(), Measure::Sum, Some("price".into()))
        );
        let join = |t: &str| match read("join", t) {
            Step::Join(j) => (j.with.table, j.on.iter().map(|p| p.to_string()).collect::<Vec<_>>().join("+"), j.how),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            join("sample:users on user_id=id,day as inner"),
            ("sample:users".into(), "user_id=id+day".into(), How::Inner)
        );
        let Step::Join(read) = read("join", "u.csv with encoding=cp932 delimiter=; on id as semi") else { panic!() };
        assert_eq!((read.with.table.as_str(), read.with.open.delimiter, read.how), ("u.csv", Some(';'), How::Semi));
        assert_eq!(join("u.csv"), ("u.csv".into(), String::new(), How::Left));
        assert!(step("limit", "3").unwrap().is_none());
    }

    #[test]
    fn slips_are_named() {
        for (flag, text, id) in [
            ("cast", "a:money", "error-target"),
            ("cast", "a", "error-spelling"),
            ("cast", ":whole", "error-spelling"),
            ("rename", "a", "error-spelling"),
            ("pivot", "a:product:b", "error-measure"),
            ("pivot", "", "error-spelling"),
            ("join", " on x", "error-spelling"),
            ("join", "u as outside", "error-join-how"),
            ("first", "many", "error-spelling"),
            ("sessions", "u", "error-sessions"),
        ] {
            assert_eq!(step(flag, text).err().map(|e| e.message.id), Some(id), "{flag} {text}");
        }
    }
}
