//! Reports as documents: whole, with nothing from data read as markup, and made again by a recipe and by Python.

use super::{Place, bytes, snapshot};

const SEED: [&str; 5] = ["ab", "--arm", "A=118/2000", "--arm", "B=90/2000"];

fn text(place: &Place, name: &str) -> String {
    String::from_utf8(bytes(&place.path(name))).unwrap()
}

/// A page without its drawings and its style.
fn words(page: &str) -> String {
    let mut left = page.to_owned();
    for (from, to) in [("<svg", "</svg>"), ("<style>", "</style>")] {
        while let (Some(a), Some(b)) = (left.find(from), left.find(to)) {
            left.replace_range(a..b + to.len(), "[…]");
        }
    }
    left.replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
}

#[test]
fn a_page_and_a_text_say_everything_in_both_languages() {
    let place = Place::new();
    for lang in ["en", "ja"] {
        let sample = ["ab", "sample:experiment", "--variant", "variant", "--metric", "converted", "--lang", lang];
        place.run(&[&sample[..], &["-o", "report.html"]].concat()).code(0);
        place.run(&[&sample[..], &["-o", "report.md"]].concat()).code(0);
        let page = text(&place, "report.html");
        assert!(page.contains(&format!("<html lang=\"{lang}\">")) && page.contains("<svg"));
        assert!(!page.contains("<script") && !page.contains("src=") && !page.contains("href="));
        snapshot!(format!("report-html-{lang}"), words(&page));
        snapshot!(format!("report-md-{lang}"), text(&place, "report.md"));
    }
    assert!(bytes(&place.path("report-1.png")).starts_with(b"\x89PNG"));
    place.run(&["ab", "plan", "--rate", "5%", "--start", "2026-01-05", "-o", "plan.html"]).code(0);
    assert!(text(&place, "plan.html").contains("<svg"));
}

#[test]
fn names_out_of_data_are_no_markup() {
    let place = Place::new();
    let rows: String =
        (0..400).map(|i| format!("{},{}\n", ["a<b", "'\\'><img>"][i % 2], u8::from(i % 7 == 0))).collect();
    place.write("x.csv", &format!("arm,</title><script>alert(1)</script>\n{rows}"));
    let name = "</title><script>alert(1)</script>";
    for file in ["x.html", "x.md", "x.py"] {
        place.run(&["ab", "x.csv", "--variant", "arm", "--metric", name, "-o", file]).code(0);
    }
    let page = text(&place, "x.html");
    assert!(page.contains("&lt;script&gt;") && page.contains("&lt;img&gt;"));
    assert!(!page.contains("<script") && !page.contains("<img"));
    let md = text(&place, "x.md");
    assert!(md.contains("\\<img") && !md.lines().any(|l| l.starts_with('|') && l.contains(" <img")));
    let python = text(&place, "x.py");
    assert!(
        python.contains("ARMS = [\"'\\\\'><img>\", \"a<b\"]") || python.contains("ARMS = [\"a<b\", \"'\\\\'><img>\"]")
    );
    assert!(python.contains("df = pd.read_csv(\"x.csv\")"));
}

#[test]
fn all_figures_are_written_and_others_are_refused() {
    let place = Place::new();
    let both = ["ab", "sample:experiment", "--variant", "variant", "--metric", "converted,revenue"];
    place.run(&[&both[..], &["-o", "x.svg"]].concat()).code(0);
    assert!(text(&place, "x.svg").starts_with("<svg") && text(&place, "x-2.svg").starts_with("<svg"));
    let mut all = String::new();
    for words in [
        &["chart", "sales.csv", "--x", "price", "-o", "x.html"][..],
        &["export", "sales.csv", "-o", "x.py"],
        &["ab", "plan", "--rate", "5%", "-o", "plan.py"],
    ] {
        all.push_str(&place.run(words).code(2).told(words));
    }
    snapshot!("report-refused", all);
}

#[test]
fn the_program_in_python_counts_what_was_given() {
    let place = Place::new();
    let out = place.run(&[&SEED[..], &["--format", "py"]].concat()).code(0).out;
    assert!(out.contains("p_values += rates(\"conversion\", ARMS, x=[118, 90], n=[2000, 2000])"));
    place.write("x.py", &out);
    let python = std::process::Command::new("python3").arg(place.path("x.py")).output();
    // Where there is no Python there is nothing to run.
    let Ok(done) = python else { return };
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    // statsmodels 0.14: proportions_ztest([90, 118], [2000, 2000]).
    assert!(told.contains("z = -1.993986415, p = 0.04615353913"), "{told}");
}

#[test]
fn a_recipe_makes_the_report_again() {
    let place = Place::new();
    let step = "[[steps]]\nop = \"ab\"\nvariant = \"variant\"\nmetrics = [\"converted\"]\n";
    let recipe = |output: &str| format!("version = 1\nlocator = \"sample:experiment\"\n\n{step}{output}");
    place.write("ab.toml", &recipe("output = \"out.html\"\n"));
    place.run(&["run", "ab.toml"]).code(0);
    let page = text(&place, "out.html");
    assert!(page.contains("converted") && page.contains("sample:experiment") && page.contains("mekiki run ab.toml"));
    // Without a place it is not carried out, and that is said; a flag names one.
    place.write("ab.toml", &recipe(""));
    assert!(place.run(&["run", "ab.toml", "--limit", "1"]).code(0).err.contains("output = \"ab-converted.html\""));
    place.run(&["run", "ab.toml", "-o", "again.html"]).code(0);
    assert!(text(&place, "again.html").contains("<svg"));
}
