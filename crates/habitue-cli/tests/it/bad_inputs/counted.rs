//! Counted and written out, with their reasons.

use super::*;

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
