//! What goes wrong, in both languages: the words on standard error, nothing on standard output, the exit code.

use mekiki::text::Lang;

use super::{Place, snapshot};

const WRONG: &[(i32, &[&str])] = &[
    (2, &["view"]),
    (2, &["view", "sales.csv", "more.csv"]),
    (2, &["view", "sales.csv", "--limt", "3"]),
    (2, &["view", "sales.csv", "--frobnicate"]),
    (2, &["view", "sales.csv", "--limit"]),
    (2, &["view", "sales.csv", "--limit", "ten"]),
    (2, &["view", "sales.csv", "--limit", "-2"]),
    (2, &["view", "sales.csv", "--where", ""]),
    (2, &["view", "sales.csv", "--where", "price >"]),
    (2, &["view", "sales.csv", "--where", "prize > 3"]),
    (2, &["view", "sales.csv", "--sort", "prise:desc"]),
    (2, &["view", "sales.csv", "--columns", "day,nothing at all"]),
    (2, &["view", "sales.csv", "--seed", "3"]),
    (2, &["view", "sales.csv", "--sample", "-3"]),
    (2, &["view", "sales.csv", "--timeout", "soon"]),
    (2, &["view", "sales.csv", "--max-memory", "much"]),
    (2, &["view", "sales.csv", "--delimiter", "::"]),
    (2, &["view", "sales.csv", "--format", "pdf"]),
    (2, &["view", "sales.csv", "--json", "--format", "csv"]),
    (2, &["view", "sales.csv", "--config", "none.toml"]),
    (2, &["view", "sales.csv", "-o", "out/x.pdf"]),
    (2, &["view", "sales.csv", "-o", "out"]),
    (1, &["view", "sales.csv", "-o", "nowhere/x.csv"]),
    (1, &["view", "missing.csv"]),
    (1, &["view", "prdo:mart.v_daily"]),
    (2, &["export", "sales.csv"]),
    (2, &["veiw", "sales.csv"]),
    (2, &["sales.csv", "export"]),
    (2, &["--encoding", "cp932", "doctor"]),
    (2, &["help", "everything"]),
    (2, &["gen"]),
    (2, &["gen", "poem"]),
    (2, &["gen", "completions", "--shell", "cmd"]),
    (2, &["--color", "red"]),
    (2, &[]),
    (2, &["sales.csv", "more.csv"]),
    (4, &["view", "sales.csv", "--timeout", "0s"]),
    (4, &["export", "sales.csv", "-o", "out/x.csv", "--timeout", "0s"]),
    (5, &["profile", "sales.csv", "--max-bytes", "10"]),
    (5, &["view", "many", "--max-bytes", "200"]),
    (5, &["view", "many/*.csv", "--max-bytes", "200"]),
    (6, &["profile", "sales.csv", "--where", "price > 1000000", "--fail-empty", "--json", "-o", "out/p.json"]),
];

#[test]
fn every_kind_of_error_in_both_languages() {
    let place = Place::new();
    std::fs::create_dir(place.path("many")).unwrap();
    for name in ["many/a.csv", "many/b.csv"] {
        place.write(name, super::SALES);
    }
    for lang in Lang::ALL {
        let mut all = String::new();
        for (code, words) in WRONG {
            let words: Vec<&str> = words.iter().chain(&["--lang", lang.code()]).copied().collect();
            let outcome = place.run(&words).code(*code);
            assert_eq!(outcome.out, "", "{words:?}");
            all.push_str(&outcome.told(&words));
        }
        snapshot!(format!("errors-{}", lang.code()), all);
    }
    assert_eq!(place.files("out"), ["p.json"]);
}

#[test]
fn a_refusal_for_want_of_memory() {
    let place = Place::new();
    let outcome = place.run(&["view", "sales.csv", "--sort", "price", "--max-memory", "1"]).code(5);
    assert!(outcome.out.is_empty() && outcome.err.contains("--max-memory"), "{outcome:?}");
}

#[test]
fn causes_are_told_on_request_and_nothing_drives_the_terminal() {
    let place = Place::new();
    let evil = "evil\u{1b}c\u{202e}.csv";
    let plain = place.run(&["view", evil]).code(1);
    let more = place.run(&["view", evil, "-v"]).code(1);
    for outcome in [&plain, &more] {
        assert!(!outcome.err.contains(['\u{1b}', '\u{202e}']), "{outcome:?}");
    }
    assert!(!plain.err.contains("Cause:") && more.err.contains("Cause:"), "{more:?}");
}

#[test]
fn a_wrong_configuration_names_file_and_line() {
    let place = Place::new();
    place.write(".mekiki.toml", "lang = \"en\"\ncolour = 3\n");
    let outcome = place.run(&["view", "sales.csv"]).code(2);
    assert!(outcome.err.contains(".mekiki.toml, line 2"), "{outcome:?}");
    place.write(".mekiki.toml", "max-memory = \"lots\"\n");
    place.run(&["view", "sales.csv"]).code(2);
    place.write(".mekiki.toml", "lang = \"fr\"\n");
    place.run(&["view", "sales.csv"]).code(2);
}

#[test]
#[cfg(target_os = "linux")]
fn what_the_system_says_is_told_in_the_language_of_the_rest() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("home/config/mekiki")).unwrap();
    // Nobody listens at this port, and nobody has this name.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).unwrap();
    let config = format!(
        "[connections.r]\nkind = \"redash\"\nurl = \"http://{nobody}\"\napi_key = \"k123456\"\n\
         [connections.h]\nkind = \"redash\"\nurl = \"http://nobody.invalid\"\napi_key = \"k123456\"\n\
         [connections.p]\nkind = \"postgres\"\nurl = \"postgres://u@{nobody}/d?sslmode=disable\"\n"
    );
    place.write("home/config/mekiki/config.toml", &config);
    place.write("file", "no folder");
    let looped = place.path("loop.csv");
    std::os::unix::fs::symlink(&looped, &looped).unwrap();
    for (code, words, ja) in [
        (1, vec!["view", "loop.csv"], "シンボリックリンクが多すぎます"),
        (1, vec!["export", "sales.csv", "-o", "file/x.csv"], "フォルダーではない"),
        (1, vec!["export", "sales.csv", "-o", "loop.csv"], "シンボリックリンクが多すぎます"),
        (1, vec!["view", "sales.csv", "--format", "csv", "-o", "/dev/full"], "ディスクの空き容量がありません"),
        (2, vec!["ab", "--arm", "A=1/20", "--arm", "B=2/20", "--plan", "none.toml"], "見つかりません"),
        (2, vec!["ab", "--arm", "A=1/20", "--arm", "B=2/20", "--plan", "home"], "フォルダーです"),
        (3, vec!["view", "r:1"], "接続が拒否されました"),
        (3, vec!["view", "h:1"], "ホスト名を解決できません"),
        (3, vec!["view", "p:public.t"], "接続が拒否されました"),
    ] {
        let told = place.run(&[&words[..], &["--lang", "ja"]].concat()).code(code);
        assert!(told.err.contains(ja) && !told.err.contains("os error"), "{words:?}: {}", told.err);
        let shown = place.run(&[&words[..], &["--lang", "en"]].concat()).code(code);
        assert!(!shown.err.contains("os error"), "{words:?}: {}", shown.err);
    }
    // Whoever asks for more has the system's own words as well.
    let told = place.run(&["view", "r:1", "--lang", "ja", "-v"]).code(3);
    assert!(told.err.contains("接続が拒否されました") && told.err.contains("os error"), "{}", told.err);
}
