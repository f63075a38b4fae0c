//! One figure in all its forms: text for terminals, SVG, PNG, JSON, a table.

use mekiki::output::image::{ImageOptions, svg};
use mekiki::output::plot::{Glyphs, Line, PlotOptions, plot, text};
use mekiki::result::figure::{
    Anchor, Axis, Bar, BoxMark, Direction, Figure, HeatCell, Interval, Key, Label, Layer, Mark, Panel, Ramp, Role,
    Spacing,
};
use mekiki::result::scale::{self, Scaled};
use mekiki::text::safe;

fn axis(label: &str, scaled: Scaled, spacing: Spacing) -> Axis {
    let Scaled { lo, hi, ticks, .. } = scaled;
    Axis { label: Some(label.into()), spacing, lo, hi, ticks, grid: true }
}

fn number(label: &str, lo: f64, hi: f64) -> Axis {
    axis(label, scale::linear(lo, hi, 5, true), Spacing::Linear)
}

fn figure(title: &str, panels: Vec<Panel>) -> Figure {
    Figure {
        title: title.into(),
        subtitle: Some("1,234 行".into()),
        notes: Vec::new(),
        panels,
        columns: None,
        legend_title: None,
        legend: Vec::new(),
        ramp: None,
    }
}

fn keys(n: u8, mark: Mark) -> Vec<Key> {
    let names = ["iOS", "アンドロイド", "Web", "PC"];
    (0..n).map(|i| Key { role: Role::Series(i), mark, label: names[usize::from(i)].into() }).collect()
}

const TOWNS: [&str; 5] = ["東京都", "大阪府", "北海道", "神奈川県横浜市", "others"];
const COUNTS: [f64; 5] = [120.0, 77.0, 50.5, 12.0, 98.0];

/// Bars that lie, with Japanese names and values.
fn towns() -> Figure {
    let bars = COUNTS.iter().enumerate().map(|(i, v)| Bar {
        sides: (i as f64 - 0.4, i as f64 + 0.4),
        from: 0.0,
        to: *v,
        role: if i == 4 { Role::Others } else { Role::Series(0) },
    });
    let mut layers = vec![Layer::Bars { lying: true, bars: bars.collect() }];
    layers.extend(COUNTS.iter().enumerate().map(|(i, v)| Layer::Text {
        x: *v,
        y: i as f64,
        text: scale::short(*v).into(),
        anchor: Anchor::Start,
        role: Role::Ink,
    }));
    let y = Axis::categories(TOWNS.map(Label::from).to_vec(), true);
    figure("都道府県ごとの購入件数", vec![Panel { title: None, x: number("件数", 0.0, 120.0), y, layers }])
}

/// Two lines over days, with a band and a rule.
fn days() -> Figure {
    let day = |i: usize| (20_000 + i) as f64 * 86_400.0;
    let wave = |i: usize, shift: f64| 50.0 + 40.0 * (i as f64 / 7.0 + shift).sin();
    let points = |shift: f64| (0..60).map(|i| (day(i), wave(i, shift))).collect::<Vec<_>>();
    let band = (0..60).map(|i| (day(i), wave(i, 0.0) - 5.0, wave(i, 0.0) + 5.0)).collect();
    let line = |shift: f64, role, dashed| Layer::Line { points: points(shift), role, width: 1.0, dashed, steps: false };
    let panel = Panel {
        title: None,
        x: axis("日付", scale::calendar(day(0), day(59), 5), Spacing::Time),
        y: number("price", 0.0, 100.0),
        layers: vec![
            Layer::Area { points: band, role: Role::Series(0) },
            line(0.0, Role::Series(0), false),
            line(2.0, Role::Series(1), true),
            Layer::Rule {
                direction: Direction::Across,
                at: 50.0,
                role: Role::Muted,
                dashed: true,
                label: Some("中央".into()),
            },
        ],
    };
    Figure { legend: keys(2, Mark::Line), legend_title: Some("OS".into()), ..figure("days", vec![panel]) }
}

