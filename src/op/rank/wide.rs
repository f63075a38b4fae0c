//! Groups of two dimensions: which row and which column of a wide table each group is in.

use std::collections::HashMap;

use polars::prelude::{IdxCa, IdxSize, Series, SortOptions};

use super::keys::Groups;
use crate::data::{Stretch, from_polars};
use crate::error::Result;

/// The groups by all columns but the last, and by the last alone.
pub struct Crossed {
    /// The row of each group.
    pub row_of: Vec<u32>,
    /// The rows; nothing in it where no column makes them, and there is one row.
    pub rows: Groups,
    /// The column of each group.
    pub column_of: Vec<u32>,
    /// The columns.
    pub columns: Groups,
}

impl Crossed {
    /// Takes groups apart whose column `last` is the last. Rows and columns are numbered in the order of the groups.
    pub fn of(groups: &Groups, last: usize) -> Result<Self> {
        let (row_of, rows) = regrouped(groups, &(0..last).collect::<Vec<_>>())?;
        let (column_of, columns) = regrouped(groups, &[last])?;
        Ok(Self { row_of, rows, column_of, columns })
    }

    /// The place of each column in the order of the values, missing last.
    pub fn places(&self) -> Result<Vec<u32>> {
        let values = self.columns.column(0, "v", (0..self.columns.len() as u32).map(Some))?;
        let sorted = values.arg_sort(SortOptions::default().with_nulls_last(true).with_maintain_order(true));
        let mut place = vec![0u32; values.len()];
        sorted.into_no_null_iter().enumerate().for_each(|(i, v)| place[v as usize] = i as u32);
        Ok(place)
    }

    /// The figures of the groups as the cells of these rows and columns: one series for each column, missing where there is
    /// no such group.
    pub fn cells(&self, figures: &Series, rows: &[u32], columns: &[u32]) -> Result<Vec<Series>> {
        let mut group = HashMap::with_capacity(self.row_of.len());
        for (g, cell) in self.row_of.iter().zip(&self.column_of).enumerate() {
            group.insert(cell, g as IdxSize);
        }
        let column = |column: &u32| -> Result<Series> {
            let picks: IdxCa = rows.iter().map(|row| group.get(&(row, column)).copied()).collect();
            figures.take(&picks).map_err(from_polars)
        };
        columns.iter().map(column).collect()
    }
}

/// The groups by some of the columns only: for each combination its number among them, and they.
fn regrouped(groups: &Groups, columns: &[usize]) -> Result<(Vec<u32>, Groups)> {
    if columns.is_empty() {
        return Ok((vec![0; groups.len()], Groups::new(&[])));
    }
    let all = || (0..groups.len() as u32).map(Some);
    let values = columns.iter().map(|c| groups.column(*c, "g", all())).collect::<Result<Vec<_>>>()?;
    let types: Vec<_> = values.iter().map(|s| s.dtype().clone()).collect();
    let values: Vec<Stretch> = values.into_iter().map(Stretch::Values).collect();
    let (fewer, codes) = Groups::of(&types, &values.iter().collect::<Vec<_>>())?;
    Ok((codes, fewer))
}
