//! Ranking: by the column under the cursor at once, by several through a form; the result in a tab of its own.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::form::{Entry as Field, Form};
use super::super::tab::{BAR, Bars, Origin};
use super::{rows_of, text_of};
use crate::command::Act;
use crate::data::Dataset;
use crate::engine::Session;
use crate::error::{ErrorKind, Result};
use crate::op::Step;
use crate::op::rank::{Period, Rank};
use crate::op::sample::Sample;
use crate::sql::expr::Expr;
use crate::text::{Msg, tr};
use crate::value::{Cell, Column, Kind};

/// Groups kept when a column is ranked by one key.
const TOP: u64 = 50;

impl App {
    /// How often each value of the column under the cursor occurs.
    pub(in crate::tui) fn act_rank(&mut self) {
        let Some(column) = self.tab().and_then(|t| t.current_column()).map(|c| c.name.clone()) else { return };
        self.rank(Rank::frequency(&column, TOP));
    }

    /// Asks what to rank by, and ranks by the answer.
    pub(in crate::tui) fn act_rank_by(&mut self, values: &Values) -> Result<()> {
        let Some(by) = text_of(values, "by") else {
            self.rank_form();
            return Ok(());
        };
        let words = |name: &str| -> Vec<String> {
            let text = text_of(values, name).unwrap_or_default();
            text.split(',').map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect()
        };
        let chosen = |name: &str| text_of(values, name).filter(|v| !v.is_empty());
        let period = chosen("period").map(|p| p.parse()).transpose()?;
        let spark = chosen("spark").map(|p| p.parse()).transpose()?;
        let rank = Rank {
            by: by.split(',').map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect(),
            measures: words("measure").iter().map(|m| m.parse()).collect::<Result<_>>()?,
            top: chosen("top").map(|t| rows_of(&t)).transpose()?,
            others: text_of(values, "others").is_some_and(|v| v == "true"),
            across: chosen("across"),
            time: chosen("time").filter(|_| period.is_some() || spark.is_some()),
            period,
            spark,
            ..Rank::default()
        };
        self.rank(rank);
        Ok(())
    }

    fn rank_form(&mut self) {
        let Some(tab) = self.tab() else { return };
        let columns = tab.columns();
        let Some(current) = tab.current_column() else { return };
        // A number is measured, anything else makes groups.
        let is_amount = |c: &Column| c.kind.is_number() && !c.name.to_lowercase().ends_with("id");
        let amount = if is_amount(current) { Some(current) } else { columns.iter().find(|c| is_amount(c)) };
        let by =
            if is_amount(current) { columns.iter().find(|c| c.kind.is_text()).unwrap_or(current) } else { current };
        let measure = match amount {
            Some(c) => format!("sum:{}, count", c.name),
            None => "count".to_owned(),
        };
        let pick = |wanted: &dyn Fn(&Column) -> bool| -> Vec<(String, String)> {
            let names = columns.iter().filter(|c| wanted(c)).map(|c| (c.name.clone(), c.name.clone()));
            [(String::new(), tr("rank-none"))].into_iter().chain(names).collect()
        };
        let times = pick(&|c| c.kind.is_temporal());
        let time = usize::from(times.len() > 1);
        let periods: Vec<(String, String)> = [(String::new(), tr("rank-none"))]
            .into_iter()
            .chain(Period::ALL.map(|p| (p.name().to_owned(), p.word().to_string())))
            .collect();
        let fields = vec![
            Field::text("by", Msg::new("rank-form-by"), by.name.clone()),
            Field::text("measure", Msg::new("rank-form-measure"), measure),
            Field::text("top", Msg::new("rank-form-top"), TOP.to_string()),
            Field::switch("others", Msg::new("rank-form-others"), true),
            Field::choice("across", Msg::new("rank-form-across"), pick(&|_| true), 0),
            Field::choice("period", Msg::new("rank-form-period"), periods.clone(), 0),
            Field::choice("spark", Msg::new("rank-form-line"), periods, 0),
            Field::choice("time", Msg::new("rank-form-time"), times, time),
        ];
        self.push(Form::new(tr("rank-form-title"), Act::RankForm, fields, tr("rank-form-note")));
    }

    /// Ranks the table in front; the result comes in a tab of its own.
    fn rank(&mut self, rank: Rank) {
        self.rank_rows(rank, None);
    }

