//! The next match in rows that are somewhere else, found by a query there.
//!
//! The query gives the numbers of rows in which there may be a match, in the order rows are seen; each is then looked at
//! here. So what is found is a match, and no row that has one is passed over. Where rows may be numbered otherwise than they
//! are seen, or a kind of value is not written alike, the rows have to be read.

use super::{Place, Search};
use crate::data::{self, Control, Dataset, cell_of};
use crate::error::Result;
use crate::op::push::Shaping;
use crate::sql::{Call, Comparison, Constant, Nature, Order, Term, Type, text};
use crate::value::{Cell, Kind};

/// The column of row numbers.
const ROW: &str = "mekiki_row";
/// Rows looked at after each query.
const AT_ONCE: usize = 32;
/// Queries after which rows are read through: what is searched for is then not told apart over there.
const QUERIES: usize = 8;

/// The place of the next match, if there is one; None where rows have to be read.
pub(super) fn find(
    search: &Search,
    dataset: &Dataset,
    place: &data::Place,
    columns: &[usize],
    (from, forward): (Place, bool),
    control: &Control,
) -> Result<Option<Option<Place>>> {
    let Some(shaping) = Shaping::of(dataset)? else { return Ok(None) };
    let mut terms = Vec::new();
    let mut exact = true;
    for column in columns.iter().filter_map(|c| dataset.schema().columns().get(*c)) {
        let Some(value) = shaping.column(&column.name) else { return Ok(None) };
        match condition(search, &column.kind, value) {
            Some((Some(term), sure)) => {
                terms.push(term);
                exact &= sure;
            }
            Some((None, _)) => {}
            None => return Ok(None),
        }
    }
    if terms.is_empty() {
        return Ok(Some(None));
    }
    let numbered = place.relation.clone().numbered(ROW).filter(Term::Any(terms));
    if text::query(&numbered, place.remote.dialect()).is_err() {
        return Ok(None);
    }
    let row = |op, n: u64| Term::column(ROW).compared(op, Term::int(n));
    let mut queries = 0;
    // From the cursor on, and then round.
    for beyond in [true, false] {
        let mut start = match (beyond, forward) {
            (true, _) => Some(from.0),
            (false, _) => None,
        };
        loop {
            let mut bounds: Vec<Term> = Vec::new();
            if let Some(start) = start {
                bounds.push(row(if forward { Comparison::Ge } else { Comparison::Le }, start));
            }
            if !beyond {
                bounds.push(row(if forward { Comparison::Le } else { Comparison::Ge }, from.0));
            }
            let mut rows = numbered.clone().filter(Term::All(bounds)).columns([ROW]);
            if !forward {
                rows = rows.sort(vec![Order { column: ROW.to_owned(), descending: true, nature: Nature::Plain }]);
            }
            queries += 1;
            let found = match place.remote.first(&rows, AT_ONCE, control)? {
                Some(frame) if queries <= QUERIES => frame,
                _ => return Ok(None),
            };
            let numbers: Vec<u64> = (0..found.height())
                .filter_map(|i| match cell_of(&found.columns()[0], i) {
                    Cell::Int(n) => u64::try_from(n).ok(),
                    _ => None,
                })
                .collect();
            for number in &numbers {
                let frame = dataset.window(columns, *number, 1)?;
                let matches = |k: &usize| frame.height() > 0 && search.matches_cell(&frame.cell(0, *k));
                let places: Vec<Place> = (0..columns.len()).filter(matches).map(|k| (*number, columns[k])).collect();
                if places.is_empty() && exact {
                    // The row seen under this number is another one.
                    return Ok(None);
                }
                let after = |p: &&Place| (if forward { **p > from } else { **p < from }) == beyond;
                let hit = if forward { places.iter().find(after) } else { places.iter().rfind(after) };
                if let Some(hit) = hit {
                    return Ok(Some(Some(*hit)));
                }
            }
            let next = numbers.last().and_then(|n| if forward { n.checked_add(1) } else { n.checked_sub(1) });
            match next {
                Some(next) if numbers.len() == AT_ONCE => start = Some(next),
                _ => break,
            }
        }
    }
    Ok(Some(None))
}

