//! Parameters of a query: what they are, what a person may write for them, and what is sent. Redash resolves neither
//! defaults nor dynamic dates for a program, so both are done here, in a time zone that is given.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::text::Msg;

/// Choices of a list that are named where its values are explained.
const SHOWN: usize = 8;

/// What a parameter takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Any text, put into the SQL as it is.
    Text,
    /// Text that matches a regular expression as a whole.
    Pattern(String),
    /// A number.
    Number,
    /// One of these values.
    Enum(Vec<String>),
    /// One of the values another query gives.
    Query(Option<u64>),
    /// A day, minute or second.
    Moment(Grain),
    /// From one day, minute or second to another.
    Range(Grain),
    /// A kind this program does not know; sent as it is written.
    Other(String),
}

/// How fine a date is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// `2025-01-31`
    Day,
    /// `2025-01-31 23:59`
    Minute,
    /// `2025-01-31 23:59:59`
    Second,
}

/// One parameter of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its name in the SQL.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What it takes.
    pub kind: Kind,
    /// Whether it takes several values at once.
    pub several: bool,
    /// What stands before, behind and between them in the SQL.
    pub around: [String; 3],
    /// The value that stands in the query.
    pub default: Value,
}

impl Grain {
    fn write(self, at: NaiveDateTime) -> String {
        let format = match self {
            Self::Day => "%Y-%m-%d",
            Self::Minute => "%Y-%m-%d %H:%M",
            Self::Second => "%Y-%m-%d %H:%M:%S",
        };
        at.format(format).to_string()
    }
}

