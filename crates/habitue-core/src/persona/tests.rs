use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::error::Error;
use crate::segmented::Segmented;
use crate::table::{Column, Feature, Table, Unit, Values};

fn table(columns: &[(&str, Unit, Vec<f64>)]) -> Table {
    let column = |(name, unit, values): &(&str, Unit, Vec<f64>)| {
        let feature = Feature {
            name: (*name).to_owned(),
            label: name.replace('_', " "),
            unit: *unit,
            description: String::new(),
        };
        Column { feature, values: Values::Number(values.clone()) }
    };
    let ids = (0..columns[0].2.len()).map(|i| format!("{i:04}")).collect();
    Table { ids, columns: columns.iter().map(column).collect() }
}

/// Four kinds of customers, three of each, best first: recency, orders, spend.
fn shop() -> (Table, Vec<usize>) {
    let recency = vec![8.0, 12.0, 16.0, 200.0, 210.0, 220.0, 20.0, 25.0, 30.0, 300.0, 320.0, 340.0];
    let orders = vec![9.0, 12.0, 10.0, 5.0, 6.0, 7.0, 1.0, 2.0, 2.0, 1.0, 1.0, 1.0];
    let spend = vec![900.0, 1_250.0, 1_400.0, 500.0, 550.0, 600.0, 100.0, 150.0, 120.0, 30.0, 40.0, 50.0];
    let columns = [
        ("recency_days", Unit::Days, recency),
        ("orders", Unit::Count, orders),
        ("spend", Unit::Money, spend),
    ];
    (table(&columns), vec![0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3])
}

fn name(table: &Table, labels: &[usize], n_segments: usize) -> Vec<Naming> {
    let segmented = Segmented::new(table, labels, n_segments).unwrap().in_currency(Some("£"));
    name_segments(&PersonaRules::default(), &segmented, &Dimensions::find(table)).unwrap()
}

fn keys(namings: &[Naming]) -> Vec<&str> {
    namings.iter().map(|n| n.persona_key.as_str()).collect()
}

#[test]
fn the_four_kinds_of_customers_get_the_four_personas() {
    let (table, labels) = shop();
    let namings = name(&table, &labels, 4);
    assert_eq!(keys(&namings), ["high-value-loyal", "at-risk", "potential", "low-value"]);
    let names: Vec<&str> = namings.iter().map(|n| n.name.as_str()).collect();
    assert_eq!(names, ["High-value loyal", "At risk of churning", "Potential", "Low value"]);
}

#[test]
fn evidence_says_the_numbers_of_the_typical_customer() {
    let (table, labels) = shop();
    let namings = name(&table, &labels, 4);
    // The medians of the first three are 1,250, 10 and 12; 10 of 12 customers are below each of the first two.
    // 3,550 of 5,690 is 62 %.
    assert_eq!(
        namings[0].evidence,
        [
            "the typical customer spent £1,250, more than 83 % of all customers",
            "the typical customer ordered 10 times, more than 83 % of all customers",
            "the typical customer last ordered 12 days ago; all customers: 115 days",
            "25 % of all customers bring 62 % of all spend",
        ]
    );
    // Eight of twelve ordered more than once: 66 %, rounded down.
    assert_eq!(
        namings[3].evidence[1],
        "the typical customer ordered once; 66 % of all customers ordered more"
    );
}

#[test]
fn a_good_customer_who_waits_longer_than_usual_is_at_risk() {
    // Both stand equally in recency; the second usually comes back after ten days.
    let (mut table, _) = shop();
    let usual = Values::Number([vec![100.0; 3], vec![f64::NAN; 3], vec![2.5; 3], vec![f64::NAN; 3]].concat());
    let feature = Feature { name: "days_between_orders".into(), ..table.columns[0].feature.clone() };
    table.columns.push(Column { feature, values: usual });
    let Values::Number(orders) = &mut table.columns[1].values else { panic!() };
    orders[6..9].fill(8.0);
    let namings = name(&table, &[0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3], 4);
    assert_eq!(keys(&namings), ["high-value-loyal", "at-risk", "at-risk", "low-value"]);
    // 25 days, where two and a half are usual. Whether that is late is another question: there a week counts at least.
    let expected = "the typical customer last ordered 25 days ago, 10 times their own usual time between orders; \
                    all customers: 115 days";
    assert_eq!(namings[2].evidence[2], expected);
}

