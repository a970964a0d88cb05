use std::collections::BTreeSet;

use super::template::coupon_threshold;
use super::*;
use crate::error::Error;
use crate::persona::{Dimensions, PersonaRules};
use crate::segmented::Segmented;
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
    let ids = (0..columns[0].2.len()).map(|i| format!("{i:04}")).collect();
    Table { ids, columns: columns.iter().map(column).collect() }
}

/// Four customers in segment 0, two in segment 1.
fn shop() -> Table {
    table(&[
        ("recency_days", Unit::Days, &[10.0, 20.0, 90.0, 12.0, 300.0, 310.0]),
        ("orders", Unit::Count, &[4.0, 2.0, 3.0, 1.0, 1.0, 1.0]),
        ("spend", Unit::Money, &[400.1, 300.2, 600.3, 99.4, 50.0, 50.0]),
        ("spend_12m", Unit::Money, &[400.1, 200.2, 600.3, 99.4, 0.0, 50.0]),
        ("average_order_value", Unit::Money, &[100.025, 150.1, 200.1, 99.4, 50.0, 50.0]),
        ("days_between_orders", Unit::Days, &[30.0, 60.0, 40.0, f64::NAN, f64::NAN, f64::NAN]),
    ])
}

fn facts() -> Vec<SegmentFacts> {
    let table = shop();
    let segmented = Segmented::new(&table, &[0, 0, 0, 0, 1, 1], 2).unwrap().in_currency(Some("£"));
    segment_facts(&segmented, &Dimensions::find(&table))
}

/// One action with this text and stake, for persona `a`.
fn action(text: &str, stake: &str) -> crate::Result<ActionRules> {
    let toml = format!(
        "[[a]]\narea = \"price\"\ntitle = \"T\"\ntext = \"{text}\"\nstake = {{ formula = {stake} }}\n"
    );
    ActionRules::parse(&toml)
}

#[test]
fn facts_are_what_the_hand_computes() {
    let facts = &facts()[0];
    assert_eq!((facts.customers, facts.share), (4, 4.0 / 6.0));
    // 400.1 + 300.2 + 600.3 + 99.4 = 1,400 of 1,500, exactly.
    assert_eq!(
        (facts.revenue, facts.revenue_12m),
        (Some(Money::from_units(1_400)), Some(Money::from_units(1_300)))
    );
    assert_eq!(facts.revenue_share, Some(1_400.0 / 1_500.0));
    assert_eq!((facts.median_recency_days, facts.median_orders), (Some(16.0), Some(2.5)));
    assert_eq!(facts.days_between_orders, Some(40.0));
    // Only the third has waited more than twice as long as usual: 90 days against 40.
    assert_eq!((facts.overdue_customers, facts.overdue_revenue), (Some(1), Some(Money(6_003_000))));
    assert_eq!((facts.best_customers, facts.best_revenue), (Some(4), facts.revenue));
    assert_eq!(facts.one_order_share, Some(0.25));
}

#[test]
fn texts_are_filled_with_the_segments_numbers() {
    let rules = action(
        "{customers} order for {average_order_value}, {revenue_share} of revenue; {median_recency_days}",
        "\"none\"",
    );
    let filled = rules.unwrap().actions_for("a", &facts()[0]).unwrap();
    // The median of 99.40, 100.025, 150.10 and 200.10.
    assert_eq!(filled[0].text, "4 order for £125, 93 % of revenue; 16 days");
    assert_eq!(filled[0].stake, None);
}

#[test]
fn stakes_are_exact_and_say_what_they_are() {
    let stake = |formula: &str| {
        let rules = action("{customers}", formula).unwrap();
        rules
            .actions_for("a", &facts()[0])
            .unwrap()
            .remove(0)
            .stake
            .map(|s| (s.amount.to_string(), s.meaning))
    };
    let expected = |amount: &str, meaning: &str| Some((amount.to_owned(), meaning.to_owned()));
    assert_eq!(
        stake("\"spend-12m\""),
        expected("1300.00", "spent by these customers in the last twelve months")
    );
    assert_eq!(stake("\"revenue\""), expected("1400.00", "spent by these customers in the whole period"));
    // The typical order is 125.0625, to the cent 125.06; four of them, and half of four.
    assert_eq!(
        stake("\"one-more-order\""),
        expected("500.24", "one more order of typical size from each of these customers")
    );
    let assumed = "if 50 % of these customers place one order of typical size (the 50 % is an assumption)";
    assert_eq!(stake("\"reactivation\", share = 0.5"), expected("250.12", assumed));
    let late = "spent in the last twelve months by those who have waited more than twice their usual time";
    assert_eq!(stake("\"revenue-at-risk\""), expected("600.30", late));
    let best = "spent by the 4 best of these customers in the whole period";
    assert_eq!(stake("\"best-customers\""), expected("1400.00", best));
}

