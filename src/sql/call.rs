//! What engines compute besides comparing: types to make values into, functions, and how each engine writes them. A function
//! stands here only where every engine that has it gives the same; what an engine does not have, or has otherwise, it has
//! no words for.

use super::dialect::Dialect;

/// A type to make values into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// True or false.
    Boolean,
    /// Whole numbers of 16 bits.
    Small,
    /// Whole numbers of 32 bits.
    Integer,
    /// Whole numbers of 64 bits.
    Whole,
    /// Whole numbers of at least 126 bits, to compute with.
    Wide,
    /// Floating-point numbers of 64 bits.
    Real,
    /// Decimal numbers with so many digits after the point.
    Decimal(u8),
    /// Text without a limit.
    Text,
    /// Days.
    Date,
    /// Dates and times of no zone.
    Local,
    /// Instants.
    Instant,
    /// Times of day.
    Clock,
}

/// A part of a day, a local time or a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The year, as the engine counts those before the first.
    Year,
    /// The quarter, from 1.
    Quarter,
    /// The month, from 1.
    Month,
    /// The week, from 1, as ISO 8601 counts them.
    Week,
    /// The day of the month, from 1.
    Day,
    /// The day of the week, Monday being 1.
    Weekday,
    /// The hour.
    Hour,
    /// The minute.
    Minute,
    /// The second, without its fraction.
    Second,
}

