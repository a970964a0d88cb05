//! What a segment looks like beside all customers, in original units.

use serde::{Deserialize, Serialize};

use crate::table::Unit;

/// One numeric feature of one segment beside all customers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureProfile {
    /// The feature's name.
    pub feature: String,
    /// Its plain-language name.
    pub label: String,
    /// What it is measured in.
    pub unit: Unit,
    /// The segment's mean.
    pub mean: f64,
    /// The segment's lower quartile.
    pub low: f64,
    /// The segment's median: its typical customer.
    pub median: f64,
    /// The segment's upper quartile.
    pub high: f64,
    /// The median of all customers.
    pub median_all: f64,
    /// The share of all customers below the segment's median (ties count half), 0 to 1.
    pub standing: f64,
}
