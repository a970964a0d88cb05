//! The customer base: who comes and comes back, how money is spread, what the features look like.

use habitue_core::Money;
use habitue_core::base::cohorts::{Cohort, MonthOfBase, Retention};
use habitue_core::base::concentration::Concentration;
use habitue_core::base::gaps::Gaps;
use habitue_core::base::histogram::Histogram;
use habitue_core::base::hopkins::Clusterability;
use habitue_core::base::outliers::SpreadSummary;
use habitue_core::time::{Day, Month};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// All customers together, before any segment.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct CustomerBase {
    /// Who comes and comes back; absent for a table of customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coming: Option<Coming>,
    /// How revenue is spread over the customers with a net purchase; absent without money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concentration: Option<Concentration>,
    /// Every numeric feature that a customer has a value of.
    pub features: Vec<FeatureSpread>,
    /// Every feature of categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<CategorySpread>,
    /// Customers far from all others.
    pub outliers: Outliers,
    /// Which features rise and fall together.
    pub correlations: Correlations,
    /// Whether there is anything to cluster; absent for too few customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusterability: Option<Clusterability>,
}

/// When customers come and come back. Customers without a net purchase who have ordered count too, as they do in
/// the months.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Coming {
    /// Months with orders or money, in order.
    pub months: Vec<MonthNote>,
    /// Customers by the month of their first order in the data. Those of the first month are everybody who was a
    /// customer before the data begin and came in that month.
    pub cohorts: Vec<Cohort>,
    /// The cohorts together, from the second on (from the first if there is no other), whole months only.
    pub retention: Vec<Retention>,
    /// The first cohort that counts in `retention`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_from: Option<Month>,
    /// Customers with a net purchase by the number of their orders.
    pub by_orders: Vec<OrderCount>,
    /// Days from one day with an order to the next, over all customers; absent if nobody has come back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gaps: Option<Gaps>,
    /// Days from the first day with an order to the second, of those who came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_second: Option<Gaps>,
}

/// A month, and whether the data hold all of it.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct MonthNote {
    /// What happened in it.
    #[serde(flatten)]
    pub of: MonthOfBase,
    /// The days of it that the data cover, if not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covered: Option<(Day, Day)>,
}

/// Customers with so many orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct OrderCount {
    /// Fewest orders.
    pub from: u64,
    /// Most; absent for "and more".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
    /// Customers.
    pub customers: u64,
    /// What they brought, returns taken off.
    pub revenue: Money,
}

/// How one feature is spread over the customers.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct FeatureSpread {
    /// The feature's name.
    pub feature: String,
    /// Quartiles, missing values, and where it is far out.
    #[serde(flatten)]
    pub spread: SpreadSummary,
    /// How many customers have which value.
    pub histogram: Histogram,
}

/// How customers fall into the categories of one feature.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct CategorySpread {
    /// The feature's name.
    pub feature: String,
    /// Customers without a category.
    pub missing: u64,
    /// The commonest categories, the commonest first; equal ones by name.
    pub values: Vec<CategoryCount>,
    /// Customers in all others.
    pub other: u64,
}

/// The customers in one category.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct CategoryCount {
    /// The category.
    pub value: String,
    /// Its customers.
    pub customers: u64,
}

/// Customers far from all others in a feature that they are clustered on, or in recency, orders or spend.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Outliers {
    /// The features looked at.
    pub features: Vec<String>,
    /// Customers far out in at least one of them.
    pub customers: u64,
    /// What they brought.
    pub revenue: Money,
    /// Their share of all revenue; 0 without money.
    pub revenue_share: f64,
    /// Those farthest out, the farthest first.
    pub listed: Vec<Outlier>,
}

/// One customer far from all others.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Outlier {
    /// Who.
    pub customer: String,
    /// The feature in which they are farthest out.
    pub feature: String,
    /// Their value of it.
    pub value: f64,
    /// Robust deviations from the middle; beyond ±3.5 is far out.
    pub score: f64,
    /// What they brought; absent without money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revenue: Option<Money>,
}

/// Rank correlations of features.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Correlations {
    /// The features, in the order of the rows of `matrix`.
    pub features: Vec<String>,
    /// Spearman's correlation of each feature with those before it: row `i` has `i` entries; `null` where a feature is
    /// constant or too few customers have both.
    pub matrix: Vec<Vec<Option<f64>>>,
    /// Customers that it was computed on.
    pub customers: u64,
    /// Customers that they were drawn from.
    pub of: u64,
}
