//! Opening by path: files, folders, patterns, partitions, and what is said when that fails.

use polars::prelude::{DataFrame, ParquetWriter, df};

use super::*;
use crate::data::RowCount;
use crate::error::ErrorKind;
use crate::value::Kind;

type Test = std::result::Result<(), Box<dyn std::error::Error>>;

fn parquet(path: &Path, frame: DataFrame) -> Test {
    std::fs::create_dir_all(path.parent().ok_or("no parent")?)?;
    ParquetWriter::new(std::fs::File::create(path)?).finish(&mut frame.clone())?;
    Ok(())
}

fn open(path: &Path) -> Result<Opened> {
    Files.open(&path.display().to_string(), &OpenOptions::default(), &Control::new())
}

/// The values of one column.
fn values(opened: &Opened, name: &str) -> Result<Vec<String>> {
    let place = opened.dataset.schema().require(name)?;
    let frame = opened.dataset.window(&[place], 0, 10_000)?;
    Ok((0..frame.height()).map(|r| frame.cell(r, 0).plain()).collect())
}

fn kind(opened: &Opened, name: &str) -> Option<Kind> {
    let schema = opened.dataset.schema();
    schema.position(name).map(|p| schema.columns()[p].kind.clone())
}

fn ids(msgs: &[Msg]) -> Vec<&'static str> {
    msgs.iter().map(|m| m.id).collect()
}

#[test]
fn hive_partitions_with_japanese_names() -> Test {
    let dir = tempfile::tempdir()?;
    for (n, (path, v)) in [
        ("day=2026-11-02/国=__HIVE_DEFAULT_PARTITION__/n=10/a.parquet", 4i64),
        ("day=2026-11-01/国=日本/n=2/file10.parquet", 2),
        ("day=2026-11-01/国=日本/n=2/file2.parquet", 1),
        ("day=2026-11-01/国=%E4%B8%AD%E5%9B%BD/n=-3/a.parquet", 3),
    ]
    .into_iter()
    .enumerate()
    {
        // One file holds the partition column too.
        let frame = if n == 1 { df!["v" => [v], "n" => ["inside"]]? } else { df!["v" => [v]]? };
        parquet(&dir.path().join(path), frame)?;
    }
    std::fs::write(dir.path().join("_SUCCESS"), "x")?;
    std::fs::write(dir.path().join("day=2026-11-01/.part.crc"), "x")?;
    std::fs::write(dir.path().join("day=2026-11-01/empty.parquet"), "")?;
    for path in [dir.path().to_owned(), dir.path().join("**/*.parquet"), dir.path().join("day=*")] {
        let opened = open(&path)?;
        assert_eq!(values(&opened, "v")?, ["3", "1", "2", "4"], "{}", path.display());
        assert_eq!(values(&opened, "day")?, ["2026-11-01", "2026-11-01", "2026-11-01", "2026-11-02"]);
        assert_eq!(values(&opened, "国")?, ["中国", "日本", "日本", ""]);
        assert_eq!(values(&opened, "n")?, ["-3", "2", "2", "10"]);
        assert_eq!((kind(&opened, "day"), kind(&opened, "n")), (Some(Kind::Date), Some(Kind::Integer)));
        assert_eq!(opened.facts, [Msg::new("fact-files").with("count", 4usize)]);
        assert_eq!(ids(&opened.notices), Vec::<&str>::new());
    }
    Ok(())
}

#[test]
fn one_file_and_patterns() -> Test {
    let dir = tempfile::tempdir()?;
    for i in [1i64, 2, 10] {
        parquet(&dir.path().join(format!("売上{i}.parquet")), df!["v" => [i]]?)?;
    }
    let one = open(&dir.path().join("売上2.parquet"))?;
    assert_eq!((one.title.as_str(), values(&one, "v")?, one.facts.len()), ("売上2.parquet", vec!["2".to_owned()], 0));
    assert_eq!(values(&open(&dir.path().join("*.parquet"))?, "v")?, ["1", "2", "10"]);
    assert_eq!(values(&open(&dir.path().join("売上{10,1}.parquet"))?, "v")?, ["1", "10"]);
    assert_eq!(open(&dir.path().join("*.csv")).err().map(|e| e.message.id), Some("error-glob-none"));
    assert_eq!(open(&dir.path().join("[a")).err().map(|e| e.kind), Some(ErrorKind::Usage));
    Ok(())
}

