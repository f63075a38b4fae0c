//! JSON files opened and read back, compared with what was written by hand.

use super::*;
use crate::data::{Dataset, Table};
use crate::source::files::input::spool;
use crate::value::Kind;

type Test = std::result::Result<(), Box<dyn std::error::Error>>;

fn run(text: impl AsRef<[u8]>, name: &str, sizes: Sizes) -> Result<Read> {
    let file = spool("test", name)?;
    std::fs::write(file.path(), text).map_err(|e| Error::io(file.path(), e))?;
    let format = if name.ends_with("jsonl") { Format::JsonLines } else { Format::Json };
    let input = Input::temporary(file.into_temp_path(), name.to_owned(), name.to_owned());
    let mut read = open_sized(&input, format, &OpenOptions::default(), &Control::new(), sizes)?;
    read.table = input.keeping(read.table);
    Ok(read)
}

fn small(text: impl AsRef<[u8]>, name: &str) -> Result<Read> {
    run(text, name, Sizes { small: SMALL, block: 64 })
}

/// Every row as `value|value`, with `∅` for what is missing.
fn rows(table: &std::sync::Arc<dyn Table>) -> Result<Vec<String>> {
    let data = Dataset::new(table.clone());
    let all: Vec<usize> = (0..data.schema().len()).collect();
    let frame = data.window(&all, 0, 100_000)?;
    Ok((0..frame.height())
        .map(|r| {
            let cells = all.iter().map(|c| match frame.cell(r, *c) {
                crate::value::Cell::Null => "∅".to_owned(),
                cell => cell.plain(),
            });
            cells.collect::<Vec<_>>().join("|")
        })
        .collect())
}

fn columns(read: &Read) -> Vec<String> {
    read.table.schema().columns().iter().map(|c| format!("{}:{}", c.name, c.kind.name())).collect()
}

fn ids(read: &Read) -> Vec<&'static str> {
    read.notices.iter().map(|n| n.id).collect()
}

#[test]
fn lines_with_every_kind() -> Test {
    let text = concat!(
        "{\"id\":9007199254740993,\"big\":123456789012345678901,\"x\":1,\"mixed\":1.50,\"tags\":[1,null],\"s\":{\"a\":\"い\",\"b\":true}}\n",
        "\n",
        "{\"id\":-1,\"new\":\"後\",\"x\":2.5,\"mixed\":{\"k\":[1, 2]},\"tags\":[],\"s\":null}\r\n",
        "{\"id\":null,\"mixed\":\"text\",\"s\":{\"a\":null}}"
    );
    let read = small(text, "a.jsonl")?;
    assert_eq!(
        columns(&read),
        [
            "id:integer",
            "big:text",
            "x:float",
            "mixed:text",
            "tags:list[integer]",
            "s:struct{a: text, b: boolean}",
            "new:text"
        ]
    );
    assert_eq!(
        rows(&read.table)?,
        [
            "9007199254740993|123456789012345678901|1.0|1.50|[1,null]|{\"a\":\"い\",\"b\":true}|∅",
            "-1|∅|2.5|{\"k\":[1,2]}|[]|∅|後",
            "∅|∅|∅|text|∅|{\"a\":null,\"b\":null}|∅",
        ]
    );
    assert!(read.notices.is_empty());
    Ok(())
}

#[test]
fn dates_unless_texts_are_wanted() -> Test {
    let text = "{\"d\":\"2026-11-01\",\"t\":\"2026-11-01T09:00:00+09:00\",\"l\":[\"2026-11-01 09:30\"]}\n";
    let read = small(text, "a.jsonl")?;
    assert_eq!(columns(&read), ["d:date", "t:datetime[UTC]", "l:list[datetime]"]);
    assert_eq!(rows(&read.table)?, ["2026-11-01|2026-11-01T00:00:00Z|[\"2026-11-01T09:30:00\"]"]);
    let file = spool("test", ".jsonl")?;
    std::fs::write(file.path(), text)?;
    let options = OpenOptions { all_text: true, ..OpenOptions::default() };
    let read = open(&Input::file(file.path()), Format::JsonLines, &options, &Control::new())?;
    assert_eq!(columns(&read), ["d:text", "t:text", "l:list[text]"]);
    Ok(())
}

