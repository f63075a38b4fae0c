//! The order of rows by key columns, found on all cores in steps that can be stopped. Knows nothing of tables or files.
//!
//! Each row goes in as eight bytes of its first key and its number. Rows whose eight bytes are equal are put in order by
//! the next ones: what follows in a long text, then the next key. So what is compared lies side by side in memory.

use std::cmp::Ordering;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use polars::prelude::{Column as PlColumn, DataType, Series};
use polars_arrow::array::BinaryViewArray;
use polars_arrow::bitmap::Bitmap;

use crate::data::{Control, from_polars, panicked};
use crate::error::Result;

/// Bytes of a text that are compared at once; the eighth says how many there were.
const STEP: usize = 7;
/// Rows that are worth a thread of their own.
const LEAST: usize = 1 << 16;

/// A row: the eight bytes of its key that are looked at, and its number.
type Row = (u64, u32);

/// The numbers of the rows in order; equal rows stay as they are, missing values come last either way.
pub(super) fn order(keys: Vec<PlColumn>, descending: &[bool], control: &Control) -> Result<Vec<u32>> {
    let rows = keys.first().map_or(0, PlColumn::len);
    let columns = keys.into_iter().zip(descending).map(|(key, d)| Key::new(&key, *d)).collect::<Result<Vec<_>>>()?;
    let sorting = Sorting { columns, control };
    match catch_unwind(AssertUnwindSafe(|| sorting.of(rows))) {
        Ok(order) => Ok(order),
        Err(payload) => {
            control.check()?;
            Err(panicked(&*payload))
        }
    }
}

/// What a key's values are compared by.
enum Values {
    /// All of it is in eight bytes.
    Short(Vec<u64>),
    /// Numbers of sixteen bytes.
    Wide(Vec<u128>),
    /// Texts, or bytes.
    Bytes(BinaryViewArray),
}

/// A key.
struct Key {
    values: Values,
    missing: Option<Bitmap>,
    descending: bool,
}

fn signed(v: i64) -> u64 {
    (v as u64) ^ (1 << 63)
}

/// Doubles by size, NaN above all others; the two zeros are one.
fn double(v: f64) -> u64 {
    let bits = (v + 0.0).to_bits();
    match v {
        v if v.is_nan() => u64::MAX,
        _ if bits >> 63 == 1 => !bits,
        _ => bits | (1 << 63),
    }
}

impl Key {
    fn new(column: &PlColumn, descending: bool) -> Result<Self> {
        let series = column.as_materialized_series().rechunk();
        // Categories go by their words, not by the number they are stored under.
        let series = match series.dtype() {
            DataType::Categorical(..) | DataType::Enum(..) => series.cast(&DataType::String).map_err(from_polars)?,
            _ => series.to_physical_repr().into_owned(),
        };
        let missing = series.chunks().first().and_then(|c| c.validity()).filter(|v| v.unset_bits() > 0).cloned();
        let missing = if series.dtype() == &DataType::Null { Some(Bitmap::new_zeroed(series.len())) } else { missing };
        Ok(Self { values: Self::values(&series)?, missing, descending })
    }

    fn values(series: &Series) -> Result<Values> {
        let as_type = |t: &DataType| series.cast(t).map_err(from_polars);
        Ok(match series.dtype() {
            DataType::Null => Values::Short(vec![0; series.len()]),
            DataType::Boolean => {
                Values::Short(series.bool().map_err(from_polars)?.iter().map(|v| u64::from(v == Some(true))).collect())
            }
            DataType::Int128 => {
                let biased = |v: Option<i128>| (v.unwrap_or_default() as u128) ^ (1 << 127);
                Values::Wide(series.i128().map_err(from_polars)?.iter().map(biased).collect())
            }
            DataType::UInt128 => {
                Values::Wide(series.u128().map_err(from_polars)?.iter().map(Option::unwrap_or_default).collect())
            }
            t if t.is_float() => {
                let floats = as_type(&DataType::Float64)?;
                Values::Short(floats.f64().map_err(from_polars)?.iter().map(|v| v.map_or(0, double)).collect())
            }
            t if t.is_unsigned_integer() => {
                let whole = as_type(&DataType::UInt64)?;
                Values::Short(whole.u64().map_err(from_polars)?.iter().map(Option::unwrap_or_default).collect())
            }
            t if t.is_integer() => {
                let whole = as_type(&DataType::Int64)?;
                Values::Short(whole.i64().map_err(from_polars)?.iter().map(|v| v.map_or(0, signed)).collect())
            }
            t => {
                let bytes = if *t == DataType::Binary { series.clone() } else { as_type(&DataType::String)? };
                let bytes = if bytes.dtype() == &DataType::Binary { bytes } else { as_bytes(&bytes)? }.rechunk();
                let one = bytes.binary().map_err(from_polars)?.downcast_iter().next().cloned();
                one.map_or_else(|| Values::Short(Vec::new()), Values::Bytes)
            }
        })
    }

    fn is_missing(&self, row: u32) -> bool {
        self.missing.as_ref().is_some_and(|present| !present.get_bit(row as usize))
    }

