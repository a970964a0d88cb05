//! How much of a customer's buying hangs on discounts.

use super::{Definition, Needs, ratio};
use crate::money::Money;
use crate::table::Unit;

pub(super) const FEATURES: &[Definition] = &[
    Definition {
        name: "discount_share",
        label: "share taken off prices",
        unit: Unit::Share,
        needs: Needs::Discounts,
        description: "Discounts divided by what would have been paid without them.",
        compute: |h| ratio(h.discount.to_f64(), (h.bought + h.discount).to_f64(), 0.0),
    },
    Definition {
        name: "discounted_orders_share",
        label: "share of orders with a discount",
        unit: Unit::Share,
        needs: Needs::Discounts,
        description: "Orders with a discount on at least one line, divided by all orders.",
        compute: |h| {
            let discounted = h.orders.iter().filter(|o| o.discount > Money::ZERO).count();
            ratio(discounted as f64, h.orders.len() as f64, 0.0)
        },
    },
];
