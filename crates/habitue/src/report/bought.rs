//! What a segment buys and what it pays, inside its block.

use habitue_core::goods::elasticity::Elasticity;

use crate::outcome::{Favourite, SegmentGoods, SegmentPrice};
use crate::report::format::{NONE, count, share};
use crate::report::story::Story;

/// Products shown in a table.
const SHOWN: usize = 8;

/// What a segment buys.
pub(super) struct Bought<'a> {
    /// What stands above the table.
    pub(super) heading: &'static str,
    pub(super) products: Vec<BoughtRow<'a>>,
    pub(super) categories: Vec<BoughtRow<'a>>,
    pub(super) price: Option<PriceWords<'a>>,
}

/// A product, or a category, as the segment buys it.
pub(super) struct BoughtRow<'a> {
    pub(super) of: &'a Favourite,
    /// Whether the name alone would not tell which product.
    pub(super) shows_code: bool,
    pub(super) share: String,
    pub(super) others: String,
    pub(super) times: String,
    pub(super) between: String,
    pub(super) demand: String,
    pub(super) revenue: String,
}

/// What a segment pays.
pub(super) struct PriceWords<'a> {
    pub(super) index: Option<String>,
    pub(super) discount: Option<String>,
    pub(super) words: &'a str,
    pub(super) measured: Option<String>,
}

impl<'a> Bought<'a> {
    pub(super) fn new(story: &Story<'_>, goods: &'a SegmentGoods) -> Option<Self> {
        let favours = !goods.favourites.is_empty();
        let products = if favours { &goods.favourites } else { &goods.most_bought };
        if products.is_empty() && goods.price.is_none() {
            return None;
        }
        let heading = if favours {
            "Products that they buy more often than other customers, the surest first; only those on sale for half a year or more."
        } else if story.has_structure() {
            "They buy no product more often than other customers. These are what most of them buy."
        } else {
            "What most of them buy."
        };
        Some(Self {
            heading,
            products: rows(story, products),
            categories: rows(story, &goods.categories),
            price: goods.price.as_ref().map(|price| PriceWords::new(story, price)),
        })
    }
}

fn rows<'a>(story: &Story<'_>, of: &'a [Favourite]) -> Vec<BoughtRow<'a>> {
    let of = &of[..of.len().min(SHOWN)];
    let amounts: Vec<_> = of.iter().map(|f| f.revenue).collect();
    let revenue = story.format.money_column(&amounts).texts();
    let row = |(f, revenue): (&'a Favourite, String)| BoughtRow {
        shows_code: !f.product.product.is_empty() && f.product.product != f.product.name,
        share: share(f.share),
        others: if story.has_structure() { share(f.share_others) } else { NONE.to_owned() },
        times: f.lift.map_or(NONE.to_owned(), |l| times(l.ratio)),
        between: f.lift.map_or(String::new(), |l| format!("{} to {}", times(l.low), times(l.high))),
        demand: f.share_of_demand.map_or(NONE.to_owned(), share),
        revenue,
        of: f,
    };
    of.iter().zip(revenue).map(row).collect()
}

impl<'a> PriceWords<'a> {
    fn new(story: &Story<'_>, price: &'a SegmentPrice) -> Self {
        let index = price.index.map(|index| {
            let against = match index - 1.0 {
                d if d.abs() < 0.005 => "the usual prices of the same goods".to_owned(),
                d if d < 0.0 => format!("{} less than the usual prices of the same goods", share(-d)),
                d => format!("{} more than the usual prices of the same goods", share(d)),
            };
            format!(
                "They pay {against}: {} for {} best-selling products that would cost {} at the price that half of all units sold at or below.",
                story.format.money(price.paid),
                count(price.index_products),
                story.format.money(price.usual)
            )
        });
        let discount = price
            .discount_share
            .map(|d| format!("Discounts took {} off what they would have paid.", share(d)));
        Self { index, discount, words: &price.words, measured: measured(&price.elasticity) }
    }
}

/// The elasticity itself, with what it was measured on.
pub(super) fn measured(elasticity: &Elasticity) -> Option<String> {
    let Elasticity::Yes(m) = elasticity else { return None };
    let signed = |v: f64| format!("{}{:.2}", if v < 0.0 { "−" } else { "" }, v.abs());
    Some(format!(
        "Price elasticity {} (95 % sure: {} to {}), from {} weekly sales of {} products, each against its own usual week and the shop's. It tells what went with lower prices, not what other products lost by them.",
        signed(m.value),
        signed(m.low),
        signed(m.high),
        count(m.cells),
        count(m.products)
    ))
}

/// How many times as often, with two digits.
pub(super) fn times(ratio: f64) -> String {
    match ratio {
        r if r < 0.995 => format!("{r:.2}×"),
        r if r < 9.95 => format!("{r:.1}×"),
        r => format!("{}×", count(r.round().min(1e9) as u64)),
    }
}
