//! Tables of customers as CSV, Parquet or Excel files.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray};
use arrow_schema::{DataType, Field, FieldRef, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use serde::{Deserialize, Serialize};

use super::defuse;
use crate::error::Error;
use crate::ids::{Ids, Order};
use crate::threads;

/// The file format of tables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TableFormat {
    /// Comma-separated values, UTF-8.
    #[default]
    Csv,
    /// Parquet.
    Parquet,
    /// An Excel workbook.
    Xlsx,
}

impl TableFormat {
    /// The ending of file names.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Xlsx => "xlsx",
        }
    }

    /// The format that the ending of a path means; CSV if none.
    pub fn of_path(path: &Path) -> Self {
        match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("parquet" | "pq") => Self::Parquet,
            Some("xlsx") => Self::Xlsx,
            _ => Self::Csv,
        }
    }
}

/// A column on its way to a file.
pub(crate) enum Cells<'a> {
    /// Text; `None` is an empty cell.
    Text(Vec<Option<&'a str>>),
    /// Whole numbers.
    Whole(Vec<i64>),
    /// Whole numbers; `None` is an empty cell.
    Known(Vec<Option<i64>>),
    /// Numbers; NaN is an empty cell. Written with at most this many decimals, and no zeros after them.
    Number(Cow<'a, [f64]>, u8),
    /// Ids that lie in several lists and are brought into their order on the way.
    Ids(&'a Order, &'a [Ids]),
    /// Numbers that belong to such ids; else as the numbers above.
    Scattered(&'a Order, &'a [Vec<f64>], u8),
}

impl Cells<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Text(values) => values.len(),
            Self::Whole(values) => values.len(),
            Self::Known(values) => values.len(),
            Self::Number(values, _) => values.len(),
            Self::Ids(order, _) | Self::Scattered(order, ..) => order.len(),
        }
    }

    /// Whether values repeat often enough for a dictionary, as far as the first of them show.
    fn repeat(&self) -> bool {
        match self {
            Self::Text(values) => repeat(values.iter()),
            Self::Whole(values) => repeat(values.iter()),
            Self::Known(values) => repeat(values.iter()),
            Self::Number(values, _) => repeat(values.iter().map(|value| value.to_bits())),
            Self::Ids(..) => false,
            Self::Scattered(order, lists, _) => {
                repeat((0..order.len()).map(|row| order.value(row, lists).to_bits()))
            }
        }
    }
}

/// A table on its way to a file: named columns of equal length.
pub(crate) struct Sheet<'a> {
    pub(crate) columns: Vec<(String, Cells<'a>)>,
}

