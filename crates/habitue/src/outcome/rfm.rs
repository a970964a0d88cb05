//! RFM scores and the conventional grid beside our segments.

use habitue_core::Money;
use habitue_core::rfm::RfmThresholds;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// RFM scores and the grid of eleven conventional segments.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct RfmNote {
    /// Where scores change.
    pub thresholds: RfmThresholds,
    /// Every combination of scores that has customers.
    pub cells: Vec<RfmCell>,
    /// The conventional segments that have customers, best first, and how they spread over ours.
    pub grid: Vec<RfmGridRow>,
}

/// The customers of one combination of scores.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct RfmCell {
    /// Three digits: `555`.
    pub rfm: String,
    /// The conventional segment.
    pub name: String,
    /// Customers.
    pub customers: usize,
    /// Net spend.
    pub revenue: Money,
}

/// One conventional RFM segment beside ours.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct RfmGridRow {
    /// Its name: "Champions".
    pub name: String,
    /// Customers.
    pub customers: usize,
    /// Net spend.
    pub revenue: Money,
    /// Its customers in each of our segments, in the order of the segments.
    pub by_segment: Vec<usize>,
}
