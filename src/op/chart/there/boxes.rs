//! Boxes: quartiles from one query, the ends of the whiskers from a second, and what lies beyond them from a third.

use std::collections::HashMap;

use super::super::Plan;
use super::super::axes::{LeftOut, Split};
use super::super::groups::Groups;
use super::super::read::Var;
use super::super::spread::{Boxes, Summary, fences, thinned};
use super::{Coded, GROUPS, There, among, cells, column, finite, infinite, place};
use crate::op::push::ask::{Answer, Asked, compare, either, int, not, real};
use crate::sql::{Aggregate, Comparison, Relation, Term};

/// Most boxes whose ends the engine is told one by one.
const BOXES: usize = 200;
/// Most outliers that are fetched.
const OUTLIERS: usize = 5_000;

/// Where each row of an answer belongs; none where it has no place.
type Where<'a> = dyn Fn(&Answer) -> Asked<Vec<Option<usize>>> + 'a;

impl There<'_> {
    /// A box of the values of each group.
    pub(super) fn boxes_of(
        &mut self,
        plan: &Plan<'_>,
        y: &Var,
        groups: &Groups,
        split: &Split,
        log: bool,
    ) -> Asked<Boxes> {
        let count = split.cells() * groups.len();
        if count > BOXES {
            return not("push-no-groups");
        }
        let rows = self.with(&[("mekiki_y", y)])?;
        let mut coded = Coded::new();
        if let Some(x) = &plan.x {
            coded.push("x", among(x, groups)?);
        }
        coded.split(plan, split)?;
        let names = coded.names.clone();
        // By its logarithm only what is above zero has a place.
        let low = either(compare(Comparison::Gt, column("mekiki_y"), int(0)), finite("mekiki_y"), Term::Null);
        coded.columns.push(("v".to_owned(), if log { low } else { finite("mekiki_y") }));
        let beneath = either(compare(Comparison::Le, finite("mekiki_y"), int(0)), int(1), Term::Null);
        coded.columns.push(("low".to_owned(), if log { beneath } else { Term::Null }));
        coded.columns.push(("bad".to_owned(), infinite("mekiki_y")));
        let rows = rows.select(coded.columns);
        let v = || column("v");
        let asked = [
            ("rows", Aggregate::Count),
            ("n", Aggregate::Present(v())),
            ("bad", Aggregate::Present(column("bad"))),
            ("low", Aggregate::Present(column("low"))),
            ("q1", Aggregate::Quantile(v(), 0.25)),
            ("q2", Aggregate::Quantile(v(), 0.5)),
            ("q3", Aggregate::Quantile(v(), 0.75)),
        ];
        let asked = asked.map(|(name, aggregate)| (name.to_owned(), aggregate)).into();
        let answer = self.asking.ask(&rows.clone().group(names.clone(), asked), GROUPS)?;
        let at = |answer: &Answer| -> Asked<Vec<Option<usize>>> {
            let cells = cells(answer, plan, split)?;
            let xs = match plan.x {
                Some(_) => answer.whole("x")?,
                None => vec![Some(0); answer.height()],
            };
            let index = |(x, cell): (Option<i64>, usize)| Some(cell * groups.len() + usize::try_from(place(x)).ok()?);
            Ok(xs.into_iter().zip(cells).map(index).collect())
        };
        let (all, n) = (answer.counts("rows")?, answer.counts("n")?);
        let (bad, low) = (answer.counts("bad")?, answer.counts("low")?);
        let quartiles = [answer.reals("q1")?, answer.reals("q2")?, answer.reals("q3")?];
        let mut left = LeftOut::default();
        let mut boxes: Vec<Option<Summary>> = vec![None; count];
        for (row, index) in at(&answer)?.into_iter().enumerate() {
            let Some(index) = index else {
                left.missing += all[row];
                continue;
            };
            left.used += n[row];
            left.infinite += bad[row];
            left.not_positive += low[row];
            left.missing += all[row].saturating_sub(n[row] + bad[row] + low[row]);
            if n[row] > 0 {
                let [q1, median, q3] = [0, 1, 2].map(|i| quartiles[i][row]);
                boxes[index] = Some(Summary { low: q1, q1, median, q3, high: q3, outliers: Vec::new(), hidden: 0 });
            }
        }
        self.whiskers(plan, groups, split, &rows, &names, &at, &mut boxes)?;
        Ok(Boxes { boxes, sampled: false, left })
    }

    /// The ends of the whiskers, and what lies beyond them.
    fn whiskers(
        &mut self,
        plan: &Plan<'_>,
        groups: &Groups,
        split: &Split,
        rows: &Relation,
        names: &[String],
        at: &Where<'_>,
        boxes: &mut [Option<Summary>],
    ) -> Asked<()> {
        let v = || column("v");
        // The fences of each box, told by its places.
        let fence = |side: fn((f64, f64)) -> f64, boxes: &[Option<Summary>]| {
            let mut term = Term::Null;
            for (index, summary) in boxes.iter().enumerate() {
                let Some(summary) = summary else { continue };
                let (cell, group) = (index / groups.len(), index % groups.len());
                let colours = split.colours.len();
                let mut is = Vec::new();
                for (name, var, n) in
                    [("x", &plan.x, group), ("c", &plan.colour, cell % colours), ("f", &plan.facet, cell / colours)]
                {
                    if var.is_some() {
                        is.push(compare(Comparison::Eq, column(name), int(n as i128)));
                    }
                }
                term = either(Term::All(is), real(side(fences(summary.q1, summary.q3))), term);
            }
            term
        };
        let (low, high) = (fence(|f| f.0, boxes), fence(|f| f.1, boxes));
        let mut columns: Vec<(String, Term)> = names.iter().map(|n| (n.clone(), column(n))).collect();
        columns.extend([("v".to_owned(), v()), ("lo".to_owned(), low), ("hi".to_owned(), high)]);
        let fenced = rows.clone().select(columns);
        let inside =
            Term::All(vec![compare(Comparison::Ge, v(), column("lo")), compare(Comparison::Le, v(), column("hi"))]);
        let inner = either(inside.clone(), v(), Term::Null);
        let ends = [("low", Aggregate::Min(inner.clone())), ("high", Aggregate::Max(inner))];
        let ends = ends.map(|(name, aggregate)| (name.to_owned(), aggregate)).into();
        let answer = self.asking.ask(&fenced.clone().group(names.to_vec(), ends), GROUPS)?;
        let (lows, highs) = (answer.reals("low")?, answer.reals("high")?);
        for (row, index) in at(&answer)?.into_iter().enumerate() {
            if let Some(summary) = index.and_then(|i| boxes[i].as_mut()) {
                summary.low = lows[row].min(summary.q1);
                summary.high = highs[row].max(summary.q3);
            }
        }
        // A value and how often it occurs says as much as the rows that have it.
        let outside = fenced.filter(Term::Not(Box::new(inside)));
        let by = names.iter().cloned().chain(["v".to_owned()]).collect();
        let listed = outside.group(by, vec![("rows".to_owned(), Aggregate::Count)]);
        let answer = self.asking.ask(&listed.limit(OUTLIERS as u64 + 1, 0), OUTLIERS + 1)?;
        if answer.height() > OUTLIERS {
            return not("push-no-outliers");
        }
        let mut found: HashMap<usize, Vec<f64>> = HashMap::new();
        let (values, n) = (answer.reals("v")?, answer.counts("rows")?);
        for (row, index) in at(&answer)?.into_iter().enumerate() {
            let Some((index, summary)) = index.and_then(|i| Some((i, boxes[i].as_ref()?))) else { continue };
            if values[row] < summary.low || values[row] > summary.high {
                let times = usize::try_from(n[row]).unwrap_or(usize::MAX).min(OUTLIERS * 10);
                found.entry(index).or_default().extend(std::iter::repeat_n(values[row], times));
            }
        }
        for (index, mut outside) in found {
            if let Some(summary) = &mut boxes[index] {
                outside.sort_unstable_by(f64::total_cmp);
                summary.outliers = thinned(&outside);
                summary.hidden = (outside.len() - summary.outliers.len()) as u64;
            }
        }
        Ok(())
    }
}
