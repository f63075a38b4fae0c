//! Finishing the word at a place in a statement: tables after FROM, columns of the tables the statement names (of all, as
//! long as it names none), and the words of SQL. Knows names only; which database they belong to does not matter.

use std::collections::HashSet;

/// A table that can be named, with its columns and, where they are known, their types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nameable {
    /// As it is written in a statement, with its schema where it needs one.
    pub name: String,
    /// Its columns.
    pub columns: Vec<(String, String)>,
}

/// Something the word at hand may become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The text.
    pub text: String,
    /// What it is: a column's type or table; empty for words of SQL.
    pub remark: String,
}

/// Most offers at once.
const MOST: usize = 200;

const WORDS: &[&str] = &[
    "select",
    "from",
    "where",
    "group by",
    "order by",
    "limit",
    "join",
    "left join",
    "on",
    "and",
    "or",
    "not",
    "as",
    "having",
    "with",
    "union all",
    "distinct",
    "between",
    "in",
    "like",
    "is null",
    "is not null",
    "case",
    "when",
    "then",
    "else",
    "end",
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "coalesce",
    "cast",
    "desc",
    "asc",
    "over",
    "partition by",
];

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The words of a text, each with the byte where it begins; strings and comments are left out. A quoted name is a word.
fn words(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let after = rest.peek().map(|(_, c)| *c);
        match c {
            '\'' => while rest.next().is_some_and(|(_, c)| c != '\'') {},
            '-' if after == Some('-') => while rest.next().is_some_and(|(_, c)| c != '\n') {},
            '/' if after == Some('*') => {
                let mut last = ' ';
                for (_, c) in rest.by_ref() {
                    if last == '*' && c == '/' {
                        break;
                    }
                    last = c;
                }
            }
            '"' | '`' => {
                let name: String = rest.by_ref().map(|(_, n)| n).take_while(|n| *n != c).collect();
                found.push((at, name));
            }
            c if is_word(c) => {
                let mut word = c.to_string();
                while let Some((_, c)) = rest.next_if(|(_, c)| is_word(*c)) {
                    word.push(c);
                }
                found.push((at, word));
            }
            '.' | ',' | '(' | ')' | ';' => found.push((at, c.to_string())),
            _ => {}
        }
    }
    found
}

/// The tables a statement names, with what it calls them: `(alias or name, name)`.
fn named(words: &[(usize, String)]) -> Vec<(String, String)> {
    let word = |i: usize| words.get(i).map_or("", |w| w.1.as_str());
    let mut found = Vec::new();
    let mut i = 0;
    while i < words.len() {
        let begins = ["from", "join"].iter().any(|w| word(i).eq_ignore_ascii_case(w));
        i += 1;
        if !begins {
            continue;
        }
        loop {
            let mut name = word(i).to_owned();
            if name.is_empty() || name == "(" {
                break;
            }
            i += 1;
            while word(i) == "." {
                name = format!("{name}.{}", word(i + 1));
                i += 2;
            }
            if word(i).eq_ignore_ascii_case("as") {
                i += 1;
            }
            let ends = |w: &str| {
                w.is_empty()
                    || w.chars().any(|c| !is_word(c))
                    || WORDS.iter().any(|k| k.split(' ').next().is_some_and(|k| k.eq_ignore_ascii_case(w)))
                    || ["inner", "right", "full", "cross", "using"].iter().any(|k| k.eq_ignore_ascii_case(w))
            };
            let alias = match ends(word(i)) {
                true => name.rsplit('.').next().unwrap_or(&name).to_owned(),
                false => {
                    i += 1;
                    word(i - 1).to_owned()
                }
            };
            found.push((alias, name));
            if word(i) != "," {
                break;
            }
            i += 1;
        }
    }
    found
}

/// A name as a statement has it: in quotes where it is not a plain word.
pub fn quoted(name: &str) -> String {
    let plain = |p: &str| p.starts_with(|c: char| c.is_alphabetic() || c == '_') && p.chars().all(is_word);
    match name.split('.').all(plain) {
        true => name.to_owned(),
        false if name.contains('"') => name.to_owned(),
        false => format!("\"{name}\""),
    }
}

