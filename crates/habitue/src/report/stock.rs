//! Stock and prices of the shop as a whole.

use askama::Template;
use habitue_core::Money;

use crate::outcome::{Covered, Goods, Moving, ProductName};
use crate::report::bought::{measured, times};
use crate::report::format::{count, counted, day, decimal, share};
use crate::report::story::{Shown, Story};

#[derive(Template)]
#[template(path = "report/stock.html")]
pub(super) struct Stock<'a> {
    story: &'a Story<'a>,
    goods: &'a Goods,
    products: String,
    revenue: String,
    services: Option<String>,
    unknown_share: Option<String>,
    file: Option<String>,
    moving: Vec<(&'static str, &'static str, Vec<MovingRow<'a>>)>,
    dead: Vec<DeadRow<'a>>,
    dead_words: Option<String>,
    slipping: Vec<SlippingRow<'a>>,
    slipping_words: Option<String>,
    cover: Vec<(&'static str, &'static str, Vec<CoverRow<'a>>)>,
    cover_words: Option<String>,
    price_words: Option<(String, String, Option<String>)>,
}

/// A product whose demand moves.
struct MovingRow<'a> {
    of: &'a ProductName,
    recent: String,
    prior: String,
    against: String,
    between: String,
    /// Who buys it most, and their share of its revenue.
    main: Option<(&'a Shown<'a>, String)>,
}

/// A product that no longer sells.
struct DeadRow<'a> {
    of: &'a ProductName,
    last_sold: String,
    orders: String,
    revenue: String,
    /// Customers of each segment who once bought it.
    buyers: Vec<String>,
    stock: Option<String>,
}

struct SlippingRow<'a> {
    of: &'a ProductName,
    share: String,
    buyers: String,
    revenue: String,
}

struct CoverRow<'a> {
    of: &'a ProductName,
    stock: String,
    monthly: String,
    months: String,
    main: Option<(&'a Shown<'a>, String)>,
}

