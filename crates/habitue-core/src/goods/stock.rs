//! Stock: what no longer sells, what only slipping customers buy, and how long stocks last.

use super::totals::{ProductTotals, RECENT_DAYS, Sales};
use crate::money::Money;
use crate::time::Day;

/// Orders that a product must have had before to be missed: one sold once is no lost seller.
pub const DEAD_ORDERS: u32 = 10;
/// The share of a product's revenue from slipping segments from which on it is theirs.
pub const SLIPPING_SHARE: f64 = 0.8;
/// Days of a month: 365 ÷ 12, rounded.
const MONTH_DAYS: f64 = 30.4;

/// A product that used to sell.
#[derive(Debug, Clone, Copy)]
pub struct Dead<'a> {
    /// What was counted of it.
    pub product: ProductTotals<'a>,
    /// The last day on which it sold, to whomever.
    pub last_sold: Day,
    /// Whether it sold in the same season a year ago as the one that comes: wait with clearing it.
    pub is_seasonal: bool,
}

/// Products without a sale in the [`RECENT_DAYS`] days before the as-of date that at least [`DEAD_ORDERS`] orders had
/// before; those that brought most come first, ties by number.
pub fn dead_stock<'a>(products: &[ProductTotals<'a>], as_of: Day) -> Vec<Dead<'a>> {
    let since = as_of.0 - RECENT_DAYS;
    let is_dead = |product: &ProductTotals<'a>| {
        let last_sold = product.sold.last.filter(|last| last.0 < since)?;
        let is_seasonal = product.sold.is_seasonal(as_of);
        (product.all().orders >= DEAD_ORDERS).then_some(Dead { product: *product, last_sold, is_seasonal })
    };
    let mut dead: Vec<Dead<'a>> = products.iter().filter_map(is_dead).collect();
    dead.sort_by_key(|d| (std::cmp::Reverse(d.product.all().revenue), d.product.slot));
    dead
}

/// A product whose buyers are slipping.
#[derive(Debug, Clone, Copy)]
pub struct Slipping<'a> {
    /// What was counted of it.
    pub product: ProductTotals<'a>,
    /// The share of its revenue that comes from slipping segments.
    pub share: f64,
}

/// Products with at least `buyers` buyers whose revenue comes from slipping segments to at least [`SLIPPING_SHARE`]; those
/// that brought most come first, ties by number.
pub fn only_slipping<'a>(
    products: &[ProductTotals<'a>],
    slipping: &[bool],
    buyers: u32,
) -> Vec<Slipping<'a>> {
    let of = |product: &ProductTotals<'a>| {
        let all = product.all();
        let revenue = |s: &Sales| s.revenue.to_f64();
        let share: f64 = (0..slipping.len())
            .filter(|segment| slipping[*segment])
            .filter_map(|segment| ProductTotals::share(product.sales, segment, revenue))
            .sum();
        let counts = all.revenue > Money::ZERO && all.buyers >= buyers && share >= SLIPPING_SHARE;
        counts.then_some(Slipping { product: *product, share })
    };
    let mut found: Vec<Slipping<'a>> = products.iter().filter_map(of).collect();
    found.sort_by_key(|s| (std::cmp::Reverse(s.product.all().revenue), s.product.slot));
    found
}

/// How long a stock lasts.
#[derive(Debug, Clone, PartialEq)]
pub struct Cover {
    /// Units sold a month, by the last [`RECENT_DAYS`] days, returns taken off.
    pub monthly: f64,
    /// Months until the stock is gone; `None` where nothing sold.
    pub months: Option<f64>,
    /// Each segment's share of that demand, 0 where it gave back more than it bought; empty where nothing sold.
    pub shares: Vec<f64>,
}

/// How many months `stock` units last at the demand of the last [`RECENT_DAYS`] days.
///
/// ```text
/// months = stock ÷ (units of 90 days ÷ 90 × 30.4)
/// ```
/// Demand below zero (more came back than went out) is none.
pub fn cover(stock: f64, sales: &[Sales]) -> Cover {
    let units = |s: &Sales| s.recent_units.max(0) as f64 / crate::line::UNIT_SCALE as f64;
    let total: f64 = sales.iter().map(units).sum();
    let monthly = total / f64::from(RECENT_DAYS) * MONTH_DAYS;
    if monthly <= 0.0 {
        return Cover { monthly: 0.0, months: None, shares: Vec::new() };
    }
    Cover {
        monthly,
        months: Some(stock.max(0.0) / monthly),
        shares: sales.iter().map(|s| units(s) / total).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goods::totals::Sold;

    fn sales(orders: u32, revenue: i64, recent: i64) -> Sales {
        Sales {
            buyers: orders,
            orders,
            revenue: Money::from_units(revenue),
            recent_units: recent * 1000,
            ..Sales::default()
        }
    }

    fn product(slot: u32, sales: &[Sales], last: i32, season_orders: u32) -> ProductTotals<'_> {
        ProductTotals {
            slot,
            sales,
            sold: Sold { first: Some(Day(-900)), last: Some(Day(last)), season_orders, pause_orders: 0 },
        }
    }

    #[test]
    fn dead_stock_sold_once_and_has_not_for_ninety_days() {
        let many = [sales(6, 60, 0), sales(6, 60, 0)];
        let more = [sales(60, 600, 0), sales(0, 0, 0)];
        let few = [sales(9, 900, 0), sales(0, 0, 0)];
        let products = [
            product(0, &many, 309, 0), // 91 days before day 400
            product(1, &many, 310, 0), // 90 days: still alive
            product(2, &few, 10, 0),
            product(3, &more, 20, 3),
        ];
        let dead = dead_stock(&products, Day(400));
        let found: Vec<_> = dead.iter().map(|d| (d.product.slot, d.last_sold, d.is_seasonal)).collect();
        assert_eq!(found, [(3, Day(20), true), (0, Day(309), false)]);
    }

    #[test]
    fn a_product_belongs_to_slipping_customers_from_four_fifths_of_its_revenue_on() {
        let (theirs, shared, returned) = (
            [sales(5, 20, 0), sales(20, 80, 0)],
            [sales(5, 21, 0), sales(20, 79, 0)],
            [sales(5, -5, 0), sales(20, 1, 0)],
        );
        let products = [product(0, &shared, 9, 0), product(1, &theirs, 9, 0), product(2, &returned, 9, 0)];
        let found = only_slipping(&products, &[false, true], 20);
        assert_eq!(found.iter().map(|s| (s.product.slot, s.share)).collect::<Vec<_>>(), [(1, 0.8)]);
        assert!(only_slipping(&products, &[false, true], 26).is_empty());
    }

    #[test]
    fn a_stock_lasts_as_many_months_as_demand_says() {
        let cover = super::cover(608.0, &[sales(1, 1, 450), sales(1, 1, 450), sales(1, 1, -3)]);
        assert_eq!((cover.monthly, cover.months), (304.0, Some(2.0)));
        assert_eq!(cover.shares, [0.5, 0.5, 0.0]);
        assert_eq!(super::cover(5.0, &[sales(1, 1, 0)]).months, None);
        assert_eq!(super::cover(-5.0, &[sales(1, 1, 90)]).months, Some(0.0));
    }
}
