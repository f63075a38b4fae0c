//! Holds the two languages: the same texts in both, each text used, each text asked for there, every command described.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::FluentResource;
use mekiki::command::{COMMANDS, GLOBAL, OPENING, Param, READING, WRITING};
use mekiki::text::Lang;
use unicode_width::UnicodeWidthStr;

use super::ftl::{self, Message, messages};
use super::none;
use super::rust::{Source, Spot, sources};

/// Every parameter of every command, with where it stands.
fn params() -> Vec<(&'static str, &'static Param)> {
    let shared = [("GLOBAL", GLOBAL), ("OPENING", OPENING), ("READING", READING), ("WRITING", WRITING)];
    let own = COMMANDS.iter().filter_map(|c| c.cli.as_ref().map(|cli| (c.name, cli.params)));
    shared.into_iter().chain(own).flat_map(|(place, list)| list.iter().map(move |p| (place, p))).collect()
}

fn is_japanese(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '々')
}

#[test]
fn text_files_are_sound_and_name_each_text_once() {
    for lang in Lang::ALL {
        if let Err((_, errors)) = FluentResource::try_new(lang.source().to_owned()) {
            panic!("{}.ftl: {errors:?}", lang.code());
        }
        let mut seen = BTreeSet::new();
        let twice: Vec<String> =
            ftl::parse(lang.source()).unwrap().into_iter().map(|m| m.0).filter(|id| !seen.insert(id.clone())).collect();
        assert!(twice.is_empty(), "{}.ftl defines twice: {twice:?}", lang.code());
    }
}

/// What the one language has and the other lacks, or has otherwise.
fn differences(en: &BTreeMap<String, Message>, ja: &BTreeMap<String, Message>) -> Vec<String> {
    let mut found = Vec::new();
    for id in en.keys().chain(ja.keys()).collect::<BTreeSet<_>>() {
        let (Some(a), Some(b)) = (en.get(id), ja.get(id)) else {
            found.push(format!("{id}: only in {}", if en.contains_key(id) { "en" } else { "ja" }));
            continue;
        };
        let shape = |m: &Message| -> BTreeMap<String, BTreeSet<String>> {
            m.patterns().map(|(name, pattern)| (name.to_owned(), ftl::variables(pattern))).collect()
        };
        let (a, b) = (shape(a), shape(b));
        for name in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
            match (a.get(name), b.get(name)) {
                (Some(x), Some(y)) if x == y => {}
                (Some(x), Some(y)) => found.push(format!("{id}.{name}: values {x:?} in en, {y:?} in ja")),
                (Some(_), None) => found.push(format!("{id}.{name}: only in en")),
                _ => found.push(format!("{id}.{name}: only in ja")),
            }
        }
    }
    found
}

#[test]
fn both_languages_have_the_same_texts_attributes_and_values() {
    none(&differences(&messages(Lang::En), &messages(Lang::Ja)));
}

#[test]
fn a_difference_between_the_languages_is_noticed() {
    let read = |text: &str| ftl::parse(text).unwrap().into_iter().collect::<BTreeMap<_, _>>();
    let en = read("a = { $x }\nb = B\n    .help = H\nc = C\nsame = { $n }\n    .help = H\n");
    let ja = read("a = { $y }\nb = B\nd = D\nsame = 計{ $n }\n    .help = 助\n");
    let found = differences(&en, &ja);
    assert_eq!(found.len(), 4, "{found:?}");
}

#[test]
fn japanese_is_japanese() {
    let mut found = Vec::new();
    for (id, message) in messages(Lang::Ja) {
        for (name, pattern) in message.patterns() {
            let words = ftl::words(pattern);
            let latin = words.chars().filter(char::is_ascii_alphabetic).count();
            if latin > 20 && !words.chars().any(is_japanese) {
                found.push(format!("{id}.{name}: {pattern}"));
            }
        }
    }
    none(&found);
}

/// Texts that a literal anywhere in the program may name only if they are there: ids of these families.
const FAMILIES: [&str; 5] = ["error-", "hint-", "kind-", "menu-", "notice-"];

