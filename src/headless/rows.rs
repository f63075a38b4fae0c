//! From a locator to the rows that were asked for: open, where, sample, sort, columns.

use std::io::IsTerminal as _;
use std::sync::Arc;

use crate::data::{Dataset, PickedBuilder, Rows};
use crate::engine::Locator;
use crate::error::{Error, Result};
use crate::op::Step;
use crate::op::filter::Filter;
use crate::op::limit::Limit;
use crate::op::sample::Sample;
use crate::op::select::Select;
use crate::op::sort::Sort;
use crate::output::Sampled;
use crate::source::OpenOptions;
use crate::sql::expr;
use crate::text::{Msg, number};

use super::run::Run;

/// Rows up to which a plain beginning of a large table is given without looking at the rest of it.
const HEAD: u64 = 10_000;
/// Bytes from which on a table counts as large: what is smaller is read whole in a moment, and all that is wrong with it said.
const LARGE: u64 = 16 << 20;

/// Which rows are asked for, and in which order.
pub struct Choice {
    filter: Option<Filter>,
    sample: Option<Sample>,
    sort: Option<Sort>,
}

impl Choice {
    /// Whether all rows are asked for, as they come.
    fn is_plain(&self) -> bool {
        self.filter.is_none() && self.sample.is_none() && self.sort.is_none()
    }
}

