//! Columns of rows read at once, whatever the source: what each of their cells says.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, Float32Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, DictionaryArray, Float64Array, Int32Array, Int64Array,
    LargeStringArray, PrimitiveArray, StringArray, StringViewArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, TimeUnit};
use habitue_core::time::{Day, Timestamp};

use super::cell::{Cell, Shared};
use super::moment;
use super::number;
use super::record::Field;

/// A column of a batch, ready to give cells.
pub(crate) enum Column<'a> {
    Nothing,
    /// One field of each of many lines of text.
    Field(Field<'a>),
    Utf8(&'a StringArray),
    LargeUtf8(&'a LargeStringArray),
    Utf8View(&'a StringViewArray),
    /// Keys of a dictionary, its values, and what tells it from other dictionaries.
    Dictionary {
        keys: Int32Array,
        values: Box<Column<'a>>,
        list: usize,
    },
    Int32(&'a Int32Array),
    Int64(&'a Int64Array),
    Float64(&'a Float64Array),
    /// Microseconds since 1970.
    Micros(&'a TimestampMicrosecondArray),
    Int(Vec<Option<i64>>),
    Float(Vec<Option<f64>>),
    Time(Vec<Option<Timestamp>>),
    Text(Vec<Option<String>>),
}

impl<'a> Column<'a> {
    /// Takes a column of any type that can hold ids, names, numbers or dates; other types give nothing.
    pub(crate) fn new(array: &'a ArrayRef, list: usize) -> Self {
        macro_rules! ints {
            ($type:ty) => {
                Self::Int(array.as_primitive::<$type>().iter().map(|v| v.map(i64::from)).collect())
            };
        }
        macro_rules! times {
            ($type:ty, $per_second:expr) => {{
                let values = array.as_primitive::<$type>().iter();
                Self::Time(values.map(|v| v.map(|v| Timestamp(v.div_euclid($per_second)))).collect())
            }};
        }
        match array.data_type() {
            DataType::Utf8 => Self::Utf8(array.as_string()),
            DataType::LargeUtf8 => Self::LargeUtf8(array.as_string()),
            DataType::Utf8View => Self::Utf8View(array.as_string_view()),
            DataType::Int8 => ints!(Int8Type),
            DataType::Int16 => ints!(Int16Type),
            DataType::Int32 => Self::Int32(array.as_primitive()),
            DataType::Int64 => Self::Int64(array.as_primitive()),
            DataType::UInt8 => ints!(UInt8Type),
            DataType::UInt16 => ints!(UInt16Type),
            DataType::UInt32 => ints!(UInt32Type),
            DataType::UInt64 => {
                let values = array.as_primitive::<UInt64Type>().iter();
                Self::Text(values.map(|v| v.map(|v| v.to_string())).collect())
            }
            DataType::Float32 => {
                // Through text: 2.55 in single precision means 2.55.
                let values = array.as_primitive::<Float32Type>().iter();
                Self::Float(values.map(|v| v.map(|v| v.to_string().parse().unwrap_or(f64::NAN))).collect())
            }
            DataType::Float64 => Self::Float64(array.as_primitive()),
            DataType::Decimal128(_, scale) => {
                let values = array.as_primitive::<Decimal128Type>().iter();
                Self::Text(values.map(|v| v.map(|v| decimal_text(v, *scale))).collect())
            }
            DataType::Date32 => {
                let values = array.as_primitive::<Date32Type>().iter();
                Self::Time(values.map(|v| v.map(|v| Day(v).start())).collect())
            }
            DataType::Date64 => times!(Date64Type, 1000),
            DataType::Timestamp(TimeUnit::Second, _) => times!(TimestampSecondType, 1),
            DataType::Timestamp(TimeUnit::Millisecond, _) => times!(TimestampMillisecondType, 1000),
            DataType::Timestamp(TimeUnit::Microsecond, _) => Self::Micros(array.as_primitive()),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => times!(TimestampNanosecondType, 1_000_000_000),
            DataType::Boolean => {
                let values = array.as_boolean().iter();
                Self::Text(values.map(|v| v.map(|v| v.to_string())).collect())
            }
            DataType::Dictionary(keys, _) => Self::dictionary(array, keys, list),
            _ => Self::Nothing,
        }
    }

    fn dictionary(array: &'a ArrayRef, keys: &DataType, list: usize) -> Self {
        macro_rules! dictionary {
            ($type:ty) => {{
                let Some(array) = array.as_any().downcast_ref::<DictionaryArray<$type>>() else {
                    return Self::Nothing;
                };
                let keys = array.keys().unary(|key| key as i32);
                Self::Dictionary { keys, values: Box::new(Self::new(array.values(), list)), list }
            }};
        }
        match keys {
            DataType::Int8 => dictionary!(Int8Type),
            DataType::Int16 => dictionary!(Int16Type),
            DataType::Int32 => dictionary!(Int32Type),
            DataType::Int64 => dictionary!(Int64Type),
            DataType::UInt8 => dictionary!(UInt8Type),
            DataType::UInt16 => dictionary!(UInt16Type),
            DataType::UInt32 => dictionary!(UInt32Type),
            _ => Self::Nothing,
        }
    }

    /// [`mark_changes`] of one column that is no field of text (of one that is, all rows).
    fn mark_changes(&self, changed: &mut [bool]) {
        fn mark<T: ArrowPrimitiveType>(changed: &mut [bool], array: &PrimitiveArray<T>) {
            let Some((_, changed)) = changed.split_first_mut() else { return };
            let values = array.values();
            for ((changed, before), here) in changed.iter_mut().zip(values.iter()).zip(&values[1..]) {
                *changed |= before != here;
            }
            // What stands in a place without a value says nothing: it differs from the values before and after it.
            let Some(nulls) = array.nulls().filter(|nulls| nulls.null_count() > 0) else { return };
            for row in (!nulls.inner()).set_indices() {
                if row > 0 {
                    changed[row - 1] |= nulls.is_valid(row - 1);
                }
                if let Some(after) = changed.get_mut(row) {
                    *after |= nulls.is_valid(row + 1);
                }
            }
        }
        match self {
            Self::Nothing => {}
            Self::Int32(array) => mark(changed, array),
            Self::Int64(array) => mark(changed, array),
            Self::Micros(array) => mark(changed, array),
            Self::Dictionary { keys, .. } => mark(changed, keys),
            Self::Utf8(array) if array.null_count() == 0 => {
                mark_texts(changed, |row| array.value(row).as_bytes())
            }
            Self::Utf8View(array) if array.null_count() == 0 => {
                mark_texts(changed, |row| array.value(row).as_bytes())
            }
            _ => changed.fill(true),
        }
    }

    fn field(&self) -> Option<&Field<'a>> {
        if let Self::Field(field) = self { Some(field) } else { None }
    }

    /// The numbers of a column of `n` rows in 1/10,000, where they are zero or more and have no further decimals;
    /// −1 elsewhere. `comma` says what parts the decimals of texts.
    pub(crate) fn ten_thousandths(&self, comma: bool, n: usize) -> Option<Vec<i64>> {
        fn whole<T: Copy + Into<i64>>(values: &[T]) -> Vec<i64> {
            let scaled = |value: &T| (*value).into().checked_mul(10_000).unwrap_or(-1).max(-1);
            values.iter().map(scaled).collect()
        }
        match self {
            Self::Int32(array) if array.null_count() == 0 => Some(whole(array.values())),
            Self::Int64(array) if array.null_count() == 0 => Some(whole(array.values())),
            Self::Float64(array) if array.null_count() == 0 => {
                let scaled = |value: &f64| {
                    let scaled = (value * 10_000.0 + 0.5) as i64;
                    #[expect(
                        clippy::float_cmp,
                        reason = "the nearest float of the decimal must be this very float"
                    )]
                    let is_exact = scaled as f64 / 10_000.0 == *value;
                    if is_exact && (0..9_000_000_000_000_000).contains(&scaled) { scaled } else { -1 }
                };
                Some(array.values().iter().map(scaled).collect())
            }
            Self::Field(field) => {
                let point = if comma { b',' } else { b'.' };
                let scaled = |row| match field.word(row) {
                    Some((word, len)) => number::ten_thousandths_of_word(word, len, point),
                    None => number::ten_thousandths(field.bytes(row), point),
                };
                Some((0..n).map(|row| scaled(row).unwrap_or(-1)).collect())
            }
            _ => None,
        }
    }

    /// The whole number of a row, in a column of them, or in a text that is what such a number is written as.
    #[inline]
    pub(crate) fn int(&self, row: usize) -> Option<i64> {
        match self {
            Self::Field(field) => number::as_written(field.bytes(row)),
            Self::Int32(array) if array.is_valid(row) => Some(array.value(row).into()),
            Self::Int64(array) if array.is_valid(row) => Some(array.value(row)),
            Self::Int(values) => values[row],
            _ => None,
        }
    }

    /// The moment of a row, in a column of them, or in a text that can be read in one way only.
    #[inline]
    pub(crate) fn time(&self, row: usize) -> Option<Timestamp> {
        match self {
            Self::Field(field) => moment::iso(field.bytes(row)),
            Self::Micros(array) if array.is_valid(row) => {
                Some(Timestamp(array.value(row).div_euclid(1_000_000)))
            }
            Self::Time(values) => values[row],
            _ => None,
        }
    }

    /// The place of a row's value in the column's dictionary.
    #[inline]
    pub(crate) fn shared(&self, row: usize) -> Option<Shared> {
        match self {
            Self::Dictionary { list, keys, .. } if keys.is_valid(row) => {
                Some(Shared { list: *list, index: keys.value(row) as usize })
            }
            _ => None,
        }
    }

    /// The cell of a row.
    #[inline]
    pub(crate) fn cell(&self, row: usize) -> Cell<'_> {
        match self {
            Self::Nothing => Cell::Empty,
            Self::Field(field) => Cell::text(field.get(row)),
            Self::Utf8(array) => {
                if array.is_null(row) {
                    Cell::Empty
                } else {
                    Cell::text(array.value(row))
                }
            }
            Self::LargeUtf8(array) => {
                if array.is_null(row) {
                    Cell::Empty
                } else {
                    Cell::text(array.value(row))
                }
            }
            Self::Utf8View(array) => {
                if array.is_null(row) {
                    Cell::Empty
                } else {
                    Cell::text(array.value(row))
                }
            }
            Self::Int32(array) if array.is_valid(row) => Cell::Int(array.value(row).into()),
            Self::Int64(array) if array.is_valid(row) => Cell::Int(array.value(row)),
            Self::Float64(array) if array.is_valid(row) => Cell::Float(array.value(row)),
            Self::Micros(array) if array.is_valid(row) => {
                Cell::Time(Timestamp(array.value(row).div_euclid(1_000_000)))
            }
            Self::Int32(_) | Self::Int64(_) | Self::Float64(_) | Self::Micros(_) => Cell::Empty,
            Self::Dictionary { keys, values, .. } => {
                if keys.is_null(row) {
                    Cell::Empty
                } else {
                    values.cell(keys.value(row) as usize)
                }
            }
            Self::Int(values) => values[row].map_or(Cell::Empty, Cell::Int),
            Self::Float(values) => values[row].map_or(Cell::Empty, Cell::Float),
            Self::Time(values) => values[row].map_or(Cell::Empty, Cell::Time),
            Self::Text(values) => values[row].as_deref().map_or(Cell::Empty, Cell::text),
        }
    }
}

/// Marks the rows that may have another value than the row before in any of some columns; the first row is not asked
/// for.
///
/// Fields of text that stand side by side are compared in one go.
pub(crate) fn mark_changes(columns: &[&Column<'_>], changed: &mut [bool]) {
    let mut left = columns.to_vec();
    left.sort_by_key(|column| column.field().map(Field::index));
    let mut at = 0;
    while at < left.len() {
        let (first, mut last) = (left[at], left[at]);
        at += 1;
        while let (Some(before), Some(next)) = (last.field(), left.get(at).and_then(|column| column.field()))
        {
            if before.index() + 1 != next.index() {
                break;
            }
            (last, at) = (left[at], at + 1);
        }
        match (first.field(), last.field()) {
            (Some(first), Some(last)) => mark_texts(changed, |row| first.bytes_to(last, row)),
            _ => first.mark_changes(changed),
        }
    }
}

fn mark_texts<'t>(changed: &mut [bool], text: impl Fn(usize) -> &'t [u8]) {
    let mut before = if changed.is_empty() { &[] } else { text(0) };
    for (row, changed) in changed.iter_mut().enumerate() {
        let here = text(row);
        *changed |= !is_same(here, before);
        before = here;
    }
}

/// Whether short texts are the same, without a call: word by word, the last one over what is left.
#[inline(always)]
fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let (Some(last_a), Some(last_b)) = (a.last_chunk::<8>(), b.last_chunk::<8>()) else {
        return match (a.last_chunk::<4>(), b.last_chunk::<4>()) {
            (Some(last_a), Some(last_b)) => last_a == last_b && a[..4] == b[..4],
            _ => a.iter().zip(b).all(|(a, b)| a == b),
        };
    };
    let mut at = 0;
    while at + 8 < a.len() {
        if a[at..at + 8] != b[at..at + 8] {
            return false;
        }
        at += 8;
    }
    last_a == last_b
}

fn decimal_text(value: i128, scale: i8) -> String {
    let scale = usize::try_from(scale).unwrap_or(0);
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if value < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn texts_are_the_same_if_all_their_bytes_are(a in "[ab]{0,20}", at in 0..20_usize, other in "[ab]{0,20}") {
            let (mut b, at) = (a.clone().into_bytes(), at.min(a.len().saturating_sub(1)));
            proptest::prop_assert!(is_same(a.as_bytes(), &b));
            if let Some(byte) = b.get_mut(at) {
                *byte = b'c';
                proptest::prop_assert!(!is_same(a.as_bytes(), &b));
            }
            proptest::prop_assert_eq!(is_same(a.as_bytes(), other.as_bytes()), a == other);
        }
    }

    #[test]
    fn decimals_keep_their_digits() {
        assert_eq!(decimal_text(-255, 2), "-2.55");
        assert_eq!(decimal_text(5, 3), "0.005");
        assert_eq!(decimal_text(12, 0), "12");
    }
}
