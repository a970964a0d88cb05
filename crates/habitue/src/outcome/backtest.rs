//! The backtest: segments formed at a past date, and what their customers did afterwards.

use habitue_core::Money;
use habitue_core::backtest::{Estimate, Skill};
use habitue_core::time::Day;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Segments formed at a past date, checked against what their customers did afterwards; or why that was not possible.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct BacktestNote {
    /// Days of the later period.
    pub days: i32,
    /// Why there is no backtest, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// The date at which segments were formed, from lines before it only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formed: Option<Day>,
    /// Customers with a net purchase before that date.
    pub customers: usize,
    /// What they spent in the later period.
    pub revenue: Money,
    /// What all customers spent in the later period, those who were new in it too.
    pub revenue_all: Money,
    /// The segments as they were then, most valuable first, and what their customers did.
    pub segments: Vec<SegmentLater>,
    /// The segments and, after them, other ways to group the same customers.
    pub groupings: Vec<GroupingSkill>,
    /// How far the segments agree with the RFM grid on that date: adjusted Rand index, 1 when equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement_with_rfm: Option<f64>,
    /// What it means, in sentences.
    pub reasons: Vec<String>,
}

impl BacktestNote {
    /// The share who ordered of the customers of the segment of this name then, or else of the one of this persona.
    pub(crate) fn response(&self, name: &str, persona: &str) -> Option<f64> {
        let by_name = self.segments.iter().find(|s| s.name == name);
        by_name.or_else(|| self.segments.iter().find(|s| s.persona == persona)).map(|s| s.bought.value)
    }
}

/// What the customers of one segment did in the later period.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct SegmentLater {
    /// Its name on the date at which it was formed.
    pub name: String,
    /// Its persona then.
    pub persona: String,
    /// Customers.
    pub customers: usize,
    /// Their share of all customers.
    pub share: f64,
    /// The share of them who ordered.
    pub bought: Estimate,
    /// Orders per customer.
    pub orders: Estimate,
    /// Net spend per customer, in currency units.
    pub spend: Estimate,
    /// Net spend of all of them.
    pub revenue: Money,
    /// Its share of what all these customers spent.
    pub revenue_share: Estimate,
}

/// How well one way to group customers tells them apart by what they did later.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct GroupingSkill {
    /// Stable key: `segments`, `rfm-grid`, `spend-quantiles`, `random`.
    pub key: String,
    /// For people.
    pub label: String,
    /// Groups.
    pub groups: usize,
    /// Its figures, with 95 % intervals.
    #[serde(flatten)]
    pub skill: Skill<Estimate>,
    /// The segments' figures less its own; absent of the segments themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<Skill<Estimate>>,
}
