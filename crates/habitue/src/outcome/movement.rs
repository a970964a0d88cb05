//! Who moved between two runs.

use habitue_core::movement::Flow;
use habitue_core::time::Day;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// From the segments of a previous run to those of this one.
///
/// Revenue is what customers have spent up to this run; of customers who are gone, what they had spent up to the previous
/// run.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Movement {
    /// The run before.
    pub previous: PreviousRun,
    /// The as-of date of this run; absent for a table of customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Day>,
    /// The segments of both runs that are one, in the order of this run.
    pub matches: Vec<Match>,
    /// Segments that were not there before.
    pub new: Vec<FormerSegment>,
    /// Segments that are no more.
    pub vanished: Vec<FormerSegment>,
    /// Where customers were: the rows of the matrix.
    pub from: Vec<MovementPlace>,
    /// Where customers are: the columns of the matrix.
    pub to: Vec<MovementPlace>,
    /// For each row and column the customers who went this way.
    pub matrix: Vec<Vec<Move>>,
    /// Customers in the segment in which they were.
    pub stayed: Flow,
    /// Customers who moved to a better segment, see [`Change::Better`].
    pub moved_up: Flow,
    /// Customers who moved to a worse segment.
    pub moved_down: Flow,
    /// Customers who were not in the previous data.
    pub came: Flow,
    /// Customers who are not in the data any more.
    pub gone: Flow,
    /// Customers who are in a segment at risk or of low value, and were in a better one.
    pub entered_at_risk: Flow,
    /// How far the segments of the customers who are in both runs agree: adjusted Rand index, 1 when equal; absent where
    /// nobody is in both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<f64>,
}

/// Customers who went from one place to another, or stayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Move {
    /// How many, and what they have spent.
    #[serde(flatten)]
    pub flow: Flow,
    /// What the move means.
    pub change: Change,
    /// Whether it leads into a segment at risk or of low value from a better one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub entered_at_risk: bool,
}

/// What a move means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The segment is the same.
    Stayed,
    /// It is of a better kind: high value before all, at risk below the others, low value last; or, of one kind, the one
    /// that stands higher in value.
    Better,
    /// It is of a worse kind, or stands lower in value.
    Worse,
    /// They were not in the data.
    Came,
    /// They are not in the data any more.
    Gone,
    /// They were or are without a net purchase.
    Apart,
}

/// What a run before was.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct PreviousRun {
    /// The folder of its results, as it was given; absent in results of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Its as-of date; absent for a table of customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Day>,
    /// Its customers in segments.
    pub customers: usize,
    /// Its number of segments.
    pub segments: usize,
}

/// A segment of the previous run and what it is now.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Match {
    /// Its number now.
    pub id: usize,
    /// Its number then; the same where this run was made with the previous one.
    pub previous_id: usize,
    /// Its name now.
    pub name: String,
    /// Its name then.
    pub previous_name: String,
    /// Its persona now.
    pub persona: String,
    /// Its persona then.
    pub previous_persona: String,
    /// How far its customers are the same: Jaccard index among customers placed in both runs, 0 to 1.
    pub overlap: f64,
    /// Customers who are in it now as then.
    pub stayed: usize,
    /// Its customers now.
    pub customers: usize,
    /// Its customers then.
    pub previous_customers: usize,
}

/// A segment that is new or no more.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct FormerSegment {
    /// Its number in its run.
    pub id: usize,
    /// Its name.
    pub name: String,
    /// Its customers in its run.
    pub customers: usize,
}

/// Where customers were or are.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct MovementPlace {
    /// What kind of place.
    pub place: PlaceKind,
    /// The number of the segment in its run; absent for other places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<usize>,
    /// Its name.
    pub name: String,
}

/// What kind of place customers were or are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaceKind {
    /// A segment.
    Segment,
    /// In the data without a net purchase.
    NoNetPurchase,
    /// Not in the data: new customers, or customers who are gone.
    Absent,
}
