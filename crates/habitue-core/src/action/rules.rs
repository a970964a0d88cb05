//! Actions as data: parsed, checked, and filled with a segment's numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::campaign::CampaignRule;
use super::facts::{SegmentFacts, money};
use super::template::{Piece, fact, fact_names, fill, pieces};
use super::{Action, Area, Effort, Stake};
use crate::math::text::closest;
use crate::text::format_share;
use crate::{Error, Money, Result};

/// The key of the actions for personas that have none of their own.
const OTHER: &str = "other";

/// The actions for each persona, by its key; `other` for all that are not listed.
///
/// Written as TOML; the built-in file, [`ActionRules::DEFAULT_TOML`], explains itself and is meant to be copied and edited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActionRules {
    /// The actions of each persona, most important first.
    pub personas: BTreeMap<String, Vec<ActionRule>>,
}

/// One action as it is written, with facts in braces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionRule {
    /// What it is about.
    pub area: Area,
    /// What to do, in a few words.
    pub title: String,
    /// How and why; at least one fact is in it.
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
    /// The money at stake.
    #[serde(default, skip_serializing_if = "StakeRule::is_none")]
    pub stake: StakeRule,
    /// The campaign that it is, with what is assumed of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignRule>,
    /// How much work it is.
    #[serde(default)]
    pub effort: Effort,
    /// Facts without which the action is left out, besides those named in its texts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Facts with which the action is left out, because another says it better.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<String>,
}

/// How the money at stake is computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "formula", rename_all = "kebab-case", deny_unknown_fields)]
pub enum StakeRule {
    /// No money.
    #[default]
    None,
    /// What the segment spent in the last twelve months.
    #[serde(rename = "spend-12m")]
    Spend12m {},
    /// What the segment spent in the whole period.
    Revenue {},
    /// Customers × typical order value.
    OneMoreOrder {},
    /// Customers × a share that is assumed to order × typical order value.
    Reactivation {
        /// The share assumed to order, above 0 and at most 1.
        share: f64,
    },
    /// What the overdue customers spent.
    RevenueAtRisk {},
    /// What the segment's best customers spent.
    BestCustomers {},
    /// What the segment is expected to spend within the horizon.
    ExpectedSpend {},
    /// The same, worth less the longer it is waited for.
    LifetimeValue {},
}

impl StakeRule {
    fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// The amount and its meaning; none where a number behind it is not known, or nothing is at stake after returns.
    fn stake(self, facts: &SegmentFacts) -> Option<Stake> {
        // To the cent, as people would multiply it.
        let order = facts.average_order_value.map(|value| money((value * 100.0).round() / 100.0));
        let orders = |n: usize| Some(Money(order?.0.saturating_mul(i64::try_from(n).ok()?)));
        let (amount, meaning) = match self {
            Self::None => return None,
            Self::Spend12m {} => {
                (facts.revenue_12m?, "spent by these customers in the last twelve months".to_owned())
            }
            Self::Revenue {} => (facts.revenue?, "spent by these customers in the whole period".to_owned()),
            Self::OneMoreOrder {} => (
                orders(facts.customers)?,
                "one more order of typical size from each of these customers".to_owned(),
            ),
            Self::Reactivation { share } => {
                let buyers = (facts.customers as f64 * share).round() as usize;
                let share = format_share(share);
                let meaning = format!(
                    "if {share} of these customers place one order of typical size (the {share} is an assumption)"
                );
                (orders(buyers)?, meaning)
            }
            Self::RevenueAtRisk {} => {
                let window = if facts.revenue_12m.is_some() {
                    "in the last twelve months"
                } else {
                    "in the whole period"
                };
                let meaning =
                    format!("spent {window} by those who have waited more than twice their usual time");
                (facts.overdue_revenue?, meaning)
            }
            Self::BestCustomers {} => {
                let n = fact("best_customers", facts)?;
                (facts.best_revenue?, format!("spent by the {n} best of these customers in the whole period"))
            }
            Self::ExpectedSpend {} => {
                let within = facts.horizon.as_ref()?;
                (facts.expected_spend?, format!("expected of these customers within {within}"))
            }
            Self::LifetimeValue {} => {
                let within = facts.horizon.as_ref()?;
                (
                    facts.lifetime_value?,
                    format!("expected of these customers within {within}, in today's money"),
                )
            }
        };
        (amount > Money::ZERO).then_some(Stake { amount, meaning })
    }
}

impl Default for ActionRules {
    fn default() -> Self {
        Self::parse(Self::DEFAULT_TOML).expect("the built-in actions are valid; a test reads them")
    }
}

