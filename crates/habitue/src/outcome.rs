//! Everything a run found out, as data: the content of `summary.json`, and all that the report shows.
//!
//! Field names are a promise to other programs; money is written as decimal strings, shares as numbers from 0 to 1.

use habitue_core::Money;
use habitue_core::action::Action;
use habitue_core::profile::FeatureProfile;
use habitue_core::rfm::RfmThresholds;
use habitue_core::rule::Rule;
use habitue_core::table::Feature;
use habitue_core::time::Day;
use serde::{Deserialize, Serialize};

/// The whole result of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Version of this structure.
    pub schema_version: u32,
    /// Program and version that wrote it.
    pub program: String,
    /// What was read.
    pub kind: Kind,
    /// The files, as they were understood.
    pub sources: Vec<SourceNote>,
    /// Which column was taken for what.
    pub roles: Vec<RoleNote>,
    /// Things the reader should know, most important first.
    pub warnings: Vec<String>,
    /// What was read, kept and rejected.
    pub input: Input,
    /// The moment at which features are true; absent for a table of customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Day>,
    /// The currency, if the data say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Customers placed in segments.
    pub customers: usize,
    /// What they spent, net of returns, over the whole period read (0 for a table without money).
    pub revenue: Money,
    /// Customers kept apart because nothing is left after returns.
    pub without_purchase: WithoutPurchase,
    /// Every feature of the customer table.
    pub features: Vec<FeatureNote>,
    /// How the number of segments was chosen.
    pub choice: Choice,
    /// How customers were grouped.
    #[serde(default)]
    pub algorithm: AlgorithmNote,
    /// The segments, most valuable first.
    pub segments: Vec<Segment>,
    /// RFM scores and grid; absent where recency, orders or spend are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rfm: Option<RfmNote>,
    /// Net revenue month by month; empty for a table of customers.
    pub months: Vec<Month>,
    /// A sample of customers for pictures (all of them when there are few).
    pub sample: Sample,
    /// The settings of the run, all of them.
    pub settings: serde_json::Value,
}

/// What kind of input a run read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Lines of receipts.
    Orders,
    /// One row per customer.
    Customers,
}

/// One file, as it was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceNote {
    /// Its path, as given or found.
    pub path: String,
    /// Its format in words: "CSV, comma, ISO-8859-1, gzip".
    pub format: String,
    /// Rows read from it.
    pub rows: u64,
}

/// Which column was taken for a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoleNote {
    /// The role: `customer`, `time`, ….
    pub role: String,
    /// The column's name in the file.
    pub column: String,
    /// How sure, 0 to 1; 1 when the user said so.
    pub confidence: f64,
    /// Why, in a few words: "name, and dates in every row".
    pub why: String,
}

/// What was read, kept and rejected; kept and rejected add up to what was read, in rows and in revenue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Rows in the files.
    pub rows_read: u64,
    /// Rows that went on to the features.
    pub rows_kept: u64,
    /// Revenue of all rows whose amount could be read.
    pub revenue_read: Money,
    /// Revenue of the kept rows, returns taken off.
    pub revenue_kept: Money,
    /// One entry for each rule that rejected something, in the order of the rules.
    pub rejected: Vec<Rejected>,
    /// What was seen on the way, whether or not it was rejected.
    pub observed: Vec<Observed>,
    /// The first day with a kept line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_day: Option<Day>,
    /// The last day with a kept line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_day: Option<Day>,
    /// Distinct orders among the kept lines.
    pub orders: u64,
}

/// Rows rejected for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// Stable key of the reason: `no-customer`.
    pub reason: String,
    /// The reason in words.
    pub text: String,
    /// Rows.
    pub rows: u64,
    /// Distinct customers among them.
    pub customers: u64,
    /// Their revenue.
    pub revenue: Money,
}

/// Something counted in the input, kept or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// Stable key: `cancellation-lines`.
    pub what: String,
    /// In words.
    pub text: String,
    /// Rows.
    pub rows: u64,
    /// Their revenue.
    pub revenue: Money,
}

/// Customers whose returns ate up their purchases, or who only returned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithoutPurchase {
    /// How many.
    pub customers: u64,
    /// Their net spend, zero or below.
    pub revenue: Money,
}

/// A feature and its part in the clustering.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureNote {
    /// Name, label, unit, description.
    #[serde(flatten)]
    pub feature: Feature,
    /// Whether customers were clustered on it.
    pub clustered: bool,
    /// How it was prepared for clustering, in words; empty if it was not.
    pub preparation: String,
    /// Customers without a value.
    pub missing: u64,
}

