//! What a campaign may bring, what a contact may cost, and how many customers to leave out to see that it worked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::facts::{SegmentFacts, money};
use crate::Money;
use crate::{Error, Result};

/// What is assumed of a campaign; every assumption is the user's to change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignRule {
    /// The share of the audience assumed to order because of it, who would not have otherwise; above 0, at most 1.
    pub uplift: f64,
    /// What is left of an order's value after the goods, 0 to 1.
    #[serde(default = "usual_margin")]
    pub margin: f64,
    /// What is taken off the price of every order that comes in, those that would have come anyway too; 0 to 1.
    #[serde(default)]
    pub discount: f64,
    /// Who is written to.
    #[serde(default)]
    pub audience: Audience,
}

/// Who a campaign is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Everybody in the segment.
    #[default]
    Everybody,
    /// Those who have waited more than twice their usual time.
    Overdue,
    /// Those who have ordered once.
    OneOrder,
}

/// A campaign in numbers.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Campaign {
    /// Customers written to and left out, together.
    pub audience: usize,
    /// Of them, those to leave out by lot, so that the uplift assumed would be seen; 0 where they are too few for a test.
    pub control_group: usize,
    /// The smallest uplift that this control group shows, as a share of customers; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detectable_uplift: Option<f64>,
    /// The share of the audience assumed to order because of the campaign.
    pub uplift: f64,
    /// The share who would order anyway within `days`; absent where it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<f64>,
    /// The days that `response` is measured over, and the campaign should be watched for.
    pub days: i32,
    /// Orders assumed to come because of it.
    pub extra_orders: f64,
    /// Their value.
    pub extra_revenue: Money,
    /// What is left of that after goods and discounts, before the cost of contact; below zero, it does not pay.
    pub contribution: Money,
    /// What one contact may cost at most.
    pub most_per_contact: Money,
}

/// What is left of an order's value after the goods, where nobody says otherwise.
fn usual_margin() -> f64 {
    0.4
}

/// Quantiles of the normal distribution for a two-sided test at 5 % with a power of 80 %.
const SURE: f64 = 1.959_964 + 0.841_621;
/// The share assumed to order anyway where it was not measured: the most cautious for a control group.
const UNKNOWN_RESPONSE: f64 = 0.5;
/// At most this share of the audience is left out.
const MOST_LEFT_OUT: f64 = 0.2;
/// Fewer customers than this are too few for a test: all are written to.
const FEWEST_TESTED: usize = 100;
/// Days to watch a campaign where no later period was measured.
const WATCH_DAYS: i32 = 90;

impl CampaignRule {
    pub(super) fn check(&self) -> Result<()> {
        let wrong = |setting: &'static str, allowed: &str, got: f64| {
            Err(Error::Setting { setting, allowed: allowed.to_owned(), got: got.to_string() })
        };
        if !(self.uplift > 0.0 && self.uplift <= 1.0) {
            return wrong("uplift", "above 0 and at most 1", self.uplift);
        }
        if !(0.0..=1.0).contains(&self.margin) {
            return wrong("margin", "from 0 to 1", self.margin);
        }
        if !(0.0..=1.0).contains(&self.discount) {
            return wrong("discount", "from 0 to 1", self.discount);
        }
        Ok(())
    }

    /// The campaign for a segment.
    ///
    /// With `n` customers written to, `r` of whom order anyway, `u` more because of it, orders of value `v`, margin `m`
    /// and discount `d`: contribution `n v (u (m − d) − r d)`, which divided by `n` is what a contact may cost.
    /// `None` where nobody is to be written to, less than half an order is to be expected of them, or the value of an order
    /// is not known.
    pub(super) fn plan(&self, facts: &SegmentFacts) -> Option<Campaign> {
        let audience = match self.audience {
            Audience::Everybody => facts.customers,
            Audience::Overdue => facts.overdue_customers?,
            Audience::OneOrder => facts.one_order_customers?,
        };
        // To the cent, as people would multiply it.
        let value = (facts.average_order_value? * 100.0).round() / 100.0;
        if audience as f64 * self.uplift < 0.5 {
            return None;
        }
        // Those who are late, or new, are not like the rest of their segment, of whom it is known who orders anyway.
        let response = facts.response.filter(|_| self.audience == Audience::Everybody);
        let likely = response.unwrap_or(UNKNOWN_RESPONSE);
        let per_contact =
            value * (self.uplift * (self.margin - self.discount) - response.unwrap_or(0.0) * self.discount);
        let control_group =
            if audience < FEWEST_TESTED { 0 } else { control_group(audience, likely, self.uplift) };
        let n = (audience - control_group) as f64;
        Some(Campaign {
            audience,
            control_group,
            detectable_uplift: (control_group > 0).then(|| detectable(audience, control_group, likely)),
            uplift: self.uplift,
            response,
            days: facts.response_days.unwrap_or(WATCH_DAYS),
            extra_orders: n * self.uplift,
            extra_revenue: money(n * self.uplift * value),
            contribution: money(n * per_contact),
            most_per_contact: money(per_contact.max(0.0)),
        })
    }
}

/// The smallest control group with which an uplift is seen in 80 of 100 campaigns, two-sided at 5 %; a fifth of the
/// audience where that is not enough.
///
/// Two proportions (Fleiss, Levin & Paik 2003, §4.2): `u² ≥ (z_{α/2} + z_β)² (r(1 − r)/c + q(1 − q)/(n − c))`, `q = r + u`.
fn control_group(audience: usize, response: f64, uplift: f64) -> usize {
    let most = ((audience as f64 * MOST_LEFT_OUT) as usize).max(1);
    let (mut low, mut high) = (1, most);
    while low < high {
        let middle = usize::midpoint(low, high);
        if error(audience, middle, response, uplift) * SURE <= uplift {
            high = middle
        } else {
            low = middle + 1
        }
    }
    low
}

