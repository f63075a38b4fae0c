//! What is offered and not done unasked: spellings, stand-ins for missing values, text that is something else, personal data.
//! A sample decides what is looked for, a count over all rows what is said.

use std::collections::HashSet;
use std::sync::LazyLock;

use polars::prelude::Series;
use regex::bytes::Regex;

use super::quick::QuickMap;
use crate::value::time;

/// Texts that stand for "missing", in lower case.
pub const SENTINELS: [&str; 27] = [
    "na",
    "n/a",
    "n.a.",
    "#n/a",
    "nan",
    "null",
    "(null)",
    "\\n",
    "nil",
    "none",
    "undefined",
    "missing",
    "-",
    "--",
    "---",
    "?",
    "ー",
    "－",
    "―",
    "なし",
    "無し",
    "不明",
    "未設定",
    "未入力",
    "該当なし",
    "(なし)",
    "（なし）",
];

static EMAIL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?-u)^[^@\s]+@[^@\s]+\.[A-Za-z0-9-]{2,}$").ok());
static PHONE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?-u)^(\+\d{1,3}[ -]?)?\(?0?\d{1,4}\)?[ -]\d{1,4}[ -]\d{3,4}$|^\+\d{9,14}$|^0\d{9,10}$").ok()
});

/// The share of texts that must look like it for a column to be called one of e-mail addresses or phone numbers.
const PERSONAL: f64 = 0.8;

/// What sort of personal data a column seems to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Personal {
    /// E-mail addresses.
    Email,
    /// Phone numbers.
    Phone,
    /// Names of persons, judged by the column's name.
    Name,
    /// Postal addresses, judged by the column's name.
    Address,
}

impl Personal {
    /// The name for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Name => "name",
            Self::Address => "address",
        }
    }

    /// What the name of a column says.
    pub fn of_name(column: &str) -> Option<Self> {
        let lower = column.to_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
        let has = |w: &str| words.contains(&w);
        let joined: String = words.concat();
        let full =
            ["fullname", "firstname", "lastname", "familyname", "givenname", "surname", "customername", "personname"];
        if ["氏名", "名前", "お名前", "姓名", "姓", "フリガナ", "ふりがな"].contains(&lower.as_str())
            || full.iter().any(|n| joined.ends_with(n))
            || lower.contains("氏名")
        {
            return Some(Self::Name);
        }
        if has("email") || has("mail") || joined.ends_with("emailaddress") || lower.contains("メール") {
            return Some(Self::Email);
        }
        if has("phone")
            || has("tel")
            || has("mobile") && has("number")
            || joined.ends_with("phonenumber")
            || lower.contains("電話")
        {
            return Some(Self::Phone);
        }
        (joined.ends_with("streetaddress") || has("address") && !has("ip") || lower.contains("住所"))
            .then_some(Self::Address)
    }
}

/// What text can be read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// A whole number of up to 64 bits.
    Integer,
    /// A number.
    Float,
    /// A day, `2026-11-20`.
    Date,
    /// True or false.
    Boolean,
}

impl Target {
    /// Every target, the one to prefer first.
    pub const ALL: [Target; 4] = [Target::Boolean, Target::Integer, Target::Float, Target::Date];

    /// The name for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Date => "date",
            Self::Boolean => "boolean",
        }
    }

    /// Whether a text can be read so without losing anything: codes with leading zeros stay text.
    pub fn reads(self, text: &str) -> bool {
        match self {
            Self::Integer => integer(text).is_some(),
            Self::Float => float(text).is_some(),
            Self::Date => time::iso_day(text).is_some(),
            Self::Boolean => boolean(text).is_some(),
        }
    }
}

fn zeros_lead(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    digits.len() > 1 && digits.starts_with('0') && !digits[1..].starts_with('.') || text.starts_with('+')
}

/// A whole number, unless it begins as codes do.
pub fn integer(text: &str) -> Option<i64> {
    if zeros_lead(text) { None } else { text.parse().ok() }
}

