//! How long a customer has been one.

use super::{Definition, Needs};
use crate::table::Unit;

pub(super) const FEATURES: &[Definition] = &[
    Definition {
        name: "tenure_days",
        label: "days since first order",
        unit: Unit::Days,
        needs: Needs::Nothing,
        description: "Days from the first order to the as-of date.",
        compute: |h| h.first_day().map_or(f64::NAN, |first| f64::from(h.as_of.0 - first.0)),
    },
    Definition {
        name: "active_days",
        label: "days with an order",
        unit: Unit::Count,
        needs: Needs::Nothing,
        description: "Distinct days on which the customer ordered.",
        compute: |h| h.gaps().count() as f64 + f64::from(u8::from(!h.orders.is_empty())),
    },
];
