//! The same orders in every format that shops have them in.

use crate::harness::Folder;
use crate::sample::{HEADER, SAMPLE, Sold, as_csv, by_month, gzip, latin1_csv, rows, segmented};
use crate::segment::three_kinds;

/// A table of customers as a mall has it: five groups by income and spending score.
pub(crate) fn people() -> String {
    let mut csv = "CustomerID,Gender,Age,Annual Income (k$),Spending Score (1-100)\n".to_owned();
    let centres = [(25, 80, 25), (26, 20, 45), (55, 50, 43), (87, 82, 33), (88, 17, 41)];
    for i in 0..200 {
        let (income, score, age) = centres[i % 5];
        let (a, b, c) = (i * 7 % 11, i * 5 % 13, i * 3 % 17);
        let gender = if i % 3 == 0 { "Male" } else { "Female" };
        csv.push_str(&format!("{},{gender},{},{},{}\n", i + 1, age + c - 8, income + a - 5, score + b - 6));
    }
    csv
}

#[track_caller]
fn assert_segmented_like_the_sample(input: &str) {
    let folder = Folder::new();
    let ran = folder.habitue(&["segment", input, "-o", "results"]).succeeded();
    assert!(folder.bytes("results/segments.csv") == segmented().bytes("results/segments.csv"), "{ran}");
    let (ours, theirs) = (folder.json("results/summary.json"), segmented().json("results/summary.json"));
    assert_eq!(ours["input"], theirs["input"]);
    assert_eq!(ours["segments"], theirs["segments"]);
}

#[test]
fn the_well_known_csv_gives_what_the_parquet_gives() {
    assert_segmented_like_the_sample(&as_csv().arg("orders.csv"));
}

#[test]
fn the_same_compressed_gives_the_same() {
    let folder = Folder::with("orders.csv.gz", gzip(&as_csv().bytes("orders.csv")));
    assert_segmented_like_the_sample(&folder.arg("orders.csv.gz"));
}

#[test]
fn a_folder_of_months_gives_what_the_year_gives() {
    assert_segmented_like_the_sample(&by_month().arg("months"));
}

#[test]
fn a_pattern_of_months_is_one_table() {
    let folder = Folder::new();
    let pattern = by_month().arg("months/2011-0[1-3].csv");
    let ran = folder.habitue(&["features", &pattern, "--json"]).succeeded().json();
    assert_eq!(ran["sources"].as_array().unwrap().len(), 3);
    assert_eq!(ran["input"]["last_day"], "2011-03-31");
}

/// The whole customer table in a file.
#[track_caller]
fn features_of(folder: &Folder, file: &str) -> String {
    folder.habitue(&["features", file]).succeeded().stdout
}

/// Rows from the Christmas of the first year on: their dates have one reading.
const SOME: std::ops::Range<usize> = 40_000..60_000;

fn some_as_csv() -> (Vec<Sold>, Folder, String) {
    let rows = rows(SOME.end).split_off(SOME.start);
    let folder = Folder::with("orders.csv", latin1_csv(&rows));
    let features = features_of(&folder, "orders.csv");
    assert!(features.lines().count() > 400, "{features}");
    (rows, folder, features)
}

#[test]
fn json_lines_give_what_csv_gives() {
    let (rows, folder, features) = some_as_csv();
    let object = |row: &Sold| {
        let time = row.time.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let cells: [serde_json::Value; 8] = [
            row.invoice.as_str().into(),
            row.stock_code.as_str().into(),
            row.description.as_str().into(),
            row.quantity.into(),
            time.into(),
            row.unit_price.into(),
            row.customer.into(),
            row.country.as_str().into(),
        ];
        let object: serde_json::Map<_, _> = HEADER.map(str::to_owned).into_iter().zip(cells).collect();
        serde_json::Value::Object(object).to_string() + "\n"
    };
    folder.write("orders.jsonl", rows.iter().map(object).collect::<String>());
    assert!(features_of(&folder, "orders.jsonl") == features);
}

