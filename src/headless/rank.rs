//! `rank`: groups of rows in the order of what is measured in them.

use crate::data::{Dataset, frame_of_cells};
use crate::error::Result;
use crate::op::Step;
use crate::op::rank::Rank;
use crate::output::Format;
use crate::text::{bar, is_unicode, number, spark};
use crate::value::{Cell, Column, Kind};

use super::run::Run;

/// Groups shown to a person unless they say how many.
const TOP: u64 = 20;
/// Cells of the longest bar.
const BAR: usize = 24;
/// Most rows that get a bar.
const BARRED: u64 = 1000;

pub fn run(run: &Run) -> Result<()> {
    let values = run.values;
    let destination = run.destination(Some(Format::Term))?;
    let people = destination.format() == Format::Term;
    let limit = run.limit(None)?;
    let rank = Rank {
        by: values.list("by"),
        measures: values.list("measure").iter().map(|m| m.parse()).collect::<Result<_>>()?,
        top: values.count("top")?.or((people && !values.has("across")).then_some(TOP)),
        others: values.has("others"),
        ascending: values.has("ascending"),
        across: values.text("across").map(str::to_owned),
        time: values.text("time").map(str::to_owned),
        period: values.text("period").map(str::parse).transpose()?,
        spark: values.text("spark").map(str::parse).transpose()?,
    };
    let dataset = run.rows(None)?;
    let sending = run.sending(Some(&dataset), &destination)?;
    let outcome = {
        let _progress = run.progress(false);
        Step::Rank(rank.clone()).run(&dataset, &run.context, &mut |_| {})?
    };
    run.notices_about(&dataset, Step::Rank(rank.clone()))?;
    run.notices(&outcome.notes);
    if let Some(sending) = sending {
        return run.write_sent(sending, &destination);
    }
    let table = match people && rank.across.is_none() {
        true => for_people(&outcome.dataset, &rank)?,
        false => outcome.dataset,
    };
    let written = run.write(&table, limit, &destination)?;
    if written.closed { Ok(()) } else { run.check_rows(written.rows) }
}

/// The table as people read it: figures rounded, a bar for each row as long as its figure is great, lines in place of lists.
fn for_people(dataset: &Dataset, rank: &Rank) -> Result<Dataset> {
    let (rows, schema) = (dataset.row_count().known(), dataset.schema());
    let Some(place) = schema.position(&rank.leading()).filter(|_| rows <= BARRED) else { return Ok(dataset.clone()) };
    let line = rank.line().and_then(|name| schema.position(&name));
    let places: Vec<usize> = (0..schema.len()).collect();
    let frame = dataset.window(&places, 0, rows as usize)?;
    let figure = |row: usize| frame.cell(row, place).as_f64().unwrap_or(0.0);
    let greatest = (0..frame.height()).map(figure).fold(0.0, f64::max);
    let cells: Vec<Vec<Cell<'static>>> = (0..frame.height())
        .map(|row| {
            let bar = bar(figure(row) / greatest, BAR, is_unicode());
            let shown = places.iter().map(|c| match frame.cell(row, *c) {
                Cell::List(items) if line == Some(*c) => {
                    let items: Vec<_> = items.iter().map(Cell::as_f64).collect();
                    Cell::Text(spark(&items, BAR, is_unicode()).into())
                }
                Cell::Float(x) => Cell::Float(number::rounded(x, number::AT_A_GLANCE)),
                cell => cell.into_owned(),
            });
            shown.chain([Cell::Text(bar.into())]).collect()
        })
        .collect();
    let mut columns = schema.columns().to_vec();
    if let Some(line) = line {
        columns[line].kind = Kind::Text;
    }
    columns.push(Column { name: " ".to_owned(), kind: Kind::Text });
    Ok(Dataset::from_frame(frame_of_cells(&columns, &cells)))
}
