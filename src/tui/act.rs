//! Carrying out commands: what each act does to the interface's state.

use super::app::{App, News};
use super::layer::{Layer, Values};
use super::layers::card::Card;
use super::layers::filter::FilterForm;
use super::layers::form::{Entry as Field, Form};
use super::layers::help::Help;
use super::layers::list::{Item, List};
use super::layers::menu::Menu;
use super::layers::palette::Palette;
use super::layers::prompt::Prompt;
use super::layers::record::{Record, Row};
use super::layers::view::View;
use super::tab::{Origin, Tab};
use crate::command::Act;
use crate::command::keymap::Key;
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::op::filter::Filter;
use crate::op::profile::Profile;
use crate::op::sample::Sample;
use crate::op::search::Search;
use crate::op::select::Select;
use crate::op::sort::{Key as SortKey, Sort};
use crate::op::Step;
use crate::result::profile::TableProfile;
use crate::source::{Entry, EntryKind, OpenOptions};
use crate::sql::expr::Expr;
use crate::text::{Lang, Msg, safe, tr};
use crate::value::Cell;

fn text_of(values: &Values, name: &str) -> Option<String> {
    values.get(name).and_then(|v| v.as_str()).map(str::to_owned)
}

fn one(name: &str, value: impl Into<toml::Value>) -> Values {
    [(name.to_owned(), value.into())].into_iter().collect()
}

impl App {
    /// Carries out a command with the values given.
    pub fn run(&mut self, act: Act, values: Values) {
        self.touch();
        if let Err(e) = self.try_run(act, values) {
            self.complain(&e);
        }
    }

    fn push(&mut self, layer: impl Layer + 'static) {
        self.layers.push(Box::new(layer));
    }

    fn try_run(&mut self, act: Act, values: Values) -> Result<()> {
        match act {
            Act::Open => self.act_open(&values),
            Act::Sources => self.act_sources(&values),
            Act::Export => self.act_export(&values)?,
            Act::Tabs => self.act_tabs(&values),
            Act::CloseTab => self.act_close_tab(),
            Act::Reload => self.act_reload(),
            Act::Tasks => self.act_tasks(&values),
            Act::Cancel => self.act_cancel(),
            Act::Back => self.act_back(),
            Act::Quit => self.act_quit(&values),
            Act::Down
            | Act::Up
            | Act::Left
            | Act::Right
            | Act::PageDown
            | Act::PageUp
            | Act::HalfDown
            | Act::HalfUp
            | Act::Top
            | Act::Bottom
            | Act::FirstColumn
            | Act::LastColumn => self.act_move(act, &values),
            Act::GotoRow => self.act_goto_row(&values)?,
            Act::GotoColumn => self.act_goto_column(&values),
            Act::Search => self.act_search(&values)?,
            Act::SearchNext => self.search_from(true),
            Act::SearchPrevious => self.search_from(false),
            Act::OnlyThis => self.act_this(true)?,
            Act::NotThis => self.act_this(false)?,
            Act::FilterForm => self.act_filter_form(),
            Act::FilterExpression => self.act_filter(&values)?,
            Act::FilterRemove => self.act_filter_remove(&values),
            Act::Sort => self.act_sort(false)?,
            Act::SortMore => self.act_sort(true)?,
            Act::SampleRows => self.act_sample(&values)?,
            Act::Undo => self.act_history(true),
            Act::Redo => self.act_history(false),
            Act::Freeze => {
                if let Some(tab) = self.tab_mut() {
                    tab.frozen = if tab.frozen == tab.column + 1 { 0 } else { tab.column + 1 };
                    tab.left = tab.frozen;
                }
            }
            Act::Hide => self.act_hide()?,
            Act::ColumnList => self.act_columns(&values)?,
            Act::Widen => self.tab_mut().into_iter().for_each(|t| t.widen(4)),
            Act::Narrow => self.tab_mut().into_iter().for_each(|t| t.widen(-4)),
            Act::Fit => self.tab_mut().into_iter().for_each(Tab::fit),
            Act::MoveLeft => self.act_move_column(false)?,
            Act::MoveRight => self.act_move_column(true)?,
            Act::Enter => self.act_enter(&values)?,
            Act::RowView => self.act_row(None)?,
            Act::Card => self.act_card(),
            Act::Profile => self.act_profile(),
            Act::CopyCell => self.act_copy_cell(&values)?,
            Act::CopyRow => self.act_copy_row()?,
            Act::CopyColumnName => {
                if let Some(name) = self.tab().and_then(Tab::current_column).map(|c| c.name.clone()) {
                    self.copy(&name);
                }
            }
            Act::Notices => self.act_notices(),
            Act::Menu => self.push(Menu::default()),
            Act::Palette => self.push(Palette::default()),
            Act::Help => self.push(Help::default()),
            Act::Language => {
                let next = match Lang::current() {
                    Lang::En => Lang::Ja,
                    Lang::Ja => Lang::En,
                };
                next.make_current();
                self.say(tr("language-now"));
            }
            Act::Theme => {
                self.theme = self.theme.next();
                self.say(Msg::new("theme-now").with("name", self.theme.name()).to_string());
            }
            Act::Mouse => {
                self.mouse = !self.mouse;
                self.say(tr(if self.mouse { "mouse-on" } else { "mouse-off" }));
            }
            Act::Redraw => self.redraw = true,
            Act::View | Act::Doctor | Act::Gen => {}
        }
        Ok(())
    }

