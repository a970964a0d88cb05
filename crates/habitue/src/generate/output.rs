//! Receipts to lines to files.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use habitue_core::math::random::{Random, mix};
use habitue_core::time::{DAY_SECONDS, Day};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use rayon::prelude::*;

use super::draw::{gamma, normal};
use super::{Customer, MOST_LINES, Receipt};
use crate::error::Error;

/// The first day, 2022-01-01.
const FIRST_DAY: Day = Day(18_993);
/// The number of the first receipt.
const FIRST_INVOICE: u64 = 500_000;
/// Products on sale.
const PRODUCTS: usize = 4000;
/// Receipts whose lines are drawn by one thread at a time.
const CHUNK_RECEIPTS: usize = 16_384;
/// Chunks drawn side by side before they are written: at most 600,000 lines in memory, usually 250,000.
const CHUNKS: usize = 4;
/// Rows of a row group, so that readers share the work.
const ROW_GROUP_ROWS: usize = 1_000_000;

/// One line of the file.
struct Line {
    customer: Option<u32>,
    invoice: u64,
    /// Seconds since 1970.
    time: i64,
    product: u16,
    quantity: i32,
    /// The unit price in hundredths.
    cents: u32,
}

/// What is on sale.
struct Shop {
    seed: u64,
    /// Sums of the products' popularity, ending in 1.
    popularity: Vec<f64>,
    cents: Vec<u32>,
}

impl Shop {
    fn new(seed: u64) -> Self {
        let mut random = Random::stream(mix(seed), 1);
        let mut popularity: Vec<f64> = (1..=PRODUCTS).map(|rank| (rank as f64).powf(-0.8)).collect();
        let total: f64 = popularity.iter().sum();
        let mut sum = 0.0;
        for share in &mut popularity {
            sum += *share / total;
            *share = sum;
        }
        let price = |_| ((100.0 * (1.0 + 0.8 * normal(&mut random)).exp()).round() as u32).max(10);
        Self { seed, popularity, cents: (0..PRODUCTS).map(price).collect() }
    }

    /// Draws the lines of a receipt; those of a return are some of the order's first line, taken back.
    fn lines(&self, receipt: &Receipt, invoice: u64, into: &mut Vec<Line>) {
        let number = (u64::from(receipt.customer) << 16) | u64::from(receipt.order);
        let mut random = Random::stream(mix(self.seed ^ 1), number);
        let customer = Customer::id(self.seed, receipt.customer);
        let time = FIRST_DAY.start().0 + i64::from(receipt.time);
        let value = Customer::new(self.seed, receipt.customer).order_value * gamma(&mut random, 4.0) / 4.0;
        let mut drawn = [u16::MAX; MOST_LINES as usize];
        for i in 0..usize::from(receipt.n_lines) {
            // A till adds equal products up, so no product stands on a receipt twice.
            let product = loop {
                let draw = random.uniform();
                let product = self.popularity.partition_point(|&p| p < draw).min(PRODUCTS - 1) as u16;
                if !drawn[..i].contains(&product) {
                    break product;
                }
            };
            drawn[i] = product;
            let cents = self.cents[usize::from(product)];
            // An order of more lines is worth more; quantities make up what prices leave open.
            let share = 100.0 * value * (0.4 + 1.2 * random.uniform()) / 4.0;
            let mut quantity = (share / f64::from(cents)).round().clamp(1.0, 9999.0) as i32;
            if receipt.is_return {
                quantity = -(1 + random.below(quantity as usize) as i32);
            }
            into.push(Line { customer, invoice, time, product, quantity, cents });
        }
    }
}

