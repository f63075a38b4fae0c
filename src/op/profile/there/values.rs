//! How many different values there are over there, and the commonest of them. An engine that puts all values in order to
//! count them is asked for the groups of equal ones instead, where some rows say that they are few.

use std::panic::resume_unwind;

use super::super::coding::Coding;
use super::super::finish::TOPS;
use super::{Asked, There, Tried, beginning, count, cut, keys};
use crate::data::cell_of;
use crate::error::ErrorKind;
use crate::op::push::nature;
use crate::op::sketch::Spread;
use crate::result::profile::{Estimate, Top};
use crate::sql::{Aggregate, Nature, Order, Relation, Term};
use crate::value::{Cell, Kind};

/// Rows that say whether values are few.
const LOOKED: u64 = 10_000;
/// Different values among them that may be all, or nearly.
const FEW: u64 = 1_000;
/// Groups that come here at most.
const GROUPS: usize = 4_096;

impl There<'_> {
    /// Whether different values are counted in queries of their own.
    pub(super) fn apart(&self) -> bool {
        self.place.remote.dialect().sorts_to_count()
    }

    /// Looks at some rows, and fetches the values of columns that have few.
    pub(super) fn few(&self, columns: &mut [Asked]) -> Tried<()> {
        let mut asked = Vec::new();
        for (i, c) in columns.iter_mut().enumerate() {
            match c.profile.present() {
                _ if c.profile.distinct.is_some() => {}
                0 => c.profile.distinct = Some(Estimate::exact(0)),
                _ => {
                    asked.push((format!("present{i}"), Aggregate::Present(c.value.clone())));
                    asked.push((format!("distinct{i}"), Aggregate::Distinct(c.ordered())));
                }
            }
        }
        if asked.is_empty() {
            return Ok(Some(()));
        }
        let some_rows = self.place.relation.clone().limit(LOOKED, 0);
        let frame = some!(self.fetch(&some_rows.group(Vec::new(), asked), 1)?);
        for (i, c) in columns.iter_mut().enumerate().filter(|(_, c)| c.profile.distinct.is_none()) {
            let of = |name: &str| count(&frame, &format!("{name}{i}"));
            c.repeats = of("distinct") * 2 <= of("present");
            if c.repeats && c.is_measured() && of("distinct") <= FEW {
                c.groups = some!(self.groups(c)?);
            }
            if let Some(groups) = &c.groups {
                c.profile.distinct = Some(Estimate::exact(groups.distinct()));
            }
        }
        Ok(Some(()))
    }

    /// What is left to ask: different and commonest values, and what numbers are like.
    pub(super) fn rest(&self, columns: &mut [Asked]) -> Tried<()> {
        if !self.place.remote.answers_side_by_side() {
            some!(self.spread(columns)?);
            return self.values(columns);
        }
        let mut counted = columns.to_vec();
        let control = self.control.beside();
        let beside = There { place: self.place, control: &control };
        let (mut values, mut spread) = std::thread::scope(|scope| {
            let values = scope.spawn(|| beside.values(&mut counted));
            let spread = self.spread(columns);
            (values.join().unwrap_or_else(|cause| resume_unwind(cause)), spread)
        });
        // In the same order each time.
        control.sent().iter().for_each(|statement| self.control.note_sent(statement));
        // The server may have no second session to give.
        let refused = |tried: &Tried<()>| tried.as_ref().is_err_and(|e| e.kind == ErrorKind::Connect);
        if refused(&spread) {
            spread = self.spread(columns);
        }
        some!(spread?);
        if refused(&values) {
            counted = columns.to_vec();
            values = self.values(&mut counted);
        }
        some!(values?);
        for (c, other) in columns.iter_mut().zip(counted) {
            (c.profile.distinct, c.profile.top) = (other.profile.distinct, other.profile.top);
        }
        Ok(Some(()))
    }

    /// What numbers are like.
    fn spread(&self, columns: &mut [Asked]) -> Tried<()> {
        some!(self.numbers(columns)?);
        self.bins(columns)
    }

    /// How many different values there are, and the commonest.
    fn values(&self, columns: &mut [Asked]) -> Tried<()> {
        let lone = |c: &Asked| c.profile.distinct.is_none() && !c.repeats;
        let distinct = |(i, c): (usize, &Asked)| lone(c).then(|| (format!("d{i}"), Aggregate::Distinct(c.ordered())));
        let asked: Vec<_> = columns.iter().enumerate().filter_map(distinct).collect();
        if !asked.is_empty() {
            let frame = some!(self.fetch(&self.aggregates(asked), 1)?);
            for (i, c) in columns.iter_mut().enumerate().filter(|(_, c)| lone(c)) {
                c.profile.distinct = Some(Estimate::exact(count(&frame, &format!("d{i}"))));
            }
        }
        for c in columns {
            some!(self.tops(c)?);
            self.control.advance(1);
        }
        Ok(Some(()))
    }

    /// Each value, as `v`, and how often it occurs, as `c`.
    fn grouped(&self, c: &Asked) -> Relation {
        let (name, count) = ("v".to_owned(), "c".to_owned());
        let there = Term::Not(Box::new(Term::Missing(Box::new(c.value.clone()))));
        let values = self.place.relation.clone().filter(there).select(vec![(name.clone(), c.value.clone())]);
        values.group(vec![name], vec![(count, Aggregate::Count)])
    }

    /// The values of a column and how often they occur; none where they are too many.
    fn groups(&self, c: &Asked) -> Tried<Option<Spread<u128>>> {
        let most = GROUPS + 1;
        let frame = some!(self.fetch(&self.grouped(c).limit(most as u64, 0), most)?);
        if frame.height() > GROUPS {
            return Ok(Some(None));
        }
        let values = some!(keys(&frame.columns()[0], &c.dtype));
        let mut counted = Vec::new();
        for (row, key) in values.into_iter().enumerate() {
            let (Some(key), Cell::Int(n)) = (key, cell_of(&frame.columns()[1], row)) else { return Ok(None) };
            counted.push((key, u64::try_from(n).unwrap_or(0)));
        }
        let spread = Spread::of_counts(counted);
        Ok(Some((spread.total() == c.profile.present()).then_some(spread)))
    }

    /// The commonest values; how many different ones there are, too, where that is not known yet.
    fn tops(&self, c: &mut Asked) -> Tried<()> {
        let present = c.profile.present();
        let unique = |distinct: Option<Estimate>| distinct.is_some_and(|d| d.value == present);
        // Where no value repeats, none is common.
        let none = |distinct| unique(distinct) && present > TOPS as u64;
        if c.column.kind == Kind::Boolean || present == 0 || none(c.profile.distinct) {
            return Ok(Some(()));
        }
        let coding = Coding::new(c.dtype.clone());
        if let Some(groups) = &c.groups {
            let top = groups.top(TOPS, 1).into_iter().map(|(key, count)| (coding.cell(key), count, false));
            c.profile.top = top.map(|(value, count, cut)| Top { value, count, exact: true, error: 0, cut }).collect();
            return Ok(Some(()));
        }
        let mut shown: Vec<(String, Term)> = ["v", "c"].map(|name| (name.to_owned(), Term::column(name))).into();
        let mut grouped = self.grouped(c);
        if c.profile.distinct.is_none() {
            let total = ("d".to_owned(), Term::Total(Box::new(Term::int(1))));
            grouped = grouped.select(shown.iter().cloned().chain([total]).collect());
            shown.push(("d".to_owned(), Term::column("d")));
        }
        if c.is_text() {
            shown[0].1 = beginning(Term::column("v"));
        }
        let order = |column: &str, descending, nature| Order { column: column.to_owned(), descending, nature };
        let by =
            vec![order("c", true, Nature::Plain), order("v", false, nature(&c.column.kind).unwrap_or(Nature::Plain))];
        let frame = some!(self.fetch(&grouped.sort(by).limit(TOPS as u64, 0).select(shown), TOPS)?);
        if c.profile.distinct.is_none() {
            c.profile.distinct = Some(Estimate::exact(count(&frame, "d")));
            if none(c.profile.distinct) {
                return Ok(Some(()));
            }
        }
        let (values, counts) = (&frame.columns()[0], &frame.columns()[1]);
        let keys = if c.is_text() { Vec::new() } else { some!(keys(values, &c.dtype)) };
        for i in 0..frame.height() {
            let found = match c.is_text() {
                true => cut(&cell_of(values, i)),
                false => keys[i].map(|key| (coding.cell(key), false)),
            };
            let (Some((value, cut)), Cell::Int(n)) = (found, cell_of(counts, i)) else { return Ok(None) };
            let count = u64::try_from(n).unwrap_or(0);
            c.profile.top.push(Top { value, count, exact: true, error: 0, cut });
        }
        Ok(Some(()))
    }
}
