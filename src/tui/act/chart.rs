//! Charting what is in front: which columns, which kind; the image.

use super::super::app::App;
use super::super::layer::Values;
use super::super::layers::chart::{ChartNews, ChartView};
use super::super::layers::list::{Item, List};
use super::super::layers::prompt::Prompt;
use super::super::tab::Tab;
use super::files::expanded;
use super::{one, text_of};
use crate::command::Act;
use crate::error::{Error, Result};
use crate::op::Step;
use crate::op::chart::{Chart, Kind, Measure};
use crate::output::image::{self, ImageOptions};
use crate::output::plot::Glyphs;
use crate::output::{Format, Target, WriteOptions};
use crate::result::figure::Figure;
use crate::text::{Msg, number, tr};
use crate::value::Column;

/// The chart that is open, and its figure once it is drawn.
pub struct Charting {
    tab: u64,
    chart: Chart,
    figure: Option<Figure>,
    /// The chart this opening has put into the session and may still replace by another.
    draft: Option<Chart>,
}

impl App {
    /// Without values opens a chart of what is in front; with them changes the open one.
    pub(in crate::tui) fn act_chart(&mut self, values: &Values) -> Result<()> {
        if let Some(path) = text_of(values, "output") {
            return self.write_figure(path.trim(), values);
        }
        if let Some(what) = text_of(values, "choose") {
            self.choose_for_chart(&what);
            return Ok(());
        }
        if values.is_empty() {
            let Some((tab, schema)) = self.tab().map(|t| (t.id, t.dataset().schema().clone())) else { return Ok(()) };
            let Some(chart) = self.tab().and_then(first_chart) else { return Ok(()) };
            // Where nothing can be drawn there is nothing to open.
            let kind = chart.kind_for(&schema)?;
            let chart = Chart { kind: Some(kind), ..chart };
            self.charting = Some(Charting { tab, chart, figure: None, draft: None });
            self.push(ChartView::new(Glyphs::from_env()));
            self.draw_chart();
            return Ok(());
        }
        if text_of(values, "change").as_deref() == Some("picture") {
            self.show_picture();
            return Ok(());
        }
        let Some((charted, mut chart)) = self.charted().zip(self.charting.as_ref().map(|o| o.chart.clone())) else {
            return Ok(());
        };
        let schema = charted.dataset().schema().clone();
        let here = charted.current_column().map(|c| c.name.clone());
        match text_of(values, "change").as_deref() {
            Some("log") => {
                chart.log = !chart.log;
                let text = tr(if chart.log { "chart-log-on" } else { "chart-log-off" });
                self.say(text);
            }
            Some("measure") => {
                let at = Measure::ALL.iter().position(|m| Some(*m) == chart.measure).map_or(1, |i| i + 1);
                let measured = if chart.kind == Some(Kind::Heatmap) { &chart.colour } else { &chart.y };
                chart.measure = measured.is_some().then_some(Measure::ALL[at % Measure::ALL.len()]);
            }
            Some(way) => {
                let kinds = chart.kinds(&schema);
                let here = kinds.iter().position(|k| Some(*k) == chart.kind).unwrap_or(0);
                if kinds.len() < 2 {
                    self.say(tr("chart-no-more"));
                    return Ok(());
                }
                let step = if way == "next" { 1 } else { kinds.len() - 1 };
                chart.kind = Some(kinds[(here + step) % kinds.len()]);
            }
            None => {}
        }
        let column = |name: &str| text_of(values, name).map(|c| (!c.is_empty()).then_some(c));
        if !chart.columns.is_empty() && (values.contains_key("y") || values.contains_key("colour")) {
            // Another column is asked for: the one under the cursor takes the place of those side by side.
            chart = Chart { x: here, ..Chart::default() };
        }
        if let Some(y) = column("y") {
            chart.y = y;
            chart.measure = None;
            chart.kind = None;
            chart.kind = chart.kind_for(&schema).ok();
        }
        if let Some(colour) = column("colour") {
            chart.colour = colour;
        }
        if let Some(facet) = column("facet") {
            chart.facet = facet;
        }
        if let Some(open) = &mut self.charting {
            (open.chart, open.figure) = (chart, None);
        }
        self.draw_chart();
        Ok(())
    }

