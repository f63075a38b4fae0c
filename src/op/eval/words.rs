//! Functions that make values: of text, of numbers, of dates. Places in text count characters from 1, as in SQL. What a
//! function has no answer for (the root of −1, a character beyond the end) is missing, or empty text.

use polars::prelude::{
    Column as PlColumn, DataType, Expr as Pl, Field, NamedFrom as _, PolarsResult, Series, lit, map_multiple, when,
};

use super::calendar::{self, Unit, height, pick};
use super::call::{alike, small};
use super::{Translation, Value, wrong_kind};
use crate::error::{Error, Result};
use crate::op::convert::{Reading, Target, convert};
use crate::sql::expr::{Expr, Function, Literal};
use crate::text::Msg;
use crate::value::Kind;

/// A function of whole columns, each as long as the others or one value for all.
fn mapped(
    inputs: Vec<Pl>,
    dtype: Option<DataType>,
    f: impl Fn(&[PlColumn]) -> Result<PlColumn> + Send + Sync + 'static,
) -> Pl {
    let failed = |e: Error| polars::error::PolarsError::ComputeError(e.to_string().into());
    map_multiple(
        move |columns: &mut [PlColumn]| -> PolarsResult<PlColumn> {
            let name = columns.first().map(|c| c.name().clone()).unwrap_or_default();
            Ok(f(columns).map_err(failed)?.with_name(name))
        },
        inputs,
        move |_, fields: &[Field]| {
            let first = fields.first().cloned().unwrap_or_else(|| Field::new("".into(), DataType::Null));
            Ok(match &dtype {
                Some(dtype) => Field::new(first.name().clone(), dtype.clone()),
                // A function that keeps the type of its last value.
                None => Field::new(first.name().clone(), fields.last().map_or(DataType::Null, |f| f.dtype().clone())),
            })
        },
    )
}

fn strings(column: &PlColumn) -> Result<Vec<Option<String>>> {
    let text = column.cast(&DataType::String).map_err(super::failed)?;
    Ok(text.str().map_err(super::failed)?.iter().map(|t| t.map(str::to_owned)).collect())
}

fn numbers(column: &PlColumn) -> Result<Vec<Option<i64>>> {
    let whole = column.cast(&DataType::Int64).map_err(super::failed)?;
    Ok(whole.i64().map_err(super::failed)?.iter().collect())
}

fn of_text(values: Vec<Option<String>>) -> PlColumn {
    Series::new("".into(), values).into()
}

fn text_at(values: &[Option<String>], i: usize) -> Option<&str> {
    if values.len() == 1 { values[0].as_deref() } else { values.get(i)?.as_deref() }
}

/// `length` characters of a text from place `start` (1 is the first) on.
fn part(text: &str, start: i64, length: i64) -> String {
    let skip = start.saturating_sub(1).max(0);
    // What lies before the first character counts, as in SQL.
    let take = length.saturating_add(start.min(1)).saturating_sub(1).max(0);
    let (skip, take) = (usize::try_from(skip).unwrap_or(usize::MAX), usize::try_from(take).unwrap_or(usize::MAX));
    text.chars().skip(skip).take(take).collect()
}

/// The `n`-th piece between separators, counted from the end where negative; empty where there is none.
fn piece(text: &str, separator: &str, n: i64) -> String {
    if separator.is_empty() {
        return if n.abs() == 1 { text.to_owned() } else { String::new() };
    }
    let at = usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX).saturating_sub(1);
    let found = match n {
        0 => None,
        n if n > 0 => text.split(separator).nth(at),
        _ => text.rsplit(separator).nth(at),
    };
    found.unwrap_or_default().to_owned()
}