/// A condition that holds wherever a value of a kind matches, none if it never does; and whether it holds nowhere else.
/// None where there is no such condition.
fn condition(search: &Search, kind: &Kind, value: Term) -> Option<(Option<Term>, bool)> {
    let digits = search.text.replace(',', "").to_lowercase();
    let text = |t: &str| Term::Constant(Constant::Text(t.to_owned()));
    let has = |value: Term, part: &str| Term::Contains(Box::new(value), part.to_owned());
    let words = || Term::Text(Box::new(value.clone()));
    Some(match kind {
        Kind::Text => (Some(has(folded(search, value)?, &search.text)), true),
        Kind::Boolean => {
            let yes = search.matches("true").then(|| value.clone());
            let no = search.matches("false").then(|| Term::Not(Box::new(value)));
            let any: Vec<Term> = yes.into_iter().chain(no).collect();
            (if any.is_empty() { None } else { Some(Term::Any(any)) }, true)
        }
        Kind::Integer => (Some(has(words(), &digits)), !search.text.contains(',')),
        Kind::Decimal(scale) => {
            let padded = Term::Text(Box::new(Term::Cast(Box::new(value), Type::Decimal(*scale))));
            (Some(has(padded, &digits)), false)
        }
        Kind::Float => {
            // With an exponent, and what is no number, values are not written alike.
            let plain = Term::call(Call::Join, [words(), text(".0")]);
            let size = Term::call(Call::Abs, [value.clone()]);
            let at = |op, v: f64| size.clone().compared(op, Term::Constant(Constant::Float(v)));
            let odd = vec![has(plain, &digits), at(Comparison::Lt, 1e-4), at(Comparison::Ge, 1e15)];
            (Some(Term::Any(odd.into_iter().chain([Term::NotANumber(Box::new(value))]).collect())), false)
        }
        Kind::Date | Kind::DateTime(_) | Kind::Time => {
            let low = search.text.to_lowercase();
            let is_time = *kind != Kind::Date;
            if is_time && low.contains(['+', 'z', '.']) {
                return None;
            }
            let written = match kind {
                // Offsets are written without their minutes where there are none.
                Kind::DateTime(Some(_)) => Term::call(Call::Join, [words(), text(":00")]),
                _ => words(),
            };
            let parts = low.split([' ', 't']).filter(|p| !p.is_empty()).map(|p| has(written.clone(), p)).collect();
            let mut any = vec![Term::All(parts)];
            if *kind != Kind::Time {
                let day = |year, month, day| chrono::NaiveDate::from_ymd_opt(year, month, day);
                let at = |day: chrono::NaiveDate| match kind {
                    Kind::Date => Constant::Date(day),
                    Kind::DateTime(None) => Constant::Local(day.into()),
                    _ => Constant::Instant(day.into()),
                };
                let (first, last) = (at(day(2, 1, 1)?), at(day(9999, 12, 30)?));
                any.push(value.clone().compared(Comparison::Lt, Term::Constant(first)));
                any.push(value.compared(Comparison::Gt, Term::Constant(last)));
            }
            (Some(Term::Any(any)), false)
        }
        _ => return None,
    })
}

/// A text as it is searched: capitals made small where they do not matter. None where that is not the same everywhere.
fn folded(search: &Search, value: Term) -> Option<Term> {
    if search.text.chars().any(char::is_uppercase) {
        return Some(value);
    }
    let plain = |c: char| c.is_ascii() || (c.to_lowercase().eq([c]) && c.to_uppercase().eq([c]));
    if !search.text.chars().all(plain) || search.text.chars().count() > 200 {
        return None;
    }
    let small: String = ('a'..='z').chain(['s', 'k']).collect();
    // The long s and the sign for Kelvin are capitals of s and k to those who search.
    let large: String = ('A'..='Z').chain(['\u{17f}', '\u{212a}']).collect();
    let text = |t: String| Term::Constant(Constant::Text(t));
    Some(Term::call(Call::Translate, [value, text(large), text(small)]))
}
