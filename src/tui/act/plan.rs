//! Planning a test: the form filled in from the table in front, the plan, keeping and exporting it; plans of a table offered
//! when it is analysed.

use std::path::PathBuf;

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::form::{Entry as Field, Form};
use super::super::layers::list::{Item, List};
use super::super::layers::prompt::Prompt;
use super::super::layers::report::ReportView;
use super::files::expanded;
use super::text_of;
use crate::command::Act;
use crate::error::{Error, Result};
use crate::op::ab::analysis::guess;
use crate::op::ab::planning::measure::{Columns, Measured, measure};
use crate::op::ab::planning::saved::{self, Saved};
use crate::op::ab::planning::{Aim, Baseline, Change, Clusters, Plan, Question, number, peek, report, split, today};
use crate::output::plot::Glyphs;
use crate::output::report::{Origin, document};
use crate::output::{Format, Target, WriteOptions, write_bytes};
use crate::result::report::Report;
use crate::text::{Msg, number as written, tr};
use crate::value::Column;

/// The fields of the form of the numbers, with their labels.
const FIELDS: [(&str, &str); 12] = [
    ("rate", "plan-form-rate"),
    ("mean", "plan-form-mean"),
    ("sd", "plan-form-sd"),
    ("change", "plan-form-change"),
    ("per-day", "plan-form-per-day"),
    ("split", "plan-form-split"),
    ("power", "plan-form-power"),
    ("alpha", "plan-form-alpha"),
    ("aim", "plan-form-aim"),
    ("cluster-size", "plan-form-size"),
    ("icc", "plan-form-icc"),
    ("start", "plan-form-start"),
];

/// Those there are for one kind of metric only.
const OF_ONE_KIND: [&str; 3] = ["rate", "mean", "sd"];

impl App {
    /// Without values asks what to plan; with them plans it, keeps it or exports it.
    pub(in crate::tui) fn act_plan(&mut self, values: &Values) -> Result<()> {
        match text_of(values, "do").as_deref() {
            None => {
                self.plan_columns();
                Ok(())
            }
            Some("measure") => self.plan_measure(values),
            Some("keep") => self.plan_keep(values),
            Some("copy") => {
                let plan = planned(values)?;
                let sentence = report(&plan, None).verdict.sentence.to_string();
                self.copy(&sentence);
                Ok(())
            }
            Some("ask-export") => {
                let mut given = values.clone();
                given.insert("do".to_owned(), "export".into());
                let prompt = Prompt::new(Msg::new("plan-path"), Act::AbPlan, "output", "plan.png".into(), Vec::new());
                self.push(prompt.carrying(given));
                Ok(())
            }
            Some("export") => self.plan_export(values),
            Some(_) => {
                let plan = match planned(values) {
                    Ok(plan) => plan,
                    Err(e) => {
                        // The form again, as it was filled in, beneath what is wrong with it.
                        self.plan_form(values.clone(), String::new());
                        return Err(e);
                    }
                };
                let with = |what: &str| {
                    let mut given = values.clone();
                    given.insert("do".to_owned(), what.into());
                    (Act::AbPlan, given)
                };
                let view = ReportView::new(report(&plan, None), Glyphs::from_env())
                    .with_key("e", "hint-plan-export", with("ask-export"))
                    .with_key("s", "hint-plan-save", with("keep"))
                    .with_key("y", "hint-ab-copy", with("copy"));
                self.push(view);
                Ok(())
            }
        }
    }

    /// Asks which columns say how things are now; with no table open, for the numbers themselves.
    fn plan_columns(&mut self) {
        let Some(tab) = self.tab() else { return self.plan_numbers(None) };
        let columns: Vec<&Column> = tab.columns().iter().filter(|c| !c.kind.is_nested()).collect();
        let guessed = guess(tab.dataset()).unwrap_or_default();
        let Some(metric) = guessed.metrics.first() else { return self.plan_numbers(None) };
        let names: Vec<(String, String)> = columns.iter().map(|c| (c.name.clone(), c.name.clone())).collect();
        let at = |name: &str| columns.iter().position(|c| c.name == name);
        let optional = |none: &'static str| [(String::new(), tr(none))].into_iter().chain(names.clone()).collect();
        let unit = guessed.unit.as_deref().and_then(at).map_or(0, |i| i + 1);
        let is_day = |c: &&Column| {
            let name = c.name.to_lowercase();
            c.kind.is_temporal() || ["day", "date", "日付", "日"].contains(&name.as_str())
        };
        let day = columns.iter().position(is_day).map_or(0, |i| i + 1);
        let fields = vec![
            Field::choice("metric", Msg::new("ab-form-metric"), names.clone(), at(metric).unwrap_or(0)),
            Field::choice("unit", Msg::new("ab-form-unit"), optional("ab-form-no-unit"), unit),
            Field::choice("day", Msg::new("plan-form-day"), optional("plan-form-none"), day),
            Field::choice("cluster", Msg::new("plan-form-cluster"), optional("plan-form-none"), 0),
        ];
        let form = Form::new(tr("plan-form-title"), Act::AbPlan, fields, tr("plan-form-columns-note"));
        self.push(form.carrying(super::one("do", "measure")));
    }

