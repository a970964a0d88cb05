//! Summaries in a file: the memory of customers, to be kept, merged and folded on.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use habitue_core::features::Holds;
use habitue_core::summary::Summary;
use hashbrown::HashMap;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::batch;
use crate::error::Error;
use crate::ingest::lines::{Item, PARTITIONS, Part, Product, Run};
use crate::ingest::source::Position;

/// Key of the description among the file's own key-value pairs.
const DESCRIPTION: &str = "habitue";
/// The layout written here; files of another one are refused.
const VERSION: u32 = 1;

/// What a file of summaries says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Description {
    version: u32,
    /// What the orders held.
    pub(crate) holds: Holds,
    /// The currency of all amounts, if known.
    pub(crate) currency: Option<String>,
    /// Code, name and category by product key, ascending.
    products: Vec<(u64, String, String, String)>,
}

impl Description {
    pub(crate) fn new(holds: Holds, currency: Option<String>, catalogue: &HashMap<u64, Product>) -> Self {
        let mut products: Vec<_> =
            catalogue.iter().map(|(k, p)| (*k, p.code.clone(), p.name.clone(), p.category.clone())).collect();
        products.sort_unstable();
        Self { version: VERSION, holds, currency, products }
    }

    pub(crate) fn catalogue(&self) -> impl Iterator<Item = (u64, Product)> {
        self.products.iter().map(|(k, code, name, category)| {
            (*k, Product { code: code.clone(), name: name.clone(), category: category.clone() })
        })
    }
}

/// Summaries of one partition on their way to a file.
pub(crate) struct Saved {
    part: Part,
}

impl Default for Saved {
    fn default() -> Self {
        Self { part: Part::of_clean_lines() }
    }
}

impl Saved {
    pub(crate) fn add(&mut self, id: &str, summary: &Summary) {
        let part = &mut self.part;
        let customer = part.add_customer(id);
        for lines in summary.lines().chunk_by(|a, b| (a.time, a.order) == (b.time, b.order)) {
            for line in lines {
                part.items.push(Item { product: line.product, units: line.units, amount: line.amount });
                part.discounts.push(line.discount);
            }
            let end = part.items.len() as u32;
            let (order, time) = (lines[0].order, lines[0].time);
            part.runs.push(Run { customer, end, order, time, first: Position(0) });
        }
    }
}

fn saved_schema() -> SchemaRef {
    let fields: Vec<_> = batch::schema().fields().iter().take(batch::SAVED_COLUMNS).cloned().collect();
    Arc::new(Schema::new(fields))
}

/// Writes summaries: customers by partition, then by id, so that equal summaries give equal bytes.
pub(crate) fn write(path: &Path, description: &Description, partitions: &[Saved]) -> Result<(), Error> {
    let text = serde_json::to_string(description).expect("a description is plain data");
    let properties = WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_key_value_metadata(Some(vec![KeyValue::new(DESCRIPTION.to_owned(), text)]))
        .set_created_by("habitue".to_owned())
        .build();
    let file = File::create(path).map_err(Error::io(path.display()))?;
    let mut writer = ArrowWriter::try_new(file, saved_schema(), Some(properties)).map_err(failed(path))?;
    for saved in partitions {
        if saved.part.items.is_empty() {
            continue;
        }
        let batch = batch::from_part(&saved.part);
        let columns = batch.columns()[..batch::SAVED_COLUMNS].to_vec();
        let batch =
            RecordBatch::try_new(saved_schema(), columns).expect("the columns are those of the schema");
        writer.write(&batch).map_err(failed(path))?;
    }
    writer.close().map_err(failed(path))?;
    Ok(())
}

/// Reads summaries: the description, and the lines of all partitions batch by batch.
pub(crate) fn read(
    path: &Path,
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
        take(deal_out(&batch::to_part(&batch)))?;
    }
    Ok(description)
}

/// Parts the lines of a batch by partition.
fn deal_out(whole: &Part) -> Vec<Part> {
    let mut parts: Vec<Part> = (0..PARTITIONS).map(|_| Part::of_clean_lines()).collect();
    let mut places: Vec<Option<(usize, u32)>> = vec![None; whole.n_customers()];
    let mut start = 0;
    for run in &whole.runs {
        let place = &mut places[run.customer as usize];
        let (partition, customer) = *place.get_or_insert_with(|| {
            let id = whole.id(run.customer);
            let partition = (xxh3_64(id.as_bytes()) >> 58) as usize;
            (partition, parts[partition].add_customer(id))
        });
        let part = &mut parts[partition];
        let items = start as usize..run.end as usize;
        // A part has a discount for every item or for none.
        if !whole.discounts.is_empty() {
            part.discounts.extend(&whole.discounts[items.clone()]);
        }
        part.items.extend(&whole.items[items]);
        part.runs.push(Run { customer, end: part.items.len() as u32, ..*run });
        start = run.end;
    }
    parts
}

fn failed(path: &Path) -> impl FnOnce(parquet::errors::ParquetError) -> Error {
    let path = path.display().to_string();
    move |error| Error::Io { path, source: std::io::Error::other(error) }
}
