//! Parquet files: the columns that are needed, row group by row group.

use std::fs::File;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, FieldRef, Schema, SchemaRef};
use hashbrown::HashMap;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};

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

    /// Rows of a row group.
    pub(crate) fn n_rows(&self, row_group: usize) -> usize {
        usize::try_from(self.metadata.metadata().row_group(row_group).num_rows()).unwrap_or(0)
    }

    /// Rows before a row group.
    pub(crate) fn rows_before(&self, row_group: usize) -> u64 {
        (0..row_group).map(|group| self.n_rows(group) as u64).sum()
    }

    /// What kind of file it is, in words.
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