#[test]
fn the_commonest_format_of_a_folder_wins() -> Test {
    let dir = tempfile::tempdir()?;
    for i in [1i64, 2] {
        parquet(&dir.path().join(format!("{i}.parquet")), df!["v" => [i]]?)?;
    }
    std::fs::write(dir.path().join("x.jsonl"), "{\"v\":3}\n")?;
    std::fs::write(dir.path().join("README.md"), "notes")?;
    let opened = open(dir.path())?;
    assert_eq!(values(&opened, "v")?, ["1", "2"]);
    assert_eq!(opened.notices, [Msg::new("notice-files-left-out").with("count", 2usize).with("format", "Parquet")]);
    let options = OpenOptions { format: Some("jsonl".into()), ..OpenOptions::default() };
    let lines = Files.open(&dir.path().display().to_string(), &options, &Control::new())?;
    assert_eq!(values(&lines, "v")?, ["3"]);
    Ok(())
}

#[test]
fn unrelated_tables_are_not_put_together() -> Test {
    let dir = tempfile::tempdir()?;
    parquet(&dir.path().join("orders.parquet"), df!["order" => [1i64], "price" => [2i64]]?)?;
    parquet(&dir.path().join("users.parquet"), df!["user" => ["a"], "name" => ["b"]]?)?;
    let error = open(dir.path()).err().ok_or("opened")?;
    assert_eq!((error.kind, error.message.id), (ErrorKind::Usage, "error-files-differ"));
    Ok(())
}

#[test]
fn a_corrupt_member_is_named() -> Test {
    let dir = tempfile::tempdir()?;
    parquet(&dir.path().join("a.parquet"), df!["v" => [1i64]]?)?;
    std::fs::write(dir.path().join("b.parquet"), b"PAR1 this is not what it says PAR1")?;
    let error = open(dir.path()).err().ok_or("opened")?;
    assert_eq!(error.message.id, "error-parquet");
    assert!(format!("{:?}", error.message).contains("b.parquet"), "{error:?}");
    Ok(())
}

#[test]
fn json_files_of_a_folder_are_one_table() -> Test {
    let dir = tempfile::tempdir()?;
    for (path, text) in [
        ("k=1/a.jsonl", "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n"),
        ("k=2/a.jsonl", "{\"a\":2.5,\"c\":true}\nbroken\n"),
        ("k=2/b.json", "[{\"a\":4,\"b\":null}]"),
    ] {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().ok_or("no parent")?)?;
        std::fs::write(path, text)?;
    }
    let opened = open(dir.path())?;
    assert_eq!(values(&opened, "a")?, ["1.0", "2.0", "2.5", "4.0"]);
    assert_eq!(values(&opened, "b")?, ["x", "y", "", ""]);
    assert_eq!(values(&opened, "c")?, ["", "", "true", ""]);
    assert_eq!(values(&opened, "k")?, ["1", "1", "2", "2"]);
    assert_eq!(opened.dataset.row_count(), RowCount::Exact(4));
    assert_eq!(ids(&opened.notices), ["notice-in-file"]);
    // A window that begins in one file and ends in the next.
    let frame = opened.dataset.window(&[0], 1, 2)?;
    assert_eq!((frame.height(), frame.cell(0, 0).plain()), (2, "2.0".to_owned()));
    let mut seen = Vec::new();
    opened.dataset.scan(&[0], &Control::new(), Ok, |f| {
        seen.push(f.height());
        Ok(crate::data::Flow::Continue)
    })?;
    assert_eq!(seen.iter().sum::<usize>(), 4);
    Ok(())
}

#[test]
fn whole_numbers_that_lose_digits_are_told() -> Test {
    let dir = tempfile::tempdir()?;
    std::fs::write(dir.path().join("a.jsonl"), "{\"a\":9007199254740993}\n")?;
    std::fs::write(dir.path().join("b.jsonl"), "{\"a\":0.5}\n")?;
    let opened = open(dir.path())?;
    assert_eq!(opened.dataset.table().notices().len(), 0);
    values(&opened, "a")?;
    assert_eq!(ids(&opened.dataset.table().notices()), ["notice-files-lossy"]);
    Ok(())
}

#[test]
fn compressed_files_are_opened_for_what_is_in_them() -> Test {
    let dir = tempfile::tempdir()?;
    let text = b"{\"a\":1}\n{\"a\":2}\n";
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gz, text)?;
    let gz = gz.finish()?;
    std::fs::write(dir.path().join("a.jsonl.gz"), &gz)?;
    std::fs::write(dir.path().join("b.jsonl.zst"), zstd::encode_all(&text[..], 1)?)?;
    // A name without the extension, and one inside the other.
    std::fs::write(dir.path().join("c.bin"), zstd::encode_all(&gz[..], 1)?)?;
    for name in ["a.jsonl.gz", "b.jsonl.zst", "c.bin"] {
        assert_eq!(values(&open(&dir.path().join(name))?, "a")?, ["1", "2"], "{name}");
    }
    assert_eq!(values(&open(&dir.path().join("*.jsonl.*"))?, "a")?, ["1", "2", "1", "2"]);
    Ok(())
}

