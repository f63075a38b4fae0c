//! A program in Python that finds the numbers of a report with the packages others use: scipy, statsmodels, pymc. Text from
//! data stands in it only as literals and in comments of one line.

use serde_json::Value;

use super::Ab;
use crate::op::python::{Table, comment, list, literal};
use crate::result::report::Report;

/// What computes; the rest of the program says from what.
const HELPERS: &str = include_str!("python.py");

impl Ab {
    /// The program for a report of this analysis; without a table its counts stand in it.
    pub fn python(&self, report: &Report, table: Option<&Table<'_>>) -> String {
        let metrics: Vec<&Value> = match &report.data["metrics"] {
            Value::Array(all) => all.iter().collect(),
            _ => vec![&report.data],
        };
        let arms = |m: &Value| m["arms"].as_array().cloned().unwrap_or_default();
        let names = list(metrics.iter().take(1).flat_map(|m| arms(m)).map(|a| a["name"].to_string()));
        let [alpha, beta] = self.prior.unwrap_or([1.0, 1.0]);
        let mut out = comment(&report.title.to_string());
        out.push_str(&comment(&report.verdict.sentence.to_string()));
        out.push_str("# pip install numpy scipy statsmodels pymc arviz");
        out.push_str(if table.is_some() { " pandas pyarrow\n" } else { "\n" });
        out.push_str("import math\n\nimport numpy as np\n");
        if table.is_some() {
            out.push_str("import pandas as pd\n");
        }
        let lower = if self.lower_is_better { "True" } else { "False" };
        let margin = self.margin.map_or_else(|| "None".to_owned(), |m| format!("{m:?}"));
        let seed = self.bootstrap.map_or_else(|| "None".to_owned(), |s| s.to_string());
        out.push_str(&format!(
            "\nARMS = {names}  # the baseline first\nPRIOR = ({alpha:?}, {beta:?})  # of a share: Beta(alpha, beta)\n\
             LOWER_IS_BETTER = {lower}\nMARGIN = {margin}\nBOOTSTRAP = {seed}  # the seed\n\n\n{HELPERS}\n\n"
        ));
        if let Some(table) = table {
            out.push_str(&self.reading(table));
        }
        out.push_str("p_values = []\n");
        for metric in metrics {
            let name = metric["metric"].as_str();
            out.push_str(&match (table, name) {
                (Some(_), Some(name)) => self.of_column(name, metric["kind"].as_str().unwrap_or_default()),
                _ => {
                    let of = |key: &str| list(arms(metric).iter().map(|a| a[key].to_string()));
                    format!("p_values += rates(\"conversion\", ARMS, x={}, n={})\n", of("conversions"), of("n"))
                }
            });
        }
        out.push_str("adjusted(p_values)\n");
        out
    }

    /// The table, its rows of an arm, and a unit each where units were named.
    fn reading(&self, table: &Table<'_>) -> String {
        let mut out = table.reading();
        let variant = literal(&self.variant);
        out.push_str(&format!("df = df[df[{variant}].notna()].copy()\n"));
        out.push_str(&format!("df[\"\\0arm\"] = df[{variant}].astype(str)\n"));
        let mut columns: Vec<&String> = self.metrics.iter().collect();
        columns.extend(self.denominator.iter().chain(&self.covariate));
        out.push_str(&format!("for column in {}:\n", list(columns.iter().map(|c| literal(c)))));
        out.push_str("    df[column] = df[column].map(number)\n");
        if let Some(denominator) = &self.denominator {
            out.push_str(&comment("Without its denominator a value says nothing."));
            let metrics = list(self.metrics.iter().map(|m| literal(m)));
            out.push_str(&format!("df.loc[df[{}].isna(), {metrics}] = math.nan\n", literal(denominator)));
        }
        if let Some(unit) = &self.unit {
            let unit = literal(unit);
            out.push_str(&comment("Units seen in several arms are left out."));
            out.push_str(&format!("df = df[df[{unit}].notna()]\n"));
            out.push_str(&format!("df = df[df.groupby({unit})[\"\\0arm\"].transform(\"nunique\") == 1]\n"));
        }
        out.push('\n');
        out
    }

    fn of_column(&self, name: &str, kind: &str) -> String {
        let metric = literal(name);
        let fold = if kind == "conversion" { "max" } else { "sum" };
        let second = self.denominator.as_ref().or(self.covariate.as_ref()).filter(|_| kind != "conversion");
        let mut out = match &self.unit {
            None => "units = df\n".to_owned(),
            Some(unit) => {
                let how = |f: &str| match f {
                    "sum" => "lambda v: v.sum(min_count=1)".to_owned(),
                    f => literal(f),
                };
                let mut each = vec![format!("\"\\0arm\": \"first\", {metric}: {}", how(fold))];
                if let Some(second) = second {
                    let fold = if self.denominator.is_some() { "sum" } else { "mean" };
                    each.push(format!("{}: {}", literal(second), how(fold)));
                }
                format!("units = df.groupby({}, sort=False).agg({{{}}})\n", literal(unit), each.join(", "))
            }
        };
        let below = second.filter(|_| self.denominator.is_some());
        let needed: Vec<String> = [Some(&name.to_owned()), below].into_iter().flatten().map(|s| literal(s)).collect();
        out.push_str(&format!("units = units.dropna(subset=[{}])\n", needed.join(", ")));
        if let Some(p) = self.winsorise.filter(|_| kind != "conversion") {
            out.push_str(&format!("units[{metric}] = units[{metric}].clip(upper=units[{metric}].quantile({p:?}))\n"));
        }
        out.push_str("by_arm = [units[units[\"\\0arm\"] == arm] for arm in ARMS]\n");
        let of = |column: &str| format!("[u[{column}].to_numpy(float) for u in by_arm]");
        let sums = |column: &str| format!("[u[{column}].sum() for u in by_arm]");
        let second = second.map(|s| literal(s));
        let call = match (kind, second) {
            ("conversion", _) => {
                format!("rates({metric}, ARMS, x=[int(u[{metric}].sum()) for u in by_arm], n=[len(u) for u in by_arm])")
            }
            ("ratio", Some(second)) => format!("ratios({metric}, ARMS, {}, {})", of(&metric), of(&second)),
            ("count", Some(second)) if self.denominator.is_some() => {
                format!("counts({metric}, ARMS, {}, {})", sums(&metric), sums(&second))
            }
            ("count", _) => format!("counts({metric}, ARMS, {}, [len(u) for u in by_arm])", sums(&metric)),
            (_, Some(second)) => format!("means({metric}, ARMS, {}, {})", of(&metric), of(&second)),
            (_, None) => format!("means({metric}, ARMS, {})", of(&metric)),
        };
        out.push_str(&format!("p_values += {call}\n"));
        out
    }
}
