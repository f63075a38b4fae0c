//! The boosted trees: the only file that knows the crate they come from.
//!
//! Matrices are row after row, in numbers of 32 bits, NaN where missing; categories are whole numbers from 0.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use hessboost::data::{DMatrix, FeatureType, ViewCuts};
use hessboost::error::HessboostError;
use hessboost::model::{BoostedModel, Iterations};
use hessboost::objective::{Multiclass, Objective, RegLoss};
use hessboost::prelude::{TrainingParams, TreeMethod};
use hessboost::training::Trainer;

use super::task::Task;
use crate::data::Control;
use crate::error::{Error, Result};
use crate::text::Msg;

fn failed(error: HessboostError) -> Error {
    Error::failed(Msg::new("importance-error-model").with("cause", error.to_string()))
}

/// Rows to learn from.
pub struct Data(DMatrix);

impl Data {
    /// Rows of `categorical.len()` numbers with their targets.
    pub fn new(values: Vec<f32>, categorical: &[bool], y: &[f32]) -> Result<Self> {
        let types: Vec<FeatureType> =
            categorical.iter().map(|c| if *c { FeatureType::Categorical } else { FeatureType::Numerical }).collect();
        let matrix = DMatrix::from_dense_vec(values, y.len(), types.len())
            .and_then(|m| m.with_feature_types(&types))
            .and_then(|m| m.with_labels(y));
        Ok(Self(matrix.map_err(failed)?))
    }

    /// Some of the rows, sharing what was prepared for all.
    pub fn some(&self, rows: &[usize]) -> Result<Self> {
        Ok(Self(self.0.select_rows_with_cuts(rows, ViewCuts::Source).map_err(failed)?))
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.0.n_rows()
    }
}

/// How a model learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// What is predicted.
    pub task: Task,
    /// Classes; for [`Task::Classes`].
    pub classes: usize,
    /// Most rounds.
    pub rounds: usize,
    /// Share of each round's step that is taken.
    pub eta: f64,
    /// Least sum of second derivatives in a leaf.
    pub weight: f64,
    /// Leaves of a tree.
    pub leaves: usize,
    /// Most bins of a number's values.
    pub bins: usize,
    /// Decides draws.
    pub seed: u64,
}

/// Rows below which several threads only wait for each other.
const ROWS_FOR_THREADS: usize = 20_000;

/// A model.
pub struct Model {
    trees: BoostedModel,
    outputs: usize,
}

impl Model {
    /// Learns from `data`; with rows held out, ends where they have not gained for so many rounds. Gives the
    /// loss on them after each round.
    pub fn learn(
        settings: &Settings,
        data: &Data,
        held: Option<(&Data, usize)>,
        control: &Control,
    ) -> Result<(Self, Vec<f64>)> {
        let objective = match settings.task {
            Task::Number => Objective::SquaredError(RegLoss::default()),
            Task::YesNo => Objective::BinaryLogistic(RegLoss::default()),
            Task::Classes => Objective::Softprob(Multiclass::new(settings.classes).map_err(failed)?),
        };
        let mut builder = TrainingParams::builder()
            .objective(objective)
            .tree_method(TreeMethod::Hist)
            .grow_policy(hessboost::config::GrowPolicy::LossGuide)
            .unlimited_depth()
            .max_leaves(settings.leaves)
            .max_bin(settings.bins)
            .eta(settings.eta)
            .lambda(1.0)
            .min_child_weight(settings.weight)
            .seed(settings.seed);
        if data.rows() < ROWS_FOR_THREADS {
            builder = builder.nthread(1);
        }
        let params = builder.build().map_err(failed)?;
        let mut trainer = Trainer::new(&params, &data.0, settings.rounds).on_round(|_| {
            control.advance(1);
            if control.check().is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if let Some((held, patience)) = held {
            let patience = NonZeroUsize::new(patience).unwrap_or(NonZeroUsize::MIN);
            trainer = trainer.eval(&held.0, "held").early_stopping_rounds(patience);
        }
        let result = trainer.train().map_err(failed)?;
        control.check()?;
        let losses = result.history.rounds().filter_map(|r| r.values().last().copied()).collect();
        let outputs = if settings.task == Task::Classes { settings.classes } else { 1 };
        Ok((Self { trees: result.model, outputs }, losses))
    }

    /// How many rounds the model stands on.
    pub fn rounds(&self) -> usize {
        self.trees.best_iteration().map_or(self.trees.num_boost_rounds(), |i| i + 1)
    }

    /// How many numbers it gives for a row.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The sums of leaves of each row, `outputs` of them.
    pub fn margins(&self, values: &[f32]) -> Result<Vec<f32>> {
        Ok(self.trees.predict_margin_rows(values, Iterations::Best).map_err(failed)?.into_vec())
    }

    /// Exact SHAP values of the margins: for each row and output one of each feature, then the base value.
    pub fn contributions(&self, data: &Data) -> Result<Vec<f32>> {
        Ok(self.trees.predict_contribs(&data.0, Iterations::Best).map_err(failed)?.into_vec())
    }

    /// SHAP interaction values: for each row and output a square matrix of the features and the base value.
    pub fn interactions(&self, data: &Data) -> Result<Vec<f32>> {
        Ok(self.trees.predict_interactions(&data.0, Iterations::Best).map_err(failed)?.into_vec())
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
