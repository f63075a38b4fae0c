//! What can be drawn on: pixels or SVG, both through plotters. Lengths are in points of the figure, whatever the
//! resolution.

use plotters::backend::{BitMapBackend, DrawingBackend, RGBPixel, SVGBackend};
use plotters::style::{Color as _, RGBAColor, ShapeStyle};

use super::font;
use crate::output::palette::Rgb;

/// A colour and how much it covers, from 0 to 1.
pub type Ink = (Rgb, f64);

/// Something to draw on.
pub trait Paper {
    /// Fills a rectangle.
    fn rect(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink);
    /// Fills a polygon.
    fn polygon(&mut self, points: &[(f64, f64)], ink: Ink);
    /// Draws a line through points.
    fn line(&mut self, points: &[(f64, f64)], width: f64, ink: Ink);
    /// Fills a circle.
    fn disc(&mut self, at: (f64, f64), radius: f64, ink: Ink);
    /// Writes a text with its left end and base line at a place.
    fn text(&mut self, x: f64, base: f64, text: &str, size: f64, ink: Ink);
}

fn style((rgb, alpha): Ink, width: f64, filled: bool) -> ShapeStyle {
    let colour: RGBAColor = RGBAColor(rgb.0, rgb.1, rgb.2, alpha);
    ShapeStyle { color: colour.to_rgba(), filled, stroke_width: width.round().max(1.0) as u32 }
}

/// A text that waits for the shapes to be done.
struct Waiting {
    x: f64,
    base: f64,
    text: String,
    size: f64,
    rgb: Rgb,
}

/// Pixels. Shapes are drawn several times as large and made smaller at the end, which smooths their edges.
pub struct Pixels {
    size: (u32, u32),
    /// Pixels of the result for a point.
    scale: f64,
    /// How many times as large shapes are drawn.
    finer: u32,
    bytes: Vec<u8>,
    texts: Vec<Waiting>,
}

impl Pixels {
    /// White pixels: `size` of them, `scale` for a point.
    pub fn new(size: (u32, u32), scale: f64) -> Self {
        let finer = if u64::from(size.0) * u64::from(size.1) > 3_000_000 { 2 } else { 3 };
        let bytes = vec![255; (size.0 * finer) as usize * (size.1 * finer) as usize * 3];
        Self { size, scale, finer, bytes, texts: Vec::new() }
    }

    fn at(&self, (x, y): (f64, f64)) -> (i32, i32) {
        let factor = self.scale * f64::from(self.finer);
        // Further than this nothing is seen, and the rasteriser's whole numbers end.
        let place = |v: f64| (v * factor).round().clamp(-1e6, 1e6) as i32;
        (place(x), place(y))
    }

    fn draw(&mut self, draw: impl FnOnce(&mut BitMapBackend<'_, RGBPixel>)) {
        let size = (self.size.0 * self.finer, self.size.1 * self.finer);
        if let Ok(mut backend) = BitMapBackend::<RGBPixel>::with_buffer_and_format(&mut self.bytes, size) {
            draw(&mut backend);
        }
    }

    /// The picture as rows of red, green and blue.
    pub fn finish(self) -> Vec<u8> {
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let n = self.finer as usize;
        let mut out = vec![0u8; width * height * 3];
        for y in 0..height {
            for x in 0..width {
                for c in 0..3 {
                    let mut sum = 0u32;
                    for dy in 0..n {
                        let row = (y * n + dy) * width * n;
                        for dx in 0..n {
                            sum += u32::from(self.bytes[(row + x * n + dx) * 3 + c]);
                        }
                    }
                    let cells = (n * n) as u32;
                    out[(y * width + x) * 3 + c] = ((sum + cells / 2) / cells) as u8;
                }
            }
        }
        for t in &self.texts {
            font::coverage(&t.text, t.size * self.scale, t.x * self.scale, t.base * self.scale, |x, y, covered| {
                let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
                if x >= width || y >= height {
                    return;
                }
                let at = (y * width + x) * 3;
                for (under, over) in out[at..at + 3].iter_mut().zip([t.rgb.0, t.rgb.1, t.rgb.2]) {
                    let mixed = f32::from(*under) + (f32::from(over) - f32::from(*under)) * covered.clamp(0.0, 1.0);
                    *under = mixed.round() as u8;
                }
            });
        }
        out
    }
}

impl Paper for Pixels {
    fn rect(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink) {
        let (a, b) = (self.at(from), self.at(to));
        // Plotters counts both corners in.
        let (a, b) = ((a.0.min(b.0), a.1.min(b.1)), (a.0.max(b.0) - 1, a.1.max(b.1) - 1));
        if a.0 <= b.0 && a.1 <= b.1 {
            self.draw(|backend| drop(backend.draw_rect(a, b, &style(ink, 1.0, true), true)));
        }
    }

    fn polygon(&mut self, points: &[(f64, f64)], ink: Ink) {
        let mut points: Vec<_> = points.iter().map(|p| self.at(*p)).collect();
        points.dedup();
        if points.len() >= 3 {
            self.draw(|backend| drop(backend.fill_polygon(points, &style(ink, 1.0, true))));
        }
    }

