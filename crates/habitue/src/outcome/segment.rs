//! One segment: who it is, how it is recognised, what to do.

use super::lifetime::Prospects;
use habitue_core::Money;
use habitue_core::action::Action;
use habitue_core::persona::Tier;
use habitue_core::profile::FeatureProfile;
use habitue_core::rule::Rule;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::goods::SegmentGoods;

/// One segment.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Segment {
    /// Its number, its own for ever. Of a run without a previous one: 1 for the most valuable.
    pub id: usize,
    /// Its unique name.
    pub name: String,
    /// What kind of segment it is.
    pub persona: String,
    /// Key of the persona in the rule file.
    pub persona_key: String,
    /// How the persona stands in value.
    #[serde(default)]
    pub tier: Tier,
    /// Why it is that kind, one sentence each.
    pub evidence: Vec<String>,
    /// Customers in it.
    pub customers: usize,
    /// Share of all customers.
    pub share: f64,
    /// Net spend over the whole period read.
    pub revenue: Money,
    /// Share of the revenue of all segments.
    pub revenue_share: f64,
    /// Net spend in the twelve months before the as-of date.
    pub revenue_12m: Money,
    /// Mean silhouette of its customers.
    pub silhouette: Option<f64>,
    /// Bootstrap stability: how surely it is found again in other samples of the customers, mean Jaccard similarity,
    /// 0 to 1. Below 0.6 it is found again by chance, from 0.75 on it is a group.
    #[serde(default)]
    pub stability: Option<f64>,
    /// Mean confidence of its customers.
    pub confidence: f64,
    /// What its customers are expected to bring; absent where no model could be fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prospects: Option<Prospects>,
    /// A short rule that nearly describes it.
    pub rule: Rule,
    /// Every numeric feature beside all customers.
    pub profile: Vec<FeatureProfile>,
    /// What it buys and at which price; absent where the orders name no products.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goods: Option<SegmentGoods>,
    /// Its most typical customers: those nearest to its middle.
    #[serde(default)]
    pub typical: Vec<TypicalCustomer>,
    /// What to do.
    pub actions: Vec<Action>,
}

/// One customer who stands for many.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct TypicalCustomer {
    /// Who it is.
    pub customer_id: String,
    /// What customers were clustered on, in original units, in the order of the features; `None` where missing or no number.
    pub values: Vec<Option<f64>>,
}