#[test]
fn a_workbook_gives_what_csv_gives() {
    let (rows, folder, features) = some_as_csv();
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let date = rust_xlsxwriter::Format::new().set_num_format("m/d/yyyy h:mm");
    let sheet = workbook.add_worksheet();
    for (column, name) in HEADER.iter().enumerate() {
        sheet.write(0, column as u16, *name).unwrap();
    }
    for (i, row) in rows.iter().enumerate() {
        let at = i as u32 + 1;
        // Shops' workbooks hold invoice numbers and codes as numbers where they look like numbers.
        for (column, text) in [(0, &row.invoice), (1, &row.stock_code)] {
            match text.parse::<f64>() {
                Ok(number) if !text.starts_with('0') => sheet.write(at, column, number).unwrap(),
                _ => sheet.write(at, column, text).unwrap(),
            };
        }
        sheet.write(at, 2, &row.description).unwrap();
        sheet.write(at, 3, row.quantity as f64).unwrap();
        let time = rust_xlsxwriter::ExcelDateTime::parse_from_str(&row.time.to_string()).unwrap();
        sheet.write_with_format(at, 4, &time, &date).unwrap();
        sheet.write(at, 5, row.unit_price).unwrap();
        if let Some(customer) = row.customer {
            sheet.write(at, 6, customer as f64).unwrap();
        }
        sheet.write(at, 7, &row.country).unwrap();
    }
    folder.write("orders.xlsx", workbook.save_to_buffer().unwrap());
    assert!(features_of(&folder, "orders.xlsx") == features);
}

