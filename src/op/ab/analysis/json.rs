//! Every number under its key. All are numbers; what is not defined is null.

use serde_json::{Map, Value, json};

use super::super::bayes::Summary;
use super::answer::{Answer, Versus};
use super::check::Checked;
use super::daily::Track;
use super::named::Named;
use super::parts::Parts;
use super::read::day_words;
use super::{Ab, Gathered, Metric};
use crate::result::report::Verdict;

/// The tests that are always there, with their keys.
const TESTS: [(&str, &[&str]); 9] = [
    ("z", &["statistic", "p_value"]),
    ("fisher", &["p_value"]),
    ("yates", &["statistic", "p_value"]),
    ("welch", &["statistic", "df", "p_value", "ci95"]),
    ("mann_whitney", &["statistic", "p_value", "superiority"]),
    ("newcombe", &["ci95"]),
    ("miettinen_nurminen", &["ci95"]),
    ("delta_method", &["se", "z", "p_value", "ci95"]),
    ("cuped", &["theta", "difference", "ci95", "p_value"]),
];

/// A number, or null where it is none.
fn some(v: impl Into<Option<f64>>) -> Value {
    v.into().filter(|v| v.is_finite()).map_or(Value::Null, |v| json!(v))
}

fn ends(e: Option<[f64; 2]>) -> Value {
    e.map_or(Value::Null, |[a, b]| json!([some(a), some(b)]))
}

fn law(s: Option<&Summary>) -> Value {
    json!({
        "mean": some(s.and_then(|s| s.mean)), "median": some(s.map(|s| s.median)), "sd": some(s.and_then(|s| s.sd)),
        "hdi95": ends(s.and_then(|s| s.hdi)), "eti95": ends(s.map(|s| s.eti)),
    })
}

fn test(t: &Named) -> Map<String, Value> {
    let mut map = Map::new();
    let statistic = if t.key == "delta_method" { "z" } else { "statistic" };
    for (key, value) in [(statistic, t.statistic), ("df", t.df), ("p_value", t.p.map(|p| p.p))] {
        if value.is_some() {
            map.insert(key.into(), some(value));
        }
    }
    if t.ci.is_some() {
        // Two one-sided tests at a level go with the interval of twice that level.
        map.insert(if t.key == "tost" { "ci" } else { "ci95" }.into(), ends(t.ci));
    }
    for (key, value) in &t.more {
        map.insert((*key).into(), some(*value));
    }
    map
}

fn tests(v: &Versus) -> Map<String, Value> {
    let mut all = Map::new();
    for (name, keys) in TESTS {
        let mut map = v.test(name).map(test).unwrap_or_default();
        for key in keys {
            map.entry(*key).or_insert(Value::Null);
        }
        all.insert(name.into(), map.into());
    }
    for t in v.tests.iter().filter(|t| !TESTS.iter().any(|(name, _)| *name == t.key)) {
        all.insert(t.key.into(), test(t).into());
    }
    all
}

fn days(gathered: &Gathered, track: &Track) -> Value {
    let rows: Vec<Value> = track
        .rows
        .iter()
        .map(|r| {
            let day = if gathered.dates { json!(day_words(r.day, true)) } else { json!(r.day) };
            json!({
                "day": day, "n_baseline": r.n[0], "n_arm": r.n[1], "difference": some(r.difference),
                "cumulative": some(r.so_far.map(|s| s.0)), "ci95": ends(r.so_far.map(|s| s.1)),
            })
        })
        .collect();
    let trend = track.trend;
    let weeks = trend.and_then(|t| t.weeks);
    json!({
        "rows": rows,
        "slope": some(trend.map(|t| t.slope)), "slope_se": some(trend.map(|t| t.slope_se)),
        "z": some(trend.map(|t| t.test.statistic)), "p_value": some(trend.map(|t| t.test.two_sided.p)),
        "heterogeneity": {
            "statistic": some(trend.map(|t| t.heterogeneity.statistic)),
            "p_value": some(trend.map(|t| t.heterogeneity.two_sided.p)),
        },
        "first_week": some(weeks.map(|w| w.first)), "last_week": some(weeks.map(|w| w.last)),
        "weeks_z": some(weeks.map(|w| w.test.statistic)), "weeks_p_value": some(weeks.map(|w| w.test.two_sided.p)),
    })
}