/// The standard error of the difference between a control group and the rest.
fn error(audience: usize, control: usize, response: f64, uplift: f64) -> f64 {
    let treated = (response + uplift).min(1.0);
    let (c, t) = (control as f64, audience.saturating_sub(control).max(1) as f64);
    (response * (1.0 - response) / c + treated * (1.0 - treated) / t).sqrt()
}

/// The smallest uplift that a control group shows.
fn detectable(audience: usize, control: usize, response: f64) -> f64 {
    // The error hardly depends on the uplift; a few rounds settle it.
    let step =
        |uplift: f64| (error(audience, control, response, uplift) * SURE).min(1.0 - response.min(0.999));
    (0..20).fold(0.0, |uplift, _| step(uplift))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(customers: usize, response: Option<f64>) -> SegmentFacts {
        SegmentFacts {
            customers,
            average_order_value: Some(100.0),
            response,
            response_days: Some(90),
            ..SegmentFacts::default()
        }
    }

    fn rule(uplift: f64, discount: f64) -> CampaignRule {
        CampaignRule { uplift, margin: 0.4, discount, audience: Audience::Everybody }
    }

    #[test]
    fn money_is_what_the_hand_computes() {
        let plan = rule(0.05, 0.10).plan(&facts(1_000, Some(0.2))).unwrap();
        // A fifth is left out, so that 800 are written to.
        assert_eq!((plan.audience, plan.control_group, plan.extra_orders), (1_000, 200, 40.0));
        assert_eq!(plan.extra_revenue, Money::from_units(4_000));
        // 100 · (0.05 · (0.4 − 0.1) − 0.2 · 0.1) = −0.5 a contact: the discount is given to those who come anyway.
        assert_eq!((plan.contribution, plan.most_per_contact), (Money::from_units(-400), Money::ZERO));
        let without = rule(0.05, 0.0).plan(&facts(1_000, Some(0.2))).unwrap();
        let expected = (Money::from_units(1_600), Money::from_units(2));
        assert_eq!((without.contribution, without.most_per_contact), expected);
    }

    #[test]
    fn the_control_group_is_just_large_enough() {
        let n = 10_000;
        let c = control_group(n, 0.2, 0.05);
        let seen = |c: usize| error(n, c, 0.2, 0.05) * SURE;
        assert!(seen(c) <= 0.05 && seen(c - 1) > 0.05, "{c}");
        // r(1 − r) = 0.16 and q(1 − q) = 0.1875: c is near 0.16 (2.8016 / 0.05)² = 502, a little more for the rest.
        assert!((505..545).contains(&c), "{c}");
        assert!((detectable(n, c, 0.2) - 0.05).abs() < 1e-4);
    }

    /// What scipy computes (`tests/reference/make_campaign.py`), control groups by trying every size.
    #[test]
    fn campaigns_are_what_other_software_plans() {
        let cases: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/reference/campaign.json")).unwrap();
        for case in cases.as_array().unwrap() {
            let number = |name: &str| case[name].as_f64().unwrap();
            let rule = CampaignRule {
                uplift: number("uplift"),
                margin: number("margin"),
                discount: number("discount"),
                audience: Audience::Everybody,
            };
            let facts = SegmentFacts {
                average_order_value: Some(number("value")),
                ..facts(number("audience") as usize, Some(number("response")))
            };
            let plan = rule.plan(&facts).unwrap();
            assert_eq!(plan.control_group as f64, number("control_group"), "{case}");
            let close = |ours: f64, theirs: f64, within: f64| {
                assert!((ours - theirs).abs() <= within, "{ours} instead of {theirs}: {case}");
            };
            match case["detectable_uplift"].as_f64() {
                Some(theirs) => close(plan.detectable_uplift.unwrap(), theirs, 1e-6),
                None => assert_eq!(plan.detectable_uplift, None),
            }
            close(plan.extra_orders, number("extra_orders"), 1e-9 * number("audience"));
            // Money to its last part, 1/10,000.
            close(plan.extra_revenue.to_f64(), number("extra_revenue"), 6e-5);
            close(plan.contribution.to_f64(), number("contribution"), 6e-5);
            close(plan.most_per_contact.to_f64(), number("most_per_contact"), 6e-5);
        }
    }

    #[test]
    fn few_customers_show_large_uplifts_only() {
        let plan = rule(0.02, 0.0).plan(&facts(100, Some(0.1))).unwrap();
        assert_eq!(plan.control_group, 20);
        assert!(plan.detectable_uplift.unwrap() > 0.1);
        let few = rule(0.02, 0.0).plan(&facts(99, Some(0.1))).unwrap();
        assert_eq!((few.control_group, few.detectable_uplift), (0, None));
    }

    #[test]
    fn nobody_to_write_to_is_no_campaign() {
        let overdue = CampaignRule { audience: Audience::Overdue, ..rule(0.05, 0.0) };
        assert_eq!(overdue.plan(&facts(10, None)), None);
        assert!(
            rule(0.0, 0.0).check().is_err()
                && rule(0.1, 1.5).check().is_err()
                && rule(0.1, 0.1).check().is_ok()
        );
    }
}
