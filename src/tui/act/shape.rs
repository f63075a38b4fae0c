//! Changing columns and rows: forms that arrive filled in, and the steps they become. A form that was wrong comes back as
//! it was left.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::form::{Entry as Field, Form};
use super::super::layers::list::{Item, List};
use super::super::layers::prompt::Prompt;
use super::{one, rows_of, text_of};
use crate::command::Act;
use crate::data::Control;
use crate::error::{Error, Result};
use crate::op::bucket::Bucket;
use crate::op::cast::Cast;
use crate::op::convert::Target;
use crate::op::derive::Derive;
use crate::op::eval::calendar::Unit;
use crate::op::explode::Explode;
use crate::op::flatten::Flatten;
use crate::op::limit::Limit;
use crate::op::params::{Params, is_params, keys_of};
use crate::op::pivot::{Measure, Pivot};
use crate::op::rename::Rename;
use crate::op::sessions::Sessions;
use crate::op::unpivot::Unpivot;
use crate::op::{Context, Step};
use crate::text::{Msg, tr};
use crate::value::{Column, Kind};

fn names(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|n| !n.is_empty()).map(str::to_owned).collect()
}

/// What was typed into a field; none if it was left empty.
fn given(values: &Values, name: &str) -> Option<String> {
    text_of(values, name).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
}

/// The choice at a value, or the first.
fn at(choices: &[(String, String)], value: Option<String>) -> usize {
    value.and_then(|v| choices.iter().position(|c| c.0 == v)).unwrap_or(0)
}

/// The first column of a kind whose name holds one of these words, else the first of the kind.
fn guess(columns: &[Column], words: &[&str], fits: impl Fn(&Kind) -> bool) -> Option<String> {
    let named = |word: &&str| columns.iter().find(|c| fits(&c.kind) && c.name.to_lowercase().contains(*word));
    words.iter().find_map(named).or_else(|| columns.iter().find(|c| fits(&c.kind))).map(|c| c.name.clone())
}

impl App {
    pub(super) fn column_in_front(&self) -> Result<Column> {
        let none = || Error::usage(Msg::new("error-no-table"));
        self.tab().ok_or_else(none)?.current_column().cloned().ok_or_else(none)
    }

    /// Adds a step; one that is carried out at once must succeed first, so that a form can come back.
    pub(super) fn try_step(&mut self, step: Step) -> Result<()> {
        if step.is_instant()
            && let Some(tab) = self.tab()
        {
            let context = Context { control: Control::new(), memory: self.engine.memory(), tables: self.tables() };
            step.run(tab.dataset(), &context, &mut |_| {})?;
        }
        self.add_step(step);
        Ok(())
    }

    /// Carries out what a form gave, or shows the form again with what was in it.
    pub(super) fn from_form(&mut self, step: Result<Step>, again: impl FnOnce(&Self) -> Option<Form>) -> Result<()> {
        match step.and_then(|step| self.try_step(step)) {
            Ok(()) => Ok(()),
            Err(e) => {
                if let Some(form) = again(self) {
                    self.push(form);
                }
                Err(e)
            }
        }
    }

    pub(in crate::tui) fn act_rename(&mut self, values: &Values) -> Result<()> {
        let column = self.column_in_front()?.name;
        let Some(name) = text_of(values, "name") else {
            self.push(Prompt::new(Msg::new("prompt-rename"), Act::Rename, "name", column, Vec::new()));
            return Ok(());
        };
        if name.trim() == column {
            return Ok(());
        }
        let step = Step::Rename(Rename { columns: [(column, name.trim().to_owned())].into() });
        self.try_step(step).inspect_err(|_| {
            self.layers.push(Box::new(Prompt::new(Msg::new("prompt-rename"), Act::Rename, "name", name, Vec::new())));
        })
    }

    pub(in crate::tui) fn act_cast(&mut self, values: &Values) -> Result<()> {
        let column = self.column_in_front()?;
        let form = |values: &Values| {
            let choices: Vec<(String, String)> = Target::ALL
                .into_iter()
                .filter(|t| t.takes(&column.kind))
                .map(|t| (t.name().to_owned(), t.word().to_string()))
                .collect();
            let likely = match column.kind {
                Kind::Text | Kind::Category => "number",
                Kind::Integer if column.name.to_lowercase().contains("time") => "datetime",
                _ => "text",
            };
            let chosen = at(&choices, given(values, "to").or(Some(likely.to_owned())));
            let fields = vec![
                Field::text(
                    "columns",
                    Msg::new("shape-columns"),
                    given(values, "columns").unwrap_or_else(|| column.name.clone()),
                ),
                Field::choice("to", Msg::new("shape-to"), choices, chosen),
                Field::text("format", Msg::new("shape-format"), given(values, "format").unwrap_or_default()),
                Field::text("zone", Msg::new("shape-zone"), given(values, "zone").unwrap_or_default()),
            ];
            Form::new(tr("cmd-change-type"), Act::Cast, fields, tr("shape-cast-note"))
        };
        let Some(columns) = text_of(values, "columns") else {
            let form = form(values);
            self.push(form);
            return Ok(());
        };
        let step = Target::parse(&text_of(values, "to").unwrap_or_default()).map(|to| {
            Step::Cast(Cast {
                columns: names(&columns),
                to,
                format: given(values, "format"),
                zone: given(values, "zone"),
            })
        });
        self.from_form(step, |_| Some(form(values)))
    }

