//! Texts with the names of facts in braces.

use super::facts::SegmentFacts;
use crate::Money;
use crate::text::{format_count, format_days, format_money, format_number, format_share, format_times};

type Fact = (&'static str, fn(&SegmentFacts) -> Option<String>);

/// Every fact that a text may name, and how it is written.
const FACTS: &[Fact] = &[
    ("customers", |f| Some(format_count(f.customers))),
    ("share", |f| Some(format_share(f.share))),
    ("revenue", |f| amount(f, f.revenue)),
    ("revenue_share", |f| f.revenue_share.map(format_share)),
    ("revenue_12m", |f| amount(f, f.revenue_12m)),
    ("median_recency_days", |f| f.median_recency_days.map(format_days)),
    ("median_orders", |f| f.median_orders.map(|v| format_number(v.round()))),
    ("times_ordered", |f| f.median_orders.map(format_times)),
    ("median_spend", |f| f.median_spend.map(|v| price(f, v))),
    ("median_spend_12m", |f| f.median_spend_12m.map(|v| price(f, v))),
    ("average_order_value", |f| f.average_order_value.map(|v| price(f, v))),
    ("coupon_threshold", |f| f.average_order_value.map(|v| price(f, coupon_threshold(v)))),
    ("two_orders_value", |f| f.average_order_value.map(|v| price(f, 2.0 * v))),
    ("days_between_orders", |f| f.days_between_orders.map(format_days)),
    ("twice_days_between_orders", |f| f.days_between_orders.map(|v| format_days(2.0 * v.round()))),
    ("overdue_customers", |f| f.overdue_customers.map(format_count)),
    ("overdue_revenue", |f| amount(f, f.overdue_revenue)),
    ("best_customers", |f| f.best_customers.map(format_count)),
    ("best_revenue", |f| amount(f, f.best_revenue)),
    ("one_order_share", |f| f.one_order_share.map(format_share)),
    ("one_order_customers", |f| f.one_order_customers.map(format_count)),
    ("discount_share", |f| f.discount_share.map(format_share)),
    ("return_share", |f| f.return_share.map(format_share)),
    ("distinct_products", |f| f.distinct_products.map(|v| format_number(v.round()))),
    ("favourite_products", |f| f.favourite_products.clone()),
    ("response", |f| f.response.map(format_share)),
    ("response_days", |f| f.response_days.map(|days| format_days(f64::from(days)))),
    ("expected_orders", |f| f.expected_orders.map(|v| format_count(v.round() as usize))),
    ("expected_spend", |f| amount(f, f.expected_spend)),
    ("lifetime_value", |f| amount(f, f.lifetime_value)),
    ("likely_gone", |f| f.likely_gone.map(format_count)),
    ("horizon", |f| f.horizon.clone()),
    ("favourites_in_numbers", |f| f.favourites_in_numbers.clone()),
    ("favourite_category", |f| f.favourite_category.clone()),
    ("most_bought_products", |f| f.most_bought_products.clone()),
    ("favourite_demand", |f| f.favourite_demand.clone()),
    ("price_index", |f| f.price_index.clone()),
    ("price_cut_pays", |f| f.price_cut_pays.clone()),
    ("price_cut_costs", |f| f.price_cut_costs.clone()),
    ("price_cut_unclear", |f| f.price_cut_unclear.clone()),
    ("price_unknown", |f| f.price_unknown.clone()),
    ("dead_stock", |f| f.dead_stock.clone()),
    ("value_label", |f| f.value_label.clone()),
    ("median_value", |f| f.median_value.clone()),
    ("median_value_all", |f| f.median_value_all.clone()),
    ("control_group", |f| {
        Some(format_count(
            f.campaign
                .as_ref()
                .map(|c| c.control_group)
                .filter(|n| *n > 0)
                .unwrap_or(f.customers.div_ceil(10)),
        ))
    }),
    ("audience", |f| f.campaign.as_ref().map(|c| format_count(c.audience))),
    ("extra_orders", |f| f.campaign.as_ref().map(|c| format_number(c.extra_orders.round()))),
    ("most_per_contact", |f| amount(f, f.campaign.as_ref().map(|c| c.most_per_contact))),
];

/// The names of all facts, as action texts may use them in braces.
pub fn fact_names() -> impl Iterator<Item = &'static str> {
    FACTS.iter().map(|(name, _)| *name)
}

/// What a fact is for a segment, in words; `None` where it is not known.
pub(super) fn fact(name: &str, facts: &SegmentFacts) -> Option<String> {
    FACTS.iter().find(|(known, _)| *known == name).and_then(|(_, write)| write(facts))
}

/// A piece of a text: words as they are, or the name of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Words(&'a str),
    Fact(&'a str),
}

/// The pieces of a text, or the brace that has no partner.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, char> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (words, after) = rest.split_once('{').unwrap_or((rest, ""));
        if words.contains('}') {
            return Err('}');
        }
        pieces.push(Piece::Words(words));
        if words.len() == rest.len() {
            break;
        }
        let (name, after) = after.split_once('}').ok_or('{')?;
        pieces.push(Piece::Fact(name));
        rest = after;
    }
    Ok(pieces)
}

/// The text with its facts filled in; `None` if one is not known.
pub(super) fn fill(text: &str, facts: &SegmentFacts) -> Option<String> {
    let written = pieces(text).ok()?.into_iter().map(|piece| match piece {
        Piece::Words(words) => Some(words.to_owned()),
        Piece::Fact(name) => fact(name, facts),
    });
    written.collect()
}

/// A round amount some 10 to 40 % above the typical order: 307 gives 350, 22 gives 25.
pub(super) fn coupon_threshold(order_value: f64) -> f64 {
    let target = order_value * 1.1;
    let power = 10_f64.powf(target.log10().floor());
    let step = match target / power {
        lead if lead < 2.0 => power / 10.0,
        lead if lead < 5.0 && power >= 100.0 => power / 4.0,
        _ => power / 2.0,
    };
    // A hair below, so that 1.1 × 100 is 110 and not, for the sake of a last bit, 120.
    (target / step - 1e-9).ceil() * step
}

fn amount(facts: &SegmentFacts, amount: Option<Money>) -> Option<String> {
    amount.map(|amount| price(facts, amount.to_f64()))
}

fn price(facts: &SegmentFacts, amount: f64) -> String {
    format_money(amount, facts.currency.as_deref())
}
