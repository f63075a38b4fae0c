//! The places in a recipe's texts where a value goes in: `${name}`. A dollar and a brace that mean themselves are
//! written `$${`; every other dollar or brace stands for itself.
//!
//! Values go into texts that were already parsed, so none can add a key or a step. Within a condition or a query a value
//! stays one constant: quotes in it are doubled where it stands in quotes, and where it does not it is written as a
//! number or in quotes. Nothing here knows what a step is.

use std::collections::BTreeMap;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// As it stands.
    Text(String),
    /// The value of this variable.
    Value(String),
}

/// What a text is read as once it is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Not at all.
    Plain,
    /// As an expression.
    Expression,
    /// As SQL, which has comments.
    Sql,
}

/// A dollar and an opening brace that name no variable.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

/// Whether a variable may be called so: letters of any script, digits, `_` and `-`, no digit first.
pub fn is_name(text: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_') && text.chars().all(inner)
}

fn pieces(text: &str) -> Result<Vec<Piece>, Malformed> {
    let mut out = vec![Piece::Text(String::new())];
    let mut rest = text;
    loop {
        let Some(at) = rest.find("${") else {
            push(&mut out, rest);
            return Ok(out);
        };
        if let Some(before) = rest[..at].strip_suffix('$') {
            push(&mut out, before);
            push(&mut out, "${");
            rest = &rest[at + 2..];
            continue;
        }
        push(&mut out, &rest[..at]);
        let inner = &rest[at + 2..];
        let end = inner.find('}').ok_or(Malformed)?;
        let name = inner[..end].trim();
        if !is_name(name) {
            return Err(Malformed);
        }
        out.push(Piece::Value(name.to_owned()));
        rest = &inner[end + 1..];
    }
}

fn push(out: &mut Vec<Piece>, text: &str) {
    match out.last_mut() {
        Some(Piece::Text(t)) => t.push_str(text),
        _ => out.push(Piece::Text(text.to_owned())),
    }
}

/// The variables a text asks for, in order.
pub fn names(text: &str) -> Result<Vec<String>, Malformed> {
    let named = |p| match p {
        Piece::Value(name) => Some(name),
        Piece::Text(_) => None,
    };
    Ok(pieces(text)?.into_iter().filter_map(named).collect())
}

/// The variable whose value is all of a text.
pub fn whole(text: &str) -> Option<String> {
    let mut found = names(text).ok()?;
    (found.len() == 1 && text.starts_with("${") && text.ends_with('}')).then(|| found.remove(0))
}

/// A text with its dollars written so that none is taken for a variable.
pub fn escaped(text: &str) -> String {
    text.replace("${", "$${")
}

/// Puts values in. A variable without a value is left as it stands; whoever asks has made sure that there is none.
pub fn fill(text: &str, values: &BTreeMap<String, String>, language: Language) -> Result<String, Malformed> {
    let mut out = String::new();
    let mut place = Place::Open;
    for piece in pieces(text)? {
        match piece {
            Piece::Text(t) => {
                place = if language == Language::Plain { place } else { place.after(&t, language) };
                out.push_str(&t);
            }
            Piece::Value(name) => match values.get(&name) {
                Some(value) if language == Language::Plain => out.push_str(value),
                Some(value) => out.push_str(&place.constant(value, &name)),
                None => out.push_str(&format!("${{{name}}}")),
            },
        }
    }
    Ok(out)
}

/// Where in an expression a text has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Open,
    Quoted(char),
    LineComment,
    BlockComment,
}

impl Place {
    /// The place after more text. A doubled quote closes and opens, which comes to the same.
    fn after(self, text: &str, language: Language) -> Self {
        let mut place = self;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let next = chars.peek().copied();
            place = match (place, c) {
                (Self::Open, '\'' | '"' | '`') => Self::Quoted(c),
                (Self::Open, '-') if language == Language::Sql && next == Some('-') => Self::LineComment,
                (Self::Open, '/') if language == Language::Sql && next == Some('*') => Self::BlockComment,
                (Self::Quoted(quote), c) if c == quote => Self::Open,
                (Self::LineComment, '\n') => Self::Open,
                (Self::BlockComment, '*') if next == Some('/') => {
                    chars.next();
                    Self::Open
                }
                (place, _) => place,
            };
        }
        place
    }

    /// A value as it has to be written here to remain one constant. Comments get the variable's name.
    fn constant(self, value: &str, name: &str) -> String {
        match self {
            Self::Quoted(quote) => value.replace(quote, &format!("{quote}{quote}")),
            Self::Open if is_number(value) => value.to_owned(),
            // A minus before a minus begins a comment in SQL.
            Self::Open if value.strip_prefix('-').is_some_and(is_number) => format!("({value})"),
            Self::Open => format!("'{}'", value.replace('\'', "''")),
            Self::LineComment | Self::BlockComment => name.to_owned(),
        }
    }
}

