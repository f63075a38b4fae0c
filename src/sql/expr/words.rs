//! A condition in a person's words, short enough for a chip: `country is JP`. What has no such words stays as written.

use super::{Binary, Expr, Literal, Pattern};
use crate::text::Msg;

impl Expr {
    /// The conditions that all have to hold, in their order: the parts of AND.
    pub fn conjuncts(&self) -> Vec<&Expr> {
        let mut parts = Vec::new();
        let mut open = vec![self];
        while let Some(e) = open.pop() {
            match e {
                Self::Binary(Binary::And, a, b) => open.extend([&**b, &**a]),
                e => parts.push(e),
            }
        }
        parts
    }

    /// The condition in words.
    pub fn words(&self) -> Msg {
        let parts = self.conjuncts();
        let mut all = parts.into_iter().map(|e| e.short().unwrap_or_else(|| as_written(e)));
        let first = all.next().unwrap_or_else(|| as_written(self));
        all.fold(first, |a, b| Msg::new("words-and").with("one", a).with("two", b))
    }

    fn short(&self) -> Option<Msg> {
        let about = |id, column: &str| Msg::new(id).with("column", column);
        match self {
            Self::Binary(op, a, b) => {
                if let Some(Self::Binary(_, column, value)) = self.without() {
                    return Some(about("words-is-not", name(column)?).with("value", constant(value)?));
                }
                let sign = match op {
                    Binary::Eq => return Some(about("words-is", name(a)?).with("value", constant(b)?)),
                    Binary::Ne => return Some(about("words-is-not", name(a)?).with("value", constant(b)?)),
                    Binary::Lt => "<",
                    Binary::Le => "≤",
                    Binary::Gt => ">",
                    Binary::Ge => "≥",
                    _ => return None,
                };
                Some(about("words-compared", name(a)?).with("sign", sign).with("value", constant(b)?))
            }
            Self::Missing(e, not) => Some(about(if *not { "words-present" } else { "words-missing" }, name(e)?)),
            Self::In(e, list, not) => {
                let values: Option<Vec<String>> = list.iter().map(constant).collect();
                let id = if *not { "words-not-in" } else { "words-in" };
                Some(about(id, name(e)?).with("values", values?.join(", ")))
            }
            Self::Between(e, low, high, false) => {
                Some(about("words-between", name(e)?).with("low", constant(low)?).with("high", constant(high)?))
            }
            Self::Match(pattern, e, p, not) => {
                let id = match (pattern, not) {
                    (Pattern::Contains, false) => "words-contains",
                    (Pattern::Contains, true) => "words-contains-not",
                    (Pattern::Starts, false) => "words-starts",
                    (Pattern::Ends, false) => "words-ends",
                    _ => return None,
                };
                Some(about(id, name(e)?).with("value", constant(p)?))
            }
            _ => None,
        }
    }

    /// For `a <> x or a is missing`, which leaves out a value: the first half.
    fn without(&self) -> Option<&Expr> {
        let Self::Binary(Binary::Or, a, b) = self else { return None };
        match (&**a, &**b) {
            (Self::Binary(Binary::Ne, x, _), Self::Missing(y, false)) if x == y => Some(a),
            _ => None,
        }
    }
}

fn as_written(e: &Expr) -> Msg {
    Msg::new("step-filter").with("condition", e.to_string())
}

fn name(e: &Expr) -> Option<&str> {
    match e {
        Expr::Column(name) => Some(name),
        _ => None,
    }
}

fn constant(e: &Expr) -> Option<String> {
    match e {
        Expr::Literal(Literal::Null) => None,
        // Without its quotes nothing would be left.
        Expr::Literal(Literal::Text(t)) if t.trim().is_empty() => Some(format!("'{t}'")),
        Expr::Literal(Literal::Text(t)) => Some(t.clone()),
        Expr::Literal(l) => Some(l.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::sql::expr::{Expr, parse};
    use crate::text::Lang;
    use crate::value::Cell;

    #[test]
    fn chips() {
        for (text, en, ja) in [
            ("country = 'JP'", "country is JP", "country が JP"),
            ("price > 100.5", "price > 100.5", "price > 100.5"),
            ("n <= -1", "n ≤ -1", "n ≤ -1"),
            ("title contains 'りんご'", "title contains りんご", "title が りんご を含む"),
            (
                "a is missing and b is not missing",
                "a is missing and b is not missing",
                "a の値がない かつ b の値がある",
            ),
            ("a in ('x', 'y')", "a is one of x, y", "a が x, y のいずれか"),
            ("a between 1 and 2", "a from 1 to 2", "a が 1〜2"),
            ("a <> ''", "a is not ''", "a が '' 以外"),
            ("lower(a) = 'x'", "lower(a) = 'x'", "lower(a) = 'x'"),
            ("a = 1 or b = 2", "a = 1 or b = 2", "a = 1 or b = 2"),
        ] {
            let words = parse(text).unwrap().words();
            assert_eq!(words.in_lang(Lang::En), en);
            assert_eq!(words.in_lang(Lang::Ja), ja);
        }
    }

    #[test]
    fn a_value_left_out() {
        let words = |c: Cell<'_>| Expr::is_value("国", &c).unwrap().negated().words().in_lang(Lang::En);
        assert_eq!(words(Cell::Text("JP".into())), "国 is not JP");
        assert_eq!(words(Cell::Null), "国 is not missing");
    }

    #[test]
    fn the_parts_of_and() {
        let e = parse("a and (b or c and d) and (e and f)").unwrap();
        let parts: Vec<String> = e.conjuncts().iter().map(|e| e.to_string()).collect();
        assert_eq!(parts, ["a", "b or c and d", "e", "f"]);
        let again = Expr::all(e.conjuncts().into_iter().cloned()).unwrap();
        assert_eq!(again, parse("a and (b or c and d) and e and f").unwrap());
    }
}
