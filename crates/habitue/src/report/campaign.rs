//! A campaign in the words of a plan.

use habitue_core::action::Campaign;

use crate::report::format::{Format, count, counted, decimal, share};

/// What a campaign is about, as text.
pub(super) struct CampaignWords {
    /// Who is written to, and who is left out.
    pub(super) audience: String,
    /// What it may bring.
    pub(super) expect: String,
    /// What a contact may cost.
    pub(super) budget: String,
}

impl CampaignWords {
    pub(super) fn new(format: &Format, campaign: &Campaign) -> Self {
        let written = campaign.audience.saturating_sub(campaign.control_group);
        let audience = match campaign.detectable_uplift {
            None => format!(
                "{}: too few for a test, so write to all of them.",
                counted(campaign.audience, "customer")
            ),
            Some(seen) => {
                let (left_out, uplift) = (count(campaign.control_group), share(campaign.uplift));
                let enough = if seen <= campaign.uplift + 1e-3 {
                    format!("enough to see an uplift of {uplift} within {} days", campaign.days)
                } else {
                    format!("they show an uplift from {} on, within {} days", share(seen), campaign.days)
                };
                format!("{} customers written to, {left_out} left out by lot ({enough}).", count(written))
            }
        };
        let anyway = campaign
            .response
            .map_or(String::new(), |response| format!(" {} would order anyway.", share(response)));
        let budget = if campaign.contribution.0 > 0 {
            format!(
                "at most {} a customer; what costs more does not pay",
                format.money(campaign.most_per_contact)
            )
        } else {
            "nothing: with this discount it does not pay, because those who would order anyway get it too"
                .to_owned()
        };
        Self {
            audience,
            expect: format!(
                "{} more orders worth {} if {} of them order because of it (an assumption); {} after goods and discounts.{anyway}",
                decimal(campaign.extra_orders, 0),
                format.money(campaign.extra_revenue),
                share(campaign.uplift),
                format.money(campaign.contribution)
            ),
            budget,
        }
    }
}
