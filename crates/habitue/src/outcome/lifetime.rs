//! What customers are expected to bring, and how far that can be trusted.

use habitue_core::Money;
use habitue_core::lifetime::{Dropout, FittedBgNbd, FittedGammaGamma, Frequency};
use habitue_core::time::Day;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The forecast of orders and spend, over all segments.
///
/// Orders are counted in days with an order: several orders of one day are one.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct LifetimeNote {
    /// Days looked ahead from the as-of date.
    pub horizon_days: u32,
    /// What a year of waiting takes off lifetime value.
    pub yearly_discount: f64,
    /// The model of orders that is used: the one under which the data are more probable. Absent if none could be fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Dropout>,
    /// BG/NBD, time in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bg_nbd: Option<FittedBgNbd>,
    /// MBG/NBD, in which customers may drop out after their first order too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mbg_nbd: Option<FittedBgNbd>,
    /// Gamma-Gamma, spend in units of the currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gamma_gamma: Option<FittedGammaGamma>,
    /// What could not be fitted, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedModel>,
    /// Totals of all segments; absent if no model of orders could be fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Prospects>,
    /// How well the model reproduces what was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<LifetimeCheck>,
}

/// A model that could not be fitted.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct RefusedModel {
    /// `bg-nbd`, `mbg-nbd` or `gamma-gamma`.
    pub model: String,
    /// Stable key of the reason.
    pub code: String,
    /// The reason in words.
    pub reason: String,
}

/// What a group of customers is expected to bring within the horizon.
#[derive(Debug, Clone, Copy, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Prospects {
    /// Days with an order.
    pub expected_orders: f64,
    /// Spend; absent where the model of spend could not be fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_spend: Option<Money>,
    /// Spend in today's money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime_value: Option<Money>,
    /// Mean probability that a customer will ever buy again.
    pub probability_alive: f64,
    /// Customers whose probability is below one half.
    pub likely_gone: usize,
    /// What these spent in the twelve months before the as-of date.
    pub revenue_at_risk: Money,
}

/// How well the model reproduces what was seen.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct LifetimeCheck {
    /// Customers by number of repeats; the last entry holds all above.
    pub frequencies: Vec<Frequency>,
    /// The model fitted on an earlier part of the orders, held against the rest; absent where they span too little.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later: Option<LaterCheck>,
}

/// A forecast of what has already happened.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct LaterCheck {
    /// The last day that the model was fitted on.
    pub until: Day,
    /// Days after it.
    pub days: u32,
    /// Customers known by then.
    pub customers: usize,
    /// Days with an order that were expected of them.
    pub expected: f64,
    /// Days with an order that there were.
    pub actual: u64,
}
