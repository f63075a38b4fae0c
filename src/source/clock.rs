//! Spans and time zones as settings write them.

use std::time::Duration;

use chrono_tz::Tz;

/// A span such as `90s`, `5m`, `2h`, or a number of seconds.
pub fn span(text: &str) -> Option<Duration> {
    let text = text.trim();
    let (number, factor) = match text.strip_suffix('s').map(|n| (n, 1.0)) {
        Some(found) => found,
        None => match text.strip_suffix('m').map(|n| (n, 60.0)) {
            Some(found) => found,
            None => text.strip_suffix('h').map_or((text, 1.0), |n| (n, 3600.0)),
        },
    };
    let seconds = number.trim().parse::<f64>().ok()? * factor;
    (seconds > 0.0).then(|| Duration::try_from_secs_f64(seconds).ok()).flatten()
}

/// The zone of this machine: `TZ`, else what the system says, else UTC.
pub fn local_zone() -> Tz {
    let named = |name: &str| name.trim_start_matches(':').parse::<Tz>().ok();
    if let Some(zone) = std::env::var("TZ").ok().and_then(|name| named(&name)) {
        return zone;
    }
    iana_time_zone::get_timezone().ok().and_then(|name| named(&name)).unwrap_or(Tz::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (text, want) in
            [("90", Some(90.0)), ("1.5m", Some(90.0)), ("2h", Some(7200.0)), ("0", None), ("x", None), ("-1s", None)]
        {
            assert_eq!(span(text), want.map(Duration::from_secs_f64), "{text}");
        }
    }
}
