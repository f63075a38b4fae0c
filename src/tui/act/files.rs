//! Opening, listing, exporting; tabs and tasks; leaving.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::form::{Entry as Field, Form};
use super::super::layers::list::{Item, List};
use super::super::layers::prompt::Prompt;
use super::super::tab::Tab;
use super::super::tasks::Listed;
use super::{one, text_of};
use crate::command::Act;
use crate::engine::Locator;
use crate::error::{Error, Result};
use crate::source::{Ask, Entry, EntryKind, OpenOptions, SAMPLE};
use crate::text::{Msg, number, tr};

/// What the names of answers begin with, among the values of a form.
const ANSWER: &str = "answer:";
/// The value that says how the name of a file is to end.
pub const ENDING: &str = "ending";
/// The value that names the answer of which each part is a run of its own.
const EACH: &str = "each";
/// The value that asks for a run rather than a stored result.
const FRESH: &str = "fresh";

/// A path as it is written in this folder, or from the home folder.
fn shortened(locator: &str) -> String {
    let below = |folder: Option<PathBuf>| {
        let rest = Path::new(locator).strip_prefix(folder?).ok()?.to_str()?;
        (!rest.is_empty()).then(|| rest.to_owned())
    };
    let here = below(std::env::current_dir().ok());
    here.or_else(|| Some(format!("~/{}", below(dirs::home_dir())?))).unwrap_or_else(|| locator.to_owned())
}

/// The field in which a value is answered.
fn answer_field(ask: Ask) -> Field {
    let name = format!("{ANSWER}{}", ask.name);
    let label = if ask.title == ask.name { ask.name.clone() } else { format!("{} ({})", ask.title, ask.name) };
    // A form's choices are a value and its word.
    let choices: Vec<(String, String)> = ask.choices.into_iter().map(|(word, value)| (value, word)).collect();
    let plain = Msg::new("asks-label");
    let on: Vec<String> = match ask.several {
        // As JSON where commas are in the values themselves.
        true => serde_json::from_str(&ask.value)
            .unwrap_or_else(|_| ask.value.split(',').map(|v| v.trim().to_owned()).filter(|v| !v.is_empty()).collect()),
        false => vec![ask.value.clone()],
    };
    // Without a value, the first choice stands there, as on Redash's own page.
    let known =
        (!ask.several && ask.value.is_empty()) || on.iter().all(|v| choices.iter().any(|(value, _)| value == v));
    let field = match choices.iter().position(|(value, _)| *value == ask.value) {
        _ if choices.is_empty() || !known => {
            let help = Msg::new("asks-form").with("form", &ask.form).to_string();
            Field::text(name, plain, ask.value).helped(if ask.form.is_empty() { String::new() } else { help })
        }
        _ if ask.several => Field::several(name, plain, choices, &on),
        at => Field::choice(name, plain, choices, at.unwrap_or(0)),
    };
    Field { label, ..field }
}

impl App {
    pub(in crate::tui) fn act_open(&mut self, values: &Values) {
        match text_of(values, "locator").filter(|l| !l.trim().is_empty()) {
            Some(recipe) if values.contains_key(super::recipe::FILLED) => self.open_filled(&recipe, values),
            Some(locator)
                if values.contains_key(super::statement::PARAM) || values.contains_key(super::statement::DRAFT) =>
            {
                self.open_statement(&locator, values);
            }
            Some(locator) if values.contains_key(FRESH) => self.open_with_answers(&locator, values),
            Some(locator) => self.open(locator.trim(), OpenOptions::default(), None),
            None if values.contains_key("locator") => {}
            None => self.push(Prompt::new(
                Msg::new("prompt-open"),
                Act::Open,
                "locator",
                String::new(),
                crate::config::recent(),
            )),
        }
    }

