//! What is on a server, as lists: queries, tags, dashboards, data sources; and the small tables made of what is known
//! about one of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::link::{Thing, Which};
use super::run::{Ended, wait};
use super::things::{Query, TableInfo, tables};
use super::{Redash, age, no_table};
use crate::data::{Control, Dataset, frame_of_cells};
use crate::error::{ErrorKind, Result};
use crate::source::{Entry, EntryKind, Opened};
use crate::text::{Msg, tr};
use crate::value::{Cell, Column, Kind};

/// Rows of a data source's table that are asked for.
const FIRST: u32 = 1_000;

/// How long a list of all queries is good.
const FRESH: Duration = Duration::from_secs(120);

/// What is at a place.
pub fn list(redash: &Redash, thing: &Thing, control: &Control) -> Result<Vec<Entry>> {
    let api = redash.shared.api()?;
    let folder = |thing: Thing, name: String, remark: String| Entry {
        name,
        locator: redash.locator(&thing),
        kind: EntryKind::Folder,
        remark,
        ..Entry::default()
    };
    match thing {
        Thing::Top => {
            let places = [
                (Thing::Queries(Which::Favourites), "redash-favourites"),
                (Thing::Queries(Which::Mine), "redash-mine"),
                (Thing::Queries(Which::Recent), "redash-recent"),
                (Thing::Queries(Which::Tags), "redash-tags"),
                (Thing::Queries(Which::Archived), "redash-archived"),
                (Thing::Dashboards, "redash-dashboards"),
                (Thing::DataSources, "redash-data-sources"),
            ];
            let mut entries: Vec<Entry> =
                places.into_iter().map(|(thing, id)| folder(thing, tr(id), String::new())).collect();
            entries.extend(all(redash, control)?.iter().map(|q| entry(redash, q)));
            Ok(entries)
        }
        Thing::Queries(Which::Tags) => {
            let tags = api.tags(control)?;
            let remark = |n| Msg::new("redash-count").with("count", n).to_string();
            Ok(tags
                .into_iter()
                .map(|(tag, n)| folder(Thing::Queries(Which::Tag(tag.clone())), tag, remark(n)))
                .collect())
        }
        Thing::Queries(Which::All(words)) => {
            let known = all(redash, control)?;
            if words.is_empty() {
                return Ok(known.iter().map(|q| entry(redash, q)).collect());
            }
            // The server's search knows the SQL, but Japanese only from the beginning of a word.
            let mut found = api.queries(&Which::All(words.clone()), control)?;
            let here = known
                .iter()
                .filter(|q| matches(q, words) && found.iter().all(|f| f.id != q.id))
                .cloned()
                .collect::<Vec<_>>();
            found.extend(here);
            Ok(found.iter().map(|q| entry(redash, q)).collect())
        }
        Thing::Queries(which) => Ok(api.queries(which, control)?.iter().map(|q| entry(redash, q)).collect()),
        Thing::Dashboards => {
            let all = api.dashboards(control)?;
            Ok(all.into_iter().map(|d| folder(Thing::Dashboard(d.id), d.name, d.tags.join(", "))).collect())
        }
        Thing::Dashboard(id) => {
            let (_, widgets) = api.dashboard(id, control)?;
            Ok(widgets
                .into_iter()
                .map(|w| Entry {
                    name: w.query_name,
                    locator: redash.locator(&Thing::Query { id: w.query, given: Vec::new() }),
                    kind: EntryKind::Table,
                    remark: [w.name, w.kind.to_lowercase()].join(" · "),
                    ..Entry::default()
                })
                .collect())
        }
        Thing::DataSources => {
            let all = api.data_sources(control)?;
            Ok(all
                .into_iter()
                .map(|d| Entry {
                    name: d.name,
                    locator: redash.locator(&Thing::Schema(d.id)),
                    kind: EntryKind::Folder,
                    remark: if d.paused { format!("{} · {}", d.kind, tr("redash-paused")) } else { d.kind },
                    ..Entry::default()
                })
                .collect())
        }
        Thing::Schema(id) => {
            let table = |thing: Thing, name: String, remark: String| Entry {
                name,
                locator: redash.locator(&thing),
                kind: EntryKind::Table,
                remark,
                ..Entry::default()
            };
            let sql = |query| Thing::Sql { source: id.to_string(), query };
            let mut entries = vec![
                table(sql(None), tr("redash-ask"), String::new()),
                table(thing.clone(), tr("redash-schema"), String::new()),
            ];
            // Without its tables a data source can still be asked.
            let tables = schema(redash, *id, control).or_else(|e| match e.kind {
                ErrorKind::Failed => Ok(Vec::new()),
                _ => Err(e),
            })?;
            entries.extend(tables.into_iter().map(|t| {
                let query = format!("select * from {} limit {FIRST}", crate::sql::complete::quoted(&t.name));
                let names = t.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
                table(sql(Some(query)), t.name, names.join(", "))
            }));
            Ok(entries)
        }
        Thing::Query { id, .. } => {
            let query = api.query(*id, control)?;
            let card = Thing::Card(*id);
            Ok(vec![
                entry(redash, &query),
                Entry {
                    name: tr("redash-card"),
                    locator: redash.locator(&card),
                    kind: EntryKind::Table,
                    remark: String::new(),
                    ..Entry::default()
                },
            ])
        }
        other => Err(no_table(&other.path())),
    }
}

