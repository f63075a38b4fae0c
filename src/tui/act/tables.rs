//! Several tables at once: joining another one, and asking in SQL.

use std::collections::BTreeMap;

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::editor::Editor;
use super::super::layers::form::{Entry as Field, Form};
use super::super::layers::list::{Item, List};
use super::super::layers::prompt::Prompt;
use super::statement::DRAFT;
use super::{one, text_of};
use crate::command::Act;
use crate::data::Dataset;
use crate::engine::{Session, State, replay, without_looks};
use crate::error::{Error, Result};
use crate::op::join::preview::{Preview, preview};
use crate::op::join::suggest::suggest;
use crate::op::join::{How, Join, pairs};
use crate::op::other::Other;
use crate::op::sql::{Sql, table_name};
use crate::op::{Context, Step};
use crate::source::OpenOptions;
use crate::sql::complete::Nameable;
use crate::text::{Msg, tr};

/// The place of statements over open tables in their history.
const TABLES: &str = "tables";

/// A value that a list or form carries for a later command.
pub(super) fn packed<T: serde::Serialize>(value: &T) -> Result<toml::Value> {
    toml::Value::try_from(value).map_err(|e| Error::failed(Msg::new("error-data").with("cause", e.to_string())))
}

pub(super) fn unpacked<T: serde::de::DeserializeOwned>(values: &Values, name: &str) -> Result<Option<T>> {
    let Some(value) = values.get(name) else { return Ok(None) };
    let read = value.clone().try_into::<T>();
    read.map(Some).map_err(|e| Error::failed(Msg::new("error-data").with("cause", e.to_string())))
}

