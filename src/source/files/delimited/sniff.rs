//! What the beginning of a text file tells about its shape: delimiter, line end, lines before the table, header.
//!
//! Works on decoded text and never reads a file itself.

use std::collections::HashSet;

use super::infer::{Seen, Type, classify};
use super::parse::{Sink, split};
use super::scan::{Dialect, Stop, Walk};

/// Records looked at to choose a delimiter.
const LINES: u64 = 200;
/// Most lines that may stand before a table.
const PREAMBLE: usize = 40;

/// What a person or the file's name said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes {
    /// The delimiter, if given.
    pub delimiter: Option<u8>,
    /// Whether there is a header, if given.
    pub header: Option<bool>,
    /// The file's name speaks of commas or tabs.
    pub named: Option<u8>,
}

/// The shape of a file.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Its marks.
    pub dialect: Dialect,
    /// Names of the columns as they stand in the header, if there is one.
    pub header: Option<Vec<String>>,
    /// How many columns there are.
    pub columns: usize,
    /// Lines before the table, empty ones included.
    pub preamble: Vec<String>,
    /// Byte of the text at which the first row of data begins.
    pub data: usize,
}

/// A record of the sample.
#[derive(Clone, Debug, Default)]
struct Record {
    start: usize,
    fields: Vec<String>,
}

impl Record {
    fn filled(&self) -> usize {
        self.fields.iter().filter(|f| !f.trim().is_empty()).count()
    }

    fn is_comment(&self) -> bool {
        self.fields.first().is_some_and(|f| f.starts_with('#'))
    }
}

#[derive(Default)]
struct Records {
    done: Vec<Record>,
    fields: Vec<String>,
}

impl Sink for Records {
    fn wants(&self, _place: usize) -> bool {
        true
    }
    fn field(&mut self, _place: usize, text: &str, _quoted: bool) {
        self.fields.push(text.to_owned());
    }
    fn end(&mut self, _row: u64, start: usize, _fields: usize) {
        self.done.push(Record { start, fields: std::mem::take(&mut self.fields) });
    }
}

/// The first records of `text`. With `whole` the text is all there is; otherwise a record cut off at the end is left out.
fn records(text: &str, dialect: &Dialect, limit: u64, whole: bool) -> Vec<Record> {
    let mut walk = Walk::default();
    let stop = dialect.walk(text.as_bytes(), whole, &mut walk, limit, usize::MAX);
    if stop == Stop::More && walk.rows == 0 && !whole {
        return records(text, dialect, limit, true);
    }
    let mut sink = Records::default();
    split(&text[..walk.at], dialect, 0, &walk.literal, limit, &mut sink);
    sink.done
}

/// One reading of the sample.
struct Reading {
    dialect: Dialect,
    records: Vec<Record>,
    /// Fields of an ordinary record.
    columns: usize,
    /// The record with which the table begins.
    first: usize,
    score: f64,
}

/// The most common number of fields above one, and where the table begins.
fn read(text: &str, dialect: Dialect, whole: bool, forced: bool) -> Option<Reading> {
    let records = records(text, &dialect, LINES, whole);
    // In the order in which they occur first.
    let mut counts: Vec<(usize, usize)> = Vec::new();
    for n in records.iter().map(|r| r.fields.len()).filter(|n| *n > 1) {
        match counts.iter_mut().find(|(m, _)| *m == n) {
            Some((_, c)) => *c += 1,
            None => counts.push((n, 1)),
        }
    }
    let Some((columns, _)) = counts.into_iter().rev().max_by_key(|(_, c)| *c) else {
        return forced.then(|| {
            let first = first_line(&records);
            Reading { dialect, columns: 1, first, records, score: 0.0 }
        });
    };
    let begins = |r: &Record| {
        let n = r.fields.len();
        let title = columns > 2 && r.filled() <= 1;
        let comment = r.is_comment() && n != columns;
        n > 1 && n * 2 >= columns && !title && !comment
    };
    let early = records.iter().take(PREAMBLE).position(begins).unwrap_or(0);
    let exact = records.iter().take(PREAMBLE).position(|r| begins(r) && r.fields.len() == columns).unwrap_or(early);
    // A title with a delimiter in it is followed by other lines that are no records.
    let first = if records[early..exact].iter().all(|r| r.fields.len() > 1) { early } else { exact };
    let table: Vec<&Record> = records[first..].iter().filter(|r| r.fields.iter().any(|f| !f.is_empty())).collect();
    let same = table.iter().filter(|r| r.fields.len() == columns).count();
    let mut score = same as f64 / table.len().max(1) as f64;
    // A header that does not have the columns of the data speaks against the delimiter.
    score *= match table.first().map_or(0, |r| r.fields.len().abs_diff(columns)) {
        0 => 1.0,
        1 => 0.85,
        _ => 0.6,
    };
    if first > 0 {
        score -= 0.08 + 0.01 * first as f64;
    }
    Some(Reading { dialect, columns, first, records, score })
}