#[test]
fn what_is_expected_can_be_told_and_be_a_stake() {
    let known = SegmentFacts {
        expected_orders: Some(1_234.4),
        expected_spend: Some(Money(10_005_000)),
        lifetime_value: Some(Money(9_500_000)),
        likely_gone: Some(7),
        horizon: Some("the next 90 days".to_owned()),
        ..facts().remove(0)
    };
    let text =
        "{expected_orders} orders, {expected_spend} in {horizon}, {lifetime_value} today; {likely_gone} gone";
    let filled = |stake, facts| action(text, stake).unwrap().actions_for("a", facts).unwrap();
    let spend = &filled("\"expected-spend\"", &known)[0];
    assert_eq!(spend.text, "1,234 orders, £1,001 in the next 90 days, £950 today; 7 gone");
    let stake = spend.stake.as_ref().unwrap();
    assert_eq!(
        (stake.amount.to_string().as_str(), stake.meaning.as_str()),
        ("1000.50", "expected of these customers within the next 90 days")
    );
    let value = filled("\"lifetime-value\"", &known)[0].stake.clone().unwrap();
    assert_eq!(value.amount, Money(9_500_000));
    assert!(value.meaning.ends_with("within the next 90 days, in today's money"));
    assert!(filled("\"expected-spend\"", &facts()[0]).is_empty(), "what is not known is not told");
}

#[test]
fn what_returns_have_eaten_up_is_no_stake() {
    let rules = action("{customers}", "\"spend-12m\"").unwrap();
    let facts = SegmentFacts { revenue_12m: Some(Money(-1)), ..facts().remove(0) };
    assert_eq!(rules.actions_for("a", &facts).unwrap()[0].stake, None);
}

#[test]
fn an_action_whose_numbers_are_not_known_is_left_out() {
    let toml = r#"
        [[a]]
        area = "stock"
        title = "Late"
        text = "{overdue_customers} are late"
        [[a]]
        area = "stock"
        title = "Nobody late"
        text = "{customers} are in time"
        timing = "every {days_between_orders}"
        unless = ["overdue_customers"]
        [[a]]
        area = "stock"
        title = "Needs"
        text = "{customers}"
        needs = ["discount_share"]
    "#;
    let rules = ActionRules::parse(toml).unwrap();
    let titles = |facts| -> Vec<String> {
        rules.actions_for("a", facts).unwrap().into_iter().map(|action| action.title).collect()
    };
    let facts = facts();
    assert_eq!(titles(&facts[0]), ["Late"]);
    assert_eq!(titles(&facts[1]), ["Nobody late"]);
    assert_eq!(rules.actions_for("a", &facts[1]).unwrap()[0].timing, None);
    assert!(rules.actions_for("unheard-of", &facts[0]).unwrap().is_empty());
}

#[test]
fn rules_that_cannot_work_are_refused_with_the_place() {
    let cases = [
        (
            action("{custmers} are late", "\"none\""),
            "action 1 of \"a\" (T), text cannot be read: there is no fact {custmers}; did you mean {customers}?",
        ),
        (action("{x}", "\"none\""), "there is no fact {x}; known are customers, share"),
        (action("be bold", "\"none\""), "no advice without a number"),
        (action("{customers", "\"none\""), "a '{' has no partner"),
        (action("customers} {share}", "\"none\""), "a '}' has no partner"),
        (action("{customers}", "\"windfall\""), "unknown variant `windfall`"),
        (action("{customers}", "\"reactivation\", share = 1.5"), "above 0 and at most 1; got 1.5"),
        (action("{customers}", "\"reactivation\""), "missing field `share`"),
    ];
    for (result, message) in cases {
        let error = result.unwrap_err();
        assert!(
            matches!(error, Error::Rules { .. }) && error.to_string().contains(message),
            "{error}\n{message}"
        );
    }
}

