//! The same analysis for Python, with LightGBM and shap: to be repeated and carried on elsewhere.

use serde_json::Value;

use super::Importance;
use super::task::Task;
use crate::op::python::{Table, comment, list, literal};
use crate::result::report::Report;

impl Importance {
    /// The program for a report of this analysis.
    pub fn python(&self, report: &Report, table: &Table<'_>) -> String {
        let data = &report.data;
        let task = data["task"].as_str().and_then(|t| Task::from_name(t).ok()).unwrap_or(Task::Number);
        let columns: Vec<&Value> = data["columns"].as_array().into_iter().flatten().collect();
        let named = |kept: &dyn Fn(&Value) -> bool| {
            list(columns.iter().filter(|c| kept(c)).filter_map(|c| c["name"].as_str()).map(literal))
        };
        let of_kind = |kind: &'static str| named(&move |c: &Value| c["read_as"] == kind);
        let (class, metric) = match task {
            Task::Number => ("LGBMRegressor", "r2_score(y[held], model.predict(X[held]))"),
            Task::YesNo => ("LGBMClassifier", "roc_auc_score(y[held], model.predict_proba(X[held])[:, 1])"),
            Task::Classes => (
                "LGBMClassifier",
                "roc_auc_score(y[held], model.predict_proba(X[held]), multi_class=\"ovr\", labels=model.classes_)",
            ),
        };
        let import = if task == Task::Number { "r2_score" } else { "roc_auc_score" };
        let y = match task {
            Task::Number => "y = pd.to_numeric(df[target])".to_owned(),
            Task::YesNo => format!(
                "y = (df[target].astype(str).str.lower() == {}.lower()).astype(int)",
                literal(data["classes"][1].as_str().unwrap_or_default())
            ),
            Task::Classes => "y = df[target].astype(str)".to_owned(),
        };
        let split = match (&self.split_column, &self.time) {
            (Some(c), _) => format!("held = ~df[{}].astype(bool)", literal(c)),
            (None, Some(c)) => format!(
                "held = pd.Series(False, index=df.index)\nheld[df[{}].sort_values().index[-round(len(df) * 0.25):]] = True",
                literal(c)
            ),
            _ => format!("held = pd.Series(np.random.RandomState({}).rand(len(df)) < 0.25, index=df.index)", self.seed),
        };
        let sample = match data["rows"]["sampled_from"].is_null() {
            false => format!("df = df.sample(min({}, len(df)), random_state={})\n", data["rows"]["used"], self.seed),
            true => String::new(),
        };
        let model = &data["model"];
        format!(
            r#"{title}{verdict}# pip install lightgbm shap pandas pyarrow scikit-learn matplotlib
import lightgbm as lgb
import numpy as np
import pandas as pd
import shap
from sklearn.metrics import {import}

{reading}target = {target}
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

model = lgb.{class}(n_estimators={rounds}, learning_rate={eta}, num_leaves={leaves}, min_child_samples={leaf}, random_state={seed})
model.fit(X[~held], y[~held])
print("held out:", {metric})

# Of several classes the values have a third axis, one for each class.
values = shap.TreeExplainer(model)(X[held].head(2000))
parts = np.abs(values.values).mean(axis=0)
strength = pd.Series(parts if parts.ndim == 1 else parts.sum(axis=1), index=X.columns)
print(strength.sort_values(ascending=False))
shap.plots.beeswarm(values if values.values.ndim == 2 else values[:, :, 0])
"#,
            title = comment(&report.title.to_string()),
            verdict = comment(&report.verdict.sentence.to_string()),
            reading = table.reading(),
            target = literal(&self.target),
            columns = named(&|_| true),
            dates = of_kind("date"),
            words = of_kind("category"),
            rounds = model["rounds"],
            eta = model["learning_rate"],
            leaves = model["leaves"],
            leaf = model["rows_in_leaf"],
            seed = self.seed,
        )
    }
}