    pub(in crate::tui) fn act_derive(&mut self, values: &Values) -> Result<()> {
        let column = self.column_in_front()?.name;
        let form = |values: &Values| {
            let fields = vec![
                Field::text(
                    "column",
                    Msg::new("shape-name"),
                    given(values, "column").unwrap_or_else(|| format!("{column}_2")),
                ),
                Field::text(
                    "value",
                    Msg::new("shape-value"),
                    given(values, "value").unwrap_or_else(|| crate::sql::expr::quoted_column(&column)),
                ),
            ];
            Form::new(tr("cmd-derive"), Act::Derive, fields, tr("shape-derive-note"))
        };
        let Some(name) = text_of(values, "column") else {
            let form = form(values);
            self.push(form);
            return Ok(());
        };
        let value = text_of(values, "value").unwrap_or_default();
        self.from_form(Ok(Step::Derive(Derive { column: name.trim().to_owned(), value })), |_| Some(form(values)))
    }

    /// Opens the column under the cursor by its kind: fields into columns, keys into columns, items into rows.
    pub(in crate::tui) fn act_expand(&mut self, values: &Values) -> Result<()> {
        let Column { name, kind } = self.column_in_front()?;
        if let Some(keys) = values.get("columns").and_then(toml::Value::as_array) {
            let keys: Vec<String> = keys.iter().filter_map(|k| k.as_str().map(str::to_owned)).collect();
            if keys.is_empty() {
                return Err(Error::usage(Msg::new("error-no-columns")));
            }
            return self.try_step(Step::Params(Params { column: name, keys, prefix: String::new(), keep: false }));
        }
        if !is_params(&kind) {
            return match kind {
                Kind::List(_) => self.try_step(Step::Explode(Explode { columns: vec![name], drop_empty: false })),
                _ => self.try_step(Step::Flatten(Flatten { columns: vec![name], deep: false })),
            };
        }
        let Some(tab) = self.tab() else { return Ok(()) };
        let (id, rows) = (tab.id, tab.rows());
        let title = Msg::new("step-params").with("column", &name);
        self.spawn_ok(
            title,
            Some(id),
            move |context| rows.with(context, |rows| keys_of(rows, &name, context)),
            move |app, keys| {
                const TICKED: usize = 50;
                let items = keys
                    .into_iter()
                    .enumerate()
                    .map(|(i, (key, rows))| Item {
                        label: key,
                        remark: Msg::new("shape-key-rows").with("rows", rows).to_string(),
                        ticked: i < TICKED,
                        ..Item::default()
                    })
                    .collect();
                app.push(List::new(tr("shape-keys-title"), items).ticked(Act::Expand));
            },
        );
        Ok(())
    }

    pub(in crate::tui) fn act_bucket(&mut self, values: &Values) -> Result<()> {
        let tab = self.tab().ok_or_else(|| Error::usage(Msg::new("error-no-table")))?;
        let columns = tab.columns().to_vec();
        let front = self.column_in_front()?;
        let is_time = |k: &Kind| matches!(k, Kind::Date | Kind::DateTime(_));
        let likely =
            if is_time(&front.kind) { Some(front.name) } else { guess(&columns, &["time", "date", "日"], is_time) };
        let zone = columns.iter().find(|c| Some(&c.name) == likely.as_ref()).and_then(|c| match &c.kind {
            Kind::DateTime(zone) => zone.clone(),
            _ => None,
        });
        let form = |values: &Values| {
            let choices: Vec<(String, String)> =
                Unit::ALL.into_iter().rev().map(|u| (u.name().to_owned(), u.word().to_string())).collect();
            let chosen = at(&choices, given(values, "every").or(Some(Unit::Day.name().to_owned())));
            let fields = vec![
                Field::text("column", Msg::new("shape-time"), given(values, "column").or(likely).unwrap_or_default()),
                Field::choice("every", Msg::new("shape-every"), choices, chosen),
                Field::text("zone", Msg::new("shape-zone"), given(values, "zone").or(zone).unwrap_or_default()),
            ];
            Form::new(tr("cmd-time-bucket"), Act::Bucket, fields, tr("shape-bucket-note"))
        };
        let Some(column) = text_of(values, "column") else {
            let form = form(values);
            self.push(form);
            return Ok(());
        };
        let step = Unit::parse(&text_of(values, "every").unwrap_or_default()).map(|every| {
            Step::Bucket(Bucket { column: column.trim().to_owned(), every, zone: given(values, "zone"), name: None })
        });
        self.from_form(step, |_| Some(form(values)))
    }