impl Translation<'_> {
    /// The functions of this file.
    pub(super) fn made(&self, function: Function, list: &[Expr], whole: &Expr) -> Result<Value> {
        let first = list.first().ok_or_else(|| wrong_kind(whole, &Kind::Empty, "kind-text"))?;
        let text = |pl| Value::new(pl, Kind::Text);
        Ok(match function {
            Function::Replace => {
                let inputs = list.iter().map(|e| self.text(e)).collect::<Result<Vec<_>>>()?;
                text(mapped(inputs, Some(DataType::String), |c| {
                    let (t, from, to) = (strings(&c[0])?, strings(&c[1])?, strings(&c[2])?);
                    let one = |i| {
                        let (t, from, to) = (text_at(&t, i)?, text_at(&from, i)?, text_at(&to, i)?);
                        Some(if from.is_empty() { t.to_owned() } else { t.replace(from, to) })
                    };
                    Ok(of_text((0..height(c)).map(one).collect()))
                }))
            }
            Function::Substr | Function::Left | Function::Right | Function::SplitPart => self.parts(function, list)?,
            Function::Concat => {
                let inputs = list.iter().map(|e| self.in_words(e)).collect::<Result<Vec<_>>>()?;
                text(mapped(inputs, Some(DataType::String), |c| {
                    let all = c.iter().map(strings).collect::<Result<Vec<_>>>()?;
                    let one = |i| Some(all.iter().filter_map(|t| text_at(t, i)).collect::<String>());
                    Ok(of_text((0..height(c)).map(one).collect()))
                }))
            }
            Function::Extract => self.extract(list)?,
            Function::Text => text(self.in_words(first)?),
            Function::Number => Value::new(self.converted(first, Target::Number)?, Kind::Float),
            Function::Whole => Value::typed(self.converted(first, Target::Whole)?, Kind::Integer, DataType::Int64),
            Function::Sqrt => self.float(list, |x| x[0].sqrt())?,
            Function::Exp => self.float(list, |x| x[0].exp())?,
            Function::Ln => self.float(list, |x| x[0].ln())?,
            Function::Log10 => self.float(list, |x| x[0].log10())?,
            Function::Power => self.float(list, |x| x[0].powf(x[1]))?,
            Function::Sign => self.float(list, |x| if x[0] == 0.0 { 0.0 } else { x[0].signum() })?,
            Function::Least | Function::Greatest => {
                let values = list.iter().map(|e| self.translate(e)).collect::<Result<Vec<_>>>()?;
                let (values, kept) = alike(values, whole)?;
                let chosen = values.into_iter().reduce(|a, b| {
                    let better =
                        if function == Function::Least { b.clone().lt(a.clone()) } else { b.clone().gt(a.clone()) };
                    when(a.clone().is_null().or(better)).then(b).otherwise(a)
                });
                Value { pl: chosen.unwrap_or_else(super::null), ..kept }
            }
            Function::Minute | Function::Second => {
                let value = self.translate(first)?;
                match value.kind {
                    Kind::DateTime(_) | Kind::Time => {
                        let at = super::moment::in_calendar(&value).dt();
                        small(if function == Function::Minute { at.minute() } else { at.second() })
                    }
                    Kind::Empty => Value::whole(value.pl.cast(DataType::Int128), 1),
                    kind => return Err(wrong_kind(first, &kind, "kind-datetime")),
                }
            }
            Function::Quarter => small(self.moment(first)?.dt().quarter()),
            Function::Week => small(self.moment(first)?.dt().week()),
            Function::DateTrunc => self.date_trunc(list)?,
            Function::DateAdd => self.date_add(list)?,
            _ => self.date_diff(list)?,
        })
    }

    fn constant_text<'e>(&self, e: &'e Expr) -> Result<&'e str> {
        match e {
            Expr::Literal(Literal::Text(t)) => Ok(t),
            other => Err(Error::usage(Msg::new("error-pattern-constant").with("text", other.to_string()))),
        }
    }

    /// A whole number for each row.
    fn whole_number(&self, e: &Expr) -> Result<Pl> {
        let value = self.translate(e)?;
        match value.kind {
            Kind::Integer | Kind::Empty => Ok(value.pl.cast(DataType::Int64)),
            kind => Err(wrong_kind(e, &kind, "kind-integer")),
        }
    }

    fn converted(&self, e: &Expr, to: Target) -> Result<Pl> {
        let value = self.translate(e)?;
        if !to.takes(&value.kind) {
            return Err(wrong_kind(e, &value.kind, "kind-text"));
        }
        let dtype = match to {
            Target::Number => DataType::Float64,
            Target::Whole => DataType::Int64,
            _ => DataType::String,
        };
        Ok(mapped(vec![value.pl], Some(dtype), move |c| convert(&c[0], to, &Reading::default())))
    }

    fn in_words(&self, e: &Expr) -> Result<Pl> {
        let value = self.translate(e)?;
        if value.kind == Kind::Text { Ok(value.pl) } else { self.converted(e, Target::Text) }
    }

    /// A function of numbers; what it has no finite answer for is missing.
    fn float(&self, list: &[Expr], f: impl Fn(&[f64]) -> f64 + Send + Sync + 'static) -> Result<Value> {
        let inputs = list.iter().map(|e| Ok(self.number(e)?.as_float())).collect::<Result<Vec<_>>>()?;
        let pl = mapped(inputs, Some(DataType::Float64), move |c| {
            let all: Vec<Vec<Option<f64>>> = c
                .iter()
                .map(|c| {
                    let c = c.cast(&DataType::Float64).map_err(super::failed)?;
                    Ok(c.f64().map_err(super::failed)?.iter().collect())
                })
                .collect::<Result<_>>()?;
            let one = |i| {
                let row: Option<Vec<f64>> = all.iter().map(|v| pick(v, i)).collect();
                Some(f(&row?)).filter(|y| y.is_finite())
            };
            Ok(Series::new("".into(), (0..height(c)).map(one).collect::<Vec<Option<f64>>>()).into())
        });
        Ok(Value::new(pl, Kind::Float))
    }

    fn parts(&self, function: Function, list: &[Expr]) -> Result<Value> {
        let mut inputs = vec![self.text(&list[0])?];
        match function {
            Function::SplitPart => inputs.extend([self.text(&list[1])?, self.whole_number(&list[2])?]),
            _ => inputs.extend(list[1..].iter().map(|e| self.whole_number(e)).collect::<Result<Vec<_>>>()?),
        }
        let pl = mapped(inputs, Some(DataType::String), move |c| {
            let text = strings(&c[0])?;
            let rows = 0..height(c);
            Ok(of_text(match function {
                Function::SplitPart => {
                    let (separator, n) = (strings(&c[1])?, numbers(&c[2])?);
                    rows.map(|i| Some(piece(text_at(&text, i)?, text_at(&separator, i)?, pick(&n, i)?))).collect()
                }
                _ => {
                    let a = numbers(&c[1])?;
                    let b = c.get(2).map(numbers).transpose()?;
                    rows.map(|i| {
                        let (t, a) = (text_at(&text, i)?, pick(&a, i)?);
                        Some(match (function, &b) {
                            (Function::Left, _) => part(t, 1, a),
                            (Function::Right, _) => {
                                let n = t.chars().count() as i64;
                                part(t, n.saturating_sub(a.max(0)).max(0) + 1, a)
                            }
                            (_, None) => part(t, a.max(1), i64::MAX),
                            (_, Some(b)) => part(t, a, pick(b, i)?),
                        })
                    })
                    .collect()
                }
            }))
        });
        Ok(Value::new(pl, Kind::Text))
    }

    /// What a regular expression finds, or a group of it by number.
    fn extract(&self, list: &[Expr]) -> Result<Value> {
        let text = self.text(&list[0])?;
        let source = self.constant_text(&list[1])?;
        let group = match list.get(2) {
            None => None,
            Some(Expr::Literal(Literal::Int(n))) => usize::try_from(*n).ok(),
            Some(other) => return Err(wrong_kind(other, &Kind::Text, "kind-integer")),
        };
        let regex = regex::Regex::new(source).map_err(|e| {
            Error::usage(Msg::new("error-regex").with("text", list[1].to_string()).with("cause", e.to_string()))
        })?;
        // With one pair of brackets, what is inside is what is wanted.
        let group = group.unwrap_or(usize::from(regex.captures_len() == 2));
        let pl = mapped(vec![text], Some(DataType::String), move |c| {
            let found =
                strings(&c[0])?.into_iter().map(|t| regex.captures(&t?)?.get(group).map(|m| m.as_str().to_owned()));
            Ok(of_text(found.collect()))
        });
        Ok(Value::new(pl, Kind::Text))
    }

    /// A date or time, and its kind; a constant text is read as one.
    fn temporal(&self, e: &Expr) -> Result<Value> {
        if let Expr::Literal(Literal::Text(t)) = e {
            if let Some(d) = super::moment::parse_date(t.trim()) {
                let pl = lit(super::moment::days(d)).cast(DataType::Date);
                return Ok(Value::typed(pl, Kind::Date, DataType::Date));
            }
            if let Some((at, None)) = super::moment::parse_datetime(t.trim()) {
                let dtype =
                    super::moment::datetime_type(&Kind::DateTime(None), polars::prelude::TimeUnit::Microseconds);
                let micros = i64::try_from(super::moment::instant_nanos(at) / 1_000).unwrap_or_default();
                return Ok(Value::typed(lit(micros).cast(dtype.clone()), Kind::DateTime(None), dtype));
            }
        }
        let value = self.translate(e)?;
        match value.kind {
            Kind::Date | Kind::DateTime(_) => Ok(value),
            Kind::Empty => Ok(Value::typed(value.pl.cast(DataType::Date), Kind::Date, DataType::Date)),
            kind => Err(wrong_kind(e, &kind, "kind-date")),
        }
    }

    fn date_trunc(&self, list: &[Expr]) -> Result<Value> {
        let unit = Unit::parse(self.constant_text(&list[0])?)?;
        let value = self.temporal(&list[1])?;
        let zone = list.get(2).map(|e| self.constant_text(e)).transpose()?.map(str::to_owned);
        let kind = calendar::truncated_kind(&list[1].to_string(), &value.kind, unit, zone.as_deref())?;
        let dtype = match &kind {
            Kind::Date => DataType::Date,
            kind => super::moment::datetime_type(kind, unit_of(&value)),
        };
        let pl = mapped(vec![value.pl], Some(dtype.clone()), move |c| calendar::truncate(&c[0], unit, zone.as_deref()));
        Ok(Value::typed(pl, kind, dtype))
    }

    fn date_add(&self, list: &[Expr]) -> Result<Value> {
        let unit = Unit::parse(self.constant_text(&list[0])?)?;
        let n = self.whole_number(&list[1])?;
        let value = self.temporal(&list[2])?;
        if value.kind == Kind::Date && unit.clock().is_some() {
            let name = list[2].to_string();
            return Err(Error::usage(Msg::new("error-date-clock").with("name", name).with("unit", unit.word())));
        }
        let pl = mapped(vec![n, value.pl.clone()], value.dtype.clone(), move |c| calendar::add(unit, c));
        Ok(Value { pl, ..value })
    }

    fn date_diff(&self, list: &[Expr]) -> Result<Value> {
        let unit = Unit::parse(self.constant_text(&list[0])?)?;
        let inputs = list[1..].iter().map(|e| Ok(self.temporal(e)?.pl)).collect::<Result<Vec<_>>>()?;
        let pl = mapped(inputs, Some(DataType::Int64), move |c| calendar::difference(unit, c));
        Ok(Value { dtype: Some(DataType::Int64), ..Value::whole(pl, 63) })
    }
}

