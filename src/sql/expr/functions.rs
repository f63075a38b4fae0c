//! The functions of the language: one table that the parser, help, the reference and the tests read.

use crate::text::Msg;
use crate::value::distance_of;

/// A function of one value or a few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Function {
    Lower,
    Upper,
    Trim,
    Length,
    Abs,
    Round,
    Floor,
    Ceil,
    Coalesce,
    Year,
    Month,
    Day,
    Hour,
    Weekday,
    Date,
    IsNan,
    If,
    Replace,
    Substr,
    Left,
    Right,
    Concat,
    SplitPart,
    Extract,
    Text,
    Number,
    Whole,
    Sqrt,
    Power,
    Exp,
    Ln,
    Log10,
    Sign,
    Least,
    Greatest,
    Minute,
    Second,
    Quarter,
    Week,
    DateTrunc,
    DateAdd,
    DateDiff,
}

/// A function as it is called and explained.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// Its name.
    pub name: &'static str,
    /// Which one it is.
    pub function: Function,
    /// How few values it takes.
    pub least: usize,
    /// How many values it takes.
    pub most: usize,
    /// The values, as they are written between its brackets.
    pub arguments: &'static str,
    text: &'static str,
    /// A call.
    pub example: &'static str,
    /// What the call gives, as an expression.
    pub gives: &'static str,
}

impl Named {
    /// Its name with its values: `lower(text)`.
    pub fn signature(&self) -> String {
        format!("{}({})", self.name, self.arguments)
    }

    /// What it gives, in one line.
    pub fn meaning(&self) -> Msg {
        Msg::new(self.text)
    }
}

/// The one table.
macro_rules! functions {
    ($($name:literal $function:ident $least:literal $most:literal $arguments:literal $text:literal $example:literal $gives:literal;)*) => {
        &[$(Named {
            name: $name, function: Function::$function, least: $least, most: $most, arguments: $arguments, text: $text,
            example: $example, gives: $gives,
        },)*]
    };
}

