//! Values that folder names give to columns: `day=2026-11-01/国=日本/part-0.parquet`.

use std::path::{Path, PathBuf};

use polars::prelude::DataType;

use crate::value::time;

/// What stands for a missing value in a folder name.
const MISSING: &str = "__HIVE_DEFAULT_PARTITION__";

/// The columns that come from folder names, and for each file its values for them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Partitions {
    /// Names and types, in the order of the folders.
    pub columns: Vec<(String, DataType)>,
    /// One row for each file.
    pub values: Vec<Vec<Option<String>>>,
}

/// Reads the folder names between `base` and each file.
pub fn partitions(base: &Path, files: &[PathBuf]) -> Partitions {
    let mut names: Vec<String> = Vec::new();
    let pairs: Vec<Vec<(String, Option<String>)>> = files.iter().map(|f| pairs(base, f)).collect();
    for (name, _) in pairs.iter().flatten() {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let values: Vec<Vec<Option<String>>> = pairs
        .iter()
        .map(|own| names.iter().map(|n| own.iter().rev().find(|(m, _)| m == n).and_then(|(_, v)| v.clone())).collect())
        .collect();
    let columns = names
        .into_iter()
        .enumerate()
        .map(|(i, name)| (name, type_of(values.iter().filter_map(|row| row.get(i)?.as_deref()))))
        .collect();
    Partitions { columns, values }
}

fn pairs(base: &Path, file: &Path) -> Vec<(String, Option<String>)> {
    let below = file.strip_prefix(base).unwrap_or(file);
    let Some(folders) = below.parent() else { return Vec::new() };
    folders
        .components()
        .filter_map(|c| {
            let folder = c.as_os_str().to_string_lossy();
            let (name, value) = folder.split_once('=')?;
            let name = decode(name);
            (!name.is_empty()).then(|| (name, (value != MISSING).then(|| decode(value))))
        })
        .collect()
}

/// `%E6%97%A5` as the character it stands for; a stray `%` stays.
fn decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let hex = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        match (bytes[i], hex(bytes.get(i + 1)), hex(bytes.get(i + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                i += 3;
            }
            (b, ..) => {
                out.push(b);
                i += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// Whole numbers if every value reads back as written, dates if all are ISO 8601 days, else text.
fn type_of<'a>(values: impl Iterator<Item = &'a str> + Clone) -> DataType {
    if values.clone().next().is_none() {
        return DataType::String;
    }
    if values.clone().all(|v| v.parse::<i64>().is_ok_and(|n| n.to_string() == v)) {
        return DataType::Int64;
    }
    if values.clone().all(|v| time::iso_day(v).is_some()) {
        return DataType::Date;
    }
    DataType::String
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[&str]) -> Partitions {
        partitions(Path::new("/d"), &files.iter().map(PathBuf::from).collect::<Vec<_>>())
    }

    #[test]
    fn values_come_from_folders() {
        let p = of(&[
            "/d/day=2026-11-01/国=日本/n=1/a.parquet",
            "/d/day=2026-11-02/%E5%9B%BD=%E4%B8%AD%E5%9B%BD/n=-20/b=x.parquet",
            "/d/day=__HIVE_DEFAULT_PARTITION__/国=a%2Fb/n=3/c.parquet",
        ]);
        assert_eq!(
            p.columns,
            [("day".into(), DataType::Date), ("国".into(), DataType::String), ("n".into(), DataType::Int64)]
        );
        assert_eq!(p.values[1], [Some("2026-11-02".into()), Some("中国".into()), Some("-20".into())]);
        assert_eq!(p.values[2], [None, Some("a/b".into()), Some("3".into())]);
    }

    #[test]
    fn kinds_lose_nothing() {
        for (value, want) in [
            ("01", DataType::String),
            ("+1", DataType::String),
            ("9223372036854775808", DataType::String),
            ("2026-02-30", DataType::String),
            ("2024-02-29", DataType::Date),
            ("", DataType::String),
            ("0", DataType::Int64),
        ] {
            assert_eq!(of(&[&format!("/d/k={value}/a.parquet")]).columns[0].1, want, "{value}");
        }
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%zz%41"), "%zzA");
    }

    #[test]
    fn plain_folders_give_nothing() {
        assert_eq!(of(&["/d/a/b.parquet"]).columns, []);
        // A file that lacks a folder has no value there.
        let p = of(&["/d/k=1/a.parquet", "/d/b.parquet"]);
        assert_eq!(p.values, [vec![Some("1".into())], vec![None]]);
    }
}