/// Points on logarithmic axes, boxes, intervals and fields, in four panels.
fn mixed() -> Figure {
    let share = |i: u32, k: f64| (f64::from(i) * k).fract();
    let points: Vec<(f64, f64)> =
        (0..80).map(|i| (10f64.powf(share(i, 0.618) * 4.0), 10f64.powf(share(i, 0.414) * 3.0 - 2.0))).collect();
    let roles = (0..80).map(|i| Role::Series(i % 3)).collect();
    let names = || Axis::categories(vec!["A".into(), "B".into()], true);
    let boxes = vec![
        BoxMark {
            sides: (-0.4, 0.4),
            low: 1.0,
            q1: 3.0,
            median: 4.0,
            q3: 6.0,
            high: 9.0,
            outliers: vec![0.2, 9.8],
            role: Role::Series(0),
        },
        BoxMark {
            sides: (0.6, 1.4),
            low: 2.0,
            q1: 4.0,
            median: 5.0,
            q3: 5.5,
            high: 7.0,
            outliers: vec![],
            role: Role::Series(1),
        },
    ];
    let intervals = vec![
        Interval { at: 0.0, low: 2.0, mid: 4.0, high: 5.0, role: Role::Series(0) },
        Interval { at: 1.0, low: 5.0, mid: 7.0, high: 9.0, role: Role::Emphasis },
    ];
    let cells = (0..12).map(|i| {
        let (x, y) = (f64::from(i % 4), f64::from(i / 4));
        HeatCell { x: (x, x + 1.0), y: (y, y + 1.0), value: f64::from(i), role: Role::Level(i as f32 / 11.0) }
    });
    let panel =
        |title: &str, x: Axis, y: Axis, layer: Layer| Panel { title: Some(title.into()), x, y, layers: vec![layer] };
    let panels = vec![
        panel(
            "points",
            axis("x", scale::log(1.0, 1e4), Spacing::Log),
            axis("y", scale::log(0.01, 10.0), Spacing::Log),
            Layer::Points { points, roles, size: 1.0 },
        ),
        panel("boxes", number("v", 0.0, 10.0), names(), Layer::Boxes { lying: true, boxes }),
        panel("intervals", number("v", 0.0, 10.0), names(), Layer::Intervals { lying: true, intervals }),
        panel("fields", number("a", 0.0, 4.0), number("b", 0.0, 3.0), Layer::Heat { cells: cells.collect() }),
    ];
    let ramp = Ramp { label: "count".into(), lo: "0".into(), hi: "11".into(), diverging: false };
    Figure { legend: keys(3, Mark::Point), ramp: Some(ramp), ..figure("mixed", panels) }
}

/// Stacked columns that rise and fall, as of a waterfall, and a histogram.
fn columns() -> Figure {
    let bar = |i: usize, from: f64, to: f64, role| Bar { sides: (i as f64, i as f64 + 1.0), from, to, role };
    let bars = vec![
        bar(0, 0.0, 10.0, Role::Series(0)),
        bar(0, 10.0, 14.0, Role::Series(1)),
        bar(1, 0.0, 25.0, Role::Series(0)),
        bar(1, 25.0, 26.0, Role::Series(1)),
        bar(3, 0.0, 0.3, Role::Series(0)),
        bar(4, 0.0, -8.0, Role::Fall),
    ];
    let panel = Panel {
        title: None,
        x: number("bin", 0.0, 5.0),
        y: number("rows", -10.0, 30.0),
        layers: vec![Layer::Bars { lying: false, bars }],
    };
    Figure { legend: keys(2, Mark::Fill), ..figure("columns", vec![panel]) }
}

