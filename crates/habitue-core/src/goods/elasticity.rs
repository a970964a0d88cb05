//! How a segment's demand moves with price.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::panel::{Point, slope};
use super::price::WeekPrice;
use super::weeks::Weeks;
use crate::line::UNIT_SCALE;

/// Sales that a product must have in a week for that week to have a price.
pub const ENOUGH_IN_WEEK: u32 = 3;
/// Weeks in which a segment must have bought a product.
pub const ENOUGH_WEEKS: usize = 8;
/// The share of the weeks with a price in which it must have bought it: weeks without a sale have no logarithm, and a
/// segment that seldom buys would seem not to care for prices.
pub const ENOUGH_COVERAGE: f64 = 0.8;
/// Products for one estimate.
pub const ENOUGH_PRODUCTS: usize = 10;
/// Cells (products × weeks) for one estimate.
pub const ENOUGH_CELLS: usize = 150;
/// How much prices must vary within products and weeks, as a share of the price.
pub const ENOUGH_SPREAD: f64 = 0.02;
/// The widest interval that says anything.
pub const WIDEST: f64 = 1.5;

/// What is known of how demand moves with price.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(tag = "known", rename_all = "kebab-case")]
pub enum Elasticity {
    /// It can be told.
    Yes(Measured),
    /// Too few products are bought in enough weeks.
    TooFewProducts {
        /// Products that qualify.
        products: usize,
    },
    /// Too few cells of product and week.
    TooFewCells {
        /// Cells that there are.
        cells: usize,
    },
    /// Prices hardly moved.
    TooLittleVariation {
        /// How much they moved within products and weeks, as a share.
        spread: f64,
    },
    /// The interval is too wide to say anything.
    TooWide(Measured),
}

/// An elasticity with its interval.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Measured {
    /// Percent more units for one percent more price: below zero, as a rule.
    pub value: f64,
    /// Standard error, clustered by product.
    pub error: f64,
    /// The lower end of the 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Products in it.
    pub products: usize,
    /// Cells of product and week in it.
    pub cells: usize,
}

impl Measured {
    /// How many times as many units at `price` times the price: 0.9 for ten percent off.
    pub fn units_at(elasticity: f64, price: f64) -> f64 {
        price.powf(elasticity)
    }
}

/// The elasticity of demand of a segment (of all segments together if none is named), from what it bought at which price.
///
/// ```text
/// ln units = β ln price + effect of the product + effect of the week
/// ```
/// over cells of product and week; the price of a cell is that of the median sale in the whole shop
/// ([`super::price::week_prices`]), so that who buys in bulk does not make their own price.
/// Cells count where the shop made at least [`ENOUGH_IN_WEEK`] sales, and products that the segment bought in at least
/// [`ENOUGH_WEEKS`] such weeks and in [`ENOUGH_COVERAGE`] of them, at two prices or more.
///
/// It tells what went with lower prices in this shop, within products and weeks: not what would have happened anyway,
/// and not what other products lost.
///
/// `prices` are those of [`super::price::week_prices`], the same for all segments.
pub fn elasticity(
    weeks: &Weeks,
    prices: &BTreeMap<(u32, i32), WeekPrice>,
    segment: Option<usize>,
) -> Elasticity {
    judge(&cells(weeks, prices, segment))
}

/// Product, week, ln price and ln units of every cell that counts.
fn cells(weeks: &Weeks, prices: &BTreeMap<(u32, i32), WeekPrice>, segment: Option<usize>) -> Vec<Point> {
    let mut units: BTreeMap<(u32, i32), i64> = BTreeMap::new();
    for segment in segment.map_or(0..weeks.n_segments(), |segment| segment..segment + 1) {
        for (place, cell) in weeks.cells(segment) {
            *units.entry(place).or_default() += cell.units;
        }
    }
    let counting: Vec<_> = prices.iter().filter(|(_, at)| at.sales >= ENOUGH_IN_WEEK).collect();
    let (mut points, mut n_products) = (Vec::new(), 0);
    let mut numbers: BTreeMap<i32, usize> = BTreeMap::new();
    for group in counting.chunk_by(|a, b| a.0.0 == b.0.0) {
        let bought: Vec<_> =
            group.iter().filter_map(|(key, at)| Some((key.1, at.price, *units.get(key)?))).collect();
        let distinct: BTreeSet<i64> = bought.iter().map(|(_, price, _)| *price).collect();
        let covers = bought.len() as f64 >= ENOUGH_COVERAGE * group.len() as f64;
        if bought.len() < ENOUGH_WEEKS || !covers || distinct.len() < 2 {
            continue;
        }
        for (week, price, units) in bought {
            let next = numbers.len();
            let week = *numbers.entry(week).or_insert(next);
            let (x, y) = ((price as f64).ln(), (units as f64 / UNIT_SCALE as f64).ln());
            points.push(Point { product: n_products, week, x, y });
        }
        n_products += 1;
    }
    points
}