    // ---- files and tabs ----

    fn act_open(&mut self, values: &Values) {
        match text_of(values, "locator").filter(|l| !l.trim().is_empty()) {
            Some(locator) => self.open(locator.trim(), OpenOptions::default(), None),
            None if values.contains_key("locator") => {}
            None => self.push(Prompt::new(Msg::new("prompt-open"), Act::Open, "locator", String::new(), crate::config::recent())),
        }
    }

    /// The start screen: what was opened lately, sample data, files here; or what is in a place of a source.
    fn act_sources(&mut self, values: &Values) {
        let place = text_of(values, "locator");
        let locator = self.sources.parse(place.as_deref().unwrap_or(""));
        let sources = self.sources.clone();
        let title = match &place {
            Some(p) => p.clone(),
            None => tr("start-title"),
        };
        let start = place.is_none();
        self.spawn(
            Msg::new("task-list"),
            None,
            move |context, _| {
                let here = sources.list(&locator, &context.control);
                if !start {
                    return here;
                }
                let mut all = Vec::new();
                for name in sources.names() {
                    let top = sources.parse(&format!("{name}:"));
                    all.extend(sources.list(&top, &context.control).unwrap_or_default());
                }
                all.extend(here.unwrap_or_default());
                Ok(all)
            },
            move |task, result| News::Listed { task, title, result },
        );
    }

    pub(super) fn show_entries(&mut self, title: String, entries: Vec<Entry>) {
        let start = title == tr("start-title");
        let mut items = Vec::new();
        if start {
            for (i, locator) in crate::config::recent().into_iter().take(9).enumerate() {
                items.push(Item {
                    group: (i == 0).then(|| tr("start-recent")),
                    run: Some((Act::Open, one("locator", locator.clone()))),
                    label: locator,
                    ..Item::default()
                });
            }
        }
        let names: Vec<String> = self.sources.names().map(str::to_owned).collect();
        let mut groups = std::collections::BTreeSet::new();
        for entry in entries {
            let connection = names.iter().find(|n| entry.locator.starts_with(&format!("{n}:")));
            let group = match connection {
                Some(n) if n == "sample" => tr("start-sample"),
                Some(n) => n.clone(),
                None => tr("start-files"),
            };
            let act = match entry.kind {
                EntryKind::Table => Act::Open,
                EntryKind::Folder => Act::Sources,
            };
            items.push(Item {
                label: entry.name,
                remark: entry.remark,
                group: (start && groups.insert(group.clone())).then_some(group),
                run: Some((act, one("locator", entry.locator))),
                ticked: false,
            });
        }
        let list = Box::new(List::new(title, items).full());
        if start {
            // It may come late, and must not cover what was opened meanwhile.
            self.layers.insert(0, list);
        } else {
            self.layers.push(list);
        }
    }