/// A number in digits, unless it begins as codes do.
pub fn float(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    if !plain || zeros_lead(text) { None } else { text.parse().ok() }
}

/// A truth value in English or Japanese words.
pub fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "はい" => Some(true),
        "false" | "no" | "いいえ" => Some(false),
        _ => None,
    }
}

/// Whether a text says "missing".
pub fn is_sentinel(text: &str) -> bool {
    let text = text.trim();
    // The longest of them has six characters in Japanese, nine in English; few begin as they do.
    let begins = |b: &u8| !b.is_ascii() || b"nmuNMU#(\\-?".contains(b);
    text.len() <= 18
        && text.as_bytes().first().is_some_and(begins)
        && SENTINELS.iter().any(|s| s.eq_ignore_ascii_case(text))
}

/// What is counted in all rows of a column of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextTests {
    /// What the texts are tried to be read as.
    pub target: Option<Target>,
    /// What they are matched against.
    pub personal: Option<Personal>,
}

/// How many texts are what is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextCounts {
    /// Texts.
    pub texts: u64,
    /// Texts with blanks at an end.
    pub padded: u64,
    /// Texts that say "missing".
    pub sentinels: u64,
    /// Other texts that can be read as the target.
    pub read: u64,
    /// Other texts that cannot.
    pub unread: u64,
    /// Texts that look like the personal data.
    pub personal: u64,
}

impl TextCounts {
    /// Adds other counts.
    pub fn merge(&mut self, other: &Self) {
        self.texts += other.texts;
        self.padded += other.padded;
        self.sentinels += other.sentinels;
        self.read += other.read;
        self.unread += other.unread;
        self.personal += other.personal;
    }
}

impl TextTests {
    /// Counts one text.
    pub fn count(&self, bytes: &[u8], counts: &mut TextCounts) {
        counts.texts += 1;
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let trimmed = text.trim();
        counts.padded += u64::from(trimmed.len() != text.len());
        if is_sentinel(trimmed) {
            counts.sentinels += 1;
            return;
        }
        if let Some(target) = self.target
            && !trimmed.is_empty()
        {
            match target.reads(trimmed) {
                true => counts.read += 1,
                false => counts.unread += 1,
            }
        }
        let pattern = match self.personal {
            Some(Personal::Email) => &*EMAIL,
            Some(Personal::Phone) => &*PHONE,
            _ => return,
        };
        counts.personal += u64::from(pattern.as_ref().is_some_and(|p| p.is_match(trimmed.as_bytes())));
    }
}

/// What the sample of a column of text suggests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What to count in all rows.
    pub tests: TextTests,
    /// Whether to count at all.
    pub worth: bool,
    /// Different spellings that differ in case or blanks only.
    pub variants: usize,
}

fn spelled_oddly(text: &str) -> bool {
    text.chars().any(char::is_uppercase) || text.trim().len() != text.len()
}

