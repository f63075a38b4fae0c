//! Join another table by equal keys. One side is kept in memory, found by the number of its key; the other passes by and
//! is never held. Rows without a key meet none, as in SQL.

mod held;
pub mod preview;
pub mod suggest;
#[cfg(test)]
mod tests;

use polars::prelude::{Column as PlColumn, DataFrame, DataType, IdxCa, IdxSize};
use serde::{Deserialize, Serialize};

use super::columns::{all_places, free_name, no_rows};
use super::keys::{common_type, in_type, keys};
use super::other::Other;
use super::reshape::PIECE;
use super::{Context, Outcome};
use crate::data::{Collector, Dataset, Flow, Rows, from_polars, kind_of};
use crate::error::{Error, Result};
use crate::text::{Msg, number};
use held::Held;

/// Which rows a join gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Every row of this table, with what it meets.
    #[default]
    Left,
    /// Rows that meet one.
    Inner,
    /// Every row of both tables.
    Outer,
    /// Rows of this table that meet none; no column is added.
    Anti,
    /// Rows of this table that meet one, each once; no column is added.
    Semi,
}

impl How {
    /// Every way.
    pub const ALL: [How; 5] = [How::Left, How::Inner, How::Outer, How::Anti, How::Semi];

    /// Its name in recipes and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Inner => "inner",
            Self::Outer => "outer",
            Self::Anti => "anti",
            Self::Semi => "semi",
        }
    }

    /// The words for it, for people.
    pub fn word(self) -> Msg {
        Msg::new(match self {
            Self::Left => "join-left",
            Self::Inner => "join-inner",
            Self::Outer => "join-outer",
            Self::Anti => "join-anti",
            Self::Semi => "join-semi",
        })
    }

    /// The way of a name, or an error that lists the names.
    pub fn parse(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|h| h.name() == text.trim().to_lowercase());
        found.ok_or_else(|| {
            Error::usage(Msg::new("error-join-how").with("name", text))
                .hint(Msg::new("hint-one-of").with("names", Self::ALL.map(Self::name).join(", ")))
        })
    }

    fn adds_columns(self) -> bool {
        !matches!(self, Self::Anti | Self::Semi)
    }
}

/// A column of each table that must be equal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The column of this table.
    pub left: String,
    /// The column of the other.
    pub right: String,
}

impl std::str::FromStr for Pair {
    type Err = Error;

    /// Reads `COLUMN` or `COLUMN=OTHER`.
    fn from_str(text: &str) -> Result<Self> {
        let (left, right) = text.split_once('=').unwrap_or((text, text));
        let (left, right) = (left.trim().to_owned(), right.trim().to_owned());
        match left.is_empty() || right.is_empty() {
            true => Err(Error::usage(Msg::new("error-join-key").with("text", text)).hint(Msg::new("hint-join-key"))),
            false => Ok(Self { left, right }),
        }
    }
}

impl std::fmt::Display for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.left == self.right { f.write_str(&self.left) } else { write!(f, "{}={}", self.left, self.right) }
    }
}

/// Reads `KEY` or `KEY,KEY…`, each as [`Pair`] has it.
pub fn pairs(text: &str) -> Result<Vec<Pair>> {
    text.split(',').filter(|t| !t.trim().is_empty()).map(str::parse).collect()
}

fn suffix() -> String {
    "_2".to_owned()
}

/// Add the columns of another table where keys are equal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// The other table.
    pub with: Other,
    /// The keys; none for the ones that [`suggest`] finds.
    #[serde(default)]
    pub on: Vec<Pair>,
    /// Which rows are given.
    #[serde(default)]
    pub how: How,
    /// What a column of the other table gets after its name where this one has a column of that name.
    #[serde(default = "suffix")]
    pub suffix: String,
}

/// Both tables, their keys, and the types in which these are compared.
pub(in crate::op) struct Sides {
    pub left: Dataset,
    pub right: Dataset,
    pub left_keys: Vec<usize>,
    pub right_keys: Vec<usize>,
    pub types: Vec<DataType>,
}

impl Sides {
    pub(in crate::op) fn new(left: Dataset, right: Dataset, on: &[Pair]) -> Result<Self> {
        let left_keys = on.iter().map(|p| left.schema().require(&p.left)).collect::<Result<Vec<_>>>()?;
        let right_keys = on.iter().map(|p| right.schema().require(&p.right)).collect::<Result<Vec<_>>>()?;
        let (l, r) = (no_rows(&left)?, no_rows(&right)?);
        let mut types = Vec::new();
        for ((a, b), pair) in left_keys.iter().zip(&right_keys).zip(on) {
            let (a, b) = (l.columns()[*a].dtype(), r.columns()[*b].dtype());
            let Some(dtype) = common_type(a, b) else {
                return Err(Error::usage(
                    Msg::new("error-join-kinds")
                        .with("left", &pair.left)
                        .with("kind", kind_of(a).word())
                        .with("right", &pair.right)
                        .with("other", kind_of(b).word()),
                )
                .hint(Msg::new("hint-join-kinds")));
            };
            types.push(dtype);
        }
        if types.is_empty() {
            return Err(Error::usage(Msg::new("error-join-no-key")).hint(Msg::new("hint-join-key")));
        }
        Ok(Self { left, right, left_keys, right_keys, types })
    }