/// A function of values; missing where one of them is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// The sum of two numbers.
    Add,
    /// The first number by the second, which is not zero, as a floating-point number; both are such.
    Divide,
    /// What is left of the first whole number divided towards zero by the second, which is not zero.
    Remainder,
    /// A number without its sign.
    Abs,
    /// The greatest whole number that is not greater, as a floating-point number.
    Floor,
    /// The smallest whole number that is not smaller, as a floating-point number.
    Ceil,
    /// The square root of a floating-point number that is not negative.
    Sqrt,
    /// Characters of a text.
    Length,
    /// The first text and then the second.
    Join,
    /// A text without the white space of Unicode at its ends.
    Trim,
    /// A text with another one, which is not empty, replaced by a third wherever it stands.
    Replace,
    /// A text from a place (1 or more) on, so many characters if a third value says so.
    Substring,
    /// The piece of a text between separators, by its number from 1; empty where there is none.
    Piece,
    /// A text with each character of a second one replaced by that at the same place of a third one.
    Translate,
    /// A text, compared by code points.
    CodePoints,
    /// A part of a date or time.
    Part(Part),
    /// The beginning of a span of the calendar or the clock, as a local time, of a local time: `second` … `year`.
    Truncate(&'static str),
    /// An instant as the clock on the wall of a zone shows it.
    AtZone(&'static str),
    /// Days from 1970-01-01 to a day, a whole number.
    Days,
    /// Microseconds from 1970-01-01 on to a local time, a whole number.
    LocalMicros,
    /// Microseconds from 1970-01-01 on in UTC to an instant, a whole number.
    InstantMicros,
    /// As [`Call::LocalMicros`], of times less than 2^51 of them away: sooner done by some engines.
    NearLocalMicros,
    /// As [`Call::InstantMicros`], of instants less than 2^51 of them away.
    NearInstantMicros,
    /// Microseconds from midnight to a time of day, a whole number.
    ClockMicros,
}

impl Dialect {
    /// The name of a type.
    pub(super) fn type_name(self, of: Type) -> String {
        match (of, self) {
            (Type::Boolean, Self::BigQuery) => "bool".to_owned(),
            (Type::Boolean, _) => "boolean".to_owned(),
            (Type::Small | Type::Integer | Type::Whole, Self::BigQuery) => "int64".to_owned(),
            (Type::Small, _) => "smallint".to_owned(),
            (Type::Integer, _) => "integer".to_owned(),
            (Type::Whole, _) => "bigint".to_owned(),
            (Type::Wide, Self::Postgres) => "numeric".to_owned(),
            (Type::Wide, Self::BigQuery) => "bignumeric".to_owned(),
            (Type::Wide, Self::Redshift | Self::Trino) => "decimal(38, 0)".to_owned(),
            (Type::Real, _) => self.real().to_owned(),
            (Type::Decimal(_), Self::BigQuery) => "bignumeric".to_owned(),
            (Type::Decimal(scale), Self::Trino) => format!("decimal(38, {scale})"),
            (Type::Decimal(scale), _) => format!("numeric(38, {scale})"),
            (Type::Text, _) => self.text_type().to_owned(),
            (Type::Date, _) => "date".to_owned(),
            (Type::Local, Self::BigQuery) => "datetime".to_owned(),
            (Type::Local, _) => "timestamp".to_owned(),
            (Type::Instant, Self::BigQuery) => "timestamp".to_owned(),
            (Type::Instant, _) => "timestamp with time zone".to_owned(),
            (Type::Clock, _) => "time".to_owned(),
        }
    }

    /// A function of values, each a word or in brackets; the same holds of what is written. None where the engine has no
    /// such function.
    pub(super) fn call(self, call: Call, of: &[String]) -> Option<String> {
        let [x, rest @ ..] = of else { return None };
        let all = of.join(", ");
        Some(match call {
            Call::Add => format!("({})", of.join(" + ")),
            Call::Divide => format!("({})", of.join(" / ")),
            Call::Join => format!("({})", of.join(" || ")),
            Call::Remainder => format!("mod({all})"),
            Call::Abs => format!("abs({x})"),
            Call::Floor => format!("floor({x})"),
            Call::Ceil => format!("ceil({x})"),
            Call::Sqrt => format!("sqrt({x})"),
            Call::Length => format!("length({x})"),
            Call::Trim => self.trimmed(x),
            Call::Replace => format!("replace({all})"),
            Call::Substring => format!("substr({all})"),
            Call::Piece => match (self, rest) {
                (Self::Postgres | Self::Redshift, _) => format!("split_part({all})"),
                (Self::BigQuery, [separator, n]) => {
                    format!("coalesce(split({x}, {separator})[safe_ordinal({n})], left({x}, 0))")
                }
                (Self::Trino, _) => format!("coalesce(split_part({all}), substr({x}, 1, 0))"),
                _ => return None,
            },
            Call::Translate => format!("translate({all})"),
            Call::CodePoints => format!("({})", self.by_code_points(x)),
            Call::Part(part) => return self.part(part, x),
            Call::Truncate(unit) => match (self, unit) {
                (Self::BigQuery, "week") => format!("datetime_trunc({x}, isoweek)"),
                (Self::BigQuery, unit) => format!("datetime_trunc({x}, {unit})"),
                _ => format!("date_trunc('{unit}', {x})"),
            },
            Call::AtZone(zone) => match self {
                Self::Postgres | Self::Redshift => format!("({x} at time zone '{zone}')"),
                Self::BigQuery => format!("datetime({x}, '{zone}')"),
                Self::Trino => format!("cast({x} at time zone '{zone}' as timestamp)"),
            },
            Call::Days => match self {
                Self::Postgres | Self::Redshift => format!("({x} - date '1970-01-01')"),
                Self::BigQuery => format!("unix_date({x})"),
                Self::Trino => format!("date_diff('day', date '1970-01-01', {x})"),
            },
            Call::NearLocalMicros | Call::NearInstantMicros => match (self, call) {
                // Seconds come as a floating-point number, in which that many microseconds are told apart.
                (Self::Postgres, _) => format!("cast(date_part('epoch', {x}) * 1000000 as bigint)"),
                (_, Call::NearLocalMicros) => return self.call(Call::LocalMicros, of),
                _ => return self.call(Call::InstantMicros, of),
            },
            Call::LocalMicros | Call::InstantMicros | Call::ClockMicros => match (self, call) {
                (Self::Postgres, _) => format!("cast(extract(epoch from {x}) * 1000000 as bigint)"),
                (Self::Redshift, Call::ClockMicros) => return None,
                (Self::Redshift, _) => {
                    format!("(extract(epoch from {x}) * 1000000 + extract(microsecond from {x}))")
                }
                (Self::BigQuery, Call::InstantMicros) => format!("unix_micros({x})"),
                (Self::BigQuery, Call::LocalMicros) => format!("unix_micros(timestamp({x}))"),
                (Self::BigQuery, _) => format!("time_diff({x}, time '00:00:00', microsecond)"),
                (Self::Trino, _) => return None,
            },
        })
    }

    fn part(self, part: Part, x: &str) -> Option<String> {
        let named = |name: &str| format!("cast(extract({name} from {x}) as {})", self.type_name(Type::Whole));
        Some(match (part, self) {
            (Part::Year, _) => named("year"),
            (Part::Quarter, _) => named("quarter"),
            (Part::Month, _) => named("month"),
            (Part::Week, Self::Postgres | Self::Trino) => named("week"),
            (Part::Week, Self::BigQuery) => named("isoweek"),
            // Its weeks are not said to be those of the standard.
            (Part::Week, Self::Redshift) => return None,
            (Part::Day, _) => named("day"),
            (Part::Weekday, Self::Postgres) => named("isodow"),
            (Part::Weekday, Self::Trino) => named("day_of_week"),
            (Part::Weekday, Self::Redshift) => format!("(mod({} + 6, 7) + 1)", named("dow")),
            (Part::Weekday, Self::BigQuery) => format!("(mod({} + 5, 7) + 1)", named("dayofweek")),
            (Part::Hour, _) => named("hour"),
            (Part::Minute, _) => named("minute"),
            // There it has a fraction, and a cast would round it.
            (Part::Second, Self::Postgres) => format!("cast(floor(extract(second from {x})) as bigint)"),
            (Part::Second, _) => named("second"),
        })
    }
}
