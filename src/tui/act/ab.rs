//! A/B tests: the menu of analyses, the form filled in, the report.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::form::{Entry as Field, Form};
use super::super::layers::list::{Item, List};
use super::super::tab::Tab;
use super::report::Reporting;
use super::{one, text_of};
use crate::command::Act;
use crate::engine::without_looks;
use crate::error::{Error, ErrorKind, Result};
use crate::op::Step;
use crate::op::ab::analysis::{Ab, Arm, MOST_ARMS, guess, no_variant};
use crate::op::ab::planning::split;
use crate::op::python::Table;
use crate::output::report::{Origin, shell};
use crate::result::report::Report;
use crate::text::{Msg, tr};
use crate::value::Column;

/// The fields for arms by their counts, as many as there may be.
const ARMS: [&str; MOST_ARMS] =
    ["arm-1", "arm-2", "arm-3", "arm-4", "arm-5", "arm-6", "arm-7", "arm-8", "arm-9", "arm-10"];

/// What stands in the first of them.
const EXAMPLE: [&str; 2] = ["A=118/2000", "B=90/2000"];

impl App {
    /// Offers the analyses there are.
    pub(in crate::tui) fn act_analyse(&mut self) {
        let item = |label: &'static str, run| Item { label: tr(label), run, ..Item::default() };
        let later = |label: &'static str| Item { label: tr(label), remark: tr("analyse-not-yet"), ..Item::default() };
        let items = vec![
            item("analyse-ab", Some((Act::Ab, Values::new()))),
            item("analyse-importance", Some((Act::Importance, Values::new()))),
            item("analyse-counts", Some((Act::Ab, one("counts", "ask")))),
            item("analyse-plan", Some((Act::AbPlan, Values::new()))),
            item("analyse-wizard", Some((Act::AbWizard, Values::new()))),
            later("analyse-regression"),
            later("analyse-propensity"),
            later("analyse-impact"),
            later("analyse-discontinuity"),
        ];
        self.push(List::new(tr("analyse-title"), items).numbered());
    }