    /// Asks for the values a table wants before it is opened.
    pub(in crate::tui) fn ask(&mut self, locator: &Locator, asks: Vec<Ask>) {
        let note = Msg::new("asks-note").to_string();
        // One that takes one value, typed, may be given several, for a run each.
        let typed = asks.iter().filter(|a| !a.several && a.choices.is_empty());
        let single = typed.map(|a| (a.name.clone(), a.title.clone()));
        let each: Vec<(String, String)> =
            std::iter::once((String::new(), tr("asks-each-none"))).chain(single).collect();
        let mut fields: Vec<Field> = asks.into_iter().map(answer_field).collect();
        if each.len() > 1 {
            let help = Msg::new("asks-each").attribute("help");
            fields.push(Field::choice(EACH, Msg::new("asks-each"), each, 0).helped(help));
        }
        fields.push(Field::switch(FRESH, Msg::new("asks-fresh"), false));
        let title = Msg::new("asks-title").with("name", self.sources.spoken(locator)).to_string();
        let form = Form::new(title, Act::Open, fields, note).carrying(one("locator", locator.to_string()));
        self.push(form.staying());
    }

    fn open_with_answers(&mut self, locator: &str, values: &Values) {
        let each = text_of(values, EACH).unwrap_or_default();
        let mut answers: Vec<(String, String)> = Vec::new();
        for (name, value) in values {
            let (Some(name), Some(value)) = (name.strip_prefix(ANSWER), value.as_str()) else { continue };
            match name == each {
                true => answers.extend(value.split(',').map(|v| (name.to_owned(), v.trim().to_owned()))),
                false => answers.push((name.to_owned(), value.to_owned())),
            }
        }
        let locator = self.sources.with_answers(&self.sources.parse(locator), &answers);
        // The form stays, so Enter can be pressed twice.
        if self.is_busy_with(&self.opening(&locator)) {
            return;
        }
        let fresh = text_of(values, FRESH).is_some_and(|v| v == "true");
        let options = OpenOptions { max_age: fresh.then_some(0), ..OpenOptions::default() };
        self.open(&locator.to_string(), options, None);
    }

    /// The start screen: what was opened lately, sample data, files here; or what is in a place of a source.
    pub(in crate::tui) fn act_sources(&mut self, values: &Values) {
        let place = text_of(values, "locator");
        let locator = self.sources.parse(place.as_deref().unwrap_or(""));
        let sources = self.sources.clone();
        let title = match &place {
            Some(p) => p.clone(),
            None => tr("start-title"),
        };
        let start = place.is_none();
        if self.sources.is_remote(&locator) {
            let again = one("locator", locator.to_string());
            if values.contains_key(FRESH) {
                self.sources.forget(&locator);
            }
            let list = move |context: &crate::op::Context| {
                let entries = sources.list(&locator, &context.control)?;
                Ok((entries, sources.below(&locator, &context.control)?))
            };
            self.spawn_apart(Msg::new("task-list"), None, list, move |app, (entries, below)| {
                let again = again.into_iter().chain([(FRESH.to_owned(), true.into())]).collect();
                let items = app.items_of(entries);
                let list = List::new(title, items).full().reaching(app.items_of(below));
                app.push(list.refreshed_by(Act::Sources, again));
            });
            return;
        }
        self.spawn_ok(
            Msg::new("task-list"),
            None,
            move |context| {
                let here = sources.list(&locator, &context.control);
                if !start {
                    return here;
                }
                let mut all = Vec::new();
                let (sample, own): (Vec<&str>, Vec<&str>) = sources.names().partition(|name| *name == SAMPLE);
                for name in own.into_iter().chain(sample) {
                    let top = sources.parse(&format!("{name}:"));
                    if sources.is_remote(&top) {
                        // Nothing waits for a network before it is asked for.
                        let (name, locator) = (name.to_owned(), top.to_string());
                        all.push(Entry {
                            name,
                            locator,
                            kind: EntryKind::Folder,
                            remark: String::new(),
                            ..Entry::default()
                        });
                        continue;
                    }
                    all.extend(sources.list(&top, &context.control).unwrap_or_default());
                }
                all.extend(here.unwrap_or_default());
                Ok(all)
            },
            move |app, entries| app.show_entries(title, entries),
        );
    }

    fn items_of(&self, entries: Vec<Entry>) -> Vec<Item> {
        entries.into_iter().map(|entry| self.item_of(entry)).collect()
    }

