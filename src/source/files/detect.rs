//! Which format a file is in: by its first bytes, then by its name. Reads nothing itself.

use crate::error::{Error, Result};
use crate::text::Msg;

/// A table format we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Arrow IPC file, also called Feather version 2.
    Arrow,
    /// Arrow IPC stream.
    ArrowStream,
    /// One JSON value a line.
    JsonLines,
    /// One JSON document.
    Json,
    /// A workbook: xlsx, xlsm, xlsb, xls, ods.
    Excel,
    /// Text with delimiters.
    Delimited,
}

impl Format {
    /// The name people know the format by.
    pub fn word(self) -> &'static str {
        match self {
            Self::Parquet => "Parquet",
            Self::Arrow | Self::ArrowStream => "Arrow",
            Self::JsonLines => "JSON Lines",
            Self::Json => "JSON",
            Self::Excel => "Excel",
            Self::Delimited => "CSV",
        }
    }

    /// The format a person names. Unknown names are a usage error.
    pub fn by_name(name: &str) -> Result<Self> {
        by_extension(&name.trim().to_ascii_lowercase()).ok_or_else(|| {
            Error::usage(Msg::new("error-format-unknown").with("name", name)).hint(Msg::new("hint-format-names"))
        })
    }
}

/// A compression around a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// What the beginning and the name of a file say.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// A table.
    Table(Format),
    /// Something compressed.
    Packed(Packing),
    /// Nothing we read: what it is, and what to do about it.
    Refused(Msg, Msg),
}

/// The format an extension (lower case, without the dot) promises.
pub fn by_extension(extension: &str) -> Option<Format> {
    Some(match extension {
        "parquet" | "pq" | "parq" => Format::Parquet,
        "arrow" | "feather" | "ipc" | "ftr" => Format::Arrow,
        "arrows" => Format::ArrowStream,
        "jsonl" | "ndjson" | "jsonlines" | "ldjson" => Format::JsonLines,
        "json" | "geojson" => Format::Json,
        "xlsx" | "xlsm" | "xlsb" | "xls" | "ods" | "excel" => Format::Excel,
        "csv" | "tsv" | "tab" | "txt" | "text" | "log" | "dat" | "psv" | "ssv" => Format::Delimited,
        _ => return None,
    })
}

/// The compression an extension promises.
pub fn packing_by_extension(extension: &str) -> Option<Packing> {
    match extension {
        "gz" | "gzip" => Some(Packing::Gzip),
        "zst" | "zstd" => Some(Packing::Zstd),
        _ => None,
    }
}

/// The extension of a name, in lower case.
pub fn extension(name: &str) -> String {
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default()
}

/// A name without the extension of its compression.
pub fn unpacked_name(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, e)) if packing_by_extension(&e.to_ascii_lowercase()).is_some() => stem,
        _ => name,
    }
}

/// Finds the format from the first bytes (`head`) and the file's name.
pub fn detect(head: &[u8], name: &str) -> Found {
    let ext = extension(name);
    if let Some(found) = by_magic(head, &ext) {
        return found;
    }
    if matches!(ext.as_str(), "pkl" | "pickle") {
        return refused("error-file-pickle", "hint-file-pickle");
    }
    if looks_binary(head, &ext) {
        return refused("error-file-binary", "hint-file-formats");
    }
    let promised = by_extension(&ext);
    match promised {
        Some(f @ (Format::JsonLines | Format::Json)) => Found::Table(f),
        _ => match looks_json(head) {
            Some(f) => Found::Table(f),
            None => Found::Table(Format::Delimited),
        },
    }
}

/// Whether an extension promised something else than what is there.
pub fn surprising(name: &str, format: Format) -> bool {
    match (by_extension(&extension(name)), format) {
        (None, _) => false,
        (Some(Format::Arrow | Format::ArrowStream), Format::Arrow | Format::ArrowStream) => false,
        (Some(Format::Json | Format::JsonLines), Format::Json | Format::JsonLines) => false,
        (Some(promised), found) => promised != found,
    }
}

fn refused(what: &'static str, hint: &'static str) -> Found {
    Found::Refused(Msg::new(what), Msg::new(hint))
}

fn other(kind: &'static str) -> Found {
    let what = Msg::new("error-file-other");
    Found::Refused(what.with("kind", kind), Msg::new("hint-file-formats"))
}

