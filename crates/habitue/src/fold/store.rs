//! Summaries in a file: the memory of customers, to be kept, merged and folded on.

use std::fs::File;
use std::path::{Path, PathBuf};

use habitue_core::features::Holds;
use habitue_core::summary::Summary;
use habitue_core::time::Day;
use hashbrown::HashMap;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use serde::{Deserialize, Serialize};

use super::batch::{self, Lines, saved_schema};
use crate::error::Error;
use crate::ingest::part::Part;
use crate::ingest::roster::Roster;
use crate::ingest::tally::{LastDays, Names, Product};

/// Key of the description among the file's own key-value pairs.
const DESCRIPTION: &str = "habitue";
/// The layout written here; files of another one are refused.
const VERSION: u32 = 3;

/// What a file of summaries says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Description {
    version: u32,
    /// What the orders held.
    pub(crate) holds: Holds,
    /// The currency of all amounts, if known.
    pub(crate) currency: Option<String>,
    /// Code, names and categories (with the rows that say so) by product key, ascending.
    products: Vec<(u64, String, Names, Names)>,
    /// The last day on which customers without an id bought a product, by its key, ascending.
    sold_to_nobody: Vec<(u64, i32)>,
}

impl Description {
    pub(crate) fn new(
        holds: Holds,
        currency: Option<String>,
        catalogue: &HashMap<u64, Product>,
        sold_to_nobody: &LastDays,
    ) -> Self {
        let mut days: Vec<(u64, i32)> = sold_to_nobody.iter().map(|(key, day)| (key, day.0)).collect();
        days.sort_unstable();
        let mut products: Vec<_> = catalogue
            .iter()
            .map(|(k, p)| (*k, p.code.clone(), p.name.sorted(), p.category.sorted()))
            .collect();
        products.sort_unstable_by_key(|product: &(u64, String, Names, Names)| product.0);
        Self { version: VERSION, holds, currency, products, sold_to_nobody: days }
    }

    /// The last day on which customers without an id bought each product.
    pub(crate) fn sold_to_nobody(&self) -> impl Iterator<Item = (u64, Day)> {
        self.sold_to_nobody.iter().map(|(key, day)| (*key, Day(*day)))
    }

    pub(crate) fn catalogue(&self) -> impl Iterator<Item = (u64, Product)> {
        self.products.iter().map(|(k, code, name, category)| {
            (*k, Product { code: code.clone(), name: name.clone(), category: category.clone() })
        })
    }
}

/// Summaries of one partition on their way to a file.
pub(crate) struct Saved {
    lines: Lines,
}

impl Saved {
    /// With room for so many lines.
    pub(crate) fn with_capacity(n_lines: usize) -> Self {
        Self { lines: Lines::with_capacity(n_lines) }
    }

    pub(crate) fn add(&mut self, id: &str, summary: &Summary) {
        self.lines.add(id, summary.lines());
    }
}

/// Lines of a row group, at least, but for the last one: smaller partitions are written together.
const ROW_GROUP_LINES: usize = 1 << 16;

/// Writes a file of summaries: customers by partition, then by id, so that equal summaries give equal bytes.
pub(crate) struct Writer {
    path: PathBuf,
    file: SerializedFileWriter<File>,
}

/// Makes row groups, on any thread.
pub(crate) struct Encoder {
    path: PathBuf,
    factory: ArrowRowGroupWriterFactory,
}

/// A partition on its way to the file.
pub(crate) enum Encoded {
    /// Enough lines for a row group.
    RowGroup(Vec<ArrowColumnChunk>),
    /// To be written together with others.
    Small(Saved),
}

