//! The answer in a paragraph, the most valuable actions, and what the reader should beware of.

use askama::Template;
use habitue_core::Money;

use crate::report::format::{count, counted, day};
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
}

struct TopAction<'a> {
    segment: &'a Shown<'a>,
    title: &'a str,
    stake: String,
    meaning: &'a str,
}

impl<'a> Answer<'a> {
    pub(super) fn new(story: &'a Story<'a>) -> Self {
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
        }
    }
}

/// The action with most money at stake of each segment, and of those the ones with most: the same money is not shown thrice.
fn top_actions<'a>(story: &'a Story<'a>) -> Vec<TopAction<'a>> {
    let best = |segment: &'a Shown<'a>| {
        let staked =
            segment.of.actions.iter().filter_map(|action| action.stake.as_ref().map(|stake| (action, stake)));
        let (action, stake) = staked.reduce(|a, b| if b.1.amount > a.1.amount { b } else { a })?;
        let text = story.format.money(stake.amount);
        let top = TopAction { segment, title: &action.title, stake: text, meaning: &stake.meaning };
        Some((stake.amount, top))
    };
    let mut staked: Vec<(Money, TopAction<'a>)> = story.segments.iter().filter_map(best).collect();
    staked.sort_by_key(|(amount, _)| std::cmp::Reverse(*amount));
    staked.into_iter().take(N_ACTIONS).map(|(_, action)| action).collect()
}