    fn act_export(&mut self, values: &Values) -> Result<()> {
        use crate::output::{Format, Target, WriteOptions};
        let Some(tab) = self.tab() else { return Ok(()) };
        let Some(path) = text_of(values, "output") else {
            let stem: String = tab.title.rsplit(['/', ':']).next().unwrap_or("table").chars().take_while(|c| *c != '.' && *c != '#').collect();
            let stem = if stem.is_empty() { "table".to_owned() } else { stem };
            let fields = vec![
                Field::text("output", Msg::new("export-path"), format!("{stem}-export.csv")),
                Field::switch("bom", Msg::new("export-bom"), false),
                Field::switch("excel-safe", Msg::new("export-excel-safe"), false),
            ];
            let note = Msg::new("export-note").with("formats", Format::names()).to_string();
            self.push(Form::new(tr("export-title"), Act::Export, fields, note));
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
        options.bom = yes("bom");
        options.excel_safe = yes("excel-safe");
        options.budget = self.engine.memory() / 2;
        let dataset = self.tab().map(|t| t.dataset().clone());
        let Some(dataset) = dataset else { return Ok(()) };
        let shown = path.clone();
        self.spawn(
            Msg::new("task-export").with("path", &path),
            self.tab().map(|t| t.id),
            move |context, _| {
                crate::output::write_dataset(&dataset, None, None, &Target::File(target), &options, &context.control)
            },
            move |task, result| News::Exported { task, path: shown, result },
        );
        Ok(())
    }

    fn act_tabs(&mut self, values: &Values) {
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
                remark: super::grid::row_count(t.dataset().row_count()),
                run: Some((Act::Tabs, one("tab", i as i64))),
                ..Item::default()
            })
            .collect();
        self.push(List::new(tr("tabs-title"), items).at(self.current));
    }

    fn act_close_tab(&mut self) {
        if self.current < self.tabs.len() {
            let id = self.tabs.remove(self.current).id;
            for t in self.tasks.iter().filter(|t| t.tab == Some(id)) {
                t.task.control.cancel();
            }
            self.current = self.current.min(self.tabs.len().saturating_sub(1));
        }
        self.ensure_something();
    }

    fn act_reload(&mut self) {
        let Some(tab) = self.tab() else { return };
        let Some((locator, options)) = tab.locator.clone() else { return };
        let id = tab.id;
        self.open(&locator.to_string(), options, Some(id));
    }

    fn act_tasks(&mut self, values: &Values) {
        if let Some(id) = values.get("task").and_then(toml::Value::as_integer) {
            if let Some(t) = self.tasks.iter().find(|t| t.task.id as i64 == id && t.ended.is_none()) {
                t.task.control.cancel();
            }
            return;
        }
        let items = self
            .tasks
            .iter()
            .rev()
            .map(|t| {
                let p = t.task.progress();
                let remark = match (&t.ended, p.total) {
                    (Some(end), _) => end.clone(),
                    (None, 0) => format!("{} s", t.task.elapsed().as_secs()),
                    (None, total) => format!("{}%", (p.done * 100 / total).min(100)),
                };
                let run = t.ended.is_none().then(|| (Act::Tasks, one("task", t.task.id as i64)));
                Item { label: t.task.title.to_string(), remark, run, ..Item::default() }
            })
            .collect();
        self.push(List::new(tr("tasks-title"), items).removable(Act::Tasks));
    }

    fn act_cancel(&mut self) {
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
            None if !self.layers.is_empty() && !self.tabs.is_empty() => {
                self.layers.pop();
            }
            None => self.act_quit(&one("ask", true)),
        }
    }

    fn act_back(&mut self) {
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

    fn act_quit(&mut self, values: &Values) {
        let busy = self.running().count();
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

    // ---- moving ----

    fn act_move(&mut self, act: Act, values: &Values) {
        let page = self.page();
        let width = usize::from(self.size.0);
        let Some(tab) = self.tab_mut() else { return };
        let columns = tab.columns().len();
        let last = tab.end().map(|e| e.saturating_sub(1));
        // Where the end is not known, the rows known of and a page more can be reached.
        let limit = last.unwrap_or_else(|| tab.dataset().row_count().known() + page);
        match act {
            Act::Down => tab.row = (tab.row + 1).min(limit),
            Act::Up => tab.row = tab.row.saturating_sub(1),
            Act::PageDown | Act::HalfDown | Act::PageUp | Act::HalfUp => {
                let by = if matches!(act, Act::PageDown | Act::PageUp) { page } else { (page / 2).max(1) };
                let offset = tab.row - tab.top.min(tab.row);
                let end_top = last.map_or(u64::MAX, |l| (l + 1).saturating_sub(page));
                if matches!(act, Act::PageDown | Act::HalfDown) {
                    if tab.top >= end_top {
                        tab.row = limit;
                    } else {
                        tab.top = (tab.top + by).min(end_top);
                        tab.row = (tab.top + offset).min(limit);
                    }
                } else if tab.top == 0 {
                    tab.row = 0;
                } else {
                    tab.top = tab.top.saturating_sub(by);
                    tab.row = tab.top + offset;
                }
            }
            Act::Top => (tab.row, tab.top) = (0, 0),
            Act::Bottom => match last {
                Some(last) => tab.row = last,
                None => {
                    tab.row = tab.dataset().row_count().known().saturating_sub(1);
                    let text = tr("end-unknown");
                    self.say(text);
                    return;
                }
            },
            Act::Left => tab.column = tab.column.saturating_sub(1),
            Act::Right => tab.column = (tab.column + 1).min(columns.saturating_sub(1)),
            Act::FirstColumn => {
                tab.column = 0;
                tab.left = tab.frozen;
            }
            Act::LastColumn => tab.column = columns.saturating_sub(1),
            _ => {}
        }
        tab.follow_column(width);
        match text_of(values, "then").as_deref() {
            Some("row") => {
                let at = self.tab().map_or(0, |t| t.column);
                if let Err(e) = self.act_row(Some(at)) {
                    self.complain(&e);
                }
            }
            Some("card") => self.act_card(),
            _ => {}
        }
    }

    fn act_goto_row(&mut self, values: &Values) -> Result<()> {
        let Some(text) = text_of(values, "row") else {
            self.push(Prompt::new(Msg::new("prompt-row"), Act::GotoRow, "row", String::new(), Vec::new()));
            return Ok(());
        };
        let plain = text.replace([',', '_', ' '], "");
        let row: u64 = plain.parse().map_err(|_| Error::usage(Msg::new("error-row").with("text", &text)))?;
        let page = self.page();
        let known = self.tab().and_then(Tab::end);
        if let Some(end) = known.filter(|e| row > *e) {
            self.say(Msg::new("row-beyond").with("row", row).with("end", end).to_string());
        }
        if let Some(tab) = self.tab_mut() {
            let limit = known.map_or_else(|| tab.dataset().row_count().known(), |e| e).saturating_sub(1);
            tab.row = row.saturating_sub(1).min(limit);
            if tab.row < tab.top || tab.row >= tab.top + page {
                tab.top = tab.row.saturating_sub(page / 2);
            }
        }
        Ok(())
    }

    fn act_goto_column(&mut self, values: &Values) {
        let width = usize::from(self.size.0);
        let Some(tab) = self.tab_mut() else { return };
        if let Some(name) = text_of(values, "column") {
            if let Some(place) = tab.dataset().schema().position(&name) {
                tab.column = place;
                tab.follow_column(width);
            }
            return;
        }
        let items = tab
            .columns()
            .iter()
            .map(|c| Item {
                label: c.name.clone(),
                remark: c.kind.word().to_string(),
                run: Some((Act::GotoColumn, one("column", c.name.clone()))),
                ..Item::default()
            })
            .collect();
        let at = tab.column;
        self.push(List::new(tr("columns-goto"), items).at(at));
    }

    // ---- search ----

    fn act_search(&mut self, values: &Values) -> Result<()> {
        let Some(text) = text_of(values, "text") else {
            let history = self.searches.clone();
            self.push(Prompt::new(Msg::new("prompt-search"), Act::Search, "text", String::new(), history));
            return Ok(());
        };
        if text.is_empty() {
            if let Some(tab) = self.tab_mut() {
                tab.search = None;
            }
            return Ok(());
        }
        self.searches.retain(|s| *s != text);
        self.searches.push(text.clone());
        if let Some(tab) = self.tab_mut() {
            tab.search = Some(Search::new(&text));
        }
        self.search_from(true);
        Ok(())
    }

    fn search_from(&mut self, forward: bool) {
        let Some(tab) = self.tab() else { return };
        let Some(search) = tab.search.clone() else {
            self.run(Act::Search, Values::new());
            return;
        };
        let (dataset, id, from) = (tab.dataset().clone(), tab.id, (tab.row, tab.column));
        let title = Msg::new("task-search").with("text", search.text.clone());
        self.spawn(
            title,
            Some(id),
            move |context, _| {
                let columns: Vec<usize> = (0..dataset.schema().len()).collect();
                search.find_around(&dataset, &columns, from, forward, &context.control)
            },
            move |task, result| News::Found { task, tab: id, result },
        );
    }

    pub(super) fn found(&mut self, id: u64, result: Result<Option<(u64, usize)>>) {
        let page = self.page();
        let width = usize::from(self.size.0);
        match result {
            Err(e) => self.complain(&e),
            Ok(None) => {
                let text = self.tab().and_then(|t| t.search.as_ref()).map(|s| s.text.clone()).unwrap_or_default();
                self.say(Msg::new("search-none").with("text", text).to_string());
            }
            Ok(Some((row, column))) => {
                let Some(tab) = self.tab_by_id(id) else { return };
                tab.row = row;
                tab.column = column;
                if row < tab.top || row >= tab.top + page {
                    tab.top = row.saturating_sub(page / 3);
                }
                tab.follow_column(width);
            }
        }
    }

    // ---- rows ----

    fn add_step(&mut self, step: Step) {
        let Some(tab) = self.tab() else { return };
        let (id, steps) = (tab.id, tab.session.now().steps_with(step));
        self.carry_out(id, steps);
    }

    fn current_value(&self) -> Result<(String, Cell<'static>)> {
        let tab = self.tab().ok_or_else(|| Error::usage(Msg::new("error-no-table")))?;
        let column = tab.current_column().ok_or_else(|| Error::usage(Msg::new("error-no-table")))?;
        if let Some(cell) = tab.current_cell() {
            return Ok((column.name.clone(), cell.into_owned()));
        }
        // A key may come before the rows do; one row is read at once.
        let frame = tab.dataset().window(&[tab.column], tab.row, 1)?;
        if frame.height() == 0 {
            return Err(Error::failed(Msg::new("error-not-read")));
        }
        Ok((column.name.clone(), frame.cell(0, 0).into_owned()))
    }

    fn act_this(&mut self, only: bool) -> Result<()> {
        let (name, cell) = self.current_value()?;
        let expr = Expr::is_value(&name, &cell).ok_or_else(|| Error::usage(Msg::new("error-filter-nested")))?;
        let expr = if only { expr } else { expr.negated() };
        self.add_step(Step::Filter(Filter { condition: expr.to_string() }));
        Ok(())
    }

    fn act_filter_form(&mut self) {
        let Some(tab) = self.tab() else { return };
        let value = match tab.current_cell() {
            Some(Cell::Null) | None => String::new(),
            Some(cell) => safe::line(&cell.plain()).chars().take(200).collect(),
        };
        let form = FilterForm::new(tab.columns().to_vec(), tab.column, value);
        self.push(form);
    }

    fn act_filter(&mut self, values: &Values) -> Result<()> {
        let conditions: Vec<String> = match values.get("where") {
            None => {
                let history = self.conditions.clone();
                self.push(Prompt::new(Msg::new("prompt-filter"), Act::FilterExpression, "where", String::new(), history));
                return Ok(());
            }
            Some(toml::Value::Array(list)) => list.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
            Some(v) => v.as_str().map(str::to_owned).into_iter().collect(),
        };
        let conditions: Vec<String> = conditions.into_iter().filter(|c| !c.trim().is_empty()).collect();
        let Some(tab) = self.tab() else { return Ok(()) };
        let mut steps = tab.session.now().steps.clone();
        let id = tab.id;
        let schema = tab.session.base().schema().clone();
        for condition in &conditions {
            let checked = crate::sql::expr::parse(condition).and_then(|e| crate::op::eval::check(&e, &schema));
            if let Err(e) = checked {
                // What was typed is not lost.
                self.push(Prompt::new(Msg::new("prompt-filter"), Act::FilterExpression, "where", condition.clone(), self.conditions.clone()));
                return Err(e);
            }
            self.conditions.retain(|c| c != condition);
            self.conditions.push(condition.clone());
            steps.push(Step::Filter(Filter { condition: condition.clone() }));
        }
        if !conditions.is_empty() {
            self.carry_out(id, steps);
        }
        Ok(())
    }

    fn act_filter_remove(&mut self, values: &Values) {
        if let Some(i) = values.get("step").and_then(toml::Value::as_integer) {
            self.remove_step(usize::try_from(i).unwrap_or(0));
            return;
        }
        let Some(tab) = self.tab() else { return };
        let steps = &tab.session.now().steps;
        match steps.len() {
            0 => self.say(tr("filter-nothing")),
            1 => self.remove_step(0),
            _ => {
                let items = steps
                    .iter()
                    .enumerate()
                    .map(|(i, s)| Item {
                        label: s.words().to_string(),
                        run: Some((Act::FilterRemove, one("step", i as i64))),
                        ..Item::default()
                    })
                    .collect();
                self.push(List::new(tr("filter-remove-title"), items));
            }
        }
    }

    /// Up, down, off; with `more`, the column is added to those sorted by.
    fn act_sort(&mut self, more: bool) -> Result<()> {
        let Some(tab) = self.tab() else { return Ok(()) };
        let Some(name) = tab.current_column().map(|c| c.name.clone()) else { return Ok(()) };
        let now = tab.session.now();
        let mut by: Vec<SortKey> = now.sorted_by().to_vec();
        let found = by.iter().position(|k| k.column == name);
        match found {
            Some(i) if by[i].descending => {
                by.remove(i);
            }
            Some(i) => by[i].descending = true,
            None => {
                if !more {
                    by.clear();
                }
                by.push(SortKey { column: name, descending: false });
            }
        }
        if !more && by.len() > 1 && found.is_some() {
            by.truncate(found.map_or(1, |i| i + 1));
        }
        let (id, mut steps) = (tab.id, now.steps.clone());
        steps.retain(|s| !matches!(s, Step::Sort(_)));
        if !by.is_empty() {
            steps.push(Step::Sort(Sort { by }));
        }
        self.carry_out(id, steps);
        Ok(())
    }

    fn act_sample(&mut self, values: &Values) -> Result<()> {
        let Some(text) = text_of(values, "rows") else {
            self.push(Prompt::new(Msg::new("prompt-sample"), Act::SampleRows, "rows", "10000".to_owned(), Vec::new()));
            return Ok(());
        };
        let rows = text.replace([',', '_', ' '], "").parse().map_err(|_| Error::usage(Msg::new("error-row").with("text", &text)))?;
        self.add_step(Step::Sample(Sample { rows, seed: 0 }));
        Ok(())
    }

    fn act_history(&mut self, back: bool) {
        let Some(tab) = self.tab_mut() else { return };
        let kept = tab.dataset().table_row(tab.row);
        let moved = if back { tab.session.undo() } else { tab.session.redo() };
        if moved {
            tab.row = kept.map_or(0, |r| tab.dataset().place_of(r));
            tab.changed(false);
        } else {
            self.say(tr(if back { "undo-nothing" } else { "redo-nothing" }));
        }
    }

    // ---- columns ----

    fn select(&mut self, columns: Vec<String>) {
        self.add_step(Step::Select(Select { columns }));
    }

    fn names(&self) -> Vec<String> {
        self.tab().map(|t| t.columns().iter().map(|c| c.name.clone()).collect()).unwrap_or_default()
    }

    fn act_hide(&mut self) -> Result<()> {
        let mut names = self.names();
        let Some(tab) = self.tab() else { return Ok(()) };
        if names.len() <= 1 {
            return Err(Error::usage(Msg::new("error-no-columns")));
        }
        let hidden = names.remove(tab.column);
        self.select(names);
        let key = self.keymap.shown(Act::ColumnList.command());
        self.say(Msg::new("hidden").with("column", hidden).with("key", key).to_string());
        Ok(())
    }

    fn act_columns(&mut self, values: &Values) -> Result<()> {
        if let Some(chosen) = values.get("columns").and_then(toml::Value::as_array) {
            let chosen: Vec<String> = chosen.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect();
            if chosen.is_empty() {
                return Err(Error::usage(Msg::new("error-no-columns")));
            }
            self.select(chosen);
            return Ok(());
        }
        let Some(tab) = self.tab() else { return Ok(()) };
        let shown = self.names();
        let all = tab.session.base().schema().columns();
        let kind = |n: &str| all.iter().find(|c| c.name == n).map(|c| c.kind.word().to_string()).unwrap_or_default();
        let hidden = all.iter().map(|c| c.name.clone()).filter(|n| !shown.contains(n)).collect::<Vec<_>>();
        let items = shown
            .iter()
            .map(|n| (n, true))
            .chain(hidden.iter().map(|n| (n, false)))
            .map(|(n, ticked)| Item { label: n.clone(), remark: kind(n), ticked, ..Item::default() })
            .collect();
        let at = tab.column;
        self.push(List::new(tr("columns-title"), items).ticked(Act::ColumnList).at(at));
        Ok(())
    }

    fn act_move_column(&mut self, right: bool) -> Result<()> {
        let mut names = self.names();
        let Some(tab) = self.tab_mut() else { return Ok(()) };
        let from = tab.column;
        let to = if right { from + 1 } else { from.wrapping_sub(1) };
        if to < names.len() {
            names.swap(from, to);
            self.select(names);
        }
        Ok(())
    }

    // ---- looking ----

    fn act_enter(&mut self, values: &Values) -> Result<()> {
        let named = text_of(values, "column");
        let (name, cell) = match named {
            Some(name) => {
                let tab = self.tab().ok_or_else(|| Error::usage(Msg::new("error-no-table")))?;
                let row = self.whole_row(tab)?;
                let found = row.fields.into_iter().find(|(c, _)| c.name == name);
                let (column, cell) = found.ok_or_else(|| Error::failed(Msg::new("error-not-read")))?;
                (column.name, cell)
            }
            None => {
                if self.rows_behind()? {
                    return Ok(());
                }
                self.current_value()?
            }
        };
        self.push(View::cell(name, &cell));
        Ok(())
    }

    /// For a result: goes to the rows behind the cell under the cursor. False if there are none to go to.
    fn rows_behind(&mut self) -> Result<bool> {
        let Some(tab) = self.tab() else { return Ok(false) };
        let Some(origin) = &tab.origin else { return Ok(false) };
        let Some(column) = tab.current_column() else { return Ok(false) };
        let row = tab.dataset().table_row(tab.row).unwrap_or(tab.row);
        let target = origin.tab;
        let Some(expr) = (origin.rows_behind)(row, &column.name) else { return Ok(false) };
        let Some(i) = self.tabs.iter().position(|t| t.id == target) else {
            return Err(Error::failed(Msg::new("error-origin-closed")));
        };
        self.current = i;
        self.add_step(Step::Filter(Filter { condition: expr.to_string() }));
        Ok(true)
    }

    fn whole_row(&self, tab: &Tab) -> Result<Row> {
        let places: Vec<usize> = (0..tab.columns().len()).collect();
        let frame = tab.dataset().window(&places, tab.row, 1)?;
        if frame.height() == 0 {
            return Err(Error::failed(Msg::new("error-not-read")));
        }
        let fields = tab.columns().iter().enumerate().map(|(i, c)| (c.clone(), frame.cell(0, i).into_owned())).collect();
        Ok(Row { number: tab.row, fields })
    }

    fn act_row(&mut self, at: Option<usize>) -> Result<()> {
        let Some(tab) = self.tab() else { return Ok(()) };
        let record = Record::new(self.whole_row(tab)?, at.unwrap_or(tab.column));
        self.push(record);
        Ok(())
    }

    fn act_card(&mut self) {
        let Some(tab) = self.tab() else { return };
        let Some(column) = tab.current_column().cloned() else { return };
        let (dataset, place, id) = (tab.dataset().clone(), tab.column, tab.id);
        self.spawn(
            Msg::new("task-card").with("column", &column.name),
            Some(id),
            move |context, _| crate::op::profile::profile_column(&dataset, place, &context.control),
            |task, result| News::Card { task, result },
        );
        self.push(Card::new(column));
    }

    fn act_profile(&mut self) {
        let Some(tab) = self.tab() else { return };
        let (dataset, id) = (tab.dataset().clone(), tab.id);
        self.spawn(
            Msg::new("task-profile").with("name", &tab.title),
            Some(id),
            move |context, _| Profile { columns: Vec::new() }.run(&dataset, &context.control),
            move |task, result| News::Profiled { task, tab: id, result },
        );
    }

    pub(super) fn show_profile(&mut self, id: u64, profile: TableProfile) {
        let Some(i) = self.tabs.iter().position(|t| t.id == id) else { return };
        let title = Msg::new("profile-tab").with("name", &self.tabs[i].title).to_string();
        let table = profile.to_table();
        let dataset: Dataset = crate::engine::dataset_of(&table);
        let columns = profile.columns;
        let figures: Vec<(String, String)> =
            table.columns.iter().map(|c| (c.heading.to_string(), c.column.name.clone())).collect();
        let tab = self.add_tab(title, dataset);
        tab.notices = table.notes;
        tab.frozen = 1;
        tab.left = 1;
        tab.origin = Some(Origin {
            tab: id,
            rows_behind: Box::new(move |row, heading| {
                let column = columns.get(usize::try_from(row).ok()?)?;
                let (_, figure) = figures.iter().find(|(h, _)| h == heading)?;
                column.rows_behind(figure).and_then(|what| match what {
                    crate::result::profile::Behind::Missing => Some(Expr::is_missing(&column.name)),
                    crate::result::profile::Behind::Value(cell) => Expr::is_value(&column.name, &cell),
                })
            }),
        });
    }

    fn act_copy_cell(&mut self, values: &Values) -> Result<()> {
        if let Some(text) = text_of(values, "text") {
            self.copy(&text);
            return Ok(());
        }
        if let Some(name) = text_of(values, "column") {
            let Some(tab) = self.tab() else { return Ok(()) };
            let row = self.whole_row(tab)?;
            if let Some((_, cell)) = row.fields.iter().find(|(c, _)| c.name == name) {
                self.copy(&cell.plain());
            }
            return Ok(());
        }
        let (_, cell) = self.current_value()?;
        self.copy(&cell.plain());
        Ok(())
    }

    fn act_copy_row(&mut self) -> Result<()> {
        let Some(tab) = self.tab() else { return Ok(()) };
        let row = self.whole_row(tab)?;
        let text: Vec<String> =
            row.fields.iter().map(|(_, c)| c.plain().replace(['\t', '\n', '\r'], " ")).collect();
        self.copy(&text.join("\t"));
        Ok(())
    }

    fn act_notices(&mut self) {
        let Some(tab) = self.tab() else { return };
        let mut text = tab.notices.iter().map(|n| format!("• {n}")).collect::<Vec<_>>().join("\n");
        if text.is_empty() {
            text = tr("notices-none");
        }
        self.push(View::text(tr("notices-title"), text));
    }

    /// The key that leads out, for a terminal that was just given back.
    pub fn shown_key(&self, act: Act) -> Option<Key> {
        self.keymap.keys(act.command()).first().copied()
    }
}

/// A path with `~` for the home folder.
fn expanded(path: &str) -> std::path::PathBuf {
    match path.strip_prefix("~/").zip(dirs::home_dir()) {
        Some((rest, home)) => home.join(rest),
        None => path.into(),
    }
}
