//! Products whose demand rises or falls against the shop's.

use super::totals::{ProductTotals, RECENT_DAYS};
use crate::time::Day;

/// Two-sided 95 % of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// How a product's orders moved against those of the whole shop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Which of the products given.
    pub index: usize,
    /// Orders of the last [`super::totals::RECENT_DAYS`] days.
    pub recent: u32,
    /// Orders of as many days before.
    pub prior: u32,
    /// How many times as many orders, over how many times as many all products had: 1 when it moved as the shop did.
    pub ratio: f64,
    /// The lower end of the 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Whether a product was on sale before both periods, so that it can rise or fall; a newcomer can only come.
pub fn is_established(product: &ProductTotals<'_>, as_of: Day) -> bool {
    product.sold.first.is_some_and(|first| first.0 < as_of.0 - 2 * RECENT_DAYS)
}

/// The trends of all established products ([`is_established`]) with orders in either period.
///
/// ```text
/// ln R = ln (a + ½)/(b + ½) − ln A/B,   ± 1.96 √(1/(a + ½) + 1/(b + ½))
/// ```
/// with a and b the product's orders in the recent and the prior period, A and B those of all established products.
/// Orders count, not units, so that one bulk order is one; against the shop, so that a season that lifts everything lifts
/// nothing. Empty where the shop has no orders in one of the periods.
pub fn trends(products: &[ProductTotals<'_>], as_of: Day) -> Vec<Trend> {
    let orders = |p: &ProductTotals<'_>| {
        if !is_established(p, as_of) {
            return (0, 0);
        }
        p.sales.iter().fold((0, 0), |sum, s| (sum.0 + s.recent_orders, sum.1 + s.prior_orders))
    };
    let counts: Vec<(u32, u32)> = products.iter().map(orders).collect();
    let of_all = counts.iter().fold((0.0, 0.0), |sum, c| (sum.0 + f64::from(c.0), sum.1 + f64::from(c.1)));
    if of_all.0 <= 0.0 || of_all.1 <= 0.0 {
        return Vec::new();
    }
    let shop = (of_all.0 / of_all.1).ln();
    let trend = |(index, (recent, prior)): (usize, (u32, u32))| {
        let (a, b) = (f64::from(recent) + 0.5, f64::from(prior) + 0.5);
        let (log, error) = ((a / b).ln() - shop, (1.0 / a + 1.0 / b).sqrt());
        let (low, high) = ((log - Z * error).exp(), (log + Z * error).exp());
        Trend { index, recent, prior, ratio: log.exp(), low, high }
    };
    counts.into_iter().enumerate().filter(|(_, c)| c.0 + c.1 > 0).map(trend).collect()
}

/// The surest risers: those whose whole interval is above 1, by its lower end.
pub fn rising(trends: &[Trend], n: usize) -> Vec<Trend> {
    let mut found: Vec<Trend> = trends.iter().filter(|t| t.low > 1.0).copied().collect();
    found.sort_by(|a, b| b.low.total_cmp(&a.low).then(a.index.cmp(&b.index)));
    found.truncate(n);
    found
}

/// The surest fallers that still sell: those whose whole interval is below 1, by its upper end.
pub fn falling(trends: &[Trend], n: usize) -> Vec<Trend> {
    let mut found: Vec<Trend> = trends.iter().filter(|t| t.high < 1.0 && t.recent > 0).copied().collect();
    found.sort_by(|a, b| a.high.total_cmp(&b.high).then(a.index.cmp(&b.index)));
    found.truncate(n);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goods::totals::{Sales, Sold};

    fn sales(recent_orders: u32, prior_orders: u32) -> [Sales; 1] {
        [Sales { recent_orders, prior_orders, ..Sales::default() }]
    }

    #[test]
    fn trends_are_measured_against_the_shop() {
        // The shop doubles from 200 to 400 orders; the first product with it, the second triples that, the third falls.
        let all = [sales(100, 50), sales(240, 40), sales(60, 100), sales(0, 10), sales(0, 0), sales(900, 1)];

        let mut products = Vec::new();
        for (at, sales) in all.iter().enumerate() {
            // The last came when both periods had begun.
            let sold = Sold { first: Some(Day(if at == 5 { 221 } else { 219 })), ..Sold::default() };
            products.push(ProductTotals { slot: 0, sales, sold });
        }
        let found = trends(&products, Day(400));
        assert_eq!(found.len(), 4);
        assert!((found[0].ratio - 100.5 / 50.5 / 2.0).abs() < 1e-12);
        let indices = |trends: Vec<Trend>| trends.iter().map(|t| t.index).collect::<Vec<_>>();
        assert_eq!((indices(rising(&found, 9)), indices(falling(&found, 9))), (vec![1], vec![2]));
    }

    #[test]
    fn without_orders_in_a_period_there_is_no_trend() {
        let (sales, sold) = (sales(3, 0), Sold { first: Some(Day(0)), ..Sold::default() });
        assert!(trends(&[ProductTotals { slot: 0, sales: &sales, sold }], Day(400)).is_empty());
    }
}