    /// The numbers of the keys of rows; columns at `at`.
    pub(in crate::op) fn numbers(&self, frame: &DataFrame, at: &[usize]) -> Result<Vec<Option<u128>>> {
        let columns = at
            .iter()
            .zip(&self.types)
            .map(|(i, dtype)| in_type(&frame.columns()[*i], dtype))
            .collect::<Result<Vec<PlColumn>>>()?;
        keys(&columns, false)
    }
}

/// Rows of one side and of the other, put together.
type Met = (Vec<Option<IdxSize>>, Vec<Option<IdxSize>>);

impl Join {
    /// With what is usual.
    pub fn new(with: Other, on: Vec<Pair>, how: How) -> Self {
        Self { with, on, how, suffix: suffix() }
    }

    /// The step in words.
    pub fn words(&self) -> Msg {
        let on: Vec<String> = self.on.iter().map(Pair::to_string).collect();
        match on.is_empty() {
            true => Msg::new("step-join-guess").with("table", &self.with.table),
            false => Msg::new("step-join").with("table", &self.with.table).with("keys", on.join(", ")),
        }
    }

    /// The joined table. One of the two must fit into half the memory allowed.
    pub fn run(&self, dataset: &Dataset, context: &Context) -> Result<Outcome> {
        let (right, mut notes) = self.with.open(context)?;
        let on = match self.on.is_empty() {
            false => self.on.clone(),
            true => {
                let found = suggest::suggest(dataset, &right, &context.control)?;
                let Some(best) = found.into_iter().next() else {
                    return Err(Error::usage(Msg::new("error-join-no-guess")).hint(Msg::new("hint-join-key")));
                };
                notes.push(Msg::new("note-join-guess").with("key", best.pair.to_string()));
                vec![best.pair]
            }
        };
        let right = match self.how.adds_columns() {
            true => right,
            false => keys_only(&right, &on)?,
        };
        let sides = Sides::new(dataset.clone(), right, &on)?;
        let budget = context.memory / 2;
        let size = |data: &Dataset| -> Result<u64> {
            Ok(data.count(&context.control)?.saturating_mul(data.row_bytes(&all_places(data))? + Held::PER_ROW))
        };
        let (left_size, right_size) = (size(&sides.left)?, size(&sides.right)?);
        let plan = Plan::new(self, &sides)?;
        let mut collector = Collector::new(&plan.empty, context.memory / 4);
        if right_size <= budget {
            self.keep_right(&sides, &plan, context, &mut collector)?;
        } else if left_size <= budget {
            self.keep_left(&sides, &plan, context, &mut collector)?;
            if self.how.adds_columns() {
                notes.push(Msg::new("note-join-order"));
            }
        } else {
            return Err(Error::refused(
                Msg::new("error-join-memory")
                    .with("size", number::bytes(left_size.min(right_size)))
                    .with("limit", number::bytes(budget)),
            )
            .hint(Msg::new("hint-join-memory")));
        }
        context.control.check()?;
        Ok(Outcome { notes, ..collector.finish()?.into() })
    }

    /// The other table in memory, this one passing by in its order.
    fn keep_right(&self, sides: &Sides, plan: &Plan, context: &Context, out: &mut Collector) -> Result<()> {
        let held = Held::read(&sides.right, |f| sides.numbers(f, &sides.right_keys), context)?;
        let how = self.how;
        let work = |frame: DataFrame| -> Result<(DataFrame, Met)> {
            let numbers = sides.numbers(&frame, &sides.left_keys)?;
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for (i, key) in numbers.iter().enumerate() {
                let mut any = false;
                for row in key.iter().flat_map(|k| held.find(*k)) {
                    any = true;
                    if how == How::Outer {
                        held.mark(row);
                    }
                    if !how.adds_columns() {
                        break;
                    }
                    ours.push(Some(i as IdxSize));
                    theirs.push(Some(row));
                }
                let alone = match how {
                    How::Left | How::Outer | How::Anti => !any,
                    How::Semi => any,
                    How::Inner => false,
                };
                if alone {
                    ours.push(Some(i as IdxSize));
                    theirs.push(None);
                }
            }
            Ok((frame, (ours, theirs)))
        };
        passing(&sides.left, context, work, |(frame, met)| plan.give(&frame, &held.rows, &met, out))?;
        if how == How::Outer {
            let rest = held.unmarked();
            let met = (vec![None; rest.len()], rest);
            plan.give(&no_rows(&sides.left)?, &held.rows, &met, out)?;
        }
        Ok(())
    }

