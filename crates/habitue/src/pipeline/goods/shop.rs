//! The shop's products as a whole: what rises and falls, dead stock, cover, prices.

use habitue_core::Money;
use habitue_core::goods::elasticity::elasticity;
use habitue_core::goods::lift::Lift;
use habitue_core::goods::stock::{DEAD_ORDERS, Dead, SLIPPING_SHARE, cover, only_slipping};
use habitue_core::goods::totals::{ProductTotals, RECENT_DAYS, Sales};
use habitue_core::goods::trend::{Trend, falling, rising, trends};

use super::notes::{Paid, Told};
use super::{Collected, words};
use crate::outcome::{
    Cover, Covered, DeadProduct, DeadStock, Goods, Moving, OnlySlipping, ProductsFile, ShopPrice,
    SlippingProduct,
};

/// Products listed of each kind.
const LISTED: usize = 10;
/// Buyers that a product must have to be said to be slipping customers'.
const SLIPPING_BUYERS: u32 = 20;

pub(super) fn goods(
    found: &Collected,
    products: &[ProductTotals<'_>],
    dead: &[Dead<'_>],
    paid: Option<&Paid<'_>>,
    told: &Told<'_>,
) -> Goods {
    let revenue: Money = products.iter().map(|p| p.all().revenue).sum();
    let services: Money = found.totals.services().iter().copied().sum();
    let moving = trends(products, found.totals.as_of());
    let movers = |trends: Vec<Trend>| trends.iter().map(|t| mover(found, products, told.ids, t)).collect();
    Goods {
        products: products.iter().filter(|p| p.all().orders > 0).count(),
        revenue,
        services,
        without_product: told.revenue - revenue - services,
        known_share: told.known_share,
        file: file_note(found, products),
        rising: movers(rising(&moving, LISTED)),
        falling: movers(falling(&moving, LISTED)),
        dead_stock: dead_note(found, dead),
        only_slipping: slipping_note(found, products, told),
        cover: cover_note(found, products),
        price: paid.map(|paid| price_note(found, products, paid, revenue)),
    }
}

fn mover(found: &Collected, products: &[ProductTotals<'_>], ids: &[usize], trend: &Trend) -> Moving {
    let product = &products[trend.index];
    let best = product.sales.iter().enumerate().max_by_key(|(i, s)| (s.revenue, std::cmp::Reverse(*i)));
    let share = |segment| ProductTotals::share(product.sales, segment, |s| s.revenue.to_f64());
    Moving {
        product: found.names[product.slot as usize].clone(),
        recent_orders: trend.recent,
        prior_orders: trend.prior,
        against_shop: Lift { ratio: trend.ratio, low: trend.low, high: trend.high },
        main_segment: best.and_then(|(i, _)| Some((ids[i], share(i)?))),
    }
}

fn dead_note(found: &Collected, dead: &[Dead<'_>]) -> DeadStock {
    let listed = |d: &Dead<'_>| {
        let (slot, all) = (d.product.slot as usize, d.product.all());
        DeadProduct {
            product: found.names[slot].clone(),
            last_sold: d.last_sold,
            orders: all.orders,
            revenue: all.revenue,
            seasonal: d.is_seasonal,
            buyers: d.product.sales.iter().map(|s| s.buyers).collect(),
            stock: found.articles[slot].as_ref().and_then(|a| a.stock),
        }
    };
    DeadStock {
        days: RECENT_DAYS,
        orders: DEAD_ORDERS,
        products: dead.len(),
        revenue: dead.iter().map(|d| d.product.all().revenue).sum(),
        seasonal: dead.iter().filter(|d| d.is_seasonal).count(),
        // What may sell again soon is not to be cleared: the others first.
        listed: dead.iter().filter(|d| !d.is_seasonal).take(LISTED).map(listed).collect(),
    }
}

fn slipping_note(found: &Collected, products: &[ProductTotals<'_>], told: &Told<'_>) -> Option<OnlySlipping> {
    let slipping = told.slipping;
    let segments: Vec<usize> =
        slipping.iter().zip(told.ids).filter(|(s, _)| **s).map(|(_, id)| *id).collect();
    if segments.is_empty() || segments.len() == slipping.len() {
        return None;
    }
    let theirs = only_slipping(products, slipping, SLIPPING_BUYERS);
    let listed = theirs.iter().take(LISTED).map(|s| SlippingProduct {
        product: found.names[s.product.slot as usize].clone(),
        share: s.share,
        buyers: s.product.all().buyers,
        revenue: s.product.all().revenue,
    });
    Some(OnlySlipping {
        segments,
        share: SLIPPING_SHARE,
        products: theirs.len(),
        revenue: theirs.iter().map(|s| s.product.all().revenue).sum(),
        listed: listed.collect(),
    })
}

fn cover_note(found: &Collected, products: &[ProductTotals<'_>]) -> Option<Cover> {
    let (mut covered, mut n, mut unsold) = (Vec::new(), 0, 0);
    for product in products {
        let slot = product.slot as usize;
        let Some(stock) = found.articles[slot].as_ref().and_then(|a| a.stock) else { continue };
        n += 1;
        let lasts = cover(stock, product.sales);
        let Some(months) = lasts.months else {
            unsold += usize::from(stock > 0.0);
            continue;
        };
        let product_name = found.names[slot].clone();
        let (monthly, shares) = (lasts.monthly, lasts.shares);
        covered.push((
            product.all().recent_orders,
            Covered { product: product_name, stock, monthly, months, shares },
        ));
    }
    if n == 0 {
        return None;
    }
    let short = covered.iter().filter(|(_, c)| c.months < 1.0).count();
    let long = covered.iter().filter(|(_, c)| c.months > 12.0).count();
    // What is asked for most, among what runs out within the month.
    let mut first_out: Vec<&(u32, Covered)> = covered.iter().filter(|(_, c)| c.months < 1.0).collect();
    first_out.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.months.total_cmp(&b.1.months)));
    let mut longest: Vec<&(u32, Covered)> = covered.iter().filter(|(_, c)| c.months > 12.0).collect();
    longest.sort_by(|a, b| {
        b.1.months.total_cmp(&a.1.months).then(a.1.product.product.cmp(&b.1.product.product))
    });
    let list = |found: Vec<&(u32, Covered)>| found.into_iter().take(LISTED).map(|(_, c)| c.clone()).collect();
    Some(Cover { products: n, unsold, short, long, first_out: list(first_out), longest: list(longest) })
}

fn price_note(
    found: &Collected,
    products: &[ProductTotals<'_>],
    paid: &Paid<'_>,
    revenue: Money,
) -> ShopPrice {
    let theirs: Money = products
        .iter()
        .filter(|p| found.best_sellers.binary_search(&p.slot).is_ok())
        .map(|p| p.all().revenue)
        .sum();
    let elasticity = elasticity(paid.weeks, &paid.by_week, None);
    ShopPrice {
        products: found.best_sellers.len(),
        revenue_share: if revenue > Money::ZERO { theirs.to_f64() / revenue.to_f64() } else { 0.0 },
        words: words::elasticity(&elasticity, words::Whose::Shop),
        elasticity,
    }
}

fn file_note(found: &Collected, products: &[ProductTotals<'_>]) -> Option<ProductsFile> {
    let file = found.assortment.as_ref()?;
    let sold: Vec<(&ProductTotals<'_>, Sales)> =
        products.iter().map(|p| (p, p.all())).filter(|(_, all)| all.orders > 0).collect();
    let unknown: Vec<Money> = sold
        .iter()
        .filter(|(p, _)| found.articles[p.slot as usize].is_none())
        .map(|(_, all)| all.revenue)
        .collect();
    Some(ProductsFile {
        path: file.path.clone(),
        format: file.format.clone(),
        rows: file.rows,
        columns: file.columns.clone(),
        matched: sold.len() - unknown.len(),
        unknown: unknown.len(),
        unknown_revenue: unknown.into_iter().sum(),
        repeated: file.repeated,
        unreadable: file.unreadable,
    })
}
