//! Arrow files written by the table library and by hand, read by window.

use polars::prelude::{
    DataType, FrozenCategories, IntoColumn as _, IpcCompression, IpcWriter, NamedFrom as _, SerWriter as _, Series, df,
};

use super::*;
use crate::source::files::input::spool;

type Test = std::result::Result<(), Box<dyn std::error::Error>>;

fn frame(from: i64, rows: i64) -> std::result::Result<DataFrame, Box<dyn std::error::Error>> {
    let ids: Vec<i64> = (from..from + rows).collect();
    let names: Vec<String> = ids.iter().map(|i| format!("名{}", i % 7)).collect();
    let lists = Series::new("list".into(), ids.iter().map(|i| Series::new("".into(), [*i, i + 1])).collect::<Vec<_>>());
    let mut frame =
        df!["id" => &ids, "name" => &names, "half" => ids.iter().map(|i| *i as f64 / 2.0).collect::<Vec<_>>()]?;
    frame.with_column(lists.into_column())?;
    let categories = FrozenCategories::new(["名0", "名1", "名2", "名3", "名4", "名5", "名6"])?;
    let cats = Series::new("cat".into(), &names).cast(&DataType::from_frozen_categories(categories))?;
    frame.with_column(cats.into_column())?;
    Ok(frame)
}

fn file(bytes: &[u8]) -> Result<Input> {
    let file = spool("test", ".arrow")?;
    std::fs::write(file.path(), bytes).map_err(|e| Error::io(file.path(), e))?;
    Ok(Input::temporary(file.into_temp_path(), "t.arrow".into(), "t.arrow".into()))
}

fn written(
    frame: &DataFrame,
    batch: usize,
    compression: Option<IpcCompression>,
) -> std::result::Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut out = Vec::new();
    // The writer makes a batch of each chunk.
    let mut chunked = frame.slice(0, batch);
    for start in (batch..frame.height()).step_by(batch) {
        chunked.vstack_mut(&frame.slice(start as i64, batch))?;
    }
    IpcWriter::new(&mut out).with_compression(compression).finish(&mut chunked)?;
    Ok(out)
}

/// The messages of a file as a stream: what lies between the magic at the beginning and the footer.
fn as_stream(file: &[u8]) -> Vec<u8> {
    let n = file.len();
    let footer = u32::from_le_bytes([file[n - 10], file[n - 9], file[n - 8], file[n - 7]]) as usize;
    file[8..n - 10 - footer].to_vec()
}

#[test]
fn windows_of_files_and_streams() -> Test {
    let whole = frame(0, 1_000)?;
    for compression in [None, Some(IpcCompression::LZ4), Some(IpcCompression::ZSTD(Default::default()))] {
        let bytes = written(&whole, 130, compression)?;
        for bytes in [bytes.clone(), as_stream(&bytes)] {
            let table = open(&file(&bytes)?, &Control::new())?;
            assert_eq!(table.rows(), RowCount::Exact(1_000));
            assert_eq!(table.batches.len(), 8);
            assert!(table.findings().is_empty());
            for (start, len) in [(0, 5), (125, 10), (999, 5), (0, 1_000), (1_000, 3), (260, 130)] {
                let got = table.read(&[4, 1, 0, 3, 2], start, len)?;
                let want = whole.select(["cat", "name", "id", "list", "half"])?.slice(start as i64, len);
                assert!(got.equals_missing(&want), "{start} {len}: {got:?}");
            }
            assert_eq!(table.read(&[], 10, 5)?.height(), 5);
            assert_eq!(table.gather(&[0], &[700, 3])?.column("id")?.i64()?.to_vec(), [Some(700), Some(3)]);
            let rows: usize = table.parts(&Control::new())?.iter().map(|p| p.len).sum();
            assert_eq!(rows, 1_000);
        }
    }
    Ok(())
}

#[test]
fn a_file_cut_short_gives_its_whole_batches() -> Test {
    let bytes = written(&frame(0, 1_000)?, 100, None)?;
    let table = open(&file(&bytes[..bytes.len() / 2])?, &Control::new())?;
    let rows = table.rows().known();
    assert!(rows > 0 && rows < 1_000 && rows % 100 == 0, "{rows}");
    assert_eq!(table.findings().iter().map(|n| n.id).collect::<Vec<_>>(), ["notice-file-cut"]);
    assert_eq!(table.read(&[0], rows - 1, 5)?.column("id")?.i64()?.to_vec(), [Some(rows as i64 - 1)]);
    Ok(())
}

#[test]
fn a_damaged_file_is_an_error_not_a_crash() -> Test {
    let bytes = written(&frame(0, 300)?, 100, Some(IpcCompression::LZ4))?;
    assert!(open(&file(b"ARROW1\0\0")?, &Control::new()).is_err());
    assert!(open(&file(b"ARROW1\0\0garbage and more garbage ARROW1")?, &Control::new()).is_err());
    // One byte at a time, all over the file: whatever it does, it comes back; and a column that cannot be decoded does
    // not take the others with it.
    let mut spared = 0;
    for at in (8..bytes.len()).step_by(41) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x5a;
        let Ok(table) = open(&file(&damaged)?, &Control::new()) else { continue };
        let all: Vec<usize> = (0..table.schema().len()).collect();
        let read = table.read(&all, 0, 300);
        if let (Ok(frame), [notice]) = (read, table.notices().as_slice()) {
            assert_eq!((notice.id, frame.height()), ("notice-arrow-column", 300));
            let whole = frame.columns().iter().filter(|c| c.null_count() == 0).count();
            assert_eq!(whole, all.len() - 1);
            spared += 1;
        }
    }
    assert!(spared > 0);
    Ok(())
}

#[test]
fn no_rows() -> Test {
    let table = open(&file(&written(&frame(0, 0)?, 10, None)?)?, &Control::new())?;
    assert_eq!((table.rows(), table.schema().len()), (RowCount::Exact(0), 5));
    assert_eq!(table.read(&[1], 0, 10)?.height(), 0);
    Ok(())
}

#[test]
fn a_file_written_to_meanwhile_is_noticed() -> Test {
    let input = file(&written(&frame(0, 100)?, 50, None)?)?;
    let table = open(&input, &Control::new())?;
    std::fs::write(&input.path, written(&frame(0, 200)?, 50, None)?)?;
    assert_eq!(table.read(&[0], 60, 5).err().map(|e| e.message.id), Some("error-file-changed"));
    Ok(())
}
