//! Whole files, written by the tests themselves and read back by window and by part.

use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::data::{Flow, Frame, RowCount, scan};
use crate::error::ErrorKind;
use crate::value::Cell;

/// Blocks so small that every record crosses some border.
fn tiny() -> Sizes {
    Sizes { head: 400, sample: 10, block: 37, spacing: 64, part: 150, quote: 5_000, record: 20_000 }
}

struct Written {
    _file: tempfile::NamedTempFile,
    opened: Delimited,
}

fn write(bytes: &[u8], suffix: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(suffix).tempfile().expect("a temporary file");
    file.write_all(bytes).expect("written");
    file
}

fn open_with(bytes: &[u8], options: OpenOptions, sizes: Sizes) -> Result<Written> {
    let file = write(bytes, ".csv");
    let opened = open_sized(file.path(), &options, &Control::new(), sizes)?;
    Ok(Written { _file: file, opened })
}

fn opened(bytes: impl AsRef<[u8]>) -> Written {
    open_with(bytes.as_ref(), OpenOptions::default(), Sizes::default()).expect("opens")
}

fn opened_tiny(bytes: impl AsRef<[u8]>) -> Written {
    open_with(bytes.as_ref(), OpenOptions::default(), tiny()).expect("opens")
}

fn text(cell: &Cell<'_>) -> String {
    if cell.is_null() { "∅".to_owned() } else { cell.plain() }
}

fn window(table: &dyn Table, start: u64, len: usize) -> Vec<Vec<String>> {
    let all: Vec<usize> = (0..table.schema().len()).collect();
    let frame = Frame::new(table.read(&all, start, len).expect("read"));
    (0..frame.height()).map(|r| all.iter().map(|c| text(&frame.cell(r, *c))).collect()).collect()
}

fn by_parts(table: &dyn Table) -> Vec<Vec<String>> {
    let control = Control::new();
    let parts = table.parts(&control).expect("parts");
    let all: Vec<usize> = (0..table.schema().len()).collect();
    let mut out = Vec::new();
    scan(
        table,
        &all,
        &parts,
        &control,
        |_, f| Ok(Frame::new(f)),
        |part, f: Frame| {
            assert_eq!((part.start, part.len), (out.len() as u64, f.height()));
            out.extend((0..f.height()).map(|r| all.iter().map(|c| text(&f.cell(r, *c))).collect::<Vec<_>>()));
            Ok(Flow::Continue)
        },
    )
    .expect("scan");
    assert_eq!(table.rows(), RowCount::Exact(out.len() as u64));
    out
}

fn rows(w: &Written) -> Vec<Vec<String>> {
    window(w.opened.table.as_ref(), 0, 100_000)
}

fn names(w: &Written) -> Vec<String> {
    w.opened.table.schema().columns().iter().map(|c| c.name.clone()).collect()
}

fn kinds(table: &dyn Table) -> Vec<String> {
    table.schema().columns().iter().map(|c| c.kind.name()).collect()
}

fn ids(messages: &[Msg]) -> Vec<&'static str> {
    messages.iter().map(|m| m.id).collect()
}

fn english(messages: &[Msg], id: &str) -> String {
    messages.iter().find(|m| m.id == id).map_or(String::new(), |m| m.in_lang(crate::text::Lang::En))
}

/// The table after the pass over all values.
fn settled(w: &Written) -> Arc<dyn Table> {
    let table = w.opened.table.settle(&Control::new()).expect("settles").unwrap_or_else(|| w.opened.table.clone());
    assert!(table.settle(&Control::new()).expect("settles").is_none(), "settled once and for all");
    table
}