    fn item_of(&self, entry: Entry) -> Item {
        let act = match entry.kind {
            EntryKind::Table | EntryKind::Recipe => Act::Open,
            EntryKind::Folder => Act::Sources,
        };
        let about = self.sources.about(&self.sources.parse(&entry.locator));
        Item {
            label: entry.name,
            remark: entry.remark,
            also: entry.also,
            about: about.map(|l| (Act::Open, one("locator", l.to_string()))),
            run: Some((act, one("locator", entry.locator))),
            ..Item::default()
        }
    }

    pub(in crate::tui) fn show_entries(&mut self, title: String, entries: Vec<Entry>) {
        let start = title == tr("start-title");
        let mut items = Vec::new();
        let add = |groups: &mut BTreeSet<String>| Item {
            label: tr("start-connect"),
            group: groups.insert(tr("start-connections")).then(|| tr("start-connections")),
            run: Some((Act::Connect, Values::new())),
            ..Item::default()
        };
        let mut added = !start;
        if start {
            for (i, locator) in crate::config::recent().into_iter().take(9).enumerate() {
                let parsed = self.sources.parse(&locator);
                items.push(Item {
                    group: (i == 0).then(|| tr("start-recent")),
                    label: match parsed.connection {
                        Some(_) => self.sources.spoken(&parsed),
                        None => shortened(&locator),
                    },
                    run: Some((Act::Open, one("locator", locator))),
                    ..Item::default()
                });
            }
        }
        let names: Vec<String> = self.sources.names().map(str::to_owned).collect();
        let mut groups = BTreeSet::new();
        for entry in entries {
            let connection = names.iter().find(|n| entry.locator.starts_with(&format!("{n}:")));
            let group = match connection {
                Some(n) if n == SAMPLE => tr("start-sample"),
                Some(_) => tr("start-connections"),
                None => tr("start-files"),
            };
            let connections = tr("start-connections");
            // The first thing somebody without connections finds is sample data.
            if !added && group != connections && groups.contains(&connections) {
                items.push(add(&mut groups));
                added = true;
            }
            let group = (start && groups.insert(group.clone())).then_some(group);
            items.push(Item { group, ..self.item_of(entry) });
        }
        if !added {
            items.push(add(&mut groups));
        }
        let list = Box::new(List::new(title, items).full());
        if start {
            // It may come late, and must not cover what was opened meanwhile.
            self.layers.insert(0, list);
        } else {
            self.layers.push(list);
        }
    }

