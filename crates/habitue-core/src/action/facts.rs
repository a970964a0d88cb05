//! The numbers of a segment that actions speak of.

use serde::{Deserialize, Serialize};

use super::campaign::Campaign;
use crate::Money;
use crate::math::quantile::{median, sorted};
use crate::persona::Dimensions;
use crate::segmented::Segmented;
use crate::table::Unit;
use crate::text::format_value;

/// An order is overdue when the customer has waited more than so many times their own usual time between orders.
const OVERDUE: f64 = 2.0;

/// What is known of a segment; `None` where the data do not say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SegmentFacts {
    /// Customers in the segment.
    pub customers: usize,
    /// Their share of all customers.
    pub share: f64,
    /// What they spent in the whole period, net of returns.
    pub revenue: Option<Money>,
    /// Its share of all customers' revenue.
    pub revenue_share: Option<f64>,
    /// What they spent in the last twelve months.
    pub revenue_12m: Option<Money>,
    /// Days since the typical customer's last order.
    pub median_recency_days: Option<f64>,
    /// Orders of the typical customer.
    pub median_orders: Option<f64>,
    /// Spend of the typical customer.
    pub median_spend: Option<f64>,
    /// Spend of the typical customer in the last twelve months.
    pub median_spend_12m: Option<f64>,
    /// Average order value of the typical customer.
    pub average_order_value: Option<f64>,
    /// Usual days between orders of the typical customer who ordered more than once.
    pub days_between_orders: Option<f64>,
    /// Customers who have waited more than twice their own usual time; `None` if there is none.
    pub overdue_customers: Option<usize>,
    /// What the overdue customers spent in the last twelve months (in the whole period where that is not known).
    pub overdue_revenue: Option<Money>,
    /// The best customers of the segment by spend: one in twenty, at least 5 and at most 50.
    pub best_customers: Option<usize>,
    /// What the best customers spent in the whole period.
    pub best_revenue: Option<Money>,
    /// Share of the segment's customers with one order.
    pub one_order_share: Option<f64>,
    /// Customers with one order; `None` where they are fewer than one in fifty: no group to speak to.
    pub one_order_customers: Option<usize>,
    /// Mean share of purchases at a discount.
    pub discount_share: Option<f64>,
    /// Mean share of purchases returned.
    pub return_share: Option<f64>,
    /// Different products that the typical customer bought.
    pub distinct_products: Option<f64>,
    /// What this segment buys more than others, ready to be read: "tea towels, cake tins and lunch bags".
    ///
    /// Not in the customer table: whoever has the products fills it in.
    pub favourite_products: Option<String>,
    /// The share of such customers who order within `response_days` without anything being done, as a backtest found.
    ///
    /// Not in the customer table: whoever has the backtest fills it in.
    pub response: Option<f64>,
    /// The days of that backtest.
    pub response_days: Option<i32>,
    /// The campaign that an action is, in numbers; the action fills it in.
    pub campaign: Option<Campaign>,
    /// Days with an order that are expected of the segment within the horizon.
    pub expected_orders: Option<f64>,
    /// What its customers are expected to spend within the horizon.
    pub expected_spend: Option<Money>,
    /// The same, worth less the longer it is waited for.
    pub lifetime_value: Option<Money>,
    /// Customers who will more likely not buy again than do so; `None` if there is none.
    pub likely_gone: Option<usize>,
    /// The horizon in words: "the next 365 days".
    pub horizon: Option<String>,
    /// The same with their numbers: "tea towels (45 % of them, 3.1 times as often as others) and …".
    pub favourites_in_numbers: Option<String>,
    /// The category that stands out most, with its numbers.
    pub favourite_category: Option<String>,
    /// What most of them buy, with shares, whatever others do.
    pub most_bought_products: Option<String>,
    /// Their share of the demand for their favourite products: "62 %".
    pub favourite_demand: Option<String>,
    /// What they pay against usual prices: "3 % below the usual prices".
    pub price_index: Option<String>,
    /// What a lower price brings, where it pays: known only if their demand is elastic beyond doubt.
    pub price_cut_pays: Option<String>,
    /// What a lower price brings, where it costs revenue: known only if their demand is inelastic beyond doubt.
    pub price_cut_costs: Option<String>,
    /// What a lower price brings, where revenue may rise or fall.
    pub price_cut_unclear: Option<String>,
    /// Why nothing can be said of their demand and prices.
    pub price_unknown: Option<String>,
    /// Products that no longer sell and that some of them once bought: "12 products that …".
    pub dead_stock: Option<String>,
    /// The table's word for value, where it is not money: "Spending Score (1-100)".
    pub value_label: Option<String>,
    /// The typical customer's value, in words.
    pub median_value: Option<String>,
    /// The typical value of all customers, in words.
    pub median_value_all: Option<String>,
    /// How money is written.
    pub currency: Option<String>,
}

/// The facts of every segment that can be read from the customer table.
///
/// Money is added in whole 1/10,000 of the currency unit, so totals are exact.
pub fn segment_facts(segmented: &Segmented<'_>, dimensions: &Dimensions) -> Vec<SegmentFacts> {
    let column = |name: &str| segmented.table().numbers(name);
    let amounts =
        |name: &str| column(name).map(|values| values.iter().map(|v| money(*v)).collect::<Vec<_>>());
    let shop = Shop {
        spend: amounts("spend"),
        spend_12m: amounts("spend_12m"),
        overdue: dimensions.overdue(segmented),
        order_value: order_values(segmented),
        sizes: segmented.sizes(),
    };
    (0..segmented.n_segments()).map(|segment| facts(segmented, dimensions, &shop, segment)).collect()
}