#[test]
fn kinds_and_missing_values() {
    let w = opened(
        "id,ratio,ok,day,at,zip,note\n\
         1,0.5,true,2024-01-05,2024-01-05 10:00:00+0900,01234,\"\"\n\
         2,,false,,,00042,\n\
         -3,NaN,TRUE,2024-02-29,2024-01-05T01:00:00Z,,\"say \"\"hi\"\"\"\n",
    );
    assert_eq!(
        kinds(w.opened.table.as_ref()),
        ["integer", "float", "boolean", "date", "datetime[UTC]", "text", "text"]
    );
    assert_eq!(
        rows(&w),
        [
            ["1", "0.5", "true", "2024-01-05", "2024-01-05T01:00:00Z", "01234", ""],
            ["2", "∅", "false", "∅", "∅", "00042", "∅"],
            ["-3", "NaN", "true", "2024-02-29", "2024-01-05T01:00:00Z", "∅", "say \"hi\""],
        ]
    );
    assert_eq!(ids(&w.opened.notices), ["notice-text-kept"]);
    assert!(english(&w.opened.notices, "notice-text-kept").contains("zip"));
    assert!(w.opened.facts.is_empty());
    assert_eq!(w.opened.table.rows(), RowCount::Exact(3));
}

#[test]
fn encodings_are_found_and_said() {
    let body = "番号,商品名,産地\n1,みかん（大）,愛媛県\n2,ソーセージ能表,十勝\n3,コシヒカリ,新潟県\n";
    let want = [["1", "みかん（大）", "愛媛県"], ["2", "ソーセージ能表", "十勝"], ["3", "コシヒカリ", "新潟県"]];
    let wide = |big: bool, mark: bool| -> Vec<u8> {
        let marked = format!("{}{body}", if mark { "\u{feff}" } else { "" });
        marked.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    };
    for (bytes, fact) in [
        (body.as_bytes().to_vec(), None),
        (format!("\u{feff}{body}").into_bytes(), None),
        (encoding_rs::SHIFT_JIS.encode(body).0.into_owned(), Some("CP932")),
        (encoding_rs::EUC_JP.encode(body).0.into_owned(), Some("EUC-JP")),
        (encoding_rs::ISO_2022_JP.encode(body).0.into_owned(), Some("ISO-2022-JP")),
        (wide(false, true), Some("UTF-16LE")),
        (wide(true, true), Some("UTF-16BE")),
        (wide(false, false), Some("UTF-16LE")),
        (wide(true, false), Some("UTF-16BE")),
    ] {
        for sizes in [Sizes::default(), tiny()] {
            let w = open_with(&bytes, OpenOptions::default(), sizes).expect("opens");
            assert_eq!(names(&w), ["番号", "商品名", "産地"], "{fact:?}");
            assert_eq!(rows(&w), want, "{fact:?}");
            assert_eq!(kinds(w.opened.table.as_ref())[0], "integer");
            let facts: Vec<String> = w.opened.facts.iter().map(|f| f.in_lang(crate::text::Lang::En)).collect();
            assert_eq!(facts, fact.into_iter().map(String::from).collect::<Vec<_>>());
        }
    }
    let latin = encoding_rs::WINDOWS_1252.encode("ville,n\nOrléans,1\nBesançon,2\nSète,3\n").0.into_owned();
    assert_eq!(rows(&opened(latin))[1][0], "Besançon");
}

#[test]
fn an_encoding_asked_for_is_used() {
    let bytes = encoding_rs::SHIFT_JIS.encode("a,b\nｱｲｳ,1\n").0.into_owned();
    let asked = |name: &str| OpenOptions { encoding: Some(name.into()), ..OpenOptions::default() };
    let w = open_with(&bytes, asked("cp932"), Sizes::default()).expect("opens");
    assert_eq!(rows(&w)[0][0], "ｱｲｳ");
    let error = open_with(&bytes, asked("latin-9000"), Sizes::default()).err().expect("refused");
    assert_eq!(error.kind, ErrorKind::Usage);
    assert!(error.hint.is_some_and(|h| h.to_string().contains("cp932")));
}