    /// Reads the table, then asks for the change.
    fn plan_measure(&mut self, values: &Values) -> Result<()> {
        let some = |name: &str| text_of(values, name).filter(|v| !v.is_empty());
        let metric = some("metric").unwrap_or_default();
        let columns = Columns { metric, unit: some("unit"), cluster: some("cluster"), day: some("day") };
        let Some(tab) = self.tab() else { return Ok(()) };
        let (dataset, id) = (tab.dataset().clone(), tab.id);
        self.spawn_ok(
            Msg::new("task-plan").with("name", &tab.title),
            Some(id),
            move |context| measure(&dataset, &columns, context),
            move |app, measured| app.plan_numbers(Some(&measured)),
        );
        Ok(())
    }

    /// The form of the numbers, filled in with what is in `values`; what the form has no field for goes with them.
    fn plan_form(&mut self, values: Values, note: String) {
        let of = |name: &str| text_of(&values, name).unwrap_or_default();
        let labels = FIELDS.iter().filter(|(name, _)| values.contains_key(*name) || !OF_ONE_KIND.contains(name));
        let fields = labels.map(|(name, label)| match *name {
            "aim" => {
                let words = ["plan-aim-difference", "plan-aim-non-inferiority", "plan-aim-equivalence"];
                let aims = Aim::NAMES.iter().zip(words).map(|(n, t)| ((*n).to_owned(), tr(t)));
                let at = Aim::parse(&of(name)).unwrap_or_default() as usize;
                Field::choice(*name, Msg::new(label), aims.collect(), at)
            }
            _ => Field::text(*name, Msg::new(label), of(name)),
        });
        let form = Form::new(tr("plan-form-title"), Act::AbPlan, fields.collect(), note);
        let rest = values.into_iter().filter(|(name, _)| FIELDS.iter().all(|f| f.0 != name.as_str()));
        self.push(form.carrying(rest.collect()));
    }

    /// The form with what was measured, or with an example.
    fn plan_numbers(&mut self, measured: Option<&Measured>) {
        let exact = |v: f64| format!("{}", (v * 1e6).round() / 1e6);
        let mut texts = vec![
            ("do", "plan".to_owned()),
            ("change", "10%".to_owned()),
            ("split", "50:50".to_owned()),
            ("power", "80%".to_owned()),
            ("alpha", "5%".to_owned()),
            ("start", today().to_string()),
        ];
        match measured.map_or(Baseline::Rate { rate: 0.05 }, |m| m.baseline) {
            Baseline::Rate { rate } => texts.push(("rate", format!("{}%", exact(100.0 * rate)))),
            Baseline::Mean { mean, sd } => texts.extend([("mean", exact(mean)), ("sd", exact(sd))]),
        }
        let per_day = measured.map_or(Some(4000.0), |m| m.per_day);
        texts.extend(per_day.map(|n| ("per-day", exact(if n < 10.0 { n } else { n.round() }))));
        if let Some(m) = measured {
            let columns = [("metric", Some(&m.columns.metric)), ("unit", m.columns.unit.as_ref())];
            texts.extend(columns.into_iter().filter_map(|(name, column)| Some((name, column?.clone()))));
            let groups = m.clusters.map(|c| c.1).into_iter();
            texts.extend(groups.flat_map(|c| [("cluster-size", exact(c.size)), ("icc", exact(c.icc))]));
            let locator = self.tab().and_then(|t| t.locator.as_ref()).map(|(l, _)| l.to_string());
            texts.extend(locator.map(|l| ("table", l)));
        }
        let note = measured.map_or_else(|| tr("plan-form-note"), |m| m.words().to_string());
        self.plan_form(texts.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect(), note);
    }

    fn plan_keep(&mut self, values: &Values) -> Result<()> {
        let plan = planned(values)?;
        let columns = text_of(values, "metric").map(|metric| Columns { metric, ..Columns::default() });
        let path = Saved::new(&plan, text_of(values, "table"), columns.as_ref()).keep()?;
        self.say(Msg::new("plan-saved").with("path", path.display().to_string()).to_string());
        Ok(())
    }

