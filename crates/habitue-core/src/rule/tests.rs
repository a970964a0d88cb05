use proptest::prelude::*;

use super::*;
use crate::table::{Column, Feature, Table, Unit, Values};

fn table(columns: &[(&str, Unit, &[f64])]) -> Table {
    let column = |&(name, unit, values): &(&str, Unit, &[f64])| {
        let feature = Feature {
            name: name.to_owned(),
            label: name.replace('_', " "),
            unit,
            description: String::new(),
        };
        Column { feature, values: Values::Number(values.to_vec()) }
    };
    let ids = (0..columns[0].2.len()).map(|i| format!("{i:07}")).collect();
    Table { ids, columns: columns.iter().map(column).collect() }
}

fn explain(table: &Table, labels: &[usize], currency: Option<&str>) -> Rule {
    let segmented = Segmented::new(table, labels, 2).unwrap().in_currency(currency);
    RuleSearch::default().explain(&segmented, 0).unwrap()
}

#[test]
fn a_segment_cut_by_one_feature_is_told_by_one_condition() {
    let spend = [900.0, 1_190.0, 1_210.0, 5_000.0, 80.0, 2_000.0];
    let table = table(&[
        ("orders", Unit::Count, &[3.0, 1.0, 2.0, 2.0, 1.0, 3.0]),
        ("spend_12m", Unit::Money, &spend),
    ]);
    let rule = explain(&table, &[1, 1, 0, 0, 1, 0], Some("£"));
    // The least cut is 1,210 rounded to 1,200, which still leaves 1,190 out.
    assert_eq!(rule.text, "spent £1,200 or more in the last twelve months");
    assert_eq!([rule.precision, rule.recall], [1.0, 1.0]);
    assert_eq!(
        rule.conditions,
        [Condition { feature: "spend_12m".into(), at_least: Some(1_200.0), at_most: None }]
    );
}

#[test]
fn two_features_make_two_conditions_in_the_order_of_the_table() {
    // Recent and frequent is the segment; recent alone or frequent alone is not.
    let recency = [5.0, 20.0, 41.0, 10.0, 15.0, 30.0, 300.0, 200.0, 120.0, 90.0];
    let orders = [5.0, 9.0, 6.0, 1.0, 2.0, 1.0, 8.0, 7.0, 1.0, 2.0];
    let table = table(&[("recency_days", Unit::Days, &recency), ("orders", Unit::Count, &orders)]);
    let rule = explain(&table, &[0, 0, 0, 1, 1, 1, 1, 1, 1, 1], None);
    assert_eq!(rule.text, "last order within 41 days and at least 5 orders");
    assert_eq!([rule.precision, rule.recall], [1.0, 1.0]);
}

#[test]
fn a_second_condition_that_gains_little_is_left_out() {
    // A hundred of the segment ordered twice, and so did one of the rest, whom only its 99 items tell apart.
    let orders: Vec<f64> = (0..201).map(|i| if i <= 100 { 2.0 } else { 1.0 }).collect();
    let items: Vec<f64> = (0..201).map(|i| if i == 100 { 99.0 } else { 1.0 }).collect();
    let labels: Vec<usize> = (0..201).map(|i| usize::from(i >= 100)).collect();
    let table = table(&[("orders", Unit::Count, &orders), ("items", Unit::Count, &items)]);
    let rule = explain(&table, &labels, None);
    assert_eq!(rule.text, "at least 2 orders");
    assert_eq!([rule.precision, rule.recall], [100.0 / 101.0, 1.0]);
    // F1 would rise from 200/201 to 1: too little by default, enough for whoever wants it all.
    let segmented = Segmented::new(&table, &labels, 2).unwrap();
    let rule = RuleSearch { least_gain: 0.004, ..RuleSearch::default() }.explain(&segmented, 0).unwrap();
    assert_eq!(rule.text, "at least 2 orders and items at most 1");
    assert_eq!([rule.precision, rule.recall], [1.0, 1.0]);
}

#[test]
fn windows_are_said_once_and_never_missed() {
    let text = |conditions: &[(&str, f64)]| {
        let features = ["orders", "spend", "orders_12m", "spend_12m", "average_order_value"];
        let table = table(&features.map(|name| {
            let unit = if name.starts_with("orders") { Unit::Count } else { Unit::Money };
            (name, unit, &[1.0][..])
        }));
        let at_least = |(feature, least): &(&str, f64)| Condition {
            feature: (*feature).to_owned(),
            at_least: Some(*least),
            at_most: None,
        };
        let conditions: Vec<Condition> = conditions.iter().map(at_least).collect();
        words::text(&Segmented::new(&table, &[0], 1).unwrap(), &conditions)
    };
    let (spend, basket) = (("spend_12m", 900.0), ("average_order_value", 90.0));
    assert_eq!(text(&[("orders", 2.0), ("spend", 9.0)]), "at least 2 orders and spent 9 or more");
    let once = "at least 2 orders and spent 900 or more in the last twelve months";
    assert_eq!(text(&[("orders_12m", 2.0), spend]), once);
    assert_eq!(
        text(&[("orders_12m", 2.0), spend, basket]),
        format!("{once}, and average order of 90 or more")
    );
    let mixed = "spent 9 or more in all and at least 2 orders in the last twelve months";
    assert_eq!(text(&[("spend", 9.0), ("orders_12m", 2.0)]), mixed);
}