#[test]
fn japanese_after_a_long_stretch_of_ascii() {
    for (encoding, name) in
        [(encoding_rs::SHIFT_JIS, "CP932"), (encoding_rs::EUC_JP, "EUC-JP"), (encoding_rs::UTF_8, "")]
    {
        let mut body = String::from("id,name\n");
        for i in 0..500 {
            body += &format!("{i},plain\n");
        }
        body += "500,みかんとりんご\n501,ソ能表\n502,さくらんぼ\n";
        let w = opened_tiny(encoding.encode(&body).0.into_owned());
        // A window far down decides as a pass from the beginning would.
        assert_eq!(window(w.opened.table.as_ref(), 501, 1), [["501", "ソ能表"]], "{name}");
        assert_eq!(by_parts(w.opened.table.as_ref())[500], ["500", "みかんとりんご"]);
        let said = english(&w.opened.table.notices(), "notice-text-encoding-late");
        assert_eq!(said.contains("line 502") && said.contains(name), !name.is_empty(), "{said}");
    }
}

#[test]
fn bytes_that_cannot_be_decoded_are_counted() {
    let mut bytes =
        "id,name\n1,東京都\n2,大阪府\n3,京都府大山崎町\n4,北海道\n5,青森県\n6,沖縄県那覇市\n".as_bytes().to_vec();
    let at = bytes.iter().position(|b| *b == b'2').expect("row 2") + 2;
    bytes[at] = 0xff;
    let w = opened(&bytes);
    assert!(rows(&w)[1][1].contains('\u{fffd}'));
    assert_eq!(rows(&w)[2][1], "京都府大山崎町");
    settled(&w);
    assert!(ids(&w.opened.table.notices()).contains(&"notice-text-undecodable"));
}

#[test]
fn what_a_number_would_lose_stays_text() {
    let w =
        opened("zip,big,plus,grouped,code\n01234,12345678901234567890,+5,\"1,234\",12E5\n00001,1,+6,\"2,000\",13E5\n");
    assert_eq!(kinds(w.opened.table.as_ref()), ["text"; 5]);
    assert_eq!(rows(&w)[0], ["01234", "12345678901234567890", "+5", "1,234", "12E5"]);
}

#[test]
fn text_after_many_numbers_is_not_lost() {
    let mut body = String::from("a,b,c,d\n");
    for i in 0..12_000 {
        body += &format!("{i},{i}.5,2024-01-01,x\n");
    }
    body += "unknown,1,2024-13-01,y\n12001,2,,z\n7.5,3,,z\n";
    let w = opened(&body);
    let first = w.opened.table.clone();
    assert_eq!(kinds(first.as_ref()), ["integer", "float", "date", "text"]);
    assert_eq!(window(first.as_ref(), 12_000, 2), [["∅", "1.0", "∅", "y"], ["12001", "2.0", "∅", "z"]]);
    let said = english(&first.notices(), "notice-text-misfit");
    assert!(said.contains("line 12,002") && said.contains("unknown"), "{said}");
    let second = settled(&w);
    assert_eq!(kinds(second.as_ref()), ["text", "float", "text", "text"]);
    assert_eq!(
        window(second.as_ref(), 12_000, 3),
        [["unknown", "1.0", "2024-13-01", "y"], ["12001", "2.0", "∅", "z"], ["7.5", "3.0", "∅", "z"]]
    );
    assert_eq!(window(second.as_ref(), 3, 1), [["3", "3.5", "2024-01-01", "x"]]);
    assert_eq!(ids(&second.notices()), ["notice-text-retyped"; 2]);
}

#[test]
fn a_column_widens_no_further_than_it_must() {
    let head: String = (0..20).map(|i| format!("{i},{i}\n")).collect();
    let w = opened_tiny(format!("a,b\n{head}0.5,9007199254740993\n1e300,0.5\n"));
    assert_eq!(kinds(w.opened.table.as_ref()), ["integer", "integer"]);
    let table = settled(&w);
    // 2^53 + 1 is no double.
    assert_eq!(kinds(table.as_ref()), ["float", "text"]);
    assert_eq!(by_parts(table.as_ref())[20], ["0.5", "9007199254740993"]);
}

#[test]
fn ragged_rows() {
    let w = opened("a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12,\n13,14,15,16,17\n");
    let table = settled(&w);
    assert_eq!(by_parts(table.as_ref())[1..3], [["4", "5", "∅"], ["6", "7", "8"]]);
    let notices = table.notices();
    assert_eq!(ids(&notices), ["notice-text-long", "notice-text-short"]);
    let long = english(&notices, "notice-text-long");
    assert!(long.starts_with("2 lines") && long.contains("line 4 has 4"), "{long}");
    let short = english(&notices, "notice-text-short");
    assert!(short.contains("Line 3: 3 fields expected, 2 found"), "{short}");
}

