//! All actions in one list: what each may bring, and how much work it is.

use askama::Template;
use habitue_core::Money;
use habitue_core::action::{Action, Effort};

use crate::report::format::{Format, NONE};
use crate::report::story::{Shown, Story};

#[derive(Template)]
#[template(path = "report/plan.html")]
pub(super) struct Plan<'a> {
    rows: Vec<PlanRow<'a>>,
}

struct PlanRow<'a> {
    segment: &'a Shown<'a>,
    action: &'a Action,
    brings: String,
    contact: String,
    about: String,
    effort: &'static str,
}

impl<'a> Plan<'a> {
    /// The plan, unless no action has money in it.
    pub(super) fn new(story: &'a Story<'a>) -> Option<Self> {
        let mut actions: Vec<(&'a Shown<'a>, &'a Action)> = story
            .segments
            .iter()
            .flat_map(|segment| segment.of.actions.iter().map(move |action| (segment, action)))
            .filter(|(_, action)| action.campaign.is_some() || action.stake.is_some())
            .collect();
        actions.sort_by_key(|(_, action)| std::cmp::Reverse(worth(action)));
        let rows = actions.into_iter().map(|(segment, action)| PlanRow::new(&story.format, segment, action));
        let rows: Vec<PlanRow<'a>> = rows.collect();
        (!rows.is_empty()).then_some(Self { rows })
    }
}

impl<'a> PlanRow<'a> {
    fn new(format: &Format, segment: &'a Shown<'a>, action: &'a Action) -> Self {
        let campaign = action.campaign.as_ref();
        let money = |amount: Option<Money>| amount.map_or_else(|| NONE.to_owned(), |m| format.money(m));
        Self {
            segment,
            action,
            brings: money(campaign.map(|c| c.contribution)),
            contact: money(campaign.map(|c| c.most_per_contact)),
            about: money(action.stake.as_ref().map(|s| s.amount)),
            effort: match action.effort {
                Effort::Low => "low",
                Effort::Medium => "medium",
                Effort::High => "high",
            },
        }
    }
}

/// What comes first: what brings most, the easier of equals; actions without a campaign after those with one, by the
/// money that they are about.
pub(super) fn worth(action: &Action) -> (bool, Money, std::cmp::Reverse<Effort>) {
    let campaign = action.campaign.as_ref().map(|c| c.contribution);
    let about = action.stake.as_ref().map(|s| s.amount);
    (campaign.is_some(), campaign.or(about).unwrap_or_default(), std::cmp::Reverse(action.effort))
}