/// What the word that ends at byte `at` of a statement may become, and the byte where it begins.
pub fn offers(text: &str, at: usize, tables: &[Nameable]) -> (usize, Vec<Offer>) {
    let head = text.get(..at).unwrap_or(text);
    let start = head.char_indices().rev().find(|(_, c)| !is_word(*c)).map_or(0, |(i, c)| i + c.len_utf8());
    let typed = head[start..].to_lowercase();
    let before = words(&head[..start]);
    let word = |back: usize| before.len().checked_sub(back).map_or("", |i| before[i].1.as_str());
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let columns = |name: &str| {
        let table = tables.iter().find(|t| same(&t.name, name));
        table.into_iter().flat_map(|t| t.columns.iter().map(|(c, kind)| (quoted(c), kind.clone())))
    };
    let named = named(&words(text));
    let mut all: Vec<(String, String)> = Vec::new();
    if head[..start].ends_with('.') {
        let owner = word(2);
        for (_, name) in named.iter().filter(|(alias, name)| same(alias, owner) || same(name, owner)) {
            all.extend(columns(name));
        }
        if all.is_empty() {
            all.extend(columns(owner));
        }
        let prefix = format!("{}.", owner.to_lowercase());
        let within = tables.iter().filter(|t| t.name.to_lowercase().starts_with(&prefix));
        all.extend(within.map(|t| (t.name[prefix.len()..].to_owned(), String::new())));
    } else {
        let names = tables.iter().map(|t| (quoted(&t.name), String::new()));
        // After a comma of a FROM comes a table as well.
        let opens = before.iter().rev().map(|w| w.1.to_lowercase()).find(|w| WORDS.contains(&w.as_str()));
        let wants_table =
            ["from", "join"].iter().any(|w| same(word(1), w)) || (word(1) == "," && opens.is_some_and(|w| w == "from"));
        if wants_table {
            all.extend(names);
        } else {
            for (alias, name) in &named {
                all.extend(columns(name).map(|(c, kind)| match kind.is_empty() {
                    true => (c, alias.clone()),
                    false => (c, format!("{alias} · {kind}")),
                }));
            }
            // Before a statement names its tables, any of them may be meant.
            if all.is_empty() {
                let every = tables.iter().flat_map(|t| t.columns.iter().map(|(c, _)| (quoted(c), t.name.clone())));
                all.extend(every.take(MOST * 10));
            }
            all.extend(WORDS.iter().map(|w| ((*w).to_owned(), String::new())));
            all.extend(names);
        }
    }
    let bare = |text: &str| text.trim_start_matches('"').to_lowercase();
    let mut found: Vec<(bool, Offer)> = Vec::new();
    let mut seen = HashSet::new();
    for (text, remark) in all {
        let low = bare(&text);
        if low.contains(&typed) && low != typed && seen.insert(text.clone()) {
            found.push((!low.starts_with(&typed), Offer { text, remark }));
        }
    }
    // What only has the letters somewhere comes after what begins with them.
    found.sort_by_key(|(inside, _)| *inside);
    (start, found.into_iter().map(|(_, o)| o).take(MOST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables() -> Vec<Nameable> {
        let table = |name: &str, columns: &[&str]| Nameable {
            name: name.to_owned(),
            columns: columns.iter().map(|c| ((*c).to_owned(), "text".to_owned())).collect(),
        };
        vec![
            table("users", &["id", "name", "氏名", "Last Name"]),
            table("orders", &["id", "user_id", "price"]),
            table("app.events", &["day", "kind"]),
        ]
    }

    /// Offers at the `|`.
    fn at(text: &str) -> Vec<String> {
        let place = text.find('|').unwrap();
        let (start, offers) = offers(&text.replace('|', ""), place, &tables());
        assert!(start <= place);
        offers.into_iter().map(|o| o.text).collect()
    }

    #[test]
    fn tables_after_from_and_columns_of_what_is_named() {
        assert_eq!(at("select * from |"), ["users", "orders", "app.events"]);
        assert_eq!(at("select * from o|"), ["orders"]);
        assert_eq!(at("select * from users, |")[0], "users");
        assert_eq!(at("select * from app.|"), ["events"]);
        assert_eq!(at("select na| from users"), ["name", "\"Last Name\""]);
        assert_eq!(at("select 氏| from users"), ["氏名"]);
        assert_eq!(at("select na|"), ["name", "\"Last Name\""]);
        assert_eq!(at("select o.| from users u join orders as o on o.user_id = u.id"), ["id", "user_id", "price"]);
        assert_eq!(at("select e.| from app.events e where 1 = 1"), ["day", "kind"]);
        assert_eq!(at("select orders.p| from orders"), ["price"]);
        assert!(at("select * from users where | ").contains(&"id".to_owned()));
        assert_eq!(at("sel|"), ["select"]);
    }

    #[test]
    fn strings_and_comments_name_nothing() {
        assert_eq!(named(&words("select 'from x' -- from y\n/* from z */ from \"users\" w")).len(), 1);
        assert_eq!(named(&words("select a from (select b from orders) t")), [("orders".into(), "orders".into())]);
        for odd in ["'", "\"", "/*", "--", "select * from", "from a as", ".", "日本|"] {
            offers(odd, odd.len(), &tables());
        }
    }
}