#[test]
fn segments_of_one_persona_are_told_apart_by_what_differs_most() {
    // Two kinds of low value: the same spend and orders, a long and a longer silence; and the best, for contrast.
    let recency = vec![5.0, 6.0, 7.0, 250.0, 260.0, 270.0, 250.0, 261.0, 270.0];
    let orders = vec![9.0, 8.0, 9.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
    let spend = vec![900.0, 800.0, 950.0, 40.0, 50.0, 60.0, 40.0, 49.0, 58.0];
    let basket = vec![100.0, 100.0, 100.0, 300.0, 310.0, 320.0, 10.0, 12.0, 14.0];
    let columns = [
        ("recency_days", Unit::Days, recency),
        ("orders", Unit::Count, orders),
        ("spend", Unit::Money, spend),
        ("average_order_value", Unit::Money, basket),
    ];
    let namings = name(&table(&columns), &[0, 0, 0, 1, 1, 1, 2, 2, 2], 3);
    let names: Vec<&str> = namings.iter().map(|n| n.name.as_str()).collect();
    assert_eq!(names, ["High-value loyal", "Low value, big baskets", "Low value, small baskets"]);
}

#[test]
fn what_few_customers_of_a_segment_have_does_not_name_it() {
    // The only one of each group who ordered twice waited 5 and 200 days; the baskets differ less, but for everybody.
    let gaps = vec![5.0, f64::NAN, f64::NAN, 200.0, f64::NAN, f64::NAN];
    let baskets = vec![10.0, 20.0, 30.0, 30.0, 40.0, 50.0];
    let columns = [
        ("spend", Unit::Money, vec![9.0; 6]),
        ("days_between_orders", Unit::Days, gaps),
        ("average_order_value", Unit::Money, baskets),
    ];
    let names: Vec<String> =
        name(&table(&columns), &[0, 0, 0, 1, 1, 1], 2).into_iter().map(|n| n.name).collect();
    assert_eq!(names, ["Potential, small baskets", "Potential, big baskets"]);
}

#[test]
fn segments_that_differ_in_nothing_are_numbered_and_one_alone_is_everybody() {
    let same = table(&[("spend", Unit::Money, vec![5.0; 4])]);
    let names: BTreeSet<String> = name(&same, &[0, 1, 0, 1], 2).into_iter().map(|n| n.name).collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["Potential, group 1", "Potential, group 2"]);
    assert_eq!(name(&same, &[0; 4], 1)[0].name, "All customers");
}

#[test]
fn a_table_without_history_knows_high_and_low_value_and_who_could_spend_more() {
    let columns = [
        ("Annual Income (k$)", Unit::Number, vec![80.0, 85.0, 90.0, 80.0, 84.0, 88.0, 20.0, 22.0, 24.0]),
        ("Spending Score (1-100)", Unit::Number, vec![80.0, 90.0, 85.0, 10.0, 12.0, 14.0, 5.0, 8.0, 20.0]),
    ];
    let namings = name(&table(&columns), &[0, 0, 0, 1, 1, 1, 2, 2, 2], 3);
    assert_eq!(keys(&namings), ["high-value", "potential", "low-value"]);
    assert_eq!(namings[0].evidence[0], "typical Spending Score (1-100): 85, more than 77 % of all customers");
}

#[test]
fn a_high_persona_is_never_given_below_a_low_one() {
    // By rules that look at recency alone, the segment of greatest value would be low and the one of least value high.
    let rules = PersonaRules::parse(
        r#"
        [[persona]]
        key = "fresh"
        name = "Fresh"
        tier = "high"
        when = [{ recency = { at_least = 0.6 } }]
        [[persona]]
        key = "stale"
        name = "Stale"
        tier = "low"
        when = [{ recency = { at_most = 0.4 } }]
        [[persona]]
        key = "rest"
        name = "Rest"
        "#,
    )
    .unwrap();
    let table =
        table(&[("recency_days", Unit::Days, vec![90.0, 1.0]), ("spend", Unit::Money, vec![900.0, 1.0])]);
    let segmented = Segmented::new(&table, &[0, 1], 2).unwrap();
    let namings = name_segments(&rules, &segmented, &Dimensions::find(&table)).unwrap();
    assert_eq!(keys(&namings), ["stale", "rest"]);
}

#[test]
fn segments_are_ordered_by_mean_value_and_labels_follow() {
    let (table, labels) = shop();
    let backwards: Vec<u32> = labels.iter().map(|&l| 3 - l as u32).collect();
    let turned = relabel(&backwards, &[0, 1, 2, 3, 4]);
    let segmented = Segmented::new(&table, &turned, 5).unwrap();
    let order = order_by_value(&segmented, &Dimensions::find(&table));
    assert_eq!(order, [3, 2, 1, 0, 4], "the empty segment is last");
    assert_eq!(relabel(&backwards, &order), labels);
    // Without a value column, standings decide.
    let ages = super::tests::table(&[("age", Unit::Number, vec![20.0, 60.0, 40.0])]);
    let segmented = Segmented::new(&ages, &[0, 1, 2], 3).unwrap();
    assert_eq!(order_by_value(&segmented, &Dimensions::find(&ages)), [1, 2, 0]);
}

