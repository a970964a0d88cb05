//! What a segment pays: usual prices, and its index against them.

use std::collections::BTreeMap;

use super::weeks::{AtPrice, Weeks};
use crate::line::UNIT_SCALE;
use crate::money::Money;

/// Sales that a product must have for its price to be usual.
pub const ENOUGH_SALES: u32 = 20;

/// The usual price of each product of `weeks`, in 1/10,000 of the currency unit: the median of the prices paid, each unit
/// counted, so that half of all units sold at it or below.
///
/// Of two middle units the cheaper. `None` for products with fewer than [`ENOUGH_SALES`] sales.
pub fn usual_prices(weeks: &Weeks) -> Vec<Option<i64>> {
    let mut by_product: Vec<BTreeMap<i64, (u64, i64)>> = vec![BTreeMap::new(); weeks.n_products()];
    for ((product, _), prices) in weeks.prices() {
        for (price, at) in prices {
            let sum = by_product[product as usize].entry(*price).or_default();
            sum.0 += u64::from(at.lines);
            sum.1 += at.units;
        }
    }
    let usual = |prices: &BTreeMap<i64, (u64, i64)>| {
        let lines: u64 = prices.values().map(|p| p.0).sum();
        if lines < u64::from(ENOUGH_SALES) { None } else { middle(prices.iter().map(|(p, n)| (*p, n.1))) }
    };
    by_product.iter().map(usual).collect()
}

/// The price of each product and week: the median over its sales, each counted once.
///
/// Not what all units cost together: one large order at a bulk price would make that week cheap and its sales high, and
/// show as demand what is a quantity discount.
pub fn week_prices(weeks: &Weeks) -> BTreeMap<(u32, i32), WeekPrice> {
    let of = |(place, prices): ((u32, i32), &[(i64, AtPrice)])| {
        let price = middle(prices.iter().map(|(price, at)| (*price, i64::from(at.lines))))?;
        Some((place, WeekPrice { price, sales: prices.iter().map(|(_, at)| at.lines).sum() }))
    };
    weeks.prices().filter_map(of).collect()
}

/// The price of a product in a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeekPrice {
    /// In 1/10,000 of the currency unit.
    pub price: i64,
    /// Sales that it is the median of.
    pub sales: u32,
}

/// The lower weighted median of values in ascending order.
fn middle(values: impl Iterator<Item = (i64, i64)> + Clone) -> Option<i64> {
    let total: i64 = values.clone().map(|v| v.1).sum();
    let mut sum = 0;
    for (value, weight) in values {
        sum += weight;
        if 2 * sum >= total {
            return Some(value);
        }
    }
    None
}

/// What a segment paid for what it bought, against the usual prices of the same goods.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriceIndex {
    /// 1 for the usual prices, 0.97 for 3 % less.
    pub index: f64,
    /// Products in it.
    pub products: usize,
    /// What was paid for them.
    pub paid: Money,
    /// What they would have cost at usual prices, to the nearest part.
    pub usual: Money,
}

/// The price index of a segment over the products with a usual price.
///
/// ```text
/// I = Σ paid ÷ Σ (units × usual price)
/// ```
/// `None` where it bought none of them.
pub fn price_index(weeks: &Weeks, usual: &[Option<i64>], segment: usize) -> Option<PriceIndex> {
    let (mut paid, mut at_usual, mut products) = (Money::ZERO, 0_i128, 0);
    let mut last = None;
    for ((product, _), cell) in weeks.cells(segment) {
        let Some(price) = usual[product as usize] else { continue };
        products += usize::from(last != Some(product));
        last = Some(product);
        paid += cell.paid;
        at_usual += i128::from(cell.units) * i128::from(price);
    }
    let usual = Money(i64::try_from((at_usual + i128::from(UNIT_SCALE) / 2) / i128::from(UNIT_SCALE)).ok()?);
    let index = paid.to_f64() / usual.to_f64();
    (usual > Money::ZERO).then_some(PriceIndex { index, products, paid, usual })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goods::shelf::Shelf;
    use crate::line::{Line, ProductKey};
    use crate::summary::Summary;
    use crate::time::Day;

    /// Segment 0 pays 1.00 apiece in 20 sales of one unit, segment 1 pays 0.80 in one sale of 30 units.
    fn weeks() -> Weeks {
        let product = ProductKey::new(1 << 8, false);
        let shelf = Shelf::new([(product, None)], 0);
        let line = |order: u64, units: i64, amount: i64| Line {
            time: Day(7).start(),
            order,
            product,
            units: units * UNIT_SCALE,
            amount: Money(amount),
            ..Line::default()
        };
        let mut weeks = Weeks::new(&[0], 3, Day(20));
        let small: Vec<Line> = (0..20).map(|order| line(order, 1, 10_000)).collect();
        weeks.add(&shelf, &Summary::from_lines(small), 0);
        weeks.add(&shelf, &Summary::from_lines(vec![line(99, 30, 240_000)]), 1);
        weeks
    }

    #[test]
    fn the_usual_price_is_that_of_the_middle_unit_and_a_weeks_that_of_the_middle_sale() {
        assert_eq!(usual_prices(&weeks()), [Some(8_000)]);
        let week = week_prices(&weeks());
        assert_eq!(week[&(0, 1)], WeekPrice { price: 10_000, sales: 21 });
    }

    #[test]
    fn the_index_is_what_was_paid_against_usual_prices() {
        let usual = usual_prices(&weeks());
        let index = |segment| price_index(&weeks(), &usual, segment);
        // 20 paid for goods of 16; 24 for goods of 24; nothing.
        assert_eq!(index(0).map(|i| (i.index, i.products)), Some((1.25, 1)));
        assert_eq!(index(1).map(|i| (i.index, i.usual)), Some((1.0, Money::from_units(24))));
        assert_eq!(index(2), None);
        assert_eq!(price_index(&weeks(), &[None], 0), None);
    }
}
