//! The report: sentence, warnings, ranking, quality, and every number under its key.

use serde_json::{Value, json};

use super::draw;
use super::learn::By;
use super::measure::{self, Quality};
use super::task::Task;
use super::warn::{Kind as Sort, listed, metric_word};
use super::{Answer, Finding, Ranked};
use crate::error::Result;
use crate::op::chart::read::Class;
use crate::result::report::{Report, Status, Verdict};
use crate::result::table::{ResultColumn, ResultTable};
use crate::text::{Msg, bar, is_unicode, number};
use crate::value::{Cell, Column, Kind};

/// Rows of the ranking that are shown in short.
const SHOWN: usize = 20;
/// Cells of a bar.
const BAR: usize = 16;
/// Share from which on a column is named in the sentence beside the first.
const NAMED: f64 = 0.05;
/// How far above no knowledge a score looks good.
const LUCKY: f64 = 0.1;
/// Pairs that are told.
const PAIRS: usize = 10;

/// Puts a report together. Fails where a figure is asked for that there is none of.
pub fn report(answer: &Answer) -> Result<Report> {
    let mut tables = Vec::new();
    if answer.finding != Finding::Nothing {
        tables.push(ranking(answer));
    }
    tables.push(quality(answer));
    let mut details = vec![numbers(answer)];
    details.extend(grouped(answer));
    details.extend(pairs(answer));
    details.extend(parts(answer));
    Ok(Report {
        title: Msg::new("importance-title").with("target", &answer.target.var.name),
        verdict: verdict(answer),
        warnings: answer.warnings.iter().map(|w| w.text.clone()).collect(),
        checks: Vec::new(),
        tables,
        details,
        figures: draw::figures(answer, &answer.step)?,
        panes: Vec::new(),
        rows: answer.step.values.then(|| values(answer)),
        notes: notes(answer),
        data: data(answer),
        failed: None,
    })
}

/// The measure of a model in words: `R² .93`.
fn told(answer: &Answer, score: f64) -> Msg {
    Msg::new("importance-score")
        .with("metric", Msg::new(metric_word(answer.target.task)))
        .with("score", number::readable((score * 1000.0).round() / 1000.0, 3))
}

/// The answer in a sentence.
pub fn verdict(answer: &Answer) -> Verdict {
    let target = &answer.target.var.name;
    let held = answer.split.held.len();
    let score = told(answer, answer.learned.quality.score);
    let leaks: Vec<String> =
        answer.warnings.iter().filter(|w| w.kind == Sort::Leakage).flat_map(|w| w.columns.clone()).collect();
    if answer.finding == Finding::Nothing {
        // A score that looks good, of so few rows that it may be luck.
        let lucky = answer.learned.quality.score > measure::nothing(answer.target.task) + LUCKY;
        let id = if lucky { "importance-verdict-unsure" } else { "importance-verdict-nothing" };
        let sentence = Msg::new(id).with("target", target).with("score", score).with("held", held);
        let next = Some(Msg::new("importance-next-nothing"));
        return Verdict { status: Status::Nothing, sentence, next };
    }
    let strong: Vec<&Ranked> = answer.groups.iter().filter(|g| !g.is_noise()).collect();
    if !leaks.is_empty() || dominated(answer) {
        let columns = if leaks.is_empty() { answer.groups[0].names.clone() } else { leaks };
        let sentence = Msg::new("importance-verdict-suspect")
            .with("columns", listed(&columns))
            .with("target", target)
            .with("score", score);
        let next = Some(Msg::new("importance-next-suspect").with("columns", listed(&columns)));
        return Verdict { status: Status::Suspect, sentence, next };
    }
    let named = || strong.iter().enumerate().take(3).filter(|(i, g)| *i == 0 || g.share >= NAMED).map(|(_, g)| g);
    let names: Vec<String> = named().map(|g| title_of(g)).collect();
    let share: f64 = named().map(|g| g.share).sum();
    let (id, status) = match answer.finding {
        Finding::Weak => ("importance-verdict-weak", Status::Weak),
        _ => ("importance-verdict-explained", Status::Explained),
    };
    let sentence = Msg::new(id)
        .with("target", target)
        .with("columns", names.join(", "))
        .with("count", names.len())
        .with("share", percent(share))
        .with("score", score)
        .with("held", held);
    Verdict { status, sentence, next: None }
}

/// Whether one column has nearly all the credit of a nearly perfect model.
fn dominated(answer: &Answer) -> bool {
    let perfect = if answer.target.task == Task::Number { 0.99 } else { 0.995 };
    answer.learned.quality.score >= perfect && answer.groups.first().is_some_and(|g| g.share >= 0.9)
}

