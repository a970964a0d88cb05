//! The sample data, as it is and in every other shape that a shop system might have given it; and runs on it that
//! several tests look at.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use jiff::civil::DateTime;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};

use crate::harness::Folder;

/// UCI Online Retail.
pub(crate) const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/online_retail.parquet");

/// One row of it; no description and no customer are empty.
pub(crate) struct Sold {
    pub(crate) invoice: String,
    pub(crate) stock_code: String,
    pub(crate) description: String,
    pub(crate) quantity: i64,
    pub(crate) time: DateTime,
    pub(crate) unit_price: f64,
    pub(crate) customer: Option<i64>,
    pub(crate) country: String,
}

pub(crate) const HEADER: [&str; 8] = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
];

/// The first rows of the sample, in its order.
pub(crate) fn rows(most: usize) -> Vec<Sold> {
    let file = File::open(SAMPLE).unwrap();
    // The types of the file itself, not those of the program that wrote it.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).unwrap();
    let reader = reader.with_limit(most).build().unwrap();
    reader.flat_map(|batch| rows_of(&batch.unwrap())).collect()
}

fn rows_of(batch: &RecordBatch) -> Vec<Sold> {
    let column = |name: &str| batch.column_by_name(name).unwrap();
    let text = |name: &str, row: usize| {
        let cells = column(name).as_string::<i32>();
        if cells.is_null(row) { String::new() } else { cells.value(row).to_owned() }
    };
    let time = |row: usize| {
        let micros = column("InvoiceDate").as_primitive::<TimestampMicrosecondType>().value(row);
        jiff::Timestamp::from_microsecond(micros).unwrap().to_zoned(jiff::tz::TimeZone::UTC).datetime()
    };
    let customers = column("CustomerID").as_primitive::<Int64Type>();
    let sold = |row: usize| Sold {
        invoice: text("InvoiceNo", row),
        stock_code: text("StockCode", row),
        description: text("Description", row),
        quantity: column("Quantity").as_primitive::<Int64Type>().value(row),
        time: time(row),
        unit_price: column("UnitPrice").as_primitive::<Float64Type>().value(row),
        customer: customers.is_valid(row).then(|| customers.value(row)),
        country: text("Country", row),
    };
    (0..batch.num_rows()).map(sold).collect()
}

/// As the well-known CSV has it: ISO-8859-1, CRLF, `12/1/2010 8:26`.
pub(crate) fn latin1_csv<'a>(rows: impl IntoIterator<Item = &'a Sold>) -> Vec<u8> {
    let mut text = HEADER.join(",") + "\r\n";
    for row in rows {
        let customer = row.customer.map_or(String::new(), |c| c.to_string());
        let (time, description) = (row.time, quoted(&row.description));
        let (year, month, day, hour, minute) =
            (time.year(), time.month(), time.day(), time.hour(), time.minute());
        write!(text, "{},{},{description},{},", row.invoice, row.stock_code, row.quantity).unwrap();
        write!(text, "{month}/{day}/{year} {hour}:{minute:02},").unwrap();
        write!(text, "{},{customer},{}\r\n", row.unit_price, row.country).unwrap();
    }
    text.chars().map(|c| u8::try_from(c).expect("the sample is Latin-1")).collect()
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// The sample as `orders.csv`.
pub(crate) fn as_csv() -> Folder {
    Folder::shared("sample-csv", |folder| folder.write("orders.csv", latin1_csv(&rows(usize::MAX))))
}

/// The sample as one CSV a month, in `months/`.
pub(crate) fn by_month() -> Folder {
    Folder::shared("sample-months", |folder| {
        let rows = rows(usize::MAX);
        for month in rows.chunk_by(|a, b| a.time.month() == b.time.month()) {
            let time = month[0].time;
            let name = format!("months/{}-{:02}.csv", time.year(), time.month());
            assert!(!folder.path(&name).exists(), "the sample is in the order of its months");
            folder.write(&name, latin1_csv(month));
        }
    })
}

/// `bytes` as a gzip file has them.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// `habitue segment` on the sample with nothing said: the folder `results`, and what was printed in `printed.txt`.
pub(crate) fn segmented() -> Folder {
    Folder::shared("sample-segmented", |folder| {
        let ran = folder.habitue(&["segment", SAMPLE, "-o", "results"]).succeeded();
        folder.write("printed.txt", ran.to_string());
    })
}

/// The whole customer table under the usual cleaning of tutorials: `customers.csv`, and the account in `run.json`.
pub(crate) fn classic_features() -> Folder {
    Folder::shared("sample-classic", |folder| features_of(folder, &["--cleaning", "classic"]))
}

/// The same where nothing is dropped but rows without a customer.
pub(crate) fn features_with_duplicates() -> Folder {
    Folder::shared("sample-duplicates", |folder| {
        folder.write("keep.toml", "[cleaning]\nduplicates = \"keep\"\n");
        features_of(folder, &["--config", "keep.toml"]);
    })
}

fn features_of(folder: &Folder, more: &[&str]) {
    let args = ["features", SAMPLE, "-o", "customers.csv", "--rejects", "rejects.csv", "--json"];
    let ran = folder.habitue(&[&args, more].concat()).succeeded();
    folder.write("run.json", ran.stdout);
}