fn unit_of(value: &Value) -> polars::prelude::TimeUnit {
    match &value.dtype {
        Some(DataType::Datetime(unit, _)) => *unit,
        _ => polars::prelude::TimeUnit::Microseconds,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::cell_of;
    use crate::op::eval::value;
    use crate::sql::expr::parse;
    use polars::prelude::DataFrame;

    fn of(expression: &str) -> Vec<String> {
        let t = PlColumn::new("t".into(), [Some("りんご-12"), Some("a-b-c"), None]);
        let x = PlColumn::new("x".into(), [4.0, -1.0, 0.0]);
        let n = PlColumn::new("n".into(), [1i64, 2, 3]);
        let d = PlColumn::new("d".into(), [19_782i32, 20_000, 20_700]).cast(&DataType::Date).unwrap();
        let frame = DataFrame::new(3, vec![t, x, n, d]).unwrap();
        let column = value(&parse(expression).unwrap(), "v", &frame).unwrap_or_else(|e| panic!("{expression}: {e}"));
        assert_eq!(column.len(), 3, "{expression}");
        (0..3).map(|i| cell_of(&column, i).plain()).collect()
    }

    #[test]
    fn text() {
        for (expression, want) in [
            ("replace(t, '-', '+')", ["りんご+12", "a+b+c", ""]),
            ("substr(t, 2)", ["んご-12", "-b-c", ""]),
            ("substr(t, 2, 2)", ["んご", "-b", ""]),
            ("substr(t, 0, 2)", ["り", "a", ""]),
            ("substr(t, n, 1)", ["り", "-", ""]),
            ("left(t, 3)", ["りんご", "a-b", ""]),
            ("right(t, 2)", ["12", "-c", ""]),
            ("right(t, 99)", ["りんご-12", "a-b-c", ""]),
            ("split_part(t, '-', 2)", ["12", "b", ""]),
            ("split_part(t, '-', -1)", ["12", "c", ""]),
            ("split_part(t, '-', 3)", ["", "c", ""]),
            ("concat(t, ':', n)", ["りんご-12:1", "a-b-c:2", ":3"]),
            ("extract(t, '[0-9]+')", ["12", "", ""]),
            ("extract(t, '-(.)')", ["1", "b", ""]),
            ("whole(extract(t, '[0-9]+')) + 1", ["13", "", ""]),
            ("text(x)", ["4.0", "-1.0", "0.0"]),
            ("upper('x')", ["X", "X", "X"]),
        ] {
            assert_eq!(of(expression), want, "{expression}");
        }
    }

    #[test]
    fn numbers_and_choices() {
        for (expression, want) in [
            ("sqrt(x)", ["2.0", "", "0.0"]),
            ("ln(x) is missing", ["false", "true", "true"]),
            ("power(x, 2)", ["16.0", "1.0", "0.0"]),
            ("sign(x)", ["1.0", "-1.0", "0.0"]),
            ("greatest(n, 2)", ["2", "2", "3"]),
            ("least(x, n, null)", ["1.0", "-1.0", "0.0"]),
            ("case when n = 1 then 'one' when n = 2 then 'two' else 'many' end", ["one", "two", "many"]),
            ("case n when 1 then 10 end", ["10", "", ""]),
            ("if(n = 1, 1.5, n = 2, 2, 0)", ["1.5", "2.0", "0.0"]),
        ] {
            assert_eq!(of(expression), want, "{expression}");
        }
    }

    #[test]
    fn dates() {
        // 2024-02-29, 2024-10-04, 2026-09-04.
        for (expression, want) in [
            ("date_trunc('month', d)", ["2024-02-01", "2024-10-01", "2026-09-01"]),
            ("date_add('year', 1, d)", ["2025-02-28", "2025-10-04", "2027-09-04"]),
            ("date_add('day', -n, d)", ["2024-02-28", "2024-10-02", "2026-09-01"]),
            ("date_diff('month', '2024-01-31', d)", ["1", "9", "32"]),
            ("quarter(d)", ["1", "4", "3"]),
            ("week(d)", ["9", "40", "36"]),
        ] {
            assert_eq!(of(expression), want, "{expression}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        let frame = DataFrame::new(1, vec![PlColumn::new("t".into(), ["x"])]).unwrap();
        for wrong in [
            "sqrt(t)",
            "left(t, 'x')",
            "date_trunc('fortnight', t)",
            "date_trunc('day', t)",
            "extract(t, '(')",
            "extract(t, t)",
            "date_diff('day', t, t)",
        ] {
            let error = value(&parse(wrong).unwrap(), "v", &frame).err();
            assert_eq!(error.map(|e| e.kind), Some(crate::error::ErrorKind::Usage), "{wrong}");
        }
    }
}