/// What all segments' facts are taken from.
struct Shop {
    spend: Option<Vec<Money>>,
    spend_12m: Option<Vec<Money>>,
    overdue: Option<Vec<f64>>,
    order_value: Option<Vec<f64>>,
    sizes: Vec<usize>,
}

fn facts(segmented: &Segmented<'_>, dimensions: &Dimensions, shop: &Shop, segment: usize) -> SegmentFacts {
    let labels = segmented.labels();
    let customers = shop.sizes[segment];
    let typical_of = |values: &[f64]| known(median(segmented.values_of(segment, values)));
    let typical = |name: &str| typical_of(segmented.table().numbers(name)?);
    let mean = |name: &str| {
        let own = sorted(segmented.values_of(segment, segmented.table().numbers(name)?));
        known(own.iter().sum::<f64>() / own.len() as f64)
    };
    let total = |amounts: &Vec<Money>, of: &dyn Fn(usize) -> bool| -> Money {
        amounts.iter().enumerate().filter(|(row, _)| of(*row)).map(|(_, amount)| *amount).sum()
    };
    let own = |row: usize| labels[row] == segment;
    let revenue = shop.spend.as_ref().map(|spend| total(spend, &own));
    let all = shop.spend.as_ref().map(|spend| total(spend, &|_| true));
    let is_overdue = |row: usize| own(row) && shop.overdue.as_ref().is_some_and(|o| o[row] > OVERDUE);
    let overdue_customers = Some((0..labels.len()).filter(|row| is_overdue(*row)).count()).filter(|n| *n > 0);
    let recent = shop.spend_12m.as_ref().or(shop.spend.as_ref());
    let best = shop.spend.as_ref().map(|spend| best(spend, labels, segment));
    let orders = segmented.table().numbers("orders");
    let one_order = orders.map(|orders| segmented.values_of(segment, orders).filter(|o| *o < 2.0).count());
    let value = dimensions.value.as_ref().and_then(|name| segmented.table().column(name));
    let value = value.filter(|column| column.feature.unit != Unit::Money);
    let in_words = |v: f64| value.map(|column| format_value(column.feature.unit, v, segmented.currency()));
    let value_numbers = value.and_then(|column| segmented.table().numbers(&column.feature.name));
    SegmentFacts {
        customers,
        share: customers as f64 / labels.len() as f64,
        revenue,
        revenue_share: revenue
            .zip(all)
            .filter(|(_, all)| all.0 > 0)
            .map(|(r, all)| r.to_f64() / all.to_f64()),
        revenue_12m: shop.spend_12m.as_ref().map(|spend| total(spend, &own)),
        median_recency_days: typical("recency_days"),
        median_orders: typical("orders"),
        median_spend: typical("spend"),
        median_spend_12m: typical("spend_12m"),
        average_order_value: shop.order_value.as_deref().and_then(typical_of).filter(|v| *v > 0.0),
        days_between_orders: typical("days_between_orders").filter(|days| days.round() >= 1.0),
        overdue_customers,
        overdue_revenue: overdue_customers.and(recent).map(|spend| total(spend, &is_overdue)),
        best_customers: best.map(|(n, _)| n).filter(|n| *n > 0),
        best_revenue: best.filter(|(n, _)| *n > 0).map(|(_, revenue)| revenue),
        one_order_share: one_order.and_then(|n| known(n as f64 / customers as f64)),
        one_order_customers: one_order.filter(|n| *n > 0 && 50 * n >= customers),
        discount_share: mean("discount_share"),
        return_share: mean("return_share"),
        distinct_products: typical("distinct_products"),
        favourite_products: None,
        campaign: None,
        response: None,
        response_days: None,
        expected_orders: None,
        expected_spend: None,
        lifetime_value: None,
        likely_gone: None,
        horizon: None,
        favourites_in_numbers: None,
        favourite_category: None,
        most_bought_products: None,
        favourite_demand: None,
        price_index: None,
        price_cut_pays: None,
        price_cut_costs: None,
        price_cut_unclear: None,
        price_unknown: None,
        dead_stock: None,
        value_label: value.map(|column| column.feature.label.clone()),
        median_value: value_numbers.and_then(typical_of).and_then(in_words),
        median_value_all: value_numbers.and_then(|v| known(median(v.iter().copied()))).and_then(in_words),
        currency: segmented.currency().map(str::to_owned),
    }
}

/// The average order value of each customer, from spend and orders where the table does not have it.
fn order_values(segmented: &Segmented<'_>) -> Option<Vec<f64>> {
    if let Some(values) = segmented.table().numbers("average_order_value") {
        return Some(values.to_vec());
    }
    let spend = segmented.table().numbers("spend")?;
    let orders = segmented.table().numbers("orders")?;
    Some(spend.iter().zip(orders).map(|(s, o)| if *o > 0.0 { s / o } else { f64::NAN }).collect())
}

/// How many best customers there are, and what they spent.
fn best(spend: &[Money], labels: &[usize], segment: usize) -> (usize, Money) {
    let own = labels.iter().zip(spend).filter(|(label, _)| **label == segment);
    let mut own: Vec<Money> = own.map(|(_, spend)| *spend).collect();
    own.sort_unstable_by(|a, b| b.cmp(a));
    let n = own.len().div_ceil(20).clamp(5, 50).min(own.len());
    (n, own[..n].iter().copied().sum())
}

/// The nearest amount; nothing where it is unknown.
pub(super) fn money(amount: f64) -> Money {
    Money((amount * Money::SCALE as f64).round() as i64)
}

fn known(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}