/// A share from 0 to 1 in per cent.
pub fn percent(share: f64) -> String {
    let per = 100.0 * share;
    if per > 0.0 && per < 0.1 { "<0.1%".to_owned() } else { format!("{per:.1}%") }
}

/// The name of a column, or of a group by its members.
pub fn title_of(ranked: &Ranked) -> String {
    match ranked.names.as_slice() {
        [one] => one.clone(),
        names => format!("{{{}}}", listed(names)),
    }
}

/// A mean absolute SHAP value for people.
pub fn amount(answer: &Answer, v: f64) -> String {
    match answer.target.task {
        Task::Number => number::readable(v, 3),
        _ => Msg::new("importance-points").with("value", number::readable(100.0 * v, 3)).to_string(),
    }
}

fn column(name: &str, kind: Kind, heading: &'static str) -> ResultColumn {
    ResultColumn { column: Column { name: name.into(), kind }, heading: Msg::new(heading) }
}

fn text(s: impl ToString) -> Cell<'static> {
    Cell::Text(s.to_string().into())
}

fn float(v: f64) -> Cell<'static> {
    if v.is_finite() { Cell::Float(v) } else { Cell::Null }
}

/// The ranking with bars, groups together.
fn ranking(answer: &Answer) -> ResultTable {
    let most = answer.groups.first().map_or(1.0, |g| g.mean_abs);
    let unicode = is_unicode();
    let rows = answer.groups.iter().take(SHOWN).map(|g| {
        let ranks =
            if g.ranks.0 == g.ranks.1 { g.ranks.0.to_string() } else { format!("{}–{}", g.ranks.0, g.ranks.1) };
        vec![
            text(title_of(g)),
            text(bar(g.mean_abs / most.max(1e-300), BAR, unicode)),
            text(percent(g.share)),
            text(amount(answer, g.mean_abs)),
            text(g.word()),
            text(ranks),
            g.permutation.map_or(Cell::Null, |p| text(number::readable(p, 2))),
        ]
    });
    ResultTable {
        title: Msg::new("importance-table-ranking")
            .with("shown", answer.groups.len().min(SHOWN))
            .with("count", answer.groups.len()),
        columns: vec![
            column("feature", Kind::Text, "importance-head-feature"),
            column("bar", Kind::Text, "importance-head-bar"),
            column("share", Kind::Text, "importance-head-share"),
            column("mean_abs_shap", Kind::Text, "importance-head-shap"),
            column("direction", Kind::Text, "importance-head-direction"),
            column("ranks", Kind::Text, "importance-head-ranks"),
            column("permutation", Kind::Text, "importance-head-permutation"),
        ],
        rows: rows.collect(),
        notes: Vec::new(),
    }
}

/// How good the model is, beside a plain one and none.
fn quality(answer: &Answer) -> ResultTable {
    let learned = &answer.learned;
    let task = answer.target.task;
    let mut columns = vec![column("model", Kind::Text, "importance-head-model")];
    columns.push(ResultColumn {
        column: Column { name: measure::metric(task).into(), kind: Kind::Text },
        heading: Msg::new(metric_word(task)),
    });
    match task {
        Task::Number => columns.push(column("mae", Kind::Text, "importance-head-mae")),
        _ => {
            columns.push(column("log_loss", Kind::Text, "importance-head-log-loss"));
            columns.push(column("accuracy", Kind::Text, "importance-head-accuracy"));
        }
    }
    if task == Task::YesNo {
        columns.push(column("calibration", Kind::Text, "importance-head-calibration"));
    }
    let row = |name: &'static str, q: &Quality| {
        let cell = |v: Option<f64>| v.map_or(Cell::Null, |v| text(number::readable(v, 4)));
        let score = text(number::readable((q.score * 1e4).round() / 1e4, 4));
        let mut row = vec![text(Msg::new(name)), score];
        match task {
            Task::Number => row.push(cell(q.mae)),
            _ => row.extend([cell(q.log_loss), q.accuracy.map_or(Cell::Null, |a| text(percent(a)))]),
        }
        if task == Task::YesNo {
            row.push(cell(q.calibration));
        }
        row
    };
    let mut rows = vec![row("importance-model-trees", &learned.quality)];
    rows.extend(learned.linear.iter().map(|q| row("importance-model-linear", q)));
    rows.push(row("importance-model-none", &learned.baseline));
    rows.push(row("importance-model-learned", &learned.on_learned));
    ResultTable {
        title: Msg::new("importance-table-quality").with("held", answer.split.held.len()),
        columns,
        rows,
        notes: Vec::new(),
    }
}

