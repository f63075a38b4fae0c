//! What a chart needs of its rows, whoever gathers it: the rows themselves, or an engine that has them.

use super::axes::{Edges, LeftOut, Split};
use super::counted::{self, Grid, Slots};
use super::groups::Groups;
use super::points::{self, Points, Sides};
use super::read::Var;
use super::spread::{self, Boxes, Counts};
use super::survey::{Survey, survey};
use super::{Context, Plan};
use crate::data::Dataset;
use crate::op::push::ask::Asked;

/// What the first look is to find.
pub struct Wanted<'a> {
    /// The chart.
    pub plan: &'a Plan<'a>,
    /// Columns whose words are tallied; the last are those of [`Split::vars`].
    pub worded: &'a [&'a Var],
    /// What the words are weighed by.
    pub weight: Option<&'a Var>,
    /// Columns whose numbers are looked at.
    pub numbered: &'a [&'a Var],
}

/// Whoever gathers.
pub trait Gather {
    /// How far numbers reach, and which words there are.
    fn survey(&mut self, wanted: &Wanted<'_>) -> Asked<Survey>;

    /// The sums of what falls into each place.
    fn fill(&mut self, plan: &Plan<'_>, sides: &[&Var], slots: &[Slots], split: &Split) -> Asked<(Grid, LeftOut)>;

    /// How many values fall between edges.
    fn count(&mut self, plan: &Plan<'_>, x: &Var, edges: &Edges, split: &Split, log: bool) -> Asked<(Counts, LeftOut)>;

    /// A box of the values of each group.
    fn boxes(&mut self, plan: &Plan<'_>, y: &Var, groups: &Groups, split: &Split, log: bool) -> Asked<Boxes>;

    /// Pairs of values, or how many fall into each field.
    fn points(&mut self, sides: &Sides<'_>) -> Asked<Points>;
}

/// From the rows themselves.
pub struct Here<'a> {
    /// The rows.
    pub dataset: &'a Dataset,
    /// What the passes may use.
    pub context: &'a Context,
}

impl Gather for Here<'_> {
    fn survey(&mut self, wanted: &Wanted<'_>) -> Asked<Survey> {
        Ok(survey(self.dataset, self.context, wanted.worded, wanted.weight, wanted.numbered)?)
    }

    fn fill(&mut self, plan: &Plan<'_>, sides: &[&Var], slots: &[Slots], split: &Split) -> Asked<(Grid, LeftOut)> {
        Ok(counted::fill(plan, self.dataset, self.context, sides, slots, split)?)
    }

    fn count(&mut self, plan: &Plan<'_>, x: &Var, edges: &Edges, split: &Split, log: bool) -> Asked<(Counts, LeftOut)> {
        Ok(spread::count(plan, self.dataset, self.context, x, edges, split, log)?)
    }

    fn boxes(&mut self, plan: &Plan<'_>, y: &Var, groups: &Groups, split: &Split, log: bool) -> Asked<Boxes> {
        Ok(spread::boxes_of(plan, self.dataset, self.context, y, groups, split, log)?)
    }

    fn points(&mut self, sides: &Sides<'_>) -> Asked<Points> {
        Ok(points::points(sides, self.dataset, self.context)?)
    }
}
