//! Find the next cell whose text contains what is searched for.

use std::collections::HashSet;

use polars::prelude::DataFrame;
use regex::{Regex, RegexBuilder};

use crate::data::{Control, Dataset, Flow, Frame, Part, Rows, cell_of, scan};
use crate::error::Result;
use crate::value::{Cell, Kind};

/// What is searched for. Capitals matter only if there is one in it.
#[derive(Clone, Debug)]
pub struct Search {
    /// As it was typed.
    pub text: String,
    pattern: Regex,
}

/// A cell: its place among the rows in view, and the place of its column.
pub type Place = (u64, usize);

impl Search {
    /// A search for text as it is.
    pub fn new(text: &str) -> Self {
        let build = |t: &str| {
            RegexBuilder::new(&regex::escape(t)).case_insensitive(!t.chars().any(char::is_uppercase)).build()
        };
        // Only a text too long for the engine fails; its beginning then stands for it.
        let pattern = build(text)
            .or_else(|_| build(&text.chars().take(1000).collect::<String>()))
            .unwrap_or_else(|_| Regex::new("$^").unwrap_or_else(|_| unreachable!("a constant pattern")));
        Self { text: text.to_owned(), pattern }
    }

    /// Whether a text contains it.
    pub fn matches(&self, text: &str) -> bool {
        self.pattern.is_match(text)
    }

    fn matches_cell(&self, cell: &Cell<'_>) -> bool {
        match cell {
            Cell::Null => false,
            Cell::Text(t) => self.matches(t),
            // With separators as they are seen, and without as they are typed.
            Cell::Int(_) | Cell::UInt(_) | Cell::Float(_) | Cell::Float32(_) | Cell::Decimal(..) => {
                self.matches(&cell.plain()) || self.matches(&cell.display())
            }
            other => self.matches(&other.display()),
        }
    }

    /// Whether a value of this kind could contain it, so that other columns need not be put into words.
    fn possible(&self, kind: &Kind) -> bool {
        let only = |set: &str| self.text.chars().all(|c| c.is_ascii_digit() || set.contains(c.to_ascii_lowercase()));
        match kind {
            Kind::Integer => only("-,"),
            Kind::Decimal(_) => only("-,."),
            Kind::Float => only("-,.e+naif"),
            Kind::Date | Kind::Time | Kind::DateTime(_) => only("-: .+tz"),
            Kind::Duration => only("-: .dmsµnu"),
            Kind::Boolean => "true".contains(&self.text.to_lowercase()) || "false".contains(&self.text.to_lowercase()),
            Kind::Empty => false,
            _ => true,
        }
    }

    /// The next match after `from` (before it, if not `forward`), going round at the end; none if there is none at all.
    pub fn find_around(
        &self,
        dataset: &Dataset,
        columns: &[usize],
        from: Place,
        forward: bool,
        control: &Control,
    ) -> Result<Option<Place>> {
        let columns: Vec<usize> =
            columns.iter().copied().filter(|c| self.possible(&dataset.schema().columns()[*c].kind)).collect();
        if columns.is_empty() {
            return Ok(None);
        }
        if let Rows::Ordered(order) = dataset.rows() {
            return self.in_order(dataset, order, &columns, from, forward, control);
        }
        let mut parts = dataset.table().parts(control)?;
        let row = dataset.table_row(from.0).unwrap_or(0);
        // The part with the cursor is looked at first for what comes after, and last for what comes before.
        let at = parts.iter().position(|p| (p.start..p.start + p.len as u64).contains(&row)).unwrap_or(0);
        if parts.is_empty() {
            return Ok(None);
        }
        if !forward {
            parts.reverse();
        }
        let at = if forward { at } else { parts.len() - 1 - at };
        parts.rotate_left(at);
        let again = parts[0];
        parts.push(again);
        control.restart(parts.iter().map(|p| p.len as u64).sum());
        let last = parts.len() - 1;
        let mut n = 0;
        let mut found: Option<Place> = None;
        let base = dataset.with_all_columns();
        let table_columns: Vec<usize> =
            columns.iter().filter_map(|c| base.schema().position(&dataset.schema().columns()[*c].name)).collect();
        scan(
            dataset.table().as_ref(),
            &table_columns,
            &parts,
            control,
            |start, frame| Ok(self.all_in(dataset, start, &frame)),
            |_: Part, places| {
                let places = places.into_iter().map(|(row, k)| (row, columns[k]));
                let after = |p: &Place| if forward { *p > from } else { *p < from };
                found = match (n, forward) {
                    (0, true) => places.filter(after).min(),
                    (0, false) => places.filter(after).max(),
                    (i, true) if i == last => places.filter(|p| !after(p)).min(),
                    (i, false) if i == last => places.filter(|p| !after(p)).max(),
                    (_, true) => places.min(),
                    (_, false) => places.max(),
                };
                n += 1;
                Ok(if found.is_some() { Flow::Stop } else { Flow::Continue })
            },
        )?;
        Ok(found)
    }

