//! Find the next cell whose text contains what is searched for.

mod there;

use std::collections::HashSet;
use std::fmt::Write;

use polars::prelude::{Column, DataFrame, DataType, Int64Chunked};
use regex::{Regex, RegexBuilder};

use super::push::ask::{self, Stop};
use super::push::{Answered, answered, range};
use crate::data::{Control, Dataset, Flow, Frame, Part, Rows, cell_of, scan};
use crate::error::Result;
use crate::text::Msg;
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

/// What a search comes to.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The match; none if there is none at all.
    pub place: Option<Place>,
    /// Where rows were searched that are somewhere else, and why here; none where those at hand did.
    pub ran: Option<Msg>,
}

impl Search {
    /// A search for text as it is.
    pub fn new(text: &str) -> Self {
        let build =
            |t: &str| RegexBuilder::new(&regex::escape(t)).case_insensitive(!t.chars().any(char::is_uppercase)).build();
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
            // With separators as they are seen, and without as they are typed: the one has a comma where the other has none.
            Cell::Int(_) | Cell::UInt(_) | Cell::Float(_) | Cell::Float32(_) | Cell::Decimal(..)
                if !self.text.contains(',') =>
            {
                self.matches(&cell.plain())
            }
            other => self.matches(&other.display()),
        }
    }

    /// Whether a value that columns of this kind do not hold here could contain it: the column is then text.
    fn is_misfit(&self, kind: &Kind) -> bool {
        let text = self.text.to_lowercase();
        range(kind).is_some() && ["-infinity", "nan"].iter().any(|word| word.contains(&text))
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

    /// The next match after `from` (before it, if not `forward`), going round at the end.
    pub fn find_around(
        &self,
        dataset: &Dataset,
        columns: &[usize],
        from: Place,
        forward: bool,
        control: &Control,
    ) -> Result<Found> {
        let within = |rows: &Dataset| -> Vec<usize> {
            let there = rows.place().is_some();
            let possible = |kind: &Kind| self.possible(kind) || (there && self.is_misfit(kind));
            columns.iter().copied().filter(|c| possible(&rows.schema().columns()[*c].kind)).collect()
        };
        if within(dataset).is_empty() {
            return Ok(Found::default());
        }
        if dataset.place().is_some()
            && let Some(found) = self.nearby(dataset, &within(dataset), from, forward)?
        {
            return Ok(Found { place: Some(found), ran: None });
        }
        let asked = answered(dataset, control, |rows, place| {
            match there::find(self, rows, place, &within(rows), (from, forward), control) {
                Ok(Some(found)) => Ok(Found { place: found, ran: Some(ask::went(place)) }),
                Ok(None) => ask::not("push-no-search"),
                Err(error) if control.check().is_err() => Err(error.into()),
                // What stops the engine need not stop reading.
                Err(error) => Err(Stop::Not(error.message)),
            }
        });
        match asked? {
            Answered::There(found) => Ok(found),
            Answered::Here(rows, ran) => {
                let rows = rows.whole(control)?;
                let place = self.read_around(&rows, &within(&rows), from, forward, control)?;
                Ok(Found { place, ran })
            }
        }
    }

    /// As [`Search::find_around`], by reading the rows.
    fn read_around(
        &self,
        dataset: &Dataset,
        columns: &[usize],
        from: Place,
        forward: bool,
        control: &Control,
    ) -> Result<Option<Place>> {
        if let Rows::Ordered(order) = dataset.rows() {
            return self.in_order(dataset, order, columns, from, forward, control);
        }
        let mut parts = dataset.table().parts(control)?;
        if let Rows::Picked(p) = dataset.rows() {
            parts.retain(|part| p.any(part.start, part.len));
        }
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
            } else if let Some(numbers) = self.plain_numbers(column) {
                let mut digits = String::new();
                for (i, number) in numbers.iter().enumerate() {
                    let Some(number) = number else { continue };
                    digits.clear();
                    // Writing to a string cannot fail.
                    let _ = write!(digits, "{number}");
                    if self.matches(&digits) {
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

    /// The whole numbers of a column, where they need not be put into cells to be searched.
    fn plain_numbers(&self, column: &Column) -> Option<Int64Chunked> {
        let small = column.dtype().is_integer()
            && !matches!(column.dtype(), DataType::UInt64 | DataType::Int128 | DataType::UInt128);
        if !small || self.text.contains(',') {
            return None;
        }
        column.cast(&DataType::Int64).ok()?.i64().ok().cloned()
    }

    /// A match within a window beside the cursor, which is often enough and spares the pass.
    fn nearby(&self, dataset: &Dataset, columns: &[usize], from: Place, forward: bool) -> Result<Option<Place>> {
        const WINDOW: u64 = 128;
        let start = if forward { from.0 } else { (from.0 + 1).saturating_sub(WINDOW) };
        let len = if forward { WINDOW } else { from.0 + 1 - start };
        let frame = dataset.window(columns, start, len as usize)?;
        let mut places = (0..frame.height())
            .flat_map(|i| (0..columns.len()).map(move |k| (i, k)))
            .filter(|(i, k)| self.matches_cell(&frame.cell(*i, *k)))
            .map(|(i, k)| (start + i as u64, columns[k]));
        Ok(if forward { places.find(|p| *p > from) } else { places.filter(|p| *p < from).last() })
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
        if let Some(found) = self.nearby(dataset, columns, from, forward)? {
            return Ok(Some(found));
        }
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
    use crate::data::{MemoryTable, PickedBuilder, RowCount, Table};
    use crate::value::Schema;
    use proptest::prelude::*;
    use std::sync::Arc;

    /// A table in parts of three rows.
    struct Pieces(MemoryTable);

    impl Table for Pieces {
        fn schema(&self) -> &Schema {
            self.0.schema()
        }
        fn rows(&self) -> RowCount {
            self.0.rows()
        }
        fn read(&self, columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
            self.0.read(columns, start, len)
        }
        fn parts(&self, _: &Control) -> Result<Vec<Part>> {
            let rows = self.0.rows().known();
            Ok((0..rows).step_by(3).map(|start| Part { start, len: 3.min(rows - start) as usize }).collect())
        }
    }

    /// The answer by looking at every cell in view, in turn.
    fn by_hand(d: &Dataset, needle: &str, columns: &[usize], from: Place, forward: bool) -> Option<Place> {
        let rows = d.row_count().known();
        let frame = d.window(columns, 0, rows as usize).unwrap();
        let fold = |t: &str| if needle.chars().any(char::is_uppercase) { t.to_owned() } else { t.to_lowercase() };
        let mut hits: Vec<Place> = (0..rows)
            .flat_map(|r| (0..columns.len()).map(move |k| (r, k)))
            .filter(|(r, k)| {
                let cell = frame.cell(*r as usize, *k);
                !cell.is_null() && [cell.plain(), cell.display().into_owned()].iter().any(|t| fold(t).contains(needle))
            })
            .map(|(r, k)| (r, columns[k]))
            .collect();
        if !forward {
            hits.reverse();
        }
        let beyond = |p: &&Place| if forward { **p > from } else { **p < from };
        hits.iter().find(beyond).or(hits.first()).copied()
    }

    proptest! {
        #[test]
        fn as_by_hand(
            texts in prop::collection::vec(prop::option::of(prop::sample::select(vec!["りんご", "Apple", "apple 12", "", "A", "x,1"])), 1..20),
            seed in any::<u64>(),
            needle in prop::sample::select(vec!["りん", "a", "A", "12", "1,2", "-", "2024-01", "true", "e", "none"]),
            row in 0u64..20, column in 0usize..3, forward in any::<bool>(), view in 0..3,
        ) {
            let n = texts.len();
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                state >> 33
            };
            let numbers: Vec<Option<i64>> = (0..n).map(|_| (next() % 5 != 0).then(|| next() as i64 % 20_000 - 5_000)).collect();
            let floats: Vec<f64> = (0..n).map(|_| next() as f64 / 16.0).collect();
            let days: Vec<i32> = (0..n).map(|_| 19_700 + (next() % 60) as i32).collect();
            let frame = DataFrame::new(n, vec![
                Column::new("t".into(), texts),
                Column::new("n".into(), numbers),
                Column::new("f".into(), floats),
                Column::new("d".into(), days).cast(&DataType::Date).unwrap(),
                Column::new("b".into(), (0..n).map(|_| next() % 2 == 0).collect::<Vec<_>>()),
            ]).unwrap();
            let all = Dataset::new(Arc::new(Pieces(MemoryTable::new(frame))));
            let kept: Vec<bool> = (0..n).map(|_| next() % 3 != 0).collect();
            let d = match view {
                0 => all,
                1 => {
                    let mut picks = PickedBuilder::new();
                    picks.push(0, n, kept.iter().copied());
                    all.with_rows(Rows::Picked(Arc::new(picks.finish())))
                }
                _ => {
                    let mut order: Vec<u32> = (0..n as u32).filter(|i| kept[*i as usize]).collect();
                    order.sort_by_key(|_| next());
                    all.with_rows(Rows::Ordered(Arc::new(order)))
                }
            };
            let rows = d.row_count().known();
            prop_assume!(rows > 0);
            let columns = [0, 1, 2, 3, 4];
            let from = (row % rows, column);
            let found = Search::new(needle).find_around(&d, &columns, from, forward, &Control::new()).unwrap().place;
            prop_assert_eq!(found, by_hand(&d, needle, &columns, from, forward));
        }
    }

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
        Search::new(text).find_around(d, &[0, 1, 2], from, forward, &Control::new()).unwrap().place
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

    #[test]
    fn far_away_in_another_order() {
        let n = 1_000u32;
        let texts: Vec<&str> = (0..n).map(|i| if i == 7 { "here" } else { "" }).collect();
        let d = Dataset::from_frame(DataFrame::new(n as usize, vec![Column::new("a".into(), texts)]).unwrap());
        let d = d.with_rows(Rows::Ordered(Arc::new((0..n).rev().collect())));
        for (from, forward) in [(0, true), (0, false), (992, true), (999, false)] {
            let found = Search::new("here").find_around(&d, &[0], (from, 0), forward, &Control::new()).unwrap().place;
            assert_eq!(found, Some((992, 0)), "{from}");
        }
        let none = d.with_rows(Rows::Ordered(Arc::new(Vec::new())));
        assert_eq!(Search::new("here").find_around(&none, &[0], (0, 0), true, &Control::new()).unwrap().place, None);
    }

    #[test]
    fn a_cancelled_search_ends() {
        let control = Control::new();
        control.cancel();
        let error = Search::new("x").find_around(&data(), &[0], (0, 0), true, &control).err();
        assert_eq!(error.map(|e| e.kind), Some(crate::error::ErrorKind::Interrupted));
    }
}
