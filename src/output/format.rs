//! The formats that can be written: one table of names and extensions, and nothing about how any is written.

use std::path::Path;

use crate::error::{Error, Result};
use crate::text::Msg;

/// A format that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180).
    Csv,
    /// Tab-separated values, quoted as CSV is.
    Tsv,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
    /// An Arrow IPC file (Feather version 2).
    Arrow,
    /// An Excel workbook.
    Xlsx,
    /// A table in GitHub's Markdown.
    Md,
    /// Aligned columns, or a drawing, for a person at a terminal.
    Term,
    /// The query that gives the rows where they are, instead of the rows.
    Sql,
    /// An image in pixels; of figures only.
    Png,
    /// An image in lines; of figures only.
    Svg,
    /// A page that needs nothing else; of reports only.
    Html,
    /// A program in Python that finds the same numbers; of reports only.
    Py,
}

/// What wraps the bytes of a text format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Nothing.
    #[default]
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

struct Entry {
    format: Format,
    name: &'static str,
    extensions: &'static [&'static str],
    text: bool,
    holds: Holds,
}

/// What a format can hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Table,
    Query,
    Figure,
    Report,
}

/// Every format, in the order help lists them.
const FORMATS: [Entry; 14] = [
    Entry { format: Format::Csv, name: "csv", extensions: &["csv"], text: true, holds: Holds::Table },
    Entry { format: Format::Tsv, name: "tsv", extensions: &["tsv", "tab"], text: true, holds: Holds::Table },
    Entry { format: Format::Json, name: "json", extensions: &["json"], text: true, holds: Holds::Table },
    Entry { format: Format::Jsonl, name: "jsonl", extensions: &["jsonl", "ndjson"], text: true, holds: Holds::Table },
    Entry {
        format: Format::Parquet,
        name: "parquet",
        extensions: &["parquet", "pq"],
        text: false,
        holds: Holds::Table,
    },
    Entry {
        format: Format::Arrow,
        name: "arrow",
        extensions: &["arrow", "feather", "ipc"],
        text: false,
        holds: Holds::Table,
    },
    Entry { format: Format::Xlsx, name: "xlsx", extensions: &["xlsx"], text: false, holds: Holds::Table },
    Entry { format: Format::Md, name: "md", extensions: &["md", "markdown"], text: true, holds: Holds::Table },
    Entry { format: Format::Term, name: "term", extensions: &["txt", "term"], text: true, holds: Holds::Table },
    Entry { format: Format::Sql, name: "sql", extensions: &["sql"], text: true, holds: Holds::Query },
    Entry { format: Format::Png, name: "png", extensions: &["png"], text: false, holds: Holds::Figure },
    Entry { format: Format::Svg, name: "svg", extensions: &["svg"], text: true, holds: Holds::Figure },
    Entry { format: Format::Html, name: "html", extensions: &["html", "htm"], text: true, holds: Holds::Report },
    Entry { format: Format::Py, name: "py", extensions: &["py"], text: true, holds: Holds::Report },
];

const COMPRESSIONS: [(Compression, &str); 2] = [(Compression::Gzip, "gz"), (Compression::Zstd, "zst")];

impl Format {
    /// Every format a table can be written in.
    pub fn all() -> impl Iterator<Item = Format> {
        FORMATS.iter().filter(|e| e.holds == Holds::Table).map(|e| e.format)
    }

    /// The names of the formats of tables, as `csv, tsv, …`, for help and errors.
    pub fn names() -> String {
        Self::all().map(Self::name).collect::<Vec<_>>().join(", ")
    }

    /// Whether it says how rows are got, and holds none.
    pub fn is_query(self) -> bool {
        self.entry().holds == Holds::Query
    }

    /// Whether it holds a figure and no table.
    pub fn is_image(self) -> bool {
        self.entry().holds == Holds::Figure
    }