    /// The tab the open chart is of, which another may have come in front of.
    fn charted(&self) -> Option<&Tab> {
        let open = self.charting.as_ref()?;
        self.tabs.iter().find(|t| t.id == open.tab)
    }

    /// Has the open chart drawn; an earlier drawing that is still under way is given up.
    fn draw_chart(&mut self) {
        let (Some(tab), Some(open)) = (self.charted(), &self.charting) else { return };
        let title = Msg::new("task-chart").with("name", &tab.title);
        let (rows, id, chart) = (tab.rows(), tab.id, open.chart.clone());
        for listed in self.tasks.iter().filter(|t| t.ended.is_none() && t.task.title.id == title.id) {
            listed.task.control.cancel();
        }
        self.tell_chart(&ChartNews::Working);
        let asked = chart.clone();
        self.spawn(
            title,
            Some(id),
            move |context| rows.with(context, |rows| chart.figure(rows, context)),
            move |app, result| app.drawn(&asked, result),
        );
    }

    fn drawn(&mut self, asked: &Chart, result: Result<Figure>) {
        let Some(open) = self.charting.as_mut().filter(|o| o.chart == *asked) else { return };
        match result {
            Ok(figure) => {
                open.figure = Some(figure.clone());
                self.note_chart(asked);
                self.tell_chart(&ChartNews::Drawn(Box::new(figure)));
            }
            Err(e) => {
                let text = match &e.hint {
                    Some(hint) => format!("{e} {hint}"),
                    None => e.to_string(),
                };
                self.tell_chart(&ChartNews::Failed(text));
            }
        }
    }

    /// Makes the open chart part of the session. Going from kind to kind leaves one step; one that was written stays.
    fn note_chart(&mut self, chart: &Chart) {
        let Some(open) = &mut self.charting else { return };
        let draft = open.draft.take();
        let Some(tab) = self.tabs.iter_mut().find(|t| t.id == open.tab) else { return };
        let added = tab.session.note_chart(draft.as_ref(), chart);
        open.draft = (added && chart.output.is_none()).then(|| chart.clone());
    }

    /// The figure of the open chart.
    pub(in crate::tui) fn figure(&self) -> Option<&Figure> {
        self.charting.as_ref()?.figure.as_ref()
    }

    fn tell_chart(&mut self, news: &ChartNews) {
        self.layers.iter_mut().for_each(|layer| layer.news(news));
        self.touch();
    }

    /// Offers columns to choose from, or asks where the image is to go.
    fn choose_for_chart(&mut self, what: &str) {
        let Some(open) = &self.charting else { return };
        if what == "output" {
            let path = format!("{}.png", open.chart.file_stem());
            let prompt = Prompt::new(Msg::new("chart-path"), Act::Chart, "output", path, Vec::new());
            self.push(prompt);
            return;
        }
        let (title, none, now, param) = match what {
            "y" => ("chart-second-title", "chart-second-none", open.chart.y.clone(), "y"),
            "facet" => ("chart-facet-title", "chart-facet-none", open.chart.facet.clone(), "facet"),
            _ => ("chart-colour-title", "chart-colour-none", open.chart.colour.clone(), "colour"),
        };
        let Some(tab) = self.charted() else { return };
        let mut items = vec![Item { label: tr(none), run: Some((Act::Chart, one(param, ""))), ..Item::default() }];
        let mut at = 0;
        for c in tab.columns().iter().filter(|c| !c.kind.is_nested()) {
            if now.as_ref() == Some(&c.name) {
                at = items.len();
            }
            items.push(Item {
                label: c.name.clone(),
                remark: c.kind.word().to_string(),
                run: Some((Act::Chart, one(param, c.name.clone()))),
                ..Item::default()
            });
        }
        self.push(List::new(tr(title), items).at(at));
    }