/// The first line of a file of one column that is neither empty nor a comment.
fn first_line(records: &[Record]) -> usize {
    let begins = |r: &Record| r.filled() > 0 && !r.is_comment();
    records.iter().take(PREAMBLE).position(begins).unwrap_or(0)
}

/// Finds the shape of a file from its first bytes, decoded; `whole` if that is all of it.
pub fn sniff(text: &str, whole: bool, wishes: Wishes, quote_limit: usize) -> Shape {
    let newline = if text.contains('\n') || !text.contains('\r') { b'\n' } else { b'\r' };
    let dialect =
        |delimiter: u8| Dialect { delimiter, run: delimiter == b' ', newline, skip_blank: false, quote_limit };
    let reading = match wishes.delimiter {
        Some(d) => read(text, dialect(d), whole, true),
        None => best(text, whole, wishes.named, dialect),
    };
    let reading = reading.unwrap_or_else(|| {
        let dialect = dialect(newline);
        let records = records(text, &dialect, LINES, whole);
        Reading { dialect, columns: 1, first: first_line(&records), records, score: 1.0 }
    });
    let Reading { mut dialect, records, columns, first, .. } = reading;
    dialect.skip_blank = columns > 1;
    let start = records.get(first).map_or(0, |r| r.start);
    let preamble = lines(&text[..start], newline);
    let table: Vec<&Record> =
        records[first.min(records.len())..].iter().filter(|r| !dialect.skip_blank || r.fields != [""]).collect();
    let named = wishes.header.unwrap_or_else(|| looks_like_header(&table));
    let (header, body) = match table.split_first() {
        Some((head, body)) if named => (Some(head.fields.clone()), body),
        _ => (None, &table[..]),
    };
    let columns = width(header.as_deref(), columns, body);
    let data = match &header {
        // What is left of the sample after the header, even where that is less than a record.
        Some(_) => {
            let mut walk = Walk { at: start, ..Walk::default() };
            dialect.walk(text.as_bytes(), true, &mut walk, 1, usize::MAX);
            walk.at
        }
        None => start,
    };
    Shape { dialect, header, columns, preamble, data }
}

/// The number of columns: the header's, unless ordinary records hold more than the header has names for.
fn width(header: Option<&[String]>, common: usize, body: &[&Record]) -> usize {
    let Some(header) = header else { return common };
    let more =
        body.iter().any(|r| r.fields.len() == common && r.fields.iter().skip(header.len()).any(|f| !f.is_empty()));
    if more { common.max(header.len()) } else { header.len() }
}

fn lines(text: &str, newline: u8) -> Vec<String> {
    let mut lines: Vec<String> =
        text.split(newline as char).map(|l| l.strip_suffix('\r').unwrap_or(l).to_owned()).collect();
    // The piece after the last line end is the table's.
    lines.pop();
    lines
}