/// Draws all lines in order, and hands them out chunk by chunk after `convert` was applied by many threads.
fn for_chunks<T: Send>(
    seed: u64,
    receipts: &[Receipt],
    convert: impl Fn(Vec<Line>) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), Error>,
) -> Result<(), Error> {
    let shop = Shop::new(seed);
    let mut invoice = FIRST_INVOICE;
    for group in receipts.chunks(CHUNKS * CHUNK_RECEIPTS) {
        let draw = |(number, chunk): (usize, &[Receipt])| {
            let mut lines = Vec::new();
            for (receipt, i) in chunk.iter().zip(0_u64..) {
                shop.lines(receipt, invoice + (number * CHUNK_RECEIPTS) as u64 + i, &mut lines);
            }
            convert(lines)
        };
        let chunks: Vec<T> = group.par_chunks(CHUNK_RECEIPTS).enumerate().map(draw).collect();
        invoice += group.len() as u64;
        chunks.into_iter().try_for_each(&mut take)?;
    }
    Ok(())
}

fn product_code(product: u16) -> String {
    format!("SKU{}", 100_000 + u32::from(product) * 7)
}

pub(super) fn write_csv(path: &Path, seed: u64, receipts: &[Receipt]) -> Result<(), Error> {
    let failed = || Error::io(path.display());
    let mut out = File::create(path).map_err(failed())?;
    out.write_all(b"customer_id,invoice_id,timestamp,product,quantity,unit_price\n").map_err(failed())?;
    for_chunks(seed, receipts, |lines| csv_text(&lines), |text| out.write_all(&text).map_err(failed()))
}

fn csv_text(lines: &[Line]) -> Vec<u8> {
    let mut text = Vec::with_capacity(lines.len() * 56);
    let mut digits = itoa::Buffer::new();
    let (mut day, mut date) = (Day(i32::MIN), String::new());
    for line in lines {
        if let Some(customer) = line.customer {
            text.extend_from_slice(digits.format(customer).as_bytes());
        }
        text.push(b',');
        text.extend_from_slice(digits.format(line.invoice).as_bytes());
        let seconds = line.time.rem_euclid(DAY_SECONDS);
        let today = Day(line.time.div_euclid(DAY_SECONDS) as i32);
        if today != day {
            (day, date) = (today, today.to_string());
        }
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(
            text,
            ",{date} {hour:02}:{minute:02}:{second:02},{},{},{}.{:02}",
            product_code(line.product),
            line.quantity,
            line.cents / 100,
            line.cents % 100
        )
        .expect("writing to memory cannot fail");
        text.push(b'\n');
    }
    text
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("customer_id", DataType::Int64, true),
        Field::new("invoice_id", DataType::Int64, false),
        Field::new("timestamp", DataType::Timestamp(TimeUnit::Microsecond, None), false),
        Field::new("product", DataType::Utf8, false),
        Field::new("quantity", DataType::Int32, false),
        Field::new("unit_price", DataType::Float64, false),
    ]))
}

pub(super) fn write_parquet(path: &Path, seed: u64, receipts: &[Receipt]) -> Result<(), Error> {
    let failed = |error: parquet::errors::ParquetError| Error::Io {
        path: path.display().to_string(),
        source: std::io::Error::other(error),
    };
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_created_by("habitue".to_owned())
        .build();
    let file = BufWriter::new(File::create(path).map_err(Error::io(path.display()))?);
    let mut writer = ArrowWriter::try_new(file, schema(), Some(properties)).map_err(failed)?;
    for_chunks(seed, receipts, |lines| batch(&lines), |batch| writer.write(&batch).map_err(failed))?;
    writer.close().map_err(failed)?;
    Ok(())
}

fn batch(lines: &[Line]) -> RecordBatch {
    let codes: Vec<String> = (0..PRODUCTS as u16).map(product_code).collect();
    let products = lines.iter().map(|l| codes[usize::from(l.product)].as_str());
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter(lines.iter().map(|l| l.customer.map(i64::from)))),
        Arc::new(Int64Array::from_iter_values(lines.iter().map(|l| l.invoice as i64))),
        Arc::new(TimestampMicrosecondArray::from_iter_values(lines.iter().map(|l| l.time * 1_000_000))),
        Arc::new(StringArray::from_iter_values(products)),
        Arc::new(Int32Array::from_iter_values(lines.iter().map(|l| l.quantity))),
        Arc::new(Float64Array::from_iter_values(lines.iter().map(|l| f64::from(l.cents) / 100.0))),
    ];
    RecordBatch::try_new(schema(), columns).expect("the columns are those of the schema")
}