fn all() -> [(&'static str, Figure); 4] {
    [("towns", towns()), ("days", days()), ("mixed", mixed()), ("columns", columns())]
}

fn drawn(figure: &Figure, width: usize, height: usize, glyphs: Glyphs, colour: bool) -> Vec<Line> {
    plot(figure, &PlotOptions { width, height, glyphs, colour })
}

#[test]
fn figures_as_text() {
    let mut told = String::new();
    for (name, figure) in all() {
        for (width, height, glyphs, colour) in [
            (80, 24, Glyphs::Braille, true),
            (80, 24, Glyphs::Blocks, true),
            (80, 24, Glyphs::Ascii, false),
            (40, 12, Glyphs::Braille, true),
        ] {
            let lines = drawn(&figure, width, height, glyphs, colour);
            told.push_str(&format!("=== {name} {width}×{height} {glyphs:?}\n{}", text(&lines, false)));
        }
    }
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("text", told);
    });
}

#[test]
fn text_fits_and_ascii_is_ascii() {
    for (name, figure) in all() {
        for width in [1, 7, 8, 20, 40, 57, 80, 120, 300] {
            for height in [1, 3, 4, 6, 12, 24, 60] {
                let lines = drawn(&figure, width, height, Glyphs::Braille, true);
                assert_eq!(lines.len(), height, "{name}");
                for line in &lines {
                    let wide: usize = line.iter().map(|s| safe::width(&s.text)).sum();
                    assert!(wide <= width, "{name} {width}×{height}: {wide} in {line:?}");
                }
            }
        }
    }
    let lines = drawn(&days(), 80, 24, Glyphs::Ascii, false);
    let outside = text(&lines, false).chars().filter(|c| !c.is_ascii()).collect::<String>();
    assert!(outside.chars().all(|c| "日付中央アンドロイド行1,234".contains(c)), "{outside}");
}

#[test]
fn colours_come_only_where_they_are_wanted() {
    let lines = drawn(&days(), 80, 24, Glyphs::Braille, true);
    assert!(!text(&lines, false).contains('\u{1b}'));
    let coloured = text(&lines, true);
    assert!(coloured.contains("\u{1b}[38;5;32m") && coloured.contains("\u{1b}[38;5;172m"));
}

/// The tags of an XML document, checked to be opened and closed in order.
fn tags(document: &str) -> Vec<String> {
    let mut open: Vec<String> = Vec::new();
    let mut seen = Vec::new();
    let mut rest = document;
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "a stray bracket");
        let end = at + rest[at..].find('>').expect("an open tag");
        let tag = &rest[at + 1..end];
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
        } else {
            let name = tag.trim_end_matches('/').split_whitespace().next().unwrap_or("").to_owned();
            if !tag.ends_with('/') {
                open.push(name.clone());
            }
            seen.push(name);
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "{open:?}");
    seen
}

#[test]
fn svg_is_sound_and_needs_no_font() {
    let options = ImageOptions::default();
    for (name, figure) in all() {
        let document = svg(&figure, &options).unwrap();
        let tags = tags(&document);
        assert_eq!(tags.first().map(String::as_str), Some("svg"));
        assert!(!tags.iter().any(|t| t == "text" || t == "image"), "{name}");
        assert!(tags.iter().filter(|t| *t == "path").count() >= 8, "{name}");
        assert!(!document.contains("font"), "{name}");
        assert_eq!(document, svg(&figure, &options).unwrap());
    }
    let mut odd = towns();
    odd.title = "<b> & \"quotes\" \u{1b}[31m \u{0}".into();
    tags(&svg(&odd, &options).unwrap());
}

/// Width, height and the pixels of a PNG.
fn decoded(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(bytes).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, pixels)
}

/// How many pixels of a part of an image are not white, as a share; the part in shares of the whole.
fn inked((width, height, pixels): &(u32, u32, Vec<u8>), x: (f64, f64), y: (f64, f64)) -> f64 {
    let side = |of: u32, share: f64| (f64::from(of) * share) as usize;
    let (mut ink, mut all) = (0, 0);
    for row in side(*height, y.0)..side(*height, y.1) {
        for column in side(*width, x.0)..side(*width, x.1) {
            let at = (row * *width as usize + column) * 3;
            all += 1;
            ink += usize::from(pixels[at..at + 3] != [255, 255, 255]);
        }
    }
    ink as f64 / all as f64
}