#[test]
fn zstd_tabs_utf16_and_decimal_commas_give_what_plain_csv_gives() {
    let (rows, folder, features) = some_as_csv();
    let plain = folder.bytes("orders.csv");
    folder.write("orders.csv.zst", zstd::encode_all(&plain[..], 1).unwrap());
    assert!(features_of(&folder, "orders.csv.zst") == features, "zstd");
    let utf8: String = plain.iter().map(|b| char::from(*b)).collect();
    let utf16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(utf8.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    folder.write("utf16.csv", utf16);
    assert!(features_of(&folder, "utf16.csv") == features, "UTF-16");
    let line = |row: &Sold, delimiter: &str, price: String, time: &str| {
        let customer = row.customer.map_or(String::new(), |c| c.to_string());
        let time = row.time.strftime(time).to_string();
        let quantity = row.quantity.to_string();
        let description = row.description.replace(['\t', ';', '"'], "|");
        [&row.invoice, &row.stock_code, &description, &quantity, &time, &price, &customer, &row.country]
            .map(String::as_str)
            .join(delimiter)
            + "\n"
    };
    let tabs: String =
        rows.iter().map(|r| line(r, "\t", r.unit_price.to_string(), "%Y-%m-%d %H:%M")).collect();
    folder.write("orders.tsv", HEADER.join("\t") + "\n" + &tabs);
    assert!(features_of(&folder, "orders.tsv") == features, "tabs");
    let german = |r: &Sold| line(r, ";", r.unit_price.to_string().replace('.', ","), "%d.%m.%Y %H:%M");
    folder.write("german.csv", HEADER.join(";") + "\n" + &rows.iter().map(german).collect::<String>());
    assert!(features_of(&folder, "german.csv") == features, "decimal commas");
}

#[test]
fn dates_are_decided_by_one_that_comes_late() {
    let folder = Folder::new();
    let mut csv = "customer,date,amount\n".to_owned();
    for i in 0..6_000 {
        csv.push_str(&format!("c{},{:02}/{:02}/2011,5.00\n", i % 50, 1 + i % 12, 1 + i / 7 % 12));
    }
    let dated = |last: &str| {
        folder.write("orders.csv", format!("{csv}late,{last}/2011,5.00\n"));
        folder.habitue(&["features", "orders.csv", "--features", "rfm"])
    };
    let (dmy, mdy) = (dated("13/12").succeeded(), dated("12/13").succeeded());
    assert!(dmy.stderr.contains("with the day first"), "{dmy}");
    assert!(mdy.stderr.contains("with the month first"), "{mdy}");
    assert!(dmy.stdout.contains("\nlate,1,1,5\n") && mdy.stdout.contains("\nlate,1,1,5\n"), "{dmy}");
    assert_ne!(dmy.stdout, mdy.stdout);
    insta::assert_snapshot!(dated("11/12"), @r#"
    exit: 1
    ── stdout
    ── stderr
    error: orders.csv: dates in column "date" have two readings: 02/01/2011 is 2011-01-02 (day first) or 2011-02-01 (month first)

    hint: say which it is: dates = "dmy" or dates = "mdy"
    "#);
    let said = folder.habitue(&["features", "orders.csv", "--features", "rfm", "--dates", "dmy"]).succeeded();
    assert!(said.stdout.contains("\nlate,2,1,5\n"), "{said}");
}

#[test]
fn fixed_width_without_a_header_needs_only_the_numbers_of_its_columns() {
    let folder = Folder::with(
        "CDNOW.txt",
        " 00001 19970101  1   11.77\r\n 00002 19970112  1   12.00\r\n 00002 19970112  5   77.00\r\n \
         00003 19970102  2   20.76\r\n 00003 19970330  2   20.76\r\n 00004 19980630  2   29.33\r\n",
    );
    insta::assert_snapshot!(folder.habitue(&["features", "CDNOW.txt", "--features", "rfm"]), @r"
    exit: 1
    ── stdout
    ── stderr
    error: CDNOW.txt: no column found for customer, time, amount (or unit_price); the columns are: 1, 2, 3, 4

    hint: the file has no header row: name columns by their number, map customer=…,time=…,amount=…, counting from 1
    ");
    let args =
        ["features", "CDNOW.txt", "--features", "rfm", "--map", "customer=1,time=2,quantity=3,amount=4"];
    insta::assert_snapshot!(folder.habitue(&args), @r"
    exit: 0
    ── stdout
    customer_id,recency_days,orders,spend
    00001,546,1,11.77
    00002,535,1,89
    00003,458,2,41.52
    00004,1,1,29.33
    ── stderr
    4 customers from 6 of 6 rows; 0 kept without a net purchase
    ");
}

#[test]
fn a_plain_csv_of_purchases_keeps_equal_rows_and_leading_zeros() {
    let folder = Folder::with(
        "cdnow.csv",
        "customer_id,date,number_of_cds,dollar_value\n00001,1997-01-01,1,11.77\n00002,1997-01-12,1,12.0\n\
         00002,1997-01-12,5,77.0\n00003,1997-01-02,2,20.76\n00003,1997-01-02,2,20.76\n",
    );
    insta::assert_snapshot!(folder.habitue(&["features", "cdnow.csv", "--features", "rfm"]), @r"
    exit: 0
    ── stdout
    customer_id,recency_days,orders,spend
    00001,12,1,11.77
    00002,1,1,89
    00003,11,1,41.52
    ── stderr
    3 customers from 5 of 5 rows; 0 kept without a net purchase
    ");
}

#[test]
fn a_table_of_customers_is_segmented_as_it_is() {
    let folder = Folder::with("people.csv", people());
    let ran = folder.habitue(&["segment", "people.csv", "-o", "results", "--json"]).succeeded().json();
    assert_eq!((&ran["kind"], &ran["customers"]), (&"customers".into(), &200.into()));
    assert_eq!(ran["choice"]["k"], 5, "{}", ran["choice"]);
    let sizes: Vec<_> = ran["segments"].as_array().unwrap().iter().map(|s| s["customers"].as_u64()).collect();
    assert_eq!(sizes, [Some(40); 5]);
    let table = folder.table("results/segments.csv");
    // Customers were made five by five, one of each group.
    for (i, row) in table.rows.iter().enumerate() {
        let id: usize = row[0].parse().unwrap();
        let of_group = table.of(&(id % 5 + 5).to_string(), "segment");
        assert_eq!(row[1], of_group, "row {i}");
    }
}

#[test]
fn several_files_given_one_by_one_are_one_table() {
    let orders = three_kinds();
    let (header, rows) = orders.split_once('\n').unwrap();
    let half = rows.match_indices('\n').nth(300).unwrap().0 + 1;
    let folder = Folder::with("all.csv", &orders);
    folder.write("a.csv", format!("{header}\n{}", &rows[..half]));
    folder.write("b.csv", format!("{header}\n{}", &rows[half..]));
    let whole = features_of(&folder, "all.csv");
    let two = folder.habitue(&["features", "a.csv", "b.csv"]).succeeded().stdout;
    assert_eq!(two, whole);
}

#[test]
fn the_sample_in_the_tree_is_the_whole_sample() {
    assert_eq!(std::fs::metadata(SAMPLE).unwrap().len() >> 20, 2, "2.9 MB");
}