/// What is at a place and has these words in it. Among all queries the server is asked as well, since it knows more.
pub fn find(redash: &Redash, thing: &Thing, words: &str, control: &Control) -> Result<Vec<Entry>> {
    if matches!(thing, Thing::Top) || *thing == Thing::Queries(Which::All(String::new())) {
        return list(redash, &Thing::Queries(Which::All(words.to_owned())), control);
    }
    Ok(list(redash, thing, control)?.into_iter().filter(|e| e.has(words)).collect())
}

/// The tables of a data source.
pub fn schema(redash: &Redash, id: u64, control: &Control) -> Result<Vec<TableInfo>> {
    let api = redash.shared.api()?;
    match api.schema(id, control)? {
        Ok(tables) => Ok(tables),
        Err(job) => match wait(api, None, job, redash.shared.settings.pace, control)? {
            Ended::Done(_, value) => Ok(tables(&value)),
            Ended::Failed(words) => Err(api.failed(&words)),
        },
    }
}

/// All queries, from the last list where that is young.
fn all(redash: &Redash, control: &Control) -> Result<Arc<Vec<Query>>> {
    let mut listed = redash.shared.listed.lock().unwrap_or_else(|e| e.into_inner());
    if let Some((at, known)) = &*listed
        && at.elapsed() < FRESH
    {
        return Ok(known.clone());
    }
    let known = Arc::new(redash.shared.api()?.queries(&Which::All(String::new()), control)?);
    *listed = Some((Instant::now(), known.clone()));
    Ok(known)
}

/// Whether every word is somewhere in a query's name, tags, description or SQL.
fn matches(query: &Query, words: &str) -> bool {
    let text = [&query.name, &query.description, &query.sql, &query.tags.join(" ")].map(|s| s.to_lowercase()).join(" ");
    words.to_lowercase().split_whitespace().all(|w| text.contains(w))
}

fn entry(redash: &Redash, query: &Query) -> Entry {
    let mut remark = Vec::new();
    if !query.tags.is_empty() {
        remark.push(query.tags.join(", "));
    }
    if !query.params.is_empty() {
        remark.push(Msg::new("redash-parameters").with("count", query.params.len() as u64).to_string());
    }
    if !query.owner.is_empty() {
        remark.push(query.owner.clone());
    }
    match query.retrieved_at.as_deref().and_then(age::ago) {
        Some(age) => remark.push(age.to_string()),
        None if query.result.is_none() => remark.push(tr("redash-never")),
        None => {}
    }
    if query.draft {
        remark.push(tr("redash-draft"));
    }
    Entry {
        name: query.name.clone(),
        locator: redash.locator(&Thing::Query { id: query.id, given: Vec::new() }),
        kind: EntryKind::Table,
        remark: remark.join(" · "),
        also: [query.description.as_str(), &query.sql].join("\n").to_lowercase(),
    }
}

/// The table made of what is known about something.
pub fn open(redash: &Redash, thing: &Thing, control: &Control) -> Result<Opened> {
    let api = redash.shared.api()?;
    let text = |s: &str| if s.is_empty() { Cell::Null } else { Cell::Text(s.to_owned().into()) };
    let (title, names, rows) = match thing {
        Thing::Card(id) => {
            let mut q = api.query(*id, control)?;
            // The description alone lacks when it ran; the list has it.
            let listed = redash.shared.listed.lock().unwrap_or_else(|e| e.into_inner());
            if let Some(known) = listed.as_ref().and_then(|(_, all)| all.iter().find(|known| known.id == *id)) {
                q.retrieved_at = q.retrieved_at.or_else(|| known.retrieved_at.clone());
                q.runtime = q.runtime.or(known.runtime);
            }
            drop(listed);
            let when = |at: &String| {
                let moment = age::moment(at, redash.shared.settings.zone);
                age::ago(at).map_or_else(|| moment.clone(), |age| format!("{moment} · {age}"))
            };
            let last = q.retrieved_at.as_ref().map(when).unwrap_or_default();
            let params =
                q.params.iter().map(|p| format!("{} = {}", p.name, p.default_text())).collect::<Vec<_>>().join("\n");
            let now = age::now(redash.shared.settings.zone);
            let schedule = q.schedule.map(|s| s.words(now).to_string()).unwrap_or_default();
            let runtime = q.runtime.map(|s| format!("{s:.1} s")).unwrap_or_default();
            let lines = [
                ("redash-card-name", q.name.clone()),
                ("redash-card-description", q.description),
                ("redash-card-tags", q.tags.join(", ")),
                ("redash-card-owner", q.owner),
                ("redash-card-parameters", params),
                ("redash-card-last", last),
                ("redash-card-runtime", runtime),
                ("redash-card-schedule", schedule),
                ("redash-card-sql", q.sql),
            ];
            let rows = lines.iter().map(|(id, value)| vec![text(&tr(id)), text(value)]).collect::<Vec<_>>();
            (q.name, vec![tr("redash-card-property"), tr("redash-card-value")], rows)
        }
        Thing::Schema(id) => {
            let rows = schema(redash, *id, control)?
                .iter()
                .flat_map(|t| {
                    t.columns
                        .iter()
                        .map(|(c, kind)| vec![text(&t.name), text(c), text(kind.as_deref().unwrap_or_default())])
                })
                .collect();
            (redash.locator(thing), vec!["table".to_owned(), "column".to_owned(), "type".to_owned()], rows)
        }
        other => return Err(no_table(&other.path())),
    };
    let columns: Vec<Column> = names.into_iter().map(|n| Column { name: n, kind: Kind::Text }).collect();
    let frame = frame_of_cells(&columns, &rows);
    Ok(Opened { dataset: Dataset::from_frame(frame), title, facts: Vec::new(), notices: Vec::new() })
}