#[test]
fn a_late_change_of_kind_is_seen() -> Test {
    let mut text: String = (0..5_000).map(|i| format!("{{\"a\":{i}}}\n")).collect();
    text += "{\"a\":\"x\",\"b\":1}\n";
    let read = small(&text, "a.jsonl")?;
    let rows = rows(&read.table)?;
    assert_eq!(columns(&read), ["a:text", "b:integer"]);
    assert_eq!((rows.len(), rows[4_999].as_str(), rows[5_000].as_str()), (5_001, "4999|∅", "x|1"));
    Ok(())
}

#[test]
fn broken_lines_are_counted_and_named() -> Test {
    let read = small("{\"a\":1}\n{\"a\":\nnot json\n{\"a\":2}\n", "a.jsonl")?;
    assert_eq!(rows(&read.table)?, ["1", "2"]);
    assert_eq!(ids(&read), ["notice-json-broken"]);
    let words = read.notices[0].in_lang(crate::text::Lang::En);
    assert!(words.contains("2 lines") && words.contains("line 2"), "{words}");
    let Err(error) = small("x\ny\n", "a.jsonl") else { return Err("opened".into()) };
    assert!(error.to_string().contains("line 1"), "{error}");
    assert!(error.hint.is_some());
    Ok(())
}

#[test]
fn the_last_of_two_equal_keys_is_kept() -> Test {
    let read = small("{\"a\":1,\"b\":0,\"a\":2}\n", "a.jsonl")?;
    assert_eq!(
        (rows(&read.table)?, columns(&read)),
        (vec!["2|0".to_owned()], vec!["a:integer".into(), "b:integer".into()])
    );
    assert_eq!(ids(&read), ["notice-json-duplicates"]);
    Ok(())
}

#[test]
fn documents_of_every_layout() -> Test {
    for (text, name, want, notices) in [
        ("[{\"a\":1},\n {\"a\":2}]", "a.json", &["1", "2"][..], &[][..]),
        ("[\n  {\"a\": [1,\n 2]}\n]\n", "a.json", &["[1,2]"], &[]),
        ("{\"n\": 1, \"data\": [{\"a\":1}, {\"a\":2}], \"more\": {}}", "a.json", &["1", "2"], &["notice-json-inner"]),
        ("{\"a\": 1, \"b\": {\"c\": 2}}", "a.json", &["1|{\"c\":2}"], &[]),
        ("{\"a\":1}\n{\"a\":2}\n", "a.json", &["1", "2"], &[]),
        ("{\n \"a\":1\n}\n{\n \"a\":2\n}\n", "a.json", &["1", "2"], &[]),
        ("{\n \"a\":1\n}\n{\n \"a\":2\n}\n", "a.jsonl", &["1", "2"], &[]),
        ("[{\"a\":1}]\ngarbage", "a.json", &["1"], &["notice-json-tail"]),
        ("[[1,\"x\"],[2]]", "a.json", &["1|x", "2|∅"], &[]),
        ("[1,2]", "a.json", &["1", "2"], &[]),
        ("\u{feff}[{\"a\":1}]", "a.json", &["1"], &[]),
        ("\u{feff}{\"d\":[{\"a\":1}]}", "a.json", &["1"], &["notice-json-inner"]),
        ("[]", "a.json", &[], &[]),
        ("{}", "a.json", &[], &[]),
    ] {
        let read = small(text, name).map_err(|e| format!("{text}: {e}"))?;
        if text != "{}" {
            assert_eq!(rows(&read.table)?, want, "{text}");
        }
        assert_eq!(ids(&read), notices, "{text}");
    }
    Ok(())
}

#[test]
fn a_broken_array_names_the_line() -> Test {
    for (text, line) in [
        ("[{\"a\":1},\n{\"a\":}]", "line 2"),
        ("[{\"a\":1}\n,\n{\"a\":2}", "line 3"),
        ("[1,\n\n]", "line 3"),
        ("[{\"a\":1}\n\n{\"a\":2}]", "line 3"),
    ] {
        let Err(error) = small(text, "a.json") else { return Err(format!("opened {text}").into()) };
        assert_eq!(error.message.id, "error-json");
        assert!(error.to_string().contains(line), "{text}: {error}");
    }
    assert_eq!(small(" \n", "a.json").err().map(|e| e.message.id), Some("error-json-empty"));
    Ok(())
}