    /// This table in memory, the other one passing by: for an other table that is too large to be kept.
    fn keep_left(&self, sides: &Sides, plan: &Plan, context: &Context, out: &mut Collector) -> Result<()> {
        let held = Held::read(&sides.left, |f| sides.numbers(f, &sides.left_keys), context)?;
        let how = self.how;
        let work = |frame: DataFrame| -> Result<(DataFrame, Met)> {
            let numbers = sides.numbers(&frame, &sides.right_keys)?;
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for (i, key) in numbers.iter().enumerate() {
                let mut any = false;
                for row in key.iter().flat_map(|k| held.find(*k)) {
                    any = true;
                    held.mark(row);
                    if how.adds_columns() {
                        ours.push(Some(row));
                        theirs.push(Some(i as IdxSize));
                    }
                }
                if how == How::Outer && !any {
                    ours.push(None);
                    theirs.push(Some(i as IdxSize));
                }
            }
            Ok((frame, (ours, theirs)))
        };
        passing(&sides.right, context, work, |(frame, met)| plan.give(&held.rows, &frame, &met, out))?;
        let rest = match how {
            How::Left | How::Outer | How::Anti => held.unmarked(),
            How::Semi => held.marked(),
            How::Inner => Vec::new(),
        };
        let met = (rest.clone(), vec![None; rest.len()]);
        plan.give(&held.rows, &no_rows(&sides.right)?, &met, out)
    }
}

/// The columns that are keys, and no other.
fn keys_only(data: &Dataset, on: &[Pair]) -> Result<Dataset> {
    let mut places = on.iter().map(|p| data.schema().require(&p.right)).collect::<Result<Vec<_>>>()?;
    places.sort_unstable();
    places.dedup();
    Ok(data.with_columns(&places))
}

/// Every row of a table in the order it is shown, worked on by all cores where that order is the table's own.
fn passing<T: Send>(
    data: &Dataset,
    context: &Context,
    work: impl Fn(DataFrame) -> Result<T> + Sync,
    mut sink: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let places = all_places(data);
    match data.rows() {
        Rows::Ordered(_) => data.stream(&places, context.memory / 8, &context.control, |f| {
            sink(work(f)?)?;
            Ok(Flow::Continue)
        }),
        _ => data.scan(&places, &context.control, work, |item| {
            sink(item)?;
            Ok(Flow::Continue)
        }),
    }
}

/// The columns of the result and where they come from.
struct Plan {
    /// No rows of it.
    empty: DataFrame,
    /// For an outer join: the key of the other table that stands in for a key of this one, and the type of both.
    stand_in: Vec<Option<(usize, DataType)>>,
    /// Columns of the other table, and their names in the result.
    added: Vec<(usize, String)>,
}

impl Plan {
    fn new(join: &Join, sides: &Sides) -> Result<Self> {
        let (l, r) = (no_rows(&sides.left)?, no_rows(&sides.right)?);
        let mut stand_in = vec![None; l.width()];
        if join.how == How::Outer {
            for ((left, right), dtype) in sides.left_keys.iter().zip(&sides.right_keys).zip(&sides.types) {
                stand_in[*left] = Some((*right, dtype.clone()));
            }
        }
        let mut names: Vec<String> = l.columns().iter().map(|c| c.name().to_string()).collect();
        let mut added = Vec::new();
        if join.how.adds_columns() {
            for (i, column) in r.columns().iter().enumerate() {
                if sides.right_keys.contains(&i) {
                    continue;
                }
                let taken = |n: &str| names.iter().any(|m| m == n);
                let wanted = match taken(column.name()) {
                    true => format!("{}{}", column.name(), join.suffix),
                    false => column.name().to_string(),
                };
                let name = free_name(&wanted, taken);
                names.push(name.clone());
                added.push((i, name));
            }
        }
        let mut plan = Self { empty: DataFrame::empty(), stand_in, added };
        plan.empty = plan.put_together(&l, &r, &[], &[])?;
        Ok(plan)
    }

    fn put_together(
        &self,
        left: &DataFrame,
        right: &DataFrame,
        ours: &[Option<IdxSize>],
        theirs: &[Option<IdxSize>],
    ) -> Result<DataFrame> {
        let (ours, theirs) = (IdxCa::from_iter(ours.iter().copied()), IdxCa::from_iter(theirs.iter().copied()));
        let mut columns = Vec::with_capacity(left.width() + self.added.len());
        for (column, stand_in) in left.columns().iter().zip(&self.stand_in) {
            let mut made = column.take(&ours).map_err(from_polars)?;
            if let Some((key, dtype)) = stand_in {
                let other = in_type(&right.columns()[*key], dtype)?.take(&theirs).map_err(from_polars)?;
                made = in_type(&made, dtype)?;
                if made.null_count() > 0 {
                    let there = made.is_not_null();
                    made = made.zip_with(&there, &other).map_err(from_polars)?;
                }
            }
            columns.push(made);
        }
        for (i, name) in &self.added {
            columns.push(right.columns()[*i].take(&theirs).map_err(from_polars)?.with_name(name.as_str().into()));
        }
        DataFrame::new(ours.len(), columns).map_err(from_polars)
    }

    fn give(&self, left: &DataFrame, right: &DataFrame, met: &Met, out: &mut Collector) -> Result<()> {
        for (ours, theirs) in met.0.chunks(PIECE).zip(met.1.chunks(PIECE)) {
            out.push(self.put_together(left, right, ours, theirs)?)?;
        }
        Ok(())
    }
}