impl Function {
    /// Every function: of text, of numbers, of any value, of dates.
    pub const ALL: &[Named] = functions! {
        "lower" Lower 1 1 "text" "function-lower" "lower('Ab')" "'ab'";
        "upper" Upper 1 1 "text" "function-upper" "upper('Ab')" "'AB'";
        "trim" Trim 1 1 "text" "function-trim" "trim('  a ')" "'a'";
        "length" Length 1 1 "text" "function-length" "length('目利き')" "3";
        "replace" Replace 3 3 "text, old, new" "function-replace" "replace('a-b', '-', '/')" "'a/b'";
        "substr" Substr 2 3 "text, start[, length]" "function-substr" "substr('mekiki', 3, 2)" "'ki'";
        "left" Left 2 2 "text, length" "function-left" "left('mekiki', 2)" "'me'";
        "right" Right 2 2 "text, length" "function-right" "right('mekiki', 2)" "'ki'";
        "concat" Concat 1 16 "value, …" "function-concat" "concat('a', 1, 'b')" "'a1b'";
        "split_part" SplitPart 3 3 "text, separator, n" "function-split-part" "split_part('a/b/c', '/', 2)" "'b'";
        "extract" Extract 2 3 "text, pattern[, group]" "function-extract" "extract('id=42', 'id=([0-9]+)')" "'42'";
        "text" Text 1 1 "value" "function-text" "text(12)" "'12'";
        "number" Number 1 1 "text" "function-number" "number('1,234.5')" "1234.5";
        "whole" Whole 1 1 "text" "function-whole" "whole('42')" "42";
        "abs" Abs 1 1 "number" "function-abs" "abs(-3)" "3";
        "sign" Sign 1 1 "number" "function-sign" "sign(-2.5)" "-1";
        "round" Round 1 2 "number[, digits]" "function-round" "round(2.345, 1)" "2.3";
        "floor" Floor 1 1 "number" "function-floor" "floor(2.7)" "2";
        "ceil" Ceil 1 1 "number" "function-ceil" "ceil(2.1)" "3";
        "sqrt" Sqrt 1 1 "number" "function-sqrt" "sqrt(9)" "3";
        "power" Power 2 2 "number, exponent" "function-power" "power(2, 10)" "1024";
        "exp" Exp 1 1 "number" "function-exp" "exp(0)" "1";
        "ln" Ln 1 1 "number" "function-ln" "ln(1)" "0";
        "log10" Log10 1 1 "number" "function-log10" "log10(1000)" "3";
        "least" Least 1 16 "value, …" "function-least" "least(3, 1, 2)" "1";
        "greatest" Greatest 1 16 "value, …" "function-greatest" "greatest(3, 1, 2)" "3";
        "is_nan" IsNan 1 1 "number" "function-is-nan" "is_nan(0.5)" "false";
        "coalesce" Coalesce 1 16 "value, …" "function-coalesce" "coalesce(null, 'x')" "'x'";
        "if" If 3 41 "condition, value, …, otherwise" "function-if" "if(2 > 1, 'yes', 'no')" "'yes'";
        "date" Date 1 1 "value" "function-date" "date('2026-11-20')" "'2026-11-20'";
        "year" Year 1 1 "date" "function-year" "year(date('2026-11-20'))" "2026";
        "quarter" Quarter 1 1 "date" "function-quarter" "quarter(date('2026-11-20'))" "4";
        "month" Month 1 1 "date" "function-month" "month(date('2026-11-20'))" "11";
        "week" Week 1 1 "date" "function-week" "week(date('2026-11-20'))" "47";
        "day" Day 1 1 "date" "function-day" "day(date('2026-11-20'))" "20";
        "weekday" Weekday 1 1 "date" "function-weekday" "weekday(date('2026-11-20'))" "5";
        "hour" Hour 1 1 "time" "function-hour" "hour(date_add('hour', 1, '2026-11-20T13:45:10'))" "14";
        "minute" Minute 1 1 "time" "function-minute" "minute(date_add('hour', 1, '2026-11-20T13:45:10'))" "45";
        "second" Second 1 1 "time" "function-second" "second(date_add('hour', 1, '2026-11-20T13:45:10'))" "10";
        "date_trunc" DateTrunc 2 3 "unit, date[, zone]" "function-date-trunc" "date_trunc('month', '2026-11-20')" "'2026-11-01'";
        "date_add" DateAdd 3 3 "unit, n, date" "function-date-add" "date_add('day', 3, '2026-11-20')" "'2026-11-23'";
        "date_diff" DateDiff 3 3 "unit, from, to" "function-date-diff" "date_diff('day', '2026-11-20', '2026-11-23')" "3";
    };

    /// How it is called and explained.
    pub fn named(self) -> Option<&'static Named> {
        Self::ALL.iter().find(|n| n.function == self)
    }

    /// The function of this name.
    pub fn by_name(name: &str) -> Option<&'static Named> {
        Self::ALL.iter().find(|n| n.name == name)
    }

    /// What to do about a name that no function has: the one most like it, or all of them.
    pub fn instead(name: &str) -> Msg {
        let near = Self::ALL.iter().map(|n| (distance_of(name, n.name), n)).min_by_key(|(far, _)| *far);
        match near.filter(|(far, _)| *far <= 1 + name.chars().count() / 4) {
            Some((_, near)) => {
                Msg::new("hint-function-near").with("call", near.signature()).with("meaning", near.meaning())
            }
            None => {
                let names: Vec<&str> = Self::ALL.iter().map(|n| n.name).collect();
                Msg::new("hint-one-of").with("names", names.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_named_once_and_its_example_calls_it() {
        for named in Function::ALL {
            assert_eq!(Function::by_name(named.name).map(|n| n.function), Some(named.function));
            assert_eq!(named.function.named().map(|n| n.name), Some(named.name));
            assert!(named.example.starts_with(&format!("{}(", named.name)), "{}", named.example);
            assert!(named.least <= named.most);
        }
    }

    #[test]
    fn slips_are_told_from_other_words() {
        let hint = |name| Function::instead(name).in_lang(crate::text::Lang::En);
        assert_eq!(hint("lowr"), "Did you mean lower(text)? The text in small letters.");
        assert!(hint("date_truncate").contains("date_trunc(unit, date[, zone])"));
        assert!(hint("regexp_replace_all").contains("replace, substr"));
    }
}