#[test]
fn features_without_a_phrase_of_their_own_speak_by_label_and_unit() {
    let table = table(&[("Annual Income (k$)", Unit::Number, &[15.0, 40.0, 54.0, 60.0, 90.0, 120.0])]);
    let rule = explain(&table, &[1, 0, 0, 0, 1, 1], None);
    assert_eq!(rule.text, "Annual Income (k$) from 40 to 60");
    let shares = super::tests::table(&[("return_share", Unit::Share, &[0.0, 0.1, 0.32, 0.5])]);
    assert_eq!(explain(&shares, &[1, 1, 0, 0], None).text, "return share at least 32 %");
}

#[test]
fn a_condition_that_leaves_nobody_out_is_no_condition() {
    // Nearly everybody is in the segment: "at least 1 order" would find them all, and say nothing.
    let orders = [1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 3.0, 3.0, 9.0];
    let rule = explain(&table(&[("orders", Unit::Count, &orders)]), &[0, 0, 0, 0, 1, 0, 0, 0, 0, 0], None);
    assert_eq!(rule.text, "at most 3 orders");
    let constant = table(&[("orders", Unit::Count, &[1.0, 1.0])]);
    assert_eq!(explain(&constant, &[0, 1], None).text, "all customers");
}

#[test]
fn a_missing_value_meets_no_condition() {
    let table = table(&[("days_between_orders", Unit::Days, &[10.0, 12.0, f64::NAN, 80.0, 90.0, f64::NAN])]);
    let rule = explain(&table, &[0, 0, 0, 1, 1, 1], None);
    assert_eq!(rule.text, "days between orders at most 12");
    assert_eq!([rule.precision, rule.recall], [1.0, 2.0 / 3.0]);
}

#[test]
fn the_whole_and_the_empty_segment_have_rules_without_conditions() {
    let table = table(&[("orders", Unit::Count, &[1.0, 2.0])]);
    let segmented = Segmented::new(&table, &[0, 0], 2).unwrap();
    let rules = [0, 1].map(|s| RuleSearch::default().explain(&segmented, s).unwrap());
    assert_eq!((rules[0].text.as_str(), rules[0].precision, rules[0].recall), ("all customers", 1.0, 1.0));
    assert_eq!((rules[1].text.as_str(), rules[1].precision, rules[1].recall), ("no customers", 0.0, 0.0));
    assert_eq!(RuleSearch::default().explain(&segmented, 2).unwrap_err().code(), "setting");
    let search = RuleSearch { features: vec!["spend".into()], ..RuleSearch::default() };
    assert_eq!(search.explain(&segmented, 0).unwrap_err().code(), "unknown-feature");
}

#[test]
fn a_segment_that_no_bound_picks_has_the_rule_of_all() {
    // Equal orders tell nobody apart, and the member has no score.
    let table = table(&[
        ("orders", Unit::Count, &[26.0, 26.0]),
        ("score", Unit::Number, &[f64::NAN, -2.861_516_043_965_259]),
    ]);
    let rule = explain(&table, &[0, 1], None);
    assert_eq!((rule.text.as_str(), rule.precision, rule.recall), ("all customers", 0.5, 1.0));
}

#[test]
fn a_table_of_a_quarter_million_is_searched_on_a_sample_and_measured_whole() {
    // One customer in a hundred is in the segment: 31 orders or more.
    let n = 250_000;
    let orders: Vec<f64> = (0..n).map(|i| f64::from(i % 100 + 1)).collect();
    let labels: Vec<usize> = orders.iter().map(|o| usize::from(*o < 100.0)).collect();
    let table = table(&[("orders", Unit::Count, &orders)]);
    let rule = explain(&table, &labels, None);
    assert_eq!((rule.text.as_str(), rule.precision, rule.recall), ("at least 100 orders", 1.0, 1.0));
}

proptest! {
    #[test]
    fn precision_and_recall_are_those_of_the_conditions(
        rows in prop::collection::vec((0_usize..2, 0_u8..30, prop::option::of(-3.0_f64..3.0)), 2..120),
    ) {
        let labels: Vec<usize> = rows.iter().map(|r| r.0).collect();
        let orders: Vec<f64> = rows.iter().map(|r| f64::from(r.1)).collect();
        let score: Vec<f64> = rows.iter().map(|r| r.2.unwrap_or(f64::NAN)).collect();
        let table = table(&[("orders", Unit::Count, &orders), ("score", Unit::Number, &score)]);
        let rule = explain(&table, &labels, None);
        prop_assert!(rule.conditions.len() <= 3);
        let value = |name: &str, row: usize| table.numbers(name).unwrap()[row];
        let picked: Vec<usize> = (0..rows.len())
            .filter(|&row| rule.conditions.iter().all(|c| c.holds(value(&c.feature, row))))
            .collect();
        let hits = picked.iter().filter(|&&row| labels[row] == 0).count();
        let members = labels.iter().filter(|l| **l == 0).count();
        if members > 0 {
            prop_assert_eq!(rule.precision, hits as f64 / picked.len().max(1) as f64);
            prop_assert_eq!(rule.recall, hits as f64 / members as f64);
            prop_assert!(rule.recall > 0.0, "a rule picks somebody");
        }
        prop_assert_eq!(&rule, &explain(&table, &labels, None));
    }
}
