//! What was counted, as the outcome tells it: segment by segment, and the numbers that actions speak of.

use std::collections::BTreeMap;

use habitue_core::Money;
use habitue_core::action::SegmentFacts;
use habitue_core::goods::elasticity::elasticity;
use habitue_core::goods::favourites::{Preference, Support, favourites, most_bought, preferences};
use habitue_core::goods::price::{WeekPrice, price_index, week_prices};
use habitue_core::goods::stock::{Dead, dead_stock};
use habitue_core::goods::totals::{ProductTotals, Sales};
use habitue_core::goods::trend::is_established;
use habitue_core::goods::weeks::Weeks;
use habitue_core::line::UNIT_SCALE;
use rayon::prelude::*;

use super::{Collected, shop, words};
use crate::outcome::{Favourite, Goods, ProductName, SegmentGoods, SegmentPrice};

/// Products, or categories, listed for a segment.
const LISTED: usize = 8;

/// What was found out of products, prices and stock.
pub(crate) struct GoodsNotes {
    pub(crate) shop: Goods,
    pub(crate) segments: Vec<SegmentGoods>,
    facts: Vec<GoodsFacts>,
}

/// What is known of the run beside its products.
pub(crate) struct Told<'a> {
    /// The number by which each segment is known, which survives refits.
    pub(crate) ids: &'a [usize],
    /// Customers of each segment.
    pub(crate) sizes: &'a [usize],
    /// Whether a segment is slipping.
    pub(crate) slipping: &'a [bool],
    /// Net revenue of all segments.
    pub(crate) revenue: Money,
    /// The share of the revenue read that comes from known customers.
    pub(crate) known_share: Option<f64>,
    /// Whether the orders reach back far enough to tell newcomers from other products.
    pub(crate) reaches_back: bool,
    /// Whether the orders have discounts.
    pub(crate) has_discounts: bool,
}

/// The best sellers by week, and their prices.
pub(super) struct Paid<'a> {
    pub(super) weeks: &'a Weeks,
    /// The usual price of each, in 1/10,000 of the currency unit.
    usual: Vec<Option<i64>>,
    /// By product and week.
    pub(super) by_week: BTreeMap<(u32, i32), WeekPrice>,
}

/// What actions may say of a segment.
#[derive(Default)]
struct GoodsFacts {
    favourites: Vec<Favourite>,
    categories: Vec<Favourite>,
    most_bought: Vec<Favourite>,
    dead: Option<String>,
}

impl GoodsNotes {
    pub(crate) fn new(found: &Collected, told: &Told<'_>) -> Self {
        let products = found.totals.products();
        let dead = dead_stock(&products, found.totals.as_of());
        let paid = found.weeks.as_ref().map(|weeks| Paid {
            weeks,
            usual: found.usual_prices(weeks),
            by_week: week_prices(weeks),
        });
        let of_segment = |segment: usize| {
            let (goods, mut of) = bought(found, &products, segment, told);
            let price = paid.as_ref().map(|Paid { weeks, usual, by_week }| {
                let index = price_index(weeks, usual, segment);
                let elasticity = elasticity(weeks, by_week, Some(segment));
                SegmentPrice {
                    index: index.map(|i| i.index),
                    index_products: index.map_or(0, |i| i.products),
                    paid: index.map_or(Money::ZERO, |i| i.paid),
                    usual: index.map_or(Money::ZERO, |i| i.usual),
                    discount_share: discount_share(&products, segment).filter(|_| told.has_discounts),
                    words: words::elasticity(&elasticity, words::Whose::Segment),
                    elasticity,
                }
            });
            let theirs: Vec<&Dead<'_>> =
                dead.iter().filter(|d| d.product.sales[segment].buyers > 0).collect();
            of.dead = words::dead(found, &theirs, segment);
            (SegmentGoods { price, dead_products: theirs.len(), ..goods }, of)
        };
        let (segments, facts) = (0..told.sizes.len()).into_par_iter().map(of_segment).unzip();
        Self { shop: shop::goods(found, &products, &dead, paid.as_ref(), told), segments, facts }
    }

