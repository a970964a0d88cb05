//! Parquet files: the columns that are needed, row group by row group.

use std::fs::File;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, Float32Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Float64Array, Int32Array, Int64Array, LargeStringArray, RecordBatch,
    StringArray, StringViewArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, FieldRef, Schema, SchemaRef, TimeUnit};
use habitue_core::time::{Day, Timestamp};
use hashbrown::HashMap;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};

use super::cell::{Cell, Shared};
use super::find::InputFile;
use crate::error::Error;

/// Rows decoded at a time.
const BATCH_ROWS: usize = 8192;

/// A Parquet file, understood.
pub(crate) struct ParquetFile {
    metadata: ArrowReaderMetadata,
    pub(crate) columns: Vec<String>,
}

impl ParquetFile {
    pub(crate) fn look(file: &InputFile) -> Result<Self, Error> {
        let raw = File::open(&file.path).map_err(Error::io(&file.name))?;
        let metadata =
            ArrowReaderMetadata::load(&raw, ArrowReaderOptions::new()).map_err(|e| damaged(file, &e))?;
        let options = ArrowReaderOptions::new().with_schema(with_dictionaries(&metadata));
        let metadata = ArrowReaderMetadata::try_new(metadata.metadata().clone(), options)
            .map_err(|e| damaged(file, &e))?;
        let columns = metadata.schema().fields().iter().map(|f| f.name().clone()).collect();
        if metadata.metadata().file_metadata().num_rows() == 0 {
            return Err(Error::NoRows { path: file.name.clone() });
        }
        Ok(Self { metadata, columns })
    }

    pub(crate) fn n_row_groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    /// Rows before a row group.
    pub(crate) fn rows_before(&self, row_group: usize) -> u64 {
        let groups = self.metadata.metadata().row_groups();
        groups[..row_group].iter().map(|g| g.num_rows().max(0) as u64).sum()
    }

    /// Whether the file says that a column is nothing but nulls.
    pub(crate) fn describe(&self) -> String {
        let groups = self.n_row_groups();
        format!("Parquet, {groups} row group{}", if groups == 1 { "" } else { "s" })
    }

    /// Reads columns of one row group, batch by batch; the order of the batch's columns is that of the file.
    pub(crate) fn batches<'a>(
        &'a self,
        file: &'a InputFile,
        row_group: usize,
        columns: &[usize],
    ) -> Result<impl Iterator<Item = Result<RecordBatch, Error>> + 'a, Error> {
        let raw = File::open(&file.path).map_err(Error::io(&file.name))?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(raw, self.metadata.clone());
        let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
        let reader = builder
            .with_row_groups(vec![row_group])
            .with_projection(mask)
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(|e| damaged(file, &e))?;
        Ok(reader.map(move |batch| batch.map_err(|e| damaged(file, &e))))
    }
}

/// The file's schema, with texts that the file holds as dictionaries left so: a product's name is then understood
/// once and not once a row.
fn with_dictionaries(metadata: &ArrowReaderMetadata) -> SchemaRef {
    let groups = metadata.metadata().row_groups();
    let leaf_of = |field: usize| {
        let leaves = metadata.parquet_schema();
        (0..leaves.num_columns()).find(|&leaf| leaves.get_column_root_idx(leaf) == field)
    };
    // A text written out takes four bytes for its length alone.
    let is_dictionary = |leaf: usize| {
        groups.iter().all(|group| {
            let chunk = group.column(leaf);
            chunk.dictionary_page_offset().is_some() && chunk.uncompressed_size() < 4 * chunk.num_values()
        })
    };
    let field = |(at, field): (usize, &FieldRef)| match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 if leaf_of(at).is_some_and(is_dictionary) => {
            let dictionary =
                DataType::Dictionary(Box::new(DataType::Int32), Box::new(field.data_type().clone()));
            Arc::new(field.as_ref().clone().with_data_type(dictionary))
        }
        _ => field.clone(),
    };
    let fields: Vec<FieldRef> = metadata.schema().fields().iter().enumerate().map(field).collect();
    Arc::new(Schema::new_with_metadata(fields, metadata.schema().metadata().clone()))
}

