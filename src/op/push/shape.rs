//! Columns that an engine elsewhere can compute: a step that adds or changes columns takes no rows from where they are, and
//! the steps after it are carried out there as if the columns were of its tables.

use polars::prelude::DataType;

use super::ask::Stop;
use super::condition::Translation;
use super::number::Value;
use super::reading;
use crate::data::{Control, Dataset, Place};
use crate::error::Result;
use crate::op::columns::Columns;
use crate::op::convert::Target;
use crate::op::eval::calendar::Unit;
use crate::sql::expr::Expr;
use crate::sql::{Term, text};
use crate::text::Msg;

/// The library's types of the columns in view.
pub(super) fn types(dataset: &Dataset) -> Result<Vec<DataType>> {
    let places: Vec<usize> = (0..dataset.schema().len()).collect();
    Ok(dataset.window(&places, 0, 0)?.inner().columns().iter().map(|c| c.dtype().clone()).collect())
}

/// The columns of a dataset whose rows are elsewhere, to compute others from.
pub struct Shaping {
    place: Place,
    all: Dataset,
    types: Vec<DataType>,
}

impl Shaping {
    /// Of a dataset whose rows are elsewhere; None where they are here.
    pub fn of(dataset: &Dataset) -> Result<Option<Self>> {
        let Some(place) = dataset.place() else { return Ok(None) };
        let all = dataset.with_all_columns();
        Ok(Some(Self { types: types(&all)?, place, all }))
    }

    fn translation(&self) -> Translation<'_> {
        Translation { schema: self.all.schema(), types: Some(&self.types) }
    }

    /// A column's value over there, see [`super::ask::held`]; None where it is of a type that is not computed with there.
    pub fn column(&self, name: &str) -> Option<Term> {
        self.translation().column_value(name).map(|value| value.term)
    }

    /// Makes the column that an expression gives one of those there, too; else a word on why it is none.
    pub fn derived(&self, columns: &mut Columns, name: &str, value: &Expr, dtype: &DataType) -> Option<Msg> {
        let tried = self.translation().value(value);
        self.add(columns, name, tried, dtype, || Msg::new("push-no-expression").with("text", value.to_string()))
    }

    /// As [`Shaping::derived`], of a column made into another kind.
    pub fn cast(&self, columns: &mut Columns, name: &str, to: Target, dtype: &DataType) -> Option<Msg> {
        let no = || Msg::new("push-no-cast").with("column", name).with("kind", to.word());
        let tried = self.translation().cast(name, to).ok_or_else(no);
        self.add(columns, name, tried, dtype, no)
    }

    /// How many texts of a column have no counterpart of another kind, with one of them, where all are read over there as
    /// they are here; the column is then made there, too. None where they have to be read here.
    pub fn read(
        &self,
        columns: &mut Columns,
        name: &str,
        to: Target,
        dtype: &DataType,
        control: &Control,
    ) -> Result<Option<(u64, Option<String>)>> {
        let lost = match reading::lost(&self.place, name, to, control) {
            Ok(lost) => lost,
            Err(Stop::Not(_)) => None,
            Err(Stop::Error(error)) => return Err(error),
        };
        let no = || Msg::new("push-no-cast").with("column", name).with("kind", to.word());
        let is_made =
            lost.is_some() && self.add(columns, name, reading::read(name, to).ok_or_else(no), dtype, no).is_none();
        Ok(lost.filter(|_| is_made))
    }

    /// As [`Shaping::derived`], of the beginnings of the spans that the moments of a column lie in.
    pub fn bucket(
        &self,
        columns: &mut Columns,
        name: &str,
        (column, every, zone): (&str, Unit, Option<&str>),
        dtype: &DataType,
    ) -> Option<Msg> {
        let no = || Msg::new("push-no-expression").with("text", column);
        let tried = self.translation().truncated(every, &Expr::Column(column.to_owned()), zone).ok_or_else(no);
        self.add(columns, name, tried, dtype, no)
    }

    fn add(
        &self,
        columns: &mut Columns,
        name: &str,
        tried: std::result::Result<Value, Msg>,
        dtype: &DataType,
        no: impl Fn() -> Msg,
    ) -> Option<Msg> {
        let term = tried.and_then(|value| value.typed(dtype).ok_or_else(no));
        match term.and_then(|term| text::term(&term, self.place.remote.dialect()).map(|_| term)) {
            Ok(term) => {
                columns.also_there(name, term, dtype.clone());
                None
            }
            Err(why) => {
                let place = self.place.remote.name();
                Some(Msg::new("push-not-column").with("column", name).with("place", place).with("why", why))
            }
        }
    }
}