    pub(in crate::tui) fn act_export(&mut self, values: &Values) -> Result<()> {
        use crate::output::{Format, Target, WriteOptions};
        let Some(tab) = self.tab() else { return Ok(()) };
        let Some(path) = text_of(values, "output") else {
            let stem = stem(&tab.title);
            let path = match text_of(values, ENDING) {
                Some(ending) => format!("{stem}.{ending}"),
                None => format!("{stem}-export.csv"),
            };
            if path.ends_with(".sql") {
                let view = text_of(values, super::server::VIEW).unwrap_or_default();
                let fields = vec![
                    Field::text("output", Msg::new("export-path"), path),
                    Field::text(super::server::VIEW, Msg::new("export-create-view"), view),
                ];
                self.push(Form::new(tr("export-sql-title"), Act::Export, fields, tr("export-sql-note")));
                return Ok(());
            }
            let fields = vec![
                Field::text("output", Msg::new("export-path"), path),
                Field::switch("bom", Msg::new("export-bom"), false),
                Field::switch("excel-safe", Msg::new("export-excel-safe"), false),
            ];
            let note = Msg::new("export-note").with("formats", Format::names()).to_string();
            let agreed = values.iter().filter(|(name, _)| *name == super::server::AGREED);
            let carried = agreed.map(|(name, value)| (name.clone(), value.clone())).collect();
            self.push(Form::new(tr("export-title"), Act::Export, fields, note).carrying(carried));
            return Ok(());
        };
        let path = path.trim().to_owned();
        if path.is_empty() {
            return Ok(());
        }
        let target = expanded(&path);
        let (format, compression) = Format::from_path(&target)?;
        if target.exists() && text_of(values, "replace").is_none() {
            let mut again = values.clone();
            again.insert("replace".to_owned(), "yes".into());
            let items = vec![
                Item { label: tr("export-keep"), ..Item::default() },
                Item { label: tr("export-replace"), run: Some((Act::Export, again)), ..Item::default() },
            ];
            self.push(List::new(Msg::new("export-exists").with("path", path).to_string(), items));
            return Ok(());
        }
        let yes = |name| text_of(values, name).is_some_and(|v| v == "true");
        let mut options = WriteOptions::new(format);
        options.compression = compression;
        options.view = text_of(values, super::server::VIEW).filter(|name| !name.trim().is_empty());
        if options.view.is_some() && !format.is_query() {
            return Err(Error::usage(Msg::new("export-view-format").with("path", path)));
        }
        options.bom = yes("bom");
        options.excel_safe = yes("excel-safe");
        options.budget = self.engine.memory() / 2;
        let Some(rows) = self.tab().map(Tab::rows) else { return Ok(()) };
        let shown = path.clone();
        self.spawn_ok(
            Msg::new("task-export").with("path", &path),
            self.tab().map(|t| t.id),
            move |context| {
                rows.with(context, |rows| {
                    let rows = if format.is_query() { rows.clone() } else { rows.whole(&context.control)? };
                    let target = Target::File(target.clone());
                    crate::output::write_dataset(&rows, None, None, &target, &options, &context.control)
                })
            },
            move |app, written| {
                if format.is_query() {
                    return app.say(Msg::new("exported-sql").with("path", shown).to_string());
                }
                let text = Msg::new("exported")
                    .with("path", shown)
                    .with("rows", written.rows)
                    .with("size", number::bytes(written.bytes));
                app.say(text.to_string());
            },
        );
        if values.contains_key(super::server::AGREED) {
            self.agree_to_last();
        }
        Ok(())
    }

    pub(in crate::tui) fn act_tabs(&mut self, values: &Values) {
        if let Some(i) = values.get("tab").and_then(toml::Value::as_integer) {
            self.current = usize::try_from(i).unwrap_or(0).min(self.tabs.len().saturating_sub(1));
            return;
        }
        let items = self
            .tabs
            .iter()
            .enumerate()
            .map(|(i, t)| Item {
                label: format!("{} {}", i + 1, t.title),
                remark: super::super::grid::row_count(t.dataset().row_count()),
                run: Some((Act::Tabs, one("tab", i as i64))),
                ..Item::default()
            })
            .collect();
        self.push(List::new(tr("tabs-title"), items).at(self.current));
    }

    pub(in crate::tui) fn act_close_tab(&mut self) {
        if self.current < self.tabs.len() {
            let id = self.tabs.remove(self.current).id;
            for t in self.tasks.iter().filter(|t| t.tab == Some(id)) {
                t.task.control.cancel();
            }
            self.current = self.current.min(self.tabs.len().saturating_sub(1));
        }
        self.ensure_something();
    }

    pub(in crate::tui) fn act_reload(&mut self, values: &Values) {
        if !values.contains_key(super::complete::ALL) && self.asks_what_to_read() {
            return;
        }
        let Some(tab) = self.tab() else { return };
        let Some((locator, mut options)) = tab.locator.clone() else { return };
        let id = tab.id;
        if self.sources.is_remote(&locator) {
            options.max_age = Some(0);
        }
        self.open(&locator.to_string(), options, Some(id));
    }

    /// Opens the same rows the other way, left where they are or as they were kept, with what was done to them.
    pub(in crate::tui) fn act_other_way(&mut self) -> Result<()> {
        let none = || Error::usage(Msg::new("error-no-other-way"));
        let tab = self.tab().ok_or_else(none)?;
        let (mut locator, mut options) = tab.locator.clone().ok_or_else(none)?;
        let id = tab.id;
        if let Some(statement) = options.query.take() {
            locator = self.sources.with_statement(&locator, &statement);
        }
        let other = self.sources.other_way(&locator).ok_or_else(none)?;
        self.open(&other.to_string(), options, Some(id));
        Ok(())
    }

