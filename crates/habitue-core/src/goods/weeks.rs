//! The second visit: the best-selling products by week, by segment and by price paid.

use std::collections::HashMap;

use super::shelf::Shelf;
use super::standing::ByProduct;
use crate::line::{Line, UNIT_SCALE};
use crate::money::Money;
use crate::summary::Summary;
use crate::time::Day;

/// Most weeks looked at: older prices and demand are of another market.
pub const MOST_WEEKS: i32 = 104;
/// Digits of a unit price that count.
const PRICE_DIGITS: u32 = 4;

/// The week of a day: weeks begin on Monday, and 1970-01-01 is in week 0.
pub fn week_of(day: Day) -> i32 {
    (day.0 + 3).div_euclid(7)
}

/// The price of one unit, in 1/10,000 of the currency unit, rounded to four digits; `None` where it cannot be told.
///
/// Rounding bounds how many prices a product can have, and moves none by more than 0.05 %.
pub fn unit_price(line: &Line) -> Option<i64> {
    if line.units <= 0 || line.amount <= Money::ZERO {
        return None;
    }
    let (amount, units) = (i128::from(line.amount.0) * i128::from(UNIT_SCALE), i128::from(line.units));
    let price = i64::try_from((2 * amount + units) / (2 * units)).ok().filter(|price| *price > 0)?;
    let step = 10_i64.pow((price.ilog10() + 1).saturating_sub(PRICE_DIGITS));
    Some((price + step / 2) / step * step)
}

/// What a segment bought of a product in a week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    /// Sales that stand.
    pub lines: u32,
    /// Units of them, in 1/1,000.
    pub units: i64,
    /// What was paid for them.
    pub paid: Money,
}

/// Sales at one price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AtPrice {
    /// Sales that stand.
    pub lines: u32,
    /// Units of them, in 1/1,000.
    pub units: i64,
}

/// The sales of chosen products, by week.
///
/// Memory: 24 bytes for each chosen product, each of [`MOST_WEEKS`] weeks and each segment, and 24 for each product, week
/// and price; prices have four digits, so there are at most 9,000 for each tenfold of price, whatever the number of lines.
#[derive(Debug, Default)]
pub struct Weeks {
    n_segments: usize,
    first: i32,
    chosen: HashMap<u32, u32>,
    n_products: usize,
    /// Products × weeks × segments.
    cells: Vec<Cell>,
    /// Products × weeks; prices ascend.
    prices: Vec<Vec<(i64, AtPrice)>>,
    by_product: ByProduct,
}

impl Weeks {
    /// Nothing counted yet, of these products, in the [`MOST_WEEKS`] weeks before the as-of date.
    pub fn new(products: &[u32], n_segments: usize, as_of: Day) -> Self {
        let n_places = products.len() * MOST_WEEKS as usize;
        Self {
            n_segments,
            first: week_of(Day(as_of.0 - 1)) - MOST_WEEKS + 1,
            chosen: products.iter().zip(0..).map(|(slot, number)| (*slot, number)).collect(),
            n_products: products.len(),
            cells: vec![Cell::default(); n_places * n_segments],
            prices: vec![Vec::new(); n_places],
            by_product: ByProduct::default(),
        }
    }

    /// Counts one customer of a segment; sales of other weeks are left out.
    pub fn add(&mut self, shelf: &Shelf, summary: &Summary, segment: usize) {
        let mut by_product = std::mem::take(&mut self.by_product);
        by_product.visit(summary, |of| {
            let slot = if of.product.is_service() { None } else { shelf.slot(of.product) };
            let Some(&product) = slot.and_then(|slot| self.chosen.get(&slot)) else { return };
            for line in of.sales {
                let week = week_of(line.time.day()) - self.first;
                let Some(price) = unit_price(line).filter(|_| (0..MOST_WEEKS).contains(&week)) else {
                    continue;
                };
                let place = product as usize * MOST_WEEKS as usize + week as usize;
                let cell = &mut self.cells[place * self.n_segments + segment];
                cell.lines += 1;
                cell.units += line.units;
                cell.paid += line.amount;
                at_price(&mut self.prices[place], price).add(&AtPrice { lines: 1, units: line.units });
            }
        });
        self.by_product = by_product;
    }