#[test]
fn names_and_preambles() {
    let w = opened("a,,a\n1,2,3\n");
    assert_eq!(names(&w), ["a", "column_2", "a_2"]);
    assert_eq!(ids(&w.opened.notices), ["notice-text-duplicate-names", "notice-text-empty-names"]);
    for eol in ["\n", "\r\n"] {
        let body = ["売上一覧（大阪）", "# by hand", "", "id,品名,n", "1,りんご,2", "2,みかん,3", ""].join(eol);
        let w = opened(encoding_rs::SHIFT_JIS.encode(&body).0.into_owned());
        assert_eq!(names(&w), ["id", "品名", "n"]);
        assert_eq!(rows(&w), [["1", "りんご", "2"], ["2", "みかん", "3"]]);
        let said = english(&w.opened.notices, "notice-text-preamble");
        assert!(said.contains("売上一覧（大阪）") && said.contains('3'), "{said}");
    }
    let plain = OpenOptions { header: Some(false), ..OpenOptions::default() };
    let w = open_with(b"x,y\n1,2\n", plain, Sizes::default()).expect("opens");
    assert_eq!((names(&w), rows(&w).len()), (vec!["column_1".into(), "column_2".into()], 2));
}

#[test]
fn line_ends_and_odd_files() {
    for eol in ["\n", "\r\n", "\r"] {
        for end in ["", eol] {
            let w = opened_tiny(["id,v", "1,\"x\u{20}\"", "2,y"].join(eol) + end);
            assert_eq!(rows(&w), [["1", "x "], ["2", "y"]], "{eol:?}");
        }
    }
    assert_eq!(rows(&opened("word\nalpha\n\nbeta\n")), [["alpha"], ["∅"], ["beta"]]);
    assert_eq!(rows(&opened("n\n1\n2")), [["1"], ["2"]]);
    let w = opened("a,b\n");
    assert_eq!((names(&w).len(), w.opened.table.rows()), (2, RowCount::Exact(0)));
    assert_eq!(by_parts(w.opened.table.as_ref()).len(), 0);
    let w = opened("a,b\n1,x\0y\n2,z\n");
    assert_eq!(rows(&w)[0], ["1", "x\0y"]);
    assert_eq!(ids(&w.opened.table.notices()), ["notice-text-nuls"]);
    for empty in [&b""[..], b"\n\n", b"\xef\xbb\xbf", b"\xff\xfe"] {
        let error = open_with(empty, OpenOptions::default(), Sizes::default()).err().expect("refused");
        assert_eq!(error.message.id, "error-text-empty");
        assert!(error.hint.is_some());
    }
    let w = open_with(b"a;b\n1;2\n", OpenOptions { all_text: true, ..OpenOptions::default() }, Sizes::default())
        .expect("opens");
    assert_eq!(
        (kinds(w.opened.table.as_ref()), ids(&w.opened.facts)),
        (vec!["text".into(); 2], vec!["text-delimiter"])
    );
}

#[test]
fn a_quote_never_closed_costs_one_line() {
    let mut body = String::from("id,name\n");
    for i in 0..300 {
        body += &if i == 100 { "100,\"open\n".to_owned() } else { format!("{i},n{i}\n") };
    }
    for sizes in [Sizes::default(), tiny(), Sizes { quote: 500, ..tiny() }] {
        let w = open_with(body.as_bytes(), OpenOptions::default(), sizes).expect("opens");
        let table = settled(&w);
        let all = by_parts(table.as_ref());
        assert_eq!(all.len(), 300);
        assert_eq!(all[99..102], [["99", "n99"], ["100", "\"open"], ["101", "n101"]]);
        assert_eq!(window(table.as_ref(), 100, 2), all[100..102]);
        let said = english(&table.notices(), "notice-text-open-quote");
        assert!(said.starts_with("Line 102 "), "{said}");
        let japanese = table.notices()[0].in_lang(crate::text::Lang::Ja);
        assert!(japanese.starts_with("102 行目の引用符"), "{japanese}");
    }
}

