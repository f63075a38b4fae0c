//! Where the data goes and in which format, by the flags about output; and writing it there.

use std::path::{Path, PathBuf};

use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::output::report::{self as documents, Origin};
use crate::output::{Compression, Format, Target, WriteOptions, Written, write_bytes, write_dataset, write_result};
use crate::result::report::Report;
use crate::result::table::ResultTable;
use crate::text::{Msg, number};

use super::run::Run;
use super::{report, terminal};

/// Cells of a line where no terminal tells.
const WIDTH: usize = 100;

/// Where data goes.
pub struct Destination {
    target: Target,
    options: WriteOptions,
}

impl Destination {
    /// Width of the terminal it goes to, if it goes to one.
    pub fn width(&self) -> Option<usize> {
        self.options.width
    }

    /// Whether text may be coloured.
    pub fn colour(&self) -> bool {
        self.options.colour
    }

    /// The format.
    pub fn format(&self) -> Format {
        self.options.format
    }

    /// The file; none for standard output.
    pub fn path(&self) -> Option<&Path> {
        match &self.target {
            Target::File(path) => Some(path),
            Target::Stdout => None,
        }
    }
}

impl Run<'_> {
    /// Reads the flags about output of a table. `default` is the format where neither a flag nor the file's name tells;
    /// without one, something must tell.
    pub fn destination(&self, default: Option<Format>) -> Result<Destination> {
        let destination = self.any_destination(default)?;
        destination.format().check_table()?;
        Ok(destination)
    }

    /// As [`Run::destination`], of what may be an image too.
    pub fn any_destination(&self, default: Option<Format>) -> Result<Destination> {
        let destination = self.report_destination(default)?;
        destination.format().check_figure()?;
        Ok(destination)
    }

    /// As [`Run::destination`], of what may be a whole report too.
    pub fn report_destination(&self, default: Option<Format>) -> Result<Destination> {
        self.destination_of(default, self.values.has("json"))
    }

    /// Standard output, in this format.
    pub fn standard_output(&self, format: Format) -> Result<Destination> {
        Ok(Destination { target: Target::Stdout, options: WriteOptions::new(format) })
    }

    /// As [`Run::any_destination`], where `--json` may be about something else.
    pub fn destination_of(&self, default: Option<Format>, json: bool) -> Result<Destination> {
        let values = self.values;
        let path = values.text("output").filter(|o| *o != "-").map(PathBuf::from);
        let named = match (values.text("format"), json) {
            (Some(name), json) => {
                let format = Format::from_name(name)?;
                if json && format != Format::Json {
                    return Err(Error::usage(
                        Msg::new("cli-conflict").with("one", "--json").with("two", format!("--format {name}")),
                    ));
                }
                Some(format)
            }
            (None, true) => Some(Format::Json),
            (None, false) => None,
        };
        let view = values.text("create-view").map(str::to_owned);
        let default = if view.is_some() { Some(Format::Sql) } else { default };
        let (format, compression) = match (named, &path) {
            (Some(format), Some(path)) => (format, if format.is_text() { wrapping(path) } else { Compression::None }),
            (Some(format), None) => (format, Compression::None),
            (None, Some(path)) => Format::from_path(path)?,
            (None, None) => match default {
                Some(format) => (format, Compression::None),
                None => return Err(Error::usage(Msg::new("cli-no-output")).hint(Msg::new("cli-hint-output"))),
            },
        };
        if view.is_some() && !format.is_query() {
            let other = format!("--format {}", format.name());
            return Err(Error::usage(Msg::new("cli-conflict").with("one", "--create-view").with("two", other)));
        }
        if path.is_none() && !format.is_text() && terminal::is_terminal() {
            return Err(
                Error::usage(Msg::new("cli-binary").with("name", format.name())).hint(Msg::new("cli-hint-output"))
            );
        }
        let on_terminal = path.is_none() && terminal::is_terminal();
        let options = WriteOptions {
            format,
            compression,
            bom: values.has("bom"),
            excel_safe: values.has("excel-safe"),
            budget: self.settings.memory,
            width: on_terminal.then(terminal::width),
            // Colour in a file is only ever asked for by name.
            view,
            colour: self.settings.colour && (on_terminal || values.text("color") == Some("always")),
            ..WriteOptions::new(format)
        };
        Ok(Destination { target: path.map_or(Target::Stdout, Target::File), options })
    }

    /// A file that is not named by a flag; its name tells the format.
    pub fn destination_at(&self, path: PathBuf, bom: bool, excel_safe: bool) -> Result<Destination> {
        let (format, compression) = Format::from_path(&path)?;
        let budget = self.settings.memory;
        let options = WriteOptions { compression, bom, excel_safe, budget, ..WriteOptions::new(format) };
        Ok(Destination { target: Target::File(path), options })
    }

    /// Writes rows, at most `limit`.
    pub fn write(&self, dataset: &Dataset, limit: Option<u64>, to: &Destination) -> Result<Written> {
        let written = {
            let _progress = self.progress(to.target == Target::Stdout);
            let options = WriteOptions { sampled: self.sampled.get(), ..to.options.clone() };
            write_dataset(dataset, limit, None, &to.target, &options, self.control())?
        };
        self.notices_of(dataset);
        match to.format().is_query() {
            true => self.wrote_text(&written, to),
            false => self.wrote(&written, to),
        }
        Ok(written)
    }

    /// Writes a result. Machines read the names of its columns, people the headings.
    pub fn write_result(&self, table: &ResultTable, to: &Destination) -> Result<()> {
        self.write_table(table, to, WriteOptions { kinds: false, ..to.options.clone() })
    }

    /// As [`Run::write_result`], with every value in full, however long the lines get.
    pub fn write_list(&self, table: &ResultTable, to: &Destination) -> Result<()> {
        self.write_table(
            table,
            to,
            WriteOptions { kinds: false, widest: usize::MAX, width: None, ..to.options.clone() },
        )
    }

    fn write_table(&self, table: &ResultTable, to: &Destination, options: WriteOptions) -> Result<()> {
        let written = write_result(table, &to.target, &options)?;
        self.notices(&table.notes);
        self.wrote(&written, to);
        Ok(())
    }

    /// Writes a JSON document.
    pub fn write_json(&self, value: &serde_json::Value, to: &Destination) -> Result<()> {
        self.write_bytes(format!("{value:#}\n").as_bytes(), to)
    }

    /// Writes a report: whole where the format can hold it, else the table with its numbers.
    pub fn write_report(&self, report: &Report, origin: &Origin, to: &Destination) -> Result<()> {
        if let Some(table) = documents::table(report, to.format()) {
            return self.write_result(table, to);
        }
        if to.format() == Format::Term {
            let lines = report.lines(to.width().unwrap_or(WIDTH), true);
            return self.write_bytes(format!("{}\n", lines.join("\n")).as_bytes(), to);
        }
        let Some(document) = documents::document(report, origin, to.format(), to.path())? else { return Ok(()) };
        self.write_bytes(&document.bytes, to)?;
        for (path, bytes) in document.beside {
            let options = WriteOptions { compression: Compression::None, ..to.options.clone() };
            self.write_bytes(&bytes, &Destination { target: Target::File(path), options })?;
        }
        self.notices(&document.notes);
        Ok(())
    }

    /// Writes what is already in its form: a document, an image.
    pub fn write_bytes(&self, bytes: &[u8], to: &Destination) -> Result<()> {
        let written = write_bytes(bytes, &to.target, &to.options)?;
        self.wrote_text(&written, to);
        Ok(())
    }

    fn wrote_text(&self, written: &Written, to: &Destination) {
        if let (Target::File(path), false) = (&to.target, self.settings.quiet) {
            let (path, size) = (path.display().to_string(), number::bytes(written.bytes));
            report::done(&Msg::new("cli-wrote-text").with("path", path).with("size", size));
        }
    }

    fn wrote(&self, written: &Written, to: &Destination) {
        self.notices(&written.notices);
        let (Target::File(path), false) = (&to.target, self.settings.quiet) else { return };
        report::done(
            &Msg::new("cli-wrote")
                .with("path", path.display().to_string())
                .with("rows", written.rows)
                .with("size", number::bytes(written.bytes)),
        );
    }
}

/// What a name says about compression, whatever the format is.
fn wrapping(path: &Path) -> Compression {
    match path.extension().and_then(|e| e.to_str()) {
        Some("gz") => Compression::Gzip,
        Some("zst") => Compression::Zstd,
        _ => Compression::None,
    }
}