    /// Ranks the table in front, or a sample of it where all of it would need more memory than there may be.
    pub(in crate::tui) fn rank_rows(&mut self, rank: Rank, sample: Option<Sample>) {
        let Some(tab) = self.tab() else { return };
        let (rows, id) = (tab.rows(), tab.id);
        let mut steps = tab.session.now().steps.clone();
        steps.extend(sample.clone().map(Step::Sample));
        steps.push(Step::Rank(rank.clone()));
        let step = Step::Rank(rank.clone());
        self.spawn(
            rank.words(),
            Some(id),
            move |context| {
                rows.with(context, |rows| match &sample {
                    Some(sample) => step.run(&sample.run(rows, context)?.dataset, context, &mut |_| {}),
                    None => step.run(rows, context, &mut |_| {}),
                })
            },
            move |app, result| match result {
                Ok(outcome) => app.show_ranking(id, rank, steps, outcome.dataset, outcome.notes),
                Err(e) if e.kind == ErrorKind::Refused => {
                    if let Some(tab) = app.tab_by_id(id) {
                        tab.refused = Some(steps);
                    }
                    app.offer_sample(&e);
                }
                Err(e) => app.complain(&e),
            },
        );
        self.note_doing(id, true);
    }

    fn show_ranking(&mut self, id: u64, rank: Rank, steps: Vec<Step>, dataset: Dataset, notes: Vec<Msg>) {
        let Some(origin) = self.tabs.iter().find(|t| t.id == id) else { return };
        let title = Msg::new("rank-tab").with("columns", rank.by.join(", ")).with("name", &origin.title).to_string();
        let (base, locator) = (origin.session.base().clone(), origin.locator.clone());
        let (shown, width) = match &rank.across {
            None => (vec![rank.leading()], BAR),
            Some(_) => (dataset.schema().columns()[rank.by.len()..].iter().map(|c| c.name.clone()).collect(), 1),
        };
        let groups = dataset.row_count().known() - u64::from(others_at(&dataset, &rank).is_some());
        let greatest = greatest(&dataset, &shown, groups);
        let ranked = dataset.clone();
        let spread = rank.across.as_ref().and_then(|a| origin.columns().iter().find(|c| c.name == *a)).cloned();
        let tab = self.add_tab(title, dataset.clone());
        tab.session = Session::derived(base, steps, dataset);
        tab.locator = locator;
        tab.notices = notes;
        tab.line = rank.line();
        tab.bars = greatest.map(|greatest| Bars { columns: shown, greatest, width });
        tab.frozen = rank.by.len();
        tab.left = rank.by.len();
        tab.origin = Some(Origin {
            tab: id,
            rows_behind: Box::new(move |row, column| {
                let places: Vec<usize> = (0..rank.by.len()).collect();
                let frame = ranked.window(&places, row, 1).ok()?;
                let values: Vec<Cell<'_>> = places.iter().map(|p| frame.cell(0, *p)).collect();
                if others_at(&ranked, &rank) == Some(row) {
                    return None;
                }
                let behind = rank.rows_behind(&values)?;
                let field = spread.as_ref().filter(|_| !rank.by.iter().any(|b| b == column));
                let field = field.and_then(|spread| value_named(spread, column));
                Some(field.into_iter().fold(behind, Expr::and))
            }),
        });
    }
}

/// The condition that a column has the value which a column of a ranking is named after.
fn value_named(column: &Column, name: &str) -> Option<Expr> {
    if name == tr("rank-missing") {
        return Some(Expr::is_missing(&column.name));
    }
    let cell = match column.kind {
        Kind::Integer => Cell::Int(name.parse().ok()?),
        Kind::Float => Cell::Float(name.parse().ok()?),
        Kind::Boolean => Cell::Bool(name.parse().ok()?),
        _ => Cell::Text(name.into()),
    };
    Expr::is_value(&column.name, &cell)
}

/// The row of the others, which is no group.
fn others_at(ranked: &Dataset, rank: &Rank) -> Option<u64> {
    let last = ranked.row_count().known().checked_sub(1).filter(|_| rank.others)?;
    let frame = ranked.window(&[0], last, 1).ok()?;
    (frame.height() > 0 && frame.cell(0, 0) == Cell::Text(tr("rank-others").into())).then_some(last)
}

/// The greatest number in these columns of the first rows of a small table.
fn greatest(dataset: &Dataset, columns: &[String], rows: u64) -> Option<f64> {
    const MOST: u64 = 10_000;
    let places: Vec<usize> = columns.iter().filter_map(|c| dataset.schema().position(c)).collect();
    let frame = dataset.window(&places, 0, rows.min(MOST) as usize).ok()?;
    let cells = (0..places.len()).flat_map(|c| (0..frame.height()).map(move |r| (r, c)));
    cells.filter_map(|(r, c)| frame.cell(r, c).as_f64()).filter(|v| *v > 0.0).max_by(f64::total_cmp)
}