    fn plan_export(&mut self, values: &Values) -> Result<()> {
        let path = text_of(values, "output").unwrap_or_default().trim().to_owned();
        if path.is_empty() {
            return Ok(());
        }
        let target = expanded(&path);
        if target.exists() && text_of(values, "replace").is_none() {
            let mut again = values.clone();
            again.insert("replace".to_owned(), "yes".into());
            let items = vec![
                Item { label: tr("export-keep"), ..Item::default() },
                Item { label: tr("export-replace"), run: Some((Act::AbPlan, again)), ..Item::default() },
            ];
            self.push(List::new(Msg::new("export-exists").with("path", path).to_string(), items));
            return Ok(());
        }
        let plan = planned(values)?;
        if target.extension().is_some_and(|e| e == "toml") {
            Saved::new(&plan, text_of(values, "table"), None).write(&target)?;
            self.say(Msg::new("plan-saved").with("path", path).to_string());
            return Ok(());
        }
        let (format, compression) = Format::from_path(&target)?;
        let data = text_of(values, "table");
        let origin = Origin { data, ..Origin::default() };
        let refused = || Error::usage(Msg::new("error-plan-export").with("name", format.name().to_uppercase()));
        let made = match format {
            Format::Py => None,
            _ => document(&report(&plan, None), &origin, format, Some(&target))?,
        };
        let made = made.ok_or_else(refused)?;
        let options = WriteOptions { compression, ..WriteOptions::new(format) };
        let done = write_bytes(&made.bytes, &Target::File(target), &options)?;
        for (place, bytes) in made.beside {
            write_bytes(&bytes, &Target::File(place), &WriteOptions::new(Format::Png))?;
        }
        let size = written::bytes(done.bytes);
        self.say(Msg::new("cli-wrote-text").with("path", path).with("size", size).to_string());
        Ok(())
    }
}

/// The plan that the values of the form describe.
fn planned(values: &Values) -> Result<Plan> {
    let field = |name: &str| text_of(values, name).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    let wrong = |label: &'static str, text: &str| {
        Error::usage(Msg::new("error-plan-field").with("field", Msg::new(label)).with("value", text))
    };
    let given = |name: &str, label: &'static str| match field(name) {
        None => Ok(None),
        Some(text) => number(&text).ok_or_else(|| wrong(label, &text)).map(Some),
    };
    let need = |name: &str, label: &'static str| given(name, label)?.ok_or_else(|| wrong(label, ""));
    let baseline = match values.contains_key("rate") {
        true => Baseline::Rate { rate: need("rate", "plan-form-rate")? },
        false => Baseline::Mean { mean: need("mean", "plan-form-mean")?, sd: need("sd", "plan-form-sd")? },
    };
    let start = match field("start") {
        None => today(),
        Some(text) => text.parse().map_err(|_| wrong("plan-form-start", &text))?,
    };
    let mut question = Question::new(baseline, start);
    question.change = field("change").unwrap_or_default().parse::<Change>()?;
    question.per_day = given("per-day", "plan-form-per-day")?;
    question.split = split(&field("split").unwrap_or_default(), None)?;
    question.power = need("power", "plan-form-power")?;
    question.alpha = need("alpha", "plan-form-alpha")?;
    question.aim = field("aim").and_then(|a| Aim::parse(&a)).unwrap_or_default();
    question.clusters = match (given("cluster-size", "plan-form-size")?, given("icc", "plan-form-icc")?) {
        (None, None) => None,
        (Some(size), Some(icc)) => Some(Clusters { size, icc }),
        _ => return Err(Error::usage(Msg::new("error-plan-clusters"))),
    };
    question.plan()
}

/// The choice among the plans made for a table, where there are any: the latest first.
pub fn offered(locator: Option<String>) -> Option<Field> {
    let plans = saved::of_table(&locator?);
    if plans.is_empty() {
        return None;
    }
    let words = |s: &Saved| {
        let end = s.end.map_or_else(String::new, |d| d.to_string());
        Msg::new("plan-choice").with("start", s.question.start.to_string()).with("end", end).to_string()
    };
    let choices = plans.iter().map(|(path, s)| (path.display().to_string(), words(s)));
    let choices = choices.chain([(String::new(), tr("plan-form-none"))]).collect();
    Some(Field::choice("plan", Msg::new("plan-form-plan"), choices, 0))
}

/// Counts this reading in the plan chosen, and adds what it costs.
pub fn read_with(values: &Values, report: &mut Report) -> Result<()> {
    let Some(path) = text_of(values, "plan").filter(|p| !p.is_empty()).map(PathBuf::from) else { return Ok(()) };
    let mut saved = Saved::read(&path)?;
    peek::attach(report, &mut saved, today(), true)?;
    saved.write(&path)
}
