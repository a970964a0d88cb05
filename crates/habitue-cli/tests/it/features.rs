//! The customer table alone.

use crate::harness::{Folder, money, money_of};
use crate::sample::{classic_features, features_with_duplicates};
use crate::segment::three_kinds;

#[test]
fn the_usual_tutorial_cleaning_gives_the_figures_that_everybody_knows() {
    let run = classic_features().json("run.json");
    assert_eq!(run["input"]["rows_kept"], 397_884);
    assert_eq!(run["customers"], 4_338);
    assert_eq!(run["input"]["orders"], 18_532);
    assert_eq!(money_of(&run["input"]["revenue_kept"]), money("8911407.904"));
    assert_eq!(run["without_purchase"]["customers"], 0);
}

#[test]
fn with_all_returns_netted_55_customers_of_4372_spent_nothing_to_the_last_digit() {
    let folder = features_with_duplicates();
    let run = folder.json("run.json");
    let table = folder.table("customers.csv");
    let spend: Vec<i64> = table.all("spend").iter().map(|s| money(s)).collect();
    assert_eq!(spend.len(), 4_372);
    assert_eq!(spend.iter().sum::<i64>(), money("8300065.814"));
    assert_eq!(money_of(&run["input"]["revenue_kept"]), money("8300065.814"));
    assert_eq!(spend.iter().filter(|s| **s < 0).count(), 41);
    assert_eq!(spend.iter().filter(|s| **s == 0).count(), 14);
    assert_eq!(run["without_purchase"]["customers"], 55);
}

#[test]
fn kept_and_rejected_add_up_under_every_cleaning() {
    for folder in [classic_features(), features_with_duplicates()] {
        let run = folder.json("run.json");
        let input = &run["input"];
        let rejected = input["rejected"].as_array().unwrap();
        let rows: u64 = rejected.iter().map(|r| r["rows"].as_u64().unwrap()).sum();
        let revenue: i64 = rejected.iter().map(|r| money_of(&r["revenue"])).sum();
        assert_eq!(input["rows_kept"].as_u64().unwrap() + rows, 541_909);
        assert_eq!(money_of(&input["revenue_kept"]) + revenue, money_of(&input["revenue_read"]));
        assert_eq!(folder.table("rejects.csv").rows.len() as u64, rows);
    }
}

#[test]
fn a_set_or_names_can_be_asked_for() {
    let folder = Folder::with("orders.csv", three_kinds());
    let columns = |features: &str| -> String {
        let ran = folder.habitue(&["features", "orders.csv", "-q", "--features", features]).succeeded();
        ran.stdout.lines().next().unwrap().to_owned()
    };
    insta::assert_snapshot!(columns("rfm"), @"customer_id,recency_days,orders,spend");
    insta::assert_snapshot!(columns("core"), @"customer_id,recency_days,orders,spend,orders_12m,spend_12m,average_order_value");
    insta::assert_snapshot!(columns("behaviour"), @"customer_id,recency_days,orders,spend,orders_12m,days_between_orders,spend_12m,average_order_value,tenure_days,items_per_order,distinct_products,return_share,spend_trend,weekend_share");
    insta::assert_snapshot!(columns("all"), @"customer_id,recency_days,orders,spend,recency_relative,orders_12m,orders_per_year,days_between_orders,gap_spread,spend_12m,average_order_value,largest_order,spend_per_year,tenure_days,active_days,items_per_order,lines_per_order,distinct_products,return_share,returns,spend_90d,spend_trend,weekend_share,seasonality");
    insta::assert_snapshot!(columns("tenure_days,spend"), @"customer_id,recency_days,orders,spend,tenure_days");
    let refused = folder.habitue(&["features", "orders.csv", "-q", "--features", "spent"]).refused();
    insta::assert_snapshot!(refused, @r#"
    error: there is no feature named "spent"

    hint: did you mean spend?
    "#);
}

#[test]
fn an_order_taken_back_within_a_day_is_none_and_a_later_return_is_taken_off() {
    let folder = Folder::with(
        "orders.csv",
        "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID\n\
         1,A,80995,2011-12-09 09:15,2.08,16446\n\
         C2,A,-80995,2011-12-09 09:27,2.08,16446\n\
         3,B,1,2011-05-18 09:52,1.65,16446\n\
         3,D,1,2011-05-18 09:52,1.25,16446\n\
         4,B,10,2011-06-01 10:00,2.00,later\n\
         C5,B,-4,2011-07-01 10:00,2.00,later\n\
         6,B,10,2011-06-01 10:00,2.00,nothing\n\
         C7,B,-10,2011-07-01 10:00,2.00,nothing\n",
    );
    let ran = folder.habitue(&[
        "features",
        "orders.csv",
        "--features",
        "recency_days,orders,spend,largest_order,returns,return_share",
    ]);
    insta::assert_snapshot!(ran, @r"
    exit: 0
    ── stdout
    customer_id,recency_days,orders,spend,largest_order,returns,return_share
    16446,206,1,2.9,2.9,1,0.999983
    later,192,1,12,12,1,0.4
    nothing,192,1,0,0,1,1
    ── stderr
    3 customers from 8 of 8 rows; 1 kept without a net purchase
    ");
}

#[test]
fn tables_can_be_written_to_a_file_and_are_not_overwritten() {
    let folder = Folder::with("orders.csv", three_kinds());
    let out = folder.habitue(&["features", "orders.csv", "-q"]).succeeded().stdout;
    folder.habitue(&["features", "orders.csv", "-q", "-o", "table.csv"]).succeeded();
    assert_eq!(folder.text("table.csv"), out);
    insta::assert_snapshot!(folder.habitue(&["features", "orders.csv", "-q", "-o", "table.csv"]), @r"
    exit: 1
    ── stdout
    ── stderr
    error: table.csv: this exists already

    hint: write to another place, or allow overwriting with force
    ");
    folder
        .habitue(&["features", "orders.csv", "-q", "-o", "table.csv", "--force", "--features", "rfm"])
        .succeeded();
    assert_eq!(folder.table("table.csv").columns, ["customer_id", "recency_days", "orders", "spend"]);
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    use std::process::{Command, Stdio};
    let folder = Folder::with("orders.csv", three_kinds());
    let mut child = Command::new(env!("CARGO_BIN_EXE_habitue"))
        .args(["features", &folder.arg("orders.csv"), "-q"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