impl Param {
    /// The parameters of a query's `options`.
    pub fn all(options: &Value) -> Vec<Self> {
        let list = options.get("parameters").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Self::read).collect()
    }

    fn read(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = value.get("name")?.as_str()?.to_owned();
        let kind = match text("type").as_str() {
            "" | "text" => Kind::Text,
            "text-pattern" => Kind::Pattern(text("regex")),
            "number" => Kind::Number,
            "enum" => {
                Kind::Enum(text("enumOptions").split('\n').filter(|o| !o.is_empty()).map(str::to_owned).collect())
            }
            "query" => Kind::Query(value.get("queryId").and_then(Value::as_u64)),
            "date" => Kind::Moment(Grain::Day),
            "datetime-local" => Kind::Moment(Grain::Minute),
            "datetime-with-seconds" => Kind::Moment(Grain::Second),
            "date-range" => Kind::Range(Grain::Day),
            "datetime-range" => Kind::Range(Grain::Minute),
            "datetime-range-with-seconds" => Kind::Range(Grain::Second),
            other => Kind::Other(other.to_owned()),
        };
        let options = value.get("multiValuesOptions").filter(|o| o.is_object());
        let several = options.is_some();
        let option = |key: &str| options.and_then(|o| o.get(key)).and_then(Value::as_str);
        let around = [option("prefix"), option("suffix"), option("separator").or(Some(","))];
        let title = text("title");
        Some(Self {
            title: if title.is_empty() { name.clone() } else { title },
            default: value.get("value").cloned().unwrap_or(Value::Null),
            name,
            kind,
            several,
            around: around.map(|text| text.unwrap_or_default().to_owned()),
        })
    }

    /// The default as a person would write it.
    pub fn default_text(&self) -> String {
        match &self.default {
            // Where commas are in the values, they do not part them.
            Value::Array(items) if items.iter().any(|item| written(item).contains(',')) => self.default.to_string(),
            other => written(other),
        }
    }

    fn wrong(&self, id: &'static str, text: &str) -> Error {
        Error::usage(Msg::new(id).with("name", &self.name).with("value", text))
            .hint(Msg::new("hint-redash-parameter").with("name", &self.name).with("form", self.form()))
    }

    /// Whether any text will do.
    pub fn is_plain(&self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Query(_) | Kind::Other(_))
    }

    /// How values of this kind are written.
    pub fn form(&self) -> String {
        match &self.kind {
            Kind::Text | Kind::Query(_) | Kind::Other(_) => "TEXT".to_owned(),
            Kind::Pattern(regex) => regex.clone(),
            Kind::Number => "0".to_owned(),
            Kind::Enum(options) => {
                let more = if options.len() > SHOWN { " | …" } else { "" };
                format!("{}{more}", options[..options.len().min(SHOWN)].join(" | "))
            }
            Kind::Moment(Grain::Day) => "2025-01-31, d_now, d_yesterday".to_owned(),
            Kind::Moment(Grain::Minute) => "2025-01-31 23:59, d_now, d_yesterday".to_owned(),
            Kind::Moment(Grain::Second) => "2025-01-31 23:59:59, d_now, d_yesterday".to_owned(),
            Kind::Range(Grain::Day) => "2025-01-01--2025-01-31, d_today, d_this_month, d_last_7_days".to_owned(),
            Kind::Range(Grain::Minute) => {
                "2025-01-01 00:00--2025-01-31 23:59, d_today, d_last_8_hours, d_last_7_days".to_owned()
            }
            Kind::Range(Grain::Second) => {
                "2025-01-01 00:00:00--2025-01-31 23:59:59, d_today, d_last_8_hours, d_last_7_days".to_owned()
            }
        }
    }

    /// The value to send for what a person wrote.
    pub fn value(&self, text: &str, now: DateTime<Tz>) -> Result<Value> {
        if self.several {
            let items: Vec<String> = match serde_json::from_str::<Value>(text) {
                Ok(Value::Array(items)) => items.iter().map(written).collect(),
                _ if text.is_empty() => Vec::new(),
                _ => text.split(',').map(|t| t.trim().to_owned()).collect(),
            };
            return items.iter().map(|t| self.single(t, now)).collect::<Result<Vec<_>>>().map(Value::Array);
        }
        self.single(text, now)
    }

    fn single(&self, text: &str, now: DateTime<Tz>) -> Result<Value> {
        let plain = || Value::String(text.to_owned());
        match &self.kind {
            Kind::Text | Kind::Query(_) | Kind::Other(_) => Ok(plain()),
            Kind::Pattern(pattern) => match regex::Regex::new(&format!("^(?:{pattern})$")) {
                Ok(regex) if !regex.is_match(text) => Err(self.wrong("error-redash-pattern", text)),
                // A pattern only Python understands is left to the server.
                _ => Ok(plain()),
            },
            Kind::Number => match serde_json::from_str::<Value>(text.trim()) {
                Ok(number @ Value::Number(_)) => Ok(number),
                _ => Err(self.wrong("error-redash-number", text)),
            },
            Kind::Enum(options) if !options.iter().any(|o| o == text) => Err(self.wrong("error-redash-choice", text)),
            Kind::Enum(_) => Ok(plain()),
            Kind::Moment(grain) => match (dynamic_moment(text, now.naive_local()), text.starts_with("d_")) {
                (Some(at), _) => Ok(grain.write(at).into()),
                (None, true) => Err(self.wrong("error-redash-dynamic", text)),
                (None, false) if dated(text) => Ok(plain()),
                (None, false) => Err(self.wrong("error-redash-date", text)),
            },
            Kind::Range(grain) => {
                if text.starts_with("d_") {
                    let (start, end) = dynamic_range(text, now.naive_local())
                        .ok_or_else(|| self.wrong("error-redash-dynamic", text))?;
                    return Ok(json!({ "start": grain.write(start), "end": grain.write(end) }));
                }
                let ends = match serde_json::from_str::<Value>(text) {
                    Ok(Value::Object(object)) => {
                        let end = |key: &str| object.get(key).map(written);
                        end("start").zip(end("end"))
                    }
                    _ => text
                        .split_once("--")
                        .or_else(|| text.split_once(".."))
                        .map(|(a, b)| (a.to_owned(), b.to_owned())),
                };
                match ends {
                    Some((start, end)) if dated(start.trim()) && dated(end.trim()) => {
                        Ok(json!({ "start": start.trim(), "end": end.trim() }))
                    }
                    _ => Err(self.wrong("error-redash-range", text)),
                }
            }
        }
    }

    /// The value to send where a person wrote none.
    pub fn default_value(&self, now: DateTime<Tz>) -> Result<Value> {
        match &self.default {
            Value::Null => Err(Error::usage(Msg::new("error-redash-parameter").with("name", &self.name))
                .hint(Msg::new("hint-redash-parameter").with("name", &self.name).with("form", self.form()))),
            Value::String(token)
                if token.starts_with("d_") && matches!(self.kind, Kind::Moment(_) | Kind::Range(_)) =>
            {
                self.single(token, now)
            }
            Value::Number(number) if matches!(self.kind, Kind::Text) => Ok(number.to_string().into()),
            other => Ok(other.clone()),
        }
    }
}

