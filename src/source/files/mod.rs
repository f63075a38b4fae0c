//! Files on this machine: one file, a pattern, a folder, standard input.
//!
//! A path is located (`resolve`, `glob`, `hive`), its format is found (`detect`), and the reader of that format makes a
//! table of it. What is done with the table afterwards is not known here.

mod arrow;
mod chain;
mod compressed;
mod delimited;
mod detect;
mod encoding;
mod excel;
mod glob;
mod hive;
mod input;
mod json;
mod landing;
mod listing;
mod resolve;
mod stamp;
mod stdin;
#[cfg(test)]
mod tests;

pub(crate) use input::{cache, spool};
pub(crate) use landing::{folder, prune, remarks_of, used};
pub use resolve::split_sheet;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Entry, OpenOptions, Opened, Source};
use crate::data::{Control, Dataset, ParquetTable, Table};
use crate::error::{Error, Result};
use crate::text::Msg;
use detect::{Format, Found};
use input::{HEAD, Input};
use resolve::Located;

/// Files and folders.
pub struct Files;

/// A table out of one or more files, before it has a name.
struct Read {
    table: Arc<dyn Table>,
    facts: Vec<Msg>,
    notices: Vec<Msg>,
}

impl Read {
    fn new(table: impl Table + 'static) -> Self {
        Self { table: Arc::new(table), facts: Vec::new(), notices: Vec::new() }
    }

    fn titled(self, title: String) -> Opened {
        Opened { dataset: Dataset::new(self.table), title, facts: self.facts, notices: self.notices }
    }
}

impl Source for Files {
    fn list(&self, path: &str, control: &Control) -> Result<Vec<Entry>> {
        listing::list(path, control)
    }

    fn open(&self, path: &str, options: &OpenOptions, control: &Control) -> Result<Opened> {
        if path == "-" {
            let input = stdin::spooled_stdin(&mut stdin::InTurns(std::io::stdin().lock()), control)?;
            return Ok(open_input(&input, options, None, control)?.titled("stdin".to_owned()));
        }
        let (file, sheet) = split_sheet(path);
        match resolve::locate(file, control)? {
            Located::File(file) => {
                let title = file.file_name().map_or_else(|| path.to_owned(), |n| n.to_string_lossy().into_owned());
                let input = match stdin::is_stream(&file) {
                    true => stdin::spooled_file(&file, control)?,
                    false => Input::file(&file),
                };
                let read = open_input(&input, options, sheet, control)?;
                Ok(read.titled(sheet.map_or_else(|| title.clone(), |s| format!("{title}#{s}"))))
            }
            Located::Files { base, files } => {
                let title = title_of(file);
                let folder = resolve::is_folder(file);
                Ok(open_files(file, &base, files, folder, options, control)?.titled(title))
            }
        }
    }

    fn size(&self, path: &str, control: &Control) -> Result<Option<u64>> {
        if path == "-" {
            return Ok(None);
        }
        let files = match resolve::locate(split_sheet(path).0, control)? {
            Located::File(file) => vec![file],
            Located::Files { files, .. } => files,
        };
        let size = |f: &PathBuf| std::fs::metadata(f).map(|m| m.len()).map_err(|e| Error::io(f, e));
        Ok(Some(files.iter().map(size).sum::<Result<u64>>()?))
    }

    fn check(&self, _control: &Control) -> Result<Msg> {
        Ok(Msg::new("files-reachable"))
    }
}

/// The last part of a path that says something.
fn title_of(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    let plain = trimmed.rsplit('/').find(|p| !p.is_empty() && *p != "." && *p != "**");
    plain.unwrap_or(path).to_owned()
}

/// Opens one file as a table.
fn open_input(input: &Input, options: &OpenOptions, sheet: Option<&str>, control: &Control) -> Result<Read> {
    let head = input.head(HEAD)?;
    let found = match &options.format {
        // A compressed file is unpacked first, whatever is said to be in it.
        Some(name) => match detect::detect(&head, &input.name) {
            packed @ Found::Packed(_) => packed,
            _ => Found::Table(Format::by_name(name)?),
        },
        None => detect::detect(&head, &input.name),
    };
    match found {
        Found::Refused(what, hint) => Err(Error::failed(what.with("path", &input.shown)).hint(hint)),
        Found::Packed(packing) => {
            let unpacked = compressed::unpacked(input, packing, control)?;
            let mut read = open_input(&unpacked.input, options, sheet, control)?;
            read.notices.splice(0..0, unpacked.notices);
            Ok(read)
        }
        Found::Table(format) => {
            if sheet.is_some() && format != Format::Excel {
                return Err(Error::usage(input.msg("error-sheet-none")).hint(Msg::new("hint-sheet-none")));
            }
            let mut read = open_as(format, input, options, sheet, control)?;
            if options.format.is_none() && detect::surprising(&input.name, format) {
                let extension = detect::extension(&input.name);
                let notice =
                    Msg::new("notice-format-differs").with("extension", extension).with("format", format.word());
                read.notices.insert(0, notice);
            }
            if read.table.schema().is_empty() {
                read.notices.push(Msg::new("notice-no-columns"));
            }
            Ok(read)
        }
    }
}

fn open_as(
    format: Format,
    input: &Input,
    options: &OpenOptions,
    sheet: Option<&str>,
    control: &Control,
) -> Result<Read> {
    let mut read = match format {
        Format::Parquet => Read::new(ParquetTable::open(vec![(input.path.clone(), Vec::new())], Vec::new())?),
        Format::Arrow | Format::ArrowStream => {
            let table = arrow::open(input, control)?;
            let notices = table.findings();
            Read { notices, ..Read::new(table) }
        }
        Format::JsonLines | Format::Json => json::open(input, format, options, control)?,
        Format::Excel => excel::open(input, sheet, options, control)?,
        Format::Delimited => open_delimited(input, options, control)?,
    };
    read.table = input.keeping(read.table);
    Ok(read)
}

