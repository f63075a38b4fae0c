//! Columns of the same name in several files as one column: the type that holds the values of all, and how a file's
//! values come into it. Nothing here reads files.

use polars::prelude::{Column as PlColumn, DataType, TimeUnit};

use super::frame::cell_of;

/// The type that holds the values of both; text where nothing else does.
pub(crate) fn wider(a: &DataType, b: &DataType) -> DataType {
    use DataType::{Date, Datetime, Decimal, Duration, Float64, Int64, Int128, Null, String, UInt64, UInt128};
    const DIGITS: usize = 38;
    let unit = |x: &TimeUnit, y: &TimeUnit| if x == y { *x } else { TimeUnit::Microseconds };
    match (a, b) {
        (x, y) if x == y => x.clone(),
        (x, Null) | (Null, x) => x.clone(),
        (x, y) if x.is_integer() && y.is_integer() => {
            let beyond = |t: &DataType| matches!(t, UInt64 | Int128 | UInt128);
            if beyond(x) || beyond(y) { Int128 } else { Int64 }
        }
        (x, y) if x.is_primitive_numeric() && y.is_primitive_numeric() => Float64,
        (Decimal(_, one), Decimal(_, other)) => Decimal(DIGITS, *one.max(other)),
        (Decimal(_, scale), x) | (x, Decimal(_, scale)) if x.is_integer() => Decimal(DIGITS, *scale),
        (Decimal(..), x) | (x, Decimal(..)) if x.is_float() => Float64,
        (Date, moment @ Datetime(_, None)) | (moment @ Datetime(_, None), Date) => moment.clone(),
        // The same instants, in whichever zone they are shown.
        (Datetime(x, one), Datetime(y, other)) if one.is_some() == other.is_some() => Datetime(unit(x, y), one.clone()),
        (Duration(x), Duration(y)) => Duration(unit(x, y)),
        _ => String,
    }
}

/// A column's values in another type, and whether any lost something in it: what does not fit is missing.
pub(crate) fn fitted(column: &PlColumn, dtype: &DataType) -> (PlColumn, bool) {
    if column.dtype() == dtype {
        return (column.clone(), false);
    }
    if *dtype == DataType::String {
        let text = |i| Some(cell_of(column, i)).filter(|cell| !cell.is_null()).map(|cell| cell.plain());
        let texts: Vec<Option<String>> = (0..column.len()).map(text).collect();
        return (PlColumn::new(column.name().clone(), texts), false);
    }
    // The table library would say on the terminal that it makes days of text.
    let hopeless = column.dtype().is_nested() || (column.dtype().is_string() && dtype.is_temporal());
    let cast = if hopeless { None } else { column.cast(dtype).ok() };
    let fit = cast.unwrap_or_else(|| PlColumn::full_null(column.name().clone(), column.len(), dtype));
    let exact = column.dtype().is_float() && *dtype == DataType::Float64;
    let lost = fit.null_count() != column.null_count()
        || (!exact && !fit.cast(column.dtype()).is_ok_and(|back| back.equals_missing(column)));
    (fit, lost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::TimeZone;

    #[test]
    fn the_wider_type_holds_both() {
        use DataType::{Boolean, Date, Datetime, Decimal, Float32, Float64, Int8, Int64, Int128, Null, String, UInt64};
        let moment = |unit| Datetime(unit, None);
        for (a, b, both) in [
            (Int8, Int64, Int64),
            (Int64, UInt64, Int128),
            (Int64, Float32, Float64),
            (Null, Date, Date),
            (Int64, String, String),
            (Boolean, Int64, String),
            (Decimal(10, 2), Decimal(12, 4), Decimal(38, 4)),
            (Decimal(10, 2), Int64, Decimal(38, 2)),
            (Decimal(10, 2), Float64, Float64),
            (Date, moment(TimeUnit::Milliseconds), moment(TimeUnit::Milliseconds)),
            (moment(TimeUnit::Nanoseconds), moment(TimeUnit::Milliseconds), moment(TimeUnit::Microseconds)),
            (moment(TimeUnit::Microseconds), Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)), String),
            (DataType::List(Box::new(Int64)), String, String),
        ] {
            assert_eq!(wider(&a, &b), both, "{a:?} {b:?}");
            assert_eq!(wider(&b, &a), both, "{b:?} {a:?}");
        }
    }

    #[test]
    fn what_is_lost_is_told() {
        let of = |values: Vec<Option<i64>>| PlColumn::new("a".into(), values);
        let float = |values: &[f64]| PlColumn::new("a".into(), values);
        for (column, dtype, lost) in [
            (of(vec![Some(1), None]), DataType::Float64, false),
            (of(vec![Some((1 << 53) + 1)]), DataType::Float64, true),
            (of(vec![Some(300)]), DataType::Int8, true),
            (float(&[1.5]), DataType::Int64, true),
            (float(&[2.0]), DataType::Int64, false),
            (PlColumn::new("a".into(), ["x"]), DataType::Int64, true),
            (PlColumn::new("a".into(), ["2026-01-02"]), DataType::Date, true),
        ] {
            assert_eq!(fitted(&column, &dtype).1, lost, "{column:?} {dtype:?}");
        }
        let days = of(vec![Some(0), None]).cast(&DataType::Date).expect("days");
        let (texts, _) = fitted(&days, &DataType::String);
        assert!(texts.equals_missing(&PlColumn::new("a".into(), [Some("1970-01-01"), None])));
    }
}