impl Sheet<'_> {
    fn n_rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, cells)| cells.len())
    }

    /// Writes the rows for which `keep` holds.
    pub(crate) fn write(
        &self,
        path: &Path,
        format: TableFormat,
        keep: impl Fn(usize) -> bool,
    ) -> Result<(), Error> {
        let mut rows = Vec::with_capacity(self.n_rows());
        rows.extend((0..self.n_rows()).filter(|&r| keep(r)));
        match format {
            TableFormat::Csv => {
                let file = File::create(path).map_err(Error::io(path.display()))?;
                self.write_csv(BufWriter::with_capacity(1 << 16, file), &rows)
                    .map_err(Error::io(path.display()))
            }
            TableFormat::Parquet => self.write_parquet(path, &rows),
            TableFormat::Xlsx => self.write_xlsx(path, &rows),
        }
    }

    /// Writes all rows as CSV.
    pub(crate) fn write_csv_to(&self, out: impl Write) -> std::io::Result<()> {
        self.write_csv(out, &(0..self.n_rows()).collect::<Vec<_>>())
    }

    fn write_csv(&self, out: impl Write, rows: &[usize]) -> std::io::Result<()> {
        let mut out = csv::WriterBuilder::new().buffer_capacity(1 << 16).from_writer(out);
        out.write_record(self.columns.iter().map(|(name, _)| defuse(name).into_owned()))?;
        let mut text = String::new();
        for &row in rows {
            for (_, cells) in &self.columns {
                match cells {
                    Cells::Text(values) => out.write_field(defuse(values[row].unwrap_or("")).as_ref())?,
                    Cells::Whole(values) => out.write_field(itoa::Buffer::new().format(values[row]))?,
                    Cells::Known(values) => match values[row] {
                        Some(value) => out.write_field(itoa::Buffer::new().format(value))?,
                        None => out.write_field("")?,
                    },
                    Cells::Number(values, decimals) => {
                        write_number(&mut text, values[row], *decimals);
                        out.write_field(&text)?;
                    }
                    Cells::Ids(order, lists) => out.write_field(defuse(order.id(row, lists)).as_ref())?,
                    Cells::Scattered(order, lists, decimals) => {
                        write_number(&mut text, order.value(row, lists), *decimals);
                        out.write_field(&text)?;
                    }
                }
            }
            out.write_record(None::<&[u8]>)?;
        }
        out.flush()
    }

    fn write_parquet(&self, path: &Path, rows: &[usize]) -> Result<(), Error> {
        let failed = |e: &dyn std::fmt::Display| Error::Io {
            path: path.display().to_string(),
            source: std::io::Error::other(e.to_string()),
        };
        let field = |(name, cells): &(String, Cells<'_>)| match cells {
            Cells::Text(_) | Cells::Ids(..) => Field::new(name, DataType::Utf8, true),
            Cells::Whole(_) => Field::new(name, DataType::Int64, false),
            Cells::Known(_) => Field::new(name, DataType::Int64, true),
            Cells::Number(..) | Cells::Scattered(..) => Field::new(name, DataType::Float64, true),
        };
        let array = |cells: &Cells<'_>| -> ArrayRef {
            match cells {
                Cells::Text(v) => Arc::new(StringArray::from_iter(rows.iter().map(|&r| v[r]))),
                Cells::Whole(v) => Arc::new(Int64Array::from_iter_values(rows.iter().map(|&r| v[r]))),
                Cells::Known(v) => Arc::new(Int64Array::from_iter(rows.iter().map(|&r| v[r]))),
                Cells::Number(v, _) => Arc::new(numbers(rows.iter().map(|&r| v[r]).collect())),
                Cells::Ids(order, lists) => {
                    Arc::new(StringArray::from_iter_values(rows.iter().map(|&r| order.id(r, lists))))
                }
                Cells::Scattered(order, lists, _) => {
                    // Gathering all takes half the time that asking for one after the other takes.
                    let all = order.gather(lists);
                    let is_all = rows.len() == all.len();
                    Arc::new(numbers(if is_all { all } else { rows.iter().map(|&r| all[r]).collect() }))
                }
            }
        };
        let schema = Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()));
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::LZ4_RAW)
            // They serve to pass over row groups, and there is one.
            .set_statistics_enabled(EnabledStatistics::None)
            .set_created_by("habitue".to_owned());
        let columns = self.columns.iter().collect();
        for (name, repeats) in threads::map(columns, |(name, cells)| (name, cells.repeat())) {
            if !repeats {
                properties = properties.set_column_dictionary_enabled(ColumnPath::from(name.as_str()), false);
            }
        }
        let properties = properties.build();
        let file = File::create(path).map_err(Error::io(path.display()))?;
        let (mut file, factory) = ArrowWriter::try_new(file, schema.clone(), Some(properties))
            .and_then(ArrowWriter::into_serialized_writer)
            .map_err(|e| failed(&e))?;
        if !rows.is_empty() {
            // One row group, its columns side by side: a column is in memory twice only while it is written.
            let writers = factory.create_column_writers(0).map_err(|e| failed(&e))?;
            let encode =
                |((mut writer, field), (_, cells)): ((ArrowColumnWriter, &FieldRef), &(_, Cells<'_>))| {
                    for leaf in compute_leaves(field, &array(cells))? {
                        writer.write(&leaf)?;
                    }
                    writer.close()
                };
            let jobs: Vec<_> = writers.into_iter().zip(schema.fields()).zip(&self.columns).collect();
            let mut row_group = file.next_row_group().map_err(|e| failed(&e))?;
            let mut written = Ok(());
            threads::in_order(jobs, encode, |chunk: Result<ArrowColumnChunk, ParquetError>| {
                if written.is_ok() {
                    written = chunk.and_then(|chunk| chunk.append_to_row_group(&mut row_group));
                }
            });
            written.map_err(|e| failed(&e))?;
            row_group.close().map_err(|e| failed(&e))?;
        }
        file.close().map_err(|e| failed(&e))?;
        Ok(())
    }

    fn write_xlsx(&self, path: &Path, rows: &[usize]) -> Result<(), Error> {
        const MOST_ROWS: usize = 1_048_575;
        let failed = |e: rust_xlsxwriter::XlsxError| Error::Io {
            path: path.display().to_string(),
            source: std::io::Error::other(e),
        };
        if rows.len() > MOST_ROWS {
            return Err(Error::Document {
                path: path.display().to_string(),
                what: format!("{} rows do not fit into a worksheet ({MOST_ROWS} at most)", rows.len()),
                remedy: "write CSV or Parquet".to_owned(),
            });
        }
        let mut workbook = rust_xlsxwriter::Workbook::new();
        // The time of creation would make equal runs differ.
        let properties = rust_xlsxwriter::DocProperties::new()
            .set_creation_datetime(&rust_xlsxwriter::ExcelDateTime::from_ymd(2000, 1, 1).map_err(failed)?);
        workbook.set_properties(&properties);
        let sheet = workbook.add_worksheet();
        let bold = rust_xlsxwriter::Format::new().set_bold();
        for (number, (name, cells)) in self.columns.iter().enumerate() {
            let column = u16::try_from(number).unwrap_or(u16::MAX);
            sheet.write_string_with_format(0, column, name, &bold).map_err(failed)?;
            for (i, &row) in rows.iter().enumerate() {
                let at = i as u32 + 1;
                match cells {
                    // Written as text, so that no spreadsheet runs it.
                    Cells::Text(values) => sheet.write_string(at, column, values[row].unwrap_or("")),
                    Cells::Whole(values) => sheet.write_number(at, column, values[row] as f64),
                    Cells::Known(values) => match values[row] {
                        Some(value) => sheet.write_number(at, column, value as f64),
                        None => continue,
                    },
                    Cells::Number(values, _) if values[row].is_nan() => continue,
                    Cells::Number(values, _) => sheet.write_number(at, column, values[row]),
                    Cells::Ids(order, lists) => sheet.write_string(at, column, order.id(row, lists)),
                    Cells::Scattered(order, lists, _) if order.value(row, lists).is_nan() => continue,
                    Cells::Scattered(order, lists, _) => {
                        sheet.write_number(at, column, order.value(row, lists))
                    }
                }
                .map_err(failed)?;
            }
        }
        sheet.set_freeze_panes(1, 0).map_err(failed)?;
        workbook.save(path).map_err(failed)
    }
}

