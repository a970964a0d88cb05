//! Customers placed by a saved model.

use crate::harness::{Folder, Ran};
use crate::sample::{SAMPLE, segmented};
use crate::segment::three_kinds;

/// A model of the first layout, made by version 0.1.0 from `three_kinds`.
const FIRST_MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models/v1.json");

/// Orders of the three kinds, of one that is like none of them, and of one who gave everything back.
const NEW_ORDERS: &str = "\
customer_id,order_id,date,product,quantity,unit_price
often,1,2024-09-01,P1,12,24.00
often,2,2024-10-01,P1,12,24.00
often,3,2024-11-01,P1,12,24.00
often,4,2024-11-20,P1,12,24.00
often,5,2024-12-02,P1,12,24.00
often,6,2024-10-15,P1,12,24.00
often,7,2024-09-15,P1,12,24.00
often,8,2024-08-15,P1,12,24.00
often,9,2024-07-15,P1,12,24.00
often,10,2024-06-15,P1,12,24.00
often,11,2024-05-15,P1,12,24.00
often,12,2024-04-15,P1,12,24.00
once,21,2024-02-01,P2,4,16.00
once,22,2024-02-20,P2,4,16.00
once,23,2024-03-09,P2,4,16.00
fresh,31,2024-11-25,P3,1,7.50
whale,41,2024-12-01,P4,90000,2500.00
undone,51,2024-06-01,P5,2,10.00
undone,52,2024-07-01,P5,-2,10.00
";

fn small_model() -> Folder {
    let folder = Folder::with("orders.csv", three_kinds());
    folder.habitue(&["segment", "orders.csv", "-q", "-o", "results"]).succeeded();
    folder
}

#[test]
fn the_training_data_get_exactly_the_labels_they_have() {
    let folder = segmented();
    let own = Folder::new();
    let ran =
        own.habitue(&["assign", &folder.arg("results/model.json"), SAMPLE, "-o", "placed.csv"]).succeeded();
    assert!(own.bytes("placed.csv") == folder.bytes("results/segments.csv"), "{ran}");
    let summary = folder.json("results/summary.json");
    for segment in summary["segments"].as_array().unwrap() {
        assert!(ran.stderr.contains(segment["name"].as_str().unwrap()), "{ran}");
    }
}