fn judge(points: &[Point]) -> Elasticity {
    let (products, cells) = (points.last().map_or(0, |p| p.product + 1), points.len());
    if products < ENOUGH_PRODUCTS {
        return Elasticity::TooFewProducts { products };
    }
    if cells < ENOUGH_CELLS {
        return Elasticity::TooFewCells { cells };
    }
    let Some(slope) = slope(points).filter(|s| s.spread >= ENOUGH_SPREAD) else {
        let spread = slope(points).map_or(0.0, |s| s.spread);
        return Elasticity::TooLittleVariation { spread };
    };
    let (value, error, low, high) = (slope.value, slope.error, slope.low, slope.high);
    let measured = Measured { value, error, low, high, products, cells };
    if high - low > WIDEST { Elasticity::TooWide(measured) } else { Elasticity::Yes(measured) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goods::price::week_prices;
    use crate::goods::shelf::Shelf;
    use crate::line::{Line, ProductKey};
    use crate::math::random::Random;
    use crate::money::Money;
    use crate::summary::Summary;
    use crate::time::Day;

    fn key(product: u64) -> ProductKey {
        ProductKey::new((product + 1) << 8, false)
    }

    /// A shop of `products` whose weekly demand in segment 0 falls with price by −1.8, in segment 1 by −0.5.
    fn shop(products: u64, price_of: impl Fn(u64, i32, f64) -> f64) -> Weeks {
        let shelf = Shelf::new((0..products).map(|p| (key(p), None)), 0);
        let slots: Vec<u32> = (0..products as u32).collect();
        let mut weeks = Weeks::new(&slots, 2, Day(7 * 60));
        let mut random = Random::stream(11, 0);
        for product in 0..products {
            for week in 10..50 {
                let price = price_of(product, week, random.uniform());
                for (segment, elasticity) in [(0, -1.8), (1, -0.5)] {
                    let noise = 0.3 * (random.uniform() + random.uniform() - 1.0);
                    let demand = 100.0 * (1.0 + product as f64) * price.powf(elasticity) * noise.exp();
                    let price = (price * 1e4).round();
                    // Three sales share the demand.
                    let line = |order: u64| Line {
                        time: Day(7 * week - 3).start(),
                        order,
                        product: key(product),
                        units: (demand / 3.0 * 1e3).round() as i64,
                        amount: Money((price * (demand / 3.0)).round() as i64),
                        ..Line::default()
                    };
                    weeks.add(&shelf, &Summary::from_lines((0..3).map(line).collect()), segment);
                }
            }
        }
        weeks
    }

    #[test]
    fn a_known_elasticity_is_found_again_in_each_segment() {
        let weeks = shop(30, |product, _, draw| (1.0 + product as f64 / 5.0) * (0.8 + 0.4 * draw));
        for (segment, truth) in [(0, -1.8), (1, -0.5)] {
            let Elasticity::Yes(found) = elasticity(&weeks, &week_prices(&weeks), Some(segment)) else {
                panic!("not told")
            };
            assert!(found.low < truth && truth < found.high, "{found:?}");
            assert!((found.value - truth).abs() < 0.1 && found.error < 0.06, "{found:?}");
            assert_eq!((found.products, found.cells), (30, 30 * 40));
        }
        let Elasticity::Yes(all) = elasticity(&weeks, &week_prices(&weeks), None) else { panic!("not told") };
        assert!(all.value > -1.8 && all.value < -0.5);
    }

    #[test]
    fn what_cannot_be_told_says_why() {
        let few = shop(9, |_, _, draw| 0.8 + draw);
        assert_eq!(elasticity(&few, &week_prices(&few), Some(0)), Elasticity::TooFewProducts { products: 9 });
        let none = elasticity(&Weeks::new(&[], 1, Day(0)), &BTreeMap::new(), None);
        assert_eq!(none, Elasticity::TooFewProducts { products: 0 });
        let flat = shop(12, |product, week, _| (1.0 + product as f64) * if week == 20 { 1.001 } else { 1.0 });
        assert!(
            matches!(elasticity(&flat, &week_prices(&flat), Some(0)), Elasticity::TooLittleVariation { spread } if spread < 0.01)
        );
    }

    #[test]
    fn an_interval_too_wide_says_nothing_but_itself() {
        // Ten products whose demand has nothing to do with their prices.
        let mut random = Random::stream(5, 0);
        let points: Vec<Point> = (0..150)
            .map(|i| Point {
                product: i / 15,
                week: i % 15,
                x: 0.1 * random.uniform(),
                y: 9.0 * random.uniform(),
            })
            .collect();
        assert!(
            matches!(judge(&points), Elasticity::TooWide(m) if m.cells == 150 && m.high - m.low > WIDEST)
        );
        let short: Vec<Point> = points.iter().filter(|p| p.week < 12).copied().collect();
        assert_eq!(judge(&short), Elasticity::TooFewCells { cells: 120 });
    }

    #[test]
    fn ten_percent_off_at_an_elasticity_of_two_brings_nearly_a_quarter_more() {
        assert!((Measured::units_at(-2.0, 0.9) - 1.234_567_9).abs() < 1e-7);
    }
}