fn by_magic(head: &[u8], ext: &str) -> Option<Found> {
    let starts = |magic: &[u8]| head.starts_with(magic);
    let contains = |what: &[u8]| head.windows(what.len()).any(|w| w == what);
    if starts(b"PAR1") {
        return Some(Found::Table(Format::Parquet));
    }
    if starts(b"PARE") {
        return Some(refused("error-file-encrypted", "hint-file-encrypted"));
    }
    if starts(b"ARROW1") {
        return Some(Found::Table(Format::Arrow));
    }
    if starts(b"FEA1") {
        return Some(refused("error-file-feather1", "hint-file-feather1"));
    }
    if let Some([0xff, 0xff, 0xff, 0xff, a, b, c, d]) = head.first_chunk::<8>()
        && (1..1 << 28).contains(&i32::from_le_bytes([*a, *b, *c, *d]))
    {
        return Some(Found::Table(Format::ArrowStream));
    }
    if starts(b"PK\x03\x04") {
        let book = by_extension(ext) == Some(Format::Excel)
            || contains(b"xl/")
            || contains(b"[Content_Types].xml")
            || contains(b"application/vnd.oasis.opendocument.spreadsheet");
        return Some(if book {
            Found::Table(Format::Excel)
        } else {
            refused("error-file-archive", "hint-file-archive")
        });
    }
    if starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Some(Found::Table(Format::Excel));
    }
    if starts(b"\x1f\x8b") {
        return Some(Found::Packed(Packing::Gzip));
    }
    if starts(b"\x28\xb5\x2f\xfd") || (head.len() > 4 && head[0] & 0xf0 == 0x50 && head[1..4] == *b"\x2a\x4d\x18") {
        return Some(Found::Packed(Packing::Zstd));
    }
    if starts(b"SQLite format 3\0") {
        return Some(refused("error-file-sqlite", "hint-file-sqlite"));
    }
    if head.get(8..12) == Some(b"DUCK") {
        return Some(refused("error-file-duckdb", "hint-file-duckdb"));
    }
    if head.len() > 2 && head[0] == 0x80 && (2..=5).contains(&head[1]) && !head[2].is_ascii_alphanumeric() {
        return Some(refused("error-file-pickle", "hint-file-pickle"));
    }
    for (magic, kind) in [
        (&b"BZh"[..], "bzip2"),
        (b"\xfd7zXZ\0", "xz"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
        (b"Rar!\x1a\x07", "RAR"),
        (b"Obj\x01", "Avro"),
        (b"%PDF-", "PDF"),
        (b"\x89PNG\r\n", "PNG"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"GIF8", "GIF"),
        (b"\x7fELF", "ELF"),
        (b"\x89HDF\r\n", "HDF5"),
    ] {
        // Text may begin with the letters of a magic number.
        if starts(magic) && (!magic.is_ascii() || head.contains(&0) || kind == "PDF") {
            return Some(other(kind));
        }
    }
    (starts(b"ORC") && head.contains(&0)).then(|| other("ORC"))
}

/// Whether bytes are no text in any encoding we know. A name that promises text is believed for longer.
fn looks_binary(head: &[u8], ext: &str) -> bool {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") || head.is_empty() {
        return false;
    }
    let nulls = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (nulls(0), nulls(1));
    // UTF-16 without a mark: the NUL bytes stand in one half only.
    if even.max(odd) * 10 >= head.len() && even.min(odd) * 20 <= even.max(odd) {
        return false;
    }
    let control = head.iter().filter(|b| **b < 0x20 && !matches!(b, b'\t' | b'\r' | b'\n' | 0x0c | 0x1b)).count();
    let allowed = if by_extension(ext).is_some() { 30 } else { 5 };
    control * 100 > head.len() * allowed
}

/// JSON under a name that does not say so. A text that merely begins with a bracket is not taken for it.
fn looks_json(head: &[u8]) -> Option<Format> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let mut rest = head.iter().copied().filter(|b| !b.is_ascii_whitespace());
    match (rest.next()?, rest.next()) {
        (b'{', Some(b'"' | b'}')) => Some(Format::Json),
        (b'[', Some(b'{' | b'[')) => Some(Format::Json),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(head: &[u8], name: &str) -> Option<Format> {
        match detect(head, name) {
            Found::Table(f) => Some(f),
            _ => None,
        }
    }

    #[test]
    fn the_first_bytes_say_more_than_the_name() {
        for (head, name, want) in [
            (&b"PAR1\x15"[..], "a.csv", Format::Parquet),
            (b"ARROW1\0\0", "a", Format::Arrow),
            (b"\xff\xff\xff\xff\x78\0\0\0", "x.arrow", Format::ArrowStream),
            (b"PK\x03\x04..[Content_Types].xml", "a.csv", Format::Excel),
            (b"a,b\n1,2\n", "a.parquet", Format::Delimited),
            (b"{\"a\":1}\n", "a.txt", Format::Json),
            (b" [ {\"a\":1}]", "-", Format::Json),
            (b"[2026-11-01] start\n", "app.log", Format::Delimited),
            (b"{\"a\":1}\n", "a.ndjson", Format::JsonLines),
            (b"BZhang,1\n", "names.csv", Format::Delimited),
            (b"a,b\n1,\0\0\n", "nul.csv", Format::Delimited),
            (b"", "a.dat", Format::Delimited),
        ] {
            assert_eq!(format(head, name), Some(want), "{name}");
        }
        assert!(surprising("a.csv", Format::Parquet) && !surprising("a.json", Format::JsonLines));
        assert!(!surprising("README", Format::Delimited));
    }

    #[test]
    fn what_is_no_table_is_named() {
        for (head, name, want) in [
            (&b"SQLite format 3\0"[..], "a.db", "error-file-sqlite"),
            (b"\0\0\0\0\0\0\0\0DUCK", "a.db", "error-file-duckdb"),
            (b"\x80\x05\x95\x01", "model", "error-file-pickle"),
            (b"(dp0\n", "old.pkl", "error-file-pickle"),
            (b"PK\x03\x04.....notes.txt", "a.zip", "error-file-archive"),
            (b"FEA1\0\0\0\0", "a.feather", "error-file-feather1"),
            (b"BZh91AY\0", "a.bz2", "error-file-other"),
            (b"\x01\x02\x03\x04\x05\x06", "a.bin", "error-file-binary"),
        ] {
            match detect(head, name) {
                Found::Refused(what, _) => assert_eq!(what.id, want),
                found => panic!("{name}: {found:?}"),
            }
        }
        assert_eq!(detect(b"\x1f\x8b\x08\0", "a.csv"), Found::Packed(Packing::Gzip));
    }

    #[test]
    fn names() {
        assert_eq!(extension("a.CSV.gz"), "gz");
        assert_eq!(unpacked_name("a.csv.gz"), "a.csv");
        assert_eq!(extension(".hidden"), "");
        assert!(Format::by_name("excel").is_ok() && Format::by_name("nonsense").is_err());
    }
}
