use super::*;
use crate::line::{Line, ProductKey};
use crate::money::Money;
use crate::summary::Summary;
use crate::time::{DAY_SECONDS, Day, Timestamp};

const EVERYTHING: Holds = Holds { units: true, products: true, hours: true, discounts: true };

fn line(day: i64, hour: i64, order: u64, product: u64, units: i64, amount: i64) -> Line {
    Line {
        time: Timestamp(day * DAY_SECONDS + hour * 3600),
        order,
        product: ProductKey::new(product * 4, false),
        units: units * 1000,
        amount: Money::from_units(amount),
        discount: Money::ZERO,
    }
}

/// A customer with three orders (days 100, 480, 490; day 100 is a Saturday, the last is in the evening) and one return, seen from day 500.
fn customer() -> History {
    let mut lines = vec![
        line(100, 9, 1, 7, 2, 20),
        line(480, 9, 2, 7, 1, 10),
        line(480, 9, 2, 8, 3, 30),
        line(490, 19, 3, 9, 4, 40),
        line(495, 9, 4, 8, -1, -10),
    ];
    lines[3].discount = Money::from_units(10);
    History::new(&Summary::from_lines(lines), Day(500))
}

fn value(name: &str, history: &History) -> f64 {
    let definition = all().find(|d| d.name == name).unwrap_or_else(|| panic!("no feature {name}"));
    (definition.compute)(history)
}

#[test]
fn every_feature_of_a_small_customer_is_what_the_hand_computes() {
    let expected = [
        ("spend", 90.0),
        ("spend_12m", 70.0),
        ("average_order_value", 30.0),
        ("largest_order", 40.0),
        ("spend_per_year", 90.0 / (400.0 / 365.0)),
        ("orders", 3.0),
        ("orders_12m", 2.0),
        ("orders_per_year", 3.0 / (400.0 / 365.0)),
        ("days_between_orders", 195.0),
        ("gap_spread", (2.0_f64 * 185.0 * 185.0).sqrt() / 195.0),
        ("recency_days", 10.0),
        ("recency_relative", 10.0 / 195.0),
        ("tenure_days", 400.0),
        ("active_days", 3.0),
        ("items_per_order", 10.0 / 3.0),
        ("lines_per_order", 4.0 / 3.0),
        ("distinct_products", 3.0),
        ("return_share", 0.1),
        ("returns", 1.0),
        ("spend_90d", 70.0),
        ("spend_trend", 1.0),
        ("weekend_share", 1.0 / 3.0),
        ("evening_share", 1.0 / 3.0),
        ("seasonality", 2.0 / 3.0),
        ("discount_share", 10.0 / 110.0),
        ("discounted_orders_share", 1.0 / 3.0),
    ];
    let history = customer();
    for (name, expected) in expected {
        let got = value(name, &history);
        assert!((got - expected).abs() < 1e-12, "{name}: {got} is not {expected}");
    }
    assert_eq!(expected.len(), all().count(), "every feature stands in the list above");
}

#[test]
fn a_customer_without_orders_has_no_recency_and_no_infinite_feature() {
    let history = History { as_of: Day(10), ..History::default() };
    assert!(value("recency_days", &history).is_nan());
    for definition in all() {
        assert!(!(definition.compute)(&history).is_infinite(), "{}", definition.name);
    }
}

#[test]
fn sets_give_what_the_data_can_and_names_give_themselves() {
    assert_eq!(resolve("core", Holds::default()).unwrap().len(), CORE.len());
    assert_eq!(resolve("behaviour", EVERYTHING).unwrap().len(), BEHAVIOUR.len());
    assert!(resolve("behaviour", Holds::default()).unwrap().len() < BEHAVIOUR.len());
    assert_eq!(resolve("all", EVERYTHING).unwrap().len(), all().count());
    assert_eq!(resolve("spend, orders", Holds::default()).unwrap(), ["spend", "orders"]);
    let error = resolve("recencydays", Holds::default()).unwrap_err();
    assert_eq!(error.hint().as_deref(), Some("did you mean recency_days?"));
    assert!(resolve("discount_share", Holds::default()).is_err(), "without discounts in the data");
}

#[test]
fn names_are_unique() {
    let mut names: Vec<_> = all().map(|d| d.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all().count());
}
