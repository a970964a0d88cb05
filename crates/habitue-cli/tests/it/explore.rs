//! A look at the data only, and the customer base against the same figures by other software: SQL in DuckDB, pandas
//! and NumPy (`tests/reference/make_base.py`).

use serde_json::Value;

use crate::harness::{Folder, money, money_of};
use crate::sample::SAMPLE;
use crate::segment::three_kinds;

fn explored(cleaning: &str) -> Value {
    let name = format!("explore-{cleaning}");
    let folder = Folder::shared(&name, |folder| {
        let ran = folder.habitue(&["explore", SAMPLE, "--cleaning", cleaning, "-q", "--json"]).succeeded();
        folder.write("run.json", ran.stdout);
    });
    folder.json("run.json")
}

fn expected() -> Value {
    serde_json::from_str(include_str!("../reference/base_online_retail.json")).unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

#[track_caller]
fn close(found: &Value, expected: &Value, tolerance: f64) {
    let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
    assert!((found - expected).abs() <= tolerance, "{found} instead of {expected}");
}

#[test]
fn every_cell_of_every_cohort_equals_sql() {
    let (run, expected) = (explored("classic"), expected());
    let cells = expected["cells"].as_array().unwrap();
    let mut at = 0;
    for cohort in run["base"]["coming"]["cohorts"].as_array().unwrap() {
        for cell in cohort["activity"].as_array().unwrap() {
            let theirs = &cells[at];
            at += 1;
            assert_eq!((&cohort["month"], &cell["months"]), (&theirs["cohort"], &theirs["since"]));
            assert_eq!(
                (&cell["customers"], &cell["orders"]),
                (&theirs["customers"], &theirs["orders"]),
                "{theirs}"
            );
            assert_eq!(money_of(&cell["revenue"]), money_of(&theirs["revenue"]), "{theirs}");
        }
    }
    assert_eq!(at, cells.len());
}

#[test]
fn new_and_returning_customers_of_every_month_equal_sql() {
    let (run, expected) = (explored("classic"), expected());
    let months = run["base"]["coming"]["months"].as_array().unwrap();
    assert_eq!(months.len(), 13);
    for month in months {
        for (part, is_new) in [("new", true), ("returning", false)] {
            let theirs: Vec<&Value> = expected["cells"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|c| c["month"] == month["month"] && (c["since"] == 0) == is_new)
                .collect();
            for what in ["customers", "orders"] {
                let sum: u64 = theirs.iter().map(|c| number(&c[what])).sum();
                assert_eq!(number(&month[part][what]), sum, "{part} {what} {month}");
            }
            let sum: i64 = theirs.iter().map(|c| money_of(&c["revenue"])).sum();
            assert_eq!(money_of(&month[part]["revenue"]), sum);
        }
    }
}

#[test]
fn concentration_gaps_and_those_who_ordered_once_equal_other_software() {
    let (run, expected) = (explored("classic"), expected());
    let base = &run["base"];
    let once = &base["coming"]["by_orders"][0];
    assert_eq!((once["from"].clone(), once["to"].clone()), (1.into(), 1.into()));
    assert_eq!(once["customers"], expected["once"]["customers"]);
    assert_eq!(money_of(&once["revenue"]), money_of(&expected["once"]["revenue"]));
    for (ours, theirs) in [("gaps", "gaps"), ("to_second", "to_second")] {
        let (ours, theirs) = (&base["coming"][ours], &expected[theirs]);
        assert_eq!(ours["gaps"], theirs["n"]);
        for (at, name) in ["lower_quartile_days", "median_days", "upper_quartile_days", "ninth_decile_days"]
            .iter()
            .enumerate()
        {
            close(&ours[name], &theirs["quantiles"][at], 1e-9);
        }
    }
    close(&base["coming"]["gaps"]["mean_days"], &expected["gaps"]["mean"], 1e-9);
    for (run, theirs) in [(run.clone(), "classic"), (explored("default"), "net")] {
        let (ours, theirs) = (&run["base"]["concentration"], &expected[theirs]);
        assert_eq!(ours["customers"], theirs["customers"]);
        close(&ours["gini"], &theirs["gini"], 1e-10);
        assert_eq!(ours["best"][19]["customers"], theirs["best_20_customers"]);
        close(&ours["best"][19]["share"], &theirs["best_20_share"], 1e-12);
    }
    let features = base["correlations"]["features"].as_array().unwrap();
    let at = |name: &str| features.iter().position(|f| f == name).unwrap();
    let (first, second) = (at("orders").min(at("spend")), at("orders").max(at("spend")));
    close(&base["correlations"]["matrix"][second][first], &expected["spearman_orders_spend"], 1e-12);
}

#[test]
fn new_returning_and_given_back_add_up_to_the_months_and_to_the_revenue_kept() {
    for cleaning in ["classic", "default"] {
        let run = explored(cleaning);
        let of_base = run["base"]["coming"]["months"].as_array().unwrap();
        let months = run["months"].as_array().unwrap();
        assert_eq!(of_base.len(), months.len());
        let mut revenue = 0;
        for (part, month) in of_base.iter().zip(months) {
            assert_eq!(part["month"], month["month"]);
            for what in ["customers", "orders"] {
                assert_eq!(
                    number(&part["new"][what]) + number(&part["returning"][what]),
                    number(&month[what])
                );
            }
            let sum = money_of(&part["new"]["revenue"])
                + money_of(&part["returning"]["revenue"])
                + money_of(&part["unplaced"]);
            assert_eq!(sum, money_of(&month["revenue"]));
            revenue += sum;
        }
        assert_eq!(revenue, money_of(&run["input"]["revenue_kept"]));
        let new: u64 = of_base.iter().map(|m| number(&m["new"]["customers"])).sum();
        let cohorts = run["base"]["coming"]["cohorts"].as_array().unwrap();
        assert_eq!(new, cohorts.iter().map(|c| number(&c["customers"])).sum::<u64>());
        let by_orders = run["base"]["coming"]["by_orders"].as_array().unwrap();
        assert_eq!(by_orders.iter().map(|c| number(&c["customers"])).sum::<u64>(), number(&run["customers"]));
        let brought: i64 = by_orders.iter().map(|c| money_of(&c["revenue"])).sum();
        assert_eq!(brought, money_of(&run["revenue"]));
        assert_eq!(brought, money_of(&run["base"]["concentration"]["revenue"]));
    }
    assert_eq!(money_of(&explored("classic")["input"]["revenue_kept"]), money("8911407.904"));
}

#[test]
fn a_month_that_the_data_do_not_hold_whole_is_marked_and_left_out_of_retention() {
    let run = explored("classic");
    let coming = &run["base"]["coming"];
    let covered: Vec<&Value> =
        coming["months"].as_array().unwrap().iter().filter(|m| m.get("covered").is_some()).collect();
    assert_eq!(covered.len(), 1);
    assert_eq!(covered[0]["month"], "2011-12");
    assert_eq!(covered[0]["covered"], serde_json::json!(["2011-12-01", "2011-12-09"]));
    // Everybody looks new in the first month, so that retention begins with the second.
    assert_eq!(coming["retention_from"], "2011-01");
    let expected = expected();
    let cells =
        || expected["cells"].as_array().unwrap().iter().filter(|c| c["cohort"].as_str() > Some("2010-12"));
    let whole = |c: &&Value| c["month"].as_str() < Some("2011-12");
    let back: u64 = cells().filter(whole).filter(|c| c["since"] == 1).map(|c| number(&c["customers"])).sum();
    let of: u64 = cells()
        .filter(|c| c["since"] == 0 && c["cohort"].as_str() < Some("2011-11"))
        .map(|c| number(&c["customers"]))
        .sum();
    assert_eq!(
        (number(&coming["retention"][0]["customers"]), number(&coming["retention"][0]["of"])),
        (back, of)
    );
}

#[test]
fn every_histogram_holds_every_customer_who_has_a_value() {
    let run = explored("default");
    let features = run["base"]["features"].as_array().unwrap();
    assert!(features.len() > 20);
    for feature in features {
        let bins = feature["histogram"]["bins"].as_array().unwrap();
        let counted: u64 = bins.iter().map(|b| number(&b["customers"])).sum();
        assert_eq!(counted, number(&feature["customers"]), "{}", feature["feature"]);
        assert_eq!(counted + number(&feature["missing"]), number(&run["customers"]));
    }
    let hopkins = run["base"]["clusterability"]["hopkins"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&hopkins));
}

