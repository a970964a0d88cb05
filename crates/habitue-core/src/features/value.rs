//! What a customer is worth.

use super::{Definition, Needs, YEAR_DAYS, ratio};
use crate::history::Order;
use crate::money::Money;
use crate::table::Unit;

pub(super) const FEATURES: &[Definition] = &[
    Definition {
        name: "spend",
        label: "spend",
        unit: Unit::Money,
        needs: Needs::Nothing,
        description: "All that the customer paid, returns taken off.",
        compute: |h| h.net().to_f64(),
    },
    Definition {
        name: "spend_12m",
        label: "spend in twelve months",
        unit: Unit::Money,
        needs: Needs::Nothing,
        description: "What the customer paid in the 365 days before the as-of date; returns count on the day of the order that they reverse.",
        compute: |h| h.net_within(YEAR_DAYS).to_f64(),
    },
    Definition {
        name: "average_order_value",
        label: "average order value",
        unit: Unit::Money,
        needs: Needs::Nothing,
        description: "What the customer's orders brought, returns taken off, divided by their number; 0 without an order.",
        compute: |h| {
            let orders: Money = h.orders.iter().map(Order::net).sum();
            ratio(orders.to_f64(), h.orders.len() as f64, 0.0)
        },
    },
    Definition {
        name: "largest_order",
        label: "largest order",
        unit: Unit::Money,
        needs: Needs::Nothing,
        description: "What the customer's largest order brought, returns taken off; 0 without an order.",
        compute: |h| h.orders.iter().map(Order::net).max().unwrap_or_default().to_f64(),
    },
    Definition {
        name: "spend_per_year",
        label: "spend a year",
        unit: Unit::Money,
        needs: Needs::Nothing,
        description: "Spend divided by the years since the first order, counting at least one year so that newcomers are not blown up.",
        compute: |h| h.net().to_f64() / years(h),
    },
];

/// Years since the first order; at least one.
pub(super) fn years(history: &crate::history::History) -> f64 {
    let days = history.first_day().map_or(0, |first| history.as_of.0 - first.0);
    f64::from(days.max(YEAR_DAYS)) / f64::from(YEAR_DAYS)
}