#[test]
fn every_persona_has_advice_in_four_areas_and_a_number_in_each() {
    let rules = ActionRules::default();
    let facts = SegmentFacts { discount_share: Some(0.2), distinct_products: Some(9.0), ..facts().remove(0) };
    let mut keys: Vec<String> = PersonaRules::default().personas.into_iter().map(|p| p.key).collect();
    keys.push("a-persona-of-their-own".to_owned());
    for key in keys {
        let actions = rules.actions_for(&key, &facts).unwrap();
        let expected = if key == "high-value" { 0 } else { 4 };
        let areas: BTreeSet<&str> = actions
            .iter()
            .map(|a| match a.area {
                Area::Marketing => "marketing",
                Area::Stock => "stock",
                Area::Lifecycle => "lifecycle",
                Area::Price => "price",
            })
            .collect();
        assert!(areas.len() >= expected, "{key}: {areas:?}");
        for action in actions {
            assert!(action.text.bytes().any(|b| b.is_ascii_digit()), "{key}: {}", action.text);
            assert!(!action.text.contains('{') && !action.title.contains('{'), "{action:?}");
        }
    }
}

#[test]
fn advice_on_stock_and_prices_speaks_with_what_is_known_of_products() {
    let known = |text: &str| Some(text.to_owned());
    let facts = SegmentFacts {
        favourite_products: known("tea"),
        favourites_in_numbers: known("tea (45 % of them, 3.1 times as often as others)"),
        favourite_demand: known("62 %"),
        most_bought_products: known("tea (45 % of them)"),
        dead_stock: known("12 products, above all cups (9 of them bought it)"),
        price_index: known("3 % less than the usual prices of the same goods"),
        ..facts().remove(0)
    };
    let said = |key: &str, facts: &SegmentFacts, area: Area| -> String {
        let actions = ActionRules::default().actions_for(key, facts).unwrap();
        actions.into_iter().filter(|a| a.area == area).map(|a| a.text + "\n").collect()
    };
    for key in ["high-value-loyal", "potential", "at-risk", "other"] {
        assert!(said(key, &facts, Area::Stock).contains("3.1 times as often"), "{key}");
    }
    for key in ["high-value-loyal", "at-risk", "low-value"] {
        assert!(said(key, &facts, Area::Stock).contains("12 products, above all cups"), "{key}");
    }
    let cut = || known("10 % off went with about 15 % more units");
    for key in ["high-value-loyal", "potential", "at-risk", "low-value", "other"] {
        for facts in [
            SegmentFacts { price_cut_pays: cut(), ..facts.clone() },
            SegmentFacts { price_cut_costs: cut(), ..facts.clone() },
        ] {
            let said = said(key, &facts, Area::Price);
            assert_eq!(said.matches("10 % off went with").count(), 1, "{key}: {said}");
            // What is measured stands alone: no advice beside it that takes the answer for granted.
            let others = said.lines().filter(|line| line.contains("discount") && !line.contains("15 % more"));
            assert_eq!(others.count(), 0, "{key}: {said}");
        }
    }
}

#[test]
fn a_table_without_money_gets_advice_without_stakes() {
    let score = ("Spending Score (1-100)", Unit::Number, &[80.0, 90.0, 85.0, 10.0][..]);
    let table = table(&[score]);
    let segmented = Segmented::new(&table, &[0, 0, 0, 1], 2).unwrap();
    let facts = segment_facts(&segmented, &Dimensions::find(&table));
    for key in ["high-value", "potential", "low-value", "anything"] {
        let actions = ActionRules::default().actions_for(key, &facts[0]).unwrap();
        assert!(!actions.is_empty(), "{key}");
        assert!(actions.iter().all(|action| action.stake.is_none()), "{key}");
    }
    let first = &ActionRules::default().actions_for("high-value", &facts[0]).unwrap()[0];
    let expected = "These 3 customers (75 % of all) stand at 85 in Spending Score (1-100), where all customers stand at 82.5.";
    assert!(first.text.starts_with(expected), "{}", first.text);
}

#[test]
fn a_coupon_begins_at_a_round_amount_just_above_the_typical_order() {
    let thresholds = [22.0, 100.0, 138.0, 229.0, 307.0, 900.0, 9.2, 0.5].map(coupon_threshold);
    assert_eq!(
        thresholds.map(|t| format!("{t:.2}")),
        ["25.00", "110.00", "160.00", "275.00", "350.00", "1000.00", "11.00", "0.55"]
    );
}
