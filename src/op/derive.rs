//! A column by an expression, computed as it is read.

use std::sync::Arc;

use polars::prelude::{Column as PlColumn, DataFrame, DataType};
use serde::{Deserialize, Serialize};

use super::columns::{Columns, check_name};
use super::push::Shaping;
use super::{Context, Outcome, eval};
use crate::data::{Dataset, from_polars, kind_of};
use crate::error::{Error, Result};
use crate::sql::expr::{self, Expr};
use crate::text::Msg;

/// Add a column, or put it in the place of the one of its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Derive {
    /// Its name.
    pub column: String,
    /// Its value in each row, in the expression language.
    pub value: String,
}

impl std::str::FromStr for Derive {
    type Err = Error;

    /// Reads `NAME = EXPRESSION`.
    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once('=').filter(|(name, value)| !name.trim().is_empty() && !value.trim().is_empty());
        let Some((name, value)) = parts else {
            return Err(Error::usage(Msg::new("error-derive").with("text", text)).hint(Msg::new("hint-derive")));
        };
        let name = name.trim();
        let unquoted = name.strip_prefix('"').and_then(|n| n.strip_suffix('"')).map(|n| n.replace("\"\"", "\""));
        Ok(Self { column: unquoted.unwrap_or_else(|| name.to_owned()), value: value.trim().to_owned() })
    }
}

impl Derive {
    /// The step in words.
    pub fn words(&self) -> Msg {
        Msg::new("step-derive").with("column", &self.column).with("value", &self.value)
    }

    /// The dataset with the column. Reads no rows.
    pub fn run(&self, dataset: &Dataset, _context: &Context) -> Result<Outcome> {
        check_name(&self.column)?;
        let value = expr::parse(&self.value)?;
        // A hidden column can still be computed with.
        let table = dataset.table();
        let names = value.columns();
        let inputs = names.iter().map(|n| table.schema().require(n)).collect::<Result<Vec<_>>>()?;
        let sample = renamed(table.read(&inputs, 0, 0)?, &names)?;
        let dtype = kept(&computed(&value, &sample)?);
        let kind = kind_of(&dtype);
        let mut columns = Columns::of(dataset);
        let shaping = Shaping::of(dataset)?;
        let note = shaping.and_then(|there| there.derived(&mut columns, &self.column, &value, &dtype));
        let compute = Arc::new(move |frame: &DataFrame| {
            let column = computed(&value, &renamed(frame.clone(), &names)?)?;
            if column.dtype() == &dtype { Ok(column) } else { column.cast(&dtype).map_err(from_polars) }
        });
        let column = Columns::computed(&self.column, kind, inputs, compute);
        match columns.position(&self.column) {
            Some(at) => columns.replace(at, column),
            None => columns.insert(usize::MAX, column),
        }
        Ok(Outcome { notes: note.into_iter().collect(), ..columns.finish()?.into() })
    }
}

fn renamed(mut frame: DataFrame, names: &[String]) -> Result<DataFrame> {
    frame.set_column_names(names).map_err(from_polars)?;
    Ok(frame)
}

fn computed(value: &Expr, frame: &DataFrame) -> Result<PlColumn> {
    eval::value(value, "v", frame)
}

/// The type a computed column is kept in: whole numbers are computed with more room than a table needs.
fn kept(column: &PlColumn) -> DataType {
    match column.dtype() {
        DataType::Int128 | DataType::UInt128 => DataType::Int64,
        DataType::Null => DataType::String,
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Control;
    use crate::value::{Cell, Kind};

    fn data() -> Dataset {
        let price = PlColumn::new("price".into(), [Some(1.5), None, Some(4.0)]);
        let n = PlColumn::new("n".into(), [2i32, 3, 4]);
        let name = PlColumn::new("品名".into(), ["りんご", "みかん", "ぶどう"]);
        Dataset::from_frame(DataFrame::new(3, vec![price, n, name]).unwrap())
    }

    fn run(text: &str, data: &Dataset) -> Result<Dataset> {
        Ok(text.parse::<Derive>()?.run(data, &Context::new(Control::new(), 1 << 20))?.dataset)
    }

    #[test]
    fn a_column_is_added_or_replaced() {
        let out = run("total = price * n", &data()).unwrap();
        assert_eq!(out.schema().columns()[3].kind, Kind::Float);
        let frame = out.window(&[3, 0], 0, 9).unwrap();
        assert_eq!(
            (frame.cell(0, 0), frame.cell(1, 0), frame.cell(2, 0)),
            (Cell::Float(3.0), Cell::Null, Cell::Float(16.0))
        );
        let twice = run("n = n * 2 + 1", &out).unwrap();
        assert_eq!(twice.schema().position("n"), Some(1));
        assert_eq!(twice.window(&[1], 2, 1).unwrap().cell(0, 0), Cell::Int(9));
        // What was computed before is not computed anew with the new values.
        assert_eq!(twice.window(&[3], 2, 1).unwrap().cell(0, 0), Cell::Float(16.0));
        let constant = run("k = 'x'", &data()).unwrap();
        assert_eq!(constant.window(&[3], 0, 9).unwrap().height(), 3);
        assert_eq!(run("\"a b\" = 品名 || '!'", &data()).unwrap().schema().position("a b"), Some(3));
        // Two computations of whole numbers beyond 64 bits are missing, not wrong.
        let big = run("big = 9223372036854775807 * n", &data()).unwrap();
        assert_eq!(big.window(&[3], 0, 1).unwrap().cell(0, 0), Cell::Null);
    }

    #[test]
    fn what_is_wrong_is_said_at_once() {
        for (text, id) in [
            ("x = price +", "error-expression"),
            ("x = prise * 2", "error-column-missing"),
            ("x = 品名 * 2", "error-expression-kind"),
            ("x", "error-derive"),
            (" = 1", "error-derive"),
        ] {
            assert_eq!(run(text, &data()).err().map(|e| e.message.id), Some(id), "{text}");
        }
        let hint = run("x = prise * 2", &data()).err().and_then(|e| e.hint).map(|h| h.to_string());
        assert!(hint.is_some_and(|h| h.contains("price")));
    }
}
