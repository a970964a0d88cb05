//! What shops really send: damaged, odd and hostile files.
//!
//! Each is read as it was meant, or counted and written out, or refused with the file, the place and the remedy; none of
//! them ends in a panic, in half a folder of results, or in silence. All are made here from a few orders.

mod counted;
mod hostile;
mod meant;
mod refused;

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int32Array, NullArray, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;

use crate::harness::{Folder, Ran};
use crate::sample::gzip;

/// Five customers, eight orders, ten rows.
const BASE: &str = "\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HOLDER,6,2010-12-13 08:26,2.55,17850,United Kingdom
536365,71053,METAL LANTERN,6,2010-12-13 08:26,3.39,17850,United Kingdom
536367,84879,BIRD ORNAMENT,32,2010-12-14 08:34,1.69,13047,United Kingdom
536368,22960,JAM SET,6,2010-12-15 08:34,4.25,13047,United Kingdom
536370,22728,ALARM CLOCK,24,2010-12-16 08:45,3.75,12583,France
536370,22727,RED CLOCK,12,2010-12-16 08:45,3.75,12583,France
536371,22086,PAPER CHAIN,80,2010-12-17 09:00,2.55,13748,United Kingdom
536372,22632,HAND WARMER,6,2010-12-18 09:01,1.85,17850,United Kingdom
536375,21730,GLASS STAR,6,2010-12-20 09:32,4.25,17850,United Kingdom
536380,22961,JAM JAR,24,2010-12-24 09:41,1.45,15100,United Kingdom
";

const RFM: &str = "\
customer_id,recency_days,orders,spend
12583,9,1,135
13047,10,2,79.58
13748,8,1,204
15100,1,1,34.8
17850,5,3,72.24
";

fn features(name: &str, contents: impl AsRef<[u8]>) -> Ran {
    Folder::with(name, contents).habitue(&["features", name, "--features", "rfm"])
}

/// The rows as a table: cells may be changed by row (0 is the header) and column.
fn cells() -> Vec<Vec<String>> {
    BASE.lines().map(|l| l.split(',').map(str::to_owned).collect()).collect()
}

fn join(cells: &[Vec<String>], delimiter: &str) -> String {
    cells.iter().map(|r| r.join(delimiter) + "\n").collect()
}

/// The base with other cells in one column, first to last row.
fn with_column(name: &str, values: &dyn Fn(usize, &str) -> String) -> String {
    let mut cells = cells();
    let column = cells[0].iter().position(|c| c == name).unwrap();
    for (i, row) in cells.iter_mut().enumerate().skip(1) {
        row[column] = values(i, &row[column]);
    }
    join(&cells, ",")
}

#[track_caller]
fn assert_read_as_meant(name: &str, contents: impl AsRef<[u8]>) -> Ran {
    let ran = features(name, contents).succeeded();
    assert_eq!(ran.stdout, RFM, "{}", ran.stderr);
    ran
}

/// Refused by `segment`: exit 1, an error that names the file, nothing left behind.
#[track_caller]
fn refused(name: &str, contents: impl AsRef<[u8]>) -> String {
    let folder = Folder::with(name, contents);
    let message = folder.habitue(&["segment", name, "-o", "results"]).refused();
    assert_eq!(folder.names(), [name], "something was left behind\n{message}");
    assert!(message.lines().count() <= 12 && message.len() < 1500, "{message}");
    message
}

fn utf16(text: &str, mark: bool, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let mark = if mark { "\u{feff}" } else { "" };
    mark.encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
}

fn parquet_file(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let columns = columns.into_iter().map(|(name, cells)| (name, cells, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// The base as Parquet, without the price.
fn base_columns() -> Vec<(&'static str, ArrayRef)> {
    let cells = cells();
    let text = |c: usize| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(cells[1..].iter().map(|r| r[c].as_str())))
    };
    let quantity = Int32Array::from_iter_values(cells[1..].iter().map(|r| r[3].parse().unwrap()));
    let ids = Float64Array::from_iter_values(cells[1..].iter().map(|r| r[6].parse().unwrap()));
    vec![
        ("InvoiceNo", text(0)),
        ("StockCode", text(1)),
        ("Quantity", Arc::new(quantity)),
        ("InvoiceDate", text(4)),
        ("CustomerID", Arc::new(ids)),
    ]
}

fn prices() -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(cells()[1..].iter().map(|r| r[5].parse().unwrap())))
}