impl Run<'_> {
    /// Opens the table and picks the rows asked for. `limit` is the number of rows that will be written at most: with
    /// it, the search for rows ends early where that makes no difference.
    pub fn rows(&self, limit: Option<u64>) -> Result<Dataset> {
        self.control().check()?;
        let _progress = self.progress(false);
        let choice = self.choice()?;
        let mut dataset = self.open()?;
        if !(choice.is_plain() && limit.is_some_and(|n| n <= HEAD) && self.is_large()?) {
            dataset = self.settled(dataset)?;
        }
        self.choose(dataset, choice, limit)
    }

    /// As [`Run::rows`], of a command that takes its own sample.
    pub fn rows_unsampled(&self) -> Result<Dataset> {
        self.control().check()?;
        let _progress = self.progress(false);
        let choice = Choice { filter: self.filter()?, sample: None, sort: self.sort()? };
        let dataset = self.settled(self.open()?)?;
        self.choose(dataset, choice, None)
    }

    /// What the flags about rows and columns ask for.
    pub fn choice(&self) -> Result<Choice> {
        Ok(Choice { filter: self.filter()?, sample: self.sample()?, sort: self.sort()? })
    }

    /// Picks the rows and columns asked for.
    pub fn choose(&self, mut dataset: Dataset, choice: Choice, limit: Option<u64>) -> Result<Dataset> {
        let Choice { filter, sample, sort } = choice;
        let ignore = &mut |_| {};
        if let Some(filter) = filter {
            dataset = match limit {
                _ if dataset.place().is_some() => self.stepped(&dataset, Step::Filter(filter))?,
                Some(limit) if sample.is_none() && sort.is_none() => {
                    filter.first(&dataset, limit.saturating_add(1), self.control(), ignore)?
                }
                _ => filter.run(&dataset, self.control(), ignore)?,
            };
        }
        if let Some(sample) = sample {
            let of = dataset.count(self.control())?;
            let (rows, seed) = (sample.rows, sample.seed);
            dataset = self.stepped(&dataset, Step::Sample(sample))?;
            if rows < of {
                self.sampled.set(Some(Sampled { rows, of, seed }));
            }
        }
        if let Some(sort) = sort {
            dataset = self.stepped(&dataset, Step::Sort(sort))?;
        }
        let columns = self.values.list("columns");
        if self.values.has("columns") {
            dataset = Select { columns }.run(&dataset)?;
        }
        self.control().check()?;
        Ok(dataset)
    }

    /// Carries out a step and says what it has to say.
    fn stepped(&self, dataset: &Dataset, step: Step) -> Result<Dataset> {
        let outcome = step.run(dataset, &self.context, &mut |_| {})?;
        self.notices(&outcome.notes);
        Ok(outcome.dataset)
    }

    /// Opens the table as it is.
    pub fn open(&self) -> Result<Dataset> {
        let locator = self.settings.sources.parse(self.values.text("locator").unwrap_or_default());
        self.open_at(&locator, &self.values.open_options()?)
    }

    /// Opens a table that need not be the one named by a flag.
    pub fn open_at(&self, locator: &Locator, options: &OpenOptions) -> Result<Dataset> {
        let stdin = locator.connection.is_none() && locator.path == "-";
        if stdin && self.values.has("no-input") && std::io::stdin().is_terminal() {
            return Err(Error::usage(Msg::new("cli-no-input")).hint(Msg::new("cli-hint-no-input")));
        }
        self.check_size(locator)?;
        let opened = self.settings.sources.open(locator, options, self.control())?;
        if self.settings.verbose {
            self.notices(&opened.facts);
            self.notices(&opened.dataset.table().facts());
        }
        self.notices(&opened.notices);
        self.reread(opened.dataset)
    }

    fn is_large(&self) -> Result<bool> {
        let locator = self.settings.sources.parse(self.values.text("locator").unwrap_or_default());
        Ok(self.settings.sources.size(&locator, self.control())?.is_none_or(|size| size >= LARGE))
    }

    /// The same data as it reads when all of it has been looked at.
    pub fn settled(&self, dataset: Dataset) -> Result<Dataset> {
        Ok(match dataset.table().settle(self.control())? {
            Some(table) => {
                // Of its columns the other reading knows better.
                self.notices(&dataset.table().notices_about(&[]));
                Dataset::new(table)
            }
            None => dataset,
        })
    }

    /// Refuses what is larger than was allowed.
    fn check_size(&self, locator: &Locator) -> Result<()> {
        let Some(allowed) = self.values.size("max-bytes") else { return Ok(()) };
        match self.settings.sources.size(locator, self.control())? {
            Some(size) if size > allowed => {
                let message = Msg::new("cli-too-large")
                    .with("path", locator.to_string())
                    .with("size", number::bytes(size))
                    .with("allowed", number::bytes(allowed));
                Err(Error::refused(message).hint(Msg::new("cli-hint-max-bytes")))
            }
            _ => Ok(()),
        }
    }

    /// All conditions together. Each must stand on its own, so that two of them cannot join into something else.
    pub(super) fn filter(&self) -> Result<Option<Filter>> {
        let conditions = self.values.all("where");
        for condition in conditions {
            expr::parse(condition)?;
        }
        Ok(match conditions {
            [] => None,
            [one] => Some(Filter { condition: one.clone() }),
            all => Some(Filter { condition: all.iter().map(|c| format!("({c})")).collect::<Vec<_>>().join(" and ") }),
        })
    }

    fn sample(&self) -> Result<Option<Sample>> {
        let Some(rows) = self.values.count("sample")? else {
            return match self.values.has("seed") && !self.values.has("bootstrap") {
                true => Err(Error::usage(Msg::new("cli-seed-alone"))),
                false => Ok(None),
            };
        };
        Ok(Some(Sample { rows, seed: self.values.count("seed")?.unwrap_or(0) }))
    }

    fn sort(&self) -> Result<Option<Sort>> {
        let by = self.values.list("sort").iter().map(|k| k.parse()).collect::<Result<Vec<_>>>()?;
        Ok((!by.is_empty()).then_some(Sort { by }))
    }

    /// The first rows of a dataset, as a dataset.
    pub fn head(&self, dataset: Dataset, limit: Option<u64>) -> Result<Dataset> {
        const BLOCK: u64 = 1 << 16;
        let Some(limit) = limit else { return Ok(dataset) };
        if dataset.place().is_some() {
            return self.stepped(&dataset, Step::Limit(Limit { rows: limit }));
        }
        let count = dataset.count(self.control())?;
        if count <= limit {
            return Ok(dataset);
        }
        if let Rows::Ordered(order) = dataset.rows() {
            let first = order.iter().take(usize::try_from(limit).unwrap_or(usize::MAX)).copied().collect();
            return Ok(dataset.with_rows(Rows::Ordered(Arc::new(first))));
        }
        let end = match limit.checked_sub(1).and_then(|last| dataset.table_row(last)) {
            Some(last) => last + 1,
            None => 0,
        };
        let mut builder = PickedBuilder::new();
        for start in (0..end).step_by(BLOCK as usize) {
            let len = BLOCK.min(end - start);
            let kept = |row| match dataset.rows() {
                Rows::Picked(p) => p.contains(row),
                _ => true,
            };
            builder.push(start, len as usize, (start..start + len).map(kept));
        }
        Ok(dataset.with_rows(Rows::Picked(Arc::new(builder.finish()))))
    }
}
