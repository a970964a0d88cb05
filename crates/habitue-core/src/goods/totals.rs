//! The first visit: who buys what, by product and by category, counted for each segment.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::shelf::Shelf;
use super::standing::{ByProduct, OfProduct};
use crate::line::UNIT_SCALE;
use crate::money::Money;
use crate::summary::Summary;
use crate::time::Day;

/// Days of the season that is compared: recent demand, and what has not sold for so long is dead stock.
pub const RECENT_DAYS: i32 = 90;
/// Days of a year, for the same season a year ago.
const YEAR_DAYS: i32 = 365;

/// What the customers of one segment bought of one product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sales {
    /// Customers whose purchases of it, returns taken off, come to more than nothing.
    pub buyers: u32,
    /// Orders with a sale of it that stands.
    pub orders: u32,
    /// Units, returns taken off, in 1/1,000.
    pub units: i64,
    /// Money, returns taken off.
    pub revenue: Money,
    /// What was taken off the price of its sales.
    pub discount: Money,
    /// Units of the last [`RECENT_DAYS`] days, returns taken off, in 1/1,000.
    pub recent_units: i64,
    /// Orders of the last [`RECENT_DAYS`] days.
    pub recent_orders: u32,
    /// Orders of the [`RECENT_DAYS`] days before these.
    pub prior_orders: u32,
}

impl Sales {
    /// Adds what others bought.
    pub fn add(&mut self, other: &Self) {
        self.buyers += other.buyers;
        self.orders += other.orders;
        self.units += other.units;
        self.revenue += other.revenue;
        self.discount += other.discount;
        self.recent_units += other.recent_units;
        self.recent_orders += other.recent_orders;
        self.prior_orders += other.prior_orders;
    }

    /// Units as a number.
    pub fn n_units(&self) -> f64 {
        self.units as f64 / UNIT_SCALE as f64
    }
}

/// When a product sold, to whomever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sold {
    /// The first day with a sale that stands.
    pub first: Option<Day>,
    /// The last one.
    pub last: Option<Day>,
    /// Orders with it a year ago, in the [`RECENT_DAYS`] days after the as-of date of that year: the coming season.
    pub season_orders: u32,
    /// Orders with it in the [`RECENT_DAYS`] days before these: whether it paused a year ago, too.
    pub pause_orders: u32,
}

impl Sold {
    /// Whether it sold in the coming season a year ago, and paused before, although it was on sale already: it may come
    /// again. Where the orders do not reach back that far, nothing can be told, and it is not said to.
    pub fn is_seasonal(&self, as_of: Day) -> bool {
        let before = as_of.0 - YEAR_DAYS - RECENT_DAYS;
        self.season_orders > 0 && self.pause_orders == 0 && self.first.is_some_and(|first| first.0 < before)
    }
}

impl Sold {
    fn add(&mut self, other: &Self) {
        self.first = match (self.first, other.first) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.last = self.last.max(other.last);
        self.season_orders += other.season_orders;
        self.pause_orders += other.pause_orders;
    }
}

/// What was counted of one product.
#[derive(Debug, Clone, Copy)]
pub struct ProductTotals<'a> {
    /// The product's number on the shelf.
    pub slot: u32,
    /// One entry a segment.
    pub sales: &'a [Sales],
    /// When it sold.
    pub sold: Sold,
}

impl ProductTotals<'_> {
    /// The share of a segment in something that all segments have of the product; segments that gave back more than they
    /// bought have none. `None` where nobody has any.
    pub fn share(sales: &[Sales], segment: usize, of: impl Fn(&Sales) -> f64) -> Option<f64> {
        let all: f64 = sales.iter().map(|s| of(s).max(0.0)).sum();
        (all > 0.0).then(|| of(&sales[segment]).max(0.0) / all)
    }

    /// All segments together.
    pub fn all(&self) -> Sales {
        self.sales.iter().fold(Sales::default(), |mut sum, sales| {
            sum.add(sales);
            sum
        })
    }
}

