//! Refused, with the place and the remedy.

use super::*;

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
fn a_column_that_does_not_hold_what_its_name_says_is_shown() {
    let words =
        |row: usize, cell: &str| if row.is_multiple_of(4) { cell.to_owned() } else { "dear".to_owned() };
    insta::assert_snapshot!(refused("words.csv", with_column("UnitPrice", &words)), @r#"
    error: words.csv: no column found for amount (or unit_price); the columns are: InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country

    hint: column "UnitPrice" holds "dear" and the like, which are no numbers: correct it, or name the columns with map amount=…; an orders file needs who, when and how much
    "#);
    let seasons = |_: usize, _: &str| "last summer".to_owned();
    insta::assert_snapshot!(refused("seasons.csv", with_column("InvoiceDate", &seasons)), @r#"
    error: seasons.csv: no column found for time; the columns are: InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country

    hint: column "InvoiceDate" holds "last summer" and the like, which are no dates: correct it, or name the columns with map time=…; an orders file needs who, when and how much
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