#[test]
fn a_misleading_name_is_told() -> Test {
    let dir = tempfile::tempdir()?;
    parquet(&dir.path().join("a.csv"), df!["v" => [1i64]]?)?;
    let opened = open(&dir.path().join("a.csv"))?;
    assert_eq!(values(&opened, "v")?, ["1"]);
    assert_eq!(opened.notices, [Msg::new("notice-format-differs").with("extension", "csv").with("format", "Parquet")]);
    Ok(())
}

#[test]
fn sheets_by_name() -> Test {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("本.xlsx");
    let mut book = rust_xlsxwriter::Workbook::new();
    for name in ["一", "二"] {
        let sheet = book.add_worksheet().set_name(name)?;
        sheet.write_string(0, 0, "名")?;
        sheet.write_string(1, 0, name)?;
    }
    book.save(&path)?;
    let opened = open(&dir.path().join("本.xlsx#二"))?;
    assert_eq!((values(&opened, "名")?, opened.title.as_str()), (vec!["二".to_owned()], "本.xlsx#二"));
    assert_eq!(values(&open(&dir.path().join("本.xlsx#1"))?, "名")?, ["一"]);
    let listed = Files.list(&path.display().to_string(), &Control::new())?;
    assert_eq!(listed.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["一", "二"]);
    assert_eq!(values(&Files.open(&listed[1].locator, &OpenOptions::default(), &Control::new())?, "名")?, ["二"]);
    std::fs::write(dir.path().join("a.jsonl"), "{\"a\":1}\n")?;
    assert_eq!(open(&dir.path().join("a.jsonl#x")).err().map(|e| e.message.id), Some("error-sheet-none"));
    Ok(())
}

#[test]
fn what_is_not_there_or_no_table() -> Test {
    let dir = tempfile::tempdir()?;
    std::fs::create_dir(dir.path().join("empty"))?;
    std::fs::write(dir.path().join("a.db"), b"SQLite format 3\0")?;
    std::fs::write(dir.path().join("m.pkl"), b"\x80\x05\x95")?;
    for (name, want) in [
        ("gone.parquet", "error-file-missing"),
        ("empty", "error-folder-empty"),
        ("a.db", "error-file-sqlite"),
        ("m.pkl", "error-file-pickle"),
    ] {
        let error = open(&dir.path().join(name)).err().ok_or("opened")?;
        assert_eq!(error.message.id, want);
        assert!(error.hint.is_some(), "{name}");
    }
    let options = OpenOptions { format: Some("klingon".into()), ..OpenOptions::default() };
    let error = Files.open(&dir.path().join("a.db").display().to_string(), &options, &Control::new()).err();
    assert_eq!(error.map(|e| e.kind), Some(ErrorKind::Usage));
    Ok(())
}

#[cfg(unix)]
#[test]
fn pipes_devices_links_and_rights() -> Test {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let dir = tempfile::tempdir()?;
    assert_eq!(open(Path::new("/dev/null")).err().map(|e| e.message.id), Some("error-stdin-empty"));
    let fifo = dir.path().join("pipe");
    let name = std::ffi::CString::new(fifo.display().to_string())?;
    // SAFETY: `name` ends with a NUL.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    let writer = {
        let fifo = fifo.clone();
        std::thread::spawn(move || std::fs::write(fifo, "[{\"a\":1}]"))
    };
    assert_eq!(values(&open(&fifo)?, "a")?, ["1"]);
    assert!(writer.join().is_ok_and(|w| w.is_ok()));
    symlink(dir.path().join("loop"), dir.path().join("loop"))?;
    assert!(open(&dir.path().join("loop")).is_err());
    let closed = dir.path().join("closed.parquet");
    std::fs::write(&closed, "PAR1")?;
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0))?;
    // The administrator may read everything.
    if std::fs::File::open(&closed).is_err() {
        assert_eq!(open(&closed).err().map(|e| e.message.id), Some("error-file-denied"));
    }
    Ok(())
}

#[test]
fn standard_input_is_sniffed() -> Test {
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut df!["v" => [7i64]]?)?;
    for (bytes, column, want) in
        [(&bytes[..], "v", "7"), (b"[{\"a\":1}]", "a", "1"), (b"{\"a\":2}\n{\"a\":3}\n", "a", "2")]
    {
        let input = stdin::spooled_stdin(&mut &bytes[..], &Control::new())?;
        let opened = open_input(&input, &OpenOptions::default(), None, &Control::new())?.titled("stdin".into());
        drop(input);
        assert_eq!(values(&opened, column)?[0], want);
    }
    let empty = stdin::spooled_stdin(&mut &b""[..], &Control::new());
    assert_eq!(empty.err().map(|e| e.message.id), Some("error-stdin-empty"));
    Ok(())
}
