//! What a customer puts into an order.

use super::{Definition, Needs, ratio};
use crate::line::UNIT_SCALE;
use crate::table::Unit;

pub(super) const FEATURES: &[Definition] = &[
    Definition {
        name: "items_per_order",
        label: "items per order",
        unit: Unit::Number,
        needs: Needs::Units,
        description: "Units of merchandise bought, divided by orders; postage and fees not counted.",
        compute: |h| {
            let units: i64 = h.orders.iter().map(|o| o.units).sum();
            ratio(units as f64 / UNIT_SCALE as f64, h.orders.len() as f64, 0.0)
        },
    },
    Definition {
        name: "lines_per_order",
        label: "lines per order",
        unit: Unit::Number,
        needs: Needs::Nothing,
        description: "Rows of the receipts, divided by orders.",
        compute: |h| {
            ratio(h.orders.iter().map(|o| o.n_lines).sum::<u64>() as f64, h.orders.len() as f64, 0.0)
        },
    },
    Definition {
        name: "distinct_products",
        label: "different products bought",
        unit: Unit::Count,
        needs: Needs::Products,
        description: "Different products in the customer's orders; postage and fees not counted.",
        compute: |h| h.n_products as f64,
    },
];