#[test]
fn a_file_that_changes_is_not_read_further() {
    let body: String = (0..500).map(|i| format!("{i},x\n")).collect();
    let file = write(format!("a,b\n{body}").as_bytes(), ".csv");
    let w = open_sized(file.path(), &OpenOptions::default(), &Control::new(), tiny()).expect("opens");
    file.as_file().set_len(100).expect("shortened");
    let error = w.table.read(&[0], 0, 5).err().expect("noticed");
    assert_eq!(error.message.id, "error-file-changed");
    assert!(w.table.parts(&Control::new()).is_err());
}

#[test]
fn work_can_be_stopped() {
    let body: String = (0..500).map(|i| format!("{i},x\n")).collect();
    let w = opened_tiny(format!("a,b\n{body}"));
    let control = Control::new();
    control.cancel();
    assert_eq!(w.opened.table.settle(&control).err().map(|e| e.kind), Some(ErrorKind::Interrupted));
    assert_eq!(by_parts(settled(&w).as_ref()).len(), 500);
}

/// An independent writer: quotes where the rules of CSV ask for it, or everywhere.
fn csv(table: &[Vec<String>], delimiter: char, eol: &str, quote_all: bool, last: bool) -> String {
    let field = |f: &String| {
        let needs = quote_all || f.is_empty() || f.contains([delimiter, '"', '\n', '\r']);
        if needs { format!("\"{}\"", f.replace('"', "\"\"")) } else { f.clone() }
    };
    let lines: Vec<String> =
        table.iter().map(|r| r.iter().map(field).collect::<Vec<_>>().join(&delimiter.to_string())).collect();
    lines.join(eol) + if last { eol } else { "" }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn windows_and_parts_give_what_was_written(
        rows in (1usize..5).prop_flat_map(|n| prop::collection::vec(prop::collection::vec("[a-z0-9 ,;\"\n東京ソ.-]{0,12}", n), 0..60)),
        delimiter in prop::sample::select(vec![',', '\t', ';', '|']),
        crlf in any::<bool>(),
        quote_all in any::<bool>(),
        last in any::<bool>(),
        cp932 in any::<bool>(),
        block in 16usize..200,
        windows in prop::collection::vec((0u64..70, 0usize..30), 1..8),
    ) {
        let n = rows.first().map_or(1, Vec::len);
        let mut table = vec![(0..n).map(|i| format!("name{i}")).collect::<Vec<_>>()];
        table.extend(rows.iter().cloned());
        let text = csv(&table, delimiter, if crlf { "\r\n" } else { "\n" }, quote_all, last);
        let (bytes, label) = match cp932 {
            true => (encoding_rs::SHIFT_JIS.encode(&text).0.into_owned(), "cp932"),
            false => (text.into_bytes(), "utf-8"),
        };
        let options = OpenOptions {
            encoding: Some(label.into()), delimiter: Some(delimiter), header: Some(true), all_text: true, ..OpenOptions::default()
        };
        let w = open_with(&bytes, options, Sizes { block, ..tiny() }).expect("opens");
        let t = w.opened.table.as_ref();
        for (start, len) in windows {
            let from = rows.len().min(start as usize);
            let to = rows.len().min(from + len);
            prop_assert_eq!(window(t, start, len), &rows[from..to]);
        }
        prop_assert_eq!(by_parts(t), rows);
    }

    #[test]
    fn nothing_crashes(bytes in prop::collection::vec(prop::sample::select(b"a1,\"\n\r\t;| \0\x82\xa0\xff#.".to_vec()), 0..300), block in 1usize..100) {
        if let Ok(w) = open_with(&bytes, OpenOptions::default(), Sizes { block, ..tiny() }) {
            let table = settled(&w);
            let all = by_parts(table.as_ref());
            for start in 0..all.len() {
                prop_assert_eq!(&window(table.as_ref(), start as u64, 3)[..], &all[start..all.len().min(start + 3)]);
            }
            table.notices();
        }
    }
}
