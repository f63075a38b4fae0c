//! Rows that are somewhere else: the query that gives them, to read and to hand on; and bringing them here.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::list::{Item, List};
use super::super::layers::prompt::Prompt;
use super::super::layers::view::{Offer, View};
use super::{one, text_of};
use crate::command::Act;
use crate::data::Dataset;
use crate::error::Result;
use crate::op::Step;
use crate::op::land::{self, Land};
use crate::output::statement;
use crate::sql::Relation;
use crate::text::{Msg, tr};

/// The value that names a view, in the query and in the export of one; and the one that asks for that name.
pub const VIEW: &str = "create-view";
const ASK: &str = "ask";
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

impl App {
    pub(in crate::tui) fn act_server_query(&mut self, values: &Values) -> Result<()> {
        let Some(tab) = self.tab() else { return Ok(()) };
        let dataset = tab.dataset().clone();
        let Some(place) = dataset.place() else {
            self.say(tr("server-query-none"));
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
    pub(super) fn show_statement(&mut self, dataset: &Dataset, view: Option<&str>, offers: Vec<Offer>) -> Result<()> {
        let Some(place) = dataset.place() else { return Ok(()) };
        let engine = place.remote.dialect().name();
        let id = if view.is_some() { "server-view-title" } else { "server-query-title" };
        let title = Msg::new(id).with("place", place.remote.name()).with("engine", engine).to_string();
        let text = statement(dataset, None, view)?;
        self.push(View::text(title, text).offering(offers));
        Ok(())
    }

    /// Says what bringing the rows in front here takes, and asks; brings them once that is answered.
    pub(in crate::tui) fn act_land(&mut self, values: &Values) -> Result<()> {
        let Some(tab) = self.tab() else { return Ok(()) };
        let Some(place) = tab.dataset().place() else {
            self.say(tr("land-here"));
            return Ok(());
        };
        if values.contains_key(NOW) {
            return self.try_step(Step::Land(Land {}));
        }
        let (dataset, id, name) = (tab.dataset().clone(), tab.id, place.remote.name().to_owned());
        self.spawn_apart(
            Msg::new("task-forecast").with("name", &name),
            Some(id),
            move |context| land::forecast(&dataset, &context.control),
            move |app, forecast| {
                let Some(forecast) = forecast else { return };
                let item = |id: &'static str, run| Item { label: tr(id), run, ..Item::default() };
                let items = vec![
                    item("land-now", Some((Act::Land, one(NOW, true)))),
                    item("land-file", Some((Act::Export, one(super::files::ENDING, "parquet")))),
                    item("land-not", None),
                ];
                app.push(List::new(forecast.words(&name).to_string(), items));
            },
        );
        Ok(())
    }
}
