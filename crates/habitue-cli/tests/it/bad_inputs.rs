//! What shops really send: damaged, odd and hostile files.
//!
//! Each is read as it was meant, or counted and written out, or refused with the file, the place and the remedy; none of
//! them ends in a panic, in half a folder of results, or in silence. All are made here from a few orders.

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

// Read as meant.

#[test]
fn the_base_is_what_it_is() {
    assert_read_as_meant("orders.csv", BASE);
}

#[test]
fn byte_order_marks_and_encodings() {
    assert_read_as_meant("bom.csv", format!("\u{feff}{BASE}"));
    assert_read_as_meant("utf16le.csv", utf16(BASE, true, u16::to_le_bytes));
    assert_read_as_meant("utf16be.csv", utf16(BASE, true, u16::to_be_bytes));
    assert_read_as_meant("utf16-unmarked.csv", utf16(BASE, false, u16::to_le_bytes));
}

#[test]
fn windows_1252_is_read_and_said() {
    let mut bytes = BASE.replace("WHITE HOLDER", "\u{1}5 HOLDER").into_bytes();
    for byte in &mut bytes {
        if *byte == 1 {
            *byte = 0x80; // the euro sign
        }
    }
    let ran = assert_read_as_meant("old.csv", bytes);
    assert!(ran.stderr.contains("Windows-1252"), "{ran}");
}

#[test]
fn bytes_that_are_no_text_lose_no_row_and_are_said() {
    let text = "é".to_owned() + &BASE.replace("JAM SET", "JAM\u{1}SET");
    let bytes: Vec<u8> = text.bytes().map(|b| if b == 1 { 0xff } else { b }).collect();
    let bytes = bytes["é".len()..].to_vec();
    let ran = assert_read_as_meant("damaged.csv", bytes);
    assert!(ran.stderr.contains("note: "), "{ran}");
}

#[test]
fn line_ends_of_every_age() {
    assert_read_as_meant("crlf.csv", BASE.replace('\n', "\r\n"));
    assert_read_as_meant("cr.csv", BASE.replace('\n', "\r"));
    assert_read_as_meant("mixed.csv", BASE.replacen('\n', "\r\n", 4));
    assert_read_as_meant("blank.csv", format!("\n\n{}\n\n", BASE.replacen('\n', "\n\n\n", 5)));
    assert_read_as_meant("unended.csv", BASE.trim_end());
}

#[test]
fn delimiters_quotes_and_blanks() {
    assert_read_as_meant("pipe.csv", BASE.replace(',', "|"));
    assert_read_as_meant("tabs.csv", BASE.replace(',', "\t"));
    assert_read_as_meant("semicolon.csv", join(&cells(), ";").replace('.', ","));
    assert_read_as_meant("hint.csv", format!("sep=;\n{}", join(&cells(), ";")));
    let quoted: Vec<Vec<String>> =
        cells().iter().map(|r| r.iter().map(|c| format!("\"{c}\"")).collect()).collect();
    assert_read_as_meant("quoted.csv", join(&quoted, ","));
    assert_read_as_meant("blanks.csv", BASE.replace(',', " , "));
}

#[test]
fn headers_by_other_names_and_columns_too_many() {
    let other = BASE.replacen("InvoiceNo", "Invoice", 1).replacen("UnitPrice", "Price", 1);
    assert_read_as_meant("second.csv", other.replacen("CustomerID", "Customer ID", 1));
    let header = BASE.lines().next().unwrap();
    assert_read_as_meant("upper.csv", BASE.replacen(header, &header.to_uppercase(), 1));
    let extra: String = BASE
        .lines()
        .enumerate()
        .map(|(i, l)| {
            let more = if i == 0 { ",Notes,".to_owned() } else { format!("{i},x,{i}") };
            if i == 0 { format!("Unnamed: 0,{l}{more}\n") } else { format!("{i},{l},{},\n", &more[..1]) }
        })
        .collect();
    assert_read_as_meant("extra.csv", extra);
}

#[test]
fn ids_written_as_decimals_are_the_same_customers() {
    let all = with_column("CustomerID", &|_, id| format!("{id}.0"));
    assert!(
        assert_read_as_meant("floats.csv", all).stderr.contains("10 customer ids were written as decimals")
    );
    let some = with_column("CustomerID", &|i, id| if i % 2 == 0 { format!("{id}.0") } else { id.to_owned() });
    assert_read_as_meant("some.csv", some);
}

