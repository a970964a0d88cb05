//! Stages of life against the same stages by other software (`tests/reference/make_lifecycle.py`).

use serde_json::Value;

use crate::harness::{Folder, money_of};
use crate::sample::SAMPLE;

#[test]
fn stages_of_life_are_those_of_other_software() {
    let theirs: Value =
        serde_json::from_str(include_str!("../reference/lifecycle_online_retail.json")).unwrap();
    let folder = Folder::new();
    let args = ["segment", SAMPLE, "--cleaning", "classic", "--k", "3", "--backtest", "off", "-q", "-o", "r"];
    folder.habitue(&args).succeeded();
    let ours = &folder.json("r/summary.json")["lifecycle"];
    let gap = |of: &Value| of["usual_gap_days"].as_f64().unwrap();
    assert!((gap(ours) - gap(&theirs)).abs() < 0.05, "{} {}", gap(ours), gap(&theirs));
    let stages = ours["stages"].as_array().unwrap();
    assert_eq!(stages.len(), theirs["stages"].as_object().unwrap().len());
    let table = folder.table("r/segments.csv");
    for stage in stages {
        let name = stage["stage"].as_str().unwrap();
        let expected = &theirs["stages"][name];
        assert_eq!(stage["customers"], expected["customers"], "{name}");
        assert_eq!(money_of(&stage["revenue_12m"]), expected["spend_12m"].as_i64().unwrap(), "{name}");
        // The table says of each customer what the summary counts.
        let listed = table.all("lifecycle").into_iter().filter(|stage| *stage == name).count();
        assert_eq!(listed as u64, stage["customers"].as_u64().unwrap(), "{name}");
    }
}
