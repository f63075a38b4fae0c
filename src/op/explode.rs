//! Lists into rows: one row for each item.

use polars::prelude::{Column as PlColumn, DataFrame, DataType, ExplodeOptions, ListNameSpaceImpl as _};
use serde::{Deserialize, Serialize};

use super::reshape::{PIECE, reshaped};
use super::{Context, Outcome};
use crate::data::{Dataset, from_polars};
use crate::error::{Error, Result};
use crate::text::Msg;
use crate::value::Kind;

/// Give each item of these lists a row of its own. Lists that stand in one row must be of one length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explode {
    /// The columns of lists.
    pub columns: Vec<String>,
    /// Leave out rows whose list is missing or empty; else they stay, with the item missing.
    #[serde(default)]
    pub drop_empty: bool,
}

impl Explode {
    /// The step in words.
    pub fn words(&self) -> Msg {
        Msg::new("step-explode").with("columns", self.columns.join(", "))
    }

    /// The dataset with a row for each item.
    pub fn run(&self, dataset: &Dataset, context: &Context) -> Result<Outcome> {
        if self.columns.is_empty() {
            return Err(Error::usage(Msg::new("error-no-columns")));
        }
        let mut places = Vec::new();
        for name in &self.columns {
            let at = dataset.schema().require(name)?;
            let kind = &dataset.schema().columns()[at].kind;
            if !matches!(kind, Kind::List(_)) {
                let error = Error::usage(Msg::new("error-not-list").with("name", name).with("kind", kind.word()));
                return Err(match kind {
                    Kind::Struct(_) => error.hint(Msg::new("hint-not-list-struct")),
                    _ => error.hint(Msg::new("hint-not-list")),
                });
            }
            places.push(at);
        }
        let keep = !self.drop_empty;
        let options = ExplodeOptions { empty_as_null: keep, keep_nulls: keep };
        let out = reshaped(dataset, context, |mut frame, give| {
            for at in &places {
                let column = &frame.columns()[*at];
                if let DataType::Array(inner, _) = column.dtype() {
                    let list = column.cast(&DataType::List(inner.clone())).map_err(from_polars)?;
                    frame.replace_column(*at, list).map_err(from_polars)?;
                }
            }
            let lengths = self.lengths(&frame, &places, keep)?;
            let mut start = 0;
            loop {
                let mut end = start;
                let mut made = 0;
                while end < lengths.len() && (made == 0 || made + lengths[end] <= PIECE) {
                    made += lengths[end];
                    end += 1;
                }
                let piece = frame.slice(start as i64, end - start);
                give(piece.explode(&self.columns, options).map_err(from_polars)?)?;
                start = end;
                if start >= lengths.len() {
                    return Ok(());
                }
            }
        })?;
        Ok(out.into())
    }

    /// Rows that each row becomes.
    fn lengths(&self, frame: &DataFrame, places: &[usize], keep: bool) -> Result<Vec<usize>> {
        let of = |column: &PlColumn| -> Result<Vec<usize>> {
            let lists = column.list().map_err(from_polars)?;
            let least = usize::from(keep);
            Ok(lists.lst_lengths().iter().map(|n| (n.unwrap_or(0) as usize).max(least)).collect())
        };
        let first = of(&frame.columns()[places[0]])?;
        for (at, name) in places.iter().zip(&self.columns).skip(1) {
            if of(&frame.columns()[*at])? != first {
                return Err(Error::failed(
                    Msg::new("error-list-lengths").with("one", &self.columns[0]).with("two", name),
                )
                .hint(Msg::new("hint-list-lengths")));
            }
        }
        Ok(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Control;
    use polars::prelude::{NamedFrom, Series};

    fn data() -> Dataset {
        let lists =
            [Some(vec![1i64, 2]), None, Some(vec![]), Some(vec![3])].map(|l| l.map(|v| Series::new("".into(), v)));
        let same =
            [Some(vec!["a", "b"]), None, Some(vec![]), Some(vec!["c"])].map(|l| l.map(|v| Series::new("".into(), v)));
        let other = [vec![1i64], vec![], vec![], vec![3]].map(|v| Some(Series::new("".into(), v)));
        let id = PlColumn::new("id".into(), [10i64, 20, 30, 40]);
        let list = |name: &str, l: &[Option<Series>]| PlColumn::from(Series::new(name.into(), l));
        Dataset::from_frame(
            DataFrame::new(4, vec![id, list("l", &lists), list("s", &same), list("o", &other)]).unwrap(),
        )
    }

    fn run(columns: &[&str], drop_empty: bool) -> Result<Vec<String>> {
        let op = Explode { columns: columns.iter().map(|c| c.to_string()).collect(), drop_empty };
        let out = op.run(&data().with_columns(&[0, 1, 2]), &Context::new(Control::new(), 1 << 20))?.dataset;
        let frame = out.window(&[0, 1, 2], 0, 99)?;
        Ok((0..frame.height())
            .map(|r| (0..2).map(|c| frame.cell(r, c).plain()).collect::<Vec<_>>().join(" "))
            .collect())
    }

    #[test]
    fn a_row_for_each_item() {
        assert_eq!(run(&["l"], false).unwrap(), ["10 1", "10 2", "20 ", "30 ", "40 3"]);
        assert_eq!(run(&["l"], true).unwrap(), ["10 1", "10 2", "40 3"]);
        assert_eq!(run(&["l", "s"], false).unwrap().len(), 5);
    }

    #[test]
    fn what_is_no_list_is_said() {
        let context = Context::new(Control::new(), 1 << 20);
        let run = |columns: &[&str]| {
            let op = Explode { columns: columns.iter().map(|c| c.to_string()).collect(), drop_empty: false };
            op.run(&data(), &context).err().map(|e| e.message.id)
        };
        assert_eq!(run(&["id"]), Some("error-not-list"));
        assert_eq!(run(&["l", "o"]), Some("error-list-lengths"));
        assert_eq!(run(&[]), Some("error-no-columns"));
    }
}
