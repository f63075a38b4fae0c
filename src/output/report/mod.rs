//! A report as documents: one page of HTML, Markdown, images of its figures, JSON, a script. Any report is written the same
//! way; nothing here computes a number or writes a file.

mod html;
mod markdown;

use std::path::{Path, PathBuf};

use super::Format;
use super::image::{self, ImageOptions};
use crate::error::{Error, Result};
use crate::result::figure::Figure;
use crate::result::report::Report;
use crate::result::table::ResultTable;
use crate::text::Msg;

/// Where a report comes from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// The table's name; none where there is no table.
    pub data: Option<String>,
    /// How many rows it had, where that is known.
    pub rows: Option<u64>,
    /// What was done to it before, in words.
    pub steps: Vec<Msg>,
    /// The command that makes the report again.
    pub command: Option<String>,
    /// A program in Python that finds the same numbers.
    pub script: Option<String>,
}

impl Origin {
    /// Each of its facts with its heading; what may be secret in an address is left out.
    fn facts(&self) -> Vec<(Msg, String)> {
        let mut facts = Vec::new();
        if let Some(data) = &self.data {
            facts.push((Msg::new("report-data"), public(data)));
        }
        if let Some(rows) = self.rows {
            facts.push((Msg::new("report-rows"), crate::text::number::grouped(&rows.to_string())));
        }
        if !self.steps.is_empty() {
            let steps: Vec<String> = self.steps.iter().map(ToString::to_string).collect();
            facts.push((Msg::new("report-steps"), steps.join(" → ")));
        }
        facts
    }

    /// The command, without what may be secret in it.
    fn command(&self) -> Option<String> {
        self.command.as_deref().map(public)
    }
}

/// A text without what may be secret in the addresses among its words.
fn public(text: &str) -> String {
    let bare = |word: &str| {
        let inner = word.trim_matches('\'');
        match crate::source::bare_address(inner) {
            Some(address) if inner.contains(['@', '?']) => address,
            _ => word.to_owned(),
        }
    };
    text.split(' ').map(bare).collect::<Vec<_>>().join(" ")
}

/// Words as a shell reads them.
pub fn shell<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,@%+".contains(c);
    let word = |w: &str| match !w.is_empty() && w.chars().all(plain) {
        true => w.to_owned(),
        false => format!("'{}'", w.replace('\'', r"'\''")),
    };
    words.into_iter().map(word).collect::<Vec<_>>().join(" ")
}

/// A report in a format.
#[derive(Debug)]
pub struct Document {
    /// What is written where it was asked for.
    pub bytes: Vec<u8>,
    /// Files that belong beside it.
    pub beside: Vec<(PathBuf, Vec<u8>)>,
    /// What a person should know: what was left out.
    pub notes: Vec<Msg>,
}

/// The formats a report can be written in whole, in the order they are offered.
pub const WHOLE: [Format; 6] = [Format::Html, Format::Md, Format::Json, Format::Png, Format::Svg, Format::Py];

/// The table that is written of a report in a format that holds no whole report, or in place of it where its rows were asked
/// for; none where the report is written whole.
pub fn table(report: &Report, format: Format) -> Option<&ResultTable> {
    match &report.rows {
        Some(rows) if format.check_table().is_ok() => Some(rows),
        _ if WHOLE.contains(&format) || format == Format::Term => None,
        _ => report.details.first(),
    }
}

fn figures(report: &Report) -> Vec<&Figure> {
    report.figures.iter().chain(report.panes.iter().flat_map(|p| &p.figures)).collect()
}

/// The files that are written beside `path`.
pub fn beside(report: &Report, format: Format, path: &Path) -> Vec<PathBuf> {
    let from = match format {
        Format::Png | Format::Svg => 2,
        Format::Md => 1,
        _ => return Vec::new(),
    };
    let extension = if format == Format::Svg { "svg" } else { "png" };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = [".gz", ".zst"].iter().find_map(|e| name.strip_suffix(e)).unwrap_or(&name);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    (from..=figures(report).len()).map(|i| path.with_file_name(format!("{stem}-{i}.{extension}"))).collect()
}

/// The report in a format, to be written at `path` or, without one, on standard output. Of formats that hold only a table
/// there is none.
pub fn document(report: &Report, origin: &Origin, format: Format, path: Option<&Path>) -> Result<Option<Document>> {
    let alone = |bytes: Vec<u8>| Ok(Some(Document { bytes, beside: Vec::new(), notes: Vec::new() }));
    let places = path.map_or_else(Vec::new, |p| beside(report, format, p));
    let all = figures(report);
    match format {
        Format::Html => alone(html::page(report, origin)?.into_bytes()),
        Format::Json => alone(format!("{:#}\n", report.to_json()).into_bytes()),
        Format::Py => match &origin.script {
            Some(script) => alone(script.clone().into_bytes()),
            None => Err(Error::usage(Msg::new("report-no-script"))),
        },
        Format::Md => {
            let names: Vec<String> =
                places.iter().map(|p| p.file_name().unwrap_or_default().to_string_lossy().into_owned()).collect();
            let text = markdown::text(report, origin, &names);
            let images = all.iter().map(|f| image::png(f, &ImageOptions::default())).collect::<Result<Vec<_>>>();
            let beside = if places.is_empty() { Vec::new() } else { places.into_iter().zip(images?).collect() };
            Ok(Some(Document { bytes: text.into_bytes(), beside, notes: Vec::new() }))
        }
        Format::Png | Format::Svg => {
            let draw = |f: &Figure| match format {
                Format::Svg => image::svg(f, &ImageOptions::default()).map(String::into_bytes),
                _ => image::png(f, &ImageOptions::default()),
            };
            let Some((first, more)) = all.split_first() else {
                return Err(Error::failed(report.verdict.sentence.clone()));
            };
            let notes = match path {
                None if !more.is_empty() => vec![Msg::new("report-first-figure").with("count", more.len())],
                _ => Vec::new(),
            };
            let beside = places.into_iter().zip(more).map(|(p, f)| Ok((p, draw(f)?))).collect::<Result<Vec<_>>>()?;
            Ok(Some(Document { bytes: draw(first)?, beside, notes }))
        }
        _ => Ok(None),
    }
}
