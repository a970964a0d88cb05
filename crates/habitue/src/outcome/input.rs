//! What was read, kept and rejected.

use habitue_core::Money;
use habitue_core::time::Day;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One file, as it was understood.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct SourceNote {
    /// Its path, as given or found.
    pub path: String,
    /// Its format in words: "CSV, comma, ISO-8859-1, gzip".
    pub format: String,
    /// Rows read from it.
    pub rows: u64,
}

/// Which column was taken for a role.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct WithoutPurchase {
    /// How many.
    pub customers: u64,
    /// Their net spend, zero or below.
    pub revenue: Money,
}
