//! What segments buy and at which price: against the same figures by other software (`tests/reference/make_goods.py`),
//! and with a file of products.

use serde_json::Value;

use crate::harness::{Folder, money_of};
use crate::sample::SAMPLE;

fn expected() -> Value {
    serde_json::from_str(include_str!("../reference/goods_online_retail.json")).unwrap()
}

/// The sample in three segments by orders alone.
fn by_orders() -> Value {
    let folder = Folder::shared("by-orders", |folder| {
        folder.habitue(&["segment", SAMPLE, "-o", "results", "--features", "orders", "--k", "3"]).succeeded();
    });
    folder.json("results/summary.json")
}

fn close(ours: &Value, theirs: &Value, what: &str) {
    let (a, b) = (ours.as_f64().unwrap(), theirs.as_f64().unwrap());
    assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{what}: {a} instead of {b}");
}

#[test]
fn what_segments_buy_is_what_other_software_counts() {
    let (ours, theirs) = (by_orders(), expected());
    let segments = ours["segments"].as_array().unwrap();
    let sizes: Vec<&Value> = segments.iter().map(|s| &s["customers"]).collect();
    assert_eq!(serde_json::json!(sizes), theirs["sizes"], "segments have changed: run make_goods.py again");
    assert_eq!(ours["goods"]["products"], theirs["products_sold"]);
    assert_eq!(money_of(&ours["goods"]["revenue"]), theirs["revenue"].as_i64().unwrap());
    let mut checked = 0;
    for segment in segments {
        let id = segment["id"].to_string();
        let lists = ["favourites", "most_bought"].map(|list| segment["goods"][list].as_array().unwrap());
        for product in lists.into_iter().flatten() {
            let code = product["product"].as_str().unwrap();
            let Some(expected) = theirs["products"].get(code).map(|p| &p[&id]) else { continue };
            assert_eq!(product["buyers"], expected["buyers"], "{code} in {id}");
            assert_eq!(
                money_of(&product["revenue"]),
                expected["revenue"].as_i64().unwrap(),
                "{code} in {id}"
            );
            close(&product["units"], &(expected["units"].as_f64().unwrap() / 1000.0).into(), "units");
            for (end, at) in ["ratio", "low", "high"].iter().zip(0..) {
                close(&product["lift"][end], &expected["lift"][at], &format!("{end} of {code} in {id}"));
            }
            checked += 1;
        }
    }
    assert!(checked >= 6, "only {checked} figures were compared");
}

#[test]
fn what_segments_pay_is_what_other_software_finds() {
    let (ours, theirs) = (by_orders(), expected());
    let price = |name: &str| match name {
        "all" => &ours["goods"]["price"],
        id => &ours["segments"][id.parse::<usize>().unwrap() - 1]["goods"]["price"],
    };
    for (segment, index) in theirs["index"].as_object().unwrap() {
        close(&price(segment)["index"], index, &format!("price index of {segment}"));
    }
    let mut told = 0;
    for (segment, expected) in theirs["elasticity"].as_object().unwrap() {
        let found = &price(segment)["elasticity"];
        assert_eq!(found["products"], expected["products"], "{segment}: {found}");
        if expected.get("value").is_some() {
            assert_eq!(found["cells"], expected["cells"], "{segment}");
            for (figure, tolerance) in [("value", 1e-8), ("error", 1e-8), ("low", 1e-3), ("high", 1e-3)] {
                let (a, b) = (found[figure].as_f64().unwrap(), expected[figure].as_f64().unwrap());
                assert!((a - b).abs() < tolerance, "{figure} of {segment}: {a} instead of {b}");
            }
            told += 1;
        } else {
            assert_eq!(found["known"], "too-few-products", "{segment}");
        }
    }
    assert!(told >= 2, "only {told} elasticities were compared");
}

#[test]
fn dead_stock_is_what_nobody_has_bought_for_ninety_days() {
    let (ours, theirs) = (by_orders(), expected());
    let dead = &ours["goods"]["dead_stock"];
    assert_eq!(dead["products"], theirs["dead"]["products"]);
    assert_eq!(money_of(&dead["revenue"]), theirs["dead"]["revenue"].as_i64().unwrap());
}