    /// Every match in some rows: place among the rows in view, and number of the column read.
    fn all_in(&self, dataset: &Dataset, start: u64, frame: &DataFrame) -> Vec<(u64, usize)> {
        let mut out = Vec::new();
        let mut add = |offset: usize, k: usize| {
            let row = start + offset as u64;
            let place = match dataset.rows() {
                Rows::Picked(p) if !p.contains(row) => return,
                Rows::Picked(p) => p.rank(row),
                _ => row,
            };
            out.push((place, k));
        };
        for (k, column) in frame.columns().iter().enumerate() {
            if let Ok(texts) = column.str() {
                for (i, text) in texts.iter().enumerate() {
                    if text.is_some_and(|t| self.matches(t)) {
                        add(i, k);
                    }
                }
            } else {
                for i in 0..column.len() {
                    if self.matches_cell(&cell_of(column, i)) {
                        add(i, k);
                    }
                }
            }
        }
        out
    }

    /// For rows in another order: one pass finds the rows, a walk along the order finds the next of them.
    fn in_order(
        &self,
        dataset: &Dataset,
        order: &[u32],
        columns: &[usize],
        from: Place,
        forward: bool,
        control: &Control,
    ) -> Result<Option<Place>> {
        let mut rows: HashSet<u32> = HashSet::new();
        let parts = dataset.table().parts(control)?;
        let base = dataset.with_all_columns();
        let table_columns: Vec<usize> =
            columns.iter().filter_map(|c| base.schema().position(&dataset.schema().columns()[*c].name)).collect();
        control.restart(parts.iter().map(|p| p.len as u64).sum());
        scan(
            dataset.table().as_ref(),
            &table_columns,
            &parts,
            control,
            |start, frame| Ok(self.all_in(&base, start, &frame)),
            |_, places| {
                rows.extend(places.into_iter().map(|(row, _)| row as u32));
                Ok(Flow::Continue)
            },
        )?;
        let n = order.len();
        for step in 0..=n {
            let place = match forward {
                true => (from.0 as usize + step) % n.max(1),
                false => (from.0 as usize + n - step % n.max(1)) % n.max(1),
            };
            if !order.get(place).is_some_and(|r| rows.contains(r)) {
                continue;
            }
            let frame: Frame = dataset.window(columns, place as u64, 1)?;
            let mut hits = (0..columns.len()).filter(|k| self.matches_cell(&frame.cell(0, *k))).map(|k| columns[k]);
            let hit = match (step, forward) {
                (0, true) => hits.find(|c| *c > from.1),
                (0, false) => hits.filter(|c| *c < from.1).last(),
                (_, true) => hits.next(),
                (_, false) => hits.last(),
            };
            if let Some(column) = hit {
                return Ok(Some((place as u64, column)));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::Column;

    fn data() -> Dataset {
        let frame = DataFrame::new(
            5,
            vec![
                Column::new("a".into(), ["りんご", "x", "Apple", "りんご飴", "apple pie"]),
                Column::new("n".into(), [1234i64, 99, 5, 12_340, 7]),
                Column::new("b".into(), ["-", "りんご", "-", "-", "-"]),
            ],
        )
        .unwrap();
        Dataset::from_frame(frame)
    }

    fn find(d: &Dataset, text: &str, from: Place, forward: bool) -> Option<Place> {
        Search::new(text).find_around(d, &[0, 1, 2], from, forward, &Control::new()).unwrap()
    }

    #[test]
    fn goes_on_cell_by_cell_and_round() {
        let d = data();
        assert_eq!(find(&d, "りんご", (0, 0), true), Some((1, 2)));
        assert_eq!(find(&d, "りんご", (1, 2), true), Some((3, 0)));
        assert_eq!(find(&d, "りんご", (3, 0), true), Some((0, 0)));
        assert_eq!(find(&d, "りんご", (1, 2), false), Some((0, 0)));
        assert_eq!(find(&d, "りんご", (0, 0), false), Some((3, 0)));
        assert_eq!(find(&d, "nothing", (0, 0), true), None);
    }

    #[test]
    fn capitals_matter_only_if_typed_and_numbers_match_either_way() {
        let d = data();
        assert_eq!(find(&d, "apple", (0, 0), true), Some((2, 0)));
        assert_eq!(find(&d, "Apple", (2, 0), true), Some((2, 0)));
        assert_eq!(find(&d, "1,234", (1, 0), true), Some((0, 1)));
        assert_eq!(find(&d, "1234", (0, 1), true), Some((3, 1)));
    }

    #[test]
    fn in_a_choice_of_rows_and_in_another_order() {
        let order = std::sync::Arc::new(vec![4u32, 3, 2, 1, 0]);
        let d = data().with_rows(Rows::Ordered(order));
        assert_eq!(find(&d, "りんご", (0, 0), true), Some((1, 0)));
        assert_eq!(find(&d, "りんご", (1, 0), true), Some((3, 2)));
        assert_eq!(find(&d, "りんご", (1, 0), false), Some((4, 0)));
    }
}