impl<'a> Stock<'a> {
    pub(super) fn new(story: &'a Story<'a>, goods: &'a Goods) -> Self {
        let money = |amount: Money| story.format.money(amount);
        let texts = |amounts: Vec<Money>| story.format.money_column(&amounts).texts();
        let moving = |of: &'a [Moving]| of.iter().map(|m| MovingRow::new(story, m)).collect::<Vec<_>>();
        let moving = [
            (
                "Hold more",
                "Products whose orders grew more than the shop's, the surest first.",
                moving(&goods.rising),
            ),
            (
                "Hold less",
                "Products whose orders fell against the shop's, the surest first; they still sell.",
                moving(&goods.falling),
            ),
        ];
        let dead = &goods.dead_stock;
        let dead_revenue = texts(dead.listed.iter().map(|d| d.revenue).collect());
        let dead_rows = dead.listed.iter().zip(dead_revenue).map(|(d, revenue)| DeadRow {
            of: &d.product,
            last_sold: day(d.last_sold),
            orders: count(d.orders),
            revenue,
            buyers: (0..story.segments.len()).map(|s| count(d.buyers.get(s).copied().unwrap_or(0))).collect(),
            stock: d.stock.map(|units| decimal(units, 0)),
        });
        let slipping = goods.only_slipping.as_ref().filter(|s| s.products > 0);
        let listed = slipping.map_or(&[][..], |s| &s.listed);
        let slipping_revenue = texts(listed.iter().map(|s| s.revenue).collect());
        let slipping_rows = listed.iter().zip(slipping_revenue).map(|(s, revenue)| SlippingRow {
            of: &s.product,
            share: share(s.share),
            buyers: count(s.buyers),
            revenue,
        });
        let cover = goods.cover.as_ref();
        let covered = |of: &'a [Covered]| of.iter().map(|c| CoverRow::new(story, c)).collect::<Vec<_>>();
        let cover_tables = cover.map_or(Vec::new(), |c| {
            vec![
                (
                    "Runs out first",
                    "Stock for less than a month, the most ordered first.",
                    covered(&c.first_out),
                ),
                ("Too much of it", "Stock for more than a year, the longest first.", covered(&c.longest)),
            ]
        });
        let price = goods.price.as_ref();
        Self {
            products: counted(goods.products, "product"),
            revenue: money(goods.revenue),
            services: (goods.services != Money::ZERO).then(|| money(goods.services)),
            unknown_share: goods.known_share.map(|s| 1.0 - s).filter(|s| *s > 0.0005).map(share),
            file: goods.file.as_ref().map(|f| {
                let columns: Vec<String> = f.columns.iter().map(|(role, c)| format!("{role} = {c}")).collect();
                let unknown = match f.unknown {
                    0 => "it knows every product sold".to_owned(),
                    n => format!("it does not know {} sold, which brought {}", counted(n, "product"), money(f.unknown_revenue)),
                };
                let odd = match (f.repeated, f.unreadable) {
                    (0, 0) => String::new(),
                    (r, u) => format!("; {} of its rows name a code again (the first counts), {} have none", count(r), count(u)),
                };
                format!("{} ({}, {}): {}; {unknown}{odd}.", f.path, f.format, counted(f.rows, "row"), columns.join(", "))
            }),
            moving: moving.into_iter().filter(|(_, _, rows)| !rows.is_empty()).collect(),
            dead: dead_rows.collect(),
            dead_words: (dead.products > 0).then(|| {
                let seasonal = match dead.seasonal {
                    0 => String::new(),
                    n => format!(" {} of them sold in the coming season a year ago and are not listed: wait for it before you clear them.", count(n)),
                };
                format!(
                    "{} with at least {} orders before have not sold for {} days, to anybody. They once brought {}.{seasonal}",
                    counted(dead.products, "product"), count(dead.orders), count(dead.days as u64), money(dead.revenue)
                )
            }),
            slipping: slipping_rows.collect(),
            slipping_words: slipping.map(|s| {
                format!(
                    "{} {} at least {} of the revenue from segments that are slipping ({}), {} in all. Do not reorder on that demand.",
                    counted(s.products, "product"),
                    if s.products == 1 { "has" } else { "have" },
                    share(s.share),
                    s.segments.iter().filter_map(|id| story.segments.iter().find(|x| x.of.id == *id)).map(|x| x.short.as_str()).collect::<Vec<_>>().join("; "),
                    money(s.revenue)
                )
            }),
            cover_words: cover.map(|c| {
                format!(
                    "Of {} with a stock level, {} last less than a month and {} more than a year at the demand of the last 90 days; {} with stock did not sell at all in that time. Months are those of customers who are known: others buy from the same stock, so that it lasts less long.",
                    counted(c.products, "product"), count(c.short), count(c.long), count(c.unsold)
                )
            }),
            cover: cover_tables.into_iter().filter(|(_, _, rows)| !rows.is_empty()).collect(),
            price_words: price.map(|p| {
                let looked = format!(
                    "Prices and demand are looked at by week for the {} most ordered products, which bring {} of what products bring.",
                    count(p.products), share(p.revenue_share)
                );
                (looked, p.words.clone(), measured(&p.elasticity))
            }),
            story,
            goods,
        }
    }
}

impl<'a> MovingRow<'a> {
    fn new(story: &'a Story<'a>, moving: &'a Moving) -> Self {
        let against = moving.against_shop;
        Self {
            of: &moving.product,
            recent: count(moving.recent_orders),
            prior: count(moving.prior_orders),
            against: times(against.ratio),
            between: format!("{} to {}", times(against.low), times(against.high)),
            main: moving.main_segment.and_then(|(id, part)| {
                let shown = story.segments.iter().find(|s| s.of.id == id)?;
                Some((shown, share(part)))
            }),
        }
    }
}

impl<'a> CoverRow<'a> {
    fn new(story: &'a Story<'a>, covered: &'a Covered) -> Self {
        let most = covered.shares.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
        Self {
            of: &covered.product,
            stock: decimal(covered.stock, 0),
            monthly: decimal(covered.monthly, if covered.monthly < 10.0 { 1 } else { 0 }),
            months: decimal(covered.months, 1),
            main: most.and_then(|(place, part)| Some((story.segments.get(place)?, share(*part)))),
        }
    }
}