    pub(in crate::tui) fn act_tasks(&mut self, values: &Values) {
        if let Some(id) = values.get("task").and_then(toml::Value::as_integer) {
            if let Some(t) = self.tasks.iter().find(|t| t.task.id as i64 == id && t.ended.is_none()) {
                t.task.control.cancel();
            }
            return;
        }
        let list = List::new(tr("tasks-title"), self.task_entries());
        self.push(list.choosing("hint-stop").live());
    }

    /// The tasks as entries of a list, the latest first.
    pub(in crate::tui) fn task_entries(&self) -> Vec<Item> {
        let entry = |t: &Listed| {
            let run = t.ended.is_none().then(|| (Act::Tasks, one("task", t.task.id as i64)));
            Item { label: t.task.title.to_string(), remark: t.state(), run, ..Item::default() }
        };
        self.tasks.iter().rev().map(entry).collect()
    }

    pub(in crate::tui) fn act_cancel(&mut self) {
        let newest = self.running().rfind(|t| !t.task.control.is_cancelled()).map(|t| t.task.clone());
        match newest {
            Some(task) => {
                task.control.cancel();
                let tab = self.tasks.iter().find(|t| t.task.id == task.id).and_then(|t| t.tab);
                if let Some(tab) = tab.and_then(|id| self.tab_by_id(id))
                    && tab.growing.take().is_some()
                {
                    tab.changed(false);
                }
                self.say(Msg::new("stopped").with("title", task.title).to_string());
            }
            None if self.layers.is_empty() && self.stop_waiting() => {}
            None if !self.layers.is_empty() && !self.tabs.is_empty() => {
                self.layers.pop();
            }
            None => self.act_quit(&one("ask", true)),
        }
    }

    pub(in crate::tui) fn act_back(&mut self) {
        if self.layers.pop().is_some() {
            self.ensure_something();
            return;
        }
        let key = self.keymap.shown(Act::Quit.command());
        // A result leads back to the table it was made from.
        if let Some(origin) = self.tab().and_then(|t| t.origin.as_ref()).map(|o| o.tab) {
            let id = self.tabs[self.current].id;
            self.tabs.retain(|t| t.id != id);
            self.current = self.tabs.iter().position(|t| t.id == origin).unwrap_or(0);
            return;
        }
        if self.tab().is_some_and(|t| t.search.is_some()) {
            if let Some(tab) = self.tab_mut() {
                tab.search = None;
            }
            return;
        }
        self.say(Msg::new("back-nowhere").with("key", key).to_string());
    }

    pub(in crate::tui) fn act_quit(&mut self, values: &Values) {
        // What was told to stop is nothing to stay for.
        let busy = self.running().filter(|l| !l.task.control.is_cancelled()).count();
        if values.contains_key("sure") || (busy == 0 && !values.contains_key("ask")) {
            self.end(Ok(()));
            return;
        }
        let items = vec![
            Item { label: tr("quit-stay"), ..Item::default() },
            Item { label: tr("quit-leave"), run: Some((Act::Quit, one("sure", true))), ..Item::default() },
        ];
        let title = if busy > 0 { Msg::new("quit-busy").with("tasks", busy).to_string() } else { tr("quit-ask") };
        self.push(List::new(title, items));
    }
}

/// A name for files that come of a table, by its title.
pub(super) fn stem(title: &str) -> String {
    let last = title.rsplit(['/', ':']).next().unwrap_or_default();
    let stem: String = last.chars().take_while(|c| *c != '.' && *c != '#').collect();
    if stem.is_empty() { "table".to_owned() } else { stem }
}

/// A path with `~` for the home folder.
pub(super) fn expanded(path: &str) -> std::path::PathBuf {
    match path.strip_prefix("~/").zip(dirs::home_dir()) {
        Some((rest, home)) => home.join(rest),
        None => path.into(),
    }
}