impl App {
    /// The open tables that can be named in a recipe: those with a locator, the one in front left out.
    pub(super) fn other_tables(&self) -> Vec<(String, Other)> {
        self.tabs
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != self.current)
            .filter_map(|(_, tab)| {
                let (locator, open) = tab.locator.as_ref()?;
                let steps = without_looks(&tab.session.now().steps);
                // A result that was asked for afresh is stored; it is not asked for again each time it is looked at.
                let open = OpenOptions { max_age: None, ..open.clone() };
                Some((tab.title.clone(), Other { table: locator.to_string(), open, steps }))
            })
            .collect()
    }

    /// Which table, which keys and how, what that gives, and then the step.
    pub(in crate::tui) fn act_join(&mut self, values: &Values) -> Result<()> {
        if let Some(step) = unpacked::<Step>(values, "step")? {
            // The form lay beneath the question.
            self.layers.clear();
            self.add_step(step);
            return Ok(());
        }
        let with = match (unpacked::<Other>(values, "with")?, text_of(values, "locator")) {
            (Some(with), _) => with,
            (None, Some(locator)) if !locator.trim().is_empty() => {
                let mut other: Other = locator.parse()?;
                // A link may carry a key, which no recipe may have.
                other.table = self.sources.parse(other.table.trim()).to_string();
                other
            }
            (None, Some(_)) => return Ok(()),
            (None, None) if values.contains_key("ask") => return self.ask_join_table(),
            (None, None) => return self.list_join_tables(),
        };
        match text_of(values, "on") {
            None => {
                self.suggest_join(with);
                Ok(())
            }
            Some(on) => {
                let how = How::parse(&text_of(values, "how").unwrap_or_default());
                match pairs(&on).and_then(|on| Ok(Join::new(with.clone(), on, how?))) {
                    Ok(join) => self.preview_join(join),
                    Err(e) => {
                        self.join_form(&with, on, text_of(values, "how"), String::new())?;
                        Err(e)
                    }
                }
            }
        }
    }

    /// The open tables and their columns, by the names they have in a query.
    fn nameable_tabs(&self, own: &str, tables: &BTreeMap<String, Other>) -> Vec<Nameable> {
        let table = |name: &str, tab: &super::super::tab::Tab| Nameable {
            name: name.to_owned(),
            columns: tab.columns().iter().map(|c| (c.name.clone(), c.kind.word().to_string())).collect(),
        };
        let names = [own, crate::op::sql::THIS];
        let front = self.tab().into_iter().flat_map(|tab| names.map(|name| table(name, tab)));
        let others = tables.iter().filter_map(|(name, other)| {
            let (title, _) = self.other_tables().into_iter().find(|(_, o)| o == other)?;
            Some(table(name, self.tabs.iter().find(|t| t.title == title)?))
        });
        front.chain(others).collect()
    }

    fn ask_join_table(&mut self) -> Result<()> {
        self.push(Prompt::new(Msg::new("prompt-join"), Act::Join, "locator", String::new(), crate::config::recent()));
        Ok(())
    }

    fn list_join_tables(&mut self) -> Result<()> {
        let tables = self.other_tables();
        if tables.is_empty() {
            return self.ask_join_table();
        }
        let mut items = Vec::new();
        for (title, other) in tables {
            items.push(Self::offer(title, other.table.clone(), Act::Join, "with", packed(&other)?));
        }
        items.push(Self::offer(tr("join-other"), String::new(), Act::Join, "ask", true));
        self.push(List::new(tr("join-title"), items));
        Ok(())
    }

    /// Looks at the table in front and at another one, in the background.
    pub(in crate::tui) fn look_at_both<T: Send + 'static>(
        &mut self,
        title: Msg,
        with: &Other,
        look: impl Fn(&Dataset, &Dataset, &Context) -> Result<T> + Send + 'static,
        then: impl FnOnce(&mut App, T) -> Result<()> + Send + 'static,
    ) {
        let Some(tab) = self.tab() else { return };
        let (id, front, other) = (tab.id, tab.rows(), with.clone());
        let work = move |context: &Context| {
            let (other, _) = other.open(context)?;
            front.with(context, |front| look(front, &other, context))
        };
        self.spawn_ok(title, Some(id), work, move |app, found| {
            if let Err(e) = then(app, found) {
                app.complain(&e);
            }
        });
    }

    fn suggest_join(&mut self, with: Other) {
        let asked = with.clone();
        self.look_at_both(
            Msg::new("task-join-look").with("table", &with.table),
            &asked,
            |left, right, context| suggest(left, right, &context.control),
            move |app, found| {
                let on = found.first().map(|s| s.pair.to_string()).unwrap_or_default();
                let others: Vec<String> = found.iter().skip(1).take(4).map(|s| s.pair.to_string()).collect();
                let note = match (found.first(), others.is_empty()) {
                    (None, _) => tr("join-note-none"),
                    (Some(_), true) => tr("join-note"),
                    (Some(_), false) => Msg::new("join-note-others").with("keys", others.join(", ")).to_string(),
                };
                app.join_form(&with, on, None, note)
            },
        );
    }

    fn join_form(&mut self, with: &Other, on: String, how: Option<String>, note: String) -> Result<()> {
        let choices: Vec<(String, String)> =
            How::ALL.into_iter().map(|h| (h.name().to_owned(), h.word().to_string())).collect();
        let at = how.and_then(|h| choices.iter().position(|c| c.0 == h)).unwrap_or(0);
        let fields =
            vec![Field::text("on", Msg::new("join-on"), on), Field::choice("how", Msg::new("join-how"), choices, at)];
        let title = Msg::new("join-form-title").with("table", &with.table).to_string();
        let form = Form::new(title, Act::Join, fields, note).carrying(one("with", packed(with)?));
        self.push(form);
        Ok(())
    }

    fn preview_join(&mut self, join: Join) -> Result<()> {
        let Some(tab) = self.tab() else { return Ok(()) };
        let (id, rows, asked) = (tab.id, tab.rows(), join.clone());
        self.spawn(
            Msg::new("task-join-look").with("table", &join.with.table),
            Some(id),
            move |context| {
                let (right, _) = asked.with.open(context)?;
                rows.with(context, |rows| preview(rows, &right, &asked.on, context))
            },
            move |app, seen| {
                let shown = match seen {
                    Ok(seen) => app.confirm_join(&join, seen),
                    Err(e) => {
                        let on: Vec<String> = join.on.iter().map(|p| p.to_string()).collect();
                        let form =
                            app.join_form(&join.with, on.join(", "), Some(join.how.name().to_owned()), String::new());
                        app.complain(&e);
                        form
                    }
                };
                if let Err(e) = shown {
                    app.complain(&e);
                }
            },
        );
        Ok(())
    }

    fn confirm_join(&mut self, join: &Join, seen: Preview) -> Result<()> {
        let on: Vec<String> = join.on.iter().map(|p| p.to_string()).collect();
        let items = vec![
            Self::offer(tr("join-do"), String::new(), Act::Join, "step", packed(&Step::Join(join.clone()))?),
            Item { label: tr("join-leave"), ..Item::default() },
        ];
        // The form lies beneath, so that Esc leads back to it.
        self.join_form(&join.with, on.join(", "), Some(join.how.name().to_owned()), String::new())?;
        let title = Msg::new("join-form-title").with("table", &join.with.table).to_string();
        self.push(List::new(title, items).saying(seen.words(join.how).to_string()));
        Ok(())
    }

    /// A query over the open tables; its answer is a tab of its own.
    pub(in crate::tui) fn act_sql(&mut self, values: &Values) -> Result<()> {
        let tab = self.tab().ok_or_else(|| Error::usage(Msg::new("error-no-table")))?;
        let own = table_name(&tab.title);
        let mut tables: BTreeMap<String, Other> = BTreeMap::new();
        for (title, other) in self.other_tables() {
            let taken = |n: &str| n == own || tables.contains_key(n);
            let name = crate::op::columns::free_name(&table_name(&title), taken);
            tables.insert(name, other);
        }
        if let Some(draft) = text_of(values, DRAFT) {
            self.drafts.insert(TABLES.to_owned(), draft);
            return Ok(());
        }
        let Some(query) = text_of(values, "query") else {
            if self.write_statement_there() {
                return Ok(());
            }
            let names: Vec<&str> = std::iter::once(own.as_str()).chain(tables.keys().map(String::as_str)).collect();
            let title = Msg::new("prompt-sql").with("names", names.join(", ")).to_string();
            let usual = format!("select * from {own}");
            let nameable = self.nameable_tabs(&own, &tables);
            self.edit_statement(TABLES, (None, &usual), Editor::new(title, Act::Sql, "query").completing(nameable));
            return Ok(());
        };
        if query.trim().is_empty() {
            return Ok(());
        }
        crate::config::statements::remember(TABLES, query.trim_end());
        self.drafts.remove(TABLES);
        let sql = Sql { query, name: Some(own), tables };
        let statement = sql.query.clone();
        if let Err(e) = sql.check() {
            self.fault(&statement, &e);
            return Ok(());
        }
        if self.is_busy_with(&sql.words()) {
            return Ok(());
        }
        let title = sql.words();
        let failed = move |app: &mut App, e: Error| app.fault(&statement, &e);
        self.answer_apart(title.to_string(), title, Step::Sql(sql), |_| {}, failed);
        Ok(())
    }

    /// Carries a step out on the table in front, into a tab of its own that has the history it comes from: `then` is done with
    /// the new tab in front, `failed` where there is none.
    pub(in crate::tui) fn answer_apart(
        &mut self,
        name: String,
        title: Msg,
        step: Step,
        then: impl FnOnce(&mut App) + Send + 'static,
        failed: impl FnOnce(&mut App, Error) + Send + 'static,
    ) {
        let Some(tab) = self.tab() else { return };
        let (id, mut session) = (tab.id, tab.session.clone());
        let (locator, recipe) = (tab.locator.clone(), tab.recipe.clone());
        let todo = [step.clone()];
        self.spawn(
            title,
            Some(id),
            move |context| {
                let replayed = |session: &Session| replay(&session.now().dataset, &todo, context, &mut |_| {});
                let outcome = session.work(context, replayed)?;
                Ok((outcome, session))
            },
            move |app, answer| match answer {
                Ok((outcome, session)) => {
                    let steps = session.now().steps.iter().cloned().chain([step]).collect();
                    let tab = app.add_tab(name, session.base().clone());
                    (tab.locator, tab.recipe, tab.notices) = (locator, recipe, outcome.notes);
                    tab.session = session;
                    tab.session.advance(State { steps, dataset: outcome.dataset });
                    tab.changed(false);
                    app.layers.clear();
                    then(app);
                }
                Err(e) => failed(app, e),
            },
        );
    }
}
