//! The report that is open: kept to be exported, in any format a report has. What made it is said by who opens it.

use std::path::Path;
use std::sync::Arc;

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::form::{Entry as Field, Form};
use super::super::layers::list::{Item, List};
use super::super::layers::report::ReportView;
use super::files::expanded;
use super::{one, text_of};
use crate::command::Act;
use crate::error::{Error, Result};
use crate::op::Step;
use crate::op::importance::Answer;
use crate::output::plot::Glyphs;
use crate::output::report::{Origin, WHOLE, beside, document, table};
use crate::output::{Compression, Format, Target, WriteOptions, Written, write_bytes, write_result};
use crate::result::report::Report;
use crate::text::{Msg, number, tr};

/// What asks for the table of every row rather than a format.
const ROWS: &str = "rows";

/// An open report.
#[derive(Clone)]
pub struct Reporting {
    /// What is shown.
    pub report: Report,
    /// Where it comes from.
    pub origin: Origin,
    /// What its file is called unless another name is typed.
    pub stem: String,
    /// The step that makes it and the tab it is of, where it is part of a session.
    pub made_by: Option<(u64, Step)>,
    /// What single figures and the table of every row are taken from, where there are any.
    pub answer: Option<Arc<Answer>>,
}

impl App {
    /// Shows a report that `e` exports: through `act`, whose values then say `export`.
    pub(in crate::tui) fn open_report(&mut self, reporting: Reporting, act: Act) {
        let view = ReportView::new(reporting.report.clone(), Glyphs::from_env());
        self.keep_report(reporting);
        self.push(view.with_key("e", "hint-plan-export", (act, one("export", "ask"))));
    }

    /// Keeps what `e` exports, and makes it part of its session.
    pub(in crate::tui) fn keep_report(&mut self, reporting: Reporting) {
        if let Some((tab, step)) = &reporting.made_by {
            self.note_look(*tab, step);
        }
        self.reporting = Some(reporting);
    }

    fn note_look(&mut self, tab: u64, step: &Step) {
        if let Some(tab) = self.tabs.iter_mut().find(|t| t.id == tab) {
            tab.session.note_look(step);
        }
    }

    /// Asks for a format and a place, then writes the open report.
    pub(in crate::tui) fn export_report(&mut self, act: Act, values: &Values) -> Result<()> {
        let Some(open) = &self.reporting else { return Ok(()) };
        if text_of(values, "export").as_deref() != Some("ask") {
            return self.write_report(act, values);
        }
        let choice = |value: &str, label: &'static str| (value.to_owned(), tr(label));
        let whole = WHOLE.iter().filter(|f| **f != Format::Py || open.origin.script.is_some());
        let mut choices: Vec<(String, String)> = whole.map(|f| choice(f.extension(), label(*f))).collect();
        if !open.report.details.is_empty() {
            choices.extend([Format::Csv, Format::Parquet].map(|f| choice(f.extension(), label(f))));
        }
        if open.answer.as_ref().is_some_and(|a| a.explained.is_some()) {
            choices.push(choice(ROWS, "report-format-rows"));
        }
        let at = text_of(values, "as").and_then(|kept| choices.iter().position(|c| c.0 == kept)).unwrap_or(0);
        let name = text_of(values, "output").unwrap_or_else(|| open.stem.clone());
        let fields = vec![
            Field::choice("as", Msg::new("report-form-as"), choices, at),
            Field::text("output", Msg::new("report-form-file"), name),
        ];
        let mut carried = values.clone();
        ["as", "output"].into_iter().for_each(|name| drop(carried.remove(name)));
        carried.insert("export".to_owned(), "write".into());
        self.push(Form::new(tr("report-format-title"), act, fields, tr("report-form-note")).carrying(carried));
        Ok(())
    }

    fn write_report(&mut self, act: Act, values: &Values) -> Result<()> {
        let typed = text_of(values, "output").unwrap_or_default().trim().to_owned();
        let Some(mut open) = self.reporting.clone().filter(|_| !typed.is_empty()) else { return Ok(()) };
        let wanted = text_of(values, "as").unwrap_or_default();
        let rows = wanted == ROWS;
        // An ending that was typed says more than the choice above it.
        let path = match Format::from_path(Path::new(&typed)) {
            Ok(_) => typed,
            Err(_) => format!("{typed}.{}", if rows { Format::Csv.extension() } else { &wanted }),
        };
        let target = expanded(&path);
        let (format, compression) = Format::from_path(&target)?;
        if format == Format::Term {
            let error = Error::usage(Msg::new("report-error-format").with("name", format.name()));
            let mut again = values.clone();
            again.insert("export".to_owned(), "ask".into());
            self.export_report(act, &again)?;
            return Err(error);
        }
        if let Some(answer) = open.answer.clone() {
            super::importance::in_front(&mut open, &answer, rows, format.is_image().then_some(values))?;
        }
        let all = [target.clone()].into_iter().chain(beside(&open.report, format, &target));
        let there: Vec<String> = all
            .filter(|p| p.exists())
            .map(|p| p.file_name().unwrap_or_default().to_string_lossy().into_owned())
            .collect();
        if !there.is_empty() && text_of(values, "replace").is_none() {
            let mut again = values.clone();
            again.insert("replace".to_owned(), "yes".into());
            let items = vec![
                Item { label: tr("export-keep"), ..Item::default() },
                Item { label: tr("export-replace"), run: Some((act, again)), ..Item::default() },
            ];
            self.push(List::new(Msg::new("export-exists").with("path", there.join(", ")).to_string(), items));
            return Ok(());
        }
        let written_step = open.made_by.clone().map(|(tab, mut step)| {
            if let Some(output) = step.output_mut() {
                *output = Some(target.display().to_string());
            }
            (tab, step)
        });
        self.spawn_ok(
            Msg::new("task-export").with("path", &path),
            open.made_by.as_ref().map(|m| m.0),
            move |_| write(&open, format, compression, &target),
            move |app, written| {
                if let Some((tab, step)) = &written_step {
                    app.note_look(*tab, step);
                }
                let size = number::bytes(written.bytes);
                app.say(Msg::new("cli-wrote-text").with("path", path).with("size", size).to_string());
            },
        );
        Ok(())
    }
}

/// Writes the report, or its table, and what belongs beside it.
fn write(open: &Reporting, format: Format, compression: Compression, path: &Path) -> Result<Written> {
    let options = WriteOptions { compression, kinds: false, ..WriteOptions::new(format) };
    let target = Target::File(path.to_owned());
    if let Some(table) = table(&open.report, format) {
        return write_result(table, &target, &options);
    }
    let Some(document) = document(&open.report, &open.origin, format, Some(path))? else {
        return Ok(Written::default());
    };
    let written = write_bytes(&document.bytes, &target, &options)?;
    for (place, bytes) in document.beside {
        write_bytes(&bytes, &Target::File(place), &WriteOptions::new(Format::Png))?;
    }
    Ok(written)
}

fn label(format: Format) -> &'static str {
    match format {
        Format::Md => "report-format-md",
        Format::Json => "report-format-json",
        Format::Png => "report-format-png",
        Format::Svg => "report-format-svg",
        Format::Py => "report-format-py",
        Format::Csv => "report-format-csv",
        Format::Parquet => "report-format-parquet",
        _ => "report-format-html",
    }
}
