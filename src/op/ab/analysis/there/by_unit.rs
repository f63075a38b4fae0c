//! The same over units: a query within the query adds up the rows of each unit before anything is made of it.

use polars::prelude::{DataType, Series};

use super::super::gather::{ARMS, Arms, MOST_DAYS, MOST_SEGMENTS, Part, finish, together};
use super::super::units::Found;
use super::super::{Gathered, Kind, Second, Units};
use super::{Facts, There, column, ends, facts, numbered, pair, pairs, table};
use crate::data::{Stretch, from_polars};
use crate::op::ab::PairMoments;
use crate::op::push::ask::{self, Answer, Asked, Stop, compare, either, int, minus, missing, not, real, times};
use crate::op::rank::keys::Coder;
use crate::sql::{Aggregate, Comparison, Constant, Relation, Term};
use crate::text::Msg;
use crate::value::Kind as Sort;

/// The number of those seen in several arms.
const SEVERAL: i64 = -1;

impl There<'_> {
    /// The same over units: the rows of each are added up first.
    pub(super) fn by_unit(
        &mut self,
        base: Relation,
        in_arms: Term,
        mut part: Part,
        arms: Arms,
        kinds: &[Kind],
        missing_units: u64,
    ) -> Asked<Gathered> {
        let rows = base.clone().filter(Term::All(vec![in_arms, Term::Not(Box::new(missing(column("u"))))]));
        let units = self.units(rows, &arms, kinds)?;
        let known = units.clone().filter(compare(Comparison::Ne, column("a"), int(SEVERAL)));
        let limits = self.limits(&known)?;
        let units = self.capped(units, &limits);

        let mut asked = vec![("units".to_owned(), Aggregate::Count), ("rows".to_owned(), Aggregate::Sum(column("t")))];
        asked.extend(ends("t"));
        for m in self.metrics() {
            asked.extend(ends(&numbered("y", m)));
            asked.extend(ends(&numbered("r", m)));
        }
        if self.has_second() {
            asked.extend(ends("x"));
        }
        let first = self.asking.ask(&units.clone().group(vec!["a".to_owned()], asked), ARMS)?;
        let (mut found, mut rows_found) = (Vec::new(), Vec::new());
        for m in self.metrics() {
            let whole = self.is_whole(&self.ab.metrics[m]);
            found.push(facts(&first, &numbered("y", m), whole)?);
            rows_found.push(facts(&first, &numbered("r", m), whole)?);
        }
        self.check_counts(kinds, &found)?;
        let x = if self.has_second() { facts(&first, "x", false)? } else { Facts::default() };
        let t = facts(&first, "t", true)?;
        let mut facts = Units {
            column: self.ab.unit.clone().unwrap_or_default(),
            rows: 0,
            units: 0,
            several: 0,
            missing: missing_units,
        };
        let counted = first.counts("units")?.into_iter().zip(first.counts("rows")?);
        for (arm, (units, rows)) in first.whole("a")?.into_iter().zip(counted) {
            match arm {
                Some(SEVERAL) | None => facts.several += units,
                Some(_) => (facts.units, facts.rows) = (facts.units + units, facts.rows + rows),
            }
        }

        let centred = self.centred_units(&units, &found, &rows_found, x, t);
        // What is known of clusters comes with the first grouping; the others only divide it again.
        let mut clusters = self.clusters_asked();
        let mut out: Vec<Found> = self.metrics().map(|_| Found::default()).collect();
        let mut done = false;
        let both = self.both(&centred, &["a", "m", "s", "d"], &clusters)?;
        if let Some(name) = self.ab.segment.clone() {
            let coder = self.segments(&base, &name)?;
            let most = (ARMS + 1) * (MOST_SEGMENTS + 2);
            let answer = match both.clone() {
                Some(both) => Some(both),
                None => self.cells(&centred, &["a", "m", "s"], std::mem::take(&mut clusters), most)?,
            };
            let answer = &answer.ok_or_else(|| self.plan.too_many_parts(Some(&name), MOST_SEGMENTS))?;
            let series = self.segment_values(&name, answer.series("s")?)?;
            part.segments = Some(coder);
            let Some(coder) = &mut part.segments else { return not("push-no-odd") };
            let (own, codes) = Coder::of(&series.dtype().clone(), &Stretch::Values(series))?;
            let count = coder.len() as u32;
            let map = coder.absorb(&own)?;
            let several = answer.whole("m")?;
            let key = |(code, m): (&u32, &Option<i64>)| if *m == Some(1) { count } else { map[*code as usize] };
            let keys: Vec<u32> = codes.iter().zip(&several).map(key).collect();
            let many = several.contains(&Some(1));
            for m in self.metrics() {
                let (rows, at) = self.of_arms(answer, &arms)?;
                let sums = chosen(&self.sums(answer, m, &found, x)?, &rows);
                let length = count as usize + usize::from(many);
                out[m].by_segment = table(&chosen(&keys, &rows), &at, &sums, length);
                out[m].whole = together(&out[m].by_segment);
                out[m].clusters = self.clusters(answer, m, (&rows_found, t), (&rows, &at))?;
            }
            done = true;
        }
        if let Some(name) = self.ab.day.clone() {
            let most = (ARMS + 1) * (MOST_DAYS + 1);
            let answer = match both.clone() {
                Some(both) => Some(both),
                None => self.cells(&centred, &["a", "d"], std::mem::take(&mut clusters), most)?,
            };
            let answer = &answer.ok_or_else(|| self.plan.too_many_parts(Some(&name), MOST_DAYS))?;
            let keys = self.days(&mut part, &name, answer)?;
            for m in self.metrics() {
                let (rows, at) = self.of_arms(answer, &arms)?;
                let sums = chosen(&self.sums(answer, m, &found, x)?, &rows);
                out[m].by_day = table(&chosen(&keys, &rows), &at, &sums, part.days.list.len());
                if !done {
                    out[m].whole = together(&out[m].by_day);
                    out[m].clusters = self.clusters(answer, m, (&rows_found, t), (&rows, &at))?;
                }
            }
            done = true;
        }
        if !done {
            let answer = self.cells(&centred, &["a"], clusters, ARMS)?;
            let answer = answer.ok_or_else(|| self.plan.too_many())?;
            for m in self.metrics() {
                let (rows, at) = self.of_arms(&answer, &arms)?;
                let sums = chosen(&self.sums(&answer, m, &found, x)?, &rows);
                out[m].whole = table(&vec![0; rows.len()], &at, &sums, 1);
                out[m].clusters = self.clusters(&answer, m, (&rows_found, t), (&rows, &at))?;
            }
        }
        Ok(finish(&self.plan, &mut part, arms, &limits, kinds, Some((facts, out)))?)
    }

    /// The units of some rows, each with its arm and its values.
    fn units(&self, rows: Relation, arms: &Arms, kinds: &[Kind]) -> Asked<Relation> {
        let kind = self.kind(&self.ab.variant);
        let mut arm = Term::Null;
        for (i, (_, name)) in arms.order.iter().enumerate() {
            let constant = match kind {
                Sort::Text => Some(Constant::Text(name.clone())),
                Sort::Integer => name.parse().ok().map(Constant::Int),
                Sort::Boolean => name.parse().ok().map(Constant::Bool),
                _ => None,
            };
            let no = || Msg::new("push-no-kind").with("column", &self.ab.variant).with("kind", kind.word());
            let constant = constant.ok_or_else(|| Stop::Not(no()))?;
            arm = either(compare(Comparison::Eq, column("v"), Term::Constant(constant)), int(i as i128), arm);
        }
        let mut columns: Vec<(String, Term)> =
            self.keys(&["s", "d", "x"]).into_iter().map(|k| (k.clone(), column(k))).collect();
        columns.push(("u".to_owned(), column("u")));
        columns.push(("a".to_owned(), arm));
        columns.extend(self.metrics().map(|m| (numbered("y", m), column(numbered("y", m)))));
        let mut asked = vec![
            ("t".to_owned(), Aggregate::Count),
            ("a1".to_owned(), Aggregate::Min(column("a"))),
            ("a2".to_owned(), Aggregate::Max(column("a"))),
        ];
        if self.ab.segment.is_some() {
            asked.push(("s1".to_owned(), Aggregate::Min(column("s"))));
            asked.push(("s2".to_owned(), Aggregate::Max(column("s"))));
            asked.push(("sn".to_owned(), Aggregate::Present(column("s"))));
        }
        if self.ab.day.is_some() {
            asked.push(("d".to_owned(), Aggregate::Min(column("d"))));
        }
        if self.has_second() {
            let x = || column("x");
            let covariate = self.plan.second() == Second::Covariate;
            asked.push(("x".to_owned(), if covariate { Aggregate::Mean(x()) } else { Aggregate::Sum(x()) }));
            asked.push(("xn".to_owned(), Aggregate::Present(x())));
        }
        for m in self.metrics() {
            let y = numbered("y", m);
            asked.push((numbered("n", m), Aggregate::Present(column(&y))));
            asked.push((numbered("r", m), Aggregate::Sum(column(&y))));
            asked.push((numbered("q", m), Aggregate::Sum(times(column(&y), column(&y)))));
        }
        let units = rows.select(columns).group(vec!["u".to_owned()], asked);

        let none = |name: &str| compare(Comparison::Eq, column(name), int(0));
        let one_arm = compare(Comparison::Eq, column("a1"), column("a2"));
        let mut columns = vec![
            ("a".to_owned(), either(one_arm, column("a1"), int(SEVERAL))),
            ("t".to_owned(), Term::Real(Box::new(column("t")))),
        ];
        if self.ab.segment.is_some() {
            let same = compare(Comparison::Eq, column("s1"), column("s2"));
            let all = compare(Comparison::Eq, column("sn"), column("t"));
            let one = Term::Any(vec![none("sn"), Term::All(vec![same, all])]);
            columns.push(("s".to_owned(), either(one.clone(), column("s1"), Term::Null)));
            columns.push(("m".to_owned(), either(one, int(0), int(1))));
        }
        columns.extend(self.keys(&["d"]).into_iter().map(|d| (d.clone(), column(d))));
        if self.has_second() {
            columns.push(("x".to_owned(), ask::unless(none("xn"), column("x"))));
        }
        for (m, kind) in kinds.iter().enumerate() {
            let (r, n) = (numbered("r", m), numbered("n", m));
            let sum = || ask::unless(none(&n), column(&r));
            let y = match kind {
                // Whether there was a 1.
                Kind::Conversion => either(compare(Comparison::Gt, column(&r), int(1)), real(1.0), sum()),
                _ => sum(),
            };
            columns.push((numbered("y", m), y));
            columns.push((r.clone(), sum()));
            columns.push((numbered("q", m), column(numbered("q", m))));
        }
        Ok(units.select(columns))
    }

    /// As [`There::centred`], with the sums of the rows of each unit and their numbers as pairs: `k0` and on, `l0` and on.
    fn centred_units(&self, units: &Relation, found: &[Facts], rows_found: &[Facts], x: Facts, t: Facts) -> Relation {
        let Relation::Select(from, mut columns) = self.centred(units, &["a", "m", "s", "d"], found, x) else {
            return units.clone();
        };
        for (m, facts) in rows_found.iter().enumerate() {
            let r = numbered("r", m);
            let count = minus(column("t"), real(t.centre));
            columns.push((numbered("k", m), minus(column(&r), real(facts.centre))));
            columns.push((numbered("l", m), ask::unless(missing(column(&r)), count)));
            columns.push((numbered("q", m), column(numbered("q", m))));
        }
        Relation::Select(from, columns)
    }

    fn clusters_asked(&self) -> Vec<(String, Aggregate)> {
        let of = |m: usize| {
            let squares = (format!("q{m}_1"), Aggregate::Sum(column(numbered("q", m))));
            pair(&numbered("k", m), &numbered("l", m)).into_iter().chain([squares])
        };
        self.metrics().flat_map(of).collect()
    }

    /// By arm: sum and number of a unit's rows, and the sum of all rows' squares.
    fn clusters(
        &self,
        answer: &Answer,
        m: usize,
        (found, t): (&[Facts], Facts),
        (rows, at): (&[usize], &[u32]),
    ) -> Asked<Vec<(PairMoments, f64)>> {
        let pairs = pairs(answer, (&numbered("k", m), &numbered("l", m)), (found[m].centre, t.centre))?;
        let squares = answer.reals(&format!("q{m}_1"))?;
        let mut out = vec![(PairMoments::default(), 0.0); ARMS];
        for (row, arm) in rows.iter().zip(at) {
            let cell = &mut out[*arm as usize];
            *cell = (cell.0.merge(pairs[*row]), cell.1 + squares[*row]);
        }
        Ok(out)
    }

    /// The groups that belong to one arm, and the number of each one's arm.
    fn of_arms(&self, answer: &Answer, arms: &Arms) -> Asked<(Vec<usize>, Vec<u32>)> {
        let known = answer.whole("a")?.into_iter().enumerate().filter_map(|(row, arm)| {
            let arm = arms.order.get(usize::try_from(arm?).ok()?)?;
            Some((row, arm.0 as u32))
        });
        Ok(known.unzip())
    }

    /// Every segment there is.
    fn segments(&mut self, base: &Relation, name: &str) -> Asked<Coder> {
        let most = MOST_SEGMENTS + 2;
        let list = base.clone().group(vec!["s".to_owned()], vec![("rows".to_owned(), Aggregate::Count)]);
        let answer = self.asking.ask(&list.limit(most as u64, 0), most)?;
        if answer.height() == most {
            return Err(self.plan.too_many_parts(Some(&name.to_owned()), MOST_SEGMENTS).into());
        }
        let series = self.segment_values(name, answer.series("s")?)?;
        Ok(Coder::of(&series.dtype().clone(), &Stretch::Values(series))?.0)
    }

    /// Segments as they stand in the table.
    fn segment_values(&self, name: &str, series: Series) -> Asked<Series> {
        match self.kind(name) {
            Sort::Boolean => Ok(series.cast(&DataType::Boolean).map_err(from_polars)?),
            _ => Ok(series),
        }
    }
}

fn chosen<T: Copy>(all: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|row| all[*row]).collect()
}
