//! What segments buy, as the page tells it.

use habitue_core::Money;
use habitue_core::goods::elasticity::{Elasticity, Measured};
use habitue_core::goods::lift::Lift;
use habitue_core::time::Day;

use super::*;
use crate::outcome::*;

fn product(code: &str, name: &str) -> ProductName {
    ProductName { product: code.to_owned(), name: name.to_owned(), category: "Kitchen".to_owned() }
}

fn measured() -> Elasticity {
    let (value, error, low, high) = (-1.55, 0.14, -1.83, -1.28);
    Elasticity::Yes(Measured { value, error, low, high, products: 305, cells: 10_561 })
}

/// What a segment buys: the first two have favourites, the others have not.
pub(super) fn of_segment(place: usize) -> SegmentGoods {
    let favourite = |code: &str, name: &str, share: f64| Favourite {
        product: product(code, name),
        buyers: (share * 800.0) as u32,
        share,
        share_others: 0.1,
        lift: Some(Lift { ratio: share / 0.1, low: share / 0.12, high: share / 0.08 }),
        revenue: Money::from_units(13_187),
        units: 320.0,
        share_of_demand: Some(0.873),
        share_of_units: Some(0.85),
    };
    let bought = vec![
        favourite("22385", "Jumbo bag spaceboy design", 0.185),
        favourite("85123A", &"A very long name of a product ".repeat(4), 0.153),
    ];
    SegmentGoods {
        favourites: if place < 2 { bought.clone() } else { Vec::new() },
        most_bought: bought,
        categories: if place < 2 { vec![favourite("", "Bags", 0.4)] } else { Vec::new() },
        price: Some(SegmentPrice {
            index: Some(0.983),
            index_products: 1_000,
            paid: Money::from_units(4_895_509),
            usual: Money::from_units(4_982_523),
            discount_share: Some(0.031),
            elasticity: if place == 0 { measured() } else { Elasticity::TooFewProducts { products: 3 } },
            words: "What they pay, in words.".to_owned(),
        }),
        dead_products: 12,
    }
}

/// The shop's products, with all that can be known.
pub(super) fn of_shop() -> Goods {
    let against_shop = Lift { ratio: 2.4, low: 1.9, high: 3.1 };
    let moving = |name: &str, recent_orders, prior_orders| Moving {
        product: product("22378", name),
        recent_orders,
        prior_orders,
        against_shop,
        main_segment: Some((2, 0.529)),
    };
    let covered = |months: f64| Covered {
        product: product("22378", "Wall tidy"),
        stock: 40.0 * months,
        monthly: 40.0,
        months,
        shares: vec![0.5, 0.3, 0.2, 0.0],
    };
    Goods {
        products: 3_643,
        revenue: Money::from_units(8_269_165),
        services: Money::from_units(22_583),
        without_product: Money::ZERO,
        known_share: Some(0.849),
        file: Some(ProductsFile {
            path: "products.csv".to_owned(),
            format: "CSV, comma".to_owned(),
            rows: 4_000,
            columns: [("code".to_owned(), "SKU".to_owned())].into(),
            matched: 3_600,
            unknown: 43,
            unknown_revenue: Money::from_units(12_000),
            repeated: 2,
            unreadable: 1,
        }),
        rising: vec![moving("Wall tidy retrospot", 240, 100)],
        falling: vec![moving("No junk mail sign", 5, 96)],
        dead_stock: DeadStock {
            days: 90,
            orders: 10,
            products: 214,
            revenue: Money::from_units(121_298),
            seasonal: 11,
            listed: vec![DeadProduct {
                product: product("84535A", "English rose notebook"),
                last_sold: Day(15_102),
                orders: 20,
                revenue: Money(1_851_000),
                seasonal: false,
                buyers: vec![10, 4, 4, 1],
                stock: Some(25.0),
            }],
        },
        only_slipping: Some(OnlySlipping {
            segments: vec![3, 4],
            share: 0.8,
            products: 1,
            revenue: Money::from_units(3_597),
            listed: vec![SlippingProduct {
                product: product("22053", "Empire design rosette"),
                share: 0.911,
                buyers: 23,
                revenue: Money::from_units(3_597),
            }],
        }),
        cover: Some(Cover {
            products: 900,
            unsold: 12,
            short: 34,
            long: 56,
            first_out: vec![covered(0.4)],
            longest: vec![covered(31.0)],
        }),
        price: Some(ShopPrice {
            products: 1_000,
            revenue_share: 0.812,
            elasticity: measured(),
            words: "What a lower price brings, in words.".to_owned(),
        }),
    }
}

#[test]
fn what_segments_buy_and_pay_stands_in_their_blocks() {
    let page = ours(&render(&fixture::shop(), &Layout::default()).unwrap());
    let rows = table(&page, "bought-1-caption");
    assert_eq!(rows[1][1..7], ["18.5%", "10.0%", "1.8×", "1.5× to 2.3×", "£13,187", "87.3%"]);
    assert_eq!(table(&page, "categories-2-caption")[1][1], "40.0%");
    assert!(page.contains("They buy no product more often than other customers."));
    assert!(page.contains("They pay 1.7% less than the usual prices of the same goods: £4,895,509 for 1,000 best-selling products that would cost £4,982,523"));
    assert!(page.contains(
        "Price elasticity −1.55 (95 % sure: −1.83 to −1.28), from 10,561 weekly sales of 305 products"
    ));
}

#[test]
fn the_shops_stock_has_a_section_of_its_own() {
    let page = ours(&render(&fixture::shop(), &Layout::default()).unwrap());
    for text in [
        "href=\"#stock\"",
        "Customers are known for all but 15.1% of the revenue",
        "it does not know 43 products sold, which brought £12,000; 2 of its rows name a code again (the first counts), 1 have none.",
        "214 products with at least 10 orders before have not sold for 90 days, to anybody. They once brought £121,298. 11 of them sold in the coming season",
        "1 product has at least 80.0% of the revenue from segments that are slipping",
        "34 last less than a month and 56 more than a year",
    ] {
        // Numbers and their nouns stay on one line.
        assert!(page.replace('\u{a0}', " ").contains(text), "{text}");
    }
    let dead = table(&page, "dead-caption");
    assert_eq!(dead[1][2..9], ["20", "£185.10", "25", "10", "4", "4", "1"]);
}

#[test]
fn without_products_nothing_is_said_of_them() {
    let page = ours(&render(&fixture::customers_only(), &Layout::default()).unwrap());
    assert!(!page.contains("id=\"stock\"") && !page.contains("What they buy"));
}
