//! Workbooks written cell by cell, compared with tables written by hand.

use rust_xlsxwriter::{ExcelDateTime, Format as Style, Formula, Workbook, Worksheet, XlsxError};

use super::*;
use crate::data::Dataset;
use crate::source::files::input::spool;

type Test = std::result::Result<(), Box<dyn std::error::Error>>;
type Fill = fn(&mut Worksheet) -> std::result::Result<(), XlsxError>;

fn saved(sheets: &[(&str, Fill)]) -> std::result::Result<Input, Box<dyn std::error::Error>> {
    let mut book = Workbook::new();
    for (name, fill) in sheets {
        fill(book.add_worksheet().set_name(*name)?)?;
    }
    let file = spool("test", ".xlsx")?;
    book.save(file.path())?;
    Ok(Input::temporary(file.into_temp_path(), "t.xlsx".into(), "t.xlsx".into()))
}

fn read(input: &Input, sheet: Option<&str>) -> Result<Read> {
    open(input, sheet, &OpenOptions::default(), &Control::new())
}

fn rows(read: &Read) -> Result<Vec<String>> {
    let data = Dataset::new(read.table.clone());
    let all: Vec<usize> = (0..data.schema().len()).collect();
    let frame = data.window(&all, 0, 1_000)?;
    let row = |r| all.iter().map(|c| frame.cell(r, *c).plain()).collect::<Vec<_>>().join("|");
    Ok((0..frame.height()).map(row).collect())
}

fn columns(read: &Read) -> Vec<String> {
    read.table.schema().columns().iter().map(|c| format!("{}:{}", c.name, c.kind.name())).collect()
}

fn ids(read: &Read) -> Vec<&'static str> {
    read.notices.iter().map(|n| n.id).collect()
}

fn sales(sheet: &mut Worksheet) -> std::result::Result<(), XlsxError> {
    sheet.write_string(1, 1, "売上一覧（2026年11月）")?;
    for (i, name) in ["日付", "時刻", "更新", "コード", "数量", "単価", "率", "済"].into_iter().enumerate()
    {
        sheet.write_string(3, 1 + i as u16, name)?;
    }
    for (i, (day, code, count, price)) in [(1u8, "0012", 3.0, 1.5), (2, "0340", 1e9, 2.25)].into_iter().enumerate() {
        let row = 4 + i as u32;
        let date = Style::new().set_num_format("yyyy-mm-dd");
        let clock = Style::new().set_num_format("hh:mm:ss");
        let both = Style::new().set_num_format("yyyy/mm/dd hh:mm");
        sheet.write_datetime_with_format(row, 1, ExcelDateTime::from_ymd(2026, 11, day)?, &date)?;
        sheet.write_datetime_with_format(row, 2, ExcelDateTime::from_hms(9, 30, 15)?, &clock)?;
        sheet.write_datetime_with_format(
            row,
            3,
            ExcelDateTime::from_ymd(2026, 11, day)?.and_hms(23, 59, 59)?,
            &both,
        )?;
        sheet.write_string(row, 4, code)?;
        sheet.write_number(row, 5, count)?;
        sheet.write_number(row, 6, price)?;
        sheet.write_number_with_format(row, 7, 0.125, &Style::new().set_num_format("0.0%"))?;
        sheet.write_boolean(row, 8, i == 0)?;
    }
    Ok(())
}

fn others(sheet: &mut Worksheet) -> std::result::Result<(), XlsxError> {
    sheet.write_string(0, 0, "名前")?;
    sheet.write_string(0, 1, "値")?;
    sheet.write_string(0, 2, "値")?;
    sheet.write_string(1, 0, "a")?;
    sheet.write_number(1, 1, 12.0)?;
    sheet.write_formula(1, 2, Formula::new("=1+1").set_result("2"))?;
    sheet.merge_range(2, 0, 3, 0, "merged", &Style::new())?;
    sheet.write_string(2, 1, "1,200円")?;
    sheet.write_formula(2, 2, Formula::new("=NA()").set_result("#N/A"))?;
    sheet.write_number(3, 1, 0.5)?;
    sheet.write_number(3, 2, 7.0)?;
    // Two empty rows, then one more; and a stray cell in the last corner.
    sheet.write_string(6, 0, "b")?;
    sheet.write_string(1_048_575, 16_383, "stray")?;
    Ok(())
}

fn nothing(_: &mut Worksheet) -> std::result::Result<(), XlsxError> {
    Ok(())
}

#[test]
fn a_sheet_with_a_title_and_every_kind() -> Test {
    let input = saved(&[("表紙", nothing), ("売上", sales), ("その他", others)])?;
    let read = read(&input, None)?;
    assert_eq!(
        columns(&read),
        [
            "日付:date",
            "時刻:time",
            "更新:datetime",
            "コード:text",
            "数量:integer",
            "単価:float",
            "率:float",
            "済:boolean"
        ]
    );
    assert_eq!(
        rows(&read)?,
        [
            "2026-11-01|09:30:15|2026-11-01T23:59:59|0012|3|1.5|0.125|true",
            "2026-11-02|09:30:15|2026-11-02T23:59:59|0340|1000000000|2.25|0.125|false",
        ]
    );
    assert_eq!(ids(&read), ["notice-excel-sheets", "notice-excel-preamble"]);
    let words = read.notices[0].in_lang(crate::text::Lang::En);
    assert!(words.contains("売上") && words.contains("その他"), "{words}");
    Ok(())
}

