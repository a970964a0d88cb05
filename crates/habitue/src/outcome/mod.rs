//! Everything a run found out, as data: the content of `summary.json`, and all that the report shows.
//!
//! Field names are a promise to other programs; money is written as decimal strings, shares as numbers from 0 to 1.
//! One file a part.

mod backtest;
mod base;
mod choice;
mod goods;
mod input;
mod lifecycle;
mod lifetime;
mod movement;
mod rfm;
mod segment;

use habitue_core::Money;
use habitue_core::table::Feature;
use habitue_core::time::Day;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};

pub use self::backtest::{BacktestNote, GroupingSkill, SegmentLater};
pub use self::base::{
    CategoryCount, CategorySpread, Coming, Correlations, CustomerBase, FeatureSpread, MonthNote, OrderCount,
    Outlier, Outliers,
};
pub use self::choice::{AlgorithmNote, Candidate, Choice, Compared, Pick};
pub use self::goods::{
    Cover, Covered, DeadProduct, DeadStock, Favourite, Goods, Moving, OnlySlipping, ProductName,
    ProductsFile, SegmentGoods, SegmentPrice, ShopPrice, SlippingProduct,
};
pub use self::input::{Input, Observed, Rejected, RoleNote, SourceNote, WithoutPurchase};
pub use self::lifecycle::{LifecycleNote, StageNote};
pub use self::lifetime::{LaterCheck, LifetimeCheck, LifetimeNote, Prospects, RefusedModel};
pub use self::movement::{
    Change, FormerSegment, Match, Move, Movement, MovementPlace, PlaceKind, PreviousRun,
};
pub use self::rfm::{RfmCell, RfmGridRow, RfmNote};
pub use self::segment::{Segment, TypicalCustomer};

/// The name given to customers without a net purchase.
pub const NO_PURCHASE: &str = "No net purchase";

/// The whole result of one run.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Outcome {
    /// Version of this structure.
    pub schema_version: u32,
    /// Program and version that wrote it.
    pub program: String,
    /// What was read.
    pub kind: Kind,
    /// The files, as they were understood.
    pub sources: Vec<SourceNote>,
    /// Which column was taken for what.
    pub roles: Vec<RoleNote>,
    /// Things the reader should know, most important first.
    pub warnings: Vec<String>,
    /// What was read, kept and rejected.
    pub input: Input,
    /// The moment at which features are true; absent for a table of customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Day>,
    /// The currency, if the data say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Customers placed in segments.
    pub customers: usize,
    /// What they spent, net of returns, over the whole period read (0 for a table without money).
    pub revenue: Money,
    /// Customers kept apart because nothing is left after returns.
    pub without_purchase: WithoutPurchase,
    /// Every feature of the customer table.
    pub features: Vec<FeatureNote>,
    /// How the number of segments was chosen.
    pub choice: Choice,
    /// How customers were grouped.
    #[serde(default)]
    pub algorithm: AlgorithmNote,
    /// The segments, most valuable first.
    pub segments: Vec<Segment>,
    /// The lowest number that no segment has had, in this run or those before it; absent in files of the first version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_id: Option<usize>,
    /// Who moved since the previous run; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub movement: Option<Movement>,
    /// Products, stock and prices; absent where the orders name no products.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goods: Option<Goods>,
    /// RFM scores and grid; absent where recency, orders or spend are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rfm: Option<RfmNote>,
    /// Segments formed at a past date, checked against what their customers did afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backtest: Option<BacktestNote>,
    /// What customers are expected to bring; absent for a table of customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<LifetimeNote>,
    /// Customers by stage of life; absent where the data do not tell them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<LifecycleNote>,
    /// Net revenue month by month; empty for a table of customers.
    pub months: Vec<Month>,
    /// All customers together, before any segment; absent in results of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<CustomerBase>,
    /// A sample of customers for pictures (all of them when there are few).
    pub sample: Sample,
    /// The settings of the run, all of them.
    pub settings: serde_json::Value,
}

impl Outcome {
    /// The JSON Schema of `summary.json` (draft 2020-12), from the types themselves: every field with its meaning.
    pub fn schema() -> serde_json::Value {
        let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        let mut schema = generator.into_root_schema_for::<Self>();
        schema.insert("title".to_owned(), "summary.json of habitue".into());
        schema.to_value()
    }
}

/// What kind of input a run read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Lines of receipts.
    Orders,
    /// One row per customer.
    Customers,
}

/// A feature and its part in the clustering.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct FeatureNote {
    /// Name, label, unit, description.
    #[serde(flatten)]
    pub feature: Feature,
    /// Whether customers were clustered on it.
    pub clustered: bool,
    /// How it was prepared for clustering, in words; empty if it was not.
    pub preparation: String,
    /// Customers without a value.
    pub missing: u64,
}

/// One calendar month.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Month {
    /// `2011-03`.
    pub month: String,
    /// Net revenue.
    pub revenue: Money,
    /// Orders.
    pub orders: u64,
    /// Customers who ordered.
    pub customers: u64,
}

/// A sample of customers for pictures: as many segments as customers in it, and one list of values per feature.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Sample {
    /// How many customers it was drawn from.
    pub of: usize,
    /// The segment of each.
    pub segment: Vec<usize>,
    /// The values of clustered numeric features (and of recency, orders and spend), in original units; `None` where missing.
    pub features: Vec<SampleFeature>,
}

/// One feature of the sampled customers.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct SampleFeature {
    /// The feature's name.
    pub feature: String,
    /// One value per sampled customer.
    pub values: Vec<Option<f64>>,
}
