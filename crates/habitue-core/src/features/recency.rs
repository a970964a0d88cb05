//! How long ago a customer ordered.

use super::{Definition, Needs};
use crate::history::History;
use crate::table::Unit;

pub(super) const FEATURES: &[Definition] = &[
    Definition {
        name: "recency_days",
        label: "days since last order",
        unit: Unit::Days,
        needs: Needs::Nothing,
        description: "Days from the last order to the as-of date; 1 for an order on the day before it.",
        compute: |h| recency(h).unwrap_or(f64::NAN),
    },
    Definition {
        name: "recency_relative",
        label: "time since last order, in own order gaps",
        unit: Unit::Number,
        needs: Needs::Nothing,
        description: "Days since the last order divided by the customer's own days between orders: above 2 is late by their own rhythm.",
        compute: |h| match (recency(h), super::frequency::mean_gap(h)) {
            (Some(days), Some(gap)) => days / gap,
            _ => f64::NAN,
        },
    },
];

fn recency(history: &History) -> Option<f64> {
    history.last_day().map(|last| f64::from(history.as_of.0 - last.0))
}