    /// The eight bytes of a row's value that are compared at a step.
    fn head(&self, row: u32, step: usize) -> u64 {
        let head = match &self.values {
            Values::Short(values) => values[row as usize],
            Values::Wide(values) if step == 0 => (values[row as usize] >> 64) as u64,
            Values::Wide(values) => values[row as usize] as u64,
            Values::Bytes(values) => {
                let rest = values.value(row as usize).get(step * STEP..).unwrap_or_default();
                let part = &rest[..rest.len().min(STEP)];
                let mut head = [0; 8];
                head[..part.len()].copy_from_slice(part);
                head[STEP] = rest.len().min(STEP + 1) as u8;
                u64::from_be_bytes(head)
            }
        };
        if self.descending { !head } else { head }
    }

    /// Whether rows with this head at a step may still differ.
    fn goes_on(&self, head: u64, step: usize) -> bool {
        let head = if self.descending { !head } else { head };
        match &self.values {
            Values::Short(_) => false,
            Values::Wide(_) => step == 0,
            Values::Bytes(_) => head as u8 as usize > STEP,
        }
    }
}

fn as_bytes(texts: &Series) -> Result<Series> {
    use polars::prelude::IntoSeries as _;
    Ok(texts.str().map_err(from_polars)?.as_binary().into_series())
}

/// Rows that are equal so far, and what they are to be compared by next.
struct Work {
    rows: Range<usize>,
    column: usize,
    step: usize,
}

struct Sorting<'a> {
    columns: Vec<Key>,
    control: &'a Control,
}

impl Sorting<'_> {
    fn of(&self, rows: usize) -> Vec<u32> {
        let all = 0..rows as u32;
        let Some(first) = self.columns.first() else { return all.collect() };
        let mut pairs: Vec<Row> =
            all.clone().filter(|row| !first.is_missing(*row)).map(|row| (first.head(row, 0), row)).collect();
        let present = pairs.len();
        pairs.extend(all.filter(|row| first.is_missing(*row)).map(|row| (0, row)));
        let (known, unknown) = pairs.split_at_mut(present);
        self.sort_together(known);
        self.refine_together(known);
        self.refine(unknown, vec![Work { rows: 0..rows - present, column: 1, step: 0 }]);
        pairs.into_iter().map(|(_, row)| row).collect()
    }

    /// Compares rows; ends the work, by unwinding, once it is to stop.
    fn comparing(&self) -> impl FnMut(&Row, &Row) -> Ordering {
        const OFTEN: u32 = 1 << 13;
        let mut count = 0u32;
        move |a, b| {
            count = count.wrapping_add(1);
            if count.is_multiple_of(OFTEN) && self.control.check().is_err() {
                resume_unwind(Box::new("stopped"));
            }
            a.cmp(b)
        }
    }

    /// Puts rows in order by their heads, each core a part of them.
    fn sort_together(&self, rows: &mut [Row]) {
        let part = part_of(rows.len());
        together(rows.chunks_mut(part).collect(), |rows| rows.sort_unstable_by(self.comparing()));
        if part < rows.len() {
            // A stable sort finds the parts in order and does no more than merge them.
            rows.sort_by(self.comparing());
        }
    }

    /// Puts rows with equal heads in order, each core some of them.
    fn refine_together(&self, rows: &mut [Row]) {
        let part = part_of(rows.len());
        let mut parts = Vec::new();
        let mut rest = rows;
        while !rest.is_empty() {
            let mut end = part.min(rest.len());
            while end < rest.len() && rest[end].0 == rest[end - 1].0 {
                end += 1;
            }
            let (one, others) = rest.split_at_mut(end);
            parts.push(one);
            rest = others;
        }
        together(parts, |rows| {
            let mut work = Vec::new();
            self.equal(rows, 0, 0, 0, &mut work);
            self.refine(rows, work);
        });
    }

    /// Notes the rows with equal heads that may still differ; `start` is where `rows` begin.
    fn equal(&self, rows: &[Row], start: usize, column: usize, step: usize, work: &mut Vec<Work>) {
        let mut from = 0;
        for run in rows.chunk_by(|a, b| a.0 == b.0) {
            let here = start + from..start + from + run.len();
            from += run.len();
            if run.len() < 2 {
                continue;
            }
            if self.columns[column].goes_on(run[0].0, step) {
                work.push(Work { rows: here, column, step: step + 1 });
            } else if column + 1 < self.columns.len() {
                work.push(Work { rows: here, column: column + 1, step: 0 });
            }
        }
    }

    fn refine(&self, rows: &mut [Row], mut work: Vec<Work>) {
        let mut compare = self.comparing();
        while let Some(Work { rows: here, column, step }) = work.pop() {
            let Some(key) = self.columns.get(column) else { continue };
            let mut end = here.end;
            if step == 0 && key.missing.is_some() {
                let rows = &mut rows[here.clone()];
                rows.sort_by_key(|(_, row)| key.is_missing(*row));
                end = here.start + rows.partition_point(|(_, row)| !key.is_missing(*row));
                work.push(Work { rows: end..here.end, column: column + 1, step: 0 });
            }
            let rows = &mut rows[here.start..end];
            for (head, row) in &mut *rows {
                *head = key.head(*row, step);
            }
            rows.sort_unstable_by(&mut compare);
            self.equal(rows, here.start, column, step, &mut work);
        }
    }
}

