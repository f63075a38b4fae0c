//! What the programs in Python that repeat an analysis have in common: texts as literals, the table they begin with. Text
//! from data stands in a program only as literals and in comments of one line.

use serde_json::Value;

use crate::text::{Msg, safe};

/// Where the rows come from.
pub struct Table<'a> {
    /// The locator.
    pub name: &'a str,
    /// What was done to the table before, in words.
    pub before: &'a [Msg],
}

/// Text as Python reads it: JSON's strings are Python's too. What would steer a terminal or turn its writing around
/// stands as its number.
pub fn literal(text: &str) -> String {
    let steers = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut out = String::new();
    for c in Value::from(text).to_string().chars() {
        match steers(c) {
            true => out.push_str(&format!("\\u{:04x}", c as u32)),
            false => out.push(c),
        }
    }
    out
}

/// A list of what is written in Python already.
pub fn list(texts: impl Iterator<Item = String>) -> String {
    format!("[{}]", texts.collect::<Vec<_>>().join(", "))
}

/// A comment of one line.
pub fn comment(text: &str) -> String {
    format!("# {}\n", safe::line(text))
}

/// How pandas reads a file of this name; none for what is no file it reads.
fn reader(name: &str) -> Option<String> {
    let path = literal(name);
    let lower = name.to_lowercase();
    let plain = [".gz", ".zst"].iter().find_map(|e| lower.strip_suffix(e)).unwrap_or(&lower);
    let text = "pd.read_csv";
    let read = match plain.rsplit_once('.')?.1 {
        _ if name.contains("://") => return None,
        "csv" => format!("{text}({path})"),
        "tsv" | "tab" => format!("{text}({path}, sep=\"\\t\")"),
        "parquet" | "pq" => format!("pd.read_parquet({path})"),
        "jsonl" | "ndjson" => format!("pd.read_json({path}, lines=True)"),
        "json" => format!("pd.read_json({path})"),
        "arrow" | "feather" | "ipc" => format!("pd.read_feather({path})"),
        "xlsx" => format!("pd.read_excel({path})"),
        _ => return None,
    };
    Some(read)
}

impl Table<'_> {
    /// The lines that read the table as `df`, and say what is left to do to it.
    pub fn reading(&self) -> String {
        let mut out = match reader(self.name) {
            Some(read) => format!("df = {read}\n"),
            None => {
                let export = format!("Write the table to a file first: mekiki export {} -o data.csv", self.name);
                format!("{}df = pd.read_csv(\"data.csv\")\n", comment(&export))
            }
        };
        for step in self.before {
            out.push_str(&comment(&format!("Not repeated here, do it to df: {step}")));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_end_where_they_should() {
        assert_eq!(literal("it's \"y\"\\\n"), r#""it's \"y\"\\\n""#);
        assert_eq!(literal("🍎\u{7f}\u{9b}\u{202e}"), "\"🍎\\u007f\\u009b\\u202e\"");
    }

    #[test]
    fn a_table_that_is_no_file_is_to_be_written_first() {
        let before = [Msg::new("step-limit").with("rows", 5)];
        let lines = |name| Table { name, before: &before }.reading();
        assert!(lines("a.tsv.gz").starts_with("df = pd.read_csv(\"a.tsv.gz\", sep=\"\\t\")\n# Not repeated here"));
        assert!(lines("prod:a\nb").starts_with("# Write the table to a file first: mekiki export prod:a"));
        assert_eq!(lines("prod:a\nb").lines().count(), 3);
    }
}
