//! Keep the rows that meet a condition, without copying any: the answer is a bit for each row of the table.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::eval;
use crate::data::{Control, Dataset, Flow, PickedBuilder, Rows, scan};
use crate::error::Result;
use crate::sql::expr;
use crate::text::Msg;

/// How often a growing result is shown.
const SHOW: Duration = Duration::from_millis(60);

/// Keep the rows for which the condition is true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The condition in the expression language.
    #[serde(rename = "where")]
    pub condition: String,
}

impl Filter {
    /// The condition in words.
    pub fn words(&self) -> Msg {
        match expr::parse(&self.condition) {
            Ok(e) => e.words(),
            Err(_) => Msg::new("step-filter").with("condition", &self.condition),
        }
    }

    /// The rows in view that meet the condition, in their order. Reads the columns of the condition only. `publish` gets
    /// the rows found so far, now and then.
    pub fn run(&self, dataset: &Dataset, control: &Control, publish: &mut dyn FnMut(Dataset)) -> Result<Dataset> {
        self.first(dataset, u64::MAX, control, publish)
    }

    /// As [`Filter::run`], stopping when `enough` rows are found; the rows found are then right, not complete.
    pub fn first(
        &self,
        dataset: &Dataset,
        enough: u64,
        control: &Control,
        publish: &mut dyn FnMut(Dataset),
    ) -> Result<Dataset> {
        let condition = expr::parse(&self.condition)?;
        // A hidden column can still decide.
        let all = dataset.with_all_columns();
        let places = condition.columns().iter().map(|n| all.schema().require(n)).collect::<Result<Vec<_>>>()?;
        eval::check(&condition, all.schema())?;
        let table = all.table();
        let mut parts = table.parts(control)?;
        if let Rows::Picked(p) = dataset.rows() {
            parts.retain(|part| p.any(part.start, part.len));
        }
        control.restart(parts.iter().map(|p| p.len as u64).sum());
        let mut builder = PickedBuilder::new();
        let mut shown = Instant::now();
        let ordered = matches!(dataset.rows(), Rows::Ordered(_));
        let mut stopped = false;
        scan(
            table.as_ref(),
            &places,
            &parts,
            control,
            |start, frame| {
                let mask = eval::mask(&condition, &frame)?;
                Ok(match dataset.rows() {
                    Rows::Picked(p) => &mask & &p.mask(start, frame.height()),
                    _ => mask,
                })
            },
            |part, mask| {
                builder.push(part.start, part.len, mask.iter().map(|v| v.unwrap_or(false)));
                let found = builder.snapshot();
                if !ordered && shown.elapsed() >= SHOW && !found.is_empty() {
                    shown = Instant::now();
                    publish(dataset.with_rows(Rows::Picked(Arc::new(found.clone()))));
                }
                stopped = !ordered && found.len() >= enough;
                Ok(if stopped { Flow::Stop } else { Flow::Continue })
            },
        )?;
        control.check()?;
        let picked = builder.finish();
        Ok(dataset.with_rows(match dataset.rows() {
            Rows::Ordered(order) => {
                Rows::Ordered(Arc::new(order.iter().copied().filter(|r| picked.contains(u64::from(*r))).collect()))
            }
            _ => Rows::Picked(Arc::new(picked)),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use polars::prelude::{Column, DataFrame};

    const ROWS: u64 = 200_000;

    /// Four parts: a number, its remainder, and a text that is missing in every tenth row.
    fn data() -> Dataset {
        let n = Column::new("n".into(), (0..ROWS as i64).collect::<Vec<_>>());
        let r = Column::new("r".into(), (0..ROWS as i64).map(|i| i % 7).collect::<Vec<_>>());
        let t = (0..ROWS).map(|i| (i % 10 != 0).then(|| if i % 3 == 0 { "りんご" } else { "x" })).collect::<Vec<_>>();
        Dataset::from_frame(DataFrame::new(ROWS as usize, vec![n, r, Column::new("t".into(), t)]).unwrap())
    }

    fn filter(condition: &str) -> Filter {
        Filter { condition: condition.into() }
    }

    fn rows(d: &Dataset) -> Vec<u64> {
        (0..d.row_count().known()).map(|n| d.table_row(n).unwrap()).collect()
    }

    fn run(d: &Dataset, condition: &str) -> Dataset {
        filter(condition).run(d, &Control::new(), &mut |_| {}).unwrap()
    }

    #[test]
    fn as_by_brute_force_over_several_parts() {
        let d = data();
        for (condition, wanted) in [
            ("r = 3 and t = 'りんご'", (|i| i % 7 == 3 && i % 10 != 0 && i % 3 == 0) as fn(u64) -> bool),
            ("n >= 131071 and n < 131080", |i| (131_071..131_080).contains(&i)),
            ("not t contains 'ん'", |i| i % 10 != 0 && i % 3 != 0),
            ("t is missing or n % 100000 = 1", |i| i % 10 == 0 || i % 100_000 == 1),
            ("1 = 1", |_| true),
            ("null", |_| false),
            ("n < 0", |_| false),
        ] {
            let found = run(&d, condition);
            let want: Vec<u64> = (0..ROWS).filter(|i| wanted(*i)).collect();
            assert_eq!(rows(&found), want, "{condition}");
            assert!(found.row_count().is_exact());
        }
    }

    #[test]
    fn rows_picked_before_are_narrowed_and_an_order_is_kept() {
        let d = data();
        let ends = run(&d, "n < 10 or n > 199990");
        assert_eq!(rows(&run(&ends, "r = 0")), [0, 7, 199_997 - 199_997 % 7]);
        assert_eq!(rows(&run(&run(&d, "n < 0"), "1 = 1")), [0u64; 0]);
        let order: Vec<u32> = vec![150_000, 3, 70_000, 10, 199_999];
        let ordered = d.with_rows(Rows::Ordered(Arc::new(order)));
        assert_eq!(rows(&run(&ordered, "n % 2 = 0")), [150_000, 70_000, 10]);
    }

    #[test]
    fn a_hidden_column_decides_and_stays_hidden() {
        let d = data().with_columns(&[2]);
        let found = run(&d, "n = 12");
        assert_eq!(rows(&found), [12]);
        assert_eq!(found.schema().len(), 1);
    }

    #[test]
    fn what_is_shown_meanwhile_is_a_beginning_of_the_answer() {
        let d = data();
        let mut shown = Vec::new();
        let all = filter("r = 1").run(&d, &Control::new(), &mut |d| shown.push(rows(&d))).unwrap();
        let all = rows(&all);
        assert!(shown.iter().all(|s| all.starts_with(s)));
        let some = rows(&filter("r = 1").first(&d, 5, &Control::new(), &mut |_| {}).unwrap());
        assert!(some.len() >= 5 && all.starts_with(&some));
    }

    #[test]
    fn stops_when_asked_and_counts_its_rows() {
        let control = Control::new();
        filter("r = 1").run(&data(), &control, &mut |_| {}).unwrap();
        assert_eq!((control.progress().done, control.progress().total), (ROWS, ROWS));
        control.cancel();
        let error = filter("r = 1").run(&data(), &control, &mut |_| {}).err().map(|e| e.kind);
        assert_eq!(error, Some(ErrorKind::Interrupted));
    }

    #[test]
    fn what_is_wrong_is_said_before_anything_is_read() {
        for condition in ["n =", "m = 1", "n = 'x'", "n"] {
            let error = filter(condition).run(&data(), &Control::new(), &mut |_| {}).err();
            assert_eq!(error.map(|e| e.kind), Some(ErrorKind::Usage), "{condition}");
        }
    }

    #[test]
    fn in_words_and_in_a_recipe() {
        assert_eq!(filter("n = 3").words().in_lang(crate::text::Lang::En), "n is 3");
        assert_eq!(filter("n =").words().in_lang(crate::text::Lang::En), "n =");
        let read: Filter = toml::from_str("where = \"n > 1\"").unwrap();
        assert_eq!(read, filter("n > 1"));
        assert!(toml::from_str::<Filter>("where = \"n > 1\"\nwhat = 1").is_err());
    }
}