fn is_id(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// The places in a source where a text is asked for: just behind the opening bracket of `Msg::new(` and `tr(`.
fn askings(source: &Source) -> Vec<usize> {
    let word = |i: usize| source.tokens.get(i).and_then(Spot::word);
    (0..source.tokens.len())
        .filter_map(|at| match word(at) {
            Some("Msg") if word(at + 3) == Some("new") && source.is(at + 4, '(') => Some(at + 5),
            Some("tr") if source.is(at + 1, '(') && (at == 0 || word(at - 1) != Some("fn")) => Some(at + 2),
            _ => None,
        })
        .collect()
}

/// The ids a source asks for, with their lines: literals within `Msg::new(…)` and `tr(…)`, patterns of a `match` left
/// out, and literals anywhere that belong to a family of texts.
fn asked(source: &Source) -> BTreeSet<(String, usize)> {
    let mut found = BTreeSet::new();
    for at in askings(source) {
        for i in at..source.behind(at - 1) {
            let Some(id) = source.tokens[i].text() else { continue };
            let is_pattern = (source.is(i + 1, '=') && source.is(i + 2, '>')) || source.is(i + 1, '|');
            if i == at || (is_id(id) && !is_pattern) {
                found.insert((id.to_owned(), source.tokens[i].line));
            }
        }
    }
    for (literal, line) in source.literals() {
        if is_id(literal) && FAMILIES.iter().any(|f| literal.strip_prefix(f).is_some_and(|rest| !rest.is_empty())) {
            found.insert((literal.to_owned(), line));
        }
    }
    found
}

#[test]
fn every_text_asked_for_is_there() {
    let there = messages(Lang::En);
    let mut found = Vec::new();
    for source in sources() {
        for (id, line) in asked(&source) {
            if !there.contains_key(&id) {
                found.push(format!("src/{}:{line}: no text `{id}`", source.path));
            }
        }
    }
    for (place, param) in params() {
        if !there.contains_key(param.text) {
            found.push(format!("{place}: no text `{}`", param.text));
        }
    }
    none(&found);
}

#[test]
fn askings_are_found() {
    let code = r#"
        fn tr(id: &str) {}
        fn f() {
            Msg::new("one").with("key", 1); text::tr("two"); write_str("three");
            Msg::new(match x { "en" | "ja" => "four", _ => "five" });
            let id = if y { "error-six" } else { "hint-" };
        }
        #[cfg(test)] mod tests { fn g() { tr("seven") } }"#;
    let ids: Vec<String> = asked(&Source::new("a.rs", code)).into_iter().map(|a| a.0).collect();
    assert_eq!(ids, ["error-six", "five", "four", "one", "two"]);
}

#[test]
fn every_text_is_used() {
    let sources = sources();
    let mut used: BTreeSet<String> = sources.iter().flat_map(|s| s.literals().map(|l| l.0.to_owned())).collect();
    used.extend(COMMANDS.iter().map(|c| c.label().id.to_owned()));
    used.extend(params().iter().map(|(_, p)| p.text.to_owned()));
    let there = messages(Lang::En);
    used.extend(there.values().flat_map(|m| m.patterns().flat_map(|(_, p)| ftl::references(p)).collect::<Vec<_>>()));
    let mut found: Vec<String> =
        there.keys().filter(|id| !used.contains(*id)).map(|id| format!("{id} is used nowhere")).collect();
    let attributes: BTreeSet<&str> = there.values().flat_map(|m| m.attributes.keys().map(String::as_str)).collect();
    found.extend(
        attributes.into_iter().filter(|a| !used.contains(*a)).map(|a| format!("attribute .{a} is used nowhere")),
    );
    none(&found);
}

/// Where the values given to a text, in one chain `Msg::new("id").with("key", …)…`, are not those it asks for. Chains
/// without any value, or bound to a name, may get their values elsewhere.
fn mismatches(source: &Source, there: &BTreeMap<String, Message>) -> Vec<String> {
    let mut found = Vec::new();
    for at in askings(source) {
        let Some((id, message)) = source.tokens[at].text().and_then(|id| there.get_key_value(id)) else { continue };
        let mut next = source.behind(at - 1);
        if !source.is(at + 1, ')') {
            continue;
        }
        let mut given = BTreeSet::new();
        while source.is(next, '.')
            && source.tokens.get(next + 1).and_then(Spot::word) == Some("with")
            && source.is(next + 2, '(')
        {
            given.extend(source.tokens.get(next + 3).and_then(Spot::text).map(str::to_owned));
            next = source.behind(next + 2);
        }
        let wanted: BTreeSet<String> = message.patterns().flat_map(|(_, p)| ftl::variables(p)).collect();
        if given != wanted && !(given.is_empty() && source.is(next, ';')) {
            found.push(format!(
                "src/{}:{}: `{id}` wants {wanted:?}, is given {given:?}",
                source.path, source.tokens[at].line
            ));
        }
    }
    found
}

#[test]
fn texts_are_given_the_values_they_ask_for() {
    let there = messages(Lang::En);
    none(&sources().iter().flat_map(|s| mismatches(s, &there)).collect::<Vec<_>>());
}

#[test]
fn a_value_that_is_missing_or_misspelt_is_noticed() {
    let there: BTreeMap<_, _> = ftl::parse("a = { $x } and { $y }\nb = B\n").unwrap().into_iter().collect();
    let count = |code: &str| mismatches(&Source::new("a.rs", code), &there).len();
    assert_eq!(count(r#"f(Msg::new("a").with("x", g(1, ")")).with("y", 2), Msg::new("b"))"#), 0);
    assert_eq!(count(r#"f(Msg::new("a").with("x", 1))"#), 1);
    assert_eq!(count(r#"f(Msg::new("a").with("x", 1).with("z", 2))"#), 1);
    assert_eq!(count(r#"f(Msg::new("b").with("x", 1))"#), 1);
    assert_eq!(count(r#"f(Msg::new("a"))"#), 1);
}

#[test]
fn every_command_is_described_in_both_languages() {
    let mut found = Vec::new();
    let english = messages(Lang::En);
    for lang in Lang::ALL {
        let texts = messages(lang);
        let mut labels: BTreeMap<String, &str> = BTreeMap::new();
        let mut hints: BTreeMap<String, &str> = BTreeMap::new();
        for command in COMMANDS {
            let mut say = |what: String| found.push(format!("{}: {}: {what}", lang.code(), command.name));
            let Some(text) = texts.get(command.label().id) else {
                say("no text".to_owned());
                continue;
            };
            if let Some(other) = labels.insert(text.value.clone(), command.name) {
                say(format!("has the name of `{other}`"));
            }
            let attribute = |name: &str| text.attributes.get(name).map(String::as_str).unwrap_or_default();
            if (command.hint > 0) == attribute("hint").is_empty() {
                say(format!("rank {} in the line of hints, and its word is “{}”", command.hint, attribute("hint")));
            }
            if command.hint > 0 {
                if attribute("hint").contains(char::is_whitespace) || attribute("hint").width() > 8 {
                    say(format!("“{}” is not one short word", attribute("hint")));
                }
                if let Some(other) = hints.insert(attribute("hint").to_owned(), command.name) {
                    say(format!("has the hint of `{other}`"));
                }
            }
            if !attribute("help").ends_with(['.', '。']) {
                say("its help is not a sentence".to_owned());
            }
            let words = attribute("words");
            if !words.chars().any(is_japanese) || !words.chars().any(|c| c.is_ascii_alphabetic()) {
                say("people looking for it in the other language do not find it".to_owned());
            }
            if english
                .get(command.label().id)
                .is_some_and(|e| e.attributes.get("words") != text.attributes.get("words"))
            {
                say("its other words are not those in English".to_owned());
            }
            if lang == Lang::Ja && ![text.value.as_str(), attribute("help")].iter().all(|t| t.chars().any(is_japanese))
            {
                say("is not in Japanese".to_owned());
            }
        }
        for menu in mekiki::command::Menu::ALL {
            if !texts.contains_key(menu.title().id) {
                found.push(format!("{}: no text `{}`", lang.code(), menu.title().id));
            }
        }
    }
    none(&found);
}
