//! The customer table against the same figures by other software: SQL in DuckDB (`tests/reference/make_rfm.py`).

use std::io::Read;

use crate::harness::{Folder, Table, money};
use crate::sample::{classic_features, features_with_duplicates};

fn expected() -> Table {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/rfm_online_retail.csv.gz");
    let mut csv = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut csv).unwrap();
    Table::read(&csv)
}

/// The customers of both tables, paired by id; both must have the same.
fn pairs<'a>(
    ours: &'a Table,
    theirs: &'a Table,
    column: &str,
    their_column: &str,
) -> Vec<(&'a str, &'a str, &'a str)> {
    let (mine, yours) = (ours.column(column), theirs.column(their_column));
    let known = theirs.rows.iter().filter(|r| !r[yours].is_empty() || ours.rows.len() == theirs.rows.len());
    let known: Vec<&Vec<String>> = known.collect();
    assert_eq!(ours.rows.len(), known.len(), "customers");
    let pair = |(a, b): (&'a Vec<String>, &&'a Vec<String>)| {
        assert_eq!(a[0], b[0]);
        (a[0].as_str(), a[mine].as_str(), b[yours].as_str())
    };
    ours.rows.iter().zip(&known).map(pair).collect()
}

#[track_caller]
fn assert_equal(folder: &Folder, column: &str, their_column: &str, same: impl Fn(&str, &str) -> bool) {
    let (ours, mut theirs) = (folder.table("customers.csv"), expected());
    let in_classic = theirs.column("orders");
    if ours.rows.len() < theirs.rows.len() {
        theirs.rows.retain(|r| !r[in_classic].is_empty());
    }
    let off: Vec<_> =
        pairs(&ours, &theirs, column, their_column).into_iter().filter(|p| !same(p.1, p.2)).collect();
    assert!(
        off.is_empty(),
        "{column}: {} of {} differ, first {:?}",
        off.len(),
        ours.rows.len(),
        &off[..off.len().min(5)]
    );
}

fn same_money(ours: &str, theirs: &str) -> bool {
    money(ours) == money(theirs)
}

fn same_text(ours: &str, theirs: &str) -> bool {
    ours == theirs
}

/// Equal up to what the program writes: `decimals`, the last one rounded.
fn close(decimals: i32) -> impl Fn(&str, &str) -> bool {
    move |ours, theirs| match (ours.parse::<f64>(), theirs.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() <= 0.51 * 10_f64.powi(-decimals),
        _ => ours.is_empty() && theirs.is_empty(),
    }
}

#[test]
fn recency_orders_and_spend_are_those_of_sql() {
    let folder = classic_features();
    assert_equal(&folder, "recency_days", "recency_days", same_text);
    assert_equal(&folder, "orders", "orders", same_text);
    assert_equal(&folder, "spend", "spend", same_money);
}

#[test]
fn counts_and_days_are_those_of_sql() {
    let folder = classic_features();
    for column in ["tenure_days", "active_days", "distinct_products", "orders_12m"] {
        assert_equal(&folder, column, column, same_text);
    }
}

#[test]
fn money_in_windows_is_that_of_sql() {
    let folder = classic_features();
    for column in ["spend_12m", "spend_90d", "largest_order"] {
        assert_equal(&folder, column, column, same_money);
    }
}

#[test]
fn means_shares_and_spreads_are_those_of_sql() {
    let folder = classic_features();
    assert_equal(&folder, "average_order_value", "average_order_value", close(4));
    for column in ["lines_per_order", "items_per_order", "gap_spread", "spend_trend", "recency_relative"] {
        assert_equal(&folder, column, column, close(9));
    }
    for column in ["days_between_orders", "weekend_share", "evening_share", "seasonality"] {
        assert_equal(&folder, column, column, close(6));
    }
}

#[test]
fn net_spend_is_that_of_sql_for_every_customer() {
    assert_equal(&features_with_duplicates(), "spend", "net_spend", same_money);
}
