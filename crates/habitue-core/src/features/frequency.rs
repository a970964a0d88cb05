//! How often a customer orders.

use super::{Definition, Needs, YEAR_DAYS};
use crate::history::History;
use crate::table::Unit;

pub(super) const FEATURES: &[Definition] = &[
    Definition {
        name: "orders",
        label: "orders",
        unit: Unit::Count,
        needs: Needs::Nothing,
        description: "Distinct orders; orders taken back whole within a day and free items alone are none.",
        compute: |h| h.orders.len() as f64,
    },
    Definition {
        name: "orders_12m",
        label: "orders in twelve months",
        unit: Unit::Count,
        needs: Needs::Nothing,
        description: "Orders in the 365 days before the as-of date.",
        compute: |h| h.orders_within(YEAR_DAYS) as f64,
    },
    Definition {
        name: "orders_per_year",
        label: "orders a year",
        unit: Unit::Number,
        needs: Needs::Nothing,
        description: "Orders divided by the years since the first one, counting at least one year.",
        compute: |h| h.orders.len() as f64 / super::value::years(h),
    },
    Definition {
        name: "days_between_orders",
        label: "days between orders",
        unit: Unit::Days,
        needs: Needs::Nothing,
        description: "Mean number of days from one day with an order to the next; none for customers with orders on one day only.",
        compute: |h| mean_gap(h).unwrap_or(f64::NAN),
    },
    Definition {
        name: "gap_spread",
        label: "irregularity of orders",
        unit: Unit::Number,
        needs: Needs::Nothing,
        description: "Standard deviation of the days between orders divided by their mean: 0 for a clockwork customer; needs at least two gaps.",
        compute: gap_spread,
    },
];

/// The customer's own rhythm: mean days between days with an order.
pub(super) fn mean_gap(history: &History) -> Option<f64> {
    let (n, sum) = history.gaps().fold((0, 0), |(n, sum), gap| (n + 1, sum + i64::from(gap)));
    (n > 0).then(|| sum as f64 / f64::from(n))
}

fn gap_spread(history: &History) -> f64 {
    let Some(mean) = mean_gap(history) else { return f64::NAN };
    let (n, squares) =
        history.gaps().fold((0, 0.0), |(n, sum), gap| (n + 1, sum + (f64::from(gap) - mean).powi(2)));
    if n < 2 { f64::NAN } else { (squares / f64::from(n - 1)).sqrt() / mean }
}
