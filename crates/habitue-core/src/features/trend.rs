//! Whether a customer buys more or less than before.

use super::{Definition, Needs};
use crate::table::Unit;

/// Days in each of the two windows compared.
const WINDOW_DAYS: i32 = 90;

pub(super) const FEATURES: &[Definition] = &[
    Definition {
        name: "spend_90d",
        label: "spend in the last 90 days",
        unit: Unit::Money,
        needs: Needs::Nothing,
        description: "What the customer paid in the 90 days before the as-of date, returns taken off.",
        compute: |h| h.net_within(WINDOW_DAYS).to_f64(),
    },
    Definition {
        name: "spend_trend",
        label: "spend trend",
        unit: Unit::Number,
        needs: Needs::Nothing,
        description: "Spend of the last 90 days against the 90 before, (new − old) / (new + old): −1 stopped, 0 level, 1 new.",
        compute: |h| {
            let new = h.net_within(WINDOW_DAYS).to_f64().max(0.0);
            let old = h.net_between(2 * WINDOW_DAYS, WINDOW_DAYS).to_f64().max(0.0);
            super::ratio(new - old, new + old, 0.0)
        },
    },
];
