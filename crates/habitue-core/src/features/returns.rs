//! What a customer gives back.

use super::{Definition, Needs, ratio};
use crate::table::Unit;

pub(super) const FEATURES: &[Definition] = &[
    Definition {
        name: "return_share",
        label: "share of purchases returned",
        unit: Unit::Share,
        needs: Needs::Nothing,
        description: "Money given back divided by money paid, at most 1; 0 for customers who paid nothing.",
        compute: |h| ratio(h.returned.to_f64(), h.bought.to_f64(), 0.0).min(1.0),
    },
    Definition {
        name: "returns",
        label: "return lines",
        unit: Unit::Count,
        needs: Needs::Nothing,
        description: "Rows that take goods or money back.",
        compute: |h| h.n_returns as f64,
    },
];
