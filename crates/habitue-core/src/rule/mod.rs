//! A short rule in plain words that nearly describes a segment, and how nearly.

use serde::{Deserialize, Serialize};

/// One condition of a rule: a feature within bounds. At least one bound is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// The feature's name.
    pub feature: String,
    /// The least value, if bounded below (inclusive).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The greatest value, if bounded above (inclusive).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

/// Conditions that all hold for most customers of a segment and few others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The rule in words: "last order within 41 days and at least 5 orders".
    pub text: String,
    /// The conditions behind the words.
    pub conditions: Vec<Condition>,
    /// Of the customers whom the rule picks, the share that is in the segment.
    pub precision: f64,
    /// Of the segment's customers, the share that the rule picks.
    pub recall: f64,
}