fn best(text: &str, whole: bool, named: Option<u8>, dialect: impl Fn(u8) -> Dialect) -> Option<Reading> {
    let mut best: Option<Reading> = None;
    for delimiter in [b',', b'\t', b';', b'|', b':', b' '] {
        let rare = matches!(delimiter, b':' | b' ');
        if rare && named.is_some() {
            continue;
        }
        let Some(mut reading) = read(text, dialect(delimiter), whole, false) else { continue };
        let plausible = match delimiter {
            // Times of day and prose have colons and spaces, too.
            b':' => reading.score > 0.98 && reading.columns > 2 && !clocks(&reading),
            b' ' => reading.score > 0.98 && reading.columns > 2,
            _ if named == Some(delimiter) => reading.score >= 0.25,
            _ => reading.score >= 0.55,
        };
        if !plausible {
            continue;
        }
        // A name says little where its delimiter is not even in the first line: decimal commas between semicolons.
        if named == Some(delimiter) && reading.first == 0 {
            reading.score += 0.2;
        }
        // More columns win among equals, and the order above where those are equal as well.
        let weight = |r: &Reading| r.score + 0.05 * (1.0 - 1.0 / r.columns as f64) - if rare { 0.2 } else { 0.0 };
        if best.as_ref().is_none_or(|b| weight(&reading) > weight(b)) {
            best = Some(reading);
        }
    }
    best
}

/// Whether the fields between colons look like parts of a time.
fn clocks(reading: &Reading) -> bool {
    let digits = |f: &String| f.len() <= 13 && f.bytes().next_back().is_some_and(|b| b.is_ascii_digit());
    reading.records[reading.first..].iter().skip(1).take(5).any(|r| r.fields.iter().all(digits))
}

/// Whether the first record names the columns of the others.
fn looks_like_header(table: &[&Record]) -> bool {
    let Some((head, body)) = table.split_first() else { return true };
    let number =
        |s: Seen| matches!(s.best(), Type::Integer | Type::Float | Type::Boolean | Type::Date | Type::DateTime { .. });
    let year = |v: &str| v.parse::<u16>().is_ok_and(|y| (1900..=2100).contains(&y));
    if body.is_empty() {
        return head.fields.iter().all(|f| f.is_empty() || classify(f.trim().as_bytes()) == Seen::TEXT);
    }
    let mut votes = 0i64;
    let mut repeated = false;
    for (i, name) in head.fields.iter().enumerate() {
        let values = || body.iter().filter_map(|r| r.fields.get(i)).filter(|v| !v.is_empty());
        let mut seen = Seen::default();
        values().for_each(|v| seen.add(classify(v.as_bytes())));
        let name_seen = classify(name.trim().as_bytes());
        if number(seen) || seen.digits_kept_as_text() {
            if name_seen == Seen::TEXT {
                votes += 1;
            } else if !name.is_empty() && !(year(name) && !values().all(|v| year(v))) {
                votes -= 1;
            }
        } else if name_seen != Seen::TEXT && !name.is_empty() && !year(name) {
            votes -= 1;
        } else if !name.is_empty() && values().any(|v| v == name) {
            repeated = true;
        }
    }
    let mut names = HashSet::new();
    let distinct = head.fields.iter().all(|f| !f.trim().is_empty() && names.insert(f));
    match votes {
        0 => distinct && !repeated,
        v => v > 0,
    }
}

/// What was wrong with the names of a header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renamed {
    /// Names that occurred more than once.
    pub duplicates: Vec<String>,
    /// Numbers, from 1, of columns without a name.
    pub empty: Vec<usize>,
}