    /// Fills in what actions may say of products and prices.
    pub(crate) fn fill(&self, facts: &mut [SegmentFacts]) {
        for ((facts, of), goods) in facts.iter_mut().zip(&self.facts).zip(&self.segments) {
            facts.favourite_products = words::names(&of.favourites);
            facts.favourites_in_numbers = words::in_numbers(&of.favourites);
            facts.favourite_category = words::in_numbers(&of.categories[..of.categories.len().min(1)]);
            facts.most_bought_products = words::with_shares(&of.most_bought);
            facts.favourite_demand = words::share_of_demand(&of.favourites);
            facts.dead_stock.clone_from(&of.dead);
            let Some(price) = &goods.price else { continue };
            facts.price_index = price.index.map(words::index);
            let cut = words::price_cut(&price.elasticity);
            facts.price_cut_pays = cut.pays;
            facts.price_cut_costs = cut.costs;
            facts.price_cut_unclear = cut.unclear;
            facts.price_unknown = cut.unknown;
        }
    }
}

/// What a segment buys.
fn bought(
    found: &Collected,
    products: &[ProductTotals<'_>],
    segment: usize,
    told: &Told<'_>,
) -> (SegmentGoods, GoodsFacts) {
    let support = Support::default();
    let all = preferences(products.iter().map(|p| p.sales), segment, told.sizes, support);
    // Who has been away since a product came cannot have bought it: newcomers are no favourites.
    let as_of = found.totals.as_of();
    let is_old = |p: &&Preference| is_established(&products[p.index], as_of) || !told.reaches_back;
    let established: Vec<Preference> = all.iter().filter(is_old).copied().collect();
    let product = |p: &Preference| {
        let of = &products[p.index];
        favourite(p, found.names[of.slot as usize].clone(), of.sales, segment)
    };
    let numbers: Vec<u32> = (0..found.categories.len() as u32).collect();
    let of_categories = numbers.iter().map(|n| found.totals.category(*n));
    let of_categories = preferences(of_categories, segment, told.sizes, support);
    let category = |p: &Preference| {
        let name = found.categories[p.index].clone();
        let name = ProductName { name, ..ProductName::default() };
        favourite(p, name, found.totals.category(p.index as u32), segment)
    };
    let list = |found: Vec<Preference>| found.iter().map(product).collect::<Vec<_>>();
    let goods = SegmentGoods {
        favourites: list(favourites(&established, LISTED)),
        most_bought: list(most_bought(&all, LISTED)),
        categories: favourites(&of_categories, LISTED).iter().map(category).collect(),
        ..SegmentGoods::default()
    };
    let facts = GoodsFacts {
        favourites: goods.favourites.clone(),
        categories: goods.categories.clone(),
        most_bought: goods.most_bought.clone(),
        dead: None,
    };
    (goods, facts)
}

fn favourite(p: &Preference, product: ProductName, sales: &[Sales], segment: usize) -> Favourite {
    let units = |s: &Sales| s.units as f64 / UNIT_SCALE as f64;
    Favourite {
        product,
        buyers: p.buyers,
        share: p.share,
        share_others: p.share_others,
        lift: p.lift,
        revenue: sales[segment].revenue,
        units: units(&sales[segment]),
        share_of_demand: p.share_of_demand,
        share_of_units: ProductTotals::share(sales, segment, units),
    }
}

/// What was taken off the prices of what a segment bought, as a share of prices before that.
fn discount_share(products: &[ProductTotals<'_>], segment: usize) -> Option<f64> {
    let of = |value: &dyn Fn(&Sales) -> Money| -> Money {
        products.iter().map(|p| value(&p.sales[segment])).sum()
    };
    let (discount, revenue) = (of(&|s| s.discount), of(&|s| s.revenue));
    (revenue > Money::ZERO).then(|| discount.to_f64() / (discount + revenue).to_f64())
}