#[test]
fn dimensions_are_found_by_name_and_never_in_averages() {
    let found = |names: &[&str]| {
        let columns: Vec<_> = names.iter().map(|name| (*name, Unit::Number, vec![1.0])).collect();
        let d = Dimensions::find(&table(&columns));
        [d.value, d.frequency, d.recency].map(|name| name.unwrap_or_default())
    };
    assert_eq!(
        found(&["average_order_value", "spend", "spend_12m", "orders_12m", "orders", "recency_days"]),
        ["spend_12m", "orders", "recency_days"]
    );
    assert_eq!(
        found(&["Recency", "NumPurchases", "TotalRevenue"]),
        ["TotalRevenue", "NumPurchases", "Recency"]
    );
    assert_eq!(
        found(&["days_since_last_visit", "visits", "avg_spend"]),
        ["", "visits", "days_since_last_visit"]
    );
    assert_eq!(found(&["Fresh", "Milk", "Grocery"]), ["", "", ""]);
}

#[test]
fn rules_that_cannot_work_are_refused_with_the_place() {
    let low = "[[persona]]\nkey = \"low\"\nname = \"Low\"\n";
    let persona = |when: &str| format!("[[persona]]\nkey = \"a\"\nname = \"A\"\nwhen = {when}\n{low}");
    let cases = [
        (String::new(), "missing field `persona`"),
        ("persona = []".to_owned(), "there is no [[persona]]"),
        (format!("{low}{low}"), "its key is used twice"),
        (
            persona("[{ value = { at_least = 1.5 } }]"),
            "persona \"a\", alternative 1, value cannot be read: a standing must be",
        ),
        (persona("[{ value = {} }]"), "it needs at_least or at_most"),
        (persona("[{ value = { at_least = 0.5, at_most = 0.2 } }]"), "at_least 0.5 is above at_most 0.2"),
        (persona("[{}]"), "persona \"a\", alternative 1 cannot be read: it has no condition"),
        (persona("[{ valu = { at_least = 0.5 } }]"), "unknown field `valu`"),
        (persona("[]"), "persona \"a\" cannot be read: it has no `when`, so it always holds"),
        (persona("[{ value = { at_least = 0.5 } }]").replace(low, ""), "it is the last"),
    ];
    for (toml, message) in cases {
        let error = PersonaRules::parse(&toml).unwrap_err();
        assert!(
            matches!(error, Error::Rules { .. }) && error.to_string().contains(message),
            "{toml}\n{error}"
        );
    }
}

#[test]
fn the_built_in_rules_can_be_read_and_survive_being_saved() {
    let rules = PersonaRules::default();
    let keys: Vec<&str> = rules.personas.iter().map(|p| p.key.as_str()).collect();
    assert_eq!(keys, ["high-value-loyal", "high-value", "at-risk", "potential", "low-value"]);
    let json = serde_json::to_string(&rules).unwrap();
    assert_eq!(serde_json::from_str::<PersonaRules>(&json).unwrap(), rules);
}

proptest! {
    #[test]
    fn names_are_unique_and_agree_with_the_order_of_value(
        rows in prop::collection::vec((0_usize..6, 1_u16..400, 1_u8..20, 0_u16..5000), 6..80),
    ) {
        let labels: Vec<usize> = rows.iter().map(|r| r.0).collect();
        let spend: Vec<f64> = rows.iter().map(|r| f64::from(r.3)).collect();
        let table = table(&[
            ("recency_days", Unit::Days, rows.iter().map(|r| f64::from(r.1)).collect()),
            ("orders", Unit::Count, rows.iter().map(|r| f64::from(r.2)).collect()),
            ("spend", Unit::Money, spend.clone()),
        ]);
        let namings = name(&table, &labels, 6);
        prop_assert_eq!(namings.iter().map(|n| n.name.as_str()).collect::<BTreeSet<_>>().len(), 6);
        let segmented = Segmented::new(&table, &labels, 6).unwrap();
        let order = order_by_value(&segmented, &Dimensions::find(&table));
        let first_low = order.iter().position(|s| namings[*s].persona_key == "low-value").unwrap_or(6);
        prop_assert!(order[first_low..].iter().all(|s| namings[*s].persona_key != "high-value-loyal"));
        let mean = |s: usize| {
            let own: Vec<f64> = segmented.values_of(s, &spend).collect();
            if own.is_empty() { f64::NEG_INFINITY } else { own.iter().sum::<f64>() / own.len() as f64 }
        };
        prop_assert!(order.windows(2).all(|pair| mean(pair[0]) >= mean(pair[1])));
    }
}
