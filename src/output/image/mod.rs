//! A figure as an image, PNG or SVG, with the program's own font. Computes nothing: it only puts numbers in their places.

mod font;
mod paint;
mod panel;
mod paper;
pub mod sixel;

use crate::error::{Error, Result};
use crate::result::figure::Figure;
use crate::text::Msg;

pub use self::paint::columns;

use self::paper::{Drawing, Pixels};

/// The size of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImageOptions {
    /// Width in points; one pixel each at scale 1.
    pub width: u32,
    /// Height in points.
    pub height: u32,
    /// Pixels for a point.
    pub scale: f64,
}

impl Default for ImageOptions {
    fn default() -> Self {
        Self { width: 1000, height: 600, scale: 2.0 }
    }
}

/// Smallest and largest width and height, in points.
pub const SIDES: (u32, u32) = (160, 8000);
/// Most pixels of an image.
const PIXELS: f64 = 40e6;

impl ImageOptions {
    /// An error if the image would be too small to read or too large to make.
    pub fn check(&self) -> Result<()> {
        self.pixels().map(drop)
    }

    /// Width and height in pixels; an error if the image would be too small to read or too large to make.
    fn pixels(&self) -> Result<(u32, u32)> {
        let (least, most) = SIDES;
        let sound = (least..=most).contains(&self.width)
            && (least..=most).contains(&self.height)
            && (0.25..=8.0).contains(&self.scale)
            && f64::from(self.width) * f64::from(self.height) * self.scale * self.scale <= PIXELS;
        if !sound {
            let size = format!("{} × {} × {}", self.width, self.height, self.scale);
            return Err(Error::usage(Msg::new("error-image-size").with("size", size))
                .hint(Msg::new("hint-image-size").with("least", least).with("most", most)));
        }
        let side = |v: u32| (f64::from(v) * self.scale).round() as u32;
        Ok((side(self.width), side(self.height)))
    }
}

/// Width and height in pixels, and the red, green and blue of each, row by row.
pub fn pixels(figure: &Figure, options: &ImageOptions) -> Result<((u32, u32), Vec<u8>)> {
    let size = options.pixels()?;
    let mut paper = Pixels::new(size, options.scale);
    paint::paint(&mut paper, figure, f64::from(options.width), f64::from(options.height));
    Ok((size, paper.finish()))
}

/// The bytes of a PNG file.
pub fn png(figure: &Figure, options: &ImageOptions) -> Result<Vec<u8>> {
    let ((width, height), pixels) = pixels(figure, options)?;
    let mut bytes = Vec::new();
    let failed = |e: png::EncodingError| Error::failed(Msg::new("error-image").with("cause", e.to_string()));
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // The resolution, so that a document shows the image at the size its letters were made for.
    let per_metre = (96.0 * options.scale / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }));
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

/// An SVG document.
pub fn svg(figure: &Figure, options: &ImageOptions) -> Result<String> {
    let shown = options.pixels()?;
    let mut paper = Drawing::new((options.width, options.height));
    paint::paint(&mut paper, figure, f64::from(options.width), f64::from(options.height));
    let shown = if options.scale == ImageOptions::default().scale { (options.width, options.height) } else { shown };
    Ok(paper.finish(shown, &figure.title.to_string()))
}
