//! From an expression to text that reads back as the same expression, with as few brackets as that takes.

use std::fmt;

use super::parse::KEYWORDS;
use super::{Binary, Expr, Literal, Pattern};

/// How tightly an expression binds; higher is tighter.
fn strength(e: &Expr) -> u8 {
    match e {
        Expr::Binary(Binary::Or, ..) => 1,
        Expr::Binary(Binary::And, ..) => 2,
        Expr::Not(_) => 3,
        Expr::Binary(Binary::Add | Binary::Sub | Binary::Concat, ..) => 5,
        Expr::Binary(Binary::Mul | Binary::Div | Binary::Rem, ..) => 6,
        Expr::Binary(..) | Expr::Missing(..) | Expr::In(..) | Expr::Between(..) | Expr::Match(..) => 4,
        Expr::Negative(_) => 7,
        Expr::Column(_) | Expr::Literal(_) | Expr::Call(..) => 8,
    }
}

/// A column's name as it stands in an expression.
pub fn quoted_column(name: &str) -> String {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let bare =
        first && chars.all(|c| c.is_alphanumeric() || c == '_') && !KEYWORDS.contains(&name.to_lowercase().as_str());
    if bare { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

fn part(f: &mut fmt::Formatter<'_>, e: &Expr, least: u8) -> fmt::Result {
    if strength(e) < least { write!(f, "({e})") } else { write!(f, "{e}") }
}

fn list(f: &mut fmt::Formatter<'_>, items: &[Expr]) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Int(n) => write!(f, "{n}"),
            // Larger than every number, so it reads back as infinite.
            Self::Float(x) if x.is_infinite() => write!(f, "{}1e999", if *x < 0.0 { "-" } else { "" }),
            // Debug keeps the point or the exponent, so that it reads back as a floating-point number.
            Self::Float(x) => write!(f, "{x:?}"),
            Self::Text(t) => write!(f, "'{}'", t.replace('\'', "''")),
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = |n: &bool| if *n { "not " } else { "" };
        match self {
            Self::Column(name) => f.write_str(&quoted_column(name)),
            Self::Literal(l) => write!(f, "{l}"),
            Self::Not(e) => {
                f.write_str("not ")?;
                part(f, e, 3)
            }
            Self::Negative(e) => {
                f.write_str("-")?;
                match **e {
                    Expr::Literal(Literal::Int(_) | Literal::Float(_)) => write!(f, "({e})"),
                    _ => part(f, e, 7),
                }
            }
            Self::Binary(op, a, b) => {
                let own = strength(self);
                let (left, right) = if own == 4 { (5, 5) } else { (own, own + 1) };
                part(f, a, left)?;
                write!(
                    f,
                    " {} ",
                    match op {
                        Binary::Or => "or",
                        Binary::And => "and",
                        Binary::Eq => "=",
                        Binary::Ne => "<>",
                        Binary::Lt => "<",
                        Binary::Le => "<=",
                        Binary::Gt => ">",
                        Binary::Ge => ">=",
                        Binary::Add => "+",
                        Binary::Sub => "-",
                        Binary::Mul => "*",
                        Binary::Div => "/",
                        Binary::Rem => "%",
                        Binary::Concat => "||",
                    }
                )?;
                part(f, b, right)
            }
            Self::Missing(e, n) => {
                part(f, e, 5)?;
                write!(f, " is {}missing", not(n))
            }
            Self::In(e, items, n) => {
                part(f, e, 5)?;
                write!(f, " {}in (", not(n))?;
                list(f, items)?;
                f.write_str(")")
            }
            Self::Between(e, a, b, n) => {
                part(f, e, 5)?;
                write!(f, " {}between ", not(n))?;
                part(f, a, 5)?;
                f.write_str(" and ")?;
                part(f, b, 5)
            }
            Self::Match(pattern, e, p, n) => {
                part(f, e, 5)?;
                let word = match pattern {
                    Pattern::Like => "like",
                    Pattern::ILike => "ilike",
                    Pattern::Contains => "contains",
                    Pattern::Starts => "starts with",
                    Pattern::Ends => "ends with",
                    Pattern::Matches => "matches",
                };
                write!(f, " {}{word} ", not(n))?;
                part(f, p, 5)
            }
            Self::Call(function, items) => {
                let name = function.named().map_or("", |n| n.name);
                write!(f, "{name}(")?;
                list(f, items)?;
                f.write_str(")")
            }
        }
    }
}
