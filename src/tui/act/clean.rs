//! Cleaning: look, show what was found, do what is ticked, keep the receipt.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::clean::{Failed, Preview, SHOW};
use crate::engine::Lane;
use crate::error::Result;
use crate::op::clean::{Clean, Doing, Findings};
use crate::op::{Outcome, Product, Step};
use crate::text::{Msg, tr};

/// The findings with what a person wants done about each.
fn ticked(mut findings: Findings, doing: &[i64]) -> Findings {
    for (finding, doing) in findings.list.iter_mut().zip(doing) {
        let chosen = finding.kind.choices().iter().find(|d| **d as i64 == *doing);
        finding.doing = chosen.copied().unwrap_or(Doing::Leave);
    }
    findings
}

impl App {
    pub(in crate::tui) fn act_clean(&mut self, values: &Values) -> Result<()> {
        if let Some(doing) = values.get("doing").and_then(toml::Value::as_array) {
            let doing: Vec<i64> = doing.iter().filter_map(toml::Value::as_integer).collect();
            return if values.contains_key(SHOW) { self.show_cleaning(&doing) } else { self.clean_as(&doing) };
        }
        let Some(tab) = self.tab_mut() else { return Ok(()) };
        tab.findings = None;
        let (rows, steps, id) = (tab.rows(), tab.session.now().steps.clone(), tab.id);
        let title = tab.title.clone();
        self.push(Preview::new(&title));
        let lane = if rows.now().dataset.place().is_some() { Lane::Apart } else { Lane::Batch };
        self.start(
            Msg::new("task-clean").with("name", title),
            Some(id),
            lane,
            move |context| rows.with(context, |rows| Clean::default().decide(rows, context)),
            move |app, found: Result<Findings>| match found {
                Ok(findings) => {
                    if let Some(layer) = app.layers.last_mut() {
                        layer.news(&findings);
                    }
                    if let Some(tab) = app.tab_by_id(id) {
                        tab.notices.extend(findings.notes.iter().cloned());
                        tab.findings = Some((steps, findings));
                    }
                    app.touch();
                }
                Err(e) => {
                    if let Some(layer) = app.layers.last_mut() {
                        layer.news(&Failed);
                    }
                    app.complain(&e);
                }
            },
        );
        Ok(())
    }

    /// Shows the query that does what is ticked, where the rows are somewhere else.
    fn show_cleaning(&mut self, doing: &[i64]) -> Result<()> {
        let Some(tab) = self.tab() else { return Ok(()) };
        let Some((_, findings)) = &tab.findings else { return Ok(()) };
        let (dataset, _) = ticked(findings.clone(), doing).apply(tab.dataset())?;
        self.show_statement(&dataset, None, Vec::new())
    }

    /// Does what is ticked, as one step.
    fn clean_as(&mut self, doing: &[i64]) -> Result<()> {
        let Some(tab) = self.tab_mut() else { return Ok(()) };
        let Some((steps, findings)) = tab.findings.take() else { return Ok(()) };
        let findings = ticked(findings, doing);
        let now = tab.session.now();
        let (id, same) = (tab.id, now.steps == steps);
        let with = now.steps_with(Step::Clean(findings.step()));
        if !same || !findings.is_settled() {
            // Which rows are the same is another question now.
            self.carry_out(id, with);
            return Ok(());
        }
        let (dataset, receipt) = findings.apply(&now.dataset)?;
        let outcome = Outcome { dataset, product: Some(Product::Receipt(receipt)), notes: Vec::new() };
        self.stepped(id, with, Ok(outcome));
        Ok(())
    }

    /// Shows the receipt of the last cleaning of the table in front.
    pub(in crate::tui) fn act_clean_receipt(&mut self) {
        let Some(tab) = self.tab() else { return };
        let Some(receipt) = &tab.receipt else {
            self.say(tr("clean-no-receipt"));
            return;
        };
        let title = Msg::new("clean-receipt-of").with("name", &tab.title).to_string();
        let (table, columns) = (receipt.to_table(), receipt.entries.len());
        let dataset = crate::engine::dataset_of(&table);
        let tab = self.add_tab(title, dataset);
        tab.notices = vec![table.title];
        tab.frozen = usize::from(columns > 0);
    }
}
