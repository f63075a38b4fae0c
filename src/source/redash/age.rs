//! How old data is, and what the time is where the person is.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::DateTime;
use chrono_tz::Tz;

use crate::text::Msg;
use crate::value::time::iso_moment;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(0))
}

/// The present moment in a zone.
pub fn now(zone: Tz) -> DateTime<Tz> {
    DateTime::from_timestamp(seconds(), 0).unwrap_or_default().with_timezone(&zone)
}

/// How long ago a moment was, as the server writes it (`2026-11-21T03:14:19.284Z`; without an offset it is UTC).
pub fn ago(at: &str) -> Option<Msg> {
    let (micros, _) = iso_moment(at)?;
    Some(span(seconds() - micros.div_euclid(1_000_000)))
}

/// A moment the server wrote, as a clock in a zone shows it to the second.
pub fn moment(at: &str, zone: Tz) -> String {
    let Some((micros, _)) = iso_moment(at) else { return at.to_owned() };
    match DateTime::from_timestamp(micros.div_euclid(1_000_000), 0) {
        Some(at) => at.with_timezone(&zone).naive_local().to_string(),
        None => at.to_owned(),
    }
}

fn span(seconds: i64) -> Msg {
    let msg = |id, unit: i64| Msg::new(id).with("count", u64::try_from(seconds / unit).unwrap_or(0));
    match seconds {
        s if s < MINUTE => Msg::new("redash-age-now"),
        s if s < HOUR => msg("redash-age-minutes", MINUTE),
        s if s < 2 * DAY => msg("redash-age-hours", HOUR),
        _ => msg("redash-age-days", DAY),
    }
}

/// The age of data, for the title.
pub fn facts(retrieved_at: Option<&str>) -> Vec<Msg> {
    retrieved_at.and_then(ago).map(|age| Msg::new("redash-age").with("age", age)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_the_unit_that_fits() {
        let id = |seconds| span(seconds).id;
        assert_eq!(
            [id(-5), id(59), id(60), id(3_599), id(3_600), id(172_799), id(172_800)],
            [
                "redash-age-now",
                "redash-age-now",
                "redash-age-minutes",
                "redash-age-minutes",
                "redash-age-hours",
                "redash-age-hours",
                "redash-age-days"
            ]
        );
        assert_eq!(moment("2026-11-21T03:14:19.284Z", chrono_tz::Asia::Tokyo), "2026-11-21 12:14:19");
        assert!(ago("yesterday").is_none() && ago("2026-11-21T03:14:19.284Z").is_some());
    }
}
