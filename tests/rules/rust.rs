//! Reads Rust sources just well enough for the rules: words, marks and string literals, without comments and without
//! test modules. It knows nothing of types or of what the code means.

use std::collections::BTreeSet;

use super::{files_under, root};

/// A piece of source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// An identifier, keyword or number.
    Word(String),
    /// The content of a string literal, escapes left as they are written.
    Text(String),
    /// Any other character.
    Mark(char),
}

/// A token and the line it stands in.
#[derive(Clone, Debug)]
pub struct Spot {
    /// What stands there.
    pub token: Token,
    /// Line, from 1.
    pub line: usize,
}

impl Spot {
    /// The identifier, if it is one.
    pub fn word(&self) -> Option<&str> {
        match &self.token {
            Token::Word(w) => Some(w),
            _ => None,
        }
    }

    /// The string literal, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.token {
            Token::Text(t) => Some(t),
            _ => None,
        }
    }
}

/// A source file as the program is built from it, test modules taken out.
pub struct Source {
    /// Path within `src`, with `/`.
    pub path: String,
    /// Its pieces.
    pub tokens: Vec<Spot>,
    /// Test modules declared here that lie in files of their own, as paths without extension.
    tests: Vec<String>,
}

impl Source {
    /// Reads one file.
    pub fn new(path: &str, text: &str) -> Self {
        let (tokens, names) = without_tests(tokens(text));
        let folder = match path.rsplit_once('/') {
            _ if matches!(path, "lib.rs" | "main.rs") => String::new(),
            Some((folder, "mod.rs")) => format!("{folder}/"),
            _ => format!("{}/", path.trim_end_matches(".rs")),
        };
        let tests = names.into_iter().map(|n| format!("{folder}{n}")).collect();
        Self { path: path.to_owned(), tokens, tests }
    }

    /// The module at the top of the crate this file belongs to; none for the roots themselves.
    pub fn module(&self) -> Option<&str> {
        let first = self.path.split('/').next().unwrap_or("").trim_end_matches(".rs");
        (!matches!(first, "lib" | "main" | "bin" | "link")).then_some(first)
    }

    /// How many `super` lead from this file's module to the top of the crate.
    fn depth(&self) -> usize {
        let path = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        if self.module().is_none() { 0 } else { path.split('/').count() }
    }

    /// Whether the marks at `at` are `::`.
    fn path_mark(&self, at: usize) -> bool {
        let colon = |i: usize| self.tokens.get(i).is_some_and(|s| s.token == Token::Mark(':'));
        colon(at) && colon(at + 1)
    }

    /// Whether the word at `at` begins a path, rather than going on with one.
    fn begins_path(&self, at: usize) -> bool {
        !(at >= 3 && self.path_mark(at - 2) && (self.tokens[at - 3].word().is_some() || self.is(at - 3, '>')))
    }

    /// Whether the mark at `at` is `mark`.
    pub fn is(&self, at: usize, mark: char) -> bool {
        self.tokens.get(at).is_some_and(|s| s.token == Token::Mark(mark))
    }

