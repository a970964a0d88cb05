//! Products whose demand rises or falls against the shop's.

use super::totals::ProductTotals;

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

/// The trends of all products with orders in both periods together.
///
/// ```text
/// ln R = ln (a + ½)/(b + ½) − ln A/B,   ± 1.96 √(1/(a + ½) + 1/(b + ½))
/// ```
/// with a and b the product's orders in the recent and the prior period, A and B those of all products.
/// Orders count, not units, so that one bulk order is one; against the shop, so that a season that lifts everything lifts
/// nothing. Empty where the shop has no orders in one of the periods.
pub fn trends(products: &[ProductTotals<'_>]) -> Vec<Trend> {
    let orders = |p: &ProductTotals<'_>| {
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
        let all = [sales(100, 50), sales(240, 40), sales(60, 100), sales(0, 10), sales(0, 0)];
        let products: Vec<ProductTotals<'_>> =
            all.iter().map(|sales| ProductTotals { slot: 0, sales, sold: Sold::default() }).collect();
        let found = trends(&products);
        assert_eq!(found.len(), 4);
        assert!((found[0].ratio - 100.5 / 50.5 / 2.0).abs() < 1e-12);
        let indices = |trends: Vec<Trend>| trends.iter().map(|t| t.index).collect::<Vec<_>>();
        assert_eq!((indices(rising(&found, 9)), indices(falling(&found, 9))), (vec![1], vec![2]));
    }

    #[test]
    fn without_orders_in_a_period_there_is_no_trend() {
        let all = [sales(3, 0)];
        assert!(trends(&[ProductTotals { slot: 0, sales: &all[0], sold: Sold::default() }]).is_empty());
    }
}
