//! What each format says, read back independently.

use super::*;
use serde_json::Value;

fn options(format: Format) -> WriteOptions {
    WriteOptions::new(format)
}

fn from_text(values: &[&str]) -> Dataset {
    Dataset::from_frame(
        DataFrame::new(
            values.len(),
            vec![Column::new("t".into(), values), Column::new("n".into(), vec![1i32; values.len()])],
        )
        .unwrap(),
    )
}

#[test]
fn csv_has_the_plain_form_of_every_kind() {
    let frame = everything();
    let rows = Frame::new(frame.clone());
    for (format, delimiter) in [(Format::Csv, ','), (Format::Tsv, '\t')] {
        let records = parse_csv(&text(&Dataset::from_frame(frame.clone()), &options(format)), delimiter);
        assert_eq!(records[0].iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>(), names_of(&frame));
        assert_eq!(records.len(), frame.height() + 1);
        for (row, record) in records[1..].iter().enumerate() {
            assert_eq!(record.len(), frame.width());
            for (column, (field, quoted)) in record.iter().enumerate() {
                let cell = rows.cell(row, column);
                assert_eq!(*field, cell.plain(), "{row} {}", names_of(&frame)[column]);
                assert_eq!(cell.is_null(), field.is_empty() && !quoted);
            }
        }
    }
}

#[test]
fn quick_digits_are_the_plain_digits() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let (mut floats, mut ints, mut days) =
        (vec![0.0, -0.0, 1e-5, 9.999e-6, 1e15, 1e16, 0.3, 2.675, 1.0 / 3.0], vec![0, 9, 10, 99, 100], vec![]);
    for i in 0..20_000u64 {
        floats.push(f64::from_bits(next()));
        floats.push((next() % 1_000_000_000) as f64 / 10f64.powi((i % 8) as i32));
        floats.push(-((next() >> (i % 60)) as f64) * 0.01);
        ints.push((next() as i64) >> (i % 64));
        days.push((next() as i32) >> (i % 20));
    }
    let n = floats.len();
    let stretch = |v: Vec<i64>| v.into_iter().cycle().take(n).collect::<Vec<_>>();
    let (ints, days) = (stretch(ints), days.into_iter().cycle().take(n).collect::<Vec<i32>>());
    let frame = DataFrame::new(
        n,
        vec![
            Column::new("f".into(), floats),
            Column::new("i".into(), &ints),
            Column::new("d".into(), days).cast(&DataType::Date).unwrap(),
            Column::new("s".into(), &ints).cast(&DataType::Datetime(TimeUnit::Nanoseconds, None)).unwrap(),
            Column::new("z".into(), &ints)
                .cast(&DataType::Datetime(
                    TimeUnit::Milliseconds,
                    TimeZone::opt_try_new(Some("Europe/Berlin")).unwrap(),
                ))
                .unwrap(),
        ],
    )
    .unwrap();
    let rows = Frame::new(frame);
    let batch = Batch::Frame(&rows);
    for column in 0..5 {
        let values = batch.values(column);
        assert!(!matches!(values, batch::Values::Cells(..)));
        for row in 0..n {
            let mut quick = Vec::new();
            literal::push(&mut quick, &values.item(row));
            assert_eq!(String::from_utf8(quick).unwrap(), rows.cell(row, column).plain());
        }
    }
}

