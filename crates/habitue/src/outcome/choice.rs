//! How the number of segments was chosen, and how customers were grouped.

use habitue_core::Money;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the number of segments was chosen; without any, `k` is 0.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
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

impl Choice {
    /// The reasons that are more than what one index says alone.
    pub fn decisive(&self) -> impl Iterator<Item = &str> {
        self.reasons.iter().map(String::as_str).filter(|reason| self.picks.iter().all(|p| p.text != *reason))
    }
}

/// How customers were grouped, and what other ways would give.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
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
    /// The share of the variance of later spending that lay between so many segments formed at a past date.
    #[serde(default)]
    pub told: Option<f64>,
    /// Share of customers in the smallest segment.
    pub smallest_share: f64,
    /// Share of customers in the largest segment.
    pub largest_share: f64,
    /// Whether the shop's constraints allow it.
    pub allowed: bool,
}

/// What one index says alone.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Pick {
    /// The index: `silhouette`, `knee`, ….
    pub index: String,
    /// Its number of segments; absent when it has no opinion.
    pub k: Option<usize>,
    /// What that means, in words.
    pub text: String,
}