/// Looks at a sample of texts, given as bytes.
pub fn suggest(name: &str, texts: &Series) -> Suggestion {
    let mut counts = TextCounts::default();
    let none = TextTests { target: None, personal: None };
    let texts: Vec<&str> = texts
        .binary()
        .map(|b| b.iter().flatten().filter_map(|b| std::str::from_utf8(b).ok()).collect())
        .unwrap_or_default();
    // Each spelling once: values recur.
    let spelled: QuickMap<&str, ()> = texts.iter().map(|t| (*t, ())).collect();
    let mut texts: Vec<&str> = spelled.into_keys().collect();
    texts.sort_unstable();
    texts.iter().for_each(|t| none.count(t.as_bytes(), &mut counts));
    let plain: Vec<&str> = texts.iter().map(|t| t.trim()).filter(|t| !t.is_empty() && !is_sentinel(t)).collect();
    let target = Target::ALL.into_iter().find(|t| !plain.is_empty() && plain.iter().all(|x| t.reads(x)));
    let looks = |personal| {
        let tests = TextTests { target: None, personal: Some(personal) };
        let share = |some: &[&str]| {
            let mut counts = TextCounts::default();
            some.iter().for_each(|t| tests.count(t.as_bytes(), &mut counts));
            !some.is_empty() && counts.personal as f64 >= PERSONAL * some.len() as f64
        };
        // Most columns are nothing of the kind, and a few texts show it.
        let some: Vec<&str> = plain.iter().copied().step_by(plain.len() / 16 + 1).collect();
        share(&some) && share(&plain)
    };
    let personal = [Personal::Email, Personal::Phone]
        .into_iter()
        .find(|p| looks(*p))
        .or_else(|| Personal::of_name(name).filter(|p| matches!(p, Personal::Name | Personal::Address)));
    // Only what has upper case or blanks can be another spelling of something.
    let odd: Vec<String> = texts.iter().filter(|t| spelled_oddly(t)).map(|t| t.trim().to_lowercase()).collect();
    let known: HashSet<&str> = texts.iter().copied().filter(|t| !spelled_oddly(t)).collect();
    let other: HashSet<&str> = odd.iter().map(String::as_str).filter(|t| !known.contains(t)).collect();
    let variants = odd.len() - other.len();
    let worth = counts.padded > 0 || counts.sentinels > 0 || target.is_some() || personal.is_some();
    Suggestion { tests: TextTests { target, personal }, worth, variants }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{BinaryChunked, IntoSeries};

    fn sample(texts: &[&str]) -> Series {
        texts.iter().map(|t| Some(t.as_bytes())).collect::<BinaryChunked>().into_series()
    }

    #[test]
    fn texts_are_recognised_for_what_they_are() {
        let target = |texts: &[&str]| suggest("x", &sample(texts)).tests.target;
        assert_eq!(target(&["1", "-2", "N/A", " 3 "]), Some(Target::Integer));
        assert_eq!(target(&["1", "2.5", "1e3"]), Some(Target::Float));
        assert_eq!(target(&["2026-11-20", "2026-01-01"]), Some(Target::Date));
        assert_eq!(target(&["TRUE", "false"]), Some(Target::Boolean));
        assert_eq!(target(&["はい", "いいえ", "なし"]), Some(Target::Boolean));
        // Codes are not numbers, and nothing says what nothing is.
        assert_eq!(target(&["007", "12"]), None);
        assert_eq!(target(&["+81"]), None);
        assert_eq!(target(&["inf", "1"]), None);
        assert_eq!(target(&["NA", "", "-"]), None);
    }

    #[test]
    fn personal_data_is_recognised_by_content_then_by_name() {
        let personal = |name: &str, texts: &[&str]| suggest(name, &sample(texts)).tests.personal;
        assert_eq!(personal("contact", &["a@example.com", "b.c@example.co.jp", "-"]), Some(Personal::Email));
        assert_eq!(personal("contact", &["090-1234-5678", "+81 3-1234-5678", "0312345678"]), Some(Personal::Phone));
        assert_eq!(personal("氏名", &["山田 太郎"]), Some(Personal::Name));
        assert_eq!(personal("Last Name", &["Smith"]), Some(Personal::Name));
        assert_eq!(personal("product_name", &["Tea"]), None);
        assert_eq!(personal("ip_address", &["10.0.0.1"]), None);
        assert_eq!(personal("住所", &["東京都"]), Some(Personal::Address));
        assert_eq!(personal("day", &["2026-11-20", "2026-11-21"]), None);
    }

    #[test]
    fn counts_and_variants() {
        let found = suggest("x", &sample(&["Tokyo", "tokyo", " Tokyo", "Osaka"]));
        assert_eq!(found.variants, 2);
        assert!(found.worth);
        let mut counts = TextCounts::default();
        for t in ["1", " 2", "なし", "x", "", "null "] {
            TextTests { target: Some(Target::Integer), personal: None }.count(t.as_bytes(), &mut counts);
        }
        let want = TextCounts { texts: 6, padded: 2, sentinels: 2, read: 2, unread: 1, personal: 0 };
        assert_eq!(counts, want);
    }
}