    fn line(&mut self, points: &[(f64, f64)], width: f64, ink: Ink) {
        let half = (width / 2.0).max(0.25 / self.scale);
        for pair in points.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let length = (x1 - x0).hypot(y1 - y0);
            if length <= 0.0 || !length.is_finite() {
                continue;
            }
            if x0 == x1 || y0 == y1 {
                let (dx, dy) = if x0 == x1 { (half, 0.0) } else { (0.0, half) };
                self.rect((x0.min(x1) - dx, y0.min(y1) - dy), (x0.max(x1) + dx, y0.max(y1) + dy), ink);
                continue;
            }
            let (dx, dy) = ((y1 - y0) / length * half, (x0 - x1) / length * half);
            self.polygon(&[(x0 + dx, y0 + dy), (x1 + dx, y1 + dy), (x1 - dx, y1 - dy), (x0 - dx, y0 - dy)], ink);
        }
        if width > 1.2 && points.len() > 2 {
            for p in &points[1..points.len() - 1] {
                self.disc(*p, half, ink);
            }
        }
    }

    fn disc(&mut self, at: (f64, f64), radius: f64, ink: Ink) {
        let place = self.at(at);
        let radius = (radius * self.scale * f64::from(self.finer)).round().max(1.0) as u32;
        self.draw(|backend| drop(backend.draw_circle(place, radius, &style(ink, 1.0, true), true)));
    }

    fn text(&mut self, x: f64, base: f64, text: &str, size: f64, (rgb, _): Ink) {
        self.texts.push(Waiting { x, base, text: text.to_owned(), size, rgb });
    }
}

/// Units of an SVG for one point: plotters writes whole numbers.
const FINE: f64 = 100.0;

/// SVG. Texts are outlines, so that no reader needs a font.
pub struct Drawing {
    size: (u32, u32),
    body: String,
    texts: String,
}

impl Drawing {
    /// A drawing of this width and height in points.
    pub fn new(size: (u32, u32)) -> Self {
        Self { size, body: String::new(), texts: String::new() }
    }

    fn at((x, y): (f64, f64)) -> (i32, i32) {
        let place = |v: f64| (v * FINE).round().clamp(-1e8, 1e8) as i32;
        (place(x), place(y))
    }

    /// Draws through plotters, and keeps what stands between the opening and the closing tag.
    fn draw(&mut self, draw: impl FnOnce(&mut SVGBackend<'_>)) {
        let mut document = String::new();
        let mut backend = SVGBackend::with_string(&mut document, (1, 1));
        draw(&mut backend);
        let _ = backend.present();
        drop(backend);
        let from = document.find('\n').map_or(0, |i| i + 1);
        let to = document.rfind("</svg>").unwrap_or(document.len());
        self.body.push_str(document.get(from..to).unwrap_or_default());
    }

    /// The document, shown at this size, with a title for readers that speak.
    pub fn finish(self, shown: (u32, u32), title: &str) -> String {
        let (w, h) = (f64::from(self.size.0) * FINE, f64::from(self.size.1) * FINE);
        let mut safe_title = String::new();
        for c in title.chars().filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')) {
            match c {
                '<' => safe_title.push_str("&lt;"),
                '>' => safe_title.push_str("&gt;"),
                '&' => safe_title.push_str("&amp;"),
                c => safe_title.push(c),
            }
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {w} {h}\" role=\"img\">\n\
             <title>{safe_title}</title>\n<rect width=\"{w}\" height=\"{h}\" fill=\"#FFFFFF\"/>\n{}{}</svg>\n",
            shown.0, shown.1, self.body, self.texts
        )
    }
}

impl Paper for Drawing {
    fn rect(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink) {
        let (a, b) = (Self::at(from), Self::at(to));
        let (a, b) = ((a.0.min(b.0), a.1.min(b.1)), (a.0.max(b.0), a.1.max(b.1)));
        self.draw(|backend| drop(backend.draw_rect(a, b, &style(ink, 1.0, true), true)));
    }

    fn polygon(&mut self, points: &[(f64, f64)], ink: Ink) {
        let points: Vec<_> = points.iter().map(|p| Self::at(*p)).collect();
        self.draw(|backend| drop(backend.fill_polygon(points, &style(ink, 1.0, true))));
    }

    fn line(&mut self, points: &[(f64, f64)], width: f64, ink: Ink) {
        let points: Vec<_> = points.iter().map(|p| Self::at(*p)).collect();
        self.draw(|backend| drop(backend.draw_path(points, &style(ink, width * FINE, false))));
    }

    fn disc(&mut self, at: (f64, f64), radius: f64, ink: Ink) {
        let radius = (radius * FINE).round() as u32;
        self.draw(|backend| drop(backend.draw_circle(Self::at(at), radius, &style(ink, 1.0, true), true)));
    }

    fn text(&mut self, x: f64, base: f64, text: &str, size: f64, ((r, g, b), _): Ink) {
        let d = font::outline(text, size * FINE, x * FINE, base * FINE);
        if !d.is_empty() {
            self.texts.push_str(&format!("<path fill=\"#{r:02X}{g:02X}{b:02X}\" d=\"{d}\"/>\n"));
        }
    }
}
