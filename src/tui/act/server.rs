//! Rows that are somewhere else: the query that gives them and the statements that were sent for what was worked out from
//! them, to read and to hand on; and bringing them here.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::list::{Item, List};
use super::super::layers::prompt::Prompt;
use super::super::layers::view::{Offer, View};
use super::{one, text_of};
use crate::command::Act;
use crate::data::{Consent, Dataset};
use crate::engine::TaskId;
use crate::error::Result;
use crate::op::Step;
use crate::op::land::{self, Land};
use crate::output::{statement, statements};
use crate::sql::Relation;
use crate::text::{Msg, safe, tr};

/// The value that names a view, in the query and in the export of one; and the one that asks for that name.
pub const VIEW: &str = "create-view";
const ASK: &str = "ask";
/// The value that asks for the statements that were sent.
const SENT: &str = "sent";
/// Pieces of work on a tab whose statements are kept.
const KEPT: usize = 20;
/// The value of an export whose price was told and agreed to.
pub const AGREED: &str = "agreed";
/// The value that brings rows here without a question.
const NOW: &str = "now";

/// A name for a view of what was made of a table.
fn view_name(relation: &Relation) -> String {
    let Some(parts) = relation.table() else { return String::new() };
    let part = |name: &String| match name.contains(['.', '"', ' ']) {
        true => format!("\"{}\"", name.replace('"', "\"\"")),
        false => name.clone(),
    };
    let Some((last, first)) = parts.split_last() else { return String::new() };
    let all = first.iter().map(part).chain([part(&format!("{last}_view"))]);
    all.collect::<Vec<_>>().join(".")
}

/// What a task has sent: the tab it worked on, what it was called, its statements.
pub struct Sent {
    tab: Option<u64>,
    title: String,
    statements: Vec<String>,
}

impl App {
    /// What a task has sent so far; none where that is nothing.
    pub(in crate::tui) fn sent_by(&self, task: TaskId) -> Option<Sent> {
        let listed = self.tasks.iter().find(|t| t.task.id == task)?;
        let statements = listed.task.control.sent();
        let title = listed.task.title.to_string();
        (!statements.is_empty()).then_some(Sent { tab: listed.tab, title, statements })
    }

    /// Keeps what was sent with the tab it was sent for, and with those from the number `first_new` on, which were made of
    /// the answer.
    pub(in crate::tui) fn keep_sent(&mut self, sent: Sent, first_new: u64) {
        let Sent { tab, title, statements } = sent;
        for tab in self.tabs.iter_mut().filter(|t| tab == Some(t.id) || t.id >= first_new) {
            tab.sent.push((title.clone(), statements.clone()));
            tab.sent.drain(..tab.sent.len().saturating_sub(KEPT));
        }
    }

    /// Whether statements were sent for the table in front.
    pub(in crate::tui) fn has_sent(&self) -> bool {
        self.tab().is_some_and(|tab| !tab.sent.is_empty())
    }

    /// Shows the statements that were sent for the table in front, those of the latest work first; or of that work alone.
    fn show_sent(&mut self, latest: bool) {
        let Some(tab) = self.tab() else { return };
        let under_way = self.running().filter(|t| t.tab == Some(tab.id)).filter_map(|t| self.sent_by(t.task.id));
        let under_way: Vec<_> = under_way.map(|sent| (sent.title, sent.statements)).collect();
        let all = under_way.iter().chain(tab.sent.iter().rev());
        let text = |(title, sent): &(String, Vec<String>)| format!("-- {}\n{}", safe::line(title), statements(sent));
        let texts: Vec<String> = all.take(if latest { 1 } else { usize::MAX }).map(text).collect();
        if texts.is_empty() {
            return self.say(tr("server-query-none"));
        }
        let title = Msg::new("server-sent-title").with("name", &tab.title).to_string();
        self.push(View::text(title, texts.join("\n")));
    }

    pub(in crate::tui) fn act_server_query(&mut self, values: &Values) -> Result<()> {
        let Some(tab) = self.tab() else { return Ok(()) };
        let dataset = tab.dataset().clone();
        // What lies over the table was worked out from it.
        let latest = !self.layers.is_empty();
        let Some(place) = dataset.place().filter(|_| !latest && !values.contains_key(SENT)) else {
            self.show_sent(latest);
            return Ok(());
        };
        if values.contains_key(ASK) {
            let name = view_name(&place.relation);
            self.push(Prompt::new(Msg::new("prompt-create-view"), Act::ServerQuery, VIEW, name, Vec::new()));
            return Ok(());
        }
        let view = text_of(values, VIEW).map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        let mut export = one(super::files::ENDING, "sql");
        let mut offers = Vec::new();
        match &view {
            Some(name) => drop(export.insert(VIEW.to_owned(), name.as_str().into())),
            None => offers.push(("v", Act::ServerQuery, one(ASK, true), "hint-create-view")),
        }
        offers.push(("e", Act::Export, export, "hint-save-file"));
        self.show_statement(&dataset, view.as_deref(), offers)
    }

    /// Shows the query of rows that are somewhere else, or the statement that makes a view of it.
    pub(super) fn show_statement(
        &mut self,
        dataset: &Dataset,
        view: Option<&str>,
        mut offers: Vec<Offer>,
    ) -> Result<()> {
        let Some(place) = dataset.place() else { return Ok(()) };
        if view.is_none() && self.has_sent() {
            offers.push(("s", Act::ServerQuery, one(SENT, true), "hint-sent"));
        }
        let engine = place.remote.dialect().name();
        let id = if view.is_some() { "server-view-title" } else { "server-query-title" };
        let title = Msg::new(id).with("place", place.remote.name()).with("engine", engine).to_string();
        let text = statement(dataset, None, view)?;
        self.push(View::text(title, text).offering(offers));
        Ok(())
    }

    /// Answers the question of the task started last before it is asked: the person has just been told what it takes.
    pub(in crate::tui) fn agree_to_last(&self) {
        if let Some(listed) = self.tasks.last().filter(|t| t.ended.is_none()) {
            listed.task.control.agree(Consent::AsMuch);
        }
    }

    /// Says what bringing the rows in front here takes, and asks; brings them once that is answered.
    pub(in crate::tui) fn act_land(&mut self, values: &Values) -> Result<()> {
        let Some(tab) = self.tab() else { return Ok(()) };
        let Some(place) = tab.dataset().place() else {
            self.say(tr("land-here"));
            return Ok(());
        };
        if values.contains_key(NOW) {
            self.try_step(Step::Land(Land {}))?;
            self.agree_to_last();
            return Ok(());
        }
        let (dataset, id, name) = (tab.dataset().clone(), tab.id, place.remote.name().to_owned());
        self.spawn_apart(
            Msg::new("task-forecast").with("name", &name),
            Some(id),
            move |context| land::forecast(&dataset, &context.control),
            move |app, forecast| {
                let Some(forecast) = forecast else { return };
                let item = |id: &'static str, run| Item { label: tr(id), run, ..Item::default() };
                let to_file = [(super::files::ENDING, "parquet"), (AGREED, "yes")];
                let to_file = to_file.map(|(name, value)| (name.to_owned(), value.into())).into_iter().collect();
                let items = vec![
                    item("land-now", Some((Act::Land, one(NOW, true)))),
                    item("land-file", Some((Act::Export, to_file))),
                    item("land-not", None),
                ];
                app.push(List::new(forecast.words(&name).to_string(), items));
            },
        );
        Ok(())
    }
}