#[test]
fn mixed_columns_errors_gaps_and_merged_cells() -> Test {
    let input = saved(&[("x", sales), ("その他", others)])?;
    for sheet in ["その他", "2"] {
        let read = read(&input, Some(sheet))?;
        assert_eq!(columns(&read), ["名前:text", "値:text", "値_2:integer", "column_4:text"]);
        assert_eq!(rows(&read)?, ["a|12|2|", "merged|1,200円||", "|0.5|7|", "b|||", "|||stray"]);
        assert_eq!(ids(&read), ["notice-excel-gaps", "notice-excel-errors", "notice-excel-mixed"]);
    }
    Ok(())
}

#[test]
fn headers_are_told_from_data() -> Test {
    let fills: [(Fill, &[&str]); 4] = [
        (
            |s| {
                s.write_string(0, 0, "a")?;
                s.write_string(0, 1, "b")?;
                s.write_number(1, 0, 1)?;
                Ok(())
            },
            &["a", "b"],
        ),
        (
            |s| {
                s.write_number(0, 0, 1)?;
                s.write_string(0, 1, "x")?;
                s.write_number(1, 0, 2)?;
                Ok(())
            },
            &["column_1", "column_2"],
        ),
        (
            |s| {
                s.write_string(0, 0, "店")?;
                s.write_number(0, 1, 2024)?;
                s.write_number(0, 2, 2025)?;
                s.write_string(1, 0, "東京")?;
                s.write_number(1, 1, 5)?;
                Ok(())
            },
            &["店", "2024", "2025"],
        ),
        (
            |s| {
                s.write_string(0, 0, "a\nb")?;
                s.write_string(0, 2, "a b")?;
                s.write_number(1, 1, 1)?;
                Ok(())
            },
            &["a b", "column_2", "a b_2"],
        ),
    ];
    for (fill, want) in fills {
        let read = read(&saved(&[("s", fill)])?, None)?;
        assert_eq!(read.table.schema().columns().iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), want);
    }
    Ok(())
}

#[test]
fn what_cannot_be_opened_says_why() -> Test {
    let input = saved(&[("売上", sales)])?;
    let missing = read(&input, Some("在庫")).err().ok_or("opened")?;
    assert_eq!(missing.kind, crate::error::ErrorKind::Usage);
    assert!(missing.hint.is_some_and(|h| h.in_lang(crate::text::Lang::En).contains("売上")));
    assert_eq!(read(&saved(&[("s", nothing)])?, None).err().map(|e| e.message.id), Some("error-excel-empty"));
    let bytes = std::fs::read(&input.path)?;
    let file = spool("test", ".xlsx")?;
    std::fs::write(file.path(), &bytes[..bytes.len() / 2])?;
    assert_eq!(read(&Input::file(file.path()), None).err().map(|e| e.message.id), Some("error-excel"));
    Ok(())
}

/// A zip archive with its members stored as they are.
fn zip(members: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, text) in members {
        let mut crc = flate2::Crc::new();
        crc.update(text.as_bytes());
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        common.extend(crc.sum().to_le_bytes());
        common.extend((text.len() as u32).to_le_bytes());
        common.extend((text.len() as u32).to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend((out.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(text.as_bytes());
    }
    let (start, size, count) = (out.len() as u32, directory.len() as u32, members.len() as u16);
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    out.extend([size.to_le_bytes(), start.to_le_bytes()].concat());
    out.extend([0, 0]);
    out
}

#[test]
fn an_open_document_with_its_own_dates() -> Test {
    let cell = |kind: &str, value: &str| format!("<table:table-cell office:value-type=\"{kind}\" {value}/>");
    let word =
        |w: &str| format!("<table:table-cell office:value-type=\"string\"><text:p>{w}</text:p></table:table-cell>");
    let row = |cells: &[String]| format!("<table:table-row>{}</table:table-row>", cells.concat());
    let header = row(&["日", "時", "更新", "数"].map(word));
    let body = row(&[
        cell("date", "office:date-value=\"2026-11-01\""),
        cell("time", "office:time-value=\"PT09H30M05S\""),
        cell("date", "office:date-value=\"2026-11-01T23:59:59.5\""),
        cell("percentage", "office:value=\"0.25\""),
    ]);
    let content = format!(
        "<office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body><office:spreadsheet>\
         <table:table table:name=\"表\">{header}{body}</table:table>\
         </office:spreadsheet></office:body></office:document-content>"
    );
    let bytes = zip(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", &content),
        (
            "META-INF/manifest.xml",
            "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>",
        ),
    ]);
    let file = spool("test", ".ods")?;
    std::fs::write(file.path(), bytes)?;
    let read = read(&Input::file(file.path()), Some("表"))?;
    assert_eq!(columns(&read), ["日:date", "時:time", "更新:datetime", "数:float"]);
    assert_eq!(rows(&read)?, ["2026-11-01|09:30:05|2026-11-01T23:59:59.500|0.25"]);
    Ok(())
}