/// The ranking column by column: the table for machines.
pub fn numbers(answer: &Answer) -> ResultTable {
    let rows = answer.columns.iter().map(|c| {
        vec![
            text(&c.names[0]),
            float(c.mean_abs),
            float(c.share),
            text(c.direction.name()),
            Cell::Int(c.ranks.0 as i128),
            Cell::Int(c.ranks.1 as i128),
            c.permutation.map_or(Cell::Null, float),
        ]
    });
    ResultTable {
        title: Msg::new("importance-table-numbers"),
        columns: vec![
            column("feature", Kind::Text, "importance-head-feature"),
            column("mean_abs_shap", Kind::Float, "importance-head-shap"),
            column("share", Kind::Float, "importance-head-share"),
            column("direction", Kind::Text, "importance-head-direction"),
            column("rank_low", Kind::Integer, "importance-head-rank-low"),
            column("rank_high", Kind::Integer, "importance-head-rank-high"),
            column("permutation", Kind::Float, "importance-head-permutation"),
        ],
        rows: rows.collect(),
        notes: Vec::new(),
    }
}

/// By class, where there are several.
fn grouped(answer: &Answer) -> Option<ResultTable> {
    let explained = answer.explained.as_ref().filter(|e| e.outputs > 1)?;
    let mut columns = vec![column("feature", Kind::Text, "importance-head-feature")];
    columns.extend(answer.target.classes.iter().map(|(name, _)| ResultColumn {
        column: Column { name: name.clone(), kind: Kind::Float },
        heading: Msg::new("importance-head-class").with("class", name),
    }));
    let rows = answer.groups.iter().map(|g| {
        let of = |k| float(explained.mean_abs_of(&g.columns, k));
        [text(title_of(g))].into_iter().chain((0..explained.outputs).map(of)).collect()
    });
    Some(ResultTable { title: Msg::new("importance-table-classes"), columns, rows: rows.collect(), notes: Vec::new() })
}

fn pairs(answer: &Answer) -> Option<ResultTable> {
    let pairs = answer.pairs.as_ref()?;
    let rows: Vec<_> = pairs
        .iter()
        .take(PAIRS)
        .filter(|p| p.strength >= 1e-3)
        .map(|p| vec![text(answer.name(p.columns.0)), text(answer.name(p.columns.1)), text(percent(p.strength))])
        .collect();
    (!rows.is_empty()).then(|| ResultTable {
        title: Msg::new("importance-table-pairs"),
        columns: vec![
            column("first", Kind::Text, "importance-head-feature"),
            column("second", Kind::Text, "importance-head-with"),
            column("strength", Kind::Text, "importance-head-strength"),
        ],
        rows,
        notes: Vec::new(),
    })
}

/// Parts of dates.
fn parts(answer: &Answer) -> Option<ResultTable> {
    let explained = answer.explained.as_ref()?;
    let rows: Vec<_> = explained
        .parts
        .iter()
        .filter_map(|(number, v)| {
            let n = answer.prepared.numbers[*number];
            let suffix = n.part.suffix()?;
            let name = &answer.prepared.sources[n.source].var.name;
            Some(vec![text(format!("{name}.{suffix}")), text(amount(answer, *v))])
        })
        .collect();
    (!rows.is_empty()).then(|| ResultTable {
        title: Msg::new("importance-table-parts"),
        columns: vec![
            column("part", Kind::Text, "importance-head-feature"),
            column("mean_abs_shap", Kind::Text, "importance-head-shap"),
        ],
        rows,
        notes: Vec::new(),
    })
}

/// How good the model is on rows it never saw, in words.
pub fn in_words(answer: &Answer) -> Msg {
    let (learned, target) = (&answer.learned, &answer.target.var.name);
    let (model, none) = (&learned.quality, &learned.baseline);
    let error = |q: &Quality| number::readable(q.mae.unwrap_or_default(), 3);
    let right = |q: &Quality| percent(q.accuracy.unwrap_or_default());
    match answer.target.task {
        Task::Number => Msg::new("importance-words-number")
            .with("target", target)
            .with("share", percent(model.score.max(0.0)))
            .with("error", error(model))
            .with("none", error(none)),
        Task::YesNo => Msg::new("importance-words-yes-no")
            .with("share", percent(model.score))
            .with("error", number::readable(100.0 * model.calibration.unwrap_or_default(), 2)),
        Task::Classes => Msg::new("importance-words-classes")
            .with("target", target)
            .with("share", right(model))
            .with("none", right(none)),
    }
}