/// The counts of customers visited so far.
///
/// Memory: some 50 bytes for each product sold and segment, and as much again for each partition being visited.
#[derive(Debug, Default)]
pub struct Totals {
    n_segments: usize,
    as_of: Day,
    rows: HashMap<u32, u32>,
    slots: Vec<u32>,
    sales: Vec<Sales>,
    sold: Vec<Sold>,
    /// Category after category, one entry a segment.
    categories: Vec<Sales>,
    services: Vec<Money>,
    by_product: ByProduct,
    of_customer: Vec<(u32, Money)>,
}

impl Totals {
    /// Nothing counted yet.
    pub fn new(n_segments: usize, n_categories: usize, as_of: Day) -> Self {
        Self {
            n_segments,
            as_of,
            categories: vec![Sales::default(); n_categories * n_segments],
            services: vec![Money::ZERO; n_segments],
            ..Self::default()
        }
    }

    /// Counts one customer. Of a customer in no segment only the days of sales count: what they took is not dead stock.
    pub fn add(&mut self, shelf: &Shelf, summary: &Summary, segment: Option<usize>) {
        let mut by_product = std::mem::take(&mut self.by_product);
        self.of_customer.clear();
        by_product.visit(summary, |of| self.add_product(shelf, of, segment));
        self.by_product = by_product;
        let Some(segment) = segment else { return };
        // A customer buys a category once, however many of its products: money is added up before it is asked for.
        self.of_customer.sort_unstable_by_key(|(category, _)| *category);
        for group in self.of_customer.chunk_by(|a, b| a.0 == b.0) {
            let net: Money = group.iter().map(|(_, amount)| *amount).sum();
            let category = group[0].0 as usize * self.n_segments + segment;
            self.categories[category].buyers += u32::from(net > Money::ZERO);
        }
    }

    fn add_product(&mut self, shelf: &Shelf, of: OfProduct<'_>, segment: Option<usize>) {
        let net: Money = of.lines.iter().map(|l| l.amount).sum();
        if of.product.is_service() {
            if let Some(segment) = segment {
                self.services[segment] += net;
            }
            return;
        }
        let Some(slot) = shelf.slot(of.product) else { return };
        let row = self.row(slot);
        let year_ago = self.as_of.0 - YEAR_DAYS;
        let recent = self.as_of.0 - RECENT_DAYS;
        let (mut orders, mut recent_orders, mut prior_orders) = (0, 0, 0);
        for order in of.sales.chunk_by(|a, b| a.order == b.order) {
            orders += 1;
            let day = order[0].time.day();
            recent_orders += u32::from(day.0 >= recent);
            prior_orders += u32::from((recent - RECENT_DAYS..recent).contains(&day.0));
            self.sold[row].add(&Sold {
                first: Some(day),
                last: Some(day),
                season_orders: u32::from((year_ago..year_ago + RECENT_DAYS).contains(&day.0)),
                pause_orders: u32::from((year_ago - RECENT_DAYS..year_ago).contains(&day.0)),
            });
        }
        let Some(segment) = segment else { return };
        let sales = Sales {
            buyers: u32::from(net > Money::ZERO),
            orders,
            units: of.lines.iter().map(|l| l.units).sum(),
            revenue: net,
            discount: of.sales.iter().map(|l| l.discount).sum(),
            recent_units: of.lines.iter().filter(|l| l.time.day().0 >= recent).map(|l| l.units).sum(),
            recent_orders,
            prior_orders,
        };
        self.sales[row * self.n_segments + segment].add(&sales);
        if let Some(category) = shelf.category(slot) {
            self.of_customer.push((category, net));
            // Buyers are counted when all products of the customer are known.
            self.categories[category as usize * self.n_segments + segment].add(&Sales { buyers: 0, ..sales });
        }
    }

    /// Adds what was counted of other customers.
    pub fn merge(&mut self, other: &Self) {
        for product in other.products() {
            let row = self.row(product.slot);
            self.sold[row].add(&product.sold);
            let mine = &mut self.sales[row * self.n_segments..][..self.n_segments];
            mine.iter_mut().zip(product.sales).for_each(|(mine, theirs)| mine.add(theirs));
        }
        self.categories.iter_mut().zip(&other.categories).for_each(|(mine, theirs)| mine.add(theirs));
        self.services.iter_mut().zip(&other.services).for_each(|(mine, theirs)| *mine += *theirs);
    }