#[test]
fn ids_beyond_the_reach_of_floats_stay_apart() {
    let ran =
        features("long.csv", BASE.replace("17850", "9007199254740993").replace("13047", "9007199254740992"));
    assert!(ran.stdout.contains("\n9007199254740992,10,2,79.58\n9007199254740993,5,3,72.24\n"), "{ran}");
}

#[test]
fn ids_that_a_spreadsheet_destroyed_are_kept_as_text_and_warned_of() {
    let ran = features("excel.csv", BASE.replace("17850", "1.785E+04")).succeeded();
    assert!(
        ran.stdout.contains("\n1.785E+04,5,3,72.24\n") && ran.stderr.contains("destroyed digits"),
        "{ran}"
    );
}

#[test]
fn times_in_many_shapes() {
    let times = |to: &dyn Fn(usize, jiff::civil::DateTime) -> String| {
        with_column("InvoiceDate", &|i, t| to(i, format!("{t}:00").parse().unwrap()))
    };
    let utc = |t: jiff::civil::DateTime| t.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
    assert_read_as_meant("zulu.csv", times(&|_, t| format!("{}Z", t.strftime("%Y-%m-%dT%H:%M:%S"))));
    assert_read_as_meant(
        "offset.csv",
        times(&|_, t| {
            let there = t + jiff::Span::new().hours(2);
            format!("{}+02:00", there.strftime("%Y-%m-%dT%H:%M:%S"))
        }),
    );
    assert_read_as_meant("seconds.csv", times(&|_, t| utc(t).as_second().to_string()));
    assert_read_as_meant("milliseconds.csv", times(&|_, t| utc(t).as_millisecond().to_string()));
    assert_read_as_meant(
        "serials.csv",
        times(&|_, t| format!("{:.6}", utc(t).as_second() as f64 / 86_400.0 + 25_569.0)),
    );
    assert_read_as_meant("compact.csv", times(&|_, t| t.strftime("%Y%m%d").to_string()));
    assert_read_as_meant("names.csv", times(&|_, t| t.strftime("%d-%b-%y").to_string()));
    assert_read_as_meant("days.csv", times(&|_, t| t.strftime("%d.%m.%Y").to_string()));
    let shapes = ["%Y-%m-%d", "%d.%m.%Y %H:%M", "%d %b %Y", "%Y/%m/%d %H:%M", "%Y-%m-%dT%H:%M:%S"];
    assert_read_as_meant("mixed.csv", times(&|i, t| t.strftime(shapes[i % 5]).to_string()));
}

#[test]
fn strange_cells_do_no_harm() {
    assert_read_as_meant("nul.csv", BASE.replace("JAM SET", "JAM\0SET"));
    assert_read_as_meant("huge.csv", BASE.replace("JAM SET", &"JAM ".repeat(250_000)));
    assert_read_as_meant("emoji.csv", BASE.replace("JAM SET", "果酱 👨‍👩‍👧 ığüş"));
    assert_read_as_meant("pounds.csv", with_column("UnitPrice", &|_, p| format!("£{p}")));
}

#[test]
fn files_that_are_not_what_their_name_says() {
    assert_read_as_meant("gzip.csv", gzip(BASE.as_bytes()));
    assert_read_as_meant("plain.csv.gz", BASE);
    let mut columns = base_columns();
    columns.push(("UnitPrice", prices()));
    let parquet = parquet_file(columns);
    assert_read_as_meant("orders.parquet", &parquet);
    assert_read_as_meant("parquet.csv", &parquet);
}

// Counted and written out.

/// Runs with `--rejects`; gives the table and the rejected rows as `reason row customer`.
#[track_caller]
fn rejected(name: &str, contents: impl AsRef<[u8]>) -> String {
    let folder = Folder::with(name, contents);
    let args = ["features", name, "--features", "rfm", "--rejects", "rejects.csv"];
    let ran = folder.habitue(&args).succeeded();
    let rejects = folder.table("rejects.csv");
    let columns =
        ["reason", "row", "customer"].map(|c| rejects.columns.iter().position(|n| n.starts_with(c)));
    let line = |row: &Vec<String>| columns.map(|c| c.map_or("?", |c| row[c].as_str())).join(" ") + "\n";
    format!("{ran}── rejects\n{}", rejects.rows.iter().map(line).collect::<String>())
}