/// How the number of segments was chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The number of segments.
    pub k: usize,
    /// Whether the user said it, so that it was not decided here.
    pub forced: bool,
    /// What each number would give.
    pub candidates: Vec<Candidate>,
    /// What each index says alone.
    pub picks: Vec<Pick>,
    /// The verdict in sentences.
    pub reasons: Vec<String>,
}

/// How customers were grouped, and what other ways would give.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AlgorithmNote {
    /// The name of the algorithm in settings.
    pub name: String,
    /// The name for people.
    pub label: String,
    /// Why this one, in sentences; empty when it was said by the user or is the default.
    pub reasons: Vec<String>,
    /// Every algorithm that was tried, best first; empty unless they were to be compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compared: Vec<Compared>,
}

/// What one algorithm would give.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// Its name in settings.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// The number of segments.
    pub segments: usize,
    /// The share of customers in the smallest segment.
    pub smallest_share: f64,
    /// The share of customers in the largest segment.
    pub largest_share: f64,
    /// The share of customers that the algorithm itself puts nowhere; they are placed in the nearest segment.
    pub nowhere_share: f64,
    /// Mean silhouette, −1 to 1; higher is better.
    pub silhouette: Option<f64>,
    /// Calinski-Harabasz index; higher is better.
    pub calinski_harabasz: Option<f64>,
    /// Davies-Bouldin index; lower is better.
    pub davies_bouldin: Option<f64>,
    /// Whether number and sizes of its segments are within the shop's bounds.
    pub allowed: bool,
    /// How far it agrees with the algorithm used: adjusted Rand index, 1 when equal.
    pub agreement: f64,
    /// Customers who would be with others than now.
    pub moved: usize,
    /// What they have brought.
    pub moved_revenue: Money,
}

/// What one number of segments would give. Absent figures are not defined for that number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The number of segments.
    pub k: usize,
    /// Sum of squared distances to the centres.
    pub inertia: f64,
    /// Mean silhouette, −1 to 1; higher is better.
    pub silhouette: Option<f64>,
    /// Its standard error, where it was measured on a sample.
    pub silhouette_error: Option<f64>,
    /// Calinski-Harabasz index; higher is better.
    pub calinski_harabasz: Option<f64>,
    /// Davies-Bouldin index; lower is better.
    pub davies_bouldin: Option<f64>,
    /// Dunn index by centroids; higher is better.
    #[serde(default)]
    pub dunn: Option<f64>,
    /// Prediction strength: how well half of the customers foretell the other half, 0 to 1.
    #[serde(default)]
    pub prediction_strength: Option<f64>,
    /// Bootstrap stability of the least stable segment: mean Jaccard similarity, 0 to 1.
    #[serde(default)]
    pub stability: Option<f64>,
    /// Gap statistic; higher is better.
    pub gap: Option<f64>,
    /// Its standard error.
    pub gap_error: Option<f64>,
    /// Share of customers in the smallest segment.
    pub smallest_share: f64,
    /// Share of customers in the largest segment.
    pub largest_share: f64,
    /// Whether the shop's constraints allow it.
    pub allowed: bool,
}

/// What one index says alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// The index: `silhouette`, `knee`, ….
    pub index: String,
    /// Its number of segments; absent when it has no opinion.
    pub k: Option<usize>,
    /// What that means, in words.
    pub text: String,
}

/// One segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// 1 for the most valuable.
    pub id: usize,
    /// Its unique name.
    pub name: String,
    /// What kind of segment it is.
    pub persona: String,
    /// Key of the persona in the rule file.
    pub persona_key: String,
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
    /// A short rule that nearly describes it.
    pub rule: Rule,
    /// Every numeric feature beside all customers.
    pub profile: Vec<FeatureProfile>,
    /// What to do.
    pub actions: Vec<Action>,
}

/// RFM scores and the grid of eleven conventional segments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RfmNote {
    /// Where scores change.
    pub thresholds: RfmThresholds,
    /// Every combination of scores that has customers.
    pub cells: Vec<RfmCell>,
    /// The conventional segments that have customers, best first, and how they spread over ours.
    pub grid: Vec<RfmGridRow>,
}

/// The customers of one combination of scores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// One calendar month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Month {
    /// `2011-03`.
    pub month: String,
    /// Net revenue.
    pub revenue: Money,
    /// Orders.
    pub orders: u64,
    /// Customers who ordered.
    pub customers: u64,
}

/// A sample of customers for pictures: as many segments as customers in it, and one list of values per feature.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// How many customers it was drawn from.
    pub of: usize,
    /// The segment of each.
    pub segment: Vec<usize>,
    /// The values of clustered numeric features (and of recency, orders and spend), in original units; `None` where missing.
    pub features: Vec<SampleFeature>,
}

/// One feature of the sampled customers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SampleFeature {
    /// The feature's name.
    pub feature: String,
    /// One value per sampled customer.
    pub values: Vec<Option<f64>>,
}