#[test]
fn money_of_products_services_and_refunds_is_the_revenue_of_all_segments() {
    let ours = by_orders();
    let goods = &ours["goods"];
    let parts = ["revenue", "services", "without_product"].map(|part| money_of(&goods[part]));
    assert_eq!(parts.iter().sum::<i64>(), money_of(&ours["revenue"]));
}

/// Sixty customers in two kinds: regulars buy tea every week, the others bought a cup once, long ago.
fn two_kinds() -> String {
    let mut csv = "customer,order,date,sku,quantity,price\n".to_owned();
    for customer in 0..60 {
        let (orders, product) = if customer < 30 { (20, "T-1") } else { (1 + customer % 2, "C-9") };
        for order in 0..orders {
            let day = 1 + (order * 7 + customer) % 28;
            let month = if product == "T-1" { 7 + order / 4 } else { 1 };
            csv += &format!("{customer},{customer}-{order},2023-{month:02}-{day:02},{product},2,4.50\n");
        }
    }
    csv
}

#[test]
fn a_file_of_products_gives_names_prices_and_stock() {
    let folder = Folder::with("orders.csv", two_kinds());
    folder.write(
        "products.csv",
        "Article;Title;Group;RRP;Available\nT-1;GREEN TEA;Drinks;5,00;90\nX-0;Unsold;Drinks;1,00;5\n",
    );
    let args = ["segment", "orders.csv", "-o", "results", "--products", "products.csv"];
    folder.habitue(&args).succeeded();
    let goods = folder.json("results/summary.json")["goods"].clone();
    let file = &goods["file"];
    assert_eq!((&file["rows"], &file["matched"], &file["unknown"]), (&2.into(), &1.into(), &1.into()));
    assert_eq!(
        file["columns"],
        serde_json::json!({"category": "Group", "code": "Article", "name": "Title", "price": "RRP", "stock": "Available"})
    );
    let dead = &goods["dead_stock"]["listed"][0];
    assert_eq!(
        (&dead["product"], &dead["name"], &dead["orders"]),
        (&"C-9".into(), &"C-9".into(), &45.into())
    );
    // Ninety pieces; in the last 90 days 30 customers ordered two pieces some four times a month.
    let cover = &goods["cover"];
    assert_eq!((&cover["products"], &cover["short"]), (&1.into(), &1.into()));
    let first = &cover["first_out"][0];
    assert_eq!((&first["name"], &first["category"]), (&"Green tea".into(), &"Drinks".into()));
    let months = first["stock"].as_f64().unwrap() / first["monthly"].as_f64().unwrap();
    assert!((months - first["months"].as_f64().unwrap()).abs() < 1e-12 && months < 1.0, "{first}");
    let report = folder.text("results/report.html");
    assert!(report.contains("Green tea") && report.contains("How long stocks last"));
    // 4.50 where the list says 5.00.
    let segments = folder.json("results/summary.json")["segments"].clone();
    let indices: Vec<&Value> =
        segments.as_array().unwrap().iter().map(|s| &s["goods"]["price"]["index"]).collect();
    assert!(indices.iter().any(|index| index.as_f64() == Some(0.9)), "{indices:?}");
}

#[test]
fn columns_of_the_file_of_products_can_be_named() {
    let folder = Folder::with("orders.csv", two_kinds());
    folder.write("products.csv", "a,b\nT-1,Tea\n");
    let run = |columns: &str| {
        folder.habitue(&[
            "segment",
            "orders.csv",
            "-o",
            "results",
            "--force",
            "--products",
            "products.csv",
            "--product-columns",
            columns,
        ])
    };
    run("code=a,name=b").succeeded();
    let summary = folder.json("results/summary.json");
    assert_eq!(summary["goods"]["file"]["columns"], serde_json::json!({"code": "a", "name": "b"}));
    insta::assert_snapshot!(run("code=z").refused(), @r#"
    error: products.csv: there is no column "z" for code; the columns are: a, b

    hint: did you mean "a"?
    "#);
    assert!(run("colour=a").refused().contains("there is no role \"colour\""));
    let missing =
        folder.habitue(&["segment", "orders.csv", "-o", "results", "--force", "--products", "none.csv"]);
    assert!(missing.refused().contains("none.csv"));
}