    /// Asks what to compare, and compares it.
    pub(in crate::tui) fn act_ab(&mut self, values: &Values) -> Result<()> {
        if let Some(sentence) = text_of(values, "copy") {
            self.copy(&sentence);
            return Ok(());
        }
        if values.contains_key("export") {
            return self.export_report(Act::Ab, values);
        }
        if values.contains_key("counts") {
            return self.ab_counts(values);
        }
        let chosen = |name: &str| text_of(values, name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let Some(variant) = text_of(values, "variant") else { return self.ab_form() };
        let metrics = chosen("metric").unwrap_or_default();
        // What was guessed for one column is not an arm of another.
        let stale = chosen("guessed-variant").filter(|g| *g != variant).and_then(|_| chosen("guessed-baseline"));
        let mut step = Ab {
            metrics: metrics.split(',').map(|m| m.trim().to_owned()).filter(|m| !m.is_empty()).collect(),
            baseline: chosen("baseline").filter(|b| Some(b) != stale.as_ref()),
            variant,
            unit: chosen("unit"),
            denominator: chosen("denominator"),
            covariate: chosen("covariate"),
            day: chosen("day"),
            segment: chosen("segment"),
            lower_is_better: text_of(values, "lower-is-better").as_deref() == Some("true"),
            ..Ab::default()
        };
        let (least, shares) = (chosen("margin"), chosen("split"));
        let read =
            least.as_deref().map(margin).transpose().and_then(|margin| Ok((margin, planned(shares.as_deref())?)));
        match read {
            Ok((margin, split)) => (step.margin, step.split) = (margin, split),
            Err(e) => {
                // The form again, as it was filled in, beneath what is wrong with it.
                self.ab_filled(&step, &least.unwrap_or_default(), &shares.unwrap_or_default());
                return Err(e);
            }
        }
        let again = (step.clone(), least.unwrap_or_default(), shares.unwrap_or_default());
        let Some(tab) = self.tab() else { return Ok(()) };
        let (rows, id, given) = (tab.rows(), tab.id, values.clone());
        let mut origin = origin(tab, &step);
        let (stem, made) = (step.file_stem(), step.clone());
        self.spawn(
            Msg::new("task-ab").with("name", &tab.title),
            Some(id),
            move |context| {
                let (mut report, count) =
                    rows.with(context, |rows| Ok((step.report(rows, context)?, rows.row_count())))?;
                super::plan::read_with(&given, &mut report)?;
                origin.rows = Some(count).filter(|n| n.is_exact()).map(|n| n.known());
                let name = origin.data.as_deref().unwrap_or_default();
                origin.script = Some(step.python(&report, Some(&Table { name, before: &origin.steps })));
                Ok((report, origin))
            },
            move |app, result| match result {
                Ok((report, origin)) => {
                    let made_by = Some((id, Step::Ab(made)));
                    app.open_report(Reporting { report, origin, stem, made_by, answer: None }, Act::Ab);
                }
                Err(e) => {
                    // What can be corrected in the form is corrected there.
                    if e.kind == ErrorKind::Usage && app.tab().is_some_and(|t| t.id == id) {
                        let (step, margin, split) = again;
                        app.ab_filled(&step, &margin, &split);
                    }
                    app.complain(&e);
                }
            },
        );
        Ok(())
    }

    /// The form for the table in front, filled in once the first rows were read.
    fn ab_form(&mut self) -> Result<()> {
        let Some(tab) = self.tab() else { return Ok(()) };
        let (rows, id) = (tab.rows(), tab.id);
        self.spawn_ok(
            Msg::new("task-ab-guess").with("name", &tab.title),
            Some(id),
            move |context| {
                rows.with(context, |rows| match guess(rows)? {
                    guessed if guessed.variant.is_empty() => Err(no_variant(rows)),
                    guessed => Ok(guessed),
                })
            },
            move |app, guessed| {
                // Who has gone to another table meanwhile is not asked about this one.
                if app.tab().is_some_and(|t| t.id == id) {
                    app.ab_filled(&guessed, "", "");
                }
            },
        );
        Ok(())
    }

    fn ab_filled(&mut self, guessed: &Ab, margin: &str, split: &str) {
        let Some(tab) = self.tab() else { return };
        let columns: Vec<&Column> = tab.columns().iter().filter(|c| !c.kind.is_nested()).collect();
        let names = || columns.iter().map(|c| (c.name.clone(), c.name.clone()));
        let at = |name: &str| columns.iter().position(|c| c.name == name);
        let optional = |name: &'static str, label: &'static str, none: &'static str, guess: &Option<String>| {
            let choices = [(String::new(), tr(none))].into_iter().chain(names()).collect();
            Field::choice(name, Msg::new(label), choices, guess.as_deref().and_then(at).map_or(0, |i| i + 1))
        };
        let none = "ab-form-none";
        let plan = super::plan::offered(tab.locator.as_ref().map(|(l, _)| l.to_string()));
        let mut fields = vec![
            Field::choice("variant", Msg::new("ab-form-variant"), names().collect(), at(&guessed.variant).unwrap_or(0)),
            Field::text("metric", Msg::new("ab-form-metric"), guessed.metrics.join(", ")),
            Field::text("baseline", Msg::new("ab-form-baseline"), guessed.baseline.clone().unwrap_or_default()),
            optional("unit", "ab-form-unit", "ab-form-no-unit", &guessed.unit),
            optional("denominator", "ab-form-denominator", none, &guessed.denominator),
            optional("covariate", "ab-form-covariate", none, &guessed.covariate),
            optional("day", "ab-form-day", none, &guessed.day),
            optional("segment", "ab-form-segment", none, &guessed.segment),
            Field::switch("lower-is-better", Msg::new("ab-form-lower"), guessed.lower_is_better),
            Field::text("margin", Msg::new("ab-form-margin"), margin),
            Field::text("split", Msg::new("ab-form-split"), split),
        ];
        fields.extend(plan);
        let mut given = one("guessed-variant", guessed.variant.as_str());
        given.extend(guessed.baseline.iter().map(|b| ("guessed-baseline".to_owned(), b.as_str().into())));
        let title = tr("analyse-ab").trim_start_matches(['1', ' ']).to_owned();
        self.push(Form::new(title, Act::Ab, fields, tr("ab-form-note")).carrying(given));
    }