fn segments(gathered: &Gathered, parts: &Parts) -> Value {
    let rows: Vec<Value> = parts
        .rows
        .iter()
        .map(|r| {
            json!({
                "segment": gathered.segment_names[r.segment], "n_baseline": r.n[0], "n_arm": r.n[1],
                "baseline": some(r.values[0]), "arm": some(r.values[1]),
                "difference": some(r.difference.map(|d| d.0)), "ci95": ends(r.difference.map(|d| d.1)),
            })
        })
        .collect();
    json!({
        "rows": rows, "against": parts.against, "reversal": parts.reversal,
        "mix": {"statistic": some(parts.mix.map(|m| m.statistic)), "p_value": some(parts.mix.map(|m| m.two_sided.p))},
    })
}

/// One metric.
pub fn metric(
    ab: &Ab,
    gathered: &Gathered,
    metric: &Metric,
    answer: &Answer,
    checks: &[Checked],
    verdict: &Verdict,
    by: &[(Option<Track>, Option<Parts>)],
) -> Value {
    let arm = |(i, a): (usize, &super::answer::OfArm)| {
        let ratio = matches!(metric.kind, super::Kind::Ratio | super::Kind::Count);
        json!({
            "name": gathered.names[i], "n": a.n, "conversions": a.conversions,
            "rate": some(a.value.filter(|_| answer.is_rate || ratio)),
            "mean": some(a.value), "sd": some(a.sd), "posterior": law(a.posterior.as_ref()), "p_best": some(a.p_best),
            "expected_loss": some(a.expected_loss),
        })
    };
    let arms: Vec<Value> = answer.arms.iter().enumerate().map(arm).collect();
    let comparison = |(v, (track, parts)): (&Versus, &(Option<Track>, Option<Parts>))| {
        let bayes = v.bayes.as_ref();
        let mut value = json!({
            "arm": gathered.names[v.arm], "baseline": gathered.names[0],
            "difference": law(bayes.map(|b| &b.difference)), "lift": law(bayes.and_then(|b| b.lift.as_ref())),
            "p_better": some(bayes.map(|b| b.p_better.p)), "p_worse": some(bayes.map(|b| b.p_worse.p)),
            "expected_loss_if_arm": some(bayes.and_then(|b| b.expected_loss_if_arm)),
            "expected_loss_if_baseline": some(bayes.and_then(|b| b.expected_loss_if_baseline)),
            "tests": tests(v), "decided_by": v.decides,
            "p_adjusted": {"holm": some(v.holm), "bh": some(v.bh)},
        });
        if let Value::Object(map) = &mut value {
            if let Some(track) = track {
                map.insert("days".into(), days(gathered, track));
            }
            if let Some(parts) = parts {
                map.insert("segments".into(), segments(gathered, parts));
            }
        }
        value
    };
    let comparisons: Vec<Value> = answer.versus.iter().zip(by).map(comparison).collect();
    let check = |c: &Checked| {
        let f = &c.finding;
        json!({
            "name": c.name, "status": f.status.name(), "value": some(f.value), "p_value": some(f.p.map(|p| p.p)),
            "meaning": c.meaning.to_string(),
        })
    };
    let mut value = json!({
        "metric": answer.name, "kind": metric.kind.name(), "lower_is_better": ab.lower_is_better,
        "adjusted_for": ab.covariate.as_ref().filter(|_| answer.adjusted), "winsorised_at": some(metric.limit),
        "arms": arms, "comparisons": comparisons, "checks": checks.iter().map(check).collect::<Vec<_>>(),
        "verdict": {"status": verdict.status.name(), "sentence": verdict.sentence.to_string()},
    });
    if let (Value::Object(map), Some(units)) = (&mut value, &gathered.units) {
        let facts =
            json!({"column": units.column, "rows": units.rows, "units": units.units, "in_several_arms": units.several});
        map.insert("unit".into(), facts);
    }
    value
}