/// Opens a file of delimited text. What the name says is passed on, since an unpacked copy has another name.
fn open_delimited(input: &Input, options: &OpenOptions, control: &Control) -> Result<Read> {
    let extension = detect::extension(&input.name);
    let by_name = ["csv", "tsv"].into_iter().find(|e| extension.eq_ignore_ascii_case(e)).map(str::to_owned);
    let options = OpenOptions { format: options.format.clone().or(by_name), ..options.clone() };
    let delimited::Delimited { table, facts, notices } = delimited::open(&input.path, &options, control)?;
    Ok(Read { table, facts, notices })
}

/// Opens several files as one table. `folder` says that a folder was named, where files of other formats may lie.
fn open_files(
    shown: &str,
    base: &Path,
    files: Vec<PathBuf>,
    folder: bool,
    options: &OpenOptions,
    control: &Control,
) -> Result<Read> {
    let all = files.len();
    let wanted = options.format.as_deref().map(Format::by_name).transpose()?;
    let (format, files) = match wanted {
        // A pattern chose the files; a folder did not.
        Some(format) if !folder => (format, files),
        _ => commonest(shown, files, wanted, control)?,
    };
    let mut notices = Vec::new();
    if files.len() < all {
        notices.push(Msg::new("notice-files-left-out").with("count", all - files.len()).with("format", format.word()));
    }
    if base.join("_delta_log").is_dir() {
        notices.push(Msg::new("notice-files-delta"));
    }
    if let [only] = files.as_slice()
        && hive::partitions(base, &files).columns.is_empty()
    {
        let mut read = open_input(&Input::file(only), options, None, control)?;
        read.notices.splice(0..0, notices);
        return Ok(read);
    }
    let parts = hive::partitions(base, &files);
    let count = files.len();
    let mut read = match format {
        Format::Parquet => {
            if folder && parts.columns.is_empty() {
                chain::related_parquet(shown, &files)?;
            }
            Read::new(ParquetTable::open(files.into_iter().zip(parts.values).collect(), parts.columns)?)
        }
        _ => chain::open(shown, files, parts, &|input| open_input(input, options, None, control), control)?,
    };
    read.facts.insert(0, Msg::new("fact-files").with("count", count));
    read.notices.splice(0..0, notices);
    Ok(read)
}

/// The table format most files are in, and the files that are in it.
fn commonest(
    shown: &str,
    files: Vec<PathBuf>,
    wanted: Option<Format>,
    control: &Control,
) -> Result<(Format, Vec<PathBuf>)> {
    let mut by_format: HashMap<Format, Vec<PathBuf>> = HashMap::new();
    let mut first_refusal = None;
    for file in files {
        control.check()?;
        match format_of(&file)? {
            Ok(format) => by_format.entry(format).or_default().push(file),
            Err(refusal) => {
                first_refusal.get_or_insert((file, refusal));
            }
        }
    }
    // JSON in one document and JSON in lines, Arrow in files and in streams may stand side by side.
    for (from, to) in [(Format::Json, Format::JsonLines), (Format::ArrowStream, Format::Arrow)] {
        if let Some(more) = by_format.remove(&from) {
            by_format.entry(to).or_default().extend(more);
        }
    }
    if let Some(list) = by_format.get_mut(&Format::JsonLines) {
        list.sort_by(|a, b| resolve::natural(a, b));
    }
    let rank = |f: Format| match f {
        Format::Parquet => 5,
        Format::Arrow | Format::ArrowStream => 4,
        Format::Delimited => 3,
        Format::JsonLines | Format::Json => 2,
        Format::Excel => 1,
    };
    let best = match wanted {
        Some(Format::Json) => Some(Format::JsonLines),
        Some(Format::ArrowStream) => Some(Format::Arrow),
        Some(w) => Some(w),
        None => by_format.iter().max_by_key(|(f, list)| (list.len(), rank(**f))).map(|(f, _)| *f),
    };
    match best.and_then(|f| by_format.remove(&f).map(|list| (f, list))) {
        Some((format, mut list)) => {
            list.sort_by(|a, b| resolve::natural(a, b));
            Ok((format, list))
        }
        None => Err(match first_refusal {
            Some((file, (what, hint))) => Error::failed(what.with("path", file.display().to_string())).hint(hint),
            None => {
                Error::failed(Msg::new("error-folder-empty").with("path", shown)).hint(Msg::new("hint-folder-empty"))
            }
        }),
    }
}

/// The format of a file in a folder: by its name where that is plain, else by its first bytes.
fn format_of(file: &Path) -> Result<std::result::Result<Format, (Msg, Msg)>> {
    let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let inner = detect::extension(detect::unpacked_name(&name));
    if let Some(format) = detect::by_extension(&inner)
        && !matches!(inner.as_str(), "txt" | "log" | "dat" | "text")
    {
        return Ok(Ok(format));
    }
    // Notes beside the data are no table.
    if matches!(
        inner.as_str(),
        "md" | "txt" | "text" | "log" | "html" | "py" | "sql" | "yaml" | "yml" | "toml" | "crc" | "rst"
    ) {
        let what = Msg::new("error-file-binary");
        return Ok(Err((what, Msg::new("hint-file-formats"))));
    }
    Ok(match detect::detect(&Input::file(file).head(4096)?, &name) {
        Found::Table(format) => Ok(format),
        Found::Packed(_) => Ok(Format::Delimited),
        Found::Refused(what, hint) => Err((what, hint)),
    })
}