    /// Writes the figure as an image.
    fn write_figure(&mut self, path: &str, values: &Values) -> Result<()> {
        let open = self.charting.as_ref().and_then(|o| Some((o.chart.clone(), o.figure.clone()?)));
        let Some((chart, figure)) = open else {
            return Err(Error::usage(Msg::new("error-not-read")));
        };
        if path.is_empty() {
            return Ok(());
        }
        let target = expanded(path);
        let (format, compression) = Format::from_path(&target)?;
        if !format.is_image() {
            return Err(Error::usage(Msg::new("chart-error-image").with("path", path)));
        }
        if target.exists() && text_of(values, "replace").is_none() {
            let mut again = values.clone();
            again.insert("replace".to_owned(), "yes".into());
            let items = vec![
                Item { label: tr("export-keep"), ..Item::default() },
                Item { label: tr("export-replace"), run: Some((Act::Chart, again)), ..Item::default() },
            ];
            self.push(List::new(Msg::new("export-exists").with("path", path).to_string(), items));
            return Ok(());
        }
        let shown = path.to_owned();
        let written_chart = Chart { output: Some(target.display().to_string()), ..chart };
        self.spawn_ok(
            Msg::new("task-export").with("path", path),
            self.charted().map(|t| t.id),
            move |_| {
                let size = ImageOptions::default();
                let bytes = match format {
                    Format::Svg => image::svg(&figure, &size)?.into_bytes(),
                    _ => image::png(&figure, &size)?,
                };
                let options = WriteOptions { compression, ..WriteOptions::new(format) };
                crate::output::write_bytes(&bytes, &Target::File(target), &options)
            },
            move |app, written| {
                app.note_chart(&written_chart);
                let size = number::bytes(written.bytes);
                app.say(Msg::new("cli-wrote-text").with("path", shown).with("size", size).to_string());
            },
        );
        Ok(())
    }
}

/// The chart to begin with: of the current column; of columns that a ranking or a pivot spread side by side, and of a ranking by
/// two columns, a heat map; in another result, bars of its figure under the cursor, or of its first one, for each row.
fn first_chart(tab: &Tab) -> Option<Chart> {
    let columns = tab.columns();
    let here = tab.current_column()?;
    let made_by = tab.session.now().steps.iter().rev().find(|s| !s.is_look());
    // A figure that does not add up is not added up where several rows share a place.
    let measure = match made_by {
        Some(Step::Rank(rank)) if !rank.adds_up() => Measure::Mean,
        _ => Measure::Sum,
    };
    let heat = match made_by {
        Some(Step::Rank(rank)) => match (rank.by.as_slice(), &rank.across) {
            (by @ ([_] | [_, _]), Some(across)) => wide(columns, by, across, rank.leading(), measure),
            ([first, second], None) => Some(Chart {
                kind: Some(Kind::Heatmap),
                x: Some(second.clone()),
                y: Some(first.clone()),
                colour: Some(rank.leading()),
                measure: Some(measure),
                ..Chart::default()
            }),
            _ => None,
        },
        Some(Step::Pivot(pivot)) => {
            let measure = if pivot.adds_up() { Measure::Sum } else { Measure::Mean };
            wide(columns, &pivot.rows, &pivot.columns, pivot.leading(), measure)
        }
        _ => None,
    };
    if heat.is_some() {
        return heat;
    }
    if tab.origin.is_some() {
        let label = columns.iter().find(|c| !c.kind.is_number() && !c.kind.is_nested());
        let figure = Some(here).filter(|c| c.kind.is_number()).or(columns.iter().find(|c| c.kind.is_number()));
        if let (Some(label), Some(figure)) = (label, figure) {
            return Some(Chart {
                kind: (!label.kind.is_temporal()).then_some(Kind::Bar),
                x: Some(label.name.clone()),
                y: Some(figure.name.clone()),
                measure: Some(measure),
                ..Chart::default()
            });
        }
    }
    Some(Chart { x: Some(here.name.clone()), ..Chart::default() })
}

/// A heat map of the columns that stand side by side after those of the rows. None where it would not be one of numbers.
fn wide(columns: &[Column], by: &[String], across: &str, figure: String, measure: Measure) -> Option<Chart> {
    let fields: Vec<&Column> = columns.iter().filter(|c| !by.contains(&c.name)).collect();
    let (first, rest) = by.split_first()?;
    let names = |name: &str| columns.iter().any(|c| c.name == name);
    let fits = rest.len() < 2 && !fields.is_empty() && fields.iter().all(|c| c.kind.is_number());
    (fits && !names(across) && !names(&figure)).then(|| Chart {
        kind: Some(Kind::Heatmap),
        x: Some(across.to_owned()),
        y: Some(first.clone()),
        colour: Some(figure),
        facet: rest.first().cloned(),
        columns: fields.into_iter().map(|c| c.name.clone()).collect(),
        measure: Some(measure),
        ..Chart::default()
    })
}