    pub(in crate::tui) fn act_limit(&mut self, values: &Values) -> Result<()> {
        let Some(text) = text_of(values, "rows") else {
            self.push(Prompt::new(Msg::new("prompt-limit"), Act::Limit, "rows", "1000".to_owned(), Vec::new()));
            return Ok(());
        };
        let rows = rows_of(&text)?;
        self.try_step(Step::Limit(Limit { rows }))
    }

    pub(in crate::tui) fn act_explode(&mut self, _values: &Values) -> Result<()> {
        let front = self.column_in_front()?;
        self.try_step(Step::Explode(Explode { columns: vec![front.name], drop_empty: false }))
    }

    pub(in crate::tui) fn act_unpivot(&mut self, values: &Values) -> Result<()> {
        if let Some(chosen) = values.get("columns").and_then(toml::Value::as_array) {
            let chosen = chosen.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect();
            return self.try_step(Step::Unpivot(Unpivot::new(chosen)));
        }
        let front = self.column_in_front()?;
        let Some(tab) = self.tab() else { return Ok(()) };
        let like = |k: &Kind| *k == front.kind || (k.is_number() && front.kind.is_number());
        let items = tab
            .columns()
            .iter()
            .map(|c| Item {
                label: c.name.clone(),
                remark: c.kind.word().to_string(),
                ticked: like(&c.kind),
                ..Item::default()
            })
            .collect();
        let place = tab.column;
        self.push(List::new(tr("shape-unpivot-title"), items).ticked(Act::Unpivot).at(place));
        Ok(())
    }

    pub(in crate::tui) fn act_pivot(&mut self, values: &Values) -> Result<()> {
        let front = self.column_in_front()?;
        let columns = self.tab().map(|t| t.columns().to_vec()).unwrap_or_default();
        let form = |values: &Values| {
            let choices: Vec<(String, String)> =
                Measure::ALL.into_iter().map(|m| (m.name().to_owned(), m.name().to_owned())).collect();
            let number = columns.iter().find(|c| c.kind.is_number() && c.name != front.name).map(|c| c.name.clone());
            let row = columns
                .iter()
                .find(|c| c.name != front.name && Some(&c.name) != number.as_ref() && !c.kind.is_nested());
            let likely = if number.is_some() { "sum" } else { "count" };
            let chosen = at(&choices, given(values, "measure").or(Some(likely.to_owned())));
            let is_new = !values.contains_key("columns");
            let filled = |name: &str, likely: Option<String>| {
                given(values, name).or(likely.filter(|_| is_new)).unwrap_or_default()
            };
            let fields = vec![
                Field::text("columns", Msg::new("shape-across"), filled("columns", Some(front.name.clone()))),
                Field::text("rows", Msg::new("shape-rows"), filled("rows", row.map(|c| c.name.clone()))),
                Field::choice("measure", Msg::new("shape-measure"), choices, chosen),
                Field::text("value", Msg::new("shape-measured"), filled("value", number)),
            ];
            Form::new(tr("cmd-pivot"), Act::Pivot, fields, tr("shape-pivot-note"))
        };
        let Some(across) = text_of(values, "columns") else {
            let form = form(values);
            self.push(form);
            return Ok(());
        };
        let step = Measure::parse(&text_of(values, "measure").unwrap_or_default()).map(|measure| {
            Step::Pivot(Pivot {
                rows: names(&text_of(values, "rows").unwrap_or_default()),
                columns: across.trim().to_owned(),
                measure,
                value: given(values, "value"),
            })
        });
        self.from_form(step, |_| Some(form(values)))
    }

    pub(in crate::tui) fn act_sessions(&mut self, values: &Values) -> Result<()> {
        let columns = self.tab().map(|t| t.columns().to_vec()).unwrap_or_default();
        let Some(user) = text_of(values, "user") else {
            let user = guess(
                &columns,
                &["user", "customer", "member", "visitor", "client", "利用者", "会員", "uid", "id"],
                |k| k.is_text() || *k == Kind::Integer,
            );
            let time = guess(&columns, &["time", "at", "日時"], |k| matches!(k, Kind::DateTime(_)))
                .or_else(|| guess(&columns, &["timestamp", "time"], |k| *k == Kind::Integer));
            let fields = vec![
                Field::text("user", Msg::new("shape-user"), user.unwrap_or_default()),
                Field::text("time", Msg::new("shape-time"), time.unwrap_or_default()),
                Field::text("gap", Msg::new("shape-gap"), "30m"),
                Field::switch("summary", Msg::new("shape-summary"), false),
            ];
            self.push(Form::new(tr("cmd-sessions"), Act::Sessions, fields, tr("shape-sessions-note")));
            return Ok(());
        };
        self.try_step(Step::Sessions(Sessions {
            user: user.trim().to_owned(),
            time: given(values, "time").unwrap_or_default(),
            gap: given(values, "gap").unwrap_or_else(|| "30m".to_owned()),
            summary: text_of(values, "summary").as_deref() == Some("true"),
        }))
    }

    /// A list item that carries out a command with one value.
    pub(super) fn offer(label: String, remark: String, act: Act, name: &str, value: impl Into<toml::Value>) -> Item {
        Item { label, remark, run: Some((act, one(name, value))), ..Item::default() }
    }
}