impl ActionRules {
    /// The built-in actions as they are written.
    pub const DEFAULT_TOML: &str = include_str!("default.toml");

    /// Actions from TOML.
    ///
    /// # Errors
    /// The text is no TOML of this form, a text names a fact that does not exist or no fact at all, a brace has no partner,
    /// or an assumed share is out of range. The error names the action.
    pub fn parse(toml: &str) -> Result<Self> {
        let rules: Self = toml::from_str(toml)
            .map_err(|e| wrong("the action rules".to_owned(), e.to_string().trim_end()))?;
        rules.check()?;
        Ok(rules)
    }

    /// Whether the actions can be used; [`ActionRules::parse`] has asked already.
    ///
    /// # Errors
    /// As for [`ActionRules::parse`].
    pub fn check(&self) -> Result<()> {
        for (key, actions) in &self.personas {
            for (i, action) in actions.iter().enumerate() {
                action.check(&format!("action {} of {key:?} ({})", i + 1, action.title))?;
            }
        }
        Ok(())
    }

    /// The actions for a segment of this persona, with its numbers.
    ///
    /// A persona without actions of its own gets those of `other`. An action is left out when a fact that it names or needs
    /// is not known; its offer, channel and timing alone when theirs is not; its stake when the money is not known.
    ///
    /// # Errors
    /// The actions cannot be used ([`ActionRules::check`]).
    pub fn actions_for(&self, persona_key: &str, facts: &SegmentFacts) -> Result<Vec<Action>> {
        self.check()?;
        let rules = self.personas.get(persona_key).or_else(|| self.personas.get(OTHER));
        Ok(rules.into_iter().flatten().filter_map(|rule| rule.fill(facts)).collect())
    }
}

impl ActionRule {
    fn check(&self, place: &str) -> Result<()> {
        let texts = [
            ("title", Some(&self.title)),
            ("text", Some(&self.text)),
            ("offer", self.offer.as_ref()),
            ("channel", self.channel.as_ref()),
            ("timing", self.timing.as_ref()),
        ];
        for (field, text) in texts {
            let Some(text) = text else { continue };
            let place = format!("{place}, {field}");
            let pieces =
                pieces(text).map_err(|brace| wrong(place.clone(), &format!("a {brace:?} has no partner")))?;
            for piece in &pieces {
                if let Piece::Fact(name) = piece {
                    known(name, &place)?;
                }
            }
            if field == "text" && !pieces.iter().any(|piece| matches!(piece, Piece::Fact(_))) {
                return Err(wrong(place, "it names no fact: no advice without a number"));
            }
        }
        for (field, names) in [("needs", &self.needs), ("unless", &self.unless)] {
            for name in names {
                known(name, &format!("{place}, {field}"))?;
            }
        }
        if let Some(campaign) = &self.campaign {
            campaign.check().map_err(|error| wrong(format!("{place}, campaign"), &error.to_string()))?;
        }
        match self.stake {
            StakeRule::Reactivation { share } if !(share > 0.0 && share <= 1.0) => {
                let message = format!("the share must be above 0 and at most 1; got {share}");
                Err(wrong(format!("{place}, stake"), &message))
            }
            _ => Ok(()),
        }
    }

    fn fill(&self, facts: &SegmentFacts) -> Option<Action> {
        // Texts may speak of the campaign's numbers too.
        let campaign = self.campaign.and_then(|campaign| campaign.plan(facts));
        let facts = &SegmentFacts { campaign, ..facts.clone() };
        let is_known = |name: &String| fact(name, facts).is_some();
        if !self.needs.iter().all(is_known) || self.unless.iter().any(is_known) {
            return None;
        }
        let optional = |text: &Option<String>| text.as_ref().and_then(|text| fill(text, facts));
        Some(Action {
            area: self.area,
            title: fill(&self.title, facts)?,
            text: fill(&self.text, facts)?,
            offer: optional(&self.offer),
            channel: optional(&self.channel),
            timing: optional(&self.timing),
            stake: self.stake.stake(facts),
            campaign: facts.campaign.clone(),
            effort: self.effort,
        })
    }
}

fn known(name: &str, place: &str) -> Result<()> {
    if fact_names().any(|known| known == name) {
        return Ok(());
    }
    let message = match closest(name, fact_names()) {
        Some(near) => format!("there is no fact {{{name}}}; did you mean {{{near}}}?"),
        None => {
            format!("there is no fact {{{name}}}; known are {}", fact_names().collect::<Vec<_>>().join(", "))
        }
    };
    Err(wrong(place.to_owned(), &message))
}

fn wrong(what: String, message: &str) -> Error {
    Error::Rules { what, message: message.to_owned() }
}
