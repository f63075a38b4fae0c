//! A column of some rows in the form its storage gives for the least work: values, or places in a list of them.
//!
//! For passes that ask of every row only whether its value is the same as another's. What a value is, a list says once.

use polars::prelude::{BooleanChunked, Column as PlColumn, IdxCa, Series};
use polars_buffer::Buffer;

use super::scan::from_polars;
use crate::error::Result;

/// A column of some rows.
#[derive(Clone)]
pub enum Stretch {
    /// Its values.
    Values(Series),
    /// For each row the place of its value in a list.
    Listed(Listed),
}

/// Places in a list of values. A missing value is a place like any other; the list may hold values no row has.
#[derive(Clone)]
pub struct Listed {
    codes: Buffer<u32>,
    values: Series,
}

impl Listed {
    /// Every code must be a place in `values`.
    pub(super) fn new(codes: Buffer<u32>, values: Series) -> Self {
        Self { codes, values }
    }

    /// The list without what no row has, and each row's place in it.
    pub fn compact(&self) -> Result<(Vec<u32>, Series)> {
        const UNSEEN: u32 = u32::MAX;
        let mut places = vec![UNSEEN; self.values.len()];
        for code in self.codes.as_slice() {
            places[*code as usize] = 0;
        }
        if places.iter().all(|p| *p == 0) {
            return Ok((self.codes.as_slice().to_vec(), self.values.clone()));
        }
        let used: Vec<u32> = (0..places.len() as u32).filter(|i| places[*i as usize] == 0).collect();
        for (place, code) in used.iter().enumerate() {
            places[*code as usize] = place as u32;
        }
        let values = self.values.take(&IdxCa::from_vec("".into(), used)).map_err(from_polars)?;
        Ok((self.codes.as_slice().iter().map(|code| places[*code as usize]).collect(), values))
    }
}

impl Stretch {
    /// How many rows there are.
    pub fn height(&self) -> usize {
        match self {
            Self::Values(series) => series.len(),
            Self::Listed(listed) => listed.codes.len(),
        }
    }

    /// The values, one for each row.
    pub fn values(&self) -> Result<Series> {
        match self {
            Self::Values(series) => Ok(series.clone()),
            Self::Listed(listed) => {
                let rows = IdxCa::from_vec("".into(), listed.codes.as_slice().to_vec());
                listed.values.take(&rows).map_err(from_polars)
            }
        }
    }

    /// The rows for which `mask` is true.
    pub fn filter(&self, mask: &BooleanChunked) -> Result<Self> {
        Ok(match self {
            Self::Values(series) => Self::Values(series.filter(mask).map_err(from_polars)?),
            Self::Listed(Listed { codes, values }) => {
                let kept = codes.as_slice().iter().zip(mask.iter()).filter(|(_, keep)| *keep == Some(true));
                let codes: Vec<u32> = kept.map(|(code, _)| *code).collect();
                Self::Listed(Listed { codes: codes.into(), values: values.clone() })
            }
        })
    }
}

impl From<PlColumn> for Stretch {
    fn from(column: PlColumn) -> Self {
        Self::Values(column.take_materialized_series())
    }
}
