//! What customers are expected to bring, as users meet it.

use serde_json::Value;

use crate::harness::{Folder, money_of};
use crate::sample::SAMPLE;
use crate::segment::three_kinds;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[track_caller]
fn near(found: f64, expected: f64, tolerance: f64) {
    assert!((found / expected - 1.0).abs() < tolerance, "{found} instead of {expected}");
}

/// What the Python package lifetimes 0.11.3 makes of the same purchases (`tests/reference/make_lifetime.py`).
#[test]
fn the_sample_gives_the_parameters_of_another_program() {
    let folder = Folder::new();
    let args = ["segment", SAMPLE, "-q", "-o", "results", "--cleaning", "classic", "--k", "4"];
    folder.habitue(&args).succeeded();
    let summary = folder.json("results/summary.json");
    let note = &summary["lifetime"];
    let (orders, spend) = (&note["bg_nbd"], &note["gamma_gamma"]);
    assert_eq!((note["model"].as_str(), orders["customers"].as_u64()), (Some("bg-nbd"), Some(4338)));
    assert_eq!(spend["customers"], 2790);
    near(number(&orders["r"]["value"]), 0.826_54, 2e-4);
    near(number(&orders["alpha"]["value"]), 68.905, 2e-4);
    near(number(&spend["p"]["value"]), 2.103_38, 2e-4);
    near(number(&spend["q"]["value"]), 3.451_18, 2e-4);
    near(number(&spend["gamma"]["value"]), 485.889, 2e-4);
    // a and b cannot be told from these data; the likelihood can.
    assert_eq!(orders["dropout_is_measured"], false);
    let likelihood = number(&orders["log_likelihood"]);
    assert!((-61_823.471_3..-61_823.471).contains(&likelihood), "{likelihood}");
    let table = folder.table("results/segments.csv");
    let total = |name: &str| table.all(name).iter().map(|v| v.parse::<f64>().unwrap()).sum::<f64>();
    near(total("expected_orders"), 18_934.81, 1e-4);
    near(table.of("12347", "expected_orders").parse().unwrap(), 5.7101, 1e-4);
    near(table.of("12348", "expected_orders").parse().unwrap(), 3.2669, 1e-4);
    near(money_of(&note["total"]["expected_spend"]) as f64 / 1e4, 9_346_603.0, 3e-4);
    near(money_of(&note["total"]["lifetime_value"]) as f64 / 1e4, total("lifetime_value"), 1e-6);
    // Segments add up to the total, to the last part.
    let segments = summary["segments"].as_array().unwrap();
    for name in ["expected_spend", "lifetime_value", "revenue_at_risk"] {
        let sum: i64 = segments.iter().map(|s| money_of(&s["prospects"][name])).sum();
        assert_eq!(sum, money_of(&note["total"][name]), "{name}");
    }
    let later = &note["check"]["later"];
    near(number(&later["expected"]), number(&later["actual"]), 0.3);
    let seen = note["check"]["frequencies"].as_array().unwrap();
    assert_eq!(seen.iter().map(|f| f["actual"].as_u64().unwrap()).sum::<u64>(), 4338);
}

#[test]
fn a_longer_horizon_brings_more_and_its_form_is_checked() {
    let folder = Folder::with("orders.csv", three_kinds());
    let at = |time: &str| {
        let args = ["segment", "orders.csv", "-q", "--force", "-o", "results", "--horizon", time];
        folder.habitue(&args).succeeded();
        let note = folder.json("results/summary.json")["lifetime"].clone();
        (number(&note["horizon_days"]), note["total"]["expected_orders"].as_f64())
    };
    let (quarter, year) = (at("13w"), at("1y"));
    assert_eq!((quarter.0, year.0), (91.0, 365.0));
    if let (Some(quarter), Some(year)) = (quarter.1, year.1) {
        assert!(quarter < year, "{quarter} {year}");
    }
    let refused = folder.habitue(&["segment", "orders.csv", "--horizon", "soon"]);
    assert!(refused.status == 2 && refused.stderr.contains("90d, 26w, 1y"), "{refused}");
    folder.write("habitue.toml", "[lifetime]\nhorizon_days = 0\n");
    let refused = folder.habitue(&["segment", "orders.csv", "--force", "-o", "results"]).refused();
    assert!(refused.contains("horizon_days must be between 1 and 36525; got 0"), "{refused}");
}

#[test]
fn too_few_who_came_back_are_no_ground_for_a_forecast() {
    let mut orders = "customer_id,order_id,date,amount\n".to_owned();
    for i in 0..60 {
        orders += &format!("c{i},{i},2024-{:02}-{:02},{}\n", 1 + i % 12, 1 + i % 28, 10 + i * i % 97);
    }
    orders += "c1,61,2024-12-30,20\n";
    let folder = Folder::with("orders.csv", orders);
    folder.habitue(&["segment", "orders.csv", "-q", "-o", "results"]).succeeded();
    let note = &folder.json("results/summary.json")["lifetime"];
    assert_eq!(note["refused"][0]["code"], "too-few-repeat-buyers");
    assert_eq!(
        note["refused"][0]["reason"],
        "1 of the customers bought again; the estimate needs at least 30"
    );
    assert!(note["total"].is_null() && note["model"].is_null(), "{note}");
    assert!(!folder.text("results/segments.csv").contains("expected_orders"));
    assert!(folder.text("results/report.html").contains("Orders could not be forecast"));
    assert!(!folder.text("results/model.json").contains("lifetime"));
}