#[test]
fn csv_for_spreadsheets() {
    let dataset = from_text(&["=1+1", "+1", "-1", "@x", "\tx", "\rx", "a=1", "", "'"]);
    let (bytes, done) = written(&dataset, None, &WriteOptions { excel_safe: true, bom: true, ..options(Format::Csv) });
    let text = String::from_utf8(bytes).unwrap();
    let fields: Vec<String> =
        parse_csv(text.strip_prefix('\u{feff}').unwrap(), ',').into_iter().map(|mut r| r.swap_remove(0).0).collect();
    assert_eq!(fields, ["t", "'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "a=1", "", "'"]);
    assert_eq!(done.notices, [Msg::new("notice-guarded").with("count", 6u64)]);
    let negative = Dataset::from_frame(
        DataFrame::new(1, vec![Column::new("n".into(), [-1i64]), Column::new("f".into(), [-0.5])]).unwrap(),
    );
    let (bytes, done) = written(&negative, None, &WriteOptions { excel_safe: true, ..options(Format::Csv) });
    assert_eq!((bytes.as_slice(), done.notices.len()), (&b"n,f\n-1,-0.5\n"[..], 0));
}

#[test]
fn a_lone_column_keeps_its_missing_rows() {
    let one = DataFrame::new(3, vec![Column::new("t".into(), [Some("a"), None, Some("b")])]).unwrap();
    assert_eq!(text(&Dataset::from_frame(one), &options(Format::Csv)), "t\na\n\"\"\nb\n");
}

#[test]
fn json_says_every_kind() {
    let frame = everything();
    let rows = Frame::new(frame.clone());
    let (bytes, done) = written(&Dataset::from_frame(frame.clone()), None, &options(Format::Json));
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    let keys: Vec<_> = value.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["schema_version", "columns", "rows", "cut", "nulled"]);
    assert_eq!(value["schema_version"], 1);
    assert_eq!(value["cut"], Value::Null);
    for (column, said) in rows.schema().columns().iter().zip(value["columns"].as_array().unwrap()) {
        assert_eq!(
            (said["name"].as_str(), said["type"].as_str()),
            (Some(column.name.as_str()), Some(column.kind.name().as_str()))
        );
    }
    assert_eq!(value["rows"].as_array().unwrap().len(), frame.height());
    for (i, row) in value["rows"].as_array().unwrap().iter().enumerate() {
        assert_eq!(row.as_object().unwrap().len(), frame.width());
        for (j, column) in rows.schema().columns().iter().enumerate() {
            assert_eq!(row[&column.name].to_string(), rows.cell(i, j).json().to_string(), "{} {i}", column.name);
        }
    }
    // One NaN in each float column and one in each list.
    let lists = (0..HOSTILE.len()).filter(|i| i % 3 != 0).count() as u64;
    // 1e300 is too large for single precision.
    assert_eq!(value["nulled"], serde_json::json!({"nan": 2 + lists, "infinite": 5}));
    assert_eq!(done.notices, [Msg::new("notice-nulled").with("count", 7 + lists)]);
    let lines = text(&Dataset::from_frame(frame.clone()), &options(Format::Jsonl));
    let lines: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(&lines, value["rows"].as_array().unwrap());
}

#[test]
fn limits_say_whether_they_cut() {
    let dataset = numbers(10);
    for (limit, rows, cut) in [(0, 0, true), (9, 9, true), (10, 10, false), (11, 10, false)] {
        for format in Format::all() {
            let (bytes, done) = written(&dataset, Some(limit), &options(format));
            assert_eq!((done.rows, done.cut), (rows, cut.then_some(Cut { limit })), "{format:?} {limit}");
            let noticed = done.notices == [Msg::new("notice-cut").with("limit", limit)];
            assert_eq!(noticed, cut && format != Format::Json);
            match format {
                Format::Json => {
                    let value: Value = serde_json::from_slice(&bytes).unwrap();
                    let want = if cut { serde_json::json!({"limit": limit}) } else { Value::Null };
                    assert_eq!((value["rows"].as_array().unwrap().len() as u64, &value["cut"]), (rows, &want));
                    assert!(value.get("nulled").is_none());
                }
                Format::Csv => assert_eq!(bytes.iter().filter(|b| **b == b'\n').count() as u64, rows + 1),
                Format::Jsonl => assert_eq!(bytes.iter().filter(|b| **b == b'\n').count() as u64, rows),
                _ => {}
            }
        }
    }
    let given = write_dataset(
        &dataset,
        None,
        Some(Cut { limit: 10 }),
        &Target::File("/dev/null".into()),
        &options(Format::Csv),
        &Control::new(),
    );
    assert_eq!(given.unwrap().cut, Some(Cut { limit: 10 }));
}

#[test]
fn limits_beyond_a_window_and_several_stretches() {
    let n = 250_000;
    let dataset = numbers(n);
    let all = text(&dataset, &options(Format::Csv));
    assert_eq!(all.lines().count(), n as usize + 1);
    for (i, line) in all.lines().skip(1).enumerate() {
        assert_eq!(line, format!("{i},行 {i}"));
    }
    for limit in [100_000, 100_001, 131_072, 200_000, 249_999, 250_000, 250_001] {
        let (bytes, done) = written(&dataset, Some(limit), &options(Format::Csv));
        assert_eq!(done.rows, limit.min(n as u64));
        assert_eq!(done.cut.is_some(), limit < n as u64);
        assert!(all.as_bytes().starts_with(&bytes));
    }
    let back: Value = serde_json::from_slice(&written(&dataset, None, &options(Format::Json)).0).unwrap();
    assert_eq!(back["rows"].as_array().unwrap().len(), n as usize);
    let ordered = dataset.with_rows(Rows::Ordered(std::sync::Arc::new(vec![5, 3, 249_999, 3])));
    for limit in [None, Some(4), Some(200_000)] {
        let (bytes, done) = written(&ordered, limit, &options(Format::Csv));
        assert_eq!(bytes, "n,t\n5,行 5\n3,行 3\n249999,行 249999\n3,行 3\n".as_bytes());
        assert_eq!(done.cut, None);
    }
    let two = ordered.with_columns(&[1]);
    assert_eq!(text(&two, &options(Format::Tsv)), "t\n行 5\n行 3\n行 249999\n行 3\n");
}

fn read_parquet(bytes: Vec<u8>) -> DataFrame {
    ParquetReader::new(std::io::Cursor::new(bytes)).finish().unwrap()
}

fn read_arrow(bytes: Vec<u8>) -> DataFrame {
    IpcReader::new(std::io::Cursor::new(bytes)).finish().unwrap()
}

#[test]
fn parquet_and_arrow_hold_every_kind() {
    let frame = everything();
    let dataset = Dataset::from_frame(frame.clone());
    let parquet = read_parquet(written(&dataset, None, &options(Format::Parquet)).0);
    assert_eq!(parquet.schema(), frame.schema());
    assert!(parquet.equals_missing(&frame));
    let arrow = read_arrow(written(&dataset, None, &options(Format::Arrow)).0);
    assert_eq!(arrow.column("category").unwrap().dtype(), &DataType::String);
    for name in names_of(&frame).into_iter().filter(|n| *n != "category") {
        assert_eq!(arrow.column(name).unwrap().dtype(), frame.column(name).unwrap().dtype());
        assert!(arrow.column(name).unwrap().equals_missing(frame.column(name).unwrap()), "{name}");
    }
    assert_eq!(arrow.column("category").unwrap().str().unwrap().iter().flatten().collect::<Vec<_>>(), HOSTILE);
}

#[test]
fn categories_and_sets_may_differ_between_stretches() {
    let n = 200_000usize;
    let words = Column::new("c".into(), (0..n).map(|i| format!("w{}", i / 1000)).collect::<Vec<_>>());
    let set = FrozenCategories::new(["甲", "乙"]).unwrap();
    let marks = Column::new("e".into(), (0..n).map(|i| if i % 3 == 0 { "甲" } else { "乙" }).collect::<Vec<_>>());
    let frame = DataFrame::new(
        n,
        vec![
            words.cast(&DataType::from_categories(Categories::global())).unwrap(),
            marks.cast(&DataType::from_frozen_categories(set)).unwrap(),
        ],
    )
    .unwrap();
    for format in [Format::Parquet, Format::Arrow] {
        let bytes = written(&Dataset::from_frame(frame.clone()), None, &options(format)).0;
        let back = if format == Format::Parquet { read_parquet(bytes) } else { read_arrow(bytes) };
        assert!(matches!(back.column("e").unwrap().dtype(), DataType::Enum(..)), "{format:?}");
        for (name, want) in [("c", &words), ("e", &marks)] {
            let got = back.column(name).unwrap().cast(&DataType::String).unwrap();
            assert!(got.equals(want), "{format:?} {name}");
        }
    }
}

#[test]
fn row_groups_are_even() {
    let bytes = written(&numbers(300_000), None, &options(Format::Parquet)).0;
    let mut reader = ParquetReader::new(std::io::Cursor::new(bytes.clone()));
    let metadata = reader.get_metadata().unwrap();
    let groups: Vec<usize> = metadata.row_groups.iter().map(|g| g.num_rows()).collect();
    assert_eq!(groups, [122_880, 122_880, 54_240]);
    let made = metadata.key_value_metadata().as_ref().unwrap().iter().find(|kv| kv.key == "created_by").unwrap();
    assert!(made.value.as_ref().unwrap().starts_with("mekiki"));
    assert!(metadata.row_groups[0].parquet_columns()[0].statistics(&metadata.footer_buf).is_some());
    let back = read_parquet(bytes);
    assert_eq!(back.column("n").unwrap().i64().unwrap().into_no_null_iter().sum::<i64>(), 299_999 * 150_000);
    // Wide rows end a group by their bytes.
    let small = WriteOptions { budget: 0, ..options(Format::Parquet) };
    let bytes = written(&numbers(300_000), None, &small).0;
    let mut reader = ParquetReader::new(std::io::Cursor::new(bytes));
    let groups: Vec<usize> = reader.get_metadata().unwrap().row_groups.iter().map(|g| g.num_rows()).collect();
    assert!(groups.iter().all(|g| *g < 100_000), "{groups:?}");
}

#[test]
fn a_workbook_holds_values_of_their_kind() {
    use calamine::{Data, Reader as _};
    let frame = everything();
    let rows = Frame::new(frame.clone());
    let (bytes, done) = written(&Dataset::from_frame(frame.clone()), None, &options(Format::Xlsx));
    let mut book = calamine::Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let place = |name: &str| names_of(&frame).iter().position(|n| *n == name).unwrap() as u32;
    let at = |row: usize, name: &str| sheet.get_value((row as u32 + 1, place(name))).cloned().unwrap_or(Data::Empty);
    assert_eq!(sheet.get_value((0, place("struct"))), Some(&Data::String("struct".into())));
    for row in 0..frame.height() {
        let want = HOSTILE[row];
        let got = at(row, "text");
        if want.is_empty() {
            assert_eq!(got, Data::Empty);
        } else {
            // The reader gives line ends as XML does.
            let got = got.to_string().replace("\r\n", "\n").replace('\r', "\n");
            assert_eq!(got, want.replace("\r\n", "\n").replace('\r', "\n"));
        }
        let cell = rows.cell(row, place("bool") as usize);
        assert_eq!(
            at(row, "bool"),
            match cell {
                Cell::Bool(b) => Data::Bool(b),
                _ => Data::Empty,
            }
        );
        assert_eq!(at(row, "small"), Data::Float(row as f64 - 5.0));
        assert_eq!(
            at(row, "decimal").to_string().parse::<f64>().unwrap(),
            rows.cell(row, place("decimal") as usize).as_f64().unwrap()
        );
        assert_eq!(at(row, "unsigned"), Data::String((u64::MAX - row as u64).to_string()));
    }
    assert_eq!(at(1, "int"), Data::String("9007199254740993".into()));
    assert_eq!(at(4, "int"), Data::Float(-7.0));
    assert_eq!(at(0, "float"), Data::Float(0.1));
    assert_eq!(at(0, "single"), Data::Float(0.1));
    assert_eq!(at(3, "float"), Data::String("NaN".into()));
    // 2024-01-01 is day 45292 of Excel's calendar; a date outside it stays text.
    let Data::DateTime(day) = at(4, "date") else { panic!("{:?}", at(4, "date")) };
    assert_eq!(day.as_f64(), 45_292.0);
    assert_eq!(at(1, "date"), Data::String("-0001-12-31".into()));
    // 1700000000.123456 s is 2023-11-14T22:13:20.123456Z; Tokyo is nine hours ahead.
    let (Data::DateTime(utc), Data::DateTime(tokyo)) = (at(3, "utc"), at(3, "tokyo")) else { panic!() };
    assert!((utc.as_f64() - (25_569.0 + 1_700_000_000.123_456 / 86_400.0)).abs() < 1e-9);
    assert!((tokyo.as_f64() - utc.as_f64() - 9.0 / 24.0).abs() < 1e-9);
    assert_eq!(at(1, "duration"), Data::String("-PT1M1S".into()));
    assert_eq!(at(1, "list"), Data::String("[1.0,null,null]".into()));
    let ids: Vec<_> = done.notices.iter().map(|m| m.id).collect();
    assert_eq!(ids, ["notice-long-numbers", "notice-zone-lost"]);
    assert!(book.worksheet_formula("Sheet1").unwrap().is_empty());
}

#[test]
fn a_workbook_refuses_what_does_not_fit() {
    use calamine::Reader as _;
    let long = from_text(&["短い", &"長🍶".repeat(20_000)]);
    let (bytes, done) = written(&long, None, &options(Format::Xlsx));
    let mut book = calamine::Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let cut = sheet.get_value((2, 0)).unwrap().to_string();
    assert_eq!(cut.encode_utf16().count(), 32_767 - 32_767 % 3 + 1);
    assert_eq!(done.notices, [Msg::new("notice-text-cut").with("count", 1u64)]);
    let tall = Dataset::from_frame(
        DataFrame::new(1_048_576, vec![Column::full_null("x".into(), 1_048_576, &DataType::Int8)]).unwrap(),
    );
    let wide = (0..16_385).map(|i| Column::new(format!("c{i}").into(), [0i8])).collect();
    let wide = Dataset::from_frame(DataFrame::new(1, wide).unwrap());
    let folder = tempfile::tempdir().unwrap();
    for (dataset, id) in [(&tall, "error-xlsx-rows"), (&wide, "error-xlsx-columns")] {
        let error = write(dataset, None, &file(&folder, "x.xlsx"), &options(Format::Xlsx)).unwrap_err();
        assert_eq!((error.kind, error.message.id), (ErrorKind::Refused, id));
        assert!(error.hint.is_some());
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(write(&tall, Some(3), &file(&folder, "x.xlsx"), &options(Format::Xlsx)).unwrap().rows, 3);
}

#[test]
fn markdown_keeps_cells_in_their_cells() {
    let dataset =
        from_text(&["a|b", "x\ny\r\nz", "<img src=x>", "user_name _it_ *b*", "\\|", "AT&T &amp;", "\u{1b}[0m"]);
    assert_eq!(
        text(&dataset, &options(Format::Md)),
        "| t | n |\n| --- | ---: |\n| a\\|b | 1 |\n| x<br>y<br>z | 1 |\n| \\<img src=x> | 1 |\n\
         | user_name \\_it\\_ \\*b\\* | 1 |\n| \\\\\\| | 1 |\n| AT\\&T \\&amp; | 1 |\n| ␛\\[0m | 1 |\n"
    );
}

#[test]
fn the_terminal_gets_aligned_cells_and_nothing_that_moves_it() {
    let frame = DataFrame::new(
        3,
        vec![
            Column::new("名前".into(), [Some("日本酒"), None, Some("a\u{1b}[2Jb\nc")]),
            Column::new("count".into(), [1_234_567i64, 2, 3]),
            Column::new("last".into(), ["x", "y", "z"]),
        ],
    )
    .unwrap();
    let dataset = Dataset::from_frame(frame);
    let full = text(&dataset, &options(Format::Term));
    let lines: Vec<&str> = full.lines().collect();
    assert_eq!(lines.len(), 5);
    assert!(lines[0].starts_with("名前"));
    // Words of kinds decide widths too, so ends are compared, not places.
    let ends: Vec<usize> = lines[2..].iter().map(|l| crate::text::safe::width(&l[..l.len() - 1])).collect();
    assert!(ends.iter().all(|e| *e == ends[0]), "{full}");
    assert!(lines[2].contains("1,234,567") && lines[3].contains('∅'));
    assert!(full.chars().all(|c| c == '\n' || !c.is_control()));
    let narrow = text(&dataset, &WriteOptions { width: Some(20), ..options(Format::Term) });
    assert!(narrow.lines().all(|l| crate::text::safe::width(l) <= 20), "{narrow}");
    assert_eq!(narrow.lines().last(), Some("… 1 more column").filter(|_| narrow.contains('…')));
    let coloured = text(&dataset, &WriteOptions { colour: true, ..options(Format::Term) });
    assert!(coloured.contains("\u{1b}[2m∅\u{1b}[0m"));
    assert_eq!(coloured.replace("\u{1b}[0m", "").replace("\u{1b}[1m", "").replace("\u{1b}[2m", ""), full);
    let long = numbers(5000);
    assert_eq!(text(&long, &options(Format::Term)).lines().count(), 5002);
}

#[test]
fn nothing_is_a_table_too() {
    let none = numbers(0);
    let bare = Dataset::from_frame(DataFrame::new(2, vec![]).unwrap());
    let empty = Dataset::from_frame(DataFrame::new(0, vec![]).unwrap());
    assert_eq!(text(&none, &options(Format::Csv)), "n,t\n");
    assert_eq!(
        text(&none, &options(Format::Json)),
        "{\"schema_version\":1,\"columns\":[{\"name\":\"n\",\"type\":\"integer\"},{\"name\":\"t\",\"type\":\"text\"}],\"rows\":[\n],\"cut\":null}\n"
    );
    assert_eq!(text(&bare, &options(Format::Jsonl)), "{}\n{}\n");
    for dataset in [&bare, &empty] {
        for format in Format::all() {
            written(dataset, None, &options(format));
        }
        assert_eq!(text(dataset, &options(Format::Csv)), "");
    }
    let parquet = read_parquet(written(&none, None, &options(Format::Parquet)).0);
    let arrow = read_arrow(written(&none, None, &options(Format::Arrow)).0);
    for frame in [parquet, arrow] {
        assert_eq!((frame.height(), names_of(&frame)), (0, vec!["n", "t"]));
        assert_eq!(frame.column("n").unwrap().dtype(), &DataType::Int64);
    }
}

#[test]
fn a_result_in_hand_is_written_as_a_table_is() {
    use crate::data::schema_of;
    let frame = everything();
    let rows = Frame::new(frame.clone());
    let columns = schema_of(&frame).columns().to_vec();
    let cells: Vec<Vec<Cell<'static>>> =
        (0..frame.height()).map(|r| (0..frame.width()).map(|c| rows.cell(r, c).into_owned()).collect()).collect();
    let dataset = Dataset::from_frame(frame.clone());
    let folder = tempfile::tempdir().unwrap();
    for format in Format::all() {
        let path = file(&folder, format.name());
        let done = write_table(&columns, &cells, None, &Target::File(path.clone()), &options(format)).unwrap();
        assert_eq!(done.rows, frame.height() as u64);
        let bytes = std::fs::read(&path).unwrap();
        match format {
            Format::Parquet => {
                let back = Frame::new(read_parquet(bytes));
                for row in 0..frame.height() {
                    for (column, want) in columns.iter().enumerate() {
                        let (got, want_cell) = (back.cell(row, column), rows.cell(row, column));
                        assert_eq!(got.plain(), want_cell.plain(), "{row} {}", want.name);
                    }
                }
                assert_eq!(back.schema().columns()[1].kind, crate::value::Kind::Integer);
            }
            Format::Arrow => assert_eq!(read_arrow(bytes).height(), frame.height()),
            _ => assert!(bytes == written(&dataset, None, &options(format)).0, "{format:?}"),
        }
    }
    // The same name twice, and a cell that is not of its column's kind.
    let twice = vec![columns[1].clone(), columns[1].clone()];
    let path = file(&folder, "twice.json");
    write_table(
        &twice,
        &[vec![Cell::Int(1), Cell::Text("x".into())]],
        Some(Cut { limit: 1 }),
        &Target::File(path.clone()),
        &options(Format::Json),
    )
    .unwrap();
    let value: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(value["rows"], serde_json::json!([{"int": 1, "int_2": "x"}]));
    assert_eq!(value["cut"], serde_json::json!({"limit": 1}));
}
