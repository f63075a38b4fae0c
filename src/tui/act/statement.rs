//! Statements for places that take them: writing one with what the place can name at hand, and opening its answer.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::editor::{Editor, Fault};
use super::{one, text_of};
use crate::command::Act;
use crate::config::statements;
use crate::engine::Locator;
use crate::error::{Error, ErrorKind};
use crate::source::OpenOptions;
use crate::text::{Msg, safe};

/// The value of a statement that is to be carried out, and of one that was left half written.
pub const PARAM: &str = "statement";
pub const DRAFT: &str = "draft";

impl App {
    /// Opens an editor with what was left half written for a place, else the last statement there, else the usual one.
    pub(super) fn edit_statement(&mut self, place: &str, usual: &str, editor: Editor) {
        let history = statements::of(place);
        let text = self.drafts.get(place).or(history.last()).cloned().unwrap_or_else(|| usual.to_owned());
        self.push(editor.with(&text, history));
    }

    /// Asks for the statement a locator wants. What it can name comes when it is known.
    pub(in crate::tui) fn write_statement(&mut self, locator: &Locator) {
        let place = locator.connection.clone().unwrap_or_default();
        let title = Msg::new("statement-title").with("name", locator.to_string()).to_string();
        let editor = Editor::new(title, Act::Open, PARAM).carrying(one("locator", locator.to_string()));
        self.edit_statement(&place, "select ", editor);
        let (sources, locator) = (self.sources.clone(), locator.clone());
        self.start(
            Msg::new("task-nameable").with("name", locator.to_string()),
            None,
            true,
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
            return;
        }
        let Some(statement) = text_of(values, PARAM).filter(|s| !s.trim().is_empty()) else { return };
        let title = Msg::new("task-open").with("name", locator.to_string());
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
            true,
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
