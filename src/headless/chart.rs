//! `chart`: columns as a drawing for the terminal, as an image, or its numbers.

use crate::error::{Error, Result};
use crate::op::Step;
use crate::op::chart::{Chart, Kind, Measure};
use crate::output::Format;
use crate::output::image::{self, ImageOptions};
use crate::output::plot::{self, Glyphs, PlotOptions};
use crate::result::figure::Figure;
use crate::text::Msg;

use super::destination::Destination;
use super::run::Run;

pub fn run(run: &Run) -> Result<()> {
    let destination = run.any_destination(Some(Format::Term))?;
    let chart = chart(run)?;
    let size = Size::of(run, &destination)?;
    let limit = run.limit(None)?;
    let dataset = run.rows(limit)?;
    let sending = run.sending(Some(&dataset), &destination)?;
    if let (Some(measure), None) = (chart.measure.filter(|m| *m != Measure::Count), &chart.colour)
        && chart.kind_for(dataset.schema())? == Kind::Heatmap
    {
        return Err(Error::usage(Msg::new("chart-error-measure-colour").with("measure", measure.name())));
    }
    let figure = {
        let _progress = run.progress(false);
        let dataset = run.head(dataset.clone(), limit)?;
        chart.figure(&dataset, &run.context)?
    };
    run.notices_about(&dataset, Step::Chart(chart))?;
    if let Some(sending) = sending {
        run.notices(&figure.notes);
        return run.write_sent(sending, &destination);
    }
    write(run, &figure, &size, &destination)
}

/// The chart that the flags describe.
fn chart(run: &Run) -> Result<Chart> {
    let values = run.values;
    let text = |name: &str| values.text(name).map(str::to_owned);
    let bins = values.count("bins")?;
    let most = u32::MAX;
    Ok(Chart {
        kind: values.text("kind").and_then(|k| Kind::ALL.into_iter().find(|kind| kind.name() == k)),
        x: text("x"),
        y: text("y"),
        measure: values.text("measure").and_then(|m| Measure::ALL.into_iter().find(|measure| measure.name() == m)),
        colour: text("colour"),
        facet: text("facet"),
        columns: Vec::new(),
        log: values.has("log"),
        bins: bins.map(|n| u32::try_from(n).unwrap_or(most)),
        title: text("title"),
        output: None,
    })
}

/// Width and height as they were given.
struct Size {
    width: Option<u32>,
    height: Option<u32>,
    scale: f64,
}

impl Size {
    fn of(run: &Run, to: &Destination) -> Result<Self> {
        let side = |name: &'static str| -> Result<Option<u32>> {
            Ok(run.values.count(name)?.map(|n| u32::try_from(n).unwrap_or(u32::MAX)))
        };
        let scale = match run.values.text("scale") {
            None => ImageOptions::default().scale,
            Some(text) => text.parse::<f64>().ok().filter(|s| s.is_finite()).ok_or_else(|| {
                let (least, most) = image::SIDES;
                Error::usage(Msg::new("error-image-size").with("size", text))
                    .hint(Msg::new("hint-image-size").with("least", least).with("most", most))
            })?,
        };
        let size = Self { width: side("width")?, height: side("height")?, scale };
        if to.format().is_image() {
            size.image().check()?;
        }
        Ok(size)
    }

    fn image(&self) -> ImageOptions {
        let usual = ImageOptions::default();
        ImageOptions {
            width: self.width.unwrap_or(usual.width),
            height: self.height.unwrap_or(usual.height),
            scale: self.scale,
        }
    }
}

/// Writes a figure in its usual size.
pub fn write_figure(run: &Run, figure: &Figure, to: &Destination) -> Result<()> {
    let size = Size { width: None, height: None, scale: ImageOptions::default().scale };
    write(run, figure, &size, to)
}

fn write(run: &Run, figure: &Figure, size: &Size, to: &Destination) -> Result<()> {
    match to.format() {
        Format::Png => {
            run.notices(&figure.notes);
            run.write_bytes(&image::png(figure, &size.image())?, to)
        }
        Format::Svg => {
            run.notices(&figure.notes);
            run.write_bytes(image::svg(figure, &size.image())?.as_bytes(), to)
        }
        Format::Json => run.write_json(&figure.to_json(), to),
        Format::Term => {
            /// Widest and highest drawing in cells.
            const MOST: usize = 1000;
            let width = size.width.map_or(to.width().unwrap_or(80), |w| w as usize).clamp(10, MOST);
            let usual = plot::natural_height(figure, width);
            let height = size.height.map_or(usual, |h| h as usize).clamp(4, MOST);
            // In a file or a pipe the same characters stand everywhere.
            let glyphs = if to.width().is_some() { Glyphs::from_env() } else { Glyphs::Braille };
            let lines = plot::plot(figure, &PlotOptions { width, height, glyphs, colour: to.colour() });
            run.write_bytes(plot::text(&lines, to.colour()).as_bytes(), to)
        }
        _ => run.write_result(&figure.to_table(), to),
    }
}