#[test]
fn png_has_the_size_asked_for_and_ink_where_it_belongs() {
    for (name, figure) in all() {
        let options = ImageOptions { width: 500, height: 300, scale: 1.5 };
        let image = decoded(&png_of(&figure, &options));
        assert_eq!((image.0, image.1), (750, 450), "{name}");
        // Title, plot, words below; and a free margin.
        assert!(inked(&image, (0.0, 0.5), (0.03, 0.12)) > 0.01, "{name}: no title");
        assert!(inked(&image, (0.2, 0.95), (0.3, 0.85)) > 0.01, "{name}: nothing drawn");
        assert!(inked(&image, (0.2, 1.0), (0.86, 0.99)) > 0.005, "{name}: no words below");
        assert_eq!(inked(&image, (0.0, 1.0), (0.0, 0.02)), 0.0, "{name}: no margin");
        assert_eq!(png_of(&figure, &options), png_of(&figure, &options));
    }
    // The longest bar reaches further than the others.
    let image = decoded(&png_of(&towns(), &ImageOptions { width: 500, height: 300, scale: 1.0 }));
    assert!(inked(&image, (0.70, 0.72), (0.30, 0.33)) > 0.9 && inked(&image, (0.70, 0.72), (0.5, 0.58)) < 0.2);
}

fn png_of(figure: &Figure, options: &ImageOptions) -> Vec<u8> {
    mekiki::output::image::png(figure, options).unwrap()
}

#[test]
fn absurd_sizes_are_refused() {
    for (width, height, scale) in
        [(10, 600, 1.0), (1000, 100_000, 1.0), (8000, 8000, 8.0), (1000, 600, 0.0), (1000, 600, f64::NAN)]
    {
        assert!(svg(&towns(), &ImageOptions { width, height, scale }).is_err(), "{width} {height} {scale}");
    }
}

#[test]
fn numbers_for_machines() {
    let json = towns().to_json();
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["panels"][0]["y"]["ticks"][1]["text"], "大阪府");
    assert_eq!(json["panels"][0]["layers"][0]["bars"][2]["to"], 50.5);
    let table = towns().to_table();
    let rows: Vec<String> =
        table.rows.iter().map(|r| r.iter().map(|c| c.plain()).collect::<Vec<_>>().join("|")).collect();
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[3], "|bar||||神奈川県横浜市||12.0");
    let days = days().to_table();
    assert!(days.rows.iter().any(|r| r[3].plain() == "2024-10-04"));
    assert_eq!(columns().to_table().rows[1].last().map(|c| c.plain()).as_deref(), Some("4.0"));
}

#[test]
fn where_categories_are_cut_no_half_words_are_left_beside() {
    let names = (0..20).map(|i| Label::from(format!("n{i:02}").as_str())).collect();
    let bar =
        |i: usize| Bar { sides: (i as f64 - 0.4, i as f64 + 0.4), from: 0.0, to: i as f64, role: Role::Series(0) };
    let panel = Panel {
        title: None,
        x: number("how many rows there are by name", 0.0, 20.0),
        y: Axis { label: Some("name".into()), ..Axis::categories(names, true) },
        layers: vec![Layer::Bars { lying: true, bars: (0..20).map(bar).collect() }],
    };
    let options = PlotOptions { width: 40, height: 12, glyphs: Glyphs::Ascii, colour: false };
    let lines = plot(&figure("Bars", vec![panel]), &options);
    let texts: Vec<String> = lines.iter().map(|l| l.iter().map(|s| s.text.as_str()).collect::<String>()).collect();
    let said = texts.iter().find(|t| t.contains("do not fit here.")).expect("what is cut");
    assert!(said.trim_end().ends_with("here."), "{said}");
}