/// Whether a text is an unsigned number and nothing else.
fn is_number(text: &str) -> bool {
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part),
        None => digits(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::expr::{Binary, Expr, Literal, parse};
    use proptest::prelude::*;

    fn with(value: &str) -> BTreeMap<String, String> {
        [("v".to_owned(), value.to_owned())].into_iter().collect()
    }

    #[test]
    fn variables_are_found_and_plain_braces_are_not() {
        assert_eq!(names("a ${v} ${ 日付 }${x-1}"), Ok(vec!["v".into(), "日付".into(), "x-1".into()]));
        for plain in ["{v}", "$v", "^\\d{4}$", "{a,b}*.csv", "$${v}", "a$", "$$", "$ {v}"] {
            assert_eq!(names(plain), Ok(Vec::new()), "{plain}");
        }
        for bad in ["${", "${}", "${1}", "${a b}", "${v"] {
            assert_eq!(names(bad), Err(Malformed), "{bad}");
        }
        assert_eq!(whole("${v}"), Some("v".into()));
        assert_eq!((whole("${v}1"), whole("x"), whole("${v}${w}")), (None, None, None));
    }

    #[test]
    fn a_value_goes_where_it_stands() {
        let plain = |t: &str, v: &str| fill(t, &with(v), Language::Plain).unwrap();
        assert_eq!(plain("out/${v}-${v}.csv", "it's"), "out/it's-it's.csv");
        assert_eq!(plain("$${v} ${v}", "1"), "${v} 1");
        // A value is not looked at again.
        assert_eq!(plain("${v}", "${v}"), "${v}");
        let expr = |t: &str, v: &str| fill(t, &with(v), Language::Expression).unwrap();
        assert_eq!(expr("a = '${v}'", "x' or '1' = '1"), "a = 'x'' or ''1'' = ''1'");
        assert_eq!(expr("a = ${v}", "x' or 1 = 1"), "a = 'x'' or 1 = 1'");
        assert_eq!(expr("a > ${v} and b < -${v}", "-3.5"), "a > (-3.5) and b < -(-3.5)");
        assert_eq!(expr("\"${v}\" > 3", "a\"b"), "\"a\"\"b\" > 3");
        assert_eq!(expr("a = 'it''s ${v}'", "'"), "a = 'it''s '''");
        assert_eq!(expr("a -- ${v}", "2"), "a -- 2");
        let sql =
            |v: &str| fill("select 1 -- it's ${v}\n, '${v}' /* ' ${v} */ , ${v}", &with(v), Language::Sql).unwrap();
        assert_eq!(sql("a\n'"), "select 1 -- it's v\n, 'a\n''' /* ' v */ , 'a\n'''");
    }

    proptest! {
        #[test]
        fn what_is_escaped_reads_back(text in "[${}a'\"]{0,12}|\\PC{0,20}") {
            prop_assert_eq!(fill(&escaped(&text), &BTreeMap::new(), Language::Plain), Ok(text));
        }

        #[test]
        fn no_value_leaves_its_place(value in "[-'\"`0-9.a ()=\\\\]{0,12}|\\PC{0,20}") {
            let open = parse(&fill("a = ${v}", &with(&value), Language::Expression).unwrap()).unwrap();
            let Expr::Binary(Binary::Eq, name, right) = open else { panic!("{open:?}") };
            prop_assert_eq!(*name, Expr::Column("a".into()));
            prop_assert!(matches!(*right, Expr::Literal(_) | Expr::Negative(_)), "{:?}", right);
            let quoted = parse(&fill("a = '${v}'", &with(&value), Language::Expression).unwrap()).unwrap();
            let right = Box::new(Expr::Literal(Literal::Text(value)));
            prop_assert_eq!(quoted, Expr::Binary(Binary::Eq, Box::new(Expr::Column("a".into())), right));
        }
    }
}