#[test]
fn new_customers_are_placed_and_strangers_fit_none() {
    let folder = small_model();
    folder.write("new.csv", NEW_ORDERS);
    let ran = folder.habitue(&["assign", "results/model.json", "new.csv"]);
    insta::assert_snapshot!(ran, @r"
    exit: 0
    ── stdout
    customer_id,segment,segment_name,persona,confidence,recency_days,orders,spend,orders_12m,spend_12m,average_order_value,lifecycle,rfm,rfm_segment
    fresh,3,Potential,Potential,1,8,1,7.5,1,7.5,7.5,new,411,New Customers
    often,1,High-value loyal,High-value loyal,1,1,12,3456,12,3456,288,active,554,Champions
    once,2,At risk of churning,At risk of churning,1,269,3,192,3,192,64,lost,122,Hibernating
    undone,0,No net purchase,,,185,1,0,1,0,0,,0,
    whale,0,Fits none,,1,2,1,225000000,1,225000000,225000000,new,515,Promising
    ── stderr
    5 customers placed
      1 High-value loyal: 1
      2 At risk of churning: 1
      3 Potential: 1
        1 fit none
        1 have no net purchase
    ");
}

#[test]
fn the_model_of_the_first_version_still_loads_and_places() {
    let folder = Folder::with("new.csv", NEW_ORDERS);
    let ran = folder.habitue(&["assign", FIRST_MODEL, "new.csv"]);
    insta::assert_snapshot!(ran, @r"
    exit: 0
    ── stdout
    customer_id,segment,segment_name,persona,confidence,recency_days,orders,spend,orders_12m,spend_12m,average_order_value,rfm,rfm_segment
    fresh,3,Potential,Potential,1,8,1,7.5,1,7.5,7.5,411,New Customers
    often,1,High-value loyal,High-value loyal,1,1,12,3456,12,3456,288,554,Champions
    once,2,At risk of churning,At risk of churning,1,269,3,192,3,192,64,122,Hibernating
    undone,0,No net purchase,,,185,1,0,1,0,0,0,
    whale,0,Fits none,,1,2,1,225000000,1,225000000,225000000,515,Promising
    ── stderr
    5 customers placed
      1 High-value loyal: 1
      2 At risk of churning: 1
      3 Potential: 1
        1 fit none
        1 have no net purchase
    ");
}

#[test]
fn json_counts_the_customers_of_each_segment() {
    let folder = Folder::with("new.csv", NEW_ORDERS);
    let ran = folder.habitue(&["assign", FIRST_MODEL, "new.csv", "--json", "-o", "placed.csv"]).succeeded();
    let json = ran.json();
    assert_eq!(
        (&json["customers"], &json["fits_none"], &json["no_net_purchase"]),
        (&5.into(), &1.into(), &1.into())
    );
    let placed = folder.table("placed.csv");
    for segment in json["segments"].as_array().unwrap() {
        let id = segment["id"].to_string();
        let n = placed.all("segment").iter().filter(|s| **s == id).count();
        assert_eq!(segment["customers"], n, "{segment}");
    }
}

#[test]
fn one_customer_alone_is_placed_as_among_all() {
    let folder = small_model();
    let all = folder.table("results/segments.csv");
    let orders = three_kinds();
    let (header, rows) = orders.split_once('\n').unwrap();
    for id in ["loyal07", "gone21", "new33"] {
        let own: Vec<&str> = rows.lines().filter(|r| r.starts_with(id)).collect();
        folder.write("one.csv", format!("{header}\n{}\n", own.join("\n")));
        let as_of = folder.json("results/summary.json")["as_of"].as_str().unwrap().to_owned();
        let args =
            ["assign", "results/model.json", "one.csv", "--as-of", &as_of, "-o", "one-placed.csv", "--force"];
        folder.habitue(&args).succeeded();
        let mine = all.rows.iter().find(|r| r[0] == id).unwrap();
        assert_eq!(folder.table("one-placed.csv").rows, std::slice::from_ref(mine));
    }
}

#[test]
fn columns_that_were_named_for_the_model_need_not_be_named_again() {
    let folder = Folder::new();
    let renamed = three_kinds().replacen("customer_id", "who", 1).replacen("date", "moment", 1);
    folder.write("orders.csv", renamed);
    folder.habitue(&["segment", "orders.csv", "--map", "customer=who", "-q", "-o", "results"]).succeeded();
    folder.habitue(&["assign", "results/model.json", "orders.csv", "-o", "placed.csv"]).succeeded();
    assert_eq!(folder.text("placed.csv"), folder.text("results/segments.csv"));
}

#[test]
fn what_is_no_model_is_refused_with_what_to_give_instead() {
    let folder = Folder::with("new.csv", NEW_ORDERS);
    let refused = |name: &str| -> Ran { folder.habitue(&["assign", name, "new.csv"]) };
    folder.write("other.json", "{\"colour\": 3}");
    insta::assert_snapshot!(refused("other.json"), @r"
    exit: 1
    ── stdout
    ── stderr
    error: other.json: this is no model of habitue

    hint: give the model.json of a `habitue segment` run
    ");
    folder.write("newer.json", "{\"schema_version\": 99}");
    insta::assert_snapshot!(refused("newer.json"), @r"
    exit: 1
    ── stdout
    ── stderr
    error: newer.json: it has layout 99, this program knows 1

    hint: give the model.json of a `habitue segment` run
    ");
    insta::assert_snapshot!(refused("new.csv"), @r"
    exit: 1
    ── stdout
    ── stderr
    error: new.csv: this is no JSON (expected value at line 1 column 1)

    hint: give the model.json of a `habitue segment` run
    ");
    insta::assert_snapshot!(refused("missing.json"), @r"
    exit: 1
    ── stdout
    ── stderr
    error: missing.json: No such file or directory (os error 2)
    ");
    let cut = std::fs::read_to_string(FIRST_MODEL).unwrap().replace("\"spread\"", "\"bread\"");
    folder.write("wrong.json", cut);
    assert!(refused("wrong.json").refused().contains("missing field `spread`"));
}

#[test]
fn a_model_of_customers_is_not_asked_about_orders() {
    let folder = Folder::with("people.csv", crate::inputs::people());
    folder.habitue(&["segment", "people.csv", "-q", "-o", "results"]).succeeded();
    folder.write("new.csv", NEW_ORDERS);
    insta::assert_snapshot!(folder.habitue(&["assign", "results/model.json", "new.csv"]), @r"
    exit: 1
    ── stdout
    ── stderr
    error: new.csv: this is orders, and the model was fitted on a table of customers

    hint: give the same kind of file that the model was fitted on
    ");
    folder.habitue(&["assign", "results/model.json", "people.csv", "-o", "placed.csv"]).succeeded();
    assert_eq!(folder.text("placed.csv"), folder.text("results/segments.csv"));
}
