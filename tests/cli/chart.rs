//! `chart`: drawings, images, numbers, and what is refused.

use super::{Place, bytes, snapshot};

/// Like the usual table, with a column of times and more rows.
fn place() -> Place {
    let place = Place::new();
    let rows: String = (0..60u32)
        .map(|i| {
            format!(
                "2026-{:02}-{:02},{},{},{}\n",
                i / 28 + 1,
                i % 28 + 1,
                ["東京", "大阪", "札幌"][i as usize % 3],
                i * i % 101,
                ["x", "y"][i as usize % 2]
            )
        })
        .collect();
    place.write("many.csv", format!("day,town,price,kind\n{rows}"));
    place
}

#[test]
fn charts_for_people() {
    let place = place();
    let mut all = String::new();
    for words in [
        &["chart", "many.csv", "--x", "town"][..],
        &["chart", "many.csv", "--x", "price", "--lang", "ja"],
        &["chart", "many.csv", "--x", "day", "--y", "price", "--measure", "sum", "--colour", "town"],
        &["chart", "many.csv", "--x", "town", "--y", "price", "--kind", "box"],
        &["chart", "many.csv", "--x", "town", "--y", "kind", "--width", "50"],
        &["chart", "many.csv", "--x", "price", "--kind", "cumulative", "--facet", "town", "--where", "price > 10"],
        &["chart", "sales.csv", "--x", "country", "--y", "price", "--height", "12", "--lang", "ja"],
        &["chart", "many.csv", "--x", "town", "--y", "kind", "--colour", "price", "--measure", "sum", "--width", "50"],
        &["chart", "many.csv", "--x", "town", "--y", "price", "--format", "csv"],
    ] {
        all.push_str(&place.run(words).code(0).told(words));
    }
    for words in [
        &["chart", "many.csv"][..],
        &["chart", "many.csv", "--x", "twon"],
        &["chart", "many.csv", "--x", "town", "--y", "kind", "--kind", "bar"],
        &["chart", "many.csv", "--x", "town", "--y", "kind", "--kind", "bar", "--lang", "ja"],
        &["chart", "many.csv", "--x", "town", "--y", "kind", "--measure", "sum", "--lang", "ja"],
        &["chart", "many.csv", "--x", "town", "-o", "out/x.pdf"],
        &["chart", "many.csv", "--x", "town", "-o", "out/x.png", "--width", "3"],
        &["export", "many.csv", "-o", "out/x.png"],
        &["view", "many.csv", "--format", "svg", "--lang", "ja"],
    ] {
        all.push_str(&place.run(words).code(2).told(words));
    }
    all.push_str(
        &place
            .run(&["chart", "many.csv", "--x", "price", "--where", "price > 1000"])
            .code(1)
            .told(&["chart", "(nothing)"]),
    );
    snapshot!("chart", all);
    assert_eq!(place.files("out"), Vec::<String>::new());
}

#[test]
fn images_are_the_same_each_time_and_by_each_road() {
    let place = place();
    let chart = ["chart", "many.csv", "--x", "town", "--y", "price", "--lang", "ja"];
    let run = |more: &[&str]| place.run(&[&chart[..], more].concat()).code(0);
    run(&["-o", "out/a.png"]);
    run(&["-o", "out/b.png"]);
    run(&["-o", "out/c.SVG", "-q"]);
    let image = bytes(&place.path("out/a.png"));
    assert_eq!(image, bytes(&place.path("out/b.png")));
    assert_eq!(
        &image[16..24],
        [
            0,
            0,
            2000u16.to_be_bytes()[0],
            2000u16.to_be_bytes()[1],
            0,
            0,
            1200u16.to_be_bytes()[0],
            1200u16.to_be_bytes()[1]
        ]
    );
    let piped = run(&["--format", "svg", "-q"]).out;
    assert_eq!(piped.as_bytes(), bytes(&place.path("out/c.SVG")));
    assert!(piped.starts_with("<svg") && piped.ends_with("</svg>\n"));
    run(&["-o", "out/d.svg.gz"]);
    assert_eq!(&bytes(&place.path("out/d.svg.gz"))[..2], [0x1f, 0x8b]);
    run(&["-o", "out/small.png", "--width", "300", "--height", "200", "--scale", "1"]);
    assert_eq!(&bytes(&place.path("out/small.png"))[16..24], [0, 0, 1, 44, 0, 0, 0, 200]);
}

#[test]
fn the_figure_as_json() {
    let place = place();
    let told = place.run(&["chart", "many.csv", "--x", "town", "--json"]).code(0);
    let json: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["panels"][0]["layers"][0]["bars"][0]["to"], 20.0);
}
