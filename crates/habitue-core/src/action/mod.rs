//! What to do for a segment, with the money at stake.

mod campaign;
mod facts;
mod rules;
mod template;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Money;

pub use campaign::{Audience, Campaign, CampaignRule};
pub use facts::{SegmentFacts, segment_facts};
pub use rules::{ActionRule, ActionRules, StakeRule};
pub use template::fact_names;

/// What an action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// Offers, channels and timing.
    Marketing,
    /// What to hold more or less of.
    Stock,
    /// The next step in the customer's life with the shop.
    Lifecycle,
    /// Prices and discounts.
    Price,
}

/// One thing to do for one segment.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Action {
    /// What it is about.
    pub area: Area,
    /// What to do, in a few words.
    pub title: String,
    /// How and why, in a sentence or two with the segment's own numbers.
    pub text: String,
    /// What to offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<String>,
    /// Through which channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<String>,
    /// The money at stake, where the action has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stake: Option<Stake>,
    /// The campaign in numbers, where the action is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<Campaign>,
    /// How much work it is.
    #[serde(default)]
    pub effort: Effort,
}

/// How much work an action is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effort {
    /// An hour or two: a list, a setting.
    Low,
    /// Days: a campaign to write and to watch.
    #[default]
    Medium,
    /// Weeks, or several people.
    High,
}

/// An amount, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Stake {
    /// The amount.
    pub amount: Money,
    /// What the amount is: "spent by these customers in the last twelve months".
    pub meaning: String,
}

#[cfg(test)]
mod tests;