    /// Asks for the arms' counts; some are there already.
    fn ab_ask_counts(&mut self, given: impl Fn(usize) -> Option<String>, split: &str) {
        let arm = |(i, name): (usize, &&'static str)| {
            let label = if i == 0 { "ab-form-first" } else { "ab-form-arm" };
            Field::text(*name, Msg::new(label), given(i).unwrap_or_default())
        };
        let mut fields: Vec<Field> = ARMS.iter().enumerate().map(arm).collect();
        fields.push(Field::text("split", Msg::new("ab-form-split"), split));
        let title = tr("analyse-counts").trim_start_matches(['3', ' ']).to_owned();
        self.push(Form::new(title, Act::Ab, fields, tr("ab-form-counts-note")).carrying(one("counts", "given")));
    }

    /// From counts: asks for them, then compares.
    fn ab_counts(&mut self, values: &Values) -> Result<()> {
        if ARMS.iter().all(|name| !values.contains_key(*name)) {
            self.ab_ask_counts(|i| EXAMPLE.get(i).map(|e| (*e).to_owned()), "");
            return Ok(());
        }
        let texts: Vec<String> = ARMS.iter().map(|name| text_of(values, name).unwrap_or_default()).collect();
        let shares = text_of(values, "split").unwrap_or_default();
        let (step, arms, report) = match counted(&texts, &shares) {
            Ok(found) => found,
            Err(e) => {
                self.ab_ask_counts(|i| texts.get(i).cloned(), &shares);
                return Err(e);
            }
        };
        let mut words: Vec<String> = ["mekiki", "ab"].map(str::to_owned).into();
        words.extend(arms.iter().flat_map(|a| ["--arm".to_owned(), format!("{}={}/{}", a.name, a.conversions, a.n)]));
        words.extend(step.baseline.iter().flat_map(|b| ["--baseline".to_owned(), b.clone()]));
        if !step.split.is_empty() {
            words.extend(["--split".to_owned(), shares.trim().to_owned()]);
        }
        let command = Some(shell(words.iter().map(String::as_str)));
        let script = Some(step.python(&report, None));
        let origin = Origin { command, script, ..Origin::default() };
        self.open_report(Reporting { report, origin, stem: "ab".to_owned(), made_by: None, answer: None }, Act::Ab);
        Ok(())
    }
}

/// The planned shares as they were typed; nothing where nothing was.
fn planned(text: Option<&str>) -> Result<Vec<f64>> {
    match text.map(str::trim) {
        None | Some("") => Ok(Vec::new()),
        Some(text) => split(text, None),
    }
}

/// Arms by their counts as they were typed, the first as the baseline, and what follows from them.
fn counted(texts: &[String], shares: &str) -> Result<(Ab, Vec<Arm>, Report)> {
    let texts = texts.iter().map(|t| t.trim()).filter(|t| !t.is_empty());
    let arms = texts.map(str::parse).collect::<Result<Vec<Arm>>>()?;
    let baseline = arms.first().map(|a| a.name.clone());
    let step = Ab { baseline, split: planned(Some(shares))?, ..Ab::default() };
    let report = step.from_arms(&arms)?;
    Ok((step, arms, report))
}

/// Where the report of an analysis of this table comes from.
fn origin(tab: &Tab, step: &Ab) -> Origin {
    let steps = without_looks(&tab.session.now().steps);
    let data = tab.locator.as_ref().map_or_else(|| tab.title.clone(), |(l, _)| l.to_string());
    // A command is told where it finds the same rows: those of the table as it was opened.
    let command =
        (steps.is_empty() && tab.locator.is_some()).then(|| shell(step.command(&data).iter().map(String::as_str)));
    Origin { data: Some(data), steps: steps.iter().map(Step::words).collect(), command, ..Origin::default() }
}

/// The smallest difference that matters, as it was typed.
fn margin(text: &str) -> Result<f64> {
    let number = text.parse::<f64>().ok().filter(|v| v.is_finite());
    number.ok_or_else(|| Error::usage(Msg::new("error-ab-margin").with("value", text)))
}
