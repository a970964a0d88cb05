//! Where customers stand in their life with the shop.

use habitue_core::Money;
use habitue_core::action::Action;
use habitue_core::lifecycle::Stage;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Customers by stage of life.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct LifecycleNote {
    /// Days between two orders of the typical customer who ordered more than once.
    pub usual_gap_days: f64,
    /// The stages that have customers, in order.
    pub stages: Vec<StageNote>,
}

/// The customers of one stage.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct StageNote {
    /// The stage.
    pub stage: Stage,
    /// What it means.
    pub meaning: String,
    /// Customers.
    pub customers: usize,
    /// Share of all customers.
    pub share: f64,
    /// What they spent in the twelve months before the as-of date.
    pub revenue_12m: Money,
    /// Its customers in each of our segments, in the order of the segments.
    pub by_segment: Vec<usize>,
    /// The next step with them.
    pub actions: Vec<Action>,
}
