//! A table that is already in memory: small files, results, anything computed.

use polars::prelude::{DataFrame, IdxCa, IdxSize};

use super::control::Control;
use super::frame::schema_of;
use super::scan::from_polars;
use super::table::{Part, RowCount, Table};
use crate::error::Result;
use crate::value::Schema;

/// Rows read by one worker in one go.
const PART: usize = 65_536;

/// A table held in memory.
pub struct MemoryTable {
    frame: DataFrame,
    schema: Schema,
}

impl MemoryTable {
    /// Keeps `frame`.
    pub fn new(frame: DataFrame) -> Self {
        Self { schema: schema_of(&frame), frame }
    }

    fn columns(&self, columns: &[usize]) -> Result<DataFrame> {
        let chosen = columns.iter().filter_map(|i| self.frame.columns().get(*i).cloned()).collect();
        DataFrame::new(self.frame.height(), chosen).map_err(from_polars)
    }
}

impl Table for MemoryTable {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> RowCount {
        RowCount::Exact(self.frame.height() as u64)
    }

    fn read(&self, columns: &[usize], start: u64, len: usize) -> Result<DataFrame> {
        let start = start.min(self.frame.height() as u64);
        Ok(self.columns(columns)?.slice(start as i64, len))
    }

    fn parts(&self, _control: &Control) -> Result<Vec<Part>> {
        let height = self.frame.height();
        Ok((0..height).step_by(PART).map(|s| Part { start: s as u64, len: PART.min(height - s) }).collect())
    }

    fn gather(&self, columns: &[usize], rows: &[u64]) -> Result<DataFrame> {
        let picks = IdxCa::from_vec("".into(), rows.iter().map(|r| *r as IdxSize).collect());
        self.columns(columns)?.take(&picks).map_err(from_polars)
    }
}

/// Memory that can still be used without pushing others out, in bytes; respects a cgroup's limit. A cautious 1 GB where
/// the system does not tell.
pub fn free_memory() -> u64 {
    const UNKNOWN: u64 = 1 << 30;
    let free = std::fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|l| l.starts_with("MemAvailable:"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .map_or(UNKNOWN, |kb| kb * 1024);
    let number = |path: &str| std::fs::read_to_string(path).ok().and_then(|t| t.trim().parse::<u64>().ok());
    let group = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let v2 = group.lines().find_map(|l| l.strip_prefix("0::")).unwrap_or("/");
    let limits = [
        (format!("/sys/fs/cgroup{v2}/memory.max"), format!("/sys/fs/cgroup{v2}/memory.current")),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes".into(), "/sys/fs/cgroup/memory/memory.usage_in_bytes".into()),
    ];
    limits
        .iter()
        .filter_map(|(limit, used)| Some(number(limit)?.saturating_sub(number(used).unwrap_or(0))))
        .fold(free, u64::min)
}
