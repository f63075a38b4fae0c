//! The report that is open: kept to be exported, in any format a report has. What made it is said by who opens it.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::list::{Item, List};
use super::super::layers::prompt::Prompt;
use super::super::layers::report::ReportView;
use super::files::expanded;
use super::{one, text_of};
use crate::command::Act;
use crate::error::{Error, Result};
use crate::op::Step;
use crate::output::plot::Glyphs;
use crate::output::report::{Origin, WHOLE, beside, document};
use crate::output::{Format, Target, WriteOptions, Written, write_bytes};
use crate::result::report::Report;
use crate::text::{Msg, number, tr};

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
}

impl App {
    /// Shows a report that `e` exports: through `act`, whose values then say `export`.
    pub(in crate::tui) fn open_report(&mut self, reporting: Reporting, act: Act) {
        if let Some((tab, step)) = &reporting.made_by {
            self.note_look(*tab, step);
        }
        let view = ReportView::new(reporting.report.clone(), Glyphs::from_env());
        self.reporting = Some(reporting);
        self.push(view.with_key("e", "hint-plan-export", (act, one("export", "ask"))));
    }

    fn note_look(&mut self, tab: u64, step: &Step) {
        if let Some(tab) = self.tabs.iter_mut().find(|t| t.id == tab) {
            tab.session.note_look(step);
        }
    }

    /// Asks for a format, then for a place, then writes the open report.
    pub(in crate::tui) fn export_report(&mut self, act: Act, values: &Values) -> Result<()> {
        let Some(open) = &self.reporting else { return Ok(()) };
        match text_of(values, "export").as_deref() {
            Some("ask") => {
                let item = |format: &Format| {
                    let mut run = one("export", "place");
                    run.insert("extension".to_owned(), format.extension().into());
                    Item { label: tr(label(*format)), run: Some((act, run)), ..Item::default() }
                };
                let offered = WHOLE.iter().filter(|f| **f != Format::Py || open.origin.script.is_some());
                let items = offered.map(item).collect();
                self.push(List::new(tr("report-format-title"), items).numbered());
                Ok(())
            }
            Some("place") => {
                let path = format!("{}.{}", open.stem, text_of(values, "extension").unwrap_or_default());
                let prompt = Prompt::new(Msg::new("report-path"), act, "output", path, Vec::new());
                self.push(prompt.carrying(one("export", "write")));
                Ok(())
            }
            _ => self.write_report(act, values),
        }
    }

    fn write_report(&mut self, act: Act, values: &Values) -> Result<()> {
        let path = text_of(values, "output").unwrap_or_default().trim().to_owned();
        let Some(open) = self.reporting.clone().filter(|_| !path.is_empty()) else { return Ok(()) };
        let target = expanded(&path);
        let (format, compression) = Format::from_path(&target)?;
        if !WHOLE.contains(&format) {
            return Err(Error::usage(Msg::new("report-error-format").with("name", format.name())));
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
            move |_| {
                let Some(document) = document(&open.report, &open.origin, format, Some(&target))? else {
                    return Ok(Written::default());
                };
                let options = WriteOptions { compression, ..WriteOptions::new(format) };
                let written = write_bytes(&document.bytes, &Target::File(target), &options)?;
                for (place, bytes) in document.beside {
                    write_bytes(&bytes, &Target::File(place), &WriteOptions::new(Format::Png))?;
                }
                Ok(written)
            },
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

fn label(format: Format) -> &'static str {
    match format {
        Format::Md => "report-format-md",
        Format::Json => "report-format-json",
        Format::Png => "report-format-png",
        Format::Svg => "report-format-svg",
        Format::Py => "report-format-py",
        _ => "report-format-html",
    }
}