fn damaged(file: &InputFile, error: &impl std::fmt::Display) -> Error {
    Error::Format {
        path: file.name.clone(),
        what: format!("this is not a whole Parquet file ({error})"),
        remedy: "download or write the file again",
    }
}

/// Tells dictionaries apart: those of the batches of a column, which are mostly one and the same.
#[derive(Default)]
pub(crate) struct Lists {
    /// For each column its last dictionary, kept so that no other can take its place in memory, and its number.
    last: HashMap<usize, (ArrayRef, usize)>,
    n: usize,
}

impl Lists {
    /// The number of the dictionary of a batch's column: another one for another dictionary.
    pub(crate) fn number(&mut self, column: usize, array: &ArrayRef) -> usize {
        let Some(dictionary) = array.as_any_dictionary_opt() else { return 0 };
        let values = dictionary.values();
        match self.last.get(&column) {
            Some((last, number)) if last.to_data().ptr_eq(&values.to_data()) => *number,
            _ => {
                self.n += 1;
                self.last.insert(column, (values.clone(), self.n));
                self.n
            }
        }
    }
}

/// A column of a batch, ready to give cells.
pub(crate) enum Column<'a> {
    Nothing,
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

    /// Marks the rows that may have another value than the row before; `changed` is true for those marked.
    pub(crate) fn mark_changes(&self, changed: &mut [bool]) {
        fn mark<T: PartialEq>(changed: &mut [bool], values: &[T]) {
            for (changed, pair) in changed.iter_mut().skip(1).zip(values.windows(2)) {
                *changed |= pair[0] != pair[1];
            }
        }
        match self {
            Self::Nothing => {}
            Self::Int32(array) if array.null_count() == 0 => mark(changed, array.values()),
            Self::Int64(array) => {
                mark(changed, array.values());
                if array.null_count() > 0 {
                    // Rows without a value are taken one by one.
                    for (row, changed) in changed.iter_mut().enumerate() {
                        *changed |= array.is_null(row) || row > 0 && array.is_null(row - 1);
                    }
                }
            }
            Self::Micros(array) if array.null_count() == 0 => mark(changed, array.values()),
            Self::Dictionary { keys, .. } if keys.null_count() == 0 => mark(changed, keys.values()),
            Self::Utf8(array) if array.null_count() == 0 => {
                for (row, changed) in changed.iter_mut().enumerate().skip(1) {
                    *changed |= array.value(row) != array.value(row - 1);
                }
            }
            Self::Utf8View(array) if array.null_count() == 0 => {
                for (row, changed) in changed.iter_mut().enumerate().skip(1) {
                    *changed |= array.value(row) != array.value(row - 1);
                }
            }
            _ => changed.fill(true),
        }
    }

    /// The numbers of a column in 1/10,000, where they are zero or more and have no further decimals; −1 elsewhere.
    pub(crate) fn ten_thousandths(&self) -> Option<Vec<i64>> {
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
            _ => None,
        }
    }

    /// The whole number of a row, in a column of them.
    #[inline]
    pub(crate) fn int(&self, row: usize) -> Option<i64> {
        match self {
            Self::Int32(array) if array.is_valid(row) => Some(array.value(row).into()),
            Self::Int64(array) if array.is_valid(row) => Some(array.value(row)),
            Self::Int(values) => values[row],
            _ => None,
        }
    }

    /// The moment of a row, in a column of them.
    #[inline]
    pub(crate) fn time(&self, row: usize) -> Option<Timestamp> {
        match self {
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

    #[test]
    fn decimals_keep_their_digits() {
        assert_eq!(decimal_text(-255, 2), "-2.55");
        assert_eq!(decimal_text(5, 3), "0.005");
        assert_eq!(decimal_text(12, 0), "12");
    }
}
