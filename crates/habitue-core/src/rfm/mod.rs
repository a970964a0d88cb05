//! Recency, frequency and monetary scores, and the conventional grid of eleven segment names.

use serde::{Deserialize, Serialize};

/// The scores of one customer, 1 to 5 each, 5 best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Rfm {
    /// 5 for the customers who bought last.
    pub recency: u8,
    /// 5 for the customers with most orders.
    pub frequency: u8,
    /// 5 for the customers who spent most.
    pub monetary: u8,
}

/// Where the scores change, so that a new customer is scored as the old ones were.
///
/// Four ascending thresholds per axis, in original units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RfmThresholds {
    /// Days since the last order: up to the first threshold scores 5, beyond the last scores 1.
    pub recency_days: [f64; 4],
    /// Orders: up to the first threshold scores 1, beyond the last scores 5.
    pub orders: [f64; 4],
    /// Spend: up to the first threshold scores 1, beyond the last scores 5.
    pub spend: [f64; 4],
}
