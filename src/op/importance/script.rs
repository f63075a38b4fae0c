//! The same analysis for Python, with LightGBM and shap: to be repeated and carried on elsewhere.

use super::Answer;
use super::task::Task;

/// A text as a Python literal.
fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", names.map(literal).collect::<Vec<_>>().join(", "))
}

/// The program. `locator` is the table's name as it was given.
pub fn python(answer: &Answer, locator: &str) -> String {
    let task = answer.target.task;
    let sources = &answer.prepared.sources;
    let seen: Vec<&super::prepare::Source> = {
        let mut places: Vec<usize> =
            answer.learned.encoding.features.iter().map(|f| answer.prepared.numbers[f.number].source).collect();
        places.dedup();
        places.into_iter().map(|p| &sources[p]).collect()
    };
    let times = |s: &super::prepare::Source| matches!(s.var.class, crate::op::chart::read::Class::Moment { .. });
    let words = list(seen.iter().filter(|s| s.is_words()).map(|s| s.var.name.as_str()));
    let dates = list(seen.iter().filter(|s| times(s)).map(|s| s.var.name.as_str()));
    let columns = list(seen.iter().map(|s| s.var.name.as_str()));
    let (class, metric) = match task {
        Task::Number => ("LGBMRegressor", "r2_score(y[held], model.predict(X[held]))"),
        Task::YesNo => ("LGBMClassifier", "roc_auc_score(y[held], model.predict_proba(X[held])[:, 1])"),
        Task::Classes => (
            "LGBMClassifier",
            "roc_auc_score(y[held], model.predict_proba(X[held]), multi_class=\"ovr\", labels=model.classes_)",
        ),
    };
    let import = if task == Task::Number { "r2_score" } else { "roc_auc_score" };
    let target = literal(&answer.target.var.name);
    let y = match task {
        Task::Number => "y = pd.to_numeric(df[target])".to_owned(),
        Task::YesNo => format!(
            "y = (df[target].astype(str).str.lower() == {}.lower()).astype(int)",
            literal(&answer.target.classes[1].0)
        ),
        Task::Classes => "y = df[target].astype(str)".to_owned(),
    };
    let split = match (&answer.step.split_column, &answer.step.time) {
        (Some(c), _) => format!("held = ~df[{}].astype(bool)", literal(c)),
        (None, Some(c)) => format!(
            "held = pd.Series(False, index=df.index)\nheld[df[{}].sort_values().index[-round(len(df) * 0.25):]] = True",
            literal(c)
        ),
        _ => format!(
            "held = pd.Series(np.random.RandomState({}).rand(len(df)) < 0.25, index=df.index)",
            answer.step.seed
        ),
    };
    let sample = match answer.prepared.sampled_from {
        Some(_) => {
            format!("df = df.sample(min({}, len(df)), random_state={})\n", answer.prepared.rows(), answer.step.seed)
        }
        None => String::new(),
    };
    let leaf = (answer.learned.settings.weight.round() as usize).clamp(1, 20);
    format!(
        r#"# pip install lightgbm shap pandas pyarrow scikit-learn matplotlib
import lightgbm as lgb
import numpy as np
import pandas as pd
import shap
from sklearn.metrics import {import}

path = {path}
df = pd.read_parquet(path) if path.endswith(".parquet") else pd.read_csv(path)
target = {target}
df = df[df[target].notna()].reset_index(drop=True)
{sample}columns = {columns}
X = df[columns].copy()
for name in {dates}:
    when = pd.to_datetime(X.pop(name))
    X[name + ".year"] = when.dt.year
    X[name + ".month"] = when.dt.month
    X[name + ".weekday"] = when.dt.weekday + 1
    X[name + ".hour"] = when.dt.hour + when.dt.minute / 60
    X[name + ".days"] = (when - when.min()) / pd.Timedelta(days=1)
for name in {words}:
    X[name] = X[name].astype("category")
X = X.replace([np.inf, -np.inf], np.nan)
{y}
{split}

model = lgb.{class}(n_estimators={rounds}, learning_rate={eta}, num_leaves=31, min_child_samples={leaf}, random_state={seed})
model.fit(X[~held], y[~held])
print("held out:", {metric})

# Of several classes the values have a third axis, one for each class.
values = shap.TreeExplainer(model)(X[held].head(2000))
parts = np.abs(values.values).mean(axis=0)
strength = pd.Series(parts if parts.ndim == 1 else parts.sum(axis=1), index=X.columns)
print(strength.sort_values(ascending=False))
shap.plots.beeswarm(values if values.values.ndim == 2 else values[:, :, 0])
"#,
        path = literal(locator),
        rounds = answer.learned.model.rounds(),
        eta = answer.learned.settings.eta,
        seed = answer.step.seed,
    )
}
