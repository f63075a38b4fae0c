//! How engines differ in looking into values: hashes, patterns, blanks, letter case. Text only; knows no rows.

use super::dialect::Dialect;
use super::relation::Nature;

/// Characters that count as blanks at the ends of a text: those with the Unicode property White_Space.
const BLANKS: [char; 25] = [
    '\t', '\n', '\u{b}', '\u{c}', '\r', ' ', '\u{85}', '\u{a0}', '\u{1680}', '\u{2000}', '\u{2001}', '\u{2002}',
    '\u{2003}', '\u{2004}', '\u{2005}', '\u{2006}', '\u{2007}', '\u{2008}', '\u{2009}', '\u{200a}', '\u{2028}',
    '\u{2029}', '\u{202f}', '\u{205f}', '\u{3000}',
];

impl Dialect {
    /// The blanks as a constant, written so that a person sees them where the engine has escapes for them.
    fn blanks(self) -> String {
        let escaped = |prefix: &str, escape: &str| {
            let each = |c: char| if c == ' ' { " ".to_owned() } else { format!("{escape}{:04x}", u32::from(c)) };
            format!("{prefix}'{}'", BLANKS.map(each).concat())
        };
        match self {
            Self::Postgres => escaped("e", "\\u"),
            Self::BigQuery => escaped("", "\\u"),
            Self::Trino => escaped("U&", "\\"),
            Self::Redshift => format!("'{}'", BLANKS.iter().collect::<String>()),
        }
    }

    /// A text without the blanks at its ends.
    pub(super) fn trimmed(self, value: &str) -> String {
        match self {
            Self::Postgres | Self::Redshift => format!("btrim({value}, {})", self.blanks()),
            Self::BigQuery => format!("trim({value}, {})", self.blanks()),
            Self::Trino => format!("trim(both {} from {value})", self.blanks()),
        }
    }

    /// Whether a text is described by a pattern.
    pub(super) fn matches(self, value: &str, pattern: &str) -> String {
        match self {
            Self::Postgres | Self::Redshift => format!("{value} ~ {pattern}"),
            Self::BigQuery => format!("regexp_contains({value}, {pattern})"),
            Self::Trino => format!("regexp_like({value}, {pattern})"),
        }
    }

    /// A number of 64 bits out of a text: the same for the same text, and else hardly ever.
    pub(super) fn hash(self, text: &str) -> String {
        match self {
            Self::Postgres => format!("hashtextextended({text}, 0)"),
            Self::Redshift => format!("fnv_hash({text})"),
            Self::BigQuery => format!("farm_fingerprint({text})"),
            Self::Trino => format!("from_big_endian_64(xxhash64(to_utf8({text})))"),
        }
    }

    /// The sum of numbers of 64 bits, in a type in which it does not overflow.
    pub(super) fn wide_sum(self, value: &str) -> String {
        match self {
            Self::Postgres | Self::Redshift => format!("coalesce(sum({value}), 0)"),
            Self::BigQuery => format!("coalesce(sum(cast({value} as numeric)), 0)"),
            Self::Trino => format!("coalesce(sum(cast({value} as decimal(38, 0))), 0)"),
        }
    }

    /// Bytes in hexadecimal digits.
    pub(super) fn hex(self, value: &str) -> String {
        match self {
            Self::Postgres => format!("encode({value}, 'hex')"),
            Self::Redshift | Self::BigQuery | Self::Trino => format!("to_hex({value})"),
        }
    }

    /// Whether two values differ, missing being a value.
    pub(super) fn differ(self, a: &str, b: &str, nature: Nature) -> String {
        let first = if nature == Nature::Text { self.by_code_points(a) } else { a.to_owned() };
        match self {
            Self::Redshift => {
                format!("({a} <> {b} or ({a} is null and {b} is not null) or ({a} is not null and {b} is null))")
            }
            Self::Postgres | Self::BigQuery | Self::Trino => format!("{first} is distinct from {b}"),
        }
    }
}