fn repeat<T: Ord>(values: impl Iterator<Item = T>) -> bool {
    let mut first: Vec<T> = values.take(4096).collect();
    let n = first.len();
    first.sort_unstable();
    first.dedup();
    first.len() * 4 < n
}

/// Numbers as Arrow has them: NaN is null.
fn numbers(values: Vec<f64>) -> Float64Array {
    let is_known = |value: &f64| !value.is_nan();
    let nulls = (!values.iter().all(is_known)).then(|| values.iter().map(is_known).collect());
    Float64Array::new(values.into(), nulls)
}

/// Writes a number over the text.
fn write_number(text: &mut String, value: f64, decimals: u8) {
    use std::fmt::Write;
    text.clear();
    if value.is_nan() {
        return;
    }
    write!(text, "{value:.*}", usize::from(decimals)).expect("writing to a String cannot fail");
    if text.contains('.') {
        let kept = text.trim_end_matches('0').trim_end_matches('.').len();
        text.truncate(kept);
    }
    if text == "-0" {
        text.remove(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_without_noise() {
        let text = |value, decimals| {
            let mut text = String::new();
            write_number(&mut text, value, decimals);
            text
        };
        assert_eq!(text(100.0, 4), "100");
        assert_eq!(text(77.25, 4), "77.25");
        assert_eq!(text(1.0 / 3.0, 6), "0.333333");
        assert_eq!(text(-0.000_000_1, 4), "0");
        assert_eq!(text(f64::NAN, 4), "");
    }
}
