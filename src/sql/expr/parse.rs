//! From text to an expression, with an error that points at the place.

use super::lex::{Placed, Token, error_at, lex};
use super::{Binary, Expr, Function, Literal, Named, Pattern};
use crate::error::{Error, Result};
use crate::text::Msg;

/// Deepest nesting, so that no condition exhausts the stack, neither here nor where it is carried out.
const DEEPEST: usize = 40;
/// Most operators in a chain of AND or OR, which hang on one another.
const CHAIN: usize = 1_000;
/// Longest text.
const LONGEST: usize = 100_000;
/// Words that are not names unless quoted.
pub(super) const KEYWORDS: [&str; 19] = [
    "and", "or", "not", "is", "in", "between", "like", "ilike", "contains", "starts", "ends", "matches", "null",
    "missing", "true", "false", "with", "if", "case",
];

/// Reads an expression.
pub fn parse(text: &str) -> Result<Expr> {
    if text.len() > LONGEST {
        return Err(too_long());
    }
    let mut parser = Parser { text, tokens: lex(text)?, at: 0, depth: 0, chained: 0 };
    let expr = parser.or()?;
    match parser.peek() {
        Token::End => Ok(expr),
        _ => Err(parser.error(Msg::new("expected-operator"))),
    }
}

fn too_long() -> Error {
    Error::usage(Msg::new("error-expression-long")).hint(Msg::new("hint-expression-long"))
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Placed>,
    at: usize,
    depth: usize,
    chained: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].token
    }

    fn next(&mut self) -> Token {
        let token = self.tokens[self.at].token.clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn error(&self, expected: Msg) -> Error {
        error_at(self.text, self.tokens[self.at].at, expected)
    }

    fn word_at(&self, offset: usize, word: &str) -> bool {
        matches!(self.tokens.get(self.at + offset).map(|t| &t.token), Some(Token::Word(w)) if w.eq_ignore_ascii_case(word))
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.word_at(0, word);
        if found {
            self.next();
        }
        found
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Token::Symbol(s) if *s == symbol);
        if found {
            self.next();
        }
        found
    }

    fn require(&mut self, symbol: &'static str) -> Result<()> {
        if self.symbol(symbol) { Ok(()) } else { Err(self.error(Msg::new("expected-symbol").with("symbol", symbol))) }
    }

    fn deeper<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= DEEPEST {
            return Err(self.error(Msg::new("expected-shallower")));
        }
        self.depth += 1;
        let result = f(self);
        self.depth -= 1;
        result
    }

    fn binary(op: Binary, a: Expr, b: Expr) -> Expr {
        Expr::Binary(op, Box::new(a), Box::new(b))
    }

    /// One more AND or OR.
    fn chain(&mut self) -> Result<()> {
        self.chained += 1;
        if self.chained > CHAIN { Err(too_long()) } else { Ok(()) }
    }

    fn or(&mut self) -> Result<Expr> {
        self.deeper(|p| {
            let mut left = p.and()?;
            while p.word("or") {
                p.chain()?;
                left = Self::binary(Binary::Or, left, p.and()?);
            }
            Ok(left)
        })
    }

    fn and(&mut self) -> Result<Expr> {
        let mut left = self.not()?;
        while self.word("and") || self.symbol("&&") {
            self.chain()?;
            left = Self::binary(Binary::And, left, self.not()?);
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Expr> {
        if self.word("not") || self.symbol("!") {
            return self.deeper(|p| Ok(Expr::Not(Box::new(p.not()?))));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Expr> {
        let left = self.sum()?;
        const OPERATORS: [(&str, Binary); 6] = [
            ("=", Binary::Eq),
            ("<>", Binary::Ne),
            ("<", Binary::Lt),
            ("<=", Binary::Le),
            (">", Binary::Gt),
            (">=", Binary::Ge),
        ];
        for (symbol, op) in OPERATORS {
            if self.symbol(symbol) {
                let right = self.sum()?;
                return Ok(Self::binary(op, left, right));
            }
        }
        if self.word("is") {
            let not = self.word("not");
            if self.word("null") || self.word("missing") {
                return Ok(Expr::Missing(Box::new(left), not));
            }
            return Err(self.error(Msg::new("expected-missing")));
        }
        let not = self.word("not");
        let left = Box::new(left);
        if self.word("in") {
            self.require("(")?;
            let mut list = vec![self.or()?];
            while self.symbol(",") {
                list.push(self.or()?);
            }
            self.require(")")?;
            return Ok(Expr::In(left, list, not));
        }
        if self.word("between") {
            let low = Box::new(self.sum()?);
            if !self.word("and") {
                return Err(self.error(Msg::new("expected-symbol").with("symbol", "and")));
            }
            return Ok(Expr::Between(left, low, Box::new(self.sum()?), not));
        }
        let pattern = if self.word("like") {
            Pattern::Like
        } else if self.word("ilike") {
            Pattern::ILike
        } else if self.word("contains") {
            Pattern::Contains
        } else if self.word("matches") {
            Pattern::Matches
        } else if self.word_at(0, "starts") || self.word_at(0, "ends") {
            let starts = self.word_at(0, "starts");
            self.next();
            if !self.word("with") {
                return Err(self.error(Msg::new("expected-symbol").with("symbol", "with")));
            }
            if starts { Pattern::Starts } else { Pattern::Ends }
        } else if not {
            return Err(self.error(Msg::new("expected-operator")));
        } else {
            return Ok(*left);
        };
        Ok(Expr::Match(pattern, left, Box::new(self.sum()?), not))
    }

    /// Values joined from the left by operators of one strength; each makes the whole one deeper.
    fn joined(&mut self, operators: &[(&str, Binary)], operand: impl Fn(&mut Self) -> Result<Expr>) -> Result<Expr> {
        let before = self.depth;
        let mut left = operand(self)?;
        while let Some((_, op)) = operators.iter().find(|(symbol, _)| self.symbol(symbol)) {
            if self.depth >= DEEPEST {
                return Err(self.error(Msg::new("expected-shallower")));
            }
            self.depth += 1;
            left = Self::binary(*op, left, operand(self)?);
        }
        self.depth = before;
        Ok(left)
    }

    fn sum(&mut self) -> Result<Expr> {
        self.joined(&[("+", Binary::Add), ("-", Binary::Sub), ("||", Binary::Concat)], Self::product)
    }

    fn product(&mut self) -> Result<Expr> {
        self.joined(&[("*", Binary::Mul), ("/", Binary::Div), ("%", Binary::Rem)], Self::unary)
    }

    fn unary(&mut self) -> Result<Expr> {
        if self.symbol("+") {
            return self.deeper(|p| p.unary());
        }
        if self.symbol("-") {
            return self.deeper(|p| {
                Ok(match p.unary()? {
                    Expr::Literal(Literal::Int(n)) => Expr::Literal(Literal::Int(-n)),
                    Expr::Literal(Literal::Float(x)) => Expr::Literal(Literal::Float(-x)),
                    other => Expr::Negative(Box::new(other)),
                })
            });
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<Expr> {
        let start = self.at;
        let literal = |l| Ok(Expr::Literal(l));
        match self.next() {
            Token::Int(n) => literal(Literal::Int(n)),
            Token::Float(x) => literal(Literal::Float(x)),
            Token::Text(t) => literal(Literal::Text(t)),
            Token::Name(n) => Ok(Expr::Column(n)),
            Token::Symbol("(") => {
                let inner = self.or()?;
                self.require(")")?;
                Ok(inner)
            }
            Token::Word(w) => {
                let lower = w.to_lowercase();
                if matches!(self.peek(), Token::Symbol("(")) {
                    return self.call(&lower, start);
                }
                match lower.as_str() {
                    "case" => self.deeper(|p| p.case()),
                    "true" => literal(Literal::Bool(true)),
                    "false" => literal(Literal::Bool(false)),
                    "null" => literal(Literal::Null),
                    k if KEYWORDS.contains(&k) => {
                        self.at = start;
                        Err(self.error(Msg::new("expected-value")))
                    }
                    _ => Ok(Expr::Column(w)),
                }
            }
            _ => {
                self.at = start;
                Err(self.error(Msg::new("expected-value")))
            }
        }
    }

    /// What follows CASE, with its END: the same as `if`.
    fn case(&mut self) -> Result<Expr> {
        const MOST: usize = 20;
        let subject = if self.word_at(0, "when") { None } else { Some(self.sum()?) };
        let mut list = Vec::new();
        while self.word("when") {
            let condition = self.or()?;
            list.push(match &subject {
                Some(subject) => Self::binary(Binary::Eq, subject.clone(), condition),
                None => condition,
            });
            self.word_required("then")?;
            list.push(self.or()?);
        }
        if list.is_empty() {
            return Err(self.error(Msg::new("expected-symbol").with("symbol", "when")));
        }
        if list.len() > 2 * MOST {
            return Err(too_long());
        }
        list.push(if self.word("else") { self.or()? } else { Expr::Literal(Literal::Null) });
        self.word_required("end")?;
        Ok(Expr::Call(Function::If, list))
    }

    fn word_required(&mut self, word: &'static str) -> Result<()> {
        if self.word(word) { Ok(()) } else { Err(self.error(Msg::new("expected-symbol").with("symbol", word))) }
    }

    fn call(&mut self, name: &str, start: usize) -> Result<Expr> {
        let Some(&Named { function, least, most, .. }) = Function::by_name(name) else {
            self.at = start;
            return Err(self.error(Msg::new("expected-function")).hint(Function::instead(name)));
        };
        self.require("(")?;
        let mut list = Vec::new();
        if !self.symbol(")") {
            list.push(self.or()?);
            while self.symbol(",") {
                list.push(self.or()?);
            }
            self.require(")")?;
        }
        // After pairs of a condition and its value stands the value where none holds.
        let unpaired = function == Function::If && list.len() % 2 == 0;
        if list.len() < least || list.len() > most || unpaired {
            self.at = start;
            let count = if least == most { least.to_string() } else { format!("{least}–{most}") };
            return Err(self.error(Msg::new("expected-count").with("name", name).with("count", count)));
        }
        Ok(Expr::Call(function, list))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn precedence_is_sqls() {
        for (text, want) in [
            ("a or b and not c = 1", "a or (b and (not (c = 1)))"),
            ("a + b * -c > 2 - 3 - 4", "(a + (b * (-c))) > ((2 - 3) - 4)"),
            ("x between 1 and 2 and y", "(x between 1 and 2) and y"),
            ("A IS NOT NULL", "a_is_not_missing"),
            ("not a in (1, 2)", "not (a in (1, 2))"),
        ] {
            if want == "a_is_not_missing" {
                assert_eq!(parse(text).unwrap(), Expr::Missing(Box::new(Expr::Column("A".into())), true));
            } else {
                assert_eq!(parse(text).unwrap(), parse(want).unwrap(), "{text}");
            }
        }
    }

    #[test]
    fn names_in_any_script_and_quotes() {
        assert_eq!(parse("国 = '日本'").unwrap().columns(), ["国"]);
        assert_eq!(parse("\"a b\"\"c\" = `d` ").unwrap().columns(), ["a b\"c", "d"]);
        assert_eq!(parse("'it''s'").unwrap(), Expr::Literal(Literal::Text("it's".into())));
    }

    #[test]
    fn as_typed_on_a_japanese_keyboard() {
        for (text, want) in [
            ("価格　＞＝　１００．５", "価格 >= 100.5"),
            ("国 in （'日本'、'JP'）", "国 in ('日本', 'JP')"),
            ("a ≧ 1 and b ≠ 2 and c ≤ 3", "a >= 1 and b <> 2 and c <= 3"),
            ("（a ＋ 1）＊2 ！＝ 4", "(a + 1) * 2 <> 4"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), want, "{text}");
        }
        assert_eq!(parse("'（１）'").unwrap(), Expr::Literal(Literal::Text("（１）".into())));
    }

    #[test]
    fn no_more_brackets_than_needed() {
        for text in [
            "a or b and not c = 1",
            "(a or b) and c",
            "a - (b - c) - d",
            "not (a and b)",
            "-(a + b) * -c",
            "(a = b) = c",
            "a not between 1 and 2 + 3",
            "\"and\" not starts with 'x' || y",
            "if(a is not missing, -1.5, 1e300) <= \"if\"",
            "\"a \"\"b\" in ('it''s', null, true)",
            "x = 1e999 or x = -1e999",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn keywords_in_any_case_and_numbers_in_any_spelling() {
        for (text, want) in [
            ("A Is Not Null AND b NOT Like 'x' OR NOT c", "A is not missing and b not like 'x' or not c"),
            ("LOWER(a) == 'x' && b != 1_000", "lower(a) = 'x' and b <> 1000"),
            ("a = .5 and b = 1. and c = 1E3", "a = 0.5 and b = 1.0 and c = 1000.0"),
            ("+a - -5 = - - 7", "a - -5 = 7"),
            ("a = 99999999999999999999999999999999999999999", "a = 1e41"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), want, "{text}");
        }
    }

    #[test]
    fn a_value_of_a_cell_reads_back_as_itself() {
        use crate::value::Cell;
        for cell in
            [Cell::Float(f64::INFINITY), Cell::Float(-0.1), Cell::Float32(0.1), Cell::Int(-5), Cell::Text("o'x".into())]
        {
            let e = Expr::is_value("a b", &cell).unwrap();
            assert_eq!(parse(&e.to_string()).unwrap(), e);
        }
    }

    #[test]
    fn too_much_is_said() {
        for text in ["a or ".repeat(2_000) + "a", "a + ".repeat(2_000) + "a", "x".repeat(200_000)] {
            let error = parse(&text).unwrap_err();
            assert_eq!(error.kind, crate::error::ErrorKind::Usage);
            assert!(error.hint.is_some());
        }
        assert!(parse(&("a and ".repeat(900) + "a")).is_ok());
        assert!(parse(&("(".repeat(30) + "a" + &")".repeat(30))).is_ok());
        assert!(parse(&format!("a in ({})", vec!["1"; 10_000].join(","))).is_ok());
    }

    #[test]
    fn an_error_points_at_its_place() {
        for (text, place) in [
            ("price >", 8),
            ("price > > 3", 9),
            ("(a = 1", 7),
            ("a = 'x", 5),
            ("a b", 3),
            ("foo(1)", 1),
            ("", 1),
            ("a # b", 3),
        ] {
            let e = parse(text).unwrap_err().message.in_lang(crate::text::Lang::En);
            assert!(e.contains(&format!("character {place}")), "{text}: {e}");
        }
    }

    #[test]
    fn case_is_if() {
        for (text, want) in [
            ("case when a then 1 when b then 2 else 3 end", "if(a, 1, b, 2, 3)"),
            ("CASE x WHEN 'a' THEN 1 END", "if(x = 'a', 1, null)"),
            ("case when a then case when b then 1 end end + 1", "if(a, if(b, 1, null), null) + 1"),
        ] {
            assert_eq!(parse(text).unwrap(), parse(want).unwrap(), "{text}");
        }
        for text in ["case", "case x end", "case when a 1 end", "case when a then 1", "if(a, 1)", "if(a, 1, b, 2)"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(Expr::Column("case".into()).to_string(), "\"case\"");
    }

    #[test]
    fn brackets_without_end_are_an_error_not_a_crash() {
        assert!(parse(&"(".repeat(90_000)).is_err());
        assert!(parse(&"not ".repeat(20_000)).is_err());
        assert!(parse(&"-".repeat(90_000)).is_err());
        assert!(parse(&"a+".repeat(40_000)).is_err());
        assert!(parse(&"a and ".repeat(16_000)).is_err());
        assert!(parse(&"if(".repeat(30_000)).is_err());
    }

    fn name() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z][a-z0-9_]{0,6}",
            "[ -~]{1,6}",
            "[ぁ-んァ-ヶ一-龥]{1,4}",
            Just("and".to_owned()),
            Just("if".to_owned())
        ]
    }

    fn expr() -> impl Strategy<Value = Expr> {
        let leaf = prop_oneof![
            name().prop_map(Expr::Column),
            any::<i64>().prop_map(|n| Expr::Literal(Literal::Int(n.into()))),
            any::<f64>().prop_filter("a number", |x| !x.is_nan()).prop_map(|x| Expr::Literal(Literal::Float(x))),
            "\\PC{0,8}".prop_map(|t| Expr::Literal(Literal::Text(t))),
            any::<bool>().prop_map(|b| Expr::Literal(Literal::Bool(b))),
            Just(Expr::Literal(Literal::Null)),
        ];
        leaf.prop_recursive(4, 40, 3, |inner| {
            let b = || inner.clone().prop_map(Box::new);
            let op = prop::sample::select(vec![
                Binary::Or,
                Binary::And,
                Binary::Eq,
                Binary::Ne,
                Binary::Lt,
                Binary::Le,
                Binary::Gt,
                Binary::Ge,
                Binary::Add,
                Binary::Sub,
                Binary::Mul,
                Binary::Div,
                Binary::Rem,
                Binary::Concat,
            ]);
            let pattern = prop::sample::select(vec![
                Pattern::Like,
                Pattern::ILike,
                Pattern::Contains,
                Pattern::Starts,
                Pattern::Ends,
                Pattern::Matches,
            ]);
            prop_oneof![
                b().prop_map(Expr::Not),
                // A minus before a number is part of the number.
                b().prop_filter("not a number", |e| !matches!(**e, Expr::Literal(Literal::Int(_) | Literal::Float(_))))
                    .prop_map(Expr::Negative),
                (op, b(), b()).prop_map(|(o, x, y)| Expr::Binary(o, x, y)),
                (b(), any::<bool>()).prop_map(|(e, n)| Expr::Missing(e, n)),
                (b(), prop::collection::vec(inner.clone(), 1..3), any::<bool>())
                    .prop_map(|(e, l, n)| Expr::In(e, l, n)),
                (b(), b(), b(), any::<bool>()).prop_map(|(e, x, y, n)| Expr::Between(e, x, y, n)),
                (pattern, b(), b(), any::<bool>()).prop_map(|(p, x, y, n)| Expr::Match(p, x, y, n)),
                inner.clone().prop_map(|e| Expr::Call(Function::Lower, vec![e])),
                (prop::sample::select(Function::ALL.to_vec()), prop::collection::vec(inner.clone(), 1..5))
                    .prop_filter_map("as many values as it takes", |(Named { function: f, least, most, .. }, l)| {
                        let fits = (least..=most).contains(&l.len()) && (f != Function::If || l.len() % 2 == 1);
                        fits.then_some(Expr::Call(f, l))
                    },),
                (inner.clone(), inner.clone(), inner).prop_map(|(x, y, z)| Expr::Call(Function::If, vec![x, y, z])),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back_the_same(e in expr()) {
            let text = e.to_string();
            prop_assert_eq!(parse(&text).map_err(|e| e.to_string()), Ok(e), "{}", text);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = parse(&text);
        }

        #[test]
        fn no_row_of_words_makes_it_panic(words in prop::collection::vec(prop::sample::select(vec![
            "a", "国", "1", "1.5", "'x'", "\"", "(", ")", ",", "and", "or", "not", "is", "missing", "in", "between", "like",
            "starts", "with", "=", "<", "-", "||", "%", "if", "lower", "null", "true", "'", "１", "≥",
        ]), 0..14)) {
            if let Ok(e) = parse(&words.join(" ")) {
                prop_assert_eq!(parse(&e.to_string()).map_err(|e| e.to_string()), Ok(e));
            }
        }
    }
}
