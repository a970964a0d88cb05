//! Read as they were meant.

use super::*;

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