#[test]
fn other_encodings() -> Test {
    let text = "[{\"名\":\"表\"},{\"名\":\"ソート\"}]";
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with_mark: Vec<u8> = [&[0xff, 0xfe][..], &utf16].concat();
    let cp932 = encoding_rs::SHIFT_JIS.encode(text).0.into_owned();
    for (bytes, name) in [(utf16, "UTF-16LE"), (with_mark, "UTF-16LE"), (cp932, "CP932")] {
        let read = small(bytes, "a.json")?;
        assert_eq!(rows(&read.table)?, ["表", "ソート"]);
        assert_eq!(columns(&read), ["名:text"]);
        assert_eq!(read.facts, [Msg::new("text-encoding").with("name", name)]);
    }
    Ok(())
}

#[test]
fn a_large_file_shows_its_head_and_then_the_whole() -> Test {
    let mut text: String = (0..3_000).map(|i| format!("{{\"a\":{i},\"n\":null,\"s\":{{\"k\":[{i}]}}}}\n")).collect();
    text += "broken\n{\"a\":1.5,\"late\":\"x\"}\n";
    let read = run(&text, "a.jsonl", Sizes { small: 10, block: 1 << 14 })?;
    assert_eq!(read.table.rows(), crate::data::RowCount::AtLeast(1_000));
    assert_eq!(rows(&read.table)?.len(), 1_000);
    assert_eq!(columns(&read), ["a:integer", "n:empty", "s:struct{k: list[integer]}"]);
    let control = Control::new();
    let Some(whole) = read.table.settle(&control)? else { return Err("not settled".into()) };
    assert_eq!(whole.rows(), crate::data::RowCount::Exact(3_001));
    let got = rows(&whole)?;
    assert_eq!((got[0].as_str(), got[2_999].as_str()), ("0.0|∅|{\"k\":[0]}|∅", "2999.0|∅|{\"k\":[2999]}|∅"));
    assert_eq!(got[3_000], "1.5|∅|∅|x");
    assert_eq!(whole.schema().columns()[0].kind, Kind::Float);
    assert_eq!(whole.notices().iter().map(|n| n.id).collect::<Vec<_>>(), ["notice-json-broken"]);
    // The first reading does not pretend that 1.5 is a whole number.
    assert!(read.table.read(&[0], 2_990, 20).is_err());
    assert_eq!(control.progress().total, 2 * text.len() as u64);
    Ok(())
}

#[test]
fn what_was_landed_is_found_again() -> Test {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("日本.jsonl");
    let text: String = (0..2_000).map(|i| format!("{{\"a\":{i}}}\n")).collect();
    std::fs::write(&path, &text)?;
    let input = Input::file(&path);
    let open = || {
        open_sized(
            &input,
            Format::JsonLines,
            &OpenOptions::default(),
            &Control::new(),
            Sizes { small: 10, block: 4096 },
        )
    };
    let first = open()?;
    assert!(!first.table.rows().is_exact());
    first.table.settle(&Control::new())?;
    assert_eq!(open()?.table.rows(), crate::data::RowCount::Exact(2_000));
    // Another text under the same name is another table.
    std::fs::write(&path, format!("{text}{{\"a\":0}}\n"))?;
    assert!(!open()?.table.rows().is_exact());
    Ok(())
}

#[test]
fn a_stopped_landing_stops_and_leaves_nothing() -> Test {
    let text: String = (0..2_000).map(|i| format!("{{\"a\":{i}}}\n")).collect();
    let read = run(text, "a.jsonl", Sizes { small: 10, block: 4096 })?;
    let control = Control::new();
    control.cancel();
    let stopped = read.table.settle(&control);
    assert_eq!(stopped.err().map(|e| e.kind), Some(crate::error::ErrorKind::Interrupted));
    assert_eq!(read.table.rows(), crate::data::RowCount::AtLeast(1_000));
    Ok(())
}