/// A value as text: strings without quotes, several joined, a range with `--`.
pub fn written(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(s) => s.clone(),
        Value::Array(items) => items.iter().map(written).collect::<Vec<_>>().join(","),
        Value::Object(object) => match (object.get("start"), object.get("end")) {
            (Some(start), Some(end)) => format!("{}--{}", written(start), written(end)),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

/// The values to send: what was given, the defaults for the rest. A name the query does not have is refused.
pub fn resolve(params: &[Param], given: &[(String, String)], now: DateTime<Tz>) -> Result<Map<String, Value>> {
    if let Some((name, _)) = given.iter().find(|(name, _)| params.iter().all(|p| p.name != *name)) {
        let names = params.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ");
        let hint = match names.is_empty() {
            true => Msg::new("hint-redash-no-parameters"),
            false => Msg::new("hint-redash-parameters").with("names", names),
        };
        return Err(Error::usage(Msg::new("error-redash-unknown-parameter").with("name", name)).hint(hint));
    }
    let mut values = Map::new();
    for param in params {
        let texts: Vec<&str> = given.iter().filter(|(n, _)| *n == param.name).map(|(_, v)| v.as_str()).collect();
        let value = match texts.as_slice() {
            [] => param.default_value(now)?,
            [one] => param.value(one, now)?,
            several if param.several => {
                Value::Array(several.iter().map(|t| param.single(t, now)).collect::<Result<_>>()?)
            }
            [.., last] => param.value(last, now)?,
        };
        values.insert(param.name.clone(), value);
    }
    Ok(values)
}

/// The values as they are sent with a statement that is not saved, where the server does not know how to join several.
pub fn loose(params: &[Param], mut values: Map<String, Value>) -> Map<String, Value> {
    for param in params {
        if let Some(value) = values.get_mut(&param.name)
            && let Value::Array(items) = value
        {
            let [before, behind, between] = &param.around;
            let items: Vec<String> = items.iter().map(|v| format!("{before}{}{behind}", written(v))).collect();
            *value = Value::String(items.join(between));
        }
    }
    values
}

/// Whether a text can be a date. Where it begins with a year, there has to be such a day and such a time; the server,
/// which knows English notations besides, judges the rest.
fn dated(text: &str) -> bool {
    let text = text.trim();
    if !text.is_ascii() || !text.starts_with(|c: char| c.is_ascii_digit()) || text.contains("--") {
        return false;
    }
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let parts: Vec<&str> = day.split('-').collect();
    match parts.as_slice() {
        [year, rest @ ..] if year.len() == 4 && parts.len() == 3 && rest.iter().all(|part| digits(part)) => {}
        _ => return true,
    }
    let plain = time.bytes().all(|b| b.is_ascii_digit() || b == b':') && time.contains(':');
    let clock = |form| NaiveTime::parse_from_str(time, form).is_ok();
    NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok() && (!plain || clock("%H:%M") || clock("%H:%M:%S"))
}

fn dynamic_moment(token: &str, now: NaiveDateTime) -> Option<NaiveDateTime> {
    match token {
        "d_now" => Some(now),
        "d_yesterday" => now.checked_sub_days(Days::new(1)),
        _ => None,
    }
}

/// The ends of a dynamic range, as Redash's own page computes them. Weeks begin on Sunday.
fn dynamic_range(token: &str, now: NaiveDateTime) -> Option<(NaiveDateTime, NaiveDateTime)> {
    let today = now.date();
    let first = |d: NaiveDate| d.with_day(1);
    let days = |from: Option<NaiveDate>, to: Option<NaiveDate>| {
        Some((from?.and_time(NaiveTime::MIN), to?.and_hms_opt(23, 59, 59)?))
    };
    let week = |d: NaiveDate| d.checked_sub_days(Days::new(d.weekday().num_days_from_sunday().into()));
    let back = |months: u32| today.checked_sub_months(Months::new(months));
    let hours = |n: i64| Some((now.checked_sub_signed(TimeDelta::hours(n))?, now));
    match token.strip_prefix("d_")? {
        "today" => days(Some(today), Some(today)),
        "yesterday" => days(today.pred_opt(), today.pred_opt()),
        "this_week" => days(week(today), week(today)?.checked_add_days(Days::new(6))),
        "last_week" => {
            let start = week(today)?.checked_sub_days(Days::new(7));
            days(start, start?.checked_add_days(Days::new(6)))
        }
        "this_month" => days(first(today), first(today)?.checked_add_months(Months::new(1))?.pred_opt()),
        "last_month" => days(first(today)?.checked_sub_months(Months::new(1)), first(today)?.pred_opt()),
        "this_year" => days(NaiveDate::from_ymd_opt(today.year(), 1, 1), NaiveDate::from_ymd_opt(today.year(), 12, 31)),
        "last_year" => {
            days(NaiveDate::from_ymd_opt(today.year() - 1, 1, 1), NaiveDate::from_ymd_opt(today.year() - 1, 12, 31))
        }
        "last_hour" => hours(1),
        "last_8_hours" => hours(8),
        "last_24_hours" => hours(24),
        "last_12_months" => days(back(12), Some(today)),
        other => {
            let (count, unit) = other.strip_prefix("last_")?.split_once('_')?;
            let count: u32 = count.parse().ok()?;
            match unit {
                "days" => days(today.checked_sub_days(Days::new(count.into())), Some(today)),
                "years" => days(back(count.checked_mul(12)?), Some(today)),
                _ => None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone as _;

    /// Saturday, 14:30:15 in Tokyo.
    fn now() -> DateTime<Tz> {
        chrono_tz::Asia::Tokyo.with_ymd_and_hms(2026, 11, 21, 14, 30, 15).unwrap()
    }

    fn param(kind: Kind, several: bool) -> Param {
        Param { name: "p".into(), title: "P".into(), kind, several, around: Default::default(), default: Value::Null }
    }

    #[test]
    fn dynamic_ranges_are_those_of_the_page() {
        let range = |token: &str, grain| param(Kind::Range(grain), false).value(token, now()).unwrap();
        for (token, start, end) in [
            ("d_today", "2026-11-21", "2026-11-21"),
            ("d_yesterday", "2026-11-20", "2026-11-20"),
            ("d_this_week", "2026-11-15", "2026-11-21"),
            ("d_last_week", "2026-11-08", "2026-11-14"),
            ("d_this_month", "2026-11-01", "2026-11-30"),
            ("d_last_month", "2026-10-01", "2026-10-31"),
            ("d_this_year", "2026-01-01", "2026-12-31"),
            ("d_last_year", "2025-01-01", "2025-12-31"),
            ("d_last_7_days", "2026-11-14", "2026-11-21"),
            ("d_last_90_days", "2026-08-23", "2026-11-21"),
            ("d_last_12_months", "2025-11-21", "2026-11-21"),
            ("d_last_10_years", "2016-11-21", "2026-11-21"),
        ] {
            assert_eq!(range(token, Grain::Day), json!({ "start": start, "end": end }), "{token}");
        }
        assert_eq!(
            range("d_last_8_hours", Grain::Second),
            json!({ "start": "2026-11-21 06:30:15", "end": "2026-11-21 14:30:15" })
        );
        assert_eq!(range("d_today", Grain::Minute), json!({ "start": "2026-11-21 00:00", "end": "2026-11-21 23:59" }));
        assert!(param(Kind::Range(Grain::Day), false).value("d_next_year", now()).is_err());
    }

    #[test]
    fn the_same_moment_is_another_day_elsewhere() {
        let there = now().with_timezone(&chrono_tz::America::Los_Angeles);
        let day = param(Kind::Moment(Grain::Day), false);
        assert_eq!(day.value("d_now", now()).unwrap(), json!("2026-11-21"));
        assert_eq!(day.value("d_now", there).unwrap(), json!("2026-11-20"));
        assert_eq!(day.value("d_yesterday", there).unwrap(), json!("2026-11-19"));
    }

    #[test]
    fn what_is_written_becomes_what_is_sent() {
        let value = |kind, several, text: &str| param(kind, several).value(text, now()).ok();
        let choice = || Kind::Enum(vec!["JP".into(), "US".into()]);
        assert_eq!(value(Kind::Text, false, "O'Brien"), Some(json!("O'Brien")));
        assert_eq!(value(Kind::Number, false, "12345678901234567890").unwrap().to_string(), "12345678901234567890");
        assert_eq!(value(Kind::Number, false, "1.50").unwrap().to_string(), "1.50");
        assert_eq!(value(Kind::Number, false, "x"), None);
        assert_eq!(value(choice(), false, "JP"), Some(json!("JP")));
        assert_eq!(value(choice(), false, "DE"), None);
        assert_eq!(value(choice(), true, "JP,US"), Some(json!(["JP", "US"])));
        assert_eq!(value(choice(), true, r#"["US"]"#), Some(json!(["US"])));
        assert_eq!(value(choice(), true, ""), Some(json!([])));
        assert_eq!(value(Kind::Pattern("[A-Z]{2}-[0-9]+".into()), false, "AB-12"), Some(json!("AB-12")));
        assert_eq!(value(Kind::Pattern("[A-Z]{2}-[0-9]+".into()), false, "AB-12x"), None);
        let day = json!({ "start": "2025-01-01", "end": "2025-01-31" });
        for text in
            ["2025-01-01--2025-01-31", "2025-01-01 .. 2025-01-31", r#"{"start":"2025-01-01","end":"2025-01-31"}"#]
        {
            assert_eq!(value(Kind::Range(Grain::Day), false, text), Some(day.clone()), "{text}");
        }
        assert_eq!(value(Kind::Range(Grain::Day), false, "2025-01-01"), None);
        assert_eq!(value(Kind::Moment(Grain::Day), false, "tomorrow"), None);
    }

    #[test]
    fn days_that_are_none_are_refused_here_and_other_notations_left_to_the_server() {
        let takes = |text: &str| param(Kind::Moment(Grain::Second), false).value(text, now()).is_ok();
        for text in [
            "2026-01-31",
            " 2026-01-31 ",
            "2024-02-29 23:59",
            "2024-02-29T23:59:59",
            "2026-01-31 09:00:00+09:00",
            "2026-01-31T09:00:00Z",
            "31 Jan 2026",
            "2026/01/31",
            "20260131",
        ] {
            assert!(takes(text), "{text}");
        }
        for text in
            ["2026-02-30", "2026-13-01", "2026-01-31 99:99", "2026-01-31 24:30:00", "2026年1月31日", "２０２６-01-01"]
        {
            assert!(!takes(text), "{text}");
        }
    }

    #[test]
    fn long_lists_are_told_in_part_and_commas_in_values_part_nothing() {
        let many = param(Kind::Enum((0..400).map(|i| i.to_string()).collect()), false);
        assert_eq!(many.form(), "0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | …");
        let default = json!(["a, b", "c"]);
        let several = Param { default: default.clone(), ..param(Kind::Enum(vec!["a, b".into(), "c".into()]), true) };
        assert_eq!(several.value(&several.default_text(), now()).unwrap(), default);
    }

    #[test]
    fn unknown_names_are_refused_and_missing_values_named() {
        let params = [param(Kind::Text, false)];
        let given = |name: &str| vec![(name.to_owned(), "v".to_owned())];
        assert_eq!(resolve(&params, &given("q"), now()).unwrap_err().message.id, "error-redash-unknown-parameter");
        assert_eq!(resolve(&params, &[], now()).unwrap_err().message.id, "error-redash-parameter");
        assert_eq!(resolve(&params, &given("p"), now()).unwrap()["p"], json!("v"));
    }
}
