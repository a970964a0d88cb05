//! The answer in a paragraph, the most valuable actions, and what the reader should beware of.

use askama::Template;
use habitue_core::Money;

use crate::report::format::{count, counted, day, share};
use crate::report::plan::worth;
use crate::report::story::{Shown, Story};

/// How many actions the answer names.
const N_ACTIONS: usize = 3;

#[derive(Template)]
#[template(path = "report/answer.html")]
pub(super) struct Answer<'a> {
    story: &'a Story<'a>,
    customers: String,
    n_customers: String,
    revenue: String,
    orders: Option<String>,
    period: Option<(String, String)>,
    largest: Option<&'a Shown<'a>>,
    actions: Vec<TopAction<'a>>,
    has_plan: bool,
}

struct TopAction<'a> {
    segment: &'a Shown<'a>,
    title: &'a str,
    stake: String,
    meaning: String,
}

impl<'a> Answer<'a> {
    pub(super) fn new(story: &'a Story<'a>, has_plan: bool) -> Self {
        let outcome = story.outcome;
        let input = &outcome.input;
        let largest =
            story.segments.iter().reduce(|a, b| if b.of.customers > a.of.customers { b } else { a });
        Self {
            story,
            customers: counted(outcome.customers, "customer"),
            n_customers: count(outcome.customers),
            revenue: story.format.money(outcome.revenue),
            orders: (input.orders > 0).then(|| count(input.orders)),
            period: input.first_day.zip(input.last_day).map(|(first, last)| (day(first), day(last))),
            largest: largest.filter(|l| l.place != 1),
            actions: top_actions(story),
            has_plan,
        }
    }
}

/// The actions that may bring most, one a segment; where no campaign is planned, those with most money at stake.
fn top_actions<'a>(story: &'a Story<'a>) -> Vec<TopAction<'a>> {
    let best = |segment: &'a Shown<'a>| {
        let planned = segment.of.actions.iter().filter_map(|a| Some((a, a.campaign.as_ref()?)));
        let paying = planned.filter(|(_, campaign)| campaign.contribution > Money::ZERO);
        let (action, campaign) = paying.max_by_key(|(action, _)| worth(action))?;
        let meaning = format!(
            "after goods and discounts, if {} of {} order because of it",
            share(campaign.uplift),
            counted(campaign.audience.saturating_sub(campaign.control_group), "customer")
        );
        let stake = story.format.money(campaign.contribution);
        Some((campaign.contribution, TopAction { segment, title: &action.title, stake, meaning }))
    };
    let mut paying: Vec<(Money, TopAction<'a>)> = story.segments.iter().filter_map(best).collect();
    if paying.is_empty() {
        return most_at_stake(story);
    }
    paying.sort_by_key(|(amount, _)| std::cmp::Reverse(*amount));
    paying.into_iter().take(N_ACTIONS).map(|(_, action)| action).collect()
}

/// The first action with money at stake of each segment, and of those the ones with most: the same money is not shown thrice.
fn most_at_stake<'a>(story: &'a Story<'a>) -> Vec<TopAction<'a>> {
    let first = |segment: &'a Shown<'a>| {
        let (action, stake) =
            segment.of.actions.iter().find_map(|a| a.stake.as_ref().map(|stake| (a, stake)))?;
        let text = story.format.money(stake.amount);
        Some((
            stake.amount,
            TopAction { segment, title: &action.title, stake: text, meaning: stake.meaning.clone() },
        ))
    };
    let mut staked: Vec<(Money, TopAction<'a>)> = story.segments.iter().filter_map(first).collect();
    staked.sort_by_key(|(amount, _)| std::cmp::Reverse(*amount));
    staked.into_iter().take(N_ACTIONS).map(|(_, action)| action).collect()
}
