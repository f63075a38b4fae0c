//! A/B tests: the menu of analyses, the form filled in, the report.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::form::{Entry as Field, Form};
use super::super::layers::list::{Item, List};
use super::super::layers::report::ReportView;
use super::{one, text_of};
use crate::command::Act;
use crate::error::{Error, Result};
use crate::op::ab::analysis::{Ab, Arm, guess};
use crate::output::plot::Glyphs;
use crate::text::{Msg, tr};
use crate::value::Column;

/// The fields for arms by their counts.
const ARMS: [&str; 4] = ["arm-1", "arm-2", "arm-3", "arm-4"];

/// What stands in them at first.
const EXAMPLE: [&str; 4] = ["A=118/2000", "B=90/2000", "", ""];

impl App {
    /// Offers the analyses there are.
    pub(in crate::tui) fn act_analyse(&mut self) {
        let item = |label: &'static str, run| Item { label: tr(label), run, ..Item::default() };
        let later = |label: &'static str| Item { label: tr(label), remark: tr("analyse-not-yet"), ..Item::default() };
        let items = vec![
            item("analyse-ab", Some((Act::Ab, Values::new()))),
            item("analyse-importance", Some((Act::Importance, Values::new()))),
            item("analyse-counts", Some((Act::Ab, one("counts", "ask")))),
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
        if values.contains_key("counts") {
            return self.ab_counts(values);
        }
        let chosen = |name: &str| text_of(values, name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let Some(variant) = text_of(values, "variant") else { return self.ab_form() };
        let metrics = chosen("metric").unwrap_or_default();
        let step = Ab {
            variant,
            metrics: metrics.split(',').map(|m| m.trim().to_owned()).filter(|m| !m.is_empty()).collect(),
            baseline: chosen("baseline"),
            unit: chosen("unit"),
            ..Ab::default()
        };
        let Some(tab) = self.tab() else { return Ok(()) };
        let (dataset, id) = (tab.dataset().clone(), tab.id);
        self.spawn_ok(
            Msg::new("task-ab").with("name", &tab.title),
            Some(id),
            move |context| step.report(&dataset, context),
            move |app, report| app.push(ReportView::new(report, Glyphs::from_env())),
        );
        Ok(())
    }

    /// The form for the table in front, filled in.
    fn ab_form(&mut self) -> Result<()> {
        let Some(tab) = self.tab() else { return Ok(()) };
        let guessed = guess(tab.dataset())?;
        if guessed.variant.is_empty() {
            return Err(Error::usage(Msg::new("error-ab-no-variant")).hint(Msg::new("hint-ab-variants")));
        }
        let columns: Vec<&Column> = tab.columns().iter().filter(|c| !c.kind.is_nested()).collect();
        let names = || columns.iter().map(|c| (c.name.clone(), c.name.clone()));
        let at = |name: &str| columns.iter().position(|c| c.name == name);
        let units = [(String::new(), tr("ab-form-no-unit"))].into_iter().chain(names()).collect();
        let unit = guessed.unit.as_deref().and_then(at).map_or(0, |i| i + 1);
        let fields = vec![
            Field::choice("variant", Msg::new("ab-form-variant"), names().collect(), at(&guessed.variant).unwrap_or(0)),
            Field::text("metric", Msg::new("ab-form-metric"), guessed.metrics.join(", ")),
            Field::text("baseline", Msg::new("ab-form-baseline"), guessed.baseline.unwrap_or_default()),
            Field::choice("unit", Msg::new("ab-form-unit"), units, unit),
        ];
        self.push(Form::new(
            tr("analyse-ab").trim_start_matches(['1', ' ']).to_owned(),
            Act::Ab,
            fields,
            tr("ab-form-note"),
        ));
        Ok(())
    }

    /// From counts: asks for them, then compares.
    fn ab_counts(&mut self, values: &Values) -> Result<()> {
        if ARMS.iter().all(|name| !values.contains_key(*name)) {
            let fields = ARMS
                .iter()
                .enumerate()
                .map(|(i, name)| {
                    let label = if i == 0 { "ab-form-first" } else { "ab-form-arm" };
                    Field::text(*name, Msg::new(label), EXAMPLE[i])
                })
                .collect();
            let title = tr("analyse-counts").trim_start_matches(['3', ' ']).to_owned();
            self.push(Form::new(title, Act::Ab, fields, tr("ab-form-counts-note")).carrying(one("counts", "given")));
            return Ok(());
        }
        let texts = ARMS.iter().filter_map(|name| text_of(values, name)).filter(|t| !t.trim().is_empty());
        let arms = texts.map(|t| t.trim().parse()).collect::<Result<Vec<Arm>>>()?;
        let baseline = arms.first().map(|a| a.name.clone());
        let report = Ab { baseline, ..Ab::default() }.from_arms(&arms)?;
        self.push(ReportView::new(report, Glyphs::from_env()));
        Ok(())
    }
}