fn notes(answer: &Answer) -> Vec<Msg> {
    let (prepared, target) = (&answer.prepared, &answer.target);
    let mut notes = vec![Msg::new("importance-note-cause"), in_words(answer)];
    notes.push(match target.classes.as_slice() {
        [_, (yes, _)] if target.task == Task::YesNo => {
            Msg::new("importance-note-task-yes").with("target", &target.var.name).with("yes", yes)
        }
        _ => Msg::new("importance-note-task").with("target", &target.var.name).with("task", target.task.word()),
    });
    let used = prepared.rows();
    match prepared.sampled_from {
        Some(of) => notes
            .push(Msg::new("importance-note-sampled").with("rows", used).with("of", of).with("seed", answer.step.seed)),
        None => notes.push(Msg::new("importance-note-rows").with("rows", used)),
    }
    if target.rows > target.present {
        let missing = target.rows - target.present;
        notes.push(Msg::new("importance-note-missing").with("target", &target.var.name).with("rows", missing));
    }
    if !answer.step.drop.is_empty() {
        notes.push(Msg::new("importance-note-dropped").with("columns", listed(&answer.step.drop)));
    }
    let infinite: u64 = prepared.sources.iter().map(|s| s.infinite).sum();
    if infinite > 0 {
        notes.push(Msg::new("importance-note-infinite").with("count", infinite));
    }
    notes.push(Msg::new(match answer.split.by {
        By::Chance => "importance-note-split-chance",
        By::Time => "importance-note-split-time",
        By::Column => "importance-note-split-column",
    }));
    notes.push(
        Msg::new("importance-note-model")
            .with("rounds", answer.learned.model.rounds())
            .with("rows", answer.learned.rows),
    );
    if answer.learned.crossed {
        notes.push(Msg::new("importance-note-crossed").with("rows", used).with("held", answer.split.held.len()));
    }
    if let Some(explained) = &answer.explained {
        let unit = match target.task {
            Task::Number => "importance-note-unit-number",
            Task::YesNo => "importance-note-unit-yes-no",
            Task::Classes => "importance-note-unit-classes",
        };
        notes.push(Msg::new(unit).with("target", &target.var.name));
        notes.push(
            Msg::new("importance-note-explained")
                .with("rows", explained.rows.len())
                .with("of", answer.split.held.len())
                .with("error", format!("{:.0e}", explained.error)),
        );
        notes.push(Msg::new("importance-note-ranks"));
        if answer.pairs.is_none() {
            notes.push(Msg::new("importance-note-no-pairs"));
        }
    }
    notes.extend(answer.said.clone());
    notes
}

/// A number for machines; none where it is none.
fn finite(v: f64) -> Value {
    serde_json::Number::from_f64(v).map_or(Value::Null, Value::Number)
}