    /// The first words of what stands at `at`, just behind a `::`: one word, or one for each member of a group.
    fn heads(&self, at: usize) -> Vec<(String, usize)> {
        let mut heads = Vec::new();
        if !self.is(at, '{') {
            if let Some(spot) = self.tokens.get(at) {
                let name = spot.word().map_or_else(|| "*".to_owned(), str::to_owned);
                if !self.is(at + 1, '!') {
                    heads.push((name, spot.line));
                }
            }
            return heads;
        }
        let mut depth = 0;
        for (i, spot) in self.tokens.iter().enumerate().skip(at) {
            match &spot.token {
                Token::Mark('{') => depth += 1,
                Token::Mark('}') => depth -= 1,
                Token::Word(w) if depth == 1 && w != "self" && (self.is(i - 1, '{') || self.is(i - 1, ',')) => {
                    heads.push((w.clone(), spot.line));
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        heads
    }

    /// Names at the top of the crate this file speaks of, with their lines: through `crate::`, or through as many
    /// `super::` as lead there (those only if `known` says the name is a module, as an inline module may mean less).
    pub fn imports(&self, known: impl Fn(&str) -> bool) -> Vec<(String, usize)> {
        let mut found = Vec::new();
        for at in 0..self.tokens.len() {
            match self.tokens[at].word() {
                Some("crate") if self.path_mark(at + 1) => found.extend(self.heads(at + 3)),
                Some("super") if self.path_mark(at + 1) && self.begins_path(at) => {
                    let mut next = at + 3;
                    let mut count = 1;
                    while self.tokens.get(next).and_then(Spot::word) == Some("super") && self.path_mark(next + 1) {
                        next += 3;
                        count += 1;
                    }
                    if count >= self.depth() {
                        found.extend(self.heads(next).into_iter().filter(|(name, _)| known(name)));
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// Lines where a crate is spoken of whose name satisfies `wanted`.
    pub fn crates(&self, wanted: impl Fn(&str) -> bool) -> Vec<(String, usize)> {
        let used = |at: &usize| {
            let imported = *at > 0 && matches!(self.tokens[at - 1].word(), Some("use" | "crate"));
            self.begins_path(*at) && (self.path_mark(at + 1) || imported)
        };
        (0..self.tokens.len())
            .filter_map(|at| self.tokens[at].word().filter(|w| wanted(w)).map(|w| (at, w)))
            .filter(|(at, _)| used(at))
            .map(|(at, w)| (w.to_owned(), self.tokens[at].line))
            .collect()
    }

    /// Lines where one of these macros is called.
    pub fn macros(&self, names: &[&str]) -> Vec<(String, usize)> {
        (0..self.tokens.len())
            .filter(|at| self.is(at + 1, '!') && !self.is(at + 2, '='))
            .filter_map(|at| {
                self.tokens[at].word().filter(|w| names.contains(w)).map(|w| (w.to_owned(), self.tokens[at].line))
            })
            .collect()
    }

    /// The place just behind the bracket that closes the one at `open`.
    pub fn behind(&self, open: usize) -> usize {
        closing(&self.tokens, open) + 1
    }

    /// Every string literal.
    pub fn literals(&self) -> impl Iterator<Item = (&str, usize)> {
        self.tokens.iter().filter_map(|s| s.text().map(|t| (t, s.line)))
    }
}

/// Every file of `src` that is part of the program: test modules and their files are left out.
pub fn sources() -> Vec<Source> {
    let all: Vec<Source> = files_under(&root().join("src"))
        .into_iter()
        .filter(|(path, _)| path.ends_with(".rs"))
        .map(|(path, file)| Source::new(&path, &std::fs::read_to_string(file).unwrap()))
        .collect();
    let tests: BTreeSet<String> = all.iter().flat_map(|s| s.tests.iter().cloned()).collect();
    let is_test = |path: &str| {
        tests.iter().any(|t| path.strip_prefix(t.as_str()).is_some_and(|rest| rest == ".rs" || rest.starts_with('/')))
    };
    let kept: Vec<Source> = all.into_iter().filter(|s| !is_test(&s.path)).collect();
    assert!(kept.len() > 20, "only {} sources were found", kept.len());
    kept
}

/// The place of the bracket that closes the one at `open`, or of the last token.
fn closing(tokens: &[Spot], open: usize) -> usize {
    let mut depth = 0usize;
    for (i, spot) in tokens.iter().enumerate().skip(open) {
        match spot.token {
            Token::Mark('(' | '[' | '{') => depth += 1,
            Token::Mark(')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return i;
                }
            }
            _ => {}
        }
    }
    tokens.len().saturating_sub(1)
}

/// Takes out modules marked `#[cfg(test)]`; gives the rest, and the names of those that lie in files of their own.
fn without_tests(tokens: Vec<Spot>) -> (Vec<Spot>, Vec<String>) {
    let mark = |i: usize, m: char| tokens.get(i).is_some_and(|s: &Spot| s.token == Token::Mark(m));
    let word = |i: usize| tokens.get(i).and_then(Spot::word);
    let mut kept = Vec::new();
    let mut names = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if mark(at, '#') && mark(at + 1, '[') && word(at + 2) == Some("cfg") {
            let end = closing(&tokens, at + 1);
            let says = |w: &str| tokens[at..end].iter().any(|s| s.word() == Some(w));
            let mut next = end + 1;
            while mark(next, '#') && mark(next + 1, '[') {
                next = closing(&tokens, next + 1) + 1;
            }
            if word(next) == Some("pub") {
                next += 1;
                if mark(next, '(') {
                    next = closing(&tokens, next) + 1;
                }
            }
            if says("test") && !says("not") && word(next) == Some("mod") {
                if mark(next + 2, ';') {
                    names.extend(word(next + 1).map(str::to_owned));
                    at = next + 3;
                } else {
                    at = closing(&tokens, next + 2) + 1;
                }
                continue;
            }
        }
        kept.push(tokens[at].clone());
        at += 1;
    }
    (kept, names)
}

/// Cuts a source into tokens; comments and character literals are dropped.
fn tokens(text: &str) -> Vec<Spot> {
    let chars: Vec<char> = text.chars().collect();
    let peek = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut found = Vec::new();
    let mut line = 1;
    let mut i = 0;
    while i < chars.len() {
        let start = i;
        let c = chars[i];
        let mut token = None;
        if c == '/' && peek(i + 1) == '/' {
            while i < chars.len() && chars[i] != '\n' {
                i += 1;
            }
        } else if c == '/' && peek(i + 1) == '*' {
            let mut depth = 0;
            while i < chars.len() {
                match (chars[i], peek(i + 1)) {
                    ('/', '*') => (depth, i) = (depth + 1, i + 2),
                    ('*', '/') => (depth, i) = (depth - 1, i + 2),
                    _ => i += 1,
                }
                if depth == 0 {
                    break;
                }
            }
        } else if c == '"' {
            i += 1;
            while i < chars.len() && chars[i] != '"' {
                i += if chars[i] == '\\' { 2 } else { 1 };
            }
            i = (i + 1).min(chars.len());
            token = Some(Token::Text(chars[start + 1..i.saturating_sub(1).max(start + 1)].iter().collect()));
        } else if c == '\'' && (peek(i + 1) == '\\' || peek(i + 2) == '\'') {
            i += if peek(i + 1) == '\\' { 3 } else { 2 };
            while i < chars.len() && chars[i] != '\'' {
                i += 1;
            }
            i += 1;
        } else if c == '_' || c.is_alphanumeric() {
            while i < chars.len() && (chars[i] == '_' || chars[i].is_alphanumeric()) {
                i += 1;
            }
            let word: String = chars[start..i].iter().collect();
            let hashes = (i..chars.len()).take_while(|&j| chars[j] == '#').count();
            if matches!(word.as_str(), "r" | "br" | "cr") && peek(i + hashes) == '"' {
                let from = i + hashes + 1;
                let ends = |j: usize| chars[j] == '"' && (1..=hashes).all(|h| peek(j + h) == '#');
                let to = (from..chars.len()).find(|&j| ends(j)).unwrap_or(chars.len());
                token = Some(Token::Text(chars[from..to].iter().collect()));
                i = (to + hashes + 1).min(chars.len());
            } else if !(matches!(word.as_str(), "b" | "c") && peek(i) == '"') {
                token = Some(Token::Word(word));
            }
        } else {
            i += 1;
            if !c.is_whitespace() {
                token = Some(Token::Mark(c));
            }
        }
        if let Some(token) = token {
            found.push(Spot { token, line });
        }
        line += chars[start..i.min(chars.len())].iter().filter(|c| **c == '\n').count();
    }
    found
}

#[test]
fn a_source_is_read_without_comments_strings_and_tests() {
    let text = r##"
//! crate::comment
use crate::{data::{Rows, sub}, error::Error, self};
use super::{text, here};
fn f<'a>(c: char) -> &'a str { /* crate::no /* crate::nested */ */ let q = '"'; let e = '\''; let n = '\u{1f600}';
    polars::prelude::x(); mine::polars::y(); let s = "crate::string \" more"; crate::made!(r#"crate::"raw""#);
    println!("{}", b"bytes"); print != 1; $crate::value::Cell
}
#[cfg(test)]
#[allow(dead_code)]
mod tests { use crate::engine::Task; fn g() { "{" } }
#[cfg(test)] mod apart;
use polars as p;
"##;
    let source = Source::new("op/sort.rs", text);
    let names = |found: Vec<(String, usize)>| found.into_iter().map(|(n, _)| n).collect::<Vec<_>>();
    assert_eq!(names(source.imports(|m| m == "text")), ["data", "error", "value"]);
    assert_eq!(names(Source::new("sort.rs", text).imports(|m| m == "text")), ["data", "error", "text", "value"]);
    assert_eq!(source.imports(|_| true).last().unwrap().1, 7);
    assert_eq!(source.crates(|c| c == "polars").iter().map(|c| c.1).collect::<Vec<_>>(), [6, 13]);
    assert_eq!(names(source.macros(&["println", "print"])), ["println"]);
    let literals: Vec<_> = source.literals().map(|l| l.0).collect();
    assert_eq!(literals, ["crate::string \\\" more", "crate::\"raw\"", "{}", "bytes"]);
    assert_eq!(source.tests, ["op/sort/apart"]);
    assert_eq!((source.module(), source.depth()), (Some("op"), 2));
    assert_eq!(Source::new("op/mod.rs", "").depth(), 1);
    assert_eq!(Source::new("main.rs", "").module(), None);
}