    /// Notes that a product sold on a day to somebody whom nobody knows.
    pub fn note_sold(&mut self, slot: u32, day: Day) {
        let row = self.row(slot);
        self.sold[row].add(&Sold { first: Some(day), last: Some(day), ..Sold::default() });
    }

    fn row(&mut self, slot: u32) -> usize {
        let next = self.slots.len() as u32;
        let row = *self.rows.entry(slot).or_insert(next);
        if row == next {
            self.slots.push(slot);
            self.sold.push(Sold::default());
            self.sales.resize(self.sales.len() + self.n_segments, Sales::default());
        }
        row as usize
    }

    /// All products seen, by their numbers.
    pub fn products(&self) -> Vec<ProductTotals<'_>> {
        let mut rows: Vec<usize> = (0..self.slots.len()).collect();
        rows.sort_unstable_by_key(|row| self.slots[*row]);
        let product = |row: usize| ProductTotals {
            slot: self.slots[row],
            sales: &self.sales[row * self.n_segments..][..self.n_segments],
            sold: self.sold[row],
        };
        rows.into_iter().map(product).collect()
    }

    /// What segments bought of a category; in a category's orders an order with two of its products counts twice.
    pub fn category(&self, category: u32) -> &[Sales] {
        &self.categories[category as usize * self.n_segments..][..self.n_segments]
    }

    /// Net money for services, one amount a segment.
    pub fn services(&self) -> &[Money] {
        &self.services
    }

    /// The as-of date.
    pub fn as_of(&self) -> Day {
        self.as_of
    }

    /// The products with the most orders, of all segments together: at most `n`, by number. Of products with equally many
    /// orders those that brought more come first, then those of the lower number.
    pub fn best_sellers(&self, n: usize) -> Vec<u32> {
        let sold = self.products().into_iter().map(|p| (p.all(), p.slot)).filter(|p| p.0.orders > 0);
        let mut sold: Vec<(Sales, u32)> = sold.collect();
        sold.sort_by_key(|(all, slot)| (Reverse((all.orders, all.revenue)), *slot));
        let mut slots: Vec<u32> = sold.into_iter().take(n).map(|(_, slot)| slot).collect();
        slots.sort_unstable();
        slots
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::line::{Line, ProductKey};

    const AS_OF: Day = Day(400);

    fn key(product: u64) -> ProductKey {
        ProductKey::new(product << 8, false)
    }

    fn line(product: u64, order: u64, day: i32, units: i64, amount: i64) -> Line {
        Line {
            time: Day(day).start(),
            order,
            product: key(product),
            units: units * UNIT_SCALE,
            amount: Money::from_units(amount),
            discount: Money(i64::from(units > 0)),
        }
    }

    /// Three products; the first two are one category.
    fn shelf() -> Shelf {
        Shelf::new([(key(1), Some(0)), (key(2), Some(0)), (key(3), None)], 1)
    }

    fn counted(customers: &[(&[Line], Option<usize>)]) -> Totals {
        let mut totals = Totals::new(2, 1, AS_OF);
        for (lines, segment) in customers {
            totals.add(&shelf(), &Summary::from_lines(lines.to_vec()), *segment);
        }
        totals
    }

    #[test]
    fn buyers_orders_units_and_money_are_what_the_hand_counts() {
        let first =
            [line(1, 1, 100, 5, 50), line(1, 2, 390, 2, 20), line(1, 3, 395, -1, -10), line(2, 1, 100, 1, 9)];
        let totals = counted(&[
            (&first, Some(0)),
            (&[line(1, 9, 40, 3, 30)], Some(1)),
            (&[line(1, 8, 300, 1, 10)], Some(0)),
        ]);
        let products = totals.products();
        let [one, two] = [&products[0], &products[1]];
        assert_eq!(
            one.sales[0],
            Sales {
                buyers: 2,
                orders: 3,
                units: 7_000,
                revenue: Money::from_units(70),
                discount: Money(3),
                recent_units: 1_000,
                recent_orders: 1,
                prior_orders: 1,
            }
        );
        assert_eq!((one.sales[1].buyers, two.sales[0].buyers, two.all().orders), (1, 1, 1));
        // A year before day 400 is day 35: the coming season is days 35 to 124.
        assert_eq!(
            one.sold,
            Sold { first: Some(Day(40)), last: Some(Day(390)), season_orders: 2, pause_orders: 0 }
        );
        // Two customers of segment 0 buy the category, one of them two products of it.
        assert_eq!((totals.category(0)[0].buyers, totals.category(0)[0].revenue), (2, Money::from_units(79)));
        assert_eq!(totals.best_sellers(1), [0]);
    }

    #[test]
    fn what_paused_a_year_ago_too_may_come_again() {
        let sold = |days: &[i32]| {
            let lines: Vec<Line> = days.iter().map(|day| line(1, *day as u64, *day, 1, 1)).collect();
            let mut totals = Totals::new(1, 1, Day(1000));
            totals.add(&shelf(), &Summary::from_lines(lines), Some(0));
            totals.products()[0].sold.is_seasonal(Day(1000))
        };
        // A year before day 1000 is day 635; the season is days 635 to 724, the pause days 545 to 634.
        assert!(sold(&[300, 640, 700]));
        assert!(!sold(&[300, 600, 640]) && !sold(&[640]) && !sold(&[300, 500]));
    }

    #[test]
    fn who_gave_all_back_is_no_buyer() {
        let totals = counted(&[(
            &[line(1, 1, 100, 5, 50), line(1, 2, 101, -3, -30), line(1, 3, 102, -2, -20)],
            Some(0),
        )]);
        let product = totals.products()[0];
        assert_eq!(
            (product.sales[0].buyers, product.sales[0].orders, totals.category(0)[0].buyers),
            (0, 1, 0)
        );
    }

    #[test]
    fn customers_in_no_segment_move_the_day_of_the_last_sale_alone() {
        let mut totals = counted(&[(&[line(3, 1, 399, 5, 50)], None)]);
        assert_eq!(
            (totals.products()[0].all(), totals.products()[0].sold.last),
            (Sales::default(), Some(Day(399)))
        );
        totals.note_sold(0, Day(12));
        assert_eq!((totals.products()[0].slot, totals.products()[0].sold.last), (0, Some(Day(12))));
        assert!(totals.best_sellers(9).is_empty());
    }

    #[test]
    fn services_are_no_products_but_money() {
        let post = Line { product: ProductKey::new(77 << 8, true), ..line(1, 1, 100, 1, 18) };
        let totals = counted(&[(&[post], Some(1))]);
        assert!(totals.products().is_empty());
        assert_eq!(totals.services(), [Money::ZERO, Money::from_units(18)]);
    }

    prop_compose! {
        fn any_line()(product in 1..4_u64, order in 0..5_u64, day in 0..400, units in -3..4_i64) -> Line {
            line(product, order, day, units, units * 10)
        }
    }

    proptest! {
        #[test]
        fn any_split_of_the_customers_gives_the_same_counts(
            customers in prop::collection::vec((prop::collection::vec(any_line(), 1..9), prop::option::of(0..2_usize), 0..3_usize), 0..12)
        ) {
            let mut parts = [0, 1, 2].map(|_| Totals::new(2, 1, AS_OF));
            let mut whole = Totals::new(2, 1, AS_OF);
            for (lines, segment, part) in customers {
                let summary = Summary::from_lines(lines);
                whole.add(&shelf(), &summary, segment);
                parts[part].add(&shelf(), &summary, segment);
            }
            let mut merged = Totals::new(2, 1, AS_OF);
            for part in [2, 0, 1] {
                merged.merge(&parts[part]);
            }
            prop_assert_eq!(merged.category(0), whole.category(0));
            let all = |t: &Totals| t.products().iter().map(|p| (p.slot, p.sales.to_vec(), p.sold)).collect::<Vec<_>>();
            prop_assert_eq!(all(&merged), all(&whole));
        }
    }
}
