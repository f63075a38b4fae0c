//! Statements for places that take them: writing one with what the place can name at hand, and opening its answer.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::editor::{Editor, Fault};
use super::{one, text_of};
use crate::command::Act;
use crate::config::statements;
use crate::engine::{Lane, Locator};
use crate::error::{Error, ErrorKind};
use crate::source::OpenOptions;
use crate::sql::{Relation, text};
use crate::text::{Msg, safe};

/// The value of a statement that is to be carried out, and of one that was left half written.
pub const PARAM: &str = "statement";
pub const DRAFT: &str = "draft";
/// The title of the task that gets names to complete from.
const NAMING: &str = "task-nameable";

impl App {
    /// Opens an editor with what was left half written for a place, else the statement given, else the last one there,
    /// else the usual one.
    pub(super) fn edit_statement(&mut self, place: &str, (given, usual): (Option<&str>, &str), editor: Editor) {
        let history = statements::of(place);
        let drafted = self.drafts.get(place).map(String::as_str);
        let text = drafted.or(given).or(history.last().map(String::as_str)).unwrap_or(usual).to_owned();
        self.push(editor.with(&text, history));
    }

    /// Asks for a statement about the table in front at the place its rows are in, to begin with the one that gives them.
    /// False if they are in no such place.
    pub(super) fn write_statement_there(&mut self) -> bool {
        let Some(tab) = self.tab() else { return false };
        let Some((place, (locator, _))) = tab.dataset().place().zip(tab.locator.as_ref()) else { return false };
        let Some(locator) = self.sources.statements(locator) else { return false };
        let text = match &place.relation {
            Relation::Query(text) => text.clone(),
            relation => text::query(relation, place.remote.dialect()).unwrap_or_default(),
        };
        self.write_statement(&locator, Some(&text));
        true
    }

    /// Asks for the statement a locator wants, to begin with one that is given. What it can name comes when it is known.
    pub(in crate::tui) fn write_statement(&mut self, locator: &Locator, given: Option<&str>) {
        let place = locator.connection.clone().unwrap_or_default();
        let title = Msg::new("statement-title").with("name", locator.to_string()).to_string();
        let editor = Editor::new(title, Act::Open, PARAM).carrying(one("locator", locator.to_string()));
        self.edit_statement(&place, (given, "select "), editor);
        let (sources, locator) = (self.sources.clone(), locator.clone());
        self.start(
            Msg::new(NAMING).with("name", locator.to_string()),
            None,
            Lane::Apart,
            move |context| sources.nameable(&locator, &context.control),
            |app, found| match found {
                Ok(tables) => app.layers.iter_mut().for_each(|layer| layer.news(&tables)),
                // One can write without.
                Err(e) => app.say(safe::line(&e.to_string()).into_owned()),
            },
        );
    }

    /// Carries a statement out and opens its answer in a tab. The editor stays until that is there.
    pub(super) fn open_statement(&mut self, text: &str, values: &Values) {
        let locator = self.sources.parse(text);
        let place = locator.connection.clone().unwrap_or_default();
        if let Some(draft) = text_of(values, DRAFT) {
            self.drafts.insert(place, draft);
            // Names are of no use without the editor.
            let naming = self.running().filter(|l| l.task.title.id == NAMING);
            naming.for_each(|l| l.task.control.cancel());
            return;
        }
        let Some(statement) = text_of(values, PARAM).filter(|s| !s.trim().is_empty()) else { return };
        let title = self.opening(&locator);
        if self.is_busy_with(&title) {
            return;
        }
        statements::remember(&place, statement.trim_end());
        self.drafts.remove(&place);
        let options = OpenOptions { query: Some(statement.clone()), ..OpenOptions::default() };
        let (sources, l, o) = (self.sources.clone(), locator.clone(), options.clone());
        self.start(
            title,
            None,
            Lane::Apart,
            move |context| sources.open(&l, &o, &context.control),
            move |app, opened| match opened {
                Ok(opened) => app.opened(None, locator, options, opened, None),
                Err(e) => app.fault(&statement, &e),
            },
        );
    }

    /// Shows an error in the editor its statement was written in.
    pub(super) fn fault(&mut self, statement: &str, error: &Error) {
        if self.layers.is_empty() || error.kind == ErrorKind::Interrupted {
            self.complain(error);
            return;
        }
        let message = error.to_string();
        let place = crate::sql::fault::place(statement, &message);
        let text = error.hint.as_ref().map_or(message.clone(), |hint| format!("{message} {hint}"));
        self.touch();
        let fault = Fault { text, place, statement: statement.to_owned() };
        self.layers.iter_mut().for_each(|layer| layer.news(&fault));
    }
}
