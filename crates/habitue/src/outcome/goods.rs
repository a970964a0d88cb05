//! What segments buy and at which price, and what that means for stock.

use habitue_core::Money;
use habitue_core::goods::elasticity::Elasticity;
use habitue_core::goods::lift::Lift;
use habitue_core::time::Day;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The shop's products as a whole.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Goods {
    /// Products that customers in segments bought.
    pub products: usize,
    /// What they brought, returns taken off, services aside.
    pub revenue: Money,
    /// Net money for services: postage, fees, corrections. With `revenue` and `without_product` the revenue of all segments.
    pub services: Money,
    /// Net money of lines that name no product: refunds.
    pub without_product: Money,
    /// The share of the revenue read that comes from customers who are known; the rest is in no figure here but `last_sold`.
    pub known_share: Option<f64>,
    /// The file of products, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<ProductsFile>,
    /// Products whose orders rose most surely against the shop's.
    pub rising: Vec<Moving>,
    /// Products whose orders fell most surely against the shop's.
    pub falling: Vec<Moving>,
    /// What no longer sells.
    pub dead_stock: DeadStock,
    /// What only slipping segments buy; absent where no segment is slipping, or all are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_slipping: Option<OnlySlipping>,
    /// How long stocks last, where stock levels are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<Cover>,
    /// How demand moves with price, all segments together; absent where the orders have no quantities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<ShopPrice>,
}

/// The file of products, as it was understood.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct ProductsFile {
    /// Its path.
    pub path: String,
    /// Its format in words.
    pub format: String,
    /// Its rows.
    pub rows: u64,
    /// Column by what it was taken for: code, name, category, price, stock.
    pub columns: std::collections::BTreeMap<String, String>,
    /// Products of the orders that it knows.
    pub matched: usize,
    /// Products of the orders that it does not know.
    pub unknown: usize,
    /// What those brought.
    pub unknown_revenue: Money,
    /// Rows that name a code again; the first counts.
    pub repeated: u64,
    /// Rows that cannot be read or have no code.
    pub unreadable: u64,
}

/// A product whose demand moves.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Moving {
    /// Which product.
    #[serde(flatten)]
    pub product: ProductName,
    /// Orders of the last 90 days.
    pub recent_orders: u32,
    /// Orders of the 90 days before.
    pub prior_orders: u32,
    /// How many times as many, against the shop as a whole.
    pub against_shop: Lift,
    /// The id of the segment with the largest share of its revenue, and that share.
    pub main_segment: Option<(usize, f64)>,
}

/// How a product is called.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct ProductName {
    /// Its code.
    pub product: String,
    /// Its name as people read it; the code where it has none.
    pub name: String,
    /// Its category; empty where it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub category: String,
}

/// Products without a sale for some time that sold before.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct DeadStock {
    /// Days without a sale, at least.
    pub days: i32,
    /// Orders that a product had before, at least.
    pub orders: u32,
    /// How many products.
    pub products: usize,
    /// What they brought while they sold.
    pub revenue: Money,
    /// Those of them that sold in the coming season a year ago.
    pub seasonal: usize,
    /// Those that brought most.
    pub listed: Vec<DeadProduct>,
}

/// A product that no longer sells.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct DeadProduct {
    /// Which product.
    #[serde(flatten)]
    pub product: ProductName,
    /// The last day on which anybody bought it.
    pub last_sold: Day,
    /// Orders that it had.
    pub orders: u32,
    /// What it brought.
    pub revenue: Money,
    /// Whether it sold in the coming season a year ago.
    pub seasonal: bool,
    /// Customers of each segment who once bought it, in the order of the segments.
    pub buyers: Vec<u32>,
    /// Units in stock, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<f64>,
}

/// Products whose revenue comes from slipping segments.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct OnlySlipping {
    /// The slipping segments, by id.
    pub segments: Vec<usize>,
    /// The share of a product's revenue that is theirs, at least.
    pub share: f64,
    /// How many products.
    pub products: usize,
    /// What they brought.
    pub revenue: Money,
    /// Those that brought most.
    pub listed: Vec<SlippingProduct>,
}

/// A product that slipping customers buy.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct SlippingProduct {
    /// Which product.
    #[serde(flatten)]
    pub product: ProductName,
    /// The share of its revenue that comes from slipping segments.
    pub share: f64,
    /// Customers who bought it.
    pub buyers: u32,
    /// What it brought.
    pub revenue: Money,
}

/// How long stocks last.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Cover {
    /// Products with a stock level.
    pub products: usize,
    /// Those with stock that nobody bought in the last 90 days.
    pub unsold: usize,
    /// Products that last less than a month.
    pub short: usize,
    /// Products that last more than a year.
    pub long: usize,
    /// The best sellers that run out first.
    pub first_out: Vec<Covered>,
    /// The largest stocks by time among those that sell.
    pub longest: Vec<Covered>,
}

/// The stock of a product.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Covered {
    /// Which product.
    #[serde(flatten)]
    pub product: ProductName,
    /// Units in stock.
    pub stock: f64,
    /// Units that known customers buy in a month.
    pub monthly: f64,
    /// Months until it is gone.
    pub months: f64,
    /// Each segment's share of that demand, in the order of the segments.
    pub shares: Vec<f64>,
}

/// How demand moves with price in the whole shop.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct ShopPrice {
    /// Best-selling products that were looked at by week.
    pub products: usize,
    /// Their share of the revenue of all products.
    pub revenue_share: f64,
    /// Percent more units for one percent more price, or why that cannot be told.
    pub elasticity: Elasticity,
    /// What it means.
    pub words: String,
}

/// What a segment buys and at which price.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct SegmentGoods {
    /// Products that it buys more often than all others, the surest first; empty where there are none.
    pub favourites: Vec<Favourite>,
    /// Products that most of its customers buy.
    pub most_bought: Vec<Favourite>,
    /// Categories that it buys more often than all others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Favourite>,
    /// What it pays; absent where the orders have no quantities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<SegmentPrice>,
    /// Products that no longer sell and that some of its customers once bought.
    pub dead_products: usize,
}

/// A product, or a category, as a segment buys it.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Favourite {
    /// Which product; of a category the name alone.
    #[serde(flatten)]
    pub product: ProductName,
    /// Customers of the segment who buy it.
    pub buyers: u32,
    /// Their share of the segment's customers.
    pub share: f64,
    /// The share of all other customers who buy it.
    pub share_others: f64,
    /// How many times as often; absent where there are no other customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lift: Option<Lift>,
    /// What the segment spent on it, returns taken off.
    pub revenue: Money,
    /// Units that it bought, returns taken off.
    pub units: f64,
    /// The segment's share of its revenue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_of_demand: Option<f64>,
    /// The segment's share of its units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_of_units: Option<f64>,
}

/// What a segment pays.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct SegmentPrice {
    /// What it paid against usual prices: 1 for the same. Absent where too little sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<f64>,
    /// Products in the index.
    pub index_products: usize,
    /// What it paid for them.
    pub paid: Money,
    /// What they would have cost at usual prices.
    pub usual: Money,
    /// What was taken off prices, as a share of prices before that; absent where the orders have no discounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount_share: Option<f64>,
    /// Percent more units for one percent more price, or why that cannot be told.
    pub elasticity: Elasticity,
    /// What it means.
    pub words: String,
}