    /// An error if no table can be written in this format.
    pub fn check_table(self) -> Result<()> {
        self.check_figure()?;
        if !self.is_image() {
            return Ok(());
        }
        Err(Error::usage(Msg::new("error-output-image").with("name", self.name().to_uppercase()))
            .hint(Msg::new("hint-output-image").with("names", Self::names())))
    }

    /// An error if neither a table nor a figure can be written in this format.
    pub fn check_figure(self) -> Result<()> {
        match self.entry().holds {
            Holds::Report => Err(Error::usage(Msg::new("error-output-report").with("name", self.name()))
                .hint(Msg::new("hint-output-format").with("names", Self::names()))),
            Holds::Table | Holds::Query | Holds::Figure => Ok(()),
        }
    }

    fn entry(self) -> &'static Entry {
        FORMATS.iter().find(|e| e.format == self).unwrap_or(&FORMATS[0])
    }

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// The file extension to offer.
    pub fn extension(self) -> &'static str {
        self.entry().extensions[0]
    }

    /// Whether the bytes are text, fit for a terminal and for compression from outside.
    pub fn is_text(self) -> bool {
        self.entry().text
    }

    /// The format called `name`; an error that lists the names otherwise.
    pub fn from_name(name: &str) -> Result<Self> {
        FORMATS.iter().find(|e| e.name.eq_ignore_ascii_case(name)).map(|e| e.format).ok_or_else(|| {
            Error::usage(Msg::new("error-output-format").with("name", name))
                .hint(Msg::new("hint-output-format").with("names", Self::names()))
        })
    }

    /// The format a file's name asks for (`x.csv`, `x.csv.gz`); an error that lists the names otherwise.
    pub fn from_path(path: &Path) -> Result<(Self, Compression)> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let wrapped = COMPRESSIONS.iter().find_map(|(c, e)| Some((*c, name.strip_suffix(e)?.strip_suffix('.')?)));
        let (compression, inner) = wrapped.unwrap_or((Compression::None, &name));
        let extension = inner.rsplit_once('.').map_or("", |(_, e)| e);
        match FORMATS.iter().find(|e| e.extensions.contains(&extension)) {
            Some(e) if e.text || compression == Compression::None => Ok((e.format, compression)),
            Some(e) => Err(Error::usage(
                Msg::new("error-output-compressed").with("path", path.display().to_string()).with("name", e.name),
            )
            .hint(Msg::new("hint-output-compressed"))),
            None => Err(Error::usage(Msg::new("error-output-extension").with("path", path.display().to_string()))
                .hint(Msg::new("hint-output-format").with("names", Self::names()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_extensions() {
        for format in Format::all() {
            assert_eq!(Format::from_name(format.name()).ok(), Some(format));
            assert!(format.check_table().is_ok());
            let path = format!("/x.y/売上.{}", format.extension().to_uppercase());
            assert_eq!(Format::from_path(Path::new(&path)).ok(), Some((format, Compression::None)));
        }
        let from = |p: &str| Format::from_path(Path::new(p)).ok();
        assert_eq!(from("a.csv.gz"), Some((Format::Csv, Compression::Gzip)));
        assert_eq!(from("a.b.ndjson.zst"), Some((Format::Jsonl, Compression::Zstd)));
        for bad in ["a.parquet.gz", "a.gz", "a", "csv", ".csv.", "a.xls", "a.csv.bz2"] {
            assert_eq!(from(bad), None, "{bad}");
        }
        assert!(Format::from_name("pdf").is_err());
        assert_eq!(from("a.PNG"), Some((Format::Png, Compression::None)));
        assert!(Format::Png.check_table().is_err() && Format::Svg.check_table().is_err());
        assert!(Format::Png.check_figure().is_ok() && Format::Csv.check_figure().is_ok());
        for of_reports in [Format::Html, Format::Py] {
            assert!(of_reports.check_table().is_err() && of_reports.check_figure().is_err());
        }
    }
}
