//! Samples drawn where the rows are, by a number that each row's own values give: the same rows for the same seed, in
//! whatever order the engine reads them. Writes no SQL.
//!
//! Rows that are equal in every column cannot be told apart; where there are many, each has its place among its equals
//! drawn too.

use super::ask::{Asked, Asking, compare, either};
use crate::data::{Dataset, Place};
use crate::sql::{Aggregate, Comparison, Constant, LOTS, Nature, Order, Relation, Term};

/// The column of the numbers.
const LOT: &str = "mekiki_lot";
const OWN: &str = "mekiki_own";
const NTH: &str = "mekiki_nth";

/// The number below which about `wanted` of `of` rows are drawn, and hardly ever fewer.
fn below(wanted: u64, of: u64) -> Constant {
    // Four standard deviations more, since rows are drawn one by one.
    let wanted = wanted as f64 + 4.0 * (wanted as f64).sqrt() + 10.0;
    let share = (wanted / of.max(1) as f64).min(1.0);
    Constant::Int((share * LOTS as f64) as i128)
}

/// Rows each with a number, those that are equal with the same one, under the name [`OWN`].
fn numbered(place: &Place, names: &[String], seed: u64) -> Relation {
    let own = Term::Lot(names.iter().map(Term::column).collect(), seed);
    place.relation.clone().select(with(names, &[(OWN, own)]))
}

/// The columns of the table.
fn names(dataset: &Dataset) -> Vec<String> {
    dataset.with_all_columns().schema().columns().iter().map(|c| c.name.clone()).collect()
}

fn with(names: &[String], more: &[(&str, Term)]) -> Vec<(String, Term)> {
    let kept = names.iter().map(|n| (n.clone(), Term::column(n)));
    kept.chain(more.iter().map(|(name, term)| ((*name).to_owned(), term.clone()))).collect()
}

fn is_below(name: &str, limit: Term) -> Term {
    compare(Comparison::Lt, Term::column(name), limit)
}

/// Each row with a number of its own under the name [`LOT`]. Equal rows share it unless they are so many that those drawn
/// would be few different ones, which costs a query to know.
fn drawn(asking: &mut Asking<'_>, place: &Place, dataset: &Dataset, share: Constant, seed: u64) -> Asked<Relation> {
    let names = names(dataset);
    let own = || Term::column(OWN);
    let numbered = numbered(place, &names, seed);
    let counts = vec![("n".to_owned(), Aggregate::Count), ("different".to_owned(), Aggregate::Distinct(own()))];
    let some = numbered.clone().filter(is_below(OWN, Term::Constant(share)));
    let answer = asking.ask(&some.group(Vec::new(), counts), 1)?;
    let (n, different) = (answer.counts("n")?[0], answer.counts("different")?[0]);
    if n > 0 && different as f64 >= 0.98 * n as f64 {
        return Ok(numbered.select(with(&names, &[(LOT, own())])));
    }
    let nth = Term::Nth(Box::new(own()), None);
    let placed = numbered.select(with(&names, &[(OWN, own()), (NTH, nth)]));
    Ok(placed.select(with(&names, &[(LOT, Term::Lot(vec![own(), Term::column(NTH)], seed))])))
}

fn in_order(rows: Relation) -> Relation {
    rows.sort(vec![Order { column: LOT.to_owned(), descending: false, nature: Nature::Plain }])
}

/// `wanted` of the rows at `place`, of which there are `of`.
pub fn sample(
    asking: &mut Asking<'_>,
    place: &Place,
    dataset: &Dataset,
    (wanted, of): (u64, u64),
    seed: u64,
) -> Asked<Relation> {
    let share = below(wanted, of);
    let drawn = drawn(asking, place, dataset, share.clone(), seed)?;
    Ok(in_order(drawn.filter(is_below(LOT, Term::Constant(share)))).limit(wanted, 0))
}

/// So many rows of each of some classes: the values of a column, with the rows wanted and the rows there are.
pub fn stratified(
    asking: &mut Asking<'_>,
    place: &Place,
    dataset: &Dataset,
    column: &str,
    classes: &[(Constant, u64, u64)],
    seed: u64,
) -> Asked<Relation> {
    let by_class = |of: &dyn Fn(u64, u64) -> Constant| {
        classes.iter().fold(Term::Constant(Constant::Int(0)), |other, (value, wanted, of_all)| {
            let is = Term::Within(Box::new(Term::column(column)), vec![value.clone()]);
            either(is, Term::Constant(of(*wanted, *of_all)), other)
        })
    };
    let all = |f: fn(&(Constant, u64, u64)) -> u64| classes.iter().map(f).sum::<u64>();
    let drawn = drawn(asking, place, dataset, below(all(|c| c.1), all(|c| c.2)), seed)?;
    let some = drawn.filter(is_below(LOT, by_class(&below)));
    let place = Term::Nth(Box::new(Term::column(column)), Some(Box::new(Term::column(LOT))));
    let placed = some.select(with(&names(dataset), &[(LOT, Term::column(LOT)), (NTH, place)]));
    let wanted = by_class(&|wanted, _| Constant::Int(i128::from(wanted)));
    Ok(in_order(placed.filter(compare(Comparison::Le, Term::column(NTH), wanted))))
}
