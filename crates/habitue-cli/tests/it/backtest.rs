//! `habitue segment --backtest`: segments formed at a past date, and what their customers did next.

use serde_json::Value;

use crate::harness::{Folder, money_of};
use crate::sample::{SAMPLE, segmented};

fn backtest() -> Value {
    segmented().json("results/summary.json")["backtest"].clone()
}

fn sum(of: &Value, number: impl Fn(&Value) -> f64) -> f64 {
    of.as_array().unwrap().iter().map(number).sum()
}

#[test]
fn the_segments_of_then_hold_everybody_of_then_and_all_that_they_spent_since() {
    let note = backtest();
    assert_eq!((&note["formed"], &note["days"]), (&"2011-09-11".into(), &90.into()));
    let segments = &note["segments"];
    let everybody: u64 = segments.as_array().unwrap().iter().map(|s| s["customers"].as_u64().unwrap()).sum();
    assert_eq!(note["customers"], everybody);
    let revenue: i64 = segments.as_array().unwrap().iter().map(|s| money_of(&s["revenue"])).sum();
    assert_eq!(revenue, money_of(&note["revenue"]));
    assert!((sum(segments, |s| s["revenue_share"]["value"].as_f64().unwrap()) - 1.0).abs() < 1e-9);
    assert!(money_of(&note["revenue_all"]) > revenue, "some came for the first time since");
    for segment in segments.as_array().unwrap() {
        for name in ["bought", "orders", "spend", "revenue_share"] {
            let at = |end: &str| segment[name][end].as_f64().unwrap();
            assert!(at("low") <= at("value") && at("value") <= at("high"), "{name}");
        }
    }
}

/// Customers with a net purchase before 2011-09-11 and their later spend, from the customer tables of the two dates.
#[test]
fn who_was_there_then_and_what_they_spent_since_equal_two_runs_beside_each_other() {
    let folder = Folder::new();
    for date in ["2011-09-11", "2011-12-10"] {
        let out = format!("{date}.csv");
        folder.habitue(&["features", SAMPLE, "-q", "--as-of", date, "-o", &out]).succeeded();
    }
    let (then, now) = (folder.table("2011-09-11.csv"), folder.table("2011-12-10.csv"));
    let cents = |text: &str| (text.parse::<f64>().unwrap() * 1e4).round() as i64;
    let ids = then.all("customer_id");
    let known = ids.iter().zip(then.all("spend")).zip(then.all("orders"));
    let known: Vec<&str> = known
        .filter(|((_, spend), orders)| cents(spend) > 0 && *orders != "0")
        .map(|((id, _), _)| *id)
        .collect();
    let note = backtest();
    assert_eq!(note["customers"], known.len());
    // What the 90 days before the second date brought counts returns on the day of the order that they reverse.
    let later: i64 = known.iter().map(|id| cents(now.of(id, "spend_90d"))).sum();
    assert_eq!(money_of(&note["revenue"]), later);
}

#[test]
fn segments_tell_far_more_than_chance_and_no_less_than_the_grid() {
    let note = backtest();
    let told = |key: &str, end: &str| {
        let way = note["groupings"].as_array().unwrap().iter().find(|g| g["key"] == key).unwrap();
        way["explained"][end].as_f64().unwrap()
    };
    assert!(told("segments", "low") > 10.0 * told("random", "high"));
    assert!(told("segments", "high") > told("rfm-grid", "value"));
}

#[test]
fn too_short_a_past_is_no_proof_and_says_why() {
    let rows: Vec<String> =
        (1..=120).map(|d| format!("c{},2024-0{}-{:02},{}", d % 40, d / 30 + 1, d % 28 + 1, d)).collect();
    let folder = Folder::with("orders.csv", format!("customer,date,amount\n{}\n", rows.join("\n")));
    folder.habitue(&["segment", "orders.csv", "-q", "-o", "a"]).succeeded();
    let note = &folder.json("a/summary.json")["backtest"];
    assert!(note["refused"].as_str().unwrap().contains("needs 180 days of orders"), "{note}");
    folder.habitue(&["segment", "orders.csv", "-q", "-o", "b", "--backtest", "off"]).succeeded();
    assert!(folder.json("b/summary.json").get("backtest").is_none());
}

#[test]
fn everybody_with_a_purchase_has_a_stage_of_life() {
    let table = segmented().table("results/segments.csv");
    let (stages, segments) = (table.all("lifecycle"), table.all("segment"));
    assert!(stages.iter().zip(&segments).all(|(stage, segment)| stage.is_empty() == (*segment == "0")));
    let summary = segmented().json("results/summary.json");
    for note in summary["lifecycle"]["stages"].as_array().unwrap() {
        let here = stages.iter().filter(|s| **s == note["stage"].as_str().unwrap()).count();
        assert_eq!(note["customers"], here);
        let by_segment: u64 =
            note["by_segment"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(by_segment, here as u64);
    }
}