/// Rows for one core.
fn part_of(rows: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    rows.div_ceil(cores).max(LEAST)
}

/// Does something to each of these, all at once.
fn together<T: Send>(parts: Vec<T>, each: impl Fn(T) + Sync) {
    let each = &each;
    std::thread::scope(|scope| {
        let threads: Vec<_> = parts.into_iter().map(|part| scope.spawn(move || each(part))).collect();
        let ends: Vec<_> = threads.into_iter().map(|thread| thread.join()).collect();
        if let Some(payload) = ends.into_iter().find_map(std::result::Result::err) {
            resume_unwind(payload);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A row of three keys.
    type Keys = (Option<i32>, Option<f64>, Option<String>);

    fn columns(rows: &[Keys]) -> Vec<PlColumn> {
        let whole: Vec<_> = rows.iter().map(|r| r.0).collect();
        let double: Vec<_> = rows.iter().map(|r| r.1).collect();
        let text: Vec<_> = rows.iter().map(|r| r.2.as_deref()).collect();
        vec![
            PlColumn::new("whole".into(), whole),
            PlColumn::new("double".into(), double),
            PlColumn::new("text".into(), text),
        ]
    }

    /// Missing values last, whatever the direction.
    fn compare<T>(a: &Option<T>, b: &Option<T>, descending: bool, by: impl Fn(&T, &T) -> Ordering) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) if descending => by(b, a),
            (Some(a), Some(b)) => by(a, b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        }
    }

    /// The order as one writes it down without a thought of speed.
    fn plainly(rows: &[Keys], descending: &[bool]) -> Vec<u32> {
        let mut order: Vec<u32> = (0..rows.len() as u32).collect();
        order.sort_by(|a, b| {
            let (a, b) = (&rows[*a as usize], &rows[*b as usize]);
            let doubles = |a: &f64, b: &f64| a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()));
            compare(&a.0, &b.0, descending[0], i32::cmp)
                .then_with(|| compare(&a.1, &b.1, descending[1], doubles))
                .then_with(|| compare(&a.2, &b.2, descending[2], String::cmp))
        });
        order
    }

    fn key() -> impl Strategy<Value = Keys> {
        let doubles = prop::sample::select(vec![0.0, -0.0, 1.5, -1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
        (prop::option::of(-2..2i32), prop::option::of(doubles), prop::option::of("(東京都|a|\u{0}){0,9}"))
    }

    proptest! {
        #[test]
        fn as_written_down_plainly(
            rows in prop::collection::vec(key(), 0..200),
            descending in prop::collection::vec(any::<bool>(), 3),
        ) {
            let found = order(columns(&rows), &descending, &Control::new()).expect("an order");
            prop_assert_eq!(found, plainly(&rows, &descending));
        }
    }

    /// More rows than one core takes, few of them different.
    fn many() -> Vec<Keys> {
        let row =
            |i: i32| ((i % 7 > 0).then_some(i * 7919 % 100), Some(f64::from(i % 3)), Some(format!("{:020}", i % 11)));
        (0..3 * LEAST as i32).map(row).collect()
    }

    #[test]
    fn on_all_cores() {
        let rows = many();
        for descending in [[false, false, false], [true, false, true]] {
            let found = order(columns(&rows), &descending, &Control::new()).expect("an order");
            assert!(found == plainly(&rows, &descending), "{descending:?}");
        }
    }

    #[test]
    fn other_kinds_of_values() {
        let of = |column: PlColumn, t: &DataType| column.cast(t).expect("a column");
        let whole = |values: &[i64]| PlColumn::new("a".into(), values);
        let long = [i128::MIN, 0, 1 << 64, 1 << 70, -1, i128::MAX];
        for (column, want) in [
            (of(whole(&[3, 1, 2]), &DataType::Date), vec![1, 2, 0]),
            (of(whole(&[1, 0, 1]), &DataType::Boolean), vec![1, 0, 2]),
            (of(whole(&[250, 3, 100]), &DataType::UInt8), vec![1, 2, 0]),
            (of(whole(&[250, -3, 100]), &DataType::Decimal(20, 2)), vec![1, 2, 0]),
            (of(whole(&[1, 2]), &DataType::Null), vec![0, 1]),
            (PlColumn::new("a".into(), &long[..]), vec![0, 4, 1, 2, 3, 5]),
            (PlColumn::new("a".into(), [&b"b"[..], b"\xff", b""]), vec![2, 0, 1]),
        ] {
            let told = format!("{:?}", column.dtype());
            assert_eq!(order(vec![column], &[false], &Control::new()).expect("an order"), want, "{told}");
        }
    }

    #[test]
    fn stopped_it_ends() {
        let control = Control::new();
        control.cancel();
        let stopped = order(columns(&many()), &[false; 3], &control);
        assert_eq!(stopped.err().map(|e| e.message.id), Some("error-interrupted"));
    }
}
