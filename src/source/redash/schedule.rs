//! When a query runs by itself, as the server keeps it, in words. Whether it really ran then is not known here.

use chrono::{DateTime, NaiveTime, Weekday};
use chrono_tz::Tz;
use serde_json::Value;

use crate::text::{Msg, tr};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;

/// A schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Seconds between two runs.
    interval: u64,
    /// The time of the day, in UTC.
    time: Option<NaiveTime>,
    /// The day of the week at that time, in UTC.
    day: Option<Weekday>,
    /// The last day, as the server writes it.
    until: Option<String>,
    /// Put out of force.
    disabled: bool,
}

impl Schedule {
    /// Reads what a query says of its schedule; none where it has none.
    pub fn read(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str).filter(|t| !t.is_empty());
        let interval = value.get("interval")?;
        let interval = interval.as_u64().or_else(|| interval.as_str()?.parse().ok()).filter(|s| *s > 0)?;
        let time = text("time").and_then(|t| NaiveTime::parse_from_str(t.get(..5).unwrap_or(t), "%H:%M").ok());
        Some(Self {
            interval,
            time,
            day: text("day_of_week").and_then(|d| d.parse().ok()),
            until: text("until").map(str::to_owned),
            disabled: value.get("disabled").and_then(Value::as_bool).unwrap_or(false),
        })
    }

    /// The schedule in words, by the clock of the zone `now` is in.
    pub fn words(&self, now: DateTime<Tz>) -> Msg {
        let every = |id, unit| Msg::new(id).with("count", self.interval / unit);
        // The day of the run at that time which is nearest to now tells how the zone's clock differs.
        let at = self.time.map(|t| now.to_utc().date_naive().and_time(t).and_utc());
        let local = at.map(|at| at.with_timezone(&now.timezone()));
        let day = self.day.map(|day| match (at, local) {
            (Some(at), Some(local)) if local.date_naive() > at.date_naive() => day.succ(),
            (Some(at), Some(local)) if local.date_naive() < at.date_naive() => day.pred(),
            _ => day,
        });
        let weekly = self.interval.is_multiple_of(WEEK);
        let mut words = match (self.interval, day) {
            (_, Some(day)) if weekly => every("redash-every-week-on", WEEK).with("day", name_of(day)),
            (_, None) if weekly => every("redash-every-week", WEEK),
            (s, _) if s.is_multiple_of(DAY) => every("redash-every-day", DAY),
            (s, _) if s.is_multiple_of(HOUR) => every("redash-every-hour", HOUR),
            (s, _) if s.is_multiple_of(MINUTE) => every("redash-every-minute", MINUTE),
            _ => every("redash-every-second", 1),
        };
        if let Some(local) = local {
            words = Msg::new("redash-every-at").with("every", words).with("time", local.format("%H:%M").to_string());
        }
        if let Some(until) = &self.until {
            words = Msg::new("redash-every-until").with("every", words).with("until", until);
        }
        match self.disabled {
            true => Msg::new("redash-every-off").with("every", words),
            false => words,
        }
    }
}

/// The name of a day of the week.
fn name_of(day: Weekday) -> String {
    let names = tr("redash-weekdays");
    let nth = day.num_days_from_monday() as usize;
    names.split(' ').nth(nth).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;
    use serde_json::json;

    #[test]
    fn schedules_are_told_as_people_say_them() {
        // 2026-11-22, noon in UTC, as a clock in Tokyo shows it.
        let noon = DateTime::from_timestamp(1_795_348_800, 0).unwrap();
        let tokyo = noon.with_timezone(&chrono_tz::Asia::Tokyo);
        for (schedule, en, ja) in [
            (json!({"interval": 60}), "every minute", "毎分"),
            (json!({"interval": 300, "time": null, "day_of_week": null, "until": null}), "every 5 minutes", "5分ごと"),
            (json!({"interval": 3600}), "every hour", "毎時"),
            (json!({"interval": "43200"}), "every 12 hours", "12時間ごと"),
            (json!({"interval": 5400}), "every 90 minutes", "90分ごと"),
            (json!({"interval": 90}), "every 90 seconds", "90秒ごと"),
            (json!({"interval": 86400, "time": "00:00"}), "every day at 09:00", "毎日 09:00"),
            (json!({"interval": 172800, "time": "15:30"}), "every 2 days at 00:30", "2日ごと 00:30"),
            (
                json!({"interval": 604800, "time": "00:15", "day_of_week": "Monday"}),
                "every week on Monday at 09:15",
                "毎週月曜日 09:15",
            ),
            // Eleven at night on Sunday in UTC is Monday morning in Tokyo.
            (
                json!({"interval": 1209600, "time": "23:00", "day_of_week": "Sunday", "until": "2026-12-31"}),
                "every 2 weeks on Monday at 08:00, until 2026-12-31",
                "2週間ごとの月曜日 08:00（2026-12-31 まで）",
            ),
            (json!({"interval": 604800}), "every week", "毎週"),
            (json!({"interval": 2592000, "time": "01:00"}), "every 30 days at 10:00", "30日ごと 10:00"),
            (json!({"interval": 3600, "disabled": true}), "every hour (switched off)", "毎時（停止中）"),
        ] {
            let read = Schedule::read(&schedule).unwrap();
            for (lang, want) in [(Lang::En, en), (Lang::Ja, ja)] {
                lang.make_current();
                assert_eq!(read.words(tokyo).to_string(), want, "{schedule}");
            }
        }
        // West of Greenwich the day is the one before.
        let west = noon.with_timezone(&chrono_tz::America::New_York);
        let monday = Schedule::read(&json!({"interval": 604800, "time": "03:00", "day_of_week": "Monday"})).unwrap();
        Lang::En.make_current();
        assert_eq!(monday.words(west).to_string(), "every week on Sunday at 22:00");
        for none in
            [json!(null), json!({}), json!({"interval": null}), json!({"interval": 0}), json!({"interval": "x"})]
        {
            assert_eq!(Schedule::read(&none), None, "{none}");
        }
        assert!(Schedule::read(&json!({"interval": 60, "time": "時刻です", "day_of_week": "Noday"})).is_some());
    }
}