impl Writer {
    pub(crate) fn create(path: &Path, description: &Description) -> Result<(Self, Encoder), Error> {
        let text = serde_json::to_string(description).expect("a description is plain data");
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::LZ4_RAW)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_key_value_metadata(Some(vec![KeyValue::new(DESCRIPTION.to_owned(), text)]))
            .set_created_by("habitue".to_owned());
        // Hashes of orders do not repeat often enough for a dictionary; numbers are short as differences, quantities as
        // places in a dictionary. What is so short already does not become shorter by compression.
        for (column, encoding, in_dictionary, compression) in [
            ("time", Encoding::DELTA_BINARY_PACKED, false, Compression::LZ4_RAW),
            ("order", Encoding::PLAIN, false, Compression::LZ4_RAW),
            ("product", Encoding::PLAIN, true, Compression::UNCOMPRESSED),
            ("units", Encoding::DELTA_BINARY_PACKED, true, Compression::UNCOMPRESSED),
            ("amount", Encoding::DELTA_BINARY_PACKED, false, Compression::UNCOMPRESSED),
            ("discount", Encoding::DELTA_BINARY_PACKED, false, Compression::LZ4_RAW),
        ] {
            let column = ColumnPath::from(column);
            properties = properties
                .set_column_dictionary_enabled(column.clone(), in_dictionary)
                .set_column_encoding(column.clone(), encoding)
                .set_column_compression(column, compression);
        }
        let file = File::create(path).map_err(Error::io(path.display()))?;
        let (file, factory) = ArrowWriter::try_new(file, saved_schema(), Some(properties.build()))
            .and_then(ArrowWriter::into_serialized_writer)
            .map_err(failed(path))?;
        let path = path.to_owned();
        Ok((Self { path: path.clone(), file }, Encoder { path, factory }))
    }

    /// Writes all partitions, in their order, and ends the file.
    pub(crate) fn finish(mut self, encoder: &Encoder, partitions: Vec<Encoded>) -> Result<(), Error> {
        let (mut small, mut lines) = (Vec::new(), 0);
        for partition in partitions {
            let group = match partition {
                Encoded::RowGroup(group) => Some(group),
                Encoded::Small(saved) => {
                    lines += saved.lines.len();
                    small.push(saved);
                    None
                }
            };
            if group.is_some() || lines >= ROW_GROUP_LINES {
                self.append(encoder.row_group(std::mem::take(&mut small))?)?;
                lines = 0;
            }
            self.append(group.unwrap_or_default())?;
        }
        self.append(encoder.row_group(small)?)?;
        self.file.close().map_err(failed(&self.path))?;
        Ok(())
    }

    fn append(&mut self, group: Vec<ArrowColumnChunk>) -> Result<(), Error> {
        if group.is_empty() {
            return Ok(());
        }
        let mut row_group = self.file.next_row_group().map_err(failed(&self.path))?;
        for column in group {
            column.append_to_row_group(&mut row_group).map_err(failed(&self.path))?;
        }
        row_group.close().map_err(failed(&self.path))?;
        Ok(())
    }
}

impl Encoder {
    /// A partition as it goes to the file.
    pub(crate) fn encode(&self, saved: Saved) -> Result<Encoded, Error> {
        if saved.lines.len() < ROW_GROUP_LINES {
            return Ok(Encoded::Small(saved));
        }
        self.row_group(vec![saved]).map(Encoded::RowGroup)
    }

    /// The columns of a row group of all lines given; nothing if there are none.
    fn row_group(&self, partitions: Vec<Saved>) -> Result<Vec<ArrowColumnChunk>, Error> {
        let mut writers = Vec::new();
        for saved in partitions.into_iter().filter(|s| s.lines.len() > 0) {
            if writers.is_empty() {
                // The number of a row group matters to encrypted files only.
                writers = self.factory.create_column_writers(0).map_err(failed(&self.path))?;
            }
            let batch = saved.lines.into_batch();
            for ((writer, field), column) in
                writers.iter_mut().zip(saved_schema().fields()).zip(batch.columns())
            {
                for leaf in compute_leaves(field, column).map_err(failed(&self.path))? {
                    writer.write(&leaf).map_err(failed(&self.path))?;
                }
            }
        }
        writers.into_iter().map(|w| w.close().map_err(failed(&self.path))).collect()
    }
}

/// Reads summaries: the description, and the lines of all partitions batch by batch, a part a partition.
pub(crate) fn read(
    path: &Path,
    roster: &Roster,
    mut take: impl FnMut(Vec<Part>) -> Result<(), Error>,
) -> Result<Description, Error> {
    let refuse = |what: &str| Error::Document {
        path: path.display().to_string(),
        what: what.to_owned(),
        remedy: "give a file written by `habitue fold`".to_owned(),
    };
    let file = File::open(path).map_err(Error::io(path.display()))?;
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(file).map_err(|_| refuse("this is no file of summaries"))?;
    let pairs = builder.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
    let text = pairs.into_iter().find(|p| p.key == DESCRIPTION).and_then(|p| p.value);
    let text = text.ok_or_else(|| refuse("this Parquet file holds no summaries"))?;
    let description: Description =
        serde_json::from_str(&text).map_err(|e| refuse(&format!("its description cannot be read ({e})")))?;
    if description.version != VERSION {
        return Err(refuse(&format!("it has layout {}, this program knows {VERSION}", description.version)));
    }
    for batch in builder.build().map_err(failed(path))? {
        let batch = batch
            .map_err(|e| Error::Io { path: path.display().to_string(), source: std::io::Error::other(e) })?;
        take(batch::deal_out(&batch, roster))?;
    }
    Ok(description)
}

fn failed(path: &Path) -> impl FnOnce(parquet::errors::ParquetError) -> Error {
    let path = path.display().to_string();
    move |error| Error::Io { path, source: std::io::Error::other(error) }
}
