//! How engines differ in writing the same query: names, constants, functions. One entry for each engine, no rows, no
//! network.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, Timelike as _};

use super::relation::{Constant, Nature, Range};

/// An engine's SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// PostgreSQL 12 and later.
    Postgres,
    /// Amazon Redshift.
    Redshift,
    /// Google BigQuery (GoogleSQL).
    BigQuery,
    /// Trino, and Amazon Athena, which is built on it.
    Trino,
}

/// A text between quotes, each quote in it doubled.
fn doubled(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        if c == quote {
            out.push(quote);
        }
        out.push(c);
    }
    out.push(quote);
    out
}

/// A text between quotes, with a backslash before what would end it or be read otherwise.
fn escaped(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

fn day(of: NaiveDate) -> String {
    format!("{:04}-{:02}-{:02}", years(of).0, of.month(), of.day())
}

fn moment(at: &NaiveDateTime) -> String {
    format!("{} {}", day(at.date()), at.time().format("%H:%M:%S%.6f"))
}

/// A year as it is counted, and the word for those before the first; there is no year 0.
fn years(of: NaiveDate) -> (i32, &'static str) {
    if of.year() > 0 { (of.year(), "") } else { (1 - of.year(), " BC") }
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 4] = [Self::Postgres, Self::Redshift, Self::BigQuery, Self::Trino];

    /// The name people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Redshift => "Redshift",
            Self::BigQuery => "BigQuery",
            Self::Trino => "Trino",
        }
    }

    /// Whether counting different values puts all values in order, in one process and however few they are.
    pub fn sorts_to_count(self) -> bool {
        self == Self::Postgres
    }

    /// A column's name.
    pub fn identifier(self, name: &str) -> String {
        match self {
            Self::BigQuery => escaped(name, '`'),
            _ => doubled(name, '"'),
        }
    }

    /// A table's name out of its parts.
    pub fn table(self, parts: &[String]) -> String {
        parts.iter().map(|p| self.identifier(p)).collect::<Vec<_>>().join(".")
    }

    /// A constant; None for what the engine has no words for: text with the character NUL, numbers that are not finite,
    /// times finer than a microsecond, days it does not have.
    pub fn constant(self, value: &Constant) -> Option<String> {
        let fine = |nanos: u32| !nanos.is_multiple_of(1000);
        Some(match value {
            Constant::Local(at) | Constant::Instant(at) if fine(at.and_utc().timestamp_subsec_nanos()) => return None,
            Constant::Clock(t) if fine(t.nanosecond()) => return None,
            Constant::Date(d) if !self.has(*d) => return None,
            Constant::Local(at) | Constant::Instant(at) if !self.has(at.date()) => return None,
            Constant::Bool(b) => b.to_string(),
            Constant::Int(n) if *n < 0 => format!("({n})"),
            Constant::Int(n) => n.to_string(),
            Constant::Float(x) if !x.is_finite() => return None,
            Constant::Float(x) => match self {
                // Without a type of its own it takes that of the column; whole numbers are compared exactly.
                Self::Postgres | Self::Redshift if x.fract() != 0.0 && (1e-37..1e38).contains(&x.abs()) => {
                    format!("'{x:?}'")
                }
                // With an exponent it is a floating-point number everywhere, never a decimal.
                Self::Postgres | Self::Redshift => format!("cast('{x:e}' as double precision)"),
                Self::BigQuery | Self::Trino if *x < 0.0 => format!("({x:e})"),
                Self::BigQuery | Self::Trino => format!("{x:e}"),
            },
            Constant::Decimal(digits) => match self {
                Self::Postgres | Self::Redshift => format!("cast('{digits}' as numeric)"),
                Self::BigQuery => format!("numeric '{digits}'"),
                Self::Trino => format!("decimal '{digits}'"),
            },
            Constant::Text(text) => return self.text(text),
            Constant::Date(d) => format!("date '{}{}'", day(*d), years(*d).1),
            Constant::Local(at) => match self {
                Self::BigQuery => format!("datetime '{}'", moment(at)),
                _ => format!("timestamp '{}{}'", moment(at), years(at.date()).1),
            },
            Constant::Instant(at) => match self {
                Self::Postgres | Self::Redshift => {
                    format!("cast('{}+00{}' as timestamp with time zone)", moment(at), years(at.date()).1)
                }
                Self::BigQuery => format!("timestamp '{}+00:00'", moment(at)),
                Self::Trino => format!("timestamp '{} UTC'", moment(at)),
            },
            Constant::Clock(t) => format!("time '{}'", t.format("%H:%M:%S%.6f")),
        })
    }

    /// Whether the engine has a day.
    fn has(self, day: NaiveDate) -> bool {
        matches!(self, Self::Postgres | Self::Redshift) || (1..=9999).contains(&day.year())
    }

    fn text(self, text: &str) -> Option<String> {
        if text.contains('\0') {
            return None;
        }
        Some(match self {
            // Sessions are opened with standard_conforming_strings on.
            Self::Postgres | Self::Trino => doubled(text, '\''),
            // Backslashes escape in its literals.
            Self::Redshift => doubled(&text.replace('\\', "\\\\"), '\''),
            Self::BigQuery => escaped(text, '\''),
        })
    }

    /// A text value that is compared and sorted by its code points.
    pub(super) fn by_code_points(self, value: &str) -> String {
        match self {
            Self::Postgres => format!("{value} collate \"C\""),
            Self::Redshift | Self::BigQuery | Self::Trino => value.to_owned(),
        }
    }

    /// Whether a floating-point number is NaN.
    pub(super) fn is_nan(self, value: &str) -> String {
        match self {
            Self::Postgres | Self::Redshift => format!("{value} = cast('NaN' as double precision)"),
            Self::BigQuery | Self::Trino => format!("is_nan({value})"),
        }
    }

    /// Whether a value is one that other engines have too; None where all are.
    pub(super) fn is_held(self, value: &str, range: Range) -> Option<String> {
        match (self, range) {
            // NaN is more than any number.
            (Self::Postgres, Range::Decimal(scale)) => {
                let end = 38u8.saturating_sub(scale);
                let digits = format!("(scale({value}) <= {scale} or trunc({value}, {scale}) = {value})");
                Some(format!("{value} > -1e{end} and {value} < 1e{end} and {digits}"))
            }
            (Self::Postgres, Range::Moment) => Some(format!("isfinite({value})")),
            (Self::Postgres, Range::Clock) => Some(format!("{value} < time '24:00'")),
            (Self::Redshift | Self::BigQuery | Self::Trino, _) => None,
        }
    }

    /// Whether a text stands in another.
    pub(super) fn contains(self, value: &str, part: &str) -> String {
        match self {
            Self::Postgres | Self::Redshift => format!("position({part} in {value}) > 0"),
            Self::BigQuery | Self::Trino => format!("strpos({value}, {part}) > 0"),
        }
    }

    /// Whether a text begins with another.
    pub(super) fn starts(self, value: &str, part: &str, length: usize) -> String {
        match self {
            Self::BigQuery | Self::Trino => format!("starts_with({value}, {part})"),
            Self::Postgres | Self::Redshift => format!("left({value}, {length}) = {part}"),
        }
    }

    /// Whether a text ends with another.
    pub(super) fn ends(self, value: &str, part: &str, length: usize) -> String {
        match self {
            Self::BigQuery => format!("ends_with({value}, {part})"),
            Self::Postgres | Self::Redshift => format!("right({value}, {length}) = {part}"),
            Self::Trino => format!("substr({value}, greatest(length({value}) - {length}, 0) + 1) = {part}"),
        }
    }

    /// What the clocks of a zone, given as a text literal, show at an instant.
    pub(super) fn local(self, value: &str, zone: &str) -> String {
        match self {
            Self::Postgres | Self::Redshift => format!("({value} at time zone {zone})"),
            Self::BigQuery => format!("datetime({value}, {zone})"),
            Self::Trino => format!("cast({value} at time zone {zone} as timestamp(6))"),
        }
    }

    /// Seconds since 1970 of a day or moment without a zone, or since midnight; None where the engine drops fractions.
    pub(super) fn seconds(self, value: &str, range: Range) -> Option<String> {
        let clock = range == Range::Clock;
        Some(match self {
            Self::Postgres => format!("cast(extract(epoch from {value}) as double precision)"),
            Self::Redshift => {
                let from = if clock { "time '00:00'" } else { "timestamp '1970-01-01'" };
                format!("(cast(datediff(microsecond, {from}, {value}) as double precision) / 1000000)")
            }
            Self::BigQuery if clock => format!("(time_diff({value}, time '00:00:00', microsecond) / 1000000)"),
            Self::BigQuery => {
                format!("(datetime_diff(cast({value} as datetime), datetime '1970-01-01', microsecond) / 1000000)")
            }
            Self::Trino if clock => return None,
            Self::Trino => format!("to_unixtime(with_timezone(cast({value} as timestamp(6)), 'UTC'))"),
        })
    }

    /// A number of 48 bits that a text and a seed give.
    pub(super) fn lot(self, text: &str, seed: u64) -> String {
        let most = super::LOTS - 1;
        match self {
            Self::Postgres => format!("(hashtextextended({text}, {}) & {most})", seed as i64),
            Self::Redshift => format!("strtol(substring(md5({text} || '/{seed}'), 1, 12), 16)"),
            Self::BigQuery => format!("(farm_fingerprint({text} || '/{seed}') & {most})"),
            Self::Trino => {
                format!("bitwise_and(from_big_endian_64(xxhash64(to_utf8({text} || '/{seed}'))), {most})")
            }
        }
    }

    /// The type of 64-bit floating-point numbers.
    pub(super) fn real(self) -> &'static str {
        match self {
            Self::Postgres | Self::Redshift => "double precision",
            Self::BigQuery => "float64",
            Self::Trino => "double",
        }
    }

    /// The type of text without a limit.
    pub(super) fn text_type(self) -> &'static str {
        match self {
            Self::Postgres => "text",
            Self::Redshift => "varchar(65535)",
            Self::BigQuery => "string",
            Self::Trino => "varchar",
        }
    }

    /// How many rows a condition is true for; `any` is a value that is not missing.
    pub(super) fn count_where(self, condition: &str, any: &str) -> String {
        match self {
            Self::Postgres | Self::Trino => format!("count(*) filter (where {condition})"),
            Self::Redshift | Self::BigQuery => format!("count(case when {condition} then {any} else null end)"),
        }
    }

    /// A quantile of a group, interpolated; None where the engine only has an approximate one.
    pub(super) fn quantile(self, value: &str, share: f64) -> Option<String> {
        match self {
            Self::Postgres | Self::Redshift => {
                Some(format!("percentile_cont({share:?}) within group (order by {value})"))
            }
            Self::BigQuery | Self::Trino => None,
        }
    }

    /// The first value of a group, in rising order, up to which a share of the values lies, one of several shares; None where
    /// the engine has no such aggregate.
    pub(super) fn lowest(self, value: &str, shares: &[f64], which: usize) -> Option<String> {
        match self {
            // Written alike for each of the shares, it is worked out once: values are put in order and passed over once.
            Self::Postgres => Some(format!(
                "(percentile_disc(cast(array{shares:?} as double precision[])) within group (order by {value}))[{}]",
                which + 1
            )),
            Self::Redshift | Self::BigQuery | Self::Trino => None,
        }
    }

    /// The terms to order by for a column, missing values last.
    pub(super) fn order(self, column: &str, descending: bool, nature: Nature) -> Vec<String> {
        let way = if descending { "desc nulls last" } else { "asc nulls last" };
        match nature {
            Nature::Text => vec![format!("{} {way}", self.by_code_points(column))],
            // NaN is the smallest number to this engine.
            Nature::Float if self == Self::BigQuery => {
                vec![format!("is_nan({column}) {way}"), format!("{column} {way}")]
            }
            _ => vec![format!("{column} {way}")],
        }
    }
}