#[test]
fn rows_cut_short_are_counted_with_their_line() {
    insta::assert_snapshot!(rejected("short.csv", BASE.replace(",1.85,17850,United Kingdom", "")), @r"
    exit: 0
    ── stdout
    customer_id,recency_days,orders,spend
    12583,9,1,135
    13047,10,2,79.58
    13748,8,1,204
    15100,1,1,34.8
    17850,5,2,61.14
    ── stderr
    rejected 1 row (0.00): row or amount cannot be read
    5 customers from 9 of 10 rows; 0 kept without a net purchase
    ── rejects
    unreadable 9
    ");
    let cut = BASE.trim_end().strip_suffix("1.45,15100,United Kingdom").unwrap();
    insta::assert_snapshot!(rejected("broken-off.csv", cut), @r"
    exit: 0
    ── stdout
    customer_id,recency_days,orders,spend
    12583,5,1,135
    13047,6,2,79.58
    13748,4,1,204
    17850,1,3,72.24
    ── stderr
    rejected 1 row (0.00): row or amount cannot be read
    4 customers from 9 of 10 rows; 0 kept without a net purchase
    ── rejects
    unreadable 11
    ");
}

#[test]
fn numbers_that_are_none_never_reach_a_sum() {
    let prices = with_column("UnitPrice", &|i, p| match i {
        2 => "NaN".to_owned(),
        4 => "inf".to_owned(),
        6 => "-Infinity".to_owned(),
        9 => "about 4".to_owned(),
        _ => p.to_owned(),
    });
    insta::assert_snapshot!(rejected("numbers.csv", prices), @r"
    exit: 0
    ── stdout
    customer_id,recency_days,orders,spend
    12583,9,1,90
    13047,11,1,54.08
    13748,8,1,204
    15100,1,1,34.8
    17850,7,2,26.4
    ── stderr
    rejected 4 rows (0.00): row or amount cannot be read
    5 customers from 6 of 10 rows; 0 kept without a net purchase
    ── rejects
    unreadable 3 17850
    unreadable 5 13047
    unreadable 7 12583
    unreadable 10 17850
    ");
}

#[test]
fn dates_that_never_were_are_counted_with_their_line() {
    let times = with_column("InvoiceDate", &|i, t| match i {
        2 => "2010-02-30 08:26".to_owned(),
        4 => "0000-00-00 00:00:00".to_owned(),
        8 => "2010-12-20 25:61".to_owned(),
        9 => "yesterday".to_owned(),
        _ => t.to_owned(),
    });
    insta::assert_snapshot!(rejected("dates.csv", times), @r"
    exit: 0
    ── stdout
    customer_id,recency_days,orders,spend
    12583,9,1,135
    13047,11,1,54.08
    13748,8,1,204
    15100,1,1,34.8
    17850,12,1,15.3
    ── stderr
    rejected 4 rows (82.44): no date, or not a date
    5 customers from 6 of 10 rows; 0 kept without a net purchase
    ── rejects
    no-time 3 17850
    no-time 5 13047
    no-time 9 17850
    no-time 10 17850
    ");
}

#[test]
fn equal_rows_of_an_order_are_dropped_and_counted() {
    let (header, rows) = BASE.split_once('\n').unwrap();
    let twice: String = rows.lines().take(3).map(|l| format!("{l}\n")).collect();
    let all = rejected("twice.csv", format!("{header}\n{rows}{twice}"));
    assert!(all.contains(RFM), "{all}");
    insta::assert_snapshot!(all.split_once("── stderr").unwrap().1, @r"

    rejected 3 rows (89.72): exact duplicate of a row already read
    5 customers from 10 of 13 rows; 0 kept without a net purchase
    ── rejects
    duplicate 12 17850
    duplicate 13 17850
    duplicate 14 13047
    ");
}

#[test]
fn words_for_nobody_are_no_customer() {
    let nobody = with_column("CustomerID", &|i, id| match i {
        1 => String::new(),
        2 => "nan".to_owned(),
        3 => "NULL".to_owned(),
        4 => "Unknown".to_owned(),
        _ => id.to_owned(),
    });
    insta::assert_snapshot!(rejected("nobody.csv", nobody), @r"
    exit: 0
    ── stdout
    customer_id,recency_days,orders,spend
    12583,9,1,135
    13748,8,1,204
    15100,1,1,34.8
    17850,5,2,36.6
    ── stderr
    rejected 4 rows (115.22): no customer id
    4 customers from 6 of 10 rows; 0 kept without a net purchase
    ── rejects
    no-customer 2 
    no-customer 3 nan
    no-customer 4 NULL
    no-customer 5 Unknown
    ");
}

#[test]
fn default_dates_of_programs_are_warned_of() {
    let ran = features("default.csv", BASE.replace("2010-12-13 08:26", "1970-01-01 00:00")).succeeded();
    assert!(ran.stderr.contains("1970-01-01"), "{ran}");
}

#[test]
fn a_date_decades_ahead_does_not_move_the_as_of_date() {
    let mut csv = BASE.to_owned();
    for i in 0..1100 {
        csv.push_str(&format!("7{i:05},X,Y,1,2010-12-24 10:00,1.00,{},France\n", i % 90));
    }
    csv.push_str("999999,X,Y,1,2110-12-24 10:00,1.00,17850,France\n");
    let all = rejected("ahead.csv", csv);
    assert!(all.contains("future 1112 17850") && all.contains("\n17850,5,3,72.24\n"), "{all}");
}

#[test]
fn a_table_of_customers_with_holes_and_words_is_used_as_far_as_it_goes() {
    let mut csv = crate::inputs::people();
    csv = csv.replacen("\n3,Female,", "\n3,Female,old", 1);
    let holes: String = csv
        .lines()
        .enumerate()
        .map(|(i, l)| match l.rsplit_once(',') {
            Some((rest, _)) if i > 5 && i % 10 == 0 => format!("{rest},\n"),
            _ => format!("{l}\n"),
        })
        .collect();
    let folder = Folder::with("people.csv", holes);
    let ran = folder.habitue(&["segment", "people.csv", "-o", "out"]).succeeded();
    assert!(ran.stderr.contains("20 customers have no Spending Score (1-100)"), "{ran}");
    let summary = folder.json("out/summary.json");
    assert_eq!((&summary["input"]["rows_read"], &summary["input"]["rows_kept"]), (&200.into(), &199.into()));
    assert_eq!(folder.table("out/rejects.csv").all("customer_id"), ["3"]);
    let table = folder.text("out/segments.csv").to_lowercase();
    assert!(!table.contains("nan") && !table.contains("inf"), "{table}");
}

// Refused.

#[test]
fn files_with_nothing_in_them_are_refused() {
    insta::assert_snapshot!(refused("empty.csv", ""), @r"
    error: empty.csv: the file is empty

    hint: export the orders again
    ");
    insta::assert_snapshot!(refused("bom.csv", "\u{feff}"), @r"
    error: bom.csv: the file is empty

    hint: export the orders again
    ");
    insta::assert_snapshot!(refused("header.csv", BASE.lines().next().unwrap()), @r"
    error: header.csv: there is a header but there are no rows

    hint: export the orders again
    ");
    insta::assert_snapshot!(refused("empty.parquet", ""), @r"
    error: empty.parquet: the file is empty

    hint: export the orders again
    ");
}

#[test]
fn a_file_without_a_header_is_not_eaten_from_the_top() {
    insta::assert_snapshot!(refused("headless.csv", BASE.split_once('\n').unwrap().1), @r"
    error: headless.csv: no column found for customer, time, amount (or unit_price); the columns are: 1, 2, 3, 4, 5, 6, 7, 8

    hint: the file has no header row: name columns by their number, map customer=…,time=…,amount=…, counting from 1
    ");
}

#[test]
fn a_quote_that_never_closes_is_named_by_its_line() {
    insta::assert_snapshot!(refused("quote.csv", BASE.replace("ALARM CLOCK", "\"ALARM CLOCK")), @r"
    error: quote.csv, line 6: a quote is opened here and never closed

    hint: close the quote, or double it if it belongs to the text
    ");
}

#[test]
fn customers_that_cannot_be_told_apart_are_refused() {
    let one = with_column("CustomerID", &|_, _| "17850".to_owned());
    insta::assert_snapshot!(refused("one.csv", one), @r"
    error: clustering needs at least 2 customers that differ; got 1

    hint: read more orders, or cluster on other features
    ");
    let twins = "customer,date,amount\na,2024-01-01,5.00\nb,2024-01-01,5.00\n";
    insta::assert_snapshot!(refused("twins.csv", twins), @r"
    error: clustering needs at least 2 customers that differ; got 1

    hint: read more orders, or cluster on other features
    ");
}

#[test]
fn more_segments_than_customers_are_refused() {
    let folder = Folder::with("orders.csv", BASE);
    insta::assert_snapshot!(folder.habitue(&["segment", "orders.csv", "--k", "9"]), @r"
    exit: 1
    ── stdout
    ── stderr
    error: the number of segments must be between 1 and 5, the number of distinct customers; got 9

    hint: set k to 5 or less, or leave it out
    ");
    assert_eq!(folder.names(), ["orders.csv"]);
}

#[test]
fn a_column_with_nothing_in_it_is_named() {
    insta::assert_snapshot!(refused("unpriced.csv", with_column("UnitPrice", &|_, _| String::new())), @r#"
    error: unpriced.csv: column "UnitPrice" (unit_price) has no values

    hint: name another column with map unit_price=…, or export the column again
    "#);
    let mut columns = base_columns();
    columns.push(("UnitPrice", Arc::new(NullArray::new(10))));
    insta::assert_snapshot!(refused("unpriced.parquet", parquet_file(columns)), @r#"
    error: unpriced.parquet: column "UnitPrice" (unit_price) has no values

    hint: name another column with map unit_price=…, or export the column again
    "#);
}

#[test]
fn amounts_that_no_till_has_ever_seen_are_refused() {
    insta::assert_snapshot!(refused("huge.csv", BASE.replace(",3.39,", ",1e300,")), @r#"
    error: huge.csv, row 3, column "UnitPrice": 1e300 is too large for an amount (limit ±922 trillion)

    hint: mend or remove the row, or map another column
    "#);
    insta::assert_snapshot!(refused("sum.csv", BASE.replace(",3.39,", ",900000000000000,")), @r#"
    error: sum.csv, row 3, column "UnitPrice": 900000000000000 is too large for an amount (limit ±922 trillion)

    hint: mend or remove the row, or map another column
    "#);
}

#[test]
fn amounts_in_two_currencies_are_not_added_up() {
    let mixed = with_column("UnitPrice", &|i, p| if i < 6 { format!("£{p}") } else { format!("{p} EUR") });
    insta::assert_snapshot!(refused("mixed.csv", &mixed), @r#"
    error: amounts are in several currencies: EUR (first in mixed.csv line 7), GBP (first in mixed.csv line 2)

    hint: choose one with currency = "…"; rows in the others are then counted and written out
    "#);
    let folder = Folder::with("mixed.csv", mixed);
    let chosen =
        folder.habitue(&["features", "mixed.csv", "--features", "rfm", "--currency", "EUR"]).succeeded();
    insta::assert_snapshot!(chosen, @r"
    exit: 0
    ── stdout
    customer_id,recency_days,orders,spend
    12583,9,1,45
    13748,8,1,204
    15100,1,1,34.8
    17850,5,2,36.6
    ── stderr
    rejected 5 rows (205.22): in another currency than the one chosen
    4 customers from 5 of 10 rows; 0 kept without a net purchase
    ");
}

#[test]
fn dates_with_two_readings_are_shown_in_both() {
    let times = with_column("InvoiceDate", &|i, _| format!("{:02}/{:02}/2010", 1 + i % 5, 1 + i % 7));
    insta::assert_snapshot!(refused("dates.csv", times), @r#"
    error: dates.csv: dates in column "InvoiceDate" have two readings: 01/06/2010 is 2010-06-01 (day first) or 2010-01-06 (month first)

    hint: say which it is: dates = "dmy" or dates = "mdy"
    "#);
}

#[test]
fn columns_that_are_not_there_are_named_with_the_closest() {
    let folder = Folder::with("orders.csv", BASE);
    let map = |pair| folder.habitue(&["segment", "orders.csv", "--map", pair]);
    insta::assert_snapshot!(map("customer=CustomerIDs"), @r#"
    exit: 1
    ── stdout
    ── stderr
    error: orders.csv: there is no column "CustomerIDs" for customer; the columns are: InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country

    hint: did you mean "CustomerID"?
    "#);
    insta::assert_snapshot!(map("client=CustomerID"), @r#"
    exit: 1
    ── stdout
    ── stderr
    error: --map: there is no role "client"

    hint: write role=column; the roles are: customer, time, order, product, product_name, category, quantity, unit_price, amount, discount, refund, status, cancelled_at, currency, country, channel, store, line_id
    "#);
    insta::assert_snapshot!(map("CustomerID"), @r#"
    exit: 1
    ── stdout
    ── stderr
    error: --map: "CustomerID" is not role=column

    hint: write role=column; the roles are: customer, time, order, product, product_name, category, quantity, unit_price, amount, discount, refund, status, cancelled_at, currency, country, channel, store, line_id
    "#);
}

#[test]
fn errors_have_one_shape_in_json() {
    let folder = Folder::with("orders.csv", BASE);
    let ran = folder.habitue(&["segment", "orders.csv", "--map", "customer=CustomerIDs", "--json"]);
    insta::assert_snapshot!(ran.stdout, @r#"
    {
      "error": {
        "code": "unknown-column",
        "message": "orders.csv: there is no column \"CustomerIDs\" for customer; the columns are: InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country",
        "hint": "did you mean \"CustomerID\"?"
      }
    }
    "#);
    let same = |args: &[&str]| {
        let error = folder.habitue(args).json()["error"].clone();
        assert!(
            error["code"].is_string() && error["message"].is_string() && error.get("hint").is_some(),
            "{error}"
        );
        error["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(same(&["segment", "orders.csv", "--json", "--k", "9"]), "segment-count");
    assert_eq!(same(&["features", "missing.csv", "--json"]), "not-found");
    assert_eq!(same(&["fold", "missing.csv", "--json", "-o", "x"]), "not-found");
    assert_eq!(same(&["assign", "orders.csv", "orders.csv", "--json"]), "document");
}

#[test]
fn settings_that_are_wrong_are_named_by_line_and_range() {
    let folder = Folder::with("orders.csv", BASE);
    folder.write("wrong.toml", "[choose]\nkk = 3\n");
    insta::assert_snapshot!(folder.habitue(&["segment", "orders.csv", "--config", "wrong.toml"]), @r"
    exit: 1
    ── stdout
    ── stderr
    error: wrong.toml: TOML parse error at line 2, column 1
      |
    2 | kk = 3
      | ^^
    unknown field `kk`, expected one of `k_max`, `min_segments`, `max_segments`, `min_share`, `max_share`, `prefer_more`, `gap_draws`, `gap_rows`, `silhouette_rows`, `strength_splits`, `stability_draws`, `resampled_rows`, `n_init`, `seed`, `evidence_seed`, `in_use`, `k`

    hint: mend the line; `habitue segment --dry-run` prints all settings with their values
    ");
    insta::assert_snapshot!(folder.habitue(&["segment", "orders.csv", "--min-share", "1.5"]), @r"
    exit: 1
    ── stdout
    ── stderr
    error: min_share to max_share must be shares from 0 to 1 in ascending order; got 1.5 to 0.6
    ");
    insta::assert_snapshot!(folder.habitue(&["segment", "orders.csv", "--k", "0"]), @r"
    exit: 1
    ── stdout
    ── stderr
    error: the number of segments must be between 1 and 5, the number of distinct customers; got 0

    hint: set k to 5 or less, or leave it out
    ");
    assert_eq!(folder.names(), ["orders.csv", "wrong.toml"]);
}

#[test]
fn archives_and_streams_that_break_off_are_refused() {
    let whole = gzip(&BASE.repeat(40).into_bytes());
    insta::assert_snapshot!(refused("cut.csv.gz", &whole[..whole.len() / 2]), @r"
    error: cut.csv.gz: the gzip stream is truncated or damaged (incomplete deflate stream)

    hint: download or compress the file again
    ");
    insta::assert_snapshot!(refused("two.zip", b"PK\x03\x04\x14\0\0\0\x08\0 two files and a folder"), @r"
    error: two.zip: this is a zip archive or an office document

    hint: unpack it and give the files in it
    ");
    let mut columns = base_columns();
    columns.push(("UnitPrice", prices()));
    let parquet = parquet_file(columns);
    insta::assert_snapshot!(refused("cut.parquet", &parquet[..parquet.len() - 40]), @r"
    error: cut.parquet: this is not a whole Parquet file (Parquet error: Invalid Parquet file. Corrupt footer)

    hint: download or write the file again
    ");
}

#[test]
fn a_bomb_is_refused_within_its_field() {
    let mut bomb = BASE.lines().next().unwrap().to_owned().into_bytes();
    bomb.extend(b"\n536365,85123A,");
    bomb.resize(bomb.len() + (64 << 20), b'x');
    insta::assert_snapshot!(refused("bomb.csv.gz", gzip(&bomb)), @r"
    error: bomb.csv.gz, line 2: a row or field is longer than 16 MB

    hint: look for an unclosed quote or a damaged file at this line
    ");
}

#[test]
fn what_is_no_table_is_refused() {
    insta::assert_snapshot!(refused("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10"), @r"
    error: picture.csv: this is not text, Parquet or Excel

    hint: export the orders as CSV, Parquet, JSON lines or Excel
    ");
    insta::assert_snapshot!(refused("page.xls", "<html><body><table><tr><td>1</td></tr></table></body></html>"), @r"
    error: page.xls: named like a workbook, but this is not one (often a web page or CSV)

    hint: open it in Excel and save it as .xlsx or CSV
    ");
    insta::assert_snapshot!(refused("orders.parquet", &BASE[..300]), @r"
    error: orders.parquet: named .parquet, but this is not a Parquet file

    hint: rename it if it is CSV, or write it again
    ");
}

#[test]
fn a_customer_on_two_rows_of_a_table_is_named() {
    let twice = crate::inputs::people().replacen("\n4,", "\n2,", 1);
    insta::assert_snapshot!(refused("people.csv", twice), @r#"
    error: people.csv, row 5: customer "2" stands in the table already

    hint: keep one row per customer, or map another column to customer
    "#);
}

// Hostile.

#[test]
fn formulas_are_defused_and_tags_are_text() {
    let csv = crate::segment::three_kinds()
        .replace("loyal01", "=HYPERLINK(\"\"x\"\")")
        .replace("loyal02", "@SUM(A1)")
        .replace("new03", "+cmd|' /C calc'!A0")
        .replace("gone04", "<script>alert(1)</script>")
        .replace("gone05", "x'; DROP TABLE customers;--");
    let csv = csv.replace("=HYPERLINK(\"\"x\"\")", "\"=HYPERLINK(\"\"x\"\")\"");
    let folder = Folder::with("<img src=x onerror=alert(5)>.csv", csv);
    let ran = folder.habitue(&["segment", "<img src=x onerror=alert(5)>.csv", "-o", "out"]).succeeded();
    let table = folder.table("out/segments.csv");
    let ids = table.all("customer_id");
    for id in ["'=HYPERLINK(\"x\")", "'@SUM(A1)", "'+cmd|' /C calc'!A0", "x'; DROP TABLE customers;--"] {
        assert!(ids.contains(&id), "{id}\n{ids:?}");
    }
    for (name, bytes) in folder.tree("out") {
        if name.ends_with(".csv") {
            let table = crate::harness::Table::read(&bytes);
            let runs = |c: &String| {
                c.starts_with(['=', '@', '+', '\t']) || c.starts_with('-') && c.parse::<f64>().is_err()
            };
            assert!(!table.rows.iter().flatten().any(runs), "{name}");
        }
    }
    let report = folder.text("out/report.html");
    assert!(
        !report.contains("<img src=x") && !report.contains("<script>alert(1)"),
        "a tag broken out\n{ran}"
    );
}

#[test]
fn nothing_from_the_data_steers_the_terminal() {
    let evil = "\u{1b}[31mRED\u{1b}[0m\u{202e}live";
    let csv =
        BASE.replace("CustomerID", &format!("CustomerID{evil}")).replace("536370", &format!("53{evil}"));
    let folder = Folder::with("orders.csv", csv);
    let map = format!("customer=CustomerID{evil}");
    for args in [
        &["segment", "orders.csv", "--map", &map, "--k", "1", "-o", "out"][..],
        &["segment", "orders.csv", "--map", "customer=nobody"],
        &["features", "orders.csv", "--features", "\u{1b}[31m"],
    ] {
        let ran = folder.habitue(args);
        assert!(!ran.stderr.contains(['\u{1b}', '\u{202e}']), "{:?}", ran.stderr);
        assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}']), "{:?}", ran.stdout);
    }
}