fn data(answer: &Answer) -> Value {
    let (learned, target) = (&answer.learned, &answer.target);
    let features: Vec<Value> = answer
        .columns
        .iter()
        .map(|c| {
            let column = c.columns[0];
            let mut value = json!({
                "name": c.names[0],
                "mean_abs_shap": finite(c.mean_abs),
                "share": finite(c.share),
                "direction": c.direction.name(),
                "permutation": c.permutation.map(finite),
                "rank_low": c.ranks.0,
                "rank_high": c.ranks.1,
                "group": answer.group_of(column).map(|g| g.names.join(" + ")),
            });
            if let (Value::Object(map), Some(explained)) = (&mut value, &answer.explained) {
                let parts: serde_json::Map<String, Value> = explained
                    .parts
                    .iter()
                    .filter_map(|(number, v)| {
                        let n = answer.prepared.numbers[*number];
                        let own = n.source == explained.columns[column];
                        own.then_some(n.part.suffix()).flatten().map(|s| (s.to_owned(), finite(*v)))
                    })
                    .collect();
                if !parts.is_empty() {
                    map.insert("parts".into(), parts.into());
                }
                if explained.outputs > 1 {
                    let by: serde_json::Map<String, Value> = target
                        .classes
                        .iter()
                        .enumerate()
                        .map(|(k, (name, _))| (name.clone(), finite(explained.mean_abs_of(&[column], k))))
                        .collect();
                    map.insert("classes".into(), by.into());
                }
            }
            value
        })
        .collect();
    let groups: Vec<Value> = answer
        .groups
        .iter()
        .filter(|g| g.columns.len() > 1)
        .map(|g| {
            json!({
                "name": g.names.join(" + "), "members": g.names, "mean_abs_shap": finite(g.mean_abs),
                "share": finite(g.share), "rank_low": g.ranks.0, "rank_high": g.ranks.1,
            })
        })
        .collect();
    let base = match &answer.explained {
        None => Value::Null,
        Some(e) if e.outputs == 1 => finite(e.base[0]),
        Some(e) => e.base.iter().copied().map(finite).collect(),
    };
    let interactions = answer.pairs.as_ref().map(|pairs| {
        let of = |p: &super::Pair| json!({"columns": [answer.name(p.columns.0), answer.name(p.columns.1)], "strength": finite(p.strength)});
        pairs.iter().take(PAIRS).map(of).collect::<Vec<Value>>()
    });
    let detail = |q: &Quality| {
        json!({
            "score": finite(q.score), "mae": q.mae.map(finite), "log_loss": q.log_loss.map(finite),
            "accuracy": q.accuracy.map(finite), "calibration": q.calibration.map(finite),
        })
    };
    let mut seen: Vec<usize> =
        learned.encoding.features.iter().map(|f| answer.prepared.numbers[f.number].source).collect();
    seen.dedup();
    let columns = seen.into_iter().map(|s| &answer.prepared.sources[s]).map(|s| {
        let read_as = match s.var.class {
            Class::Moment { .. } => "date",
            _ if s.is_words() => "category",
            _ => "number",
        };
        json!({"name": s.var.name, "read_as": read_as})
    });
    let columns: Vec<Value> = columns.collect();
    json!({
        "target": target.var.name,
        "task": target.task.name(),
        "classes": target.classes.iter().map(|c| c.0.as_str()).collect::<Vec<_>>(),
        "rows": {
            "used": answer.prepared.rows(),
            "sampled_from": answer.prepared.sampled_from,
            "missing_target": target.rows - target.present,
        },
        "quality": {
            "metric": measure::metric(target.task),
            "model": finite(learned.quality.score),
            "linear": learned.linear.as_ref().map(|q| finite(q.score)),
            "baseline": finite(measure::nothing(target.task)),
            "holdout_rows": answer.split.held.len(),
            "train": finite(learned.on_learned.score),
            "details": {
                "model": detail(&learned.quality),
                "linear": learned.linear.as_ref().map(detail),
                "baseline": detail(&learned.baseline),
            },
        },
        "base_value": base,
        "unit": if target.task == Task::Number { "target" } else { "probability" },
        "explained_rows": answer.explained.as_ref().map(|e| e.rows.len()),
        "features": features,
        "groups": groups,
        "interactions": interactions,
        "warnings": answer.warnings.iter().map(|w| {
            json!({"kind": w.kind.name(), "columns": w.columns, "text": w.text.to_string()})
        }).collect::<Vec<_>>(),
        "additivity_max_error": answer.explained.as_ref().map(|e| finite(e.error)),
        "model": {
            "rounds": learned.model.rounds(),
            "rows": learned.rows,
            "learning_rate": learned.settings.eta,
            "leaves": learned.settings.leaves,
            "rows_in_leaf": (learned.settings.weight.round() as u64).clamp(1, 20),
        },
        "columns": columns,
        "seed": answer.step.seed,
    })
}

/// SHAP values of each row explained: its place in the table, what the model says, the base value, and one value for
/// each column; of several classes one line for each.
pub fn values(answer: &Answer) -> ResultTable {
    let mut columns = vec![column("row", Kind::Integer, "importance-head-row")];
    let classes = answer.explained.as_ref().is_some_and(|e| e.outputs > 1);
    if classes {
        columns.push(column("class", Kind::Text, "importance-head-class-name"));
    }
    columns.push(column("predicted", Kind::Float, "importance-head-predicted"));
    columns.push(column("base_value", Kind::Float, "importance-head-base"));
    let mut rows = Vec::new();
    if let Some(e) = &answer.explained {
        columns.extend((0..e.columns.len()).map(|c| ResultColumn {
            column: Column { name: format!("shap_{}", answer.name(c)), kind: Kind::Float },
            heading: Msg::new("importance-head-shap-of").with("column", answer.name(c)),
        }));
        for (r, row) in e.rows.iter().enumerate() {
            for k in 0..e.outputs {
                let mut line = vec![Cell::Int(i128::from(answer.prepared.origin[*row as usize]) + 1)];
                if classes {
                    line.push(text(&answer.target.classes[k].0));
                }
                line.extend([float(e.predicted[r * e.outputs + k]), float(e.base[k])]);
                line.extend((0..e.columns.len()).map(|c| float(e.at(r, k, c))));
                rows.push(line);
            }
        }
    }
    ResultTable { title: Msg::new("importance-table-values"), columns, rows, notes: Vec::new() }
}
