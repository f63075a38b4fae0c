//! `sources`: what can be opened, or what is in a connection or folder.

use crate::error::Result;
use crate::output::Format;
use crate::result::table::{ResultColumn, ResultTable};
use crate::source::{Entry, EntryKind};
use crate::text::{Msg, tr};
use crate::value::{Cell, Column, Kind};

use super::run::Run;

pub fn run(run: &Run) -> Result<()> {
    let destination = run.destination(Some(Format::Term))?;
    let people = matches!(destination.format(), Format::Term | Format::Md);
    let entries = match run.values.text("locator") {
        Some(text) => {
            let _progress = run.progress(false);
            let sources = &run.settings.sources;
            sources.find(&sources.parse(text), run.values.text("match").unwrap_or_default(), run.control())?
        }
        None => places(run),
    };
    let word = |kind| match (kind, people) {
        (EntryKind::Table, true) => tr("cli-kind-table"),
        (EntryKind::Folder, true) => tr("cli-kind-folder"),
        (EntryKind::Recipe, true) => tr("cli-kind-recipe"),
        (EntryKind::Recipe, false) => "recipe".to_owned(),
        (EntryKind::Table, false) => "table".to_owned(),
        (EntryKind::Folder, false) => "folder".to_owned(),
    };
    let text = |s: String| Cell::Text(s.into());
    let rows =
        entries.into_iter().map(|e| vec![text(e.locator), text(word(e.kind)), text(e.name), text(e.remark)]).collect();
    let column = |name: &str, heading| ResultColumn {
        column: Column { name: name.into(), kind: Kind::Text },
        heading: Msg::new(heading),
    };
    let table = ResultTable {
        title: Msg::new("cmd-sources"),
        columns: vec![
            column("locator", "cli-column-locator"),
            column("kind", "cli-column-kind"),
            column("name", "cli-column-name"),
            column("remark", "cli-column-remark"),
        ],
        rows,
        notes: Vec::new(),
    };
    run.write_list(&table, &destination)
}

/// The places to look in.
fn places(run: &Run) -> Vec<Entry> {
    let place = |name: String, locator: String| Entry {
        name,
        locator,
        kind: EntryKind::Folder,
        remark: String::new(),
        ..Entry::default()
    };
    let mut places = vec![place(tr("cli-files-here"), ".".to_owned())];
    places.extend(run.settings.sources.names().map(|name| place(name.to_owned(), format!("{name}:"))));
    places
}