    /// Adds what was counted of other customers.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.cells.iter_mut().zip(&other.cells) {
            mine.lines += theirs.lines;
            mine.units += theirs.units;
            mine.paid += theirs.paid;
        }
        for (mine, theirs) in self.prices.iter_mut().zip(&other.prices) {
            for (price, at) in theirs {
                at_price(mine, *price).add(at);
            }
        }
    }

    /// Number of products looked at; they are numbered in the order in which they were given.
    pub fn n_products(&self) -> usize {
        self.n_products
    }

    /// Number of segments.
    pub fn n_segments(&self) -> usize {
        self.n_segments
    }

    /// Product and week of what a segment bought, in that order; only weeks with a sale.
    pub fn cells(&self, segment: usize) -> impl Iterator<Item = ((u32, i32), Cell)> {
        let cells = self.cells.iter().skip(segment).step_by(self.n_segments.max(1));
        let named = cells.enumerate().map(|(place, cell)| (self.name(place), *cell));
        named.filter(|(_, cell)| cell.lines > 0)
    }

    /// Product, week and prices paid (in 1/10,000 of the currency unit, ascending) of all sales, in that order.
    pub fn prices(&self) -> impl Iterator<Item = ((u32, i32), &[(i64, AtPrice)])> {
        let places = self.prices.iter().enumerate().filter(|(_, prices)| !prices.is_empty());
        places.map(|(place, prices)| (self.name(place), prices.as_slice()))
    }

    fn name(&self, place: usize) -> (u32, i32) {
        let weeks = MOST_WEEKS as usize;
        ((place / weeks) as u32, self.first + (place % weeks) as i32)
    }
}

/// The sales at a price, which is put in its place if it is new.
fn at_price(prices: &mut Vec<(i64, AtPrice)>, price: i64) -> &mut AtPrice {
    let at = match prices.binary_search_by_key(&price, |(known, _)| *known) {
        Ok(at) => at,
        Err(at) => {
            prices.insert(at, (price, AtPrice::default()));
            at
        }
    };
    &mut prices[at].1
}

impl AtPrice {
    fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.units += other.units;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::ProductKey;

    fn line(units: i64, amount: i64, day: i32) -> Line {
        let product = ProductKey::new(1 << 8, false);
        Line {
            time: Day(day).start(),
            order: day as u64,
            product,
            units,
            amount: Money(amount),
            ..Line::default()
        }
    }

    #[test]
    fn a_unit_price_has_four_digits() {
        let price = |units, amount| unit_price(&line(units, amount, 0));
        // 12 pieces for 15.30 are 1.275 apiece; 3 for 10 are 3.3333, rounded to 3.333.
        assert_eq!((price(12_000, 153_000), price(3_000, 100_000)), (Some(12_750), Some(33_330)));
        // Half a unit for 0.99; a litre's thousandth for 2.50; 2,345,675 rounds half up.
        assert_eq!((price(500, 9_900), price(1, 25_000)), (Some(19_800), Some(25_000_000)));
        assert_eq!(price(1_000, 2_345_500), Some(2_346_000));
        // Free, taken back, or less than a ten-thousandth apiece: no price.
        assert_eq!((price(1_000, 0), price(-1_000, 5), price(1_000_000, 1)), (None, None, None));
    }

    #[test]
    fn weeks_begin_on_monday() {
        // 1970-01-04 was a Sunday.
        assert_eq!([-4, -3, 0, 3, 4].map(|day| week_of(Day(day))), [-1, 0, 0, 0, 1]);
    }

    #[test]
    fn sales_are_counted_by_week_segment_and_price_and_old_ones_are_not() {
        let shelf = Shelf::new([(ProductKey::new(1 << 8, false), None)], 0);
        let new = || Weeks::new(&[0], 2, Day(800));
        let summary = |lines: &[Line]| Summary::from_lines(lines.to_vec());
        let mut weeks = new();
        // Day 799 is in week 114; the first of 104 weeks is week 11, which begins on day 74.
        weeks.add(
            &shelf,
            &summary(&[line(1_000, 10_000, 73), line(1_000, 10_000, 74), line(2_000, 20_000, 75)]),
            1,
        );
        let mut other = new();
        other.add(&shelf, &summary(&[line(1_000, 30_000, 76), line(1_000, 10_000, 77)]), 0);
        weeks.merge(&other);
        let cell = |lines, units, paid| Cell { lines, units, paid: Money(paid) };
        let cells = |segment| weeks.cells(segment).collect::<Vec<_>>();
        assert_eq!(cells(0), [((0, 11), cell(2, 2_000, 40_000))]);
        assert_eq!(cells(1), [((0, 11), cell(2, 3_000, 30_000))]);
        let at = |lines, units| AtPrice { lines, units };
        let prices: Vec<_> = weeks.prices().collect();
        assert_eq!(prices, [((0, 11), &[(10_000, at(3, 4_000)), (30_000, at(1, 1_000))][..])]);
    }
}