/// Names for all columns, each once: `name`, `name_2`; `column_3` where there is none.
pub fn names(header: Option<&[String]>, columns: usize) -> (Vec<String>, Renamed) {
    let mut renamed = Renamed::default();
    let given: Vec<String> =
        (0..columns).map(|i| header.and_then(|h| h.get(i)).map_or(String::new(), |n| n.trim().to_owned())).collect();
    let mut taken: HashSet<String> = given.iter().filter(|n| !n.is_empty()).cloned().collect();
    let mut used = HashSet::new();
    let mut out = Vec::with_capacity(columns);
    for (i, name) in given.iter().enumerate() {
        let base = if name.is_empty() { format!("column_{}", i + 1) } else { name.clone() };
        let fresh = if name.is_empty() { !taken.contains(&base) } else { used.insert(base.clone()) };
        if header.is_some() {
            if name.is_empty() {
                renamed.empty.push(i + 1);
            } else if !fresh && !renamed.duplicates.contains(name) {
                renamed.duplicates.push(name.clone());
            }
        }
        let unique = if fresh {
            base
        } else {
            let mut n = 2;
            while taken.contains(&format!("{base}_{n}")) {
                n += 1;
            }
            format!("{base}_{n}")
        };
        taken.insert(unique.clone());
        out.push(unique);
    }
    (out, renamed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> Shape {
        sniff(text, true, Wishes::default(), 1 << 20)
    }

    #[test]
    fn delimiters() {
        for (text, want, columns) in [
            ("a,b\n1,2\n3,4\n", b',', 2),
            ("a\tb,c\n1\t2,3\n3\t4\n", b'\t', 2),
            ("名前;値\nx;1,5\ny;2,5\n", b';', 2),
            ("a|b|c\n1|2|3\n", b'|', 3),
            ("root:x:0:0:root:/root:/bin/bash\nbin:x:1:1:bin:/bin:/sbin\n", b':', 7),
            ("name   size  kind\nfoo      12  file\nbarbaz  300  dir\n", b' ', 3),
            ("id,tags\n1,a;b\n2,c;d\n", b',', 2),
            ("id,at\n1,12:00:05\n2,12:00:06\n", b',', 2),
            ("word\nalpha\nbeta\n", b'\n', 1),
            ("at\n12:00:05\n12:00:06\n", b'\n', 1),
            ("note\nWell, yes\nNo\nIt is, or was, so\nGood\n", b'\n', 1),
            ("\"a;x\",\"b;y\"\n\"1;2\",\"3;4\"\n", b',', 2),
        ] {
            let s = shape(text);
            assert_eq!((s.dialect.delimiter as char, s.columns), (want as char, columns), "{text}");
        }
    }

    #[test]
    fn a_name_counts_little_against_the_first_line() {
        let named = |text: &str| sniff(text, true, Wishes { named: Some(b','), ..Wishes::default() }, 1 << 20);
        for (text, want, columns) in [
            ("a;b\n1,5;2,5\n2,5;3,5\n4,5;5,5\n", b';', 2),
            ("売上\nid,name\n1,x\n2,y\n", b',', 2),
            ("a,b\n1;2,3\n4;5,6\n", b',', 2),
        ] {
            let s = named(text);
            assert_eq!((s.dialect.delimiter as char, s.columns), (want as char, columns), "{text}");
        }
    }

    #[test]
    fn lines_before_the_table() {
        let s = shape("Monthly sales, Osaka\n# made by hand\n\nid,name,n\n1,x,2\n2,y,3\n");
        assert_eq!(s.preamble, ["Monthly sales, Osaka", "# made by hand", ""]);
        assert_eq!(s.header.as_deref(), Some(&["id", "name", "n"].map(String::from)[..]));
        let s = shape("売上,,\n,,\nid,name,n\n1,x,2\n");
        assert_eq!(s.preamble.len(), 2);
        assert_eq!(shape("#id,name\n1,x\n2,y\n").preamble.len(), 0);
        assert_eq!(shape("# words\nword\nalpha\n").preamble, ["# words"]);
    }

    #[test]
    fn headers() {
        for (text, want) in [
            ("id,name\n1,x\n", true),
            ("1,x\n2,y\n", false),
            ("country,2019,2020\nJP,5,6\nFR,7,8\n", true),
            ("2019,2020\n2021,2022\n", false),
            ("name,city\nalice,paris\nbob,rome\n", true),
            ("x,y\nx,z\nx,y\n", false),
            ("a,b\n", true),
            ("1,2\n", false),
            ("zip,city\n01234,x\n05678,y\n", true),
            ("100\n200\n", false),
            ("n\n100\n200\n", true),
        ] {
            assert_eq!(shape(text).header.is_some(), want, "{text}");
        }
    }

    #[test]
    fn every_column_gets_a_name() {
        let header = ["a", "", "a", "a_2", " b ", "column_2"].map(String::from);
        let (names, renamed) = names(Some(&header), 7);
        assert_eq!(names, ["a", "column_2_2", "a_3", "a_2", "b", "column_2", "column_7"]);
        assert_eq!(renamed, Renamed { duplicates: vec!["a".into()], empty: vec![2, 7] });
    }

    #[test]
    fn widths() {
        assert_eq!(shape("a,b\n1,2,\n3,4,\n").columns, 2);
        assert_eq!(shape("a,b\n1,2,x\n3,4,y\n").columns, 3);
        assert_eq!(shape("a,b,c\n1,2\n3,4\n").columns, 3);
    }
}