#[test]
fn a_page_is_written_once_and_only_overwritten_when_told_to() {
    let folder = Folder::with("orders.csv", three_kinds());
    let ran = folder.habitue(&["explore", "orders.csv"]).succeeded();
    assert!(ran.stdout.contains("40 of 120 customers (33.3%) have ordered once"), "{}", ran.stdout);
    assert!(ran.stdout.contains("2024-12"), "{}", ran.stdout);
    let page = folder.text("habitue-explore.html");
    for text in ["id=\"base\"", "cohorts-caption", "id=\"data\"", "default-src 'none'"] {
        assert!(page.contains(text), "{text}");
    }
    let refused = folder.habitue(&["explore", "orders.csv"]).refused();
    assert!(refused.contains("habitue-explore.html"), "{refused}");
    folder.habitue(&["explore", "orders.csv", "--force", "--threads", "1"]).succeeded();
    assert!(folder.text("habitue-explore.html") == page, "one thread gives another page");
}

#[test]
fn a_table_of_customers_is_explored_without_money_and_months() {
    let mut csv = "customer_id,age,city,visits\n".to_owned();
    for i in 0..60 {
        let age = if i == 7 { String::new() } else { (20 + i % 50).to_string() };
        csv.push_str(&format!("c{i:02},{age},{},{}\n", ["Rome", "Oslo"][i % 2], 1 + i * i % 23));
    }
    let folder = Folder::with("customers.csv", csv);
    let run = folder.habitue(&["explore", "customers.csv", "-q", "--json"]).succeeded().json();
    let base = &run["base"];
    assert!(base.get("coming").is_none() && base.get("concentration").is_none());
    assert_eq!(
        base["categories"][0]["values"],
        serde_json::json!([{"value": "Oslo", "customers": 30}, {"value": "Rome", "customers": 30}])
    );
    assert_eq!(
        (&base["features"][0]["feature"], &base["features"][0]["missing"]),
        (&"age".into(), &1.into())
    );
    assert!(run.get("segments").is_none());
    let page = folder.text("habitue-explore.html");
    let told = &page[page.find("<main>").unwrap()..page.find("</main>").unwrap()];
    for text in ["Revenue", "revenue", "brought", "month after"] {
        assert!(!told.contains(text), "{text}");
    }
}

#[test]
fn one_customer_alone_is_explored_too() {
    let folder = Folder::with("one.csv", "customer,date,amount\nann,2024-01-05,10\nann,2024-02-05,20\n");
    let ran = folder.habitue(&["explore", "one.csv"]).succeeded();
    assert!(ran.stdout.contains("1 customer"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("NaN"), "{}", ran.stdout);
}
